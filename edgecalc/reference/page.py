"""The side-by-side page: for each operator on each image the input, ours, theirs, and their difference amplified.

Made in this order::

    report ── one card for each work that a peer computes ── panels (arrays) ── PNG as data URIs ── one HTML file, or one picture

Nothing on the page is fetched: it can be mailed.
"""

import html
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from edgecalc.media.page import colours, data_uri
from edgecalc.media.write import write_whole
from edgecalc.reference.check import PEERS
from edgecalc.reference.compare import apart, compare_row
from edgecalc.reference.images import Image
from edgecalc.reference.peer import Peer, Row
from edgecalc.reference.report import Finding, Report
from edgecalc.reference.works import WORKS

LISTED = 12  # failing rows, before the cards
WIDEST = 320  # pixels of a panel
FAINTEST = 140  # grey levels: no differing pixel is drawn darker
KEPT, BROKEN = (90, 160, 255), (255, 90, 60)  # differences within the promise, and beyond it


class Card(NamedTuple):
    """A work of ours on an image beside one peer's; `others` are the findings against further peers."""

    image: Image
    finding: Finding
    ours: np.ndarray
    theirs: np.ndarray
    difference: np.ndarray
    others: tuple[Finding, ...]


def write(report: Report, path: str | PathLike[str]) -> None:
    found = list(cards(report))
    if fspath(path).lower().endswith(".png"):
        picture(report, found).save(path, "PNG")
        return
    write_whole(Path(path), document(report, found).encode())


# ---------------------------------------------------------------- arrays


def cards(report: Report) -> Iterator[Card]:
    """One for each image and work, beside the first peer that computes it and any other that does not agree."""
    libraries = {peer: peer.load() for name, peer in PEERS.items() if name in report.versions}
    pictured = [row for row in report.rows if row.border == WORKS[row.work].borders[0].label]
    known = {(row.image, row.work, row.peer): row for row in reversed(pictured)}  # the first of each is kept
    with ExitStack() as settings:
        for peer, library in libraries.items():
            settings.enter_context(peer.hold(library))
        for image in report.images:
            for work in WORKS.values():
                if work.operator in report.operators and work.extent != "sweep":
                    yield from beside_each(image, work.name, libraries, known, report.amplify)


def beside_each(image: Image, work: str, libraries: dict[Peer, Any], known: dict[tuple, Finding], amplify: float) -> Iterator[Card]:
    found = []
    for peer, library in libraries.items():
        row = next((row for row in peer.rows if row.work == work and image.pixels.dtype.name in row.outputs), None)
        if row is None:
            continue
        held = known.get((image.name, work, peer.name))
        fresh = compare_row(peer, library, row, WORKS[work], image._replace(extent="brief")) if held is None else (held,)
        found += [(finding, peer, row) for finding in fresh]
    for turn, (finding, peer, row) in enumerate(found):
        if turn == 0 or not finding.ok:
            others = tuple(other for other, _, _ in found[1:]) if turn == 0 else ()
            yield Card(image, finding, *panels(image, libraries[peer], peer, row, finding, amplify), others)


def panels(image: Image, library: Any, peer: Peer, row: Row, finding: Finding, amplify: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    work = WORKS[row.work]
    ask, output = row.outputs[image.pixels.dtype.name][0]
    ours = work.ours(image.pixels, ask, work.borders[0])
    theirs = peer.answer(library, row, work, image.pixels, output, work.borders[0])
    if ours.shape != theirs.shape:
        return grey(ours, ours), grey(theirs, theirs), np.full((1, 1, 3), BROKEN, np.uint8)
    levels = apart(ours, theirs, finding.operator) * (255 / span(ours, theirs)) * amplify
    levels = shrunk(np.where(levels > 0, np.clip(levels, FAINTEST, 255), 0), np.max)
    colour = np.array(KEPT if finding.ok else BROKEN) / 255
    return grey(ours, ours, theirs), grey(theirs, ours, theirs), (levels[..., None] * colour).astype(np.uint8)


def span(*arrays: np.ndarray) -> float:
    """From darkest to lightest of what is drawn; symmetric around 0 when some of it is negative."""
    least, most = min(float(a.min()) for a in arrays), max(float(a.max()) for a in arrays)
    if arrays[0].dtype == np.uint8:
        return 255.0
    return (2 * max(-least, most) if least < 0 else most) or 1.0


def grey(values: np.ndarray, *together: np.ndarray) -> np.ndarray:
    """Signed derivatives around middle grey, others from black; `together` share the scale."""
    middle = 127.5 if min(float(a.min()) for a in together) < 0 else 0.0
    return np.clip(shrunk(values, np.mean) * (255 / span(*together)) + middle, 0, 255).astype(np.uint8)


def shrunk(values: np.ndarray, by: Any) -> np.ndarray:
    """Blocks of pixels become one, by their mean or, where none may be lost, by their largest."""
    side = -(-max(values.shape) // WIDEST)
    if side == 1:
        return values
    padded = np.pad(values, [(0, -n % side) for n in values.shape], "edge")
    rows, columns = (n // side for n in padded.shape)
    return by(padded.reshape(rows, side, columns, side), axis=(1, 3))


def displayed(image: Image) -> np.ndarray:
    pixels = shrunk(image.pixels, np.mean).astype(np.float64)
    if image.pixels.dtype != np.uint8:
        pixels = (pixels - pixels.min()) * (255 / (np.ptp(pixels) or 1.0))
    return pixels.astype(np.uint8)


# ---------------------------------------------------------------- words


def verdict(finding: Finding) -> str:
    """One line: how far apart, and where."""
    if not finding.differing:
        return "every pixel is the same"
    if finding.where is None:
        return "the results have different shapes"
    row, column = finding.where
    place = f"largest difference {finding.largest_difference:.3g} at row {row}, column {column}"
    if finding.promise == "bits":
        return f"{finding.differing:,} pixel{' differs' if finding.differing == 1 else 's differ'}: {place}"
    kept = "within" if finding.ok else "beyond"
    return f"{place}: {finding.largest_ulp:.2f} ulp, {kept} the {finding.promise.removeprefix('ulp <= ')} allowed"


def headline(report: Report) -> str:
    return f"{len(report.failing):,} of {len(report.rows):,} comparisons differ" if report.failing else f"All {len(report.rows):,} comparisons agree"


# ---------------------------------------------------------------- HTML

STYLE = (
    colours()
    + """
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem 4rem; font: 16px/1.5 system-ui, sans-serif; }
body { background: var(--paper); color: var(--ink); }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 0; }
p, ul { margin: .25rem 0; }
.quiet, figcaption { color: var(--quiet); font-size: .875rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
.scroll { overflow-x: auto; margin-top: 1rem; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .2rem .9rem .2rem 0; text-align: right; border-bottom: 1px solid var(--line); }
th:nth-child(-n+2), td:nth-child(-n+2), .words th, .words td { text-align: left; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin-bottom: 1rem; }
.row { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: .75rem; margin: .75rem 0 .5rem; }
@media (max-width: 640px) {
  .row { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  table { font-size: .75rem; } th, td { padding-right: .5rem; }
}
figure { margin: 0; }
img { display: block; width: 100%; height: auto; image-rendering: pixelated; border: 1px solid var(--line); }
"""
)


def document(report: Report, found: list[Card]) -> str:
    versions = " · ".join(f"{html.escape(name)} {html.escape(version)}" for name, version in report.versions.items())
    remarks = "".join(f"<li>{html.escape(each)}</li>" for each in report.remarks)
    sections = "".join(section(image, list(group)) for image, group in groupby(found, key=lambda card: card.image))
    body = f"""<header>
<h1>edgecalc beside its peers</h1>
<p class="{"good" if report.ok else "bad"}"><strong>{headline(report)}</strong></p>
<p class="quiet">{versions} · kernels: {html.escape(report.target)}</p>
<ul class="quiet">{remarks}<li>Derivatives are drawn around middle grey. Differences are {report.amplify:g} times as bright as they are:
blue within the promise, red beyond it, black where there is none.</li></ul>
{counts(report)}
{failures(report)}
</header>
{sections}"""
    return whole("edgecalc beside its peers", STYLE, body)


def whole(title: str, style: str, body: str) -> str:
    """The file around a page's own part."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def counts(report: Report) -> str:
    rows = [
        (s.operator, s.peer, f"{s.cases:,}", f"{s.bits:,}", f"{s.largest_ulp:.2f}" if s.cases > s.bits else "", f"{s.failing or 'none'}")
        for s in report.summary()
    ]
    return table(("operator", "peer", "compared", "to the bit", "largest ulp", "differ"), rows)


def failures(report: Report) -> str:
    """Also what no card shows: cards have one border and result type."""
    if report.ok:
        return ""
    rows = [
        (row.work, row.peer, f"{row.image} {row.shape[0]}x{row.shape[1]}", f"{row.dtype} to {row.output}", row.border, verdict(row))
        for row in report.foremost[:LISTED]
    ]
    rest = len(report.failing) - len(rows)
    more = f'<p class="quiet">and {rest:,} more</p>' if rest else ""
    return "<h2>What differs</h2>" + table(("work", "peer", "image", "types", "border", "how"), rows, "words") + more


def table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]], kind: str = "") -> str:
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def section(image: Image, found: list[Card]) -> str:
    height, width = image.pixels.shape
    size = f'<span class="quiet">{width} x {height}, {image.pixels.dtype}</span>'
    shown = drawn(displayed(image))
    return f"<section><h2>{html.escape(image.name)} {size}</h2>{''.join(article(card, shown) for card in found)}</section>"


def article(card: Card, shown: str) -> str:
    panel = {
        "input": shown,
        "edgecalc": drawn(card.ours),
        card.finding.peer: drawn(card.theirs),
        "difference, amplified": drawn(card.difference),
    }
    figures = "".join(figure(html.escape(label), uri) for label, uri in panel.items())
    words = lines((card.finding, *card.others))
    return f'<article><h3>{html.escape(card.finding.work)}</h3><div class="row">{figures}</div>{words}</article>\n'


def drawn(pixels: np.ndarray) -> str:
    return data_uri(Pillow.fromarray(pixels), compress_level=6)


def figure(label: str, uri: str) -> str:
    return f'<figure><img src="{uri}" alt="{label}"><figcaption>{label}</figcaption></figure>'


def lines(findings: tuple[Finding, ...]) -> str:
    """One for each verdict, with the peers that it is true of."""
    peers: dict[tuple[bool, str], list[str]] = {}
    for finding in findings:
        peers.setdefault((finding.ok, verdict(finding)), []).append(finding.peer)
    return "".join(
        f'<p><span class="{"good" if ok else "bad"}">{"agrees with" if ok else "differs from"} {html.escape(", ".join(names))}</span> '
        f'<span class="quiet">{html.escape(text)}</span></p>'
        for (ok, text), names in peers.items()
    )


# ---------------------------------------------------------------- one picture

SIDE, GAP, TEXT = 240, 12, 34


def picture(report: Report, found: list[Card]) -> Pillow.Image:
    """Every card a row of four panels under a line of text."""
    width = 4 * (SIDE + GAP) + GAP
    boxes = [(card, panel_height(card)) for card in found]
    sheet = Pillow.new("RGB", (width, 2 * TEXT + sum(height + TEXT + GAP for _, height in boxes)), (20, 21, 23))
    pen = ImageDraw.Draw(sheet)
    pen.text((GAP, GAP), headline(report) + "     input, edgecalc, peer, difference x " + f"{report.amplify:g}", (237, 238, 240), font_size=15)
    top = 2 * TEXT
    for card, height in boxes:
        title = f"{card.image.name[:40]}   {card.finding.work}   {card.finding.peer}: {verdict(card.finding)}"
        pen.text((GAP, top), title, (165, 171, 179) if card.finding.ok else BROKEN, font_size=13)
        for k, pixels in enumerate((displayed(card.image), card.ours, card.theirs, card.difference)):
            panel = Pillow.fromarray(pixels).convert("RGB").resize((SIDE, height), Pillow.Resampling.NEAREST if max(pixels.shape) < SIDE else None)
            sheet.paste(panel, (GAP + k * (SIDE + GAP), top + TEXT - GAP))
        top += height + TEXT + GAP
    return sheet


def panel_height(card: Card) -> int:
    height, width = card.image.pixels.shape
    return max(8, min(2 * SIDE, round(SIDE * height / width)))
