"""Activations against decimals of 60 digits, at the ends of the floats, and where the naive formulas fail."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from edgecalc.calculus import activations
from edgecalc.calculus.activations import ACTIVATIONS, SELU_ALPHA, SELU_LAMBDA

NAMES = ("sigmoid", "tanh", "softplus", "ReLU", "leaky ReLU", "ELU", "PReLU", "SELU", "swish")
FORMS = ("call", "derivative")
LAMBDA, LAMBDA_ALPHA = Decimal(SELU_LAMBDA), Decimal(SELU_LAMBDA) * Decimal(SELU_ALPHA)


def sigmoid(x):
    return 1 / (1 + (-x).exp())


def tanh_slope(x):
    w = (-2 * abs(x)).exp()
    return 4 * w / (1 + w) ** 2


def tanh(x):
    w = (-2 * abs(x)).exp()
    return ((1 - w) / (1 + w)).copy_sign(x)


EXACT = {
    ("sigmoid", "call"): sigmoid,
    ("sigmoid", "derivative"): lambda x: sigmoid(x) * sigmoid(-x),
    ("tanh", "call"): tanh,
    ("tanh", "derivative"): tanh_slope,
    ("softplus", "call"): lambda x: (1 + x.exp()).ln(),
    ("softplus", "derivative"): sigmoid,
    ("ELU", "call"): lambda x: x if x > 0 else x.exp() - 1,
    ("ELU", "derivative"): lambda x: Decimal(1) if x > 0 else x.exp(),
    ("SELU", "call"): lambda x: LAMBDA * x if x > 0 else LAMBDA_ALPHA * (x.exp() - 1),
    ("SELU", "derivative"): lambda x: LAMBDA if x > 0 else LAMBDA_ALPHA * x.exp(),
    ("swish", "call"): lambda x: x * sigmoid(x),
    ("swish", "derivative"): lambda x: sigmoid(x) * (1 + x * sigmoid(-x)),
}


def tails(seed, count=500):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.uniform(-745, -2, count), rng.uniform(-746, -698, count), rng.uniform(-40, -2, count), rng.uniform(2, 745, count)])


def rounded(exact, x, dtype=np.float64):
    """The exact values, rounded once, and the spacing of floats there."""
    with localcontext() as context:
        context.prec = 360  # log(1 + e^-745) needs them
        values = np.array([float(exact(Decimal(float(each)))) for each in x])
    values = values.astype(dtype)
    return values, np.spacing(np.abs(values))


@pytest.mark.parametrize(("name", "form"), EXACT)
def test_tails_are_within_2_ulp_of_the_correctly_rounded_result(name, form):
    x = tails(1, 60)
    expected, ulp = rounded(EXACT[name, form], x)
    assert np.all(np.abs(getattr(ACTIVATIONS[name], form)(x) - expected) <= 2 * ulp)


@pytest.mark.parametrize(("name", "form"), [key for key in EXACT if key != ("swish", "derivative")])
def test_the_middle_is_within_3_ulp(name, form):
    x = np.random.default_rng(2).uniform(-3, 3, 200)
    expected, ulp = rounded(EXACT[name, form], x)
    assert np.all(np.abs(getattr(ACTIVATIONS[name], form)(x) - expected) <= 3 * ulp)


def test_swish_derivative_next_to_its_zero_is_off_by_less_than_5e_16():
    x = np.random.default_rng(3).uniform(-3, 3, 200)
    expected, _ = rounded(EXACT["swish", "derivative"], x)
    assert np.abs(activations.swish_derivative(x) - expected).max() < 5e-16


@pytest.mark.parametrize(("name", "form"), EXACT)
def test_float32_is_kept_and_correctly_rounded(name, form):
    x = np.random.default_rng(4).uniform(-100, 100, 60).astype(np.float32)
    result = getattr(ACTIVATIONS[name], form)(x)
    expected, ulp = rounded(EXACT[name, form], x, np.float32)
    assert result.dtype == np.float32
    assert np.all(np.abs(result - expected) <= ulp)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_warns_and_only_nan_gives_nan(name, form):
    call = getattr(ACTIVATIONS[name], form)
    most, least = np.finfo(np.float64).max, 5e-324
    x = np.array([-np.inf, -most, -1e300, -746.0, -1.0, -least, -0.0, 0.0, least, 1.0, 710.0, 1e300, most / 2, np.inf, np.nan])
    with np.errstate(all="ignore"):
        single = x.astype(np.float32)
    with np.errstate(all="raise"):
        result, small = call(x), call(single)
    assert np.isnan(result).tolist() == [False] * 14 + [True]
    assert np.isnan(small).tolist() == [False] * 14 + [True]
    if form == "derivative":
        assert np.all(np.abs(result[:-1]) <= LAMBDA_ALPHA)
        assert result[13] == (SELU_LAMBDA if name == "SELU" else 0 if name in ("sigmoid", "tanh") else 1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_any_shape_and_type_of_real_number_is_taken(name, form):
    call = getattr(ACTIVATIONS[name], form)
    for shape in ((), (3,), (2, 0), (2, 3, 4)):
        for dtype, kept in ((np.float64, np.float64), (np.float32, np.float32), (np.float16, np.float32), (np.int8, np.float64), (bool, np.float64)):
            x = np.ones(shape, dtype)
            result = call(x)
            assert np.shape(result) == shape and result.dtype == kept
            np.testing.assert_array_equal(result, call(np.ones(shape)).astype(kept))
    assert call([1, 2]).shape == (2,)
    assert isinstance(call(1), np.float64)


@pytest.mark.parametrize("name", NAMES)
def test_the_derivative_is_the_slope_of_the_function(name):
    row = ACTIVATIONS[name]
    x = np.random.default_rng(5).uniform(-4, 4, 200)
    step = 2.0**-17
    slope = (row.call(x + step) - row.call(x - step)) / (2 * step)
    np.testing.assert_allclose(row.derivative(x), slope, atol=1e-9)


def test_sigmoid_slope_is_s_times_1_minus_s():
    s = activations.sigmoid(x := np.linspace(-6, 6, 400))
    np.testing.assert_allclose(activations.sigmoid_derivative(x), s * (1 - s), rtol=1e-13)


def test_tanh_slope_is_1_minus_tanh_squared():
    x = np.linspace(-3, 3, 400)
    np.testing.assert_allclose(activations.tanh_derivative(x), 1 - np.tanh(x) ** 2, rtol=1e-12)


def test_swish_slope_is_swish_plus_s_times_1_minus_swish():
    x = np.linspace(-6, 6, 400)
    s, swish = activations.sigmoid(x), activations.swish(x)
    np.testing.assert_allclose(activations.swish_derivative(x), swish + s * (1 - swish), rtol=0, atol=1e-15)


def test_naive_softplus_overflows_at_800():
    with np.errstate(over="ignore"):
        assert np.log(1 + np.exp(800.0)) == np.inf
    assert activations.softplus(800.0) == 800


def test_naive_tanh_slope_has_lost_every_digit_at_20():
    assert 1 - np.tanh(20.0) ** 2 == 0
    assert activations.tanh_derivative(20.0) == pytest.approx(1.699341702116e-17, rel=1e-12)


def test_naive_sigmoid_slope_has_lost_every_digit_at_40():
    s = 1 / (1 + np.exp(-40.0))
    assert s * (1 - s) == 0
    assert activations.sigmoid_derivative(40.0) == pytest.approx(np.exp(-40.0), rel=1e-15)


def test_at_zero_the_slope_of_relu_is_a_choice_and_0_by_default():
    assert activations.relu_derivative(0.0) == activations.relu_derivative(-0.0) == 0
    for choice in (0.5, 1):
        assert activations.relu_derivative([-1.0, 0.0, 1.0], choice).tolist() == [0, choice, 1]
    for name, left in (("leaky ReLU", 0.01), ("PReLU", 0.25), ("ELU", 1.0), ("SELU", SELU_LAMBDA * SELU_ALPHA)):
        derivative = ACTIVATIONS[name].derivative
        assert derivative(0.0) == left
        assert derivative(0.0, at_zero=0.5) == 0.5


def test_alpha_is_a_parameter_and_of_prelu_one_for_each_channel():
    assert activations.leaky_relu(-2.0, alpha=0.5) == -1
    assert activations.elu(-np.inf, alpha=3.0) == -3
    assert activations.elu_derivative([-np.inf, 0.0], alpha=3.0).tolist() == [0, 3]
    x, alpha = np.array([[-2.0, -2.0], [2.0, 2.0]]), np.array([0.5, 0.25])
    assert activations.prelu(x, alpha).tolist() == [[-1, -0.5], [2, 2]]
    assert activations.prelu_derivative(x, alpha).tolist() == [[0.5, 0.25], [1, 1]]
    assert activations.leaky_relu(-np.inf, alpha=0) == 0


def test_elu_slope_keeps_its_digits_for_a_large_alpha_where_e_to_the_x_has_none_left():
    expected, ulp = rounded(lambda x: 10**9 * x.exp(), [-744.0])
    assert abs(activations.elu_derivative(-744.0, alpha=1e9) - expected[0]) <= 2 * ulp[0]


def test_lambda_and_alpha_of_selu_keep_mean_0_and_deviation_1():
    x, weight = np.polynomial.hermite_e.hermegauss(180)
    y, weight = activations.selu(x), weight / np.sqrt(2 * np.pi)
    assert weight @ y == pytest.approx(0, abs=2e-3)
    assert weight @ y**2 == pytest.approx(1, abs=2e-3)


def test_all_nine_are_there_and_the_table_cannot_be_changed():
    assert tuple(ACTIVATIONS) == NAMES
    with pytest.raises(TypeError):
        ACTIVATIONS["mine"] = None
    with pytest.raises(AttributeError):
        ACTIVATIONS["ReLU"].name = "mine"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("x", ["1", 1j, [1j], None, np.array([object()]), np.ma.masked_array([1.0], [True]), np.longdouble(1)])
def test_what_is_no_real_number_is_refused_by_name(name, form, x):
    with pytest.raises(TypeError, match=r"^x: .*(accepted|fill)"):
        getattr(ACTIVATIONS[name], form)(x)


def test_bad_parameters_are_refused_by_name():
    with pytest.raises(ValueError, match=r"^alpha: nan came; finite"):
        activations.elu(1.0, alpha=np.nan)
    with pytest.raises(ValueError, match=r"^alpha: shape \(3,\) came"):
        activations.prelu([1.0, 2.0], alpha=[1, 2, 3])
    with pytest.raises(TypeError, match=r"^at_zero: <U1 came"):
        activations.relu_derivative(1.0, at_zero="a")
    with pytest.raises(ValueError, match=r"^x: rows of one length"):
        activations.relu([[1], [1, 2]])
