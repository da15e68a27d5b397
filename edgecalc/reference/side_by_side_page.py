"""The page of a side-by-side comparison: each library's picture, the difference, and the sentence, in page.py's looks.

The differences are drawn from faint to bright, brightest where largest: red as called by default, blue where only rounding is left.
"""

import html

import numpy as np

from edgecalc.reference.images import Image
from edgecalc.reference.page import BROKEN, KEPT, STYLE, displayed, drawn, figure, grey, shrunk, table, whole
from edgecalc.reference.side_by_side import Comparison, Computed, Distance, Shown, distances

FAINT = 60  # grey levels of the smallest difference
OWN_STYLE = """
.lead { font-size: 1.05rem; margin: .5rem 0; max-width: 62rem; text-wrap: pretty; }
article header { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
article h2 { margin: 0; }
section { margin-top: 1.5rem; }
.kind { border: 1px solid var(--line); border-radius: 99px; padding: 0 .6rem; font-size: .8rem; color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1rem; margin: .75rem 0 0; font-size: .875rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
code { font: .8125rem/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
figure { position: relative; }
figcaption { margin-top: .25rem; line-height: 1.35; }
.picture { position: relative; }
.mark { position: absolute; width: 18px; height: 18px; margin: -9px 0 0 -9px; }
.mark { border: 2px solid #fff; border-radius: 50%; box-shadow: 0 0 0 1px #000; }
.legend { grid-column: span 2; } .legend dl { margin-top: 0; } .legend ul { padding-left: 1.1rem; margin-top: 1rem; max-width: 34rem; }
.legend b { font-weight: 600; } .red { color: var(--bad); } .blue { color: var(--accent); }
.none { position: absolute; inset: 0; display: grid; place-items: center; color: #a5abb3; font-size: .875rem; }
td:first-child { font-weight: 600; }
.numbers :is(th, td):is(:nth-child(3), :nth-child(7)) { text-align: left; }
@media (max-width: 640px) { dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-bottom: .5rem; } h1 { overflow-wrap: anywhere; } }
"""

LEGEND = """<ul class="quiet">
<li>Each result is drawn from its own smallest to its own largest number, signed ones around middle grey.</li>
<li>Differences to edgecalc are brightest where they are largest, and a ring marks that place: <b class="red">red</b> is a real difference,
<b class="blue">blue</b> is rounding in another order, black is none.</li>
</ul>"""


def document(compared: Comparison) -> str:
    height, width = compared.image.shape
    head, *rows = compared.numbers()
    name, recipe = html.escape(compared.name), html.escape(str(compared.recipe))
    body = f"""<header>
<h1>{recipe} by every library</h1>
<p class="quiet">{name} · {width} x {height}, {compared.image.dtype} · times are medians of a few calls</p>
{table(head, rows, "numbers")}
</header>
<section>
{input_and_ours(compared)}
{"".join(card(compared, row) for row in compared.rows)}
</section>"""
    return whole(f"{compared.recipe} of {compared.name} by every library", STYLE + OWN_STYLE, body)


def input_and_ours(compared: Comparison) -> str:
    pictures = figure("input", drawn(displayed(Image(compared.name, compared.image)))) + figure("edgecalc", picture(compared.ours))
    words = calls(("call", compared.ours.call)) + LEGEND
    return f'<article><header><h2>edgecalc</h2></header><div class="row">{pictures}<div class="legend">{words}</div></div></article>\n'


def card(compared: Comparison, row: Shown) -> str:
    title = f'<h2>{html.escape(row.library)} <span class="quiet">{html.escape(row.version)}</span></h2>'
    if not (row.default and row.adjusted and row.default_distance and row.adjusted_distance and row.target is not None):
        return f'<article><header>{title}</header><p class="quiet">{html.escape(row.absent)}</p></article>\n'
    kinds = "".join(f'<span class="kind">{html.escape(kind)}</span>' for kind in row.kinds)
    pictures = (
        figure("by default", picture(row.default))
        + difference(compared.ours.result, row.default.result, row.default_distance, BROKEN, "difference by default")
        + figure(row.adjusted_distance.reached, picture(row.adjusted))
        + difference(row.target, row.adjusted.result, row.adjusted_distance, KEPT if row.adjusted_distance.rounding else BROKEN, "difference left")
    )
    ours = (("and ours", row.compared_with),) if row.compared_with else ()
    changed = ((row.adjusted_distance.reached, row.adjusted.call),) if row.adjusted.call != row.default.call else ()
    words = calls(("by default", row.default.call), *changed, *ours)
    return (
        f'<article><header>{title}{kinds}</header><p class="lead">{html.escape(row.sentence)}</p><div class="row">{pictures}</div>{words}</article>\n'
    )


def calls(*named: tuple[str, str]) -> str:
    return "<dl>" + "".join(f"<dt>{title}</dt><dd><code>{html.escape(call)}</code></dd>" for title, call in named) + "</dl>"


def picture(computed: Computed) -> str:
    pixels = computed.result * np.uint8(255) if computed.result.dtype == bool else computed.result
    return drawn(grey(pixels, pixels))


def difference(ours: np.ndarray, theirs: np.ndarray, far: Distance, colour: tuple[int, int, int], title: str) -> str:
    """The picture, a ring around the largest, and both in words."""
    levels = distances(ours, theirs) * ((255 - FAINT) / (far.largest or 1.0))
    levels = shrunk(np.where(levels > 0, FAINT + levels, 0), np.max)
    uri = drawn((levels[..., None] * (np.array(colour) / 255)).astype(np.uint8))
    over, words = '<span class="none">no pixel differs</span>', far.verdict
    if far.where is not None:
        top, left = (100 * (place + 0.5) / side for place, side in zip(far.where, ours.shape, strict=True))
        over = f'<span class="mark" style="top:{top:.2f}%;left:{left:.2f}%"></span>'
        row, column = far.where
        words = f"largest {far.largest:.4g} at row {row}, column {column}; {100 * far.share:.2f} % of pixels"
        words += f"; {far.ulp:.2g} ulp" if far.rounding else ""
    label = html.escape(f"{title}: {words}")
    return f'<figure><div class="picture"><img src="{uri}" alt="{label}">{over}</div><figcaption>{label}</figcaption></figure>'
