"""How far apart the samples of a difference should lie, when they were taken closer together than the function needs.

error
  | .                      .    noise of the samples falls with the stride to the power of the order,
  |   .                   .     the error of the stencil itself grows with it to the power of the accuracy
  |      .              .
  |          .       .
  |              .              the stride that is chosen
  +---------------------------- 1, 2, 4, 8, ...
"""

from math import inf
from typing import NamedTuple

import numpy as np

from edgecalc import stencils
from edgecalc.core.arrays import power_of
from edgecalc.stencils import Stencil

PLACES = 2048  # where differences are compared: a narrow peak should not fall between them
LINES = 32
HIGHEST = 10  # the difference that leaves of a smooth function its noise
DOUBT = 2.5  # stride 1 has none before it, and its error is a guess: noise of neighbours that is alike does not show in high differences.
PART = 0.25  # Yet a stride of 2 that changes the derivative by more than this part of it may read too few samples of a wave.
RISE = 1.5  # above the least error so far: the stencil's own has taken over, what seems less behind it is an alias


class Stride(NamedTuple):
    """Which samples a derivative is made of.

    stride : every how many samples one is read
    noise_gain : the deviation of the derivative for independent noise of deviation 1 in the samples
    error : what the derivative is off by in the mean, away from the ends; NaN where there are too few samples to tell
    tried : ((stride, error), ...) of each that was tried
    """

    stride: int
    noise_gain: float
    error: float
    tried: tuple[tuple[int, float], ...]


def choose(samples: np.ndarray, axis: int, step: float, order: int, accuracy: int) -> Stride:
    """Strides are doubled, and each difference compared with the one before it, until they part again.

    Where noise rules, two strides differ by the noise of the smaller; where the stencil's own error rules, by that of the larger. Either way
    the difference bounds the error of what is chosen, and no assumption is made about the kind of noise.
    """
    row, lines = stencils.central(order, accuracy), some_lines(samples, axis)
    most = max(1, (len(lines) - 1) // (4 * max(row.offsets)))
    with np.errstate(all="ignore"):
        tried = {1: unstretched(lines, row)}
        for stride in (2**k for k in range(1, most.bit_length())):
            error, size = doubled(lines, row, stride)
            if not error <= (RISE * min(list(tried.values())[1:]) if stride > 2 else max(DOUBT * tried[1], PART * size)):
                break
            tried[stride] = error
    if tried.get(4, inf) < tried.get(2, 0):
        tried[1] = max(tried[1], tried[2])  # noise rules: what parts the two is that of stride 1
    best, unit = min(tried, key=tried.__getitem__), power_of(abs(step), order)
    return Stride(best, row.noise_gain / best**order / unit, tried[best] / unit, tuple((stride, error / unit) for stride, error in tried.items()))


def some_lines(samples: np.ndarray, axis: int) -> np.ndarray:
    """Up to LINES of the lines along the axis, spread over all others, as columns."""
    if samples.ndim == 1 or not samples.size:
        return samples.reshape(-1, 1)
    lines = np.moveaxis(samples, axis, -1)
    count = lines[..., 0].size
    which = np.unravel_index(np.linspace(0, count - 1, min(count, LINES)).astype(int), lines.shape[:-1])
    return lines[which].T


def unstretched(lines: np.ndarray, row: Stencil) -> float:
    """The error at stride 1: how far the next finer stencil lies away, and the noise that high differences show."""
    finer = stencils.central(row.derivative, row.accuracy + 2)
    if len(lines) <= 2 * max(finer.offsets):
        return float("nan")
    noise = stencils.forward(min(HIGHEST, len(lines) - 1), 1)
    places = places_within(lines, -min(finer.offsets), max(finer.offsets))
    own = apart(at(lines, row, places), at(lines, finer, places))
    return own + row.noise_gain / noise.noise_gain * apart(at(lines, noise, places_within(lines, 0, max(noise.offsets))), 0.0)


def doubled(lines: np.ndarray, row: Stencil, stride: int) -> tuple[float, float]:
    """How far the difference at this stride lies away from that at half of it, and how large that is."""
    far = row.stretched(stride)
    places = places_within(lines, -min(far.offsets), max(far.offsets))
    half = at(lines, row.stretched(stride // 2), places)
    return apart(at(lines, far, places), half), apart(half, 0.0)


def places_within(lines: np.ndarray, before: int, after: int) -> np.ndarray:
    first, last = before, len(lines) - 1 - after
    return np.linspace(first, last, min(max(2, PLACES // lines.shape[1]), last - first + 1)).astype(int)


def at(lines: np.ndarray, row: Stencil, places: np.ndarray) -> np.ndarray:
    terms = [n * lines.take(places + o, axis=0) for o, n in zip(row.offsets, row.numerators, strict=True) if n]
    return np.asarray(sum(terms)) / row.denominator


def apart(a: np.ndarray, b: np.ndarray | float) -> float:
    """The mean distance where both are finite."""
    gaps = np.abs(a - b)
    gaps = gaps[np.isfinite(gaps)]
    return float(gaps.mean()) if gaps.size else float("nan")
