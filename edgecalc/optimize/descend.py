"""The one loop of descent: any rule, any schedule, one start or many, all data or batches of it."""

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

import numpy as np

from edgecalc.core.arrays import dice_of, number, positive, whole
from edgecalc.optimize import recorder as ends
from edgecalc.optimize.objective import Objective, free, lengths, lent, rows_of
from edgecalc.optimize.recorder import Recorder, callback_of, keeping, says_stop
from edgecalc.optimize.rules import Rule, hill_climbing, noisy, rule_of
from edgecalc.optimize.schedules import schedule_of
from edgecalc.optimize.trace import Trace


def descend(
    f: Callable,
    x0: Any,
    rule: str | Rule = "gd",
    *,
    grad: Callable | None = None,
    steps: int = 100,
    rate: float | None = None,
    schedule: Any = None,
    stop: float | None = None,
    bounds: Any = None,
    data: Any = None,
    batch: int | None = None,
    seed: int | None = None,
    callback: Callable | None = None,
    keep: int | None = None,
) -> Trace:
    """Walk down f from x0 by an update rule.

    Parameters
    ----------
    f : callable
        Of one number, or of several variables on the last axis. With `data`, f(x, *data).
    x0 : number, (variables,) or (starts, variables)
        Many starts run at once, each as if it were alone; but for dice, which fall for each anew.
    rule : str or Rule
        One of the names in RULES, or a rule made with other settings, such as rules.momentum(0.8, nesterov=True).
    grad : callable, optional
        The gradient, called as f is. Without it the finite-difference core differentiates f.
    steps : int
        How many at most.
    rate : float, optional
        Length of a step; each rule has one of its own.
    schedule : str, Schedule or callable, optional
        How the rate changes: "constant", "step", "exponential", "cosine", "warm-up", "progress", or a function of the step's number
        that gives a factor of `rate`.
    stop : float, optional
        Stop where the gradient is no longer than that (and, with rules that have momentum, the last step too). Without it: at 0,
        but for rules that move without a slope, "noisy" and "adamw". "hill climbing" knows no gradient and takes all steps.
    bounds : (low, high) or one such pair for each variable, optional
        Steps are cut off there.
    data : array or tuple of arrays, optional
        Handed to f and grad, the same rows of each.
    batch : int, optional
        So many rows of the data for each step's gradient, drawn without repetition until all have had their turn: without it all,
        and 1 for the rule "sgd", which else is "gd". f in the trace is always that of all data.
    seed : int, optional
        For batches, and for "noisy" and "hill climbing", which have 0 without it; a rule object has a seed of its own.
    callback : callable, optional
        callback(iteration, x, f) after each step; if it returns True the run stops.
    keep : int, optional
        Every so many iterations are kept in the trace, and the last ones: 1 for all. Without it all are, unless x alone would
        have more than 16 million numbers.

    Returns
    -------
    Trace

    >>> trace = descend(lambda x: 2 * x**2 - 3 * x + 4, 2.0, "gd", rate=0.1, steps=1)
    >>> float(round(trace.x[-1], 12)), trace.verdict
    (1.5, 'not converged')
    """
    chosen, plan, rows = seeded(rule, seed), schedule_of(schedule), rows_of(data)
    objective = Objective(f, x0, grad, rows, bounds=bounds)
    objective.elsewhere |= chosen.ahead is not None
    steps, limits, callback = whole(steps, "steps", 0), objective.bounds, callback_of(callback)
    first, tolerance = positive(chosen.rate if rate is None else rate, "rate"), 0.0 if stop is None else number(stop, "stop", 0)
    batch = batch_of(1 if rule == "sgd" and rows and batch is None else batch, rows)
    batches = drawn(rows, batch, dice_of(seed))
    recorder = Recorder(chosen.name, objective, steps, plan.adaptive, tolerance, None if keep is None else whole(keep, "keep", 1))

    def kept(place: Any) -> Any:
        return place if limits is None else np.clip(place, *limits)

    def pulling(place: Any, slope: Any) -> Any:
        return slope if limits is None else np.where(free(place, slope, limits), slope, 0.0)[()]

    def loop() -> Any:
        x, eta = objective.start, adaptive_rate(first, plan.adaptive, objective.starts)
        state, value = chosen.init(x), objective.value(x)
        reasons, moved = np.full(objective.starts, ends.STEPS), np.zeros(objective.starts)
        for step in range(steps + 1):
            place = x if chosen.ahead is None else kept(chosen.ahead(x, state))
            slope = objective.slope(place, next(batches)) if chosen.takes == "gradient" else np.full(np.shape(x), np.nan)
            used = np.nan if step == steps else eta if plan.adaptive else first * plan.factor(step, steps)
            left = pulling(x, slope)
            if (batch is not None or chosen.ahead) and np.any(lengths(left) <= tolerance):
                left = pulling(x, objective.slope(x))  # where one batch is content, others may not be; nor x itself
            done = ended(reasons, value, left, moved, tolerance, state, chosen)
            recorder.row(step, x, value, slope, used, last=done)
            if done or step == steps:
                return reasons
            pull = slope if chosen.takes == "gradient" else lambda there: objective.value(kept(there))
            change, state = chosen.step(x, pull, state, across(used) if plan.adaptive else used)
            there = kept(x + change)
            if objective.starts and reasons.any():
                there = np.where((reasons == ends.STEPS)[:, None], there, x)
            before, moved = value, there - x
            x, value = there, objective.value(there)
            eta = plan.adapt(eta, before, value)
            if says_stop(callback, step + 1, lent(x), value):
                reasons[...] = np.where(reasons == ends.STEPS, ends.ASKED, reasons)
        return reasons

    with np.errstate(all="ignore"):
        return keeping(recorder, loop)


def seeded(rule: Any, seed: int | None) -> Rule:
    dice = {"noisy": noisy, "hill climbing": hill_climbing}
    return dice[rule](seed=seed) if seed is not None and isinstance(rule, str) and rule in dice else rule_of(rule)


def adaptive_rate(first: float, adaptive: bool, starts: tuple) -> Any:
    return np.full(starts, first) if adaptive and starts else first


def across(rate: Any) -> Any:
    """A rate for each start, beside its variables."""
    return rate[:, None] if isinstance(rate, np.ndarray) and rate.ndim else rate


def ended(reasons: np.ndarray, value: Any, slope: Any, moved: Any, tolerance: float, state: tuple, rule: Rule) -> bool:
    """Writes down which starts have come to an end; whether all have."""
    if not reasons.ndim and reasons == ends.STEPS:
        square = float(np.dot(slope, slope)) if rule.takes == "gradient" else 1.0
        if isfinite(value) and isfinite(square) and square > tolerance * tolerance:
            return False
    squares = np.sum(slope * slope, axis=-1) if slope.ndim else slope * slope
    paces = np.sum(moved * moved, axis=-1) if np.ndim(moved) > reasons.ndim else moved * moved
    still = (squares <= tolerance**2) & ((paces <= tolerance**2) if state else True)
    still &= not rule.restless or tolerance > 0
    still &= lengths(slope) <= tolerance
    nowhere = ~np.isfinite(slope).reshape(*reasons.shape, -1).all(axis=-1) & (rule.takes == "gradient")
    found = np.where(still, ends.STILL, np.where(nowhere, ends.NO_SLOPE, ends.STEPS))
    found = np.where(np.isnan(value), ends.NO_VALUE, np.where(np.isinf(value), ends.ENDLESS, found))
    reasons[...] = np.where(reasons == ends.STEPS, found, reasons)
    return bool((reasons != ends.STEPS).all())


def batch_of(batch: int | None, rows: tuple) -> int | None:
    if batch is None:
        return None
    if not rows:
        raise ValueError(f"batch: {batch!r} came without data; give data=, of which each step takes so many rows")
    return whole(batch, "batch", 1, len(rows[0]))


def drawn(rows: tuple, batch: int | None, dice: np.random.Generator) -> Iterator[tuple | None]:
    """The rows of each step: all, or batch after batch of a shuffled deck."""
    if batch is None:
        while True:
            yield None
    count = len(rows[0])
    while True:
        deck = dice.permutation(count)
        for k in range(0, count, batch):
            yield tuple(array[deck[k : k + batch]] for array in rows)
