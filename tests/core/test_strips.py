"""The same bytes for any number of threads and any size of strip; threads that are there after a fork and for many callers at once."""

import hashlib
import os
import select
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import edgecalc as ec
from edgecalc.core import strips
from tests.reference import images, process

FINISHES = {
    "derivative": lambda image, **options: ec.sobel(image, **options),  # noqa: PLW0108 (the same form for all)
    "derivative y": lambda image, **options: ec.scharr(image, "y", **options),
    "difference": lambda image, **options: ec.forward(image, border="wrap", **options),
    "large": lambda image, **options: ec.sobel(image, ksize=9, **options),
    "decimals": lambda image, **options: ec.farid(image, **options),  # noqa: PLW0108
    "diagonal": lambda image, **options: ec.roberts(image, "anti", border="valid", **options),
    "blank": lambda image, **options: ec.central(image, border="blank", **options),
    "one-sided": lambda image, **options: ec.central(image, "y", border="one-sided", **options),
    "normalized": lambda image, **options: ec.prewitt(image, normalize=True, **options),
    "saturated": lambda image, **options: ec.sobel(image, dtype=np.int8, **options),
    "gradient": lambda image, **options: ec.gradient(image, border="symmetric", **options),
    "magnitude l2": lambda image, **options: ec.magnitude(image, **options),  # noqa: PLW0108
    "magnitude l1": lambda image, **options: ec.magnitude(image, "prewitt", "l1", border="constant", cval=3, **options),
    "orientation": lambda image, **options: ec.orientation(image, **options),  # noqa: PLW0108
    "polar": lambda image, **options: ec.polar(image, **options),  # noqa: PLW0108
    "view magnitude": lambda image, **options: ec.sobel(image, view="magnitude", **options),
    "view shift": lambda image, **options: ec.sobel(image, view="shift", **options),
    "view scale": lambda image, **options: ec.sobel(image, view="scale", **options),
    "samples": lambda image, **options: ec.differentiate(image, 0.1, 0, accuracy=4, **options),
}
SHAPES = ((1, 1), (1, 9), (9, 1), (3, 5), (7, 64), (65, 33), (5, 3000), (300, 2))


def some_image(shape, dtype, seed=0):
    return images.noisy_image(shape, dtype, seed) if np.dtype(dtype).kind == "f" else images.random_image(shape, dtype, seed)


def digest(result):
    parts = result if isinstance(result, tuple) else (result,)
    return hashlib.sha256(b"".join(str((each.dtype, each.shape)).encode() + each.tobytes() for each in parts)).hexdigest()


def room(name, shape):
    return name not in ("one-sided", "samples") or shape[0] >= 5


@pytest.fixture(scope="module")
def large():
    """Above a megapixel, where threads=None takes every core."""
    return {dtype: some_image((1100, 1000), dtype) for dtype in ("uint8", "float32")}


@pytest.mark.parametrize("name", FINISHES)
def test_any_number_of_threads_gives_the_bytes_of_one_on_small_images(name):
    call = FINISHES[name]
    for dtype in ("uint8", "uint16", "float32", "float64"):
        for shape in SHAPES:
            if room(name, shape):
                image = some_image(shape, dtype)
                expected = digest(call(image, threads=1))
                assert [digest(call(image, threads=n)) for n in (2, 3, 4, 5, 6, 7, 8, 31, None)] == [expected] * 9


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("name", FINISHES)
def test_any_number_of_threads_gives_the_bytes_of_one_on_large_images(name, dtype, large):
    call = FINISHES[name]
    expected = digest(call(large[dtype], threads=1))
    assert [digest(call(large[dtype], threads=n)) for n in (2, 3, 4, 5, 6, 7, 8, None)] == [expected] * 8


@pytest.mark.parametrize("name", ["derivative", "derivative y", "blank", "gradient", "magnitude l2", "polar", "view scale"])
def test_a_single_wide_row_is_cut_along_its_columns(name):
    image = some_image((1, 3_000_000), "uint8")
    call = FINISHES[name]
    expected = digest(call(image, threads=1))
    assert [digest(call(image, threads=n)) for n in (2, 3, 7, None)] == [expected] * 4


@pytest.mark.parametrize("name", ["derivative", "large", "gradient", "view scale"])
def test_a_single_tall_column_is_cut_along_its_rows(name):
    image = some_image((300_000, 1), "uint8")
    call = FINISHES[name]
    expected = digest(call(image, threads=1))
    assert [digest(call(image, threads=n)) for n in (2, 5, None)] == [expected] * 3


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_volumes_are_cut_like_images(axis):
    image = some_image((7, 30, 41), "float32")
    expected = digest(ec.sobel(image, axis, threads=1))
    assert [digest(ec.sobel(image, axis, threads=n)) for n in (2, 3, 8, 100, 500)] == [expected] * 5


CUTS = {
    "one each": lambda length: [(k, k + 1) for k in range(length)],
    "first alone": lambda length: [(0, 1), (1, length)],
    "last alone": lambda length: [(0, length - 1), (length - 1, length)],
    "threes": lambda length: [(k, min(k + 3, length)) for k in range(0, length, 3)],
    "growing": lambda length: [(k * k, min((k + 1) ** 2, length)) for k in range(int((length - 1) ** 0.5) + 1)],
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", FINISHES)
def test_strips_of_any_size_give_the_same_bytes(name, cut, monkeypatch):
    shapes = ((65, 33), (24, 2100))
    expected = [digest(FINISHES[name](some_image(shape, "float32"), threads=1)) for shape in shapes]
    used = []
    monkeypatch.setattr(strips, "cut", lambda length, parts: used.append(length) or CUTS[cut](length))
    assert [digest(FINISHES[name](some_image(shape, "float32"), threads=2)) for shape in shapes] == expected
    assert used


@pytest.mark.parametrize("length", [1, 2, 7, 100, 1001])
@pytest.mark.parametrize("parts", [1, 2, 3, 8, 100, 1024])
def test_cut_covers_everything_once_in_nearly_equal_parts(length, parts):
    ranges = strips.cut(length, parts)
    assert [k for first, last in ranges for k in range(first, last)] == list(range(length))
    sizes = {last - first for first, last in ranges}
    assert len(ranges) == min(parts, length) and max(sizes) - min(sizes) <= 1


def test_large_images_take_the_machine_and_small_ones_the_calling_thread():
    assert strips.count(None, 100_000) == 1
    assert strips.count(None, 100_000_000) == strips.cores()
    assert strips.count(3, 1) == 3


def test_an_error_in_a_strip_reaches_the_caller_and_the_threads_live_on():
    def fails(first, last):
        if first == 0:
            raise MemoryError("no memory for the rows of one tile")

    with pytest.raises(MemoryError, match="one tile"):
        strips.run(fails, 100, 4)
    image = some_image((64, 64), "uint8")
    assert digest(ec.sobel(image, threads=4)) == digest(ec.sobel(image, threads=1))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own(large):
    expected = digest(ec.polar(large["uint8"], threads=4))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, digest(ec.polar(large["uint8"], threads=4)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    try:
        assert select.select([reader], [], [], 60)[0], "the child hangs"
        assert os.read(reader, 1000).decode() == expected
    finally:
        os.close(reader)
        os.kill(child, 9)
        os.waitpid(child, 0)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_worker_processes_of_every_kind_give_the_same_bytes(method, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        f"""
import multiprocessing
import warnings
import numpy as np
import edgecalc as ec

def work(seed):
    return ec.sobel(np.random.default_rng(seed).integers(0, 256, (300, 400), np.uint8), threads=3).sum(dtype=np.int64, axis=1).tolist()

if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    here = [work(seed) for seed in range(4)]
    with multiprocessing.get_context("{method}").Pool(2) as pool:
        assert pool.map_async(work, range(4)).get(timeout=60) == here
    print("same")
"""
    )
    done = process.python(str(program), timeout=90)
    assert (done.returncode, done.stdout.strip()) == (0, "same"), done.stderr


def test_many_callers_at_once_get_their_own_results():
    jobs = [(name, shape, dtype) for name in FINISHES for shape in ((65, 33), (200, 300)) for dtype in ("uint8", "float32")]
    pictures = {job: some_image(job[1], job[2]) for job in jobs}
    expected = [digest(FINISHES[job[0]](pictures[job], threads=1)) for job in jobs]
    start = threading.Barrier(8)

    def caller(number):
        start.wait()
        return [digest(FINISHES[job[0]](pictures[job], threads=1 + number % 3)) for job in jobs]

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(caller, range(8)):
            assert found == expected


def test_one_image_may_be_read_by_many_callers(large):
    expected = digest(ec.magnitude(large["uint8"], threads=1))
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(lambda n: digest(ec.magnitude(large["uint8"], threads=n % 4 + 1)), range(24))) == {expected}


def test_an_interpreter_ends_while_its_threads_are_idle():
    program = "import numpy as np, edgecalc as ec; ec.sobel(np.zeros((2000, 1000), np.uint8), threads=4); print('end')"
    assert process.printed(program, timeout=60) == "end"


@pytest.mark.parametrize("before", ["", "ec.sobel(image, threads=2)"], ids=["first", "again"])
def test_what_is_called_while_the_interpreter_goes_down_works_on_one_thread(before):
    code = f"""
import atexit, numpy as np, edgecalc as ec
image = np.ones((2000, 1000), np.uint8)
atexit.register(lambda: print(ec.sobel(image, threads=2).shape))
{before}
"""
    assert process.printed(code) == "(2000, 1000)"
