"""Functions of several variables, taken on the last axis: gradients, Jacobians, Hessians and what is made of them.

All from the stencils and the complex step of `numeric`, for one point of shape (n,) or many of shape (..., n).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from edgecalc import stencils
from edgecalc.calculus import numeric
from edgecalc.calculus.probe import BadResult, Domain, Partials, called, domain_of, is_analytic, points
from edgecalc.core.arrays import one_of, whole

METHODS = ("auto", "central", "forward", "backward", "complex", "automatic")
MIXED_STEP = 2.0**-6


def gradient(f: Callable, x: Any, *, method: str = "auto", accuracy: int | None = None, h: float | None = None, domain: Any = None) -> np.ndarray:
    """All first partial derivatives, of shape (..., n).

    >>> gradient(lambda p: p[..., 0] * p[..., 1], [2.0, 3.0])
    array([3., 2.])
    """
    one_of(method, METHODS, "method")
    at = many(x)
    if method == "automatic":
        from edgecalc.calculus import automatic

        return np.array([automatic.gradient(f, point) for point in at.reshape(-1, at.shape[-1])]).reshape(at.shape)
    count = at.shape[-1]
    base = at.reshape(-1, count)
    return partials(f, np.repeat(base, count, axis=0), np.tile(np.arange(count), len(base)), 1, method, accuracy, h, domain).reshape(at.shape)


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
    at = many(x)
    variable = whole(variable, "variable", 0, at.shape[-1] - 1)
    base = at.reshape(-1, at.shape[-1])
    found = partials(f, base, np.full(len(base), variable), order, method, accuracy, h, domain).reshape(at.shape[:-1])
    return found.item() if found.ndim == 0 else found


def partials(f: Callable, base: np.ndarray, variable: np.ndarray, order: int, method: str, accuracy: Any, h: Any, domain: Any) -> np.ndarray:
    limits = inside(base, domain)
    if not callable(f):
        raise TypeError(f"f: {f!r} came; a function of points is accepted")
    probe = Partials(f, base, variable, limits)
    if len(base):
        probe.checked(called(f, base[:1]), base[:1, 0])
    along = np.take_along_axis(base, variable[:, None], 1)[:, 0]
    numeric.check_step(h, along)
    if not len(base):
        return along
    if method in ("central", "forward", "backward"):
        return numeric.single(probe, along, order, method, accuracy, h).value
    if order == 1 and (method == "complex" or method == "auto" and h is None and is_analytic(f, base[:: max(1, len(base) // 8)], 1)):
        found = complex_steps(probe, along)
        if method == "complex" or found is not None:
            if found is None:
                raise TypeError('f: it does not take complex numbers; method="auto" or "central" is accepted')
            return found
    return numeric.by_pairs(probe, along, whole(order, "order", 1, numeric.MOST_ORDER), h).value


def complex_steps(probe: Partials, along: np.ndarray) -> np.ndarray | None:
    """None where f is not what a complex step needs."""
    try:
        size = probe.block
        moved = [probe.take(slice(k, k + size))(along[k : k + size] + 1j * numeric.TINY) for k in range(0, max(1, len(along)), size)]
    except (TypeError, ValueError, ArithmeticError) as error:
        if isinstance(error, BadResult):
            raise
        return None
    value = np.concatenate(moved)
    if value.dtype.kind != "c" or not np.isfinite(value).all() or not np.isfinite(called(probe.f, probe.base[:1])).all():
        return None
    return value.imag / numeric.TINY


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
    rows = [gradient(lambda p, k=k: component(f(p), k), at, method=method, domain=domain) for k in range(values.shape[-1])]
    return np.stack(rows, -2)


def component(values: Any, k: int) -> Any:
    """One of the numbers that a field gives; arrays stay what they are, so that the way through them can be followed."""
    return values[..., k] if isinstance(values, np.ndarray) else np.asarray(values)[..., k]


def hessian(f: Callable, x: Any, *, domain: Any = None) -> np.ndarray:
    """All second partial derivatives, symmetric, of shape (..., n, n).

    >>> hessian(lambda p: 2 * p[..., 0] ** 2 + 3 * p[..., 1] ** 2 - p[..., 0] * p[..., 1], [1.0, 3.0]).round(9)
    array([[ 4., -1.],
           [-1.,  6.]])
    """
    at = many(x)
    count = at.shape[-1]
    result = np.empty((*at.shape, count))
    low, high = inside(at, domain)
    room = float(np.min(np.minimum(at - low, high - at), initial=np.inf))
    if at.size:
        Partials(f, at.reshape(-1, count)[:1], np.zeros(1, int)).checked(called(f, at.reshape(-1, count)[:1]), np.zeros(1))
    analytic = room > 5 * np.max(numeric.natural_step(at, 1, 8), initial=0) and is_analytic(f, at.reshape(-1, count)[:1], 1)
    for k in range(count):
        if analytic:
            result[..., k, :] = differences_of_gradient(f, at, k)
            continue
        for j in range(k + 1):
            orders = [0] * count
            orders[k] += 1
            orders[j] += 1
            result[..., k, j] = result[..., j, k] = mixed(f, at, orders, domain=domain)
    return (result + np.swapaxes(result, -1, -2)) / 2 if analytic else result


def differences_of_gradient(f: Callable, at: np.ndarray, k: int) -> np.ndarray:
    """The row of a Hessian: the exact gradient of the complex step, differenced by order 8 along one variable."""
    row = stencils.central(1, 8)
    step = numeric.natural_step(at[..., k], 1, 8)
    values = []
    for offset in row.offsets:
        moved = at.copy()
        moved[..., k] += offset * step
        values.append(gradient(f, moved, method="complex") if offset else np.zeros_like(at))
    return numeric.weigh(row, np.stack(values), step[..., None])


def mixed(f: Callable, x: Any, orders: Any, *, domain: Any = None) -> Any:
    """Mixed partial derivative: `orders` says how often along each variable, by the product of their stencils.

    >>> round(mixed(lambda p: p[..., 0] ** 2 * p[..., 1] ** 3, [2.0, 1.0], (1, 1)), 9)
    12.0
    """
    at = many(x)
    if not isinstance(orders, tuple | list):
        raise TypeError(f"orders: {orders!r} came; one number for each variable, such as (1, 1), is accepted")
    orders = [whole(order, "orders", 0, 4) for order in orders]
    if len(orders) != at.shape[-1] or not sum(orders):
        raise ValueError(f"orders: {orders} came; {at.shape[-1]} numbers, not all 0, are accepted")
    if sum(map(bool, orders)) == 1:
        variable = int(np.flatnonzero(orders)[0])
        return partial(f, at, variable, order=orders[variable], domain=domain)
    low, high = inside(at, domain)
    steps = np.minimum(MIXED_STEP * np.maximum(1, np.abs(at)), np.minimum(at - low, high - at) / 5)
    if not (steps > 0).all():
        raise ValueError(f"x: {x!r} came, which has no room for a mixed derivative within the domain {(low, high)}")
    total: Any = at[None]
    weights = np.ones(1)
    for k, order in enumerate(orders):
        if order:
            row = stencils.central(order, 8)
            step = steps[..., k]
            moved = np.repeat(total, len(row.offsets), axis=0)
            shifts = np.tile(np.array(row.offsets), len(total))
            moved[..., k] += shifts.reshape(-1, *[1] * (at.ndim - 1)) * step
            weights = np.outer(weights, np.array(row.numerators) / row.denominator).ravel()
            total = moved
    scale = np.prod([steps[..., k] ** order for k, order in enumerate(orders)], axis=0)
    found = np.tensordot(weights, called(f, total), 1) / scale
    return found.item() if np.ndim(found) == 0 else found


def laplacian(f: Callable, x: Any, *, domain: Any = None) -> Any:
    """The second derivatives along every variable, added.

    >>> round(laplacian(lambda p: p[..., 0] ** 2 + 3 * p[..., 1] ** 2, [1.0, 2.0]), 9)
    8.0
    """
    return sum(partial(f, x, k, order=2, domain=domain) for k in range(many(x).shape[-1]))


def directional(f: Callable, x: Any, direction: Any, *, domain: Any = None) -> Any:
    """The slope in a direction, which is taken at its length.

    >>> directional(lambda p: p[..., 0] * p[..., 1], [2.0, 3.0], [1.0, 1.0])
    np.float64(5.0)
    """
    way, slopes = points(direction, "direction"), gradient(f, x, domain=domain)
    if way.shape[-1:] != slopes.shape[-1:] or not np.isfinite(way).all():
        raise ValueError(f"direction: {direction!r} came; {slopes.shape[-1]} finite numbers, one for each variable, are accepted")
    return np.sum(slopes * way, axis=-1)


def divergence(field: Callable, x: Any) -> Any:
    """Of a vector field: how much flows out of a point.

    >>> divergence(lambda p: p, [1.0, 2.0, 3.0])
    np.float64(3.0)
    """
    return np.trace(square(field, x), axis1=-2, axis2=-1)


def curl(field: Callable, x: Any) -> Any:
    """Of a vector field: how it turns; a number in two dimensions, a vector in three.

    >>> curl(lambda p: np.stack([-p[..., 1], p[..., 0]], -1), [1.0, 2.0])
    np.float64(2.0)
    """
    d = square(field, x)
    if d.shape[-1] == 2:
        return d[..., 1, 0] - d[..., 0, 1]
    if d.shape[-1] == 3:
        return np.stack([d[..., 2, 1] - d[..., 1, 2], d[..., 0, 2] - d[..., 2, 0], d[..., 1, 0] - d[..., 0, 1]], -1)
    raise ValueError(f"x: {d.shape[-1]} variables came; a curl needs 2 or 3")


def square(field: Callable, x: Any) -> np.ndarray:
    found = jacobian(field, x)
    if found.shape[-1] != found.shape[-2]:
        raise ValueError(f"field: it gave {found.shape[-2]} numbers for {found.shape[-1]} variables; as many are accepted")
    return found


def inside(at: np.ndarray, domain: Any) -> Domain:
    low, high = domain_of(domain)
    outside = (at < low) | (at > high)
    if outside.any():
        raise ValueError(f"x: {at[outside][0]} lies outside the domain {(low, high)}")
    return low, high


def many(x: Any) -> np.ndarray:
    at = points(x)
    if at.ndim == 0 or not at.shape[-1]:
        raise ValueError(f"x: shape {at.shape} came; the variables on the last axis, such as [1.0, 2.0], are accepted")
    if not np.isfinite(at).all():
        raise ValueError("x: it holds NaN or infinity; finite numbers are accepted")
    return at
