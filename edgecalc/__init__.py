"""edgecalc: edges in images, and the calculus behind them, from one table of finite-difference stencils.

>>> import edgecalc as ec, numpy as np
>>> ec.sobel(np.array([[0, 1, 2]] * 3, np.uint8))[1]
array([0, 8, 0], dtype=int16)
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgecalc import calculus, neural, optimize, plots, reference, stencils
    from edgecalc.filters.canny import Stages, canny, hysteresis, nonmax
    from edgecalc.filters.difference import Stride, backward, central, choose_stride, differentiate, forward
    from edgecalc.filters.gaussian import difference_of_gaussians, gaussian, gaussian_derivative, gaussian_laplace
    from edgecalc.filters.laplace import laplacian, zero_crossings
    from edgecalc.filters.operators import Gradient, Polar, farid, gradient, magnitude, orientation, polar, prewitt, roberts, scharr, sobel
    from edgecalc.filters.skeleton import thin
    from edgecalc.filters.tensor import Tensor, di_zenzo, hessian, structure_tensor
    from edgecalc.filters.thresholds import Auto, canny_auto

__version__ = "0.1.0"
__all__ = [
    "Auto",
    "Gradient",
    "Polar",
    "Stages",
    "Stride",
    "Tensor",
    "backward",
    "calculus",
    "canny",
    "canny_auto",
    "central",
    "choose_stride",
    "di_zenzo",
    "difference_of_gaussians",
    "differentiate",
    "farid",
    "forward",
    "gaussian",
    "gaussian_derivative",
    "gaussian_laplace",
    "gradient",
    "hessian",
    "hysteresis",
    "laplacian",
    "magnitude",
    "neural",
    "nonmax",
    "optimize",
    "orientation",
    "plots",
    "polar",
    "prewitt",
    "reference",
    "roberts",
    "scharr",
    "sobel",
    "stencils",
    "structure_tensor",
    "thin",
    "zero_crossings",
]

_ROOMS = ("calculus", "neural", "optimize", "plots", "reference", "stencils")
_FILES = {
    "thresholds": ("Auto", "canny_auto"),
    "canny": ("Stages", "canny", "hysteresis", "nonmax"),
    "difference": ("Stride", "backward", "central", "choose_stride", "differentiate", "forward"),
    "gaussian": ("difference_of_gaussians", "gaussian", "gaussian_derivative", "gaussian_laplace"),
    "laplace": ("laplacian", "zero_crossings"),
    "skeleton": ("thin",),
    "tensor": ("Tensor", "di_zenzo", "hessian", "structure_tensor"),
}
_PLACES = {name: file for file, names in _FILES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Names are looked up when first used: the command line's help then needs no NumPy."""
    if name not in __all__:
        said = f"module 'edgecalc' has no attribute {name!r}; it offers {', '.join(__all__)}"
        raise AttributeError(said, name=name, obj=sys.modules[__name__])  # by which Python adds what may have been meant
    if name in _ROOMS:
        return import_module(f"edgecalc.{name}")
    value = getattr(import_module(f"edgecalc.filters.{_PLACES.get(name, 'operators')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
