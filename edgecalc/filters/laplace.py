"""Second derivatives that do not care for direction."""

from typing import Any

from edgecalc import stencils
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
