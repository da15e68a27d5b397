"""Square matrices for automatic differentiation, to any order: equations, inverses, determinants, triangles and eigenvalues.

The plain matrix A0 within a traced one A is solved with as it is. What A adds to it, the traces alone, has the value 0, so that its powers vanish
beyond the order of the derivatives that are asked for, and series end.
"""

from typing import Any

import numpy as np

from edgecalc.calculus.automatic_functions import as_array, solved


def order_of(item: Any) -> int:
    """How many derivatives are being taken of it, one within another."""
    order = 0
    while hasattr(item, "level"):
        order += len(getattr(item, "terms", "1"))
        item = item.value
    return order


def plain(item: Any) -> Any:
    item = as_array(item)
    return getattr(item, "plain", item)


def solve(a, b):
    """Each round of x + A0^-1 (b - A x) is right to one order more."""
    b = as_array(b)
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


def by_side(a, upper):
    """The symmetric matrix of which NumPy reads one triangle."""
    low = np.tril(np.ones(a.shape[-2:], a.dtype), -1)
    half = a * (low.T if upper else low)
    return half + np.swapaxes(half, -1, -2) + a * np.eye(a.shape[-1], dtype=a.dtype)


def cholesky(a, *, upper=False):
    """Each round is right to one order more: what is missing of A = L L', seen from L0, is a triangle and its mirror image."""
    a = by_side(a, upper)
    first = np.linalg.cholesky(plain(a))
    half = np.tril(np.ones(a.shape[-2:], a.dtype)) - np.eye(a.shape[-1], dtype=a.dtype) / 2
    triangle = first
    for _ in range(order_of(a)):
        missed = solved(first, a - triangle @ np.swapaxes(triangle, -1, -2))
        triangle = triangle + first @ (half * solved(first, np.swapaxes(missed, -1, -2)))
    return np.swapaxes(triangle, -1, -2) if upper else triangle


def turned(a, rounds):
    """(D, V) with A = V D V^-1, where what D holds beside its diagonal is of a higher order with each round."""
    size, vectors = np.linalg.eigh(plain(a))
    unit = np.eye(a.shape[-1], dtype=a.dtype)
    gaps = size[..., None, :] - size[..., :, None] + unit
    found = np.swapaxes(vectors, -1, -2) @ a @ vectors
    for _ in range(rounds):
        turn = unit + found * (1.0 - unit) / gaps
        found, vectors = solve(turn, found @ turn), vectors @ turn
    return found, vectors


def eigvalsh(a, UPLO="L"):
    a = by_side(a, UPLO.upper() == "U")
    return np.sum(turned(a, order_of(a) - 1)[0] * np.eye(a.shape[-1], dtype=a.dtype), axis=-1)


def eigh(a, UPLO="L"):
    a = by_side(a, UPLO.upper() == "U")
    found, vectors = turned(a, order_of(a))
    return np.sum(found * np.eye(a.shape[-1], dtype=a.dtype), axis=-1), vectors / np.sqrt(np.sum(vectors**2, axis=-2, keepdims=True))
