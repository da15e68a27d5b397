"""Every code block of the pages runs, and the sample images are what their README says."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import feature

import edgecalc as ec

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md"))))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"!\[(.*?)\]\((.*?)\)")
FRESH_MACHINE = "python3 -m venv"


def blocks(page: str, language: str) -> list[str]:
    return [code for kind, code in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")) if kind == language]


def pictures(page: str) -> set[str]:
    """What a page shows; each picture has words for those who do not see it."""
    shown = PICTURE.findall((ROOT / page).read_text(encoding="utf-8"))
    assert all(words for words, _ in shown)
    return {path for _, path in shown}


def drawn(beside: Path) -> set[str]:
    """The pictures that were made; each is readable, of a page's width and not empty."""
    made = list((beside / "pictures").glob("*"))
    for path in made:
        with Image.open(path) as picture:
            assert 300 <= picture.width <= 900, path.name
            assert np.ptp(np.asarray(picture)) > 0, path.name
    return {f"pictures/{path.name}" for path in made}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with the sample images and an `edgecalc` that is this installation's."""
    shutil.copytree(ROOT / "sample_images", tmp_path / "sample_images")
    shim = tmp_path / "bin" / "edgecalc"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m edgecalc "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")
    if (ROOT / "edgecalc").is_dir():
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_page_has_only_blocks_that_are_run_here():
    kinds = {kind for page in PAGES for kind, _ in BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))}
    assert kinds == {"python", "sh"}


@pytest.mark.parametrize("page", PAGES)
def test_python_blocks_of_a_page_run_one_after_the_other(page, folder):
    code = blocks(page, "python")
    assert code, f"{page} shows no code"
    names: dict = {}
    for block in code:
        exec(compile(block, page, "exec"), names)
    assert drawn(folder) == pictures(page)


def test_the_pictures_of_the_pages_are_drawn_beside_them(folder):
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("pictures"))
    for _ in range(2):  # over those of before, too
        done = subprocess.run([sys.executable, "-W", "error", "docs/draw.py"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["bin", "docs", "sample_images"]
    assert drawn(folder / "docs") == set().union(*(pictures(page) for page in PAGES if page.startswith("docs/"))) != set()


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "sh")])
def test_shell_blocks_of_a_page_run(page, folder):
    for block in blocks(page, "sh"):
        if block.startswith(FRESH_MACHINE):
            continue
        done = subprocess.run(["bash", "-e", "-c", block], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_two_commands_for_a_fresh_machine_are_one_line_each_and_run_by_ci():
    fresh = [block for block in blocks("README.md", "sh") if block.startswith(FRESH_MACHINE)]
    assert [block.count("\n") for block in fresh] == [1, 1]
    assert "edgecalc run sample_images" in fresh[0]
    assert fresh[1].rstrip().endswith("pytest")
    ci = (ROOT / ".ci" / "run").read_text()
    assert "readme_command pytest" in ci
    assert "readme_command 'edgecalc run'" in ci


def moved(library: str) -> list[tuple[str, str]]:
    """The lines of the page on edges that say what a call of another library becomes."""
    return re.findall(rf"^    ({library}\..*?)  +(ec\.\S.*?)(?:  .*)?$", (ROOT / "docs/edges.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture
def scene():
    """What the names in those lines stand for."""
    image = np.asarray(Image.open(ROOT / "sample_images" / "camera.png"))
    dx, dy = (cv2.Sobel(image, cv2.CV_16S, *order, borderType=cv2.BORDER_REPLICATE) for order in ((1, 0), (0, 1)))
    mask = np.ones(image.shape, bool)
    mask[200:280, 150:300] = False
    before = cv2.ipp.useIPP()
    cv2.ipp.setUseIPP(False)
    yield {"cv2": cv2, "feature": feature, "ec": ec, "image": image, "dx": dx, "dy": dy, "mask": mask}
    cv2.ipp.setUseIPP(before)


def within_a_pixel(edges: np.ndarray, others: np.ndarray) -> float:
    """The share of edge pixels that lie on or beside the others."""
    near = cv2.dilate(others.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return near[edges > 0].mean()


@pytest.mark.parametrize(("theirs", "ours"), moved("cv2"))
def test_calls_moved_over_from_opencv_give_the_same_edges(theirs, ours, scene):
    expected, result = eval(theirs, scene), eval(ours, scene)
    assert expected.any()
    if "GaussianBlur" in theirs:
        assert min(within_a_pixel(expected, result), within_a_pixel(result, expected)) > 0.97
    else:
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(("theirs", "ours"), moved("feature"))
def test_calls_moved_over_from_scikit_image_give_edges_within_a_pixel(theirs, ours, scene):
    expected, result = eval(theirs, scene), eval(ours, scene)
    assert min(within_a_pixel(expected, result), within_a_pixel(result, expected)) > 0.97


def test_the_page_moves_five_calls_of_each_library():
    assert [len(moved(library)) for library in ("cv2", "feature")] == [5, 5]


def test_sample_images_are_listed_with_their_sha256():
    listed = dict(re.findall(r"^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$", (ROOT / "sample_images" / "README.md").read_text(), re.MULTILINE))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (ROOT / "sample_images").iterdir() if path.name != "README.md"}
    assert listed == found
