"""What is drawn of a function of two variables, held against the answers that arithmetic gives."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.quiver import Quiver
from mpl_toolkits.mplot3d import art3d

from edgecalc import neural
from edgecalc.plots import surfaces
from tests.plots.pictures import T, X, sauna

BOWL = "x^2 + y^2"


@pytest.fixture
def skins(monkeypatch):
    """Of every surface that is drawn in space the corners (facets, corners, 3)."""
    found = []

    class Recorded(art3d.Poly3DCollection):
        def __init__(self, verts, *arguments, **options):
            found.append(np.asarray(verts))
            super().__init__(verts, *arguments, **options)

    monkeypatch.setattr(art3d, "Poly3DCollection", Recorded)
    return found


def space_lines(axes):
    return {line.get_label(): np.array(line.get_data_3d()).T for line in axes.lines}


def arrows(axes):
    """Places and ways."""
    found = next(each for each in axes.get_children() if isinstance(each, Quiver))
    return found, np.asarray(found.XY), np.stack([found.U, found.V], axis=-1)


# ---------------------------------------------------------------- in space


def test_facets_lie_on_the_surface(skins):
    surfaces.surface("x*y + 2", [(-1, 2), (0, 3)])
    (corners,) = skins
    assert len(corners) == 80 * 80
    np.testing.assert_allclose(corners[..., 2], corners[..., 0] * corners[..., 1] + 2, atol=1e-12)


def test_facets_end_where_the_function_does(skins):
    surfaces.surface("sqrt(1 - x^2 - y^2)", (-2, 2))
    (corners,) = skins
    assert np.isfinite(corners).all() and 0 < len(corners) < 80 * 80 / 4
    assert (np.hypot(corners[..., 0], corners[..., 1]) <= 1 + 1e-12).all()


def test_facets_reach_the_edge_of_the_domain_all_around(skins):
    surfaces.surface("sqrt(1 - x^2 - y^2)", (-1.03, 1.07))
    places = skins[0].reshape(-1, 3)
    away, turn = np.hypot(*places.T[:2]), np.arctan2(places[:, 1], places[:, 0])
    np.testing.assert_allclose(places[:, 2], np.sqrt(np.maximum(0, 1 - away**2)), atol=1e-7)
    assert min(away[np.abs(turn - way) < 0.05].max() for way in np.linspace(-3, 3, 50)) > 0.99


@pytest.mark.parametrize(("f", "limit"), [("1/x + y", 25), ("ln(x*y)", 10)])
def test_where_a_surface_has_no_end_facets_keep_to_the_heights_of_the_grid(skins, f, limit):
    surfaces.surface(f, (-2, 2))
    x, y, z = skins[0].reshape(-1, 3).T
    assert np.abs(z).max() < limit
    np.testing.assert_allclose(z, 1 / x + y if f == "1/x + y" else np.log(x * y), rtol=1e-6, atol=1e-9)
    sides = np.sign(skins[0][..., 0])
    assert (sides == sides[:, :1]).all()  # none crosses the pole


@pytest.mark.parametrize(
    ("f", "box", "words", "point"),
    [
        (BOWL, (-2, 2), "minimum 0 at (0, 0)", (0, 0, 0)),
        ("3 - (x - 1)^2 - 2*y^2", (-2, 2), "maximum 3 at (1, 0)", (1, 0, 3)),
        ("x^2 - y^2", (-2, 2), "saddle 0 at (0, 0)", (0, 0, 0)),
        ("x^4 + y^2", (-2.1, 3), "undecided 0 at (0, 0)", (0, 0, 0)),
        (sauna, (0.5, 5), "minimum 29.52 at (4, 4)", (4, 4, 29.52)),
    ],
)
def test_stationary_points_are_marked_by_what_they_are(f, box, words, point):
    marks = space_lines(surfaces.surface(f, box).axes[0])
    np.testing.assert_allclose(marks[words], [point], atol=1e-6)
    assert words in [text.get_text() for text in surfaces.contour(f, box).legends[0].get_texts()]
    assert not surfaces.surface(f, box, marks=False).axes[0].lines


def test_many_stationary_points_are_counted_and_a_few_told_one_by_one():
    told = [set(name.split("\n")) for name in space_lines(surfaces.surface("sin(x)*sin(y)", (-3, 4)).axes[0])]
    assert told == [
        {"minimum -1 at (-1.571, 1.571)", "minimum -1 at (1.571, -1.571)"},
        {"maximum 1 at (-1.571, -1.571)", "maximum 1 at (1.571, 1.571)"},
        {"saddle 0 at (0, 0)", "saddle 0 at (0, 3.142)", "saddle 0 at (3.142, 0)", "saddle 0 at (3.142, 3.142)"},
    ]
    assert "saddle: 9 of them" in space_lines(surfaces.surface("sin(x)*sin(y)", (-4, 4)).axes[0])
    assert list(space_lines(surfaces.surface("x^2", (-1, 1)).axes[0])) == ["undecided: one of a whole set"]


def test_tangent_plane_of_the_course(skins):
    axes = surfaces.tangent_plane(BOWL, [2.0, 4.0]).axes[0]
    assert axes.get_title() == "Tangent plane of x^2 + y^2 at (2, 4): height 20, slopes 4 and 8"
    plane = skins[1].reshape(-1, 3)
    np.testing.assert_allclose(plane[:, 2], 20 + 4 * (plane[:, 0] - 2) + 8 * (plane[:, 1] - 4), atol=1e-9)
    assert space_lines(axes)[axes.lines[-1].get_label()].tolist() == [[2, 4, 20]]


def test_plane_of_a_neuron_lies_over_its_data(skins):
    figure = surfaces.neuron_plane([0.4, 0.6, 0.1], X, T)
    axes = figure.axes[0]
    (corners,) = skins
    np.testing.assert_allclose(corners[..., 2], 0.4 * corners[..., 0] + 0.6 * corners[..., 1] + 0.1, atol=1e-12)
    lines = space_lines(axes)
    np.testing.assert_array_equal(lines["samples"], np.column_stack([X, T]))
    ways = [line for line in (np.array(each.get_data_3d()).T for each in axes.lines) if len(line) == 2]
    assert len(ways) == len(T)
    np.testing.assert_allclose([way[1, 2] for way in ways], X @ [0.4, 0.6] + 0.1)
    low, high = axes.get_zlim()
    assert low <= T.min() and high >= T.max()


def test_neuron_as_weights_as_a_function_and_as_itself_are_one(skins):
    neuron = neural.Neuron("linear", 2)
    neuron.parameters = [0.4, 0.6, 0.1]
    pictures = [surfaces.neuron_plane(each, X, T).axes[0] for each in ([0.4, 0.6, 0.1], lambda rows: rows @ [[0.4], [0.6]] + 0.1, neuron)]
    for corners in skins[1:]:
        np.testing.assert_allclose(corners, skins[0], atol=1e-12)
    squared = np.mean((X @ [0.4, 0.6] + 0.1 - T) ** 2)
    assert pictures[0].get_title() == f"The neuron over its 40 samples: mean squared error {squared:.4g}"
    assert pictures[2].get_title() == f"The neuron over its 40 samples: loss {squared / 2:.4g}"


# ---------------------------------------------------------------- to turn by hand


def test_turned_surface_holds_the_heights_and_the_marks():
    surface, mark = surfaces.turned("x^2 - y^2", [(-1, 2), (-1, 1)]).data
    x, y = np.meshgrid(surface.x, surface.y)
    np.testing.assert_allclose(surface.z, x**2 - y**2, atol=1e-12)
    assert mark.name == "saddle 0 at (0, 0)"
    np.testing.assert_allclose((mark.x[0], mark.y[0], mark.z[0]), 0, atol=1e-8)


def test_turned_page_needs_no_network(tmp_path):
    surfaces.turned(BOWL, (-1, 1), out=tmp_path / "bowl.html")
    page = (tmp_path / "bowl.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page and len(page) > 1_000_000
    assert not re.search(r"<(script|link)[^>]*(src|href)=", page)


# ---------------------------------------------------------------- from above


def test_contours_arrows_point_down_the_steepest_way():
    _, places, ways = arrows(surfaces.contour(BOWL, (-2, 2), arrows=6).axes[0])
    assert len(places) == 36
    size = np.linalg.norm(places, axis=1)
    np.testing.assert_allclose(ways / np.linalg.norm(ways, axis=1, keepdims=True), -places / size[:, None], atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(ways, axis=1) ** 2 / size, np.linalg.norm(ways[0]) ** 2 / size[0])
    assert np.abs(ways).max() == pytest.approx(1.4 * 4 / 6)


def test_contours_without_arrows_and_of_a_plain():
    axes = surfaces.contour(BOWL, (-2, 2), arrows=0).axes[0]
    assert not any(isinstance(each, Quiver) for each in axes.get_children())
    assert len(surfaces.contour("3", (-2, 2)).axes) == 1


def test_contour_leaves_out_arrows_where_there_is_no_gradient():
    _, places, ways = arrows(surfaces.contour("ln(x) + y", (-2, 2), arrows=8).axes[0])
    assert len(places) == 32 and (places[:, 0] > 0).all() and np.isfinite(ways).all()


def test_gradient_field_of_the_course():
    field, places, ways = arrows(surfaces.gradient_field().axes[0])
    x, y = places.T
    slope = np.exp(-(x**2) - y**2)[:, None] * np.column_stack([1 - 2 * x**2, -2 * x * y])
    scale = np.abs(ways).max() / np.abs(slope).max()
    np.testing.assert_allclose(ways, slope * scale, atol=1e-9)
    np.testing.assert_allclose(field.get_array(), np.linalg.norm(slope, axis=1), atol=1e-9)


def test_curvature_is_the_laplacian():
    sheet = surfaces.curvature("x^3 + 2*y^2", (-1, 1)).axes[0].collections[0]
    x = (np.arange(100) + 0.5) / 50 - 1
    np.testing.assert_allclose(np.asarray(sheet.get_array()).reshape(100, 100), np.broadcast_to(6 * x + 4, (100, 100)), atol=1e-6)
    assert sheet.norm.vmin == -sheet.norm.vmax


@pytest.mark.parametrize(("f", "total"), [(BOWL, "16"), ("x^2 - y^2", "0"), ("abs(x) + abs(y)", "0"), ("3", "0"), ("x^2 + 0*ln(x)", "8")])
def test_curvature_adds_up(f, total):
    title = surfaces.curvature(f, (-1, 1)).axes[0].get_title().replace("\n", " ")
    assert title.endswith(f": its size adds up to {total}")


def test_curvature_adds_up_over_the_area():
    assert surfaces.curvature(BOWL, [(-1, 2), (0, 1)]).axes[0].get_title().endswith(" 12")


def test_maps_are_drawn_to_one_scale_unless_slender_and_named_by_their_variables():
    axes = surfaces.contour("a*b", (-1, 1)).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_aspect()) == ("a", "b", 1)
    assert surfaces.contour("a*b", [(0, 100), (0, 1)]).axes[0].get_aspect() == "auto"


@pytest.mark.parametrize("box", [[(-1, 3), (-1, 1)], [(-3, 3), (-1, 1)], [(-1, 1), (-3, 3)], [(-1, 1), (-1, 1)]])
@pytest.mark.parametrize("draw", [surfaces.contour, surfaces.gradient_field, surfaces.curvature])
def test_a_map_is_as_high_as_its_scale_of_colours(draw, box):
    figure = draw("x*y^2", box)
    figure.draw_without_rendering()
    axes, scale = (each.get_window_extent() for each in figure.axes)
    assert axes.height == pytest.approx(scale.height, rel=0.01)
    assert axes.width + axes.height > 0.5 * figure.bbox.height
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert drawn.x0 > -0.01 and drawn.y0 > -0.01 and drawn.x1 < width + 0.01 and drawn.y1 < height + 0.01  # nothing is cut off


# ---------------------------------------------------------------- learning


@pytest.mark.parametrize(
    ("runs", "scale"),
    [([1.0, 0.5], "linear"), ([1.0, 0.01], "log"), ([1.0, 0.0], "linear"), ([5.0, np.nan, np.inf, 0.01], "log"), ([np.nan], "linear")],
)
def test_losses_choose_their_axis(runs, scale):
    axes = surfaces.losses(runs).axes[0]
    assert axes.get_yscale() == scale
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), np.where(np.isfinite(runs), runs, np.nan))
    assert surfaces.losses(runs, log=False).axes[0].get_yscale() == "linear"


def test_losses_of_a_trace_stand_at_its_iterations():
    axes = surfaces.losses({"gd": SimpleNamespace(f=np.array([3.0, 2.0, 1.0]), iterations=np.array([0, 10, 20])), "other": [1, 2]}).axes[0]
    assert axes.lines[0].get_xdata().tolist() == [0, 10, 20] and axes.lines[1].get_xdata().tolist() == [0, 1]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["gd: 1", "other: 2"]


# ---------------------------------------------------------------- what is not accepted


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: surfaces.surface("x*y*z", (-1, 1)), ValueError, "f: .* has the variables x, y, z"),
        (lambda: surfaces.surface(None, (-1, 1)), TypeError, "f: None came"),
        (lambda: surfaces.surface(BOWL, (1, -1)), ValueError, "box: .*low below high"),
        (lambda: surfaces.surface(BOWL, [(0, 1)] * 3), ValueError, "box: "),
        (lambda: surfaces.surface("sqrt(-1 - x^2)", (-1, 1)), ValueError, "f: it is not a finite number anywhere"),
        (lambda: surfaces.surface(lambda p: p, (-1, 1)), ValueError, "f: it gave shape"),
        (lambda: surfaces.tangent_plane(BOWL, [1.0]), ValueError, r"point: \[1.0\] came; two numbers"),
        (lambda: surfaces.tangent_plane(BOWL, [1.0, 2.0, 3.0]), ValueError, r"point: \[1.0, 2.0, 3.0\] came; two numbers"),
        (lambda: surfaces.tangent_plane(BOWL, "here"), TypeError, "point: "),
        (lambda: surfaces.contour(BOWL, (-1, 1), arrows=-1), ValueError, "arrows: -1 came"),
        (lambda: surfaces.contour(BOWL, (-1, 1), levels=1), ValueError, "levels: 1 came"),
        (lambda: surfaces.gradient_field(BOWL, (-1, 1), count=1.5), TypeError, "count: 1.5 came"),
        (lambda: surfaces.curvature("ln(x)", [(-2, -1), (-1, 1)]), ValueError, "f: "),
        (lambda: surfaces.curvature("1e99*sin(1000*x)", (-1, 1)), ValueError, "f: it has no second derivative that can be drawn"),
        (lambda: surfaces.neuron_plane([1.0, 2.0], X, T), ValueError, "neuron: .* two weights and a bias"),
        (lambda: surfaces.neuron_plane(lambda rows: rows, X, T), ValueError, r"neuron: it gave shape \(40, 2\) for 40 rows"),
        (lambda: surfaces.neuron_plane([1, 2, 3], X[:, :1], T), ValueError, r"X: shape \(40, 1\) came; finite rows of two inputs"),
        (lambda: surfaces.neuron_plane([1, 2, 3], X, T[:3]), ValueError, r"T: shape \(3,\) came for 40 rows"),
        (lambda: surfaces.neuron_plane([1, 2, 3], X[:0], T[:0]), ValueError, r"X: shape \(0, 2\) came"),
        (lambda: surfaces.losses({}), ValueError, "runs: none came"),
        (lambda: surfaces.losses([]), ValueError, r"runs\['loss'\]: shape \(0,\) came"),
        (lambda: surfaces.losses({"a": [[1.0, 2.0]]}), ValueError, r"runs\['a'\]: shape \(1, 2\) came"),
        (lambda: surfaces.losses({"a": "low"}), TypeError, r"runs\['a'\]: "),
        (lambda: surfaces.turned(BOWL, (-1, 1), out="bowl.png"), ValueError, r"out: 'bowl.png' came; a name that ends in .html"),
    ],
)
def test_what_is_not_accepted_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
