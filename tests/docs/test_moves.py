"""The tables that say what a call of another library becomes: both sides are run and compared, line by line."""

import re

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from skimage import feature, filters, morphology

import edgecalc as ec
from tests.docs.conftest import ROOT

HOWTO = ROOT / "docs" / "howto"
ROW = re.compile(r"^\| `([^`]+)`.*? \| `([^`]+)` \|(?: (\w+) \|)?$", re.MULTILINE)
LINES = {page: ROW.findall((HOWTO / f"{page}.md").read_text(encoding="utf-8")) for page in ("opencv", "scikit-image", "scipy", "matlab")}


@pytest.fixture
def scene():
    """What the names in the tables stand for."""
    image = np.asarray(Image.open(ROOT / "sample_images" / "camera.png"))[40:240, 60:300].copy()
    before = cv2.ipp.useIPP()
    cv2.ipp.setUseIPP(False)
    libraries = {"cv2": cv2, "ec": ec, "np": np, "ndimage": ndimage, "feature": feature, "filters": filters, "morphology": morphology}
    yield {**libraries, "image": image, "real": image / 255, "volume": image[:180].reshape(30, 24, 60) / 255}
    cv2.ipp.setUseIPP(before)


def near(edges, others):
    """The share of edge pixels that lie on or beside the others."""
    return cv2.dilate(np.uint8(others), np.ones((3, 3), np.uint8))[edges > 0].mean()


def turns(a, b):
    return np.abs((a - b + np.pi) % (2 * np.pi) - np.pi).max()


SAME = {
    "bits": lambda ours, theirs: ours.dtype == theirs.dtype and np.array_equal(ours, theirs),
    "close": lambda ours, theirs: np.allclose(ours, theirs, rtol=3e-7 if ours.dtype == np.float32 else 1e-12, atol=1e-12),
    "level": lambda ours, theirs: np.abs(ours.astype(int) - theirs).max() <= 1,
    "degree": lambda ours, theirs: turns(ours, theirs) < np.radians(0.35),
    "pixel": lambda ours, theirs: min(near(ours, theirs), near(theirs, ours)) > 0.97,
}


@pytest.mark.parametrize(("theirs", "ours", "same"), LINES["opencv"] + LINES["scikit-image"] + LINES["scipy"])
def test_both_sides_of_a_line_are_as_equal_as_it_says(theirs, ours, same, scene):
    expected, result = eval(theirs, scene), eval(ours, scene)
    pairs = zip(result, expected, strict=True) if isinstance(expected, tuple | list) else [(result, expected)]
    for ours_is, theirs_is in pairs:
        assert np.ptp(theirs_is.astype(float)) > 0
        assert ours_is.shape == theirs_is.shape
        assert SAME[same](ours_is, theirs_is)


def imfilter(image, kernel):
    """MATLAB's: correlation of doubles; beyond the sides the last pixel goes on for "replicate", 0 by default."""
    return ndimage.correlate(image.astype(float), np.array(kernel, float), mode="constant")


def replicated(image, kernel):
    return ndimage.correlate(image.astype(float), np.array(kernel, float), mode="nearest")


SOBEL, PREWITT = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]], [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]  # fspecial


def imgradientxy(image, kernel):
    turned = -np.array(kernel)
    return replicated(image, turned.T), replicated(image, turned)


def intermediate(image):
    x, y = np.zeros(image.shape), np.zeros(image.shape)
    x[:, :-1], y[:-1] = np.diff(image.astype(float), axis=1), np.diff(image.astype(float), axis=0)
    return x, y


def bell(image, sigma):
    """imgaussfilt: 2 ceil(2 sigma) + 1 taps."""
    reach = int(np.ceil(2 * sigma))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return ndimage.correlate1d(ndimage.correlate1d(image.astype(float), taps / taps.sum(), 0, mode="nearest"), taps / taps.sum(), 1, mode="nearest")


def del2(f):
    """Inside: a quarter of the four neighbours, less the point."""
    padded = np.pad(f, 1)
    return (padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]) / 4 - f


PUBLISHED = {  # {MATLAB's call: (its definition, pixels at the sides where it differs)}
    "diff(f)": (lambda s: np.diff(s["f"]), 0),
    "diff(F, 1, 1)": (lambda s: np.diff(s["F"], axis=0), 0),
    "diff(F, 1, 2)": (lambda s: np.diff(s["F"], axis=1), 0),
    "gradient(f, h)": (lambda s: np.gradient(s["f"], s["h"]), 1),
    "[Fx, Fy] = gradient(F)": (lambda s: np.gradient(s["F"])[::-1], 1),
    "del2(F)": (lambda s: del2(s["F"]), 1),
    "imgradientxy(image, 'sobel')": (lambda s: imgradientxy(s["image"], SOBEL), 0),
    "imgradientxy(image, 'prewitt')": (lambda s: imgradientxy(s["image"], PREWITT), 0),
    "imgradientxy(image, 'intermediate')": (lambda s: intermediate(s["image"]), 0),
    "imgradient(image)": (lambda s: np.hypot(*imgradientxy(s["image"], SOBEL)), 0),
    "[~, D] = imgradient(image)": (lambda s: np.degrees(np.arctan2(-imgradientxy(s["image"], SOBEL)[1], imgradientxy(s["image"], SOBEL)[0])), 0),
    "imgaussfilt(image, 2)": (lambda s: bell(s["image"], 2), 0),
    "imfilter(double(image), fspecial('sobel'))": (lambda s: imfilter(s["image"], SOBEL), 0),
}
CHECKED_ON_THE_PAGE = 5  # formulas


def test_every_line_on_matlab_has_a_definition():
    assert [theirs for theirs, _, _ in LINES["matlab"]][:-CHECKED_ON_THE_PAGE] == list(PUBLISHED)


@pytest.mark.parametrize(("theirs", "ours"), [(theirs, ours) for theirs, ours, _ in LINES["matlab"][:-CHECKED_ON_THE_PAGE]])
def test_a_line_on_matlab_is_its_published_definition(theirs, ours, scene):
    random = np.random.default_rng(3)
    scene |= {"f": random.normal(size=12), "F": random.normal(size=(9, 11)), "h": 0.25}
    definition, sides = PUBLISHED[theirs]
    expected, result = definition(scene), eval(ours, scene)
    for theirs_is, ours_is in zip(expected, result, strict=True) if isinstance(expected, tuple | list) else [(expected, result)]:
        inside = (slice(sides, -sides or None),) * theirs_is.ndim
        apart = np.abs(ours_is - theirs_is)
        if "D" in theirs[:8]:
            apart = np.minimum(apart, 360 - apart)  # degrees come round; -180 is 180
        assert ours_is.shape == theirs_is.shape
        assert apart[inside].max() < 1e-4 if "D" in theirs[:8] else apart[inside].max() < 1e-9 * np.abs(theirs_is).max()
