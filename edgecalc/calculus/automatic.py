"""Exact derivatives of plain NumPy code, without a compile step: the code runs on arrays that note what was done to them.

    derivative, jvp      Series: a value and its Taylor terms; every function carries them forward
    gradient, jacobian   Node: a value on a tape; the tape is read back, from the answer to the argument
    hessian              a tape of a tape;  hessian_vector  a tape of a Series
    gradients, hessian_vectors   at many points in one sweep

                   x ──┬─ x[1:] ───────── subtract ── square ── sum ── y
        values  ──>    └─ x[:-1] ─ square ──┘                                 <──  cotangents

The value is always what NumPy gives, to the last bit. The rules and the conventions (slope 0 of abs at 0, of maximum(x, 0) at 0)
are tables in `automatic_rules`, `automatic_functions` and `automatic_composed`; comparisons give plain arrays, so that `if` and `numpy.where` work as ever.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from edgecalc.calculus.automatic_arrays import Traced
from edgecalc.calculus.automatic_passes import LEVELS, Series, Tape, has_nan, own
from edgecalc.calculus.automatic_rules import ONE, NoDerivative, times
from edgecalc.calculus.probe import alike, checked_function
from edgecalc.core.arrays import whole

__all__ = [
    "NoDerivative",
    "derivative",
    "gradient",
    "gradients",
    "hessian",
    "hessian_vector",
    "hessian_vectors",
    "is_smooth",
    "jacobian",
    "jvp",
    "value_and_gradient",
]

HIGHEST_ORDER = 30


def derivative(f: Callable, x: Any, order: int = 1) -> Any:
    """Derivative of a function that works element by element, at every x.

    Parameters
    ----------
    f : callable
        Plain NumPy code. At a single number it may return an array: a curve.
    x : float or array
        Any shape; float32 stays float32, integers become float64.
    order : int
        1 to 30; orders above 1 by Taylor arithmetic.

    Returns
    -------
    float or array
        Shaped like f(x).

    >>> derivative(lambda x: x**3, np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> float(derivative(np.sin, 0.0, order=3))
    -1.0
    """
    order = whole(order, "order", 1, HIGHEST_ORDER)
    x = argument(x)
    level = next(LEVELS)
    y = run(f, Series(x, (ONE, *(None,) * (order - 1)), level))
    if isinstance(y, Traced) and x.shape and y.shape != x.shape:
        raise ValueError(f"f: shape {np.shape(y)} came for x of shape {x.shape}; it must work element by element; else use gradient, jacobian or jvp")
    return term(y if isinstance(y, Traced) else np.broadcast_to(y, np.broadcast_shapes(np.shape(y), x.shape)), level, order, math.factorial(order))


def jvp(f: Callable, x: Any, direction: Any) -> Any:
    """Derivative of f at x along a direction: the Jacobian times a vector, at the cost of about two calls of f.

    >>> jvp(lambda p: p[0] * p[1], [2.0, 5.0], [1.0, 0.0])
    np.float64(5.0)
    """
    x = argument(x)
    level = next(LEVELS)
    return term(run(f, Series(x, (directed(direction, x, "direction"),), level)), level)


def gradient(f: Callable, x: Any) -> Any:
    """All partial derivatives of a function of one array that returns one number, at the cost of a few calls of f.

    >>> gradient(lambda p: np.sum(p**2), [1.0, 2.0, 3.0])
    array([2., 4., 6.])
    """
    return value_and_gradient(f, x)[1]


def gradients(f: Callable, points: Any) -> Any:
    """The gradient at every point, for a function of many points whose variables stand on the last axis.

    >>> gradients(lambda p: p[..., 0] * p[..., 1], [[2.0, 5.0], [3.0, 4.0]])
    array([[5., 2.],
           [4., 3.]])
    """
    x = argument(points, "points")
    with Tape(x) as tape:
        y = run(f, tape.start)
        if np.shape(y) != x.shape[:-1]:
            raise ValueError(f"f: shape {np.shape(y)} came for points of shape {x.shape}; one number for each point is accepted")
        return tape.back(y, ONE)


def value_and_gradient(f: Callable, x: Any) -> tuple[Any, Any]:
    """f(x) and the gradient there, f called once.

    >>> value_and_gradient(lambda p: p[0] * p[1], [2.0, 5.0])
    (np.float64(10.0), array([5., 2.]))
    """
    x = argument(x)
    with Tape(x) as tape:
        y = one_number(run(f, tape.start))
        return tape.unwrapped(y), tape.back(y, ONE)


def jacobian(f: Callable, x: Any) -> Any:
    """Derivative of every element of f(x) with respect to every element of x, of shape f(x).shape + x.shape.

    f may return a list of numbers or arrays of one shape. It is called once where it has no more answers than arguments, else
    once more for every argument.

    >>> jacobian(lambda p: [p[0] * p[1], p[0] + p[1]], [2.0, 5.0])
    array([[5., 2.],
           [1., 1.]])
    """
    x = argument(x)
    with Tape(x) as tape:
        y = run(f, tape.start)
        shape = np.shape(y)
        if math.prod(shape) <= x.size:
            return assembled((tape.back(y, seed) for seed in units(shape, x.dtype)), shape, x)
    columns = assembled((jvp(f, x, direction) for direction in units(x.shape, x.dtype)), x.shape, x, shape)
    return np.moveaxis(columns, range(x.ndim), range(-x.ndim, 0))


def hessian(f: Callable, x: Any) -> Any:
    """All second partial derivatives of a function of one array that returns one number, of shape x.shape + x.shape; f is called once.

    >>> hessian(lambda p: p[0] ** 2 * p[1], [2.0, 5.0])
    array([[10.,  4.],
           [ 4.,  0.]])
    """
    x = argument(x)
    with Tape(x) as outer, Tape(outer.start) as inner:
        y = one_number(run(f, inner.start))
        for careful in (False, True):
            slopes = inner.back(y, ONE, careful)
            rows = assembled((outer.back(slopes, seed, careful) for seed in units(x.shape, x.dtype)), x.shape, x)
            if careful or not has_nan(rows):
                break
        return rows


def hessian_vector(f: Callable, x: Any, v: Any) -> Any:
    """The Hessian times a vector, without the Hessian: at the cost of a few gradients, in the memory of a few x.

    >>> hessian_vector(lambda p: p[0] ** 2 * p[1], [2.0, 5.0], [1.0, 0.0])
    array([10.,  4.])
    """
    x = argument(x)
    level = next(LEVELS)
    return term(value_and_gradient(f, Series(x, (directed(v, x, "v"),), level))[1], level)


def hessian_vectors(f: Callable, points: Any, v: Any) -> Any:
    """The Hessian at every point times a vector for each, for a function of many points whose variables stand on the last axis.

    >>> hessian_vectors(lambda p: p[..., 0] ** 2 * p[..., 1], [[2.0, 5.0], [2.0, 5.0]], [[1.0, 0.0], [0.0, 1.0]])
    array([[10.,  4.],
           [ 4.,  0.]])
    """
    x = argument(points, "points")
    level = next(LEVELS)
    return term(gradients(f, Series(x, (directed(v, x, "v"),), level)), level)


def is_smooth(f: Callable, x: Any) -> bool:
    """Whether f is made of analytic functions alone and asks nothing about its values, so that what holds at x holds around it.

    >>> is_smooth(np.sin, 0.5), is_smooth(np.abs, 0.5), is_smooth(lambda x: x if x > 0 else 2 * x, 0.5)
    (True, False, False)
    """
    return followed(f, x)[1]


def followed(f: Callable, x: Any) -> tuple[Any, bool]:
    """The value of f where it is traced, and whether all on the way there is smooth."""
    with Tape(argument(x)) as tape:
        value = tape.unwrapped(run(f, tape.start))
        return value, tape.smooth


# ---------------------------------------------------------------- what goes in and comes out


def argument(x: Any, name: str = "x") -> Any:
    if isinstance(x, Traced):
        return x
    array = np.asarray(x)
    if array.dtype.kind in "iu":
        array = array.astype(np.float64)
    if array.dtype.kind != "f":
        hint = "; differentiate the real and the imaginary part on their own" if array.dtype.kind == "c" else ""
        raise NoDerivative(f"{name}: {array.dtype} came; a real number or an array of them is accepted{hint}")
    return array if isinstance(x, np.ndarray) or array.ndim else array[()]


def directed(v: Any, x: Any, name: str) -> Any:
    v = argument(v, name)
    if v.shape != x.shape:
        raise ValueError(f"{name}: shape {v.shape} came; the shape of x, {x.shape}, is accepted")
    return v.astype(x.dtype, copy=False)


def run(f: Callable, x: "Traced") -> Any:
    checked_function(f, "a function of one array")
    before = NoDerivative.count
    try:
        y = f(x)
    except ValueError as error:  # NumPy's, around what an assignment into a plain array said
        if isinstance(error.__cause__, NoDerivative):
            raise error.__cause__ from None
        raise
    y = np.stack(y) if isinstance(y, list | tuple) else y
    if NoDerivative.count > before:  # and f went on some other way
        must_agree(f, x.plain, y)
    if not isinstance(y, Traced) and np.asarray(y).dtype.kind not in "biuf":
        raise NoDerivative(f"f: it gave {np.asarray(y).dtype} ({str(y)[:40]!r}); real numbers are accepted")
    return y


def must_agree(f: Callable, x: Any, traced: Any, plain: Any = None) -> None:
    """Code may treat arrays otherwise that are not NumPy's own, or catch what these refuse. What throws dice is let pass."""
    value = np.asarray(traced.plain if isinstance(traced, Traced) else traced)
    with np.errstate(all="ignore"):
        plain = np.asarray(f(x) if plain is None else plain)
        if alike(value, plain) or not alike(np.asarray(f(x)), plain):
            return
    raise NoDerivative(
        f"f: it gives {value!s:.40} where it is followed and {plain!s:.40} where it is not; code that goes the same way for any array, and "
        "catches no TypeError on it, is accepted"
    )


def one_number(y: Any) -> Any:
    if np.shape(y) != ():
        raise ValueError(f"f: shape {np.shape(y)} came; one number is accepted: sum it, or use jacobian")
    return y


def term(y: Any, level: int, order: int = 1, factor: int = 1) -> Any:
    """The derivative held by a Series."""
    found = y.terms[order - 1] if isinstance(y, Series) and y.level == level else None
    like = y.value if isinstance(y, Series) and y.level == level else y
    dtype = like.dtype if getattr(getattr(like, "dtype", None), "kind", "") == "f" else np.float64
    with np.errstate(all="ignore"):
        return own(0.0 if found is None else times(found, ONE if factor == 1 else float(factor)), np.shape(like), dtype)


def units(shape: tuple, dtype: Any) -> Iterator[np.ndarray]:
    """Every array of that shape with a single 1; each its own, as a tape may keep it."""
    for k in range(math.prod(shape)):
        unit = np.zeros(shape, dtype)
        unit.flat[k] = 1.0
        yield unit


def assembled(rows: Iterable, shape: tuple, x: Any, inner: tuple | None = None) -> Any:
    """One array of rows that are shaped like x, or as `inner` says."""
    inner = x.shape if inner is None else inner
    rows = iter(rows)
    table = np.empty((math.prod(shape), *inner), x.dtype)
    for k, row in enumerate(rows):
        if isinstance(row, Traced):  # within another derivative
            return np.reshape(np.stack([*table[:k], row, *rows]), shape + inner)
        table[k] = row
    return table.reshape(shape + inner)
