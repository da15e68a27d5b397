"""Long stencils are summed in mirrored pairs, several at a time; what comes out is the plain sum, to the bit where numbers are whole.

n taps, symmetric       a b c d c b a        middle, pairs
antisymmetric          -c -b -a . a b c      pairs
two lines, symmetric    both of the above laid over each other: pairs, and a second middle that has no mirror
"""

import math

import numpy as np
import pytest

from edgecalc.core.plans import Options, build
from edgecalc.core.slide import apply
from edgecalc.stencils import HERE, Operator, Stencil, separable
from tests.reference import images, twins

DTYPES = ("uint8", "int16", "float32", "float64")
LENGTHS = (2, 3, *range(9, 42))


def weights(taps, kind, seed=0):
    """{offset: weight} of so many whole weights that are not zero; an odd number has one in the middle."""
    rng = np.random.default_rng([seed, taps, len(kind)])
    half = [int(each) for each in rng.integers(1, 10, taps // 2) * rng.choice((-1, 1), taps // 2)]
    sign = {"symmetric": 1, "antisymmetric": -1}.get(kind)
    other = [sign * w for w in half] if sign else [w + 10 for w in half]
    row = {k + 1: w for k, w in enumerate(half)} | {-k - 1: w for k, w in enumerate(other)}
    return row | ({0: 7} if taps % 2 else {})


def stencil(row):
    offsets = tuple(sorted(row))
    return Stencil(0, 0, offsets, tuple(row[o] for o in offsets), 1)


def slid(operator, image, axis="x", **options):
    return apply(((operator, axis),), image, "each", (options.get("border", "reflect"), 0, False, None, None))


def along(image, row, axis, border):
    """The plain sum along one axis, in Python's numbers."""
    reach = max(map(abs, row))
    line = [row.get(o, 0) for o in range(-reach, reach + 1)]
    kernel, place = ([line], (0, reach)) if axis == "x" else ([[w] for w in line], (reach, 0))
    return np.array(twins.correlated(image, kernel, *place, border), object)


def whole_numbers(shape, dtype):
    """All of uint8; as much of the other types as sums in float32 hold exactly."""
    image = images.random_image(shape, "uint8")
    return image if dtype == "uint8" else (image.astype(np.int16) - 128).astype(dtype)


@pytest.mark.parametrize("border", ["reflect", "wrap"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["symmetric", "antisymmetric", "lopsided"])
def test_a_sum_of_any_length_is_the_plain_one_along_either_axis(kind, dtype, border):
    for taps in LENGTHS:
        if kind == "antisymmetric" and taps % 2:
            continue
        row = weights(taps, kind)
        for shape, axis in (((1, 71), "x"), ((23, 33), "y")):
            image = whole_numbers(shape, dtype)
            found = slid(separable("sum", stencil(row)), image, axis, border=border)
            np.testing.assert_array_equal(found.astype(object), along(image, row, axis, border), err_msg=f"{taps} taps along {axis}")


@pytest.mark.parametrize("row", [{-1: -40000, 1: 40000}, {-1: 32768, 0: 70001, 1: 32768}, {-2: -3, -1: -32769, 1: 32769, 2: 3}])
def test_weights_beyond_16_bits_count_whole(row):
    """Lines of bytes are 16 bits wide, and so may the products with them be, where the weights are."""
    image = whole_numbers((3, 71), "uint8")
    np.testing.assert_array_equal(slid(separable("sum", stencil(row)), image).astype(object), along(image, row, "x", "reflect"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("first", "second"), [("symmetric", "symmetric"), ("antisymmetric", "symmetric"), ("lopsided", "antisymmetric")])
def test_sums_along_both_axes_are_the_plain_ones_one_after_the_other(first, second, dtype):
    for taps, across in ((11, 11), (12, 21), (21, 10), (34, 41), (40, 3)):
        taps -= taps % 2 if first == "antisymmetric" else 0
        across -= across % 2 if second == "antisymmetric" else 0
        row, column = ({o: (w > 0) - (w < 0) for o, w in weights(n, kind, 1).items()} for n, kind in ((taps, first), (across, second)))
        image = whole_numbers((5, 71), dtype)
        found = slid(separable("sum", stencil(row), stencil(column)), image)
        expected = along(along(image, column, "y", "reflect"), row, "x", "reflect")
        np.testing.assert_array_equal(found.astype(object), expected, err_msg=f"{taps} and {across} taps")


def laplacian_like(taps, across, seed=0):
    """Two terms, both symmetric: (along x, across y)."""
    return [({o: w % 4 + 1 for o, w in weights(n, "symmetric", seed + k).items()}) for k, n in enumerate((taps, across))]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_two_middles_of_a_laplacian_are_both_counted(dtype):
    """Along x every column is read twice, once of each line; the pair in the middle has only one mirror."""
    for taps, across in ((3, 3), (11, 11), (13, 21), (21, 13), (41, 41), (11, 41)):
        a, b = laplacian_like(taps, across)
        operator = Operator("sum", ((1, stencil(a), stencil(b)), (1, stencil(b), stencil(a))), "sum")
        image = whole_numbers((4, 71), dtype)
        expected = along(along(image, b, "y", "reflect"), a, "x", "reflect") + along(along(image, a, "y", "reflect"), b, "x", "reflect")
        np.testing.assert_array_equal(slid(operator, image).astype(object), expected, err_msg=f"{taps} and {across} taps")


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_difference_of_two_bells_counts_both_middles(dtype):
    for short, long in ((3, 5), (11, 13), (11, 41), (25, 33)):
        a, b = laplacian_like(short, long, 7)
        operator = Operator("sum", ((1, stencil(a), stencil(a)), (-1, stencil(b), stencil(b))), "sum")
        image = whole_numbers((4, 71), dtype)
        expected = along(along(image, a, "y", "reflect"), a, "x", "reflect") - along(along(image, b, "y", "reflect"), b, "x", "reflect")
        np.testing.assert_array_equal(slid(operator, image).astype(object), expected, err_msg=f"{short} and {long} taps")


def test_a_plain_and_a_second_line_that_are_not_mirrored_are_not_folded():
    """One line symmetric, the other not; and a middle that only the second line has."""
    image = whole_numbers((7, 71), "int16")
    for a, b in (
        ({-1: 2, 0: 3, 1: 2}, {0: 5, 1: 1}),
        ({-2: 1, 2: 1}, {-1: 4, 0: 9, 1: 4}),
        ({-1: 1, 1: 1}, {-1: 1, 1: 2}),
        ({-3: 1, 3: -1}, {-1: 4, 0: 9, 1: 4}),
    ):
        operator = Operator("sum", ((1, stencil(a), HERE), (1, stencil(b), stencil({-1: 1, 1: 1}))), "sum")
        expected = along(image, a, "x", "reflect") + along(along(image, {-1: 1, 1: 1}, "y", "reflect"), b, "x", "reflect")
        np.testing.assert_array_equal(slid(operator, image).astype(object), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["symmetric", "antisymmetric"])
def test_decimals_are_summed_within_rounding_and_mirrored_to_the_bit(kind, dtype):
    for taps in (11, 13, 19, 21, 27, 33, 35, 41):
        row = weights(taps - (kind == "antisymmetric"), kind)
        image = images.noisy_image((3, 90), dtype)
        found = slid(separable("sum", stencil(row)), image)
        mirrored = slid(separable("sum", stencil(row)), image[:, ::-1])[:, ::-1]
        np.testing.assert_array_equal(mirrored if kind == "symmetric" else -mirrored, found)
        reach = max(row)
        for i, line in enumerate(np.pad(image, ((0, 0), (reach, reach)), "reflect").tolist()):
            for j in range(90):
                parts = [w * line[j + reach + o] for o, w in row.items()]
                assert abs(found[i, j] - math.fsum(parts)) <= taps / 2 * np.finfo(dtype).eps * math.fsum(map(abs, parts))


def test_the_folds_are_really_taken(monkeypatch):
    """A plan that is told another fold than its weights have gives another sum: the comparisons above can fail."""
    image, row = whole_numbers((3, 71), "uint8"), weights(21, "symmetric") | {10: 90}
    operator = separable("sum", stencil(row))
    expected = along(image, row, "x", "reflect")
    np.testing.assert_array_equal(slid(operator, image).astype(object), expected)
    monkeypatch.setattr("edgecalc.core.plans.folding", lambda weights: 1)
    plan, result, _ = build.__wrapped__(((operator, 1),), "each", 2, image.dtype, Options().checked(image.dtype))
    out = np.zeros(image.shape, result)
    plan.strip(image, out, None, 0, 3, 0, 71)
    assert (out.astype(object) != expected).any()
