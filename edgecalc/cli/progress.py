"""How a run shows itself to people: a live bar on a terminal, plain lines elsewhere. All of it on stderr."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import Any

FIXED = 55  # columns: bar, rate, remaining time and what parts them


class Progress:
    def __init__(self, total: int, args: argparse.Namespace):
        self.total, self.quiet, self.verbose = total, args.quiet, args.verbose
        self.live: Any = None
        if sys.stderr.isatty() and not args.quiet and not args.verbose:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (
                BarColumn(30),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[note]}", markup=False),
            )
            self.live = Bar(*columns, console=Console(stderr=True), transient=True)
            self.room = self.live.console.width - FIXED - 2 * len(str(total))
            self.task = self.live.add_task("", total=total, rate="", note="")

    def __enter__(self) -> Progress:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.live:
            self.live.stop()

    def tell(self, record: Any, counts: Counter[str]) -> None:
        from edgecalc.media.names import printable

        text = ""
        if record.status == "failed" or record.message and not self.quiet:
            text = f"{record.status}: {printable(record.message)}"
        elif self.verbose and not self.quiet:
            text = f"{record.status}: {printable(record.source)}" + (f" ({record.error})" if record.error else f"  {record.ms:.0f} ms")
        if self.live:
            if text:
                self.live.console.out(text, highlight=False)  # as it is: no markup, no emoji, not broken into lines
            speed = self.live.tasks[0].speed
            failed = f"{counts['failed']} failed  " if counts["failed"] else ""
            name, room = printable(record.source), max(2, self.room - len(failed))
            shown = name if len(name) <= room else f"…{name[1 - room :]}"
            self.live.update(self.task, advance=1, rate=f"{speed:.1f}/s" if speed else "", note=failed + shown)
        elif text:
            print(text, file=sys.stderr)
