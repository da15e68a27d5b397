"""The benchmark: ours, theirs, the copy; ours, theirs, the copy; ... in one run, at equal thread counts.

ratio              = their time / ours, of each round, since what slows the machine for a while slows both; the median of the rounds
share of the limit = likewise the time of np.copyto for as many bytes as the work reads and writes / ours
"""

import gc
import json
import os
import platform
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import import_module
from os import PathLike
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

import edgecalc
from edgecalc.core import kernels, strips
from edgecalc.core.arrays import whole
from edgecalc.errors import MissingExtra
from edgecalc.media.read import read_gray
from edgecalc.reference import images
from edgecalc.reference.races import RACES, Call, Race, Scene

SIZE = (3000, 4000)
HUGE = (10_000, 10_000)
SMALL = (64, 64)
SLOW, FEWER = 0.3, 5  # a call of more seconds is repeated this often at most
SAMPLE = 5e-4  # seconds: shorter calls are timed in loops
TRIES = 5  # of each way before the fastest is taken
PARTS = {"scipy": "scipy.ndimage", "skimage": "skimage.filters", "one thread": "numpy"}


@dataclass(frozen=True)
class Result:
    """One row; times in milliseconds."""

    work: str
    peer: str
    call: str
    ours_ms: float
    peer_ms: float
    ratio: float  # theirs / ours, the median of the rounds
    copy_ms: float
    limit_share: float  # copy / ours, likewise


@dataclass(frozen=True, repr=False)
class Bench:
    """All rows, and what they were measured on."""

    results: tuple[Result, ...]
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    settings: Mapping[str, Any]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return self.table()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    def table(self, ascii_only: bool = False) -> str:
        """Text: the rows, and for each a bar of its ratio on a scale that doubles every four characters."""
        from edgecalc.reference import charts

        return charts.table(self, ascii_only)

    def plot(self, path: str | PathLike[str]) -> None:
        """Write the ratios as a picture; needs matplotlib."""
        from edgecalc.reference import charts

        charts.plot(self, path)


def bench(
    size: str | tuple[int, int] = SIZE,
    *,
    threads: int = 1,
    only: Iterable[str] | None = None,
    repeat: int = 15,
    image: str | PathLike[str] | None = None,
    progress: Callable[[str], object] | None = None,
) -> Bench:
    """Time every row of the table.

    Parameters
    ----------
    size : "HxW" or (height, width)
        Of the synthetic photograph; the rows of 64 x 64 and of 100 megapixels keep theirs, the latter unless `size` is smaller than the default.
    threads : int
        For both sides.
    only : names, optional
        Rows whose work or peer contains one of these words.
    repeat : int
        Samples of each side; the median counts.
    image : path, optional
        A photograph of your own in place of the synthetic one, at its own size.
    progress : callable, optional
        Told the name of each row before it is timed.
    """
    given = None if image is None else eight_bits(read_gray(image))
    height, width = checked_size(size) if given is None else given.shape
    threads, repeat = whole(threads, "threads", 1, 1024), whole(repeat, "repeat", 1, 100_000)
    wanted = chosen(only, RACES, lambda race: f"{race.work} {race.peer}")
    scenes = Scenes((height, width), threads, given)
    libraries = {peer: loaded(peer) for peer in dict.fromkeys(race.peer for race in wanted)}
    results = []
    with threads_of(libraries.get("cv2"), threads):
        for race in wanted:
            if libraries[race.peer] is None or (race.scene == "huge" and strips.cores() < 2):
                continue
            if progress:
                progress(f"{race.work} against {race.peer}")
            results.append(timed(race, libraries[race.peer], scenes.of(race), repeat))
    if not results:
        raise MissingExtra(" or ".join(libraries), "compare")
    return Bench(
        results=tuple(results),
        machine={"processor": processor(), "cores": strips.cores(), "system": platform.platform(), "python": platform.python_version()},
        versions={"edgecalc": edgecalc.__version__, "numpy": np.__version__}
        | {peer: str(library.__version__) for peer, library in libraries.items() if library is not None and peer != "one thread"},
        settings={"size": [height, width], "threads": threads, "repeat": repeat, "target": kernels.TARGET},
        notes=tuple(notes(libraries, wanted, scenes)),
    )


def checked_size(size: Any) -> tuple[int, int]:
    """
    >>> checked_size("480x640")
    (480, 640)
    """
    if isinstance(size, str):
        found = re.fullmatch(r"(\d+)[xX](\d+)", size.strip())
        if not found:
            raise ValueError(f'size: {size!r} came; height x width such as "3000x4000" is accepted')
        size = int(found[1]), int(found[2])
    height, width = size
    return whole(height, "size: height", 8), whole(width, "size: width", 8)


def chosen(only: Iterable[str] | None, races: Sequence[Any], named: Callable[[Any], str]) -> list:
    """The races whose names hold one of the words."""
    words = [word.lower() for word in only or ()]
    for word in words:
        if not any(word in named(race).lower() for race in races):
            known = ", ".join(dict.fromkeys([*(race.work for race in races), *(race.peer for race in races)]))
            raise ValueError(f"only: {word!r} came; accepted are these names or parts of them: {known}")
    return [race for race in races if not words or any(word in named(race).lower() for word in words)]


class Scenes(NamedTuple):
    """The images, made when a row first needs them."""

    size: tuple[int, int]
    threads: int
    given: np.ndarray | None = None

    def of(self, race: Race) -> Scene:
        if self.given is not None and race.scene == "image":
            return Scene(as_pixels(self.given, race.pixel), self.threads)
        return Scene(photo(self.size_of(race), race.pixel), self.threads)

    def size_of(self, race: Race) -> tuple[int, int]:
        huge = HUGE if self.size[0] * self.size[1] >= SIZE[0] * SIZE[1] else self.size
        return {"small": SMALL, "huge": huge}.get(race.scene, self.size)


@lru_cache(maxsize=2)
def photo(size: tuple[int, int], pixel: str) -> np.ndarray:
    if size == HUGE:
        part = photo((HUGE[0] // 5, HUGE[1] // 5), pixel)
        return np.tile(part, (5, 5))
    return as_pixels(images.photo(*size), pixel)


def eight_bits(pixels: np.ndarray) -> np.ndarray:
    return np.clip(pixels / (257 if pixels.dtype == np.uint16 else 1), 0, 255).astype(np.uint8)


def as_pixels(picture: np.ndarray, pixel: str) -> np.ndarray:
    return picture if pixel == "uint8" else picture.astype(pixel) * (257 if pixel == "uint16" else 1)


def loaded(peer: str, parts: Mapping[str, str] = PARTS) -> Any:
    """The peer's package, with the part of it that is used."""
    part = parts.get(peer, peer)
    try:
        import_module(part)
    except ImportError:
        return None
    return import_module(part.partition(".")[0])


@contextmanager
def threads_of(cv2: Any, threads: int) -> Iterator[None]:
    """OpenCV's thread count, and afterwards what it was; its IPP too, which the rows switch."""
    if cv2 is None:
        yield
        return
    before, ipp = cv2.getNumThreads(), cv2.ipp.useIPP()
    cv2.setNumThreads(threads)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
        cv2.ipp.setUseIPP(ipp)


def timed(race: Race, library: Any, scene: Scene, repeat: int) -> Result:
    """Interleaved, so that whatever slows the machine slows all three."""
    ours = race.ours(scene)
    made = ours()
    moved = scene.image.nbytes + sum(each.nbytes for each in (made if isinstance(made, tuple) else (made,)))
    label, prepare, theirs = fastest(race, library, scene)
    source, target = np.ones(moved // 2, np.uint8), np.ones(moved // 2, np.uint8)
    calls = {"ours": ours, "theirs": theirs, "copy": lambda: np.copyto(target, source)}
    once = {name: duration(call, 1) for name, call in calls.items()}
    loops = {name: max(1, int(SAMPLE / max(seconds, 1e-7))) for name, seconds in once.items()}
    turns = min(repeat, FEWER) if max(once.values()) > SLOW else repeat
    samples: dict[str, list[float]] = {name: [] for name in calls}
    prepare()
    with collected():
        for _ in range(turns):
            for name, call in calls.items():
                samples[name].append(duration(call, loops[name]))
    mine, other, copy = (median(samples[name]) * 1000 for name in calls)
    return Result(race.work, race.peer, label, mine, other, over(samples, "theirs"), copy, over(samples, "copy"))


def over(samples: Mapping[str, list[float]], name: str) -> float:
    """How many times as long as ours, round by round."""
    return median(other / mine for mine, other in zip(samples["ours"], samples[name], strict=True))


def fastest(race: Race, library: Any, scene: Scene) -> tuple[str, Call, Call]:
    """Of the peer's ways, and of OpenCV's with and without IPP: (in words, what switches it on, the call)."""
    switches: dict[str, Call] = {"": lambda: None}
    if race.peer == "cv2" and library.ipp.useIPP() | was_built_with_ipp(library):
        switches = {"": lambda: library.ipp.setUseIPP(True), ", IPP off": lambda: library.ipp.setUseIPP(False)}
    found = []
    for name, make in race.theirs.items():
        call = make(library, scene)
        for words, switch in switches.items():
            switch()
            first = duration(call, 1)
            tries = [first] if first > SLOW else [duration(call, max(1, int(SAMPLE / max(first, 1e-7)))) for _ in range(TRIES)]
            found.append((min(tries), name + words, switch, call))
    _, label, switch, call = min(found, key=lambda way: way[0])
    return label, switch, call


def was_built_with_ipp(cv2: Any) -> bool:
    return "disabled" not in cv2.ipp.getIppVersion()


def duration(call: Call, loops: int) -> float:
    start = perf_counter()
    for _ in range(loops):
        call()
    return (perf_counter() - start) / loops


@contextmanager
def collected() -> Iterator[None]:
    """No garbage collection between samples."""
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def processor() -> str:
    """The name its maker gave it, where the system tells."""
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", listed.read_text(errors="replace"), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or os.environ.get("PROCESSOR_IDENTIFIER", "") or platform.machine()


def notes(libraries: Mapping[str, Any], wanted: list[Race], scenes: Scenes) -> Iterator[str]:
    for peer, library in libraries.items():
        if library is None:
            yield f"not compared: {peer} is not installed"
    if libraries.get("cv2") is not None:
        yield "cv2 is timed with IPP on and off, and in every way that a row knows; the fastest counts and is named"
    for race in wanted:
        if race.scene == "huge":
            height, width = scenes.size_of(race)
            yield f"two threads: on {height}x{width}" if strips.cores() > 1 else "not timed: two threads against one, as there is one core"
    yield "limit: np.copyto, on one thread, of as many bytes as the work reads and writes; 1.00 would be as fast as that copy"
