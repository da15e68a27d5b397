"""Which compiled kernels serve this process: chosen once, at import.

EDGECALC_TARGET=base|avx2|avx512 forces one. All give the same bytes.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np

try:
    from edgecalc._cpu import targets as runnable
    from edgecalc._memory import empty as empty
    from edgecalc._memory import reuse as reuse
except ModuleNotFoundError as error:
    if error.name != "edgecalc._cpu":
        raise
    raise ImportError(
        f"edgecalc: {Path(__file__).parents[1]} is the source, without its compiled core, and hides the package that is installed: "
        "start Python in another folder, or compile it here: pip install -e ."
    ) from None

TARGETS = ("avx512", "avx2", "base")
CODES = {
    np.dtype(name): code for code, name in enumerate(("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"))
}


def built() -> tuple[str, ...]:
    """The targets that this installation holds, the fastest first."""
    return tuple(name for name in TARGETS if find_spec(f"edgecalc._kernels_{name}"))


def choose(wanted: str | None) -> tuple[str, ModuleType]:
    usable = [name for name in built() if name in runnable()]
    if wanted and wanted not in usable:
        raise ImportError(
            f"EDGECALC_TARGET={wanted}: built are {', '.join(built())}, this processor runs {', '.join(runnable())}; "
            f"accepted here: {', '.join(usable)}, or unset it"
        )
    name = wanted or usable[0]
    return name, import_module(f"edgecalc._kernels_{name}")


TARGET, _module = choose(os.environ.get("EDGECALC_TARGET"))
Plan = _module.Plan
EdgeMap = _module.EdgeMap
luma = _module.luma
skeleton = _module.skeleton
