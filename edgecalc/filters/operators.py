"""The Sobel family: a difference along one axis, smoothed across the others, and what follows from two of them."""

from typing import Any, NamedTuple

import numpy as np

from edgecalc import stencils
from edgecalc.core import arrays
from edgecalc.core.slide import apply
from edgecalc.filters.masked import derive
from edgecalc.stencils import OPERATORS, ROBERTS, SQUARE, Operator

PAIRED = (*OPERATORS, "roberts")


class Gradient(NamedTuple):
    """The two derivatives of an image."""

    x: np.ndarray
    y: np.ndarray


class Polar(NamedTuple):
    """The gradient by its length and direction."""

    magnitude: np.ndarray
    orientation: np.ndarray


def sobel(
    image,
    axis="x",
    *,
    ksize=3,
    order=1,
    border="reflect",
    cval=0,
    normalize=False,
    view=None,
    dtype=None,
    out=None,
    threads=None,
    gray=False,
    mask=None,
    spacing=None,
) -> np.ndarray:
    """Sobel derivative: a central difference, smoothed across by (1, 2, 1).

        -1  0  1
        -2  0  2         axis="x"; its transpose for "y"
        -1  0  1

    Parameters
    ----------
    image : array
        Gray image of 1 or more dimensions; bool, integer or float. Colour is refused unless gray=True.
    axis : "x", "y" or int
        "x" is the last axis, "y" the one before it. In N dimensions every other axis is smoothed.
    ksize, order : int
        Odd size up to 31 (1 is the plain 3-tap difference) and which derivative, below the size (1 and 2 for size 1). Bit for bit cv2.Sobel, as
        long as its sums are exact: docs/bits.md.
    border : str
        What stands beyond the sides::

            reflect    c b | a b c d | c b      wrap       c d | a b c d | a b
            symmetric  b a | a b c d | d c      constant   k k | a b c d | k k    with cval=k
            edge       a a | a b c d | d d      blank      0 where the stencil leaves the image
            one-sided  differences without smoothing only
            valid      the result is smaller: only where the stencil fits

    normalize : bool
        Divide to unit slope: a ramp that rises by 1 a pixel gives 1.0. Without it, integer images give exact integers.
    view : None, "magnitude", "shift" or "scale"
        A uint8 picture in the same pass: |d| saturated; d + 127.5; least to greatest as 0..255.
    dtype : optional
        Another type for the result; integers round half to even and saturate.
    out : array, optional
        Where to write.
    threads : int, optional
        By default large images are cut into strips for every core. The bytes are the same for any number.
    gray : bool
        Take the luma of a colour image (RGB); alpha is composited on white, as in files.
    mask : bool array, optional
        False where a pixel is missing. Its value never counts: the rows of the stencil that are whole stand in for the
        others, and the result, a float, is NaN where none is.
    spacing : float or one for each axis, optional
        The distance of neighbouring pixels, rows first: (dy, dx). The result, a float, is divided by it,
        to the power `order`.

    >>> sobel(np.array([[0, 1, 2]] * 3, np.uint8))
    array([[0, 8, 0],
           [0, 8, 0],
           [0, 8, 0]], dtype=int16)
    """
    return derive(((sized_sobel(ksize, order), axis),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray, mask, spacing)


def sized_sobel(ksize: Any, order: Any) -> Operator:
    if ksize == 3 and order == 1 and type(ksize) is type(order) is int:
        return OPERATORS["sobel"]
    ksize = odd_size(ksize)
    return stencils.sobel(ksize, arrays.whole(order, "order", 1, max(ksize, 3) - 1))


def odd_size(ksize: Any) -> int:
    ksize = arrays.whole(ksize, "ksize", 1, 31)
    if ksize % 2 == 0:
        raise ValueError(f"ksize: {ksize} came; an odd number from 1 to 31 is accepted")
    return ksize


def scharr(
    image, axis="x", *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False, mask=None, spacing=None
) -> np.ndarray:
    """Scharr derivative: a central difference, smoothed across by (3, 10, 3); the 3x3 kernel with the roundest response.

         -3  0  3
        -10  0 10        axis="x"; its transpose for "y"
         -3  0  3

    Of integers bit for bit cv2.Scharr. See `sobel` for the options.

    >>> scharr(np.array([[0, 1, 2]] * 3, np.uint8))[1]
    array([ 0, 32,  0], dtype=int16)
    """
    return derive(((OPERATORS["scharr"], axis),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray, mask, spacing)


def prewitt(
    image, axis="x", *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False, mask=None, spacing=None
) -> np.ndarray:
    """Prewitt derivative: a central difference, smoothed across by (1, 1, 1).

        -1  0  1
        -1  0  1         axis="x"; its transpose for "y"
        -1  0  1

    See `sobel` for the options.

    >>> prewitt(np.array([[0, 1, 2]] * 3, np.uint8))[1]
    array([0, 6, 0], dtype=int16)
    """
    return derive(((OPERATORS["prewitt"], axis),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray, mask, spacing)


def farid(
    image, axis="x", *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False, mask=None, spacing=None
) -> np.ndarray:
    """Farid and Simoncelli's 5x5 derivative: its gradient turns with the image better than any small kernel's.

        -0.11  -0.28  0  0.28  0.11    along,   0.04  0.25  0.43  0.25  0.04   across

    Its weights are decimals, so integer images give float64. See `sobel` for the options.

    >>> farid(np.arange(12.0).reshape(2, 6), normalize=True)[0, 2:4].round(12)
    array([1., 1.])
    """
    return derive(((OPERATORS["farid"], axis),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray, mask, spacing)


def roberts(
    image, diagonal="main", *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False
) -> np.ndarray:
    """Roberts' cross: the difference of two diagonal neighbours, read from each pixel towards the right and down.

        1  0        0  1
        0 -1       -1  0
        main        anti

    normalize=True divides by their distance, sqrt(2). See `sobel` for the options.

    >>> roberts(np.array([[0, 1], [2, 7]], np.uint8))[0, 0], roberts(np.array([[0, 1], [2, 7]], np.uint8), "anti")[0, 0]
    (np.int16(-7), np.int16(-1))
    """
    arrays.one_of(diagonal, ROBERTS, "diagonal")
    two_dimensional(image, "roberts")
    return apply(((ROBERTS[diagonal], "x"),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray)


def gradient(
    image,
    operator="sobel",
    *,
    border="reflect",
    cval=0,
    normalize=False,
    view=None,
    dtype=None,
    out=None,
    threads=None,
    gray=False,
    mask=None,
    spacing=None,
) -> Gradient:
    """Both derivatives in one pass. `operator` is "sobel", "scharr", "prewitt", "farid", "central", "forward", "backward" or "roberts" (main, anti).

    For images of two dimensions. `out` is a pair of arrays. See `sobel` for the other options.

    >>> gradient(np.array([[0, 1], [2, 7]], np.uint8), "forward", border="blank")
    Gradient(x=array([[1, 0],
           [5, 0]], dtype=int16), y=array([[2, 6],
           [0, 0]], dtype=int16))
    """
    return Gradient(*derive(pair(operator, image), image, "each", (border, cval, normalize, view, dtype), out, threads, gray, mask, spacing))


def magnitude(
    image,
    operator="sobel",
    norm="l2",
    dtype=None,
    *,
    border="reflect",
    cval=0,
    normalize=False,
    out=None,
    threads=None,
    gray=False,
    mask=None,
    spacing=None,
) -> np.ndarray:
    """Length of the gradient in one pass: sqrt(x*x + y*y) for "l2", |x| + |y| for "l1".

    uint8 images give a saturated uint8 picture (rounded half to even), bool too; other small types float32, large ones float64; `dtype` says
    otherwise. For images of two dimensions. `operator` is one of those of `gradient`; see `sobel` for the other options.

    >>> magnitude(np.array([[0, 3], [4, 9]], np.uint8), "forward", border="blank")
    array([[5, 6],
           [5, 0]], dtype=uint8)
    """
    arrays.one_of(norm, ("l2", "l1"), "norm")
    return derive(pair(operator, image), image, norm, (border, cval, normalize, None, dtype), out, threads, gray, mask, spacing)


def orientation(image, operator="sobel", *, border="reflect", cval=0, out=None, threads=None, gray=False, mask=None, spacing=None) -> np.ndarray:
    """Direction of steepest ascent, atan2(y, x), as float32 radians: 0 points right, pi/2 down the rows.

    For images of two dimensions. `operator` is one of those of `gradient`; see `sobel` for the other options.

    >>> orientation(np.array([[0, 0], [9, 9]], np.uint8), "forward", border="edge")
    array([[1.5707964, 1.5707964],
           [0.       , 0.       ]], dtype=float32)
    """
    both = pair(operator, image)
    if operator == "roberts":
        both = (SQUARE, "x"), (SQUARE, "y")
    return derive(both, image, "angle", (border, cval, False, None, None), out, threads, gray, mask, spacing)


def polar(
    image, operator="sobel", dtype=None, *, border="reflect", cval=0, normalize=False, out=None, threads=None, gray=False, mask=None, spacing=None
) -> Polar:
    """Magnitude (l2, float unless dtype says otherwise) and orientation (float32) in one pass.

    See `magnitude` and `orientation`; `out` is a pair of arrays.

    >>> polar(np.array([[0, 3], [4, 9]], np.uint8), "forward", border="blank").magnitude[0]
    array([5., 6.], dtype=float32)
    """
    operators, turned = pair(operator, image), None
    if operator == "roberts":  # whose diagonals are not x and y; before `out`, which may be the image, is written
        turned = orientation(image, operator, border=border, cval=cval, threads=threads, gray=gray, mask=mask, spacing=spacing)
    found = derive(operators, image, "polar", (border, cval, normalize, None, dtype), out, threads, gray, mask, spacing)
    if turned is not None:
        found[1][...] = turned
    return Polar(*found)


def pair(operator: Any, image: Any) -> tuple:
    """The operator along x and along y (Roberts: both diagonals, which are not x and y)."""
    arrays.one_of(operator, PAIRED, "operator")
    two_dimensional(image, "the gradient of an image")
    if operator == "roberts":
        return (ROBERTS["main"], "x"), (ROBERTS["anti"], "x")
    return (OPERATORS[operator], "x"), (OPERATORS[operator], "y")


def two_dimensional(image: Any, what: str) -> None:
    if getattr(image, "ndim", None) == 2:
        return
    array = arrays.image_array(image, axis=0)
    if array.ndim != 2 and not arrays.is_colour(array):
        raise ValueError(
            f"image: {array.ndim} dimension{'s' if array.ndim > 1 else ''} came; {what} needs 2. Along one axis of any array: sobel(image, axis=0)"
        )
