"""Plain differences of neighbours: of images, and of sampled functions along any axis."""

from typing import Any

import numpy as np

from edgecalc import stencils
from edgecalc.core import arrays
from edgecalc.core.slide import apply
from edgecalc.filters.masked import derive
from edgecalc.stencils import OPERATORS, fornberg


def forward(
    image, axis="x", *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False, mask=None, spacing=None
) -> Any:
    """Forward difference: the next sample minus this one.

        -1  1        at (0, 1); accuracy 1

    Integer images give exact integers (uint8 -> int16). See `sobel` for the options.

    >>> forward(np.array([[1, 4, 9, 16]], np.uint8), border="blank")
    array([[3, 5, 7, 0]], dtype=int16)
    """
    return derive(((OPERATORS["forward"], axis),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray, mask, spacing)


def backward(
    image, axis="x", *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False, mask=None, spacing=None
) -> Any:
    """Backward difference: this sample minus the one before.

        -1  1        at (-1, 0); accuracy 1

    >>> backward(np.array([[1, 4, 9, 16]], np.uint8), border="blank")
    array([[0, 3, 5, 7]], dtype=int16)
    """
    return derive(((OPERATORS["backward"], axis),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray, mask, spacing)


def central(
    image, axis="x", *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False, mask=None, spacing=None
) -> Any:
    """Central difference: the next sample minus the one before; normalize=True halves it to unit slope.

        -1  0  1     accuracy 2

    >>> central(np.array([[1, 4, 9, 16]], np.uint8), border="blank")
    array([[ 0,  8, 12,  0]], dtype=int16)
    >>> central(np.array([32, 30, 45, 36, 160, 156, 155, 170]), normalize=True)[4]
    np.float64(60.0)
    """
    return derive(((OPERATORS["central"], axis),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray, mask, spacing)


def differentiate(
    samples, spacing=1.0, axis=-1, order=1, accuracy=2, border="one-sided", *, cval=0, dtype=None, out=None, threads=None
) -> np.ndarray:
    """Derivative of a sampled function of one or more variables.

        f'(x_i) ~ sum of weights * f(x_i + offsets * spacing)       error of size spacing ** accuracy

    Parameters
    ----------
    samples : array
        Values of the function; any number of dimensions. Integers are differentiated as float64.
    spacing : float or 1-D array
        The distance between neighbouring samples, or the coordinate of every sample: as many as there are samples along
        `axis`, increasing or decreasing.
    axis : int, "x" or "y"
    order, accuracy : int
        Which derivative, and the power of the spacing that its error shrinks with; an odd accuracy is raised to the next
        even one. Where there are too few samples for it, all of them are used.
    border : str
        What stands beyond the ends: "one-sided" (stencils of at least the same accuracy that stay inside) or one of the
        image borders; "wrap" is right for periodic functions.

    >>> x = np.linspace(0, 1, 11)
    >>> differentiate(x**2, 0.1)
    array([0. , 0.2, 0.4, 0.6, 0.8, 1. , 1.2, 1.4, 1.6, 1.8, 2. ])
    >>> differentiate([0.0, 1.0, 9.0, 16.0], [0, 1, 3, 4])
    array([0., 2., 6., 8.])
    """
    array = arrays.image_array(samples, "samples", axis=0)
    if array.dtype.kind in "iu":
        array = array.astype(np.float64)
    number = arrays.axis_number(axis, array.ndim)
    order = arrays.whole(order, "order", 1, stencils.MOST_TAPS - 2)
    accuracy = arrays.whole(accuracy, "accuracy", 1, stencils.MOST_TAPS - order)
    accuracy += accuracy % 2
    size = array.shape[number]
    distance = checked_spacing(spacing, size)
    if border == "one-sided":
        if size <= order:
            raise ValueError(f"samples: {size} along axis {axis!r}; a derivative of order {order} needs {order + 1} or more")
        if isinstance(distance, float) and size < order + accuracy and dtype is None and out is None:
            distance = distance * np.arange(size)
    if isinstance(distance, float):
        return apply(((stencils.sampled(order, accuracy), number),), array, "each", (border, cval, True, None, dtype, distance**order), out, threads)
    if border != "one-sided" or dtype is not None or out is not None:
        raise ValueError('spacing: an array of coordinates came; with it border="one-sided" and no dtype or out is accepted')
    return at_coordinates(array, distance, number, order, accuracy)


def checked_spacing(spacing: Any, size: int) -> float | np.ndarray:
    """A finite step that is not 0, or one strictly monotonic coordinate for each sample."""
    try:
        steps = np.asarray(spacing, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"spacing: {spacing!r} came; a number or a 1-D array of coordinates is accepted") from None
    if steps.ndim == 0:
        if not np.isfinite(steps) or steps == 0:
            raise ValueError(f"spacing: {spacing!r} came; a finite number other than 0 is accepted")
        return float(steps)
    if steps.shape != (size,):
        hint = "; for steps between the samples pass np.concatenate([[0], np.cumsum(steps)])" if steps.shape == (size - 1,) else ""
        raise ValueError(f"spacing: an array of shape {steps.shape} came; a number, or {size} coordinates, one for each sample, is accepted{hint}")
    if not np.isfinite(steps).all():
        raise ValueError(
            f"spacing: coordinate {int(np.argmin(np.isfinite(steps)))} is {steps[np.argmin(np.isfinite(steps))]}; finite ones are accepted"
        )
    gaps = np.diff(steps)
    if not (np.all(gaps > 0) or np.all(gaps < 0)):
        at = int(np.argmin(gaps > 0 if np.median(gaps) > 0 else gaps < 0))
        raise ValueError(
            f"spacing: an array gives the coordinates of the samples, and these must rise or fall all along; {steps[at]} is followed by {steps[at + 1]} "
            f"at index {at + 1}. For equal steps pass one number"
        )
    return steps


def at_coordinates(array: np.ndarray, points: np.ndarray, axis: int, order: int, accuracy: int) -> np.ndarray:
    """Each sample through the polynomial of its order + accuracy nearest neighbours in index."""
    size = len(points)
    taps = min(order + accuracy, size)
    first = np.clip(np.arange(size) - taps // 2, 0, size - taps)
    weights = fornberg([points[first + k] - points for k in range(taps)], order)
    rows = np.moveaxis(array, axis, 0)
    shape = (size,) + (1,) * (array.ndim - 1)
    total = sum(w.reshape(shape) * rows[first + k] for k, w in enumerate(weights))
    return np.moveaxis(np.asarray(total, array.dtype), 0, axis)
