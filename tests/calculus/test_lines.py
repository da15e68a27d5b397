"""Functions along lines: never asked beyond the ends of a domain, not by a rounding either, and each part once."""

import numpy as np

from edgecalc.calculus.lines import Along, ways_of

RNG = np.random.default_rng(0)


def test_no_rounding_leads_out_of_the_domain():
    low, high = -1 / 3, 0.7
    start, way = RNG.uniform(low, high, (2000, 3)), RNG.uniform(-1, 1, (2000, 3))
    seen = []
    line = Along(lambda rows: seen.append(rows) or rows.sum(-1), start, way, (low, high))
    ends = np.array(line.domain)
    assert np.isfinite(line(ends)).all()
    assert (np.min(seen[0]), np.max(seen[0])) == (low, high)
    assert np.isnan(line(np.nextafter(ends, [[-np.inf], [np.inf]]))).all()
    assert len(seen[1]) == 0


def test_some_places_are_those_of_all():
    start, way = RNG.normal(size=(2, 5, 4))
    line = Along(lambda rows: rows**3, start, way, (-np.inf, np.inf), parts=4)
    t = np.repeat(RNG.normal(size=(3, 5)), 4, axis=1)
    places = np.array([0, 3, 7, 8, 19])
    whole = line(t)
    np.testing.assert_array_equal(whole, ((start + t[:, ::4, None] * way) ** 3).reshape(3, 20))
    np.testing.assert_array_equal(line.take(places)(t[:, places]), whole[:, places])


def test_a_line_asks_once_for_all_of_its_parts():
    asked = []
    line = Along(lambda rows: asked.append(len(rows)) or rows, np.zeros((6, 50)), np.ones((6, 50)), (-np.inf, np.inf), parts=50)
    line(np.zeros((9, 300)))
    assert asked == [54]


def test_ways_lead_inwards_and_move_every_variable():
    rows = np.array([[0.0, 1.0, 0.25], [0.5, 0.75, 0.0]])
    assert np.sign(ways_of(rows, (0.0, 1.0))).tolist() == [[1, -1, 1], [1, -1, 1]]
    assert (ways_of(rows, (-np.inf, np.inf)) > 0).all()
