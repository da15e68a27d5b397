"""edgecalc plot: a picture of a function, a surface or an image, by its name."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from edgecalc.errors import EdgecalcError
from edgecalc.media.names import check_output, printable

SUFFIXES = (".png", ".svg", ".pdf")
EPILOG = """examples:
  edgecalc plot                                      what there is
  edgecalc plot tangent "sin(x)" --at 1 -o tangent.png
  edgecalc plot contour "x**2+y**2" -o contour.svg
  edgecalc plot surface "x**2-y**2" -o turn.html     to be turned by hand (needs plotly)
  edgecalc plot row photo.jpg --row 40 -o row.png
  edgecalc plot canny --help                         what a picture takes

Formulas hold numbers, variables, + - * / ^ ( ), pi, e and functions such as sin, exp, ln, sqrt, abs. They are read, never run as code.
"""


# ---------------------------------------------------------------- what a picture takes


def number(text: str) -> float:
    return numbers(text, 1)[0]


def numbers(text: str, count: int | None = None, option: str = "") -> list[float]:
    try:
        found = [float(each) for each in text.split(",")]
    except ValueError:
        found = []
    if not found or count not in (None, len(found)):
        wanted = (
            "one number is" if count == 1 else "numbers, separated by commas, are" if count is None else f"{count} numbers, separated by commas, are"
        )
        raise EdgecalcError(f"{option}{text!r} came; {wanted} accepted")
    return found


def whole(text: str) -> int:
    found = number(text)
    if not found.is_integer():
        raise EdgecalcError(f"{text!r} came; a whole number is accepted")
    return int(found)


def dots(text: str) -> int:
    found = whole(text)
    if not 10 <= found <= 2000:
        raise EdgecalcError(f"{text!r} came; 10 to 2000 is accepted")
    return found


def wholes(text: str) -> list[int]:
    return [whole(each) for each in text.split(",")]


def pairs(text: str) -> list[tuple[float, float]]:
    found = numbers(text)
    if len(found) % 2:
        raise EdgecalcError(f"{text!r} came; a low and a high end for each variable, such as -1,1,0,5, are accepted")
    return list(zip(found[::2], found[1::2], strict=True))


def box_of(text: str) -> Any:
    found = pairs(text)
    return found[0] if len(found) == 1 else found


def gray(path: str) -> Any:
    from edgecalc.media.read import read_gray

    return read_gray(path)


def words(text: str) -> list[str]:
    return text.split(",")


class Argument(NamedTuple):
    """How a value is written on the command line, and read."""

    flag: str
    read: Callable[[str], Any]
    says: str
    metavar: str = ""
    needed: bool = False
    default: str | None = None

    @property
    def positional(self) -> bool:
        return not self.flag.startswith("-")


FORMULA = Argument("FORMULA", str, 'such as "exp(-2*x) + 3*sin(3*x)"; one that starts with - too', needed=True)
SURFACE = Argument("FORMULA", str, 'of two variables, such as "x**2 + y**2"', needed=True)
IMAGE = Argument("IMAGE", gray, "an image file, read as gray", needed=True)
NAMES = Argument("NAMES", words, "separated by commas")
AT = Argument("--at", number, "where", "X")
HERE = AT._replace(needed=True)
POINT = Argument("--at", numbers, "where", "X,Y", needed=True)
BOX = Argument("--box", box_of, "from where to where", "LOW,HIGH")
SQUARE = Argument("--box", box_of, "from where to where: one pair for both variables, or one for each", "LOW,HIGH[,LOW,HIGH]")
AROUND_0 = SQUARE._replace(default="-2,2")
OPERATOR = Argument("--op", str, "sobel, scharr, prewitt, farid, central, forward or backward", "NAME")
LOW = Argument("--low", number, "Canny's lower threshold", "L")
HIGH = Argument("--high", number, "Canny's higher threshold", "L")
SIGMA = Argument("--sigma", number, "smoothed by a Gaussian of so many pixels", "S")
KSIZE = Argument("--ksize", whole, "size of the Sobel derivatives: 3, 5 or 7", "N")
DPI = Argument("--dpi", dots, "dots an inch, 10 to 2000", "N", default="150")
NORM = Argument("--norm", str, "length of the gradient: l1 or l2", "NAME")


# ---------------------------------------------------------------- the pictures


def step_size(f: str, x: float) -> Any:
    from edgecalc.calculus import Expression, step_study
    from edgecalc.plots import curves

    return curves.step_size(step_study(Expression.parse(f), x))


def comparison(f: str, x: float) -> Any:
    from edgecalc.calculus import compare
    from edgecalc.plots import curves

    return curves.comparison(compare(f, x))


def newton(f: str, x: float, box: Any = None) -> Any:
    from edgecalc.optimize import newton
    from edgecalc.plots import curves, samples

    return curves.newton(f, newton(samples.function_of(f), x, form="plain"), box=box)


def kernels(which: Any = ()) -> Any:
    from edgecalc.plots import edges

    return edges.kernels(*which)


class Picture(NamedTuple):
    """Which function draws it, what each of its parameters is on the command line, and what is seen."""

    function: str | Callable
    takes: dict[str, Argument]
    example: str
    says: str
    turned: str = ""  # the function for .html

    @property
    def suffixes(self) -> tuple[str, ...]:
        return (*SUFFIXES, ".html") if self.turned else SUFFIXES


PICTURES = {
    "functions": Picture("curves.functions", {"at": AT, "box": BOX}, "", "fifteen functions with derivative, tangent and secant"),
    "activations": Picture("curves.activations", {"box": BOX}, "", "the activation functions of networks and their derivatives"),
    "derivative": Picture("curves.derivative", {"f": FORMULA, "box": BOX}, '"sin(x)"', "a function over its derivative"),
    "tangent": Picture("curves.tangent", {"f": FORMULA, "x": HERE, "box": BOX}, '"sin(x)" --at 1', "a function and its tangent"),
    "secant": Picture(
        "curves.secant",
        {"f": FORMULA, "a": Argument("--from", number, "where the secants begin", "A", True),
         "b": Argument("--to", number, "where the first one ends", "B", True), "count": Argument("--count", whole, "how many", "N"), "box": BOX},
        '"x^2" --from 1 --to 3', "secants that close in on the tangent",
    ),
    "kinks": Picture("curves.kinks", {"f": FORMULA, "x": AT, "box": BOX}, '"abs(x)" --at 0', "slopes to the left and to the right of a point"),
    "motion": Picture("curves.motion", {"f": FORMULA, "box": BOX}, '"x^3-3*x" --box -2,2', "distance, velocity, acceleration"),
    "newton": Picture(newton, {"f": FORMULA, "x": HERE, "box": BOX}, '"exp(x)-ln(x)" --at 1.75', "Newton's steps from there, tangent by tangent"),
    "taylor": Picture(
        "curves.taylor", {"f": FORMULA, "at": AT, "orders": Argument("--orders", wholes, "which", "N,N,..."), "box": BOX},
        '"sin(x)" --orders 1,3,9', "Taylor polynomials and their errors",
    ),
    "step-size": Picture(step_size, {"f": FORMULA, "x": HERE}, '"exp(x)" --at 0', "a derivative's error over the step: the V"),
    "comparison": Picture(comparison, {"f": FORMULA, "x": HERE}, '"exp(x)" --at 0', "errors and times of the ways to differentiate"),
    "surface": Picture(
        "surfaces.surface", {"f": SURFACE, "box": AROUND_0}, '"x**2-y**2"', "a surface with its stationary points; .html: to be turned by hand",
        turned="surfaces.turned",
    ),
    "tangent-plane": Picture("surfaces.tangent_plane", {"f": SURFACE, "point": POINT, "box": SQUARE}, '"x**2+y**2" --at 2,4', "the plane that touches"),
    "contour": Picture("surfaces.contour", {"f": SURFACE, "box": AROUND_0}, '"x**2+2*y**2"', "lines of equal height, arrows downhill"),
    "field": Picture("surfaces.gradient_field", {"f": SURFACE, "box": AROUND_0}, '"x*exp(-x^2-y^2)"', "the gradient as arrows"),
    "curvature": Picture("surfaces.curvature", {"f": SURFACE, "box": AROUND_0}, '"x*exp(-x^2-y^2)"', "where a surface is hollow, where a hill"),
    "schedules": Picture(
        "descent.schedules", {"which": NAMES, "rate": Argument("--rate", number, "the first rate", "R"), "steps": Argument("--steps", whole, "how many", "N")},
        "step,cosine", "how learning rates change over a run",
    ),
    "panels": Picture(
        "edges.panels", {"image": IMAGE, "operator": OPERATOR, "low": LOW, "high": HIGH}, "IMAGE", "an image, its derivatives, its edges",
    ),
    "row": Picture(
        "edges.row_profile",
        {"image": IMAGE, "row": Argument("--row", whole, "which", "N", True), "operator": OPERATOR,
         "columns": Argument("--columns", wholes, "only these", "FIRST,LAST")},
        "IMAGE --row 40", "a row of an image as a function, over its derivative",
    ),
    "arrows": Picture("edges.arrows", {"image": IMAGE, "sigma": SIGMA}, "IMAGE", "the gradient as arrows over an image"),
    "canny": Picture(
        "edges.canny_stages",
        {"image": IMAGE, "low": LOW._replace(needed=True), "high": HIGH._replace(needed=True), "ksize": KSIZE, "norm": NORM, "sigma": SIGMA},
        "IMAGE --low 50 --high 150", "Canny's edges step by step",
    ),
    "thresholds": Picture(
        "edges.thresholds",
        {"image": IMAGE, "pairs": Argument("--pairs", pairs, "Canny's thresholds (default: three automatic ones)", "LOW,HIGH[,LOW,HIGH...]"),
         "ksize": KSIZE, "norm": NORM, "sigma": SIGMA},
        "IMAGE --pairs 50,150,100,300", "Canny's edges by several thresholds, over the histogram",
    ),
    "operators": Picture(
        "edges.operators", {"image": IMAGE, "names": Argument("--ops", words, "which", "NAME,NAME,...")}, "IMAGE --ops sobel,roberts",
        "the gradient by several operators",
    ),
    "scales": Picture(
        "edges.scales", {"image": IMAGE, "sigmas": Argument("--sigmas", numbers, "in pixels", "S,S,...")}, "IMAGE --sigmas 1,3,9",
        "an image and its gradient, ever more coarsely",
    ),
    "kernels": Picture(kernels, {"which": NAMES}, "sobel,laplacian", "operators as numbers in cells"),
    "borders": Picture("edges.borders", {}, "", "what stands beyond the sides of an image"),
}  # fmt: skip


# ---------------------------------------------------------------- the command


def add(commands) -> None:
    parser = commands.add_parser(
        "plot", help="draw a function, a surface, an image's edges ...", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Draws a picture and prints where it is. Without NAME: what there is. Needs Matplotlib.",
    )  # fmt: skip
    parser.add_argument("name", nargs="?", metavar="NAME", help="of the picture")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it (default: NAME.png)")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="what it takes: edgecalc plot NAME --help tells")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.name is None:
        print(listed())
        return 0
    if args.name not in PICTURES:
        raise EdgecalcError(f"NAME: {args.name!r} came{nearest(args.name)}; accepted are {', '.join(PICTURES)}")
    picture = PICTURES[args.name]
    given = parser_of(args.name, picture).parse_args(args.rest)
    out = Path(given.output or args.output or f"{args.name}.png")
    texts = {name: text for name in picture.takes if (text := getattr(given, name)) is not None}
    check_output(out, "-o", picture.suffixes, [texts[name] for name, argument in picture.takes.items() if argument is IMAGE])
    function = picture.turned if out.suffix.lower() == ".html" else picture.function
    dpi = read(DPI, given.dpi)
    drawn = drawer(function)(**{name: read(picture.takes[name], text) for name, text in texts.items()})
    save(drawn, out, dpi)
    print(printable(out))
    return 0


def listed() -> str:
    commands = {name: f"{name} {picture.example}".strip() for name, picture in PICTURES.items()}
    width = max(map(len, commands.values()))
    lines = [f"  {commands[name]:<{width}}   {picture.says}" for name, picture in PICTURES.items()]
    return "\n".join(["edgecalc plot NAME ... -o FILE, for example", "", *lines, "", "edgecalc plot NAME --help tells what else a picture takes."])


def nearest(name: str) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name, PICTURES, 1)
    return f", did you mean {found[0]}?" if found else ""


def parser_of(name: str, picture: Picture) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=f"edgecalc plot {name}", description=f"Draws {picture.says}.")
    for parameter, argument in picture.takes.items():
        says = argument.says + (f" (default: {argument.default})" if argument.default else "")
        if argument.positional:
            made.add_argument(parameter, metavar=argument.flag, nargs=None if argument.needed else "?", help=says)
        else:
            made.add_argument(argument.flag, dest=parameter, metavar=argument.metavar, required=argument.needed, default=argument.default, help=says)
    made.add_argument("-o", "--output", metavar="FILE", help=f"ends in {', '.join(picture.suffixes)} (default: {name}.png)")
    made.add_argument(DPI.flag, metavar=DPI.metavar, default=DPI.default, help=f"{DPI.says} (default: {DPI.default})")
    takes_minus(made)
    return made


def takes_minus(parser: argparse.ArgumentParser) -> None:
    """A formula or a number that begins with a minus is no option: of those there are only long ones, -h and -o."""
    parser._negative_number_matcher = re.compile("-[^-]")  # which argparse asks whether a word is a number


def save(drawn: Any, out: Path, dpi: int = 100) -> None:
    """Whole, or not at all."""
    from edgecalc.media.write import write_whole

    write_whole(out, encoded(drawn, out.suffix.lower(), dpi))


def read(argument: Argument, text: str) -> Any:
    try:
        return argument.read(text)
    except EdgecalcError as error:
        if argument is IMAGE:
            raise
        raise EdgecalcError(f"{argument.flag}: {error}") from None


def drawer(function: str | Callable) -> Callable:
    if callable(function):
        return function
    from importlib import import_module

    room, name = function.split(".")
    return getattr(import_module(f"edgecalc.plots.{room}"), name)


def encoded(drawn: Any, suffix: str, dpi: int) -> bytes:
    """The file's bytes; the same for the same picture."""
    from io import BytesIO

    if suffix == ".html":
        return drawn.to_html(include_plotlyjs=True, default_height="95vh").encode()
    from matplotlib import rc_context

    held = BytesIO()
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix)
    with rc_context({"svg.hashsalt": "edgecalc"}):  # names in the file that would be dice otherwise
        drawn.savefig(held, format=suffix[1:], dpi=dpi, metadata=undated)
    return held.getvalue()
