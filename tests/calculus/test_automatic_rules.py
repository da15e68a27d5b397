"""Every rule of automatic differentiation, against complex steps and differences, in both directions."""

import numpy as np
import pytest

from edgecalc.calculus.automatic import derivative, gradient, hessian, hessian_vector, jacobian, jvp, value_and_gradient
from edgecalc.calculus.automatic_composed import COMPOSED
from edgecalc.calculus.automatic_functions import ARRAYS
from edgecalc.calculus.automatic_rules import ELEMENTWISE, PLAIN
from tests.calculus.rule_cases import CASES, INTERVALS, WITHOUT_COMPLEX

EIGHTH = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])


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


REDUCED = [
    np.add.reduce,
    lambda x: np.add.reduce(x, axis=1, keepdims=True),
    lambda x: np.maximum.reduce(x, axis=None),
    lambda x: np.minimum.reduce(x, axis=1),
    np.multiply.reduce,
    lambda x: np.logaddexp.reduce(x, axis=1),
    lambda x: np.logaddexp.reduce(x, axis=None, keepdims=True),
    lambda x: np.add.accumulate(x, axis=1),
    np.multiply.accumulate,
    lambda x: np.subtract.outer(x[0], x),
    lambda x: np.multiply.outer([1.0, 2.0], x[1]),
    lambda x: np.power.outer(x[0] ** 2 + 1, x[1]),
]


@pytest.mark.parametrize("k", range(len(REDUCED)))
def test_every_method_of_a_ufunc(k):
    holds(REDUCED[k], np.random.default_rng(5).permutation(np.linspace(-1.7, 1.9, 12)).reshape(3, 4))


def test_a_determinant_of_a_singular_matrix_and_high_orders_of_matrices():
    assert gradient(np.linalg.det, np.array([[1.0, 2], [2, 4]])).tolist() == [[4, -2], [-2, 1]]
    near(gradient(np.linalg.det, np.arange(9.0).reshape(3, 3)), np.array([[-3.0, 6, -3], [6, -12, 6], [-3, 6, -3]]), 1e-13)
    for matrix in (lambda t: np.linalg.inv(np.eye(2) + t * np.ones((2, 2)))[0, 0], lambda t: np.linalg.cholesky((1 + t) * np.eye(2))[0, 0]):
        wanted = {"inv": lambda t: (1 + t) / (1 + 2 * t), "cholesky": lambda t: np.sqrt(1 + t)}
        plain = next(f for f in wanted.values() if abs(f(0.3) - matrix(0.3)) < 1e-12)
        for order in (1, 2, 5, 9):
            near(derivative(matrix, np.array(0.3), order), derivative(plain, np.array(0.3), order), 1e-10)
    near(derivative(np.sinc, np.zeros(3), 4), np.full(3, np.pi**4 / 5), 1e-14)
    near(derivative(np.sinc, np.array([1e-8])) * 1e8, np.array([-(np.pi**2) / 3]), 1e-14)


@pytest.mark.parametrize("function", sorted(PLAIN, key=lambda function: function.__name__), ids=lambda function: function.__name__)
def test_plain_functions_give_plain_arrays(function):
    x = np.array([0.5, -1.5])
    pair = getattr(function, "nin", 0) == 2 or function in (np.isclose, np.allclose, np.array_equal, np.isin, np.searchsorted, np.digitize)
    seen = []

    def f(x):
        seen.append(repr(function(x, x) if pair else function(x)))
        return x

    derivative(f, x)
    assert seen == [repr(function(x, x) if pair else function(x))]
