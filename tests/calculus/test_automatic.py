"""Automatic derivatives are exact, of any order and of any expression."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgecalc.calculus.automatic import (
    derivative,
    gradient,
    gradients,
    hessian,
    hessian_vector,
    hessian_vectors,
    is_smooth,
    jacobian,
    jvp,
    value_and_gradient,
)
from tests.calculus.test_automatic_rules import near

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


SMOOTH = [
    np.sum,
    np.prod,
    np.var,
    lambda p: np.exp(p[0]) * np.mean(p @ np.ones((3, 3))),
    lambda p: sum(each**2 for each in p) / len(p),
    lambda p: np.sqrt(p[0]) + p[1] ** 2.5,
    lambda p: np.sum(p * np.zeros_like(p)) + p.shape[0],
    lambda p: 3.0,
]
NOT_SMOOTH = [
    lambda p: np.sum(np.abs(p)),
    lambda p: p[0] if p[0] > 1 else 2 * p[0],
    lambda p: p[0] if bool(p[0]) else p[1],
    lambda p: np.where(p > 0, p, 0.0)[0],
    lambda p: np.where([True, False, True], p, 0.0)[0],
    lambda p: np.maximum(p[0], p[1]),
    lambda p: p[0] * np.floor(p[1]),
    lambda p: p[0] * (p[1] // 2),
    lambda p: p[0] * round(p[1]),
    lambda p: p[0] * p.astype(int)[0],
    lambda p: p[0] % 2,
    lambda p: np.hypot(p[0], p[1]),
    np.linalg.norm,
    lambda p: np.sort(p)[0],
    lambda p: p[np.argmax(p)],
    lambda p: p[0] * p.real[1],
    lambda p: p[0] * np.conj(p[1]),
]


@pytest.mark.parametrize(("f", "wanted"), [*((f, True) for f in SMOOTH), *((f, False) for f in NOT_SMOOTH)])
def test_what_is_smooth_asks_nothing_and_has_no_corner_anywhere(f, wanted):
    at = np.array([0.5, 1.5, 2.5])
    assert is_smooth(f, at) is wanted
    assert derivative(lambda t: is_smooth(lambda p: f(p * t), at) * t, 2.0) == float(wanted)  # within another derivative, too


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


def many_points(p):
    return np.sum(np.sin(p[..., 1:]) * p[..., :-1] ** 2, axis=-1) + np.exp(p[..., 0] / 2)


@pytest.mark.parametrize("shape", [(1, 4), (7, 4), (4, 4), (2, 3, 4), (0, 4), (4,)])
def test_many_points_in_one_sweep_are_the_points_one_by_one(shape):
    points, ways = np.random.default_rng(1).normal(size=(2, *shape))
    rows, along = points.reshape(-1, 4), ways.reshape(-1, 4)
    slopes = np.array([gradient(many_points, row) for row in rows]).reshape(shape)
    np.testing.assert_allclose(gradients(many_points, points), slopes, rtol=0, atol=1e-14)
    wanted = np.array([hessian_vector(many_points, row, way) for row, way in zip(rows, along, strict=True)]).reshape(shape)
    found = hessian_vectors(many_points, points, ways)
    assert found.shape == shape
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize("f", [np.sum, lambda p: p[0] * p[1], lambda p: p])
def test_a_function_that_does_not_take_many_points_is_refused(f):
    with pytest.raises(ValueError, match=r"^f: shape .* one number for each point is accepted"):
        gradients(f, np.ones((5, 3)))
    with pytest.raises(ValueError, match=r"^v: shape \(3,\) came"):
        hessian_vectors(many_points, np.ones((5, 3)), np.ones(3))


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
