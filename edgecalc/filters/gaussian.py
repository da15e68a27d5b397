"""Gaussian scale: smoothing, derivatives of any order, and the two Laplacians built of them; the numbers of scipy.ndimage."""

from typing import Any

import numpy as np

from edgecalc import stencils
from edgecalc.core import arrays
from edgecalc.core.slide import ONE_SIDED, apply
from edgecalc.stencils import HERE, Stencil, separable

MOST_RADIUS = 10_000
MOST_ORDER = 20


def gaussian(image, sigma, *, truncate=4.0, border="reflect", cval=0, dtype=None, out=None, threads=None, gray=False) -> np.ndarray:
    """Smooth by a Gaussian of standard deviation `sigma` pixels along every axis, or of one for each axis, rows first; 0 leaves an axis as it is.

    The bell is cut `truncate` deviations away, as in scipy.ndimage. Integers give float64, so nothing is rounded or
    wraps; dtype=np.uint8 gives a picture, rounded. See `sobel` for the other options.

    >>> gaussian(np.array([[0, 0, 9, 0, 0]], np.uint8), 0.5).round(2)
    array([[0.  , 0.96, 7.08, 0.96, 0.  ]])
    >>> gaussian(np.full((4, 5, 3), 7, np.uint8), (1, 1, 0)).round(9)[0, 0]  # a colour image, each channel by itself
    array([7., 7., 7.])
    """
    if isinstance(sigma, tuple | list) or np.ndim(sigma):
        return along_each(image, sigma, truncate, (border, cval, False, None, dtype), out, threads, gray)
    return smoothed(image, None, row(sigma, 0, truncate), row(sigma, 0, truncate), (border, cval, False, None, dtype), out, threads, gray)


def gaussian_derivative(
    image,
    sigma,
    axis="x",
    order=1,
    *,
    truncate=4.0,
    border="reflect",
    cval=0,
    normalize=False,
    view=None,
    dtype=None,
    out=None,
    threads=None,
    gray=False,
) -> np.ndarray:
    """Derivative of any order of the image smoothed by a Gaussian: its own derivative along `axis`, the bell across.

    normalize=True divides so that a ramp of slope 1 gives exactly 1 (order 1 only; the sampled bell alone is slightly off).
    `sigma` is one number; see `gaussian` for `truncate`, `sobel` for the other options.

    >>> gaussian_derivative(np.arange(20.0).reshape(1, 20), 1.5, normalize=True)[0, 8:12].round(12)
    array([1., 1., 1., 1.])
    """
    order = arrays.whole(order, "order", 0, MOST_ORDER)
    if arrays.truth(normalize, "normalize") and order != 1:
        raise ValueError(f"normalize: True came with order={order}; it is accepted with order=1, whose ramp has a slope")
    options = (border, cval, normalize, view, dtype)
    return smoothed(image, axis, row(sigma, order, truncate), row(sigma, 0, truncate), options, out, threads, gray)


def gaussian_laplace(
    image, sigma, *, truncate=4.0, border="reflect", cval=0, view=None, dtype=None, out=None, threads=None, gray=False
) -> np.ndarray:
    """Laplacian of Gaussian: the second Gaussian derivatives, added. Its zero crossings are the edges of Marr and Hildreth.

    `sigma` is one number; see `gaussian` for `truncate`, `sobel` for the other options.

    >>> bool(gaussian_laplace(np.array([[0, 0, 9, 0, 0]], np.uint8), 1.0)[0, 2] < 0)
    True
    """
    row(sigma, 2, truncate)
    operator = stencils.gaussian_laplace(float(sigma), float(truncate))
    if arrays.dimensions(image) == 2 or gray:
        return apply(((operator, "x"),), image, "each", (border, cval, False, view, dtype), out, threads, gray)
    axes = range(arrays.image_array(image).ndim)
    options = {"truncate": truncate, "border": border, "cval": cval, "threads": threads}
    parts = [gaussian_derivative(image, sigma, axis, 2, **options) for axis in axes]
    inner = tuple(map(min, zip(*(part.shape for part in parts), strict=True)))  # "valid": a weight of 0 at the end of a bell leaves more
    return into(out, view, dtype, sum(part[middle(part.shape, inner)] for part in parts))


def difference_of_gaussians(
    image, low_sigma, high_sigma=None, *, truncate=4.0, border="reflect", cval=0, view=None, dtype=None, out=None, threads=None, gray=False
) -> np.ndarray:
    """The image smoothed by `low_sigma` minus the image smoothed by `high_sigma` (1.6 times as much): a band of sizes passes.

    See `gaussian` for `truncate`, `sobel` for the other options.

    >>> difference_of_gaussians(np.full((3, 3), 7, np.uint8), 1.0, 2.0).round(9)[1] + 0
    array([0., 0., 0.])
    """
    row(low_sigma, 0, truncate, "low_sigma")
    high_sigma = 1.6 * low_sigma if high_sigma is None else high_sigma
    row(high_sigma, 0, truncate, "high_sigma")
    if high_sigma < low_sigma:
        raise ValueError(f"high_sigma: {high_sigma} came; low_sigma, {low_sigma}, or more is accepted")
    if arrays.dimensions(image) <= 2 or gray:
        operator = stencils.difference_of_gaussians(float(low_sigma), float(high_sigma), float(truncate))
        return apply(((operator, "x"),), image, "each", (border, cval, False, view, dtype), out, threads, gray)
    options = {"truncate": truncate, "border": "valid" if border == "blank" else border, "cval": cval, "threads": threads}
    low, high = gaussian(image, low_sigma, **options), gaussian(image, high_sigma, **options)
    result = low[middle(low.shape, high.shape)] - high
    return into(out, view, dtype, framed(result, np.shape(image)) if border == "blank" else result)


def row(sigma: Any, order: int, truncate: Any, name: str = "sigma") -> Stencil:
    """The sampled bell or its derivative, once sigma and truncate are known to be sound."""
    wide, reach = arrays.positive(sigma, name), arrays.positive(truncate, "truncate")
    if max(wide, reach * wide) > MOST_RADIUS:
        raise ValueError(
            f"{name}: {sigma!r} came; up to {MOST_RADIUS / reach:g} (a radius of {MOST_RADIUS} pixels at truncate={truncate!r}) is accepted; "
            "shrink the image first"
        )
    return stencils.gaussian(wide, order, reach)


def smoothed(image: Any, axis: Any, along: Stencil, across: Stencil, options: tuple, out: Any, threads: Any, gray: bool) -> Any:
    """`along` one axis (any, if None) and `across` the others: in one pass for images, axis by axis where there are more."""
    if arrays.dimensions(image) <= 2 or gray:
        return apply(((separable("gaussian", along, across), "x" if axis is None else axis),), image, "each", options, out, threads, gray)
    if options[0] == "one-sided":
        raise ValueError(ONE_SIDED)
    array = arrays.image_array(image, axis=axis)
    chosen = arrays.axis_number("x" if axis is None else axis, array.ndim)
    rows = {other: across for other in range(array.ndim) if other != chosen} | {chosen: along}
    return one_by_one(array, rows, options, out, threads)


def one_by_one(array: np.ndarray, rows: dict[int, Stencil], options: tuple, out: Any, threads: Any) -> Any:
    """A row for each axis; `options` are for the last of them."""
    border, cval, *_, dtype = options
    wanted = getattr(out, "dtype", None) if dtype is None else dtype
    if array.dtype == np.float32 and wanted is not None and arrays.output_type(wanted) == np.float64:
        array = array.astype(np.float64)  # between the axes, too
    *others, last = rows.items()
    for axis, each in others:
        array = apply(((separable("gaussian", each), axis),), array, "each", (border, cval, False, None, None), None, threads)
    return apply(((separable("gaussian", last[1]), last[0]),), array, "each", options, out, threads)


def along_each(image: Any, sigmas: Any, truncate: Any, options: tuple, out: Any, threads: Any, gray: Any) -> Any:
    """A bell of its own along each axis."""
    array = arrays.image_array(image, axis=0, gray=arrays.truth(gray, "gray"))
    rows = {axis: row(each, 0, truncate) for axis, each in enumerate(sigmas) if np.ndim(each) or each != 0}
    if len(sigmas) != array.ndim or not rows:
        raise ValueError(f"sigma: {sigmas!r} came; one number, or one for each of the {array.ndim} axes, rows first and not all 0, is accepted")
    if options[0] == "one-sided":
        raise ValueError(ONE_SIDED)
    if array.ndim == 2:
        return apply(((separable("gaussian", rows.get(1, HERE), rows.get(0, HERE)), "x"),), array, "each", options, out, threads)
    return one_by_one(array, rows, options, out, threads)


def framed(inner: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """In the middle of zeros."""
    result = np.zeros(shape, inner.dtype)
    result[middle(shape, inner.shape)] = inner
    return result


def middle(shape: tuple[int, ...], inner: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice((a - b) // 2, (a - b) // 2 + b) for a, b in zip(shape, inner, strict=True))


def into(out: Any, view: Any, dtype: Any, result: Any) -> Any:
    """A sum of several passes as what was asked for."""
    if view is not None:
        raise ValueError(f"view: {view!r} came; pictures are made of images of 2 dimensions, for others None is accepted")
    return arrays.as_asked(result, dtype, out)
