"""What a run will read and write, all of it known before a byte is written.

inputs ── folders walked, patterns, lists ── sources ── named under the output ── collisions found ── jobs
"""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import os
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from edgecalc.errors import EdgecalcError
from edgecalc.media.names import SUFFIXES, printable

STATE = ".edgecalc"  # the folder in the output that holds journal and lock


class Job(NamedTuple):
    """One file: where it is, and its output's name under the output folder."""

    source: str
    name: str


@dataclass(frozen=True)
class Selection:
    """Which files of the inputs, and what they become."""

    recursive: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    files_from: str | None = None  # a file of names, "-" for standard input
    null: bool = False  # names there end with a zero byte, not with a line
    suffix: str = ".png"
    on_collision: str = "error"

    def wants(self, name: str) -> bool:
        plain = name.replace(os.sep, "/")
        if self.include and not any(fnmatch.fnmatch(plain, pattern) for pattern in self.include):
            return False
        return not any(fnmatch.fnmatch(plain, pattern) for pattern in self.exclude)


def plan(
    inputs: list[str], out: Path, selection: Selection | None = None, unreadable: list[str] | None = None, clashes: list[str] | None = None
) -> list[Job]:
    """Every input with its output, which mirrors the input tree. Two inputs for one output are refused, or the second keeps its ending; so is an output that is an input.

    Folders that cannot be read are left out, and told in `unreadable`; inputs that are refused likewise, if there is `clashes`.
    """
    selection = selection or Selection()
    jobs: list[Job] = []
    taken: dict[int, int] = {}
    dropped: set[int] = set()
    for source, name in sources(inputs, out, selection, [] if unreadable is None else unreadable):
        if not selection.wants(name):
            continue
        job = Job(source, os.path.splitext(name)[0] + selection.suffix)
        other = taken.setdefault(key(job.name), len(jobs))
        if other < len(jobs) and jobs[other].source != source:
            if selection.on_collision == "error":
                words = f"{printable(jobs[other].source)} and {printable(source)} would both be written to {printable(out / job.name)}"
                if clashes is None:
                    raise EdgecalcError(f"{words}; say --on-collision keep-ext, or run them into separate folders")
                clashes.append(f"{words}; both are left out")
                dropped.add(other)
                continue
            job = Job(source, name + selection.suffix)
            other = taken.setdefault(key(job.name), len(jobs))
            if other < len(jobs) and jobs[other].source == source:
                continue
            if other < len(jobs):
                raise EdgecalcError(f"{printable(out / job.name)}: would be written twice; run the inputs into separate folders")
        elif other < len(jobs):
            continue
        jobs.append(job)
    jobs = [job for k, job in enumerate(jobs) if k not in dropped]
    refuse_inputs_as_outputs(jobs, out)
    return jobs


def part(jobs: list[Job], shard: tuple[int, int]) -> list[Job]:
    """One of equal parts, by the outputs' names: always the same for the same file."""
    place, parts = shard
    if parts == 1:
        return jobs
    return [job for job in jobs if int.from_bytes(hashlib.blake2b(os.fsencode(job.name), digest_size=8).digest(), "big") % parts == place - 1]


def key(name: str) -> int:
    """Equal for names that some file system takes for one: case and composition do not count."""
    return hash(unicodedata.normalize("NFC", name).casefold())


def sources(inputs: list[str], out: Path, selection: Selection, unreadable: list[str]) -> Iterator[tuple[str, str]]:
    """(where it is, its name under the output)"""
    for text in inputs:
        if os.path.isdir(text):
            yield from walked(text, os.path.realpath(out), selection.recursive, unreadable)
        elif os.path.lexists(text):
            yield text, os.path.basename(text)
        elif glob.has_magic(text):
            found = sorted(each for each in glob.glob(text, recursive=True) if not os.path.isdir(each))
            if not found:
                raise EdgecalcError(f"{printable(text)}: no file has such a name")
            yield from ((each, os.path.basename(each)) for each in found)
        else:
            raise EdgecalcError(f"{printable(text) or repr(text)}: no such file or folder")
    if selection.files_from is not None:
        yield from listed(selection.files_from, selection.null)


def walked(folder: str, out: str, recursive: bool, unreadable: list[str]) -> Iterator[tuple[str, str]]:
    """Images of a folder, in order; links to folders are not followed, hidden files and outputs, of this run and of others, are left out."""

    def leave_out(error: OSError) -> None:
        unreadable.append(f"{printable(error.filename)}: {error.strerror}; left out")

    def wanted(path: str) -> bool:
        return recursive and os.path.realpath(path) != out and not os.path.isdir(os.path.join(path, STATE))

    for place, folders, files in os.walk(folder, onerror=leave_out):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and wanted(os.path.join(place, each)))
        below = os.path.relpath(place, folder)
        for each in sorted(files):
            if each.lower().endswith(SUFFIXES) and not each.startswith("."):
                yield os.path.join(place, each), each if below == os.curdir else os.path.join(below, each)


def listed(source: str, null: bool) -> Iterator[tuple[str, str]]:
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise EdgecalcError(f"--files-from: {printable(source)}: {error.strerror}") from None
    for raw in pieces(data, b"\0" if null else b"\n"):
        text = os.fsdecode(raw if null else raw.rstrip(b"\r"))
        if text:
            plain = os.path.normpath(text)
            yield text, os.path.basename(plain) if os.path.isabs(plain) or plain.startswith("..") else plain


def pieces(data: bytes, end: bytes) -> Iterator[bytes]:
    """As data.split(end), one at a time: a million names at once would take as much memory as the whole plan."""
    begin = 0
    while (stop := data.find(end, begin)) >= 0:
        yield data[begin:stop]
        begin = stop + 1
    yield data[begin:]


def refuse_inputs_as_outputs(jobs: list[Job], out: Path) -> None:
    """An output that is an input, by whatever name, link or mount, would destroy it. Pages have a folder of their own, which no input lies in."""
    identities: set[tuple[int, int]] | None = None
    for job in jobs if os.path.exists(out) else ():
        target = os.path.join(out, job.name)  # strings: a Path for each of a million takes longer than to ask for it
        if not os.path.exists(target):  # Path.exists() raises where the name is too long, which costs one file, not the run
            continue
        if identities is None:
            identities = {identity(each.source) for each in jobs if os.path.exists(each.source)}
        if identity(target) in identities:
            raise EdgecalcError(f"{printable(target)} is one of the inputs; choose another folder with -o")


def identity(path: str | Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino
