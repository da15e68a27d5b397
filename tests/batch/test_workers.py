"""Who is told which job: all have one before any has two, and none waits behind a file that takes long."""

import multiprocessing
import os
import threading
from collections import deque
from types import SimpleNamespace

import pytest

from edgecalc.batch.journal import Record
from edgecalc.batch.plan import Job
from edgecalc.batch.run import Orders, Supervision, handed_out
from edgecalc.batch.work import GIVE_BACK, Settings
from edgecalc.batch.workers import AHEAD, BYTES, Worker


class Told(Worker):
    """A worker without a process."""

    def __init__(self, milliseconds):
        self.jobs, self.pace, self.told, self.sent = deque(), milliseconds / 1000, 0, []
        self.ready, self.asked_back = True, False

    def send(self, message):
        self.sent.append(message)


def jobs(count, name="a.png"):
    return deque(Job(f"{number}/{name}", f"{number}/{name}") for number in range(count))


@pytest.mark.parametrize(
    ("milliseconds", "count", "told"),
    [
        ([float("inf")] * 3, 100, [1, 1, 1]),  # nothing is known of them yet
        ([1, 1], 2, [1, 1]), ([1, 1], 1, [1, 0]), ([200, 200], 100, [1, 1]), ([60, 60], 100, [2, 2]),
        ([1, 1], 10_000, [101, 101]), ([0.1, 0.1], 10_000, [AHEAD + 1] * 2), ([200, 1], 1_000, [1, 101]),
    ],
)  # fmt: skip
def test_so_many_jobs_are_told(milliseconds, count, told):
    crew, todo = [Told(each) for each in milliseconds], jobs(count)
    expected = list(todo)
    names = list(handed_out(todo, crew))
    assert [len(worker.jobs) for worker in crew] == told
    assert names == [job.name for job in expected[: sum(told)]]
    assert list(todo) == expected[sum(told) :]
    assert all(worker.sent == list(worker.jobs) for worker in crew)


def test_the_last_jobs_are_spread_evenly():
    crew, todo = [Told(1), Told(1)], jobs(100)
    list(handed_out(todo, crew))
    held = [len(worker.jobs) for worker in crew]
    assert max(held) - min(held) <= 1
    assert len(todo) >= sum(held)


def test_long_names_do_not_fill_the_pipe():
    crew, todo = [Told(0.1)], jobs(1000, "x" * 4000)
    list(handed_out(todo, crew))
    assert 1 < len(crew[0].jobs) < BYTES / 4000
    assert crew[0].told == sum(len(os.fsencode(job.source + job.name)) for job in crew[0].jobs)


def test_letters_of_three_bytes_fill_it_sooner():
    plain, wide = ([Told(0.1)], [Told(0.1)])
    list(handed_out(jobs(1000, "x" * 200), plain))
    list(handed_out(jobs(1000, "字" * 200), wide))
    assert len(wide[0].jobs) < 0.5 * len(plain[0].jobs)


def test_who_is_not_ready_is_told_nothing():
    crew, todo = [Told(1), Told(1)], jobs(5)
    crew[0].ready = False
    list(handed_out(todo, crew))
    assert not crew[0].sent and crew[1].jobs


def test_a_worker_that_was_asked_when_it_had_nothing_left_is_heard_and_told_again(tmp_path):
    worker, stop = Told(1), threading.Event()
    worker.asked_back = True
    worker.pipe, theirs = multiprocessing.Pipe()
    worker.send, worker.end = worker.pipe.send, lambda: None

    def live():
        theirs.send([])
        job = theirs.recv()
        theirs.send(Record(job.source, job.name, "done", ms=1.0))

    threading.Thread(target=live, daemon=True).start()
    timer = threading.Timer(3, stop.set)
    timer.start()
    supervision = Supervision(tmp_path, None, Orders(), Settings("{}", str(tmp_path), 1), stop, crew=[worker], todo=jobs(1))
    assert [record.status for record in supervision.answered(1)] == ["done"]
    timer.cancel()


def test_what_waits_behind_a_slow_file_is_asked_back_once_another_has_nothing_to_do():
    slow, idle = Told(1), Told(1)
    slow.jobs.extend(jobs(6))
    waiting = list(slow.jobs)[1:]
    list(handed_out(deque(), [slow, idle]))
    list(handed_out(deque(), [slow, idle]))
    assert slow.sent == [GIVE_BACK] and not idle.sent
    slow.pipe = SimpleNamespace(recv=iter([Record("0/a.png", "0/a.png", "done", ms=900.0), waiting]).__next__)
    assert slow.answer().status == "done"
    assert slow.answer() == waiting and not slow.jobs and not slow.asked_back
    todo = deque(waiting)
    list(handed_out(todo, [slow, idle]))
    assert len(idle.jobs) >= len(slow.jobs) == 1  # it is known to be slow now
