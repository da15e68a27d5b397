"""A plan carried out by worker processes: one that crashes, hangs or eats memory costs its file, not the run.

jobs ── journal: what is done already? ── workers ── records ── journal ── the caller
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from edgecalc.batch.journal import Journal, Record
from edgecalc.batch.plan import STATE, Job
from edgecalc.batch.work import Settings, fingerprint
from edgecalc.batch.workers import Worker
from edgecalc.errors import EdgecalcError
from edgecalc.media.names import printable, temporary

EXISTING = ("skip", "overwrite", "error")
FULL = {os.strerror(number) for number in (28, 122, 30)}  # no space, quota, read-only: no other file would fare better
PART = 0.7  # of the memory
CONTAINERS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
DRAIN = 5.0  # seconds after an interrupt


@dataclass(frozen=True)
class Orders:
    """How a run behaves, apart from what it computes."""

    workers: int = 0  # 0: one for each core
    timeout: float = 60.0
    existing: str | None = None  # None: what the journal knows to be unchanged is skipped, anything else is an error
    resume: bool = False
    max_errors: int | None = None

    @property
    def processes(self) -> int:
        return self.workers or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class Stopped(EdgecalcError):
    """The run ended before its files did."""


def run(jobs: list[Job], out: Path, journal: Journal, settings: Settings, orders: Orders, stop: threading.Event | None = None) -> Iterator[Record]:
    """Each file's record as it is finished. Once `stop` is set, the files in work end, for five seconds at most, and KeyboardInterrupt is raised."""
    todo = []
    new = os.listdir(out) == [STATE]  # and nothing in it yet that a job could find
    for job in jobs:
        reason = None if new else kept(job, out, journal, settings, orders)
        if reason is None:
            todo.append(job)
        else:
            record = Record(job.source, job.name, "skipped", reason, fingerprint="")
            journal.add(record)
            yield record
    memory, supervision = most_memory(), Supervision(out, journal, orders, stop or threading.Event())
    settings = replace(settings, timeout=orders.timeout)
    large: list[Job] = []
    yield from supervision.carried_out(
        todo, replace(settings, memory=memory // orders.processes), orders.processes, large if orders.processes > 1 else None
    )
    yield from supervision.carried_out(large, replace(settings, memory=memory), 1)


def kept(job: Job, out: Path, journal: Journal, settings: Settings, orders: Orders) -> str | None:
    """Why this job is not to be done: its output stands. None if it is to be done."""
    target = os.path.join(out, job.name) + (".pages" if settings.pages == "all" else "")
    if not os.path.exists(target) or orders.existing == "overwrite":  # Path.exists() raises where the name is too long
        return None
    if orders.existing == "skip":
        return "Exists"
    known = journal.fingerprint(job.name) if orders.existing is None else None
    if known is not None and os.path.exists(job.source) and known == fingerprint(os.stat(job.source), settings):
        return "Unchanged"
    if orders.resume and orders.existing is None and journal.used:
        return None
    hint = "; --resume does again what has changed" if known is not None else ""
    raise EdgecalcError(f"{printable(target)} exists; say --existing overwrite or --existing skip, or choose another folder with -o{hint}")


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
    stop: threading.Event
    failures: int = 0

    def carried_out(self, jobs: list[Job], settings: Settings, processes: int, large: list[Job] | None = None) -> Iterator[Record]:
        """In processes of their own. What does not fit into `settings.memory` is put aside in `large`, if there is such a list."""
        crew: list[Worker] = []
        begun: set[str] = set()  # names of files that may have been cut off
        try:
            for record in self.answered(crew, deque(jobs), settings, processes, begun):
                if record.error == "MemoryError" and large is not None:
                    large.append(Job(record.source, record.name))
                    continue
                self.journal.add(record)
                yield record
                self.stop_after(record)
        finally:
            for worker in crew:
                worker.end()
            for name in begun:
                temporary(self.out / name).unlink(missing_ok=True)

    def answered(self, crew: list[Worker], todo: deque[Job], settings: Settings, processes: int, begun: set[str]) -> Iterator[Record]:
        """What becomes of each job, as it is known. A worker that ends or hangs is replaced, and what waited in it is done by another."""
        from multiprocessing.connection import wait

        crashed: set[str] = set()
        until = float("inf")
        while time.monotonic() < until:
            if self.stop.is_set():
                todo.clear()
                if until == float("inf"):
                    until = time.monotonic() + DRAIN
                    for worker in crew:
                        worker.send(None)
            while len(crew) < processes and len(todo) > sum(not worker.jobs for worker in crew):
                crew.append(Worker(settings))
            begun.update(handed_out(todo, crew))
            busy = {worker.pipe: worker for worker in crew if worker.jobs}
            if not busy:
                break
            for pipe in wait(list(busy), 0.1):
                try:
                    record = busy[pipe].answer()
                except (EOFError, OSError):
                    job, code = dismissed(busy[pipe], crew, todo)
                    if job.name in crashed:
                        yield failed(job, "Crashed", f"the decoder crashed (exit code {code})")
                    else:
                        crashed.add(job.name)
                        todo.appendleft(job)
                else:
                    begun.discard(record.name)
                    yield record
            for worker in [each for each in crew if each.overdue(self.orders.timeout)]:
                job, _ = dismissed(worker, crew, todo)
                yield failed(job, "Timeout", f"not done after {self.orders.timeout:g} s (--timeout)")
        if self.stop.is_set():
            raise KeyboardInterrupt

    def stop_after(self, record: Record) -> None:
        """Where no other file would fare better, or too many failed."""
        self.failures += record.status == "failed"
        if record.error in FULL:
            raise Stopped(f"{printable(record.source)}: {record.message}; stopped, go on with --resume once there is room")
        most = self.orders.max_errors
        if most is not None and self.failures > most:
            raise Stopped(f"{self.failures} files failed, more than --max-errors {most}; stopped, go on with --resume")


def handed_out(todo: deque[Job], crew: list[Worker]) -> Iterator[str]:
    """One to each worker in turn, while there is room; the names. Towards the end none waits in a worker while another has nothing to do."""
    free = list(crew)
    while todo and free:
        most = len(todo) // (2 * len(crew))
        free = [worker for worker in free if worker.has_room(most)]
        for worker in free[: len(todo)]:
            worker.tell(todo.popleft())
            yield worker.jobs[-1].name


def dismissed(worker: Worker, crew: list[Worker], todo: deque[Job]) -> tuple[Job, int | None]:
    """The job that it had in work, and its exit code; what waited behind comes next."""
    crew.remove(worker)
    job = worker.jobs.popleft()
    todo.extendleft(reversed(worker.jobs))
    return job, worker.end()


def failed(job: Job, error: str, message: str) -> Record:
    return Record(job.source, job.name, "failed", error, f"{printable(job.source)}: {message}")
