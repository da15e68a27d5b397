"""derivative of higher orders where a lower one breaks, where sides are known badly, and on scales far from 1."""

import math

import numpy as np
import pytest

from edgecalc.calculus import derivative, laplacian, partial

INF, NAN = math.inf, math.nan
SHIFTS = (0.0, math.sqrt(2), -math.pi)

# name: (f, the first order that breaks at 0, kind)
BREAKS = {
    "|x|": (np.abs, 1, "corner"),
    "ReLU": (lambda x: np.maximum(x, 0), 1, "corner"),
    "x |x|": (lambda x: x * np.abs(x), 2, "corner"),
    "0 | x^2": (lambda x: np.where(x < 0, 0.0, x * x), 2, "corner"),
    "|x|^3": (lambda x: np.abs(x) ** 3, 3, "corner"),
    "floor": (np.floor, 1, "jump"),
    "sign": (np.sign, 1, "jump"),
    "sqrt": (np.sqrt, 1, "vertical tangent"),
    "cbrt": (np.cbrt, 1, "vertical tangent"),
    "|x|^1.5": (lambda x: np.abs(x) ** 1.5, 2, "vertical tangent"),
    "|x|^(5/3)": (lambda x: np.abs(x) ** (5 / 3), 2, "vertical tangent"),
}


@pytest.mark.parametrize(
    ("name", "order", "shift"),
    [
        (name, order, shift)
        for name, (_, first, _) in BREAKS.items()
        for order in range(max(2, first), 5)
        for shift in (SHIFTS if first == 1 else SHIFTS[:1])  # elsewhere the break of a higher order drowns in rounding
    ],
)
def test_a_derivative_exists_only_where_those_of_lower_orders_do(name, order, shift):
    f, first, kind = BREAKS[name]
    found = derivative(lambda x: f(x - shift), shift, order=order)
    assert found.kind == kind
    assert math.isinf(found.value) if (order, kind) == (first, "vertical tangent") else math.isnan(found.value)
    assert math.isnan(found.error)


def test_sides_of_a_higher_order_are_told_where_the_lower_ones_have_that_side():
    found = derivative(lambda x: np.where(x < 0, x * x, np.sin(x)), 0.0, order=2)
    assert (found.kind, round(found.left, 6), round(found.right, 6)) == ("corner", 2, 0)
    found = derivative(np.sqrt, 0.0, order=2)
    assert math.isnan(found.left) and math.isnan(found.right)


def test_noise_that_grows_with_smaller_steps_is_no_vertical_tangent():
    a, b = 1.52357297e-19, -2.33453764e-19
    found = derivative(lambda t: np.array((a + t / 2) ** 2 - (b - t / 2) ** 2, subok=False), 0.0, order=2)
    assert (found.kind, abs(found.value) <= 1e-30) == ("smooth", True)


def test_partials_and_laplacians_have_no_number_at_a_corner():
    def roof(p):
        return np.abs(p[..., 0]) + p[..., 1] ** 2

    assert math.isnan(laplacian(roof, [0.0, 1.0]))
    assert math.isnan(partial(roof, [0.0, 1.0], 0, order=2))
    assert partial(roof, [0.0, 1.0], 1, order=2) == pytest.approx(2, abs=1e-9)


def test_a_slope_that_never_settles_has_a_bar_as_wide_as_it_swings():
    found = derivative(lambda x: np.where(x == 0, 0.0, x * np.sin(1 / np.where(x == 0, 1, x))), 0.0)
    assert found.error > 1 + abs(found.value)
    found = derivative(lambda x: np.where(x == 0, 0.0, x * x * np.sin(1 / np.where(x == 0, 1, x))), 0.0)
    assert found.kind == "smooth"
    assert abs(found.value) <= found.error <= 1e-12


def test_where_both_sides_are_known_badly_the_bar_says_so():
    found = derivative(lambda x: np.cbrt(x) ** 4, 0.0)
    assert found.kind == "smooth"
    assert abs(found.value) <= found.error <= 1e-5


# ---------------------------------------------------------------- scales


def closed(f):
    """Nothing but real numbers goes in."""
    return lambda x: f(np.array(x, np.float64, copy=None, subok=False))


@pytest.mark.parametrize("k", [1, 3, 6, 9, 12, 13, 14, 15, 30, 100, 300])
@pytest.mark.parametrize(
    ("f", "slope"),
    [(math.log, lambda x: 1 / x), (math.sqrt, lambda x: 0.5 / math.sqrt(x)), (lambda x: x if x < 0 else x**0.3, lambda x: 0.3 * x**-0.7)],
    ids=["ln", "sqrt", "x^.3"],
)
def test_close_to_0_a_black_box_is_known_on_the_scale_of_x(f, slope, k):
    x = 0.7 * 10.0**-k
    found = derivative(f, x)
    assert found.kind == "smooth"
    assert abs(found.value - slope(x)) <= found.error <= 1e-9 * slope(x)


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1e-5, 1e5, 1e12, 1e30])
def test_black_boxes_of_any_scale_are_inside_their_bars(scale):
    x = np.random.default_rng(3).uniform(-6, 6, 2000)
    found = derivative(closed(lambda x: np.sin(x / scale)), scale * x)
    assert set(found.kind) == {"smooth"}
    missed = np.abs(found.value - np.cos(x) / scale)
    assert np.mean(missed <= found.error) >= 0.99
    assert missed.max() <= (1e-13 if scale < 1 else 1e-5) / scale


@pytest.mark.parametrize("order", [1, 2, 4])
def test_at_the_largest_numbers_nothing_warns(order):
    with np.errstate(all="raise"):
        found = derivative(closed(lambda x: x / 3), [1e30, -1e200, 1e300, 1.7e308], order=order)
    known = np.isfinite(found.value)
    assert (np.abs(found.value - (1 / 3 if order == 1 else 0)) <= found.error)[known].all()
    with np.errstate(all="raise"):
        derivative(closed(np.sin), 0.5, h=1e300, order=order)


@pytest.mark.parametrize(
    ("f", "exact", "x", "order"),
    [
        (lambda x: np.sin(300 * x), lambda x, n: 300.0**n * np.sin(300 * x + n * np.pi / 2), (-3, 3), 8),
        (lambda x: np.sin(1e4 * x), lambda x, n: 1e4**n * np.sin(1e4 * x + n * np.pi / 2), (-3, 3), 4),
        (np.sin, lambda x, n: np.sin(x + n * np.pi / 2), (1e5, 3e5), 7),
        (lambda x: 1 / x, lambda x, n: -math.factorial(n) * x ** (-n - 1.0), (0.01, 0.03), 7),
    ],
)
def test_what_a_wide_step_goes_over_is_not_taken_for_0(f, exact, x, order):
    """The wide step's derivative is almost 0, and so is its bar: narrower ones refute it."""
    x = np.random.default_rng(0).uniform(*x, 300)
    found = derivative(closed(f), x, order=order)
    missed = np.abs(found.value - exact(x, order))
    assert (found.kind == "smooth").all()
    assert np.mean(missed <= found.error) >= 0.99
    assert np.median(missed / np.abs(exact(x, order))) < 1e-5


def test_bars_hold_where_x_plus_step_is_beyond_a_power_of_2():
    x = 1 + np.random.default_rng(0).uniform(-1 / 4, 1 / 4, 5000)
    found = derivative(closed(lambda x: np.abs(x - 1)), x)
    assert (np.abs(found.value - np.sign(x - 1)) <= found.error).all()


@pytest.mark.parametrize("h", [np.float32(0.1), np.float16(0.01), np.uint8(1), 0.1])
def test_a_step_of_any_type_is_worked_with_in_float64(h):
    for method in ("auto", "central", "forward"):
        found, expected = (derivative(closed(np.sin), np.array([0.5, 1.0]), h=step, method=method) for step in (h, float(h)))
        np.testing.assert_array_equal(found.value, expected.value)
