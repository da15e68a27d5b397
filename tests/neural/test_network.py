"""Networks against a twin in plain loops, the course's formulas, PyTorch's numbers, and bad input."""

import pickle

import numpy as np
import pytest

from edgecalc import optimize
from edgecalc.neural import INITIALS, LOSSES, Network
from edgecalc.neural.network import ACCEPTED
from edgecalc.optimize import recorder
from tests.neural import loops

# Of torch 2.15, float64: (loss, length of the gradient, gradient times 1, 2, 3 ..., gradient by X times 1, 2, 3 ...)
TORCH = {
    ("identity", "log loss"): (2.7880955614795897, 1.5538703797122888, 4.676480870962642, 5.569679914763569),
    ("sigmoid", "log loss"): (1.6775343615887883, 0.5541919823088735, 1.6335996674755646, 0.922177380966773),
    ("tanh", "mse"): (6.107788291252173, 6.640083549005596, 3.389839598282066, 21.74043665312268),
    ("tanh", "half mse"): (3.0538941456260864, 3.320041774502798, 1.694919799141033, 10.87021832656134),
    ("tanh", "log loss"): (2.230634903552238, 0.7479092385274128, 4.033845298533714, 2.3252389145405012),
    ("tanh", "cross entropy"): (2.17249209634636, 1.2217743955840092, -7.525776410510159, 2.759271318236485),
    ("softplus", "log loss"): (1.7183414313746523, 0.9679338023876585, 3.668190738886185, 4.866341782807924),
    ("ReLU", "log loss"): (1.8383491774484058, 1.0174707650595352, 4.986861331517109, 5.1325725188515925),
    ("leaky ReLU", "log loss"): (1.8444737389461743, 1.0211690476793214, 5.062437516136899, 5.184878236534488),
    ("ELU", "log loss"): (2.2049921788573434, 1.182235990197029, 7.743090994322787, 7.983929390622145),
    ("PReLU", "log loss"): (2.01440100932781, 1.1302056926849344, 6.580259051535042, 6.280356798574731),
    ("SELU", "log loss"): (2.5702442145462023, 1.360393421976187, 8.591828339378356, 9.811599261997646),
    ("swish", "log loss"): (1.9593256834719444, 0.9894633200733742, 5.2546937940807235, 6.606796475321195),
}
SQUARES = ("mse", "half mse")
XOR = ([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])


def waves(count, step):
    """Numbers that any library can make again."""
    return np.round(np.sin(np.arange(1, count + 1) * step) * 1.5, 3)


def targets(loss, rows, columns, dice):
    t = dice.uniform(size=(rows, columns))
    return t / t.sum(axis=1, keepdims=True) if loss == "cross entropy" else t


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACCEPTED)
def test_equals_the_plain_loops(activation, loss):
    dice = np.random.default_rng(3)
    sizes, output = (3, 4, 2, 2), activation if loss in SQUARES else "identity"
    network = Network(sizes, activation, loss=loss, output=output, seed=dice)
    network.parameters = dice.normal(size=network.count)
    X, T = dice.normal(size=(5, 3)), targets(loss, 5, 2, dice)
    value, gradient, by_inputs = loops.value_and_gradient(
        sizes, [activation, activation, output], loss, network.parameters.tolist(), X.tolist(), T.tolist()
    )
    found = network.gradient(X, T)
    assert network.value(X, T) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(found.parameters, gradient, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(found.inputs, by_inputs, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("activation", "loss"), TORCH)
def test_equals_torch(activation, loss):
    network = Network([2, 3, 2], activation, loss=loss)
    network.parameters = waves(network.count, 1.7)
    X, T = waves(8, 2.3).reshape(4, 2), np.abs(waves(8, 0.9)).reshape(4, 2) / 2
    T = [0, 1, 1, 0] if loss == "cross entropy" else T
    slopes, k = network.gradient(X, T), np.arange(1, network.count + 1)
    found = (network.value(X, T), np.linalg.norm(slopes.parameters), slopes.parameters @ k, slopes.inputs.ravel() @ np.arange(1, 9))
    np.testing.assert_allclose(found, TORCH[activation, loss], rtol=1e-12)


def test_200_steps_of_adam_equal_torch():
    network = Network([2, 3, 1], loss="log loss")
    network.parameters = waves(network.count, 1.7)
    trace = network.train(*XOR, "adam", rate=0.05, steps=200)
    assert trace.f[-1] == pytest.approx(0.23711009285916232, rel=1e-12)
    assert network.parameters @ np.arange(1, network.count + 1) == pytest.approx(-5.8066695514418765, rel=1e-12)


# ---------------------------------------------------------------- the course's formulas


def test_the_courses_formulas_of_one_layer():
    dice = np.random.default_rng(5)
    network = Network([3, 2], seed=dice)
    x, t = dice.normal(size=3), dice.normal(size=2)
    w, y, found = network.layers[0].weights(network.parameters), network.outputs([x])[0], network.gradient([x], [t])
    for i in range(2):
        assert found.parameters[6 + i] == pytest.approx(2 * (y[i] - t[i]))
        for j in range(3):
            assert found.parameters[2 * j + i] == pytest.approx(2 * x[j] * (y[i] - t[i]))
    for j in range(3):
        assert found.inputs[0, j] == pytest.approx(2 * sum((y[i] - t[i]) * w[j, i] for i in range(2)))


def test_the_courses_formula_of_a_hidden_layer():
    dice = np.random.default_rng(6)
    network = Network([3, 4, 2], "identity", seed=dice)  # u -> x = v u -> y = w x
    u, t = dice.normal(size=3), dice.normal(size=2)
    w, y, found = network.layers[1].weights(network.parameters), network.outputs([u])[0], network.gradient([u], [t])
    for j in range(4):
        for i in range(3):
            assert found.parameters[4 * i + j] == pytest.approx(sum(2 * (y[k] - t[k]) * w[j, k] for k in range(2)) * u[i])


# ---------------------------------------------------------------- shapes, starts, saturation


@pytest.mark.parametrize("loss", LOSSES)
def test_many_networks_at_once_equal_one_by_one(loss):
    dice = np.random.default_rng(7)
    network = Network([3, 5, 2], "swish", loss=loss, seed=dice)
    X, T, many = dice.normal(size=(6, 3)), targets(loss, 6, 2, dice), dice.normal(size=(2, 4, network.count))
    values, slopes = network.value(X, T, many), network.gradient(X, T, many)
    assert values.shape == (2, 4) and slopes.parameters.shape == many.shape and slopes.inputs.shape == (2, 4, 6, 3)
    for place in np.ndindex(2, 4):
        one = network.gradient(X, T, many[place])
        assert values[place] == pytest.approx(network.value(X, T, many[place]), rel=1e-14)
        np.testing.assert_allclose(slopes.parameters[place], one.parameters, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(slopes.inputs[place], one.inputs, rtol=1e-12, atol=1e-15)


def test_the_gradient_of_a_batch_is_the_mean_over_its_rows():
    dice = np.random.default_rng(8)
    network, X, T = Network([2, 3, 1], seed=dice), dice.normal(size=(5, 2)), dice.normal(size=5)
    singles = [network.gradient(X[[k]], T[[k]]).parameters for k in range(5)]
    np.testing.assert_allclose(network.gradient(X, T).parameters, np.mean(singles, axis=0), rtol=1e-12)


@pytest.mark.parametrize("loss", ["log loss", "cross entropy"])
def test_a_saturated_network_neither_warns_nor_loses_its_slope(loss):
    network = Network([1, 2], loss=loss)
    network.parameters = [1000.0, -1000.0, 0.0, 0.0]
    X, T = [[1.0], [-1.0]], [[0.0, 1.0], [0.0, 1.0]]
    with np.errstate(over="raise", invalid="raise"):
        value, slopes = network.value(X, T), network.gradient(X, T)
    assert value == 1000
    assert slopes.parameters.tolist() == [0.5, -0.5, 0.5, -0.5]
    assert network.predict(X).tolist() == [[1, 0], [0, 1]]


def test_what_overflows_says_so_in_the_trace_not_in_a_warning():
    network = Network([1, 1], seed=0)
    with np.errstate(over="raise", invalid="raise"):
        assert network.value([1.0], [0.0], [1e200, 0.0]) == np.inf
        assert np.isinf(network.gradient([1e200], [0.0], [1e200, 0.0]).parameters).all()
    trace = network.train([1.0, 2.0], [1.0, 2.0], rate=10.0, steps=30)
    assert trace.verdict == "diverging"
    assert np.isfinite(network.parameters).all()


def test_predictions_are_probabilities_where_the_loss_takes_logits():
    X = np.random.default_rng(9).normal(size=(4, 2))
    for loss in LOSSES:
        network = Network([2, 3, 2], loss=loss, seed=1)
        answers = network.predict(X)
        if loss in SQUARES:
            assert answers.tolist() == network.outputs(X).tolist()
        else:
            assert (answers > 0).all() and (answers < 1).all()
        if loss == "cross entropy":
            np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-14)


@pytest.mark.parametrize("activation", ACCEPTED)
def test_a_network_can_be_kept_in_a_file(activation):
    network = Network([2, 3, 1], activation, seed=3)
    copy = pickle.loads(pickle.dumps(network))
    x = np.random.default_rng(0).standard_normal((5, 2))
    np.testing.assert_array_equal(copy.predict(x), network.predict(x))


def test_arrays_are_not_changed_and_not_kept():
    X, T = np.ones((3, 2)), np.ones(3)
    X.flags.writeable = T.flags.writeable = False
    network = Network([2, 2, 1], seed=1)
    network.train(X, T, steps=2)
    start = np.zeros(network.count)
    network.parameters = start
    start += 5
    assert not network.parameters.any()


# ---------------------------------------------------------------- beginnings


@pytest.mark.parametrize(("name", "deviation"), [("uniform", 1 / np.sqrt(3 * 300)), ("Glorot", np.sqrt(2 / 500)), ("He", np.sqrt(2 / 300))])
def test_weights_begin_with_the_deviation_that_their_name_promises(name, deviation):
    network = Network([300, 200], initial=name, seed=0)
    weights, biases = network.layers[0].weights(network.parameters), network.layers[0].biases(network.parameters)
    assert weights.std() == pytest.approx(deviation, rel=0.01)
    assert abs(weights.mean()) < deviation / 50
    assert not biases.any()
    if name != "He":
        assert np.abs(weights).max() == pytest.approx(deviation * np.sqrt(3), rel=1e-3)


def test_xavier_is_glorot_and_a_seed_repeats():
    assert INITIALS["Xavier"] is INITIALS["Glorot"]
    first, again, other = (Network([2, 3, 1], seed=seed).parameters.tolist() for seed in (4, 4, 5))
    assert first == again != other
    assert Network([2, 3, 1], seed=np.random.default_rng(4)).parameters.tolist() == first


def test_he_keeps_the_size_of_signals_through_ten_layers_of_relu_where_uniform_does_not():
    X = np.random.default_rng(1).normal(size=(50, 100))
    sizes = {name: Network([100] * 11, "ReLU", output="ReLU", initial=name, seed=2).outputs(X).std() for name in ("He", "uniform")}
    assert 0.2 < sizes["He"] < 2
    assert sizes["uniform"] < 1e-3


# ---------------------------------------------------------------- training


def test_training_is_the_one_descent():
    network, X, T = Network([2, 3, 1], loss="log loss", seed=2), *XOR
    start, rows = network.parameters, network.data(X, T)
    by_hand = optimize.descend(network.error, start, "momentum", grad=network.slope, data=rows, batch=2, seed=3, steps=7, rate=0.2)
    trace = network.train(X, T, "momentum", batch=2, seed=3, steps=7, rate=0.2)
    assert trace.x.tolist() == by_hand.x.tolist()
    assert trace.f.tolist() == by_hand.f.tolist() == network.value(X, T, trace.x).tolist()
    assert network.parameters.tolist() == trace.x[-1].tolist() != start.tolist()
    assert start.tolist() == trace.x[0].tolist()


def test_batches_take_other_steps_and_arrive_too():
    dice = np.random.default_rng(4)
    X = dice.normal(size=(60, 2))
    T = X @ [1.0, -2.0] + 0.5
    ends = []
    for batch in (None, 7, 60):
        network = Network([2, 1], seed=1)
        network.train(X, T, rate=0.1, steps=300, batch=batch, seed=2)
        ends.append(network.parameters)
        np.testing.assert_allclose(ends[-1], [1, -2, 0.5], atol=1e-6)
    assert ends[0].tolist() != ends[1].tolist()


@pytest.mark.parametrize("activation", [name for name in ACCEPTED if name not in ("identity", "ReLU")])
def test_exclusive_or_is_learned_with_every_activation(activation):
    network = Network([2, 8, 1], activation, loss="log loss", seed=3)
    network.train(*XOR, "adam", rate=0.05, steps=600)
    assert network.predict(XOR[0]).round().ravel().tolist() == XOR[1]


def test_three_classes_are_learned():
    dice = np.random.default_rng(5)
    T = np.repeat([0, 1, 2], 30)
    X = np.array([[0, 2], [-2, -1], [2, -1]])[T] + dice.normal(size=(90, 2)) / 2
    network = Network([2, 6, 3], "tanh", loss="cross entropy", seed=1)
    trace = network.train(X, T, "adam", rate=0.05, steps=200, batch=30, seed=1)
    assert (network.predict(X).argmax(axis=1) == T).mean() > 0.98
    assert trace.f[-1] < 0.1 < trace.f[0]


def test_a_callback_may_end_it_and_one_that_raises_leaves_the_network_as_it_was():
    network = Network([2, 1], seed=1)
    start = network.parameters
    with pytest.raises(ZeroDivisionError) as caught:
        network.train(*XOR, steps=5, callback=lambda k, x, f: 1 / 0)
    assert network.parameters.tolist() == start.tolist()
    assert caught.value.trace.x[0].tolist() == start.tolist()
    assert len(network.train(*XOR, steps=50, callback=lambda k, x, f: k == 4).f) == 5


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([3],), ValueError, r"^sizes: \[3\] came; features, hidden layers"),
        ((5,), ValueError, "^sizes: 5 came"),
        (("34",), ValueError, "^sizes: '34' came"),
        (([2, 0, 1],), ValueError, "^sizes: 0 came; an int of 1 or more"),
        (([2, 1.5],), TypeError, "^sizes: 1.5 came; an int"),
        (([2, 3, 1], "gelu"), ValueError, "^activation: 'gelu' came; accepted are 'identity', 'sigmoid', .*'swish'"),
        (([2, 3, 1], None), ValueError, "^activation: None came"),
        (([2, 1], "gelu"), ValueError, "^activation: 'gelu' came"),
        (([2, 3, 1], ["tanh", "tanh"]), ValueError, "^activation: 2 came for 1 hidden layers"),
    ],
)
def test_bad_layers_are_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        Network(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "l1"}, "^loss: 'l1' came; accepted are 'mse', 'half mse', 'log loss', 'cross entropy'"),
        ({"seed": "a"}, r"^seed: 'a' came; an int of 0 or more"),
        ({"seed": -1}, r"^seed: -1 came"),
        ({"initial": "zeros"}, "^initial: 'zeros' came; accepted are 'uniform', 'Glorot', 'Xavier', 'He'"),
        ({"output": "softmax"}, "^output: 'softmax' came; accepted are 'identity'"),
        ({"output": "sigmoid", "loss": "log loss"}, "^output: 'sigmoid' came; the log loss takes logits"),
    ],
)
def test_bad_options_are_refused_by_name(options, message):
    with pytest.raises(ValueError, match=message):
        Network([2, 3, 1], **options)


@pytest.mark.parametrize(
    ("X", "T", "error", "message"),
    [
        (np.zeros((0, 2)), [], ValueError, r"^X: shape \(0, 2\) came; at least one"),
        ([], [], ValueError, r"^X: shape \(0,\) came; \(samples, 2\)"),
        (np.zeros((2, 5)), np.zeros(5), ValueError, "^X: shape .* rows are samples, which X.T has"),
        (np.zeros(2), [1.0], ValueError, r"^X: shape \(2,\) came; \(samples, 2\)"),
        ([[1.0, 2.0], [np.nan, 1.0]], [0.0, 1.0], ValueError, "^X: row 1 holds nan"),
        ([[1.0, 2.0]], [np.nan], ValueError, "^T: row 0 holds nan"),
        ([[1.0, 2.0]], [1.0, 2.0], ValueError, "^T: 2 rows came for the 1 of X"),
        ([[1.0, 2.0], [3.0]], [1.0, 2.0], ValueError, "^X: rows of one length"),
        ([["a", "b"]], [1.0], TypeError, "^X: <U1 came"),
        (np.ma.masked_array([[1.0, 2.0]], True), [1.0], TypeError, "^X: a masked array"),
    ],
)
def test_bad_data_are_refused_by_name(X, T, error, message):
    network = Network([2, 3, 1], seed=1)
    for call in (network.train, network.value, network.gradient):
        with pytest.raises(error, match=message):
            call(X, T)
    if message.startswith("^X"):
        with pytest.raises(error, match=message):
            network.predict(X)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": 5}, "^batch: 5 came; an int from 1 to 4"),
        ({"rate": 0}, "^rate: 0 came"),
        ({"rule": "adan"}, "'adan'"),
        ({"steps": -1}, "^steps: -1 came"),
    ],
)
def test_bad_training_is_refused_and_leaves_the_parameters(options, message):
    network = Network([2, 3, 1], seed=1)
    start = network.parameters.tolist()
    with pytest.raises(ValueError, match=message):
        network.train(*XOR, **options)
    assert network.parameters.tolist() == start


def test_targets_of_the_log_loss_stay_within_0_and_1():
    with pytest.raises(ValueError, match=r"^T: 2 came; the log loss accepts"):
        Network([1, 1], loss="log loss").train([1.0, 2.0], [1, 2])


def test_parameters_must_have_their_length():
    network = Network([2, 1], seed=0)
    with pytest.raises(ValueError, match=r"^parameters: shape \(2,\) came; \(3,\)"):
        network.parameters = [1.0, 2.0]
    with pytest.raises(ValueError, match=r"^parameters: shape \(1, 3\) came; \(3,\)"):
        network.parameters = [[1.0, 2.0, 3.0]]
    with pytest.raises(TypeError, match=r"^parameters: object came"):
        network.parameters = [None] * 3


def test_an_interrupt_leaves_what_was_learnt(monkeypatch):
    network, steps, seen = Network([1, 1], seed=0), [], []

    def interrupt(*_):
        steps.append(1)
        if len(steps) == 7:
            raise KeyboardInterrupt

    start = network.parameters.copy()
    with pytest.raises(KeyboardInterrupt) as caught:
        network.train([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], rate=0.1, steps=50, callback=interrupt)
    assert network.parameters.tolist() == caught.value.trace.last.tolist() != start.tolist()
    monkeypatch.setattr(recorder, "MOST_KEPT", 40)  # of long runs few rows are kept, but what was learnt last
    steps.clear()
    with pytest.raises(KeyboardInterrupt) as thinned:
        network.train([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], rate=0.1, steps=5000, callback=lambda k, x, f: seen.append(x.copy()) or interrupt())
    assert thinned.value.trace.iterations[-1] == 6 and network.parameters.tolist() == seen[-2].tolist()  # rows follow calls
    network.train([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], rate=0.1, steps=300)
    np.testing.assert_allclose(network.parameters, [2, 1], atol=1e-3)
