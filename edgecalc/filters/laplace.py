"""Second derivatives that do not care for direction."""

from typing import Any

import numpy as np

from edgecalc import stencils
from edgecalc.core import arrays
from edgecalc.core.slide import apply
from edgecalc.filters.operators import odd_size, two_dimensional


def laplacian(image, ksize=1, *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False) -> Any:
    """Laplacian: the second derivatives along x and y, added; bit for bit cv2.Laplacian.

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
    found = np.zeros(values.shape, bool)
    for line, marks in ((values, found), (values.T, found.T)):
        first, last = line[:, :-1], line[:, 1:]
        crossed = opposite(first, last, least)
        with np.errstate(all="ignore"):
            total = first + last  # of opposite signs: it cannot overflow where that counts
            nearer = ~(np.where(first > 0, total > 0, total < 0))
        marks[:, :-1] |= crossed & nearer
        marks[:, 1:] |= crossed & ~nearer
        marks[:, 1:-1] |= (line[:, 1:-1] == 0) & opposite(line[:, :-2], line[:, 2:], least)
    return found.view(np.uint8) * np.uint8(255)


def opposite(first: np.ndarray, last: np.ndarray, least: float) -> np.ndarray:
    """Whether the signs differ, by a step of more than `least`."""
    signs = (first < 0) & (last > 0) | (first > 0) & (last < 0)
    if not least:
        return signs
    with np.errstate(all="ignore"):
        wide = np.longdouble if first.dtype.kind in "iu" else np.float64
        return signs & (np.abs(first.astype(wide) - last.astype(wide)) > least)
