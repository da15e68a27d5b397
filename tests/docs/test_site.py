"""The built site: no link leads nowhere, every public name is explained, and a real browser has nothing to complain about."""

import re
import threading
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from tests.batch import browser

ROOMS = tuple(f"edgecalc{room}" for room in ("", ".calculus", ".neural", ".optimize", ".plots", ".reference"))
needs_browser = pytest.mark.skipif(browser.binary() is None, reason=f"no browser: none of {', '.join(browser.NAMES)} is on the path")


class Links(HTMLParser):
    def __init__(self, path: Path):
        super().__init__()
        self.out: set[str] = set()
        self.anchors: set[str] = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.out |= {named[key] for key in ("href", "src") if named.get(key)}
        self.anchors |= {named["id"]} if named.get("id") else set()


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Links]:
    return {path: Links(path) for path in sorted(site.rglob("*.html"))}


def test_no_link_within_the_site_leads_nowhere(site, pages):
    lost = []
    for path, links in pages.items():
        for link in links.out:
            address, anchor = urldefrag(link)
            if urlsplit(address).scheme:
                continue
            target = (path.parent / unquote(urlsplit(address).path)).resolve() if address else path
            anchored = anchor in pages[target].anchors if target in pages and anchor != "furo-main-content" else True
            if not target.is_relative_to(site) or not target.is_file() or not anchored:
                lost.append((path.name, link))
    assert lost == []


def test_nothing_is_loaded_from_elsewhere(pages):
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    assert re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="https?:[^"]*"', text) == []


def test_every_page_can_be_reached_from_the_first(site, pages):
    reached, waiting = set(), [site / "index.html"]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        near = ((path.parent / urldefrag(link)[0]).resolve() for link in pages[path].out if not urlsplit(link).scheme)
        waiting += [each for each in near if each in pages]
    assert {path.name for path in set(pages) - reached} <= {"search.html"}


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_is_explained(room, pages):
    anchors = set().union(*(links.anchors for links in pages.values()))
    names = {f"{room}.{name}" for name in import_module(room).__all__}
    rooms = {name for name in names if type(eval_name(name)).__name__ == "module"}
    assert sorted((names - rooms) - anchors) == []
    assert sorted(room for room in rooms if f"module-{room}" not in anchors) == []


def eval_name(name):
    room, _, last = name.rpartition(".")
    return getattr(import_module(room), last)


# ---------------------------------------------------------------- in the browser


@pytest.fixture(scope="module")
def served(site):
    """The site's address on a local server."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *message):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser.Browser(str(tmp_path_factory.mktemp("profile"))) as page:
        yield page


def said(chromium) -> list:
    """What stands in the console: errors of scripts, files that are not there."""
    return [event["params"] for event in chromium.events if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")]


@needs_browser
@pytest.mark.parametrize(("width", "phone"), [(1280, False), (360, True)])
def test_every_page_is_shown_without_an_error_and_as_wide_as_the_screen(width, phone, site, pages, served, chromium):
    chromium.size(width, 800, phone=phone)
    loaded = "Promise.all([...document.images].map(each => (each.loading = 'eager', each.decode()))).then(() => 1, error => String(error))"
    wider = "[document.documentElement, document.querySelector('.content')].map(each => each.scrollWidth - each.clientWidth)"
    wrong = {}
    for path in pages:
        chromium.open(f"{served}/{path.relative_to(site)}")
        found = [chromium.ask(loaded), chromium.ask(wider), said(chromium)]
        if found != [1, [0, 0], []]:
            wrong[str(path.relative_to(site))] = found
    assert wrong == {}


@needs_browser
@pytest.mark.parametrize("kind", ["served", "folder"])
@pytest.mark.parametrize(("words", "page"), [("sobel", "api/images.html#edgecalc.sobel"), ("hysteresis", "edges.html")])
def test_search_finds(words, page, kind, site, served, chromium):
    chromium.size(1280, 800)
    start = served if kind == "served" else site.as_uri()
    chromium.open(f"{start}/search.html?q={words}")
    chromium.ask(
        "new Promise((done, late) => { const look = () => document.querySelectorAll('ul.search li a').length"
        " ? setTimeout(done, 300) : setTimeout(look, 20); look(); setTimeout(late, 10000); })"
    )
    found = chromium.ask("[...document.querySelectorAll('ul.search li a')].map(each => each.href)")
    assert any(urlsplit(link).path.endswith(page.partition("#")[0]) and page.partition("#")[2] in link for link in found), found
    assert said(chromium) == []
