"""derivative: values, error bars, observed order, the numbers of the course, shapes."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgecalc.calculus import Derivative, derivative, numeric
from edgecalc.calculus.functions import FUNCTIONS

COUNT = 20_000
X = np.random.default_rng(3).uniform(-6, 6, COUNT)
SINGLE = ("central", "forward", "backward")

# name: (f, f')
SMOOTH = {
    "sin": (np.sin, np.cos),
    "sin 10x": (lambda x: np.sin(10 * x), lambda x: 10 * np.cos(10 * x)),
    "sin 50x": (lambda x: np.sin(50 * x), lambda x: 50 * np.cos(50 * x)),
    "exp and sin": (lambda x: np.exp(-2 * x) + 3 * np.sin(3 * x), lambda x: -2 * np.exp(-2 * x) + 9 * np.cos(3 * x)),
    "cubic": (lambda x: 2 * x**3 - 3 * x**2 + 5, lambda x: 6 * x * (x - 1)),
    "x^20": (lambda x: x**20, lambda x: 20 * x**19),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
    "Runge": (lambda x: 1 / (1 + 25 * x * x), lambda x: -50 * x / (1 + 25 * x * x) ** 2),
    "Gauss": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x)),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "arctan 3x": (lambda x: np.arctan(3 * x), lambda x: 3 / (1 + 9 * x * x)),
    "ln(1 + x^2)": (lambda x: np.log(1 + x * x), lambda x: 2 * x / (1 + x * x)),
}
# the fifteen in plain NumPy, as a student writes them
PLAIN = {
    "constant": lambda x: 1 + 0 * x,
    "2x": lambda x: 2 * x,
    "x^2": lambda x: x**2,
    "x^3": lambda x: x**3,
    "1/x": lambda x: 1 / x,
    "sqrt": np.sqrt,
    "e^x": np.exp,
    "ln": np.log,
    "log10": np.log10,
    "sin": np.sin,
    "cos": np.cos,
    "|x|": np.abs,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "ReLU": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
}
# slopes of the course at .25, as printed
PRINTED = dict(zip(FUNCTIONS, (0, 2, 0.50, 0.19, -16, 1, 1.28, 4, 1.74, 0.97, -0.25, 1, 0.25, 1, 0.94), strict=True))


@pytest.fixture
def by_stencils(monkeypatch):
    """Every function is a black box."""
    monkeypatch.setattr(numeric, "looks_needed", lambda *_: 0)


def misses(found, slope, x):
    return np.abs(found.value - slope(x))


def scaled(found, slope, x):
    return misses(found, slope, x).max() / np.abs(slope(x)).max()


# ---------------------------------------------------------------- values and bars


@pytest.mark.parametrize("name", SMOOTH)
def test_complex_step_is_chosen_and_right_to_rounding(name):
    f, slope = SMOOTH[name]
    found = derivative(f, X)
    assert found.method == "complex"
    assert scaled(found, slope, X) <= 2e-15
    assert np.mean(misses(found, slope, X) <= found.error) >= 0.99
    assert set(found.kind) == {"smooth"}


@pytest.mark.parametrize("name", SMOOTH)
def test_stencils_alone_are_right_to_1e_12(name, by_stencils):
    f, slope = SMOOTH[name]
    found = derivative(f, X)
    assert found.method == "central"
    assert scaled(found, slope, X) <= 1e-12
    assert set(found.kind) == {"smooth"}


@pytest.mark.parametrize("name", SMOOTH)
def test_bars_of_stencils_cover_99_of_100_errors(name, by_stencils):
    f, slope = SMOOTH[name]
    found = derivative(f, X)
    assert np.mean(misses(found, slope, X) <= found.error) >= 0.99


@pytest.mark.parametrize("name", SMOOTH)
def test_bars_of_stencils_are_no_more_than_30_times_the_error_in_the_middle(name, by_stencils):
    f, slope = SMOOTH[name]
    found = derivative(f, X)
    missed = misses(found, slope, X)
    assert np.median(found.error[missed > 0] / missed[missed > 0]) <= 30


def test_bars_of_the_complex_step_are_no_more_than_30_times_the_error_in_the_middle():
    ratios = []
    for f, slope in SMOOTH.values():
        found = derivative(f, X)
        missed = misses(found, slope, X)
        ratios.append(found.error[missed > 0] / missed[missed > 0])
    assert np.median(np.concatenate(ratios)) <= 30


@pytest.mark.parametrize("name", ["sin", "cubic", "sigmoid"])
def test_a_black_box_that_settles_at_once_is_asked_for_8_values(name, by_stencils):
    assert derivative(SMOOTH[name][0], X).evaluations <= 8 * COUNT + numeric.SAMPLE + 300  # of sin one point in a thousand takes a second look


@pytest.mark.parametrize("name", SMOOTH)
def test_stencils_settle_with_few_values_of_a_black_box(name, by_stencils):
    found = derivative(SMOOTH[name][0], X)
    assert found.evaluations <= {"sin 50x": 32, "sin 10x": 22, "x^20": 22}.get(name, 18) * COUNT


def sine(rate):
    return lambda x: np.sin(rate * x), lambda x, n: rate**n * (np.sin, np.cos, lambda t: -np.sin(t), lambda t: -np.cos(t))[n % 4](rate * x)


def peak_slope(x, n):
    """Of 1/(1 + x^2): the imaginary part of n! (-1)^n / (x - i)^(n + 1)."""
    return (math.factorial(n) * (-1) ** n / (x.astype(np.clongdouble) - 1j) ** (n + 1)).imag


HIGHER = {
    "sin": (*sine(1), 2e-6),
    "sin 10x": (*sine(10), 2e-4),
    "exp": (np.exp, lambda x, n: np.exp(x), 2e-6),
    "x^10": (lambda x: x**10, lambda x, n: math.perm(10, n) * x ** (10 - n), 4e-9),
    "1/(1 + x^2)": (lambda x: 1 / (1 + x * x), peak_slope, 4e-2),
}


@pytest.mark.parametrize("order", range(1, 9))
@pytest.mark.parametrize("name", HIGHER)
def test_derivatives_of_order_1_to_8_lose_no_more_than_the_order_must(name, order):
    f, slope, at_most = HIGHER[name]
    x = np.random.default_rng(0).uniform(-3, 3, 500)
    found = derivative(f, x, order=order)
    assert scaled(found, lambda t: slope(t, order), x) <= at_most
    assert set(found.kind) == {"smooth"}


@pytest.mark.parametrize("order", range(2, 9))
@pytest.mark.parametrize("name", HIGHER)
def test_bars_of_higher_derivatives_cover_99_of_100_errors(name, order):
    f, slope, _ = HIGHER[name]
    x = np.random.default_rng(0).uniform(-3, 3, 500)
    found = derivative(f, x, order=order)
    assert np.mean(misses(found, lambda t: slope(t, order), x) <= found.error) >= 0.99


def test_a_wave_shorter_than_the_step_is_not_called_known():
    f, slope = sine(50)
    x = np.random.default_rng(0).uniform(-3, 3, 500)
    found = derivative(f, x, order=7)
    assert np.mean(misses(found, lambda t: slope(t, 7), x) <= found.error) >= 0.99


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("method", "accuracy"), [("central", a) for a in (2, 4, 6, 8)] + [(m, a) for m in ("forward", "backward") for a in (1, 2, 3, 4)]
)
def test_observed_order_of_every_formula_is_its_accuracy(method, accuracy, order):
    widest = 0.7 if method == "central" else 0.06
    steps = widest * 2.0 ** (-np.arange(16) / 4)
    errors = np.array([abs(derivative(np.exp, 0.4, order=order, method=method, accuracy=accuracy, h=h).value - math.exp(0.4)) for h in steps])
    clear = errors > 100 * np.finfo(float).eps * 2.0**order / steps**order  # truncation, not rounding
    assert clear.sum() >= 4
    slope = np.polyfit(np.log(steps[clear]), np.log(errors[clear]), 1)[0]
    assert slope == pytest.approx(accuracy, abs=0.15)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("method", SINGLE)
def test_bars_of_single_formulas_cover_95_of_100_errors(method, order):
    f, slope = sine(1)
    found = derivative(f, X, method=method, order=order)
    assert found.method == method
    assert np.mean(misses(found, lambda x: slope(x, order), X) <= found.error) >= 0.95


# ---------------------------------------------------------------- the course


@pytest.mark.parametrize(("x", "slope"), [(-1, -6.999800000002665), (2, 5.000200000004895)])
def test_forward_difference_of_the_course_to_the_last_bit(x, slope):
    assert derivative(lambda x: 2 * x**2 - 3 * x + 4, x, method="forward", h=1e-4).value == slope


@pytest.mark.parametrize("x", [-1, 0, 1, 5, -5])
@pytest.mark.parametrize("e", [1e-7, 1e-4])
def test_central_difference_over_e_is_the_plain_formula_to_the_last_bit(e, x):
    def square(x):
        return x**2

    assert derivative(square, x, method="central", h=e / 2).value == (square(x + e / 2) - square(x - e / 2)) / e


@given(st.integers(-1000, 1000), st.integers(0, 10))
def test_chord_of_a_square_is_2x_plus_h(x, k):
    h = 2.0**-k
    assert derivative(lambda x: x**2, x / 8, method="forward", h=h).value == 2 * x / 8 + h


@pytest.mark.parametrize("forms", [FUNCTIONS, PLAIN], ids=["rows", "plain"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_slopes_of_the_fifteen_at_a_quarter(name, forms):
    found = derivative(forms[name], 0.25)
    assert round(found.value, 2) == pytest.approx(PRINTED[name], abs=0.0051)
    assert abs(found.value - FUNCTIONS[name].derivative(0.25)) <= found.error
    assert found.kind == "smooth"


@pytest.mark.parametrize("given_domain", [False, True])
@pytest.mark.parametrize("forms", [FUNCTIONS, PLAIN], ids=["rows", "plain"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_nan_of_the_fifteen_at_10000_points_of_their_domain(name, forms, given_domain):
    row = FUNCTIONS[name]
    x = np.random.default_rng(1).uniform(max(row.domain[0], -6), 6, 10_000)
    found = derivative(forms[name], x, domain=row.domain if given_domain else None)
    slope = row.derivative(x)
    assert np.isfinite(found.value).all()
    assert set(found.kind) == {"smooth"}
    assert np.abs(found.value - slope).max() <= (2e-15 if found.method == "complex" else 2e-13) * max(1, np.abs(slope).max())


@pytest.mark.parametrize("given_domain", [False, True])
@pytest.mark.parametrize("forms", [FUNCTIONS, PLAIN], ids=["rows", "plain"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_nan_of_the_fifteen_up_to_1e_12_from_the_edge_of_their_domain_and_from_0(name, forms, given_domain):
    row = FUNCTIONS[name]
    x = 10.0 ** -np.arange(1, 13)
    x = x if row.domain[0] == 0 else np.concatenate([x, -x])
    found = derivative(forms[name], x, domain=row.domain if given_domain else None)
    assert set(found.kind) == {"smooth"}
    assert (misses(found, row.derivative, x) <= found.error).all()
    assert (found.error <= 1e-6 + 1e-6 * np.abs(found.value)).all()


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9), st.floats(-4, 4))
def test_derivative_of_a_polynomial_is_exact_to_rounding(coefficients, x):
    def polynomial(x):
        total = 0 * x
        for c in coefficients:
            total = total * x + c
        return total

    powers = range(len(coefficients) - 1, 0, -1)
    slope = math.fsum(n * c * x ** (n - 1) for n, c in zip(powers, coefficients, strict=False))
    size = sum(n * abs(c * x ** (n - 1)) for n, c in zip(powers, coefficients, strict=False))
    assert abs(derivative(polynomial, x).value - slope) <= 16 * np.finfo(float).eps * size


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5), st.integers(-9, 9), st.sampled_from([*SINGLE]), st.integers(1, 3))
def test_single_formulas_are_exact_on_polynomials_of_their_degree(coefficients, x, method, order):
    polynomial = np.polynomial.Polynomial(coefficients)
    accuracy = 4 if len(coefficients) <= 4 + order else 6
    assert derivative(polynomial, x, order=order, method=method, accuracy=accuracy, h=1).value == pytest.approx(polynomial.deriv(order)(x), abs=1e-9)


# ---------------------------------------------------------------- what comes in, what goes out


@pytest.mark.parametrize(
    "x", [0.3, 1, True, np.float32(0.5), np.array(0.3), [1, 2], [[1, 2], [3, 4]], np.arange(6.0).reshape(1, 2, 3), [], np.zeros((0, 3))]
)
@pytest.mark.parametrize(
    ("f", "method"),
    [*((np.sin, each) for each in ("auto", "complex", *SINGLE)), *((lambda x: np.sin(x) + 0 * np.abs(x), each) for each in ("auto", *SINGLE))],
)
def test_results_have_the_shape_of_x(f, method, x):
    found = derivative(f, x, method=method)
    assert isinstance(found, Derivative)
    for part in (found.value, found.error, found.left, found.right, found.kind):
        assert np.shape(part) == np.shape(x)
    np.testing.assert_allclose(found.value, np.cos(np.asarray(x, np.float64)), rtol=0, atol=1e-7)
    if np.ndim(x) == 0:
        assert type(found.value) is float
        assert type(found.kind) is str


@pytest.mark.parametrize("f", [lambda x: 3.0, lambda x: 3, np.ones_like, lambda x: True], ids=["float", "int", "array", "bool"])
@pytest.mark.parametrize("x", [2, [1.0, 2.0], np.zeros((2, 3))])
@pytest.mark.parametrize("method", ["auto", *SINGLE])
def test_slope_of_a_constant_is_0(f, x, method):
    found = derivative(f, x, method=method)
    assert np.all(found.value == 0)
    assert np.shape(found.value) == np.shape(x)


@pytest.mark.parametrize(
    ("f", "slope"),
    [(math.sin, math.cos), (lambda x: x * x if x > 1 else 3 * x, lambda x: 2 * x if x > 1 else 3), (lambda x: math.exp(math.sqrt(x)), None)],
)
def test_a_function_of_one_number_is_taken_at_many(f, slope):
    slope = slope or (lambda x: math.exp(math.sqrt(x)) / 2 / math.sqrt(x))
    x = np.array([[0.3, 0.5], [1.5, 4.0]])
    found = derivative(f, x)
    np.testing.assert_allclose(found.value, [[slope(v) for v in row] for row in x.tolist()], rtol=2e-13, atol=2e-14)  # a unit of f over the step
    assert (np.abs(found.value - [[slope(v) for v in row] for row in x.tolist()]) <= found.error).all()


def test_nothing_is_carried_from_one_point_to_another():
    whole = derivative(SMOOTH["Runge"][0], X[:500])
    assert whole.value.tolist() == [derivative(SMOOTH["Runge"][0], x).value for x in X[:500].tolist()]


def test_both_sides_are_read_only_as_they_may_be_the_value_itself():
    for f in (np.sin, np.abs):
        found = derivative(f, X[:5])
        for shared in (found.left, found.right):
            with pytest.raises(ValueError, match="read-only"):
                shared[0] = 0
        assert found.value.flags.writeable and found.error.flags.writeable


def test_x_is_not_written_to():
    x = np.linspace(-1, 1, 9)
    x.flags.writeable = False
    kept = x.copy()
    derivative(np.abs, x)
    derivative(np.sin, x)
    assert x.tolist() == kept.tolist()


@pytest.mark.parametrize("x", [0.0, [-1.0, 0.0, 1.0]])
@pytest.mark.parametrize("f", [np.sqrt, np.log, lambda x: 1 / x, lambda x: 1 / x**2, np.abs, np.cbrt, lambda x: x * np.log(x), lambda x: np.nan * x])
def test_nothing_warns(f, x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        derivative(f, x)


def test_a_function_of_one_number_with_data_within_is_asked_number_by_number():
    times, heights = np.linspace(0, 1, 7), np.arange(7.0)
    for f in (lambda k: np.exp(-k * times) @ heights, lambda k: np.sum(np.exp(-k * times) * heights, axis=-1)):
        for x in (1.0, [1.0, 2.0, 3.0]):
            wanted = [-np.sum(times * heights * np.exp(-k * times)) for k in np.atleast_1d(x)]
            np.testing.assert_allclose(np.atleast_1d(derivative(f, x).value), wanted, rtol=1e-9)

    def strict(x):
        assert isinstance(x, float)
        return x**3

    assert abs(derivative(strict, 2.0).value - 12) < 1e-9
    with pytest.raises(ValueError, match="one value for each x"):
        derivative(lambda k: k * np.array([1.0, 2.0]), [3.0, 4.0, 5.0])


@pytest.mark.parametrize(("f", "wanted"), [(lambda x: abs(x) ** 3 / np.mean(abs(x)), 4), (lambda x: x + (x - np.mean(x)) ** 2 / (1 + np.std(x)), 1)])
def test_neighbours_of_a_single_point_do_not_count(f, wanted):
    found = derivative(f, 2.0)
    assert found.kind == "smooth" and abs(found.value - wanted) <= 1e-9


def test_a_place_where_f_is_lost_takes_no_digits_from_others():
    x = np.array([-240, -250.3, -260.7])
    found = derivative(lambda x: np.exp(x) / (1 + np.exp(x)), [*x, 800.0], method="complex").value
    np.testing.assert_allclose(found[:3], np.exp(x), rtol=1e-14)


def test_as_many_points_as_a_function_has_data():
    """It takes an array of so many as if it were one number for each of its data."""
    times = np.linspace(0, 1, 5)
    x = np.linspace(0.5, 1.5, 5)
    found = derivative(lambda a: a**2 * np.sum(np.exp(-a * times)), x)
    exact = [sum(math.exp(-a * t) * (2 * a - a * a * t) for t in times) for a in x]
    assert (abs(found.value - exact) <= found.error + 1e-12).all()


@pytest.mark.parametrize(
    ("f", "slope", "options"),
    [
        (lambda x: np.exp(-20 * x), lambda x: -20 * np.exp(-20 * x), {"accuracy": 4, "h": 1e-6}),
        (lambda x: np.sin(10 * x), lambda x: 10 * np.cos(10 * x), {"h": 1e-6}),
        (lambda x: x**3, lambda x: 3 * x**2, {"h": 1e-7}),
    ],
)
def test_bars_of_single_stencils_know_that_neighbours_are_rounded(f, slope, options):
    x = np.linspace(-3, 3, 1001)
    found = derivative(f, x, method="central", **options)
    off = abs(found.value - slope(x))
    assert (off <= found.error).mean() > 0.99
    assert np.median(found.error / np.maximum(off, 1e-300)) < 30
