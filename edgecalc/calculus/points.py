"""What the derivatives say about a point: tangents, secants, planes, curvature, and where a function has its extremes."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from edgecalc.calculus import numeric
from edgecalc.calculus.activations import number, real_array
from edgecalc.calculus.functions import values_of
from edgecalc.calculus.gradients import gradient_of
from edgecalc.calculus.hessians import hessian
from edgecalc.calculus.notebook import shown
from edgecalc.calculus.probe import BadResult, called, checked_function
from edgecalc.core.arrays import whole

SEEDS = {1: 501, 2: 21, 3: 9, 4: 6}
MOST_SEEDS = 100_000
ROUNDS = 60
CLOSE = 1e-6  # of the box: the last step of a search that has arrived, and how far apart two stationary points lie at least
FLAT = 1e-6  # of the largest eigenvalue, there or NEAR by: below this it may be 0
NEAR = 1e-2  # of the box


@dataclass(frozen=True)
class Line:
    """The line through (at, value) with a slope; calling it gives its height at any x.

    >>> print(Line(at=1.0, value=1.0, slope=2.0))
    y = 2x - 1
    """

    at: float
    value: float
    slope: float

    @property
    def intercept(self) -> float:
        """Its height at 0."""
        return self.value - self.slope * self.at

    def __call__(self, x: Any) -> Any:
        return self.value + self.slope * (real_array(x)[0] - self.at)

    _repr_pretty_ = shown

    def __str__(self) -> str:
        if not self.slope:
            return f"y = {self.intercept:g}"
        rise = {1.0: "x", -1.0: "-x"}.get(self.slope, f"{self.slope:g}x")
        return f"y = {rise}" + (f" {'-' if self.intercept < 0 else '+'} {abs(self.intercept):g}" if self.intercept else "")


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane through (point, value) with a slope along each variable; calling it takes points on the last axis.

    >>> Plane(point=np.array([2.0, 4.0]), value=20.0, slopes=np.array([4.0, 8.0]))([3.0, 4.0])
    np.float64(24.0)
    """

    point: np.ndarray
    value: float
    slopes: np.ndarray

    def __call__(self, x: Any) -> Any:
        return self.value + (real_array(x)[0] - self.point) @ self.slopes


class Differentiability(NamedTuple):
    """Whether f has a derivative at x, and the kind of point that x is. In an `if` it is its answer, for one x."""

    differentiable: Any
    kind: Any

    def __bool__(self) -> bool:
        return bool(self.differentiable)


@dataclass(frozen=True, eq=False)
class StationaryPoint:
    """Where the gradient is 0. Not `isolated`: one of a whole set of them, such as a valley's floor."""

    point: np.ndarray
    value: float
    gradient: np.ndarray
    eigenvalues: np.ndarray
    verdict: str
    isolated: bool = True


def tangent_line(f: Callable, x: Any) -> Line:
    """The line that touches f at x.

    >>> print(tangent_line(lambda x: x**2, 1.0))
    y = 2x - 1
    """
    at = np.array(number(x, "x"))
    return Line(float(at), float(known(f, at)), float(smooth_slopes(f, at)))


def secant(f: Callable, a: Any, b: Any) -> Line:
    """The line through f at a and at b.

    >>> secant(lambda x: x**2, 1.0, 3.0).slope
    4.0
    """
    start, end = number(a, "a"), number(b, "b")
    if start == end:
        raise ValueError(f"b: {b!r} came, which is a; another point is accepted, or tangent_line(f, {a!r})")
    low, high = known(f, np.array([start, end])).tolist()
    return Line(start, low, (high - low) / (end - start))


@np.errstate(all="ignore")
def tangent_plane(f: Callable, point: Any) -> Plane:
    """The plane that touches f, which takes its variables on the last axis, at a point.

    >>> plane = tangent_plane(lambda p: p[..., 0] ** 2 + p[..., 1] ** 2, [2, 4])
    >>> plane.value, plane.slopes
    (20.0, array([4., 8.]))
    """
    at = place(point, "point")
    value, slopes = float(heights(f, at[None])[0]), slopes_of(f)(at[None])[0]
    if not np.isfinite(slopes).all():
        raise ValueError(f"f: at {at.tolist()} it is {value}, its slopes {slopes.tolist()}; a point where it is smooth is accepted")
    return Plane(at, value, slopes)


def curvature(f: Callable, x: Any) -> Any:
    """f'' / (1 + f'^2)^(3/2): 1 / the radius of the circle that fits the curve best, above 0 where it turns left.

    >>> float(round(curvature(lambda x: x**2, 0.0), 9))
    2.0
    """
    at = reals(x)
    slope, bend = np.asarray(derivative(f, at).value), np.asarray(derivative(f, at, 2).value)
    with np.errstate(all="ignore"):
        return (bend / np.hypot(1, slope) ** 3)[()]


def concavity(f: Callable, x: Any) -> Any:
    """ "up" where the curve bends upwards (f'' > 0), "down" where it bends downwards, "neither" where it may do none of the two.

    >>> concavity(np.exp, 0.0), concavity(np.sin, [1.0, 4.0]).tolist(), concavity(np.sin, 0.0)
    ('up', ['down', 'up'], 'neither')
    """
    found = derivative(f, reals(x), 2)
    bend, error = np.asarray(found.value), np.asarray(found.error)
    with np.errstate(invalid="ignore"):
        answer = np.where(bend > error, "up", np.where(bend < -error, "down", "neither"))
    return answer if answer.ndim else answer.item()


def inverse_derivative(f: Callable, x: Any) -> Any:
    """1 / f'(x): the derivative of the inverse function at f(x).

    >>> inverse_derivative(np.exp, 0.0)
    np.float64(1.0)
    """
    at = reals(x)
    slope = smooth_slopes(f, at)
    if (slope == 0).any():
        raise ValueError(
            f"f: its slope at x = {at[slope == 0].flat[0]} is 0, so its inverse has no derivative there; points of another slope are accepted"
        )
    return (1 / slope)[()]


def is_differentiable(f: Callable, x: Any) -> Differentiability:
    """Whether f has a derivative at x, and the kind of point: "smooth", "corner", "jump" or "vertical tangent".

    >>> is_differentiable(np.abs, 0.0)
    Differentiability(differentiable=False, kind='corner')
    >>> is_differentiable(np.abs, [1.0, 0.0]).differentiable
    array([ True, False])
    """
    kind = derivative(f, reals(x)).kind
    return Differentiability(kind == "smooth", kind)


def verdict(hessian: Any, *, tolerance: float = 1e-9) -> str:
    """What a stationary point is, from the signs of the Hessian's eigenvalues: "minimum", "maximum", "saddle" or "undecided".

    An eigenvalue below `tolerance` times the largest one counts as 0; then, unless two others differ in sign, only higher
    derivatives could decide.

    >>> verdict([[4, -1], [-1, 6]]), verdict([[1, 0], [0, -1]]), verdict([[1, 0], [0, 0]]), verdict(-2.0)
    ('minimum', 'saddle', 'undecided', 'maximum')
    """
    share = number(tolerance, "tolerance")
    if not 0 <= share < 1:
        raise ValueError(f"tolerance: {tolerance!r} came; a number from 0 to below 1 is accepted")
    eigenvalues = eigenvalues_of(hessian)
    return judged(eigenvalues, share * np.abs(eigenvalues).max())


def judged(eigenvalues: np.ndarray, zero: float) -> str:
    rises, falls = eigenvalues > zero, eigenvalues < -zero
    if rises.any() and falls.any():
        return "saddle"
    return "minimum" if rises.all() else "maximum" if falls.all() else "undecided"


def eigenvalues_of(hessian: Any) -> np.ndarray:
    matrix, _ = real_array(hessian, "hessian")
    matrix = matrix.reshape(1, 1) if matrix.ndim == 0 else matrix
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ValueError(f"hessian: shape {matrix.shape} came; a number or a square matrix is accepted")
    if not np.isfinite(matrix).all():
        raise ValueError("hessian: it holds NaN or infinity; finite numbers are accepted")
    if np.abs(matrix - matrix.T).max() > FLAT * np.abs(matrix).max():
        raise ValueError("hessian: it is not symmetric; the matrix of second derivatives of a smooth function, which is, is accepted")
    return np.linalg.eigvalsh((matrix + matrix.T) / 2)


# ---------------------------------------------------------------- stationary points


@np.errstate(all="ignore")
def stationary_points(f: Callable, box: Any, *, seeds: int | None = None) -> list[StationaryPoint]:
    """Where the gradient of f is 0 in a box, each with its verdict; sorted by the value there.

    Parameters
    ----------
    f : callable
        Of one variable, or of several on the last axis.
    box : (low, high), or one such pair for each variable
        f of one variable for a single pair. f is also called next to the box, by half a step of its derivatives.
    seeds : int, optional
        A search starts at so many places along every side (501, 21, 9 or 6 for 1 to 4 variables): more of them find what lies
        closer together. No number of them proves that all are found.

    A whole set of stationary points is given as one of them, with isolated=False.

    >>> lowest = stationary_points(lambda p: (p[..., 0] - 1) ** 2 + 3 * p[..., 1] ** 2, [(-2, 2), (-2, 2)])[0]
    >>> lowest.point.round(9) + 0.0, lowest.verdict
    (array([1., 0.]), 'minimum')
    """
    low, high = corners(box)
    flat = np.ndim(box) == 1
    surface = (lambda p: f(p[..., 0])) if flat and callable(f) else f
    count = len(low)
    each = whole(SEEDS.get(count, 4) if seeds is None else seeds, "seeds", 2)
    if each**count > MOST_SEEDS:
        raise ValueError(f"seeds: {each} along each of {count} sides are {each**count} searches; up to {MOST_SEEDS} are accepted")
    start = np.array(list(product(*(np.linspace(a, b, each) for a, b in zip(low, high, strict=True)))))
    if not np.isfinite(heights(surface, start)).any():
        raise ValueError(f"f: it is not a finite number anywhere in the box {box!r}; a box in which it is one is accepted")
    ends, slopes, bends = searched(surface, start, low, high)
    return collected(surface, ends, slopes, bends, (high - low) / (each - 1), high - low)


def searched(f: Callable, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every start follows damped Newton steps to a smaller gradient, within the box; those that arrive, with gradient and Hessian."""
    size = high - low
    slopes = slopes_of(f)
    g = slopes(x)
    smooth = np.isfinite(g).all(axis=-1)
    x, g = x[smooth], g[smooth]
    scale = np.linalg.norm(g * size, axis=-1).max(initial=0.0)
    h = hessian(f, x)
    damping = np.full(len(x), 1e-3)
    moving = np.isfinite(h).all(axis=(-1, -2))
    for _ in range(ROUNDS):
        at = np.flatnonzero(moving)
        if not len(at):
            break
        step = -newton(g[at], h[at], size, damping[at])
        trial = np.clip(x[at] + step, low, high)
        slope = slopes(trial)
        better = np.linalg.norm(slope * size, axis=-1) < np.linalg.norm(g[at] * size, axis=-1)
        damping[at] = np.where(better, damping[at] / 10, damping[at] * 10)
        won = at[better]
        moved = np.linalg.norm((trial - x[at]) / size, axis=-1)
        x[won], g[won] = trial[better], slope[better]
        if len(won):
            h[won] = hessian(f, x[won])
        moving[at] = (moved > 1e-12) & (damping[at] < 1e12) & np.isfinite(h[at]).all(axis=(-1, -2))
    whole_step = np.linalg.norm(newton(g, np.nan_to_num(h), size, np.full(len(x), 1e-12)) / size, axis=-1)
    arrived = (whole_step <= CLOSE) & (np.linalg.norm(g * size, axis=-1) <= 1e-7 * scale + 1e-300)
    flat = (h == 0).all(axis=(-1, -2))  # where no step tells how far away the gradient is 0
    arrived &= ~flat | (np.linalg.norm(g * size, axis=-1) <= 1e-9 * scale)
    return x[arrived], g[arrived], h[arrived]


def newton(g: np.ndarray, h: np.ndarray, size: np.ndarray, damping: np.ndarray) -> np.ndarray:
    """The step for which h step = g, as far as h is not singular: (h h + damping) step = h g, with h scaled to 1."""
    h, g = h * size[:, None] * size, g * size  # in units of the box
    scale = np.abs(h).max(axis=(-1, -2))
    scale[scale == 0] = 1
    h, g = h / scale[:, None, None], g / scale[:, None]
    values, ways = np.linalg.eigh(h)  # where solving would stop at a singular one
    along = (np.swapaxes(ways, 1, 2) @ g[..., None])[..., 0] * values / (values**2 + damping[:, None])
    return (ways @ along[..., None])[..., 0] * size


def collected(f: Callable, x: np.ndarray, g: np.ndarray, h: np.ndarray, spacing: np.ndarray, size: np.ndarray) -> list[StationaryPoint]:
    """One entry for each point, and for each connected set of them."""
    kept: list[int] = []
    for k in np.argsort(np.linalg.norm(g * size, axis=-1), kind="stable"):
        if not kept or np.abs((x[kept] - x[k]) / size).max(axis=-1).min() > CLOSE:
            kept.append(int(k))
    found = []
    eigenvalues = {k: np.linalg.eigvalsh(h[k]) for k in kept}
    zeros = {k: FLAT * strongest_bend(f, x[k], h[k], size) for k in kept}
    left = {k for k in kept if (np.abs(eigenvalues[k]) <= zeros[k]).any()}
    groups = [[k] for k in kept if k not in left]
    while left:
        groups.append(connected(min(left, key=kept.index), left, x / spacing))
    for group in groups:
        best = group[0]
        isolated = bool((np.ptp(x[group], axis=0) <= spacing / 2).all())
        value = float(heights(f, x[[best]])[0])
        found.append(StationaryPoint(x[best] + 0.0, value, g[best], eigenvalues[best], judged(eigenvalues[best], zeros[best]), isolated))
    return sorted(found, key=lambda point: point.value)


def strongest_bend(f: Callable, x: np.ndarray, h: np.ndarray, size: np.ndarray) -> float:
    """Of the Hessians there and around; beside theirs the noise of a Hessian that is 0 is small."""
    steps = NEAR * np.diag(size)
    return float(np.nanmax(np.abs([h, *hessian(f, x + np.concatenate([steps, -steps]))])))


def connected(first: int, left: set[int], x: np.ndarray) -> list[int]:
    """Takes out of `left` what lies within two seeds of `first`, or of one that does."""
    group = [first]
    left.discard(first)
    for member in group:
        near = [k for k in left if np.abs(x[k] - x[member]).max() <= 2]
        group += near
        left.difference_update(near)
    return group


def reals(x: Any) -> np.ndarray:
    array, _ = real_array(x)
    if not np.isfinite(array).all():
        raise ValueError("x: it holds NaN or infinity; finite numbers are accepted")
    return array


def place(point: Any, name: str) -> np.ndarray:
    array, _ = real_array(point, name)
    if array.ndim != 1 or not array.size or not np.isfinite(array).all():
        raise ValueError(f"{name}: {point!r} came; one finite number for each variable is accepted, such as [2.0, 4.0]")
    return array


def corners(box: Any) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.atleast_2d(real_array(box, "box")[0])
    if pairs.ndim != 2 or pairs.shape[-1] != 2 or not len(pairs) or not np.isfinite(pairs).all():
        raise ValueError(f"box: {box!r} came; (low, high), or such a pair of finite numbers for each variable, is accepted")
    if not (pairs[:, 0] < pairs[:, 1]).all():
        raise ValueError(f"box: {box!r} came; low below high is accepted")
    return pairs[:, 0], pairs[:, 1]


def known(f: Callable, at: np.ndarray) -> np.ndarray:
    """f there; an error where it is not a finite number."""
    values = values_of(f, at)
    if not np.isfinite(values).all():
        where = ~np.isfinite(values)
        raise ValueError(f"f: it is {values[where].flat[0]} at x = {at[where].flat[0]}; points where it is a finite number are accepted")
    return values


def derivative(f: Callable, at: np.ndarray, order: int = 1) -> numeric.Derivative:
    known(f, at)
    return numeric.derivative(f, at, order=order)


def smooth_slopes(f: Callable, at: np.ndarray) -> np.ndarray:
    """f' there; an error where f has none."""
    found = derivative(f, at)
    rough = np.asarray(found.kind) != "smooth"
    if rough.any():
        kind, where = np.asarray(found.kind)[rough][0], at[rough][0]
        raise ValueError(f"f: at x = {where} it has no derivative ({kind}); points where it is smooth are accepted")
    return np.asarray(found.value)


def heights(f: Callable, x: np.ndarray) -> np.ndarray:
    """f of many points on the last axis."""
    checked_function(f, "a function of points on the last axis")
    try:
        with np.errstate(all="ignore"):
            values = called(f, x)
    except BadResult:
        raise
    except Exception as error:
        raise ValueError(f"f: it raised {type(error).__name__} ({error}); a function of points on the last axis is accepted") from error
    if values.shape != x.shape[:-1]:
        raise ValueError(f"f: it gave shape {values.shape} for points of shape {x.shape}; one number for each point is accepted")
    return values


def slopes_of(f: Callable) -> Callable:
    """The gradient as a function; NaN where f is."""
    slopes = gradient_of(f)
    return lambda x: np.where(np.isfinite(heights(f, x))[..., None], slopes(x), np.nan)
