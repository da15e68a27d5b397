"""Functions of several variables along straight lines, where the stencils of one variable apply."""

from collections.abc import Callable
from typing import Any

import numpy as np

from edgecalc.calculus import numeric
from edgecalc.calculus.probe import Domain, Probe

ENTRIES = 1 << 15


class Along(Probe):
    """Parts of what a function gives, as functions of t: at start + t * way, for each of many starts and ways."""

    domain: Any  # of each t

    def __init__(self, f: Callable, start: np.ndarray, way: np.ndarray, domain: Domain, parts: int = 1):
        with np.errstate(all="ignore"):
            ends = [np.where(way == 0, side, (edge - start) / way) for edge, side in ((domain[0], -np.inf), (domain[1], np.inf))]
            room = np.where(way < 0, ends[1], ends[0]).max(-1), np.where(way < 0, ends[0], ends[1]).min(-1)
        super().__init__(f)
        self.domain = tuple(np.repeat(each, parts) for each in room)
        self.start, self.way, self.limits, self.parts = start, way, domain, parts
        self.places = np.arange(len(start) * parts)

    @property
    def block(self) -> int:
        return self.parts * max(1, ENTRIES // self.start.shape[1])

    def take(self, places: Any) -> "Along":
        part = object.__new__(Along)
        part.__dict__.update(self.__dict__, places=self.places[places], domain=tuple(each[places] for each in self.domain))
        return part

    def __call__(self, t: np.ndarray) -> np.ndarray:
        track, component = np.divmod(self.places, self.parts)
        fresh = np.diff(track, prepend=-1) != 0
        along, tracks = t[..., fresh], track[fresh]
        inside = (along >= self.domain[0][fresh]) & (along <= self.domain[1][fresh])
        moved = np.clip(self.start[tracks] + along[..., None] * self.way[tracks], *self.limits)
        values = np.full((*along.shape, self.parts), np.nan)
        with np.errstate(all="ignore"):
            values[inside] = self.f(moved[inside]).reshape(-1, self.parts)
        return values[..., np.cumsum(fresh) - 1, component]


def scales(rows: np.ndarray) -> np.ndarray:
    """On which each variable is taken to vary: powers of 2, so that no point is rounded."""
    return 2.0 ** np.round(np.log2(np.maximum(1, np.abs(rows))) / 2)


def ways_of(rows: np.ndarray, domain: Domain) -> np.ndarray:
    """A way for each row, along which no variable stands still, so that it meets every corner that is there; inwards at the edges of a domain."""
    sides = np.where(domain[1] - rows < rows - domain[0], -1.0, 1.0)
    return np.random.default_rng(rows.shape[1]).uniform(0.5, 1, rows.shape[1]) * scales(rows) * sides


def agrees(f: Any, rows: np.ndarray, way: np.ndarray, wanted: np.ndarray, order: int) -> np.ndarray:
    """For which rows f has no corner, and along the way the derivative that is wanted of it, as far as differences tell."""
    still = np.zeros(len(rows))
    found = numeric.by_pairs(Along(f, rows, way, f.domain), still, order, None)
    return (found.kind == numeric.SMOOTH) & (np.abs(wanted - found.value) <= 10 * found.error + 1e-9 * np.abs(wanted))
