"""What a comparison found, for people (a table, a page) and for programs (a dict, JSON)."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, NamedTuple

from edgecalc.reference.images import Image

LISTED = 50  # failing rows that the table writes out


class Finding(NamedTuple):
    """One comparison: a work of ours on an image, against one peer."""

    peer: str
    operator: str
    work: str
    image: str
    dtype: str
    output: str  # the type that edgecalc was asked for; "default" is its own choice
    border: str
    shape: tuple[int, ...]
    promise: str = "bits"  # or "ulp <= n"
    differing: int = 0  # pixels
    largest_difference: float = 0.0
    largest_ulp: float = 0.0
    where: tuple[int, ...] | None = None  # of the largest difference
    ok: bool = True


@dataclass(frozen=True)
class Summary:
    """All findings of one operator against one peer."""

    operator: str
    peer: str
    cases: int
    bits: int  # cases that are promised to the last bit
    largest_ulp: float  # of the others
    failing: int


@dataclass(frozen=True, repr=False)
class Report:
    """The findings of `check`, with what computed them.

    >>> Report((), {}, "base", ("skimage",)).ok
    False
    """

    rows: tuple[Finding, ...]
    versions: Mapping[str, str]
    target: str
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    images: tuple[Image, ...] = field(default=(), repr=False)
    operators: tuple[str, ...] = ()
    amplify: float = 16.0

    def __repr__(self) -> str:
        return self.table()

    @property
    def failing(self) -> tuple[Finding, ...]:
        return tuple(row for row in self.rows if not row.ok)

    @property
    def foremost(self) -> list[Finding]:
        """The failing rows, one of each work and peer before any second one."""
        met: Counter[tuple[str, str]] = Counter()
        ranked = []
        for row in self.failing:
            met[row.work, row.peer] += 1
            ranked.append((met[row.work, row.peer], row))
        return [row for _, row in sorted(ranked, key=lambda pair: pair[0])]

    @property
    def ok(self) -> bool:
        """Something was compared, and all of it agrees. A peer that is missing adds nothing to either."""
        return bool(self.rows) and not self.failing

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader must know of how this was compared, and of what was not."""
        return (*(f"not compared: {name} is not installed" for name in self.missing), *self.notes)

    def summary(self) -> list[Summary]:
        groups: dict[tuple[str, str], list[Finding]] = {}
        for row in self.rows:
            groups.setdefault((row.operator, row.peer), []).append(row)
        return [
            Summary(
                operator, peer, len(rows), sum(row.promise == "bits" for row in rows),
                max((row.largest_ulp for row in rows if row.promise != "bits"), default=0.0), sum(not row.ok for row in rows),
            )
            for (operator, peer), rows in sorted(groups.items())
        ]  # fmt: skip

    def table(self) -> str:
        """Text: what was compared with what, counted per operator and peer, and every row that fails."""
        head = ["edgecalc's kernels: " + self.target + "   " + "   ".join(f"{name} {version}" for name, version in self.versions.items()), ""]
        body = [("operator", "peer", "cases", "same bits", "within ulps", "largest", "failing")]
        for s in self.summary():
            met = f"{s.largest_ulp:.2f} ulp" if s.cases > s.bits else ""
            body.append((s.operator, s.peer, f"{s.cases}", f"{s.bits}", f"{s.cases - s.bits}", met, f"{s.failing or '-'}"))
        verdict = f"{len(self.failing)} of {len(self.rows)} comparisons differ" if self.failing else f"all {len(self.rows)} comparisons agree"
        if not self.rows:
            verdict = "nothing was compared"
        return "\n".join([*head, *aligned(body), "", *self.failures(), verdict, *self.remarks])

    def failures(self) -> list[str]:
        if not self.failing:
            return []
        body = [("differs", "peer", "image", "from", "to", "border", "promise", "pixels", "largest", "at", "ulp")]
        body += [
            (
                row.work, row.peer, f"{row.image} {'x'.join(map(str, row.shape))}", row.dtype, row.output, row.border, row.promise,
                f"{row.differing}", f"{row.largest_difference:g}", f"{row.where}", f"{row.largest_ulp:.3g}",
            )
            for row in self.foremost[:LISTED]
        ]  # fmt: skip
        rest = len(self.failing) - LISTED
        return [*aligned(body), *([f"... and {rest} more: to_dict() and --json hold them all"] if rest > 0 else []), ""]

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers; infinities become None, which JSON can hold."""
        return {
            "ok": self.ok,
            "target": self.target,
            "versions": dict(self.versions),
            "not_compared": list(self.missing),
            "notes": list(self.remarks),
            "summary": [{name: finite(value) for name, value in vars(each).items()} for each in self.summary()],
            "rows": [{name: finite(value) for name, value in row._asdict().items()} for row in self.rows],
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), allow_nan=False)

    def html(self, path: str | PathLike[str]) -> None:
        """Write the side-by-side page: input, ours, theirs, the difference amplified. A name that ends in .png gives one picture."""
        from edgecalc.reference import page  # which draws what this file holds: imported when there is something to draw

        page.write(self, path)


def finite(value: Any) -> Any:
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return list(value) if isinstance(value, tuple) else value


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns two spaces apart; numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = [all(cell[:1].isdigit() or cell in ("", "-") for cell in column[1:]) for column in zip(*rows, strict=True)]
    return ["  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)).rstrip() for row in rows]
