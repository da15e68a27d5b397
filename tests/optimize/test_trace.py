"""What a trace says: verdicts of many kinds of runs, tables, files."""

import csv
import json
import math

import numpy as np
import pytest

from edgecalc.optimize import descend, lbfgs, newton, rules
from edgecalc.optimize.problems import PROBLEMS
from edgecalc.optimize.verdict import VERDICTS


def bowl(p):
    return (p**2).sum(-1)


RUNS = {
    "minimum": lambda: descend(bowl, [1.0, 2.0], rate=0.2, steps=80),
    "maximum": lambda: descend(lambda p: -bowl(p), [0.0, 0.0], steps=5),
    "saddle": lambda: descend(PROBLEMS["saddle"].f, [1.0, 0.0], rate=0.2, steps=80),
    "not converged": lambda: descend(bowl, [1.0, 2.0], rate=0.001, steps=80),
    "oscillating": lambda: descend(bowl, [1.0, 2.0], rate=1.0, steps=80),
    "diverging": lambda: descend(bowl, [1.0, 2.0], rate=1.2, steps=80),
    "unbounded": lambda: descend(PROBLEMS["saddle"].f, [1.0, 0.1], rate=0.2, steps=80),
    "left the domain": lambda: descend(lambda p: np.sqrt(p).sum(-1), [1.0, 2.0], rate=1.0, steps=80),
}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_each_verdict_is_that_of_a_run_that_deserves_it(verdict):
    trace = RUNS[verdict]()
    assert trace.verdict == verdict
    assert verdict in trace.why
    assert str(trace.iterations[-1]) in trace.why


@pytest.mark.parametrize(
    ("f", "start", "options", "verdict"),
    [
        (lambda x: x**4, 1.0, {"rate": 0.1, "steps": 20000}, "minimum"),
        (lambda x: -(x**4), 0.0, {}, "maximum"),
        (lambda x: x**3, 0.0, {}, "saddle"),  # lower on one side, higher on the other
        (abs, 0.0, {}, "minimum"),
        (abs, 70.5, {"rule": "sign", "rate": 1.0, "steps": 50}, "not converged"),  # its slope does not fall off, but it does not fall for ever
        (abs, 70.5, {"rule": "sign", "rate": 1.0, "steps": 150}, "oscillating"),
        (lambda x: np.exp(-x), 0.0, {"rate": 0.5, "steps": 500}, "not converged"),  # falls for ever, but not without bound
        (lambda x: -x, 0.0, {"steps": 10}, "unbounded"),
        (lambda x: -np.log(x), 1.0, {"rate": 0.5, "steps": 60}, "unbounded"),
        (lambda x: 0 * x + 3.0, 1.0, {}, "minimum"),
        (lambda x: x**4, 1e52, {"rate": 1e-3, "steps": 50}, "diverging"),
        (np.cosh, 3.0, {"rate": 10.0, "steps": 50}, "diverging"),
        (lambda x: x**2, 1.0, {"rule": "adam", "rate": 0.05, "steps": 2000}, "minimum"),
        (lambda x: x**2, 1.0, {"rate": 0.98, "steps": 2000}, "minimum"),  # to and fro, but ever closer
        (lambda x: 1e-9 * (x - 2) ** 2, 0.0, {"rate": 2e8, "steps": 100}, "minimum"),
        (lambda x: 1e9 * (x - 2) ** 2, 0.0, {"rate": 2e-10, "steps": 100}, "minimum"),
    ],
)
def test_verdicts_of_functions_of_one_variable(f, start, options, verdict):
    assert descend(f, start, **options).verdict == verdict


@pytest.mark.parametrize(
    ("f", "start", "options", "verdict"),
    [
        (
            lambda x: x**5,
            1.0,
            {"grad": lambda x: 5 * x**4, "rate": 0.1, "steps": 20000},
            "saddle",
        ),  # bent upwards on its way to a flat place that is none
        (lambda p: p[..., 0] ** 5 + p[..., 1] ** 2, [1.0, 1.0], {"rate": 0.1, "steps": 20000}, "saddle"),
        (lambda x: -(x**5), -1.0, {"grad": lambda x: -5 * x**4, "rate": 0.1, "steps": 20000}, "saddle"),
        (lambda x: x * x, 3.0, {"bounds": (3, 3)}, "minimum"),
        (lambda p: p[..., 1] ** 2 - (p[..., 0] - 3) ** 2, [3.0, 0.0], {"bounds": [(3, 3), (-1, 1)]}, "minimum"),
        (bowl, [1e-13, 0.0], {"steps": 3}, "minimum"),  # near enough from the first
        (lambda x: x * x, 1.0, {"rule": "sign", "grad": lambda x: -1.0, "rate": 0.1, "steps": 9}, "not converged"),  # up, but no faster
        (abs, 7e-4, {"grad": lambda x: 0.0}, "not converged"),  # lower a little further, but not much further
        (lambda x: 1 / x, 0.0, {}, "left the domain"),  # it has never been in it
        (lambda x: 1 / (1 + x * x), 1.0, {"grad": lambda x: -1e308, "rate": 10.0}, "left the domain"),  # x is infinite, f is 0
        (lambda x: 1 / np.sqrt(x), 1.0, {"rule": "sign", "rate": 0.1, "steps": 20}, "not converged"),  # falls for ever, by less and less
        (lambda x: np.where(x <= 1, (x - 1) ** 2, -9.0), 1.0, {"grad": lambda x: 2 * (x - 1), "bounds": (0, 1)}, "minimum"),  # lower outside
        (lambda x: 1 - np.exp(-(x**2)), 10.0, {"steps": 5}, "not converged"),  # flat to the last digit, and yet a slope
        (lambda x: 1 / (1 + np.exp(x)), 30.0, {"rate": 1.0, "steps": 50}, "not converged"),  # falls steadily, to 0
        (lambda x: abs(x - 1e12), 0.0, {"rule": "sign", "rate": 0.01, "steps": 20}, "not converged"),  # the bottom is far, but there
        (lambda x: -np.exp(x), 0.0, {"rule": "sign", "rate": 0.1, "steps": 100}, "unbounded"),  # as far as infinity
        (lambda p: p[..., 0] + p[..., 1] ** 2, [1.0, 1.0], {"rule": "adagrad", "steps": 300}, "unbounded"),  # along x; y has settled
        (lambda x: x**4 - x**2, 3.0, {"rate": 1.0, "steps": 50}, "diverging"),  # inf - inf is nan
        (lambda p: (p**2).sum(-1), [3.0, 1.0], {"rate": 1e308, "steps": 50}, "diverging"),
        (lambda x: 1e-200 * x * x, 1.0, {"rate": 2e199, "steps": 100}, "minimum"),  # squares of slopes vanish
        (lambda x: 1e200 * x * x, 1.0, {"rate": 2e-201, "steps": 100}, "minimum"),  # or overflow
        (lambda p: np.abs(p).sum(-1), [1.0, 0.5], {"rule": "sign", "rate": 0.5, "steps": 9}, "minimum"),  # corners along both variables
        (lambda p: np.abs(p).max(-1), [1.0, 0.25], {"rule": "sign", "rate": 0.25, "steps": 3}, "saddle"),  # down both at once
        (
            abs,
            1.03,
            {"rate": 0.5, "schedule": "exponential", "steps": 1600},
            "oscillating",
        ),  # its slope does not fall off, the schedule alone shortens the steps
        (lambda p: -((p - 1) ** 2).sum(-1), [1.0, 1.0], {"bounds": (0, 1)}, "maximum"),  # at a bound, but flat there
        (lambda p: p[..., 0] - p[..., 1] ** 2, [0.0, 0.0], {"bounds": [(0, 1), (-1, 1)]}, "saddle"),  # up from the bound, down along y
        (lambda p: (p**2).sum(-1), [3.0, 4.0], {"bounds": [(3, 3), (-9, 9)], "rate": 0.3}, "minimum"),  # x may not move at all
        (lambda p: (p**2).sum(-1) - 2 * p[..., 250] ** 2, np.where(np.arange(300) == 250, 0.0, 1.0), {"rate": 0.2}, "saddle"),
    ],
)
def test_verdicts_that_are_easily_got_wrong(f, start, options, verdict):
    assert descend(f, start, **options).verdict == verdict


def test_the_eigenvalues_are_told_where_they_decide():
    trace = descend(bowl, [1.0, 2.0], rate=0.2, steps=30)
    assert "the Hessian's eigenvalues are 2, 2" in trace.why


def test_a_narrow_way_down_from_a_corner_is_no_minimum():
    trace = descend(lambda p: 40 * np.abs(p[..., 0] - p[..., 1]) - 0.5 * (p[..., 0] + p[..., 1]), [1.0, 1.0], steps=3)
    assert trace.verdict == "saddle"


@pytest.mark.parametrize("fall", [0.1, 0.01, 0.002])
@pytest.mark.parametrize("turn", [0.3, 1.0, 2.5])
def test_a_narrow_way_down_is_found_though_the_way_back_looks_lower_at_first(turn, fall):
    def corner(p):
        across, along = p[..., 0] * np.cos(turn) - p[..., 1] * np.sin(turn), p[..., 0] * np.sin(turn) + p[..., 1] * np.cos(turn)
        return np.abs(across) - fall * along

    assert descend(corner, [0.0, 0.0], steps=3).verdict == "saddle"
    assert descend(lambda p: np.abs(p[..., 0] - p[..., 1]) + fall * np.abs(p).sum(-1), [0.0, 0.0], steps=3).verdict == "minimum"


@pytest.mark.parametrize("start", [5.0, [5.0], [[5.0], [4.0]]])
def test_a_verdict_may_look_where_plain_python_refuses(start):
    trace = descend(lambda x: math.sqrt(x if np.ndim(x) == 0 else x[0]), start, rate=0.1, steps=20)
    assert set(np.ravel(trace.verdict)) == {"not converged"}
    assert "not converged" in trace.why


def test_a_run_without_a_gradient_small_enough_has_not_stopped_for_that():
    trace = lbfgs(lambda p: 6 * p[..., 0] ** 2 + p[..., 1] ** 2 + p[..., 2], [1.0, 1.0, 1.0])
    assert trace.stopped != "the gradient is as small as `stop` asks"
    assert trace.verdict not in ("minimum", "maximum", "saddle")


def test_a_gradient_that_is_small_far_from_the_minimum_is_no_minimum():
    trace = descend(lambda x: 1 - np.exp(-(x**2)), 3.5, rate=1.0, steps=50)
    assert trace.verdict == "not converged"
    tail = newton(lambda x: np.exp(-x * x / 2), 1.0)
    assert tail.verdict == "not converged"
    assert "away" in tail.why


def test_many_starts_have_many_verdicts_and_one_sentence():
    trace = descend(PROBLEMS["himmelblau"].f, [[3.0, 2.0], [40.0, 40.0], [1.0, 1.0]], rate=0.01, steps=200)
    assert trace.verdict.tolist() == ["minimum", "diverging", "minimum"]
    assert trace.stopped.tolist()[0] != trace.stopped.tolist()[1]
    assert "3 starts: 1 diverging, 2 minimum" in trace.why
    assert [run.verdict for run in trace.runs] == trace.verdict.tolist()
    assert trace.last.shape == trace.best.shape == (3, 2)


def test_one_run_of_many_has_its_share_of_the_evaluations():
    starts = np.random.default_rng(0).uniform(-1, 1, (9, 2))
    together, alone = (descend(bowl, start, grad=lambda p: 2 * p, rate=0.1, steps=50) for start in (starts, starts[0]))
    assert (np.abs(together.of(0).evaluations - alone.evaluations) < 5).all()


def test_one_run_of_many_ends_where_it_stopped_and_not_where_it_stood_still():
    waiting = descend(bowl, [[1.0, 2.0], [3.0, 1.0]], "hill climbing", rate=5.0, steps=20, seed=1)
    assert (waiting.x[-1] == waiting.x[-2]).all(axis=-1).any()
    assert [len(run.x) for run in waiting.runs] == [21, 21]
    steep = descend(bowl, [[1.0], [2.0]], rules.rmsprop(centered=True), grad=lambda p: np.where(p > 1.5, 1e160, 2 * p), steps=9)
    assert np.isnan(steep.of(1).x[-1]).all()  # from inf - inf within the rule
    assert [len(run.x) for run in steep.runs] == [10, 2]


def test_best_and_last_are_finite_places():
    trace = descend(lambda p: np.sqrt(p).sum(-1), [1.0, 2.0], rate=1.0, steps=80)
    assert np.isnan(trace.f[-1])
    assert trace.last.tolist() == trace.x[-2].tolist()
    assert trace.best.tolist() == trace.last.tolist()
    climbing = descend(bowl, [1.0, 2.0], rate=1.2, steps=10)
    assert climbing.best.tolist() == [1, 2]


def test_a_table_is_as_on_a_slide_and_leaves_out_the_middle_of_long_runs():
    trace = descend(bowl, [3.0, 4.0], "sign", rate=1.0, steps=4)
    lines = trace.table().splitlines()
    assert lines[0].split() == ["iteration", "x", "y", "f", "df/dx", "df/dy", "rate", "evaluations"]
    assert lines[1].split()[:7] == ["0", "3", "4", "25", "6", "8", "1"]
    assert lines[5].split()[:6] == ["4", "0", "0", "0", "0", "0"]
    assert lines[-1] == trace.why
    long = descend(bowl, [3.0, 4.0], rate=0.001, steps=500).table(rows=10).splitlines()
    assert len(long) == 13
    assert set(long[6].split()) == {"..."}
    assert long[11].split()[0] == "500"
    assert str(descend(lambda x: x**2, 1.0, steps=1)).startswith("gd\n")
    assert repr(trace) == "<Trace: sign, 5 rows, the gradient is as small as `stop` asks>"
    assert repr(descend(bowl, [[1.0], [2.0]], steps=1)) == "<Trace of 2 starts: gd, 2 rows, all steps taken>"
    assert "start 1" in str(descend(bowl, [[1.0], [2.0]], steps=1))


@pytest.mark.parametrize("start", [2.0, [1.0, 2.0], [1.0, 2.0, 3.0, 4.0], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])
def test_files_hold_every_number_in_full(start, tmp_path):
    trace = descend(bowl if np.ndim(start) else np.square, start, rate=1 / 3, steps=7)
    trace.to_csv(tmp_path / "trace.csv")
    with open(tmp_path / "trace.csv", newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    document = json.loads(trace.to_json(tmp_path / "trace.json"))
    assert json.loads((tmp_path / "trace.json").read_text()) == document
    assert document["columns"] == names
    assert document["stopped"] == np.asarray(trace.stopped, object).tolist()
    place = names.index("x" if "x" in names else "x1")
    for table in (rows, document["rows"]):
        found = np.array([[float(cell) for cell in row[place : place + max(1, np.shape(start)[-1] if np.ndim(start) else 1)]] for row in table])
        expected = np.moveaxis(trace.x, 1, 0).reshape(found.shape) if np.ndim(start) == 2 else trace.x.reshape(found.shape)
        np.testing.assert_array_equal(found, expected)


def test_nan_in_json_is_null():
    trace = descend(np.log, 0.3, "sign", rate=0.2, steps=30)
    assert json.loads(trace.to_json())["rows"][-1][2] is None


@pytest.mark.parametrize("start", [1.0, [1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]]])
def test_what_is_raised_at_once_carries_a_trace_that_can_be_read(start):
    with pytest.raises(ZeroDivisionError) as caught:
        descend(lambda x: 1 / 0, start)
    trace = caught.value.trace
    assert trace.x.tolist() == [start]
    assert set(np.ravel(trace.verdict)) == {"not converged"}
    assert trace.last.tolist() == trace.best.tolist() == start
    assert trace.why in str(trace)
    assert trace.to_json()


@pytest.mark.parametrize("rows", [0, -1, 1.5])
def test_a_table_has_a_row_or_more(rows):
    trace = descend(bowl, [1.0], steps=3)
    with pytest.raises((TypeError, ValueError), match=f"rows: {rows} came"):
        trace.table(rows)
    assert len(trace.table(1).splitlines()) == 4


def test_one_step_is_not_steps():
    assert descend(bowl, [1.0], rate=0.5, steps=9).why.startswith("after 1 step: ")
    assert descend(bowl, [1.0], steps=2).why.startswith("after 2 steps: ")


def test_of_names_what_it_takes():
    trace = descend(bowl, [[1.0], [2.0]], steps=1)
    with pytest.raises(ValueError, match="start: 2 came; an int from 0 to 1"):
        trace.of(2)
    with pytest.raises(ValueError, match="of one start"):
        trace.of(0).of(0)
