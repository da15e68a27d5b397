"""Functions of NumPy written with those that have a rule; see `automatic_rules`. Their values are NumPy's own all the same.

COMPOSED      function -> the same function, written with those of the other tables
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from edgecalc.calculus import automatic_matrices as matrices
from edgecalc.calculus.automatic_functions import as_array, scatter
from edgecalc.calculus.automatic_rules import NoDerivative

# ---------------------------------------------------------------- what is where


def rearranged(function: Callable) -> Callable:
    """Of a function that puts the numbers of an array elsewhere, or zeros: it is done to their places."""

    def moved(x, *settings, **options):
        places = function(np.arange(1, x.size + 1).reshape(x.shape), *settings, **options)
        return [chosen(x, part) for part in places] if isinstance(places, list) else chosen(x, places)

    return moved


def each_alone(function: Callable) -> Callable:
    return lambda *arrays: rearranged(function)(arrays[0]) if len(arrays) == 1 else tuple(function(each) for each in arrays)


def chosen(x: Any, places: np.ndarray) -> Any:
    """The numbers at these places, which count from 1; 0 stands for the number 0."""
    numbers = np.ravel(x)
    return numbers[places - 1] if places.all() else np.concatenate([np.zeros(1, x.dtype), numbers])[places]


def pad(array, pad_width, mode="constant", *, constant_values=0, reflect_type="even"):
    if hasattr(constant_values, "level"):
        raise NoDerivative("numpy.pad: constant_values= depends on x; numpy.concatenate takes such values")
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap") or reflect_type != "even":
        raise NoDerivative(f"numpy.pad: mode={mode!r}, reflect_type={reflect_type!r} came; constant, edge, reflect, symmetric and wrap are accepted")
    return rearranged(np.pad)(array, pad_width, mode)


def choice(first_wins: Callable) -> Callable:
    """The larger (smaller) of two: a constant wins a tie, and of two that vary the first."""

    def choose(a, b):
        return np.where(first_wins(b, a), b, a) if hasattr(b, "level") else np.where(first_wins(a, b), a, b)

    return choose


def clip(x, a_min=None, a_max=None, *, min=None, max=None):
    low, high = a_min if min is None else min, a_max if max is None else max
    x = x if low is None else np.maximum(x, low)
    return +x if high is None else np.minimum(x, high)


def of_rows(reduced: Callable) -> Callable:
    """A function of an array and its axes, made of one that reduces the rows of a table."""

    def whole(x, axis=None, *, keepdims=False):
        axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim)
        kept = [k for k in range(x.ndim) if k not in axes]
        rows = np.reshape(np.transpose(x, (*kept, *axes)), (-1, int(np.prod([x.shape[k] for k in axes]))))
        return np.reshape(reduced(rows), [1 if k in axes else x.shape[k] for k in range(x.ndim) if keepdims or k in kept])

    return whole


def extreme(where_is: Callable) -> Callable:
    return of_rows(lambda rows: rows[np.arange(len(rows)), where_is(rows, axis=1)])


@of_rows
def prod(rows):
    """In pairs, so that a zero among the factors does no harm."""
    while rows.shape[1] > 1:
        half = rows.shape[1] // 2
        rows = np.concatenate([rows[:, :half] * rows[:, half : 2 * half], rows[:, 2 * half :]], axis=1)
    return rows


def var(x, axis=None, *, ddof=0, keepdims=False):
    squares = np.square(x - np.mean(x, axis=axis, keepdims=True))
    total = np.sum(squares, axis=axis, keepdims=keepdims)
    return total / (x.size / total.size - ddof)


def std(x, axis=None, *, ddof=0, keepdims=False):
    return root_of_squares(var(x, axis, ddof=ddof, keepdims=keepdims))


def root_of_squares(squares):
    none = squares == 0
    return np.where(none, 0.0, np.sqrt(np.where(none, 1.0, squares)))


def norm(x, ord=None, axis=None, keepdims=False):
    if ord in (1, np.inf) and (x.ndim == 1 or isinstance(axis, int)):
        return (np.sum if ord == 1 else np.max)(abs(x), axis=axis, keepdims=keepdims)
    if ord is None or ord == "fro" or (ord == 2 and (x.ndim == 1 or isinstance(axis, int))):
        return root_of_squares(np.sum(np.square(x), axis=axis, keepdims=keepdims))
    raise NoDerivative(f"numpy.linalg.norm: ord={ord!r} came for {x.ndim} dimensions; None, 'fro', and along one axis 1, 2 and inf are accepted")


def diff(a, n=1, axis=-1):
    before = (slice(None),) * normalize_axis_index(axis, a.ndim)
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return +a


def stack(arrays, axis=0):
    return np.concatenate([np.expand_dims(part, axis) for part in arrays], axis=axis)


def vstack(tup):
    return np.concatenate([part if np.ndim(part) > 1 else np.reshape(part, (1, -1)) for part in tup])


def hstack(tup):
    return np.concatenate([part if np.ndim(part) else np.reshape(part, (1,)) for part in tup], axis=int(np.ndim(tup[0]) > 1))


def column_stack(tup):
    return np.concatenate([part if np.ndim(part) > 1 else np.reshape(part, (-1, 1)) for part in tup], axis=1)


def inner(a, b):
    return np.tensordot(a, b, ((-1,), (-1,))) if np.ndim(a) and np.ndim(b) else a * b


def outer(a, b):
    return np.ravel(a)[:, None] * np.ravel(b)[None, :]


def sort(a, axis=-1):
    if axis is None:
        return np.sort(np.ravel(a))
    rows = np.moveaxis(a, axis, -1)
    grid = np.indices(rows.shape, sparse=True)[:-1]
    return np.moveaxis(rows[(*grid, np.argsort(rows, axis=-1))], -1, axis)


def trace(a, offset=0, axis1=0, axis2=1):
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


def full_like(a, fill_value):
    return np.broadcast_to(fill_value, a.shape).astype(a.dtype)


def select(condlist, choicelist, default=0):
    for condition, value in zip(condlist[::-1], choicelist[::-1], strict=True):
        default = np.where(condition, value, default)
    return default


def polyval(p, x):
    total = 0.0 * x
    for factor in p:
        total = total * x + factor
    return total


def cumprod(a, axis=None):
    """Each with the one before, then with that of two before, of four ..., so that a zero among the factors does no harm."""
    rows = np.ravel(a) if axis is None else np.moveaxis(a, axis, -1)
    step = 1
    while step < rows.shape[-1]:
        rows = np.concatenate([rows[..., :step], rows[..., step:] * rows[..., :-step]], axis=-1)
        step *= 2
    return rows if axis is None else np.moveaxis(rows, -1, axis)


def quantile(a, q, axis=None, *, method="linear", keepdims=False):
    if method != "linear":
        raise NoDerivative(f'numpy.quantile: method={method!r} came; "linear" is accepted')
    if np.ndim(q):
        return np.stack([quantile(a, each, axis, keepdims=keepdims) for each in q])

    def reduced(rows):
        at = float(q) * (rows.shape[1] - 1)
        low, high = int(np.floor(at)), int(np.ceil(at))
        rows = np.sort(rows, axis=1)
        return rows[:, low] + (at - low) * (rows[:, high] - rows[:, low])

    return of_rows(reduced)(a, axis, keepdims=keepdims)


def average(a, axis=None, weights=None, *, keepdims=False):
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    if axis is not None and np.ndim(weights) < np.ndim(a):
        weights = np.reshape(weights, [size if k == normalize_axis_index(axis, np.ndim(a)) else 1 for k, size in enumerate(np.shape(a))])
    share = np.broadcast_to(weights, np.shape(a))
    return np.sum(a * share, axis=axis, keepdims=keepdims) / np.sum(share, axis=axis, keepdims=keepdims)


def without_nan(reduced: Callable) -> Callable:
    def whole(a, axis=None, *, keepdims=False):
        known = ~np.isnan(a)
        total = np.sum(np.where(known, a, 0.0), axis=axis, keepdims=keepdims)
        return total / np.sum(known, axis=axis, keepdims=keepdims) if reduced is np.mean else total

    return whole


def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = np.moveaxis(y, axis, -1)
    if x is not None:
        dx = np.diff(x) if np.ndim(x) == 1 else np.diff(np.moveaxis(x, axis, -1))
    return np.sum((y[..., 1:] + y[..., :-1]) * dx, axis=-1) / 2.0


def slopes(f, *spacings, axis=None):
    """numpy.gradient: slopes between neighbours, weighted by the other's distance."""
    axes = [*range(f.ndim)] if axis is None else [normalize_axis_index(k, f.ndim) for k in np.atleast_1d(axis)]
    found = []
    for k, spacing in zip(axes, spacings * (len(axes) // len(spacings)) if spacings else (1.0,) * len(axes), strict=True):
        rows = np.moveaxis(f, k, -1)
        gaps = np.diff(spacing) if np.ndim(spacing) else np.full(rows.shape[-1] - 1, spacing)
        steps = np.diff(rows) / gaps
        left, right = gaps[:-1], gaps[1:]
        inner = (steps[..., :-1] * right + steps[..., 1:] * left) / (left + right)
        found.append(np.moveaxis(np.concatenate([steps[..., :1], inner, steps[..., -1:]], axis=-1), -1, k))
    return found[0] if len(found) == 1 else tuple(found)


def linspace(start, stop, num=50, endpoint=True, *, axis=0):
    steps = np.arange(num) / max(num - endpoint, 1)
    whole = (stop - start) * 1.0
    return np.moveaxis(np.expand_dims(start, -1) + np.expand_dims(whole, -1) * steps, -1, axis)


def interp(x, xp, fp):
    left = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)
    xp, fp = as_array(xp), as_array(fp)
    share = np.clip((x - xp[left]) / (xp[left + 1] - xp[left]), 0, 1)
    return fp[left] + share * (fp[left + 1] - fp[left])


def correlate(a, v, mode="valid"):
    return np.convolve(a, v[::-1], mode) if np.size(a) >= np.size(v) else correlate(v, a, mode)[::-1]


def cross(a, b, axis=-1):
    a, b = (np.moveaxis(each, axis, -1) for each in (a, b))
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise NoDerivative(f"numpy.cross: vectors of {a.shape[-1]} and {b.shape[-1]} numbers came; 3 are accepted")
    following, last = [1, 2, 0], [2, 0, 1]
    return np.moveaxis(a[..., following] * b[..., last] - a[..., last] * b[..., following], -1, axis)


def kron(a, b):
    dimensions = max(np.ndim(a), np.ndim(b))
    a, b = (np.reshape(each, (1,) * (dimensions - np.ndim(each)) + np.shape(each)) for each in (a, b))
    table = a[tuple(part for _ in range(dimensions) for part in (slice(None), None))] * b[(None, slice(None)) * dimensions]
    return np.reshape(table, [m * n for m, n in zip(a.shape, b.shape, strict=True)])


def power(a, n):
    found = np.linalg.inv(a) if n < 0 else np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape) if n == 0 else a
    base = found
    for _ in range(abs(n) - 1):
        found = found @ base
    return found


def log_of_sum(x, axis=None, *, keepdims=False):
    most = np.max(x, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(x - most), axis=axis, keepdims=True)) + most
    return total if keepdims else np.squeeze(total, axis=axis)


def outer_of(ufunc: Callable) -> Callable:
    return lambda a, b, axis=0: ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)


def meshgrid(*rows, indexing="xy"):
    order = [1, 0, *range(2, len(rows))] if indexing == "xy" and len(rows) > 1 else [*range(len(rows))]  # the axis of each
    shape = [np.size(rows[k]) for k in order]
    return tuple(
        np.broadcast_to(np.expand_dims(np.ravel(row), [k for k in order if k != axis]), shape) for row, axis in zip(rows, order, strict=True)
    )


def sinc(x):
    """Near 0 by its series, of which every derivative is one, too."""
    near = abs(x) < 0.3
    square, angle = (np.pi * np.where(near, x, 0.0)) ** 2, np.pi * np.where(near, 1.0, x)
    total = 1.0 + 0.0 * square
    for k in range(24, 0, -1):
        total = 1.0 - total * square / (2.0 * k * (2.0 * k + 1.0))
    return np.where(near, total, np.sin(angle) / angle)


def piecewise(x, condlist, funclist, *settings):
    conditions = [np.broadcast_to(each, x.shape) for each in (condlist if np.ndim(condlist[0]) or not x.ndim else [condlist])]
    if len(funclist) == len(conditions) + 1:
        conditions = [*conditions, ~np.any(conditions, axis=0)]
    total = 0.0 * x
    for condition, function in zip(conditions, funclist, strict=True):
        if not condition.any():
            continue
        part = function(x[condition], *settings) if callable(function) else function
        total = np.where(condition, scatter(np.broadcast_to(part, (int(np.sum(condition)),)), condition, x.shape), total)
    return total


COMPOSED: dict[Callable, Callable] = {
    np.maximum: choice(np.greater),
    np.minimum: choice(np.less),
    np.fmax: choice(lambda a, b: np.greater(a, b) | np.isnan(b)),
    np.fmin: choice(lambda a, b: np.less(a, b) | np.isnan(b)),
    np.clip: clip,
    np.max: extreme(np.argmax),
    np.amax: extreme(np.argmax),
    np.min: extreme(np.argmin),
    np.amin: extreme(np.argmin),
    np.prod: prod,
    np.var: var,
    np.std: std,
    np.linalg.norm: norm,
    np.diff: diff,
    np.stack: stack,
    np.vstack: vstack,
    np.hstack: hstack,
    np.column_stack: column_stack,
    np.inner: inner,
    np.outer: outer,
    np.full_like: full_like,
    np.select: select,
    np.polyval: polyval,
    np.sort: sort,
    np.trace: trace,
    np.cumprod: cumprod,
    np.quantile: quantile,
    np.percentile: lambda a, q, *rest, **options: quantile(a, np.asarray(q) / 100.0, *rest, **options),
    np.median: lambda a, axis=None, *, keepdims=False: quantile(a, 0.5, axis, keepdims=keepdims),
    np.ptp: lambda a, axis=None, *, keepdims=False: np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims),
    np.average: average,
    np.nansum: without_nan(np.sum),
    np.nanmean: without_nan(np.mean),
    np.trapezoid: trapezoid,
    np.gradient: slopes,
    np.linspace: linspace,
    np.interp: interp,
    np.correlate: correlate,
    np.cross: cross,
    np.kron: kron,
    np.vdot: lambda a, b: np.dot(np.ravel(a), np.ravel(b)),
    np.sinc: sinc,
    np.piecewise: piecewise,
    np.pad: pad,
    np.append: lambda arr, values, axis=None: np.concatenate([as_array(arr), as_array(values)], axis=axis),
    np.copy: lambda a: +a,
    np.meshgrid: meshgrid,
    np.linalg.matrix_power: power,
    np.linalg.eigvalsh: matrices.eigvalsh,
    np.linalg.eigh: matrices.eigh,
    np.linalg.solve: matrices.solve,
    np.linalg.inv: matrices.inv,
    np.linalg.det: matrices.det,
    np.linalg.slogdet: matrices.slogdet,
    np.linalg.cholesky: matrices.cholesky,
    **{each: each_alone(each) for each in (np.atleast_1d, np.atleast_2d, np.atleast_3d)},
}
COMPOSED |= {
    each: rearranged(each)
    for each in (
        *(np.take, np.take_along_axis, np.repeat, np.tile, np.resize, np.delete, np.split, np.array_split),
        *(np.diag, np.diagflat, np.diagonal, np.tril, np.triu, np.rot90, np.fliplr, np.flipud),
    )
}

METHODS_OF_UFUNCS: dict[tuple[Callable, str], Callable] = {
    (np.add, "reduce"): np.sum,
    (np.multiply, "reduce"): np.prod,
    (np.maximum, "reduce"): np.max,
    (np.minimum, "reduce"): np.min,
    (np.logaddexp, "reduce"): log_of_sum,
    (np.add, "accumulate"): np.cumsum,
    (np.multiply, "accumulate"): np.cumprod,
} | {(ufunc, "outer"): outer_of(ufunc) for ufunc in (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.power)}
