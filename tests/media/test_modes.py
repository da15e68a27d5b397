"""Every format and mode comes in as the one gray, upright, in its own depth."""

import io

import numpy as np
import pytest
from PIL import Image

from edgecalc.media.read import read_gray, read_pages
from tests.media.samples import COLOUR_JPEGS, DEEP, GRAY, REAL, RGB, SAMPLES, contents, luma, pillow_luma, saved

ORIENTATIONS = {  # how the picture that is seen comes from the rows that are stored
    1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
    5: np.transpose, 6: lambda a: np.rot90(a, -1), 7: lambda a: np.rot90(a, 2).T, 8: np.rot90,
}  # fmt: skip


def written(folder, name, data):
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_mode_has_its_gray_and_its_depth(sample, tmp_path):
    data = contents()[sample.name]
    array = read_gray(written(tmp_path, sample.name, data))
    if sample.near is not None:
        assert array.dtype == np.uint8
        assert np.abs(array - sample.near).max() <= 1
    else:
        expected = pillow_luma(data) if sample.gray is None else sample.gray
        assert array.dtype == (expected.dtype if expected.dtype in (np.uint16, np.float32) else np.uint8)
        assert np.array_equal(array, expected)


@pytest.mark.parametrize("name", COLOUR_JPEGS)
def test_gray_of_a_jpeg_is_the_luma_plane_that_it_holds(name, tmp_path):
    data = contents()[name]
    held = np.asarray(Image.open(io.BytesIO(data)).convert("YCbCr"))[..., 0].astype(int)
    drafted = Image.open(io.BytesIO(data))
    drafted.draft("L", drafted.size)
    array = read_gray(written(tmp_path, name, data))
    assert np.array_equal(array, np.asarray(drafted))
    assert np.abs(array - held).mean() < 1  # by way of RGB, which rounds and clips


def test_gray_of_a_jpeg_does_not_depend_on_what_else_the_file_carries(tmp_path):
    plain = saved(RGB, "JPEG", quality=90)
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    several = saved(RGB, "MPO", quality=90, save_all=True, append_images=[Image.fromarray(RGB[::-1])])
    expected = read_gray(written(tmp_path, "plain.jpg", plain))
    for name, data in (("exif.jpg", saved(RGB, "JPEG", quality=90, exif=exif)), ("several.jpg", several)):
        assert np.array_equal(read_gray(written(tmp_path, name, data)), expected), name


def test_a_jpeg_stored_as_rgb_has_the_same_gray(tmp_path):
    data = saved(RGB, "JPEG", keep_rgb=True, quality=95)
    assert np.abs(read_gray(written(tmp_path, "rgb.jpg", data)).astype(int) - pillow_luma(data)).max() <= 1


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_every_orientation_is_turned_upright(orientation, suffix, tmp_path):
    options = {"jpg": {"quality": 95}, "png": {}, "tif": {}, "webp": {"lossless": True}}[suffix]
    format = {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix.upper())
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = read_gray(written(tmp_path, f"plain.{suffix}", saved(GRAY, format, **options)))
    turned = read_gray(written(tmp_path, f"turned.{suffix}", saved(GRAY, format, exif=exif, **options)))
    assert np.array_equal(turned, ORIENTATIONS[orientation](stored))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize(("name", "image"), [("a.png", DEEP), ("a.tif", DEEP), ("b.tif", REAL)])
def test_deep_images_are_turned_upright_too(orientation, name, image, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    array = read_gray(written(tmp_path, name, saved(image, "PNG" if name.endswith("png") else "TIFF", exif=exif)))
    assert array.dtype == image.dtype
    assert np.array_equal(array, ORIENTATIONS[orientation](image))


@pytest.mark.parametrize("orientation", [1, 6])
def test_deep_tiff_of_the_other_byte_order_is_turned_upright(orientation, tmp_path):
    image = Image.frombytes("I;16B", DEEP.shape[::-1], DEEP.astype(">u2").tobytes())
    array = read_gray(written(tmp_path, "a.tif", saved(image, "TIFF", tiffinfo={0x0112: orientation})))
    assert np.array_equal(array, ORIENTATIONS[orientation](DEEP))


def test_the_first_page_is_read_and_all_pages_come_in_order(tmp_path):
    pages = [GRAY, 255 - GRAY[:20], GRAY[:, :11]]
    first, *rest = (Image.fromarray(page) for page in pages)
    path = written(tmp_path, "a.tif", saved(first, "TIFF", save_all=True, append_images=rest))
    assert np.array_equal(read_gray(path), GRAY)
    read = list(read_pages(path))
    assert len(read) == 3
    assert all(np.array_equal(one.pixels, other) for one, other in zip(read, pages, strict=True))


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_frames_of_an_animation_are_pages(suffix, tmp_path):
    frames = [RGB, RGB[::-1], RGB[:, ::-1]]
    first, *rest = map(Image.fromarray, frames)
    options = {"lossless": True} if suffix == "webp" else {}
    path = written(tmp_path, f"a.{suffix}", saved(first, suffix.upper(), save_all=True, append_images=rest, duration=100, **options))
    read = list(read_pages(path))
    assert len(read) == 3
    assert all(np.array_equal(one.pixels, luma(np.ascontiguousarray(other))) for one, other in zip(read, frames, strict=True))


@pytest.mark.parametrize("depth", [8, 16])
def test_transparent_gray_is_white_at_every_depth(depth, tmp_path):
    from tests.media.samples import png

    image, white = (GRAY, 255) if depth == 8 else (DEEP, 65535)
    clear = int(image[3, 4])
    array = read_gray(written(tmp_path, "a.png", png(image, depth, 0, (b"tRNS", clear.to_bytes(2, "big")))))
    assert np.array_equal(array, np.where(image == clear, white, image))


def test_the_name_does_not_decide_the_format(tmp_path):
    assert np.array_equal(read_gray(written(tmp_path, "a.jpg", contents()["gray.png"])), GRAY)


@pytest.mark.parametrize("format", ["GIF", "PPM", "TGA", "ICO", "PCX", "EPS", "PDF"])
def test_other_formats_are_refused_whatever_their_name(format, tmp_path):
    from edgecalc.errors import ImageFileError

    image = Image.fromarray(np.tile(GRAY, (2, 2))[:48, :48])
    with pytest.raises(ImageFileError, match=r"a\.png: not an image of an accepted format"):
        read_gray(written(tmp_path, "a.png", saved(image, format)))
