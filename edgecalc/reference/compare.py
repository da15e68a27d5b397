"""The comparison: every work on every image under every border and result type, against every peer that computes the same.

    images x works ── ours ──┐
                             ├── the same bytes, or within the row's allowance of ulps ── a Finding ── Report
    images x peers' rows  ───┘

Bits are promised where every sum is exact: the image holds whole numbers, and its largest value times the sum of the kernel's weights stays
below what both sides add without rounding. Elsewhere the differences are counted in ulps. One ulp is here the distance of neighbouring floats
at that largest sum: rounding happens at its size even where the derivative cancels to nearly nothing.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from edgecalc.reference import images as pictures
from edgecalc.reference.images import Image
from edgecalc.reference.peer import Peer, Row
from edgecalc.reference.report import Finding
from edgecalc.reference.works import REFLECT, WORKS, Border, Work

SEVENS = Border("constant", 7)


class Promise(NamedTuple):
    """How closely one comparison must agree."""

    bits: bool
    ulp: float  # one of them, at the largest sum
    allowance: int
    signs: bool = False  # of zeros too

    @property
    def text(self) -> str:
        return "bits" if self.bits else f"ulp <= {self.allowance}"


def compare_all(peer: Peer, library: Any, images: list[Image], wanted: tuple[str, ...]) -> Iterator[Finding]:
    for row in peer.rows:
        work = WORKS[row.work]
        if work.operator not in wanted:
            continue
        for image in images:
            if fits(work, image) and min(image.pixels.shape) >= row.least:
                yield from compare_row(peer, library, row, work, image)


def fits(work: Work, image: Image) -> bool:
    """The sweep over every size and order takes one image; wide kernels take few."""
    if work.extent == "sweep":
        return image.name == "noise" and image.pixels.shape == pictures.SWEPT
    return work.extent == "all" or image.name not in ("noise", "fractions") or image.pixels.shape in pictures.FEW


def compare_row(peer: Peer, library: Any, row: Row, work: Work, image: Image) -> Iterator[Finding]:
    pixel = image.pixels.dtype.name
    peak = max(7.0, float(np.abs(image.pixels.astype(np.float64)).max()))  # 7: the constant border
    whole = image.pixels.dtype.kind != "f" or bool(np.array_equal(image.pixels, np.rint(image.pixels)))
    for turn, (ask, output) in enumerate(row.outputs.get(pixel, ())):
        promise = promised(peer, row, work, pixel, ask, output, peak, whole)
        if promise is None:
            continue
        for border in borders(turn, work, image):
            ours = work.ours(image.pixels, ask, border)
            theirs = peer.answer(library, row, work, image.pixels, output, border)
            yield compare(finding(peer.name, work, image, ask, border), ours, theirs, promise)


def borders(turn: int, work: Work, image: Image) -> tuple[Border, ...]:
    """All of them for a row's first result type, two for the others: what stands outside is read before it is known what will be written."""
    if image.extent == "brief" or work.extent == "sweep":
        return () if turn else work.borders[:1]
    return tuple(border for border in (REFLECT, SEVENS) if border in work.borders) if turn else work.borders


def promised(peer: Peer, row: Row, work: Work, pixel: str, ask: str | None, output: str, peak: float, whole: bool) -> Promise | None:
    """None where rounded sums would be rounded again, to whole numbers: that may go either way in any library."""
    largest = work.gain * peak
    real = np.dtype(output).kind == "f"
    # a picture of squares saturates long before they are rounded
    exact = whole and (2 * largest**2 if work.squares and real else largest) <= 2.0 ** peer.bits(pixel, output)
    if not exact and (row.skips or not real):
        return None
    narrow = np.float32 if "float32" in (output, ask) or (pixel, ask) == ("float32", None) else np.float64
    ulp = float(np.spacing(np.float32(np.pi) if work.function == "orientation" else narrow(largest**work.power)))
    return Promise(exact and not row.rounds, ulp, row.allowance, peer.signed_zeros)


def finding(peer: str, work: Work, image: Image, ask: str | None, border: Border) -> Finding:
    """Without its measurements."""
    return Finding(peer, work.operator, work.name, image.name, image.pixels.dtype.name, ask or "default", border.label, image.pixels.shape)


def compare(found: Finding, ours: np.ndarray, theirs: np.ndarray, promise: Promise) -> Finding:
    """With them."""
    found = found._replace(promise=promise.text)
    if ours.shape != theirs.shape:
        return found._replace(differing=max(ours.size, theirs.size), largest_difference=np.inf, largest_ulp=np.inf, ok=False)
    if same(ours, theirs, promise):
        return found
    distance = apart(ours, theirs, found.operator)
    largest = float(distance.max())
    return found._replace(
        differing=int(np.count_nonzero(distance)) or int(np.count_nonzero(np.signbit(ours) != np.signbit(theirs))),
        largest_difference=largest,
        largest_ulp=largest / promise.ulp,
        where=tuple(map(int, np.unravel_index(int(distance.argmax()), distance.shape))),
        ok=not promise.bits and largest <= promise.allowance * promise.ulp,
    )


def same(ours: np.ndarray, theirs: np.ndarray, promise: Promise) -> bool:
    if promise.signs and promise.bits and ours.dtype == theirs.dtype and ours.dtype.kind == "f":
        return bool(np.array_equal(ours, theirs) and np.array_equal(np.signbit(ours), np.signbit(theirs)))
    return bool(np.array_equal(ours, theirs))


def apart(ours: np.ndarray, theirs: np.ndarray, operator: str) -> np.ndarray:
    """The distance of each pixel; infinite where only one of them is a number."""
    with np.errstate(invalid="ignore"):
        distance = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    if operator == "orientation":
        distance = np.minimum(distance, np.abs(2 * np.pi - distance))  # pi and -pi are one direction
    distance[np.isnan(distance)] = np.inf
    return distance
