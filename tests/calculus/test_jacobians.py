"""Jacobians: all numbers of a field at once, each as if it were alone."""

import math

import numpy as np
import pytest

from edgecalc.calculus import gradient, hessian, jacobian

FIELDS = {
    "smooth": lambda p: np.stack([p[..., 0] * p[..., 1], np.exp(p[..., 0]), p[..., 1] ** 3], -1),
    "branches": lambda p: np.stack([p[..., 0] * np.abs(p[..., 1]), np.maximum(p[..., 0], p[..., 1] ** 3), p[..., 1]], -1),
    "plain Python": lambda p: [math.sin(p[0]) * p[1], math.exp(p[1]), p[0] ** 2],
    "a batch decides": lambda p: p / np.linalg.norm(p) if np.linalg.norm(p) > 4 else p**2,
}


@pytest.mark.parametrize("name", FIELDS)
def test_jacobians_are_those_of_each_number_alone(name):
    places = np.array([[0.5, 1.5], [1.0, -0.7], [20.0, 0.3]])
    for place in (places[0], places) if name != "plain Python" else (places[0], places[2]):
        found = jacobian(FIELDS[name], place)
        for index in np.ndindex(place.shape[:-1]):
            for k in range(found.shape[-2]):
                wanted = gradient(lambda p, k=k: np.asarray(FIELDS[name](p))[..., k], place[index], method="central")
                np.testing.assert_allclose(found[index][k], wanted, rtol=1e-9, atol=1e-9)


def test_a_jacobian_asks_for_all_numbers_at_once():
    calls = []
    times = np.linspace(0, 1, 100)

    def residuals(p):
        calls.append(1)
        return np.array([float(p[0]) * math.exp(-float(p[1]) * t) for t in times])

    found = jacobian(residuals, [1.0, 0.5])
    np.testing.assert_allclose(found, np.stack([np.exp(-0.5 * times), -times * np.exp(-0.5 * times)], -1), atol=1e-10)
    assert len(calls) < 80
    assert np.isnan(jacobian(lambda p: np.stack([np.abs(p[..., 0]), p[..., 1]], -1), [0.0, 1.0])[0, 0])


def test_a_function_that_gives_the_same_memory_again():
    number, row = np.zeros(()), np.empty(2)

    def one(p):
        number[...] = math.sin(p[0]) * p[1]
        return number

    def two(p):
        row[:] = math.sin(p[0]) * p[1], p[0]
        return row

    exact = [2 * math.cos(1), math.sin(1)]
    np.testing.assert_allclose(gradient(one, [1.0, 2.0]), exact, 1e-10)
    np.testing.assert_allclose(jacobian(two, [1.0, 2.0]), [exact, [1, 0]], 1e-10, 1e-12)


def test_jacobians_beside_what_plain_python_refuses():
    """Neighbours of points near the end of its domain have no number there."""
    np.testing.assert_allclose(jacobian(lambda p: [math.sqrt(p[0]), p[0] * p[1]], [1e-2, 1.0]), [[5, 0], [1, 0.01]], 1e-9, 1e-12)
    np.testing.assert_allclose(jacobian(lambda p: [float(p[0]) ** 1.5, p[1]], [1e-3, 1.0]), [[1.5 * 1e-3**0.5, 0], [0, 1]], 1e-9, 1e-12)
    bends = hessian(lambda p: p[1] * math.sqrt(p[0]), [1e-3, 1.0], grad=lambda p: np.array([0.5 / math.sqrt(p[0]) * p[1], math.sqrt(p[0])]))
    np.testing.assert_allclose(bends, [[-0.25 * 1e-3**-1.5, 0.5 * 1e-3**-0.5], [0.5 * 1e-3**-0.5, 0]], 1e-8, 1e-7)
