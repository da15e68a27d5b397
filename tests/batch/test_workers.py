"""Who is told which job: all have one before any has two, and none waits behind a file that takes long."""

from collections import deque

import pytest

from edgecalc.batch.plan import Job
from edgecalc.batch.run import handed_out
from edgecalc.batch.workers import AHEAD, CHARACTERS, Worker


class Told(Worker):
    """A worker without a process."""

    def __init__(self, milliseconds):
        self.jobs, self.pace, self.characters, self.sent = deque(), milliseconds / 1000, 0, []

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
    assert 1 < len(crew[0].jobs) < CHARACTERS / 4000
    assert crew[0].characters == sum(len(job.source) + len(job.name) for job in crew[0].jobs)
