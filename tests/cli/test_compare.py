"""edgecalc compare: what it prints, where, and how it ends."""

import json
import sys

import pytest
from PIL import Image

from edgecalc.cli.main import main
from edgecalc.errors import EdgecalcError
from edgecalc.media.page import check_name
from edgecalc.reference.images import photo


def run(*words: object) -> int:
    return main(["compare", *map(str, words)])


@pytest.fixture
def file(tmp_path):
    Image.fromarray(photo(20, 31)).save(tmp_path / "grain.png")
    return tmp_path / "grain.png"


def test_by_default_the_magnitude_of_every_library(file, capsys):
    assert run(file) == 0
    out, err = capsys.readouterr()
    assert "edgecalc.magnitude(image)" in out and "skimage.filters.sobel(image)" in out and "20 x 31 uint8" in out
    assert not err


def test_an_operator_and_a_library_can_be_chosen(file, capsys):
    assert run(file, "--op", "canny:low=50,high=150", "--against", "cv2") == 0
    out = capsys.readouterr().out
    assert "cv2.Canny(image, 50, 150)" in out and "skimage" not in out


def test_a_page_is_not_written_under_the_name_of_a_picture(file, capsys, tmp_path):
    for name in ("page.png", "page.json", "page"):
        assert run(file, "-o", tmp_path / name) == 2
        out, err = capsys.readouterr()
        assert "-o: " in err and "a name that ends in .html, .htm is accepted" in err and not out
        assert not (tmp_path / name).exists()


def test_json_is_one_document(file, capsys):
    assert run(file, "--op", "sobel:axis=y", "--json") == 0
    held = json.loads(capsys.readouterr().out)
    assert held["recipe"] == "sobel:axis=y" and [each["library"] for each in held["libraries"]] == ["cv2", "skimage", "scipy"]


def test_a_page_is_written_and_said_on_stderr(file, tmp_path, capsys):
    assert run(file, "-o", tmp_path / "page.html") == 0
    assert str(tmp_path / "page.html") in capsys.readouterr().err
    assert "data:image/png" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_missing_library_is_said_and_none_at_all_ends_with_2(file, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    assert run(file, "--against", "cv2,scipy") == 0
    assert "pip install" in capsys.readouterr().out
    assert run(file, "--against", "scipy") == 2
    assert "pip install" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--op", "sobol"], "'sobol' came; accepted are"),
        (["--op", "farid"], "'farid' came; compared are sobel, scharr"),
        (["--op", "canny"], "canny needs low=..., high=..."),
        (["--against", "matlab"], "'matlab' came; accepted are cv2, skimage, scipy"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_accepted(file, words, said, capsys):
    assert run(file, *words) == 2
    out, err = capsys.readouterr()
    assert said in err and not out


def test_what_is_no_image_ends_with_2(tmp_path, capsys):
    (tmp_path / "text.png").write_text("no picture")
    assert run(tmp_path / "text.png") == 2
    assert "text.png: not an image" in capsys.readouterr().err
    assert run(tmp_path / "nowhere.png") == 2
    assert "no such file" in capsys.readouterr().err


def test_an_unwritable_page_ends_with_2(file, tmp_path, capsys):
    assert run(file, "-o", tmp_path / "nowhere" / "page.html") == 2
    assert capsys.readouterr().err.endswith("page.html came; a file in a folder that exists is accepted\n")


def test_help_has_examples_and_every_operator(capsys):
    with pytest.raises(SystemExit) as ended:
        run("--help")
    out = capsys.readouterr().out
    assert ended.value.code == 0 and "--op canny:low=50,high=150 -o page.html" in out
    from edgecalc.reference.calls import PARAMETERS

    assert all(name in out for name in PARAMETERS)


def test_a_page_has_the_ending_of_one():
    for good in (("a.HTML", "-o"), ("a.htm", "-o"), ("a.PNG", "--html", ".png")):
        check_name(*good)
    with pytest.raises(EdgecalcError, match="-o: "):
        check_name("a.png", "-o")
