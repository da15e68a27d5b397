"""One step of a derivative: its check off the grid, its noise; functions that are known to fewer digits than floats have."""

import warnings

import numpy as np
import pytest

from edgecalc.calculus import derivative, numeric, pairs
from edgecalc.calculus.probe import Probe

X = np.random.default_rng(3).uniform(-6, 6, 20_000)


def taken(f, x, step, order=1, accuracy=6):
    x = np.array([x])
    return pairs.pair(Probe(f), x, f(x), np.array([step]), order, accuracy)


@pytest.mark.parametrize(("order", "accuracy"), [(1, 6), (1, 8), (2, 8), (3, 8)])
def test_a_polynomial_through_all_neighbours_is_met_between_them_and_no_higher_one(order, accuracy):
    degree = len(pairs.stencils.central(order, accuracy).offsets) - 1
    assert taken(lambda x: x**degree, 0.0, 1.0, order, accuracy).missed[0] <= 1e-9
    assert taken(lambda x: x ** (degree + 1), 0.0, 1.0, order, accuracy).missed[0] > 1


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.abs, 0.0),
        (lambda x: np.sin(2 * np.pi * x / 0.125), 0.03125),
        (lambda x: np.where(x == 0, 1.0, 0.0), 0.0),
        (lambda x: np.where(x < 0, 0.0, 1.0), 0.0),
    ],
    ids=["a corner right at x", "a wave as long as the step", "a point alone", "a jump"],
)
def test_what_deceives_the_stencil_does_not_deceive_the_check(f, x):
    found = taken(f, x, 0.125)
    assert not found.calm[0]
    assert found.missed[0] > 0.01 * found.spread[0]


@pytest.mark.parametrize("order", range(1, 9))
def test_the_highest_difference_of_noise_has_the_size_of_the_noise(order):
    _, told = pairs.rows(order, 8)
    reach = told.shape[1] // 2
    here, around = (np.random.default_rng(0).standard_normal((n, 100_000)) for n in (1, 2 * reach + 1))
    assert np.std(told[1] @ (around - here)) == pytest.approx(1, abs=0.02)


# ---------------------------------------------------------------- functions of few digits

COARSE = {
    "sin": (np.sin, np.cos, 1e-3),
    "exp": (np.exp, np.exp, 1e-3),
    "sin 50x": (lambda x: np.sin(50 * x), lambda x: 50 * np.cos(50 * x), 1e-3),
    "|x| + x^2": (lambda x: np.abs(x) + x * x, lambda x: np.sign(x) + 2 * x, 1e-2),
}


@pytest.mark.parametrize("name", COARSE)
def test_a_function_that_computes_in_float32_is_smooth_and_known_to_its_digits(name):
    f, slope, worst = COARSE[name]
    found = derivative(lambda x: np.asarray(f(np.asarray(x).astype(np.float32)), np.float64), X)
    missed = np.abs(found.value - slope(X))
    assert set(found.kind) == {"smooth"}
    assert np.mean(missed <= found.error) >= 0.97
    assert np.mean(missed <= worst * np.abs(slope(X)).max()) >= 0.998


@pytest.mark.parametrize("f", [lambda x: np.sin(np.float32(x)), lambda x: np.sin(x.astype(np.float32)), lambda x: x**2 + np.sin(np.float32(x))])
def test_what_goes_through_float32_is_no_analytic_function(f):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = derivative(f, X[:500])
    assert found.method == "central"
    slope = np.cos(X[:500]) + (2 * X[:500] if f(1.0 * np.ones(1))[0] > 1 else 0)
    assert np.mean(np.abs(found.value - slope) <= found.error) >= 0.95


@pytest.mark.parametrize("digits", [10, 8, 6])
def test_a_rounded_function_has_bars_that_cover_the_rounding(digits):
    found = derivative(lambda x: np.round(np.sin(x), digits), X[:2000])
    missed = np.abs(found.value - np.cos(X[:2000]))
    assert np.mean(missed <= found.error) >= 0.95
    assert np.median(missed) <= 100 * 10.0**-digits / numeric.first_step(np.ones(1), 1, 6)[0]


@pytest.mark.parametrize("size", [1e3, 1e6])
def test_a_slope_on_top_of_a_large_constant_is_inside_its_bar(size):
    found = derivative(lambda x: np.sin(x) + 0 * np.abs(x) + size, X[:2000])
    missed = np.abs(found.value - np.cos(X[:2000]))
    assert np.mean(missed <= found.error) >= 0.99
    assert missed.max() <= 1e-13 * size
