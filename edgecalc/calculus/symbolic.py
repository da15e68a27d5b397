"""Derivatives of formulas by the rules, one step after the other, as a student writes them. Needs SymPy.

d/dx sin(x**2)      chain rule: outer derivative cos(x**2), times the inner one
d/dx x**2           power rule: 2*x
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from edgecalc.calculus.expression import FUNCTIONS, Expression
from edgecalc.calculus.notebook import shown
from edgecalc.calculus.probe import points
from edgecalc.core.arrays import whole
from edgecalc.errors import MissingExtra


def sympy() -> Any:
    try:
        import sympy as library
    except ImportError:
        raise MissingExtra("sympy", "symbolic") from None
    return library


@lru_cache(maxsize=1)
def cube_root() -> Any:
    """The real one: SymPy's own is complex left of 0."""
    library = sympy()

    class cbrt(library.Function):  # type: ignore[name-defined]
        @classmethod
        def eval(cls, x: Any) -> Any:
            return library.sign(x) * library.Abs(x) ** library.Rational(1, 3) if x.is_number else None

        def fdiff(self, argindex: int = 1) -> Any:
            return 1 / (3 * self**2)

        def _eval_is_extended_real(self) -> Any:
            return self.args[0].is_extended_real

        def _latex(self, printer: Any, exp: Any = None) -> str:
            root = rf"\sqrt[3]{{{printer._print(self.args[0])}}}"
            return root if exp is None else rf"{root}^{{{exp}}}"

    return cbrt


TRIED = (0.37, 1.3, 2.9, -0.83)  # where a difference that cannot be proved to be 0 is looked at


@dataclass(frozen=True)
class Step:
    """One rule applied to one part of a formula."""

    rule: str
    formula: Any
    derivative: Any
    variable: str = "x"

    _repr_pretty_ = shown

    def __str__(self) -> str:
        return f"{self.rule + ':':24} d/d{self.variable} {self.formula} = {self.derivative}"


@dataclass(frozen=True)
class Worked:
    """A derivative with the way to it."""

    formula: Any
    steps: tuple[Step, ...]
    result: Any
    simplified: Any

    _repr_pretty_ = shown

    def __str__(self) -> str:
        return "\n".join([*map(str, self.steps), f"{'together:':24} {self.result}", f"{'simplified:':24} {self.simplified}"])

    def latex(self) -> str:
        library = sympy()
        lines = [
            rf"\frac{{d}}{{d{s.variable}}}\left({library.latex(s.formula)}\right) &= {library.latex(s.derivative)} && \text{{{s.rule}}}"
            for s in self.steps
        ]
        return r"\begin{align}" + r" \\ ".join([*lines, rf"&= {library.latex(self.simplified)}"]) + r"\end{align}"


def work(formula: str | Expression, variable: str = "x") -> Worked:
    """Differentiate a formula by the rules.

    >>> print(work("5*(3*x+1)^2").simplified)
    90*x + 30
    """
    library = sympy()
    made = to_sympy(formula, variable)
    steps: list[Step] = []
    symbol = library.Symbol(variable, real=True)
    result = known(by_rules(made, symbol, steps), made)
    apart = library.simplify(result - library.diff(made, symbol))
    if apart != 0 and not all(vanishes(apart.subs(symbol, at)) for at in TRIED):  # what is 0 SymPy cannot always prove to be
        raise ArithmeticError(f"the rules gave {result} for {made}, SymPy {library.diff(made)}: a defect of edgecalc, please report it")
    return Worked(made, tuple(steps), result, shortest(result))


def vanishes(number: Any) -> bool:
    """Or has no value there."""
    try:
        size = abs(complex(number.evalf(30)))
    except (TypeError, ValueError):
        return True
    return not 1e-12 < size < float("inf")


def known(found: Any, formula: Any) -> Any:
    """The derivative, unless SymPy has none that is a function."""
    library = sympy()
    if found.has(library.Derivative, library.DiracDelta):
        raise ValueError(f"f: the derivative of {formula} is no formula; by numbers it is accepted: calculus.derivative(f, x)")
    return found


def shortest(formula: Any) -> Any:
    library = sympy()
    forms = [library.simplify(formula), library.factor(formula), library.expand(formula)]
    return min(forms, key=lambda form: (library.count_ops(form), len(str(form))))


def to_sympy(formula: str | Expression, variable: str = "x") -> Any:
    library = sympy()
    expression = formula if isinstance(formula, Expression) else Expression.parse(formula)
    names = {name: library.Symbol(name, real=True) for name in {*expression.variables, variable}} | {
        "pi": library.pi,
        "π": library.pi,
        "e": library.E,
    }
    special = {"cbrt": cube_root(), "ln": library.log, "log10": lambda x: library.log(x, 10), "log2": lambda x: library.log(x, 2), "abs": library.Abs, "max": library.Max,
               "min": library.Min, "arcsin": library.asin, "arccos": library.acos, "arctan": library.atan, "hypot": lambda x, y: library.sqrt(x**2 + y**2)}  # fmt: skip
    functions = {name: special.get(name) or getattr(library, name) for name in FUNCTIONS}
    try:
        made = library.sympify(expression.with_names(names, functions))
    except ZeroDivisionError:
        made = library.nan
    if made.has(library.zoo, library.nan):
        raise ValueError(f"f: {expression.text} divides by 0 wherever it is asked; a formula that has values is accepted")
    return made


def by_rules(formula: Any, x: Any, steps: list[Step]) -> Any:
    """The derivative; every rule used is noted, outer ones first."""
    library = sympy()
    if not formula.has(x):
        return library.Integer(0)
    if formula == x:
        return library.Integer(1)
    rule, pieces, combine = rule_for(formula, x)
    place = len(steps)
    found = [by_rules(piece, x, steps) for piece in pieces]
    result = combine(*found)
    steps.insert(place, Step(rule, formula, result, str(x)))
    return result


def rule_for(formula: Any, x: Any) -> tuple[str, list[Any], Callable[..., Any]]:
    """(the rule's name, the parts that have to be differentiated, how their derivatives make the whole)"""
    library = sympy()
    if formula.is_Add:
        return "sum rule", list(formula.args), library.Add
    if formula.is_Mul:
        constant, rest = formula.as_independent(x, as_Add=False)
        if constant != 1:
            return "constant multiple", [rest], lambda part: constant * part
        top, bottom = library.fraction(formula)
        if bottom.has(x) and top != 1:
            return "quotient rule", [top, bottom], lambda u, v: (u * bottom - top * v) / bottom**2
        first, second = formula.args[0], library.Mul(*formula.args[1:])
        return "product rule", [first, second], lambda u, v: u * second + first * v
    if formula.is_Pow:
        base, exponent = formula.as_base_exp()
        if not exponent.has(x):
            inner = exponent * base ** (exponent - 1)
            return ("power rule", [], lambda: inner) if base == x else ("chain rule (power)", [base], lambda part: inner * part)
        if not base.has(x):
            outer = formula * library.log(base)
            return ("exponential rule", [], lambda: outer) if exponent == x else ("chain rule (exponential)", [exponent], lambda part: outer * part)
        return "logarithmic rule", [exponent * library.log(base)], lambda part: formula * part
    if len(formula.args) == 1:
        inner = formula.args[0]
        dummy = library.Dummy(real=True)
        outer = library.diff(formula.func(dummy), dummy).subs(dummy, inner)
        name = formula.func.__name__
        return (f"rule of {name}", [], lambda: outer) if inner == x else (f"chain rule ({name})", [inner], lambda part: outer * part)
    whole = library.diff(formula, x)
    return "table", [], lambda: whole


def derivative(f: str | Expression, x: Any, *, order: int = 1) -> Any:
    """The exact derivative of a formula of one variable, as numbers.

    >>> derivative("x^3", np.array([2.0]), order=2)
    array([12.])
    """
    library = sympy()
    at, order = points(x), whole(order, "order", 1)
    expression = f if isinstance(f, Expression) else Expression.parse(f) if isinstance(f, str) else None
    if expression is None or len(expression.variables) > 1:
        raise TypeError(f'f: {f!r} came; for method="symbolic" a formula of one variable, such as "exp(-2*x)", is accepted')
    symbol = library.Symbol((*expression.variables, "x")[0], real=True)
    formula = to_sympy(expression, symbol.name)
    made = known(library.diff(formula, symbol, order), formula)
    with np.errstate(all="ignore"):
        return np.broadcast_to(np.asarray(library.lambdify(symbol, made, [{"cbrt": np.cbrt}, "numpy"])(at), np.float64), at.shape).copy()[()]
