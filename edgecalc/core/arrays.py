"""Every check of what a caller hands in: images, axes, borders, types, outputs. Behind this file nothing is checked again."""

from __future__ import annotations

import operator
import os
import sys
from collections.abc import Iterable
from math import frexp, inf, isfinite, ldexp
from typing import Any

import numpy as np

from edgecalc.core.kernels import CODES, luma

BORDERS = ("reflect", "symmetric", "edge", "wrap", "constant", "blank", "valid", "one-sided")
VIEWS = ("magnitude", "shift", "scale")
ELSEWHERE = {  # what other libraries call a border
    "replicate": "edge", "nearest": "edge", "mirror": "reflect", "reflect_101": "reflect", "reflect101": "reflect", "default": "reflect",
    "grid-mirror": "symmetric", "grid-wrap": "wrap", "grid-constant": "constant", "circular": "wrap", "zero": "constant",
}  # fmt: skip
NUMBERS = {dtype.num for dtype in CODES}
ACCEPTED = "bool, int8 to int64, uint8 to uint64, float16, float32, float64"
SQUARES = (1e-140, 1e150)  # float64 numbers whose squares neither vanish nor overflow
NO_LEVELS = ("P", "PA", "CMYK", "YCbCr", "HSV", "LAB", "La", "RGBa")  # Pillow's modes of other numbers


def image_array(image: Any, name: str = "image", *, axis: Any = None, gray: bool = False) -> np.ndarray:
    """`image` as a native, aligned array of one of the kernels' types whose last axis is contiguous; copied only when it is not one yet."""
    if type(image) is np.ndarray and image.ndim in (1, 2) and image.dtype.num in NUMBERS and stands_ready(image):
        return image
    if is_masked(image):
        hint = f", or pass {name}.data with mask=~np.ma.getmaskarray({name}) to what takes mask=" if name == "image" else ""
        raise TypeError(
            f"{name}: a masked array is not accepted, its hidden values would leak into their neighbours; fill it first: {name}.filled(value){hint}"
        )
    if getattr(image, "mode", None) in NO_LEVELS:
        raise TypeError(
            f"{name}: a picture of mode {image.mode} came, whose numbers are no levels of gray or of red, green and blue; "
            f'convert it first: {name}.convert("RGB")'
        )
    try:
        array = np.asarray(image)
    except ValueError as error:
        raise ValueError(f"{name}: a nested sequence whose rows differ in length is not accepted ({error})") from None
    if array.dtype.kind == "O" and array.ndim == 0:
        raise TypeError(f"{name}: {image!r:.60} came; an array is accepted{no_image(image)}")
    refuse_type(array.dtype, name)
    if array.ndim == 0:
        raise ValueError(f"{name}: a single number (0-d) has no neighbours; 1 or more dimensions are accepted")
    if array.ndim > 32:
        raise ValueError(f"{name}: {array.ndim} dimensions; up to 32 are accepted")
    colour = is_colour(array)
    if gray and axis is not None and array.ndim > 2 and not colour:
        raise ValueError(f"{name}: shape {array.shape} came; with gray=True (rows, columns) or (rows, columns, 1 to 4 channels) is accepted")
    if colour and (gray or isinstance(axis, str) or array.shape[-1] > 1 and not isinstance(axis, int | np.integer)):
        if not gray:
            volume = f"{name}[np.newaxis]" if axis is None else "an integer axis"
            raise ValueError(
                f"{name}: shape {array.shape} looks like a colour image; pass gray=True to take its luma, one channel such as {name}[..., 0], "
                f"or {volume} if it is a volume"
            )
        array = to_gray(array)
    if array.dtype.kind == "f" and array.dtype.itemsize == 2:
        return np.ascontiguousarray(array, np.float32)
    if array.dtype == bool:
        array = array.view(np.uint8)
        if array.max(initial=0) > 1:  # Pillow's True is 255
            array = np.not_equal(array, 0).view(np.uint8)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    array = array.view(np.dtype(array.dtype.str))  # long and long long are one type to the kernels
    return array if stands_ready(array) else np.array(array, order="C")


def stands_ready(array: np.ndarray) -> bool:
    """Native, aligned, and its columns adjacent."""
    return array.dtype.isnative and array.flags.aligned and array.strides[-1] == array.itemsize


def no_image(image: Any) -> str:
    """What to do with what is often taken for an image."""
    if image is None:
        return "; None is what cv2.imread gives for a file that it cannot read"
    return "; read the file first: np.asarray(PIL.Image.open(path))" if isinstance(image, os.PathLike) else ""


def dimensions(image: Any) -> int:
    return image.ndim if isinstance(image, np.ndarray) else image_array(image, axis=0).ndim


def flat(image: Any, name: str) -> np.ndarray:
    array = image_array(image, name, axis=0)
    if array.ndim != 2:
        raise ValueError(f"{name}: {array.ndim} dimension{'s' if array.ndim > 1 else ''} came; 2 are accepted")
    return array


def is_colour(array: np.ndarray) -> bool:
    return array.ndim == 3 and array.shape[-1] in (1, 2, 3, 4)


def planes_of(image: Any) -> np.ndarray:
    """Channels first, each a whole image."""
    array = image_array(image, axis=0)
    if array.ndim == 2:
        return array[np.newaxis]
    if is_colour(array):
        return np.ascontiguousarray(np.moveaxis(array, -1, 0))
    raise ValueError(f"image: shape {array.shape} came; (rows, columns) or (rows, columns, 1 to 4 channels) is accepted. Of a volume, take slices")


def reals(values: Any, name: str) -> np.ndarray:
    """Any array of real numbers, as it is."""
    if is_masked(values):
        raise TypeError(f"{name}: a masked array came; its values are accepted: {name}.compressed(), or {name}.filled(np.nan)")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name}: rows of one length are accepted ({error})") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: {array.dtype} came; real numbers are accepted")
    return array


def number(value: Any, name: str, least: float | None = None) -> float:
    accepted = "a number is" if least is None else f"a finite number of {least:g} or more is"
    size = as_number(value, name, accepted)
    if size != size or least is not None and not least <= size < inf:
        raise ValueError(f"{name}: {value!r:.60} came; {accepted} accepted")
    return size


def positive(value: Any, name: str, accepted: str = "one finite number above 0 is") -> float:
    size = as_number(value, name, accepted)
    if not 0 < size < inf:
        raise ValueError(f"{name}: {value!r:.60} came; {accepted} accepted")
    return size


def as_number(value: Any, name: str, accepted: str) -> float:
    """Whole numbers beyond all floats are infinite."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name}: {value!r:.60} came; {accepted} accepted")
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def power_of(step: float, order: int) -> float:
    """What a derivative of this order is divided by, for samples so far apart."""
    try:
        power = step**order
    except OverflowError:
        power = inf
    if power == 0 or not isfinite(power):
        raise ValueError(
            f"spacing: {step!r} came; one whose power {order}, by which the result is divided, is a float is accepted: choose another unit"
        )
    return power


def peak(values: np.ndarray, where: Any = True) -> float:
    """The largest size; NaN or infinity where there is one."""
    return float(max(values.max(initial=0, where=where), -values.min(initial=0, where=where)))


def finite_peak(values: np.ndarray, where: Any = True) -> float:
    largest = peak(values, where)
    return largest if isfinite(largest) else peak(values, np.logical_and(where, np.isfinite(values)))


def sound(values: np.ndarray, where: Any = True) -> tuple[np.ndarray, float]:
    """Scaled by a power of two where squares of its differences would overflow or vanish, and the factor that takes back."""
    largest = finite_peak(values, where)
    if largest == 0 or SQUARES[0] < largest < SQUARES[1]:
        return values, 1.0
    exponent = frexp(largest)[1] - 1  # one more would be no float for the largest of them
    with np.errstate(over="ignore"):  # of what does not count
        return np.ldexp(values, -exponent), ldexp(1.0, exponent)


def refuse_type(dtype: np.dtype, name: str) -> None:
    hints = {
        "c": f"differentiate {name}.real and {name}.imag",
        "O": f"convert it first: np.asarray({name}, dtype=float)",
        "U": f"read the file first: {name} = np.asarray(PIL.Image.open(path))",
        "f": f"convert it first: {name}.astype(np.float64)",
    }
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise TypeError(f"{name}: {dtype} is not accepted; use one of {ACCEPTED}" + (f", or {hints[dtype.kind]}" if dtype.kind in hints else ""))


def to_gray(colour: np.ndarray) -> np.ndarray:
    """BT.601 luma of a gray or an RGB image (Pillow's integer formula; plain weights for floats); alpha is composited on white."""
    if colour.dtype.kind != "f" and (colour.dtype.itemsize > 2 or colour.dtype.kind == "i"):
        raise TypeError(f"image: gray=True takes uint8, uint16 or float colours, not {colour.dtype}")
    if colour.dtype.kind == "f" and colour.shape[-1] in (2, 4) and not 0 <= colour[..., -1].min(initial=0) <= colour[..., -1].max(initial=0) <= 1:
        raise ValueError("image: alpha beyond 0 to 1 came; of floats these are accepted, or colours alone: image[..., :3]")
    if colour.dtype == bool:
        return to_gray(colour * np.uint8(255)) > 127
    kind = colour.dtype.newbyteorder("=") if colour.dtype.itemsize > 2 or colour.dtype.kind != "f" else np.dtype(np.float32)
    gray = np.empty(colour.shape[:2], kind)
    luma(np.require(colour, kind, "A"), gray)
    return gray


def axis_number(axis: Any, ndim: int) -> int:
    """ "x" is the last axis, "y" the one before it; an int counts as in NumPy."""
    names = {"x": -1, "y": -2}
    if isinstance(axis, str) and axis not in names or isinstance(axis, bool):
        raise ValueError(f'axis: {axis!r} came; "x" (last axis), "y" (the one before) or an int is accepted')
    try:
        number = names[axis] if isinstance(axis, str) else operator.index(axis)
    except TypeError:
        raise TypeError(f'axis: {axis!r} came; "x", "y" or an int is accepted') from None
    if not -ndim <= number < ndim:
        raise ValueError(f"axis: {axis!r} is out of range for an image of {ndim} dimension{'s' if ndim > 1 else ''}")
    return number % ndim


def one_of(value: Any, accepted: Iterable[str], name: str) -> str:
    if isinstance(value, str) and value in accepted:
        return value
    here = ELSEWHERE.get(value.lower().removeprefix("border_")) if name == "border" and isinstance(value, str) else None
    here = here or next((each for each in accepted if isinstance(value, str) and value.lower() == each.lower()), None)
    hint = f"; what you mean is called {here!r} here" if here else ""
    raise ValueError(f"{name}: {value!r} came; accepted are {', '.join(map(repr, accepted))}{hint}")


def whole(value: Any, name: str, low: int, high: int | None = None) -> int:
    """An int in low .. high."""
    accepted = f"an int of {low} or more" if high is None else f"an int from {low} to {high}"
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: {value!r} came; {accepted} is accepted") from None
    if isinstance(value, bool) or number < low or high is not None and number > high:
        raise ValueError(f"{name}: {value!r} came; {accepted} is accepted")
    return number


def dice_of(seed: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise ValueError(f"seed: {seed!r} came; an int of 0 or more, or a numpy.random.Generator, is accepted") from None


def truth(value: Any, name: str) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: {value!r} came; True or False is accepted")
    return bool(value)


def output_type(dtype: Any, name: str = "dtype") -> np.dtype:
    try:
        wanted = np.dtype(dtype)
    except TypeError as error:
        raise TypeError(f"{name}: {dtype!r} came, which is no NumPy type ({error})") from None
    wanted = np.dtype(wanted.newbyteorder("=").str)
    if wanted not in CODES:
        raise TypeError(f"{name}: {wanted} is not accepted for results; use one of {', '.join(map(str, CODES))}")
    return wanted


def as_asked(result: np.ndarray, dtype: Any, out: Any) -> np.ndarray:
    """What was made as floats: rounded and saturated once, at the end, where integers are asked for by `dtype` or by `out`."""
    out = out[0] if isinstance(out, tuple) and len(out) == 1 else out
    wanted = result.dtype if dtype is None and not isinstance(out, np.ndarray) else output_type(out.dtype if dtype is None else dtype)
    if wanted.kind in "iu":
        limits = np.iinfo(wanted)
        whole = np.rint(np.nan_to_num(result, posinf=np.inf, neginf=-np.inf))
        inside = (whole >= limits.min) & (whole < 2.0 ** (8 * wanted.itemsize - (wanted.kind == "i")))
        result = np.where(inside, np.where(inside, whole, 0).astype(wanted), np.where(whole < 0, limits.min, limits.max).astype(wanted))
    result = result.astype(wanted, copy=False)
    if out is None:
        return result
    check_out(out, result.shape, wanted)
    out[...] = result
    return out


def constant(cval: Any, dtype: np.dtype) -> bytes:
    """The constant border as one pixel, in eight bytes; refused if the image's type cannot hold it."""
    number = cval.item() if isinstance(cval, np.ndarray | np.generic) and cval.ndim == 0 else cval
    if not isinstance(number, int | float):
        raise TypeError(f"cval: {cval!r} came; a number is accepted")
    if dtype.kind == "f":
        limit = float(np.finfo(dtype).max)
        held = -limit <= number <= limit or number != number or abs(number) == inf
    else:
        held = int(np.iinfo(dtype).min) <= number <= int(np.iinfo(dtype).max) and number == int(number)
    if not held:
        raise ValueError(f"cval: {cval!r} came; one number that {dtype} can hold is accepted")
    return np.array(number, dtype).tobytes().ljust(8, b"\0")


def is_masked(array: Any) -> bool:
    """Whether it hides values. NumPy imports numpy.ma when first asked for it, which would cost a program that has no such array 12 ms."""
    return "numpy.ma" in sys.modules and isinstance(array, np.ma.MaskedArray)


def mask_array(mask: Any, shape: tuple[int, ...]) -> np.ndarray:
    """True where a pixel is known."""
    if is_masked(mask):
        raise TypeError("mask: a masked array came, which hides values of its own; fill it first: mask.filled(False)")
    array = np.asarray(mask)
    if array.dtype.kind not in "bui":
        raise TypeError(f"mask: {array.dtype} came; bool (True where the pixel counts) is accepted")
    if array.shape != tuple(shape):
        raise ValueError(f"mask: shape {array.shape} came; the image's, {tuple(shape)}, is accepted")
    return np.not_equal(array, 0, order="C")


def check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype) -> None:
    if not isinstance(out, np.ndarray) or is_masked(out):
        raise TypeError(f"out: {type(out).__name__} came; a NumPy array of shape {shape} and dtype {dtype} is accepted")
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(f"out: shape {out.shape} and dtype {out.dtype} came; shape {shape} and dtype {dtype} is accepted")
    if not out.flags.writeable:
        raise ValueError("out: it is read-only; a writeable array is accepted")


def writable_in_place(out: np.ndarray, image: np.ndarray) -> bool:
    """Whether the kernel may write straight into `out`: adjacent columns, aligned, apart from the image."""
    return out.flags.aligned and (out.shape[-1] <= 1 or out.strides[-1] == out.itemsize) and not np.may_share_memory(out, image)
