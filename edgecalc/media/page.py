"""What the HTML pages share: one set of colours, light and dark, and pictures that travel inside the page."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgecalc.media.names import check_output

if TYPE_CHECKING:
    from PIL.Image import Image

LIGHT = {
    "ink": "#1c2024", "quiet": "#60646c", "paper": "#fbfbfa", "card": "#fff", "line": "#e0e1e6", "good": "#18794e", "bad": "#c62a2f",
    "accent": "#0b68cb", "skip": "#80838d",
}  # fmt: skip
DARK = {
    "ink": "#edeef0", "quiet": "#a5abb3", "paper": "#111213", "card": "#191b1d", "line": "#2e3135", "good": "#3dd68c", "bad": "#ff8b8d",
    "accent": "#70b8ff", "skip": "#7d828a",
}  # fmt: skip


def colours() -> str:
    """CSS variables that follow the reader's system, unless the page sets data-theme on its root element."""
    light, dark = (" ".join(f"--{name}: {value};" for name, value in each.items()) for each in (LIGHT, DARK))
    return f"""
:root {{ color-scheme: light dark; {light} }}
@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}
:root[data-theme="dark"] {{ color-scheme: dark; {dark} }}
:root[data-theme="light"] {{ color-scheme: light; }}
"""


def check_name(path: str | Path, option: str, *others: str, inputs: Iterable[str | Path] = ()) -> None:
    """Whether a page may have that name."""
    check_output(path, option, (".html", ".htm", *others), inputs)


def data_uri(picture: Image, kind: str = "PNG", **options: Any) -> str:
    held = BytesIO()
    picture.save(held, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(held.getvalue()).decode('ascii')}"
