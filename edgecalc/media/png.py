"""PNG of one channel through a fast deflate: the container is 60 bytes of headers around one zlib stream."""

from __future__ import annotations

import struct
import zlib

import numpy as np

try:
    from isal import isal_zlib
except ImportError:  # a platform without its wheel: slower, the same pixels
    isal_zlib = None  # type: ignore[assignment]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LEVELS = ("fast", "best")
ISAL_LEVEL = 0  # its level 1 is 5 % smaller, but now and then gives other bytes for the same pixels
BEYOND = 64  # zeros behind the pixels: a fast deflate looks there, and the same picture has to give the same bytes
PIECE, EVERY = 1 << 16, 1 << 21  # bytes: of a large picture, these are tried first


def encode(array: np.ndarray, level: str = "fast", bits: bool = False) -> bytes:
    """Gray uint8 or uint16; `bits` packs a picture of 0 and 255 into one bit a pixel."""
    height, width = array.shape
    depth = 1 if bits else 8 * array.itemsize
    deep = np.ascontiguousarray(array, ">u2").view(np.uint8).reshape(height, 2 * width) if depth == 16 else array
    rows = np.packbits(array, axis=1) if bits else deep
    size = height * (rows.shape[1] + 1)
    room = np.zeros(size + BEYOND, np.uint8)
    lines = room[:size].reshape(height, -1)
    lines[:, 1:] = rows  # behind a 0, no filter: what Paeth and its kin gain on photographs they lose on edges
    body = quick(room, size) if level == "fast" and isal_zlib else zlib.compress(room[:size].data, 1 if level == "fast" else 9)
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    return b"".join((SIGNATURE, *chunk(b"IHDR", header), *chunk(b"IDAT", body), *chunk(b"IEND", b"")))


def quick(room: np.ndarray, size: int) -> bytes:
    """By the fast deflate; stored as it is where that would make it larger, as it does with the noise of a camera."""
    if size > EVERY:
        tried = np.concatenate([*(room[place : min(place + PIECE, size)] for place in range(0, size, EVERY)), room[size:]])
        if len(isal_zlib.compress(tried[:-BEYOND].data, ISAL_LEVEL)) >= len(tried) - BEYOND:
            return zlib.compress(room[:size].data, 0)
    return isal_zlib.compress(room[:size].data, ISAL_LEVEL)


def chunk(kind: bytes, body: bytes) -> tuple[bytes, ...]:
    crc32 = isal_zlib.crc32 if isal_zlib else zlib.crc32
    return struct.pack(">I", len(body)), kind, body, struct.pack(">I", crc32(body, crc32(kind)))
