"""Builds the site: python docs/build.py, then open docs/_build/html/index.html

    page.md ── its Python blocks run, in a folder of their own with the sample images
            ── what they drew is copied into pictures/ beside the page
            ── Sphinx makes all pages into HTML, and any warning is an error

--keep leaves pictures that are there already: quick, while words are written.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path

DOCS = Path(__file__).resolve().parent
SITE = DOCS / "_build" / "html"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"!\[(.*?)\]\((pictures/.*?)\)")


def pages(docs: Path = DOCS) -> list[Path]:
    return sorted(page for page in docs.rglob("*.md") if "_build" not in page.parts)


def blocks(page: Path) -> Iterator[tuple[str, str, int]]:
    """(language, code, lines above it)"""
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        yield block[1], block[2], text.count("\n", 0, block.start(2))


def python(page: Path) -> Callable[[str, int], str]:
    """Runs one block after the other with the same names, and gives what each prints."""
    names = {"__name__": page.stem}

    def run(code: str, above: int) -> str:
        with redirect_stdout(StringIO()) as printed:
            exec(compile("\n" * above + code, str(page), "exec"), names)  # errors name the page's line
        return printed.getvalue()

    return run


def shell(page: Path) -> Callable[[str, int], str]:
    def run(code: str, above: int) -> str:
        done = subprocess.run(["bash", "-e", "-c", code], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{page}, line {above + 1}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    return run


def run(page: Path, language: str, runner: Callable[[Path], Callable[[str, int], str]]) -> None:
    """Run the blocks of one language in the working folder; a `text` block right below one is what it prints, letter for letter."""
    one, before, printed = runner(page), "", ""
    for kind, code, above in blocks(page):
        if kind == "text" and before == language and lines(printed) != lines(code):
            raise AssertionError(f"{page}, line {above + 1}: it prints\n{printed}")
        if kind == language:
            printed = one(code, above)
        before = kind


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def draw(page: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        shutil.copytree(DOCS.parent / "sample_images", "sample_images")
        os.mkdir("pictures")
        run(page, "python", python)
        shutil.copytree("pictures", page.parent / "pictures", dirs_exist_ok=True)


def lacks_pictures(page: Path) -> bool:
    return any(not (page.parent / path).exists() for _, path in PICTURE.findall(page.read_text(encoding="utf-8")))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="draw only pictures that are not there")
    keep = parser.parse_args().keep
    with ProcessPoolExecutor() as pool:
        list(pool.map(draw, [page for page in pages() if lacks_pictures(page) or not keep and "python" in {kind for kind, _, _ in blocks(page)}]))
    shutil.rmtree(SITE, ignore_errors=True)
    strict = ["-q", "-W", "--keep-going", "-n", "-E"]
    done = subprocess.run([sys.executable, "-m", "sphinx", *strict, "-d", str(SITE.parent / "read"), "-b", "html", str(DOCS), str(SITE)], check=False)
    if not done.returncode:
        print(SITE / "index.html")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
