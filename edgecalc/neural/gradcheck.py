"""Whether a gradient is right: each number of it beside the finite-difference core's, which knows how far off it may be itself.

agrees    the two differ by no more than what the difference itself may be off
kink      the function bends right there (ReLU at 0): what was given lies between the slopes of both sides
off       they differ by more: a mistake
unsure    the difference is no judge: it has no value there, or an error too large to tell
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgecalc.calculus import numeric, sides
from edgecalc.calculus.activations import real_array
from edgecalc.calculus.notebook import shown
from edgecalc.calculus.probe import Partials
from edgecalc.neural.network import Array, Network

JUDGEMENTS = ("agrees", "kink", "off", "unsure")
SIDES = 1e-6  # of the size of the whole gradient: how well the slopes of both sides are known
BLIND = 1e-4  # of that size: an error bar beyond it tells nothing
NOISE = 1e-11  # of the size of f: rounding, of which no difference is free
DOUBT = 3  # an error bar is an estimate: so many times of it are still agreement
SHOWN = 12


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """One entry for each number of the gradient."""

    names: list[str]
    given: Array
    numeric: Array  # NaN at a kink
    error: Array  # how far off the numeric one may be
    left: Array  # slopes of both sides; where nothing bends they are the numeric one
    right: Array
    judgement: Array  # of JUDGEMENTS

    @property
    def ok(self) -> bool:
        """Whether each number agrees or is explained by a kink."""
        return not np.isin(self.judgement, ["off", "unsure"]).any()

    @property
    def distance(self) -> Array:
        """How far each given number is from the numeric one; at a kink from the nearer side's range."""
        low, high = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        with np.errstate(invalid="ignore"):
            bent = np.maximum(0.0, np.maximum(low - self.given, self.given - high))
            return np.where(np.isfinite(self.numeric), np.abs(self.given - self.numeric), bent)

    @property
    def worst(self) -> str:
        """The name of the number that is farthest off."""
        return self.names[int(np.argmax(np.nan_to_num(self.distance, nan=np.inf)))]

    _repr_pretty_ = shown

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name in JUDGEMENTS if (count := int((self.judgement == name).sum())))
        lines = [f"{len(self.names)} partial derivatives: {counts}"]
        told = np.flatnonzero(self.judgement != "agrees")
        told = told[np.argsort(-np.nan_to_num(self.distance[told], nan=np.inf), kind="stable")]
        lines += [f"  {self.line(k)}" for k in told[:SHOWN]]
        return "\n".join([*lines, f"  ... and {len(told) - SHOWN} more"] if len(told) > SHOWN else lines)

    def line(self, k: int) -> str:
        given, judgement = f"{self.names[k]}: {self.judgement[k]}, {self.given[k]:.9g} given", self.judgement[k]
        if not np.isfinite(self.numeric[k]):
            return f"{given}, slopes {self.left[k]:.9g} on the left and {self.right[k]:.9g} on the right"
        found = f"{given}, {self.numeric[k]:.9g} +- {self.error[k]:.1g} by differences"
        return f"{found}: {self.distance[k]:.3g} apart" if judgement == "off" else found


def gradcheck(what: Any, x: Any, *data: Any, names: Sequence[str] | None = None) -> GradientCheck:
    """Check a gradient against finite differences with error bars.

    Parameters
    ----------
    what : Network or (f, grad)
        Of a network, the gradients by all parameters, as they are, and by X. Else a function of variables on the last axis,
        and its gradient.
    x : array
        Of a network X, the samples; a few are enough. Else the point at which to check.
    *data
        Of a network T. Else whatever f and grad take after x.
    names : sequence of str, optional
        What the variables are called in the report.

    Returns
    -------
    GradientCheck

    >>> print(gradcheck((lambda p: p[..., 0] ** 2 * p[..., 1], lambda p: [2 * p[0] * p[1], p[0]]), [3.0, 5.0]))
    2 partial derivatives: 1 agrees, 1 off
      x[1]: off, 3 given, 9 +- ... by differences: 6 apart
    >>> network = Network([2, 3, 1], "ReLU", seed=0)
    >>> print(gradcheck(network, [[0.5, -1.0], [0.0, 0.0]], [1.0, 0.0]))
    17 partial derivatives: ...
    """
    if isinstance(what, Network):
        if names is not None:
            raise ValueError(f"names: {names!r} came with a network, whose parameters have names of their own; None is accepted")
        return network_check(what, x, *data)
    if not isinstance(what, tuple | list) or len(what) != 2 or not all(map(callable, what)):
        raise TypeError(f"what: {what!r} came; a Network or a pair (f, grad) of functions is accepted")
    f, grad = what
    at = real_array(x, "x")[0].copy()
    if at.ndim != 1 or not at.size or not np.isfinite(at).all():
        raise ValueError(f"x: {x!r} came; one point of finite numbers, such as [1.0, 2.0], is accepted")
    called = list(names) if names is not None else [f"x[{k}]" for k in range(at.size)]
    if len(called) != at.size:
        raise ValueError(f"names: {len(called)} came; one for each of the {at.size} variables is accepted")
    given = real_array(grad(at.copy(), *data), "grad")[0].copy()
    if given.shape != at.shape:
        raise ValueError(f"grad: it gave shape {given.shape} for x of shape {at.shape}; the same shape is accepted")
    return judged(lambda p: f(p, *data), at, given, called)


def network_check(network: Network, X: Any, T: Any = None) -> GradientCheck:
    if T is None:
        raise TypeError("T: nothing came; a network is checked on X and T")
    x, t = network.data(X, T)
    slopes = network.backward(network.parameters, x, t)
    named = [f"x[{row}, {column}]" for row, column in np.ndindex(x.shape)]

    def by_inputs(points: Array) -> Array:
        inputs = points.reshape(*points.shape[:-1], *x.shape)
        return network.error(np.broadcast_to(network.parameters, (*points.shape[:-1], network.count)), inputs, t)

    parts = [
        judged(lambda p: network.error(p, x, t), network.parameters, slopes.parameters, network.names),
        judged(by_inputs, x.ravel(), slopes.inputs.ravel(), named),
    ]
    columns = ("given", "numeric", "error", "left", "right", "judgement")
    return GradientCheck([name for part in parts for name in part.names], *(np.concatenate([getattr(p, c) for p in parts]) for c in columns))


def judged(f: Callable, at: Array, given: Array, names: list[str]) -> GradientCheck:
    count = at.size
    probe = Partials(f, np.broadcast_to(at, (count, count)), np.arange(count))
    with np.errstate(all="ignore"):
        found, height = numeric.by_pairs(probe, at.copy(), 1, None), float(np.abs(f(at)))
        left, right = found.left + 0.0, found.right + 0.0  # no slope of -0
        seen = np.abs([given, left, right])
        size = float(np.max(seen, initial=0.0, where=np.isfinite(seen)))
        bent = found.kind == sides.CORNER
        margin = SIDES * size
        between = bent & (given >= np.fmin(left, right) - margin) & (given <= np.fmax(left, right) + margin)
        close = np.abs(given - found.value) <= DOUBT * found.error
        blind = ~bent & ~(np.isfinite(found.value) & (found.error <= max(BLIND * size, NOISE * height)))
    judgement = np.select([blind, between, close], ["unsure", "kink", "agrees"], "off")
    return GradientCheck(names, given, found.value, found.error, left, right, judgement)
