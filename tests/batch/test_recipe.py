"""A recipe says the same in text and in Python."""

import numpy as np
import pytest

import edgecalc as ec
from edgecalc.batch.recipe import NAMES, Recipe
from edgecalc.errors import EdgecalcError

IMAGE = np.random.default_rng(2).integers(0, 256, (20, 30), np.uint8)


@pytest.mark.parametrize("text", ["magnitude", "sobel:axis=y,ksize=5,view=shift", "magnitude:operator=scharr,norm=l1", "sobel:normalize=True"])
def test_text_comes_back(text):
    assert str(Recipe.parse(text)) == text


def test_a_recipe_does_what_the_function_does():
    assert np.array_equal(Recipe.parse("sobel:axis=y,ksize=5").exact(IMAGE), ec.sobel(IMAGE, "y", ksize=5))
    assert np.array_equal(Recipe.parse("sobel:view=shift").picture(IMAGE), ec.sobel(IMAGE, view="shift"))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "orientation"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_picture_is_uint8_and_shows_something(name, dtype):
    picture = Recipe.parse(name).picture((IMAGE.astype(dtype) * (257 if dtype == "uint16" else 1)).astype(dtype))
    assert picture.dtype == np.uint8
    assert picture.max() > picture.min()


def test_sixteen_bits_give_the_picture_of_eight():
    same = Recipe.parse("magnitude").picture(IMAGE.astype(np.uint16) * 257)
    assert abs(same.astype(int) - ec.magnitude(IMAGE)).max() <= 1


@pytest.mark.parametrize(
    ("text", "said"), [("sobell", "sobell"), ("sobel:size=3", "ksize"), ("sobel:ksize", "ksize="), ("sobel:out=3", "axis"), ("", "sobel")]
)
def test_what_is_not_accepted_is_named(text, said):
    with pytest.raises(EdgecalcError, match=said):
        Recipe.parse(text)
