"""The table that says what a derivative by another library becomes: both sides are run and compared, line by line."""

import re

import numpy as np
import pytest

import edgecalc as ec
from tests.docs.conftest import ROOT

PAGE = (ROOT / "docs" / "calculus.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\| `((?:differentiate|optimize|nd|autograd|np|findiff)\..+)` \| `(.+)` \|$", PAGE, re.MULTILINE)
PACKAGES = {"differentiate": "scipy.differentiate", "optimize": "scipy.optimize", "nd": "numdifftools", "np": "numpy"}


def test_the_table_moves_twelve_calls_of_six_packages():
    assert len(LINES) == 12
    assert {theirs.partition(".")[0] for theirs, _ in LINES} == {"differentiate", "optimize", "nd", "autograd", "np", "findiff"}


@pytest.mark.parametrize(("theirs", "ours"), LINES)
def test_both_sides_of_a_line_are_the_same_derivative(theirs, ours):
    name = theirs.partition(".")[0]
    library = pytest.importorskip(PACKAGES.get(name, name))
    scene = {
        "calculus": ec.calculus,
        "ec": ec,
        "np": np,
        name: library,
        "f": lambda x: x**3 / (1 + x**2),
        "g": lambda p: p[0] ** 2 * p[1] + p[1] ** 3 * p[2],
        "field": lambda p: np.stack([p[0] * p[1], p[1] ** 2 - p[2], p[0] + p[2] ** 3]),
        "x": np.linspace(-2, 2, 21),
        "p": np.array([1.0, -0.5, 2.0]),
        "v": np.array([3.0, 4.0, 12.0]),
        "y": np.sin(np.linspace(0, 3, 301)),
        "h": 0.01,
    }
    expected, result = eval(theirs, scene), eval(ours, scene)
    assert np.shape(np.squeeze(expected)) == np.shape(result)
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(result, np.squeeze(expected), rtol=1e-6, atol=1e-6)
