"""An image and its derivatives drawn: panels, one row as a function, arrows, Canny's steps, thresholds, operators and scales side by side;
kernels and borders drawn without an image.

Images are gray, or colour of which the luma is taken.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edgecalc import stencils
from edgecalc.core import arrays
from edgecalc.core.slide import apply
from edgecalc.filters.canny import canny
from edgecalc.filters.gaussian import gaussian, gaussian_derivative
from edgecalc.filters.operators import PAIRED, gradient, magnitude
from edgecalc.filters.thresholds import METHODS, canny_auto
from edgecalc.plots import style
from edgecalc.plots.sheet import SLOPE, beside, brightest, pixels, plain, rose, sheet, shown, span, two_colours, wheel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["arrows", "borders", "canny_stages", "kernels", "operators", "panels", "row_profile", "scales", "thresholds"]

SAME_SIZE = tuple(border for border in arrays.BORDERS if border != "valid")
EACH_PIXEL = 80  # columns, up to which every pixel has its dot
ARROWS = 28  # along the longer side
NUMBERED = 11  # cells, up to which a kernel's weights are written into them
KERNELS = {**stencils.OPERATORS, **{f"roberts {name}": each for name, each in stencils.ROBERTS.items()}, "laplacian": stencils.laplacian()}
LETTERS, OUTSIDE = "abcde", 4  # the pixels of a drawn border, and how many are drawn beyond either side
BORDERS = {
    "reflect": "mirrored at the last pixel, which stands once",
    "symmetric": "mirrored behind the last pixel, which stands twice",
    "edge": "the last pixel again and again",
    "wrap": "the other side, as if the image came round",
    "constant": "a number of one's own, k: cval=",
    "blank": "nothing: the result is 0 where the kernel leaves the image",
    "valid": "nothing: the result is smaller, only where the kernel fits",
    "one-sided": "nothing: at the ends, differences look inwards",
}


def panels(image, operator="sobel", *, low=None, high=None, border="reflect") -> "Figure":
    """What an operator sees: the image, both derivatives, their length and direction, and Canny's edges.

    Derivatives are drawn at unit slope, in gray values a pixel. The direction, of steepest ascent, is a colour of the wheel
    beside it, the stronger the gradient the further out.

    Parameters
    ----------
    image : array
        Gray, or colour of which the luma is taken.
    operator : str
        "sobel", "scharr", "prewitt", "farid", "central", "forward" or "backward".
    low, high : float, optional
        Canny's thresholds; by default those of `canny_auto`.
    border : str
        What stands beyond the sides, see `edgecalc.sobel`.

    >>> [axes.get_title() for axes in panels(np.eye(9)).axes][:3]
    ['image', 'sobel along x', 'sobel along y']
    """
    arrays.one_of(operator, stencils.OPERATORS, "operator")
    arrays.one_of(border, SAME_SIZE, "border")
    if (low is None) != (high is None):
        raise ValueError(f"low, high: {low!r} and {high!r} came; both numbers, or neither, are accepted")
    gray = pixels(image)
    x, y = gradient(gray, operator, border=border, normalize=True, dtype=np.float64)
    edges, low, high = canny_auto(gray) if low is None else (canny(gray, low, high), low, high)
    figure, places = sheet(2, 3, gray)
    length = np.hypot(x, y)
    limit = brightest(length)
    plain(places[0], gray)
    signed: dict[str, Any] = {"cmap": style.SIGNED, "vmin": -limit, "vmax": limit}
    shown(places[1], x, f"{operator} along x", **signed)
    beside(figure, shown(places[2], y, f"{operator} along y", **signed), places[2])
    shown(places[3], edges, f"Canny, {low:.4g} to {high:.4g}", vmin=0, vmax=255)
    shown(places[4], wheel(x / limit, y / limit), "direction, from dark to bright")
    rose(places[4])
    beside(figure, shown(places[5], length, "length of the gradient", cmap=style.FIELD, vmin=0, vmax=limit), places[5])
    return figure


def row_profile(image, row, *, operator="central", columns=None, border="reflect") -> "Figure":
    """One row of the image as a function of the column, over its derivative, column under column.

    The steepest place is marked in all three.

    Parameters
    ----------
    image : array
        Gray, or colour of which the luma is taken.
    row : int
        Which; negative counts from below.
    operator : str
        The derivative, at unit slope: "central", "sobel", ...
    columns : (first, last), optional
        Only these, `last` excluded.
    border : str
        What stands beyond the sides, see `edgecalc.sobel`.

    >>> figure = row_profile(np.array([[32, 30, 45, 36, 160, 156, 155, 170]], np.uint8), 0)
    >>> figure.axes[2].lines[0].get_ydata()[4]
    np.float64(60.0)
    """
    arrays.one_of(operator, stencils.OPERATORS, "operator")
    arrays.one_of(border, SAME_SIZE, "border")
    gray = pixels(image)
    height, width = gray.shape
    if arrays.whole(row, "row", -height, height - 1) < 0:
        row += height
    first, last = (0, width) if columns is None else interval(columns, width)
    slopes = gradient(gray, operator, border=border, normalize=True, dtype=np.float64).x[row, first:last]
    places, values = np.arange(first, last), gray[row, first:last].astype(np.float64)
    share = min(max(height / (last - first), 0.15), 0.6)
    figure = style.figure(7.6, 4.9 + 6.8 * share)
    above, middle, below = figure.subplots(3, 1, sharex=True, gridspec_kw={"height_ratios": (6.8 * share, 1.7, 1.7)})
    plain(above, gray, sharp=True)
    above.set_aspect("auto")
    reach = share * (last - first) / 2
    centre = min(max(row, reach - 0.5), max(height - 0.5 - reach, height / 2 - 0.5))
    above.set_ylim(centre + reach, centre - reach)
    above.axhline(row, color=style.VERMILLION, linewidth=1.2)
    style.named(above, f"row {row} of the image", y="row", frame=True)
    dots = "." if last - first <= EACH_PIXEL else None
    middle.plot(places, values, **style.line(0), marker=dots)
    below.plot(places, slopes, color=style.VERMILLION, marker=dots)
    below.axhline(0, **style.GUIDE)
    if np.isfinite(slopes).any():
        at = int(np.nanargmax(np.abs(slopes)))
        middle.plot(places[at], values[at], **style.DOT)
        below.plot(places[at], slopes[at], **style.DOT)
        for axes in (above, middle, below):
            axes.axvline(places[at], **{**style.GUIDE, "linestyle": ":", "zorder": 1.5})
        left = 2 * places[at] < first + last
        below.annotate(
            f"{slopes[at]:+.4g} at column {places[at]}", (places[at], slopes[at]), (7 if left else -7, -3),
            textcoords="offset points", fontsize=style.SMALL, ha="left" if left else "right",
        )  # fmt: skip
    style.named(middle, "its gray values", y="gray value")
    style.named(below, f"its derivative ({operator})", x="column", y=SLOPE)
    below.set_xlim(first - 0.5, last - 0.5)
    figure.align_ylabels([above, middle, below])
    return figure


def arrows(image, *, sigma=None) -> "Figure":
    """The gradient as arrows over the image: uphill, from dark to bright, the longer the steeper.

    Each arrow is the Gaussian derivative of its neighbourhood: `sigma` is its size in pixels, a third of the distance of two arrows by default.

    >>> arrows(np.tile(np.arange(32.0), (32, 1))).axes[0].get_title()
    'gradient, from dark to bright (sigma 0.667)'
    """
    gray = pixels(image)
    step = max(1, -(-max(gray.shape) // ARROWS))
    sigma = max(0.5, step / 3) if sigma is None else sigma
    x, y = (gaussian_derivative(gray, sigma, axis, dtype=np.float64) for axis in ("x", "y"))
    down, right = (np.arange((size - 1) % step // 2, size, step) for size in gray.shape)
    x, y = x[np.ix_(down, right)], y[np.ix_(down, right)]
    lengths = np.hypot(x, y)
    limit = brightest(lengths)
    seen = lengths > limit / 12
    figure, (axes,) = sheet(1, 1, gray, 2.2)
    plain(axes, gray, f"gradient, from dark to bright (sigma {sigma:.3g})", alpha=0.6)
    axes.quiver(
        *(grid[seen] for grid in np.meshgrid(right, down)), x[seen], y[seen],
        angles="xy", scale_units="xy", scale=limit / (1.6 * step), pivot="mid", color=style.VERMILLION, width=0.004,
    )  # fmt: skip
    axes.set_xlim(-0.5, gray.shape[1] - 0.5)
    axes.set_ylim(gray.shape[0] - 0.5, -0.5)
    return figure


def canny_stages(image, low, high, *, ksize=3, norm="l1", sigma=None, border="edge") -> "Figure":
    """Canny's steps: the gradient's direction and length, thinned, weak and strong pixels, and the edges that grow of them.

    The options are those of `edgecalc.canny`.

    >>> canny_stages(np.eye(9) * 90, 50, 100).axes[3].get_title()
    'thinned: longest across its edge'
    """
    gray = pixels(image)
    stages = canny(gray, low, high, ksize=ksize, norm=norm, sigma=sigma, border=border, return_stages=True)
    low, high = sorted((low, high))
    figure, places = sheet(2, 3, gray)
    limit = brightest(stages.gradient)
    strength = np.minimum(stages.gradient / limit, 1)
    ridge: dict[str, Any] = {"cmap": style.FIELD, "vmin": 0, "vmax": limit}
    plain(places[0], gray)
    shown(places[1], wheel(strength * np.cos(stages.orientation), strength * np.sin(stages.orientation)), "direction, from dark to bright")
    rose(places[1])
    beside(figure, shown(places[2], stages.gradient, "length of the gradient", **ridge), places[2], f"{norm} of sobel, ksize {ksize}")
    shown(places[3], stages.thinned, "thinned: longest across its edge", **ridge)
    shown(places[4], two_colours(stages.weak, stages.strong), f"weak > {low:g} (orange), strong > {high:g}")
    shown(places[5], stages.edges, "edges: strong, and weak that touch", vmin=0, vmax=255)
    return figure


def thresholds(image, pairs=None, *, ksize=3, norm="l1", sigma=None) -> "Figure":
    """Canny's edges for several pairs of thresholds, over the histogram of the gradient's lengths.

    `pairs` are (low, high); by default what the three methods of `edgecalc.canny_auto` choose.

    >>> thresholds(np.eye(9) * 90, [(50, 100), (100, 200)]).axes[1].get_title()
    '50 to 100: 22.2% edges'
    """
    gray = pixels(image)
    options: dict[str, Any] = {"ksize": ksize, "norm": norm, "sigma": sigma}
    if pairs is None:
        chosen = [(f"{name}, ", *canny_auto(gray, name, **options)[1:]) for name in METHODS]
    else:
        chosen = [("", *pair_of(pair)) for pair in (pairs if np.iterable(pairs) else [pairs])]
    if not 1 <= len(chosen) <= 6:
        raise ValueError(f"pairs: {len(chosen)} came; 1 to 6 pairs (low, high) are accepted")
    lengths = canny(gray, 0, 0, return_stages=True, **options).gradient
    figure, places = sheet(2, len(chosen), gray, head=2.2)
    top, places = places[0], places[1:]
    top.stairs(*np.histogram(lengths[np.isfinite(lengths)], 128), fill=True, color=style.GRAY)
    top.set_yscale("log")
    top.set_ylim(0.5, 10 * lengths.size)
    for k, (axes, (name, low, high)) in enumerate(zip(places, chosen, strict=True)):
        edges, look = canny(gray, low, high, **options), style.line(k)
        top.axvspan(low, high, ymin=0.94 - 0.08 * k, ymax=0.98 - 0.08 * k, color=look["color"], label=f"{name}{low:.4g} to {high:.4g}")
        top.axvline(high, **look, linewidth=1)
        shown(axes, edges, f"{name}{low:.4g} to {high:.4g}: {(edges != 0).mean():.1%} edges", vmin=0, vmax=255)
    style.named(top, "how many pixels have which length of the gradient", f"length of the gradient ({norm})", "pixels")
    style.legend(top, loc="upper right")
    return figure


def operators(image, names=PAIRED, *, border="reflect") -> "Figure":
    """The gradient's length by several operators side by side, at unit slope and in one scale; how much each lets through of noise.

    >>> operators(np.eye(9), ["sobel", "central"]).axes[1].get_title()
    'central: noise x 0.71'
    """
    arrays.one_of(border, SAME_SIZE, "border")
    gray, names = pixels(image), listed(names, "names", PAIRED)
    lengths = [magnitude(gray, name, dtype=np.float64, normalize=True, border=border) for name in names]
    columns = min(4, len(names))
    figure, places = sheet(-(-len(names) // columns), columns, gray)
    limit = max(map(brightest, lengths))
    for axes, name, length in zip(places, names, lengths, strict=False):
        gain = (stencils.ROBERTS["main"] if name == "roberts" else stencils.OPERATORS[name]).noise_gain
        drawn = shown(axes, length, f"{name}: noise x {gain:.2f}", cmap=style.FIELD, vmin=0, vmax=limit)
    for axes in places[len(names) :]:
        axes.remove()
    beside(figure, drawn, list(places[: len(names)]))
    return figure


def scales(image, sigmas: Sequence[float] = (1.0, 2.0, 4.0, 8.0)) -> "Figure":
    """The image seen ever more coarsely: smoothed by Gaussians, and below, where it then changes.

    The gradient is multiplied by sigma, which makes edges of every width comparable.

    >>> [axes.get_title() for axes in scales(np.eye(9), (1, 2)).axes[:2]]
    ['sigma 1', 'sigma 2']
    """
    gray = pixels(image)
    sigmas = list(sigmas) if np.iterable(sigmas) else [sigmas]
    if not 1 <= len(sigmas) <= 8:
        raise ValueError(f"sigmas: {len(sigmas)} came; 1 to 8 numbers above 0 are accepted")
    figure, places = sheet(2, len(sigmas), gray)
    lengths = [s * np.hypot(*(gaussian_derivative(gray, s, axis, dtype=np.float64) for axis in ("x", "y"))) for s in sigmas]
    limit = max(map(brightest, lengths))
    for k, (sigma, length) in enumerate(zip(sigmas, lengths, strict=True)):
        shown(places[k], gaussian(gray, sigma), f"sigma {sigma:g}", **span(gray))
        drawn = shown(places[k + len(sigmas)], length, f"{sigma:g} x length of the gradient", cmap=style.FIELD, vmin=0, vmax=limit)
    beside(figure, drawn, list(places[len(sigmas) :]))
    return figure


def kernels(*which) -> "Figure":
    """Operators as they are laid over the image: weights in cells, negative blue, positive red; the pixel itself has a frame.

    `which` are names, or operators of `edgecalc.stencils`; without any, those of 3x3 that are used most.

    >>> [axes.get_title() for axes in kernels("sobel", "laplacian").axes]
    ['sobel along x: noise x 0.43', 'sobel along y: noise x 0.43', 'laplacian: noise x 4.47']
    """
    drawn: list[tuple[str, np.ndarray, tuple[int, int]]] = []
    for each in which or ("central", "sobel", "scharr", "prewitt"):
        name, operator = (each.name, each) if isinstance(each, stencils.Operator) else (each, KERNELS[arrays.one_of(each, KERNELS, "which")])
        weights, (row, column) = operator.matrix()
        cells = np.array(weights, np.float64)
        faces = (
            [(" along x", cells, (row, column)), (" along y", cells.T, (column, row))] if operator.kind == "axis" else [("", cells, (row, column))]
        )
        drawn += [(f"{name}{axis}: noise x {operator.noise_gain:.2f}", face, itself) for axis, face, itself in faces]
    columns = min(4, len(drawn))
    figure, places = sheet(-(-len(drawn) // columns), columns, np.empty((3, 3)), 0.8)
    figure.set_figheight(figure.get_figheight() + 0.2)  # squares as wide as they may be would push the titles out
    for axes, each in zip(places, drawn, strict=False):
        kernel(axes, *each)
    for axes in places[len(drawn) :]:
        axes.remove()
    return figure


def kernel(axes: "Axes", title: str, cells: np.ndarray, itself: tuple[int, int]) -> None:
    from matplotlib.patches import Rectangle

    limit = np.abs(cells).max()
    shown(axes, cells, title, cmap=style.SIGNED, vmin=-1.6 * limit, vmax=1.6 * limit)
    axes.set_xticks(np.arange(0.5, cells.shape[1] - 1), minor=True)
    axes.set_yticks(np.arange(0.5, cells.shape[0] - 1), minor=True)
    axes.grid(which="minor", color=style.GRAY, linewidth=0.6)
    axes.tick_params(which="minor", length=0)
    axes.add_patch(Rectangle((itself[1] - 0.45, itself[0] - 0.45), 0.9, 0.9, fill=False, edgecolor=style.GREEN, linewidth=2))
    written = {place: f"{weight:.3g}".replace("-", "\N{MINUS SIGN}") for place, weight in np.ndenumerate(cells)}
    size = min(16, 250 / max(cells.shape) / max(map(len, written.values())))
    for (i, j), text in written.items() if max(cells.shape) <= NUMBERED else ():
        axes.text(j, i, text, ha="center", va="center", fontsize=size)


def borders() -> "Figure":
    """What stands beyond the sides of an image, for every border: read off the operators, not drawn by hand.

    >>> [text.get_text() for text in borders().axes[0].texts][:4]
    ['e', 'd', 'c', 'b']
    """
    inside = np.arange(1, len(LETTERS) + 1, dtype=np.uint8)
    figure = style.figure(9.6, 0.2 + 0.5 * len(BORDERS))
    from matplotlib.patches import Rectangle

    axes = figure.add_subplot()
    for row, (name, sentence) in enumerate(BORDERS.items()):
        beyond: tuple[list, list] = [None] * OUTSIDE, [None] * OUTSIDE
        if name not in ("blank", "valid", "one-sided"):
            beyond = read_at(inside, -OUTSIDE, name)[:OUTSIDE], read_at(inside, OUTSIDE, name)[-OUTSIDE:]
        for k, value in enumerate([*beyond[0], *inside, *beyond[1]], -OUTSIDE):
            within = 0 <= k < len(LETTERS)
            face = "none" if value is None else f"{0.55 + 0.08 * value:.2f}"
            axes.add_patch(Rectangle((k, row + 0.1), 1, 0.8, facecolor=face, edgecolor="0.2" if within else "0.7", linewidth=1, zorder=2 + within))
            if value is not None:
                axes.text(
                    k + 0.5,
                    row + 0.5,
                    ("k" + LETTERS)[value],
                    ha="center",
                    va="center",
                    color="black",
                    zorder=4,
                    weight="bold" if within else "normal",
                )
        axes.text(-OUTSIDE - 0.4, row + 0.5, name, ha="right", va="center", family="monospace")
        axes.text(len(LETTERS) + OUTSIDE + 0.4, row + 0.5, sentence, ha="left", va="center", fontsize=style.SMALL + 1)
    axes.set_xlim(-OUTSIDE - 3, len(LETTERS) + OUTSIDE + 13)
    axes.set_ylim(len(BORDERS), 0)
    axes.set_axis_off()
    return figure


# ---------------------------------------------------------------- what comes in


def interval(columns: Any, width: int) -> tuple[int, int]:
    try:
        first, last = columns
    except (TypeError, ValueError):
        raise ValueError(f"columns: {columns!r} came; a pair (first, last) is accepted") from None
    first = arrays.whole(first, "columns", 0, width - 1)
    return first, arrays.whole(last, "columns", first + 1, width)


def pair_of(pair: Any) -> tuple[float, float]:
    if not np.iterable(pair) or len(tuple(pair)) != 2:
        raise ValueError(f"pairs: {pair!r} came; pairs (low, high) are accepted")
    low, high = sorted(arrays.number(value, "pairs", 0) for value in pair)
    return low, high


def listed(names: Any, what: str, accepted: Any) -> list[str]:
    """One name or several, each an accepted one."""
    names = [names] if isinstance(names, str) else list(names)
    if not names:
        raise ValueError(f"{what}: none came; one or more of {', '.join(accepted)} are accepted")
    return [arrays.one_of(name, accepted, what) for name in names]


def read_at(samples: np.ndarray, shift: int, border: str) -> list[int]:
    """What an operator reads `shift` samples further on."""
    further = stencils.separable("shift", stencils.HERE.at(shift))
    return apply(((further, "x"),), samples, "each", (border, 0, False, None, None)).tolist()
