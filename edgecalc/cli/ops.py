"""edgecalc ops: every operator drawn, with what it promises."""

import argparse

EPILOG = """examples:
  edgecalc ops
  edgecalc ops sobel scharr
  edgecalc ops sobel --ksize 5
"""


def add(commands) -> None:
    parser = commands.add_parser(
        "ops", help="draw the operators: kernels, order of accuracy, noise gain", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Kernels are drawn for axis x, as they are laid over the image. Slope: what a ramp that rises by 1 a pixel gives.",
    )  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--ksize", type=int, help="size of sobel and laplacian (default: 3 and 1)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from edgecalc import stencils
    from edgecalc.core.arrays import one_of
    from edgecalc.filters.operators import odd_size, sized_sobel

    table = {
        **stencils.OPERATORS,
        "sobel": sized_sobel(args.ksize or 3, 1),
        "roberts": stencils.ROBERTS["main"],
        "roberts anti": stencils.ROBERTS["anti"],
        "laplacian": stencils.laplacian(odd_size(args.ksize or 1)),
    }
    for name in args.names:
        one_of(name, table, "NAME")
    for name in args.names or table:
        print("\n".join(drawing(name, table[name])), end="\n\n")
    return 0


def drawing(name: str, operator) -> list[str]:
    kernel = operator.kernel()
    reach = [(min(0, *(p[k] for p in kernel)), max(0, *(p[k] for p in kernel))) for k in (0, 1)]
    cells = [[number(kernel.get((i, j), 0)) for j in range(reach[1][0], reach[1][1] + 1)] for i in range(reach[0][0], reach[0][1] + 1)]
    width = max(len(cell) for row in cells for cell in row) + 2
    facts = [f"slope {operator.slope():.6g}", f"accuracy {operator.accuracy}", f"noise gain {operator.noise_gain:.4f} at unit slope"]
    return [f"{name}   {'   '.join(facts)}", *("    " + "".join(cell.rjust(width) for cell in row) for row in cells)]


def number(value) -> str:
    return str(int(value)) if value == int(value) else f"{float(value):.4f}"
