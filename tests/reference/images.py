"""Images whose awkwardness is the point: sizes, types, layouts."""

import numpy as np

INTEGERS = ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
FLOATS = ("float16", "float32", "float64")
DTYPES = (*INTEGERS, *FLOATS)
SIZES = ((1, 1), (1, 9), (9, 1), (2, 2), (2, 3), (3, 3), (5, 7), (17, 33), (64, 64))


def random_image(shape, dtype, seed=0):
    """The whole range of an integer type; small integers as floats, where every derivative is exact in float16 already."""
    rng = np.random.default_rng([seed, *shape])
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.kind == "f":
        return rng.integers(-30, 30, shape).astype(dtype)
    limits = np.iinfo(dtype)
    image = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    flat = image.reshape(-1)
    flat[rng.random(flat.size) < 0.3] = limits.max
    flat[rng.random(flat.size) < 0.3] = limits.min
    return image


def noisy_image(shape, dtype, seed=0):
    """Floats with all their digits."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


def misaligned(array):
    """The same numbers at an odd address."""
    memory = np.zeros(array.nbytes + 1, np.uint8)
    copy = memory[1:].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def spread(array, step=2):
    """The same numbers in every other place of the last axis."""
    memory = np.zeros((*array.shape[:-1], array.shape[-1] * step), array.dtype)
    view = memory[..., ::step]
    view[...] = array
    return view


def spread_rows(array):
    memory = np.zeros((array.shape[0] * 3, *array.shape[1:]), array.dtype)
    view = memory[1::3]
    view[...] = array
    return view


def backwards(array):
    """Both strides negative."""
    return np.ascontiguousarray(array[..., ::-1][::-1])[..., ::-1][::-1]


def read_only(array):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def big_endian(array):
    return array.astype(array.dtype.newbyteorder(">"))


LAYOUTS = {
    "contiguous": np.array,
    "column-sliced": spread,
    "row-sliced": spread_rows,
    "negative strides": backwards,
    "fortran": lambda array: np.array(array, order="F"),
    "transposed": lambda array: np.ascontiguousarray(np.swapaxes(array, 0, -1)).swapaxes(0, -1),
    "read-only": read_only,
    "misaligned": misaligned,
    "big-endian": big_endian,
    "misaligned big-endian": lambda array: misaligned(big_endian(array)),
    "broadcast": lambda array: np.broadcast_to(array, array.shape),
}
