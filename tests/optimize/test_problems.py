"""Every problem's gradient is the derivative of its values, and its answers are true."""

import numpy as np
import pytest

from edgecalc import calculus
from edgecalc.optimize.problems import PROBLEMS

ALL = list(PROBLEMS.values())


@pytest.mark.parametrize("problem", ALL, ids=lambda p: p.name)
def test_the_gradient_is_that_of_the_values(problem):
    low, high = np.array(problem.box, float).T
    places = np.random.default_rng(0).uniform(low, high, (200, len(low)))
    expected = calculus.gradient(problem.f, places, method="complex")
    np.testing.assert_allclose(problem.gradient(places), expected, atol=1e-11 * np.abs(expected).max())
    assert problem.gradient(places[0]).shape == places[0].shape


@pytest.mark.parametrize("problem", ALL, ids=lambda p: p.name)
def test_the_minima_are_minima_and_nothing_in_the_box_lies_lower(problem):
    low, high = np.array(problem.box, float).T
    for place in problem.minima:
        assert np.abs(problem.gradient(place)).max() < 1e-12
        assert calculus.points.verdict(calculus.hessian(problem.f, place)) == "minimum"
        assert (low <= place).all()
        assert (place <= high).all()
    grid = np.stack(np.meshgrid(*(np.linspace(a, b, 201) for a, b in problem.box), indexing="ij"), -1)
    assert problem(grid).min() >= problem.lowest - 1e-9
    if problem.minima:
        assert min(problem(place) for place in problem.minima) == pytest.approx(problem.lowest, abs=1e-12)


@pytest.mark.parametrize("problem", ALL, ids=lambda p: p.name)
def test_every_row_says_what_it_shows_and_starts_in_its_box(problem):
    assert PROBLEMS[problem.name] is problem
    assert len(problem.shows) > 10
    assert all(low <= x <= high for x, (low, high) in zip(problem.start, problem.box, strict=True))


def test_the_course_and_textbooks_agree():
    assert PROBLEMS["sauna"]([4.0, 4.0]) == pytest.approx(29.52)
    assert PROBLEMS["sauna"].gradient([1.0, 3.0]) == pytest.approx([-4.86, -0.90])
    assert PROBLEMS["rosenbrock"]([-1.2, 1.0]) == pytest.approx(24.2)
    assert PROBLEMS["beale"]([0.0, 0.0]) == pytest.approx(14.203125)
    assert PROBLEMS["himmelblau"]([0.0, 0.0]) == 170
