"""Every code block of the pages runs, and the sample images are what their README says."""

import hashlib
import os
import re
import shutil
import sys

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import feature

import edgecalc as ec
from edgecalc.cli import main
from tests.docs.conftest import PAGES, ROOT, build

KINDS = {"python", "sh", "text"}
ANY_BLOCK = re.compile(r"^```(.*)\n(?:.*\n)*?```$", re.MULTILINE)
FRESH_MACHINE = "python3 -m venv"


def blocks(page, language: str) -> list[str]:
    return [code for kind, code, _ in build.blocks(page) if kind == language]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_only_blocks_that_are_run_here(page):
    assert set(ANY_BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))) <= KINDS


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(ROOT / page, "python")])
def test_python_blocks_of_a_page_run_one_after_the_other_and_draw_its_pictures(page, drawn):
    shown = build.PICTURE.findall((ROOT / page).read_text(encoding="utf-8"))
    assert all(words for words, _ in shown), "each picture has words for those who do not see it"
    made = list(drawn(page).glob("*"))
    assert {f"pictures/{path.name}" for path in made} == {path for _, path in shown}
    for path in made:
        with Image.open(path) as picture:
            assert 300 <= picture.width <= 1200, path.name
            assert np.ptp(np.asarray(picture.convert("RGB"))) > 0, path.name


def test_no_two_pages_of_a_folder_draw_over_each_other():
    drawn = [(ROOT / page).parent / path for page in PAGES for path in {path for _, path in build.PICTURE.findall((ROOT / page).read_text("utf-8"))}]
    assert len(drawn) == len(set(drawn)) > 60


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(ROOT / page, "sh")])
def test_shell_blocks_of_a_page_run(page, tmp_path, monkeypatch):
    """In a folder with the sample images, and with an `edgecalc` that is this installation's."""
    shutil.copytree(ROOT / "sample_images", tmp_path / "sample_images")
    (tmp_path / "bin").mkdir()
    for name, module in (("edgecalc", "-m edgecalc"), ("python", "")):  # which a machine may have as python3 alone
        shim = tmp_path / "bin" / name
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if (ROOT / "edgecalc").is_dir():
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    build.run(ROOT / page, "sh", without_setup)


def without_setup(page):
    run = build.shell(page)
    return lambda code, above: "" if code.startswith(FRESH_MACHINE) else run(code, above)


def test_the_two_commands_for_a_fresh_machine_are_one_line_each_and_run_by_ci():
    fresh = [block for block in blocks(ROOT / "README.md", "sh") if block.startswith(FRESH_MACHINE)]
    assert [block.count("\n") for block in fresh] == [1, 1]
    assert "edgecalc run sample_images" in fresh[0]
    assert fresh[1].rstrip().endswith("pytest -n 2")
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


def test_the_formulas_of_the_course_are_those_of_the_rules():
    page = (ROOT / "docs" / "course" / "4-descent.md").read_text(encoding="utf-8")
    printed = dict(re.findall(r"^\| `(\w+)` \| \$(.*)\$ \|$", page, re.MULTILINE))
    assert len(printed) == 7
    assert printed == {name: ec.optimize.RULES[name]().formula for name in printed}


def test_every_command_has_its_place_on_the_page_of_commands():
    page = (ROOT / "docs" / "api" / "commands.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == [command.__name__.rpartition(".")[2] for command in main.COMMANDS]
