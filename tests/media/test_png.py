"""Our PNG files say to any reader exactly what was written."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from edgecalc.media import png

RANDOM = np.random.default_rng(3)
SHAPES = [(1, 1), (1, 7), (3, 8), (5, 9), (7, 1), (29, 37), (64, 255)]


@pytest.fixture(params=["isal", "zlib"])
def deflate(request, monkeypatch):
    if request.param == "zlib":
        monkeypatch.setattr(png, "isal_zlib", None)
    else:
        assert png.isal_zlib is not None
    return request.param


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("level", png.LEVELS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_gray_comes_back_exactly(deflate, level, shape, dtype):
    array = RANDOM.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    back = np.asarray(opened(png.encode(array, level)))
    assert np.array_equal(back, array)
    assert back.dtype == dtype


@pytest.mark.parametrize("level", png.LEVELS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_picture_of_black_and_white_comes_back_from_one_bit_a_pixel(deflate, level, shape):
    array = RANDOM.integers(0, 2, shape, np.uint8) * np.uint8(255)
    image = opened(png.encode(array, level, bits=True))
    assert image.mode == "1"
    assert np.array_equal(np.asarray(image) * np.uint8(255), array)


@pytest.mark.parametrize(
    "layout",
    [lambda a: a[::-1], lambda a: a[:, ::-2], np.asfortranarray, lambda a: np.broadcast_to(a[:1], a.shape), lambda a: a.T],
    ids=["upside down", "every other column back", "Fortran", "broadcast", "turned"],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", ">u2", "bool"])
def test_the_layout_in_memory_does_not_count(layout, dtype):
    array = layout(RANDOM.integers(0, 256, (11, 13)).astype(dtype))
    if dtype == "bool":
        assert np.array_equal(np.asarray(opened(png.encode(array, bits=True))), array)
    else:
        assert np.array_equal(np.asarray(opened(png.encode(array))), array)


@pytest.mark.parametrize(("bits", "dtype"), [(True, np.uint8), (False, np.uint8), (False, np.uint16)])
def test_every_chunk_is_well_formed(bits, dtype):
    data = png.encode(np.full((3, 5), 255, dtype), bits=bits)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    place, kinds = 8, []
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + size]
        assert struct.unpack(">I", data[place + 8 + size : place + 12 + size])[0] == zlib.crc32(kind + body)
        kinds.append(kind)
        place += 12 + size
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_both_ways_to_deflate_say_the_same(monkeypatch):
    array = RANDOM.integers(0, 50, (40, 50), np.uint8)
    fast = png.encode(array)
    monkeypatch.setattr(png, "isal_zlib", None)
    assert np.array_equal(np.asarray(opened(png.encode(array))), np.asarray(opened(fast)))


def test_the_same_picture_is_always_the_same_bytes():
    """Whatever the process has packed and freed before."""
    random = np.random.default_rng(6)
    pictures = [(random.integers(0, 8, (size, size), np.uint8) == 0) * np.uint8(255) for size in (20, 40, 100, 300)]
    made = [set() for _ in pictures]
    for _ in range(300):
        random.bytes(int(random.integers(1, 300_000)))  # leaves its traces in the memory that is used next
        for picture, seen in zip(pictures, made, strict=True):
            seen.add(png.encode(picture, bits=True))
    assert [len(seen) for seen in made] == [1] * len(pictures)


@pytest.mark.parametrize("shape", [(1500, 1500), (2100, 1000)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_noise_is_not_made_larger_than_it_is(dtype, shape):
    array = RANDOM.integers(0, np.iinfo(dtype).max, shape, dtype)
    data = png.encode(array)
    assert len(data) < 1.001 * array.nbytes + shape[0]
    assert np.array_equal(np.asarray(opened(data)), array)


def test_what_is_alike_only_from_row_to_row_is_still_packed():
    array = np.tile(RANDOM.integers(0, 256, 1000, np.uint8), (2200, 1))
    assert len(png.encode(array)) < array.nbytes / 10


def test_best_is_no_larger_than_fast():
    edges = np.zeros((300, 400), np.uint8)
    edges[::7] = 255
    edges[RANDOM.integers(0, 300, 500), RANDOM.integers(0, 400, 500)] = 255
    assert len(png.encode(edges, "best", bits=True)) <= len(png.encode(edges, "fast", bits=True))


def test_the_array_is_not_changed():
    array = RANDOM.integers(0, 65535, (9, 9), np.uint16)
    before = array.copy()
    array.flags.writeable = False
    png.encode(array)
    assert np.array_equal(array, before)
