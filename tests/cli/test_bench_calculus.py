"""edgecalc bench --calculus at few points: that both sides of a row are the same derivative, and what is printed. No test here looks at a time."""

import json
import sys

import numpy as np
import pytest

from edgecalc.calculus import Derivative
from edgecalc.cli.main import main
from edgecalc.errors import EdgecalcError
from edgecalc.reference import calculus_bench as bench
from edgecalc.reference.calculus_races import RACES, Scene, black_box

SCENE = Scene(np.linspace(-6, 6, 200), np.random.default_rng(1).uniform(-2, 2, 8))


def run(*words: str) -> int:
    return main(["bench", "--calculus", "--points", "64", "--repeat", "1", *words])


@pytest.fixture
def only(monkeypatch):
    """A table of the rows whose words hold these."""

    def keep(*words):
        monkeypatch.setattr(bench, "RACES", [race for race in RACES if any(word in bench.named(race) for word in words)])

    return keep


def value(found):
    found = found.value if isinstance(found, Derivative) else found
    return found.toarray() if hasattr(found, "toarray") else np.asarray(found)


@pytest.mark.parametrize("race", RACES, ids=bench.named)
def test_ours_is_the_derivative_by_hand(race):
    found, exact = value(race.ours(SCENE)()), race.exact(SCENE)
    assert found.shape == exact.shape
    assert bench.scaled(found, exact) <= (race.error or 1e-2)


@pytest.mark.parametrize("race", RACES, ids=bench.named)
def test_theirs_is_the_same_derivative(race):
    pytest.importorskip(race.peer)  # torch is not among the extras
    found, exact = value(race.theirs(bench.loaded(race.peer), SCENE)()), race.exact(SCENE)
    assert found.shape == exact.shape
    assert bench.scaled(found, exact) <= 0.05  # np.gradient at 200 points


def test_an_error_is_the_largest_difference_over_the_largest_size():
    assert bench.scaled(np.array([1.0, -8.5, 3.0]), np.array([1.0, -8.0, 3.25])) == 0.0625


def test_every_peer_that_the_project_asks_for_is_in_the_table():
    assert {race.peer for race in RACES} == {"numpy", "findiff", "scipy", "numdifftools", "autograd", "sympy"}
    assert {race.way for race in RACES} >= {"symbolic", "numeric", "automatic", "auto", "complex"}
    assert len(set(map(bench.named, RACES))) == len(RACES)


def test_a_black_box_takes_real_numbers_alone():
    f = black_box(np.sin)
    assert f([0.0, 1.0]).tolist() == np.sin([0.0, 1.0]).tolist()
    with pytest.raises(TypeError, match="real numbers"):
        f(np.array([1j]))


def test_it_prints_machine_versions_rows_and_errors(capsys, only):
    only("numpy", "cs")
    assert run() == 0
    out, err = capsys.readouterr()
    assert f"numpy {np.__version__}" in out and "64 points of [-6.0, 6.0], 64 variables" in out and "gradient, edge_order=2" in out
    assert out.count("2*x^3-3*x^2+5") == 1
    assert "met" in out
    assert not err


def test_json_is_one_document(capsys):
    assert run("--only", "symbolic", "--json") == 0
    held = json.loads(capsys.readouterr().out)
    assert held["settings"] == {"points": 64, "variables": 64, "repeat": 1}
    assert all(row["way"] == "symbolic" for row in held["results"])
    assert {
        "work",
        "way",
        "peer",
        "call",
        "ours_ms",
        "peer_ms",
        "ratio",
        "ours_error",
        "peer_error",
        "evaluations",
        "goal_error",
        "goal_ratio",
        "reached",
    } == set(held["results"][0])
    assert held["versions"]["sympy"] and held["machine"]["cores"] >= 1


def test_evaluations_are_told_for_each_point(only):
    only("black box x^2")
    (row,) = bench.calculus_bench(1000, repeat=1).results
    assert 8 <= row.evaluations <= 8.1
    assert row.ours_error <= 1e-12
    assert (row.reached, row.goal_ratio) == (True, None)


@pytest.mark.parametrize(
    ("error", "ratio", "goals", "reached"),
    [
        (1e-16, 5.0, (1e-15, 4.0), True),
        (1e-14, 5.0, (1e-15, 4.0), False),
        (1e-16, 3.0, (1e-15, 4.0), False),
        (1e-16, 3.0, (1e-15, None), True),
        (1.0, 0.1, (None, None), None),
    ],
)
def test_a_goal_is_reached_when_both_halves_are(error, ratio, goals, reached):
    assert bench.Result("w", "w", "p", "c", 1, 1, ratio, error, 0, None, *goals).reached is reached


def test_a_missing_peer_is_said(monkeypatch, only):
    monkeypatch.setitem(sys.modules, "sympy", None)
    only("sympy", "x^2 numeric numpy")
    done = bench.calculus_bench(64, repeat=1)
    assert "not compared: sympy is not installed" in done.notes
    assert {row.peer for row in done.results} == {"numpy"}
    only("sympy")
    with pytest.raises(EdgecalcError, match=r"sympy, none of which is installed: pip install sympy"):
        bench.calculus_bench(64, repeat=1)


def test_progress_names_every_row(only):
    told = []
    only("x^2 numeric numpy")
    bench.calculus_bench(64, repeat=1, progress=told.append)
    assert told == ["x^2, numeric, against numpy gradient, edge_order=2"]


def test_a_terminal_without_utf8_gets_plain_characters(only):
    only("numpy")
    assert bench.calculus_bench(64, repeat=1).table(ascii_only=True).isascii()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--points", "4"], "points: 4 came"),
        (["--repeat", "0"], "repeat: 0 came"),
        (["--only", "sobol"], "'sobol' came; accepted are"),
        (["--image", "a.png"], "--image: it goes with the rows of images"),
        (["--plot", "a.png"], "--plot: it goes with the rows of images"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_accepted(words, said, capsys):
    assert run(*words) == 2
    assert said in capsys.readouterr().err


def test_points_without_calculus_are_refused(capsys):
    assert main(["bench", "--points", "64"]) == 2
    assert "--points: 64 came" in capsys.readouterr().err
