"""Processes that are told jobs, each over a pipe of its own: whatever becomes of one, it is known which file it had in work.

supervisor ── jobs, some of them ahead ──> worker: one after the other ── a record for each, in their order ──> supervisor

A pool with one queue for all, as well-kept libraries have it, learns from the worker itself what it took: one that crashes
before that is heard costs its file a timeout, or the run its pool.
"""

from __future__ import annotations

import os
import time
from collections import deque
from contextlib import suppress
from typing import Any

from edgecalc.batch.journal import Record
from edgecalc.batch.plan import Job
from edgecalc.batch.work import Settings, serve

AHEAD, SECONDS_AHEAD = 128, 0.1  # jobs that wait in a worker, as long as the journal waits for the disk; none behind one that takes longer
CHARACTERS = 1 << 15  # of their names: what is under way fits into a pipe, so that neither end waits for the other to read
PRELOADED = [
    "edgecalc.batch.work", "edgecalc.batch.recipe", "edgecalc.media.read", "edgecalc.media.write", "edgecalc.filters.automatic",
    "edgecalc.cli.main",  # the command's main module, which each worker imports as its own
]  # fmt: skip


def context() -> Any:
    """Workers are forked from a clean process that has imported what they need: quick to start and to replace. Asked for early, it is ready in time."""
    import multiprocessing

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(PRELOADED)
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"  # else it would import an uncompiled edgecalc from a source folder that it happens to run in
    try:
        forkserver.ensure_running()
    finally:
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
        self.since = time.monotonic()
        self.pace = float("inf")  # seconds that the last file took
        self.characters = 0

    def has_room(self, most: int) -> bool:
        """For another job behind what it has; `most` of them wait."""
        waiting = min(AHEAD, most, int(SECONDS_AHEAD / self.pace)) if self.characters < CHARACTERS else 0
        return len(self.jobs) <= waiting

    def tell(self, job: Job) -> None:
        if not self.jobs:
            self.since = time.monotonic()
        self.jobs.append(job)
        self.characters += len(job.source) + len(job.name)
        self.send(job)

    def send(self, message: Job | None) -> None:
        """None: begin nothing more."""
        with suppress(OSError):  # it has ended, which whoever listens to it learns
            self.pipe.send(message)

    def answer(self) -> Record:
        """Of the first of its jobs. EOFError or OSError: it has ended, and this is the job that it took along."""
        record = self.pipe.recv()
        job = self.jobs.popleft()
        self.characters -= len(job.source) + len(job.name)
        self.since, self.pace = time.monotonic(), max(record.ms, 0.1) / 1000
        return record

    def overdue(self, timeout: float) -> bool:
        return bool(self.jobs) and time.monotonic() - self.since > timeout and not self.pipe.poll()

    def end(self) -> int | None:
        """At once, wherever it is; its exit code."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        return self.process.exitcode
