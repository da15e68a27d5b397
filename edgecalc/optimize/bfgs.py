"""BFGS and L-BFGS: second derivatives learned from the gradients on the way. By SciPy, behind the same trace."""

from collections.abc import Callable
from typing import Any

import numpy as np

from edgecalc.core.arrays import number, whole
from edgecalc.errors import MissingExtra
from edgecalc.optimize import recorder as ends
from edgecalc.optimize.objective import Objective, free, lengths, lent
from edgecalc.optimize.recorder import Recorder, callback_of, keeping, says_stop
from edgecalc.optimize.trace import Trace

MOST_CALLS = 1 << 30  # of f; the steps are what is counted


def bfgs(f: Callable, x0: Any, *, grad: Callable | None = None, steps: int = 200, stop: float = 1e-8, callback: Callable | None = None) -> Trace:
    """Minimise f from one start by BFGS; see `newton` for the parameters.

    >>> trace = bfgs(lambda p: (p[..., 0] - 1) ** 2 + p[..., 1] ** 4, [3.0, 1.0])
    >>> trace.verdict
    'minimum'
    """
    return by_scipy("BFGS", f, x0, grad, steps, stop, {}, None, callback)


def lbfgs(
    f: Callable,
    x0: Any,
    *,
    grad: Callable | None = None,
    steps: int = 200,
    stop: float = 1e-8,
    bounds: Any = None,
    memory: int = 10,
    callback: Callable | None = None,
) -> Trace:
    """Minimise f from one start by L-BFGS, which remembers `memory` steps only, for many variables; within bounds if they are given.

    >>> lbfgs(lambda p: ((p - 1) ** 2).sum(-1), np.zeros(50)).verdict
    'minimum'
    """
    options = {"ftol": 0.0, "maxcor": whole(memory, "memory", 1), "maxfun": MOST_CALLS}
    return by_scipy("L-BFGS-B", f, x0, grad, steps, stop, options, bounds, callback)


def by_scipy(method: str, f: Callable, x0: Any, grad: Any, steps: int, stop: float, options: dict, bounds: Any, callback: Any) -> Trace:
    try:
        from scipy.optimize import Bounds, minimize
    except ImportError:
        raise MissingExtra("scipy", "compare") from None
    objective = Objective(f, x0, grad, bounds=bounds)
    if objective.starts:
        raise ValueError(f"x0: shape {objective.start.shape} came; one start is accepted here; `newton` and `descend` take many")
    tolerance, steps, limits, callback = number(stop, "stop", 0), whole(steps, "steps", 0), objective.bounds, callback_of(callback)
    recorder = Recorder(method.lower(), objective, steps + 1, False, tolerance)
    start, shape = np.atleast_1d(objective.start), np.shape(objective.start)
    seen: dict[bytes, tuple] = {}
    reason, done = ends.STUCK, -1
    latest: Any = None

    def both(row: np.ndarray) -> tuple:
        x = row.reshape(shape)[()]
        seen[row.tobytes()] = value, slope = objective.value(x), objective.slope(x)
        return float(value), np.atleast_1d(slope)

    def write(row: np.ndarray) -> None:
        nonlocal reason, done, latest
        if row.tobytes() not in seen:
            both(row)
        done, x, (value, slope) = done + 1, row.reshape(shape)[()], seen[row.tobytes()]
        seen.clear()
        latest = x.copy(), value, slope
        recorder.row(done, x, value, slope, np.nan)
        reason = why(value, np.where(free(x, slope, limits), slope, 0.0), tolerance)
        if reason == ends.STEPS and done and says_stop(callback, done, lent(x), value):
            reason = ends.ASKED
        if reason != ends.STEPS or done == steps:
            raise StopIteration

    def ended(why: int) -> Any:
        if recorder.iterations[recorder.count - 1] != done:
            x, value, slope = latest
            recorder.row(done, x, value, slope, np.nan, last=True)
        return np.array(why)

    def loop() -> Any:
        kept = None if limits is None else Bounds(*(np.broadcast_to(limit, start.shape) for limit in limits))
        try:
            write(start)
        except StopIteration:
            return ended(reason)
        minimize(both, start, jac=True, method=method, bounds=kept, callback=write, options={**options, "gtol": 0.0, "maxiter": steps})
        return ended(ends.STUCK if reason == ends.STEPS and done < steps else reason)

    with np.errstate(all="ignore"):
        return keeping(recorder, loop)


def why(value: Any, slope: Any, tolerance: float) -> int:
    """Whether it has come to an end, as a place in REASONS."""
    if not np.isfinite(value):
        return ends.NO_VALUE if np.isnan(value) else ends.ENDLESS
    if not np.isfinite(slope).all():
        return ends.NO_SLOPE
    return ends.STILL if lengths(slope) <= tolerance else ends.STEPS
