"""Canny and the Gaussian family leak nothing, and Canny takes little beyond its image and its edges."""

import json

import numpy as np
import pytest

import edgecalc as ec
from tests.core.test_memory import MIB, in_use, needs_proc, peak, refused
from tests.reference import images, process

IMAGE = images.random_image((24, 40), "uint8")
FLOATS = images.noisy_image((24, 40), "float32")
COLOUR = images.random_image((12, 20, 3), "uint8")
MASK = IMAGE < 200
PAIR = tuple(images.random_image((24, 40), "int16", seed) for seed in (1, 2))

KEPT: list = []
LOOPS = {
    "kept on purpose": lambda: KEPT.append(bytes(300)),
    "canny": lambda: ec.canny(IMAGE, 100, 300),
    "canny of floats": lambda: ec.canny(FLOATS[::-1, ::2], 1, 3, norm="l2"),
    "canny in colour": lambda: ec.canny(COLOUR, 100, 300, ksize=7),
    "canny with a mask": lambda: ec.canny(IMAGE, 100, 300, mask=MASK, sigma=1.0),
    "canny on threads": lambda: ec.canny(IMAGE, 100, 300, threads=2),
    "canny's stages": lambda: ec.canny(IMAGE, 100, 300, return_stages=True),
    "canny of gradients": lambda: ec.canny(None, 100, 300, gradients=PAIR),
    "canny by otsu": lambda: ec.canny_auto(IMAGE, "otsu"),
    "nonmax": lambda: ec.nonmax(*PAIR),
    "hysteresis": lambda: ec.hysteresis(IMAGE, 100, 200),
    "refused threshold": lambda: refused(ec.canny, IMAGE, -1, 3),
    "refused mask": lambda: refused(ec.canny, IMAGE, 1, 3, mask=MASK[1:]),
    "refused out": lambda: refused(ec.canny, IMAGE, 1, 3, out=FLOATS),
    "gaussian": lambda: ec.gaussian(IMAGE, 1.5),
    "gaussian derivative": lambda: ec.gaussian_derivative(FLOATS, 1.5, "y", 2),
    "gaussian laplace": lambda: ec.gaussian_laplace(FLOATS, 1.5),
    "difference of gaussians": lambda: ec.difference_of_gaussians(IMAGE, 1.0),
    "refused sigma": lambda: refused(ec.gaussian, IMAGE, 0),
}
SLOW = ("canny on threads", "canny's stages", "canny by otsu")


def growth(calls):
    """By loop, the bytes by which this process grows in so many calls (a fifth for the slow ones), once each has filled its caches and arenas."""
    found = {}
    for name, loop in LOOPS.items():
        for _ in range(1000):
            loop()
        before = in_use()
        for _ in range(calls // 5 if name in SLOW else calls):
            loop()
        found[name] = in_use() - before
    return json.dumps(found)


BEYOND = {
    "uint8": ("uint8", {}),
    "l2 of 7x7": ("uint8", {"norm": "l2", "ksize": 7}),
    "bool": ("bool", {"border": "wrap"}),
    "int16": ("int16", {}),
    "int32": ("int32", {}),
    "int64": ("int64", {"ksize": 5}),
    "float32": ("float32", {"norm": "l2"}),
    "float64": ("float64", {}),
    "mask": ("uint8", {"mask": np.bool_}),
    "sigma": ("uint8", {"sigma": 1.4}),
    "sigma of float32": ("float32", {"sigma": 1.4}),
    "sigma of int32": ("int32", {"sigma": 1.4}),
    "sigma of float64": ("float64", {"sigma": 1.4}),
    "sigma and mask": ("uint8", {"sigma": 1.4, "mask": np.bool_}),
    "sigma, mask, float64": ("float64", {"sigma": 1.4, "mask": np.bool_}),
    "sigma around the world": ("uint16", {"sigma": 1.4, "border": "wrap"}),
}
SIDE = 3000


def beyond_image_and_edges(name, threads):
    """Bytes by which the peak of this process rises in one call on nine megapixels; what goes in and comes out is in memory before."""
    dtype, options = BEYOND[name]
    small, large = (
        {key: np.ones((side, side), kind) for key, kind in {"image": dtype, "out": np.uint8, **({"mask": bool} if "mask" in options else {})}.items()}
        for side in (64, SIDE)
    )
    for arrays in (small, large):
        before = peak()
        ec.canny(low=100, high=300, threads=threads, **options | arrays)
    return peak() - before


def measured(expression):
    return process.printed(f"from tests.filters import test_canny_memory; print(test_canny_memory.{expression})")


@needs_proc
def test_ten_thousand_calls_leak_nothing():
    found = json.loads(measured("growth(10_000)"))
    assert found.keys() == LOOPS.keys()
    assert [name for name, grown in found.items() if grown > MIB] == ["kept on purpose"]


@needs_proc
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", BEYOND)
def test_canny_takes_at_most_two_bytes_a_pixel_and_a_mebibyte_a_thread(name, threads):
    assert int(measured(f"beyond_image_and_edges({name!r}, {threads})")) <= 2 * SIDE * SIDE + threads * MIB
