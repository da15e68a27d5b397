"""File names: which are images, and how any of them is shown. Needs neither NumPy nor Pillow."""

import hashlib
import os
from pathlib import Path
from typing import Any

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")


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
