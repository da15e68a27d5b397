"""differentiate with a stride, and the stride that is chosen: against the same samples thinned out, every other stride, and noise."""

from itertools import pairwise
from math import factorial

import numpy as np
import pytest

import edgecalc as ec
from edgecalc.filters.difference import choose_stride
from tests.reference import images

WAYS = [(1, 2), (1, 4), (1, 8), (2, 2), (2, 4), (3, 2), (4, 4), (5, 4)]
SHAPES = [((97,), 0), ((8, 60), 1), ((61, 5), 0), ((3, 60, 4), 1), ((60, 3, 2), 0), ((2, 3, 59), 2)]
STEP = 12 / 99_999
X = np.linspace(-6, 6, 100_000)
SMOOTH = {  # a function and its derivative on X
    "sin": (np.sin(X), np.cos(X)),
    "sin 20x": (np.sin(20 * X), 20 * np.cos(20 * X)),
    "exp and sin": (np.exp(-0.5 * X) + 3 * np.sin(3 * X), -0.5 * np.exp(-0.5 * X) + 9 * np.cos(3 * X)),
    "cubic": (2 * X**3 - 3 * X**2 + 5, 6 * X**2 - 6 * X),
    "tanh": (np.tanh(X), np.cosh(X) ** -2.0),
}


def inner(values):
    """Without the ends."""
    return values[len(values) // 4 : -len(values) // 4]


def mean_error(samples, exact, stride, accuracy, step=STEP):
    return np.abs(inner(ec.differentiate(samples, step, accuracy=accuracy, stride=stride) - exact)).mean()


@pytest.mark.parametrize(("order", "accuracy"), WAYS)
@pytest.mark.parametrize("stride", [2, 3, 6])
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_a_stride_gives_at_every_sample_what_the_samples_so_far_apart_give(shape, axis, stride, order, accuracy):
    samples = images.noisy_image(shape, "float64")
    stride = min(stride, shape[axis] // (order + accuracy))
    result = ec.differentiate(samples, 0.5, axis, order, accuracy, stride=stride)
    for phase in range(stride):
        thinned = (slice(None),) * axis + (slice(phase, None, stride),)
        expected = ec.differentiate(samples[thinned], 0.5 * stride, axis, order, accuracy)
        np.testing.assert_allclose(result[thinned], expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("border", ["wrap", "valid", "blank"])
@pytest.mark.parametrize("stride", [1, 4])
def test_a_stride_at_other_borders(border, stride):
    samples, reach = images.noisy_image((5, 48), "float64"), 2 * stride
    result = ec.differentiate(samples, accuracy=4, border=border, stride=stride)
    around = ec.differentiate(np.concatenate([samples] * 3, axis=1), accuracy=4, stride=stride)[:, 48:96]
    if border != "wrap":
        around = around[:, reach:-reach]
        result = result if border == "valid" else result[:, reach:-reach]
    np.testing.assert_array_equal(result, around)


@pytest.mark.parametrize("accuracy", [2, 4, 6, 8])
@pytest.mark.parametrize("order", range(1, 9))
def test_polynomials_at_the_ends_for_every_order(order, accuracy):
    """Some one-sided stencils have a weight of 0 at one of their ends."""
    size = 2 * (order + accuracy) + 3
    x, step = np.linspace(-1, 1, size), 2 / (size - 1)
    noise = ec.stencils.forward(order, accuracy).noise_gain * 1e-15
    for stride in (1, 2):
        result = ec.differentiate(x ** (order + 1), step, order=order, accuracy=accuracy, stride=stride)
        np.testing.assert_allclose(result, factorial(order + 1) * x, rtol=0, atol=noise / (stride * step) ** order)


@pytest.mark.parametrize("accuracy", [2, 8])
def test_lines_are_differentiated_each_for_itself(accuracy):
    """However short they are: the samples of one line never reach into the next."""
    samples = images.noisy_image((40, 11), "float64")
    expected = np.array([ec.differentiate(line, 0.3, accuracy=accuracy) for line in samples])
    np.testing.assert_array_equal(ec.differentiate(samples, 0.3, accuracy=accuracy), expected)
    np.testing.assert_array_equal(ec.differentiate(samples.T, 0.3, axis=0, accuracy=accuracy), expected.T)
    np.testing.assert_array_equal(ec.differentiate(samples[::-1, ::2], 0.3, axis=0), ec.differentiate(samples[::-1, ::2].copy(), 0.3, axis=0))
    out = np.empty((80, 22))[::2, ::2]
    ec.differentiate(samples, 0.3, accuracy=accuracy, out=out)
    np.testing.assert_array_equal(out, expected)
    samples.flags.writeable = False
    np.testing.assert_array_equal(ec.differentiate(samples, 0.3, accuracy=accuracy, threads=3), expected)


def test_out_may_be_the_samples_themselves():
    samples = images.noisy_image((60, 7), "float64")
    expected = ec.differentiate(samples, axis=0, stride=5)
    assert ec.differentiate(samples, axis=0, stride=5, out=samples) is samples
    np.testing.assert_array_equal(samples, expected)


@pytest.mark.parametrize(("stride", "reached"), [(1, [48, 49, 51, 52]), (5, [40, 45, 55, 60]), (7, [36, 43, 57, 64])])
def test_nan_reaches_the_samples_that_read_it(stride, reached):
    samples = images.noisy_image((100,), "float64")
    samples[50] = np.nan
    assert np.flatnonzero(np.isnan(ec.differentiate(samples, accuracy=4, stride=stride))).tolist() == reached


@pytest.mark.parametrize("accuracy", [2, 4, 8])
@pytest.mark.parametrize("name", SMOOTH)
def test_the_chosen_stride_is_near_the_best_of_all(name, accuracy):
    samples, exact = SMOOTH[name]
    chosen = choose_stride(samples, STEP, accuracy=accuracy)
    best = min(mean_error(samples, exact, 2**k, accuracy) for k in range(14))
    assert mean_error(samples, exact, chosen.stride, accuracy) <= 5 * best
    np.testing.assert_array_equal(
        ec.differentiate(samples, STEP, accuracy=accuracy, stride="auto"), ec.differentiate(samples, STEP, accuracy=accuracy, stride=chosen.stride)
    )


def test_over_sampled_data_is_a_hundred_times_more_exact_with_a_stride():
    x = np.linspace(-6, 6, 1_000_001)
    samples = np.sin(x)
    strided, plain = (np.abs(ec.differentiate(samples, x, accuracy=8, stride=each) - np.cos(x)) for each in ("auto", 1))
    assert inner(strided).max() < 1e-13
    assert inner(plain).mean() > 100 * inner(strided).mean()
    assert plain.max() > 100 * strided.max()  # the ends are better, too


@pytest.mark.parametrize("accuracy", [2, 4, 6])
@pytest.mark.parametrize("deviation", [1e-10, 1e-6, 1e-3, 0.1])
@pytest.mark.parametrize("size", [300, 5000])
def test_the_error_that_is_told_bounds_the_true_one_and_is_near_it(deviation, accuracy, size):
    x = np.linspace(0, 9, size)
    samples = np.sin(x) + deviation * np.random.default_rng(5).standard_normal(size)
    chosen = choose_stride(samples, x, accuracy=accuracy)
    reach = accuracy // 2 * chosen.stride
    true = np.abs(ec.differentiate(samples, x, accuracy=accuracy, stride="auto") - np.cos(x))[reach:-reach].mean()
    assert true / 1.5 <= chosen.error <= 6 * true
    assert dict(chosen.tried)[chosen.stride] == chosen.error == min(error for _, error in chosen.tried)


@pytest.mark.parametrize(("order", "accuracy"), WAYS[:7])
def test_noise_gain_is_the_deviation_that_noise_leaves(order, accuracy):
    noise = np.random.default_rng(3).standard_normal((300, 400))
    chosen = choose_stride(noise, 0.25, order=order, accuracy=accuracy)
    assert chosen.stride > 1
    reach = 3 * accuracy * chosen.stride // 2 if order > 2 else accuracy * chosen.stride // 2
    result = ec.differentiate(noise, 0.25, order=order, accuracy=accuracy, stride=chosen.stride)[:, reach:-reach]
    assert result.std() == pytest.approx(chosen.noise_gain, rel=0.05)


def test_the_stride_grows_with_the_noise():
    noise = np.random.default_rng(1).standard_normal(X.size)
    strides = [choose_stride(np.sin(X) + deviation * noise, X, accuracy=4).stride for deviation in (0, 1e-10, 1e-7, 1e-4, 0.1)]
    assert all(a < b for a, b in pairwise(strides))


@pytest.mark.parametrize("alike", [2, 3, 8])
def test_noise_that_neighbours_share_is_seen(alike):
    noise = np.convolve(np.random.default_rng(8).standard_normal(X.size), np.full(alike, alike**-0.5), "same")
    for accuracy in (2, 8):
        noisy = np.sin(X) + 1e-5 * noise
        errors = [mean_error(noisy, np.cos(X), 2**k, accuracy) for k in range(14)]
        assert mean_error(noisy, np.cos(X), "auto", accuracy) <= 3 * min(errors)
        assert dict(choose_stride(noisy, STEP, accuracy=accuracy).tried)[1] > errors[0] / 2


@pytest.mark.parametrize("period", [4, 4.7, 6, 8, 11, 16])
@pytest.mark.parametrize("accuracy", [2, 4, 8])
def test_samples_that_are_none_too_many_keep_stride_1(period, accuracy):
    """At a stride of half a period or more all differences are small, and wrong."""
    assert choose_stride(np.sin(2 * np.pi * np.arange(500) / period + 0.3), accuracy=accuracy).stride == 1


@pytest.mark.parametrize("order", [1, 2])
def test_units_of_the_samples_and_of_their_spacing_change_no_choice(order):
    noisy = np.sin(X) + 1e-4 * np.random.default_rng(7).standard_normal(X.size)
    plain = choose_stride(noisy, order=order, accuracy=4)
    for scale, step in ((1024, 1), (1, 0.125), (2**-20, -64)):
        other = choose_stride(noisy * scale, step, order=order, accuracy=4)
        assert [stride for stride, _ in other.tried] == [stride for stride, _ in plain.tried]
        assert other.stride == plain.stride
        assert other.error == plain.error * scale / abs(step) ** order
        assert other.noise_gain == plain.noise_gain / abs(step) ** order


@pytest.mark.parametrize("levels", [20, 2000])
def test_whole_numbers_from_a_converter_are_smoothed_over_their_steps(levels):
    x = np.linspace(0, 6, 6001)
    for samples in (np.round(levels * np.sin(x)), np.round(levels * np.sin(x)).astype(np.int32)):
        errors = {stride: mean_error(samples, levels * np.cos(x), stride, 4, 0.001) for stride in (1, "auto")}
        assert errors["auto"] < errors[1] / 10


@pytest.mark.parametrize(
    "samples", [np.ones(200), np.arange(200.0), np.zeros(200, np.uint8), np.arange(200) ** 2], ids=["flat", "ramp", "zero", "square"]
)
def test_samples_without_error_keep_stride_1(samples):
    chosen = choose_stride(samples)
    assert (chosen.stride, chosen.error) == (1, 0)


@pytest.mark.parametrize("shape", [(0,), (1,), (0, 5), (5, 0), (3, 1)])
def test_too_few_samples_to_tell_have_stride_1_and_no_error(shape):
    for axis in range(len(shape)):
        chosen = choose_stride(np.zeros(shape), axis=axis)
        assert chosen.stride == 1 and np.isnan(chosen.error)


@pytest.mark.parametrize("size", range(2, 12))
def test_few_samples_are_taken_as_they_are(size):
    samples = np.arange(float(size)) ** 2
    np.testing.assert_array_equal(ec.differentiate(samples, stride="auto"), ec.differentiate(samples))
    assert choose_stride(samples).stride == 1


def test_a_stride_is_chosen_alike_along_any_axis():
    noisy = np.sin(X[::25]) + 1e-3 * np.random.default_rng(2).standard_normal((6, 4000))
    chosen = choose_stride(noisy, 25 * STEP, accuracy=4)
    assert chosen.stride > 8
    for shape, axis in (((6, 4000), 1), ((2, 3, 4000), -1)):
        volume = noisy.reshape(shape)
        for to in range(volume.ndim):
            moved = np.moveaxis(volume, axis, to)
            assert choose_stride(moved, 25 * STEP, axis=to, accuracy=4).stride == chosen.stride
            result = ec.differentiate(moved, 25 * STEP, to, 1, 4, stride="auto")
            np.testing.assert_array_equal(np.moveaxis(result, to, axis), ec.differentiate(volume, 25 * STEP, axis, 1, 4, stride="auto"))


def test_all_lines_have_a_say():
    noisy = np.sin(X[::25]) + 1e-3 * np.random.default_rng(2).standard_normal((5, 4000))
    noisy[0] = noisy[3] = 0
    assert choose_stride(noisy, 25 * STEP, accuracy=4).stride > 8


def test_single_precision_is_smoothed_over_its_rounding():
    samples, exact = SMOOTH["sin"]
    single = samples.astype(np.float32)
    result = ec.differentiate(single, STEP, accuracy=4, stride="auto")
    assert result.dtype == np.float32
    assert np.abs(inner(result - exact)).mean() < mean_error(single, exact, 1, 4) / 20


def test_a_few_unknown_samples_change_nothing():
    noisy = np.sin(X) + 1e-4 * np.random.default_rng(4).standard_normal(X.size)
    broken = noisy.copy()
    broken[[7, 500, 99_000]] = np.nan, np.inf, -np.inf
    assert choose_stride(broken, X, accuracy=4).stride == choose_stride(noisy, X, accuracy=4).stride


@pytest.mark.parametrize("width", [0.003, 0.01, 0.1])
def test_narrow_peaks_in_much_noise_are_not_smoothed_away(width):
    peaks = sum(np.exp(-(((X - at) / width) ** 2)) for at in (-4, -1.3, 0.2, 2.5))
    slope = sum(-2 * (X - at) / width**2 * np.exp(-(((X - at) / width) ** 2)) for at in (-4, -1.3, 0.2, 2.5))
    noisy = peaks + 1e-3 * np.random.default_rng(6).standard_normal(X.size)
    errors = {
        stride: np.abs(ec.differentiate(noisy, STEP, accuracy=4, stride=stride) - slope).mean() for stride in ("auto", *(2**k for k in range(12)))
    }
    assert errors["auto"] <= 3 * min(errors.values())


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_all_unknown_keep_stride_1_and_tell_no_error(value):
    chosen = choose_stride(np.full(300, value))
    assert chosen.stride == 1
    assert np.isnan(chosen.error)


def test_huge_samples_raise_no_warning():
    assert choose_stride(np.where(np.arange(300) % 2, 1e308, -1e308)).stride >= 1


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, None, "automatic", "", [2], 34, 10**9], ids=repr)
def test_a_stride_that_cannot_be_is_refused(wrong):
    with pytest.raises((TypeError, ValueError), match="stride"):
        ec.differentiate(np.arange(100.0), stride=wrong)


def test_a_stride_that_is_too_large_is_told_the_largest():
    with pytest.raises(ValueError, match="stride: 34 came; 100 samples along the axis leave room for 1 to 33"):
        ec.differentiate(np.arange(100.0), stride=34)
    np.testing.assert_allclose(ec.differentiate(np.arange(100.0), stride=33), 1)


def test_strides_are_for_equally_spaced_samples():
    uneven = np.arange(100.0) ** 1.1
    for stride in (2, "auto"):
        with pytest.raises(ValueError, match="not equally spaced"):
            ec.differentiate(uneven, uneven, stride=stride)
    with pytest.raises(ValueError, match="not equally spaced"):
        choose_stride(uneven, uneven)


@pytest.mark.parametrize(
    "x",
    [np.linspace(-6, 6, 1000), np.linspace(6, -6, 1000), np.linspace(0, 1, 1000, dtype=np.float32), np.arange(1000), np.arange(1e6, 1e6 + 100, 0.1)],
    ids=["rising", "falling", "float32", "whole", "far from 0"],
)
def test_coordinates_equal_up_to_their_rounding_are_a_distance_taken_from_both_ends(x):
    samples = images.noisy_image(x.shape, "float64")
    step = (float(x[-1]) - float(x[0])) / (x.size - 1)
    np.testing.assert_array_equal(ec.differentiate(samples, x, accuracy=4), ec.differentiate(samples, step, accuracy=4))
    np.testing.assert_array_equal(ec.differentiate(samples, list(x), border="wrap"), ec.differentiate(samples, step, border="wrap"))


def test_coordinates_that_are_uneven_by_more_than_rounding_are_taken_at_their_word():
    x = np.linspace(0, 1, 50)
    x[20] += 1e-12
    result = ec.differentiate(x**2, x)
    np.testing.assert_allclose(result, 2 * x, rtol=0, atol=1e-13)
    assert np.abs(ec.differentiate(x**2, 1 / 49) - 2 * x).max() > 1e-11
