"""Pictures of functions, surfaces, descents and edges, drawn with matplotlib; what one turns by hand, with plotly.

    curves       functions with tangents, secants and derivatives; series, step sizes, Newton's tangents
    surfaces     functions of two variables: surfaces, planes, contours, fields, maps; neurons and losses
    descent      paths over a contour, progress, animations
    edges        an image with its derivatives; kernels, borders, thresholds

Each function gives a matplotlib Figure, made without pyplot: nothing pops up, nothing is kept, no setting is changed.
`figure.savefig("name.png")` writes it; a notebook shows it at the end of a cell, `figure.show()` within one. Needs the extra `plots`.

>>> from edgecalc import plots
>>> plots.curves.tangent("x^2", 1.0).axes[0].get_title()
'Tangent of x^2 at x = 1: slope 2'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgecalc.plots import curves, descent, edges, surfaces

__all__ = ["curves", "descent", "edges", "surfaces"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'edgecalc.plots' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return import_module(f"edgecalc.plots.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
