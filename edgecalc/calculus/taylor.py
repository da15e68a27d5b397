"""Taylor polynomials of any function at a point: f(at) + f'(at) (x - at) + f''(at)/2 (x - at)^2 + ...

Where f takes complex numbers the coefficients are Cauchy integrals, sums over circles around the point; each coefficient
is taken from the circle that gives it the most digits. Else they come from the central stencils of the table.

           f(at + r e^(i t))            c_k  =  mean of  f e^(-i k t)  / r^k
         .---*---.
       *           *                    noise     what is rounded on the circle, divided by r^k: a large circle is better
      |      at     |                   aliasing  what stands where c_128 and beyond should vanish: no singularity inside
       *           *
         '---*---'
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import factorial, isqrt, ulp
from typing import Any

import numpy as np

from edgecalc import stencils
from edgecalc.calculus.activations import number, real_array, result
from edgecalc.calculus.functions import values_of
from edgecalc.calculus.notebook import shown
from edgecalc.calculus.probe import checked_function
from edgecalc.core.arrays import one_of, whole

METHODS = ("auto", "complex", "stencils")
MOST_ORDER = 60
TURN = 512  # points on a circle
BEYOND = TURN // 2  # the coefficients from here on must vanish
MOST_DOUBTFUL = 3
MOST_BY_STENCILS = stencils.MOST_TAPS - 6  # two stencils for each order, with a choice of steps
REACH = stencils.MOST_TAPS // 2
OFF_GRID = Fraction(868353, 1 << 21)  # so that floor, too, is seen between its stairs at any step
PLACES = np.array([*range(-REACH, REACH + 1), float(OFF_GRID)])
CAUTION = 12
EPS = float(np.finfo(np.float64).eps)
RADII = 2.0 ** (np.arange(-96, 81) / 4)
STEPS = [m * 2.0**e for e in range(-24, 20) for m in (1, 1.25, 1.5, 1.75)]  # few bits: the neighbours are not rounded
INSIDE = np.array([-0.6, -0.35, 0.3, 0.55])


@dataclass(frozen=True)
class Taylor:
    """A polynomial around `at`; calling it evaluates it. `errors` estimates how far off each coefficient may be.

    >>> series = taylor(np.cos, order=4)
    >>> print(series)
    1 - x^2/2 + x^4/24
    >>> series.order, series(0.0)
    (4, np.float64(1.0))
    """

    at: float
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    method: str
    f: Callable | None = field(default=None, repr=False)
    tail: tuple[float, ...] = field(default=(), repr=False)  # bounds of the coefficients behind the last
    circles: tuple[tuple[float, float], ...] = field(default=(), repr=False)  # (radius, greatest |f|), with no singularity inside

    @property
    def order(self) -> int:
        return len(self.coefficients) - 1

    def __call__(self, x: Any) -> Any:
        """The polynomial at x, of any shape, by Horner's rule."""
        at, dtype = real_array(x)
        with np.errstate(all="ignore"):
            return result(np.asarray(horner(self.coefficients, at - self.at)), dtype)

    def remainder(self, x: Any) -> Any:
        """How far the polynomial may be from f at x.

        A bound where the coefficients come from complex numbers: at a distance d, the sum of the next |c_k| d^k up to k = 255,
        for all that follow M (d/r)^256 / (1 - d/r), the least over the circles of radius r > d, on which |f| is at most M,
        and what is rounded. It is infinite beyond the largest circle that is free of singularities.
        For the other methods |f(x) - polynomial(x)|.

        >>> series = taylor(np.sin, order=9)
        >>> bool(abs(series(2.0) - np.sin(2.0)) < series.remainder(2.0) < 1e-3)
        True
        """
        at, dtype = real_array(x)
        with np.errstate(all="ignore"):
            if not self.circles:
                if self.f is None:
                    raise ValueError("f: None came; the remainder of a polynomial from derivatives alone is unknown, pass f to taylor as well")
                return result(np.abs(values_of(self.f, at) - self(at)), dtype)
            distance = np.abs(at - self.at)
            bound = np.full(distance.shape, np.inf)
            for radius, most in self.circles:
                share = distance / radius
                bound = np.where(share < 1, np.fmin(bound, most * share**BEYOND / (1 - share)), bound)
            rough = [error + 2 * EPS * (k + 1) * abs(c) for k, (c, error) in enumerate(zip(self.coefficients, self.errors, strict=True))]
            bound = bound + horner((*rough, *self.tail), distance)
            return result(np.where(np.isnan(at), np.nan, np.where(np.isnan(bound), np.inf, bound)), dtype)

    _repr_pretty_ = shown

    def __str__(self) -> str:
        """As a student writes it: fractions where the coefficients are fractions."""
        shift = f"{abs(self.at):g}" if float(f"{self.at:g}") == self.at else repr(abs(self.at))
        base = "x" if self.at == 0 else f"(x {'-' if self.at > 0 else '+'} {shift})"
        text = ""
        for k, (coefficient, error) in enumerate(zip(self.coefficients, self.errors, strict=True)):
            if coefficient:
                sign = ("-" if coefficient < 0 else "") if not text else (" - " if coefficient < 0 else " + ")
                text += sign + term(abs(coefficient), error, base, k)
        return text or "0"


def taylor(
    f: Callable | None, at: float = 0.0, order: int = 5, *, derivatives: Sequence[float | Callable] | None = None, method: str = "auto"
) -> Taylor:
    """Taylor polynomial of f around `at`, up to and with the power `order`; the constant term counts.

    Parameters
    ----------
    f : callable
        Plain NumPy code, or a function of one number. None if the derivatives are given and the remainder is not asked for.
    at : number
    order : int
        0 to 60; up to 25 where f takes no complex numbers.
    derivatives : sequence, optional
        f, f', f'' ... at the point, each a number or a function of x: order + 1 of them or more. Nothing is estimated then.
    method : "auto", "complex" or "stencils"
        "complex" takes f at complex numbers on circles of many radii around `at`, "stencils" at real ones close to it;
        "auto" the first where f is analytic and agrees there with f on the real line.

    A coefficient that is not further from 0 than its error is 0.

    >>> print(taylor(np.exp, order=3))
    1 + x + x^2/2 + x^3/6
    >>> print(taylor(np.log, at=1, order=3))
    (x - 1) - (x - 1)^2/2 + (x - 1)^3/3
    >>> print(taylor(None, order=3, derivatives=[0, 1, 0, -1]))
    x - x^3/6
    """
    one_of(method, METHODS, "method")
    order = whole(order, "order", 0, MOST_ORDER)
    centre = number(at, "at")
    if f is not None or derivatives is None:
        checked_function(f, "a function of one number or array")
    if derivatives is not None:
        return Taylor(centre, *given(derivatives, centre, order), "given", f)
    assert f is not None
    here = values_of(f, np.array(centre))
    if not np.isfinite(here):
        raise ValueError(f"f: it is {here} at {centre}; a point where it is a finite number is accepted")
    found = by_circles(f, centre) if method != "stencils" else None
    if found is not None:
        coefficients, errors, circles = found
        tail = (np.abs(coefficients) + errors)[order + 1 :].tolist()
        return Taylor(centre, *settled(coefficients[: order + 1], errors[: order + 1]), "complex", f, tuple(tail), circles)
    if method == "complex":
        raise ValueError('f: it takes no complex numbers or is not analytic around this point; method="auto" or "stencils" is accepted')
    return Taylor(centre, *settled(*by_stencils(f, centre, order)), "stencils", f)


def given(derivatives: Any, at: float, order: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if isinstance(derivatives, str) or not hasattr(derivatives, "__len__") or not hasattr(derivatives, "__getitem__"):
        raise TypeError(f"derivatives: {derivatives!r} came; a sequence of numbers or functions is accepted: f, f', f'' ... at the point")
    if len(derivatives) < order + 1:
        raise ValueError(f"derivatives: {len(derivatives)} came; order {order} needs {order + 1}: the function itself and its derivatives")
    values = [each(at) if callable(each) else each for each in derivatives[: order + 1]]
    coefficients = tuple(float(Fraction(number(value, f"derivatives[{k}]")) / factorial(k)) for k, value in enumerate(values))
    return coefficients, tuple(ulp(c) / 2 if c else 0.0 for c in coefficients)


def settled(coefficients: np.ndarray, errors: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    kept = np.where(np.abs(coefficients) <= errors, 0.0, coefficients)
    return tuple(kept.tolist()), tuple(errors.tolist())


def horner(coefficients: Sequence[float], x: np.ndarray) -> Any:
    total = np.full(x.shape, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = total * x + coefficient
    return np.where(np.isnan(x), np.nan, total)


# ---------------------------------------------------------------- circles


def by_circles(f: Callable, at: float) -> tuple[np.ndarray, np.ndarray, tuple] | None:
    """(coefficients, errors, circles), more of them than are asked for; None where f takes no complex numbers or is not analytic."""
    radii = RADII * max(1.0, abs(at))
    turn = np.exp(2j * np.pi * np.arange(TURN // 2 + 1) / TURN)  # the upper half; the lower is its mirror image
    with np.errstate(all="ignore"):
        values = complex_values(f, at + radii[:, None] * turn)
        if values is None:
            return None
        usable = np.isfinite(values).all(axis=1)
        values, radii = values[usable], radii[usable]
        if not len(radii):
            return None
        most = np.abs(values).max(axis=1)
        sums = np.fft.hfft(values, TURN, axis=1) / TURN  # c_k r^k, in row r
        beyond = np.abs(sums[:, BEYOND:]).max(axis=1)
        noise = EPS * (most + abs(at) / radii * (np.abs(sums[:, :BEYOND]) @ np.arange(BEYOND)))
        clean = free_of_singularities(beyond, noise, most)
        if clean is None:
            return None
        sums, most, radii, level = sums[clean], most[clean], radii[clean], (2 * beyond + noise)[clean]
        orders = np.arange(BEYOND)
        powers = radii[:, None] ** -orders.astype(float)
        errors = np.nan_to_num(level[:, None] * powers, nan=np.inf)
        best = errors.argmin(axis=0)
        for used in {best[0], best.max()}:
            on_the_line = values_of(f, at + radii[used] * INSIDE)
            if not np.all(np.abs(on_the_line - horner(sums[used, :BEYOND].tolist(), INSIDE)) <= 1e-9 * most[used] + 10 * level[used]):
                return None
        return sums[best, orders] * powers[best, orders], errors[best, orders], tuple(zip(radii.tolist(), most.tolist(), strict=True))


def free_of_singularities(beyond: np.ndarray, noise: np.ndarray, most: np.ndarray) -> slice | None:
    """The circles that nothing but noise stands beyond; None if f is not analytic.

    On smaller ones f may have lost digits of its own, as 1 - cos(x) does: then as much stands beyond each of them as beyond the next. Around an analytic function the next larger one
    already meets a singularity, or nearly; where what stands beyond grows slowly from circle to circle, as a power of the
    radius, some derivative of f jumps.
    """
    clear = beyond <= 1e3 * noise
    first = int(clear.argmax())
    end = first + int(np.append(~clear[first:], True).argmax())
    doubtful = int(np.append(beyond[end:] > 1e8 * noise[end:], True).argmax())
    lost = beyond[:first][beyond[:first] > 1e-6 * most[:first]]
    rounded = not len(lost) or lost.max() < 1e3 * min(lost.min(), beyond[first])
    return None if first == end or doubtful > MOST_DOUBTFUL or not rounded else slice(first, end)


def complex_values(f: Callable, z: np.ndarray) -> np.ndarray | None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            values = np.asarray(f(z))
        except Exception:  # an answer too: what is wrong with f is said where it is called with real numbers
            return None
    return values if values.shape == z.shape and values.dtype.kind == "c" else None


# ---------------------------------------------------------------- stencils


@lru_cache(maxsize=4)
def rows(order: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights over 31 neighbours and one off their grid: of every derivative; of its difference to a less accurate stencil;
    and of what two of the neighbours lack to the prediction from the others."""
    fine, coarse, lacks = np.zeros((order + 1, len(PLACES))), np.zeros((order + 1, len(PLACES))), np.zeros((2, len(PLACES)))
    fine[0, REACH] = coarse[0, REACH] = 1
    for k in range(1, order + 1):
        most = (stencils.MOST_TAPS - k) // 2 * 2
        for weights, accuracy in ((fine, most), (coarse, most - 2)):
            row = stencils.central(k, accuracy)
            for offset, numerator in zip(row.offsets, row.numerators, strict=True):
                weights[k, REACH + offset] = numerator / row.denominator
    middle = stencils.from_offsets((*range(-REACH, 0), *range(1, REACH + 1)), 0)
    lacks[0, :-1] = np.insert(np.array(middle.numerators) / middle.denominator, REACH, -1)
    lacks[1] = [*(float(weight) for weight in stencils.fornberg([Fraction(k) - OFF_GRID for k in range(-REACH, REACH + 1)], 0)), -1]
    return fine, fine - coarse, lacks


@np.errstate(all="ignore")
def by_stencils(f: Callable, at: float, order: int) -> tuple[np.ndarray, np.ndarray]:
    """(coefficients, errors): the step grows until the neighbours no longer predict one another; each order takes its best.

    Two are predicted: the middle, and one off the grid, for in the middle of an odd function any prediction comes true.
    """
    if order > MOST_BY_STENCILS:
        raise ValueError(f"order: {order} came; f takes no complex numbers here, so up to {MOST_BY_STENCILS} is accepted, or pass derivatives=")
    weights, differences, lacks = rows(order)
    coefficients, errors = np.zeros(order + 1), np.full(order + 1, np.inf)
    lost = np.abs(lacks).sum(axis=1).max()
    noise_gains = (np.abs(weights) + np.abs(differences)).sum(axis=1)
    level_ground, shares = False, list[float]()
    orders, factorials = np.arange(order + 1.0), np.array([float(factorial(k)) for k in range(order + 1)])
    for step in np.array(STEPS) * max(1.0, abs(at)):
        try:
            values = values_of(f, at + step * PLACES)
        except ValueError:
            if not np.isfinite(errors).any():
                raise
            break
        if not np.isfinite(values).all():
            break
        size, around = np.abs(values).max(), values - values[REACH]  # an offset is predicted by anything
        if not around.any():  # a constant, or a function of which rounding has left nothing so close
            level_ground = True
            continue
        missed = np.abs(lacks @ around).max()
        if missed > 1e-10 * min(size, 8 * np.abs(around).max()) + EPS * size * lost:
            shares.append(missed / np.abs(around).max())
            if len(shares) > (12 if np.isfinite(errors).any() else 32) and shares[-1] > max(shares) / 4:
                break
            continue  # noise, as long as wider steps leave it behind, though its stairs may be wide at first
        shares.clear()
        level = missed + EPS * (size + abs(at) / step * np.abs(np.diff(values)).max())
        scale = factorials * step**orders
        rough, apart, sums = level * noise_gains, np.abs(differences @ around), weights @ around
        bars = (rough + CAUTION * apart) / scale
        better = (bars < errors) & (apart <= np.maximum(rough, np.abs(sums) / 4))  # else the step is as wide as what it looks at
        coefficients = np.where(better, sums / scale, coefficients)
        errors = np.where(better, bars, errors)
    if level_ground:
        errors[np.isinf(errors)] = 0.0
    coefficients[0] = values_of(f, np.array([at]))[0]
    if not np.isfinite(errors).all():
        raise ValueError(f"f: no polynomial fits it around {at}; a point is accepted where it is smooth (no corner, no jump) and known on both sides")
    return coefficients, errors


# ---------------------------------------------------------------- text


def term(size: float, error: float, base: str, power: int) -> str:
    """One term without its sign."""
    unknown = "" if power == 0 else base if power == 1 else f"{base}^{power}"
    fraction = as_fraction(size, error, power)
    if fraction is None:
        return f"{size:.6g} {unknown}".rstrip()
    front = "" if fraction.numerator == 1 and unknown else str(fraction.numerator)
    below = "" if fraction.denominator == 1 else f"/{fraction.denominator}"
    return f"{front}{unknown}{below}"


def as_fraction(size: float, error: float, power: int) -> Fraction | None:
    """The fraction that this coefficient is, if its derivative is one of small denominator and its digits leave no other."""
    derivative = Fraction(size) * factorial(power)
    tolerance = Fraction(max(error, 4 * ulp(size))) * factorial(power)
    near = derivative.limit_denominator(max(1, min(1000, isqrt(int(1 / tolerance / 1000)))))
    return near / factorial(power) if tolerance < Fraction(1, 1000) and near and abs(near - derivative) <= tolerance else None
