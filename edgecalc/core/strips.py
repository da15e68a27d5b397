"""Large images in strips of rows, each on a thread of its own. A strip reads the whole image and writes its own rows, so the bytes never depend on the cut."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from edgecalc.core.arrays import whole

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

WORTH_A_THREAD = 1 << 20  # pixels
MOST_THREADS = 1024

_pool: ThreadPoolExecutor | None = None


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def count(threads: object, pixels: int) -> int:
    """How many strips: as many as asked for, or as wide as the machine where there is enough to do."""
    if threads is None:
        return cores() if pixels > WORTH_A_THREAD else 1
    return whole(threads, "threads", 1, MOST_THREADS)


def cut(length: int, parts: int) -> list[tuple[int, int]]:
    """Nearly equal ranges that cover 0 .. length.

    >>> cut(7, 3)
    [(0, 2), (2, 4), (4, 7)]
    """
    parts = max(1, min(parts, length))
    return [(length * k // parts, length * (k + 1) // parts) for k in range(parts)]


def run(work: Callable[[int, int], object], length: int, parts: int) -> list:
    """work(first, last) for each range: the last one here, the others in the pool."""
    *others, mine = cut(length, parts)
    futures = [handed_over(work, *each) for each in others]
    last = work(*mine)
    return [*(future.result() if future else work(*each) for future, each in zip(futures, others, strict=True)), last]


def handed_over(work: Callable[[int, int], object], first: int, last: int) -> Future | None:
    """None while the interpreter goes down, when nothing may be begun on another thread."""
    global _pool  # noqa: PLW0603
    try:
        if _pool is None:
            from concurrent.futures import ThreadPoolExecutor

            _pool = ThreadPoolExecutor(max_workers=max(cores(), 8), thread_name_prefix="edgecalc")
        return _pool.submit(work, first, last)
    except RuntimeError as error:
        if "shutdown" not in str(error):
            raise
        return None


def _forget() -> None:
    """A forked child has none of its parent's threads."""
    global _pool  # noqa: PLW0603
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
