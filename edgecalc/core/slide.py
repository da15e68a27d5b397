"""The door: an operator from the table, slid over an array.

image ── arrays: checked ── plans: made ready for its type ── strips: threads ── the compiled plan ── out
"""

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from edgecalc import stencils
from edgecalc.core import arrays, strips
from edgecalc.core.kernels import empty
from edgecalc.core.plans import F32, Options, build, shows
from edgecalc.stencils import Operator

_ready: dict[tuple, Any] = {}  # plans of earlier calls by the caller's own words: small images go straight to them
ONE_SIDED = 'border: "one-sided" is for forward, backward, central and differentiate without view="scale"; use "reflect" or "edge"'


def apply(operators: tuple, image: Any, finish: str, options: tuple, out: Any = None, threads: Any = None, gray: bool = False) -> Any:
    """Slide ((operator, axis), ...) over the image. `options` are the fields of Options; one array comes back, or a pair."""
    key = None
    if plain(operators[0][1], options, threads, gray):
        try:
            types = None if out is None else tuple(each.dtype for each in out) if type(out) is tuple else out.dtype
            key = (operators, finish, options, image.dtype, types)
            done = _ready[key].small(image, out)
            if done is not None:
                return done
        except (AttributeError, KeyError, TypeError):
            pass
    array = arrays.image_array(image, axis=operators[0][1], gray=arrays.truth(gray, "gray"))
    asked = Options(*options)
    if out is not None and asked.dtype is None:
        asked = asked._replace(dtype=type_of(out))
        if asked.view is not None:
            shows(asked.dtype, "out")
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


def type_of(out: Any) -> np.dtype | None:
    """What the caller's own output, or the first of a pair, says of the type that is wanted."""
    dtype = getattr(out[0] if isinstance(out, tuple | list) and out else out, "dtype", None)
    return None if dtype is None else arrays.output_type(dtype, "out")


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
    outs, fresh = new_outputs(shrunk(array, shrink), types) if out is None else (checked_outputs(out, shrunk(array, shrink), types), False)
    targets = [each if arrays.writable_in_place(each, array) else np.empty_like(each, order="C") for each in outs]
    slide(plan, array, targets, threads, fresh)
    for each, target in zip(outs, targets, strict=True):
        if each is not target:
            each[...] = target
    return outs[0] if len(outs) == 1 else tuple(outs)


def new_outputs(shape: tuple[int, ...], types: list) -> tuple[list[np.ndarray], bool]:
    """And whether the system has still to clear the memory of one."""
    made = [empty(shape, dtype) for dtype in types]
    return [each for each, _ in made], any(fresh for _, fresh in made)


def checked_outputs(out: Any, shape: tuple[int, ...], types: list) -> list[np.ndarray]:
    """Those that the caller brought."""
    outs = list(out) if isinstance(out, tuple | list) else [out]
    if len(outs) != len(types):
        raise ValueError(f"out: {len(outs)} array{'s' if len(outs) > 1 else ''} came; {'a tuple of 2' if len(types) > 1 else 'one'} is accepted")
    for each, dtype in zip(outs, types, strict=True):
        arrays.check_out(each, shape, dtype)
    if len(outs) == 2 and np.may_share_memory(outs[0], outs[1]):
        raise ValueError("out: the two arrays overlap; separate ones are accepted")
    return outs


def shrunk(array: np.ndarray, shrink: list) -> tuple[int, ...]:
    return tuple(max(0, n - a - b) for n, (a, b) in zip(array.shape, shrink, strict=True))


def slide(plan, array: np.ndarray, targets: list[np.ndarray], threads: Any, fresh: bool = False) -> tuple[float, float]:
    """Cut along the rows, or along the columns where there are few rows."""
    first, second = targets[0], targets[1] if len(targets) == 2 else None
    columns = first.shape[-1]
    rows = first.size // columns if columns else 0
    parts = strips.count(threads, first.size)
    if not rows:
        return 0.0, 0.0
    if parts == 1:
        return plan.strip(array, first, second, 0, rows, 0, columns, fresh)
    if rows >= parts:
        extents = strips.run(lambda a, b: plan.strip(array, first, second, a, b, 0, columns, fresh), rows, parts)
    else:
        extents = strips.run(lambda a, b: plan.strip(array, first, second, 0, rows, a, b, fresh), columns, parts)
    return min(low for low, _ in extents), max(high for _, high in extents)


def scaled(operators: tuple, array: np.ndarray, options: Options, out: Any, threads: Any) -> Any:
    """view="scale": for each derivative, one pass finds its range, a second writes the picture."""
    if len(operators) == 1:
        return scaled_one(operators[0], array, options, out, threads)
    return placed(tuple(scaled_one(each, array, options, None, threads) for each in operators), out)


def placed(results: tuple[np.ndarray, ...], out: Any) -> Any:
    """What was made in memory of its own, in the caller's outputs where there are any."""
    if out is not None:
        outs = checked_outputs(out, results[0].shape, [result.dtype for result in results])
        for each, result in zip(outs, results, strict=True):
            each[...] = result
        results = tuple(outs)
    return results[0] if len(results) == 1 else results


def scaled_one(operator: tuple[Operator, int], array: np.ndarray, options: Options, out: Any, threads: Any) -> Any:
    plan, _, shrink = build((operator,), "extent", array.ndim, array.dtype, options)
    low, high = slide(plan, array, [np.broadcast_to(np.uint8(0), shrunk(array, shrink))], threads)
    unit = high - low
    low, unit = (low, unit) if 0 < unit < float("inf") else (0.0, float("inf"))  # one value, or none: all 0
    plan, result, shrink = build.__wrapped__((operator,), "each", array.ndim, array.dtype, options, (low, unit))
    return run(plan, array, "each", result, shrink, out, threads)


def with_one_sided_ends(operators: tuple, array: np.ndarray, finish: str, options: Options, out: Any, threads: Any) -> Any:
    """border="one-sided": the stencil where it fits, and nearer to an end those of at least the same accuracy that stay inside.

    samples of the axis       | stride | stride |  where it fits  | stride | stride |        here for a stencil that reaches 2 strides
    strides before or behind      0        1                          1        0
    """
    (operator, axis), *more = operators
    row = operator.one_row
    if more or row is None or finish != "each" or options.view == "scale":
        raise ValueError(ONE_SIDED)
    inner = options._replace(border="valid")
    result = build(((operator, 0),), finish, 2, array.dtype, inner)[1]
    (whole,), fresh = new_outputs(array.shape, [result]) if out is None else (checked_outputs(out, array.shape, [result]), False)
    if not array.size:
        return whole
    array = np.ascontiguousarray(array)
    target = whole if whole.flags.carray and not np.may_share_memory(whole, array) else np.empty(array.shape, result)
    size, apart, before, after = array.shape[axis], prod(array.shape[axis + 1 :]), max(0, -min(row.offsets)), max(0, max(row.offsets))
    ends = ends_of(operator, size, before, after)
    fitting = slice(before * apart, array.size - after * apart)  # with what lies between two lines of the axis: the ends are written last
    slide_flat(operator, inner, array, before, apart, target.reshape(-1)[fitting], threads, fresh)
    lines, written, inner = array.reshape(-1, size, apart), target.reshape(-1, size, apart), inner._replace(dtype=result)
    for near, there, blocks in ends:
        source = np.ascontiguousarray(lines[:, near].swapaxes(0, 1))
        found = np.empty((there.stop - there.start, *source.shape[1:]), result)
        for end, first, larger in blocks:
            block = found[first - there.start :][: row.stride].reshape(-1)
            slide_flat(
                end, inner if options.normalize or larger == 1 else inner._replace(divide=options.divide * larger),
                source, first - near.start, found[0].size, block, threads,
            )  # fmt: skip
        written[:, there] = found.swapaxes(0, 1)
    if target is not whole:
        whole[...] = target
    return whole


@lru_cache(maxsize=256)
def ends_of(operator: Operator, size: int, before: int, after: int) -> list[tuple[slice, slice, list]]:
    """For each end: the samples that are read, those that are written, and of these the operator, the first of each stride, and how much larger it comes out."""
    row = operator.terms[0][1]
    taps, stride = row.derivative + row.accuracy, row.stride
    if size < taps * stride:
        raise ValueError(
            f"samples: {size} along the axis; a derivative of order {row.derivative} and accuracy {row.accuracy} needs {taps * stride} or more"
            + (f" at stride {stride}" if stride > 1 else "")
        )

    def made(before: int, after: int, first: int) -> tuple[Operator, int, float]:
        end = stencils.separable(operator.name, stencils.one_sided(row.derivative, row.accuracy, before, after).stretched(stride))
        return end, first, end.slope() / operator.slope()

    first = [made(k, taps, k * stride) for k in range(before // stride)]
    last = [made(taps, k, size - (k + 1) * stride) for k in range(after // stride)]
    ends = (slice(0, taps * stride), slice(0, before), first), (slice(size - taps * stride, size), slice(size - after, size), last)
    return [end for end in ends if end[2]]


def slide_flat(
    operator: Operator, options: Options, source: np.ndarray, first: int, apart: int, target: np.ndarray, threads: Any, fresh: bool = False
) -> None:
    """Results for the samples from `first` on, as many as the flat target takes; neighbours lie `apart` numbers apart in memory.

    The memory is seen as overlapping rows, each `apart` numbers further on, so the plan has one long row to make however short the lines are.
    """
    plan, _, [(before, after), _] = build(((operator, 0),), "each", 2, source.dtype, options)
    step = source.itemsize
    rows = np.ndarray((before + after + 1, target.size), source.dtype, source, (first - before) * apart * step, (apart * step, step))
    slide(plan, rows, [target[np.newaxis]], threads, fresh)
