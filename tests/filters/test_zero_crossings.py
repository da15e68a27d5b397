"""Zero crossings stand where neighbours have opposite signs, on the one nearer to zero; of a disk's Laplacian of Gaussian, on its rim."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import edgecalc as ec
from tests.reference import images

SIGNED = ("int8", "int16", "int32", "int64", "float16", "float32", "float64")
LONG = (-(2**63), -(2**53) - 1, -(2**53), -1, 0, 1, 2**53, 2**53 + 1, 2**63 - 1)
SHAPES = ((1, 1), (1, 2), (2, 1), (1, 9), (9, 1), (2, 2), (7, 12))


def slow(response, threshold=0):
    """Pixel by pixel over Python numbers: integers are exact, and nothing overflows."""
    rows, (height, width) = np.asarray(response).tolist(), np.shape(response)
    marks = [[0] * width for _ in range(height)]

    def opposite(a, b):
        return a < 0 < b or b < 0 < a

    def apart(a, b):
        return abs(a - b) > threshold

    for i in range(height):
        for j in range(width):
            for down, right in ((0, 1), (1, 0)):
                if i + down < height and j + right < width:
                    a, b = rows[i][j], rows[i + down][j + right]
                    if opposite(a, b) and apart(a, b):
                        if abs(a) <= abs(b):
                            marks[i][j] = 255
                        else:
                            marks[i + down][j + right] = 255
                if rows[i][j] == 0 and down <= i < height - down and right <= j < width - right:
                    a, b = rows[i - down][j - right], rows[i + down][j + right]
                    if opposite(a, b) and apart(a, b):
                        marks[i][j] = 255
    return np.array(marks, np.uint8).reshape(height, width)


def crossings(response, *threshold):
    result = ec.zero_crossings(response, *threshold)
    assert result.dtype == np.uint8 and result.shape == np.shape(response)
    return result


def disk(radius, size=81, dtype=float):
    y, x = np.mgrid[:size, :size] - size // 2
    return (np.hypot(x, y) <= radius).astype(dtype), np.hypot(x, y)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_equals_the_rule_at_every_pixel(dtype, shape):
    rng = np.random.default_rng(len(shape) + sum(shape))
    for spread in (1, 3, 100):
        low = -spread if np.dtype(dtype).kind in "if" else 0
        response = rng.integers(low, spread, shape, endpoint=True).astype(dtype)
        for threshold in (0, 1, 2.5, spread):
            assert np.array_equal(crossings(response, threshold), slow(response, threshold))


@given(arrays(np.int8, st.tuples(st.integers(0, 6), st.integers(0, 6)), elements=st.integers(-3, 3)), st.sampled_from((0, 1, 2, 3, 4.5)))
def test_equals_the_rule_on_drawn_integers(response, threshold):
    assert np.array_equal(crossings(response, threshold), slow(response, threshold))


@given(arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(-1e9, 1e9)), st.floats(0, 1e9))
def test_equals_the_rule_on_drawn_floats(response, threshold):
    assert np.array_equal(crossings(response, threshold), slow(response, threshold))


@given(arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.sampled_from(LONG)))
def test_long_integers_are_compared_exactly(response):
    assert np.array_equal(crossings(response), slow(response))


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
def test_the_limits_of_a_type_do_not_overflow(dtype):
    """The greatest is one nearer to zero than the least."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    assert crossings(np.array([[low, high]], dtype)).tolist() == [[0, 255]]
    assert crossings(np.array([[high, low]], dtype)).tolist() == [[255, 0]]
    assert crossings(np.array([[low, 0, high]], dtype)).tolist() == [[0, 255, 0]]
    assert crossings(np.array([[low, 1]], dtype), float(high)).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_limits_of_floats_do_not_overflow(dtype):
    most, least = np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal
    for number in (most, least):
        assert crossings(np.array([[number, -number]], dtype)).tolist() == [[255, 0]]
        assert crossings(np.array([[-number, 0, number]], dtype)).tolist() == [[0, 255, 0]]
    assert crossings(np.array([[most, -least]], dtype), 1.0).tolist() == [[0, 255]]


def test_infinity_has_a_sign():
    inf = np.inf
    assert crossings(np.array([[inf, -inf]])).tolist() == [[255, 0]]
    assert crossings(np.array([[inf, -1.0]]), 1e9).tolist() == [[0, 255]]
    assert crossings(np.array([[-inf, 0, inf]])).tolist() == [[0, 255, 0]]
    assert crossings(np.array([[inf, inf, -1.0]])).tolist() == [[0, 0, 255]]
    assert not crossings(np.array([[inf, 0, 0, inf]])).any()


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "uint32", "uint64"])
def test_unsigned_numbers_have_no_crossing(dtype):
    assert not crossings(images.random_image((9, 11), dtype)).any()


def test_the_nearer_of_two_neighbours_is_marked_and_the_first_of_equal_ones():
    for line, expected in (
        ([1, -2], [255, 0]),
        ([2, -1], [0, 255]),
        ([2, -2], [255, 0]),
        ([-2, 2], [255, 0]),
        ([5, 1, -1, 1, 5], [0, 255, 255, 0, 0]),
        ([3, 2, 1], [0, 0, 0]),
    ):
        assert crossings([line]).tolist() == [expected]
        assert crossings([[each] for each in line]).tolist() == [[each] for each in expected]


def test_a_zero_counts_between_opposite_signs_alone():
    for line, expected in (
        ([3, 0, -3], [0, 255, 0]),
        ([-1, 0, 9], [0, 255, 0]),
        ([3, 0, 3], [0, 0, 0]),
        ([3, 0, 0, -3], [0, 0, 0, 0]),
        ([0, -3], [0, 0]),
        ([3, 0], [0, 0]),
        ([3, -0.0, -3], [0, 255, 0]),
    ):
        assert crossings([line]).tolist() == [expected]
        assert crossings([[each] for each in line]).tolist() == [[each] for each in expected]


@pytest.mark.parametrize("dtype", SIGNED)
def test_steps_of_the_threshold_or_less_do_not_count(dtype):
    response = np.array([[-2, 3, 0, -5]], dtype)
    for threshold, expected in ((0, [255, 0, 255, 0]), (4.99, [255, 0, 255, 0]), (5, [0, 0, 255, 0]), (7.99, [0, 0, 255, 0]), (8, [0, 0, 0, 0])):
        assert crossings(response, threshold).tolist() == [expected]


def test_a_higher_threshold_leaves_fewer():
    response = ec.gaussian_laplace(images.random_image((40, 50), "uint8"), 1.5)
    found = [crossings(response, threshold) != 0 for threshold in (0, 5, 10, 20, 1000)]
    for more, fewer in itertools.pairwise(found):
        assert not (fewer & ~more).any()
        assert fewer.sum() < more.sum()
    assert not found[-1].any()


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_nan_has_no_sign(value):
    response = images.noisy_image((9, 11), "float64")
    response[::3, ::2] = value
    expected = slow(response)
    assert np.array_equal(crossings(response), expected)
    assert np.isnan(value) <= (not expected[::3, ::2].any())
    assert not crossings(np.full((4, 5), value)).any()


def test_negating_or_scaling_moves_nothing_where_no_two_are_equal():
    response = images.noisy_image((20, 30), "float64")
    expected = crossings(response)
    assert expected.any()
    for factor in (-1, 0.125, -(2.0**600), 2.0**-600):
        assert np.array_equal(crossings(response * factor), expected)
    for turned in (np.transpose, np.flipud, np.fliplr, np.rot90):
        assert np.array_equal(crossings(turned(response)), turned(expected))


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (1, 1), (1, 2), (2, 1)])
def test_images_without_neighbours_have_no_crossing(shape):
    assert not crossings(np.zeros(shape)).any()
    assert not crossings(-np.ones(shape)).any()


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.5])
@pytest.mark.parametrize("radius", [8, 15.5, 24])
def test_the_crossings_of_a_disk_lie_within_a_pixel_of_its_rim(radius, sigma):
    image, distance = disk(radius)
    response = ec.gaussian_laplace(image * 100, sigma)
    found = crossings(response, 0.02 * np.ptp(response)) != 0
    outside = sigma**2 / (2 * radius)  # the crossing of a curved edge stands this far out, to first order
    assert np.abs(distance[found] - radius - outside).max() <= 1
    assert sigma > 2 or np.abs(distance[found] - radius).max() <= 1
    y, x = np.nonzero(found)
    turns = np.sort(np.arctan2(y - 40, x - 40))
    assert np.diff(np.append(turns, turns[0] + 2 * math.pi)).max() * radius <= 3


def test_the_crossings_of_a_parabola_stand_where_it_changes_its_sign():
    y, x = np.mgrid[-20:21, -20:21]
    found = crossings(x * x + y * y - 150.5) != 0
    assert np.abs(np.hypot(x, y)[found] - math.sqrt(150.5)).max() < 1
    assert crossings((x - 3) * (y + 1.5)).sum() // 255 == 41 + 41 - 1


@pytest.mark.parametrize("layout", images.LAYOUTS)
def test_any_layout_gives_the_same_and_stays_as_it_is(layout):
    image = images.random_image((9, 14), "int16")
    given = images.LAYOUTS[layout](image)
    assert np.array_equal(crossings(given), slow(image))
    assert np.array_equal(given, image)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ec.zero_crossings(np.zeros(5)), "response: 1 dimension came"),
        (lambda: ec.zero_crossings(np.zeros((3, 4, 5))), "response: 3 dimensions came"),
        (lambda: ec.zero_crossings(3.0), "response: a single number"),
        (lambda: ec.zero_crossings(np.zeros((3, 4), complex)), "response: complex128"),
        (lambda: ec.zero_crossings(np.ma.zeros((3, 4))), "response: a masked array"),
        (lambda: ec.zero_crossings(np.zeros((3, 4)), -1), "threshold: -1"),
        (lambda: ec.zero_crossings(np.zeros((3, 4)), np.nan), "threshold: nan"),
        (lambda: ec.zero_crossings(np.zeros((3, 4)), np.inf), "threshold: inf"),
        (lambda: ec.zero_crossings(np.zeros((3, 4)), "1"), "threshold: '1'"),
        (lambda: ec.zero_crossings(np.zeros((3, 4)), True), "threshold: True"),
        (lambda: ec.zero_crossings(np.zeros((3, 4)), None), "threshold: None"),
    ],
)
def test_what_is_not_accepted_is_named(call, said):
    with pytest.raises((TypeError, ValueError), match=said):
        call()
