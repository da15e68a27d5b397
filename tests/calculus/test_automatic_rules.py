"""Every rule of automatic differentiation, against complex steps and differences, in both directions."""

import numpy as np
import pytest

from edgecalc.calculus import automatic_functions as functions
from edgecalc.calculus.automatic import derivative, gradient, hessian, hessian_vector, jacobian, jvp, value_and_gradient
from edgecalc.calculus.automatic_composed import COMPOSED
from edgecalc.calculus.automatic_functions import ARRAYS
from edgecalc.calculus.automatic_rules import ELEMENTWISE, PLAIN

EIGHTH = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])
ANY, POSITIVE, INSIDE, ABOVE_ONE = (-2.0, 2.0), (0.3, 3.0), (-0.8, 0.8), (1.2, 3.0)

# Where each ufunc is tried, one interval for each operand.
INTERVALS = {
    np.add: (ANY, ANY),
    np.subtract: (ANY, ANY),
    np.multiply: (ANY, ANY),
    np.divide: (ANY, POSITIVE),
    np.power: (POSITIVE, ANY),
    np.float_power: (POSITIVE, ANY),
    np.remainder: ((3.2, 3.6), (0.755, 0.765)),
    np.fmod: ((-3.6, -3.2), (0.755, 0.765)),
    np.positive: (ANY,),
    np.negative: (ANY,),
    np.conjugate: (ANY,),
    np.absolute: (POSITIVE,),
    np.fabs: ((-3.0, -0.3),),
    np.copysign: (POSITIVE, (-3.0, -0.3)),
    np.square: (ANY,),
    np.sqrt: (POSITIVE,),
    np.cbrt: (POSITIVE,),
    np.reciprocal: (POSITIVE,),
    np.exp: (ANY,),
    np.exp2: (ANY,),
    np.expm1: (ANY,),
    np.log: (POSITIVE,),
    np.log2: (POSITIVE,),
    np.log10: (POSITIVE,),
    np.log1p: (INSIDE,),
    np.logaddexp: (ANY, ANY),
    np.logaddexp2: (ANY, ANY),
    np.sin: (ANY,),
    np.cos: (ANY,),
    np.tan: (INSIDE,),
    np.arcsin: (INSIDE,),
    np.arccos: (INSIDE,),
    np.arctan: (ANY,),
    np.arctan2: (POSITIVE, ANY),
    np.hypot: (POSITIVE, ANY),
    np.sinh: (ANY,),
    np.cosh: (ANY,),
    np.tanh: (ANY,),
    np.arcsinh: (ANY,),
    np.arccosh: (ABOVE_ONE,),
    np.arctanh: (INSIDE,),
    np.deg2rad: (ANY,),
    np.radians: (ANY,),
    np.rad2deg: (ANY,),
    np.degrees: (ANY,),
}
WITHOUT_COMPLEX = {np.remainder, np.fmod, np.absolute, np.fabs, np.copysign, np.cbrt, np.logaddexp, np.logaddexp2, np.arctan2, np.hypot}
WITHOUT_COMPLEX |= {np.deg2rad, np.radians, np.rad2deg, np.degrees, np.conjugate}

RNG = np.random.default_rng(0)
MATRIX, VECTOR, CUBE = RNG.normal(size=(4, 3)), RNG.normal(size=4), RNG.normal(size=(2, 4, 3))
YES = RNG.random((3, 4)) > 0.5
SQUARE = RNG.normal(size=(3, 3)) + 3 * np.eye(3)
PLACES = np.array([-1.5, 0.3, 1.2, 2.0])


def grown(x):
    """A matrix far from singular, and one that is positive."""
    return SQUARE + 0.2 * x[:, :3] @ x[:, 1:].T


def positive(x):
    return np.eye(3) + x @ x.T


# Each array function on x of shape (3, 4), all distinct; broadcast, with axes, negative axes and both operands.
CASES = {
    np.sum: [np.sum, lambda x: x.sum(axis=0), lambda x: np.sum(x, axis=(0, -1), keepdims=True), lambda x: x.sum(-1)],
    np.mean: [np.mean, lambda x: x.mean(axis=1), lambda x: np.mean(x, axis=0, keepdims=True)],
    np.cumsum: [np.cumsum, lambda x: x.cumsum(1), lambda x: np.cumsum(x, axis=-2)],
    np.reshape: [lambda x: np.reshape(x, (2, 6)), lambda x: x.reshape(4, -1), lambda x: x.reshape((12,))],
    np.ravel: [np.ravel, lambda x: x.flatten()],
    np.squeeze: [lambda x: np.squeeze(x[:, :1]), lambda x: x[None].squeeze(0)],
    np.expand_dims: [lambda x: np.expand_dims(x, (0, 2))],
    np.transpose: [np.transpose, lambda x: x.T @ x, lambda x: x[None].transpose(2, 0, 1), lambda x: np.transpose(x, (-1, 0))],
    np.swapaxes: [lambda x: x.swapaxes(0, 1)],
    np.moveaxis: [lambda x: np.moveaxis(x[None], 0, -1), lambda x: np.moveaxis(x[None], (0, 1), (1, 2))],
    np.flip: [np.flip, lambda x: np.flip(x, 1), lambda x: x[::-1]],
    np.roll: [lambda x: np.roll(x, 5), lambda x: np.roll(x, (1, -1), axis=(0, 1))],
    np.broadcast_to: [lambda x: np.broadcast_to(x, (2, 3, 4)), lambda x: np.broadcast_to(x[:1], (3, 4)), lambda x: np.broadcast_to(x[0, 0], (2,))],
    np.concatenate: [
        lambda x: np.concatenate([x, MATRIX.T, x * x]),
        lambda x: np.concatenate((x, x[:, :2]), axis=-1),
        lambda x: np.concatenate([x, x[0]], axis=None),
    ],
    np.where: [
        lambda x: np.where(YES, x, x * x),
        lambda x: np.where(x > 0, x, 0.0),
        lambda x: np.where(YES, x[0], 2.0),
        lambda x: np.where(True, x[0, 0], VECTOR),
    ],
    np.matmul: [
        lambda x: x @ MATRIX,
        lambda x: MATRIX @ x,
        lambda x: x @ VECTOR,
        lambda x: VECTOR[:3] @ x,
        lambda x: x[0] @ x[1],
        lambda x: np.matmul(x, CUBE),
        lambda x: CUBE[0].T @ x[0],
        lambda x: x[0] @ CUBE,
        lambda x: (x @ CUBE) @ x,
    ],
    np.dot: [
        lambda x: np.dot(x, MATRIX),
        lambda x: x.dot(x[0]),
        lambda x: np.dot(x[0], VECTOR),
        lambda x: np.dot(x, 2.0),
        lambda x: np.dot(x[0, 0], x),
        lambda x: np.dot(x, CUBE),
        lambda x: np.dot(CUBE, x[:, :2]),
    ],
    np.inner: [lambda x: np.inner(x, x), lambda x: np.inner(x[0], VECTOR), lambda x: np.inner(MATRIX.T, x), lambda x: np.inner(x, 3.0)],
    np.tensordot: [
        lambda x: np.tensordot(x, CUBE, ((0, 1), (2, 1))),
        lambda x: np.tensordot(CUBE, x, ((1, 2), (1, 0))),
        lambda x: np.tensordot(x, MATRIX, 1),
        lambda x: np.tensordot(x, x, 0),
    ],
    np.einsum: [
        lambda x: np.einsum("ij,jk->ik", x, MATRIX),
        lambda x: np.einsum("ij->j", x),
        lambda x: np.einsum("ij,kj", x, x),
        lambda x: np.einsum("ij,ij,j->i", x, x, VECTOR),
        lambda x: np.einsum("i,jk->i", VECTOR, x, optimize=True),
    ],
    functions.pick: [
        lambda x: x[1],
        lambda x: x[..., -1],
        lambda x: x[::2, 1:-1],
        lambda x: x[[0, 2, 0]],
        lambda x: x[:, None, [1, 1, 3]],
        lambda x: x[YES],
        lambda x: x[np.array([0, 1]), np.array([3, 3])],
        lambda x: x[0, 0] * x[0, 0],
        lambda x: np.stack([b - a for a, b, *_ in x]),
    ],
    functions.scatter: [lambda x: functions.scatter(x, ([0, 2, 0],), (4, 4))],
    functions.cast: [lambda x: x.astype(np.float64) ** 2],
    np.maximum: [lambda x: np.maximum(x, 0), lambda x: np.maximum(0.1, x), lambda x: np.maximum(x, x[::-1] * 2)],
    np.minimum: [lambda x: np.minimum(x, 0), lambda x: np.minimum(np.array([0.1, -0.2, 0.5, 9.0]), x), lambda x: np.minimum(x * x, x)],
    np.fmax: [lambda x: np.fmax(x, np.nan), lambda x: np.fmax(0.1, x)],
    np.fmin: [lambda x: np.fmin(np.nan, x), lambda x: np.fmin(x, x[0] * 2)],
    np.clip: [lambda x: np.clip(x, -0.5, 0.5), lambda x: x.clip(0), lambda x: x.clip(max=0.1), lambda x: np.clip(x, None, x[0])],
    np.max: [np.max, lambda x: x.max(axis=0), lambda x: np.max(x, axis=(0, 1), keepdims=True), lambda x: np.max(x[None], axis=(0, 2))],
    np.amax: [np.amax],
    np.min: [np.min, lambda x: x.min(-1), lambda x: np.min(x, axis=1, keepdims=True)],
    np.amin: [np.amin],
    np.prod: [np.prod, lambda x: x.prod(axis=0), lambda x: np.prod(x, axis=1, keepdims=True), lambda x: np.prod(x[None], axis=(0, 2))],
    np.var: [np.var, lambda x: x.var(axis=0, ddof=1), lambda x: np.var(x, axis=1, keepdims=True)],
    np.std: [np.std, lambda x: x.std(axis=0, ddof=1), lambda x: np.std(x, 1)],
    np.linalg.norm: [
        np.linalg.norm,
        lambda x: np.linalg.norm(x, axis=0),
        lambda x: np.linalg.norm(x, "fro", keepdims=True),
        lambda x: np.linalg.norm(x[0], 2),
        lambda x: np.linalg.norm(x, 1, axis=1),
        lambda x: np.linalg.norm(x[0], np.inf),
    ],
    np.diff: [np.diff, lambda x: np.diff(x, 2, 0), lambda x: np.diff(x, 0)],
    np.stack: [lambda x: np.stack([x, 2 * x]), lambda x: np.stack([x[0], VECTOR, x[1] ** 2], axis=-1), lambda x: np.stack([x[0, 0], 1.0])],
    np.vstack: [lambda x: np.vstack([x, x[0]])],
    np.hstack: [lambda x: np.hstack([x, x]), lambda x: np.hstack([x[0], x[1, 2]])],
    np.column_stack: [lambda x: np.column_stack([x, x[:, 1]])],
    np.outer: [lambda x: np.outer(x, VECTOR), lambda x: np.outer(x[0], x[1])],
    np.take: [lambda x: np.take(x, [5, 5, 0]), lambda x: x.take([1, 0], axis=1), lambda x: np.take(x, 2, axis=-1)],
    np.repeat: [lambda x: np.repeat(x, 2), lambda x: x.repeat([1, 0, 2], axis=0)],
    np.sort: [lambda x: np.sort(x, axis=0), np.sort, lambda x: np.sort(x, axis=None)],
    np.diagonal: [lambda x: x.diagonal()],
    np.trace: [lambda x: np.trace(x * x)],
    np.full_like: [lambda x: np.full_like(x, x[0, 1]), lambda x: x * np.full_like(x, 2.0), lambda x: np.full_like(a=x, fill_value=x[1, 1])],
    np.select: [lambda x: np.select([x < -0.5, x < 0.5], [x**2, 3.0 * x], 1.0), lambda x: np.select([YES, ~YES[0]], [2.0, x[1]], x)],
    np.polyval: [lambda x: np.polyval([1, -2, 3], x), lambda x: np.polyval(x[0], x[1]), lambda x: np.polyval(x[0], 0.5)],
    np.tril: [np.tril, lambda x: np.tril(x, 1)],
    np.triu: [lambda x: np.triu(x, -1)],
    np.take_along_axis: [
        lambda x: np.take_along_axis(x, np.array([[1], [0], [3]]), 1),
        lambda x: np.take_along_axis(x, np.argsort(x, axis=0), axis=0),
    ],
    np.tile: [lambda x: np.tile(x, 2), lambda x: np.tile(x[0], (2, 2))],
    np.resize: [lambda x: np.resize(x, (5, 3))],
    np.delete: [lambda x: np.delete(x, 1, axis=1), lambda x: np.delete(x, [0, 5])],
    np.split: [lambda x: np.split(x, 2, axis=1)[1], lambda x: np.concatenate(np.split(x, [1, 3], axis=1)[::-1], axis=1)],
    np.array_split: [lambda x: np.array_split(x, 3, axis=1)[0]],
    np.diag: [lambda x: np.diag(x[0]), lambda x: np.diag(x, 1), lambda x: np.diag(x[:, 0], -1)],
    np.diagflat: [np.diagflat],
    np.rot90: [np.rot90, lambda x: np.rot90(x, 2)],
    np.fliplr: [np.fliplr],
    np.flipud: [np.flipud],
    np.atleast_1d: [lambda x: np.atleast_1d(x[0, 0]), lambda x: np.concatenate(np.atleast_1d(x[0, 0], x[1], 3.0))],
    np.atleast_2d: [lambda x: np.atleast_2d(x[0])],
    np.atleast_3d: [lambda x: np.atleast_3d(x[0])],
    np.pad: [
        lambda x: np.pad(x, 1),
        lambda x: np.pad(x, ((0, 2), (1, 0)), constant_values=3.0),
        lambda x: np.pad(x[0], (2, 1), "edge"),
        lambda x: np.pad(x, 2, mode="reflect"),
        lambda x: np.pad(x, ((1, 1), (2, 0)), mode="wrap"),
        lambda x: np.pad(x, 1, "symmetric"),
    ],
    np.cumprod: [np.cumprod, lambda x: x.cumprod(1), lambda x: np.cumprod(x, axis=0), lambda x: np.cumprod(x * (x > -1), axis=-1)],
    np.median: [np.median, lambda x: np.median(x, axis=0), lambda x: np.median(x, axis=1, keepdims=True), lambda x: np.median(x, axis=(0, 1))],
    np.quantile: [
        lambda x: np.quantile(x, 0.3),
        lambda x: np.quantile(x, 0.9, axis=1),
        lambda x: np.quantile(x, 1, axis=0, keepdims=True),
        lambda x: np.quantile(x, [0.2, 0.5], axis=1),
    ],
    np.percentile: [lambda x: np.percentile(x, 35, axis=0), lambda x: np.percentile(x, [5, 95])],
    np.ptp: [np.ptp, lambda x: np.ptp(x, axis=0)],
    np.average: [
        np.average,
        lambda x: np.average(x, axis=0),
        lambda x: np.average(x, 1, VECTOR + 3),
        lambda x: np.average(x, weights=x * x),
        lambda x: np.average(VECTOR, weights=x[0] + 3, keepdims=True),
    ],
    np.nansum: [lambda x: np.nansum(np.where(YES, x, np.nan), axis=0), np.nansum],
    np.nanmean: [lambda x: np.nanmean(np.where(YES, x, np.nan), keepdims=True), lambda x: np.nanmean(x, axis=1)],
    np.trapezoid: [
        np.trapezoid,
        lambda x: np.trapezoid(x, dx=0.1, axis=0),
        lambda x: np.trapezoid(x, PLACES),
        lambda x: np.trapezoid(PLACES, x[1]),
        lambda x: np.trapezoid(x, x**2, axis=0),
    ],
    np.gradient: [
        lambda x: np.gradient(x, axis=0),
        lambda x: np.gradient(x[0], 0.1),
        lambda x: np.gradient(x, PLACES**3, axis=1),
        lambda x: np.stack(np.gradient(x)),
        lambda x: np.stack(np.gradient(x, 0.5, PLACES, axis=(0, 1))),
        lambda x: np.stack(np.gradient(x, 0.2)),
    ],
    np.linspace: [
        lambda x: np.linspace(x[0, 0], x[1, 1], 5),
        lambda x: np.linspace(x[0], 2.0, 4, endpoint=False, axis=-1),
        lambda x: np.linspace(0, x, 3),
    ],
    np.interp: [
        lambda x: np.interp(x, PLACES, [0.0, 2.0, 1.0, 5.0]),
        lambda x: np.interp([0.0, 9.0, 0.5], PLACES, x[0]),
        lambda x: np.interp(x, PLACES, x[1]),
    ],
    np.convolve: [
        lambda x: np.convolve(x[0], x[1]),
        lambda x: np.convolve(np.ravel(x), VECTOR, "same"),
        lambda x: np.convolve(VECTOR[:3], np.ravel(x), "valid"),
        lambda x: np.convolve(VECTOR[:3], np.ravel(x), mode="same"),
    ],
    np.correlate: [
        lambda x: np.correlate(np.ravel(x), VECTOR),
        lambda x: np.correlate(x[0], np.ravel(x), "full"),
        lambda x: np.correlate(np.ravel(x), x[0], "same"),
        lambda x: np.correlate(x[0], np.ravel(x)),
        lambda x: np.correlate(x[0], np.ravel(x), "same"),
    ],
    np.cross: [lambda x: np.cross(x[:, :3], x[:, 1:]), lambda x: np.cross(x, x[::-1] ** 2, axis=0), lambda x: np.cross(VECTOR[:3], x[0, :3])],
    np.kron: [lambda x: np.kron(x[:, :2], MATRIX), lambda x: np.kron(VECTOR, x), lambda x: np.kron(x[0], x[1])],
    np.vdot: [lambda x: np.vdot(x, x), lambda x: np.vdot(VECTOR, x[1])],
    np.sinc: [np.sinc, lambda x: np.sinc(x - x[0]), lambda x: np.sinc(0.3 * x)],
    np.piecewise: [
        lambda x: np.piecewise(x, [x < -0.5, x > 0.5], [lambda x: x**2, 3.0, lambda x: -x]),
        lambda x: np.piecewise(x[0], [x[0] > 9, x[0] > 0], [lambda part: part / np.max(part), np.exp]),
        lambda x: np.piecewise(x[0], YES[0], [lambda x, power: x**power, 0.0], 3),
    ],
    functions.solved: [
        lambda x: functions.solved(SQUARE, x),
        lambda x: functions.solved(np.stack([SQUARE, SQUARE.T]), x),
    ],
    np.linalg.solve: [
        lambda x: np.linalg.solve(SQUARE, x),
        lambda x: np.linalg.solve(grown(x), x[:, 0]),
        lambda x: np.linalg.solve(grown(x), [1.0, 2.0, 3.0]),
        lambda x: np.linalg.solve(np.stack([grown(x), SQUARE]), x),
    ],
    np.linalg.inv: [lambda x: np.linalg.inv(grown(x)), lambda x: np.linalg.inv(np.stack([grown(x), SQUARE]))],
    np.linalg.det: [
        lambda x: np.linalg.det(grown(x)),
        lambda x: np.linalg.det(np.stack([SQUARE, -grown(x)])),
        lambda x: np.linalg.det(x @ x.T * (x[0, 0] - x[0, :3])),
    ],
    np.linalg.slogdet: [lambda x: np.linalg.slogdet(-grown(x)).logabsdet, lambda x: np.prod(np.stack(np.linalg.slogdet(grown(x))))],
    np.linalg.cholesky: [
        lambda x: np.linalg.cholesky(positive(x)),
        lambda x: np.linalg.cholesky(np.stack([positive(x), np.eye(3)]), upper=True),
        lambda x: np.linalg.cholesky(positive(x) + np.triu(x[:, :3], 1), upper=True),
        lambda x: np.linalg.cholesky(positive(x) + np.triu(x[:, :3], 1)),
    ],
    np.linalg.eigvalsh: [lambda x: np.linalg.eigvalsh(positive(x)), lambda x: np.linalg.eigvalsh(np.stack([positive(x), grown(x)]), "U")],
    np.linalg.eigh: [lambda x: np.linalg.eigh(positive(x)).eigenvectors, lambda x: np.linalg.eigh(positive(x))[0]],
    np.linalg.matrix_power: [lambda x: np.linalg.matrix_power(grown(x), 3), lambda x: np.linalg.matrix_power(grown(x), -2)],
    np.append: [lambda x: np.append(x, 3.0), lambda x: np.append(x, x[:1], axis=0), lambda x: np.append([1.0], x)],
    np.copy: [np.copy],
    np.meshgrid: [lambda x: np.stack(np.meshgrid(x[0], x[1, :3])), lambda x: np.stack(np.meshgrid(x[0], [1.0, 2.0], x[1], indexing="ij"))],
}


def difference(f, x, h=2.0**-7):
    """Order-8 central differences of f along every element of x, of shape f(x).shape + x.shape."""
    columns = []
    for k in range(x.size):
        unit = np.zeros(x.size)
        unit[k] = h
        columns.append(sum(weight * f(x + step * unit.reshape(x.shape)) for step, weight in zip(range(-4, 5), EIGHTH, strict=True) if weight) / h)
    return np.stack(columns, axis=-1).reshape(np.shape(columns[0]) + x.shape)


def same_bits(a, b):
    return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def near(found, wanted, tolerance=2e-10):
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= tolerance * max(1.0, np.abs(wanted).max())


def holds(f, x):
    """Value, first and second derivatives, both directions, against f itself and against differences."""
    shape = np.shape(f(x))
    weights = np.random.default_rng(1).normal(size=shape)

    def weighed(x):
        return np.sum(weights * f(x) ** 2)

    value, slope = value_and_gradient(weighed, x)
    assert same_bits(value, weighed(x))
    seen = []
    jvp(lambda x: seen.append(f(x)) or seen[0], x, np.ones(x.shape))
    assert same_bits(np.asarray(seen[0].plain), np.asarray(f(x)))
    near(slope, difference(weighed, x))
    forward = np.stack([jvp(f, x, unit.reshape(x.shape)) for unit in np.eye(x.size)], axis=-1).reshape(shape + x.shape)
    near(forward, difference(f, x))
    near(jacobian(f, x), forward, 1e-13)
    bend = hessian(weighed, x)
    near(bend, difference(lambda x: gradient(weighed, x), x))
    v = np.random.default_rng(2).normal(size=x.shape)
    near(hessian_vector(weighed, x, v), np.tensordot(bend, v, x.ndim), 1e-13)


def test_every_rule_is_tried_here():
    assert set(INTERVALS) == set(ELEMENTWISE)
    assert set(CASES) == set(ARRAYS) | set(COMPOSED)


@pytest.mark.parametrize("ufunc", INTERVALS, ids=lambda ufunc: ufunc.__name__)
def test_slope_of_every_ufunc_is_its_complex_step(ufunc):
    points = [np.random.default_rng(3).uniform(*interval, 200) for interval in INTERVALS[ufunc]]
    for i, x in enumerate(points):

        def f(x, i=i):
            return ufunc(*points[:i], x, *points[i + 1 :])

        found = derivative(f, x)
        h = 2.0**-9
        near(found, sum(w * f(x + k * h) for k, w in zip(range(-4, 5), EIGHTH, strict=True) if w) / h)
        if ufunc not in WITHOUT_COMPLEX:
            near(found, f(x + 1e-200j).imag / 1e-200, 4e-15)


@pytest.mark.parametrize("ufunc", INTERVALS, ids=lambda ufunc: ufunc.__name__)
def test_every_ufunc_with_all_operands_varying_and_broadcast(ufunc):
    shapes = ((3, 1), (1, 2)) if len(INTERVALS[ufunc]) == 2 else ((3, 2),)
    rng = np.random.default_rng(4)
    points = [rng.uniform(*interval, shape) for interval, shape in zip(INTERVALS[ufunc], shapes, strict=True)]
    ends = np.cumsum([part.size for part in points])

    def f(x):
        return ufunc(*(x[end - part.size : end].reshape(part.shape) for part, end in zip(points, ends, strict=True)))

    x = np.concatenate([part.ravel() for part in points])
    weights = rng.normal(size=f(x).shape)
    near(jacobian(f, x), difference(f, x, 2.0**-9))
    near(hessian(lambda x: np.sum(weights * f(x)), x), difference(lambda x: gradient(lambda x: np.sum(weights * f(x)), x), x, 2.0**-9), 1e-9)
    assert same_bits(value_and_gradient(lambda x: np.sum(f(x)), x)[0], np.sum(f(x)))


@pytest.mark.parametrize("ufunc", INTERVALS, ids=lambda ufunc: ufunc.__name__)
def test_orders_two_to_four_of_every_ufunc(ufunc):
    """With every operand a function of x."""
    lows, widths = zip(*((low, high - low) for low, high in INTERVALS[ufunc]), strict=True)

    def f(t):
        return ufunc(*(low + width * (0.5 + 0.3 * np.sin(t + k)) for k, (low, width) in enumerate(zip(lows, widths, strict=True))))

    t = np.linspace(0.1, 2.0, 7)
    h = 2.0**-6
    for order in (2, 3, 4):
        before = [derivative(f, t + k * h, order=order - 1) for k in range(-4, 5)]
        near(derivative(f, t, order=order), np.tensordot(EIGHTH, before, 1) / h, 1e-8)


@pytest.mark.parametrize(("function", "k"), [(function, k) for function, cases in CASES.items() for k in range(len(cases))])
def test_every_array_function(function, k):
    x = np.random.default_rng(5).permutation(np.linspace(-1.7, 1.9, 12)).reshape(3, 4)
    with np.errstate(all="ignore"):
        holds(CASES[function][k], x)


REDUCED = [
    np.add.reduce,
    lambda x: np.add.reduce(x, axis=1, keepdims=True),
    lambda x: np.maximum.reduce(x, axis=None),
    lambda x: np.minimum.reduce(x, axis=1),
    np.multiply.reduce,
    lambda x: np.logaddexp.reduce(x, axis=1),
    lambda x: np.logaddexp.reduce(x, axis=None, keepdims=True),
    lambda x: np.add.accumulate(x, axis=1),
    np.multiply.accumulate,
    lambda x: np.subtract.outer(x[0], x),
    lambda x: np.multiply.outer([1.0, 2.0], x[1]),
    lambda x: np.power.outer(x[0] ** 2 + 1, x[1]),
]


@pytest.mark.parametrize("k", range(len(REDUCED)))
def test_every_method_of_a_ufunc(k):
    holds(REDUCED[k], np.random.default_rng(5).permutation(np.linspace(-1.7, 1.9, 12)).reshape(3, 4))


def test_a_determinant_of_a_singular_matrix_and_high_orders_of_matrices():
    assert gradient(np.linalg.det, np.array([[1.0, 2], [2, 4]])).tolist() == [[4, -2], [-2, 1]]
    near(gradient(np.linalg.det, np.arange(9.0).reshape(3, 3)), np.array([[-3.0, 6, -3], [6, -12, 6], [-3, 6, -3]]), 1e-13)
    for matrix in (lambda t: np.linalg.inv(np.eye(2) + t * np.ones((2, 2)))[0, 0], lambda t: np.linalg.cholesky((1 + t) * np.eye(2))[0, 0]):
        wanted = {"inv": lambda t: (1 + t) / (1 + 2 * t), "cholesky": lambda t: np.sqrt(1 + t)}
        plain = next(f for f in wanted.values() if abs(f(0.3) - matrix(0.3)) < 1e-12)
        for order in (1, 2, 5, 9):
            near(derivative(matrix, np.array(0.3), order), derivative(plain, np.array(0.3), order), 1e-10)
    near(derivative(np.sinc, np.zeros(3), 4), np.full(3, np.pi**4 / 5), 1e-14)
    near(derivative(np.sinc, np.array([1e-8])) * 1e8, np.array([-(np.pi**2) / 3]), 1e-14)


@pytest.mark.parametrize("function", sorted(PLAIN, key=lambda function: function.__name__), ids=lambda function: function.__name__)
def test_plain_functions_give_plain_arrays(function):
    x = np.array([0.5, -1.5])
    pair = getattr(function, "nin", 0) == 2 or function in (np.isclose, np.allclose, np.array_equal, np.isin, np.searchsorted, np.digitize)
    seen = []

    def f(x):
        seen.append(repr(function(x, x) if pair else function(x)))
        return x

    derivative(f, x)
    assert seen == [repr(function(x, x) if pair else function(x))]
