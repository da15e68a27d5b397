"""What the benchmark times: each row is one piece of work, ours beside the calls of one peer that give the same result.

A maker takes a Scene, allocates the outputs once, and returns the call that is timed. Where a peer has several ways, all stand in the row and
the fastest is taken.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

import edgecalc
from edgecalc.reference.opencv import DEPTHS, ORDERS, dense
from edgecalc.stencils import OPERATORS

SIGMA = 1.4
LEVELS = {3: (50, 150), 5: (600, 1800)}  # Canny's thresholds


class Scene(NamedTuple):
    """An image, and how many threads each side may use."""

    image: np.ndarray
    threads: int

    def blank(self, dtype: str) -> np.ndarray:
        """An output whose memory is really there."""
        return np.full(self.image.shape, 1, dtype)


Call = Callable[[], Any]
Ours = Callable[[Scene], Call]
Theirs = Callable[[Any, Scene], Call]


@dataclass(frozen=True, eq=False)
class Race:
    """One row: the same work by both."""

    work: str
    peer: str
    ours: Ours
    theirs: Mapping[str, Theirs]  # by the peer's own words
    pixel: str = "uint8"
    scene: str = "image"  # or "small": 64 x 64, or "huge": 100 megapixels where the size asked for is the default or more
    scale: float = 1.0  # our numbers over theirs
    within: float = 1e-3  # how far apart the results may lie, where the peer computes more coarsely
    unlike: float = 0.0  # the part of the pixels that may differ at all, where the peer thins by another rule


def ours(function: str, *outputs: str, **options: Any) -> Ours:
    """A public function, into outputs that are there already, or into new ones."""

    def make(scene: Scene) -> Call:
        outs = tuple(scene.blank(each) for each in outputs)
        out = outs[0] if len(outs) == 1 else outs or None
        call = getattr(edgecalc, function)
        return lambda: call(scene.image, out=out, threads=scene.threads, **options)

    return make


# ---------------------------------------------------------------- OpenCV


def sobel(output: str, axis: str = "x", ksize: int = 3, delta: int = 0) -> Theirs:
    def make(cv2: Any, scene: Scene) -> Call:
        out, depth = scene.blank(output), getattr(cv2, DEPTHS[output])
        return lambda: cv2.Sobel(scene.image, depth, *ORDERS[axis], dst=out, ksize=ksize, delta=delta)

    return make


def laplacian(ksize: int) -> Theirs:
    def make(cv2: Any, scene: Scene) -> Call:
        out = scene.blank("int16")
        return lambda: cv2.Laplacian(scene.image, cv2.CV_16S, dst=out, ksize=ksize)

    return make


def scharr(axis: str) -> Theirs:
    def make(cv2: Any, scene: Scene) -> Call:
        out = scene.blank("int16")
        return lambda: cv2.Scharr(scene.image, cv2.CV_16S, *ORDERS[axis], dst=out)

    return make


def filtered(name: str, axis: str) -> Theirs:
    def make(cv2: Any, scene: Scene) -> Call:
        out, (kernel, anchor) = scene.blank("int16"), dense(OPERATORS[name], axis)
        return lambda: cv2.filter2D(scene.image, cv2.CV_16S, kernel, dst=out, anchor=anchor)

    return make


def separated(name: str, axis: str) -> Theirs:
    def make(cv2: Any, scene: Scene) -> Call:
        out, (kernel, anchor) = scene.blank("int16"), dense(OPERATORS[name], "x")
        rows, one = kernel.ravel(), np.ones(1)
        both, place = ((rows, one), anchor) if axis == "x" else ((one, rows), anchor[::-1])
        return lambda: cv2.sepFilter2D(scene.image, cv2.CV_16S, *both, dst=out, anchor=place)

    return make


def subtracted(library: Any, scene: Scene) -> Call:
    """cv2.subtract or np.subtract of the image and itself one column on; the last column by hand."""
    image, out = scene.image, scene.blank("int16")
    options = {"dst": out[:, :-1], "dtype": library.CV_16S} if hasattr(library, "CV_16S") else {"out": out[:, :-1], "dtype": np.int16}

    def call() -> np.ndarray:
        library.subtract(image[:, 1:], image[:, :-1], **options)
        np.negative(out[:, -2], out=out[:, -1])
        return out

    return call


def spatial(cv2: Any, scene: Scene) -> Call:
    x, y = scene.blank("int16"), scene.blank("int16")
    return lambda: cv2.spatialGradient(scene.image, dx=x, dy=y)


def two_sobels(cv2: Any, scene: Scene) -> Call:
    x, y = sobel("int16", "x")(cv2, scene), sobel("int16", "y")(cv2, scene)
    return lambda: (x(), y())


def length(cv2: Any, scene: Scene) -> Call:
    x, y = sobel("float32", "x")(cv2, scene), sobel("float32", "y")(cv2, scene)
    both, out = scene.blank("float32"), scene.blank("uint8")
    return lambda: cv2.convertScaleAbs(cv2.magnitude(x(), y(), magnitude=both), dst=out)


def sum_of_two(cv2: Any, scene: Scene) -> Call:
    x, y = sobel("int16", "x")(cv2, scene), sobel("int16", "y")(cv2, scene)
    a, b, out = (scene.blank("uint8") for _ in range(3))
    return lambda: cv2.add(cv2.convertScaleAbs(x(), dst=a), cv2.convertScaleAbs(y(), dst=b), dst=out)


def unsigned(cv2: Any, scene: Scene) -> Call:
    x, out = sobel("int16")(cv2, scene), scene.blank("uint8")
    return lambda: cv2.convertScaleAbs(x(), dst=out)


def polar(cv2: Any, scene: Scene) -> Call:
    """Its angle is good to 0.3 degrees, ours to the last bits of float32."""
    x, y = sobel("float32", "x")(cv2, scene), sobel("float32", "y")(cv2, scene)
    both, angle = scene.blank("float32"), scene.blank("float32")
    return lambda: cv2.cartToPolar(x(), y(), magnitude=both, angle=angle)


def canny(ksize: int = 3, norm: str = "l1") -> Theirs:
    def make(cv2: Any, scene: Scene) -> Call:
        out, (low, high) = scene.blank("uint8"), LEVELS[ksize]
        return lambda: cv2.Canny(scene.image, low, high, out, ksize, norm == "l2")

    return make


def blurred(cv2: Any, scene: Scene) -> Call:
    out = scene.blank("uint8")
    return lambda: cv2.GaussianBlur(scene.image, (0, 0), SIGMA, dst=out)


# ---------------------------------------------------------------- the others


def ndimage_gaussian(name: str, **options: Any) -> Theirs:
    def make(scipy: Any, scene: Scene) -> Call:
        out = scene.blank("float64")

        def call() -> np.ndarray:
            getattr(scipy.ndimage, name)(scene.image, SIGMA, output=out, mode="mirror", **options)
            return out

        return call

    return make


def skimage_feature(name: str, *arguments: Any, **options: Any) -> Theirs:
    def make(skimage: Any, scene: Scene) -> Call:
        call = getattr(import_module("skimage.feature"), name)
        return lambda: call(scene.image, *arguments, **options)

    return make


def our_tensor(scene: Scene) -> Call:
    return lambda: edgecalc.structure_tensor(scene.image, SIGMA, threads=scene.threads)


def ndimage_sobel(scipy: Any, scene: Scene) -> Call:
    out = scene.blank("int16")

    def call() -> np.ndarray:
        scipy.ndimage.sobel(scene.image, 1, output=out, mode="mirror")
        return out

    return call


def skimage_filter(name: str, **options: Any) -> Theirs:
    def make(skimage: Any, scene: Scene) -> Call:
        call = getattr(skimage.filters, name)
        return lambda: call(scene.image, mode="mirror", **options)

    return make


def slices(numpy: Any, scene: Scene) -> Call:
    """The Sobel derivative by shifted slices of a padded copy, as it is usually written, with the temporary arrays reused."""
    image, out, twice = scene.image, scene.blank("int16"), scene.blank("int16")

    def call() -> np.ndarray:
        p = np.pad(image, 1, "reflect").astype(np.int16)
        smooth = p[:-2] + p[2:]
        np.multiply(p[1:-1, 2:], 2, out=out)
        np.multiply(p[1:-1, :-2], 2, out=twice)
        np.subtract(out, twice, out=out)
        np.add(out, smooth[:, 2:], out=out)
        return np.subtract(out, smooth[:, :-2], out=out)

    return call


def new_sobel(cv2: Any, scene: Scene) -> Call:
    return lambda: cv2.Sobel(scene.image, cv2.CV_32F, 1, 0)


def whole_call(scene: Scene) -> Call:
    return lambda: edgecalc.sobel(scene.image)


def whole_call_theirs(cv2: Any, scene: Scene) -> Call:
    return lambda: cv2.Sobel(scene.image, cv2.CV_16S, 1, 0)


def one_thread(library: Any, scene: Scene) -> Call:
    return ours("sobel", "int16")(scene._replace(threads=1))


def two_threads(scene: Scene) -> Call:
    return ours("sobel", "int16")(scene._replace(threads=2))


# ---------------------------------------------------------------- the rows


def differences(name: str, axis: str) -> Race:
    ways = {"filter2D": filtered(name, axis), "sepFilter2D": separated(name, axis)}
    if name == "central":
        ways["Sobel ksize=1"] = sobel("int16", axis, 1)
    return Race(f"{name} {axis} -> int16", "cv2", ours(name, "int16", axis=axis), ways)


SOBEL = ours("sobel", "int16")
RACES = (
    *(Race(f"Sobel {axis} -> int16", "cv2", ours("sobel", "int16", axis=axis), {"Sobel": sobel("int16", axis)}) for axis in "xy"),
    *(Race(f"Scharr {axis} -> int16", "cv2", ours("scharr", "int16", axis=axis), {"Scharr": scharr(axis)}) for axis in "xy"),
    *chain.from_iterable((differences(name, axis) for axis in "xy") for name in ("forward", "backward", "central")),
    Race("gradient pair -> int16", "cv2", ours("gradient", "int16", "int16"), {"spatialGradient": spatial, "two Sobels": two_sobels}),
    Race("Sobel x -> float32", "cv2", ours("sobel", "float32"), {"Sobel": sobel("float32")}),
    Race("Sobel x -> float32, a new array", "cv2", ours("sobel", dtype="float32"), {"Sobel": new_sobel}),
    Race("Sobel x -> float64", "cv2", ours("sobel", "float64"), {"Sobel": sobel("float64")}),
    Race("Sobel x, float32 -> float32", "cv2", ours("sobel", "float32"), {"Sobel": sobel("float32")}, pixel="float32"),
    Race("Sobel x, uint16 -> int32", "cv2", ours("sobel", "int32"), {"Sobel to CV_32F": sobel("float32")}, pixel="uint16"),
    Race("Sobel 5x5 x -> int16", "cv2", ours("sobel", "int16", ksize=5), {"Sobel": sobel("int16", ksize=5)}),
    Race("Sobel 7x7 x -> int32", "cv2", ours("sobel", "int32", ksize=7), {"Sobel to CV_32F": sobel("float32", ksize=7)}),
    *(Race(f"Laplacian {k} -> int16", "cv2", ours("laplacian", "int16", ksize=k), {"Laplacian": laplacian(k)}) for k in (1, 3)),
    *(
        Race(
            f"canny {norm}, size {k}",
            "cv2",
            ours("canny", "uint8", low=LEVELS[k][0], high=LEVELS[k][1], ksize=k, norm=norm),
            {"Canny": canny(k, norm)},
        )
        for k, norm in ((3, "l1"), (3, "l2"), (5, "l1"))
    ),
    Race("gaussian 1.4 -> uint8", "cv2", ours("gaussian", "uint8", sigma=SIGMA, truncate=3.0), {"GaussianBlur": blurred}, within=1),
    Race("magnitude l2 -> uint8", "cv2", ours("magnitude", "uint8"), {"2 Sobel, magnitude, convertScaleAbs": length}),
    Race("magnitude l1 -> uint8", "cv2", ours("magnitude", "uint8", norm="l1"), {"2 Sobel, 2 convertScaleAbs, add": sum_of_two}),
    Race('view="shift" -> uint8', "cv2", ours("sobel", "uint8", view="shift"), {"Sobel, delta=127": sobel("uint8", delta=127)}),
    Race('view="magnitude" -> uint8', "cv2", ours("sobel", "uint8", view="magnitude"), {"Sobel, convertScaleAbs": unsigned}),
    Race("magnitude + orientation, float32", "cv2", ours("polar", "float32", "float32"), {"2 Sobel, cartToPolar": polar}),
    Race("Sobel x -> int16", "scipy", SOBEL, {"ndimage.sobel": ndimage_sobel}),
    Race("gaussian 1.4 -> float64", "scipy", ours("gaussian", "float64", sigma=SIGMA), {"gaussian_filter": ndimage_gaussian("gaussian_filter")}),
    Race(
        "gaussian_derivative 1.4 -> float64",
        "scipy",
        ours("gaussian_derivative", "float64", sigma=SIGMA),
        {"gaussian_filter, order=(0, 1)": ndimage_gaussian("gaussian_filter", order=(0, 1))},
    ),
    Race(
        "gaussian_laplace 1.4 -> float64",
        "scipy",
        ours("gaussian_laplace", "float64", sigma=SIGMA),
        {"gaussian_laplace": ndimage_gaussian("gaussian_laplace")},
    ),
    Race(
        "structure_tensor 1.4",
        "skimage",
        our_tensor,
        {"structure_tensor": skimage_feature("structure_tensor", SIGMA, mode="mirror", order="xy")},
        scale=255**2,
        within=1,
    ),
    Race(
        "canny l2, sigma 1.4",
        "skimage",
        ours("canny", "uint8", low=20, high=60, norm="l2", sigma=SIGMA),
        {"feature.canny": skimage_feature("canny", SIGMA, 20, 60, mode="nearest")},
        unlike=0.05,
    ),
    Race("Sobel x -> float64", "skimage", ours("sobel", "float64"), {"filters.sobel, axis=1": skimage_filter("sobel", axis=1)}, scale=4 * 255),
    Race("magnitude l2 -> float64", "skimage", ours("magnitude", "float64"), {"filters.sobel": skimage_filter("sobel")}, scale=4 * 255 * sqrt(2)),
    # as a newcomer calls both: the same derivative and the same picture, each in the type that the library gives by itself
    Race("Sobel x, int16 for float64", "skimage", SOBEL, {"filters.sobel, axis=1": skimage_filter("sobel", axis=1)}, scale=4 * 255),
    Race(
        "magnitude l2, uint8 for float64", "skimage", ours("magnitude", "uint8"), {"filters.sobel": skimage_filter("sobel")}, scale=4 * 255 * sqrt(2)
    ),
    Race("Sobel x -> int16", "numpy", SOBEL, {"slices": slices}),
    Race("forward x -> int16", "numpy", ours("forward", "int16"), {"subtract slices": subtracted}),
    Race("64x64 Sobel x, whole call", "cv2", whole_call, {"Sobel": whole_call_theirs}, scene="small"),
    Race("Sobel x -> int16, two threads", "one thread", two_threads, {"edgecalc.sobel": one_thread}, scene="huge"),
)
