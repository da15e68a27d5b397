"""edgecalc diff: what is printed, as text and as JSON, what is drawn, and what is refused."""

import json
import math
import sys

import pytest
from PIL import Image

from edgecalc.cli.main import main

COURSE = "exp(-2*x)+3*sin(3*x)"


def diff(*words: str) -> int:
    return main(["diff", *words])


def held(capsys, *words):
    assert diff(*words, "--json") == 0
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)  # no NaN: that is not JSON


def test_a_derivative_is_printed_with_its_bar(capsys):
    assert diff("x^2", "--at", "1") == 0
    assert capsys.readouterr().out.startswith("2.0 +- ")


def test_a_corner_is_printed_with_both_sides(capsys):
    assert diff("abs(x)", "--at", "0") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("nan   (")
    assert second == "corner: from the left -1.0, from the right 1.0"


def test_json_of_a_derivative(capsys):
    found = held(capsys, COURSE, "--at", ".25", "--order", "2")
    assert found["value"] == pytest.approx(4 * 0.6065306597126334 - 27 * 0.6816387600233342, abs=1e-10)
    assert (found["at"], found["order"], found["kind"]) == (0.25, 2, "smooth")
    assert held(capsys, "abs(x)", "--at", "0")["value"] is None


def test_json_of_all_methods(capsys):
    found = held(capsys, "x^2", "--at", "3", "--method", "all")
    assert {way["method"]: way["value"] for way in found["ways"]}["symbolic"] == 6.0
    assert found["reference"] == "symbolic"


def test_json_of_a_study(capsys):
    found = held(capsys, "exp(x)", "--at", "0", "--study")
    assert len(found["steps"]) == len(found["errors"]) == 32
    assert 1e-7 < found["best"] < 1e-4


def test_gradients_are_in_alphabetical_order(capsys):
    assert held(capsys, "b^2+3*a*b", "--at", "1,2")["gradient"] == {"a": 6.0, "b": 7.0}
    assert diff("b^2+3*a*b", "--at", "1,2") == 0
    assert capsys.readouterr().out.splitlines() == ["d/da = 6.0", "d/db = 7.0"]


def test_steps_are_told_in_the_variable_of_the_formula(capsys):
    assert diff("t^2*sin(t)", "--steps") == 0
    told = capsys.readouterr().out
    assert "d/dt t**2 = 2*t" in told
    assert "d/dx" not in told
    assert diff("a*x^2", "--steps") == 2
    assert "--steps: a formula of a, x came" in capsys.readouterr().err


def test_an_order_of_0_does_not_pass_beside_a_study(capsys):
    assert diff("x^2", "--at", "1", "--study", "--order", "0") == 2
    assert "--order" in capsys.readouterr().err


def test_steps_are_the_rules(capsys):
    assert diff("sin(x^2)", "--steps") == 0
    assert "chain" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [(COURSE, "--at", ".25"), ("abs(x)", "--at", "0"), (COURSE, "--at", ".25", "--method", "all"), ("exp(x)", "--at", "0", "--study")]
)
def test_tangents_kinks_methods_and_studies_are_drawn(words, tmp_path, capsys):
    assert diff(*words, "--plot", str(tmp_path / "out.png")) == 0
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.width > 300
    assert capsys.readouterr().out


@pytest.mark.parametrize(("words", "drawn"), [(("x^2", "--at", "1"), "Tangent"), (("abs(x)", "--at", "0"), "corner")])
def test_the_tangent_is_drawn_where_there_is_one(words, drawn, tmp_path):
    assert diff(*words, "--plot", str(tmp_path / "out.svg")) == 0
    assert drawn in (tmp_path / "out.svg").read_text(encoding="utf-8")


def test_the_picture_needs_matplotlib(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.delitem(sys.modules, "edgecalc.plots.picture", raising=False)
    assert diff("x^2", "--at", "1", "--plot", str(tmp_path / "out.png")) == 2
    assert 'pip install "edgecalc[plots]"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("x^2",), "--at X: say where"),
        (("x^2", "--at", "1,2"), "'1,2' came; one number is accepted"),
        (("x*y", "--at", "1"), "'1' came; 2 numbers, separated by commas, are accepted"),
        (("x*y", "--at", "a,b"), "'a,b' came"),
        (("x*y", "--at", "1,2", "--order", "2"), "--order: it does not go with several variables"),
        (("x*y", "--at", "1,2", "--method", "all"), "--method: it does not go with several variables"),
        (("x*y", "--at", "1,2", "--plot", "a.png"), "--plot: it does not go with several variables"),
        (("x^2", "--at", "1", "--study", "--order", "2"), "--order: it does not go with --study"),
        (("x^2", "--at", "1", "--plot", "a.png", "--order", "2"), "--order: it does not go with --plot"),
        (("x^2", "--steps", "--json"), "--json: it does not go with --steps"),
        (("x^2", "--at", "1", "--order", "9"), "order: 9 came"),
        (("x^2", "--at", "1", "--method", "magic"), "method: 'magic'"),
        (("2x", "--at", "1"), "a sign is missing here"),
        (("__import__('os')", "--at", "1"), "formula:"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_accepted(words, said, capsys):
    assert diff(*words) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert not out


def test_an_unknown_kind_of_picture_is_refused(tmp_path, capsys):
    assert diff("x^2", "--at", "1", "--plot", str(tmp_path / "out.xyz")) == 2
    assert "xyz" in capsys.readouterr().err


def test_products_of_large_powers_are_infinite_and_no_accident(capsys):
    assert diff("2^900*2^900*x", "--at", "1") == 0
    assert "undefined" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("formula", "slope"),
    [("x*abs(3)^50", 3.0**50), ("x*max(10,2)^20", 1e20), ("x*max(3,2)^-1", 1 / 3), ("x+floor(2)^-1", 1.0), ("x^2*e^2", 4 * math.e**2)],
)
def test_whole_numbers_do_not_wrap(formula, slope, capsys):
    assert held(capsys, formula, "--at", "2")["value"] == pytest.approx(slope, rel=1e-12)


@pytest.mark.parametrize("formula", ["x+e^1000", "x+pi^1000", "e^e^e^e*x", "x+1/(pi-pi)", "x+(e-e)^-1", "x+(-pi)^0.5", "x/sqrt(pi-pi)"])
def test_constants_by_name_are_looked_at_too(formula, capsys):
    assert diff(formula, "--at", "1") == 2
    assert capsys.readouterr().err.splitlines()[-1].strip() == "^"


@pytest.mark.parametrize("method", ["symbolic", "automatic", "auto"])
def test_the_cube_root_is_the_real_one(method, capsys):
    assert held(capsys, "cbrt(x)", "--at", "-8", "--method", method)["value"] == pytest.approx(1 / 12, rel=1e-12)
