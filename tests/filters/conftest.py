import cv2
import pytest


@pytest.fixture
def opencv_by_its_own_rules():
    """Without IPP, whose Canny of aperture 5 depends on the number of threads."""
    before = cv2.ipp.useIPP()
    cv2.ipp.setUseIPP(False)
    yield
    cv2.ipp.setUseIPP(before)
