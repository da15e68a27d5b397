"""Calling a user's function: vectorised or not, counted, never outside its domain, and with errors that say what to do."""

import inspect
import warnings
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from edgecalc.core.arrays import reals

Domain = tuple[float, float]
EVERYWHERE: Domain = (-np.inf, np.inf)
BLOCK = 1 << 13
SMALL = 1 << 10  # values, which are copied sooner than called for
MANY = 1000  # points, more than are needed for two that are far apart
MIXED = 1e-6  # of a value: more than the vector code of a library differs from its code for one number

# Functions of NumPy that are analytic wherever they are real: a complex step through them gives the derivative. First those without pole, branch or
# edge on the real line: where the complex value is finite, so is the real one.
REGULAR = frozenset((
    "add", "subtract", "multiply", "negative", "positive", "square", "whole power", "exp", "exp2", "expm1",
    "sin", "cos", "arctan", "sinh", "cosh", "tanh", "arcsinh",
    "add.reduce", "multiply.reduce", "add.accumulate", "matmul", "sum", "prod", "dot", "cumsum", "diff", "stack", "concatenate", "reshape", "transpose",
))  # fmt: skip
RATIONAL = REGULAR | {"divide", "reciprocal"}
ANALYTIC = RATIONAL | {
    "log", "log2", "log10", "log1p", "sqrt", "power", "float_power", "tan", "arcsin", "arccos", "arccosh", "arctanh",
}  # fmt: skip
CONJUGATES = {"vdot", "correlate", "conjugate", "var", "std", "norm", "cholesky", "eigh", "eigvalsh", "slogdet", "cov"}
UNKNOWN = "what NumPy does not see"
ELSEWHERE = (0.5, 1.0, 2.0, 10.0, -0.5)


class Probe:
    """A function of one variable. `count` is how many values it has been asked for."""

    accuracy = 6  # of the first stencil: six neighbours, f itself and a check are eight values

    def __init__(self, f: Callable, domain: Domain = EVERYWHERE):
        self.f, self.domain, self.asked, self.scalar = checked_function(f, "a function of one number or array"), domain, [0], False
        self.refusal: Exception | None = None  # what f raises instead of giving NaN, as long as it has not given a number

    @property
    def count(self) -> int:
        return self.asked[0]

    @property
    def block(self) -> int:
        """How many points at a time keep their neighbours in the cache."""
        return BLOCK

    def take(self, places: Any) -> "Probe":
        """The same function for some of the points."""
        return self

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Values as float64, or complex where x is; NaN where x lies outside the domain, without a call there."""
        if self.domain == EVERYWHERE:
            return self.values(x)
        inside = (x.real >= self.domain[0]) & (x.real <= self.domain[1])
        if inside.all():
            return self.values(x)
        result = np.full(x.shape, np.nan, x.dtype if x.dtype.kind == "c" else np.float64)
        if inside.any():
            result[inside] = self.values(x[inside])
        return result

    def values(self, x: np.ndarray) -> np.ndarray:
        if not x.size:
            return np.empty(x.shape, x.dtype if x.dtype.kind == "c" else np.float64)
        with np.errstate(all="ignore"):
            if not self.scalar:
                try:
                    self.asked[0] += x.size
                    return self.checked(self.f(x), x)
                except Exception as error:
                    if x.dtype.kind == "c" or isinstance(error, ArithmeticError) or isinstance(error, BadResult) and not self.gives_a_number(x):
                        raise
                    self.scalar = True  # plain Python: `if`, math.*; or data within f, as in np.exp(-x * times) @ heights
            self.asked[0] += x.size
            try:
                found = [self.f(each) for each in x.ravel().tolist()]
                if np.size(found[0]) != 1:
                    raise BadResult(f"f: it gave shape {np.shape(found[0])} for one number; one value for each x is accepted")
                return self.checked(np.array(as_real(found)).reshape(x.shape), x)
            except (ValueError, ArithmeticError, TypeError) as error:
                if isinstance(error, BadResult) or isinstance(error, TypeError) and not is_about_complex(error):
                    raise
                self.asked[0] += x.size
                values = np.array([self.one(each) for each in x.ravel().tolist()]).reshape(x.shape)
                self.refusal = error if np.isnan(values).all() else None
                return values

    def must_work_somewhere(self) -> None:
        """A function that refuses every number is no function with a small domain, but one with a mistake."""
        if self.refusal is None:
            return
        for each in ELSEWHERE:
            if self.domain[0] <= each <= self.domain[1]:
                self.asked[0] += 1
                if not np.isnan(self.one(each)):
                    return
        raise ValueError(f"f: it raised {type(self.refusal).__name__} at every number that was tried: {self.refusal}") from self.refusal

    def takes_each_by_itself(self, x: np.ndarray) -> bool:
        """A single point has neighbours, too; where these count, as by a mean, it is asked for number by number."""
        if len(x) != 1 or self.scalar:
            return True
        near = x[0] + (1 if x[0] + 1 <= self.domain[1] else -1) * max(1.0, abs(x[0])) / 4
        if not self.domain[0] <= near <= self.domain[1]:
            return True
        alone, beside = float(self(x)[0]), float(self(np.array([x[0], near]))[0])
        self.scalar = abs(alone - beside) > MIXED * max(abs(alone), abs(beside)) and self(x)[0] == alone
        return not self.scalar

    def must_take_each_by_itself(self, x: np.ndarray) -> None:
        """Of a value that depends on the other points too, as by their mean, neighbours tell no derivative. What throws dice is let pass."""
        if len(x) < 2 or self.scalar:
            return
        some = x[:: max(1, len(x) // MANY)]
        two = some[np.array([0, np.argmax(np.abs(some - some[0]))])]
        for place, other, beside in zip(two, two[::-1], self(two).tolist(), strict=True):
            alone = float(self(np.array([place]))[0])
            if abs(alone - beside) > MIXED * max(abs(alone), abs(beside)) and self(np.array([place]))[0] == alone:
                raise ValueError(
                    f"f: at {place:.6g} it gave {alone:.6g} for that point alone and {beside:.6g} beside {other:.6g}; "
                    "a function that takes each point by itself, without a mean or an order of all, is accepted"
                )

    def one(self, x: Any) -> float:
        return float(or_nan(self.f, x))

    def checked(self, result: Any, x: np.ndarray) -> np.ndarray:
        array = numbers(result, x)
        if array.shape == x.shape:
            return array if array.dtype.kind == "c" else array.astype(np.float64, copy=False)
        if array.ndim == 0:
            if x.size > 1 and not self.gives_always(array, x):
                raise TypeError(f"f: it gave one number for x of shape {x.shape}; one value for each x is accepted")
            return np.full(x.shape, array[()], np.float64 if array.dtype.kind != "c" else array.dtype)
        raise BadResult(f"f: it gave shape {array.shape} for x of shape {x.shape}; one value for each x is accepted")

    def gives_a_number(self, x: np.ndarray) -> bool:
        """For a number."""
        self.asked[0] += 1
        found = np.asarray(self.f(x.ravel()[0].item()))
        return found.ndim == 0 and found.dtype.kind in "biuf"

    def gives_always(self, number: np.ndarray, x: np.ndarray) -> bool:
        """Whether it is a constant, and no sum over all that it was given."""
        self.asked[0] += 2
        return all(np.array_equal(np.ravel(self.f(x.ravel()[k:][:1])), number[None], equal_nan=True) for k in (0, -1))


class Partials(Probe):
    """A function of several variables, on the last axis, as a function of one of them at each of many points."""

    accuracy = 8  # its values hold all variables' terms, and so more noise than one slope can bear: wider steps

    def __init__(self, f: Callable, base: np.ndarray, variable: np.ndarray, domain: Domain = EVERYWHERE):
        super().__init__(f, domain)
        self.base, self.variable = base, variable

    @property
    def block(self) -> int:
        return max(1, (1 << 22) // (16 * self.base.shape[-1]))

    def take(self, places: Any) -> "Partials":
        part = Partials(self.f, self.base[places], self.variable[places], self.domain)
        part.asked = self.asked
        return part

    def __call__(self, x: np.ndarray) -> np.ndarray:
        moved = np.broadcast_to(self.base, (*x.shape, self.base.shape[-1])).astype(np.result_type(x, self.base))
        np.put_along_axis(moved, np.broadcast_to(self.variable[:, None], (*x.shape, 1)), x[..., None], -1)
        inside = (x.real >= self.domain[0]) & (x.real <= self.domain[1])
        self.asked[0] += x.size
        with np.errstate(all="ignore"):
            if inside.all():
                return self.at(moved, x)
            result = np.full(x.shape, np.nan, moved.dtype)
            result[inside] = self.at(moved[inside], x[inside])
        return result

    def at(self, rows: np.ndarray, x: np.ndarray) -> np.ndarray:
        try:
            return self.checked(called(self.f, rows), x)
        except (ValueError, ArithmeticError) as error:
            if isinstance(error, BadResult) or x.dtype.kind == "c":
                raise
            self.asked[0] += x.size
            return np.array([self.one(each) for each in rows.reshape(-1, rows.shape[-1])]).reshape(x.shape)


def or_nan(f: Callable, x: Any) -> Any:
    """A value; NaN where plain Python refuses a number that NumPy would call NaN, or goes on to complex ones."""
    try:
        value = f(x)
    except (ValueError, ArithmeticError):
        return np.nan
    except TypeError as error:
        if is_about_complex(error):
            return np.nan
        raise
    return real(value, x)


def row_or_nan(f: Callable, x: np.ndarray) -> np.ndarray:
    """Several values; NaN in place of complex ones, too."""
    values = np.array(or_nan(f, x))
    return np.where(values.imag == 0, values.real, np.nan) if values.dtype.kind == "c" else values


def real(value: Any, x: Any) -> Any:
    """NaN for the complex power of a real number."""
    return np.nan if isinstance(value, complex) and not np.iscomplexobj(x) else value


def is_about_complex(error: TypeError) -> bool:
    """Whether math.sin and its like got what Python makes of (-0.1) ** 1.5."""
    return "complex" in str(error)


def as_real(values: list) -> list:
    """NaN where plain Python's powers are complex; a function that never is real is left to be refused."""
    if all(isinstance(each, complex) for each in values) or not any(isinstance(each, complex) for each in values):
        return values
    return [real(each, 0.0) for each in values]


def called(f: Callable, x: np.ndarray) -> np.ndarray:
    """f of points on all but the last axis: at once, or one by one where f does not take many.

    Which of both f does is told by the shape of what it gives for a number of points that is no other length in sight.
    """
    checked_function(f, "a function of points")
    if x.ndim == 1:
        return numbers(f(x), x)
    rows = x.reshape(-1, x.shape[-1])
    if not len(rows):
        return np.empty(x.shape[:-1])
    first = numbers(f(rows[0]), x)
    count = len(rows)
    while count in (x.shape[-1], *first.shape[:1]):
        count += 1
    try:
        result = numbers(f(np.concatenate([rows, np.repeat(rows[:1], count - len(rows), axis=0)]) if count > len(rows) else rows), x)
        if result.shape == (count, *first.shape) and np.allclose(result[0], first, 1e-9, 1e-300, equal_nan=True):
            return result[: len(rows)].reshape(*x.shape[:-1], *first.shape)
    except (TypeError, ValueError, IndexError, AttributeError):
        pass
    return np.array([numbers(f(each), x) for each in rows]).reshape(*x.shape[:-1], *first.shape)


def numbers(result: Any, x: np.ndarray) -> np.ndarray:
    array = np.asarray(result)
    if isinstance(result, np.ndarray) and array.size <= SMALL:
        array = array.copy()  # f may give the same memory again
    if array.dtype.kind not in "biufc":
        raise BadResult(f"f: it gave {array.dtype} ({str(result)[:40]!r}); numbers are accepted")
    if array.dtype.kind == "c" and x.dtype.kind != "c":
        raise BadResult("f: it gave complex numbers for real ones; differentiate its real and imaginary parts")
    return array


def in_the_complex(f: Callable, moved: np.ndarray) -> np.ndarray:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            values = f(moved)
    except BadResult:
        raise
    except Exception as error:
        raise TypeError(f'f: it does not take complex numbers ({error}); method="auto" or "central" is accepted') from None
    if values.dtype.kind != "c":
        raise TypeError('f: it drops the imaginary part, as abs and floor do; method="auto" or "central" is accepted')
    return values


def alike(found: np.ndarray, wanted: np.ndarray) -> bool:
    """Values of one and the same, but for rounding; beside large ones small ones are rounded, too."""
    scale = np.abs(np.nan_to_num(wanted, nan=0.0, posinf=0.0, neginf=0.0)).max(initial=0)
    return np.shape(found) == np.shape(wanted) and np.allclose(found, wanted, 1e-9, 1e-9 * scale, equal_nan=True)


class BadResult(ValueError):
    """What f gave is no value for each x."""


class Spy(np.ndarray):
    """An array that notes which NumPy functions it passes through."""

    seen: set

    def __array_finalize__(self, source: Any) -> None:
        self.seen = getattr(source, "seen", set())

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        self.seen.add("whole power" if name == "power" and is_count(inputs[1]) else name)
        self.seen.update(f"of {each.dtype}" for each in inputs if isinstance(each, Spy) and each.dtype != np.float64)  # digits are lost
        plain = [each.view(np.ndarray) if isinstance(each, Spy) else each for each in inputs]
        options = {
            key: tuple(o.view(np.ndarray) if isinstance(o, Spy) else o for o in value) if key == "out" else value for key, value in options.items()
        }
        return self.wrapped(getattr(ufunc, method)(*plain, **options))

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        self.seen.add(function.__name__)
        return self.wrapped(super().__array_function__(function, types, arguments, options))

    def wrapped(self, result: Any) -> Any:
        if isinstance(result, np.ndarray):
            result = result.view(Spy)
            result.seen = self.seen
        return result


def functions_in(f: Callable, sample: np.ndarray, axes: int = 0) -> set:
    """The names of what f is made of, as far as NumPy sees it; the last `axes` of the sample are one point's."""
    spy = sample.copy().view(Spy)
    spy.seen = set()
    with np.errstate(all="ignore"):
        try:
            result = f(spy)
        except Exception:  # what it cannot do with an array it says again where that matters
            return {UNKNOWN}
    known = isinstance(result, Spy) and result.shape[: sample.ndim - axes] == sample.shape[: sample.ndim - axes]
    return spy.seen if known else spy.seen | {UNKNOWN}


def looks_needed(f: Callable, sample: np.ndarray) -> int:
    """At how many places a complex step through f must be looked at: 1 of a regular f, 2 where it may have poles, 3 where roots; 0 if it is not analytic."""
    seen = functions_in(f, sample)
    return next((looks for looks, among in enumerate((REGULAR, RATIONAL, ANALYTIC), 1) if seen <= among), 0)


def is_count(exponent: Any) -> bool:
    return isinstance(exponent, int | float) and exponent >= 0 and exponent == int(exponent)


def checked_function(f: Any, wanted: str, name: str = "f", arguments: int = 1) -> Callable:
    """f, if it can be called with so many arguments; else an error that says what to write."""
    if not callable(f):
        hint = f"; of a formula that is calculus.Expression.parse({f!r})" if isinstance(f, str) else ""
        raise TypeError(f"{name}: {f!r} came; {wanted} is accepted{hint}")
    if (needed := required(f)) > arguments:
        hint = ", such as lambda p: p[..., 0] * p[..., 1] for lambda x, y: x * y" if "point" in wanted else ""
        raise TypeError(f"{name}: a function of {needed} arguments came; {wanted} is accepted{hint}")
    return f


def required(f: Callable) -> int:
    """How many arguments f must be given; 1 where that is not told."""
    if isinstance(f, FunctionType) and not f.__dict__:  # as inspect would find, in a hundredth of its time
        return f.__code__.co_argcount - len(f.__defaults__ or ())
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return 1
    return sum(each.default is each.empty and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in parameters)


def points(x: Any, name: str = "x") -> np.ndarray:
    """Read-only, as a function that changes what it is given would spoil it for every further call."""
    array = reals(x, name).astype(np.float64, copy=False).view(np.ndarray)
    array.flags.writeable = False
    return array


def domain_of(domain: Any) -> Domain:
    if domain is None:
        return EVERYWHERE
    try:
        low, high = (float(each) for each in domain)
    except (TypeError, ValueError):
        raise TypeError(f"domain: {domain!r} came; a pair (low, high) is accepted") from None
    if not low < high:
        raise ValueError(f"domain: {domain!r} came; low below high is accepted")
    return low, high


def inside(at: np.ndarray, domain: Domain) -> None:
    if domain == EVERYWHERE:
        return
    outside = (at < domain[0]) | (at > domain[1])
    if outside.any():
        raise ValueError(f"x: {at[outside][0]} lies outside the domain {domain}")
