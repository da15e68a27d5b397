"""One neuron: a straight line through numbers, or a sigmoid between two kinds; and the course's data for both.

    linear    y = x w + b               half the mean squared error        where it should end: least squares
    sigmoid   p = sigmoid(x w + b)      log loss                           where it should end: by Newton's method

The course trains both by gradient descent until the loss changes by less than 0.0001, and calls that converged. It is not:

>>> samples = course_clouds()
>>> neuron = Neuron("sigmoid", 2)
>>> neuron.parameters = samples.starts[-1]
>>> trace = neuron.train(samples.X, samples.T, rate=0.1, steps=306)
>>> float(trace.f[305].round(6)), trace.verdict
(0.134088, 'not converged')
>>> best = neuron.optimum(samples.X, samples.T)
>>> best.round(2), float(neuron.value(samples.X, samples.T, best).round(6))
(array([5.05, 4.72, 0.37]), 0.095979)
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from edgecalc.calculus.activations import sigmoid_derivative
from edgecalc.core.arrays import one_of, whole
from edgecalc.neural.network import Array, Network

LOSS_OF: Mapping[str, str] = MappingProxyType({"linear": "half mse", "sigmoid": "log loss"})
STARTS = 4


class Samples(NamedTuple):
    """A course's data: X (samples, 2), T (samples,), and the parameters (w1, w2, b) it starts from, one after the other.

    It looks at the first start, tells the loss of the second, makes one step from the third, and trains from the last.
    """

    X: Array
    T: Array
    starts: Array


class Neuron(Network):
    """A network of one neuron: parameters (w1, w2, ..., b).

    Parameters
    ----------
    kind : str
        "linear" or "sigmoid".
    features : int
    initial, seed
        As for a Network.

    >>> neuron = Neuron("linear", 1)
    >>> neuron.parameters = [2.0, 1.0]
    >>> neuron, neuron.predict([3.0])
    (<Neuron: linear, half mse, w = [2.], b = 1>, array([[7.]]))
    >>> neuron.w, neuron.b
    (array([2.]), np.float64(1.0))
    """

    def __init__(self, kind: str = "linear", features: int = 2, *, initial: str = "Glorot", seed: int | np.random.Generator | None = None):
        self.kind = one_of(kind, LOSS_OF, "kind")
        super().__init__([whole(features, "features", 1), 1], loss=LOSS_OF[kind], initial=initial, seed=seed)

    def __repr__(self) -> str:
        return f"<Neuron: {self.kind}, {self.loss.name}, w = {self.w.round(5)}, b = {self.b:.5g}>"

    @property
    def w(self) -> Array:
        return self.parameters[:-1]

    @property
    def b(self) -> Any:
        return self.parameters[-1]

    def optimum(self, X: Any, T: Any) -> Array:
        """The parameters of the lowest loss there is, not by descent: what a training is measured by.

        >>> Neuron("linear", 1).optimum([0.0, 1.0, 2.0], [1.0, 3.0, 5.0]).round(12)
        array([2., 1.])
        """
        x, t = self.data(X, T)
        middle, spread = x.mean(axis=0), x.std(axis=0)
        unit = np.where(spread > 1e-14 * np.abs(middle), spread, 1.0)
        x = (x - middle) / unit  # a large offset would leave no digits to the slope, small numbers none to the gradient
        columns = np.column_stack([x, np.ones(len(x))])
        best = np.linalg.lstsq(columns, t[:, 0])[0] if self.kind == "linear" else self.by_newton(columns, x, t)
        return np.append(best[:-1] / unit, best[-1] - np.sum(best[:-1] / unit * middle))

    def by_newton(self, columns: Array, x: Array, t: Array) -> Array:
        from edgecalc import optimize

        def curvature(parameters: Array) -> Array:
            return columns.T * sigmoid_derivative(columns @ parameters) @ columns / len(x)

        trace = optimize.newton(lambda p: self.error(p, x, t), np.zeros(self.count), grad=lambda p: self.slope(p, x, t), hess=curvature)
        if trace.verdict != "minimum":
            raise ValueError(f"T: no lowest loss was found ({trace.why}); of two kinds that a line parts, the log loss falls for ever")
        return trace.last


def course_line() -> Samples:
    """40 points around the plane t = 0.37 x1 + 0.57 x2 + 0.1, with noise of deviation 1.

    >>> samples = course_line()
    >>> neuron = Neuron("linear", 2)
    >>> [float(neuron.value(samples.X, samples.T, start).round(6)) for start in samples.starts[1:]]
    [0.4894, 0.495573, 0.439887]
    """
    dice = np.random.default_rng(4)
    columns = dice.standard_normal((2, 40))
    targets = np.array([0.37, 0.57]) @ columns + 0.1 + dice.normal(size=40)
    return Samples(columns.T.copy(), targets, starts_from(dice))


def course_clouds() -> Samples:
    """20 points around (-1, -1), of kind 0, and 20 around (1, 1), of kind 1, with deviation 1.

    >>> samples = course_clouds()
    >>> samples.X.shape, samples.T.sum()
    ((40, 2), np.float64(20.0))
    """
    dice = np.random.default_rng(1)
    kind = np.repeat([0.0, 1.0], 20)
    return Samples(dice.standard_normal((40, 2)) + (2 * kind - 1)[:, None], kind, starts_from(dice))


def starts_from(dice: np.random.Generator) -> Array:
    """What is left of the stream of random numbers makes the starts: weights from 0 to 0.5, no bias."""
    return np.column_stack([dice.uniform(size=(STARTS, 2)) / 2, np.zeros(STARTS)])
