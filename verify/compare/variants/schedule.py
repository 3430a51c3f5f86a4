"""Variants of the schedules of a learning rate."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from reference.rule import Rule
from reference.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
    Schedule,
)
from verify.compare.variants.shared import SIZES, VariantParts, scaled

Named = Iterator[tuple[str, Callable[..., Any]]]
LATE = "(t - 1)·(1/T) in place of (t - 1)/T: just below a whole number, so the rate falls one step late"
EARLY = "(t - 1)·(1/T) in place of (t - 1)/T: just above a whole number, so a cycle begins one step early"
DEGREES = "degrees for radians in the cosine"
RESTARTS = {  # by how many periods the number of the period is wrong
    "the end of a period is rounded, so the rate begins anew late": -1.0,
    "the end of a period is rounded, so the rate begins anew early": 1.0,
}


def of_schedule(rule: Rule) -> VariantParts:
    """Yield the variants of a learning rate's schedule, which is a function of t."""
    schedule = rule.compute
    assert isinstance(schedule, Schedule)
    first = schedule.values[0] if isinstance(schedule, PiecewiseConstantDecay) else schedule.initial_learning_rate
    if isinstance(schedule, ExponentialDecay | InverseTimeDecay) and schedule.staircase:
        yield LATE, partial(_late, schedule)
    if isinstance(schedule, PolynomialDecay) and schedule.cycle:
        yield EARLY, partial(_early, schedule)
    if isinstance(schedule, CosineDecayRestarts):
        yield from _other_periods(schedule)
    yield "schedule one step ahead", lambda t: schedule(t + 1.0)
    yield "schedule one step behind", lambda t: schedule(t - 1.0)
    yield "first learning rate kept", lambda t: t * 0.0 + first
    if isinstance(schedule, ExponentialDecay | InverseTimeDecay):
        name = "schedule without its steps" if schedule.staircase else "schedule in steps"
        yield name, replace(schedule, staircase=not schedule.staircase)
    elif isinstance(schedule, PolynomialDecay):
        yield from _polynomial(schedule)
    elif isinstance(schedule, CosineDecay):
        yield from _cosine(schedule)
    elif isinstance(schedule, CosineDecayRestarts):
        yield from _restarts(schedule)
    else:
        sooner = tuple(boundary - 1 for boundary in schedule.boundaries)
        yield "boundary one step sooner", replace(schedule, boundaries=sooner)
    for size in SIZES:
        yield f"scheduled α × {1 + size:.10g}", partial(scaled, schedule, 1 + size)


def _late(schedule: ExponentialDecay | InverseTimeDecay, t: Any) -> Any:
    """A schedule in steps whose division by T is a multiplication by 1/T, as TensorFlow's graph optimiser makes it."""
    exact, inexact = _quotients(t, schedule.decay_steps)
    return schedule(t - float(np.floor(exact) - np.floor(inexact)) * schedule.decay_steps)


def _quotients(t: Any, steps: float) -> tuple[Any, Any]:
    """Return (t - 1)/T and (t - 1)·(1/T) in float32, for a number or a ball."""
    done, T = np.float32(getattr(t, "value", t)) - np.float32(1), np.float32(steps)
    return done / T, done * (np.float32(1) / T)


def _polynomial(schedule: PolynomialDecay) -> Named:
    power = 1.0 if schedule.power != 1 else 2.0
    yield f"power {power:g} in the schedule", replace(schedule, power=power)
    yield "schedule down to 0", replace(schedule, end_learning_rate=0.0)
    if schedule.cycle:
        yield "schedule without cycles", replace(schedule, cycle=False)
    else:
        yield "schedule in cycles", replace(schedule, cycle=True)


def _early(schedule: PolynomialDecay, t: Any) -> Any:
    """A schedule in cycles whose division by T is a multiplication by 1/T, so that (t - 1)/T may be rounded up."""
    cycles = np.maximum(np.ceil(_quotients(t, schedule.decay_steps)[1]), 1)
    return schedule.after((t - 1) / (schedule.decay_steps * float(cycles)))


def _cosine(schedule: CosineDecay) -> Named:
    S, T, a = schedule.warmup_steps, schedule.decay_steps, schedule.alpha
    peak = schedule.warmup_target if S else schedule.initial_learning_rate
    if a:
        without = replace(schedule, alpha=0.0)
        yield "a left out in the schedule", without
        yield "a added, and 1 - a left out", lambda t: schedule(t) + without(t) * a
    if S:
        yield "schedule without warm-up", replace(schedule, initial_learning_rate=peak, warmup_steps=0.0)
        yield "warm-up from 0", replace(schedule, initial_learning_rate=0.0)
        yield "steps of the warm-up not taken off", lambda t: schedule.share(np.minimum(t - 1, T)) * peak
    yield DEGREES, lambda t: _in_degrees(np.minimum(t - 1 - S, T) / T, a) * peak
    yield "cosine not halved", lambda t: schedule(t) * 2.0 - a * peak
    yield "cosine goes on after its last step", lambda t: schedule.share(t - 1 - S) * peak
    yield "a line in place of the cosine", lambda t: ((1 - np.minimum(t - 1 - S, T) / T) * (1 - a) + a) * peak


def _in_degrees(part: Any, a: float) -> Any:
    """The share of the learning rate with the cosine of 180 f, which are degrees, in place of π f."""
    return (0.5 * (1 + np.cos(part * 180.0))) * (1 - a) + a


def _other_periods(schedule: CosineDecayRestarts) -> Named:
    T = schedule.first_decay_steps
    for name, ahead in RESTARTS.items():
        yield name, lambda t, ahead=ahead: schedule.within((t - 1) / T, schedule.periods(t - 1) + ahead)


def _restarts(schedule: CosineDecayRestarts) -> Named:
    T, a, first = schedule.first_decay_steps, schedule.alpha, schedule.initial_learning_rate
    yield "schedule without restarts", CosineDecay(first, T, a)
    if a:
        yield "a left out in the schedule", replace(schedule, alpha=0.0)
    if schedule.t_mul != 1:
        yield "all periods as long as the first", replace(schedule, t_mul=1.0)
    else:
        yield "each period twice as long as the one before", replace(schedule, t_mul=2.0)
    if schedule.m_mul != 1:
        yield "all periods begin with one rate", replace(schedule, m_mul=1.0)
    yield DEGREES, lambda t: _in_degrees(np.minimum(t - 1, T) / T, a) * first
    yield "cosine not halved", lambda t: schedule(t) * 2.0 - a * first
