"""Thin lines are scikit-image's to the pixel, connect what was connected, and are as thin as they get."""

import cv2
import numpy as np
import pytest
import scipy.ndimage as ndi
import skimage.morphology
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import edgecalc as ec
from tests.reference import images

BATCHES = 8
BATCH = 50
EIGHT = np.ones((3, 3))


def noise(rng):
    shape = tuple(rng.integers(1, 60, 2))
    return rng.random(shape) < rng.random()


def blobs(rng):
    shape = tuple(rng.integers(20, 90, 2))
    field = ndi.gaussian_filter(rng.standard_normal(shape), rng.uniform(1, 5))
    return field > rng.normal(0, 0.7) * field.std()


def lines(rng):
    image = np.zeros(tuple(rng.integers(20, 90, 2)), np.uint8)
    for _ in range(rng.integers(1, 7)):
        ends = [tuple(int(n) for n in rng.integers(0, image.shape[::-1])) for _ in range(2)]
        if rng.random() < 0.7:
            cv2.line(image, *ends, 1, int(rng.integers(1, 9)))
        else:
            cv2.ellipse(image, ends[0], (int(rng.integers(3, 30)), int(rng.integers(3, 30))), 30, 0, 360, 1, int(rng.integers(1, 6)))
    return image != 0


KINDS = {"noise": noise, "blobs": blobs, "lines": lines}


def drawn(kind, seeds):
    for seed in seeds:
        yield seed, KINDS[kind](np.random.default_rng([seed, len(kind)]))


def thinned(image):
    result = ec.thin(image)
    assert result.dtype == np.uint8 and result.shape == image.shape and set(np.unique(result)) <= {0, 255}
    return result != 0


def components(image):
    return ndi.label(image, EIGHT)[1]


def holes(image):
    """Parts of what surrounds, by edges alone; the outside is one."""
    return ndi.label(np.pad(~image, 1, constant_values=True))[1]


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("kind", KINDS)
def test_equals_scikit_image(kind, batch):
    seeds = range(batch * BATCH, (batch + 1) * BATCH)
    assert [seed for seed, image in drawn(kind, seeds) if not np.array_equal(thinned(image), skimage.morphology.thin(image))] == []


@given(arrays(bool, st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_equals_scikit_image_on_drawn_images(image):
    if image.size:
        assert np.array_equal(thinned(image), skimage.morphology.thin(image))
    else:
        assert thinned(image).shape == image.shape


def test_equals_scikit_image_on_every_image_of_3_by_4():
    """One sheet with every image on it, each apart from the others."""
    codes = np.arange(2**12)
    every = (codes[:, np.newaxis] >> np.arange(12) & 1).astype(bool).reshape(64, 64, 3, 4)
    sheet = np.pad(every, ((0, 0), (0, 0), (1, 1), (1, 1))).swapaxes(1, 2).reshape(64 * 5, 64 * 6)
    assert np.array_equal(thinned(sheet), skimage.morphology.thin(sheet))


@pytest.mark.parametrize("kind", KINDS)
def test_a_skeleton_lies_within_and_connects_what_was_connected(kind):
    for _, image in drawn(kind, range(1000, 1060)):
        thin = thinned(image)
        assert not (thin & ~image).any()
        assert components(thin) == components(image)
        assert holes(thin) == holes(image)
        assert np.array_equal(np.unique(ndi.label(image, EIGHT)[0][thin]), np.unique(ndi.label(image, EIGHT)[0][image]))


@pytest.mark.parametrize("kind", KINDS)
def test_thinning_again_changes_nothing(kind):
    for _, image in drawn(kind, range(2000, 2060)):
        once = ec.thin(image)
        assert np.array_equal(ec.thin(once), once)


@pytest.mark.parametrize("kind", ["blobs", "lines"])
def test_no_pixel_is_left_with_all_its_neighbours(kind):
    for _, image in drawn(kind, range(3000, 3060)):
        assert not ndi.binary_erosion(thinned(image), EIGHT).any()


@pytest.mark.parametrize("thickness", range(1, 10))
def test_a_bar_becomes_a_line_one_pixel_wide_along_its_middle(thickness):
    bar = np.zeros((20, 60), bool)
    bar[5 : 5 + thickness, 4:56] = True
    for image, result in ((bar, thinned(bar)), (bar.T, thinned(bar.T))):
        line = result if image is bar else result.T
        assert (line.sum(axis=0)[4 + thickness : 56 - thickness] == 1).all()
        assert line.sum(axis=0).max() == 1
        rows = np.nonzero(line)[0]
        assert set(rows) <= {5 + (thickness - 1) // 2, 5 + thickness // 2}


@pytest.mark.parametrize("thickness", [1, 2, 3, 5, 8])
def test_a_ring_stays_a_ring_near_its_middle(thickness):
    y, x = np.mgrid[-30:31, -30:31]
    distance = np.hypot(x, y)
    ring = np.abs(distance - 20) <= thickness / 2 + 0.5
    thin = thinned(ring)
    assert components(thin) == 1 and holes(thin) == 2
    assert np.abs(distance[thin] - 20).max() <= 1.5
    assert 8 * 20 / np.sqrt(2) - 8 <= thin.sum() <= 8 * 20


def test_a_thin_line_is_left_as_it_is():
    for image in (np.eye(9, dtype=bool), np.eye(9, dtype=bool)[::-1], np.eye(1, 9, dtype=bool), np.ones((1, 9), bool), np.ones((9, 1), bool)):
        assert np.array_equal(thinned(image), image)


def test_what_stands_around_does_not_matter():
    for _, image in drawn("blobs", range(4000, 4020)):
        apart = np.pad(image, ((3, 5), (2, 7)))
        assert np.array_equal(thinned(apart)[3:-5, 2:-7], thinned(image))


@pytest.mark.parametrize("dtype", images.DTYPES)
def test_any_value_other_than_0_is_set(dtype):
    image = images.random_image((17, 23), dtype)
    image[np.random.default_rng(1).random(image.shape) < 0.4] = 0
    assert np.array_equal(thinned(image), skimage.morphology.thin(image != 0))


def test_negative_and_tiny_numbers_are_set():
    expected = ec.thin(np.ones((5, 7)))
    for value in (-1, -0.25, 5e-324, np.inf, np.nan):
        assert np.array_equal(ec.thin(np.full((5, 7), value)), expected)


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (1, 1), (1, 2), (2, 1)])
def test_the_smallest_images_are_thinned_too(shape):
    assert thinned(np.zeros(shape)).shape == shape
    assert components(thinned(np.ones(shape))) == (1 if 0 not in shape else 0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (12, 13), (40, 300)])
def test_nothing_stays_nothing(shape):
    assert not ec.thin(np.zeros(shape, np.uint8)).any()


@pytest.mark.parametrize("layout", images.LAYOUTS)
def test_any_layout_gives_the_same_and_stays_as_it_is(layout):
    image = KINDS["blobs"](np.random.default_rng(1)).astype(np.uint16) * 300
    given = images.LAYOUTS[layout](image)
    assert np.array_equal(ec.thin(given), ec.thin(image))
    assert np.array_equal(given, image)


def test_the_result_is_writeable_and_its_own():
    image = np.ones((4, 5), np.uint8)
    result = ec.thin(image)
    result[...] = 7
    assert (image == 1).all() and result.flags.c_contiguous


def test_a_nested_list_is_an_image():
    assert ec.thin([[1, 1, 1]] * 3).tolist() == [[0, 0, 0], [0, 255, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        (np.zeros(5), "edges: 1 dimension came"),
        (np.zeros((3, 4, 5)), "edges: 3 dimensions came"),
        (np.float64(3), "edges: a single number"),
        (np.zeros((4, 5), complex), "edges: complex128"),
        (np.full((4, 5), "x"), "edges: <U1"),
        (np.full((4, 5), None), "edges: object"),
        (np.ma.ones((4, 5)), "edges: a masked array"),
        ([[1, 2], [3]], "edges: a nested sequence"),
    ],
)
def test_what_is_not_accepted_is_named(edges, said):
    with pytest.raises((TypeError, ValueError), match=said):
        ec.thin(edges)
