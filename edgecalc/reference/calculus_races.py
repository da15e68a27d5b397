"""What `bench --calculus` times: each row is one derivative, ours beside one peer's, in one run, as a ratio with both errors beside it.

    error     largest difference from the derivative worked out by hand, over that one's largest size
    goal      how exact and how many times as fast edgecalc means to be

The course's comparison (by hand, numeric, automatic, symbolic), analytic functions, black boxes, gradients, Hessians and samples.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

import edgecalc
from edgecalc import calculus
from edgecalc.calculus import automatic, symbolic

Call = Callable[[], Any]


class Scene(NamedTuple):
    """Where the derivatives are taken."""

    x: np.ndarray  # evenly spaced, as samples must be
    place: np.ndarray  # one point of many variables

    @property
    def step(self) -> float:
        return (self.x[-1] - self.x[0]) / (len(self.x) - 1)


@dataclass(frozen=True, eq=False)
class Race:
    """One row. Makers take what they need and return the call that is timed; `theirs` is given the peer's package first."""

    work: str
    way: str  # ours, in words
    peer: str
    call: str  # the peer's own words
    ours: Callable[[Scene], Call]
    theirs: Callable[[Any, Scene], Call]
    exact: Callable[[Scene], np.ndarray]
    error: float | None = None  # our goals; that of time is for a million points
    ratio: float | None = None


# ---------------------------------------------------------------- functions and what they are by hand


class Formula(NamedTuple):
    """A function as text, in the NumPy of one's choice, and its derivative."""

    text: str
    by: Callable[[Any], Callable]
    slope: Callable


COURSE_FORMULAS = (
    Formula("x^2", lambda xp: lambda x: x**2, lambda x: 2 * x),
    Formula("2*x^3-3*x^2+5", lambda xp: lambda x: 2 * x**3 - 3 * x**2 + 5, lambda x: 6 * x * (x - 1)),
    Formula(
        "exp(-2*x)+3*sin(3*x)",
        lambda xp: lambda x: xp.exp(-2 * x) + 3 * xp.sin(3 * x),
        lambda x: -2 * np.exp(-2 * x) + 9 * np.cos(3 * x),
    ),
)
FORMULAS = (
    *COURSE_FORMULAS,
    Formula("sin(x)", lambda xp: xp.sin, np.cos),
    Formula("1/(1+exp(-x))", lambda xp: lambda x: 1 / (1 + xp.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
)


def black_box(f: Callable) -> Callable:
    """Nothing but numbers goes in, and no complex ones."""

    def closed(x: Any) -> np.ndarray:
        if np.iscomplexobj(x):
            raise TypeError("real numbers are accepted")
        return f(np.array(x, np.float64, copy=None, subok=False))

    return closed


def rosenbrock(xp: Any) -> Callable:
    return lambda p: xp.sum(100 * (p[..., 1:] - p[..., :-1] ** 2) ** 2 + (1 - p[..., :-1]) ** 2, axis=-1)


def rosenbrock_slopes(p: np.ndarray) -> np.ndarray:
    slopes, gap = np.zeros_like(p), p[..., 1:] - p[..., :-1] ** 2
    slopes[..., :-1] = -400 * p[..., :-1] * gap - 2 * (1 - p[..., :-1])
    slopes[..., 1:] += 200 * gap
    return slopes


def rosenbrock_bends(p: np.ndarray) -> np.ndarray:
    main = np.zeros_like(p)
    main[:-1] = 1200 * p[:-1] ** 2 - 400 * p[1:] + 2
    main[1:] += 200
    return np.diag(main) + np.diag(-400 * p[:-1], 1) + np.diag(-400 * p[:-1], -1)


# ---------------------------------------------------------------- ours and theirs


def derivative(f: Callable | str, method: str = "auto") -> Callable[[Scene], Call]:
    function: Any = calculus.Expression.parse(f) if isinstance(f, str) else f
    return lambda scene: lambda: calculus.derivative(function, scene.x, method=method)


def by_scipy(f: Callable) -> Callable:
    return lambda scipy, scene: lambda: scipy.differentiate.derivative(f, scene.x).df


def by_numdifftools(f: Callable, method: str) -> Callable:
    return lambda nd, scene: lambda: nd.Derivative(f, method=method)(scene.x)


def by_autograd(formula: Formula) -> Callable:
    return lambda autograd, scene: (lambda slope: lambda: slope(scene.x))(autograd.elementwise_grad(formula.by(autograd.numpy)))


def by_numpy(f: Callable) -> Callable:
    return lambda numpy, scene: lambda: numpy.gradient(f(scene.x), scene.step, edge_order=2)


def by_findiff(f: Callable) -> Callable:
    return lambda findiff, scene: lambda: findiff.Diff(0, scene.step, acc=8)(f(scene.x))


def by_sympy(formula: Formula) -> Callable:
    def make(sympy: Any, scene: Scene) -> Call:
        x = sympy.Symbol("x", real=True)
        return lambda: sympy.lambdify(x, sympy.diff(symbolic.to_sympy(formula.text), x), "numpy")(scene.x)

    return make


def course(formula: Formula) -> Iterator[Race]:
    f, exact = formula.by(np), lambda scene: formula.slope(scene.x)
    text = formula.text
    yield Race(text, "symbolic", "sympy", "diff, lambdify", derivative(text, "symbolic"), by_sympy(formula), exact)
    yield Race(text, "automatic", "autograd", "elementwise_grad", lambda s: lambda: automatic.derivative(f, s.x), by_autograd(formula), exact)
    yield Race(text, "numeric", "numpy", "gradient, edge_order=2", derivative(f), by_numpy(f), exact)
    yield Race(text, "numeric", "findiff", "Diff, acc=8", derivative(f), by_findiff(f), exact)


def callables(formula: Formula) -> Iterator[Race]:
    f, exact = formula.by(np), lambda scene: formula.slope(scene.x)
    for peer, call, theirs, ratio in (
        ("scipy", "differentiate.derivative", by_scipy(f), 10.0),
        ("numdifftools", 'Derivative, method="complex"', by_numdifftools(f, "complex"), 40.0),
        *([("numdifftools", "Derivative", by_numdifftools(f, "central"), 40.0)] if formula is COURSE_FORMULAS[-1] else []),  # one is slow enough
    ):
        yield Race(f"analytic {formula.text}", "auto", peer, call, derivative(f), theirs, exact, 2e-15, ratio)
    closed = black_box(f)
    yield Race(f"black box {formula.text}", "auto", "scipy", "differentiate.derivative", derivative(closed), by_scipy(closed), exact, 1e-12, 2.5)


# ---------------------------------------------------------------- many variables


def gradient(method: str) -> Callable[[Scene], Call]:
    f = rosenbrock(np)
    if method == "automatic":
        return lambda scene: lambda: automatic.gradient(f, scene.place)
    return lambda scene: lambda: calculus.gradient(f, scene.place, method=method)


def hessian(**options: Any) -> Callable[[Scene], Call]:
    return lambda scene: lambda: calculus.hessian(rosenbrock(np), scene.place, **options)


def gradient_by_autograd(autograd: Any, scene: Scene) -> Call:
    slopes = autograd.grad(rosenbrock(autograd.numpy))
    return lambda: slopes(scene.place)


def hessian_by_autograd(autograd: Any, scene: Scene) -> Call:
    bends = autograd.hessian(rosenbrock(autograd.numpy))
    return lambda: bends(scene.place)


def by_approx_derivative(f: Callable, **options: Any) -> Callable:
    """SciPy's differences, as its minimisers call them."""
    return lambda scipy, scene: lambda: import_module("scipy.optimize._numdiff").approx_derivative(f, scene.place, **options)


def hessian_by_scipy(scipy: Any, scene: Scene) -> Call:
    count = len(scene.place)
    pattern = import_module("scipy.sparse").diags([1.0] * 3, [-1, 0, 1], shape=(count, count), format="csr")
    return by_approx_derivative(rosenbrock_slopes, method="3-point", sparsity=pattern)(scipy, scene)


def of_place(exact: Callable) -> Callable[[Scene], np.ndarray]:
    return lambda scene: exact(scene.place)


SLOPES, BENDS = of_place(rosenbrock_slopes), of_place(rosenbrock_bends)
FIELDS = (
    Race("gradient of Rosenbrock", "automatic", "autograd", "grad", gradient("automatic"), gradient_by_autograd, SLOPES, 1e-15, 1.0),
    Race(
        "gradient of Rosenbrock",
        "complex",
        "scipy",
        'approx_derivative, method="cs"',
        gradient("complex"),
        by_approx_derivative(rosenbrock(np), method="cs"),
        SLOPES,
        1e-15,
        1.0,
    ),
    Race("Hessian of Rosenbrock", "auto", "autograd", "hessian", hessian(), hessian_by_autograd, BENDS),
    Race(
        "Hessian from its gradient",
        "sparse, pattern found",
        "scipy",
        "approx_derivative, 3-point, pattern given",
        hessian(grad=rosenbrock_slopes, sparse=True),
        hessian_by_scipy,
        BENDS,
    ),
    Race(
        "Hessian from its gradient",
        "auto",
        "scipy",
        "approx_derivative, 3-point",
        hessian(grad=rosenbrock_slopes),
        by_approx_derivative(rosenbrock_slopes, method="3-point"),
        BENDS,
    ),
)


# ---------------------------------------------------------------- samples

LINES = 10  # of as many samples as there are points


def samples(scene: Scene, axis: int) -> np.ndarray:
    """sin, along one axis of two."""
    values = np.broadcast_to(np.sin(scene.x), (LINES, len(scene.x)))
    return np.ascontiguousarray(values if axis else values.T)


def sampled(axis: int, peer: str, call: str, theirs: Callable, accuracy: int, again: bool = False) -> Race:
    """`again`: ours into the same array each time, which the peers do not offer."""

    def ours(scene: Scene) -> Call:
        values = samples(scene, axis)
        out = np.empty_like(values) if again else None
        return lambda: edgecalc.differentiate(values, scene.step, axis, accuracy=accuracy, out=out, threads=1)

    def exact(scene: Scene) -> np.ndarray:
        lines = np.broadcast_to(np.cos(scene.x), (LINES, len(scene.x)))
        return lines if axis else lines.T

    def made(library: Any, scene: Scene) -> Call:
        return theirs(library, samples(scene, axis), scene.step, axis)

    return Race(f"samples, axis {axis} of 2", f"accuracy {accuracy}{', out=' if again else ''}", peer, call, ours, made, exact, None, 3.0)


def by_numpys_gradient(numpy: Any, y: np.ndarray, step: float, axis: int) -> Call:
    return lambda: numpy.gradient(y, step, axis=axis, edge_order=2)


SAMPLES = tuple(
    sampled(axis, *row)
    for axis in (0, 1)
    for row in (
        ("numpy", "gradient, edge_order=2", by_numpys_gradient, 2),
        ("numpy", "gradient, edge_order=2", by_numpys_gradient, 2, True),
        ("findiff", "Diff, acc=2", lambda findiff, y, step, axis: lambda: findiff.Diff(axis, step, acc=2)(y), 2),
        ("findiff", "Diff, acc=8", lambda findiff, y, step, axis: lambda: findiff.Diff(axis, step, acc=8)(y), 8),
    )
)

RACES = (
    *(race for formula in COURSE_FORMULAS for race in course(formula)),
    *(race for formula in FORMULAS for race in callables(formula)),
    *FIELDS,
    *SAMPLES,
)
