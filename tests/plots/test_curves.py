"""What is drawn of a function of one variable, held against the answers that arithmetic gives."""

from types import SimpleNamespace

import numpy as np
import pytest

from edgecalc import calculus, optimize
from edgecalc.calculus.activations import ACTIVATIONS
from edgecalc.calculus.functions import FUNCTIONS
from edgecalc.plots import curves
from tests.plots.pictures import NEWTON

COURSE_SLOPES = (0, 2, 0.50, 0.19, -16, 1, 1.28, 4, 1.74, 0.97, -0.25, 1, 0.25, 1, 0.94)
COURSE_RATES = (0, 2, 1.75, 2.69, -2.67, 0.58, 2.56, 1.43, 0.62, 0.60, -0.72, 1, 0.20, 1, 0.53)


def drawn(axes):
    """{what the legend calls it: the line}"""
    return {line.get_label(): line for line in axes.lines}


def slope_and_height(line, x):
    (a, b), (low, high) = line.get_xdata(), line.get_ydata()
    return (high - low) / (b - a), low + (x - a) * (high - low) / (b - a)


def assert_on_curve(line, f):
    x, y = line.get_data()
    known = np.isfinite(y)
    assert known.sum() > 100
    np.testing.assert_allclose(y[known], f(x[known]), rtol=1e-9, atol=1e-9)


# ---------------------------------------------------------------- grids


def test_grid_of_functions_tells_the_courses_slopes_and_rates():
    figure = curves.functions()
    words = [axes.get_title().split("\n") for axes in figure.axes]
    assert [name for name, _ in words] == list(FUNCTIONS)
    for (_, told), slope, rate in zip(words, COURSE_SLOPES, COURSE_RATES, strict=True):
        assert told == f"slope {slope:.2f}, secant {rate:.2f}"


@pytest.mark.parametrize("at", [0.25, 2.0])
def test_grid_of_functions_draws_tangents_and_secants(at):
    for axes, row in zip(curves.functions(at=at, step=0.5).axes, FUNCTIONS.values(), strict=True):
        lines = drawn(axes)
        assert_on_curve(lines["function"], row)
        assert_on_curve(lines["derivative"], row.derivative)
        assert slope_and_height(lines["tangent"], at) == pytest.approx((row.derivative(at), row(at)), abs=1e-9)
        assert slope_and_height(lines["secant"], at + 0.5)[1] == pytest.approx(row(at + 0.5), abs=1e-9)


def test_grid_of_functions_leaves_out_what_is_not_there():
    lines = drawn(curves.functions(at=-1.0).axes[list(FUNCTIONS).index("ln")])
    assert np.isnan(lines["tangent"].get_ydata()).all() and np.isnan(lines["secant"].get_ydata()).all()


def test_grid_of_activations_draws_values_and_derivatives():
    for axes, row in zip(curves.activations().axes, ACTIVATIONS.values(), strict=True):
        assert axes.get_title() == row.name
        assert_on_curve(drawn(axes)["function"], row.call)
        assert_on_curve(drawn(axes)["derivative"], row.derivative)


# ---------------------------------------------------------------- slopes


@pytest.mark.parametrize(
    ("f", "x", "height", "slope"),
    [
        ("x^2", 1.0, 1, 2),
        ("1/x", 0.25, 4, -16),
        ("1/x", 0.05, 20, -400),
        (np.sin, 0.0, 0, 1),
        (FUNCTIONS["e^x"], 0.0, 1, 1),
        ("ln", 1.0, 0, 1),
        ("3", 5.0, 3, 0),
    ],
)
def test_tangent_passes_through_the_point_with_the_slope(f, x, height, slope):
    axes = curves.tangent(f, x).axes[0]
    assert axes.get_title().endswith(f"at x = {x:g}: slope {slope}")
    touching = next(line for name, line in drawn(axes).items() if name.startswith("tangent"))
    assert slope_and_height(touching, x) == pytest.approx((slope, height), abs=1e-9)
    assert axes.lines[-1].get_xydata()[0].tolist() == pytest.approx([x, height])
    low, high = axes.get_ylim()
    assert low < height < high


def test_secants_close_in_on_the_tangent():
    lines = drawn(curves.secant("x^2", 1.0, 3.0).axes[0])
    for h in (2, 1, 0.5, 0.25):
        line = lines[f"h = {h:g}: slope {2 + h:g}"]
        assert slope_and_height(line, 1.0) == pytest.approx((2 + h, 1))
        assert slope_and_height(line, 1 + h)[1] == pytest.approx((1 + h) ** 2)
    assert slope_and_height(lines["tangent: slope 2"], 1.0) == pytest.approx((2, 1))


def test_secants_to_the_left_and_at_a_corner():
    assert "h = -1: slope 1" in drawn(curves.secant("x^2", 1.0, 0.0).axes[0])
    axes = curves.secant("abs(x)", 0.0, 2.0, count=2).axes[0]
    assert axes.get_title() == "Secants of abs(x) at x = 0 and no tangent (corner)"
    assert not any(name.startswith("tangent") for name in drawn(axes))


@pytest.mark.parametrize(
    ("f", "x", "kind", "left", "right"),
    [("|x|", 0.0, "corner", -1, 1), ("ReLU", 0.0, "corner", 0, 1), ("abs(x - 1) + x", 1.0, "corner", 0, 2), ("x^2", 3.0, "smooth", 6, 6)],
)
def test_kink_shows_both_slopes(f, x, kind, left, right):
    axes = curves.kinks(f, x).axes[0]
    assert axes.get_title() == f"{f} at x = {x:g}: {kind}"
    lines = drawn(axes)
    for side, slope in (("left", left), ("right", right)):
        assert slope_and_height(lines[f"{side} slope {slope}"], x)[0] == pytest.approx(slope, abs=1e-6)
    assert lines[f"left slope {left}"].get_xdata()[1] < x < lines[f"right slope {right}"].get_xdata()[1]


def test_kink_without_slopes():
    names = drawn(curves.kinks("sqrt", 0.0).axes[0])
    assert names["right slope infinite"].get_xdata().tolist() == [0, 0] and "no left slope" in names
    assert curves.kinks("floor(x)", 1.0).axes[0].get_title() == "floor(x) at x = 1: jump"
    assert curves.kinks("1/x", 0.0).axes[0].get_title() == "1/x at x = 0: undefined"


# ---------------------------------------------------------------- derivatives


@pytest.mark.parametrize(("f", "slope"), [("sin(x)", np.cos), ("sin", np.cos), (np.exp, np.exp), ("tan(x)", lambda x: 1 / np.cos(x) ** 2)])
def test_derivative_is_drawn_below_its_function(f, slope):
    above, below = curves.derivative(f, box=(-3, 3)).axes
    x, y = below.lines[-1].get_data()
    near = np.abs(y) < 1e3
    assert near.sum() > 500
    np.testing.assert_allclose(y[near], slope(x[near]), rtol=1e-6, atol=1e-9)
    assert above.get_xlim() == below.get_xlim() == (-3, 3)


def test_derivative_of_a_corner_jumps_without_a_line():
    x, y = curves.derivative("abs(x)").axes[1].lines[-1].get_data()
    known = np.isfinite(y)
    assert set(np.round(y[known], 6)) == {-1, 1}
    assert np.isnan(y[np.searchsorted(x, -1e-6) : np.searchsorted(x, 1e-6) + 1]).any()


def test_motion_of_constant_acceleration_is_a_straight_line_and_no_noise():
    low, high = curves.motion("x^2", box=(-2, 2)).axes[2].get_ylim()
    assert high - low > 1 and low < 2 < high


def test_one_order_may_be_asked_for_without_a_list():
    assert len(curves.taylor("sin", orders=3).axes[0].lines) == len(curves.taylor("sin", orders=[3]).axes[0].lines)


def test_motion_shades_where_the_curve_bends_up_and_down():
    figure = curves.motion("x^3 - 3*x", box=(-2, 2))
    for axes in figure.axes:
        spans = {each.get_label(): each.get_paths()[0].get_extents() for each in axes.collections}
        np.testing.assert_allclose([spans["concave down"].x0, spans["concave down"].x1], [-2, 0], atol=0.02)
        np.testing.assert_allclose([spans["concave up"].x0, spans["concave up"].x1], [0, 2], atol=0.02)
    for axes, f in zip(figure.axes, (lambda x: x**3 - 3 * x, lambda x: 3 * x**2 - 3, lambda x: 6 * x), strict=True):
        x, y = axes.lines[-1].get_data()
        np.testing.assert_allclose(y, f(x), atol=1e-8)


@pytest.mark.parametrize("visited", [NEWTON, SimpleNamespace(x=np.array(NEWTON)[:, None])])
def test_newtons_tangents_lead_from_place_to_place(visited):
    above, below = curves.newton("exp(x) - ln(x)", visited).axes
    tangents = [line for line in below.lines if line.get_linestyle() == "-."]
    for line, start, end in zip(tangents, NEWTON, NEWTON[1:], strict=False):
        assert line.get_xdata().tolist() == pytest.approx([start, end], abs=2e-6)
        assert line.get_ydata().tolist() == pytest.approx([np.exp(start) - 1 / start, 0], abs=1e-6)
    assert above.lines[-1].get_xdata().tolist() == NEWTON


def test_newton_draws_a_run_of_the_optimizer():
    trace = optimize.newton(lambda x: np.exp(x) - np.log(x), 1.75)
    above, _ = curves.newton("exp(x) - ln(x)", trace).axes
    np.testing.assert_array_equal(above.lines[-1].get_xdata(), np.ravel(trace.x))


def test_newton_on_a_line_has_no_tangent_to_follow():
    _, below = curves.newton("2*x", [1.0, 2.0]).axes
    assert all(np.isnan(line.get_xdata()[1]) for line in below.lines if line.get_linestyle() == "-.")


# ---------------------------------------------------------------- how well it is found


def test_taylor_orders_of_the_course():
    left, right = curves.taylor().axes
    orders, errors = right.lines[0].get_data()
    told = dict(zip(orders.tolist(), errors, strict=True))
    assert (round(told[1], 1), round(told[9]), round(told[25], 4)) == (10.5, 1449, 0.0816)
    x, y = drawn(left)["order 3"].get_data()
    np.testing.assert_allclose(y, x - x**3 / 6, rtol=1e-12)
    assert left.get_ylim()[1] < 3


def test_taylor_polynomials_end_with_their_order():
    left, right = curves.taylor("e^x", orders=(0, 2), box=(-1, 1)).axes
    x, y = drawn(left)["order 2"].get_data()
    np.testing.assert_allclose(y, 1 + x + x**2 / 2, rtol=1e-12)
    assert right.lines[0].get_xdata().tolist() == [0, 1, 2]


def test_taylor_errors_are_those_on_50_points():
    _, right = curves.taylor("cos", orders=(0,), box=(-10, 10)).axes
    assert right.lines[0].get_ydata()[0] == pytest.approx((1 - np.cos(np.linspace(-10, 10, 50))).max(), rel=1e-12)


def test_step_study_is_drawn_as_it_is():
    study = calculus.step_study("exp(x)", 0.0)
    lines = drawn(curves.step_size(study).axes[0])
    np.testing.assert_array_equal(lines["error"].get_data(), (study.steps[study.errors > 0], study.errors[study.errors > 0]))
    assert lines[f"edgecalc takes h = {study.chosen:.1e}"].get_xdata()[0] == study.chosen
    h, truncation = lines["truncation, as h^2"].get_data()
    assert np.polyfit(np.log(h), np.log(truncation), 1)[0] == pytest.approx(2)


def test_steps_without_an_error_are_marked():
    study = calculus.step_study("2*x", 0.0)
    assert (study.errors[np.isfinite(study.errors)] == 0).all()
    lines = drawn(curves.step_size(study).axes[0])
    assert len(lines["error 0"].get_xdata()) == (study.errors == 0).sum()


def test_comparison_shows_every_way():
    result = calculus.compare(abs, 1.0)
    left, right = curves.comparison(result).axes
    assert [label.get_text() for label in left.get_yticklabels()] == [way.method for way in result.ways[::-1]]
    words = {way.method: text.get_text() for way, text in zip(result.ways[::-1], left.texts, strict=True)}
    assert words["complex"] == words["symbolic"] == "no answer" and words[result.reference] == "the reference"
    times, rows = right.lines[0].get_data()
    answered = [way for way in result.ways[::-1] if way.value is not None]
    np.testing.assert_allclose(times, [way.seconds * 1e3 for way in answered])
    assert len(rows) == len(answered) == 4


# ---------------------------------------------------------------- what is not accepted


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: curves.tangent("x*y", 1.0), ValueError, "f: .* a formula of one"),
        (lambda: curves.tangent(7, 1.0), TypeError, "f: 7 came"),
        (lambda: curves.tangent("x^2", "1"), TypeError, "x: "),
        (lambda: curves.tangent("x^2", [1, 2]), ValueError, r"x: \[1, 2\] came; one finite number"),
        (lambda: curves.tangent("x^2", 1.0, box=(2, 1)), ValueError, r"box: \(2, 1\) came; low below high"),
        (lambda: curves.tangent("abs(x)", 0.0), ValueError, r"f: at x = 0.0 it has no derivative \(corner\)"),
        (lambda: curves.tangent("sqrt", -1.0), ValueError, "f: it is nan at x = -1.0"),
        (lambda: curves.secant("x^2", 1.0, 1.0), ValueError, "b: 1.0 came, which is a"),
        (lambda: curves.secant("x^2", 1.0, 2.0, count=0), ValueError, "count: 0 came; an int from 1 to 8"),
        (lambda: curves.kinks("x^2", np.nan), ValueError, "x: nan came"),
        (lambda: curves.functions(step=0), ValueError, "step: 0.0 came"),
        (lambda: curves.functions(at=None), TypeError, "at: "),
        (lambda: curves.activations(box=3), ValueError, "box: 3 came"),
        (lambda: curves.taylor(orders=()), ValueError, "orders: none came"),
        (lambda: curves.taylor(orders=(-1,)), ValueError, "orders: -1 came"),
        (lambda: curves.taylor(orders=(1.5,)), TypeError, "orders: 1.5 came"),
        (lambda: curves.newton("x^2", []), ValueError, r"x: shape \(0,\) came"),
        (lambda: curves.newton("x^2", np.zeros((3, 2))), ValueError, r"x: shape \(3, 2\) came"),
        (lambda: curves.newton("x^2", [np.nan]), ValueError, "x: "),
        (lambda: curves.step_size("exp(x)"), TypeError, "study: str came; what calculus.step_study gives"),
        (lambda: curves.comparison(None), TypeError, "result: NoneType came; what calculus.compare gives"),
    ],
)
def test_what_is_not_accepted_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
