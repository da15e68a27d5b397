"""Reading an image file as gray arrays: the right way up, whole, in its own depth.

One definition of gray on every path: the luma of ITU-R BT.601. Of a JPEG it is the plane that the file itself holds.
Colour profiles are ignored, alpha is composited on white.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from edgecalc.core.arrays import to_gray
from edgecalc.errors import ImageFileError, NoFile
from edgecalc.media.limits import Limits
from edgecalc.media.names import printable

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP")
GRAY_IN_FILE = ("RGB", "YCbCr", "L")  # modes of a JPEG whose luma can be decoded alone
DEEP = ("I;16", "I;16B", "I;16L", "I;16N")
WIDE = (*DEEP, "I", "F")
BACK = {  # from upright to how each EXIF orientation lies in the file
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


class Page(NamedTuple):
    """One frame of a file, and the EXIF orientation by which it was turned upright: 1 if it was not."""

    pixels: np.ndarray
    orientation: int


def read_gray(path: Any, limits: Limits | None = None) -> np.ndarray:
    """The first frame: uint8, uint16 where the file has 16 bits, float32 for float TIFF."""
    return next(read_pages(path, limits)).pixels


def read_pages(path: Any, limits: Limits | None = None, *, rotate: bool = True) -> Iterator[Page]:
    """Every frame or page of a file, the right way up unless `rotate` is False."""
    limits = limits or Limits()
    name = printable(path)
    try:
        with opened(path) as file, Image.open(file, formats=FORMATS) as image:
            frames = getattr(image, "n_frames", 1)
            if image.info.get("progressive"):
                limits.check_scans(name, file)
            for page in range(frames):
                if page >= limits.frames:
                    raise ImageFileError(f"{name}: {frames} pages; up to {limits.frames} are accepted")
                if page:
                    image.seek(page)
                limits.check_size(name, image.width, image.height, deep=image.mode in WIDE)
                if image.format == "JPEG" and image.mode in GRAY_IN_FILE:
                    image.draft("L", image.size)
                lying, orientation = loaded(image, rotate)
                yield Page(gray_array(lying), orientation)
    except Image.DecompressionBombError as error:
        raise ImageFileError(f"{name}: {error}") from None
    except UnidentifiedImageError:
        raise ImageFileError(f"{name}: not an image of an accepted format ({', '.join(FORMATS)})") from None
    except ImageFileError:
        raise
    except FileNotFoundError:
        raise ImageFileError(f"{name}: no such file") from None
    except PermissionError as error:
        raise ImageFileError(f"{name}: {error.strerror}") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, OverflowError, ZeroDivisionError) as error:
        raise ImageFileError(f"{name}: damaged or unreadable ({error})") from None


def opened(path: Any) -> BinaryIO:
    """A regular file, open for reading only; a pipe or a device is refused before it can block."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:  # as a socket answers
            raise NoFile(f"{printable(path)}: not a regular file") from None
        if error.errno in (errno.ENOENT, errno.ELOOP) and os.path.islink(path):
            raise NoFile(f"{printable(path)}: a link that leads nowhere") from None
        raise
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        os.close(handle)
        raise NoFile(f"{printable(path)}: {'an empty file' if stat.S_ISREG(status.st_mode) else 'not a regular file'}")
    return os.fdopen(handle, "rb")


def loaded(image: Image.Image, rotate: bool) -> tuple[Image.Image, int]:
    """The right way up or as it is stored, and the orientation by which it was turned."""
    turned = orientation_of(image) if image.format == "TIFF" else 1
    image.load()  # a PNG may tell its orientation behind the pixels
    if turned > 1 and orientation_of(image) == 1:  # Pillow turns a TIFF itself
        return (image, turned) if rotate else (image.transpose(BACK[turned]), 1)
    orientation = orientation_of(image) if rotate else 1
    return (ImageOps.exif_transpose(image) if orientation > 1 else image), orientation


def orientation_of(image: Image.Image) -> int:
    """1 to 8, as EXIF numbers them; 1 is upright, as is what EXIF does not know."""
    told = image.getexif().get(ExifTags.Base.Orientation, 1)
    return int(told) if told in range(2, 9) else 1


def gray_array(image: Image.Image) -> np.ndarray:
    if image.mode == "L" and "transparency" not in image.info:
        return np.asarray(image)
    if image.mode in DEEP:
        deep = np.asarray(image).astype(np.uint16, copy=False)
        return np.where(deep == image.info["transparency"], np.uint16(65535), deep) if "transparency" in image.info else deep
    if image.mode == "F":
        return np.asarray(image).astype(np.float32, copy=False)
    if image.mode == "I":
        wide = np.asarray(image)
        return wide.astype(np.uint16) if wide.min(initial=0) >= 0 and wide.max(initial=0) <= 65535 else wide
    if image.mode == "1" and "transparency" not in image.info:
        return np.asarray(image.convert("L"))
    transparent = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    if image.mode == "RGB" and not transparent:
        return np.asarray(image.convert("L"))  # Pillow's integers are to_gray's
    return to_gray(np.asarray(image.convert("RGBA" if transparent else "RGB")))
