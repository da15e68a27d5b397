"""Canny with thresholds taken from the image."""

from typing import Any, NamedTuple

import numpy as np

from edgecalc.core import arrays, strips
from edgecalc.core.plans import F32, U8
from edgecalc.filters.canny import I16, NORMS, Field, derivatives, field_of, lengths_of, picture, traced

STEP_GAIN = {3: 1, 5: 12, 7: 160}
IN_CACHE = 1 << 17  # pixels
ALIKE = 1e-4  # of the largest length: nearer ones are of one class
METHODS = ("median", "otsu", "quantile")


class Auto(NamedTuple):
    """Edges and the thresholds that were chosen for them."""

    edges: np.ndarray
    low: float
    high: float


def canny_auto(
    image,
    method="median",
    *,
    spread=0.33,
    quantiles=(0.8, 0.9),
    ksize=3,
    norm="l1",
    sigma=None,
    mask=None,
    border="edge",
    cval=0,
    threads=None,
    out=None,
) -> Auto:
    """Canny with thresholds taken from the image.

        median     (1 - spread) and (1 + spread) times the median of the pixels, at most 255 for uint8; 12 and 160
                   times that for ksize 5 and 7, as a step in the image makes so much more of the gradient
        otsu       high: the gradient length that best divides edges from the rest (Otsu, 256 bins); low: half of it
        quantile   these quantiles of the gradient lengths

    Masked pixels and NaN do not count. An image of one value has no edges. See `canny` for the other options.

    >>> canny_auto(np.array([[0, 0, 0, 100, 100, 100]] * 3, np.uint8), spread=0.5)[1:]
    (25.0, 75.0)
    """
    arrays.one_of(method, METHODS, "method")
    arrays.one_of(norm, NORMS, "norm")
    spread = arrays.number(spread, "spread", 0)
    field = field_of(image, ksize, sigma, mask, border, cval, None, threads)
    if method == "median":
        known = None if mask is None else arrays.mask_array(mask, field.shape)
        low, high = (STEP_GAIN[ksize] * value for value in by_median(arrays.planes_of(image), known, spread))
    elif method == "quantile":
        low, high = (value * field.divided for value in by_quantiles(known_lengths(field, norm), quantiles))
    else:
        counted = tally(field) if field.kind == I16 and norm == "l1" else (known_lengths(field, norm),)
        low, high = (value * field.divided for value in by_otsu(*counted))
    return Auto(picture(traced(field, norm, low, high, threads), threads, out), low, high)


def by_median(planes: np.ndarray, known: np.ndarray | None, spread: float) -> tuple[float, float]:
    pixels = planes if known is None else planes[:, known]
    if pixels.dtype.kind == "f":
        pixels = pixels[np.isfinite(pixels)]
    if not pixels.size:
        return 0.0, 0.0
    middle, most = float(np.median(pixels)), 255.0 if pixels.dtype == U8 else float("inf")
    return max(0.0, (1 - spread) * middle), min(most, max(0.0, (1 + spread) * middle))


def known_lengths(field: Field, norm: str) -> np.ndarray:
    lengths = lengths_of(*derivatives(field, norm), norm)
    return lengths[np.isfinite(lengths) if field.unknown is None else field.unknown == 0]


def tally(field: Field) -> tuple[np.ndarray, np.ndarray]:
    """Whole lengths, |x| + |y|, and how many known pixels have each: a few thousand numbers in place of millions."""
    x, y = derivatives(field, "l1")
    counts = np.zeros(1, np.intp)
    for rows in (slice(*ends) for ends in strips.cut(len(x), 1 + x.size // IN_CACHE)):
        lengths = np.abs(x[rows]) + np.abs(y[rows])
        more = np.bincount(lengths.ravel() if field.unknown is None else lengths[field.unknown[rows] == 0], minlength=len(counts))
        more[: len(counts)] += counts
        counts = more
    found = np.flatnonzero(counts)
    return found.astype(F32), counts[found]


def by_otsu(lengths: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float]:
    """The bin at whose centre the classes below and above lie furthest apart, counted by their sizes."""
    if not lengths.size or np.ptp(lengths) <= ALIKE * lengths.max():
        most = float(lengths.max(initial=0))
        return most / 2, most
    counts, ends = np.histogram(lengths, 256, weights=weights)
    centres = (ends[1:] + ends[:-1]) / 2
    below, above = np.cumsum(counts)[:-1], np.cumsum(counts[::-1])[::-1][1:]
    sums = np.cumsum(counts * centres)
    apart = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    high = float(centres[np.argmax(apart)])
    return high / 2, high


def by_quantiles(lengths: np.ndarray, quantiles: Any) -> tuple[float, float]:
    if not isinstance(quantiles, tuple | list | np.ndarray) or np.ndim(quantiles) != 1 or len(quantiles) != 2:
        raise ValueError(f"quantiles: {quantiles!r} came; two numbers from 0 to 1 are accepted")
    for each in quantiles:
        if arrays.number(each, "quantiles", 0) > 1:
            raise ValueError(f"quantiles: {quantiles!r} came; two numbers from 0 to 1 are accepted")
    low, high = np.quantile(lengths, sorted(quantiles)) if lengths.size else (0.0, 0.0)
    return float(low), float(high)
