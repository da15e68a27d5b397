"""File names: which are images, and how any of them is shown. Needs neither NumPy nor Pillow."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from edgecalc.errors import EdgecalcError

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")


def check_output(path: str | Path, option: str, endings: tuple[str, ...], inputs: Iterable[str | Path] = ()) -> None:
    """Before the work is done whose result would land under the name of something else, in no folder, or in place of an input."""
    out = Path(path)
    if out.suffix.lower() not in endings:
        raise EdgecalcError(f"{option}: {printable(path)} came; a name that ends in {', '.join(endings)} is accepted")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise EdgecalcError(f"{option}: {printable(path)} came; a file in a folder that exists is accepted")
    for each in map(Path, inputs):
        if out.exists() and each.exists() and out.samefile(each):
            raise EdgecalcError(f"{option}: {printable(path)} is the image itself; another name is accepted")


def temporary(path: Path) -> Path:
    """The same for every attempt, so that a run that was killed leaves nothing that the next one does not replace."""
    return path.with_name(f".{hashlib.blake2b(os.fsencode(path.name), digest_size=8).hexdigest()}.part")


def printable(path: Any) -> str:
    """A name that any terminal and log can show: control characters and stray bytes are spelled out."""
    if not isinstance(path, str | bytes | Path):
        return str(path)
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def plainly(error: OSError) -> str:
    """A failed file operation in words: which file, of a renaming the new name, then why.

    >>> plainly(FileNotFoundError(2, "No such file or directory", "a.toml"))
    'a.toml: No such file or directory'
    """
    name = error.filename if error.filename2 is None else error.filename2
    return f"{printable(name)}: {error.strerror}" if name is not None and error.strerror else str(error)
