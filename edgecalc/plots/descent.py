"""Descents drawn: the way of one run or of many over the function, their progress, an animation of the race, and schedules.

`traces` is a Trace of `edgecalc.optimize` (of one start or many), several of them, or a mapping of names to them.
`f` takes its variables on the last axis, or is a formula such as "x^2 + y^2"; of one variable, its curve is the ground.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from edgecalc.core import arrays
from edgecalc.optimize.objective import lengths
from edgecalc.optimize.schedules import SCHEDULES, schedule_of
from edgecalc.optimize.trace import Trace
from edgecalc.plots import style
from edgecalc.plots.curves import looked_at
from edgecalc.plots.player import Animation, Run, format_of, halo
from edgecalc.plots.samples import finite, function_of, name_of
from edgecalc.plots.surfaces import contour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["animate", "paths", "progress", "schedules"]

MOST = 200  # runs in one picture
FEW = len(style.LINES)  # runs that each have a look of their own
EACH_STEP = 60  # iterations, up to which every one has its dot
ROOM = 0.2  # around the runs, of their extent
WIDE_RANGE = 20.0  # values beyond this ratio need a logarithmic axis


def paths(f: Callable | str, traces: Any, *, box: Any = None, levels: int = 14) -> "Figure":
    """The ways of the runs over contours of f, each from its ring to its end, whose mark says what was found.

    Parameters
    ----------
    f : callable or str
        Of one variable or two.
    traces : Trace, several, or a mapping of names to such
        Up to 200 runs; of more than six, those that found the same have one colour.
    box : pair (low, high) for each variable, optional
        By default around the runs, where f is no higher than at the starts.
    levels : int
        How many contours.

    >>> from edgecalc import optimize
    >>> figure = paths("x^2 + y^2", optimize.descend(lambda p: (p**2).sum(-1), [3.0, 4.0], "sign", rate=1.0, steps=4))
    >>> figure.axes[0].get_title()
    'x^2 + y^2: sign, minimum after 4 steps'
    """
    runs = runs_of(traces)
    figure, axes = ground(f, runs, box, levels)
    for run in runs:
        draw(axes, run)
    style.named(axes, f"{name_of(f)}: {told(runs)}", *axis_names(axes), frame=True)
    for name, look in legend(runs) if len(runs) > 1 else ():
        axes.plot([], [], **look, label=name)
    style.legend_below(figure, 2)
    return figure


def progress(traces: Any, *, log: bool | None = None) -> "Figure":
    """f, the length of its gradient and, where it changes, the rate: over the iterations.

    `log` sets a logarithmic axis for f; by default where its values are 0 or more and span much. The gradient's always is.

    >>> from edgecalc import optimize
    >>> figure = progress(optimize.descend(lambda x: x**2, 2.0, "gd", rate=0.25, steps=3))
    >>> figure.axes[0].lines[0].get_ydata().round(4)
    array([4.    , 1.    , 0.25  , 0.0625])
    """
    runs = runs_of(traces)
    rows: dict[str, Callable[[Trace], np.ndarray]] = {"f": lambda trace: trace.f, "|gradient|": lengths_of, "rate": lambda trace: trace.rate}
    if not any(np.ptp(run.trace.rate) > 0 for run in runs if len(run.trace.rate)):
        del rows["rate"]
    if not any(np.isfinite(lengths_of(run.trace)).any() for run in runs):
        del rows["|gradient|"]
    figure = style.figure(6.8, 1.0 + 2.2 * len(rows))
    axes = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
    for place, (name, of) in zip(axes, rows.items(), strict=True):
        for run in runs:
            values = finite(of(run.trace))
            dots = "." if len(values) <= EACH_STEP else None
            label = f"{run.name}: f = {run.trace.f[-1]:.6g}" if len(runs) <= FEW else None
            place.plot(run.trace.iterations[: len(values)], values, **thin(run.look, len(runs)), marker=dots, label=label)
        style.named(place, y=name)
        values = np.concatenate([finite(of(run.trace)) for run in runs])
        scale(place, values[np.isfinite(values)], {"f": log, "|gradient|": True}.get(name))
    style.named(axes[0], f"Progress: {told(runs)}", y="f")
    axes[-1].set_xlabel("iteration")
    axes[-1].locator_params(axis="x", integer=True)
    style.legend(axes[0])
    figure.align_ylabels(list(axes))
    return figure


def animate(
    f: Callable | str,
    traces: Any,
    *,
    box: Any = None,
    levels: int = 14,
    seconds: float = 8.0,
    frames: int = 120,
    out: str | PathLike[str] | None = None,
) -> Animation:
    """The runs racing over the function, all on the same count of iterations.

    Parameters
    ----------
    f, traces, box, levels
        As for `paths`.
    seconds : float
        How long it plays.
    frames : int
        At most so many pictures; of longer runs some iterations are skipped, though not in the drawn way.
    out : path, optional
        Where to write it: ".html" is one page that plays without a network, ".gif" a picture that moves.

    Returns
    -------
    Animation
        With `html()`, `gif()` and `save(path)`; a notebook shows it.

    >>> from edgecalc import optimize
    >>> race = animate("x^2 + y^2", optimize.descend(lambda p: (p**2).sum(-1), [3.0, 4.0], "sign", rate=1.0, steps=4))
    >>> race.frames.tolist(), race.html()[:15]
    ([0, 1, 2, 3, 4], '<!doctype html>')
    """
    if out is not None:
        format_of(out)
    seconds, frames = arrays.number(seconds, "seconds", 0.1), arrays.whole(frames, "frames", 2, 1000)
    runs = runs_of(traces)
    figure, axes = ground(f, runs, box, levels)
    style.named(axes, name_of(f), *axis_names(axes), frame=True)
    last = max(int(run.trace.iterations[-1]) for run in runs)
    clock = np.unique(np.rint(np.linspace(0, last, min(frames, last + 1))).astype(int))
    made = Animation(figure, axes, runs, legend(runs), clock, seconds)
    if out is not None:
        made.save(out)
    return made


def schedules(which: Any = ("constant", "step", "exponential", "cosine", "warm-up"), *, rate: float = 1.0, steps: int = 100) -> "Figure":
    """How schedules change the rate over a run. `which` are names, or schedules by their settings, such as schedules.step(every=10).

    What goes by a run's progress has no curve of its own: `progress` draws its rates.

    >>> schedules("cosine", steps=4).axes[0].lines[0].get_ydata().round(3)
    array([1.   , 0.854, 0.5  , 0.146, 0.   ])
    """
    rate, steps = arrays.number(rate, "rate", 0), arrays.whole(steps, "steps", 1, 100_000)
    chosen = [schedule_of(each) for each in ([which] if isinstance(which, str) or not np.iterable(which) else which)]
    if not 1 <= len(chosen) <= FEW:
        raise ValueError(f"which: {len(chosen)} schedules came; 1 to {FEW} are accepted, such as {', '.join(SCHEDULES)}")
    figure = style.figure()
    axes = figure.subplots()
    for k, schedule in enumerate(chosen):
        if schedule.adaptive:
            raise ValueError(f"which: {schedule.name!r} came, which goes by what each step brings; draw a run of it with progress(trace)")
        axes.plot(range(steps + 1), [rate * schedule.factor(step, steps) for step in range(steps + 1)], **style.line(k), label=schedule.name)
    style.named(axes, f"The rate over {steps} steps", "iteration", "rate")
    axes.set_ylim(bottom=0)
    style.legend(axes)
    return figure


# ---------------------------------------------------------------- what is drawn


def runs_of(traces: Any) -> list[Run]:
    """Each start of each trace, by a name of its own."""
    if isinstance(traces, Mapping):
        named = list(traces.items())
    else:
        named = [(None, each) for each in ([traces] if isinstance(traces, Trace) or not np.iterable(traces) else traces)]
    for _, trace in named:
        if not isinstance(trace, Trace):
            raise TypeError(f"traces: {type(trace).__name__} came; a Trace of optimize.descend or newton, several, or a mapping of names to such")
    count = sum(trace.starts or 1 for _, trace in named)
    if not 1 <= count <= MOST:
        raise ValueError(f"traces: {count} runs came; 1 to {MOST} are accepted. One of many starts: trace.of(k)")
    single = [(str(name or run.rule), run) for name, trace in named for run in trace.runs]
    often = Counter(name for name, _ in single)
    names = [name if often[name] == 1 else f"{name} from {at(run.x[0])}" for name, run in single]
    groups = names if count <= FEW else findings([run for _, run in single])
    order = {group: k for k, group in enumerate(dict.fromkeys(groups))}
    return [Run(name, run, style.line(order[group]), group) for name, (_, run), group in zip(names, single, groups, strict=True)]


def legend(runs: list[Run]) -> list[tuple[str, dict[str, Any]]]:
    """What stands for each run, or for each group of many."""
    if len(runs) <= FEW:
        return [(f"{run.name}: {run.end}", run.look) for run in runs]
    sizes = Counter(run.group for run in runs)
    return [(f"{sizes[group]} {group}", look) for group, look in {run.group: run.look for run in runs}.items()]


def told(runs: list[Run]) -> str:
    return f"{runs[0].name}, {runs[0].end}" if len(runs) == 1 else f"{len(runs)} runs"


def findings(traces: list[Trace]) -> list[str]:
    """What each found, and where if that is a point: the same words for the same place."""
    ends = np.array([np.ravel(trace.last) for trace in traces])
    known = np.array([trace.verdict in style.VERDICTS for trace in traces])
    apart = float(np.ptp(np.concatenate([ends[known], [np.ravel(trace.x[0]) for trace in traces]]), axis=0).max())
    digits = 2 - int(np.floor(np.log10(apart))) if apart > 0 else 2
    return [
        f"{trace.verdict} at {at(end.round(digits) + 0.0)}" if settled else trace.verdict
        for trace, end, settled in zip(traces, ends, known, strict=True)
    ]


def at(x: Any) -> str:
    return "(" + ", ".join(f"{each:.4g}" for each in np.ravel(x)) + ")" if np.ndim(x) else f"{x:.4g}"


def lengths_of(trace: Trace) -> np.ndarray:
    with np.errstate(all="ignore"):
        return lengths(trace.gradient.reshape(len(trace.f), -1))


def scale(axes: "Axes", values: np.ndarray, log: bool | None) -> None:
    """Logarithmic where asked for, or where positive values span much; a 0 then falls out of sight."""
    positive = values[values > 0]
    if log and len(values) and (values < 0).any():
        raise ValueError(f"log: True came, and f goes down to {values.min():.6g}; False, or an f of 0 and more, is accepted")
    wide = len(positive) and (values >= 0).all() and positive.max() > WIDE_RANGE * positive.min()
    if len(positive) and (log or (log is None and wide)):
        axes.set_yscale("log")


# ---------------------------------------------------------------- how it is drawn


def ground(f: Any, runs: list[Run], box: Any, levels: int) -> tuple["Figure", "Axes"]:
    """Contours, or the curve of one variable, with the box around the runs."""
    widths = {run.trace.x.reshape(len(run.trace.f), -1).shape[1] for run in runs}
    if widths not in ({1}, {2}):
        raise ValueError(f"traces: runs of {', '.join(map(str, sorted(widths)))} variables came; all of 1, or all of 2, can be drawn; see progress")
    box = around(runs) if box is None else box
    if widths == {2}:
        figure = contour(f, box, arrows=0, levels=levels, marks=False)
        return figure, figure.axes[0]
    figure, axes, _ = looked_at(function_of(f), box[0] if np.ndim(box) == 2 and len(box) == 1 else box)
    axes.lines[-1].set(color=style.GRAY, linewidth=2, label="_f")
    style.named(axes, x="x", y="f(x)")
    return figure, axes


def around(runs: list[Run]) -> list[tuple[float, float]]:
    """Where the runs were, but for what climbed away."""
    highest = max((run.trace.f[0] for run in runs if np.isfinite(run.trace.f[0])), default=np.inf)
    rows = np.concatenate([run.trace.x.reshape(len(run.trace.f), -1)[~(run.trace.f > highest)] for run in runs])
    rows = np.concatenate([rows, *(run.trace.x[:1].reshape(1, -1) for run in runs)])
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        raise ValueError("traces: no x of them is finite; a box, box=, is needed")
    low, high = rows.min(axis=0), rows.max(axis=0)
    widest = float((high - low).max())
    room = np.maximum(ROOM * (high - low), 0.3 * widest if widest > 0 else 1.0)
    return [(float(a), float(b)) for a, b in zip(low - room, high + room, strict=True)]


def axis_names(axes: "Axes") -> tuple[str, str]:
    return axes.get_xlabel(), axes.get_ylabel()


def thin(look: dict[str, Any], count: int) -> dict[str, Any]:
    return {**look, "linewidth": 1.6} if count <= FEW else {**look, "linewidth": 0.9, "alpha": 0.7}


def draw(axes: "Axes", run: Run) -> None:
    """The way, a ring at its start, and the mark of what was found at its end."""
    x, y = run.places.T
    axes.plot(x, y, **thin(run.look, 1), marker="." if len(x) <= EACH_STEP else None, path_effects=halo(), zorder=3)
    axes.plot(x[:1], y[:1], marker="o", markersize=9, fillstyle="none", color=run.look["color"], path_effects=halo(), zorder=3.5)
    mark = style.VERDICTS.get(run.trace.verdict, {"marker": "s"})["marker"]
    axes.plot(x[-1:], y[-1:], marker=mark, markersize=9, color=run.look["color"], markeredgecolor="white", linestyle="none", zorder=4)
