"""The rows of the descents: both sides take the same walk, and the row says what is walked."""

import numpy as np
import pytest

from edgecalc.reference.calculus_races import Scene
from edgecalc.reference.descent_races import DESCENTS, MANY

SCENE = Scene(np.linspace(0.0, 1.0, 2), np.zeros(2))


def named(row):
    return f"{row.work}, {row.way}, {row.call}"


@pytest.mark.parametrize("row", DESCENTS, ids=named)
def test_ours_ends_where_adam_written_out_ends(row):
    exact = row.exact(SCENE)
    np.testing.assert_allclose(row.ours(SCENE)(), exact, rtol=0, atol=row.error * np.abs(exact).max())
    assert exact.shape == (len(MANY) if "20 starts" in row.work else 1, 2)


@pytest.mark.parametrize("row", DESCENTS, ids=named)
def test_theirs_takes_the_same_walk(row):
    torch = pytest.importorskip("torch")  # it is not among the extras
    np.testing.assert_allclose(row.theirs(torch, SCENE)(), row.exact(SCENE), rtol=0, atol=1e-9)


def test_the_goals_are_those_of_one_start_and_of_many_and_no_row_stands_twice():
    assert [row.ratio for row in DESCENTS] == [5.0, None, None, 20.0]
    assert len(set(map(named, DESCENTS))) == len(DESCENTS)
