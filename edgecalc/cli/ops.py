"""edgecalc ops: every operator drawn, with what it promises."""

import argparse
from collections.abc import Callable
from functools import partial
from math import sqrt
from typing import Any

# What no single kernel draws: how it is made of those that are.
MADE = {
    "gradient, magnitude, orientation, polar": "one pass: operator along x and y -> both | their length | their direction",
    "canny": "sobel x, y -> length -> thinned across the edge -> weak (> low) and strong (> high) -> grown from strong through weak",
    "canny_auto": "canny, low and high from the median of the pixels or from the gradient's lengths (otsu, quantile)",
    "nonmax, hysteresis": "canny's thinning and growing, of your own derivatives or strengths",
    "zero_crossings": "where a second derivative changes its sign; of gaussian_laplace, the edges of Marr and Hildreth",
    "thin": "an edge map's lines, one pixel wide (Guo and Hall)",
    "structure_tensor": "products of the derivatives -> gaussian -> eigenvalues, orientation, coherence",
    "hessian": "second Gaussian derivatives xx, xy, yy -> eigenvalues",
    "di_zenzo": "derivatives of every channel -> tensor -> length and direction of the steepest change",
}

UNSLOPED = ("gaussian", "gaussian_laplace", "difference_of_gaussians")  # what smooths, or has no exact moment

EPILOG = """examples:
  edgecalc ops
  edgecalc ops sobel scharr
  edgecalc ops sobel --ksize 5
  edgecalc ops gaussian_laplace --sigma 0.7
  edgecalc ops canny
"""


def add(commands) -> None:
    parser = commands.add_parser(
        "ops", help="draw the operators: kernels, order of accuracy, noise gain", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Kernels are drawn for axis x, as they are laid over the image. Slope: what a ramp that rises by 1 a pixel gives.",
    )  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--ksize", type=int, help="size of sobel and laplacian (default: 3 and 1)")
    parser.add_argument("--sigma", type=float, default=0.5, help="deviation of the Gaussian family in pixels (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from edgecalc import stencils
    from edgecalc.core.arrays import one_of
    from edgecalc.filters.gaussian import row
    from edgecalc.filters.operators import odd_size, sized_sobel

    bell = row(args.sigma, 0, 4.0, "--sigma")
    table: dict[str, Callable[[], Any]] = {
        **{name: partial(stencils.OPERATORS.__getitem__, name) for name in stencils.OPERATORS},
        "sobel": lambda: sized_sobel(3 if args.ksize is None else args.ksize, 1),
        "roberts": lambda: stencils.ROBERTS["main"],
        "roberts anti": lambda: stencils.ROBERTS["anti"],
        "laplacian": lambda: stencils.laplacian(odd_size(1 if args.ksize is None else args.ksize)),
        "gaussian": lambda: stencils.separable("gaussian", bell, bell),
        "gaussian_derivative": lambda: stencils.separable("gaussian_derivative", row(args.sigma, 1, 4.0), bell),
        "gaussian_laplace": lambda: stencils.gaussian_laplace(args.sigma),
        "difference_of_gaussians": lambda: stencils.difference_of_gaussians(args.sigma, 1.6 * args.sigma),
    }
    made = {name: text for names, text in MADE.items() for name in names.split(", ")}
    for name in args.names:
        one_of(name, [*table, *made], "NAME")
    for name in args.names or table:
        print("\n".join(drawing(name, table[name]()) if name in table else [f"{name}   {made[name]}"]), end="\n\n")
    for names, text in () if args.names else MADE.items():
        print(f"{names}\n    {text}\n")
    return 0


def drawing(name: str, operator) -> list[str]:
    weights = operator.matrix()[0]
    cells = [list(map(number, row)) for row in weights]
    width = max(len(cell) for row in cells for cell in row) + 2
    facts = [f"slope {operator.slope():.6g}", f"accuracy {operator.accuracy}", f"noise gain {operator.noise_gain:.4f} at unit slope"]
    if operator.name in UNSLOPED:
        flat = [float(weight) for row in weights for weight in row]
        facts = [f"sum {sum(flat):.4g}", f"noise gain {sqrt(sum(weight**2 for weight in flat)):.4f}"]
    return [f"{name}   {'   '.join(facts)}", *("    " + "".join(cell.rjust(width) for cell in row) for row in cells)]


def number(value) -> str:
    return str(int(value)) if value == int(value) else f"{round(float(value), 4) + 0.0:.4f}"
