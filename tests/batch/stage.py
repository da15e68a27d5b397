"""What the tests of runs share: folders of small pictures, runs in processes of their own, and a look at what they leave."""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from edgecalc.batch.plan import STATE
from tests.media.mutants import mutants
from tests.media.samples import contents
from tests.reference.process import printed

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60  # seconds after which something hangs


class Ended(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def photos(folder: Path, count: int = 6, size: int = 40, seed: int = 0) -> Path:
    """A folder of `count` small pictures of all kinds, some of them in a folder within."""
    random = np.random.default_rng(seed)
    (folder / "deep").mkdir(parents=True, exist_ok=True)
    for number in range(count):
        image = np.kron(random.integers(0, 256, (size // 4, size // 4, 3)), np.ones((4, 4, 1))).astype(np.uint8)
        name = f"{number:03}{('.png', '.jpg', '.tif', '.bmp', '.webp')[number % 5]}"
        Image.fromarray(image).save(folder / ("deep" if number % 3 == 2 else "") / name)
    return folder


def unlistable(monkeypatch: Any, ending: str) -> None:
    """Folders whose names end so cannot be listed, by root either."""
    scandir = os.scandir

    def refused(path: Any) -> Any:
        if str(path).endswith(ending):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)


def start(*arguments: Any, environment: dict[str, str] | None = None, **options: Any) -> subprocess.Popen:
    """A run in a process group of its own; it knows the unruly files."""
    command = [sys.executable, "-m", "tests.batch.unruly", *(each if isinstance(each, bytes) else str(each) for each in arguments)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True} | options
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **(environment or {})}, start_new_session=True, **streams)


def ended(process: subprocess.Popen, patience: float = PATIENCE) -> Ended:
    try:
        out, err = process.communicate(timeout=patience)
    finally:
        end_group(process)
    return Ended(process.returncode, out, err)


def end_group(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def run(*arguments: Any, **options: Any) -> Ended:
    return ended(start("run", *arguments, **options))


def files(folder: Path) -> dict[str, bytes]:
    """Everything that a run has written under its final name."""
    found = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if each != STATE]
        for name in names:
            if not name.endswith(".part"):
                path = os.path.join(place, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, folder)] = file.read()
    return found


def parts(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*.part")]


def wait(condition: Callable[[], Any], patience: float = PATIENCE) -> None:
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)


def killed_at_random(folder: Path, kills: int, seed: int = 0, between: int = 10, tell: Callable[[int], Any] = lambda number: None) -> dict[str, int]:
    """SIGKILLs of whole runs at random times. Every name holds a whole file at all times, and --resume ends as if nothing had been.

    Gives how many of the runs had written nothing, something, and everything when they were killed.
    """
    random = np.random.default_rng(seed)
    source = photos(folder / "in", 60, seed=seed)
    order = (source, "-r", "--workers", 2, "-q")
    assert run(*order, "-o", folder / "undisturbed").code == 0
    expected = files(folder / "undisturbed")
    assert len(expected) == 60
    seen = {"nothing": 0, "something": 0, "everything": 0}
    for number in range(kills):
        if number % between == 0:
            out = folder / f"killed{number}"
        process = start("run", *order, "-o", out, "--resume", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        enough = random.integers(0, len(expected))  # files, and then a moment
        while process.poll() is None and (not out.exists() or sum(1 for _ in out.rglob("*.png")) < enough):
            time.sleep(0.002)
        time.sleep(random.uniform(0, 0.01))
        end_group(process)
        process.wait()
        left = files(out)
        strange = [name for name, content in left.items() if content != expected.get(name)]
        assert not strange, f"kill {number}: {strange} hold what an undisturbed run does not write"
        seen["nothing" if not left else "something" if len(left) < len(expected) else "everything"] += 1
        if (number + 1) % between == 0 or number + 1 == kills:
            outcome = run(*order, "-o", out, "--resume")
            assert outcome.code == 0, outcome.err
            assert files(out) == expected
            assert not parts(out)
        tell(number + 1)
    return seen


def mutants_survived(folder: Path, count: int, seed: int = 0) -> dict[str, int]:
    """A run over damaged images of all formats: each is done or failed with a reason, none crashes a worker, no beginning passes for a whole."""
    (folder / "in").mkdir(parents=True)
    cut = {}
    for name, data, parent in mutants(count, seed):
        (folder / "in" / name).write_bytes(data)
        if parent:
            cut[name] = parent
    (folder / "whole").mkdir()
    for name, data in contents().items():
        (folder / "whole" / name).write_bytes(data)
    order = ("--workers", 2, "--timeout", 30, "--on-collision", "keep-ext", "--json", "-q")
    undamaged = run(folder / "whole", "-o", folder / "whole-out", *order)
    assert undamaged.code == 0
    whole = {os.path.basename(record["path"]): record["sha256"] for record in undamaged.records[:-1]}
    outcome = ended(start("run", folder / "in", "-o", folder / "out", *order), PATIENCE + count / 10)
    assert outcome.code == 3, outcome.err[-2000:]
    *records, summary = outcome.records
    assert len(records) == count == summary["done"] + summary["failed"] + summary["skipped"]  # cut to nothing
    defects = [record["path"] + ": " + record["message"] for record in records if record["status"] == "failed" and not told(record)]
    assert not defects, defects[:20]
    half = [record["path"] for record in records if record["status"] == "done" and (parent := cut.get(os.path.basename(record["path"])))
            and record["sha256"] != whole[parent]]  # fmt: skip
    assert not half, f"{half[:20]}: half an image passed as whole"
    assert len(files(folder / "out")) == summary["done"]
    return {status: summary[status] for status in ("done", "failed")}


def taken_by_a_million(folder: Path, count: int) -> float:
    """Bytes that a whole run takes for a million files, up to the first of them; measured on `count`."""
    folder.mkdir(exist_ok=True)
    names = "".join(f"photos/2024/{number // 1000:04}/image_{number:07}.jpg\n" for number in range(count))
    (folder / "all").write_text(names)
    (folder / "few").write_text(names[:99])
    program = f"""
from edgecalc.cli.main import main
from tests.core.test_memory import peak
for each in ("few", "all"):
    before = peak()
    main(["run", "--files-from", f"{folder}/{{each}}", "-o", f"{folder}/{{each}}-out", "--max-errors", "0", "-q"])
print(before, peak())"""
    before, after = map(int, printed(program, timeout=600).split())
    return before + (after - before) * 1_000_000 / count


def told(record: dict[str, Any]) -> bool:
    """Whether a failure is the image's, said with its name, and none of ours."""
    return record["error"] in ("ImageFileError", "MemoryError") and os.path.basename(record["path"]) in record["message"]


class Serving:
    """One process that carries out one command after another, quickly."""

    def __init__(self, environment: dict[str, str]):
        self.process = start(environment=environment, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __call__(self, *arguments: Any) -> Ended:
        self.process.stdin.write(json.dumps([*map(str, arguments)]) + "\n")
        self.process.stdin.flush()
        return Ended(**json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        end_group(self.process)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
