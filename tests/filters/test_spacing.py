"""spacing= is the distance of neighbouring pixels: a derivative is divided by its axis' own, rows first."""

import itertools

import numpy as np
import pytest

import edgecalc as ec
from tests.reference import images, twins

PAIRS = ("gradient", "magnitude", "orientation", "polar")
BINARY = (0.25, 1, 2.0, 64)  # distances that divide exactly


def some_image(shape, dtype, seed=0):
    return images.noisy_image(shape, dtype, seed) if np.dtype(dtype).kind == "f" else images.random_image(shape, dtype, seed)


def random_mask(shape, known=0.8):
    return np.random.default_rng(shape).random(shape) < known


def assert_divided(result, plain, distance, rtol=1e-12):
    """`distance` exactly divides, or else to the last roundings of the largest."""
    assert result.dtype.kind == "f"
    expected = plain.astype(np.float64) / distance
    np.testing.assert_allclose(result, expected, rtol=0, atol=rtol * np.nanmax(np.abs(expected), initial=0))


@pytest.mark.parametrize("border", twins.BORDERS)
@pytest.mark.parametrize("name", twins.OPERATORS)
def test_a_power_of_two_divides_exactly(name, border):
    for dtype, distance, axis in itertools.product(("uint8", "int32", "float32", "float64"), BINARY, ("x", "y")):
        image = some_image((7, 9), dtype)
        result, plain = (getattr(ec, name)(image, axis, border=border, cval=3, **options) for options in ({"spacing": distance}, {}))
        assert result.dtype == (np.float32 if dtype == "float32" else np.float64)
        np.testing.assert_array_equal(result, plain / distance)


@pytest.mark.parametrize("distance", [0.1, 3, 1e-6, 12345.678])
@pytest.mark.parametrize("name", twins.OPERATORS)
def test_any_distance_divides(name, distance):
    for dtype, rounding in (("uint8", 1e-14), ("int64", 1e-14), ("float32", 1e-6), ("float64", 1e-14)):
        image = some_image((9, 12), dtype)
        assert_divided(getattr(ec, name)(image, spacing=distance), getattr(ec, name)(image), distance, rounding)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", twins.OPERATORS)
@pytest.mark.parametrize("shape", [(11,), (6, 7), (4, 5, 6)])
def test_of_a_tuple_the_axis_takes_its_own_rows_first(shape, name, masked):
    image, spacing = some_image(shape, "int16"), (3.0, 0.5, 7.0)[: len(shape)]
    options = {"mask": random_mask(shape)} if masked else {}
    for axis in [*range(-len(shape), len(shape)), "x", *(["y"] if len(shape) > 1 else [])]:
        distance = spacing[{"x": -1, "y": -2}.get(axis, axis)]
        result, plain = (getattr(ec, name)(image, axis, **options, **more) for more in ({"spacing": spacing}, {}))
        assert_divided(result, plain, distance)


@pytest.mark.parametrize("spacing", [(2, 0.5), [2, 0.5], np.array([2, 0.5]), (np.float32(2), np.float64(0.5)), (np.int8(2), 0.5)])
def test_any_pair_of_numbers_is_taken(spacing):
    image = some_image((7, 9), "uint8")
    np.testing.assert_array_equal(ec.sobel(image, "y", spacing=spacing), ec.sobel(image, "y") / 2)
    np.testing.assert_array_equal(ec.sobel(image, "x", spacing=spacing), ec.sobel(image, "x") * 2)


@pytest.mark.parametrize("spacing", [2, (2,), 2.0, np.float32(2), np.array(2.0), np.uint8(2)])
def test_one_number_stands_for_both_axes(spacing):
    image = some_image((7, 9), "uint8")
    for part, plain in zip(ec.gradient(image, spacing=spacing), ec.gradient(image), strict=True):
        np.testing.assert_array_equal(part, plain / 2)


def test_a_colour_image_has_two_distances():
    colour = some_image((8, 9, 3), "uint8")
    np.testing.assert_array_equal(ec.sobel(colour, "y", gray=True, spacing=(4, 2)), ec.sobel(colour, "y", gray=True) / 4)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("spacing", [1.0, 0.1, (3.0, 0.5), (0.7, 11.0)])
@pytest.mark.parametrize("operator", twins.OPERATORS)
def test_a_plane_over_pixels_that_are_not_square_has_its_own_slope(operator, spacing, masked):
    dy, dx = np.broadcast_to(spacing, 2)
    y, x = np.mgrid[:14.0, :17.0]
    image = 3 * (dx * x) - 4 * (dy * y) + 7
    options = {"spacing": spacing, "border": "valid", "normalize": True, **({"mask": random_mask(image.shape, 0.95)} if masked else {})}
    gradient, polar = ec.gradient(image, operator, **options), ec.polar(image, operator, **options)
    known = np.isfinite(gradient.x + gradient.y)
    assert known.all() or masked and known.any()
    del options["normalize"]
    gain = twins.GAINS[operator]
    for result, expected, rtol in (
        (gradient.x, 3, 1e-12),
        (gradient.y, -4, 1e-12),
        (polar.magnitude, 5, 1e-12),
        (polar.orientation, np.arctan2(-4, 3), 1e-6),
        (ec.magnitude(image, operator, **options), 5 * gain, 1e-12),
        (ec.magnitude(image, operator, "l1", **options), 7 * gain, 1e-12),
        (ec.orientation(image, operator, **options), np.arctan2(-4, 3), 1e-6),
    ):
        np.testing.assert_allclose(result[known], expected, rtol=100 * rtol)


@pytest.mark.parametrize("border", twins.BORDERS)
def test_length_and_direction_are_those_of_the_divided_derivatives(border):
    image, spacing = some_image((9, 12), "uint8"), (4.0, 0.5)
    x, y = ec.gradient(image, border=border, spacing=spacing)
    polar = ec.polar(image, border=border, spacing=spacing)
    np.testing.assert_allclose(polar.magnitude, np.hypot(x, y), rtol=1e-6)
    np.testing.assert_allclose(polar.orientation, np.arctan2(y, x), rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(ec.orientation(image, border=border, spacing=spacing), polar.orientation)


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_the_magnitude_with_a_distance_is_a_float_for_every_type(dtype, norm):
    """A picture of whole numbers would round slopes of less than 1 to 0 and cut those above 255."""
    image = images.random_image((7, 8), dtype)
    result = ec.magnitude(image, norm=norm, spacing=64)
    assert result.dtype == ec.polar(image).magnitude.dtype
    assert_divided(result, ec.magnitude(image, norm=norm, dtype=np.float64), 64, 1e-6)


@pytest.mark.parametrize("name", twins.DIFFERENCES)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_ends_that_lean_inwards_are_divided_too(dtype, name):
    image = some_image((5, 6), dtype)
    for axis, distance in (("x", 0.5), ("y", 4)):
        result = getattr(ec, name)(image, axis, border="one-sided", spacing=(4, 0.5))
        assert result.dtype == (np.float32 if dtype == "float32" else np.float64)
        np.testing.assert_array_equal(result, getattr(ec, name)(image, axis, border="one-sided") / distance)


@pytest.mark.parametrize("border", ["reflect", "one-sided"])
@pytest.mark.parametrize("options", [{"dtype": "float32"}, {"dtype": "int16"}, {"view": "magnitude"}, {"normalize": True}])
def test_dtype_view_and_normalize_are_of_the_divided_derivative(options, border):
    image = some_image((7, 9), "uint8")
    result, divided = ec.central(image, border=border, spacing=16, **options), ec.central(image, border=border) / 16
    if "normalize" in options:
        np.testing.assert_array_equal(result, divided / 2)
    else:
        assert result.dtype == options.get("dtype", "uint8")
        rounded = np.rint(divided if "dtype" in options else np.abs(divided))
        np.testing.assert_array_equal(result, divided if options.get("dtype") == "float32" else rounded)


@pytest.mark.parametrize("order", [2, 3])
def test_a_higher_derivative_is_divided_by_as_many_distances(order):
    """f^(d) ~ weights * f / distance**d, so normalized it is exact on the power of its order."""
    x = 0.5 * np.arange(24.0)
    image = np.broadcast_to(x**order, (12, 24))
    result = ec.sobel(image, ksize=7, order=order, border="valid", normalize=True, spacing=0.5)
    np.testing.assert_allclose(result, {2: 2.0, 3: 6.0}[order], rtol=1e-10)


@pytest.mark.parametrize("view", ["magnitude", "shift"])
def test_a_view_is_of_the_divided_derivative(view):
    image = some_image((9, 12), "uint8")
    result, divided = ec.sobel(image, view=view, spacing=16), ec.sobel(image, spacing=16)
    expected = twins.picture(divided.tolist(), view)
    np.testing.assert_array_equal(result, expected)


def test_out_and_threads_take_the_same_numbers():
    image = some_image((150, 300), "uint8")
    expected, out = ec.scharr(image, spacing=(2, 3)), np.zeros((150, 300))
    for threads in (1, 2, 3, 8, None):
        assert ec.scharr(image, spacing=(2, 3), threads=threads, out=out) is out
        np.testing.assert_array_equal(out, expected)


def test_the_distance_of_one_call_is_not_that_of_the_next():
    image = some_image((7, 9), "uint8")
    plain = ec.sobel(image)
    for distance in (2, 4, 1, 2):
        np.testing.assert_array_equal(ec.sobel(image, spacing=distance), plain / distance)
        np.testing.assert_array_equal(ec.sobel(image), plain)
        assert ec.sobel(image).dtype == np.int16


WRONG = (0, -1, np.nan, np.inf, True, np.True_, "2", 2j, (), (1, 2, 3), (1, 0), (1, -2), (1, np.nan), (1, True), (1, "2"), (1, None), {"x": 1})


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", [*twins.OPERATORS, *PAIRS])
def test_wrong_distances_are_named(name, masked):
    image = np.zeros((5, 6), np.uint8)
    for spacing in WRONG:
        with pytest.raises((TypeError, ValueError), match="spacing: "):
            getattr(ec, name)(image, spacing=spacing, **({"mask": image == 0} if masked else {}))


@pytest.mark.parametrize("name", [name for name in PAIRS if name != "orientation"])
def test_roberts_is_for_square_pixels(name):
    with pytest.raises(ValueError, match='spacing: "roberts"'):
        getattr(ec, name)(np.zeros((5, 6)), "roberts", spacing=(1, 2))
    with pytest.raises(TypeError, match="spacing"):
        ec.roberts(np.zeros((5, 6)), spacing=2)


@pytest.mark.parametrize(
    "call",
    [
        lambda step: ec.differentiate(np.arange(9.0), step, order=2),
        lambda step: ec.choose_stride(np.arange(99.0), step, order=2),
        lambda step: ec.sobel(np.ones((9, 9)), ksize=5, order=2, spacing=step),
        lambda step: ec.sobel(np.ones((9, 9)), ksize=5, order=2, spacing=step, mask=np.ones((9, 9), bool)),
    ],
    ids=["differentiate", "choose_stride", "sobel", "mask"],
)
@pytest.mark.parametrize("step", [1e200, 1e-200])
def test_a_distance_whose_power_is_no_float_is_refused(call, step):
    with pytest.raises(ValueError, match=r"spacing: .* power 2"):
        call(step)


def test_numpy_truth_counts_as_truth():
    colour = images.random_image((5, 6, 3), "uint8")
    np.testing.assert_array_equal(ec.sobel(colour, gray=np.True_, spacing=(1, 2)), ec.sobel(colour, gray=True, spacing=(1, 2)))


def test_a_distance_beyond_all_floats_is_named():
    with pytest.raises(TypeError, match=r"^spacing: "):
        ec.differentiate([1.0, 2.0, 4.0], 10**400)
