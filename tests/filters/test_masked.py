"""With a mask, the rows of the stencil whose pixels are all known stand in for the others; where none is left, the result is NaN."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgecalc as ec
from tests.reference import images, twins

# {name: ({offset: weight} along the axis, {offset: weight} across it)}, as published
ROWS = {
    "forward": ({0: -1, 1: 1}, {0: 1}),
    "backward": ({-1: -1, 0: 1}, {0: 1}),
    "central": ({-1: -1, 1: 1}, {0: 1}),
    "sobel": ({-1: -1, 1: 1}, {-1: 1, 0: 2, 1: 1}),
    "scharr": ({-1: -1, 1: 1}, {-1: 3, 0: 10, 1: 3}),
    "prewitt": ({-1: -1, 1: 1}, {-1: 1, 0: 1, 1: 1}),
    "farid": (
        {o: w for o, w in zip(range(-2, 3), twins.FARID_ALONG, strict=True) if w},
        dict(zip(range(-2, 3), twins.FARID_ACROSS, strict=True)),
    ),
}
NAMES = tuple(ROWS)
PAIRS = ("gradient", "magnitude", "orientation", "polar")
DENSITIES = (0.0, 0.5, 0.8, 0.95, 1.0)
BIG = {"float32": (np.nan, np.inf, -np.inf, 3e38), "float64": (np.nan, np.inf, -np.inf, 1e300), "uint8": (0, 255), "int64": (-(2**63), 2**63 - 1)}


def sized_rows(ksize, order):
    along, across = twins.binomial(order, max(ksize, 3)), [1] if ksize == 1 else twins.binomial(0, ksize)
    return tuple({k - len(row) // 2: w for k, w in enumerate(row) if w} for row in (along, across))


def sides_of(rows, axis, ndim):
    """How far the stencil reaches before and behind a pixel, on each axis."""
    return [(max(0, -min(row)), max(0, *row)) for row in (rows[0] if k == axis else rows[1] for k in range(ndim))]


def inside(shape, sides):
    return tuple(slice(before, max(before, n - behind)) for n, (before, behind) in zip(shape, sides, strict=True))


def slow(image, mask, rows, axis, border="reflect", cval=0):
    """Pixel by pixel, row by row of the stencil."""
    along, across = rows
    axis %= image.ndim
    sides = sides_of(rows, axis, image.ndim)
    result, fits = np.zeros(image.shape), np.zeros(image.shape, bool)
    fits[inside(image.shape, sides)] = True
    values, known = twins.padded(image, sides, border, cval), twins.padded(mask, sides, border, True)
    others = [[(0, 1)] if k == axis else list(across.items()) for k in range(image.ndim)]
    for place in np.ndindex(image.shape):
        if border in ("blank", "valid") and not fits[place]:
            continue
        total, counted, whole = 0.0, 0.0, 0.0
        for chosen in itertools.product(*others):
            weight = math.prod(w for _, w in chosen)
            whole += weight
            pixels = {
                offset: tuple(
                    p + o + before + (offset if k == axis else 0) for k, (p, (o, _), (before, _)) in enumerate(zip(place, chosen, sides, strict=True))
                )
                for offset in along
            }
            if all(known[pixel] for pixel in pixels.values()):
                counted += weight
                total += weight * sum(w * float(values[pixels[offset]]) for offset, w in along.items())
        result[place] = total * whole / counted if counted else np.nan
    return result[fits].reshape([s.stop - s.start for s in inside(image.shape, sides)]) if border == "valid" else result


def slow_pair(image, mask, name, border="reflect", cval=0):
    """Both, and of "valid" what fits both."""
    if border != "valid":
        return tuple(slow(image, mask, ROWS[name], axis, border, cval) for axis in (1, 0))
    sides = [[max(pair) for pair in zip(*both, strict=True)] for both in zip(*(sides_of(ROWS[name], axis, 2) for axis in (1, 0)), strict=True)]
    return tuple(slow(image, mask, ROWS[name], axis, "blank", cval)[inside(image.shape, sides)] for axis in (1, 0))


def assert_is_twin(result, expected, image, rows):
    """NaN where it is NaN, and else within what rounding can do."""
    assert result.dtype == ("float32" if image.dtype in ("float16", "float32") else "float64")
    assert result.shape == expected.shape
    assert np.array_equal(np.isnan(result), np.isnan(expected))
    largest = max(1, *map(abs, (float(image.max(initial=0)), float(image.min(initial=0)))))
    reach = sum(map(abs, rows[0].values())) * sum(rows[1].values()) ** (image.ndim - 1) * largest
    assert np.nanmax(np.abs(result - expected), initial=0) <= 4 * np.finfo(result.dtype).eps * reach


def random_mask(shape, known=0.7, seed=0):
    return np.random.default_rng([seed, *shape]).random(shape) < known


def some_image(shape, dtype, seed=0):
    return images.noisy_image(shape, dtype, seed) if np.dtype(dtype).kind == "f" else images.random_image(shape, dtype, seed)


def parts(result):
    """One array or two, as a tuple."""
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("border", twins.BORDERS)
@pytest.mark.parametrize("name", NAMES)
def test_equals_the_rule_at_every_pixel(name, border):
    for shape, dtype, axis in itertools.product(((1, 1), (1, 7), (6, 1), (7, 8)), ("uint8", "float64"), ("x", "y")):
        for known in DENSITIES:
            image, mask = some_image(shape, dtype), random_mask(shape, known)
            expected = slow(image, mask, ROWS[name], -1 if axis == "x" else -2, border, 9)
            assert_is_twin(getattr(ec, name)(image, axis, mask=mask, border=border, cval=9), expected, image, ROWS[name])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_equals_the_rule_for_every_type(dtype, name):
    image, mask = some_image((6, 9), dtype), random_mask((6, 9))
    assert_is_twin(getattr(ec, name)(image, mask=mask), slow(image, mask, ROWS[name], 1), image, ROWS[name])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(11,), (4, 5, 6), (3, 4, 3, 2)])
def test_equals_the_rule_along_every_axis_of_any_array(shape, name):
    for axis in range(-len(shape), len(shape)):
        image, mask = some_image(shape, "int16"), random_mask(shape, 0.9)
        border = twins.BORDERS[axis % len(twins.BORDERS)]
        assert_is_twin(getattr(ec, name)(image, axis, mask=mask, border=border), slow(image, mask, ROWS[name], axis, border), image, ROWS[name])


@pytest.mark.parametrize(("ksize", "order"), [(1, 1), (1, 2), (3, 2), (5, 1), (5, 3), (7, 2), (9, 1)])
def test_equals_the_rule_for_every_size_and_order(ksize, order):
    image, mask, rows = some_image((12, 13), "uint8"), random_mask((12, 13), 0.9), sized_rows(ksize, order)
    for axis, border in ((-1, "reflect"), (-2, "wrap")):
        assert_is_twin(ec.sobel(image, axis, ksize=ksize, order=order, mask=mask, border=border), slow(image, mask, rows, axis, border), image, rows)


@given(
    shape=st.tuples(st.integers(1, 6), st.integers(1, 8)), name=st.sampled_from(NAMES), axis=st.sampled_from((0, 1)), seed=st.integers(0, 10**6),
    border=st.sampled_from(twins.BORDERS), known=st.floats(0, 1), cval=st.integers(-99, 99),
)  # fmt: skip
def test_equals_the_rule_on_drawn_images(shape, name, axis, seed, border, known, cval):
    image, mask = some_image(shape, "int16", seed), random_mask(shape, known, seed)
    assert_is_twin(
        getattr(ec, name)(image, axis, mask=mask, border=border, cval=cval), slow(image, mask, ROWS[name], axis, border, cval), image, ROWS[name]
    )


@pytest.mark.parametrize("border", twins.BORDERS)
@pytest.mark.parametrize("operator", NAMES)
def test_the_gradient_and_what_follows_from_it_obey_the_rule(operator, border):
    image, mask = some_image((8, 9), "uint8"), random_mask((8, 9), 0.8)
    x, y = slow_pair(image, mask, operator, border)
    options = {"mask": mask, "border": border}
    for result, expected in zip(ec.gradient(image, operator, **options), (x, y), strict=True):
        assert_is_twin(result, expected, image, ROWS[operator])
    length, angle = ec.polar(image, operator, **options)
    for result, expected in (
        (length, np.hypot(x, y)),
        (ec.magnitude(image, operator, **options), np.hypot(x, y)),
        (ec.magnitude(image, operator, "l1", **options), np.abs(x) + np.abs(y)),
    ):
        assert result.dtype == np.float64
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)
    for result in (angle, ec.orientation(image, operator, **options)):
        assert result.dtype == np.float32
        assert np.array_equal(np.isnan(result), np.isnan(x + y))
        turns = np.exp(1j * result.astype(np.float64)) * np.hypot(x, y)
        np.testing.assert_allclose(turns, x + 1j * y, rtol=0, atol=1e-6 * 255 * 32)


@pytest.mark.parametrize("border", twins.BORDERS)
@pytest.mark.parametrize("name", NAMES)
def test_where_all_is_known_the_mask_changes_nothing(name, border):
    mask = np.ones((7, 9), bool)
    for dtype, axis in itertools.product(("uint8", "int32", "float32", "float64"), ("x", "y")):
        image = some_image((7, 9), dtype)
        result, plain = (getattr(ec, name)(image, axis, border=border, cval=3, **options) for options in ({"mask": mask}, {}))
        if np.dtype(dtype).kind != "f" and name != "farid":
            np.testing.assert_array_equal(result, plain)
        else:
            reach = 4 * np.finfo(result.dtype).eps * np.abs(plain).max() + 1e-6 * (dtype == "float32")
            np.testing.assert_allclose(result, plain, rtol=0, atol=reach)


@pytest.mark.parametrize("dtype", BIG)
@pytest.mark.parametrize("name", NAMES)
def test_the_value_of_a_missing_pixel_never_counts(name, dtype):
    mask = random_mask((9, 12), 0.6)
    for axis, border in itertools.product(("x", "y"), twins.BORDERS):
        results = []
        for value in (0, *BIG[dtype]):
            image = some_image((9, 12), dtype)
            image[~mask] = value
            results.append(getattr(ec, name)(image, axis, mask=mask, border=border).tobytes())
        assert set(results) == {results[0]}


@pytest.mark.parametrize("name", PAIRS)
def test_the_value_of_a_missing_pixel_never_counts_in_a_gradient(name):
    mask, results = random_mask((9, 12), 0.6), set()
    for value in (0, *BIG["float64"]):
        image = some_image((9, 12), "float64")
        image[~mask] = value
        results.add(b"".join(part.tobytes() for part in parts(getattr(ec, name)(image, mask=mask))))
    assert len(results) == 1


@pytest.mark.parametrize("name", ["sobel", "scharr", "prewitt", "farid"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_known_nan_or_infinity_in_a_row_that_does_not_count_goes_nowhere(value, name):
    """
    known NaN   ?            the first row does not count, so its NaN does not either
    known  .  known
    known  .  known
    """
    image, mask = np.zeros((5, 9)), np.ones((5, 9), bool)
    image[1, 3], mask[1, 5] = value, False
    with np.errstate(invalid="ignore"):
        expected = slow(image, mask, ROWS[name], 1)
    assert not np.isnan(expected[2, 4])
    assert np.array_equal(np.isfinite(getattr(ec, name)(image, mask=mask)), np.isfinite(expected))


@pytest.mark.parametrize("known", [0.9, 0.6, 0.3])
@pytest.mark.parametrize("name", NAMES)
def test_a_plane_keeps_its_slope(name, known):
    y, x = np.mgrid[:30.0, :40.0]
    image, mask = 3 * x - 5 * y + 7, random_mask((30, 40), known)
    gradient = ec.gradient(image, name, mask=mask, border="valid", normalize=True)
    for part, slope in zip(gradient, (3, -5), strict=True):
        assert np.isfinite(part).any()
        np.testing.assert_allclose(part[np.isfinite(part)], slope, rtol=1e-12)
    both = np.isfinite(gradient.x + gradient.y)
    polar = ec.polar(image, name, mask=mask, border="valid", normalize=True)
    np.testing.assert_allclose(polar.magnitude[both], np.hypot(3, 5), rtol=1e-12)
    np.testing.assert_allclose(polar.orientation[both], np.arctan2(-5, 3), rtol=1e-6)


@pytest.mark.parametrize("shape", [(9,), (7, 8, 9), (5, 6, 5, 6)])
@pytest.mark.parametrize("name", NAMES)
def test_a_normalized_ramp_keeps_slope_1_in_any_number_of_dimensions(name, shape):
    for axis in range(len(shape)):
        ramp = np.indices(shape)[axis].astype(np.float64)
        result = getattr(ec, name)(ramp, axis, mask=random_mask(shape, 0.9), border="valid", normalize=True)
        assert np.isfinite(result).any()
        np.testing.assert_allclose(result[np.isfinite(result)], 1, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_normalize_divides_by_the_gain(name):
    image, mask = some_image((8, 9), "uint8"), random_mask((8, 9))
    results = [getattr(ec, name)(image, mask=mask, normalize=normalize) for normalize in (True, False)]
    np.testing.assert_allclose(results[0] * twins.GAINS[name], results[1], rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("name", [*NAMES, *PAIRS])
def test_all_missing_is_all_nan_but_blank_stays_blank(name):
    image, mask = some_image((8, 9), "uint8"), np.zeros((8, 9), bool)
    framed = np.zeros((8, 9))
    framed[inside((8, 9), sides_of(ROWS[name if name in ROWS else "sobel"], 1, 2))] = np.nan
    for border, expected in (("reflect", np.full((8, 9), np.nan)), ("blank", framed)):
        for part in parts(getattr(ec, name)(image, mask=mask, border=border)):
            np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*NAMES, *PAIRS])
def test_out_and_dtype_take_the_same_numbers(name, dtype):
    image, mask, call = some_image((8, 9), dtype), random_mask((8, 9)), getattr(ec, name)
    plain = parts(call(image, mask=mask))
    outs = tuple(np.zeros_like(part) for part in plain)
    returned = parts(call(image, mask=mask, out=outs if len(outs) > 1 else outs[0]))
    for each, out, part in zip(returned, outs, plain, strict=True):
        assert each is out
        np.testing.assert_array_equal(out, part)
    if name != "orientation":
        asked = parts(call(image.astype(np.float64), mask=mask, dtype=dtype))[0]
        assert asked.dtype == dtype
        np.testing.assert_allclose(asked, plain[0], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*NAMES, *PAIRS])
def test_the_type_of_out_says_what_dtype_would(name, dtype):
    image, mask, call = some_image((8, 9), "uint8"), random_mask((8, 9)), getattr(ec, name)
    expected = parts(call(image, mask=mask, **({} if name == "orientation" else {"dtype": dtype})))
    outs = tuple(np.zeros_like(part) for part in expected)
    call(image, mask=mask, out=outs if len(outs) > 1 else outs[0])
    for out, part in zip(outs, expected, strict=True):
        np.testing.assert_array_equal(out, part)


def test_a_colour_image_is_masked_by_its_pixels():
    colour, mask = some_image((8, 9, 3), "uint8"), random_mask((8, 9))
    luma = (colour @ np.array([19595, 38470, 7471]) + 0x8000 >> 16).astype(np.uint8)
    np.testing.assert_array_equal(ec.sobel(colour, gray=True, mask=mask), ec.sobel(luma, mask=mask))


@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_a_mask_of_numbers_is_known_where_it_is_not_0(dtype):
    image, mask = some_image((8, 9), "uint8"), random_mask((8, 9))
    np.testing.assert_array_equal(ec.sobel(image, mask=mask.astype(dtype) * 255), ec.sobel(image, mask=mask))


@pytest.mark.parametrize("layout", images.LAYOUTS)
def test_any_layout_of_image_and_mask_and_any_threads_give_the_same_and_leave_both_as_they_are(layout):
    image, mask = some_image((40, 50), "int16"), random_mask((40, 50))
    given, hidden = images.LAYOUTS[layout](image), images.LAYOUTS[layout](mask)
    expected = ec.sobel(image, mask=mask)
    for threads in (1, 2, 8, None):
        np.testing.assert_array_equal(ec.sobel(given, mask=hidden, threads=threads), expected)
    np.testing.assert_array_equal(given, image)
    np.testing.assert_array_equal(hidden, mask)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_an_empty_image_has_an_empty_result(shape):
    for name in (*NAMES, "magnitude"):
        assert getattr(ec, name)(np.zeros(shape), mask=np.zeros(shape, bool)).shape == shape


IMAGE, MASK = np.zeros((5, 6), np.uint8), np.ones((5, 6), bool)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ec.sobel(IMAGE, mask=MASK, view="magnitude"), "mask: .*view='magnitude'"),
        (lambda: ec.sobel(IMAGE, mask=MASK, dtype="int16"), "mask: .*dtype='int16'.*float32 or float64"),
        (lambda: ec.magnitude(IMAGE, mask=MASK, dtype=np.uint8), "mask: .*uint8"),
        (lambda: ec.sobel(IMAGE, mask=MASK, dtype="nope"), "dtype: 'nope'"),
        (lambda: ec.central(IMAGE, mask=MASK, border="one-sided"), 'border: "one-sided".*mask='),
        (lambda: ec.central(IMAGE, mask=MASK, border="mirror"), "border: 'mirror'"),
        (lambda: ec.gradient(IMAGE, "roberts", mask=MASK), 'mask: "roberts"'),
        (lambda: ec.magnitude(IMAGE, "roberts", mask=MASK), 'mask: "roberts"'),
        (lambda: ec.sobel(IMAGE, mask=MASK[1:]), r"mask: shape \(4, 6\).*\(5, 6\)"),
        (lambda: ec.sobel(IMAGE, mask=MASK[0]), r"mask: shape \(6,\)"),
        (lambda: ec.sobel(IMAGE, mask=True), r"mask: shape \(\)"),
        (lambda: ec.sobel(np.zeros((5, 6, 3), np.uint8), gray=True, mask=np.ones((5, 6, 3), bool)), r"mask: shape \(5, 6, 3\)"),
        (lambda: ec.sobel(IMAGE, mask=MASK * 1.0), "mask: float64"),
        (lambda: ec.sobel(IMAGE, mask=MASK.astype(str)), "mask: <U"),
        (lambda: ec.sobel(IMAGE, mask=np.ma.masked_array(MASK, ~MASK)), "mask: a masked array.*filled"),
        (lambda: ec.sobel([[1, 2], [3]], mask=MASK, spacing=2), "image: a nested sequence"),
        (lambda: ec.sobel(IMAGE, mask=MASK, normalize=1), "normalize: 1"),
        (lambda: ec.sobel(IMAGE, mask=MASK, border="constant", cval="0"), "cval: '0'"),
        (lambda: ec.sobel(IMAGE, mask=MASK, threads=0), "threads: 0"),
        (lambda: ec.sobel(IMAGE, "z", mask=MASK), "axis: 'z'"),
        (lambda: ec.sobel(IMAGE, 2, mask=MASK), "axis: 2"),
        (lambda: ec.sobel(IMAGE, mask=MASK, out=np.zeros((5, 6), np.int16)), "out: .*int16.*float64"),
        (lambda: ec.sobel(IMAGE, mask=MASK, out=np.zeros((4, 6))), r"out: shape \(4, 6\)"),
        (lambda: ec.gradient(IMAGE, mask=MASK, out=np.zeros((5, 6))), "out: 1 array came"),
        (lambda: ec.magnitude(IMAGE[0], mask=MASK[0]), "image: 1 dimension"),
    ],
)
def test_what_is_not_accepted_is_named(call, said):
    with pytest.raises((TypeError, ValueError), match=said):
        call()


def test_the_diagonals_of_roberts_take_no_mask():
    with pytest.raises(TypeError, match="mask"):
        ec.roberts(IMAGE, mask=MASK)


@pytest.mark.parametrize("name", ["gradient", "polar"])
def test_overlapping_outputs_are_refused(name):
    image, mask = some_image((8, 9), "float32"), random_mask((8, 9))
    room = np.zeros((9, 9), np.float32)
    for outs in ((room[:8], room[:8]), (room[:8], room[1:])):
        with pytest.raises(ValueError, match="the two arrays overlap"):
            getattr(ec, name)(image, mask=mask, out=outs)


@pytest.mark.parametrize("border", ["valid", "blank", "reflect"])
def test_a_volume_that_a_stencil_makes_thin_is_no_colour_image(border):
    volume = images.random_image((9, 8, 6), "uint8")
    found = ec.sobel(volume, "x", border=border, mask=np.ones(volume.shape, bool))
    np.testing.assert_array_equal(found, ec.sobel(volume, "x", border=border))


def test_a_tuple_of_one_output_gives_that_output():
    image, out = images.random_image((6, 7), "uint8"), (np.zeros((6, 7)),)
    assert ec.sobel(image, mask=np.ones(image.shape, bool), out=out) is out[0]
    np.testing.assert_array_equal(out[0], ec.sobel(image))
