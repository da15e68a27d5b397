"""Canny's edges are OpenCV's on uint8, and on every other type, layout, target and number of threads what they are on uint8."""

import json
import tracemalloc
from functools import cache

import cv2
import numpy as np
import pytest

import edgecalc as ec
from edgecalc.core import strips
from edgecalc.core.plans import real_of
from edgecalc.filters import canny
from tests.core.test_every_target import TARGETS, usable
from tests.core.test_strips import CUTS
from tests.reference import canny_cases, canny_twin, images, process, twins
from tests.reference.canny_cases import bars, drawn
from tests.reference.digests import sha

THREADS = (1, 2, 3, 8, 1000)
BATCHES = 24
BATCH = 100
NORMS = ("l1", "l2")
PADDED = ("reflect", "symmetric", "edge", "wrap", "constant")
# OpenCV's 32-bit products overflow where |dx| * (13573 + 65536) does not fit: beyond 27,145
OPENCV_HOLDS = 27_145


pytestmark = pytest.mark.usefixtures("opencv_by_its_own_rules")


def opencv(case):
    return cv2.Canny(case.image, case.low, case.high, apertureSize=case.ksize, L2gradient=case.norm == "l2")


def ours(case, **options):
    return ec.canny(case.image, case.low, case.high, ksize=case.ksize, norm=case.norm, **options)


def differing(seeds, first, second, most=80):
    return {
        f"seed {seed}": int((a != b).sum()) for seed in seeds for c in [canny_cases.case(seed, most)] if ((a := first(c)) != (b := second(c))).any()
    }


@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_edges_are_opencvs_to_the_pixel(batch):
    assert differing(range(batch * BATCH, (batch + 1) * BATCH), ours, opencv) == {}


@pytest.mark.parametrize("batch", range(8))
def test_the_edges_are_those_of_the_rules(batch):
    def by_rules(case):
        return canny_twin.canny(*case[:5])

    assert differing(range(batch * 50, (batch + 1) * 50), ours, by_rules, most=24) == {}


def test_the_cases_hold_every_option_and_are_not_trivial():
    cases = [canny_cases.case(seed) for seed in range(BATCHES * BATCH)]
    assert {(c.ksize, c.norm, c.kind, c.image.ndim) for c in cases} == {
        (k, n, kind, d) for k in (3, 5, 7) for n in NORMS for kind in canny_cases.KINDS for d in (2, 3)
    }
    assert {c.image.shape[2] for c in cases if c.image.ndim == 3} == {2, 3, 4}
    assert {n for c in cases for n in c.image.shape[:2]} == set(range(1, 81))
    assert all(any(test(c) for c in cases) for test in (lambda c: c.low > c.high, lambda c: c.low == c.high > 0, lambda c: c.low == c.high == 0))
    grown = sum(bool((a := ours(c)).any() and (a != ours(c._replace(low=max(c[1:3]), high=max(c[1:3])))).any()) for c in cases)
    assert grown > 300  # hysteresis adds pixels


WRONG = {
    "the border is reflected": ("derivatives", lambda right: lambda channel, ksize, border, cval: right(channel, ksize, "reflect")),
    "thresholds are reached, not passed": ("level", lambda right: lambda *each: right(*each) - 1),
    "squares are not limited": ("level", lambda right: lambda value, norm, whole: value**2 if norm == "l2" else value + 1),
    "halves are rounded up": ("sixteenths", lambda right: lambda d: np.floor(d / 16 + 0.5).astype(np.int64)),
    "the last of equal channels wins": ("strongest", lambda right: lambda gradients: right(gradients[::-1])),
    "ties are kept on the other side": ("longest", lambda right: lambda x, y, m: right(x[:, ::-1], y[:, ::-1], m[:, ::-1])[:, ::-1]),
    "diagonals are crossed": ("longest", lambda right: lambda x, y, m: right(-x, y, m)),
    "the tangent is one of 22 degrees": ("TAN", lambda right: 13239),
    "only four neighbours touch": ("AROUND", lambda right: [(-1, 0), (1, 0), (0, -1), (0, 1)]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_cases_tell_a_wrong_rule_from_the_right_one(wrong, monkeypatch):
    name, change = WRONG[wrong]
    monkeypatch.setattr(canny_twin, name, change(getattr(canny_twin, name)))
    assert differing(range(100), lambda case: canny_twin.canny(*case[:5]), opencv)


# ---------------------------------------------------------------- targets and threads


@cache
def results(target):
    done = process.python("-m", "tests.reference.canny_cases", EDGECALC_TARGET=target)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["target"] == target
    return found["digests"]


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_gives_opencvs_edges(target):
    found = results(usable(target))
    assert [seed for seed in range(400) if found[f"case {seed}"] != sha(opencv(canny_cases.case(seed)))] == []


@pytest.mark.parametrize("target", TARGETS[1:])
def test_every_target_gives_the_bytes_of_the_base(target):
    found, base = results(usable(target)), results(usable("base"))
    assert found.keys() == base.keys() and len(base) > 1200
    assert [name for name in base if found[name] != base[name]] == []


@pytest.mark.parametrize("seeds", [range(k, k + 50) for k in (0, 50, 100)], ids=str)
def test_any_number_of_threads_gives_opencvs_edges(seeds):
    for threads in THREADS:
        assert differing(seeds, lambda case, n=threads: ours(case, threads=n), opencv) == {}


@pytest.mark.parametrize("cut", CUTS)
def test_strips_of_any_size_give_opencvs_edges(cut, monkeypatch):
    used = []
    monkeypatch.setattr(strips, "cut", lambda length, parts: used.append(length) or [each for each in CUTS[cut](length) if each[0] < each[1]])
    assert differing(range(60), lambda case: ours(case, threads=2), opencv) == {}
    assert used


@pytest.mark.parametrize("options", [{"sigma": 1.3}, {"border": "wrap"}, {"mask": bars() < 150}, {"norm": "l2", "ksize": 7}], ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
def test_any_number_of_threads_gives_the_edges_of_one(dtype, options):
    expected = ec.canny(bars(dtype=dtype), 60, 200, threads=1, **options)
    assert expected.any()
    for threads in (2, 3, 8, 1000, None):
        np.testing.assert_array_equal(ec.canny(bars(dtype=dtype), 60, 200, threads=threads, **options), expected)


def test_a_large_image_is_cut_without_being_asked():
    image = canny_cases.picture(np.random.default_rng(1), (1100, 1000), "smooth").astype(np.uint8)
    expected = cv2.Canny(image, 20, 60)
    assert expected.any()
    np.testing.assert_array_equal(ec.canny(image, 20, 60), expected)


# ---------------------------------------------------------------- derivatives of one's own


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("limit", [1, 5, 300, 16_000, 17_000, OPENCV_HOLDS])
def test_own_gradients_give_opencvs_edges(limit, norm):
    for seed in range(40):
        (x, y), (low, high) = drawn(seed, limit)
        expected = cv2.Canny(x, y, *sorted((low, high)), L2gradient=norm == "l2")
        np.testing.assert_array_equal(ec.canny(None, low, high, gradients=(x, y), norm=norm), expected, err_msg=f"seed {seed}")


@pytest.mark.parametrize("norm", NORMS)
def test_own_gradients_of_the_whole_range_follow_the_rules(norm):
    for seed in range(40):
        (x, y), (low, high) = drawn(seed, 32_767)
        x[seed % 21], y[:, seed % 34] = -32_768, -32_768
        expected = canny_twin.edges_of(x.astype(np.int64), y.astype(np.int64), low, high, norm)
        np.testing.assert_array_equal(ec.canny(None, low, high, gradients=(x, y), norm=norm), expected, err_msg=f"seed {seed}")


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_own_gradients_with_all_their_digits_follow_the_rules(dtype, norm):
    for seed in range(20):
        x, y = (images.noisy_image((19, 70), dtype, seed + k) for k in (0, 50))
        expected = canny_twin.edges_of(x.astype(np.float64), y.astype(np.float64), 0.7, 2.1, norm, whole=False)
        assert expected.any()
        np.testing.assert_array_equal(ec.canny(None, 0.7, 2.1, gradients=(x, y), norm=norm), expected, err_msg=f"seed {seed}")


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("axis", [0, 1])
def test_the_most_negative_gradient_is_not_lost(axis, norm):
    line = np.zeros((9, 9), np.int16)
    line[:, 4] = -32_768
    pair = (line, np.zeros_like(line)) if axis else (np.zeros_like(line), line.T.copy())
    np.testing.assert_array_equal(ec.canny(None, 100, 32_000, gradients=pair, norm=norm), np.where(pair[1 - axis], 255, 0))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "float64", ">i2", ">f8"])
@pytest.mark.parametrize("limit", [5, 16_000, 32_767])
def test_own_gradients_of_other_types_give_the_edges_of_int16(limit, dtype, norm):
    for seed in range(10):
        pair, (low, high) = drawn(seed, limit)
        expected = ec.canny(None, low, high, gradients=pair, norm=norm)
        np.testing.assert_array_equal(ec.canny(None, low, high, gradients=[d.astype(dtype) for d in pair], norm=norm), expected)


@pytest.mark.parametrize("dtype", ["int8", "float16"])
def test_small_gradients_of_small_types_give_the_edges_of_int16(dtype):
    (x, y), _ = drawn(3, 100)
    assert ec.canny(None, 40, 120, gradients=(x, y)).any()
    np.testing.assert_array_equal(ec.canny(None, 40, 120, gradients=(x.astype(dtype), y.astype(dtype))), ec.canny(None, 40, 120, gradients=(x, y)))


@pytest.mark.parametrize("ksize", [3, 5])
@pytest.mark.parametrize("border", [*PADDED, "blank"])
def test_sobels_gradients_give_the_edges_of_the_image(border, ksize):
    pair = [ec.sobel(bars(), axis, ksize=ksize, border=border, cval=9) for axis in "xy"]
    result = ec.canny(None, 200, 500, gradients=pair)
    assert result.any()
    np.testing.assert_array_equal(result, ec.canny(bars(), 200, 500, ksize=ksize, border=border, cval=9))


# ---------------------------------------------------------------- types and scales


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("ksize", [3, 5])
@pytest.mark.parametrize("dtype", ["uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64", ">i4", ">f4"])
def test_the_same_numbers_in_another_type_have_the_same_edges(dtype, ksize, norm):
    for shape in ((40, 60), (23, 31, 3)):
        image = bars(shape)
        expected = ec.canny(image, 200.5, 450, ksize=ksize, norm=norm)
        assert expected.any()
        np.testing.assert_array_equal(ec.canny(image.astype(dtype), 200.5, 450, ksize=ksize, norm=norm), expected)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("ksize", [3, 5, 7])
@pytest.mark.parametrize("dtype", ["int8", "uint16", "int16", "uint32", "int32"])
def test_images_of_the_whole_range_follow_the_rules(dtype, ksize, norm):
    """In Python's integers, which have no end."""
    for seed in range(4):
        image = images.random_image((17, 40), dtype, seed)
        x, y = (d.astype(object) for d in canny_twin.derivatives(image, ksize))
        low, high = (float(share * np.iinfo(dtype).max * canny_cases.GAINS[ksize]) for share in (0.15, 0.3))
        expected = canny_twin.edges_of(x, y, low, high, norm, whole=False)
        assert expected.any()
        np.testing.assert_array_equal(ec.canny(image, low, high, ksize=ksize, norm=norm), expected, err_msg=f"seed {seed}")


def test_a_picture_of_bits_has_the_edges_of_its_numbers():
    image = bars() > 100
    np.testing.assert_array_equal(ec.canny(image, 1, 2), ec.canny(image.astype(np.uint8), 1, 2))
    assert ec.canny(image, 1, 2).any()


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("ksize", [3, 5])
def test_sixteen_bits_scaled_by_257_have_the_edges_of_eight(ksize, norm):
    for low, high in ((100, 300), (211, 211), (17, 900)):
        expected = ec.canny(bars(), low, high, ksize=ksize, norm=norm)
        np.testing.assert_array_equal(ec.canny(bars(dtype=np.uint16, factor=257), low * 257, high * 257, ksize=ksize, norm=norm), expected)


SCALES = [("float64", k) for k in (-1066, -664, -500, 200, 497, 664, 1005)] + [("float32", k) for k in (-149, -100, 60, 118, 119)]


@pytest.mark.parametrize("border", ["edge", "constant"])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("dtype", "exponent"), SCALES)
def test_huge_and_tiny_images_have_the_edges_of_plain_ones(dtype, exponent, norm, border):
    scale = np.ldexp(1.0, exponent)
    image, options = bars(dtype=dtype), {"norm": norm, "border": border}
    expected = ec.canny(image, 100, 300, cval=50, **options)
    assert expected.any()
    scaled = image * np.dtype(dtype).type(scale)
    np.testing.assert_array_equal(ec.canny(scaled, 100 * scale, 300 * scale, cval=50 * scale, **options), expected)


@pytest.mark.parametrize("scale", [1e200, 1e-200])
@pytest.mark.parametrize("norm", NORMS)
def test_scales_that_are_no_powers_of_two_change_no_edge(scale, norm):
    image = np.random.default_rng(0).random((50, 70))
    expected = ec.canny(image, 0.7, 2.1, norm=norm)
    assert expected.any()
    np.testing.assert_array_equal(ec.canny(image * scale, 0.7 * scale, 2.1 * scale, norm=norm), expected)


# ---------------------------------------------------------------- borders and smoothing


@pytest.mark.parametrize("ksize", [3, 5, 7])
@pytest.mark.parametrize("border", PADDED)
def test_borders_stand_where_numpy_pads_them(border, ksize):
    image = bars((19, 23))
    image[:, :2] = 250
    expected = canny_twin.canny(image, 200, 500, ksize, "l2", border, cval=77)
    assert expected.any()
    np.testing.assert_array_equal(ec.canny(image, 200, 500, ksize=ksize, norm="l2", border=border, cval=77), expected)


def test_opencvs_border_is_the_default():
    image = bars((19, 23))
    np.testing.assert_array_equal(ec.canny(image, 20, 50), ec.canny(image, 20, 50, border="edge"))
    assert any((ec.canny(image, 20, 50) != ec.canny(image, 20, 50, border=border, cval=255)).any() for border in ("wrap", "constant"))


@pytest.mark.parametrize("border", [*PADDED, "blank"])
@pytest.mark.parametrize(
    ("dtype", "smooth"), [("uint8", "float32"), ("uint16", "float32"), ("int32", "float64"), ("float32", "float32"), ("float64", "float64")]
)
def test_sigma_smooths_the_image_first(dtype, smooth, border):
    image = bars(dtype=dtype)
    smoothed = ec.gaussian(image, 1.4, border=border, cval=9, dtype=smooth)
    expected = ec.canny(smoothed, 60, 200, border=border, cval=9)
    assert expected.any() and (expected != ec.canny(image, 60, 200, border=border, cval=9)).any()
    np.testing.assert_array_equal(ec.canny(image, 60, 200, sigma=1.4, border=border, cval=9), expected)


@pytest.mark.parametrize("border", [*PADDED, "blank"])
@pytest.mark.parametrize(
    ("sigma", "ksize", "dtype"), [(0.7, 3, "uint8"), (1.4, 7, "int16"), (3.0, 5, "uint8"), (1.4, 3, "float32"), (1.0, 5, "float64")]
)
def test_smoothing_in_bands_leaves_no_seam(sigma, ksize, dtype, border, monkeypatch):
    """`canny` smooths some rows at a time; edges that cross their ends, or lie beside them, are those of the whole smoothed image."""
    image = images.random_image((400, 41), dtype)
    options = {"ksize": ksize, "border": border, "cval": 9}
    level = np.quantile(np.abs(ec.sobel(ec.gaussian(image, sigma), ksize=ksize)), [0.5, 0.8])
    expected = ec.canny(ec.gaussian(image, sigma, border=border, cval=9, dtype=real_of(np.dtype(dtype))), *level, **options)
    monkeypatch.setattr(canny, "BAND", 1)
    assert expected.any()
    for threads in (1, 3):
        np.testing.assert_array_equal(ec.canny(image, *level, sigma=sigma, threads=threads, **options), expected)


@pytest.mark.parametrize("border", [*PADDED, "blank"])
@pytest.mark.parametrize(("dtype", "ksize"), [("uint8", 3), ("int32", 5), ("float32", 3), ("float64", 7), ("float64", 3)])
def test_smoothing_known_pixels_in_bands_leaves_no_seam(dtype, ksize, border, monkeypatch):
    """As with `return_stages`, which smooths the whole image at once."""
    image, mask = images.noisy_image((300, 41, 2), dtype), images.random_image((300, 41), "uint8") < 255
    if dtype.startswith("float"):
        image[150:153, 20, 1] = np.nan
    level = np.nanquantile(np.abs(ec.sobel(image[..., 0].astype(float), ksize=ksize)), [0.3, 0.6])
    options = {"ksize": ksize, "sigma": 1.1, "mask": mask, "border": border, "cval": 9}
    expected = ec.canny(image, *level, return_stages=True, **options).edges
    assert expected.any()
    monkeypatch.setattr(canny, "BAND", 1)
    for threads in (1, 3):
        np.testing.assert_array_equal(ec.canny(image, *level, threads=threads, **options), expected)


def test_a_band_is_no_larger_than_the_image():
    image = np.zeros((3, 200_000), np.uint8)
    ec.canny(image[:, :50], 10, 20, sigma=1.4)
    tracemalloc.start()
    ec.canny(image, 10, 20, sigma=1.4)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken <= 8 * image.size


def test_sigma_smooths_every_channel():
    image = bars((30, 40, 3))
    smoothed = np.stack([ec.gaussian(image[..., k], 0.8, border="edge", dtype=np.float32) for k in range(3)], -1)
    np.testing.assert_array_equal(ec.canny(image, 100, 300, sigma=0.8), ec.canny(smoothed, 100, 300))
    assert ec.canny(smoothed, 100, 300).any()


@pytest.mark.parametrize("axis", [0, 1])
def test_a_line_is_found_where_it_is_and_in_whole(axis):
    """A step of 100 between columns 4 and 5: both have the length 4 * 100, and of equal ones the left is kept."""
    image = np.zeros((12, 12), np.uint8)
    image[:, 5:] = 100
    image, edge = (image, np.s_[:, 4]) if axis else (image.T.copy(), np.s_[4, :])
    expected = np.zeros_like(image)
    expected[edge] = 255
    for low, high in ((0, 0), (399, 399), (1, 399.9)):
        np.testing.assert_array_equal(ec.canny(image, low, high), expected)
    assert not ec.canny(image, 1, 400).any()


def test_the_twin_pads_as_the_others_do():
    """The twin's derivatives are those of the slow twins of sobel."""
    image = images.random_image((9, 11), "uint8")
    for ksize in (3, 5, 7):
        for border in PADDED:
            for derivative, axis in zip(canny_twin.derivatives(image, ksize, border, 5), "xy", strict=True):
                assert derivative.tolist() == twins.derivative(image, "sobel", axis, border, 5, ksize)


@pytest.mark.parametrize("dtype", ["int32", "float64"])
def test_wide_types_are_smoothed_in_float64(dtype):
    image = (images.random_image((60, 41), "uint8") + 1e9).astype(dtype)
    expected = ec.canny(ec.gaussian(image, 1.4, border="edge", dtype=np.float64), 40, 90)
    assert expected.any()
    np.testing.assert_array_equal(ec.canny(image, 40, 90, sigma=1.4), expected)


@pytest.mark.parametrize("exponent", [100, 118])
def test_float32_whose_large_derivatives_overflow(exponent):
    scale = np.ldexp(1.0, exponent)
    expected = ec.canny(bars(dtype="float32"), 4000, 9000, ksize=7)
    assert expected.any()
    np.testing.assert_array_equal(ec.canny(bars(dtype="float32") * np.float32(scale), 4000 * scale, 9000 * scale, ksize=7), expected)
