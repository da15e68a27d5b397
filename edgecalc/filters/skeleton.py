"""Thin lines out of thick ones."""

import numpy as np

from edgecalc.core import arrays
from edgecalc.core.kernels import skeleton

# The neighbours of a pixel, counter-clockwise from the right: bit k of its code says whether neighbour k is set.
AROUND = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))


def removable(code: int, turn: int) -> bool:
    """Guo and Hall's rule: a pixel on one side (right and above in turn 0, left and below in turn 1) that neither ends nor joins lines."""
    x = [code >> k & 1 for k in range(8)]
    ways = sum(not x[k] and (x[k + 1] or x[(k + 2) % 8]) for k in range(0, 8, 2))
    ends = min(sum(x[k] or x[k + 1] for k in range(0, 8, 2)), sum(x[k + 1] or x[(k + 2) % 8] for k in range(0, 8, 2)))
    side = (x[1] or x[2] or not x[7]) and x[0] if turn == 0 else (x[5] or x[6] or not x[3]) and x[4]
    return ways == 1 and 2 <= ends <= 3 and not side


REMOVABLE = np.array([[removable(code, turn) for code in range(256)] for turn in (0, 1)], np.uint8)


def thin(edges) -> np.ndarray:
    """The skeleton of an edge map: lines one pixel wide that connect what was connected; 255 where set, else 0.

    Guo and Hall's two alternating passes, until nothing is left to remove; the same as scikit-image's `thin`. Any value other than 0 is set.

    >>> thin(np.array([[1, 1, 1, 1, 1]] * 3, np.uint8))
    array([[  0,   0,   0,   0,   0],
           [  0, 255, 255, 255,   0],
           [  0,   0,   0,   0,   0]], dtype=uint8)
    """
    image = arrays.flat(edges, "edges")
    padded = np.zeros((image.shape[0] + 2, image.shape[1] + 2), np.uint8)
    padded[1:-1, 1:-1] = image != 0
    skeleton(padded, np.array([down * padded.shape[1] + right for down, right in AROUND], np.intp), REMOVABLE)
    return padded[1:-1, 1:-1] * np.uint8(255)
