"""The numbers of the course: sign descent to the last bit, the others to the digits that are printed."""

import numpy as np
import pytest

from edgecalc.optimize import descend, newton
from edgecalc.optimize.problems import PROBLEMS


def bowl(p):
    return (p**2).sum(-1)


def parabola(x):
    return 2 * x**2 - 3 * x + 4


def three_variables(p):
    return 2 * (3 * p[..., 0] ** 2 - 2 * p[..., 0] + p[..., 1] ** 2 + 1) + p[..., 2]


@pytest.mark.parametrize("grad", [None, lambda x: 4 * x - 3])
def test_sign_descent_on_the_parabola_ends_in_a_cycle_of_two_to_the_last_bit(grad):
    trace = descend(parabola, 2.0, "sign", grad=grad, rate=0.01, steps=250)
    assert trace.x[-1] == 0.7599999999999989
    assert trace.x[-2] == 0.7499999999999989
    assert trace.verdict == "oscillating"


@pytest.mark.parametrize("grad", [None, lambda x: 6 * x - 3])
def test_sign_descent_with_slope_6x_minus_3(grad):
    trace = descend(lambda x: 3 * x**2 - 3 * x, 2.0, "sign", grad=grad, rate=0.01, steps=250)
    assert trace.x[-1] == 0.49999999999999867
    assert trace.verdict == "oscillating"


def test_sign_descent_in_three_variables_has_no_end_in_the_third():
    trace = descend(three_variables, [1.0, 1.0, 1.0], "sign", rate=0.05, steps=250)
    assert trace.x[-1].tolist() == [0.29999999999999966, -3.191891195797325e-16, -11.50000000000003]
    assert trace.verdict == "unbounded"


def test_sign_descent_by_whole_steps():
    assert descend(lambda x: x**2, 70.0, "sign", rate=1, steps=70).x.tolist() == list(range(70, -1, -1))
    trace = descend(bowl, [3.0, 4.0], "sign", rate=1, steps=4)
    assert trace.x.tolist() == [[3, 4], [2, 3], [1, 2], [0, 1], [0, 0]]
    assert trace.verdict == "minimum"


def test_fifty_unit_steps_miss_0_for_100_of_201_whole_starts():
    starts = np.arange(-100, 101.0)[:, None]
    trace = descend(bowl, starts, "sign", rate=1, steps=50)
    assert np.count_nonzero(trace.x[-1]) == 100
    assert (trace.verdict == "minimum").sum() == 101
    assert set(trace.verdict[trace.x[-1, :, 0] != 0]) == {"not converged"}


def test_one_step_of_gradient_descent():
    assert descend(parabola, 2.0, "gd", rate=0.1, steps=1).x[-1] == pytest.approx(1.5, abs=1e-14)


def test_sauna_at_two_rates():
    sauna = PROBLEMS["sauna"]
    calm = descend(sauna.f, [1.0, 3.0], "gd", rate=0.1, steps=8)
    assert calm.gradient[0] == pytest.approx([-4.86, -0.90], abs=1e-12)
    assert calm.x[-1] == pytest.approx([3.99688, 3.99899], abs=5e-6)
    wild = descend(sauna.f, [1.0, 3.0], "gd", rate=0.3, steps=19)
    assert np.linalg.norm(wild.gradient[-1]) == pytest.approx(6.61, abs=0.005)
    assert wild.verdict == "oscillating"


@pytest.mark.parametrize(
    ("start", "end", "f"), [((1, 3), (2.9806, 1.5409), 6.8821), ((1.2, 3), (3.4789, 3.9474), 6.7028), ((0.6, 3), (0.5230, 0.5170), 6.2769)]
)
def test_three_minima_from_three_starts(start, end, f):
    trace = descend(PROBLEMS["three minima"].f, start, "gd", rate=0.2, steps=60)
    assert trace.x[-1] == pytest.approx(end, abs=1.5e-4)
    assert trace.f[-1] == pytest.approx(f, abs=5e-5)
    assert trace.verdict == "minimum"


def test_momentum_as_printed_climbs_and_momentum_does_not():
    printed = descend(parabola, 2.0, "momentum as printed", rate=0.05, steps=30)
    assert printed.x[-1] == pytest.approx(1.6e5, rel=0.01)
    assert printed.verdict == "diverging"
    assert descend(parabola, 2.0, "momentum", rate=0.05, steps=300).verdict == "minimum"


def test_newton_on_a_function_of_one_variable():
    trace = newton(lambda x: np.exp(x) - np.log(x), 1.75)
    assert trace.x[:5] == pytest.approx([1.75, 0.897663, 0.535036, 0.566093, 0.567142], abs=5e-7)
    assert trace.verdict == "minimum"


@pytest.mark.parametrize(("sign", "verdict"), [(1, "minimum"), (-1, "maximum")])
def test_plain_newton_takes_one_step_on_a_parabola_and_tells_a_maximum(sign, verdict):
    trace = newton(lambda x: sign * x**2, 3.0, form="plain")
    assert trace.x == pytest.approx([3, 0], abs=1e-12)
    assert trace.verdict == verdict


def test_newton_takes_one_step_on_a_quadratic_and_seven_on_a_quartic():
    quadratic = newton(lambda p: 2 * p[..., 0] ** 2 + 3 * p[..., 1] ** 2 - p[..., 0] * p[..., 1], [1.0, 3.0])
    assert len(quadratic.x) == 2
    assert quadratic.finding.eigenvalues == pytest.approx([5 - 2**0.5, 5 + 2**0.5])

    def quartic(p):
        x, y = p[..., 0], p[..., 1]
        return x**4 + 0.8 * y**4 + 4 * x**2 + 2 * y**2 - x * y - 0.2 * x**2 * y

    trace = newton(quartic, [4.0, 4.0], stop=1e-6)
    assert trace.iterations[-1] == 7
    assert trace.finding.eigenvalues == pytest.approx([3.76, 8.24], abs=0.005)


def test_plain_newton_says_that_the_normal_density_has_no_bend_at_1():
    with pytest.raises(ValueError, match=r'x = 1 f\'\' is 0.*form="safeguarded"') as error:
        newton(lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi), 1.0, form="plain")
    assert error.value.trace.x.tolist() == [1.0]
    assert newton(lambda x: -np.exp(-x * x / 2), 1.0).verdict == "minimum"
