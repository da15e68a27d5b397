"""Calculus on the table of stencils: derivatives of functions by every method, with what is known of their error.

    derivative, gradient, ...      numbers, of any function
    compare, step_study            the methods side by side; the error over the step
    automatic                      exact, through plain NumPy code
    symbolic                       exact, of formulas, rule by rule
    functions, activations         fifteen functions and nine activations with their exact derivatives
    taylor, points                 series; tangents, stationary points, curvature

>>> from edgecalc import calculus
>>> calculus.derivative(lambda x: x**3, 2.0).value
12.0
>>> calculus.points.verdict([[4, -1], [-1, 6]])
'minimum'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgecalc.calculus import activations, automatic, functions, points, symbolic, taylor
    from edgecalc.calculus.comparison import compare, step_study
    from edgecalc.calculus.expression import Expression
    from edgecalc.calculus.fields import curl, directional, divergence, gradient, jacobian, laplacian, partial
    from edgecalc.calculus.gradients import gradient_of
    from edgecalc.calculus.hessians import hessian, mixed
    from edgecalc.calculus.numeric import Derivative, derivative

_ROOMS = ("activations", "automatic", "functions", "points", "symbolic", "taylor")
_FILES = {
    "comparison": ("compare", "step_study"),
    "expression": ("Expression",),
    "fields": ("curl", "directional", "divergence", "gradient", "jacobian", "laplacian", "partial"),
    "gradients": ("gradient_of",),
    "hessians": ("hessian", "mixed"),
    "numeric": ("Derivative", "derivative"),
}
_PLACES = {name: file for file, names in _FILES.items() for name in names}
__all__ = [
    "Derivative",
    "Expression",
    "activations",
    "automatic",
    "compare",
    "curl",
    "derivative",
    "directional",
    "divergence",
    "functions",
    "gradient",
    "gradient_of",
    "hessian",
    "jacobian",
    "laplacian",
    "mixed",
    "partial",
    "points",
    "step_study",
    "symbolic",
    "taylor",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"edgecalc.calculus.{name}")
    if name not in _PLACES:
        raise AttributeError(f"module 'edgecalc.calculus' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(f"edgecalc.calculus.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
