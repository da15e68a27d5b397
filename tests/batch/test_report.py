"""edgecalc report: all that a journal holds, on one page that fetches nothing and that no file name can break."""

import json
import os
import re
import shutil
import sqlite3
import tracemalloc
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgecalc.batch import report
from edgecalc.batch.journal import Journal, Record
from edgecalc.batch.plan import STATE
from edgecalc.batch.recipe import Recipe
from edgecalc.batch.throughput import throughput
from edgecalc.batch.thumbnails import SIDE, Task, pair
from edgecalc.cli.main import main
from tests.reference import process

ROOT = Path(__file__).parent.parent.parent
HOSTILE = ("<img src=x onerror=alert(1)>.png", "</script><script>alert(1)", "a 'quoted' \"name\" & {{ 7 * 7 }}.png")
VOID = {"meta", "link", "input", "img", "br"}


class Page(HTMLParser):
    """Its elements, its visible text, and what its JSON holds."""

    def __init__(self, path: Path):
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.text, self.json = "", ""
        self.feed(self.source)
        assert not self.open, f"never closed: {self.open}"
        self.data = json.loads(self.json)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if self.open[-1:] == ["script"]:
            self.json += text if self.elements[-1][1].get("id") == "data" else ""
        elif self.open[-1:] != ["style"]:
            self.text += text

    @property
    def names(self):
        return [row[0] for row in self.data["files"]]


def recorded(out: Path, records: list[Record], *, recipe="sobel:axis=y", ended=True, planned=None, shard=(1, 1), arguments=()) -> Path:
    """An output folder as a run leaves it, without the run."""
    journal = Journal(out, shard, group_sync=False)
    journal.begin(recipe, "0.1.0", json.dumps(list(arguments)), len(records) if planned is None else planned)
    for record in records:
        journal.add(record)
    if ended:
        journal.close()
    else:
        journal.commit()
        journal.database.close()
        os.close(journal.lock)
    return out


def done(name: str, **more) -> Record:
    return Record(f"photos/{name}", name, "done", width=600, height=400, bytes_in=1000, bytes_out=500, ms=12.5, **more)


def failed(name: str, error="ImageFileError", message="damaged") -> Record:
    return Record(f"photos/{name}", name, "failed", error, f"photos/{name}: {message}")


def made(out: Path, *options) -> Page:
    page = out.parent / "page.html"
    assert main(["report", str(out), "-o", str(page), *map(str, options)]) == 0
    return Page(page)


@pytest.fixture
def edges(tmp_path):
    """A real run over the sample images, hostile names and files that fail."""
    photos = tmp_path / "photos"
    shutil.copytree(ROOT / "sample_images", photos, ignore=shutil.ignore_patterns("*.md"))
    for name in ("deep/d.png", HOSTILE[0], "a</script><script>alert(1)<.png", os.fsdecode(b"caf\xe9.png")):  # a slash begins another folder
        (photos / name).parent.mkdir(exist_ok=True)
        shutil.copy(photos / "disk.png", photos / name)
    (photos / "<").mkdir()
    (photos / "</script>.jpg").write_bytes(b"not an image")
    assert main(["run", str(photos), "-r", "-o", str(tmp_path / "edges"), "--op", "magnitude", "-q"]) == 3
    return tmp_path / "edges"


def test_a_page_says_what_was_done_how_and_what_failed(edges, capsys):
    page = made(edges)
    assert "12 of 13 images done, 1 failed" in page.text
    assert "as it was typed" in page.text and "--op magnitude" in page.text and "command line" not in page.text
    assert "Recipe.parse('magnitude').picture(read_gray(path))" in page.text
    assert "ImageFileError 1 file </script>.jpg not an image of an accepted format" in page.text
    said = capsys.readouterr()
    assert said.out == f"{edges.parent / 'page.html'}\n" and "12 done, 1 failed" in said.err


def test_every_image_has_its_pictures_and_links_to_the_files(edges):
    page = made(edges)
    rows = {row[0]: row for row in page.data["files"]}
    before, after, original, result = rows["coffee.jpg"][8:]
    assert before.startswith("data:image/webp;base64,") and after.startswith("data:image/webp;base64,")
    assert (edges.parent / original).is_file() and (edges.parent / result).samefile(edges / "coffee.png")
    assert rows["caf\\xe9.png"][10:] == ["./photos/caf%E9.png", "./edges/caf%E9.png"]
    assert [len(row) for name, row in rows.items() if name.endswith("script>.jpg")] == [8]


def test_the_longest_name_that_there_is_does_not_cost_the_page(tmp_path):
    longest = "n" * 251 + ".png"
    assert made(recorded(tmp_path / "edges", [done(longest)])).names == [longest]


def test_no_name_becomes_markup(edges):
    page = made(edges, "--title", HOSTILE[1])
    assert HOSTILE[0] in page.names and "</script>.jpg" in page.names and "a</script><script>alert(1)<.png" in page.names
    assert not [attributes for tag, attributes in page.elements if tag == "img" or any(key.startswith("on") for key in attributes)]
    assert sum(tag == "script" for tag, _ in page.elements) == page.source.count("<script") == page.source.count("</script") == 2
    assert HOSTILE[1] in page.text


@pytest.mark.parametrize(
    ("sources", "names", "said"),
    [
        (["photos/2024/a.jpg", "photos/2024/b.jpg"], ["2024/a.png", "2024/b.png"], "run photos -o edges --op sobel:axis=y -r"),
        (["photos/2024/a.jpg", "photos/2024/a.png"], ["a.npy", "a.png.npy"], "run photos/2024 -o edges --op sobel:axis=y --format npy"),
        (["2024/a.jpg", "2024/b.jpg"], ["2024/a.tif", "2024/b.tif"], "run . -o edges --op sobel:axis=y -r --format tif"),
        (["photos/2024/a.jpg"], ["a.png"], "run photos/2024/a.jpg -o edges --op sobel:axis=y"),
    ],
)
def test_the_command_line_makes_the_same_files_again(sources, names, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    records = [done(name)._replace(source=source) for source, name in zip(sources, names, strict=True)]
    assert f"edgecalc {said} Copy" in made(recorded(Path("edges"), records), "--gallery", "0").text


def test_what_was_typed_is_not_said_in_other_words(tmp_path):
    records = [done("a.png")]
    page = made(recorded(tmp_path / "edges", records, arguments=["run", "photos", "-o", "edges", "--include", "a*", "--op", "sobel"]))
    assert "edgecalc run photos -o edges --include 'a*' --op sobel" in page.text and "command line" not in page.text


@pytest.mark.parametrize("recipe", ["sobel", "canny:low=50,high=100", "canny_auto:method=otsu", "orientation"])
@pytest.mark.parametrize("name", ["coffee.jpg", "deep.png"])
def test_the_line_of_python_makes_the_pixels_of_the_file(name, recipe, tmp_path):
    source = tmp_path / name
    if name == "deep.png":
        Image.fromarray(np.random.default_rng(0).integers(0, 65536, (20, 30), np.uint16)).save(source)
    else:
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)).save(source)
    assert main(["run", str(source), "-o", str(tmp_path / "edges"), "--op", recipe]) == 0
    *imports, line = report.python(Recipe.parse(recipe), [{"name": f"{source.stem}.png"}]).split("; ")
    known = {"path": source}
    exec("; ".join(imports), known)
    np.testing.assert_array_equal(eval(line, known), np.asarray(Image.open(tmp_path / "edges" / f"{source.stem}.png").convert("L")))


def test_of_inputs_from_here_and_there_no_command_line_is_made_up(tmp_path):
    records = [done("a.png"), done("b.png")._replace(source="more/b.jpg")]
    assert "edgecalc run" not in made(recorded(tmp_path / "edges", records)).text


def test_no_recorded_text_becomes_markup_or_template(tmp_path):
    records = [failed(name, error="<b>", message=f"</script>{name}\u2028\x1b[2J") for name in HOSTILE]
    page = made(recorded(tmp_path / "edges", records, recipe="<i>{{ 7 * 7 }}"))
    assert {"b", "i", "img"} & {tag for tag, _ in page.elements} == {"b"}  # the page's own, around names
    assert all(name in page.text for name in HOSTILE) and "<i>{{ 7 * 7 }}" in page.text and "\x1b" not in page.source


def test_the_page_fetches_nothing_and_says_so_to_the_browser(edges):
    page = made(edges)
    assert "http://" not in page.source and "https://" not in page.source
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", page.source)
    assert [attributes["href"] for tag, attributes in page.elements if tag == "link"] == ["data:,"]
    policy = next(attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes)
    assert "default-src 'none'" in policy and "script-src 'sha256-" in policy


def test_light_and_dark_follow_the_system_and_the_button(tmp_path):
    page = made(recorded(tmp_path / "edges", [done("a.png")]))
    assert "@media (prefers-color-scheme: dark)" in page.source
    assert ':root[data-theme="dark"]' in page.source and ':root:not([data-theme="light"])' in page.source
    assert any(attributes.get("id") == "theme" for _, attributes in page.elements)


def test_ten_thousand_files_make_a_small_page_in_little_memory(tmp_path):
    names = [f"2024/{k // 100:03}/IMG_{k:05}.png" for k in range(10_000)]
    out = recorded(tmp_path / "edges", [failed(name) if k % 10 == 3 else done(name) for k, name in enumerate(names)])
    for k in range(0, 10_000, 1000):
        (out / names[k]).parent.mkdir(parents=True)
        Image.new("L", (600, 400)).save(out / names[k])
    tracemalloc.start()
    try:
        page_path = tmp_path / "page.html"
        report.write(out, page_path, gallery=10)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    page = Page(page_path)
    assert page_path.stat().st_size < 2_500_000 and peak < 100_000_000
    assert len(page.names) == 10_000 and page.data["pictures"] == 10
    assert page.text.count("IMG_") == 1000 and "990 more" in page.text


def test_failures_are_all_listed_by_kind_whatever_the_gallery(tmp_path):
    records = [done("a.png"), failed("b.png", "Timeout", "not done after 60 s"), *(failed(f"c{k}.png") for k in range(30))]
    page = made(recorded(tmp_path / "edges", records), "--gallery", "0")
    assert page.text.index("ImageFileError 30 files") < page.text.index("Timeout 1 file b.png not done after 60 s")
    assert "20 more" in page.text and all(f"c{k}.png damaged" in page.text for k in range(30))
    assert page.data["pictures"] == 0


def test_a_sample_of_the_gallery_is_spread_over_all(edges):
    page = made(edges, "--gallery", "4")
    with_pictures = [k for k, row in enumerate(page.data["files"]) if len(row) > 8]
    assert len(with_pictures) == page.data["pictures"] == 4
    assert with_pictures[-1] - with_pictures[0] > len(page.names) // 2


def test_an_unfinished_run_tells_what_is_left_and_how_to_go_on(tmp_path):
    page = made(recorded(tmp_path / "edges", [done("a.png")], ended=False, planned=5))
    assert "1 of 5 images done, 4 not yet begun" in page.text and "--resume" in page.text


def test_shards_are_one_report(tmp_path):
    for part in (1, 2):
        recorded(tmp_path / "edges", [done(f"{part}.png")], shard=(part, 2))
    assert "2 of 2 images done" in made(tmp_path / "edges").text


def test_recipes_of_earlier_runs_are_named(tmp_path):
    recorded(tmp_path / "edges", [done("a.png"), done("b.png")], recipe="scharr")
    page = made(recorded(tmp_path / "edges", [done("b.png")], recipe="sobel"))
    assert "Recipe.parse('sobel').picture(read_gray(path))" in page.text and "Still there from earlier runs: 1 by scharr" in page.text


@pytest.mark.parametrize(("prepare", "said"), [(lambda out: None, "no such folder"), (lambda out: out.mkdir(), "has no journal")])
def test_without_a_journal_there_is_no_page(prepare, said, tmp_path, capsys):
    prepare(tmp_path / "edges")
    assert main(["report", str(tmp_path / "edges"), "-o", str(tmp_path / "page.html")]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "page.html").exists()


def test_a_journal_that_is_none_is_named(tmp_path, capsys):
    (tmp_path / STATE).mkdir()
    (tmp_path / STATE / "journal.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 99)
    assert main(["report", str(tmp_path), "-o", str(tmp_path / "page.html")]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["missing/page.html", "folder.html", "photo.png"])
def test_a_page_that_cannot_be_written_is_an_error_and_leaves_nothing(name, tmp_path, capsys):
    out = recorded(tmp_path / "edges", [done("a.png")])
    (tmp_path / "folder.html").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert main(["report", str(out), "-o", str(tmp_path / name)]) == 2
    assert "-o" in capsys.readouterr().err and sorted(tmp_path.rglob("*")) == before


def test_a_negative_gallery_is_refused(tmp_path, capsys):
    assert main(["report", str(recorded(tmp_path / "edges", [])), "--gallery", "-1"]) == 2
    assert "--gallery: -1 came" in capsys.readouterr().err


def test_a_folder_whose_name_is_special_in_addresses_is_read(tmp_path):
    assert "1 of 1 images done" in made(recorded(tmp_path / "what? 100% #1", [done("a.png")])).text


def test_an_empty_run_is_a_page_too(tmp_path):
    page = made(recorded(tmp_path / "edges", []))
    assert "No file was computed." in page.text and "None." in page.text


def test_the_template_library_is_imported_by_this_command_only():
    program = "import sys; from edgecalc.cli import main; main.parser(); print('jinja2' in sys.modules, 'edgecalc.batch.report' in sys.modules)"
    assert process.printed(program) == "False False"


# ---------------------------------------------------------------- throughput


def entry(finished, *, run=1, status="done"):
    return {"journal": "j", "run": run, "finished": finished, "status": status, "width": 1000, "height": 1000}


def test_the_curve_holds_every_file_and_leaves_out_the_pause():
    runs = [{"journal": "j", "id": 1, "started": 0.0, "ended": 10.0}, {"journal": "j", "id": 2, "started": 100.0, "ended": 110.0}]
    files = [entry(float(t)) for t in (2, 4, 6, 8, 10) for _ in range(20)] + [entry(100.0 + t, run=2) for t in (5, 10) for _ in range(50)]
    speed = throughput(runs, files)
    assert (speed.seconds, speed.finished, speed.rate) == (20.0, 200, 10.0)
    assert sum(bar.files * (bar.end - bar.begin) for bar in speed.bars) == pytest.approx(200)
    assert all(bar.files == pytest.approx(10) and bar.megapixels == pytest.approx(10) for bar in speed.bars)


def test_shards_side_by_side_add_up():
    runs = [{"journal": name, "id": 1, "started": 0.0, "ended": 10.0} for name in "ab"]
    files = [{**entry(float(t)), "journal": name} for name in "ab" for t in range(1, 11)]
    speed = throughput(runs, files)
    assert speed.rate == 2.0 and all(bar.files == pytest.approx(2) for bar in speed.bars)


def test_a_run_that_was_killed_ends_with_its_last_record():
    speed = throughput(
        [{"journal": "j", "id": 1, "started": 0.0, "ended": None}], [entry(4.0), entry(4.0, status="failed"), entry(9.0, status="skipped")]
    )
    assert (speed.seconds, speed.finished, speed.bars) == (4.0, 2, ())


# ---------------------------------------------------------------- thumbnails


def opened(uri: str) -> Image.Image:
    import base64
    import io

    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_a_thumbnail_of_every_kind_of_image(mode, tmp_path):
    ramp = np.tile(np.linspace(0, 255, 640), (320, 1))
    values = {"I;16": ramp.astype(np.uint16) * 257, "F": ramp.astype(np.float32)}.get(mode, ramp.astype(np.uint8))
    image = Image.fromarray(values) if mode in ("I;16", "F") else Image.fromarray(values).convert(mode)
    image.save(tmp_path / "a.tif")
    found = opened(pair(Task(0, tmp_path / "a.tif", tmp_path / "a.tif", 640, 320, False)).before).convert("L")
    assert found.size == (SIDE, SIDE // 2)
    left, right = np.asarray(found)[:, :20].mean(), np.asarray(found)[:, -20:].mean()
    assert left < 40 and right > 200


def test_a_thumbnail_is_the_right_way_up(tmp_path):
    image = Image.new("RGB", (400, 200), "white")
    image.paste("black", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    image.save(tmp_path / "a.jpg", exif=exif)
    found = opened(pair(Task(0, tmp_path / "a.jpg", tmp_path / "a.jpg", 200, 400, False)).before).convert("L")
    assert found.size == (160, 320) and np.asarray(found)[:140].mean() < 30 < 220 < np.asarray(found)[180:].mean()


def test_lines_stay_visible_when_shrunk(tmp_path):
    edges = np.zeros((3200, 3200), np.uint8)
    edges[1600] = 255
    Image.fromarray(edges).save(tmp_path / "a.png")
    plain, bright = (opened(pair(Task(0, None, tmp_path / "a.png", 3200, 3200, lines)).after).convert("L") for lines in (False, True))
    assert np.asarray(plain).max() < 60 and np.asarray(bright).max() > 200


def test_arrays_have_thumbnails_by_their_size(tmp_path):
    np.save(tmp_path / "a.npy", np.tile(np.linspace(-5, 5, 640), (320, 1)))
    found = np.asarray(opened(pair(Task(0, None, tmp_path / "a.npy", 640, 320, False)).after).convert("L"))
    assert found[:, 0].mean() > 200 and found[:, 160].mean() < 20 and found[:, -1].mean() > 200


def test_what_is_gone_changed_damaged_or_larger_than_it_was_has_no_picture(tmp_path):
    (tmp_path / "damaged.png").write_bytes(b"\x89PNG nothing")
    Image.new("L", (900, 900)).save(tmp_path / "larger.png")
    for name in ("gone.png", "damaged.png", "larger.png"):
        assert pair(Task(0, tmp_path / name, tmp_path / name, 64, 64, True)) == ("", "")


def test_an_original_that_has_changed_is_not_shown_as_the_one_that_was_read(edges):
    with open(edges.parent / "photos" / "coffee.jpg", "ab") as file:
        file.write(b"more")
    row = next(row for row in made(edges).data["files"] if row[0] == "coffee.jpg")
    assert row[8] == row[10] == "" and row[9].startswith("data:")


@pytest.mark.parametrize("moved", [False, True], ids=["in place", "moved with its output"])
def test_images_named_relatively_are_found_from_anywhere(moved, tmp_path, monkeypatch):
    place = tmp_path / "place"
    shutil.copytree(ROOT / "sample_images", place / "photos", ignore=shutil.ignore_patterns("*.md", "*.jpg"))
    monkeypatch.chdir(place)
    out = Path("edges") if moved else Path("..", "results", "edges")
    assert main(["run", "photos", "-o", str(out), "-q"]) == 0
    out = place.joinpath(out).resolve()
    monkeypatch.chdir(tmp_path)
    if moved:
        place.rename(tmp_path / "other")
        out = tmp_path / "other" / "edges"
    rows = made(out).data["files"]
    assert len(rows) == 7
    assert all((out.parent / row[10]).is_file() for row in rows)


def test_a_journal_of_before_folders_were_kept_is_read_and_gone_on_with(tmp_path):
    recorded(tmp_path / "out", [done("a.png")])
    database = sqlite3.connect(tmp_path / "out" / STATE / "journal.sqlite")
    database.execute("alter table runs drop column folder")
    database.execute("alter table files drop column orientation")
    database.close()
    assert len(made(tmp_path / "out").names) == 1
    recorded(tmp_path / "out", [done("b.png")])
    assert len(made(tmp_path / "out").names) == 2


def test_reading_a_journal_changes_nothing_in_the_output(edges):
    before = {path: path.stat().st_mtime_ns for path in edges.rglob("*")}
    made(edges)
    assert before == {path: path.stat().st_mtime_ns for path in edges.rglob("*")}
    with sqlite3.connect(edges / STATE / "journal.sqlite") as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    database.close()
