"""The figure that a notebook shows by itself, at the end of a cell, or where it is told to. The only file that imports matplotlib at its top: style.py alone imports it, when asked."""

from io import BytesIO

from matplotlib.figure import Figure

from edgecalc.errors import EdgecalcError


class Picture(Figure):
    """A matplotlib Figure; pyplot, which would show it in a notebook, does not know it.

    >>> Picture()._repr_png_()[1:4]
    b'PNG'
    """

    def show(self, warn: bool = True) -> None:
        """In a notebook, also from within a loop; elsewhere there is no window to show it in."""
        try:
            from IPython import get_ipython
            from IPython.display import display
        except ImportError:
            get_ipython = None
        if get_ipython is None or get_ipython() is None:
            raise EdgecalcError('show: there is no notebook to show it in; write it instead: figure.savefig("name.png")')
        display(self)

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()
