"""The zeros of a large symmetric matrix, found by moving groups of variables, and the few groups of columns that tell all of it.

    x x . . . .     red, blue, green, red, blue, green: no row meets a colour twice, so
    x x x . . .     three products with the sums of the columns of a colour hold every
    . x x x . .     number of the matrix
    . . x x x .
    . . . x x x
    . . . . x x

Curtis, Powell, Reid, "On the estimation of sparse Jacobian matrices", 1974.
"""

from collections.abc import Callable
from functools import reduce

import numpy as np

GROUPS = (16, 32, 64, 128, 256)  # in a round, tried until most rows meet few of them
ROUNDS = 3
MET = 0.4
FEWEST = 96  # columns, below which nothing is saved
CHUNK = 1 << 22
MOST_TURNS = 50  # as bits in a float
ROUNDING = 1e-4  # of the largest row, where all of a row is rounding


def pattern(moved: Callable, count: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Places (row > column) below the diagonal that may hold another number than 0; None where there are too many.

    Parameters
    ----------
    moved : callable
        For groups of variables, as rows of booleans, tells which rows of the matrix meet each group: of the same shape.
    """
    rng = np.random.default_rng(count)
    for groups in GROUPS:
        if ROUNDS * groups > count // 2:
            return None
        group = rng.permutation(count) % groups
        met = moved(group == np.arange(groups)[:, None])
        if np.median(met.mean(axis=0)) <= MET:
            break
    else:
        return None
    rounds = [(group, met)]
    for _ in range(ROUNDS - 1):
        group = rng.permutation(count) % groups
        rounds.append((group, moved(group == np.arange(groups)[:, None])))
    return in_all(rounds, count)


def in_all(rounds: list, count: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Where in every round the row meets the column's group, and the other way round."""
    size = max(1, CHUNK // count)
    packed = [np.packbits(met, axis=1) for _, met in rounds]
    found: list[np.ndarray] = []
    for start in range(0, count, size):
        bits = reduce(np.bitwise_and, (bits[group[start : start + size]] for (group, _), bits in zip(rounds, packed, strict=True)))
        some = np.flatnonzero(bits != 0)  # few of the bytes
        byte, bit = np.divmod(np.flatnonzero(np.unpackbits(bits.reshape(-1)[some]).view(bool)), 8)
        column, byte = np.divmod(some[byte], bits.shape[1])
        column, row = column + start, 8 * byte + bit
        both = reduce(np.logical_and, (met[group[row], column] for group, met in rounds), row > column)
        found.append(column[both] * count + row[both])
        if sum(map(len, found)) > count * count // 8:
            return None
    column, row = np.divmod(np.concatenate(found), count)
    return row, column


def colours(row: np.ndarray, column: np.ndarray, count: int) -> np.ndarray:
    """A colour for each column of a matrix with these places; no row has two columns of one colour.

    Columns of a band take turns; each column beside it that meets another of its colour gets the first that is free.
    """
    found = np.arange(count) % min(MOST_TURNS, np.bincount(row).max())
    place = row * MOST_TURNS + found[column]
    clash = np.zeros(count, bool)
    clash[column[np.bincount(place)[place] > 1]] = True
    if not clash.any():
        return found
    kept = ~clash[column]
    taken = np.bincount(row[kept], 2.0 ** found[column[kept]], count).astype(np.int64).tolist()  # by row, a bit for each colour
    order = np.flatnonzero(~kept)
    order = order[np.argsort(column[order], kind="stable")]
    rows, ends = row[order].tolist(), np.cumsum(np.bincount(column[order], minlength=count))[clash].tolist()
    start = 0
    for each, end in zip(np.flatnonzero(clash).tolist(), ends, strict=True):
        used = 0
        for i in rows[start:end]:
            used |= taken[i]
        free = ~used & (used + 1)
        for i in rows[start:end]:
            taken[i] |= free
        found[each] = free.bit_length() - 1
        start = end
    return found


def recovered(moved: Callable, products: Callable, count: int, tolerance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """(row, column, number) of the matrix on and below its diagonal; None where it is not sparse, or a product with it denies it.

    A row that is nearly full would need a colour for each column; by symmetry it is read as a column.
    """
    places = pattern(moved, count) if count >= FEWEST else None
    if places is None:
        return None
    diagonal = np.arange(count)
    row, column = np.concatenate([diagonal, places[0]]), np.concatenate([diagonal, places[1]])
    degree = np.bincount(row, minlength=count) + np.bincount(column, minlength=count)
    full = degree > 4 * np.median(degree) + ROUNDS
    swap = full[row] & ~full[column]
    row, column = np.where(swap, column, row), np.where(swap, row, column)
    other = (row != column) & ~(full[column] & ~full[row])
    colour = colours(np.concatenate([row, column[other]]), np.concatenate([column, row[other]]), count)
    most = int(colour.max()) + 1
    ways = np.zeros((most + 1, count))
    ways[colour, diagonal] = 1
    ways[most] = np.random.default_rng(most).uniform(1, 2, count)
    told = products(ways)
    number = told[colour[column], row]
    return (row, column, number) if confirmed(row, column, number, ways[most], told[most], tolerance) else None


def confirmed(row: np.ndarray, column: np.ndarray, number: np.ndarray, way: np.ndarray, told: np.ndarray, tolerance: float) -> bool:
    """Whether these numbers times a way give what the whole matrix gives."""
    off = row != column
    rows, columns, numbers = np.concatenate([row, column[off]]), np.concatenate([column, row[off]]), np.concatenate([number, number[off]])
    parts = numbers * way[columns]
    total, size = (np.bincount(rows, each, len(way)) for each in (parts, np.abs(parts)))
    return bool((np.abs(total - told) <= tolerance * (size + ROUNDING * size.max())).all())
