"""edgecalc descend: what it prints and writes, and how it ends."""

import csv
import json

import pytest

from edgecalc.cli import descend
from edgecalc.cli.main import main
from edgecalc.optimize import RULES, SCHEDULES
from edgecalc.optimize.problems import PROBLEMS


def run(*words: object) -> int:
    return main(["descend", *map(str, words)])


def test_the_names_of_the_help_are_those_of_the_tables():
    assert {*descend.FIRST_ORDER, "sgd"} == set(RULES)
    assert list(SCHEDULES) == list(descend.SCHEDULES)
    assert list(PROBLEMS) == list(descend.PROBLEMS)


def test_a_formula_is_walked_down_step_by_step(capsys):
    assert run("x**2+y**2", "--from", "3,4", "--rule", "sign", "--rate", 1, "--steps", 4) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "sign"
    assert [line.split()[:3] for line in lines[2:7]] == [["0", "3", "4"], ["1", "2", "3"], ["2", "1", "2"], ["3", "0", "1"], ["4", "0", "0"]]
    assert "minimum" in lines[-1]


@pytest.mark.parametrize("rule", [*descend.FIRST_ORDER, *descend.SECOND_ORDER])
def test_every_rule_runs_on_a_formula_of_one_variable_and_on_a_problem(rule, capsys):
    for words in (["exp(x)-ln(x)", "--from", "1.75"], ["rosenbrock"], ["sphere", "--from=-1,2"]):
        assert run(*words, "--rule", rule, "--steps", 3, "--json") == 0
        document = json.loads(capsys.readouterr().out)
        assert document["rows"][0][0] == 0
        assert document["verdict"]


def test_several_rules_are_shown_one_after_the_other(capsys):
    assert run("ravine", "--rule", "gd", "--rule", "adam", "--json", "--steps", 5, "--rate", 0.01) == 0
    assert [json.loads(line)["rule"] for line in capsys.readouterr().out.splitlines()] == ["gd", "adam"]


def test_options_reach_the_run(tmp_path, capsys):
    words = ["--rate", 0.2, "--schedule", "warm-up", "--steps", 40, "--bounds", "0.5,9", "--stop", 1e-3, "--seed", 1, "--csv", tmp_path / "path.csv"]
    assert run("x^2", "--from", 2, "--rule", "noisy", *words) == 0
    with open(tmp_path / "path.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert min(float(row["x"]) for row in rows) >= 0.5
    assert len(rows) < 40
    assert float(rows[0]["rate"]) == pytest.approx(0.02)
    assert run("rosenbrock", "--from=-1,0.2", "--rule", "newton", "--bounds=-2,0.5", "--stop", 1e-6, "--json") == 0
    assert max(row[1] for row in json.loads(capsys.readouterr().out.splitlines()[-1])["rows"]) <= 0.5


def test_the_way_is_drawn_and_played(tmp_path):
    files = [tmp_path / name for name in ("way.png", "way.html", "race.gif")]
    assert run("rosenbrock", "--rule", "adam", "--rule", "gd", "--rate", 0.001, "--steps", 5, "--plot", files[0], "--animate", files[1]) == 0
    assert run("x**2", "--from", 3, "--steps", 5, "--plot", tmp_path / "way.svg", "--animate", files[2]) == 0
    assert [file.read_bytes()[:4] for file in files] == [b"\x89PNG", b"<!do", b"GIF8"]
    assert b"rosenbrock" in files[1].read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["race.gif", "way.html", "way.png", "way.svg"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x**2", "--from", "1", "--plot", "way.xyz"], "--plot: way.xyz came; a name that ends in .png, .svg, .pdf is accepted"),
        (["x**2", "--from", "1", "--animate", "way.png"], "--animate: way.png came; a name that ends in .html, .gif is accepted"),
        (["x**2", "--from", "1", "--plot", "nowhere/way.png"], "a file in a folder that exists is accepted"),
        (["x**2"], "--from X: say where to start"),
        (["x**2", "--from", "1,2"], "--from: '1,2' came; one number is accepted"),
        (["x**2+", "--from", "1"], "formula:"),
        (["3+4", "--from", "1"], "has no variable"),
        (["x**2", "--from", "1", "--rate", "-1"], "rate: -1.0 came"),
        (["x**2", "--from", "1", "--bounds", "3"], "--bounds: '3' came; 2 numbers"),
        (["x**2", "--from", "1", "--rule", "newton", "--rate", "1"], "--rate: it came with --rule newton"),
        (["x**2", "--from", "1", "--rule", "bfgs", "--bounds", "0,1"], "--bounds: it came with --rule bfgs"),
        (["x**2", "--from", "1", "--rule", "gd", "--rule", "adam", "--csv", "x.csv"], "--csv: 2 rules came"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(words, message, capsys):
    assert run(*words) == 2
    assert message in capsys.readouterr().err


def test_an_unknown_rule_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        run("x**2", "--from", "1", "--rule", "adma")
    assert "'adam'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("spher",), "the problem 'sphere' may be meant"),
        (("sphere", "--rows", "0"), "--rows: 0 came; 2 or more"),
        (("x^2",), "--from X: say where to start"),
    ],
)
def test_what_is_nearly_right_is_told_what_may_be_meant(words, said, capsys):
    assert run(*words) == 2
    assert said in capsys.readouterr().err
