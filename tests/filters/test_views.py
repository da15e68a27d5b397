"""Signed derivatives as pictures: magnitude, shift, scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgecalc as ec
from tests.reference import images, twins
from tests.reference.compare import ALL, applied

VIEWS = ("magnitude", "shift", "scale")
SIZES = ((1, 1), (1, 9), (9, 1), (2, 3), (5, 7), (17, 33), (2, 2500))
EXACT = tuple(name for name in ALL if name != "farid")
INTEGERS = ("bool", "uint8", "int8", "uint16", "int16", "int32")


def ramp(values, dtype="int16"):
    """A row whose forward differences are `values`, then a last one that stands for nothing."""
    return np.concatenate([[0], np.cumsum(values)]).astype(dtype)[None]


def forward_view(values, view, dtype=None, source="int32"):
    return ec.forward(ramp(values, source), border="valid", view=view, dtype=dtype)[0]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("name", EXACT)
def test_picture_of_an_integer_image_is_the_twins(name, dtype, view):
    for shape in SIZES:
        image = images.random_image(shape, dtype)
        if dtype != "bool":
            image //= np.dtype(dtype).type(3)
        for border in ("reflect", "wrap", "blank"):
            result = applied(name, image, border=border, view=view)
            expected = np.array(twins.picture(twins.derivative(image, name, "x", border), view))
            assert (result.dtype, result.shape) == (np.uint8, image.shape)
            np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(("said", "options"), [("dtype", {"dtype": "int16"}), ("out", {"out": np.zeros((3, 4), np.int16)})], ids=["dtype", "out"])
def test_a_picture_of_another_type_is_refused_by_the_name_of_what_asked_for_it(said, options):
    with pytest.raises(TypeError, match=f"^{said}: int16 came; a view is a picture of uint8, float32 or float64"):
        ec.sobel(np.zeros((3, 4), np.uint8), view="shift", **options)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("source", ["uint8", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_picture_in_float_keeps_what_is_behind_the_point(dtype, source, view):
    image = images.random_image((17, 33), source)
    if source[0] == "f":
        image *= 5
    expected = np.array(twins.view(twins.derivative(image, "sobel"), view), np.float64)
    result = ec.sobel(image, view=view, dtype=dtype)
    assert result.dtype == dtype
    assert result.min() >= 0 and result.max() <= 255
    if view == "scale":
        np.testing.assert_allclose(result, expected, rtol=0, atol=255 * 4 * np.finfo(dtype).eps)
    else:
        np.testing.assert_array_equal(result, expected)


def test_shift_floors_in_uint8_so_that_no_two_neighbours_collapse():
    values = np.arange(-140, 141)
    picture = forward_view(values, "shift")
    np.testing.assert_array_equal(picture, np.clip(values + 127, 0, 255))
    assert forward_view([0, 1, -1], "shift").tolist() == [127, 128, 126]
    inner = picture[(values >= -127) & (values <= 128)]
    assert len(set(inner.tolist())) == inner.size == 256


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shift_in_float_is_exactly_half_way(dtype):
    values = np.arange(-140, 141)
    np.testing.assert_array_equal(forward_view(values, "shift", dtype), np.clip(values + 127.5, 0, 255))
    assert forward_view([0, 1], "shift", dtype).tolist() == [127.5, 128.5]


@pytest.mark.parametrize("source", ["float32", "float64"])
def test_shift_of_floats_floors_in_uint8(source):
    values = [0.0, 0.25, 0.5, 0.75, -0.25, -0.5, -0.75, 127.25, 127.5, 200.0, -127.5, -127.75, -300.0]
    image = np.array([np.zeros(len(values)), values], source)
    result = ec.forward(image, "y", border="blank", view="shift")[0]
    assert result.tolist() == [127, 127, 128, 128, 127, 127, 126, 254, 255, 255, 0, 0, 0]


def test_magnitude_saturates_and_loses_the_sign():
    values = [0, 1, -1, 254, -254, 255, -255, 256, -256, 30_000, -30_000]
    assert forward_view(values, "magnitude").tolist() == [0, 1, 1, 254, 254, 255, 255, 255, 255, 255, 255]
    assert forward_view(values, "magnitude", "float64").tolist() == [0, 1, 1, 254, 254, 255, 255, 255, 255, 255, 255]


def test_magnitude_of_floats_rounds_half_to_even():
    values = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 254.5, -254.5, 1e30, -1e30, np.inf, -np.inf]
    image = np.array([np.zeros(len(values)), values])
    assert ec.forward(image, "y", border="blank", view="magnitude")[0].tolist() == [0, 2, 2, 0, 2, 2, 254, 254, 255, 255, 255, 255]


@pytest.mark.parametrize("source", ["uint8", "int16", "uint16", "int32", "int64", "float32", "float64"])
def test_scale_runs_from_least_to_greatest(source):
    image = images.random_image((17, 33), source)
    derivative = ec.sobel(image, dtype=np.float64)
    picture = ec.sobel(image, view="scale")
    assert picture.dtype == np.uint8
    assert picture[derivative == derivative.min()].tolist() == [0] * int((derivative == derivative.min()).sum())
    assert picture[derivative == derivative.max()].tolist() == [255] * int((derivative == derivative.max()).sum())
    order = np.argsort(derivative, axis=None)
    assert (np.diff(picture.ravel()[order].astype(int)) >= 0).all()


@pytest.mark.parametrize("source", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_scale_of_a_result_that_is_one_number_everywhere_is_0(source, dtype):
    for image in (np.full((5, 9), 7, source), np.full((1, 1), 7, source), np.tile(np.arange(9), (5, 1)).astype(source)):
        result = ec.central(image, border="valid" if image.size > 1 else "reflect", view="scale", dtype=dtype)
        assert result.dtype == dtype
        assert result.size and not result.any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("place", [(0, 0), (3, 4), (6, 8)])
def test_nan_counts_for_nothing_in_scale_and_is_0_in_the_picture(place, dtype):
    image = images.noisy_image((7, 9), dtype)
    image[place] = np.nan
    derivative = ec.forward(image, border="edge")
    lost = np.isnan(derivative)
    low, high = np.nanmin(derivative), np.nanmax(derivative)
    exact = (derivative.astype(np.float64) - low) / (float(high) - low) * 255
    picture, real = ec.forward(image, border="edge", view="scale"), ec.forward(image, border="edge", view="scale", dtype=dtype)
    assert lost.any() and not picture[lost].any()
    np.testing.assert_array_equal(np.isnan(real), lost)
    np.testing.assert_allclose(real[~lost], exact[~lost], rtol=0, atol=1e-4)
    np.testing.assert_allclose(picture[~lost], exact[~lost], rtol=0, atol=0.5001)


@pytest.mark.parametrize("view", VIEWS)
def test_an_image_of_nothing_but_nan_gives_a_black_picture(view):
    assert not ec.sobel(np.full((5, 9), np.nan), view=view).any()
    assert np.isnan(ec.sobel(np.full((5, 9), np.nan), view=view, dtype=np.float64)).all()


@pytest.mark.parametrize("view", ["magnitude", "shift"])
def test_nan_is_0_in_a_picture_and_nan_in_floats(view):
    image = np.zeros((3, 5))
    image[1, 2] = np.nan
    lost = np.isnan(ec.central(image))
    assert lost.sum() == 2
    assert not ec.central(image, view=view)[lost].any()
    np.testing.assert_array_equal(np.isnan(ec.central(image, view=view, dtype=np.float64)), lost)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["central", "sobel", "farid", "main"])
def test_a_view_of_the_normalized_derivative_is_the_view_of_its_slope(name, view):
    image = images.random_image((17, 33), "uint8")
    slopes = applied(name, image, normalize=True, dtype=np.float64)
    expected = np.array(twins.view(slopes.tolist(), view))
    # float32 on the way: a few of its last places
    np.testing.assert_allclose(applied(name, image, normalize=True, view=view, dtype=np.float32), expected, rtol=0, atol=2e-4)
    np.testing.assert_allclose(applied(name, image, normalize=True, view=view, dtype=np.float64), expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize("view", VIEWS)
def test_blank_is_the_picture_of_a_slope_of_0(view):
    image = images.random_image((6, 9), "uint8")
    picture = ec.sobel(image, border="blank", view=view)
    inner = ec.sobel(image, border="blank").astype(float)
    expected = {"magnitude": 0, "shift": 127, "scale": round((0 - inner.min()) / (inner.max() - inner.min()) * 255)}[view]
    edge = np.ones(image.shape, bool)
    edge[1:-1, 1:-1] = False
    assert (picture[edge] == expected).all()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("border", twins.BORDERS)
def test_views_of_valid_and_of_volumes_are_views_of_the_derivative(border, view):
    image = images.random_image((5, 6, 7), "uint8")
    derivative = ec.sobel(image, 0, border=border).reshape(1, -1).tolist()
    np.testing.assert_allclose(
        ec.sobel(image, 0, border=border, view=view, dtype=np.float64).reshape(1, -1), twins.view(derivative, view), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("name", twins.DIFFERENCES)
@pytest.mark.parametrize("view", ["magnitude", "shift"])
def test_views_of_one_sided_ends(name, view):
    image = images.random_image((5, 9), "uint8")
    for axis in ("x", "y"):
        expected = twins.picture(twins.derivative(image, name, axis, "one-sided"), view)
        assert applied(name, image, axis, border="one-sided", view=view).tolist() == expected


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_written_to_out(view):
    image = images.random_image((17, 33), "uint8")
    for dtype in (np.uint8, np.float32, np.float64):
        out = np.empty(image.shape, dtype)
        assert ec.sobel(image, view=view, out=out) is out
        np.testing.assert_array_equal(out, ec.sobel(image, view=view, dtype=dtype))


@pytest.mark.parametrize("view", ["nope", "", "Shift", 1, True, ["shift"]])
def test_unknown_views_are_refused(view):
    with pytest.raises((TypeError, ValueError), match="view"):
        ec.sobel(np.zeros((4, 4)), view=view)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "int64"])
def test_a_picture_is_uint8_or_float(view, dtype):
    with pytest.raises((TypeError, ValueError), match="dtype"):
        ec.sobel(np.zeros((4, 4)), view=view, dtype=dtype)
    with pytest.raises((TypeError, ValueError), match=r"dtype|out"):
        ec.sobel(np.zeros((4, 4)), view=view, out=np.zeros((4, 4), dtype))


@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 60)),
    dtype=st.sampled_from(INTEGERS),
    name=st.sampled_from(EXACT),
    view=st.sampled_from(("magnitude", "shift")),
    border=st.sampled_from(twins.PADDED),
)
def test_any_picture_is_the_picture_of_the_twin(shape, dtype, name, view, border):
    image = images.random_image(shape, dtype)
    assert applied(name, image, border=border, view=view).tolist() == twins.picture(twins.derivative(image, name, "x", border), view)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_infinity_counts_for_nothing_in_scale_and_is_the_end_of_it(bad, dtype):
    image = images.noisy_image((7, 150), dtype)
    image[0, 0] = image[3, 70] = image[5, 149] = bad
    derivative = ec.forward(image, border="edge")
    finite = np.isfinite(derivative)
    low, high = derivative[finite].min(), derivative[finite].max()
    picture = ec.forward(image, border="edge", view="scale")
    exact = (derivative[finite].astype(np.float64) - low) / (float(high) - low) * 255
    np.testing.assert_allclose(picture[finite], exact, rtol=0, atol=0.5001)
    assert (~finite).sum() == 5
    np.testing.assert_array_equal(picture[~finite], np.where(derivative[~finite] > 0, 255, 0))
