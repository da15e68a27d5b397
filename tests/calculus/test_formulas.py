"""Formulas are read, never run; their derivatives follow the rules; methods and steps are compared."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import sympy

from edgecalc.calculus import Expression, compare, derivative, step_study, symbolic
from edgecalc.cli.main import main
from edgecalc.errors import EdgecalcError

X = np.linspace(0.2, 0.9, 15)
FORMULAS = {
    "exp(-2*x)+3*sin(3*x)": lambda x: np.exp(-2 * x) + 3 * np.sin(3 * x), "2*x^3-3x0^2+5": None, "x^-2": lambda x: x**-2.0, "2^x": lambda x: 2.0**x,
    "-x^2": lambda x: -(x**2), "ln(x)/log10(x)": lambda x: np.log(x) / np.log10(x), "pi*x+e": lambda x: np.pi * x + np.e, "max(x, 0.5)": lambda x: np.maximum(x, 0.5),
    "sqrt(abs(sin(x)))": lambda x: np.sqrt(np.abs(np.sin(x))), "x**2^x": lambda x: x ** (2**x), "7": lambda x: np.full_like(x, 7),
}  # fmt: skip


@pytest.mark.parametrize("text", [text for text, call in FORMULAS.items() if call])
def test_a_formula_is_the_function_it_says(text):
    np.testing.assert_allclose(np.broadcast_to(Expression.parse(text)(X), X.shape), FORMULAS[text](X), rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "said", "column"),
    [
        ("2x", "a product is written 2", 1), ("(x+1", "1 opening and 0 closing", None), ("foo(x)", "foo is not a function", 0), ("sin", "write sin", 0),
        ("x.real", "not accepted", 0), ("__import__('os')", "not a function", 0), ("[x]", "not accepted", 0), ("x if x else 1", "not accepted", 0),
        ("lambda x: x", "not accepted", 0), ("x; x", "cannot be read", None), ("9**9**9**9", "beyond", None), ("max(x)", "takes 2 arguments", 0),
        ("sin(x, x)", "takes 1 argument", 0), ("'x'", "not accepted", 0), ("x @ x", "not accepted", 0), ("(" * 300 + "x" + ")" * 300, "formula", None),
        ("2(x+1)", "formula: a sign is missing", 1), ("(x+1)(x-1)", "a sign is missing", None), ("True + x", "not accepted", 0), ("1j*x", "not accepted", 0),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_with_a_caret_under_it(text, said, column):
    with pytest.raises(EdgecalcError, match=said) as caught:
        Expression.parse(text)
    lines = str(caught.value).splitlines()
    assert lines[-1].strip() == "^" and lines[-2].strip() == text
    assert column is None or lines[-1].index("^") - 4 == column


@pytest.mark.parametrize("text", ["", "   ", None, 3, "x" * 3000])
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(EdgecalcError, match="formula"):
        Expression.parse(text)


COURSE = {
    "5*x^2+3*x+1": "10*x+3", "5*x^2*(3*x+1)": "5*x*(9*x+2)", "5*x^2/(3*x+1)": "5*x*(3*x+2)/(3*x+1)^2", "5*(3*x+1)^2": "30*(3*x+1)",
    "exp(3*x+1)": "3*exp(3*x+1)", "x*sin(x)": "sin(x)+x*cos(x)", "sin(x^2)": "2*x*cos(x^2)", "ln(x)": "1/x", "x^x": "x^x*(ln(x)+1)", "2^x": "2^x*ln(2)",
    "tanh(x)": "1-tanh(x)^2", "asin(x)": "1/sqrt(1-x^2)", "sqrt(x)": "1/(2*sqrt(x))", "7": "0*x",
}  # fmt: skip


@pytest.mark.parametrize("text", COURSE)
def test_the_rules_give_what_is_done_by_hand_and_every_step_is_right(text):
    worked = symbolic.work(text)
    assert sympy.simplify(worked.simplified - symbolic.to_sympy(COURSE[text])) == 0
    x = sympy.Symbol("x", real=True)
    for step in worked.steps:
        assert sympy.simplify(step.derivative - sympy.diff(step.formula, x)) == 0
    assert str(worked).count("\n") == len(worked.steps) + 1 and r"\frac{d}{dx}" in worked.latex() or not worked.steps


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("5*x^2", ["constant multiple", "power rule"]), ("x*sin(x)", ["product rule", "rule of sin"]), ("x/(x+1)", ["quotient rule", "sum rule"]),
        ("sin(x^2)", ["chain rule (sin)", "power rule"]), ("(3*x+1)^2", ["chain rule (power)", "sum rule", "constant multiple"]),
    ],
)  # fmt: skip
def test_steps_are_named_by_their_rules_from_the_outside_in(text, rules):
    assert [step.rule for step in symbolic.work(text).steps] == rules


@pytest.mark.parametrize("text", ["exp(-2*x)+3*sin(3*x)", "2*x^3-3*x^2+5", "x^2"])
def test_all_methods_agree_on_the_courses_functions(text):
    found = compare(text, np.linspace(-6, 6, 50))
    errors = {way.method: way.error for way in found.ways}
    assert found.reference == "symbolic" and set(errors) == {"forward", "central", "auto", "complex", "automatic", "symbolic"}
    assert max(errors[method] for method in ("auto", "complex", "automatic")) < 2e-15 and errors["forward"] < 1e-6
    assert all(way.method in found.table() for way in found.ways)


def test_a_method_that_cannot_is_listed_with_its_reason():
    reasons = {way.method: way.reason for way in compare(abs, np.array([1.0, -2.0])).ways}
    assert "imaginary" in reasons["complex"] and "formula" in reasons["symbolic"]


@pytest.mark.parametrize("f", [lambda x: "text", lambda x: None, lambda x: np.zeros(7), lambda x: 1j * x])
def test_a_function_that_no_method_takes_is_refused_with_the_reason(f):
    with pytest.raises(ValueError, match=r"^f: no method differentiates it; f: .*accepted|real ones"):
        compare(f, 0.5)


def test_where_the_reference_has_no_number_nothing_is_called_exact():
    ways = {way.method: way for way in compare("abs(x)", [-1.0, 0.0, 2.0]).ways}
    assert (ways["auto"].error, ways["auto"].worst) == (0, 0)  # exact, and no number at 0, where the rules of others have one
    assert all(np.isnan(way.error) for way in compare("ln(x)", -1.0).ways)
    assert compare("floor(x)*x", 0.5).reference == "automatic"
    assert "no formula" in {way.method: way.reason for way in compare("floor(x)", 0.5).ways}["symbolic"]


def test_comparisons_and_studies_are_printed_as_tables():
    for made in (compare("x^2", 3.0), step_study("sin(x)", 1e6)):
        assert str(made) == made.table()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"f": np.abs, "x": 0.0}, "f: .*corner"), ({"f": lambda x: np.nan * x}, "f: .*undefined"), ({"x": [0.0, 1.0]}, "x: .*one finite number"),
        ({"x": "a"}, "x: "), ({"exact": "a"}, "exact: "), ({"exact": np.nan}, "exact: "), ({"method": "auto"}, "method: "),
    ],
)  # fmt: skip
def test_a_study_says_what_it_cannot_study(given, said):
    with pytest.raises((TypeError, ValueError), match=f"^{said}"):
        step_study(**{"f": np.sin, "x": 0.0, **given})


@pytest.mark.parametrize("text", ["sin(x)/(x-x)", "x/(x-x) + x"])
def test_a_formula_without_a_value_is_refused(text):
    for call in (symbolic.work, lambda text: symbolic.derivative(text, 1.0)):
        with pytest.raises(ValueError, match=r"^f: .* divides by 0 wherever it is asked"):
            call(text)


def test_points_without_an_answer_are_counted():
    ways = {way.method: way for way in compare("abs(x)", [-1.0, 0.0, 1.0]).ways}
    assert (ways["auto"].missing, ways["symbolic"].missing) == (1, 0)
    assert compare("abs(x)", [-1.0, 0.0, 1.0]).table().count("1 without an answer") == 1


def test_notebooks_show_the_text():
    said = []
    for each in (compare("x^2", 3.0), step_study("exp(x)", 0.0), symbolic.work("x^2")):
        each._repr_pretty_(SimpleNamespace(text=said.append), False)
        assert said[-1] == str(each)


@pytest.mark.parametrize("text", ["floor(x)", "sign(x)", "x*floor(x)"])
def test_rules_that_end_in_no_function_are_refused(text):
    with pytest.raises(ValueError, match="no formula"):
        symbolic.work(text)


@pytest.mark.parametrize(("method", "accuracy", "best"), [("central", 2, 6e-6), ("forward", 1, 1.5e-8), ("central", 4, 7e-4)])
def test_the_best_step_is_where_truncation_meets_rounding(method, accuracy, best):
    study = step_study("exp(x)", 0.0, method=method, accuracy=accuracy)
    assert best / 30 < study.best < best * 30
    slopes = np.diff(np.log(study.errors[:4])) / np.diff(np.log(study.steps[:4]))
    assert np.abs(slopes[-1] - accuracy) < 0.3
    assert "<- best" in study.table()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x^2", "--at", "3"], "6.0 +-"), (["x^2", "--at", "3", "--method", "all"], "automatic"), (["sin(x^2)", "--steps"], "chain rule"),
        (["x^2+3*x*y", "--at", "1,2"], "d/dy = 3.0"), (["abs(x)", "--at", "0"], "corner"), (["exp(x)", "--at", "0", "--study"], "best"),
    ],
)  # fmt: skip
def test_the_command_answers(arguments, said, capsys):
    assert main(["diff", *arguments]) == 0
    assert said in capsys.readouterr().out


def test_the_command_gives_json(capsys):
    assert main(["diff", "abs(x)", "--at", "0", "--json"]) == 0
    held = json.loads(capsys.readouterr().out)
    assert held["kind"] == "corner" and held["value"] is None and (held["left"], held["right"]) == (-1.0, 1.0)


@pytest.mark.parametrize(
    "arguments", [["2x", "--at", "1"], ["x^2"], ["x^2", "--at", "a"], ["x*y", "--at", "1"], ["x", "--at", "1", "--method", "magic"]]
)
def test_wrong_usage_ends_with_2(arguments, capsys):
    assert main(["diff", *arguments]) == 2
    assert "edgecalc:" in capsys.readouterr().err


def test_symbolic_derivatives_of_any_order_are_numbers():
    np.testing.assert_allclose(derivative(Expression.parse("sin(x)"), X, order=3, method="symbolic").value, -np.cos(X), rtol=1e-14)


def test_the_caret_stands_right_behind_letters_of_several_bytes():
    with pytest.raises(EdgecalcError, match="foo is not a function here") as caught:
        Expression.parse("π*ä + foo(x)")
    line, caret = str(caught.value).splitlines()[-2:]
    assert line[caret.index("^") :].startswith("foo")
