"""Functions of one variable: their tangents, secants, derivatives and series, and how well a derivative is found.

`f` is plain NumPy code, a function of one number, a row of calculus.functions or its name, or a formula such as "x^2 + 1".
`box` is the interval (low, high) to look at.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edgecalc.calculus import numeric, points, probe
from edgecalc.calculus.activations import ACTIVATIONS, number
from edgecalc.calculus.comparison import Comparison, Study
from edgecalc.calculus.functions import FUNCTIONS, Function, average_rate, values_of
from edgecalc.calculus.taylor import taylor as taylor_of
from edgecalc.core.arrays import whole
from edgecalc.plots import style
from edgecalc.plots.samples import Curve, curve, function_of, interval, name_of, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["activations", "comparison", "derivative", "functions", "kinks", "motion", "newton", "secant", "step_size", "tangent", "taylor"]

COURSE = (-6.0, 6.0)
MARGIN = 0.08  # of a picture's height, above and below the curve
MOST_SECANTS = 8
MOTION = ("distance", "velocity", "acceleration")
SHADES = {"up": style.SKY, "down": style.ORANGE}


# ---------------------------------------------------------------- grids


def functions(*, at: float = 0.25, step: float = 1.25, box: Any = COURSE) -> "Figure":
    """The fifteen functions, each with its derivative, its tangent at a point and its secant from there over a step.

    >>> figure = functions()
    >>> figure.axes[2].get_title()
    'x^2\\nslope 0.50, secant 1.75'
    """
    low, high = interval(box)
    x, width = number(at, "at"), number(step, "step")
    figure = style.figure(11, 8.6)
    panels = figure.subplots(3, 5, sharex=True, sharey=True)
    for axes, row in zip(panels.flat, FUNCTIONS.values(), strict=True):
        value, slope, rate = row(x), row.derivative(x), average_rate(row, x, width)
        pair(axes, row, row.derivative, (low, high))
        ends = np.array([low, high])
        axes.plot(ends, value + slope * (ends - x), **style.line(2), label="tangent", linewidth=1)
        axes.plot(ends, value + rate * (ends - x), **style.line(3), label="secant", linewidth=1.2)
        axes.plot([x, x + width], [value, row(x + width)], **{**style.DOT, "markersize": 4})
        style.named(axes, f"{row.name}\nslope {slope:.2f}, secant {rate:.2f}")
        axes.title.set_fontsize(style.SMALL)
        axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    style.headed(figure, f"Functions with their tangent at x = {x:g} and their secant from there to {x + width:g}")
    for axes in panels[-1]:
        axes.set_xlabel("x")
    style.legend_below(figure, 4)
    return figure


def activations(*, box: Any = (-5.0, 5.0)) -> "Figure":
    """The activation functions of networks, each with its derivative.

    >>> [axes.get_title() for axes in activations().axes][:3]
    ['sigmoid', 'tanh', 'softplus']
    """
    low, high = interval(box)
    figure = style.figure(8, 7.5)
    panels = figure.subplots(3, 3, sharex=True)
    for axes, row in zip(panels.flat, ACTIVATIONS.values(), strict=True):
        pair(axes, row.call, row.derivative, (low, high))
        style.named(axes, row.name)
        axes.set_xlim(low, high)
    style.headed(figure, "Activation functions and their derivatives")
    for axes in panels[-1]:
        axes.set_xlabel("x")
    style.legend_below(figure, 4)
    return figure


def pair(axes: "Axes", f: Callable, slope: Callable, box: tuple[float, float]) -> None:
    cross(axes)
    for k, (part, label) in enumerate(((f, "function"), (slope, "derivative"))):
        shown = curve(part, box)
        axes.plot(shown.x, shown.y, **style.line(k), label=label)


# ---------------------------------------------------------------- slopes


def tangent(f: Callable | str, x: float, *, box: Any = None) -> "Figure":
    """f and the line that touches it at x.

    >>> tangent("x^2", 1.0).axes[0].get_title()
    'Tangent of x^2 at x = 1: slope 2'
    """
    function = function_of(f)
    line = points.tangent_line(function, x)
    figure, axes, box = looked_at(function, around(line.at) if box is None else box, line.value)
    straight(axes, line, box, **style.line(1), label=f"tangent {line}")
    axes.plot(line.at, line.value, **style.DOT)
    style.named(axes, f"Tangent of {name_of(f)} at x = {line.at:g}: slope {told(line.slope)}", "x", "f(x)")
    style.legend(axes)
    return figure


def secant(f: Callable | str, a: float, b: float, *, count: int = 4, box: Any = None) -> "Figure":
    """f with its secant from a to b, more of them as b comes closer to a by halves, and the tangent at a.

    >>> secant("x^2", 1.0, 3.0, count=2).axes[0].get_legend_handles_labels()[1]
    ['f', 'h = 2: slope 4', 'h = 1: slope 3', 'tangent: slope 2']
    """
    function, count = function_of(f), whole(count, "count", 1, MOST_SECANTS)
    first = points.secant(function, a, b)
    start, step = first.at, number(b, "b") - first.at
    lines = [points.secant(function, start, start + step / 2**k) for k in range(count)]
    wide = (start - 0.6 * step, start + 1.3 * step)
    far = np.array([line.at + step / 2**k for k, line in enumerate(lines)])
    figure, axes, box = looked_at(function, (min(wide), max(wide)) if box is None else box, first.value, *values_of(function, far))
    for k, line in enumerate(lines):
        straight(axes, line, box, **style.line(2 + k), label=f"h = {step / 2**k:.4g}: slope {told(line.slope)}", linewidth=1.2)
    smooth = points.is_differentiable(function, start)
    if smooth:
        touching = points.tangent_line(function, start)
        straight(axes, touching, box, **style.line(1), label=f"tangent: slope {told(touching.slope)}", linewidth=2)
    axes.plot([start, *far], values_of(function, np.array([start, *far])), **style.DOT)
    ending = "close in on the tangent" if smooth else f"and no tangent ({smooth.kind})"
    style.named(axes, f"Secants of {name_of(f)} at x = {start:g} {ending}", "x", "f(x)")
    style.legend(axes)
    return figure


def kinks(f: Callable | str = "|x|", x: float = 0.0, *, box: Any = None) -> "Figure":
    """f with its slopes to the left and to the right of x, and the kind of point that x is.

    >>> axes = kinks("|x|").axes[0]
    >>> axes.get_title(), axes.get_legend_handles_labels()[1]
    ('|x| at x = 0: corner', ['f', 'left slope -1', 'right slope 1'])
    """
    function, at = function_of(f), number(x, "x")
    found = numeric.derivative(function, at)
    figure, axes, box = looked_at(function, around(at) if box is None else box)
    for k, (side, slope, end) in enumerate((("left", found.left, box[0]), ("right", found.right, box[1]))):
        label = f"no {side} slope" if np.isnan(slope) else f"{side} slope {told(slope)}".replace("inf", "infinite")
        height = values_of(function, np.array([at + (end - at) * 1e-9]))[0]
        ends = [at, at], [axes.get_ylim()[0], axes.get_ylim()[1]]
        if not np.isinf(slope):
            ends = [at, end], [height, height + slope * (end - at)]
        axes.plot(*ends, **style.line(k + 1), label=label, linewidth=2)
    axes.plot(at, values_of(function, np.array([at]))[0], **style.DOT)
    style.named(axes, f"{name_of(f)} at x = {at:g}: {found.kind}", "x", "f(x)")
    style.legend(axes)
    return figure


# ---------------------------------------------------------------- derivatives


def derivative(f: Callable | str, *, box: Any = COURSE) -> "Figure":
    """f, and below it its derivative.

    >>> [axes.get_ylabel() for axes in derivative("sin(x)").axes]
    ['f(x)', "f'(x)"]
    """
    figure, _ = stacked(f, box, ("f(x)", "f'(x)"), "x")
    style.headed(figure, f"{name_of(f)} and its derivative")
    return figure


def motion(f: Callable | str, *, box: Any = COURSE) -> "Figure":
    """Distance, velocity and acceleration: f with its first and second derivative, shaded where f bends upwards and downwards.

    >>> [axes.get_ylabel() for axes in motion("x^3 - 3*x", box=(-2, 2)).axes]
    ['distance', 'velocity', 'acceleration']
    """
    figure, shown = stacked(f, box, MOTION, "time")
    bend = shown[2]
    for axes in figure.axes:
        for way, where in (("up", bend.y > 0), ("down", bend.y < 0)):
            shade: dict[str, Any] = {"color": SHADES[way], "alpha": 0.2, "linewidth": 0, "hatch": "//" if way == "down" else None}
            axes.fill_between(bend.x, 0, 1, where=where, transform=axes.get_xaxis_transform(), label=f"concave {way}", **shade)
    figure.axes[0].legend(*figure.axes[0].get_legend_handles_labels(), loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
    style.headed(figure, f"{name_of(f)}: distance, velocity, acceleration")
    return figure


def stacked(f: Callable | str, box: Any, names: Sequence[str], x: str) -> tuple["Figure", list[Curve]]:
    """f and its derivatives, one below the other."""
    function, (low, high) = function_of(f), interval(box)
    figure = style.figure(style.WIDTH, 2.2 * len(names) + 0.4)
    shown = []
    for k, (axes, name) in enumerate(zip(figure.subplots(len(names), sharex=True), names, strict=True)):
        shown.append(curve(slope_of(function, k), (low, high)))
        cross(axes)
        axes.plot(shown[k].x, shown[k].y, **style.line(k))
        frame(axes, (low, high), shown[k])
        style.named(axes, "", x if name == names[-1] else "", name)
    return figure, shown


def slope_of(f: Callable, order: int) -> Callable:
    """f, its first or its second derivative: exact where f's row has it."""
    if order == 0:
        return f
    if isinstance(f, Function):
        return f.derivative if order == 1 else f.second
    return lambda x: numeric.derivative(f, x, order=order).value


def newton(f: Callable | str, x: Any, *, box: Any = None) -> "Figure":
    """Newton's way to a stationary point: f above; below it f', whose tangent at each x leads to the next x.

    `x` is the places that were visited, or the Trace of optimize.newton.

    >>> figure = newton("exp(x) - ln(x)", [1.75, 0.897663, 0.535036, 0.566093, 0.567142])
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['f(x)', "f'(x)"]
    """
    function, visited = function_of(f), places(x)
    slopes, bends = (slope_of(function, order)(visited) for order in (1, 2))
    with np.errstate(all="ignore"):
        landing = np.where(np.isfinite(visited - slopes / bends), visited - slopes / bends, np.nan)
    room = 0.3 * np.ptp(visited) or 1.0
    box = interval((visited.min() - room, visited.max() + room) if box is None else box)
    figure, shown = stacked(function, box, ("f(x)", "f'(x)"), "x")
    above, below = figure.axes
    frame(above, box, shown[0], *values_of(function, visited))
    frame(below, box, shown[1], *slopes)
    above.plot(visited, values_of(function, visited), **style.DOT)
    below.plot(visited, slopes, **style.DOT)
    for k in range(len(visited)):
        below.plot([visited[k], landing[k]], [slopes[k], 0], **style.line(2), linewidth=1, label="tangent of f'" if k == 0 else None)
    below.vlines(visited, 0, slopes, color=style.GRAY, linestyle=":", linewidth=1)
    above.annotate("start", (visited[0], values_of(function, visited[:1])[0]), xytext=(0, 8), textcoords="offset points", ha="center")
    style.legend(below)
    style.headed(figure, f"Newton's steps on {name_of(f)}: from {visited[0]:g} to {visited[-1]:.6g}")
    return figure


def places(x: Any) -> np.ndarray:
    """The x of one run in one variable, from numbers or from a Trace."""
    visited = probe.points(getattr(x, "x", x))
    if visited.ndim == 2 and visited.shape[1] == 1:
        visited = visited[:, 0]
    if visited.ndim != 1 or not visited.size or not np.isfinite(visited).all():
        raise ValueError(f"x: shape {visited.shape} came; the finite places that one run in one variable visited are accepted")
    return visited


# ---------------------------------------------------------------- how well it is found


def taylor(f: Callable | str = "sin", at: float = 0.0, *, orders: int | Iterable[int] = (1, 3, 5, 9, 15, 25), box: Any = (-10.0, 10.0)) -> "Figure":
    """Taylor polynomials of rising order; beside them, each order's largest error on 50 points of the box.

    >>> figure = taylor(orders=(1, 9, 25))
    >>> figure.axes[1].lines[0].get_ydata()[[0, 8, 24]].round(4)
    array([1.0544000e+01, 1.4488156e+03, 8.1600000e-02])
    """
    function, picked = function_of(f), sorted({whole(order, "orders", 0) for order in (orders if isinstance(orders, Iterable) else [orders])})
    if not picked:
        raise ValueError("orders: none came; whole numbers such as (1, 3, 5) are accepted")
    low, high = interval(box)
    figure = style.figure(11, 4.8)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    shown = curve(function, (low, high))
    left.plot(shown.x, shown.y, color=style.GRAY, linewidth=4, alpha=0.6, label="f")
    for k, order in enumerate(picked):
        left.plot(shown.x, taylor_of(function, at, order)(shown.x), **style.line(k), label=f"order {order}")
    frame(left, (low, high), shown, room=0.6)
    style.named(left, f"Taylor polynomials of {name_of(f)} around {at:g}", "x", "f(x)")
    style.legend_below(figure, len(picked) + 1)
    x = np.linspace(low, high, 50)
    every = np.arange(min(1, *picked), picked[-1] + 1)
    apart = [np.nanmax(np.abs(taylor_of(function, at, int(order))(x) - values_of(function, x))) for order in every]
    right.plot(every, apart, **style.line(0), marker="o", markersize=4)
    right.set_yscale("log")
    style.named(right, f"Largest error from {low:g} to {high:g}", "order", "largest error")
    return figure


def step_size(study: Study) -> "Figure":
    """The V of calculus.step_study: a difference's error over its step, and the step that edgecalc takes.

    >>> from edgecalc import calculus
    >>> step_size(calculus.step_study("exp(x)", 0.0)).axes[0].get_xlabel()
    'step h'
    """
    if not isinstance(study, Study):
        raise TypeError(f"study: {type(study).__name__} came; what calculus.step_study gives is accepted")
    seen = study.errors > 0
    low, high = (study.errors[seen].min() / 10, study.errors[seen].max() * 10) if seen.any() else (numeric.EPS, 1.0)
    figure = style.figure()
    axes = figure.subplots()
    axes.loglog(study.steps[seen], study.errors[seen], **style.line(0), marker="o", markersize=4, label="error")
    if (study.errors == 0).any():
        exact = study.steps[study.errors == 0]
        axes.plot(exact, np.full(exact.shape, low), **{**style.DOT, "marker": "v"}, clip_on=False, label="error 0")
    axes.plot(study.steps, study.truncation, **style.line(1), label=f"truncation, as h^{study.accuracy}")
    axes.plot(study.steps, study.rounding, **style.line(2), label="rounding, as 1/h")
    axes.axvline(study.chosen, **style.line(4), label=f"edgecalc takes h = {study.chosen:.1e}")
    axes.set_ylim(low, high)
    style.named(axes, f"Error of the {study.method} difference of accuracy {study.accuracy}", "step h", "error")
    style.legend(axes)
    return figure


def comparison(result: Comparison) -> "Figure":
    """The errors and times of the ways to differentiate that calculus.compare found.

    >>> from edgecalc import calculus
    >>> figure = comparison(calculus.compare("x^2", np.linspace(-6.0, 6.0, 100)))
    >>> [axes.get_xlabel() for axes in figure.axes]
    ['largest error, over the largest slope', 'time in ms']
    """
    if not isinstance(result, Comparison):
        raise TypeError(f"result: {type(result).__name__} came; what calculus.compare gives is accepted")
    ways = result.ways[::-1]
    figure = style.figure(9, 1.4 + 0.4 * len(ways))
    left, right = figure.subplots(1, 2, sharey=True)
    errors, times = np.array([(way.error, way.seconds * 1e3) for way in ways]).T
    words = ["the reference" if way.method == result.reference else f"{way.error:.2g}" if way.value is not None else "no answer" for way in ways]
    row_of_dots(left, errors, words, style.BLUE)
    row_of_dots(right, times, [np.format_float_positional(time, 3, fractional=False, trim="-") if time else "" for time in times], style.VERMILLION)
    style.named(left, "", "largest error, over the largest slope")
    style.named(right, "", "time in ms")
    left.set_yticks(range(len(ways)), [way.method for way in ways])
    count = max(np.size(way.value) for way in ways if way.value is not None)
    style.headed(figure, f"Ways to differentiate {result.formula} at {count} point{'s' if count > 1 else ''}")
    return figure


def row_of_dots(axes: "Axes", sizes: np.ndarray, words: Sequence[str], colour: str) -> None:
    """A dot for each size on a logarithmic axis, its words beside it; what has no logarithm gives its words alone."""
    axes.set_xscale("log")
    seen = sizes > 0
    axes.plot(sizes[seen], np.flatnonzero(seen), **{**style.DOT, "color": colour})
    for row, (size, word) in enumerate(zip(sizes, words, strict=True)):
        at, ground = ((size, row), axes.transData) if seen[row] else ((0.03, row), axes.get_yaxis_transform())
        axes.annotate(word, at, xycoords=ground, xytext=(7, 0), textcoords="offset points", va="center")
    axes.grid(axis="y", color=style.GRAY, alpha=0.3)
    axes.set_ylim(-0.6, len(sizes) - 0.4)
    axes.tick_params(axis="x", which="both", bottom=bool(seen.any()), labelbottom=bool(seen.any()))
    if seen.any():
        low, high = np.log10(sizes[seen].min()), np.log10(sizes[seen].max())
        axes.set_xlim(10 ** np.floor(low - 0.1), 10 ** np.ceil(high + 0.25 * max(1, high - low)))


# ---------------------------------------------------------------- parts


def around(x: float) -> tuple[float, float]:
    half = max(3.0, abs(x) / 10)
    return x - half, x + half


def looked_at(f: Callable, box: Any, *keep: float) -> tuple["Figure", "Axes", tuple[float, float]]:
    """A figure with f over the box, whose frame holds the heights to keep."""
    box = interval(box)
    shown = curve(f, box)
    figure = style.figure()
    axes = figure.subplots()
    cross(axes)
    axes.plot(shown.x, shown.y, **style.line(0), label="f")
    frame(axes, box, shown, *keep)
    return figure, axes, box


def frame(axes: "Axes", box: tuple[float, float], shown: Curve, *keep: float, room: float = MARGIN) -> None:
    low, high = np.nanmin([shown.low, *keep]), np.nanmax([shown.high, *keep])
    flat = high - low <= 1e-9 * max(abs(low), abs(high))  # what differs is rounding
    margin = 0.5 * abs(high) or 1.0 if flat else room * (high - low)
    axes.set(xlim=box, ylim=(low - margin, high + margin))


def cross(axes: "Axes") -> None:
    """The lines x = 0 and y = 0."""
    axes.axhline(0, **style.GUIDE)
    axes.axvline(0, **style.GUIDE)


def straight(axes: "Axes", line: points.Line, box: tuple[float, float], **look: Any) -> None:
    ends = np.array(box)
    axes.plot(ends, line(ends), **look)
