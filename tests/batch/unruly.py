"""edgecalc with a decoder that misbehaves on files whose names say so, and with file operations that fail.

python -m tests.batch.unruly run ...     one command
python -m tests.batch.unruly             one after another: a JSON list of arguments on each line of standard input, its outcome on standard output

    crash...  a segmentation fault        hang...  never ends            slow...   takes half a second
    abort...  the process aborts          eat...   allocates for ever    shift...  the file changes while it is read
    kill...   the process is killed       boom...  an unforeseen error
    stall... never gets its final name

Worker processes import this module as the main module of their parent, and are patched by that.
"""

import contextlib
import io
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

CONTROL = "EDGECALC_FAULTS"  # names a file: {"n": 3, "number": 28, "lasting": false}; the operations are counted in a file beside it
SUPERVISOR = "supervisor"  # with this key they fail in the process that supervises, else in its workers


def misbehave(path: str) -> None:
    name = os.path.basename(path)
    if name.startswith("crash"):
        import ctypes

        ctypes.string_at(0)
    elif name.startswith("abort"):
        os.abort()
    elif name.startswith("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    elif name.startswith("hang"):
        while True:
            time.sleep(1)
    elif name.startswith("eat"):
        import numpy as np

        kept = []
        while True:
            kept.append(np.empty(1 << 28, np.uint8))  # asked for, never touched: the machine's own memory is spared
    elif name.startswith("slow"):
        time.sleep(0.5)
    elif name.startswith("boom"):
        raise RuntimeError("unforeseen")
    elif name.startswith("shift"):
        with open(path, "ab") as file:
            file.write(b"\0")


def faults_of(supervisor: bool) -> Any:
    """Those that are asked for in this kind of process, if any."""
    from tests.batch.faults import Faults

    control = os.environ.get(CONTROL)
    asked = json.loads(Path(control).read_text()) if control and os.path.exists(control) else {SUPERVISOR: not supervisor}
    return Faults(**asked) if asked.pop(SUPERVISOR, False) is supervisor else None


def counted(faults: Any) -> None:
    Path(f"{os.environ[CONTROL]}.count").write_text(str(faults.count))


def patch() -> None:
    from edgecalc.batch import work
    from edgecalc.media import read

    read_pages, attempt, faults = read.read_pages, work.attempt, faults_of(supervisor=False)

    def reading(path, *arguments, **options):
        misbehave(os.fsdecode(path))
        return read_pages(path, *arguments, **options)

    def attempting(source, name):
        if faults is None:
            return attempt(source, name)
        try:
            with faults:
                return attempt(source, name)
        finally:
            counted(faults)

    def replacing(source, target, replace=os.replace):
        while os.path.basename(target).startswith("stall"):
            time.sleep(1)
        replace(source, target)

    read.read_pages, work.attempt, os.replace = reading, attempting, replacing


def serve() -> None:
    from edgecalc.cli.main import main

    for line in sys.stdin:
        out, err, faults = io.StringIO(), io.StringIO(), faults_of(supervisor=True)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                with faults or contextlib.nullcontext():
                    code = main(json.loads(line))
            except SystemExit as error:
                code = error.code
            except Exception:
                code = traceback.print_exc()
        if faults:
            counted(faults)
        print(json.dumps({"code": code, "out": out.getvalue(), "err": err.getvalue()}), flush=True)


if __name__ == "__mp_main__":
    patch()
elif __name__ == "__main__":
    from edgecalc.cli.main import main

    sys.exit(main() if len(sys.argv) > 1 else serve())
