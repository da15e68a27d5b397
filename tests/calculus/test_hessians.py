"""Hessians of many variables against exact ones: dense and sparse, exact and differenced, and where a guess of their zeros is wrong."""

import math
import sys

import numpy as np
import pytest

from edgecalc.calculus import automatic, gradient, hessian, mixed
from edgecalc.calculus.sparsity import FEWEST
from edgecalc.errors import MissingExtra
from tests.calculus.test_fields import rosenbrock, rosenbrock_hessian, scaled

COUNT = 144


def start(count=COUNT, seed=0):
    return np.random.default_rng(seed).uniform(-2, 2, count)


MATRIX = np.random.default_rng(5).standard_normal((COUNT, COUNT)) / 12
SHAPES = {
    "separate": lambda p: np.sum(np.sin(p) * p, axis=-1),
    "chain": rosenbrock,
    "wide chain": lambda p: np.sum(p[..., 3:] * p[..., :-3] ** 2 * p[..., 1:-2], axis=-1),
    "halves": lambda p: np.sum(np.exp(p[..., :72] / 4) * p[..., 72:] ** 3, axis=-1),
    "arrow": lambda p: p[..., 0] ** 2 * np.sum(p[..., 1:] ** 2, axis=-1),
    "mirrored": lambda p: np.sum((p * p[..., ::-1]) ** 2, axis=-1),
    "grid": lambda p: np.sum(np.diff(p.reshape(*p.shape[:-1], 12, 12), axis=-1) ** 4, axis=(-1, -2)),
    "one of few": lambda p: np.exp(p[..., 7] * p[..., 90]) + p[..., 3],
    "full": lambda p: np.sum((p @ MATRIX) ** 4, axis=-1),
    "coupled": lambda p: np.sum(p, axis=-1) ** 3,
    "plane": lambda p: np.sum(3 * p, axis=-1),
    "pieces": lambda p: np.sum(np.where(p > 0, p**3, 2 * p**2), axis=-1),
    "largest": lambda p: np.sum(np.maximum(p, 0.25) ** 2 * p[..., :1], axis=-1),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_hessian_is_the_exact_one_dense_and_sparse(name):
    f, at = SHAPES[name], start()
    wanted = automatic.hessian(lambda p: np.sum(f(p)), at)
    found = hessian(f, at)
    assert (found == found.T).all()
    np.testing.assert_allclose(found, wanted, rtol=0, atol=4e-15 * max(1, np.abs(wanted).max()))
    assert ((found != 0) <= (np.abs(wanted) > 0)).all() or name in ("full", "grid")
    np.testing.assert_array_equal(hessian(f, at, sparse=True).toarray(), found)


TWISTED = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 5.0]])


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(
    "grad",
    [
        lambda m: lambda p: m @ p,
        lambda m: lambda p: np.dot(m, p),
        lambda m: lambda p: p @ m,
        lambda m: lambda p: [sum(m[i, j] * p[j] for j in range(len(p))) for i in range(len(p))],
        lambda m: lambda p: np.array([float(row @ p) for row in m]),
    ],
    ids=["m @ p", "dot", "p @ m", "list", "floats"],
)
def test_a_gradient_of_one_point_is_never_given_a_square_of_points(grad, count):
    """As many points as variables would pass for points that stand the other way."""
    bend = TWISTED[:count, :count]
    found = hessian(rosenbrock, np.arange(1.0, count + 1), grad=grad(bend))
    np.testing.assert_allclose(found, bend, atol=1e-12)


@pytest.mark.parametrize("name", ["chain", "halves", "arrow", "full", "separate"])
@pytest.mark.parametrize("form", ["many", "one"])
def test_a_gradient_of_the_callers_own_is_differenced(name, form):
    f, at = SHAPES[name], start()
    given = (lambda p: automatic.gradients(f, p)) if form == "many" else (lambda p: automatic.gradient(f, p))
    wanted = hessian(f, at)
    assert scaled(hessian(f, at, grad=given), wanted) <= 1e-11


def test_rosenbrock_of_1000_variables_is_exact_and_holds_three_numbers_a_row():
    at = start(1000)
    found = hessian(rosenbrock, at, sparse=True)
    assert found.nnz == 2998
    assert scaled(found.toarray(), rosenbrock_hessian(at)) <= 1e-15
    assert scaled(hessian(rosenbrock, at), rosenbrock_hessian(at)) <= 1e-15


def test_rosenbrock_of_1000_variables_asks_for_few_gradients():
    asked = []

    def grad(p):
        asked.append(p.size // 1000)
        found = np.zeros_like(p)
        here, after = p[..., :-1], p[..., 1:]
        found[..., :-1] += -400 * here * (after - here**2) - 2 * (1 - here)
        found[..., 1:] += 200 * (after - here**2)
        return found

    at = start(1000)
    assert scaled(hessian(rosenbrock, at, grad=grad), rosenbrock_hessian(at)) <= 1e-12
    assert sum(asked) <= 600


def test_variables_that_are_only_subtracted_are_told_apart():
    """Moved by the same, the two would show nothing."""
    asked = []

    def grad(p):
        asked.append(p.size // 300)
        slope = 4 * np.diff(p, axis=-1) ** 3
        zero = np.zeros((*p.shape[:-1], 1))
        return np.concatenate([zero, slope], axis=-1) - np.concatenate([slope, zero], axis=-1)

    hessian(rosenbrock, start(300) / 2, grad=grad)
    assert sum(asked) <= 600


def test_a_sparse_hessian_of_very_many_variables():
    at = start(20_000)
    found = hessian(rosenbrock, at, sparse=True)
    assert found.nnz == 59_998
    np.testing.assert_allclose(found @ np.ones(20_000), automatic.hessian_vector(rosenbrock, at, np.ones(20_000)), rtol=0, atol=1e-11)


# ---------------------------------------------------------------- guesses that are wrong


@pytest.mark.parametrize("size", [1e-3, 1e-5, 1e-7])
def test_a_bend_too_weak_to_move_the_gradient_is_found_all_the_same(size):
    """The slopes of 1e12 hide it from the look at the zeros; the product with a random vector does not miss it."""
    at = start()
    found = hessian(lambda p: np.sum(1e12 * p, axis=-1) + size * p[..., 5] * p[..., 80], at)
    assert found[5, 80] == found[80, 5] == pytest.approx(size, rel=1e-14)
    assert np.count_nonzero(found) == 2


def test_zeros_that_hold_only_here():
    """Where x is 0 the bend is 0, next to it not."""
    found = hessian(lambda p: np.sum(p**3, axis=-1) + np.prod(p[..., :3], axis=-1), np.zeros(COUNT))
    assert (found == 0).all()


def test_a_curvature_that_starts_beside_the_point():
    at = np.full(COUNT, 1.0)
    found = hessian(lambda p: np.sum(np.where(p > 1.0001, p**4, p**2), axis=-1), at)
    np.testing.assert_array_equal(found, 2 * np.eye(COUNT))


def test_a_nan_of_f_is_a_nan_of_its_hessian():
    at = start()
    at[5] = -1.0
    with np.errstate(all="ignore"):
        found = hessian(lambda p: np.sum(np.log(np.where(np.arange(COUNT) == 5, p, 1.0)), axis=-1), at)
    assert np.isnan(found).any()


# ---------------------------------------------------------------- kinks and waves


def test_a_kink_is_a_nan_and_only_for_its_point():
    at = np.array([[0.0, 1.0], [0.5, 1.0], [-0.25, 2.0]])
    found = hessian(lambda p: np.abs(p[..., 0]) * p[..., 1] + p[..., 1] ** 2, at)
    assert np.isnan(found[0, 0]).all()
    np.testing.assert_array_equal(found[1:], [[[0, 1], [1, 2]], [[0, -1], [-1, 2]]])


def test_a_corner_of_straight_sides_is_a_nan_too():
    """Both sides bend alike, and a sum of its slopes along any way is no more bent than they are."""
    np.testing.assert_array_equal(hessian(lambda p: np.abs(p[..., 0]) + p[..., 1] ** 2, [0.0, 1.0]), [[math.nan, math.nan], [math.nan, 2]])
    assert math.isnan(mixed(lambda p: np.abs(p[..., 0]) + p[..., 1], [0.0, 1.0], (1, 1)))


@pytest.mark.parametrize("rate", [1, 10, 50, 150, 400, 402.1238596594935])
def test_mixed_partials_of_waves_choose_their_step(rate):
    """402.1 and the step of 2^-6 are a whole number of turns, which no single step would notice."""
    x, y = 0.3, 0.7
    found = mixed(lambda p: np.sin(rate * p[..., 0]) * np.cos(p[..., 1] * rate / 2), [x, y], (1, 1))
    wanted = -(rate**2) / 2 * math.cos(rate * x) * math.sin(y * rate / 2)
    assert found == pytest.approx(wanted, abs=1e-8 * rate**2)


@pytest.mark.parametrize("method", ["automatic", "complex", "central", "auto"])
@pytest.mark.parametrize("rate", [1, 50])
def test_every_method_gives_the_hessian_of_a_wave(rate, method):
    at = np.array([[0.3, 0.7, -1.0], [1.0, 2.0, 0.1]])
    found = hessian(lambda p: np.sin(rate * p[..., 0]) * p[..., 1] + np.cos(rate * p[..., 2] * p[..., 1]), at, method=method)
    for (x, y, z), mine in zip(at, found, strict=True):
        s, c = math.sin(rate * z * y), math.cos(rate * z * y)
        across = -rate * s - rate**2 * z * y * c
        wanted = [
            [-(rate**2) * math.sin(rate * x) * y, rate * math.cos(rate * x), 0],
            [rate * math.cos(rate * x), -((rate * z) ** 2) * c, across],
            [0, across, -((rate * y) ** 2) * c],
        ]
        assert scaled(mine, np.array(wanted)) <= (1e-14 if method in ("automatic", "auto") else 1e-9)


@pytest.mark.parametrize("size", [1e-3, 1e3])
def test_variables_of_another_size_have_their_own_steps(size):
    at = np.array([2.0, 3.0 * size])
    for method in ("automatic", "complex", "central"):
        found = hessian(lambda p: p[..., 0] ** 2 * (p[..., 1] / size) ** 2, at, method=method)
        unit = np.array([1, size])
        np.testing.assert_allclose(found * unit * unit[:, None], [[18, 24], [24, 8]], rtol=1e-9)


def test_a_mixed_partial_has_no_value_at_a_kink():
    assert math.isnan(mixed(lambda p: np.abs(p[..., 0]) * p[..., 1], [0.0, 1.0], (1, 1)))


@pytest.mark.parametrize("orders", [(1, 1, 1), (2, 0, 1), (3, 1, 0), (1, 2, 2)])
def test_mixed_partials_of_three_variables(orders):
    at = np.random.default_rng(3).uniform(-1, 1, (4, 3))
    rates = np.array([1.0, -0.5, 2.0])
    found = mixed(lambda p: np.exp(p @ rates), at, orders)
    np.testing.assert_allclose(found, np.exp(at @ rates) * np.prod(rates ** np.array(orders)), rtol=1e-6)


# ---------------------------------------------------------------- domains and refusals


@pytest.mark.parametrize("count", [4, 200])
@pytest.mark.parametrize("given", ["f", "corner", "grad"])
def test_nothing_is_asked_outside_the_domain(given, count):
    outside = []

    def checked(p):
        if type(p) is np.ndarray:
            outside.extend(p[(p < 0) | (p > 1)].tolist())
        return p

    at = np.random.default_rng(0).uniform(0, 1, count)
    at[:3] = 0, 1, 0.5
    grad = (lambda p: 3 * checked(p) ** 2) if given == "grad" else None
    f = {"corner": lambda p: np.sum(np.where(checked(p) > 2, 0.0, p**3), axis=-1)}.get(given, lambda p: np.sum(checked(p) ** 3, axis=-1))
    found = hessian(f, at, grad=grad, domain=(0, 1))
    np.testing.assert_allclose(found, np.diag(6 * at), atol=1e-9)
    assert not outside


def test_variables_close_to_an_edge_have_small_steps_of_their_own():
    at = np.array([1e-6, 1.0])
    found = hessian(lambda p: (p[..., 0] + 1) ** 2 * p[..., 1] ** 3, at, method="central", domain=(0, 2))
    assert found[0, 1] == pytest.approx(6 * (1 + 1e-6), abs=1e-5)


def test_f_is_not_called_where_its_gradient_is_given():
    def f(p):
        raise RuntimeError("called")

    np.testing.assert_allclose(hessian(f, [1.0, 2.0], grad=lambda p: p**2), np.diag([2, 4]), atol=1e-12)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"grad": 3}, TypeError, r"^grad: 3 came; a function"),
        ({"grad": lambda p: p[..., :1]}, ValueError, r"^grad: float64 of shape \(1,\) came for a point of shape \(2,\)"),
        ({"grad": lambda p: p * 1j}, ValueError, r"^grad: complex128 .* real numbers are accepted"),
        ({"method": "forward"}, ValueError, r"^method: 'forward' came; accepted are"),
        ({"sparse": True, "x": [[1.0, 2.0]]}, ValueError, r"^x: shape \(1, 2\) came; one point"),
        ({"sparse": "yes"}, TypeError, r"^sparse: "),
        ({"domain": (0.0, 1.5)}, ValueError, r"^x: 2.0 lies outside the domain"),
        ({"domain": (1.0, 3.0), "method": "central"}, ValueError, r"^x: \[1.0, 2.0\] came, which has no room"),
    ],
)
def test_refusals_name_the_argument(given, error, said):
    with pytest.raises(error, match=said):
        hessian(**{"f": lambda p: p[..., 0] * p[..., 1], "x": [1.0, 2.0], **given})


def test_a_sparse_hessian_without_scipy_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(MissingExtra, match="scipy"):
        hessian(rosenbrock, start(FEWEST), sparse=True)


def test_steps_shrink_at_an_edge_where_plain_python_refuses():
    def edge(p):
        return p[0] * p[1] - math.log(p[0]) + math.sqrt(p[1])

    for x, y in ((1e-3, 2.0), (0.5, 1e-6)):
        np.testing.assert_allclose(gradient(edge, [x, y]), [y - 1 / x, x + 0.5 / math.sqrt(y)], rtol=1e-9)
    np.testing.assert_allclose(hessian(edge, [0.01, 2.0]), [[1e4, 1], [1, -0.25 * 2**-1.5]], rtol=1e-6, atol=1e-6)
    with pytest.raises(ValueError, match="math domain"):
        gradient(edge, [-1.0, 2.0])


def test_a_method_beside_a_gradient_is_refused():
    with pytest.raises(ValueError, match="method: 'automatic' came beside grad="):
        hessian(lambda p: (p**2).sum(-1), [1.0, 2.0], grad=lambda p: 2 * p, method="automatic")
