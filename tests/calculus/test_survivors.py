"""What random formulas and codes have brought to light: plain Python that turns complex, sums that cancel, orders of memory, names that are no variables."""

import math

import numpy as np
import pytest

from edgecalc.calculus import automatic as exact
from edgecalc.calculus import compare, derivative, gradient, hessian, step_study, symbolic
from edgecalc.calculus.expression import Expression, ExpressionError


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda x: math.sin(x**1.5), 0.001, math.cos(0.001**1.5) * 1.5 * 0.001**0.5),
        (lambda x: float(x) ** 1.5, 0.01, 0.15),
        (lambda x: x**0.5 if x < 5 else 1.0, 1e-4, 50.0),
    ],
)
def test_powers_that_plain_python_makes_complex_are_no_numbers(f, x, slope):
    found = derivative(f, x)
    assert abs(found.value - slope) <= found.error <= 1e-9
    assert found.kind == "smooth"


def test_powers_that_turn_complex_in_many_variables():
    np.testing.assert_allclose(gradient(lambda p: float(p[0]) ** 1.5 + math.exp(p[1]), [0.01, 1.0]), [0.15, math.e], rtol=1e-9)


def test_what_is_never_real_is_refused():
    with pytest.raises(ValueError, match="complex numbers for real ones"):
        derivative(lambda x: complex(math.sin(x), 1.0), 1.0)


def test_studies_and_comparisons_beside_a_pole_can_be_shown():
    assert "inf" in str(step_study("ln(x)", 1.0))
    assert "sqrt" in repr(compare("sqrt(x)", 0.0))


@pytest.mark.parametrize(("formula", "slope"), [("(1/x)^1.5", lambda x: -1.5 * x**-2.5), ("(x^3)^(1/3)", lambda x: 1.0)])
def test_a_right_result_that_cannot_be_simplified_is_no_defect(formula, slope):
    assert symbolic.work(formula).steps
    assert float(symbolic.derivative(Expression.parse(formula), np.array([2.0]))[0]) == pytest.approx(slope(2.0))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.ravel(x, "F") * np.arange(6)),
        lambda x: np.sum(x.ravel("F") * np.arange(6)),
        lambda x: np.sum(np.reshape(x, (3, 2), "F") * np.arange(6).reshape(3, 2)),
        lambda x: np.sum(x.T.ravel("F") * np.arange(6)),
    ],
)
def test_columns_first_stay_columns_first_on_the_way_back(f):
    basis = np.eye(6).reshape(6, 2, 3)
    np.testing.assert_array_equal(exact.gradient(f, np.zeros((2, 3))).ravel(), [f(each) for each in basis])


@pytest.mark.parametrize("function", [np.diagonal, np.trace])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2, 3), (2, 2, 2), (2, 3, 2, 2)])
def test_diagonals_of_more_than_two_dimensions(function, shape):
    way = np.random.default_rng(0).normal(size=shape)
    np.testing.assert_allclose(exact.jvp(function, np.zeros(shape), way), function(way))
    weights = np.random.default_rng(1).normal(size=np.shape(function(way)))
    slopes = exact.gradient(lambda x: np.sum(function(x) * weights), np.zeros(shape))
    assert np.sum(slopes * way) == pytest.approx(np.sum(function(way) * weights))


def test_a_hessian_that_rules_do_not_know_is_told_by_differences():
    np.testing.assert_allclose(hessian(lambda p: (p[..., 0] ** 2 + p[..., 1] ** 2) ** 1.5, [0.0, 0.0]), np.zeros((2, 2)), atol=1e-6)
    assert np.isnan(hessian(lambda p: np.sqrt(p[..., 0] ** 2 + p[..., 1] ** 2), [0.0, 0.0])).all()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sin2x", r"sin2x would be a variable; a function has parentheses: sin\(2\*x\)"),
        ("1 + lnx", r"lnx would be a variable; .*: ln\(x\)"),
        ("PI*x", "PI is no variable; it is written pi"),
        ("inf*x", "inf is no variable; finite numbers"),
        ("1/0*x", "a division by 0"),
        ("x/(2-2)", "a division by 0"),
        ("(-8)^(1/3)*x", "a root of a negative number"),
    ],
)
def test_what_would_be_misread_is_refused_with_a_word(text, reason):
    with pytest.raises(ExpressionError, match=reason):
        Expression.parse(text)


def test_names_that_begin_like_functions_and_the_greek_letter_are_taken():
    assert Expression.parse("expected*signal + tangent").variables == ("expected", "signal", "tangent")
    assert Expression.parse("π*x")(2.0) == 2 * math.pi


def test_the_complex_step_of_one_point_at_a_time_is_no_complex_power():
    def one(p):
        if np.ndim(p) != 1:
            raise ValueError("one point")
        return p[0] ** 3 + p[1] ** 3

    assert gradient(one, [1.0, 2.0], method="complex").tolist() == [3, 12]
