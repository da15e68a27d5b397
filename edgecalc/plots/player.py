"""A race of descents as one page that plays by itself, or as a GIF.

The ground is drawn once; over it the page draws the runs as lines of its own, so it stays small and sharp and needs no network.
"""

import html
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgecalc.media.names import printable
from edgecalc.media.page import colours, data_uri
from edgecalc.media.write import write_whole
from edgecalc.optimize.trace import Trace
from edgecalc.plots import style
from edgecalc.plots.samples import finite

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.Image import Image

MOST_POINTS = 1500  # of a way, in a page; what is drawn is not finer
SHARP, COARSE = 160, 110  # dots an inch: of a page, of a GIF
REST = 1500  # milliseconds, the last picture of a GIF
DASHES = {"-": (), "--": (3.7, 1.6), "-.": (6.4, 1.6, 1.0, 1.6)}  # in widths of the line


class Run(NamedTuple):
    """One start of one rule: what it is called, how it looks; of many runs, those that found the same look alike and have one group."""

    name: str
    trace: Trace
    look: dict[str, Any]
    group: str

    @property
    def places(self) -> np.ndarray:
        """Where it was, in the ground's coordinates: (x, y), or (x, f) for one variable; NaN where that is no number."""
        x = finite(self.trace.x.reshape(len(self.trace.f), -1))
        return x if x.shape[1] > 1 else np.column_stack([x, finite(self.trace.f)])

    @property
    def end(self) -> str:
        """How it ended, in a few words."""
        steps = self.trace.iterations[-1]
        return f"{self.trace.verdict} after {steps} step{'s' if steps != 1 else ''}"


@dataclass(frozen=True, eq=False)
class Animation:
    """Runs over a ground, frame by frame. `frames` are the iterations that are shown."""

    figure: "Figure"
    axes: "Axes"
    runs: list[Run]
    legend: list[tuple[str, dict[str, Any]]]
    frames: np.ndarray
    seconds: float

    def html(self) -> str:
        """The page."""
        canvas = self.drawn(SHARP)
        width, height = canvas.get_width_height()
        title = html.escape(self.axes.get_title())
        data = json.dumps(self.data(), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
        ground = data_uri(flat(picture(canvas), 128), optimize=True)
        return PAGE.format(title=title, style=colours() + STYLE, ground=ground, width=width, height=height, data=data, script=SCRIPT)

    def gif(self) -> bytes:
        """The moving picture."""
        ground, *pictures = self.pictures()
        palette = self.palette(ground)
        first, *others = [flat(each, palette=palette) for each in pictures]
        times = [max(20, round(1000 * self.seconds / len(pictures)))] * len(others) + [REST]
        held = BytesIO()
        first.save(held, "GIF", save_all=True, append_images=others, duration=times, loop=0)
        return held.getvalue()

    def save(self, path: str | os.PathLike[str]) -> None:
        """As .html or .gif, by the name's ending."""
        kind = format_of(path)
        write_whole(Path(path), self.gif() if kind == "gif" else self.html().encode())

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{html.escape(self.html())}" width="800" height="900" style="border: 0" sandbox="allow-scripts"></iframe>'

    def drawn(self, dpi: int) -> Any:
        """The ground, which settles where things are."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        self.figure.set_dpi(dpi)
        canvas = FigureCanvasAgg(self.figure)
        for _ in range(2):  # the parts make room for each other, and have done so once they are drawn again
            self.figure.draw_without_rendering()
        canvas.draw()
        return canvas

    def rows(self, run: Run) -> np.ndarray:
        """Which row of a run each frame shows; of a run that has ended, its last."""
        return np.searchsorted(run.trace.iterations, self.frames, side="right") - 1

    def data(self) -> dict[str, Any]:
        """What the page is told: ways in pixels of the ground, and numbers as words."""
        alone = all(run.group == run.name for run in self.runs)
        box = self.axes.get_window_extent()
        return {
            "frames": self.frames.tolist(),
            "seconds": self.seconds,
            "window": [round(each, 1) for each in (box.x0, self.figure.bbox.height - box.y1, box.width, box.height)],
            "runs": [self.told(run, alone) for run in self.runs],
            "legend": [{"name": name, **drawing(look)} for name, look in self.legend] if not alone else [],
        }

    def told(self, run: Run, numbers: bool) -> dict[str, Any]:
        rows = self.rows(run)
        few = np.linspace(0, len(run.trace.f) - 1, min(MOST_POINTS, len(run.trace.f))).round().astype(int)
        kept = np.union1d(few, rows)
        pixels = np.clip(self.axes.transData.transform(run.places[kept]), -1e5, 1e5)
        points = [None if np.isnan(x + y) else [round(x, 1), round(self.figure.bbox.height - y, 1)] for x, y in pixels.tolist()]
        said = [f"x = {words(run.trace.x[row])}   f = {words(run.trace.f[row])}" for row in rows] if numbers else None
        return {
            "name": run.name, "points": points, "rows": np.searchsorted(kept, rows).tolist(), "said": said, "end": run.end, **drawing(run.look),
        }  # fmt: skip

    def palette(self, ground: "Image") -> "Image":
        """The ground's colours, and the runs' with their blends into white, which no frame may lose."""
        from matplotlib.colors import to_rgb
        from PIL.Image import new

        inks = np.array([to_rgb(look["color"]) for _, look in self.legend])
        shades = [inks + share * (1 - inks) for share in (0, 0.35, 0.7, 1)]
        held = new("P", (1, 1))
        held.putpalette((flat(ground, 160).getpalette() or [])[:480] + np.rint(255 * np.concatenate(shades)).astype(int).ravel().tolist())
        return held

    def pictures(self) -> "Iterator[Image]":
        """The ground with its legend; then each frame, the runs over it."""
        names = [self.axes.plot([], [], **look, label=name)[0] for name, look in self.legend]
        style.legend_below(self.figure, 2)
        ways = [self.axes.plot([], [], **run.look, linewidth=1.8, path_effects=halo(), animated=True)[0] for run in self.runs]
        heads = [self.axes.plot([], [], "o", markersize=8, color=run.look["color"], markeredgecolor="white", animated=True)[0] for run in self.runs]
        box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none"}
        clock = self.axes.text(0.02, 0.98, "", transform=self.axes.transAxes, va="top", bbox=box, color="black", animated=True, zorder=9)
        places, rows = [run.places for run in self.runs], [self.rows(run) for run in self.runs]
        try:
            canvas = self.drawn(COARSE)
            empty = canvas.copy_from_bbox(self.figure.bbox)
            yield picture(canvas)
            for k, iteration in enumerate(self.frames):
                canvas.restore_region(empty)
                clock.set_text(f"iteration {iteration}")
                for way, head, place, row in zip(ways, heads, places, rows, strict=True):
                    way.set_data(*place[: row[k] + 1].T)
                    head.set_data(*place[row[k] : row[k] + 1].T)
                for artist in (*ways, *heads, clock):
                    self.axes.draw_artist(artist)
                yield picture(canvas)
        finally:
            for artist in (*names, *ways, *heads, clock, *self.figure.legends):
                artist.remove()


def halo() -> list[Any]:
    """A white rim, which sets lines off from the ground."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=3.2, foreground="white")]


def picture(canvas: Any) -> "Image":
    from PIL.Image import fromarray

    return fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def drawing(look: dict[str, Any]) -> dict[str, Any]:
    """
    >>> drawing({"color": "#0072B2", "linestyle": (0, (1, 1))})
    {'colour': '#0072B2', 'dashes': [3, 3]}
    """
    dashes = look["linestyle"]
    return {"colour": look["color"], "dashes": [3 * each for each in (DASHES[dashes] if isinstance(dashes, str) else dashes[1])]}


def flat(picture: "Image", colours: int = 256, palette: "Image | None" = None) -> "Image":
    """In few colours, without dots between them, which would not pack well."""
    from PIL.Image import Dither

    return picture.quantize(colours, palette=palette, dither=Dither.NONE)


def format_of(path: Any) -> str:
    """
    >>> format_of("race.GIF")
    'gif'
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"out: {path!r} came; a path that ends in .html or .gif is accepted")
    kind = {".html": "html", ".htm": "html", ".gif": "gif"}.get(Path(path).suffix.lower())
    if kind is None:
        raise ValueError(f"out: {printable(Path(path))} came; a name that ends in .html or .gif is accepted")
    return kind


def words(numbers: Any) -> str:
    """
    >>> words(np.float64(2.5)), words(np.array([1.0, -0.25]))
    ('2.5', '(1, −0.25)')
    """
    told = ", ".join(f"{each:.5g}" for each in np.ravel(numbers)).replace("-", "\N{MINUS SIGN}")
    return f"({told})" if np.ndim(numbers) else told


STYLE = """
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
svg.race { display: block; width: 100%; height: auto; background: #fff; border: 1px solid var(--line); border-radius: 6px; }
.controls { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: .75rem 0; }
.controls input { flex: 1 1 12rem; accent-color: var(--accent); }
.controls output { min-width: 8.5rem; font-variant-numeric: tabular-nums; }
button, select { font: inherit; padding: .2rem .9rem; border: 1px solid var(--line); border-radius: 6px; background: var(--card); color: var(--ink); }
button { min-width: 6rem; cursor: pointer; }
:is(button, select, input):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .25rem 1.5rem; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
li { display: grid; grid-template-columns: 2.5rem 1fr; align-items: center; font-size: .9rem; }
li span { grid-column: 2; font-variant-numeric: tabular-nums; color: var(--quiet); white-space: pre-wrap; }
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<svg class="race" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">
<image href="{ground}" width="{width}" height="{height}"/>
</svg>
<div class="controls">
<button id="play" type="button">Play</button>
<input id="slider" type="range" min="0" value="0" step="1" aria-label="iteration">
<output id="clock"></output>
<label>speed <select id="speed"><option value="0.25">1/4</option><option value="0.5">1/2</option><option value="1" selected>1</option>
<option value="2">2</option><option value="4">4</option></select></label>
</div>
<ul id="runs"></ul>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""

SCRIPT = """
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const [play, slider, clock, speed, list] = ["play", "slider", "clock", "speed", "runs"].map(id => document.getElementById(id));
const race = document.querySelector("svg.race");
const last = data.frames.length - 1;
slider.max = last;

function made(parent, name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return parent.appendChild(element);
}

function entry(run) {
  const item = list.appendChild(document.createElement("li"));
  const swatch = made(item, "svg", { width: 32, height: 10, "aria-hidden": "true" });
  made(swatch, "path", { d: "M0 5H32", stroke: run.colour, "stroke-width": 2.5, "stroke-dasharray": run.dashes.join(" ") });
  item.appendChild(document.createElement("b")).textContent = run.name;
  return item;
}

const [x, y, width, height] = data.window;
made(made(race, "clipPath", { id: "window" }), "rect", { x, y, width, height });
const field = made(race, "g", { "clip-path": "url(#window)", fill: "none", "stroke-linejoin": "round" });
for (const run of data.runs) {
  const dashes = { "stroke-dasharray": run.dashes.join(" ") };
  run.rim = made(field, "path", { stroke: "#fff", "stroke-width": 6.5, opacity: 0.85 });
  run.way = made(field, "path", { stroke: run.colour, "stroke-width": 3.2, ...dashes });
  if (run.points[0]) made(field, "circle", { cx: run.points[0][0], cy: run.points[0][1], r: 9, stroke: run.colour, "stroke-width": 2.5 });
  if (run.said) run.words = entry(run).appendChild(document.createElement("span"));
}
data.legend.forEach(entry);
for (const run of data.runs) run.head = made(field, "circle", { r: 9, fill: run.colour, stroke: "#fff", "stroke-width": 2.5 });

function path(points) {
  let text = "", pen = "M";
  for (const point of points) {
    if (point) text += pen + point[0] + " " + point[1];
    pen = point ? "L" : "M";
  }
  return text;
}

let frame = 0, playing = false, before = 0, ahead = 0;

function show(number) {
  frame = Math.max(0, Math.min(last, number));
  slider.value = frame;
  clock.textContent = "iteration " + data.frames[frame];
  slider.setAttribute("aria-valuetext", clock.textContent);
  for (const run of data.runs) {
    const row = run.rows[frame], here = run.points[row], way = path(run.points.slice(0, row + 1));
    run.rim.setAttribute("d", way);
    run.way.setAttribute("d", way);
    run.head.style.display = here ? "" : "none";
    if (here) { run.head.setAttribute("cx", here[0]); run.head.setAttribute("cy", here[1]); }
    if (run.words) run.words.textContent = run.said[frame] + (row === run.rows[last] ? "\\n" + run.end : "\\n ");
  }
}

function set(on) {
  playing = on;
  play.textContent = on ? "Pause" : frame === last ? "Again" : "Play";
  if (on) { before = performance.now(); requestAnimationFrame(tick); }
}

function tick(now) {
  if (!playing) return;
  ahead += (now - before) / 1000 * Number(speed.value) * (last + 1) / data.seconds;
  before = now;
  if (ahead >= 1) { show(frame + Math.floor(ahead)); ahead %= 1; }
  if (frame === last) set(false); else requestAnimationFrame(tick);
}

play.addEventListener("click", () => { if (!playing && frame === last) show(0); set(!playing); });
slider.addEventListener("input", () => { show(slider.valueAsNumber); set(false); });
show(0);
if (last > 0 && !matchMedia("(prefers-reduced-motion: reduce)").matches) set(true); else set(false);
"""
