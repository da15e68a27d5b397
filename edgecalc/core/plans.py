"""From an operator and the type of an image to a compiled plan.

A plan is made of lines and outputs. Each line is a vertical weighted sum of rows, each output a horizontal weighted sum
of lines; that one shape holds a difference along any axis, the 3x3 family, larger separable kernels, Roberts' cross and the Laplacian.
"""

from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from edgecalc.core import arrays
from edgecalc.core.kernels import CODES, Plan
from edgecalc.stencils import Operator, Stencil

FINISHES = {"each": 0, "l2": 1, "l1": 2, "angle": 3, "polar": 4, "extent": 5}
BORDER_CODES = {"reflect": 0, "symmetric": 1, "edge": 2, "wrap": 3, "constant": 4, "blank": 2, "valid": 2}
VIEW_CODES = {None: 0, "magnitude": 1, "shift": 2, "scale": 3}
PLAIN, SUM, DIFFERENCE = 0, 1, -1
WIDE = tuple(map(np.dtype, ("int16", "int32", "int64")))
U8, F32, F64 = np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64)


def shows(dtype: Any, name: str) -> None:
    """Whether a view can be of this type."""
    if dtype is not None and arrays.output_type(dtype, name) not in (U8, F32, F64):
        raise TypeError(f"{name}: {np.dtype(dtype)} came; a view is a picture of uint8, float32 or float64")


class Options(NamedTuple):
    """What a caller may say of any operator, in the words of the public functions."""

    border: str = "reflect"
    cval: Any = 0
    normalize: bool = False
    view: str | None = None
    dtype: Any = None
    divide: float = 1.0  # a sampled function's spacing ** order

    def checked(self, dtype: np.dtype) -> "Options":
        arrays.one_of(self.border, arrays.BORDERS, "border")
        if self.view is not None:
            arrays.one_of(self.view, arrays.VIEWS, "view")
            shows(self.dtype, "dtype")
        return Options(
            self.border,
            arrays.constant(self.cval, dtype) if self.border == "constant" else bytes(8),
            arrays.truth(self.normalize, "normalize"),
            self.view,
            None if self.dtype is None else arrays.output_type(self.dtype),
            self.divide,
        )


def taps(operator: Operator, axis: int, ndim: int) -> list[tuple[tuple, tuple, list]]:
    """The operator along `axis` as lines with what is read of each: (places on the outer axes, weights, [(column, weight)])."""
    pieces = []
    for factor, along, across in operator.terms:
        rows = [weighed(along if k == axis else across, operator.exact) for k in range(ndim)]
        places = tuple(product(*([o for o, _ in row] for row in rows[:-1])))
        weights = tuple(np.prod(list(each), dtype=object) for each in product(*([w for _, w in row] for row in rows[:-1])))
        pieces.append((places, weights, [(o, factor * w) for o, w in rows[-1]]))
    return pieces


def weighed(row: Stencil, exact: bool) -> list[tuple[int, Any]]:
    """Offsets and weights that are not zero: a sample with no weight is never read, so its NaN goes nowhere."""
    pairs = zip(row.offsets, row.numerators, strict=True)
    return [(o, n if exact else float(Fraction(n, row.unit))) for o, n in pairs if n]


def dense(pieces: list) -> dict[tuple, Any]:
    weights: dict[tuple, Any] = {}
    for places, outer, columns in pieces:
        for (place, weight), (column, factor) in product(zip(places, outer, strict=True), columns):
            weights[*place, column] = weights.get((*place, column), 0) + weight * factor
    return weights


def reached(pieces: list, ndim: int) -> list[tuple[int, int]]:
    """How far the operator reads before and behind a pixel, on each axis."""
    offsets: list[list[int]] = [[0] for _ in range(ndim)]
    for places, _, columns in pieces:
        for axis in range(ndim - 1):
            offsets[axis] += [place[axis] for place in places]
        offsets[-1] += [column for column, _ in columns]
    return [(-min(each), max(each)) for each in offsets]


def wide_type(operators: list[Operator], pieces: list[list], dtype: np.dtype, result: np.dtype | None) -> np.dtype:
    """The smallest type that no image of `dtype` can overflow: exact integers where they fit, else floats. What wraps on the way to a sum wraps back."""
    if dtype.kind == "f":
        return F64 if dtype == F64 or (result is not None and result == F64) else F32  # NumPy reads None as float64
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    if not all(operator.exact for operator in operators):
        return F32 if dtype.itemsize <= 2 and result in (F32, U8) else F64
    kernels = [dense(each) for each in pieces]
    for wide in WIDE:
        limit = np.iinfo(wide)
        if wide.itemsize < dtype.itemsize or (wide.itemsize == dtype.itemsize and dtype.kind == "u"):
            continue
        if all(
            sum(w * (high if w > 0 else low) for w in kernel.values()) <= limit.max
            and sum(w * (low if w > 0 else high) for w in kernel.values()) >= limit.min
            for kernel in kernels
        ):
            return wide
    return F64


def line_type(lines: list, dtype: np.dtype, wide: np.dtype) -> np.dtype:
    """Lines may be narrower than what is made of them, if there is room for the sum of two: half the bytes, and cheaper products."""
    if wide.kind == "f":
        return wide
    reach = max(sum(map(abs, weights)) for _, weights in lines) * max(int(np.iinfo(dtype).max), -int(np.iinfo(dtype).min))
    return next(each for each in WIDE if each == wide or each.itemsize >= dtype.itemsize and 2 * reach <= np.iinfo(each).max)


def near_weights(outputs: list, wide: np.dtype) -> tuple[int, int] | None:
    """(side, mid) if the outputs are the two derivatives of a 3x3 operator, which the kernels take straight from its lines."""
    if len(outputs) != 2:
        return None
    (_, x, x_weights, x_lines, *_), (_, y, y_weights, y_lines, *_) = outputs
    if (x, x_weights, set(x_lines), set(y_lines)) != ([-1, 1], [-1, 1], {0}, {1}):
        return None
    if y == [0] and wide.kind == "i":  # in floats, 0 * infinity would be NaN
        return 0, y_weights[0]
    return (y_weights[0], y_weights[1]) if y == [-1, 0, 1] and y_weights[0] == y_weights[2] else None


def real_of(dtype: np.dtype) -> np.dtype:
    """The float type for what is made of these numbers: float32 where all of them fit."""
    return F32 if dtype == F32 or dtype.kind in "iu" and dtype.itemsize <= 2 else F64


def result_type(finish: str, options: Options, dtype: np.dtype, wide: np.dtype) -> np.dtype:
    if options.dtype is not None:
        return options.dtype
    real = real_of(dtype)
    if finish == "angle":
        return F32
    if finish == "each":
        return U8 if options.view else real if options.normalize and wide.kind == "i" else wide
    return U8 if dtype == U8 and not options.normalize and finish != "polar" else real


def arranged(read: list[tuple[int, int, Any]]) -> list[tuple[int, int, Any]]:
    """An output's taps (column, line, weight) in the order that lets the kernel fold them: mirrored pairs around the middle, what has no mirror last."""
    left = sorted(tap for tap in read if tap[0] < 0)
    middle = [tap for tap in read if tap[0] == 0]
    right = [tap for tap in read if tap[0] > 0]
    for sign in (1, -1):
        mirrored = [(-column, line, sign * weight) for column, line, weight in reversed(left)]
        if sorted(mirrored) == sorted(right) and (len(middle) in (1, 2) if sign == 1 else not middle):
            return left + middle[:1] + mirrored + middle[1:]
    return sorted(read)


def folding(weights: list) -> int:
    """How the kernel may fold these weights; of an even number in a SUM the last has no mirror."""
    paired = weights if len(weights) % 2 or len(weights) == 2 else weights[:-1]
    if len(weights) > 1 and paired == paired[::-1]:
        return SUM
    if len(weights) % 2 == 0 and weights == [-w for w in weights[::-1]]:
        return DIFFERENCE
    return PLAIN


@lru_cache(maxsize=1024)
def build(
    operators: tuple[tuple[Operator, int], ...], finish: str, ndim: int, dtype: np.dtype, options: Options, extent: tuple[float, float] | None = None
):
    """A compiled plan, the type of its result, and how much smaller than the image that is on each side of each axis."""
    pieces = [taps(operator, axis, ndim) for operator, axis in operators]
    wide = wide_type([operator for operator, _ in operators], pieces, dtype, options.dtype if finish == "each" or dtype.kind == "f" else None)
    result = result_type(finish, options, dtype, wide)
    real = F32 if wide in (WIDE[0], F32) and options.view != "scale" and result != F64 else F64
    reach = [reached(each, ndim) for each in pieces]
    both = [(max(r[k][0] for r in reach), max(r[k][1] for r in reach)) for k in range(ndim)]
    shrink = both if options.border == "valid" else [(0, 0)] * ndim

    lines: list[tuple[tuple, tuple]] = []
    outputs = []
    for each, sides in zip(pieces, reach, strict=True):
        read = []
        for places, weights, columns in each:
            if (places, weights) not in lines:
                lines.append((places, weights))
            read += [(column, lines.index((places, weights)), weight) for column, weight in columns]
        column, which, weight = map(list, zip(*arranged(read), strict=True))
        outputs.append((folding(weight), column, weight, which, [a for a, _ in sides], [b for _, b in sides]))

    slope = operators[0][0].slope(ndim) if options.normalize else 1.0
    base, unit = extent if extent else (0.0, slope * options.divide)
    plan = Plan(
        tuple(CODES[t] for t in (dtype, line_type(lines, dtype, wide), wide, real, result)), ndim - 1,
        [(folding(list(weights)), places, weights) for places, weights in lines], outputs,
        BORDER_CODES[options.border], options.cval, options.border == "blank", [a for a, _ in shrink],
        FINISHES[finish], VIEW_CODES[options.view] if finish != "extent" else 0, base, unit, near_weights(outputs, wide),
    )  # fmt: skip
    return plan, result, shrink
