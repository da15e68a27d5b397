"""The same descents by PyTorch and optax; run as a program, it writes their paths to peers.json: python -m tests.optimize.peers"""

import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from edgecalc.optimize import rules
from edgecalc.optimize.problems import PROBLEMS

STORED = Path(__file__).with_suffix(".json")
START = (0.5, -0.25)
STEPS = 100
KEPT = (1, 2, 5, 10, 20, 50, 100)
PROBLEM = PROBLEMS["himmelblau"]

# {library: {case: (our rule, rate, the peer's name, its options)}}
CASES: dict[str, dict[str, tuple]] = {
    "torch": {
        "gd": (rules.gd(), 0.01, "SGD", {}),
        "momentum": (rules.momentum(0.9), 0.002, "SGD", {"momentum": 0.9}),
        "dampened momentum": (rules.momentum(0.8, dampening=0.3), 0.005, "SGD", {"momentum": 0.8, "dampening": 0.3}),
        "nesterov": (rules.nesterov(0.9), 0.002, "SGD", {"momentum": 0.9, "nesterov": True}),
        "adagrad": (rules.adagrad(), 0.1, "Adagrad", {}),
        "adadelta": (rules.adadelta(), 1.0, "Adadelta", {}),
        "rmsprop": (rules.rmsprop(), 0.01, "RMSprop", {}),
        "centered rmsprop": (rules.rmsprop(0.9, centered=True, momentum=0.5), 0.01, "RMSprop", {"alpha": 0.9, "centered": True, "momentum": 0.5}),
        "adam": (rules.adam(), 0.05, "Adam", {}),
        "amsgrad": (rules.adam(0.8, 0.9, amsgrad=True), 0.05, "Adam", {"betas": (0.8, 0.9), "amsgrad": True}),
        "adamw": (rules.adamw(weight_decay=0.1), 0.05, "AdamW", {"weight_decay": 0.1}),
    },
    "optax": {
        "sign": (rules.sign(), 0.01, "sign_sgd", {}),
        "gd": (rules.gd(), 0.01, "sgd", {}),
        "momentum": (rules.momentum(0.9), 0.002, "sgd", {"momentum": 0.9}),
        "nesterov": (rules.nesterov(0.9), 0.002, "sgd", {"momentum": 0.9, "nesterov": True}),
        "adagrad": (rules.adagrad(epsilon=1e-7, epsilon_inside=True, start=0.1), 0.1, "adagrad", {}),
        "adadelta": (rules.adadelta(), 1.0, "adadelta", {}),
        "rmsprop": (rules.rmsprop(0.9, epsilon_inside=True), 0.01, "rmsprop", {}),
        "rmsprop, epsilon outside": (rules.rmsprop(0.9), 0.01, "rmsprop", {"eps_in_sqrt": False}),
        "adam": (rules.adam(), 0.05, "adam", {}),
        "adamw": (rules.adamw(weight_decay=1e-4), 0.05, "adamw", {}),
    },
}


def by_torch(rate: float, name: str, options: dict) -> list:
    import torch

    x = torch.tensor(START, dtype=torch.float64)
    x.grad = torch.zeros_like(x)
    optimizer = getattr(torch.optim, name)([x], lr=rate, **options)
    path = []
    for _ in range(STEPS):
        x.grad.copy_(torch.from_numpy(PROBLEM.gradient(x.numpy())))
        optimizer.step()
        path.append(x.tolist())
    return [path[step - 1] for step in KEPT]


def by_optax(rate: float, name: str, options: dict) -> list:
    import jax
    import optax

    jax.config.update("jax_enable_x64", True)
    x = jax.numpy.array(START)
    optimizer = getattr(optax, name)(rate, **options)
    update, state = jax.jit(optimizer.update), optimizer.init(x)
    path = []
    for _ in range(STEPS):
        change, state = update(jax.numpy.array(PROBLEM.gradient(np.asarray(x))), state, x)
        x = optax.apply_updates(x, change)
        path.append(x.tolist())
    return [path[step - 1] for step in KEPT]


RUN: dict[str, Callable] = {"torch": by_torch, "optax": by_optax}


def path_of(library: str, case: str) -> np.ndarray:
    """Where it stood after each step of KEPT: by the library where it is installed, else as it was when the numbers were stored."""
    if find_spec(library):
        return np.array(RUN[library](*CASES[library][case][1:]))
    return np.array(json.loads(STORED.read_text())[library][case])


if __name__ == "__main__":
    STORED.write_text(json.dumps({library: {case: RUN[library](*row[1:]) for case, row in cases.items()} for library, cases in CASES.items()}))
    sys.stdout.write(f"{STORED.name} is written\n")
