"""The check of gradients: it passes what is right, finds what is wrong, by name, and tells a kink from a mistake."""

import importlib

import numpy as np
import pytest

from edgecalc import neural
from edgecalc.calculus.activations import ACTIVATIONS
from edgecalc.neural import LOSSES, Network, gradcheck, network
from edgecalc.neural.network import ACCEPTED, Activation
from tests.neural.test_network import SQUARES, targets


def example(activation, loss, seed=1):
    dice = np.random.default_rng(seed)
    made = Network([3, 4, 2, 2], activation, loss=loss, output=activation if loss in SQUARES else "identity", seed=dice)
    made.parameters = dice.normal(size=made.count)
    return made, dice.normal(size=(3, 3)), targets(loss, 3, 2, dice)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACCEPTED)
def test_every_layer_loss_and_activation_agrees_with_the_differences(activation, loss):
    made, X, T = example(activation, loss)
    check = gradcheck(made, X, T)
    assert check.ok, check
    assert set(check.judgement) == {"agrees"}
    assert len(check.names) == made.count + X.size
    assert np.all(check.error <= 1e-8 * np.abs(check.given).max())
    assert np.all(check.distance <= 1e-10 * np.abs(check.given).max())


@pytest.mark.parametrize("seed", range(24))
def test_no_false_alarm_on_networks_of_any_shape_and_size(seed):
    dice = np.random.default_rng(seed)
    sizes = [int(dice.integers(1, 6)), *dice.integers(1, 9, dice.integers(0, 4)).tolist(), 2]
    loss, rows = tuple(LOSSES)[seed % 4], int(dice.integers(1, 20))
    made = Network(sizes, ("sigmoid", "tanh", "softplus", "swish")[seed // 4 % 4], loss=loss, initial="He", seed=dice)
    made.parameters = made.parameters + dice.normal(size=made.count) * dice.choice([0, 0.1, 1])
    check = gradcheck(made, dice.normal(size=(rows, sizes[0])) * dice.choice([0.01, 1, 100]), targets(loss, rows, 2, dice))
    assert check.ok, check


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_alone_agrees_with_the_differences(name):
    row = ACTIVATIONS[name]
    check = gradcheck((lambda p: row.call(p).sum(-1), row.derivative), np.linspace(-5, 4, 10))  # 0 is not among them
    assert check.ok, check


@pytest.mark.parametrize("place", [0, 5, 11, 12, 15, 16, 23, 24, 27])
def test_one_wrong_number_is_named_and_measured(place, monkeypatch):
    made, X, T = example("tanh", "mse")
    right = made.backward

    def wrong(parameters, x, t):
        slopes = right(parameters, x, t)
        slopes.parameters[place] *= 1 + 1e-7
        return slopes

    monkeypatch.setattr(made, "backward", wrong)
    check = gradcheck(made, X, T)
    assert not check.ok
    assert np.flatnonzero(check.judgement == "off").tolist() == [place]
    assert check.worst == made.names[place]
    assert f"{made.names[place]}: off" in str(check)
    assert check.distance[place] == pytest.approx(1e-7 * abs(check.numeric[place]), rel=0.01)


def test_a_slope_that_forgets_the_activation_is_found(monkeypatch):
    forgetful = Activation("forgetful", np.tanh, np.ones_like)
    monkeypatch.setattr(network, "ACCEPTED", {**ACCEPTED, "forgetful": forgetful})
    made = Network([2, 3, 1], "forgetful", seed=1)
    check = gradcheck(made, [[1.0, -0.5], [0.3, 0.8]], [1.0, 0.0])
    assert {name for name, found in zip(check.names, check.judgement, strict=True) if found == "off"} >= set(made.names[:9])
    assert (check.judgement[9:13] == "agrees").all()  # the layer behind it is right


def test_a_kink_is_explained_and_is_no_mistake():
    made = Network([1, 1, 1], "ReLU")
    made.parameters = [1.0, 0.0, 2.0, 0.0]
    check = gradcheck(made, [0.0], [1.0])
    judged = dict(zip(check.names, check.judgement, strict=True))
    assert check.ok
    assert judged["layer 1 bias[0]"] == judged["x[0, 0]"] == "kink"
    assert judged["layer 1 weight[0, 0]"] == judged["layer 2 bias[0]"] == "agrees"
    assert "layer 1 bias[0]: kink, 0 given, slopes 0 on the left and -4 on the right" in str(check)


def test_a_layer_of_relu_at_0_is_right_in_all_that_it_gives():
    made = Network([2, 3, 1], "ReLU", seed=0)  # biases of 0 and samples of 0: each neuron stands at its kink
    check = gradcheck(made, np.zeros((2, 2)), [0.0, 1.0])
    assert check.ok, check
    assert set(check.judgement) == {"agrees", "kink"}


@pytest.mark.parametrize("loss", ["mse", "log loss"])
def test_a_saturated_network_is_right_though_its_slopes_are_0(loss):
    made = Network([2, 3, 1], "tanh", loss=loss)
    made.parameters = np.full(made.count, 500.0)
    check = gradcheck(made, [[1.0, 0.5], [2.0, -0.25]], [0.0, 1.0])
    assert check.ok, check


@pytest.mark.parametrize(("slope", "judgement"), [(-1.0, "kink"), (0.0, "kink"), (0.5, "kink"), (1.0, "kink"), (1.1, "off"), (-3.0, "off")])
def test_at_a_kink_only_a_slope_between_those_of_both_sides_is_right(slope, judgement):
    check = gradcheck((lambda p: np.abs(p).sum(-1), lambda p: [slope]), [0.0])
    assert check.judgement.tolist() == [judgement]
    assert check.distance[0] == pytest.approx(max(0, abs(slope) - 1), abs=1e-9)


@pytest.mark.parametrize(
    "f", [lambda p: np.sign(p[..., 0]), lambda p: np.sqrt(np.abs(p[..., 0])), lambda p: np.log(p[..., 0])], ids=["jump", "upright", "edge"]
)
def test_where_differences_are_no_judge_the_check_says_so(f):
    check = gradcheck((f, lambda p: [0.0]), [0.0])
    assert check.judgement.tolist() == ["unsure"]
    assert not check.ok


def test_a_gradient_that_is_nan_is_off():
    assert gradcheck((lambda p: (p**2).sum(-1), lambda p: [np.nan, 4.0]), [1.0, 2.0]).judgement.tolist() == ["off", "agrees"]


def test_a_function_that_takes_one_point_only_is_checked_too():
    check = gradcheck((lambda p, k: float(k * p[0] ** 2 + p[1]), lambda p, k: [2 * k * p[0], 1.0]), [3.0, 4.0], 5.0, names=["weight", "bias"])
    assert check.ok
    assert check.names == ["weight", "bias"]
    assert str(check) == "2 partial derivatives: 2 agrees"


def test_a_long_report_is_cut_and_begins_with_the_worst():
    wrong = np.arange(40.0)
    text = str(gradcheck((lambda p: p.sum(-1), lambda p: 1 + wrong), np.ones(40)))
    assert text.splitlines()[:2] == ["40 partial derivatives: 1 agrees, 39 off", text.splitlines()[1]]
    assert text.splitlines()[1].startswith("  x[39]: off, 40 given, 1 +- ")
    assert text.splitlines()[-1] == "  ... and 27 more"


@pytest.mark.parametrize(
    ("what", "x", "error", "message"),
    [
        (np.sin, [1.0], TypeError, "^what: .* came; a Network or a pair"),
        ((np.sin, 3), [1.0], TypeError, "^what: .* came"),
        ((np.sum, np.ones_like), [[1.0]], ValueError, "^x: .* came; one point"),
        ((np.sum, np.ones_like), [np.nan], ValueError, "^x: .* came; one point"),
        ((np.sum, np.ones_like), [], ValueError, "^x: .* came; one point"),
        ((np.sum, lambda p: np.ones(3)), [1.0, 2.0], ValueError, r"^grad: it gave shape \(3,\) for x of shape \(2,\)"),
        (Network([1, 1]), [1.0], TypeError, "^T: nothing came"),
        (Network([1, 1]), [[1.0, 2.0]], TypeError, "^T: nothing came"),
    ],
)
def test_bad_input_is_refused_by_name(what, x, error, message):
    with pytest.raises(error, match=message):
        gradcheck(what, x)


def test_names_must_be_as_many_as_the_variables():
    with pytest.raises(ValueError, match=r"^names: 1 came; one for each of the 2"):
        gradcheck((np.sum, np.ones_like), [1.0, 2.0], names=["w"])


def test_the_file_does_not_stand_in_the_way_of_its_function():
    importlib.import_module("edgecalc.neural.gradcheck")
    assert neural.gradcheck is gradcheck


def test_a_gradient_that_changes_its_argument_is_judged_at_the_place_that_was_asked_for():
    def spoiling(p):
        p[0] = 0
        return [0.0, 2 * p[1]]

    place = np.array([1.0, 2.0])
    assert not gradcheck((lambda p: (p**2).sum(-1), spoiling), place).ok
    assert gradcheck((lambda p: (p**2).sum(-1), lambda p: np.multiply(p, 2, out=p)), place).ok
    assert place.tolist() == [1.0, 2.0]


def test_names_beside_a_network_are_refused():
    with pytest.raises(ValueError, match=r"names: .* came with a network"):
        gradcheck(Network([2, 3, 1], "ReLU", seed=0), [[0.5, -1.0]], [1.0], names=["a"])
