"""Outputs so large that they are written past the caches: the same numbers at every place in memory, and nothing beside them."""

import numpy as np
import pytest

import edgecalc as ec
from tests.reference import images

WIDTH, ROWS = 4099, 2081  # odd, and 8 MiB of uint8 and more
MARK = 0xA5
CALLS = {
    "rows alone": (lambda image, **options: ec.forward(image, "y", **options), "int16"),
    "both ways": (lambda image, **options: ec.sobel(image, **options), "int16"),  # noqa: PLW0108 (the same form for all)
    "wide lines": (lambda image, **options: ec.sobel(image, ksize=7, **options), "int32"),
    "blank": (lambda image, **options: ec.central(image, border="blank", **options), "int16"),
    "another type": (lambda image, **options: ec.sobel(image, "y", dtype=np.float64, **options), "float64"),
    "picture": (lambda image, **options: ec.sobel(image, view="shift", **options), "uint8"),
    "magnitude": (lambda image, **options: ec.magnitude(image, norm="l1", **options), "uint8"),
}


@pytest.fixture(scope="module")
def image():
    return images.random_image((ROWS, WIDTH), "uint8", 3)


def by_bands(call, image, rows=100, reach=3):
    """The same from pieces whose outputs are small."""
    starts = range(0, len(image), rows)
    bands = [call(image[max(0, k - reach) : k + rows + reach], threads=1) for k in starts]
    return np.concatenate([band[min(k, reach) :][: min(rows, len(image) - k)] for k, band in zip(starts, bands, strict=True)])


def placed(shape, dtype, offset, gap=0):
    """An array that starts `offset` bytes into a page, with `gap` more columns than are used, and the memory around it."""
    whole = np.full((shape[0] * (shape[1] + gap)) * np.dtype(dtype).itemsize + 3 * 4096, MARK, np.uint8)
    start = -whole.__array_interface__["data"][0] % 4096 + offset
    rows = whole[start:][: whole.size - start - 4096]
    rows = rows[: shape[0] * (shape[1] + gap) * np.dtype(dtype).itemsize].view(dtype).reshape(shape[0], -1)
    return whole, rows[:, : shape[1]]


def untouched(whole, array):
    """Whether nothing but the array was written."""
    array[...] = np.frombuffer(bytes([MARK] * array.itemsize), array.dtype)
    return bool((whole == MARK).all())


@pytest.mark.parametrize("name", CALLS)
def test_large_outputs_anywhere_in_memory_equal_small_ones(name, image):
    call, dtype = CALLS[name]
    expected = by_bands(call, image)
    for offset, gap in ((0, 0), (16, 0), (40, 0), (0, 5), (56, 61)):
        for threads in (1, 3):
            whole, out = placed(image.shape, dtype, offset, gap)
            assert call(image, out=out, threads=threads) is out
            np.testing.assert_array_equal(out, expected)
            assert untouched(whole, out)


@pytest.mark.parametrize("offsets", [(0, 0), (0, 16), (48, 2), (1024, 62)])
def test_two_large_outputs_need_not_lie_alike(offsets, image):
    expected = [by_bands(lambda part, k=k, **options: ec.gradient(part, **options)[k], image) for k in (0, 1)]
    places = [placed(image.shape, "int16", offset) for offset in offsets]
    ec.gradient(image, out=tuple(out for _, out in places), threads=2)
    for (whole, out), right in zip(places, expected, strict=True):
        np.testing.assert_array_equal(out, right)
        assert untouched(whole, out)


def test_large_volumes_and_large_outputs_of_valid(image):
    volume = image[:2080].reshape(4, 520, WIDTH)
    np.testing.assert_array_equal(ec.central(volume, 0), np.stack([ec.central(volume[:, k], "y") for k in range(520)], 1))
    np.testing.assert_array_equal(ec.sobel(image, border="valid"), by_bands(ec.sobel, image)[1:-1, 1:-1])


@pytest.mark.parametrize("width", [1, 3, 7, 31])
def test_large_outputs_of_few_columns(width):
    image = images.random_image(((1 << 22) // width + 5, width), "uint8", 3)
    expected = by_bands(ec.sobel, image, rows=400_000)
    for offset, gap in ((0, 0), (40, 0), (2, 5)):
        for threads in (1, 3):
            whole, out = placed(image.shape, "int16", offset, gap)
            ec.sobel(image, out=out, threads=threads)
            np.testing.assert_array_equal(out, expected)
            assert untouched(whole, out)
