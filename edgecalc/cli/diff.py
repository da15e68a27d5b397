"""edgecalc diff: the derivative of a formula, by one method or all."""

from __future__ import annotations

import argparse
import json

EPILOG = """examples:
  edgecalc diff "exp(-2*x)+3*sin(3*x)" --at 0.25
  edgecalc diff "5*x^2*(3*x+1)" --at 2 --method all
  edgecalc diff "x^2+3*x*y" --at 1,2                several variables, in alphabetical order: the gradient
  edgecalc diff "sin(x^2)" --steps                  by the rules, step by step (needs SymPy)
  edgecalc diff "exp(x)" --at 0 --study             how the error depends on the step
"""


def add(commands) -> None:
    parser = commands.add_parser(
        "diff", help="differentiate a formula", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
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
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from edgecalc.calculus.expression import Expression
    from edgecalc.errors import EdgecalcError

    expression = Expression.parse(args.formula)
    if args.steps:
        from edgecalc.calculus.symbolic import work

        print(work(expression, (*expression.variables, "x")[0]))
        return 0
    if args.at is None:
        raise EdgecalcError("--at X: say where, such as --at 0.25; or --steps for the rules alone")
    at = place(args.at, max(1, len(expression.variables)))
    if len(expression.variables) > 1:
        from edgecalc.calculus.fields import gradient

        found = gradient(expression, at)
        named = dict(zip(expression.variables, found.tolist(), strict=True))
        print(
            json.dumps({"formula": args.formula, "at": at, "gradient": named})
            if args.json
            else "\n".join(f"d/d{k} = {v!r}" for k, v in named.items())
        )
        return 0
    if args.study:
        from edgecalc.calculus.comparison import step_study

        print(step_study(expression, at[0]).table())
        return 0
    if args.method == "all":
        from edgecalc.calculus.comparison import compare

        print(compare(args.formula, at[0], order=args.order).table())
        return 0
    from edgecalc.calculus.numeric import derivative

    slope = derivative(expression, at[0], order=args.order, method=args.method)
    if args.json:
        print(json.dumps({"formula": args.formula, "at": at[0], "order": args.order} | {k: none_if_nan(v) for k, v in vars(slope).items()}))
        return 0
    print(f"{slope.value!r} +- {slope.error:.1e}   ({slope.method}, {slope.evaluations} values of f)")
    if slope.kind != "smooth":
        print(f"{slope.kind}: from the left {slope.left!r}, from the right {slope.right!r}")
    return 0


def none_if_nan(value):
    return None if isinstance(value, float) and (value != value or abs(value) == float("inf")) else value


def place(text: str, count: int, option: str = "--at") -> list[float]:
    from edgecalc.errors import EdgecalcError

    try:
        numbers = [float(each) for each in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise EdgecalcError(
            f"{option}: {text!r} came; {count} number{'s, separated by commas,' if count > 1 else ''} {'are' if count > 1 else 'is'} accepted"
        )
    return numbers
