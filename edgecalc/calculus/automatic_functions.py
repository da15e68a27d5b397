"""Rules of automatic differentiation for functions that are linear in arrays; see `automatic_rules`.

ARRAYS        function -> how a cotangent g goes back to operand number i
"""

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from edgecalc.calculus.automatic_rules import Linear, NoDerivative

BASIC = (int, slice, np.integer, type(None), type(...))  # indices that name no place twice


def reduce_to(g: Any, shape: tuple, full: tuple) -> Any:
    """The sum of g, broadcast to the shape `full`, over the axes along which `shape` was broadcast to it."""
    g = spread(g, full)
    extra = len(full) - len(shape)
    stretched = tuple(extra + k for k, size in enumerate(shape) if size == 1 and full[extra + k] != 1)
    if extra or stretched:
        g = np.sum(g, axis=(*range(extra), *stretched))
    return g if g.shape == shape else np.reshape(g, shape)


def spread(g: Any, shape: tuple) -> Any:
    return g if getattr(g, "shape", None) == shape else np.broadcast_to(g, shape)


def as_array(item: Any) -> Any:
    """A list as an array; what is followed as it is."""
    return item if hasattr(item, "level") else np.asarray(item)


def pick(x: Any, index: Any) -> Any:
    return x[index]


def scatter(g: Any, index: Any, shape: tuple) -> Any:
    """Zeros, and g added at the index: what `pick` becomes on the way back."""
    if hasattr(g, "level"):
        return g.array_function(scatter, (g, index, shape), {})
    into = np.zeros(shape, getattr(g, "dtype", float))
    add_at(into, index, g)
    return into


def add_at(into: np.ndarray, index: Any, g: Any) -> None:
    parts = index if isinstance(index, tuple) else (index,)
    if all(isinstance(part, BASIC) for part in parts):
        into[index] += g
    else:
        np.add.at(into, index, g)


def cast(x: Any, dtype: Any) -> Any:
    return x.astype(dtype)


def pull_sum(g, i, operands, axis=None, *, keepdims=False):
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def pull_mean(g, i, operands, axis=None, *, keepdims=False):
    return pull_sum(g, i, operands, axis, keepdims=keepdims) * (max(np.size(g), 1) / max(operands[0].size, 1))


def pull_cumsum(g, i, operands, axis=None):
    (x,) = operands
    return np.reshape(np.flip(np.cumsum(np.flip(g, axis), axis), axis), x.shape)


def pull_reshaped(g, i, operands, shape=None, axis=None):
    if any(isinstance(each, str) and each.upper() == "F" for each in (shape, axis)):  # an order, given by its place: columns first
        return np.transpose(np.reshape(np.transpose(g), operands[0].shape[::-1]))
    return np.reshape(g, operands[0].shape)


def known_order(settings):
    for each in settings:
        if isinstance(each, str) and each.upper() not in ("C", "F"):
            raise NoDerivative(f'order: {each!r} came, which goes by how the numbers lie in memory; "C" and "F" are accepted')


def pull_transpose(g, i, operands, axes=None):
    return np.transpose(g, None if axes is None else np.argsort(normalize_axis_tuple(axes, g.ndim)))


def pull_swapaxes(g, i, operands, axis1, axis2):
    return np.swapaxes(g, axis1, axis2)


def pull_moveaxis(g, i, operands, source, destination):
    return np.moveaxis(g, destination, source)


def pull_flip(g, i, operands, axis=None):
    return np.flip(g, axis)


def pull_roll(g, i, operands, shift, axis=None):
    return np.roll(g, -np.asarray(shift), axis)


def pull_broadcast(g, i, operands, shape):
    return reduce_to(g, operands[0].shape, g.shape)


def pull_pick(g, i, operands, index):
    return scatter(g, index, operands[0].shape)


def pull_scatter(g, i, operands, index, shape):
    return reduce_to(g[index], np.shape(operands[0]), g[index].shape)


def pull_cast(g, i, operands, dtype):
    return g.astype(operands[0].dtype)


def pull_concatenated(g, i, operands, axis=0):
    sizes = [np.size(part) if axis is None else np.shape(part)[axis] for part in operands]
    start = (0, *accumulate(sizes))[i]
    axis = 0 if axis is None else normalize_axis_index(axis, g.ndim)
    return np.reshape(g[(slice(None),) * axis + (slice(start, start + sizes[i]),)], operands[i].shape)


def pull_where(g, i, operands, condition):
    chosen = np.where(condition, g, 0.0) if i == 0 else np.where(condition, 0.0, g)
    return reduce_to(chosen, operands[i].shape, g.shape)


def pull_matmul(g, i, operands):
    a, b = operands
    rows, columns = (a if a.ndim > 1 else a[None, :]), (b if b.ndim > 1 else b[:, None])
    if a.ndim == 1:
        g = np.expand_dims(g, -1 if b.ndim == 1 else -2)
    if b.ndim == 1:
        g = np.expand_dims(g, -1)
    back = g @ np.swapaxes(columns, -1, -2) if i == 0 else np.swapaxes(rows, -1, -2) @ g
    return np.reshape(reduce_to(back, (rows, columns)[i].shape, back.shape), operands[i].shape)


def pull_dot(g, i, operands):
    if not np.ndim(operands[0]) or not np.ndim(operands[1]):
        return reduce_to(g * operands[1 - i], operands[i].shape, g.shape)
    return pull_matmul(g, i, operands) if operands[1].ndim < 3 else pull_tensordot(g, i, operands, ((-1,), (-2,)))


def pull_tensordot(g, i, operands, axes=2):
    if isinstance(axes, int):
        axes = (range(-axes, 0), range(axes))
    joined = [normalize_axis_tuple(part, np.ndim(x)) for part, x in zip(axes, operands, strict=True)]
    left = [[k for k in range(np.ndim(x)) if k not in part] for part, x in zip(joined, operands, strict=True)]
    others = range(len(left[0]), g.ndim) if i == 0 else range(len(left[0]))
    back = np.tensordot(
        g, operands[1 - i], (tuple(others), tuple(left[1 - i]))
    )  # axes: those left of operand i, then the joined, as the other has them
    joined_here = [mine for _, mine in sorted(zip(joined[1 - i], joined[i], strict=True))]
    return np.transpose(back, np.argsort([*left[i], *joined_here]))


def pull_einsum(g, i, operands, subscripts, *, optimize=False):
    inputs, output = einsum_letters(subscripts)
    others = [*inputs[:i], *inputs[i + 1 :]]
    known = [letter for letter in inputs[i] if letter in output or any(letter in other for other in others)]
    back = np.einsum(",".join([output, *others]) + "->" + "".join(known), g, *operands[:i], *operands[i + 1 :], optimize=optimize)
    sizes: dict[str, int] = {}  # a length of 1 stands for any
    for letters, operand in zip(inputs, operands, strict=True):
        sizes |= {letter: max(size, sizes.get(letter, 1)) for letter, size in zip(letters, operand.shape, strict=True)}
    own = dict(zip(inputs[i], operands[i].shape, strict=True))
    back = reduce_to(back, tuple(own[letter] for letter in known), tuple(sizes[letter] for letter in known))
    return np.expand_dims(back, tuple(k for k, letter in enumerate(inputs[i]) if letter not in known))


def pull_convolved(g, i, operands, mode="full"):
    """What `mode` left out is 0; then each operand meets the other, turned round."""
    own, other = operands[i], operands[1 - i]
    least, whole = min(own.size, other.size), own.size + other.size - 1
    start = {"full": 0, "same": (least - 1) // 2, "valid": least - 1}[mode]
    return np.convolve(np.pad(g, (start, whole - start - g.size)), other[::-1], "valid")


def solved(matrix: Any, right: Any) -> Any:
    """numpy.linalg.solve with a matrix that does not vary."""
    return right.array_function(solved, (matrix, right), {}) if hasattr(right, "level") else np.linalg.solve(matrix, right)


def pull_solved(g, i, operands, matrix):
    back = solved(np.swapaxes(matrix, -1, -2), g)
    return reduce_to(back, operands[0].shape, back.shape)


def einsum_letters(subscripts: str) -> tuple[list[str], str]:
    if not isinstance(subscripts, str):
        raise NoDerivative('numpy.einsum: operands with lists of axes came; the form with letters is accepted: "ij,jk->ik"')
    left, arrow, output = subscripts.replace(" ", "").partition("->")
    inputs = left.split(",")
    if "." in subscripts or any(len(set(part)) < len(part) for part in inputs):
        raise NoDerivative(f'numpy.einsum: "{subscripts}" came; letters, each once in an operand and no dots, are accepted: "ij,jk->ik"')
    letters = sorted(set(left) - {","})
    return inputs, output if arrow else "".join(letter for letter in letters if left.count(letter) == 1)


ARRAYS: dict[Callable, Linear] = {
    np.sum: Linear(pull_sum),
    np.mean: Linear(pull_mean),
    np.cumsum: Linear(pull_cumsum),
    np.reshape: Linear(pull_reshaped, check=known_order),
    np.ravel: Linear(pull_reshaped, check=known_order),
    np.squeeze: Linear(pull_reshaped),
    np.expand_dims: Linear(pull_reshaped),
    np.transpose: Linear(pull_transpose),
    np.swapaxes: Linear(pull_swapaxes),
    np.moveaxis: Linear(pull_moveaxis),
    np.flip: Linear(pull_flip),
    np.roll: Linear(pull_roll),
    np.broadcast_to: Linear(pull_broadcast),
    pick: Linear(pull_pick),
    scatter: Linear(pull_scatter),
    solved: Linear(pull_solved, lead=1),
    cast: Linear(pull_cast),
    np.concatenate: Linear(pull_concatenated, count=None, listed=True),
    np.where: Linear(pull_where, count=2, lead=1),
    np.matmul: Linear(pull_matmul, count=2, product=True),
    np.dot: Linear(pull_dot, count=2, product=True),
    np.tensordot: Linear(pull_tensordot, count=2, product=True),
    np.convolve: Linear(pull_convolved, count=2, product=True),
    np.einsum: Linear(pull_einsum, count=None, lead=1, product=True, check=lambda settings: einsum_letters(settings[0])),
}
