"""The same work done by OpenCV, scikit-image and SciPy, and the comparison.

>>> import edgecalc as ec
>>> ec.reference.check(np.eye(5, dtype=np.uint8), operators=["scharr"], against=["cv2"]).ok
True
"""

from edgecalc.reference.check import check
from edgecalc.reference.report import Report

__all__ = ["Report", "check"]
