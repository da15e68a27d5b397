"""Reading an image file as gray arrays: the right way up, whole, in its own depth.

One definition of gray on every path: the luma of ITU-R BT.601. Of a JPEG it is the plane that the file itself holds.
Colour profiles are ignored, alpha is composited on white. Nothing is cut to 8 bits: what Pillow would cut is read another way, or refused.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from itertools import count
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
COLOURS = ("RGB", "RGBA", "RGBX", "LA")  # of 16 bits a channel, as Pillow names what the file holds
OTHER = {"B": "L", "L": "B", "N": "L" if sys.byteorder == "big" else "B"}  # byte order
NATIVE = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "I;32B": "I;32N", "F;32BF": "F;32NF"}  # as libtiff gives what it has decompressed
SAMPLE_FORMAT, BITS, PHOTOMETRIC, PLANES = 339, 258, 262, 284  # TIFF's tags
UNSIGNED, SIGNED = 1, 2
INTEGERS = {  # that Pillow takes for others
    ("L", 8, SIGNED): "int8", ("I", 16, SIGNED): "int16", ("I", 32, SIGNED): "int32", ("I", 32, UNSIGNED): "uint32",
}  # fmt: skip
FEW_BITS = {"L;2": 85, "L;4": 17}  # by which Pillow multiplies pixels, but not the transparent one
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
    """One frame of a file, the EXIF orientation by which it was turned upright (1 if it was not), and whether the file holds more than one."""

    pixels: np.ndarray
    orientation: int
    several: bool = False


def read_gray(path: Any, limits: Limits | None = None) -> np.ndarray:
    """The first frame: uint8, uint16 where the file has 16 bits; of TIFF also int8, int16, int32, uint32 and float32, as they stand."""
    return next(read_pages(path, limits)).pixels


def read_pages(path: Any, limits: Limits | None = None, *, rotate: bool = True) -> Iterator[Page]:
    """Every frame or page of a file, the right way up unless `rotate` is False."""
    limits = limits or Limits()
    name = printable(path)
    try:
        with opened(path) as file, Image.open(file, formats=FORMATS) as image:
            if image.info.get("progressive"):
                limits.check_scans(name, file)
            for page in count():
                if page and not turned_to(image, page):
                    break
                if page >= limits.frames:
                    raise ImageFileError(
                        f"{name}: more than {limits.frames} pages; up to {limits.frames} are accepted, or the first alone (--pages first)"
                    )
                raw = raw_mode(image, name)
                deep = is_deep(image, raw) and image.mode in ("RGB", "RGBA")
                limits.check_size(name, image.width, image.height, deep=deep or image.mode in WIDE)
                if deep and page and image.format == "PNG" and image.info.get("blend"):
                    raise ImageFileError(f"{name}: page {page + 1} lies over the one before, in 16 bits a channel; of 8 bits that is accepted")
                several = bool(getattr(image, "is_animated", False))
                made = deep_colours(file, image, page, raw, rotate) if deep else as_told(image, raw, rotate)
                yield made._replace(several=several)
    except Image.DecompressionBombError as error:
        raise ImageFileError(f"{name}: {error}") from None
    except UnidentifiedImageError:
        raise ImageFileError(f"{name}: {unknown(path)}") from None
    except ImageFileError:
        raise
    except FileNotFoundError:
        raise ImageFileError(f"{name}: no such file") from None
    except PermissionError as error:
        raise ImageFileError(f"{name}: {error.strerror}") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, OverflowError, ZeroDivisionError) as error:
        raise ImageFileError(f"{name}: damaged or unreadable ({error})") from None


def unknown(path: Any) -> str:
    """What is said of a file that Pillow does not know."""
    with opened(path) as file:
        begin = file.read(16)
        size = 8 if begin[2:4] in (b"+\0", b"\0+") else 4
        directory = int.from_bytes(
            begin[size : 2 * size], "little" if begin[:2] == b"II" else "big"
        )  # where a TIFF tells of its pixels, at the end as a rule
        if begin[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            if directory >= file.seek(0, 2) - 1:
                return "damaged: a TIFF that is cut off"
            return "a TIFF of a kind that is not read, such as float64 or 32 bits in big-endian order; integers of 8 and 16 bits and float32 are, as a rule"
    return f"not an image of an accepted format ({', '.join(FORMATS)})"


def turned_to(image: Image.Image, page: int) -> bool:
    """Whether there is such a page. To count them all would take as long as to look through a long file."""
    try:
        image.seek(page)
    except EOFError:
        return False
    return True


def tag(image: Image.Image, number: int, default: int) -> int:
    """The largest of what a TIFF says there, of all channels."""
    told = getattr(image, "tag_v2", {}).get(number, default)
    return max(told) if isinstance(told, tuple) else told


def raw_mode(image: Any, name: str) -> str:
    """Pillow's name for how the file holds the pixels. Depth that it would cut in a way that cannot be helped is refused."""
    arguments = image.tile[0][3] if image.tile else ""
    raw = str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)
    channels, bits, in_planes = len(image.getbands()), 16 if is_deep(image, raw) else tag(image, BITS, 8), tag(image, PLANES, 1) == 2
    if channels > 1 and bits > 8 and (in_planes or not (";16" in raw and raw.partition(";")[0] in COLOURS and image.mode in ("RGB", "RGBA"))):
        raise ImageFileError(
            f"{name}: {bits} bits a channel, stored as {raw}{' in planes' * in_planes}; of that depth gray, RGB and RGBA, pixel by pixel, are accepted"
        )
    if in_planes and image.mode in ("LA", "RGBA") and image.tile and image.tile[0][0] == "libtiff":
        raise ImageFileError(f"{name}: compressed planes with alpha; pixel by pixel, or uncompressed, they are accepted")
    return raw


def is_deep(image: Any, raw: str) -> bool:
    """Of 16 bits a channel; a BMP's are those of a whole pixel."""
    return ";16" in raw and image.format != "BMP"


def as_told(image: Any, raw: str, rotate: bool) -> Page:
    """With what Pillow passes over of a file."""
    samples, bits = tag(image, SAMPLE_FORMAT, UNSIGNED), tag(image, BITS, 0)
    white_is_0 = image.mode in DEEP and tag(image, PHOTOMETRIC, 1) == 0  # of fewer bits Pillow turns it round itself
    if image.format == "JPEG" and image.mode in GRAY_IN_FILE:
        image.draft("L", image.size)
    key = image.info.get("transparency")
    if raw in FEW_BITS and isinstance(key, int):
        image.info["transparency"] = key * FEW_BITS[raw]
    if image.tile and image.tile[0][0] == "libtiff" and raw in NATIVE:
        image = as_stored(image, NATIVE[raw])
    lying, orientation = loaded(image, rotate)
    kind = INTEGERS.get((image.mode, bits, samples))
    gray = np.asarray(lying).astype(kind) if kind else gray_array(lying)
    if key is not None:
        image.info["transparency"] = key  # the next page asks for it, too
    return Page(65535 - gray if white_is_0 else gray, orientation)


def deep_colours(file: BinaryIO, image: Image.Image, page: int, raw: str, rotate: bool) -> Page:
    """Pillow keeps the upper byte of each channel. What it takes for that in the other byte order is the lower one."""
    if raw.startswith("LA"):  # two channels of two bytes are four of one
        upper, orientation = decoded(image, "RGBA", rotate)
        colour = np.ascontiguousarray(upper).view(">u2")
    else:
        upper, orientation = decoded(image, raw, rotate)
        file.seek(0)
        with Image.open(file, formats=FORMATS) as again:
            again.seek(page)
            lower, _ = decoded(again, raw[:-1] + OTHER[raw[-1]], rotate)
        colour = upper.astype(np.uint16) << 8 | lower
    key = image.info.get("transparency")
    if isinstance(key, tuple) and colour.shape[-1] == len(key):
        colour = np.dstack([colour, np.where((colour == key).all(axis=-1), np.uint16(0), np.uint16(65535))])
    return Page(to_gray(colour.astype(np.uint16, copy=False)), orientation)


def decoded(image: Any, raw: str, rotate: bool) -> tuple[np.ndarray, int]:
    lying, orientation = loaded(as_stored(image, raw), rotate)
    return np.asarray(lying), orientation


def as_stored(image: Any, raw: str) -> Any:
    """As if the file held its pixels so."""
    tiles = []
    for each in image.tile:
        changed = (*each[:3], raw if isinstance(each[3], str) else (raw, *each[3][1:]))
        tiles.append(type(each)._make(changed) if hasattr(each, "_make") else changed)
    image.tile = tiles
    return image


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
