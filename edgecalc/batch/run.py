"""A plan carried out by worker processes: one that crashes, hangs or eats memory costs its file, not the run.

jobs ── journal: what is done already? ── workers ── records ── journal ── the caller
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edgecalc.batch.journal import Journal, Record
from edgecalc.batch.plan import STATE, Job
from edgecalc.batch.work import END, Settings, fingerprint
from edgecalc.batch.workers import Worker
from edgecalc.errors import EdgecalcError
from edgecalc.media.limits import PART
from edgecalc.media.names import printable, temporary

# no space, quota, read-only: no other file would fare better
FULL = {os.strerror(getattr(errno, name)) for name in ("ENOSPC", "EDQUOT", "EROFS") if hasattr(errno, name)}
CONTAINERS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
DRAIN = 5.0  # seconds after an interrupt
LOOK = 0.1  # seconds without news, after which clocks are looked at
ASLEEP = 1.0  # seconds more than that: this process was stopped, and so were its workers
MOST_UNSTARTED = 5  # workers in a row that ended before they were ready


@dataclass(frozen=True)
class Orders:
    """How a run behaves, apart from what it computes."""

    workers: int = 0  # 0: one for each core
    existing: str | None = None  # None: what the journal knows to be unchanged is skipped, anything else is an error
    resume: bool = False
    max_errors: int | None = None
    named: frozenset[str] = frozenset()  # inputs that are files: where there is nothing to read of one, it has failed

    @property
    def processes(self) -> int:
        return self.workers or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class Stopped(EdgecalcError):
    """The run ended before its files did."""


def run(jobs: list[Job], out: Path, journal: Journal, settings: Settings, orders: Orders, stop: Any = None) -> Iterator[Record]:
    """Each file's record as it is finished. Once `stop` is set, the files in work end, for five seconds at most, and KeyboardInterrupt is raised."""
    todo, stop = [], stop or threading.Event()
    new = os.listdir(out) == [STATE]  # and nothing in it yet that a job could find
    for job in jobs:
        if stop.is_set():
            raise KeyboardInterrupt
        try:
            reason = None if new else kept(job, out, journal, settings, orders)
        except EdgecalcError:
            journal.forget()
            raise
        if reason is None:
            todo.append(job)
        else:
            record = Record(job.source, job.name, "skipped", reason, fingerprint="")
            journal.add(record)
            yield record
    memory, supervision = most_memory(), Supervision(out, journal, orders, settings, stop)
    large: list[Job] = []
    yield from supervision.carried_out(todo, memory // orders.processes, orders.processes, large if orders.processes > 1 else None)
    yield from supervision.carried_out(large, memory, 1)


def kept(job: Job, out: Path, journal: Journal, settings: Settings, orders: Orders) -> str | None:
    """Why this job is not to be done: its output stands. None if it is to be done."""
    target = os.path.join(out, job.name) + (".pages" if settings.pages == "all" else "")
    if not os.path.exists(target) or orders.existing == "overwrite":  # Path.exists() raises where the name is too long
        return None
    if orders.existing == "skip":
        return "Exists"
    known = journal.finished(job.name) if orders.existing is None else None
    if known is not None and os.path.exists(job.source) and known == (fingerprint(os.stat(job.source), settings), size_of(target)):
        return "Unchanged"
    if orders.resume and orders.existing is None and journal.used:
        return None
    hint = "; --resume does again what has changed" if known is not None else ""
    raise EdgecalcError(f"{printable(target)} exists; say --existing overwrite or --existing skip, or choose another folder with -o{hint}")


def size_of(target: str) -> int:
    """Of a picture, or of all pages in a folder."""
    return sum(each.stat().st_size for each in os.scandir(target)) if os.path.isdir(target) else os.path.getsize(target)


def most_memory() -> int:
    """Bytes for all workers together: a part of what the machine has, or its container may use. 0 where neither is told."""
    try:
        known = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    except (AttributeError, ValueError, OSError):
        return 0
    for path in CONTAINERS:
        with suppress(OSError, ValueError):  # another system, or no limit
            known.append(int(path.read_text()))
    return int(min(known) * PART)


@dataclass
class Supervision:
    """A run's passes: all files side by side, then those that need the memory of all workers, one by one."""

    out: Path
    journal: Journal
    orders: Orders
    settings: Settings
    stop: Any  # whose is_set() says that it is time to end
    failures: int = 0
    unstarted: int = 0  # workers in a row that ended before they were ready
    crew: list[Worker] = field(default_factory=list)
    todo: deque[Job] = field(default_factory=deque)
    begun: set[str] = field(default_factory=set)  # names of files that may have been cut off
    crashed: set[str] = field(default_factory=set)  # once; the second time is a failure

    def carried_out(self, jobs: list[Job], memory: int, processes: int, large: list[Job] | None = None) -> Iterator[Record]:
        """In processes of their own. What does not fit into `memory` is put aside in `large`, if there is such a list."""
        self.todo, self.settings = deque(jobs), replace(self.settings, memory=memory)
        try:
            for record in self.answered(processes):
                if record.error == "MemoryError" and large is not None:
                    large.append(Job(record.source, record.name))
                    continue
                if record.status == "skipped" and record.source in self.orders.named:
                    record = record._replace(status="failed")
                self.journal.add(record)
                yield record
                self.stop_after(record)
        finally:
            while self.crew:
                self.crew.pop().end()
            self.journal.cut_off |= bool(self.begun)
            for name in list(self.begun):
                self.clear_away(name)

    def clear_away(self, name: str) -> None:
        """What a worker that ended in the middle has left."""
        self.begun.discard(name)
        with suppress(OSError):
            if self.settings.pages == "all":
                shutil.rmtree(temporary(self.out / f"{name}.pages"))
            else:
                temporary(self.out / name).unlink()

    def answered(self, processes: int) -> Iterator[Record]:
        """What becomes of each job, as it is known. A worker that ends or hangs is replaced, and what waited in it is done by another."""
        from multiprocessing.connection import wait

        until = float("inf")
        while time.monotonic() < until:
            if self.stop.is_set():
                self.todo.clear()
                if until == float("inf"):
                    until = time.monotonic() + DRAIN
                    for worker in self.crew:
                        worker.send(END)
            self.make_up_the_crew(processes)
            self.begun.update(handed_out(self.todo, self.crew))
            heard = {worker.pipe: worker for worker in self.crew if worker.jobs or worker.asked_back or not worker.ready}
            if not self.todo and not any(worker.jobs for worker in self.crew):
                break
            looked = time.monotonic()
            speaking = wait(list(heard), LOOK)
            if (asleep := time.monotonic() - looked - LOOK) > ASLEEP:
                for worker in self.crew:
                    worker.since += asleep
            yield from filter(None, (self.told_by(heard[pipe]) for pipe in speaking))
            yield from filter(None, (self.timed_out(worker) for worker in list(self.crew) if worker.overdue(self.settings.timeout)))
        if self.stop.is_set():
            raise KeyboardInterrupt

    def make_up_the_crew(self, processes: int) -> None:
        for worker in [each for each in self.crew if each.gone]:
            self.dismissed(worker)
        while len(self.crew) < processes and len(self.todo) > sum(not worker.jobs for worker in self.crew):
            try:
                self.crew.append(Worker(self.settings))
            except (EOFError, ConnectionError) as error:  # the fork server has ended
                self.not_started(type(error).__name__)

    def told_by(self, worker: Worker) -> Record | None:
        """The record that it sends, or that its end makes."""
        try:
            answer = worker.answer()
        except (EOFError, OSError):
            job, code = self.dismissed(worker)
            if not worker.ready:
                self.not_started(f"exit code {code}")
            elif job and job.name in self.crashed and not self.stop.is_set():
                return failed(job, "Crashed", f"the decoder crashed (exit code {code})")
            elif job:
                self.crashed.add(job.name)
                self.todo.appendleft(job)
            return None
        self.unstarted = 0
        if isinstance(answer, Record):
            self.begun.discard(answer.name)
            return answer
        self.todo.extend(answer)
        self.begun.difference_update(job.name for job in answer)
        return None

    def timed_out(self, worker: Worker) -> Record | None:
        job, _ = self.dismissed(worker)
        if job:
            return failed(job, "Timeout", f"not done after {self.settings.timeout:g} s (--timeout)")
        self.not_started("none is ready after a minute")
        return None

    def not_started(self, reason: str) -> None:
        self.unstarted += 1
        if self.unstarted > MOST_UNSTARTED and not self.stop.is_set():
            raise Stopped(f"worker processes cannot be started ({reason}); what is done stands, go on with --resume once they can")

    def dismissed(self, worker: Worker) -> tuple[Job | None, int | None]:
        """The job that it had in work, and its exit code; what waited behind comes next."""
        self.crew.remove(worker)
        code = worker.end()
        job = worker.jobs.popleft() if worker.jobs else None
        if job:
            self.clear_away(job.name)
        self.begun.difference_update(each.name for each in worker.jobs)
        self.todo.extendleft(reversed(worker.jobs))
        return job, code

    def stop_after(self, record: Record) -> None:
        """Where no other file would fare better, or too many failed."""
        self.failures += record.status == "failed"
        if record.error in FULL:
            raise Stopped(f"{printable(record.source)}: {record.message}; stopped, go on with --resume once there is room")
        most = self.orders.max_errors
        if most is not None and self.failures > most:
            raise Stopped(f"{self.failures} file{'s' * (self.failures != 1)} failed, --max-errors allows {most}; stopped, go on with --resume")


def handed_out(todo: deque[Job], crew: list[Worker]) -> Iterator[str]:
    """One to each worker in turn, while there is room; the names. Where nothing is left for one, what waits in the others is asked back."""
    free = list(crew)
    while todo and free:
        most = len(todo) // (2 * len(crew))
        free = [worker for worker in free if worker.has_room(most)]
        for worker in free[: len(todo)]:
            worker.tell(todo.popleft())
            yield worker.jobs[-1].name
    if not todo and any(worker.ready and not worker.jobs for worker in crew):
        for worker in crew:
            if len(worker.jobs) > 1 and not worker.asked_back:
                worker.ask_back()


def failed(job: Job, error: str, message: str) -> Record:
    return Record(job.source, job.name, "failed", error, f"{printable(job.source)}: {message}")
