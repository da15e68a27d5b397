"""The one command that builds the site, on a folder of a single page."""

import shutil
import subprocess
import sys

import pytest

from edgecalc.core.kernels import TARGET
from tests.docs.conftest import ROOT

DRAWS = """# A page

```python
from PIL import Image

size = Image.open("sample_images/disk.png").size
print(*size)
Image.new("L", size, 200).save("pictures/gray.png")
```

```text
256 256
```

![A gray square](pictures/gray.png)
"""


@pytest.fixture
def folder(tmp_path):
    docs = tmp_path / "docs"
    shutil.copytree(ROOT / "sample_images", tmp_path / "sample_images")
    shutil.copytree(ROOT / "docs" / "_static", docs / "_static")
    for name in ("build.py", "conf.py", "docstrings.py"):
        shutil.copy(ROOT / "docs" / name, docs)
    (docs / "index.md").write_text(DRAWS)
    return tmp_path


def built(folder, *options):
    return subprocess.run([sys.executable, "-W", "error", "docs/build.py", *options], cwd=folder, capture_output=True, text=True, check=False)


def test_a_page_is_drawn_and_built_again_and_again(folder):
    for _ in range(2):
        done = built(folder)
        assert done.returncode == 0, done.stderr
    assert (folder / "docs" / "pictures" / "gray.png").exists()
    assert 'alt="A gray square"' in (folder / "docs" / "_build" / "html" / "index.html").read_text()
    assert sorted(path.name for path in folder.iterdir()) == ["docs", "sample_images"]


def test_keep_leaves_what_is_drawn_and_draws_what_is_not(folder):
    assert built(folder, "--keep").returncode == 0
    picture = folder / "docs" / "pictures" / "gray.png"
    before = picture.stat().st_mtime_ns
    assert built(folder, "--keep").returncode == 0
    assert picture.stat().st_mtime_ns == before


def test_other_output_than_the_page_says_ends_it_and_names_the_line(folder):
    page = folder / "docs" / "index.md"
    page.write_text(DRAWS.replace("256 256", "255 256"))
    done = built(folder)
    assert done.returncode == 1
    assert f"{page}, line 12: it prints\n256 256" in done.stderr


def test_code_that_fails_names_its_line_on_the_page(folder):
    page = folder / "docs" / "index.md"
    page.write_text(DRAWS.replace("print(*size)", "assert size == 0"))
    done = built(folder)
    assert done.returncode == 1
    assert f'"{page}", line 7' in done.stderr


@pytest.mark.parametrize("mistake", ["[nowhere](nowhere.md)", "[nowhere](#nowhere)", "![no picture](pictures/none.png)"])
def test_a_link_to_nothing_is_an_error(folder, mistake):
    (folder / "docs" / "index.md").write_text(f"# A page\n\n{mistake}\n")
    done = built(folder)
    assert done.returncode == 1 and "WARNING" in done.stderr


def test_the_benchmark_measures_again_and_writes_its_table(folder):
    for name in ("benchmark.py", "benchmark.md"):
        shutil.copy(ROOT / "docs" / name, folder / "docs")
    page = folder / "docs" / "benchmark.md"
    before = page.read_text(encoding="utf-8").split("## ")
    for _ in range(2):
        command = [sys.executable, "docs/benchmark.py", "--size", "64x64", "--repeat", "3", "--only", "scharr"]
        subprocess.run(command, cwd=folder, check=True, stderr=subprocess.DEVNULL)
    after = page.read_text(encoding="utf-8").split("## ")
    mine = f"One run, {TARGET}\n"
    assert [part for part in after if not part.startswith(mine)] == [part for part in before if not part.startswith(mine)]
    run = next(part for part in after if part.startswith(mine))
    assert "64 x 64 uint8" in run and "the median of 3" in run
    assert [line.split(" | ")[0] for line in run.splitlines() if line.startswith("| Sch")] == ["| Scharr x -> int16", "| Scharr y -> int16"]
