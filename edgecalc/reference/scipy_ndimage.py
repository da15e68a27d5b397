"""The same work done by scipy.ndimage.

It sums in double and stores each pass in the result's type, which wraps where it is too small: only types that hold the result are asked for.
A constant border other than 0 stands around each of its passes anew, so our padding takes its place.
"""

from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from edgecalc.reference.peer import MODES, Outputs, Peer, Row, each_way, same
from edgecalc.reference.works import AXES, ORDERS, SIGMA, SIZED, WORKS
from edgecalc.stencils import HERE, OPERATORS, Operator, Stencil
from edgecalc.stencils import sobel as sized_sobel

# uint8 through 3x3 fits int16 at every step, 16-bit images fit int32
OWN: Outputs = {
    "uint8": ((None, "int32"), *same("int16", "float64")),
    "uint16": ((None, "float64"), *same("int32", "float32")),
    "int16": ((None, "float64"), *same("int32", "float32")),
    "float32": ((None, "float32"), *same("float64")),
    "float64": ((None, "float64"),),
}
REAL: Outputs = {**{name: same("float64") for name in ("uint8", "uint16", "int16", "float32")}, "float64": ((None, "float64"),)}

SMOOTH: Outputs = {**dict.fromkeys(("uint8", "uint16", "int16", "float64"), ((None, "float64"),)), "float32": ((None, "float32"),)}
SIGMAS = ("low_sigma", "high_sigma")


def named(ndimage: Any, image: np.ndarray, output: str, mode: str, cval: float, *, name: str, axis: str) -> np.ndarray:
    """ndimage.sobel or ndimage.prewitt."""
    return getattr(ndimage, name)(image, "yx".index(axis), output=output, mode=mode, cval=cval)


def weights(row: Stencil) -> list[float]:
    """A row as an odd-sized list around the pixel that is written."""
    reach = max(map(abs, row.offsets))
    places = dict(zip(row.offsets, row.numerators, strict=True))
    return [places.get(offset, 0) / row.unit for offset in range(-reach, reach + 1)]


def two_passes(ndimage: Any, image: np.ndarray, output: str, mode: str, cval: float, *, operator: Operator, axis: str) -> np.ndarray:
    """Any separable operator, as ndimage.sobel does it."""
    _, along, across = operator.terms[0]
    number = "yx".index(axis)
    difference = ndimage.correlate1d(image, weights(along), number, output=output, mode=mode, cval=cval)
    return difference if across == HERE else ndimage.correlate1d(difference, weights(across), 1 - number, output=output, mode=mode, cval=cval)


def length(ndimage: Any, image: np.ndarray, output: str, mode: str, cval: float, *, name: str) -> np.ndarray:
    return ndimage.generic_gradient_magnitude(image, getattr(ndimage, name), output=output, mode=mode, cval=cval)


def laplace(ndimage: Any, image: np.ndarray, output: str, mode: str, cval: float) -> np.ndarray:
    return ndimage.laplace(image, output=output, mode=mode, cval=cval)


def gaussian(ndimage: Any, image: np.ndarray, output: str, mode: str, cval: float, *, order: tuple[int, int], sigma: float = SIGMA) -> np.ndarray:
    """`order` of the derivative along y and along x."""
    return ndimage.gaussian_filter(image, sigma, order, output, mode, cval)


def gaussian_laplace(ndimage: Any, image: np.ndarray, output: str, mode: str, cval: float) -> np.ndarray:
    return ndimage.gaussian_laplace(image, SIGMA, output, mode, cval)


def band(ndimage: Any, image: np.ndarray, output: str, mode: str, cval: float) -> np.ndarray:
    low, high = (gaussian(ndimage, image, output, mode, cval, order=(0, 0), sigma=WORKS["difference_of_gaussians"].options[name]) for name in SIGMAS)
    return low - high


def connected(ndimage: Any, image: np.ndarray, output: str, mode: None, cval: float) -> np.ndarray:
    """Hysteresis by labels."""
    options = WORKS["hysteresis"].options
    labels, _ = ndimage.label(image > options["low"], np.ones((3, 3)))
    return np.isin(labels, np.unique(labels[image > options["high"]])) * np.uint8(255)


# Allowance: 2 k for k taps as in opencv.py, 2 more for a length.
ROWS = (
    *chain.from_iterable(each_way(name + " {}", partial(named, name=name), OWN, 6) for name in ("sobel", "prewitt")),
    *each_way("gradient sobel {}", partial(named, name="sobel"), OWN, 6),
    *chain.from_iterable(
        each_way(name + " {}", partial(two_passes, operator=OPERATORS[name]), OWN, 6) for name in ("forward", "backward", "central", "scharr")
    ),
    Row("laplacian ksize 1", laplace, OWN, 12),
    *each_way("farid {}", partial(two_passes, operator=OPERATORS["farid"]), REAL, 10, rounds=True),
    *chain.from_iterable(
        each_way(f"sobel {{}} ksize {ksize} order {order}", partial(two_passes, operator=sized_sobel(ksize, order)), REAL, 2 * max(ksize, 3))
        for ksize, order in SIZED
    ),
    Row("gaussian", partial(gaussian, order=(0, 0)), SMOOTH, 26, rounds=True),
    *(
        Row(f"gaussian_derivative {axis} order {order}", partial(gaussian, order=(0, order) if axis == "x" else (order, 0)), SMOOTH, 26, rounds=True)
        for order in ORDERS
        for axis in AXES
    ),
    Row("gaussian_laplace", gaussian_laplace, SMOOTH, 52, rounds=True),
    Row("difference_of_gaussians", band, SMOOTH, 52, rounds=True),
    *(
        Row(f"hessian {part}", partial(gaussian, order=order), SMOOTH, 26, rounds=True)
        for part, order in (("xx", (0, 2)), ("xy", (1, 1)), ("yy", (2, 0)))
    ),
    Row("hysteresis", connected, dict.fromkeys(("uint8", "uint16", "int16", "float32", "float64"), ((None, "uint8"),)), 0),
    *(Row(f"magnitude {name} l2", partial(length, name=name), REAL, 8) for name in ("sobel", "prewitt")),
)


def exact_bits(pixel: str, result: str) -> int:
    return {"float32": 24, "int32": 31, "int16": 31}.get(result, 53)


PEER = Peer("scipy", "scipy", ROWS, MODES, any_cval=False, bits=exact_bits, module="scipy.ndimage")
