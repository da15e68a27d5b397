"""Slow twins: what edgecalc computes, in plain loops over Python numbers. They share nothing with edgecalc but the definition.

    image ── numpy.pad ── for every pixel, for every weight: total += weight * pixel

Integers are exact, floats are doubles. Weights stand here as they were published, as kernels for axis="x".
"""

import math

import numpy as np

FORWARD = [[-1, 1]]
BACKWARD = [[-1, 1]]
CENTRAL = [[-1, 0, 1]]
SOBEL_X = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
SCHARR_X = [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]]
PREWITT_X = [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]
ROBERTS_MAIN = [[1, 0], [0, -1]]
ROBERTS_ANTI = [[0, 1], [-1, 0]]
FARID_ALONG = [-0.109603762960254, -0.276690988455557, 0, 0.276690988455557, 0.109603762960254]
FARID_ACROSS = [0.0376593171958126, 0.249153396177344, 0.426374573253687, 0.249153396177344, 0.0376593171958126]
FARID_X = [[across * along for along in FARID_ALONG] for across in FARID_ACROSS]

KERNELS = {"forward": FORWARD, "backward": BACKWARD, "central": CENTRAL, "sobel": SOBEL_X, "scharr": SCHARR_X, "prewitt": PREWITT_X, "farid": FARID_X}
# What a ramp that rises by 1 a pixel gives.
GAINS = {"forward": 1, "backward": 1, "central": 2, "sobel": 8, "scharr": 32, "prewitt": 6, "farid": 0.991797028752130}
OPERATORS = tuple(KERNELS)
EXACT = tuple(name for name in KERNELS if name != "farid")
DIFFERENCES = ("forward", "backward", "central")

PADDED = ("reflect", "symmetric", "edge", "wrap", "constant")
BORDERS = (*PADDED, "blank", "valid")


def convolved(a, b):
    out = [0] * (len(a) + len(b) - 1)
    for i in range(len(a)):
        for j in range(len(b)):
            out[i + j] += a[i] * b[j]
    return out


def binomial(derivative, taps):
    """[1, 1] and, `derivative` times, [-1, 1], convolved."""
    row = [1]
    for _ in range(taps - 1 - derivative):
        row = convolved(row, [1, 1])
    for _ in range(derivative):
        row = convolved(row, [-1, 1])
    return row


def sobel_kernel(ksize=3, order=1):
    along = binomial(order, max(ksize, 3))
    across = [1] if ksize == 1 else binomial(0, ksize)
    return [[w * v for v in along] for w in across]


def kernel_of(name, axis="x", ksize=3, order=1):
    """(kernel, row of its centre, column of its centre)."""
    if name in ("main", "anti"):
        return (ROBERTS_MAIN if name == "main" else ROBERTS_ANTI), 0, 0
    kernel = sobel_kernel(ksize, order) if name == "sobel" else KERNELS[name]
    row = len(kernel) // 2
    column = 0 if name == "forward" else 1 if name == "backward" else len(kernel[0]) // 2
    if axis == "y":
        return [list(each) for each in zip(*kernel, strict=True)], column, row
    return kernel, row, column


def padded(image, widths, border, cval):
    if border == "constant":
        return np.pad(image, widths, "constant", constant_values=cval)
    return np.pad(image, widths, "edge" if border in ("blank", "valid") else border)


def correlated(image, kernel, row, column, border, cval=0, sides=None):
    """Rows of Python numbers. `sides` (up, down, left, right) widens what "valid" cuts off."""
    image = np.asarray(image)
    height, width = image.shape
    up, down, left, right = row, len(kernel) - 1 - row, column, len(kernel[0]) - 1 - column
    rows = padded(image, ((up, down), (left, right)), border, cval).tolist() if image.size else []
    result = []
    for i in range(height):
        line = []
        for j in range(width):
            if border == "blank" and not (up <= i < height - down and left <= j < width - right):
                line.append(0)
                continue
            total = 0
            for a in range(len(kernel)):
                for b in range(len(kernel[0])):
                    if kernel[a][b] != 0:
                        total = total + kernel[a][b] * rows[i + a][j + b]
            line.append(total)
        result.append(line)
    if border == "valid":
        up, down, left, right = sides or (up, down, left, right)
        result = [line[left : max(left, width - right)] for line in result[up : max(up, height - down)]]
    return result


def derivative(image, name, axis="x", border="reflect", cval=0, ksize=3, order=1):
    """One operator over a 2-D image, not normalised: rows of Python numbers."""
    if border == "one-sided":
        return one_sided(image, name, axis)
    return correlated(image, *kernel_of(name, axis, ksize, order), border, cval)


def one_sided(image, name, axis="x"):
    """Differences of neighbours whose ends lean inwards; the central one keeps its second order there: -3 4 -1."""
    lines = (np.asarray(image).T if axis == "y" else np.asarray(image)).tolist()
    result = []
    for line in lines:
        last = len(line) - 1
        row = []
        for j in range(len(line)):
            if name == "forward":
                row.append(line[j + 1] - line[j] if j < last else line[j] - line[j - 1])
            elif name == "backward":
                row.append(line[j] - line[j - 1] if j > 0 else line[1] - line[0])
            elif j == 0:
                row.append(-3 * line[0] + 4 * line[1] - line[2])
            elif j == last:
                row.append(3 * line[j] - 4 * line[j - 1] + line[j - 2])
            else:
                row.append(line[j + 1] - line[j - 1])
        result.append(row)
    return [list(each) for each in zip(*result, strict=True)] if axis == "y" else result


def pair(image, name, border="reflect", cval=0):
    """Both derivatives; "valid" leaves what fits both."""
    first, second = (kernel_of("main"), kernel_of("anti")) if name == "roberts" else (kernel_of(name, "x"), kernel_of(name, "y"))
    ends = [(r, len(k) - 1 - r, c, len(k[0]) - 1 - c) for k, r, c in (first, second)]
    sides = tuple(max(each) for each in zip(*ends, strict=True))
    return tuple(correlated(image, *each, border, cval, sides) for each in (first, second))


def magnitude(x, y, norm="l2"):
    """Of rows of derivatives, as doubles."""
    return [[abs(a) + abs(b) if norm == "l1" else math.sqrt(a * a + b * b) for a, b in zip(p, q, strict=True)] for p, q in zip(x, y, strict=True)]


def nearest_root(square):
    """The integer nearest to the square root of an integer: sqrt(s) is over r + 1/2 when s > r*r + r."""
    root = math.isqrt(square)
    return root + 1 if square > root * root + root else root


def magnitude_picture(x, y, norm="l2"):
    """Of rows of integer derivatives, as 0..255."""
    return [
        [min(255, abs(a) + abs(b) if norm == "l1" else nearest_root(a * a + b * b)) for a, b in zip(p, q, strict=True)]
        for p, q in zip(x, y, strict=True)
    ]


def saturated(value, dtype):
    """A number as an integer type holds it: half to even, clipped; NaN is 0."""
    if isinstance(value, float) and math.isnan(value):
        return 0
    limits = np.iinfo(dtype)
    if value in (math.inf, -math.inf):
        return limits.max if value > 0 else limits.min
    return max(limits.min, min(limits.max, round(value)))


def view(rows, name):
    """A derivative as numbers of 0 .. 255, before it is rounded."""
    if name == "magnitude":
        return [[min(255, abs(d)) for d in row] for row in rows]
    if name == "shift":
        return [[min(255.0, max(0.0, d + 127.5)) for d in row] for row in rows]
    numbers = [d for row in rows for d in row if d == d]
    low, high = min(numbers), max(numbers)
    return [[(d - low) * 255 / (high - low) if high > low else 0.0 for d in row] for row in rows]


def picture(rows, name):
    """The same in uint8: shift is floored (0 -> 127, 1 -> 128), the others go to the nearest, half to even."""
    return [[math.floor(d) if name == "shift" else saturated(d, np.uint8) for d in row] for row in view(rows, name)]


def bounds(kernel, low, high):
    """Least and greatest result over images of low .. high."""
    weights = [w for row in kernel for w in row]
    return (
        sum(w * (low if w > 0 else high) for w in weights),
        sum(w * (high if w > 0 else low) for w in weights),
    )


def smallest_exact(kernel, low, high):
    """The first of int16, int32, int64 that holds every result; float64 where none does."""
    least, greatest = bounds(kernel, low, high)
    for dtype in (np.int16, np.int32, np.int64):
        if np.iinfo(dtype).min <= least and greatest <= np.iinfo(dtype).max:
            return np.dtype(dtype)
    return np.dtype(np.float64)
