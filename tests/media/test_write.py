"""Under a name there is the whole new file, or what was there before; nothing else is left in the folder."""

import errno
import os

import numpy as np
import pytest
from PIL import Image

from edgecalc.errors import ImageFileError
from edgecalc.media import png
from edgecalc.media.read import read_gray
from edgecalc.media.write import temporary, write
from tests.batch.faults import OPERATIONS, Faults

SAMPLE_FORMAT, BITS = 339, 258  # tags of TIFF
GRAY = np.random.default_rng(4).integers(0, 256, (23, 31), np.uint8)
NAMES = ["a.png", "a.npy", "a.tif", "a.tiff", "a.jpg", "a.jpeg", "a.webp", "a.bmp"]


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("durable", [False, True])
def test_the_size_that_is_told_is_the_size_of_the_one_file_that_there_is(name, durable, tmp_path):
    assert write(tmp_path / name, GRAY, durable=durable) == (tmp_path / name).stat().st_size
    assert list(content(tmp_path)) == [name]


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.tiff", "a.bmp", "a.webp", "A.PNG"])
def test_lossless_formats_give_the_pixels_back(name, tmp_path):
    write(tmp_path / name, GRAY)
    assert np.array_equal(read_gray(tmp_path / name), GRAY)


@pytest.mark.parametrize("name", ["a.jpg", "a.jpeg"])
def test_a_jpeg_is_near(name, tmp_path):
    smooth = np.add.outer(np.arange(40), np.arange(50)).astype(np.uint8)
    write(tmp_path / name, smooth)
    assert np.abs(read_gray(tmp_path / name).astype(int) - smooth).max() <= 4


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint16", "int32", "float32", "float64", "complex64"])
def test_npy_keeps_every_array(dtype, tmp_path):
    array = (GRAY.astype(np.int64) - 100).astype(dtype)
    write(tmp_path / "a.npy", array)
    back = np.load(tmp_path / "a.npy", allow_pickle=False)
    assert back.dtype == dtype
    assert np.array_equal(back, array)


@pytest.mark.parametrize(("name", "dtype"), [("a.tif", "uint16"), ("a.tif", "float32"), ("a.png", "uint16")])
def test_deep_files_give_the_pixels_back(name, dtype, tmp_path):
    write(tmp_path / name, GRAY.astype(dtype) * 7)
    assert np.array_equal(read_gray(tmp_path / name), GRAY.astype(dtype) * 7)


@pytest.mark.parametrize("name", ["a.tif", "a.tiff"])
@pytest.mark.parametrize("dtype", ["int16", "int32"])
def test_a_tiff_keeps_the_sign_and_the_type(name, dtype, tmp_path):
    array = (GRAY.astype(dtype) - 128) * 200
    write(tmp_path / name, array)
    assert np.array_equal(read_gray(tmp_path / name), array) and array.min() < 0
    with Image.open(tmp_path / name) as image:
        assert (image.tag_v2[SAMPLE_FORMAT], image.tag_v2[BITS]) == ((2,), (8 * array.itemsize,))


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("a.png", "int16"),
        ("a.png", "float32"),
        ("a.tif", "int64"),
        ("a.tif", "float64"),
        ("a.jpg", "uint16"),
        ("a.webp", "uint16"),
        ("a.bmp", "float32"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_with_the_way_out(name, dtype, tmp_path):
    with pytest.raises(ImageFileError, match=rf"{dtype} does not fit.*a\.npy"):
        write(tmp_path / name, GRAY.astype(dtype))
    assert not content(tmp_path)


@pytest.mark.parametrize("name", ["a", "a.gif", "a.png.exe", ".png", "a.jp2"])
def test_names_that_say_no_format_are_refused(name, tmp_path):
    with pytest.raises(ImageFileError, match="may end in"):
        write(tmp_path / name, GRAY)
    assert not content(tmp_path)


@pytest.mark.parametrize("size", [(3, 4), (600, 700)], ids=["smaller", "larger"])
def test_what_was_there_is_replaced_whole(size, tmp_path):
    write(tmp_path / "a.png", GRAY)
    write(tmp_path / "a.png", np.full(size, 9, np.uint8))
    assert np.array_equal(read_gray(tmp_path / "a.png"), np.full(size, 9))
    assert list(content(tmp_path)) == ["a.png"]


def test_a_link_is_replaced_and_what_it_points_to_is_kept(tmp_path):
    (tmp_path / "original").write_bytes(b"precious")
    (tmp_path / "soft.png").symlink_to("original")
    os.link(tmp_path / "original", tmp_path / "hard.png")
    for name in ("soft.png", "hard.png"):
        write(tmp_path / name, GRAY)
        assert np.array_equal(read_gray(tmp_path / name), GRAY)
    assert (tmp_path / "original").read_bytes() == b"precious"


@pytest.mark.parametrize("failure", [MemoryError, KeyboardInterrupt, SystemExit, ValueError])
@pytest.mark.parametrize("before", [False, True], ids=["new", "existing"])
def test_an_exception_leaves_the_folder_as_it_was(failure, before, tmp_path, monkeypatch):
    if before:
        write(tmp_path / "a.png", GRAY)
    was = content(tmp_path)

    def encode(*arguments):
        raise failure

    monkeypatch.setattr(png, "encode", encode)
    with pytest.raises(failure):
        write(tmp_path / "a.png", GRAY[::-1])
    assert content(tmp_path) == was


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("durable", [False, True])
def test_whichever_file_operation_fails_the_folder_is_as_it_was(number, name, durable, tmp_path):
    large = np.random.default_rng(5).integers(0, 256, (200, 301), np.uint8)  # more than one buffer
    with Faults() as counted:
        write(tmp_path / name, large, durable=durable)
    assert counted.calls["replace"] == 1
    assert counted.calls["write"] >= 1
    assert counted.calls["fsync"] == durable
    was = content(tmp_path)
    for n in range(1, counted.count + 1):
        for lasting in (False, True):
            with Faults(n, number, lasting) as faults, pytest.raises(OSError):
                write(tmp_path / name, large[::-1], durable=durable)
            assert faults.count >= n
            assert content(tmp_path) == was
    assert set(counted.calls) <= set(OPERATIONS)


def test_durable_has_the_content_on_the_disk_before_the_name_appears(tmp_path):
    with Faults() as seen:
        write(tmp_path / "a.png", GRAY, durable=True)
    order = [call for call in seen.order if call in ("write", "fsync", "replace")]
    assert order.index("fsync") > max(place for place, call in enumerate(order) if call == "write")
    assert order.index("fsync") < order.index("replace")


def test_a_folder_in_the_way_is_an_error_and_stays(tmp_path):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(OSError):
        write(tmp_path / "a.png", GRAY)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").is_dir()


def test_what_a_killed_run_left_is_replaced_by_the_next(tmp_path):
    temporary(tmp_path / "a.png").write_bytes(b"half")
    write(tmp_path / "a.png", GRAY)
    assert list(content(tmp_path)) == ["a.png"]


@pytest.mark.parametrize("name", [b"\xff\xfe.png", b"new\nline.png", b"a" * 251 + b".png", "é".encode() * 125 + b".png"])
def test_any_name_can_be_written(name, tmp_path):
    from pathlib import Path

    path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))
    write(path, GRAY)
    assert np.array_equal(read_gray(path), GRAY)


def test_temporary_names_are_hidden_different_and_never_an_image(tmp_path):
    made = {temporary(tmp_path / f"{number}.png").name for number in range(1000)}
    assert len(made) == 1000
    assert all(name.startswith(".") and name.endswith(".part") for name in made)
