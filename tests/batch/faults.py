"""File operations that fail: the n-th of them, or all from the n-th on, as a full or broken disk would have it."""

import builtins
import errno
import io
import os
import sqlite3
import sys
from collections import Counter
from functools import partial
from typing import Any

OPERATIONS = ("open", "read", "write", "fsync", "replace", "mkdir", "stat")
SQLITE = {errno.ENOSPC: "database or disk is full", errno.EIO: "disk I/O error", errno.EACCES: "attempt to write a readonly database"}


class Faults:
    """While entered, counts this process's file operations and makes the n-th fail. Nothing fails with n = 0."""

    def __init__(self, n: int = 0, number: int = errno.EIO, lasting: bool = False, only: str = ""):
        self.n, self.number, self.lasting, self.only = n, number, lasting, only
        self.order: list[str] = []
        self.kept: dict[tuple[Any, str], Any] = {}

    @property
    def count(self) -> int:
        return len(self.order)

    @property
    def calls(self) -> Counter[str]:
        return Counter(self.order)

    def tick(self, operation: str, path: Any = None) -> None:
        if self.only and operation not in self.only.split("+") or str(path).endswith(".mo"):  # where argparse looks for translations
            return
        self.order.append(operation)
        if self.n and (len(self.order) == self.n or self.lasting and len(self.order) > self.n):
            raise (
                sqlite3.OperationalError(SQLITE[self.number])
                if operation == "sqlite"
                else OSError(self.number, os.strerror(self.number), path and os.fspath(path))
            )

    def __enter__(self) -> "Faults":
        raw = raw_file(self)
        kept_open, fdopen = builtins.open, os.fdopen

        def opening(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            if "b" not in mode or not isinstance(file, str | bytes | os.PathLike):
                return kept_open(file, mode, *arguments, **options)
            self.tick("open", file)
            return buffered(raw(file, mode.replace("b", "")))

        def from_handle(handle: int, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            return buffered(raw(handle, mode.replace("b", ""))) if "b" in mode else fdopen(handle, mode, *arguments, **options)

        class Watched(sqlite3.Connection):
            def __getattribute__(connection, name: str) -> Any:
                found = super().__getattribute__(name)
                return self.watched(found, "sqlite") if name.startswith("execute") else found

        self.put(sqlite3, "connect", partial(sqlite3.connect, factory=Watched))
        self.put(builtins, "open", opening)
        self.put(os, "fdopen", from_handle)
        for module, name, operation in (
            (os, "open", "open"), (os, "replace", "replace"), (os, "rename", "replace"), (os, "fsync", "fsync"), (os, "mkdir", "mkdir"),
            (os, "stat", "stat"), (os, "fstat", "stat"),
        ):  # fmt: skip
            self.put(module, name, self.watched(getattr(module, name), operation))
        return self

    def watched(self, function: Any, operation: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self.tick(operation, arguments[0] if arguments and isinstance(arguments[0], str | bytes | os.PathLike) else None)
            return function(*arguments, **options)

        return call

    def put(self, module: Any, name: str, replacement: Any) -> None:
        self.kept[module, name] = getattr(module, name)
        setattr(module, name, replacement)

    def __exit__(self, *error: object) -> None:
        for (module, name), function in self.kept.items():
            setattr(module, name, function)


def raw_file(faults: Faults) -> type[io.FileIO]:
    class Raw(io.FileIO):
        def fileno(self) -> int:
            if sys._getframe(1).f_globals["__name__"].startswith("PIL"):  # whose encoders would write past us
                raise io.UnsupportedOperation
            return super().fileno()

        def write(self, data: Any) -> int:
            try:
                faults.tick("write")
            except OSError:
                super().write(memoryview(data)[: len(data) // 2])  # what fitted
                raise
            return super().write(data)

        def readinto(self, buffer: Any) -> int:
            faults.tick("read")
            return super().readinto(buffer)

        def readall(self) -> bytes:
            faults.tick("read")
            return super().readall()

    return Raw


def buffered(raw: io.FileIO) -> Any:
    return io.BufferedWriter(raw) if raw.writable() else io.BufferedReader(raw)
