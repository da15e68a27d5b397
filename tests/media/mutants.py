"""Damaged images without end, the same ones on every machine: bits flipped, ends cut off, headers of one on the body of another."""

from collections.abc import Iterator

import numpy as np

from tests.media.samples import contents


def mutants(count: int, seed: int = 0) -> Iterator[tuple[str, bytes, str]]:
    """(file name, content, the sample that it is a beginning of, or "")"""
    random = np.random.default_rng(seed)
    whole = contents()
    names = sorted(whole)
    for number in range(count):
        parent = names[number % len(names)]
        data = bytearray(whole[parent])
        kind = ("flip", "cut", "splice", "burst", "header")[number // len(names) % 5]
        if kind == "flip":
            for place in random.integers(0, len(data), random.integers(1, 20)):
                data[place] ^= 1 << int(random.integers(8))
        elif kind == "cut":
            del data[int(random.integers(len(data))) :]
        elif kind == "splice":
            other = whole[names[int(random.integers(len(names)))]]
            data[: int(random.integers(1, 200))] = other[: int(random.integers(1, 200))]
        elif kind == "burst":
            start = int(random.integers(len(data)))
            size = int(random.integers(1, 64))
            data[start : start + size] = random.bytes(int(random.integers(0, 64)))
        else:  # the first bytes, where sizes and tags are
            for place in random.integers(0, min(len(data), 120), random.integers(1, 4)):
                data[place] = (0, 1, 127, 128, 255)[int(random.integers(5))]
        yield f"{number:05}-{kind}-{parent}", bytes(data), parent if kind == "cut" else ""
