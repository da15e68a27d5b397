"""Arguments other than the image: each mistake is refused by the argument's name, and out= takes what it is given or says why not."""

import numpy as np
import pytest

import edgecalc as ec
from tests.reference import images

REFUSED = (TypeError, ValueError)
IMAGE = images.random_image((9, 11), "uint8")

WRONG = {
    "threads": (0, -1, 2.5, "a", True, 10**9, [2], np.nan),
    "axis": ("z", 5, -3, 2, None, 1.5, True, "", "X", [0], (0,), np.nan, 1.0),
    "border": ("mirror", "Reflect", "", None, 1, ["reflect"], b"reflect", "nearest"),
    "view": ("nope", "", 1, True, ["scale"]),
    "normalize": ("yes", 1, 0, None, 2.0, [True]),
    "dtype": (complex, "complex64", np.float16, np.longdouble, "foo", object, "S3", "M8[s]", [("a", "u1")], bool, 3, {}),
    "ksize": (2, 0, 33, -1, 3.0, 3.5, 4, 32, "3", None, True, 10**30),
    "order": (0, -1, 3, 4, 1.0, True, 1.5, "1", None, 10**30),
}
CASES = [(argument, value) for argument, values in WRONG.items() for value in values]


@pytest.mark.parametrize("border", ["reflect", "one-sided"])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
@pytest.mark.parametrize(("argument", "value"), CASES, ids=lambda value: repr(value)[:30])
def test_a_wrong_argument_is_refused_by_its_name(argument, value, dtype, border):
    operator = ec.sobel if argument in ("ksize", "order") else ec.central
    options = {argument: value} if argument == "border" or operator is ec.sobel else {argument: value, "border": border}
    with pytest.raises(REFUSED, match=argument):
        operator(IMAGE.astype(dtype), **options)


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (1, 1)])
@pytest.mark.parametrize(("argument", "value"), [(a, v) for a, v in CASES if a not in ("ksize", "order", "axis")], ids=lambda value: repr(value)[:30])
def test_a_wrong_argument_is_refused_for_images_of_any_size(argument, value, shape):
    with pytest.raises(REFUSED, match=argument):
        ec.central(np.zeros(shape, np.uint8), **{argument: value})


RIGHT = {
    "threads": (1, np.int64(2), None),
    "axis": (0, 1, -1, -2, np.int8(1), "x", "y"),
    "normalize": (np.True_, np.False_),
    "dtype": ("float32", np.float64, "<i4", ">i2", "u1", int, float, "d"),
    "ksize": (1, np.uint8(5), 31),
}


@pytest.mark.parametrize(("argument", "value"), [(argument, value) for argument, values in RIGHT.items() for value in values], ids=repr)
def test_every_spelling_of_a_right_argument_is_taken(argument, value):
    result = ec.sobel(IMAGE, **{argument: value})
    assert result.shape == IMAGE.shape
    assert result.dtype.isnative


@pytest.mark.parametrize(
    ("right", "wrong", "argument"),
    [
        ({"axis": 1}, {"axis": True}, "axis"),
        ({"axis": 0}, {"axis": False}, "axis"),
        ({"axis": 1}, {"axis": 1.0}, "axis"),
        ({"normalize": True}, {"normalize": 1}, "normalize"),
        ({"normalize": False}, {"normalize": 0}, "normalize"),
        ({"normalize": True}, {"normalize": 1.0}, "normalize"),
        ({"border": "constant", "cval": 1}, {"border": "constant", "cval": 1 + 0.5j}, "cval"),
        ({"threads": 1}, {"threads": True}, "threads"),
        ({"threads": 2}, {"threads": 2.0}, "threads"),
        ({"out": np.zeros((9, 11), np.int16)}, {"out": images.read_only(np.zeros((9, 11), np.int16))}, "out"),
        ({"out": np.zeros((9, 11), np.int16)}, {"out": np.zeros((11, 9), np.int16)}, "out"),
        ({"out": np.zeros((9, 11), np.int16)}, {"out": np.zeros((9, 12), np.int16)[:, :10]}, "out"),
        ({"out": np.zeros((9, 11), np.uint8)}, {"out": np.zeros((9, 11), bool)}, "out|dtype"),
        ({"out": np.zeros((9, 11), np.int16)}, {"out": np.ma.zeros((9, 11), np.int16)}, "out"),
    ],
)
def test_a_refusal_does_not_depend_on_earlier_calls(right, wrong, argument):
    for _ in range(3):
        ec.prewitt(IMAGE, **right)
    with pytest.raises(REFUSED, match=argument):
        ec.prewitt(IMAGE, **wrong)


@pytest.mark.parametrize("call", [ec.sobel, ec.central])
def test_a_colour_image_is_refused_also_after_volumes_of_its_type(call):
    for _ in range(3):
        call(np.zeros((5, 6, 7), np.uint8))
    with pytest.raises(ValueError, match="gray=True"):
        call(np.zeros((5, 6, 3), np.uint8))


def test_a_result_does_not_depend_on_earlier_calls():
    for shape in ((9, 11), (1, 1), (1, 5), (3, 3), (2, 1)):
        image = images.random_image(shape, "uint8")
        for border in ("valid", "reflect", "one-sided", "constant"):
            if border == "one-sided" and min(shape) < 2:
                continue
            warm = [ec.forward(image, border=border) for _ in range(3)]
            assert all(each.shape == warm[0].shape and each.tobytes() == warm[0].tobytes() for each in warm)
            assert warm[0].shape == (shape[0], shape[1] - (border == "valid"))
    assert ec.roberts(IMAGE, border="valid").shape == ec.roberts(IMAGE, border="valid").shape == (8, 10)


CVALS = {
    "uint8": (300, -1, 0.5, 256, np.nan, np.inf, 2**70, -(2**70), "a", None, [1], [1, 2], 1 + 2j, np.array([3]), object()),
    "int16": (40_000, -40_000, 1.25, np.nan, "1", 1j),
    "uint64": (-1, 2**64, 0.5, 1e30),
    "float32": (1e39, "a", None, [1.0, 2], 1 + 2j, 10**400),
    "float64": (10**400, "a", None, [1.0, 2], 1 + 2j),
    "bool": (300, -1, 0.5),
}


@pytest.mark.parametrize(("dtype", "cval"), [(dtype, cval) for dtype, cvals in CVALS.items() for cval in cvals], ids=lambda value: repr(value)[:20])
def test_a_cval_that_the_image_cannot_hold_is_refused(dtype, cval):
    with pytest.raises(REFUSED, match="cval"):
        ec.sobel(IMAGE.astype(dtype), border="constant", cval=cval)


HELD = {
    "uint8": (255, 3.0, np.uint8(7), True),
    "int8": (-128,),
    ">i2": (300,),
    "uint64": (2**64 - 1,),
    "int64": (-(2**63), 2**63 - 1),
    "float16": (0.1,),
    "float32": (0.1, -np.inf, np.float64(1e-50)),
    "float64": (np.nan, 1e300),
    "bool": (True,),
}


@pytest.mark.parametrize(("dtype", "cval"), [(dtype, cval) for dtype, cvals in HELD.items() for cval in cvals], ids=lambda value: repr(value)[:20])
def test_a_cval_that_the_image_can_hold_stands_beyond_it(dtype, cval):
    image = images.random_image((4, 5), np.dtype(dtype).newbyteorder("="))
    beyond = np.pad(image.astype(np.float32) if dtype == "float16" else image, 1, constant_values=cval)
    result = ec.prewitt(image.astype(dtype), border="constant", cval=cval)
    np.testing.assert_array_equal(result, ec.prewitt(beyond, border="valid").astype(result.dtype))


# out=


def outputs(dtype=np.int16, shape=IMAGE.shape):
    plain = np.zeros(shape, dtype)
    return {
        "plain": plain,
        "fortran": np.zeros(shape, dtype, order="F"),
        "strided": images.spread(plain),
        "rows": images.spread_rows(plain),
        "backwards": images.backwards(plain),
        "misaligned": images.misaligned(plain),
    }


@pytest.mark.parametrize("layout", outputs())
@pytest.mark.parametrize("options", [{}, {"border": "one-sided"}, {"border": "blank"}, {"threads": 3}, {"axis": "y"}], ids=str)
def test_out_of_any_layout_is_filled_and_given_back(layout, options):
    out = outputs()[layout]
    around = out.base.copy() if out.base is not None and not out.flags.contiguous else None
    assert ec.central(IMAGE, out=out, **options) is out
    np.testing.assert_array_equal(out, ec.central(IMAGE, **options))
    if around is not None:
        out[...] = 0
        np.testing.assert_array_equal(out.base, around)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint32", "int64", "float32", "float64"])
def test_the_type_of_out_is_the_type_of_the_result(dtype):
    out = np.empty(IMAGE.shape, dtype)
    for options in ({}, {"normalize": True}, {"border": "one-sided"}):
        np.testing.assert_array_equal(ec.central(IMAGE, out=out, **options), ec.central(IMAGE, dtype=dtype, **options))
    np.testing.assert_array_equal(ec.magnitude(IMAGE, out=out), ec.magnitude(IMAGE, dtype=dtype))


BAD_OUT = {
    "larger": np.zeros((10, 11), np.int16),
    "smaller": np.zeros((9, 10), np.int16),
    "flat": np.zeros(99, np.int16),
    "deeper": np.zeros((1, 9, 11), np.int16),
    "one number": np.zeros((), np.int16),
    "read-only": images.read_only(np.zeros((9, 11), np.int16)),
    "broadcast": np.broadcast_to(np.int16(0), (9, 11)),
    "complex": np.zeros((9, 11), complex),
    "half": np.zeros((9, 11), np.float16),
    "bool": np.zeros((9, 11), bool),
    "object": np.zeros((9, 11), object),
    "big-endian": np.zeros((9, 11), ">i2"),
    "masked": np.ma.zeros((9, 11), np.int16),
    "list": [[0] * 11] * 9,
    "text": "out",
    "number": 3,
    "True": True,
    "buffer": bytearray(198),
    "empty tuple": (),
    "two": (np.zeros((9, 11), np.int16), np.zeros((9, 11), np.int16)),
}


@pytest.mark.parametrize("options", [{}, {"border": "one-sided"}, {"view": "scale"}, {"normalize": True}], ids=str)
@pytest.mark.parametrize("out", BAD_OUT.values(), ids=BAD_OUT)
def test_a_wrong_out_is_refused_by_its_name(out, options):
    # the picture's types are those of dtype=
    with pytest.raises(REFUSED, match=r"^dtype: int16|^out:" if "view" in options else r"\bout:"):
        ec.central(IMAGE, out=out, **options)


def test_out_and_dtype_must_agree():
    with pytest.raises(REFUSED, match="out"):
        ec.sobel(IMAGE, dtype=np.float32, out=np.zeros(IMAGE.shape, np.int16))
    with pytest.raises(REFUSED, match="out"):
        ec.orientation(IMAGE, out=np.zeros(IMAGE.shape, np.float64))
    with pytest.raises(REFUSED, match="out"):
        ec.polar(IMAGE, out=np.zeros(IMAGE.shape, np.float32))
    with pytest.raises(REFUSED, match="out"):
        ec.sobel(IMAGE, border="valid", out=np.zeros(IMAGE.shape, np.int16))


OVERLAPS = {
    "itself": lambda m: (m[2:42, 3:63], m[2:42, 3:63]),
    "one row on": lambda m: (m[2:42, 3:63], m[3:43, 3:63]),
    "one row back": lambda m: (m[2:42, 3:63], m[1:41, 3:63]),
    "one column on": lambda m: (m[2:42, 3:63], m[2:42, 4:64]),
    "one column back": lambda m: (m[2:42, 3:63], m[2:42, 2:62]),
    "upside down": lambda m: (m[2:42, 3:63], m[2:42, 3:63][::-1]),
    "mirrored": lambda m: (m[2:42, 3:63], m[2:42, 3:63][:, ::-1]),
    "transposed": lambda m: (m[:40, :40], m[:40, :40].T),
    "whole": lambda m: (m, m),
    "whole rows, one on": lambda m: (m[:40], m[1:41]),
    "whole rows, one back": lambda m: (m[1:41], m[:40]),
    "whole rows, the last is the first": lambda m: (m[:22], m[21:43]),
    "whole rows, side by side": lambda m: (m[:22], m[22:]),
}
WRITERS = {
    "sobel": ec.sobel,
    "sobel y": lambda image, **options: ec.sobel(image, "y", **options),
    "sobel 7": lambda image, **options: ec.sobel(image, ksize=7, **options),
    "blank": lambda image, **options: ec.central(image, border="blank", **options),
    "one-sided": lambda image, **options: ec.central(image, border="one-sided", **options),
    "one-sided y": lambda image, **options: ec.forward(image, "y", border="one-sided", **options),
    "scale": lambda image, **options: ec.sobel(image, view="scale", **options),
    "roberts": ec.roberts,
    "magnitude": ec.magnitude,
    "threads": lambda image, **options: ec.sobel(image, threads=5, **options),
    "differentiate": ec.differentiate,
}


@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("writer", WRITERS)
def test_out_over_the_image_gives_the_numbers_of_separate_memory(writer, dtype, overlap):
    image, out = OVERLAPS[overlap](images.random_image((44, 66), dtype))
    expected = [WRITERS[writer](image.copy(), dtype=out.dtype) for _ in range(3)][-1]
    WRITERS[writer](image.copy(), out=np.empty_like(expected))
    assert WRITERS[writer](image, out=out) is out
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("first", [0, 2, 598, 600, 1198, 1200])
@pytest.mark.parametrize("pixels", [0, 600, 1199, 1800])
def test_out_over_the_bytes_of_an_image_of_another_type(first, pixels):
    """600 pixels of one byte from `pixels` on, 600 results of two bytes from `first` on."""
    ec.sobel(np.zeros((20, 30), np.uint8), out=np.zeros((20, 30), np.int16))
    memory = images.random_image((2400,), "uint8")
    image, out = memory[pixels : pixels + 600].reshape(20, 30), memory[first : first + 1200].view(np.int16).reshape(20, 30)
    around = memory.copy()
    expected = ec.sobel(image.copy())
    assert ec.sobel(image, out=out) is out
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(memory[:first], around[:first])
    np.testing.assert_array_equal(memory[first + 1200 :], around[first + 1200 :])


@pytest.mark.parametrize("pair", [ec.gradient, ec.polar])
def test_pairs_over_the_image(pair):
    image = images.random_image((20, 30), "float32")
    expected = pair(image.copy())
    result = pair(image, out=(image, np.empty_like(image)))
    assert result[0] is image
    for ours, theirs in zip(result, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
