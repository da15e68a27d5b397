"""A decoder that crashes, hangs or eats memory costs its file; a run that is killed costs nothing but its time."""

import contextlib
import errno
import json
import multiprocessing
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time

import pytest

from edgecalc.batch import run as batch
from edgecalc.batch.journal import Journal, rows
from edgecalc.batch.plan import Selection, plan
from edgecalc.batch.recipe import Recipe
from edgecalc.batch.work import Settings
from tests.batch.faults import SQLITE
from tests.batch.stage import ROOT, Serving, end_group, ended, files, killed_at_random, parts, photos, run, start, wait
from tests.batch.unruly import CONTROL, SUPERVISOR

GOOD = 12


def unruly(folder, *names):
    """Good pictures, and copies of one of them under the names of bad ones."""
    photos(folder, GOOD)
    for name in names:
        (folder / name).write_bytes((folder / "000.png").read_bytes())
    return folder


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("crash.png", "Crashed", "the decoder crashed"), ("abort.png", "Crashed", "the decoder crashed"), ("kill.png", "Crashed", "the decoder crashed"),
        ("eat.png", "MemoryError", "not enough memory"), ("boom.png", "RuntimeError", "defect"), ("shift.png", "Changed", "changes while it is read"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_file_costs_only_itself(name, error, said, workers, tmp_path):
    outcome = run(unruly(tmp_path / "in", name), "-r", "-o", tmp_path / "out", "--json", "--workers", workers)
    assert outcome.code == 3
    *records, summary = outcome.records
    assert [(record["name"], record["error"]) for record in records if record["status"] != "done"] == [(name, error)]
    assert name in outcome.err and said in outcome.err
    assert (summary["done"], summary["failed"], summary["left"]) == (GOOD, 1, 0)
    assert len(files(tmp_path / "out")) == GOOD
    assert not parts(tmp_path / "out")


def test_files_that_hang_end_at_the_timeout_and_the_others_are_done(tmp_path):
    begun = time.monotonic()
    outcome = run(
        unruly(tmp_path / "in", "hang1.png", "hang2.png", "hang3.png"), "-r", "-o", tmp_path / "out", "--json", "--timeout", 1, "--workers", 2
    )
    assert outcome.code == 3
    bad = {record["name"]: record for record in outcome.records[:-1] if record["status"] == "failed"}
    assert set(bad) == {"hang1.png", "hang2.png", "hang3.png"}
    assert all(record["error"] == "Timeout" and "1 s (--timeout)" in record["message"] for record in bad.values())
    assert len(files(tmp_path / "out")) == GOOD
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("pages", ["first", "all"])
def test_a_file_that_ran_out_of_time_leaves_nothing_behind(pages, tmp_path):
    assert run(unruly(tmp_path / "in", "stall.png"), "-r", "-o", tmp_path / "out", "--timeout", 1, "-q", "--pages", pages).code == 3
    assert len(files(tmp_path / "out")) == GOOD
    assert not parts(tmp_path / "out")


def test_many_crashes_do_not_stop_the_run(tmp_path):
    names = [f"{kind}{number}.png" for kind in ("crash", "abort", "kill") for number in range(3)]
    outcome = run(unruly(tmp_path / "in", *names), "-r", "-o", tmp_path / "out", "--json", "--workers", 2)
    assert outcome.code == 3
    assert (outcome.records[-1]["done"], outcome.records[-1]["failed"]) == (GOOD, len(names))


def test_workers_killed_from_outside_at_any_moment_cost_at_most_the_file_in_work(tmp_path):
    class Deadly(Journal):
        """Whenever a third file is done, a worker dies, and the supervisor is too busy to see it for a while."""

        def add(self, record):
            super().add(record)
            if len(self.waiting) % 3 == 0:
                time.sleep(0.002 * (len(self.waiting) % 7))
                for child in multiprocessing.active_children()[: len(self.waiting) % 2 + 1]:
                    child.kill()
                time.sleep(0.002 * (len(self.waiting) % 5))

    def carried_out(journal_of, out):
        jobs = plan([str(tmp_path / "in")], out, Selection(recursive=True))
        settings = Settings(Recipe.parse("sobel").to_json(), str(out), 1 << 24)
        with contextlib.closing(journal_of(out)) as journal:
            return list(batch.run(jobs, out, journal, settings, batch.Orders(workers=2)))

    photos(tmp_path / "in", 90)
    undisturbed = carried_out(Journal, tmp_path / "undisturbed")
    records = carried_out(Deadly, tmp_path / "out")
    assert sorted(record.name for record in records) == sorted(record.name for record in undisturbed)
    assert {record.error for record in records} <= {"", "Crashed"}
    done = {record.name for record in records if record.status == "done"}
    assert len(done) > 45 and done <= set(files(tmp_path / "out"))
    assert files(tmp_path / "out").items() <= files(tmp_path / "undisturbed").items()  # one may be whole whose worker died before it could say so
    assert not parts(tmp_path / "out")


def test_a_limit_on_memory_that_is_lower_than_ours_is_kept(tmp_path):
    def limited():
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

    outcome = run(photos(tmp_path / "in"), "-r", "-o", tmp_path / "out", "--workers", 2, preexec_fn=limited)
    assert (outcome.code, len(files(tmp_path / "out"))) == (0, 6), outcome.err


def test_workers_that_cannot_be_started_blame_no_file(tmp_path):
    """A script without its guard is run again by each worker, which may start none of its own then."""
    script = tmp_path / "script.py"
    script.write_text(f"""
from pathlib import Path
from edgecalc.batch import run as batch
from edgecalc.batch.journal import Journal
from edgecalc.batch.plan import Selection, plan
from edgecalc.batch.recipe import Recipe
from edgecalc.batch.work import Settings
out = Path({str(tmp_path / "out")!r})
jobs = plan([{str(photos(tmp_path / "in"))!r}], out, Selection(recursive=True))
settings = Settings(Recipe.parse("sobel").to_json(), str(out), 1 << 24)
print(len(list(batch.run(jobs, out, Journal(out), settings, batch.Orders(workers=2)))))
""")
    outcome = subprocess.run(
        [sys.executable, str(script)], check=False, capture_output=True, text=True, timeout=60, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert outcome.returncode == 1
    assert "worker processes cannot be started" in outcome.stderr.splitlines()[-1]


@pytest.mark.parametrize("seconds", [0.15, 0.25, 0.4])
def test_an_interrupt_of_the_whole_group_while_workers_start_is_one(seconds, tmp_path):
    process = start("run", photos(tmp_path / "in", 40), "-r", "-o", tmp_path / "out", "--workers", 2, "--json")
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    outcome = ended(process)
    assert outcome.code in (130, -signal.SIGINT, 0) and "EOFError" not in outcome.err, outcome.err
    if outcome.code == 130 and outcome.out:
        assert outcome.records[-1]["exit"] == 130


def test_resume_goes_on_after_two_interrupts_that_came_before_a_record(tmp_path):
    process = start("run", photos(tmp_path / "in", 200), "-r", "-o", tmp_path / "out", "--workers", 16)
    wait(lambda: (tmp_path / "out").exists() and any((tmp_path / "out").glob("*.png")))
    process.send_signal(signal.SIGINT)
    time.sleep(0.004)
    process.send_signal(signal.SIGINT)
    ended(process)
    assert run(tmp_path / "in", "-r", "-o", tmp_path / "out", "--resume", "-q").code == 0
    assert len(files(tmp_path / "out")) == 200


def test_a_file_where_a_folder_should_be_hides_no_message(tmp_path):
    for number in range(12):
        photos(tmp_path / "in" / "deep", 1, seed=number)
        (tmp_path / "in" / "deep" / "000.png").rename(tmp_path / "in" / "deep" / f"picture{number}.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "deep").write_text("no folder")
    outcome = run(tmp_path / "in", "-r", "-o", tmp_path / "out", "--max-errors", 0, "--workers", 2)
    assert outcome.code == 1
    assert "--max-errors allows 0" in outcome.err


def test_time_in_which_all_were_stopped_counts_for_nobody(tmp_path):
    folder = photos(tmp_path / "in", 1)
    (folder / "000.png").rename(folder / "slow0.png")
    for number in range(1, 8):
        os.link(folder / "slow0.png", folder / f"slow{number}.png")
    process = start("run", folder, "-o", tmp_path / "out", "--json", "--workers", 2, "--timeout", 2)
    wait(lambda: files(tmp_path / "out"))
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(3)
    os.killpg(process.pid, signal.SIGCONT)
    outcome = ended(process)
    assert (outcome.code, outcome.records[-1]["done"]) == (0, 8), outcome.err


def test_an_interrupt_is_seen_while_nothing_is_to_be_done(tmp_path):
    folder, out, stop = photos(tmp_path / "in"), tmp_path / "out", threading.Event()
    assert run(folder, "-r", "-o", out, "-q").code == 0
    jobs = plan([str(folder)], out, Selection(recursive=True))
    stop.set()
    with contextlib.closing(Journal(out)) as journal, pytest.raises(KeyboardInterrupt):
        next(batch.run(jobs, out, journal, Settings("{}", str(out), 1), batch.Orders(existing="skip"), stop))


def test_what_failed_is_tried_again_by_resume_and_what_was_done_is_not(tmp_path):
    folder = unruly(tmp_path / "in", "crash.png")
    assert run(folder, "-r", "-o", tmp_path / "out", "-q").code == 3
    outcome = run(folder, "-r", "-o", tmp_path / "out", "--resume", "--json")
    assert outcome.code == 3
    assert (outcome.records[-1]["skipped"], outcome.records[-1]["failed"]) == (GOOD, 1)
    journal = {row["name"]: row["status"] for row in rows(tmp_path / "out")[1]}
    assert journal.pop(b"crash.png") == "failed"
    assert set(journal.values()) == {"done"}


@pytest.mark.parametrize("before", [False, True], ids=["new", "existing"])
def test_a_file_that_keeps_changing_leaves_no_picture_of_a_moment(before, tmp_path):
    folder = unruly(tmp_path / "in", "shift.png")
    if before:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "shift.png").write_bytes(b"before")
    assert run(folder / "shift.png", "-o", tmp_path / "out", "--existing", "overwrite").code == 3
    assert files(tmp_path / "out") == ({"shift.png": b"before"} if before else {})


def test_the_first_interrupt_lets_what_is_in_work_end(tmp_path):
    folder = photos(tmp_path / "in", 1)
    (folder / "000.png").rename(folder / "slow000.png")
    for number in range(1, 200):
        os.link(folder / "slow000.png", folder / f"slow{number:03}.png")
    process = start("run", folder, "-o", tmp_path / "out", "--json", "--workers", 2)
    wait(lambda: len(files(tmp_path / "out")) >= 2)
    process.send_signal(signal.SIGINT)
    begun = time.monotonic()
    outcome = ended(process)
    assert outcome.code == 130
    assert time.monotonic() - begun < 9
    *records, summary = outcome.records
    assert summary["exit"] == 130
    assert summary["done"] == len(records) == len(files(tmp_path / "out")) < 200
    assert summary["done"] + summary["left"] == summary["planned"] == 200
    assert "--resume" in outcome.err
    assert not parts(tmp_path / "out")


def test_a_signal_to_end_is_an_interrupt_with_a_code_of_its_own(tmp_path):
    process = start("run", unruly(tmp_path / "in", "hang1.png", "hang2.png"), "-r", "-o", tmp_path / "out", "--workers", 2)
    wait(lambda: len(files(tmp_path / "out")) >= 1)
    process.send_signal(signal.SIGTERM)
    outcome = ended(process)
    assert outcome.code == 128 + signal.SIGTERM
    assert "--resume" in outcome.err and not parts(tmp_path / "out")


def test_an_interrupt_does_not_wait_for_a_file_that_hangs(tmp_path):
    process = start("run", unruly(tmp_path / "in", "hang1.png", "hang2.png"), "-r", "-o", tmp_path / "out", "--workers", 2)
    wait(lambda: len(files(tmp_path / "out")) >= 1)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert ended(process).code == 130
    assert time.monotonic() - begun < 12
    assert run(tmp_path / "in", "-r", "-o", tmp_path / "out", "--resume", "--exclude", "hang*", "-q").code == 0
    assert len(files(tmp_path / "out")) == GOOD


def test_the_second_interrupt_ends_at_once(tmp_path):
    process = start("run", unruly(tmp_path / "in", "hang1.png", "hang2.png"), "-r", "-o", tmp_path / "out", "--workers", 2)
    wait(lambda: len(files(tmp_path / "out")) >= 1)
    process.send_signal(signal.SIGINT)
    assert "^C again" in process.stderr.readline() + process.stderr.readline()
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    outcome = ended(process)
    assert outcome.code == 130
    assert "Traceback" not in outcome.err
    assert time.monotonic() - begun < 4


def test_no_process_survives_its_run(tmp_path):
    process = start(
        "run", unruly(tmp_path / "in", "crash.png"), "-r", "-o", tmp_path / "out", "-q", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert process.wait(60) == 3

    try:
        wait(lambda: not alive(process.pid), 10)
    finally:
        end_group(process)


def test_a_decoder_that_hangs_does_not_outlive_a_supervisor_that_is_killed(tmp_path):
    (photos(tmp_path / "in", 2) / "001.jpg").rename(tmp_path / "in" / "hang.jpg")
    process = start("run", tmp_path / "in", "-o", tmp_path / "out", "--workers", 1, "--timeout", 1)
    try:
        wait(lambda: files(tmp_path / "out"))
        process.kill()
        process.communicate(timeout=15)
        wait(lambda: not alive(process.pid), 15)
    finally:
        end_group(process)


def test_the_second_run_in_a_folder_is_refused_and_the_first_is_not_disturbed(tmp_path):
    folder = unruly(tmp_path / "in", "hang.png")
    first = start("run", folder, "-r", "-o", tmp_path / "out", "--timeout", 3)
    wait(lambda: files(tmp_path / "out"))
    second = run(folder, "-r", "-o", tmp_path / "out", "--existing", "overwrite")
    assert second.code == 11
    assert f"process {first.pid}" in second.err
    assert ended(first).code == 3
    assert run(folder, "-r", "-o", tmp_path / "out", "--resume", "--exclude", "hang*", "-q").code == 0


def test_runs_killed_at_random_times_resume_to_the_same_bytes(tmp_path):
    seen = killed_at_random(tmp_path, 100)
    assert seen["something"] > 10


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    control = tmp_path_factory.mktemp("control") / "faults.json"
    serving = Serving({CONTROL: str(control)})
    yield serving, control
    serving.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_whichever_file_operation_fails_no_name_holds_half_a_file_and_resume_goes_on(number, lasting, stage, tmp_path):
    serve, control = stage
    order = ("run", photos(tmp_path / "in", 1), "-r", "--workers", 1, "--durability", "file", "--json")
    control.write_text(json.dumps({"n": 0}))
    assert serve(*order, "-o", tmp_path / "undisturbed").code == 0
    expected, operations = files(tmp_path / "undisturbed"), int((control.parent / "faults.json.count").read_text())
    assert operations > 8
    for n in range(1, operations + 1):
        out = tmp_path / f"out{n}"
        control.write_text(json.dumps({"n": n, "number": number, "lasting": lasting}))
        outcome = serve(*order, "-o", out)
        *records, summary = outcome.records
        bad = [record for record in records if record["status"] == "failed"]
        if bad:
            assert outcome.code == summary["exit"] == (1 if bad[-1]["error"] == os.strerror(errno.ENOSPC) else 3)
        else:  # it did not matter: a folder to be made was there
            assert outcome.code == 0
            assert files(out) == expected
        assert all(record["message"] for record in bad), bad
        assert files(out).items() <= expected.items()
        assert not parts(out) or outcome.code == 1  # stopped: then another file may have been in work
        control.write_text(json.dumps({"n": 0}))
        assert serve(*order, "-o", out, "--resume").code == 0
        assert files(out) == expected


@pytest.mark.parametrize(
    ("number", "lasting"), [(errno.ENOSPC, True), (errno.EIO, False), (errno.EACCES, True)], ids=["full", "broken once", "forbidden"]
)
def test_whichever_operation_of_the_supervisor_fails_the_run_ends_in_plain_words_and_resume_goes_on(number, lasting, stage, tmp_path):
    serve, control = stage
    order = ("run", photos(tmp_path / "in", 1), "-r", "--workers", 1, "--durability", "file")
    control.write_text(json.dumps({SUPERVISOR: True}))
    assert serve(*order, "-o", tmp_path / "undisturbed").code == 0
    expected, operations = files(tmp_path / "undisturbed"), int((control.parent / "faults.json.count").read_text())
    assert 15 < operations < 40
    for n in range(1, operations + 1):
        out = tmp_path / f"out{n}"
        control.write_text(json.dumps({SUPERVISOR: True, "n": n, "number": number, "lasting": lasting}))
        outcome = serve(*order, "-o", out)
        assert outcome.code in (0, 1, 2, 3, 4), f"{n}: {outcome.err}"  # 3: a folder that passes for a file which holds nothing
        assert outcome.code != 1 or SQLITE[number] in outcome.err or os.strerror(number) in outcome.err, f"{n}: {outcome.err}"
        assert outcome.code == 0 or re.search(
            rf"(edgecalc|failed): .*({re.escape(str(tmp_path))}|edgecalc.toml|pyproject.toml|no image)", outcome.err
        ), f"{n}: {outcome.err}"
        assert "Traceback" not in outcome.err
        assert files(out).items() <= expected.items()
        control.write_text(json.dumps({"n": 0}))
        resumed = serve(*order, "-o", out, "--resume")
        assert resumed.code == 0, f"{n}: {resumed.err}"
        assert files(out) == expected


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
def test_the_message_of_a_failed_file_operation_names_the_file(number, stage, tmp_path):
    serve, control = stage
    photos(tmp_path / "in", 1)
    for operation in ("open", "read", "write", "fsync", "replace"):
        control.write_text(json.dumps({"n": 1, "number": number, "lasting": True, "only": operation}))
        outcome = serve("run", tmp_path / "in", "-o", tmp_path / "out", "--durability", "file", "--json")
        message = outcome.records[0]["message"]
        assert re.search(r"000\.png", message), f"{operation}: {message!r}"
        assert os.strerror(number) in message


def test_a_full_disk_stops_the_run_and_says_how_to_go_on(stage, tmp_path):
    serve, control = stage
    control.write_text(json.dumps({"n": 9, "number": errno.ENOSPC, "lasting": True, "only": "write+fsync+mkdir"}))
    outcome = serve("run", photos(tmp_path / "in", 200), "-r", "-o", tmp_path / "out", "--workers", 1, "--json")
    assert outcome.code == 1
    assert os.strerror(errno.ENOSPC) in outcome.err and "--resume" in outcome.err
    assert outcome.records[-1]["failed"] < 40
    assert outcome.records[-1]["left"] > 100
