"""Canny's steps: what each gives, and thinning alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import edgecalc as ec
from tests.filters.test_hysteresis import joined
from tests.reference import canny_cases, canny_twin
from tests.reference.canny_cases import bars, drawn

NORMS = ("l1", "l2")
THREADS = (1, 2, 3, 8, 500)


# ---------------------------------------------------------------- stages

FIELDS = {
    "uint8": (bars(), {}),
    "7x7": (bars(), {"ksize": 7}),
    "5x5 of floats": (bars(dtype="float32"), {"ksize": 5, "border": "wrap"}),
    "doubles": (bars(dtype="float64") / 7, {}),
    "int32": (bars(dtype="int32", factor=1000), {}),
    "huge": (bars(dtype="float64") * 1e180, {}),
    "tiny": (bars(dtype="float64") * 1e-180, {}),
    "colour": (bars((30, 41, 3)), {"ksize": 5}),
    "smoothed colour": (bars((30, 41, 4)), {"sigma": 1.1}),
    "masked": (bars(), {"mask": bars() < 165, "sigma": 0.9}),
    "own gradients": (None, {"gradients": drawn(2, 3000)[0]}),
    "own gradients of int16's range": (None, {"gradients": drawn(2, 32_767)[0]}),
    "own gradients of floats": (None, {"gradients": tuple(d / np.float32(3) for d in drawn(2, 3000)[0])}),
}


def asked(field, norm):
    """An image, thresholds that leave something of every kind, and options."""
    image, options = FIELDS[field]
    options = options | {"norm": norm}
    kept = ec.canny(image, 0, 0, return_stages=True, **options).thinned
    found = np.unique(kept[kept > 0]).astype(np.float64)
    low, high = (float(found[k] / 2 + found[k + 1] / 2) for k in (int(0.4 * found.size), int(0.8 * found.size)))  # between two, so that none is met
    return image, low, high, options


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("field", FIELDS)
def test_stages_end_in_the_edges_that_canny_gives_without_them(field, norm):
    image, low, high, options = asked(field, norm)
    stages = ec.canny(image, low, high, return_stages=True, **options)
    assert stages.edges.any()
    np.testing.assert_array_equal(stages.edges, ec.canny(image, low, high, **options))
    for stage, other in zip(stages, ec.canny(image, low, high, return_stages=True, threads=3, **options), strict=True):
        np.testing.assert_array_equal(stage, other)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("field", FIELDS)
def test_stages_follow_from_one_another(field, norm):
    image, low, high, options = asked(field, norm)
    gradient, orientation, thinned, weak, strong, edges = ec.canny(image, low, high, return_stages=True, **options)
    assert {each.dtype for each in (weak, strong, edges)} == {np.dtype(np.uint8)} and orientation.dtype == np.float32
    assert all(set(np.unique(each)) == {0, 255} for each in (weak, strong, edges))
    assert not (weak & strong).any()
    assert not (strong & ~edges).any() and not (edges & ~(weak | strong)).any()
    assert set(thinned[thinned != gradient]) == {0.0}
    np.testing.assert_array_equal(weak | strong, np.where(thinned > low, 255, 0))
    np.testing.assert_array_equal(strong, np.where(thinned > high, 255, 0))
    np.testing.assert_array_equal(edges, joined(thinned, low, high))
    np.testing.assert_array_equal(edges, ec.hysteresis(thinned, low, high))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("ksize", [3, 5])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "float64"])
def test_the_stage_of_the_gradient_is_the_length_of_sobels(dtype, ksize, norm):
    image = bars(dtype=dtype)
    x, y = (ec.sobel(image, axis, ksize=ksize, border="edge", dtype=np.float64) for axis in "xy")
    stages = ec.canny(image, 100, 200, ksize=ksize, norm=norm, return_stages=True)
    assert stages.gradient.dtype == (np.float32 if dtype in ("uint8", "float32") else np.float64)
    np.testing.assert_allclose(stages.gradient, np.abs(x) + np.abs(y) if norm == "l1" else np.hypot(x, y), rtol=np.finfo(stages.gradient.dtype).eps)
    np.testing.assert_allclose(stages.orientation, np.arctan2(y, x), rtol=0, atol=1e-6)


def test_stages_of_7x7_are_in_the_units_of_the_thresholds():
    """OpenCV's sixteenths are rounded, so a length is within 16 of Sobel's along either axis."""
    gradient = ec.canny(bars(), 100, 200, ksize=7, return_stages=True).gradient
    x, y = (ec.sobel(bars(), axis, ksize=7, border="edge").astype(int) for axis in "xy")
    assert not (gradient % 16).any() and np.abs(gradient - (abs(x) + abs(y))).max() <= 16


@pytest.mark.parametrize("norm", NORMS)
def test_stages_are_those_of_each_pixels_strongest_channel(norm):
    for seed in range(20):
        image = canny_cases.picture(np.random.default_rng(seed), (15, 20, 3), canny_cases.KINDS[seed % 4]).astype(np.uint8)
        x, y, m = canny_twin.strongest([canny_twin.measured(*canny_twin.derivatives(image[..., k]), norm) for k in range(3)])
        stages = ec.canny(image, 100, 200, norm=norm, return_stages=True)
        np.testing.assert_allclose(stages.gradient, np.sqrt(m) if norm == "l2" else m, rtol=1e-7)
        np.testing.assert_allclose(stages.orientation, np.arctan2(y, x), rtol=0, atol=1e-6)


def test_channels_whose_lengths_are_equal_in_float32_only_are_told_apart_in_every_stage():
    """At (6, 6) the squares of the lengths are 23,646,626 and 23,646,628, whose roots are one number in float32."""
    image = np.random.default_rng(5610).integers(0, 256, (300, 300, 2)).astype(np.uint8)[150:163, 16:29]
    squares = [canny_twin.measured(*canny_twin.derivatives(image[..., k], 5), "l2")[2][6, 6] for k in (0, 1)]
    assert squares == [23_646_626, 23_646_628] and np.ptp(np.sqrt(squares, dtype=np.float32)) == 0
    expected = canny_twin.canny(image, 0, 1, 5, "l2")
    np.testing.assert_array_equal(ec.canny(image, 0, 1, ksize=5, norm="l2"), expected)
    np.testing.assert_array_equal(ec.canny(image, 0, 1, ksize=5, norm="l2", return_stages=True).edges, expected)


# ---------------------------------------------------------------- thinning


def few_numbers(dtype, most):
    """Pairs of derivatives with many ties."""
    shapes = arrays.array_shapes(min_dims=2, max_dims=2, max_side=9)
    numbers = st.integers(-most, most) if np.dtype(dtype).kind == "i" else st.integers(-most, most).map(lambda n: n / 4)
    return shapes.flatmap(lambda shape: st.tuples(*[arrays.arrays(dtype, shape, elements=numbers)] * 2))


def thinned_slowly(x, y, norm):
    wide = np.float64 if x.dtype.kind == "f" else np.int64
    x, y, m = canny_twin.measured(x.astype(wide), y.astype(wide), norm)
    return np.where(canny_twin.longest(x, y, m), m if norm == "l1" else np.sqrt(m), 0)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
@given(data=st.data(), most=st.sampled_from((1, 3, 40)))
def test_thinning_keeps_what_the_rules_keep(dtype, norm, data, most):
    x, y = data.draw(few_numbers(dtype, most))
    result = ec.nonmax(x, y, norm=norm)
    expected = thinned_slowly(x, y, norm)
    assert result.dtype == (np.float32 if dtype in ("int16", "float32") else np.float64)
    np.testing.assert_array_equal(result > 0, expected > 0)
    np.testing.assert_allclose(result, expected, rtol=2 * np.finfo(result.dtype).eps)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("limit", [5, 16_000, 32_767])
def test_thinning_of_wide_images_keeps_what_the_rules_keep_on_any_number_of_threads(limit, norm):
    for shape in ((1, 300), (40, 1), (9, 64), (30, 129), (7, 2050)):
        (x, y), _ = drawn(1, limit, shape)
        x[0, :2] = -32_768 if limit > 20_000 else 3
        expected = thinned_slowly(x, y, norm) > 0
        for threads in THREADS:
            np.testing.assert_array_equal(ec.nonmax(x, y, norm=norm, threads=threads) > 0, expected)


def test_the_length_of_thinning_is_l2_unless_asked_otherwise():
    x, y = (np.pad(np.full((1, 1), value, np.int16), 2) for value in (3, 4))
    assert ec.nonmax(x, y)[2, 2] == 5 and ec.nonmax(x, y, norm="l1")[2, 2] == 7
    assert np.count_nonzero(ec.nonmax(x, y)) == 1


def test_a_masked_or_unknown_gradient_is_no_maximum_and_hides_no_other():
    x, y = np.array([[0, 2, 9, 3, 0]], np.float32), np.zeros((1, 5), np.float32)
    assert ec.nonmax(x, y).tolist() == [[0, 0, 9, 0, 0]]
    assert ec.nonmax(x, y, mask=x != 9).tolist() == [[0, 2, 0, 3, 0]]
    assert ec.nonmax(np.where(x == 9, np.nan, x).astype(np.float32), y).tolist() == [[0, 2, 0, 3, 0]]


BAD_THINNING = {
    "shapes": ((np.zeros((3, 4)), np.zeros((4, 3))), {}, "x, y"),
    "types": ((np.zeros((3, 4)), np.zeros((3, 4), np.int16)), {}, "x, y"),
    "a line": ((np.zeros(3), np.zeros(3)), {}, "x"),
    "complex": ((np.zeros((3, 4)), np.zeros((3, 4), complex)), {}, "y"),
    "norm": ((np.zeros((3, 4)), np.zeros((3, 4))), {"norm": "max"}, "norm"),
    "mask": ((np.zeros((3, 4)), np.zeros((3, 4))), {"mask": np.ones((4, 3), bool)}, "mask"),
    "threads": ((np.zeros((3, 4)), np.zeros((3, 4))), {"threads": -1}, "threads"),
}


@pytest.mark.parametrize("bad", BAD_THINNING)
def test_what_thinning_does_not_accept_is_named(bad):
    arguments, options, name = BAD_THINNING[bad]
    with pytest.raises((TypeError, ValueError), match=f"^{name}: .*accepted"):
        ec.nonmax(*arguments, **options)


@pytest.mark.parametrize("unit", [1e-60, 1e-45, 1.0, 1e45])
def test_the_orientation_does_not_depend_on_the_unit(unit):
    image = np.random.default_rng(0).random((40, 50)) * unit
    found = ec.canny(image, 0, 0, return_stages=True).orientation
    np.testing.assert_allclose(found, ec.orientation(image, border="edge"), atol=1e-6)
