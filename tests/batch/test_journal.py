"""The journal keeps what it is told, also when the disk fails in between."""

import errno

import pytest

from edgecalc.batch import journal
from tests.batch.faults import Faults


@pytest.mark.parametrize("step", [1, 2, 3, 4], ids=["begin", "new records", "records that stand", "commit"])
def test_what_could_not_be_written_is_written_at_the_end(step, tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "MOST_WAITING", 1)
    with Faults(number=errno.ENOSPC, only="sqlite") as faults:
        kept = journal.Journal(tmp_path, group_sync=False)
        kept.begin("sobel", "0", "[]", 1)
        faults.n = faults.count + step
        with pytest.raises(OSError, match=r"journal.sqlite: .*disk is full.*--resume"):
            kept.add(journal.Record("a.png", "a.png", "done"))
        kept.close()
    (run,), (file,) = journal.rows(tmp_path)
    assert run["ended"] >= run["started"]
    assert (file["name"], file["status"]) == (b"a.png", "done")
