"""Newton's method: steps by slope and bend together; safeguarded, so that it goes down and ends in a minimum, or plain, as in a textbook.

plain          x - f' / f''       solves H step = -g, up or down, wherever that leads
safeguarded    every eigenvalue of H counts as positive and as not too small; a step is halved until f falls enough;
               at a maximum or a saddle it leaves along the most negative eigenvalue
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from edgecalc.core.arrays import number, one_of, whole
from edgecalc.optimize import recorder as ends
from edgecalc.optimize.objective import Objective, free, lengths, lent
from edgecalc.optimize.recorder import Recorder, callback_of, keeping, says_stop
from edgecalc.optimize.trace import Trace

FORMS = ("safeguarded", "plain")
FARTHEST = 1.0  # step along an eigenvector, in units of 1 + |x|
NO_STEP = 1e6  # in the same units: a plain step as long as that says that the Hessian is singular
HALVINGS = 50
ENOUGH = 1e-4  # of the fall that the slope promises (Armijo)
ROUNDING = 1e-15  # of f, that a step may seem to climb


class Place(NamedTuple):
    """Where all starts are: a row for each."""

    x: np.ndarray
    value: np.ndarray
    slope: np.ndarray
    bend: np.ndarray  # Hessians


def newton(
    f: Callable,
    x0: Any,
    *,
    grad: Callable | None = None,
    hess: Callable | None = None,
    form: str = "safeguarded",
    steps: int = 100,
    stop: float = 1e-9,
    bounds: Any = None,
    callback: Callable | None = None,
) -> Trace:
    """Minimise f from x0 with first and second derivatives.

    Parameters
    ----------
    f : callable
        Of one number, or of several variables on the last axis.
    x0 : number, (variables,) or (starts, variables)
    grad, hess : callable, optional
        Gradient and Hessian, called as f is. Without them the finite-difference core differentiates f.
    form : str
        "safeguarded" goes downhill from anywhere; "plain" takes Newton's steps as they are: to the nearest stationary point, if to any.
    stop : float
        Done where the gradient is no longer than that.
    bounds : (low, high) or one such pair for each variable, optional
        For the safeguarded form: it stays within.
    callback : callable, optional
        callback(iteration, x, f) after each step; if it returns True the run stops.

    >>> trace = newton(lambda x: np.exp(x) - np.log(x), 1.75)
    >>> float(round(trace.x[-1], 6)), trace.verdict
    (0.567143, 'minimum')
    """
    one_of(form, FORMS, "form")
    objective = Objective(f, x0, grad, hess=hess, bounds=bounds)
    limits, steps, tolerance, callback = objective.bounds, whole(steps, "steps", 0), number(stop, "stop", 0), callback_of(callback)
    if limits is not None and form == "plain":
        raise ValueError('bounds: they came with form="plain", which knows none; the safeguarded form keeps them')
    shape = np.shape(objective.start)
    recorder = Recorder("newton" if form == "safeguarded" else "newton, plain", objective, steps, True, tolerance)

    def loop() -> Any:
        x, reasons = objective.start, np.full(objective.starts, ends.STEPS)
        for step in range(steps + 1):
            value, slope = objective.value(x), objective.slope(x)
            count = shape[-1] if shape else 1
            bend = objective.hessian(x) if np.isfinite(value).any() else np.full((*objective.starts, count, count), np.nan)
            here = in_rows(x, value, slope, bend)
            may_move = free(here.x, here.slope, limits)
            ways, curved = directions(here, may_move, form, tolerance, objective.flat)
            if limits is not None:
                ways[curved & (np.clip(here.x + ways, *limits) == here.x).all(axis=1)] *= -1  # a bound stands before the one way down
            judge(reasons, here, may_move, curved, tolerance)
            done = bool((reasons != ends.STEPS).all())
            recorder.row(step, x, value, slope, np.nan, last=done)
            if done or step == steps:
                return reasons
            taken, moved = line_search(objective, here, ways, limits, reasons, form)
            recorder.went(step, taken.reshape(objective.starts))
            stuck = (taken == 0).reshape(objective.starts) & (reasons == ends.STEPS)
            reasons[...] = np.where(stuck, ends.STUCK, reasons)
            x = moved.reshape(shape)[()]
            if callback is not None and says_stop(callback, step + 1, lent(x), objective.value(x)):
                reasons[...] = np.where(reasons == ends.STEPS, ends.ASKED, reasons)
        return reasons

    with np.errstate(all="ignore"):
        return keeping(recorder, loop)


def in_rows(x: Any, value: Any, slope: Any, bend: Any) -> Place:
    count = np.shape(x)[-1] if np.ndim(x) else 1
    return Place(np.reshape(x, (-1, count)), np.reshape(value, -1), np.reshape(slope, (-1, count)), np.reshape(bend, (-1, count, count)))


def directions(here: Place, may_move: np.ndarray, form: str, tolerance: float, flat: float) -> tuple[np.ndarray, np.ndarray]:
    """Newton's step for every row, and whether there is a way down where the slope is 0."""
    slope = np.where(may_move, here.slope, 0.0)
    bend = np.where(may_move[:, :, None] & may_move[:, None, :], here.bend, np.eye(here.x.shape[1]))
    bend = np.where(np.isfinite(bend).all(axis=(1, 2), keepdims=True), bend, np.eye(here.x.shape[1]))  # without a bend, down the slope
    eigenvalues, vectors = np.linalg.eigh(bend)
    along = np.einsum("kij,ki->kj", vectors, np.where(np.isfinite(slope).all(axis=1, keepdims=True), slope, 0.0))
    unit = 1 + np.abs(here.x).max(axis=1, keepdims=True)
    if form == "plain":
        steps = -along / eigenvalues
        return np.einsum("kij,kj->ki", vectors, steps), np.zeros(len(steps), bool)
    steps = -along / np.maximum(np.abs(eigenvalues), np.abs(along) / (FARTHEST * unit) + 1e-300)
    lowest = eigenvalues[:, 0]
    curved = (lengths(slope) <= tolerance) & (lowest < -flat * np.abs(eigenvalues).max(axis=1)) & (lowest < 0)
    steps[curved] = 0
    steps[curved, 0] = 0.1 * unit[curved, 0]
    return np.einsum("kij,kj->ki", vectors, steps), curved


def judge(reasons: np.ndarray, here: Place, may_move: np.ndarray, curved: np.ndarray, tolerance: float) -> None:
    """Writes down which starts have come to an end."""
    size = lengths(np.where(may_move, here.slope, 0.0))
    found = np.where((size <= tolerance) & ~curved, ends.STILL, ends.STEPS)
    found = np.where(np.isfinite(size), found, ends.NO_SLOPE)
    found = np.where(np.isnan(here.value), ends.NO_VALUE, np.where(np.isinf(here.value), ends.ENDLESS, found))
    reasons[...] = np.where(reasons == ends.STEPS, found.reshape(reasons.shape), reasons)


def line_search(objective: Objective, here: Place, ways: np.ndarray, limits: Any, reasons: np.ndarray, form: str) -> tuple[np.ndarray, np.ndarray]:
    """How much of each step is taken, and where that leads; 0 for starts that have ended and for those that find nothing lower."""
    going = np.reshape(reasons == ends.STEPS, -1)
    if form == "plain":
        refuse_singular(here, ways, going)
        return np.where(going, 1.0, 0.0), np.where(going[:, None], here.x + ways, here.x)
    part, moved = np.ones(len(here.x)), here.x.copy()
    open_ = going.copy()
    for _ in range(HALVINGS):
        if not open_.any():
            break
        trial = np.where(open_[:, None], here.x + part[:, None] * ways, moved)
        if limits is not None:
            trial = np.clip(trial, *limits)
        value = np.reshape(objective.tried(trial.reshape(np.shape(objective.start))[()]), -1)
        promised = np.sum(here.slope * (trial - here.x), axis=1)
        lower = open_ & (value <= here.value + ENOUGH * promised + ROUNDING * np.abs(here.value)) & (trial != here.x).any(axis=1)
        moved[lower] = trial[lower]
        open_ = open_ & ~lower
        part = np.where(open_, part / 2, part)
    return np.where(going & ~open_, part, 0.0), moved


def refuse_singular(here: Place, ways: np.ndarray, going: np.ndarray) -> None:
    unit = 1 + np.abs(here.x).max(axis=1)
    known = np.isfinite(here.bend).all(axis=(1, 2))
    lost = going & ~(known & (np.abs(ways).max(axis=1) <= NO_STEP * unit))
    if lost.any():
        k = int(np.flatnonzero(lost)[0])
        shown = ", ".join(f"{each:.6g}" for each in here.x[k])
        name, without = ("f''", "0") if here.x.shape[1] == 1 else ("the Hessian", "singular")
        what = f"{name} is {without if known[k] else 'not finite'}"
        raise ValueError(f'f: at x = {shown} {what}, as far as can be told, so Newton\'s step has no end; form="safeguarded" goes on from there')
