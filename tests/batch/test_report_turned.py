"""The report shows an image as its result lies, whichever way that was turned."""

import sqlite3

import numpy as np
import pytest
from PIL import Image

from edgecalc.batch.plan import STATE
from edgecalc.cli.main import main
from tests.batch.test_report import made, opened


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("how", ["no-rotate", "rotate", "an old journal", "an old journal, gone on with"])
def test_a_thumbnail_lies_as_its_result(how, name, tmp_path):
    image, exif = np.zeros((20, 30), np.uint8), Image.Exif()
    image[:, :15], exif[0x0112] = 255, 6
    Image.fromarray(image).save(tmp_path / name, exif=exif)
    assert main(["run", str(tmp_path / name), "-o", str(tmp_path / "out"), *(["--no-rotate"] if how == "no-rotate" else [])]) == 0
    if how.startswith("an old"):
        database = sqlite3.connect(tmp_path / "out" / STATE / "journal.sqlite")
        database.execute("alter table files drop column orientation")
        if how.endswith("gone on with"):
            database.execute("alter table files add column orientation integer")
        database.close()
    before = opened(made(tmp_path / "out").data["files"][0][8]).convert("L")
    seen = np.asarray(before)
    if how == "no-rotate":
        assert before.size == (30, 20) and seen[:, :12].mean() > 200 > 60 > seen[:, 18:].mean()
    else:
        assert before.size == (20, 30) and seen[:12].mean() > 200 > 60 > seen[18:].mean()
