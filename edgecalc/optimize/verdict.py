"""What a run found: told by the gradient, by the Hessian's eigenvalues and by the way x went."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgecalc.calculus.points import judged
from edgecalc.optimize.objective import free, lengths
from edgecalc.optimize.recorder import RAISED, STILL

if TYPE_CHECKING:
    from edgecalc.optimize.trace import Trace

VERDICTS = ("minimum", "maximum", "saddle", "not converged", "oscillating", "diverging", "unbounded", "left the domain")
SMALL = 1e-5  # of the largest gradient of the run: below it a point counts as stationary
NEAR = 1e-2  # of 1 + |x|: the next stationary point, as the Hessian has it, must not be farther
WINDOW = 20  # steps that tell an oscillation
TINY = 1e-8  # of x: shorter steps are rounding, no oscillation
DOUBLINGS = 100
FALLING = 0.99  # of the fall that the distance before has brought
SETTLED = 0.1  # of the steps before: a variable whose steps are shorter goes nowhere
MOST_VARIABLES = 200  # for a Hessian
MOST_AXES = 1000  # along which values are looked at in its place,
MOST_NUMBERS = 1 << 22  # in all of them together,
AROUND = 32  # and so many directions more, in each round, and their opposites
TURNS = 2.0 ** -np.arange(8)[:, None]  # of the sphere, down the slope on it,
LED = 12  # times
KRYLOV = 24  # products of the Hessian with a vector, which find its lowest eigenvalue well enough to try the way
NARROWER = (1.0, 0.5, 0.25, 0.12, 0.06, 0.03, 0.015, 0.008, 0.004)  # of the sphere
CLOSE = 1e-6  # of 1 + |x|: where values are looked at to confirm an eigenvalue, or
BEYOND = 3.0  # times Newton's step: past the stationary point and up again
AT_BOUND = 1e-9  # of 1 + |x|: a variable so close stands at its bound
ROUNDING = 1e-14  # of f


class Finding(NamedTuple):
    verdict: str
    because: str
    gradient: float  # its length, at the end; along what the bounds leave free
    eigenvalues: np.ndarray  # of the Hessian there; empty where it was not needed


@np.errstate(all="ignore")
def find(trace: "Trace", bend: np.ndarray | None = None) -> Finding:
    """Of one start, whose Hessian may be known. In this order: lost, endless, to and fro, stationary, not there yet."""
    x, f = np.atleast_2d(trace.x.T).T, trace.f
    slope, may_move = full_gradient(trace)
    length = float(lengths(slope))
    none = np.empty(0)
    sound = np.isfinite(f) & np.isfinite(x).all(axis=-1)
    if f[-1] == -np.inf or falls_for_ever(trace, x):
        return Finding("unbounded", f"f falls on and on, to {f[-1]:.6g} at {shown(trace.x[-1])}", length, none)
    if len(f) > 1 and f[-1] == np.inf or climbs(x[sound], f[sound]):
        return Finding("diverging", f"f rises, to {f[sound | (f == np.inf)][-1]:.6g} at {shown(trace.x[-1])}", length, none)
    if trace.reasons == RAISED and np.isnan(f[-1]):
        return Finding("not converged", f"f gave no value at {shown(trace.x[-1])}", length, none)
    if not sound[-1]:
        return Finding("left the domain", f"f is {f[-1]} at {shown(trace.x[-1])}", length, none)
    if not np.isfinite(slope).all():
        return Finding("left the domain", f"the gradient is not finite at {shown(trace.x[-1])}", length, none)
    if trace.reasons != STILL and to_and_fro(x):
        return Finding(
            "oscillating", f"the last steps go to and fro around {shown(x[-WINDOW:].mean(axis=0))}; |gradient| is {length:.3g}", length, none
        )
    if stationary(trace, length):
        return kind_of(trace, slope, may_move, bend)
    return Finding("not converged", f"|gradient| is still {length:.3g}", length, none)


def shown(x: Any) -> str:
    return "(" + ", ".join(f"{each:.6g}" for each in np.ravel(x)[:6]) + (", ...)" if np.size(x) > 6 else ")")


def full_gradient(trace: "Trace") -> tuple[np.ndarray, np.ndarray]:
    """At the end, of all data, without what pushes against a bound; and which variables are free."""
    x, slope = trace.x[-1], trace.gradient[-1]
    if np.isfinite(trace.f[-1]) and (trace.objective.elsewhere or not np.isfinite(slope).all()):
        slope = trace.objective.slope(x)
    may_move = free(x if trace.bounds is None else put_at_bounds(trace, x, slope), slope, trace.bounds)
    return np.ravel(np.where(may_move, slope, 0.0)), np.ravel(may_move)


def put_at_bounds(trace: "Trace", x: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Where it stands at one but for what no step goes any more, and what is no fall of f beside that of the run."""
    low, high = trace.bounds  # type: ignore[misc]
    sound = trace.f[np.isfinite(trace.f)]
    fall = CLOSE * (np.ptp(sound) + np.abs(sound[-1])) if sound.size else 0.0

    def at(gap: np.ndarray) -> np.ndarray:
        return (gap <= AT_BOUND * (1 + np.abs(x))) & (np.abs(slope) * gap <= fall)

    return np.where(at(x - low), low, np.where(at(high - x), high, x))


def climbs(x: np.ndarray, f: np.ndarray) -> bool:
    """Whether f ends above all of its first half, with steps that grow."""
    if len(f) < 4:
        return bool(len(f) > 1 and f[-1] > 1e6 * (1 + abs(f[0])))
    steps = np.linalg.norm(np.diff(x, axis=0), axis=-1)
    half = len(steps) // 2
    highest = f[: half + 1].max()
    return bool(f[-1] > highest + 1e-9 * abs(highest) and steps[half:].max() > 2 * steps[:half].max())


def falls_for_ever(trace: "Trace", x: np.ndarray) -> bool:
    """Whether f keeps falling along the way that x went steadily, however far: each doubling of the distance brings at least as much."""
    if len(x) < 3 or trace.bounds is not None:
        return False
    tail = x[len(x) // 2 - 1 :]
    steps = np.diff(tail, axis=0)
    steady = ((steps > 0).all(axis=0) | (steps < 0).all(axis=0)) & (np.abs(steps[-1]) > SETTLED * np.abs(steps[0]))
    way = np.where(steady, tail[-1] - tail[0], 0.0)
    if not way.any() or not np.isfinite(way).all():
        return False
    here, drop = value_at(trace, x[-1]), 0.0
    for k in range(DOUBLINGS):
        there = value_at(trace, x[-1] + 2.0**k * way)
        if not here - there > FALLING * drop * (k > 1):
            return False
        if there == -np.inf:
            return True
        here, drop = there, here - there
    return True


def within(trace: "Trace", place: np.ndarray) -> Any:
    """As f takes it; never beyond the bounds."""
    if trace.bounds is not None:
        place = np.clip(place, *trace.bounds)
    return place.reshape(np.shape(trace.x[-1]))[()]


def value_at(trace: "Trace", place: np.ndarray) -> float:
    return float(trace.objective.tried(within(trace, place)))


def stationary(trace: "Trace", length: float) -> bool:
    sizes = lengths(np.atleast_2d(trace.gradient.T).T)
    steepest = np.max(sizes, initial=0.0, where=np.isfinite(sizes))
    return bool(length <= max(trace.tolerance, SMALL * steepest, 1e-12))


def to_and_fro(x: np.ndarray) -> bool:
    """Whether the last steps, none of them shorter than before, lead nowhere."""
    steps = np.diff(x[-WINDOW - 1 :], axis=0)
    if len(steps) < 4:
        return False
    sizes = lengths(steps)
    half = len(steps) // 2
    turns = (np.sum(steps[1:] * steps[:-1], axis=-1) < 0).mean()
    wide = sizes.max() > TINY * (1 + np.abs(x[-1]).max())
    return bool(wide and turns > 0.5 and sizes[half:].sum() > 0.5 * sizes[:half].sum())


def kind_of(trace: "Trace", slope: np.ndarray, free: np.ndarray, bend: np.ndarray | None) -> Finding:
    """By the eigenvalues, where the values around agree with them; else by these alone."""
    length, unit = float(lengths(slope)), 1 + np.abs(trace.x[-1]).max()
    if not free.any():
        return Finding("minimum", "every variable is at a bound and f rises away from it", length, np.empty(0))
    eigenvalues, verdict, away, level = np.empty(0), "undecided", np.inf, np.empty((0, len(free)))
    if free.sum() <= MOST_VARIABLES:
        try:
            matrix = trace.objective.hessian(trace.x[-1]) if bend is None else bend
            eigenvalues, vectors = np.linalg.eigh(matrix[np.ix_(free, free)])
            least = trace.objective.flat * float(np.abs(eigenvalues).max())
            verdict, level = judged(eigenvalues, least), np.zeros((len(eigenvalues), len(free)))
            level[:, free] = vectors.T
            level = level[eigenvalues <= least]  # where it may go down
            newton = -(slope[free] @ vectors) / eigenvalues
            away = float(np.abs(newton).max())
        except (ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError):
            pass  # no Hessian at a kink or an edge of the domain: the values around decide
    if verdict != "undecided" and away > NEAR * unit:
        return Finding("not converged", f"|gradient| is {length:.3g}, yet the next stationary point is about {away:.3g} away", length, eigenvalues)
    if verdict == "undecided" or contradicted(trace, free, eigenvalues, vectors, newton):
        verdict, because = around(trace, free, length, away, level)
        hessian = "the Hessian decides nothing" if free.sum() <= MOST_VARIABLES else "of so many variables no Hessian is made"
        return Finding(verdict, f"|gradient| is {length:.3g}; {hessian}, {because}", length, eigenvalues)
    if verdict == "maximum" and not free.all():
        verdict = "saddle"  # f rises where a bound is left
    named = ", ".join(f"{each:.4g}" for each in eigenvalues[:6]) + (", ..." if len(eigenvalues) > 6 else "")
    return Finding(verdict, f"|gradient| is {length:.3g}, the Hessian's eigenvalues are {named}", length, eigenvalues)


def contradicted(trace: "Trace", free: np.ndarray, eigenvalues: np.ndarray, vectors: np.ndarray, newton: np.ndarray) -> bool:
    """Whether f lies on the other side than an eigenvalue says, beyond Newton's step: then the bend is that of a slope, or noise."""
    x = np.ravel(trace.x[-1])
    here, nearest = value_at(trace, x), CLOSE * (1 + np.abs(x).max())
    for bend, vector, step in zip(eigenvalues, vectors.T, newton, strict=True):
        way = np.zeros(len(x))
        way[free] = vector * max(BEYOND * abs(step), nearest)
        for place in (x + way, x - way):
            there = value_at(trace, place)
            if (there - here) * np.sign(bend) < -ROUNDING * max(abs(here), abs(there)):
                return True
    return False


def around(trace: "Trace", free: np.ndarray, length: float, away: float, level: np.ndarray) -> tuple[str, str]:
    """By the values at two distances, which must agree. A flat place counts as a minimum: nothing is lower."""
    unit = 1 + np.abs(trace.x[-1]).max()
    nearest = max(1e-3 * unit, 20 * away if away <= NEAR * unit else 0.0)
    first = np.concatenate([axes(free), *falling(trace, free), level])
    found = {told(trace, free, length, size, first) for size in (nearest, 10 * nearest)} - {"flat"}
    if not found and not length:
        found = {"minimum"}
    return (found.pop(), "the values around do") if len(found) == 1 else ("not converged", "nor do the values around")


def told(trace: "Trace", free: np.ndarray, length: float, size: float, first: np.ndarray) -> str:
    """Lower values at that distance, higher ones, or both; the way down may be narrow, and is looked for ever closer to the lowest, and down the slope."""
    x, dice, lead = np.ravel(trace.x[-1]), np.random.default_rng(0), np.zeros(len(free))
    here, lowest, highest = value_at(trace, x), 0.0, 0.0

    def look(ways: np.ndarray) -> None:
        nonlocal lowest, highest, lead
        ways /= np.linalg.norm(ways, axis=-1, keepdims=True)
        there = np.array([value_at(trace, x + size * way) for way in ways])
        changes = np.where(np.abs(there - here) > 1e-12 * np.maximum(abs(here), np.abs(there)), there - here, 0.0)
        lowest, highest, lead = min(lowest, changes.min()), max(highest, changes.max()), ways[changes.argmin()]

    for spread in NARROWER:
        ways = lead + spread * dice.standard_normal((AROUND, len(free))) * free / np.sqrt(free.sum())
        ways = np.concatenate([ways, first]) if spread == NARROWER[0] else ways
        look(np.concatenate([ways, -ways]))  # what lies lowest may be the way back up a valley
    for _ in range(LED if slopes_are_cheap(trace, free) else 0):
        slope = slope_at(trace, x + size * lead, free)
        side = slope - (slope @ lead) * lead
        if not (side.any() and np.isfinite(side).all()):
            break
        look(lead - TURNS * side / np.linalg.norm(side))
    if lowest < 0 and length * size > -lowest / 2:
        return "not converged"  # it lies lower because there is a slope
    return {(0, 0): "flat", (0, 1): "minimum", (1, 0): "maximum", (1, 1): "saddle"}[int(lowest < 0), int(highest > 0)]


def axes(free: np.ndarray) -> np.ndarray:
    """As many as may be looked along."""
    places = np.flatnonzero(free)[: min(MOST_AXES, max(1, MOST_NUMBERS // len(free)))]
    ways = np.zeros((len(places), len(free)))
    ways[np.arange(len(places)), places] = 1.0
    return ways


def slopes_are_cheap(trace: "Trace", free: np.ndarray) -> bool:
    return trace.objective.grad is not None or free.sum() <= MOST_VARIABLES


def slope_at(trace: "Trace", place: np.ndarray, free: np.ndarray) -> np.ndarray:
    return np.where(free, np.ravel(trace.objective.slope(within(trace, place))), 0.0)


def falling(trace: "Trace", free: np.ndarray) -> list[np.ndarray]:
    """Where no Hessian is made: the direction along which the slope falls most, by Lanczos' method, as a list of one way to look."""
    if free.sum() <= MOST_VARIABLES or not slopes_are_cheap(trace, free):
        return []
    x = np.ravel(trace.x[-1])
    step = CLOSE * (1 + np.abs(x).max())
    way = np.random.default_rng(1).standard_normal(len(free)) * free
    basis, bends = [way / np.linalg.norm(way)], []
    for _ in range(KRYLOV):
        bends.append((slope_at(trace, x + step * basis[-1], free) - slope_at(trace, x - step * basis[-1], free)) / (2 * step))
        rest = bends[-1] - np.array(basis).T @ (np.array(basis) @ bends[-1])
        if not np.linalg.norm(rest) > 1e-8 * np.linalg.norm(bends[-1]):
            break
        basis.append(rest / np.linalg.norm(rest))
    known = np.array(basis[: len(bends)])
    matrix = known @ np.array(bends).T
    if not np.isfinite(matrix).all():
        return []
    return [np.linalg.eigh(matrix + matrix.T)[1][:, :1].T @ known]
