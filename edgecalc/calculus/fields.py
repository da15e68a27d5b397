"""Functions of several variables, taken on the last axis: gradients, Jacobians and what is made of them.

For one point of shape (n,) or many of shape (..., n); second derivatives are in `hessians`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from edgecalc.calculus import automatic, numeric
from edgecalc.calculus.gradients import METHODS, Surface, gradient_of, many, of_points, partials
from edgecalc.calculus.lines import Along, scales, ways_of
from edgecalc.calculus.probe import Domain, called, domain_of, inside, points, row_or_nan
from edgecalc.core.arrays import one_of, whole

EXACT = ("complex", "automatic")


def gradient(f: Callable, x: Any, *, method: str = "auto", accuracy: int | None = None, h: float | None = None, domain: Any = None) -> np.ndarray:
    """All first partial derivatives, of shape (..., n). For many calls in a row, `gradient_of` looks at f only once.

    >>> gradient(lambda p: p[..., 0] * p[..., 1], [2.0, 3.0])
    array([3., 2.])
    """
    return gradient_of(f, method=method, accuracy=accuracy, h=h, domain=domain)(x)


@np.errstate(all="ignore")
def partial(
    f: Callable,
    x: Any,
    variable: int,
    *,
    order: int = 1,
    method: str = "auto",
    accuracy: int | None = None,
    h: float | None = None,
    domain: Any = None,
) -> Any:
    """Derivative along one variable.

    >>> partial(lambda p: p[..., 0] ** 3 * p[..., 1], [2.0, 5.0], 0, order=2)
    60.0
    """
    one_of(method, METHODS, "method")
    numeric.check_options(method, accuracy, h)
    at = many(x)
    variable = whole(variable, "variable", 0, at.shape[-1] - 1)
    order = whole(order, "order", 1, numeric.MOST_ORDER)
    if method in EXACT or method == "auto" and order == 1 and h is None:
        if order != 1:
            raise ValueError(f'order: {order} came; method={method!r} gives first derivatives here, method="auto" any order to {numeric.MOST_ORDER}')
        found = gradient(f, at, method=method, domain=domain)[..., variable]
    else:
        limits = domain_of(domain)
        inside(at, limits)
        base = at.reshape(-1, at.shape[-1])
        found = partials(f, base, np.full(len(base), variable), order, method, accuracy, h, limits).reshape(at.shape[:-1])
    return found.item() if found.ndim == 0 else found


@np.errstate(all="ignore")
def jacobian(f: Callable, x: Any, *, method: str = "auto", domain: Any = None) -> np.ndarray:
    """Of a function that gives m numbers on its last axis: shape (..., m, n).

    >>> jacobian(lambda p: np.stack([p[..., 0] * p[..., 1], p[..., 0] + p[..., 1]], -1), [2.0, 3.0])
    array([[3., 2.],
           [1., 1.]])
    """
    at = many(x)
    values = called(f, at)
    if values.ndim != at.ndim:
        raise ValueError(f"f: it gave shape {values.shape} for x of shape {at.shape}; one row of numbers for each point is accepted")
    limits = domain_of(domain)
    if method == "auto" and at.size and values.size:
        inside(at, limits)
        found = at_once(f, at.reshape(-1, at.shape[-1]), values.reshape(-1, values.shape[-1]), limits)
        return found.reshape(*values.shape, at.shape[-1])
    rows = [gradient(lambda p, k=k: component(f(p), k), at, method=method, domain=domain) for k in range(values.shape[-1])]
    return np.stack(rows, -2)


def at_once(f: Callable, rows: np.ndarray, values: np.ndarray, domain: Domain) -> np.ndarray:
    """All numbers of a field in all their variables: exact where it can be followed and, of code with corners, one difference agrees."""
    count = values.shape[1]
    try:
        value, smooth = automatic.followed(f, rows[0])
        automatic.must_agree(f, rows[0], value, values[0])
        found = np.array([automatic.jacobian(f, row) for row in rows])
        sure = np.isfinite(found).all(axis=(1, 2))
    except Exception:  # what cannot be followed is differenced
        found, smooth, sure = np.empty((*values.shape, rows.shape[1])), True, np.zeros(len(rows), bool)
    if not smooth:
        way = ways_of(rows, domain)
        along = numeric.by_pairs(Along(lambda p: values_of(f, p, count), rows, way, domain, count), np.zeros(values.size), 1, None)
        missed = np.abs((found @ way[..., None]).ravel() - along.value) > 10 * along.error + 1e-9 * np.abs(along.value)
        sure &= ~(missed | (along.kind != numeric.SMOOTH)).reshape(values.shape).any(axis=1)
    if not sure.all():
        unit = scales(rows[~sure])
        start, ways = np.repeat(rows[~sure], rows.shape[1], axis=0), (np.eye(rows.shape[1]) * unit[:, None]).reshape(-1, rows.shape[1])
        slopes = numeric.by_pairs(Along(lambda p: values_of(f, p, count), start, ways, domain, count), np.zeros(len(start) * count), 1, None).value
        found[~sure] = np.swapaxes(slopes.reshape(-1, rows.shape[1], count), 1, 2) / unit[:, None]
    return found


def values_of(f: Callable, rows: np.ndarray, count: int) -> np.ndarray:
    """What a field gives for rows; NaN for those that plain Python refuses."""
    try:
        return called(f, rows)
    except (ValueError, ArithmeticError):
        return np.array([np.broadcast_to(row_or_nan(f, row), count) for row in rows])


def component(values: Any, k: int) -> Any:
    """One of the numbers that a field gives; arrays stay what they are, so that the way through them can be followed."""
    return values[..., k] if hasattr(values, "ndim") else np.asarray(values)[..., k]


@np.errstate(all="ignore")
def laplacian(f: Callable, x: Any, *, domain: Any = None) -> Any:
    """The second derivatives along every variable, added.

    >>> round(laplacian(lambda p: p[..., 0] ** 2 + 3 * p[..., 1] ** 2, [1.0, 2.0]), 9)
    8.0
    """
    at, limits = many(x), domain_of(domain)
    inside(at, limits)
    count = at.shape[-1]
    base = np.repeat(at.reshape(-1, count), count, axis=0)
    found = partials(f, base, np.arange(len(base)) % count, 2, "auto", None, None, limits).reshape(at.shape).sum(axis=-1)
    return found.item() if found.ndim == 0 else found


@np.errstate(all="ignore")
def directional(f: Callable, x: Any, direction: Any, *, domain: Any = None) -> Any:
    """The slope in a direction, which is taken at its length.

    >>> directional(lambda p: p[..., 0] * p[..., 1], [2.0, 3.0], [1.0, 1.0])
    np.float64(5.0)
    """
    way, slopes = points(direction, "direction"), gradient(f, x, domain=domain)
    if way.shape[-1:] != slopes.shape[-1:] or not np.isfinite(way).all():
        raise ValueError(f"direction: {direction!r} came; {slopes.shape[-1]} finite numbers, one for each variable, are accepted")
    found = np.asarray(np.sum(slopes * way, axis=-1))
    lost = np.isnan(found)
    if lost.any():  # a variable at a corner of its own has no slope, a way along the corner may have one
        limits = domain_of(domain)
        start, ways = (each[lost] for each in np.broadcast_arrays(many(x), way))
        along = Along(Surface(of_points(f), start, limits), start, ways, limits)
        found[lost] = numeric.by_pairs(along, np.zeros(len(start)), 1, None).value
    return found[()]


def divergence(field: Callable, x: Any, *, domain: Any = None) -> Any:
    """Of a vector field: how much flows out of a point.

    >>> divergence(lambda p: p, [1.0, 2.0, 3.0])
    np.float64(3.0)
    """
    return np.trace(square(field, x, domain), axis1=-2, axis2=-1)


def curl(field: Callable, x: Any, *, domain: Any = None) -> Any:
    """Of a vector field: how it turns; a number in two dimensions, a vector in three.

    >>> curl(lambda p: np.stack([-p[..., 1], p[..., 0]], -1), [1.0, 2.0])
    np.float64(2.0)
    """
    d = square(field, x, domain)
    if d.shape[-1] == 2:
        return d[..., 1, 0] - d[..., 0, 1]
    if d.shape[-1] == 3:
        return np.stack([d[..., 2, 1] - d[..., 1, 2], d[..., 0, 2] - d[..., 2, 0], d[..., 1, 0] - d[..., 0, 1]], -1)
    raise ValueError(f"x: {d.shape[-1]} variables came; a curl needs 2 or 3")


def square(field: Callable, x: Any, domain: Any) -> np.ndarray:
    found = jacobian(field, x, domain=domain)
    if found.shape[-1] != found.shape[-2]:
        raise ValueError(f"field: it gave {found.shape[-2]} numbers for {found.shape[-1]} variables; as many are accepted")
    return found
