"""What edgecalc raises.

    Exception
    ├── ValueError ┬─ EdgecalcError ┬─ ImageFileError ── NoFile    a file that is not a whole image of an accepted format; nothing to read at all
    │              │                ├─ Locked                      another run writes into the same folder
    │              │                ├─ Stopped                     a run that ended before its files did
    │              │                └─ ExpressionError             a formula that cannot be read, with a caret under the mistake
    │              ├─ BadResult                                    what a function to be differentiated gave is no number for each x
    │              └─ (itself)                                     an argument of the right type with a value that is not accepted
    ├── TypeError ─┬─ NoDerivative                                 a function without a rule for automatic differentiation
    │              └─ (itself)                                     an argument of a type that is not accepted
    └── ImportError ── MissingExtra                                a library that is not installed, with the line that installs it

Every message names the argument, what came, what is accepted and, where there is one, the next step.
"""


class EdgecalcError(ValueError):
    """Base of the errors that are edgecalc's own."""


class ImageFileError(EdgecalcError):
    """A file that cannot be read as a whole image, or a name that cannot be written as one."""


class NoFile(ImageFileError):
    """A name behind which there is nothing to read: a pipe, a socket, a device, a link that leads nowhere, an empty file."""


class Locked(EdgecalcError):
    """Another run has the output folder."""


class MissingExtra(ImportError):
    """An optional library is needed and missing.

    >>> print(MissingExtra("cv2", "compare"))
    this needs cv2, which is not installed: pip install "edgecalc[compare]"
    """

    def __init__(self, library: str, extra: str):
        super().__init__(f'this needs {library}, which is not installed: pip install "edgecalc[{extra}]"')
