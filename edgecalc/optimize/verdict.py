"""What a run found: told by the gradient, by the Hessian's eigenvalues and by the way x went."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgecalc.calculus.points import FLAT, judged
from edgecalc.optimize.objective import free
from edgecalc.optimize.recorder import STILL

if TYPE_CHECKING:
    from edgecalc.optimize.trace import Trace

VERDICTS = ("minimum", "maximum", "saddle", "not converged", "oscillating", "diverging", "unbounded", "left the domain")
SMALL = 1e-5  # of the largest gradient of the run: below it a point counts as stationary
NEAR = 1e-2  # of 1 + |x|: the next stationary point, as the Hessian has it, must not be farther
WINDOW = 20  # steps that tell an oscillation
TINY = 1e-8  # of x: shorter steps are rounding, no oscillation
DOUBLINGS = 30
MOST_VARIABLES = 200  # for a Hessian
AROUND = 64


class Finding(NamedTuple):
    verdict: str
    because: str
    gradient: float  # its length, at the end; along what the bounds leave free
    eigenvalues: np.ndarray  # of the Hessian there; empty where it was not needed


def find(trace: "Trace", bend: np.ndarray | None = None) -> Finding:
    """Of one start, whose Hessian may be known. In this order: lost, endless, to and fro, stationary, not there yet."""
    x, f = np.atleast_2d(trace.x.T).T, trace.f
    slope = full_gradient(trace)
    with np.errstate(over="ignore"):
        length = float(np.linalg.norm(slope))
    none = np.empty(0)
    if np.isnan(f[-1]) or np.isnan(x[-1]).any():
        return Finding("left the domain", f"f is nan at {shown(trace.x[-1])}", length, none)
    if f[-1] == -np.inf or falls_for_ever(trace, x):
        return Finding("unbounded", f"f falls on and on, to {f[-1]:.6g} at {shown(trace.x[-1])}", length, none)
    if not np.isfinite(f[-1]) or climbs(x, f):
        return Finding("diverging", f"f rises, to {f[-1]:.6g} at {shown(trace.x[-1])}", length, none)
    if not np.isfinite(length):
        return Finding("left the domain", f"the gradient is not finite at {shown(trace.x[-1])}", length, none)
    if trace.reasons != STILL and to_and_fro(x):
        return Finding(
            "oscillating", f"the last steps go to and fro around {shown(x[-WINDOW:].mean(axis=0))}; |gradient| is {length:.3g}", length, none
        )
    if stationary(trace, length):
        return kind_of(trace, slope, length, bend)
    return Finding("not converged", f"|gradient| is still {length:.3g}", length, none)


def shown(x: Any) -> str:
    return "(" + ", ".join(f"{each:.6g}" for each in np.ravel(x)[:6]) + (", ...)" if np.size(x) > 6 else ")")


def full_gradient(trace: "Trace") -> np.ndarray:
    """At the end, of all data, without what pushes against a bound."""
    x = trace.x[-1]
    slope = trace.gradient[-1]
    if trace.objective.data or not np.isfinite(slope).all():
        with np.errstate(all="ignore"):
            slope = trace.objective.slope(x) if np.isfinite(trace.f[-1]) else slope
    return np.ravel(np.where(free(x, slope, trace.bounds), slope, 0.0))


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
    with np.errstate(all="ignore"):
        steps = np.diff(tail, axis=0)
        steady = (steps > 0).all(axis=0) | (steps < 0).all(axis=0)
        way = np.where(steady, tail[-1] - tail[0], 0.0)
        if not way.any() or not np.isfinite(way).all():
            return False
        places = x[-1] + 2.0 ** np.arange(DOUBLINGS)[:, None] * way
        values = [float(trace.objective.value(place.reshape(np.shape(trace.x[-1]))[()])) for place in (x[-1], *places)]
        drops = -np.diff(values)
    return bool((drops > 0).all() and (drops[2:] >= 0.99 * drops[1:-1]).all())


def stationary(trace: "Trace", length: float) -> bool:
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(np.atleast_2d(trace.gradient.T).T, axis=-1)
    steepest = np.max(lengths, initial=0.0, where=np.isfinite(lengths))
    return length <= max(trace.tolerance, SMALL * steepest, 1e-12)


def to_and_fro(x: np.ndarray) -> bool:
    """Whether the last steps, none of them shorter than before, lead nowhere."""
    steps = np.diff(x[-WINDOW - 1 :], axis=0)
    if len(steps) < 4:
        return False
    lengths = np.linalg.norm(steps, axis=-1)
    half = len(steps) // 2
    turns = (np.sum(steps[1:] * steps[:-1], axis=-1) < 0).mean()
    wide = lengths.max() > TINY * (1 + np.abs(x[-1]).max())
    return bool(wide and turns > 0.5 and lengths[half:].sum() > 0.5 * lengths[:half].sum())


def kind_of(trace: "Trace", slope: np.ndarray, length: float, bend: np.ndarray | None) -> Finding:
    """By the eigenvalues; where one of them may be 0, by the values around."""
    x = trace.x[-1]
    inside = np.ravel(np.ones(np.shape(x), bool) if trace.bounds is None else (x > trace.bounds[0]) & (x < trace.bounds[1]))
    if not inside.any():
        return Finding("minimum", "every variable is at a bound and f rises away from it", length, np.empty(0))
    eigenvalues, verdict, away = np.empty(0), "undecided", 0.0
    if inside.sum() <= MOST_VARIABLES:
        try:
            matrix = trace.objective.hessian(x) if bend is None else bend
            eigenvalues, vectors = np.linalg.eigh(matrix[np.ix_(inside, inside)])
            verdict = judged(eigenvalues, FLAT * float(np.abs(eigenvalues).max()))
            with np.errstate(all="ignore"):
                away = float(np.abs(slope[inside] @ vectors / eigenvalues).max())
        except (ValueError, TypeError, np.linalg.LinAlgError):
            pass  # no Hessian at a kink or an edge of the domain: the values around decide
    if verdict == "undecided":
        return Finding(around(trace, inside), f"|gradient| is {length:.3g}; the Hessian decides nothing, the values around do", length, eigenvalues)
    if away > NEAR * (1 + np.abs(x).max()):
        return Finding("not converged", f"|gradient| is {length:.3g}, yet the next stationary point is about {away:.3g} away", length, eigenvalues)
    named = ", ".join(f"{each:.4g}" for each in eigenvalues[:6]) + (", ..." if len(eigenvalues) > 6 else "")
    return Finding(verdict, f"|gradient| is {length:.3g}, the Hessian's eigenvalues are {named}", length, eigenvalues)


def around(trace: "Trace", inside: np.ndarray) -> str:
    """Lower values nearby, higher ones, or both. A flat place counts as a minimum: nothing is lower."""
    x = np.ravel(trace.x[-1])
    ways = np.random.default_rng(0).standard_normal((AROUND, x.size)) * inside
    ways = np.concatenate([ways, np.eye(x.size)[inside][:AROUND], -np.eye(x.size)[inside][:AROUND]])
    here = float(trace.f[-1] if not trace.objective.data else trace.objective.value(trace.x[-1]))
    lower = higher = False
    for size in (1e-3, 1e-2):
        for way in ways / np.linalg.norm(ways, axis=-1, keepdims=True):
            place = x + size * max(1.0, float(np.abs(x).max())) * way
            if trace.bounds is not None:
                place = np.clip(place, *trace.bounds)
            there = float(trace.objective.value(place.reshape(np.shape(trace.x[-1]))[()]))
            noise = 1e-12 * max(abs(here), abs(there))
            lower, higher = lower or there < here - noise, higher or there > here + noise
        if lower or higher:
            break
    return "saddle" if lower and higher else "maximum" if lower else "minimum"
