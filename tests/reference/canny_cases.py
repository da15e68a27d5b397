"""Images, thresholds and options for Canny, drawn by number. Run as a program: a sha256 of the edges of each, and of what is built with them, as JSON."""

import json
from typing import NamedTuple

import numpy as np
from scipy import ndimage

import edgecalc as ec
from tests.reference import images
from tests.reference.digests import sha

GAINS = {3: 8, 5: 96, 7: 1280}  # longest gradient of a picture of 0 and 1, nearly
KINDS = ("noise", "few levels", "smooth", "shapes")


class Case(NamedTuple):
    image: np.ndarray
    low: float
    high: float
    ksize: int
    norm: str
    kind: str


def picture(rng, shape, kind):
    if kind == "noise":
        return rng.integers(0, 256, shape)
    if kind == "few levels":
        return rng.integers(0, rng.integers(2, 6), shape) * rng.integers(1, 52)
    if kind == "smooth":
        rough = ndimage.gaussian_filter(rng.random(shape), (rng.uniform(0.7, 3.0),) * 2 + (0,) * (len(shape) - 2))
        return np.rint(255 * (rough - rough.min()) / max(np.ptp(rough), 1e-9))
    image = np.zeros(shape)
    for _ in range(rng.integers(1, 6)):
        (top, left), value = rng.integers(0, shape[:2]), rng.integers(0, 256, shape[2:])
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        disk = (rows - top) ** 2 + (columns - left) ** 2 < rng.integers(2, 40) ** 2
        image[disk if rng.random() < 0.5 else (rows >= top) & (columns >= left)] = value
    return image


def case(seed, most=80):
    """Thresholds stand in either order, are equal, whole, zero or far too high now and then."""
    rng = np.random.default_rng([seed, most])
    kind = KINDS[seed % 4]
    channels = (1, 1, 1, 2, 3, 4)[rng.integers(6)]
    shape = tuple(int(n) for n in rng.integers(1, most + 1, 2)) + ((channels,) if channels > 1 else ())
    image = picture(rng, shape, kind).astype(np.uint8)
    ksize, norm = (3, 5, 7)[rng.integers(3)], ("l1", "l2")[rng.integers(2)]
    typical = GAINS[ksize] * (int(np.ptp(image)) + 1) * (0.06 if kind == "smooth" else 0.5)
    low, high = (float(each) for each in typical * 10 ** rng.uniform(-1.2, 0.4, 2))
    choice = rng.integers(12)
    low, high = {0: (high, high), 1: (0.0, high), 2: (high, 0.0), 3: (low, 1e6), 4: (0.0, 0.0)}.get(int(choice), (low, high))
    if rng.random() < 0.5:
        low, high = float(int(low)), float(int(high))
    return Case(image, low, high, ksize, norm, kind)


def bars(shape=(40, 60), dtype=np.uint8, factor=1):
    """Shapes on noise: edges of every strength."""
    rng = np.random.default_rng(7)
    image = rng.integers(0, 40, shape)
    image[shape[0] // 4 : -3, shape[1] // 3 : -5] += 130
    image[5:9, :-7] += 60
    return (image * factor).astype(dtype)


def drawn(seed, limit, shape=(21, 34)):
    """A pair of derivatives and two thresholds."""
    rng = np.random.default_rng([seed, limit])
    return tuple(rng.integers(-limit, limit, shape, np.int16, endpoint=True) for _ in "xy"), tuple(rng.uniform(0, min(1.5 * limit, 32_000), 2))


def floats(shape, dtype, seed=0):
    return (images.noisy_image(shape, dtype, seed) * 100).astype(dtype)


def results():
    for seed in range(400):
        image, low, high, ksize, norm, _ = case(seed)
        yield f"case {seed}", ec.canny(image, low, high, ksize=ksize, norm=norm)
    for dtype in ("int8", "uint16", "int16", "int32", "int64", "float16", "float32", "float64"):
        for shape in ((1, 1), (9, 64), (17, 65), (40, 131), (33, 40, 3)):
            image = floats(shape, dtype) if dtype.startswith("float") else images.random_image(shape, dtype)
            top = 1200 if dtype.startswith("float") else 4 * float(np.iinfo(dtype).max)
            for ksize, norm in ((3, "l1"), (3, "l2"), (5, "l2"), (7, "l1")):
                high = top * GAINS[ksize] / 8
                yield f"{dtype} {shape} {ksize} {norm}", ec.canny(image, high / 4, high, ksize=ksize, norm=norm)
                yield f"sigma {dtype} {shape} {ksize} {norm}", ec.canny(image, high / 40, high / 8, ksize=ksize, norm=norm, sigma=1.2)
            if len(shape) == 2:
                for k, stage in enumerate(ec.canny(image, top / 4, top, norm="l2", return_stages=True)):
                    yield f"stage {k} {dtype} {shape}", stage
                for norm in ("l1", "l2"):
                    yield f"thinned {norm} {dtype} {shape}", ec.nonmax(image, image[::-1, ::-1], norm=norm)
                yield f"hysteresis {dtype} {shape}", ec.hysteresis(image, top / 16, top / 8)
    for dtype in ("uint8", "int16", "uint16", "int32", "float32", "float64"):
        for shape in ((1, 1), (5, 7), (40, 131), (3, 2100), (300,), (6, 9, 11)):
            image = images.noisy_image(shape, dtype) if dtype.startswith("float") else images.random_image(shape, dtype)
            for sigma in (0.4, 1.0, 2.7, 9.0):
                yield f"gaussian {sigma} {dtype} {shape}", ec.gaussian(image, sigma)
                yield f"float32 gaussian {sigma} {dtype} {shape}", ec.gaussian(image, sigma, dtype=np.float32, border="wrap")
                yield f"laplace {sigma} {dtype} {shape}", ec.gaussian_laplace(image, sigma)
                yield f"difference {sigma} {dtype} {shape}", ec.difference_of_gaussians(image, sigma)
                for order in (1, 2, 3):
                    if sigma > 0.4:
                        yield f"derivative {order} {sigma} {dtype} {shape}", ec.gaussian_derivative(image, sigma, -1, order)


if __name__ == "__main__":
    from edgecalc.core.kernels import TARGET

    print(json.dumps({"target": TARGET, "digests": {name: sha(result) for name, result in results()}}))
