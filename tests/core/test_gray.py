"""The luma of colour images, in whatever order and distance their channels lie."""

import numpy as np
import pytest
from PIL import Image

import edgecalc as ec
from edgecalc.core.arrays import to_gray

WEIGHTS = 19595, 38470, 7471
SHAPE = 7, 83


def slow_luma(pixel, dtype):
    """One pixel in plain Python numbers."""
    *colours, alpha = (float(each) if dtype.kind == "f" else int(each) for each in pixel) if len(pixel) in (2, 4) else (*pixel.tolist(), None)
    white = 1.0 if dtype.kind == "f" else 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)
    if alpha is not None:
        colours = [each * alpha + white * (white - alpha) for each in colours]
        colours = colours if dtype.kind == "f" else [(each + white // 2) // white for each in colours]
    red, green, blue = colours * 3 if len(colours) == 1 else colours
    total = red * WEIGHTS[0] + green * WEIGHTS[1] + blue * WEIGHTS[2]
    return total / 65536 if dtype.kind == "f" else (total + 32768) >> 16


def random_colour(dtype, channels):
    dice, dtype = np.random.default_rng(channels), np.dtype(dtype)
    if dtype.kind == "f":
        return dice.random((*SHAPE, channels)).astype(dtype)
    return dice.integers(0, 2 if dtype.kind == "b" else int(np.iinfo(dtype).max) + 1, (*SHAPE, channels)).astype(dtype)


def misaligned(colour):
    room = np.zeros(colour.nbytes + 1, np.uint8)[1:].view(colour.dtype).reshape(colour.shape)
    room[...] = colour
    return room


LAYOUTS = {
    "one block": lambda colour: colour,
    "channels reversed": lambda colour: colour[..., ::-1].copy()[..., ::-1],
    "channels first": lambda colour: np.moveaxis(np.moveaxis(colour, -1, 0).copy(), 0, -1),
    "part of more channels": lambda colour: np.concatenate([colour, colour], axis=-1)[..., : colour.shape[-1]],
    "upside down, mirrored": lambda colour: colour[::-1, ::-1].copy()[::-1, ::-1],
    "columns first": np.asfortranarray,
    "every other": lambda colour: np.repeat(np.repeat(colour, 2, 0), 2, 1)[::2, ::2],
    "misaligned": misaligned,
    "read-only": lambda colour: np.frombuffer(colour.tobytes(), colour.dtype).reshape(colour.shape),
}


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", ">u2", "float32", "float64", ">f8"])
def test_every_type_and_layout_agrees_with_plain_numbers(dtype, channels):
    colour = random_colour(dtype, channels)
    native = colour.dtype.newbyteorder("=")
    expected = np.array([[slow_luma(pixel, native) for pixel in row] for row in colour]).astype(native)
    for name, laid in LAYOUTS.items():
        kept = colour.copy()
        gray = to_gray(laid(colour))
        assert gray.dtype == native, name
        np.testing.assert_array_equal(gray, expected, name)
        np.testing.assert_array_equal(colour, kept)


def test_half_floats_are_mixed_as_floats():
    colour = random_colour("float16", 3)
    np.testing.assert_array_equal(to_gray(colour), to_gray(colour.astype(np.float32)))


def test_it_is_pillows_gray():
    colour = np.random.default_rng(5).integers(0, 256, (300, 401, 3), np.uint8)
    np.testing.assert_array_equal(to_gray(colour), np.asarray(Image.fromarray(colour).convert("L")))


def test_extremes_and_nothing():
    for dtype in ("uint8", "uint16"):
        white = np.iinfo(dtype).max
        full = np.full((3, 70, 4), white, dtype)
        assert (to_gray(full) == white).all()
        full[..., 3] = 0
        full[..., :3] = 0
        assert (to_gray(full) == white).all()  # nothing is seen of it but the white behind
    assert to_gray(np.zeros((0, 5, 3), np.uint8)).shape == (0, 5)
    assert to_gray(np.zeros((5, 0, 3), np.uint8)).shape == (5, 0)
    assert np.isnan(ec.sobel(np.full((4, 4, 3), np.nan), gray=True)).all()
