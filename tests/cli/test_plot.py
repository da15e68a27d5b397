"""edgecalc plot: every picture of the table is drawn as its example says, files are whole, and what is wrong is named."""

import inspect
import re
import shlex

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from edgecalc.cli import plot
from edgecalc.cli.main import main
from edgecalc.plots import curves, edges, style
from tests.reference import process

PIXELS = np.random.default_rng(2).integers(0, 256, (60, 80), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(PIXELS).save("photo.png")
    return tmp_path


@pytest.fixture
def asked(folder, monkeypatch):
    """What is drawn by a command, without the time that its file takes: the figure."""
    figures = []
    monkeypatch.setattr(plot, "encoded", lambda drawn, *rest: figures.append(drawn) or b"picture")

    def draw(*words):
        assert main(["plot", *words]) == 0
        return figures[-1]

    return draw


def refused(capsys, *words):
    try:
        code = main(["plot", *words])
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("name", plot.PICTURES)
def test_example_is_drawn(name, asked, capsys):
    example = plot.PICTURES[name].example.replace("IMAGE", "photo.png")
    assert isinstance(asked(name, *shlex.split(example)), Figure)
    assert capsys.readouterr().out == f"{name}.png\n"


@pytest.mark.parametrize("name", plot.PICTURES)
def test_what_a_picture_takes_is_what_its_function_takes(name):
    picture = plot.PICTURES[name]
    for function in filter(None, (picture.function, picture.turned)):
        parameters = inspect.signature(plot.drawer(function)).parameters
        assert set(picture.takes) <= set(parameters)
        needed = {
            each for each, parameter in parameters.items() if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
        }
        assert needed <= {each for each, argument in picture.takes.items() if argument.needed or argument.default is not None}


@pytest.mark.parametrize("room", [curves, edges])
def test_every_picture_that_a_command_can_feed_is_there(room):
    """Not: what takes the result of a calculation, which has a command of its own here."""
    drawn = {picture.function.rpartition(".")[2] for picture in plot.PICTURES.values() if isinstance(picture.function, str)}
    own = {picture.function.__name__ for picture in plot.PICTURES.values() if callable(picture.function)}
    assert set(room.__all__) <= drawn | own


def test_without_a_name_all_are_listed(capsys):
    assert main(["plot"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, picture in plot.PICTURES.items():
        assert any(line.split()[:1] == [name] and line.endswith(picture.says) for line in lines)


def test_options_reach_the_function(asked):
    profile = asked("row", "--row", "40", "photo.png", "--columns", "10,30", "--op", "sobel")
    np.testing.assert_array_equal(profile.axes[1].lines[0].get_ydata(), PIXELS[40, 10:30])
    assert "sobel" in profile.axes[2].get_title()
    tangent = asked("tangent", "sin(x)", "--at", "1", "--box", "-1,4")
    assert tangent.axes[0].get_title() == "Tangent of sin(x) at x = 1: slope 0.5403"
    assert tangent.axes[0].get_xlim() == (-1, 4)
    kernels = asked("kernels", "sobel,laplacian")
    assert [axes.get_title().split(":")[0] for axes in kernels.axes] == ["sobel along x", "sobel along y", "laplacian"]
    found = asked("canny", "photo.png", "--high", "700", "--low", "300", "--ksize", "5", "--norm", "l2")
    expected = edges.canny_stages(PIXELS, 300, 700, ksize=5, norm="l2")
    np.testing.assert_array_equal(found.axes[5].images[0].get_array(), expected.axes[5].images[0].get_array())


def test_file_may_be_named_first(asked, capsys):
    asked("-o", "here.svg", "kernels", "sobel")
    assert capsys.readouterr().out == "here.svg\n"


def test_a_minus_begins_a_formula_or_a_number(asked):
    assert asked("tangent", "-x^2", "--at", "-1.5").axes[0].get_title() == "Tangent of -x^2 at x = -1.5: slope 3"
    plane = asked("tangent-plane", "x**2+y**2", "--at", "-1,2")
    assert "at (-1, 2)" in plane.axes[0].get_title()
    assert asked("contour", "x*y", "--box", "-1,1,-3,4").axes[0].get_ylim() == (-3, 4)


@pytest.mark.parametrize(("suffix", "start"), [(".png", b"\x89PNG"), (".SVG", b"<?xml"), (".pdf", b"%PDF")])
def test_file_is_of_the_sort_that_its_name_says(suffix, start, folder):
    for name in ("first", "second"):
        assert main(["plot", "borders", "-o", f"{name}{suffix}", "--dpi", "40"]) == 0
    first = (folder / f"first{suffix}").read_bytes()
    assert first.startswith(start)
    assert first == (folder / f"second{suffix}").read_bytes()
    assert b"date>" not in first
    assert b"/CreationDate" not in first
    assert len(list(folder.iterdir())) == 3


def test_picture_has_so_many_dots_an_inch(folder):
    assert main(["plot", "tangent", "x^2", "--at", "1"]) == 0
    with Image.open("tangent.png") as picture:
        assert picture.size == (round(150 * style.WIDTH), round(150 * style.HEIGHT))


def test_surface_is_turned_by_hand(folder):
    assert main(["plot", "surface", "x**2-y**2", "-o", "turn.html"]) == 0
    page = (folder / "turn.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page
    assert not re.search(r"<script[^>]*\bsrc=", page)


def test_a_write_that_fails_leaves_what_was_there(folder, monkeypatch, capsys):
    (folder / "tangent.png").write_bytes(b"before")

    def fails(*_):
        raise OSError("no space left")

    monkeypatch.setattr("edgecalc.media.write.os.replace", fails)
    assert main(["plot", "borders", "-o", "tangent.png", "--dpi", "20"]) == 1
    assert (folder / "tangent.png").read_bytes() == b"before"
    assert sorted(path.name for path in folder.iterdir()) == ["photo.png", "tangent.png"]


def test_the_image_is_not_written_over(folder, capsys):
    before = (folder / "photo.png").read_bytes()
    (folder / "link.png").symlink_to("photo.png")
    for out in ("photo.png", "./photo.png", "link.png"):
        assert "is the image itself" in refused(capsys, "panels", "photo.png", "-o", out)
    assert (folder / "photo.png").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tangnt"], "NAME: 'tangnt' came, did you mean tangent?; accepted are functions, activations"),
        (["qqqq"], "NAME: 'qqqq' came; accepted are functions"),
        (["tangent", "sin(x)"], "the following arguments are required: --at"),
        (["tangent", "--at", "1"], "the following arguments are required: FORMULA"),
        (["tangent", "sin(x)", "--at", "one"], "--at: 'one' came; one number is accepted"),
        (["tangent", "sin(x)", "--at", "1,2"], "--at: '1,2' came; one number is accepted"),
        (["tangent", "sin(x)", "--at", "1", "--row", "3"], "unrecognized arguments: --row 3"),
        (["tangent", "sin(", "--at", "1"], "formula: 1 opening and 0 closing parentheses"),
        (["contour", "x*y", "--box", "1,2,3"], "--box: '1,2,3' came; a low and a high end"),
        (["row", "photo.png", "--row", "1.5"], "--row: '1.5' came; a whole number is accepted"),
        (["row", "photo.png", "--row", "60"], "row: 60 came; an int from -60 to 59 is accepted"),
        (["row", "missing.png", "--row", "6"], "missing.png: no such file"),
        (["borders", "-o", "borders.jpg"], "-o: borders.jpg came; a name that ends in .png, .svg, .pdf is accepted"),
        (["borders", "-o", "borders.html"], "-o: borders.html came; a name that ends in .png, .svg, .pdf is accepted"),
        (["borders", "-o", "nowhere/borders.png"], "-o: nowhere/borders.png came; a file in a folder that exists"),
        (["borders", "--dpi", "5"], "--dpi: '5' came; 10 to 2000 is accepted"),
        (["kernels", "sobble"], "which: 'sobble' came; accepted are 'forward'"),
    ],
)
def test_wrong_words_are_named(words, message, folder, capsys):
    assert message in refused(capsys, *words)
    assert [path.name for path in folder.iterdir()] == ["photo.png"]


def test_each_picture_has_its_help(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["plot", "row", "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert "usage: edgecalc plot row" in text
    assert all(word in text for word in ("IMAGE", "--row", "--columns", "--op", "-o FILE", "row.png"))


@pytest.mark.parametrize("words", [["--help"], ["plot"], ["plot", "--help"], ["plot", "tangent", "--help"]])
def test_help_needs_nothing_that_is_slow_to_import(words):
    program = (
        f"import sys, io, contextlib; from edgecalc.cli.main import main\n"
        f"with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    try: main({words!r})\n"
        f"    except SystemExit: pass\n"
        f"print(*[name for name in ('numpy', 'matplotlib', 'dataclasses') if name in sys.modules])"
    )
    assert process.printed(program) == ""


def test_without_matplotlib_the_way_to_get_it_is_told(folder):
    done = process.python(
        "-c", "import sys; sys.modules['matplotlib'] = None; from edgecalc.cli.main import main; sys.exit(main(['plot', 'borders']))"
    )
    assert done.returncode == 2
    assert 'pip install "edgecalc[plots]"' in done.stderr
