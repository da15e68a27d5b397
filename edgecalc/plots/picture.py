"""The figure that a notebook shows by itself. The only file that imports matplotlib at its top: style.py alone imports it, when asked."""

from io import BytesIO

from matplotlib.figure import Figure


class Picture(Figure):
    """A matplotlib Figure; pyplot, which would show it in a notebook, does not know it.

    >>> Picture()._repr_png_()[1:4]
    b'PNG'
    """

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()
