"""edgecalc: edges in images, and the calculus behind them, from one table of finite-difference stencils.

>>> import edgecalc as ec, numpy as np
>>> ec.sobel(np.array([[0, 1, 2]] * 3, np.uint8))[1]
array([0, 8, 0], dtype=int16)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from edgecalc.filters.difference import backward, central, differentiate, forward
from edgecalc.filters.operators import Gradient, Polar, farid, gradient, magnitude, orientation, polar, prewitt, roberts, scharr, sobel

if TYPE_CHECKING:
    from edgecalc import reference, stencils

__version__ = "0.1.0"
__all__ = [
    "Gradient",
    "Polar",
    "backward",
    "central",
    "differentiate",
    "farid",
    "forward",
    "gradient",
    "magnitude",
    "orientation",
    "polar",
    "prewitt",
    "reference",
    "roberts",
    "scharr",
    "sobel",
    "stencils",
]


def __getattr__(name: str) -> Any:
    """Rooms that most programs do not enter are imported when they are."""
    if name in ("reference", "stencils"):
        return import_module(f"edgecalc.{name}")
    raise AttributeError(f"module 'edgecalc' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
