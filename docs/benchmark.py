"""Runs `edgecalc bench` and writes its ratios into benchmark.md, under "One run" with these kernels: python docs/benchmark.py

Options are those of `edgecalc bench`. Best on a machine that does nothing else.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "benchmark.md"
HEAD = ("work", "peer", "its call", "peer / edgecalc", "copy / edgecalc")


def described(found: dict) -> str:
    machine, settings = found["machine"], found["settings"]
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    height, width = settings["size"]
    return (
        f"On {machine['processor']}, {machine['cores']} cores, with the kernels {settings['target']}; Python {machine['python']}, {versions}. "
        f"{height} x {width} uint8 unless a row says otherwise, {settings['threads']} thread a side, the median of {settings['repeat']}."
    )


def table(found: dict) -> str:
    rows = [(r["work"], r["peer"], r["call"], f"{r['ratio']:.{int(r['ratio'] < 10)}f}", f"{r['limit_share']:.2f}") for r in found["results"]]
    return "\n".join(f"| {' | '.join(row)} |" for row in (HEAD, ("---",) * len(HEAD), *rows))


def written(page: str, found: dict) -> str:
    """In place of the last run with the same kernels; the first one stands behind the others."""
    title = f"## One run, {found['settings']['target']}\n"
    last = re.compile(rf"^{title}.*?(?=^## )|(?=^## What it does not say)", re.MULTILINE | re.DOTALL)
    return last.sub(lambda _: f"{title}\n{described(found)}\n\n{table(found)}\n\n", page, count=1)


if __name__ == "__main__":
    done = subprocess.run([sys.executable, "-m", "edgecalc", "bench", "--json", *sys.argv[1:]], stdout=subprocess.PIPE, text=True, check=True)
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), json.loads(done.stdout)), encoding="utf-8")
