"""edgecalc run: an operator over files and folders."""

import argparse
import sys
from pathlib import Path

EPILOG = """examples:
  edgecalc run sample_images -o edges
  edgecalc run photos -o edges -r --op magnitude:operator=scharr
  edgecalc run photos -o edges --op canny:low=50,high=150
  edgecalc run a.jpg b.png -o edges --op sobel:axis=y,view=shift --existing overwrite
"""


def add(commands) -> None:
    parser = commands.add_parser(
        "run", help="find edges in image files and folders", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Applies an operator to every image and writes one picture for each; the output mirrors the input tree.",
    )  # fmt: skip
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="image file or folder")
    parser.add_argument("-o", "--out", required=True, type=Path, metavar="FOLDER", help="where the pictures go")
    parser.add_argument(
        "--op", default="magnitude", metavar="RECIPE", help="operator with parameters, such as sobel:axis=y,ksize=5 (default: %(default)s)"
    )
    parser.add_argument("-r", "--recursive", action="store_true", help="folders within folders, too")
    parser.add_argument(
        "--existing", choices=("skip", "overwrite", "error"), default="error", help="what to do with outputs that exist (default: %(default)s)"
    )
    parser.add_argument(
        "--format", choices=("png", "npy", "tif", "jpg", "webp"), default="png", help="npy and tif keep signed and float results exact"
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be written")
    parser.add_argument("-q", "--quiet", action="store_true", help="only failures")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from edgecalc.batch import run as batch
    from edgecalc.batch.recipe import Recipe

    recipe = Recipe.parse(args.op)
    jobs = batch.plan(args.inputs, args.out, recursive=args.recursive, suffix=f".{args.format}", existing=args.existing)
    if not jobs:
        print(f"edgecalc: no image ({', '.join(batch.SUFFIXES)}) among the inputs; -r looks into folders within folders", file=sys.stderr)
        return 4
    if args.dry_run:
        for job in jobs:
            print(f"{job.source} -> {job.target}")
        return 0
    counts = {"done": 0, "skipped": 0, "failed": 0}
    live = sys.stderr.isatty() and not args.quiet
    for number, outcome in enumerate(batch.run(jobs, recipe, existing=args.existing), 1):
        counts[outcome.status] += 1
        if outcome.reason:
            print(f"{chr(13) if live else ''}{outcome.status}: {outcome.reason}", file=sys.stderr)
        if live:
            print(f"\r{number}/{len(jobs)} {outcome.job.source.name[:60]:60}", end="", file=sys.stderr, flush=True)
    if live:
        print(f"\r{'':80}\r", end="", file=sys.stderr)
    if not args.quiet:
        parts = [f"{count} {status}" for status, count in counts.items() if count]
        print(f"{', '.join(parts)}: {recipe} -> {args.out}", file=sys.stderr)
    return 3 if counts["failed"] else 0
