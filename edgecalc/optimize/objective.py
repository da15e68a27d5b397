"""What is descended: f and its slope, for one start or many, called the way they want to be called, counted and checked.

x has one of three shapes:   ()  one variable      (n,)  one start of n variables      (starts, n)  many starts at once
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from edgecalc.calculus import numeric
from edgecalc.calculus.gradients import gradient_of
from edgecalc.calculus.hessians import hessian
from edgecalc.calculus.probe import numbers


class Objective:
    """f(x) and slope(x). `asked` is how many values of f and of grad have been asked for."""

    def __init__(self, f: Callable, x0: Any, grad: Callable | None = None, data: tuple = (), hess: Callable | None = None):
        for name, each in (("f", f), ("grad", grad), ("hess", hess)):
            if not callable(each) and (name == "f" or each is not None):
                raise TypeError(f"{name}: {each!r} came; a function of x is accepted")
        self.start = start_of(x0)
        self.starts = self.start.shape[:-1] if self.start.ndim == 2 else ()
        self.asked, self.f, self.grad, self.hess, self.data = 0, f, grad, hess, data
        self.rows, self.gradient = data, gradient_of(self.counted)
        self.many = self.start.ndim < 2 or self.takes_many(f, ())
        self.grad_many = grad is None or self.start.ndim < 2 or self.takes_many(grad, self.start.shape[1:])

    def takes_many(self, function: Callable, answer: tuple) -> bool:
        """Told by the shape of what it gives for a number of points that is no other length in sight."""
        count = max(2, self.start.shape[-1] + 1)
        self.asked += count
        try:
            result = np.asarray(function(np.repeat(self.start[:1], count, axis=0), *self.data))
        except (TypeError, ValueError, IndexError, AttributeError):
            return False
        return result.shape == (count, *answer)

    def at(self, start: Any) -> "Objective":
        """The same for one of the starts."""
        return Objective(self.f, start, self.grad, self.data, self.hess)

    def value(self, x: Any, rows: tuple | None = None) -> Any:
        data = self.data if rows is None else rows
        self.asked += len(x) if self.starts else 1
        if self.many:
            return self.checked(self.f(x, *data), np.shape(x)[:-1], "f", x)
        return self.checked([numbers(self.f(each, *data), x) for each in x], np.shape(x)[:-1], "f", x)

    def slope(self, x: Any, rows: tuple | None = None) -> Any:
        data = self.data if rows is None else rows
        if self.grad is None:
            return self.differences(x, data)
        self.asked += len(x) if self.starts else 1
        if self.grad_many:
            return self.checked(self.grad(x, *data), np.shape(x), "grad", x)
        return self.checked([numbers(self.grad(each, *data), x) for each in x], np.shape(x), "grad", x)

    def differences(self, x: Any, data: tuple) -> Any:
        self.rows = data
        if np.ndim(x) == 0:
            found = numeric.derivative(self.counted, x)
            return np.float64(found.value if found.kind == "smooth" else one_sided(found))
        return self.gradient(x)

    def counted(self, x: Any) -> Any:
        """f, as the finite differences call it: of the rows of the data that are in turn."""
        self.asked += getattr(x, "size", 1) // (self.start.shape[-1] if self.start.ndim else 1)
        return self.f(x, *self.rows)

    def hessian(self, x: Any) -> np.ndarray:
        """Second derivatives, as one matrix for each start."""
        count = np.shape(x)[-1] if np.ndim(x) else 1
        if self.hess is not None:
            self.asked += len(x) if self.starts else 1
            shape = (*self.starts, count, count)
            try:
                return np.reshape(np.asarray(self.hess(x), np.float64), shape)
            except (TypeError, ValueError):
                raise ValueError(f"hess: it did not give shape {shape} for x of shape {np.shape(x)}") from None
        self.rows = self.data
        if np.ndim(x) == 0:
            return np.reshape(numeric.derivative(self.counted, x, order=2).value, (1, 1))
        return hessian(self.counted, x, grad=self.grad if not self.data else None)

    def checked(self, result: Any, shape: tuple, name: str, x: Any) -> Any:
        array = result if type(result) in (np.ndarray, np.float64) else np.asarray(result)
        if array.shape != shape:
            raise ValueError(f"{name}: it gave shape {array.shape} for x of shape {np.shape(x)}; shape {shape} is accepted")
        if array.dtype != np.float64:
            array = numbers(array, np.asarray(x)).astype(np.float64)
        return array


def one_sided(found: numeric.Derivative) -> float:
    """At a corner descent needs some slope: the smaller one, 0 if they point apart."""
    left, right = found.left, found.right
    if left * right <= 0:
        return 0.0
    return left if abs(left) < abs(right) else right


def start_of(x0: Any) -> Any:
    """x0 as float64: a number, one start (n,), or many (starts, n)."""
    try:
        array = np.array(x0)
    except ValueError as error:
        raise ValueError(f"x0: rows of one length are accepted ({error})") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"x0: {array.dtype} came; real numbers are accepted")
    if array.ndim > 2 or 0 in array.shape:
        raise ValueError(f"x0: shape {array.shape} came; a number, one start (variables,) or many (starts, variables) are accepted")
    if not np.isfinite(array).all():
        raise ValueError("x0: it holds NaN or infinity; finite numbers are accepted")
    return array.astype(np.float64)[()]


def bounds_of(bounds: Any, start: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """(low, high) that broadcast with one start."""
    if bounds is None:
        return None
    accepted = "(low, high) for all variables, or such a pair for each of them, is accepted"
    try:
        pairs = np.asarray(bounds, np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"bounds: {bounds!r} came; {accepted}") from None
    count = start.shape[-1] if start.ndim else 1
    if pairs.shape not in ((2,), (count, 2)):
        raise ValueError(f"bounds: shape {pairs.shape} came; {accepted}")
    low, high = np.moveaxis(pairs, -1, 0)
    if not (low < high).all():
        raise ValueError(f"bounds: {bounds!r} came; low below high is accepted")
    if not start.ndim:
        low, high = low.reshape(()), high.reshape(())
    if (start < low).any() or (start > high).any():
        raise ValueError(f"x0: it lies outside the bounds {bounds!r}; a start within them is accepted")
    return low, high


def free(x: Any, slope: Any, bounds: tuple | None) -> Any:
    """Which variables may move: not those at a bound that the slope pushes against."""
    if bounds is None:
        return np.ones(np.shape(x), bool)
    return ~((x <= bounds[0]) & (slope > 0) | (x >= bounds[1]) & (slope < 0))


def rows_of(data: Any) -> tuple:
    """The arrays that f takes beside x, one row for each sample."""
    if data is None:
        return ()
    arrays = tuple(np.asarray(each) for each in (data if isinstance(data, tuple) else (data,)))
    lengths = {array.shape[0] if array.ndim else None for array in arrays}
    if len(lengths) != 1 or None in lengths:
        raise ValueError(f"data: shapes {[array.shape for array in arrays]} came; arrays with as many rows as each other are accepted")
    if lengths == {0}:
        raise ValueError("data: it is empty; at least one row is accepted")
    for array in arrays:
        if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise ValueError(f"data: {array.dtype} with NaN, infinity or no numbers came; finite numbers are accepted")
    return arrays
