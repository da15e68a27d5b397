"""How each library is called for the same operator: by default, and so that it equals edgecalc. The words shown are the words that run.

    Row("sobel", "scipy", "scipy.ndimage.sobel(image, axis={number})",                           by default
                          "scipy.ndimage.sobel(image, axis={number}{output}, mode='mirror')",     made equal
                          (SYMMETRIC, WRAPS))                                                     why they differ

Calls and reasons hold names in braces, which `facts` fills in from the recipe, the image's type and our result's. All lines of a call but the last
prepare; the last one is the result. A new library or operator is a row here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from edgecalc.reference.opencv import dense
from edgecalc.reference.scikit_image import CROSS, SCALES
from edgecalc.stencils import OPERATORS, ROBERTS

Facts = Mapping[str, Any]
TITLES = {"cv2": "OpenCV", "skimage": "scikit-image", "scipy": "SciPy"}
PIXELS = ("uint8", "uint16", "float32", "float64")
SLOPES = ("sobel", "scharr", "prewitt", "roberts")

# What a recipe may say here, with the values it has when it does not. Borders, types and views are what the comparison is about.
PARAMETERS: dict[str, dict[str, Any]] = {
    "sobel": {"axis": "x", "ksize": 3, "order": 1},
    "scharr": {"axis": "x"},
    "prewitt": {"axis": "x"},
    "roberts": {"diagonal": "main"},
    "laplacian": {"ksize": 1},
    "magnitude": {"operator": "sobel", "norm": "l2"},
    "gaussian": {"sigma": None, "truncate": 4.0},
    "gaussian_laplace": {"sigma": None, "truncate": 4.0},
    "canny": {"low": None, "high": None, "ksize": 3, "norm": "l1"},
}
CHOICES = {"axis": ("x", "y"), "diagonal": ("main", "anti"), "operator": SLOPES, "norm": ("l1", "l2")}


def always(facts: Facts) -> bool:
    return True


def integers(facts: Facts) -> bool:
    return facts["peak"] > 0


class Difference(NamedTuple):
    """One reason: its kind, and what the library does, as the end of a sentence that begins with its name."""

    kind: str
    words: str
    when: Callable[[Facts], bool] = always


@dataclass(frozen=True, eq=False)
class Row:
    """One library's way to one operator."""

    operator: str
    library: str
    call: str
    equal: str
    differences: tuple[Difference, ...] = ()
    only: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)  # the parameters' values that the library has
    pixels: tuple[str, ...] = PIXELS
    ours: Mapping[str, Any] = field(default_factory=dict)  # what has to change on our side, where theirs cannot
    picture: str = "np.clip(np.rint({}), 0, 255).astype(np.uint8)"  # floats made the saturated picture that ours is
    agrees: float = 1.0  # the share of pixels that are promised to be equal


# ---------------------------------------------------------------- why they differ

PEAK = Difference("scale", "divides the {pixel} image by {peak}", integers)
SYMMETRIC = Difference("border", "mirrors at the sides with the outermost pixel twice (edgecalc: once)")
NEAREST = Difference("border", "repeats the outermost pixels at the sides (edgecalc mirrors)")
SIGN = Difference("sign", "has the other sign")
WRAPS = Difference("type", "keeps the image's {pixel}, which wraps around below 0 and above {peak}", integers)
CUTS = Difference("type", "keeps the image's {pixel}, which cuts off below 0 and above {peak}", integers)
WHOLE = Difference("rounding", "rounds to the image's {pixel} (edgecalc keeps fractions)", integers)
DROPS = Difference("rounding", "drops the fractions after each of two passes, because it keeps the image's {pixel}", integers)
PICTURE = Difference("type", "gives {theirs} (edgecalc: a uint8 picture, rounded and cut off at 255)", lambda facts: facts["pixel"] == "uint8")
PLACE = Difference("place", "reads to the left and up of each pixel (edgecalc: right and down), which moves all by one pixel")
BELL = Difference(
    "kernel", "takes a bell of {their_width} x {their_width} pixels (edgecalc: {width} x {width})", lambda f: f["width"] != f["their_width"]
)
WRAPPED = Difference("type", "keeps the derivatives in the image's {pixel}, which wraps around, and takes their length as {theirs}", integers)
SMOOTHS = Difference("smoothing", "smooths first (sigma=1)")
LENGTH = Difference("scale", "measures the gradient as sqrt(x*x + y*y) (edgecalc here: |x| + |y|)", lambda facts: facts["norm"] == "l1")
THINS = Difference("thinning", "interpolates between neighbours when it thins (edgecalc and OpenCV take the nearest ones)")
FRAME = Difference("border", "marks no edge on the outermost pixels")


def divides(text: str) -> Difference:
    return Difference("scale", f"divides by {text}")


# ---------------------------------------------------------------- the calls

CV2_SLOPES = {
    "sobel": "cv2.Sobel(image, {depth}, {dx}, {dy}{size})",
    "scharr": "cv2.Scharr(image, {depth}, {dx}, {dy})",
    "prewitt": "cv2.filter2D(image, {depth}, np.array({kernel}, float))",
    "roberts": "cv2.filter2D(image, {depth}, np.array({kernel}, float){anchor})",
}
SCIPY_SLOPES = {
    "sobel": "scipy.ndimage.sobel(image, axis={number}{how})",
    "scharr": "scipy.ndimage.correlate(image, {kernel}{how})",
    "prewitt": "scipy.ndimage.prewitt(image, axis={number}{how})",
    "roberts": "scipy.ndimage.correlate(image, {kernel}{how}{origin})",
}
MIRROR = '{output}, mode="mirror"'
PADDED = 'np.pad({real}, 1, "reflect")'
SIZE_3 = {"ksize": (3,), "order": (1,)}


def cv2_slope(name: str, depth: str, anchor: str = "") -> str:
    return CV2_SLOPES[name].replace("{depth}", depth).replace("{anchor}", anchor)


def scipy_slope(name: str, how: str = "", origin: str = "") -> str:
    return SCIPY_SLOPES[name].replace("{how}", how).replace("{origin}", origin)


def length(derivative: str, join: str) -> str:
    """Two derivatives and their length; {xnumber} stands for what {number} is along x."""
    return "\n".join((*(f"{way} = " + derivative.replace("{", "{" + way) for way in "xy"), join))


def lengths(name: str, norm: str) -> tuple[Row, Row]:
    """By OpenCV and by SciPy, which have derivatives but no one call for both."""
    joins = ("cv2.magnitude(x, y)", "np.hypot(x, y)") if norm == "l2" else ("np.abs(x) + np.abs(y)",) * 2
    only = {"operator": (name,), "norm": (norm,)}
    place = (PLACE,) if name == "roberts" else ()
    return (
        Row(
            "magnitude", "cv2",
            length(cv2_slope(name, "{plain}"), joins[0]),
            length(cv2_slope(name, "{depth}", ", anchor=(0, 0)"), joins[0]),
            (*place, PICTURE), only, picture="cv2.convertScaleAbs({})",
        ),
        Row(
            "magnitude", "scipy",
            length(scipy_slope(name), joins[1]),
            length(scipy_slope(name, '{wide}, mode="mirror"', ", origin=-1"), joins[1]),
            (*place, SYMMETRIC, WRAPPED), only,
        ),
    )  # fmt: skip


CV2 = (
    *(Row(name, "cv2", cv2_slope(name, "{plain}"), cv2_slope(name, "{depth}")) for name in ("sobel", "scharr")),
    Row("prewitt", "cv2", cv2_slope("prewitt", "-1"), cv2_slope("prewitt", "{depth}"), (CUTS,)),
    Row("roberts", "cv2", cv2_slope("roberts", "-1"), cv2_slope("roberts", "{depth}", ", anchor=(0, 0)"), (PLACE, CUTS)),
    Row("laplacian", "cv2", "cv2.Laplacian(image, {plain}{size})", "cv2.Laplacian({deep}, {depth}{size})"),
    Row(
        "gaussian", "cv2", "cv2.GaussianBlur(image, (0, 0), {sigma})", "cv2.GaussianBlur({real}, ({width}, {width}), {sigma})", (BELL, WHOLE)
    ),
    Row("canny", "cv2", "cv2.Canny(image, {low}, {high}{aperture}{l2})", "cv2.Canny(image, {low}, {high}{aperture}{l2})", pixels=("uint8",)),
)  # fmt: skip
SKIMAGE = (
    *(
        Row(
            name, "skimage", f"skimage.filters.{name}(image, axis={{number}})",
            f'skimage.filters.{name}({{real}}, axis={{number}}, mode="mirror") * {SCALES[name]}',
            (divides(f"{SCALES[name]}"), PEAK, SYMMETRIC), SIZE_3 if name == "sobel" else {},
        )
        for name in ("sobel", "scharr", "prewitt")
    ),
    *(
        Row(
            "roberts", "skimage", f"skimage.filters.{function}(image)", f"-skimage.filters.{function}({PADDED})[1:-1, 1:-1]",
            (PEAK, SIGN, SYMMETRIC), {"diagonal": (diagonal,)},
        )
        for diagonal, function in CROSS.items()
    ),
    Row(
        "laplacian", "skimage", "skimage.filters.laplace(image)", f"-skimage.filters.laplace({PADDED})[1:-1, 1:-1]",
        (PEAK, SIGN, SYMMETRIC), {"ksize": (1,)},
    ),
    *(
        Row(
            "magnitude", "skimage", f"skimage.filters.{name}(image)", f'skimage.filters.{name}({{real}}, mode="mirror") * ({SCALES[name]} * 2**0.5)',
            (divides(f"{SCALES[name]} and the root of 2"), PEAK, SYMMETRIC), {"operator": (name,), "norm": ("l2",)},
        )
        for name in ("sobel", "scharr", "prewitt")
    ),
    Row(
        "magnitude", "skimage", "skimage.filters.roberts(image)", f"skimage.filters.roberts({PADDED})[1:-1, 1:-1] * 2**0.5",
        (divides("the root of 2"), PEAK, SYMMETRIC), {"operator": ("roberts",), "norm": ("l2",)},
    ),
    Row(
        "gaussian", "skimage", "skimage.filters.gaussian(image, {sigma}{truncate})",
        'skimage.filters.gaussian(image, {sigma}{truncate}, mode="mirror", preserve_range=True)', (PEAK, NEAREST),
    ),
    Row(
        "canny", "skimage", "skimage.feature.canny(image, low_threshold={low}, high_threshold={high})",
        'skimage.feature.canny(image, sigma=0, low_threshold={low}, high_threshold={high}, mode="nearest") * np.uint8(255)',
        (SMOOTHS, LENGTH, THINS, FRAME), {"ksize": (3,)}, ours={"norm": "l2"}, agrees=0.9,
    ),
)  # fmt: skip
SCIPY = (
    *(
        Row(name, "scipy", scipy_slope(name), scipy_slope(name, MIRROR), (SYMMETRIC, WRAPS), SIZE_3 if name == "sobel" else {})
        for name in ("sobel", "scharr", "prewitt")
    ),
    Row("roberts", "scipy", scipy_slope("roberts"), scipy_slope("roberts", MIRROR, ", origin=-1"), (PLACE, SYMMETRIC, WRAPS)),
    Row("laplacian", "scipy", "scipy.ndimage.laplace(image)", f"scipy.ndimage.laplace(image{MIRROR})", (SYMMETRIC, WRAPS), {"ksize": (1,)}),
    Row(
        "gaussian", "scipy", "scipy.ndimage.gaussian_filter(image, {sigma}{truncate})",
        f"scipy.ndimage.gaussian_filter(image, {{sigma}}{{truncate}}{MIRROR})", (SYMMETRIC, DROPS),
    ),
    Row(
        "gaussian_laplace", "scipy", "scipy.ndimage.gaussian_laplace(image, {sigma}{truncate})",
        f"scipy.ndimage.gaussian_laplace(image, {{sigma}}{{truncate}}{MIRROR})", (SYMMETRIC, WRAPS),
    ),
)  # fmt: skip
ROWS: tuple[Row, ...] = (*CV2, *SKIMAGE, *SCIPY, *(row for name in SLOPES for norm in CHOICES["norm"] for row in lengths(name, norm)))
DEPTHS = {"int16": "cv2.CV_16S", "float32": "cv2.CV_32F"}


def facts(operator: str, options: Mapping[str, Any], image: np.ndarray, ours: np.ndarray) -> dict[str, Any]:
    """What the braces stand for."""
    pixel, whole = image.dtype.name, image.dtype.kind != "f"
    depth = DEPTHS.get(ours.dtype.name, "cv2.CV_64F")
    real = "image.astype(float)" if whole else "image"

    def said(key: str, theirs: str) -> str:
        """An argument in the library's words, where it is not its default, which is ours too."""
        return "" if options.get(key) == PARAMETERS[operator].get(key) else f", {theirs}={options[key]}"

    known = {
        **options,
        "pixel": pixel,
        "peak": int(np.iinfo(image.dtype).max) if whole else 0,
        "real": real,
        "depth": depth if operator != "magnitude" else "cv2.CV_64F" if pixel == "float64" else "cv2.CV_32F",
        "plain": "cv2.CV_32F" if pixel == "float32" else "cv2.CV_64F",  # as its tutorials ask for; Laplacian and filter2D refuse 64 from 32
        "deep": real if depth == "cv2.CV_64F" else "image",
        "output": "" if image.dtype == ours.dtype else f", output=np.{ours.dtype.name}",
        "wide": ", output=float" if whole else "",
        "size": said("ksize", "ksize"),
        "aperture": said("ksize", "apertureSize"),
        "truncate": said("truncate", "truncate"),
        "l2": ", L2gradient=True" if options.get("norm") == "l2" else "",
    }
    if "sigma" in options:
        known["width"] = 2 * int(options["truncate"] * options["sigma"] + 0.5) + 1
        known["their_width"] = round(options["sigma"] * (6 if pixel == "uint8" else 8) + 1) | 1  # as OpenCV chooses it
    ways = {"": (operator, options)} | {way: (options.get("operator", ""), {"axis": way, "diagonal": way}) for way in "xy"}
    for prefix, (name, chosen) in ways.items():
        known |= {prefix + key: value for key, value in slope(name, chosen).items()}
        known |= {prefix + key: known[key] for key in ("depth", "plain", "size", "output", "wide")}
    return known


def slope(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """One derivative: its axis in each library's words, and its kernel."""
    if name not in SLOPES:
        return {}
    if name == "roberts":
        diagonal = {"x": "main", "y": "anti"}.get(options["diagonal"], options["diagonal"])
        operator, axis = ROBERTS[diagonal], "x"
    else:
        operator, axis = OPERATORS[name], options["axis"]
    order = options.get("order", 1)
    matrix, _ = dense(operator, axis)
    return {"number": "yx".index(axis), "dx": order * (axis == "x"), "dy": order * (axis == "y"), "kernel": matrix.astype(int).tolist()}
