"""Second derivatives that do not care for direction."""

import numpy as np

from edgecalc import stencils
from edgecalc.core import arrays
from edgecalc.core.slide import apply
from edgecalc.filters.operators import odd_size, two_dimensional


def laplacian(image, ksize=1, *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False) -> np.ndarray:
    """Laplacian: the second derivatives along x and y, added; of uint8 bit for bit cv2.Laplacian up to size 11.
    (Beyond, OpenCV adds up in float32.)

         0  1  0             2  0  2
         1 -4  1             0 -8  0          5 to 31: second Sobel derivatives
         0  1  0             2  0  2
        ksize=1             ksize=3

    normalize=True divides so that a parabola of second derivative 1 gives 1. See `sobel` for the options.

    >>> laplacian(np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], np.uint8))
    array([[ 0,  2,  0],
           [ 2, -4,  2],
           [ 0,  2,  0]], dtype=int16)
    """
    two_dimensional(image, "laplacian")
    operator = stencils.laplacian(odd_size(ksize))
    return apply(((operator, "x"),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray)


def zero_crossings(response, threshold=0.0) -> np.ndarray:
    """Where a second derivative changes its sign between neighbours: 255 on 0. Of `gaussian_laplace`, the edges of Marr and Hildreth.

    Of two neighbours (across or down) with opposite signs, the one nearer to zero is marked, the first of equal ones; a
    zero between opposite signs is marked itself. Steps of `threshold` or less do not count, nor does NaN.

    >>> zero_crossings(np.array([[5, 2, -1, -4], [3, 0, -3, -3]]))
    array([[  0,   0, 255,   0],
           [  0, 255,   0,   0]], dtype=uint8)
    """
    values, least = arrays.flat(response, "response"), arrays.number(threshold, "threshold", 0)
    signs = values < 0, values == 0, values > 0
    found, flat = np.zeros(values.size, np.uint8), values.reshape(-1)
    for axis, step in ((0, values.shape[1]), (1, 1)):
        here = opposite(flat, signs, axis, 1, least)
        first, last = flat[here], flat[here + step]
        with np.errstate(all="ignore"):
            total = first + last  # of opposite signs: it cannot overflow
            found[here + step * np.where(first > 0, total > 0, total < 0)] = 255
        found[opposite(flat, signs, axis, 2, least) + step] = 255
    return found.reshape(values.shape)


def opposite(flat: np.ndarray, signs: tuple[np.ndarray, ...], axis: int, reach: int, least: float) -> np.ndarray:
    """Flat places whose neighbour, `reach` further on, has the other sign and lies more than `least` apart; at a reach of 2, with a zero between."""
    below, zero, above = signs
    crossed = np.zeros(zero.shape, bool)
    first, middle, last = ((slice(None),) * axis + (part,) for part in (slice(-reach), slice(1, -1), slice(reach, None)))
    crossed[first] = below[first] & above[last] | above[first] & below[last]
    if reach == 2:
        crossed[first] &= zero[middle]
    here = np.flatnonzero(crossed)
    if not least:
        return here
    wide = np.longdouble if flat.dtype.kind in "iu" else np.float64
    there = here + reach * (1 if axis else zero.shape[1])
    with np.errstate(all="ignore"):
        return here[np.abs(flat[here].astype(wide) - flat[there].astype(wide)) > least]
