"""A recipe says the same in text and in Python."""

import inspect

import numpy as np
import pytest

import edgecalc as ec
from edgecalc.batch.recipe import EXAMPLES, NAMES, Recipe
from edgecalc.errors import EdgecalcError

IMAGE = np.random.default_rng(2).integers(0, 256, (20, 30), np.uint8)
# Each name as its example writes it, or alone where it needs nothing.
TEXTS = {name: EXAMPLES.get(name, name).removeprefix("such as ") for name in NAMES}
NEEDS = {
    "canny": ("low", "high"),
    "difference_of_gaussians": ("low_sigma",),
    **{f"gaussian{end}": ("sigma",) for end in ("", "_derivative", "_laplace")},
}
DTYPES = ("bool", "uint8", "uint16", "int16", "int32", "float32", "float64")


def some_image(dtype):
    """The same picture on each type's own scale."""
    if dtype == "bool":
        return IMAGE > 127
    scale = {"uint16": 257, "int16": 100, "int32": 10**6, "float32": 1 / 255, "float64": 1e-3}.get(dtype, 1)
    return (IMAGE * np.float64(scale)).astype(dtype)


@pytest.mark.parametrize(
    "text",
    [
        "magnitude", "sobel:axis=y,ksize=5,view=shift", "magnitude:operator=scharr,norm=l1", "sobel:normalize=True",
        "canny:low=50,high=150", "canny:low=0.5,high=150.25,norm=l2,sigma=1.5", "canny_auto:method=otsu", "gaussian:sigma=2,border=edge",
        "gaussian_derivative:sigma=2,axis=y,order=2", "difference_of_gaussians:low_sigma=1,high_sigma=3", "canny:low=1,high=2,sigma=None",
        "roberts:diagonal=anti",
    ],
)  # fmt: skip
def test_text_comes_back(text):
    assert str(Recipe.parse(text)) == text


@pytest.mark.parametrize("name", NAMES)
def test_every_examples_text_comes_back_and_is_the_same_recipe(name):
    recipe = Recipe.parse(TEXTS[name])
    assert recipe.operator == name
    assert str(recipe) == TEXTS[name]
    assert Recipe.parse(str(recipe)) == Recipe.from_json(recipe.to_json()) == Recipe.from_toml(recipe.to_toml()) == recipe


def test_a_recipe_does_what_the_function_does():
    assert np.array_equal(Recipe.parse("sobel:axis=y,ksize=5").exact(IMAGE), ec.sobel(IMAGE, "y", ksize=5))
    assert np.array_equal(Recipe.parse("sobel:view=shift").picture(IMAGE), ec.sobel(IMAGE, view="shift"))
    for each in ("exact", "picture"):
        assert np.array_equal(getattr(Recipe.parse("canny:low=50,high=150,norm=l2"), each)(IMAGE), ec.canny(IMAGE, 50, 150, norm="l2"))
        assert np.array_equal(getattr(Recipe.parse("canny_auto"), each)(IMAGE), ec.canny_auto(IMAGE).edges)
    assert np.array_equal(Recipe.parse("gaussian:sigma=2").exact(IMAGE), ec.gaussian(IMAGE, 2))
    assert np.array_equal(Recipe.parse("gaussian:sigma=2").picture(IMAGE), ec.gaussian(IMAGE, 2, dtype=np.uint8))
    assert np.array_equal(Recipe.parse("gaussian_derivative:sigma=2,axis=y").exact(IMAGE), ec.gaussian_derivative(IMAGE, 2, "y"))
    assert np.array_equal(Recipe.parse("gaussian_laplace:sigma=2").picture(IMAGE), ec.gaussian_laplace(IMAGE, 2, view="scale"))
    assert np.array_equal(Recipe.parse("difference_of_gaussians:low_sigma=1,high_sigma=3").exact(IMAGE), ec.difference_of_gaussians(IMAGE, 1, 3))


def test_every_public_operator_of_one_picture_has_a_recipe():
    """Those that give one array for one image; thin, zero_crossings and the like take what another made."""
    several = {"gradient", "polar", "structure_tensor", "hessian", "di_zenzo"}
    functions = {name: getattr(ec, name) for name in ec.__all__ if inspect.isfunction(getattr(ec, name))}
    assert {name for name, each in functions.items() if next(iter(inspect.signature(each).parameters)) == "image"} - several == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_picture_is_uint8_and_shows_something(name, dtype):
    image = some_image(dtype)
    before = image.copy()
    picture = Recipe.parse(TEXTS[name]).picture(image)
    assert picture.dtype == np.uint8 and picture.shape == IMAGE.shape
    assert picture.max() > picture.min()
    assert np.array_equal(image, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, 1, 200])
def test_a_flat_image_has_a_picture_too(name, value):
    for dtype in ("uint8", "uint16", "float32"):
        picture = Recipe.parse(TEXTS[name]).picture(np.full((7, 9), value, dtype))
        assert picture.shape == (7, 9) and picture.dtype == np.uint8
        if dtype == "uint8" and name == "gaussian":
            assert (picture == value).all()


@pytest.mark.parametrize("text", ["canny:low=50,high=150", "canny_auto", "canny_auto:method=otsu"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_edges_are_a_picture_of_0_and_255(text, dtype):
    assert set(np.unique(Recipe.parse(text).picture(some_image(dtype)))) == {0, 255}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("threads", [1, 3])
def test_any_number_of_threads_gives_the_same_picture(name, threads):
    recipe = Recipe.parse(TEXTS[name])
    assert np.array_equal(recipe.picture(IMAGE, threads), recipe.picture(IMAGE))
    assert np.array_equal(recipe.exact(IMAGE, threads), recipe.exact(IMAGE))


def test_sixteen_bits_give_the_picture_of_eight():
    same = Recipe.parse("magnitude").picture(IMAGE.astype(np.uint16) * 257)
    assert abs(same.astype(int) - ec.magnitude(IMAGE)).max() <= 1


@pytest.mark.parametrize("text", ["gaussian:sigma=2", "gaussian_laplace:sigma=2", "sobel", "canny:low=50,high=150"])
def test_sixteen_bits_have_the_thresholds_and_shades_of_eight(text):
    same, picture = (Recipe.parse(text).picture(image).astype(int) for image in (IMAGE.astype(np.uint16) * 257, IMAGE))
    assert abs(same - picture).max() <= 1


def test_view_and_dtype_are_kept_where_they_are_said():
    assert np.array_equal(Recipe.parse("gaussian_laplace:sigma=2,view=shift").picture(IMAGE), ec.gaussian_laplace(IMAGE, 2, view="shift"))
    assert Recipe.parse("sobel:dtype=int32").picture(IMAGE).dtype == np.int32
    assert Recipe.parse("gaussian:sigma=2,dtype=float32").picture(IMAGE).dtype == np.float32


@pytest.mark.parametrize("name", NEEDS)
def test_what_is_missing_is_named_with_an_example(name):
    example = TEXTS[name]
    with pytest.raises(EdgecalcError) as error:
        Recipe.parse(name)
    said = str(error.value)
    assert f"such as {example}" in said
    assert all(f"{key}=..." in said for key in NEEDS[name])
    Recipe.parse(example)


def test_canny_with_one_threshold_is_told_of_the_other():
    with pytest.raises(EdgecalcError, match=r"canny needs high=\.\.\. too, such as canny:low=50,high=150"):
        Recipe.parse("canny:low=50")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NEEDS])
def test_the_others_need_nothing(name):
    assert str(Recipe.parse(name)) == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sobell", "sobell"), ("sobel:size=3", "ksize"), ("sobel:ksize", "ksize="), ("sobel:out=3", "axis"), ("", "sobel"),
        ("sobel:ksize=3,ksize=5", "ksize=5 came after ksize=3"), ("thin", "canny_auto"), ("canny:lo=1,high=2", "'lo' came; canny takes low="), ("gaussian:2", "'2' came; gaussian takes sigma="),
        ("sobel:mask=1", "'mask'"), ("sobel:spacing=2", "'spacing'"), ("sobel:dtype", "dtype="), ("canny:low=1,high=2,sigma", "sigma="),
        ("canny:low=1,high=2,return_stages=True", "return_stages"), ("canny:low=1,high=2,gradients=1", "gradients"),
        ("canny_auto:quantiles=1", "quantiles"), ("Canny:low=1,high=2", "'Canny'"), ("canny :low=1,high=2", "'canny '"),
    ],
)  # fmt: skip
def test_what_is_not_accepted_is_named(text, said):
    with pytest.raises(EdgecalcError, match=said):
        Recipe.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("canny:low=a,high=2", "low: 'a'"),
        ("gaussian:sigma=0", "sigma: 0"),
        ("sobel:ksize=4", "ksize: 4"),
        ("canny_auto:method=best", "method: 'best'"),
    ],
)
def test_a_wrong_value_is_named_when_it_is_used(text, said):
    for each in ("exact", "picture"):
        with pytest.raises((TypeError, ValueError), match=said):
            getattr(Recipe.parse(text), each)(IMAGE)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("operator", ["sobel", "magnitude", "canny:low=100,high=200", "canny_auto"])
def test_one_pixel_that_is_no_number_leaves_the_rest_of_the_picture(operator, bad):
    image = np.random.default_rng(0).normal(size=(40, 60)).cumsum(axis=1).astype(np.float32)
    image[5, 5] = bad
    picture = Recipe.parse(operator).picture(image)
    assert picture[20:].any()
    image[5, 5] = 0
    assert np.mean(picture[20:] == Recipe.parse(operator).picture(image)[20:]) > 0.99


def test_spaces_between_parameters_do_not_matter():
    assert Recipe.parse("canny: low=50, high = 100 ,sigma=2") == Recipe.parse("canny:low=50,high=100,sigma=2")
