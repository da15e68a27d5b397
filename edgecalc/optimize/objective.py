"""What is descended: f and its slope, for one start or many, called the way they want to be called, counted and checked.

x has one of three shapes:   ()  one variable      (n,)  one start of n variables      (starts, n)  many starts at once
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from edgecalc.calculus import numeric
from edgecalc.calculus.gradients import for_rows, gradient_of
from edgecalc.calculus.hessians import hessian
from edgecalc.calculus.points import FLAT
from edgecalc.calculus.probe import EVERYWHERE, called, checked_function
from edgecalc.core.arrays import reals

EXACT = 1e-12  # of the largest eigenvalue: below it one may be 0, of a Hessian that was given


class Objective:
    """f(x) and slope(x). `asked` is how many values of f, grad and hess have been asked for."""

    def __init__(self, f: Callable, x0: Any, grad: Callable | None = None, data: tuple = (), hess: Callable | None = None, bounds: Any = None):
        for name, each in (("f", f), ("grad", grad), ("hess", hess)):
            if name == "f" or each is not None:
                checked_function(each, "a function of a point" if not data else "a function of a point and the data", name, 1 + len(data))
        self.start = start_of(x0)
        self.starts = self.start.shape[:-1] if self.start.ndim == 2 else ()
        self.bounds = bounds_of(bounds, self.start)
        self.elsewhere = bool(data)  # whether a run's slopes are of a part of the data, or of another place than x
        self.asked, self.f, self.grad, self.hess, self.data, self.rows = 0, f, grad, hess, data, data
        self.domain, self.steep = hull(self.bounds), set[tuple]()  # where a variable has no slope at all, of starts that have stopped there
        self.gradient = gradient_of(self.counted, domain=self.domain)
        self.forms = {"f": self.form_of(self.counted), "grad": grad and self.form_of(self.sloped), "hess": hess and self.form_of(self.bent)}

    @property
    def flat(self) -> float:
        """The part of the largest eigenvalue below which another may be 0."""
        return FLAT if self.hess is None else EXACT

    def form_of(self, function: Callable) -> Callable | None:
        """As it takes many starts; None if it takes one."""
        if self.start.ndim < 2:
            return function
        here = self.start[0]
        with np.errstate(all="ignore"):
            try:
                return for_rows(function, here, function(here), EVERYWHERE, self.start)
            except Exception:  # it is raised again on the way, where the trace is kept
                return None

    def at(self, start: Any) -> "Objective":
        """The same for one of the starts."""
        bounds = None if self.bounds is None else np.stack(self.bounds, axis=-1)
        return Objective(self.f, start, self.grad, self.data, self.hess, bounds)

    def value(self, x: Any) -> Any:
        self.rows = self.data
        return self.answer("f", self.counted, x, np.shape(x)[:-1])

    def tried(self, x: Any) -> Any:
        """f where the run may not go: NaN where plain Python refuses a number that NumPy would call NaN."""
        try:
            return self.value(x)
        except (ValueError, ArithmeticError):
            if np.ndim(x) == 2 and len(x) > 1:
                return np.concatenate([self.tried(row) for row in x[:, None]])
            return np.full(np.shape(x)[:-1], np.nan)[()]

    def slope(self, x: Any, rows: tuple | None = None) -> Any:
        self.rows = self.data if rows is None else rows
        return self.differences(x) if self.grad is None else self.answer("grad", self.sloped, x, np.shape(x))

    def hessian(self, x: Any) -> np.ndarray:
        """Second derivatives, as one matrix for each start; NaN where x is not finite."""
        self.rows, count = self.data, np.shape(x)[-1] if np.ndim(x) else 1
        if self.hess is not None:
            return self.answer("hess", self.bent, x, (*self.starts, count, count))
        lost = ~np.isfinite(x)
        here = np.where(lost, self.start, x)[()]
        if np.ndim(x) == 0:
            slope, order = (self.counted, 2) if self.grad is None or self.data else (self.sloped, 1)
            found = np.reshape(numeric.derivative(slope, here, order=order).value, (1, 1))
        else:
            found = hessian(self.counted, here, grad=None if self.grad is None or self.data else self.sloped)
        return np.where(lost.any(axis=-1)[..., None, None] if np.ndim(x) else lost, np.nan, found)

    def answer(self, name: str, function: Callable, x: Any, shape: tuple) -> Any:
        form = self.forms[name]
        if form is None:
            return np.array([checked(function(each), shape[1:], name, each) for each in x])
        return checked(form(x), shape, name, x)

    def counted(self, x: Any) -> Any:
        """f of the rows of the data that are in turn."""
        self.asked += self.points(x)
        return lent(self.f(lent(x), *self.rows))

    def sloped(self, x: Any) -> Any:
        self.asked += self.points(x)
        return np.array(self.grad(lent(x), *self.rows))  # type: ignore[misc]

    def bent(self, x: Any) -> Any:
        self.asked += self.points(x)
        found = np.array(self.hess(lent(x)))  # type: ignore[misc]
        return found.reshape(1, 1) if np.ndim(x) == 0 and found.size == 1 else found

    def points(self, x: Any) -> int:
        return getattr(x, "size", 1) // (self.start.shape[-1] if self.start.ndim else 1)

    def differences(self, x: Any) -> Any:
        """The slope by the finite-difference core; NaN along a variable that is not finite."""
        lost = ~np.isfinite(x)
        if lost.any():
            return np.where(lost, np.nan, self.differences(np.where(lost, self.start, x)[()]))[()]
        if np.ndim(x) == 0:
            return np.float64(self.along(self.counted, x))
        found = self.gradient(x)
        for place in np.argwhere(np.isnan(found)):
            here, k = x[tuple(place[:-1])], place[-1]
            if (tried := (here.tobytes(), k)) not in self.steep:
                found[tuple(place)] = self.along(lambda t, here=here, k=k: called(self.counted, replaced(here, k, t)), here[k])
                self.steep.update([tried] if np.isnan(found[tuple(place)]) else [])
        return found

    def along(self, f: Callable, x: Any) -> float:
        """The slope of a function of one variable, at a corner, too."""
        found = numeric.derivative(f, x, domain=self.domain)
        return float(found.value if found.kind == "smooth" else one_sided(found))


def checked(result: Any, shape: tuple, name: str, x: Any) -> Any:
    """As float64, of the shape that is asked for."""
    if type(result) is np.float64 and not shape:
        return result
    array = np.asarray(result)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: it gave {array.dtype} ({str(result)[:40]!r}); real numbers are accepted")
    if array.shape != shape:
        axis = "; x's last axis is the variables'" if name == "f" and array.shape == np.shape(x) else ""
        raise ValueError(f"{name}: it gave shape {array.shape} for x of shape {np.shape(x)}; shape {shape} is accepted{axis}")
    return array.astype(np.float64, copy=False)[()]


def lent(x: Any) -> Any:
    """What goes to a caller's function, which may overwrite it, or comes from there and may be overwritten."""
    return x.copy() if type(x) is np.ndarray else x


def replaced(place: np.ndarray, k: int, t: Any) -> np.ndarray:
    """A point with other values of one variable."""
    moved = np.broadcast_to(place, (*np.shape(t), len(place))).astype(np.result_type(place, t))
    moved[..., k] = t
    return moved


def lengths(vectors: Any) -> Any:
    """Euclidean, along the last axis; squares of small or large numbers do not vanish or overflow."""
    sizes = np.abs(vectors)
    if not np.ndim(sizes):
        return sizes
    largest = sizes.max(axis=-1, keepdims=True, initial=0)
    unit = np.where((largest > 0) & (largest < np.inf), largest, 1.0)
    return np.linalg.norm(vectors / unit, axis=-1) * unit[..., 0]


def one_sided(found: numeric.Derivative) -> float:
    """At a corner descent needs some slope: the smaller one, 0 if they point apart."""
    left, right = found.left, found.right
    if left * right <= 0:
        return 0.0
    return left if abs(left) < abs(right) else right


def start_of(x0: Any) -> Any:
    """x0 as float64: a number, one start (n,), or many (starts, n)."""
    array = reals(x0, "x0")
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
        pairs = np.array(bounds, object)
        pairs = np.where(np.equal(pairs, np.array(None)), (-np.inf, np.inf), pairs).astype(np.float64)  # None is SciPy's word for no bound
    except (TypeError, ValueError):
        raise TypeError(f"bounds: {bounds!r} came; {accepted}") from None
    count = start.shape[-1] if start.ndim else 1
    if pairs.shape not in ((2,), (count, 2)):
        raise ValueError(f"bounds: shape {pairs.shape} came; {accepted}")
    low, high = np.moveaxis(pairs, -1, 0)
    if not (low <= high).all():
        raise ValueError(f"bounds: {bounds!r} came; low not above high is accepted, with -inf and inf for none")
    if not start.ndim:
        low, high = low.reshape(()), high.reshape(())
    if (start < low).any() or (start > high).any():
        raise ValueError(f"x0: it lies outside the bounds {bounds!r}; a start within them is accepted")
    return low, high


def hull(bounds: tuple | None) -> tuple[float, float] | None:
    """Between which two numbers all variables stay: differences do not look beyond."""
    if bounds is None or bounds[0].min() == bounds[1].max():
        return None
    return bounds[0].min(), bounds[1].max()


def free(x: Any, slope: Any, bounds: tuple | None) -> Any:
    """Which variables may move: not those at a bound that the slope pushes against, nor those between equal bounds."""
    if bounds is None:
        return np.ones(np.shape(x), bool)
    return ~((x <= bounds[0]) & (slope > 0) | (x >= bounds[1]) & (slope < 0) | (bounds[0] == bounds[1]))


def rows_of(data: Any) -> tuple:
    """The arrays that f takes beside x, one row for each sample."""
    if data is None:
        return ()
    if isinstance(data, list) and any(isinstance(each, np.ndarray) for each in data):
        raise TypeError("data: a list of arrays came; one array, or a tuple of arrays with a row for each sample, is accepted")
    arrays = tuple(np.asarray(each) for each in (data if isinstance(data, tuple) else (data,)))
    counts = {array.shape[0] if array.ndim else None for array in arrays}
    if len(counts) != 1 or None in counts:
        raise ValueError(f"data: shapes {[array.shape for array in arrays]} came; arrays with as many rows as each other are accepted")
    if counts == {0}:
        raise ValueError("data: it is empty; at least one row is accepted")
    for array in arrays:
        if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise ValueError(f"data: {array.dtype} with NaN, infinity or no numbers came; finite numbers are accepted")
    return arrays
