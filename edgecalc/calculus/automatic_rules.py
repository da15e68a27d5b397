"""The rules of automatic differentiation, as tables.

    ELEMENTWISE   ufunc    -> one slope per operand: dy/da, dy/db, from y, a and b
    PLAIN         functions whose answer does not vary: comparisons, floor, shape ...

    and in automatic_functions and automatic_composed:
    ARRAYS        function -> linear in its operands: how a cotangent g goes back to operand number i
    COMPOSED      function -> the same function, written with those of the other tables

Every rule is itself plain NumPy code, so that a rule can be differentiated again.

Where a function has no derivative, a convention: abs, norm, hypot and std have slope 0 at 0; a maximum, minimum or clip at a tie
follows the constant, and of two that vary the first; max and min of an array follow the first of equals; floor, rint and sign
have slope 0 everywhere. Outside a function's domain the slope is NaN, as the value is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

ONE = 1.0  # as a slope or a cotangent: not multiplied with
LN2, LN10, DEGREE = float(np.log(2)), float(np.log(10)), float(np.pi / 180)


class NoDerivative(TypeError):
    """Code that cannot be differentiated automatically: a function without a rule, a complex number, a change in place.

    >>> from edgecalc.calculus.automatic import derivative
    >>> derivative(np.fft.fft, 1.0)
    Traceback (most recent call last):
    edgecalc.calculus.automatic_rules.NoDerivative: numpy.fft.fft: has no derivative rule; write it with functions that have one
    (arithmetic, numpy.exp, numpy.sum ...), or differentiate numerically: calculus.derivative(f, x, method="central")
    """

    count = 0  # how many there were: code that is followed may catch one

    def __init__(self, *words: Any):
        super().__init__(*words)
        NoDerivative.count += 1


class Elementwise:
    """A slope for each operand (None: no slope anywhere); `by_value` if the slopes use the answer y."""

    __slots__ = ("by_value", "slopes")

    def __init__(self, *slopes: Callable, by_value: bool = False):
        self.slopes, self.by_value = slopes, by_value


@dataclass(frozen=True)
class Linear:
    """pull(g, i, operands, *settings) takes a cotangent back; the operands stand after `lead` settings, `count` of them (None: all).

    With product=False the function is linear in all of its operands together, with product=True in each one alone.
    """

    pull: Callable
    count: int | None = 1
    lead: int = 0
    listed: bool = False
    check: Callable | None = None
    product: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        code = self.pull.__code__
        return code.co_varnames[3 + self.lead : code.co_argcount + code.co_kwonlyargcount]

    def split(self, args: tuple) -> tuple[tuple, tuple]:
        """The operands, and the settings around them."""
        if self.listed:
            return tuple(args[0]), args[1:]
        end = len(args) if self.count is None else self.lead + self.count
        return args[self.lead : end], (*args[: self.lead], *args[end:])

    def apply(self, function: Callable, operands: Any, settings: tuple, options: dict) -> Any:
        if self.listed:
            return function(list(operands), *settings, **options)
        return function(*settings[: self.lead], *operands, *settings[self.lead :], **options)


# ---------------------------------------------------------------- slopes


def always(slope: float | None) -> Callable:
    return lambda y, *operands: slope


def times(left: Any, right: Any) -> Any:
    return right if left is ONE else left if right is ONE else left * right


def inverse(x: Any) -> Any:
    if type(x) is float:
        return 1.0 / x if x else float(np.copysign(np.inf, x))
    return np.reciprocal(x)


def inside(x: Any, outside: Any) -> Any:
    """NaN outside the domain."""
    return np.where(outside, np.nan, x) if np.any(outside) else x


def power_base(y: Any, a: Any, b: Any) -> Any:
    if type(b) is float:
        return None if b == 0 else ONE if b == 1 else 2.0 * a if b == 2 else b * a ** (b - 1.0)
    if getattr(b, "order", 0):
        return y * b * inverse(a)
    none = b == 0
    return np.where(none, 0.0, b * a ** np.where(none, 1.0, b - 1.0))


def power_exponent(y: Any, a: Any, b: Any) -> Any:
    return np.where(y == 0, 0.0, y * np.log(a))


def squared_secant(x: Any) -> Any:
    """sech(x)^2 = 1 - tanh(x)^2, to the last digits in the tails."""
    far = np.greater(abs(x), 300)
    if not np.any(far):
        return np.square(inverse(np.cosh(x)))
    return np.where(far, 4.0 * np.exp(-2.0 * abs(x)), np.square(inverse(np.cosh(np.where(far, 0.0, x)))))


def share(z: Any) -> Any:
    """1 / (1 + exp(z)) without overflow."""
    steep = np.greater(z, 300)
    if not np.any(steep):
        return inverse(1.0 + np.exp(z))
    return np.where(steep, np.exp(-z), inverse(1.0 + np.exp(np.where(steep, 0.0, z))))


def over_length(a: Any, length: Any) -> Any:
    return a * inverse(np.where(length == 0, 1.0, length))


def whole_turns(y: Any, a: Any, b: Any) -> Any:
    return np.rint((y - a) / b)


POWER = Elementwise(power_base, power_exponent, by_value=True)
REMAINDER = Elementwise(always(ONE), whole_turns, by_value=True)

ELEMENTWISE: dict[Callable, Elementwise] = {
    np.add: Elementwise(always(ONE), always(ONE)),
    np.subtract: Elementwise(always(ONE), always(-1.0)),
    np.multiply: Elementwise(lambda y, a, b: b, lambda y, a, b: a),
    np.divide: Elementwise(lambda y, a, b: inverse(b), lambda y, a, b: -y * inverse(b), by_value=True),
    np.power: POWER,
    np.float_power: POWER,
    np.remainder: REMAINDER,
    np.fmod: REMAINDER,
    np.positive: Elementwise(always(ONE)),
    np.negative: Elementwise(always(-1.0)),
    np.conjugate: Elementwise(always(ONE)),
    np.absolute: Elementwise(lambda y, x: np.sign(x)),
    np.fabs: Elementwise(lambda y, x: np.sign(x)),
    np.copysign: Elementwise(lambda y, a, b: np.sign(y) * np.sign(a), always(None), by_value=True),
    np.square: Elementwise(lambda y, x: 2.0 * x),
    np.sqrt: Elementwise(lambda y, x: np.divide(0.5, y + 0.0), by_value=True),  # + 0.0: the slope of sqrt(-0.0) is inf, not -inf
    np.cbrt: Elementwise(lambda y, x: inverse(3.0 * y * y), by_value=True),
    np.reciprocal: Elementwise(lambda y, x: -y * y, by_value=True),
    np.exp: Elementwise(lambda y, x: y, by_value=True),
    np.exp2: Elementwise(lambda y, x: y * LN2, by_value=True),
    np.expm1: Elementwise(lambda y, x: np.exp(x)),
    np.log: Elementwise(lambda y, x: inverse(inside(x, x < 0))),
    np.log2: Elementwise(lambda y, x: inverse(inside(x, x < 0) * LN2)),
    np.log10: Elementwise(lambda y, x: inverse(inside(x, x < 0) * LN10)),
    np.log1p: Elementwise(lambda y, x: inverse(1.0 + inside(x, x < -1))),
    np.logaddexp: Elementwise(lambda y, a, b: share(b - a), lambda y, a, b: share(a - b)),
    np.logaddexp2: Elementwise(lambda y, a, b: share((b - a) * LN2), lambda y, a, b: share((a - b) * LN2)),
    np.sin: Elementwise(lambda y, x: np.cos(x)),
    np.cos: Elementwise(lambda y, x: -np.sin(x)),
    np.tan: Elementwise(lambda y, x: 1.0 + y * y, by_value=True),
    np.arcsin: Elementwise(lambda y, x: inverse(np.sqrt((1.0 - x) * (1.0 + x)))),
    np.arccos: Elementwise(lambda y, x: -inverse(np.sqrt((1.0 - x) * (1.0 + x)))),
    np.arctan: Elementwise(lambda y, x: inverse(1.0 + x * x)),
    np.arctan2: Elementwise(lambda y, a, b: around(b, a, b), lambda y, a, b: -around(a, a, b)),
    np.hypot: Elementwise(lambda y, a, b: over_length(a, y), lambda y, a, b: over_length(b, y), by_value=True),
    np.sinh: Elementwise(lambda y, x: np.cosh(x)),
    np.cosh: Elementwise(lambda y, x: np.sinh(x)),
    np.tanh: Elementwise(lambda y, x: squared_secant(x)),
    np.arcsinh: Elementwise(lambda y, x: inverse(np.hypot(1.0, x))),
    np.arccosh: Elementwise(lambda y, x: inverse(np.sqrt(x - 1.0) * np.sqrt(x + 1.0))),
    np.arctanh: Elementwise(lambda y, x: inverse(inside((1.0 - x) * (1.0 + x), np.greater(abs(x), 1)))),
    np.deg2rad: Elementwise(always(DEGREE)),
    np.radians: Elementwise(always(DEGREE)),
    np.rad2deg: Elementwise(always(1 / DEGREE)),
    np.degrees: Elementwise(always(1 / DEGREE)),
}


def around(side: Any, a: Any, b: Any) -> Any:
    """side / (a^2 + b^2) without overflow."""
    turn = inverse(np.hypot(a, b))
    return side * turn * turn


# ---------------------------------------------------------------- no slope at all

SHAPES: frozenset[Callable] = frozenset({np.shape, np.ndim, np.size, np.result_type, np.zeros_like, np.ones_like, np.isrealobj, np.iscomplexobj})
PLAIN: frozenset[Callable] = SHAPES | frozenset(
    {
        *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.isclose, np.allclose, np.array_equal),
        *(np.isnan, np.isfinite, np.isinf, np.signbit),
        *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.any, np.all, np.count_nonzero),
        *(np.sign, np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix, np.floor_divide, np.heaviside, np.spacing),
        *(np.argmax, np.argmin, np.argsort, np.nonzero, np.flatnonzero, np.argwhere, np.searchsorted, np.digitize, np.isin),
    }
)
BENT = frozenset(
    ELEMENTWISE[each]
    for each in (np.absolute, np.fabs, np.copysign, np.remainder, np.fmod, np.arctan2, np.hypot, np.cbrt, np.conjugate)  # of a complex number, too
)
