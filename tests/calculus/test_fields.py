"""Gradients, Jacobians, Hessians and what is made of them against exact ones: one point and batches, written for many points or for one."""

import math

import numpy as np
import pytest

from edgecalc.calculus import curl, directional, divergence, gradient, hessian, jacobian, laplacian, mixed, partial


def bell(x, y):
    return x * np.exp(-x * x - y * y)


def sauna(x, y):
    return 50 - x**2 * (x - 6) * y**2 * (y - 6) / 50


def cubic(x, y, z):
    return 3 * x**3 * z - y**2 + 5 * z + 2 * y * z


def bowl(x, y):
    return 2 * x**2 + 3 * y**2 - x * y


def bell_gradient(x, y):
    fall = np.exp(-x * x - y * y)
    return (1 - 2 * x * x) * fall, -2 * x * y * fall


def bell_hessian(x, y):
    fall = np.exp(-x * x - y * y)
    across = (4 * x * x - 2) * y * fall
    return [[(4 * x**3 - 6 * x) * fall, across], [across, (4 * y * y - 2) * x * fall]]


def sauna_gradient(x, y):
    return -(3 * x**2 - 12 * x) * (y**3 - 6 * y**2) / 50, -(x**3 - 6 * x**2) * (3 * y**2 - 12 * y) / 50


def sauna_hessian(x, y):
    across = -(3 * x**2 - 12 * x) * (3 * y**2 - 12 * y) / 50
    return [[-(6 * x - 12) * (y**3 - 6 * y**2) / 50, across], [across, -(x**3 - 6 * x**2) * (6 * y - 12) / 50]]


# name: (f of its variables, gradient, Hessian)
EXACT = {
    "x + y": (lambda x, y: x + y, lambda x, y: (1, 1), lambda x, y: [[0, 0], [0, 0]]),
    "xy": (lambda x, y: x * y, lambda x, y: (y, x), lambda x, y: [[0, 1], [1, 0]]),
    "2x + 3y^2": (lambda x, y: 2 * x + 3 * y**2, lambda x, y: (2, 6 * y), lambda x, y: [[0, 0], [0, 6]]),
    "3x^3 z - y^2 + 5z + 2yz": (
        cubic,
        lambda x, y, z: (9 * x**2 * z, -2 * y + 2 * z, 3 * x**3 + 5 + 2 * y),
        lambda x, y, z: [[18 * x * z, 0, 9 * x**2], [0, -2, 2], [9 * x**2, 2, 0]],
    ),
    "2x^2 + 3y^2 - xy": (bowl, lambda x, y: (4 * x - y, 6 * y - x), lambda x, y: [[4, -1], [-1, 6]]),
    "x exp(-x^2 - y^2)": (bell, bell_gradient, bell_hessian),
    "sauna": (sauna, sauna_gradient, sauna_hessian),
    "one variable": (lambda x: np.sin(2 * x), lambda x: (2 * np.cos(2 * x),), lambda x: [[-4 * np.sin(2 * x)]]),
}


def for_many(f):
    """f of points on the last axis."""
    return lambda p: f(*(p[..., k] for k in range(p.shape[-1])))


def for_one(f):
    """f of one point, as a student writes it."""
    return lambda p: f(*(p[k] for k in range(len(p))))


def as_float(f):
    return lambda p: float(f(*(p[k] for k in range(len(p)))))


def black_box(f):
    return lambda p: f(*(p[..., k] for k in range(p.shape[-1]))) + 0 * np.abs(p[..., 0])


FORMS = {"many": for_many, "one": for_one, "float": as_float, "black box": black_box}


def sample(name, *shape):
    count = EXACT[name][0].__code__.co_argcount
    return np.random.default_rng(count).uniform(-2, 2, (*shape, count))


def at_each(formula, points):
    """The formula at each point, stacked."""
    flat = np.array([formula(*point) for point in points.reshape(-1, points.shape[-1])], float)
    return flat.reshape(*points.shape[:-1], *flat.shape[1:])


SHAPES = [(), (1,), (2,), (3,), (4,), (2, 2), (3, 3), (2, 3, 4)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", EXACT)
def test_gradient_is_the_exact_one_of_one_point_and_of_many(name, form, shape):
    f, slopes, _ = EXACT[name]
    at = sample(name, *shape)
    found = gradient(FORMS[form](f), at)
    assert found.shape == at.shape
    np.testing.assert_allclose(found, at_each(slopes, at), rtol=0, atol=1e-13 if form == "many" else 1e-11)


@pytest.mark.parametrize("form", FORMS)
def test_no_points_have_no_gradients(form):
    assert gradient(FORMS[form](bowl), np.empty((0, 2))).shape == (0, 2)
    assert hessian(FORMS[form](bowl), np.empty((0, 2))).shape == (0, 2, 2)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", EXACT)
def test_hessian_is_the_exact_one_and_symmetric(name, form, shape):
    f, _, bends = EXACT[name]
    at = sample(name, *shape)
    found = hessian(FORMS[form](f), at)
    assert (found == np.swapaxes(found, -1, -2)).all()
    np.testing.assert_allclose(found, at_each(bends, at), rtol=0, atol=1e-10 if form == "many" else 1e-8)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", EXACT)
def test_partials_and_laplacian_are_those_of_gradient_and_hessian(name, form):
    f, slopes, bends = EXACT[name]
    at = sample(name)
    g = FORMS[form](f)
    for k, slope in enumerate(slopes(*at)):
        assert partial(g, at, k) == pytest.approx(slope, abs=1e-11)
        assert partial(g, at, k, order=2) == pytest.approx(bends(*at)[k][k], abs=1e-9)
    assert laplacian(g, at) == pytest.approx(np.trace(bends(*at)), abs=1e-9)


@pytest.mark.parametrize("method", ["central", "forward", "backward", "complex", "automatic", "auto"])
@pytest.mark.parametrize("form", ["many", "one"])
@pytest.mark.parametrize("name", EXACT)
def test_every_method_gives_the_gradient_to_its_own_accuracy(name, form, method):
    f, slopes, _ = EXACT[name]
    at = sample(name)
    within = {"central": 1e-7, "forward": 1e-5, "backward": 1e-5}.get(method, 1e-12)
    np.testing.assert_allclose(gradient(FORMS[form](f), at, method=method), slopes(*at), rtol=0, atol=within)


@pytest.mark.parametrize("form", ["many", "one", "float"])
@pytest.mark.parametrize(
    ("e", "at", "slopes"),
    [
        (1e-7, (-1, 1), [-1.9999999967268423, 1.9999999967268423]),
        (1e-7, (0, 5), [0.0, 9.99999993922529]),
        (1e-7, (5, -5), [9.999999974752427, -9.999999974752427]),
        (1e-4, (-1, 1), [-1.9999999999997797, 1.9999999999997797]),
        (1e-4, (5, -5), [9.999999999976694, -9.999999999976694]),
    ],
)
def test_central_gradient_of_the_course_to_the_last_bit(e, at, slopes, form):
    assert gradient(FORMS[form](lambda x, y: x**2 + y**2), at, method="central", h=e / 2).tolist() == slopes


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("at", [(1.0, 5.0, 1.0), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (2.0, 2.0, -1.0)])
@pytest.mark.parametrize("method", ["auto", "central"])
def test_equal_coordinates_do_not_hide_that_f_takes_one_point(method, at, form):
    x, y, z = at
    found = gradient(FORMS[form](lambda x, y, z: x + y * (x - z)), at, method=method)
    np.testing.assert_allclose(found, [1 + y, x - z, -y], rtol=0, atol=1e-9)


def test_points_of_the_course_have_their_slopes():
    assert gradient(for_many(lambda x, y: x**2 + y**2), [2, 4]).tolist() == [4, 8]
    np.testing.assert_allclose(gradient(for_many(sauna), [1, 3]), [-4.86, -0.90], rtol=1e-14)
    np.testing.assert_allclose(gradient(for_many(sauna), [4, 4]), 0, atol=1e-14)
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian(for_many(bowl), [1, 3])), [5 - math.sqrt(2), 5 + math.sqrt(2)], rtol=1e-13)


# ---------------------------------------------------------------- Rosenbrock


def rosenbrock(p):
    return np.sum(100 * (p[..., 1:] - p[..., :-1] ** 2) ** 2 + (1 - p[..., :-1]) ** 2, axis=-1)


def rosenbrock_by_loop(p):
    return sum(100 * (p[k + 1] - p[k] ** 2) ** 2 + (1 - p[k]) ** 2 for k in range(len(p) - 1))


def rosenbrock_gradient(p):
    found = np.zeros_like(p)
    here, after = p[:-1], p[1:]
    found[:-1] += -400 * here * (after - here**2) - 2 * (1 - here)
    found[1:] += 200 * (after - here**2)
    return found


def rosenbrock_hessian(p):
    here = np.zeros_like(p)
    here[:-1] += 1200 * p[:-1] ** 2 - 400 * p[1:] + 2
    here[1:] += 200
    return np.diag(here) + np.diag(-400 * p[:-1], 1) + np.diag(-400 * p[:-1], -1)


def scaled(found, wanted):
    return np.abs(found - wanted).max() / np.abs(wanted).max()


@pytest.mark.parametrize("method", ["auto", "complex", "automatic"])
@pytest.mark.parametrize("count", [2, 10, 100, 1000])
def test_rosenbrock_gradient_is_right_to_rounding(count, method):
    at = np.random.default_rng(count).uniform(-2, 2, count)
    assert scaled(gradient(rosenbrock, at, method=method), rosenbrock_gradient(at)) <= 1e-15


@pytest.mark.parametrize("count", [2, 3, 10, 30])
@pytest.mark.parametrize("method", ["auto", "complex", "automatic"])
def test_rosenbrock_by_a_loop_over_one_point_is_the_same(method, count):
    at = np.random.default_rng(count).uniform(-2, 2, count)
    assert scaled(gradient(rosenbrock_by_loop, at, method=method), rosenbrock_gradient(at)) <= 2e-13


@pytest.mark.parametrize("count", [10, 100])
def test_rosenbrock_as_a_black_box_is_right_to_2e_13(count):
    at = np.random.default_rng(count).uniform(-2, 2, count)
    assert scaled(gradient(lambda p: rosenbrock(p) + 0 * np.abs(p[..., 0]), at), rosenbrock_gradient(at)) <= 2e-13


@pytest.mark.parametrize("count", [2, 10, 50])
def test_rosenbrock_hessian_is_right_to_1e_14(count):
    at = np.random.default_rng(count).uniform(-2, 2, count)
    assert scaled(hessian(rosenbrock, at), rosenbrock_hessian(at)) <= 1e-14


def test_rosenbrock_hessian_by_a_loop_is_right_to_5e_12():
    at = np.random.default_rng(10).uniform(-2, 2, 10)
    assert scaled(hessian(rosenbrock_by_loop, at), rosenbrock_hessian(at)) <= 5e-12


# ---------------------------------------------------------------- vector fields

# name: (components, Jacobian)
VECTOR = {
    "wheel": (lambda x, y: (-y, x), lambda x, y: [[0, -1], [1, 0]]),
    "gradient of x^2 y": (lambda x, y: (2 * x * y, x * x), lambda x, y: [[2 * y, 2 * x], [2 * x, 0]]),
    "identity": (lambda x, y, z: (x, y, z), lambda x, y, z: np.eye(3)),
    "turning": (lambda x, y, z: (x * y, y * z, z * x), lambda x, y, z: [[y, x, 0], [0, z, y], [z, 0, x]]),
    "waves": (
        lambda x, y, z: (np.sin(y * z), np.exp(x), x * np.cos(y)),
        lambda x, y, z: [[0, z * np.cos(y * z), y * np.cos(y * z)], [np.exp(x), 0, 0], [np.cos(y), -x * np.sin(y), 0]],
    ),
}
WIDE = {
    "3 of 2": (lambda x, y: (x * y, x + y, x * x), lambda x, y: [[y, x], [1, 1], [2 * x, 0]]),
    "1 of 3": (lambda x, y, z: (x * y * z,), lambda x, y, z: [[y * z, x * z, x * y]]),
    **VECTOR,
}
FIELD_FORMS = {
    "many": lambda f: lambda p: np.stack(f(*(p[..., k] for k in range(p.shape[-1]))), -1),
    "one": lambda f: lambda p: np.array(f(*(p[k] for k in range(len(p))))),
    "list": lambda f: lambda p: list(f(*(p[k] for k in range(len(p))))),
}


def places(f, *shape):
    return np.random.default_rng(7).uniform(-2, 2, (*shape, f.__code__.co_argcount))


@pytest.mark.parametrize("shape", [(), (2,), (3,), (5,), (2, 3)], ids=str)
@pytest.mark.parametrize("form", FIELD_FORMS)
@pytest.mark.parametrize("name", WIDE)
def test_jacobian_is_the_exact_one(name, form, shape):
    f, slopes = WIDE[name]
    at = places(f, *shape)
    np.testing.assert_allclose(jacobian(FIELD_FORMS[form](f), at), at_each(slopes, at), rtol=0, atol=1e-14 if form == "many" else 1e-11)


@pytest.mark.parametrize("shape", [(), (2,), (3,), (2, 3)], ids=str)
@pytest.mark.parametrize("name", VECTOR)
def test_divergence_and_curl_are_sums_over_the_exact_jacobian(name, shape):
    f, slopes = VECTOR[name]
    at, field = places(f, *shape), FIELD_FORMS["many"](f)
    d = at_each(slopes, at)
    np.testing.assert_allclose(divergence(field, at), np.trace(d, axis1=-2, axis2=-1), rtol=0, atol=1e-14)
    turn = np.stack([d[..., (k + 2) % 3, (k + 1) % 3] - d[..., (k + 1) % 3, (k + 2) % 3] for k in range(3)], -1) if d.shape[-1] == 3 else None
    np.testing.assert_allclose(curl(field, at), d[..., 1, 0] - d[..., 0, 1] if turn is None else turn, rtol=0, atol=1e-14)


def test_a_gradient_does_not_turn_and_a_curl_does_not_flow_out():
    at = np.random.default_rng(0).uniform(-1, 1, (4, 3))
    np.testing.assert_allclose(curl(lambda p: gradient(for_many(cubic), p), at), 0, atol=1e-9)
    np.testing.assert_allclose(divergence(lambda p: curl(FIELD_FORMS["many"](VECTOR["waves"][0]), p), at), 0, atol=1e-9)


@pytest.mark.parametrize("f", [lambda x, y: x**2 - y**2, lambda x, y: np.exp(x) * np.sin(y), lambda x, y: np.log(x * x + y * y)])
def test_harmonic_functions_have_laplacian_0(f):
    at = np.random.default_rng(0).uniform(0.5, 2, (5, 2))
    np.testing.assert_allclose(laplacian(for_many(f), at), 0, atol=5e-10)


@pytest.mark.parametrize("shape", [(), (2,), (3, 4)], ids=str)
def test_directional_is_the_gradient_along_the_direction(shape):
    at = np.random.default_rng(1).uniform(-2, 2, (*shape, 3))
    along = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(directional(for_many(cubic), at, along), at_each(EXACT["3x^3 z - y^2 + 5z + 2yz"][1], at) @ along, rtol=1e-13)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("orders", [(1, 1), (2, 1), (1, 2), (2, 2), (0, 3), (1, 0)], ids=str)
def test_mixed_partials_are_the_exact_ones(orders, form):
    """Of x^2 y^3 + exp(x - y)."""
    along, up = orders

    def exact(x, y):
        power = math.perm(2, along) * x ** (2 - along) * math.perm(3, up) * y ** (3 - up)
        return [power + (-1) ** up * np.exp(x - y)]

    for at in (np.array([1.5, -0.7]), np.array([[1.5, -0.7], [0.2, 0.9]])):
        found = mixed(FORMS[form](lambda x, y: x**2 * y**3 + np.exp(x - y)), at, orders)
        np.testing.assert_allclose(found, at_each(exact, at)[..., 0], rtol=0, atol=1e-7)


# ---------------------------------------------------------------- domains and refusals


def power(p):
    """p^2.5 added up, which raises left of 0."""
    if (np.asarray(p).real < 0).any():
        raise RuntimeError("called outside the domain")
    return np.sum(p**2.5, -1)


@pytest.mark.parametrize("at", [[0.01, 1.0], [1.0, 2.0], [0.5, 0.001]])
def test_f_is_never_called_outside_its_domain(at):
    at = np.array(at)
    np.testing.assert_allclose(gradient(power, at, domain=(0, math.inf)), 2.5 * at**1.5, rtol=1e-14)
    assert laplacian(power, at, domain=(0, math.inf)) == pytest.approx(np.sum(3.75 * at**0.5), rel=1e-6)
    np.testing.assert_allclose(hessian(power, at, domain=(0, math.inf)), np.diag(3.75 * at**0.5), atol=1e-6)


PLANE = for_many(lambda x, y: x * y)
REFUSED = [
    *(
        ("x", each, {"x": x})
        for each in (gradient, hessian, laplacian)
        for x in (1.0, [], [1, math.nan], [math.inf, 1], [1j, 2], ["a"], [[1, 2], [3]])
    ),
    *(("f", each, {"f": f}) for each in (gradient, hessian, laplacian, jacobian) for f in (3, lambda p: "s", lambda p: p[..., 0] * 1j)),
    *(("f", gradient, {"f": f}) for f in (lambda p: p, lambda p: np.zeros(7))),
    ("f", jacobian, {"f": PLANE}),
    *(("method", gradient, {"method": m}) for m in ("newton", None, "Auto")),
    *(("h", gradient, {"h": h, "method": m}) for h in (0, -1, 1e-30, "a", math.nan, True) for m in ("auto", "central")),
    *(("accuracy", gradient, {"accuracy": a, "method": "central"}) for a in (0, 31, "a")),
    *(("domain", each, {"domain": d}) for each in (gradient, hessian, laplacian) for d in ((1, 0), (1, 1), 3)),
    *(("x", each, {"domain": (3, 4)}) for each in (gradient, hessian, laplacian)),
    *(("x", gradient, {"domain": (3, 4), "method": m}) for m in ("central", "complex")),
    *(("variable", partial, {"variable": v}) for v in (2, -1, 1.5, True, None)),
    *(("order", partial, {"variable": 0, "order": n}) for n in (0, 9, 1.5)),
    *(("orders", mixed, {"orders": o}) for o in ((1,), (0, 0), (5, 1), (1, 1, 1), (-1, 1), ("a", 1), 1)),
    *(("direction", directional, {"direction": d}) for d in ([1, 2, 3], [1.0], 1.0, [math.nan, 1], "a", None)),
]


def told(given):
    return ", ".join(f"{name}={'f' if callable(value) else value}" for name, value in given.items())


@pytest.mark.parametrize(("argument", "function", "given"), REFUSED, ids=[f"{function.__name__}: {told(given)}" for _, function, given in REFUSED])
def test_refusals_name_the_argument(argument, function, given):
    with pytest.raises((TypeError, ValueError), match=f"^{argument}: "):
        function(**{"f": PLANE, "x": [1.0, 2.0], **given})


@pytest.mark.parametrize("function", [divergence, curl])
def test_a_field_with_more_components_than_variables_is_refused(function):
    with pytest.raises(ValueError, match=r"^field: .* accepted"):
        function(FIELD_FORMS["many"](WIDE["3 of 2"][0]), [1.0, 2.0])


@pytest.mark.parametrize("count", [1, 4])
def test_curl_of_other_than_2_or_3_variables_is_refused(count):
    with pytest.raises(ValueError, match=r"^x: .* 2 or 3"):
        curl(lambda p: 2 * p, np.ones(count))


@pytest.mark.parametrize("way", [gradient, hessian, laplacian])
@pytest.mark.parametrize("f", [lambda p: np.log(p[..., 0]) + p[..., 1] ** 2, lambda p: np.exp(p[..., 0] * p[..., 1])])
def test_places_outside_a_domain_or_too_large_give_nan_or_infinity_without_a_warning(way, f):
    found = np.asarray(way(f, [[-100.0, -200.0], [1.0, 1.0]]))
    assert not np.isfinite(found[0]).all()
    assert np.isfinite(found[1]).all()


def test_a_way_along_a_corner_has_a_slope():
    roof = lambda p: np.abs(p[..., 0]) + p[..., 1]  # noqa: E731
    assert directional(roof, [0.0, 3.0], [0.0, 2.0]) == pytest.approx(2.0, abs=1e-9)
    assert np.isnan(directional(roof, [0.0, 3.0], [1.0, 1.0]))
    np.testing.assert_allclose(directional(roof, [[0.0, 3.0], [2.0, 1.0]], [0.0, 1.0]), [1, 1], atol=1e-9)


def test_divergence_and_curl_stay_within_the_domain():
    least = []

    def field(p):
        least.append(min(float(p[0]), float(p[1])))
        return [math.sqrt(abs(p[0])) * p[1], p[0] * p[1]]

    assert divergence(field, [1e-3, 2.0], domain=(0, math.inf)) == pytest.approx(1e-3**-0.5 + 1e-3)
    assert curl(field, [1e-3, 2.0], domain=(0, math.inf)) == pytest.approx(2 - 1e-3**0.5)
    assert min(least) >= 0
