"""Newton's method: down from anywhere, to a minimum, and honest in its plain form; BFGS beside it."""

import math

import numpy as np
import pytest

from edgecalc.optimize import bfgs, lbfgs, newton, recorder
from edgecalc.optimize.problems import PROBLEMS

WITH_MINIMUM = [problem for problem in PROBLEMS.values() if problem.minima]


def named(problem):
    return problem.name


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("within", [True, False])
@pytest.mark.parametrize("problem", WITH_MINIMUM, ids=named)
def test_a_thousand_random_starts_end_in_a_minimum(problem, within, exact):
    low, high = np.array(problem.box, float).T
    starts = np.random.default_rng(1).uniform(low, high, (1000, len(low)))
    trace = newton(problem.f, starts, grad=problem.gradient if exact else None, bounds=problem.box if within else None)
    away = np.linalg.norm(trace.x[-1][:, None] - np.array(problem.minima), axis=-1).min(axis=-1)
    assert away.max() < 1e-6
    assert set(trace.verdict) == {"minimum"}
    assert (np.diff(trace.f, axis=0) <= 1e-14 * np.abs(trace.f[:-1])).all()


def test_the_saddle_problem_has_no_minimum_and_none_is_claimed():
    starts = np.random.default_rng(1).uniform(-2, 2, (200, 2))
    assert set(newton(PROBLEMS["saddle"].f, starts).verdict) == {"unbounded"}


@pytest.mark.parametrize(
    ("f", "start"),
    [
        (lambda p: p[..., 0] ** 4 - p[..., 0] ** 2 + p[..., 1] ** 2, [0.0, 0.0]),  # a saddle
        (lambda p: np.cos(p[..., 0]) + np.cos(p[..., 1]), [0.0, 0.0]),  # a maximum
        (lambda p: np.cos(p[..., 0]) + np.cos(p[..., 1]), [1e-13, -1e-13]),
        (PROBLEMS["himmelblau"].f, [-0.270844590667, -0.923038522]),  # the maximum between four minima
    ],
)
def test_from_a_maximum_or_a_saddle_the_safeguarded_form_goes_down_to_a_minimum(f, start):
    trace = newton(f, start)
    assert trace.verdict == "minimum"
    assert trace.f[-1] < trace.f[0] - 0.1
    assert newton(f, start, form="plain", stop=1e-6).verdict in ("saddle", "maximum")


@pytest.mark.parametrize("sign", [1, -1])
def test_singular_hessians_are_no_division_by_0(sign):
    trace = newton(lambda p: (p[..., 0] - sign) ** 2 + 0 * p[..., 1], [3.0, 2.0])
    assert trace.x[-1] == pytest.approx([sign, 2])
    assert trace.verdict == "minimum"
    flat = newton(lambda p: 0 * p[..., 0], [1.0])
    assert flat.iterations[-1] == 0
    quartic = newton(lambda x: (x - sign) ** 4, 3.0, steps=200)
    assert quartic.x[-1] == pytest.approx(sign, abs=1e-2)
    assert quartic.verdict == "minimum"


def test_steps_that_leave_the_domain_are_shortened():
    trace = newton(lambda x: x - np.log(x), 8.0)
    assert trace.x[-1] == pytest.approx(1)
    assert (trace.x > 0).all()
    assert (trace.rate[:-1] < 1).any() or trace.x[1] > 0
    away = newton(lambda x: -np.log(x) + x, 3.0, form="plain")
    assert away.verdict == "left the domain"
    assert "nan at (-3" in away.why


@pytest.mark.parametrize("start", [1e3, [1e3], [[1e3], [2.0], [5.0]]])
def test_steps_that_leave_the_domain_of_plain_python_are_shortened(start):
    def f(x):
        x = x if np.ndim(x) == 0 else x[0]
        return x - math.log(x)

    trace = newton(f, start)
    assert set(np.ravel(trace.verdict)) == {"minimum"}
    np.testing.assert_allclose(trace.x[-1], 1, atol=1e-9)


def test_given_derivatives_are_used_and_counted():
    calls = {"grad": 0, "hess": 0}

    def grad(p):
        calls["grad"] += 1
        return np.array([4 * p[0] - p[1], 6 * p[1] - p[0]])

    def hess(p):
        calls["hess"] += 1
        return [[4, -1], [-1, 6]]

    trace = newton(lambda p: 2 * p[0] ** 2 + 3 * p[1] ** 2 - p[0] * p[1], [1.0, 3.0], grad=grad, hess=hess)
    assert trace.x[-1] == pytest.approx([0, 0], abs=1e-12)
    assert min(calls.values()) >= 2


def test_with_a_gradient_f_is_asked_for_values_alone():
    seen = []
    problem = PROBLEMS["rosenbrock"]
    trace = newton(lambda p: seen.append(p) or problem.f(p), problem.start, grad=problem.gradient)
    assert len(seen) < 5 * len(trace.x)
    assert trace.verdict == "minimum"


BUFFER = np.zeros((2, 2))


def buffered(p):
    BUFFER[...] = np.diag(2 + p)
    return BUFFER


@pytest.mark.parametrize(
    "hess",
    [
        lambda p: np.array([[2 + p[0], 0 * p[0]], [0 * p[0], 4 + p[1]]]),
        lambda p: [[3.0, 0.0], [0.0, 5.0]],
        lambda p: np.eye(2) * (3 + p)[..., None],
        buffered,
    ],
)
def test_a_hessian_of_one_point_serves_many_starts(hess):
    starts = [[0.5, 1.5], [-0.25, 0.5]]
    together = newton(lambda p: (p**2).sum(-1), starts, hess=hess, steps=5)
    for k, start in enumerate(starts):
        np.testing.assert_allclose(together.of(k).x, newton(lambda p: (p**2).sum(-1), start, hess=hess, steps=5).x, atol=1e-12)


def test_one_start_that_is_lost_leaves_the_others_alone():
    trace = newton(lambda p: np.where(p[..., 0] > 5, np.inf, (p**2).sum(-1)), [[6.0, 1.0], [2.0, 1.0]])
    assert trace.verdict.tolist() == ["left the domain", "minimum"]


@pytest.mark.parametrize("method", [bfgs, lbfgs])
def test_scipys_methods_stop_where_they_are_told(method):
    problem = PROBLEMS["rosenbrock"]
    for steps in (0, 1, 5):
        trace = method(problem.f, problem.start, grad=problem.gradient, steps=steps)
        assert trace.iterations[-1] == steps
        assert trace.stopped == "all steps taken"
    lengths = np.linalg.norm(method(problem.f, problem.start, grad=problem.gradient, stop=1e-3).gradient, axis=-1)
    assert lengths[-1] <= 1e-3 < lengths[:-1].min()
    for f, grad, why in (
        (lambda p: np.nan, None, "f is not a number"),
        (lambda p: -np.inf, None, "f is infinite"),
        (problem.f, lambda p: np.array([1.0, np.nan]), "the gradient is not finite"),
        (problem.f, lambda p: np.array([1.0, np.inf]), "the gradient is not finite"),
        (problem.f, lambda p: -problem.gradient(p), "no step goes down any more"),
    ):
        trace = method(f, problem.start, grad=grad)
        assert trace.stopped == why
        assert trace.iterations[-1] == 0


@pytest.mark.parametrize("form", ["safeguarded", "plain"])
def test_many_starts_go_as_each_alone(form):
    starts = np.random.default_rng(0).uniform(-2, 2, (6, 2))
    problem = PROBLEMS["rosenbrock"]
    together = newton(problem.f, starts, grad=problem.gradient, form=form)
    for k, start in enumerate(starts):
        alone = newton(problem.f, start, grad=problem.gradient, form=form)
        np.testing.assert_allclose(together.of(k).x[: len(alone.x)], alone.x, atol=1e-7)


def test_bounds_hold_and_the_end_at_a_bound_is_a_minimum_there():
    trace = newton(lambda p: (p[..., 0] - 3) ** 2 + (p[..., 1] - 0.5) ** 2, [0.0, 0.0], bounds=[(-1, 1), (-1, 1)])
    assert trace.x[-1] == pytest.approx([1, 0.5])
    assert np.abs(trace.x).max() <= 1
    assert trace.verdict == "minimum"


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_held_at_a_bound_does_not_bend_the_step_of_the_others(order):
    def f(p):
        x, y = p[..., ::order][..., 0], p[..., ::order][..., 1]
        return (x - 3) ** 2 + (y - 0.5) ** 2 + x * y

    trace = newton(f, [1.0, 0.0][::order], bounds=[(-1, 1), (-9, 9)][::order])
    assert trace.x[-1][::order] == pytest.approx([1, 0])
    away = newton(f, [1.0, 3.0][::order], bounds=[(-1, 1), (-9, 9)][::order], stop=1e-8)
    assert away.iterations[-1] == 1
    assert away.x[-1][::order] == pytest.approx([1, 0])


def test_a_step_that_leads_nowhere_is_none():
    trace = newton(lambda x: 0 * x, 1e16, grad=lambda x: 1e-6, hess=lambda x: 1.0, steps=5)
    assert trace.stopped == "no step goes down any more"


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_maximum_at_a_bound_is_left_to_the_inside(side):
    trace = newton(lambda p: -((p - side) ** 2).sum(-1), [[side], [0.5 * side]], bounds=(-1, 1))
    assert trace.x[-1].tolist() == [[-side], [-side]]
    assert trace.verdict.tolist() == ["minimum", "minimum"]


@pytest.mark.parametrize("hess", [lambda x: 2.0, lambda x: [2], lambda x: [[2.0]]])
def test_one_variable_has_one_second_derivative(hess):
    assert newton(lambda x: x * x, 3.0, hess=hess).x.tolist() == [3, 0]


@pytest.mark.parametrize("start", [3.0, [3.0, 4.0], [[3.0, 4.0], [1.0, 2.0]]])
def test_where_the_hessian_is_not_finite_it_goes_down_the_slope_and_the_plain_form_says_so(start):
    count = np.shape(start)[-1] if np.ndim(start) else 1

    f = PROBLEMS["sphere"].f if np.ndim(start) else np.square

    def hess(x):
        return np.full((count, count), np.nan)

    assert set(np.ravel(newton(f, start, hess=hess).verdict)) == {"minimum"}
    with pytest.raises(ValueError, match=r"(f''|the Hessian) is not finite"):
        newton(f, start, hess=hess, form="plain")


def test_a_callback_may_stop_it_and_errors_carry_the_trace():
    problem = PROBLEMS["rosenbrock"]
    assert newton(problem.f, [-1.2, 1.0], callback=lambda k, x, f: k == 3).stopped == "the callback said so"

    def failing(k, x, f):
        raise KeyError(k)

    with pytest.raises(KeyError) as caught:
        newton(problem.f, [-1.2, 1.0], callback=failing)
    assert len(caught.value.trace.x) == 1


@pytest.mark.parametrize("method", [bfgs, lbfgs])
@pytest.mark.parametrize("problem", [problem for problem in WITH_MINIMUM if problem.name != "sauna"], ids=named)
def test_scipys_methods_leave_the_same_trace(method, problem):
    for grad in (None, problem.gradient):
        trace = method(problem.f, problem.start, grad=grad, stop=1e-6)
        np.testing.assert_allclose(trace.f, [problem(x) for x in trace.x], atol=1e-12)
        np.testing.assert_allclose(trace.gradient, [problem.gradient(x) for x in trace.x], atol=1e-7)
        assert trace.verdict == "minimum"
        assert np.linalg.norm(trace.x[-1] - np.array(problem.minima), axis=-1).min() < 1e-4


def test_lbfgs_is_done_where_the_bounds_hold_it():
    trace = lbfgs(PROBLEMS["sphere"].f, [3.0, 4.0], bounds=(1, 5))
    assert trace.x[-1].tolist() == [1, 1]
    assert trace.stopped == "the gradient is as small as `stop` asks"


def test_long_runs_keep_the_rates_of_the_rows_they_keep(monkeypatch):
    f, start = PROBLEMS["rosenbrock"].f, [-1.2, 1.0]
    whole = newton(f, start, steps=200)
    monkeypatch.setattr(recorder, "MOST_KEPT", 128)
    kept = newton(f, start, steps=200)
    assert 2 < len(kept.x) < len(whole.x)
    assert len({*whole.rate}) > 1
    np.testing.assert_array_equal(kept.rate, whole.rate[kept.iterations[:-1]])


def test_lbfgs_within_bounds_and_of_many_variables():
    trace = lbfgs(PROBLEMS["sauna"].f, [1.0, 3.0], bounds=PROBLEMS["sauna"].box)
    assert trace.x[-1] == pytest.approx([4, 4], abs=1e-5)
    short, long = (lbfgs(PROBLEMS["rosenbrock"].f, [-1.2, 1.0], memory=memory) for memory in (1, 10))
    assert len(short.x) != len(long.x)
    many = lbfgs(PROBLEMS["sphere"].f, np.ones(1000), grad=PROBLEMS["sphere"].gradient)
    assert many.verdict == "minimum"
    assert lbfgs(PROBLEMS["rosenbrock"].f, [-1.2, 1.0], callback=lambda k, x, f: k == 2).stopped == "the callback said so"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: newton(abs, 1.0, form="fast"), ValueError, "form: 'fast' came"),
        (lambda: newton(abs, 1.0, form="plain", bounds=(0, 2)), ValueError, "bounds: they came with form"),
        (lambda: newton(abs, 1.0, callback=3), TypeError, "callback: 3 came"),
        (lambda: bfgs(abs, 1.0, callback=3), TypeError, "callback: 3 came"),
        (lambda: newton(abs, 1.0, hess=3), TypeError, "hess: 3 came"),
        (
            lambda: newton(lambda p: (p**2).sum(-1), [1.0, 2.0], hess=lambda p: [1, 2, 3]),
            ValueError,
            r"hess: it gave shape \(3,\) for x of shape \(2,\)",
        ),
        (lambda: newton(abs, 1.0, stop=-1.0), ValueError, "stop: -1.0 came"),
        (lambda: bfgs(lambda p: (p**2).sum(-1), [[1.0], [2.0]]), ValueError, "x0: shape"),
        (lambda: lbfgs(lambda p: (p**2).sum(-1), [1.0], memory=0), ValueError, "memory: 0 came"),
        (lambda: bfgs(lambda p: (p**2).sum(-1), [1.0], stop=-1.0), ValueError, "stop: -1.0 came"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_slope_whose_square_overflows_is_finite():
    assert newton(lambda x: 1e200 * (x - 1) ** 2, 3.0).verdict == "minimum"
