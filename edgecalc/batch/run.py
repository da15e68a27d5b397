"""A recipe over files: the plan first, every path known before a byte is written, then one file after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgecalc.errors import EdgecalcError

if TYPE_CHECKING:
    from edgecalc.batch.recipe import Recipe

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")


@dataclass(frozen=True)
class Job:
    source: Path
    target: Path


@dataclass(frozen=True)
class Outcome:
    job: Job
    status: str  # done, skipped or failed
    reason: str = ""


def plan(inputs: list[str], out: Path, *, recursive: bool = False, suffix: str = ".png", existing: str = "error") -> list[Job]:
    """Every input with its output, which mirrors the input tree. Two inputs for one output, or an output among the inputs, are refused."""
    jobs = [Job(source, out / name.with_suffix(suffix)) for source, name in _sources(inputs, out, recursive)]
    targets: dict[str, Path] = {}
    for job in jobs:
        key = str(job.target).casefold()
        if key in targets:
            raise EdgecalcError(f"{targets[key]} and {job.source} would both be written to {job.target}; run them into separate folders")
        targets[key] = job.source
    sources = {_identity(job.source) for job in jobs if job.source.is_file()}
    for job in jobs:
        if job.target.exists() and _identity(job.target) in sources:
            raise EdgecalcError(f"{job.target} is one of the inputs; choose another folder with -o")
        if job.target.exists() and existing == "error":
            raise EdgecalcError(f"{job.target} exists; say --existing overwrite or --existing skip, or choose another folder with -o")
    return jobs


def _sources(inputs: list[str], out: Path, recursive: bool) -> Iterator[tuple[Path, Path]]:
    for text in inputs:
        path = Path(text)
        if path.is_dir():
            for folder, folders, files in os.walk(path):
                folders[:] = sorted(each for each in folders if recursive and Path(folder, each).resolve() != out.resolve())
                for each in sorted(files):
                    if each.lower().endswith(SUFFIXES) and not each.startswith("."):
                        yield Path(folder, each), Path(folder, each).relative_to(path)
        elif path.is_file():
            yield path, Path(path.name)
        else:
            raise EdgecalcError(f"{path}: no such file or folder")


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def run(jobs: list[Job], recipe: Recipe, *, existing: str = "error", threads: int | None = None) -> Iterator[Outcome]:
    """Each file's outcome as it is finished; one that fails costs no other."""
    from edgecalc.media.read import read_gray
    from edgecalc.media.write import EXACT, write

    for job in jobs:
        if not job.source.is_file():
            yield Outcome(job, "skipped", f"{job.source}: not a regular file")
            continue
        if existing == "skip" and job.target.exists():
            yield Outcome(job, "skipped")
            continue
        try:
            apply = recipe.exact if job.target.suffix in EXACT else recipe.picture
            picture = apply(read_gray(job.source), threads)
            job.target.parent.mkdir(parents=True, exist_ok=True)
            write(job.target, picture)
        except (ValueError, TypeError, OSError, MemoryError) as error:
            yield Outcome(job, "failed", str(error) or type(error).__name__)
        else:
            yield Outcome(job, "done")
