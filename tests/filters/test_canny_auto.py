"""Thresholds taken from the image are arithmetic of its numbers, and the edges are Canny's for them."""

import numpy as np
import pytest
from skimage import filters

import edgecalc as ec
from edgecalc.filters import thresholds
from edgecalc.filters.canny import field_of
from tests.reference import images
from tests.reference.canny_cases import bars

METHODS = ("median", "otsu", "quantile")
NORMS = ("l1", "l2")


@pytest.mark.parametrize("options", [{}, {"ksize": 5}, {"ksize": 7}, {"sigma": 1.2}, {"border": "wrap"}, {"mask": bars() < 160}], ids=str)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "float64"])
def test_the_edges_are_cannys_for_the_thresholds_that_come_with_them(dtype, method, norm, options):
    image = bars(dtype=dtype)
    edges, low, high = ec.canny_auto(image, method, norm=norm, **options)
    assert type(low) is type(high) is float and 0 < low < high
    assert edges.any()
    np.testing.assert_array_equal(edges, ec.canny(image, low, high, norm=norm, **options))
    out = np.empty_like(edges)
    assert ec.canny_auto(image, method, norm=norm, out=out, threads=3, **options).edges is out
    np.testing.assert_array_equal(out, edges)


@pytest.mark.parametrize("method", METHODS)
def test_colour_has_the_edges_of_its_thresholds(method):
    image = bars((30, 41, 3))
    edges, low, high = ec.canny_auto(image, method)
    assert edges.any()
    np.testing.assert_array_equal(edges, ec.canny(image, low, high))


@pytest.mark.parametrize(
    ("pixels", "dtype", "spread", "expected"),
    [
        ([0, 0, 100, 100], "uint8", 0.5, (25, 75)),
        ([0, 0, 0, 100], "uint8", 0.33, (0, 0)),
        ([40, 80, 120], "uint8", 0.25, (60, 100)),
        ([200] * 3 + [90], "uint8", 0.5, (100, 255)),
        ([200] * 3 + [90], "uint16", 0.5, (100, 300)),
        ([200] * 3 + [90], "float32", 0.5, (100, 300)),
        ([60_000, 60_000, 7], "uint16", 0.25, (45_000, 75_000)),
        ([-4, -2, -2], "int16", 0.5, (0, 0)),
        ([0.25, 0.5, 0.75], "float64", 0.5, (0.25, 0.75)),
        ([0.25, 0.5, np.nan, 0.75, np.inf], "float64", 0.5, (0.25, 0.75)),
        ([10, 20, 30], "uint8", 0, (20, 20)),
        ([10, 20, 30], "uint8", 3, (0, 80)),
        ([[8, 0, 4], [8, 4, 0]] * 2, "uint8", 0.5, (2, 6)),
    ],
    ids=str,
)
def test_median_spreads_around_the_middle_pixel(pixels, dtype, spread, expected):
    image = np.array([pixels] * 3, dtype)
    assert ec.canny_auto(image, spread=spread)[1:] == expected
    assert ec.canny_auto(image, "median", spread=spread, norm="l2")[1:] == expected


@pytest.mark.parametrize(("ksize", "gain"), [(3, 1), (5, 12), (7, 160)])
def test_median_grows_with_the_stencil_as_the_gradient_of_a_step_does(ksize, gain):
    step = (np.indices((9, 20))[1] >= 10) * np.uint8(1)
    assert ec.sobel(step, ksize=ksize).max() == gain * ec.sobel(step).max()
    assert ec.canny_auto(np.array([[0, 0, 100, 100]] * 3, np.uint8), spread=0.5, ksize=ksize)[1:] == (25 * gain, 75 * gain)


@pytest.mark.parametrize(
    ("quantiles", "expected"),
    [((0, 1), (0, 48)), ((0.5, 0.5), (24, 24)), ((0.25, 0.75), (12, 36)), ([0.75, 0.25], (12, 36)), (np.array([0.25, 0.75]), (12, 36))],
    ids=str,
)
def test_quantiles_are_those_of_the_known_lengths_with_numpys_interpolation(quantiles, expected):
    """A column's length is four times the rise over its two neighbours; a masked column takes its neighbour along."""
    image, mask = np.array([[0, 0, 2, 4, 8, 12, 18, 24, 99, 99]], np.float64), np.ones((1, 10), bool)
    mask[:, -2:] = False
    assert ec.canny(image, 0, 0, mask=mask, return_stages=True).gradient.tolist() == [[0, 8, 16, 24, 32, 40, 48, 0, 0, 0]]
    assert ec.canny_auto(image, "quantile", quantiles=quantiles, mask=mask)[1:] == expected


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_quantiles_are_numpys(dtype, norm):
    image = bars(dtype=dtype)
    lengths = ec.canny(image, 0, 0, norm=norm, return_stages=True).gradient
    found = ec.canny_auto(image, "quantile", quantiles=(0.3, 0.93), norm=norm)[1:]
    np.testing.assert_allclose(found, np.quantile(lengths, (0.3, 0.93)), rtol=1e-6)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("ksize", [3, 5, 7])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("image", ["bars", "two levels", "noise", "blots"])
def test_otsu_is_scikit_images_of_the_gradient_lengths(image, dtype, ksize, norm):
    rng = np.random.default_rng(11)
    image = {
        "bars": bars(),
        "two levels": (bars() > 100) * 200,
        "noise": rng.integers(0, 256, (40, 60)),
        "blots": rng.integers(0, 3, (40, 60)) * 100,
    }[image]
    image = image.astype(dtype)
    lengths = ec.canny(image, 0, 0, ksize=ksize, norm=norm, return_stages=True).gradient
    _, low, high = ec.canny_auto(image, "otsu", ksize=ksize, norm=norm)
    assert high == pytest.approx(filters.threshold_otsu(lengths), rel=1e-6)
    assert low == high / 2


@pytest.mark.parametrize("ksize", [3, 5, 7])
@pytest.mark.parametrize("mask", [None, np.indices((500, 600))[1] < 400], ids=["whole", "masked"])
def test_lengths_that_are_counted_give_the_thresholds_of_lengths_one_by_one(mask, ksize):
    image = bars((500, 600))
    _, low, high = ec.canny_auto(image, "otsu", ksize=ksize, mask=mask)
    assert image.size > 2 * thresholds.IN_CACHE
    field = field_of(image, ksize, None, mask, "edge", 0, None, 1)
    lengths = thresholds.known_lengths(field, "l1") * field.divided
    assert lengths.size > 1000
    assert (low, high) == thresholds.by_otsu(lengths)


@pytest.mark.parametrize("method", ["otsu", "quantile"])
@pytest.mark.parametrize("size", [2.0**900, 2.0**-900, 2.0**530])
def test_thresholds_grow_with_the_image_however_large_or_small_it_is(size, method):
    image = np.random.default_rng(0).standard_normal((50, 50))
    _, low, high = ec.canny_auto(image, method)
    edges, *found = ec.canny_auto(image * size, method)
    assert found == [low * size, high * size]
    np.testing.assert_array_equal(edges, ec.canny_auto(image, method).edges)


def test_otsu_parts_two_levels_in_the_first_of_its_bins():
    """A step of 100 has the lengths 0 and 400; any bin between parts them alike, and the first one's centre is taken."""
    image = np.zeros((6, 10), np.uint8)
    image[:, 5:] = 100
    assert ec.canny_auto(image, "otsu")[1:] == (400 / 1024, 400 / 512)


@pytest.mark.parametrize("value", [0, 1, 77, 255])
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
@pytest.mark.parametrize("method", METHODS)
def test_an_image_of_one_value_has_no_edges(method, dtype, value):
    for shape in ((1, 1), (1, 7), (12, 13), (12, 13, 3)):
        for options in ({}, {"sigma": 1.0}, {"mask": np.eye(*shape[:2]) == 0}):
            assert not ec.canny_auto(np.full(shape, value, dtype), method, **options).edges.any()


@pytest.mark.parametrize("method", METHODS)
def test_where_nothing_is_known_there_are_no_edges(method):
    assert not ec.canny_auto(bars(), method, mask=np.zeros((40, 60), bool)).edges.any()
    assert not ec.canny_auto(np.full((9, 9), np.nan), method).edges.any()
    assert ec.canny_auto(np.zeros((0, 5)), method).edges.shape == (0, 5)
    assert ec.canny_auto(np.zeros((5, 0), np.uint8), method).edges.shape == (5, 0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_masked_pixels_do_not_count(dtype, method):
    image, mask = bars(dtype=dtype), np.ones((40, 60), bool)
    mask[10:22, 15:40] = False
    garbled = np.where(mask, image, images.random_image(image.shape, "uint8")).astype(dtype)
    results = [ec.canny_auto(each, method, mask=mask) for each in (image, garbled)]
    assert results[0][1:] == results[1][1:] != ec.canny_auto(garbled, method)[1:]
    np.testing.assert_array_equal(results[0].edges, results[1].edges)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan_does_not_count(dtype, method):
    """The same thresholds and edges as under a mask."""
    image, mask = bars(dtype=dtype), np.ones((40, 60), bool)
    mask[10:22, 15:40] = False
    expected = ec.canny_auto(image, method, mask=mask)
    result = ec.canny_auto(np.where(mask, image, np.nan).astype(dtype), method)
    assert result[1:] == expected[1:]
    np.testing.assert_array_equal(result.edges, expected.edges)


BAD_CALLS = {  # (method, options, name, what is accepted)
    "unknown method": ("mean", {}, "method", "'median', 'otsu', 'quantile'"),
    "no method": (None, {}, "method", "'median', 'otsu', 'quantile'"),
    "negative spread": ("median", {"spread": -0.1}, "spread", "0 or more"),
    "spread is not a number": ("median", {"spread": float("nan")}, "spread", "0 or more"),
    "spread in words": ("otsu", {"spread": "wide"}, "spread", "0 or more"),
    "one quantile": ("quantile", {"quantiles": (0.5,)}, "quantiles", "two numbers from 0 to 1|0 or more"),
    "a number of quantiles": ("quantile", {"quantiles": 0.5}, "quantiles", "two numbers from 0 to 1"),
    "a table of quantiles": ("quantile", {"quantiles": [[0.5, 0.5], [0.5, 0.5]]}, "quantiles", "two numbers from 0 to 1"),
    "quantiles in percent": ("quantile", {"quantiles": (80, 90)}, "quantiles", "two numbers from 0 to 1"),
    "negative quantile": ("quantile", {"quantiles": (-0.1, 0.9)}, "quantiles", "0 or more"),
    "quantile is not a number": ("quantile", {"quantiles": (0.1, float("nan"))}, "quantiles", "0 or more"),
    "norm": ("median", {"norm": "max"}, "norm", "'l1', 'l2'"),
    "ksize": ("otsu", {"ksize": 9}, "ksize", "3, 5 or 7"),
    "sigma": ("otsu", {"sigma": 0}, "sigma", "above 0"),
    "mask": ("otsu", {"mask": np.ones((3, 3), bool)}, "mask", r"\(40, 60\)"),
    "out": ("median", {"out": np.zeros((40, 60))}, "out", "uint8"),
    "border": ("median", {"border": "valid"}, "border", "'edge'"),
}


@pytest.mark.parametrize("bad", BAD_CALLS)
def test_what_is_not_accepted_is_named_with_what_is(bad):
    method, options, name, accepted = BAD_CALLS[bad]
    with pytest.raises((TypeError, ValueError), match=f"^{name}: .*({accepted})"):
        ec.canny_auto(bars(), method, **options)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_plane_whose_frame_is_unknown_has_no_edges(dtype):
    plane = np.add.outer(np.arange(20) * 0.1, np.arange(30) * 0.3).astype(dtype)
    plane[[0, -1]] = plane[:, [0, -1]] = np.nan
    assert not ec.canny_auto(plane, "otsu").edges.any()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_of_a_flat_ground_with_missing_pixels_a_gaussian_makes_no_edges(dtype):
    page, known, far = np.full((100, 120), 200, dtype), np.ones((100, 120), bool), np.ones((100, 120), bool)
    known[20:24, 20:24] = known[70, 100] = False
    for method in ("median", "otsu", "quantile"):
        assert not ec.canny_auto(page, method, sigma=2, mask=known).edges.any()
    assert not ec.canny(page, 0, 0, sigma=2, mask=known).any()
    page[45:55, 60:70], far[35:65, 50:80] = 40, False
    edges = ec.canny_auto(page, "quantile", sigma=1.4, mask=known).edges
    assert edges.any() and not edges[far].any()
