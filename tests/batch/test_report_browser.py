"""The report in a real headless Chromium: sliders, keys, search, filter, light and dark, a phone, ten thousand files.

With EDGECALC_SCREENSHOTS=FOLDER, pictures of the page are left there.
"""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgecalc.batch import report
from tests.batch import browser
from tests.batch.test_report import HOSTILE, done, failed, recorded

pytestmark = pytest.mark.skipif(browser.binary() is None, reason=f"no browser: none of {', '.join(browser.NAMES)} is on the path")
COUNT = "document.getElementById('count').textContent"
FOCUSED = "document.activeElement.closest('[data-place]')?.querySelector('.name').textContent ?? document.activeElement.id"
SLIDER = ".card[data-place='1'] .pair"
POSITION = f"document.querySelector({SLIDER!r}).querySelector('input').valueAsNumber"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser.Browser(str(tmp_path_factory.mktemp("profile"))) as made:
        yield made


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A small page of twelve images, one of them portrait, and a large one of ten thousand."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "photos").mkdir()
    (folder / "small").mkdir()
    ramp = np.tile(np.linspace(0, 255, 600).astype(np.uint8), (400, 1))
    names = [f"image{k:02}.png" for k in range(10)] + [HOSTILE[0], "portrait.png"]
    records = []
    for name in names:
        shape = ramp.T if name == "portrait.png" else ramp
        Image.fromarray(shape).save(folder / "photos" / name)
        Image.fromarray(255 - shape).save(folder / "small" / name)
        size = (folder / "photos" / name).stat().st_size
        records.append(done(name)._replace(source=str(folder / "photos" / name), bytes_in=size, width=shape.shape[1], height=shape.shape[0]))
    for name in ("broken.png", "</script><script>document.title='taken'"):
        records.append(failed(name)._replace(source=str(folder / "photos" / name)))
    records.append(records[0]._replace(source=str(folder / "photos" / "pipe.png"), name="pipe.png", status="skipped", error="Exists"))
    report.write(recorded(folder / "small", records), folder / "small.html")
    many = [failed(f"IMG_{k:05}.png") if k % 100 == 7 else done(f"IMG_{k:05}.png") for k in range(10_000)]
    report.write(recorded(folder / "large", many), folder / "large.html", gallery=0)
    return folder


@pytest.fixture
def small(chromium, pages):
    chromium.size(1280, 900)
    chromium.scheme("light")
    chromium.open((pages / "small.html").as_uri())
    yield chromium
    said = [event["params"] for event in chromium.events if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")]
    asked = [event["params"]["request"]["url"] for event in chromium.events if event.get("method") == "Network.requestWillBeSent"]
    assert said == [], "the browser's log is empty"
    assert [url for url in asked if not url.startswith("data:")] == asked[:1], "nothing but the page is asked for"


def test_all_images_are_shown_with_their_slider_in_the_middle(small):
    assert small.ask(COUNT) == "15 of 15 shown"
    assert small.ask("document.querySelectorAll('.card').length") >= 6
    assert small.ask(POSITION) == 50
    assert small.ask("[...document.images].every(each => each.complete && each.naturalWidth > 0 && each.alt)")


def test_a_name_with_markup_is_text(small):
    small.click("#search")
    small.type("onerror")
    assert small.ask("[...document.querySelectorAll('.card .name')].map(each => each.textContent)") == [HOSTILE[0]]
    assert small.ask("[document.title, document.querySelectorAll('img[src=x]').length]") == ["small: edgecalc report", 0]


def test_the_slider_follows_the_mouse(small):
    x, y, width, _ = small.centre(SLIDER)
    small.drag((x, y), (x + 0.3 * width, y))
    assert small.ask(POSITION) == pytest.approx(80, abs=1)
    shown = small.ask(f"getComputedStyle(document.querySelector({SLIDER!r}).querySelector('.before')).clipPath")
    assert shown.startswith("inset(0")
    small.drag((x + 0.3 * width, y), (x - 2 * width, y))
    assert small.ask(POSITION) == 0


def test_the_slider_follows_a_finger(small, pages):
    small.size(360, 740, phone=True)
    small.open((pages / "small.html").as_uri())
    small.centre("#tools")  # the images come into sight
    x, y, width, _ = small.centre(SLIDER)
    small.swipe((x, y), (x - 0.25 * width, y))
    assert small.ask(POSITION) == pytest.approx(25, abs=2)


def test_the_slider_obeys_the_keys(small):
    small.ask("document.querySelector(\".card[data-place='1']\").focus()")
    small.press("Enter", "ArrowRight", "ArrowRight", "ArrowRight")
    assert small.ask(POSITION) == 53
    small.press("Home")
    assert small.ask(POSITION) == 0
    small.press("Escape")
    assert small.ask("document.activeElement.dataset.place") == "1"


def test_a_slider_stays_where_it_was_left_while_its_row_comes_and_goes(small):
    x, y, width, _ = small.centre(SLIDER)
    small.drag((x, y), (x + 0.2 * width, y))
    small.click("[name=status][value=failed] + span")
    assert small.ask("document.querySelectorAll('.card').length") == 0
    small.click("[name=status][value=''] + span")
    assert small.ask(POSITION) == pytest.approx(70, abs=1)


def test_arrow_keys_go_from_image_to_image_and_into_the_list(small):
    small.press("/", "ArrowDown")
    first = small.ask(FOCUSED)
    small.press("ArrowRight")
    assert small.ask("document.activeElement.dataset.place") == "1" and small.ask(FOCUSED) != first
    small.press("ArrowDown", "ArrowDown", "ArrowDown")
    assert small.ask("document.activeElement.dataset.place") == "10"
    small.press("End")
    assert small.ask(FOCUSED) == "pipe.png"
    small.press("Home", "ArrowLeft")
    assert small.ask(FOCUSED) == first


def test_a_slash_searches_and_escape_ends_it(small):
    small.press("/")
    assert small.ask("document.activeElement.id") == "search"
    small.type("IMAGE0")
    assert small.ask(COUNT) == "10 of 15 shown"
    small.type("nothing")
    assert small.ask(COUNT) == "Nothing matches."
    small.press("Escape")
    assert small.ask(COUNT) == "15 of 15 shown" and small.ask("document.activeElement.id") != "search"


def test_the_filter_shows_one_status(small):
    small.click("[name=status][value=failed] + span")
    assert small.ask(COUNT) == "2 of 15 shown"
    assert small.ask("[...document.querySelectorAll('.file')].every(each => each.classList.contains('failed'))")
    small.click("[name=status][value=skipped] + span")
    assert "its output existed already" in small.ask("document.querySelector('.file').textContent")


def test_light_and_dark(small):
    def brightness() -> int:
        return small.ask("Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")

    assert brightness() > 200
    small.scheme("dark")
    assert brightness() < 50
    small.click("#theme")
    assert brightness() > 200 and small.ask("document.getElementById('theme').textContent") == "Dark"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_width_needs_to_be_scrolled_sideways(width, small, pages):
    small.size(width, 740, phone=width < 500)
    small.open((pages / "small.html").as_uri())
    assert small.ask("document.documentElement.scrollWidth") == width
    texts = "[...document.querySelectorAll('dd, button, fieldset span, h1, code')]"
    cut = "each.clientWidth && each.scrollWidth > each.clientWidth + 1"
    assert small.ask(f"{texts}.filter(each => {cut}).map(each => each.textContent)") == []


def test_a_portrait_is_shown_whole_and_its_pictures_lie_on_each_other(small):
    small.press("/")
    small.type("portrait")
    width, height, stage = small.ask(
        "(([p, s]) => [p.width, p.height, s.height])(['.pair', '.stage'].map(each => document.querySelector(each).getBoundingClientRect()))"
    )
    assert height <= stage + 1 and width / height == pytest.approx(2 / 3, abs=0.02)


def test_every_control_has_a_name_and_shows_its_focus(small):
    controls = "[...document.querySelectorAll('button, input, a')]"
    named = "each.ariaLabel || each.textContent.trim() || each.labels?.[0]?.textContent.trim()"
    assert small.ask(f"{controls}.filter(each => !({named})).map(each => each.outerHTML)") == []
    small.press("/", "ArrowDown")
    assert small.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_ten_thousand_files_are_a_few_elements_and_scroll_at_once(chromium, pages):
    chromium.size(1280, 900)
    start = time.monotonic()
    chromium.open((pages / "large.html").as_uri())
    assert time.monotonic() - start < 10
    assert chromium.ask(COUNT) == "10,000 of 10,000 shown"
    assert chromium.ask("document.querySelectorAll('#list *').length") < 1000
    chromium.ask("scrollTo(0, document.body.scrollHeight)")
    chromium.settle()
    assert "IMG_09999.png" in chromium.ask("document.getElementById('list').textContent")
    chromium.press("/", "ArrowDown", "End")
    assert chromium.ask(FOCUSED) == "IMG_09999.png"
    chromium.press("/")
    took = chromium.ask(
        "(() => { const s = performance.now(); search.value = '0777'; search.dispatchEvent(new Event('input')); return performance.now() - s; })()"
    )
    assert chromium.ask(COUNT).startswith("11 of") and took < 500


def test_screenshots(small, pages):
    folder = os.environ.get("EDGECALC_SCREENSHOTS")
    if not folder:
        pytest.skip("EDGECALC_SCREENSHOTS=FOLDER keeps pictures of the page")
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, width, scheme in (("light", 1280, "light"), ("dark", 1280, "dark"), ("phone", 390, "light")):
        small.size(width, 2000, phone=width < 500)
        small.scheme(scheme)
        small.open((pages / "small.html").as_uri())
        (Path(folder) / f"report-{name}.png").write_bytes(small.picture())
