"""edgecalc bench: the benchmark on the command line."""

import sys
from argparse import Namespace, RawDescriptionHelpFormatter
from typing import Any

from edgecalc.cli.plot import SUFFIXES
from edgecalc.media.names import check_output

SIZE = "3000x4000"
EXAMPLES = """\
examples:
  edgecalc bench                                  every row on a 3000x4000 image, one thread each
  edgecalc bench --size 1080x1920 --threads 2     another size, two threads each
  edgecalc bench --only magnitude --only scipy    the rows whose work or peer holds one of these words
  edgecalc bench --image photo.jpg --only canny   how fast edges are found depends on how many there are
  edgecalc bench --json > bench.json              one JSON document
  edgecalc bench --plot bench.png                 a picture too
  edgecalc bench --calculus                       derivatives, beside scipy.differentiate, numdifftools, findiff, autograd and SymPy
  edgecalc bench --calculus --points 10000 --only autograd
"""


def add(commands: Any) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "bench",
        help="time edgecalc beside OpenCV, scikit-image, SciPy and NumPy",
        description="Time the same work by edgecalc and its peers, interleaved in one run, and print how many times as long the peer takes.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", metavar="HxW", help=f"of the synthetic photograph (default: {SIZE})")
    parser.add_argument("--image", metavar="FILE", help="a photograph of your own in its place")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="for both sides (default: %(default)s)")
    parser.add_argument("--only", action="append", metavar="NAME", help="only rows whose work or peer holds this word; may be repeated")
    parser.add_argument("--repeat", type=int, default=15, metavar="N", help="samples of each side; the median counts (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    parser.add_argument("--plot", metavar="FILE", help="also draw the ratios, as .png, .svg or .pdf")
    parser.add_argument(
        "--calculus", action="store_true", help="derivatives of functions and samples in place of images: their times and their errors"
    )
    parser.add_argument("--points", type=int, metavar="N", help="of --calculus (default: 1000000)")
    parser.set_defaults(run=run)


def run(args: Namespace) -> int:
    """Time, print, draw."""
    progress = (lambda name: print(f"\r\x1b[K{name}", end="", file=sys.stderr, flush=True)) if sys.stderr.isatty() else None
    if args.plot:
        check_output(args.plot, "--plot", SUFFIXES, filter(None, [args.image]))
    done = timed(args, progress)
    if progress:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(done.to_json() if args.json else done.table(ascii_only=not utf8), flush=True)
    if args.plot:
        done.plot(args.plot)
    return 0


def timed(args: Namespace, progress: Any) -> Any:
    """The rows of images, or those of derivatives."""
    if not args.calculus:
        if args.points is not None:
            raise ValueError(f"--points: {args.points} came; it goes with --calculus, images take --size")
        if args.image is not None and args.size is not None:
            raise ValueError(f"--size: {args.size} came; it does not go with --image, which has its own")
        from edgecalc.reference.bench import bench

        return bench(args.size or SIZE, threads=args.threads, only=args.only, repeat=args.repeat, image=args.image, progress=progress)
    for option in ("image", "plot", "size"):
        if getattr(args, option) is not None:
            raise ValueError(f"--{option}: it goes with the rows of images, not with --calculus")
    from edgecalc.reference.calculus_bench import POINTS, calculus_bench

    return calculus_bench(POINTS if args.points is None else args.points, only=args.only, repeat=args.repeat, progress=progress)
