"""What holds for every picture: made without pyplot, named, legible, nothing cut off; and what is said where matplotlib is missing."""

import doctest
import pickle
import sys
from io import BytesIO
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from edgecalc import plots
from edgecalc.errors import EdgecalcError
from edgecalc.plots import curves, style, surfaces
from tests.plots.pictures import CASES, PICTURES
from tests.reference import process


def test_every_picture_is_asked():
    assert set(PICTURES["curves"]) == set(curves.__all__)
    assert {*PICTURES["surfaces"], "turned"} == set(surfaces.__all__)


@pytest.mark.parametrize("room", [curves, surfaces])
def test_every_public_name_has_an_example_that_uses_it(room):
    assert room.__all__ == sorted(room.__all__)
    for name in room.__all__:
        (found,) = doctest.DocTestFinder(recurse=False).find(getattr(room, name), name, module=False)
        assert any(f"{name}(" in example.source for example in found.examples), name


@pytest.mark.parametrize(("room", "name"), CASES)
def test_picture_is_whole_named_and_leaves_settings_alone(room, name):
    settings = dict(matplotlib.rcParams)
    figure = PICTURES[room][name]()
    file = BytesIO()
    figure.savefig(file, format="png", dpi=50)
    assert file.getvalue()[1:4] == b"PNG"
    assert dict(matplotlib.rcParams) == settings
    assert figure.get_suptitle() or figure.axes[0].get_title()
    lowest = figure.axes[-1] if room == "curves" else figure.axes[0]
    assert lowest.get_xlabel()
    width, height = figure.get_size_inches()
    drawn = figure.get_tightbbox()
    assert drawn.x0 >= -0.01 and drawn.y0 >= -0.01 and drawn.x1 <= width + 0.01 and drawn.y1 <= height + 0.01, "something is cut off"


def test_pictures_need_no_pyplot_and_an_import_no_matplotlib():
    program = (
        "import sys; from edgecalc import plots; plots.curves, plots.surfaces; before = 'matplotlib' in sys.modules; "
        "plots.curves.tangent('x^2', 1.0); plots.surfaces.surface('x^2 + y^2', (-1, 1)); print(before, 'matplotlib.pyplot' in sys.modules)"
    )
    assert process.printed(program) == "False False"


@pytest.mark.parametrize(
    ("library", "call"), [("matplotlib", "plots.curves.tangent('x^2', 1.0)"), ("plotly", "plots.surfaces.turned('x^2 + y^2', (-1, 1))")]
)
def test_missing_library_is_told_with_the_line_that_installs_it(library, call):
    program = f"""
import sys
sys.modules[{library!r}] = None
from edgecalc import plots
from edgecalc.errors import MissingExtra
try:
    {call}
except MissingExtra as error:
    print(error)
"""
    assert process.printed(program) == f'this needs {library}, which is not installed: pip install "edgecalc[plots]"'


def test_figure_shows_itself_in_a_notebook_and_can_be_pickled():
    figure = curves.tangent("x^2", 1.0)
    assert figure._repr_png_()[1:4] == b"PNG"
    again = pickle.loads(pickle.dumps(figure))
    np.testing.assert_array_equal(again.axes[0].lines[-1].get_xdata(), figure.axes[0].lines[-1].get_xdata())


def test_lines_differ_in_colour_and_in_style():
    assert len({line["color"] for line in style.LINES}) == len({str(line["linestyle"]) for line in style.LINES}) == len(style.LINES)
    assert style.line(len(style.LINES)) == style.line(0)


@pytest.mark.parametrize("line", style.LINES)
def test_lines_are_seen_on_white_and_on_black(line):
    lightness = np.dot([0.2126, 0.7152, 0.0722], to_rgb(line["color"]))
    assert 0.1 < lightness < 0.75


def test_a_long_title_takes_several_lines():
    axes = style.named(style.figure(3.0, 2.0).subplots(), "a word and " * 9)
    assert max(map(len, axes.get_title().split("\n"))) <= style.LETTERS * 3


def test_an_unknown_room_is_an_attribute_error_that_names_the_rooms():
    with pytest.raises(AttributeError, match=r"'curvs'.*curves.*surfaces"):
        _ = plots.curvs
    assert {"curves", "surfaces"} <= set(dir(plots))


def test_a_figure_is_shown_in_a_notebook_and_says_what_to_do_elsewhere(monkeypatch):
    shown = []
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=shown.append))
    drawn = style.figure()
    with pytest.raises(EdgecalcError, match=r"figure.savefig\("):
        drawn.show()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=object))
    drawn.show()
    assert shown == [drawn]
    monkeypatch.setitem(sys.modules, "IPython", None)
    with pytest.raises(EdgecalcError, match=r"figure.savefig\("):
        drawn.show()
