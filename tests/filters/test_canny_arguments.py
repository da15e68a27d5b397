"""Canny on images of awkward shape and layout, with unknown pixels, and with arguments that are not accepted."""

import cv2
import numpy as np
import pytest

import edgecalc as ec
from tests.reference import canny_twin, images
from tests.reference.canny_cases import bars, drawn

NORMS = ("l1", "l2")
PADDED = ("reflect", "symmetric", "edge", "wrap", "constant")

pytestmark = pytest.mark.usefixtures("opencv_by_its_own_rules")

# ---------------------------------------------------------------- shapes and layouts


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("ksize", [3, 5, 7])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (2, 2), (1, 90), (90, 1), (1, 64), (2, 65), (1, 5, 3), (5, 1, 4), (1, 1, 2)], ids=str)
def test_images_smaller_than_the_stencil_follow_opencv(shape, ksize, norm):
    for seed in range(5):
        image = images.random_image(shape, "uint8", seed)
        for low, high in ((0, 0), (50, 200), (700, 900)):
            expected = cv2.Canny(image, low, high, apertureSize=ksize, L2gradient=norm == "l2")
            np.testing.assert_array_equal(ec.canny(image, low, high, ksize=ksize, norm=norm, threads=3), expected)


@pytest.mark.parametrize("border", [*PADDED, "blank"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2)], ids=str)
def test_borders_hold_on_images_smaller_than_the_stencil(shape, border):
    image = images.random_image(shape, "uint8")
    if border != "blank":
        np.testing.assert_array_equal(ec.canny(image, 10, 99, ksize=7, border=border), canny_twin.canny(image, 10, 99, 7, "l1", border))
    for dtype in ("float32", "float64"):
        result = ec.canny(image.astype(dtype), 10, 99, ksize=5, border=border, sigma=2, mask=np.ones(shape, bool))
        assert (result.shape, result.dtype) == (shape, np.uint8)


@pytest.mark.parametrize("options", [{}, {"sigma": 1.0}, {"ksize": 7, "border": "wrap"}, {"threads": 8}, {"norm": "l2"}], ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float64"])
@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (0, 5, 3), (5, 0, 3)], ids=str)
def test_an_image_of_no_pixels_has_no_edges(shape, dtype, options):
    result = ec.canny(np.zeros(shape, dtype), 1, 2, **options)
    assert (result.shape, result.dtype) == (shape[:2], np.uint8)
    for stage in ec.canny(np.zeros(shape, dtype), 1, 2, return_stages=True, mask=np.ones(shape[:2], bool), **options):
        assert stage.shape == shape[:2]


@pytest.mark.parametrize("layout", images.LAYOUTS)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(40, 61), (23, 31, 3)], ids=str)
def test_any_layout_has_the_edges_of_a_plain_copy(shape, dtype, layout):
    image = bars(shape) > 90 if dtype == "bool" else bars(shape, dtype)
    awkward = images.LAYOUTS[layout](image)
    mask = images.LAYOUTS[layout](bars(shape[:2]) < 160)
    high = 3 if dtype == "bool" else 300
    before = awkward.copy(), mask.copy()
    for options in ({}, {"sigma": 0.8}, {"mask": mask}, {"return_stages": True}):
        result, expected = (ec.canny(each, high / 3, high, **options) for each in (awkward, image))
        for a, b in zip(*(each if isinstance(each, tuple) else (each,) for each in (result, expected)), strict=True):
            np.testing.assert_array_equal(a, b)
    assert np.array_equal(awkward, before[0]) and np.array_equal(mask, before[1])


@pytest.mark.parametrize("layout", images.LAYOUTS)
def test_own_gradients_of_any_layout_give_the_edges_of_plain_copies(layout):
    pair, (low, high) = drawn(1, 900)
    awkward = [images.LAYOUTS[layout](d) for d in pair]
    np.testing.assert_array_equal(ec.canny(None, low, high, gradients=awkward), ec.canny(None, low, high, gradients=pair))
    assert all(np.array_equal(a, d) for a, d in zip(awkward, pair, strict=True))


OUTS = {
    "contiguous": lambda shape: np.full(shape, 7, np.uint8),
    "every other column": lambda shape: np.full((shape[0], 2 * shape[1]), 7, np.uint8)[:, ::2],
    "rows apart": lambda shape: np.full((3 * shape[0], shape[1] + 5), 7, np.uint8)[1::3, 2:-3],
    "upside down": lambda shape: np.full(shape, 7, np.uint8)[::-1],
    "fortran": lambda shape: np.full(shape, 7, np.uint8, order="F"),
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("layout", OUTS)
def test_edges_are_written_where_the_caller_wants_them_and_nowhere_else(layout, threads):
    out = OUTS[layout](bars().shape)
    memory = out if out.base is None else out.base
    count = memory.size - out.size
    assert ec.canny(bars(), 100, 300, out=out, threads=threads) is out
    np.testing.assert_array_equal(out, ec.canny(bars(), 100, 300))
    assert (memory == 7).sum() == count
    out[...] = 7
    assert ec.canny(bars(), 100, 300, out=out, return_stages=True).edges is out
    np.testing.assert_array_equal(out, ec.canny(bars(), 100, 300))


@pytest.mark.parametrize("threads", [1, 3, 8])
def test_the_image_itself_may_be_overwritten(threads):
    for options in ({}, {"sigma": 1.0}, {"return_stages": True}):
        image = bars()
        ec.canny(image, 100, 300, out=image, threads=threads, **options)
        np.testing.assert_array_equal(image, ec.canny(bars(), 100, 300, **{k: v for k, v in options.items() if k == "sigma"}))


# ---------------------------------------------------------------- unknown pixels


def within(places, reach, shape):
    near = np.zeros(shape, bool)
    for i, j in places:
        near[max(0, i - reach) : i + reach + 1, max(0, j - reach) : j + reach + 1] = True
    return near


UNKNOWN = {
    "one": [(9, 30)],
    "a corner": [(0, 0), (0, 59), (39, 59)],
    "a run": [(20, j) for j in range(10, 30)],
    "here and there": [(int(k * 7 % 40), int(k * 23 % 60)) for k in range(12)],
}


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("ksize", [3, 5, 7])
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
@pytest.mark.parametrize("where", UNKNOWN)
def test_there_is_no_edge_within_the_stencils_reach_of_a_masked_pixel_and_far_edges_stay(where, dtype, ksize, norm):
    """Far: further than the stencil reaches, and one more for the neighbour that thinning compares."""
    noise, mask = images.random_image((40, 60), "uint8").astype(dtype), np.ones((40, 60), bool)
    mask[tuple(zip(*UNKNOWN[where], strict=True))] = False
    near, close = (within(UNKNOWN[where], ksize // 2 + k, mask.shape) for k in (0, 1))
    result, plain = (ec.canny(noise, 150, 150, ksize=ksize, norm=norm, mask=each) for each in (mask, None))
    assert plain[near].any() and not result[near].any()
    assert plain[~close].any() and np.array_equal(result[~close], plain[~close])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("where", UNKNOWN)
def test_nan_is_an_unknown_pixel(where, dtype):
    noise, mask = images.random_image((40, 60), "uint8").astype(dtype), np.ones((40, 60), bool)
    mask[tuple(zip(*UNKNOWN[where], strict=True))] = False
    for ksize, norm in ((3, "l1"), (3, "l2"), (5, "l2"), (7, "l1")):
        result = ec.canny(np.where(mask, noise, np.nan).astype(dtype), 150, 150, ksize=ksize, norm=norm)
        assert np.argwhere(within(UNKNOWN[where], ksize // 2, mask.shape) & (result > 0)).tolist() == []
        np.testing.assert_array_equal(result, ec.canny(noise, 150, 150, ksize=ksize, norm=norm, mask=mask))


def test_nan_in_one_channel_makes_the_pixel_unknown():
    image = np.random.default_rng(0).random((20, 30, 3))
    image[8, 9, 1] = np.nan
    result = ec.canny(image, 0.5, 1.5)
    np.testing.assert_array_equal(result, ec.canny(np.nan_to_num(image), 0.5, 1.5, mask=np.isfinite(image).all(-1)))


@pytest.mark.parametrize("norm", NORMS)
def test_nan_in_own_gradients_is_no_edge_there_and_changes_no_other_length(norm):
    (x, y), _ = drawn(5, 100)
    x, y = x.astype(np.float32), y.astype(np.float32)
    x[4, 5] = y[11, 20] = np.nan
    known = np.isfinite(x + y)
    result = ec.canny(None, 20, 60, gradients=(x, y), norm=norm)
    assert result.any() and not result[~known].any()
    zeroed = [np.where(known, d, 0) for d in (x, y)]
    np.testing.assert_array_equal(result, ec.canny(None, 20, 60, gradients=zeroed, norm=norm))


GARBAGE = {"uint8": 255, "int32": -(2**31), "float32": np.nan, "float64": np.inf}


@pytest.mark.parametrize("options", [{}, {"sigma": 1.5}, {"ksize": 7, "norm": "l2"}, {"sigma": 0.8, "return_stages": True}], ids=str)
@pytest.mark.parametrize("border", [*PADDED, "blank"])
@pytest.mark.parametrize("dtype", GARBAGE)
@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 3)], ids=str)
def test_what_stands_under_the_mask_does_not_matter(shape, dtype, border, options):
    mask = np.random.default_rng(3).random((40, 60)) > 0.02
    mask[:, 0], mask[-1, 30:], mask[10:16, 20:26] = False, False, False
    plain = bars(shape, dtype)
    garbled = np.where(mask if len(shape) == 2 else mask[..., np.newaxis], plain, np.dtype(dtype).type(GARBAGE[dtype]))
    results = [ec.canny(each, 40, 120, border=border, mask=mask, **options) for each in (plain, garbled)]
    for a, b in zip(*(each if isinstance(each, tuple) else (each,) for each in results), strict=True):
        np.testing.assert_array_equal(a[mask], b[mask])
    edges = results[0].edges if "return_stages" in options else results[0]
    assert edges.any() and not edges[~mask].any()


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_the_rim_of_a_mask_is_no_edge(dtype):
    """A flat image stays flat when it is smoothed over its known pixels alone."""
    mask = np.random.default_rng(4).random((30, 40)) > 0.1
    assert not ec.canny(np.full((30, 40), 200, dtype), 0.01, 0.01, sigma=1.2, mask=mask).any()
    assert not ec.canny(bars(), 0, 0, mask=np.zeros((40, 60), bool), sigma=1.2).any()


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_a_mask_of_ones_changes_nothing(dtype):
    for options in ({}, {"ksize": 5}, {"border": "wrap"}):
        np.testing.assert_array_equal(ec.canny(bars(), 100, 300, mask=np.ones((40, 60), dtype) * 2, **options), ec.canny(bars(), 100, 300, **options))


# ---------------------------------------------------------------- what is not accepted

IMAGE = np.zeros((6, 8), np.uint8)
GRADIENTS = (np.zeros((6, 8), np.int16), np.zeros((6, 8), np.int16))
NUMBER = "finite number of 0 or more"
BAD_CALLS = {  # (changed arguments, its name, what is accepted)
    "negative low": ({"low": -1}, "low", NUMBER),
    "negative high": ({"high": -0.5}, "high", NUMBER),
    "low is not a number": ({"low": float("nan")}, "low", NUMBER),
    "infinite high": ({"high": float("inf")}, "high", NUMBER),
    "low in words": ({"low": "10"}, "low", NUMBER),
    "no high": ({"high": None}, "high", NUMBER),
    "a truth for low": ({"low": True}, "low", NUMBER),
    "complex high": ({"high": 1j}, "high", NUMBER),
    "an array for low": ({"low": np.ones(2)}, "low", NUMBER),
    "even ksize": ({"ksize": 4}, "ksize", "3, 5 or 7"),
    "ksize 1": ({"ksize": 1}, "ksize", "3, 5 or 7"),
    "OpenCV's Scharr": ({"ksize": -1}, "ksize", "3, 5 or 7"),
    "large ksize": ({"ksize": 9}, "ksize", "3, 5 or 7"),
    "ksize of 3.0": ({"ksize": 3.0}, "ksize", "3, 5 or 7"),
    "ksize in words": ({"ksize": "3"}, "ksize", "3, 5 or 7"),
    "even ksize for own gradients": ({"ksize": 4, "image": None, "gradients": GRADIENTS}, "ksize", "3, 5 or 7"),
    "sigma 0": ({"sigma": 0}, "sigma", "above 0"),
    "negative sigma": ({"sigma": -1.5}, "sigma", "above 0"),
    "sigma is not a number": ({"sigma": float("nan")}, "sigma", "above 0"),
    "infinite sigma": ({"sigma": float("inf")}, "sigma", "above 0"),
    "sigma in words": ({"sigma": "1"}, "sigma", "above 0"),
    "two sigmas": ({"sigma": (1, 2)}, "sigma", "above 0"),
    "sigma of own gradients": ({"sigma": 1.0, "image": None, "gradients": GRADIENTS}, "sigma", "pass one of them"),
    "ksize of own gradients": ({"ksize": 5, "image": None, "gradients": GRADIENTS}, "ksize", "pass one of them"),
    "border of own gradients": ({"border": "reflect", "image": None, "gradients": GRADIENTS}, "border", "pass one of them"),
    "unknown norm": ({"norm": "L2"}, "norm", "'l1', 'l2'"),
    "norm of a number": ({"norm": 2}, "norm", "'l1', 'l2'"),
    "unknown border": ({"border": "fold"}, "border", "'edge'"),
    "OpenCV's border": ({"border": "replicate"}, "border", "called 'edge' here"),
    "a border that cuts": ({"border": "valid"}, "border", "'edge'"),
    "a border of samples": ({"border": "one-sided"}, "border", "'edge'"),
    "cval that is not held": ({"border": "constant", "cval": 256}, "cval", "uint8 can hold"),
    "mask of floats": ({"mask": np.ones((6, 8))}, "mask", "bool"),
    "mask of another shape": ({"mask": np.ones((8, 6), bool)}, "mask", r"\(6, 8\)"),
    "mask of channels": ({"mask": np.ones((6, 8, 1), bool)}, "mask", r"\(6, 8\)"),
    "mask for other gradients": ({"mask": np.ones((5, 8), bool), "image": None, "gradients": GRADIENTS}, "mask", r"\(6, 8\)"),
    "a volume": ({"image": np.zeros((6, 8, 9))}, "image", r"\(rows, columns, 1 to 4 channels\)"),
    "a line": ({"image": np.zeros(6)}, "image", r"\(rows, columns\)"),
    "four dimensions": ({"image": np.zeros((2, 6, 8, 3))}, "image", r"\(rows, columns\)"),
    "complex image": ({"image": np.zeros((6, 8), complex)}, "image", "float64"),
    "no image": ({"image": None}, "image", "an array is accepted"),
    "masked image": ({"image": np.ma.masked_all((6, 8))}, "image", "filled"),
    "one gradient": ({"image": None, "gradients": GRADIENTS[:1]}, "gradients", r"a pair \(x, y\)"),
    "gradients in one array": ({"image": None, "gradients": np.zeros((2, 6, 8))}, "gradients", r"a pair \(x, y\)"),
    "gradients of two shapes": ({"image": None, "gradients": (GRADIENTS[0], GRADIENTS[1].T)}, "gradients", "two alike"),
    "gradients of two types": ({"image": None, "gradients": (GRADIENTS[0], GRADIENTS[1].astype(np.int32))}, "gradients", "two alike"),
    "stages in words": ({"return_stages": "yes"}, "return_stages", "True or False"),
    "no threads": ({"threads": 0}, "threads", "1 to 1024"),
    "half a thread": ({"threads": 1.5}, "threads", "1 to 1024"),
    "out of another type": ({"out": np.zeros((6, 8), np.int16)}, "out", r"shape \(6, 8\) and dtype uint8"),
    "out of bool": ({"out": np.zeros((6, 8), bool)}, "out", r"shape \(6, 8\) and dtype uint8"),
    "out of another shape": ({"out": np.zeros((8, 6), np.uint8)}, "out", r"shape \(6, 8\) and dtype uint8"),
    "read-only out": ({"out": images.read_only(np.zeros((6, 8), np.uint8))}, "out", "writeable"),
    "out in a list": ({"out": [[0] * 8] * 6}, "out", r"shape \(6, 8\) and dtype uint8"),
    "masked out": ({"out": np.ma.zeros((6, 8), np.uint8)}, "out", r"shape \(6, 8\) and dtype uint8"),
}


@pytest.mark.parametrize("bad", BAD_CALLS)
def test_what_is_not_accepted_is_named_with_what_is(bad):
    changed, name, accepted = BAD_CALLS[bad]
    arguments = {"image": IMAGE, "low": 10, "high": 20} | changed
    with pytest.raises((TypeError, ValueError), match=f"^{name}: .*{accepted}"):
        ec.canny(arguments.pop("image"), arguments.pop("low"), arguments.pop("high"), **arguments)


@pytest.mark.parametrize("kind", [np.uint16, np.int64, np.float32, np.float64])
def test_numpy_numbers_are_numbers(kind):
    assert ec.canny(bars(), 100, 300).any()
    np.testing.assert_array_equal(ec.canny(bars(), kind(100), kind(300), ksize=np.int64(3), threads=np.int32(2)), ec.canny(bars(), 100, 300))


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_a_mask_of_any_layout_hides_the_same_pixels_of_own_gradients(norm):
    pair, mask = np.random.default_rng(0).normal(size=(2, 60, 90)), np.ones((60, 90), bool)
    mask[10:30, 20:70] = False
    expected = ec.canny(None, 0.5, 1, gradients=tuple(pair), mask=mask, norm=norm)
    assert expected.any() and not expected[10:30, 20:70].any()
    for other in (np.asfortranarray(mask), mask.astype(np.int8).T.copy().T):
        np.testing.assert_array_equal(ec.canny(None, 0.5, 1, gradients=tuple(pair), mask=other, norm=norm), expected)


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize(
    ("dtype", "hidden"), [("float32", 3.4e38), ("float32", -np.inf), ("float64", 1e200), ("float64", np.inf), ("float64", -1.797e308)]
)
def test_what_a_masked_pixel_holds_does_not_count(dtype, hidden, norm):
    image, mask = (bars() / 255).astype(dtype), np.ones((40, 60), bool)
    mask[20, 30] = False
    expected, thinned = ec.canny(image, 0.2, 0.6, mask=mask, norm=norm), ec.nonmax(image, image, mask=mask, norm=norm)
    assert expected.any()
    image[20, 30] = hidden
    np.testing.assert_array_equal(ec.canny(image, 0.2, 0.6, mask=mask, norm=norm), expected)
    np.testing.assert_array_equal(ec.nonmax(image, image, mask=mask, norm=norm) > 0, thinned > 0)


def test_the_largest_floats_are_no_error():
    image = np.zeros((5, 5))
    image[2, 2] = 1.7e308
    assert ec.canny(image, 1, 2).any() and ec.canny_auto(image, "otsu").edges.shape == (5, 5)
    assert np.isinf(ec.di_zenzo(image).magnitude).any() and np.isinf(ec.nonmax(image, image)).any()


def test_a_whole_number_beyond_all_floats_is_refused_in_few_words():
    with pytest.raises(ValueError, match=r"low: 1000.* came; a finite number of 0 or more is accepted") as caught:
        ec.canny(IMAGE, 10**400, 5)
    assert len(str(caught.value)) < 200
    with pytest.raises(ValueError, match="sigma: "):
        ec.canny(IMAGE, 1, 5, sigma=10**400)
