"""Docstrings are plain text; here they become what Sphinx reads.

    `name`                  a link, if it is a public name of the same room; else code
    what is indented        stands as it is: kernels, borders, tables
    | * _                   are themselves
    Parameters              end where a line is neither a parameter nor indented

So they read well in a terminal, and there is no markup to learn.
"""

import re
from importlib import import_module
from itertools import pairwise

QUOTED = re.compile(r"``.+?``|`[^`]+`")
FIELD = re.compile(r"\*{0,2}\w+(, \*{0,2}\w+)*( : .*)?$")
RULE = re.compile("-{3,}")


def as_rst(app, what, name, obj, options, lines):
    """Sphinx's event autodoc-process-docstring: `lines` is changed in place."""
    room = name if what == "module" else next(rooms(name), "")
    lines[:] = list(converted(lines, room))


def rooms(name):
    """Of edgecalc.calculus.Derivative.value: the modules among edgecalc.calculus.Derivative, edgecalc.calculus, edgecalc."""
    while "." in name:
        name = name.rpartition(".")[0]
        try:
            yield import_module(name).__name__
        except ImportError:
            continue


def converted(lines, room):
    before = "blank"
    for kind, margin, line in kinds(lines):
        if kind not in ("blank", before) and ("literal" in (kind, before) or kind == "header" or not margin):
            yield ""
        if kind == "header":
            yield f".. rubric:: {line}"
        elif kind == "field":
            name, _, accepted = line.partition(" : ")
            yield from ("", f"``{name}`` : {plain(accepted, room)}" if accepted else f"``{name}``", "    ..", "")
        elif kind == "text":
            yield line[: len(line) - len(line.lstrip())] + plain(line.strip(), room)
        elif kind == "literal" != before:
            yield from (margin + "::", "", line)
        elif kind != "rule":
            yield line
        before = before if kind == "blank" else kind
    yield ""


def kinds(lines):
    """(kind, margin, line) for each line; a text's margin is deeper below a parameter."""
    kind, margin = "blank", ""
    for line, below in pairwise([*lines, ""]):
        indented = len(line) - len(line.lstrip())
        if not line.strip():
            kind = "blank"
        elif RULE.fullmatch(line):
            kind = "rule"
        elif RULE.fullmatch(below):
            kind, margin = "header", "    "
        elif line.startswith(">>> ") or kind == "doctest":
            kind, margin = "doctest", ""
        elif margin and not indented and FIELD.fullmatch(line):
            kind = "field"
        elif indented > len(margin):
            kind = "literal"
        else:
            kind, margin = "text", margin if indented else ""
        yield kind, margin, line


def plain(text, room):
    made = [re.sub(r"([\\*|_])", r"\\\1", part) for part in QUOTED.split(text)]
    for k, quoted in enumerate(QUOTED.findall(text)):
        made[k] += link(quoted.strip("`"), room)
    return re.sub("::$", ":", "".join(made))


def link(name, room):
    if room and name in getattr(import_module(room), "__all__", ()):
        return f":py:obj:`~{room}.{name}`"
    return f"``{name}``"
