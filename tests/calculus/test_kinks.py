"""derivative where f is not smooth, next to such places, at the edges of a domain; and how often and where f is called."""

import math

import numpy as np
import pytest

from edgecalc.calculus import derivative, numeric
from edgecalc.calculus.functions import FUNCTIONS

INF, NAN = math.inf, math.nan
SHIFTS = (0.0, math.sqrt(2), -math.pi, 1000 * math.sqrt(2))


class Counted:
    """f, and how many values it was asked for; it shows NumPy nothing of itself."""

    def __init__(self, f):
        self.f, self.asked = f, 0

    def __call__(self, x):
        self.asked += x.size if isinstance(x, np.ndarray) else 1
        return self.f(x)


class Within:
    """f, which raises outside its domain."""

    def __init__(self, f, low, high):
        self.f, self.low, self.high = f, low, high

    def __call__(self, x):
        real = np.asarray(x).real
        if (real < self.low).any() or (real > self.high).any():
            raise RuntimeError(f"called at {real.min()} .. {real.max()}, outside {self.low} .. {self.high}")
        return self.f(x)


def assert_near(found, wanted, within=1e-8):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=within)


# ---------------------------------------------------------------- kinks

# name: (f, kind, left, right, value), at 0
KINKS = {
    "abs": (np.abs, "corner", -1, 1, NAN),
    "sign(x) x": (lambda x: np.sign(x) * x, "corner", -1, 1, NAN),
    "ReLU": (lambda x: np.maximum(x, 0), "corner", 0, 1, NAN),
    "where": (lambda x: np.where(x < 0, 2 * x, 3 * x), "corner", 2, 3, NAN),
    "clip": (lambda x: np.clip(x, 0, 1), "corner", 0, 1, NAN),
    "max(x, x^2)": (lambda x: np.maximum(x, x * x), "corner", 0, 1, NAN),
    "max(x, x^2) at 1": (lambda x: np.maximum(x + 1, (x + 1) ** 2), "corner", 1, 2, NAN),
    "sqrt(x^2)": (lambda x: np.sqrt(x * x), "corner", -1, 1, NAN),
    "(x^2)^0.5": (lambda x: (x * x) ** 0.5, "corner", -1, 1, NAN),
    "sqrt(x^2 + x^4)": (lambda x: np.sqrt(x * x + x**4), "corner", -1, 1, NAN),
    "sqrt(x^2) + x": (lambda x: np.sqrt(x * x) + x, "corner", 0, 2, NAN),
    "sqrt(x^2) - x": (lambda x: np.sqrt(x * x) - x, "corner", -2, 0, NAN),
    "sqrt(sqrt(x^4))": (lambda x: np.sqrt(np.sqrt(x**4)), "corner", -1, 1, NAN),
    "arcsin(sqrt(x^2))": (lambda x: np.arcsin(np.sqrt(x * x)), "corner", -1, 1, NAN),
    "arccos(cos)": (lambda x: np.arccos(np.cos(x)), "corner", -1, 1, NAN),
    "arccos(cos), unseen": (lambda x: np.abs(np.arccos(np.cos(x))), "corner", -1, 1, NAN),
    "arccos(1 - x^2)": (lambda x: np.arccos(1 - x * x), "corner", -(2**0.5), 2**0.5, NAN),
    "sqrt(1 - cos) / 2^70": (lambda x: np.sqrt(1 - np.cos(x)) / 2**70, "corner", -(0.5**0.5) / 2**70, 0.5**0.5 / 2**70, NAN),
    "sqrt(1 - cos x^2)": (lambda x: np.sqrt(1 - np.cos(x * x)), "smooth", 0, 0, 0),
    "(x^2)^(1/3)": (lambda x: (x * x) ** (1 / 3), "vertical tangent", -INF, INF, NAN),
    "exp(-1/x)": (lambda x: np.exp(-1 / x), "jump", -INF, 0, NAN),
    "sign": (np.sign, "jump", INF, INF, NAN),
    "floor": (np.floor, "jump", INF, 0, NAN),
    "step": (lambda x: np.where(x < 0, x, x + 1), "jump", INF, 1, NAN),
    "step down": (lambda x: np.where(x <= 0, x, x - 1), "jump", 1, -INF, NAN),
    "sqrt": (np.sqrt, "vertical tangent", NAN, INF, INF),
    "-sqrt(-x)": (lambda x: -np.sqrt(-x), "vertical tangent", INF, NAN, INF),
    "sqrt |x|": (lambda x: np.sqrt(np.abs(x)), "vertical tangent", -INF, INF, NAN),
    "cbrt": (np.cbrt, "vertical tangent", INF, INF, INF),
    "-cbrt": (lambda x: -np.cbrt(x), "vertical tangent", -INF, -INF, -INF),
    "1/x": (lambda x: 1 / x, "undefined", NAN, NAN, NAN),
    "1/x^2": (lambda x: 1 / x**2, "undefined", NAN, NAN, NAN),
    "ln": (np.log, "undefined", NAN, NAN, NAN),
    "ln(x^2)": (lambda x: np.log(x * x), "undefined", NAN, NAN, NAN),
    "left of sqrt": (lambda x: np.sqrt(x - 1), "undefined", NAN, NAN, NAN),
    "left of ln": (lambda x: np.log(x - 1), "undefined", NAN, NAN, NAN),
    "x |x|": (lambda x: x * np.abs(x), "smooth", 0, 0, 0),
    "|x|^3": (lambda x: np.abs(x) ** 3, "smooth", 0, 0, 0),
}


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("name", KINKS)
@pytest.mark.filterwarnings("ignore:invalid value encountered in subtract")  # that nothing warns is another test
def test_kind_and_both_sides_are_told_wherever_the_kink_is(name, shift):
    f, kind, left, right, value = KINKS[name]
    found = derivative(lambda x: f(x - shift), shift)
    assert found.kind == kind
    assert_near(found.value, value)
    assert_near(found.left, left, 1e-7)
    assert_near(found.right, right, 1e-7)


@pytest.mark.filterwarnings("ignore:invalid value encountered in subtract")
@pytest.mark.parametrize("name", KINKS)
def test_a_kink_leaves_its_neighbours_alone(name):
    f, kind, *_ = KINKS[name]
    x = np.array([-0.75, 0.0, 0.3])
    found = derivative(f, x)
    alone = [derivative(f, each) for each in x]
    assert found.kind.tolist() == [each.kind for each in alone]
    assert found.kind[1] == kind
    assert_near(found.value, [each.value for each in alone], 1e-12)


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: np.where(x < 0, 0, x * x), 0),
        (lambda x: np.where(x > 0, x * x + 2 * x, 2 * x), 2),
        (lambda x: np.where(x > 0, np.sin(x), x), 1),
        (lambda x: np.where(x > 0, np.exp(x), 1 + x), 1),
        (lambda x: np.abs(x) ** 1.5, 0),
        (lambda x: np.maximum(x, 0) ** 1.5, 0),
    ],
    ids=["0 | x^2", "2x | x^2 + 2x", "x | sin", "1 + x | exp", "|x|^1.5", "max(x, 0)^1.5"],
)
def test_where_only_the_second_derivative_breaks_the_first_is_inside_its_bar(f, slope, shift):
    found = derivative(lambda x: f(x - shift), shift)
    assert found.kind == "smooth"
    assert abs(found.value - slope) <= found.error <= 1e-3
    assert_near([found.left, found.right], slope, 1.2e-3)


def test_power_three_halves_at_the_edge_of_its_domain_has_slope_0_inside_its_bar():
    for domain in (None, (0, INF)):
        found = derivative(lambda x: x**1.5, 0.0, domain=domain)
        assert found.kind == "smooth"
        assert abs(found.value) <= found.error <= 3e-3


def test_a_function_with_if_that_is_smooth_to_the_first_derivative_is_known_inside_its_bar():
    found = derivative(lambda x: x * x if x > 1 else 2 * x - 1, [0.5, 1.0, 2.0])
    assert (np.abs(found.value - [2, 2, 4]) <= found.error).all()
    assert set(found.kind) == {"smooth"}


def test_a_corner_in_a_function_with_if_is_told():
    found = derivative(lambda x: 3 * x if x > 1 else 2 * x + 1, [0.5, 1.0, 2.0])
    assert found.kind.tolist() == ["smooth", "corner", "smooth"]
    assert_near(found.left, [2, 2, 3])
    assert_near(found.right, [2, 3, 3])


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("bend", [0.1, 1e-3, 1e-5])
def test_a_slight_corner_is_still_a_corner(bend, shift):
    found = derivative(lambda x: np.where(x < shift, x - shift, (1 + bend) * (x - shift)), shift)
    assert found.kind == "corner"
    assert_near([found.left, found.right], [1, 1 + bend])


@pytest.mark.parametrize("x", [0.0, 1.0, [1.0, -1.0]])
def test_what_exists_nowhere_is_a_mistake_and_not_a_domain(x):
    def f(x):
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match=r"^f: it raised ValueError at every number that was tried: a mistake"):
        derivative(f, x, domain=(-1, 1))
    assert derivative(math.sqrt, -1.0).kind == "undefined"


# ---------------------------------------------------------------- the measured traps


def reals_alone(x):
    assert np.asarray(x).dtype.kind != "c"
    return np.sin(x)


TRAPS = {
    "abs": (np.abs, [-2.0, 0.5], [-1, 1]),
    "sign(x) x": (lambda x: np.sign(x) * x, [-2.0, 0.5], [-1, 1]),
    "sqrt": (np.sqrt, [-1.0, 0.25], [NAN, 1]),
    "ln": (np.log, [-1.0, 0.0, 0.25], [NAN, NAN, 4]),
    "arctan2": (lambda x: np.arctan2(x, 2.0), [-1.0, 0.0, 2.0], [0.4, 0.5, 0.25]),
    "math.sin": (math.sin, [0.0, 0.3], [1, math.cos(0.3)]),
    "math.sqrt": (math.sqrt, [-1.0, 0.25], [NAN, 1]),
    "math.log": (math.log, [-1.0, 0.0, 0.25], [NAN, NAN, 4]),
    "math.fabs": (math.fabs, [-2.0, 0.5], [-1, 1]),
    "cbrt": (np.cbrt, [-8.0, 8.0], [1 / 12, 1 / 12]),
    "floor": (np.floor, [-0.5, 0.3, 2.5], [0, 0, 0]),
    "maximum": (lambda x: np.maximum(x, 0), [-0.5, 0.3], [0, 1]),
    "where": (lambda x: np.where(x > 0, x * x, -x), [-0.5, 0.3], [-1, 0.6]),
    "clip": (lambda x: np.clip(x, -1, 1), [-2.0, 0.3, 1.5], [0, 1, 0]),
    "real": (lambda x: np.real(x) ** 2, [0.5, 1.5], [1, 3]),
    "conj": (lambda x: x * np.conj(x), [0.5, 1.5], [1, 3]),
    "asserts": (reals_alone, [0.5, 1.5], np.cos([0.5, 1.5])),
    "if": (lambda x: x * x if x > 1 else 2 * x - 1, [0.5, 2.0], [2, 4]),
    "try": (lambda x: 1 / x if x else 0.0, [0.5, 2.0], [-4, -0.25]),
    "float": (lambda x: float(x) ** 2, [0.5, 2.0], [1, 4]),
}


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("name", TRAPS)
def test_measured_traps_are_differentiated_right(name, one_by_one):
    f, x, slope = TRAPS[name]
    if one_by_one:
        assert_near([derivative(f, each).value for each in x], slope, 1e-11)
    else:
        assert_near(derivative(f, x).value, slope, 1e-11)


@pytest.mark.parametrize(("f", "x"), [(np.sqrt, -1.0), (np.log, -1.0), (np.log, 0.0), (np.arcsin, 2.0), (lambda x: x**0.5, -2.0)])
@pytest.mark.parametrize("method", ["auto", "complex", "central"])
def test_where_f_is_nan_or_infinite_there_is_no_number(f, x, method):
    found = derivative(f, x, method=method)
    assert math.isnan(found.value)
    assert found.kind == "undefined"


# ---------------------------------------------------------------- close to kinks


@pytest.mark.parametrize("k", range(1, 17))
@pytest.mark.parametrize("shift", [0.0, math.sqrt(2)])
def test_close_to_a_corner_it_is_smooth_or_that_corner(shift, k):
    x = shift + 10.0**-k
    found = derivative(lambda x: np.abs(x - shift), x)
    if found.kind == "smooth":
        assert abs(found.value - 1) <= found.error <= 1e-6
    else:
        assert (found.kind, round(found.left), round(found.right)) == ("corner", -1, 1)


# name: (f, f'), with the kink at 0
NEAR = {
    "|x|": (np.abs, np.sign, 0),
    "exp(-|x|)": (lambda x: np.exp(-np.abs(x)), lambda x: -np.sign(x) * np.exp(-np.abs(x)), 0),
    "slight corner": (lambda x: np.sin(x) + 1e-4 * np.abs(x), lambda x: np.cos(x) + 1e-4 * np.sign(x), 0),
    "slight jump": (lambda x: np.sin(x) + 1e-4 * (x > 0), np.cos, 0),
    "|x| x + 10x": (lambda x: 10 * x + np.abs(x) * x, lambda x: 10 + 2 * np.abs(x), 1e-5),
    "cbrt": (np.cbrt, lambda x: 1 / 3 / np.cbrt(x) ** 2, 0),
}


@pytest.mark.parametrize("shift", SHIFTS[:2])
@pytest.mark.parametrize("name", NEAR)
def test_at_any_distance_from_a_kink_what_is_called_smooth_is_inside_its_bar(name, shift):
    f, slope, besides = NEAR[name]  # besides: where only the second derivative breaks, and at less than a millionth away
    random = np.random.default_rng(7)
    x = shift + 10 ** random.uniform(-12, 0.5, 600) * random.choice([-1, 1], 600)
    found = derivative(lambda x: f(np.array(x, subok=False) - shift), x)
    smooth = found.kind == "smooth"
    assert smooth.mean() > 0.5
    assert (np.abs(found.value - slope(x - shift)) <= found.error + besides)[smooth].all()


@pytest.mark.parametrize("k", range(1, 17))
def test_close_to_where_the_second_derivative_breaks_the_first_is_inside_its_bar(k):
    x = 10.0**-k
    found = derivative(lambda x: np.where(x < 0, 0.0, x * x), x)
    assert found.kind == "smooth"
    assert abs(found.value - 2 * x) <= found.error <= 1e-6


@pytest.mark.parametrize("k", range(1, 13))
@pytest.mark.parametrize(
    ("f", "slope"),
    [(math.sqrt, lambda t: 0.5 / math.sqrt(t)), (math.log, lambda t: 1 / t), (FUNCTIONS["sqrt"], FUNCTIONS["sqrt"].derivative)],
    ids=["math.sqrt", "math.log", "row"],
)
def test_close_to_the_edge_of_its_domain_a_black_box_has_its_finite_slope(f, slope, k):
    x = 10.0**-k
    found = derivative(f, x, domain=(0, INF))
    assert found.kind == "smooth"
    assert abs(found.value - slope(x)) <= found.error <= 0.01 * slope(x)


@pytest.mark.parametrize("k", [1, 3, 6, 9, 12, 100])
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
        (np.log, lambda x: 1 / x),
        (lambda x: 1 / x, lambda x: -1 / x / x),
        (lambda x: x**0.3, lambda x: 0.3 * x**-0.7),
    ],
    ids=["sqrt", "ln", "1/x", "x^.3"],
)
def test_close_to_its_edge_an_analytic_function_keeps_all_digits(f, slope, k):
    found = derivative(f, 10.0**-k)
    assert found.kind == "smooth"
    assert abs(found.value / slope(10.0**-k) - 1) <= 2e-14


# ---------------------------------------------------------------- domains

# (f, f', low, high): f raises outside
DOMAINS = {
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x), 0.0, 4.0),
    "math.sqrt": (math.sqrt, lambda x: 0.5 / np.sqrt(x), 0.0, 4.0),
    "arcsin": (np.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x)), -1.0, 1.0),
    "sin": (np.sin, np.cos, 0.0, 1.0),
    "math.sin": (math.sin, np.cos, 0.0, 1.0),
    "black box": (lambda x: np.exp(x) + 0 * np.abs(x), np.exp, -1.0, 2.0),
    "narrow": (lambda x: np.exp(x) + 0 * np.abs(x), np.exp, 0.0, 1e-3),
    "Runge": (lambda x: 1 / (1 + 25 * x * x) + 0 * np.abs(x), lambda x: -50 * x / (1 + 25 * x * x) ** 2, 0.0, 3.0),
    "wave": (lambda x: np.sin(50 * x) + 0 * np.abs(x), lambda x: 50 * np.cos(50 * x), 0.0, 1.0),
}
INWARD = np.array([0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 0.01, 0.1, 0.3])
SMOOTH_TO_THE_END = ("sin", "math.sin", "black box", "narrow", "Runge", "wave")


def toward_the_ends(low, high):
    return np.unique(np.concatenate([low + (high - low) * INWARD, high - (high - low) * INWARD]))


WAYS = [
    (name, method, order)
    for name in DOMAINS
    for method in ("auto", "central", "forward", "backward", "complex")
    for order in (1, 2, 5, 8)
    if method != "complex" or order == 1 and not name.startswith("math")  # what a complex step takes
]


@pytest.mark.parametrize(("name", "method", "order"), WAYS)
def test_f_is_never_called_outside_its_domain(name, method, order):
    f, _, low, high = DOMAINS[name]
    x = toward_the_ends(low, high)
    assert derivative(Within(f, low, high), x, order=order, method=method, domain=(low, high)).value.shape == x.shape


@pytest.mark.parametrize("name", DOMAINS)
def test_no_nan_and_no_wrong_bar_up_to_the_ends_of_a_domain(name):
    f, slope, low, high = DOMAINS[name]
    x = toward_the_ends(low, high) if name in SMOOTH_TO_THE_END else np.linspace(low, high, 42)[1:-1]
    found = derivative(Within(f, low, high), x, domain=(low, high))
    assert set(found.kind) == {"smooth"}
    assert (np.abs(found.value - slope(x)) <= found.error).all()
    assert found.error.max() <= 1e-7 * np.abs(slope(x)).max()


@pytest.mark.parametrize("name", [name for name in SMOOTH_TO_THE_END if name != "sin"])
def test_at_the_ends_of_its_domain_a_black_box_has_one_side(name):
    f, slope, low, high = DOMAINS[name]
    found = derivative(Within(f, low, high), [low, high], domain=(low, high))
    assert np.isnan(found.left).tolist() == [True, False]
    assert np.isnan(found.right).tolist() == [False, True]
    assert_near(found.value, slope(np.array([low, high])), 1e-8)


@pytest.mark.parametrize("f", [np.arcsin, math.asin, lambda x: np.sqrt((1 - x) * (1 + x)) * np.sign(x)])
@pytest.mark.parametrize("x", [-1.0, 1.0])
def test_vertical_tangents_at_the_ends_of_arcsin_and_of_a_circle_are_told(f, x):
    found = derivative(f, x, domain=(-1, 1))
    assert found.kind == "vertical tangent"
    assert found.value == (INF if f in (np.arcsin, math.asin) else -INF)


# ---------------------------------------------------------------- how often f is called

ASKED = {
    "analytic": np.sin,
    "composed": lambda x: np.exp(-2 * x) + 3 * np.sin(3 * x),
    "edge": np.sqrt,
    "pole": lambda x: 1 / x,
    "corner": np.abs,
    "jump": np.floor,
    "constant": lambda x: 3.0,
    "one number": math.sin,
    "one number, edge": math.sqrt,
    "if": lambda x: x * x if x > 1 else 2 * x - 1,
}


@pytest.mark.parametrize("x", [0.0, 0.5, np.linspace(-2, 2, 41)], ids=["0", "half", "many"])
@pytest.mark.parametrize("method", ["auto", "central", "forward", "backward"])
@pytest.mark.parametrize("name", ASKED)
def test_f_is_never_asked_for_more_values_than_evaluations_says(name, method, x):
    f = Counted(ASKED[name])
    found = derivative(f, x, method=method)
    assert f.asked <= found.evaluations


def test_a_smooth_black_box_is_asked_for_6_neighbours_itself_and_one_check(monkeypatch):
    monkeypatch.setattr(numeric, "looks_needed", lambda *_: 0)
    x = np.random.default_rng(0).uniform(-1, 1, 1000)
    assert derivative(lambda x: 2 * x**3 - 3 * x**2 + 5, x).evaluations <= 8 * len(x) + 2 * numeric.SAMPLE


@pytest.mark.parametrize("among", [1, 10_001])
def test_a_corner_through_a_square_is_seen_among_any_number_of_points(among):
    x = np.linspace(-1, 1, among) if among > 1 else np.zeros(1)
    found = derivative(lambda x: np.sqrt(x * x), x)
    assert found.kind[among // 2] == "corner" and np.isnan(found.value[among // 2])
    assert (found.kind == "smooth").sum() == among - 1
    np.testing.assert_array_equal(np.delete(found.value, among // 2), np.delete(np.sign(x), among // 2))


def test_a_slope_of_0_between_poles_keeps_its_digits():
    for f, at in ((lambda x: 1 / (1 + x * x), 0.0), (lambda x: x * np.exp(-x) / 2, 1.0), (lambda x: x * x / (1 + x), 0.0)):
        found = derivative(f, at)
        assert (found.method, found.kind) == ("complex", "smooth")
        assert abs(found.value) <= found.error <= 1e-14


def test_an_analytic_function_without_poles_is_asked_once_a_point():
    x = np.random.default_rng(0).uniform(-1, 1, 10_000)
    f = Counted(lambda x: np.exp(-2 * x) + 3 * np.sin(3 * x) + x**3)
    found = derivative(f, x)
    assert found.method == "complex"
    assert f.asked <= found.evaluations <= len(x) + 30 * 2 * numeric.SAMPLE
