"""edgecalc watch: a folder that fills; each file is done once it has settled."""

from __future__ import annotations

import argparse
import os
import sys
import time

from edgecalc.cli.run import carry_out, configure, interrupted_by_signals, options, require, seconds, selection, shard

EPILOG = """examples:
  edgecalc watch inbox -o edges -r
  edgecalc watch inbox -o edges --op canny:low=50,high=150 --settle 5s

Ends with ^C. What is done already and unchanged stays; what changes is done again. Exit codes are those of edgecalc run.
"""


def add(commands) -> None:
    parser = commands.add_parser(
        "watch", help="run on every image that comes into a folder", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Looks into the inputs again and again, and runs on what is new or changed.",
    )  # fmt: skip
    options(parser)
    parser.add_argument(
        "--settle", type=seconds, default=2.0, metavar="SECONDS", help="a file counts once it has not changed for this long (default: %(default)s)"
    )
    parser.add_argument("--every", type=seconds, default=1.0, metavar="SECONDS", help="how often to look (default: %(default)s)")
    parser.add_argument("--rounds", type=int, metavar="N", help="end after looking N times")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    from edgecalc.batch.plan import Job, part, plan
    from edgecalc.errors import EdgecalcError, Locked
    from edgecalc.media.names import printable

    configure(args)
    require(args)
    for value, option in ((args.settle, "--settle"), (args.every, "--every")):
        if not value >= 0:
            raise EdgecalcError(f"{option}: {value} came; 0 seconds or more are accepted")
    if args.rounds is not None and args.rounds < 1:
        raise EdgecalcError(f"--rounds: {args.rounds} came; 1 or more is accepted")
    if args.files_from == "-":
        raise EdgecalcError("--files-from: standard input can be read but once; the name of a file, which may grow, is accepted")
    args.resume, stop, worst, rounds = True, interrupted_by_signals(), 0, 0
    seen: dict[Job, tuple[int, int]] = {}
    ahead: dict[tuple, float] = {}
    told, words, waiting = list[str](), list[str](), ""
    if not args.quiet:
        watched = ", ".join(map(printable, (*args.inputs, *filter(None, [args.files_from]))))
        print(f"edgecalc: watching {watched}; ^C ends it", flush=True, file=sys.stderr)
    while not stop.is_set() and (args.rounds is None or rounds < args.rounds):
        rounds += 1
        args.unreadable, words = [], []
        try:
            everything = plan(args.inputs, args.out, selection(args), args.unreadable, None if rounds == 1 else words)
        except EdgecalcError as error:  # nothing is done until it goes
            if rounds == 1:
                raise
            everything, words = [], [f"{error}; waiting"]
        words += args.unreadable
        for each in words:
            if each not in told:
                print(f"edgecalc: {each}", flush=True, file=sys.stderr)
        told, worst = words, max(worst, 3 * bool(args.unreadable))
        fresh = [job for job in part(everything, shard(args.shard)) if is_news(job, seen, ahead, args.settle)]
        if fresh:
            try:
                code, waiting = carry_out(args, fresh, stop), ""
            except Locked as error:  # they are news again once the other run is through
                if not waiting:
                    print(f"edgecalc: {error}; waiting", flush=True, file=sys.stderr)
                code, waiting = 0, str(error)
                for job in fresh:
                    del seen[job]
            if code not in (0, 3):
                return code
            worst = max(worst, code)
        stop.wait(args.every)
    return 128 + stop.number if stop.is_set() else 11 if waiting else worst


def is_news(job, seen: dict, ahead: dict, settle: float) -> bool:
    """Whether a file has settled since it last changed, and was not handled so."""
    try:
        status = os.stat(job.source)
    except OSError:
        return False
    mark = (status.st_size, status.st_mtime_ns)
    age = time.time() - status.st_mtime
    if age < 0:  # dated ahead, as by a camera: it has settled once it has been seen so for as long
        age = time.monotonic() - ahead.setdefault((job, mark), time.monotonic())
    if age < settle or seen.get(job) == mark:
        return False
    seen[job] = mark
    return True
