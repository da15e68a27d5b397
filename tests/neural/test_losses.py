"""Losses against decimals of 700 digits, at saturation, and against each other."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgecalc.neural import LOSSES, gradcheck

LOGITS = (-1000.0, -746.0, -40.0, -1.5, 0.0, 0.25, 36.7, 40.0, 700.0, 1000.0)
TARGETS = (0.0, 0.3, 1.0)
TARGETS_OF = {
    "mse": [[1.0, -2.0], [0.5, 3.0], [0.0, 0.0]],
    "half mse": [[1.0, -2.0], [0.5, 3.0], [0.0, 0.0]],
    "log loss": [[1.0, 0.0], [0.3, 0.9], [0.0, 1.0]],
    "cross entropy": [1, 0, 1],
}


def exactly(formula, *numbers):
    """The formula in decimals, rounded once."""
    with localcontext() as context:
        context.prec = 700  # e^-1000 beside 1 needs 435 of them
        return float(formula(*map(Decimal, numbers)))


def close(found, expected):
    """Within 4 units in the last place, or below the normal numbers."""
    return abs(found - expected) <= max(4 * np.spacing(abs(expected)), 1e-307)


@pytest.mark.parametrize("t", TARGETS)
@pytest.mark.parametrize("z", LOGITS)
def test_log_loss_and_its_slope_keep_their_digits_in_the_tails(z, t):
    loss = LOSSES["log loss"]
    assert close(loss.value([z], [t]), exactly(lambda z, t: t * (1 + (-z).exp()).ln() + (1 - t) * (1 + z.exp()).ln(), z, t))
    assert close(loss.derivative([z], [t])[0], exactly(lambda z, t: 1 / (1 + (-z).exp()) - t, z, t))


@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize(
    "z", [(1000.0, -1000.0, 0.0), (40.0, 0.0, -3.0), (0.0, 0.0, 0.0), (1.0, 2.0, 3.0), (-700.0, -736.5, -710.0), (5.0, 5.0, -60.0)]
)
def test_cross_entropy_and_its_slope_keep_their_digits_in_the_tails(z, label):
    def softmax(k, *z):
        return z[k].exp() / sum(each.exp() for each in z)

    loss = LOSSES["cross entropy"]
    assert close(loss.value([z], [label]), exactly(lambda *z: -softmax(label, *z).ln(), *z))
    for k, found in enumerate(loss.derivative([z], [label])[0]):
        assert close(found, exactly(lambda *z, k=k: softmax(k, *z) - (k == label), *z))


@pytest.mark.parametrize("name", LOSSES)
def test_nothing_warns_at_logits_of_1000_and_nothing_is_nan(name):
    y = np.array([[1000.0, -1000.0], [-1000.0, 1000.0], [1000.0, 1000.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = [LOSSES[name].value(y, TARGETS_OF[name]), *LOSSES[name].derivative(y, TARGETS_OF[name]).ravel(), *LOSSES[name].predict(y).ravel()]
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", LOSSES)
def test_the_derivative_is_the_slope_of_the_value(name):
    loss, t = LOSSES[name], np.array(TARGETS_OF[name])
    y = np.random.default_rng(1).normal(size=(3, 2)) * 2
    check = gradcheck((lambda p: loss.value(p.reshape(3, 2), t), lambda p: loss.derivative(p.reshape(3, 2), t).ravel()), y.ravel())
    assert check.ok, check
    assert set(check.judgement) == {"agrees"}


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=2), st.floats(0, 1))
def test_cross_entropy_between_two_classes_is_the_log_loss_of_their_distance(z, t):
    two, one = LOSSES["cross entropy"], LOSSES["log loss"]
    assert two.value([z], [[1 - t, t]]) == pytest.approx(one.value([z[1] - z[0]], [t]), rel=1e-12, abs=1e-300)
    assert two.derivative([z], [[1 - t, t]])[0, 1] == pytest.approx(one.derivative([z[1] - z[0]], [t])[0], rel=1e-9, abs=1e-15)


@given(st.lists(st.floats(-1000, 1000), min_size=3, max_size=3), st.integers(-1000, 1000))
def test_softmax_adds_up_to_1_and_does_not_see_a_common_shift(z, shift):
    predict = LOSSES["cross entropy"].predict
    p = predict(np.array([z]))
    assert p.sum() == pytest.approx(1, abs=1e-15 * 4)
    np.testing.assert_allclose(predict(np.array([z]) + shift), p, rtol=1e-11, atol=1e-300)


def test_squares_follow_the_course():
    y, t = [[3.0, 1.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 2.0]]
    assert LOSSES["mse"].value(y, t) == (4 + 1 + 4) / 2
    assert LOSSES["half mse"].value(y, t) == (4 + 1 + 4) / 4
    assert LOSSES["mse"].derivative(y[:1], t[:1]).tolist() == [[4, 2]]  # 2 (y - t), of one sample
    assert LOSSES["half mse"].derivative(y[:1], t[:1]).tolist() == [[2, 1]]


def test_labels_are_shares_written_shorter():
    z = np.random.default_rng(2).normal(size=(3, 4))
    for labels in ([3, 0, 1], np.array([3, 0, 1], np.uint8), [3.0, 0.0, 1.0]):
        assert LOSSES["cross entropy"].value(z, labels) == LOSSES["cross entropy"].value(z, np.eye(4)[[3, 0, 1]])


def test_one_number_a_row_may_come_without_a_second_axis():
    for name in ("mse", "half mse", "log loss"):
        flat = LOSSES[name].derivative([1.0, 2.0], [0, 1])
        assert flat.tolist() == LOSSES[name].derivative([[1.0], [2.0]], [[0], [1]])[:, 0].tolist()


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        LOSSES["mine"] = None


@pytest.mark.parametrize(
    ("name", "y", "t", "error", "message"),
    [
        ("mse", [], [], ValueError, r"^outputs: shape \(0, 1\) came; at least one sample"),
        ("mse", [1.0, np.nan], [0, 1], ValueError, "^outputs: row 1 holds nan; finite"),
        ("mse", [1.0], [np.inf], ValueError, "^T: row 0 holds inf; finite"),
        ("mse", [1.0, 2.0], [1.0], ValueError, "^T: 1 rows came for the 2 of outputs"),
        ("mse", [[1.0, 2.0]], [1.0], ValueError, r"^T: shape \(1,\) came; \(samples, 2\)"),
        ("mse", [[1.0, 2.0]], [[1.0], [2.0]], ValueError, "^T: shape .* rows are samples, which T.T has"),
        ("mse", ["a"], [1.0], TypeError, "^outputs: <U1 came"),
        ("mse", [1.0], [1j], TypeError, "^T: complex128 came"),
        ("mse", np.zeros((1, 2, 3)), [1.0], ValueError, r"^outputs: shape \(1, 2, 3\) came"),
        ("log loss", [1.0], [1.5], ValueError, "^T: 1.5 came; the log loss accepts 0, 1"),
        ("log loss", [1.0], [-1], ValueError, "^T: -1 came"),
        ("cross entropy", [[1.0]], [0], ValueError, "^outputs: 1 came; cross entropy is between 2"),
        ("cross entropy", [[1.0, 2.0]], [2], ValueError, "^T: class 2 came; whole numbers from 0 to 1"),
        ("cross entropy", [[1.0, 2.0]], [-1], ValueError, "^T: class -1 came"),
        ("cross entropy", [[1.0, 2.0]], [0.5], ValueError, "^T: class 0.5 came"),
        ("cross entropy", [[1.0, 2.0]], [np.nan], ValueError, "^T: class nan came"),
        ("cross entropy", [[1.0, 2.0]], [], ValueError, r"^T: shape \(0,\) came; at least one"),
        ("cross entropy", [[1.0, 2.0]], [[1]], ValueError, r"^T: shape \(1, 1\) came; class numbers \(samples,\), or shares \(samples, 2\)"),
        ("cross entropy", [[1.0, 2.0]], 1, ValueError, r"^T: shape \(\) came; class numbers"),
        ("cross entropy", [[1.0, 2.0]], ["a"], TypeError, "^T: <U1 came"),
        ("cross entropy", [[1.0, 2.0]], [[0.5, 0.6]], ValueError, "^T: row 0 adds up to 1.1"),
        ("cross entropy", [[1.0, 2.0]], [[1.5, -0.5]], ValueError, "^T: 1.5 came"),
    ],
)
def test_bad_input_is_refused_by_name(name, y, t, error, message):
    with pytest.raises(error, match=message):
        LOSSES[name].value(y, t)
    with pytest.raises(error, match=message):
        LOSSES[name].derivative(y, t)


def test_logits_as_far_apart_as_floats_go_have_a_loss():
    loss, far = LOSSES["cross entropy"], [[1e308, -1e308]]
    assert loss.value(far, [0]) == 0
    assert loss.value(far, [1]) == np.inf  # 2e308
    assert loss.derivative(far, [1]).tolist() == [[1, -1]]
