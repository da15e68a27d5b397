"""Run as a program: the kernel target of this process and a sha256 of each of many results, as JSON."""

import hashlib
import json

import numpy as np

import edgecalc as ec
from tests.reference import images, twins
from tests.reference.compare import ALL, applied, axes_of

SHAPES = ((1, 1), (2, 3), (5, 7), (17, 33), (3, 2100))
DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64")
OUTPUTS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64")
PAIRED = (*twins.OPERATORS, "roberts")


def wild(shape, dtype):
    """Floats of every size, infinities, NaN, zeros of either sign and numbers too small to be normal."""
    rng = np.random.default_rng(list(shape))
    limits = np.finfo(dtype)
    image = (rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 4, shape)).astype(dtype)
    special = [np.nan, np.inf, -np.inf, 0.0, -0.0, limits.max, -limits.max, limits.tiny, limits.smallest_subnormal, 0.5, 127.5, 1e-20]
    flat, where = image.reshape(-1), rng.random(image.size) < 0.1
    flat[where] = rng.choice(np.array(special, dtype), where.sum())
    return image


def image_of(shape, dtype):
    return images.noisy_image(shape, dtype) if dtype.startswith("float") else images.random_image(shape, dtype)


def sha(*arrays):
    joined = hashlib.sha256()
    for array in arrays:
        joined.update(str((array.dtype, array.shape)).encode())
        joined.update(np.ascontiguousarray(array).tobytes())
    return joined.hexdigest()


def twin_cases():
    """Those whose numbers are whole, so that a twin gives the bytes too: (operator, axis, border, type, shape)."""
    for name in (*twins.EXACT, "main", "anti"):
        for axis in axes_of(name):
            for border in twins.BORDERS:
                for dtype in ("uint8", "int16", "uint16", "int32", "float32", "float64"):
                    yield name, axis, border, dtype, (6, 37)


def of_operators():
    for name, axis, border, dtype, shape in twin_cases():
        yield f"twin {name} {axis} {border} {dtype} {shape}", applied(name, images.random_image(shape, dtype), axis, border=border)
    for name in ALL:
        for dtype in DTYPES:
            for shape in SHAPES:
                for border in ("reflect", "wrap", "constant", "blank"):
                    yield f"{name} {dtype} {shape} {border}", applied(name, image_of(shape, dtype), axes_of(name)[-1], border=border)
    for ksize, order in ((1, 2), (5, 1), (5, 2), (7, 1), (9, 3), (15, 1), (31, 1)):
        for dtype in ("uint8", "int16", "uint16", "float32", "float64"):
            for axis in ("x", "y"):
                yield f"sobel {ksize} {order} {dtype} {axis}", ec.sobel(image_of((17, 70), dtype), axis, ksize=ksize, order=order)


def of_finishes():
    for name in PAIRED:
        for dtype in DTYPES:
            for shape in SHAPES:
                image = image_of(shape, dtype)
                yield f"gradient {name} {dtype} {shape}", ec.gradient(image, name)
                yield f"magnitude l2 {name} {dtype} {shape}", ec.magnitude(image, name)
                yield f"magnitude l1 {name} {dtype} {shape}", ec.magnitude(image, name, "l1")
                yield f"polar {name} {dtype} {shape}", ec.polar(image, name)
    for source in ("uint8", "int16", "uint16", "float32", "float64"):
        image = image_of((17, 70), source)
        image = image * 40 if source.startswith("float") else image
        for dtype in OUTPUTS:
            yield f"to {dtype} of {source}", ec.sobel(image, dtype=dtype)
            yield f"normalized to {dtype} of {source}", ec.scharr(image, normalize=True, dtype=dtype)
        for view in ("magnitude", "shift", "scale"):
            for dtype in ("uint8", "float32", "float64"):
                yield f"view {view} {dtype} of {source}", ec.sobel(image, view=view, dtype=dtype)
                yield f"view {view} {dtype} of normalized {source}", ec.prewitt(image, view=view, dtype=dtype, normalize=True)
        for order, accuracy in ((1, 2), (1, 4), (2, 2), (3, 4)):
            yield f"differentiate {order} {accuracy} {source}", ec.differentiate(image, 0.1, order=order, accuracy=accuracy)
    volume = image_of((5, 6, 37), "uint8")
    for axis in range(3):
        yield f"volume {axis}", ec.sobel(volume, axis)
        yield f"volume of floats {axis}", ec.sobel(volume.astype(np.float32), axis, normalize=True)


def of_wild_floats():
    for dtype in ("float16", "float32", "float64"):
        for shape in ((5, 7), (17, 70), (3, 2100)):
            image = wild(shape, dtype)
            for name in ALL:
                yield f"wild {name} {dtype} {shape}", applied(name, image)
            for name in PAIRED:
                yield f"wild polar {name} {dtype} {shape}", ec.polar(image, name)
                yield f"wild l1 {name} {dtype} {shape}", ec.magnitude(image, name, "l1")
            for view in ("magnitude", "shift", "scale"):
                for result in ("uint8", "float32"):
                    yield f"wild {view} {result} {dtype} {shape}", ec.sobel(image, view=view, dtype=result)
            for result in OUTPUTS:
                yield f"wild to {result} {dtype} {shape}", ec.central(image, dtype=result)
            yield f"wild samples {dtype} {shape}", ec.differentiate(image, 0.3, order=2)


def digests():
    found = {}
    for cases in (of_operators, of_finishes, of_wild_floats):
        for name, result in cases():
            found[name] = sha(*(result if isinstance(result, tuple) else (result,)))
    return found


if __name__ == "__main__":
    from edgecalc.core.kernels import TARGET

    with np.errstate(all="ignore"):
        print(json.dumps({"target": TARGET, "digests": digests()}))
