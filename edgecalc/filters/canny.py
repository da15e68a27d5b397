"""Canny's edges: derivatives, thinning and hysteresis in one walk down the image; the parts also stand alone.

image ── gaussian (sigma=) ── derivatives ── thinned ── weak and strong ── grown ── edges
                              └──────── one pass, three rows at a time ────────┘
"""

from math import floor, isfinite, isqrt
from typing import Any, NamedTuple

import numpy as np

from edgecalc import stencils
from edgecalc.core import arrays, strips
from edgecalc.core.kernels import CODES, EdgeMap, empty
from edgecalc.core.plans import F32, F64, U8, Options, build, real_of
from edgecalc.core.slide import apply
from edgecalc.filters.gaussian import gaussian, row

NORMS = ("l1", "l2")
BORDERS = ("reflect", "symmetric", "edge", "wrap", "constant", "blank")
SIZES = (3, 5, 7)
I16, I32 = np.dtype(np.int16), np.dtype(np.int32)
KINDS = (I16, I32, F32, F64)  # types of derivatives that a kernel thins
EMPTY = np.empty(0)
MOST_SINGLE = 1e30  # float32 pixels whose derivatives stay finite
UNKNOWN = 128  # more than a derivative reads pixels
BAND = 3 << 20  # bytes that are smoothed at a time, just before they are walked: they never leave the caches


class Stages(NamedTuple):
    """What Canny does, step by step; the last three are pictures of 0 and 255."""

    gradient: np.ndarray
    orientation: np.ndarray
    thinned: np.ndarray
    weak: np.ndarray
    strong: np.ndarray
    edges: np.ndarray


class Field(NamedTuple):
    """Where derivatives come from: channels and the plan that differentiates them, or two arrays."""

    plan: Any
    first: np.ndarray
    second: np.ndarray | None
    unknown: np.ndarray | None  # not 0 where a derivative reads a pixel that is masked or no number, UNKNOWN and more at that pixel
    kind: np.dtype
    divided: float = 1.0  # derivatives are smaller than the caller's thresholds mean by this factor
    ksize: int = 3
    border: str = "edge"
    cval: Any = 0
    sigma: Any = None  # of the Gaussian by which `first` is yet to be smoothed
    grounds: tuple[float, ...] = ()  # of each channel: see `ground`

    @property
    def shape(self) -> tuple[int, ...]:
        return self.first.shape[-2:]


def canny(
    image, low, high, *, ksize=3, norm="l1", sigma=None, mask=None, border="edge", cval=0, gradients=None, return_stages=False, threads=None, out=None
) -> Any:
    """Edges by Canny's method, 255 on 0; for uint8 images bit for bit cv2.Canny.

    A pixel is an edge if its gradient is longer than both neighbours' in its direction, and longer than `high`, or
    longer than `low` and connected to such a pixel through others.

    Parameters
    ----------
    image : array
        Gray, or colour with up to 4 channels last, of which each pixel's strongest counts. bool, integer or float.
    low, high : float
        In units of the gradient, as `sobel` gives it. Swapped if low > high.
    ksize : 3, 5 or 7
        Size of the Sobel derivatives.
    norm : "l1" or "l2"
        Length of the gradient: |x| + |y|, or sqrt(x*x + y*y).
    sigma : float, optional
        Smooth by this Gaussian first.
    mask : bool array, optional
        Where False, a pixel is unknown: it is no edge, and neither is any pixel whose derivative would read it. NaN likewise.
    border : str
        What stands beyond the sides, see `sobel`; OpenCV's is "edge".
    gradients : (x, y), optional
        Derivatives of your own, of the same type; `image` may then be None.
    return_stages : bool
        Also the steps in between: Stages(gradient, orientation, thinned, weak, strong, edges).
    threads : int, optional
        By default large images are cut into strips for every core. The edges are the same for any number.
    out : uint8 array, optional
        Where to write.

    >>> canny(np.array([[0, 0, 0, 9, 9, 9]] * 3, np.uint8), 10, 20)[1]
    array([  0,   0, 255,   0,   0,   0], dtype=uint8)
    """
    arrays.one_of(norm, NORMS, "norm")
    low, high = thresholds(low, high)
    stages = arrays.truth(return_stages, "return_stages")
    field = field_of(image, ksize, sigma, mask, border, cval, gradients, threads, banded=not stages)
    if not stages:
        return picture(traced(field, norm, low, high, threads), threads, out)
    x, y = derivatives(field, norm)
    field = field._replace(plan=None, first=x, second=y)
    grown, strong = traced(field, norm, low, high, threads), picture(traced(field, norm, high, high, threads), threads)
    lengths = lengths_of(x, y, norm, field)
    return Stages(
        lengths, np.arctan2(y, x).astype(np.float32), kept(field, lengths, norm, threads),
        picture(grown, threads, candidates=True) & ~strong, strong, picture(grown, threads, out),
    )  # fmt: skip


def nonmax(x, y, *, norm="l2", mask=None, threads=None) -> np.ndarray:
    """Thinning: the length of the gradient (x, y) where it is longest across its edge, else 0.

    Along the gradient's direction, in steps of 45 degrees, a pixel must be longer than the one before and at least as
    long as the one behind (longer than both on diagonals): Canny's rule, as OpenCV has it.

    >>> nonmax(np.array([[0, 2, 5, 3, 0]], np.int16), np.zeros((1, 5), np.int16))
    array([[0., 0., 5., 0., 0.]], dtype=float32)
    """
    arrays.one_of(norm, NORMS, "norm")
    field = given((x, y), mask, "x, y")
    return kept(field, lengths_of(*derivatives(field, norm), norm, field), norm, threads)


def hysteresis(strength, low, high, *, threads=None, out=None) -> np.ndarray:
    """Pixels above `high`, and those above `low` that are connected to them through others, in all eight directions: 255 on 0.

    >>> hysteresis(np.array([[0, 3, 3, 8, 0, 3]]), 2, 5)
    array([[  0, 255, 255, 255,   0,   0]], dtype=uint8)
    """
    array = arrays.flat(strength, "strength")
    low, high = sorted((arrays.number(low, "low"), arrays.number(high, "high")))
    if array.dtype.kind in "iu":  # as floats, large ones would be rounded
        low, high = (floor(value) if isfinite(value) else value for value in (low, high))
    if array.dtype == F32:  # a threshold beyond its range would not fit beside it
        low, high = (value if abs(value) < 3e38 else value * float("inf") for value in (low, high))
    marks = (array > low).view(np.uint8) | (array > high).view(np.uint8) << 1
    edges = EdgeMap(*array.shape)
    grow(edges, lambda a, b: edges.grow(marks, a, b), threads)
    return picture(edges, threads, out)


# ---------------------------------------------------------------- the walk


def traced(field: Field, norm: str, low: float, high: float, threads: Any) -> EdgeMap:
    low, high = (level(value / field.divided, norm, field.kind) for value in (low, high))
    edges, code = EdgeMap(*field.shape), CODES[field.kind]

    def thin(planes: np.ndarray, first: int, last: int, top: int) -> None:
        edges.thin(field.plan, planes, field.second, field.unknown, code, norm == "l2", low, high, first, last, top)

    if field.sigma is None:
        grow(edges, lambda first, last: thin(field.first, first, last, 0), threads)
        return edges
    reach = 1 + field.ksize // 2 + max(row(field.sigma, 0, 4.0).offsets)  # that an edge depends on: neighbours, their derivatives, the Gaussian
    kind = real_of(field.first.dtype)
    arrays_made = 1 if field.unknown is None else 4  # what `smooth` makes
    rows = max(BAND // (max(edges.columns, 1) * kind.itemsize * arrays_made), 4 * reach)
    most = rows + 2 * reach if field.border == "wrap" else min(rows + 2 * reach, edges.rows)
    rooms: list[np.ndarray] = []  # one for each thread

    def smooth_and_thin(first: int, last: int) -> None:
        """The Gaussian of some rows is that of the whole image, but near the cut."""
        planes, unknown, top = rows_of(field, first - reach, last + reach)
        try:
            room = rooms.pop()
        except IndexError:
            room = np.empty((len(planes), most, edges.columns), kind)
        smoothed = room[:, : planes.shape[1]]
        for plane, base, target in zip(planes, field.grounds, smoothed, strict=True):
            smooth(plane, base, field.sigma, unknown, field.border, field.cval, 1, target)
        thin(smoothed, first, last, top)
        rooms.append(room)

    grow(edges, smooth_and_thin, threads, rows)
    return edges


def rows_of(field: Field, first: int, last: int) -> tuple[np.ndarray, np.ndarray | None, int]:
    """The pixels of some rows, which of them are unknown, and the first row; what lies beyond the image is left to the border, but to "wrap"."""
    if field.border == "wrap":
        wrapped = np.arange(first, last) % field.shape[0]
        planes, unknown = field.first[:, wrapped], None if field.unknown is None else field.unknown[wrapped]
    else:
        first, last = max(first, 0), min(last, field.shape[0])
        planes, unknown = field.first[:, first:last], None if field.unknown is None else field.unknown[first:last]
    return planes, None if unknown is None else unknown // UNKNOWN, first


def level(value: float, norm: str, kind: np.dtype) -> float:
    """A threshold as the kernel compares it: squared for "l2", and as OpenCV rounds and limits it where OpenCV does."""
    if kind != I16:
        return value * value if norm == "l2" else value
    return floor(min(value, 32767.0) ** 2) if norm == "l2" else floor(min(value, 32767.0))


def grow(edges: EdgeMap, work: Any, threads: Any, rows: int | None = None) -> None:
    """Strips on threads of their own, each in bands of so many rows at most; then all are joined at their seams."""
    parts, rows = strips.count(threads, edges.rows * edges.columns), rows or edges.rows or 1
    if parts == 1 and 0 < edges.rows <= rows:
        work(0, edges.rows)
        return

    def bands(a: int, b: int) -> None:
        for first in range(a, b, rows):
            work(first, min(first + rows, b))

    strips.run(bands, edges.rows, parts)
    edges.join([first for a, b in strips.cut(edges.rows, parts) for first in range(a, b, rows)][1:])


def picture(edges: EdgeMap, threads: Any, out: Any = None, candidates: bool = False) -> np.ndarray:
    shape = (edges.rows, edges.columns)
    if out is not None:
        arrays.check_out(out, shape, U8)
    target = out if out is not None and arrays.writable_in_place(out, EMPTY) else empty(shape, U8)[0]
    parts = strips.count(threads, target.size) if target.size > strips.WORTH_A_THREAD else 1  # a small one is written sooner than handed over
    strips.run(lambda a, b: edges.write(target, candidates, a, b), edges.rows, parts)
    if out is not None and target is not out:
        out[...] = target
    return target if out is None else out


# ---------------------------------------------------------------- what is walked


def field_of(image: Any, ksize: Any, sigma: Any, mask: Any, border: str, cval: Any, gradients: Any, threads: Any, banded: bool = False) -> Field:
    """`banded`: it is enough to smooth the image when it is walked, where that gives the same."""
    if isinstance(ksize, bool) or not isinstance(ksize, int | np.integer) or ksize not in SIZES:
        raise ValueError(f"ksize: {ksize!r} came; 3, 5 or 7 is accepted")
    arrays.one_of(border, BORDERS, "border")
    if gradients is not None:
        for name, value, said in (("sigma", sigma, sigma is not None), ("ksize", ksize, ksize != 3), ("border", border, border != "edge")):
            if said:
                raise ValueError(f"{name}: {value!r} came beside gradients=, which stand in place of what it is for; pass one of them")
        return given(gradients, mask)
    ksize = int(ksize)
    planes = arrays.planes_of(image)
    unknown = unknown_pixels(planes, mask)
    if planes.dtype == F32 and arrays.peak(planes, known(unknown)) > MOST_SINGLE:
        planes = planes.astype(F64)
    if sigma is not None:
        row(sigma, 0, 4.0)  # what it refuses is refused before anything is made
    grounds = tuple(0.0 if sigma is None or unknown is None else ground(plane, unknown) for plane in planes)
    if sigma is not None and not banded:
        smoothed, _ = empty(planes.shape, real_of(planes.dtype))
        for plane, base, target in zip(planes, grounds, smoothed, strict=True):
            smooth(plane, base, sigma, unknown, border, cval, threads, target)
        planes, sigma = smoothed, None
    pixel, divided = planes.dtype if sigma is None else real_of(planes.dtype), 1.0
    if planes.dtype == F64:
        planes, divided = arrays.sound(planes, known(unknown))
        cval = cval / divided if divided != 1 else cval
    operator = ((stencils.sobel(ksize), 1), (stencils.sobel(ksize), 0))
    options = Options(border, cval)
    if pixel == U8 and ksize == 7:
        divided = 16.0  # OpenCV's, so that they fit int16
        options = Options(border, cval, divide=divided, dtype=I16)
    plan, kind, _ = build(operator, "each", 2, pixel, options.checked(pixel))
    if kind not in KINDS:
        plan, kind, _ = build(operator, "each", 2, pixel, options._replace(dtype=F64).checked(pixel))
    return Field(plan, planes, None, widened(unknown, ksize, border), kind, divided, ksize, border, cval, sigma, grounds)


def given(gradients: Any, mask: Any, name: str = "gradients") -> Field:
    """The caller's own derivatives, in the smallest type that neither they nor their lengths overflow."""
    if not isinstance(gradients, tuple | list) or len(gradients) != 2:
        raise TypeError(f"gradients: {type(gradients).__name__} came; a pair (x, y) of arrays is accepted")
    x, y = arrays.flat(gradients[0], "x"), arrays.flat(gradients[1], "y")
    if x.shape != y.shape or x.dtype != y.dtype:
        raise ValueError(f"{name}: {x.dtype} of shape {x.shape} and {y.dtype} of shape {y.shape} came; two alike are accepted")
    divided = 1.0
    kind: np.dtype = F64 if x.dtype.itemsize > 4 or x.dtype == np.uint32 else F32 if x.dtype == F32 else I32
    if kind == I32 and x.dtype.itemsize <= 2 and sum(max(int(each.max(initial=0)), -int(each.min(initial=0))) for each in (x, y)) < 32767:
        kind = I16
    x, y = np.ascontiguousarray(x, kind), np.ascontiguousarray(y, kind)
    pair = np.stack([x, y]) if kind in (F32, F64) or mask is not None else None
    unknown = None if pair is None else unknown_pixels(pair, mask)
    if pair is not None and kind == F64:
        (x, y), divided = arrays.sound(pair, known(unknown))
    return Field(None, x, y, unknown, kind, divided)


def unknown_pixels(planes: np.ndarray, mask: Any) -> np.ndarray | None:
    """1 where a pixel is masked, or no finite number in any channel; None if there is no such pixel."""
    unknown = None if mask is None else np.logical_not(arrays.mask_array(mask, planes.shape[1:]))
    for plane in planes if planes.dtype.kind == "f" else ():
        if not isfinite(arrays.peak(plane)):
            lost = ~np.isfinite(plane)
            unknown = lost if unknown is None else np.logical_or(unknown, lost, out=unknown)
    return None if unknown is None else unknown.view(np.uint8)


def known(unknown: np.ndarray | None) -> Any:
    return True if unknown is None else unknown == 0


def widened(unknown: np.ndarray | None, ksize: int, border: str) -> np.ndarray | None:
    """How many unknown pixels the derivative's square holds, and UNKNOWN more where the pixel is one itself."""
    if unknown is None:
        return None
    ones = stencils.Stencil(0, 0, tuple(range(-(ksize // 2), ksize // 2 + 1)), (1,) * ksize, ksize)
    options = ("constant" if border == "blank" else border, 0, False, None, U8)
    room = np.empty_like(unknown)  # NumPy's, which goes back at once
    found = apply(((stencils.separable("box", ones, ones), "x"),), unknown, "each", options, room)
    unknown *= UNKNOWN
    return np.bitwise_or(found, unknown, out=found)


def smooth(plane: np.ndarray, base: float, sigma: Any, unknown: np.ndarray | None, border: str, cval: Any, threads: Any, out: np.ndarray) -> None:
    """By a Gaussian; if some pixels are unknown over the others alone, less their ground."""
    options = {"border": border, "dtype": out.dtype, "threads": threads}
    if unknown is None:
        gaussian(plane, sigma, cval=cval, out=out, **options)
        return
    filled = np.subtract(plane, out.dtype.type(base), dtype=out.dtype)
    filled[unknown != 0] = 0
    gaussian(filled, sigma, cval=cval - base if border == "constant" and np.isreal(cval) else cval, out=out, **options)
    weight = gaussian(1 - unknown, sigma, cval=1, **options)
    np.divide(out, weight, out=out, where=weight > 0)


def ground(plane: np.ndarray, unknown: np.ndarray) -> float:
    """The middle one of the known values: where all are that one, nothing is left to be rounded, and to become an edge."""
    step = max(1, isqrt(plane.size >> 16))
    known = plane[::step, ::step][unknown[::step, ::step] == 0]
    return float(np.partition(known, known.size // 2)[known.size // 2]) if known.size else 0.0


def derivatives(field: Field, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """As the kernel sees them: of each pixel's strongest channel."""
    if field.second is not None:
        return field.first, field.second
    operator = stencils.sobel(field.ksize)
    options = (field.border, field.cval, False, None, field.kind, field.divided if field.kind == I16 else 1.0)
    pairs = [apply(((operator, "x"), (operator, "y")), plane, "each", options) for plane in field.first]
    (x, y), *others = pairs
    longest = in_order(x, y, norm) if others else EMPTY
    for h, v in others:
        lengths = in_order(h, v, norm)
        longer = (lengths > longest) | (lengths != lengths)  # NaN stays
        for ours, theirs in ((x, h), (y, v), (longest, lengths)):
            np.copyto(ours, theirs, where=longer)
    return x, y


def in_order(x: np.ndarray, y: np.ndarray, norm: str) -> np.ndarray:
    """What orders gradients as the kernel orders them."""
    real = F32 if x.dtype == I16 and norm == "l1" else F64
    h, v = np.abs(x, dtype=real), np.abs(y, dtype=real)
    return np.add(h, v, out=h) if norm == "l1" else np.add(np.square(h, out=h), np.square(v, out=v), out=h)


@np.errstate(over="ignore", invalid="ignore")
def lengths_of(x: np.ndarray, y: np.ndarray, norm: str, field: Field | None = None) -> np.ndarray:
    """In the caller's units; 0 where unknown, infinite beyond the largest float."""
    real = F32 if x.dtype in (I16, F32) else F64
    h, v = np.abs(x, dtype=real), np.abs(y, dtype=real)
    lengths = h + v if norm == "l1" else np.hypot(h, v)
    if field is None:
        return lengths
    if field.unknown is not None:
        lengths[field.unknown != 0] = 0
    return np.nan_to_num(lengths * real.type(field.divided), copy=False, nan=0.0, posinf=np.inf)


def kept(field: Field, lengths: np.ndarray, norm: str, threads: Any) -> np.ndarray:
    """The lengths that thinning leaves."""
    longest = picture(traced(field, norm, 0.0, 0.0, threads), threads, candidates=True)
    return np.where(longest != 0, lengths, lengths.dtype.type(0))


# ---------------------------------------------------------------- thresholds


def thresholds(low: Any, high: Any) -> tuple[float, float]:
    low, high = arrays.number(low, "low", 0), arrays.number(high, "high", 0)
    return min(low, high), max(low, high)
