"""One HTML page about an output folder: what was done, how fast, what failed and why, and the pictures before and after.

journals ── rows ── headline, throughput, failures ──┐
              └──── thumbnails of a sample ── JSON ──┴── template ── one file, which fetches nothing

All files are in the page's JSON; its script draws only those that are in sight, so ten thousand cost as little as ten.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shlex
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from edgecalc.batch.journal import rows
from edgecalc.batch.plan import STATE
from edgecalc.batch.recipe import Recipe
from edgecalc.batch.throughput import Throughput, throughput
from edgecalc.errors import EdgecalcError
from edgecalc.media.names import printable
from edgecalc.media.page import check_name

TEMPLATES = Path(__file__).with_name("templates")
STATUSES = ("done", "failed", "skipped")
SHOWN_FAILURES = 10  # of each kind, before they are folded
SKIPPED = {"Exists": "its output existed already", "Unchanged": "unchanged since it was done"}
PHOTOGRAPHIC = ("gaussian",)  # their results are not lines


class Failure(NamedTuple):
    name: str
    reason: str


@dataclass(frozen=True)
class Lines:
    """How the pictures were made, and what makes them again."""

    recipe: str
    command: str
    python: str
    typed: str  # the run's own command line, if it was one
    others: tuple[tuple[str, int], ...]  # recipes of earlier runs whose files are still there


def write(out: Path, page: Path, *, gallery: int = 200, title: str | None = None, progress: Callable[[int, int], None] | None = None) -> Counter[str]:
    """The page, under a temporary name first; gives how many files have which status."""
    from edgecalc.media.write import whole

    if gallery < 0:
        raise EdgecalcError(f"--gallery: {gallery} came; 0 or more is accepted")
    check_name(page, "-o")
    runs, files = journal(out)
    with whole(page) as part:
        part.touch()  # before the work that would be lost
        part.write_text(document(out, page, runs, files, gallery, title, progress), encoding="utf-8")
    return Counter(each["status"] for each in files)


def journal(out: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Runs in the order of time and files in the order of names, which are text from here on."""
    if not any((out / STATE).glob("journal*.sqlite")):
        what = f"has no journal ({STATE})" if out.is_dir() else "no such folder"
        raise EdgecalcError(f"{printable(out)}: {what}; name the folder that edgecalc run -o wrote into")
    try:
        runs, files = rows(out)
    except sqlite3.Error as error:
        raise EdgecalcError(f"{printable(out / STATE)}: its journal cannot be read ({error})") from None
    known = {(run["journal"], run["id"]): run for run in runs}
    for each in files:
        each["name"], each["source"] = os.fsdecode(each["name"]), os.fsdecode(each["source"])
        run = known.get((each["journal"], each["run"]), {})
        each["folder"], each["recipe"] = os.fsdecode(run.get("folder") or b""), run.get("recipe") or ""
    return sorted(runs, key=lambda run: run["started"]), sorted(files, key=lambda each: each["source"])


def document(
    out: Path, page: Path, runs: list[dict], files: list[dict], gallery: int, title: str | None, progress: Callable[[int, int], None] | None
) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    from edgecalc.media.page import colours

    folder = common([each["source"] for each in files])
    counts = Counter(each["status"] for each in files)
    speed = throughput(runs, files)
    script = Markup((TEMPLATES / "report.js").read_text(encoding="utf-8"))
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters |= {"amount": amount, "duration": duration, "rounded": rounded}
    return environment.get_template("report.html").render(
        title=printable(title or os.path.basename(os.path.abspath(out))),
        out=printable(out),
        folder=printable(folder),
        when=span(runs),
        several=len(runs) > 1,
        version=runs[-1]["version"] if runs else "",
        counts={status: counts[status] for status in STATUSES},
        total=len(files),
        left=unfinished(runs, files),
        megapixels=sum((each["width"] or 0) * (each["height"] or 0) for each in files if each["status"] == "done") / 1e6,
        bytes_in=sum(each["bytes_in"] or 0 for each in files),
        bytes_out=sum(each["bytes_out"] or 0 for each in files),
        speed=speed,
        told=told(speed),
        lines=lines(out, runs, files),
        failures=failures(files, folder),
        shown_failures=SHOWN_FAILURES,
        data=island(out, page, folder, runs, files, gallery, progress),
        style=Markup(colours() + (TEMPLATES / "report.css").read_text(encoding="utf-8")),
        script=script,
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


# ---------------------------------------------------------------- what is said


def lines(out: Path, runs: list[dict], files: list[dict]) -> Lines:
    """The recipe of the latest run that made a picture; one that this version does not know is only named."""
    used = Counter(each["recipe"] for each in files if each["status"] == "done")
    made = {(each["journal"], each["run"]) for each in files if each["status"] == "done"}
    last = next((run for run in reversed(runs) if (run["journal"], run["id"]) in made), runs[-1] if runs else {})  # that made some of the pictures
    latest = last.get("recipe", "")
    others = tuple((text, count) for text, count in used.most_common() if text not in (latest, ""))
    arguments = json.loads(last.get("arguments") or "[]")
    typed = printable("edgecalc " + shlex.join(arguments)) if arguments[:1] in (["run"], ["watch"]) else ""
    try:
        recipe = Recipe.parse(latest)
    except EdgecalcError:
        return Lines(latest, "", "", typed, others)
    walked = {root(each) for each in files}
    if len(walked) > 1:  # no one input makes them again
        return Lines(latest, "", python(recipe, files), typed, others)
    command = "" if typed else made_again(recipe, walked, out, files)
    return Lines(latest, command, python(recipe, files), typed, others)


def python(recipe: Recipe, files: list[dict]) -> str:
    """What makes the picture of a file, with its luma, view and depth; an operator alone takes gray arrays and gives numbers."""
    form = "picture" if {os.path.splitext(each["name"])[1] for each in files} <= {".png"} else "exact"
    return (
        f"from edgecalc.batch.recipe import Recipe; from edgecalc.media.read import read_gray; Recipe.parse({str(recipe)!r}).{form}(read_gray(path))"
    )


def made_again(recipe: Recipe, walked: set[str], out: Path, files: list[dict]) -> str:
    """The command of a run that was none."""
    command = recipe.command(files[0]["source"] if len(files) == 1 else "".join(walked) or ".", str(out))
    command += " -r" if any(os.sep in each["name"] for each in files) else ""
    endings = {os.path.splitext(each["name"])[1] for each in files} - {".png"}
    command += f" --format {endings.pop()[1:]}" if len(endings) == 1 else ""
    return printable(command)


def root(each: dict[str, Any]) -> str:
    """The folder below which the output mirrors the input: the source without what its name repeats.

    >>> root({"source": "photos/2024/a.jpg", "name": "2024/a.png"})
    'photos'
    """
    mirrored = os.path.splitext(each["name"])[0]
    source = each["source"] if each["source"].endswith(mirrored) else os.path.splitext(each["source"])[0]  # a.jpg.png keeps the ending
    return source.removesuffix(mirrored).rstrip(os.sep)


def failures(files: list[dict], folder: str) -> list[tuple[str, list[Failure]]]:
    """By the class of the error, the most frequent first."""
    groups: dict[str, list[Failure]] = defaultdict(list)
    for each in files:
        if each["status"] == "failed":
            groups[each["error"] or "Error"].append(Failure(printable(relative(each["source"], folder)), reason(each)))
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def reason(each: dict[str, Any]) -> str:
    """Its message, without the name that is said beside it."""
    text = printable(each["message"] or "").removeprefix(f"{printable(each['source'])}: ")
    return text or SKIPPED.get(each["error"], printable(each["error"] or ""))


def unfinished(runs: list[dict], files: list[dict]) -> int:
    """Files that were planned and have no record yet."""
    planned = {run["journal"]: run["planned"] or 0 for run in runs}  # the latest of each
    known = Counter(each["journal"] for each in files)
    return sum(max(0, count - known[name]) for name, count in planned.items())


def span(runs: list[dict]) -> str:
    if not runs:
        return ""
    first = datetime.fromtimestamp(runs[0]["started"]).strftime("%Y-%m-%d %H:%M")
    return first if len(runs) == 1 else f"{first}, {len(runs)} runs"


def told(speed: Throughput) -> str:
    """The curve for those who do not see it."""
    fastest = max(speed.bars, key=lambda bar: bar.files, default=None)
    if fastest is None:
        return ""
    return f"On average {rounded(speed.rate)} files a second; at most {rounded(speed.peak)}, after {duration(fastest.begin)}."


def amount(size: float) -> str:
    """
    >>> amount(950), amount(24_300_000)
    ('950 B', '24.3 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} TB"


def duration(seconds: float) -> str:
    """
    >>> duration(0.53), duration(192), duration(7300)
    ('0.5 s', '3 min 12 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def rounded(number: float) -> str:
    """
    >>> rounded(0.123), rounded(41.26), rounded(1534.2)
    ('0.12', '41.3', '1,534')
    """
    return f"{number:.2f}" if number < 1 else f"{number:.1f}" if number < 100 else f"{number:,.0f}"


# ---------------------------------------------------------------- what the script draws


def island(
    out: Path, page: Path, folder: str, runs: list[dict], files: list[dict], gallery: int, progress: Callable[[int, int], None] | None
) -> dict[str, Any]:
    """The JSON: one short list for each file. Where pictures are fewer than files they are spread over all of them."""
    from edgecalc.batch.thumbnails import Pair, Task, pairs

    done = [k for k, each in enumerate(files) if each["status"] == "done"]
    chosen = done if len(done) <= gallery else [done[k * len(done) // gallery] for k in range(gallery)]
    tasks = []
    for k in chosen:
        each = files[k]
        result = result_of(out, each["name"])
        lined = each["recipe"].partition(":")[0] not in PHOTOGRAPHIC
        tasks.append(Task(k, source_of(each, out), result, each["width"] or 0, each["height"] or 0, lined, each.get("orientation") != 1))
    pictures = pairs(tasks, progress)
    empty = Pair("", "")
    table = []
    for k, each in enumerate(files):
        shown = relative(each["source"], folder)
        row = [printable(shown), STATUSES.index(each["status"]), each["width"] or 0, each["height"] or 0, round(each["ms"] or 0, 1),
               each["bytes_in"] or 0, each["bytes_out"] or 0, reason(each) if each["status"] != "done" else ""]  # fmt: skip
        pair = pictures.get(k, empty)
        if pair.before or pair.after:
            row += [pair.before, pair.after, link(source_of(each, out), page) if pair.before else "", link(result_of(out, each["name"]), page)]
        table.append(row)
    return {"files": table, "pictures": sum(map(any, pictures.values()))}


def result_of(out: Path, name: str) -> Path:
    """Where its picture is; of several pages the first."""
    pages = out / f"{name}.pages"
    return pages / f"0001{Path(name).suffix}" if os.path.isdir(pages) else out / name


def source_of(each: dict[str, Any], out: Path) -> Path | None:
    """The image that was read, if it is still the same: seen from where the run was started or, if all has moved, from beside the output."""
    for base in (Path(each["folder"]), out.absolute().parent):
        path = base / each["source"]
        try:
            if path.stat().st_size == each["bytes_in"]:
                return path
        except (OSError, ValueError):
            continue
    return None


def common(sources: list[str]) -> str:
    """The folder that all are in, or nothing."""
    try:
        return os.path.commonpath({os.path.dirname(each) for each in sources})
    except ValueError:
        return ""


def relative(source: str, folder: str) -> str:
    return os.path.relpath(source, folder) if folder else source


def link(path: Path | None, page: Path) -> str:
    """As the page would name it, so that both can move together."""
    if path is None:
        return ""
    return "./" + quote(os.fsencode(os.path.relpath(os.path.abspath(path), os.path.abspath(page.parent)).replace(os.sep, "/")))
