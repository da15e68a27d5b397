"""What a file may ask for, checked on its header: before a pixel is allocated, before a slow parser starts."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from edgecalc.errors import ImageFileError

PART = 0.7  # of the machine's memory, for all workers together
NEEDED, NEEDED_DEEP = 20, 36  # bytes for each pixel, all steps together: most operators take half of it, or less


class Limits(NamedTuple):
    pixels: int = 178_956_970  # where Pillow refuses, too
    side: int = 1 << 24
    frames: int = 64
    scans: int = 100  # of a progressive JPEG; ten are usual, thousands burn minutes
    memory: int = 0  # bytes for one file; 0 is no limit

    def check_size(self, path: object, width: int, height: int, *, deep: bool = False) -> None:
        if width * height > self.pixels:
            raise ImageFileError(f"{path}: {width} x {height} pixels; up to {self.pixels} are accepted (--max-pixels)")
        if max(width, height) > self.side:
            raise ImageFileError(f"{path}: {width} x {height}; sides up to {self.side} are accepted")
        needed = (NEEDED_DEEP if deep else NEEDED) * width * height
        if 0 < self.memory < needed:
            raise MemoryError(f"{width} x {height} pixels need about {needed / 1e6:,.0f} MB")

    def check_scans(self, path: object, file: BinaryIO) -> None:
        """Counts the scans of a progressive JPEG without decoding one; the file stands where it stood."""
        place = file.tell()
        file.seek(0)
        data = file.read()
        file.seek(place)
        scans = data.count(b"\xff\xda")
        if scans > self.scans:
            raise ImageFileError(f"{path}: a progressive JPEG of {scans} scans; up to {self.scans} are accepted")
