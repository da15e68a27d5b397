"""The Laplacian is the sum of two second derivatives, whatever form its kernel has."""

import numpy as np
import pytest

import edgecalc as ec
from tests.reference import images, twins

FORMS = {1: [[0, 1, 0], [1, -4, 1], [0, 1, 0]], 3: [[2, 0, 2], [0, -8, 0], [2, 0, 2]]}
SHAPES = [(1, 1), (1, 7), (7, 1), (2, 3), (17, 33), (5, 4100)]


def kernel(ksize):
    if ksize in FORMS:
        return np.array(FORMS[ksize])
    second, smooth = np.array(twins.binomial(2, ksize), object), np.array(twins.binomial(0, ksize), object)
    return np.outer(second, smooth) + np.outer(smooth, second)


def slow(image, ksize):
    reach = max(ksize, 3) // 2
    padded = np.pad(image.astype(object), reach, "reflect")
    weights = kernel(ksize)
    out = np.zeros(image.shape, object)
    for i, j in np.ndindex(weights.shape):
        out += int(weights[i, j]) * padded[i : i + image.shape[0], j : j + image.shape[1]]
    return out


@pytest.mark.parametrize("ksize", [1, 3, 5, 7, 31])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32"])
def test_equals_the_kernel_laid_over_every_pixel(dtype, shape, ksize):
    image = images.random_image(shape, dtype)
    result = ec.laplacian(image, ksize)
    expected = slow(image, ksize)
    if result.dtype.kind == "i":
        assert np.array_equal(result.astype(object), expected)
    else:  # sums past 2**63 and then past 2**53
        assert ksize == 31 and dtype != "uint8"
        assert np.allclose(result, expected.astype(float), rtol=0, atol=1e-13 * np.abs(kernel(31)).sum() * float(np.abs(image.astype(float)).max()))


@pytest.mark.parametrize(("ksize", "dtype"), [(1, np.int16), (3, np.int16), (5, np.int16), (7, np.int32), (31, np.int64)])
def test_the_type_is_the_smallest_that_cannot_overflow(ksize, dtype):
    result = ec.laplacian(np.full((9, 9), 255, np.uint8), ksize)
    assert result.dtype == dtype
    assert not result.any()


@pytest.mark.parametrize("ksize", [1, 3, 5, 7, 31])
def test_a_normalized_paraboloid_has_its_own_laplacian(ksize):
    y, x = np.mgrid[:40.0, :50.0]
    inside = ec.laplacian(3 * x * x / 2 - y * y / 2 + x * y + 7 * x, ksize, normalize=True, border="valid")
    assert np.allclose(inside, 2, rtol=1e-12)


@pytest.mark.parametrize("ksize", [1, 3, 5])
def test_turning_and_mirroring_the_image_turns_and_mirrors_the_result(ksize):
    image = images.random_image((20, 31), "uint8")
    for change in (np.transpose, np.flipud, np.fliplr, np.rot90):
        assert np.array_equal(ec.laplacian(change(image), ksize), change(ec.laplacian(image, ksize)))


def test_nan_spreads_as_far_as_the_kernel_has_weights():
    image = np.zeros((7, 7))
    image[3, 3] = np.nan
    assert np.isnan(ec.laplacian(image)).sum() == 5
    assert np.isnan(ec.laplacian(image, 3)).sum() == 5
    assert np.array_equal(np.isnan(ec.laplacian(image, 3)[2:5, 2:5]), np.array(FORMS[3]) != 0)


@pytest.mark.parametrize("ksize", [0, 2, 33, 1.5, "3", True])
def test_sizes_that_are_not_accepted_are_named(ksize):
    with pytest.raises((TypeError, ValueError), match="ksize"):
        ec.laplacian(np.zeros((5, 5)), ksize)


@pytest.mark.parametrize("shape", [(9,), (3, 4, 5)])
def test_other_than_two_dimensions_are_refused(shape):
    with pytest.raises(ValueError, match=r"image: .* laplacian needs 2"):
        ec.laplacian(np.zeros(shape))
