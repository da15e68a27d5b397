"""Every code block of the pages runs, and the sample images are what their README says."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md"))))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FRESH_MACHINE = "python3 -m venv"


def blocks(page: str, language: str) -> list[str]:
    return [code for kind, code in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")) if kind == language]


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


def test_sample_images_are_listed_with_their_sha256():
    listed = dict(re.findall(r"^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$", (ROOT / "sample_images" / "README.md").read_text(), re.MULTILINE))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (ROOT / "sample_images").iterdir() if path.name != "README.md"}
    assert listed == found
