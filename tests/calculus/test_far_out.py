"""derivative far from 0, where rounding makes stairs of a function, and where steps are wide enough to go over its waves."""

import math

import mpmath
import numpy as np
import pytest

from edgecalc.calculus import derivative


def covered(f, slope, x):
    """The share of points whose error is inside their bar."""
    found = derivative(f, x)
    assert found.method == "central"
    return np.mean(np.abs(found.value - slope(x)) <= found.error)


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (np.sin, 1e15, np.cos), (lambda x: np.sin(x) + x, 1e10, lambda x: np.cos(x) + 1),
        (lambda x: x + np.sin(2 * np.pi * x), 1.7e9 + 0.1, lambda x: 1 + 2 * np.pi * np.cos(2 * np.pi * x)),
    ],
)  # fmt: skip
def test_far_out_differences_do_not_refute_a_step_that_subtracts_nothing(f, x, slope):
    found = derivative(f, x)
    assert abs(found.value - slope(x)) <= 1e-14 * abs(slope(x)) + found.error
    assert found.error <= 1e-4


@pytest.mark.parametrize("power", [7, 8, 9, 10])
def test_a_wave_on_a_slope_is_no_noise_though_wide_steps_go_over_it(power):
    x = 10.0**power * np.random.default_rng(0).uniform(1, 2, 300)
    assert covered(lambda x: np.abs(x) + np.sin(x), lambda x: 1 + np.cos(x), x) >= 0.99


@pytest.mark.parametrize(
    ("f", "slope", "power", "least"),
    [
        (lambda x: np.sqrt(np.float32(x)), lambda x: 0.5 / np.sqrt(x), 3, 0.95),
        (lambda x: np.sqrt(np.float32(x)), lambda x: 0.5 / np.sqrt(x), 4, 0.9),
        (np.float32, np.ones_like, 6, 0.95),
        (lambda x: np.round(x, 2), np.ones_like, 3, 0.9),
    ],
    ids=["float32 root at 1000", "float32 root at 10000", "float32 at 1e6", "two decimals"],
)
def test_a_stair_of_a_rounded_function_is_no_level_ground(f, slope, power, least):
    x = 10.0**power * np.random.default_rng(0).uniform(1, 2, 300)
    assert covered(f, slope, x) >= least


@pytest.mark.parametrize("away", [1e-3, 1e-4, 1e-5, 1e-6])
@pytest.mark.parametrize(
    "f", [lambda x: np.maximum(x, 0), lambda x: np.maximum(x, 0) ** 2, lambda x: np.where(x < 0, 0.0, x + 1)], ids=["ReLU", "bowl", "jump"]
)
def test_level_ground_close_to_where_it_ends_is_level(f, away):
    found = derivative(f, -away * np.linspace(1, 2, 50))
    assert (found.kind == "smooth").all()
    assert (np.abs(found.value) <= found.error).all() and found.error.max() <= 1e-12


@pytest.mark.parametrize(
    ("f", "slope", "ends"),
    [
        (lambda x: np.sin(10 * x), lambda x: 10 * mpmath.cos(10 * x), (0, 10)),
        (lambda x: np.sin(x * x), lambda x: 2 * x * mpmath.cos(x * x), (0, 10)),
        (lambda x: np.sin(100 * x), lambda x: 100 * mpmath.cos(100 * x), (0, 10)),
        (lambda x: np.sin(1 / x), lambda x: -mpmath.cos(1 / x) / x**2, (0.01, 0.1)),
    ],
    ids=["sin 10x", "sin x^2", "sin 100x", "sin 1/x"],
)
def test_bars_of_the_complex_step_know_of_rounding_within_f(f, slope, ends):
    x = np.random.default_rng(0).uniform(*ends, 500)
    found = derivative(f, x)
    with mpmath.workdps(30):
        errors = np.array([float(abs(value - slope(mpmath.mpf(at)))) for value, at in zip(found.value.tolist(), x.tolist(), strict=True)])
    assert found.method == "complex"
    assert np.mean(errors <= found.error) >= 0.96
    assert np.median(found.error / np.maximum(errors, 1e-17)) <= 150


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_a_wave_as_long_as_the_step_deceives_no_stencil_at_the_edge_of_a_domain(order):
    inside = []
    for speed in np.random.default_rng(0).uniform(80, 400, 40).tolist():
        found = derivative(lambda t, speed=speed: math.sin(speed * t), 1.0, order=order, domain=(1, math.inf))
        inside.append(abs(found.value - speed**order * math.sin(speed + order * math.pi / 2)) <= found.error)
    assert np.mean(inside) >= 0.95


@pytest.mark.filterwarnings("error")
def test_a_function_that_drops_the_imaginary_part_says_nothing_to_the_user():
    assert derivative(np.float32, np.array([1.0, 2.0])).value == pytest.approx(1)


@pytest.mark.parametrize("x", [-200.0, -245.0, -250.0, -255.0, -260.0, -265.0, -280.0, -400.0])
def test_bars_cover_faint_slopes(x):
    found = derivative(np.exp, x)
    assert abs(found.value - np.exp(x)) <= found.error <= 1e-12 * np.exp(x)


@pytest.mark.parametrize(
    ("f", "exact", "edge"),
    [
        (lambda x: np.sqrt(1 - x), lambda x: -0.5 / np.sqrt(1 - x), 1.0),
        (np.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x)), 1.0),
        (lambda x: x ** (1 / 3), lambda x: x ** (-2 / 3) / 3, 0.0),
        (np.log, lambda x: 1 / x, 0.0),
    ],
    ids=["sqrt(1 - x)", "arcsin", "x^(1/3)", "ln"],
)
@pytest.mark.parametrize("near", [1e-9, 1e-11, 1e-12, 1e-13, 1e-15])
def test_beside_an_edge_there_is_a_slope(f, exact, edge, near):
    x = abs(edge - near)
    found = derivative(f, x)
    assert found.kind == "smooth"
    assert abs(found.value - exact(x)) <= found.error + 4e-16 * abs(exact(x)) / near


def test_at_the_edge_itself_there_is_none():
    assert derivative(np.sqrt, 0.0).kind == derivative(lambda x: (x * x) ** 0.25, 0.0).kind == "vertical tangent"
