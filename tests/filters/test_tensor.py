"""Tensors of an image are scikit-image's and SciPy's, and on planes, waves and equal channels what arithmetic says."""

import numpy as np
import pytest
import scipy.ndimage as ndi
import skimage.feature

import edgecalc as ec
from tests.reference import images, twins

MODES = {"reflect": "mirror", "symmetric": "reflect", "edge": "nearest", "wrap": "wrap", "constant": "constant"}
SHAPES = ((2, 2), (2, 5), (17, 33))
LINES = ((1, 1), (1, 9), (9, 1))
SIGMAS = (0.3, 1.0, 2.7)
THREADS = (1, 2, 3, 8, 1000)
SIXTEENTHS = [k * np.pi / 8 for k in range(16)]
FLOAT32 = ("bool", "uint8", "int8", "float16", "float32")  # what gives float32; the rest gives float64
PARTS = {
    "structure_tensor": lambda image, **options: ec.structure_tensor(image, 1.5, **options),
    "hessian": lambda image, **options: ec.hessian(image, 1.5, **options),
    "di_zenzo": lambda image, **options: ec.di_zenzo(image, **options),  # noqa: PLW0108 (the same form for all)
}


def some_image(shape, dtype, seed=0):
    return images.noisy_image(shape, dtype, seed) if np.dtype(dtype).kind == "f" else images.random_image(shape, dtype, seed)


def assert_rounded(results, expected, roundings=8, scale=None):
    """Within a few roundings of the largest number of all parts (or of `scale`)."""
    scale = max(np.abs(part).max(initial=0) for part in expected) if scale is None else scale
    for result, part in zip(results, expected, strict=True):
        assert result.shape == part.shape
        assert np.abs(result - part).max(initial=0) <= roundings * np.finfo(result.dtype).eps * scale


def assert_same_direction(angles, expected, atol):
    """An axis has no head: half a turn more is the same."""
    apart = np.angle(np.exp(2j * (np.asarray(angles, np.float64) - expected))) / 2
    assert np.abs(apart).max(initial=0) <= atol


def matrices(tensor):
    return np.moveaxis(np.array([[tensor.xx, tensor.xy], [tensor.xy, tensor.yy]]), (0, 1), (-2, -1))


def random_tensor(dtype="float64", seed=0):
    xx, xy, yy = np.random.default_rng(seed).standard_normal((3, 40, 50)) * np.logspace(-9, 9, 50)
    return ec.Tensor(xx.astype(dtype), xy.astype(dtype), yy.astype(dtype))


def plane(angle, shape=(15, 15)):
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    return np.cos(angle) * x + np.sin(angle) * y


@pytest.mark.parametrize("border", MODES)
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_structure_tensor_is_scikit_images(dtype, border):
    for shape in SHAPES:
        for sigma in SIGMAS:
            image = some_image(shape, dtype)
            tensor = ec.structure_tensor(image, sigma, border=border)
            theirs = skimage.feature.structure_tensor(image.astype(np.float64), sigma, mode=MODES[border], order="xy")
            assert_rounded(tensor, theirs)
            assert_rounded(tensor.eigenvalues(), skimage.feature.structure_tensor_eigenvalues(theirs))


@pytest.mark.parametrize("border", twins.BORDERS)
@pytest.mark.parametrize("operator", twins.OPERATORS)
def test_structure_tensor_averages_the_products_of_the_derivatives(operator, border):
    mode = MODES.get(border, "mirror")
    for shape in (*LINES, (9, 13)):
        image = images.random_image(shape, "uint8")
        if border == "valid" and min(shape) < 6:
            continue
        x, y = (np.array(rows, np.float64) for rows in twins.pair(image, operator, border, 7))
        expected = [ndi.gaussian_filter(product, 1.2, mode=mode) for product in (x * x, x * y, y * y)]
        tensor = ec.structure_tensor(image, 1.2, operator, border=border, cval=7)
        assert_rounded(tensor, expected, scale=max(1, *(np.abs(part).max() for part in expected)))


@pytest.mark.parametrize("operator", twins.OPERATORS)
def test_normalized_derivatives_give_a_ramp_the_square_of_its_slope(operator):
    tensor = ec.structure_tensor(3.0 * np.arange(12) * np.ones((9, 1)), 1.0, operator, border="valid", normalize=True)
    np.testing.assert_allclose(tensor.xx, 9, rtol=1e-12)
    np.testing.assert_allclose(tensor.eigenvalues()[0], 9, rtol=1e-12)


@pytest.mark.parametrize("border", twins.BORDERS)
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_hessian_is_scipys_gaussian_of_second_order(dtype, border):
    for shape in ((1, 1), (1, 9), (9, 1), (2, 5), (17, 33)):
        for sigma, truncate in ((0.7, 4.0), (1.5, 3.0)):
            image, cval, reach = some_image(shape, dtype), 1, int(sigma * truncate + 0.5)
            around = twins.padded(image.astype(np.float64), reach, border, cval)
            inside = tuple(slice(reach, reach + n) for n in shape)
            fits = tuple(slice(reach, max(reach, n - reach)) for n in shape)
            parts = [ndi.gaussian_filter(around, sigma, order, mode="nearest", truncate=truncate)[inside] for order in ((0, 2), (1, 1), (2, 0))]
            frame = np.zeros(shape)
            frame[fits] = 1
            expected = [part[fits] if border == "valid" else part * frame if border == "blank" else part for part in parts]
            tensor = ec.hessian(image, sigma, truncate=truncate, border=border, cval=cval)
            assert_rounded(tensor, expected, 4, 9 * max(1, np.abs(image.astype(float)).max()))


def test_a_paraboloid_has_its_own_second_derivatives():
    """As exactly as a bell that is cut far out and sampled finely."""
    y, x = np.mgrid[-20:21.0, -25:26.0]
    tensor = ec.hessian(3 * x * x / 2 - y * y / 2 + 2 * x * y, 2.0, truncate=7.0, border="valid")
    for part, expected in zip(tensor, (3, 2, -1), strict=True):
        np.testing.assert_allclose(part, expected, rtol=0, atol=1e-8)
    large, small = tensor.eigenvalues()
    assert (large > 0).all() and (small < 0).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_the_eigenvalues_tell_blobs_from_ridges_and_saddles(sign):
    y, x = np.mgrid[-10:11, -10:11].astype(float)
    shapes = {"blob": np.exp(-(x * x + y * y) / 18), "ridge": np.exp(-(x * x) / 18), "saddle": np.exp(-(x * x) / 18) - np.exp(-(y * y) / 18)}
    middle = {name: [each[10, 10] * sign for each in ec.hessian(sign * image, 1.0).eigenvalues()] for name, image in shapes.items()}
    assert max(middle["blob"]) < 0 and np.isclose(*middle["blob"])
    assert min(middle["ridge"]) < -0.05 and np.isclose(max(middle["ridge"]), 0, atol=1e-3)
    assert np.prod(middle["saddle"]) < 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_eigenvalues_are_those_of_the_matrix(dtype):
    tensor = random_tensor(dtype)
    small, large = np.moveaxis(np.linalg.eigvalsh(matrices(tensor).astype(np.float64)), -1, 0)
    ours = tensor.eigenvalues()
    scale = np.hypot(large, small)
    for result, expected in zip(ours, (large, small), strict=True):
        assert result.dtype == dtype
        assert (np.abs(result - expected) <= 4 * np.finfo(dtype).eps * scale).all()
    assert (ours[0] >= ours[1]).all()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32"])
def test_eigenvalues_and_orientation_of_integers_do_not_wrap(dtype):
    tensor = ec.hessian(images.random_image((6, 7), "int32"), 0.7, dtype=dtype)
    real = ec.Tensor(*(part.astype(np.float64) for part in tensor))
    assert_rounded(tensor.eigenvalues(), real.eigenvalues())
    np.testing.assert_allclose(tensor.orientation(), real.orientation(), atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_orientation_is_the_direction_of_the_larger_eigenvalue(dtype):
    tensor = random_tensor(dtype)
    angles = tensor.orientation().astype(np.float64)
    assert tensor.orientation().dtype == np.float32
    assert np.abs(angles).max() <= np.float32(np.pi / 2)
    along = np.stack([np.cos(angles), np.sin(angles)], -1)
    stretched = np.einsum("...i,...ij,...j", along, matrices(tensor), along)
    large, small = tensor.eigenvalues()
    assert (np.abs(stretched - large) <= 1e-6 * np.hypot(large, small)).all()


@pytest.mark.parametrize("operator", twins.OPERATORS)
@pytest.mark.parametrize("angle", SIXTEENTHS)
def test_on_a_plane_the_orientation_is_its_direction_and_the_coherence_1(angle, operator):
    image = plane(angle)
    for dtype in ("float32", "float64"):
        tensor = ec.structure_tensor(image.astype(dtype), 1.0, operator, border="valid")
        rounding = 100 * np.finfo(dtype).eps
        assert_same_direction(tensor.orientation(), angle, rounding if dtype == "float32" else 1e-7)
        np.testing.assert_allclose(tensor.coherence(), 1, rtol=rounding)
        np.testing.assert_allclose(tensor.eigenvalues()[0], twins.GAINS[operator] ** 2, rtol=rounding)
    assert_same_direction(ec.structure_tensor(image, 1.0, operator).orientation()[7, 7], angle, 1e-7)


@pytest.mark.parametrize("angle", SIXTEENTHS)
@pytest.mark.parametrize("frequency", [0.4, 1.1])
def test_on_a_wave_the_orientation_is_that_of_its_derivatives_and_the_coherence_1(frequency, angle):
    """sin(u x + v y): Sobel gives 2 sin(u) (2 + 2 cos(v)) times the cosine along x, u and v changed along y."""
    u, v = frequency * np.cos(angle), frequency * np.sin(angle)
    y, x = np.mgrid[:20.0, :24.0]
    tensor = ec.structure_tensor(np.sin(u * x + v * y), 2.0, border="valid")
    expected = np.arctan2(np.sin(v) * (2 + 2 * np.cos(u)), np.sin(u) * (2 + 2 * np.cos(v)))
    assert_same_direction(tensor.orientation(), expected, 2e-7)
    np.testing.assert_allclose(tensor.coherence(), 1, rtol=1e-10)


@pytest.mark.parametrize("border", ["reflect", "symmetric", "edge", "wrap", "blank", "valid"])
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_a_constant_image_has_coherence_0(dtype, border):
    tensor = ec.structure_tensor(np.full((9, 10), 1, dtype), border=border)
    for result in (tensor.coherence(), tensor.orientation(), *tensor.eigenvalues()):
        assert result.size and not result.any()


def test_where_nothing_is_known_there_is_no_coherence():
    image = images.noisy_image((30, 30), "float64")
    image[15, 15] = np.nan
    tensor = ec.structure_tensor(image, 0.5)
    unknown = np.isnan(tensor.eigenvalues()[0])
    assert 0 < unknown.sum() < unknown.size
    np.testing.assert_array_equal(np.isnan(tensor.coherence()), unknown)


def test_where_all_directions_are_alike_the_coherence_is_0():
    y, x = np.mgrid[-10:11, -10:11]
    cone = ec.structure_tensor(np.hypot(x, y), 2.0)
    assert cone.coherence()[10, 10] < 1e-20
    assert cone.coherence()[10, 20] > 0.5


def test_coherence_is_scale_free_and_within_0_and_1():
    for dtype in ("float32", "float64"):
        image = images.noisy_image((30, 40), dtype)
        coherence = ec.structure_tensor(image).coherence()
        assert coherence.dtype == dtype
        assert coherence.min() >= 0 and coherence.max() <= 1 + 4 * np.finfo(dtype).eps
        assert np.array_equal(ec.structure_tensor(image * 1024).coherence(), coherence)


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("dtype", images.DTYPES)
def test_the_type_is_float32_for_what_it_holds_and_float64_else(dtype, name):
    results = PARTS[name](images.random_image((9, 8), dtype))
    expected = np.float32 if dtype in (FLOAT32 if name != "hessian" else ("float16", "float32")) else np.float64
    assert results[0].dtype == expected
    assert all(part.dtype == (np.float32 if name == "di_zenzo" and part is results[1] else expected) for part in results)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_hessian_gives_the_type_that_is_asked_for(dtype):
    image = images.random_image((12, 13), "uint8")
    plain = ec.hessian(image, 1.0)
    for part, expected in zip(ec.hessian(image, 1.0, dtype=dtype), plain, strict=True):
        assert part.dtype == dtype
        np.testing.assert_allclose(part, np.rint(expected) if dtype == "int32" else expected, rtol=0, atol=1e-4 if dtype == "float32" else 0)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (1, 1), (2, 2), (4, 9)])
@pytest.mark.parametrize("name", PARTS)
def test_valid_is_as_small_as_the_stencil_leaves_it(name, shape):
    reach = 6 if name == "hessian" else 1
    results = PARTS[name](np.zeros(shape, np.uint8), border="valid")
    assert {part.shape for part in results} == {tuple(max(0, n - 2 * reach) for n in shape)}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_any_number_of_threads_gives_the_same_bytes(dtype, name):
    image = some_image((150, 300), dtype)
    first, *others = ([part.tobytes() for part in PARTS[name](image, threads=threads)] for threads in (*THREADS, None))
    assert all(each == first for each in others)


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("layout", images.LAYOUTS)
def test_any_layout_gives_the_same_bytes_and_stays_as_it_is(layout, name):
    image = images.random_image((9, 14), "int16")
    given = images.LAYOUTS[layout](image)
    for part, expected in zip(PARTS[name](given), PARTS[name](image), strict=True):
        np.testing.assert_array_equal(part, expected)
    np.testing.assert_array_equal(given, image)


@pytest.mark.parametrize("name", ["structure_tensor", "hessian"])
def test_gray_takes_the_luma_of_a_colour_image(name):
    image = images.random_image((9, 14, 3), "uint8")
    luma = (image @ np.array([19595, 38470, 7471]) + 0x8000 >> 16).astype(np.uint8)
    for part, expected in zip(PARTS[name](image, gray=True), PARTS[name](luma), strict=True):
        np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ec.structure_tensor(np.zeros(5)), "image: 1 dimension"),
        (lambda: ec.structure_tensor(np.zeros((4, 5, 3))), "image: .*gray=True"),
        (lambda: ec.structure_tensor(np.zeros((4, 5), complex)), "image: complex128"),
        (lambda: ec.structure_tensor(np.zeros((4, 5)), "wide"), "sigma: 'wide'"),
        (lambda: ec.structure_tensor(np.zeros((4, 5)), 0), "sigma: 0"),
        (lambda: ec.structure_tensor(np.zeros((4, 5)), -1.0), "sigma: -1.0"),
        (lambda: ec.structure_tensor(np.zeros((4, 5)), np.nan), "sigma: nan"),
        (lambda: ec.structure_tensor(np.zeros((4, 5)), True), "sigma: True"),
        (lambda: ec.structure_tensor(np.zeros((4, 5)), operator="sobble"), "operator: 'sobble'"),
        (lambda: ec.structure_tensor(np.zeros((4, 5)), operator="roberts"), "operator: 'roberts'"),
        (lambda: ec.structure_tensor(np.zeros((4, 5)), border="mirror"), "border: 'mirror'.*'reflect'"),
        (lambda: ec.structure_tensor(np.zeros((4, 5)), border="one-sided"), "border: "),
        (lambda: ec.structure_tensor(np.zeros((4, 5), np.uint8), border="constant", cval=256), "cval: 256"),
        (lambda: ec.structure_tensor(np.zeros((4, 5)), normalize=1), "normalize: 1"),
        (lambda: ec.structure_tensor(np.zeros((4, 5)), threads=0), "threads: 0"),
        (lambda: ec.hessian(np.zeros((4, 5, 6))), "image: 3 dimensions came; hessian needs 2"),
        (lambda: ec.hessian(np.zeros((4, 5)), 0), "sigma: 0"),
        (lambda: ec.hessian(np.zeros((4, 5)), 0.1), "sigma: 0.1"),
        (lambda: ec.hessian(np.zeros((4, 5)), 1e6), "sigma: 1000000.0"),
        (lambda: ec.hessian(np.zeros((4, 5)), truncate=0), "truncate: 0"),
        (lambda: ec.hessian(np.zeros((4, 5)), border="mirror"), "border: 'mirror'"),
        (lambda: ec.hessian(np.zeros((4, 5)), dtype="float16"), "dtype: float16"),
    ],
)
def test_what_is_not_accepted_is_named(call, said):
    with pytest.raises((TypeError, ValueError), match=said):
        call()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_ridge_of_either_sign_is_coherent_and_a_blob_is_not(sign):
    rows, columns = np.indices((41, 41)) - 20.0
    ridge, blob = (sign * np.exp(-square / 18) for square in (columns**2, rows**2 + columns**2))
    assert ec.hessian(ridge, 1.0).coherence()[20, 20] > 0.99
    assert ec.hessian(blob, 1.0).coherence()[20, 20] < 1e-6
    noise = ec.hessian(np.random.default_rng(0).normal(size=(40, 50)), 1.0).coherence()
    assert noise.min() >= 0 and noise.max() <= 1


@pytest.mark.parametrize("unit", [1e-30, 1e-21, 1e17, 1e25])
def test_structure_of_float32_does_not_depend_on_its_unit(unit):
    image = np.random.default_rng(0).normal(size=(40, 50)).astype(np.float32)
    tensor, scaled = ec.structure_tensor(image), ec.structure_tensor(image * np.float32(unit))
    assert tensor.xx.dtype == np.float32 and scaled.xx.dtype == np.float64
    np.testing.assert_allclose(scaled.coherence(), tensor.coherence(), atol=1e-4)
    assert ec.structure_tensor(np.zeros((5, 5), np.float32)).xx.dtype == np.float32
