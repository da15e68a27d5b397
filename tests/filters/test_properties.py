"""What must hold for every operator, on images whose answer is arithmetic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgecalc as ec
from tests.reference import images, twins
from tests.reference.compare import ALL, applied, axes_of

SMOOTHED = ("sobel", "scharr", "prewitt", "farid")
MIRRORED = ("central", *SMOOTHED)
TYPES = ("uint8", "int16", "uint16", "int32", "float32", "float64")
SOBELS = [(k, d) for k in (1, 3, 5, 7, 9) for d in (1, 2, 3) if d < max(k, 3)]


def is_float(dtype):
    return np.dtype(dtype).kind == "f"


def random(shape, dtype, seed=0):
    return images.noisy_image(shape, dtype, seed) if is_float(dtype) else images.random_image(shape, dtype, seed)


def assert_equal(a, b):
    assert a.dtype == b.dtype
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("border", twins.BORDERS)
def test_linear(name, border):
    a, b = (images.random_image((9, 11), "int8", seed).astype(np.int32) for seed in (1, 2))
    combined = applied(name, 3 * a - 5 * b, border=border)
    parts = 3 * applied(name, a, border=border) - 5 * applied(name, b, border=border)
    if name == "farid":
        np.testing.assert_allclose(combined, parts, atol=1e-11)
    else:
        assert_equal(combined, parts)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scaling_by_a_power_of_two_is_exact_in_floats(name, dtype):
    image = images.noisy_image((9, 40), dtype)
    assert_equal(applied(name, image * 64), applied(name, image) * 64)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", TYPES)
def test_a_constant_image_has_no_slope(name, dtype):
    image = np.full((8, 9), 113, dtype)
    for axis in axes_of(name):
        for border in ("reflect", "symmetric", "edge", "wrap", "blank", "valid"):
            assert not applied(name, image, axis, border=border).any()


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shift", [(1, 0), (0, 1), (3, -5)])
def test_a_shifted_image_has_the_shifted_result(name, dtype, shift):
    image = random((12, 37), dtype)
    for axis in axes_of(name):
        assert_equal(
            applied(name, np.roll(image, shift, (0, 1)), axis, border="wrap"), np.roll(applied(name, image, axis, border="wrap"), shift, (0, 1))
        )


@pytest.mark.parametrize("name", twins.OPERATORS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("border", twins.BORDERS)
def test_y_is_x_of_the_transposed_image(name, dtype, border):
    image = random((7, 19), dtype)
    x_of_transposed, y = applied(name, image.T, "x", border=border), applied(name, image, "y", border=border)
    if is_float(dtype) or name == "farid":
        eps = np.finfo(y.dtype).eps
        np.testing.assert_allclose(y, x_of_transposed.T, rtol=0, atol=8 * eps * twins.GAINS[name] * np.abs(image.astype(float)).max())
    else:
        assert_equal(y, x_of_transposed.T)


@pytest.mark.parametrize("name", MIRRORED)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("border", twins.BORDERS)
def test_a_mirrored_image_has_exactly_the_mirrored_slope(name, dtype, border):
    image = random((9, 41), dtype)
    along, across = applied(name, image[:, ::-1], "x", border=border), applied(name, image[::-1], "x", border=border)
    assert_equal(along, -applied(name, image, "x", border=border)[:, ::-1])
    assert_equal(across, applied(name, image, "x", border=border)[::-1])
    assert_equal(applied(name, image[::-1], "y", border=border), -applied(name, image, "y", border=border)[::-1])
    assert_equal(applied(name, image[:, ::-1], "y", border=border), applied(name, image, "y", border=border)[:, ::-1])


@pytest.mark.parametrize(("ksize", "order"), SOBELS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_a_mirrored_image_has_exactly_the_mirrored_sobel_of_any_size(ksize, order, dtype):
    image, sign = random((9, 41), dtype), (-1) ** order
    for axis, flip in (("x", np.s_[:, ::-1]), ("y", np.s_[::-1])):
        assert_equal(ec.sobel(image[flip], axis, ksize=ksize, order=order), sign * ec.sobel(image, axis, ksize=ksize, order=order)[flip])


@pytest.mark.parametrize("dtype", TYPES)
def test_forward_of_a_mirrored_image_is_backward_with_the_other_sign(dtype):
    image = random((5, 31), dtype)
    assert_equal(ec.forward(image[:, ::-1]), -ec.backward(image)[:, ::-1])
    assert_equal(ec.forward(image[::-1], "y"), -ec.backward(image, "y")[::-1])


@pytest.mark.parametrize("dtype", TYPES)
def test_forward_and_backward_add_up_to_central(dtype):
    image = random((5, 31), dtype)
    together = ec.forward(image) + ec.backward(image)
    np.testing.assert_allclose(together, ec.central(image), rtol=0, atol=1e-6 if dtype == "float32" else 1e-14 if dtype == "float64" else 0)


@pytest.mark.parametrize("dtype", TYPES)
def test_the_two_diagonals_of_roberts_mirror_each_other(dtype):
    image = random((6, 23), dtype)
    assert_equal(ec.roberts(image[:, ::-1], border="valid"), ec.roberts(image, "anti", border="valid")[:, ::-1])
    assert_equal(ec.roberts(image.T, border="valid"), ec.roberts(image, border="valid").T)


def surface(slope_x=0, slope_y=0, bend_x=0, bend_y=0, twist=0, shape=(9, 14), dtype="int32"):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (slope_x * x + slope_y * y + bend_x * x * x + bend_y * y * y + twist * x * y + 7).astype(dtype), x, y


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("name", twins.OPERATORS)
def test_derivative_of_a_ramp_is_its_slope_times_the_gain(name, dtype):
    for axis, ramp in (("x", surface(slope_x=3, dtype=dtype)[0]), ("y", surface(slope_y=3, dtype=dtype)[0])):
        result = applied(name, ramp, axis, border="valid")
        assert result.size
        np.testing.assert_allclose(result, 3 * twins.GAINS[name], rtol=1e-5 if result.dtype == np.float32 and name == "farid" else 1e-13)


@pytest.mark.parametrize("name", twins.OPERATORS)
@pytest.mark.parametrize("shape", [(9,), (9, 8), (7, 8, 9), (6, 6, 6, 6)])
def test_a_normalized_ramp_has_slope_1_in_any_number_of_dimensions(name, shape):
    for axis in range(len(shape)):
        ramp = np.broadcast_to(np.arange(shape[axis], dtype=np.float64).reshape([-1 if k == axis else 1 for k in range(len(shape))]), shape)
        result = applied(name, ramp, axis, border="valid", normalize=True)
        assert result.size
        np.testing.assert_allclose(result, 1, rtol=1e-12)


@pytest.mark.parametrize(("diagonal", "other", "right"), [("main", "anti", -1), ("anti", "main", 1)])
def test_normalized_roberts_is_the_slope_along_its_diagonal(diagonal, other, right):
    """It rises by 1 for each unit of length, upwards and to the left (main) or to the right (anti)."""
    y, x = np.mgrid[:6, :7]
    ramp = (right * x - y) / np.sqrt(2)
    np.testing.assert_allclose(ec.roberts(ramp, diagonal, border="valid", normalize=True), 1, rtol=1e-12)
    np.testing.assert_allclose(ec.roberts(ramp, other, border="valid"), 0, atol=1e-12)


@pytest.mark.parametrize("name", MIRRORED)
def test_second_order_operators_are_exact_on_parabolas(name):
    image, x, y = surface(slope_x=2, slope_y=-5, bend_x=3, bend_y=4, twist=-2, dtype="float64")
    reach = 2 if name == "farid" else 1
    true_x, true_y = 2 + 6 * x - 2 * y, -5 + 8 * y - 2 * x
    along, across = slice(reach, -reach), slice(None) if name == "central" else slice(reach, -reach)
    np.testing.assert_allclose(applied(name, image, "x", border="valid", normalize=True), true_x[across, along], rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(applied(name, image, "y", border="valid", normalize=True), true_y[along, across], rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize(("ksize", "order"), SOBELS)
def test_normalized_sobel_of_any_order_is_exact_on_the_power_of_its_order(ksize, order):
    x = np.arange(24.0)
    image = np.broadcast_to(x**order, (12, 24))
    factorial = float(np.prod(np.arange(1, order + 1)))
    np.testing.assert_allclose(ec.sobel(image, ksize=ksize, order=order, border="valid", normalize=True), factorial, rtol=1e-10)


@pytest.mark.parametrize("border", ["reflect", "symmetric", "edge", "wrap"])
@pytest.mark.parametrize("axis", ["x", "y"])
@pytest.mark.parametrize(("name", "weights"), [("sobel", (1, 2, 1)), ("scharr", (3, 10, 3)), ("prewitt", (1, 1, 1))])
def test_separable_into_a_central_difference_and_a_smoothing_across(name, weights, axis, border):
    image = images.random_image((11, 23), "int16")
    along = ec.central(image, axis, border=border).astype(np.int64)
    row = [list(weights)] if axis == "y" else [[w] for w in weights]
    smoothed = twins.correlated(along, row, len(row) // 2, len(row[0]) // 2, border)
    assert applied(name, image, axis, border=border).tolist() == smoothed


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_spread_exactly_as_far_as_the_weights(name, dtype, value):
    image = images.noisy_image((13, 15), dtype)
    image[6, 7] = value
    for axis in axes_of(name):
        kernel, row, column = twins.kernel_of(name, axis)
        reached = {(6 + row - i, 7 + column - j) for i, line in enumerate(kernel) for j, w in enumerate(line) if w}
        result = applied(name, image, axis)
        assert set(zip(*np.nonzero(~np.isfinite(result)), strict=True)) == reached


@pytest.mark.parametrize(("ksize", "order"), SOBELS)
def test_nan_spreads_exactly_as_far_as_the_weights_of_any_sobel(ksize, order):
    image = images.noisy_image((21, 23), "float64")
    image[10, 11] = np.nan
    for axis in ("x", "y"):
        kernel, row, column = twins.kernel_of("sobel", axis, ksize, order)
        reached = {(10 + row - i, 11 + column - j) for i, line in enumerate(kernel) for j, w in enumerate(line) if w}
        assert set(zip(*np.nonzero(np.isnan(ec.sobel(image, axis, ksize=ksize, order=order))), strict=True)) == reached


@pytest.mark.parametrize("border", ["blank", "valid", "constant"])
def test_a_border_that_is_not_read_does_not_carry_nan(border):
    image = np.zeros((5, 6))
    image[0, 0] = np.nan
    result = ec.sobel(image, border=border)
    expected = np.array(twins.derivative(image, "sobel", "x", border))
    np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))


SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 40))


@given(shape=SHAPES, name=st.sampled_from(ALL), border=st.sampled_from(twins.PADDED), dtype=st.sampled_from(TYPES), cval=st.integers(0, 100))
def test_a_border_is_what_numpy_pads(shape, name, border, dtype, cval):
    """Padding by hand and keeping the middle gives the same bytes."""
    image = random(shape, dtype)
    widths = 3
    by_hand = applied(name, twins.padded(image, widths, border, cval))[widths:-widths, widths:-widths]
    assert_equal(applied(name, image, border=border, cval=cval), by_hand)
