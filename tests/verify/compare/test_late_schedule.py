"""TensorFlow's staircase schedules fall one step late for some T; the report says so."""

from dataclasses import replace

import numpy as np
import pytest

from reference.schedules import ExponentialDecay, InverseTimeDecay
from tests.support.simulate import simulate
from verify.compare.variants.schedule import LATE
from verify.results.judging import judge


@pytest.mark.parametrize("schedule", ["exponential_decay", "inverse_time_decay"])
def test_a_rate_that_falls_one_step_late_is_named(schedule):
    kind = {"exponential_decay": ExponentialDecay, "inverse_time_decay": InverseTimeDecay}[schedule]
    rate = kind(0.1, 41.0, 0.9, staircase=True)
    text = f"sgd(learning_rate={schedule}(initial_learning_rate=0.1, decay_steps=41.0, decay_rate=0.9, staircase=True))"
    trace = simulate(steps=1, optimizer=text, done=41)
    late = np.float32(rate(41.0))  # the rate of the step before
    wrong = replace(trace, tensors={**trace.tensors, "step1/alpha": np.asarray(late)})
    result = judge("backprop", wrong, None)
    alpha = next(c for c in result.local if c.tensor == "alpha")
    assert alpha.verdict == "outside" and LATE in alpha.explanation
