"""How a run shows itself to people: a live bar on a terminal, plain lines elsewhere. All of it on stderr."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import Any


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
                TextColumn("{task.fields[note]}"),
            )
            self.live = Bar(*columns, console=Console(stderr=True), transient=True)
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
            from rich.markup import escape

            if text:
                self.live.console.print(escape(text), highlight=False)
            speed = self.live.tasks[0].speed
            failed = f"{counts['failed']} failed  " if counts["failed"] else ""
            self.live.update(self.task, advance=1, rate=f"{speed:.1f}/s" if speed else "", note=escape(failed + printable(record.source)[-50:]))
        elif text:
            print(text, file=sys.stderr)
