"""Each page runs once, and the site is built from what the pages drew."""

import functools
import importlib.util
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = load(ROOT / "docs" / "build.py")
PAGES = ("README.md", *(str(page.relative_to(ROOT)) for page in build.pages()))


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """drawn(page): the folder of the pictures that the page's code made."""

    @functools.cache
    def run(page: str) -> Path:
        folder = tmp_path_factory.mktemp("page")
        shutil.copytree(ROOT / "sample_images", folder / "sample_images")
        (folder / "pictures").mkdir()
        with chdir(folder):
            build.run(ROOT / page, "python", build.python)
        return folder / "pictures"

    return run


@pytest.fixture(scope="session")
def site(tmp_path_factory, drawn) -> Path:
    """The HTML pages, built by the one command."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("pictures", "_build", "__pycache__"))
    for page in build.pages():
        if build.PICTURE.search(page.read_text(encoding="utf-8")):
            place = folder / page.relative_to(ROOT).parent / "pictures"
            shutil.copytree(drawn(str(page.relative_to(ROOT))), place, dirs_exist_ok=True)
    done = subprocess.run([sys.executable, "-W", "error", "docs/build.py", "--keep"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == str(folder / "docs" / "_build" / "html" / "index.html")
    return folder / "docs" / "_build" / "html"
