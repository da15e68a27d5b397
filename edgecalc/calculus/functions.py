"""The fifteen functions of the course, each with its exact first and second derivative, its domain and where it breaks.

    name      formula        derivative            second derivative        domain     breaks
    x^2       x^2            2x                    2                        all
    sqrt      sqrt(x)        1/(2 sqrt(x))         -1/(4 x sqrt(x))         x >= 0     0   vertical tangent
    1/x       1/x            -1/x^2                2/x^3                    x != 0     0   pole
    |x|       |x|            -1 or 1               0                        all        0   corner

Outside its domain a function is NaN, at a corner its derivatives are, at a vertical tangent they are infinite. Nothing warns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from math import inf, log
from types import MappingProxyType
from typing import Any

import numpy as np

from edgecalc.calculus import activations
from edgecalc.calculus.activations import real_array, result
from edgecalc.calculus.probe import BadResult, Probe

FORMS = ("call", "derivative", "second")


@dataclass(frozen=True)
class Function:
    """A row; calling it calls `call`. All three take arrays of any shape and keep float32.

    `domain` is the interval outside of which it is NaN. At the points of `breaks` it has no derivative.

    >>> sine = FUNCTIONS["sin"]
    >>> sine(0.0), sine.derivative(0.0)
    (np.float64(0.0), np.float64(1.0))
    >>> FUNCTIONS["ln"]([-1.0, 0.0, 1.0])
    array([nan, nan,  0.])
    """

    name: str
    formula: str
    call: Callable
    derivative: Callable
    second: Callable
    domain: tuple[float, float] = (-inf, inf)
    breaks: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        low, high = self.domain
        if not low < high:
            raise ValueError(f"domain: {self.domain} came; low below high is accepted")
        if any(not low <= place <= high for place in self.breaks):
            raise ValueError(f"breaks: {self.breaks} came; places within the domain {self.domain} are accepted")

    def __call__(self, x: Any) -> Any:
        return self.call(x)


def real(formula: Callable, accepts: Callable | None = None) -> Callable:
    """`formula` of float64 for real numbers of any type and shape; NaN where `accepts` says no."""

    @wraps(formula)
    def call(x: Any) -> Any:
        at, dtype = real_array(x)
        with np.errstate(all="ignore"):
            values = np.asarray(formula(at))
            return result(values if accepts is None else np.where(accepts(at), values, np.nan), dtype)

    return call


def analytic(formula: Callable, accepts: Callable | None = None) -> Callable:
    """As `real`, and continued to complex numbers, where a complex step and a Taylor series look."""
    on_the_line = real(formula, accepts)

    @wraps(formula)
    def call(x: Any) -> Any:
        if np.iscomplexobj(x):
            with np.errstate(all="ignore"):
                return formula(np.asarray(x))
        return on_the_line(x)

    return call


def row(
    name: str,
    formula: str,
    call: Callable,
    derivative: Callable,
    second: Callable,
    domain: tuple[float, float] = (-inf, inf),
    breaks: tuple[float, ...] = (),
    accepts: Callable | None = None,
    wrap: Callable = analytic,
) -> Function:
    value, slope, bend = (named(wrap(form, accepts), name, which) for form, which in zip((call, derivative, second), FORMS, strict=True))
    return Function(name, formula, value, slope, bend, domain, breaks)


def named(call: Callable, name: str, which: str) -> Callable:
    call.__name__ = call.__qualname__ = name if which == "call" else f"{which} of {name}"
    return call


def not_negative(x: np.ndarray) -> np.ndarray:
    return x >= 0


def positive(x: np.ndarray) -> np.ndarray:
    return x > 0


def not_zero(x: np.ndarray) -> np.ndarray:
    return x != 0


def flat(x: np.ndarray) -> np.ndarray:
    """0 for each number, NaN for NaN."""
    return np.where(np.isnan(x), np.nan, 0.0)


def level(height: float) -> Callable:
    return lambda x: flat(x) + height


def torn(x: np.ndarray) -> np.ndarray:
    """The sign; NaN at 0."""
    return np.where(x == 0, np.nan, np.sign(x))


def flat_beside_zero(x: np.ndarray) -> np.ndarray:
    return np.where(x == 0, np.nan, flat(x))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(x / 2) if np.iscomplexobj(x) else activations.sigmoid(x)


def sigmoid_derivative(x: np.ndarray) -> np.ndarray:
    return 0.25 / np.cosh(x / 2) ** 2 if np.iscomplexobj(x) else activations.sigmoid_derivative(x)


def tanh_derivative(x: np.ndarray) -> np.ndarray:
    return 1 / np.cosh(x) ** 2 if np.iscomplexobj(x) else activations.tanh_derivative(x)


LN10 = log(10)
RIGHT = (0.0, inf)
ZERO = (0.0,)

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        each.name: each
        for each in (
            row("constant", "1", level(1.0), flat, flat),
            row("2x", "2x", lambda x: 2 * x, level(2.0), flat),
            row("x^2", "x^2", lambda x: x * x, lambda x: 2 * x, level(2.0)),
            row("x^3", "x^3", lambda x: x * x * x, lambda x: 3 * x * x, lambda x: 6 * x),
            row("1/x", "1/x", lambda x: 1 / x, lambda x: -1 / x / x, lambda x: 2 / x / x / x, breaks=ZERO, accepts=not_zero),
            row("sqrt", "sqrt(x)", np.sqrt, lambda x: 0.5 / np.sqrt(x), lambda x: -0.25 / np.sqrt(x) / x, RIGHT, ZERO, not_negative),
            row("e^x", "e^x", np.exp, np.exp, np.exp),
            row("ln", "ln(x)", np.log, lambda x: 1 / x, lambda x: -1 / x / x, RIGHT, ZERO, positive),
            row("log10", "log10(x)", np.log10, lambda x: 1 / x / LN10, lambda x: -1 / x / x / LN10, RIGHT, ZERO, positive),
            row("sin", "sin(x)", np.sin, np.cos, lambda x: -np.sin(x)),
            row("cos", "cos(x)", np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)),
            row("|x|", "|x|", np.abs, torn, flat_beside_zero, breaks=ZERO, wrap=real),
            row("sigmoid", "1/(1 + e^-x)", sigmoid, sigmoid_derivative, lambda x: -sigmoid_derivative(x) * np.tanh(x / 2)),
            row(
                "ReLU",
                "max(x, 0)",
                lambda x: np.maximum(x, 0.0),
                lambda x: np.heaviside(x, np.nan),
                flat_beside_zero,
                breaks=ZERO,
                wrap=real,
            ),
            row("tanh", "tanh(x)", np.tanh, tanh_derivative, lambda x: -2 * np.tanh(x) * tanh_derivative(x)),
        )
    }
)


def values_of(f: Callable, x: np.ndarray) -> np.ndarray:
    """f(x) as float64 of x's shape, at once or, where f is plain Python, one by one; an error that names f where it fails."""
    probe = Probe(f)
    try:
        return probe(x)
    except BadResult:
        raise
    except Exception as error:
        raise ValueError(f"f: it raised {type(error).__name__} ({error}); a function of one number or array is accepted") from error


def average_rate(f: Callable, x: Any, step: Any) -> Any:
    """(f(x + step) - f(x)) / step: the slope of the secant from x to x + step.

    Parameters
    ----------
    f : callable
        A row of FUNCTIONS, plain NumPy code, or a function of one number.
    x, step : number or array
        `step` may be negative, not 0. NaN where f is.

    >>> average_rate(FUNCTIONS["x^2"], 0.25, 1.25)
    np.float64(1.75)
    >>> average_rate(np.sqrt, [0.0, 1.0], 1.25)
    array([0.89442719, 0.4       ])
    """
    at, dtype = real_array(x)
    width, _ = real_array(step, "step")
    try:
        at, width = np.broadcast_arrays(at, width)
    except ValueError:
        raise ValueError(f"step: shape {width.shape} came; one number, or a shape that broadcasts with x's {at.shape}, is accepted") from None
    stays = ~np.isfinite(width) | (np.isfinite(at) & (at + width == at))
    if stays.any():
        raise ValueError(
            f"step: {width[stays].flat[0]} came for x = {at[stays].flat[0]}; finite steps above the spacing of floats there are accepted"
        )
    with np.errstate(all="ignore"):
        return result((values_of(f, at + width) - values_of(f, at)) / width, dtype)
