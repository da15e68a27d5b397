"""The tables that say what a descent by another library becomes: both sides walk a hundred steps."""

import re

import numpy as np
import pytest
from scipy.optimize import minimize

from edgecalc import optimize
from edgecalc.optimize import schedules
from edgecalc.optimize.problems import PROBLEMS
from edgecalc.optimize.schedules import schedule_of
from tests.docs.conftest import ROOT
from tests.optimize import peers

PAGE = (ROOT / "docs" / "howto" / "optax.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^\| `(optax|torch)\.(?:optim\.)?(\w+)\((.+)\)` \| `(descend\(.+)\)` \|$", PAGE, re.MULTILINE)
ENDS = re.findall(r"^\| `(minimize\(.+\))` \| `(.+)` \|$", PAGE, re.MULTILINE)
PLANS = re.findall(r"^\| .+ \| .+ \| `schedule=(.+)` \|$", PAGE, re.MULTILINE)
SCENE = {"f": peers.PROBLEM.f, "grad": peers.PROBLEM.gradient, "x": np.array(peers.START), "rules": optimize.rules, "minimize": minimize}
SCENE |= {name: getattr(optimize, name) for name in ("descend", "bfgs", "lbfgs", "newton")}


def case_of(library, name, options):
    """The stored path that a call of the peer stands for."""
    rate, options = eval(f"(lambda *_, lr=None, **rest: (lr or _[0], rest))({options})", SCENE)
    return next(case for case, row in peers.CASES[library].items() if row[1:] == (rate, name, options))


def test_the_tables_name_all_kinds_of_peers():
    assert (len(STEPS), len(ENDS), len(PLANS)) == (20, 3, 4)


@pytest.mark.parametrize(("library", "name", "options", "ours"), STEPS)
def test_both_sides_of_a_line_walk_the_same_path(library, name, options, ours):
    trace = eval(f"{ours}, steps=peers.STEPS)", SCENE | {"peers": peers})
    np.testing.assert_allclose(trace.x[list(peers.KEPT)], peers.path_of(library, case_of(library, name, options)), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("theirs", "ours"), ENDS)
def test_both_sides_end_at_the_same_minimum(theirs, ours):
    problem = PROBLEMS["rosenbrock"]
    hess = lambda p: np.array([[2 - 400 * (p[1] - 3 * p[0] ** 2), -400 * p[0]], [-400 * p[0], 200.0]])  # noqa: E731
    scene = SCENE | {"f": problem.f, "grad": problem.gradient, "hess": hess}
    np.testing.assert_allclose(eval(ours, scene).x[-1], eval(theirs, scene).x, atol=1e-5)


@pytest.mark.parametrize(
    ("ours", "formula"),
    list(
        zip(PLANS, [lambda t: (1 + np.cos(np.pi * t / 200)) / 2, lambda t: 0.99**t, lambda t: 0.1 ** (t // 30), lambda t: 1 / (1 + t)], strict=True)
    ),
)
def test_a_schedule_follows_the_formula_of_both(ours, formula):
    plan = schedule_of(eval(ours, {"schedules": schedules, "factor": formula}))
    assert [plan.factor(t, 200) for t in range(200)] == pytest.approx([formula(t) for t in range(200)], abs=1e-15)
