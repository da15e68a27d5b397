"""derivative: what it refuses and what the refusal says; what functions it takes."""

import math
import re

import numpy as np
import pytest

from edgecalc.calculus import Expression, automatic, derivative, gradient, partial, symbolic

SINGLE = ("central", "forward", "backward")

FUNCTION_REFUSED = {
    "a string": (lambda x: "abc", "numbers are accepted"),
    "None": (lambda x: None, "numbers are accepted"),
    "seven": (lambda x: np.zeros(7), "one value for each x is accepted"),
    "two each": (lambda x: np.zeros((2, *np.shape(x))), "one value for each x is accepted"),
    "complex": (lambda x: np.exp(1j * x), "real"),
}


@pytest.mark.parametrize("x", [0.5, [0.5, 1.0, 2.0]])
@pytest.mark.parametrize("method", ["auto", "complex", *SINGLE])
@pytest.mark.parametrize("name", FUNCTION_REFUSED)
def test_results_of_f_that_are_no_real_number_for_each_x_are_refused(name, method, x):
    f, accepted = FUNCTION_REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=f"^f: .*{accepted}"):
        derivative(f, x, method=method)


MIXING = {
    "less their mean": lambda x: (x - np.mean(x)) ** 2,
    "over their sum": lambda x: np.exp(x) / np.exp(x).sum(),
    "largest first": lambda x: np.sort(x)[..., ::-1] ** 2,
    "slightly": lambda x: x * (1 + 1e-5 * np.mean(x)),
    "sums so far": lambda x: np.cumsum(x, axis=-1) ** 2,
}


@pytest.mark.parametrize("method", ["auto", *SINGLE])
@pytest.mark.parametrize("x", [[0.5, 1.0, 2.5], [0.5, 2.5], [0.5, 2.5, 0.5]], ids=str)
@pytest.mark.parametrize("name", MIXING)
def test_a_function_that_mixes_its_points_is_refused_not_differentiated_wrongly(name, x, method):
    with pytest.raises(ValueError, match=r"^f: at .* alone and .* takes each point by itself"):
        derivative(MIXING[name], x, method=method)


def test_dice_small_differences_and_plain_python_mix_no_points():
    rng = np.random.default_rng(1)
    for f in (
        lambda x: x + 1e-4 * rng.standard_normal(np.shape(x)),
        lambda x: np.sin(np.float32(x)).astype(float) * (1 + 1e-9 * np.size(x)),
        math.erf,
        lambda x: np.where(x < 0, np.nan, 3.0),
        lambda x: 3.0,
    ):
        assert derivative(f, [-0.5, 1.0, 2.5]).value.shape == (3,)


@pytest.mark.parametrize("raised", [RuntimeError, ZeroDivisionError, TypeError, KeyError, ValueError])
@pytest.mark.parametrize("method", ["auto", *SINGLE])
def test_what_f_raises_is_not_hidden(method, raised):
    def f(x):
        raise raised("no luck")

    with pytest.raises(Exception, match="no luck"):
        derivative(f, 0.5, method=method)


@pytest.mark.parametrize("method", ["auto", "complex", *SINGLE])
def test_slope_of_nan_is_nan_and_undefined(method):
    found = derivative(lambda x: np.nan * x, [0.5, 1.0], method=method)
    assert np.isnan([found.value, found.error, found.left, found.right]).all()
    assert set(found.kind) == {"undefined"}


REFUSED = [
    *(("f", {"f": f}) for f in (3, b"x**2", None)),
    *(("x", {"x": x}) for x in (1j, "a", None, object(), np.array([1 + 2j]), np.array([1, None]), math.nan, math.inf, [1, math.nan], [[1, 2], [3]])),
    *(("h", {"h": h, "method": m}) for h in (0, -1, 1e-30, math.nan, math.inf, "a", True, [1], 1j) for m in ("auto", "central")),
    *(("order", {"order": n, "method": m}) for n in (0, 99, 9, -1, 1.5, "1", True, None) for m in ("auto", "central")),
    ("order", {"order": 2, "method": "complex"}),
    *(("h", {"h": 0.1, "method": m}) for m in ("complex", "automatic", "symbolic")),
    *(("accuracy", {"accuracy": 2, "method": m}) for m in ("auto", "complex", "automatic", "symbolic")),
    ("x", {"x": np.ma.masked_array([1.0, 2.0], [False, True])}),
    ("f", {"method": "symbolic"}),
    ("f", {"f": "floor(x)", "method": "symbolic"}),
    *(("accuracy", {"accuracy": a, "method": "central"}) for a in (0, 1, 3, 31, -2, 2.5, "a", True)),
    *(("accuracy", {"accuracy": a, "method": "forward"}) for a in (0, 31, -2, 2.5, "a", True)),
    *(("domain", {"domain": d}) for d in ((1, 0), (1, 1), 3, "ab", (0, 1, 2), (math.nan, 1), (None, 1))),
    *(("method", {"method": m}) for m in ("Auto", "newton", None, 3, "")),
]


@pytest.mark.parametrize(("argument", "given"), REFUSED, ids=[f"{argument} {k}" for k, (argument, _) in enumerate(REFUSED)])
def test_refusals_name_the_argument_and_say_what_is_accepted(argument, given):
    with pytest.raises((TypeError, ValueError), match=f"^{argument}: ") as refusal:
        derivative(**{"f": np.sin, "x": 0.5, **given})
    assert re.search("accepted|any order|an even one", str(refusal.value))


@pytest.mark.parametrize("x", [0.5, [2.5, 3.5]])
def test_x_outside_the_domain_is_refused_with_both_named(x):
    with pytest.raises(ValueError, match=r"^x: .* outside the domain \(2.0, 3.0\)"):
        derivative(np.sin, x, domain=(2, 3))


@pytest.mark.parametrize("call", [gradient, lambda f, x, **given: partial(f, x, 0, **given)])
@pytest.mark.parametrize("given", [{"accuracy": 4}, {"h": 0.1, "method": "complex"}, {"accuracy": 2, "method": "automatic"}])
def test_what_a_method_does_not_use_is_refused_for_several_variables_too(call, given):
    with pytest.raises(ValueError, match=r"^(accuracy|h): .* none is accepted"):
        call(lambda p: p[..., 0] * p[..., 1], [1.0, 2.0], **given)


@pytest.mark.parametrize("result", ["text", None, [None], 1j])
def test_automatic_refuses_a_function_that_gives_no_real_numbers(result):
    with pytest.raises(automatic.NoDerivative, match=r"^f: .* accepted"):
        automatic.derivative(lambda x: result, 0.5)


@pytest.mark.parametrize("given", [{"x": None}, {"x": "1.5"}, {"x": 1j}, {"order": 0}, {"order": -1}, {"order": 1.5}, {"order": "2"}])
def test_symbolic_refuses_what_is_no_number_and_no_order(given):
    with pytest.raises((TypeError, ValueError), match=r"^(x|order): .* accepted"):
        symbolic.derivative("x^2", **{"x": 1.0, **given})


def test_points_of_another_number_than_a_formula_has_variables_are_refused():
    for x in (1.0, [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match="the variables x, y on the last axis are accepted"):
            derivative("x*y", x)


# ---------------------------------------------------------------- what it takes


@pytest.mark.parametrize("method", ["auto", "complex", "automatic", "symbolic", *SINGLE])
def test_a_formula_is_taken_as_text_by_every_method(method):
    assert derivative("exp(-2*x)", 0.25, method=method).value == pytest.approx(-2 * math.exp(-0.5), abs=1e-6)


@pytest.mark.parametrize("method", ["auto", *SINGLE])
def test_a_function_of_one_number_that_sums_is_taken_number_by_number(method):
    data = np.array([1.0, 4.0, 9.0])
    found = derivative(lambda x: np.sum((data - x) ** 2), [0.0, 1.0, 2.0], method=method)
    np.testing.assert_allclose(found.value, [-28, -22, -16], atol=1e-6)


@pytest.mark.parametrize("method", ["automatic", "symbolic"])
def test_exact_rules_give_no_number_where_f_has_none(method):
    found = derivative(Expression.parse("ln(x)"), [-1.0, 0.0, 0.5], method=method)
    assert np.isnan(found.value).tolist() == [True, True, False]
    assert found.kind.tolist() == ["undefined", "undefined", "smooth"]
    root = derivative(Expression.parse("sqrt(x)"), 0.0, method=method)
    assert (root.value, root.kind) == (math.inf, "vertical tangent")


def test_an_explicit_complex_step_has_no_number_at_a_branch_point():
    assert math.isnan(derivative(np.sqrt, 0.0, method="complex").value)


def test_automatic_counts_the_values_it_asks_for():
    asked = []
    found = derivative(lambda x: asked.append(np.size(x)) or x * x, [1.0, 2.0], method="automatic")
    assert 0 < sum(asked) <= found.evaluations


def test_nothing_warns_where_exact_rules_leave_the_domain():
    with np.errstate(all="raise"):
        derivative(np.log, [-1.0, 0.0], method="automatic")
