"""How all pictures look: sizes, colours, line styles, names of axes. The one place for it.

Lines differ in colour (Okabe and Ito's, which colour-blind people tell apart), in style and in lightness, so that they can be
told apart in gray too. No line is black or white: a caller's dark style keeps them all in sight.
"""

from textwrap import fill
from typing import TYPE_CHECKING, Any

from edgecalc.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9"
GRAY = "0.5"
LINES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-"},
    {"color": VERMILLION, "linestyle": "--"},
    {"color": GREEN, "linestyle": "-."},
    {"color": ORANGE, "linestyle": (0, (2, 1))},
    {"color": PURPLE, "linestyle": (0, (8, 2))},
    {"color": SKY, "linestyle": (0, (4, 1, 1, 1, 1, 1))},
)
GUIDE: dict[str, Any] = {"color": GRAY, "linewidth": 0.8, "zorder": 0.5}  # zero lines, asymptotes
DOT: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 6, "color": VERMILLION, "zorder": 3}
VERDICTS: dict[str, dict[str, Any]] = {  # of stationary points
    "minimum": {"marker": "v", "color": SKY},
    "maximum": {"marker": "^", "color": VERMILLION},
    "saddle": {"marker": "X", "color": ORANGE},
    "undecided": {"marker": "o", "color": PURPLE},
}
FIELD = "viridis"  # heights
SIGNED = "RdBu_r"  # around 0
TITLE, SMALL = 11, 8.5  # points
LETTERS = 9  # of a title, an inch
WIDTH, HEIGHT = 6.4, 4.4  # inches, of one pair of axes


def figure(width: float = WIDTH, height: float = HEIGHT) -> "Figure":
    """An empty one that pyplot does not know, and whose parts make room for each other.

    >>> figure(3.0, 2.0).get_size_inches()
    array([3., 2.])
    """
    try:
        from edgecalc.plots.picture import Picture
    except ImportError:
        raise MissingExtra("matplotlib", "plots") from None
    return Picture(figsize=(width, height), layout="constrained")


def line(k: int) -> dict[str, Any]:
    """The look of the k-th line in a picture.

    >>> line(1)
    {'color': '#D55E00', 'linestyle': '--'}
    """
    return dict(LINES[k % len(LINES)])


def named(axes: "Axes", title: str = "", x: str = "", y: str = "", *, frame: bool = False) -> "Axes":
    """Title and names of axes; without `frame` no line above and to the right of curves. A long title takes several lines."""
    axes.set_title(wrapped(title, axes.get_figure(root=True)), fontsize=TITLE)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if not frame:
        axes.spines[["top", "right"]].set_visible(False)
    return axes


def headed(figure: "Figure", title: str) -> None:
    """A title over all axes."""
    figure.suptitle(wrapped(title, figure), fontsize=TITLE)


def wrapped(title: str, figure: Any) -> str:
    width = int(LETTERS * figure.get_size_inches()[0])
    return "\n".join(fill(part, width) for part in title.split("\n"))


def legend(axes: "Axes", **where: Any) -> None:
    """Small, over a ground that lets the lines through; nothing where no name is."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(**{"fontsize": SMALL, "framealpha": 0.7, **where})


def legend_below(figure: "Figure", columns: int) -> None:
    """One for all axes, outside of them, with the names of the first."""
    handles, names = figure.axes[0].get_legend_handles_labels()
    if names:
        figure.legend(handles, names, loc="outside lower center", ncols=columns, frameon=False, fontsize=SMALL)
