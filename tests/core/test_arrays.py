"""Bad input: the right numbers, or a TypeError or ValueError that names the argument. Never a crash, never a silent wrap, never a changed input."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import edgecalc as ec
from edgecalc.core import arrays
from tests.reference import images, twins
from tests.reference.compare import ALL, applied, assert_equals_twin, is_exact

SIZES = ((5, 7), (1, 1), (1, 8), (8, 1), (3, 66))
REFUSED = (TypeError, ValueError)

OPERATORS = {name: lambda image, name=name, **options: applied(name, image, **options) for name in ALL}
PAIRS = {
    "gradient": ec.gradient,
    "magnitude": ec.magnitude,
    "magnitude l1": lambda image, **options: ec.magnitude(image, norm="l1", **options),
    "orientation": ec.orientation,
    "polar": ec.polar,
}
MORE = {
    "sobel y": lambda image, **options: ec.sobel(image, "y", **options),
    "sobel 5": lambda image, **options: ec.sobel(image, ksize=5, **options),
    "shift": lambda image, **options: ec.sobel(image, view="shift", **options),
    "scale": lambda image, **options: ec.sobel(image, view="scale", **options),
    "normalized": lambda image, **options: ec.scharr(image, normalize=True, **options),
    "constant": lambda image, **options: ec.sobel(image, border="constant", cval=1, **options),
    "valid": lambda image, **options: ec.forward(image, border="valid", **options),
}
CALLS = {**OPERATORS, **PAIRS, **MORE}


def same_bytes(a, b):
    a, b = (each if isinstance(each, tuple) else (each,) for each in (a, b))
    return len(a) == len(b) and all(x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("layout", images.LAYOUTS)
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_every_layout_gives_the_bytes_of_a_contiguous_native_copy_and_stays_as_it_was(dtype, layout):
    for shape in SIZES:
        plain = images.random_image(shape, dtype)
        image = images.LAYOUTS[layout](plain)
        before, flags, strides = image.tobytes(), str(image.flags), image.strides
        np.testing.assert_array_equal(image, plain)
        for name, call in CALLS.items():
            expected = call(plain.copy())
            assert same_bytes(call(image), expected), name
        assert (image.tobytes(), str(image.flags), image.strides) == (before, flags, strides)


@pytest.mark.parametrize("layout", images.LAYOUTS)
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_every_layout_gives_the_numbers_of_the_twin(dtype, layout):
    plain = images.random_image((5, 7), dtype)
    image = images.LAYOUTS[layout](plain)
    for name in ALL:
        kernel = None if is_exact(name, plain) else twins.kernel_of(name)[0]
        assert_equals_twin(applied(name, image), twins.derivative(plain, name), plain, kernel)


@pytest.mark.parametrize("layout", images.LAYOUTS)
@pytest.mark.parametrize("dtype", ["uint8", ">u2", "float16", "float64"])
def test_volumes_of_every_layout_give_the_bytes_of_a_contiguous_native_copy(dtype, layout):
    plain = images.random_image((4, 5, 6), np.dtype(dtype).newbyteorder("="))
    image = images.LAYOUTS[layout](plain)
    for axis in range(3):
        assert same_bytes(ec.sobel(image, axis), ec.sobel(plain, axis))
        assert same_bytes(ec.sobel(image.astype(dtype), axis), ec.sobel(plain, axis))


@pytest.mark.parametrize("kind", ["longlong", "ulonglong", "long", "ulong", "intc", "uintc", "short", "byte", "double", "single", "half", "intp"])
def test_c_types_are_read_by_their_width(kind):
    image = images.random_image((5, 7), np.dtype(kind))
    plain = image.astype(np.dtype(np.dtype(kind).str))
    for name, call in CALLS.items():
        assert same_bytes(call(image), call(plain)), name


@pytest.mark.parametrize("dtype", images.DTYPES)
@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (0, 1), (1, 0)])
def test_an_image_without_pixels_gives_a_result_without_pixels(shape, dtype):
    image = np.zeros(shape, dtype)
    for name, call in CALLS.items():
        result = call(image)
        for each in result if isinstance(result, tuple) else (result,):
            assert each.size == 0, name
            assert each.shape == shape or name == "valid"


@pytest.mark.parametrize("border", [*twins.BORDERS, "one-sided"])
@pytest.mark.parametrize("shape", [(0,), (0, 5, 6), (5, 0, 6), (5, 6, 0), (0, 0, 0)])
def test_an_array_without_elements_gives_none_along_any_axis(shape, border):
    for axis in range(len(shape)):
        for dtype in ("uint8", "float64"):
            assert ec.central(np.zeros(shape, dtype), axis, border=border).size == 0
            if border != "one-sided":
                assert ec.sobel(np.zeros(shape, dtype), axis, border=border, ksize=7).size == 0


@pytest.mark.parametrize("dtype", images.DTYPES)
def test_a_single_pixel_has_neighbours_that_are_itself(dtype):
    pixel = images.random_image((1, 1), dtype)
    for border in ("reflect", "symmetric", "edge", "wrap", "blank"):
        for name in ALL:
            assert applied(name, pixel, border=border).tolist() == [[0]]
        assert ec.sobel(pixel, border=border, ksize=31).tolist() == [[0]]
    assert ec.sobel(pixel, border="valid").shape == (0, 0)


BAD_IMAGES = {
    "0-d": np.array(3),
    "number": 3,
    "NumPy number": np.float32(3),
    "object": np.ones((4, 4), object),
    "object of None": np.full((4, 4), None),
    "complex": np.ones((4, 4), complex),
    "complex64": np.ones((4, 4), np.complex64),
    "longdouble": np.ones((4, 4), np.longdouble),
    "strings": np.full((4, 4), "a"),
    "bytes": np.full((4, 4), b"a"),
    "digits": np.full((4, 4), "1"),
    "dates": np.zeros((4, 4), "M8[s]"),
    "durations": np.zeros((4, 4), "m8[s]"),
    "records": np.zeros((4, 4), [("r", "u1"), ("g", "u1")]),
    "masked": np.ma.array(np.ones((4, 4)), mask=np.eye(4)),
    "masked without a mask": np.ma.array(np.ones((4, 4))),
    "colour": np.ones((4, 5, 3), np.uint8),
    "colour with alpha": np.ones((4, 5, 4), np.uint8),
    "colour of floats": np.ones((4, 5, 3)),
    "None": None,
    "text": "image.png",
    "bytes object": b"1234",
    "dict": {"image": 1},
    "ragged": [[1, 2], [3]],
    "ragged and deep": [[[1, 2], [3]], [[1, 2], [3, 4]]],
    "list of text": [["a", "b"], ["c", "d"]],
    "list of None": [[None, 1], [1, 1]],
    "set": {1, 2},
    "generator": (row for row in [[1, 2], [3, 4]]),
    "class": np.ndarray,
    "path": Path("image.png"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("image", BAD_IMAGES.values(), ids=BAD_IMAGES)
def test_what_is_no_image_is_refused_by_its_name(image, call):
    with pytest.raises(REFUSED, match=r"\bimage\b"):
        call(image)


def test_floats_have_alpha_from_0_to_1():
    colour = np.random.default_rng(0).random((5, 6, 4))
    assert np.isfinite(ec.sobel(colour, gray=True)).all()
    colour[2, 3, 3] = 255
    with pytest.raises(ValueError, match=r"^image: alpha beyond 0 to 1 came; .*image\[..., :3\]"):
        ec.sobel(colour, gray=True)


@pytest.mark.parametrize("mode", ["P", "PA", "CMYK", "YCbCr", "HSV", "LAB", "La", "RGBa"])
@pytest.mark.parametrize("call", [ec.sobel, lambda image: ec.sobel(image, gray=True), lambda image: ec.canny(image, 10, 20), ec.di_zenzo])
def test_a_picture_by_pillow_whose_numbers_are_no_levels_is_refused(mode, call):
    start = "L" if mode == "La" else "RGB"
    picture = Image.new(start, (5, 4)).convert({"La": "LA", "RGBa": "RGBA", "LAB": "RGB"}.get(mode, mode))
    picture = Image.new("LAB", (5, 4)) if mode == "LAB" else picture.convert(mode)
    with pytest.raises(TypeError, match=rf"image: .*mode {mode} .*convert"):
        call(picture)


@pytest.mark.parametrize("mode", ["1", "L", "I", "F", "I;16"])
def test_a_gray_picture_by_pillow_is_its_array(mode):
    picture = Image.fromarray(np.arange(20, dtype=np.uint8).reshape(4, 5))
    picture = Image.fromarray(np.asarray(picture).astype(np.uint16)) if mode == "I;16" else picture.convert(mode)
    assert picture.mode == mode
    np.testing.assert_array_equal(ec.sobel(picture), ec.sobel(np.asarray(picture)))


@pytest.mark.parametrize(
    ("image", "hint"),
    [
        ("complex", r"image\.real"),
        ("masked", "filled"),
        ("colour", "gray=True"),
        ("longdouble", "float64"),
        ("object", "dtype=float"),
        ("strings", "uint8"),
        ("None", r"None came.*cv2\.imread"),
        ("path", r"came.*Image\.open"),
        ("set", r"\{1, 2\} came; an array is accepted$"),
    ],
)
def test_a_refusal_says_what_to_do(image, hint):
    with pytest.raises(REFUSED, match=hint):
        ec.sobel(BAD_IMAGES[image])


@pytest.mark.parametrize(
    "image", [[[1, 2, 3], [4, 5, 6]], ((1.5, 2), (3, 4)), [np.arange(4), np.arange(4) ** 2], [[True, False], [False, True]]], ids=repr
)
def test_nested_sequences_are_read_as_numpy_reads_them(image):
    for name, call in CALLS.items():
        assert same_bytes(call(image), call(np.array(image))), name


def test_what_has_an_array_interface_is_read_as_an_array():
    image = images.random_image((5, 7), "uint8")
    assert same_bytes(ec.sobel(Image.fromarray(image)), ec.sobel(image))
    assert same_bytes(ec.sobel(memoryview(image)), ec.sobel(image))
    assert same_bytes(ec.sobel(image.view(np.matrix)), ec.sobel(image))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nan_and_infinity_are_numbers_like_others(dtype, value):
    image = images.random_image((9, 11), dtype)
    image[4, 5] = value
    for name in ALL:
        result = applied(name, image)
        expected = np.array(twins.derivative(image, name), np.float64)
        np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))
        finite = np.isfinite(expected)
        np.testing.assert_allclose(result[finite], expected[finite], rtol=0, atol=1e-4)
        np.testing.assert_array_equal(result[np.isinf(expected)], expected[np.isinf(expected)])


def test_too_many_dimensions_are_refused_or_done():
    for ndim in (5, 12, 32):
        image = np.zeros((1,) * (ndim - 1) + (6,), np.uint8)
        image[..., 3] = 1
        assert ec.central(image, -1).ravel().tolist() == [0, 0, 1, 0, -1, 0]
    with pytest.raises(REFUSED, match="image"):
        ec.central(np.zeros((1,) * 40 + (6,), np.uint8))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("shape", [(4, 5, 3), (1, 1, 3), (64, 65, 3)])
def test_gray_takes_the_luma_that_pillow_takes(call, shape):
    colour = images.random_image(shape, "uint8")
    expected = call(np.asarray(Image.fromarray(colour).convert("L")))
    assert same_bytes(call(colour, gray=True), expected)
    assert same_bytes(call(images.misaligned(colour), gray=True), expected)
    assert same_bytes(call(colour[:, ::-1][:, ::-1], gray=True), expected)


def test_gray_puts_alpha_on_white():
    colour = images.random_image((24, 25, 4), "uint8")
    picture = Image.fromarray(colour)
    flat = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("L")
    ours, theirs = (ec.forward(each, border="constant", gray=True).astype(int) for each in (colour, np.asarray(flat)))
    assert np.abs(ours - theirs).max() <= 4  # each composites with a rounding of its own
    colour[..., 3] = 255
    assert same_bytes(ec.sobel(colour, gray=True), ec.sobel(colour[..., :3], gray=True))


def test_gray_of_every_colour_is_pillows():
    steps = np.r_[0:256:5, 254, 255].astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(1, -1, 3)
    luma = np.asarray(Image.fromarray(colours).convert("L")).astype(np.int16)
    result = ec.forward(colours, border="constant", gray=True)
    np.testing.assert_array_equal(result[0, :-1], np.diff(luma[0]))
    assert result[0, -1] == -luma[0, -1]


@pytest.mark.parametrize("axis", [0, 1, -1, "x", "y"])
def test_gray_holds_for_any_axis(axis):
    colour = images.random_image((6, 7, 3), "uint8")
    expected = np.asarray(Image.fromarray(colour).convert("L"))
    assert same_bytes(ec.sobel(colour, axis, gray=True), ec.sobel(expected, axis))


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_gray_of_other_types_weighs_red_green_and_blue(dtype):
    colour = images.random_image((5, 7, 3), dtype) if dtype == "uint16" else np.random.default_rng(0).random((5, 7, 3)).astype(dtype)
    luma = colour @ np.array([0.299, 0.587, 0.114])
    result = ec.central(colour, gray=True).astype(float)
    np.testing.assert_allclose(result, ec.central(luma), rtol=0, atol=2.1 if dtype == "uint16" else 1e-4)


def test_gray_of_floats_has_the_bits_of_a_plain_sum():
    colour = np.random.default_rng(1).standard_normal((11, 13, 3)) * 1e3
    plain = [[(r * 19595 + g * 38470 + b * 7471) / 65536 for r, g, b in row] for row in colour.tolist()]
    assert arrays.to_gray(colour).tolist() == plain


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "float32"])
def test_white_stays_white_behind_any_alpha(dtype):
    white = 1 if dtype in ("bool", "float32") else np.iinfo(dtype).max
    colour = images.random_image((9, 30, 4), dtype)
    colour[..., 3] = np.abs(colour[..., 3]) / np.abs(colour[..., 3]).max() if dtype == "float32" else colour[..., 3]
    colour[..., :3] = white
    assert (arrays.to_gray(colour) == white).all()


@pytest.mark.parametrize("gray", ["yes", 1, 0, None, "False"])
def test_gray_is_true_or_false(gray):
    with pytest.raises(REFUSED, match="gray"):
        ec.sobel(np.zeros((4, 5, 3), np.uint8), gray=gray)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_picture_with_channels_is_no_volume_unless_its_axis_is_a_number(channels):
    image = np.random.default_rng(0).integers(0, 256, (9, 10, channels), np.uint8)
    with pytest.raises(ValueError, match="looks like a colour image"):
        ec.sobel(image)
    assert ec.sobel(image, axis=0).shape == image.shape
    gray = image[..., 0] if channels < 3 else None
    if channels == 2:
        gray = np.asarray(Image.alpha_composite(Image.new("RGBA", (10, 9), "white"), Image.fromarray(image, "LA").convert("RGBA")).convert("L"))
    if gray is not None:
        np.testing.assert_array_equal(ec.sobel(image, gray=True), ec.sobel(gray))


def test_gray_is_not_passed_over_where_nothing_is_a_colour():
    for shape in ((2, 9, 10, 3), (9, 10, 5)):
        with pytest.raises(ValueError, match="with gray=True"):
            ec.sobel(np.ones(shape), gray=True)


def test_two_channels_are_no_volume_either_and_the_way_out_is_named():
    with pytest.raises(ValueError, match=r"looks like a colour image.*image\[np.newaxis\] if it is a volume"):
        ec.gaussian(np.zeros((6, 7, 2)), 1)


def test_a_volume_that_looks_like_colour_is_smoothed_as_one_below_another_axis():
    volume = np.random.default_rng(0).standard_normal((9, 9, 4))
    np.testing.assert_allclose(ec.gaussian(volume[np.newaxis], 1)[0], ndimage.gaussian_filter(volume, 1, mode="mirror"), rtol=1e-12, atol=1e-12)


def test_a_list_of_outputs_is_as_good_as_a_tuple():
    image = np.arange(30.0).reshape(5, 6)
    out = [np.empty((5, 6)), np.empty((5, 6))]
    found = ec.gradient(image, out=out)
    assert found.x is out[0] and found.y is out[1]
    np.testing.assert_array_equal(found, ec.gradient(image))
