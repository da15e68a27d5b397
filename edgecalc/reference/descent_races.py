"""What `bench --calculus` times of the descents: Adam on Rosenbrock's valley, beside PyTorch's as its users write it.

    error     largest difference from Adam written out in plain Python, over the size of that place

PyTorch takes one start at a time. A batch of starts is raced against its loop over the same few: of thousands it would take minutes.
"""

from math import sqrt
from typing import Any

import numpy as np

from edgecalc import optimize
from edgecalc.optimize.problems import PROBLEMS
from edgecalc.reference.calculus_races import Call, Race, Scene

PROBLEM = PROBLEMS["rosenbrock"]
RATE = 0.02
ONE, STEPS = np.array(PROBLEM.start)[None], 1000
LOW, HIGH = np.transpose(PROBLEM.box)
MANY, FEW_STEPS = np.random.default_rng(0).uniform(LOW, HIGH, (20, 2)), 250


def adam(starts: np.ndarray, steps: int, *, known: bool) -> Any:
    """Ours: all starts at once, or the only one alone."""
    x0, grad = starts if len(starts) > 1 else starts[0], PROBLEM.gradient if known else None
    return lambda scene: lambda: optimize.descend(PROBLEM.f, x0, "adam", grad=grad, rate=RATE, steps=steps).x[-1].reshape(starts.shape)


def by_torch(starts: np.ndarray, steps: int, *, known: bool = False) -> Any:
    """Theirs: each start by itself, the gradient by autograd or by hand."""

    def walk(torch: Any, start: np.ndarray) -> np.ndarray:
        p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([p], lr=RATE)
        for _ in range(steps):
            if known:
                p.grad = torch.from_numpy(PROBLEM.gradient(p.detach().numpy()))
            else:
                optimizer.zero_grad()
                (100 * (p[1] - p[0] ** 2) ** 2 + (1 - p[0]) ** 2).backward()
            optimizer.step()
        return p.detach().numpy()

    def make(torch: Any, scene: Scene) -> Call:
        return lambda: np.array([walk(torch, start) for start in starts])

    return make


def written_out(starts: np.ndarray, steps: int) -> Any:
    """Adam, line by line."""

    def end(place: list[float]) -> list[float]:
        mean, square = [0.0, 0.0], [0.0, 0.0]
        for step in range(1, steps + 1):
            for k, slope in enumerate(map(float, PROBLEM.gradient(place))):
                mean[k] = 0.9 * mean[k] + 0.1 * slope
                square[k] = 0.999 * square[k] + 0.001 * slope**2
            place = [x - RATE * m / (1 - 0.9**step) / (sqrt(s / (1 - 0.999**step)) + 1e-8) for x, m, s in zip(place, mean, square, strict=True)]
        return place

    return lambda scene: np.array([end(start) for start in starts.tolist()])


def race(starts: np.ndarray, steps: int, call: str, goal: float | None, *, known: bool = True, theirs_known: bool = False) -> Race:
    work = f"Adam on Rosenbrock, {len(starts)} start{'s' if len(starts) > 1 else ''} x {steps} steps"
    way = f"descend, {'gradient given' if known else 'differences'}{', a batch' if len(starts) > 1 else ''}"
    theirs = by_torch(starts, steps, known=theirs_known)
    return Race(work, way, "torch", call, adam(starts, steps, known=known), theirs, written_out(starts, steps), 1e-9, goal)


DESCENTS = (
    race(ONE, STEPS, "optim.Adam, autograd", 5.0),
    race(ONE, STEPS, "optim.Adam, gradient given", None, theirs_known=True),
    race(ONE, STEPS, "optim.Adam, autograd", None, known=False),
    race(MANY, FEW_STEPS, "optim.Adam, autograd, start by start", 20.0),
)
