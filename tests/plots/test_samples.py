"""Where a curve is broken, which heights are worth seeing, and what a caller may hand in."""

import math

import numpy as np
import pytest

from edgecalc.calculus.expression import Expression
from edgecalc.plots.samples import curve, function_of, grid, interval, levels_of, name_of, rectangle, surface_of

POLES = {"1/x": [0], "tan(x)": [-1.5 * np.pi, -np.pi / 2, np.pi / 2, 1.5 * np.pi], "1/(x - 0.3)": [0.3], "1/(x^2 - 4)": [-2, 2]}
JUMPS = {"floor(x)": range(-5, 6), "sign(x)": [0], "x + sign(x - 0.777)/10": [0.777], "atan(1/x)": [0]}
WHOLE = ["sin(x)", "exp(x)", "abs(x)", "cbrt(x)", "tanh(1000*(x - 0.1))", "sin(40*x)", "exp(-1000*x^2)", "3"]


def neighbours(found):
    """Places and heights that a line joins."""
    joined = np.isfinite(found.y[1:]) & np.isfinite(found.y[:-1])
    return found.x[:-1][joined], found.x[1:][joined], found.y[:-1][joined], found.y[1:][joined]


@pytest.mark.parametrize(("text", "places"), [*POLES.items(), *JUMPS.items()])
def test_no_line_leads_across_a_pole_or_a_jump(text, places):
    left, right, _, _ = neighbours(curve(function_of(text), (-6, 6)))
    for place in places:
        across = (left < place - 1e-9) & (right > place + 1e-9)
        assert not across.any()


@pytest.mark.parametrize("text", WHOLE)
def test_a_continuous_curve_is_one_line(text):
    found = curve(function_of(text), (-6, 6))
    assert np.isfinite(found.y).all()
    assert (np.diff(found.x) > 0).all()


@pytest.mark.parametrize(("text", "places"), JUMPS.items())
def test_a_curve_reaches_its_jump_from_both_sides(text, places):
    found = curve(function_of(text), (-6, 6))
    known = found.x[np.isfinite(found.y)]
    for place in places:
        assert np.sort(np.abs(known - place))[1] < 1e-9


def test_a_curve_begins_where_its_domain_does():
    found = curve(function_of("sqrt(4 - x^2)"), (-6, 6))
    known = found.x[np.isfinite(found.y)]
    np.testing.assert_allclose((known[0], known[-1]), (-2, 2), atol=1e-9)


@pytest.mark.parametrize("text", [*POLES, "1/x^2", "1/(x - 0.3)^2"])
def test_a_pole_does_not_flatten_the_rest(text):
    found = curve(function_of(text), (-6, 6))
    assert found.high - found.low < 40


@pytest.mark.parametrize(("text", "low", "high"), [("exp(x)", np.exp(-6), np.exp(6)), ("x^3", -216, 216), ("exp(-1000*x^2)", 0, 1), ("3", 3, 3)])
def test_without_a_pole_all_of_the_curve_is_seen(text, low, high):
    found = curve(function_of(text), (-6, 6))
    np.testing.assert_allclose((found.low, found.high), (low, high), atol=1e-12)


def test_overflow_and_plain_python_are_drawn_as_far_as_they_go():
    for text in ("exp(x)", "exp(x) - exp(2*x)", "1e308*sin(x)"):
        assert abs(curve(function_of(text), (0, 800)).high) < 1e101
    assert curve(math.sqrt, (-1, 4)).high == 2


def test_what_is_too_large_for_an_axis_is_not_called_infinite():
    with pytest.raises(ValueError, match="f: it is not a number of up to 1e\\+100 anywhere from 270 to 330"):
        curve(np.exp, (270, 330))


def test_a_function_of_nan_alone_is_refused():
    with pytest.raises(ValueError, match=r"f: it is not a finite number anywhere from -3 to -1"):
        curve(np.sqrt, (-3, -1))
    with pytest.raises(ValueError, match=r"f: it is not a finite number anywhere in the box"):
        grid(lambda p: p[..., 0] * np.nan, (0, 1))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: interval((1, 1)), ValueError, "box: .*low below high"),
        (lambda: interval([(0, 1), (0, 1)]), ValueError, "box: .*one pair"),
        (lambda: rectangle([(0, 1)] * 3), ValueError, "box: .*each of two variables"),
        (lambda: rectangle("left"), TypeError, "box: "),
        (lambda: function_of("x*y"), ValueError, r"f: 'x\*y' has the variables x, y; a formula of one"),
        (lambda: function_of(3), TypeError, "f: 3 came; a function, or a formula"),
        (lambda: surface_of("a*b*c"), ValueError, "f: .* has the variables a, b, c; a formula of two"),
        (lambda: surface_of("u"), ValueError, "f: 'u' has the variables u; a formula of two"),
        (lambda: surface_of(None), TypeError, "f: None came"),
        (lambda: function_of("3x"), ValueError, "formula: a sign is missing"),
    ],
)
def test_what_is_not_accepted_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_names_of_rows_are_the_rows():
    assert function_of("|x|")(-3.0) == 3 and function_of("sigmoid").derivative(0.0) == 0.25


def test_a_constant_is_a_surface():
    assert surface_of("3")[0](np.zeros((4, 5, 2))).tolist() == [[3] * 5] * 4


def test_heights_of_a_pole_are_left_out():
    seen = grid(surface_of("1/(x^2 + y^2)")[0], (-2, 2))
    assert np.isnan(seen.z[60, 60]) and np.nanmax(seen.z) < 200 and np.isfinite(seen.z).mean() > 0.99


def test_names_are_short_and_no_mathematics_to_matplotlib():
    assert name_of("x + " * 40 + "x").endswith("...") and len(name_of("x + " * 40 + "x")) == 48
    assert name_of("$x") == r"\$x"


def test_levels_cover_the_heights_and_crowd_where_most_of_the_box_is():
    seen = grid(surface_of("(1 - x)^2 + 100*(y - x^2)^2")[0], [(-2, 2), (-1, 3)])
    levels = levels_of(seen.z, 14)
    assert levels[0] <= np.nanmin(seen.z) and levels[-1] >= np.nanmax(seen.z) and (np.diff(levels) > 0).all()
    assert 5 <= (levels < np.nanmedian(seen.z)).sum() <= 9
    mirrored = levels_of(-seen.z, 14)
    np.testing.assert_allclose(np.sort(-mirrored), levels, rtol=1e-9)


def test_a_formula_that_was_read_keeps_its_words():
    assert name_of(Expression.parse("x^2")) == "x^2"
    assert surface_of(Expression.parse("a*b"))[1] == ("a", "b")
    assert function_of(Expression.parse("x^2"))(3.0) == 9.0
