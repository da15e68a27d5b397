"""Side by side: every row is made equal, and differs by default exactly as its sentence says."""

import json
import re
import sys

import numpy as np
import pytest

from edgecalc.batch.recipe import Recipe
from edgecalc.errors import EdgecalcError, MissingExtra
from edgecalc.reference.calls import PARAMETERS, PIXELS, ROWS, SLOPES
from edgecalc.reference.check import PEERS
from edgecalc.reference.images import photo
from edgecalc.reference.side_by_side import Shown, callable_of, checked, compare

RECIPES = (
    "sobel", "sobel:axis=y", "sobel:ksize=5", "sobel:axis=y,ksize=9,order=2", "scharr", "scharr:axis=y", "prewitt", "prewitt:axis=y",
    "roberts", "roberts:diagonal=anti", "laplacian", "laplacian:ksize=3", "laplacian:ksize=7", "gaussian:sigma=2", "gaussian:sigma=1.1,truncate=3",
    "gaussian_laplace:sigma=2", "gaussian_laplace:sigma=1.4,truncate=5", "canny:low=50,high=150", "canny:low=50,high=150,norm=l2",
    "canny:low=600,high=1800,ksize=5", *(f"magnitude:operator={name},norm={norm}" for name in SLOPES for norm in ("l1", "l2")),
)  # fmt: skip
INSIDE = (slice(9, -9), slice(9, -9))  # what no border reaches, here
HOSTILE = '<img src=x onerror=alert(1)>"&.png'


def image(pixel: str) -> np.ndarray:
    pixels = photo(60, 91).astype(np.float64) * (257 if pixel == "uint16" else 1)
    return (pixels + np.random.default_rng(1).random(pixels.shape) if pixel.startswith("float") else pixels).astype(pixel)


def shown(recipe: str, library: str, pixel: str = "uint8") -> Shown:
    (row,) = compare(image(pixel), recipe, against=library).rows
    assert row.default is not None, row.absent
    return row


def default(recipe: str, library: str, pixel: str = "uint8") -> np.ndarray:
    return shown(recipe, library, pixel).default.result.astype(np.float64)


def ours(recipe: str, pixel: str = "uint8") -> np.ndarray:
    return Recipe.parse(recipe).exact(image(pixel)).astype(np.float64)


@pytest.mark.parametrize("pixel", PIXELS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_every_library_is_made_equal(recipe, pixel):
    """To the bit where ours are whole numbers, and their type with it; else to rounding; skimage's Canny thins by another rule."""
    compared = compare(image(pixel), recipe)
    for row in compared.rows:
        assert "refuses" not in row.absent
        if row.adjusted is None:
            continue
        if (compared.recipe.operator, row.library) == ("canny", "skimage"):
            assert row.adjusted_distance.share <= 0.1 and row.compared_with == "" if "l2" in recipe else "norm='l2'" in row.compared_with
            continue
        assert row.adjusted_distance.same_type
        if compared.ours.result.dtype.kind in "iu":
            assert row.adjusted_distance.verdict == "same bits", row
        else:
            assert row.adjusted_distance.ulp <= 16, row


def test_these_recipes_reach_every_row():
    def reached(row):
        options = [checked(recipe) for recipe in map(Recipe.parse, RECIPES) if recipe.operator == row.operator]
        return any(all(each[key] in values for key, values in row.only.items()) for each in options)

    assert all(map(reached, ROWS))
    assert {row.operator for row in ROWS} == set(PARAMETERS) and {row.library for row in ROWS} == set(PEERS)


def test_skimage_canny_is_close_by_the_share_its_row_promises():
    (row,) = [row for row in ROWS if (row.operator, row.library) == ("canny", "skimage")]
    assert 1 - shown("canny:low=50,high=150", "skimage").adjusted_distance.share >= row.agrees


# ---------------------------------------------------------------- by default


@pytest.mark.parametrize("pixel", PIXELS)
@pytest.mark.parametrize(
    ("recipe", "scale"),
    [("sobel", 4), ("scharr:axis=y", 16), ("prewitt", 3), ("roberts", -1), ("laplacian", -1), ("gaussian:sigma=1.1", 1)],
)
def test_skimage_scales_and_turns_the_sign_as_said(recipe, scale, pixel):
    peak = np.iinfo(pixel).max if pixel.startswith("u") else 1
    mine = ours(recipe, pixel)
    apart = np.abs(default(recipe, "skimage", pixel) * scale * peak - mine) / np.abs(mine).max()
    assert apart[INSIDE].max() < 1e-5 < apart.max()  # and the border too
    row = shown(recipe, "skimage", pixel)
    assert "border" in row.kinds and ("scale" in row.kinds) == (abs(scale) != 1 or peak != 1) and ("sign" in row.kinds) == (scale < 0)
    assert (f"image by {peak}" in row.sentence) == (peak > 1)


@pytest.mark.parametrize(("operator", "scale"), [("sobel", 4), ("scharr", 16), ("prewitt", 3), ("roberts", 1)])
def test_skimage_magnitude_is_divided_by_the_root_of_2_too(operator, scale):
    recipe = f"magnitude:operator={operator}"
    apart = np.abs(default(recipe, "skimage", "float64") * scale * 2**0.5 - ours(recipe, "float64"))
    assert apart[INSIDE].max() < 1e-9 < apart.max()
    assert "root of 2" in shown(recipe, "skimage").sentence


@pytest.mark.parametrize(
    "recipe", ["sobel", "scharr", "prewitt:axis=y", "laplacian", "magnitude", "gaussian:sigma=1.1", "gaussian_laplace:sigma=1.4"]
)
def test_scipy_differs_at_the_border_alone_where_floats_come(recipe):
    apart = np.abs(default(recipe, "scipy", "float64") - ours(recipe, "float64"))
    assert apart[INSIDE].max() < 1e-9 < apart.max()
    assert shown(recipe, "scipy", "float64").kinds == ("border",)


@pytest.mark.parametrize("recipe", ["sobel", "scharr", "prewitt", "laplacian"])
def test_scipy_keeps_uint8_and_wraps(recipe):
    row = shown(recipe, "scipy")
    assert row.default.result.dtype == np.uint8 and "wraps around" in row.sentence and row.kinds == ("border", "type")
    assert np.array_equal(default(recipe, "scipy")[INSIDE], (ours(recipe) % 256)[INSIDE])


def test_scipy_takes_the_length_of_wrapped_derivatives():
    row = shown("magnitude", "scipy")
    x, y = (ours(f"sobel:axis={axis}") % 256 for axis in "xy")
    assert row.default.result.dtype == np.float16 and "float16" in row.sentence
    assert np.abs(row.default.result - np.hypot(x, y))[INSIDE].max() < 0.5


@pytest.mark.parametrize("library", ["cv2", "scipy"])
def test_even_kernels_are_read_one_pixel_further(library):
    row = shown("roberts", library, "float64")
    assert "place" in row.kinds
    assert np.abs(row.default.result[1:, 1:] - ours("roberts", "float64")[:-1, :-1])[INSIDE].max() < 1e-9


def test_opencv_cuts_off_what_its_type_cannot_hold():
    assert np.array_equal(default("prewitt", "cv2"), np.clip(ours("prewitt"), 0, 255))
    assert shown("prewitt", "cv2").kinds == ("type",)


@pytest.mark.parametrize("recipe", ["sobel", "scharr", "laplacian:ksize=3"])
def test_opencv_has_the_same_numbers_in_another_type(recipe):
    row = shown(recipe, "cv2")
    assert row.default_distance.verdict == "same values" and row.kinds == ("type",) and "float64 (edgecalc: int16)" in row.sentence


def test_opencv_magnitude_is_not_a_picture():
    row = shown("magnitude", "cv2")
    assert np.array_equal(np.clip(np.rint(row.default.result), 0, 255), ours("magnitude")) and "cut off at 255" in row.sentence


def test_gaussians_of_uint8_are_rounded_or_cut_by_others():
    mine = ours("gaussian:sigma=1.1")
    assert 0.4 < np.abs(default("gaussian:sigma=1.1", "cv2") - mine).max() < 1 and "rounding" in shown("gaussian:sigma=1.1", "cv2").kinds
    dropped = (mine - default("gaussian:sigma=1.1", "scipy"))[INSIDE]
    assert dropped.min() >= 0 and 1 < dropped.max() < 2  # less than 1 in each of two passes
    assert "13 x 13 pixels (edgecalc: 17 x 17)" in shown("gaussian:sigma=2", "cv2").sentence


def test_canny_is_opencvs_and_skimage_smooths_and_spares_the_frame():
    assert shown("canny:low=50,high=150", "cv2").default_distance.verdict == "same bits"
    row = shown("canny:low=50,high=150", "skimage")
    edges = row.default.result
    smoothed = callable_of(row.default.call.replace("image,", "image, sigma=1,"), "skimage", image("uint8"))()
    assert edges.dtype == bool and np.array_equal(edges, smoothed)
    assert not any(side.any() for side in (edges[0], edges[-1], edges[:, 0], edges[:, -1]))


# ---------------------------------------------------------------- what it says


def test_json_holds_one_document():
    held = json.loads(compare(image("uint8"), "sobel").to_json())
    assert list(held) == ["image", "recipe", "edgecalc", "libraries"]
    assert {*held["libraries"][0]} == {"library", "version", "seconds", "kinds", "sentence", "compared_with", "default", "adjusted"}
    both = {"call", "type", "range", "largest_difference", "where", "share_differing", "ulp", "verdict"}
    assert {*held["libraries"][0]["default"]} == {*held["libraries"][0]["adjusted"]} == both


def test_the_table_shows_each_call_and_one_sentence():
    text = compare(image("uint8"), "sobel").table()
    assert "cv2.Sobel(image, cv2.CV_64F, 1, 0)" in text and "scipy.ndimage.sobel(image, axis=1)" in text
    assert "scikit-image divides by 4, divides the uint8 image by 255" in text and "same bits" in text


def test_a_page_escapes_names_and_asks_the_network_for_nothing(tmp_path):
    compare(image("uint8"), "canny:low=50,high=150", name=HOSTILE).html(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<img src=x" not in text and "&lt;img src=x" in text
    assert "http" not in text and "<script" not in text and "<link" not in text and "url(" not in text
    assert all(source.startswith("data:image/png;base64,") for source in re.findall(r'src="([^"]*)"', text))
    assert "prefers-color-scheme: dark" in text and "SciPy has no canny." in text


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 3)])
@pytest.mark.parametrize("recipe", RECIPES)
def test_small_images_are_compared_and_drawn(recipe, shape, tmp_path):
    compare(np.zeros(shape, np.uint8), recipe).html(tmp_path / "page.html")


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("sobol", "'sobol' came; accepted are backward, canny"),
        ("farid", "'farid' came; compared are sobel, scharr"),
        ("sobel:view=shift", "'view' came; the comparison of sobel takes axis=..., ksize=..., order=..."),
        ("magnitude:operator=farid", "operator=farid came; compared are operator=sobel"),
        ("gaussian:sigma=wide", "sigma=wide came; a number is accepted"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_what_can(recipe, said):
    with pytest.raises(EdgecalcError, match=re.escape(said)):
        compare(image("uint8"), recipe)


def test_unknown_libraries_and_types_are_refused():
    with pytest.raises(ValueError, match="'matlab' came; accepted are cv2, skimage, scipy"):
        compare(image("uint8"), "sobel", against="matlab")
    with pytest.raises(TypeError, match="int16 is not accepted"):
        compare(image("uint8").astype(np.int16), "sobel")


def test_a_missing_library_is_said_with_the_pip_line_and_the_others_are_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    first, second = compare(image("uint8"), "sobel", against=["cv2", "scipy"]).rows
    assert first.default is not None and "pip install" in second.absent
    with pytest.raises(MissingExtra, match="pip install"):
        compare(image("uint8"), "sobel", against="scipy")
