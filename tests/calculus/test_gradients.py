"""A function is looked at once, then its gradient is asked for again and again: the same numbers as ever, few calls of f, no trap."""

import math

import numpy as np
import pytest

from edgecalc.calculus import Expression, automatic, gradient, gradient_of, hessian
from edgecalc.calculus.gradients import Surface
from edgecalc.calculus.probe import EVERYWHERE, alike
from tests.calculus.test_fields import EXACT, FORMS, at_each, for_many, rosenbrock, rosenbrock_gradient, sample, scaled


class Counted:
    def __init__(self, f):
        self.f, self.calls = f, 0

    def __call__(self, p):
        self.calls += 1
        return self.f(p)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", EXACT)
def test_it_gives_the_gradient_at_every_further_point(name, form):
    f, slopes, _ = EXACT[name]
    found = gradient_of(FORMS[form](f))
    for at in (sample(name), sample(name, 5) + 0.25, sample(name, 2, 3) - 0.125, sample(name)[None]):
        np.testing.assert_allclose(found(at), at_each(slopes, at), rtol=0, atol=1e-11)


@pytest.mark.parametrize("count", [2, 17, 64, 65, 200])
@pytest.mark.parametrize("method", ["auto", "complex", "automatic"])
def test_every_number_of_variables_is_right_to_rounding(count, method):
    slopes = gradient_of(rosenbrock, method=method)
    for seed in range(3):
        at = np.random.default_rng(seed).uniform(-2, 2, count)
        assert scaled(slopes(at), rosenbrock_gradient(at)) <= 1e-15


@pytest.mark.parametrize(("count", "calls"), [(2, 2), (64, 2), (65, 1), (200, 1)])
@pytest.mark.parametrize("form", ["many", "one"])
def test_an_analytic_function_is_called_once_or_twice_for_a_gradient(count, calls, form):
    f = Counted(rosenbrock if form == "many" else lambda p: sum(p[k] * p[k + 1] ** 2 for k in range(len(p) - 1)))
    slopes = gradient_of(f)
    slopes(np.ones(count))
    f.calls = 0
    for k in range(10):
        slopes(np.full(count, 1.0 + k))
    assert f.calls == 10 * calls


def test_another_number_of_variables_is_another_look():
    slopes = gradient_of(lambda p: np.sum(p**2, axis=-1))
    assert slopes([1.0, 2.0]).tolist() == [2, 4]
    assert slopes([1.0, 2.0, 3.0]).tolist() == [2, 4, 6]
    assert slopes(np.ones((4, 40))).tolist() == [[2.0] * 40] * 4


ONE_POINT = {
    "sum": (lambda p: np.sum(p**2), lambda p: 2 * p),
    "matrix": (lambda p: p @ np.diag(np.arange(len(p))) @ p / 2, lambda p: np.arange(len(p)) * p),
    "mean": (lambda p: np.mean(p) ** 2, lambda p: np.full(len(p), 2 * np.mean(p) / len(p))),
    "sine": (lambda p: np.sin(np.sum(p)), lambda p: np.full(len(p), np.cos(np.sum(p)))),
}


@pytest.mark.parametrize("count", [1, 2, 3, 80])
@pytest.mark.parametrize("name", ONE_POINT)
def test_a_function_of_one_point_is_followed_automatically(name, count):
    f, exact = ONE_POINT[name]
    counted = Counted(f)
    slopes = gradient_of(counted)
    rows = np.random.default_rng(count).uniform(-2, 2, (3, count))
    slopes(rows)
    counted.calls = 0
    np.testing.assert_allclose(slopes(rows), np.array([exact(row) for row in rows]), rtol=1e-14)
    assert counted.calls <= 6


@pytest.mark.parametrize("form", ["many", "one"])
def test_an_if_is_asked_at_every_point(form):
    def f(p):
        return p[0] ** 2 + p[1] if p[0] > 0 else -3 * p[0] + p[1]

    slopes = gradient_of(f if form == "one" else np.vectorize(f, signature="(n)->()"))
    for first, slope in ((1.5, 3.0), (-1.5, -3.0)):
        np.testing.assert_allclose(slopes([first, 1.0]), [slope, 1.0], atol=1e-11)
    assert np.isnan(slopes([0.0, 1.0])[0])


# ---------------------------------------------------------------- traps

MIXING = {
    "mean of all": lambda p: p[..., 0] * np.mean(p) + 0 * p[..., 1],
    "largest of all": lambda p: p[..., 0] ** 2 * np.max(p),
    "product of all": lambda p: p[..., 0] * np.prod(p),
    "mean, one point": lambda p: p[0] * np.mean(p),
}


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("name", MIXING)
def test_a_function_that_mixes_its_points_is_asked_one_by_one(name, count):
    f = MIXING[name]
    at = np.random.default_rng(count).uniform(1, 2, (4, count))
    wanted = [[(f(p + h) - f(p - h)) / 2e-5 for h in 1e-5 * np.eye(count)] for p in at]
    np.testing.assert_allclose(gradient_of(f)(at), wanted, rtol=0, atol=1e-7)


BOUNDED = {
    "log": (lambda p: np.sum(np.log(p), axis=-1), lambda p: 1 / p),
    "root, squared": (lambda p: np.sum(np.sqrt(p) ** 2, axis=-1), np.ones_like),
    "power": (lambda p: np.sum(p**2.5, axis=-1), lambda p: 2.5 * p**1.5),
}


@pytest.mark.parametrize("count", [2, 70])
@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("method", ["auto", "complex"])
@pytest.mark.filterwarnings("ignore:invalid value")  # what f itself says of numbers left of 0
def test_nan_where_f_is_and_only_there(name, count, method):
    f, slopes = BOUNDED[name]
    at = np.random.default_rng(0).uniform(0.5, 2, (6, count))
    at[2, 1] = at[4, 0] = -1.0
    found = gradient_of(f, method=method)(at)
    good = [0, 1, 3, 5]
    np.testing.assert_allclose(found[good], slopes(at[good]), rtol=1e-13)
    assert np.isnan(found[[2, 4], [1, 0]]).all()


@pytest.mark.parametrize("count", [2, 70])
def test_a_root_is_upright_at_0(count):
    at = np.linspace(0, 1, count)
    found = gradient_of(lambda p: np.sum(np.sqrt(p), axis=-1), domain=(0, np.inf))(at)
    assert found[0] == np.inf
    np.testing.assert_allclose(found[1:], 0.5 / np.sqrt(at[1:]), rtol=1e-14)


def test_variables_that_differ_by_the_step_of_the_look():
    """Two points of two variables: the second variable of the first is the first of the second."""
    assert gradient_of(lambda p: p[0])([1.0, 1.0 + 2.0**-10]).tolist() == [1, 0]


def in_place(p):
    q = p * 1
    q[..., 0] += q[..., 1] ** 2
    return np.sum(q, axis=-1)


@pytest.mark.parametrize("count", [3, 70])
def test_code_that_changes_its_arrays_in_place(count):
    at = np.random.default_rng(0).uniform(-2, 2, (2, count))
    wanted = np.ones_like(at)
    wanted[:, 1] += 2 * at[:, 1]
    np.testing.assert_allclose(gradient_of(in_place)(at), wanted, rtol=1e-15)


@pytest.mark.parametrize("count", [2, 70])
def test_a_branch_is_followed_at_every_point(count):
    def f(p):
        return np.where(p[..., 0] > 0, p[..., 0] ** 2, -3 * p[..., 0]) + np.sum(p[..., 1:], axis=-1)

    slopes = gradient_of(f)
    for first, slope in ((1.5, 3.0), (-1.5, -3.0), (0.5, 1.0)):
        at = np.full(count, first)
        np.testing.assert_allclose(slopes(at), [slope] + [1.0] * (count - 1), atol=1e-10)


@pytest.mark.parametrize("count", [2, 63, 64, 80])
@pytest.mark.parametrize(
    "corner", [np.abs, lambda t: np.maximum(t, 0), lambda t: np.where(t > 0, t, 2 * t), np.floor], ids=["abs", "max", "where", "floor"]
)
def test_a_corner_has_no_slope_and_its_neighbours_have_theirs(corner, count):
    at = np.random.default_rng(count).uniform(0.25, 0.75, (3, count))
    at[1, 0] = 0.0
    found = gradient_of(lambda p: corner(p[..., 0]) + np.sum(p[..., 1:] ** 2, axis=-1))(at)
    assert np.isnan(found[:, 0]).tolist() == [False, True, False]
    np.testing.assert_allclose(found[:, 1:], 2 * at[:, 1:], atol=1e-10)
    np.testing.assert_allclose(found[[0, 2], 0], 0 if corner is np.floor else 1, atol=1e-10)


@pytest.mark.parametrize(
    "f",
    [
        lambda p: np.sqrt(np.sum(p**2, axis=-1)),
        lambda p: np.sqrt(p[..., 0] ** 2) + np.sqrt(p[..., 1] ** 2),
        lambda p: np.sum(np.arccos(np.cos(p)), axis=-1),
    ],
    ids=["cone", "roof", "folds"],
)
def test_a_corner_through_squares_or_cosines_has_no_slope(f):
    assert np.isnan(gradient(f, [0.0, 0.0])).all()
    at = np.array([[3.0, 4.0], [0.0, 0.0], [-5.0, 12.0]])
    assert np.isnan(gradient(f, at)).all(axis=-1).tolist() == [False, True, False]
    np.testing.assert_allclose(gradient(lambda p: np.sqrt(np.sum(p**2, axis=-1)), at[[0, 2]]), [[0.6, 0.8], [-5 / 13, 12 / 13]], rtol=1e-14)


def test_a_function_of_two_numbers_is_told_how_to_take_a_point():
    with pytest.raises(TypeError, match=r"^f: a function of 2 arguments came; .*such as lambda p: p\[..., 0\]"):
        gradient(lambda x, y: x * y, [1.0, 2.0])
    with pytest.raises(TypeError, match=r"^f: 'x\*y' came; .*Expression.parse\('x\*y'\)"):
        gradient("x*y", [1.0, 2.0])
    np.testing.assert_array_equal(gradient(Expression.parse("x*y"), [1.0, 2.0]), [2.0, 1.0])
    assert gradient(lambda p, scale=2.0: scale * p[..., 0], [1.0, 2.0]).tolist() == [2.0, 0.0]


def test_a_thousand_corners_beside_the_point_cost_few_calls():
    f = Counted(lambda p: np.sum(np.maximum(p, 0) ** 2 + np.abs(p), axis=-1))
    at = np.random.default_rng(0).uniform(-2, 2, 1000)
    np.testing.assert_allclose(gradient_of(f)(at), 2 * np.maximum(at, 0) + np.sign(at), rtol=1e-15)
    assert f.calls <= 100


@pytest.mark.parametrize(
    ("f", "takes"),
    [
        (for_many(lambda x, y: x * y), "rows"),
        (lambda p: p[0] * p[1], "columns"),
        (lambda p: math.hypot(p[0], p[1]), "one"),
        (lambda p: float(p[0]), "one"),
        (np.sum, "one"),
    ],
)
def test_what_a_function_takes_is_told_by_its_answers(f, takes):
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = Surface(f, rows, EVERYWHERE)
    assert (found.many is f, found.many is not None) == {"rows": (True, True), "columns": (False, True), "one": (False, False)}[takes]
    assert found(rows).tolist() == [f(row) for row in rows]


@pytest.mark.parametrize("at", [[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0] * 70, [0.0] * 70])
@pytest.mark.parametrize("corner", [False, True])
def test_f_is_not_looked_at_outside_its_domain(at, corner):
    outside = []

    def f(p):
        outside.extend(np.ravel(p)[(np.real(np.ravel(p)) < 0) | (np.real(np.ravel(p)) > 1)].tolist())
        return np.sum(np.where(p > 0.5, p**2, p - 0.25) if corner else p**2, axis=-1)

    def seen(p):
        return f(p) if isinstance(p, np.ndarray) else np.sum(np.where(p > 0.5, p**2, p - 0.25) if corner else p**2, axis=-1)

    wanted = np.where(np.array(at) > 0.5, 2 * np.array(at), 1) if corner else 2 * np.array(at)
    np.testing.assert_allclose(gradient_of(seen, domain=(0, 1))(at), wanted, atol=1e-9)
    assert not outside


def test_refusals_come_before_a_point_or_with_it():
    with pytest.raises(ValueError, match=r"^method: "):
        gradient_of(rosenbrock, method="newton")
    with pytest.raises(ValueError, match=r"^domain: "):
        gradient_of(rosenbrock, domain=(1, 0))
    with pytest.raises(TypeError, match=r"^f: "):
        gradient_of(3)
    with pytest.raises(ValueError, match=r"^x: .*outside the domain"):
        gradient_of(rosenbrock, domain=(0, 1))([0.5, 2.0])
    assert repr(gradient_of(rosenbrock)) == "gradient_of(rosenbrock, method='auto')"
    assert (gradient(rosenbrock, [1.0, 2.0]) == gradient_of(rosenbrock)([1.0, 2.0])).all()


def test_a_formula_of_several_variables_is_traced():
    formula = Expression.parse("x*y + sin(y)")
    np.testing.assert_array_equal(gradient(formula, [2.0, 3.0], method="automatic"), [3.0, 2.0 + math.cos(3.0)])


def told_apart(p):
    return np.sum(p**2) if type(p) is np.ndarray else 0 * np.sum(p)


@pytest.mark.parametrize("count", [2, 200])
def test_code_that_treats_traced_arrays_otherwise_is_differenced(count):
    np.testing.assert_allclose(gradient(told_apart, np.ones(count)), 2, rtol=1e-9)
    np.testing.assert_allclose(hessian(told_apart, np.ones(2)), 2 * np.eye(2), atol=1e-6)
    for act in (gradient, hessian):
        with pytest.raises(TypeError, match="where it is followed"):
            act(told_apart, np.ones(count), method="automatic")


@pytest.mark.parametrize("size", [1e-90, 1e-110, 1e-130, 1e-200])
def test_faint_slopes_keep_their_digits(size):
    np.testing.assert_allclose(gradient(lambda p: size * np.sum(p**2, axis=-1), [3.0, -0.5]), [6 * size, -size], rtol=1e-14)


def test_code_that_changes_its_argument_never_gives_wrong_slopes_nor_spoils_the_place():
    def moved(p):
        p -= 1
        return np.sum(p**3, axis=-1)

    place = np.array([2.0, 3.0])
    with pytest.raises(ValueError, match="read-only"):
        gradient(moved, place)
    assert place.tolist() == [2.0, 3.0]


# ---------------------------------------------------------------- points at once, and one by one


def middle(p):
    return np.sort(p)[1] ** 2


def shorter_far_out(p):
    return (p[0] + 2 * p[1]) * (1.0 if np.linalg.norm(p) <= 1 else 0.5)


@pytest.mark.parametrize("method", ["auto", "central"])
def test_points_that_stand_in_order_are_not_sorted_among_each_other(method):
    np.testing.assert_allclose(gradient(middle, [0.0, 1.0, 2.0], method=method), [0, 2, 0], atol=1e-9)
    np.testing.assert_allclose(gradient(middle, [[0.0, 1.0, 2.0], [3.0, 4.0, 7.0]], method=method), [[0, 2, 0], [0, 8, 0]], atol=1e-9)


@pytest.mark.parametrize("method", ["auto", "central"])
def test_a_norm_of_all_points_does_not_decide_for_one(method):
    np.testing.assert_allclose(gradient(shorter_far_out, [0.3, 0.4], method=method), [1, 2], rtol=1e-9)
    np.testing.assert_allclose(hessian(shorter_far_out, [0.3, 0.4]), 0, atol=1e-6)
    far = 5.0  # of so many points that those which were tried do not reach it

    def farther_out(p):
        return p[-1] ** 2 * (1.0 if np.linalg.norm(p) <= far else 3.0)

    np.testing.assert_allclose(gradient(farther_out, np.full(20, 0.2), method=method)[-2:], [0, 0.4], atol=1e-9)
    np.testing.assert_allclose(hessian(farther_out, np.full(20, 0.2), method="central")[-2:, -2:], [[0, 0], [0, 2]], atol=1e-6)


def test_a_gradient_of_what_throws_dice_is_that_of_the_throw():
    rng = np.random.default_rng(0)
    table, seen = rng.standard_normal((100, 3)), []

    def loss(p):
        seen.append(rng.integers(0, 100, 10))
        return np.mean((table[seen[-1]] @ p - table[seen[-1], 0] ** 2) ** 2)

    found = gradient(loss, np.zeros(3), method="automatic")
    assert any(np.allclose(found, -2 * (table[each] * table[each, :1] ** 2).mean(axis=0)) for each in seen)
    assert np.isfinite(gradient(loss, np.zeros(3))).all() and np.isfinite(hessian(loss, np.zeros(3))).all()


def test_slopes_that_rules_do_not_know_are_differenced():
    def pairs(p):
        gaps = p.reshape(-1, 2)[:, None] - p.reshape(-1, 2)
        return np.sum(np.exp(-np.sqrt(np.sum(gaps**2, axis=-1))))  # each with itself, too

    place = np.array([0, 0, 1.0, 0.1, 0.2, 1.3])
    np.testing.assert_allclose(gradient(pairs, place), gradient(pairs, place, method="central"), rtol=1e-9)
    np.testing.assert_allclose(gradient(lambda p: np.sum(1 / (1 + np.exp(-p))), [-800.0, 0.0]), [0, 0.25], atol=1e-15)


def conjugated(p):
    """Of many points at once; eigenvalues of complex matrices are those of Hermitian ones."""
    return np.linalg.eigvalsh(p[..., None] * p[..., None, :] + np.eye(2))[..., 1] * p[..., 0]


LOSING = [
    lambda p: p[0] * np.linalg.norm(p),
    lambda p: p[0] * abs(p[1]),
    lambda p: np.vdot(p, p) + p[0],
    lambda p: np.vdot(p, p) + np.sum(p),
    conjugated,
]


@pytest.mark.parametrize("f", LOSING)
def test_a_complex_step_that_loses_a_part_is_refused(f):
    for act in (gradient, hessian):
        with pytest.raises(TypeError, match="imaginary part"):
            act(f, [3.0, 4.0], method="complex")
    np.testing.assert_allclose(gradient(f, [3.0, 4.0]), gradient(f, [3.0, 4.0], method="central"), rtol=1e-9)


def test_code_that_changes_what_it_is_given_is_told_so():
    with pytest.raises(ValueError, match=r"begin with p = p\.copy"):
        gradient(lambda p: p.sort() or p[0], [2.0, 1.0])


def test_an_infinite_value_makes_no_others_alike():
    wanted = np.array([1.0, np.inf, np.nan])
    assert alike(wanted * (1 + 1e-12), wanted) and not alike(np.array([2.0, np.inf, np.nan]), wanted) and not alike(wanted[:2], wanted)


SUMS_OF_ALL = {
    "sines of differences": lambda p: np.sum(np.sin(p[1:] - p[:-1])) + (p[0] - 1) ** 2,
    "springs": lambda p: (p[0] - 1) ** 2 + (p[-1] - 3) ** 2 + np.sum((p[1:] - p[:-1]) ** 2),
    "fourth powers": lambda p: np.sum(p**4) + np.cos(p[0]),
    "penalty": lambda p: 1e6 * (p[0] - 1) ** 2 + np.sum(p**2),
    "telescope": lambda p: (p @ np.array([1, 2, -0.5])) ** 2 + np.sum(np.diff(p)),
}


@pytest.mark.parametrize("name", SUMS_OF_ALL)
def test_a_sum_over_all_that_came_is_not_taken_for_one_of_each_point(name):
    """Each is blind for what is done to all variables alike, or nearly so, at the point where it is first met."""
    f = SUMS_OF_ALL[name]
    slopes, places = gradient_of(f), np.random.default_rng(3).uniform(-1, 1, (4, 3))
    for place in (np.zeros(3), np.ones(3), *places):
        exact = automatic.gradient(f, place)
        np.testing.assert_allclose(slopes(place), exact, 1e-9, 1e-9 * max(1, abs(exact).max()))
        bends = automatic.hessian(f, place)
        np.testing.assert_allclose(hessian(f, place), bends, 1e-9, 1e-9 * max(1, abs(bends).max()))
    np.testing.assert_allclose(slopes(places), [automatic.gradient(f, place) for place in places], 1e-9, 1e-3)
