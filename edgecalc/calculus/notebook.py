"""What reads as a text when it is printed is shown so by notebooks, too."""

from typing import Any


def shown(self: Any, printer: Any, cycle: bool) -> None:
    """As `_repr_pretty_` of a class, which IPython asks for."""
    printer.text(str(self))
