"""The Gaussian family on any layout, into any output, on any number of threads and every target; and what it does not accept."""

import json
from functools import cache

import numpy as np
import pytest

import edgecalc as ec
from edgecalc.core import strips
from tests.core.test_every_target import TARGETS, usable
from tests.core.test_strips import CUTS
from tests.reference import images, process
from tests.reference.digests import sha

CALLS = {
    "gaussian": lambda image, sigma=1.4, **options: ec.gaussian(image, sigma, **options),
    "derivative": lambda image, sigma=1.4, **options: ec.gaussian_derivative(image, sigma, 0, **options),
    "second derivative": lambda image, sigma=1.4, **options: ec.gaussian_derivative(image, sigma, -1, 2, **options),
    "laplace": lambda image, sigma=1.4, **options: ec.gaussian_laplace(image, sigma, **options),
    "difference": lambda image, sigma=1.4, **options: ec.difference_of_gaussians(image, sigma, **options),
}


def some_image(shape, dtype):
    return images.noisy_image(shape, dtype) if np.dtype(dtype).kind == "f" else images.random_image(shape, dtype)


@pytest.mark.parametrize("border", ["reflect", "wrap", "constant", "blank"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("name", CALLS)
def test_any_number_of_threads_gives_the_bytes_of_one(name, dtype, border):
    for shape in ((33, 140), (1, 500), (400, 1), (90,), (14, 15, 16)):
        expected = sha(CALLS[name](some_image(shape, dtype), border=border, threads=1))
        for threads in (2, 3, 8, 1000):
            assert sha(CALLS[name](some_image(shape, dtype), border=border, threads=threads)) == expected


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", CALLS)
def test_strips_of_any_size_give_the_same_bytes(name, cut, monkeypatch):
    image = some_image((45, 700), "float32")
    expected = [sha(CALLS[name](image, sigma, threads=1)) for sigma in (0.8, 6.0)]
    used = []
    monkeypatch.setattr(strips, "cut", lambda length, parts: used.append(length) or CUTS[cut](length))
    assert [sha(CALLS[name](image, sigma, threads=2)) for sigma in (0.8, 6.0)] == expected
    assert used


@cache
def results(target):
    done = process.python("-c", "from tests.filters import test_gaussian_arguments as t; print(t.digests())", EDGECALC_TARGET=target)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def digests():
    from edgecalc.core.kernels import TARGET

    found = {"target": TARGET}
    for name, call in CALLS.items():
        for dtype in ("uint8", "int8", "uint16", "int16", "int32", "uint64", "float16", "float32", "float64"):
            for shape in ((1, 1), (9, 13), (20, 300), (77,), (5, 6, 33)):
                for sigma in (0.6, 1.0, 3.3):
                    for result in (None, "float32") if len(shape) == 2 else (None,):
                        found[f"{name} {dtype} {shape} {sigma} {result}"] = sha(call(some_image(shape, dtype), sigma, dtype=result))
    return json.dumps(found)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_gives_the_bytes_of_the_base(target):
    found, base = results(usable(target)), results(usable("base"))
    assert found["target"] == target and found.keys() == base.keys() and len(base) > 800
    assert [case for case in base if found[case] != base[case] and case != "target"] == []


@pytest.mark.parametrize("layout", images.LAYOUTS)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "float32", "float64"])
@pytest.mark.parametrize("name", CALLS)
def test_any_layout_gives_the_bytes_of_a_plain_copy(name, dtype, layout):
    for shape in ((17, 33), (40,), (6, 7, 9)):
        image = some_image(shape, dtype)
        if layout == "row-sliced" and len(shape) == 1:
            continue
        awkward = images.LAYOUTS[layout](image)
        assert sha(CALLS[name](awkward)) == sha(CALLS[name](image))
        assert np.array_equal(awkward, image)


OUTS = {
    "contiguous": lambda shape, dtype: np.full(shape, 7, dtype),
    "every other column": lambda shape, dtype: np.full((*shape[:-1], 2 * shape[-1]), 7, dtype)[..., ::2],
    "rows apart": lambda shape, dtype: np.full((3 * shape[0], *shape[1:-1], shape[-1] + 5), 7, dtype)[1::3, ..., 2:-3],
    "fortran": lambda shape, dtype: np.full(shape, 7, dtype, order="F"),
    "misaligned": lambda shape, dtype: images.misaligned(np.full(shape, 7, dtype)),
}


@pytest.mark.parametrize("layout", OUTS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("name", CALLS)
def test_results_are_written_where_the_caller_wants_them(name, dtype, layout):
    for shape in ((17, 33), (6, 7, 9)):
        expected = CALLS[name](some_image(shape, dtype))
        out = OUTS[layout](shape, expected.dtype)
        for threads in (1, 3):
            assert CALLS[name](some_image(shape, dtype), out=out, threads=threads) is out
            np.testing.assert_array_equal(out, expected)
            out[...] = 7


@pytest.mark.parametrize("shape", [(17, 33), (40,), (6, 7, 9)], ids=str)
@pytest.mark.parametrize("name", CALLS)
def test_the_image_itself_may_be_overwritten(name, shape):
    image = some_image(shape, "float64")
    expected = CALLS[name](image)
    assert CALLS[name](image, out=image, threads=3) is image
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("shape", [(0,), (0, 5), (5, 0), (0, 4, 5), (4, 5, 0)], ids=str)
@pytest.mark.parametrize("name", CALLS)
def test_an_image_of_no_pixels_gives_none(name, shape):
    assert CALLS[name](np.zeros(shape, np.uint8)).shape == shape


def test_a_colour_image_is_refused_or_turned_to_gray():
    image = some_image((12, 13, 3), "uint8")
    for name, call in CALLS.items():
        if name not in ("derivative", "second derivative"):  # whose axis, an int, says that it is a volume
            with pytest.raises(ValueError, match=r"^image: .*gray=True"):
                call(image)
    assert ec.gaussian(image, 1.0, gray=True).shape == (12, 13)
    assert ec.gaussian_laplace(image, 1.0, gray=True).shape == (12, 13)


# ---------------------------------------------------------------- what is not accepted

IMAGE = np.zeros((12, 13))
NAN, INF = float("nan"), float("inf")
SIGMAS = {
    "zero": 0,
    "negative": -1.0,
    "nan": NAN,
    "inf": INF,
    "text": "1",
    "none": None,
    "pair": (1, 2),
    "truth": True,
    "complex": 1j,
    "array": np.ones(2),
}


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize("name", CALLS)
def test_a_sigma_that_is_no_size_is_named_with_what_is_accepted(name, sigma):
    with pytest.raises((TypeError, ValueError), match=f"^{'low_' if name == 'difference' else ''}sigma: .*one finite number above 0 is accepted"):
        CALLS[name](IMAGE, SIGMAS[sigma] if name != "gaussian" or np.ndim(SIGMAS[sigma]) == 0 else -1)  # which takes one for each axis
    with pytest.raises((TypeError, ValueError), match=r"^truncate: .*one finite number above 0 is accepted"):
        CALLS[name](IMAGE, 1.0, truncate=SIGMAS[sigma])
    if sigma != "none":
        with pytest.raises((TypeError, ValueError), match=r"^high_sigma: .*accepted"):
            ec.difference_of_gaussians(IMAGE, 1.0, SIGMAS[sigma])


@pytest.mark.parametrize("name", CALLS)
def test_a_ragged_image_is_refused_by_its_name(name):
    with pytest.raises(ValueError, match=r"^image: a nested sequence whose rows differ"):
        CALLS[name]([[1, 2], [3]])


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(("sigma", "truncate"), [(1e4, 4.0), (1e300, 4.0), (1.0, 1e5), (1e-300, 1e308)])
def test_a_bell_of_more_pixels_than_is_sound_is_refused(name, sigma, truncate):
    with pytest.raises(ValueError, match=r"^(low_|high_)?sigma: .*pixels at truncate=.*is accepted; shrink the image first"):
        CALLS[name](IMAGE, sigma, truncate=truncate)


TINY = (1e-3, 1e-100, 1e-160, 1e-200, 1e-310)


@pytest.mark.parametrize("sigma", [0.1, *TINY])
def test_a_bell_of_one_pixel_changes_nothing(sigma):
    image = images.noisy_image((9, 10), "float64")
    np.testing.assert_array_equal(ec.gaussian(image, sigma), image)
    assert not ec.difference_of_gaussians(image, sigma, sigma).any()


@pytest.mark.parametrize("sigma", [0.1, *TINY])
def test_a_sigma_too_small_for_an_odd_derivative_is_named_with_the_way_out(sigma):
    for order in (1, 3):
        with pytest.raises(ValueError, match=r"^sigma: .*a larger sigma \(or truncate\) is accepted"):
            ec.gaussian_derivative(IMAGE, sigma, "x", order)


@pytest.mark.parametrize("sigma", [1e-160, 1e-200, 1e-310])
def test_a_sigma_whose_second_derivative_is_beyond_float64_is_named(sigma):
    with pytest.raises(ValueError, match=r"^sigma: .*accepted"):
        ec.gaussian_derivative(IMAGE, sigma, "x", 2)
    with pytest.raises(ValueError, match=r"^sigma: .*accepted"):
        ec.gaussian_laplace(IMAGE, sigma)


def test_a_bell_that_is_cut_at_a_pixel_but_whose_square_is_beyond_float64_is_named():
    for order in (1, 2):
        with pytest.raises(ValueError, match=r"^(sigma|truncate): .*accepted"):
            ec.gaussian_derivative(IMAGE, 1e300, "x", order, truncate=1e-300)


BAD_CALLS = {  # (call, name, what is accepted)
    "negative order": (lambda: ec.gaussian_derivative(IMAGE, 1.0, order=-1), "order", "from 0 to 20"),
    "order too high": (lambda: ec.gaussian_derivative(IMAGE, 1.0, order=21), "order", "from 0 to 20"),
    "half an order": (lambda: ec.gaussian_derivative(IMAGE, 1.0, order=1.5), "order", "from 0 to 20"),
    "order in words": (lambda: ec.gaussian_derivative(IMAGE, 1.0, order="2"), "order", "from 0 to 20"),
    "a truth for an order": (lambda: ec.gaussian_derivative(IMAGE, 1.0, order=True), "order", "from 0 to 20"),
    "axis": (lambda: ec.gaussian_derivative(IMAGE, 1.0, "z"), "axis", '"x"'),
    "axis out of range": (lambda: ec.gaussian_derivative(IMAGE, 1.0, 2), "axis", "out of range"),
    "normalize": (lambda: ec.gaussian_derivative(IMAGE, 1.0, normalize=1), "normalize", "True or False"),
    "view": (lambda: ec.gaussian_derivative(IMAGE, 1.0, view="abs"), "view", "'magnitude'"),
    "sigmas in the wrong order": (lambda: ec.difference_of_gaussians(IMAGE, 2.0, 1.0), "high_sigma", "2.0, or more"),
    "border": (lambda: ec.gaussian(IMAGE, 1.0, border="mirror"), "border", "called 'reflect' here"),
    "border in a volume": (lambda: ec.gaussian(np.zeros((4, 5, 6)), 1.0, border="fold"), "border", "'reflect'"),
    "cval": (lambda: ec.gaussian(np.zeros((4, 5), np.uint8), 1.0, border="constant", cval=-1), "cval", "uint8 can hold"),
    "dtype": (lambda: ec.gaussian(IMAGE, 1.0, dtype=np.complex128), "dtype", "not accepted"),
    "dtype of float16": (lambda: ec.gaussian(IMAGE, 1.0, dtype=np.float16), "dtype", "not accepted"),
    "complex image": (lambda: ec.gaussian(np.zeros((4, 5), complex), 1.0), "image", r"image\.real"),
    "no image": (lambda: ec.gaussian(None, 1.0), "image", "an array is accepted"),
    "a number": (lambda: ec.gaussian_laplace(5.0, 1.0), "image", "1 or more dimensions"),
    "masked image": (lambda: ec.gaussian_laplace(np.ma.masked_all((4, 5)), 1.0), "image", "filled"),
    "out of another shape": (lambda: ec.gaussian(IMAGE, 1.0, out=np.zeros((13, 12))), "out", r"shape \(12, 13\)"),
    "out of another type": (lambda: ec.gaussian(IMAGE, 1.0, dtype=np.float64, out=np.zeros((12, 13), np.float32)), "out", "dtype float64"),
    "out of a volume": (lambda: ec.gaussian_laplace(np.zeros((4, 5, 6)), 1.0, out=np.zeros((4, 5, 7))), "out", r"shape \(4, 5, 6\)"),
    "out in a list": (lambda: ec.difference_of_gaussians(np.zeros((4, 5, 6)), 1.0, out=[0]), "out", r"shape \(4, 5, 6\)"),
    "read-only out": (lambda: ec.gaussian(IMAGE, 1.0, out=images.read_only(np.zeros((12, 13)))), "out", "writeable"),
    "threads": (lambda: ec.gaussian(IMAGE, 1.0, threads=0), "threads", "1 to 1024"),
    "gray": (lambda: ec.gaussian(IMAGE, 1.0, gray="yes"), "gray", "True or False"),
}


@pytest.mark.parametrize("bad", BAD_CALLS)
def test_what_is_not_accepted_is_named_with_what_is(bad):
    call, name, accepted = BAD_CALLS[bad]
    with pytest.raises((TypeError, ValueError), match=f"^{name}: .*{accepted}"):
        call()


@pytest.mark.parametrize("kind", [int, np.int64, np.float32, np.float64])
def test_numpy_numbers_are_numbers(kind):
    image = some_image((12, 13), "float64")
    np.testing.assert_array_equal(
        ec.gaussian_derivative(image, kind(2), order=np.int8(1), truncate=kind(3)), ec.gaussian_derivative(image, 2.0, truncate=3.0)
    )
    np.testing.assert_array_equal(ec.difference_of_gaussians(image, kind(1), kind(2)), ec.difference_of_gaussians(image, 1.0, 2.0))


@pytest.mark.parametrize("name", ["gaussian", "gaussian_derivative", "gaussian_laplace", "difference_of_gaussians"])
def test_one_sided_ends_are_refused_for_volumes_too(name):
    for shape in ((20, 20), (20, 20, 20)):
        with pytest.raises(ValueError, match=r'border: "one-sided" is for'):
            getattr(ec, name)(np.ones(shape), 0.5, border="one-sided")


def test_normalize_is_for_first_derivatives():
    for order in (0, 2, 3):
        with pytest.raises(ValueError, match=f"normalize: True came with order={order}"):
            ec.gaussian_derivative(np.ones((9, 9)), 1.0, order=order, normalize=True)


@pytest.mark.parametrize(("dtype", "sign"), [("int64", -1), ("int64", 1), ("uint64", -1), ("uint64", 1), ("int8", 1)])
def test_a_sum_of_passes_saturates(dtype, sign):
    volume = np.zeros((7, 7, 7))
    volume[3, 3, 3] = sign * -1e21
    limits = np.iinfo(dtype)
    assert ec.gaussian_laplace(volume, 1, dtype=dtype)[3, 3, 3] == (limits.max if sign > 0 else limits.min)
    volume[3, 3, 3] = np.nan
    assert ec.gaussian_laplace(volume, 1, dtype=dtype)[3, 3, 3] == 0


def test_a_volume_of_float32_is_smoothed_in_the_type_that_is_asked_for():
    volume = np.random.default_rng(0).normal(size=(9, 10, 11)).astype(np.float32)
    expected = ec.gaussian(volume.astype(np.float64), 1.0)
    for name in (np.float64, "float64", float, np.dtype(">f8")):
        np.testing.assert_array_equal(ec.gaussian(volume, 1.0, dtype=name), expected)
    np.testing.assert_array_equal(ec.gaussian(volume, 1.0, out=np.empty_like(expected)), expected)
    assert (ec.gaussian(volume, 1.0) != expected.astype(np.float32)).any()
