"""Activation functions and their derivatives, to the last digit in the tails and without overflow.

The naive forms fail: log(1 + e^x) overflows at 800, 1 - tanh^2 loses every digit at 20, 1 - sigmoid at 40. These are built on

    z = e^-|x|, which never overflows      sigmoid   1 / (1 + z) right of 0,  z / (1 + z) left of it
                                           sigmoid'  z / (1 + z)^2
                                           softplus  max(x, 0) + log(1 + z)
                                           tanh'     4 z^2 / (1 + z^2)^2

float32 is computed in float64 and rounded once. NaN stays NaN; nothing warns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp
from types import MappingProxyType
from typing import Any

import numpy as np

from edgecalc.core.arrays import reals

SELU_LAMBDA = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
LEAK = 0.01
ACCEPTED = "real numbers: bool, integers, float16, float32, float64"
DEEP = -700.0  # e^x leaves the normal numbers at -708.4
LIFT = 652.0  # of all whole numbers up to 680, e^-652 lies closest to a float: 0.0002 ulp away
FAR = 800.0  # e^-800 is 0


@dataclass(frozen=True)
class Activation:
    """A row: `call(x)` and `derivative(x)`, vectorised. The ones with a parameter take it by its name, such as `alpha=`.

    >>> ACTIVATIONS["ELU"].call([-1.0, 2.0], alpha=2.0)
    array([-1.26424112,  2.        ])
    """

    name: str
    call: Callable
    derivative: Callable


def real_array(x: Any, name: str = "x") -> tuple[np.ndarray, np.dtype]:
    """`x` as float64 and the type its result shall have: float32 for float16 and float32, else float64."""
    array = reals(x, name)
    if array.dtype.itemsize > 8:
        raise TypeError(f"{name}: {array.dtype} came; accepted are {ACCEPTED}")
    small = array.dtype.kind == "f" and array.dtype.itemsize < 8
    return array.astype(np.float64, copy=False), np.dtype(np.float32 if small else np.float64)


def number(value: Any, name: str) -> float:
    array, _ = real_array(value, name)
    if array.ndim or not np.isfinite(array):
        raise ValueError(f"{name}: {value!r} came; one finite number is accepted")
    return float(array)


def parameter(value: Any, name: str, at: np.ndarray) -> np.ndarray:
    """A finite number, or an array of them that broadcasts with x."""
    array, _ = real_array(value, name)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: {value!r} came; finite numbers are accepted")
    try:
        np.broadcast_shapes(array.shape, at.shape)
    except ValueError:
        raise ValueError(f"{name}: shape {array.shape} came; one number, or a shape that broadcasts with x's {at.shape}, is accepted") from None
    return array


def result(values: np.ndarray, dtype: np.dtype) -> Any:
    """In the caller's type; a number for a number."""
    return values.astype(dtype, copy=False)[()]


def deep_product(factor: np.ndarray, x: np.ndarray) -> np.ndarray:
    """factor * e^x for x <= 0, where e^x alone would already have lost digits too."""
    deep = x < DEEP
    return factor * np.exp(np.where(deep, x + LIFT, x)) * np.where(deep, exp(-LIFT), 1.0)


def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x).

    >>> sigmoid([-800.0, 0.0, 800.0])
    array([0. , 0.5, 1. ])
    """
    at, dtype = real_array(x)
    with np.errstate(all="ignore"):
        z = np.exp(-np.abs(at))
        return result(np.where(at < 0, z, 1.0) / (1 + z), dtype)


def sigmoid_derivative(x: Any) -> Any:
    """s (1 - s), from z / (1 + z)^2: the same on both sides of 0.

    >>> sigmoid_derivative([-40.0, 0.0, 40.0])
    array([4.24835426e-18, 2.50000000e-01, 4.24835426e-18])
    """
    at, dtype = real_array(x)
    with np.errstate(all="ignore"):
        z = np.exp(-np.abs(at))
        return result(z / (1 + z * (2 + z)), dtype)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent.

    >>> tanh([-20.0, 0.0, 0.5])
    array([-1.        ,  0.        ,  0.46211716])
    """
    at, dtype = real_array(x)
    with np.errstate(all="ignore"):
        return result(np.tanh(at), dtype)


def tanh_derivative(x: Any) -> Any:
    """sech^2, which is 1 - tanh^2 with all its digits.

    >>> tanh_derivative([0.0, 20.0])
    array([1.0000000e+00, 1.6993417e-17])
    """
    at, dtype = real_array(x)
    with np.errstate(all="ignore"):
        four = deep_product(np.array(4.0), -2 * np.abs(at))
        square = four / 4
        return result(four / (1 + square * (2 + square)), dtype)


def softplus(x: Any) -> Any:
    """log(1 + e^x), a smooth ReLU.

    >>> softplus([-800.0, 800.0]).tolist()
    [0.0, 800.0]
    """
    at, dtype = real_array(x)
    with np.errstate(all="ignore"):
        return result(np.maximum(at, 0.0) + np.log1p(np.exp(-np.abs(at))), dtype)


def softplus_derivative(x: Any) -> Any:
    """The sigmoid.

    >>> softplus_derivative(0.0)
    np.float64(0.5)
    """
    return sigmoid(x)


def relu(x: Any) -> Any:
    """max(x, 0).

    >>> relu([-2.0, 3.0])
    array([0., 3.])
    """
    at, dtype = real_array(x)
    with np.errstate(all="ignore"):
        return result(np.maximum(at, 0.0), dtype)


def relu_derivative(x: Any, at_zero: Any = 0.0) -> Any:
    """0 left of 0, 1 right of it. At 0 there is no derivative; what stands there is a choice: `at_zero`.

    >>> relu_derivative([-2.0, 0.0, 3.0]), relu_derivative(0.0, at_zero=0.5)
    (array([0., 0., 1.]), np.float64(0.5))
    """
    return bent_derivative(x, 0.0, at_zero)


def leaky_relu(x: Any, alpha: Any = LEAK) -> Any:
    """x right of 0, alpha x left of it.

    >>> leaky_relu([-2.0, 3.0])
    array([-0.02,  3.  ])
    """
    at, dtype = real_array(x)
    slope = parameter(alpha, "alpha", at)
    with np.errstate(all="ignore"):
        return result(np.where(at < 0, np.where(slope == 0, 0.0, slope * at), at), dtype)


def leaky_relu_derivative(x: Any, alpha: Any = LEAK, at_zero: Any = None) -> Any:
    """alpha left of 0, 1 right of it; at 0 `at_zero`, by default the slope on the left.

    >>> leaky_relu_derivative([-2.0, 0.0, 3.0])
    array([0.01, 0.01, 1.  ])
    """
    return bent_derivative(x, alpha, at_zero)


def prelu(x: Any, alpha: Any = 0.25) -> Any:
    """The leaky ReLU whose alpha is learned: one for all, or an array of them that broadcasts with x.

    >>> prelu([[-2.0, -2.0], [3.0, 3.0]], alpha=[0.25, 0.5])
    array([[-0.5, -1. ],
           [ 3. ,  3. ]])
    """
    return leaky_relu(x, alpha)


def prelu_derivative(x: Any, alpha: Any = 0.25, at_zero: Any = None) -> Any:
    """alpha left of 0, 1 right of it; at 0 `at_zero`, by default the slope on the left.

    >>> prelu_derivative([-2.0, 3.0])
    array([0.25, 1.  ])
    """
    return leaky_relu_derivative(x, alpha, at_zero)


def bent_derivative(x: Any, alpha: Any, at_zero: Any) -> Any:
    """alpha left of 0, 1 right of it, the choice at 0."""
    at, dtype = real_array(x)
    left = parameter(alpha, "alpha", at)
    choice = left if at_zero is None else parameter(at_zero, "at_zero", at)
    return result(np.where(at > 0, 1.0, np.where(at < 0, left, np.where(at == 0, choice, np.nan))), dtype)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """x right of 0, alpha (e^x - 1) left of it.

    >>> elu([-800.0, -1e-20, 3.0])
    array([-1.e+00, -1.e-20,  3.e+00])
    """
    at, dtype = real_array(x)
    scale = parameter(alpha, "alpha", at)
    with np.errstate(all="ignore"):
        return result(np.where(at > 0, at, scale * np.expm1(np.minimum(at, 0.0))), dtype)


def elu_derivative(x: Any, alpha: Any = 1.0, at_zero: Any = None) -> Any:
    """alpha e^x left of 0, 1 right of it; at 0 `at_zero`, by default the slope on the left, alpha.

    >>> elu_derivative([-1.0, 0.0, 3.0])
    array([0.36787944, 1.        , 1.        ])
    """
    at, dtype = real_array(x)
    scale = parameter(alpha, "alpha", at)
    choice = scale if at_zero is None else parameter(at_zero, "at_zero", at)
    with np.errstate(all="ignore"):
        left = deep_product(scale, np.minimum(at, 0.0))
        return result(np.where(at > 0, 1.0, np.where(at == 0, choice, left)), dtype)


def selu(x: Any) -> Any:
    """lambda x right of 0, lambda alpha (e^x - 1) left of it, with lambda = 1.0507 and alpha = 1.6733.

    These two keep the mean 0 and the deviation 1 from layer to layer; swapped, they do not.

    >>> selu([-800.0, 1.0])
    array([-1.75809934,  1.05070099])
    """
    at, dtype = real_array(x)
    with np.errstate(all="ignore"):
        left = SELU_LAMBDA * SELU_ALPHA * np.expm1(np.minimum(at, 0.0))
        return result(np.where(at > 0, SELU_LAMBDA * at, left), dtype)


def selu_derivative(x: Any, at_zero: Any = None) -> Any:
    """lambda alpha e^x left of 0, lambda right of it; at 0 `at_zero`, by default the slope on the left.

    >>> selu_derivative([-1.0, 1.0])
    array([0.6467686 , 1.05070099])
    """
    at, dtype = real_array(x)
    scale = np.array(SELU_LAMBDA * SELU_ALPHA)
    choice = scale if at_zero is None else parameter(at_zero, "at_zero", at)
    with np.errstate(all="ignore"):
        left = deep_product(scale, np.minimum(at, 0.0))
        return result(np.where(at > 0, SELU_LAMBDA, np.where(at == 0, choice, left)), dtype)


def swish(x: Any) -> Any:
    """x sigmoid(x).

    >>> swish([-1.0, 0.0, 1.0])
    array([-0.26894142,  0.        ,  0.73105858])
    """
    at, dtype = real_array(x)
    with np.errstate(all="ignore"):
        tail = np.clip(at, -FAR, 0.0)
        left = deep_product(tail, tail) / (1 + np.exp(tail))
        return result(np.where(at < 0, left, at / (1 + np.exp(-np.abs(at)))), dtype)


def swish_derivative(x: Any) -> Any:
    """swish + s (1 - swish), which is s (1 + x (1 - s)), from s and 1 - s, neither by a subtraction.

    Next to its own zero at -1.278 the error is 1e-16 of the values around it.

    >>> swish_derivative([-800.0, 0.0, 800.0])
    array([-0. ,  0.5,  1. ])
    """
    at, dtype = real_array(x)
    with np.errstate(all="ignore"):
        at = np.clip(at, -FAR, FAR)
        z = np.exp(-np.abs(at))
        larger = 1 / (1 + z)
        smaller = z * larger
        left = deep_product(((1 + at) - at * smaller) * larger, np.minimum(at, 0.0))
        return result(np.where(at < 0, left, larger * (1 + at * smaller)), dtype)


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        row.name: row
        for row in (
            Activation("sigmoid", sigmoid, sigmoid_derivative),
            Activation("tanh", tanh, tanh_derivative),
            Activation("softplus", softplus, softplus_derivative),
            Activation("ReLU", relu, relu_derivative),
            Activation("leaky ReLU", leaky_relu, leaky_relu_derivative),
            Activation("ELU", elu, elu_derivative),
            Activation("PReLU", prelu, prelu_derivative),
            Activation("SELU", selu, selu_derivative),
            Activation("swish", swish, swish_derivative),
        )
    }
)
