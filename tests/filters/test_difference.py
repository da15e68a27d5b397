"""differentiate: derivatives of sampled functions; exactness, observed order, ends, axes, coordinates, and mistakes with the spacing."""

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgecalc as ec
from tests.reference import images, twins

ORDERS = [(1, 2), (1, 4), (1, 6), (1, 8), (2, 2), (2, 4), (2, 6), (3, 2), (3, 4), (4, 2), (4, 4)]
BORDERS = ("one-sided", "reflect", "symmetric", "edge", "wrap", "constant", "blank", "valid")
UNEVEN = np.cumsum([0.0, 1, 0.5, 2, 0.25, 1, 1, 3, 0.5, 0.75, 1, 2, 0.5, 1.5, 1, 1])


def slopes_of_power(x, power, order):
    """The derivative of x ** power."""
    if order > power:
        return np.zeros_like(x)
    return factorial(power) / factorial(power - order) * x ** (power - order)


def ulps(result, expected, size):
    """Difference in last places of a number of this size."""
    return np.abs(result - expected).max() / np.spacing(np.abs(size).max())


@pytest.mark.parametrize(("order", "accuracy"), ORDERS)
def test_exact_on_every_polynomial_below_its_order_ends_included(order, accuracy):
    x = np.arange(-8.0, 9.0) / 8
    for power in range(order + accuracy):
        result = ec.differentiate(x**power, 1 / 8, order=order, accuracy=accuracy)
        # weights of some hundreds, divided by the step to the power of the order
        np.testing.assert_allclose(result, slopes_of_power(x, power, order), rtol=0, atol=1e-12 * 8.0**order)


@pytest.mark.parametrize(("order", "accuracy"), ORDERS)
def test_exact_on_polynomials_at_uneven_coordinates(order, accuracy):
    x = UNEVEN / UNEVEN[-1]
    for power in range(order + accuracy):
        for points in (x, x[::-1]):
            result = ec.differentiate(points**power, points, order=order, accuracy=accuracy)
            expected = slopes_of_power(points, power, order)
            np.testing.assert_allclose(result, expected, rtol=0, atol=1e-11 * 200.0**order)


def test_weights_at_uneven_coordinates_are_lagranges():
    """Each weight is the derivative of the polynomial that is 1 at its sample and 0 at its neighbours; in fractions."""
    x = [Fraction(v) for v in (0, 1, 3, 4, 8)]
    for at, near in ((0, (0, 1, 2)), (1, (0, 1, 2)), (2, (1, 2, 3)), (3, (2, 3, 4)), (4, (2, 3, 4))):
        for one in range(5):
            expected = Fraction(0)
            if one in near:
                others = [x[k] for k in near if k != one]
                expected = ((x[at] - others[0]) + (x[at] - others[1])) / ((x[one] - others[0]) * (x[one] - others[1]))
            samples = np.zeros(5)
            samples[one] = 1
            assert ec.differentiate(samples, [0, 1, 3, 4, 8])[at] == pytest.approx(float(expected), rel=1e-14, abs=1e-15)


@pytest.mark.parametrize(("order", "accuracy"), ORDERS)
@pytest.mark.parametrize("spaced", ["evenly", "unevenly"])
def test_observed_order_is_the_accuracy_ends_included(order, accuracy, spaced):
    """Slope of log error over log step; the steps are large enough for the error to stay far above roundoff."""
    errors, sizes = [], (64, 128, 256, 512) if order + accuracy <= 4 else (20, 28, 40, 56)
    for size in sizes:
        x = np.linspace(0, 2, size)
        if spaced == "unevenly":
            x = x + 0.2 * np.sin(x)
        spacing = x if spaced == "unevenly" else x[1] - x[0]
        # every derivative of exp(x) is exp(x): no term of the error vanishes
        errors.append(np.abs(ec.differentiate(np.exp(x), spacing, order=order, accuracy=accuracy) - np.exp(x)).max())
    observed = -np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert observed == pytest.approx(accuracy, abs=0.5)


@pytest.mark.parametrize(("accuracy", "raised"), [(1, 2), (3, 4), (5, 6)])
def test_an_odd_accuracy_is_raised_to_the_next_even_one(accuracy, raised):
    samples = images.noisy_image((20,), "float64")
    assert ec.differentiate(samples, 0.5, accuracy=accuracy).tobytes() == ec.differentiate(samples, 0.5, accuracy=raised).tobytes()


@pytest.mark.parametrize("spacing", [1.0, 0.5, 0.1, -0.25, 3])
@pytest.mark.parametrize("shape", [(3,), (40,), (5, 7), (4, 5, 6), (3, 3, 3), (6, 4)])
def test_first_derivative_is_numpys_gradient(shape, spacing):
    samples = images.noisy_image(shape, "float64")
    for axis in range(-len(shape), len(shape)):
        ours, theirs = ec.differentiate(samples, spacing, axis), np.gradient(samples, spacing, axis=axis, edge_order=2)
        inner = (slice(None),) * (axis % len(shape)) + (slice(1, -1),)
        np.testing.assert_array_equal(ours[inner], theirs[inner])
        # at the ends NumPy divides each weight by the spacing, which rounds once more
        assert ulps(ours, theirs, 4 * samples / spacing) <= 2


def test_axes_have_the_names_of_images():
    samples = images.noisy_image((5, 7), "float64")
    np.testing.assert_array_equal(ec.differentiate(samples, axis="x"), ec.differentiate(samples, axis=-1))
    np.testing.assert_array_equal(ec.differentiate(samples, axis="y"), ec.differentiate(samples, axis=0))


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_first_derivative_at_uneven_coordinates_is_numpys_gradient(axis):
    samples = images.noisy_image((16, 16, 16), "float64")[:, : 16 - axis % 3]
    x = UNEVEN[: samples.shape[axis]]
    np.testing.assert_allclose(ec.differentiate(samples, x, axis), np.gradient(samples, x, axis=axis, edge_order=2), rtol=0, atol=1e-13 * 20)


def test_even_coordinates_give_what_their_spacing_gives():
    samples = images.noisy_image((12,), "float64")
    for order, accuracy in ((1, 2), (1, 4), (3, 2)):
        by_step = ec.differentiate(samples, 0.5, order=order, accuracy=accuracy)
        by_coordinate = ec.differentiate(samples, np.arange(12) * 0.5, order=order, accuracy=accuracy)
        np.testing.assert_allclose(by_coordinate[4:-4], by_step[4:-4], rtol=0, atol=1e-11)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("accuracy", [2, 4, 6])
def test_wrap_is_right_for_periodic_functions(order, accuracy):
    turn = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    result = ec.differentiate(np.sin(turn), turn[1], order=order, accuracy=accuracy, border="wrap")
    np.testing.assert_allclose(result, np.sin(turn + order * np.pi / 2), rtol=0, atol=2 * turn[1] ** accuracy)
    rolled = ec.differentiate(np.roll(np.sin(turn), 31), turn[1], order=order, accuracy=accuracy, border="wrap")
    np.testing.assert_array_equal(rolled, np.roll(result, 31))


@pytest.mark.parametrize("border", BORDERS[1:])
@pytest.mark.parametrize("dtype", images.INTEGERS[1:7])
def test_other_borders_are_those_of_images(border, dtype):
    image = images.random_image((7, 9), dtype)
    for axis in ("x", "y"):
        expected = np.array(twins.derivative(image, "central", axis, border), np.float64) / 2
        np.testing.assert_array_equal(ec.differentiate(image, axis=axis, border=border), expected)


@pytest.mark.parametrize(
    ("dtype", "result"),
    [("bool", "float64"), ("uint8", "float64"), ("int64", "float64"), ("float16", "float32"), ("float32", "float32"), (">f8", "float64")],
)
def test_integers_are_differentiated_as_float64_and_floats_stay(dtype, result):
    samples = np.array([0, 1, 1, 0, 0, 1, 0, 1, 1]).astype(dtype)
    for spacing in (1.0, np.arange(9.0)):
        found = ec.differentiate(samples, spacing)
        assert found.dtype == result
        np.testing.assert_array_equal(found, np.gradient(samples.astype(float), edge_order=2))
    np.testing.assert_array_equal(ec.differentiate(samples.tolist()), np.gradient(samples.astype(float), edge_order=2))


def test_dtype_and_out_are_those_of_images():
    samples = images.noisy_image((6, 9), "float64")
    assert ec.differentiate(samples, dtype=np.float32).dtype == np.float32
    out = np.empty_like(samples)
    assert ec.differentiate(samples, out=out) is out
    np.testing.assert_array_equal(out, ec.differentiate(samples))
    expected = ec.differentiate(samples)
    np.testing.assert_array_equal(ec.differentiate(samples, out=samples), expected)


def test_a_volume_whose_last_axis_has_three_samples_is_no_colour_image():
    samples = images.noisy_image((5, 6, 3), "float64")
    for axis in (-1, "x", "y", 0):
        number = {"x": 2, "y": 1}.get(axis, axis)
        np.testing.assert_allclose(ec.differentiate(samples, axis=axis), np.gradient(samples, axis=number, edge_order=2), rtol=0, atol=1e-14)


@pytest.mark.parametrize(("order", "accuracy"), [(1, 2), (1, 4), (2, 2), (2, 4), (3, 2)])
@pytest.mark.parametrize("size", range(1, 9))
def test_few_samples_are_refused_or_exact_in_the_same_way_for_a_step_and_for_coordinates(order, accuracy, size):
    samples = np.arange(1.0, size + 1) ** order
    results = []
    for spacing in (1.0, np.arange(size, dtype=float)):
        try:
            results.append(ec.differentiate(samples, spacing, order=order, accuracy=accuracy))
        except ValueError as error:
            assert "samples" in str(error) or "order" in str(error)
    if size <= order:
        assert not results
    elif size >= order + accuracy:
        assert len(results) == 2
    assert len(results) != 1
    for result in results:
        np.testing.assert_allclose(result, factorial(order), rtol=1e-9)


@pytest.mark.parametrize("dtype", ["int16", "uint8", "float32", "float64"])
@pytest.mark.parametrize("options", [{"spacing": UNEVEN}, {"spacing": 0.5, "accuracy": 18}], ids=["coordinates", "few samples"])
def test_dtype_and_out_are_taken_wherever_the_weights_differ_from_sample_to_sample(options, dtype):
    samples = 40 * np.sin(np.arange(16.0)) + 100
    plain = ec.differentiate(samples, **options)
    expected = np.clip(np.rint(plain), np.iinfo(dtype).min, np.iinfo(dtype).max) if np.dtype(dtype).kind in "iu" else plain
    np.testing.assert_array_equal(ec.differentiate(samples, **options, dtype=dtype), expected.astype(dtype))
    out = np.zeros(16, dtype)
    assert ec.differentiate(samples, **options, out=out) is out
    np.testing.assert_array_equal(out, expected.astype(dtype))
    single = samples.astype(np.float32)
    np.testing.assert_allclose(ec.differentiate(single, **options, dtype="float64"), ec.differentiate(single.astype(float), **options), rtol=1e-13)
    assert ec.differentiate(single, **options).dtype == np.float32
    own = samples.copy()
    np.testing.assert_array_equal(ec.differentiate(own, **options, out=own), plain)


def test_a_border_beside_coordinates_is_refused():
    with pytest.raises(ValueError, match="border: 'wrap' came with an array of coordinates"):
        ec.differentiate(np.arange(16.0), UNEVEN, border="wrap")


@pytest.mark.parametrize(
    "wrong", [np.full(8, 0.5), np.full(9, 0.5), np.ones(9), [0.1] * 9, [1.0, 2, 3], np.zeros(9), np.zeros((9, 1)), np.zeros((1, 9)), []], ids=repr
)
def test_steps_given_where_coordinates_belong_do_not_pass(wrong):
    with pytest.raises(ValueError, match="spacing"):
        ec.differentiate(np.arange(9.0) ** 2, wrong)


def test_an_error_about_n_minus_1_steps_says_how_to_make_coordinates_of_them():
    steps = np.diff(UNEVEN)
    with pytest.raises(ValueError, match="cumsum"):
        ec.differentiate(np.arange(16.0), steps)


@pytest.mark.parametrize("wrong", [0, 0.0, -0.0, np.nan, np.inf, -np.inf, np.float32("nan")])
def test_a_step_that_is_0_or_not_finite_is_refused(wrong):
    with pytest.raises(ValueError, match="spacing"):
        ec.differentiate(np.arange(9.0), wrong)


@pytest.mark.parametrize("at", [0, 4, 8])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_coordinates_that_are_not_finite_are_refused(at, value):
    x = np.arange(9.0)
    x[at] = value
    with pytest.raises(ValueError, match="spacing"):
        ec.differentiate(np.arange(9.0), x)


@pytest.mark.parametrize("x", [[0, 1, 2, 2, 4], [0, 1, 3, 2, 4], [4, 3, 2, 2, 0], [0, 0, 0, 0, 0]])
def test_coordinates_that_turn_back_or_stand_still_are_refused(x):
    with pytest.raises(ValueError, match=r"spacing.*rise or fall"):
        ec.differentiate(np.arange(5.0), x)


@pytest.mark.parametrize(
    "wrong",
    [
        "a",
        "1",
        True,
        [True] * 9,
        np.timedelta64(1, "s"),
        np.arange(9).astype("M8[s]"),
        [str(k) for k in range(9)],
        None,
        1j,
        [1j] * 9,
        Ellipsis,
        {},
        ["a"] * 9,
        [[1], [1, 2]],
    ],
    ids=repr,
)
def test_a_spacing_that_is_no_number_is_refused(wrong):
    with pytest.raises((TypeError, ValueError), match="spacing"):
        ec.differentiate(np.arange(9.0), wrong)


WRONG = {
    "order": (0, -1, 1.5, "1", True, 40, 9),
    "accuracy": (0, -2, 2.0, None, 31),
    "axis": (1, -2, "z", None, 0.0),
    "border": ("mirror", None, 1, ["reflect"]),
}


@pytest.mark.parametrize(("argument", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_other_arguments_out_of_range_are_refused_by_their_name(argument, value):
    with pytest.raises((TypeError, ValueError), match=argument):
        ec.differentiate(np.arange(9.0), **{argument: value})


@pytest.mark.parametrize(
    "samples", [3.0, np.float64(3), "abc", None, [[1, 2], [3]], np.zeros(5, complex), np.array([1, None], object), np.ma.array([1.0, 2, 3])], ids=repr
)
def test_samples_that_are_no_array_of_numbers_are_refused_by_their_name(samples):
    with pytest.raises((TypeError, ValueError), match="samples"):
        ec.differentiate(samples)


@pytest.mark.parametrize("accuracy", [2, 4])
def test_nan_spreads_only_as_far_as_the_stencil(accuracy):
    samples = images.noisy_image((30,), "float64")
    samples[15] = np.nan
    reached = [k for k in range(30) if 0 < abs(k - 15) <= accuracy // 2]
    assert np.flatnonzero(np.isnan(ec.differentiate(samples, accuracy=accuracy))).tolist() == reached


@given(
    size=st.integers(9, 30), order=st.integers(1, 3), accuracy=st.sampled_from((2, 4)), step=st.floats(0.01, 100),
    seed=st.integers(0, 99), border=st.sampled_from(("one-sided", "wrap", "valid")),
)  # fmt: skip
def test_linear_and_free_of_units(size, order, accuracy, step, seed, border):
    a, b = images.noisy_image((2, size), "float64", seed)
    options = {"order": order, "accuracy": accuracy, "border": border}
    plain = ec.differentiate(a, **options)
    scale = 1e-11 * max(1, np.abs(plain).max(initial=0))
    np.testing.assert_allclose(ec.differentiate(a, step, **options) * step**order, plain, rtol=0, atol=scale)
    np.testing.assert_allclose(ec.differentiate(2 * a + b, **options), 2 * plain + ec.differentiate(b, **options), rtol=0, atol=1e-11 + 2 * scale)


@given(size=st.integers(3, 40), seed=st.integers(0, 99), order=st.integers(1, 2))
def test_samples_read_backwards_change_the_sign_of_odd_derivatives(size, seed, order):
    if size < order + 2:
        size = order + 2
    samples = images.noisy_image((size,), "float64", seed)
    forwards, backwards = ec.differentiate(samples, order=order), ec.differentiate(samples[::-1], order=order)
    np.testing.assert_allclose(backwards[::-1], (-1) ** order * forwards, rtol=0, atol=1e-13)


def test_no_samples_at_no_coordinates_are_refused():
    with pytest.raises(ValueError, match="samples: 0 along axis"):
        ec.differentiate(np.zeros(0), np.zeros(0))


def test_an_output_in_a_tuple_of_one_is_taken_at_any_border():
    samples = np.arange(9.0) ** 2
    for border in ("reflect", "one-sided"):
        out = (np.zeros(9),)
        assert ec.forward(samples, border=border, out=out) is out[0]
        np.testing.assert_array_equal(out[0], ec.forward(samples, border=border))
    places = np.array([0, 1, 3, 4, 5, 6, 7, 8, 9.5])
    assert ec.differentiate(samples, places, out=out) is out[0]
    np.testing.assert_array_equal(out[0], ec.differentiate(samples, places))


@pytest.mark.parametrize(
    "x",
    [
        (1000 + 1e-3 * (np.arange(12) + 0.2 * (-1.0) ** np.arange(12))).astype(np.float32),
        1.7e9 + np.cumsum([5, 4, 6, 5, 6, 4, 5, 5, 4, 6]) * 1e-6,
        1e6 + np.cumsum([3.0, 2, 4, 3, 3]) * 2.0**-30,
    ],
    ids=["float32 seconds", "microseconds since 1970", "a few places apart"],
)
def test_uneven_steps_far_from_zero_are_no_even_ones(x):
    np.testing.assert_allclose(ec.differentiate(5 * (x.astype(float) - float(x[0])), x), 5, rtol=1e-9)


@pytest.mark.parametrize(
    "x", [np.linspace(-6, 6, 1001), np.linspace(0, 1, 999, dtype=np.float32), 7 + 0.1 * np.arange(100), np.linspace(1e9, 1e9 + 1, 50)], ids=str
)
def test_even_steps_but_for_their_rounding_are_a_distance(x):
    y = np.random.default_rng(0).standard_normal(len(x))
    step = (float(x[-1]) - float(x[0])) / (len(x) - 1)
    np.testing.assert_array_equal(ec.differentiate(y, x), ec.differentiate(y, step))


def test_masked_coordinates_are_refused():
    with pytest.raises(TypeError, match="spacing: a masked array"):
        ec.differentiate(np.arange(3.0), np.ma.array([0.0, 1.0, 2.0], mask=[False, True, False]))


def test_jitter_of_a_clock_counts_where_floats_hold_it():
    """Seconds since 1970 have 2e-7 to the last bit: steps of 1e-4 that differ by five bits are no even ones."""
    t = 1.7e9 + np.arange(400) * 1e-4 + np.random.default_rng(0).uniform(-1.3e-6, 1.3e-6, 400)
    np.testing.assert_allclose(ec.differentiate(3 * (t - t[0]), t), 3, rtol=1e-11)
    np.testing.assert_allclose(ec.differentiate((t - t[0]) ** 2, t, order=2), 2, rtol=1e-8)


@pytest.mark.parametrize("dtype", ["int64", "uint64", ">i8"])
def test_nanoseconds_keep_their_digits(dtype):
    t = np.arange(400) * 10_000 + 1_700_000_000_000_000_000 + np.random.default_rng(0).integers(-100, 101, 400)
    for times in (t.astype(dtype), t[::-1].astype(dtype), t[::-1].astype(dtype)[::-1]):
        np.testing.assert_allclose(ec.differentiate(3.0 * (times.astype(np.int64) - t[0]), times), 3, rtol=1e-11)
    np.testing.assert_array_equal(ec.differentiate(np.arange(5.0), (np.arange(5) + 2**60).astype(dtype)), np.ones(5))


def test_coordinates_as_far_apart_as_64_bits_go():
    np.testing.assert_allclose(ec.differentiate(np.array([0.0, 1.0, 3.0]), [-(2**63), 0, 2**63 - 1]) * 2.0**63, [0.5, 1.5, 2.5])
