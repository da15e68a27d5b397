"""The table: every difference that edgecalc takes, of pixels, samples or functions, is a row of this file.

A row is exact data. It says which neighbours it weighs and proves, when it is made, that it is the derivative it claims to be:

    f^(d)(x) = ( numerators · f(x + offsets·h) ) / (denominator · h^d)  +  O(h^accuracy)

         offsets   -1  0  1
         CENTRAL   -1  0  1   / 2        d = 1, accuracy 2
         FORWARD       -1  1  / 1        d = 1, accuracy 1

Smoothing is the row with d = 0. An image operator is a sum of products of rows, one along the axis and one across it:

    SOBEL  =  CENTRAL along  x  (1 2 1)/4 across
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import comb, exp, factorial, gcd, inf, lcm, sqrt

MOST_TAPS = 31


@dataclass(frozen=True)
class Stencil:
    """One row: `derivative` 0 is smoothing. `unit` divides the numerators where a filter is published in decimals.

    >>> Stencil(derivative=1, accuracy=2, offsets=(-1, 1), numerators=(-1, 1), denominator=1)
    Traceback (most recent call last):
        ...
    ValueError: stencil (-1, 1)/1 at (-1, 1): its moment of order 1 is 2, a derivative of order 1 needs 1
    """

    derivative: int
    accuracy: int
    offsets: tuple[int, ...]
    numerators: tuple[int, ...]
    denominator: int
    unit: int = 1

    def __post_init__(self) -> None:
        if len(self.offsets) != len(self.numerators) or len(set(self.offsets)) != len(self.offsets):
            raise ValueError(f"stencil: {len(self.offsets)} offsets {self.offsets} for {len(self.numerators)} numerators; each offset needs one")
        for order in range(self.derivative + self.accuracy):
            moment = Fraction(sum(n * o**order for n, o in zip(self.numerators, self.offsets, strict=True)), self.denominator)
            needed = factorial(order) if order == self.derivative else 0
            if moment != needed:
                raise ValueError(
                    f"stencil {self.numerators}/{self.denominator} at {self.offsets}: "
                    f"its moment of order {order} is {moment}, a derivative of order {self.derivative} needs {needed}"
                )

    @property
    def noise_gain(self) -> float:
        """Standard deviation of the result for samples with independent noise of deviation 1, at unit spacing."""
        return sqrt(sum(n * n for n in self.numerators)) / abs(self.denominator)

    def at(self, shift: int) -> "Stencil":
        """The same weights, read `shift` samples further on; only the moment of the derivative is promised there."""
        return Stencil(self.derivative, 1, tuple(o + shift for o in self.offsets), self.numerators, self.denominator, self.unit)

    @property
    def stride(self) -> int:
        """How far apart the samples lie that it reads."""
        return gcd(*self.offsets) or 1

    def stretched(self, stride: int) -> "Stencil":
        """The same derivative from samples that lie `stride` times as far apart.

        >>> CENTRAL.stretched(5)
        Stencil(derivative=1, accuracy=2, offsets=(-5, 0, 5), numerators=(-1, 0, 1), denominator=10, unit=1)
        """
        return replace(self, offsets=tuple(o * stride for o in self.offsets), denominator=self.denominator * stride**self.derivative)


def fornberg(points, derivative: int) -> list:
    """Weights of the derivative at 0 of the polynomial through `points`, by Fornberg's recurrence.

    The points may be Fractions (exact weights) or arrays (a set of weights for every element).

    >>> fornberg([Fraction(-1), Fraction(0), Fraction(1)], 2)
    [Fraction(1, 1), Fraction(-2, 1), Fraction(1, 1)]
    """
    weights = [[points[0] * 0 + 1] + [points[0] * 0] * derivative]
    before = points[0] * 0 + 1
    for n in range(1, len(points)):
        gaps = [points[n] - points[k] for k in range(n)]
        now = gaps[0] * 0 + 1
        for gap in gaps:
            now = now * gap
        last = weights[n - 1]
        fresh = [before / now * ((d * last[d - 1] if d else 0) - points[n - 1] * last[d]) for d in range(derivative + 1)]
        for k in range(n):
            old = weights[k]
            weights[k] = [(points[n] * old[d] - (d * old[d - 1] if d else 0)) / gaps[k] for d in range(derivative + 1)]
        weights.append(fresh)
        before = now
    return [row[derivative] for row in weights]


@lru_cache(maxsize=1024)
def from_offsets(offsets: tuple[int, ...], derivative: int) -> Stencil:
    """The most accurate stencil on these offsets, with exact weights and the accuracy that it reaches.

    >>> from_offsets((0, 1, 2), 1)
    Stencil(derivative=1, accuracy=2, offsets=(0, 1, 2), numerators=(-3, 4, -1), denominator=2, unit=1)
    """
    if derivative < 0 or derivative >= len(offsets):
        raise ValueError(f"derivative: {derivative} on {len(offsets)} offsets; accepted is 0 to {len(offsets) - 1}")
    if len(set(offsets)) != len(offsets):
        raise ValueError(f"offsets: {offsets} repeats one; each may stand once")
    exact = fornberg([Fraction(o) for o in offsets], derivative)
    denominator = lcm(*(w.denominator for w in exact))
    numerators = tuple(int(w * denominator) for w in exact)
    accuracy = len(offsets) - derivative
    while accuracy <= len(offsets) and sum(n * o ** (derivative + accuracy) for n, o in zip(numerators, offsets, strict=True)) == 0:
        accuracy += 1
    return Stencil(derivative, accuracy, tuple(offsets), numerators, denominator)


def central(derivative: int = 1, accuracy: int = 2) -> Stencil:
    """Symmetric around the point; its accuracy is even.

    >>> central(1, 4).numerators, central(1, 4).denominator
    ((1, -8, 0, 8, -1), 12)
    """
    _accept(derivative, accuracy)
    if accuracy % 2:
        raise ValueError(f"accuracy: {accuracy} came; a central stencil has an even one: {accuracy + 1}")
    reach = (derivative + 1) // 2 - 1 + accuracy // 2
    return from_offsets(tuple(range(-reach, reach + 1)), derivative)


def forward(derivative: int = 1, accuracy: int = 1) -> Stencil:
    """From the point onwards.

    >>> forward(1, 1)
    Stencil(derivative=1, accuracy=1, offsets=(0, 1), numerators=(-1, 1), denominator=1, unit=1)
    """
    _accept(derivative, accuracy)
    return from_offsets(tuple(range(derivative + accuracy)), derivative)


def backward(derivative: int = 1, accuracy: int = 1) -> Stencil:
    """Up to the point."""
    _accept(derivative, accuracy)
    return from_offsets(tuple(range(1 - derivative - accuracy, 1)), derivative)


def one_sided(derivative: int, accuracy: int, before: int, after: int) -> Stencil:
    """At least this accurate, for a point with only `before` samples before it and `after` behind it.

    >>> one_sided(1, 2, before=0, after=9).offsets
    (0, 1, 2)
    """
    taps = derivative + accuracy
    if before + after + 1 < taps:
        raise ValueError(
            f"samples: {before + after + 1} along the axis; a derivative of order {derivative} and accuracy {accuracy} needs {taps} or more"
        )
    first = max(-before, -(taps // 2)) if before < after else min(after, taps // 2) - taps + 1
    return from_offsets(tuple(range(first, first + taps)), derivative)


def _accept(derivative: int, accuracy: int) -> None:
    if derivative < 1 or accuracy < 1 or derivative + accuracy > MOST_TAPS:
        raise ValueError(f"derivative {derivative}, accuracy {accuracy}: both must be 1 or more, and their sum at most {MOST_TAPS}")


def _convolve(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    out = [0] * (len(a) + len(b) - 1)
    for i, j in product(range(len(a)), range(len(b))):
        out[i + j] += a[i] * b[j]
    return tuple(out)


@lru_cache(maxsize=1024)
def binomial(derivative: int, taps: int) -> Stencil:
    """OpenCV's row: [1, 1] convolved until only `derivative` of the `taps - 1` steps are left, these with [-1, 1].

    >>> binomial(0, 3).numerators, binomial(1, 3).numerators, binomial(1, 5).numerators
    ((1, 2, 1), (-1, 0, 1), (-1, -2, 0, 2, 1))
    """
    numerators: tuple[int, ...] = tuple(comb(taps - 1 - derivative, k) for k in range(taps - derivative))
    for _ in range(derivative):
        numerators = _convolve(numerators, (-1, 1))
    offsets = tuple(range(-(taps // 2), taps // 2 + 1))
    slope = Fraction(sum(n * o**derivative for n, o in zip(numerators, offsets, strict=True)), factorial(derivative))
    return Stencil(derivative, 2 if taps > 1 else 1, offsets, numerators, int(slope))


@lru_cache(maxsize=256)
def gaussian(sigma: float, derivative: int = 0, truncate: float = 4.0) -> Stencil:
    """The derivative of a Gaussian, sampled up to `truncate` deviations away; smoothing adds up to exactly 1.

    From the second derivative on, sampled and cut weights keep no moment exactly: accuracy 0 promises none.

    >>> [round(n / gaussian(1.0).unit, 4) for n in gaussian(1.0).numerators]
    [0.0001, 0.0044, 0.054, 0.242, 0.3989, 0.242, 0.054, 0.0044, 0.0001]
    """
    radius = int(truncate * sigma + 0.5)
    offsets = tuple(range(-radius, radius + 1))
    bell = [exp(-0.5 * (o / sigma) * (o / sigma)) for o in offsets]
    weights = [hermite(o, sigma, derivative) * b / sum(bell) for o, b in zip(offsets, bell, strict=True)]
    peak = max(map(abs, weights))
    if not 0 < peak < inf or any(w != w for w in weights):
        raise ValueError(
            f"sigma: {sigma} came; its derivative {derivative} is 0 or beyond any number at every pixel, a larger sigma (or truncate) is accepted"
        )
    scale = round(2**62 / Fraction(min(peak, 1.0)))
    numerators = tuple(round(Fraction(w) * scale) for w in weights)
    unit = sum(numerators) if derivative == 0 else scale
    if derivative > 1:
        return Stencil(0, 0, offsets, numerators, unit, unit)
    return Stencil(derivative, 2, offsets, numerators, sum(n * o**derivative for n, o in zip(numerators, offsets, strict=True)), unit)


def hermite(offset: float, sigma: float, derivative: int) -> float:
    """What the Gaussian is multiplied by when it is differentiated, seen as a correlation: the sign of odd orders is turned.

    H(0) = 1,  H(1) = x/s²,  H(n+1) = (x H(n) - n H(n-1)) / s²
    """
    before, here = 0.0, 1.0
    for n in range(derivative):
        before, here = here, (offset * here - n * before) / sigma / sigma
    return here


FORWARD = forward()
BACKWARD = backward()
CENTRAL = central()
HERE = Stencil(derivative=0, accuracy=1, offsets=(0,), numerators=(1,), denominator=1)
NEXT = HERE.at(1)
FLAT = Stencil(derivative=0, accuracy=2, offsets=(-1, 0, 1), numerators=(1, 1, 1), denominator=3)
HEAVY = Stencil(derivative=0, accuracy=2, offsets=(-1, 0, 1), numerators=(3, 10, 3), denominator=16)
# Farid and Simoncelli, "Differentiation of discrete multidimensional signals", 2004: 5 taps, in decimals as published
FARID_ALONG = Stencil(
    derivative=1,
    accuracy=2,
    offsets=(-2, -1, 1, 2),
    numerators=(-109603762960254, -276690988455557, 276690988455557, 109603762960254),
    denominator=991797028752130,
    unit=10**15,
)
FARID_ACROSS = Stencil(
    derivative=0,
    accuracy=2,
    offsets=(-2, -1, 0, 1, 2),
    numerators=(376593171958126, 2491533961773440, 4263745732536870, 2491533961773440, 376593171958126),
    denominator=10000000000000002,
    unit=10**16,
)


@dataclass(frozen=True, eq=False)
class Operator:
    """A sum of products of rows: each term is (factor, along the axis, across it). In N dimensions `across` stands along every other axis."""

    name: str
    terms: tuple[tuple[float, Stencil, Stencil], ...]
    kind: str = "axis"  # a derivative along an "axis", a "diagonal" difference, or a "sum" of second derivatives

    @property
    def exact(self) -> bool:
        """Its published weights are integers."""
        return all(along.unit == across.unit == 1 and isinstance(factor, int) for factor, along, across in self.terms)

    def slope(self, ndim: int = 2) -> float:
        """What a ramp that rises by 1 a sample gives, in an array of `ndim` dimensions; for a "sum", what a parabola of second derivative 1 gives."""
        if self.kind == "diagonal":
            return sqrt(2)
        if self.kind == "sum":
            return float(sum(weight * column**2 for (_, column), weight in self.kernel().items())) / 2
        _, along, across = self.terms[0]
        return float(Fraction(along.denominator, along.unit) * Fraction(across.denominator, across.unit) ** (ndim - 1))

    @property
    def one_row(self) -> Stencil | None:
        """The row along the axis where nothing is smoothed across it."""
        factor, along, across = self.terms[0]
        return along if len(self.terms) == 1 and across == HERE and factor == 1 else None

    @property
    def accuracy(self) -> int:
        if self.kind == "sum":
            return 2
        return min(min(along.accuracy, across.accuracy if across != HERE else along.accuracy) for _, along, across in self.terms)

    def kernel(self) -> dict[tuple[int, int], Fraction]:
        """{(across, along): weight}, the 2-D kernel for axis="x"; correlation, not convolution."""
        weights: dict[tuple[int, int], Fraction] = {}
        for factor, along, across in self.terms:
            for (i, n), (j, m) in product(zip(across.offsets, across.numerators, strict=True), zip(along.offsets, along.numerators, strict=True)):
                weights[i, j] = weights.get((i, j), Fraction(0)) + Fraction(factor) * Fraction(n * m, along.unit * across.unit)
        return {place: weight for place, weight in weights.items() if weight}

    def matrix(self) -> tuple[list[list[Fraction]], tuple[int, int]]:
        """The same as rows, and the row and column in it of the pixel that is written."""
        weights = self.kernel()
        (top, left), (bottom, right) = (tuple(end(0, *(place[k] for place in weights)) for k in (0, 1)) for end in (min, max))
        return [[weights.get((i, j), Fraction(0)) for j in range(left, right + 1)] for i in range(top, bottom + 1)], (-top, -left)

    @property
    def noise_gain(self) -> float:
        """Of the result at unit slope (normalize=True), for pixels with independent noise of deviation 1."""
        return sqrt(sum(w * w for w in self.kernel().values())) / self.slope()


@lru_cache(maxsize=1024)
def separable(name: str, along: Stencil, across: Stencil = HERE) -> Operator:
    return Operator(name, ((1, along, across),))


@lru_cache(maxsize=1024)
def sobel(ksize: int = 3, order: int = 1) -> Operator:
    """OpenCV's getDerivKernels: size 1 is the plain 3-tap difference."""
    taps = max(ksize, 3)
    return separable("sobel", binomial(order, taps), HERE if ksize == 1 else binomial(0, taps))


@lru_cache(maxsize=256)
def sampled(derivative: int, accuracy: int, stride: int = 1) -> Operator:
    """What `differentiate` takes of samples."""
    return separable("central", central(derivative, accuracy).stretched(stride))


# Roberts' cross: the difference of two diagonal neighbours, sqrt(2) apart. It falls towards the right (main) or towards the left (anti).
ROBERTS = {
    "main": Operator("roberts", ((1, HERE, HERE), (-1, NEXT, NEXT)), "diagonal"),
    "anti": Operator("roberts", ((1, NEXT, HERE), (-1, HERE, NEXT)), "diagonal"),
}

# From the sum and the difference of both: along x and y.
SQUARE = separable("square", forward(1, 1), Stencil(derivative=0, accuracy=1, offsets=(0, 1), numerators=(1, 1), denominator=2))

SIDES = Stencil(derivative=0, accuracy=2, offsets=(-1, 1), numerators=(1, 1), denominator=2)
CROSS = Stencil(derivative=0, accuracy=2, offsets=(-1, 0, 1), numerators=(1, -4, 1), denominator=-2)


@lru_cache(maxsize=64)
def laplacian(ksize: int = 1) -> Operator:
    """OpenCV's three forms, the small ones as the sums that take the fewest rows.

    1:  0  1  0       3:  2  0  2       5 and more: second Sobel derivatives along both axes, added
        1 -4  1           0 -8  0
        0  1  0           2  0  2
    """
    if ksize == 1:
        return Operator("laplacian", ((1, SIDES, HERE), (1, HERE, CROSS)), "sum")
    if ksize == 3:
        return Operator("laplacian", ((2, SIDES, SIDES), (-8, HERE, HERE)), "sum")
    second, smooth = binomial(2, ksize), binomial(0, ksize)
    return Operator("laplacian", ((1, second, smooth), (1, smooth, second)), "sum")


@lru_cache(maxsize=256)
def gaussian_laplace(sigma: float, truncate: float = 4.0) -> Operator:
    second, smooth = gaussian(sigma, 2, truncate), gaussian(sigma, 0, truncate)
    return Operator("gaussian_laplace", ((1, second, smooth), (1, smooth, second)), "sum")


@lru_cache(maxsize=256)
def difference_of_gaussians(low_sigma: float, high_sigma: float, truncate: float = 4.0) -> Operator:
    low, high = gaussian(low_sigma, 0, truncate), gaussian(high_sigma, 0, truncate)
    return Operator("difference_of_gaussians", ((1, low, low), (-1, high, high)), "sum")


@lru_cache(maxsize=256)
def divided(operator: Operator, by: float) -> Operator:
    """The operator with its result divided, as for pixels that do not lie 1 apart."""
    return Operator(operator.name, tuple((float(factor) / by, along, across) for factor, along, across in operator.terms), operator.kind)


OPERATORS = {
    "forward": separable("forward", FORWARD),
    "backward": separable("backward", BACKWARD),
    "central": separable("central", CENTRAL),
    "sobel": sobel(),
    "scharr": separable("scharr", CENTRAL, HEAVY),
    "prewitt": separable("prewitt", CENTRAL, FLAT),
    "farid": separable("farid", FARID_ALONG, FARID_ACROSS),
}
