"""What a worker process does with one file. It is all that knows pixels; whoever supervises it needs neither NumPy nor Pillow."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgecalc.batch.journal import Record

if TYPE_CHECKING:
    from edgecalc.batch.recipe import Recipe

RESERVE = 1 << 30  # bytes of address space for the interpreter and its libraries


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
    memory: int = 0  # bytes for this process; 0 is no limit


_settings: Settings
_recipe: Recipe


def prepare(settings: Settings) -> None:
    """Once in each worker: limits, and who stops it (its supervisor, not the terminal)."""
    global _settings, _recipe
    from PIL import Image

    from edgecalc.batch.recipe import Recipe

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Image.MAX_IMAGE_PIXELS = None  # ours are checked, in our words
    if settings.memory:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (settings.memory + RESERVE, settings.memory + RESERVE))
    _settings, _recipe = settings, Recipe.from_json(settings.recipe)


def work(source: str, name: str) -> Record:
    """Read, compute, write; what goes wrong with this file comes back as its record."""
    from edgecalc.media.names import printable

    start = time.perf_counter()
    try:
        done = attempt(source, name)
        if done is None:  # changed while it was read
            done = attempt(source, name)
        if done is None:
            return Record(source, name, "failed", "Changed", f"{printable(source)}: it changes while it is read")
    except MemoryError:
        return Record(source, name, "failed", "MemoryError", f"{printable(source)}: not enough memory; fewer --workers leave more for each")
    except (ValueError, TypeError, OSError, ArithmeticError) as error:
        kind = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
        skipped = "not a regular file" in str(error) or "no such file" in str(error) and os.path.islink(source)
        return Record(source, name, "skipped" if skipped else "failed", kind, str(error) or kind, ms(start))
    return done._replace(ms=ms(start))


def attempt(source: str, name: str) -> Record | None:
    from edgecalc.media.limits import Limits
    from edgecalc.media.read import opened, read_pages
    from edgecalc.media.write import EXACT, write

    with opened(source) as file:
        before = os.fstat(file.fileno())
    target = Path(_settings.out, name)
    pages = read_pages(source, Limits(pixels=_settings.max_pixels))
    exact = target.suffix in EXACT
    size, shape, content = 0, (0, 0), ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(pages, 1):
            picture = (_recipe.exact if exact else _recipe.picture)(image, 1)
            place = target if _settings.pages == "first" else Path(f"{target}.pages", f"{number:04}{target.suffix}")
            place.parent.mkdir(exist_ok=True)
            size += write(place, picture, level=_settings.level, bits=_recipe.binary and not exact, durable=_settings.durable)
            shape = image.shape[:2]
            content = checksum(place) if _settings.checksums else ""
            if _settings.pages == "first":
                break
    finally:
        pages.close()  # type: ignore[attr-defined]
    after = os.stat(source)
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino):
        return None
    mark = fingerprint(before, _settings)
    return Record(
        source, name, "done", bytes_in=before.st_size, bytes_out=size, width=int(shape[1]), height=int(shape[0]), fingerprint=mark, sha256=content
    )


def fingerprint(status: os.stat_result, settings: Settings) -> str:
    from edgecalc import __version__

    return f"{status.st_size}:{status.st_mtime_ns}:{__version__}:{settings.pages}:{settings.level}:{settings.recipe}"


def checksum(path: Path) -> str:
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ms(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 3)
