"""How the rate changes along a descent: factors of the first rate, by the step's number or by what the last step brought.

>>> [round(SCHEDULES["cosine"]().factor(step, 4), 3) for step in range(5)]
[1.0, 0.854, 0.5, 0.146, 0.0]
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import cos, pi
from types import MappingProxyType
from typing import Any

import numpy as np

from edgecalc.core.arrays import number, one_of, whole


def as_before(rate: Any, before: Any, now: Any) -> Any:
    return rate


@dataclass(frozen=True)
class Schedule:
    """factor(step, steps) of the first rate; or adapt(rate, f before, f now), once `adaptive`."""

    name: str
    factor: Callable[[int, int], float] = field(repr=False)
    adapt: Callable[[Any, Any, Any], Any] = field(default=as_before, repr=False)

    @property
    def adaptive(self) -> bool:
        return self.adapt is not as_before


def constant() -> Schedule:
    """The same rate for ever.

    >>> constant().factor(7, 100)
    1.0
    """
    return Schedule("constant", lambda step, steps: 1.0)


def step(every: int = 30, factor: float = 0.1) -> Schedule:
    """Times `factor` after every so many steps.

    >>> [step(2, 0.5).factor(k, 100) for k in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    every, factor = whole(every, "every", 1), number(factor, "factor", 0)
    return Schedule("step", lambda at, steps: factor ** (at // every))


def exponential(factor: float = 0.99) -> Schedule:
    """Times `factor` after each step.

    >>> exponential(0.5).factor(3, 100)
    0.125
    """
    factor = number(factor, "factor", 0)
    return Schedule("exponential", lambda at, steps: factor**at)


def cosine(end: float = 0.0) -> Schedule:
    """Half a cosine, from 1 at the first step to `end` after the last.

    >>> cosine(end=0.5).factor(100, 100)
    0.5
    """
    end = number(end, "end", 0)
    return Schedule("cosine", lambda at, steps: end + (1 - end) * (1 + cos(pi * min(1.0, at / max(1, steps)))) / 2)


def warm_up(steps: int = 10, then: Any = "constant") -> Schedule:
    """A straight rise to 1 over so many steps, then another schedule.

    >>> [warm_up(2).factor(k, 100) for k in range(4)]
    [0.5, 1.0, 1.0, 1.0]
    """
    rise, after = whole(steps, "steps", 1), schedule_of(then)
    if after.adaptive:
        raise ValueError(f"then: {after.name!r} came, which goes by progress; one that goes by the step's number is accepted")
    return Schedule("warm-up", lambda at, total: (at + 1) / rise if at < rise else after.factor(at - rise, max(1, total - rise)))


def progress(up: float = 1.05, down: float = 0.5) -> Schedule:
    """Adaptive: times `up` after a step that went down, times `down` after one that did not.

    >>> progress().adapt(0.1, 5.0, 6.0)
    0.05
    """
    up, down = number(up, "up", 1), number(down, "down", 0)
    if not down < 1:
        raise ValueError(f"down: {down!r} came; a number from 0 to below 1 is accepted")

    def adapt(rate: Any, before: Any, now: Any) -> Any:
        if isinstance(rate, float):
            return rate * (up if now <= before else down)
        return rate * np.where(now <= before, up, down)

    return Schedule("progress", constant().factor, adapt)


SCHEDULES: Mapping[str, Callable[..., Schedule]] = MappingProxyType(
    {"constant": constant, "step": step, "exponential": exponential, "cosine": cosine, "warm-up": warm_up, "progress": progress}
)


def plain(value: Any) -> Any:
    """The number of an array of no dimensions, such as JAX's schedules give."""
    return value.item() if getattr(value, "ndim", None) == 0 else value


def schedule_of(schedule: Any) -> Schedule:
    """What a name, a Schedule or a function of the step's number means."""
    if schedule is None:
        return constant()
    if isinstance(schedule, Schedule):
        return schedule
    if schedule in SCHEDULES.values():
        raise TypeError(f"schedule: the function {schedule.__name__} came, which makes one; {schedule.__name__}() is accepted")
    if callable(schedule):
        return Schedule(getattr(schedule, "__name__", "schedule"), lambda at, steps: number(plain(schedule(at)), "schedule", 0))
    if not isinstance(schedule, str):
        raise TypeError(
            f"schedule: {schedule!r} came; a name such as 'cosine', a schedule such as schedules.step(every=10), or a function of the step is accepted"
        )
    return SCHEDULES[one_of(schedule, tuple(SCHEDULES), "schedule")]()
