"""edgecalc ops draws every operator with the weights that it uses, and says of the others what they are made of."""

import inspect
import re

import numpy as np
import pytest

import edgecalc as ec
from edgecalc import stencils
from edgecalc.cli import ops
from edgecalc.cli.main import main
from tests.reference import twins

MADE = tuple(name for names in ops.MADE for name in names.split(", "))
DRAWN = (
    *stencils.OPERATORS, "roberts", "roberts anti", "laplacian",
    "gaussian", "gaussian_derivative", "gaussian_laplace", "difference_of_gaussians",
)  # fmt: skip
BELLS = {
    "gaussian": lambda image, sigma: ec.gaussian(image, sigma),  # noqa: PLW0108 (the same form for all)
    "gaussian_derivative": lambda image, sigma: ec.gaussian_derivative(image, sigma),  # noqa: PLW0108
    "gaussian_laplace": lambda image, sigma: ec.gaussian_laplace(image, sigma),  # noqa: PLW0108
    "difference_of_gaussians": lambda image, sigma: ec.difference_of_gaussians(image, sigma),  # noqa: PLW0108
}
# What takes an image, or a map made of one; differentiate takes samples of a function.
FILTERS = tuple(
    name for name in ec.__all__ if inspect.isfunction(getattr(ec, name)) and next(iter(inspect.signature(getattr(ec, name)).parameters)) != "samples"
)


@pytest.fixture
def printed(capsys):
    def run(*arguments, code=0):
        try:
            ended = main(["ops", *map(str, arguments)])
        except SystemExit as stop:
            ended = stop.code
        assert ended == code
        out, err = capsys.readouterr()
        assert bool(err) == bool(code)
        return err if code else out

    return run


def kernel(text):
    """The numbers under the heading."""
    heading, *rows = [line for line in text.splitlines() if line.strip()]
    assert not heading.startswith(" ")
    return np.array([[float(cell) for cell in row.split()] for row in rows])


def facts(text):
    return {name: float(value) for name, value in re.findall(r"(slope|sum|accuracy|noise gain) (-?[\d.e-]+)", text.splitlines()[0])}


def seen(function, sigma, size):
    """The weights of a filter, read off what it makes of a single pixel."""
    image = np.zeros((2 * size + 1, 2 * size + 1))
    image[size, size] = 1
    return function(image, sigma)[::-1, ::-1]


@pytest.mark.parametrize("name", [*DRAWN, *MADE])
def test_every_name_can_be_asked_for_alone(name, printed):
    text = printed(name)
    assert text.startswith(f"{name}   ")
    assert len(text.splitlines()[0]) > len(name) + 10
    assert (len(text.strip().splitlines()) > 1) == (name in DRAWN)


def test_without_names_all_are_printed_each_once(printed):
    headings = [re.split(r"\s{2,}", line)[0] for line in printed().splitlines() if line[:1].strip()]
    assert sorted(name for heading in headings for name in heading.split(", ")) == sorted((*DRAWN, *MADE))


@pytest.mark.parametrize("name", FILTERS)
def test_every_public_filter_is_shown(name, printed):
    assert name in (*DRAWN, *MADE)
    assert re.search(rf"^(.*, )?{name}(,| {{3}}|$)", printed(), re.MULTILINE)


@pytest.mark.parametrize("name", [*DRAWN, *MADE])
def test_every_name_shown_is_a_public_one(name):
    assert name.split()[0] in ec.__all__


def test_the_filters_are_not_none():
    assert len(FILTERS) >= 24 and {"sobel", "canny", "thin", "zero_crossings", "di_zenzo", "hessian"} <= set(FILTERS)


def test_several_names_come_in_the_order_they_are_asked_for(printed):
    text = printed("scharr", "canny", "forward")
    assert [line.split()[0] for line in text.splitlines() if line[:1].strip()] == ["scharr", "canny", "forward"]


@pytest.mark.parametrize("name", twins.OPERATORS)
def test_the_kernel_drawn_is_the_published_one(name, printed):
    text = printed(name)
    assert np.array_equal(kernel(text), np.round(twins.KERNELS[name], 4))
    np.testing.assert_allclose(facts(text)["slope"], twins.GAINS[name], rtol=1e-5)
    assert facts(text)["accuracy"] == (1 if name in ("forward", "backward") else 2)
    weights = np.array(twins.KERNELS[name], float)
    np.testing.assert_allclose(facts(text)["noise gain"], np.sqrt((weights**2).sum()) / twins.GAINS[name], atol=5e-5)


@pytest.mark.parametrize(("name", "weights"), [("roberts", twins.ROBERTS_MAIN), ("roberts anti", twins.ROBERTS_ANTI)])
def test_the_diagonals_drawn_are_roberts_own(name, weights, printed):
    assert np.array_equal(kernel(printed(name)), weights)


@pytest.mark.parametrize("ksize", [1, 3, 5, 7, 31])
def test_ksize_sizes_sobel_and_laplacian(ksize, printed):
    assert np.array_equal(kernel(printed("sobel", "--ksize", ksize)), twins.sobel_kernel(ksize))
    drawn = kernel(printed("laplacian", "--ksize", ksize))
    size = max(ksize, 3)
    pixel = np.zeros((2 * size + 1, 2 * size + 1))
    pixel[size, size] = 1
    response = ec.laplacian(pixel, ksize)
    reach = size // 2
    assert np.array_equal(drawn, response[size - reach : size + reach + 1, size - reach : size + reach + 1])


def test_without_ksize_sobel_has_3_and_laplacian_1(printed):
    assert printed("sobel") == printed("sobel", "--ksize", 3)
    assert printed("laplacian") == printed("laplacian", "--ksize", 1)
    assert printed("scharr", "--ksize", 7) == printed("scharr")


@pytest.mark.parametrize("sigma", [0.3, 0.5, 0.7, 1.2])
@pytest.mark.parametrize("name", BELLS)
def test_sigma_widens_the_gaussian_family(name, sigma, printed):
    text = printed(name, "--sigma", sigma)
    drawn = kernel(text)
    reach = drawn.shape[0] // 2
    assert reach == int(4 * (1.6 * sigma if name == "difference_of_gaussians" else sigma) + 0.5)
    weights = seen(BELLS[name], sigma, reach + 1)
    assert not weights[0].any() and not weights[:, 0].any()
    np.testing.assert_allclose(drawn, weights[1:-1, 1:-1], rtol=0, atol=5.1e-5)
    if name != "gaussian_derivative":
        np.testing.assert_allclose(facts(text)["sum"], weights.sum(), rtol=1e-3, atol=1e-12)
        np.testing.assert_allclose(facts(text)["noise gain"], np.sqrt((weights**2).sum()), atol=5.1e-5)


def test_without_sigma_it_is_a_half(printed):
    assert printed() == printed("--sigma", 0.5)
    assert printed("sobel", "--sigma", 2) == printed("sobel")


@pytest.mark.parametrize("names", [("gaussian",), ("sobel",), ("canny",)])
def test_a_bell_too_narrow_to_be_differentiated_stops_none_that_is_not(names, printed):
    assert ec.gaussian(np.zeros((3, 3)), 0.1).shape == (3, 3)
    assert printed(*names, "--sigma", 0.1).startswith(names[0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sobble",), "'sobble'.*'sobel'"),
        (("sobel", "sobble"), "'sobble'"),
        (("differentiate",), "'differentiate'"),
        (("",), "NAME: ''"),
        (("Sobel",), "'Sobel'"),
        (("gradient, magnitude, orientation, polar",), "NAME"),
        (("sobel", "--ksize", "4"), "ksize: 4"),
        (("sobel", "--ksize", "-3"), "ksize: -3"),
        (("sobel", "--ksize", "33"), "ksize: 33"),
        (("sobel", "--ksize", "0"), "ksize: 0"),
        (("laplacian", "--ksize", "0"), "ksize: 0"),
        (("sobel", "--ksize", "three"), "--ksize.*'three'"),
        (("gaussian", "--sigma", "0"), "sigma: 0"),
        (("gaussian", "--sigma", "-1"), "sigma: -1"),
        (("gaussian", "--sigma", "nan"), "sigma: nan"),
        (("gaussian", "--sigma", "inf"), "sigma: inf"),
        (("gaussian", "--sigma", "wide"), "--sigma.*'wide'"),
        (("gaussian_derivative", "--sigma", "0.1"), "sigma: 0.1"),
        (("sobel", "--size", "3"), "--size"),
    ],
)
def test_wrong_usage_ends_with_2_and_is_named(arguments, said, printed):
    assert re.search(said, printed(*arguments, code=2))


def test_an_unknown_name_prints_no_kernel(capsys):
    assert main(["ops", "sobel", "sobble"]) == 2
    assert capsys.readouterr().out == ""


def test_help_shows_examples_that_work(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["ops", "--help"])
    assert stop.value.code == 0
    examples = re.findall(r"^  edgecalc (ops.*)$", capsys.readouterr().out, re.MULTILINE)
    assert len(examples) >= 3
    for example in examples:
        assert main(example.split()) == 0
        assert capsys.readouterr().out


@pytest.mark.parametrize("name", BELLS)
@pytest.mark.parametrize("sigma", ["0", "-1", "nan"])
def test_a_sigma_that_is_none_is_refused_by_its_name(name, sigma, capsys):
    assert main(["ops", name, "--sigma", sigma]) == 2
    assert "--sigma" in capsys.readouterr().err
