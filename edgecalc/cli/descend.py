"""edgecalc descend: walk down a formula or a named problem, by one rule or several."""

from __future__ import annotations

import argparse
from pathlib import Path

from edgecalc.cli.plot import SUFFIXES, numbers, save, takes_minus
from edgecalc.media.names import check_output

EPILOG = """examples:
  edgecalc descend "x**2+y**2" --from 3,4 --rule sign --rate 1 --steps 4
  edgecalc descend rosenbrock --rule adam --rate 0.05 --steps 500 --schedule cosine
  edgecalc descend rosenbrock --from -1.5,2 --rule nesterov
  edgecalc descend "exp(x)-ln(x)" --from 1.75 --rule newton
  edgecalc descend "x^2+10*y^2" --from 3,4 --rule adam --rule momentum --animate race.html    (needs Matplotlib)
  edgecalc descend himmelblau --rule bfgs --csv path.csv
"""
FIRST_ORDER = (
    "sign", "gd", "momentum", "momentum as printed", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw", "noisy", "hill climbing",
)  # fmt: skip
SECOND_ORDER = ("newton", "bfgs", "lbfgs")
SCHEDULES = ("constant", "step", "exponential", "cosine", "warm-up", "progress")
PROBLEMS = ("sphere", "sauna", "three minima", "rosenbrock", "beale", "himmelblau", "saddle", "ravine", "plateau")
VARIABLES = "one number for each variable, in alphabetical order, separated by commas"


def add(commands) -> None:
    parser = commands.add_parser(
        "descend", help="walk down a formula by gradient descent, Adam, Newton ...", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description=f"Every step as a table, why the walk stopped and what it found. Rules: {', '.join(FIRST_ORDER)}; {', '.join(SECOND_ORDER)}.",
    )  # fmt: skip
    parser.add_argument("formula", help='such as "x**2+y**2"; or a problem: ' + ", ".join(PROBLEMS))
    parser.add_argument("--from", dest="start", metavar="X", help=f"where to start: {VARIABLES}")
    parser.add_argument(
        "--rule",
        action="append",
        metavar="RULE",
        choices=(*FIRST_ORDER, *SECOND_ORDER),
        help="which rule; more than once: each of them (default: gd)",
    )
    parser.add_argument("--rate", type=float, help="length of a step (default: the rule's own)")
    parser.add_argument("--steps", type=int, default=100, help="how many at most (default: %(default)s)")
    parser.add_argument("--schedule", choices=SCHEDULES, metavar="NAME", help=f"how the rate changes: {', '.join(SCHEDULES)}")
    parser.add_argument("--stop", type=float, help="stop where the gradient is no longer than that")
    parser.add_argument("--bounds", metavar="LOW,HIGH", help="keep every variable within")
    parser.add_argument("--seed", type=int, help="for the rules that throw dice")
    parser.add_argument("--rows", type=int, default=20, help="of the table (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON document for each rule, a line each")
    parser.add_argument("--csv", metavar="FILE", help="every step, numbers in full (one rule)")
    parser.add_argument("--plot", metavar="FILE", help="the path over the contours, as a picture")
    parser.add_argument("--animate", metavar="FILE", help="the walk as a film: .html or .gif")
    parser.set_defaults(run=run)
    takes_minus(parser)


def run(args: argparse.Namespace) -> int:
    from edgecalc.errors import EdgecalcError

    if args.plot:
        check_output(args.plot, "--plot", SUFFIXES)
    if args.animate:
        check_output(args.animate, "--animate", (".html", ".gif"))
    if args.rows < 2:
        raise EdgecalcError(f"--rows: {args.rows} came; 2 or more is accepted")
    f, grad, start = problem_of(args.formula, args.start)
    names = args.rule or ["gd"]
    if args.csv and len(names) > 1:
        raise EdgecalcError(f"--csv: {len(names)} rules came; one is accepted")
    traces = [walk(args, name, f, grad, start) for name in names]
    for trace in traces:
        print(trace.to_json() if args.json else f"{trace.rule}\n{trace.table(args.rows)}")
    if args.csv:
        traces[0].to_csv(args.csv)
    if args.plot:
        from edgecalc.plots import descent

        save(descent.paths(f, traces), Path(args.plot))
    if args.animate:
        from edgecalc.plots import descent

        descent.animate(f, traces, out=args.animate)
    return 0


def problem_of(text: str, start: str | None) -> tuple:
    """(f, its gradient if it is known, the start)."""
    from difflib import get_close_matches

    from edgecalc.calculus.expression import Expression
    from edgecalc.errors import EdgecalcError
    from edgecalc.optimize.problems import PROBLEMS

    if text in PROBLEMS:
        problem = PROBLEMS[text]
        return problem, problem.gradient, list(problem.start) if start is None else numbers(start, len(problem.start), "--from: ")
    expression = Expression.parse(text)
    if not expression.variables:
        raise EdgecalcError(f"formula: {text!r} has no variable; there is nothing to descend")
    if start is None:
        if close := get_close_matches(text, PROBLEMS, 1):
            raise EdgecalcError(f"formula: {text!r} came, without --from X to start from; the problem {close[0]!r} may be meant")
        raise EdgecalcError(f"--from X: say where to start: {VARIABLES}; here {', '.join(expression.variables)}")
    at = numbers(start, len(expression.variables), "--from: ")
    return expression, None, at[0] if len(at) == 1 else at


def walk(args: argparse.Namespace, name: str, f, grad, start):
    from edgecalc import optimize
    from edgecalc.errors import EdgecalcError

    bounds = tuple(numbers(args.bounds, 2, "--bounds: ")) if args.bounds else None
    if name not in SECOND_ORDER:
        options = {"rate": args.rate, "schedule": args.schedule, "stop": args.stop, "seed": args.seed, "bounds": bounds}
        return optimize.descend(f, start, name, grad=grad, steps=args.steps, **options)
    unfit = [option for option in ("rate", "schedule", "seed") if getattr(args, option) is not None]
    if bounds and name == "bfgs":
        unfit.append("bounds")
    if unfit:
        raise EdgecalcError(f"--{unfit[0]}: it came with --rule {name}, which takes none")
    options = {"bounds": bounds} if bounds else {}
    if args.stop is not None:
        options["stop"] = args.stop
    return getattr(optimize, name)(f, start, grad=grad, steps=args.steps, **options)
