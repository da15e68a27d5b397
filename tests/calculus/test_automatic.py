"""Automatic derivatives are exact, leave the value as it is, and say no clearly."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgecalc.calculus import automatic_functions as functions
from edgecalc.calculus.automatic import NoDerivative, derivative, gradient, hessian, hessian_vector, jacobian, jvp, value_and_gradient
from edgecalc.calculus.automatic_functions import ARRAYS, COMPOSED
from edgecalc.calculus.automatic_rules import ELEMENTWISE, PLAIN

EIGHTH = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])
ANY, POSITIVE, INSIDE, ABOVE_ONE = (-2.0, 2.0), (0.3, 3.0), (-0.8, 0.8), (1.2, 3.0)

# Where each ufunc is tried, one interval for each operand.
INTERVALS = {
    np.add: (ANY, ANY),
    np.subtract: (ANY, ANY),
    np.multiply: (ANY, ANY),
    np.divide: (ANY, POSITIVE),
    np.power: (POSITIVE, ANY),
    np.float_power: (POSITIVE, ANY),
    np.remainder: ((3.2, 3.6), (0.755, 0.765)),
    np.fmod: ((-3.6, -3.2), (0.755, 0.765)),
    np.positive: (ANY,),
    np.negative: (ANY,),
    np.conjugate: (ANY,),
    np.absolute: (POSITIVE,),
    np.fabs: ((-3.0, -0.3),),
    np.copysign: (POSITIVE, (-3.0, -0.3)),
    np.square: (ANY,),
    np.sqrt: (POSITIVE,),
    np.cbrt: (POSITIVE,),
    np.reciprocal: (POSITIVE,),
    np.exp: (ANY,),
    np.exp2: (ANY,),
    np.expm1: (ANY,),
    np.log: (POSITIVE,),
    np.log2: (POSITIVE,),
    np.log10: (POSITIVE,),
    np.log1p: (INSIDE,),
    np.logaddexp: (ANY, ANY),
    np.logaddexp2: (ANY, ANY),
    np.sin: (ANY,),
    np.cos: (ANY,),
    np.tan: (INSIDE,),
    np.arcsin: (INSIDE,),
    np.arccos: (INSIDE,),
    np.arctan: (ANY,),
    np.arctan2: (POSITIVE, ANY),
    np.hypot: (POSITIVE, ANY),
    np.sinh: (ANY,),
    np.cosh: (ANY,),
    np.tanh: (ANY,),
    np.arcsinh: (ANY,),
    np.arccosh: (ABOVE_ONE,),
    np.arctanh: (INSIDE,),
    np.deg2rad: (ANY,),
    np.radians: (ANY,),
    np.rad2deg: (ANY,),
    np.degrees: (ANY,),
}
WITHOUT_COMPLEX = {np.remainder, np.fmod, np.absolute, np.fabs, np.copysign, np.cbrt, np.logaddexp, np.logaddexp2, np.arctan2, np.hypot}
WITHOUT_COMPLEX |= {np.deg2rad, np.radians, np.rad2deg, np.degrees, np.conjugate}

RNG = np.random.default_rng(0)
MATRIX, VECTOR, CUBE = RNG.normal(size=(4, 3)), RNG.normal(size=4), RNG.normal(size=(2, 4, 3))
YES = RNG.random((3, 4)) > 0.5

# Each array function on x of shape (3, 4), all distinct; broadcast, with axes, negative axes and both operands.
CASES = {
    np.sum: [np.sum, lambda x: x.sum(axis=0), lambda x: np.sum(x, axis=(0, -1), keepdims=True), lambda x: x.sum(-1)],
    np.mean: [np.mean, lambda x: x.mean(axis=1), lambda x: np.mean(x, axis=0, keepdims=True)],
    np.cumsum: [np.cumsum, lambda x: x.cumsum(1), lambda x: np.cumsum(x, axis=-2)],
    np.reshape: [lambda x: np.reshape(x, (2, 6)), lambda x: x.reshape(4, -1), lambda x: x.reshape((12,))],
    np.ravel: [np.ravel, lambda x: x.flatten()],
    np.squeeze: [lambda x: np.squeeze(x[:, :1]), lambda x: x[None].squeeze(0)],
    np.expand_dims: [lambda x: np.expand_dims(x, (0, 2))],
    np.transpose: [np.transpose, lambda x: x.T @ x, lambda x: x[None].transpose(2, 0, 1), lambda x: np.transpose(x, (-1, 0))],
    np.swapaxes: [lambda x: x.swapaxes(0, 1)],
    np.moveaxis: [lambda x: np.moveaxis(x[None], 0, -1), lambda x: np.moveaxis(x[None], (0, 1), (1, 2))],
    np.flip: [np.flip, lambda x: np.flip(x, 1), lambda x: x[::-1]],
    np.roll: [lambda x: np.roll(x, 5), lambda x: np.roll(x, (1, -1), axis=(0, 1))],
    np.broadcast_to: [lambda x: np.broadcast_to(x, (2, 3, 4)), lambda x: np.broadcast_to(x[:1], (3, 4)), lambda x: np.broadcast_to(x[0, 0], (2,))],
    np.concatenate: [
        lambda x: np.concatenate([x, MATRIX.T, x * x]),
        lambda x: np.concatenate((x, x[:, :2]), axis=-1),
        lambda x: np.concatenate([x, x[0]], axis=None),
    ],
    np.where: [
        lambda x: np.where(YES, x, x * x),
        lambda x: np.where(x > 0, x, 0.0),
        lambda x: np.where(YES, x[0], 2.0),
        lambda x: np.where(True, x[0, 0], VECTOR),
    ],
    np.matmul: [
        lambda x: x @ MATRIX,
        lambda x: MATRIX @ x,
        lambda x: x @ VECTOR,
        lambda x: VECTOR[:3] @ x,
        lambda x: x[0] @ x[1],
        lambda x: np.matmul(x, CUBE),
        lambda x: CUBE[0].T @ x[0],
        lambda x: x[0] @ CUBE,
        lambda x: (x @ CUBE) @ x,
    ],
    np.dot: [
        lambda x: np.dot(x, MATRIX),
        lambda x: x.dot(x[0]),
        lambda x: np.dot(x[0], VECTOR),
        lambda x: np.dot(x, 2.0),
        lambda x: np.dot(x[0, 0], x),
        lambda x: np.dot(x, CUBE),
        lambda x: np.dot(CUBE, x[:, :2]),
    ],
    np.inner: [lambda x: np.inner(x, x), lambda x: np.inner(x[0], VECTOR), lambda x: np.inner(MATRIX.T, x), lambda x: np.inner(x, 3.0)],
    np.tensordot: [
        lambda x: np.tensordot(x, CUBE, ((0, 1), (2, 1))),
        lambda x: np.tensordot(CUBE, x, ((1, 2), (1, 0))),
        lambda x: np.tensordot(x, MATRIX, 1),
        lambda x: np.tensordot(x, x, 0),
    ],
    np.einsum: [
        lambda x: np.einsum("ij,jk->ik", x, MATRIX),
        lambda x: np.einsum("ij->j", x),
        lambda x: np.einsum("ij,kj", x, x),
        lambda x: np.einsum("ij,ij,j->i", x, x, VECTOR),
        lambda x: np.einsum("i,jk->i", VECTOR, x, optimize=True),
    ],
    functions.pick: [
        lambda x: x[1],
        lambda x: x[..., -1],
        lambda x: x[::2, 1:-1],
        lambda x: x[[0, 2, 0]],
        lambda x: x[:, None, [1, 1, 3]],
        lambda x: x[YES],
        lambda x: x[np.array([0, 1]), np.array([3, 3])],
        lambda x: x[0, 0] * x[0, 0],
        lambda x: np.stack([b - a for a, b, *_ in x]),
    ],
    functions.scatter: [lambda x: functions.scatter(x, ([0, 2, 0],), (4, 4))],
    functions.cast: [lambda x: x.astype(np.float64) ** 2],
    np.maximum: [lambda x: np.maximum(x, 0), lambda x: np.maximum(0.1, x), lambda x: np.maximum(x, x[::-1] * 2)],
    np.minimum: [lambda x: np.minimum(x, 0), lambda x: np.minimum(np.array([0.1, -0.2, 0.5, 9.0]), x), lambda x: np.minimum(x * x, x)],
    np.fmax: [lambda x: np.fmax(x, np.nan), lambda x: np.fmax(0.1, x)],
    np.fmin: [lambda x: np.fmin(np.nan, x), lambda x: np.fmin(x, x[0] * 2)],
    np.clip: [lambda x: np.clip(x, -0.5, 0.5), lambda x: x.clip(0), lambda x: x.clip(max=0.1), lambda x: np.clip(x, None, x[0])],
    np.max: [np.max, lambda x: x.max(axis=0), lambda x: np.max(x, axis=(0, 1), keepdims=True), lambda x: np.max(x[None], axis=(0, 2))],
    np.amax: [np.amax],
    np.min: [np.min, lambda x: x.min(-1), lambda x: np.min(x, axis=1, keepdims=True)],
    np.amin: [np.amin],
    np.prod: [np.prod, lambda x: x.prod(axis=0), lambda x: np.prod(x, axis=1, keepdims=True), lambda x: np.prod(x[None], axis=(0, 2))],
    np.var: [np.var, lambda x: x.var(axis=0, ddof=1), lambda x: np.var(x, axis=1, keepdims=True)],
    np.std: [np.std, lambda x: x.std(axis=0, ddof=1), lambda x: np.std(x, 1)],
    np.linalg.norm: [
        np.linalg.norm,
        lambda x: np.linalg.norm(x, axis=0),
        lambda x: np.linalg.norm(x, "fro", keepdims=True),
        lambda x: np.linalg.norm(x[0], 2),
        lambda x: np.linalg.norm(x, 1, axis=1),
        lambda x: np.linalg.norm(x[0], np.inf),
    ],
    np.diff: [np.diff, lambda x: np.diff(x, 2, 0), lambda x: np.diff(x, 0)],
    np.stack: [lambda x: np.stack([x, 2 * x]), lambda x: np.stack([x[0], VECTOR, x[1] ** 2], axis=-1), lambda x: np.stack([x[0, 0], 1.0])],
    np.vstack: [lambda x: np.vstack([x, x[0]])],
    np.hstack: [lambda x: np.hstack([x, x]), lambda x: np.hstack([x[0], x[1, 2]])],
    np.column_stack: [lambda x: np.column_stack([x, x[:, 1]])],
    np.outer: [lambda x: np.outer(x, VECTOR), lambda x: np.outer(x[0], x[1])],
    np.take: [lambda x: np.take(x, [5, 5, 0]), lambda x: x.take([1, 0], axis=1), lambda x: np.take(x, 2, axis=-1)],
    np.repeat: [lambda x: np.repeat(x, 2), lambda x: x.repeat([1, 0, 2], axis=0)],
    np.sort: [lambda x: np.sort(x, axis=0), np.sort, lambda x: np.sort(x, axis=None)],
    np.diagonal: [lambda x: x.diagonal()],
    np.trace: [lambda x: np.trace(x * x)],
    np.full_like: [lambda x: np.full_like(x, x[0, 1]), lambda x: x * np.full_like(x, 2.0), lambda x: np.full_like(a=x, fill_value=x[1, 1])],
    np.select: [lambda x: np.select([x < -0.5, x < 0.5], [x**2, 3.0 * x], 1.0), lambda x: np.select([YES, ~YES[0]], [2.0, x[1]], x)],
    np.polyval: [lambda x: np.polyval([1, -2, 3], x), lambda x: np.polyval(x[0], x[1]), lambda x: np.polyval(x[0], 0.5)],
    np.tril: [np.tril, lambda x: np.tril(x, 1)],
    np.triu: [lambda x: np.triu(x, -1)],
}


def difference(f, x, h=2.0**-7):
    """Order-8 central differences of f along every element of x, of shape f(x).shape + x.shape."""
    columns = []
    for k in range(x.size):
        unit = np.zeros(x.size)
        unit[k] = h
        columns.append(sum(weight * f(x + step * unit.reshape(x.shape)) for step, weight in zip(range(-4, 5), EIGHTH, strict=True) if weight) / h)
    return np.stack(columns, axis=-1).reshape(np.shape(columns[0]) + x.shape)


def same_bits(a, b):
    return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def near(found, wanted, tolerance=2e-10):
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= tolerance * max(1.0, np.abs(wanted).max())


def holds(f, x):
    """Value, first and second derivatives, both directions, against f itself and against differences."""
    shape = np.shape(f(x))
    weights = np.random.default_rng(1).normal(size=shape)

    def weighed(x):
        return np.sum(weights * f(x) ** 2)

    value, slope = value_and_gradient(weighed, x)
    assert same_bits(value, weighed(x))
    seen = []
    jvp(lambda x: seen.append(f(x)) or seen[0], x, np.ones(x.shape))
    assert same_bits(np.asarray(seen[0].plain), np.asarray(f(x)))
    near(slope, difference(weighed, x))
    forward = np.stack([jvp(f, x, unit.reshape(x.shape)) for unit in np.eye(x.size)], axis=-1).reshape(shape + x.shape)
    near(forward, difference(f, x))
    near(jacobian(f, x), forward, 1e-13)
    bend = hessian(weighed, x)
    near(bend, difference(lambda x: gradient(weighed, x), x))
    v = np.random.default_rng(2).normal(size=x.shape)
    near(hessian_vector(weighed, x, v), np.tensordot(bend, v, x.ndim), 1e-13)


# ---------------------------------------------------------------- every rule


def test_every_rule_is_tried_here():
    assert set(INTERVALS) == set(ELEMENTWISE)
    assert set(CASES) == set(ARRAYS) | set(COMPOSED)


@pytest.mark.parametrize("ufunc", INTERVALS, ids=lambda ufunc: ufunc.__name__)
def test_slope_of_every_ufunc_is_its_complex_step(ufunc):
    points = [np.random.default_rng(3).uniform(*interval, 200) for interval in INTERVALS[ufunc]]
    for i, x in enumerate(points):

        def f(x, i=i):
            return ufunc(*points[:i], x, *points[i + 1 :])

        found = derivative(f, x)
        h = 2.0**-9
        near(found, sum(w * f(x + k * h) for k, w in zip(range(-4, 5), EIGHTH, strict=True) if w) / h)
        if ufunc not in WITHOUT_COMPLEX:
            near(found, f(x + 1e-200j).imag / 1e-200, 4e-15)


@pytest.mark.parametrize("ufunc", INTERVALS, ids=lambda ufunc: ufunc.__name__)
def test_every_ufunc_with_all_operands_varying_and_broadcast(ufunc):
    shapes = ((3, 1), (1, 2)) if len(INTERVALS[ufunc]) == 2 else ((3, 2),)
    rng = np.random.default_rng(4)
    points = [rng.uniform(*interval, shape) for interval, shape in zip(INTERVALS[ufunc], shapes, strict=True)]
    ends = np.cumsum([part.size for part in points])

    def f(x):
        return ufunc(*(x[end - part.size : end].reshape(part.shape) for part, end in zip(points, ends, strict=True)))

    x = np.concatenate([part.ravel() for part in points])
    weights = rng.normal(size=f(x).shape)
    near(jacobian(f, x), difference(f, x, 2.0**-9))
    near(hessian(lambda x: np.sum(weights * f(x)), x), difference(lambda x: gradient(lambda x: np.sum(weights * f(x)), x), x, 2.0**-9), 1e-9)
    assert same_bits(value_and_gradient(lambda x: np.sum(f(x)), x)[0], np.sum(f(x)))


@pytest.mark.parametrize("ufunc", INTERVALS, ids=lambda ufunc: ufunc.__name__)
def test_orders_two_to_four_of_every_ufunc(ufunc):
    """With every operand a function of x."""
    lows, widths = zip(*((low, high - low) for low, high in INTERVALS[ufunc]), strict=True)

    def f(t):
        return ufunc(*(low + width * (0.5 + 0.3 * np.sin(t + k)) for k, (low, width) in enumerate(zip(lows, widths, strict=True))))

    t = np.linspace(0.1, 2.0, 7)
    h = 2.0**-6
    for order in (2, 3, 4):
        before = [derivative(f, t + k * h, order=order - 1) for k in range(-4, 5)]
        near(derivative(f, t, order=order), np.tensordot(EIGHTH, before, 1) / h, 1e-8)


@pytest.mark.parametrize(("function", "k"), [(function, k) for function, cases in CASES.items() for k in range(len(cases))])
def test_every_array_function(function, k):
    x = np.random.default_rng(5).permutation(np.linspace(-1.7, 1.9, 12)).reshape(3, 4)
    with np.errstate(all="ignore"):
        holds(CASES[function][k], x)


@pytest.mark.parametrize("function", sorted(PLAIN, key=lambda function: function.__name__), ids=lambda function: function.__name__)
def test_plain_functions_give_plain_arrays(function):
    x = np.array([0.5, -1.5])
    pair = getattr(function, "nin", 0) == 2 or function in (np.isclose, np.allclose, np.array_equal)
    seen = []

    def f(x):
        seen.append(repr(function(x, x) if pair else function(x)))
        return x

    derivative(f, x)
    assert seen == [repr(function(x, x) if pair else function(x))]


# ---------------------------------------------------------------- higher orders


def test_orders_up_to_thirty_are_exact():
    x = np.linspace(-2, 2, 9)
    for order in (2, 3, 7, 20, 30):
        near(derivative(np.sin, x, order=order), np.sin(x + order * np.pi / 2), 1e-13)
        near(derivative(lambda x: np.exp(-2 * x), x, order=order) / 2.0**order, (-1.0) ** order * np.exp(-2 * x), 1e-13)
        inverse = math.factorial(order) * (-1.0) ** order / (x + 5) ** (order + 1)
        near(derivative(lambda x: 1 / (x + 5), x, order=order) / np.abs(inverse).max(), inverse / np.abs(inverse).max(), 1e-13)
    assert derivative(lambda x: 2 * x**3 - 3 * x**2 + 5, x, order=3).tolist() == [12.0] * 9
    assert derivative(lambda x: 2 * x**3 - 3 * x**2 + 5, x, order=4).tolist() == [0.0] * 9


def test_order_three_of_the_tangent_and_the_logarithm():
    x = np.linspace(0.2, 1.2, 5)
    secant = 1 / np.cos(x) ** 2
    near(derivative(np.tan, x, order=3), 2 * secant**2 + 4 * secant * np.tan(x) ** 2, 1e-14)
    near(derivative(np.log, x, order=3), 2 / x**3, 1e-14)
    near(derivative(lambda x: x**x, x, order=2), x**x * ((np.log(x) + 1) ** 2 + 1 / x), 1e-14)


def test_a_derivative_within_a_derivative():
    assert derivative(lambda x: x * derivative(lambda y: x * y * y, 3.0), 2.0) == 24.0
    assert gradient(lambda p: np.sum(gradient(lambda q: np.sum(p * q**2), p)), np.array([1.0, 2.0])).tolist() == [4.0, 8.0]
    assert derivative(lambda x: np.sum(hessian(lambda q: x * q[0] ** 2 * q[1], [1.0, 2.0])), 5.0) == 8.0
    assert jacobian(lambda p: jacobian(lambda q: q * q, p).sum(axis=1), np.array([1.0, 2.0])).tolist() == [[2.0, 0.0], [0.0, 2.0]]


# ---------------------------------------------------------------- Rosenbrock, and the course


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_exactly(x):
    a, b = x[:-1], x[1:]
    slope = np.zeros(x.size)
    slope[1:] += 200 * (b - a * a)
    slope[:-1] += -400 * a * (b - a * a) - 2 * (1 - a)
    diagonal = np.zeros(x.size)
    diagonal[1:] += 200
    diagonal[:-1] += 1200 * a * a - 400 * b + 2
    return slope, np.diag(diagonal) + np.diag(-400 * a, 1) + np.diag(-400 * a, -1)


@pytest.mark.parametrize("n", [2, 10, 100, 400])
def test_rosenbrock_to_the_last_digit(n):
    x = np.random.default_rng(6).uniform(-2, 2, n)
    slope, bend = rosenbrock_exactly(x)
    near(gradient(rosenbrock, x) / np.abs(slope).max(), slope / np.abs(slope).max(), 1e-15)
    near(hessian(rosenbrock, x) / np.abs(bend).max(), bend / np.abs(bend).max(), 1e-15)
    near(hessian_vector(rosenbrock, x, x), bend @ x, 1e-15 * 4)


def test_gradients_of_the_course():
    assert gradient(lambda p: p[0] + p[1], [3.0, 7.0]).tolist() == [1, 1]
    assert gradient(lambda p: p[0] * p[1], [3.0, 7.0]).tolist() == [7, 3]
    assert gradient(lambda p: 2 * p[0] + 3 * p[1] ** 2, [3.0, 7.0]).tolist() == [2, 42]
    x, y, z = 2.0, 3.0, 5.0

    def f(p):
        x, y, z = p
        return 3 * x**3 * z - y**2 + 5 * z + 2 * y * z

    assert gradient(f, [x, y, z]).tolist() == [9 * x**2 * z, -2 * y + 2 * z, 3 * x**3 + 5 + 2 * y]
    assert hessian(lambda p: 2 * p[0] ** 2 + 3 * p[1] ** 2 - p[0] * p[1], [1, 3]).tolist() == [[4, -1], [-1, 6]]
    sauna = gradient(lambda p: 50 - p[0] ** 2 * (p[0] - 6) * p[1] ** 2 * (p[1] - 6) / 50, [1.0, 3.0])
    assert np.round(sauna, 2).tolist() == [-4.86, -0.9]


def test_rules_of_the_course():
    x = np.linspace(-2, 2, 9)
    rules = [
        (lambda x: 5 * x**2 + 3 * x + 1, 10 * x + 3),
        (lambda x: 5 * x**2 * (3 * x + 1), 5 * x * (9 * x + 2)),
        (lambda x: 5 * x**2 / (3 * x + 1), 5 * x * (3 * x + 2) / (3 * x + 1) ** 2),
        (lambda x: 5 * (3 * x + 1) ** 2, 30 * (3 * x + 1)),
        (lambda x: np.exp(3 * x + 1), 3 * np.exp(3 * x + 1)),
        (lambda x: x * np.sin(x), np.sin(x) + x * np.cos(x)),
        (lambda x: np.sin(x**2), 2 * x * np.cos(x**2)),
    ]
    for f, wanted in rules:
        near(derivative(f, x), wanted, 1e-15)


# ---------------------------------------------------------------- traps


def test_ties_go_to_the_constant_and_of_two_that_vary_to_the_first():
    for relu in (lambda x: np.maximum(x, 0), lambda x: np.maximum(0, x), lambda x: np.clip(x, 0, None), lambda x: np.where(x > 0, x, 0)):
        assert derivative(relu, np.array([-1.0, 0.0, 1.0])).tolist() == [0, 0, 1]
        assert gradient(lambda x, relu=relu: np.sum(relu(x)), np.array([-1.0, 0.0, 1.0])).tolist() == [0, 0, 1]
    assert derivative(lambda x: np.minimum(x, 0), 0.0) == 0
    assert gradient(lambda p: np.maximum(p[0], p[1]), [1.0, 1.0]).tolist() == [1, 0]
    assert gradient(lambda p: np.fmin(p[0], p[1]), [1.0, 1.0]).tolist() == [1, 0]
    assert derivative(lambda x: np.maximum(x, x), 1.0) == 1
    assert gradient(np.max, [1.0, 2.0, 2.0]).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("f", "x", "wanted"),
    [
        (lambda x: np.where(x > 0, np.sqrt(x), 0.0), 0.0, 0.0),
        (lambda x: np.where(x > 0, np.log(x), x), -1.0, 1.0),
        (lambda x: np.where(x == 0, 1.0, np.sin(x) / x), 0.0, 0.0),
        (lambda x: np.maximum(np.sqrt(x), 1.0), 0.0, 0.0),
        (lambda x: np.clip(1 / x, None, 2.0), 0.0, 0.0),
        (lambda x: np.where(x > 0, x**1.5, 2 * x), 0.0, 2.0),
        (lambda x: np.where(np.array([False, True]), np.stack([np.sqrt(x), 3 * x]), np.stack([7 * x, x]))[0], 0.0, 7.0),
    ],
)
def test_the_branch_not_taken_never_leaks(f, x, wanted):
    with np.errstate(all="ignore"):
        assert derivative(f, x) == wanted
        for at in (np.array([x]), np.array([x, 1.0])):
            assert gradient(lambda p: np.sum(f(p[0])), at)[0] == wanted
            assert jacobian(lambda p: f(p[0]), at)[0] == wanted
            assert hessian(lambda p: np.sum(f(p[0])), at)[0, 0] == 0
            assert hessian_vector(lambda p: np.sum(f(p[0])), at, np.ones(at.size))[0] == 0


def test_a_zero_that_is_none_of_where_stays_honest():
    assert np.isnan(gradient(lambda p: np.sqrt(p[0]) ** 2, [0.0])[0])
    assert np.isnan(derivative(lambda x: np.sqrt(x) ** 2, 0.0))


def test_corners_by_convention():
    assert derivative(abs, 0.0) == 0
    assert derivative(np.abs, np.array([-2.0, 0.0, 2.0])).tolist() == [-1, 0, 1]
    assert derivative(np.sqrt, 0.0) == np.inf
    assert derivative(np.sqrt, -0.0) == np.inf
    assert derivative(np.cbrt, 0.0) == np.inf
    assert gradient(np.linalg.norm, [0.0, 0.0]).tolist() == [0, 0]
    assert gradient(lambda p: np.hypot(p[0], p[1]), [0.0, 0.0]).tolist() == [0, 0]
    assert gradient(np.std, [3.0, 3.0]).tolist() == [0, 0]
    for step in (np.floor, np.ceil, np.rint, np.sign, np.trunc, np.round):
        assert derivative(step, np.array([0.0, 0.5, 1.0])).tolist() == [0, 0, 0]


def test_degrees():
    assert derivative(np.deg2rad, 2.0) == derivative(np.radians, 2.0) == np.deg2rad(1.0)
    assert derivative(np.rad2deg, 2.0) == derivative(np.degrees, 2.0) == np.rad2deg(1.0)


def test_corners_of_the_power():
    assert derivative(lambda x: x**0, 0.0) == 0
    assert derivative(lambda x: x**1, 0.0) == 1
    assert derivative(lambda x: x**2, 0.0) == 0
    assert derivative(lambda x: x**0.5, 0.0) == np.inf
    assert derivative(lambda x: x ** np.array([0.0, 1.0, 2.0, 3.0]), 0.0).tolist() == [0, 1, 0, 0]
    assert derivative(lambda x: x**3, np.array([-2.0])).tolist() == [12]
    with np.errstate(invalid="ignore"):
        assert np.isnan(derivative(lambda x: x**1.5, -1.0))
    assert gradient(lambda p: p[0] ** p[1], [0.0, 2.0]).tolist() == [0, 0]
    assert derivative(lambda y: 0.0**y, 2.0) == 0
    assert derivative(lambda x: 2**x, 3.0) == pytest.approx(8 * math.log(2), rel=1e-15)
    assert hessian(lambda p: p[0] ** 2, [0.0]).tolist() == [[2]]
    assert derivative(lambda x: x**3, 0.0, order=3) == 6
    assert derivative(lambda x: np.power(x, 3), np.zeros(2), order=2).tolist() == [0, 0]


@pytest.mark.filterwarnings("ignore:invalid value")
def test_nan_outside_the_domain():
    for f, x in [
        (np.log, -1.0),
        (np.log2, -1.0),
        (np.log10, -1.0),
        (np.log1p, -2.0),
        (np.sqrt, -1.0),
        (np.arcsin, 2.0),
        (np.arccos, 2.0),
        (np.arccosh, 0.5),
        (np.arctanh, 2.0),
        (np.arccosh, -2.0),
    ]:
        assert np.isnan(derivative(f, x)), f
        assert np.isnan(gradient(lambda p, f=f: np.sum(f(p)), [x])[0]), f


def test_tails_of_the_hyperbolic_tangent_and_the_softplus():
    x = np.array([-800.0, -350.0, -20.0, 0.0, 20.0, 300.5, 800.0])
    wanted = 4 * np.exp(-2 * abs(x)) / (1 + np.exp(-2 * abs(x))) ** 2
    np.testing.assert_allclose(derivative(np.tanh, x), wanted, rtol=4e-16 * 4, atol=0)
    np.testing.assert_allclose(derivative(np.tanh, x, order=2), -2 * np.tanh(x) * wanted, rtol=1e-14, atol=0)
    low = derivative(lambda x: np.logaddexp(0, x), x)
    np.testing.assert_allclose(low, np.where(x > 0, 1 / (1 + np.exp(-abs(x))), np.exp(-abs(x)) / (1 + np.exp(-abs(x)))), rtol=1e-15, atol=0)
    assert np.isfinite(derivative(lambda x: np.logaddexp(0, x), x, order=3)).all()


def test_a_product_with_zeros():
    assert gradient(np.prod, [2.0, 0.0, 5.0]).tolist() == [0, 10, 0]
    assert hessian(np.prod, [0.0, 0.0, 5.0]).tolist() == [[0, 5, 0], [5, 0, 0], [0, 0, 0]]


def test_a_loop_over_elements_needs_no_square_of_memory():
    import tracemalloc

    x = np.linspace(0, 1, 4000)
    tracemalloc.start()
    slope = gradient(lambda x: sum(t * t for t in x), x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert slope.tolist() == (2 * x).tolist()
    assert peak < 20e6  # 4000 arrays of 4000 would be 128 MB


def test_nothing_waits_for_the_garbage_collector():
    import gc
    import weakref

    class Watched(np.ndarray):
        pass

    seen = []

    def f(x):
        y = x * np.arange(5.0).view(Watched)
        seen.append(weakref.ref(y.plain))
        return np.sum(y * y)

    gc.disable()
    try:
        gradient(f, np.ones(5))
        assert seen[0]() is None
    finally:
        gc.enable()


# ---------------------------------------------------------------- values, types, warnings


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_types_stay(dtype):
    x = np.linspace(0.5, 2, 5).astype(dtype)

    def f(x):
        return np.where(x > 1, np.sqrt(x) / 3, x**3 * 2.0) + np.maximum(np.exp(-x), 0.5) * (x > 1) - np.tanh(x) / 7

    assert derivative(f, x).dtype == dtype and derivative(f, x, order=2).dtype == dtype
    value, slope = value_and_gradient(lambda x: np.sum(f(x)), x)
    assert value.dtype == slope.dtype == dtype
    assert jacobian(f, x).dtype == hessian(lambda x: np.sum(f(x)), x).dtype == hessian_vector(lambda x: np.sum(f(x)), x, x).dtype == dtype
    near(derivative(f, x).astype(float), derivative(f, x.astype(float)), 32 * float(np.finfo(dtype).eps) + 1e-15)


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (0,), (2, 0), (2, 1, 2)])
def test_any_shape(shape):
    x = np.random.default_rng(7).uniform(1, 2, shape)
    found = derivative(lambda x: x**2, x)
    assert np.shape(found) == shape and np.array_equal(found, 2 * x)
    assert np.array_equal(gradient(lambda x: np.sum(x**2), x), 2 * x)
    assert hessian(lambda x: np.sum(x**2), x).shape == jacobian(lambda x: x * x, x).shape == shape * 2
    assert np.array_equal(derivative(lambda x: 3, x), np.zeros(shape if shape else ())) if not shape else True


def test_integers_become_floats_and_a_curve_is_allowed():
    assert derivative(lambda x: x**2, 3) == 6.0
    assert gradient(lambda p: p[0] * p[1], [2, 3]).tolist() == [3.0, 2.0]
    assert derivative(lambda t: [np.cos(t), np.sin(t)], 0.0).tolist() == [0, 1]
    assert derivative(lambda x: 5.0, 1.0) == 0
    assert derivative(lambda x: 5.0, [1.0, 2.0]).tolist() == derivative(lambda x: np.full_like(x, 5), [1.0, 2.0]).tolist() == [0, 0]
    assert gradient(lambda p: 5.0, [1.0, 2.0]).tolist() == [0, 0]
    assert jacobian(lambda p: [p[0], 5.0], [1.0, 2.0]).tolist() == [[1, 0], [0, 0]]
    assert hessian(lambda p: p[0] + p[1], [1.0, 2.0]).tolist() == [[0, 0], [0, 0]]


def test_a_jacobian_with_more_answers_than_arguments():
    times = np.linspace(0, 1, 50)
    calls = []

    def f(p):
        calls.append(1)
        return p[0] * np.exp(-p[1] * times)

    found = jacobian(f, [2.0, 3.0])
    near(found, np.stack([np.exp(-3 * times), -2 * times * np.exp(-3 * times)], axis=1), 1e-15)
    assert len(calls) == 3
    assert jacobian(lambda x: np.stack([x, x, x]), np.ones((2, 2))).shape == (3, 2, 2, 2, 2)


def test_no_warning_of_its_own_and_all_of_the_function():
    x = np.array([0.0, 1.0, -0.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        derivative(np.sqrt, x)
        derivative(np.arcsin, np.array([1.0]), order=3)
        gradient(lambda x: np.sum(np.sqrt(x) * x**0.5), x)
        hessian(lambda x: np.sum(np.cbrt(x)), x)
    with pytest.warns(RuntimeWarning, match="divide by zero") as heard:
        derivative(lambda x: 1 / x, 0.0, order=3)
    assert len(heard) == 1
    with pytest.warns(RuntimeWarning, match="invalid value"):
        gradient(lambda x: np.sum(np.log(x)), [-1.0])
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        derivative(np.exp, 1000.0)


def test_what_comes_back_is_the_callers_own():
    weights = np.array([1.0, 2.0])
    for found in (
        derivative(lambda x: weights * x, np.ones(2)),
        gradient(lambda x: np.dot(weights, x), np.ones(2)),
        gradient(lambda x: np.sum(weights * x), np.ones(2)),
    ):
        found[:] = 7
    x = np.ones(2)
    gradient(lambda x: np.sum(x * x), x)[:] = 7
    assert weights.tolist() == [1, 2] and x.tolist() == [1, 1]


def test_the_argument_looks_like_an_array():
    def f(x):
        assert x.shape == (2, 3) and x.ndim == 2 and x.size == 6 and len(x) == 2 and x.dtype == np.float64
        assert f"{x[0, 0]:.1f}" == "1.0" and "array" in repr(x)
        assert (x[0, 0] > 0) is np.True_ and bool(x[0, 0])
        total = 0.0
        for row in x:
            for item in row:
                total += item
        return total + np.sum(x.copy().real) - 2 % x[0, 0] + x[0, 1] // 2

    assert gradient(f, np.ones((2, 3)) * [1.0, 2, 3]).tolist() == [[4, 2, 2], [2, 2, 2]]


# ---------------------------------------------------------------- refusals

BUFFER, SINE = np.zeros(2), math.sin


def assign(x):
    x[0] = 1.0
    return x


def fill(x):
    out = np.zeros(2)
    out[0] = x[0]
    return out


def add_in_place(x):
    x += 1
    return x


def add_to_a_plain_array(x):
    out = np.zeros(2)
    out += x
    return out


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (lambda x: math.sin(x[0]), r"math\.sin: takes a plain float and would lose the derivative; use numpy\.sin"),
        (lambda x: 2 * math.atan2(np.sin(x[0]), 1.0), r"math\.atan2.*use numpy\.atan2"),
        (lambda x: math.exp(math.sqrt(x[0])), r"math\.sqrt.*use numpy\.sqrt"),
        (lambda x: 1 + math.fsum(x), r"math\.fsum.*use numpy\.sum"),
        (lambda x: math.cos(*x[:1]), r"math\.cos: takes a plain float"),
        (lambda x: SINE(x[0]), r"math\.sin.*use numpy\.sin"),
        (np.vectorize(math.sin), r"numpy\.asarray.*leave it out"),
        (lambda x: math.gamma(x[0]), r"math\.gamma.*no counterpart in NumPy"),
        (lambda x: float(x[0]) ** 2, r"float\(x\): would lose the derivative; leave it out"),
        (lambda x: int(x[0]), r"int\(x\): would lose the derivative"),
        (np.fft.fft, r"numpy\.fft\.fft: has no derivative rule.*calculus\.derivative"),
        (np.sinc, r"numpy\.sinc: has no derivative rule"),
        (lambda x: np.nextafter(x, 1), r"numpy\.nextafter: has no derivative rule"),
        (lambda x: np.interp(x, [0, 1], [0, 1]), r"numpy\.interp: has no derivative rule"),
        (lambda x: np.add(x, 1, out=BUFFER), r"numpy\.add: an array is changed in place.*y = y \+ x"),
        (np.add.reduce, r"numpy\.add: reduce came; only the plain call"),
        (lambda x: np.add(x, 1, where=[True, False]), r"numpy\.add: where= came"),
        (lambda x: np.sum(x, dtype=float), r"numpy\.sum: dtype= came"),
        (lambda x: np.max(x, initial=3), r"numpy\.max: .*'initial'"),
        (lambda x: np.array([x[0], x[1]]), r"numpy\.array.*numpy\.stack"),
        (np.asarray, r"numpy\.array.*numpy\.stack"),
        (assign, r"changed in place.*numpy\.where"),
        (fill, r"would lose the derivative"),
        (add_in_place, r"add: an array is changed in place.*y = y \+ x"),
        (add_to_a_plain_array, r"numpy\.add: an array is changed in place"),
        (lambda x: x * 1j, r"complex128 came up on the way; real floats"),
        (lambda x: np.einsum("ii->i", x[None][:, :1]), r'numpy\.einsum: "ii->i" came'),
        (lambda x: np.einsum(x, [0]), r"numpy\.einsum: operands with lists"),
        (lambda x: np.linalg.norm(x[None], "nuc"), r"numpy\.linalg\.norm: ord='nuc' came"),
        (lambda x: np.linalg.inv(x[:, None] * x), r"numpy\.linalg\.inv: has no derivative rule"),
    ],
)
def test_what_cannot_be_differentiated_says_so_and_what_to_do(f, said):
    for run in (lambda: jvp(f, np.array([0.5, 0.7]), np.ones(2)), lambda: gradient(lambda x: np.sum(f(x)), np.array([0.5, 0.7]))):
        with pytest.raises(NoDerivative, match=said):
            run()


def test_a_function_of_the_math_module_itself():
    with pytest.raises(NoDerivative, match=r"math\.sin: takes a plain float and would lose the derivative; use numpy\.sin"):
        derivative(math.sin, 1.0)


def test_an_attribute_that_is_not_there():
    with pytest.raises(AttributeError, match=r"x\.tolist: a traced array has no tolist; use a function of NumPy"):
        gradient(lambda x: x.tolist()[0], [1.0])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: derivative(np.sin, 1j), TypeError, r"x: complex128 came; a real number.*real and the imaginary part"),
        (lambda: derivative(np.sin, "one"), TypeError, r"x: <U3 came; a real number or an array of them is accepted"),
        (lambda: derivative(np.sin, [True]), TypeError, r"x: bool came"),
        (lambda: gradient(np.sum, np.array([None])), TypeError, r"x: object came"),
        (lambda: derivative(np.sin, 1.0, order=0), ValueError, r"order: 0 came; a whole number from 1 to 30"),
        (lambda: derivative(np.sin, 1.0, order=99), ValueError, r"order: 99 came"),
        (lambda: derivative(np.sin, 1.0, order=1.5), ValueError, r"order: 1.5 came"),
        (lambda: derivative(np.sum, [1.0, 2.0]), ValueError, r"f: shape \(\) came for x of shape \(2,\).*gradient, jacobian or jvp"),
        (lambda: gradient(np.sin, [1.0, 2.0]), ValueError, r"f: shape \(2,\) came; one number is accepted: sum it, or use jacobian"),
        (lambda: hessian(np.sin, [1.0, 2.0]), ValueError, r"f: shape \(2,\) came; one number"),
        (lambda: jvp(np.sin, [1.0, 2.0], [1.0]), ValueError, r"direction: shape \(1,\) came; the shape of x, \(2,\), is accepted"),
        (lambda: hessian_vector(np.sum, [1.0, 2.0], 1.0), ValueError, r"v: shape \(\) came"),
        (lambda: gradient("sin", [1.0]), TypeError, r"f: str came; a function of one array is accepted"),
        (lambda: jvp(np.sin, 1.0, 1j), TypeError, r"direction: complex128 came"),
    ],
)
def test_arguments_that_are_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()


# ---------------------------------------------------------------- any expression

LEAVES = st.one_of(st.just(("x",)), st.floats(-3, 3).map(lambda number: (round(number, 3),)))
UNARY = (np.sin, np.exp, np.tanh, np.square, np.arctan, lambda a: -a, lambda a: a**3, lambda a: np.sqrt(1 + a * a))
BINARY = (np.add, np.subtract, np.multiply, lambda a, b: a / (2 + b * b), np.hypot, np.logaddexp, np.maximum)
TREES = st.recursive(
    LEAVES,
    lambda part: st.tuples(st.sampled_from(UNARY), part) | st.tuples(st.sampled_from(BINARY), part, part),
    max_leaves=8,
)


def evaluated(tree, x):
    head, *parts = tree
    return x if head == "x" else head(*(evaluated(part, x) for part in parts)) if parts else head


@settings(max_examples=80, deadline=None)
@given(TREES)
def test_both_directions_agree_on_any_expression(tree):
    x = np.array([-0.7, 0.4, 1.3])

    def f(x):
        return np.sum(evaluated(tree, x) * 1.0 + 0 * x)

    with np.errstate(all="ignore"):
        value, slope = value_and_gradient(f, x)
        forward = np.array([jvp(f, x, unit) for unit in np.eye(3)])
        pointwise = derivative(lambda x: evaluated(tree, x) + 0 * x, x)
        second = derivative(lambda x: evaluated(tree, x) + 0 * x, x, order=2)
        bend = hessian(f, x)
    assert np.array_equal(value, f(x), equal_nan=True) or not np.isfinite(value)
    if np.isfinite(slope).all() and np.isfinite(bend).all():
        scale = max(1.0, np.abs(slope).max())
        np.testing.assert_allclose(slope / scale, forward / scale, atol=1e-12)
        np.testing.assert_allclose(slope / scale, pointwise / scale, atol=1e-12)
        scale = max(scale, np.abs(bend).max())
        np.testing.assert_allclose(np.diag(bend) / scale, second / scale, atol=1e-11)
