"""Functions of two variables: surfaces, planes, contours, fields; and what a network learns.

`f` takes its variables on the last axis, or is a formula such as "x^2 + y^2". `box` is a pair (low, high) for each variable,
or one pair for both.
"""

from collections.abc import Callable, Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgecalc.calculus import fields, probe
from edgecalc.calculus.points import CLOSE, StationaryPoint, place, stationary_points
from edgecalc.calculus.points import tangent_plane as plane_at
from edgecalc.core.arrays import whole
from edgecalc.errors import MissingExtra
from edgecalc.plots import style
from edgecalc.plots.curves import around
from edgecalc.plots.samples import facets, finite, grid, levels_of, name_of, rectangle, surface_of, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["contour", "curvature", "gradient_field", "losses", "neuron_plane", "surface", "tangent_plane", "turned"]

FACETS = 81  # samples along each side of a surface in space
FIELD = ("x*exp(-x^2 - y^2)", (-2.0, 2.0))  # the course's
FLAT = 1e-7  # of the heights over the box's side squared: curvature below this is rounding
SLENDER = 3.0  # sides of a box up to this ratio are drawn to one scale
FEW = 4  # stationary points of one kind that the legend tells one by one
FEW_LOSSES = 30  # up to which each is marked
WIDE_RANGE = 20.0  # losses beyond this ratio need a logarithmic axis
ARROWS: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1.0, "pivot": "mid", "units": "inches", "width": 0.022}
SYMBOLS = {"minimum": "diamond", "maximum": "circle", "saddle": "square", "undecided": "circle-open"}  # plotly has few in space


class Ground(NamedTuple):
    """What is drawn: the function, what its variables are called, and where it is looked at."""

    f: Callable
    names: tuple[str, str]
    box: np.ndarray
    title: str

    @property
    def height(self) -> str:
        return f"f({', '.join(self.names)})"

    @property
    def sides(self) -> np.ndarray:
        return self.box[:, 1] - self.box[:, 0]

    def lattice(self, count: int) -> np.ndarray:
        """Points (count, count, 2) in the middle of as many cells."""
        edges = [np.linspace(low, high, count + 1) for low, high in self.box]
        return np.stack(np.meshgrid(*((edge[1:] + edge[:-1]) / 2 for edge in edges)), axis=-1)


def ground(f: Any, box: Any) -> Ground:
    function, names = surface_of(f)
    return Ground(function, names, rectangle(box), name_of(f))


# ---------------------------------------------------------------- in space


def surface(f: Callable | str, box: Any, *, marks: bool = True) -> "Figure":
    """The surface z = f(x, y), with its stationary points marked by what they are unless marks=False.

    >>> figure = surface("x^2 + y^2", (-2, 2))
    >>> figure.axes[0].get_legend_handles_labels()[1]
    ['minimum 0 at (0, 0)']
    """
    at = ground(f, box)
    figure, axes = space(at, at.title)
    paint(axes, at)
    for mark in marks_of(at) if marks else []:
        axes.plot(*mark.places.T, mark.heights, **mark.look, label=mark.words)
    style.legend_below(figure, 2)
    return figure


def tangent_plane(f: Callable | str, point: Any, *, box: Any = None) -> "Figure":
    """The surface z = f(x, y) with the plane that touches it at a point.

    >>> tangent_plane("x^2 + y^2", [2.0, 4.0]).axes[0].get_title()
    'Tangent plane of x^2 + y^2 at (2, 4): height 20, slopes 4 and 8'
    """
    function, _ = surface_of(f)
    if len(place(point, "point")) != 2:
        raise ValueError(f"point: {point!r} came; two numbers are accepted")
    touching = plane_at(function, point)
    at = ground(f, [around(each) for each in touching.point] if box is None else box)
    size = at.sides / 4
    middle = np.stack([np.maximum(touching.point - size, at.box[:, 0]), np.minimum(touching.point + size, at.box[:, 1])], axis=-1)
    x, y = touching.point
    slopes = " and ".join(told(slope) for slope in touching.slopes)
    figure, axes = space(at, f"Tangent plane of {at.title} at ({x:g}, {y:g}): height {told(touching.value)}, slopes {slopes}")
    corners = np.stack(np.meshgrid(*middle), axis=-1)
    paint(axes, at, touching(corners), alpha=0.6)
    axes.plot_wireframe(corners[..., 0], corners[..., 1], touching(corners), color=style.VERMILLION, linewidth=1.5)
    axes.plot_surface(corners[..., 0], corners[..., 1], touching(corners), color=style.ORANGE, alpha=0.5, label="tangent plane")
    axes.plot([x], [y], [touching.value], **style.DOT)
    return figure


def neuron_plane(neuron: Any, X: Any, T: Any) -> "Figure":
    """What a neuron of two inputs answers, as a surface over its data, and each sample's way to it.

    Parameters
    ----------
    neuron : Neuron, Network, callable, or three numbers
        One of edgecalc.neural, or what gives a number for each row of inputs; or a linear neuron's weights and bias (w1, w2, b).
    X, T : arrays of shape (n, 2) and (n,)
        Inputs and targets.

    >>> figure = neuron_plane([0.37, 0.57, 0.1], [[0.0, 0.0], [1.0, 1.0]], [0.0, 1.0])
    >>> figure.axes[0].get_title()
    'The neuron over its 2 samples: mean squared error 0.0058'
    """
    inputs, targets = samples(X, T)
    answer = answer_of(neuron)
    margin = 0.1 * np.ptp(inputs, axis=0) + 0.1
    at = Ground(answer, ("x1", "x2"), np.stack([inputs.min(axis=0) - margin, inputs.max(axis=0) + margin], axis=-1), "")
    answers = answer(inputs)
    squared = np.mean((answers - targets) ** 2)
    error = f"loss {neuron.value(X, T):.4g}" if hasattr(neuron, "value") else f"mean squared error {squared:.4g}"
    count = len(targets)
    figure, axes = space(at, f"The neuron over its {count} sample{'s' if count > 1 else ''}: {error}", "output")
    paint(axes, at, targets, alpha=0.5)
    for each, target, reached in zip(inputs, targets, answers, strict=True):
        axes.plot([each[0]] * 2, [each[1]] * 2, [target, reached], color=style.GRAY, linewidth=0.8)
    axes.plot(*inputs.T, targets, **style.DOT, label="samples")
    style.legend_below(figure, 2)
    return figure


def samples(X: Any, T: Any) -> tuple[np.ndarray, np.ndarray]:
    inputs, targets = probe.points(X, "X"), probe.points(T, "T")
    if inputs.ndim != 2 or inputs.shape[1] != 2 or not len(inputs) or not np.isfinite(inputs).all():
        raise ValueError(f"X: shape {inputs.shape} came; finite rows of two inputs are accepted")
    if targets.size != len(inputs) or not np.isfinite(targets).all():
        raise ValueError(f"T: shape {targets.shape} came for {len(inputs)} rows of X; one finite target for each is accepted")
    return inputs, targets.reshape(-1)


def answer_of(neuron: Any) -> Callable:
    """A function of points on the last axis."""
    call = getattr(neuron, "predict", neuron)
    if not callable(call):
        weights = probe.points(neuron, "neuron").reshape(-1)
        if weights.shape != (3,) or not np.isfinite(weights).all():
            raise ValueError(f"neuron: {neuron!r} came; a neuron, a function of rows of two inputs, or two weights and a bias, is accepted")
        return lambda p: p @ weights[:2] + weights[2]

    def answer(p: np.ndarray) -> np.ndarray:
        values = np.asarray(call(p.reshape(-1, 2)))
        if values.size != p.size // 2:
            raise ValueError(f"neuron: it gave shape {values.shape} for {p.size // 2} rows of two inputs; one number for each is accepted")
        return values.reshape(p.shape[:-1])

    return answer


def space(at: Ground, title: str, height: str = "") -> tuple["Figure", Any]:
    """An empty frame in space; what is drawn later covers what was drawn before."""
    figure = style.figure(7, 6)
    axes: Any = figure.add_subplot(projection="3d", computed_zorder=False)
    axes.set(xlim=at.box[0], ylim=at.box[1], zlabel=height or at.height)
    axes.view_init(30, -60)
    axes.zaxis.labelpad = 8
    style.named(axes, title, *at.names, frame=True)
    return figure, axes


def paint(axes: Any, at: Ground, keep: Any = (), alpha: float = 0.9) -> None:
    """The surface in facets, in a frame that holds the heights to keep as well."""
    from matplotlib import colormaps
    from matplotlib.colors import Normalize
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    seen = grid(at.f, at.box, FACETS)
    pieces = facets(at.f, seen)
    low, high = np.nanmin(seen.z), np.nanmax(seen.z)
    colours = colormaps[style.FIELD](Normalize(low, high)(pieces[..., 2].mean(axis=1)), alpha=alpha)
    axes.add_collection3d(Poly3DCollection(pieces, facecolors=colours, edgecolors=colours, linewidths=0.3, zorder=1, rasterized=True))
    low, high = np.min([low, *np.ravel(keep)]), np.max([high, *np.ravel(keep)])
    axes.set_zlim(*((low, high) if low < high else (low - 1, high + 1)))


class Mark(NamedTuple):
    """Stationary points of one kind: what the legend says, how they look, where they are."""

    words: str
    verdict: str
    look: dict[str, Any]
    places: np.ndarray
    heights: np.ndarray


def marks_of(at: Ground) -> list[Mark]:
    with np.errstate(all="ignore"):  # where f is huge
        found = stationary_points(at.f, at.box)
    kinds = [
        (verdict, alone, [p for p in found if (p.verdict, p.isolated) == (verdict, alone)]) for verdict in style.VERDICTS for alone in (True, False)
    ]
    return [
        Mark(
            words(some, verdict, alone, at.sides),
            verdict,
            {**style.VERDICTS[verdict], "markersize": 9, "markeredgecolor": "white", "zorder": 4, "linestyle": "none"},
            np.array([each.point for each in some]),
            np.array([each.value for each in some]),
        )
        for verdict, alone, some in kinds
        if some
    ]


def words(points: list[StationaryPoint], verdict: str, isolated: bool, sides: np.ndarray) -> str:
    """One line for each of a few points; the number of many."""
    if not isolated:
        return f"{verdict}: one of a whole set"
    if len(points) > FEW:
        return f"{verdict}: {len(points)} of them"
    places = [", ".join(map(told, each.point, CLOSE * sides)) for each in points]
    return "\n".join(f"{verdict} {told(each.value)} at ({where})" for each, where in zip(points, places, strict=True))


def turned(f: Callable | str, box: Any, *, marks: bool = True, out: str | PathLike[str] | None = None) -> Any:
    """The surface to turn by hand, as a plotly figure; with `out` also written as a web page that needs no network.

    >>> [trace.name for trace in turned("x^2 + y^2", (-2, 2)).data]
    ['x^2 + y^2', 'minimum 0 at (0, 0)']
    """
    try:
        import plotly.graph_objects as plotly
    except ImportError:
        raise MissingExtra("plotly", "plots") from None
    if out is not None and not fspath(out).lower().endswith((".html", ".htm")):
        raise ValueError(f"out: {fspath(out)!r} came; a name that ends in .html is accepted")
    at = ground(f, box)
    seen = grid(at.f, at.box)
    figure = plotly.Figure(plotly.Surface(x=seen.x, y=seen.y, z=seen.z, colorscale=style.FIELD, name=at.title, colorbar={"title": at.height}))
    for mark in marks_of(at) if marks else []:
        figure.add_scatter3d(
            x=mark.places[:, 0], y=mark.places[:, 1], z=mark.heights, name=mark.words.replace("\n", "<br>"), mode="markers",
            marker={"color": mark.look["color"], "size": 6, "symbol": SYMBOLS[mark.verdict], "line": {"color": "white", "width": 1}},
        )  # fmt: skip
    axes: dict[str, Any] = {f"{axis}axis": {"title": name} for axis, name in zip("xyz", (*at.names, at.height), strict=True)}
    axes["camera"] = {"eye": {"x": 1.5, "y": -1.7, "z": 1.1}}
    figure.update_layout(title=at.title, scene=axes, legend={"x": 0, "y": 1}, margin={"l": 0, "r": 0, "b": 0})
    if out is not None:
        figure.write_html(fspath(out), include_plotlyjs=True, default_height="95vh")
    return figure


# ---------------------------------------------------------------- from above


def contour(f: Callable | str, box: Any, *, arrows: int = 12, levels: int = 14, marks: bool = True) -> "Figure":
    """Lines of equal height, with arrows down the steepest way: the negative gradient, as long as the root of its size.

    `arrows` of them along each side, 0 for none; stationary points are marked by what they are.

    >>> contour("x^2 + y^2", (-2, 2)).axes[0].get_title()
    'x^2 + y^2: contours, and arrows downhill'
    """
    at, arrows, levels = ground(f, box), whole(arrows, "arrows", 0, 100), whole(levels, "levels", 2, 100)
    seen = grid(at.f, at.box)
    figure, axes = plan(at, f"{at.title}: contours" + (", and arrows downhill" if arrows else ""))
    if np.nanmin(seen.z) < np.nanmax(seen.z):
        from matplotlib.colors import BoundaryNorm

        steps = levels_of(seen.z, levels)
        filled = axes.contourf(seen.x, seen.y, seen.z, steps, cmap=style.FIELD, norm=BoundaryNorm(steps, 256), alpha=0.75)
        axes.contour(seen.x, seen.y, seen.z, steps, colors=style.GRAY, linewidths=0.6)
        figure.colorbar(filled, label=at.height, format="%.4g")
    if arrows:
        places = at.lattice(arrows)
        slopes, size = slopes_at(at, places)
        down = -slopes / np.sqrt(np.where(size > 0, size, 1.0))[..., None]
        draw_arrows(axes, at, places, down, color="white", edgecolor=style.GRAY, linewidth=0.4)
    for mark in marks_of(at) if marks else []:
        axes.plot(*mark.places.T, **mark.look, label=mark.words)
    style.legend_below(figure, 2)
    return figure


def gradient_field(f: Callable | str = FIELD[0], box: Any = FIELD[1], *, count: int = 17) -> "Figure":
    """The gradient as arrows, coloured by its size.

    >>> gradient_field().axes[0].get_title()
    'Gradient of x*exp(-x^2 - y^2)'
    """
    at = ground(f, box)
    places = at.lattice(whole(count, "count", 2, 100))
    slopes, size = slopes_at(at, places)
    figure, axes = plan(at, f"Gradient of {at.title}")
    field = draw_arrows(axes, at, places, slopes, size, cmap=style.FIELD)
    figure.colorbar(field, label="size of the gradient")
    return figure


def curvature(f: Callable | str, box: Any) -> "Figure":
    """How f bends: f_xx + f_yy over the box, red where f lies in a hollow, blue where it is a hill, and how much its size adds up to.

    >>> curvature("x^2 + y^2", (-1, 1)).axes[0].get_title()
    'Curvature of x^2 + y^2: its size adds up to 16'
    """
    at = ground(f, box)
    places = at.lattice(100)
    with np.errstate(all="ignore"):
        bend = finite(fields.laplacian(at.f, places))
    if np.isnan(bend).all():
        raise ValueError(f"f: it has no second derivative that can be drawn in the box {box!r}; a box in which it has one is accepted")
    seen = grid(at.f, at.box)
    bend[np.abs(bend) < FLAT * np.ptp(seen.z[np.isfinite(seen.z)]) / at.sides.min() ** 2] = 0.0
    total = np.nanmean(np.abs(bend)) * np.prod(at.sides)
    figure, axes = plan(at, f"Curvature of {at.title}: its size adds up to {total:.4g}")
    most = float(np.nanpercentile(np.abs(bend), 99)) or 1.0
    sheet = axes.pcolormesh(places[0, :, 0], places[:, 0, 1], bend, cmap=style.SIGNED, vmin=-most, vmax=most, shading="nearest", rasterized=True)
    if np.nanmin(bend) < 0 < np.nanmax(bend):
        axes.contour(places[0, :, 0], places[:, 0, 1], bend, [0.0], colors=style.GRAY, linewidths=0.8)
    first, second = at.names
    label = f"$f_{{{first}{first}}} + f_{{{second}{second}}}$: hills < 0 < hollows"
    figure.colorbar(sheet, label=label, format="%.4g", ticks=np.linspace(-most, most, 5))
    return figure


def plan(at: Ground, title: str) -> tuple["Figure", "Axes"]:
    """The box from above, to one scale unless it is slender; a wide one in a lower figure."""
    slender = max(at.sides) / min(at.sides) > SLENDER
    figure = style.figure(6.6, max(2.8, 1.0 + 4.4 * (1.0 if slender else min(1.0, at.sides[1] / at.sides[0]))))
    figure.set_layout_engine("compressed")
    axes = figure.subplots()
    axes.set(xlim=at.box[0], ylim=at.box[1], aspect="auto" if slender else "equal")
    return figure, style.named(axes, title, *at.names, frame=True)


def slopes_at(at: Ground, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradient and its size, NaN where there is none or none that can be drawn."""
    with np.errstate(all="ignore"):
        slopes = finite(fields.gradient(at.f, places))
    return slopes, np.linalg.norm(slopes, axis=-1)


def draw_arrows(axes: "Axes", at: Ground, places: np.ndarray, ways: np.ndarray, *colour: np.ndarray, **look: Any) -> Any:
    """The longest a little longer than the arrows are apart."""
    apart = 1.4 * at.sides / len(places)
    reach = np.nanmax(np.abs(ways / apart), initial=0.0) or 1.0
    known = np.isfinite(ways).all(axis=-1)
    spots, ways = places[known], ways[known] / reach
    return axes.quiver(*spots.T, *ways.T, *(each[known] for each in colour), **ARROWS, **look)


# ---------------------------------------------------------------- learning


def losses(runs: Any, *, log: bool | None = None) -> "Figure":
    """Losses over iterations: of one run, or of several by their names; on a logarithmic axis where they span much.

    Parameters
    ----------
    runs : numbers, a Trace, or a mapping of names to such
    log : bool, optional
        None looks at the losses.

    >>> figure = losses({"slow": [1.0, 0.9, 0.8], "fast": [1.0, 0.1, 0.01]})
    >>> figure.axes[0].get_yscale(), figure.axes[0].get_legend_handles_labels()[1]
    ('log', ['slow: 0.8', 'fast: 0.01'])
    """
    named = runs if isinstance(runs, Mapping) else {"loss": runs}
    if not named:
        raise ValueError("runs: none came; numbers, a Trace, or a mapping of names to such, is accepted")
    rows = {str(name): loss_of(run, name) for name, run in named.items()}
    known = np.concatenate([loss[np.isfinite(loss)] for _, loss in rows.values()])
    figure = style.figure()
    axes = figure.subplots()
    for k, (name, (iterations, loss)) in enumerate(rows.items()):
        axes.plot(iterations, finite(loss), **style.line(k), marker="." if len(loss) <= FEW_LOSSES else None, label=f"{name}: {loss[-1]:.6g}")
    if (bool(known.size) and known.min() > 0 and known.max() > WIDE_RANGE * known.min()) if log is None else log:
        axes.set_yscale("log")
    axes.locator_params(axis="x", integer=True)
    style.named(axes, "Loss over iterations; the last in the legend", "iteration", "loss")
    style.legend(axes)
    return figure


def loss_of(run: Any, name: Any) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the iterations, and the losses."""
    loss = probe.points(getattr(run, "f", run), f"runs[{name!r}]")
    if loss.ndim != 1 or not loss.size:
        raise ValueError(f"runs[{name!r}]: shape {loss.shape} came; the losses of one run, one for each iteration, are accepted")
    return np.asarray(getattr(run, "iterations", np.arange(len(loss)))), loss
