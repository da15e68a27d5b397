"""A peer library as data: what it computes, from which pixel types to which, and how closely edgecalc promises to follow it.

Each answer is made in three steps::

    image ── our border, or np.pad where the peer has no such border ── their function ── cut, framed ── compared with ours
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from edgecalc.errors import MissingExtra
from edgecalc.reference.works import AXES, Border, Work

Outputs = Mapping[str, tuple[tuple[str | None, str], ...]]  # pixel type -> (what we are asked for, None is our own choice; what they are asked for)
MODES = {
    "reflect": "mirror",
    "symmetric": "reflect",
    "edge": "nearest",
    "wrap": "wrap",
    "constant": "constant",
}  # borders, as scipy and skimage call them


def same(*names: str) -> tuple[tuple[str, str], ...]:
    """The same result type asked of both sides.

    >>> same("int16", "float32")
    (('int16', 'int16'), ('float32', 'float32'))
    """
    return tuple((name, name) for name in names)


@dataclass(frozen=True, eq=False)
class Row:
    """One thing that a peer computes too.

    theirs(library, image, output, mode, cval) gives their result, with its sign and scale made ours.
    """

    work: str
    theirs: Callable[[Any, np.ndarray, str, Any, float], np.ndarray]
    outputs: Outputs
    allowance: int  # ulps, where sums are rounded; see compare.py for what an ulp is here
    rounds: bool = False  # even whole numbers: the weights are decimals, or a function is not exact
    skips: bool = False  # rounded sums are left out: a rounded derivative may turn the result round
    borders: tuple[str, ...] | None = None  # fewer than the peer's others have
    least: int = 1  # of an image's sides, to be taken


def each_way(name: str, theirs: Callable[..., np.ndarray], outputs: Outputs, allowance: int, **more: Any) -> Iterator[Row]:
    """Two rows: along x and along y, which `theirs` takes as axis=. `name` says with braces where the axis stands."""
    for axis in AXES:
        yield Row(name.format(axis), partial(theirs, axis=axis), outputs, allowance, **more)


@dataclass(frozen=True, eq=False)
class Peer:
    """A library to compare with. Nothing is imported before `load`."""

    name: str
    package: str  # as pip lists it
    rows: tuple[Row, ...]
    modes: Mapping[str, str]  # our border -> theirs
    any_cval: bool  # whether a constant other than 0 means the same to them
    bits: Callable[[str, str], int]  # (pixel type, result type) -> whole numbers below 2**bits pass through their sums unrounded
    hold: Callable[[Any], AbstractContextManager] = lambda library: nullcontext()  # settings during the comparison
    signed_zeros: bool = False  # the same bits include the sign of a zero; peers that negate or divide have other ones
    module: str = ""  # what is imported where that is not `name`

    def load(self) -> ModuleType:
        try:
            return import_module(self.module or self.name)
        except ImportError:
            raise MissingExtra(self.name, "compare") from None

    def version(self) -> str:
        return str(import_module(self.name).__version__)

    def answer(self, library: Any, row: Row, work: Work, image: np.ndarray, output: str, border: Border) -> np.ndarray:
        """Their result under one of our borders."""
        own = self.modes if row.borders is None else {name: self.modes[name] for name in row.borders}
        if border.name == "none":
            return row.theirs(library, image, output, None, 0)
        if border.name in ("blank", "valid"):
            return inside(row.theirs(library, image, output, next(iter(own.values())), 0), work, border)
        if border.name in own and (border.cval == 0 or self.any_cval):
            return row.theirs(library, image, output, own[border.name], border.cval)
        (top, bottom), (left, right) = work.reach
        fill = {"constant_values": border.cval} if border.name == "constant" else {}
        padded = np.pad(image, work.reach, border.name, **fill)  # type: ignore[call-overload]
        result = row.theirs(library, padded, output, next(iter(own.values())), 0)
        return result[top : result.shape[0] - bottom, left : result.shape[1] - right]


def inside(result: np.ndarray, work: Work, border: Border) -> np.ndarray:
    """Only where the stencil fits, or that with nothing around it."""
    (top, bottom), (left, right) = work.room if border.name == "valid" else work.reach
    rows = slice(top, max(top, result.shape[0] - bottom))
    columns = slice(left, max(left, result.shape[1] - right))
    if border.name == "valid":
        return result[rows, columns]
    framed = np.full_like(result, work.blank)
    framed[rows, columns] = result[rows, columns]
    return framed
