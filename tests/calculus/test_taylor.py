"""Taylor polynomials: the course's sine, coefficients known as fractions, error bars that cover, remainders that bound."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest

from edgecalc.calculus.functions import FUNCTIONS
from edgecalc.calculus.taylor import MOST_BY_STENCILS, MOST_ORDER, Taylor, taylor

POINTS = np.linspace(-10, 10, 50)
ORDERS = (0, 1, 3, 8, 25, 60)


def sine_coefficient(k):
    return Fraction((0, 1, 0, -1)[k % 4], math.factorial(k))


# {name: (f, at, the exact coefficient of each power)}
KNOWN = {
    "exp": (np.exp, 0, lambda k: Fraction(1, math.factorial(k))),
    "sin": (np.sin, 0, sine_coefficient),
    "log(x) at 1": (np.log, 1, lambda k: Fraction((-1) ** (k + 1), k) if k else Fraction(0)),
    "log(1 + x)": (np.log1p, 0, lambda k: Fraction((-1) ** (k + 1), k) if k else Fraction(0)),
    "1/(1 - x)": (lambda x: 1 / (1 - x), 0, lambda k: Fraction(1)),
    "1/x at -2": (lambda x: 1 / x, -2, lambda k: Fraction(-1, 2 ** (k + 1))),
    "runge": (lambda x: 1 / (1 + 25 * x * x), 0, lambda k: Fraction(0) if k % 2 else Fraction((-25) ** (k // 2))),
    "1 + runge": (lambda x: 1 + 1 / (1 + x * x), 0, lambda k: Fraction(0) if k % 2 else Fraction((-1) ** (k // 2)) + (k == 0)),
    "sqrt at 4": (np.sqrt, 4, lambda k: 2 * binomial_half(k) / 4**k),
    "sin(1000 x)": (lambda x: np.sin(1000 * x), 0, lambda k: 1000**k * sine_coefficient(k)),
    "sin(x / 1000)": (lambda x: np.sin(x / 1000), 0, lambda k: sine_coefficient(k) / 1000**k),
    "polynomial": (lambda x: x**5 - 3 * x + 0.5, 0, lambda k: {0: Fraction(1, 2), 1: Fraction(-3), 5: Fraction(1)}.get(k, Fraction(0))),
}


def binomial_half(k):
    """The coefficient of x^k in sqrt(1 + x)."""
    value = Fraction(1)
    for j in range(k):
        value *= (Fraction(1, 2) - j) / (j + 1)
    return value


def plain(f):
    """The same function, which takes no complex numbers."""

    def real(x):
        if np.iscomplexobj(x):
            raise TypeError("real numbers only")
        return f(x)

    return real


# ---------------------------------------------------------------- the course


@pytest.mark.parametrize("f", [np.sin, FUNCTIONS["sin"], math.sin])
@pytest.mark.parametrize(("order", "worst", "digits"), [(1, 10.5, 0.05), (9, 1449, 0.5), (25, 0.0816, 0.00005)])
def test_greatest_error_of_the_sine_in_the_course(order, worst, digits, f):
    series = taylor(f, order=order)
    if series.method == "stencils" and order == 25:
        digits = 0.01  # what is left of the 25th derivative in differences of 16 digits
    assert np.abs(series(POINTS) - np.sin(POINTS)).max() == pytest.approx(worst, abs=digits)


def test_the_constant_term_counts():
    cosine = taylor(np.cos, order=24)
    assert cosine.coefficients[0] == pytest.approx(1, abs=1e-15)
    without = Taylor(0.0, (0.0, *cosine.coefficients[1:]), cosine.errors, "given")
    np.testing.assert_allclose(cosine(POINTS) - without(POINTS), 1, rtol=1e-11)


# ---------------------------------------------------------------- coefficients


@pytest.mark.parametrize("name", KNOWN)
def test_coefficients_are_those_of_the_book_and_their_errors_cover(name):
    f, at, exact = KNOWN[name]
    series = taylor(f, at, MOST_ORDER)
    assert series.method == "complex" and series.order == MOST_ORDER
    for k, (coefficient, error) in enumerate(zip(series.coefficients, series.errors, strict=True)):
        off = abs(Fraction(coefficient) - exact(k))
        assert off <= Fraction(error) + Fraction(1, 10**300), k
        assert off <= Fraction(1, 10**9) * abs(exact(k)), k


@pytest.mark.parametrize("name", KNOWN)
def test_stencils_say_how_far_they_can_be_trusted(name):
    f, at, exact = KNOWN[name]
    series = taylor(plain(f), at, MOST_BY_STENCILS)
    assert series.method == "stencils"
    for k, (coefficient, error) in enumerate(zip(series.coefficients, series.errors, strict=True)):
        off = abs(Fraction(coefficient) - exact(k))
        assert off <= Fraction(error), k
        assert k > 5 or off <= Fraction(1, 10**7) * abs(exact(k)), k


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("offset", [1.0, 1e6, 1e12])
@pytest.mark.parametrize("name", KNOWN)
def test_bars_hold_on_an_offset_that_any_polynomial_predicts(name, offset):
    f, at, exact = KNOWN[name]
    series = taylor(plain(lambda x: f(x) + offset), at, 8)
    for k in range(1, 9):
        assert abs(Fraction(series.coefficients[k]) - exact(k)) <= Fraction(series.errors[k]), k


def test_a_function_that_is_nearly_too_large_for_floats_has_its_series():
    series = taylor(plain(lambda x: 1e300 * np.exp(x)), 0.0, 8)
    assert [c / 1e300 for c in series.coefficients] == pytest.approx([1 / math.factorial(k) for k in range(9)], rel=1e-7)


@pytest.mark.parametrize("name", KNOWN)
def test_exact_derivatives_give_exact_coefficients(name):
    f, at, exact = KNOWN[name]
    order = 12
    derivatives = [float(exact(k) * math.factorial(k)) for k in range(order + 1)]
    series = taylor(None, at, order, derivatives=derivatives)
    assert series.coefficients == tuple(float(Fraction(d) / math.factorial(k)) for k, d in enumerate(derivatives))
    by_functions = taylor(f, at, order, derivatives=[lambda x, d=d: d for d in derivatives])
    assert by_functions.coefficients == series.coefficients and by_functions.method == "given"


def test_a_polynomial_is_its_own_series_around_any_point():
    x = np.linspace(-3, 3, 50)
    for at in (-2.5, 0.0, 1e3):
        series = taylor(lambda x: 2 * x**3 - x + 5, at, 3)
        np.testing.assert_allclose(series(x), 2 * x**3 - x + 5, rtol=1e-9 * max(1, abs(at)))


@pytest.mark.parametrize(
    "f",
    [np.abs, lambda x: np.sign(x) * x, lambda x: np.maximum(x, 0), np.sqrt, np.floor, lambda x: np.where(x > 0, np.exp(x), 1 - x), math.sqrt],
)
def test_where_f_is_not_smooth_there_is_no_series(f):
    with pytest.raises(ValueError, match=r"^f: no polynomial fits it around 0.0; a point is accepted where it is smooth"):
        taylor(f, 0.0, 3)


def test_abs_and_sign_do_not_deceive_where_they_are_smooth():
    for f in (np.abs, lambda x: np.sign(x) * x, abs):
        series = taylor(f, 1.0, 3)
        assert series.method == "stencils"
        np.testing.assert_allclose(series.coefficients, (1, 1, 0, 0), atol=1e-12)


def test_a_singularity_inside_a_large_circle_is_seen():
    series = taylor(lambda x: np.exp(-1 / x**2), 0.5, 2)  # almost 1 far away, whatever happens at 0
    assert series.coefficients == pytest.approx((math.exp(-4), 16 * math.exp(-4), 80 * math.exp(-4)), rel=1e-12)


def test_f_that_drops_imaginary_parts_is_not_believed():
    def f(x):
        result = np.zeros(np.shape(x))
        result[...] = x**2
        return result

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        series = taylor(f, 1.0, 2)
    assert series.method == "stencils"
    np.testing.assert_allclose(series.coefficients, (1, 2, 1), rtol=1e-9)


# ---------------------------------------------------------------- the object


def test_the_polynomial_keeps_shape_and_float32_and_nan():
    series = taylor(np.exp, order=8)
    for shape in ((), (3,), (2, 0), (2, 3)):
        assert np.shape(series(np.ones(shape))) == shape
    assert series(np.float32(1)).dtype == np.float32
    assert series([0, 1]).dtype == np.float64
    assert np.isnan(series([np.nan, 1.0])).tolist() == [True, False]
    with np.errstate(all="raise"):
        assert series(np.inf) == np.inf


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("f", "at", "low", "high"),
    [
        (np.sin, 0.0, -10, 10),
        (np.sin, 100.0, 90, 110),
        (np.exp, 1.0, -8, 10),
        (np.log, 2.0, 0.1, 3.5),
        (np.tan, 0.3, -0.7, 1.2),
        (FUNCTIONS["sigmoid"], 1.0, -1.5, 3.5),
    ],
)
def test_the_remainder_bounds_the_error(f, at, low, high, order):
    x = np.linspace(low, high, 101)
    series = taylor(f, at, order)
    error, bound = np.abs(series(x) - f(x)), series.remainder(x)
    assert np.all(error <= bound)


def test_the_remainder_is_tight_for_the_course_and_infinite_beyond_a_singularity():
    assert taylor(np.sin, order=25).remainder(POINTS).max() < 0.2
    series = taylor(np.log, 2.0, 5)
    assert series.remainder([4.0, 5.0, -1.0, np.inf]).tolist() == [np.inf] * 4
    assert np.isnan(series.remainder(np.nan))
    assert series.remainder(2.0) < 1e-14


def test_without_circles_the_remainder_is_measured():
    x = np.array([0.5, 2.0])
    for series in (taylor(math.exp, order=4), taylor(np.exp, order=4, derivatives=[1] * 5)):
        assert series.remainder(x).tolist() == np.abs(np.exp(x) - series(x)).tolist()
    with pytest.raises(ValueError, match=r"^f: None came; the remainder"):
        taylor(None, order=1, derivatives=[1, 2]).remainder(1.0)


@pytest.mark.parametrize(
    ("f", "at", "order", "text"),
    [
        (np.cos, 0, 4, "1 - x^2/2 + x^4/24"),
        (np.tan, 0, 7, "x + x^3/3 + 2x^5/15 + 17x^7/315"),
        (lambda x: np.sqrt(1 + x), 0, 4, "1 + x/2 - x^2/8 + x^3/16 - 5x^4/128"),
        (np.log, 1, 3, "(x - 1) - (x - 1)^2/2 + (x - 1)^3/3"),
        (lambda x: x**3, -2, 3, "-8 + 12(x + 2) - 6(x + 2)^2 + (x + 2)^3"),
        (lambda x: -x, 0.125, 1, "-1/8 - (x - 0.125)"),
        (np.exp, 1, 1, "2.71828 + 2.71828 (x - 1)"),
        (lambda x: 5 + 0 * x, 0, 3, "5"),
        (lambda x: 0 * x, 0, 3, "0"),
        (math.exp, 0, 3, "1 + x + x^2/2 + x^3/6"),
    ],
)
def test_text_is_what_a_student_writes(f, at, order, text):
    assert str(taylor(f, at, order)) == text


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((3,), {}, TypeError, "^f: 3 came; a function"),
        ((None,), {}, TypeError, "^f: None came; a function"),
        ((np.log, -1.0), {}, ValueError, "^f: it is nan at -1.0"),
        ((lambda x: 1 / 0,), {}, ValueError, "^f: it raised ZeroDivisionError"),
        ((lambda x: "a",), {}, ValueError, "^f: it gave <U1"),
        ((lambda x: x * 1j,), {}, ValueError, "^f: it gave complex"),
        ((lambda x: np.zeros(3),), {}, ValueError, r"^f: it gave shape \(3,\)"),
        ((np.sin, "a"), {}, TypeError, "^at: <U1 came"),
        ((np.sin, 1j), {}, TypeError, "^at: complex128 came"),
        ((np.sin, [1.0, 2.0]), {}, ValueError, "^at: .* one finite number"),
        ((np.sin, np.inf), {}, ValueError, "^at: inf came"),
        ((np.sin, 0, -1), {}, ValueError, "^order: -1 came; an int from 0 to 60"),
        ((np.sin, 0, 61), {}, ValueError, "^order: 61 came; an int from 0 to 60"),
        ((np.sin, 0, 2.5), {}, TypeError, "^order: 2.5 came; an int"),
        ((math.sin, 0, 26), {}, ValueError, "^order: 26 came; f takes no complex numbers here, so up to 25"),
        ((np.sin,), {"method": "magic"}, ValueError, "^method: 'magic' came"),
        ((math.sin,), {"method": "complex"}, ValueError, "^f: it takes no complex numbers"),
        ((np.sin,), {"derivatives": [1, 2]}, ValueError, "^derivatives: 2 came; order 5 needs 6"),
        ((np.sin,), {"derivatives": 3}, TypeError, "^derivatives: 3 came"),
        ((np.sin, 0, 1), {"derivatives": [1, "a"]}, TypeError, r"^derivatives\[1\]: <U1 came"),
        ((np.sin, 0, 1), {"derivatives": [1, np.nan]}, ValueError, r"^derivatives\[1\]: nan came"),
    ],
)
def test_bad_input_is_named(arguments, options, error, message):
    with pytest.raises(error, match=message):
        taylor(*arguments, **options)


def test_x_is_checked_by_the_polynomial():
    for call in (taylor(np.sin), taylor(np.sin).remainder):
        with pytest.raises(TypeError, match=r"^x: <U1 came"):
            call("a")


@pytest.mark.parametrize(
    ("f", "at", "exact"),
    [
        (lambda x: 1 - np.cos(x), 0, (0, 0, 1 / 2, 0, -1 / 24)),
        (lambda x: x - np.sin(x), 0, (0, 0, 0, 1 / 6, 0)),
        (lambda x: np.log(np.cosh(0.01 * x)), 0, (0, 0, 5e-5, 0, -1e-8 / 12)),
        (lambda x: np.sqrt(1 + x) - 1, 0, (0, 1 / 2, -1 / 8, 1 / 16, -5 / 128)),
        (lambda x: np.exp(x - 1) - x, 1, (0, 0, 1 / 2, 1 / 6, 1 / 24)),
        (lambda x: math.exp(x) - 1, 0, (0, 1, 1 / 2, 1 / 6, 1 / 24)),
        (lambda x: 1 - math.cos(x), 0, (0, 0, 1 / 2, 0, -1 / 24)),
        (lambda x: 1 - math.cos(0.01 * x), 0, (0, 0, 5e-5, 0, -1e-8 / 24)),
        (lambda x: math.sqrt(x) - 2, 4, (0, 1 / 4, -1 / 64, 1 / 512, -5 / 16384)),
        (math.cos, math.pi / 2, (math.cos(math.pi / 2), -1, 0, 1 / 6, 0)),
        (lambda x: max(x, 0.0), -0.3, (0, 0, 0, 0, 0)),
    ],
)
def test_a_function_that_cancels_at_the_point_has_its_series(f, at, exact):
    series = taylor(f, at, 4)
    assert np.all(np.abs(np.subtract(series.coefficients, exact)) <= np.array(series.errors) + 1e-30)
    assert max(series.errors) < 1e-9


@pytest.mark.parametrize(
    ("f", "expected"),
    [(np.floor, [0, 0, 0, 0]), (np.ceil, [1, 0, 0, 0]), (lambda x: np.floor(x) * x, [0] * 4), (lambda x: np.floor(10 * x) / 10, [0.5, 0, 0, 0])],
    ids=["floor", "ceil", "floor(x) x", "tenths"],
)
def test_stairs_are_level_between_their_steps(f, expected):
    np.testing.assert_allclose(taylor(f, at=0.55, order=3).coefficients, expected, atol=1e-12)
