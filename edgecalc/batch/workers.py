"""Processes that are told jobs, each over a pipe of its own: whatever becomes of one, it is known which file it had in work.

worker: ready ──> supervisor ── jobs, some of them ahead ──> worker: one after the other ── a record for each, in their order ──> supervisor

A pool with one queue for all, as well-kept libraries have it, learns from the worker itself what it took: one that crashes
before that is heard costs its file a timeout, or the run its pool.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from contextlib import suppress
from typing import Any

from edgecalc.batch.journal import Record
from edgecalc.batch.plan import Job
from edgecalc.batch.work import GIVE_BACK, READY, Settings, serve

AHEAD, SECONDS_AHEAD = 128, 0.1  # jobs that wait in a worker, as long as the journal waits for the disk; none behind one that takes longer
BYTES = 1 << 14  # of their names: what is under way fits into a pipe, so that neither end waits for the other to read
LONGEST_START = 60.0  # seconds until a worker is ready
NOT_KNOWN = 255  # the exit code of a worker whose fork server has ended, though the worker may live
PRELOADED = [
    "edgecalc.batch.work", "edgecalc.batch.recipe", "edgecalc.media.read", "edgecalc.media.write", "edgecalc.filters.thresholds",
    "edgecalc.cli.main",  # the command's main module, which each worker imports as its own
]  # fmt: skip


def context() -> Any:
    """Workers are forked from a clean process that has imported what they need: quick to start and to replace. Asked for early, it is ready in time."""
    import multiprocessing

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver, resource_tracker

    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(PRELOADED)
    resource_tracker.ensure_running()  # which lets SIGINT pass again
    before, mask = os.environ.get("PYTHONSAFEPATH"), signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # ^C is for the supervisor alone
    os.environ["PYTHONSAFEPATH"] = "1"  # else it would import an uncompiled edgecalc from a source folder that it happens to run in
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.environ.pop("PYTHONSAFEPATH") if before is None else os.environ.update(PYTHONSAFEPATH=before)
    return made


class Worker:
    """A process and what it was told: the first of `jobs` is in work, since `since`."""

    def __init__(self, settings: Settings):
        made = context()
        self.pipe, theirs = made.Pipe()
        self.process = made.Process(target=serve, args=(theirs, settings), daemon=True)
        self.process.start()
        theirs.close()
        self.jobs: deque[Job] = deque()
        self.ready = self.asked_back = False
        self.since = time.monotonic()
        self.pace = float("inf")  # seconds that the last file took
        self.told = 0  # bytes of names that are under way

    def has_room(self, most: int) -> bool:
        """For another job behind what it has; `most` of them wait."""
        if not self.ready or self.asked_back:
            return False
        waiting = min(AHEAD, most, int(SECONDS_AHEAD / self.pace)) if self.told < BYTES else 0
        return len(self.jobs) <= waiting

    def tell(self, job: Job) -> None:
        if not self.jobs:
            self.since = time.monotonic()
        self.jobs.append(job)
        self.told += size(job)
        self.send(job)

    def ask_back(self) -> None:
        """For what it has not begun; it answers once the file in work has ended."""
        self.asked_back = True
        self.send(GIVE_BACK)

    def send(self, message: Job | str) -> None:
        with suppress(OSError):  # it has ended, which whoever listens to it learns
            self.pipe.send(message)

    def answer(self) -> Record | list[Job]:
        """The record of the first of its jobs, or jobs that it gives back. EOFError or OSError: it has ended, and took that job along."""
        message = self.pipe.recv()
        self.since = time.monotonic()
        if message == READY:
            self.ready = True
            return []
        if isinstance(message, list):
            self.asked_back, self.told = False, 0
            self.jobs.clear()
            return message
        self.told -= size(self.jobs.popleft())
        self.pace = max(message.ms, 0.1) / 1000
        return message

    @property
    def gone(self) -> bool:
        """Whether it ended while it had nothing to do."""
        return self.ready and not self.jobs and not self.asked_back and self.pipe.poll()

    def overdue(self, timeout: float) -> bool:
        return (
            (bool(self.jobs) or not self.ready)
            and time.monotonic() - self.since > (timeout if self.ready else LONGEST_START)
            and not self.pipe.poll()
        )

    def end(self) -> int | None:
        """At once, wherever it is; its exit code."""
        self.process.kill()
        if self.process.exitcode == NOT_KNOWN and self.process.pid:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()
        self.pipe.close()
        return self.process.exitcode


def size(job: Job) -> int:
    return len(os.fsencode(job.source)) + len(os.fsencode(job.name))
