from collections.abc import Sequence
from typing import Any, final

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
        self, image: np.ndarray, first: np.ndarray, second: np.ndarray | None, row0: int, row1: int, column0: int, column1: int
    ) -> tuple[float, float]: ...
