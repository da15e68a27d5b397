"""Both derivatives at once: gradient, magnitude, orientation, polar."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgecalc as ec
from tests.reference import images, twins

PAIRED = (*twins.OPERATORS, "roberts")
SIZES = ((1, 1), (1, 9), (9, 1), (2, 2), (2, 3), (5, 7), (17, 33), (3, 2500))
TYPES = ("bool", "uint8", "int8", "uint16", "int16", "int32", "uint64", "float16", "float32", "float64")
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.5, -1e-3, 1e-30, -1e30, 1e38, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("angle", [0, 30, 90, 150, 179, -135, -30])
@pytest.mark.parametrize("name", PAIRED)
def test_on_a_ramp_every_operator_points_up_the_ramp(name, angle):
    y, x = np.mgrid[:20, :20]
    ramp = math.cos(math.radians(angle)) * x + math.sin(math.radians(angle)) * y
    given = {"orientation": ec.orientation(ramp, name), "polar": ec.polar(ramp, name).orientation}
    out = np.zeros((20, 20), np.float32)
    assert ec.orientation(ramp, name, out=out) is out
    for found in (*given.values(), out):
        assert math.degrees(found[10, 10]) == pytest.approx(angle, abs=1e-3)


def two_calls(image, name, **options):
    if name == "roberts":
        return ec.roberts(image, "main", **options), ec.roberts(image, "anti", **options)
    operator = getattr(ec, name)
    return operator(image, "x", **options), operator(image, "y", **options)


def pairs_image(xs, ys, dtype):
    """An image whose forward differences are x and y at every even row and column."""
    image = np.zeros((2 * len(ys), 2 * len(xs)), dtype)
    image[::2, 1::2] = xs
    image[1::2, ::2] = np.array(ys, dtype)[:, None]
    return image


def every_other(result):
    return result[::2, ::2]


def assert_bytes(a, b):
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("border", ["reflect", "symmetric", "edge", "wrap", "constant", "blank"])
@pytest.mark.parametrize("name", PAIRED)
def test_gradient_is_the_two_operators(name, border, dtype):
    for shape in SIZES:
        image = images.random_image(shape, dtype)
        both, apart = ec.gradient(image, name, border=border), two_calls(image, name, border=border)
        assert isinstance(both, ec.Gradient)
        np.testing.assert_array_equal(both.x, apart[0])
        np.testing.assert_array_equal(both.y, apart[1])
        assert (both.x.dtype, both.y.dtype) == (apart[0].dtype, apart[1].dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("name", PAIRED)
def test_valid_gradient_leaves_what_fits_both_stencils(name, dtype):
    for shape in ((1, 1), (2, 3), (5, 7), (3, 2100)):
        image = images.random_image(shape, dtype)
        for ours, rows in zip(ec.gradient(image, name, border="valid"), twins.pair(image, name, "valid"), strict=True):
            assert ours.shape == (len(rows), len(rows[0]) if rows else ours.shape[1])
            if ours.size:
                np.testing.assert_allclose(ours, np.array(rows, np.float64), rtol=0, atol=1e-4 if name == "farid" and dtype == "float32" else 1e-9)


@pytest.mark.parametrize(
    "options", [{"normalize": True}, {"view": "magnitude"}, {"view": "shift"}, {"view": "scale"}, {"dtype": "float64"}, {"dtype": "int8"}], ids=str
)
@pytest.mark.parametrize("name", PAIRED)
def test_options_mean_the_same_for_the_pair(name, options):
    image = images.random_image((17, 33), "uint8")
    both, apart = ec.gradient(image, name, **options), two_calls(image, name, **options)
    assert_bytes(both.x, apart[0])
    assert_bytes(both.y, apart[1])


@pytest.mark.parametrize("view", [None, "magnitude", "shift", "scale"])
@pytest.mark.parametrize("overlapping", ["image", "separate"])
def test_gradient_writes_to_two_arrays_also_over_the_image(view, overlapping):
    image = images.random_image((17, 33), "float32" if view is None else "uint8")
    expected = ec.gradient(image, view=view)
    first = image if overlapping == "image" else np.empty_like(image, expected.x.dtype)
    out = (first, np.empty(image.shape, expected.y.dtype))
    result = ec.gradient(image, view=view, out=out)
    assert result.x is out[0] and result.y is out[1]
    assert_bytes(out[0], expected.x)
    assert_bytes(out[1], expected.y)


@pytest.mark.parametrize("view", [None, "magnitude", "scale"])
def test_gradient_refuses_any_out_but_two_separate_arrays(view):
    image = images.random_image((17, 33), "uint8")
    dtype = np.int16 if view is None else np.uint8
    one, longer = np.empty(image.shape, dtype), np.empty((18, 33), dtype)
    for out in (one, (one,), (one, one), (one, one, one), (), (longer[:-1], longer[1:]), [one, one]):
        with pytest.raises((TypeError, ValueError), match="out"):
            ec.gradient(image, view=view, out=out)


@pytest.mark.parametrize("norm", ["l2", "l1"])
@pytest.mark.parametrize("border", twins.BORDERS)
@pytest.mark.parametrize("name", [*twins.EXACT, "roberts"])
def test_magnitude_of_uint8_is_the_nearest_integer_saturated(name, border, norm):
    for shape in ((2, 2), (5, 7), (17, 33), (3, 2100)):
        image = images.random_image(shape, "uint8") // np.uint8(1 + shape[0] % 7)
        result = ec.magnitude(image, name, norm, border=border)
        rows = twins.magnitude_picture(*twins.pair(image, name, border), norm)
        assert result.dtype == np.uint8
        assert [row for row in result.tolist() if row] == [row for row in rows if row]


@pytest.mark.parametrize("norm", ["l2", "l1"])
@pytest.mark.parametrize("dtype", TYPES[2:])
@pytest.mark.parametrize("name", PAIRED)
def test_magnitude_is_within_an_ulp_of_the_formula_in_doubles(name, dtype, norm):
    image = images.random_image((17, 33), dtype)
    result = ec.magnitude(image, name, norm)
    x, y = (np.asarray(each, np.float64) for each in ec.gradient(image, name))
    expected = np.abs(x) + np.abs(y) if norm == "l1" else np.hypot(x, y)
    assert result.dtype == (np.float32 if np.dtype(dtype).itemsize <= 2 or dtype == "float32" else np.float64)
    np.testing.assert_array_max_ulp(result, expected.astype(result.dtype), maxulp=1)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64"])
def test_magnitude_of_noise_is_within_an_ulp_of_the_formula_in_doubles(dtype):
    image = images.noisy_image((64, 65), dtype) if dtype[0] == "f" else images.random_image((64, 65), dtype)
    result = ec.magnitude(image, dtype=np.float32)
    expected = np.hypot(*(np.asarray(each, np.float64) for each in ec.gradient(image, dtype=np.float64 if dtype != "float32" else None)))
    assert result.dtype == np.float32
    np.testing.assert_array_max_ulp(result, expected.astype(np.float32), maxulp=1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("norm", ["l2", "l1"])
def test_huge_and_tiny_floats_neither_overflow_nor_vanish(norm, dtype):
    limits = np.finfo(dtype)
    sizes = [float(limits.max) / 8, math.sqrt(limits.max) * 2, 1.0, math.sqrt(limits.tiny), float(limits.tiny), float(limits.tiny) / 64]
    xs = [3 * s for s in sizes] + [0.0]
    ys = [4 * s for s in sizes] + [0.0]
    result = every_other(ec.magnitude(pairs_image(xs, ys, dtype), "forward", norm, border="blank"))
    expected = [[abs(x) + abs(y) if norm == "l1" else math.hypot(x, y) for x in np.array(xs, dtype).tolist()] for y in np.array(ys, dtype).tolist()]
    assert np.isfinite(result).all()
    np.testing.assert_allclose(result, expected, rtol=limits.eps, atol=float(limits.smallest_subnormal))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_orientation_is_arctan2_for_zeros_infinities_and_nan(dtype):
    image = pairs_image(SPECIAL, SPECIAL, dtype)
    x, y = (every_other(each) for each in ec.gradient(image, "forward", border="blank"))
    np.testing.assert_array_equal(x, np.broadcast_to(np.array(SPECIAL, dtype), x.shape))
    np.testing.assert_array_equal(y, np.broadcast_to(np.array(SPECIAL, dtype)[:, None], y.shape))
    result = every_other(ec.orientation(image, "forward", border="blank"))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, np.arctan2(y.astype(np.float64), x.astype(np.float64)), rtol=0, atol=4e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", twins.OPERATORS)
def test_orientation_has_the_side_of_the_signed_zeros_of_the_gradient(name, dtype):
    image = np.random.default_rng(4).choice(np.array([0.0, -0.0, 1.0, -1.0], dtype), (60, 61))
    x, y = ec.gradient(image, name)
    result, expected = ec.orientation(image, name), np.arctan2(y, x)
    np.testing.assert_allclose(result, expected, rtol=0, atol=4e-7)
    np.testing.assert_array_equal(np.signbit(result), np.signbit(expected))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", PAIRED)
def test_orientation_is_within_4e_7_of_arctan2(name, dtype):
    image = images.noisy_image((40, 41), dtype) if dtype.startswith("float") else images.random_image((40, 41), dtype)
    x, y = (np.asarray(each, np.float64) for each in ec.gradient(image, name))
    if name == "roberts":  # up and left, up and right
        x, y = y - x, -x - y
    result = ec.orientation(image, name)
    assert result.dtype == np.float32
    rounded = name == "roberts" and dtype == "float32"  # other sums of the same pixels
    np.testing.assert_allclose(result, np.arctan2(y, x), rtol=0, atol=1e-4 if rounded else 4e-7)


@pytest.mark.parametrize("dtype", ["int16", "float32", "float64"])
def test_orientation_of_every_direction_is_within_4e_7_of_arctan2(dtype):
    radius = 10_000 if dtype == "int16" else 1
    turn = np.linspace(-np.pi, np.pi, 2001)
    xs, ys = ((radius * f(turn)).astype(dtype) for f in (np.cos, np.sin))
    image = np.zeros((2, 2 * turn.size), dtype)
    image[0, 1::2], image[1, ::2] = xs, ys
    result = every_other(ec.orientation(image, "forward", border="blank"))[0]
    # the last column has no next neighbour, so its difference is blank
    np.testing.assert_allclose(result, np.arctan2(ys.astype(np.float64), xs.astype(np.float64)), rtol=0, atol=4e-7)


@pytest.mark.parametrize("border", ["reflect", "wrap", "blank", "valid"])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", PAIRED)
def test_polar_is_magnitude_and_orientation(name, dtype, border):
    image = images.random_image((17, 33), dtype)
    both = ec.polar(image, name, border=border)
    assert isinstance(both, ec.Polar)
    assert both.magnitude.dtype.kind == "f"
    assert_bytes(both.magnitude, ec.magnitude(image, name, dtype=both.magnitude.dtype, border=border))
    assert_bytes(both.orientation, ec.orientation(image, name, border=border))


@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 60)),
    dtype=st.sampled_from(("uint8", "int16", "float32", "float64")),
    name=st.sampled_from(PAIRED),
    seed=st.integers(0, 99),
)
def test_turning_the_image_turns_the_gradient(shape, dtype, name, seed):
    """Half a turn changes both signs, so the magnitude stays; what leans forwards leans backwards then."""
    image = images.noisy_image(shape, dtype, seed) if dtype.startswith("float") else images.random_image(shape, dtype, seed)
    swapped = {"forward": "backward", "backward": "forward"}.get(name, name)
    here, turned = ec.magnitude(image, name), ec.magnitude(image[::-1, ::-1], swapped)
    if name == "roberts":
        here, turned = here[:-1, :-1], turned[:-1, :-1]
    np.testing.assert_array_equal(turned[::-1, ::-1], here)


@pytest.mark.parametrize("name", PAIRED)
def test_normalized_magnitude_of_a_slope_is_its_steepness(name):
    y, x = np.mgrid[:9, :11]
    np.testing.assert_allclose(ec.magnitude(3.0 * x + 4.0 * y, name, border="valid", normalize=True), 5, rtol=1e-12)


@pytest.mark.parametrize("call", [ec.gradient, ec.magnitude, ec.orientation, ec.polar, ec.roberts])
@pytest.mark.parametrize("shape", [(5,), (4, 5, 6), (2, 3, 4, 5)])
def test_other_than_two_dimensions_are_refused(call, shape):
    with pytest.raises(ValueError, match=r"image: \d dimension"):
        call(np.zeros(shape))


@pytest.mark.parametrize("call", [ec.gradient, ec.magnitude, ec.orientation, ec.polar])
def test_unknown_names_are_refused_with_those_that_are_known(call):
    for operator in ("Sobel", "", None, 3, ["sobel"], np.zeros(3)):
        with pytest.raises((TypeError, ValueError), match="operator"):
            call(np.zeros((5, 5)), operator)
    with pytest.raises(ValueError, match="border"):
        call(np.zeros((5, 5)), border="one-sided")


@pytest.mark.parametrize("norm", ["l3", "L2", "", None, 2])
def test_an_unknown_norm_is_refused(norm):
    with pytest.raises((TypeError, ValueError), match="norm"):
        ec.magnitude(np.zeros((5, 5)), norm=norm)


def test_every_pair_of_derivatives_has_its_rounded_length_in_a_picture():
    """All 65,536 pairs of sizes that do not saturate alone, in both signs, and none beside another."""
    across, down = np.indices((256, 256), np.uint8)
    image = np.zeros((3 * 256, 3 * 256), np.uint8)
    image[1::3, 2::3], image[2::3, 1::3] = across, down
    expected = np.minimum(np.floor(np.hypot(across.astype(float), down) + 0.5), 255)
    for turned in (image, image[::-1, ::-1]):
        found = ec.magnitude(turned, operator="central", dtype=np.uint8)
        np.testing.assert_array_equal(found[1::3, 1::3] if turned is image else found[::-1, ::-1][1::3, 1::3], expected)


def test_roberts_in_place_takes_its_directions_before_the_image_is_written():
    image = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    wanted, place = ec.polar(image, "roberts"), image.copy()
    found = ec.polar(place, "roberts", out=(place, np.empty_like(image)))
    np.testing.assert_array_equal(found.magnitude, wanted.magnitude)
    np.testing.assert_array_equal(found.orientation, wanted.orientation)


SIX = {
    "sobel": ec.sobel,
    "magnitude": ec.magnitude,
    "laplacian": ec.laplacian,
    "gaussian": lambda image: ec.gaussian(image, 1),
    "canny": lambda image: ec.canny(image, 1, 2),
    "hysteresis": lambda image: ec.hysteresis(image, 0.5, 2),
}


@pytest.mark.parametrize("name", SIX)
def test_every_true_is_one_whatever_its_byte(name):
    mask = np.random.default_rng(0).random((9, 12)) > 0.5
    other = (mask * np.uint8(255)).view(bool)  # as Pillow has them
    for _ in range(2):
        np.testing.assert_array_equal(SIX[name](other), SIX[name](mask))
