"""The same work done by scikit-image.

It divides: by 4, 16, 3 where we do not, by sqrt(2) for a length. It rescales integers by their type, so it is given them as float64. Weights
such as 3/16 are exact in binary and the bits follow; thirds and Farid's decimals are not, and have an allowance.
"""

from functools import partial
from importlib import import_module
from itertools import chain
from math import sqrt
from typing import Any

import numpy as np

from edgecalc.reference.peer import MODES, Outputs, Peer, Row, each_way, same
from edgecalc.reference.works import SIGMA

SCALES = {"sobel": 4, "scharr": 16, "prewitt": 3, "farid": 1}  # ours / theirs
TAPS = {"sobel": 3, "scharr": 3, "prewitt": 3, "farid": 5}
CROSS = {"main": "roberts_pos_diag", "anti": "roberts_neg_diag"}

OWN: Outputs = {
    **{name: ((None, "float64"), *same("float64")) for name in ("uint8", "uint16", "int16")},
    "float32": ((None, "float32"),),
    "float64": ((None, "float64"),),
}
REAL: Outputs = {**{name: same("float64") for name in ("uint8", "uint16", "int16")}, "float32": ((None, "float32"),), "float64": ((None, "float64"),)}

SMALL: Outputs = {"uint8": ((None, "float32"),), "uint16": ((None, "float64"),), "float32": ((None, "float32"),), "float64": ((None, "float64"),)}


def real(image: np.ndarray) -> np.ndarray:
    return image if image.dtype.kind == "f" else image.astype(np.float64)


def derivative(filters: Any, image: np.ndarray, output: str, mode: str, cval: float, *, name: str, axis: str) -> np.ndarray:
    return getattr(filters, name)(real(image), axis="yx".index(axis), mode=mode, cval=cval) * SCALES[name]


def cross(filters: Any, image: np.ndarray, output: str, mode: str, cval: float, *, diagonal: str) -> np.ndarray:
    """Their sign is the other one; their border is always their "reflect", our "symmetric"."""
    return -getattr(filters, CROSS[diagonal])(real(image))


def length(filters: Any, image: np.ndarray, output: str, mode: str, cval: float, *, name: str) -> np.ndarray:
    return getattr(filters, name)(real(image), mode=mode, cval=cval) * (SCALES[name] * sqrt(2))


def cross_length(filters: Any, image: np.ndarray, output: str, mode: str, cval: float) -> np.ndarray:
    return filters.roberts(real(image)) * sqrt(2)


def tensor(filters: Any, image: np.ndarray, output: str, mode: str, cval: float, *, part: str) -> np.ndarray:
    parts = import_module("skimage.feature").structure_tensor(real(image), SIGMA, mode=mode, cval=cval, order="xy")
    return parts[("xx", "xy", "yy").index(part)]


def skeleton(filters: Any, image: np.ndarray, output: str, mode: None, cval: float) -> np.ndarray:
    return import_module("skimage.morphology").thin(image != 0) * np.uint8(255)


# Allowance: 2 k for k taps as in opencv.py; they sum all k * k products of a 2-D kernel in double, which is no worse. A length adds the
# rounding of squares, a root, a division and our multiplication by a rounded sqrt(2): 4 more.
ROWS = (
    *chain.from_iterable(each_way(name + " {}", partial(derivative, name=name), OWN, 6) for name in ("sobel", "scharr")),
    *chain.from_iterable(each_way(name + " {}", partial(derivative, name=name), REAL, 2 * TAPS[name], rounds=True) for name in ("prewitt", "farid")),
    *chain.from_iterable(each_way(f"gradient {name} {{}}", partial(derivative, name=name), OWN, 6) for name in ("sobel", "scharr")),
    *(Row(f"roberts {name}", partial(cross, diagonal=name), OWN, 4, borders=("symmetric",)) for name in CROSS),
    *(Row(f"magnitude {name} l2", partial(length, name=name), REAL, 2 * TAPS[name] + 4, rounds=True) for name in SCALES),
    *(Row(f"structure_tensor {part}", partial(tensor, part=part), SMALL, 40, rounds=True, least=2) for part in ("xx", "xy", "yy")),
    Row("thin", skeleton, {"uint8": ((None, "uint8"),)}, 0),
    Row("magnitude roberts l2", cross_length, REAL, 8, rounds=True, borders=("symmetric",)),
)


def exact_bits(pixel: str, result: str) -> int:
    return 24 if pixel == "float32" else 53


PEER = Peer("skimage", "scikit-image", ROWS, MODES, any_cval=True, bits=exact_bits, module="skimage.filters")
