"""The door: an operator from the table, slid over an array.

    image ── arrays: checked ── build: a plan for its type ── strips: threads ── the compiled plan ── out

A plan is made of lines and outputs. Each line is a vertical weighted sum of rows, each output a horizontal weighted sum
of lines; that one shape holds a difference along any axis, the 3x3 family, larger separable kernels and Roberts' cross.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from edgecalc import stencils
from edgecalc.core import arrays, strips
from edgecalc.core.kernels import CODES, Plan
from edgecalc.stencils import Operator, Stencil

FINISHES = {"each": 0, "l2": 1, "l1": 2, "angle": 3, "polar": 4, "extent": 5}
BORDER_CODES = {"reflect": 0, "symmetric": 1, "edge": 2, "wrap": 3, "constant": 4, "blank": 2, "valid": 2}
VIEW_CODES = {None: 0, "magnitude": 1, "shift": 2, "scale": 3}
PLAIN, SUM, DIFFERENCE = 0, 1, -1
WIDE = tuple(map(np.dtype, ("int16", "int32", "int64")))
U8, F32, F64 = np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64)


@dataclass(frozen=True)
class Options:
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
            if self.dtype is not None and arrays.output_type(self.dtype) not in (U8, F32, F64):
                raise TypeError(f"dtype: {np.dtype(self.dtype)} came; a view is a picture of uint8, float32 or float64")
        return replace(
            self,
            cval=arrays.constant(self.cval, dtype) if self.border == "constant" else bytes(8),
            normalize=arrays.truth(self.normalize, "normalize"),
            dtype=None if self.dtype is None else arrays.output_type(self.dtype),
        )


def taps(operator: Operator, axis: int, ndim: int) -> list[tuple[tuple, tuple, list]]:
    """The operator along `axis` as lines with what is read of each: (places on the outer axes, weights, [(column, weight)])."""
    pieces = []
    for sign, along, across in operator.terms:
        rows = [weighed(along if k == axis else across, operator.exact) for k in range(ndim)]
        places = tuple(product(*([o for o, _ in row] for row in rows[:-1])))
        weights = tuple(np.prod(list(each), dtype=object) for each in product(*([w for _, w in row] for row in rows[:-1])))
        pieces.append((places, weights, [(o, sign * w) for o, w in rows[-1]]))
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


def wide_type(operators: list[Operator], kernels: list[dict], dtype: np.dtype, result: np.dtype | None) -> np.dtype:
    """The smallest type that no image of `dtype` can overflow: exact integers where they fit, else floats. What wraps on the way to a sum wraps back."""
    if dtype.kind == "f":
        return F64 if dtype == F64 or (result is not None and result == F64) else F32  # NumPy reads None as float64
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    if not all(operator.exact for operator in operators):
        return F64
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
    """Lines may be narrower than what is made of them: half the bytes, and cheaper products."""
    if wide.kind == "f":
        return wide
    reach = max(sum(map(abs, weights)) for _, weights in lines) * max(int(np.iinfo(dtype).max), -int(np.iinfo(dtype).min))
    return next(each for each in WIDE if each == wide or each.itemsize >= dtype.itemsize and reach <= np.iinfo(each).max)


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


def result_type(finish: str, options: Options, dtype: np.dtype, wide: np.dtype) -> np.dtype:
    if options.dtype is not None:
        return options.dtype
    real = F32 if dtype == F32 or dtype.kind in "iu" and dtype.itemsize <= 2 else F64
    if finish == "angle":
        return F32
    if finish == "each":
        return U8 if options.view else real if options.normalize and wide.kind == "i" else wide
    return U8 if dtype == U8 and not options.normalize and finish != "polar" else real


def folding(weights: list) -> int:
    if len(weights) > 1 and weights == weights[::-1]:
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
    kernels = [dense(each) for each in pieces]
    wide = wide_type([operator for operator, _ in operators], kernels, dtype, options.dtype)
    result = result_type(finish, options, dtype, wide)
    real = F32 if wide in (WIDE[0], F32) and options.view != "scale" and result != F64 else F64
    reach = [[(max(0, -min(p[k] for p in kernel)), max(0, max(p[k] for p in kernel))) for k in range(ndim)] for kernel in kernels]
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
        read.sort(key=lambda tap: tap[0])
        column, which, weight = map(list, zip(*read, strict=True))
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


_ready: dict[tuple, Any] = {}  # plans of earlier calls by the caller's own words: small images go straight to them


def apply(operators: tuple, image: Any, finish: str, options: tuple, out: Any = None, threads: Any = None, gray: bool = False) -> Any:
    """Slide ((operator, axis), ...) over the image. `options` are the fields of Options; one array comes back, or a pair."""
    key = None
    if plain(operators[0][1], options, threads, gray):
        try:
            key = (operators, finish, options, image.dtype, None if out is None else out.dtype)
            done = _ready[key].small(image, out)
            if done is not None:
                return done
        except (AttributeError, KeyError, TypeError):
            pass
    array = arrays.image_array(image, axis=operators[0][1], gray=arrays.truth(gray, "gray"))
    asked = Options(*options)
    if out is not None and asked.dtype is None:
        asked = replace(asked, dtype=getattr(out[0] if isinstance(out, tuple) and out else out, "dtype", None))
    checked = asked.checked(array.dtype)
    numbered = tuple((operator, arrays.axis_number(axis, array.ndim)) for operator, axis in operators)
    if checked.border == "one-sided":
        return with_one_sided_ends(numbered, array, finish, checked, out, threads)
    if checked.view == "scale":
        return scaled(numbered, array, checked, out, threads)
    plan, result, shrink = build(numbered, finish, array.ndim, array.dtype, checked)
    if key is not None and isinstance(image, np.ndarray) and array.ndim <= 2 and checked.border != "valid":
        if len(_ready) > 4096:
            _ready.clear()
        _ready[key] = plan
    return run(plan, array, finish, result, shrink, out, threads)


def plain(axis: Any, options: tuple, threads: Any, gray: Any) -> bool:
    """Whether equal words mean the same: to a dictionary, 1 and True are one."""
    _, cval, normalize, *_ = options
    return (
        gray is False and type(axis) is str and type(normalize) is bool and type(cval) in (int, float)
        and (threads is None or (type(threads) is int and threads == 1))
    )  # fmt: skip


def run(plan, array: np.ndarray, finish: str, result: np.dtype, shrink: list, out: Any, threads: Any) -> Any:
    """The plan over the whole array, strip by strip, into `out` or new arrays."""
    types = {"angle": [F32], "polar": [result, F32]}.get(finish, [result] * plan.results)
    outs = outputs_of(out, shrunk(array, shrink), types)
    targets = [each if arrays.writable_in_place(each, array) else np.empty_like(each, order="C") for each in outs]
    slide(plan, array, targets, threads)
    for each, target in zip(outs, targets, strict=True):
        if each is not target:
            each[...] = target
    return outs[0] if len(outs) == 1 else tuple(outs)


def outputs_of(out: Any, shape: tuple[int, ...], types: list) -> list[np.ndarray]:
    """New arrays, or those that the caller brought, checked."""
    if out is None:
        return [np.empty(shape, dtype) for dtype in types]
    outs = list(out) if isinstance(out, tuple) else [out]
    if len(outs) != len(types):
        raise ValueError(f"out: {len(outs)} array{'s' if len(outs) > 1 else ''} came; {'a tuple of 2' if len(types) > 1 else 'one'} is accepted")
    for each, dtype in zip(outs, types, strict=True):
        arrays.check_out(each, shape, dtype)
    if len(outs) == 2 and np.may_share_memory(outs[0], outs[1]):
        raise ValueError("out: the two arrays overlap; separate ones are accepted")
    return outs


def shrunk(array: np.ndarray, shrink: list) -> tuple[int, ...]:
    return tuple(max(0, n - a - b) for n, (a, b) in zip(array.shape, shrink, strict=True))


def slide(plan, array: np.ndarray, targets: list[np.ndarray], threads: Any) -> tuple[float, float]:
    """Cut along the rows, or along the columns where there are few rows."""
    first, second = targets[0], targets[1] if len(targets) == 2 else None
    columns = first.shape[-1]
    rows = first.size // columns if columns else 0
    parts = strips.count(threads, first.size)
    if not rows:
        return 0.0, 0.0
    if rows >= parts:
        extents = strips.run(lambda a, b: plan.strip(array, first, second, a, b, 0, columns), rows, parts)
    else:
        extents = strips.run(lambda a, b: plan.strip(array, first, second, 0, rows, a, b), columns, parts)
    return min(low for low, _ in extents), max(high for _, high in extents)


def scaled(operators: tuple, array: np.ndarray, options: Options, out: Any, threads: Any) -> Any:
    """view="scale": for each derivative, one pass finds its range, a second writes the picture."""
    if len(operators) == 1:
        return scaled_one(operators[0], array, options, out, threads)
    pictures = tuple(scaled_one(each, array, options, None, threads) for each in operators)
    if out is None:
        return pictures
    for each, picture in zip(outputs_of(out, pictures[0].shape, [picture.dtype for picture in pictures]), pictures, strict=True):
        each[...] = picture
    return out


def scaled_one(operator: tuple[Operator, int], array: np.ndarray, options: Options, out: Any, threads: Any) -> Any:
    plan, _, shrink = build((operator,), "extent", array.ndim, array.dtype, options)
    low, high = slide(plan, array, [np.broadcast_to(np.uint8(0), shrunk(array, shrink))], threads)
    unit = high - low
    low, unit = (low, unit) if 0 < unit < float("inf") else (0.0, float("inf"))  # one value, or none: all 0
    plan, result, shrink = build.__wrapped__((operator,), "each", array.ndim, array.dtype, options, (low, unit))
    return run(plan, array, "each", result, shrink, out, threads)


def with_one_sided_ends(operators: tuple, array: np.ndarray, finish: str, options: Options, out: Any, threads: Any) -> Any:
    """border="one-sided": the stencil where it fits, and at each end one of at least the same accuracy that stays inside."""
    (operator, axis), *more = operators
    row = operator.one_row
    if more or row is None or finish != "each" or options.view == "scale":
        raise ValueError('border: "one-sided" is for forward, backward, central and differentiate without view="scale"; use "reflect" or "edge"')
    size = array.shape[axis]
    before, after = max(0, -min(row.offsets)), max(0, max(row.offsets))
    inner = replace(options, border="valid")
    result = build(operators, finish, array.ndim, array.dtype, inner)[1]
    whole = np.empty(array.shape, result) if out is None else out
    arrays.check_out(whole, array.shape, result)
    target = whole if not np.may_share_memory(whole, array) else np.empty(array.shape, result)

    def place(first: int, last: int) -> tuple:
        return (slice(None),) * axis + (slice(first, last),)

    if size > before + after:
        apply(operators, array, finish, fields(inner), target[place(before, size - after)], threads)
    for k in [*range(min(before, size)), *range(max(before, size - after), size)]:
        end = stencils.one_sided(row.derivative, row.accuracy, k, size - 1 - k)
        ratio = Fraction(row.denominator, end.denominator)
        first, last = k + min(end.offsets), k + max(end.offsets) + 1
        there = replace(inner, dtype=result, divide=options.divide if options.normalize else float(1 / ratio))
        apply(((stencils.separable(operator.name, end), axis),), array[place(first, last)], finish, fields(there), target[place(k, k + 1)], 1)
    if target is not whole:
        whole[...] = target
    return whole


def fields(options: Options) -> tuple:
    return options.border, 0, options.normalize, options.view, options.dtype, options.divide
