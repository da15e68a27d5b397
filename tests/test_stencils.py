"""The table: rows that prove themselves, weights of known tables, observed order, noise gain."""

import math
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction as F

import numpy as np
import pytest

import edgecalc as ec
from edgecalc import stencils
from edgecalc.stencils import Stencil
from tests.reference import process, twins

# B. Fornberg, "Generation of finite difference formulas on arbitrarily spaced grids", 1988: the right half, from the centre outwards.
CENTRAL_TABLE = {
    (1, 2): "0 1/2",
    (1, 4): "0 2/3 -1/12",
    (1, 6): "0 3/4 -3/20 1/60",
    (1, 8): "0 4/5 -1/5 4/105 -1/280",
    (2, 2): "-2 1",
    (2, 4): "-5/2 4/3 -1/12",
    (2, 6): "-49/18 3/2 -3/20 1/90",
    (2, 8): "-205/72 8/5 -1/5 8/315 -1/560",
    (3, 2): "0 -1 1/2",
    (3, 4): "0 -13/8 1 -1/8",
    (3, 6): "0 -61/30 169/120 -3/10 7/240",
    (3, 8): "0 -1669/720 4369/2520 -541/1120 1261/15120 -41/6048",
    (4, 2): "6 -4 1",
    (4, 4): "28/3 -13/2 2 -1/6",
    (4, 6): "91/8 -122/15 169/60 -2/5 7/240",
    (4, 8): "1529/120 -1669/180 4369/1260 -541/840 1261/15120 -41/7560",
}
FORWARD_TABLE = {
    (1, 1): "-1 1",
    (1, 2): "-3/2 2 -1/2",
    (1, 3): "-11/6 3 -3/2 1/3",
    (1, 4): "-25/12 4 -3 4/3 -1/4",
    (1, 5): "-137/60 5 -5 10/3 -5/4 1/5",
    (1, 6): "-49/20 6 -15/2 20/3 -15/4 6/5 -1/6",
    (2, 1): "1 -2 1",
    (2, 2): "2 -5 4 -1",
    (2, 3): "35/12 -26/3 19/2 -14/3 11/12",
    (2, 4): "15/4 -77/6 107/6 -13 61/12 -5/6",
    (3, 1): "-1 3 -3 1",
    (3, 2): "-5/2 9 -12 7 -3/2",
    (4, 1): "1 -4 6 -4 1",
    (4, 2): "3 -14 26 -24 11 -2",
}
ROWS = {name: row for name, row in vars(stencils).items() if isinstance(row, Stencil)}
SHARP = {name: row for name, row in ROWS.items() if len(row.offsets) > 1}
STEPS = [F(1, 2**k) for k in range(6, 12)]


def weights(row):
    return {o: F(n, row.denominator) for o, n in zip(row.offsets, row.numerators, strict=True) if n}


def listed(text, first=0):
    return {first + k: F(w) for k, w in enumerate(text.split()) if F(w)}


def test_the_table_holds_the_rows_that_images_and_samples_need():
    assert {"FORWARD", "BACKWARD", "CENTRAL", "FLAT", "HEAVY", "FARID_ALONG", "FARID_ACROSS"} <= set(ROWS)
    assert set(stencils.OPERATORS) == set(twins.OPERATORS)


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("row", SHARP.values(), ids=SHARP)
def test_a_row_with_one_wrong_numerator_cannot_be_made(row, at):
    wrong = list(row.numerators)
    wrong[at % len(wrong)] += 1
    with pytest.raises(ValueError, match="moment"):
        replace(row, numerators=tuple(wrong))


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_with_a_wrong_denominator_cannot_be_made(row):
    with pytest.raises(ValueError, match="moment"):
        replace(row, denominator=row.denominator + 1)


@pytest.mark.parametrize("row", SHARP.values(), ids=SHARP)
def test_a_row_cannot_claim_another_derivative_or_more_accuracy_than_it_has(row):
    with pytest.raises(ValueError, match="moment"):
        replace(row, derivative=row.derivative + 1)
    with pytest.raises(ValueError, match="moment"):
        replace(row, accuracy=row.accuracy + 2)


@pytest.mark.parametrize("offsets", [(-1, 0), (-1, 0, 0), (-1, 0, 1, 2), ()])
def test_each_numerator_needs_one_offset_of_its_own(offsets):
    with pytest.raises(ValueError, match="offset"):
        Stencil(derivative=1, accuracy=2, offsets=offsets, numerators=(-1, 0, 1), denominator=2)


def test_a_wrong_row_names_the_moment_that_is_wrong():
    with pytest.raises(ValueError, match="order 0 is 1, a derivative of order 1 needs 0"):
        Stencil(derivative=1, accuracy=2, offsets=(-1, 0, 1), numerators=(-1, 2, 1), denominator=2)


def test_rows_are_frozen():
    with pytest.raises(FrozenInstanceError):
        stencils.CENTRAL.denominator = 1


@pytest.mark.parametrize(("derivative", "accuracy"), CENTRAL_TABLE)
def test_central_weights_are_those_of_the_published_table(derivative, accuracy):
    right = listed(CENTRAL_TABLE[derivative, accuracy])
    left = {-o: w if derivative % 2 == 0 else -w for o, w in right.items()}
    row = stencils.central(derivative, accuracy)
    assert weights(row) == {**left, **right}
    assert (row.derivative, row.accuracy) == (derivative, accuracy)


@pytest.mark.parametrize(("derivative", "accuracy"), FORWARD_TABLE)
def test_forward_weights_are_those_of_the_published_table_and_backward_their_mirror(derivative, accuracy):
    expected = listed(FORWARD_TABLE[derivative, accuracy])
    mirrored = {-o: w * (-1) ** derivative for o, w in expected.items()}
    assert weights(stencils.forward(derivative, accuracy)) == expected
    assert weights(stencils.backward(derivative, accuracy)) == mirrored


def test_fornberg_takes_points_anywhere_and_keeps_fractions_exact():
    points = [F(-1, 3), F(1, 7), F(2), F(5, 2)]
    for derivative in range(4):
        row = stencils.fornberg(points, derivative)
        assert all(isinstance(w, F) for w in row)
        for power in range(4):
            assert sum(w * p**power for w, p in zip(row, points, strict=True)) == (math.factorial(derivative) if power == derivative else 0)


def observed_order(row):
    """Slope of log error over log step for 1 / (3 - x), none of whose derivatives at 0 vanishes; in exact fractions, so free of roundoff."""
    true = F(math.factorial(row.derivative), 3 ** (row.derivative + 1))
    errors = []
    for h in STEPS:
        found = sum(w / (3 - o * h) for o, w in weights(row).items()) / h**row.derivative
        error = abs(found - true)
        errors.append(math.log(error.numerator) - math.log(error.denominator))
    return np.polyfit([math.log(h) for h in STEPS], errors, 1)[0]


@pytest.mark.parametrize("derivative", [1, 2, 3, 4])
@pytest.mark.parametrize("accuracy", [1, 2, 3, 4, 6, 8])
def test_observed_order_is_the_declared_accuracy(derivative, accuracy):
    made = [stencils.forward(derivative, accuracy), stencils.backward(derivative, accuracy)]
    if accuracy % 2 == 0:
        made.append(stencils.central(derivative, accuracy))
    for row in made:
        assert row.accuracy == accuracy
        assert observed_order(row) == pytest.approx(row.accuracy, abs=0.1)


@pytest.mark.parametrize("name", ["FORWARD", "BACKWARD", "CENTRAL", "FARID_ALONG", "FARID_ACROSS", "FLAT", "HEAVY"])
def test_observed_order_of_the_rows_of_image_operators_is_the_declared_accuracy(name):
    assert observed_order(ROWS[name]) == pytest.approx(ROWS[name].accuracy, abs=0.1)


@pytest.mark.parametrize("offsets", [(0, 1, 2), (-3, 1, 2), (-2, -1, 0, 1, 2), (5, 7, 11, 13), (-1, 1), (-2, 2, 3), (-1, 0, 1)])
@pytest.mark.parametrize("derivative", [1, 2])
def test_any_offsets_give_the_accuracy_that_is_observed(offsets, derivative):
    if derivative >= len(offsets):
        with pytest.raises(ValueError, match="derivative"):
            stencils.from_offsets(offsets, derivative)
        return
    row = stencils.from_offsets(offsets, derivative)
    assert row.offsets == offsets
    assert row.accuracy >= len(offsets) - derivative
    assert observed_order(row) == pytest.approx(row.accuracy, abs=0.2)


@pytest.mark.parametrize(("offsets", "derivative"), [((0, 1), -1), ((0, 1), 2), ((0, 1), 5), ((), 0), ((), 1)])
def test_from_offsets_refuses_a_derivative_that_the_offsets_cannot_give(offsets, derivative):
    with pytest.raises(ValueError, match="derivative"):
        stencils.from_offsets(offsets, derivative)


@pytest.mark.parametrize("offsets", [(0, 0), (0, 1, 1), (-1, 0, -1)])
def test_from_offsets_refuses_repeated_offsets(offsets):
    with pytest.raises(ValueError, match="offsets"):
        stencils.from_offsets(offsets, 1)


@pytest.mark.parametrize("offsets", [(0,), (-1, 0, 1), (1, 2), (-1, 1)])
def test_from_offsets_interpolates_or_refuses_and_always_ends(offsets):
    """Derivative 0 at a point that is one of the offsets has no first vanishing moment to stop at."""
    program = f"""
from edgecalc import stencils
try:
    row = stencils.from_offsets({offsets}, 0)
except ValueError:
    print("refused")
else:
    print(row.derivative, sum(row.numerators) == row.denominator)
"""
    assert process.printed(program, timeout=10) in ("refused", "0 True")


@pytest.mark.parametrize("make", [stencils.central, stencils.forward, stencils.backward])
@pytest.mark.parametrize(("derivative", "accuracy"), [(0, 2), (-1, 2), (1, 0), (1, -2), (30, 2), (1, 32)])
def test_derivative_and_accuracy_out_of_range_are_refused(make, derivative, accuracy):
    with pytest.raises(ValueError, match="derivative"):
        make(derivative, accuracy)


@pytest.mark.parametrize("accuracy", [1, 3, 7])
def test_central_refuses_an_odd_accuracy_and_says_the_next(accuracy):
    with pytest.raises(ValueError, match=f"accuracy.*{accuracy + 1}"):
        stencils.central(1, accuracy)


@pytest.mark.parametrize("derivative", [1, 2, 3])
@pytest.mark.parametrize("accuracy", [1, 2, 4])
@pytest.mark.parametrize("size", [6, 7, 8, 12])
def test_one_sided_stays_inside_and_reaches_its_accuracy(derivative, accuracy, size):
    if size < derivative + accuracy:
        with pytest.raises(ValueError, match=f"{size} along the axis.*{derivative + accuracy} or more"):
            stencils.one_sided(derivative, accuracy, 0, size - 1)
        return
    for place in range(size):
        row = stencils.one_sided(derivative, accuracy, before=place, after=size - 1 - place)
        assert -place <= min(row.offsets) and max(row.offsets) <= size - 1 - place
        assert row.derivative == derivative
        assert row.accuracy >= accuracy
        assert observed_order(row) == pytest.approx(row.accuracy, abs=0.2)


def test_one_sided_at_the_ends_is_the_forward_and_the_backward_stencil():
    assert weights(stencils.one_sided(1, 2, 0, 9)) == weights(stencils.forward(1, 2))
    assert weights(stencils.one_sided(1, 2, 9, 0)) == weights(stencils.backward(1, 2))


@pytest.mark.parametrize("shift", [-3, -1, 1, 4])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_shifted_row_keeps_its_weights_and_promises_no_more_than_its_derivative(row, shift):
    moved = row.at(shift)
    assert moved.numerators == row.numerators
    assert moved.offsets == tuple(o + shift for o in row.offsets)
    assert (moved.derivative, moved.accuracy) == (row.derivative, 1)


@pytest.mark.parametrize(("derivative", "taps"), [(d, t) for d in (0, 1, 2, 3, 6, 30) for t in (3, 5, 7, 9, 15, 31) if d < t])
def test_binomial_rows_are_pairs_convolved(derivative, taps):
    assert list(stencils.binomial(derivative, taps).numerators) == twins.binomial(derivative, taps)


@pytest.mark.parametrize("name", [*twins.OPERATORS, "main", "anti"])
def test_kernels_are_the_published_ones(name):
    kernel, row, column = twins.kernel_of(name)
    operator = stencils.ROBERTS[name] if name in stencils.ROBERTS else stencils.OPERATORS[name]
    expected = {(i - row, j - column): w for i, line in enumerate(kernel) for j, w in enumerate(line) if w}
    assert operator.kernel().keys() == expected.keys()
    for place, weight in operator.kernel().items():
        assert weight == expected[place] if operator.exact else float(weight) == pytest.approx(expected[place], rel=1e-15)


@pytest.mark.parametrize("name", twins.OPERATORS)
def test_the_slope_of_an_operator_is_what_a_ramp_gives(name):
    kernel, _, column = twins.kernel_of(name)
    ramp = sum(w * (j - column) for line in kernel for j, w in enumerate(line))
    assert float(stencils.OPERATORS[name].slope(2)) == pytest.approx(ramp, rel=1e-14) == pytest.approx(twins.GAINS[name], rel=1e-13)


@pytest.mark.parametrize(("derivative", "accuracy"), CENTRAL_TABLE)
def test_noise_gain_of_a_row_is_the_root_of_its_summed_squares(derivative, accuracy):
    row = stencils.central(derivative, accuracy)
    assert row.noise_gain == pytest.approx(math.sqrt(sum(w * w for w in weights(row).values())), rel=1e-14)


@pytest.mark.parametrize("name", twins.OPERATORS)
def test_noise_gain_of_an_operator_is_the_deviation_that_noise_leaves(name):
    kernel, _, _ = twins.kernel_of(name)
    operator = stencils.OPERATORS[name]
    assert operator.noise_gain == pytest.approx(math.sqrt(sum(w * w for line in kernel for w in line)) / twins.GAINS[name], rel=1e-12)
    noise = np.random.default_rng(5).standard_normal((600, 600))
    assert getattr(ec, name)(noise, normalize=True, border="valid").std() == pytest.approx(operator.noise_gain, rel=0.02)
