"""edgecalc beside its twins: one call for every operator, one comparison for every type."""

import numpy as np

import edgecalc as ec
from tests.reference import twins

ROBERTS = ("main", "anti")
ALL = (*twins.OPERATORS, *ROBERTS)


def applied(name, image, axis="x", **options):
    """Any operator by its name; Roberts' two by their diagonals."""
    if name in ROBERTS:
        return ec.roberts(image, name, **options)
    return getattr(ec, name)(image, axis, **options)


def axes_of(name):
    return ("x",) if name in ROBERTS else ("x", "y")


def range_of(dtype):
    dtype = np.dtype(dtype)
    return (0, 255) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))


def result_type(name, dtype, ksize=3, order=1):
    """Promise 2 of the design, worked out from the kernel's own weights."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return np.dtype(np.float64 if dtype == np.float64 else np.float32)
    if name == "farid":
        return np.dtype(np.float64)
    return twins.smallest_exact(twins.kernel_of(name, "x", ksize, order)[0], *range_of(dtype))


def assert_equals_twin(result, rows, image, kernel=None, cval=0):
    """Integers bit for bit; floats too where nothing is rounded on the way (no `kernel` given), else within what rounding can do."""
    assert result.shape == (len(rows), len(rows[0]) if rows else result.shape[1])
    if not result.size:
        return
    expected = np.array(rows, object)
    if kernel is None:
        np.testing.assert_array_equal(result.astype(object), expected)
        return
    taps = sum(w != 0 for row in kernel for w in row)
    largest = max(abs(float(image.max())), abs(float(image.min())), abs(cval))
    reach = sum(abs(float(w)) for row in kernel for w in row) * largest
    error = np.abs(result.astype(np.float64) - expected.astype(np.float64)).max()
    assert error <= 4 * np.sqrt(taps) * np.finfo(result.dtype).eps * reach


def is_exact(name, image, ksize=3, order=1):
    """Whether every number on the way to the result is an integer that its type holds."""
    if name == "farid":
        return False
    if image.dtype.kind == "f":
        return ksize <= 7
    return result_type(name, image.dtype, ksize, order).kind == "i"
