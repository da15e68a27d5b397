"""What to do with each image, as one small object with a text form.

magnitude                          the operator alone, or a short form of it
sobel:axis=y,ksize=5,view=shift    with parameters, as in Python
"""

from __future__ import annotations

import inspect
import json
import math
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import edgecalc
from edgecalc.core.arrays import finite_peak
from edgecalc.errors import EdgecalcError

if TYPE_CHECKING:
    import numpy as np

NAMES = (
    "backward", "canny", "canny_auto", "central", "difference_of_gaussians", "farid", "forward", "gaussian", "gaussian_derivative", "gaussian_laplace",
    "laplacian", "magnitude", "orientation", "prewitt", "roberts", "scharr", "sobel",
)  # fmt: skip
NOT_IN_TEXT = ("image", "out", "threads", "gray", "mask", "spacing", "gradients", "return_stages", "quantiles")
EXAMPLES = {
    "canny": "such as canny:low=50,high=150", "gaussian": "such as gaussian:sigma=2", "gaussian_derivative": "such as gaussian_derivative:sigma=2,axis=y",
    "gaussian_laplace": "such as gaussian_laplace:sigma=2", "difference_of_gaussians": "such as difference_of_gaussians:low_sigma=1",
}  # fmt: skip
SIGNED = ("difference_of_gaussians", "gaussian_derivative", "gaussian_laplace")  # small numbers of either sign
TRIAL = 256  # pixels: wider than stencils are
NOTHING = object()  # what stands behind a key without "="
PICTURES = ("gaussian", "magnitude")  # of these, uint8 in is a picture out


@dataclass(frozen=True)
class Recipe:
    """An operator's name and its parameters.

    >>> Recipe.parse("sobel:axis=y,ksize=5")
    Recipe(operator='sobel', parameters=(('axis', 'y'), ('ksize', 5)))
    >>> print(Recipe.parse("sobel:axis=y,ksize=5"))
    sobel:axis=y,ksize=5
    """

    operator: str
    parameters: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Recipe:
        name, _, rest = text.partition(":")
        pairs = [[each.strip() for each in pair.partition("=")] for pair in filter(None, rest.split(","))]
        return cls.checked(name, [(key, _value(value) if equals else NOTHING) for key, equals, value in pairs], "--op")

    @classmethod
    def checked(cls, name: str, parameters: list[tuple[str, Any]], what: str) -> Recipe:
        if name not in NAMES:
            raise EdgecalcError(f"{what}: {name!r} came; accepted are {', '.join(NAMES)}")
        signature = signature_of(name)
        accepted = [key for key in signature if key not in NOT_IN_TEXT]
        for number, (key, value) in enumerate(parameters):
            if key in dict(parameters[:number]):
                raise EdgecalcError(f"{what}: {key}={value} came after {key}={dict(parameters[:number])[key]}; one of them is accepted")
            if key not in accepted or value is NOTHING:
                raise EdgecalcError(f"{what}: {key!r} came; {name} takes {', '.join(f'{each}=...' for each in accepted)}")
        missing = [key for key in accepted if signature[key].default is inspect.Parameter.empty and key not in dict(parameters)]
        if missing:
            raise EdgecalcError(f"{what}: {name} needs {', '.join(f'{each}=...' for each in missing)} too, {EXAMPLES.get(name, '')}")
        return cls(name, tuple(parameters))

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """
        >>> Recipe.from_json('{"op": "sobel", "axis": "y"}') == Recipe.parse("sobel:axis=y")
        True
        """
        return cls.from_mapping(json.loads(text))

    @classmethod
    def from_toml(cls, text: str) -> Recipe:
        """
        >>> str(Recipe.from_toml('op = "sobel"\\naxis = "y"'))
        'sobel:axis=y'
        """
        return cls.from_mapping(tomllib.loads(text))

    @classmethod
    def from_mapping(cls, mapping: Any) -> Recipe:
        if not isinstance(mapping, dict) or not isinstance(mapping.get("op"), str):
            raise EdgecalcError(f"recipe: {mapping!r} came; a table with op = NAME and the operator's parameters is accepted")
        return cls.checked(mapping["op"], [(key, value) for key, value in mapping.items() if key != "op"], "recipe")

    def to_json(self) -> str:
        return json.dumps({"op": self.operator, **dict(self.parameters)})

    def to_toml(self) -> str:
        return "".join(f"{key} = {json.dumps(value)}\n" for key, value in {"op": self.operator, **dict(self.parameters)}.items() if value is not None)

    def python(self) -> str:
        """The line that does the same.

        >>> Recipe.parse("sobel:axis=y").python()
        "edgecalc.sobel(image, axis='y')"
        """
        return f"edgecalc.{self.operator}({', '.join(['image', *(f'{key}={value!r}' for key, value in self.parameters)])})"

    def command(self, source: str = "photos", out: str = "edges") -> str:
        return f"edgecalc run {shlex.quote(source)} -o {shlex.quote(out)} --op {shlex.quote(str(self))}"

    @property
    def binary(self) -> bool:
        """Whether the picture knows only 0 and 255."""
        return self.operator in ("canny", "canny_auto")

    def __str__(self) -> str:
        return self.operator + (":" if self.parameters else "") + ",".join(f"{key}={value}" for key, value in self.parameters)

    @property
    def function(self) -> Callable[..., Any]:
        return getattr(edgecalc, self.operator)

    def exact(self, image: np.ndarray, threads: int | None = None) -> Any:
        """The operator's own result: signed, float, as it comes."""
        return self.call(image, dict(self.parameters), threads)

    def try_out(self, what: str = "--op") -> None:
        """Raises what a wrong value would raise with every image."""
        import numpy as np

        try:
            self.exact(np.zeros((TRIAL, TRIAL), np.uint8), 1)
        except (ValueError, TypeError) as error:
            raise EdgecalcError(f"{what}: {self}: {error}") from None

    def call(self, image: np.ndarray, parameters: dict[str, Any], threads: int | None) -> Any:
        result = self.function(image, **parameters, threads=threads)
        return result.edges if self.operator == "canny_auto" else result

    def remark(self, image: np.ndarray, picture: np.ndarray) -> str:
        """What a person should know of a picture though nothing failed: a scan that uses a part of its 16 bits is dark on the scale of 8.

        >>> import numpy as np
        >>> scan = np.full((5, 5), 4000, np.uint16)
        >>> Recipe.parse("canny:low=64,high=160").remark(scan, np.zeros((5, 5), np.uint8))
        'no edge; of its 16 bits it uses 12, and thresholds are on the scale of 8: --op canny:low=4,high=10 may be meant'
        """
        if self.operator != "canny" or image.dtype != "uint16" or picture.any():
            return ""
        bits = int(image.max()).bit_length()
        if not 8 <= bits < 15:  # else it is as dark as it is, or the thresholds were meant so
            return ""
        less = Recipe(
            self.operator, tuple((key, f"{value / (1 << 16 - bits):g}" if key in ("low", "high") else value) for key, value in self.parameters)
        )
        return f"no edge; of its 16 bits it uses {bits}, and thresholds are on the scale of 8: --op {less} may be meant"

    def around(self, angles: Any) -> Any:
        """Directions as gray levels: -pi is 0, pi is 255."""
        return ((angles + math.pi) * (255 / (2 * math.pi))).round().astype("uint8")

    def picture(self, image: np.ndarray, threads: int | None = None) -> Any:
        """A uint8 picture: a signed derivative by its size unless view= says otherwise, deeper images on the scale of 8 bits."""
        parameters = dict(self.parameters)
        if self.operator in SIGNED:
            parameters.setdefault("view", "scale")
        elif "view" in signature_of(self.operator) and "dtype" not in parameters:
            parameters.setdefault("view", "magnitude")
        elif self.operator in PICTURES:
            parameters.setdefault("dtype", "uint8")
        if image.dtype != "uint8":
            deep, image = image.dtype in ("uint16", "int16"), image.astype("float32")
            image *= 255 / (65535.0 if deep else finite_peak(image) or 1.0)
        result = self.call(image, parameters, threads)
        return self.around(result) if self.operator == "orientation" else result


@cache
def signature_of(operator: str) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(getattr(edgecalc, operator)).parameters


def _value(text: str) -> Any:
    known = {"true": True, "false": False, "none": None}
    if text.lower() in known:
        return known[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
