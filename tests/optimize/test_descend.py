"""The loop: starts, batches of data, bounds, schedules, stops, what callbacks do, and what is refused."""

import numpy as np
import pytest

from edgecalc.calculus import Expression
from edgecalc.optimize import RULES, SCHEDULES, bfgs, descend, lbfgs, newton, problems, recorder, rules, schedules

ROSENBROCK = problems.PROBLEMS["rosenbrock"]


def bowl(p):
    return (p**2).sum(-1)


def line(w, x, t):
    return ((w[..., 0, None] * x + w[..., 1, None] - t) ** 2).mean(-1)


def line_slope(w, x, t):
    off = w[..., 0, None] * x + w[..., 1, None] - t
    return np.stack([2 * (off * x).mean(-1), 2 * off.mean(-1)], -1)


@pytest.fixture
def points():
    x = np.linspace(-1, 1, 40)
    return x, 0.5 * x + 0.25 + 0.1 * np.sin(40 * x)


@pytest.mark.parametrize(
    "f", [lambda p: p[..., 0] ** 2 + 3 * p[..., 1] ** 2, lambda p: p[0] ** 2 + 3 * p[1] ** 2, lambda p: sum([p[0] ** 2, 3 * p[1] ** 2])]
)
@pytest.mark.parametrize("starts", [[1.0, 2.0], [[1.0, 2.0]], [[1.0, 2.0], [3.0, -1.0]], [[1.0, 2.0], [3.0, -1.0], [0.0, 0.5]]])
def test_f_may_take_one_start_or_many_in_any_of_the_usual_forms(f, starts):
    trace = descend(f, starts, rate=0.1, steps=3)
    expected = np.array(starts) * np.array([0.8, 0.4]) ** np.arange(4).reshape(-1, *[1] * np.ndim(starts))
    np.testing.assert_allclose(trace.x, expected, atol=1e-13)
    assert trace.f.shape == trace.x.shape[:-1]


@pytest.mark.parametrize("rule", [name for name in RULES if name not in ("hill climbing", "noisy", "sgd")])
def test_without_grad_the_finite_difference_core_gives_the_same_path(rule):
    exact = descend(ROSENBROCK.f, [-1.2, 1.0], rule, grad=ROSENBROCK.gradient, rate=1e-5, steps=20)
    found = descend(ROSENBROCK.f, [-1.2, 1.0], rule, rate=1e-5, steps=20)
    np.testing.assert_allclose(found.x, exact.x, atol=1e-10)


def test_a_black_box_of_plain_python_is_descended():
    import math

    trace = descend(lambda p: math.cosh(p[0] - 1) + abs(math.sin(p[1])) ** 2, [3.0, 0.5], rate=0.2, steps=200)
    assert trace.x[-1] == pytest.approx([1, 0], abs=1e-4)
    assert trace.verdict == "minimum"


def test_f_that_mixes_its_points_is_asked_for_one_at_a_time():
    def f(p):
        return (p**2).sum(-1) * (1 + p.max())  # of all numbers it is given

    starts = [[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]]
    together = descend(f, starts, rate=0.01, steps=5)
    for k, start in enumerate(starts):
        np.testing.assert_allclose(together.of(k).x, descend(f, start, rate=0.01, steps=5).x, atol=1e-13)


def test_f_may_refuse_many_points_by_any_error():
    def f(p):
        assert p.shape == (2,)
        return p[0] ** 2 + p[1] ** 2

    trace = descend(f, [[1.0, 2.0], [3.0, -1.0]], grad=lambda p: [2 * p[0], 2 * p[1]], rate=0.25, steps=1)
    assert trace.x[1].tolist() == [[0.5, 1.0], [1.5, -0.5]]


def spoiling(function):
    def spoiled(p):
        result = function(p)
        p[...] = 99
        return result

    return spoiled


def buffered(function, shape):
    buffer = np.empty(shape)

    def filled(p):
        buffer[...] = function(p)
        return buffer

    return filled


def spoil(iteration, x, f):
    x[...] = 77


@pytest.mark.parametrize("walk", [descend, newton, bfgs, lbfgs])
@pytest.mark.parametrize(
    ("f", "grad", "callback"),
    [
        (spoiling(bowl), None, None),
        (spoiling(bowl), lambda p: 2 * p, None),
        (bowl, spoiling(lambda p: 2 * p), None),
        (bowl, lambda p: np.multiply(p, 2, out=p), None),
        (bowl, None, spoil),
        (buffered(bowl, ()), None, None),
        (bowl, buffered(lambda p: 2 * p, 2), None),
    ],
)
def test_functions_that_overwrite_what_they_get_or_gave_spoil_nothing(walk, f, grad, callback):
    rest = {"rule": "momentum", "rate": 0.1, "steps": 5} if walk is descend else {}
    start = np.array([3.0, 4.0])
    found, clean = walk(f, start, grad=grad, callback=callback, **rest), walk(bowl, start, grad=lambda p: 2 * p, **rest)
    assert start.tolist() == [3, 4]
    np.testing.assert_allclose(found.x, clean.x, atol=1e-9)
    np.testing.assert_allclose(found.gradient, clean.gradient, atol=1e-9)
    assert found.verdict == clean.verdict


def test_differences_do_not_look_beyond_bounds_and_equal_bounds_hold_a_variable():
    seen = []

    def f(p):
        seen.append(np.asarray(p).reshape(-1, 2).copy())
        return np.sqrt(np.abs(p)).sum(-1) + bowl(p)

    for bounds, rule in (((0.5, np.inf), "gd"), ((0.5, np.inf), rules.nesterov(ahead=True)), ((0.5, np.inf), "hill climbing")):
        trace = descend(f, [0.5, 2.0], rule, rate=0.3, steps=20, bounds=bounds, seed=1 if rule == "hill climbing" else None)
        assert min(places.min() for places in seen) >= 0.5
        assert (np.diff(trace.f) <= 0).all()
        np.testing.assert_array_equal(trace.f, f(trace.x))
    held = descend(bowl, [3.0, 4.0], rate=0.25, steps=30, bounds=[(3, 3), (-np.inf, 9)])
    assert held.x[-1] == pytest.approx([3, 0], abs=1e-6)


def test_slopes_whose_squares_vanish_are_slopes():
    trace = descend(lambda p: 1e-170 * bowl(p), [[1.0, 1.0], [0.0, 0.0]], grad=lambda p: 2e-170 * p, rate=1e169, steps=20)
    assert trace.stopped.tolist() == ["all steps taken", "the gradient is as small as `stop` asks"]


def test_each_start_stops_for_itself_and_stays():
    trace = descend(bowl, [[1.0, 0.0], [8.0, 0.0]], rate=0.25, steps=60, stop=1e-3)
    assert trace.stopped.tolist() == ["the gradient is as small as `stop` asks"] * 2
    first, second = trace.of(0), trace.of(1)
    assert len(first.x) < len(second.x) == len(trace.x)
    assert (trace.x[len(first.x) - 1 :, 0] == first.x[-1]).all()
    for run in (first, second):
        lengths = np.linalg.norm(run.gradient, axis=-1)
        assert lengths[-1] <= 1e-3 < lengths[-2]


def test_momentum_does_not_stop_in_full_swing():
    swing = descend(bowl, [1.0], "momentum", rate=0.5, steps=1, stop=1e-9)
    assert swing.gradient[-1] == 0
    assert descend(bowl, [1.0], "momentum", rate=0.5, steps=200, stop=1e-9).iterations[-1] > 100


def test_bounds_cut_steps_off_and_the_verdict_knows_them():
    trace = descend(bowl, [3.0, 4.0], rate=0.4, steps=50, bounds=[(1, 5), (-2, 5)])
    assert trace.x[-1] == pytest.approx([1, 0], abs=1e-6)
    assert trace.x.min() >= -2
    assert trace.verdict == "minimum"
    pressed = descend(bowl, [3.0, 4.0], rate=0.4, steps=50, bounds=(1, 5), stop=1e-9)
    assert pressed.x[-1].tolist() == [1, 1]
    assert pressed.iterations[-1] < 10
    assert descend(lambda x: -x, 0.5, rate=1.0, steps=9, bounds=(0, 2)).verdict == "minimum"


@pytest.mark.parametrize(("batch", "rounds"), [(7, 6), (40, 1), (1, 40), (None, 1)])
def test_batches_see_every_row_once_a_round(points, batch, rounds):
    x, t = points
    seen = []

    def spy(w, x, t):
        seen.append(x)
        return line_slope(w, x, t)

    descend(line, [0.0, 0.0], grad=spy, data=(x, t), batch=batch, seed=3, rate=0.1, steps=2 * rounds - 1)
    for part in (seen[:rounds], seen[rounds:]):
        np.testing.assert_array_equal(np.sort(np.concatenate(part)), x)
    assert len({rows.tobytes() for rows in seen}) == {None: 1, 40: 2, 1: 40, 7: 12}[batch]


def test_batches_are_the_seeds_and_f_is_that_of_all_data(points):
    one, same, other = (descend(line, [0.0, 0.0], data=points, batch=5, seed=seed, rate=0.1, steps=30) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.x, same.x)
    assert not np.array_equal(one.x, other.x)
    np.testing.assert_allclose(one.f, line(one.x, *points), atol=1e-15)


def test_full_batches_are_gradient_descent_and_sgd_takes_rows_one_by_one(points):
    everything = descend(line, [0.0, 0.0], data=points, rate=0.1, steps=20)
    deck = descend(line, [0.0, 0.0], data=points, batch=40, seed=0, rate=0.1, steps=20)
    np.testing.assert_allclose(deck.x, everything.x, atol=1e-13)
    single = descend(line, [0.0, 0.0], "sgd", data=points, seed=0, rate=0.1, steps=20)
    np.testing.assert_array_equal(single.x, descend(line, [0.0, 0.0], "gd", data=points, batch=1, seed=0, rate=0.1, steps=20).x)


def test_stochastic_descent_with_a_falling_rate_finds_the_least_squares(points):
    best = np.polyfit(*points, 1)
    trace = descend(line, [0.0, 0.0], data=points, batch=4, seed=0, rate=0.3, schedule="cosine", steps=2000)
    assert trace.x[-1] == pytest.approx(best, abs=1e-3)


def test_a_batch_without_a_slope_does_not_end_the_run():
    def f(w, t):
        return ((w[..., None] - t) ** 2).mean(-1)

    data = np.array([0.0, 0.0, 0.0, 8.0])
    for seed in range(4):
        for start in (0.0, [[0.0], [1.0]]):
            g = f if np.ndim(start) == 0 else lambda w, t: f(w[..., 0], t)
            trace = descend(g, start, data=data, batch=1, seed=seed, rate=0.1, schedule="cosine", steps=400)
            assert np.all(np.abs(trace.x[-1] - 2) < 0.5)
            assert trace.iterations[-1] == 400
    content = descend(f, 2.0, data=np.array([2.0, 2.0]), batch=1, seed=0)
    assert content.stopped == "the gradient is as small as `stop` asks"
    halfway = descend(f, 0.0, grad=lambda w, t: 0.0 * w if len(t) == 1 else f(w, t), data=data, batch=1, seed=0, steps=3)
    assert halfway.verdict == "not converged"


def test_x_that_runs_out_of_numbers_stops_the_run():
    for start in (1.0, [[1.0], [1.0]]):
        f = (lambda x: 1 / (1 + x * x)) if np.ndim(start) == 0 else lambda p: 1 / (1 + (p * p).sum(-1))
        trace = descend(f, start, "momentum", rate=1e308, steps=40)
        assert set(np.ravel(trace.stopped)) == {"the gradient is not finite"}
        assert set(np.ravel(trace.verdict)) == {"left the domain"}


def test_at_a_corner_the_smaller_slope_counts():
    assert descend(lambda x: np.maximum(x, 3 * x), 0.0, rate=1.0, steps=1).x.tolist() == [0, -1]
    assert descend(lambda x: np.maximum(-x, -3 * x), 0.0, rate=1.0, steps=1).x.tolist() == [0, 1]
    assert descend(lambda p: np.maximum(p, 3 * p).sum(-1), [0.0, 1.0], rate=1.0, steps=1).x.tolist() == [[0, 1], [-1, -2]]


def test_one_run_of_many_keeps_the_bounds():
    trace = descend(bowl, [[1.0, 2.0], [3.0, 2.0]], rate=0.1, steps=2, bounds=[(0, 5), (-1, np.inf)])
    np.testing.assert_array_equal(trace.of(1).objective.bounds, [[0, -1], [5, np.inf]])


def test_rates_of_the_trace_are_the_schedules():
    for name, make in SCHEDULES.items():
        if name == "progress":
            continue
        trace = descend(bowl, [1.0], rate=0.2, schedule=name, steps=12)
        assert trace.rate.tolist() == [0.2 * make().factor(k, 12) for k in range(12)]
        np.testing.assert_allclose(np.ravel(trace.step), -trace.rate * np.ravel(trace.gradient[:-1]), atol=1e-15)


def test_progress_raises_the_rate_of_each_start_while_it_falls_and_halves_it_when_not():
    trace = descend(bowl, [[1.0], [1.0]], rate=0.9, schedule=schedules.progress(1.5, 0.5), steps=8)
    assert trace.rate.shape == (8, 2)
    for k in range(1, 8):
        fell = trace.f[k, 0] <= trace.f[k - 1, 0]
        assert trace.rate[k, 0] == trace.rate[k - 1, 0] * (1.5 if fell else 0.5)
    assert trace.rate.max() > 0.9 > trace.rate.min()
    np.testing.assert_array_equal(trace.x[:, 0], descend(bowl, [1.0], rate=0.9, schedule=schedules.progress(1.5, 0.5), steps=8).x)


@pytest.mark.parametrize("f", [np.log, lambda x: 1 / (x > 0) - 1 + x])
def test_leaving_the_domain_is_told_with_the_place(f):
    trace = descend(f, 0.3, "sign", grad=lambda x: 1.0, rate=0.2, steps=30)
    assert trace.verdict in ("left the domain", "diverging")
    assert trace.iterations[-1] == 2
    assert "(-0.1)" in trace.why
    assert trace.last == pytest.approx(0.1)


@pytest.mark.parametrize("lost", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_stops_the_run_where_it_is(lost):
    trace = descend(bowl, [1.0, 1.0], grad=lambda p: np.array([lost, 1.0]) if p[0] < 0.9 else 2 * p, rate=0.1, steps=30)
    assert trace.stopped == "the gradient is not finite"
    assert trace.iterations[-1] == 1
    assert trace.verdict == "left the domain"


def test_a_callback_sees_every_step_and_may_stop_the_run():
    seen = []
    trace = descend(bowl, [1.0], rate=0.1, steps=30, callback=lambda k, x, f: seen.append((k, x.tolist(), f)) or np.bool_(k == 5))
    assert [k for k, *_ in seen] == [1, 2, 3, 4, 5]
    assert trace.stopped == "the callback said so"
    assert seen[-1][1:] == (trace.x[-1].tolist(), trace.f[-1])


@pytest.mark.parametrize("answer", [False, None, 1, "stop", np.ones(2)])
def test_a_callback_that_gives_anything_but_true_goes_on(answer):
    assert descend(bowl, [1.0], rate=0.1, steps=3, callback=lambda k, x, f: answer).iterations[-1] == 3


@pytest.mark.parametrize("where", ["callback", "f", "grad"])
def test_what_is_raised_on_the_way_carries_the_trace_so_far(where):
    calls = []

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) > 4:
            raise ZeroDivisionError("on purpose")
        return {"callback": None, "f": arguments[0] ** 2, "grad": 2 * arguments[0]}[where]

    parts = {"f": lambda x: x**2, "grad": lambda x: 2 * x, "callback": None} | {where: failing}
    with pytest.raises(ZeroDivisionError, match="on purpose") as caught:
        descend(parts["f"], 1.0, grad=parts["grad"], callback=parts["callback"], rate=0.1, steps=30)
    assert len(caught.value.trace.x) == (5 if where == "callback" else 4)
    assert caught.value.trace.stopped == "an error was raised"
    assert caught.value.trace.x[1] == 0.8
    assert ".trace" in caught.value.__notes__[0]


def test_long_runs_keep_some_rows_and_all_of_the_last(monkeypatch):
    monkeypatch.setattr(recorder, "MOST_KEPT", 1 << 12)
    trace = descend(bowl, np.ones((20, 2)), grad=lambda p: 2 * p, rate=0.001, steps=900)
    assert trace.x.size < 1.5 * (1 << 12)
    assert trace.iterations[0] == 0
    assert trace.iterations[-1] == 900
    assert (np.diff(trace.iterations) >= 1).all()
    assert np.diff(trace.iterations)[-20:].tolist() == [1] * 20
    np.testing.assert_allclose(trace.x[:, 0, 0], 0.998**trace.iterations, rtol=1e-9)
    assert descend(bowl, np.ones((20, 2)), grad=lambda p: 2 * p, rate=0.001, steps=900, keep=1).iterations.tolist() == list(range(901))
    some = descend(bowl, [1.0], grad=lambda p: 2 * p, rate=0.001, steps=100, keep=25).iterations
    assert some.tolist() == [0, 25, 50, *range(69, 101)]
    stopped = descend(bowl, np.ones((20, 2)), grad=lambda p: 2 * p, rate=0.1, steps=900, stop=1e-3)
    assert np.linalg.norm(stopped.gradient[-1], axis=-1).max() <= 1e-3


def test_counted_evaluations_are_the_calls():
    points = [0]

    def f(p):
        points[0] += 1 if np.ndim(p) < 2 else len(p)
        return (p**2).sum(-1)

    for start in ([1.0, 2.0], [[1.0, 2.0], [2.0, 3.0]]):
        points[0] = 0
        trace = descend(f, start, rate=0.1, steps=10)
        assert trace.evaluations[-1] == points[0]
        assert (np.diff(trace.evaluations) > 0).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"f": 3}, TypeError, "f: 3 came"),
        ({"grad": "slope"}, TypeError, "grad: 'slope' came"),
        ({"x0": "here"}, TypeError, "x0: <U4 came"),
        ({"x0": [[1.0], [1.0, 2.0]]}, ValueError, "x0: rows of one length"),
        ({"x0": []}, ValueError, r"x0: shape \(0,\) came"),
        ({"x0": np.zeros((2, 2, 2))}, ValueError, r"x0: shape \(2, 2, 2\) came"),
        ({"x0": [1.0, np.nan]}, ValueError, "x0: it holds NaN"),
        ({"x0": [1j]}, TypeError, "x0: complex128 came"),
        ({"x0": np.ma.array([1.0], mask=[True])}, TypeError, "x0: a masked array came"),
        ({"rate": 0.0}, ValueError, "rate: 0.0 came"),
        ({"rate": -1}, ValueError, "rate: -1 came"),
        ({"rate": "fast"}, TypeError, "rate: 'fast' came"),
        ({"steps": -1}, ValueError, "steps: -1 came"),
        ({"steps": 1.5}, TypeError, "steps: 1.5 came"),
        ({"stop": -1.0}, ValueError, "stop: -1.0 came"),
        ({"schedule": "fast"}, ValueError, "schedule: 'fast' came; accepted are 'constant'"),
        ({"schedule": 3}, TypeError, "schedule: 3 came"),
        ({"bounds": (1, -1)}, ValueError, r"bounds: \(1, -1\) came; low not above high"),
        ({"bounds": (2, 3)}, ValueError, "x0: it lies outside the bounds"),
        ({"bounds": [(0, 1)] * 3}, ValueError, r"bounds: shape \(3, 2\) came"),
        ({"bounds": "all"}, TypeError, "bounds: 'all' came"),
        ({"batch": 3}, ValueError, "batch: 3 came without data"),
        ({"seed": -1}, ValueError, "seed: -1 came"),
        ({"seed": "dice"}, ValueError, "seed: 'dice' came"),
        ({"keep": 0}, ValueError, "keep: 0 came"),
        ({"callback": 7}, TypeError, "callback: 7 came"),
        ({"grad": lambda p: p[:1]}, ValueError, r"grad: it gave shape \(1,\) for x of shape \(2,\)"),
        ({"f": lambda p: p}, ValueError, r"f: it gave shape \(2,\) .* x's last axis is the variables'"),
        ({"grad": lambda p: 1j * p}, ValueError, "grad: it gave complex128"),
        ({"grad": lambda p: None}, ValueError, "grad: it gave object"),
        ({"f": lambda p: "low"}, ValueError, "f: it gave <U3"),
        ({"f": lambda p: 1j}, ValueError, "f: it gave complex128"),
    ],
)
def test_bad_arguments_are_named(options, error, message):
    options = {"f": bowl, "x0": [1.0, 1.0]} | options
    with pytest.raises(error, match=message):
        descend(options.pop("f"), options.pop("x0"), **options)


@pytest.mark.parametrize(
    ("data", "batch", "message"),
    [
        (np.zeros(0), None, "data: it is empty"),
        ((np.zeros(3), np.zeros(4)), None, "as many rows"),
        (np.array([1.0, np.nan]), None, "data: float64 with NaN"),
        (np.array(["a"]), None, "data: <U1 with"),
        (np.zeros(5), 6, "batch: 6 came; an int from 1 to 5 is accepted"),
        (np.zeros(5), 0, "batch: 0 came"),
    ],
)
def test_bad_data_is_named(data, batch, message):
    with pytest.raises(ValueError, match=message):
        descend(lambda w, x, *t: (w**2).sum(-1), [1.0], data=data, batch=batch)


def test_functions_that_look_at_all_starts_at_once_are_asked_one_by_one():
    def clipped(p):
        length = np.linalg.norm(p)
        return 2 * p if length < 10 else 20 * p / length

    def walled(p):
        return (p**2).sum(-1) if np.all(np.abs(p) < 5) else 1e3 + 0 * (p**2).sum(-1)

    starts = [[1.0, 1.0], [30.0, 0.0], [0.0, 40.0]]
    many = descend(lambda p: (p**2).sum(-1), starts, grad=clipped, rate=0.1, steps=1)
    alone = [descend(lambda p: (p**2).sum(-1), start, grad=clipped, rate=0.1, steps=1).x[1].tolist() for start in starts]
    assert many.x[1].tolist() == alone
    assert descend(walled, [[1.0, 1.0], [6.0, 6.0]], steps=1).f[0].tolist() == [2, 1000]


def test_columns_of_a_formula_have_its_names():
    trace = descend(Expression.parse("y^2 + 10*z^2"), [3.0, 4.0], rate=0.01, steps=1)
    assert trace.columns()[0][1:6] == ["y", "z", "f", "df/dy", "df/dz"]


def test_a_long_run_of_many_variables_keeps_some_rows_and_the_last():
    sizes = np.logspace(0, 6, 90_000)
    trace = lbfgs(lambda p: (sizes * p * p).sum(-1) / 2, np.ones(90_000), grad=lambda p: sizes * p)
    assert trace.iterations[-1] == 200 and len(trace.x) < 150
    ends = lbfgs(lambda p: ((p - 3) ** 2).sum(-1), np.zeros(300_000), grad=lambda p: 2 * (p - 3), steps=500)
    assert ends.f[-1] < 1e-12 and ends.iterations[-1] < 10
