"""The fifteen functions: the course's numbers, their derivatives against exact arithmetic, their domains."""

from dataclasses import FrozenInstanceError
from math import inf, isnan

import mpmath
import numpy as np
import pytest

from edgecalc.calculus.functions import FUNCTIONS, Function, average_rate

NAMES = ("constant", "2x", "x^2", "x^3", "1/x", "sqrt", "e^x", "ln", "log10", "sin", "cos", "|x|", "sigmoid", "ReLU", "tanh")
AVERAGE = (0, 2, 1.75, 2.69, -2.67, 0.58, 2.56, 1.43, 0.62, 0.60, -0.72, 1, 0.20, 1, 0.53)  # of the course, from .25 over 1.25
SLOPE = (0, 2, 0.50, 0.19, -16, 1, 1.28, 4, 1.74, 0.97, -0.25, 1, 0.25, 1, 0.94)  # and at .25
FORMS = ("call", "derivative", "second")
KINKED = ("|x|", "ReLU")
LINE = np.linspace(-6, 6, 400)


def test_the_fifteen_are_there_in_the_order_of_the_course():
    assert tuple(FUNCTIONS) == NAMES
    assert all(FUNCTIONS[name].name == name for name in NAMES)


@pytest.mark.parametrize(("name", "rate"), list(zip(NAMES, AVERAGE, strict=True)))
def test_average_rate_of_the_course(name, rate):
    assert average_rate(FUNCTIONS[name], 0.25, 1.25) == pytest.approx(rate, abs=0.005)


@pytest.mark.parametrize(("name", "slope"), list(zip(NAMES, SLOPE, strict=True)))
def test_slope_of_the_course(name, slope):
    assert FUNCTIONS[name].derivative(0.25) == pytest.approx(slope, abs=0.0051)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_nan_exactly_outside_the_domain_and_without_a_warning(name, form):
    row = FUNCTIONS[name]
    with np.errstate(all="raise"):
        values = getattr(row, form)(LINE)
    low, high = row.domain
    assert np.isnan(values).tolist() == ((low > LINE) | (high < LINE)).tolist()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_the_ends_of_the_floats_give_no_warning(name, form):
    x = np.array([-inf, -1.7e308, -1e200, -5e-324, -0.0, 0.0, 5e-324, 1e-200, 1e200, 1.7e308, inf, np.nan])
    with np.errstate(all="raise"):
        values = getattr(FUNCTIONS[name], form)(x)
    assert isnan(values[-1])


@pytest.mark.parametrize(("order", "form"), [(1, "derivative"), (2, "second")])
@pytest.mark.parametrize("name", [name for name in NAMES if name not in KINKED])
def test_derivatives_are_those_of_mpmath(name, order, form):
    formulas = {
        "constant": lambda x: mpmath.mpf(1),
        "2x": lambda x: 2 * x,
        "x^2": lambda x: x**2,
        "x^3": lambda x: x**3,
        "1/x": lambda x: 1 / x,
        "sqrt": mpmath.sqrt,
        "e^x": mpmath.exp,
        "ln": mpmath.log,
        "log10": mpmath.log10,
        "sin": mpmath.sin,
        "cos": mpmath.cos,
        "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
        "tanh": mpmath.tanh,
    }
    x = np.random.default_rng(0).uniform(max(-6.0, FUNCTIONS[name].domain[0]), 6, 20)
    with mpmath.workdps(50):
        exact = [float(mpmath.diff(formulas[name], mpmath.mpf(each), order)) for each in x.tolist()]
    np.testing.assert_allclose(getattr(FUNCTIONS[name], form)(x), exact, rtol=2e-15, atol=1e-16)


@pytest.mark.parametrize(("form", "next_form"), [("call", "derivative"), ("derivative", "second")])
@pytest.mark.parametrize("name", NAMES)
def test_each_form_is_the_slope_of_the_one_before(name, form, next_form):
    row, step = FUNCTIONS[name], 2.0**-17
    x = np.random.default_rng(1).uniform(0.1, 6, 100) * (1 if row.domain[0] == 0 else np.random.default_rng(2).choice([-1, 1], 100))
    slope = (getattr(row, form)(x + step) - getattr(row, form)(x - step)) / (2 * step)
    expected = getattr(row, next_form)(x)
    np.testing.assert_allclose(slope, expected, atol=1e-6 * np.abs(expected).max() + 1e-9)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in KINKED])
def test_complex_numbers_continue_the_analytic_ones(name):
    row = FUNCTIONS[name]
    x, h = np.random.default_rng(3).uniform(0.1, 6, 50), 1e-30
    for form, next_form in (("call", "derivative"), ("derivative", "second")):
        stepped = np.imag(getattr(row, form)(x + 1j * h)) / h
        np.testing.assert_allclose(stepped, getattr(row, next_form)(x), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", KINKED)
def test_complex_numbers_are_refused_by_the_kinked_ones(name):
    with pytest.raises(TypeError, match=r"^x: complex128 came; real numbers are accepted"):
        FUNCTIONS[name](1j)


@pytest.mark.parametrize("name", NAMES)
def test_breaks_are_where_there_is_no_finite_derivative(name):
    row = FUNCTIONS[name]
    assert row.breaks == ((0.0,) if name in ("1/x", "sqrt", "ln", "log10", "|x|", "ReLU") else ())
    assert np.isfinite(row.derivative(0.0)) == (not row.breaks)


def test_a_corner_is_nan_a_vertical_tangent_infinite_and_a_pole_nan():
    assert isnan(FUNCTIONS["|x|"].derivative(0.0)) and isnan(FUNCTIONS["ReLU"].derivative(0.0))
    assert FUNCTIONS["sqrt"](0.0) == 0 and FUNCTIONS["sqrt"].derivative(0.0) == inf
    assert isnan(FUNCTIONS["1/x"](0.0)) and isnan(FUNCTIONS["ln"](0.0))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_any_shape_is_taken_and_float32_kept(name, form):
    call = getattr(FUNCTIONS[name], form)
    for shape in ((), (4,), (2, 0), (2, 3)):
        x = np.full(shape, 0.5)
        assert np.shape(call(x)) == shape and call(x).dtype == np.float64
        single = call(x.astype(np.float32))
        assert single.dtype == np.float32
        np.testing.assert_array_equal(single, call(x).astype(np.float32))
    assert call(np.arange(1, 3)).dtype == np.float64


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("x", ["1", None, np.array([object()]), np.ma.masked_array([1.0], [True])])
def test_what_is_no_number_is_refused_by_name(name, x):
    with pytest.raises(TypeError, match=r"^x: .*(accepted|fill)"):
        FUNCTIONS[name](x)


def test_rows_are_frozen_and_prove_their_domain():
    with pytest.raises(FrozenInstanceError):
        FUNCTIONS["sin"].name = "mine"
    with pytest.raises(TypeError):
        FUNCTIONS["mine"] = FUNCTIONS["sin"]
    with pytest.raises(ValueError, match=r"^domain: "):
        Function("f", "f", np.sin, np.cos, np.sin, domain=(1.0, 0.0))
    with pytest.raises(ValueError, match=r"^breaks: "):
        Function("f", "f", np.sin, np.cos, np.sin, domain=(0.0, 1.0), breaks=(2.0,))


def test_average_rate_of_x_squared_is_exactly_2x_plus_h():
    x, h = np.arange(-8.0, 8.0, 0.25), 0.5
    assert average_rate(lambda x: x**2, x, h).tolist() == (2 * x + h).tolist()


def test_average_rate_takes_plain_python_many_steps_and_float32():
    assert average_rate(lambda x: x * x if x > 0 else 0.0, [-1.0, 1.0], 0.5).tolist() == [0, 2.5]
    assert average_rate(np.square, 1.0, [1.0, 0.5, -1.0]).tolist() == [3, 2.5, 1]
    assert average_rate(np.sin, np.float32(1), 0.5).dtype == np.float32
    assert isnan(average_rate(np.sqrt, -1.0, 0.5))


@pytest.mark.parametrize(
    ("f", "x", "step", "error", "message"),
    [
        (np.sin, 1.0, 0.0, ValueError, "^step: 0.0 came"),
        (np.sin, 1e20, 1.0, ValueError, "^step: 1.0 came for x = 1e.20"),
        (np.sin, 1.0, np.nan, ValueError, "^step: nan came"),
        (np.sin, [1.0, 2.0], [1, 2, 3], ValueError, r"^step: shape \(3,\) came"),
        (np.sin, "a", 1.0, TypeError, "^x: <U1 came"),
        (np.sin, 1.0, 1j, TypeError, "^step: complex128 came"),
        (3, 1.0, 1.0, TypeError, "^f: 3 came; a function"),
        (lambda x: 1 / 0, 1.0, 1.0, ValueError, "^f: it raised ZeroDivisionError"),
        (lambda x: "a", 1.0, 1.0, ValueError, "^f: it gave <U1"),
        (lambda x: np.zeros(3), [1.0, 2.0], 1.0, ValueError, r"^f: it gave shape \(3,\)"),
        (lambda x: x * 1j, 1.0, 1.0, ValueError, "^f: it gave complex"),
    ],
)
def test_bad_input_of_average_rate_is_named(f, x, step, error, message):
    with pytest.raises(error, match=message):
        average_rate(f, x, step)
