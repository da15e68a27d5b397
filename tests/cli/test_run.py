"""edgecalc run: outputs mirror inputs, nothing is lost, exit codes tell what happened."""

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edgecalc as ec
from edgecalc.cli.main import main
from edgecalc.media.read import read_gray
from tests.media.test_damage import make_socket

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def photos(tmp_path):
    shutil.copytree(ROOT / "sample_images", tmp_path / "photos")
    (tmp_path / "photos" / "deep").mkdir()
    shutil.copy(ROOT / "sample_images" / "disk.png", tmp_path / "photos" / "deep" / "d.png")
    return tmp_path / "photos"


def run(*arguments):
    return main(["run", *map(str, arguments)])


def test_a_folder_gives_one_picture_for_each_image(photos, tmp_path, capsys):
    assert run(photos, "-o", tmp_path / "edges") == 0
    names = sorted(path.name for path in (tmp_path / "edges").iterdir() if path.name != ".edgecalc")
    assert names == sorted(path.stem + ".png" for path in photos.iterdir() if path.suffix in (".png", ".jpg"))
    camera = np.asarray(Image.open(photos / "camera.png"))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "edges" / "camera.png")) * 255, ec.canny_auto(camera, method="otsu").edges)
    assert "8 done" in capsys.readouterr().err


def test_recursive_mirrors_the_tree_and_never_reads_its_own_output(photos):
    assert run(photos, "-r", "-o", photos / "edges") == 0
    assert (photos / "edges" / "deep" / "d.png").is_file()
    assert run(photos, "-r", "-o", photos / "edges", "--existing", "overwrite") == 0
    assert not (photos / "edges" / "edges").exists()


def test_existing_outputs_are_an_error_unless_said_otherwise(photos, tmp_path, capsys):
    assert run(photos, "-o", tmp_path / "edges") == 0
    assert run(photos, "-o", tmp_path / "edges", "--op", "magnitude") == 2
    assert "--existing" in capsys.readouterr().err
    assert run(photos, "-o", tmp_path / "edges", "--existing", "skip") == 0
    assert "8 skipped" in capsys.readouterr().err


def test_inputs_are_never_written_to(photos, capsys):
    before = {path.name: path.read_bytes() for path in photos.glob("*.*") if path.is_file()}
    assert run(photos, "-o", photos, "--existing", "overwrite") == 2
    assert "one of the inputs" in capsys.readouterr().err
    assert before == {path.name: path.read_bytes() for path in photos.glob("*.*") if path.is_file()}


def test_two_inputs_for_one_output_are_refused_before_anything_is_written(photos, tmp_path, capsys):
    shutil.copy(photos / "coffee.jpg", photos / "camera.jpg")
    assert run(photos, "-o", tmp_path / "edges") == 2
    assert "camera.png" in capsys.readouterr().err
    assert not (tmp_path / "edges").exists()


def test_a_damaged_file_costs_only_itself(photos, tmp_path, capsys):
    (photos / "bad.png").write_bytes(b"not an image")
    assert run(photos, "-o", tmp_path / "edges") == 3
    assert "bad.png" in capsys.readouterr().err
    assert (tmp_path / "edges" / "disk.png").is_file()
    assert not (tmp_path / "edges" / "bad.png").exists()


def test_what_is_no_regular_file_is_skipped_and_named(photos, tmp_path, capsys):
    os.mkfifo(photos / "pipe.png")
    make_socket(photos / "socket.png")
    (photos / "device.png").symlink_to("/dev/zero")
    (photos / "dangling.png").symlink_to("nowhere.png")
    (photos / "loop.png").symlink_to("loop.png")
    (photos / "empty.png").touch()
    (photos / "a b'é.jpg").write_bytes((photos / "coffee.jpg").read_bytes())
    assert run(photos, "-o", tmp_path / "edges") == 0
    said = capsys.readouterr().err
    assert all(f"{name}.png: not a regular file" in said for name in ("pipe", "socket", "device"))
    assert all(f"{name}.png: a link that leads nowhere" in said for name in ("dangling", "loop"))
    assert "empty.png: an empty file" in said and "9 done, 6 skipped" in said
    assert (tmp_path / "edges" / "a b'é.png").is_file()


def test_no_name_makes_a_damaged_file_pass_as_none(photos, tmp_path, capsys):
    (photos / "not a regular file.png").write_bytes(b"not an image")
    assert run(photos, "-o", tmp_path / "edges") == 3
    assert "1 failed" in capsys.readouterr().err


@pytest.mark.parametrize(("format", "read"), [("npy", np.load), ("tif", read_gray)])
def test_npy_and_tif_keep_the_sign(format, read, photos, tmp_path):
    assert run(photos / "disk.png", "-o", tmp_path / "exact", "--op", "sobel:axis=y", "--format", format) == 0
    assert np.array_equal(read(tmp_path / "exact" / f"disk.{format}"), ec.sobel(np.asarray(Image.open(photos / "disk.png")), "y"))


def test_pages_that_are_left_out_are_told(tmp_path, capsys):
    Image.new("L", (5, 4)).save(tmp_path / "a.tif", save_all=True, append_images=[Image.new("L", (5, 4))])
    Image.new("L", (5, 4)).save(tmp_path / "b.tif")
    assert run(tmp_path / "a.tif", tmp_path / "b.tif", "-o", tmp_path / "edges") == 0
    assert capsys.readouterr().err.count("a.tif: its first page alone; --pages all takes every one") == 1
    assert run(tmp_path / "a.tif", "-o", tmp_path / "all", "--pages", "all", "--dry-run") == 0
    assert capsys.readouterr().out.endswith("a.png.pages/\n")
    assert run(tmp_path / "a.tif", "-o", tmp_path / "all", "--pages", "all") == 0
    assert "first page" not in capsys.readouterr().err


def test_a_name_that_a_terminal_cannot_show_ends_nothing(tmp_path):
    Image.new("L", (5, 4)).save(tmp_path / "ü🎉.png")
    words = [sys.executable, "-m", "edgecalc", "run", tmp_path / "ü🎉.png", "-o", tmp_path / "edges", "--dry-run"]
    found = subprocess.run(words, check=False, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True)
    assert found.returncode == 0 and "\\xfc\\U0001f389.png" in found.stdout


def test_a_dry_run_writes_nothing(photos, tmp_path, capsys):
    assert run(photos, "-o", tmp_path / "edges", "--dry-run") == 0
    assert capsys.readouterr().out.count("->") == 8
    assert not (tmp_path / "edges").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("nothing.png", "-o", "x"), 2), ((".", "-o", "x"), 4), ((ROOT / "sample_images", "-o", "x", "--op", "nope"), 2), ((".",), 2), (("-o", "x"), 2),
     ((".", "-o", "x", "--workers=-1"), 2), ((".", "-o", "x", "--timeout", "0"), 2), ((".", "-o", "x", "--timeout", "nan"), 2),
     ((".", "-o", "x", "--max-pixels", "0"), 2), ((".", "-o", "x", "--max-errors=-1"), 2), ((".", "-o", "x", "--shard", "3/2"), 2),
     ((".", "-o", "x", "--shard", "0/2"), 2), ((".", "-o", "x", "--shard", "x"), 2)],
)  # fmt: skip
def test_exit_codes_of_wrong_usage(arguments, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == code


@pytest.mark.parametrize(
    "typed",
    ["camera.png -o ../edges coffee.jpg -r deep", "-o ../edges camera.png coffee.jpg -r deep", "camera.png -r coffee.jpg -o ../edges -- deep"],
)
def test_inputs_may_stand_among_options(typed, photos, tmp_path, monkeypatch):
    monkeypatch.chdir(photos)
    assert run(*typed.split()) == 0
    assert sorted(path.name for path in (tmp_path / "edges").glob("*.png")) == ["camera.png", "coffee.png", "d.png"]


def test_behind_two_dashes_a_name_may_begin_with_one(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(photos)
    Path("disk.png").rename("-disk.png")
    assert run("-o", tmp_path / "edges", "--", "-disk.png") == 0
    assert (tmp_path / "edges" / "-disk.png").is_file()


@pytest.mark.parametrize(
    "words", ["run a.jpg --output edges", "plot --page a.html", "run -o edges -dash.jpg", "report edges --page a.html", "ops --size 3"]
)
def test_an_unknown_option_is_refused_with_the_usage_of_its_command(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"usage: edgecalc {words.split()[0]} ")


WRONG = {
    "a value": (("--op", "sobel:ksize=4"), "--op: sobel:ksize=4: ksize: 4 came"),
    "no operator": (("--op", ""), "--op: '' came"),
    "two recipes": (("--op", "sobel", "--recipe", "bad.toml"), "--recipe: it does not go with --op"),
    "two answers": (("--resume", "--existing", "overwrite"), "--resume: it does not go with --existing"),
    "a recipe's value": (("--recipe", "wrong.toml"), "--recipe: wrong.toml: sobel:axis=q: axis: 'q' came"),
    "a recipe that is not there": (("--recipe", "none.toml"), "--recipe: none.toml: No such file"),
    "a recipe that is no TOML": (("--recipe", "bad.toml"), "--recipe: bad.toml: Invalid value"),
    "a recipe that is no JSON": (("--recipe", "bad.json"), "--recipe: bad.json: Expecting"),
    "a config that is not there": (("--config", "none.toml"), "--config: none.toml: No such file"),
    "a config that is no TOML": (("--config", "bad.toml"), "--config: bad.toml: Invalid value"),
    "a list that is not there": (("--files-from", "none.txt"), "--files-from: none.txt: No such file"),
    "an output that is a file": (("-o", "bad.toml"), "-o: bad.toml is a file"),
    "an output that looks like a picture": (("-o", "edges.png"), "-o: edges.png came; the name of a folder"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_would_fail_for_every_image_is_refused_before_anything_is_written(name, photos, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for file in ("bad.toml", "bad.json"):
        Path(file).write_text("op = [")
    Path("wrong.toml").write_text('op = "sobel"\naxis = "q"\n')
    options, said = WRONG[name]
    for more in ((), ("--dry-run",)):
        assert run(photos, "-o", "edges", *options, *more) == 2
        assert said in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"bad.json", "bad.toml", "wrong.toml", "photos"}


@pytest.mark.parametrize(
    ("options", "said", "unsaid"),
    [
        ((), "; -r looks into", "--include"),
        (("-r",), "among the inputs\n", "-r looks"),
        (("--include", "*.tif"), "--include and --exclude let pass; -r looks", "\n\n"),
    ],
)
def test_where_no_image_is_found_what_may_help_is_said(options, said, unsaid, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    assert run(tmp_path / "in", "-o", tmp_path / "out", *options) == 4
    told = capsys.readouterr().err
    assert said in told and unsaid not in told


def test_an_empty_name_is_no_output_folder(photos, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        run(photos, "-o", "")
    assert ended.value.code == 2 and "-o/--out" in capsys.readouterr().err
    Path("edgecalc.toml").write_text('[run]\nout = ""\n')
    assert run(photos) == 2
    assert "[run] out: '' came" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["ops", "doctor"])
def test_other_commands_print_and_end_well(command, capsys):
    assert main([command]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 5


def test_ops_draws_the_kernel_that_is_used(capsys):
    assert main(["ops", "sobel", "--ksize", "5"]) == 0
    drawn = capsys.readouterr().out
    assert "-6  -12    0   12    6" in drawn
    assert main(["ops", "nope"]) == 2


def test_quiet_says_nothing_but_failures_and_verbose_a_line_for_each_file(photos, tmp_path, capsys):
    assert run(photos, "-o", tmp_path / "quiet", "-q") == 0
    said = capsys.readouterr()
    assert said.out == said.err == ""
    assert run(photos, "-o", tmp_path / "verbose", "-v") == 0
    assert sum(line.startswith("done: ") for line in capsys.readouterr().err.splitlines()) == 8
    (photos / "bad.png").write_bytes(b"bad")
    assert run(photos, "-o", tmp_path / "quiet", "-q") == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "bad.png" in line


def on_a_terminal(*arguments):
    """(exit code, what a person sees)"""
    command = [sys.executable, "-m", "edgecalc.cli.main", "run", *map(str, arguments)]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stderr=theirs, stdout=subprocess.DEVNULL, cwd=ROOT, env=os.environ | {"TERM": "xterm", "COLUMNS": "100"})
    os.close(theirs)
    seen = b""
    while True:
        try:
            some = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not some:
            break
        seen += some
    os.close(ours)
    return process.wait(60), seen.decode(errors="replace")


def test_a_terminal_shows_a_bar_and_a_file_plain_lines(photos, tmp_path):
    (photos / "[bold]bad.png").write_bytes(b"bad")
    code, seen = on_a_terminal(photos, "-o", tmp_path / "edges")
    assert code == 3
    assert "\x1b[" in seen and "9/9" in seen
    assert "[bold]bad.png" in seen
    command = [sys.executable, "-m", "edgecalc.cli.main", "run", str(photos), "-o", str(tmp_path / "other")]
    plain = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert "\x1b" not in plain.stderr and "1 failed" in plain.stderr
    assert plain.stdout == ""


def test_a_terminal_shows_names_as_they_are_and_the_whole_bar_beside_long_ones(photos, tmp_path):
    bad = f":smile: {'long ' * 30}.png"
    (photos / bad).write_bytes(b"bad")
    code, seen = on_a_terminal(photos, "-o", tmp_path / "edges")
    assert code == 3
    assert f"failed: {photos / bad}: not an image" in seen
    assert "\U0001f604" not in seen
    ends = re.findall(r"(━+)[^━]*m9/9", seen)
    assert ends and set(map(len, ends)) == {30}


def test_names_come_from_standard_input(photos, tmp_path):
    command = [sys.executable, "-m", "edgecalc.cli.main", "run", "--files-from", "-", "-0", "-o", str(tmp_path / "edges")]
    ended = subprocess.run(
        command, input=b"camera.png\0deep/d.png\0", cwd=photos, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=60, check=False
    )
    assert ended.returncode == 0
    assert (tmp_path / "edges" / "camera.png").is_file() and (tmp_path / "edges" / "deep" / "d.png").is_file()


def test_a_reader_that_goes_away_ends_the_run_quietly(photos, tmp_path):
    command = [sys.executable, "-m", "edgecalc.cli.main", "run", str(photos), "-o", str(tmp_path / "edges"), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    assert process.wait(60) == 1
    process.stderr.close()


def test_workers_take_the_installed_edgecalc_and_not_a_folder_of_that_name(photos, tmp_path):
    """As after `pip install .` in a source folder: what lies there is not compiled."""
    (tmp_path / "source" / "edgecalc").mkdir(parents=True)
    (tmp_path / "source" / "edgecalc" / "__init__.py").write_text("open('taken', 'w').close()\n")
    script = tmp_path / "script.py"  # as the command is one: its own folder is looked through first, not the one that it runs in
    script.write_text("import sys\nfrom edgecalc.cli.main import main\nif __name__ == '__main__':\n    sys.exit(main())\n")
    command = [sys.executable, str(script), "run", str(photos / "disk.png"), "-o", str(tmp_path / "edges")]
    done = subprocess.run(command, cwd=tmp_path / "source", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "edges" / "disk.png").is_file()
    assert not (tmp_path / "source" / "taken").exists()


def test_edges_of_a_deep_image_are_the_same_in_every_format(tmp_path):
    deep = np.random.default_rng(0).integers(0, 64, (60, 80)).astype(np.uint16) * 257
    Image.fromarray(deep).save(tmp_path / "deep.png")
    found = []
    for format, read in (("png", read_gray), ("tif", read_gray), ("npy", np.load)):
        assert run(tmp_path / "deep.png", "-o", tmp_path / format, "--op", "canny:low=100,high=200", "--format", format) == 0
        found.append(read(tmp_path / format / f"deep.{format}"))
    assert (found[0] > 0).any()
    for other in found[1:]:
        np.testing.assert_array_equal(other > 0, found[0] > 0)


def test_a_pyproject_may_be_named_as_the_configuration(photos, tmp_path, capsys):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.edgecalc.run]\nop = "sobel"\n')
    assert run(photos / "disk.png", "-o", tmp_path / "out", "--config", tmp_path / "pyproject.toml") == 0
    assert "sobel -> " in capsys.readouterr().err
