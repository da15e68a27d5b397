"""Nothing is leaked, caches have an end, a call takes little beyond its output, and an image may have more than 2^31 pixels."""

import gc
import os
import sys
from pathlib import Path

import numpy as np
import pytest

import edgecalc as ec
from edgecalc.core import slide
from tests.reference import images, process

STATM = Path("/proc/self/statm")
STATUS = Path("/proc/self/status")
MIB = 1 << 20

needs_proc = pytest.mark.skipif(not STATM.exists(), reason="this system has no /proc/self/statm to read the memory in use from")

IMAGE = images.random_image((24, 40), "uint8")
FLOATS = images.noisy_image((24, 40), "float32")
OUT = np.empty((24, 40), np.int16)


def refused(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except (TypeError, ValueError):
        return
    raise AssertionError("it should have been refused")


def spacing_by_coordinates():
    ec.differentiate(FLOATS, np.arange(40.0))


LOOPS = {
    "sobel": lambda: ec.sobel(IMAGE),
    "sobel of a view": lambda: ec.sobel(FLOATS[::-1, ::2], "y"),
    "sobel of big-endian": lambda: ec.sobel(FLOATS.astype(">f4")),
    "large sobel": lambda: ec.sobel(IMAGE, ksize=11, dtype=np.float32),
    "out": lambda: ec.central(IMAGE, out=OUT),
    "one-sided": lambda: ec.central(IMAGE, border="one-sided"),
    "gradient": lambda: ec.gradient(FLOATS),
    "magnitude": lambda: ec.magnitude(IMAGE),
    "polar": lambda: ec.polar(FLOATS, "roberts"),
    "scale": lambda: ec.sobel(IMAGE, view="scale"),
    "threads": lambda: ec.sobel(IMAGE, threads=2),
    "samples": lambda: ec.differentiate(FLOATS, 0.1, accuracy=4),
    "coordinates": spacing_by_coordinates,
    "refused image": lambda: refused(ec.sobel, np.zeros((4, 4), complex)),
    "refused border": lambda: refused(ec.sobel, IMAGE, border="mirror"),
    "refused out": lambda: refused(ec.sobel, IMAGE, out=FLOATS[:3]),
}


def in_use():
    gc.collect()
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak():
    """The most that this process has had in memory. (The peak of getrusage starts at that of the process it was started from.)"""
    return next(int(line.split()[1]) * 1024 for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))


def growth(name, calls):
    """Bytes by which this process has grown after so many calls; the first ones fill caches and arenas."""
    for _ in range(1000):
        LOOPS[name]()
    before = in_use()
    for _ in range(calls):
        LOOPS[name]()
    return in_use() - before


def growth_by_other_options(calls):
    """The same with options that no call had before."""
    for k in range(2 * calls):
        if k == calls:
            before = in_use()
        ec.prewitt(FLOATS, border="constant", cval=float(k))
        ec.central(FLOATS, border="constant", cval=float(k), view="scale")
    return in_use() - before


BEYOND = {
    "sobel": lambda image, out, threads: ec.sobel(image, out=out["int16"], threads=threads),
    "sobel 7": lambda image, out, threads: ec.sobel(image, "y", ksize=7, out=out["float32"], threads=threads),
    "magnitude": lambda image, out, threads: ec.magnitude(image, out=out["uint8"], threads=threads),
    "polar": lambda image, out, threads: ec.polar(image, out=(out["float32"], out["second"]), threads=threads),
    "scale": lambda image, out, threads: ec.sobel(image, view="scale", out=out["uint8"], threads=threads),
    "one-sided": lambda image, out, threads: ec.central(image, "y", border="one-sided", out=out["int16"], threads=threads),
    "samples": lambda image, out, threads: ec.differentiate(out["second"], 0.5, "y", out=out["float32"], threads=threads),
}


def beyond_the_output(name, threads):
    """Bytes by which the peak of this process rises in one call on nine megapixels; image and output are in memory before."""
    types = {"uint8": "uint8", "int16": "int16", "float32": "float32", "second": "float32"}
    small, large = (
        (np.ones(shape, np.uint8), {key: np.ones(shape, dtype) for key, dtype in types.items()}, threads) for shape in ((64, 64), (3000, 3000))
    )
    BEYOND[name](*small)
    before = peak()
    BEYOND[name](*large)
    return peak() - before


def measured(expression):
    return int(process.printed(f"from tests.core import test_memory; print(test_memory.{expression})"))


@needs_proc
@pytest.mark.parametrize("name", LOOPS)
def test_ten_thousand_calls_leak_nothing(name):
    assert measured(f"growth({name!r}, 10_000)") <= MIB


@needs_proc
def test_caches_of_prepared_operators_have_an_end():
    assert measured("growth_by_other_options(5000)") <= 4 * MIB


@needs_proc
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", BEYOND)
def test_a_call_takes_at_most_a_mebibyte_a_thread_beyond_its_output(name, threads):
    assert measured(f"beyond_the_output({name!r}, {threads})") <= threads * MIB


@pytest.mark.parametrize("name", LOOPS)
def test_references_to_inputs_and_outputs_are_given_back(name):
    held = (IMAGE, FLOATS, OUT)
    for _ in range(3):
        LOOPS[name]()
    gc.collect()
    before = [sys.getrefcount(each) for each in held]
    for _ in range(100):
        LOOPS[name]()
    gc.collect()
    assert [sys.getrefcount(each) for each in held] == before


@pytest.mark.parametrize("name", LOOPS)
def test_the_same_call_again_prepares_nothing_anew(name):
    for _ in range(3):
        LOOPS[name]()
    before = slide.build.cache_info().misses
    for _ in range(20):
        LOOPS[name]()
    assert slide.build.cache_info().misses == before


def test_a_result_owns_its_memory():
    for result in (ec.sobel(IMAGE), *ec.gradient(IMAGE), ec.magnitude(IMAGE), ec.differentiate(FLOATS), ec.sobel(IMAGE, border="valid")):
        assert result.flags.owndata and result.flags.writeable and result.flags.c_contiguous
        assert sys.getrefcount(result) <= 4


# images of more than 2^31 pixels

HUGE = os.environ.get("EDGECALC_HUGE") == "1"
NEEDED = 6 << 30  # the picture is written, the image stays a page of zeros but for its marks


def available():
    lines = Path("/proc/meminfo").read_text().splitlines() if Path("/proc/meminfo").exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), 0)


@pytest.mark.skipif(not HUGE, reason="an image of more than 2^31 pixels takes gigabytes and a while: set EDGECALC_HUGE=1")
@pytest.mark.skipif(HUGE and available() < NEEDED, reason=f"an image of more than 2^31 pixels needs {NEEDED >> 30} GiB of free memory")
@pytest.mark.parametrize("threads", [1, None])
@pytest.mark.parametrize("shape", [(46_342, 46_342), (1, 2**31 + 4099), (3, 2**30)], ids=str)
def test_more_than_2_31_pixels(shape, threads):
    image = np.zeros(shape, np.uint8)
    assert image.size > 2**31
    rows, columns = shape
    marks = sorted({(i, j) for i in {0, rows // 2, rows - 1} for j in {5, columns // 2, columns - 7}})
    for mark in marks:
        image[mark] = 31
    picture = ec.sobel(image, view="magnitude", border="constant", threads=threads)
    assert (picture.shape, picture.dtype) == (shape, np.uint8)
    touched = set()
    for i, j in marks:
        for row in range(max(0, i - 1), min(rows, i + 2)):
            near = sum(w * int(image[row + k, j]) for k, w in ((-1, 1), (0, 2), (1, 1)) if 0 <= row + k < rows)
            assert picture[row, j - 2 : j + 3].tolist() == [0, near, 0, near, 0]
            touched |= {(row, j - 1), (row, j + 1)}
    assert sum(int(np.count_nonzero(each)) for each in np.array_split(picture.reshape(-1), 64)) == len(touched)
