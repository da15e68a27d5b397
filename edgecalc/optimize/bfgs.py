"""BFGS and L-BFGS: second derivatives learned from the gradients on the way. By SciPy, behind the same trace."""

from collections.abc import Callable
from typing import Any

import numpy as np

from edgecalc.core.arrays import number, whole
from edgecalc.errors import MissingExtra
from edgecalc.optimize import recorder as ends
from edgecalc.optimize.objective import Objective, bounds_of
from edgecalc.optimize.recorder import Recorder, keeping, says_stop
from edgecalc.optimize.trace import Trace


def bfgs(f: Callable, x0: Any, *, grad: Callable | None = None, steps: int = 200, stop: float = 1e-8, callback: Callable | None = None) -> Trace:
    """Minimise f from one start by BFGS; see `newton` for the parameters.

    >>> trace = bfgs(lambda p: (p[..., 0] - 1) ** 2 + p[..., 1] ** 4, [3.0, 1.0])
    >>> trace.verdict
    'minimum'
    """
    return by_scipy("BFGS", f, x0, grad, steps, {"gtol": stop}, None, callback)


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
    options = {"gtol": stop, "ftol": 0.0, "maxcor": whole(memory, "memory", 1)}
    return by_scipy("L-BFGS-B", f, x0, grad, steps, options, bounds, callback)


def by_scipy(method: str, f: Callable, x0: Any, grad: Any, steps: int, options: dict, bounds: Any, callback: Callable | None) -> Trace:
    try:
        from scipy.optimize import Bounds, minimize
    except ImportError:
        raise MissingExtra("scipy", "compare") from None
    objective = Objective(f, x0, grad)
    if objective.starts:
        raise ValueError(f"x0: shape {objective.start.shape} came; one start is accepted here; `newton` and `descend` take many")
    limits, tolerance = bounds_of(bounds, objective.start), number(options["gtol"], "stop", 0)
    steps = whole(steps, "steps", 0)
    recorder = Recorder(method.lower(), objective, steps + 1, False, limits, tolerance)
    start = np.atleast_1d(objective.start)
    seen: dict[bytes, tuple] = {}

    def both(row: np.ndarray) -> tuple:
        x = row.reshape(np.shape(objective.start))[()]
        seen[row.tobytes()] = found = (x, objective.value(x), objective.slope(x))
        return float(found[1]), np.atleast_1d(found[2])

    def write(row: np.ndarray) -> None:
        if row.tobytes() not in seen:
            both(row)
        step, found = recorder.count, seen[row.tobytes()]
        seen.clear()
        recorder.row(step, found[0].copy(), found[1], found[2], 1.0, last=True)
        if step and callback is not None and says_stop(callback(step, found[0], found[1])):
            raise StopIteration

    def loop() -> Any:
        write(start)
        kept = None if limits is None else Bounds(*(np.broadcast_to(limit, start.shape) for limit in limits))
        found = minimize(both, start, jac=True, method=method, bounds=kept, callback=write, options={**options, "maxiter": max(1, steps)})
        if not np.isfinite(found.fun):
            return np.array(ends.NO_VALUE if np.isnan(found.fun) else ends.ENDLESS)
        return np.array({0: ends.STILL, 1: ends.STEPS, 99: ends.ASKED}.get(found.status, ends.STUCK))

    with np.errstate(all="ignore"):
        return keeping(recorder, loop)
