"""Plain differences of neighbours: of images, and of sampled functions along any axis."""

from typing import Any

import numpy as np

from edgecalc import stencils
from edgecalc.core import arrays
from edgecalc.core.slide import apply
from edgecalc.core.stride import Stride, choose
from edgecalc.filters.masked import derive
from edgecalc.stencils import OPERATORS, fornberg


def forward(
    image, axis="x", *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False, mask=None, spacing=None
) -> np.ndarray:
    """Forward difference: the next sample minus this one.

        -1  1        at (0, 1); accuracy 1

    Integer images give exact integers (uint8 -> int16). See `sobel` for the options.

    >>> forward(np.array([[1, 4, 9, 16]], np.uint8), border="blank")
    array([[3, 5, 7, 0]], dtype=int16)
    """
    return derive(((OPERATORS["forward"], axis),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray, mask, spacing)


def backward(
    image, axis="x", *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False, mask=None, spacing=None
) -> np.ndarray:
    """Backward difference: this sample minus the one before.

        -1  1        at (-1, 0); accuracy 1

    See `sobel` for the options.

    >>> backward(np.array([[1, 4, 9, 16]], np.uint8), border="blank")
    array([[0, 3, 5, 7]], dtype=int16)
    """
    return derive(((OPERATORS["backward"], axis),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray, mask, spacing)


def central(
    image, axis="x", *, border="reflect", cval=0, normalize=False, view=None, dtype=None, out=None, threads=None, gray=False, mask=None, spacing=None
) -> np.ndarray:
    """Central difference: the next sample minus the one before; normalize=True halves it to unit slope.

        -1  0  1     accuracy 2

    See `sobel` for the options.

    >>> central(np.array([[1, 4, 9, 16]], np.uint8), border="blank")
    array([[ 0,  8, 12,  0]], dtype=int16)
    >>> central(np.array([32, 30, 45, 36, 160, 156, 155, 170]), normalize=True)[4]
    np.float64(60.0)
    """
    return derive(((OPERATORS["central"], axis),), image, "each", (border, cval, normalize, view, dtype), out, threads, gray, mask, spacing)


def differentiate(
    samples, spacing=1.0, axis=-1, order=1, accuracy=2, border="one-sided", *, stride=1, cval=0, dtype=None, out=None, threads=None
) -> np.ndarray:
    """Derivative of a sampled function of one or more variables.

        f'(x_i) ~ sum of weights * f(x_i + offsets * step)       error of size step ** accuracy

    Parameters
    ----------
    samples : array
        Values of the function; any number of dimensions. Integers are differentiated as float64.
    spacing : float or 1-D array
        The distance between neighbouring samples, or the coordinate of every sample: as many as there are samples along
        `axis`, increasing or decreasing. Coordinates that are equally spaced up to their rounding count as a distance.
    axis : int, "x" or "y"
    order, accuracy : int
        Which derivative, and the power of the spacing that its error shrinks with; an odd accuracy is raised to the next
        even one. Where there are too few samples for it, all of them are used.
    border : str
        What stands beyond the ends: "one-sided" (stencils of at least the same accuracy that stay inside) or one of the
        image borders; "wrap" is right for periodic functions.
    stride : int or "auto"
        Take samples so many steps apart, at every sample: less noise, and a larger error of the stencil itself. "auto" finds
        the balance for samples that are noisy, or closer together than the function needs; `choose_stride` tells what it takes.

    >>> x = np.linspace(0, 1, 11)
    >>> differentiate(x**2, 0.1)
    array([0. , 0.2, 0.4, 0.6, 0.8, 1. , 1.2, 1.4, 1.6, 1.8, 2. ])
    >>> differentiate([0.0, 1.0, 9.0, 16.0], [0, 1, 3, 4])
    array([0., 2., 6., 8.])
    >>> x = np.linspace(-6, 6, 100_000)  # the neighbours of each are almost equal: their difference is rounded to few digits
    >>> plain, strided = (abs(differentiate(np.sin(x), x, accuracy=8, stride=s) - np.cos(x)).max() for s in (1, "auto"))
    >>> bool(strided < plain / 50)
    True
    """
    array, number, distance, order, accuracy = checked_samples(samples, spacing, axis, order, accuracy)
    size = array.shape[number]
    if border == "one-sided" and size <= order:
        raise ValueError(f"samples: {size} along axis {axis!r}; a derivative of order {order} needs {order + 1} or more")
    stride = checked_stride(stride, array, number, distance, order, accuracy)
    if isinstance(distance, float) and border == "one-sided" and stride == 1 and size < order + accuracy:
        distance = distance * np.arange(size)
    if isinstance(distance, float):
        operator = stencils.sampled(order, accuracy, stride)
        return apply(((operator, number),), array, "each", (border, cval, True, None, dtype, arrays.power_of(distance, order)), out, threads)
    if border != "one-sided":
        raise ValueError(f'border: {border!r} came with an array of coordinates; with these "one-sided" is accepted')
    return arrays.as_asked(at_coordinates(array, distance, number, order, accuracy), array.dtype if dtype is None and out is None else dtype, out)


def choose_stride(samples, spacing=1.0, axis=-1, order=1, accuracy=2) -> Stride:
    """The stride that `differentiate(..., stride="auto")` takes, how much noise passes it, and how exact the derivative then is.

    Strides 1, 2, 4, ... are tried on some of the samples; see `differentiate` for the arguments.

    Returns
    -------
    Stride
        `stride`; `noise_gain`, the deviation of the derivative for independent noise of deviation 1 in the samples; `error`, what the
        derivative is off by in the mean; `tried`, the error at each stride. All but the ends: what stays inside there lets through some
        4 (accuracy 2) to 28 times (accuracy 8) more of the noise.

    >>> x = np.linspace(0, 10, 2001)
    >>> noisy = np.sin(x) + 0.01 * np.random.default_rng(0).standard_normal(x.size)
    >>> chosen = choose_stride(noisy, x, accuracy=4)
    >>> chosen.stride, round(chosen.noise_gain, 2), round(chosen.error, 3)
    (128, 1.48, 0.028)
    >>> [round(float(np.std(differentiate(noisy, x, accuracy=4, stride=s) - np.cos(x))), 2) for s in (1, "auto")]
    [1.92, 0.04]
    """
    array, number, distance, order, accuracy = checked_samples(samples, spacing, axis, order, accuracy)
    return chosen(array, number, distance, order, accuracy)


def checked_samples(samples: Any, spacing: Any, axis: Any, order: Any, accuracy: Any) -> tuple[np.ndarray, int, float | np.ndarray, int, int]:
    array = arrays.image_array(samples, "samples", axis=0)
    if array.dtype.kind in "iu":
        array = array.astype(np.float64)
    number = arrays.axis_number(axis, array.ndim)
    order = arrays.whole(order, "order", 1, stencils.MOST_TAPS - 2)
    accuracy = arrays.whole(accuracy, "accuracy", 1, stencils.MOST_TAPS - order)
    return array, number, checked_spacing(spacing, array.shape[number]), order, accuracy + accuracy % 2


def checked_stride(stride: Any, array: np.ndarray, axis: int, distance: float | np.ndarray, order: int, accuracy: int) -> int:
    if isinstance(stride, str) and stride == "auto":
        return chosen(array, axis, distance, order, accuracy).stride
    if isinstance(stride, str):
        raise ValueError(f'stride: {stride!r} came; an int of 1 or more, or "auto", is accepted')
    stride, most = arrays.whole(stride, "stride", 1), max(1, array.shape[axis] // (order + accuracy))
    if stride > most:
        raise ValueError(f"stride: {stride} came; {array.shape[axis]} samples along the axis leave room for 1 to {most} at this order and accuracy")
    if stride > 1 and not isinstance(distance, float):
        raise ValueError(f"stride: {stride} came with coordinates that are not equally spaced; with these 1 is accepted")
    return stride


def chosen(array: np.ndarray, axis: int, distance: float | np.ndarray, order: int, accuracy: int) -> Stride:
    if not isinstance(distance, float):
        raise ValueError("spacing: coordinates that are not equally spaced came; a stride is chosen for equally spaced samples, np.interp makes them")
    return choose(array, axis, distance, order, accuracy)


def checked_spacing(spacing: Any, size: int) -> float | np.ndarray:
    """A finite step that is not 0, or one strictly monotonic coordinate for each sample."""
    hint = ""
    if arrays.is_masked(spacing):
        raise TypeError("spacing: a masked array came, whose hidden coordinates would count; leave those samples out: spacing.compressed()")
    try:
        given = np.asarray(spacing)
        if given.dtype.kind in "Mm":
            hint = "; of times pass seconds: (t - t[0]) / np.timedelta64(1, 's')"
        if given.dtype.kind in "bcMmUS":
            raise TypeError
        steps = from_the_least(given).astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"spacing: {spacing!r} came; a number or a 1-D array of coordinates is accepted{hint}") from None
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
            f"spacing: an array gives the coordinates of the samples, and these must rise or fall all along; {given[at]} is followed by {given[at + 1]} "
            f"at index {at + 1}. For equal steps pass one number"
        )
    return even_step(steps, given) or steps


def from_the_least(given: np.ndarray) -> np.ndarray:
    """Whole coordinates of 64 bits, as nanoseconds since 1970, have digits that floats do not: counted from the least they are few."""
    if given.dtype.kind not in "iu" or given.dtype.itemsize < 8 or given.ndim != 1 or not given.size:
        return given
    native = given.astype(np.int64 if given.dtype.kind == "i" else np.uint64)
    return native.view(np.uint64) - native.min().view(np.uint64)


def even_step(points: np.ndarray, given: np.ndarray) -> float | None:
    """The distance of coordinates that are equally spaced but for their rounding, from both ends: that of two neighbours has fewer digits.

    Where steps are hardly larger than the rounding, as those of times since 1970 may be, nobody can tell, and coordinates are taken as they are.
    """
    if len(points) < 2:
        return None
    past = points - points[0]
    step = float(past[-1]) / (len(points) - 1)
    own = float(np.finfo(given.dtype).eps) if given.dtype.kind == "f" else 0.0
    rounding = own * np.abs(points[[0, -1]]).max() + 3 * float(np.finfo(np.float64).eps) * abs(past[-1])
    even = np.abs(past - step * np.arange(len(points))).max() <= rounding <= abs(step) / 64
    return step if even else None


def at_coordinates(array: np.ndarray, points: np.ndarray, axis: int, order: int, accuracy: int) -> np.ndarray:
    """Each sample through the polynomial of its order + accuracy nearest neighbours in index."""
    size = len(points)
    taps = min(order + accuracy, size)
    first = np.clip(np.arange(size) - taps // 2, 0, size - taps)
    weights = fornberg([points[first + k] - points for k in range(taps)], order)
    rows = np.moveaxis(array, axis, 0)
    shape = (size,) + (1,) * (array.ndim - 1)
    total = sum(w.reshape(shape) * rows[first + k] for k, w in enumerate(weights))
    return np.moveaxis(np.asarray(total, np.float64), 0, axis)
