"""The same work done by OpenCV.

Where the sums are exact (integers; floats that hold whole numbers) the result is the same to the last bit. OpenCV sums in float32 unless one side
is float64, or in int32 from uint8 to int16; past 2**24, 2**53 or 2**31 it rounds, in an order that differs between its own vector lanes and
tail columns, and then an allowance in ulps takes the place of bits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import numpy as np

from edgecalc.reference.peer import Outputs, Peer, Row, each_way, same
from edgecalc.reference.works import AXES, LAPLACIANS, SIZED, SWEEP, WORKS
from edgecalc.stencils import FARID_ACROSS, FARID_ALONG, OPERATORS, ROBERTS, Operator

DEPTHS = {"uint8": "CV_8U", "uint16": "CV_16U", "int16": "CV_16S", "float32": "CV_32F", "float64": "CV_64F"}
MODES = {"reflect": "BORDER_REFLECT_101", "symmetric": "BORDER_REFLECT", "edge": "BORDER_REPLICATE", "constant": "BORDER_CONSTANT"}
ORDERS = {"x": (1, 0), "y": (0, 1)}

# Which depths each function accepts, as in opencv-semantics: a pair that is not here raises in OpenCV. Our own type for integers is compared with
# their float64, which holds it.
EVERY = same("uint8", "uint16", "int16", "float32", "float64")
SOBEL: Outputs = {
    "uint8": ((None, "float64"), *EVERY),
    "uint16": ((None, "float64"), *EVERY),
    "int16": ((None, "float64"), *EVERY),
    "float32": ((None, "float32"), *EVERY),
    "float64": ((None, "float64"), *same("uint8", "uint16", "int16")),
}
FILTER: Outputs = {
    "uint8": ((None, "float64"), *same("uint8", "int16", "float32", "float64")),
    "uint16": ((None, "float64"), *same("uint16", "float32", "float64")),
    "int16": ((None, "float64"), *same("int16", "float32", "float64")),
    "float32": ((None, "float32"),),
    "float64": ((None, "float64"),),
}
LAPLACE: Outputs = {**FILTER, "uint8": ((None, "float64"), *EVERY)}
# from size 7 on, OpenCV adds in float32 whatever is asked for, unless the image is float64
LARGE_LAPLACE: Outputs = {**{name: same("float32") for name in ("uint8", "uint16", "int16", "float32")}, "float64": ((None, "float64"),)}
REAL: Outputs = {name: (((None if name == "float64" else "float64"), "float64"),) for name in DEPTHS}
LENGTH: Outputs = {
    "uint8": same("float32", "float64"),
    "uint16": ((None, "float32"), *same("float64")),
    "int16": ((None, "float32"), *same("float64")),
    "float32": ((None, "float32"),),
    "float64": ((None, "float64"),),
}
PICTURE: Outputs = {"uint8": ((None, "uint8"),)}
ANY_PICTURE: Outputs = dict.fromkeys(DEPTHS, ((None, "uint8"),))
ANGLE: Outputs = dict.fromkeys(DEPTHS, ((None, "float64"),))


def sobel(
    cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, axis: str, ksize: int = 3, order: int = 1, delta: int = 0
) -> np.ndarray:
    dx, dy = (order * way for way in ORDERS[axis])
    return cv2.Sobel(image, getattr(cv2, DEPTHS[output]), dx, dy, ksize=ksize, delta=delta, borderType=getattr(cv2, mode))


def scharr(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, axis: str) -> np.ndarray:
    return cv2.Scharr(image, getattr(cv2, DEPTHS[output]), *ORDERS[axis], borderType=getattr(cv2, mode))


def laplacian(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, ksize: int) -> np.ndarray:
    return cv2.Laplacian(image, getattr(cv2, DEPTHS[output]), ksize=ksize, borderType=getattr(cv2, mode))


@lru_cache(maxsize=64)
def dense(operator: Operator, axis: str) -> tuple[np.ndarray, tuple[int, int]]:
    """The operator's kernel from the table as a matrix, and the column and row in it of the pixel that is written."""
    weights, (row, column) = operator.matrix()
    kernel = np.array(weights, np.float64)
    return (kernel, (column, row)) if axis == "x" else (np.ascontiguousarray(kernel.T), (row, column))


def filtered(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, operator: Operator, axis: str) -> np.ndarray:
    kernel, anchor = dense(operator, axis)
    return cv2.filter2D(image, getattr(cv2, DEPTHS[output]), kernel, anchor=anchor, borderType=getattr(cv2, mode))


def farid(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, axis: str) -> np.ndarray:
    difference = np.insert(np.array(FARID_ALONG.numerators) / FARID_ALONG.unit, 2, 0)
    smoothing = np.array(FARID_ACROSS.numerators) / FARID_ACROSS.unit
    rows = (difference, smoothing) if axis == "x" else (smoothing, difference)
    return cv2.sepFilter2D(image, getattr(cv2, DEPTHS[output]), *rows, borderType=getattr(cv2, mode))


def canny(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, ksize: int, norm: str) -> np.ndarray:
    """Its border is always the "edge"."""
    options = WORKS[f"canny ksize {ksize} {norm}"].options
    return cv2.Canny(image, options["low"], options["high"], apertureSize=ksize, L2gradient=norm == "l2")


def half(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, axis: str) -> np.ndarray:
    return cv2.spatialGradient(image, borderType=getattr(cv2, mode))["xy".index(axis)]


def length(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, of: Any) -> np.ndarray:
    """Two derivatives, their length, and for a picture convertScaleAbs: four passes."""
    real = "float32" if output == "uint8" else output
    both = cv2.magnitude(*(of(cv2, image, real, mode, cval, axis=axis) for axis in AXES))
    return cv2.convertScaleAbs(both) if output == "uint8" else both


def sum_of_two(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, of: Any) -> np.ndarray:
    real = "int16" if output == "uint8" else output
    x, y = (of(cv2, image, real, mode, cval, axis=axis) for axis in AXES)
    return cv2.add(cv2.convertScaleAbs(x), cv2.convertScaleAbs(y)) if output == "uint8" else np.abs(x) + np.abs(y)


def angle(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, of: Any) -> np.ndarray:
    """By NumPy, from OpenCV's float64 derivatives: cv2.phase is only good to 0.3 degrees."""
    x, y = (of(cv2, image, "float64", mode, cval, axis=axis) for axis in AXES)
    return np.arctan2(y, x)


def shift(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, of: Any, axis: str) -> np.ndarray:
    return np.clip(np.floor(of(cv2, image, "float64", mode, cval, axis=axis) + 127.5), 0, 255).astype(np.uint8)


def shift_by_delta(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, axis: str, ksize: int) -> np.ndarray:
    """The whole-numbered half of the shift: floor(d + 127.5) is d + 127."""
    return np.clip(sobel(cv2, image, "int16", mode, cval, axis=axis, ksize=ksize, delta=127), 0, 255).astype(np.uint8)


def unsigned(cv2: Any, image: np.ndarray, output: str, mode: str, cval: float, *, of: Any, axis: str) -> np.ndarray:
    return cv2.convertScaleAbs(of(cv2, image, "float64" if image.dtype == np.float64 else "float32", mode, cval, axis=axis))


DIFFERENCES = {name: partial(filtered, operator=OPERATORS[name]) for name in ("forward", "backward", "central", "prewitt")}
SMOOTHED: dict[str, Callable[..., np.ndarray]] = {"sobel": sobel, "scharr": scharr, "prewitt": DIFFERENCES["prewitt"]}
PLAIN = partial(sobel, ksize=1)
FIRST: dict[str, Callable[..., np.ndarray]] = {"sobel": sobel, "scharr": scharr, "central": PLAIN}

# Allowance, in ulps of the largest sum that may occur (compare.py). A side takes two passes of k taps, one along and one across; each rounds k - 1
# partial sums and, all products together, about one more: half an ulp each time, so k for a side and 2 k between both. That is the worst case:
# 2 ulps are met with 31 taps, 3 with Farid's 5, at most 1 with 3. A Laplacian adds two of them. Lengths add the rounding of two squares and a root: 2 more.
# The angle is a float32 polynomial: 2 ulps of pi, where 1.2 is met. Pictures are whole numbers and allow nothing.
ROWS = (
    *chain.from_iterable(each_way(name + " {}", theirs, FILTER, 6) for name, theirs in DIFFERENCES.items()),
    *each_way("central {}", PLAIN, SOBEL, 6),
    *each_way("sobel {}", sobel, SOBEL, 6),
    *chain.from_iterable(
        each_way(f"sobel {{}} ksize {ksize} order {order}", partial(sobel, ksize=ksize, order=order), outputs, 2 * max(ksize, 3))
        for sizes, outputs in ((SIZED, SOBEL), (SWEEP, {"uint8": same("float64")}))
        for ksize, order in sizes
    ),
    *each_way("scharr {}", scharr, SOBEL, 6),
    *each_way("farid {}", farid, REAL, 10, rounds=True),
    *(Row(f"roberts {name}", partial(filtered, operator=operator, axis="x"), FILTER, 4) for name, operator in ROBERTS.items()),
    *(
        Row(f"laplacian ksize {ksize}", partial(laplacian, ksize=ksize), LAPLACE if ksize < 7 else LARGE_LAPLACE, 4 * max(ksize, 3))
        for ksize in LAPLACIANS
    ),
    *(Row(f"canny ksize {k} {norm}", partial(canny, ksize=k, norm=norm), PICTURE, 0, borders=("edge",)) for k in (3, 5, 7) for norm in ("l1", "l2")),
    *each_way("gradient sobel {}", half, {"uint8": same("int16")}, 0, borders=("reflect", "edge")),
    *chain.from_iterable(each_way(f"gradient {name} {{}}", theirs, SOBEL, 6) for name, theirs in FIRST.items()),
    *(Row(f"magnitude {name} l2", partial(length, of=of), outputs, 8) for name, of in SMOOTHED.items() for outputs in (PICTURE, LENGTH)),
    *(Row(f"magnitude {name} l1", partial(sum_of_two, of=of), outputs, 8) for name, of in SMOOTHED.items() for outputs in (PICTURE, LENGTH)),
    *(Row(f"orientation {name}", partial(angle, of=FIRST[name]), ANGLE, 2, rounds=True, skips=True) for name in ("sobel", "scharr")),
    *each_way("view shift sobel {}", partial(shift_by_delta, ksize=3), PICTURE, 0),
    *chain.from_iterable(each_way(f"view shift {name} {{}}", partial(shift, of=theirs), ANY_PICTURE, 0) for name, theirs in FIRST.items()),
    *chain.from_iterable(each_way(f"view magnitude {name} {{}}", partial(unsigned, of=theirs), ANY_PICTURE, 0) for name, theirs in FIRST.items()),
)


def exact_bits(pixel: str, result: str) -> int:
    if (pixel, result) == ("uint8", "int16"):
        return 31
    return 53 if "float64" in (pixel, result) else 24


@contextmanager
def without_ipp(cv2: Any) -> Iterator[None]:
    """Intel's closed kernels, which some builds contain, answer otherwise than OpenCV's own in places."""
    before = cv2.ipp.useIPP()
    cv2.ipp.setUseIPP(False)
    try:
        yield
    finally:
        cv2.ipp.setUseIPP(before)


PEER = Peer("cv2", "opencv-python-headless", ROWS, MODES, any_cval=False, bits=exact_bits, hold=without_ipp, signed_zeros=True)
