"""edgecalc doctor: what this installation is and can do."""

import argparse

PEERS = ("numpy", "PIL", "cv2", "skimage", "scipy", "matplotlib", "sympy", "plotly", "shtab")


def add(commands) -> None:
    parser = commands.add_parser(
        "doctor", help="show versions, kernel targets and what is missing", description="What this installation is and can do."
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    import os
    import platform
    from importlib import import_module

    import edgecalc
    from edgecalc._cpu import targets as runnable
    from edgecalc.core import kernels, strips

    print(f"edgecalc {edgecalc.__version__}   Python {platform.python_version()}   {platform.system()} {platform.machine()}   {strips.cores()} cores")
    forced = f" (EDGECALC_TARGET={os.environ['EDGECALC_TARGET']})" if os.environ.get("EDGECALC_TARGET") else ""
    print(f"kernels: {kernels.TARGET}{forced}")
    for name in kernels.TARGETS:
        built, able = name in kernels.built(), name in runnable()
        note = "in use" if name == kernels.TARGET else "ready" if built and able else "this processor cannot run it" if built else "not built"
        print(f"    {name:8}{note}")
    for name in PEERS:
        try:
            print(f"{name:12}{import_module(name).__version__}")
        except ImportError as error:
            print(f"{name:12}not available ({error})")
    return 0
