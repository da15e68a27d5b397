"""edgecalc bench on tiny images: that it times what it says, and prints it. No test here looks at a time."""

import json
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from edgecalc.cli.main import main
from edgecalc.core.kernels import TARGET
from edgecalc.errors import MissingExtra
from edgecalc.reference import charts
from edgecalc.reference.bench import bench, checked_size, loaded, over, photo
from edgecalc.reference.races import RACES, Scene


def run(*words: str) -> int:
    return main(["bench", "--size", "64x64", "--repeat", "2", *words])


@pytest.mark.parametrize("race", RACES, ids=lambda race: f"{race.work} {race.peer}")
def test_both_sides_of_a_row_compute_the_same(race):
    """A benchmark that times something else than it says is worse than none."""
    scene = Scene(photo((64, 64), race.pixel), 1)
    mine = race.ours(scene)()
    for name, make in race.theirs.items():
        theirs = make(loaded(race.peer), scene)()
        pairs = list(zip(mine, theirs, strict=True)) if isinstance(mine, tuple) else [(mine, theirs)]
        if race.unlike:
            assert np.mean((mine > 0) != (theirs > 0)) <= race.unlike
            continue
        for k, (a, b) in enumerate(pairs):
            if race.work.startswith("magnitude + orientation") and k == 1:
                # cv2 counts from 0 to 2 pi, to 0.3 degrees
                turn = np.abs(a.astype(float) - b) % (2 * np.pi)
                assert np.minimum(turn, 2 * np.pi - turn).max() < 0.01
            else:
                expected = b * race.scale
                if a.dtype == np.uint8 and b.dtype.kind == "f":
                    expected = np.clip(np.rint(expected), 0, 255)
                np.testing.assert_allclose(a, expected, rtol=1e-6, atol=race.within, err_msg=name)


def test_it_prints_machine_versions_rows_and_bars(capsys):
    assert run() == 0
    out, err = capsys.readouterr()
    assert TARGET in out and f"cv2 {cv2.__version__}" in out and "IPP" in out and "core" in out
    for race in RACES:
        assert race.work in out or race.scene == "huge"
    assert not err


def test_json_is_one_document(capsys):
    assert run("--only", "magnitude", "--json") == 0
    held = json.loads(capsys.readouterr().out)
    assert held["settings"] == {"size": [64, 64], "threads": 1, "repeat": 2, "target": TARGET}
    assert all("magnitude" in row["work"] for row in held["results"])
    assert {"work", "peer", "call", "ours_ms", "peer_ms", "ratio", "copy_ms", "limit_share"} == set(held["results"][0])
    assert held["machine"]["processor"] and held["machine"]["cores"] >= 1


def test_a_ratio_is_that_of_each_round_as_a_machine_is_slow_for_both_for_a_while():
    assert over({"ours": [1.0, 10.0, 1.0], "theirs": [2.0, 20.0, 3.0]}, "theirs") == 2.0


def test_threads_and_ipp_of_opencv_are_restored():
    before = cv2.getNumThreads(), cv2.ipp.useIPP()
    bench("64x64", threads=2, repeat=1, only=["64x64"])
    assert (cv2.getNumThreads(), cv2.ipp.useIPP()) == before


def test_progress_names_every_row():
    told = []
    bench("64x64", repeat=1, only=["shift"], progress=told.append)
    assert told == ['view="shift" -> uint8 against cv2']


def test_a_missing_peer_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.filters", None)
    done = bench("64x64", repeat=1, only=["skimage", "shift"])
    assert "not compared: skimage is not installed" in done.notes and {row.peer for row in done.results} == {"cv2"}
    with pytest.raises(MissingExtra, match="skimage"):
        bench("64x64", repeat=1, only=["skimage"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--size", "64"], "'64' came; height x width"),
        (["--size", "4x4"], "size: height: 4 came"),
        (["--threads", "0"], "threads: 0 came"),
        (["--repeat", "0"], "repeat: 0 came"),
        (["--only", "sobol"], "'sobol' came; accepted are"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_accepted(words, said, capsys):
    assert run(*words) == 2
    assert said in capsys.readouterr().err


def test_the_picture_needs_matplotlib(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert run("--only", "shift", "--plot", str(tmp_path / "bench.png")) == 2
    assert 'pip install "edgecalc[plots]"' in capsys.readouterr().err


def test_the_picture_is_drawn(tmp_path):
    bench("64x64", repeat=1, only=["shift", "numpy"]).plot(tmp_path / "bench.png")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_bars_double_every_four_characters_in_either_alphabet():
    assert [len(charts.bar(ratio, True)) for ratio in (1, 2, 4, 8)] == [0, 4, 8, 12]
    assert [len(charts.bar(ratio, False)) for ratio in (1, 2, 4, 8)] == [0, 4, 8, 12]
    assert charts.bar(0.5, True) == "<" and charts.bar(1e9, True) == "#" * charts.LONGEST


def test_a_terminal_without_utf8_gets_plain_characters(capsys):
    assert bench("64x64", repeat=1, only=["scipy"]).table(ascii_only=True).isascii()


def test_a_photograph_of_ones_own_is_timed_at_its_size(tmp_path):
    Image.fromarray(np.full((40, 50), 60_000, np.uint16)).save(tmp_path / "deep.png")
    assert bench(image=tmp_path / "deep.png", repeat=1, only=["canny"]).settings["size"] == [40, 50]


def test_sizes_are_height_by_width():
    assert checked_size("480x640") == (480, 640) == checked_size((480, 640))
