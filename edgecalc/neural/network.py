"""A small network of layers, and its derivatives by backpropagation: the chain rule, walked from the loss to the input.

    forward     x -> z = x W + b -> y = activation(z) -> the next layer's x ... -> loss
    backward    dE/dz = dE/dy activation'(z)     dE/dW = x^T dE/dz     dE/db = sum dE/dz     dE/dx = dE/dz W^T

Rows are samples: X has shape (samples, features), a layer's W (inputs, outputs). All weights and biases are one flat vector

    W of layer 1 row by row, b of layer 1, W of layer 2, b of layer 2, ...

so that a loss is a function of points like any other: descend walks down it, finite differences check its slope, and
parameters of shape (..., count) are as many networks at once. Everything is computed in float64.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgecalc.calculus.activations import ACTIVATIONS, Activation, real_array
from edgecalc.core.arrays import dice_of, one_of, whole
from edgecalc.neural.losses import LOSSES, same_rows, samples

if TYPE_CHECKING:
    from edgecalc.optimize import Trace

Array = np.ndarray
Initial = Callable[[np.random.Generator, int, int], Array]
IDENTITY = Activation("identity", np.positive, np.ones_like)
ACCEPTED: Mapping[str, Activation] = MappingProxyType({"identity": IDENTITY, **ACTIVATIONS})


def uniform(dice: np.random.Generator, inputs: int, outputs: int) -> Array:
    """Between -1/sqrt(inputs) and 1/sqrt(inputs)."""
    return dice.uniform(-1, 1, (inputs, outputs)) / sqrt(inputs)


def glorot(dice: np.random.Generator, inputs: int, outputs: int) -> Array:
    """Between -+sqrt(6 / (inputs + outputs)): signals keep their size forwards and backwards through tanh."""
    return dice.uniform(-1, 1, (inputs, outputs)) * sqrt(6 / (inputs + outputs))


def he(dice: np.random.Generator, inputs: int, outputs: int) -> Array:
    """Normal, of deviation sqrt(2 / inputs): ReLU halves the variance, this gives it back."""
    return dice.standard_normal((inputs, outputs)) * sqrt(2 / inputs)


INITIALS: Mapping[str, Initial] = MappingProxyType({"uniform": uniform, "Glorot": glorot, "Xavier": glorot, "He": he})


@dataclass(frozen=True)
class Layer:
    """inputs x outputs weights and as many biases as outputs, which stand in the flat vector from `start` on."""

    inputs: int
    outputs: int
    activation: Activation
    start: int

    @property
    def middle(self) -> int:
        """Where the weights end and the biases begin."""
        return self.start + self.inputs * self.outputs

    @property
    def end(self) -> int:
        return self.middle + self.outputs

    def weights(self, parameters: Array) -> Array:
        return parameters[..., self.start : self.middle].reshape(*parameters.shape[:-1], self.inputs, self.outputs)

    def biases(self, parameters: Array) -> Array:
        return parameters[..., None, self.middle : self.end]


class Slopes(NamedTuple):
    """The gradient of a loss, by the flat parameters and by the input X."""

    parameters: Array
    inputs: Array


class Network:
    """Layers of neurons with a loss.

    Parameters
    ----------
    sizes : sequence of int
        Features, neurons of each hidden layer, outputs: [2, 8, 1].
    activation : str or sequence of str
        Of the hidden layers, one for all or one for each: "sigmoid", "tanh", "softplus", "ReLU", "leaky ReLU", "ELU", "PReLU"
        (its alpha stays 0.25), "SELU", "swish", "identity".
    loss : str
        "mse", "half mse", "log loss" or "cross entropy"; see `losses`.
    output : str
        Activation of the last layer. The last two losses want "identity": they take logits.
    initial : str
        How the weights begin: "Glorot" (also called "Xavier"), "He", "uniform". Biases begin at 0.
    seed : int or numpy.random.Generator, optional

    Attributes
    ----------
    parameters : array
        The flat vector; `train` leaves there what it has learned.

    >>> X, T = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> network = Network([2, 4, 1], "tanh", loss="log loss", seed=1)
    >>> trace = network.train(X, T, "adam", rate=0.1, steps=300)
    >>> network.predict(X).round().ravel()
    array([0., 1., 1., 0.])
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | Sequence[str] = "tanh",
        *,
        loss: str = "mse",
        output: str = "identity",
        initial: str = "Glorot",
        seed: int | np.random.Generator | None = None,
    ):
        self.sizes = sizes_of(sizes)
        self.loss = LOSSES[one_of(loss, LOSSES, "loss")]
        last = one_of(output, ACCEPTED, "output")
        if self.loss.logits and last != "identity":
            raise ValueError(f"output: {last!r} came; the {loss} takes logits, so that 'identity' is accepted; predict gives the probabilities")
        self.layers = layers_of(self.sizes, [*hidden_of(activation, len(self.sizes) - 2), last])
        begin = INITIALS[one_of(initial, INITIALS, "initial")]
        dice = dice_of(seed)
        parts = [(begin(dice, layer.inputs, layer.outputs).ravel(), np.zeros(layer.outputs)) for layer in self.layers]
        self.parameters = np.concatenate([each for part in parts for each in part])

    def __repr__(self) -> str:
        ways = " -> ".join(f"{layer.outputs} {layer.activation.name}" for layer in self.layers)
        return f"<Network {self.sizes[0]} -> {ways}, {self.loss.name}, {self.count} parameters>"

    @property
    def count(self) -> int:
        """How many parameters there are."""
        return self.layers[-1].end

    @property
    def parameters(self) -> Array:
        return self._parameters

    @parameters.setter
    def parameters(self, values: Any) -> None:
        found = self.points(values)
        if found.ndim != 1:
            raise ValueError(f"parameters: shape {found.shape} came; ({self.count},) is accepted")
        self._parameters = found.copy()

    @property
    def names(self) -> list[str]:
        """What each number of the flat vector is.

        >>> Network([1, 2], seed=0).names
        ['layer 1 weight[0, 0]', 'layer 1 weight[0, 1]', 'layer 1 bias[0]', 'layer 1 bias[1]']
        """
        found = []
        for k, layer in enumerate(self.layers, 1):
            found += [f"layer {k} weight[{i}, {j}]" for i in range(layer.inputs) for j in range(layer.outputs)]
            found += [f"layer {k} bias[{j}]" for j in range(layer.outputs)]
        return found

    # ------------------------------------------------------------ doors

    def points(self, parameters: Any) -> Array:
        """Flat parameters, of one network or of many: shape (..., count)."""
        values = real_array(parameters, "parameters")[0]
        if values.shape[-1:] != (self.count,):
            raise ValueError(f"parameters: shape {values.shape} came; ({self.count},) is accepted, or (..., {self.count}) for many networks")
        return values

    def data(self, X: Any, T: Any) -> tuple[Array, Array]:
        """X and T as the loss wants them: (samples, features) and (samples, outputs)."""
        x, t = samples(X, "X", self.sizes[0]), self.loss.targets(T, self.sizes[-1])
        same_rows(x, t, "X")
        return x, t

    # ------------------------------------------------------------ what it computes

    def outputs(self, X: Any) -> Array:
        """What the last layer gives, (samples, outputs); logits if the loss takes them."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.forward(self.parameters, samples(X, "X", self.sizes[0]))[0]

    def predict(self, X: Any) -> Array:
        """Answers, (samples, outputs): probabilities where the loss takes logits, else the outputs.

        >>> Network([1, 3], loss="cross entropy", seed=0).predict([0.0])
        array([[0.33333333, 0.33333333, 0.33333333]])
        """
        return self.loss.predict(self.outputs(X))

    def value(self, X: Any, T: Any, parameters: Any = None) -> Any:
        """The loss; of many networks if `parameters` has shape (..., count).

        >>> Network([1, 1], seed=0).value([1.0, 2.0], [3.0, 5.0], [[2.0, 1.0], [2.0, 0.0]])
        array([0., 1.])
        """
        return self.error(self.points(self.parameters if parameters is None else parameters), *self.data(X, T))

    def gradient(self, X: Any, T: Any, parameters: Any = None) -> Slopes:
        """The loss's gradient by backpropagation, by the parameters and by X.

        >>> Network([1, 1], seed=0).gradient([2.0], [1.0], [3.0, 0.0])
        Slopes(parameters=array([20., 10.]), inputs=array([[30.]]))
        """
        return self.backward(self.points(self.parameters if parameters is None else parameters), *self.data(X, T))

    def train(
        self,
        X: Any,
        T: Any,
        rule: Any = "gd",
        *,
        rate: float | None = None,
        steps: int = 100,
        schedule: Any = None,
        stop: float | None = None,
        batch: int | None = None,
        seed: int | None = None,
        callback: Callable | None = None,
    ) -> "Trace":
        """Descend from the parameters as they are; then they are those where the run ended.

        Everything but X and T is what `optimize.descend` has by these names. The trace tells every step's parameters and loss, and whether
        a minimum was found: a loss that has become slow is not yet one that has converged. Where ^C ends a run the parameters are those
        of its last step, and the KeyboardInterrupt's `trace` tells the way; any other error leaves them as they were.

        >>> network = Network([1, 1], seed=0)
        >>> network.train([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], rate=0.2, steps=200).verdict
        'minimum'
        >>> network.parameters.round(6)
        array([2., 1.])
        """
        from edgecalc import optimize

        try:
            trace = optimize.descend(
                self.error,
                self.parameters,
                rule,
                grad=self.slope,
                rate=rate,
                steps=steps,
                schedule=schedule,
                stop=stop,
                data=self.data(X, T),
                batch=batch,
                seed=seed,
                callback=callback,
            )
        except KeyboardInterrupt as error:
            if hasattr(error, "trace"):
                self.parameters = error.trace.last  # what was learnt so far
            raise
        self.parameters = trace.last
        return trace

    # ------------------------------------------------------------ after the doors

    def forward(self, parameters: Array, x: Array) -> tuple[Array, list[tuple[Array, Array]]]:
        """The outputs, and of each layer what came in and what its activation was given."""
        seen = []
        for layer in self.layers:
            z = x @ layer.weights(parameters)
            z += layer.biases(parameters)
            seen.append((x, z))
            x = layer.activation.call(z)
        return x, seen

    def error(self, parameters: Array, x: Array, t: Array) -> Any:
        with np.errstate(over="ignore", invalid="ignore"):
            return self.loss.rows(self.forward(parameters, x)[0], t).mean(axis=-1)

    def slope(self, parameters: Array, x: Array, t: Array) -> Array:
        return self.walk_back(parameters, x, t)[0]

    def backward(self, parameters: Array, x: Array, t: Array) -> Slopes:
        gradient, by_z = self.walk_back(parameters, x, t)
        with np.errstate(over="ignore", invalid="ignore"):
            return Slopes(gradient, by_z @ np.swapaxes(self.layers[0].weights(parameters), -1, -2))

    def walk_back(self, parameters: Array, x: Array, t: Array) -> tuple[Array, Array]:
        """The gradient by the parameters and by the first layer's z, from where only the gradient by X wants to go on."""
        gradient = np.empty(parameters.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            y, seen = self.forward(parameters, x)
            by_y = self.loss.slopes(y, t) / len(x)
            for layer, (entered, z) in zip(reversed(self.layers), reversed(seen), strict=True):
                by_z = by_y * layer.activation.derivative(z)
                by_weights = np.swapaxes(entered, -1, -2) @ by_z
                gradient[..., layer.start : layer.middle] = by_weights.reshape(*parameters.shape[:-1], -1)
                gradient[..., layer.middle : layer.end] = by_z.sum(axis=-2)
                if layer.start:
                    by_y = by_z @ np.swapaxes(layer.weights(parameters), -1, -2)
        return gradient, by_z


def sizes_of(sizes: Any) -> tuple[int, ...]:
    if isinstance(sizes, str) or not np.iterable(sizes) or len(found := tuple(sizes)) < 2:
        raise ValueError(f"sizes: {sizes!r} came; features, hidden layers if any, and outputs, such as [2, 8, 1], are accepted")
    return tuple(whole(each, "sizes", 1) for each in found)


def hidden_of(activation: Any, count: int) -> list[str]:
    """A name for each hidden layer."""
    names = [activation] * count if isinstance(activation, str) else list(activation) if np.iterable(activation) else [activation]
    for name in [activation] if isinstance(activation, str) else names:
        one_of(name, ACCEPTED, "activation")
    if len(names) != count:
        raise ValueError(f"activation: {len(names)} came for {count} hidden layers; one name for all or one for each is accepted")
    return names


def layers_of(sizes: tuple[int, ...], names: list[str]) -> tuple[Layer, ...]:
    layers: list[Layer] = []
    for inputs, outputs, name in zip(sizes[:-1], sizes[1:], names, strict=True):
        layers.append(Layer(inputs, outputs, ACCEPTED[name], layers[-1].end if layers else 0))
    return tuple(layers)
