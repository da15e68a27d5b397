"""Schedules against their formulas, which are PyTorch's and optax's."""

from math import cos, pi

import numpy as np
import pytest

from edgecalc.optimize import SCHEDULES, schedules
from edgecalc.optimize.schedules import schedule_of


@pytest.mark.parametrize(
    ("schedule", "formula"),
    [
        (schedules.constant(), lambda t: 1.0),
        (schedules.step(30, 0.1), lambda t: 0.1 ** (t // 30)),
        (schedules.exponential(0.97), lambda t: 0.97**t),
        (schedules.cosine(), lambda t: (1 + cos(pi * t / 200)) / 2),
        (schedules.cosine(0.1), lambda t: 0.1 + 0.9 * (1 + cos(pi * t / 200)) / 2),
        (schedules.warm_up(20), lambda t: min(1.0, (t + 1) / 20)),
        (schedules.warm_up(20, "cosine"), lambda t: (t + 1) / 20 if t < 20 else (1 + cos(pi * (t - 20) / 180)) / 2),
        (schedule_of(lambda t: 1 / (1 + t)), lambda t: 1 / (1 + t)),
        (schedule_of(None), lambda t: 1.0),
    ],
)
def test_factors_follow_the_formula(schedule, formula):
    assert [schedule.factor(t, 200) for t in range(201)] == pytest.approx([formula(t) for t in range(201)], abs=1e-15)


def test_past_the_last_step_a_schedule_stays_where_it_ended():
    assert schedules.cosine(0.25).factor(300, 200) == 0.25
    assert schedules.warm_up(20, "cosine").factor(20, 20) == 1.0


def test_progress_takes_a_step_on_the_level_as_progress():
    plan = schedules.progress(1.5, 0.5)
    assert plan.adapt(0.5, 3.0, 3.0) == 0.75
    assert plan.adapt(np.array([0.5, 0.5, 0.5]), np.array([3.0, 3.0, 3.0]), np.array([3.0, 4.0, 2.0])).tolist() == [0.75, 0.25, 0.75]


def test_every_name_makes_a_schedule_of_that_name():
    assert [make().name for make in SCHEDULES.values()] == list(SCHEDULES)
    assert [name for name, make in SCHEDULES.items() if make().adaptive] == ["progress"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.step(0), "every: 0 came"),
        (lambda: schedules.step(3, -1.0), "factor: -1.0 came"),
        (lambda: schedules.exponential(float("nan")), "factor: nan came"),
        (lambda: schedules.warm_up(0), "steps: 0 came"),
        (lambda: schedules.warm_up(3, "progress"), "then: 'progress' came"),
        (lambda: schedules.progress(up=0.5), "up: 0.5 came"),
        (lambda: schedules.progress(down=1.0), "down: 1.0 came"),
        (lambda: schedule_of(lambda t: -1.0).factor(0, 1), "schedule: -1.0 came"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
