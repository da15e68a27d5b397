"""Arrays that note what is done to them: what happens when NumPy, or an operator, meets one.

numpy.sin(x), x * 2  ->  a row of ELEMENTWISE    ->  x.elementwise
numpy.sum(x), x[1:]  ->  a row of ARRAYS         ->  x.linear
numpy.var(x)         ->  a function of COMPOSED  ->  the two above; the value is NumPy's own
x > 0, numpy.floor   ->  PLAIN                   ->  an array like any other
"""

import dis
import math
import operator
import sys
from collections.abc import Callable
from functools import partialmethod
from typing import Any

import numpy as np

from edgecalc.calculus.automatic_composed import COMPOSED, METHODS_OF_UFUNCS
from edgecalc.calculus.automatic_functions import ARRAYS, cast, pick
from edgecalc.calculus.automatic_rules import ELEMENTWISE, PLAIN, SHAPES, Elementwise, Linear, NoDerivative

FROM_MATH = {"fsum": "sum", "fabs": "abs", "dist": "linalg.norm"}
INTO_PLAIN = "numpy.array, numpy.asarray or a place in a plain array would lose the derivative; leave it out, or join values with numpy.stack"
REWRITE = "write it with functions that have one (arithmetic, numpy.exp, numpy.sum ...)"
NUMERICALLY = 'or differentiate numerically: calculus.derivative(f, x, method="central")'


class Traced:
    """What Series and Node share; `value` is an array, or a traced one of a lower level."""

    __slots__ = ("level", "value")
    __hash__ = None  # type: ignore[assignment]
    level: int
    value: Any

    def elementwise(self, function: Callable, row: Elementwise, inputs: tuple) -> "Traced":
        raise NotImplementedError

    def linear(self, function: Callable, row: Linear, operands: tuple, settings: tuple, options: dict) -> "Traced":
        raise NotImplementedError

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method == "__call__" and not options:
            row = ELEMENTWISE.get(ufunc)
            return self.array_function(ufunc, inputs, {}) if row is None else newest(inputs).elementwise(ufunc, row, inputs)
        if (ufunc, method) in METHODS_OF_UFUNCS and not options.keys() - {"axis", "keepdims"}:
            value = getattr(ufunc, method)(*stripped(inputs), **options)
            return settled(METHODS_OF_UFUNCS[ufunc, method](*inputs, **{"axis": 0, **options}), value)
        if "out" in options:
            raise NoDerivative(f"{name_of(ufunc)}: an array is changed in place (by out= or an operator such as +=); write y = y + x instead")
        raise NoDerivative(f"{name_of(ufunc)}: {', '.join(f'{key}=' for key in options) or method} came; only the plain call has a derivative rule")

    def __array_function__(self, function: Any, types: Any, args: tuple, kwargs: dict) -> Any:
        return self.array_function(function, args, kwargs)

    def array_function(self, function: Any, args: tuple, options: dict) -> Any:
        if function in ARRAYS:
            return linearly(function, ARRAYS[function], args, options)
        if function in PLAIN:
            if function not in SHAPES:
                self.asked()
            return function(*stripped(args), **stripped(options))
        if function not in COMPOSED:
            raise NoDerivative(f"{name_of(function)}: has no derivative rule; {REWRITE}, {NUMERICALLY}")
        value = function(*stripped(args), **stripped(options))
        try:
            with np.errstate(all="ignore"):
                return settled(COMPOSED[function](*args, **options), value)
        except TypeError as error:
            if isinstance(error, NoDerivative) or "argument" not in str(error):
                raise
            raise NoDerivative(
                f"{name_of(function)}: {str(error).partition('() ')[2]}: has no derivative rule; leave it out, {NUMERICALLY}"
            ) from None

    @property
    def plain(self) -> Any:
        value = self.value
        while isinstance(value, Traced):
            value = value.value
        return value

    def asked(self) -> Any:
        """The plain value, for a question on which it may depend what is done next."""
        return self.value.asked() if isinstance(self.value, Traced) else self.value

    # What arrays have.

    __class__ = property(lambda self: type(self.plain))  # for isinstance
    shape = property(lambda self: self.plain.shape)
    ndim = property(lambda self: self.plain.ndim)
    size = property(lambda self: self.plain.size)
    dtype = property(lambda self: self.plain.dtype)

    def __getitem__(self, index: Any) -> "Traced":
        return self.linear(pick, ARRAYS[pick], (self,), (stripped(index),), {})

    def __len__(self) -> int:
        return len(self.plain)

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.asked())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.plain!r})"

    def __format__(self, style: str) -> str:
        return format(self.plain, style)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        kept = np.dtype(dtype).kind in "fc"
        return self.linear(cast, ARRAYS[cast], (self,), (np.dtype(dtype),), {}) if kept else self.asked().astype(dtype)

    @property
    def T(self) -> Any:
        return np.transpose(self)

    @property
    def real(self) -> "Traced":
        self.asked()  # of a complex step it would drop the derivative
        return self

    def __matmul__(self, other: Any) -> Any:
        return np.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return np.matmul(other, self)

    def copy(self, memo: Any = None) -> "Traced":
        return +self  # type: ignore[operator]

    __copy__ = __deepcopy__ = copy

    def clip(self, min: Any = None, max: Any = None) -> Any:
        return np.clip(self, min, max)

    def flatten(self, order: Any = "C") -> Any:
        return np.ravel(self, order)

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, order)

    def transpose(self, *axes: Any) -> Any:
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    # What would lose the derivative.

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"x.{name}: a traced array has no {name}; use a function of NumPy that has a derivative rule, {NUMERICALLY}")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise NoDerivative(INTO_PLAIN)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise NoDerivative("pickle: an array is written down on the way, which would lose the derivative; pass it on as it is")

    def __setitem__(self, index: Any, value: Any) -> None:
        raise NoDerivative("x[...] = ...: an array is changed in place; make a new one with numpy.where, numpy.concatenate or numpy.stack")

    def __float__(self) -> float:
        raise NoDerivative(lost_in_a_float(sys._getframe(1)))

    __int__ = __index__ = __complex__ = __float__

    def __round__(self, digits: int = 0) -> Any:
        return np.round(self.asked(), digits)


# ---------------------------------------------------------------- which rule


def newest(items: Any) -> Any:
    """The traced array of the highest level."""
    top = None
    for item in items:
        if isinstance(item, Traced) and (top is None or item.level > top.level):
            top = item
    return top


def linearly(function: Any, row: Linear, args: tuple, options: dict) -> Any:
    operands, settings = row.split(args)
    if row.check:
        row.check(settings)
    top = newest(operands)
    settings = stripped(settings)
    if top is None and newest(options.values()) is None and operands:
        return row.apply(function, operands, settings, options)
    unknown = [key for key in options if key not in row.options]
    if unknown or top is None:
        raise NoDerivative(f"{name_of(function)}: {', '.join(f'{key}=' for key in unknown)} came; without it the function has a derivative rule")
    if len(settings) > len(row.options) + row.lead:
        raise NoDerivative(f"{name_of(function)}: {len(args)} arguments came; at most {', '.join(row.options)} are accepted after the arrays")
    return top.linear(function, row, operands, settings, options)


def settled(found: Any, value: Any) -> Any:
    """With the value that NumPy gives, where a rule was composed of other functions."""
    if isinstance(found, tuple | list):
        return like(value, [settled(*each) for each in zip(found, value, strict=True)])
    if not isinstance(found, Traced):
        return value
    inner = found
    while isinstance(inner.value, Traced):
        inner = inner.value
    inner.value = value
    return found


def stripped(item: Any) -> Any:
    """Without traces, within lists, tuples and dicts too."""
    if isinstance(item, Traced):
        return item.plain
    if type(item) is dict:
        return {key: stripped(kept) for key, kept in item.items()}
    return like(item, list(map(stripped, item))) if isinstance(item, list | tuple) else item


def like(sequence: Any, parts: list) -> Any:
    """A list, a tuple or a named one."""
    return sequence._make(parts) if hasattr(sequence, "_make") else type(sequence)(parts)


# ---------------------------------------------------------------- names for the errors


def name_of(function: Any) -> str:
    module = "numpy" if getattr(np, function.__name__, None) is function else getattr(function, "__module__", None)
    return f"{module}.{function.__name__}" if module else function.__name__


def lost_in_a_float(frame: Any) -> str:
    name = called_from(frame)
    if name is None:
        return INTO_PLAIN
    if not callable(getattr(math, name, None)):
        return f"{name}(x): would lose the derivative; leave it out: NumPy functions take x as it is (numpy.sin for math.sin)"
    known = FROM_MATH.get(name, name)
    if hasattr(np, known.partition(".")[0]):
        return f"math.{name}: takes a plain float and would lose the derivative; use numpy.{known}"
    return f"math.{name}: takes a plain float and has no counterpart in NumPy; write it with functions that have a derivative rule, {NUMERICALLY}"


def called_from(frame: Any) -> str | None:
    """The name of what is being called there: the last name that is loaded where the text of the call begins."""
    steps = [step for step in dis.get_instructions(frame.f_code) if step.offset <= frame.f_lasti]
    if not steps or not steps[-1].positions or "CALL" not in steps[-1].opname:
        return None
    begin = steps[-1].positions[::2]
    names = [step.argval for step in steps if step.positions and step.positions[::2] == begin and isinstance(step.argval, str)]
    known = {**frame.f_globals, **frame.f_locals}
    return getattr(known.get(names[-1]), "__name__", names[-1]) if names else None


# ---------------------------------------------------------------- operators and methods

ARITHMETIC = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power, "mod": np.remainder}
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "floordiv")
METHODS = (
    *("sum", "mean", "prod", "cumsum", "cumprod", "std", "var", "max", "min", "dot", "trace", "diagonal", "take", "repeat"),
    *("ravel", "squeeze", "swapaxes", "round", "any", "all", "argmax", "argmin", "argsort"),
)


def install(name: str, method: Callable) -> None:
    method.__name__ = name
    setattr(Traced, name, method)


def install_arithmetic(name: str, row: Elementwise, act: Callable) -> None:
    install(f"__{name}__", lambda self, other: newest((self, other)).elementwise(act, row, (self, other)))
    install(f"__r{name}__", lambda self, other: newest((self, other)).elementwise(act, row, (other, self)))
    install_in_place(name, act)


def install_in_place(name: str, act: Callable) -> None:
    def in_place(self: Traced, other: Any) -> Any:
        if self.ndim:
            raise NoDerivative(f"{name}: an array is changed in place (by an operator such as +=); write y = y + x instead")
        return act(self, other)

    install(f"__i{name}__", in_place)


def install_plain(name: str, act: Callable) -> None:
    install(f"__{name}__", lambda self, other: act(self.asked(), stripped(other)))


for key, ufunc in ARITHMETIC.items():
    install_arithmetic(key, ELEMENTWISE[ufunc], getattr(operator, key))
for key in COMPARISONS:
    install_plain(key, getattr(operator, key))
install("__rfloordiv__", lambda self, other: stripped(other) // self.asked())
for key in METHODS:
    setattr(Traced, key, partialmethod(getattr(np, key)))
install("__divmod__", lambda self, other: (self // other, self % other))
install("__rdivmod__", lambda self, other: (other // self, other % self))
install("__neg__", lambda self: self.elementwise(operator.neg, ELEMENTWISE[np.negative], (self,)))
install("__pos__", lambda self: self.elementwise(operator.pos, ELEMENTWISE[np.positive], (self,)))
install("__abs__", lambda self: self.elementwise(operator.abs, ELEMENTWISE[np.absolute], (self,)))
install_in_place("matmul", operator.matmul)
