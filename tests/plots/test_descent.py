"""Descents drawn: ways are the traces', groups are what was found, and a race is one small page or GIF that shows each frame where it was."""

import json
import re
from io import BytesIO

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from edgecalc import optimize
from edgecalc.calculus import Expression
from edgecalc.media.page import LIGHT
from edgecalc.plots import descent, style
from tests.batch import browser

BOWL = "x^2 + y^2"
THREE = optimize.problems.PROBLEMS["three minima"]
STARTS = [[1.0, 3.0], [1.2, 3.0], [0.6, 3.0]]  # the course's, one for each minimum
MINIMA = [(2.9806, 1.5409), (3.4789, 3.9475), (0.5230, 0.5170)]


def bowl(p):
    return (p * p).sum(axis=-1)


def line(x):
    return 2 * x**2 - 3 * x + 4


@pytest.fixture(scope="module")
def sign():
    """The course's: (3, 4), (2, 3), (1, 2), (0, 1), (0, 0)."""
    return optimize.descend(bowl, [3.0, 4.0], "sign", rate=1.0, steps=4)


@pytest.fixture(scope="module")
def three():
    return optimize.descend(THREE, STARTS, "gd", grad=THREE.gradient, rate=0.2, steps=60)


@pytest.fixture(scope="module")
def many():
    starts = np.stack(np.meshgrid(np.linspace(0.3, 4.7, 4), np.linspace(0.3, 4.7, 3)), axis=-1).reshape(-1, 2)
    return optimize.descend(THREE, starts, "gd", grad=THREE.gradient, rate=0.2, steps=50)


@pytest.fixture(scope="module")
def one():
    return optimize.descend(line, 2.0, "gd", rate=0.1, steps=30)


def ways(axes):
    """The lines of the runs: each way is followed by the ring at its start and the mark at its end."""
    drawn = [each for each in axes.lines if len(each.get_path_effects())]
    return drawn[::2], drawn[1::2], [each for each in axes.lines if each.get_markeredgecolor() == "white"]


def names(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()] if figure.legends else []


# ---------------------------------------------------------------- pictures


def test_way_is_the_trace_s(sign):
    figure = descent.paths(BOWL, sign)
    (way,), (ring,), (mark,) = ways(figure.axes[0])
    assert way.get_xydata().tolist() == [[3, 4], [2, 3], [1, 2], [0, 1], [0, 0]]
    assert ring.get_xydata().tolist() == [[3, 4]]
    assert mark.get_xydata().tolist() == [[0, 0]]
    assert mark.get_marker() == style.VERDICTS["minimum"]["marker"]
    assert names(figure) == []
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("x", "y")


def test_runs_of_one_trace_are_told_apart(three):
    figure = descent.paths(THREE, three)
    lines, _, marks = ways(figure.axes[0])
    assert figure.axes[0].get_title() == "three minima: 3 runs"
    assert names(figure) == [f"gd from ({x:g}, {y:g}): minimum after 60 steps" for x, y in STARTS]
    assert len({(each.get_color(), str(each.get_linestyle())) for each in lines}) == 3
    np.testing.assert_allclose([mark.get_xydata()[0] for mark in marks], MINIMA, atol=2e-3)


def test_box_holds_the_runs_but_for_what_climbs_away():
    down = optimize.descend(bowl, [3.0, 4.0], "gd", rate=0.1, steps=50)
    away = optimize.descend(bowl, [3.0, 4.0], "gd", rate=1.5, steps=20)
    assert np.abs(away.x).max() > 1e5
    axes = descent.paths(BOWL, {"down": down, "away": away}).axes[0]
    for (low, high), end in zip((axes.get_xlim(), axes.get_ylim()), (3, 4), strict=True):
        assert low < 0
        assert end < high < 2 * end


def test_box_of_a_run_that_stays_where_it_is():
    axes = descent.paths(BOWL, optimize.descend(bowl, [0.0, 0.0], "gd", steps=3)).axes[0]
    assert axes.get_xlim() == axes.get_ylim() == (-1, 1)


def test_many_runs_are_grouped_by_what_they_found(many):
    figure = descent.paths(THREE, many, box=(0, 5))
    lines, _, marks = ways(figure.axes[0])
    places = {}
    for way, mark in zip(lines, marks, strict=True):
        places.setdefault(way.get_color(), []).append(mark.get_xydata()[0])
    assert len(places) == 3
    for found in places.values():
        assert np.ptp(found, axis=0).max() < 0.01
        assert min(np.abs(np.array(MINIMA) - found[0]).max(axis=1)) < 0.01
    sizes = sorted(int(name.split()[0]) for name in names(figure))
    assert sizes == sorted(len(found) for found in places.values())
    assert sum(sizes) == 12
    assert all(re.fullmatch(r"\d+ minimum at \([\d.]+, [\d.]+\)", name) for name in names(figure))


def test_one_variable_runs_along_the_curve(one):
    figure = descent.paths("2*x^2 - 3*x + 4", one)
    (way,), _, _ = ways(figure.axes[0])
    np.testing.assert_array_equal(way.get_xdata(), one.x)
    np.testing.assert_array_equal(way.get_ydata(), line(one.x))
    curve = next(each for each in figure.axes[0].lines if len(each.get_xdata()) > 100)
    np.testing.assert_allclose(curve.get_ydata(), line(curve.get_xdata()))
    low, high = figure.axes[0].get_xlim()
    assert low < one.x.min() < one.x.max() < high


def test_newton_is_drawn_as_any_other():
    trace = optimize.newton(lambda p: 2 * p[..., 0] ** 2 + 3 * p[..., 1] ** 2 - p[..., 0] * p[..., 1], [1.0, 3.0])
    axes = descent.paths("2*x^2 + 3*y^2 - x*y", trace).axes[0]
    np.testing.assert_array_equal(ways(axes)[0][0].get_xydata(), trace.x)
    assert "newton, minimum after 1 step" in axes.get_title()


def test_formula_s_own_variables_name_the_axes():
    formula = Expression.parse("a^2 + 2*b^2")
    axes = descent.paths(formula, optimize.descend(formula, [1.0, 2.0], "gd", rate=0.1, steps=5)).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("a", "b")
    assert axes.get_title().startswith("a^2 + 2*b^2: gd")


def test_progress_shows_f_the_gradient_and_a_rate_that_changes(three):
    flat = descent.progress(three)
    assert [axes.get_ylabel() for axes in flat.axes] == ["f", "|gradient|"]
    for k, run in enumerate(three.runs):
        np.testing.assert_array_equal(flat.axes[0].lines[k].get_ydata(), run.f)
        np.testing.assert_allclose(flat.axes[1].lines[k].get_ydata(), np.linalg.norm(run.gradient, axis=1))
    assert flat.axes[1].get_yscale() == "log"
    changing = optimize.descend(bowl, [3.0, 4.0], "gd", rate=0.1, steps=8, schedule="cosine")
    drawn = descent.progress(changing).axes
    assert [axes.get_ylabel() for axes in drawn] == ["f", "|gradient|", "rate"]
    np.testing.assert_array_equal(drawn[2].lines[0].get_ydata(), changing.rate)


def test_progress_needs_no_gradient():
    climbing = optimize.descend(bowl, [3.0, 4.0], "hill climbing", steps=20, seed=1)
    assert "|gradient|" not in [axes.get_ylabel() for axes in descent.progress(climbing).axes]


def test_f_has_a_logarithmic_axis_where_it_spans_much():
    steep, shallow = (optimize.descend(bowl, [3.0, 4.0], "gd", rate=rate, steps=12) for rate in (0.4, 0.01))
    below = optimize.descend(lambda p: bowl(p) - 2, [3.0, 4.0], "gd", rate=0.1, steps=12)
    assert [descent.progress(each).axes[0].get_yscale() for each in (steep, shallow, below)] == ["log", "linear", "linear"]
    assert descent.progress(steep, log=False).axes[0].get_yscale() == "linear"
    assert descent.progress(shallow, log=True).axes[0].get_yscale() == "log"
    with pytest.raises(ValueError, match="log: True came, and f goes down to -1"):
        descent.progress(below, log=True)


@pytest.mark.parametrize("name", ["constant", "step", "exponential", "cosine", "warm-up"])
def test_schedule_is_the_rate_that_a_run_takes(name):
    run = optimize.descend(bowl, [3.0, 4.0], "gd", rate=0.05, steps=45, schedule=name)
    (curve,) = descent.schedules(name, rate=0.05, steps=45).axes[0].lines
    np.testing.assert_allclose(curve.get_ydata()[:-1], run.rate)


# ---------------------------------------------------------------- animation


def told(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_page_holds_the_ways_in_its_own_pixels(sign):
    """What the page draws at the corners of its window are the corners of the axes."""
    race = descent.animate(BOWL, sign, box=[(-1.0, 4.0), (-1.0, 5.0)])
    data = told(race.html())
    left, top, width, height = data["window"]
    expected = [[left + (x + 1) / 5 * width, top + (5 - y) / 6 * height] for x, y in sign.x]
    np.testing.assert_allclose(data["runs"][0]["points"], expected, atol=0.2)
    assert data["frames"] == data["runs"][0]["rows"] == [0, 1, 2, 3, 4]
    assert data["runs"][0]["said"][2] == "x = (1, 2)   f = 5"
    assert data["runs"][0]["end"] == "minimum after 4 steps"


def test_race_has_one_clock(three):
    newton = optimize.newton(THREE, [3.2, 1.6], grad=THREE.gradient)
    race = descent.animate(THREE, {"newton": newton, "gd": three}, frames=16)
    assert race.frames[0] == 0
    assert race.frames[-1] == 60
    assert len(race.frames) == 16
    quick, *slow = told(race.html())["runs"]
    assert quick["rows"] == [min(frame, len(newton.f) - 1) for frame in race.frames]
    assert slow[1]["rows"] == race.frames.tolist()


def test_long_runs_keep_pages_small():
    rosenbrock = optimize.problems.PROBLEMS["rosenbrock"]
    run = optimize.descend(rosenbrock, [-1.2, 1.0], "adam", grad=rosenbrock.gradient, steps=20_000)
    race = descent.animate(rosenbrock, run, box=rosenbrock.box, frames=77)
    page = race.html()
    assert len(page) < 250_000
    drawn = told(page)["runs"][0]
    shown = np.array(drawn["points"])[drawn["rows"]]
    expected = race.axes.transData.transform(run.x[race.frames])
    np.testing.assert_allclose(shown[:, 0], expected[:, 0], atol=0.1)
    np.testing.assert_allclose(shown[:, 1], race.figure.bbox.height - expected[:, 1], atol=0.1)
    assert drawn["rows"][-1] == len(drawn["points"]) - 1
    assert len(drawn["said"]) == 77


def test_page_needs_nothing_else(sign):
    page = descent.animate(BOWL, sign).html()
    assert page.startswith("<!doctype html>")
    assert re.findall(r"(?:src|href)=\"(?!data:|#)", page) == []
    assert re.findall(r"https?://(?!www\.w3\.org/)", page) == []
    assert LIGHT["ink"] in page


def test_names_are_shown_as_they_are(sign):
    page = descent.animate(BOWL, {"</script><b>&": sign}).html()
    assert page.count("</script>") == 2
    assert told(page)["runs"][0]["name"] == "</script><b>&"


def test_runs_that_leave_all_numbers_are_drawn_until_then():
    away = optimize.descend(np.log, 0.5, "gd", rate=0.4, steps=9)
    assert not np.isfinite(away.f).all()
    race = descent.animate("ln(x)", away, box=(-1.0, 2.0))
    points = told(race.html())["runs"][0]["points"]
    assert points[0] is not None
    assert [point is None for point in points] == (~np.isfinite(away.f)).tolist()
    assert Image.open(BytesIO(race.gif())).n_frames == len(race.frames)


def test_gif_shows_each_frame_where_it_is(sign):
    race = descent.animate(BOWL, sign, box=[(-1.0, 4.0), (-1.0, 5.0)], seconds=2.0)
    moving = Image.open(BytesIO(race.gif()))
    assert moving.n_frames == 5
    assert moving.info["loop"] == 0
    durations = []
    for frame, place in enumerate(sign.x):
        moving.seek(frame)
        durations.append(moving.info["duration"])
        pixels = np.asarray(moving.convert("RGB"), float) / 255
        x, y = race.axes.transData.transform(place)
        for beside in (-4, 4):  # of the way, still in the dot
            np.testing.assert_allclose(pixels[round(len(pixels) - y), round(x) + beside], to_rgb(style.BLUE), atol=0.06)
    assert durations == [400] * 4 + [1500]


def test_gif_leaves_the_figure_as_it_was(sign):
    race = descent.animate(BOWL, sign)
    before = len(race.axes.get_children())
    assert race.gif() == race.gif()
    assert len(race.axes.get_children()) == before
    assert race.figure.legends == []


def test_gif_names_its_runs_in_their_colours(three):
    race = descent.animate(THREE, three, frames=3)
    pictures = race.pictures()
    pixels = np.asarray(next(pictures), int)
    pictures.close()
    below = pixels[-60:]
    for run in race.runs:
        assert (np.abs(below - 255 * np.array(to_rgb(run.look["color"]))).max(axis=-1) < 12).sum() > 20


@pytest.mark.parametrize("name", ["race.html", "race.GIF"])
def test_out_is_written_whole(name, tmp_path, sign):
    race = descent.animate(BOWL, sign, out=tmp_path / name)
    held = (tmp_path / name).read_bytes()
    assert held == (race.gif() if name.endswith("GIF") else race.html().encode())
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_notebook_shows_the_page(sign):
    assert descent.animate(BOWL, sign)._repr_html_().startswith('<iframe srcdoc="&lt;!doctype html&gt;')


@pytest.mark.skipif(browser.binary() is None, reason=f"no browser: none of {', '.join(browser.NAMES)} is on the path")
def test_page_plays_in_a_browser(tmp_path, three):
    descent.animate(THREE, three, out=tmp_path / "race.html", seconds=0.4)
    with browser.Browser(str(tmp_path / "profile")) as page:
        page.size(900, 950)
        page.open((tmp_path / "race.html").as_uri())
        page.ask("new Promise(done => { const wait = () => play.textContent === 'Again' ? done(1) : setTimeout(wait, 20); wait(); })")
        assert page.ask("clock.textContent") == "iteration 60"
        assert page.ask("[...document.querySelectorAll('li b')].map(each => each.textContent)") == [f"gd from ({x:g}, {y:g})" for x, y in STARTS]
        ends = page.ask("data.runs.map(run => [run.head.getAttribute('cx'), run.head.getAttribute('cy')].map(Number))")
        assert ends == [run["points"][-1] for run in told((tmp_path / "race.html").read_text())["runs"]]
        assert page.ask("[...document.querySelectorAll('li span')].every(each => each.textContent.endsWith('minimum after 60 steps'))")
        page.ask("slider.focus()")
        page.press("Home", "ArrowRight")
        assert page.ask("[clock.textContent, play.textContent]") == ["iteration 1", "Play"]
        way = page.ask("data.runs[0].way.getAttribute('d')")
        assert way.count("L") == 1
        page.click("#play")
        assert page.ask("play.textContent") in ("Pause", "Again")
        requests = [each["params"]["request"]["url"] for each in page.events if each.get("method") == "Network.requestWillBeSent"]
        assert all(url.startswith(("file:", "data:")) for url in requests)
        assert [each for each in page.events if each.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")] == []


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda sign, one: descent.paths(BOWL, []), ValueError, "traces: 0 runs came; 1 to 200"),
        (lambda sign, one: descent.paths(BOWL, 3), TypeError, "traces: int came; a Trace"),
        (lambda sign, one: descent.paths(BOWL, [sign, "adam"]), TypeError, "traces: str came"),
        (lambda sign, one: descent.paths(BOWL, [sign, one]), ValueError, "traces: runs of 1, 2 variables came"),
        (lambda sign, one: descent.paths("x + y + z", optimize.descend(bowl, [1.0, 2, 3], "gd", steps=2)), ValueError, "runs of 3 variables came"),
        (lambda sign, one: descent.paths(BOWL, optimize.descend(bowl, np.ones((201, 2)), "gd", steps=1)), ValueError, "traces: 201 runs came"),
        (lambda sign, one: descent.paths(7, sign), TypeError, "f: 7 came"),
        (lambda sign, one: descent.animate(BOWL, sign, out="race.mp4"), ValueError, r"out: race.mp4 came; a name that ends in .html or .gif"),
        (lambda sign, one: descent.animate(BOWL, sign, out=7), TypeError, "out: 7 came"),
        (lambda sign, one: descent.animate(BOWL, sign, seconds=0), ValueError, "seconds: 0 came"),
        (lambda sign, one: descent.animate(BOWL, sign, frames=1), ValueError, "frames: 1 came; an int from 2 to 1000"),
        (lambda sign, one: descent.schedules("cosinus"), ValueError, "schedule: 'cosinus' came; accepted are 'constant'"),
        (lambda sign, one: descent.schedules("progress"), ValueError, "which: 'progress' came, which goes by what each step brings"),
        (lambda sign, one: descent.schedules([]), ValueError, "which: 0 schedules came"),
    ],
)
def test_wrong_arguments_are_named(call, error, message, sign, one):
    with pytest.raises(error, match=message):
        call(sign, one)
