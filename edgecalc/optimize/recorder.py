"""Writing down the rows of a run, and why it stopped."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from edgecalc.optimize.objective import Objective

if TYPE_CHECKING:
    from edgecalc.optimize.trace import Trace

MOST_KEPT = 1 << 24  # numbers of x in a trace; of longer runs every k-th iteration is kept
TAIL = 32  # and so many of the last ones, as they tell an oscillation
REASONS = (
    "all steps taken",
    "the gradient is as small as `stop` asks",
    "f is not a number",
    "the gradient is not finite",
    "f is infinite",
    "the callback said so",
    "no step goes down any more",
    "an error was raised",
)
STEPS, STILL, NO_VALUE, NO_SLOPE, ENDLESS, ASKED, STUCK, RAISED = range(len(REASONS))


class Recorder:
    """The rows of a trace, being filled: all of them, or every k-th and the last ones."""

    def __init__(self, rule: str, objective: Objective, steps: int, adaptive: bool, tolerance: float, keep: int | None = None):
        size = max(1, objective.start.size)
        self.every = keep or max(1, -(-size * (steps + 1) // MOST_KEPT))
        self.tail = steps - TAIL
        rows = steps + 1 if self.every == 1 else steps // self.every + TAIL + 2
        shape, starts = np.shape(objective.start), objective.starts
        self.x, self.gradient = np.empty((rows, *shape)), np.empty((rows, *shape))
        self.f, self.rate = np.empty((rows, *starts)), np.empty((rows, *starts) if adaptive else rows)
        self.evaluations, self.iterations = np.empty(rows, np.int64), np.empty(rows, np.int64)
        self.rule, self.objective, self.tolerance, self.count = rule, objective, tolerance, 0
        self.latest: tuple = ()  # what the last row would have been

    def row(self, step: int, x: Any, f: Any, gradient: Any, rate: Any, last: bool = False) -> None:
        if self.every > 1 and step % self.every and step <= self.tail and not last:
            self.latest = step, x, f, gradient, rate
            return
        k, self.latest = self.count, ()
        self.x[k], self.f[k], self.gradient[k], self.rate[k] = x, f, gradient, rate
        self.evaluations[k], self.iterations[k] = self.objective.asked, step
        self.count = k + 1

    def went(self, step: int, rate: Any) -> None:
        """The rate of a row's step, where it is known only afterwards."""
        if self.iterations[self.count - 1] == step:
            self.rate[self.count - 1] = rate

    def trace(self, reasons: Any) -> "Trace":
        n = self.count
        rows = (self.x[:n], self.f[:n], self.gradient[:n], self.rate[: max(0, n - 1)], self.evaluations[:n], self.iterations[:n])
        from edgecalc.optimize.trace import Trace

        return Trace(self.rule, *rows, np.asarray(reasons), self.objective, self.tolerance)


def keeping(recorder: Recorder, loop: Callable[[], Any]) -> "Trace":
    """Runs a loop; whatever it raises carries the trace so far."""
    try:
        return recorder.trace(loop())
    except BaseException as error:
        if not recorder.count:
            recorder.row(0, recorder.objective.start, np.nan, np.nan, np.nan)
        if recorder.latest:
            step, x, f, gradient, rate = recorder.latest
            recorder.row(step, x, f, gradient, rate, last=True)
        error.trace = recorder.trace(np.full(recorder.objective.starts, RAISED))  # type: ignore[attr-defined]
        error.add_note("the descent until then is this error's .trace")
        raise


def callback_of(callback: Any) -> Any:
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: {callback!r} came; a function of (iteration, x, f) is accepted")
    return callback


def says_stop(callback: Callable | None, *news: Any) -> bool:
    """Whether a callback gives back True, or raises StopIteration as SciPy's do; anything else goes on."""
    if callback is None:
        return False
    try:
        answer = callback(*news)
    except StopIteration:
        return True
    return isinstance(answer, bool | np.bool_) and bool(answer)
