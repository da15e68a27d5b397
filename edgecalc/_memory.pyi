from collections.abc import Iterable
from typing import Any

import numpy as np

LARGE: int

def empty(shape: Iterable[int], dtype: Any) -> tuple[np.ndarray, bool]: ...
def reuse(wanted: bool) -> None: ...
