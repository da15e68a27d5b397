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
        if name not in NAMES:
            raise EdgecalcError(f"--op: {name!r} came; accepted are {', '.join(NAMES)}")
        accepted = [key for key in inspect.signature(getattr(edgecalc, name)).parameters if key not in NOT_IN_TEXT]
        parameters = []
        for pair in filter(None, rest.split(",")):
            key, equals, value = pair.partition("=")
            if key not in accepted or not equals:
                raise EdgecalcError(f"--op: {pair!r} came; {name} takes {', '.join(f'{each}=...' for each in accepted)}")
            parameters.append((key, _value(value)))
        missing = [
            key for key, each in inspect.signature(getattr(edgecalc, name)).parameters.items() if each.default is each.empty and key != "image"
        ]
        missing = [key for key in missing if key not in dict(parameters)]
        if missing:
            raise EdgecalcError(f"--op: {text!r} came; {name} needs {', '.join(f'{each}=...' for each in missing)} too, {EXAMPLES.get(name, '')}")
        return cls(name, tuple(parameters))

    def __str__(self) -> str:
        return self.operator + (":" if self.parameters else "") + ",".join(f"{key}={value}" for key, value in self.parameters)

    @property
    def function(self) -> Callable[..., Any]:
        return getattr(edgecalc, self.operator)

    def exact(self, image: np.ndarray, threads: int | None = None) -> Any:
        """The operator's own result: signed, float, as it comes."""
        return self.call(image, dict(self.parameters), threads)

    def call(self, image: np.ndarray, parameters: dict[str, Any], threads: int | None) -> Any:
        result = self.function(image, **parameters, threads=threads)
        return result.edges if self.operator == "canny_auto" else result

    def picture(self, image: np.ndarray, threads: int | None = None) -> Any:
        """A uint8 picture: a signed derivative by its size unless view= says otherwise, deeper images on the scale of 8 bits."""
        parameters = dict(self.parameters)
        if self.operator in SIGNED:
            parameters.setdefault("view", "scale")
        elif "view" in inspect.signature(self.function).parameters and "dtype" not in parameters:
            parameters.setdefault("view", "magnitude")
        elif self.operator in PICTURES:
            parameters.setdefault("dtype", "uint8")
        if image.dtype != "uint8":
            full = 65535.0 if image.dtype == "uint16" else float(abs(image).max(initial=0)) or 1.0
            image = image.astype("float32") * (255 / full)
        return self.call(image, parameters, threads)


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
