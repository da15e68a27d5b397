"""Formulas as people type them, made into functions without running them as code.

    exp(-2*x) + 3*sin(3*x)      numbers, pi and e, + - * / ** ^ ( ), names of functions, other names are variables

What is not in the grammar is shown with a caret under it.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgecalc.errors import EdgecalcError

CONSTANTS = {"pi": np.pi, "π": np.pi, "e": np.e}
FUNCTIONS: dict[str, Callable] = {
    "exp": np.exp, "ln": np.log, "log": np.log, "log10": np.log10, "log2": np.log2, "sqrt": np.sqrt, "cbrt": np.cbrt, "abs": np.abs, "sign": np.sign,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "arcsin": np.arcsin, "arccos": np.arccos,
    "arctan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "floor": np.floor, "max": np.maximum, "min": np.minimum, "atan2": np.arctan2, "hypot": np.hypot,
}  # fmt: skip
TWO_ARGUMENTS = ("max", "min", "atan2", "hypot")
BINARY: dict[type, Callable] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip
UNARY: dict[type, Callable] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
LONGEST = 2000  # characters
DEEPEST = 100
LARGEST = 1e300


class ExpressionError(EdgecalcError):
    """A formula that cannot be read: the text, and a caret under the mistake."""

    def __init__(self, text: str, column: int, reason: str):
        super().__init__(f"{reason}\n    {text}\n    {' ' * column}^")


@dataclass(frozen=True)
class Expression:
    """A formula that can be called.

    >>> Expression.parse("x^2 + 1")(3.0)
    10.0
    >>> Expression.parse("x*y")(np.array([2.0, 5.0]))
    np.float64(10.0)
    """

    text: str
    variables: tuple[str, ...]
    tree: Any

    @classmethod
    def parse(cls, text: str) -> Expression:
        plain, places = with_powers(text)
        try:
            tree = ast.parse(plain, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            column = places[min(max((getattr(error, "offset", 1) or 1) - 1, 0), len(places) - 1)]
            column, reason = mistake(text, column)
            raise ExpressionError(text, column, f"formula: {reason}") from None
        names: set[str] = set()
        by_byte = [place for place, letter in zip(places, plain + " ", strict=True) for _ in letter.encode()]  # as ast counts
        check(tree, text, by_byte, names, 0)
        return cls(text, tuple(sorted(names)), tree)

    def __call__(self, x: Any) -> Any:
        """At x; where there are several variables they lie on the last axis, in alphabetical order."""
        if len(self.variables) <= 1:
            return value(self.tree, dict.fromkeys(self.variables, x))
        array = x if hasattr(x, "shape") else np.asarray(x)  # what traces an array is none
        if array.shape[-1:] != (len(self.variables),):
            raise ValueError(f"x: shape {array.shape} came; the variables {', '.join(self.variables)} on the last axis are accepted")
        return value(self.tree, {name: array[..., k] for k, name in enumerate(self.variables)})

    def with_names(self, names: dict[str, Any], functions: dict[str, Any]) -> Any:
        """The formula of other things than numbers, such as SymPy's symbols."""
        return value(self.tree, names, functions)


def with_powers(text: str) -> tuple[str, list[int]]:
    """^ means a power; and where each character came from."""
    if not isinstance(text, str) or not text.strip():
        raise EdgecalcError(f'formula: {text!r} came; text such as "exp(-2*x) + 3*sin(3*x)" is accepted')
    if len(text) > LONGEST:
        raise EdgecalcError(f"formula: {len(text)} characters came; up to {LONGEST} are accepted")
    plain, places = "", []
    for column, letter in enumerate(text):
        piece = "**" if letter == "^" else " " if letter in "\n\r\t" else letter
        plain += piece
        places += [column] * len(piece)
    start = len(plain) - len(plain.lstrip())
    return plain.lstrip(), [*places[start:], len(text)]


# a function's name with its argument right behind it: sinx, ln2x
GLUED = re.compile(rf"({'|'.join(sorted(FUNCTIONS, key=len, reverse=True))})(\d\w*|[a-z])")
NOT_VARIABLES = {
    "pi": "it is written pi",
    "inf": "finite numbers are accepted",
    "infinity": "finite numbers are accepted",
    "nan": "numbers are accepted",
}

# a number, or a closing parenthesis, with a name or a parenthesis right behind it
TOUCHING = re.compile(r"(?:(?<![\w.])\d+\.?\d*(?:[eE][+-]?\d+)?|\))\s*(?=([A-Za-z_(]))")


def mistake(text: str, column: int) -> tuple[int, str]:
    """Where it is, and what."""
    touching = TOUCHING.search(text)
    if touching:
        return touching.start(1), "a sign is missing here; a product is written 2*x"
    if text.count("(") != text.count(")"):
        return column, f"{text.count('(')} opening and {text.count(')')} closing parentheses"
    return column, "this cannot be read"


def check(node: ast.AST, text: str, places: list[int], names: set[str], depth: int) -> None:
    column = places[min(getattr(node, "col_offset", 0), len(places) - 1)]
    if depth > DEEPEST:
        raise ExpressionError(text, column, f"formula: nested more than {DEEPEST} deep")
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return
    if isinstance(node, ast.Name):
        if node.id in FUNCTIONS:
            raise ExpressionError(text, column, f"formula: {node.id} is a function; write {node.id}(x)")
        if GLUED.fullmatch(node.id):
            name, rest = GLUED.fullmatch(node.id).groups()  # type: ignore[union-attr]
            rest = re.sub(r"(?<=\d)(?=[a-z])", "*", rest)
            raise ExpressionError(text, column, f"formula: {node.id} would be a variable; a function has parentheses: {name}({rest})")
        if node.id.lower() in NOT_VARIABLES and node.id not in CONSTANTS:
            raise ExpressionError(text, column, f"formula: {node.id} is no variable; {NOT_VARIABLES[node.id.lower()]}")
        if node.id not in CONSTANTS:
            names.add(node.id)
        return
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        check(node.left, text, places, names, depth + 1)
        check(node.right, text, places, names, depth + 1)
        if isinstance(node.op, ast.Pow) and constant(node):
            with np.errstate(all="ignore"):
                power = abs(np.float64(value(node.left, {})) ** np.float64(value(node.right, {})))
            if not power < LARGEST:
                what = "a root of a negative number, which is not real" if np.isnan(power) else f"a number beyond {LARGEST:g}"
                raise ExpressionError(text, column, f"formula: {what}")
        if isinstance(node.op, ast.Div) and constant(node.right) and value(node.right, {}) == 0:
            raise ExpressionError(text, places[min(node.right.col_offset, len(places) - 1)], "formula: a division by 0")
        return
    if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY:
        check(node.operand, text, places, names, depth + 1)
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id not in FUNCTIONS:
            raise ExpressionError(text, column, f"formula: {node.func.id} is not a function here; accepted are {', '.join(FUNCTIONS)}")
        needed = 2 if node.func.id in TWO_ARGUMENTS else 1
        if len(node.args) != needed or node.keywords:
            raise ExpressionError(text, column, f"formula: {node.func.id} takes {needed} argument{'s' if needed > 1 else ''}")
        for each in node.args:
            check(each, text, places, names, depth + 1)
        return
    if isinstance(node, ast.Call) and TOUCHING.search(text):
        column, reason = mistake(text, column)
        raise ExpressionError(text, column, f"formula: {reason}")
    raise ExpressionError(text, column, "formula: this is not accepted; numbers, variables, + - * / ^ ( ) and functions are")


def constant(node: ast.AST) -> bool:
    """Without a variable."""
    return all(each.id in CONSTANTS or each.id in FUNCTIONS for each in ast.walk(node) if isinstance(each, ast.Name))


def value(node: Any, names: dict[str, Any], functions: dict[str, Any] | None = None) -> Any:
    if isinstance(node, ast.Constant):
        return node.value if functions is not None else modest(node.value)
    if isinstance(node, ast.Name):
        return names[node.id] if node.id in names else CONSTANTS[node.id]
    if isinstance(node, ast.BinOp):
        result = BINARY[type(node.op)](value(node.left, names, functions), value(node.right, names, functions))
        return result if functions is not None else modest(result)
    if isinstance(node, ast.UnaryOp):
        return UNARY[type(node.op)](value(node.operand, names, functions))
    arguments = [value(each, names, functions) for each in node.args]
    if functions is not None:
        return functions[node.func.id](*arguments)
    return FUNCTIONS[node.func.id](*(float(each) if type(each) is int else each for each in arguments))  # NumPy's integers wrap


def modest(number: Any) -> Any:
    """Whole numbers as floats before they grow without end; small ones as they are, for powers of these are quicker."""
    return float(number) if type(number) is int and abs(number) > 1 << 53 else number
