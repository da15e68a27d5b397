"""One step of a derivative by stencils: two of them over the same neighbours, one check between, and what they tell of the error.

|     |     |     f     |     |     |        six neighbours: orders 6 and 4 from the same values
                   ^                         the check, off their grid
"""

from fractions import Fraction
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

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
    spread: np.ndarray  # how far f goes from its value at x, on both sides together
    sides: tuple[np.ndarray, np.ndarray]  # on each of them

    @property
    def less(self) -> np.ndarray:
        """How far on the side where it goes less."""
        return np.minimum(*self.sides)

    @property
    def flat(self) -> np.ndarray:
        return (self.spread == 0) & (self.missed == 0)


def pair(probe: Probe, x: np.ndarray, here: np.ndarray, step: np.ndarray, order: int, accuracy: int) -> Pair:
    """A derivative from the neighbours of a stencil and of the next narrower one.

    One neighbour more, off their grid, must lie on the polynomial through all others: a corner right at x and a wave as
    long as the step would deceive any stencil. The bar is made of

        floor       the rounding of the values of f
        missed      what the check off the grid says of the truncation, and of more noise than that
        high        the highest difference: noise once more, but no more than what f may lose of x
        predicted   the truncation as it goes on from that of the narrower stencil: a second witness where the check is met by accident
    """
    fine, scale = stencils.central(order, accuracy), step**order
    half = len(fine.offsets) // 2
    around = neighbours(probe, x, (*fine.offsets[:half], *fine.offsets[half + 1 :], OFF_GRID), step)
    sizes, told = rows(order, accuracy)
    weight = sizes @ np.abs(around[:-1])
    around = around - here  # of a constant nothing is left to round
    best = weigh(fine, [*around[:half], 0.0, *around[half:-1]], step)
    missed, high, apart = np.abs(told @ around)
    before, after = np.abs(around[0]), np.abs(around[-2])
    spread = before + after
    size = np.maximum(np.abs(best), spread / (2 * half * scale))
    unseen = caution(order, accuracy) / 4 * np.abs(here)  # what the check loses of the truncation by its own rounding
    floor = EPS / 2 * np.maximum(weight, unseen) / scale
    rough = 2 * floor + EPS / 4 * np.abs(x) * size / step
    off, apart = missed / scale, apart / scale
    predicted = apart * (apart / np.maximum(size, TINY)) ** (2 / (accuracy - 2))
    error = floor + caution(order, accuracy) * off + np.minimum(2 * high / scale, 0.7 * rough) + predicted
    calm = (off <= 2 * rough) & (predicted <= 0.7 * rough)
    return Pair(best, np.where(np.isfinite(best), error, np.inf), calm, missed, spread, (before, after))


@lru_cache(maxsize=16)
def caution(order: int, accuracy: int) -> float:
    """How much farther off the stencil may be than the polynomial is at OFF_GRID: the ratio of their error terms, and some more."""
    return max(6.3, (2 if order == 1 else 4) * farther(stencils.central(order, accuracy)))


def farther(row: Stencil) -> float:
    power = row.derivative + row.accuracy
    error = abs(sum(n * o**power for n, o in zip(row.numerators, row.offsets, strict=True)) / row.denominator)
    return error / prod(abs(OFF_GRID - o) for o in row.offsets)


@lru_cache(maxsize=64)
def check_off_grid(row: Stencil) -> np.ndarray:
    """Weights of the polynomial through a stencil's values at OFF_GRID, less the value there."""
    return np.array([*stencils.fornberg([Fraction(o) - Fraction(OFF_GRID) for o in row.offsets], 0), -1], np.float64)


@lru_cache(maxsize=64)
def rows(order: int, accuracy: int) -> tuple[np.ndarray, np.ndarray]:
    """Sizes of the stencil's weights but the middle's, and weights of what tells of its error, for the neighbours and the check less f(x):

    the polynomial through the neighbours at OFF_GRID, less the check
    the highest difference that the neighbours have, to give noise its own size
    the stencil less the next narrower one
    """
    fine, coarse = stencils.central(order, accuracy), stencils.central(order, accuracy - 2)
    places, narrower = [Fraction(o) for o in fine.offsets], dict(zip(coarse.offsets, coarse.numerators, strict=True))
    highest = np.array(stencils.fornberg(places, len(places) - 1), dtype=np.float64)
    told = [
        check_off_grid(fine),
        [*highest / np.sqrt(np.sum(highest**2)), 0],
        [
            *(
                Fraction(n, fine.denominator) - Fraction(narrower.get(o, 0), coarse.denominator)
                for o, n in zip(fine.offsets, fine.numerators, strict=True)
            ),
            0,
        ],
    ]
    half = len(places) // 2
    return np.delete(np.abs(fine.numerators) / fine.denominator, half), np.delete(np.array(told, dtype=np.float64), half, axis=1)


def absolute(row: Stencil) -> Stencil:
    return Stencil(0, 0, row.offsets, tuple(map(abs, row.numerators)), abs(row.denominator))


def natural_step(x: np.ndarray, order: int, accuracy: int) -> np.ndarray:
    """Where truncation and rounding are about even for a function that varies on the scale of 1, or of sqrt |x| or 2^-24 |x| if that is more."""
    size = np.maximum(1, np.abs(x))
    power = np.rint(np.log2(EPS ** (1 / (order + accuracy)) * np.maximum(np.sqrt(size), 2.0**-24 * size)))
    return np.ldexp(1.0, power.astype(np.int32))


def neighbours(probe: Probe, x: np.ndarray, offsets: tuple[float, ...], step: np.ndarray) -> np.ndarray:
    """f at x + offset * step: one row for each offset."""
    places = np.array(offsets, np.float64)[:, None] * step
    places += x
    return probe(places)


def weigh(row: Stencil, values: Any, step: np.ndarray, order: int | None = None) -> np.ndarray:
    total = row.numerators[0] * values[0]
    for n, value in zip(row.numerators[1:], values[1:], strict=True):
        if n:
            total = total + n * value
    power = row.derivative if order is None else order
    return total / (row.denominator * step**power) if power else total / row.denominator
