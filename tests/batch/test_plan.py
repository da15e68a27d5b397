"""The plan knows every input and output before a byte is written."""

import io
import os
import sys
import unicodedata
from itertools import chain
from pathlib import Path

import pytest

from edgecalc.batch.plan import STATE, Job, Selection, identity, key, plan
from edgecalc.batch.plan import part as one_of
from edgecalc.errors import EdgecalcError
from tests.batch.stage import taken_by_a_million, unlistable
from tests.core.test_memory import needs_proc

TREE = ("a.jpg", "b.PNG", "deep/c.tif", "deep/er/d.webp", "deep/er/e.bmp", "z.jpeg")


@pytest.fixture
def folder(tmp_path):
    made(tmp_path / "in", *TREE)
    return tmp_path / "in"


def made(folder, *names):
    for name in names:
        path = os.path.join(os.fsencode(folder), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"x")
    return folder


def names(folder, out="out", /, of=(1, 1), **options):
    return [job.name for job in one_of(plan([str(folder)], Path(out), Selection(**options)), of)]


def test_outputs_mirror_the_tree(folder):
    jobs = plan([str(folder)], Path("out"), Selection(recursive=True))
    assert sorted(job.name for job in jobs) == ["a.png", "b.png", "deep/c.png", "deep/er/d.png", "deep/er/e.png", "z.png"]
    assert all(os.path.splitext(os.path.relpath(job.source, folder))[0] == os.path.splitext(job.name)[0] for job in jobs)


def test_folders_within_are_read_only_if_asked_for(folder):
    assert names(folder) == ["a.png", "b.png", "z.png"]


def test_the_order_is_always_the_same(folder):
    assert (
        names(folder, recursive=True)
        == names(folder, recursive=True)
        == sorted(names(folder, recursive=True), key=lambda name: (name.count("/"), name))
    )


def test_the_ending_is_that_of_the_output_format(folder):
    assert names(folder, suffix=".npy") == ["a.npy", "b.npy", "z.npy"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"include": ("*.jpg",)}, ["a.png"]),
        ({"include": ("*.jpg", "deep/*")}, ["a.png", "deep/c.png", "deep/er/d.png", "deep/er/e.png"]),
        ({"exclude": ("deep/*",)}, ["a.png", "b.png", "z.png"]),
        ({"exclude": ("deep/er/*", "[ab].*")}, ["deep/c.png", "z.png"]),
        ({"include": ("deep/*",), "exclude": ("*.bmp",)}, ["deep/c.png", "deep/er/d.png"]),
        ({"include": ("?.tif",)}, []),
    ],
)
def test_patterns_choose_by_the_name_under_the_input(folder, options, expected):
    assert sorted(names(folder, recursive=True, **options)) == expected


def test_files_and_globs_are_named_by_their_last_part(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert [job.name for job in plan(["deep/c.tif", "*.j*g"], Path("out"))] == ["c.png", "a.png", "z.png"]
    assert [job.name for job in plan(["deep/**/*.bmp"], Path("out"))] == ["e.png"]
    assert plan([str(folder / "a.jpg")] * 2, Path("out")) == [Job(str(folder / "a.jpg"), "a.png")]


@pytest.mark.parametrize("name", ["[x].jpg", "what?.jpg", "a*b.jpg"])
def test_a_file_whose_name_looks_like_a_pattern_is_that_file(name, tmp_path):
    made(tmp_path, name, "x.jpg")
    assert [job.source for job in plan([str(tmp_path / name)], Path("out"))] == [str(tmp_path / name)]


@pytest.mark.parametrize("text", ["none.jpg", "none*.jpg", "nofolder/"])
def test_what_is_not_there_is_an_error_that_names_it(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EdgecalcError, match=text.replace("*", r"\*")):
        plan([text], Path("out"))


LISTED = [b"a.jpg", b"sub/b.png", b"new\nline.jpg", b"\xff\xfe.jpg", b" spaces .jpg", b"-r.jpg"]


@pytest.mark.parametrize("null", [True, False])
@pytest.mark.parametrize("standard", [True, False], ids=["stdin", "file"])
@pytest.mark.parametrize("end", [True, False])
def test_listed_names_are_taken_as_they_are(null, standard, end, tmp_path, monkeypatch):
    listed = [name for name in LISTED if null or b"\n" not in name]
    mark = b"\0" if null else b"\n"
    data = mark.join(listed) + mark * end
    (tmp_path / "list").write_bytes(data)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    jobs = plan([], Path("out"), Selection(files_from="-" if standard else str(tmp_path / "list"), null=null))
    assert [os.fsencode(job.source) for job in jobs] == listed
    assert [os.fsencode(job.name) for job in jobs] == [name.rsplit(b".", 1)[0] + b".png" for name in listed]


def test_lines_may_end_as_on_windows_and_be_empty(tmp_path):
    (tmp_path / "list").write_bytes(b"a.jpg\r\n\r\n\nb.jpg\r\n")
    assert [job.source for job in plan([], Path("out"), Selection(files_from=str(tmp_path / "list")))] == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("text", ["/somewhere/x.jpg", "../x.jpg", "../../a/x.jpg", "a/../../x.jpg", "./x.jpg", "a/../x.jpg"])
def test_listed_names_never_leave_the_output(text, tmp_path):
    (tmp_path / "list").write_text(text)
    assert [job.name for job in plan([], Path("out"), Selection(files_from=str(tmp_path / "list")))] == ["x.png"]


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 40])
def test_shards_are_disjoint_complete_and_stable(parts, tmp_path):
    made(tmp_path / "in", *(f"{number % 5}/{number}.jpg" for number in range(100)))
    shards = [names(tmp_path / "in", recursive=True, of=(part, parts)) for part in range(1, parts + 1)]
    assert sorted(chain(*shards)) == sorted(names(tmp_path / "in", recursive=True))
    made(tmp_path / "in", "new.jpg")
    later = [names(tmp_path / "in", recursive=True, of=(part, parts)) for part in range(1, parts + 1)]
    assert all(set(one) <= set(other) for one, other in zip(shards, later, strict=True))


def test_shards_are_of_similar_size(tmp_path):
    (tmp_path / "list").write_text("\n".join(f"{number}.jpg" for number in range(4000)))
    sizes = [len(one_of(plan([], Path("out"), Selection(files_from=str(tmp_path / "list"))), (part, 4))) for part in range(1, 5)]
    assert max(sizes) < 1.2 * min(sizes)


COMPOSED, TWO_SIGNS = unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")
PAIRS = [("a.jpg", "a.png"), ("A.jpg", "a.jpg"), (f"{COMPOSED}.jpg", f"{TWO_SIGNS}.jpg"), ("Straße.jpg", "STRASSE.jpg"), ("Dir/a.jpg", "dir/A.png")]


@pytest.mark.parametrize("pair", PAIRS)
def test_two_inputs_for_one_output_are_refused_by_name(pair, tmp_path):
    made(tmp_path, *pair)
    with pytest.raises(EdgecalcError, match="--on-collision keep-ext") as caught:
        names(tmp_path, recursive=True)
    assert all(name in str(caught.value) for name in pair)


def test_two_inputs_for_one_output_may_keep_their_endings(tmp_path):
    made(tmp_path, "a.jpg", "a.png", "a.tif", "b.jpg")
    found = names(tmp_path, on_collision="keep-ext")
    assert found == ["a.png", "a.png.png", "a.tif.png", "b.png"]


def test_no_two_outputs_are_ever_one_file(tmp_path):
    made(tmp_path, "a.jpg", "a.png", "a.png.bmp", "a.png.tif", "a.tif")
    found = names(tmp_path, on_collision="keep-ext")
    assert len({key(name) for name in found}) == len(found) == 5


@pytest.mark.parametrize("pair", PAIRS[1:4])
def test_endings_that_do_not_help_are_refused_all_the_same(pair, tmp_path):
    made(tmp_path, *pair)
    with pytest.raises(EdgecalcError, match="twice"):
        plan([str(tmp_path), str(made(tmp_path / "other", *pair))], Path("out"), Selection(on_collision="keep-ext"))


def test_a_file_named_twice_is_one_job_also_with_endings_kept(tmp_path):
    made(tmp_path, "a.jpg", "a.png")
    texts = [str(tmp_path / "a.jpg"), str(tmp_path / "a.png"), str(tmp_path / "a.png")]
    assert [job.name for job in plan(texts, Path("out"), Selection(on_collision="keep-ext"))] == ["a.png", "a.png.png"]


@pytest.mark.parametrize("parts", [2, 3, 5, 8])
def test_a_collision_is_seen_by_every_shard(parts, tmp_path):
    """Otherwise two machines would write one file, and the last would win."""
    made(tmp_path, "a.jpg", "a.png", *(f"x{number}.jpg" for number in range(20)))
    for part in range(1, parts + 1):
        with pytest.raises(EdgecalcError, match="would both be written"):
            names(tmp_path, of=(part, parts))


@pytest.mark.parametrize("parts", [2, 3, 5, 8])
def test_shards_keep_the_same_endings_as_the_whole(parts, tmp_path):
    made(tmp_path, *(f"{name}.{suffix}" for name in "abcdefgh" for suffix in ("jpg", "png")))
    whole = plan([str(tmp_path)], Path("out"), Selection(on_collision="keep-ext"))
    shards = [one_of(plan([str(tmp_path)], Path("out"), Selection(on_collision="keep-ext")), (part, parts)) for part in range(1, parts + 1)]
    assert sorted(chain(*shards)) == sorted(whole)


def test_an_output_inside_the_input_is_never_read(tmp_path):
    made(tmp_path, "a.jpg", "edges/a.png", "edges/sub/b.png", "edges2/c.png", f"{STATE}/d.png")
    assert names(tmp_path, tmp_path / "edges", recursive=True) == ["a.png", "edges2/c.png"]
    (tmp_path / "alias").symlink_to("edges")
    assert names(tmp_path, tmp_path / "alias", recursive=True) == ["a.png", "edges2/c.png"]


def test_hidden_files_and_other_endings_are_left_out(tmp_path):
    made(tmp_path, ".a.jpg", "._b.png", "notes.txt", "c.gif", "d", "e.jpg")
    assert names(tmp_path) == ["e.png"]


def test_loops_of_links_end_and_linked_folders_are_not_followed(tmp_path):
    made(tmp_path / "in", "a.jpg", "deep/b.jpg")
    made(tmp_path / "elsewhere", "c.jpg")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "deep" / "up").symlink_to("..")
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "elsewhere")
    assert names(tmp_path / "in", recursive=True) == ["a.png", "deep/b.png"]


def test_a_folder_that_cannot_be_listed_is_told_and_left_out(folder, tmp_path, monkeypatch):
    unlistable(monkeypatch, "er")
    unreadable = []
    assert len(plan([str(folder)], tmp_path / "out", Selection(recursive=True), unreadable)) == 4
    assert unreadable == [f"{folder / 'deep' / 'er'}: Permission denied; left out"]


@pytest.mark.parametrize("link", [os.link, os.symlink], ids=["hard", "soft"])
def test_an_output_that_is_an_input_by_a_link_is_refused(link, folder, tmp_path):
    (tmp_path / "out").mkdir()
    link(folder / "a.jpg", tmp_path / "out" / "z.png")
    with pytest.raises(EdgecalcError, match="one of the inputs"):
        plan([str(folder)], tmp_path / "out")


def test_an_output_folder_that_is_the_input_by_a_link_is_refused(tmp_path):
    made(tmp_path / "in", "a.png")
    (tmp_path / "out").symlink_to("in")
    with pytest.raises(EdgecalcError, match="one of the inputs"):
        plan([str(tmp_path / "in")], tmp_path / "out")


def test_new_names_beside_the_inputs_are_accepted(tmp_path):
    made(tmp_path, "a.jpg")
    assert plan([str(tmp_path)], tmp_path) == [Job(str(tmp_path / "a.jpg"), "a.png")]
    assert identity(tmp_path / "a.jpg") == identity(tmp_path / "." / "a.jpg")


@needs_proc
def test_a_million_planned_files_fit_in_half_a_gigabyte(tmp_path):
    assert 1e8 < taken_by_a_million(tmp_path, 100_000) < 5e8


def test_a_list_of_zeros_keeps_every_other_byte_of_a_name(tmp_path):
    (tmp_path / "list").write_bytes(b"a.jpg\r\0")
    assert [job.source for job in plan([], Path("out"), Selection(files_from=str(tmp_path / "list"), null=True))] == ["a.jpg\r"]


def test_shards_are_cut_by_outputs_however_the_inputs_are_named(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    for k in range(40):
        (tmp_path / "in" / f"{k}.jpg").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    for k in (1, 2, 3):
        relative, absolute = ([job.name for job in one_of(plan([source], Path("out")), (k, 3))] for source in ("in", str(tmp_path / "in")))
        assert relative == absolute


def test_a_listed_file_that_is_gone_is_a_job_that_will_fail(tmp_path):
    for name in ("in/a.jpg", "out/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "list").write_text(f"{tmp_path}/in/a.jpg\n{tmp_path}/in/gone.jpg\n")
    assert len(plan([], tmp_path / "out", Selection(files_from=str(tmp_path / "list")))) == 2
