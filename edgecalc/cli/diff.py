"""edgecalc diff: the derivative of a formula, by one method or all."""

import json
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from edgecalc.cli.plot import SUFFIXES, numbers, save, takes_minus
from edgecalc.errors import EdgecalcError
from edgecalc.media.names import check_output

EXAMPLES = """\
examples:
  edgecalc diff "exp(-2*x)+3*sin(3*x)" --at 0.25
  edgecalc diff "5*x^2*(3*x+1)" --at 2 --method all
  edgecalc diff "x^2+3*x*y" --at 1,2                several variables, in alphabetical order: the gradient
  edgecalc diff "sin(x^2)" --steps                  by the rules, step by step (needs SymPy)
  edgecalc diff "exp(x)" --at 0 --study             how the error depends on the step
  edgecalc diff "x^2" --at 1 --plot tangent.png     a picture too: the tangent, the methods or the study (needs matplotlib)
"""


class Answer(NamedTuple):
    """What is printed, as text or as JSON, and what draws it."""

    text: str
    held: dict[str, Any]
    draw: Callable[[], Any]


def add(commands: Any) -> None:
    """The command's options."""
    parser: ArgumentParser = commands.add_parser(
        "diff", help="differentiate a formula", epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter,
        description="Formulas hold numbers, variables, + - * / ^ ( ), pi, e and functions such as sin, exp, ln, sqrt, abs. They are read, never run as code.",
    )  # fmt: skip
    parser.add_argument("formula", help='such as "exp(-2*x)+3*sin(3*x)"')
    parser.add_argument("--at", metavar="X", help="where: one number for each variable, separated by commas")
    parser.add_argument("--order", type=int, default=1, help="which derivative (default: %(default)s)")
    parser.add_argument(
        "--method", default="auto", help="auto, central, forward, backward, complex, automatic, symbolic or all (default: %(default)s)"
    )
    parser.add_argument("--steps", action="store_true", help="by the rules, step by step")
    parser.add_argument("--study", action="store_true", help="the error over the step")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--plot", metavar="FILE", help="also draw it, as .png, .svg or .pdf")
    parser.set_defaults(run=run)
    takes_minus(parser)


def run(args: Namespace) -> int:
    """Differentiate, print, draw."""
    from edgecalc.calculus.expression import Expression

    expression = Expression.parse(args.formula)
    if args.steps:
        from edgecalc.calculus.symbolic import work

        refuse(args, "--steps, which tell the first derivative by its rules", "plot", "json", "order", "study", "at", "method")
        if len(expression.variables) > 1:
            raise EdgecalcError(f"--steps: a formula of {', '.join(expression.variables)} came; the rules take a formula of one variable")
        print(work(expression, (*expression.variables, "x")[0]))
        return 0
    if args.plot:
        check_output(args.plot, "--plot", SUFFIXES)
    if args.at is None:
        raise EdgecalcError("--at X: say where, such as --at 0.25; or --steps for the rules alone")
    at = numbers(args.at, max(1, len(expression.variables)), "--at: ")
    if len(expression.variables) > 1:
        refuse(args, "several variables, whose gradient is printed", "plot", "study", "order", "method")
        answer = slopes(expression, at)
    else:
        answer = (studied if args.study else compared if args.method == "all" else slope)(expression, at[0], args)
    print(json.dumps({"formula": args.formula} | plain(answer.held)) if args.json else answer.text, flush=True)
    if args.plot:
        save(answer.draw(), Path(args.plot))
    return 0


def slopes(expression: Any, at: list[float]) -> Answer:
    from edgecalc.calculus.fields import gradient

    named = dict(zip(expression.variables, gradient(expression, at).tolist(), strict=True))
    return Answer("\n".join(f"d/d{name} = {value!r}" for name, value in named.items()), {"at": at, "gradient": named}, lambda: None)


def studied(expression: Any, x: float, args: Namespace) -> Answer:
    from edgecalc.calculus.comparison import step_study

    refuse(args, "--study", "order", "method")
    study = step_study(expression, x)
    return Answer(study.table(), {"at": x} | study._asdict(), lambda: curves().step_size(study))


def compared(expression: Any, x: float, args: Namespace) -> Answer:
    from edgecalc.calculus.comparison import compare

    comparison = compare(args.formula, x, order=args.order)
    ways = [way._asdict() for way in comparison.ways]
    return Answer(
        comparison.table(),
        {"at": x, "order": args.order, "reference": comparison.reference, "ways": ways},
        lambda: curves().comparison(comparison),
    )


def slope(expression: Any, x: float, args: Namespace) -> Answer:
    from dataclasses import asdict  # with inspect, a seventh of the time that --help takes

    from edgecalc.calculus.numeric import derivative

    if args.plot:
        refuse(args, "--plot, which draws the tangent", "order")
    found = derivative(expression, x, order=args.order, method=args.method)
    bar = f" +- {found.error:.1e}" if isfinite(found.error) else ""
    text = f"{found.value!r}{bar}   ({found.method}, {found.evaluations} values of f)"
    if found.kind != "smooth":
        text += f"\n{found.kind}: from the left {found.left!r}, from the right {found.right!r}"

    def draw() -> Any:
        return (curves().tangent if isfinite(found.value) else curves().kinks)(expression, x)

    return Answer(text, {"at": x, "order": args.order} | asdict(found), draw)


def curves() -> Any:
    from edgecalc.plots import curves

    return curves


def refuse(args: Namespace, beside: str, *options: str) -> None:
    """What would be passed over in silence otherwise."""
    for option in options:
        given = getattr(args, option)
        if given is not None and given is not False and given != {"order": 1, "method": "auto"}.get(option):
            raise EdgecalcError(f"--{option}: it does not go with {beside}")


def plain(held: Any) -> Any:
    """As JSON knows it: no arrays, and null for what is no finite number."""
    if isinstance(held, dict):
        return {name: plain(value) for name, value in held.items()}
    held = held.tolist() if hasattr(held, "tolist") else held
    if isinstance(held, list | tuple):
        return [plain(value) for value in held]
    return None if isinstance(held, float) and not isfinite(held) else held
