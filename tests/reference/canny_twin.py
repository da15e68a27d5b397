"""Canny, slowly: OpenCV's rules one after the other, in plain NumPy on integers that cannot overflow. It shares nothing with edgecalc but these rules.

    image ── numpy.pad ── derivatives ── strongest channel ── longest of three ── flood from the strong pixels

A gradient is a triple (x, y, m), m its length, or the square of it for "l2"; beyond the image m is 0.
"""

import math

import numpy as np

from tests.reference import twins

TAN = 13573  # of 22.5 degrees, in units of 1/32768
AROUND = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]


def derivatives(channel, ksize=3, border="edge", cval=0):
    """Sobel's along x and y, not scaled."""
    height, width = channel.shape
    rows = twins.padded(channel.astype(np.float64 if channel.dtype.kind == "f" else np.int64), ksize // 2, border, cval)

    def slid(along, across):
        lines = sum(w * rows[i : i + height] for i, w in enumerate(across))
        return sum(w * lines[:, j : j + width] for j, w in enumerate(along))

    slope, smooth = twins.binomial(1, ksize), twins.binomial(0, ksize)
    return slid(slope, smooth), slid(smooth, slope)


def measured(x, y, norm):
    return x, y, abs(x) + abs(y) if norm == "l1" else x * x + y * y


def sixteenths(d):
    """What OpenCV keeps of a 7x7 derivative of uint8: half to even."""
    return np.rint(d / 16).astype(np.int64)


def strongest(gradients):
    """Of several channels, pixel by pixel; the first of equal ones."""
    best = gradients[0]
    for other in gradients[1:]:
        best = tuple(np.where(other[2] > best[2], new, old) for new, old in zip(other, best, strict=True))
    return best


def level(value, norm, whole=True):
    """A threshold in the units of m; OpenCV limits and floors it, which whole numbers do not feel below the limit."""
    if not whole:
        return value**2 if norm == "l2" else value
    return math.floor(min(32767.0, value) ** 2 if norm == "l2" else value)


def longest(x, y, m):
    """Whether m is longest across the edge: over the one before, and not under the one behind (over both on diagonals)."""
    height, width = m.shape
    beyond = np.pad(m, 1)

    def beside(i, j):
        return beyond[1 + i : 1 + i + height, 1 + j : 1 + j + width]

    flat, steep = abs(y) * 32768, TAN * abs(x)
    rising = (x < 0) != (y < 0)
    horizontal = (m > beside(0, -1)) & (m >= beside(0, 1))
    vertical = (m > beside(-1, 0)) & (m >= beside(1, 0))
    diagonal = np.where(rising, (m > beside(-1, 1)) & (m > beside(1, -1)), (m > beside(-1, -1)) & (m > beside(1, 1)))
    return np.where(flat < steep, horizontal, np.where(flat > steep + 65536 * abs(x), vertical, diagonal))


def flooded(candidates, strong):
    """Candidates that touch a strong one, be it through others: 255 on 0."""
    edges = strong.astype(np.uint8) * 255
    stack = list(zip(*np.nonzero(strong), strict=True))
    while stack:
        row, column = stack.pop()
        for i, j in AROUND:
            place = row + i, column + j
            if 0 <= place[0] < edges.shape[0] and 0 <= place[1] < edges.shape[1] and candidates[place] and not edges[place]:
                edges[place] = 255
                stack.append(place)
    return edges


def edges_of(x, y, low, high, norm="l1", whole=True):
    low, high = sorted((low, high))
    x, y, m = measured(x, y, norm)
    candidates = longest(x, y, m) & (m > level(low, norm, whole))
    return flooded(candidates, candidates & (m > level(high, norm, whole)))


def canny(image, low, high, ksize=3, norm="l1", border="edge", cval=0):
    """Of a uint8 image, as cv2.Canny."""
    channels = [image] if image.ndim == 2 else [image[..., k] for k in range(image.shape[2])]
    pairs = [derivatives(channel, ksize, border, cval) for channel in channels]
    if ksize == 7:
        pairs, low, high = [(sixteenths(x), sixteenths(y)) for x, y in pairs], low / 16, high / 16
    x, y, _ = strongest([measured(x, y, norm) for x, y in pairs])
    return edges_of(x, y, low, high, norm)
