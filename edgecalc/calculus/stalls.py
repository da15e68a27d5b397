"""Where smaller steps no longer help."""

from typing import Any

import numpy as np

from edgecalc.calculus.pairs import Pair, caution
from edgecalc.calculus.sides import ROUGH

PATIENCE = 2  # levels without progress
LEAP = 3000  # noise does not fall by so much; what a kink leaves behind, once no neighbour lies beyond it, does


class Stalls:
    """How often a smaller step has not helped: f is known to fewer digits there than floats have, such as in float32."""

    def __init__(self, shape: tuple):
        self.count, self.missed, self.step, self.grainy = np.zeros(shape, np.int8), np.full(shape, np.inf), np.ones(shape), np.zeros(shape, bool)

    def after(self, places: Any, now: Pair, level: int, lost: Any) -> np.ndarray:
        """Whether patience is over; a corner gains a factor of 4 from a quarter of the step, f is torn at a jump, and a step of a staircase is `lost`."""
        before, missed = self.missed[places], np.where(np.isnan(now.missed), np.inf, now.missed)
        grain = missed < ROUGH * now.spread
        self.grainy[places] |= grain & (now.less > 0)  # what is flat on one side is no staircase
        if level > 1:
            stalled = (missed > before / 3) & grain | lost & self.grainy[places]
            self.count[places] = np.where((missed < before / LEAP) & ~lost, 0, self.count[places] + stalled)
            missed = np.where(stalled, np.fmax(missed, before), missed)
        self.missed[places] = missed
        return self.count[places] >= PATIENCE

    def error(self, places: np.ndarray, order: int) -> np.ndarray:
        """Bars from the noise that was seen."""
        return 2 * caution(order, 8) * self.missed[places] / self.step[places] ** order
