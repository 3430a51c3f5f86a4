"""Check that the verification of a training step notices small errors in any tensor, faults, and a weaker verifier."""

from types import SimpleNamespace

import numpy as np
import pytest

from tests.support.simulate import altered, simulate
from tests.verify.lockstep.test_verifier import local, nudged
from verify.bounds import Ball
from verify.compare.evaluation import evaluate
from verify.faults.kill_matrix import KillMatrix
from verify.lockstep import verifier as judging
from verify.lockstep.verifier import Lockstep


def just_outside(trace, row):
    """The tensor with its worst element moved to little more than what is allowed."""
    array = trace.step(2)[row.tensor].copy()
    for part in (1.3, 2.0, 3.0):
        array[row.worst_index] = (
            row.by_hand + part * row.allowed if row.allowed else np.nextafter(np.float32(row.by_hand), np.float32(9))
        )
        if abs(float(array[row.worst_index]) - row.by_hand) > row.allowed:
            return altered(trace, f"step2/{row.tensor}", array)
    raise AssertionError(row)


def judge_of_second(trace):
    """A function that judges, again and again, a second step after the first of the trace."""
    lockstep = Lockstep(trace.settings, trace.network)
    lockstep.explained = True
    lockstep.judge(1, trace.step(1))
    before = dict(lockstep.before)

    def judge(held):
        lockstep.before = before
        return lockstep.judge(2, held)

    return judge


def every_tensor_fails_by_little():
    trace = simulate(steps=2, change=nudged)
    judge = judge_of_second(trace)
    for (step, tensor), row in local(trace).items():
        if step == 2 and row.order:
            failed = {c.tensor for c in judge(just_outside(trace, row).step(2)).failed}
            assert tensor in failed, tensor


def test_every_tensor_can_fail_and_by_little():
    every_tensor_fails_by_little()


WEAKER = {
    "what is reproduced is not looked at closely": ("reproduced", lambda a, b: np.isclose(a, b, rtol=1e-5)),
    "twice what is allowed": ("evaluate", lambda *given: _wider(evaluate(*given))),
    "of products nothing is outside": ("products", SimpleNamespace(utilisation=lambda *given: 0.5)),
}


def _wider(ball):
    return Ball(ball.value, 4 * ball.spread(), ball.precision)


@pytest.mark.parametrize("name", WEAKER)
def test_a_weaker_judgement_is_found_out(name, monkeypatch):
    monkeypatch.setattr(judging, *WEAKER[name])
    with pytest.raises(AssertionError):
        every_tensor_fails_by_little()


def test_no_fault_is_noticed_by_the_comparison_and_not_here():
    """The catalogue of verify.faults: the same tensors fail, with the same counts."""
    trace = simulate(steps=2, batch=5, change=nudged)
    bench = KillMatrix(trace)
    tried = noticed = 0
    judge = judge_of_second(trace)
    for fault in list(bench.catalogue())[::2]:
        held = {**bench.captured, **fault.alter(bench.captured)}
        walk = bench.before.copy()
        walk.explains, walk.memo = False, dict(bench.memo)
        expected = [(c.tensor, c.verdict, c.outside) for c in walk.step(2, held) if c.mode == "local" and not c.passed]
        found = [(c.tensor, c.verdict, c.outside) for c in judge(held).failed]
        assert found == expected, fault.name
        tried, noticed = tried + 1, noticed + bool(found)
    assert tried > 100 and noticed > 0.9 * tried
