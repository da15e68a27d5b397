"""The benchmark drawn: as text for a terminal, as a picture with matplotlib."""

from collections.abc import Iterable
from math import log2
from os import PathLike
from typing import TYPE_CHECKING

from edgecalc.errors import MissingExtra

if TYPE_CHECKING:
    from edgecalc.reference.bench import Bench, Result

DOUBLING = 4  # characters
LONGEST = 7 * DOUBLING
BLOCKS = " ▏▎▍▌▋▊▉█"


def table(bench: "Bench", ascii_only: bool) -> str:
    machine, settings = bench.machine, bench.settings
    height, width = settings["size"]
    head = [
        f"{machine['processor']}, {machine['cores']} core{'s' if machine['cores'] > 1 else ''}   kernels: {settings['target']}   Python {machine['python']}",
        "   ".join(f"{name} {version}" for name, version in bench.versions.items()),
        f"{height}x{width} uint8 unless a row says otherwise, {settings['threads']} thread{'s' if settings['threads'] > 1 else ''} a side, "
        f"median of {settings['repeat']}, interleaved",
        "",
    ]
    names = ("work", "peer", "its call", "ours ms", "peer ms", "ratio", "limit")
    bars = ["".join(f"{2**k:<{DOUBLING}}" for k in range(LONGEST // DOUBLING + 1)), *(bar(result.ratio, ascii_only) for result in bench.results)]
    return drawn(head, [names, *(cells(result) for result in bench.results)], 3, bars, bench.notes)


def drawn(head: list[str], rows: list[tuple[str, ...]], left: int, bars: list[str], notes: Iterable[str]) -> str:
    """A table whose first `left` columns are words and whose others are numbers, with a bar behind each row."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) if k < left else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True))) for row in rows]
    return "\n".join([*head, *(f"{line}  {bar}".rstrip() for line, bar in zip(lines, bars, strict=True)), "", *notes])


def cells(result: "Result") -> tuple[str, ...]:
    return (
        result.work, result.peer, result.call, milliseconds(result.ours_ms), milliseconds(result.peer_ms), f"{result.ratio:.2f}",
        f"{result.limit_share:.2f}",
    )  # fmt: skip


def milliseconds(time: float) -> str:
    """
    >>> milliseconds(0.00312), milliseconds(3.12)
    ('0.0031', '3.12')
    """
    return f"{time:.4f}" if time < 0.1 else f"{time:.2f}"


def bar(ratio: float, ascii_only: bool) -> str:
    """From 1 on, four characters for every doubling; an arrow for what is slower.

    >>> bar(4, True), bar(0.5, True)
    ('########', '<')
    """
    length = min(log2(ratio) * DOUBLING, LONGEST) if ratio > 0 else 0
    if length < 0:
        return "<" if ascii_only else "◂"
    if ascii_only:
        return "#" * round(length)
    eighths = round(length * 8)
    return (BLOCKS[8] * (eighths // 8) + BLOCKS[eighths % 8]).strip()


def plot(bench: "Bench", path: str | PathLike[str]) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("matplotlib", "plots") from None
    results = bench.results[::-1]
    figure = Figure(figsize=(10, 1.6 + 0.32 * len(results)), layout="constrained")
    axes = figure.add_subplot()
    ratios = [result.ratio for result in results]
    bars = axes.barh(range(len(results)), ratios, color=["#1a73b8" if ratio >= 1 else "#c8553d" for ratio in ratios])
    axes.bar_label(bars, [f"{ratio:.1f}" if ratio < 100 else f"{ratio:.0f}" for ratio in ratios], padding=3, fontsize=8)
    axes.set_yticks(range(len(results)), [f"{result.work}   ({result.peer}: {result.call})" for result in results], fontsize=8)
    axes.set_ylim(-0.7, len(results) - 0.3)
    axes.set_xscale("log", base=2)
    axes.set_xlim(min(0.5, *ratios) / 1.2, max(2, *ratios) * 1.6)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xlabel("times as fast as the peer's best call")
    height, width = bench.settings["size"]
    axes.set_title(
        f"edgecalc, {height}x{width}, threads: {bench.settings['threads']}, {bench.machine['processor']}, {bench.settings['target']}", fontsize=10
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
