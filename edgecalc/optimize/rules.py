"""The update rules of descent: pure pairs (init, step), with the conventions on which libraries differ as switches.

    init(x) -> state
    step(x, slope, state, rate) -> (change, state)        the loop adds the change to x

A rule never changes what it is given and knows nothing of the loop; x may hold one start or many.

>>> rule = RULES["momentum"](decay=0.5)
>>> x, slope = np.array([1.0]), np.array([2.0])
>>> change, state = rule.step(x, slope, rule.init(x), 0.1)
>>> change
array([-0.2])
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from edgecalc.core.arrays import number, one_of, whole

State = tuple
Init = Callable[[Any], State]
Step = Callable[[Any, Any, State, Any], tuple[Any, State]]


@dataclass(frozen=True)
class Rule:
    """A row: how a step is made from a slope. `formula` is what it computes, to be shown beside a run."""

    name: str
    init: Init = field(repr=False)
    step: Step = field(repr=False)
    formula: str
    rate: float = 0.1
    takes: str = field(default="gradient", repr=False)  # or "values": then `slope` is the function itself
    ahead: Callable[[Any, State], Any] | None = field(default=None, repr=False)  # where the gradient is taken, if not at x
    restless: bool = field(default=False, repr=False)  # whether x moves where the slope is 0, too


def share(value: Any, name: str) -> float:
    """A number from 0 to below 1: how much of the past is kept."""
    kept = number(value, name)
    if not 0 <= kept < 1:
        raise ValueError(f"{name}: {value!r} came; a number from 0 to below 1 is accepted")
    return kept


def nothing(x: Any) -> State:
    return ()


def zeros(count: int) -> Init:
    """A count of the steps, then so many arrays of zeros."""
    return lambda x: (0, *(np.zeros_like(x) for _ in range(count)))


def gd() -> Rule:
    """Gradient descent: down the slope, the steeper the farther.

    >>> gd().step(1.0, 2.0, (), 0.1)
    (-0.2, ())
    """
    return Rule("gd", nothing, lambda x, slope, state, rate: (-(rate * slope), ()), r"x \leftarrow x - \eta g")


def sign() -> Rule:
    """Sign descent: a step of one length along every variable, whatever the slope.

    >>> sign().step(1.0, -20.0, (), 0.1)
    (np.float64(0.1), ())
    """
    return Rule("sign", nothing, lambda x, slope, state, rate: (-(rate * np.sign(slope)), ()), r"x \leftarrow x - \eta\,\mathrm{sign}(g)", 0.01)


def momentum(decay: float = 0.9, *, dampening: float = 0.0, nesterov: bool = False, rate_inside: bool = False) -> Rule:
    """Momentum: slopes add up, the old ones fade.

    Parameters
    ----------
    decay : float
        What is kept of the past at each step.
    dampening : float
        The new slope counts (1 - dampening), but for the first one, as in PyTorch.
    nesterov : bool
        Step to where the velocity will be after one more step of the same slope, as PyTorch and optax do.
    rate_inside : bool
        The velocity holds steps, not slopes: v = decay v - rate g, as in Keras and the textbooks. The same path, unless the rate changes.

    >>> rule = momentum(0.5)
    >>> change, state = rule.step(1.0, 2.0, rule.init(1.0), 0.1)
    >>> float(rule.step(0.8, 2.0, state, 0.1)[0])
    -0.30000000000000004
    """
    keep, damp = share(decay, "decay"), share(dampening, "dampening")
    if damp and nesterov:
        raise ValueError(f"dampening: {dampening!r} came with nesterov=True, which looks ahead by whole slopes; 0 is accepted there")

    def step(x: Any, slope: Any, state: State, rate: Any) -> tuple[Any, State]:
        count, velocity = state
        new = rate * slope if rate_inside else slope
        velocity = keep * velocity + (1 - damp) * new if count else new
        ahead = new + keep * velocity if nesterov else velocity
        return (-ahead if rate_inside else -(rate * ahead)), (count + 1, velocity)

    formula = r"v \leftarrow \beta v + \eta g,\quad x \leftarrow x - v" if rate_inside else r"v \leftarrow \beta v + g,\quad x \leftarrow x - \eta v"
    if nesterov:
        formula = formula.replace("x - v", r"x - (\eta g + \beta v)").replace(r"x - \eta v", r"x - \eta (g + \beta v)")
    if damp:
        formula = formula.replace("g,", r"(1-\tau) g,")
    return Rule("nesterov" if nesterov else "momentum", zeros(1), step, formula, 0.01)


def nesterov(decay: float = 0.9, *, ahead: bool = False) -> Rule:
    """Nesterov's momentum. With ahead=True the slope is really taken where the velocity leads, as first written down.

    >>> nesterov().step(1.0, 2.0, nesterov().init(1.0), 0.1)[0]
    -0.38
    """
    if not ahead:
        return momentum(decay, nesterov=True)
    keep = share(decay, "decay")

    def step(x: Any, slope: Any, state: State, rate: Any) -> tuple[Any, State]:
        velocity = keep * state[1] - rate * slope
        return velocity, (state[0] + 1, velocity)

    formula = r"v \leftarrow \beta v - \eta g(x + \beta v),\quad x \leftarrow x + v"
    return Rule("nesterov ahead", zeros(1), step, formula, 0.01, ahead=lambda x, state: x + keep * state[1])


def momentum_as_printed(decay: float = 0.9) -> Rule:
    """Momentum with a sign lost, as printed in a course: v = decay v - rate g, x = x - v. It climbs.

    >>> momentum_as_printed().step(2.0, 5.0, (0, 0.0), 0.1)[0]
    0.5
    """
    keep = share(decay, "decay")

    def step(x: Any, slope: Any, state: State, rate: Any) -> tuple[Any, State]:
        velocity = keep * state[1] - rate * slope
        return -velocity, (state[0] + 1, velocity)

    return Rule("momentum as printed", zeros(1), step, r"v \leftarrow \beta v - \eta g,\quad x \leftarrow x - v", 0.05)


def root(square: str, inside: bool) -> str:
    return rf"\sqrt{{{square} + \epsilon}}" if inside else rf"(\sqrt{{{square}}} + \epsilon)"


def measured(slope: Any, square: Any, epsilon: float, inside: bool) -> Any:
    """slope / sqrt(square), with epsilon against a division by 0: PyTorch adds it to the root, optax often below it."""
    size = np.sqrt(square + epsilon) if inside else np.sqrt(square) + epsilon
    if epsilon:
        return slope / size
    with np.errstate(all="ignore"):
        return np.where(np.equal(slope, 0), 0.0, slope / size)


def adagrad(*, epsilon: float = 1e-10, epsilon_inside: bool = False, start: float = 0.0) -> Rule:
    """AdaGrad: each variable's rate falls with the slopes it has seen. (optax: start=0.1, epsilon=1e-7, epsilon_inside=True.)

    >>> adagrad(epsilon=0).step(1.0, 2.0, (0, 0.0), 0.1)[0]
    np.float64(-0.1)
    """
    small, first = number(epsilon, "epsilon", 0), number(start, "start", 0)

    def step(x: Any, slope: Any, state: State, rate: Any) -> tuple[Any, State]:
        total = state[1] + slope * slope
        return -(rate * measured(slope, total, small, epsilon_inside)), (state[0] + 1, total)

    return Rule(
        "adagrad", lambda x: (0, np.full_like(x, first)), step, r"s \leftarrow s + g^2,\quad x \leftarrow x - \eta g / " + root("s", epsilon_inside)
    )


def adadelta(decay: float = 0.9, *, epsilon: float = 1e-6) -> Rule:
    """AdaDelta: AdaGrad with a fading memory, in the units of x.

    >>> rule = adadelta()
    >>> rule.step(1.0, 2.0, rule.init(1.0), 1.0)[0] < 0
    np.True_
    """
    keep, small = share(decay, "decay"), number(epsilon, "epsilon", 0)

    def step(x: Any, slope: Any, state: State, rate: Any) -> tuple[Any, State]:
        count, squares, moves = state
        squares = keep * squares + (1 - keep) * (slope * slope)
        move = np.sqrt(moves + small) * measured(slope, squares, small, True)
        return -(rate * move), (count + 1, squares, keep * moves + (1 - keep) * (move * move))

    formula = r"s \leftarrow \rho s + (1-\rho) g^2,\quad d = g \sqrt{(u+\epsilon)/(s+\epsilon)},\quad u \leftarrow \rho u + (1-\rho) d^2,\quad x \leftarrow x - \eta d"
    return Rule("adadelta", zeros(2), step, formula, 1.0)


def rmsprop(
    decay: float = 0.99,
    *,
    epsilon: float = 1e-8,
    epsilon_inside: bool = False,
    centered: bool = False,
    momentum: float = 0.0,
    start: float = 0.0,
) -> Rule:
    """RMSprop: slopes measured by their recent size. (optax: decay=0.9, epsilon_inside=True.)

    >>> rule = rmsprop(0.75, epsilon=0)
    >>> rule.step(1.0, 2.0, rule.init(1.0), 0.1)[0]
    np.float64(-0.2)
    """
    keep, small, carry = share(decay, "decay"), number(epsilon, "epsilon", 0), share(momentum, "momentum")
    first = number(start, "start", 0)

    def step(x: Any, slope: Any, state: State, rate: Any) -> tuple[Any, State]:
        count, squares, mean, velocity = state
        squares = keep * squares + (1 - keep) * (slope * slope)
        spread = squares
        if centered:
            mean = keep * mean + (1 - keep) * slope
            spread = np.maximum(squares - mean * mean, 0.0)
        velocity = carry * velocity + measured(slope, spread, small, epsilon_inside)
        return -(rate * velocity), (count + 1, squares, mean, velocity)

    formula = r"s \leftarrow \rho s + (1-\rho) g^2,\quad "
    if centered:
        formula += r"m \leftarrow \rho m + (1-\rho) g,\quad "
    size = root("s - m^2" if centered else "s", epsilon_inside)
    formula += rf"v \leftarrow \beta v + g / {size},\quad x \leftarrow x - \eta v" if carry else rf"x \leftarrow x - \eta g / {size}"
    return Rule("rmsprop", lambda x: (0, np.full_like(x, first), np.zeros_like(x), np.zeros_like(x)), step, formula, 0.01)


def adam(first: float = 0.9, second: float = 0.999, *, epsilon: float = 1e-8, amsgrad: bool = False, weight_decay: float = 0.0) -> Rule:
    """Adam: momentum, measured by the recent size of the slopes; both start without a bias to 0.

    Parameters
    ----------
    first, second : float
        What is kept of the slopes, and of their squares.
    amsgrad : bool
        Measure by the largest size so far.
    weight_decay : float
        x itself fades by rate * weight_decay each step, apart from the slope: AdamW.

    >>> rule = adam()
    >>> round(float(rule.step(1.0, 5.0, rule.init(1.0), 0.1)[0]), 9)
    -0.1
    """
    mean_kept, square_kept = share(first, "first"), share(second, "second")
    small, fade = number(epsilon, "epsilon", 0), number(weight_decay, "weight_decay", 0)

    def step(x: Any, slope: Any, state: State, rate: Any) -> tuple[Any, State]:
        count, mean, square, largest = state
        count += 1
        mean = mean_kept * mean + (1 - mean_kept) * slope
        square = square_kept * square + (1 - square_kept) * (slope * slope)
        largest = np.maximum(largest, square) if amsgrad else square
        move = measured(mean, largest / (1 - square_kept**count), small, False)
        change = move * (-rate / (1 - mean_kept**count))
        return (change - (rate * fade) * x if fade else change), (count, mean, square, largest)

    formula = r"m \leftarrow \beta_1 m + (1-\beta_1) g,\quad s \leftarrow \beta_2 s + (1-\beta_2) g^2,\quad x \leftarrow x - \eta \hat m / (\sqrt{\hat s} + \epsilon)"
    formula = formula.replace(r"\hat s", r"\max \hat s") if amsgrad else formula
    return Rule("adamw" if fade else "adam", zeros(3), step, formula + (r" - \eta\lambda x" if fade else ""), 0.01, restless=fade > 0)


def adamw(first: float = 0.9, second: float = 0.999, *, epsilon: float = 1e-8, amsgrad: bool = False, weight_decay: float = 0.01) -> Rule:
    """Adam with x fading apart from the slope. (optax: weight_decay=1e-4.)

    >>> adamw().name
    'adamw'
    """
    return adam(first, second, epsilon=epsilon, amsgrad=amsgrad, weight_decay=weight_decay)


def noise(x: Any, seed: int, count: int) -> Any:
    """Normal numbers in the shape of x, always the same for one seed and step; the first start of many has those that it has alone."""
    return np.random.default_rng([seed, count]).standard_normal(np.shape(x))


def noisy(spread: float = 1.0, fade: float = 0.55, *, seed: int = 0) -> Rule:
    """Gradient descent with noise on the slope, which fades as (1 + step)^-fade: it may leave a local minimum.

    >>> rule = noisy(spread=0.0)
    >>> float(rule.step(1.0, 2.0, rule.init(1.0), 0.1)[0])
    -0.2
    """
    width, power, seed = number(spread, "spread", 0), number(fade, "fade", 0), whole(seed, "seed", 0)

    def step(x: Any, slope: Any, state: State, rate: Any) -> tuple[Any, State]:
        count = state[0]
        shaken = slope + width / (1 + count) ** power * noise(x, seed, count)
        return -(rate * shaken), (count + 1,)

    return Rule("noisy", zeros(0), step, r"x \leftarrow x - \eta (g + \sigma (1+t)^{-\gamma} \xi)", restless=width > 0)


def hill_climbing(*, seed: int = 0) -> Rule:
    """No slope at all: try a place nearby, as far off as the rate says, and stay there if it lies lower.

    >>> rule = hill_climbing()
    >>> rule.step(np.array(3.0), lambda x: x**2, rule.init(np.array(3.0)), 0.1)[0] <= 0
    np.True_
    """
    seed = whole(seed, "seed", 0)

    def step(x: Any, f: Any, state: State, rate: Any) -> tuple[Any, State]:
        count, here = state
        change = rate * noise(x, seed, count)
        here, there = (f(x) if here is None else here), f(x + change)
        lower = there < here
        whole_row = np.asarray(lower)[..., None] if np.ndim(x) > np.ndim(lower) else lower
        return np.where(whole_row, change, 0.0), (count + 1, np.where(lower, there, here))

    return Rule("hill climbing", lambda x: (0, None), step, r"x \leftarrow x + \eta\xi \text{ if that lies lower}", takes="values")


RULES: Mapping[str, Callable[..., Rule]] = MappingProxyType(
    {
        "sign": sign,
        "gd": gd,
        "sgd": gd,
        "momentum": momentum,
        "momentum as printed": momentum_as_printed,
        "nesterov": nesterov,
        "adagrad": adagrad,
        "adadelta": adadelta,
        "rmsprop": rmsprop,
        "adam": adam,
        "adamw": adamw,
        "noisy": noisy,
        "hill climbing": hill_climbing,
    }
)


def rule_of(rule: Any) -> Rule:
    """The rule that a name or a rule object means."""
    if isinstance(rule, Rule):
        return rule
    if not isinstance(rule, str):
        raise TypeError(f"rule: {rule!r} came; a name such as 'adam', or a rule such as rules.adam(first=0.8), is accepted")
    return RULES[one_of(rule, tuple(RULES), "rule")]()
