"""Writing one picture or array: under a temporary name in the same folder, then renamed, so a name never holds half a file."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from edgecalc.errors import ImageFileError
from edgecalc.media import png
from edgecalc.media.names import printable, temporary

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
EXACT = (".npy", ".tif", ".tiff")
TIFF = ("uint8", "uint16", "int16", "int32", "float32")
TYPES = {".png": ("uint8", "uint16"), ".tif": TIFF, ".tiff": TIFF}
SIGNED = {"tiffinfo": {339: 2}}  # of 16 bits, for which Pillow has no mode: the sample format of what it takes for uint16


def write(
    path: Path, array: np.ndarray, *, level: str = "fast", bits: bool = False, durable: bool = False, check: Callable[[], None] | None = None
) -> int:
    """A picture by the name's ending (.png ...), or any array exactly (.npy; .tif for all but float64 and the widest integers); gives its size in bytes.

    `bits` stores a PNG of 0 and 255 with one bit a pixel. `durable` has it on the disk before the name appears. `check` may
    still raise then, and nothing is written.
    """
    suffix = path.suffix.lower()
    if suffix not in PICTURES + EXACT:
        raise ImageFileError(f"{printable(path)}: cannot be written; the name may end in {', '.join(PICTURES + EXACT)}")
    if suffix != ".npy" and array.dtype.name not in TYPES.get(suffix, ("uint8",)):
        raise ImageFileError(
            f"{printable(path)}: {array.dtype} does not fit this format; ask for a view (uint8) or dtype=float32, or write {printable(path.with_suffix('.npy').name)}"
        )
    with whole(path) as part:
        with open(part, "wb") as file:
            if suffix == ".npy":
                np.save(file, array, allow_pickle=False)
            elif suffix == ".png" and array.ndim == 2:
                file.write(png.encode(array, level, bits))
            else:
                image = Image.fromarray(array.view(np.uint16) if array.dtype == np.int16 else array)
                options = SIGNED if array.dtype == np.int16 else _options(suffix)
                image.save(file, format={".jpg": "JPEG", ".tif": "TIFF"}.get(suffix, suffix[1:].upper()), **options)
            if durable:
                file.flush()
                os.fsync(file.fileno())
            size = file.tell()
        if check:
            check()
    return size


def write_whole(path: Path, data: bytes) -> None:
    """A file of any other sort, in the same way."""
    with whole(path) as part:
        part.write_bytes(data)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """The temporary name to write under. What goes wrong is said of the final one; NumPy says of a full disk only how much it wrote."""
    part = temporary(path)
    try:
        yield part
        os.replace(part, path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(part)):
            full = error.errno is None and " requested and " in str(error)
            raise OSError(
                errno.ENOSPC if full else error.errno, os.strerror(errno.ENOSPC) if full else error.strerror or str(error), str(path)
            ) from None
        raise


def _options(suffix: str) -> dict[str, Any]:
    quick = {".jpg": {"quality": 95}, ".jpeg": {"quality": 95}, ".webp": {"lossless": 1}}
    return quick.get(suffix, {})
