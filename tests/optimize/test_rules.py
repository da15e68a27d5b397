"""Rules against PyTorch and optax, against one another, and by their properties."""

import json

import numpy as np
import pytest

from edgecalc.neural import LOSSES
from edgecalc.optimize import RULES, descend, rules, schedules
from edgecalc.optimize.problems import PROBLEMS
from tests.optimize import peers

GRADIENT = [name for name in RULES if name not in ("hill climbing", "sgd")]


@pytest.mark.parametrize(("library", "case"), [(library, case) for library, cases in peers.CASES.items() for case in cases])
def test_a_hundred_steps_are_the_peers(library, case):
    rule, rate = peers.CASES[library][case][:2]
    trace = descend(peers.PROBLEM.f, peers.START, rule, grad=peers.PROBLEM.gradient, rate=rate, steps=peers.STEPS)
    for expected in (peers.path_of(library, case), np.array(json.loads(peers.STORED.read_text())[library][case])):
        np.testing.assert_allclose(trace.x[list(peers.KEPT)], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", GRADIENT)
def test_a_rule_changes_nothing_that_it_is_given_and_is_pure(name):
    rule = RULES[name]()
    x, slope = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    first = rule.init(x)
    change, state = rule.step(x, slope, first, 0.1)
    kept = [np.copy(each) for each in state]
    again, same = rule.step(x, slope, rule.init(x), 0.1)
    rule.step(x + change, slope, state, 0.1)
    assert x.tolist() == [1, -2]
    assert slope.tolist() == [0.5, 3]
    np.testing.assert_array_equal(change, again)
    for one, other, before in zip(state, same, kept, strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, before)


@pytest.mark.parametrize("name", GRADIENT)
def test_the_first_step_goes_down_but_for_the_one_as_printed(name):
    rule = rules.noisy(spread=0) if name == "noisy" else RULES[name]()
    change, _ = rule.step(np.array([1.0]), np.array([2.0]), rule.init(np.array([1.0])), 0.1)
    assert (change < 0) == (name != "momentum as printed")


@pytest.mark.parametrize("name", [name for name in GRADIENT if name != "noisy"])
def test_many_starts_go_as_each_alone(name):
    starts = np.random.default_rng(0).uniform(-1, 1, (5, 2))
    problem = peers.PROBLEM
    together = descend(problem.f, starts, name, grad=problem.gradient, rate=0.001, steps=30)
    for k, start in enumerate(starts):
        alone = descend(problem.f, start, name, grad=problem.gradient, rate=0.001, steps=30)
        np.testing.assert_array_equal(together.x[:, k], alone.x)
        np.testing.assert_array_equal(together.of(k).f, alone.f)


def test_rate_inside_the_velocity_is_the_same_path_until_the_rate_changes():
    problem, start = peers.PROBLEM, peers.START
    for nesterov in (False, True):
        outside, inside = (rules.momentum(0.8, nesterov=nesterov, rate_inside=where) for where in (False, True))
        paths = [descend(problem.f, start, rule, grad=problem.gradient, rate=0.002, steps=40).x for rule in (outside, inside)]
        np.testing.assert_allclose(*paths, atol=1e-12)
        paths = [descend(problem.f, start, rule, grad=problem.gradient, rate=0.002, schedule="exponential", steps=40).x for rule in (outside, inside)]
        assert np.abs(paths[0] - paths[1]).max() > 1e-6


def test_nesterov_ahead_is_nesterov_seen_from_where_the_velocity_leads():
    decay, rate, problem = 0.8, 0.002, peers.PROBLEM
    x, velocity = np.array(peers.START), np.zeros(2)
    trace = descend(problem.f, peers.START, rules.nesterov(decay, ahead=True), grad=problem.gradient, rate=rate, steps=30)
    for k in range(30):
        velocity = decay * velocity - rate * problem.gradient(x + decay * velocity)
        x = x + velocity
        np.testing.assert_allclose(trace.x[k + 1], x, atol=1e-13)
    usual = descend(problem.f, peers.START, rules.nesterov(decay), grad=problem.gradient, rate=rate, steps=30)
    np.testing.assert_allclose(usual.x[1:], trace.x[1:] + decay * np.diff(trace.x, axis=0), atol=1e-11)


def test_hill_climbing_never_goes_up_and_asks_for_no_gradient():
    def refuse(x):
        raise AssertionError("the gradient was asked for")

    trace = descend(peers.PROBLEM.f, peers.START, "hill climbing", grad=refuse, rate=0.3, steps=300, seed=1)
    assert (np.diff(trace.f) <= 0).all()
    assert trace.f[-1] < 1
    assert np.isnan(trace.gradient).all()


def test_noise_is_the_seeds_and_may_leave_a_local_minimum():
    def wells(p):
        return p[..., 0] ** 4 - 3 * p[..., 0] ** 2 + p[..., 0]

    stuck = descend(wells, [1.0], "gd", rate=0.01, steps=600)
    ends = {seed: descend(wells, [1.0], rules.noisy(spread=40.0, fade=0.4, seed=seed), rate=0.01, steps=600).x[-1, 0] for seed in range(4)}
    assert stuck.x[-1, 0] > 0 > min(ends.values())
    one, same, other = (descend(wells, [1.0], "noisy", rate=0.01, steps=20, seed=seed).x for seed in (3, 3, 4))
    assert one.tolist() == same.tolist() != other.tolist()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rules.momentum(1.0), "decay: 1.0 came"),
        (lambda: rules.momentum(-0.1), "decay: -0.1 came"),
        (lambda: rules.adam(second=1.5), "second: 1.5 came"),
        (lambda: rules.adam(epsilon=-1.0), "epsilon: -1.0 came"),
        (lambda: rules.noisy(spread=float("nan")), "spread: nan came"),
        (lambda: descend(abs, 1.0, "adma"), "rule: 'adma' came; accepted are 'sign'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_rule_of_another_type_is_refused():
    with pytest.raises(TypeError, match="rule: 3 came"):
        descend(abs, 1.0, 3)


def test_without_epsilon_a_flat_place_is_no_division_by_0():
    for name in ("adagrad", "rmsprop", "adam"):
        rule = RULES[name](epsilon=0.0)
        change, _ = rule.step(np.zeros(2), np.array([0.0, 1.0]), rule.init(np.zeros(2)), 0.1)
        assert change[0] == 0 > change[1]


def test_a_constant_slope_has_no_spread_below_0():
    rule = rules.rmsprop(0.5, centered=True)
    x = np.zeros(1000)
    slope, state = np.linspace(0.1, 3, 1000), rule.init(x)
    for _ in range(100):
        change, state = rule.step(x, slope, state, 0.01)
        assert np.isfinite(change).all()


def test_hill_climbing_asks_for_two_values_a_step():
    trace = descend(peers.PROBLEM.f, peers.START, "hill climbing", rate=0.3, steps=20, seed=1)
    assert np.diff(trace.evaluations)[1:].tolist() == [2] * 19


@pytest.mark.parametrize("rule", ["noisy", "hill climbing"])
def test_dice_fall_for_each_start_anew_and_for_the_first_as_alone(rule):
    def walk(starts):
        return descend(lambda p: (p**2).sum(-1), starts, rule, rate=0.1, steps=20, seed=3).x

    three = walk([[3.0, 4.0]] * 3)
    np.testing.assert_array_equal(three[:, 0], walk([3.0, 4.0]))
    np.testing.assert_array_equal(three[:, :2], walk([[3.0, 4.0]] * 2))
    assert (three[-1, 0] != three[-1, 1]).all()


@pytest.mark.parametrize("row", [rules.adam(), schedules.cosine(), PROBLEMS["beale"], LOSSES["mse"]])
def test_rows_are_shown_without_the_addresses_of_their_functions(row):
    assert " at 0x" not in repr(row)
    assert repr(row.name) in repr(row)


def test_noise_starts_with_its_full_width_and_fades():
    rule = rules.noisy(spread=3.0, fade=0.5, seed=2)
    x, state = np.zeros(4), (0,)
    for count in range(3):
        change, state = rule.step(x, 0.0, state, 0.1)
        np.testing.assert_allclose(change, -0.1 * 3 / np.sqrt(1 + count) * rules.noise(x, 2, count))
