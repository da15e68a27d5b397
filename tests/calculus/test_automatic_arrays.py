"""Arrays that note what is done to them look like any other, keep their values and types, and say no clearly."""

import copy
import math
import pickle
import tracemalloc
import warnings

import numpy as np
import pytest

from edgecalc.calculus.automatic import (
    NoDerivative,
    derivative,
    gradient,
    hessian,
    hessian_vector,
    jacobian,
    jvp,
    value_and_gradient,
)
from tests.calculus.test_automatic_rules import near

# ---------------------------------------------------------------- values, types, warnings


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_types_stay(dtype):
    x = np.linspace(0.5, 2, 5).astype(dtype)

    def f(x):
        return np.where(x > 1, np.sqrt(x) / 3, x**3 * 2.0) + np.maximum(np.exp(-x), 0.5) * (x > 1) - np.tanh(x) / 7

    assert derivative(f, x).dtype == dtype and derivative(f, x, order=2).dtype == dtype
    value, slope = value_and_gradient(lambda x: np.sum(f(x)), x)
    assert value.dtype == slope.dtype == dtype
    assert jacobian(f, x).dtype == hessian(lambda x: np.sum(f(x)), x).dtype == hessian_vector(lambda x: np.sum(f(x)), x, x).dtype == dtype
    near(derivative(f, x).astype(float), derivative(f, x.astype(float)), 32 * float(np.finfo(dtype).eps) + 1e-15)


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (0,), (2, 0), (2, 1, 2)])
def test_any_shape(shape):
    x = np.random.default_rng(7).uniform(1, 2, shape)
    found = derivative(lambda x: x**2, x)
    assert np.shape(found) == shape and np.array_equal(found, 2 * x)
    assert np.array_equal(gradient(lambda x: np.sum(x**2), x), 2 * x)
    assert hessian(lambda x: np.sum(x**2), x).shape == jacobian(lambda x: x * x, x).shape == shape * 2
    assert np.array_equal(derivative(lambda x: 3, x), np.zeros(shape if shape else ())) if not shape else True


def test_integers_become_floats_and_a_curve_is_allowed():
    assert derivative(lambda x: x**2, 3) == 6.0
    assert gradient(lambda p: p[0] * p[1], [2, 3]).tolist() == [3.0, 2.0]
    assert derivative(lambda t: [np.cos(t), np.sin(t)], 0.0).tolist() == [0, 1]
    assert derivative(lambda x: 5.0, 1.0) == 0
    assert derivative(lambda x: 5.0, [1.0, 2.0]).tolist() == derivative(lambda x: np.full_like(x, 5), [1.0, 2.0]).tolist() == [0, 0]
    assert gradient(lambda p: 5.0, [1.0, 2.0]).tolist() == [0, 0]
    assert jacobian(lambda p: [p[0], 5.0], [1.0, 2.0]).tolist() == [[1, 0], [0, 0]]
    assert hessian(lambda p: p[0] + p[1], [1.0, 2.0]).tolist() == [[0, 0], [0, 0]]


def test_a_jacobian_with_more_answers_than_arguments():
    times = np.linspace(0, 1, 50)
    calls = []

    def f(p):
        calls.append(1)
        return p[0] * np.exp(-p[1] * times)

    found = jacobian(f, [2.0, 3.0])
    near(found, np.stack([np.exp(-3 * times), -2 * times * np.exp(-3 * times)], axis=1), 1e-15)
    assert len(calls) == 3
    assert jacobian(lambda x: np.stack([x, x, x]), np.ones((2, 2))).shape == (3, 2, 2, 2, 2)


def test_no_warning_of_its_own_and_all_of_the_function():
    x = np.array([0.0, 1.0, -0.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        derivative(np.sqrt, x)
        derivative(np.arcsin, np.array([1.0]), order=3)
        gradient(lambda x: np.sum(np.sqrt(x) * x**0.5), x)
        hessian(lambda x: np.sum(np.cbrt(x)), x)
    with pytest.warns(RuntimeWarning, match="divide by zero") as heard:
        derivative(lambda x: 1 / x, 0.0, order=3)
    assert len(heard) == 1
    with pytest.warns(RuntimeWarning, match="invalid value"):
        gradient(lambda x: np.sum(np.log(x)), [-1.0])
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        derivative(np.exp, 1000.0)


def test_what_comes_back_is_the_callers_own():
    weights = np.array([1.0, 2.0])
    for found in (
        derivative(lambda x: weights * x, np.ones(2)),
        gradient(lambda x: np.dot(weights, x), np.ones(2)),
        gradient(lambda x: np.sum(weights * x), np.ones(2)),
    ):
        found[:] = 7
    x = np.ones(2)
    gradient(lambda x: np.sum(x * x), x)[:] = 7
    assert weights.tolist() == [1, 2] and x.tolist() == [1, 1]


def test_the_argument_looks_like_an_array():
    def f(x):
        assert x.shape == (2, 3) and x.ndim == 2 and x.size == 6 and len(x) == 2 and x.dtype == np.float64
        assert f"{x[0, 0]:.1f}" == "1.0" and "array" in repr(x)
        assert (x[0, 0] > 0) is np.True_ and bool(x[0, 0])
        total = 0.0
        for row in x:
            for item in row:
                total += item
        return total + np.sum(x.copy().real) - 2 % x[0, 0] + x[0, 1] // 2

    assert gradient(f, np.ones((2, 3)) * [1.0, 2, 3]).tolist() == [[4, 2, 2], [2, 2, 2]]


# ---------------------------------------------------------------- refusals

BUFFER, SINE = np.zeros(2), math.sin


def assign(x):
    x[0] = 1.0
    return x


def fill(x):
    out = np.zeros(2)
    out[0] = x[0]
    return out


def add_in_place(x):
    x += 1
    return x


def add_to_a_plain_array(x):
    out = np.zeros(2)
    out += x
    return out


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (lambda x: math.sin(x[0]), r"math\.sin: takes a plain float and would lose the derivative; use numpy\.sin"),
        (lambda x: 2 * math.atan2(np.sin(x[0]), 1.0), r"math\.atan2.*use numpy\.atan2"),
        (lambda x: math.exp(math.sqrt(x[0])), r"math\.sqrt.*use numpy\.sqrt"),
        (lambda x: 1 + math.fsum(x), r"math\.fsum.*use numpy\.sum"),
        (lambda x: math.cos(*x[:1]), r"math\.cos: takes a plain float"),
        (lambda x: SINE(x[0]), r"math\.sin.*use numpy\.sin"),
        (np.vectorize(math.sin), r"numpy\.asarray.*leave it out"),
        (lambda x: math.gamma(x[0]), r"math\.gamma.*no counterpart in NumPy"),
        (lambda x: float(x[0]) ** 2, r"float\(x\): would lose the derivative; leave it out"),
        (lambda x: int(x[0]), r"int\(x\): would lose the derivative"),
        (np.fft.fft, r"numpy\.fft\.fft: has no derivative rule.*calculus\.derivative"),
        (np.i0, r"numpy\.i0: has no derivative rule"),
        (lambda x: np.nextafter(x, 1), r"numpy\.nextafter: has no derivative rule"),
        (lambda x: np.histogram(x)[0], r"numpy\.histogram: has no derivative rule"),
        (lambda x: np.add(x, 1, out=BUFFER), r"numpy\.add: an array is changed in place.*y = y \+ x"),
        (np.hypot.reduce, r"numpy\.hypot: reduce came; only the plain call"),
        (lambda x: np.add(x, 1, where=[True, False]), r"numpy\.add: where= came"),
        (lambda x: np.sum(x, dtype=float), r"numpy\.sum: dtype= came"),
        (lambda x: np.max(x, initial=3), r"numpy\.max: .*'initial'"),
        (lambda x: np.array([x[0], x[1]]), r"numpy\.array.*numpy\.stack"),
        (np.asarray, r"numpy\.array.*numpy\.stack"),
        (assign, r"changed in place.*numpy\.where"),
        (fill, r"would lose the derivative"),
        (add_in_place, r"add: an array is changed in place.*y = y \+ x"),
        (add_to_a_plain_array, r"numpy\.add: an array is changed in place"),
        (lambda x: x * 1j, r"complex128 came up on the way; real floats"),
        (lambda x: np.einsum("ii->i", x[None][:, :1]), r'numpy\.einsum: "ii->i" came'),
        (lambda x: np.einsum(x, [0]), r"numpy\.einsum: operands with lists"),
        (lambda x: np.linalg.norm(x[None], "nuc"), r"numpy\.linalg\.norm: ord='nuc' came"),
        (lambda x: np.linalg.svd(x[:, None] * x), r"numpy\.linalg\.svd: has no derivative rule"),
    ],
)
def test_what_cannot_be_differentiated_says_so_and_what_to_do(f, said):
    for run in (lambda: jvp(f, np.array([0.5, 0.7]), np.ones(2)), lambda: gradient(lambda x: np.sum(f(x)), np.array([0.5, 0.7]))):
        with pytest.raises(NoDerivative, match=said):
            run()


def test_a_function_of_the_math_module_itself():
    with pytest.raises(NoDerivative, match=r"math\.sin: takes a plain float and would lose the derivative; use numpy\.sin"):
        derivative(math.sin, 1.0)


def test_an_attribute_that_is_not_there():
    with pytest.raises(AttributeError, match=r"x\.tolist: a traced array has no tolist; use a function of NumPy"):
        gradient(lambda x: x.tolist()[0], [1.0])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: derivative(np.sin, 1j), TypeError, r"x: complex128 came; a real number.*real and the imaginary part"),
        (lambda: derivative(np.sin, "one"), TypeError, r"x: <U3 came; a real number or an array of them is accepted"),
        (lambda: derivative(np.sin, [True]), TypeError, r"x: bool came"),
        (lambda: gradient(np.sum, np.array([None])), TypeError, r"x: object came"),
        (lambda: derivative(np.sin, 1.0, order=0), ValueError, r"order: 0 came; an int from 1 to 30"),
        (lambda: derivative(np.sin, 1.0, order=99), ValueError, r"order: 99 came"),
        (lambda: derivative(np.sin, 1.0, order=1.5), TypeError, r"order: 1.5 came"),
        (lambda: derivative(np.sum, [1.0, 2.0]), ValueError, r"f: shape \(\) came for x of shape \(2,\).*gradient, jacobian or jvp"),
        (lambda: gradient(np.sin, [1.0, 2.0]), ValueError, r"f: shape \(2,\) came; one number is accepted: sum it, or use jacobian"),
        (lambda: hessian(np.sin, [1.0, 2.0]), ValueError, r"f: shape \(2,\) came; one number"),
        (lambda: jvp(np.sin, [1.0, 2.0], [1.0]), ValueError, r"direction: shape \(1,\) came; the shape of x, \(2,\), is accepted"),
        (lambda: hessian_vector(np.sum, [1.0, 2.0], 1.0), ValueError, r"v: shape \(\) came"),
        (
            lambda: gradient("sin", [1.0]),
            TypeError,
            r"f: 'sin' came; a function of one array is accepted; of a formula that is calculus.Expression.parse",
        ),
        (lambda: jvp(np.sin, 1.0, 1j), TypeError, r"direction: complex128 came"),
    ],
)
def test_arguments_that_are_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()


# ---------------------------------------------------------------- code that is followed must be the code


def test_what_code_changes_after_it_was_used_is_remembered_as_it_was():
    def fading(p):
        weights, total = np.ones(p.shape[-1]), 0
        for k in (1, 2, 3):
            total = total + p**k * weights
            weights *= 0.5
        return np.sum(total)

    def cleared(p):
        places, mask, matrix = np.array([0, 1]), np.array([True, False]), np.eye(2)
        picked, chosen, turned = p[places], np.where(mask, p, 0.0), matrix @ p
        places[:], mask[:], matrix[:] = 0, True, 0
        return np.sum(picked**2) + np.sum(chosen**3) + np.sum(turned**2)

    np.testing.assert_array_equal(gradient(fading, [1.0, 2.0]), [2.75, 6.0])
    np.testing.assert_array_equal(hessian(fading, [1.0, 2.0]), [[2.5, 0], [0, 4]])
    np.testing.assert_array_equal(gradient(cleared, [2.0, 3.0]), [20, 12])


@pytest.mark.parametrize("mode", [gradient, hessian])
def test_code_that_catches_what_cannot_be_followed_is_refused_where_it_gives_another_value(mode):
    def penalised(p):
        try:
            return np.sum(p**2) - np.sum(np.log(np.linalg.svdvals(np.diag(p))))
        except Exception:
            return 1e10

    with pytest.raises(NoDerivative, match="where it is followed"):
        mode(penalised, [1.0, 2.0])


def test_code_that_finds_another_way_to_the_same_value_is_taken():
    def either(p):
        try:
            return math.sin(p[0]) * p[1]
        except TypeError:
            return np.sin(p[0]) * p[1]

    np.testing.assert_array_equal(gradient(either, [1.0, 2.0]), [2 * np.cos(1.0), np.sin(1.0)])


REDUCED = {
    "sum": np.sum,
    "mean": np.mean,
    "sums of rows": lambda y: np.sum(np.sum(np.reshape(y, (2, 2)), axis=1) ** 2),
    "cumsum": lambda y: np.sum(np.cumsum(y)),
    "concatenate": lambda y: np.sum(np.concatenate([y, y])),
    "matmul": lambda y: np.sum(np.ones((3, 4)) @ y),
    "einsum": lambda y: np.einsum("i,i->", y, np.arange(4.0)),
}


@pytest.mark.parametrize("name", REDUCED)
def test_a_branch_that_was_not_taken_does_no_harm_through_any_function(name):
    def safe(p):
        return REDUCED[name](np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0))

    def risky(p):
        return REDUCED[name](np.where(p > 0, p * np.log(p), 0))

    place = np.array([-1.0, 0.0, 1.0, 2.0])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(gradient(risky, place), gradient(safe, place), rtol=1e-14)
        np.testing.assert_allclose(hessian(risky, place), hessian(safe, place), rtol=1e-14)


def test_orders_of_numbers():
    weights = np.arange(6.0)
    np.testing.assert_array_equal(gradient(lambda p: p.reshape(2, 3, order="F").flatten("F") @ weights, np.ones(6)), weights)
    for code in (lambda p: np.ravel(p.reshape(2, 3).T, "K") @ weights, lambda p: np.reshape(p, 6, "A") @ weights):
        with pytest.raises(NoDerivative, match="how the numbers lie in memory"):
            gradient(code, np.ones(6))


def test_a_length_of_one_in_einsum_stands_for_any():
    np.testing.assert_array_equal(gradient(lambda p: np.einsum("i,i->", p[:1], p), [1.0, 2.0, 3.0]), [7, 1, 1])


def test_copies_and_questions_of_type_go_the_way_of_plain_arrays():
    for copied in (copy.copy, copy.deepcopy, np.copy):
        assert gradient(lambda p, copied=copied: np.sum(copied(p) ** 2), [1.0, 2.0]).tolist() == [2, 4]
    with pytest.raises(NoDerivative, match="pickle"):
        gradient(lambda p: np.sum(pickle.loads(pickle.dumps(p))), [1.0])
    assert gradient(lambda p: np.sum(p**2) if isinstance(p, np.ndarray) else np.sum(p), [1.0, 2.0]).tolist() == [2, 4]
    assert derivative(lambda x: x**2 if np.isscalar(x) and isinstance(x, float) else x**3, 2.0) == 4
    with pytest.raises(NoDerivative, match="complex"):
        derivative(lambda w: np.abs(1 / (1 + 1j * w)), 2.0)
    assert derivative(lambda x: sum(divmod(x, 3)), 7.5) == 1


def test_a_constant_is_kept_once_however_often_it_is_used():
    matrix, vector = np.full((200, 200), 0.005), np.ones(200)
    tracemalloc.start()
    try:
        gradient(lambda p: np.sum([p := matrix @ p for _ in range(100)][-1]), vector)
        assert tracemalloc.get_traced_memory()[1] < 20 * matrix.nbytes
    finally:
        tracemalloc.stop()


def test_a_masked_constant_is_refused():
    with pytest.raises(NoDerivative, match="masked"):
        gradient(lambda p: np.sum(p * np.ma.array([1.0, 2.0], mask=[False, True])), [1.0, 2.0])
