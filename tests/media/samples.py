"""One small picture in every format and mode, with the gray that it must be read as."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 29, 37  # odd, so that packed rows end within a byte


def _picture() -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    noise = np.random.default_rng(0).integers(0, 40, (HEIGHT, WIDTH, 3))
    return (np.dstack([x * 5, y * 7, (x + y) * 3]) + noise).clip(0, 255).astype(np.uint8)


RGB = _picture()
GRAY = RGB[..., 1]
ALPHA = RGB[..., 2]
DEEP = (GRAY.astype(np.uint16) << 8) + RGB[..., 0]
REAL = DEEP.astype(np.float32) / 3 - 1000
BITS = GRAY > 100
INDEX = (GRAY // 32).astype(np.uint8)  # 0 ... 7
PALETTE = np.random.default_rng(1).integers(0, 256, (8, 3)).astype(np.uint8)
SEEN = np.array([0, 40, 80, 120, 160, 200, 255, 255], np.uint8)  # how opaque each entry of the palette is


def luma(rgb: np.ndarray) -> np.ndarray:
    """ITU-R BT.601 in 16-bit fixed point, rounded: the written definition of gray."""
    red, green, blue = (rgb[..., channel].astype(np.int64) for channel in range(3))
    return ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16).astype(np.uint8)


def on_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Real luma over white, before rounding."""
    opaque = alpha / 255.0
    return (rgb @ np.array([0.299, 0.587, 0.114])) * opaque + 255 * (1 - opaque)


def png(array: np.ndarray, depth: int = 8, colour: int = 0, *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG of any kind, by hand. `extra` chunks (PLTE, tRNS) stand before the pixels."""
    height, width = array.shape[:2]
    if depth == 16:
        rows = array.astype(">u2").reshape(height, -1).view(np.uint8)
    elif depth == 8:
        rows = array.astype(np.uint8).reshape(height, -1)
    else:
        bits = np.unpackbits(array.astype(np.uint8)[..., None], axis=2)[..., 8 - depth :]
        rows = np.packbits(bits.reshape(height, -1), axis=1)
    lines = np.insert(rows, 0, 0, axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in chunks)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def saved(image: Any, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(file, format, **options)
    return file.getvalue()


def rgb(mode: str = "RGB") -> Image.Image:
    return Image.fromarray(RGB).convert(mode)


def pillow_luma(data: bytes) -> np.ndarray:
    """What Pillow makes of a file by way of RGB."""
    return luma(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


class Sample(NamedTuple):
    name: str
    make: Callable[[], bytes]
    gray: Any = None  # the exact array, or None: what luma makes of Pillow's RGB
    near: Any = None  # or this, real, within one level


PLTE, TRNS = (b"PLTE", PALETTE.tobytes()), (b"tRNS", SEEN.tobytes())
SAMPLES = (
    Sample("gray.jpg", lambda: saved(GRAY, "JPEG"), None),
    Sample("cmyk.jpg", lambda: saved(rgb("CMYK"), "JPEG")),
    Sample("bit.png", lambda: png(BITS, 1), BITS * np.uint8(255)),
    Sample("two.png", lambda: png(INDEX // 2, 2), INDEX // 2 * np.uint8(85)),
    Sample("four.png", lambda: png(INDEX, 4), INDEX * np.uint8(17)),
    Sample("gray.png", lambda: png(GRAY), GRAY),
    Sample("deep.png", lambda: png(DEEP, 16), DEEP),
    Sample("rgb.png", lambda: png(RGB, 8, 2), luma(RGB)),
    Sample("palette1.png", lambda: png(INDEX // 4, 1, 3, PLTE), luma(PALETTE)[INDEX // 4]),
    Sample("palette2.png", lambda: png(INDEX // 2, 2, 3, PLTE), luma(PALETTE)[INDEX // 2]),
    Sample("palette4.png", lambda: png(INDEX, 4, 3, PLTE), luma(PALETTE)[INDEX]),
    Sample("palette8.png", lambda: png(INDEX, 8, 3, PLTE), luma(PALETTE)[INDEX]),
    Sample("clear_palette.png", lambda: png(INDEX, 8, 3, PLTE, TRNS), near=on_white(PALETTE, SEEN)[INDEX]),
    Sample("la.png", lambda: png(np.dstack([GRAY, ALPHA]), 8, 4), near=on_white(np.dstack([GRAY] * 3), ALPHA)),
    Sample("rgba.png", lambda: png(np.dstack([RGB, ALPHA]), 8, 6), near=on_white(RGB, ALPHA)),
    Sample("clear_gray.png", lambda: png(INDEX * 9, 8, 0, (b"tRNS", b"\0\x12")), np.where(INDEX == 2, 255, INDEX * 9)),
    Sample("clear_bit.png", lambda: png(BITS, 1, 0, (b"tRNS", b"\0\0")), np.full(BITS.shape, 255)),
    Sample("clear_rgb.png", lambda: png(PALETTE[INDEX], 8, 2, (b"tRNS", PALETTE[3].astype(">u2").tobytes())),
           np.where(INDEX == 3, 255, luma(PALETTE)[INDEX])),
    Sample("bit.tif", lambda: saved(Image.fromarray(BITS), "TIFF"), BITS * np.uint8(255)),
    Sample("gray.tif", lambda: saved(GRAY, "TIFF"), GRAY),
    Sample("packed.tif", lambda: saved(GRAY, "TIFF", compression="tiff_lzw"), GRAY),
    Sample("deflated.tif", lambda: saved(DEEP, "TIFF", compression="tiff_adobe_deflate"), DEEP),
    Sample("deep.tif", lambda: saved(DEEP, "TIFF"), DEEP),
    Sample("motorola.tif", lambda: saved(Image.frombytes("I;16B", (WIDTH, HEIGHT), DEEP.astype(">u2").tobytes()), "TIFF"), DEEP),
    Sample("float.tif", lambda: saved(REAL, "TIFF"), REAL),
    Sample("rgb.tif", lambda: saved(RGB, "TIFF"), luma(RGB)),
    Sample("palette.tif", lambda: saved(rgb().quantize(16), "TIFF")),
    Sample("cmyk.tif", lambda: saved(rgb("CMYK"), "TIFF")),
    Sample("ycbcr.tif", lambda: saved(rgb("YCbCr"), "TIFF")),
    Sample("rgba.tif", lambda: saved(np.dstack([RGB, ALPHA]), "TIFF"), near=on_white(RGB, ALPHA)),
    Sample("pages.tif", lambda: saved(GRAY, "TIFF", save_all=True, append_images=[Image.fromarray(255 - GRAY)]), GRAY),
    Sample("exact.webp", lambda: saved(RGB, "WEBP", lossless=True), luma(RGB)),
    Sample("lossy.webp", lambda: saved(RGB, "WEBP")),
    Sample("rgba.webp", lambda: saved(np.dstack([RGB, ALPHA]), "WEBP", lossless=True, exact=True), near=on_white(RGB, ALPHA)),
    Sample("bit.bmp", lambda: saved(Image.fromarray(BITS), "BMP"), BITS * np.uint8(255)),
    Sample("gray.bmp", lambda: saved(GRAY, "BMP"), GRAY),
    Sample("rgb.bmp", lambda: saved(RGB, "BMP"), luma(RGB)),
    Sample("palette.bmp", lambda: saved(rgb().quantize(16), "BMP")),
)  # fmt: skip
COLOUR_JPEGS = {  # the plane of gray that the file holds is what counts, not what RGB makes of it
    "full.jpg": {"quality": 90, "subsampling": 0},
    "halved.jpg": {"quality": 60, "subsampling": 2},
    "progressive.jpg": {"quality": 80, "progressive": True},
    "restarts.jpg": {"quality": 85, "restart_marker_rows": 1},
}


@cache
def contents() -> dict[str, bytes]:
    """Every sample as the bytes of a file."""
    made = {sample.name: sample.make() for sample in SAMPLES}
    return made | {name: saved(RGB, "JPEG", **options) for name, options in COLOUR_JPEGS.items()}
