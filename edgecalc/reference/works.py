"""What is compared: each row is one thing edgecalc computes, named, with the exact kernels behind it.

    Work("sobel", "sobel x", "sobel", {"axis": "x"}, ((SOBEL, "x"),))
          │          │          │         └ its options   └ operator and axis: how far it reaches, how large its sums grow
          │          │          └ the public function that is called
          │          └ the name that the peers' rows refer to
          └ the operator that a user asks for

A new operator is a row here, and a row with the same name in each peer that computes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

import edgecalc
from edgecalc.stencils import (
    OPERATORS,
    ROBERTS,
    Operator,
    difference_of_gaussians,
    gaussian,
    gaussian_laplace,
    laplacian,
    separable,
    sobel,
)  # fmt: skip

Reach = tuple[tuple[int, int], tuple[int, int]]  # rows before and after, columns before and after
DTYPES = ("uint8", "uint16", "int16", "float32", "float64")


class Border(NamedTuple):
    """One of edgecalc's borders; `cval` counts for "constant" alone."""

    name: str
    cval: int = 0

    @property
    def label(self) -> str:
        return f"{self.name} {self.cval}" if self.name == "constant" else self.name


REFLECT = Border("reflect")
# "one-sided" is missing: no peer has it
BORDERS = (
    REFLECT, Border("symmetric"), Border("edge"), Border("wrap"), Border("constant", 0), Border("constant", 7), Border("blank"), Border("valid"),
)  # fmt: skip


def reach(kernels: tuple[tuple[Operator, str], ...]) -> Reach:
    places = [place if axis == "x" else place[::-1] for operator, axis in kernels for place in operator.kernel()]
    rows, columns = ((-min(0, *numbers), max(0, *numbers)) for numbers in zip(*places, strict=True))
    return rows, columns


@dataclass(frozen=True, eq=False)
class Work:
    """One thing that edgecalc computes.

    >>> WORKS["sobel x"].ours(np.array([[0, 1, 2]], np.uint8), None, Border("edge"))
    array([[4, 8, 4]], dtype=int16)
    """

    operator: str
    name: str
    function: str
    options: Mapping[str, Any]
    kernels: tuple[tuple[Operator, str], ...]
    part: str | None = None  # of a result with several fields
    beside: tuple[tuple[Operator, str], ...] = ()  # what else the same pass computes; border="valid" leaves room for that too
    squares: bool = False  # it sums squares of derivatives, which leave the exact range much sooner than the derivatives do
    blank: float = 0  # what stands where border="blank" leaves the result out
    power: int = 1  # of the pixels, that the result grows with
    borders: tuple[Border, ...] = BORDERS  # the first stands for all where one must do
    extent: str = "all"  # "all" shapes, "few" (wide kernels gain nothing from more), "sweep": one image, one border

    def ours(self, image: np.ndarray, output: str | None, border: Border) -> np.ndarray:
        chosen = (
            ({} if border.name == "none" else {"border": border.name})
            | ({"cval": border.cval} if border.name == "constant" else {})
            | ({"dtype": output} if output else {})
        )
        # looked up by name at every call: what users get is what is checked
        result = getattr(edgecalc, self.function)(image, **self.options, **chosen)
        return result if self.part is None else getattr(result, self.part)

    @cached_property
    def reach(self) -> Reach:
        """Rows before and after, columns before and after, that a pixel of the result is made of.

        >>> WORKS["forward x"].reach
        ((0, 0), (0, 1))
        """
        return reach(self.kernels)

    @property
    def room(self) -> Reach:
        """What border="valid" takes away."""
        return reach(self.kernels + self.beside)

    @cached_property
    def gain(self) -> float:
        """The largest sum of weights: no partial sum of an image within -1 .. 1 is larger."""
        return max(float(sum(map(abs, operator.kernel().values()))) for operator, _ in self.kernels)


def along(name: str, axis: str) -> Work:
    return Work(name, f"{name} {axis}", name, {"axis": axis}, ((OPERATORS[name], axis),))


def sized(axis: str, ksize: int, order: int, extent: str = "few") -> Work:
    options = {"axis": axis, "ksize": ksize, "order": order}
    return Work("sobel", f"sobel {axis} ksize {ksize} order {order}", "sobel", options, ((sobel(ksize, order), axis),), extent=extent)


def diagonal(name: str) -> Work:
    return Work("roberts", f"roberts {name}", "roberts", {"diagonal": name}, ((ROBERTS[name], "x"),))


def second(ksize: int) -> Work:
    return Work(
        "laplacian", f"laplacian ksize {ksize}", "laplacian", {"ksize": ksize}, ((laplacian(ksize), "x"),), extent="few" if ksize > 3 else "all"
    )


def both(name: str) -> tuple[tuple[Operator, str], ...]:
    if name == "roberts":
        return tuple((operator, "x") for operator in ROBERTS.values())
    return (OPERATORS[name], "x"), (OPERATORS[name], "y")


def half(name: str, part: str) -> Work:
    """One of the two images of a gradient."""
    mine = both(name)["xy".index(part)]
    return Work("gradient", f"gradient {name} {part}", "gradient", {"operator": name}, (mine,), part, both(name))


def length(name: str, norm: str) -> Work:
    return Work("magnitude", f"magnitude {name} {norm}", "magnitude", {"operator": name, "norm": norm}, both(name), squares=norm == "l2")


def angle(name: str) -> Work:
    return Work("orientation", f"orientation {name}", "orientation", {"operator": name}, both(name))


def seen(view: str, name: str, axis: str, blank: float) -> Work:
    return Work("views", f"view {view} {name} {axis}", name, {"axis": axis, "view": view}, ((OPERATORS[name], axis),), blank=blank)


def smoothed(name: str, options: dict[str, Any], operator: Operator, axis: str = "x", label: str = "") -> Work:
    return Work(name, f"{name}{label}", name, {"sigma": SIGMA} | options, ((operator, axis),), extent="few")


def bell(order: int, across: int = 0) -> Operator:
    return separable("gaussian", gaussian(SIGMA, order), gaussian(SIGMA, across))


def part(function: str, name: str, operator: Operator, axis: str = "x", power: int = 1) -> Work:
    """One of the three images of a tensor; borders stand around each of its steps anew."""
    borders = tuple(border for border in BORDERS if border.name in ("reflect", "symmetric", "edge", "wrap"))
    kernels = ((operator, axis),)
    return Work(function, f"{function} {name}", function, {"sigma": SIGMA}, kernels, name, power=power, borders=borders, extent="few")


def edges(ksize: int, norm: str) -> Work:
    """Lengths outside the image are 0, so no padding stands for another border."""
    low, high = (value * {3: 1, 5: 12, 7: 150}[ksize] for value in (100, 220))
    options = {"low": low, "high": high, "ksize": ksize, "norm": norm}
    return Work("canny", f"canny ksize {ksize} {norm}", "canny", options, ((sobel(ksize), "x"),), borders=(Border("edge"),))


def alone(function: str, options: Mapping[str, Any] = MappingProxyType({})) -> Work:
    """A part of an edge detector, on the image itself."""
    return Work(function, function, function, options, ((OPERATORS["central"], "x"),), borders=(Border("none"),))


AXES = ("x", "y")
SIGMA = 1.4
LENGTHS = ("sobel", "scharr", "prewitt", "farid", "roberts")
LAPLACIANS = (1, 3, 5, 7, 31)
SIZED = ((1, 1), (1, 2), (3, 2), (5, 1), (5, 2), (7, 1), (9, 3), (31, 1))
ORDERS = (1, 2, 3)
BAND = Work(
    "difference_of_gaussians", "difference_of_gaussians", "difference_of_gaussians", {"low_sigma": 1.0, "high_sigma": 1.6},
    ((difference_of_gaussians(1.0, 1.6), "x"),), extent="few",
)  # fmt: skip
CURVES = (("xx", bell(2), "x"), ("xy", bell(1, 1), "x"), ("yy", bell(2), "y"))
SWEEP = tuple((ksize, order) for ksize in range(1, 32, 2) for order in range(1, max(ksize, 3)) if (ksize, order) not in ((3, 1), *SIZED))

WORKS: dict[str, Work] = {
    work.name: work
    for work in chain(
        (along(name, axis) for name in OPERATORS for axis in AXES),
        (sized(axis, *size) for size in SIZED for axis in AXES),
        (diagonal(name) for name in ROBERTS),
        (second(ksize) for ksize in LAPLACIANS),
        (half(name, part) for name in ("sobel", "scharr", "central") for part in AXES),
        (length(name, norm) for name in LENGTHS for norm in ("l2", "l1")),
        (angle(name) for name in ("sobel", "scharr")),
        (seen("shift", name, axis, 127) for name in ("sobel", "scharr", "central") for axis in AXES),
        (seen("magnitude", name, axis, 0) for name in ("sobel", "scharr", "central") for axis in AXES),
        (smoothed("gaussian", {}, bell(0)), smoothed("gaussian_laplace", {}, gaussian_laplace(SIGMA)), BAND),
        (
            smoothed("gaussian_derivative", {"axis": axis, "order": order}, bell(order), axis, f" {axis} order {order}")
            for order in ORDERS
            for axis in AXES
        ),
        (part("hessian", name, operator, axis) for name, operator, axis in CURVES),
        (part("structure_tensor", name, OPERATORS["sobel"], power=2) for name in ("xx", "xy", "yy")),
        (edges(ksize, norm) for ksize in (3, 5, 7) for norm in ("l1", "l2")),
        (alone("hysteresis", {"low": 60, "high": 250}), alone("thin")),
        (sized(axis, *size, extent="sweep") for size in SWEEP for axis in AXES),
    )
}
NAMES = tuple(dict.fromkeys(work.operator for work in WORKS.values()))
