"""edgecalc watch: what comes is done once it has settled, what changes is done again, what is done stays."""

import os
import shutil
import signal
import time

import pytest

from edgecalc.batch.journal import Journal, rows
from edgecalc.cli.main import main
from tests.batch.stage import ended, files, photos, start, unlistable, wait


def watch(*arguments, rounds=1, settle=0):
    return main(["watch", *map(str, arguments), "--every", "0.01", "--settle", str(settle), "--rounds", str(rounds), "-q"])


def test_what_is_there_is_done_once(tmp_path):
    source = photos(tmp_path / "in", 4)
    assert watch(source, "-r", "-o", tmp_path / "out", rounds=3) == 0
    assert len(files(tmp_path / "out")) == 4
    assert len(rows(tmp_path / "out")[0]) == 1  # one run: the later rounds had nothing to do


def test_what_comes_later_and_what_changes_is_done(tmp_path):
    source = photos(tmp_path / "in", 2)
    process = start("watch", source, "-o", tmp_path / "out", "--every", 0.05, "--settle", 0)
    wait(lambda: len(files(tmp_path / "out")) == 2)
    shutil.copy(source / "000.png", source / "new.png")
    wait(lambda: "new.png" in files(tmp_path / "out"))
    before = (tmp_path / "out" / "new.png").stat().st_mtime_ns
    shutil.copyfile(photos(tmp_path / "other", 1, seed=9) / "000.png", source / "new.png")
    wait(lambda: (tmp_path / "out" / "new.png").stat().st_mtime_ns != before)
    process.send_signal(signal.SIGINT)
    assert ended(process).code == 130


def test_a_name_that_collides_is_told_once_and_ends_nothing(tmp_path):
    source = photos(tmp_path / "in", 1)
    process = start("watch", source, "-o", tmp_path / "out", "--every", 0.05, "--settle", 0)
    wait(lambda: len(files(tmp_path / "out")) == 1)
    shutil.copy(source / "000.png", source / "000.jpg")
    shutil.copy(source / "000.png", source / "later.png")
    wait(lambda: "later.png" in files(tmp_path / "out"))
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    outcome = ended(process)
    assert outcome.code == 130
    assert outcome.err.count("would both be written to") == 1 and "both are left out" in outcome.err
    assert len(files(tmp_path / "out")) == 2


def test_a_name_that_collides_from_the_start_is_refused(tmp_path, capsys):
    source = photos(tmp_path / "in", 1)
    shutil.copy(source / "000.png", source / "000.jpg")
    assert watch(source, "-o", tmp_path / "out", rounds=3) == 2
    assert "would both be written to" in capsys.readouterr().err


def test_a_file_that_still_grows_is_left_until_it_has_settled(tmp_path):
    source = photos(tmp_path / "in", 1)
    assert watch(source, "-o", tmp_path / "out", rounds=2, settle=3600) == 0
    assert not (tmp_path / "out").exists()
    os.utime(source / "000.png", (time.time() - 7200,) * 2)
    assert watch(source, "-o", tmp_path / "out", settle=3600) == 0
    assert len(files(tmp_path / "out")) == 1


def test_a_file_from_tomorrow_is_done(tmp_path):
    source = photos(tmp_path / "in", 1)
    os.utime(source / "000.png", (time.time() + 86400,) * 2)
    assert watch(source, "-o", tmp_path / "out", settle=0.05, rounds=1) == 0
    assert not (tmp_path / "out").exists()
    assert watch(source, "-o", tmp_path / "out", settle=0.05, rounds=20) == 0
    assert len(files(tmp_path / "out")) == 1


def test_another_run_in_the_folder_is_waited_for(tmp_path, capsys):
    source = photos(tmp_path / "in", 1)
    other = Journal(tmp_path / "out")
    assert watch(source, "-o", tmp_path / "out", rounds=3) == 11
    assert capsys.readouterr().err.count("another run writes there") == 1 and not files(tmp_path / "out")
    other.close()
    assert watch(source, "-o", tmp_path / "out") == 0
    assert len(files(tmp_path / "out")) == 1


def test_a_folder_that_cannot_be_read_is_told_once_and_is_a_failure(tmp_path, capsys, monkeypatch):
    source = photos(tmp_path / "in", 1)
    (source / "deep").mkdir(exist_ok=True)
    unlistable(monkeypatch, "deep")
    assert watch(source, "-r", "-o", tmp_path / "out", rounds=4) == 3
    assert capsys.readouterr().err.count("deep: Permission denied; left out") == 1


def test_an_output_of_before_is_an_error_if_it_is_to_be_one(tmp_path):
    source = photos(tmp_path / "in", 1)
    assert watch(source, "-o", tmp_path / "out") == 0
    before = files(tmp_path / "out")
    assert watch(source, "-o", tmp_path / "out", "--op", "sobel", "--existing", "error") == 2
    assert files(tmp_path / "out") == before


def test_a_list_is_watched_as_long_as_it_can_be_read_again(tmp_path, capsys):
    listed = tmp_path / "list"
    listed.write_text(str(photos(tmp_path / "in", 1) / "000.png"))
    order = ("watch", "-o", str(tmp_path / "out"), "--settle", "0s", "--every", "0.01", "--rounds", "1")
    assert main([*order, "--files-from", str(listed)]) == 0
    assert f"watching {listed};" in capsys.readouterr().err
    assert main([*order, "--files-from", "-"]) == 2
    assert "--files-from" in capsys.readouterr().err


def test_an_empty_folder_is_watched_in_peace(tmp_path):
    (tmp_path / "in").mkdir()
    assert watch(tmp_path / "in", "-o", tmp_path / "out", rounds=2) == 0


def test_a_failed_file_is_told_at_the_end_and_not_tried_until_it_changes(tmp_path):
    source = photos(tmp_path / "in", 1)
    (source / "bad.png").write_bytes(b"bad")
    assert watch(source, "-o", tmp_path / "out", rounds=3) == 3
    assert len(rows(tmp_path / "out")[0]) == 1


def test_a_second_watch_goes_on_where_the_first_ended(tmp_path):
    source = photos(tmp_path / "in", 2)
    assert watch(source, "-o", tmp_path / "out") == 0
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.png")}
    assert watch(source, "-o", tmp_path / "out") == 0
    assert before == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.png")}


@pytest.mark.parametrize("option", ["--settle", "--every", "--rounds"])
def test_negative_waits_and_rounds_are_refused(option, tmp_path, capsys):
    assert main(["watch", str(tmp_path), "-o", str(tmp_path / "out"), f"{option}=-1"]) == 2
    assert option in capsys.readouterr().err


def test_a_collision_that_comes_again_is_told_again(tmp_path):
    source = photos(tmp_path / "in", 1)
    process = start("watch", source, "-o", tmp_path / "out", "--every", 0.05, "--settle", 0)
    wait(lambda: len(files(tmp_path / "out")) == 1)
    for k, name in enumerate(("000.jpg", "000.jpg", "000.bmp")):
        shutil.copy(source / "000.png", source / name)
        time.sleep(0.5)
        (source / name).unlink()
        shutil.copy(source / "000.png", source / f"later{k}.png")
        wait(lambda k=k: f"later{k}.png" in files(tmp_path / "out"))
    process.send_signal(signal.SIGINT)
    assert ended(process).err.count("both are left out") == 3
