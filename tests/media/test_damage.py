"""What is not a whole image is an error that names the file: at once, without allocating, never half a picture."""

import io
import os
import socket
import struct
import time
import tracemalloc
import warnings

import numpy as np
import pytest
from PIL import Image

from edgecalc.errors import ImageFileError
from edgecalc.media.limits import Limits
from edgecalc.media.names import printable
from edgecalc.media.read import read_gray, read_pages
from tests.media.mutants import mutants
from tests.media.samples import GRAY, RGB, chunk, contents, png, saved

WHOLE = sorted(contents())


def written(folder, name, data):
    (folder / name).write_bytes(data)
    return folder / name


def whole_or_refused(path, expected):
    """Reading gives all of the picture or an error that begins with the file's name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            array = read_gray(path)
        except ImageFileError as error:
            assert str(error).startswith(printable(path))
            return False
    assert expected is None or np.array_equal(array, expected), "half an image"
    return True


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_cut_anywhere_is_whole_or_an_error(name, tmp_path):
    data = contents()[name]
    expected = read_gray(written(tmp_path, "whole", data))
    places = sorted({*np.linspace(0, len(data) - 1, 60).astype(int).tolist(), *range(len(data) - 8, len(data))})
    passed = [place for place in places if whole_or_refused(written(tmp_path, name, data[:place]), expected)]
    assert all(place > len(data) // 3 for place in passed)


@pytest.mark.parametrize("name", ["full.jpg", "progressive.jpg", "gray.png", "gray.tif", "packed.tif", "exact.webp", "gray.bmp"])
def test_half_of_a_file_is_refused_in_every_format(name, tmp_path):
    data = contents()[name]
    assert not whole_or_refused(written(tmp_path, name, data[: len(data) // 2]), None)


def test_bits_flipped_and_files_spliced_raise_nothing_but_our_error(tmp_path):
    for name, data, _ in mutants(600, seed=1):
        whole_or_refused(written(tmp_path, name, data), None)


@pytest.mark.parametrize("name", WHOLE)
def test_an_empty_file_of_any_name_is_refused(name, tmp_path):
    with pytest.raises(ImageFileError):
        read_gray(written(tmp_path, name, b""))


def bomb(side):
    """A PNG that claims far more than it holds."""
    return png(GRAY).replace(
        chunk(b"IHDR", struct.pack(">IIBBBBB", *GRAY.shape[::-1], 8, 0, 0, 0, 0)),
        chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)),
    )


def bmp_bomb(side):
    data = bytearray(saved(GRAY, "BMP"))
    data[18:26] = struct.pack("<ii", side, side)
    return bytes(data)


def tiff_bomb(side):
    data = saved(GRAY, "TIFF")
    for tag, value in ((256, GRAY.shape[1]), (257, GRAY.shape[0])):
        before = next(each for each in (struct.pack("<HHII", tag, kind, 1, value) for kind in (3, 4)) if each in data)
        data = data.replace(before, struct.pack("<HHII", tag, 4, 1, side))
    return data


@pytest.mark.parametrize(("name", "make"), [("a.png", bomb), ("a.bmp", bmp_bomb), ("a.tif", tiff_bomb)])
@pytest.mark.parametrize("ours", [True, False], ids=["our limit", "Pillow's limit"])
def test_a_pixel_bomb_is_refused_before_anything_is_allocated(name, make, ours, tmp_path, monkeypatch):
    if ours:  # as in a worker
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    path = written(tmp_path, name, make(40_000))
    tracemalloc.start()
    start = time.perf_counter()
    try:
        with pytest.raises(ImageFileError, match=name.replace(".", r"\.")):
            read_gray(path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - start < 5


def test_up_to_our_limit_a_worker_does_not_ask_pillow(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    path = written(tmp_path, "a.png", bomb(10_000))  # 100 MP, accepted; then it turns out to be cut
    with pytest.raises(ImageFileError, match="damaged"):
        read_gray(path)


@pytest.mark.parametrize(("limits", "said"), [(Limits(pixels=1072), "max-pixels"), (Limits(side=36), "sides"), (Limits(pixels=0), "max-pixels")])
@pytest.mark.parametrize("name", ["gray.jpg", "gray.png", "gray.tif", "exact.webp", "gray.bmp"])
def test_pixels_and_sides_are_limited_in_every_format(name, limits, said, tmp_path):
    path = written(tmp_path, name, contents()[name])
    with pytest.raises(ImageFileError, match=said):
        read_gray(path, limits)
    assert read_gray(path, Limits(pixels=1073, side=37)).shape == GRAY.shape


def test_frames_are_limited_and_one_page_of_many_is_none_too_many(tmp_path):
    pages = [Image.fromarray(GRAY)] * 4
    path = written(tmp_path, "a.tif", saved(GRAY, "TIFF", save_all=True, append_images=pages))
    assert np.array_equal(read_gray(path, Limits(frames=1)), GRAY)
    assert len(list(read_pages(path, Limits(frames=5)))) == 5
    with pytest.raises(ImageFileError, match="more than 4 pages; up to 4"):
        list(read_pages(path, Limits(frames=4)))


def test_scans_of_a_progressive_jpeg_are_limited(tmp_path):
    data = contents()["progressive.jpg"]
    last = data.rindex(b"\xff\xda")
    path = written(tmp_path, "a.jpg", data[:-2] + data[last:-2] * 200 + b"\xff\xd9")
    with pytest.raises(ImageFileError, match=r"a\.jpg: a progressive JPEG of 2\d\d scans; up to 100"):
        read_gray(path)
    usual = data.count(b"\xff\xda")
    assert read_gray(written(tmp_path, "a.jpg", data), Limits(scans=usual)).shape == GRAY.shape
    with pytest.raises(ImageFileError, match="scans"):
        read_gray(tmp_path / "a.jpg", Limits(scans=usual - 1))


def make_socket(path):
    listening = socket.socket(socket.AF_UNIX)
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # its address may have 107 bytes
    listening.bind(path.name)
    os.fchdir(here)
    os.close(here)
    listening.close()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, make_socket, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to(path)])
def test_what_is_no_regular_file_is_refused_without_waiting(make, tmp_path):
    make(tmp_path / "a.png")
    with pytest.raises(ImageFileError, match=r"a\.png"):
        read_gray(tmp_path / "a.png")


def test_no_open_file_is_left_behind(tmp_path):
    written(tmp_path, "bad.png", b"x")
    os.mkfifo(tmp_path / "pipe.png")
    written(tmp_path, "good.tif", contents()["pages.tif"])
    before = len(os.listdir("/proc/self/fd"))
    for name in ("bad.png", "pipe.png", "none.png"):
        with pytest.raises(ImageFileError):
            read_gray(tmp_path / name)
    read_gray(tmp_path / "good.tif")
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    "name", [b"new\nline.png", b"quote'\".png", b"\xff\xfe.png", b"-r.png", b"<script>.png", b"a" * 251 + b".png", b"\x1b[31m.png"]
)
def test_files_of_any_name_are_read_and_named_in_one_plain_line(name, tmp_path):
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb") as file:
        file.write(contents()["gray.png"])
    assert np.array_equal(read_gray(path), GRAY)
    assert np.array_equal(read_gray(os.fsdecode(path)), GRAY)
    with open(path, "wb") as file:
        file.write(b"nothing")
    with pytest.raises(ImageFileError) as caught:
        read_gray(path)
    said = str(caught.value)
    assert said.isprintable() and said.startswith(printable(path)) and said.encode()


def test_open_files_are_read_as_bytes_in_memory_would_be(tmp_path):
    path = written(tmp_path, "a.jpg", saved(RGB, "JPEG"))
    drafted = Image.open(io.BytesIO(path.read_bytes()))
    drafted.draft("L", drafted.size)
    assert np.array_equal(read_gray(str(path)), np.asarray(drafted))
