"""Derivatives of images with missing pixels, and of pixels that are not square.

A stencil of the family is a row of differences along the axis, weighed across it:

    -1 0 1   x 1          known  known  known     a row counts where all its pixels are known;
    -2 0 2   x 2          known    ?    known     the weights of the rows that count are scaled up to their whole sum
    -1 0 1   x 1            ?    known  known

so a missing pixel's value never counts, and a ramp keeps its slope. Where no row is left, the result is NaN.
"""

from typing import Any

import numpy as np

from edgecalc.core import arrays
from edgecalc.core.plans import F32, F64, real_of
from edgecalc.core.slide import apply, placed, type_of
from edgecalc.stencils import HERE, Operator, Stencil, divided, separable


def derive(
    operators: tuple, image: Any, finish: str, options: tuple, out: Any, threads: Any, gray: Any, mask: Any = None, spacing: Any = None
) -> Any:
    """What `apply` does, for pixels `spacing` apart, some of them missing."""
    border, cval, normalize, view, dtype = options
    if spacing is not None:
        steps = distances(operators, image, spacing, gray)
        kind = arrays.image_array(image, axis=0).dtype
        if border == "one-sided" and mask is None:  # its ends are made of other rows
            wanted = (F32 if kind == F32 else F64) if dtype is None and view is None and out is None else dtype
            return apply(operators, image, finish, (border, cval, normalize, view, wanted, steps[0]), out, threads, gray)
        operators = tuple((divided(operator, step), axis) for (operator, axis), step in zip(operators, steps, strict=True))
        if finish in ("l1", "l2") and dtype is None and out is None:
            options = (border, cval, normalize, view, real_of(kind))
    if mask is None:
        return apply(operators, image, finish, options, out, threads, gray)
    array = arrays.image_array(image, axis=operators[0][1], gray=arrays.truth(gray, "gray"))
    known = arrays.mask_array(mask, array.shape)
    if dtype is None and out is not None and finish != "angle" and type_of(out) in (F32, F64):
        dtype = type_of(out)
    if view is not None or dtype is not None and arrays.output_type(dtype) not in (F32, F64):
        raise ValueError(
            f"mask: with it the results are fractions and NaN; view={view!r}, dtype={dtype!r} came, no view and float32 or float64 are accepted"
        )
    if border == "one-sided":
        raise ValueError('border: "one-sided" came; with mask= the others are accepted, such as "reflect" or "blank"')
    real = np.dtype(dtype) if dtype is not None else F32 if array.dtype == F32 else F64
    filled = np.where(known, array, array.dtype.type(0)).astype(F64)
    parts = [one_derivative(each, filled, known, border, cval, normalize, threads).astype(real, copy=False) for each in operators]
    if border == "valid":
        parts = [part[within(operators, array.shape)] for part in parts]
    return placed(finished(parts, finish), out)


def distances(operators: tuple, image: Any, spacing: Any, gray: Any) -> list[float]:
    """The distance of neighbours along each operator's axis, as often as it differentiates."""
    if any(operator.kind == "diagonal" for operator, _ in operators):
        raise ValueError('spacing: "roberts" came, which is for square pixels; the other operators are accepted')
    ndim = arrays.dimensions(image)
    ndim -= arrays.truth(gray, "gray") and ndim == 3
    steps = np.asarray(spacing, dtype=object).ravel()
    if len(steps) not in (1, ndim):
        raise ValueError(f"spacing: {spacing!r} came; one number, or one for each of the {ndim} axes, rows first, is accepted")
    for step in steps:
        arrays.positive(step, "spacing", "finite numbers above 0 are")
    return [
        arrays.power_of(float(steps[arrays.axis_number(axis, ndim) if len(steps) > 1 else 0]), operator.terms[0][1].derivative)
        for operator, axis in operators
    ]


def one_derivative(
    operator: tuple[Operator, Any], filled: np.ndarray, known: np.ndarray, border: str, cval: Any, normalize: Any, threads: Any
) -> np.ndarray:
    ((factor, along, across), *more), axis = operator[0].terms, arrays.axis_number(operator[1], filled.ndim)
    if more:
        raise ValueError('mask: "roberts" came, whose diagonals have no rows to weigh; the other operators are accepted')

    inner = "valid" if border == "blank" else border

    def slid(row: Stencil, column: Stencil, samples: np.ndarray, beyond: Any) -> np.ndarray:
        options = (inner, beyond, False, None, F64)
        return apply(((separable("masked", row, column), axis),), samples, "each", options, None, threads)

    ones = Stencil(0, 0, along.offsets, tuple(1 if n else 0 for n in along.numerators), 1)
    whole = slid(ones, HERE, known.view(np.uint8), 1) == sum(ones.numerators)
    weighed = slid(HERE, across, np.where(whole, slid(along, HERE, filled, cval), 0.0), 0)
    weight = slid(HERE, across, whole.astype(F64), 1)
    full = factor * (across.denominator / across.unit) ** (filled.ndim - 1)
    slope = operator[0].slope(filled.ndim) if arrays.truth(normalize, "normalize") else 1.0
    result = np.divide(weighed * (full / slope), weight, out=np.full_like(weighed, np.nan), where=weight > 0)
    if inner != "valid":
        return result
    framed = np.zeros(filled.shape)
    framed[within([operator], filled.shape)] = result
    return framed


def within(operators: list | tuple, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Where all the stencils fit."""
    sides = []
    for axis, size in enumerate(shape):
        offsets = [0]
        for operator, along_axis in operators:
            _, along, across = operator.terms[0]
            offsets += (along if axis == arrays.axis_number(along_axis, len(shape)) else across).offsets
        sides.append(slice(-min(offsets), max(-min(offsets), size - max(offsets))))
    return tuple(sides)


def finished(parts: list[np.ndarray], finish: str) -> tuple[np.ndarray, ...]:
    if finish == "each":
        return tuple(parts)
    x, y = parts
    results = []
    if finish != "angle":
        results.append(np.abs(x) + np.abs(y) if finish == "l1" else np.hypot(x, y))
    if finish in ("angle", "polar"):
        results.append(np.arctan2(y, x).astype(np.float32))
    return tuple(results)
