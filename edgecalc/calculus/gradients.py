"""The gradient of a function whose variables stand on the last axis, by the cheapest way that is right for it.

complex step    analytic functions of few variables at few points
automatic       other analytic functions, and where one difference agrees any that can be followed
pairs           any other: stencils of orders 8 and 6 with a step that settles
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from edgecalc.calculus import automatic, numeric
from edgecalc.calculus.lines import agrees, ways_of
from edgecalc.calculus.probe import (
    ANALYTIC,
    CONJUGATES,
    REGULAR,
    BadResult,
    Domain,
    Partials,
    alike,
    called,
    checked_function,
    domain_of,
    functions_in,
    in_the_complex,
    inside,
    numbers,
    or_nan,
    points,
    real,
)
from edgecalc.core.arrays import one_of, whole

METHODS = ("auto", "central", "forward", "backward", "complex", "automatic")
FEW = 1 << 12  # numbers in all complex steps, up to which they are faster than automatic differentiation
BLOCK = 125 << 10  # bytes of an array: larger ones may get fresh pages from the system each time
MANY = 64  # variables, from which one difference to check exact slopes is cheaper than all of them
SAMPLE = 8
TOGETHER = (0, 1, -1, 1, 0, -1, 0, 0, 1, -1, -1, 1)  # of the points that are tried: in no order, and more than one of each
NUDGE = 2.0**-10
FAR = (1.0, 2.0**-5)  # of the size of a variable: where f is asked whether it takes many points


class Surface:
    """A function of points that are rows, known once and for all: whether it takes many at a time, and whether it is analytic.

    p[..., 0] * p[..., 1]     takes rows
    p[0] * p[1]               takes columns: it is given the transpose
    math.exp(p[0])            takes one point
    """

    def __init__(self, f: Callable, rows: np.ndarray, domain: Domain):
        here = rows[0]
        with np.errstate(all="ignore"):
            try:
                value = called(f, here)
            except ValueError as error:
                if "read-only" not in str(error):
                    raise
                raise ValueError(f"f: it changes the array that it is given; begin with p = p.copy() ({error})") from None
        if value.shape:
            raise BadResult(f"f: it gave shape {value.shape} for one point of {len(here)} variables; one number is accepted")
        self.one, self.domain, self.count, self.value = of_points(f), domain, len(here), value
        self.traceable, self.complex, self.seen, self.tried = True, True, False, len(TOGETHER)
        self.sample = rows[:: max(1, len(rows) // SAMPLE)].copy()

    @cached_property
    def many(self) -> Callable | None:
        return for_rows(self.one, self.sample[0], self.value, self.domain, self.sample)

    @cached_property
    def analytic(self) -> bool:
        with np.errstate(all="ignore"):
            try:
                value, smooth = automatic.followed(self.one, self.sample[0])
                automatic.must_agree(self.one, self.sample[0], value, self.value)
                return smooth
            except Exception:  # what cannot be followed, such as a change in place, may be analytic all the same
                self.traceable = False
        return self.many is not None and functions_in(self.many, self.sample, 1) <= ANALYTIC

    def must_be_followed(self) -> None:
        if not self.seen:
            automatic.must_agree(self.one, self.sample[0], automatic.followed(self.one, self.sample[0])[0], self.value)
            self.seen = True

    @cached_property
    def conjugates(self) -> bool:
        """Whether f is made of functions that are others for complex numbers."""
        return bool(functions_in(self.one, self.sample[0], 1) & CONJUGATES)

    @cached_property
    def regular(self) -> bool:
        return self.many is not None and functions_in(self.many, self.sample, 1) <= REGULAR

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        if self.many is not None:
            found = numbers(self.many(rows), rows)
            if len(rows) <= self.tried or rows.ndim == 1 or alike(found[-1], called(self.one, rows[-1])):
                self.tried = max(self.tried, len(rows))
                return found
            self.many = None  # what it gives for a point depends on how many others there are, as by a norm of all
        return numbers(real(self.one(rows), rows), rows) if rows.ndim == 1 else np.array([numbers(or_nan(self.one, row), rows) for row in rows])

    def slopes(self, rows: np.ndarray) -> np.ndarray:
        """The exact gradient of each row."""
        f = self.many if len(rows) > 1 else None
        if f is None:
            return np.array([automatic.gradient(self.one, row) for row in rows])
        return in_blocks(lambda part: automatic.gradients(f, part), rows)

    def products(self, rows: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """The exact Hessian of each row times its way."""
        f = self.many
        if f is None:
            return np.array([automatic.hessian_vector(self.one, row, way) for row, way in zip(rows, ways, strict=True)])
        return in_blocks(lambda *parts: automatic.hessian_vectors(f, *parts), rows, ways)

    def bends(self, rows: np.ndarray) -> np.ndarray | None:
        """The exact Hessian of each row, of code that takes one at a time."""
        return np.array([automatic.hessian(self.one, row) for row in rows]) if self.many is None else None


def for_rows(f: Callable, here: np.ndarray, value: np.ndarray, domain: Domain, rows: np.ndarray | None = None) -> Callable | None:
    """f of rows, where it gives for two unlike points at once what it gives for each, and for that of the rows which is farthest off.

    `value` is what it gives for `here`."""
    others = [elsewhere(f, here, domain)]
    if rows is not None and len(rows) > 1:
        others.append(rows[np.argmax(np.abs(rows - here).sum(axis=-1))])
    few, order = np.array([here, *others]), np.array(TOGETHER if len(here) != len(TOGETHER) else TOGETHER[1:])  # not as many as there are variables
    for form in (f, lambda p: turned(f(p.T))):
        with np.errstate(all="ignore"):
            try:
                found, wanted = numbers(form(few[order]), few), np.array([value, *(called(f, each) for each in few[1:])])[order]
            except Exception:  # what it cannot do with many points it may do with one
                continue
        if alike(found, wanted):
            return form
    return None


def elsewhere(f: Callable, here: np.ndarray, domain: Domain) -> np.ndarray:
    """Another point where f is a number, as far off as may be and in no way that a function may be blind for, as sums of differences are for moving all alike."""
    part = np.random.default_rng(len(here)).uniform(0.5, 1, len(here))
    for step in FAR:
        there = beside(here, step * part, domain)
        with np.errstate(all="ignore"):
            try:
                if np.isfinite(called(f, there)).all():
                    return there
            except Exception:  # it may be no place for f
                continue
    return beside(here, NUDGE * part, domain)


def turned(columns: Any) -> Any:
    return columns if getattr(columns, "ndim", 2) < 2 else np.transpose(columns)


def beside(here: np.ndarray, step: Any, domain: Domain) -> np.ndarray:
    """Another point, within the domain."""
    step = step * np.maximum(1, np.abs(here))
    return np.where(here + step <= domain[1], here + step, np.maximum(here - step, domain[0]))


def in_blocks(act: Callable, *tables: np.ndarray) -> np.ndarray:
    """Few rows in narrow blocks, for the cache; many in wider ones, so that a matrix within f is read seldom."""
    size = max(1, BLOCK // (8 * tables[0].shape[1]), len(tables[0]) // 8)
    parts = [act(*(table[k : k + size] for table in tables)) for k in range(0, len(tables[0]), size)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


class Gradient:
    """The gradient of f as a function; what `gradient_of` gives."""

    def __init__(self, f: Callable, method: str, accuracy: int | None, h: float | None, domain: Any):
        self.f, self.method, self.accuracy, self.h = of_points(f), one_of(method, METHODS, "method"), accuracy, h
        self.domain = domain_of(domain)
        numeric.check_options(method, accuracy, h)
        self.surface: Surface | None = None

    def __repr__(self) -> str:
        return f"gradient_of({getattr(self.f, '__name__', self.f)}, method={self.method!r})"

    @np.errstate(all="ignore")
    def __call__(self, x: Any) -> np.ndarray:
        """All first partial derivatives at x, of its shape (..., n)."""
        at = many(x)
        inside(at, self.domain)
        rows = at.reshape(-1, at.shape[-1])
        if not len(rows):
            numeric.check_step(self.h, rows)
            return np.empty(at.shape)
        if self.surface is None or self.surface.count != rows.shape[1]:
            self.surface = Surface(self.f, rows, self.domain)
        return self.slopes(self.surface, rows).reshape(at.shape)

    def slopes(self, f: Surface, rows: np.ndarray) -> np.ndarray:
        if self.method == "automatic":
            f.must_be_followed()
            return f.slopes(rows)
        if self.method == "complex":
            return told_by_complex_steps(f, rows)
        if self.method != "auto" or self.h is not None:
            return self.differences(f, rows)
        if not f.analytic:
            return self.checked_slopes(f, rows) if f.traceable and f.count >= MANY else self.differences(f, rows)
        if f.traceable and (rows.size * f.count > FEW or not f.complex or f.many is None):
            return self.mended(f.slopes(rows), f, rows)
        return self.checked_steps(f, rows)

    def mended(self, found: np.ndarray, f: Surface, rows: np.ndarray) -> np.ndarray:
        """Rules know no number where a root of 0 or an overflow comes up on the way, differences do; of many variables they would take too long."""
        lost = np.isnan(found)
        some = lost.any(axis=-1)
        if f.count <= MANY and some.any():
            found[some] = np.where(lost[some], self.differences(f, rows[some]), found[some])
        return found

    def checked_steps(self, f: Surface, rows: np.ndarray) -> np.ndarray:
        try:
            if f.conjugates:
                raise TypeError
            found, sure = complex_steps(f, rows)
        except TypeError:  # what is analytic may still refuse complex numbers
            f.complex = False
            return self.mended(f.slopes(rows), f, rows) if f.traceable else self.differences(f, rows)
        if not sure.all():
            rest = found[~sure]
            found[~sure] = np.where(np.abs(rest) <= numeric.STEEPEST, rest, self.differences(f, rows[~sure]))
        return found

    def checked_slopes(self, f: Surface, rows: np.ndarray) -> np.ndarray:
        """Code with corners: exact where a difference in one direction agrees."""
        try:
            found = f.slopes(rows)
        except Exception:  # where it goes another way than at the first point
            return self.differences(f, rows)
        way = ways_of(rows, f.domain)
        sure = agrees(f, rows, way, np.sum(way * found, axis=-1), 1)
        if not sure.all():
            found[~sure] = self.differences(f, rows[~sure])
        return found

    def differences(self, f: Surface, rows: np.ndarray) -> np.ndarray:
        count = f.count
        variable = np.tile(np.arange(count), len(rows))
        return partials(f, np.repeat(rows, count, axis=0), variable, 1, self.method, self.accuracy, self.h, self.domain).reshape(rows.shape)


def gradient_of(f: Callable, *, method: str = "auto", accuracy: int | None = None, h: float | None = None, domain: Any = None) -> Gradient:
    """The gradient of f as a function of points, for those who ask for it again and again: f is looked at once, at the first point.

    Parameters are those of `gradient`.

    >>> slopes = gradient_of(lambda p: p[0] ** 2 + 3 * p[1])
    >>> slopes([1.0, 2.0])
    array([2., 3.])
    """
    return Gradient(f, method, accuracy, h, domain)


def complex_steps(f: Surface, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(slopes, for which rows they are sure): f is a finite number there, and no branch point is near."""
    with np.errstate(all="ignore"):
        slopes = imaginary(f, rows, numeric.TINY)
        here = f(rows)
        faint = np.abs(slopes) + np.abs(here)[:, None]
        faint = (faint < numeric.FAINT) & (faint > 0)
        if faint.any():
            numeric.sharpen(slopes, faint, lambda step: imaginary(f, rows, step)[faint])
        if not f.regular:
            slopes[numeric.flattened(slopes, imaginary(f, rows, numeric.WIDE))] = np.nan
            row, variable = np.nonzero(slopes == 0)
            flat = Partials(f, rows[row], variable, f.domain)
            slopes[row, variable] = np.where(numeric.creased(flat, rows[row, variable], here[row]), np.nan, 0)
        known = np.isfinite(here)
    slopes[~known] = np.nan
    return slopes, known & (np.abs(slopes) <= numeric.STEEPEST).all(axis=-1)


def told_by_complex_steps(f: Surface, rows: np.ndarray) -> np.ndarray:
    """Where nobody else is to be asked, differences tell whether it is right."""
    found = complex_steps(f, rows)[0]
    if f.conjugates or not f.analytic:
        way = ways_of(rows, f.domain)
        numeric.must_be_analytic(agrees(f, rows, way, np.sum(way * found, axis=-1), 1) | ~np.isfinite(f(rows)))
    return found


def imaginary(f: Surface, rows: np.ndarray, step: float) -> np.ndarray:
    """What a complex step along each variable in turn adds to f, over the step."""
    count = f.count
    wide = max(1, min(count, 2 * BLOCK // (16 * count)))
    high = max(1, 2 * BLOCK // (16 * count * wide))
    slopes = np.empty(rows.shape)
    for k in range(0, count, wide):
        ways = np.eye(min(wide, count - k), count, k) * (1j * step)
        for i in range(0, len(rows), high):
            moved = rows[i : i + high, None] + ways
            slopes[i : i + high, k : k + wide] = in_the_complex(f, moved.reshape(-1, count)).imag.reshape(moved.shape[:2]) / step
    return slopes


def partials(f: Callable, base: np.ndarray, variable: np.ndarray, order: int, method: str, accuracy: Any, h: Any, domain: Domain) -> np.ndarray:
    """Each row's derivative along its variable, by stencils."""
    probe = Partials(f, base, variable, domain)
    along = np.take_along_axis(base, variable[:, None], 1)[:, 0]
    numeric.check_step(h, along)
    if not len(base):
        return along
    probe.checked(called(f, base[:1]), base[:1, 0])
    if method in numeric.SINGLE:
        return numeric.single(probe, along, order, method, accuracy, h).value
    return numeric.by_pairs(probe, along, whole(order, "order", 1, numeric.MOST_ORDER), h).value


def of_points(f: Any, name: str = "f") -> Callable:
    return checked_function(f, "a function of points", name)


def many(x: Any) -> np.ndarray:
    at = points(x)
    if at.ndim == 0 or not at.shape[-1]:
        raise ValueError(f"x: shape {at.shape} came; the variables on the last axis, such as [1.0, 2.0], are accepted")
    if not np.isfinite(at).all():
        raise ValueError("x: it holds NaN or infinity; finite numbers are accepted")
    return at
