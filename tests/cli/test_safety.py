"""What no command may do: write over an input, leave half a file, pass over what was said, or end without a word."""

import errno
import os
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from edgecalc.batch.journal import rows
from edgecalc.cli.main import main
from edgecalc.media.write import write, write_whole
from edgecalc.reference.images import photo
from tests.batch.stage import ROOT, photos, run, unlistable


@pytest.fixture
def file(tmp_path):
    Image.fromarray(photo(20, 31)).save(tmp_path / "grain.png")
    return tmp_path / "grain.png"


def command(*words):
    return main([str(word) for word in words])


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "FILE", "--operator", "roberts", "--html", "FILE"),
        ("bench", "--image", "FILE", "--only", "canny", "--repeat", "1", "--plot", "FILE"),
        ("plot", "canny", "FILE", "--low", "1", "--high", "2", "-o", "FILE"),
    ],
    ids=lambda words: words[0],
)
def test_an_input_is_not_written_over(words, file, capsys):
    before = file.read_bytes()
    assert command(*(file if word == "FILE" else word for word in words)) == 2
    assert "the image itself" in capsys.readouterr().err
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "FILE", "--operator", "roberts", "--html", "nowhere/page.html"),
        ("compare", "FILE", "-o", "nowhere/page.html"),
        ("bench", "--plot", "nowhere/bench.png"),
        ("bench", "--plot", "bench.txt"),
        ("bench", "--image", "FILE", "--size", "10x10"),
        ("bench", "--calculus", "--size", "10x10"),
        ("diff", "x^3", "--steps", "--order", "2"),
        ("diff", "x^3", "--steps", "--at", "2"),
        ("run", "FILE", "-o", "out", "-0"),
    ],
)
def test_what_cannot_be_done_is_refused_before_the_work(words, file, capsys, monkeypatch):
    monkeypatch.chdir(file.parent)
    assert command(*(file if word == "FILE" else word for word in words)) == 2
    out, err = capsys.readouterr()
    assert not out and len(err.splitlines()) == 1
    assert not (file.parent / "out").exists()


def no_room(*_):
    raise OSError("65536 requested and 53120 written")  # NumPy's words


@pytest.mark.parametrize("name", ["result.npy", "page.html"])
def test_a_full_disk_is_called_so_and_leaves_the_old_file(name, tmp_path, monkeypatch):
    path = tmp_path / name
    path.write_text("before")
    monkeypatch.setattr(os, "replace", no_room)
    with pytest.raises(OSError) as raised:
        write(path, np.zeros((3, 3))) if name.endswith("npy") else write_whole(path, b"after")
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(path))
    assert path.read_text() == "before" and os.listdir(tmp_path) == [name]


def test_a_formula_and_a_place_may_begin_with_a_minus(capsys):
    assert command("diff", "-x^2", "--at", "-1") == 0
    assert capsys.readouterr().out.startswith("2.0")
    assert command("diff", "-x*y", "--at", "-1,2") == 0
    assert capsys.readouterr().out == "d/dx = -2.0\nd/dy = 1.0\n"
    assert command("descend", "x^4-x^2", "--from", "-1", "--steps", "1", "--bounds", "-2,2") == 0


def test_too_large_a_benchmark_is_no_traceback(capsys):
    assert command("bench", "--size", "1000000x100000000", "--only", "canny") == 1
    assert "not enough memory" in capsys.readouterr().err


def test_pictures_do_not_ask_for_a_window_or_a_notebook(tmp_path):
    environment = {**os.environ, "MPLBACKEND": "module://no_such_backend"}
    words = [sys.executable, "-m", "edgecalc", "plot", "tangent", "sin(x)", "--at", "1", "-o", str(tmp_path / "a.png")]
    assert subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("closed", ["2>&-", "<&- 2>&-", ">&- 2>&-"])
def test_closed_streams_end_no_run(closed, tmp_path):
    photos(tmp_path / "in", 3)
    words = f'"{sys.executable}" -m edgecalc run "{tmp_path / "in"}" -r -o "{tmp_path / "out"}" {closed}'
    assert subprocess.run(["bash", "-c", words], cwd=ROOT, check=False).returncode == 0
    assert len(list((tmp_path / "out").rglob("*.png"))) == 3


# ---------------------------------------------------------------- runs


def test_a_run_that_is_refused_leaves_no_trace_in_the_journal(tmp_path):
    photos(tmp_path / "in", 3)
    assert run(tmp_path / "in", "-r", "-o", tmp_path / "out").code == 0
    before = rows(tmp_path / "out")
    assert run(tmp_path / "in", "-r", "-o", tmp_path / "out", "--op", "roberts").code == 2
    assert rows(tmp_path / "out") == before


def test_a_report_names_the_recipe_that_made_the_pictures(tmp_path, capsys):
    photos(tmp_path / "in", 3)
    assert run(tmp_path / "in", "-r", "-o", tmp_path / "out", "--op", "sobel", "--pages", "all", "--no-rotate").code == 0
    assert run(tmp_path / "in", "-r", "-o", tmp_path / "out", "--op", "roberts", "--pages", "all", "--existing", "skip").code == 0
    assert command("report", tmp_path / "out", "-o", tmp_path / "page.html") == 0
    page = (tmp_path / "page.html").read_text()
    assert "--op sobel --pages all --no-rotate" in page
    assert "roberts" not in page


@pytest.mark.parametrize("damage", [b"", b"more"])
@pytest.mark.parametrize("pages", ["first", "all"])
def test_a_damaged_output_is_made_again(pages, damage, tmp_path):
    photos(tmp_path / "in", 1)
    words = (tmp_path / "in", "-r", "-o", tmp_path / "out", "--pages", pages)
    assert run(*words).code == 0
    made = next(each for each in (tmp_path / "out").rglob("*.png") if each.is_file())
    whole = made.read_bytes()
    made.write_bytes(damage and whole + damage)
    assert run(*words).code == 2
    assert "1 done" in run(*words, "--resume").err
    assert made.read_bytes() == whole
    assert "1 skipped" in run(*words).err


def test_outputs_of_other_runs_are_no_inputs(tmp_path):
    photos(tmp_path / "in", 3)
    assert run(tmp_path / "in", "-r", "-o", tmp_path / "in" / "edges").code == 0
    assert "3 done" in run(tmp_path / "in", "-r", "-o", tmp_path / "in" / "other").err


def test_a_folder_that_cannot_be_read_is_a_failure(tmp_path, capsys, monkeypatch):
    photos(tmp_path / "in", 3)
    unlistable(monkeypatch, "deep")
    assert command("run", tmp_path / "in", "-r", "-o", tmp_path / "out", "--json") == 3
    out, err = capsys.readouterr()
    assert "deep: Permission denied; left out" in err
    assert '"unreadable": 1' in out.splitlines()[-1] and '"exit": 3' in out.splitlines()[-1]


def test_a_journal_on_a_full_disk_is_not_to_be_moved_away(tmp_path, monkeypatch):
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def connect(*_, **__):
        raise full

    from edgecalc.batch.journal import Journal

    monkeypatch.setattr(sqlite3, "connect", connect)
    with pytest.raises(OSError, match=r"disk is full\); make room"):
        Journal(tmp_path)


@pytest.mark.parametrize("kind", ["empty", "link", "pipe"])
def test_an_input_by_its_own_name_that_holds_nothing_has_failed(kind, tmp_path):
    path, folder = tmp_path / "in" / "a.png", photos(tmp_path / "in", 1)
    {"empty": path.touch, "link": lambda: path.symlink_to("nowhere"), "pipe": lambda: os.mkfifo(path)}[kind]()
    outcome = run(path, folder / "000.png", "-o", tmp_path / "named")
    assert outcome.code == 3 and "1 done, 1 failed" in outcome.err
    outcome = run(folder, "-o", tmp_path / "walked")
    assert outcome.code == 0 and "1 done, 1 skipped" in outcome.err


def test_an_input_that_goes_is_not_mistaken_for_the_output(tmp_path):
    def gone():
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "photo.png")

    with pytest.raises(FileNotFoundError) as raised:
        write(tmp_path / "a.npy", np.zeros((3, 3)), check=gone)
    assert raised.value.filename == "photo.png" and not os.listdir(tmp_path)
