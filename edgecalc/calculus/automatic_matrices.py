"""Square matrices for automatic differentiation, to any order: equations, inverses, determinants and Cholesky's triangle.

The plain matrix A0 within a traced one A is solved with as it is. What A adds to it, the traces alone, has the value 0, so that its powers vanish
beyond the order of the derivatives that are asked for, and series end.
"""

from typing import Any

import numpy as np

from edgecalc.calculus.automatic_functions import solved


def order_of(item: Any) -> int:
    """How many derivatives are being taken of it, one within another."""
    order = 0
    while hasattr(item, "level"):
        order += len(getattr(item, "terms", "1"))
        item = item.value
    return order


def plain(item: Any) -> Any:
    return item.plain if hasattr(item, "level") else np.asarray(item)


def solve(a, b):
    """Each round of x + A0^-1 (b - A x) is right to one order more."""
    b = b if hasattr(b, "level") else np.asarray(b)
    if b.ndim == 1:
        return solve(a, b[:, None])[..., 0]
    x = solved(plain(a), b)
    for _ in range(order_of(a)):
        x = x + solved(plain(a), b - a @ x)
    return x


def inv(a):
    return solve(a, np.eye(a.shape[-1], dtype=a.dtype))


def growth(a):
    """log det A - log det A0 = tr(E) - tr(E E) / 2 + tr(E E E) / 3 ..., where E = A0^-1 (A - A0)."""
    change = solved(plain(a), a - plain(a))
    power, total = change, 0.0
    for k in range(1, order_of(a) + 1):
        total = total + np.sum(power * np.eye(a.shape[-1], dtype=a.dtype), axis=(-2, -1)) * ((-1) ** (k + 1) / k)
        power = power @ change
    return total


def det(a):
    size = np.linalg.det(plain(a))
    return size * np.exp(growth(a)) if size.all() else by_products(a)


def by_products(a):
    """The determinant of a singular matrix, which has derivatives, without dividing by anything that varies (Faddeev, Le Verrier)."""
    count = a.shape[-1]
    unit = np.eye(count, dtype=a.dtype)
    product, factor = a, 1.0
    for k in range(1, count + 1):
        factor = -np.sum(product * unit, axis=(-2, -1)) / float(k)
        product = a @ (product + factor[..., None, None] * unit)
    return factor * (-1.0) ** count


def slogdet(a):
    sign, size = np.linalg.slogdet(plain(a))
    return sign, size + growth(a)


def cholesky(a, *, upper=False):
    """Column by column."""
    columns: list = []
    for j in range(a.shape[-1]):
        column = a[..., j:, j]
        for done in columns:
            column = column - done[..., j:] * done[..., j, None]
        column = column / np.sqrt(column[..., :1])
        columns.append(np.concatenate([np.zeros((*a.shape[:-2], j), a.dtype), column], axis=-1))
    return np.stack(columns, axis=-2 if upper else -1)
