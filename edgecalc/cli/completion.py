"""edgecalc completion: what a shell needs to complete commands and options."""

import argparse

SHELLS = ("bash", "zsh", "tcsh")
FILES, FOLDERS = ("FILE", "IMAGE", "INPUT", "PAGE", "..."), ("FOLDER", "OUT")  # what the help calls them
EPILOG = """examples:
  eval "$(edgecalc completion bash)"
  edgecalc completion zsh > ~/.zfunc/_edgecalc
"""


def add(commands) -> None:
    parser = commands.add_parser(
        "completion", help="print a shell's completion script", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Prints a script that lets the shell complete edgecalc's commands and options.",
    )  # fmt: skip
    parser.add_argument("shell", choices=SHELLS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from edgecalc.cli.main import parser
    from edgecalc.errors import MissingExtra

    try:
        import shtab
    except ImportError:
        raise MissingExtra("shtab", "completion") from None
    made, commands = parser()
    for action in (action for command in commands.values() for action in command._actions if action.metavar in FILES + FOLDERS):
        action.complete = shtab.FILE if action.metavar in FILES else shtab.DIRECTORY  # type: ignore[attr-defined]
    print(shtab.complete(made, args.shell))
    return 0
