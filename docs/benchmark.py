"""Runs `edgecalc bench` and writes its ratios into benchmark.md, under "One run": python docs/benchmark.py

Options are those of `edgecalc bench`. Best on a machine that does nothing else.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "benchmark.md"
RUN = re.compile(r"(?<=^## One run\n\n).*?(?=^## )", re.MULTILINE | re.DOTALL)
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


if __name__ == "__main__":
    done = subprocess.run([sys.executable, "-m", "edgecalc", "bench", "--json", *sys.argv[1:]], stdout=subprocess.PIPE, text=True, check=True)
    measured = json.loads(done.stdout)
    PAGE.write_text(RUN.sub(lambda _: f"{described(measured)}\n\n{table(measured)}\n\n", PAGE.read_text(encoding="utf-8")), encoding="utf-8")
