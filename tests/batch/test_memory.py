"""Memory: a file is admitted by its header, the large ones alone, and what a worker takes is what its header says."""

import json

import numpy as np
import pytest
from PIL import Image

from edgecalc.batch import run as batch
from edgecalc.batch import work
from edgecalc.batch.recipe import Recipe
from edgecalc.cli.main import main
from edgecalc.cli.run import DEFAULT
from edgecalc.media.limits import NEEDED, NEEDED_DEEP
from tests.batch.stage import files, photos
from tests.core.test_memory import MIB, needs_proc, peak
from tests.reference import process

SHARE = NEEDED * 300 * 300  # bytes: what one of two workers gets
SIDE = 2000


@pytest.fixture
def folder(tmp_path):
    photos(tmp_path / "in", 5)
    for name, side in (("000 alone.png", 400), ("000 never.png", 500)):
        Image.new("L", (side, side)).save(tmp_path / "in" / name)
    return tmp_path / "in"


def records(folder, out, capsys, *options):
    code = main(["run", str(folder), "-r", "-o", str(out), "--json", *options])
    *made, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert summary["planned"] == len(made)
    return code, made


def test_a_file_beyond_its_share_waits_until_it_has_all_memory_and_one_beyond_that_fails(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(batch, "most_memory", lambda: 2 * SHARE)
    code, made = records(folder, tmp_path / "out", capsys, "--workers", "2")
    assert code == 3
    assert [record["status"] for record in made[:5]] == ["done"] * 5
    last = {record["name"]: record for record in made[5:]}
    assert {name: record["status"] for name, record in last.items()} == {"000 alone.png": "done", "000 never.png": "failed"}
    assert len(files(tmp_path / "out")) == 6
    assert last["000 never.png"]["error"] == "MemoryError"
    assert "000 never.png: not enough memory (500 x 500 pixels need about 5 MB; up to 4 MB may be used, 70 %" in last["000 never.png"]["message"]


def test_one_worker_has_all_memory_at_once(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(batch, "most_memory", lambda: 2 * SHARE)
    _, made = records(folder, tmp_path / "out", capsys, "--workers", "1")
    assert [record["name"] for record in made][:2] == ["000 alone.png", "000 never.png"]
    assert [record["status"] for record in made] == ["done", "failed"] + ["done"] * 5


def test_a_machine_that_does_not_tell_its_memory_has_no_limit(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(batch, "most_memory", lambda: 0)
    assert records(folder, tmp_path / "out", capsys)[0] == 0


@pytest.mark.parametrize(("text", "expected"), [("max\n", None), ("100000000\n", 70_000_000), ("9" * 30, None), (None, None)])
def test_a_container_may_have_less_than_its_machine(text, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "CONTAINERS", ())
    machine = batch.most_memory()
    if text is not None:
        (tmp_path / "most").write_text(text)
    monkeypatch.setattr(batch, "CONTAINERS", (tmp_path / "most",))
    assert batch.most_memory() == (expected or machine)
    assert machine > 1 << 28


COLOUR = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 4), np.uint8)
PICTURES = {
    "gray.jpg": (COLOUR[..., 0], NEEDED), "rgb.png": (COLOUR[..., :3], NEEDED), "rgba.png": (COLOUR, NEEDED),
    "deep.png": (COLOUR[..., 0] * np.uint16(257), NEEDED_DEEP), "float.tif": (COLOUR[..., 0] / np.float32(3), NEEDED_DEEP),
}  # fmt: skip


def bytes_a_pixel(folder, name):
    """By which the peak of this process rises in one file's work."""
    work.prepare(work.Settings(Recipe.parse(DEFAULT).to_json(), str(folder / "out"), SIDE * SIDE))
    for each in (f"small {name}", name):
        before = peak()
        assert work.work(str(folder / each), f"{each}.png").status == "done"
    return (peak() - before - MIB) / SIDE**2


@needs_proc
@pytest.mark.parametrize("name", PICTURES)
def test_no_file_takes_more_than_is_reckoned_with(name, tmp_path):
    image, needed = PICTURES[name]
    Image.fromarray(image).save(tmp_path / name)
    Image.fromarray(image[:64, :64].copy()).save(tmp_path / f"small {name}")
    call = f"test_memory.bytes_a_pixel(Path({str(tmp_path)!r}), {name!r})"
    assert 1 < float(process.printed(f"from pathlib import Path; from tests.batch import test_memory; print({call})")) <= needed
