"""Second derivatives of functions whose variables stand on the last axis: Hessians, dense and sparse, and mixed partials.

exact products     of the Hessian with any vectors, by automatic differentiation; where f has kinks a difference must agree
differences        of an exact gradient: the caller's own, or the complex step's
directions         second derivatives of f itself along sums and differences of its variables

The first two ask for as few products as the zeros of a large Hessian allow; see `sparsity`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import comb, factorial, prod
from typing import Any

import numpy as np

from edgecalc.calculus import numeric
from edgecalc.calculus.gradients import NUDGE, Surface, beside, complex_steps, for_rows, many, of_points, told_by_complex_steps
from edgecalc.calculus.lines import Along, agrees, scales, ways_of
from edgecalc.calculus.probe import Domain, domain_of, inside, row_or_nan
from edgecalc.calculus.sparsity import CHUNK, FEWEST, recovered
from edgecalc.core.arrays import one_of, truth, whole
from edgecalc.errors import MissingExtra

METHODS = ("auto", "automatic", "complex", "central")
EXACT, DIFFERENCED = 1e-11, 1e-7  # how far off, of its parts, a product with a sparse Hessian may be
MOST = 4  # order along one variable
FEW_VARIABLES = 50


@np.errstate(all="ignore")
def hessian(f: Callable, x: Any, *, grad: Callable | None = None, method: str = "auto", sparse: bool = False, domain: Any = None) -> Any:
    """All second partial derivatives, symmetric, of shape (..., n, n).

    Parameters
    ----------
    f : callable
        Of points whose variables stand on the last axis, or of one point.
    x : array of shape (n,) or (..., n)
    grad : callable, optional
        The exact gradient of f, of the shape of its points; it is differenced, and f is not called.
    method : str
        "automatic" is exact, "complex" differences the gradient of the complex step, "central" takes f alone. "auto" takes
        the first of them that is right for f.
    sparse : bool
        Give a scipy.sparse array, of a single point.
    domain : (low, high), optional
        f is never called outside.

    The zeros of a Hessian of many variables are found first, and confirmed by a product with a random vector.

    >>> hessian(lambda p: 2 * p[..., 0] ** 2 + 3 * p[..., 1] ** 2 - p[..., 0] * p[..., 1], [1.0, 3.0])
    array([[ 4., -1.],
           [-1.,  6.]])
    """
    one_of(method, METHODS, "method")
    if grad is not None and method != "auto":
        raise ValueError(f'method: {method!r} came beside grad=, which is differenced; "auto" is accepted')
    at, limits = many(x), domain_of(domain)
    inside(at, limits)
    if truth(sparse, "sparse") and at.ndim != 1:
        raise ValueError(f"x: shape {at.shape} came; one point of shape (n,) is accepted with sparse=True")
    of_points(f), grad is None or of_points(grad, "grad")
    rows = at.reshape(-1, at.shape[-1])
    if sparse:
        return as_sparse(second(f, rows, grad, method, limits, sparse=True))
    if not len(rows):
        return np.empty((*at.shape, at.shape[-1]))
    return second(f, rows, grad, method, limits).reshape(*at.shape, at.shape[-1])


def second(f: Callable, rows: np.ndarray, grad: Callable | None, method: str, domain: Domain, sparse: bool = False) -> Any:
    """The Hessians of all rows; of a sparse one (row, column, number) on and below its diagonal, if that is asked for."""
    if grad is not None:
        return by_products(differenced(gradient_of_rows(grad, rows[0], domain), domain), rows, domain, sparse)
    surface = Surface(f, rows, domain)
    exact = Products(surface.slopes, surface.products, EXACT, whole=surface.bends)
    if method == "automatic":
        surface.must_be_followed()
        return by_products(exact, rows, domain, sparse)
    if method == "complex":
        told_by_complex_steps(surface, rows)
        return by_products(differenced(lambda each: complex_steps(surface, each)[0], domain), rows, domain, sparse)
    if method == "central":
        return by_directions(surface, rows)
    sure = automatic_is_right(surface, rows)
    if sure.all():
        found = by_products(exact, rows, domain, sparse)
        return found if sparse else mended(found, surface, rows)
    if surface.analytic:
        return second(f, rows, None, "complex", domain, sparse)
    result = np.empty((*rows.shape, rows.shape[1]))
    result[~sure] = by_directions(surface, rows[~sure])
    if sure.any():
        result[sure] = by_products(exact, rows[sure], domain)
    return result


def mended(found: np.ndarray, surface: Surface, rows: np.ndarray) -> np.ndarray:
    """Rules know no number at the bottom of (x^2 + y^2)^1.5, differences do; of many variables they would take too long."""
    if rows.shape[1] > FEW_VARIABLES:
        return found
    lost = np.isnan(found).any(axis=(1, 2))
    if lost.any():
        found[lost] = by_directions(surface, rows[lost])
    return found


def automatic_is_right(f: Surface, rows: np.ndarray) -> np.ndarray:
    """For which rows: analytic functions have no kink; of others differences along a random way must agree."""
    if f.analytic:
        return np.full(len(rows), f.traceable)
    way = ways_of(rows, f.domain)
    try:
        bend = np.sum(way * f.products(rows, way), axis=-1)
    except Exception:  # what it cannot do automatically it may do by differences
        return np.zeros(len(rows), bool)
    return agrees(f, rows, way, bend, 2)


def as_sparse(found: Any) -> Any:
    try:
        from scipy.sparse import coo_array
    except ImportError:
        raise MissingExtra("scipy", "compare") from None
    if isinstance(found, np.ndarray):
        return coo_array(found[0]).tocsr()
    (row, column, number), count = found
    row, column, number = (each[number != 0] for each in (row, column, number))
    off = row != column
    places = np.concatenate([row, column[off]]), np.concatenate([column, row[off]])
    return coo_array((np.concatenate([number, number[off]]), places), (count, count)).tocsr()


# ---------------------------------------------------------------- by products with vectors


@dataclass(frozen=True)
class Products:
    """What is asked of a Hessian: the gradient of rows, and its product with a way for each row, both in units of `scale`."""

    slopes: Callable
    along: Callable
    tolerance: float
    scale: Callable = np.ones_like
    whole: Callable | None = None  # all of it at once, where products would take longer


def differenced(slopes: Callable, domain: Domain) -> Products:
    """Products by differences of an exact gradient."""

    def along(rows: np.ndarray, ways: np.ndarray) -> np.ndarray:
        unit = scales(rows)
        probe = Along(slopes, rows, ways * unit, domain, parts=rows.shape[1])
        return numeric.by_pairs(probe, np.zeros(rows.size), 1, None).value.reshape(rows.shape) * unit

    return Products(slopes, along, DIFFERENCED, scales)


def gradient_of_rows(grad: Callable, here: np.ndarray, domain: Domain) -> Callable:
    """The caller's gradient for rows, whether it takes many points or one."""
    value = np.asarray(grad(here))
    if value.shape != here.shape or value.dtype.kind not in "biuf":
        raise ValueError(f"grad: {value.dtype} of shape {value.shape} came for a point of shape {here.shape}; as many real numbers are accepted")
    many = for_rows(grad, here, value, domain)

    def slopes(rows: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            if many is not None:
                return np.asarray(many(rows), float)
            return np.array([np.broadcast_to(row_or_nan(grad, row), row.shape) for row in rows], float)

    return slopes


def by_products(given: Products, rows: np.ndarray, domain: Domain, sparse: bool = False) -> Any:
    count = rows.shape[1]
    if count >= FEWEST and len(rows) > 1:
        return np.stack([by_products(given, row[None], domain) for row in rows])
    if count < FEWEST and given.whole and (found := given.whole(rows)) is not None:
        return found
    unit = given.scale(rows)
    if count >= FEWEST:
        found = recovered(*asked(given, rows[0], domain), count, given.tolerance)
        if found is not None:
            row, column, number = found
            number = number / (unit[0, row] * unit[0, column])
            return ((row, column, number), count) if sparse else filled(row, column, number, count)
    result = np.empty((*rows.shape, count))
    size = max(1, CHUNK // count**2)
    for k in range(0, len(rows), size):
        part = rows[k : k + size]
        ways = np.tile(np.eye(count), (len(part), 1))
        found = given.along(np.repeat(part, count, axis=0), ways).reshape(len(part), count, count)
        result[k : k + size] = (found + np.swapaxes(found, 1, 2)) / (2 * unit[k : k + size, :, None] * unit[k : k + size, None])
    return result


def asked(given: Products, here: np.ndarray, domain: Domain) -> tuple[Callable, Callable]:
    """What `recovered` asks: which components of the gradient change when a group of variables moves, and products with ways."""
    there = beside(here, np.random.default_rng(len(here)).uniform(NUDGE / 2, NUDGE, len(here)), domain)
    slopes = given.slopes(here[None])

    def moved(groups: np.ndarray) -> np.ndarray:
        return given.slopes(np.where(groups, there, here)) != slopes

    return moved, lambda ways: given.along(np.broadcast_to(here, ways.shape), ways)


def filled(row: np.ndarray, column: np.ndarray, number: np.ndarray, count: int) -> np.ndarray:
    result = np.zeros((count, count))
    result[row, column] = number
    result[column, row] = number
    return result


# ---------------------------------------------------------------- by directions


def by_directions(f: Surface, rows: np.ndarray) -> np.ndarray:
    """Hessians from f alone, a row of them at a time."""
    count = rows.shape[1]
    result = np.empty((*rows.shape, count))
    for i in range(count):
        orders = np.eye(count, dtype=int)[: i + 1]
        orders[:, i] += 1
        result[:, i, : i + 1] = result[:, : i + 1, i] = along_all(f, rows, orders)
    return result


def along_all(f: Surface, rows: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Mixed partials, each of one row of orders: sums of derivatives of f in directions, of their common total order."""
    total = int(orders[0].sum())
    shares = [directions(tuple(each[each > 0].tolist())) for each in orders]
    ways = np.zeros((sum(len(weights) for weights, _ in shares), orders.shape[1]))
    ends = np.cumsum([len(weights) for weights, _ in shares])
    for each, (weights, steps), end in zip(orders, shares, ends, strict=True):
        ways[end - len(weights) : end, each > 0] = steps
    unit = in_the_room(rows, f.domain, total, np.abs(ways).max())
    start = np.repeat(rows, len(ways), axis=0)
    probe = Along(f, start, (unit[:, None] * ways).reshape(start.shape), f.domain)
    found = numeric.by_pairs(probe, np.zeros(len(start)), total, None).value.reshape(len(rows), len(ways))
    weighted = found * np.concatenate([weights for weights, _ in shares])
    return np.add.reduceat(weighted, ends - [len(weights) for weights, _ in shares], axis=1) / np.prod(unit[:, None] ** orders, axis=-1)


@lru_cache(maxsize=256)
def directions(orders: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(weights, directions) that make a mixed partial of these orders of derivatives of their total order.

        f_xy = D²f along (x + y) / 2  -  D²f along (x - y) / 2

    Kan, "From moments of sum to moments of product", 2008: the same for products and powers.
    """
    total, weights = sum(orders), {}
    for taken in product(*(range(order + 1) for order in orders)):
        step = tuple(order / 2 - k for order, k in zip(orders, taken, strict=True))
        if step > (0,) * len(orders):  # the others are their opposites
            weights[step] = 2 * (-1) ** sum(taken) * prod(comb(order, k) for order, k in zip(orders, taken, strict=True)) / factorial(total)
    return np.array(list(weights.values())), np.array(list(weights))


def in_the_room(rows: np.ndarray, domain: Domain, order: int, longest: float) -> np.ndarray:
    """Scales of the variables, for which the widest stencil along these directions fits into the domain."""
    room = np.minimum(rows - domain[0], domain[1] - rows)
    if not (room > 0).all():
        raise ValueError(f"x: {rows[(room <= 0).any(-1)][0].tolist()} came, which has no room for a mixed derivative within the domain {domain}")
    reach = (5 + order // 2) * longest * float(numeric.natural_step(np.zeros(()), order, 8))
    return np.minimum(scales(rows), 2.0 ** np.floor(np.log2(room / reach)))


@np.errstate(all="ignore")
def mixed(f: Callable, x: Any, orders: Any, *, domain: Any = None) -> Any:
    """Mixed partial derivative: `orders` says how often along each variable, up to 4 along one and 8 in all; NaN where f has none.

    >>> round(mixed(lambda p: p[..., 0] ** 2 * p[..., 1] ** 3, [2.0, 1.0], (1, 1)), 9)
    12.0
    """
    at, limits = many(x), domain_of(domain)
    if not isinstance(orders, tuple | list):
        raise TypeError(f"orders: {orders!r} came; one number for each variable, such as (1, 1), is accepted")
    orders = [whole(order, "orders", 0, MOST) for order in orders]
    if len(orders) != at.shape[-1] or not 1 <= sum(orders) <= numeric.MOST_ORDER:
        raise ValueError(f"orders: {orders} came; {at.shape[-1]} numbers that add up to 1 to {numeric.MOST_ORDER} are accepted")
    inside(at, limits)
    rows = at.reshape(-1, at.shape[-1])
    if not len(rows):
        return np.empty(at.shape[:-1])
    found = along_all(Surface(f, rows, limits), rows, np.array([orders])).reshape(at.shape[:-1])
    return found.item() if found.ndim == 0 else found
