"""edgecalc: wires the commands together.

Exit codes: 0 done, 1 a difference or a failure of the whole command, 2 wrong usage, 3 some files failed, 4 nothing to do,
11 another run has the output folder, 130 interrupted, 143 ended by a signal.
"""

import argparse
import os
import sys

import edgecalc
from edgecalc.cli import bench, compare, completion, descend, diff, doctor, ops, plot, report, run, verify, watch
from edgecalc.errors import Locked

COMMANDS = (run, watch, report, ops, verify, compare, bench, diff, descend, plot, doctor, completion)
EPILOG = """examples:
  edgecalc run photos -o edges                       edges of every image in a folder
  edgecalc run a.jpg -o edges --op sobel:axis=y,view=shift
  edgecalc ops                                       what the operators are
  edgecalc verify                                    compare with OpenCV, scikit-image and SciPy, bit for bit
"""


def parser() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The whole, and each command's own."""
    made = argparse.ArgumentParser(
        prog="edgecalc", description="Edges in images, from a compiled finite-difference core.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    made.add_argument("--version", action="version", version=f"edgecalc {edgecalc.__version__}")
    commands = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return made, commands.choices


def parsed(words: list[str]) -> argparse.Namespace:
    """By the command's own parser: inputs may stand among options, and what is not known is refused with the command's usage."""
    made, commands = parser()
    if not words or words[0] not in commands:
        return made.parse_args(words)
    command = commands[words[0]]
    args, left = command.parse_known_args(words[1:])
    if not left:
        return args
    return command.parse_args(words[1:]) if words[0] == "plot" else command.parse_intermixed_args(words[1:])  # plot NAME hands on all that follows


def main(arguments: list[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    for stream, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # closed by the caller, as `2>&-` does
        if getattr(sys, stream) is None:
            setattr(sys, stream, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
        if hasattr(getattr(sys, stream), "reconfigure") and mode == "w":
            getattr(sys, stream).reconfigure(errors="backslashreplace")  # a name that this terminal cannot show ends nothing
    os.environ["MPLBACKEND"] = "agg"  # pictures are written, never shown: what a notebook has set may be missing here
    args = parsed(words)
    args.typed = words
    try:
        return args.run(args)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Locked as error:
        print(f"edgecalc: {error}", file=sys.stderr)
        return 11
    except (ValueError, TypeError, ImportError) as error:
        print(f"edgecalc: {error}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"edgecalc: not enough memory{f' ({error})' if str(error) else ''}", file=sys.stderr)
        return 1
    except OSError as error:
        from edgecalc.media.names import plainly

        print(f"edgecalc: {plainly(error)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
