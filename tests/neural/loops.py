"""The slow twin of a network: one neuron, one weight, one sample at a time, in plain Python."""

from itertools import pairwise
from math import exp, log

from edgecalc.neural.network import ACCEPTED

ROWS = {
    "mse": lambda y, t: sum((a - b) ** 2 for a, b in zip(y, t, strict=True)),
    "half mse": lambda y, t: sum((a - b) ** 2 for a, b in zip(y, t, strict=True)) / 2,
    "log loss": lambda y, t: -sum(b * log(sigmoid(a)) + (1 - b) * log(1 - sigmoid(a)) for a, b in zip(y, t, strict=True)),
    "cross entropy": lambda y, t: -sum(b * log(exp(a) / sum(map(exp, y))) for a, b in zip(y, t, strict=True)),
}
SLOPES = {
    "mse": lambda y, t: [2 * (a - b) for a, b in zip(y, t, strict=True)],
    "half mse": lambda y, t: [a - b for a, b in zip(y, t, strict=True)],
    "log loss": lambda y, t: [sigmoid(a) - b for a, b in zip(y, t, strict=True)],
    "cross entropy": lambda y, t: [exp(a) / sum(map(exp, y)) - b for a, b in zip(y, t, strict=True)],
}


def sigmoid(z):
    return 1 / (1 + exp(-z))


def unpacked(sizes, parameters):
    """[(W, b)] as lists: W[i][j] leads from input i to output j."""
    numbers = iter(parameters)
    return [
        ([[next(numbers) for _ in range(outputs)] for _ in range(inputs)], [next(numbers) for _ in range(outputs)])
        for inputs, outputs in pairwise(sizes)
    ]


def value_and_gradient(sizes, names, loss, parameters, X, T):
    """(loss, gradient by the flat parameters, gradient by X)."""
    layers = unpacked(sizes, parameters)
    total, gradient, by_inputs = 0.0, [0.0] * len(parameters), []
    for x, t in zip(X, T, strict=True):
        seen, y = [], list(x)
        for (W, b), name in zip(layers, names, strict=True):
            z = [sum(y[i] * W[i][j] for i in range(len(y))) + b[j] for j in range(len(b))]
            seen.append((y, z))
            y = [float(ACCEPTED[name].call(each)) for each in z]
        total += ROWS[loss](y, t) / len(X)
        slope, place = [each / len(X) for each in SLOPES[loss](y, t)], len(parameters)
        for (W, b), name, (came, z) in reversed(list(zip(layers, names, seen, strict=True))):
            slope = [s * float(ACCEPTED[name].derivative(each)) for s, each in zip(slope, z, strict=True)]
            place -= len(came) * len(b) + len(b)
            for j in range(len(b)):
                for i in range(len(came)):
                    gradient[place + i * len(b) + j] += slope[j] * came[i]
                gradient[place + len(came) * len(b) + j] += slope[j]
            slope = [sum(slope[j] * W[i][j] for j in range(len(b))) for i in range(len(came))]
        by_inputs.append(slope)
    return total, gradient, by_inputs
