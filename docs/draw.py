"""Makes the pictures of the pages beside them, in docs/pictures/: python docs/draw.py

Each page's Python blocks run one after the other, in a folder of their own with the sample images; what they draw is copied here.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def draw(page: Path) -> None:
    text, names = page.read_text(encoding="utf-8"), {}
    for block in BLOCK.finditer(text):
        above = "\n" * text.count("\n", 0, block.start(1))  # so that errors name the page's line
        exec(compile(above + block[1], str(page), "exec"), names)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(DOCS.parent / "sample_images", Path(folder) / "sample_images")
        os.chdir(folder)
        for page in sorted(DOCS.glob("*.md")):
            draw(page)
        os.chdir(DOCS)
        shutil.copytree(Path(folder) / "pictures", DOCS / "pictures", dirs_exist_ok=True)
