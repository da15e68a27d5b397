"""Large results take the memory that earlier ones have left."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import edgecalc as ec
from edgecalc import _memory
from edgecalc.core.kernels import empty
from tests.reference import images, process

MIB = 1 << 20
handler_of = np._core.multiarray.get_handler_name
REUSES = handler_of(empty((_memory.LARGE,), np.uint8)[0]) == "edgecalc"
SMAPS = Path("/proc/self/smaps_rollup")

where_reused = pytest.mark.skipif(not REUSES, reason="this system cannot be told that memory is free while it is kept")
IMAGE = np.tile(images.random_image((50, 40), "uint8"), (40, 60))


def block(mebibytes):
    return empty((mebibytes, MIB), np.uint8)


def address(array):
    return array.__array_interface__["data"][0]


def test_small_arrays_are_numpys():
    array, fresh = empty((3, _memory.LARGE // 8 - 1), np.int16)
    assert (array.shape, array.dtype, fresh, handler_of(array)) == ((3, _memory.LARGE // 8 - 1), np.int16, False, "default_allocator")


def test_large_arrays_are_ordinary_and_only_they_are_ours():
    array, _ = empty((40, MIB // 4), np.float32)
    assert (array.shape, array.dtype) == ((40, MIB // 4), np.float32)
    assert array.flags.owndata and array.flags.carray and array.base is None and address(array) % 64 == 0
    assert handler_of() == handler_of(np.empty(40 * MIB, np.uint8)) == handler_of(array + 1) == "default_allocator"
    with pytest.raises(ValueError, match="negative"):
        empty((-5, -40 * MIB), np.uint8)
    with pytest.raises(MemoryError):
        empty((1 << 60,), np.uint8)
    assert handler_of() == "default_allocator"


@where_reused
def test_what_a_result_leaves_is_taken_by_the_next_of_its_size():
    first, _ = block(40)
    second, fresh = block(40)
    assert fresh or address(second) != address(first)
    first[:], second[:] = 1, 2
    assert not np.may_share_memory(first, second) and (first == 1).all()
    place = address(first)
    del first
    larger, larger_fresh = block(46)
    assert larger_fresh and address(larger) != place
    smaller, smaller_fresh = block(37)
    assert (smaller_fresh, address(smaller)) == (False, place)
    smaller[:] = 3
    assert (second == 2).all()


@where_reused
def test_half_the_size_leaves_the_memory_of_the_whole_alone():
    whole, _ = block(60)
    place = address(whole)
    del whole
    half, _ = block(30)
    assert address(half) != place


@where_reused
def test_growing_and_shrinking_in_place_keeps_the_numbers():
    array, _ = empty((20 * MIB,), np.uint8)
    array[:] = np.arange(20 * MIB, dtype=np.uint32).astype(np.uint8)
    expected = array.copy()
    array.resize(31 * MIB, refcheck=False)
    np.testing.assert_array_equal(array[: 20 * MIB], expected)
    array.resize(9 * MIB, refcheck=False)
    np.testing.assert_array_equal(array, expected[: 9 * MIB])


@where_reused
def test_objects_begin_as_none():
    """NumPy asks for cleared memory where it keeps references."""
    for _ in range(2):
        array, _ = empty((2 * MIB,), object)
        assert all(each is None for each in array[:: MIB // 8])
        array[:] = 1


def kept_after_many_sizes():
    """Bytes of address space that this process has taken for blocks that are all gone."""
    before = int(Path("/proc/self/statm").read_text().split()[0])
    for size in range(300, 700, 40):
        block(size)
    for size in range(10, 300, 20):
        block(size)
    return (int(Path("/proc/self/statm").read_text().split()[0]) - before) * os.sysconf("SC_PAGE_SIZE")


def is_marked_free():
    """Bytes of 100 MiB that the system may take, before and after a result is gone."""

    def lazily_free():
        return sum(int(line.split()[1]) * 1024 for line in SMAPS.read_text().splitlines() if line.startswith("LazyFree"))

    array, _ = block(100)
    array[:] = 1
    held = lazily_free()
    del array
    return held, lazily_free()


def gives_back_where_memory_is_short():
    """A block that does not fit beside the one that is kept, and then one that fits nowhere."""
    import resource

    block(300)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (taken + 100 * MIB,) * 2)
    array, fresh = block(350)
    try:
        block(400)
    except MemoryError:
        return array.nbytes, fresh
    return None


def measured(expression):
    return eval(process.printed(f"from tests.core import test_new_arrays as t; print(t.{expression})"))


@where_reused
@pytest.mark.skipif(not SMAPS.exists(), reason="this system has no /proc/self/smaps_rollup to read the memory in use from")
def test_what_is_kept_has_an_end_and_is_the_systems_where_memory_is_short():
    assert measured("kept_after_many_sizes()") <= (1 << 30) + 16 * MIB
    held, left = measured("is_marked_free()")
    assert held == 0 and left >= 96 * MIB
    assert measured("gives_back_where_memory_is_short()") == (350 * MIB, True)


CALLS = {
    "sobel": lambda image, threads: ec.sobel(image, dtype=np.float64, threads=threads),
    "blank": lambda image, threads: ec.sobel(image, "y", ksize=7, border="blank", dtype=np.float64, threads=threads),
    "gradient": lambda image, threads: ec.gradient(image, threads=threads),
    "polar": lambda image, threads: ec.polar(image, threads=threads),
    "one-sided": lambda image, threads: ec.differentiate(image.astype(np.float64), 0.5, threads=threads),
    "canny": lambda image, threads: ec.canny(np.tile(image, (2, 1)), 50, 100, threads=threads),
    "canny sigma": lambda image, threads: ec.canny(image, 50, 100, sigma=1.0, return_stages=True, threads=threads).edges,
}


@pytest.mark.parametrize("name", CALLS)
def test_results_are_the_same_in_memory_that_was_used(name):
    """What was in it would show."""
    expected = CALLS[name](IMAGE, 1)
    for threads in (1, 2):
        result = CALLS[name](IMAGE, threads)
        np.testing.assert_array_equal(result, expected)
        for each in result if isinstance(result, tuple) else (result,):
            each.view(np.uint8)[:] = 0xA5
        del result, each


def test_threads_of_the_caller_get_memory_of_their_own():
    pictures = [np.full((2048, 4096), k, np.uint8) for k in range(6)]

    def work(image):
        return [int(ec.gaussian(image, 1.0, dtype=np.float32, threads=1).max()) for _ in range(4)]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, pictures)) == [[k] * 4 for k in range(6)]


@where_reused
def test_nothing_is_kept_where_that_is_not_wanted():
    held, _ = block(48)
    block(60)
    _memory.reuse(False)
    try:
        del held
        assert handler_of(block(48)[0]) == "default_allocator"
        _memory.reuse(True)
        assert block(60)[1] and block(48)[1]
    finally:
        _memory.reuse(True)


@pytest.mark.parametrize("wanted", ["no", 0, 1, None])
def test_memory_is_kept_or_not(wanted):
    with pytest.raises(TypeError, match=f"wanted: {wanted!r} came; True or False is accepted"):
        _memory.reuse(wanted)
