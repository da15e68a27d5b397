"""edgecalc run: an operator over files and folders, by supervised workers, resumable."""

from __future__ import annotations

import argparse
import base64
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from edgecalc.media.limits import Limits

EPILOG = """examples:
  edgecalc run photos -o edges
  edgecalc run photos -o edges -r --op canny:low=50,high=150
  edgecalc run photos -o edges -r --include '*.jpg' --exclude 'raw/*' --dry-run
  edgecalc run a.jpg b.png -o edges --op sobel:axis=y,view=shift --existing overwrite
  edgecalc run photos -o edges -r --resume --json > run.jsonl
  find . -name '*.png' -print0 | edgecalc run --files-from - -0 -o edges

exit codes: 0 done, 1 stopped before the end, 2 wrong usage, 3 some files failed, 4 no image among the inputs, 11 another run has the folder,
130 interrupted, 143 ended by a signal
"""
CONFIGS = ("edgecalc.toml", "pyproject.toml")  # the first that is there counts
FORMATS = ("png", "npy", "tif", "jpg", "webp")
DEFAULT = "canny_auto:method=otsu"
RIVALS = {"op": "recipe", "recipe": "op", "existing": "resume", "resume": "existing"}  # one says what the other says


def add(commands) -> None:
    parser = commands.add_parser(
        "run", help="find edges in image files and folders", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Applies an operator to every image (JPEG, PNG, TIFF, WebP, BMP) and writes one picture for each; the output mirrors the input tree. Inputs are never written to.",
    )  # fmt: skip
    options(parser)
    parser.add_argument("--dry-run", action="store_true", help="print each input with its output, and write nothing")
    parser.set_defaults(run=run, parser=parser)


def options(parser: argparse.ArgumentParser) -> None:
    """What `run` and `watch` share."""
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="image file, folder or pattern")
    parser.add_argument("-o", "--out", type=folder, metavar="FOLDER", help="where the pictures go")
    parser.add_argument("--op", metavar="RECIPE", help=f"operator with parameters, such as sobel:axis=y,ksize=5 (default: {DEFAULT})")
    parser.add_argument("--recipe", type=Path, metavar="FILE", help="the same as a .toml or .json file: op = NAME and parameters")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="options by their long names in the table [run] (default: edgecalc.toml, or [tool.edgecalc.run] in pyproject.toml)",
    )
    which = parser.add_argument_group("which files")
    which.add_argument("-r", "--recursive", action="store_true", help="folders within folders, too; links to folders are not followed")
    which.add_argument("--include", action="append", default=[], metavar="PATTERN", help="only names under the input that match, such as '*.jpg'")
    which.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="not these, such as 'raw/*'")
    which.add_argument("--files-from", metavar="FILE", help="names from a file, or from standard input with -")
    which.add_argument("-0", "--null", action="store_true", help="those names end with a zero byte")
    which.add_argument(
        "--shard", default="1/1", metavar="I/N", help="one of N parts, for job arrays: about equal, and always the same for the same file"
    )
    which.add_argument(
        "--pages",
        choices=("first", "all"),
        default="first",
        help="of files with several: the first, or up to 64 into a folder NAME.png.pages (default: %(default)s)",
    )
    what = parser.add_argument_group("what is written")
    what.add_argument("--no-rotate", action="store_true", help="pixels as they are stored (default: upright, as EXIF's orientation says)")
    what.add_argument("--format", choices=FORMATS, default="png", help="npy keeps every result exact, tif all but float64 (default: %(default)s)")
    what.add_argument("--png-level", choices=("fast", "best"), default="fast", help="best is smaller and much slower (default: %(default)s)")
    what.add_argument(
        "--existing", choices=("skip", "overwrite", "error"), help="outputs that exist (default: what is unchanged stays, others end the run)"
    )
    what.add_argument("--resume", action="store_true", help="go on: only what is unfinished, has changed or is damaged")
    what.add_argument("--on-collision", choices=("error", "keep-ext"), default="error", help="a.jpg beside a.png: refuse, or write a.png.png too")
    what.add_argument("--durability", choices=("batch", "file"), default="batch", help="what a power cut may cost: the last 2 seconds, or nothing")
    how = parser.add_argument_group("how")
    how.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one for each core)")
    how.add_argument("--timeout", type=seconds, default=60.0, metavar="SECONDS", help="for one file (default: %(default)s)")
    how.add_argument("--max-pixels", type=int, default=Limits().pixels, metavar="N", help="larger images fail (default: %(default)s)")
    how.add_argument("--max-errors", type=errors, metavar="N", help="stop after more failures than this: files, or a part of them such as 5%%")
    how.add_argument("--strict", action="store_true", help="a decoder's warning is a failure")
    how.add_argument("--json", action="store_true", help="JSON Lines on standard output: a record for each file, then a summary")
    how.add_argument("-q", "--quiet", action="store_true", help="only failures")
    how.add_argument("-v", "--verbose", action="store_true", help="a line for each file")


def folder(text: str) -> Path:
    """Of an empty text, as "$OUT" without an OUT, Path would make the current folder."""
    if not text:
        raise ValueError
    return Path(text)


def seconds(text: str) -> float:
    """
    >>> seconds("2s"), seconds("0.5")
    (2.0, 0.5)
    """
    return float(text.removesuffix("s"))


def errors(text: str) -> float:
    """A number of files, or a part of them.

    >>> errors("12"), errors("5%")
    (12, 0.05)
    """
    return float(text.removesuffix("%")) / 100 if text.endswith("%") else int(text)


def run(args: argparse.Namespace) -> int:
    from edgecalc.batch.plan import part, plan
    from edgecalc.batch.workers import context

    configure(args)
    require(args)
    if not args.dry_run:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # else NumPy's spin for 0.1 s in this process and in the workers', which use none
        context()
    args.unreadable = []
    everything = plan(args.inputs, args.out, selection(args), args.unreadable)
    for each in args.unreadable:
        say(f"edgecalc: {each}")
    jobs = part(everything, shard(args.shard))
    if not everything:
        from edgecalc.media.names import SUFFIXES

        chosen = " that --include and --exclude let pass" if args.include or args.exclude else ""
        hint = "" if args.recursive else "; -r looks into folders within folders"
        if args.unreadable:
            return 3
        say(f"edgecalc: no image ({', '.join(SUFFIXES)}) among the inputs{chosen}{hint}")
        return 4
    if args.dry_run:
        from edgecalc.media.names import printable

        recipe_of(args)
        for job in jobs:
            print(f"{printable(job.source)} -> {printable(args.out / job.name)}{'.pages/' * (args.pages == 'all')}")
        return 3 * bool(args.unreadable)
    return carry_out(args, jobs)


def configure(args: argparse.Namespace) -> None:
    """Options from a file, where the command line says nothing."""
    import tomllib

    from edgecalc.errors import EdgecalcError

    path = args.config or next((each for each in map(Path, CONFIGS) if each.is_file()), None)
    if path is None:
        return
    tables, label = read(path, "--config", tomllib.loads), "[run]"
    if path.name == "pyproject.toml":  # which is others' too
        tool, label = tables.get("tool"), "[tool.edgecalc.run]"
        ours = tool.get("edgecalc", {}) if isinstance(tool, dict) else {}
        tables = ours if isinstance(ours, dict) else {"edgecalc": ours}
    table = tables.pop("run", {})
    if tables or not isinstance(table, dict):
        raise EdgecalcError(f"{path}: {next(iter(tables), 'run')} came; one table {label} with options by their long names is accepted")
    parser = argparse.ArgumentParser()
    options(parser)
    defaults = vars(parser.parse_args([]))
    actions = {action.dest: action for action in parser._actions}
    said = given(args)
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in defaults or name == "config":
            raise EdgecalcError(
                f"{path}: {label} {key}: accepted are {', '.join(sorted(each.replace('_', '-') for each in defaults if each != 'config'))}"
            )
        value = checked(value, actions[name], f"{path}: {label} {key}")
        if not said & {name, RIVALS.get(name)}:
            setattr(args, name, value)


def given(args: argparse.Namespace) -> set[str]:
    """The options that the command line names itself, be it with their defaults."""
    for action in args.parser._actions:
        action.default = argparse.SUPPRESS
    return set(vars(args.parser.parse_known_args(args.typed[1:])[0]))


def read(path: Path, option: str, parse: Callable[[str], Any]) -> Any:
    """What a file says; where it cannot, the option and the file are named."""
    from edgecalc.errors import EdgecalcError
    from edgecalc.media.names import printable

    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EdgecalcError(f"{option}: {printable(path)}: {error.strerror}") from None
    except ValueError as error:
        raise EdgecalcError(f"{option}: {printable(path)}: {error}") from None


def checked(value: Any, action: argparse.Action, what: str) -> Any:
    """A value of the configuration as the command line would have made it."""
    from edgecalc.errors import EdgecalcError

    many = isinstance(action.default, list) or action.nargs == "*"
    kinds: dict[Any, Any] = {int: int, seconds: (int, float), errors: (int, str), folder: str, Path: str, None: str}
    wanted: Any = bool if action.nargs == 0 else list if many else kinds[action.type]
    names = {
        list: "a list of texts",
        bool: "true or false",
        str: "a text",
        int: "a whole number",
        (int, str): "a whole number or a part such as '5%'",
    }
    try:
        if (
            not isinstance(value, wanted)
            or wanted is not bool
            and isinstance(value, bool)
            or many
            and not all(isinstance(each, str) for each in value)
        ):
            raise ValueError
        made: Any = action.type(value) if callable(action.type) and isinstance(value, str) else value
    except ValueError:
        raise EdgecalcError(f"{what}: {value!r} came; {names.get(wanted, 'a number')} is accepted") from None
    if action.choices and value not in action.choices:
        raise EdgecalcError(f"{what}: {value!r} came; accepted are {', '.join(map(str, action.choices))}")
    return made


def require(args: argparse.Namespace) -> None:
    from edgecalc.errors import EdgecalcError
    from edgecalc.media.names import SUFFIXES, printable

    if args.out is None:
        raise EdgecalcError("-o FOLDER: say where the pictures go")
    if args.out.exists() and not args.out.is_dir():
        raise EdgecalcError(f"-o: {printable(args.out)} is a file; the name of a folder is accepted")
    if args.out.suffix.lower() in SUFFIXES and not args.out.exists():
        raise EdgecalcError(f"-o: {printable(args.out)} came; the name of a folder is accepted, the pictures in it are named as their images are")
    if not args.inputs and args.files_from is None:
        raise EdgecalcError("INPUT: name image files or folders, or --files-from FILE")
    if args.op is not None and args.recipe is not None:
        raise EdgecalcError("--recipe: it does not go with --op; each says what to do")
    if args.resume and args.existing is not None:
        raise EdgecalcError("--resume: it does not go with --existing; it keeps what is unchanged and does again what has changed")
    for value, option, least in ((args.workers, "--workers", 0), (args.max_pixels, "--max-pixels", 1), (args.max_errors, "--max-errors", 0)):
        if value is not None and not value >= least:
            raise EdgecalcError(f"{option}: {value} came; {least} or more is accepted")
    if args.null and args.files_from is None:
        raise EdgecalcError("-0: it goes with --files-from, whose names it is about")
    if not args.timeout > 0:
        raise EdgecalcError(f"--timeout: {args.timeout} came; seconds above 0 are accepted")


def selection(args: argparse.Namespace) -> Any:
    from edgecalc.batch.plan import Selection

    return Selection(args.recursive, tuple(args.include), tuple(args.exclude), args.files_from, args.null, f".{args.format}", args.on_collision)


def shard(text: str) -> tuple[int, int]:
    from edgecalc.errors import EdgecalcError

    part, slash, parts = text.partition("/")
    if not slash or not part.isdigit() or not parts.isdigit() or not 1 <= int(part) <= int(parts):
        raise EdgecalcError(f"--shard: {text!r} came; I/N with I from 1 to N, such as 3/64, is accepted")
    return int(part), int(parts)


def recipe_of(args: argparse.Namespace) -> Any:
    from edgecalc.batch.recipe import Recipe

    if args.recipe is not None:
        recipe = read(args.recipe, "--recipe", Recipe.from_json if args.recipe.suffix == ".json" else Recipe.from_toml)
    else:
        recipe = Recipe.parse(DEFAULT if args.op is None else args.op)
    recipe.try_out("--op" if args.recipe is None else f"--recipe: {args.recipe}")
    return recipe


def carry_out(args: argparse.Namespace, jobs: list, stop: Interrupt | None = None) -> int:
    from edgecalc import __version__
    from edgecalc.batch import run as batch
    from edgecalc.batch.journal import Journal
    from edgecalc.batch.work import Settings
    from edgecalc.cli.progress import Progress
    from edgecalc.media.names import plainly

    recipe = recipe_of(args)
    most = int(args.max_errors * len(jobs)) if isinstance(args.max_errors, float) else args.max_errors
    orders = batch.Orders(args.workers, args.existing, args.resume, most, frozenset(args.inputs))
    settings = Settings(
        recipe=recipe.to_json(),
        out=str(args.out),
        max_pixels=args.max_pixels,
        pages=args.pages,
        level=args.png_level,
        durable=args.durability == "file",
        checksums=args.json,
        rotate=not args.no_rotate,
        strict=args.strict,
        timeout=args.timeout,
    )
    journal = Journal(args.out, shard(args.shard), group_sync=args.durability == "batch")
    counts: Counter[str] = Counter()
    started, code = time.monotonic(), 0
    stop = stop or interrupted_by_signals()
    try:
        with closing(journal), Progress(len(jobs), args) as progress:
            journal.begin(str(recipe), __version__, json.dumps(args.typed), len(jobs))
            for record in batch.run(jobs, args.out, journal, settings, orders, stop):
                counts[record.status] += 1
                progress.tell(record, counts)
                if args.json:
                    print(json.dumps(as_json(record)), flush=True)
    except KeyboardInterrupt:
        code = 128 + (stop.number or signal.SIGINT)
    except BrokenPipeError:
        raise
    except (batch.Stopped, OSError) as error:
        say(f"edgecalc: {plainly(error) if isinstance(error, OSError) else error}")
        code = 1
    seconds = time.monotonic() - started
    code = code or 3 * bool(counts["failed"] or args.unreadable)
    if args.json:
        left = len(jobs) - sum(counts.values())
        summary = {
            "type": "summary",
            "planned": len(jobs),
            **{status: counts[status] for status in ("done", "skipped", "failed")},
            "left": left,
            "unreadable": len(args.unreadable),
        }
        print(json.dumps(summary | {"seconds": round(seconds, 3), "recipe": str(recipe), "exit": code}), flush=True)
    if not args.quiet:
        parts = [f"{count} {status}" for status, count in sorted(counts.items()) if count]
        rate = f", {counts['done'] / seconds:.1f} files/s" if counts["done"] and seconds > 1 else ""
        say(f"{', '.join(parts) or 'nothing done'}{rate}: {recipe} -> {args.out}" + ("   (interrupted; --resume goes on)" if code > 128 else ""))
    return code


class Interrupt:
    """Set by the first signal that asks the run to end; `number` says by which.

    A threading.Event would wait for itself where one signal comes while another is handled.
    """

    number = 0

    def is_set(self) -> bool:
        return bool(self.number)

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.is_set() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))


def interrupted_by_signals() -> Interrupt:
    """The first ^C asks the run to end, the second ends it at once."""
    stop = Interrupt()

    def first(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.number = number
        say("\nedgecalc: finishing what is in work; ^C again stops at once")

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, first)
        signal.signal(signal.SIGTERM, first)
    return stop


def as_json(record: Any) -> dict[str, Any]:
    from edgecalc.media.names import printable

    raw = os.fsencode(record.source)
    made = {
        "type": "file",
        "path": printable(record.source),
        **{key: value for key, value in record._asdict().items() if key not in ("source", "fingerprint")},
    }
    made["name"] = printable(record.name)
    return made | ({} if printable(record.source).encode() == raw else {"path_b64": base64.b64encode(raw).decode()})


def say(text: str) -> None:
    print(text, file=sys.stderr)
