"""Pictures of images: what is drawn is what the library computes, columns stand over columns, directions have the colours of the wheel."""

import warnings
from io import BytesIO

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import edgecalc as ec
from edgecalc import stencils
from edgecalc.core import arrays
from edgecalc.plots import edges, sheet, style
from tests.reference import process

COURSE_ROW = np.array([[32, 30, 45, 36, 160, 156, 155, 170]], np.uint8)  # its central difference at the 160 is 60
SPECKLED = np.random.default_rng(5).integers(0, 256, (40, 56), dtype=np.uint8)
COLOUR = np.random.default_rng(6).integers(0, 256, (20, 24, 3), dtype=np.uint8)
DRAWN = {
    "panels": edges.panels,
    "row_profile": lambda image: edges.row_profile(image, 0),
    "arrows": edges.arrows,
    "canny_stages": lambda image: edges.canny_stages(image, 50, 100),
    "thresholds": edges.thresholds,
    "operators": lambda image: edges.operators(image, ["sobel", "roberts"]),
    "scales": lambda image: edges.scales(image, (1, 2)),
}
ODD = {
    "one pixel": np.zeros((1, 1), np.uint8),
    "one row": COURSE_ROW,
    "one column": np.arange(30.0).reshape(30, 1),
    "one value": np.full((9, 12), 7, np.uint8),
    "bool": np.eye(12, dtype=bool),
    "uint16": np.arange(600, dtype=np.uint16).reshape(20, 30) * 100,
    "negative": np.linspace(-3, 2, 300).reshape(15, 20),
    "holes": np.where(np.eye(16, dtype=bool), np.nan, np.where(np.eye(16, k=3, dtype=bool), -np.inf, np.arange(16.0))),
    "nothing but holes": np.full((5, 6), np.nan),
    "colour": COLOUR,
}


def drawn(axes):
    return np.ma.getdata(axes.images[0].get_array())


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def rendered(figure, layout=True):
    """What a file would hold; warnings are errors."""
    if not layout:
        figure.set_layout_engine("none")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(BytesIO(), dpi=50)
    return figure


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("kind", ODD)
def test_every_sort_of_image_is_drawn(name, kind):
    figure = rendered(DRAWN[name](ODD[kind]), layout=False)
    assert all(axes.get_title() for axes in figure.axes if axes.images)


@pytest.mark.parametrize("operator", stencils.OPERATORS)
def test_panels_show_both_derivatives_their_length_and_canny(operator):
    figure = edges.panels(SPECKLED, operator, low=100, high=200, border="edge")
    x, y = ec.gradient(SPECKLED.astype(float), operator, normalize=True, border="edge")
    image, first, second, found, _, length = figure.axes[:6]
    np.testing.assert_array_equal(drawn(image), SPECKLED)
    np.testing.assert_allclose(drawn(first), x, atol=1e-12)
    np.testing.assert_allclose(drawn(second), y, atol=1e-12)
    np.testing.assert_allclose(drawn(length), np.hypot(x, y), atol=1e-12)
    np.testing.assert_array_equal(drawn(found), ec.canny(SPECKLED, 100, 200))
    assert first.images[0].get_clim() == second.images[0].get_clim() == (-length.images[0].get_clim()[1], length.images[0].get_clim()[1])


def test_panels_take_canny_s_thresholds_from_the_image():
    figure = edges.panels(SPECKLED)
    found, low, high = ec.canny_auto(SPECKLED)
    np.testing.assert_array_equal(drawn(figure.axes[3]), found)
    assert figure.axes[3].get_title() == f"Canny, {low:.4g} to {high:.4g}"


def test_large_images_are_drawn_by_the_means_of_blocks_and_keep_their_numbers():
    """A dark and a bright half: the border between them stays at its column."""
    large = np.zeros((5, 3 * sheet.FINE + 2), np.uint8)
    large[:, 2400:] = 200
    (image,) = edges.arrows(large).axes[0].images
    shown, (left, right, *_) = np.asarray(image.get_array()), image.get_extent()
    assert shown.shape == (1, 1200)
    column = np.flatnonzero(shown[0] > 100)[0]
    assert left + column * (right - left) / shown.shape[1] == 2399.5
    assert (right - left) / shown.shape[1] == 4
    assert edges.row_profile(large, 2).axes[0].images[0].get_array().shape == large.shape


def test_colour_is_drawn_by_its_luma():
    np.testing.assert_array_equal(drawn(edges.panels(COLOUR).axes[0]), arrays.to_gray(COLOUR))


@pytest.mark.parametrize(("angle", "colour"), [(0, style.ORANGE), (90, style.GREEN), (180, style.BLUE), (270, style.PURPLE)])
def test_direction_has_the_wheel_s_colour(angle, colour):
    """On a ramp that rises that way, and in the wheel's legend at that side."""
    rows, columns = np.mgrid[:24.0, :24.0]
    x, y = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    direction = edges.panels(x * columns + y * rows).axes[4]
    np.testing.assert_allclose(drawn(direction)[12, 12], to_rgb(colour), atol=1e-6)
    inset = direction.child_axes[0].images[0]
    disc, (left, right, bottom, top) = inset.get_array(), inset.get_extent()
    assert disc[0, 0, 3] == disc[-1, -1, 3] == 0
    column, row = (x * 0.99 - left) / (right - left) * disc.shape[1], (y * 0.99 - top) / (bottom - top) * disc.shape[0]
    np.testing.assert_allclose(disc[int(row), int(column)][:3], to_rgb(colour), atol=0.03)


def test_wheel_is_black_where_there_is_no_slope_and_brighter_with_it():
    colours = sheet.wheel(np.array([0.0, 0.25, 1.0, 9.0, np.nan]), np.zeros(5))
    np.testing.assert_allclose(colours, np.outer((0, 0.5, 1, 1, 0), to_rgb(style.ORANGE)))


def test_row_is_a_function_with_the_course_s_derivative():
    above, middle, below = edges.row_profile(COURSE_ROW, 0).axes
    np.testing.assert_array_equal(middle.lines[0].get_xydata(), np.stack([np.arange(8), COURSE_ROW[0]], axis=-1))
    np.testing.assert_array_equal(below.lines[0].get_ydata()[1:-1], (COURSE_ROW[0, 2:].astype(float) - COURSE_ROW[0, :-2]) / 2)
    assert below.lines[0].get_ydata()[4] == 60
    assert [text.get_text() for text in below.texts] == ["+60 at column 4"]
    assert above.images[0].get_array().shape == COURSE_ROW.shape


def test_steepest_place_may_go_down():
    below = edges.row_profile(COURSE_ROW[:, ::-1], 0).axes[2]
    assert [text.get_text() for text in below.texts] == ["-60 at column 3"]
    assert below.lines[2].get_xydata().tolist() == [[3, -60]]


@pytest.mark.parametrize(("row", "shown"), [(0, 0), (17, 17), (39, 39), (-1, 39)])
def test_row_is_marked_and_in_sight(row, shown):
    above, middle, _ = rendered(edges.row_profile(SPECKLED, row)).axes
    assert set(above.lines[0].get_ydata()) == {shown}
    low, high = sorted(above.get_ylim())
    assert low < shown < high
    np.testing.assert_array_equal(middle.lines[0].get_ydata(), SPECKLED[shown])


@pytest.mark.parametrize("shape", [(40, 56), (8, 90), (300, 50)])
def test_columns_stand_over_columns_and_pixels_are_square(shape):
    above, middle, below = rendered(edges.row_profile(np.zeros(shape), 3, columns=(5, 45))).axes
    for column in (5, 20, 44):
        places = [axes.transData.transform((column, 0))[0] for axes in (above, middle, below)]
        assert max(places) - min(places) < 1e-6
    box, (left, right), (bottom, top) = above.get_window_extent(), above.get_xlim(), above.get_ylim()
    assert box.width / (right - left) == pytest.approx(box.height / abs(top - bottom), rel=0.08)


def test_columns_are_a_piece_of_the_row():
    _, middle, below = edges.row_profile(SPECKLED, 7, columns=(10, 20)).axes
    np.testing.assert_array_equal(middle.lines[0].get_xdata(), np.arange(10, 20))
    np.testing.assert_allclose(below.lines[0].get_ydata(), ec.central(SPECKLED, normalize=True)[7, 10:20])


def test_arrows_point_uphill():
    rows, columns = np.mgrid[-30.0:31, -30.0:31]
    arrows = edges.arrows(np.hypot(rows, columns)).axes[0].collections[0]
    places = arrows.get_offsets() - 30
    far = (np.hypot(*places.T) > 12) & (np.abs(places).max(-1) < 27)
    directions = np.stack([arrows.U, arrows.V], axis=-1)
    cosines = (directions * places).sum(-1) / np.hypot(*directions.T) / np.maximum(np.hypot(*places.T), 1e-9)
    assert far.sum() > 50
    assert cosines[far].min() > 0.99


def test_arrow_s_length_is_the_slope():
    arrows = edges.arrows(np.tile(3.0 * np.arange(56), (56, 1))).axes[0].collections[0]
    inner = (arrows.get_offsets()[:, 0] > 6) & (arrows.get_offsets()[:, 0] < 50)
    np.testing.assert_allclose(arrows.U[inner], 3, rtol=0.01)
    np.testing.assert_allclose(arrows.V, 0, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"ksize": 5, "norm": "l2"}, {"sigma": 1.5, "border": "wrap"}])
def test_canny_stages_are_canny_s(options):
    low, high = (2000, 5000) if "ksize" in options else (30, 60) if "sigma" in options else (300, 700)
    stages = ec.canny(SPECKLED, low, high, return_stages=True, **{"border": "edge", **options})
    assert stages.weak.any()
    assert stages.strong.any()
    figure = edges.canny_stages(SPECKLED, high, low, **options)
    _, direction, length, thinned, marked, found = figure.axes[:6]
    limit = length.images[0].get_clim()[1]
    full = stages.gradient >= limit
    towards = np.exp(1j * stages.orientation[full])
    np.testing.assert_allclose(drawn(direction)[full], sheet.wheel(towards.real, towards.imag), atol=0.01)
    np.testing.assert_array_equal(drawn(length), stages.gradient)
    np.testing.assert_array_equal(drawn(thinned), stages.thinned)
    np.testing.assert_array_equal(drawn(found), stages.edges)
    assert (drawn(marked)[stages.strong != 0] == 1).all()
    np.testing.assert_allclose(drawn(marked)[stages.weak != 0], [to_rgb(style.ORANGE)] * int((stages.weak != 0).sum()))
    assert (drawn(marked)[(stages.weak == 0) & (stages.strong == 0)] == 0).all()
    assert marked.get_title() == f"weak > {low} (orange), strong > {high}"


def test_thresholds_are_drawn_over_the_histogram():
    figure = edges.thresholds(SPECKLED, [(100, 300), (500, 200)], norm="l2")
    top, *panels = figure.axes
    counts, ends, _ = top.patches[0].get_data()
    lengths = ec.canny(SPECKLED, 0, 0, norm="l2", return_stages=True).gradient
    assert counts.sum() == SPECKLED.size
    assert counts[ends[:-1] > 300].sum() == pytest.approx((lengths > 300).sum(), rel=0.05)
    assert [set(line.get_xdata()) for line in top.lines] == [{300}, {500}]
    for axes, pair in zip(panels, [(100, 300), (200, 500)], strict=True):
        np.testing.assert_array_equal(drawn(axes), ec.canny(SPECKLED, *pair, norm="l2"))
        assert axes.get_title().endswith(f"{(drawn(axes) > 0).mean():.1%} edges")


def test_thresholds_are_those_of_canny_auto_by_default():
    figure = edges.thresholds(SPECKLED)
    for axes, method in zip(figure.axes[1:], ("median", "otsu", "quantile"), strict=True):
        np.testing.assert_array_equal(drawn(axes), ec.canny_auto(SPECKLED, method)[0])
        assert axes.get_title().startswith(method)


def test_operators_stand_side_by_side_in_one_scale():
    names = ["sobel", "forward", "roberts"]
    figure = edges.operators(SPECKLED, names)
    panels = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title().split(":")[0] for axes in panels] == names
    assert len({axes.images[0].get_clim() for axes in panels}) == 1
    for axes, name in zip(panels, names, strict=True):
        np.testing.assert_allclose(drawn(axes), ec.magnitude(SPECKLED.astype(float), name, normalize=True))


def test_noise_in_the_titles_is_what_noise_gives():
    noise = np.random.default_rng(1).standard_normal((300, 300))
    for axes in edges.operators(noise, ["sobel", "scharr", "central", "roberts"]).axes[:4]:
        name, gain = axes.get_title().split(": noise x ")
        assert float(gain) == pytest.approx(ec.gradient(noise, name, normalize=True).x.std(), rel=0.02)


def test_scales_multiply_the_gradient_by_sigma():
    """A straight edge has the same peak, its height / sqrt(2 pi), at every scale."""
    step = np.where(np.arange(120) < 60, 0.0, 100.0) * np.ones((60, 1))
    figure = edges.scales(step, (2, 4, 8))
    assert titles(figure)[:3] == ["sigma 2", "sigma 4", "sigma 8"]
    for below in figure.axes[3:6]:
        assert drawn(below).max() == pytest.approx(100 / np.sqrt(2 * np.pi), rel=0.05)
    np.testing.assert_array_equal(drawn(figure.axes[1]), ec.gaussian(step, 4))


@pytest.mark.parametrize("name", edges.KERNELS)
def test_kernels_show_the_weights_of_the_table(name):
    """A single bright pixel, seen through the operator, is its kernel turned round: that is what the cells must say."""
    operator = edges.KERNELS[name]
    for axes, axis in zip(rendered(edges.kernels(name)).axes, "xy" if operator.kind == "axis" else "x", strict=True):
        weights = {place: float(weight) for place, weight in operator.kernel().items()}
        if axis == "y":
            weights = {place[::-1]: weight for place, weight in weights.items()}
        frame = axes.patches[0]
        itself = np.array([frame.get_y(), frame.get_x()]) + 0.45
        written = {}
        for text in axes.texts:
            j, i = text.get_position()
            written[tuple(np.rint((i, j) - itself).astype(int))] = float(text.get_text().replace("\N{MINUS SIGN}", "-"))
        assert {place: value for place, value in written.items() if value} == pytest.approx(weights, rel=0.01)
        assert drawn(axes).shape[0] * drawn(axes).shape[1] == len(written)


def test_kernels_take_operators_and_leave_out_numbers_where_they_do_not_fit():
    large = stencils.sobel(13, 2)
    figure = rendered(edges.kernels(large, stencils.divided(stencils.OPERATORS["central"], 0.5)))
    assert [len(axes.texts) for axes in figure.axes] == [0, 0, 3, 3]
    assert [text.get_text() for text in figure.axes[2].texts] == ["\N{MINUS SIGN}2", "0", "2"]


@pytest.fixture(scope="module")
def borders():
    return rendered(edges.borders()).axes[0]


@pytest.mark.parametrize("name", edges.BORDERS)
def test_borders_are_numpy_s(name, borders):
    row = list(edges.BORDERS).index(name)
    letters = {
        text.get_position()[0] - 0.5: text.get_text() for text in borders.texts if text.get_position()[1] == row + 0.5 and len(text.get_text()) == 1
    }
    inside = list("abcde")
    if name in ("blank", "valid", "one-sided"):
        assert letters == dict(enumerate(inside))
        return
    options = {"constant_values": "k"} if name == "constant" else {}
    padded = np.pad(np.array(inside), edges.OUTSIDE, mode=name, **options)
    assert [letters[k - edges.OUTSIDE] for k in range(len(padded))] == padded.tolist()


def test_every_border_is_drawn():
    assert tuple(edges.BORDERS) == arrays.BORDERS


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: edges.panels(SPECKLED, "sobble"), ValueError, "operator: 'sobble' came; accepted are 'forward'"),
        (lambda: edges.panels(SPECKLED, low=3), ValueError, "low, high: 3 and None came; both numbers, or neither"),
        (lambda: edges.panels(SPECKLED, border="valid"), ValueError, "border: 'valid' came"),
        (lambda: edges.panels(np.zeros((0, 5))), ValueError, r"image: shape \(0, 5\) came"),
        (lambda: edges.panels(np.zeros(5)), ValueError, r"image: shape \(5,\) came"),
        (lambda: edges.arrows(np.zeros((3, 4, 5))), ValueError, r"image: shape \(3, 4, 5\) came"),
        (lambda: edges.arrows(SPECKLED, sigma=-1), ValueError, "sigma: -1 came"),
        (lambda: edges.row_profile(SPECKLED, 40), ValueError, "row: 40 came; an int from -40 to 39 is accepted"),
        (lambda: edges.row_profile(SPECKLED, 1.5), TypeError, "row: 1.5 came"),
        (lambda: edges.row_profile(SPECKLED, 1, columns=(9, 9)), ValueError, "columns: 9 came; an int from 10 to 56 is accepted"),
        (lambda: edges.row_profile(SPECKLED, 1, columns=7), ValueError, r"columns: 7 came; a pair \(first, last\)"),
        (lambda: edges.canny_stages(SPECKLED, -1, 5), ValueError, "low: -1 came"),
        (lambda: edges.thresholds(SPECKLED, []), ValueError, "pairs: 0 came; 1 to 6 pairs"),
        (lambda: edges.thresholds(SPECKLED, (50, 100)), ValueError, r"pairs: 50 came; pairs \(low, high\)"),
        (lambda: edges.thresholds(SPECKLED, 7), ValueError, r"pairs: 7 came; pairs \(low, high\)"),
        (lambda: edges.operators(SPECKLED, []), ValueError, "names: none came"),
        (lambda: edges.operators(SPECKLED, "canny"), ValueError, "names: 'canny' came"),
        (lambda: edges.scales(SPECKLED, []), ValueError, "sigmas: 0 came; 1 to 8"),
        (lambda: edges.scales(SPECKLED, [1, 0]), ValueError, "sigma: 0 came"),
        (lambda: edges.kernels("sobble"), ValueError, "which: 'sobble' came; accepted are"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_nothing_global_is_touched():
    settings = "{name: str(matplotlib.rcParams[name]) for name in matplotlib.rcParams if name != 'backend'}"  # which, when read, imports pyplot
    program = (
        f"import sys, warnings, matplotlib, numpy as np; warnings.simplefilter('error'); before = {settings};"
        "from edgecalc.plots import edges; edges.panels(np.eye(9)); edges.kernels(); edges.borders();"
        f"print('matplotlib.pyplot' in sys.modules, {settings} == before)"
    )
    assert process.printed(program) == "False True"


def test_without_matplotlib_the_way_to_get_it_is_told():
    calls = ", ".join(f"lambda: edges.{call}" for call in (
        "panels(eye)", "row_profile(eye, 0)", "arrows(eye)", "canny_stages(eye, 1, 2)", "thresholds(eye)", "operators(eye)", "scales(eye)", "kernels()",
        "borders()",
    ))  # fmt: skip
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import numpy as np; from edgecalc.errors import MissingExtra; from edgecalc.plots import edges; eye = np.eye(9)\n"
        f"for call in ({calls}):\n"
        "    try: call()\n"
        "    except MissingExtra as error: print('edgecalc[plots]' in str(error), end=' ')"
    )
    assert process.printed(program).split() == ["True"] * len(edges.__all__)
