"""Files come in whole, upright, in gray and in their own depth."""

import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, TiffImagePlugin

from edgecalc.core.arrays import to_gray
from edgecalc.errors import ImageFileError
from edgecalc.media.limits import Limits
from edgecalc.media.read import read_gray, read_pages
from edgecalc.media.write import write

RGB = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
GRAY = RGB[..., 0]


def saved(tmp_path, image, name, **options):
    image.save(tmp_path / name, **options)
    return tmp_path / name


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp", "a.webp"])
def test_a_lossless_gray_file_is_read_as_it_is(tmp_path, name):
    array = read_gray(saved(tmp_path, Image.fromarray(GRAY), name, **({"lossless": True} if name.endswith("webp") else {})))
    assert array.dtype == np.uint8
    assert np.array_equal(array, GRAY)


def test_colour_becomes_pillows_luma(tmp_path):
    assert np.array_equal(read_gray(saved(tmp_path, Image.fromarray(RGB), "a.png")), np.asarray(Image.fromarray(RGB).convert("L")))


def test_sixteen_bits_and_floats_are_kept(tmp_path):
    deep = (GRAY.astype(np.uint16) << 8) + 7
    assert np.array_equal(read_gray(saved(tmp_path, Image.fromarray(deep), "a.png")), deep)
    real = GRAY.astype(np.float32) / 3
    assert np.array_equal(read_gray(saved(tmp_path, Image.fromarray(real), "a.tif")), real)


def test_transparent_pixels_are_white(tmp_path):
    rgba = np.dstack([RGB, np.zeros(RGB.shape[:2], np.uint8)])
    assert (read_gray(saved(tmp_path, Image.fromarray(rgba), "a.png")) == 255).all()


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "LA", "YCbCr"])
def test_other_modes_give_uint8_gray(tmp_path, mode):
    array = read_gray(saved(tmp_path, Image.fromarray(RGB).convert("RGB" if mode != "LA" else "L").convert(mode), "a.tif"))
    assert (array.dtype, array.shape) == (np.uint8, GRAY.shape)


def test_exif_orientation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    array = read_gray(saved(tmp_path, Image.fromarray(GRAY), "a.png", exif=exif))
    assert np.array_equal(array, np.rot90(GRAY, -1))


@pytest.mark.parametrize("name", ["a.png", "a.tif", "deep.tif"])
@pytest.mark.parametrize("orientation", range(10))
def test_a_page_says_how_it_was_turned_and_may_stay_as_it_is_stored(orientation, name, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = GRAY.astype(np.uint16) * 200 if name == "deep.tif" else GRAY
    path = saved(tmp_path, Image.fromarray(image), name, exif=exif)
    (turned,), (stored,) = read_pages(path), read_pages(path, rotate=False)
    assert (turned.orientation, stored.orientation) == (orientation if 2 <= orientation <= 8 else 1, 1)
    assert np.array_equal(stored.pixels, image)
    assert np.array_equal(turned.pixels, image) == (turned.orientation == 1)
    if orientation == 6:
        assert np.array_equal(turned.pixels, np.rot90(image, -1))


def test_half_a_file_is_an_error_that_names_it(tmp_path):
    path = saved(tmp_path, Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)), "half.jpg")
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ImageFileError, match=r"half\.jpg"):
        read_gray(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"])
def test_what_is_no_image_is_an_error(tmp_path, content):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(ImageFileError, match=r"x\.png"):
        read_gray(tmp_path / "x.png")


def test_a_missing_file_and_too_many_pixels_are_errors(tmp_path):
    with pytest.raises(ImageFileError, match="no such file"):
        read_gray(tmp_path / "none.png")
    with pytest.raises(ImageFileError, match="--max-pixels"):
        read_gray(saved(tmp_path, Image.fromarray(GRAY), "a.png"), Limits(pixels=10))


def test_written_arrays_come_back(tmp_path):
    signed = GRAY.astype(np.int16) - 100
    write(tmp_path / "a.npy", signed)
    assert np.array_equal(np.load(tmp_path / "a.npy"), signed)
    for name in ("a.png", "a.tif", "a.bmp", "a.webp"):
        write(tmp_path / name, GRAY)
        assert np.array_equal(read_gray(tmp_path / name), GRAY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bmp", "a.npy", "a.png", "a.tif", "a.webp"]


def test_what_a_format_cannot_hold_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(ImageFileError, match="int16"):
        write(tmp_path / "a.png", GRAY.astype(np.int16))
    with pytest.raises(ImageFileError, match="may end in"):
        write(tmp_path / "a.xyz", GRAY)
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- depth that Pillow would cut


DEEP = np.random.default_rng(1).integers(0, 65536, (37, 53, 4), np.uint16)


def png16(path, pixels, colour_type, key=()):
    """A PNG of 16 bits a channel, as Pillow cannot write."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    transparent = chunk(b"tRNS", struct.pack(f">{len(key)}H", *key)) if len(key) else b""
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)) + transparent
        + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )  # fmt: skip
    return path


@pytest.mark.parametrize(("channels", "colour_type"), [(3, 2), (4, 6), (2, 4)], ids=["RGB", "RGBA", "gray and alpha"])
def test_sixteen_bits_of_colour_in_png_are_kept(channels, colour_type, tmp_path):
    pixels = np.ascontiguousarray(DEEP[..., :channels])
    np.testing.assert_array_equal(read_gray(png16(tmp_path / "a.png", pixels, colour_type)), to_gray(pixels))


def test_a_transparent_colour_of_sixteen_bits_is_white(tmp_path):
    pixels = np.ascontiguousarray(DEEP[..., :3])
    pixels[5, 6] = pixels[0, 0]
    expected = to_gray(pixels)
    expected[[0, 5], [0, 6]] = 65535
    np.testing.assert_array_equal(read_gray(png16(tmp_path / "a.png", pixels, 2, pixels[0, 0])), expected)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"byteorder": ">"}, {"byteorder": ">", "compression": "zlib"}, {"compression": "zlib", "predictor": True}, {"tile": (16, 16)}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("orientation", [1, 6])
def test_sixteen_bits_of_colour_in_tiff_are_kept_on_every_page(orientation, options, channels, tmp_path):
    extra = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    frames = [np.ascontiguousarray(DEEP[..., :channels] >> k) for k in range(2)]
    with tifffile.TiffWriter(tmp_path / "a.tif", byteorder=options.get("byteorder")) as file:
        for frame in frames:
            kept = {key: value for key, value in options.items() if key != "byteorder"}
            file.write(frame, photometric="rgb", extratags=[(274, "H", 1, orientation, True)], **extra, **kept)
    pages = list(read_pages(tmp_path / "a.tif"))
    assert len(pages) == 2
    for page, frame in zip(pages, frames, strict=True):
        np.testing.assert_array_equal(page.pixels, np.rot90(to_gray(frame), -1) if orientation == 6 else to_gray(frame))
        assert page.orientation == orientation


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        (DEEP, {"photometric": "separated"}),
        (DEEP, {"photometric": "rgb", "extrasamples": ["assocalpha"]}),
        (np.moveaxis(DEEP[..., :3], -1, 0), {"photometric": "rgb", "planarconfig": "separate"}),
    ],
    ids=["CMYK", "premultiplied", "in planes"],
)
def test_depth_that_would_be_cut_is_refused(pixels, options, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", pixels, **options)
    with pytest.raises(ImageFileError, match=r"16 bits a channel, stored as .* are accepted"):
        read_gray(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("dtype", "read"), [("int8", "int8"), ("uint8", "uint8"), ("int16", "int16"), ("uint16", "uint16"), ("int32", "int32"), ("uint32", "uint32")]
)
@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"compression": "zlib"}, {"byteorder": ">", "compression": "zlib"}], ids=str)
def test_whole_numbers_of_a_tiff_keep_their_signs(options, dtype, read, tmp_path):
    ends = np.iinfo(dtype)
    pixels = np.array([[ends.min, ends.max, 0], [1, 2, 3]], dtype)
    if (dtype, options.get("byteorder")) == ("uint32", ">"):
        return  # which Pillow does not know: below
    for part in (pixels, pixels[1:]):  # whatever they are
        tifffile.imwrite(tmp_path / "a.tif", part, **options)
        found = read_gray(tmp_path / "a.tif")
        assert found.dtype == read
        np.testing.assert_array_equal(found, part)


def test_a_tiff_that_is_not_read_is_called_one(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 5)))
    with pytest.raises(ImageFileError, match="a TIFF of a kind that is not read, such as float64"):
        read_gray(tmp_path / "a.tif")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"bigtiff": True}], ids=str)
def test_a_tiff_that_is_cut_off_is_called_so(options, tmp_path):
    tifffile.imwrite(tmp_path / "whole.tif", np.tile(GRAY, (20, 20)), metadata=None, **options)
    data = (tmp_path / "whole.tif").read_bytes()
    place = 8 if "bigtiff" in options else 4
    end = struct.pack(("<" if data[:1] == b"I" else ">") + ("Q" if place == 8 else "I"), len(data))  # as where the pixels come first
    (tmp_path / "a.tif").write_bytes((data[:place] + end + data[2 * place :])[: len(data) // 2])
    with pytest.raises(ImageFileError, match="a TIFF that is cut off"):
        read_gray(tmp_path / "a.tif")


def test_sixteen_bits_a_pixel_of_a_bmp_are_colours(tmp_path):
    pixels = np.array([[0xF800, 0x07E0], [0x001F, 0xFFFF]], "<u2")  # red, green; blue, white: 5, 6 and 5 bits
    head = struct.pack("<2sIHHI", b"BM", 66 + 8, 0, 0, 66) + struct.pack("<IiiHHIIiiII", 40, 2, -2, 1, 16, 3, 8, 0, 0, 0, 0)
    (tmp_path / "a.bmp").write_bytes(head + struct.pack("<III", 0xF800, 0x07E0, 0x001F) + pixels.tobytes())
    np.testing.assert_array_equal(read_gray(tmp_path / "a.bmp"), [[76, 150], [29, 255]])


def animated(tmp_path, header, pages, *chunks, blend=0):
    """A PNG of two by one pixels: the first page as it is, each other laid over (blend=1) or in place of it."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def control(number):
        return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, 2, 1, 0, 0, 1, 10, 0, blend if number else 0))

    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, *header, 0, 0, 0)) + chunk(b"acTL", struct.pack(">II", len(pages), 0))
    data += b"".join(chunks and [chunk(*each) for each in chunks]) + control(0) + chunk(b"IDAT", zlib.compress(b"\0" + pages[0]))
    for k, page in enumerate(pages[1:]):
        data += control(2 * k + 1) + chunk(b"fdAT", struct.pack(">I", 2 * k + 2) + zlib.compress(b"\0" + page))
    (tmp_path / "a.png").write_bytes(data + chunk(b"IEND", b""))
    return tmp_path / "a.png"


def test_the_transparent_level_of_few_bits_is_that_of_every_page(tmp_path):
    path = animated(tmp_path, (4, 0), [bytes([0x35])] * 3, (b"tRNS", struct.pack(">H", 3)))
    assert [page.pixels.tolist() for page in read_pages(path)] == [[[255, 85]]] * 3


def test_deep_pages_over_each_other_are_refused(tmp_path):
    pages = [struct.pack(">4H", 300, 65535, 500, 65535), struct.pack(">4H", 301, 65535, 700, 255)]
    in_place = [page.pixels.tolist() for page in read_pages(animated(tmp_path, (16, 4), pages))]
    assert in_place[0] == [[300, 500]] and in_place[1][0][0] == 301
    with pytest.raises(ImageFileError, match="page 2 lies over the one before"):
        list(read_pages(animated(tmp_path, (16, 4), pages, blend=1)))


@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"compression": "zlib"}, {"byteorder": ">", "compression": "zlib"}], ids=str)
def test_floats_of_a_tiff_are_read_in_either_byte_order(options, tmp_path):
    pixels = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", pixels, **options)
    np.testing.assert_array_equal(read_gray(tmp_path / "a.tif"), pixels)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"tile": (16, 16)}], ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_white_may_be_0(dtype, options, tmp_path):
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (20, 30), dtype)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="miniswhite", **options)
    np.testing.assert_array_equal(read_gray(tmp_path / "a.tif"), np.iinfo(dtype).max - pixels)


@pytest.mark.parametrize("pixels", [np.moveaxis(DEEP[..., :3], -1, 0), np.moveaxis((DEEP >> 8).astype(np.uint8), -1, 0)], ids=["16 bits", "alpha"])
def test_compressed_planes_that_are_misread_are_refused(pixels, tmp_path):
    extra = {"extrasamples": ["unassalpha"]} if len(pixels) == 4 else {}
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", planarconfig="separate", compression="zlib", **extra)
    with pytest.raises(ImageFileError, match="planes"):
        read_gray(tmp_path / "a.tif")


@pytest.mark.parametrize("bits", [2, 4])
def test_a_transparent_gray_of_few_bits_is_white(bits, tmp_path):
    levels = np.arange(1 << bits, dtype=np.uint8)
    raw = b"\0" + bytes(int("".join(f"{level:0{bits}b}" for level in levels)[k : k + 8], 2) for k in range(0, bits << bits, 8))

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", len(levels), 1, bits, 0, 0, 0, 0))
    (tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"tRNS", struct.pack(">H", 1)) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    )
    expected = levels * (255 // (len(levels) - 1))
    expected[1] = 255
    np.testing.assert_array_equal(read_gray(tmp_path / "a.png"), expected[None])


def test_the_first_page_is_read_without_a_count_of_all(tmp_path, monkeypatch):
    frames = [Image.fromarray(GRAY + k) for k in range(4)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    with pytest.raises(ImageFileError, match="more than 3 pages"):
        list(read_pages(tmp_path / "a.tif", Limits(frames=3)))
    assert len(list(read_pages(tmp_path / "a.tif"))) == 4
    monkeypatch.setattr(TiffImagePlugin.TiffImageFile, "n_frames", property(lambda self: pytest.fail("counted")))
    np.testing.assert_array_equal(read_gray(tmp_path / "a.tif"), GRAY)
