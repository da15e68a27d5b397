"""Gaussian scale is SciPy's, on every type, border and dimension, and does to polynomials what calculus says."""

import math
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from skimage import filters

import edgecalc as ec
from tests.reference import images, twins

MODES = {"reflect": "mirror", "symmetric": "reflect", "edge": "nearest", "wrap": "wrap", "constant": "constant"}
DTYPES = ("uint8", "int16", "uint16", "int32", "float32", "float64")
SHAPES = ((50,), (31, 42), (12, 300), (12, 13, 14))
SIGMAS = (0.7, 1.0, 2.6)


def some_image(shape, dtype, seed=0):
    return images.noisy_image(shape, dtype, seed) if np.dtype(dtype).kind == "f" else images.random_image(shape, dtype, seed)


def scipys(image, sigma, order=0, border="reflect", truncate=4.0):
    return ndimage.gaussian_filter(image.astype(np.float64), sigma, order, output=np.float64, mode=MODES[border], cval=0, truncate=truncate)


def assert_close(result, expected, tolerance=None):
    """To this part of the largest value: what rounding can do in float32, and in float64."""
    tolerance = tolerance or (1e-6 if result.dtype == np.float32 else 1e-12)
    assert result.shape == expected.shape
    assert np.abs(result - expected).max(initial=0) <= tolerance * np.abs(expected).max(initial=0)


def radius(sigma, truncate=4.0):
    return int(truncate * sigma + 0.5)


def weights(sigma, order=0, truncate=4.0):
    """The bell or its derivative as a correlation, H(n+1) = (x H(n) - n H(n-1)) / s², in fractions: high orders cancel."""
    offsets = range(-radius(sigma, truncate), radius(sigma, truncate) + 1)
    bell = [math.exp(-x * x / (2 * sigma * sigma)) for x in offsets]
    factors = []
    for x in offsets:
        before, here = Fraction(0), Fraction(1)
        for n in range(order):
            before, here = here, (x * here - n * before) / Fraction(sigma) ** 2
        factors.append(float(here))
    return np.array(factors) * bell / math.fsum(bell)


# ---------------------------------------------------------------- SciPy's and scikit-image's numbers


@pytest.mark.parametrize("border", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_smoothing_is_scipys(shape, dtype, border):
    image = some_image(shape, dtype)
    for sigma in SIGMAS:
        for truncate in (4.0, 2.3):
            result = ec.gaussian(image, sigma, border=border, truncate=truncate)
            assert result.dtype == (np.float32 if dtype == "float32" else np.float64)
            assert_close(result, scipys(image, sigma, 0, border, truncate))


@pytest.mark.parametrize("border", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_derivatives_of_any_order_along_any_axis_are_scipys(shape, dtype, border):
    image = some_image(shape, dtype)
    for axis in range(len(shape)):
        for order in range(5):
            for sigma in SIGMAS:
                result = ec.gaussian_derivative(image, sigma, axis, order, border=border)
                assert result.dtype == (np.float32 if dtype == "float32" else np.float64)
                assert_close(result, scipys(image, sigma, [order if k == axis else 0 for k in range(len(shape))], border))


@pytest.mark.parametrize("border", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_laplacian_of_gaussian_is_scipys(shape, dtype, border):
    image = some_image(shape, dtype)
    for sigma in SIGMAS:
        expected = ndimage.gaussian_laplace(image.astype(np.float64), sigma, output=np.float64, mode=MODES[border], cval=0)
        assert_close(ec.gaussian_laplace(image, sigma, border=border), expected)


@pytest.mark.parametrize("border", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_difference_of_gaussians_is_scikit_images(shape, dtype, border):
    image = some_image(shape, dtype)
    for low, high, truncate in ((1.0, None, 4.0), (0.7, 2.6, 4.0), (0.7, 1.4, 2.5)):
        expected = filters.difference_of_gaussians(image.astype(np.float64), low, high, mode=MODES[border], cval=0, truncate=truncate)
        assert_close(ec.difference_of_gaussians(image, low, high, border=border, truncate=truncate), expected)


@pytest.mark.parametrize("border", MODES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (2, 3), (1,), (3, 1, 5)], ids=str)
def test_images_smaller_than_the_bell_are_scipys_too(shape, border):
    image = some_image(shape, "float64")
    for sigma in SIGMAS:
        assert_close(ec.gaussian(image, sigma, border=border), scipys(image, sigma, 0, border))
        assert (
            np.abs(ec.gaussian_derivative(image, sigma, -1, 2, border=border) - scipys(image, sigma, [0] * (image.ndim - 1) + [2], border)).max()
            < 1e-14
        )


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint32", "int64", "uint64", "float16", ">i2", ">f8"])
def test_every_other_type_is_smoothed_as_its_numbers(dtype):
    image = some_image((20, 30), np.dtype(dtype).newbyteorder("=")).astype(dtype)
    result = ec.gaussian(image, 1.3)
    assert result.dtype == (np.float32 if dtype == "float16" else np.float64)
    assert_close(result, scipys(image, 1.3))


@pytest.mark.parametrize("axis", ["x", "y"])
def test_axes_have_names(axis):
    image = some_image((20, 30), "float64")
    np.testing.assert_array_equal(ec.gaussian_derivative(image, 1.5, axis), ec.gaussian_derivative(image, 1.5, {"x": 1, "y": 0}[axis]))
    np.testing.assert_array_equal(ec.gaussian_derivative(image, 1.5, axis), ec.gaussian_derivative(image, 1.5, {"x": -1, "y": -2}[axis], 1))
    np.testing.assert_array_equal(ec.gaussian_derivative(image, 1.5), ec.gaussian_derivative(image, 1.5, "x"))


CALLS = {
    "gaussian": lambda image, **options: ec.gaussian(image, 1.4, **options),
    "derivative": lambda image, **options: ec.gaussian_derivative(image, 1.4, -1, 2, **options),
    "laplace": lambda image, **options: ec.gaussian_laplace(image, 1.4, **options),
    "difference": lambda image, **options: ec.difference_of_gaussians(image, 0.7, 1.4, **options),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("shape", [(40,), (31, 42), (20, 21, 22)], ids=str)
def test_blank_and_valid_keep_what_the_whole_bell_saw(shape, name):
    image, reach = some_image(shape, "float64"), radius(1.4)
    inside = (slice(reach, -reach),) * len(shape)
    whole = CALLS[name](image)
    blank = np.zeros_like(whole)
    blank[inside] = whole[inside]
    assert_close(CALLS[name](image, border="blank"), blank)
    assert_close(CALLS[name](image, border="valid"), whole[inside])


def test_the_constant_beyond_the_border_counts():
    image = some_image((15, 16), "uint8")
    for call in (ec.gaussian, ec.gaussian_derivative, ec.gaussian_laplace, ec.difference_of_gaussians):
        around = call(np.pad(image, 20, constant_values=200), 1.5)[20:-20, 20:-20]
        assert_close(call(image, 1.5, border="constant", cval=200), around)


# ---------------------------------------------------------------- types


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32"])
def test_integers_at_the_ends_of_their_range_do_not_overflow(dtype):
    limits = np.iinfo(dtype)
    checks = np.where(np.indices((30, 40)).sum(0) % 2, limits.min, limits.max).astype(dtype)
    for image in (
        np.full((30, 40), limits.max, dtype),
        np.full((30, 40), limits.min, dtype),
        checks,
        checks.T.copy(),
        images.random_image((30, 40), dtype),
    ):
        for sigma in (0.5, 3.1):
            smoothed = ec.gaussian(image, sigma)
            assert limits.min * (1 + 1e-12) <= smoothed.min() and smoothed.max() <= limits.max * (1 + 1e-12)
            assert np.abs(smoothed - scipys(image, sigma)).max() <= 1e-12 * limits.max
            for order in (1, 2, 3):
                expected = scipys(image, sigma, (0, order))
                scale = np.abs(weights(sigma, order)).sum() * limits.max
                assert np.abs(ec.gaussian_derivative(image, sigma, "x", order) - expected).max() <= 1e-12 * scale


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("sigma", [0.5, 1.0, 4.2])
def test_a_picture_is_the_exact_answer_rounded(sigma, dtype):
    """Only next to a half may it fall to the other side."""
    image = images.random_image((60, 70), "uint8").astype(dtype)
    exact = scipys(image, sigma)
    picture = ec.gaussian(image, sigma, dtype=np.uint8)
    assert picture.dtype == np.uint8
    clear = np.abs(exact % 1 - 0.5) >= 1e-3
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(picture[clear], np.rint(exact)[clear])
    assert np.abs(picture - exact).max() <= 1


@pytest.mark.parametrize("shape", [(60, 70), (9, 10, 11)], ids=str)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32])
def test_other_outputs_hold_the_float64_answer_rounded_and_saturated(dtype, shape):
    """However many axes there are: what is rounded is the sum, not its parts."""
    image = images.random_image(shape, "uint8")
    calls = {
        "smoothed": lambda **options: ec.gaussian(image, 1.3, **options),
        "derivative": lambda **options: ec.gaussian_derivative(image, 1.3, 0, **options),
        "laplacian": lambda **options: ec.gaussian_laplace(image, 0.8, **options),
        "difference": lambda **options: ec.difference_of_gaussians(image, 1.0, **options),
    }
    for name, call in calls.items():
        exact = call()
        assert exact.dtype == np.float64
        out = np.zeros(shape, dtype)
        for result in (call(dtype=dtype), call(dtype=dtype, out=out)):
            assert result.dtype == dtype and (result is out or result.base is None)
            if dtype == np.float32:
                np.testing.assert_allclose(result, exact, rtol=0, atol=1e-6 * np.abs(exact).max(), err_msg=name)
            else:
                limits, clear = np.iinfo(dtype), np.abs(exact % 1 - 0.5) >= 1e-3
                np.testing.assert_array_equal(result[clear], np.rint(exact).clip(limits.min, limits.max)[clear], err_msg=name)


# ---------------------------------------------------------------- what calculus says


@pytest.mark.parametrize("border", ["reflect", "symmetric", "edge", "wrap"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_constant_stays_what_it_is_and_has_no_slope(dtype, border):
    for value in (0, 1, 113):
        image = np.full((20, 30), value, dtype)
        error = value * (1e-6 if dtype == "float32" else 1e-14)
        for sigma in (0.3, 1.0, 7.3):
            assert np.abs(ec.gaussian(image, sigma, border=border) - value).max() <= error
            assert np.abs(ec.difference_of_gaussians(image, sigma, border=border)).max() <= error
            if sigma >= 1:
                assert np.abs(ec.gaussian_derivative(image, sigma, border=border)).max() <= error


@pytest.mark.parametrize("sigma", [0.01, 0.3, 1.0, 5.7])
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_a_point_becomes_a_bell_whose_sum_is_one(ndim, sigma):
    image = np.zeros((51,) * ndim)
    image[(25,) * ndim] = 1
    bell = ec.gaussian(image, sigma)
    assert abs(bell.sum() - 1) < 1e-13
    assert bell.argmax() == image.argmax() and bell.min() >= 0
    for axis in range(ndim):
        np.testing.assert_array_equal(bell, np.flip(bell, axis))
        np.testing.assert_allclose(bell, np.swapaxes(bell, 0, axis), rtol=1e-14)


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0, 2.5, 5.0])
def test_a_point_becomes_the_derivative_of_the_bell_for_every_order_that_is_accepted(sigma):
    image, reach = np.zeros((1, 61)), radius(sigma)
    image[0, 30] = 1
    for order in range(21):
        found = ec.gaussian_derivative(image, sigma, "x", order)
        assert_close(found[0, 30 - reach : 31 + reach], weights(sigma, order)[::-1])
        assert np.count_nonzero(found) <= 2 * reach + 1


@pytest.mark.parametrize("sigma", [0.1, 1e-2, 1e-3, 1e-5])
def test_where_the_bell_is_one_pixel_even_derivatives_are_its_multiples(sigma):
    image = some_image((9, 10), "float64")
    for order in (2, 4, 6):
        assert_close(ec.gaussian_derivative(image, sigma, "x", order), image * weights(sigma, order)[0])


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0, 2.2, 9.0])
@pytest.mark.parametrize("dtype", ["int16", "int32", "float64"])
def test_the_normalized_derivative_of_a_ramp_is_its_slope(dtype, sigma, axis):
    ramp = np.indices((100, 90))[axis].astype(dtype)
    truncate = 4.0 if sigma > 0.4 else 6.0
    slope = ec.gaussian_derivative(3 * ramp - 40, sigma, axis, normalize=True, border="valid", truncate=truncate)
    assert slope.size and np.abs(slope - 3).max() <= 3e-12
    assert np.abs(ec.gaussian_derivative(ramp, sigma, 1 - axis, normalize=True, border="valid", truncate=truncate)).max() <= 1e-12


@pytest.mark.parametrize("sigma", [1.5, 2.2, 5.0])
def test_derivatives_of_polynomials_tend_to_their_own_as_the_bell_is_cut_later(sigma):
    """x², smoothed, is x² + s², so its derivatives are 2x and 2; the Laplacian of x² + y² is 4."""
    y, x = np.indices((9, 201)) - np.array([[[4.0]], [[100.0]]])
    inside = np.s_[:, 90:111]
    for order, expected in ((0, x * x + sigma**2), (1, 2 * x), (2, np.full_like(x, 2)), (3, np.zeros_like(x))):
        found = ec.gaussian_derivative(x * x, sigma, "x", order, truncate=8, border="edge")
        assert np.abs(found - expected)[inside].max() < 1e-6 * (1 + np.abs(expected[inside]).max())
    y, x = np.indices((121, 121)) - 60.0
    assert np.abs(ec.gaussian_laplace(x * x + y * y, sigma, truncate=8)[58:63, 58:63] - 4).max() < 1e-6


@pytest.mark.parametrize("call", [ec.gaussian, ec.gaussian_derivative, ec.gaussian_laplace, ec.difference_of_gaussians])
@pytest.mark.parametrize("border", MODES)
def test_linear(call, border):
    a, b = (some_image((24, 31), "float64", seed) for seed in (1, 2))
    assert_close(call(3 * a - 5 * b, 1.4, border=border), 3 * call(a, 1.4, border=border) - 5 * call(b, 1.4, border=border), 1e-13)
    np.testing.assert_array_equal(call(a * 1024, 1.4, border=border), call(a, 1.4, border=border) * 1024)


@pytest.mark.parametrize("border", MODES)
def test_images_and_volumes_are_smoothed_axis_by_axis(border):
    volume = some_image((6, 24, 31), "float64")

    def along(array, axis, order=0):
        return np.apply_along_axis(lambda line: ec.gaussian_derivative(line, 1.4, 0, order, border=border), axis, array)

    assert_close(ec.gaussian(volume[0], 1.4, border=border), along(along(volume[0], 0), 1))
    assert_close(ec.gaussian(volume, 1.4, border=border), along(along(along(volume, 0), 1), 2))
    assert_close(ec.gaussian_derivative(volume, 1.4, 1, 2, border=border), along(along(along(volume, 2), 1, 2), 0))
    parts = sum(along(along(volume[0], 1 - axis), axis, 2) for axis in (0, 1))
    assert_close(ec.gaussian_laplace(volume[0], 1.4, border=border), parts)


@pytest.mark.parametrize("call", [ec.gaussian, ec.gaussian_laplace, ec.difference_of_gaussians])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_a_mirrored_image_gives_exactly_the_mirrored_result(dtype, call):
    image = some_image((24, 31), dtype)
    for sigma in (0.8, 2.0, 4.5):
        result = call(image, sigma)
        np.testing.assert_array_equal(call(image[::-1], sigma), result[::-1])
        np.testing.assert_array_equal(call(image[:, ::-1], sigma), result[:, ::-1])
        np.testing.assert_array_equal(ec.gaussian_derivative(image[:, ::-1], sigma), -ec.gaussian_derivative(image, sigma)[:, ::-1])


@pytest.mark.parametrize("sigma", [0.8, 1.3, 2.7])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan_spreads_exactly_as_far_as_the_radius(dtype, sigma):
    image, reach = some_image((41, 43), dtype), radius(sigma)
    image[20, 21] = np.nan
    box, column = np.zeros(image.shape, bool), np.zeros(image.shape, bool)
    box[20 - reach : 21 + reach, 21 - reach : 22 + reach] = True
    column[20 - reach : 21 + reach, 21] = True
    for result, expected in (
        (ec.gaussian(image, sigma), box),
        (ec.gaussian_derivative(image, sigma), box & ~column),
        (ec.gaussian_derivative(image, sigma, order=2), box),
        (ec.gaussian_laplace(image, sigma), box),
        (ec.difference_of_gaussians(image, sigma / 2, sigma), box),
        (ec.gaussian(image[20], sigma), box[20]),
    ):
        np.testing.assert_array_equal(np.isnan(result), expected)


def test_the_twins_border_is_numpys():
    """The bell laid over every pixel by the slow twin, on an image narrower than it."""
    image = some_image((5, 7), "float64")
    kernel = np.outer(weights(1.2), weights(1.2)).tolist()
    for border in MODES:
        expected = np.array(twins.correlated(image, kernel, radius(1.2), radius(1.2), border))
        assert_close(ec.gaussian(image, 1.2, border=border), expected)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "sigma"),
    [((31, 42), (1.0, 2.5)), ((31, 42), (0, 2.0)), ((31, 42), [1.5, 0]), ((12, 13, 14), (1.0, 2.0, 0.5)), ((12, 13, 14), (0, 1.0, 1.0)), ((20, 21, 3), (1.2, 1.2, 0)), ((40,), (1.5,))],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize(("border", "mode"), [("reflect", "mirror"), ("symmetric", "reflect"), ("edge", "nearest"), ("wrap", "wrap")])
def test_each_axis_may_have_a_sigma_of_its_own(border, mode, shape, sigma, dtype):
    image = (np.random.default_rng(0).random(shape) * 200).astype(dtype)
    expected = ndimage.gaussian_filter(image.astype(np.float64), sigma, mode=mode)
    found = ec.gaussian(image, sigma, border=border)
    assert found.dtype == (np.float32 if dtype == "float32" else np.float64)
    np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == "float32" else 1e-12)
    out = np.empty(shape)
    assert ec.gaussian(image, sigma, border=border, out=out) is out
    np.testing.assert_allclose(out, expected, rtol=1e-12 if dtype != "float32" else 1e-6)


def test_equal_sigmas_are_one():
    image = np.random.default_rng(0).random((9, 11))
    np.testing.assert_array_equal(ec.gaussian(image, (1.5, 1.5)), ec.gaussian(image, 1.5))


@pytest.mark.parametrize("sigma", [(1.0,), (1.0, 2.0, 3.0), (0, 0), (1.0, -1.0), (1.0, np.nan), (1.0, "2"), (), [[1.0, 2.0]]], ids=str)
def test_sigmas_that_are_not_one_for_each_axis_are_refused(sigma):
    no_numbers = any(isinstance(each, str | list) for each in sigma)
    with pytest.raises(TypeError if no_numbers else ValueError, match=r"^sigma: .* accepted"):
        ec.gaussian(np.zeros((9, 11)), sigma)


def test_sigmas_of_the_luma_of_a_colour_image():
    colour = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)
    luma = np.asarray(Image.fromarray(colour).convert("L"))
    np.testing.assert_array_equal(ec.gaussian(colour, (1, 2), gray=True), ec.gaussian(luma, (1, 2)))


@pytest.mark.parametrize("sigma", [1, 3])
def test_a_laplace_of_a_volume_keeps_what_every_bell_reaches(sigma):
    volume = np.random.default_rng(0).random((9, 10, 11))
    found, whole = (ec.gaussian_laplace(volume, sigma, truncate=1, border=border) for border in ("valid", "reflect"))
    rim = [(a - b) // 2 for a, b in zip(volume.shape, found.shape, strict=True)]
    assert found.ndim == 3 and min(rim) >= 1
    np.testing.assert_allclose(found, whole[tuple(slice(r, -r) for r in rim)], atol=1e-12)
