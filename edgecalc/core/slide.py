"""The door: an operator from the table, slid over an array.

image ── arrays: checked ── plans: made ready for its type ── strips: threads ── the compiled plan ── out
"""

from dataclasses import replace
from typing import Any

import numpy as np

from edgecalc import stencils
from edgecalc.core import arrays, strips
from edgecalc.core.plans import F32, Options, build
from edgecalc.stencils import Operator

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
        first, last = k + min(end.offsets), k + max(end.offsets) + 1
        there = replace(inner, dtype=result, divide=options.divide * (1 if options.normalize else end.denominator / row.denominator))
        apply(((stencils.separable(operator.name, end), axis),), array[place(first, last)], finish, fields(there), target[place(k, k + 1)], 1)
    if target is not whole:
        whole[...] = target
    return whole


def fields(options: Options) -> tuple:
    return options.border, 0, options.normalize, options.view, options.dtype, options.divide
