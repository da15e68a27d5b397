"""Small pictures of what went in and what came out, ready to be put into a page.

source ─┐ opened within limits ── 8 bits, upright, on white ── shrunk to one size ── WebP as data URI
result ─┘                                                      └ lines brightened, which shrinking made faint
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageStat

from edgecalc.errors import ImageFileError
from edgecalc.media.limits import Limits
from edgecalc.media.page import data_uri
from edgecalc.media.read import FORMATS, WIDE, gray_array, loaded, opened

SIDE = 320  # pixels of the longer side
DARK = 64  # a picture of lines has a median below this
NOISE = 4  # gray levels that are no line
UNREADABLE = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, ArithmeticError, MemoryError, Image.DecompressionBombError,
)  # fmt: skip


class Task(NamedTuple):
    """One image of the gallery; `lines` says that its result is lines, not a photograph."""

    key: int
    source: Path | None
    result: Path
    width: int
    height: int
    lines: bool
    upright: bool = True  # turned as EXIF says


class Pair(NamedTuple):
    """Data URIs of the same size; empty for what cannot be shown."""

    before: str
    after: str


def pairs(tasks: Iterable[Task], progress: Callable[[int, int], None] | None = None) -> dict[int, Pair]:
    """Of all tasks, by a pool of threads: decoding and scaling do not hold the interpreter."""
    tasks, made = list(tasks), {}
    trusted, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # a task's own size is the limit
    pool = ThreadPoolExecutor(min(8, os.cpu_count() or 1))
    try:
        futures = {pool.submit(pair, task): task.key for task in tasks}
        for count, future in enumerate(as_completed(futures), 1):
            made[futures[future]] = future.result()
            if progress:
                progress(count, len(tasks))
    finally:
        pool.shutdown(cancel_futures=True)
        Image.MAX_IMAGE_PIXELS = trusted
    return made


def pair(task: Task) -> Pair:
    scale = min(1.0, SIDE / max(task.width, task.height, 1))
    size = max(1, round(task.width * scale)), max(1, round(task.height * scale))
    return Pair(encoded(task.source, size, task, False), encoded(task.result, size, task, task.lines))


def encoded(path: Path | None, size: tuple[int, int], task: Task, lines: bool) -> str:
    """A file that is gone, damaged or larger than it was gives no picture; that must not cost the page."""
    if path is None:
        return ""
    try:
        small = shrunk(path, size, Limits(pixels=task.width * task.height), task.upright)
    except UNREADABLE:
        return ""
    return data_uri(brightened(small, task.width / size[0]) if lines else small, "WEBP", quality=72, method=3)


def shrunk(path: Path, size: tuple[int, int], limits: Limits, upright: bool = True) -> Image.Image:
    if path.suffix == ".npy":
        values = np.load(path, mmap_mode="r", allow_pickle=False)
        if values.ndim != 2:
            raise ImageFileError("not a picture")
        limits.check_size(path, values.shape[1], values.shape[0])
        return leveled(values).resize(size, Image.Resampling.BOX)
    with opened(path) as file, Image.open(file, formats=FORMATS) as image:
        limits.check_size(path, image.width, image.height)
        if image.info.get("progressive"):
            limits.check_scans(path, file)
        image.draft(None, (2 * SIDE, 2 * SIDE))  # of a JPEG, decodes no more than is needed
        return plain(loaded(image, upright)[0]).resize(size, Image.Resampling.BOX if image.mode in ("1", "L") else Image.Resampling.LANCZOS)


def plain(image: Image.Image) -> Image.Image:
    """Gray or RGB of 8 bits; what is transparent lies on white."""
    if image.mode in WIDE:
        return leveled(gray_array(image))
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image.convert("RGBA"))
        return white.convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def leveled(values: np.ndarray) -> Image.Image:
    """Numbers of any range by their size, the largest white."""
    size = np.nan_to_num(np.abs(values.astype(np.float32)), posinf=0.0)
    return Image.fromarray((size * (255 / (float(size.max(initial=0)) or 1.0))).astype(np.uint8))


def brightened(image: Image.Image, shrinkage: float) -> Image.Image:
    """A line one pixel wide is as bright as before it was shrunk, unless others would be cut off."""
    if image.mode != "L" or ImageStat.Stat(image).median[0] >= DARK:
        return image
    levels = np.asarray(image)
    lit = levels[levels > NOISE]
    if not lit.size:
        return image
    brightest = float(np.percentile(lit, 98))
    gain = max(1.0, min(shrinkage, 255 / brightest))
    return image.point([min(255, round(level * gain)) for level in range(256)])
