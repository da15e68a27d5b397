"""What a run writes, tells and remembers."""

import base64
import hashlib
import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edgecalc as ec
from edgecalc.batch.journal import rows
from edgecalc.cli.main import main
from tests.batch.stage import files, mutants_survived, parts, photos

GOOD = 6


@pytest.fixture
def folder(tmp_path):
    return photos(tmp_path / "in", GOOD)


@pytest.fixture
def edges(folder, tmp_path):
    assert run(folder, "-r", "-o", tmp_path / "out", "-q") == 0
    return tmp_path / "out"


def run(*arguments):
    return main(["run", *map(str, arguments)])


def size(path):
    with Image.open(path) as image:
        return image.size


def lines(capsys):
    *records, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert summary["type"] == "summary" and all(record["type"] == "file" for record in records)
    counted = Counter(record["status"] for record in records)
    assert all(summary[status] == counted[status] for status in ("done", "skipped", "failed"))
    assert summary["planned"] == len(records) + summary["left"]
    return records, summary


def test_json_lines_tell_each_file_once_and_then_sum_up(folder, tmp_path, capsys):
    (folder / "bad.png").write_bytes(b"bad")
    os.mkfifo(folder / "pipe.png")
    assert run(folder, "-r", "-o", tmp_path / "out", "--json") == 3
    records, summary = lines(capsys)
    assert (summary["done"], summary["skipped"], summary["failed"], summary["left"], summary["exit"]) == (GOOD, 1, 1, 0, 3)
    for record in records:
        if record["status"] == "done":
            content = (tmp_path / "out" / record["name"]).read_bytes()
            assert record["bytes_out"] == len(content)
            assert record["bytes_in"] == os.path.getsize(record["path"])
            assert (record["width"], record["height"]) == size(record["path"])
            assert record["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", [b"\xff\xfe.png", b"new\nline.png", b"quote'\".png", b"<b>.png", b"-r.png", b"a" * 251 + b".png", "é.png".encode()])
def test_any_name_is_done_and_told_so_that_it_can_be_found_again(name, tmp_path, capsys):
    source = photos(tmp_path / "one", 1) / "000.png"
    (tmp_path / "in").mkdir()
    path = os.path.join(os.fsencode(tmp_path / "in"), name)
    os.rename(source, path)
    assert run(tmp_path / "in", "-o", tmp_path / "out", "--json") == 0
    (record,), _ = lines(capsys)
    told = base64.b64decode(record["path_b64"]) if "path_b64" in record else record["path"].encode()
    assert told == path
    assert os.listdir(os.fsencode(tmp_path / "out" / "."))
    assert os.path.exists(os.path.join(os.fsencode(tmp_path / "out"), name))
    assert [row["name"] for row in rows(tmp_path / "out")[1]] == [name]
    assert run(tmp_path / "in", "-o", tmp_path / "out", "-q") == 0


@pytest.mark.parametrize("options", [("--format", "webp"), ("--pages", "all")])
def test_an_output_whose_name_would_be_too_long_costs_only_itself(options, folder, tmp_path, capsys):
    longest = "n" * 251 + ".jpg"
    Image.new("L", (9, 9)).save(folder / longest)
    assert run(folder, "-r", "-o", tmp_path / "out", *options, "--json") == 3
    records, summary = lines(capsys)
    (failed,) = (record for record in records if record["status"] == "failed")
    assert failed["path"].endswith(longest) and failed["message"].endswith(("n.webp: File name too long", "n.png.pages: File name too long"))
    assert (summary["done"], summary["failed"]) == (GOOD, 1)
    assert not parts(tmp_path / "out")


def test_the_journal_remembers_what_was_done_and_why_not(folder, tmp_path):
    (folder / "bad.png").write_bytes(b"bad")
    assert run(folder, "-r", "-o", tmp_path / "out", "--op", "sobel:axis=y", "-q") == 3
    (made,), kept = rows(tmp_path / "out")
    assert (made["recipe"], made["version"], made["planned"]) == ("sobel:axis=y", ec.__version__, GOOD + 1)
    assert made["ended"] >= made["started"]
    assert Counter(row["status"] for row in kept) == {"done": GOOD, "failed": 1}
    bad = next(row for row in kept if row["status"] == "failed")
    assert (bad["name"], bad["error"]) == (b"bad.png", "ImageFileError")
    assert "bad.png" in bad["message"]
    assert all(row["ms"] > 0 and row["bytes_out"] > 0 and row["fingerprint"] for row in kept if row["status"] == "done")


def test_what_is_unchanged_stays_and_what_has_changed_is_an_error_until_resumed(folder, edges, capsys):
    before = {path: path.stat().st_mtime_ns for path in edges.rglob("*.png")}
    assert run(folder, "-r", "-o", edges) == 0
    assert f"{GOOD} skipped" in capsys.readouterr().err
    assert before == {path: path.stat().st_mtime_ns for path in edges.rglob("*.png")}
    Image.fromarray(np.eye(20, dtype=np.uint8) * 255).save(folder / "000.png")
    assert run(folder, "-r", "-o", edges) == 2
    assert "--resume" in capsys.readouterr().err
    assert run(folder, "-r", "-o", edges, "--resume", "--json") == 0
    records, _ = lines(capsys)
    assert [record["name"] for record in records if record["status"] == "done"] == ["000.png"]
    assert size(edges / "000.png") == (20, 20)


@pytest.mark.parametrize("options", [("--op", "sobel"), ("--png-level", "best")])
def test_another_recipe_makes_every_file_new(options, folder, edges, capsys):
    assert run(folder, "-r", "-o", edges, *options) == 2
    assert run(folder, "-r", "-o", edges, *options, "--resume", "--json") == 0
    assert lines(capsys)[1]["done"] == GOOD


def test_existing_outputs_of_another_hand_are_kept_or_replaced_as_is_said(folder, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "000.png"
    target.write_bytes(b"mine")
    for options in ((), ("--existing", "error"), ("--resume",)):
        assert run(folder, "-o", tmp_path / "out", *options) == 2
        assert files(tmp_path / "out") == {"000.png": b"mine"}
    assert run(folder, "-o", tmp_path / "out", "--existing", "skip") == 0
    assert target.read_bytes() == b"mine"
    assert run(folder, "-o", tmp_path / "out", "--existing", "overwrite") == 0
    assert size(target) == size(folder / "000.png")


def test_what_was_done_is_still_known_after_a_run_that_skips(folder, edges):
    assert run(folder, "-r", "-o", edges, "--existing", "skip", "-q") == 0
    assert {row["status"] for row in rows(edges)[1]} == {"done"}
    assert run(folder, "-r", "-o", edges, "-q") == 0


@pytest.mark.parametrize(("most", "code"), [("0", 1), ("2", 1), ("5", 3), ("20%", 1), ("50%", 3)])
def test_more_errors_than_allowed_stop_the_run(most, code, folder, tmp_path, capsys):
    for number in range(5):
        (folder / f"bad{number}.png").write_bytes(b"bad")
    assert run(folder, "-r", "-o", tmp_path / "out", "--max-errors", most, "--json") == code
    _, summary = lines(capsys)
    assert summary["exit"] == code
    assert summary["failed"] == {"0": 1, "2": 3, "20%": 3}.get(most, 5)


def test_an_image_of_more_pixels_than_allowed_fails_and_names_the_limit_and_its_option(folder, tmp_path, capsys):
    Image.new("L", (50, 41)).save(folder / "large.png")
    assert run(folder, "-r", "-o", tmp_path / "out", "--max-pixels", 50 * 40, "--json") == 3
    records, summary = lines(capsys)
    (failed,) = (record for record in records if record["status"] == "failed")
    assert (failed["name"], failed["error"], summary["done"]) == ("large.png", "ImageFileError", GOOD)
    assert failed["message"].endswith("large.png: 50 x 41 pixels; up to 2000 are accepted (--max-pixels)")
    assert run(folder, "-r", "-o", tmp_path / "out", "--max-pixels", 50 * 41, "--resume", "-q") == 0


def test_a_decoders_warning_is_a_failure_only_where_it_is_to_be_one(folder, tmp_path, capsys):
    Image.new("L", (9, 9)).save(folder / "warned.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12")  # five entries, none of them there
    assert run(folder, "-r", "-o", tmp_path / "out", "-q") == 0
    assert run(folder, "-r", "-o", tmp_path / "strict", "--strict", "--json") == 3
    records, summary = lines(capsys)
    assert [(record["name"], record["error"]) for record in records if record["status"] == "failed"] == [("warned.png", "UserWarning")]
    assert summary["done"] == GOOD


def test_the_shards_together_are_the_whole(folder, edges, tmp_path):
    for part in (1, 2, 3):
        assert run(folder, "-r", "-o", tmp_path / "shards", "--shard", f"{part}/3", "-q") in (0, 4)
    assert files(tmp_path / "shards") == files(edges)
    assert sum(row["status"] == "done" for row in rows(tmp_path / "shards")[1]) == GOOD


@pytest.mark.parametrize("options", [("--durability", "file"), ("--workers", 1), ("--workers", 3), ("--timeout", "inf")])
def test_how_it_is_run_does_not_change_a_byte(options, folder, edges, tmp_path):
    assert run(folder, "-r", "-o", tmp_path / "other", *options, "-q") == 0
    assert files(tmp_path / "other") == files(edges)


def several(path, count):
    frames = [Image.fromarray(np.full((9, 9), 20 * number, np.uint8)) for number in range(count)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def test_all_pages_are_numbered_in_a_folder_of_their_own(tmp_path):
    (tmp_path / "in").mkdir()
    several(tmp_path / "in" / "a.tif", 3)
    assert run(tmp_path / "in", "-o", tmp_path / "out", "--pages", "all", "-q") == 0
    assert sorted(files(tmp_path / "out")) == [f"a.png.pages/000{number}.png" for number in (1, 2, 3)]
    assert run(tmp_path / "in", "-o", tmp_path / "out", "--pages", "all", "-q") == 0


@pytest.mark.parametrize(("bits", "told"), [(10, True), (12, True), (14, True), (15, False), (16, False)])
def test_a_scan_that_is_black_for_its_few_bits_is_told_what_its_thresholds_may_be(bits, told, tmp_path, capsys):
    disk = np.hypot(*np.mgrid[-30:30, -30:30]) < 20
    Image.fromarray(np.where(disk, (1 << bits) - 1, 0).astype(np.uint16)).save(tmp_path / "scan.png")
    order = (tmp_path / "scan.png", "-o", tmp_path / "out", "--existing", "overwrite", "--op")
    assert run(*order, "canny:low=600,high=640") == 0
    said = capsys.readouterr().err
    assert ("scan.png: no edge" in said) is told
    if told:
        assert f"it uses {bits}" in said
        assert run(*order, said.partition("--op ")[2].partition(" may be")[0]) == 0
        assert "no edge" not in capsys.readouterr().err
        assert np.asarray(Image.open(tmp_path / "out" / "scan.png")).any()


def test_the_record_of_pages_tells_of_the_first(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    first, second = (Image.fromarray(np.full(shape, 9, np.uint8)) for shape in ((100, 120), (10, 12)))
    first.save(tmp_path / "in" / "a.tif", save_all=True, append_images=[second])
    assert run(tmp_path / "in", "-o", tmp_path / "out", "--pages", "all", "--json", "-q") == 0
    (record,), _ = lines(capsys)
    written = files(tmp_path / "out")["a.png.pages/0001.png"]
    assert (record["width"], record["height"], record["sha256"]) == (120, 100, hashlib.sha256(written).hexdigest())


def test_pages_that_are_no_more_do_not_stay(tmp_path):
    (tmp_path / "in").mkdir()
    several(tmp_path / "in" / "a.tif", 4)
    assert run(tmp_path / "in", "-o", tmp_path / "out", "--pages", "all", "-q") == 0
    several(tmp_path / "in" / "a.tif", 2)
    assert run(tmp_path / "in", "-o", tmp_path / "out", "--pages", "all", "--resume", "-q") == 0
    assert len(files(tmp_path / "out")) == 2


def test_pages_never_overwrite_an_input(tmp_path):
    source = photos(tmp_path / "in", 1)
    (source / "000.png.pages").mkdir()
    precious = source / "000.png.pages" / "0001.png"
    precious.write_bytes((source / "000.png").read_bytes())
    assert run(source, "-r", "-o", source, "--pages", "all", "--existing", "overwrite", "-q") == 2
    assert precious.read_bytes() == (source / "000.png").read_bytes()


def test_nothing_is_written_outside_the_output_through_a_linked_folder(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "deep").symlink_to(tmp_path / "elsewhere")
    photos(folder / "deep" / "deeper", 1)
    assert run(folder, "-r", "-o", tmp_path / "out", "-q") != 0
    assert not any((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(("name", "text"), [("r.toml", 'op = "sobel"\naxis = "y"'), ("r.json", '{"op": "sobel", "axis": "y"}')])
def test_a_recipe_may_be_a_file(name, text, folder, tmp_path):
    (tmp_path / name).write_text(text)
    assert run(folder / "000.png", "-o", tmp_path / "one", "--recipe", tmp_path / name) == 0
    assert run(folder / "000.png", "-o", tmp_path / "other", "--op", "sobel:axis=y") == 0
    assert files(tmp_path / "one") == files(tmp_path / "other")


def test_options_come_from_edgecalc_toml_and_the_command_line_goes_before(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "edgecalc.toml").write_text('[run]\nout = "from-file"\nrecursive = true\nop = "sobel"\nformat = "npy"\nmax-errors = "5%"\n')
    assert run(folder) == 0
    assert len(list((tmp_path / "from-file").rglob("*.npy"))) == GOOD
    assert run(folder, "-o", "said", "--op", "magnitude") == 0
    assert "magnitude -> said" in capsys.readouterr().err


def test_options_come_from_pyproject_toml_where_there_is_no_file_of_ours(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.edgecalc.run]\nout = "there"\nop = "sobel"\n')
    assert run(folder) == 0
    assert "sobel -> there" in capsys.readouterr().err
    (tmp_path / "pyproject.toml").write_text("[tool.edgecalc.run]\noutput = 3\n")
    assert run(folder, "-o", "out") == 2
    assert "pyproject.toml: [tool.edgecalc.run] output: accepted are" in capsys.readouterr().err
    for nothing in ('[project]\nname = "x"\n', "tool = 3", "[tool.edgecalc]", ""):
        (tmp_path / "pyproject.toml").write_text(nothing)
        assert run(folder / "000.png", "-o", "plain", "-q", "--existing", "overwrite") == 0
    for wrong in ("[tool]\nedgecalc = 3", "[tool.edgecalc]\nrun = 3", "[tool.edgecalc.rum]\nout = 3"):
        (tmp_path / "pyproject.toml").write_text(wrong)
        assert run(folder / "000.png", "-o", "plain", "-q") == 2
        assert "one table [tool.edgecalc.run]" in capsys.readouterr().err
    (tmp_path / "edgecalc.toml").write_text('[run]\nop = "magnitude"\n')
    (tmp_path / "pyproject.toml").write_text("not looked at")
    assert run(folder / "000.png", "-o", "ours") == 0
    assert "magnitude -> ours" in capsys.readouterr().err


def test_pixels_stay_as_they_are_stored_with_no_rotate(tmp_path, capsys):
    """And the journal, the record and a second run know which way a picture was made."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(tmp_path / "a.png", exif=exif)
    for option, size, orientation in ((), (20, 30), 6), (("--no-rotate",), (30, 20), 1):
        assert run(tmp_path / "a.png", "-o", tmp_path / "out", "--resume", "--json", *option) == 0
        record = json.loads(capsys.readouterr().out.splitlines()[0])
        assert (record["status"], record["width"], record["height"], record["orientation"]) == ("done", *size, orientation)
        with Image.open(tmp_path / "out" / "a.png") as made:
            assert made.size == size
        assert [each["orientation"] for each in rows(tmp_path / "out")[1]] == [orientation]


def test_what_the_command_line_says_goes_before_even_where_it_is_the_default(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.toml").write_text('op = "sobel"\n')
    (tmp_path / "edgecalc.toml").write_text('[run]\nformat = "npy"\nrecipe = "r.toml"\nexisting = "error"\nworkers = 1\n')
    assert run(folder, "-r", "-o", "out", "--format", "png", "--op", "canny_auto:method=otsu", "-q") == 0
    assert len(list((tmp_path / "out").rglob("*.png"))) == GOOD
    assert [each["recipe"] for each in rows(tmp_path / "out")[0]] == ["canny_auto:method=otsu"]
    assert run(folder, "-r", "-o", "out", "--format", "png", "--resume", "-q") == 0


@pytest.mark.parametrize("text", ['op = "sobel"', '[rum]\nop = "sobel"', "run = 3", '[run]\nop = "sobel"\n[watch]\nsettle = 3'])
def test_what_stands_outside_the_table_of_a_config_is_refused_not_passed_over(text, folder, tmp_path, capsys):
    (tmp_path / "c.toml").write_text(text)
    assert run(folder, "-o", tmp_path / "out", "--config", tmp_path / "c.toml") == 2
    assert "c.toml: " in (said := capsys.readouterr().err) and "[run]" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "line",
    [
        "speed = 3",
        'include = "*.jpg"',
        'format = "gif"',
        'workers = "two"',
        "workers = 1.5",
        'max-errors = "few"',
        'max-errors = "x%"',
        "timeout = true",
        'existing = "maybe"',
        'pages = "some"',
    ],
)
def test_what_a_config_may_not_say_is_refused_and_named(line, folder, tmp_path, capsys):
    (tmp_path / "c.toml").write_text(f"[run]\n{line}\n")
    assert run(folder, "-o", tmp_path / "out", "--config", tmp_path / "c.toml") == 2
    assert line.split()[0] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_an_error_in_plain_words(folder, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir(mode=0o555)
    if os.geteuid() == 0:  # whom the mode does not stop
        out = Path("/sys/edgecalc")
    assert run(folder, "-o", out) == 1
    assert str(out) in capsys.readouterr().err


def test_a_journal_that_is_no_database_is_an_error_in_plain_words(folder, edges, capsys):
    (edges / ".edgecalc" / "journal.sqlite").write_bytes(b"no database" * 100)
    assert run(folder, "-o", edges, "--resume") in (1, 2)
    assert "journal" in capsys.readouterr().err


def test_damaged_images_of_all_formats_never_crash_the_run_nor_pass_as_whole(tmp_path):
    survived = mutants_survived(tmp_path, 2000)
    assert survived["done"] > 100
    assert survived["failed"] > 500
