"""What a worker process does with one file. It is all that knows pixels; whoever supervises it needs neither NumPy nor Pillow."""

from __future__ import annotations

import os
import shutil
import signal
import time
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgecalc.batch.journal import Record
from edgecalc.batch.plan import Job
from edgecalc.errors import NoFile

if TYPE_CHECKING:
    from edgecalc.batch.recipe import Recipe

RESERVE = 64 << 20  # bytes of address space for what a worker imports late
UNTOLD = 1 << 30  # where the system does not tell what is in use
GRACE = 5  # seconds after the timeout, when no supervisor has ended this process
READY, END, GIVE_BACK = "ready", "end", "give back"
KEPT = {-3: 32 << 20, -1: 256 << 20}  # bytes; glibc's M_MMAP_THRESHOLD, the most that it takes, and M_TRIM_THRESHOLD


@dataclass(frozen=True)
class Settings:
    """The same for every file of a run."""

    recipe: str  # as JSON
    out: str
    max_pixels: int
    pages: str = "first"
    level: str = "fast"
    durable: bool = False
    checksums: bool = False
    rotate: bool = True  # as EXIF says
    strict: bool = False  # a decoder's warning is an error
    memory: int = 0  # bytes for each file; 0 is no limit
    timeout: float = 60.0  # seconds for each file


_settings: Settings
_recipe: Recipe


def serve(pipe: Any, settings: Settings) -> None:
    """A worker's life: it says that it is ready; jobs come, records go, in their order. All that has come is looked at before a file is begun,
    as it may be END, or GIVE_BACK, which is answered by what has not been begun."""
    prepare(settings)
    longest = int(min(settings.timeout, 1 << 20)) + GRACE
    waiting: deque[Job] = deque()
    with suppress(EOFError, OSError):  # its supervisor is gone
        pipe.send(READY)
        while True:
            while not waiting or pipe.poll():
                job = pipe.recv()
                if job == END:
                    return
                if job == GIVE_BACK:
                    pipe.send(list(waiting))
                    waiting.clear()
                else:
                    waiting.append(job)
            signal.alarm(longest)  # a decoder that hangs never looks whether anyone listens: else it would outlive a supervisor that is killed
            record = work(*waiting.popleft())
            signal.alarm(0)
            pipe.send(record)


def prepare(settings: Settings) -> None:
    """Once in each worker: limits, and who stops it (its supervisor, not the terminal)."""
    global _settings, _recipe
    from PIL import Image

    from edgecalc.batch.recipe import Recipe

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_memory()
    Image.MAX_IMAGE_PIXELS = None  # ours are checked, in our words
    if settings.memory:
        import resource

        most, allowed = in_use() + settings.memory + RESERVE, resource.getrlimit(resource.RLIMIT_AS)[1]
        most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    _settings, _recipe = settings, Recipe.from_json(settings.recipe)


def in_use() -> int:
    """Bytes of this process's address space."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return UNTOLD


def keep_memory() -> None:
    """A worker keeps the memory of one file for the next. Given back to the system, every page of it is cleared anew, which costs as much as decoding."""
    import ctypes

    from edgecalc.core.kernels import reuse

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    for parameter, size in KEPT.items():
        mallopt(parameter, size)
    reuse(False)  # one store is enough


def work(source: str, name: str) -> Record:
    """Read, compute, write; what goes wrong with this file comes back as its record."""
    from edgecalc.media.limits import PART
    from edgecalc.media.names import plainly, printable

    start = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error" if _settings.strict else "ignore")
            try:
                done = attempt(source, name)
            except Changed:
                done = attempt(source, name)
    except Changed:
        return Record(source, name, "failed", "Changed", f"{printable(source)}: it changes while it is read")
    except MemoryError as error:
        most = f"; up to {_settings.memory / 1e6:,.0f} MB may be used, {100 * PART:.0f} % of this machine's" if _settings.memory else ""
        return Record(source, name, "failed", "MemoryError", f"{printable(source)}: not enough memory ({error or 'to decode it'}{most})", ms(start))
    except (ValueError, TypeError, OSError, ArithmeticError, Warning) as error:
        kind = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
        said = (plainly(error) if isinstance(error, OSError) else str(error)) or kind
        message = said if printable(source) in said else f"{printable(source)}: {said}"
        return Record(source, name, "skipped" if isinstance(error, NoFile) else "failed", kind, message, ms(start))
    except Exception as error:
        kind = type(error).__name__
        return Record(source, name, "failed", kind, f"{printable(source)}: {error or kind} (a defect of edgecalc: please report it)", ms(start))
    return done._replace(ms=ms(start))


class Changed(Exception):
    """The input is not what it was when it was opened."""


def attempt(source: str, name: str) -> Record:
    from edgecalc.media.limits import Limits
    from edgecalc.media.names import printable
    from edgecalc.media.read import opened, read_pages
    from edgecalc.media.write import EXACT, write

    with opened(source) as file:
        before = os.fstat(file.fileno())

    def unchanged() -> None:
        after = os.stat(source)
        if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino):
            raise Changed

    target = Path(_settings.out, name)
    pages = read_pages(source, Limits(pixels=_settings.max_pixels, memory=_settings.memory), rotate=_settings.rotate)
    exact = target.suffix in EXACT
    size, shape, content, turned, remark = 0, (0, 0), "", 1, ""
    with place_for(target) as place:
        for number, page in enumerate(pages, 1):
            image = page.pixels
            picture = (_recipe.exact if exact and not _recipe.binary else _recipe.picture)(image, 1)
            path = place / f"{number:04}{target.suffix}" if _settings.pages == "all" else place
            remark = remark or _recipe.remark(image, picture)
            bits = _recipe.binary and not exact
            size += write(path, picture, level=_settings.level, bits=bits, durable=_settings.durable, check=unchanged)
            if number == 1:  # a record of pages tells of the first
                shape, turned, content = image.shape[:2], page.orientation, checksum(path) if _settings.checksums else ""
            if _settings.pages == "first":
                remark = remark or "its first page alone; --pages all takes every one" * page.several
                break
        unchanged()
    mark = fingerprint(before, _settings)
    message = remark and f"{printable(source)}: {remark}"
    return Record(
        source, name, "done", message=message, bytes_in=before.st_size, bytes_out=size, width=int(shape[1]), height=int(shape[0]), orientation=turned,
        fingerprint=mark, sha256=content,
    )  # fmt: skip


@contextmanager
def place_for(target: Path) -> Iterator[Path]:
    """The file to write, or for pages a folder that takes its final name once it is whole. Never outside the output, by no link."""
    from edgecalc.media.names import printable, temporary

    if os.path.commonpath([os.path.realpath(target.parent), os.path.realpath(_settings.out)]) != os.path.realpath(_settings.out):
        raise ValueError(f"{printable(target)}: a link leads out of the output folder; remove it, or choose another folder with -o")
    target.parent.mkdir(parents=True, exist_ok=True)
    if _settings.pages == "first":
        yield target
        return
    folder = Path(f"{target}.pages")
    fresh, old = temporary(folder), temporary(folder.with_name(folder.name + ".old"))
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir()
    try:
        yield fresh
        if folder.exists():
            os.replace(folder, old)
        os.replace(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def fingerprint(status: os.stat_result, settings: Settings) -> str:
    from edgecalc import __version__

    return f"{status.st_size}:{status.st_mtime_ns}:{__version__}:{settings.pages}:{settings.level}:{'' if settings.rotate else 'as stored:'}{settings.recipe}"


def checksum(path: Path) -> str:
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ms(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 3)
