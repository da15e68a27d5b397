"""The benchmark of derivatives: ours, theirs, ours, theirs; ... in one run, medians, as ratios, with the errors of both."""

import json
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from statistics import median
from typing import Any

import numpy as np

import edgecalc
from edgecalc.calculus import Derivative
from edgecalc.core import strips
from edgecalc.core.arrays import whole
from edgecalc.errors import EdgecalcError
from edgecalc.reference.bench import FEWER, SLOW, chosen, collected, duration, loaded, over, processor
from edgecalc.reference.calculus_races import RACES as DERIVATIVES
from edgecalc.reference.calculus_races import Race, Scene
from edgecalc.reference.charts import bar, drawn, milliseconds
from edgecalc.reference.descent_races import DESCENTS

RACES = (*DERIVATIVES, *DESCENTS)

POINTS = 1_000_000
VARIABLES = 1000  # of the functions of many variables; as many as there are points, if these are fewer
ENDS = -6.0, 6.0
FEWEST = 32  # points
PARTS = {"scipy": "scipy.differentiate", "autograd": "autograd.numpy"}


@dataclass(frozen=True)
class Result:
    """One row; times in milliseconds, errors over the largest derivative."""

    work: str
    way: str
    peer: str
    call: str
    ours_ms: float
    peer_ms: float
    ratio: float  # theirs / ours, the median of the rounds
    ours_error: float
    peer_error: float
    evaluations: float | None  # values of f that ours took for each point
    goal_error: float | None
    goal_ratio: float | None

    @property
    def reached(self) -> bool | None:
        """Whether it is as exact and as fast as it is meant to be."""
        met = [
            *([self.ours_error <= self.goal_error] if self.goal_error is not None else []),
            *([self.ratio >= self.goal_ratio] if self.goal_ratio is not None else []),
        ]
        return all(met) if met else None


@dataclass(frozen=True, repr=False)
class CalculusBench:
    """All rows, and what they were measured on."""

    results: tuple[Result, ...]
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    settings: Mapping[str, Any]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return self.table()

    def to_dict(self) -> dict[str, Any]:
        whole = asdict(self)
        whole["results"] = [asdict(result) | {"reached": result.reached} for result in self.results]
        return whole

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    def table(self, ascii_only: bool = False) -> str:
        """Text: the rows, and for each a bar of its ratio on a scale that doubles every four characters."""
        head = [
            f"{self.machine['processor']}, {self.machine['cores']} cores   Python {self.machine['python']}",
            "   ".join(f"{name} {version}" for name, version in self.versions.items()),
            f"{self.settings['points']} points of {list(ENDS)}, {self.settings['variables']} variables, median of {self.settings['repeat']}, interleaved",
            "",
        ]
        names = ("work", "ours", "peer", "its call", "f", "error", "ms", "its error", "its ms", "ratio", "goal")
        bars = ["", *(bar(result.ratio, ascii_only) for result in self.results)]
        return drawn(head, [names, *(cells(result) for result in self.results)], 4, bars, self.notes)


def cells(result: Result) -> tuple[str, ...]:
    goal = {None: "", True: "met", False: "missed"}[result.reached]
    return (
        result.work, result.way, result.peer, result.call, "" if result.evaluations is None else f"{result.evaluations:.1f}",
        f"{result.ours_error:.0e}", milliseconds(result.ours_ms), f"{result.peer_error:.0e}", milliseconds(result.peer_ms), f"{result.ratio:.2f}", goal,
    )  # fmt: skip


def calculus_bench(
    points: int = POINTS, *, only: Iterable[str] | None = None, repeat: int = 15, progress: Callable[[str], object] | None = None
) -> CalculusBench:
    """Time every row of the table, and measure its error.

    Parameters
    ----------
    points : int
        Where the functions of one variable are differentiated, evenly spaced on [-6, 6].
    only : names, optional
        Rows whose work, way or peer contains one of these words.
    repeat : int
        Samples of each side; the median counts.
    progress : callable, optional
        Told the name of each row before it is timed.
    """
    points, repeat = whole(points, "points", FEWEST, 100_000_000), whole(repeat, "repeat", 1, 100_000)
    wanted = chosen(only, RACES, named)
    libraries = {peer: loaded(peer, PARTS) for peer in dict.fromkeys(race.peer for race in wanted)}
    missing = [peer for peer, library in libraries.items() if library is None]
    if len(missing) == len(libraries):
        raise EdgecalcError(f"this compares with {' and '.join(missing)}, none of which is installed: pip install {' '.join(missing)}")
    place = np.random.default_rng(0).uniform(-2, 2, min(VARIABLES, points))
    scene = Scene(np.linspace(*ENDS, points), place)
    results = []
    for race in wanted:
        if libraries[race.peer] is not None:
            if progress:
                progress(f"{race.work}, {race.way}, against {race.peer} {race.call}")
            results.append(timed(race, libraries[race.peer], scene, repeat))
    return CalculusBench(
        results=tuple(results),
        machine={"processor": processor(), "cores": strips.cores(), "system": platform.platform(), "python": platform.python_version()},
        versions={"edgecalc": edgecalc.__version__, "numpy": np.__version__}
        | {peer: metadata.version(peer) for peer, library in libraries.items() if library is not None},
        settings={"points": points, "variables": len(place), "repeat": repeat},
        notes=tuple(notes(missing, points)),
    )


def named(race: Race) -> str:
    return f"{race.work} {race.way} {race.peer} {race.call}"


def timed(race: Race, library: Any, scene: Scene, repeat: int) -> Result:
    """Interleaved, so that whatever slows the machine slows both."""
    calls = {"ours": race.ours(scene), "theirs": race.theirs(library, scene)}
    made = {name: call() for name, call in calls.items()}
    exact = race.exact(scene)
    errors = {name: scaled(value, exact) for name, value in made.items()}
    mine = made["ours"]
    evaluations = mine.evaluations / len(scene.x) if isinstance(mine, Derivative) else None
    del made, mine
    samples: dict[str, list[float]] = {name: [] for name in calls}
    with collected():
        turns = 1
        while len(samples["ours"]) < turns:
            for name, call in calls.items():
                samples[name].append(duration(call, 1))
            turns = min(repeat, FEWER) if max(map(max, samples.values())) > SLOW else repeat
    ours, theirs = (median(samples[name]) * 1000 for name in calls)
    ratio, goal = over(samples, "theirs"), race.ratio if len(scene.x) >= POINTS else None
    return Result(race.work, race.way, race.peer, race.call, ours, theirs, ratio, errors["ours"], errors["theirs"], evaluations, race.error, goal)


def scaled(found: Any, exact: np.ndarray) -> float:
    """Largest difference over the largest size."""
    value = found.value if isinstance(found, Derivative) else found.toarray() if hasattr(found, "toarray") else found
    return float(np.max(np.abs(value - exact)) / np.max(np.abs(exact)))


def notes(missing: Iterable[str], points: int) -> Iterator[str]:
    for peer in missing:
        yield f"not compared: {peer} is not installed"
    if points < POINTS:
        yield f"goal: of the errors alone; how many times as fast is asked of {POINTS} points"
    yield "error: largest difference from the derivative by hand, over that one's largest size; f: values of f for each point"
