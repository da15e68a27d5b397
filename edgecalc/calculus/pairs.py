"""One step of a derivative by stencils: two of them over the same neighbours, one check between, and what they tell of the error.

|     |     |     f     |     |     |        six neighbours: orders 6 and 4 from the same values
                   ^                         the check, off their grid
"""

from fractions import Fraction
from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from edgecalc import stencils
from edgecalc.calculus.probe import Probe
from edgecalc.stencils import Stencil

EPS = float(np.finfo(np.float64).eps)
TINY = 2.0**-664  # the complex step: nothing is subtracted, so it cannot be too small
OFF_GRID = 53 / 128  # few bits, so that x + OFF_GRID * step is not rounded


class Pair(NamedTuple):
    """What one step tells."""

    value: np.ndarray
    error: np.ndarray  # a bar
    calm: np.ndarray  # whether it has settled: what is left is rounding
    missed: np.ndarray  # how far the polynomial through the neighbours is from f between them
    spread: np.ndarray  # how far f goes from its value at x


def pair(probe: Probe, x: np.ndarray, here: np.ndarray, step: np.ndarray, order: int, accuracy: int) -> Pair:
    """A derivative from the neighbours of a stencil and of the next narrower one.

    One neighbour more, off their grid, must lie on the polynomial through all others: a corner right at x and a wave as
    long as the step would deceive any stencil. The bar is made of

        floor       the rounding of the values of f
        missed      what the check off the grid says of the truncation, and of more noise than that
        high        the highest difference: noise once more, but no more than what f may lose of x
        predicted   the truncation as it goes on from that of the narrower stencil: a second witness where the check is met by accident
    """
    fine, coarse = stencils.central(order, accuracy), stencils.central(order, accuracy - 2)
    offsets = tuple(o for o in fine.offsets if o)
    around = probe(x + np.array([*offsets, OFF_GRID])[:, None] * step)
    values = np.insert(around[:-1], len(offsets) // 2, here, axis=0)
    best, second = weigh(fine, values, step), weigh(coarse, inner(values, coarse), step)
    count, scale = len(values), step**order
    missed, high = np.abs(np.tensordot(off_grid(count), values, 1) - around[-1]), np.abs(np.tensordot(highest(count), values, 1))
    spread = np.abs(values[0] - here) + np.abs(values[-1] - here)
    size = np.fmax(np.abs(best), spread / (count - 1) / scale)
    apart = np.abs(best - second)
    unseen = caution(order, accuracy) / 4 * np.abs(here) / scale  # what the check loses of the truncation by its own rounding
    floor = EPS * np.fmax(weigh(absolute(fine), np.abs(values), step, order), unseen)
    rough = floor + EPS / 4 * np.abs(x) * size / step
    predicted = apart * (apart / np.fmax(size, TINY)) ** (2 / (accuracy - 2))
    error = floor + caution(order, accuracy) * missed / scale + np.fmin(2 * high / scale, 0.7 * rough) + predicted
    calm = (missed / scale <= 2 * rough) & (predicted <= 0.7 * rough)
    return Pair(best, np.where(np.isfinite(best), error, np.inf), calm, missed, spread)


@lru_cache(maxsize=16)
def caution(order: int, accuracy: int) -> float:
    """How much farther off the stencil may be than the polynomial is at OFF_GRID: the ratio of their error terms, and some more."""
    row = stencils.central(order, accuracy)
    power = order + accuracy
    stencil = abs(sum(n * o**power for n, o in zip(row.numerators, row.offsets, strict=True)) / row.denominator)
    return max(6.3, (2 if order == 1 else 4) * stencil / prod(abs(OFF_GRID - o) for o in row.offsets))


@lru_cache(maxsize=64)
def off_grid(count: int) -> np.ndarray:
    """Weights of the neighbours for the polynomial through them at OFF_GRID."""
    reach = count // 2
    return np.array(stencils.fornberg([Fraction(k) - Fraction(OFF_GRID) for k in range(-reach, reach + 1)], 0), dtype=np.float64)


@lru_cache(maxsize=64)
def highest(count: int) -> np.ndarray:
    """Weights of the highest difference that the neighbours have, to give noise its own size."""
    reach = count // 2
    weights = np.array(stencils.fornberg([Fraction(k) for k in range(-reach, reach + 1)], count - 1), dtype=np.float64)
    return weights / np.sqrt(np.sum(weights**2))


def inner(values: np.ndarray, row: Stencil) -> np.ndarray:
    """The rows around the middle that a narrower stencil reads."""
    spare = (len(values) - len(row.offsets)) // 2
    return values[spare : len(values) - spare] if spare else values


def absolute(row: Stencil) -> Stencil:
    return Stencil(0, 0, row.offsets, tuple(map(abs, row.numerators)), abs(row.denominator))


def natural_step(x: np.ndarray, order: int, accuracy: int) -> np.ndarray:
    """Where truncation and rounding are about even for a function that varies on the scale of 1, or of sqrt |x| or 2^-24 |x| if that is more."""
    size = np.maximum(1, np.abs(x))
    step = 2.0 ** np.round(np.log2(EPS ** (1 / (order + accuracy)) * np.maximum(np.sqrt(size), 2.0**-24 * size)))
    return (x + step) - x  # so that x + step is exact


def neighbours(probe: Probe, x: np.ndarray, offsets: tuple[int, ...], step: np.ndarray) -> np.ndarray:
    """f at x + offset * step: one row for each offset."""
    return probe(x + np.array(offsets)[:, None] * step)


def weigh(row: Stencil, values: np.ndarray, step: np.ndarray, order: int | None = None) -> np.ndarray:
    total = row.numerators[0] * values[0]
    for n, value in zip(row.numerators[1:], values[1:], strict=True):
        if n:
            total = total + n * value
    power = row.derivative if order is None else order
    return total / (row.denominator * step**power) if power else total / row.denominator
