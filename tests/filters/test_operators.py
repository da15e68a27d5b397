"""Every first-derivative operator against its slow twin: borders, types, awkward sizes, larger kernels, outputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgecalc as ec
from tests.reference import images, twins
from tests.reference.compare import ALL, applied, assert_equals_twin, axes_of, is_exact, range_of, result_type

SMALL = images.SIZES[:-1]
KSIZES = (1, 3, 5, 7, 9, 11, 15, 23, 31)


def check(name, image, axis="x", border="reflect", ksize=3, order=1, **options):
    """The result is the twin's, in the type that the design promises."""
    size = {"ksize": ksize, "order": order} if name == "sobel" else {}
    result = applied(name, image, axis, border=border, **size, **options)
    kernel = twins.kernel_of(name, axis, ksize, order)[0]
    native = image.astype(image.dtype.newbyteorder("="))
    rows = twins.derivative(native, name, axis, border, options.get("cval", 0), ksize, order)
    assert result.dtype == result_type(name, native.dtype, ksize, order)
    assert_equals_twin(result, rows, native, None if is_exact(name, native, ksize, order) else kernel, options.get("cval", 0))


@pytest.mark.parametrize("dtype", images.DTYPES)
@pytest.mark.parametrize("border", twins.BORDERS)
@pytest.mark.parametrize("name", ALL)
def test_equals_the_twin_at_every_awkward_size(name, border, dtype):
    for shape in SMALL:
        for axis in axes_of(name):
            check(name, images.random_image(shape, dtype), axis, border, **({"cval": 1} if border == "constant" else {}))


@pytest.mark.parametrize("dtype", images.DTYPES)
@pytest.mark.parametrize("name", twins.DIFFERENCES)
def test_one_sided_ends_equal_the_twin(name, dtype):
    for shape in ((3, 3), (5, 7), (17, 33)):
        for axis in ("x", "y"):
            check(name, images.random_image(shape, dtype), axis, "one-sided")


@pytest.mark.parametrize(
    ("name", "shape", "axis"), [("forward", (3, 1), "x"), ("backward", (1, 3), "y"), ("central", (3, 2), "x"), ("central", (0, 3), "y")]
)
def test_one_sided_refuses_an_axis_without_room_and_leaves_an_empty_one_empty(name, shape, axis):
    image = np.zeros(shape, np.uint8)
    if image.size:
        with pytest.raises(ValueError, match=r"image|samples"):
            applied(name, image, axis, border="one-sided")
    else:
        assert applied(name, image, axis, border="one-sided").shape == shape


@pytest.mark.parametrize("name", ["sobel", "scharr", "prewitt", "farid", "main"])
def test_one_sided_is_refused_by_operators_that_smooth(name):
    with pytest.raises(ValueError, match="border"):
        applied(name, np.zeros((9, 9)), border="one-sided")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("name", ALL)
def test_equals_the_twin_on_64_by_64(name, dtype):
    for axis in axes_of(name):
        check(name, images.random_image((64, 64), dtype), axis)


@pytest.mark.parametrize("axis", ["x", "y"])
@pytest.mark.parametrize(("dtype", "border"), [("uint8", "reflect"), ("float64", "wrap")])
def test_sobel_equals_the_twin_on_an_image_wider_than_a_tile(dtype, border, axis):
    check("sobel", images.random_image((33, 5000), dtype), axis, border)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("name", ALL)
def test_equals_the_twin_across_column_tiles(name, dtype):
    for axis in axes_of(name):
        check(name, images.random_image((3, 5000), dtype), axis, "symmetric")


@pytest.mark.parametrize("columns", [2 * 1024 + d for d in (-2, -1, 0, 1, 2)] + [4 * 1024 + d for d in (-2, -1, 0, 1, 2)])
def test_equals_the_twin_where_a_tile_ends_near_the_side(columns):
    for border in ("reflect", "wrap", "blank"):
        check("sobel", images.random_image((2, columns), "uint8"), "x", border)
        check("sobel", images.random_image((2, columns), "float32"), "x", border, 7)


@pytest.mark.parametrize("border", twins.BORDERS)
@pytest.mark.parametrize("ksize", KSIZES)
def test_larger_sobel_equals_the_twin_also_on_images_smaller_than_the_kernel(ksize, border):
    for dtype in ("uint8", "int16", "uint16", "float32", "float64"):
        for shape in ((1, 1), (1, 9), (2, 3), (5, 7), (33, 3)):
            for axis in ("x", "y"):
                check("sobel", images.random_image(shape, dtype), axis, border, ksize)


@pytest.mark.parametrize(("ksize", "order"), [(k, d) for k in (1, 3, 5, 7, 11, 31) for d in (2, 3, 5, 10, 30) if d < max(k, 3)])
def test_higher_orders_of_sobel_equal_the_twin(ksize, order):
    for dtype in ("uint8", "int16", "float64"):
        for axis in ("x", "y"):
            check("sobel", images.random_image((6, 8), dtype), axis, "reflect", ksize, order)


@pytest.mark.parametrize("ksize", KSIZES)
@pytest.mark.parametrize("dtype", images.INTEGERS)
def test_the_result_type_is_the_smallest_that_the_gain_cannot_overflow(dtype, ksize):
    """The image is white where the kernel is positive and black where it is negative, and the other way round."""
    low, high = (0, 1) if dtype == "bool" else range_of(dtype)
    for axis in ("x", "y"):
        kernel, row, column = twins.kernel_of("sobel", axis, ksize)
        for first, second in ((high, low), (low, high)):
            image = np.array([[first if w > 0 else second for w in line] for line in kernel], dtype)
            result = ec.sobel(image, axis, ksize=ksize)
            true = sum(w * int(v) for line, pixels in zip(kernel, image.tolist(), strict=True) for w, v in zip(line, pixels, strict=True))
            assert result.dtype == result_type("sobel", dtype, ksize)
            if result.dtype.kind == "i":
                assert int(result[row, column]) == true
            else:
                assert float(result[row, column]) == pytest.approx(true, rel=1e-13)


@pytest.mark.parametrize(
    ("dtype", "plain", "five", "seven"),
    [
        ("bool", "int16", "int16", "int32"),
        ("uint8", "int16", "int16", "int32"),
        ("int8", "int16", "int16", "int32"),
        ("uint16", "int32", "int32", "int32"),
        ("int16", "int32", "int32", "int32"),
        ("uint32", "int64", "int64", "int64"),
        ("int32", "int64", "int64", "int64"),
        ("uint64", "float64", "float64", "float64"),
        ("int64", "float64", "float64", "float64"),
        ("float16", "float32", "float32", "float32"),
        ("float32", "float32", "float32", "float32"),
        ("float64", "float64", "float64", "float64"),
    ],
)
def test_result_types_are_the_promised_ones(dtype, plain, five, seven):
    image = np.zeros((4, 5), dtype)
    for name in (*twins.EXACT, "main", "anti"):
        assert applied(name, image).dtype == plain
    assert (ec.sobel(image, ksize=5).dtype, ec.sobel(image, ksize=7).dtype) == (five, seven)
    assert ec.farid(image).dtype == (plain if image.dtype.kind == "f" else np.float64)
    assert ec.sobel(image, normalize=True).dtype.kind == "f"


OUTPUTS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64")


@pytest.mark.parametrize("dtype", OUTPUTS)
@pytest.mark.parametrize("source", ["uint8", "int8", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("name", ["forward", "sobel", "main"])
def test_other_result_types_saturate(name, source, dtype):
    image = images.random_image((7, 65), source, seed=3)
    if image.dtype.kind == "f":
        image = image * 1000
    rows = twins.derivative(image, name)
    result = applied(name, image, dtype=dtype)
    assert result.dtype == dtype
    if result.dtype.kind == "f":
        np.testing.assert_array_equal(result, np.array(rows, np.float64).astype(dtype))
    else:
        assert result.tolist() == [[twins.saturated(d, dtype) for d in row] for row in rows]


@pytest.mark.parametrize("dtype", OUTPUTS[:8])
@pytest.mark.parametrize("source", ["uint8", "float32", "float64"])
def test_normalized_results_round_half_to_even_in_integers(source, dtype):
    image = images.random_image((4, 65), "uint8").astype(source)
    rows = [[d / 2 for d in row] for row in twins.derivative(image, "central")]
    assert {0.5, 0} < {d % 2 for row in rows for d in row}
    assert ec.central(image, normalize=True, dtype=dtype).tolist() == [[twins.saturated(d, dtype) for d in row] for row in rows]


@pytest.mark.parametrize("dtype", OUTPUTS[:8])
@pytest.mark.parametrize("source", ["float32", "float64"])
def test_float_results_go_to_integers_half_to_even_and_saturated_with_nan_as_0(source, dtype):
    ends = [-0.5, 0.5, 1.5, 2.5, -1.5, -2.5, 3.25, 126.5, 127.5, 128.5, 254.5, 255.5, 256.5, -128.5, -129.5, 32766.5, 32767.5, 65534.5, 65535.5]
    numbers = np.array([*ends, 1e9, -1e9, 2.0**31, 2.0**32, 2.0**63, 2.0**64, -(2.0**63), 1e30, -1e30, np.inf, -np.inf, np.nan], source)
    image = np.stack([np.zeros_like(numbers), numbers])
    result = ec.forward(image, "y", border="blank", dtype=dtype)
    assert result[0].tolist() == [twins.saturated(d, dtype) for d in numbers.tolist()]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_normalize_divides_by_the_gain(dtype, name):
    image = images.random_image((6, 7), dtype)
    gain = twins.GAINS.get(name, np.sqrt(2))
    rows = np.array(twins.derivative(image, name), np.float64)
    result = applied(name, image, normalize=True)
    short = image.dtype == np.float32 or (image.dtype.itemsize <= 2 and (name != "farid" or image.dtype.kind == "f"))
    assert result.dtype == (np.float32 if short else np.float64)
    np.testing.assert_allclose(result, rows / gain, rtol=4 * np.finfo(result.dtype).eps, atol=8 * np.finfo(result.dtype).eps * np.abs(rows).max())


@st.composite
def strided_images(draw):
    dtype = np.dtype(draw(st.sampled_from(images.DTYPES)))
    shape = draw(st.tuples(st.integers(1, 14), st.integers(1, 40)))
    image = images.random_image((shape[0] * 3, shape[1] * 3), dtype, seed=draw(st.integers(0, 999)))
    steps = st.sampled_from((1, 2, 3, -1, -2))
    view = image[:: draw(steps), :: draw(steps)][: shape[0], : shape[1]]
    if draw(st.booleans()):
        view = view.T
    if draw(st.booleans()):
        view = view.astype(view.dtype.newbyteorder(">"))
    return view


@given(
    image=strided_images(),
    name=st.sampled_from(ALL),
    border=st.sampled_from(twins.BORDERS),
    axis=st.sampled_from(("x", "y")),
    cval=st.sampled_from((0, 1)),
)
def test_any_shape_type_stride_and_border_equals_the_twin(image, name, border, axis, cval):
    check(name, image, axis if name in twins.OPERATORS else "x", border, cval=cval)


@given(
    image=strided_images(),
    ksize=st.sampled_from((1, 3, 5, 7, 9)),
    order=st.integers(1, 4),
    border=st.sampled_from(twins.BORDERS),
    axis=st.sampled_from(("x", "y")),
)
def test_any_sobel_equals_the_twin(image, ksize, order, border, axis):
    check("sobel", image, axis, border, ksize, min(order, max(ksize, 3) - 1))


@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 30)),
    dtype=st.sampled_from(("float32", "float64")),
    name=st.sampled_from(ALL),
    seed=st.integers(0, 99),
)
def test_floats_with_all_their_digits_are_within_rounding_of_the_twin(shape, dtype, name, seed):
    image = images.noisy_image(shape, dtype, seed)
    assert_equals_twin(applied(name, image), twins.derivative(image, name), image, twins.kernel_of(name)[0])
