from collections.abc import Sequence
from typing import Any, Self, final

import numpy as np

@final
class Plan:
    @property
    def results(self) -> int: ...
    def __init__(
        self,
        types: Sequence[int],
        outer: int,
        lines: Sequence[tuple],
        outputs: Sequence[tuple],
        border: int,
        cval: bytes,
        blank: bool,
        origin: Sequence[int],
        finish: int,
        view: int,
        base: float,
        unit: float,
        near: tuple[float, float] | None,
    ) -> None: ...
    def small(self, image: object, out: object) -> Any: ...
    def strip(
        self,
        image: np.ndarray,
        first: np.ndarray,
        second: np.ndarray | None,
        row0: int,
        row1: int,
        column0: int,
        column1: int,
        fresh: bool = False,
    ) -> tuple[float, float]: ...

@final
class EdgeMap:
    @property
    def rows(self) -> int: ...
    @property
    def columns(self) -> int: ...
    def __new__(cls, rows: int, columns: int) -> Self: ...
    def thin(
        self,
        plan: Plan | None,
        first: np.ndarray,
        second: np.ndarray | None,
        unknown: np.ndarray | None,
        kind: int,
        squares: bool,
        low: float,
        high: float,
        row0: int,
        row1: int,
        top: int = 0,
    ) -> None: ...
    def grow(self, marks: np.ndarray, row0: int, row1: int) -> None: ...
    def join(self, seams: Sequence[int]) -> None: ...
    def write(self, out: np.ndarray, candidates: bool, row0: int, row1: int) -> None: ...

def luma(colours: np.ndarray, gray: np.ndarray) -> None: ...
def skeleton(padded: np.ndarray, steps: np.ndarray, rules: np.ndarray) -> None: ...
