"""What a descent leaves behind: every iteration, why it stopped, and what it found.

>>> from edgecalc import optimize
>>> trace = optimize.descend(lambda p: p[..., 0] ** 2 + p[..., 1] ** 2, [3.0, 4.0], "sign", rate=1.0, steps=4)
>>> trace.x.tolist()
[[3.0, 4.0], [2.0, 3.0], [1.0, 2.0], [0.0, 1.0], [0.0, 0.0]]
>>> trace.verdict
'minimum'
"""

import csv
import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from edgecalc.calculus.expression import Expression
from edgecalc.core.arrays import whole
from edgecalc.optimize.objective import Objective
from edgecalc.optimize.recorder import REASONS, STEPS
from edgecalc.optimize.verdict import MOST_VARIABLES, Finding, find


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """A run. Rows are iterations; with many starts the next axis is theirs; the last axis of x is the variables'.

    rule        its name                           rate         of the step that leaves each row but the last; NaN for BFGS, whose steps have none
    x           (rows[, starts][, variables])      gradient     like x: what the rule was given
    f           (rows[, starts])                   iterations   the number of each row: 0, 1, 2 ... unless the run was too long to keep all
    evaluations values of f and of grad asked for, up to each row
    """

    rule: str
    x: np.ndarray
    f: np.ndarray
    gradient: np.ndarray
    rate: np.ndarray
    evaluations: np.ndarray
    iterations: np.ndarray
    reasons: np.ndarray  # places in REASONS, one for each start
    objective: Objective
    tolerance: float = 0.0

    def __repr__(self) -> str:
        many = "" if self.starts is None else f" of {self.starts} starts"
        stopped = self.stopped if self.starts is None else "; ".join(sorted(set(self.stopped)))
        return f"<Trace{many}: {self.rule}, {len(self.x)} rows, {stopped}>"

    @property
    def bounds(self) -> tuple | None:
        """(low, high) of each variable."""
        return self.objective.bounds

    @property
    def starts(self) -> int | None:
        """How many starts ran at once; None for one."""
        return self.f.shape[1] if self.f.ndim > 1 else None

    @property
    def step(self) -> np.ndarray:
        """How far x went from each row to the next."""
        return np.diff(self.x, axis=0)

    @property
    def last(self) -> Any:
        """Where it ended: the last x at which f is a number."""
        if self.starts is not None:
            return np.array([run.last for run in self.runs])
        sound = np.flatnonzero(np.isfinite(self.f))
        return self.x[sound[-1] if len(sound) else 0]

    @property
    def best(self) -> Any:
        """The x of the lowest f of all rows."""
        if self.starts is not None:
            return np.array([run.best for run in self.runs])
        return self.x[int(np.argmin(np.where(np.isnan(self.f), np.inf, self.f)))]

    @property
    def stopped(self) -> Any:
        """Why it stopped; an array for many starts."""
        return np.array(REASONS, object)[self.reasons] if self.reasons.ndim else REASONS[int(self.reasons)]

    @cached_property
    def finding(self) -> Any:
        """What was found, in full; a list for many starts."""
        if self.starts is None:
            return find(self)
        bends: Any = [None] * self.starts
        if self.x.shape[-1] <= MOST_VARIABLES:
            with np.errstate(all="ignore"), suppress(ValueError, TypeError, ArithmeticError):  # each run tries its own
                bends = self.objective.hessian(self.x[-1])
        return [find(run, bend) for run, bend in zip(self.runs, bends, strict=True)]

    @property
    def verdict(self) -> Any:
        """minimum, maximum, saddle, not converged, oscillating, diverging, unbounded or left the domain."""
        if self.starts is not None:
            return np.array([each.verdict for each in self.finding], object)
        return self.finding.verdict

    @property
    def why(self) -> str:
        """One sentence: why it stopped, what was found, by which figures."""
        if self.starts is not None:
            kinds, counts = np.unique(self.verdict.astype(str), return_counts=True)
            return f"{self.starts} starts: " + ", ".join(f"{count} {kind}" for kind, count in zip(kinds, counts, strict=True))
        finding: Finding = self.finding
        steps = int(self.iterations[-1])
        return f"after {steps} step{'s' if steps != 1 else ''}: {self.stopped}; {finding.verdict}: {finding.because}"

    @property
    def runs(self) -> "list[Trace]":
        """One trace for each start."""
        return [self] if self.starts is None else [self.of(k) for k in range(self.starts)]

    def of(self, start: int) -> "Trace":
        """The run of one of many starts.

        >>> from edgecalc import optimize
        >>> optimize.descend(lambda p: (p**2).sum(-1), [[3.0], [4.0]], "gd", rate=0.5, steps=1).of(1).x.tolist()
        [[4.0], [0.0]]
        """
        if self.starts is None:
            raise ValueError("of: this trace is of one start; x, f and the others are its own")
        k = whole(start, "start", 0, self.starts - 1)
        rows = self.x[:, k]
        moved = int(self.ends[k]) + 1
        rate = self.rate[:, k] if self.rate.ndim > 1 else self.rate
        return Trace(
            self.rule,
            rows[:moved],
            self.f[:moved, k],
            self.gradient[:moved, k],
            rate[: moved - 1],
            self.evaluations[:moved] // self.starts,
            self.iterations[:moved],
            self.reasons[k],
            self.objective.at(self.objective.start[k]),
            self.tolerance,
        )

    @cached_property
    def ends(self) -> np.ndarray:
        """The row in which each start came to its end."""
        same = (self.x == self.x[-1]).all(axis=-1) | (np.isnan(self.x) & np.isnan(self.x[-1])).any(axis=-1)
        first = len(self.x) - np.argmin(same[::-1], axis=0)
        first = np.where(same.all(axis=0), 0, np.minimum(first, len(self.x) - 1))
        return np.where(self.reasons == STEPS, len(self.x) - 1, first)

    def columns(self) -> tuple[list[str], list[list[Any]]]:
        """The rows as numbers, for a table or a file."""
        several = self.x.ndim > 1 + (self.starts is not None)
        count = self.x.shape[-1] if several else 1
        told = self.objective.f.variables if isinstance(self.objective.f, Expression) else ()
        letters = ["x", "y", "z"] if count <= 3 else [f"x{k + 1}" for k in range(count)]
        if len(told) == count and not {"f", "rate", "evaluations", "iteration", "start"} & set(told):
            letters = list(told)
        names = [*letters[:count], "f", *(f"df/d{letter}" for letter in letters[:count]), "rate", "evaluations"]
        if self.starts is not None:
            rows = [[k, *row] for k, run in enumerate(self.runs) for row in run.columns()[1]]
            return ["start", "iteration", *names], rows
        rates = [*self.rate.tolist(), None]
        rows = [
            [int(self.iterations[k]), *np.ravel(self.x[k]).tolist(), float(self.f[k]), *np.ravel(self.gradient[k]).tolist(), rates[k], int(asked)]
            for k, asked in enumerate(self.evaluations)
        ]
        return ["iteration", *names], rows

    def table(self, rows: int = 20) -> str:
        """The iterations as on a slide; of more than so many rows the middle is left out."""
        rows = whole(rows, "rows", 1)
        if self.starts is not None:
            return "\n\n".join(f"start {k}\n{run.table(rows)}" for k, run in enumerate(self.runs[:8])) + "\n" + self.why
        names, lines = self.columns()
        cells = [names, *([("" if cell is None else f"{cell:.6g}") for cell in line] for line in lines)]
        if len(cells) > rows + 1:
            cells = [*cells[: rows // 2 + 1], ["..."] * len(names), *cells[-(rows - rows // 2) :]]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        drawn = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
        return "\n".join([*drawn, self.why])

    def __str__(self) -> str:
        return f"{self.rule}\n{self.table()}"

    def to_csv(self, path: Any) -> None:
        """Every row as text, numbers in full."""
        from edgecalc.media.write import write_whole

        names, lines = self.columns()
        text = StringIO(newline="")
        csv.writer(text).writerows([names, *lines])
        write_whole(Path(path), text.getvalue().encode())

    def to_json(self, path: Any = None) -> str:
        """Every row and the verdict as a JSON document; written to a file, too, if a path is given."""
        names, lines = self.columns()
        found = [each.verdict for each in self.finding] if self.starts is not None else self.verdict
        stopped = self.stopped.tolist() if self.starts is not None else self.stopped
        lines = [[None if isinstance(cell, float) and not np.isfinite(cell) else cell for cell in line] for line in lines]
        text = json.dumps({"rule": self.rule, "stopped": stopped, "verdict": found, "columns": names, "rows": lines})
        if path is not None:
            from edgecalc.media.write import write_whole

            write_whole(Path(path), text.encode())
        return text
