"""The reference check: everything agrees, what is broken is named, what is missing is said."""

import json
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

import edgecalc as ec
from edgecalc.errors import MissingExtra
from edgecalc.reference import images as pictures
from edgecalc.reference import side_by_side
from edgecalc.reference.bench import bench
from edgecalc.reference.check import PEERS
from edgecalc.reference.compare import Promise, compare, finding
from edgecalc.reference.images import photo
from edgecalc.reference.works import BORDERS, DTYPES, NAMES, REFLECT, WORKS

HOSTILE = '<b>&"x".png'


@pytest.fixture(scope="module")
def report():
    return ec.reference.check()


@pytest.fixture
def broken_scharr(monkeypatch):
    """edgecalc.scharr with one pixel wrong."""
    right = ec.scharr

    def scharr(*arguments, **options):
        result = right(*arguments, **options)
        if result.size:
            last = result[-1, -1].item()
            result[-1, -1] = last - 1 if last > 0 else last + 1
        return result

    monkeypatch.setattr(ec, "scharr", scharr)


def test_everything_agrees(report):
    assert report.ok, report.table()
    assert report.failing == () and report.missing == ()
    assert {row.peer for row in report.rows} == {"course", *PEERS}


ELSEWHERE = (
    "canny",
    "difference_of_gaussians",
    "gaussian",
    "gaussian_derivative",
    "gaussian_laplace",
    "hessian",
    "hysteresis",
    "structure_tensor",
    "thin",
)


@pytest.mark.parametrize("operator", NAMES)
def test_every_operator_meets_every_border_that_its_works_have(report, operator):
    rows = [row for row in report.rows if row.operator == operator and row.peer != "course"]
    assert {row.border for row in rows} == {border.label for work in WORKS.values() if work.operator == operator for border in work.borders}
    assert {row.shape for row in rows} >= set(pictures.FEW)


@pytest.mark.parametrize("operator", [name for name in NAMES if name not in ELSEWHERE])
def test_every_operator_meets_every_type_border_and_shape_of_opencv(report, operator):
    rows = [row for row in report.rows if (row.operator, row.peer) == (operator, "cv2")]
    assert {row.dtype for row in rows} == set(DTYPES)
    assert {row.border for row in rows} == {border.label for border in BORDERS}
    assert {row.shape for row in rows} >= set(pictures.SHAPES)


def test_whole_numbers_through_whole_weights_are_promised_to_the_bit(report):
    rows = [row for row in report.rows if row.work == "sobel x" and row.peer == "cv2"]
    assert all(row.promise == ("ulp <= 6" if row.image == "fractions" and row.dtype.startswith("float") else "bits") for row in rows)


def test_ulps_are_far_below_their_allowance(report):
    """Allowed is the worst that rounding can do, up to 62 ulps; met are 4. A rise here is worth a look."""
    assert max(row.largest_ulp for row in report.rows) <= 6


def test_the_reference_run_of_the_course_is_one_of_the_cases(report):
    answers = {row.work: row for row in report.rows if row.peer == "course"}
    assert set(answers) == {"sobel x", "sobel y"}
    run = [row for row in report.rows if row.image == "course table" and row.peer == "cv2" and row.output == "float64" and row.work in answers]
    assert {(row.work, row.shape, row.border) for row in run} >= {("sobel x", (10, 10), "reflect"), ("sobel y", (10, 10), "reflect")}
    table = pictures.COURSE
    assert cv2.Sobel(table, cv2.CV_64F, 1, 0)[1, 1] == pictures.COURSE_ANSWERS["sobel x"] == -211
    assert cv2.Sobel(table, cv2.CV_64F, 0, 1)[1, 1] == pictures.COURSE_ANSWERS["sobel y"] == -9


def test_every_size_and_order_of_sobel_is_among_the_cases(report):
    names = {row.work for row in report.rows if row.peer == "cv2"}
    for ksize in range(1, 32, 2):
        for order in range(1, max(ksize, 3)):
            assert (ksize, order) == (3, 1) or f"sobel y ksize {ksize} order {order}" in names


def test_every_row_of_a_peer_names_a_work():
    for peer in PEERS.values():
        assert {row.work for row in peer.rows} <= set(WORKS)


def test_opencv_never_sees_a_type_it_crashes_on():
    assert all(set(row.outputs) <= set(DTYPES) for row in PEERS["cv2"].rows)


def test_ipp_is_off_during_the_comparison_and_restored(monkeypatch):
    before = cv2.ipp.useIPP()
    seen = []
    plain = cv2.Sobel
    monkeypatch.setattr(cv2, "Sobel", lambda *a, **k: seen.append(cv2.ipp.useIPP()) or plain(*a, **k))
    report = ec.reference.check(np.eye(5, dtype=np.uint8), operators="sobel", against="cv2")
    assert seen and not any(seen) and cv2.ipp.useIPP() == before
    assert any("IPP switched off" in remark for remark in report.remarks)


def test_a_wrong_pixel_is_found_and_its_row_written_out(broken_scharr):
    report = ec.reference.check(operators=["scharr", "central"])
    assert not report.ok
    assert {row.operator for row in report.failing} == {"scharr"} and {row.peer for row in report.failing} == set(PEERS)
    row = next(
        row for row in report.failing if row.work == "scharr x" and row.shape == (17, 33) and row.border == "reflect" and row.promise == "bits"
    )
    assert (row.differing, row.largest_difference, row.where) == (1, 1.0, (16, 32))
    table = report.table()
    assert "comparisons differ" in table and "... and" in table
    assert all(f"scharr {axis}  {peer}" in table for axis in "xy" for peer in PEERS)


@pytest.mark.parametrize("argument", ["operators", "against"])
def test_a_number_where_names_belong_is_refused(argument):
    with pytest.raises(TypeError, match=f"{argument}: 3 came; one or more names"):
        ec.reference.check(**{argument: 3})


def test_a_result_of_another_shape_is_a_difference():
    found = finding("cv2", WORKS["sobel x"], pictures.Image("x", np.zeros((3, 3), np.uint8)), "int16", REFLECT)
    assert not compare(found, np.zeros((3, 3)), np.zeros((3, 4)), Promise(False, 1.0, 9)).ok


@pytest.mark.parametrize("signs", [True, False])
def test_the_sign_of_a_zero_is_a_bit_where_it_is_promised(signs):
    found = finding("cv2", WORKS["sobel x"], pictures.Image("x", np.zeros((1, 2))), "float64", REFLECT)
    assert compare(found, np.array([[0.0, 1]]), np.array([[-0.0, 1]]), Promise(True, 1.0, 0, signs)).ok is not signs


def test_nan_on_one_side_is_a_difference_even_with_an_allowance():
    found = finding("cv2", WORKS["sobel x"], pictures.Image("x", np.zeros((1, 2))), "float64", REFLECT)
    assert not compare(found, np.array([[np.nan, 1]]), np.array([[0.0, 1]]), Promise(False, 1.0, 9)).ok


def test_a_missing_peer_is_said_and_is_no_success(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.filters", None)
    report = ec.reference.check(np.eye(5, dtype=np.uint8), operators="sobel")
    assert report.missing == ("skimage",) and "skimage" not in report.versions
    assert "not compared: skimage is not installed" in report.table()
    assert {row.peer for row in report.rows} == {"cv2", "scipy"}
    with pytest.raises(MissingExtra, match=r'skimage.*pip install "edgecalc\[compare\]"'):
        ec.reference.check(against="skimage")


def test_nothing_compared_is_no_success(report):
    assert not replace(report, rows=()).ok
    nothing = ec.reference.check(np.eye(5, dtype=np.uint8), operators="views", against="scipy")
    assert not nothing.ok and "nothing was compared" in nothing.table()


def test_images_of_the_caller_are_compared_and_not_changed():
    rng = np.random.default_rng(1)
    images = {"grain": photo(30, 41), "floats": rng.standard_normal((9, 14)), "swapped": rng.integers(0, 999, (5, 6)).astype(">u2")}
    before = {name: image.copy() for name, image in images.items()}
    report = ec.reference.check(images)
    assert report.ok, report.table()
    assert {row.image for row in report.rows} == set(images)
    assert all(np.array_equal(images[name], before[name]) for name in images)


def test_a_picture_by_pillow_is_an_image():
    report = ec.reference.check(Image.fromarray(photo(9, 11)), operators="sobel", against="cv2")
    assert report.ok and {row.image for row in report.rows} == {"image 1"}


def test_a_large_image_of_the_caller_is_compared_briefly():
    report = ec.reference.check([photo(300, 400)], operators="sobel", against="cv2")
    assert report.ok and {row.border for row in report.rows} == {"reflect"}
    assert any("120,000 pixels" in remark for remark in report.remarks)


@pytest.mark.parametrize(
    ("images", "options", "error", "words"),
    [
        (np.zeros((3, 3), bool), {}, TypeError, "bool is not accepted"),
        (np.zeros((3, 3), np.uint32), {}, TypeError, "uint32 is not accepted"),
        (np.zeros((3, 3), np.float16), {}, TypeError, "float16 is not accepted"),
        (np.zeros((3, 3, 3), np.uint8), {}, ValueError, "two dimensions"),
        (np.zeros((0, 3), np.uint8), {}, ValueError, "two dimensions"),
        (np.full((3, 3), np.nan), {}, ValueError, "NaN"),
        ([], {}, ValueError, "none came"),
        ("photo.png", {}, TypeError, "str came"),
        (None, {"operators": "sobol"}, ValueError, "'sobol' came; accepted are forward"),
        (None, {"operators": []}, ValueError, "nothing came"),
        (None, {"against": "cv3"}, ValueError, "'cv3' came; accepted are cv2, skimage, scipy"),
        (None, {"amplify": 0}, ValueError, "amplify: 0 came"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(images, options, error, words):
    with pytest.raises(error, match=words):
        ec.reference.check(images, **options)


def test_the_dict_is_json_and_holds_every_row(report):
    held = json.loads(report.to_json())
    assert held["ok"] is True and held["target"] == report.target and held["versions"]["cv2"] == cv2.__version__
    assert len(held["rows"]) == len(report.rows)
    assert {"peer", "operator", "dtype", "border", "shape", "promise", "differing", "largest_difference", "largest_ulp", "ok"} <= set(held["rows"][0])
    assert sum(group["cases"] for group in held["summary"]) == len(report.rows)


# ---------------------------------------------------------------- the page


def test_the_page_holds_its_pictures_and_escapes_names(tmp_path):
    report = ec.reference.check({HOSTILE: photo(40, 60)}, operators=["sobel", "orientation"])
    report.html(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<b>" not in text and "&lt;b&gt;&amp;&quot;x&quot;.png" in text
    assert text.count("data:image/png;base64,") >= 4 * 2
    assert "http" not in text and "prefers-color-scheme: dark" in text and 'name="viewport"' in text
    assert "every pixel is the same" in text and "largest difference" in text


def test_every_operator_has_its_card_and_shows_what_was_compared():
    from edgecalc.reference.page import cards

    shown = list(cards(ec.reference.check({"grain": photo(40, 60)})))
    assert {card.finding.operator for card in shown} == set(NAMES)
    assert [card.finding.work for card in shown if card.difference.any() != (card.finding.differing > 0)] == []


def test_the_page_shows_what_differs_and_where(tmp_path, broken_scharr):
    report = ec.reference.check({"grain": photo(40, 60)}, operators="scharr")
    report.html(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "What differs" in text and "1 pixel differs: largest difference 1 at row 39, column 59" in text


def test_without_images_the_page_shows_the_built_in_photograph(tmp_path, report):
    replace(report, operators=("scharr",)).html(tmp_path / "page.html")
    assert "photo-like" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_png_is_one_picture_of_all_panels(tmp_path):
    ec.reference.check({HOSTILE: photo(40, 60), "one": np.full((1, 1), 7.5)}, operators="roberts").html(tmp_path / "page.png")
    with Image.open(tmp_path / "page.png") as picture:
        assert picture.format == "PNG" and picture.width > 4 * 200


def test_no_differing_pixel_is_lost_on_a_small_page():
    from edgecalc.reference.page import shrunk

    differences = np.zeros((1000, 1500))
    differences[777, 1234] = 255
    assert shrunk(differences, np.max).max() == 255 and max(shrunk(differences, np.max).shape) <= 320


def test_results_read_as_their_tables_where_python_shows_them():
    image = pictures.photo(20, 30)
    checked = ec.reference.check(image, operators="sobel", against="cv2")
    for made in (checked, bench((16, 16), repeat=1, only=["forward x"]), side_by_side.compare(image)):
        assert repr(made) == made.table()


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1)])
def test_images_of_one_row_are_compared(shape):
    report = ec.reference.check({"row": np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape)}, operators=["structure_tensor", "sobel"])
    assert report.ok and "all" in report.table()
