"""The public names of the design: what they take, that they are documented, and what an import brings with it."""

import doctest
import inspect
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgecalc as ec
from tests.reference import process

OPTIONS = {"border": "reflect", "cval": 0, "normalize": False, "view": None, "dtype": None, "out": None, "threads": None}
# {name: ({positional: default}, {keyword-only: default})}; "image" and the like have none
NEEDED = inspect.Parameter.empty
PROMISED = {
    **{name: ({"image": NEEDED, "axis": "x"}, OPTIONS) for name in ("forward", "backward", "central", "scharr", "prewitt", "farid")},
    "sobel": ({"image": NEEDED, "axis": "x"}, {"ksize": 3, "order": 1, **OPTIONS}),
    "roberts": ({"image": NEEDED, "diagonal": "main"}, OPTIONS),
    "gradient": ({"image": NEEDED, "operator": "sobel"}, {"border": "reflect"}),
    "magnitude": ({"image": NEEDED, "operator": "sobel", "norm": "l2", "dtype": None}, {"border": "reflect"}),
    "orientation": ({"image": NEEDED, "operator": "sobel"}, {"border": "reflect"}),
    "differentiate": ({"samples": NEEDED, "spacing": 1.0, "axis": -1, "order": 1, "accuracy": 2, "border": "one-sided"}, {}),
}
HEAVY = ("cv2", "scipy", "skimage", "PIL", "matplotlib")
SLOW = ("numpy.ma", "numpy.random", "concurrent.futures")  # 8 to 14 ms each, which few programs need


@pytest.mark.parametrize("name", PROMISED)
def test_signature_is_the_promised_one(name):
    parameters = inspect.signature(getattr(ec, name)).parameters
    positional, keywords = PROMISED[name]
    assert {p.name: p.default for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD} == positional
    assert list(parameters)[: len(positional)] == list(positional)
    only = {p.name: p.default for p in parameters.values() if p.kind is p.KEYWORD_ONLY}
    assert {key: only.get(key, "missing") for key in keywords} == keywords
    assert all(p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) for p in parameters.values())
    assert all(default is not NEEDED for default in only.values())


@pytest.mark.parametrize("name", PROMISED)
def test_options_behind_the_array_are_taken_by_name(name):
    image = np.zeros((6, 7), np.uint8)
    keywords = {key: value for key, value in {**PROMISED[name][0], **PROMISED[name][1]}.items() if value is not NEEDED}
    result, plain = getattr(ec, name)(image, **keywords), getattr(ec, name)(image)
    np.testing.assert_array_equal(result, plain)


def test_all_is_sorted_and_holds_every_promised_name():
    assert list(ec.__all__) == sorted(set(ec.__all__))
    assert {*PROMISED, "Gradient", "reference"} <= set(ec.__all__)
    assert set(ec.__all__) <= set(dir(ec))


@pytest.mark.parametrize("name", ec.__all__)
def test_every_public_name_is_there_and_documented(name):
    value = getattr(ec, name)
    assert inspect.getdoc(value), f"{name} has no docstring"
    if inspect.isfunction(value):
        examples = [example for test in doctest.DocTestFinder(recurse=False).find(value, name) for example in test.examples]
        assert examples, f"{name} has no example"
        assert any(name in example.source for example in examples)


def test_star_import_brings_what_all_says():
    names = {}
    exec("from edgecalc import *", names)
    assert set(ec.__all__) <= set(names)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="sobble"):
        _ = ec.sobble


FILTERS = [name for name in ec.__all__ if inspect.isfunction(getattr(ec, name)) and name != "canny"]  # which gives edges or stages


@pytest.mark.parametrize("name", FILTERS)
def test_what_a_filter_gives_is_said_to_editors(name):
    assert getattr(ec, name).__annotations__["return"] is not Any


def test_gradient_and_polar_are_named_pairs():
    image = np.zeros((4, 5), np.uint8)
    assert ec.gradient(image)._fields == ("x", "y")
    assert ec.polar(image)._fields == ("magnitude", "orientation")


def test_the_reference_check_is_there():
    assert callable(ec.reference.check)


FIRST_USES = [
    f"import numpy as np; z = np.zeros((9, 9), np.uint8); ec.{use}"
    for use in ("canny(z, 1, 2, sigma=1.0)", "canny_auto(z)", "gaussian(z, 1.0)", "structure_tensor(z)", "laplacian(z)", "thin(z)", "di_zenzo(z)")
]


@pytest.mark.parametrize(
    "first_use", ["pass", "import numpy as np; ec.magnitude(np.zeros((9, 9), np.uint8)); ec.differentiate(np.arange(9.0))", *FIRST_USES]
)
def test_import_brings_no_peer_no_image_library_and_nothing_slow(first_use):
    program = f"import sys, edgecalc as ec; {first_use}; print(*[name for name in {HEAVY + SLOW} if name in sys.modules])"
    assert process.printed(program) == ""


def test_an_import_starts_no_thread_and_prints_nothing():
    program = "import edgecalc as ec, threading; ec.sobel; print(threading.active_count())"
    assert process.printed(program) == "1"


def test_the_version_is_a_version():
    assert all(part.isdigit() for part in ec.__version__.split("."))


def test_the_source_without_its_core_says_what_to_do(tmp_path):
    """As beside README's first command, where Python finds the source before what it installed."""
    shutil.copytree(Path(ec.__file__).parent, tmp_path / "edgecalc", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder)]  # which knows where the core lies
try:
    from edgecalc import sobel
except ImportError as error:
    print(error)
"""
    said = process.printed(program)
    assert str(tmp_path / "edgecalc") in said and "start Python in another folder" in said and "pip install -e ." in said
