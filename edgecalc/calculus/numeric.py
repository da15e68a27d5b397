"""Derivatives of functions by the stencils of the table: with error bars, safe at the edges of a domain, honest at kinks.

complex step                      where f is made of analytic NumPy functions
stencil of order 6                six neighbours, f itself and a check between them: eight values, which tell whether the step is right
  not settled: order 8            only the points that need it, then with a quarter of the step, and again
  no gain from smaller steps      f has few digits, as in float32: the best step, with a bar of the noise that is seen
  no room: one-sided              at the edge of the domain
  never settled: left and right   a corner, a jump or a vertical tangent
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgecalc import stencils
from edgecalc.calculus.expression import Expression
from edgecalc.calculus.pairs import EPS, TINY, absolute, natural_step, neighbours, pair, weigh
from edgecalc.calculus.probe import EVERYWHERE, Probe, domain_of, in_the_complex, inside, looks_needed, points
from edgecalc.calculus.sides import KINDS, NARROW, SMOOTH, VERTICAL, Found, from_either_side, replace
from edgecalc.calculus.stalls import Stalls
from edgecalc.core.arrays import one_of, positive, whole

METHODS = ("auto", "central", "forward", "backward", "complex", "automatic", "symbolic")
SINGLE = ("central", "forward", "backward")
STEEPEST = 1e60  # of slopes that the complex step alone is believed
LEVELS = 9  # steps tried
CLEAR = 1e-6  # of a slope: a bar below it leaves no doubt
SAMPLE = 64
UNREST = 0.75  # of the sample changes by less from one number to the next than the bar is then made to be
FAR = 2.0**20  # from where on rounding makes differences so wide that they no longer refute a complex step through functions without a pole
NEAR = np.zeros(())
WIDE = 2.0**-200  # a step that is wide for a complex one
FAINT = 1e-90  # where f and its slope are below it, a TINY step adds too few digits
MOST_ORDER = 8


@dataclass(frozen=True)
class Derivative:
    """What is known of a derivative at each x; arrays of x's shape, or numbers.

    value, error        and how far off it may be: of smooth functions it covers 99 of 100 errors
    left, right         the one-sided derivatives
    kind                "smooth", "corner", "jump", "vertical tangent" or "undefined"
    evaluations         values that f was asked for
    method              "complex", "central" ...
    """

    value: Any
    error: Any
    left: Any
    right: Any
    kind: Any
    evaluations: int
    method: str


@np.errstate(all="ignore")
def derivative(
    f: Callable | str, x: Any, *, order: int = 1, method: str = "auto", accuracy: int | None = None, h: float | None = None, domain: Any = None
) -> Derivative:
    """Derivative of a function of one variable, at one point or many.

    Parameters
    ----------
    f : callable
        Plain NumPy code, a function of one number, or a formula such as "exp(-2*x)".
    x : number or array
    order : int
        1 to 8.
    method : str
        "auto" chooses and checks. "central", "forward", "backward" are single stencils (`accuracy`, default 2 for central
        and 1 for the others) with the step `h`. "complex" is the complex step. "automatic" and "symbolic" are exact, and give
        at a kink what their rules say.
    h : float, optional
        The step; without it one that suits a function that varies on the scale of 1 or, farther out, of sqrt |x|.
    domain : (low, high), optional
        f is never called outside.

    At a corner or a jump the value is NaN, and so are those of higher orders; `left` and `right` tell the one-sided derivatives
    and `kind` what it is.

    >>> slope = derivative(np.sin, 0.0)
    >>> slope.value, slope.kind
    (1.0, 'smooth')
    >>> bend = derivative(abs, 0.0)
    >>> round(bend.left, 6), round(bend.right, 6), bend.kind
    (-1.0, 1.0, 'corner')
    """
    one_of(method, METHODS, "method")
    check_options(method, accuracy, h)
    order = whole(order, "order", 1, MOST_ORDER)
    f = Expression.parse(f) if isinstance(f, str) else f
    at, probe = points(x), Probe(f, domain_of(domain))
    if at.size and not np.isfinite(at).all():
        raise ValueError("x: it holds NaN or infinity; finite numbers are accepted")
    inside(at, probe.domain)
    check_step(h, at)
    flat = at.reshape(-1)
    found = by_method(probe, flat, order, method, accuracy, h)
    probe.must_work_somewhere()
    if not isinstance(f, Expression):
        asked_one_by_one = probe.scalar
        probe.must_take_each_by_itself(flat)
        if not probe.takes_each_by_itself(flat) or probe.scalar is not asked_one_by_one:
            found = by_method(probe, flat, order, method, accuracy, h)
    return shaped(found, at.shape, probe.count)


def by_method(probe: Probe, x: np.ndarray, order: int, method: str, accuracy: int | None, h: float | None) -> Found:
    if method == "auto":
        return automatically(probe, x, order, h)
    if method == "complex":
        return by_complex_step(probe, x, order)
    return single(probe, x, order, method, accuracy, h) if method in SINGLE else exactly(probe, x, order, method)


def check_options(method: str, accuracy: Any, h: Any) -> None:
    """What would be passed over in silence."""
    if accuracy is not None and method not in SINGLE:
        raise ValueError(f"accuracy: {accuracy!r} came; with method={method!r} none is accepted, with {', '.join(map(repr, SINGLE))} one is")
    if h is not None and method not in (*SINGLE, "auto"):
        raise ValueError(f"h: {h!r} came; with method={method!r} none is accepted, with 'auto', {', '.join(map(repr, SINGLE))} one is")


def check_step(h: Any, x: np.ndarray) -> None:
    if h is None:
        return
    positive(h, "h")
    if np.any(x + h == x):
        raise ValueError(f"h: {h!r} came, which is below the spacing of numbers near {x[x + h == x].flat[0]}; a larger step is accepted")


def shaped(found: Found, shape: tuple, count: int) -> Derivative:
    kind = np.array(KINDS)[found.kind[:1]]
    kind = np.broadcast_to(kind, found.kind.shape) if (found.kind == found.kind[:1]).all() else np.array(KINDS)[found.kind]
    columns = (found.value, found.error, unwritten(found.left), unwritten(found.right), kind)
    value, error, left, right, kind = (each.reshape(shape) if shape else each.item() for each in columns)
    return Derivative(value, error, left, right, kind, count, found.method)


def unwritten(side: np.ndarray) -> np.ndarray:
    """Read-only, as it may be the value itself: a copy for each side would cost as much time as a simple f."""
    side = side.view()
    side.flags.writeable = False
    return side


# ---------------------------------------------------------------- single formulas


def single(probe: Probe, x: np.ndarray, order: int, method: str, accuracy: Any, h: float | None) -> Found:
    """One stencil, one step, as in a textbook."""
    least = 2 if method == "central" else 1
    accuracy = whole(least if accuracy is None else accuracy, "accuracy", least, stencils.MOST_TAPS - order)
    row = getattr(stencils, method)(order, accuracy)
    step = np.full(x.shape, h, np.float64) if h is not None else natural_step(x, order, accuracy)
    values = neighbours(probe, x, row.offsets, step)
    value = weigh(row, values, step)
    slope = np.abs(np.diff(values, axis=0)).max(axis=0) / step  # the neighbours' places are rounded, too
    rough = weigh(absolute(row), EPS * (2 * np.abs(values) + np.abs(x) * slope), step, order)
    wider = weigh(row, neighbours(probe, x, row.offsets, 2 * step), 2 * step)
    truncated = np.abs(value - wider) / (2**accuracy - 1)  # as Richardson extrapolates
    return Found.of(value, rough + 1.5 * np.where(np.isfinite(truncated), truncated, np.abs(value)), method)


# ---------------------------------------------------------------- the complex step


def by_complex_step(probe: Probe, x: np.ndarray, order: int) -> Found:
    if order != 1:
        raise ValueError(f'order: {order} came; the complex step gives first derivatives, method="auto" any order to {MOST_ORDER}')
    value, error = np.empty(x.shape), np.empty(x.shape)
    doubtful = complex_steps(probe, x, 3, value, error)
    value[doubtful] = error[doubtful] = np.nan
    sample = slice(None, None, max(1, len(x) // SAMPLE))
    if not looks_needed(probe.f, x[sample]):
        checked = by_pairs(probe, x[sample], 1, None)
        must_be_analytic(~(np.abs(value[sample] - checked.value) > 10 * checked.error + 1e-9 * np.abs(checked.value)))
    return Found.of(value, error, "complex")


def must_be_analytic(agreed: np.ndarray) -> None:
    """Of a product with |x| a part alone drops the imaginary part."""
    if not agreed.all():
        raise TypeError('f: it drops a part of the imaginary part, as abs, floor and norms do; method="auto" or "central" is accepted')


def trusted_complex_step(probe: Probe, x: np.ndarray) -> Found | None:
    """The complex step where it is known to be right: f is made of analytic functions, its real part is f, and a sample agrees with differences."""
    every = max(1, len(x) // SAMPLE)
    sample = x[::every]
    probe.asked[0] += len(sample)
    looks = looks_needed(probe.f, sample)
    if not len(x) or not looks:
        return None
    checked = by_pairs(probe, sample, 1, None)
    regular = looks == 1 and bool(np.isfinite(checked.value).all())
    looks = looks if regular else max(2, looks)
    value, error, doubtful = np.empty(x.shape), np.empty(x.shape), np.empty(x.shape, bool)
    try:
        for k in range(0, len(x), probe.block):
            part = slice(k, k + probe.block)
            doubtful[part] = complex_steps(probe, x[part], looks, value[part], error[part])
    except Exception:  # what it cannot do with complex numbers it is asked again with real ones
        return None
    sure = np.isfinite(checked.value) & (checked.kind == SMOOTH)
    if regular:
        sure &= np.abs(sample) < FAR
    else:
        doubtful[::every] |= (checked.kind != SMOOTH) & (checked.kind != VERTICAL)  # beside an edge slopes grow far, but not without end
    if not np.all(np.abs(value[::every] - checked.value)[sure] <= 10 * checked.error[sure] + 1e-9 * np.abs(value[::every][sure])):
        return None
    error *= unrest(probe, sample, value[::every], error[::every])
    found = Found.of(value, error, "complex")
    if doubtful.any():
        found.tell_sides_apart()
        replace(found, doubtful, by_pairs(probe.take(doubtful), x[doubtful], 1, None))
    return found


def unrest(probe: Probe, x: np.ndarray, value: np.ndarray, error: np.ndarray) -> float:
    """How much more than by its bar the derivative changes from one number to those close by: the rounding within f."""
    changes = [np.abs(probe(x + k * np.spacing(x) + 1j * TINY).imag / TINY - value) / error for k in (1, -2)]
    # farther out the next number is far away, which f may know nothing of
    known = np.isfinite(changes).any(axis=0) & (np.abs(x) < FAR) & (np.abs(value) >= FAINT)
    return max(1.0, float(np.quantile(np.fmax(*changes)[known], UNREST))) if known.any() else 1.0


def complex_steps(probe: Probe, x: np.ndarray, looks: int, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Writes the derivative and its error; where it is doubtful: a pole, a branch, an edge. How many looks f needs, see `looks_needed`."""
    moved = in_the_complex(probe, x + 1j * TINY)
    np.multiply(moved.imag, 1 / TINY, out=value)
    np.abs(value, out=error)
    error += np.abs(moved.real)
    if (error < FAINT).any():
        faint = (error < FAINT) & (error > 0)
        sharpen(value, faint, lambda step: probe.take(faint)(x[faint] + 1j * step).imag / step)
        error[faint] = np.abs(value[faint]) + np.abs(moved.real[faint])
    error *= 4 * EPS
    doubtful = ~np.isfinite(error)
    if looks == 1:
        return doubtful
    real = probe(x)
    steep = np.abs(value) > STEEPEST
    if steep.any():  # a slope does not depend on the step, a branch point does
        wider = probe.take(steep)(x[steep] + 4j * TINY).imag / (4 * TINY)
        steep[steep] = ~(np.abs(wider - value[steep]) <= 1e-9 * np.abs(wider))
    level = value == 0
    if level.any():
        doubtful[level] |= creased(probe.take(level), x[level], real[level])
    doubtful |= steep | ~(np.abs(moved.real - real) <= 1e-12 * np.abs(real))
    if looks == 2:
        return doubtful
    step = WIDE * np.where(x == 0, 1, np.minimum(np.abs(x), 1))
    return doubtful | flattened(value, probe(x + 1j * step).imag / step)


def sharpen(slopes: np.ndarray, faint: np.ndarray, again: Callable) -> None:
    """Faint slopes from wider steps, of which two must agree: a square or a cube has other ones for each."""
    wide, wider = again(WIDE), again(4 * WIDE)
    alike = (np.abs(wider - wide) <= 1e-9 * np.abs(wide)) & (np.abs(wide) < FAINT)
    slopes[faint] = np.where(alike, wide, slopes[faint])


def flattened(value: np.ndarray, wider: np.ndarray) -> np.ndarray:
    """Where sqrt(x * x) has a corner: the square of a tiny step is 0, that of a WIDE one is not, and all other slopes are the same for both."""
    return np.abs(wider - value) > 1e-9 * np.abs(wider) + 1e-100  # a square or a cube has this much of the wider step


def creased(probe: Probe, x: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Where arccos(cos x) has a corner: f is flat as far as rounding goes, and then grows no slower than a wider step does."""
    step = natural_step(x, 1, 6)
    near, far = np.abs(probe(x + step / 4) - here), np.abs(probe(x + step) - here)
    return near > far / 8  # a quarter at a corner, a sixteenth at the bottom of a bowl


def automatically(probe: Probe, x: np.ndarray, order: int, h: float | None) -> Found:
    if order == 1 and h is None:
        found = trusted_complex_step(probe, x)
        if found is not None:
            return found
    return by_pairs(probe, x, order, h)


def exactly(probe: Probe, x: np.ndarray, order: int, method: str) -> Found:
    if method == "automatic":
        from edgecalc.calculus import automatic

        probe.asked[0] += len(x)
        value = np.asarray(automatic.derivative(probe.f, x, order=order), np.float64)
    else:
        from edgecalc.calculus import symbolic

        value = symbolic.derivative(probe.f, x, order=order)  # type: ignore[arg-type]
    probe.asked[0] += len(x[:1])
    if looks_needed(probe.f, x[:1]) != 1:  # a rule such as (ln x)' = 1/x holds where f is not known, too
        value = np.where(np.isfinite(probe(x)), value, np.nan)
    found = Found.of(value, 4 * EPS * np.abs(value), method)
    endless = np.isinf(value)
    found.kind[endless], found.error[endless] = VERTICAL, np.nan
    return found


# ---------------------------------------------------------------- pairs of stencils


def by_pairs(probe: Probe, x: np.ndarray, order: int, h: float | None) -> Found:
    size = probe.block
    found = Found.of(np.empty(x.shape), np.empty(x.shape), "central")
    for k in range(0, len(x), size):
        part = slice(k, k + size)
        now = settled(probe.take(part), x[part], order, h)
        if now.left is not now.value:
            found.tell_sides_apart()
        replace(found, part, now)
    return found


def settled(probe: Probe, x: np.ndarray, order: int, h: float | None) -> Found:
    """Central pairs from a wide step downwards; what does not settle is looked at from either side."""
    begin = probe.accuracy if order == 1 else 8
    step = first_step(x, order, begin) if h is None else np.full(x.shape, h, np.float64)
    if probe.domain is not EVERYWHERE:
        room = np.minimum(x - probe.domain[0], probe.domain[1] - x) / 5
        step = np.where((room < step) & (room > step / 64), room, step)
    here = probe(x)
    found = Found.of(np.full(x.shape, np.nan), np.full(x.shape, np.inf), "central")
    open_ = downwards(probe, x, here, step, order, found, np.flatnonzero(np.isfinite(here)), ladder(begin) if h is None else [(8, 1.0)])
    if h is None and len(open_):
        scale = np.ldexp(1.0, np.frexp(x)[1] - 5)  # on which 1 / x and ln x vary; a power of 2
        small = (x != 0) & (8 * scale < step)
        again = open_[small[open_]]
        found.error[again] = np.inf
        small[downwards(probe, x, here, scale, order, found, again, ladder(8))] = False
        small[again] &= found.error[again] <= CLEAR * np.abs(found.value[again])
        open_ = open_[~small[open_]]
    found.error[open_] *= 4  # what has not settled is known less well than its neighbours tell
    found.kind[np.isfinite(found.value)] = SMOOTH
    if len(open_):
        found.tell_sides_apart()
        replace(found, open_, from_either_side(probe.take(open_), x[open_], here[open_], step[open_], order, found, open_))
        if order > 1:
            without_lower(found, open_, settled(probe.take(open_), x[open_], order - 1, h))
    found.error[~np.isfinite(here)] = np.nan
    return found


def without_lower(found: Found, places: np.ndarray, lower: Found) -> None:
    """Where the derivative of the order below does not exist neither does this one, however alike both sides bend."""
    rough = lower.kind != SMOOTH
    for side in ("left", "right"):
        getattr(found, side)[places[~np.isfinite(getattr(lower, side))]] = np.nan
    found.value[places[rough]] = found.error[places[rough]] = np.nan
    found.kind[places[rough]] = lower.kind[rough]


def downwards(
    probe: Probe, x: np.ndarray, here: np.ndarray, step: np.ndarray, order: int, found: Found, open_: np.ndarray, rungs: list
) -> np.ndarray:
    """Smaller and smaller steps at these places; gives back the places that have not settled."""
    stalls = Stalls(x.shape)
    for level, (accuracy, share) in enumerate(rungs):
        if not len(open_):
            break
        part = slice(None) if len(open_) == len(x) else open_  # without a copy of all
        taken = share * step[part]
        now = pair(probe.take(part), x[part], here[part], taken, order, accuracy)
        if level == 0 and now.calm.all() and now.error.max() < np.inf:  # the common case
            found.value[part], found.error[part] = now.value, now.error
            return open_[:0]
        lost = now.flat if level >= NARROW else np.False_
        noisy = stalls.after(part, now, level, lost)
        sure = stalls.count[part] == 0  # after a stall a small error would be luck
        refuted = np.abs(now.value - found.value[part]) > now.error + found.error[part]  # by a step that sees what the wider ones went over
        better = sure & ~lost & ((now.error < found.error[part]) | refuted)
        for kept, new in ((found.value, now.value), (found.error, now.error), (stalls.step, taken)):
            kept[part] = np.where(better, new, kept[part])
        places = open_[noisy]
        found.error[places] = np.fmax(2 * found.error[places], stalls.error(places, order))
        look_closer(probe, x, here, order, found, places, taken[noisy])
        open_ = open_[~(now.calm & sure & ~lost | noisy)]
    return open_


def look_closer(probe: Probe, x: np.ndarray, here: np.ndarray, order: int, found: Found, places: np.ndarray, step: np.ndarray) -> None:
    """What is noise to wide steps, as far out as x is, may be a wave: a step as close to 0 tells it where it settles."""
    closer = np.fmax(natural_step(NEAR, order, 8), 64 * np.spacing(np.abs(x[places])))
    places, step = places[closer < step / 2], closer[closer < step / 2]
    if len(places):
        now = pair(probe.take(places), x[places], here[places], step, order, 8)
        wave = now.calm & ~now.flat & (np.abs(now.value - found.value[places]) > now.error + found.error[places])
        found.value[places[wave]], found.error[places[wave]] = now.value[wave], now.error[wave]


def first_step(x: np.ndarray, order: int, accuracy: int) -> np.ndarray:
    return natural_step(x, order, accuracy) / (2 if accuracy == 6 else 1)


def ladder(accuracy: int) -> list[tuple[int, float]]:
    """(accuracy, share of the first step) of each level; where six neighbours begin, eight follow at the same step."""
    eight = [(8, 4.0**-k) for k in range(LEVELS)]
    return eight if accuracy == 8 else [(accuracy, 1.0), *eight[:-1]]
