"""Hysteresis finds every pixel that is connected to a strong one, however the way there winds, on any number of threads."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

import edgecalc as ec
from tests.core.test_memory import available
from tests.reference import canny_twin, images

THREADS = (1, 2, 3, 8, 500)
EIGHT = np.ones((3, 3), int)
FOUR = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])


def joined(strength, low, high):
    """By labels: every piece of candidates that holds a strong pixel."""
    labels, count = ndimage.label(strength > low, EIGHT)
    whole = np.zeros(count + 1, np.uint8)
    whole[labels[strength > high]] = 255
    whole[0] = 0
    return whole[labels]


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 3)), st.sampled_from(THREADS))
def test_hysteresis_grows_what_a_plain_flood_grows(strength, threads):
    expected = canny_twin.flooded(strength > 1, strength > 2)
    np.testing.assert_array_equal(ec.hysteresis(strength, 1, 2, threads=threads), expected)
    np.testing.assert_array_equal(ec.hysteresis(strength, 2, 1, threads=threads), expected)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("width", [1, 2, 31, 62, 63, 64, 65, 66, 127, 128, 129, 191, 192, 193, 320])
def test_hysteresis_keeps_the_pieces_that_hold_a_strong_pixel(width, threads):
    """Around 0.41 of all pixels a piece may wind through the whole image."""
    for seed, (height, density, seeds) in enumerate((h, d, s) for h in (1, 2, 17, 60) for d in (0.05, 0.36, 0.41, 0.46, 0.8, 0.98) for s in (1, 5)):
        rng = np.random.default_rng([seed, width])
        strength = (rng.random((height, width)) < density).astype(np.uint8)
        strength[tuple(rng.integers(0, strength.shape, (seeds, 2)).T)] = 3
        np.testing.assert_array_equal(ec.hysteresis(strength, 0, 2, threads=threads), joined(strength, 0, 2), err_msg=f"seed {seed}")


def test_labels_that_touch_on_sides_only_are_told_from_the_right_ones(monkeypatch):
    monkeypatch.setattr("tests.filters.test_hysteresis.EIGHT", FOUR)
    with pytest.raises(AssertionError, match="seed"):
        test_hysteresis_keeps_the_pieces_that_hold_a_strong_pixel(64, 1)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "float16", "float32", "float64"])
def test_hysteresis_takes_every_type(dtype):
    strength = images.random_image((30, 70), "uint8") % 8
    low, high = (-1, 0) if dtype == "bool" else (3, 6.5)
    np.testing.assert_array_equal(ec.hysteresis(strength.astype(dtype), low, high), joined(strength.astype(dtype), low, high))


@pytest.mark.parametrize("layout", images.LAYOUTS)
@pytest.mark.parametrize("shape", [(30, 70), (1, 65), (65, 1)], ids=str)
def test_hysteresis_takes_every_layout(shape, layout):
    strength = images.random_image(shape, "int16") % 9
    awkward = images.LAYOUTS[layout](strength)
    np.testing.assert_array_equal(ec.hysteresis(awkward, 3, 7), joined(strength, 3, 7))
    assert np.array_equal(awkward, strength)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
def test_hysteresis_takes_thresholds_beyond_the_type_and_counts_nan_as_nothing(dtype):
    strength = np.array([[1, 2, 3, 200, 3, 0, 3]], dtype)
    for low, high, expected in ((0, 1e300, 0), (-1e300, 5, 7), (2, float("inf"), 0), (-float("inf"), 199, 7), (2, 199, 3)):
        assert np.count_nonzero(ec.hysteresis(strength, low, high)) == expected
    if strength.dtype.kind == "f":
        strength[0, 4] = np.nan
        assert ec.hysteresis(strength, 0, 100).tolist() == [[255, 255, 255, 255, 0, 0, 0]]


def test_hysteresis_writes_into_out_and_the_strength_itself():
    strength = images.random_image((30, 70), "uint8") % 8
    expected = joined(strength, 3, 6)
    wide = np.full((30, 140), 9, np.uint8)
    assert ec.hysteresis(strength, 3, 6, out=wide[:, ::2]).base is wide
    np.testing.assert_array_equal(wide[:, ::2], expected)
    assert (wide[:, 1::2] == 9).all()
    np.testing.assert_array_equal(ec.hysteresis(strength, 3, 6, out=strength, threads=4), expected)


BAD_HYSTERESIS = {
    "a line": ((np.zeros(5), 1, 2), {}, "strength"),
    "a volume": ((np.zeros((5, 5, 5)), 1, 2), {}, "strength"),
    "strings": ((np.zeros((5, 5), "U1"), 1, 2), {}, "strength"),
    "low": ((np.zeros((5, 5)), float("nan"), 2), {}, "low"),
    "high": ((np.zeros((5, 5)), 1, "2"), {}, "high"),
    "no high": ((np.zeros((5, 5)), 1, None), {}, "high"),
    "threads": ((np.zeros((5, 5)), 1, 2), {"threads": 0}, "threads"),
    "out": ((np.zeros((5, 5)), 1, 2), {"out": np.zeros((5, 5))}, "out"),
}


@pytest.mark.parametrize("bad", BAD_HYSTERESIS)
def test_what_hysteresis_does_not_accept_is_named(bad):
    arguments, options, name = BAD_HYSTERESIS[bad]
    with pytest.raises((TypeError, ValueError), match=f"^{name}: .*accepted"):
        ec.hysteresis(*arguments, **options)


# ---------------------------------------------------------------- edges that wind


def spiral(size):
    """One path of single pixels that leaves one between its turns, and its outer and inner end."""
    path, row, column, arm = np.zeros((size, size), np.uint8), 0, 0, 0
    lengths = [size - 1, *(length for length in range(size - 1, 0, -2) for _ in "ab")]
    path[0, 0] = 1
    for arm, length in enumerate(lengths):
        down, right = ((0, 1), (1, 0), (0, -1), (-1, 0))[arm % 4]
        end = row + down * length, column + right * length
        path[min(row, end[0]) : max(row, end[0]) + 1, min(column, end[1]) : max(column, end[1]) + 1] = 1
        row, column = end
    return path, (0, 0), (row, column)


def snake(shape, up_and_down=True, gap=2):
    """Columns joined at the top and at the bottom in turn; or rows, left and right."""
    path = np.zeros(shape if up_and_down else shape[::-1], np.uint8)
    path[:, ::gap] = 1
    for k in range(0, path.shape[1] - gap, gap):
        path[0 if k // gap % 2 else -1, k : k + gap] = 1
    last = (path.shape[1] - 1) // gap * gap
    ends = (0, 0), (-1 if last // gap % 2 == 0 else 0, last)
    return (path, *ends) if up_and_down else (path.T.copy(), ends[0], ends[1][::-1])


def stairs(shape):
    """Diagonals only: every step goes to a corner, up and down between the sides."""
    path = np.zeros(shape, np.uint8)
    columns = np.arange(shape[1])
    period = 2 * (shape[0] - 1)
    rows = np.minimum(columns % period, period - columns % period)
    path[rows, columns] = 1
    return path, (0, 0), (rows[-1], shape[1] - 1)


def assert_found_whole(path, end, threads):
    strength = path.copy()
    strength[end] = 3
    found = ec.hysteresis(strength, 0, 2, threads=threads)
    assert np.array_equal(found != 0, path != 0)
    strength[end] = 1
    assert not ec.hysteresis(strength, 0, 2, threads=threads).any()


WINDING = {
    "snake": snake,
    "lying snake": lambda shape: snake(shape, up_and_down=False),
    "wide snake": lambda shape: snake(shape, gap=5),
    "stairs": stairs,
}


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("shape", [(5, 9), (40, 63), (41, 64), (100, 65), (33, 129), (200, 300)], ids=str)
@pytest.mark.parametrize("path", WINDING)
def test_a_path_up_and_down_across_the_seams_is_found_from_either_end(path, shape, threads):
    way, *ends = WINDING[path](shape)
    assert ndimage.label(way, EIGHT)[1] == 1
    for end in ends:
        assert way[end]
        assert_found_whole(way, end, threads)


@pytest.mark.parametrize("cut", [0, 7, 64, 100])
@pytest.mark.parametrize("threads", [1, 2, 8])
def test_a_path_that_is_cut_is_found_up_to_the_cut(cut, threads):
    way, first, last = snake((50, 101))
    way[25, cut - cut % 2] = 0
    for end in (first, last):
        strength = way.copy()
        strength[end] = 3
        result = ec.hysteresis(strength, 0, 2, threads=threads)
        np.testing.assert_array_equal(result, joined(strength, 0, 2))
        assert 0 < np.count_nonzero(result) < np.count_nonzero(way)


def test_the_spiral_is_one_path_without_a_short_cut():
    path, outer, inner = spiral(41)
    neighbours = (ndimage.convolve(path, FOUR, mode="constant") - 1)[path > 0]
    assert (neighbours == 1).sum() == 2 and set(neighbours) == {1, 2} and path[outer] and path[inner]
    assert ndimage.label(path, EIGHT)[1] == 1
    path[20, 0] = 0
    assert ndimage.label(path, EIGHT)[1] == 2


@pytest.mark.parametrize("threads", [1, 8])
def test_a_spiral_through_the_whole_image_is_found_from_either_end(threads):
    path, *ends = spiral(2001)
    assert path.sum() > 2001 * 2001 / 2
    for end in ends:
        assert_found_whole(path, end, threads)


HUGE = os.environ.get("EDGECALC_HUGE") == "1"
NEEDED = 4 << 30


@pytest.mark.skipif(not HUGE, reason="a spiral of 20,000 x 20,000 pixels takes gigabytes and a while: set EDGECALC_HUGE=1")
@pytest.mark.skipif(HUGE and available() < NEEDED, reason=f"a spiral of 20,000 x 20,000 pixels needs {NEEDED >> 30} GiB of free memory")
@pytest.mark.parametrize("threads", [1, 8])
def test_a_spiral_of_20_000_by_20_000_is_found_from_either_end(threads):
    path, *ends = spiral(20_001)
    for end in ends:
        assert_found_whole(path, end, threads)


def test_large_whole_numbers_are_not_rounded():
    strength = np.array([[2**53, 2**53 + 1, 0, -(2**62)]])
    assert ec.hysteresis(strength, 2**53, 2**53).tolist() == [[0, 255, 0, 0]]
    assert ec.hysteresis(strength, -float("inf"), float("inf")).tolist() == [[0, 0, 0, 0]]
    assert ec.hysteresis(strength, 0.5, 0.5).tolist() == [[255, 255, 0, 0]]
