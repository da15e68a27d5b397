"""Losses and their derivatives, exact where a network is sure of itself: at logits of +-1000 nothing overflows and the tails keep their digits.

    mse            |y - t|^2                             its derivative is the course's 2 (y - t)
    half mse       |y - t|^2 / 2                         y - t
    log loss       t log(1 + e^-z) + (1 - t) log(1 + e^z)     (1 - t) s(z) - t s(-z), with s the sigmoid
    cross entropy  log(sum_j e^z_j) - sum_k t_k z_k           p - t, with p the softmax

Rows are samples. Each is added up over a row's outputs and averaged over the rows. The last two take logits z, the
numbers before the sigmoid or the softmax: log(sigmoid(z)) is -inf from z = -746 on, log(1 + e^-z) is -z.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from edgecalc.calculus.activations import real_array, sigmoid, softplus

Array = np.ndarray


@dataclass(frozen=True)
class Loss:
    """A row of the table. `rows(y, t)` is each row's loss, `slopes(y, t)` its derivative by y; `predict` makes answers of outputs.

    >>> LOSSES["mse"].value([[3.0], [5.0]], [[1.0], [5.0]])
    2.0
    >>> LOSSES["log loss"].value([1000.0, -1000.0], [1, 1])
    500.0
    """

    name: str
    rows: Callable[[Array, Array], Array] = field(repr=False)
    slopes: Callable[[Array, Array], Array] = field(repr=False)
    predict: Callable[[Array], Array] = field(repr=False)
    targets: Callable[[Any, int], Array] = field(repr=False)  # what T may be: a door
    logits: bool

    def value(self, outputs: Any, targets: Any) -> float:
        """The mean over the rows; one-dimensional outputs are rows of one number."""
        y, t = self.pair(outputs, targets)
        with np.errstate(over="ignore", invalid="ignore"):
            return float(self.rows(y, t).mean())

    def derivative(self, outputs: Any, targets: Any) -> Array:
        """The derivative of `value` by the outputs, in their shape.

        >>> LOSSES["log loss"].derivative([40.0, 0.0], [1, 1])
        array([-2.12417713e-18, -2.50000000e-01])
        """
        y, t = self.pair(outputs, targets)
        with np.errstate(over="ignore", invalid="ignore"):
            return (self.slopes(y, t) / len(y)).reshape(np.shape(outputs))

    def pair(self, outputs: Any, targets: Any) -> tuple[Array, Array]:
        y = samples(outputs, "outputs", None)
        t = self.targets(targets, y.shape[1])
        same_rows(y, t, "outputs")
        return y, t


# ---------------------------------------------------------------- doors


def samples(array: Any, name: str, columns: int | None) -> Array:
    """Rows of finite numbers as float64; one number a row may come without the second axis."""
    values = real_array(array, name)[0]
    if values.ndim == 1 and columns in (None, 1):
        values = values[:, None]
    wanted = "(samples, numbers)" if columns is None else "(samples,) or (samples, 1)" if columns == 1 else f"(samples, {columns})"
    if values.ndim != 2 or columns not in (None, values.shape[1]):
        turned = f"; rows are samples, which {name}.T has" if values.ndim == 2 and values.shape[0] == columns else ""
        raise ValueError(f"{name}: shape {values.shape} came; {wanted} is accepted{turned}")
    if not values.size:
        raise ValueError(f"{name}: shape {values.shape} came; at least one sample is accepted")
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise ValueError(f"{name}: row {row} holds {values[row][~np.isfinite(values[row])][0]}; finite numbers are accepted")
    return values


def same_rows(x: Array, t: Array, name: str) -> None:
    if len(x) != len(t):
        raise ValueError(f"T: {len(t)} rows came for the {len(x)} of {name}; one for each is accepted")


def any_number(targets: Any, columns: int) -> Array:
    return samples(targets, "T", columns)


def shares(targets: Any, columns: int) -> Array:
    """Numbers from 0 to 1."""
    t = samples(targets, "T", columns)
    outside = (t < 0) | (t > 1)
    if outside.any():
        raise ValueError(f"T: {t[outside][0]:g} came; the log loss accepts 0, 1 and what lies between")
    return t


def classes(targets: Any, columns: int) -> Array:
    """Whole numbers that name a class, or each row the shares of all classes."""
    if columns < 2:
        raise ValueError(f"outputs: {columns} came; cross entropy is between 2 classes or more, the log loss takes one output")
    labels = real_array(targets, "T")[0]
    if labels.ndim != 1:
        if labels.shape[1:] != (columns,):
            raise ValueError(f"T: shape {labels.shape} came; class numbers (samples,), or shares (samples, {columns}), are accepted")
        t = shares(labels, columns)
        if np.any(np.abs(t.sum(axis=1) - 1) > 1e-9):
            row = int(np.argmax(np.abs(t.sum(axis=1) - 1)))
            raise ValueError(f"T: row {row} adds up to {t[row].sum():.6g}; the shares of all classes, which add up to 1, are accepted")
        return t
    if not len(labels):
        raise ValueError("T: shape (0,) came; at least one sample is accepted")
    wrong = ~np.isin(labels, np.arange(columns))
    if wrong.any():
        raise ValueError(f"T: class {labels[wrong][0]:g} came; whole numbers from 0 to {columns - 1} are accepted, as there are {columns} outputs")
    return np.eye(columns)[labels.astype(np.int64)]


# ---------------------------------------------------------------- the four


def squared(y: Array, t: Array) -> Array:
    return ((y - t) ** 2).sum(axis=-1)


def squared_slopes(y: Array, t: Array) -> Array:
    return 2 * (y - t)


def half_squared(y: Array, t: Array) -> Array:
    return squared(y, t) / 2


def half_squared_slopes(y: Array, t: Array) -> Array:
    return y - t


def log_loss(z: Array, t: Array) -> Array:
    return (t * softplus(-z) + (1 - t) * softplus(z)).sum(axis=-1)


def log_loss_slopes(z: Array, t: Array) -> Array:
    """sigmoid(z) - t without the subtraction, which leaves nothing of e^-40."""
    return (1 - t) * sigmoid(z) - t * sigmoid(-z)


def others(z: Array) -> tuple[Array, Array, Array]:
    """(how far each logit lies below the largest, what the others' e^ add up to beside it, which one is largest)."""
    below = z.max(axis=-1, keepdims=True) - z
    largest = np.arange(z.shape[-1]) == z.argmax(axis=-1)[..., None]
    return below, np.where(largest, 0.0, np.exp(-below)).sum(axis=-1, keepdims=True), largest


def cross_entropy(z: Array, t: Array) -> Array:
    below, rest, _ = others(z)
    return np.where(t == 0, 0.0, t * (below + np.log1p(rest))).sum(axis=-1)


def cross_entropy_slopes(z: Array, t: Array) -> Array:
    """softmax(z) - t, where 1 - p of the largest is what the others have."""
    below, rest, largest = others(z)
    p = np.exp(-below) / (1 + rest)
    missing = np.where(largest, rest / (1 + rest), 1 - p)
    return p * (1 - t) - t * missing


def softmax(z: Array) -> Array:
    below, rest, _ = others(z)
    return np.exp(-below) / (1 + rest)


def as_they_are(y: Array) -> Array:
    return y


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        row.name: row
        for row in (
            Loss("mse", squared, squared_slopes, as_they_are, any_number, False),
            Loss("half mse", half_squared, half_squared_slopes, as_they_are, any_number, False),
            Loss("log loss", log_loss, log_loss_slopes, sigmoid, shares, True),
            Loss("cross entropy", cross_entropy, cross_entropy_slopes, softmax, classes, True),
        )
    }
)
