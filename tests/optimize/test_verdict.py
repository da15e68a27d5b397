"""Verdicts where no Hessian decides, and runs at places where a slope of 0 is not the end."""

import numpy as np
import pytest

from edgecalc.calculus import Expression
from edgecalc.optimize import bfgs, descend, lbfgs, newton, rules, schedules
from edgecalc.optimize.problems import PROBLEMS


def unit(count, seed=5):
    way = np.random.default_rng(seed).standard_normal(count)
    return way / np.linalg.norm(way)


@pytest.mark.parametrize("count", [150, 250, 1000])
@pytest.mark.parametrize("bend", [-8.0, -1.0])
def test_one_falling_direction_among_many_variables_is_a_saddle(count, bend):
    way, share = unit(count), 1 - bend / 2
    found = descend(
        lambda p: (p * p).sum(-1) - share * (p @ way) ** 2, np.zeros(count), grad=lambda p: 2 * p - 2 * share * (p @ way)[..., None] * way
    )
    assert found.verdict == "saddle"


def test_a_bowl_of_many_variables_is_a_minimum_and_takes_no_matrix():
    found = lbfgs(lambda p: ((p - 1) ** 2).sum(-1), np.zeros(30_000), grad=lambda p: 2 * (p - 1))
    assert found.verdict == "minimum"
    assert "no Hessian is made" in found.why


@pytest.mark.parametrize("count", [2, 20, 100])
@pytest.mark.parametrize("seed", range(3))
def test_a_narrow_way_down_where_all_bends_are_0_is_found_along_the_slope(count, seed):
    way = unit(count, seed)
    assert descend(lambda p: (p * p).sum(-1) ** 2 - 2 * (p @ way) ** 4, np.zeros(count), steps=3).verdict == "saddle"


@pytest.mark.parametrize("seed", range(6))
def test_a_slight_bend_of_a_hessian_that_was_given_counts(seed):
    turned = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))[0]
    matrix = turned @ np.diag([2.0, 2.0, -1e-7]) @ turned.T
    found = newton(
        lambda p: 0.5 * np.einsum("...i,ij,...j", p, matrix, p),
        [0.0, 0.0, 0.0],
        grad=lambda p: p @ matrix,
        hess=lambda p: np.broadcast_to(matrix, (*p.shape, 3)),
        steps=3,
    )
    assert found.verdict != "minimum"
    assert found.f[-1] < 0


def test_the_gradient_of_a_verdict_is_that_at_x_though_the_rule_looks_ahead():
    found = descend(lambda x: x**2, 1.0, rules.nesterov(0.9, ahead=True), rate=1 / 3.8, steps=1)
    assert found.verdict == "not converged"
    assert found.finding.gradient == pytest.approx(2 * found.x[-1])


def test_a_gradient_that_was_given_bends_a_function_of_one_number_far_above_0():
    assert descend(lambda x: 1e13 + x**2, 3.0, grad=lambda x: 2 * x, rate=0.1, steps=200).finding.eigenvalues == pytest.approx(2)
    assert newton(lambda x: 1e14 + np.cosh(x - 1), 4.0, grad=lambda x: np.sinh(x - 1)).verdict == "minimum"


def test_noise_and_decay_leave_a_place_without_a_slope():
    shaken = descend(PROBLEMS["saddle"], [0.0, 0.0], "noisy", steps=200)
    assert len(shaken.f) == 201 and shaken.f[-1] < 0
    faded = descend(lambda p: ((p - 3) ** 2).sum(-1), [3.0, 3.0], rules.adamw(weight_decay=0.5), rate=0.05, steps=1)
    assert faded.x[-1].tolist() == [3 * (1 - 0.05 * 0.5)] * 2
    stopped = descend(lambda x: x**2, 0.0, rules.noisy(1e-9), stop=1e-6, steps=200)
    assert len(stopped.f) == 1


@pytest.mark.parametrize("run", [descend, newton, bfgs, lbfgs])
def test_a_callback_stops_a_run_as_scipys_do(run):
    def enough(iteration, x, f):
        raise StopIteration

    options = {"rate": 0.01} if run is descend else {}
    found = run(lambda p: (p**4).sum(-1), [1.0, 3.0], callback=enough, **options)
    assert "the callback said so" in found.why
    assert len(found.f) == 2


def test_a_schedule_is_asked_for_the_steps_that_are_taken():
    table = [1.0, 0.5, 0.25]
    assert descend(lambda x: x**2, 2.0, rate=0.1, steps=3, schedule=lambda k: np.array(table[k])).rate.tolist() == [0.1, 0.05, 0.025]
    assert descend(lambda x: x**2, 2.0, steps=0, schedule="cosine").f.tolist() == [4.0]
    with pytest.raises(TypeError, match=r"^schedule: the function cosine came, which makes one; cosine\(\) is accepted"):
        descend(lambda x: x**2, 2.0, schedule=schedules.cosine)


def test_none_is_no_bound_and_a_list_of_arrays_is_no_data():
    assert lbfgs(lambda p: ((p - 5) ** 2).sum(-1), [1.0, 1.0], bounds=[(None, 3), (0, None)]).last.tolist() == pytest.approx([3, 5])
    with pytest.raises(TypeError, match=r"^data: a list of arrays came; .* a tuple of arrays"):
        descend(lambda w, x, y: ((w * x - y) ** 2).mean(), 2.0, data=[np.ones(3), np.ones(3)])


def test_sgd_is_gd_where_there_is_no_data():
    assert descend(lambda x: x**2, 2.0, "sgd", steps=5).x.tolist() == descend(lambda x: x**2, 2.0, "gd", steps=5).x.tolist()


@pytest.mark.parametrize("name", PROBLEMS)
def test_small_integers_do_not_wrap(name):
    at = np.array([[20, 100], [1, 2]], np.uint8)
    problem = PROBLEMS[name]
    np.testing.assert_array_equal(problem(at), problem(at.astype(float)))
    np.testing.assert_array_equal(problem.gradient(at), problem.gradient(at.astype(float)))


def test_a_formula_says_what_its_options_do():
    plain, inside = rules.rmsprop().formula, rules.rmsprop(epsilon_inside=True).formula
    assert r"(\sqrt{s} + \epsilon)" in plain and r"\sqrt{s + \epsilon}" in inside
    assert "m^2" in rules.rmsprop(centered=True).formula and "v" in rules.rmsprop(momentum=0.5).formula
    assert r"\max" in rules.adam(amsgrad=True).formula and r"(1-\tau) g" in rules.momentum(dampening=0.5).formula
    with pytest.raises(ValueError, match=r"^dampening: 0\.5 came with nesterov=True"):
        rules.momentum(dampening=0.5, nesterov=True)


@pytest.mark.parametrize(
    "walk",
    [
        lambda f: descend(f, [0.7, 0.9], rate=0.2, steps=200, bounds=(0, 2)),
        lambda f: newton(f, [0.7, 0.9], bounds=(0, 2)),
        lambda f: lbfgs(f, [0.7, 0.9], bounds=(0, 2)),
    ],
    ids=["gd", "newton", "lbfgs"],
)
def test_a_minimum_in_the_corner_of_the_bounds_is_one(walk):
    for turn in np.linspace(0, 1.5, 7):
        bent = np.array([[2.0, turn], [turn, 2.0]])
        assert walk(lambda p, bent=bent: np.einsum("...i,ij,...j", p, bent, p)).verdict == "minimum"


@pytest.mark.parametrize("count", [2, 3, 5, 10, 30])
def test_a_weak_way_down_is_found_however_the_saddle_is_turned(count):
    for seed in range(5):
        turned, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(count, count)))
        bends = np.linspace(0.1, 1, count)
        bends[0] = -1e-7
        matrix = turned @ np.diag(bends) @ turned.T
        trace = descend(lambda p, m=matrix: np.einsum("...i,ij,...j", p, m, p) / 2, np.zeros(count), grad=lambda p, m=matrix: p @ m, steps=1)
        assert trace.verdict == "saddle"


def test_small_units_do_not_stand_at_a_bound():
    trace = descend(lambda p: np.sum(((p - 1e-10) / 1e-10) ** 2, axis=-1), np.array([6e-10, 7e-10]), rate=1e-25, steps=3, bounds=(0, 1))
    assert trace.verdict == "not converged"


def test_a_table_takes_names_from_formulas_alone():
    class Odd:
        variables = 3

        def __call__(self, p):
            return np.sum(p**2, axis=-1)

    assert descend(Odd(), [1.0, 2.0], steps=1).columns()[0][1:4] == ["x", "y", "f"]
    assert descend(Expression.parse("f^2+rate^2"), [1.0, 2.0], steps=1).columns()[0][1:4] == ["x", "y", "f"]
    assert descend(Expression.parse("u^2+v^2"), [1.0, 2.0], steps=1).columns()[0][1:4] == ["u", "v", "f"]
