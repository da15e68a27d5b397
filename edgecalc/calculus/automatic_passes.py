"""The two directions: Series carries Taylor terms forward, Node is a place on a Tape that is read back."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from edgecalc.calculus.automatic_arrays import Traced, stripped
from edgecalc.calculus.automatic_functions import add_at, pull_cast, pull_pick, pull_where, reduce_to, spread
from edgecalc.calculus.automatic_rules import BENT, Elementwise, Linear, NoDerivative, times
from edgecalc.core.arrays import is_masked

LEVELS = itertools.count(1)  # of two derivatives within each other, the inner one has the higher level


# ---------------------------------------------------------------- forwards


class Series(Traced):
    """A value and its Taylor terms f', f''/2!, f'''/3! ...; a term is None for zero, or anything that broadcasts to the value."""

    __slots__ = ("terms",)

    def __init__(self, value: Any, terms: tuple, level: int):
        self.value, self.terms, self.level = real(value), terms, level

    @property
    def order(self) -> int:
        return len(self.terms)

    def shorter(self) -> Any:
        return Series(self.value, self.terms[:-1], self.level) if len(self.terms) > 1 else self.value

    def mine(self, item: Any) -> bool:
        return type(item) is Series and item.level == self.level

    def elementwise(self, function: Callable, row: Elementwise, inputs: tuple) -> "Series":
        """y' = dy/da a' + dy/db b', with the slopes as series of one term less."""
        value, values = applied(function, [item.value if self.mine(item) else item for item in inputs])
        terms: list[Any] = [None] * self.order
        with np.errstate(all="ignore"):
            lower = [item.shorter() if self.mine(item) else kept for item, kept in zip(inputs, values, strict=True)]
            y = function(*lower) if self.order > 1 and row.by_value else value
            for item, slope in zip(inputs, row.slopes, strict=True):
                if self.mine(item):
                    self.chain(terms, item.terms, slope(y, *lower))
        return Series(value, tuple(terms), self.level)

    def chain(self, terms: list, moves: tuple, slope: Any) -> None:
        slopes = (slope.value, *slope.terms) if self.mine(slope) else (slope,)
        for k in range(1, len(terms) + 1):
            for j in range(max(1, k - len(slopes) + 1), k + 1):
                if moves[j - 1] is not None and slopes[k - j] is not None:
                    part = times(slopes[k - j], moves[j - 1])
                    part = part if j == k else part * (j / k)
                    terms[k - 1] = part if terms[k - 1] is None else terms[k - 1] + part

    def linear(self, function: Callable, row: Linear, operands: tuple, settings: tuple, options: dict) -> "Series":
        values = [item.value if self.mine(item) else array(item) for item in operands]
        value = row.apply(function, values, settings, options)
        with np.errstate(all="ignore"):
            series = [
                [full(part, kept) for part in (kept, *getattr(item, "terms", ()))] if self.mine(item) else [kept]
                for item, kept in zip(operands, values, strict=True)
            ]
            products = self.products if row.product else self.sides
            terms = [
                sum_of([row.apply(function, parts, settings, options) for parts in products(series, k, values)]) for k in range(1, self.order + 1)
            ]
        return Series(value, tuple(terms), self.level)

    @staticmethod
    def products(series: list, k: int, values: list) -> list:
        """All ways to take terms of the operands whose orders add up to k."""
        orders = itertools.product(*(range(min(k + 1, len(parts))) for parts in series))
        chosen = [[parts[n] for parts, n in zip(series, order, strict=True)] for order in orders if sum(order) == k]
        return [parts for parts in chosen if not any(part is None for part in parts)]

    @staticmethod
    def sides(series: list, k: int, values: list) -> list:
        """The terms of order k, zero where an operand has none."""
        parts = [parts[k] if k < len(parts) else None for parts in series]
        if all(part is None for part in parts):
            return []
        return [[np.zeros(np.shape(kept), kept.dtype) if part is None else part for part, kept in zip(parts, values, strict=True)]]


def full(part: Any, value: Any) -> Any:
    return None if part is None else spread(value.dtype.type(part) if type(part) is float else part, value.shape)


def sum_of(parts: list) -> Any:
    total = None
    for part in parts:
        total = part if total is None else total + part
    return total


# ---------------------------------------------------------------- backwards


class Node(Traced):
    """A value on a tape. On the way back its cotangent gathers, and `scattered` what came through indices, added in place."""

    __slots__ = ("cotangent", "scattered", "tape")

    def __init__(self, value: Any, tape: "Tape"):
        self.value, self.tape, self.level = real(value), tape, tape.level
        self.cotangent = self.scattered = None

    def elementwise(self, function: Callable, row: Elementwise, inputs: tuple) -> "Node":
        tape = self.tape
        parents = [item if type(item) is Node and item.tape is tape else None for item in inputs]
        value, values = applied(function, [item if parent is None else item.value for item, parent in zip(inputs, parents, strict=True)])
        node = Node(value, tape)
        for k, parent in enumerate(parents):
            if parent is None and type(values[k]) is not float:
                values[k] = tape.kept(values[k])
        tape.records.append((node, row, parents, values, None))
        return node

    def linear(self, function: Callable, row: Linear, operands: tuple, settings: tuple, options: dict) -> "Node":
        tape = self.tape
        parents = [item if type(item) is Node and item.tape is tape else None for item in operands]
        values = [array(item) if parent is None else item.value for item, parent in zip(operands, parents, strict=True)]
        node = Node(row.apply(function, values, settings, options), tape)
        if row.product:
            values = [tape.kept(value) if parent is None else value for value, parent in zip(values, parents, strict=True)]
        tape.records.append((node, row, parents, values, (tape.kept(settings), options)))
        return node

    def asked(self) -> Any:
        self.tape.questions += 1
        return super().asked()

    def gathered(self) -> Any:
        """The cotangent, taken away."""
        g, scattered = self.cotangent, self.scattered
        self.cotangent = self.scattered = None
        return g if scattered is None else scattered if g is None else g + scattered


class Tape:
    """What was done, in its order."""

    def __init__(self, x: Any):
        self.level, self.records, self.questions = next(LEVELS), [], 0  # type: int, list[tuple], int
        self.copies: dict[int, tuple] = {}
        self.start = Node(x, self)

    def __enter__(self) -> "Tape":
        return self

    def __exit__(self, *problem: Any) -> None:
        self.copies.clear()
        self.records.clear()  # nodes and tape point to each other: without this the arrays would wait for the garbage collector

    def kept(self, item: Any) -> Any:
        """As it is now, for the way back: code goes on to change what it holds, such as weights from one round to the next. What stays the same is kept once."""
        if isinstance(item, np.ndarray) and not isinstance(item, Traced):
            if not item.flags.writeable and item.base is None:
                return item
            before, copy = self.copies.get(id(item), (None, None))
            if before is not item or copy.shape != item.shape or not np.array_equal(copy, item):
                copy = item.copy()
                self.copies[id(item)] = item, copy
            return copy
        if type(item) in (tuple, list) and any(type(each) in (tuple, list, np.ndarray) for each in item):
            return type(item)(map(self.kept, item))
        return item

    @property
    def smooth(self) -> bool:
        """Whether all was done by analytic functions, and nothing was asked about a value."""
        return not self.questions and not any(
            row in BENT or type(row) is Linear and row.pull in (pull_where, pull_cast) for _, row, *_ in self.records
        )

    def unwrapped(self, y: Any) -> Any:
        return y.value if isinstance(y, Node) and y.tape is self else y

    def back(self, y: Any, seed: Any, careful: bool | None = None) -> Any:
        """The cotangent of the start, for that of y.

        The slope of a branch that numpy.where did not take may be infinite, and 0 * inf is NaN. Where NaN comes out, the tape is
        read once more (careful=True), with a note of where y depends on what.
        """
        x = self.start.value
        with np.errstate(all="ignore"):
            found = None
            if isinstance(y, Node) and y.tape is self:
                found = self.read_with_care(y, seed) if careful else self.read(y, seed)
                if careful is None and found is not None and has_nan(found):
                    found = self.read_with_care(y, seed)
            return own(0.0 if found is None else found, x.shape, x.dtype)

    def read(self, y: Node, seed: Any) -> Any:
        y.cotangent = seed
        for node, row, parents, values, settings in reversed(self.records):
            if node.cotangent is None and node.scattered is None:
                continue
            g = node.gathered()
            shape = node.value.shape
            if settings is None:
                for parent, slope in zip(parents, row.slopes, strict=True):
                    if parent is None:
                        continue
                    part = slope(node.value, *values)
                    if part is None:
                        continue
                    part = times(g, part)
                    if parent.value.shape != shape:
                        part = reduce_to(part, parent.value.shape, shape)
                    parent.cotangent = part if parent.cotangent is None else parent.cotangent + part
            elif row.pull is pull_pick and not isinstance(g, Traced):
                (parent,) = parents
                if parent.scattered is None:
                    parent.scattered = np.zeros(parent.value.shape, parent.value.dtype)
                add_at(parent.scattered, settings[0][0], g)
            else:
                g = full(g, node.value)
                for i, parent in enumerate(parents):
                    if parent is not None:
                        part = row.pull(g, i, values, *settings[0], **settings[1])
                        parent.cotangent = part if parent.cotangent is None else parent.cotangent + part
        return self.start.gathered()

    def read_with_care(self, y: Node, seed: Any) -> Any:
        gathered = {id(y): (seed, np.ones(y.shape, bool))}
        for node, row, parents, values, settings in reversed(self.records):
            if id(node) not in gathered:
                continue
            g, reached = gathered.pop(id(node))
            g, shape = full(g, node.value), node.shape
            for i, parent in enumerate(parents):
                if parent is None:
                    continue
                if settings is None:
                    slope = row.slopes[i](node.value, *values)
                    if slope is None:
                        continue
                    part = reduce_to(np.where(reached, times(g, slope), 0.0), parent.shape, shape)
                    touched = reduce_to(reached, parent.shape, shape) > 0
                else:
                    probe = np.where(spread(reached, shape), np.nan, 0.0)
                    touched = spread(np.isnan(row.pull(probe, i, stripped(values), *settings[0], **settings[1])), parent.shape)
                    part = np.where(touched, spread(row.pull(g, i, values, *settings[0], **settings[1]), parent.shape), 0.0)
                before = gathered.get(id(parent))
                gathered[id(parent)] = (part, touched) if before is None else (before[0] + part, before[1] | touched)
        return gathered.get(id(self.start), (None,))[0]


# ---------------------------------------------------------------- for both


def applied(function: Callable, values: list) -> tuple[Any, list]:
    """The value, and the operands for the slopes: constants as floats of the type of the value."""
    value = real(function(*values))
    for k, item in enumerate(values):
        if type(item) is float or isinstance(item, Traced):
            continue
        if is_masked(item):
            raise NoDerivative("a masked array came up on the way, whose hidden values would count; fill it first: m.filled(0.0)")
        if isinstance(item, int):
            values[k] = float(item)
        elif not isinstance(item, np.ndarray | np.generic) or item.dtype.kind != "f":
            values[k] = np.asarray(item).astype(value.dtype)
    return value, values


def array(item: Any) -> Any:
    return item if isinstance(item, np.ndarray | Traced) else np.asarray(item)


def real(value: Any) -> Any:
    if getattr(value, "dtype", np.dtype(complex)).kind != "f":
        raise NoDerivative(
            f"f: an array of {getattr(value, 'dtype', type(value).__name__)} came up on the way; real floats are accepted: differentiate the real and the imaginary part"
        )
    return value


def own(found: Any, shape: tuple, dtype: Any) -> Any:
    """A new array of that shape and type, or a number."""
    found = spread(found, shape)
    if isinstance(found, Traced):
        return found if found.dtype == dtype else found.astype(dtype)
    return np.array(found, dtype) if shape else np.array(found, dtype)[()]


def has_nan(found: Any) -> bool:
    if isinstance(found, Traced):
        return any(part is not None and has_nan(part) for part in (found.value, *getattr(found, "terms", ())))
    return bool(np.isnan(found).any())
