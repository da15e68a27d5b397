"""Tangents, curvature and stationary points: the course's numbers, and functions whose answer is arithmetic."""

import math

import numpy as np
import pytest

from edgecalc.calculus import hessian
from edgecalc.calculus.functions import FUNCTIONS
from edgecalc.calculus.points import (
    Plane,
    concavity,
    curvature,
    inverse_derivative,
    is_differentiable,
    secant,
    slopes_of,
    stationary_points,
    tangent_line,
    tangent_plane,
    verdict,
)


def sauna(p):
    x, y = p[..., 0], p[..., 1]
    return 50 - x**2 * (x - 6) * y**2 * (y - 6) / 50


def three_minima(p):
    x, y = p[..., 0], p[..., 1]
    return 10 - (
        10 / (3 + 3 * (x - 0.5) ** 2 + 3 * (y - 0.5) ** 2)
        + 2 / (1 + 2 * (x - 3) ** 2 + 2 * (y - 1.5) ** 2)
        + 3 / (1 + 0.5 * (x - 3.5) ** 2 + 0.5 * (y - 4) ** 2)
    )


def quadratic(p):
    return 2 * p[..., 0] ** 2 + 3 * p[..., 1] ** 2 - p[..., 0] * p[..., 1]


def bowl(p):
    return (p**2).sum(axis=-1)


# ---------------------------------------------------------------- the course


def test_tangent_plane_of_the_course():
    plane = tangent_plane(bowl, (2, 4))
    assert plane.value == 20
    np.testing.assert_allclose(plane.slopes, (4, 8), rtol=1e-14)
    np.testing.assert_allclose(plane([[2, 4], [3, 4], [2, 5]]), (20, 24, 28), rtol=1e-14)


def test_coldest_place_of_the_sauna():
    coldest = stationary_points(sauna, [(0, 5), (0, 5)])[0]
    np.testing.assert_allclose(coldest.point, (4, 4), atol=1e-9)
    assert coldest.value == pytest.approx(29.52, abs=1e-12)
    assert coldest.verdict == "minimum" and coldest.isolated


def test_walls_of_the_sauna_are_one_set_of_stationary_points():
    _, walls = stationary_points(sauna, [(0, 5), (0, 5)])
    assert walls.value == 50 and walls.verdict == "undecided" and not walls.isolated


def test_gradient_of_the_sauna_at_1_3():
    np.testing.assert_allclose(slopes_of(sauna)(np.array([1.0, 3.0])), (-4.86, -0.9), rtol=1e-13)


def test_hessian_of_the_course():
    (lowest,) = stationary_points(quadratic, [(-3, 4), (-2, 5)])
    np.testing.assert_allclose(lowest.point, (0, 0), atol=1e-9)
    np.testing.assert_allclose(lowest.eigenvalues, (5 - math.sqrt(2), 5 + math.sqrt(2)), rtol=1e-9)
    bends = hessian(quadratic, np.array([1.0, 3.0]))
    np.testing.assert_allclose(bends, [[4, -1], [-1, 6]], rtol=1e-9)
    np.testing.assert_allclose(np.linalg.inv(bends), np.array([[6, 1], [1, 4]]) / 23, rtol=1e-8)
    assert lowest.verdict == verdict(bends) == "minimum"


def test_three_minima_of_the_course_and_the_two_passes_between_them():
    found = stationary_points(three_minima, [(0, 5), (0, 5)])
    assert [point.verdict for point in found] == ["minimum"] * 3 + ["saddle"] * 2
    expected = [(0.5230, 0.5170, 6.2769), (3.4789, 3.9475, 6.7028), (2.9806, 1.5409, 6.8821)]
    for point, (x, y, value) in zip(found, expected, strict=False):
        np.testing.assert_allclose((*point.point, point.value), (x, y, value), atol=2e-4)


def test_quartic_of_the_course_has_the_eigenvalues_8_24_and_3_76():
    def f(p):
        x, y = p[..., 0], p[..., 1]
        return x**4 + 0.8 * y**4 + 4 * x**2 + 2 * y**2 - x * y - 0.2 * x**2 * y

    (lowest,) = stationary_points(f, [(-4, 4), (-4, 4)])
    assert lowest.eigenvalues.round(2).tolist() == [3.76, 8.24]


def test_acceleration_tells_whether_a_distance_curves_up_or_down():
    assert concavity(lambda t: t**3 - 6 * t**2, [0.0, 1.0, 3.0, 5.0]).tolist() == ["down", "down", "up", "up"]


# ---------------------------------------------------------------- lines and planes


@pytest.mark.parametrize("name", ["x^2", "x^3", "1/x", "sqrt", "e^x", "ln", "log10", "sin", "cos", "|x|", "sigmoid", "ReLU", "tanh"])
def test_the_tangent_touches(name):
    f = FUNCTIONS[name]
    for at in (0.25, 2.0):
        line = tangent_line(f, at)
        assert line(at) == f(at)
        assert line.slope == pytest.approx(f.derivative(at), rel=1e-9, abs=1e-12)
        assert line.intercept == pytest.approx(f(at) - at * f.derivative(at), rel=1e-9, abs=1e-9)
    assert np.shape(line(np.zeros((2, 3)))) == (2, 3)


def test_lines_are_written_as_equations():
    assert str(tangent_line(lambda x: x**2, 3)) == "y = 6x - 9"
    assert str(secant(lambda x: x**2, -1, 2)) == "y = x + 2"
    assert str(tangent_line(lambda x: -x, 3)) == "y = -x"
    assert str(tangent_line(lambda x: 5 + 0 * x, 3)) == "y = 5"


def test_the_secant_meets_f_twice_and_becomes_the_tangent():
    line = secant(np.exp, 0.0, 2.0)
    np.testing.assert_allclose(line([0.0, 2.0]), np.exp([0.0, 2.0]), rtol=1e-15)
    assert secant(np.exp, 0.0, 1e-6).slope == pytest.approx(tangent_line(np.exp, 0.0).slope, rel=1e-6)


def test_a_tangent_plane_in_five_variables_and_of_plain_python():
    point = np.arange(5.0)
    np.testing.assert_allclose(tangent_plane(bowl, point).slopes, 2 * point, atol=1e-14)
    plane = tangent_plane(lambda p: math.sin(p[0]) + p[1] ** 2, [0.0, 1.0])
    assert isinstance(plane, Plane)
    np.testing.assert_allclose(plane.slopes, (1, 2), rtol=1e-9)


# ---------------------------------------------------------------- curvature, inverse, differentiability


def test_curvature_of_a_circle_is_1_over_its_radius():
    x = np.array([-1.0, 0.0, 1.5])
    np.testing.assert_allclose(curvature(lambda x: np.sqrt(4 - x * x), x), -0.5, rtol=1e-8)
    np.testing.assert_allclose(curvature(lambda x: -np.sqrt(4 - x * x), x.reshape(3, 1)), np.full((3, 1), 0.5), rtol=1e-8)
    assert curvature(lambda x: 3 * x, 1.0) == pytest.approx(0, abs=1e-9)


def test_concavity_of_an_inflection_and_of_a_line_is_neither():
    assert concavity(np.sin, 0.0) == concavity(lambda x: x**3, 0.0) == concavity(lambda x: 2 * x, 1.0) == "neither"
    assert concavity(np.log, [0.5, 2.0]).tolist() == ["down", "down"]


def test_inverse_derivative_is_the_slope_of_the_inverse():
    x = np.linspace(0.1, 2, 20)
    np.testing.assert_allclose(inverse_derivative(np.exp, x), 1 / np.exp(x), rtol=1e-13)
    np.testing.assert_allclose(inverse_derivative(np.square, x), 1 / (2 * np.sqrt(x**2)), rtol=1e-12)
    with pytest.raises(ValueError, match=r"^f: its slope at x = 0.0 is 0"):
        inverse_derivative(np.square, [1.0, 0.0])


@pytest.mark.parametrize(
    ("f", "kind"),
    [(np.abs, "corner"), (FUNCTIONS["ReLU"], "corner"), (FUNCTIONS["sqrt"], "vertical tangent"), (np.cbrt, "vertical tangent"), (np.floor, "jump")],
)
def test_kinds_of_points_without_a_derivative(f, kind):
    assert is_differentiable(f, 0.0) == (False, kind)
    assert not is_differentiable(f, 0.0)
    assert is_differentiable(f, 0.5) == (True, "smooth")
    answers = is_differentiable(f, [[0.5], [0.0]])
    assert answers.differentiable.tolist() == [[True], [False]] and answers.kind.tolist() == [["smooth"], [kind]]


# ---------------------------------------------------------------- stationary points


@pytest.mark.parametrize(
    ("hessian", "expected"),
    [
        ([[4, -1], [-1, 6]], "minimum"),
        ([[-4, 1], [1, -6]], "maximum"),
        ([[1, 2], [2, 1]], "saddle"),
        ([[1, 0], [0, 0]], "undecided"),
        ([[1, 1], [1, 1]], "undecided"),
        (np.zeros((3, 3)), "undecided"),
        (np.diag([1.0, 0.0, -1.0]), "saddle"),
        (np.diag([1.0, 1e-12]), "undecided"),
        (2, "minimum"),
        (-2.0, "maximum"),
        (0, "undecided"),
    ],
)
def test_verdict_from_the_eigenvalues(hessian, expected):
    assert verdict(hessian) == expected


def test_verdict_tolerance_says_what_counts_as_zero():
    assert verdict(np.diag([1.0, 1e-12]), tolerance=1e-15) == "minimum"
    assert verdict(np.diag([1.0, 0.1]), tolerance=0.5) == "undecided"


@pytest.mark.parametrize("f", [np.sin, math.sin, FUNCTIONS["sin"]])
def test_all_extremes_of_the_sine(f):
    found = stationary_points(f, (-10, 10))
    assert sorted(round(float(point.point[0] / np.pi - 0.5), 9) for point in found) == [-3, -2, -1, 0, 1, 2]
    assert all(point.verdict == ("minimum" if point.value < 0 else "maximum") for point in found)


def test_all_159_extremes_of_a_fast_sine():
    found = stationary_points(lambda x: np.sin(50 * x), (0, 10))
    assert sorted(round(float(point.point[0]) * 50 / np.pi - 0.5, 6) for point in found) == list(range(159))


def test_what_second_derivatives_cannot_decide_is_undecided():
    for f in (lambda x: x**3, lambda x: x**4, lambda x: -(x**4)):
        (point,) = stationary_points(f, (-1, 2))
        assert point.verdict == "undecided" and point.isolated
        assert abs(point.point[0]) < 1e-5


def test_a_hill_and_a_hollow_in_a_wide_plain():
    low, high = stationary_points(lambda p: p[..., 0] * np.exp(-bowl(p)), [(-10, 10), (-10, 10)])
    np.testing.assert_allclose(low.point, (-math.sqrt(0.5), 0), atol=1e-9)
    np.testing.assert_allclose(high.point, (math.sqrt(0.5), 0), atol=1e-9)
    assert (low.verdict, high.verdict) == ("minimum", "maximum")


def test_a_circular_valley_is_one_set_around_a_hill():
    valley, hill = stationary_points(lambda p: (bowl(p) - 1) ** 2, [(-2, 2), (-2, 2)])
    assert math.hypot(*valley.point) == pytest.approx(1, abs=1e-5)
    assert not valley.isolated and valley.verdict == "undecided"
    assert hill.verdict == "maximum" and np.abs(hill.point).max() < 1e-9


def test_rosenbrock_and_three_variables():
    (lowest,) = stationary_points(lambda p: (1 - p[..., 0]) ** 2 + 100 * (p[..., 1] - p[..., 0] ** 2) ** 2, [(-2, 2), (-2, 3)])
    np.testing.assert_allclose(lowest.point, (1, 1), atol=1e-9)
    found = stationary_points(lambda p: bowl(p) + np.cos(3 * p[..., 0]), [(-2, 2)] * 3)
    assert [point.verdict for point in found] == ["minimum", "minimum", "saddle"]


def test_only_what_lies_in_the_box_and_where_f_is_known_is_found():
    assert stationary_points(lambda x: (x - 3) ** 2, (0, 2)) == []
    assert stationary_points(lambda x: 2 * x, (-1, 1)) == []
    assert stationary_points(np.abs, (-1, 1)) == []
    (lowest,) = stationary_points(lambda x: x * np.log(x), (-1, 3))
    assert lowest.point[0] == pytest.approx(math.exp(-1), abs=1e-9)
    (constant,) = stationary_points(lambda x: 0 * x + 3, (0, 1))
    assert constant.verdict == "undecided" and not constant.isolated


# ---------------------------------------------------------------- bad input

NO_NUMBER = (lambda f: tangent_line(f, 0.5), lambda f: secant(f, 0.5, 1), lambda f: tangent_plane(f, [0.5]), lambda f: stationary_points(f, (0, 1)))
ON_ARRAYS = tuple(lambda f, call=call: call(f, 0.5) for call in (curvature, concavity, inverse_derivative, is_differentiable))


def test_a_valley_whose_bottom_is_a_line_is_searched_to_its_end():
    (found,) = stationary_points(lambda p: (p[..., 0] + 2 * p[..., 1]) ** 2, [(-2, 3), (-2, 3)])
    assert (found.verdict, found.isolated) == ("undecided", False)
    assert abs(found.point @ [1, 2]) < 1e-6
    assert stationary_points(lambda p: np.sqrt(np.sum(p**2, axis=-1)), [(-1, 1), (-1, 1)]) == []  # the tip of a cone is none


@pytest.mark.parametrize("call", NO_NUMBER + ON_ARRAYS)
def test_bad_functions_are_named(call):
    def broken(x):
        raise KeyError("no")

    for f, error, message in (
        (3, TypeError, "^f: 3 came; a function"),
        (broken, ValueError, "^f: it raised KeyError"),
        (lambda x: np.zeros(7), ValueError, "^f: it gave shape"),
        (lambda x: np.nan * np.asarray(x).sum(), ValueError, "^f: .*nan|^f: it is not a finite"),
        (lambda x: np.asarray(x).sum() * 1j, (TypeError, ValueError), "^f: it gave complex"),
        (lambda x: "a", (TypeError, ValueError), "^f: it gave <U1"),
    ):
        with pytest.raises(error, match=message):
            call(f)


@pytest.mark.parametrize("call", [curvature, concavity, inverse_derivative, is_differentiable, tangent_line])
def test_bad_x_is_named(call):
    for x, error in (("a", TypeError), (1j, TypeError), (np.nan, ValueError), (np.inf, ValueError), (None, TypeError)):
        with pytest.raises(error, match=r"^x: "):
            call(np.sin, x)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tangent_line(np.sin, []), ValueError, "^x: .* one finite number"),
        (lambda: tangent_line(np.abs, 0), ValueError, r"^f: at x = 0.0 it has no derivative \(corner\)"),
        (lambda: secant(np.sin, 1, 1), ValueError, "^b: 1 came, which is a"),
        (lambda: tangent_plane(bowl, []), ValueError, "^point: "),
        (lambda: tangent_plane(bowl, [1j]), TypeError, "^point: "),
        (lambda: tangent_plane(lambda p: np.abs(p[..., 0]), [0.0, 1.0]), ValueError, "^f: .* smooth is accepted"),
        (lambda: stationary_points(np.sin, (1, 0)), ValueError, "^box: .* low below high"),
        (lambda: stationary_points(bowl, [(0, 1), (1, 1)]), ValueError, "^box: .* low below high"),
        (lambda: stationary_points(np.sin, (0, np.inf)), ValueError, "^box: .* finite"),
        (lambda: stationary_points(np.sin, []), ValueError, "^box: "),
        (lambda: stationary_points(np.sin, "ab"), TypeError, "^box: "),
        (lambda: stationary_points(np.sin, (0, 1), seeds=1), ValueError, "^seeds: 1 came"),
        (lambda: stationary_points(bowl, [(0, 1)] * 6, seeds=9), ValueError, "^seeds: 9 along each of 6 sides"),
        (lambda: verdict([[1, 2], [3, 4]]), ValueError, "^hessian: it is not symmetric"),
        (lambda: verdict([[np.nan]]), ValueError, "^hessian: it holds NaN"),
        (lambda: verdict([1, 2]), ValueError, r"^hessian: shape \(2,\)"),
        (lambda: verdict(np.eye(2) * 1j), TypeError, "^hessian: complex128"),
        (lambda: verdict(1.0, tolerance=-1), ValueError, "^tolerance: -1 came"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("f", "box", "places"),
    [
        (lambda x: np.exp(-x * x), (-20, 20), [0]),
        (np.exp, (-300, 1), []),
        (lambda x: 1e-150 * (x - 0.3) ** 2, (-1, 1), [0.3]),
        (lambda x: x**3 + 1e-8 * x, (-1, 1), []),
        (lambda x: x**3 - 3e-8 * x, (-1, 1), [1e-4, -1e-4]),
        (lambda x: x**3, (-1, 1), [0]),
    ],
    ids=["bell", "exp", "faint bowl", "nearly flat", "close pair", "flat"],
)
def test_what_is_faint_or_flat_is_no_stationary_point(f, box, places):
    assert [point.point[0] for point in stationary_points(f, box)] == pytest.approx(places, abs=1e-7)
