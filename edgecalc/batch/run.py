"""A plan carried out by worker processes: one that crashes, hangs or eats memory costs its file, not the run.

jobs ── journal: what is done already? ── a window of them in the pool ── records ── journal ── the caller
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgecalc.batch.journal import Journal, Record
from edgecalc.batch.plan import STATE, Job
from edgecalc.batch.work import Settings, fingerprint, prepare, work
from edgecalc.errors import EdgecalcError
from edgecalc.media.names import printable, temporary

if TYPE_CHECKING:
    from pebble import ProcessPool

EXISTING = ("skip", "overwrite", "error")
FULL = {os.strerror(number) for number in (28, 122, 30)}  # no space, quota, read-only: no other file would fare better
WINDOW = 256  # files in the pool for each worker: enough for as long as the journal waits for the disk
PART = 0.7  # of the memory
CONTAINERS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
PRELOADED = [
    "edgecalc.batch.work", "edgecalc.batch.recipe", "edgecalc.media.read", "edgecalc.media.write", "edgecalc.filters.automatic",
    "edgecalc.cli.main",  # the command's main module, which each worker imports as its own
]  # fmt: skip
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
        from pebble import ProcessPool

        if not jobs:
            return
        begun: set[str] = set()  # names of files that may have been cut off
        with ProcessPool(min(processes, len(jobs)), initializer=prepare, initargs=[settings], context=context()) as pool:
            try:
                yield from self.supervised(pool, jobs, processes, begun, large)
            finally:
                pool.stop()
                pool.join()
                for name in begun:
                    temporary(self.out / name).unlink(missing_ok=True)

    def supervised(self, pool: ProcessPool, jobs: list[Job], processes: int, begun: set[str], large: list[Job] | None) -> Iterator[Record]:
        ended: queue.SimpleQueue = queue.SimpleQueue()
        rest = iter(jobs)
        running: dict[Any, tuple[Job, int]] = {}

        def start(job: Job, attempt: int = 1) -> None:
            future = pool.schedule(work, args=[job.source, job.name], timeout=self.orders.timeout)
            running[future] = (job, attempt)
            begun.add(job.name)
            future.add_done_callback(ended.put)

        for job in islice(rest, WINDOW * processes):
            start(job)
        until = float("inf")
        while running and time.monotonic() < until:
            if self.stop.is_set() and until == float("inf"):
                until = time.monotonic() + DRAIN
                for waiting in [each for each in running if not each.running() and each.cancel()]:
                    running.pop(waiting)
            try:
                future = ended.get(timeout=0.1)
            except queue.Empty:
                continue
            if future not in running:
                continue
            job, attempt = running.pop(future)
            record, again = outcome(future, job, attempt, self.orders)
            if again and until == float("inf"):
                start(job, attempt + 1)
                continue
            if record.error not in ("Timeout", "Crashed"):
                begun.discard(job.name)
            if record.error == "MemoryError" and large is not None:
                large.append(job)
            else:
                self.journal.add(record)
                yield record
                self.stop_after(record)
            if until == float("inf"):
                for job in islice(rest, 1):
                    start(job)
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


def outcome(future: Any, job: Job, attempt: int, orders: Orders) -> tuple[Record, bool]:
    """A future's record, and whether its job deserves another attempt."""
    from concurrent.futures import CancelledError

    from pebble import ProcessExpired

    def failed(error: str, message: str) -> Record:
        return Record(job.source, job.name, "failed", error, f"{printable(job.source)}: {message}")

    try:
        return future.result(), False
    except ProcessExpired as error:
        return failed("Crashed", f"the decoder crashed (exit code {error.exitcode})"), attempt == 1
    except TimeoutError:
        return failed("Timeout", f"not done after {orders.timeout:g} s (--timeout)"), False
    except CancelledError:
        return failed("Cancelled", "interrupted"), False
    except Exception as error:
        return failed(type(error).__name__, f"{error or type(error).__name__} (a defect of edgecalc: please report it)"), False
