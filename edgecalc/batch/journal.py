"""What was done, kept in the output folder: one SQLite file for each shard, and a lock against a second run."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from edgecalc.batch.plan import STATE
from edgecalc.errors import Locked
from edgecalc.media.names import printable

MOST_WAITING = 200
LONGEST_WAIT = 2.0  # seconds
STANDS = ("Exists", "Unchanged")  # why a file was skipped whose output is there

TABLES = """
create table if not exists runs (id integer primary key, started real, ended real, recipe text, version text, arguments text, planned integer,
    folder blob);
create table if not exists files (
    name blob primary key, source blob, run integer, status text, fingerprint text, error text, message text,
    ms real, bytes_in integer, bytes_out integer, width integer, height integer, finished real, orientation integer
);
"""

LATER = (("runs", "folder blob"), ("files", "orientation integer"))  # columns that a journal of an earlier version has not

# Whether an earlier run wrote here: it has records, or was killed before it could make any.
USED = "select 1 from files union select 1 from runs where ended is null limit 1"


class Record(NamedTuple):
    """One file's outcome. `status` is done, failed or skipped."""

    source: str
    name: str
    status: str
    error: str = ""  # the class of what went wrong
    message: str = ""
    ms: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0
    width: int = 0
    height: int = 0
    orientation: int = 1  # by which EXIF had the first page turned upright; 1: not at all
    fingerprint: str = ""  # of input, recipe and version: equal means that nothing needs to be done again
    sha256: str = ""


class Journal:
    """Open for one run. Records reach the disk in groups, after the files that they speak of."""

    def __init__(self, out: Path, shard: tuple[int, int] = (1, 1), *, group_sync: bool = True):
        state = out / STATE
        state.mkdir(parents=True, exist_ok=True)
        label = "" if shard[1] == 1 else f"-{shard[0]}of{shard[1]}"
        self.house = locked(state / "lock", out, alone=not label)  # shards share it, a whole run does not
        try:
            self.lock = locked(state / f"lock{label}", out) if label else self.house
        except BaseException:
            os.close(self.house)
            raise
        self.path = state / f"journal{label}.sqlite"
        try:
            self.database = sqlite3.connect(self.path, isolation_level=None)
            self.database.executescript(TABLES)
            for table, column in LATER:
                if column.split()[0] not in {row[1] for row in self.database.execute(f"pragma table_info({table})")}:
                    self.database.execute(f"alter table {table} add column {column}")
            self.used = self.database.execute(USED).fetchone() is not None
        except sqlite3.Error as error:
            self.unlock()
            advice = "make room" if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL else "move it away to start anew"
            raise OSError(f"{printable(self.path)}: the journal cannot be opened ({error}); {advice}") from None
        self.group_sync = group_sync
        self.cut_off = False  # files that are not recorded may have been written
        self.run = 0
        self.waiting: list[tuple[Record, float]] = []  # and when each was finished
        self.committed = time.monotonic()

    def begin(self, recipe: str, version: str, arguments: str, planned: int) -> None:
        """`arguments` as they were typed; relative names among them, and among the sources, are seen from the current folder."""
        row = (time.time(), recipe, version, arguments, planned, os.fsencode(os.getcwd()))
        columns = "started, recipe, version, arguments, planned, folder"
        with self.telling():
            self.run = self.database.execute(f"insert into runs ({columns}) values (?, ?, ?, ?, ?, ?)", row).lastrowid or 0

    def finished(self, name: str) -> tuple[str, int] | None:
        """The fingerprint of the input that this output was made of, and the output's size, if it was finished."""
        with self.telling():
            row = self.database.execute(
                "select fingerprint, bytes_out from files where name = ? and status = 'done'", (os.fsencode(name),)
            ).fetchone()
        return row

    def forget(self) -> None:
        """A run that was refused before it did anything was none."""
        self.waiting.clear()
        with self.telling():
            self.database.execute("delete from runs where id = ?", (self.run,))

    def add(self, record: Record) -> None:
        self.waiting.append((record, time.time()))
        if len(self.waiting) >= MOST_WAITING or time.monotonic() - self.committed > LONGEST_WAIT:
            self.commit()

    def commit(self) -> None:
        if self.waiting and self.group_sync and hasattr(os, "sync"):
            os.sync()
        with self.telling():
            self.database.execute("begin")
            for again in (False, True):  # the record of an output that stands is kept
                rows = [(r, finished) for r, finished in self.waiting if (r.error in STANDS) is not again]
                self.database.executemany(
                    f"insert or {'replace' if again else 'ignore'} into files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        (os.fsencode(r.name), os.fsencode(r.source), self.run, r.status, r.fingerprint, r.error, r.message, r.ms, r.bytes_in,
                         r.bytes_out, r.width, r.height, finished, r.orientation)
                        for r, finished in rows
                    ),
                )  # fmt: skip
            self.database.execute("commit")
        self.waiting.clear()
        self.committed = time.monotonic()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """What SQLite raises as an error of the file that it is about."""
        try:
            yield
        except sqlite3.Error as error:
            if self.database.in_transaction:
                self.database.rollback()
            raise OSError(
                f"{printable(self.path)}: the journal cannot be used ({error}); what is done stands, go on with --resume once this is mended"
            ) from None

    def close(self) -> None:
        try:
            self.commit()
            if not self.cut_off:
                with self.telling():
                    self.database.execute("update runs set ended = ? where id = ?", (time.time(), self.run))
        finally:
            self.database.close()
            self.unlock()

    def unlock(self) -> None:
        for handle in {self.lock, self.house}:
            os.close(handle)


def locked(path: Path, out: Path, alone: bool = True) -> int:
    """An open file that no other run has; the system frees it when the process ends, however it ends."""
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(handle, 20).decode(errors="replace").strip()
        os.close(handle)
        raise Locked(
            f"{printable(out)}: another run writes there (process {owner or 'unknown'}); wait for it, or choose another folder with -o"
        ) from None
    except OSError as error:
        os.close(handle)
        raise OSError(f"{printable(path)}: cannot be locked ({error.strerror}); choose a folder with -o on a disk that knows locks") from None
    with suppress(OSError):  # a full disk: the number is told to a second run, the lock does not need it
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
    return handle


def rows(out: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(runs, files) of all journals in an output folder, for reading."""
    found: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    for path in sorted((out / STATE).glob("journal*.sqlite")):
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:  # as_uri: a name may hold ? or #
            database.row_factory = sqlite3.Row
            for place, table in enumerate(("runs", "files")):
                found[place].extend({**row, "journal": path.name} for row in map(dict, database.execute(f"select * from {table}")))
    return found
