"""A point where steps of any size do not settle: what f does on either side of it, and what that makes it.

corner              two slopes                          |x|
jump                f is torn                           floor
vertical tangent    slopes grow without end             cbrt
undefined           no finite slope                     1/x
smooth              both sides have one slope           x |x|
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgecalc import stencils
from edgecalc.calculus.pairs import EPS, OFF_GRID, absolute, check_off_grid, farther, neighbours, weigh
from edgecalc.calculus.probe import Probe

KINDS = ("smooth", "corner", "jump", "vertical tangent", "undefined")
SMOOTH, CORNER, JUMP, VERTICAL, UNDEFINED = range(5)
DEEPEST = 24  # from one side, as the edge of a domain may be close
NARROW = 3  # levels, from which on values that are all alike may be rounded, as those of arccos(cos x) are close to 0
STEADY = 5  # slopes in a row that grow
ROUGH = 0.01  # noise, over what is seen through it


@dataclass
class Found:
    """Results for a row of points, being filled."""

    method: str
    value: np.ndarray
    error: np.ndarray
    left: np.ndarray
    right: np.ndarray
    kind: np.ndarray  # places in KINDS

    @classmethod
    def of(cls, value: np.ndarray, error: np.ndarray, method: str) -> "Found":
        """Both sides are the value itself, until something else is known."""
        return cls(method, value, error, value, value, np.isnan(value).view(np.int8) * np.int8(UNDEFINED))

    def tell_sides_apart(self) -> None:
        if self.left is self.value:
            self.left, self.right = self.value.copy(), self.value.copy()


def replace(found: Found, places: Any, other: Found) -> None:
    together = found.left is found.value and other.left is other.value
    for name in ("value", "error", "kind") if together else ("value", "error", "left", "right", "kind"):
        getattr(found, name)[places] = getattr(other, name)


def from_either_side(probe: Probe, x: np.ndarray, here: np.ndarray, step: np.ndarray, order: int, found: Found, places: np.ndarray) -> Found:
    """One-sided derivatives, and what they say together."""
    (left, left_error, left_steep, left_far), (right, right_error, right_steep, right_far) = (
        one_side(probe, x, here, step, order, way) for way in (-1, 1)
    )
    far = 10 * np.fmax(left_far, right_far)
    left_steep, right_steep = (np.where(np.abs(each) > far, np.sign(each), 0.0) for each in (left_steep, right_steep))
    central, central_error = found.value[places], found.error[places]
    two, either, between = np.isfinite(left) & np.isfinite(right), left_error + right_error, np.abs(left - right)
    alike = between < 1e-10 * far
    agree = alike | (between <= 10 * either + 1e-6 * np.maximum(np.abs(left), np.abs(right)))
    agree |= central_error < 0.05 * between  # at a corner the centre is known no better than that
    kind = np.where(two & ~agree, CORNER, SMOOTH)
    value = np.where(np.isfinite(left) & ~(right_error < left_error), left, right)  # the better known side
    error = np.fmin(left_error, right_error)
    error = np.where(two & (alike | (between > either)), np.fmax(error, np.where(alike, 2, 1) * between), error)
    value, error = np.where(central_error < error, central, value), np.fmin(central_error, error)

    near = step / 4.0**12
    below, above = probe(x - near), probe(x + near)
    gap, wider = np.abs(above - below), np.abs(probe(x + 4 * near) - probe(x - 4 * near))
    spread = np.fmax(np.abs(probe(x + step) - here), np.abs(probe(x - step) - here))
    torn = np.isfinite(gap) & (gap > 1e-6 * np.abs(here)) & (gap > 0.7 * wider) & (gap > 1e-6 * spread)
    torn &= ~(two & agree & (either < 1e-3 * np.abs(left)))  # what both sides know alike is no jump, however close one is
    torn |= np.isinf(below) | np.isinf(above)
    steep = (left_steep != 0) | (right_steep != 0)
    kind = np.where(torn, JUMP, np.where(steep, VERTICAL, kind))
    with np.errstate(invalid="ignore"):
        left, right = np.where(left_steep != 0, left_steep * np.inf, left), np.where(right_steep != 0, right_steep * np.inf, right)
        left, right = np.where(np.isinf(below), -below, left), np.where(np.isinf(above), above, right)
        upright = np.where(np.isnan(left) | (left == right), right, np.where(np.isnan(right), left, np.nan))
    value = np.where(kind == VERTICAL, upright, np.where(kind == SMOOTH, value, np.nan))
    kind = np.where(~np.isfinite(value) & (kind == SMOOTH), UNDEFINED, kind)
    return Found("central", value, np.where(np.isfinite(value), error, np.nan), left, right, kind.astype(np.int8))


def one_side(probe: Probe, x: np.ndarray, here: np.ndarray, step: np.ndarray, order: int, way: int) -> tuple[np.ndarray, ...]:
    """(derivative, error, the closest slope if slopes grow without end, the farthest slope's size) from one side, by the best of several steps."""
    fine, coarse = stencils.forward(order, 6), stencils.forward(order, 5)
    check, care = check_off_grid(fine), 2 * farther(fine)
    value, error, last, plain = np.full(x.shape, np.nan), *np.full((3, *x.shape), np.inf)
    slopes, sound = [], np.zeros(x.shape, int)
    for level in range(DEEPEST):
        h = way * step / 4.0**level
        values = np.concatenate([here[None], neighbours(probe, x, (*fine.offsets[1:], OFF_GRID), h)])
        missed, values = np.abs(check @ values), values[:-1]  # a wave as long as the step deceives any stencil
        best = weigh(fine, values, h)
        apart = np.fmax(np.abs(best - weigh(coarse, values[: len(coarse.offsets)], h)), np.fmin(np.abs(best - last), np.abs(best)))
        rough = 2 * EPS * np.abs(weigh(absolute(fine), np.abs(values), np.abs(h), order))
        close = apart + rough
        bar = close + care * missed / np.abs(h) ** order
        bar = np.where(np.abs(h) > 64 * np.spacing(np.abs(x)), bar, np.inf)  # below that x + h is x
        lost = (level >= NARROW) & (values == here).all(axis=0) & (plain < ROUGH * np.abs(value))
        bar = np.where(lost, np.inf, bar)
        better = np.isfinite(best) & (bar < error)
        value, error, last, plain = np.where(better, best, value), np.where(better, bar, error), best, np.where(better, close, plain)
        slopes.append((values[1] - here) / h if order == 1 else best)
        clear = (np.abs(h) >= 2**12 * EPS * np.abs(x)) & ((order == 1) | (rough <= ROUGH * np.abs(best)))
        sound[clear & (sound == level - 1)] = level
    closest = np.array([np.take_along_axis(np.array(slopes), np.fmax(sound - k, 0)[None], 0)[0] for k in range(STEADY)])
    growth = closest[:-1] / closest[1:]  # a power of 4 below 1, or 1 at a jump; that of noise is another each time
    grows = ((growth > 1.2) & (growth < 5)).all(axis=0) & np.isfinite(closest[0])
    return value, error, np.where(grows, closest[0], 0.0), np.abs(slopes[0])
