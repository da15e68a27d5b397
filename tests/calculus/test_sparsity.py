"""Matrices told by few products: found exactly, and given up where they are not sparse or not what they seemed."""

import numpy as np
import pytest

from edgecalc.calculus import sparsity
from edgecalc.calculus.sparsity import FEWEST, GROUPS, ROUNDS, colours, pattern, recovered

COUNT = 300


def symmetric(places, count=COUNT, seed=0):
    matrix = np.zeros((count, count))
    row, column = places
    matrix[row, column] = np.random.default_rng(seed).uniform(-2, 2, len(row))
    matrix += matrix.T
    matrix[np.diag_indices(count)] = np.arange(count)
    return matrix


def band(width):
    row, column = np.indices((COUNT, COUNT))
    return np.nonzero((row - column > 0) & (row - column <= width))


def grid():
    """Neighbours on 15 x 20 points."""
    number = np.arange(COUNT).reshape(15, 20)
    return np.concatenate([number[1:].ravel(), number[:, 1:].ravel()]), np.concatenate([number[:-1].ravel(), number[:, :-1].ravel()])


def by_chance(each):
    rng = np.random.default_rng(1)
    row, column = rng.integers(0, COUNT, (2, each * COUNT // 2))
    return row[row != column], column[row != column]


SPARSE = {
    "diagonal": (np.zeros(0, int), np.zeros(0, int)),
    "chain": band(1),
    "band": band(3),
    "halves": (np.arange(COUNT // 2) + COUNT // 2, np.arange(COUNT // 2)),
    "grid": grid(),
    "by chance": by_chance(4),
    "arrow": (np.arange(1, COUNT), np.zeros(COUNT - 1, int)),
    "two arrows": (np.tile(np.arange(2, COUNT), 2), np.repeat([0, 1], COUNT - 2)),
}


class Matrix:
    """What a Hessian answers: which rows a group moves, and products; counted."""

    def __init__(self, matrix, hidden=()):
        self.matrix, self.seen, self.products = matrix, matrix != 0, 0
        for i, j in hidden:
            self.seen[i, j] = self.seen[j, i] = False

    def moved(self, groups):
        return groups.astype(int) @ self.seen.astype(int) > 0

    def along(self, ways):
        self.products += len(ways)
        return ways @ self.matrix


def whole(row, column, number):
    found = np.zeros((COUNT, COUNT))
    found[row, column] = number
    return found + np.where(row.size, np.tril(found, -1).T, 0) + np.triu(found, 1).T


def shuffled(matrix):
    order = np.random.default_rng(2).permutation(len(matrix))
    return matrix[np.ix_(order, order)]


@pytest.mark.parametrize("order", [lambda matrix: matrix, shuffled], ids=["in order", "shuffled"])
@pytest.mark.parametrize("name", SPARSE)
def test_a_sparse_matrix_is_told_by_few_products_to_the_last_bit(name, order):
    asked = Matrix(order(symmetric(SPARSE[name])))
    found = recovered(asked.moved, asked.along, COUNT, 1e-11)
    assert found is not None
    assert (whole(*found) == asked.matrix).all()
    assert asked.products <= 30


@pytest.mark.parametrize("name", ["chain", "grid", "by chance"])
def test_an_entry_that_did_not_show_is_noticed(name):
    matrix = symmetric(SPARSE[name])
    row, column = SPARSE[name]
    asked = Matrix(matrix, hidden=[(row[7], column[7])])
    assert recovered(asked.moved, asked.along, COUNT, 1e-11) is None


@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-9])
def test_small_entries_that_did_not_show_are_noticed(size):
    matrix = symmetric(SPARSE["chain"])
    matrix[200, 17] = matrix[17, 200] = size
    asked = Matrix(matrix, hidden=[(200, 17)])
    assert recovered(asked.moved, asked.along, COUNT, 1e-11) is None


def test_a_full_matrix_is_given_up_after_a_few_groups():
    asked = Matrix(np.ones((COUNT, COUNT)))
    groups = []
    assert pattern(lambda each: groups.append(len(each)) or asked.moved(each), COUNT) is None
    assert groups == [size for size in GROUPS if ROUNDS * size <= COUNT // 2]
    assert recovered(asked.moved, asked.along, COUNT, 1e-11) is None
    assert asked.products == 0


def test_few_columns_are_not_worth_it():
    asked = Matrix(np.eye(FEWEST - 1))
    assert recovered(asked.moved, asked.along, FEWEST - 1, 1e-11) is None
    assert recovered(Matrix(np.eye(FEWEST + 40)).moved, Matrix(np.eye(FEWEST + 40)).along, FEWEST + 40, 1e-11) is not None


def test_the_pattern_holds_every_place_and_few_others():
    for name, places in SPARSE.items():
        matrix = symmetric(places)
        row, column = pattern(Matrix(matrix).moved, COUNT)
        held = np.zeros(matrix.shape, bool)
        held[row, column] = True
        below = np.tril(matrix != 0, -1)
        assert (held >= below).all(), name
        assert held.sum() <= below.sum() + 2 * COUNT, name


@pytest.mark.parametrize("seed", range(5))
def test_no_row_has_two_columns_of_one_colour(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.random((60, 60)) < 0.06
    row, column = np.nonzero(matrix)
    found = colours(row, column, 60)
    for i in range(60):
        here = found[column[row == i]]
        assert len(set(here.tolist())) == len(here)


def test_a_band_needs_no_more_colours_than_it_is_wide():
    row, column = np.indices((50, 50))
    near = np.abs(row - column) <= 2
    assert colours(row[near], column[near], 50).max() + 1 == 5


def test_a_row_of_more_columns_than_take_turns():
    column = np.array([*range(59), 61, 62])
    assert len(set(colours(np.zeros(61, int), column, 63)[column].tolist())) == 61
    row, column = np.nonzero(np.random.default_rng(1).random((120, 120)) < 0.95)
    found = colours(row, column, 120)
    assert all(len(set(found[column[row == i]].tolist())) == (row == i).sum() for i in range(120))


def test_a_pattern_larger_than_a_chunk(monkeypatch):
    monkeypatch.setattr(sparsity, "CHUNK", 7 * COUNT)
    asked = Matrix(symmetric(SPARSE["band"]))
    assert recovered(asked.moved, asked.along, COUNT, 1e-11) is not None


def test_a_row_of_rounding_alone_denies_nothing():
    matrix = symmetric(SPARSE["chain"])
    matrix[40] = matrix[:, 40] = 0
    asked, noise = Matrix(matrix), np.random.default_rng(5).uniform(-1e-17, 1e-17, COUNT)
    assert recovered(asked.moved, lambda ways: asked.along(ways) + noise, COUNT, 1e-11) is not None
