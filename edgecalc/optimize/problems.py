"""Functions to descend, with exact gradients and known answers.

>>> PROBLEMS["rosenbrock"].minima
((1.0, 1.0),)
>>> PROBLEMS["rosenbrock"]([1.0, 2.0]), PROBLEMS["rosenbrock"].gradient([1.0, 2.0])
(np.float64(100.0), array([-400.,  200.]))
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Problem:
    """A row: call it for values, `gradient` for slopes, both with the variables on the last axis."""

    name: str
    f: Callable = field(repr=False)
    gradient: Callable = field(repr=False)
    box: tuple[tuple[float, float], ...]
    start: tuple[float, ...]
    minima: tuple[tuple[float, ...], ...]
    lowest: float  # f at the best of the minima
    shows: str

    def __call__(self, x: Any) -> Any:
        return self.f(unwrapped(x))


def unwrapped(p: Any) -> Any:
    """Lists, and integers, which would wrap, as float64."""
    if isinstance(p, list | tuple) or getattr(getattr(p, "dtype", None), "kind", "O") in "biu":
        return np.asarray(p, np.float64)
    return p


def of_parts(f: Callable, slopes: Callable) -> tuple[Callable, Callable]:
    """f(x, y) and its two slopes, as functions of points."""

    def value(p: np.ndarray) -> Any:
        p = unwrapped(p)
        return f(p[..., 0], p[..., 1])

    def gradient(p: Any) -> np.ndarray:
        p = np.asarray(unwrapped(p))
        result = np.empty(p.shape, np.result_type(p, np.float64))
        result[..., 0], result[..., 1] = slopes(p[..., 0], p[..., 1])
        return result

    return value, gradient


def sauna(x: Any, y: Any) -> Any:
    return 50 - x * x * (x - 6) * (y * y) * (y - 6) / 50


def sauna_slopes(x: Any, y: Any) -> tuple:
    return -(3 * x * x - 12 * x) * (y * y) * (y - 6) / 50, -(x * x) * (x - 6) * (3 * y * y - 12 * y) / 50


WELLS = ((10.0, 3.0, 3.0, 0.5, 0.5), (2.0, 1.0, 2.0, 3.0, 1.5), (3.0, 1.0, 0.5, 3.5, 4.0))  # depth / (flat + steep * squared distance from x, y)


def three_minima(x: Any, y: Any) -> Any:
    return 10 - sum(depth / (flat + steep * ((x - a) ** 2 + (y - b) ** 2)) for depth, flat, steep, a, b in WELLS)


def three_minima_slopes(x: Any, y: Any) -> tuple:
    total_x = total_y = 0.0
    for depth, flat, steep, a, b in WELLS:
        pull = 2 * depth * steep / (flat + steep * ((x - a) ** 2 + (y - b) ** 2)) ** 2
        total_x, total_y = total_x + pull * (x - a), total_y + pull * (y - b)
    return total_x, total_y


def rosenbrock(x: Any, y: Any) -> Any:
    off, gap = 1 - x, y - x * x
    return off * off + 100 * (gap * gap)


def rosenbrock_slopes(x: Any, y: Any) -> tuple:
    gap = y - x * x
    return 2 * (x - 1) - 400 * x * gap, 200 * gap


BEALE = ((1.5, 1), (2.25, 2), (2.625, 3))


def beale(x: Any, y: Any) -> Any:
    return sum((c - x + x * y**k) ** 2 for c, k in BEALE)


def beale_slopes(x: Any, y: Any) -> tuple:
    rests = [(c - x + x * y**k, k) for c, k in BEALE]
    return sum(2 * r * (y**k - 1) for r, k in rests), sum(2 * r * x * k * y ** (k - 1) for r, k in rests)


def himmelblau(x: Any, y: Any) -> Any:
    first, second = x * x + y - 11, x + y * y - 7
    return first * first + second * second


def himmelblau_slopes(x: Any, y: Any) -> tuple:
    first, second = x * x + y - 11, x + y * y - 7
    return 4 * x * first + 2 * second, 2 * first + 4 * y * second


def plateau(x: Any, y: Any) -> Any:
    square = x * x + y * y
    return square / (1 + square)


def plateau_slopes(x: Any, y: Any) -> tuple:
    fade = 2 / (1 + x * x + y * y) ** 2
    return x * fade, y * fade


HIMMELBLAU = (
    (3.0, 2.0),
    (-2.805118086952745, 3.131312518250573),
    (-3.779310253377747, -3.283185991286170),
    (3.584428340330492, -1.848126526964404),
)
THREE = (
    (0.5230322579358745, 0.5169891562802605),
    (3.4788805301921637, 3.947515173178905),
    (2.9806366011182712, 1.5408734039442826),
)

PROBLEMS: Mapping[str, Problem] = MappingProxyType(
    {
        row.name: row
        for row in (
            Problem(
                "sphere",
                lambda p: (p * p).sum(axis=-1),
                lambda p: 2.0 * np.asarray(p),
                ((-4, 4),) * 2,
                (3.0, 4.0),
                ((0.0, 0.0),),
                0.0,
                "the easiest of all: every direction alike, in any number of variables",
            ),
            Problem(
                "sauna",
                *of_parts(sauna, sauna_slopes),
                ((0, 5),) * 2,
                (1.0, 3.0),
                ((4.0, 4.0),),
                29.52,
                "the temperature in a room of 5 by 5; flat along two walls",
            ),
            Problem(
                "three minima",
                *of_parts(three_minima, three_minima_slopes),
                ((0, 5),) * 2,
                (1.0, 3.0),
                THREE,
                6.276903919812538,
                "where one ends depends on where one starts",
            ),
            Problem(
                "rosenbrock",
                *of_parts(rosenbrock, rosenbrock_slopes),
                ((-2, 2), (-1, 3)),
                (-1.2, 1.0),
                ((1.0, 1.0),),
                0.0,
                "a bent valley, steep across and nearly flat along",
            ),
            Problem(
                "beale",
                *of_parts(beale, beale_slopes),
                ((0, 4.5), (-1, 1)),
                (1.0, 1.0),
                ((3.0, 0.5),),
                0.0,
                "flat, with steep walls; left of 0 and far up or down a valley leads away for ever",
            ),
            Problem(
                "himmelblau", *of_parts(himmelblau, himmelblau_slopes), ((-5, 5),) * 2, (0.0, 0.0), HIMMELBLAU, 0.0, "four minima of the same depth"
            ),
            Problem(
                "saddle",
                *of_parts(lambda x, y: x * x - y * y, lambda x, y: (2 * x, -2 * y)),
                ((-2, 2),) * 2,
                (1.5, 1e-3),
                (),
                -np.inf,
                "no minimum: down along y for ever",
            ),
            Problem(
                "ravine",
                *of_parts(lambda x, y: 0.5 * (x * x + 100 * (y * y)), lambda x, y: (x, 100 * y)),
                ((-4, 4),) * 2,
                (3.0, 1.0),
                ((0.0, 0.0),),
                0.0,
                "a hundred times steeper across than along",
            ),
            Problem(
                "plateau",
                *of_parts(plateau, plateau_slopes),
                ((-4, 4),) * 2,
                (2.0, 2.0),
                ((0.0, 0.0),),
                0.0,
                "a pit in a plain that is nearly flat far out",
            ),
        )
    }
)
