"""edgecalc report: what a run did, as one page with the pictures before and after."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

EPILOG = """examples:
  edgecalc report edges
  edgecalc report edges -o monday.html --title "Monday's photographs"
  edgecalc report edges --gallery 1000      more pictures, a larger page (about 35 kB each)
  edgecalc report edges --gallery 0         numbers and failures only

The page needs no network and no other file: it can be mailed. Printed is where it is.
exit codes: 0 done, 1 the page cannot be written, 2 wrong usage, or no journal in that folder
"""


def add(commands) -> None:
    parser = commands.add_parser(
        "report", help="show what a run did: one page with numbers, failures and pictures", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Reads the journal of an output folder and writes one HTML page: throughput, failures, and each image before and after.",
    )  # fmt: skip
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder that edgecalc run -o wrote into")
    parser.add_argument("-o", "--output", type=Path, default=Path("report.html"), metavar="FILE", help="the page (default: %(default)s)")
    parser.add_argument("--gallery", type=int, default=200, metavar="N", help="images with pictures; all others are listed (default: %(default)s)")
    parser.add_argument("--title", metavar="TEXT", help="of the page (default: the folder's name)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from edgecalc.batch.report import write
    from edgecalc.media.names import printable

    live = sys.stderr.isatty()
    try:
        counts = write(args.out, args.output, gallery=args.gallery, title=args.title, progress=progress if live else None)
    finally:
        if live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    print(", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "nothing done yet", file=sys.stderr)
    print(printable(args.output))
    return 0


def progress(count: int, total: int) -> None:
    print(f"\r\x1b[Kthumbnails: {count} of {total}", end="", file=sys.stderr, flush=True)
