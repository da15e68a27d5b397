"""Where SciPy and scikit-image compute the same thing."""

import numpy as np
import pytest
from scipy import ndimage
from skimage import filters

import edgecalc as ec
from tests.reference import images

MODES = {"reflect": "mirror", "symmetric": "reflect", "edge": "nearest", "wrap": "wrap", "constant": "constant"}


@pytest.mark.parametrize("border", MODES)
@pytest.mark.parametrize("shape", [(7,), (6, 9), (5, 6, 7), (3, 3, 3), (4, 3, 5, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32"])
@pytest.mark.parametrize(("ours", "theirs"), [(ec.sobel, ndimage.sobel), (ec.prewitt, ndimage.prewitt)])
def test_sobel_and_prewitt_of_any_dimension_are_scipys(ours, theirs, dtype, shape, border):
    image = images.random_image(shape, dtype)
    for axis in range(len(shape)):
        expected = theirs(image.astype(np.int64), axis, mode=MODES[border], cval=0)
        result = ours(image, axis, border=border)
        assert result.dtype.kind == "i"
        np.testing.assert_array_equal(result, expected)
        np.testing.assert_array_equal(ours(image, axis - len(shape), border=border), expected)


@pytest.mark.parametrize("border", MODES)
@pytest.mark.parametrize("name", ["forward", "backward", "central"])
def test_differences_along_any_axis_are_scipys_correlation(name, border):
    image = images.random_image((4, 5, 6), "uint8")
    weights, origin = {"forward": ([-1, 1], -1), "backward": ([-1, 1], 0), "central": ([-1, 0, 1], 0)}[name]
    for axis in range(3):
        expected = ndimage.correlate1d(image.astype(np.int64), weights, axis, mode=MODES[border], origin=origin)
        np.testing.assert_array_equal(getattr(ec, name)(image, axis, border=border), expected)


@pytest.mark.parametrize("axis", ["x", "y"])
def test_farid_is_scikit_images(axis):
    image = np.random.default_rng(0).random((24, 31))
    theirs = filters.farid_v(image) if axis == "x" else filters.farid_h(image)
    np.testing.assert_allclose(ec.farid(image, axis, border="symmetric"), theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["sobel", "scharr", "prewitt"])
@pytest.mark.parametrize(("axis", "suffix"), [("x", "v"), ("y", "h")])
def test_the_3x3_family_is_scikit_images_up_to_its_scale(name, axis, suffix):
    """scikit-image averages across, but leaves the difference of the two neighbours as it is."""
    image = np.random.default_rng(1).random((24, 31))
    theirs = getattr(filters, f"{name}_{suffix}")(image)
    np.testing.assert_allclose(2 * getattr(ec, name)(image, axis, border="symmetric", normalize=True), theirs, rtol=0, atol=1e-14)


def test_roberts_is_scikit_images_with_the_other_sign():
    """scikit-image convolves, so it takes the upper neighbour from the lower one."""
    image = np.random.default_rng(2).random((24, 31))
    np.testing.assert_array_equal(-ec.roberts(image, "main", border="valid"), filters.roberts_pos_diag(image)[:-1, :-1])
    np.testing.assert_array_equal(-ec.roberts(image, "anti", border="valid"), filters.roberts_neg_diag(image)[:-1, :-1])
