"""The same derivative by every method, side by side; and how the error of a difference depends on its step."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from edgecalc.calculus import numeric
from edgecalc.calculus.activations import number
from edgecalc.calculus.expression import Expression
from edgecalc.calculus.notebook import shown
from edgecalc.calculus.probe import points
from edgecalc.core.arrays import one_of

REFERENCES = ("symbolic", "automatic", "complex", "auto", "central")  # the first that has an answer
METHODS = ("forward", "central", "auto", "complex", "automatic", "symbolic")


class Way(NamedTuple):
    """One method's answer, or why it has none."""

    method: str
    value: np.ndarray | None
    error: float  # largest difference from the reference, over its largest size
    seconds: float
    worst: float  # where that is, or where one of both has no number
    missing: int = 0  # points at which the reference has a number and this one none
    reason: str = ""


@dataclass(frozen=True)
class Comparison:
    formula: str
    reference: str
    ways: tuple[Way, ...]

    def table(self) -> str:
        lines = [f"{'method':10} {'error':>9} {'ms':>9}  value   (errors against {self.reference}, over its largest size)"]
        for way in self.ways:
            if way.value is None:
                lines.append(f"{way.method:10} {'-':>9} {'-':>9}  {way.reason}")
            else:
                answer = f"{way.value.flat[0]:.15g}" if way.value.size == 1 else f"{way.value.size} points, worst at {way.worst:.6g}"
                answer += f", {way.missing} without an answer" if way.missing else ""
                lines.append(f"{way.method:10} {way.error:9.1e} {way.seconds * 1e3:9.3f}  {answer}")
        return "\n".join(lines)

    _repr_pretty_ = shown

    def __str__(self) -> str:
        return self.table()


def compare(f: Callable | str, x: Any, *, order: int = 1) -> Comparison:
    """Every method that takes f, its error and its time. A formula (text) is also differentiated symbolically.

    >>> ways = compare("x^2", 3.0).ways
    >>> {way.method: float(way.value) for way in ways if way.method in ("central", "complex")}
    {'central': 6.0, 'complex': 6.0}
    """
    function: Any = Expression.parse(f) if isinstance(f, str) else f
    at = points(x)
    found: dict[str, tuple[Any, float, str]] = {}
    for method in METHODS:
        try:
            numeric.derivative(function, at.flat[:1], order=order, method=method)  # what is loaded at a first call is not the method's time
            start = time.perf_counter()
            value = np.asarray(numeric.derivative(function, at, order=order, method=method).value)
            found[method] = (value, time.perf_counter() - start, "")
        except (TypeError, ValueError, ImportError, ArithmeticError) as error:
            found[method] = (None, 0.0, str(error).splitlines()[0])
    answered = [method for method in REFERENCES if found[method][0] is not None]
    if not answered:
        raise ValueError(f"f: no method differentiates it; {found['auto'][2]}")
    reference = next((method for method in answered if np.isfinite(found[method][0]).any()), answered[0])
    best = found[reference][0]
    ways = []
    for method, (value, seconds, reason) in found.items():
        if value is None:
            ways.append(Way(method, None, np.nan, 0.0, np.nan, reason=reason))
            continue
        with np.errstate(invalid="ignore"):
            apart = np.abs(value - best)
        scale = float(np.max(np.abs(best), initial=0, where=np.isfinite(best))) or 1.0
        known = np.isfinite(apart)
        largest = float(np.max(apart, initial=0, where=known)) / scale if known.any() or not at.size else np.nan
        unlike = np.where(known, apart, np.where(np.isfinite(value) != np.isfinite(best), np.inf, -1))  # a number here, none there
        worst = float(at.flat[int(np.argmax(unlike))]) if at.size else np.nan
        ways.append(Way(method, value, largest, seconds, worst, int((np.isnan(value) & ~np.isnan(best)).sum())))
    name = f if isinstance(f, str) else str(getattr(f, "text", None) or getattr(f, "__name__", "f"))
    return Comparison("f" if name == "<lambda>" else name, reference, tuple(ways))


class Study(NamedTuple):
    """Errors of one formula over many steps: truncation to the right, rounding to the left."""

    steps: np.ndarray
    errors: np.ndarray
    truncation: np.ndarray  # the power of the step that the right side follows
    rounding: np.ndarray
    best: float
    chosen: float  # the step that edgecalc would take
    method: str
    accuracy: int

    def table(self) -> str:
        lines = [f"step       error      ({self.method}, accuracy {self.accuracy})"]
        for step, error in zip(self.steps, self.errors, strict=True):
            if np.isnan(error):
                lines.append(f"{step:8.1e}         -")  # below the spacing of numbers
                continue
            mark = "  <- best" if step == self.best else ""
            lines.append(f"{step:8.1e}  {error:8.1e}  {'*' * max(0, int(2 * (np.log10(min(max(error, 1e-17), 1e17)) + 17)))}{mark}")
        return "\n".join([*lines, f"edgecalc takes {self.chosen:.1e}"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # a tuple's fields are what is assigned, to mypy
        shown(self, printer, cycle)

    def __str__(self) -> str:
        return self.table()


def step_study(f: Callable | str, x: float, *, method: str = "central", accuracy: int | None = None, exact: float | None = None) -> Study:
    """How a single difference's error depends on its step: the V of truncation against rounding.

    >>> study = step_study("exp(x)", 0.0)
    >>> bool(1e-7 < study.best < 1e-4)
    True
    """
    one_of(method, numeric.SINGLE, "method")
    function: Any = Expression.parse(f) if isinstance(f, str) else f
    accuracy = (2 if method == "central" else 1) if accuracy is None else accuracy
    x = number(x, "x")
    found = numeric.derivative(function, x)
    if exact is None and found.kind != "smooth":
        raise ValueError(f"f: at x = {x} it has no derivative ({found.kind}); a point where it is smooth is accepted")
    true = found.value if exact is None else number(exact, "exact")
    steps = 10.0 ** np.arange(0, -16, -0.5)
    errors = np.full(steps.shape, np.nan)
    for k, step in enumerate(steps):
        if x + step != x:
            errors[k] = abs(numeric.derivative(function, x, method=method, accuracy=accuracy, h=float(step)).value - true)
    size = max(abs(float(function(x))), np.finfo(float).tiny)
    usable = np.isfinite(errors) & (errors > 0)
    right = np.flatnonzero(usable)[:6]
    factor = float(np.median(errors[right] / steps[right] ** accuracy)) if len(right) else 0.0
    best = float(steps[np.nanargmin(np.where(np.isfinite(errors), errors, np.inf))])
    chosen = float(numeric.natural_step(np.array([x]), 1, accuracy)[0])
    return Study(steps, errors, factor * steps**accuracy, numeric.EPS * size / steps, best, chosen, method, accuracy)
