"""The journal keeps what it is told, also when the disk fails in between."""

import errno

import pytest

from edgecalc.batch import journal
from edgecalc.errors import Locked
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


def test_shards_share_a_folder_and_a_whole_run_does_not(tmp_path):
    shards = [journal.Journal(tmp_path, (k, 2), group_sync=False) for k in (1, 2)]
    with pytest.raises(Locked):
        journal.Journal(tmp_path, (1, 1))
    with pytest.raises(Locked):
        journal.Journal(tmp_path, (1, 2))  # and leaves nothing locked behind
    for each in shards:
        each.close()
    whole = journal.Journal(tmp_path, group_sync=False)
    with pytest.raises(Locked):
        journal.Journal(tmp_path, (1, 2))
    whole.close()


def test_times_are_in_the_order_of_what_happened(tmp_path):
    for name in ("a", "b"):
        kept = journal.Journal(tmp_path, group_sync=False)
        kept.begin("sobel", "0", "[]", 1)
        kept.add(journal.Record(f"{name}.png", f"{name}.png", "done"))
        kept.close()
    (first, second), found = journal.rows(tmp_path)
    assert first["started"] <= found[0]["finished"] <= first["ended"] <= second["started"] <= found[1]["finished"] <= second["ended"]


def test_a_disk_that_knows_no_locks_is_not_another_run(tmp_path, monkeypatch):
    import fcntl

    def unknown(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    with pytest.raises(OSError, match="cannot be locked"):
        journal.Journal(tmp_path)
