"""What to do with each image, as one small object with a text form.

magnitude                          the operator alone
sobel:axis=y,ksize=5,view=shift    with parameters, as in Python
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import edgecalc
from edgecalc.errors import EdgecalcError

if TYPE_CHECKING:
    import numpy as np

NAMES = ("backward", "central", "farid", "forward", "laplacian", "magnitude", "orientation", "prewitt", "roberts", "scharr", "sobel")
NOT_IN_TEXT = ("image", "out", "threads", "gray")


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
        if name not in NAMES:
            raise EdgecalcError(f"--op: {name!r} came; accepted are {', '.join(NAMES)}")
        accepted = [key for key in inspect.signature(getattr(edgecalc, name)).parameters if key not in NOT_IN_TEXT]
        parameters = []
        for pair in filter(None, rest.split(",")):
            key, equals, value = pair.partition("=")
            if key not in accepted or not equals:
                raise EdgecalcError(f"--op: {pair!r} came; {name} takes {', '.join(f'{each}=...' for each in accepted)}")
            parameters.append((key, _value(value)))
        return cls(name, tuple(parameters))

    def __str__(self) -> str:
        return self.operator + (":" if self.parameters else "") + ",".join(f"{key}={value}" for key, value in self.parameters)

    @property
    def function(self) -> Callable[..., Any]:
        return getattr(edgecalc, self.operator)

    def exact(self, image: np.ndarray, threads: int | None = None) -> Any:
        """The operator's own result: signed, float, as it comes."""
        return self.function(image, **dict(self.parameters), threads=threads)

    def picture(self, image: np.ndarray, threads: int | None = None) -> Any:
        """A uint8 picture: a signed derivative by its size unless view= says otherwise, deeper images on the scale of 8 bits."""
        parameters = dict(self.parameters)
        if "view" in inspect.signature(self.function).parameters and "dtype" not in parameters:
            parameters.setdefault("view", "magnitude")
        elif self.operator == "magnitude":
            parameters.setdefault("dtype", "uint8")
        if image.dtype != "uint8":
            full = 65535.0 if image.dtype == "uint16" else float(abs(image).max(initial=0)) or 1.0
            image = image.astype("float32") * (255 / full)
        return self.function(image, **parameters, threads=threads)


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
