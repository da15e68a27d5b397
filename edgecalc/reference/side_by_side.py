"""One operator on one image by every library: as it is called by default, and so that it equals edgecalc.

recipe ── ours ─────────────────────────┐
calls.py ── by default ── result ── distance ── largest, where   ┐
         └─ made equal ── result ── distance ── bits, ulp, share ┴─ Shown ── Comparison ── table, JSON, page
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from os import PathLike
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

import edgecalc
from edgecalc.batch.recipe import Recipe
from edgecalc.errors import EdgecalcError, MissingExtra
from edgecalc.media.write import write_whole
from edgecalc.reference.calls import CHOICES, PARAMETERS, PIXELS, ROWS, TITLES, Facts, Row, facts
from edgecalc.reference.check import PEERS, chosen, comparable
from edgecalc.reference.compare import apart
from edgecalc.reference.peer import Peer
from edgecalc.reference.report import aligned, finite

SAMPLES, PATIENCE = 5, 1.0  # how often a call is timed, and the seconds after which that is enough
ROUNDING = 64  # ulps: rounding in another order stays below


class Distance(NamedTuple):
    """How far one result is from ours."""

    largest: float
    where: tuple[int, ...] | None  # None where nothing differs
    share: float  # of the pixels that differ
    ulp: float | None  # of the largest of our values and the pixels; None where ours are whole numbers
    same_type: bool

    @property
    def verdict(self) -> str:
        """
        >>> Distance(0.0, None, 0.0, None, True).verdict, Distance(254.0, (3, 4), 0.25, None, True).verdict
        ('same bits', '75.00 % of pixels equal')
        """
        if self.largest == 0:
            return "same bits" if self.same_type else "same values"
        return f"{self.ulp:.2g} ulp" if self.rounding else f"{100 * (1 - self.share):.2f} % of pixels equal"

    @property
    def reached(self) -> str:
        """What the adjusted call is called."""
        return "made equal" if self.rounding else "brought closest"

    @property
    def rounding(self) -> bool:
        """Nothing but rounding in another order."""
        return self.largest == 0 or (self.ulp is not None and self.ulp <= ROUNDING)


class Computed(NamedTuple):
    """One call and what it gave."""

    call: str
    result: np.ndarray

    @property
    def range(self) -> tuple[float, float]:
        return self.result.min().item(), self.result.max().item()


@dataclass(frozen=True, eq=False)
class Shown:
    """One library's row. `absent` says why there is none; then the rest is empty."""

    library: str
    version: str = ""
    absent: str = ""
    default: Computed | None = None
    adjusted: Computed | None = None
    seconds: float = 0.0
    default_distance: Distance | None = None
    adjusted_distance: Distance | None = None
    compared_with: str = ""  # our call that the adjusted one is equal to, where it is another
    kinds: tuple[str, ...] = ()
    sentence: str = ""
    target: np.ndarray | None = field(default=None, repr=False)  # our result that the adjusted one is compared with

    def to_dict(self) -> dict[str, Any]:
        """Without the pixels.

        >>> Shown("scipy", absent="not installed").to_dict()
        {'library': 'scipy', 'absent': 'not installed'}
        """
        if self.default is None or self.adjusted is None or self.default_distance is None or self.adjusted_distance is None:
            return {"library": self.library, "absent": self.absent}
        sides = {"default": (self.default, self.default_distance), "adjusted": (self.adjusted, self.adjusted_distance)}
        return {
            "library": self.library,
            "version": self.version,
            "seconds": self.seconds,
            "kinds": list(self.kinds),
            "sentence": self.sentence,
            "compared_with": self.compared_with,
            **{name: described(computed) | distance_dict(distance) for name, (computed, distance) in sides.items()},
        }


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What every library makes of one image."""

    name: str
    image: np.ndarray = field(repr=False)
    recipe: Recipe
    ours: Computed
    seconds: float
    rows: tuple[Shown, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "image": {"name": self.name, "shape": list(self.image.shape), "type": self.image.dtype.name},
            "recipe": str(self.recipe),
            "edgecalc": {"version": edgecalc.__version__, "seconds": self.seconds, **described(self.ours)},
            "libraries": [row.to_dict() for row in self.rows],
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), allow_nan=False)

    def numbers(self) -> list[tuple[str, ...]]:
        """The table: a line of headings, one for us, one for each library that computed something."""
        mine = ("edgecalc " + edgecalc.__version__, self.ours.result.dtype.name, span_text(self.ours), time_text(self.seconds), "-", "-", "-")
        body: list[tuple[str, ...]] = [("library", "type", "range", "time", "differs by default", "at row, column", "made equal"), mine]
        for row in self.rows:
            if row.default and row.default_distance and row.adjusted_distance:
                body.append(
                    (
                        f"{row.library} {row.version}", row.default.result.dtype.name, span_text(row.default), time_text(row.seconds),
                        f"{row.default_distance.largest:.4g}", place_text(row.default_distance), row.adjusted_distance.verdict,
                    )
                )  # fmt: skip
        return body

    def __repr__(self) -> str:
        return self.table()

    def table(self) -> str:
        """Text: the numbers, then each library's calls and the reason."""
        lines = [f"{self.name}   {self.image.shape[0]} x {self.image.shape[1]} {self.image.dtype}   {self.recipe}", ""]
        lines += [*aligned(self.numbers()), "", "edgecalc", *indented("call", self.ours.call)]
        for row in self.rows:
            lines += ["", row.library]
            if row.default and row.adjusted and row.adjusted_distance:
                lines += [f"  {row.sentence}", *indented("by default", row.default.call)]
                lines += indented(row.adjusted_distance.reached, row.adjusted.call) if row.adjusted.call != row.default.call else []
                lines += indented("and ours", row.compared_with) if row.compared_with else []
            else:
                lines += [f"  {row.absent}"]
        return "\n".join(lines)

    def html(self, path: str | PathLike[str]) -> None:
        """Write the page with the pictures."""
        from edgecalc.reference import side_by_side_page  # which draws what this file holds: imported when there is something to draw

        write_whole(Path(path), side_by_side_page.document(self).encode())


def compare(image: np.ndarray, recipe: Recipe | str = "magnitude", *, against: str | Iterable[str] = tuple(PEERS), name: str = "image") -> Comparison:
    """The same operator by every library, side by side.

    Parameters
    ----------
    image : array
        Two-dimensional, uint8, uint16, float32 or float64.
    recipe : Recipe or str
        The operator with its parameters, such as "canny:low=50,high=150".
    against : names
        Of "cv2", "skimage" and "scipy". One that is not installed is named in its row; if none is, MissingExtra is raised.

    >>> row, = compare(np.eye(5, dtype=np.uint8), "sobel", against="scipy").rows
    >>> row.default.call, row.adjusted_distance.verdict
    ('scipy.ndimage.sobel(image, axis=1)', 'same bits')
    """
    recipe = Recipe.parse(recipe) if isinstance(recipe, str) else recipe
    options = checked(recipe)
    peers = [PEERS[each] for each in chosen(against, PEERS, "--against")]
    image = comparable(image, name)
    if image.dtype.name not in PIXELS:
        raise TypeError(f"image: {name}: {image.dtype} is not accepted; use one of {', '.join(PIXELS)}")
    result, seconds = timed(lambda: recipe.exact(image))
    ours = Computed(recipe.python(), result)
    rows = tuple(beside(peer, recipe, options, image, ours) for peer in peers)
    if all(row.absent.startswith("this needs") for row in rows):
        raise MissingExtra(" or ".join(row.library for row in rows), "compare")
    return Comparison(name, image, recipe, ours, seconds, rows)


def checked(recipe: Recipe) -> dict[str, Any]:
    """All of the operator's parameters that every library can be asked for."""
    accepted = PARAMETERS.get(recipe.operator)
    if accepted is None:
        raise EdgecalcError(f"--op: {recipe.operator!r} came; compared are {', '.join(PARAMETERS)}")
    options = accepted | dict(recipe.parameters)
    for key, value in options.items():
        if key not in accepted:
            raise EdgecalcError(f"--op: {key!r} came; the comparison of {recipe.operator} takes {', '.join(f'{each}=...' for each in accepted)}")
        if key in CHOICES and value not in CHOICES[key]:
            raise EdgecalcError(f"--op: {key}={value} came; compared are {', '.join(f'{key}={each}' for each in CHOICES[key])}")
        if key not in CHOICES and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise EdgecalcError(f"--op: {key}={value} came; a number is accepted")
    return options


def beside(peer: Peer, recipe: Recipe, options: dict[str, Any], image: np.ndarray, ours: Computed) -> Shown:
    """One library's row, or why there is none."""
    mine = [row for row in ROWS if (row.operator, row.library) == (recipe.operator, peer.name)]
    row = next((row for row in mine if all(options[key] in values for key, values in row.only.items())), None)
    try:
        peer.load()
    except MissingExtra as error:
        return Shown(peer.name, absent=str(error))
    if row is None:
        what = f"no {recipe}" if mine else f"no {recipe.operator}"
        return Shown(peer.name, peer.version(), absent=f"{TITLES[peer.name]} has {what}.")
    if image.dtype.name not in row.pixels:
        return Shown(
            peer.name, peer.version(), absent=f"{TITLES[peer.name]} takes {', '.join(row.pixels)} alone for {recipe.operator}, not {image.dtype}."
        )
    known = facts(recipe.operator, options, image, ours.result)
    call, equal = row.call.format_map(known), row.equal.format_map(known)
    target, compared_with = ours, ""
    if not row.ours.items() <= options.items():
        other = Recipe(recipe.operator, tuple({**dict(recipe.parameters), **row.ours}.items()))
        target, compared_with = Computed(other.python(), other.exact(image)), other.python()
    try:
        result, seconds = timed(callable_of(call, row.library, image))
        adjusted = finished(equal, row, image, target.result)
    except Exception as error:  # whatever a library raises is its answer: the others are still shown
        return Shown(peer.name, peer.version(), absent=f"{TITLES[peer.name]} refuses: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
    default, default_distance = Computed(call, result), distance(ours.result, result, image)
    kinds, sentence = reasons(row, {**known, "theirs": result.dtype.name, "mine": ours.result.dtype.name}, default_distance)
    return Shown(
        peer.name, peer.version(), "", default, adjusted, seconds, default_distance, distance(target.result, adjusted.result, image),
        compared_with, kinds, sentence, target.result,
    )  # fmt: skip


def callable_of(call: str, library: str, image: np.ndarray) -> Callable[[], np.ndarray]:
    """The words of a call as a function: what is shown is what is run. They are the table's own, filled with checked numbers and names."""
    *before, last = call.splitlines()
    code = compile("\n".join((*before, f"result = {last}")), library, "exec")
    names: dict[str, Any] = {"np": np, "image": image, library: import_module(library)}

    def run() -> np.ndarray:
        held = dict(names)
        exec(code, held)
        return held["result"]

    return run


def finished(call: str, row: Row, image: np.ndarray, ours: np.ndarray) -> Computed:
    """The adjusted call, with the conversion to our type where that is another."""
    result = callable_of(call, row.library, image)()
    if result.dtype == ours.dtype:
        return Computed(call, result)
    *before, last = call.splitlines()
    whole = "np.rint({}).astype(np.%s)" if ours.dtype.kind in "iu" else "({}).astype(np.%s)"
    convert = row.picture if ours.dtype == np.uint8 else whole % ours.dtype.name
    call = "\n".join((*before, convert.format(last)))
    return Computed(call, callable_of(call, row.library, image)())


def timed(call: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    """The result of a first call, and the median of a few more."""
    result = call()
    samples: list[float] = []
    while len(samples) < SAMPLES and sum(samples) < PATIENCE:
        start = perf_counter()
        call()
        samples.append(perf_counter() - start)
    return result, median(samples)


def distance(ours: np.ndarray, theirs: np.ndarray, image: np.ndarray) -> Distance:
    """True counts as 255, which is what our edges are. Rounding happens at the size of the pixels even where a result cancels to nearly nothing."""
    far = distances(ours, theirs)
    largest = float(far.max())
    where = tuple(map(int, np.unravel_index(int(far.argmax()), far.shape))) if largest else None
    ulp = largest / float(np.spacing(ours.dtype.type(max(np.abs(ours).max(), np.abs(image).max())))) if ours.dtype.kind == "f" else None
    return Distance(largest, where, float(np.count_nonzero(far)) / far.size, ulp, ours.dtype == theirs.dtype)


def distances(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    return apart(ours, theirs * np.uint8(255) if theirs.dtype == bool else theirs, "")


def reasons(row: Row, known: Facts, far: Distance) -> tuple[tuple[str, ...], str]:
    """The kinds, and the one sentence."""
    valid = [each for each in row.differences if each.when(known)]
    kinds = [each.kind for each in valid]
    words = [each.words.format_map(known) for each in valid]
    if known["theirs"] != known["mine"] and "type" not in kinds:
        kinds.append("type")
        words.append("gives {theirs} (edgecalc: {mine})".format(**known))
    if not valid and far.rounding:
        kinds += ["rounding"] if far.largest else []
        words = [*words, "adds in another order, which shows in the last bits"] if far.largest else [*words, "computes the same numbers"]
    return tuple(dict.fromkeys(kinds)), f"{TITLES[row.library]} {joined(words)}."


def joined(words: list[str]) -> str:
    """
    >>> joined(["a"]), joined(["a", "b", "c"])
    ('a', 'a, b, and c')
    """
    return (", and " if len(words) > 2 else " and ").join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)


# ---------------------------------------------------------------- words


def described(computed: Computed) -> dict[str, Any]:
    low, high = computed.range
    return {"call": computed.call, "type": computed.result.dtype.name, "range": [finite(low), finite(high)]}


def distance_dict(far: Distance) -> dict[str, Any]:
    return {
        "largest_difference": finite(far.largest), "where": finite(far.where), "share_differing": far.share,
        "ulp": finite(far.ulp), "verdict": far.verdict,
    }  # fmt: skip


def span_text(computed: Computed) -> str:
    low, high = computed.range
    return f"{low:.4g} .. {high:.4g}" if computed.result.dtype.kind == "f" else f"{low} .. {high}"


def time_text(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms"


def place_text(far: Distance) -> str:
    return "-" if far.where is None else f"{far.where[0]}, {far.where[1]}"


def indented(title: str, call: str) -> Iterator[str]:
    for number, line in enumerate(call.splitlines()):
        yield f"  {title if number == 0 else '':<17}{line}"
