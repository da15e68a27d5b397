"""How fast files were finished, from what the journals know.

A journal writes its records in groups, so a file's time is its group's. Between two groups files are taken to have ended evenly.
Time in which nothing ran (before a resume) is left out; shards that ran side by side are added.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

MOST_BARS = 60
FEWEST_GROUPS = 4  # less is no curve


class Bar(NamedTuple):
    """A stretch of busy time, in seconds from its start, and what was finished a second."""

    begin: float
    end: float
    files: float
    megapixels: float
    failed: int


@dataclass(frozen=True)
class Throughput:
    seconds: float
    finished: int
    bars: tuple[Bar, ...]

    @property
    def rate(self) -> float:
        return self.finished / self.seconds if self.seconds else 0.0

    @property
    def peak(self) -> float:
        return max((bar.files for bar in self.bars), default=0.0)


def throughput(runs: list[dict[str, Any]], files: list[dict[str, Any]]) -> Throughput:
    groups: dict[tuple, dict[float, list]] = defaultdict(lambda: defaultdict(list))
    for each in files:
        if each["status"] != "skipped":
            groups[each["journal"], each["run"]][each["finished"]].append(each)
    stretches, spans = [], []
    for run in runs:
        before = run["started"]
        for moment, members in sorted(groups[run["journal"], run["id"]].items()):
            stretches.append((before, max(before, moment), members))
            before = max(before, moment)
        spans.append((run["started"], max(before, run["ended"] or before)))
    busy = merged(spans)
    seconds = sum(end - begin for begin, end in busy)
    shown = min(MOST_BARS, len(stretches)) if seconds and len(stretches) >= FEWEST_GROUPS else 0
    return Throughput(seconds, sum(len(members) for *_, members in stretches), bars(stretches, busy, seconds, shown))


def merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Overlapping spans made one.

    >>> merged([(5, 7), (0, 2), (1, 3)])
    [(0, 3), (5, 7)]
    """
    made: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if made and begin <= made[-1][1]:
            made[-1] = made[-1][0], max(end, made[-1][1])
        else:
            made.append((begin, end))
    return made


def elapsed(moment: float, busy: list[tuple[float, float]]) -> float:
    """Busy seconds until then.

    >>> elapsed(6, [(0, 3), (5, 7)])
    4
    """
    return sum(min(moment, end) - begin for begin, end in busy if begin < moment)


def bars(stretches: list[tuple[float, float, list]], busy: list[tuple[float, float]], seconds: float, count: int) -> tuple[Bar, ...]:
    if not count:
        return ()
    width = seconds / count
    files, pixels, failed = [0.0] * count, [0.0] * count, [0] * count
    for begin, end, members in stretches:
        start, stop = elapsed(begin, busy), elapsed(end, busy)
        area = sum((each["width"] or 0) * (each["height"] or 0) for each in members) / 1e6
        last = min(count - 1, int(stop / width))
        failed[last] += sum(each["status"] == "failed" for each in members)
        for k in range(min(count - 1, int(start / width)), last + 1):
            share = (min(stop, (k + 1) * width) - max(start, k * width)) / (stop - start) if stop > start else 1.0 * (k == last)
            files[k] += len(members) * max(0.0, share)
            pixels[k] += area * max(0.0, share)
    return tuple(Bar(k * width, (k + 1) * width, files[k] / width, pixels[k] / width, failed[k]) for k in range(count))
