"""Every picture of curves and surfaces once, with what it is drawn of: what must hold for all is asked of these."""

import numpy as np

from edgecalc import calculus
from edgecalc.plots import curves, surfaces

NEWTON = [1.75, 0.897663, 0.535036, 0.566093, 0.567142]  # the course's way to the minimum of e^x - ln x
RNG = np.random.default_rng(4)
X = RNG.standard_normal((40, 2))
T = X @ [0.37, 0.57] + 0.1 + RNG.normal(size=40)


def sauna(p):
    x, y = p[..., 0], p[..., 1]
    return 50 - x**2 * (x - 6) * y**2 * (y - 6) / 50


PICTURES = {
    "curves": {
        "activations": curves.activations,
        "comparison": lambda: curves.comparison(calculus.compare("exp(-2*x) + 3*sin(3*x)", np.linspace(-6, 6, 200))),
        "derivative": lambda: curves.derivative("tan(x)"),
        "functions": curves.functions,
        "kinks": curves.kinks,
        "motion": lambda: curves.motion("x^3 - 3*x", box=(-2, 2)),
        "newton": lambda: curves.newton("exp(x) - ln(x)", NEWTON),
        "secant": lambda: curves.secant("x^2", 1.0, 3.0),
        "step_size": lambda: curves.step_size(calculus.step_study("exp(x)", 0.0)),
        "tangent": lambda: curves.tangent("1/x", 0.25),
        "taylor": curves.taylor,
    },
    "surfaces": {
        "contour": lambda: surfaces.contour("(1 - x)^2 + 100*(y - x^2)^2", [(-2, 2), (-1, 3)]),
        "curvature": lambda: surfaces.curvature("x*exp(-x^2 - y^2)", (-2, 2)),
        "gradient_field": surfaces.gradient_field,
        "losses": lambda: surfaces.losses({"slow": 0.9 ** np.arange(30), "fast": 0.5 ** np.arange(30)}),
        "neuron_plane": lambda: surfaces.neuron_plane([0.4, 0.59, 0.126], X, T),
        "surface": lambda: surfaces.surface(sauna, (0, 5)),
        "tangent_plane": lambda: surfaces.tangent_plane("x^2 + y^2", [2.0, 4.0]),
    },
}
CASES = [(room, name) for room, pictures in PICTURES.items() for name in pictures]
