"""A training in which a step could not be judged is neither a pass nor a failure."""

from dataclasses import replace

import numpy as np
import pytest

from reference.network import ESSAY
from tests.support.simulate import simulate
from verify.compare.tensor import Comparison
from verify.lockstep.verifier import Judged
from verify.sweep.case_result import DISAGREES, UNVERIFIED
from verify.sweep.plan import Case
from verify.sweep.worker import judge
from verify.training.checkpoint import Progress
from verify.training.configuration import TrainingConfiguration
from verify.training.result import TrainingResult

UNKNOWN = Comparison(1, 3, "Z1", "6", 1, (2, 2), "local", "unjudged", explanation="its bound is infinite")
WRONG = replace(UNKNOWN, verdict="outside", explanation="", tensor="Z2")


@pytest.mark.parametrize(
    ("steps", "status", "words"),
    [
        ([()], 0, "PASS"),
        ([(UNKNOWN,), ()], 3, "NOT VERIFIED step 1, Z1"),
        ([(WRONG,), ()], 1, "FAIL step 1, Z2"),
        ([(UNKNOWN,), (WRONG,)], 1, "FAIL step 1, Z2"),
        ([(WRONG,), (UNKNOWN,)], 1, "FAIL step 1, Z2"),
        ([(UNKNOWN, WRONG)], 1, "FAIL step 1, Z2"),
    ],
)
def test_the_verdict_of_a_training(steps, status, words):
    progress = Progress(epochs=[(1.0,) * 8])
    for number, failed in enumerate(steps, 1):
        progress.add(Judged(number, 10, 0, {}, failed))
    result = TrainingResult(TrainingConfiguration(), {}, progress, b"", (10, 10), ESSAY)
    assert result.status == status and result.passed == (status == 0) and result.headline.startswith(words)
    assert progress.failed_steps + progress.unjudged_steps == sum(bool(failed) for failed in steps)


@pytest.mark.parametrize(("wrong", "status"), [(False, UNVERIFIED), (True, DISAGREES)])
def test_a_case_of_a_sweep(wrong, status):
    """Where the sums of Z1 overflow in one order and not in another, a finite Z1 cannot be judged."""

    def finite(step, name, array):
        array = np.where(np.isfinite(array), array, 1e37).astype(array.dtype) if name == "Z1" else array
        return array * np.float32(1.1) if wrong and name == "C" else array

    with np.errstate(all="ignore"):
        weights = {"W1": np.full((9, 8), 3e38)}
        trace = simulate(change=finite, given=weights, batch=2, steps=1, data="given", optimizer="sgd")
    result = judge(Case(0, trace.settings, "0"), trace)
    assert result.status == status
