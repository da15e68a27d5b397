"""edgecalc verify: what it prints, where, and how it ends."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

import edgecalc as ec
from edgecalc.cli.main import main
from edgecalc.reference.images import photo


def run(*words: object) -> int:
    return main(["verify", *map(str, words)])


@pytest.fixture
def file(tmp_path):
    Image.fromarray(photo(20, 31)).save(tmp_path / "grain.png")
    return tmp_path / "grain.png"


def test_files_that_agree_end_with_0_and_a_table(file, capsys):
    assert run(file, "--operator", "sobel", "--operator", "roberts", "--against", "cv2") == 0
    out, err = capsys.readouterr()
    assert "sobel" in out and "roberts" in out and "scharr" not in out and "comparisons agree" in out
    assert not err


def test_built_in_images_are_compared_without_files(capsys):
    assert run("--operator", "roberts", "--against", "cv2") == 0
    assert "comparisons agree" in capsys.readouterr().out


def test_a_difference_ends_with_1_and_names_the_row(file, capsys, monkeypatch):
    right = ec.prewitt
    monkeypatch.setattr(ec, "prewitt", lambda *a, **k: right(*a, **k) + np.array(1, np.int16))
    assert run(file, "--operator", "prewitt", "--against", "cv2") == 1
    out = capsys.readouterr().out
    assert "prewitt x" in out and "grain.png 20x31" in out and "comparisons differ" in out


def test_json_is_one_document(file, capsys):
    assert run(file, "--operator", "scharr", "--against", "cv2", "--json") == 0
    held = json.loads(capsys.readouterr().out)
    assert held["ok"] is True and held["rows"][0]["image"] == str(file)


def test_a_page_is_written_and_said_on_stderr(file, tmp_path, capsys):
    assert run(file, "--operator", "scharr", "--against", "cv2", "--html", tmp_path / "page.html") == 0
    assert str(tmp_path / "page.html") in capsys.readouterr().err
    assert "data:image/png" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_missing_peer_is_said(file, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    assert run(file, "--operator", "scharr", "--against", "cv2,scipy") == 0
    assert "not compared: scipy is not installed" in capsys.readouterr().out
    assert run(file, "--against", "scipy") == 2
    assert "pip install" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.png"], "nowhere.png: no such file"),
        (["--operator", "sobol"], "'sobol' came; accepted are forward, backward"),
        (["--against", "cv2,matlab"], "'matlab' came; accepted are cv2, skimage, scipy"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_accepted(words, said, capsys):
    assert run(*words) == 2
    out, err = capsys.readouterr()
    assert said in err and not out


def test_a_file_that_is_no_image_ends_with_2(tmp_path, capsys):
    (tmp_path / "text.png").write_text("no picture")
    assert run(tmp_path / "text.png") == 2
    assert "text.png" in capsys.readouterr().err


def test_an_unwritable_page_ends_with_2(file, tmp_path, capsys):
    assert run(file, "--html", tmp_path / "page.jpg") == 2
    said = capsys.readouterr()
    assert "--html: " in said.err and ".html, .htm, .png is accepted" in said.err and not said.out
    assert run(file, "--operator", "scharr", "--against", "cv2", "--html", tmp_path / "nowhere" / "page.html") == 2
    assert "page.html" in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_no_difference(file, tmp_path, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "page.html")

    monkeypatch.setattr("edgecalc.reference.report.Report.html", full)
    assert run(file, "--operator", "scharr", "--against", "cv2", "--html", tmp_path / "page.html") == 2
    assert "page.html: No space left on device" in capsys.readouterr().err


def test_files_are_as_gray_as_everywhere_and_the_right_way_up(tmp_path, capsys):
    clear = np.zeros((8, 9, 4), np.uint8)
    Image.fromarray(clear).save(tmp_path / "clear.png")
    lying = Image.fromarray(photo(20, 40))
    told = lying.getexif()
    told[274] = 6
    lying.save(tmp_path / "lying.jpg", exif=told)
    for name, shape in (("clear.png", [8, 9]), ("lying.jpg", [40, 20])):
        assert run(tmp_path / name, "--operator", "scharr", "--against", "cv2", "--json") == 0
        assert json.loads(capsys.readouterr().out)["rows"][0]["shape"] == shape
