"""Symmetric 2x2 tensors of an image: how it changes around a pixel, how it curves, how its colours change together."""

from typing import NamedTuple

import numpy as np

from edgecalc.core import arrays, strips
from edgecalc.core.plans import F32, F64
from edgecalc.core.slide import apply
from edgecalc.filters.gaussian import gaussian, row, smoothed
from edgecalc.filters.operators import Polar, pair, two_dimensional
from edgecalc.stencils import OPERATORS

IN_CACHE = 1 << 15  # pixels of a few intermediate results
SINGLE = (1e-15, 1e15)  # float32 pixels whose derivatives have sound squares


class Tensor(NamedTuple):
    """For each pixel the symmetric matrix

    xx  xy
    xy  yy
    """

    xx: np.ndarray
    xy: np.ndarray
    yy: np.ndarray

    def real(self) -> tuple[np.ndarray, ...]:
        """In floats, which do not wrap."""
        return tuple(part.astype(np.result_type(part, np.float32), copy=False) for part in self)

    def eigenvalues(self) -> tuple[np.ndarray, np.ndarray]:
        """The larger and the smaller.

        >>> Tensor(np.array([3.0]), np.array([4.0]), np.array([-3.0])).eigenvalues()
        (array([5.]), array([-5.]))
        """
        xx, xy, yy = self.real()
        with np.errstate(all="ignore"):
            mean, apart = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
            return mean + apart, mean - apart

    def orientation(self) -> np.ndarray:
        """Direction of the larger eigenvalue as float32 radians in -pi/2 .. pi/2: across the edge. 0 points along x, a quarter turn along y."""
        xx, xy, yy = self.real()
        with np.errstate(all="ignore"):
            return (np.arctan2(2 * xy, xx - yy) / 2).astype(np.float32)

    @np.errstate(all="ignore")
    def coherence(self) -> np.ndarray:
        """How much one direction prevails: 1 on a straight edge or ridge, 0 where all directions are alike."""
        large, small = self.eigenvalues()
        total = np.abs(large) + np.abs(small)
        return (np.divide(np.abs(large) - np.abs(small), total, out=np.zeros_like(total), where=total != 0)) ** 2


def structure_tensor(image, sigma=1.0, operator="sobel", *, border="reflect", cval=0, normalize=False, threads=None, gray=False) -> Tensor:
    """Products of the two derivatives, averaged by a Gaussian: orientation and coherence of what surrounds a pixel.

    Small integers and float32 give float32, others float64, and so does float32 whose squares would vanish or overflow.
    `operator` is one of those of `gradient`; see `sobel` for the other options.

    >>> structure_tensor(np.array([[0, 0, 9, 9]] * 4, np.uint8), operator="central").coherence()[1, 1]
    np.float32(1.0)
    """
    arrays.one_of(operator, OPERATORS, "operator")  # the diagonals of "roberts" are not x and y
    array = arrays.image_array(image, gray=arrays.truth(gray, "gray"))
    real = float_type(array.dtype) if squares_fit(array) else F64
    row(sigma, 0, 4.0)
    x, y = apply(pair(operator, array), array, "each", (border, cval, normalize, None, None), None, threads)

    def averaged(part: np.ndarray) -> np.ndarray:
        return gaussian(part, sigma, border="reflect" if border in ("blank", "valid") else border, threads=threads)

    return Tensor(*map(averaged, added([(x, y)], real)))


def hessian(image, sigma=1.0, *, truncate=4.0, border="reflect", cval=0, dtype=None, threads=None, gray=False) -> Tensor:
    """Second Gaussian derivatives. Both eigenvalues are large on blobs, one on ridges; they have opposite signs on saddles.

    `sigma` is one number; see `gaussian` for `truncate`, `sobel` for the other options.

    >>> hessian(np.full((3, 3), 7.0), 0.5).xy
    array([[0., 0., 0.],
           [0., 0., 0.],
           [0., 0., 0.]])
    """
    two_dimensional(image, "hessian")
    bell, slope, curve = (row(sigma, order, truncate) for order in (0, 1, 2))
    parts = (("x", curve, bell), ("x", slope, slope), ("y", curve, bell))
    return Tensor(*(smoothed(image, axis, along, across, (border, cval, False, None, dtype), None, threads, gray) for axis, along, across in parts))


def di_zenzo(image, operator="sobel", *, border="reflect", cval=0, normalize=False, threads=None) -> Polar:
    """Gradient of a colour image: the length and direction of the steepest change of all channels together.

    The squares of the channels' derivatives are added as a tensor (Di Zenzo, 1986); the length is the root of its larger
    eigenvalue, so where one channel alone changes, it is that channel's gradient. Channels stand last, up to 4 of them.
    `operator` is one of those of `gradient`; see `sobel` for the other options.

    >>> di_zenzo(np.array([[[0, 0], [3, 4]]] * 2, np.uint8), "forward", border="edge").magnitude[0, 0]
    np.float32(5.0)
    """
    arrays.one_of(operator, OPERATORS, "operator")
    planes = arrays.planes_of(image)
    kind, factor = float_type(planes.dtype), 1.0
    if not squares_fit(planes):
        planes = planes.astype(F64)
    if planes.dtype == F64:
        planes, factor = arrays.sound(planes)
        cval = cval / factor if factor != 1 else cval
    operators, real = pair(operator, planes[0]), float_type(planes.dtype)
    slopes = [apply(operators, plane, "each", (border, cval, normalize, None, None), None, threads) for plane in planes]
    shape = slopes[0][0].shape
    steepest = Polar(np.empty(shape, kind), np.empty(shape, F32))

    def fill(first: int, last: int) -> None:
        parts = 1 + (last - first) * shape[1] // IN_CACHE
        for rows in (slice(first + a, first + b) for a, b in strips.cut(last - first, parts)):
            tensor = added([(x[rows], y[rows]) for x, y in slopes], real)
            with np.errstate(over="ignore"):
                steepest.magnitude[rows] = np.sqrt(tensor.eigenvalues()[0]) * real.type(factor)
            steepest.orientation[rows] = tensor.orientation()

    strips.run(fill, shape[0], strips.count(threads, shape[0] * shape[1]))
    return steepest


def added(slopes: list[tuple[np.ndarray, np.ndarray]], real: np.dtype) -> Tensor:
    """The products of each pair of derivatives, summed over the pairs; infinity times 0 is NaN, without a warning."""
    total = None
    with np.errstate(all="ignore"):
        for x, y in ((x.astype(real, copy=False), y.astype(real, copy=False)) for x, y in slopes):
            each = Tensor(x * x, x * y, y * y)
            total = each if total is None else Tensor(*(np.add(a, b, out=a) for a, b in zip(total, each, strict=True)))
    return total  # type: ignore[return-value]


def squares_fit(array: np.ndarray) -> bool:
    return array.dtype != F32 or (largest := arrays.finite_peak(array)) == 0 or SINGLE[0] < largest < SINGLE[1]


def float_type(dtype: np.dtype) -> np.dtype:
    return F32 if dtype == F32 or dtype.itemsize == 1 else F64
