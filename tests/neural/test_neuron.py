"""One neuron: the course's data and every number that it prints, and what it should have found."""

import numpy as np
import pytest

from edgecalc.neural import Neuron, course_clouds, course_line

COURSES = {"linear": course_line, "sigmoid": course_clouds}
# {kind: ({step: loss before it}, the last step, w, b, the lowest loss there is)}
PRINTED = {
    "linear": (
        {0: 0.439887, 5: 0.420053, 10: 0.412665, 15: 0.409886, 20: 0.408831, 21: 0.408717, 22: 0.408622},
        22,
        [0.39948, 0.58903],
        0.12611,
        0.408172,
    ),
    "sigmoid": ({0: 0.582076, 100: 0.182397, 200: 0.148754, 300: 0.134595, 305: 0.134088}, 306, [2.0588, 1.9991], 0.1087, 0.095979),
}


def trained(kind, samples, **options):
    neuron = Neuron(kind)
    neuron.parameters = samples.starts[-1]
    return neuron, neuron.train(samples.X, samples.T, rate=0.1, **options)


@pytest.mark.parametrize("kind", COURSES)
def test_training_prints_the_courses_losses_and_parameters(kind):
    losses, steps, w, b, _ = PRINTED[kind]
    neuron, trace = trained(kind, COURSES[kind](), steps=steps)
    assert {k: round(float(trace.f[k]), 6) for k in losses} == losses
    np.testing.assert_allclose(neuron.w, w, atol=5.1e-5 if kind == "sigmoid" else 5.1e-6)
    np.testing.assert_allclose(neuron.b, b, atol=5.1e-5 if kind == "sigmoid" else 5.1e-6)


@pytest.mark.parametrize("kind", COURSES)
def test_the_courses_rule_to_stop_ends_it_where_the_course_does(kind):
    """It stops when the loss has changed by less than 0.0001."""
    seen = []

    def settled(step, x, f):
        seen.append(f)
        return len(seen) > 1 and bool(abs(seen[-1] - seen[-2]) < 1e-4)

    _, trace = trained(kind, COURSES[kind](), steps=1000, callback=settled)
    assert len(trace.f) - 1 == PRINTED[kind][1]
    assert trace.stopped == "the callback said so"


@pytest.mark.parametrize("kind", COURSES)
def test_it_had_not_converged_and_the_verdict_says_so(kind):
    samples, (_, steps, _, _, lowest) = COURSES[kind](), PRINTED[kind]
    neuron, trace = trained(kind, samples, steps=steps)
    best = neuron.optimum(samples.X, samples.T)
    assert trace.verdict == "not converged"
    assert round(float(neuron.value(samples.X, samples.T, best)), 6) == lowest < trace.f[-1] - 4e-4
    assert np.abs(neuron.gradient(samples.X, samples.T, best).parameters).max() < 1e-9


def test_where_the_log_loss_is_lowest():
    samples = course_clouds()
    assert Neuron("sigmoid").optimum(samples.X, samples.T).round(3).tolist() == [5.052, 4.719, 0.366]


def test_the_linear_neuron_converges_when_it_is_given_time():
    samples = course_line()
    neuron, trace = trained("linear", samples, steps=300)
    assert trace.verdict == "minimum"
    np.testing.assert_allclose(neuron.parameters, neuron.optimum(samples.X, samples.T), atol=1e-7)


def test_the_earlier_starts_give_what_the_course_prints_with_them():
    line, clouds = course_line(), course_clouds()
    linear, sigmoid = Neuron("linear"), Neuron("sigmoid")
    assert round(float(linear.value(line.X, line.T, line.starts[1])), 2) == 0.49
    assert round(float(sigmoid.value(clouds.X, clouds.T, clouds.starts[1])), 2) == 0.50
    for neuron, samples, losses in ((linear, line, [0.50, 0.48]), (sigmoid, clouds, [0.53, 0.51])):
        neuron.parameters = samples.starts[2]
        assert neuron.train(samples.X, samples.T, rate=0.1, steps=1).f.round(2).tolist() == losses


def test_the_data_are_made_as_the_course_makes_them():
    dice = np.random.default_rng(4)
    X = dice.standard_normal((2, 40))
    Y = np.array([[0.37, 0.57]]) @ X + 0.1 + dice.normal(size=(1, 40))
    w = [dice.uniform(size=(1, 2)) * 0.5 for _ in range(4)]
    samples = course_line()
    assert samples.X.tolist() == X.T.tolist()
    np.testing.assert_allclose(samples.T, Y[0], rtol=1e-14)
    assert samples.starts[:, :2].tolist() == np.vstack(w).tolist()
    assert not samples.starts[:, 2].any()


def test_the_clouds_lie_around_their_middles():
    samples = course_clouds()
    for kind, middle in ((0, -1), (1, 1)):
        assert np.abs(samples.X[kind == samples.T].mean(axis=0) - middle).max() < 0.4
    assert (np.repeat([0, 1], 20) == samples.T).all()


def test_least_squares_also_where_columns_repeat():
    X = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    neuron = Neuron("linear")
    best = neuron.optimum(X, [1.0, 2.0, 3.0])
    assert neuron.value(X, [1.0, 2.0, 3.0], best) < 1e-28


def test_least_squares_far_from_0():
    x = 1.7e9 + np.arange(0, 3600.0, 60)
    y = 20 + 0.001 * (x - 1.7e9) + 0.1 * np.random.default_rng(0).standard_normal(60)
    neuron = Neuron("linear", 1)
    slope, height = np.polyfit(x - x.mean(), y, 1)
    least = neuron.value(x, y, [slope, height - slope * x.mean()])
    assert neuron.value(x, y, neuron.optimum(x, y)) <= least * (1 + 1e-6)


@pytest.mark.parametrize("size", [1e-10, 1e-9, 1e-4, 1e6])
def test_the_lowest_log_loss_does_not_depend_on_the_unit(size):
    samples, neuron = course_clouds(), Neuron("sigmoid", 2)
    best = neuron.optimum(samples.X * size, samples.T)
    assert neuron.value(samples.X * size, samples.T, best) == pytest.approx(0.0959792164)


def test_two_kinds_that_a_line_parts_have_no_lowest_loss():
    with pytest.raises(ValueError, match=r"^T: no lowest loss was found"):
        Neuron("sigmoid", 1).optimum([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1])


def test_bad_neurons_are_refused_by_name():
    with pytest.raises(ValueError, match=r"^kind: 'relu' came; accepted are 'linear', 'sigmoid'"):
        Neuron("relu")
    with pytest.raises(ValueError, match=r"^features: 0 came"):
        Neuron("linear", 0)
    with pytest.raises(ValueError, match=r"^T: 3 came; the log loss"):
        Neuron("sigmoid", 1).optimum([1.0, 2.0], [0, 3])
