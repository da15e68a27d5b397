"""Functions looked at over a box, for pictures: what a caller may hand in, and where a curve must not be joined.

             |  /
             | /         a jump and a pole are found by halving the interval between two samples: across them the
      ______ |/          difference does not shrink, so the line ends on one side and begins anew on the other
_____/
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from edgecalc.calculus import expression
from edgecalc.calculus.expression import Expression
from edgecalc.calculus.functions import FUNCTIONS, values_of
from edgecalc.calculus.points import corners, heights
from edgecalc.errors import EdgecalcError

COUNT = 801
SIDE = 121
LARGEST = 1e100
HALVINGS = 30
MOST_CORNERS = 6  # of a cell in which f ends
LONGEST = 48  # characters of a name
SKEW = (0.2, 0.8)  # where the middle height lies between the lowest and the highest: beyond these, even levels miss most of the box
STEEP = 0.01  # of the curve's height: rises above it may be jumps
GROWTH = 30  # how often a pole is as high as the samples beside it
BOTH = ("x", "y")


class Curve(NamedTuple):
    """Points of a curve, NaN where it is broken, and the heights worth seeing."""

    x: np.ndarray
    y: np.ndarray
    low: float
    high: float


class Grid(NamedTuple):
    """Heights over a box: z[j, i] at (x[i], y[j])."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray


def name_of(f: Any) -> str:
    """What a title calls it.

    >>> name_of("x^2"), name_of(np.sin), name_of(lambda x: x)
    ('x^2', 'sin', 'f')
    """
    name = next((each for each in (f, *(getattr(f, word, None) for word in ("text", "formula", "name", "__name__"))) if isinstance(each, str)), "f")
    name = "f" if name == "<lambda>" else name.replace("$", r"\$")
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."


def told(value: float, least: float = 1e-12) -> str:
    """A number in words: four digits, what is below `least` as 0.

    >>> told(2 / 3), told(-1e-17)
    ('0.6667', '0')
    """
    return "0" if abs(value) < least else f"{value:.4g}"


def function_of(f: Any) -> Callable:
    """A function of one variable: a callable, a formula, or the name of a row of calculus.functions.

    >>> function_of("x^2 + 1")(3.0), function_of("|x|")(-2.0)
    (10.0, np.float64(2.0))
    """
    f = text_of(f)
    if not isinstance(f, str):
        return callable_of(f)
    if f in FUNCTIONS:
        return FUNCTIONS[f]
    formula = Expression.parse(f)
    if len(formula.variables) > 1:
        raise EdgecalcError(f"f: {f!r} has the variables {', '.join(formula.variables)}; a formula of one is accepted")
    return formula


def text_of(f: Any) -> Any:
    """A formula that was read already as it was written: its variables have names."""
    return f.text if isinstance(f, Expression) else f


def callable_of(f: Any) -> Callable:
    if not callable(f):
        raise TypeError(f'f: {f!r} came; a function, or a formula such as "x^2 + 1", is accepted')
    return f


def surface_of(f: Any) -> tuple[Callable, tuple[str, str]]:
    """A function of two variables on the last axis, and their names.

    >>> f, names = surface_of("a*b")
    >>> f(np.array([2.0, 5.0])), names
    (np.float64(10.0), ('a', 'b'))
    >>> surface_of("y^2")[0](np.array([[2.0, 5.0], [2.0, 6.0]]))
    array([25., 36.])
    """
    f = text_of(f)
    if not isinstance(f, str):
        return callable_of(f), BOTH
    formula = Expression.parse(f)
    names = BOTH if set(formula.variables) <= set(BOTH) else formula.variables
    if len(names) != 2:
        raise EdgecalcError(f"f: {f!r} has the variables {', '.join(names)}; a formula of two, or of x and y, is accepted")

    def surface(p: Any) -> Any:
        p = p if hasattr(p, "shape") else np.asarray(p)  # what traces an array is none
        values = formula.with_names({name: p[..., k] for k, name in enumerate(names)}, expression.FUNCTIONS)
        return values + np.zeros(p.shape[:-1]) if np.ndim(values) == 0 else values

    return surface, (names[0], names[1])


def interval(box: Any) -> tuple[float, float]:
    low, high = corners(box)
    if len(low) != 1:
        raise ValueError(f"box: {box!r} came; one pair (low, high) is accepted for one variable")
    return float(low[0]), float(high[0])


def rectangle(box: Any) -> np.ndarray:
    """One pair for each of two variables.

    >>> rectangle((-1, 1)).tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]
    """
    pairs = np.stack(corners(box), axis=-1)
    if len(pairs) > 2:
        raise ValueError(f"box: {box!r} came; (low, high), or such a pair for each of two variables, is accepted")
    return np.repeat(pairs, 2, axis=0) if len(pairs) == 1 else pairs


def curve(f: Callable, box: Any, count: int = COUNT) -> Curve:
    """f over an interval.

    >>> found = curve(np.sign, (-1, 2))
    >>> found.x[np.isnan(found.y)].round(9) + 0.0, found.low, found.high
    (array([0.]), -1.0, 1.0)
    """
    low, high = interval(box)
    x = np.linspace(low, high, count)
    y = finite(found := values_of(f, x))
    if np.isnan(y).all():
        raise ValueError(f"f: it is {too_large(found)} anywhere from {low:g} to {high:g}; a box in which it is one is accepted")
    return Curve(*broken(f, x, y), *window(f, x, y))


def too_large(values: np.ndarray) -> str:
    return f"not a number of up to {LARGEST:g}" if np.isfinite(values).any() else "not a finite number"


def finite(y: np.ndarray) -> np.ndarray:
    """Infinities, and what is too large for an axis, as NaN."""
    return np.where(np.abs(y) < LARGEST, y, np.nan)


def rise(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """How much f changes; infinite from or to where it is not known, -1 where it is known on neither side."""
    known, also = np.isfinite(start), np.isfinite(end)
    return np.where(known & also, np.abs(np.nan_to_num(end) - np.nan_to_num(start)), np.where(known | also, np.inf, -1.0))


def broken(f: Callable, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The curve with its end points at each break, and a NaN between them."""
    first = rise(y[:-1], y[1:])
    at = np.flatnonzero(first > STEEP * np.nanpercentile(np.abs(y - np.nanmedian(y)), 95))
    left, right, low, high = x[at], x[at + 1], y[at], y[at + 1]
    for _ in range(HALVINGS):
        middle = left + (right - left) / 2
        here = finite(values_of(f, middle))
        leftward = rise(low, here) >= rise(here, high)
        left, low = np.where(leftward, left, middle), np.where(leftward, low, here)
        right, high = np.where(leftward, middle, right), np.where(leftward, here, high)
    torn = rise(low, high) > np.where(np.isfinite(first[at]), first[at] / 2, 0)
    places = np.repeat(at[torn] + 1, 3)
    gaps = np.stack([left, left + (right - left) / 2, right], axis=-1)[torn]
    ends = np.stack([low, np.full(low.shape, np.nan), high], axis=-1)[torn]
    return np.insert(x, places, gaps.ravel()), np.insert(y, places, ends.ravel())


def window(f: Callable, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """The heights worth seeing: all of them, or, where f has a pole, those of nine samples in ten and a bit."""
    top = int(np.nanargmax(np.abs(y)))
    beside = max(top - 1, 0), min(top + 1, len(x) - 1)
    between = np.abs(values_of(f, np.linspace(x[beside[0]], x[beside[1]], 65)))
    near = np.abs(y[list(beside)])
    if not np.nanmax(between) > GROWTH * np.nanmax(near, initial=0 if np.isfinite(near).any() else abs(y[top])):
        return float(np.nanmin(y)), float(np.nanmax(y))
    low, high = np.nanpercentile(y, (5, 95))
    room = 0.3 * (high - low)
    return float(max(low - room, np.nanmin(y))), float(min(high + room, np.nanmax(y)))


def grid(f: Callable, box: Any, count: int = SIDE) -> Grid:
    """f over a rectangle; a pole's heights as NaN.

    >>> grid(lambda p: p[..., 0] + 10 * p[..., 1], [(0, 1), (0, 2)], 2).z
    array([[ 0.,  1.],
           [20., 21.]])
    """
    x, y = (np.linspace(low, high, count) for low, high in rectangle(box))
    z = finite(found := np.asarray(heights(f, np.stack(np.meshgrid(x, y), axis=-1)), np.float64))
    if np.isnan(z).all():
        raise ValueError(f"f: it is {too_large(found)} anywhere in the box {box!r}; a box in which it is one is accepted")
    low, high = np.nanpercentile(z, (2, 98))
    room = 3 * (high - low)
    if room > 0:
        z = np.where((z < low - room) | (z > high + room), np.nan, z)
    return Grid(x, y, z)


def facets(f: Callable, seen: Grid) -> np.ndarray:
    """The cells of a grid as a surface, (cells, corners, 3); those in which f ends, or leaves the heights of the others, are cut there.

    >>> shelf = lambda p: np.where(p[..., 0] < 0.8, 1.0, np.nan)
    >>> facets(shelf, grid(shelf, (0, 1), 2)).round(6)[0, :4, 0]
    array([0. , 0.8, 0.8, 0. ])
    """
    dots = np.stack([*np.meshgrid(seen.x, seen.y), seen.z], axis=-1)
    cells = np.stack([dots[:-1, :-1], dots[:-1, 1:], dots[1:, 1:], dots[1:, :-1]], axis=2).reshape(-1, 4, 3)
    known = np.isfinite(cells[..., 2])
    whole, torn = known.all(axis=1), known.any(axis=1) & ~known.all(axis=1)
    if not torn.any():
        return cells[whole]
    starts, known = cells[torn], known[torn]
    ends, crossed = np.roll(starts, -1, axis=1), known != np.roll(known, -1, axis=1)
    rims = starts.copy()
    known_first = known[crossed][:, None]
    inside, outside = np.where(known_first, starts[crossed], ends[crossed]), np.where(known_first, ends[crossed], starts[crossed])
    rims[crossed] = ending(f, np.nanmin(seen.z), np.nanmax(seen.z), inside, outside)
    corners, kept = np.stack([starts, rims], axis=2).reshape(-1, 8, 3), np.stack([known, crossed], axis=2).reshape(-1, 8)
    order = np.argsort(~kept, axis=1, kind="stable")
    order = np.take_along_axis(order, np.minimum(np.arange(MOST_CORNERS), kept.sum(axis=1, keepdims=True) - 1), axis=1)  # the last one again
    return np.concatenate([cells[whole][:, [0, 1, 2, 3, 3, 3]], np.take_along_axis(corners, order[..., None], axis=1)])


def ending(f: Callable, low: float, high: float, inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """The last points of f from low to high on the ways from inside to outside."""
    for _ in range(HALVINGS):
        middle = inside + (outside - inside) / 2
        middle[:, 2] = heights(f, middle[:, :2])
        here = (middle[:, 2:] >= low) & (middle[:, 2:] <= high)
        inside, outside = np.where(here, middle, inside), np.where(here, outside, middle)
    return inside


def levels_of(z: np.ndarray, count: int) -> np.ndarray:
    """Heights to draw contours at: round and even ones, or, where most of the box is low or most is high, closer to each other there.

    >>> levels_of(np.linspace(0.0, 10.0, 50), 5)
    array([ 0.,  2.,  4.,  6.,  8., 10.])
    >>> levels_of(np.linspace(0.0, 10.0, 51) ** 4, 4)
    array([    0.    ,    39.0625,   625.    ,  3164.0625, 10000.    ])
    """
    from matplotlib.ticker import MaxNLocator

    low, middle, high = np.nanpercentile(z, (0, 50, 100))
    share = (middle - low) / (high - low)
    if SKEW[0] <= share <= SKEW[1]:
        return np.array(MaxNLocator(count).tick_values(low, high))
    if share > SKEW[1]:
        return -levels_of(-z, count)[::-1]
    power = np.log(max(share, 0.06)) / np.log(0.5)
    return low + (high - low) * np.linspace(0, 1, count + 1) ** power
