"""The gradient of a colour image is the root of its tensor's larger eigenvalue, and one channel's own where that channel alone changes."""

import numpy as np
import pytest

import edgecalc as ec
from edgecalc.filters import tensor
from tests.reference import images, twins

CHANNELS = (1, 2, 3, 4)


def some_image(shape, dtype, seed=0):
    return images.noisy_image(shape, dtype, seed) if np.dtype(dtype).kind == "f" else images.random_image(shape, dtype, seed)


def slow(image, operator="sobel", border="reflect", cval=0):
    """(length, tensors): for every pixel the channels' products, added, and their larger eigenvalue."""
    pairs = [twins.pair(image[..., channel], operator, border, cval) for channel in range(image.shape[-1])]
    rows, columns = len(pairs[0][0]), len(pairs[0][0][0]) if pairs[0][0] else 0
    length, tensors = np.zeros((rows, columns)), np.zeros((rows, columns, 2, 2))
    for i, j in np.ndindex(rows, columns):
        steps = [(x[i][j], y[i][j]) for x, y in pairs]
        products = [float(sum(step[a] * step[b] for step in steps)) for a, b in ((0, 0), (0, 1), (1, 1))]
        tensors[i, j] = [products[:2], products[1:]]
        length[i, j] = np.sqrt(np.linalg.eigvalsh(tensors[i, j])[1])
    return length, tensors


def assert_is_twin(result, image, operator="sobel", border="reflect", cval=0):
    length, tensors = slow(image.astype(np.float32) if image.dtype == np.float16 else image, operator, border, cval)
    eps = np.finfo(result.magnitude.dtype).eps
    assert result.magnitude.shape == result.orientation.shape == length.shape
    weights = np.abs(twins.kernel_of(operator)[0]).sum()
    reach = 4 * eps * weights * np.abs(image.astype(np.float64)).max(initial=0)
    np.testing.assert_allclose(result.magnitude, length, rtol=4 * eps, atol=reach)
    angles = result.orientation.astype(np.float64)
    along = np.stack([np.cos(angles), np.sin(angles)], -1)
    stretched = np.sqrt(np.einsum("...i,...ij,...j", along, tensors, along).clip(0))
    np.testing.assert_allclose(stretched, length, rtol=1e-6, atol=reach)


def assert_same_direction(angles, expected):
    np.testing.assert_allclose(np.exp(2j * angles.astype(np.float64)), np.exp(2j * expected.astype(np.float64)), atol=1e-5)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_equals_the_eigenvalue_of_every_pixel(dtype, channels):
    for shape in ((1, 1), (1, 6), (5, 1), (6, 7)):
        image = some_image((*shape, channels), dtype)
        assert_is_twin(ec.di_zenzo(image), image)


@pytest.mark.parametrize("border", twins.BORDERS)
@pytest.mark.parametrize("operator", twins.OPERATORS)
def test_equals_the_eigenvalue_for_every_operator_and_border(operator, border):
    for dtype in ("uint8", "float64"):
        image = some_image((7, 8, 3), dtype)
        assert_is_twin(ec.di_zenzo(image, operator, border=border, cval=9), image, operator, border, 9)


@pytest.mark.parametrize("operator", twins.OPERATORS)
def test_normalize_divides_by_the_gain(operator):
    image = images.random_image((7, 8, 3), "uint8")
    result, plain = ec.di_zenzo(image, operator, normalize=True), ec.di_zenzo(image, operator)
    np.testing.assert_allclose(result.magnitude, plain.magnitude / twins.GAINS[operator], rtol=1e-6)
    assert_same_direction(result.orientation, plain.orientation)


@pytest.mark.parametrize("operator", twins.OPERATORS)
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_one_channel_has_the_gradient_of_a_gray_image(dtype, operator):
    image = some_image((9, 11), dtype)
    expected = ec.polar(image, operator, dtype=np.float64)
    for given in (image, image[..., np.newaxis]):
        result = ec.di_zenzo(given, operator)
        eps = np.finfo(result.magnitude.dtype).eps
        np.testing.assert_allclose(result.magnitude, expected.magnitude, rtol=8 * eps, atol=8 * eps * expected.magnitude.max())
        assert_same_direction(result.orientation, expected.orientation)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_equal_channels_have_their_gradient_times_the_root_of_their_number(dtype, channels):
    image = some_image((9, 11), dtype)
    expected = ec.polar(image, dtype=np.float64)
    result = ec.di_zenzo(np.stack([image] * channels, -1))
    np.testing.assert_allclose(result.magnitude, np.sqrt(channels) * expected.magnitude, rtol=1e-6, atol=1e-6)
    assert_same_direction(result.orientation, expected.orientation)


@pytest.mark.parametrize("channel", range(4))
def test_where_one_channel_alone_changes_it_is_that_channels_gradient(channel):
    image = np.full((9, 11, 4), 77, np.uint8)
    image[..., channel] = images.random_image((9, 11), "uint8")
    expected = ec.polar(image[..., channel])
    result = ec.di_zenzo(image)
    np.testing.assert_allclose(result.magnitude, expected.magnitude, rtol=1e-6)
    assert_same_direction(result.orientation, expected.orientation)


def test_the_order_of_the_channels_does_not_matter():
    image = images.random_image((9, 11, 3), "uint8")
    result, turned = ec.di_zenzo(image), ec.di_zenzo(image[..., ::-1])
    np.testing.assert_array_equal(result.magnitude, turned.magnitude)
    np.testing.assert_array_equal(result.orientation, turned.orientation)


def test_channels_that_fall_and_rise_do_not_cancel():
    rising = np.broadcast_to(np.arange(0, 90, 10, dtype=np.uint8), (5, 9))
    result = ec.di_zenzo(np.stack([rising, 80 - rising], -1), border="valid", normalize=True)
    np.testing.assert_allclose(result.magnitude, 10 * np.sqrt(2), rtol=1e-6)
    assert not result.orientation.any()


def test_an_edge_between_colours_of_equal_luma_is_found():
    image = np.zeros((7, 8, 3), np.uint8)
    image[:, :4] = (255, 0, 0)
    image[:, 4:] = (0, 130, 0)
    assert not ec.magnitude(image, gray=True).any()
    result = ec.di_zenzo(image)
    assert np.array_equal(np.nonzero(result.magnitude.all(axis=0))[0], [3, 4])
    np.testing.assert_allclose(result.magnitude[:, 3:5], 4 * np.hypot(255, 130), rtol=1e-6)
    assert not result.orientation.any()


@pytest.mark.parametrize(("dtype", "scale"), [("float32", 1e25), ("float32", 1e-25), ("float64", 1e200), ("float64", 1e-200)])
def test_squares_beyond_the_type_do_not_reach_the_length(dtype, scale):
    """polar holds there, and where one channel changes the two are one; its float32 derivatives cancel by a few more ulp than ours in float64."""
    image = images.noisy_image((5, 6), dtype) * np.dtype(dtype).type(scale)
    np.testing.assert_allclose(ec.di_zenzo(image[..., np.newaxis]).magnitude, ec.polar(image).magnitude, rtol=4e-6 if dtype == "float32" else 1e-6)


@pytest.mark.parametrize("dtype", images.DTYPES)
def test_a_constant_image_has_no_gradient(dtype):
    result = ec.di_zenzo(np.full((6, 7, 3), 1, dtype))
    assert not result.magnitude.any() and not result.orientation.any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [0, 1, 1e-25])
def test_nan_spreads_from_any_channel_and_no_farther(scale, dtype):
    image = images.noisy_image((7, 8, 3), dtype) * np.dtype(dtype).type(scale)
    clean = ec.di_zenzo(image).magnitude
    image[3, 4, 1] = np.nan
    result, lost = ec.di_zenzo(image).magnitude, np.isnan(ec.polar(image[..., 1]).magnitude)
    assert np.array_equal(np.isnan(result), lost)
    np.testing.assert_allclose(result[~lost], clean[~lost], rtol=1e-6)


@pytest.mark.parametrize("call", [ec.di_zenzo, lambda image: ec.structure_tensor(image).eigenvalues()], ids=["di_zenzo", "structure_tensor"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_infinity_spreads_without_a_warning(dtype, call):
    image = np.zeros((40, 30), dtype)
    image[20, 15] = np.inf
    lengths = call(image)[0]  # pytest makes an error of a warning
    assert not np.isfinite(lengths[19:22, 14]).any() and not lengths[:10].any()


@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_blocks_of_any_size_give_the_same_bytes(cut, monkeypatch):
    image = np.random.default_rng(cut).standard_normal((31, 45, 3))
    expected = ec.di_zenzo(image)
    monkeypatch.setattr(tensor, "IN_CACHE", cut)
    for result, other in zip(ec.di_zenzo(image, threads=3), expected, strict=True):
        assert result.tobytes() == other.tobytes()


@pytest.mark.parametrize("layout", images.LAYOUTS)
def test_any_layout_and_number_of_threads_gives_the_same_bytes_and_stays_as_it_is(layout):
    image = images.random_image((40, 90, 3), "uint16")
    given = images.LAYOUTS[layout](image)
    expected = [part.tobytes() for part in ec.di_zenzo(image, threads=1)]
    for threads in (1, 2, 3, 8, None):
        assert [part.tobytes() for part in ec.di_zenzo(given, threads=threads)] == expected
    np.testing.assert_array_equal(given, image)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ec.di_zenzo(np.zeros(5)), "image: shape"),
        (lambda: ec.di_zenzo(np.zeros((4, 5, 5))), r"image: shape \(4, 5, 5\).*1 to 4 channels"),
        (lambda: ec.di_zenzo(np.zeros((4, 5, 0))), "image: shape"),
        (lambda: ec.di_zenzo(np.zeros((2, 4, 5, 3))), "image: shape"),
        (lambda: ec.di_zenzo(np.zeros((4, 5, 3), complex)), "image: complex128"),
        (lambda: ec.di_zenzo(np.zeros((4, 5, 3)), "sobble"), "operator: 'sobble'"),
        (lambda: ec.di_zenzo(np.zeros((4, 5, 3)), "roberts"), "operator: 'roberts'"),
        (lambda: ec.di_zenzo(np.zeros((4, 5, 3)), border="mirror"), "border: 'mirror'"),
        (lambda: ec.di_zenzo(np.zeros((4, 5, 3)), border="one-sided"), "border: "),
        (lambda: ec.di_zenzo(np.zeros((4, 5, 3), np.uint8), border="constant", cval=-1), "cval: -1"),
        (lambda: ec.di_zenzo(np.zeros((4, 5, 3)), normalize="yes"), "normalize: 'yes'"),
        (lambda: ec.di_zenzo(np.zeros((4, 5, 3)), threads=-2), "threads: -2"),
    ],
)
def test_what_is_not_accepted_is_named(call, said):
    with pytest.raises((TypeError, ValueError), match=said):
        call()
