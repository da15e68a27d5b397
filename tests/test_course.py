"""The numbers of the course's section on differences of samples and images."""

import numpy as np
import pytest

import edgecalc as ec
from tests.reference import twins

ROW = [32, 30, 45, 36, 160, 156, 155, 170]
TABLE = [
    [230, 194, 147, 108, 90, 98, 84, 96, 91, 101],
    [237, 206, 188, 195, 207, 213, 163, 123, 116, 128],
    [210, 183, 180, 205, 224, 234, 188, 122, 134, 147],
    [198, 189, 201, 227, 229, 232, 200, 125, 127, 135],
    [249, 241, 237, 244, 232, 226, 202, 116, 125, 126],
    [251, 254, 241, 239, 230, 217, 196, 102, 103, 99],
    [243, 255, 240, 231, 227, 214, 203, 116, 95, 91],
    [204, 231, 208, 200, 207, 201, 200, 121, 95, 95],
    [144, 140, 120, 115, 125, 127, 143, 118, 92, 91],
    [121, 121, 108, 109, 122, 121, 134, 106, 86, 97],
]
IMAGE = np.array(TABLE, np.uint8)


def test_central_difference_of_the_row_at_160_is_60():
    assert ec.central(np.array(ROW), normalize=True)[4] == 60
    assert ec.central(np.array([ROW], np.uint8), normalize=True)[0, 4] == 60
    assert ec.differentiate(ROW)[4] == 60


def course_loop(image, axis, before, after):
    """d = a[+after] - a[-before], 0 where that leaves the image, as the course writes it."""
    rows = image.astype(int).tolist()
    height, width = image.shape
    result = [[0] * width for _ in range(height)]
    for i in range(height):
        for j in range(width):
            if axis == "x" and before <= j < width - after:
                result[i][j] = rows[i][j + after] - rows[i][j - before]
            if axis == "y" and before <= i < height - after:
                result[i][j] = rows[i + after][j] - rows[i - before][j]
    return result


@pytest.mark.parametrize("axis", ["x", "y"])
@pytest.mark.parametrize(("operator", "before", "after"), [(ec.forward, 0, 1), (ec.backward, 1, 0), (ec.central, 1, 1)])
def test_border_blank_is_what_the_loops_of_the_course_do(operator, before, after, axis):
    result = operator(IMAGE, axis, border="blank")
    assert result.tolist() == course_loop(IMAGE, axis, before, after)


def test_forward_leaves_its_last_column_0_and_central_both_ends():
    assert ec.forward(IMAGE, border="blank")[:, -1].tolist() == [0] * 10
    assert ec.central(IMAGE, border="blank")[:, [0, -1]].tolist() == [[0, 0]] * 10
    assert ec.forward(np.array([ROW]), border="blank").tolist() == [[-2, 15, -9, 124, -4, -1, 15, 0]]
    assert ec.central(np.array([ROW]), border="blank").tolist() == [[0, 13, 6, 115, 120, -5, 14, 0]]


def test_sobel_of_the_top_left_patch_is_minus_211_and_minus_9():
    for image in (IMAGE, IMAGE[:3, :3], IMAGE.astype(np.float32), IMAGE.astype(np.float64)):
        assert ec.sobel(image)[1, 1] == -211
        assert ec.sobel(image, "y")[1, 1] == -9
        assert ec.gradient(image).x[1, 1] == -211
    assert ec.sobel(IMAGE, view="magnitude")[1, 1] == 211


@pytest.mark.parametrize("border", twins.BORDERS)
@pytest.mark.parametrize("axis", ["x", "y"])
def test_sobel_of_the_table_is_the_plain_loops_sobel(axis, border):
    assert ec.sobel(IMAGE, axis, border=border).tolist() == twins.derivative(IMAGE, "sobel", axis, border)


def test_sobel_of_the_table_as_float64_is_the_reference_run_of_the_course():
    import cv2

    for axis, order in (("x", (1, 0)), ("y", (0, 1))):
        result = ec.sobel(IMAGE, axis, dtype=np.float64)
        assert result.dtype == np.float64
        assert result.tolist() == twins.derivative(IMAGE, "sobel", axis) == cv2.Sobel(IMAGE, cv2.CV_64F, *order).tolist()


@pytest.mark.parametrize("axis", ["x", "y"])
def test_views_of_the_course(axis):
    rows = twins.derivative(IMAGE, "central", axis, "blank")
    shifted = ec.central(IMAGE, axis, border="blank", view="shift", dtype=np.float64)
    assert ec.central(IMAGE, axis, border="blank", view="magnitude").tolist() == [[abs(d) for d in row] for row in rows]
    assert shifted.tolist() == [[min(255, max(0, d + 127.5)) for d in row] for row in rows]
