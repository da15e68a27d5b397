"""The images that are compared when none are given: every awkward size in every type, the course's table, and a picture for the page."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from edgecalc.reference.works import DTYPES

SEED = 20_260_101
# one pixel, one row, one column, smaller than most stencils, odd, and wide enough that every vector loop has a body and a tail
SHAPES = ((1, 1), (1, 7), (7, 1), (2, 3), (17, 33), (3, 4099))
FEW = ((2, 3), (17, 33))
FRACTIONS = ((2, 3), (17, 33), (3, 4099))
SWEPT = (17, 33)

# The course's table, on which cv2.Sobel(table, cv2.CV_64F, 1, 0) and (0, 1) are run; the patch in its top left corner gives -211 and -9.
COURSE = np.array(
    [
        [230, 194, 147, 108, 90, 98, 84, 96, 91, 101],
        [237, 206, 188, 195, 207, 213, 163, 123, 116, 128],
        [210, 183, 180, 205, 224, 234, 188, 122, 134, 147],
        [198, 189, 201, 227, 229, 232, 200, 125, 127, 135],
        [249, 241, 237, 244, 232, 226, 202, 116, 125, 126],
        [251, 254, 241, 239, 230, 217, 196, 102, 103, 99],
        [243, 255, 240, 231, 227, 214, 203, 116, 95, 91],
        [204, 231, 208, 200, 207, 201, 200, 121, 95, 95],
        [144, 140, 120, 115, 125, 127, 143, 118, 92, 91],
        [121, 121, 108, 109, 122, 121, 134, 106, 86, 97],
    ],
    np.uint8,
)
COURSE_ANSWERS = {"sobel x": -211, "sobel y": -9}
COURSE_PLACE = (1, 1)


class Image(NamedTuple):
    """An image under comparison. `extent`: "all" borders and types, "brief" (large given images) the default ones."""

    name: str
    pixels: np.ndarray
    extent: str = "all"


def noise(rng: np.random.Generator, shape: tuple[int, int], dtype: str) -> np.ndarray:
    """Whole numbers, half of them at the ends of the range, where sums are largest and results saturate."""
    low, high = (-4095, 4095) if dtype.startswith("float") else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    values = rng.integers(low, high, shape, endpoint=True)
    ends = rng.choice(np.array([low, high]), shape)
    return np.where(rng.random(shape) < 0.5, ends, values).astype(dtype)


def built_in() -> Iterator[Image]:
    """In a fixed order, the same in every run.

    >>> [image.pixels.shape for image in built_in() if image.name.startswith("course")]
    [(10, 10)]
    """
    rng = np.random.default_rng(SEED)
    yield Image("course table", COURSE)
    for dtype in DTYPES:
        for shape in SHAPES:
            yield Image("noise", noise(rng, shape, dtype))
    for dtype in ("float32", "float64"):
        for shape in FRACTIONS:
            yield Image("fractions", (rng.standard_normal(shape) * 1000).astype(dtype))


def photo(height: int = 240, width: int = 320, seed: int = SEED) -> np.ndarray:
    """Like a photograph to an edge filter: soft shapes, a few sharp edges, and grain.

    >>> photo(48, 64).dtype, photo(48, 64).shape
    (dtype('uint8'), (48, 64))
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    scale = np.float32(max(height, width))
    picture = 125 + 30 * soft(rng, height, width, 5) + 15 * soft(rng, height, width, 17)
    for _ in range(12):
        cy, cx, radius = rng.random(3) * (height, width, scale / 6)
        inside = (y - np.float32(cy)) ** 2 + (x - np.float32(cx)) ** 2 < np.float32(radius) ** 2
        picture[inside] += rng.integers(-60, 60)
    for _ in range(6):
        angle, place = rng.random(2) * (np.pi, scale)
        picture[np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y > place] += rng.integers(-40, 40)
    picture += rng.standard_normal((height, width), np.float32) * 4
    return np.clip(picture, 0, 255).astype(np.uint8)


def soft(rng: np.random.Generator, height: int, width: int, knots: int) -> np.ndarray:
    """Random values at knots x knots places, joined smoothly."""
    values = rng.standard_normal((knots, knots)).astype(np.float32)
    rows, columns = blend(height, knots), blend(width, knots)
    return rows @ values @ columns.T


def blend(length: int, knots: int) -> np.ndarray:
    """Weights of each knot at each pixel: a cosine step from one knot to the next."""
    place = np.linspace(0, knots - 1, length, dtype=np.float32)
    distance = np.minimum(np.abs(place[:, None] - np.arange(knots, dtype=np.float32)), 1)
    return 0.5 + 0.5 * np.cos(np.pi * distance)
