"""A comparison with any of its checks taken out must be found out by the kill matrix."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.simulate import simulate
from verify.compare import rule as one_tensor
from verify.compare import walk as compare
from verify.faults.kill_matrix import KillMatrix


@pytest.fixture(scope="module")
def trace():
    """A trace that passes."""
    return simulate(steps=3, batch=5)


# Each takes one check out of the comparison. Then something must survive, or be reported wrongly.
UNCHANGED = one_tensor.values


def _accept(verdict):
    def values(*args):
        judgement = UNCHANGED(*args)
        return judgement | {"verdict": "within"} if judgement["verdict"] == verdict else judgement

    return values


def _with_bound(bound):
    """Return the comparison with another bound, computed from the numbers by hand and the derived bound."""
    return lambda b, derived, c, p, *same: UNCHANGED(b, bound(b, derived), c, p, *same)


def _one_element(by_hand, bound, captured, precision, *same):
    """Judge the first element only."""
    others = np.ones(np.shape(by_hand), bool)
    others[(0,) * others.ndim] = False
    return UNCHANGED(np.where(others, captured, by_hand), bound, captured, precision, *same)


MUTANTS = {
    "outside is accepted": _accept("outside"),
    "twice the bound": _with_bound(lambda by_hand, derived: derived * 2.0),
    "a bound of 0": _with_bound(lambda by_hand, derived: derived * 0.0),
    "one element is judged": _one_element,
    "relative error alone": _with_bound(lambda by_hand, derived: np.abs(by_hand) * 1e-3),
    "absolute error alone": _with_bound(lambda by_hand, derived: np.full(np.shape(by_hand), 1e-3)),
    "magnitudes alone": lambda b, bound, c, p, *same: UNCHANGED(np.abs(b), bound, np.abs(c), p, *same),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_comparison_without_one_check_is_found_out(trace, monkeypatch, name):
    monkeypatch.setattr(one_tensor, "values", MUTANTS[name])
    _is_found_out(trace)


def test_a_comparison_that_accepts_what_is_not_finite_is_found_out(trace, monkeypatch):
    def accepted(comparison, ball, captured, *rest):
        return replace(comparison, verdict="within", elements=captured.size)

    monkeypatch.setattr(one_tensor, "judge_not_finite", accepted)
    _is_found_out(trace)


def _is_found_out(trace):
    kill_matrix = KillMatrix(trace)
    alarms = [c for c in kill_matrix.unaltered if c.failed]
    assert alarms or any(kill_matrix.run(fault).survived for fault in kill_matrix.catalogue())


@pytest.mark.parametrize("phase", ["start", "forward", "backward", "update"])
def test_a_comparison_without_some_rules_is_found_out(trace, monkeypatch, phase):
    """Their tensors are then called extra, or their faults are no longer in the catalogue."""
    real = compare.planned

    def fewer(*args):
        plan, rest = real(*args)
        return tuple(rule for rule in plan if rule.phase != phase), rest

    full = {fault.name for fault in KillMatrix(trace).catalogue()}
    monkeypatch.setattr(compare, "planned", fewer)
    monkeypatch.setattr("verify.faults.kill_matrix.planned", fewer)
    kill_matrix = KillMatrix(trace)
    assert [c for c in kill_matrix.unaltered if c.failed] or {f.name for f in kill_matrix.catalogue()} < full


def test_a_comparison_on_the_wrong_inputs_is_found_out(trace, monkeypatch):
    """Judging by the chained run in place of TensorFlow's own inputs moves the origin, or widens the bound."""
    real = compare.Walk.step

    def chained_only(self, number, tensors):
        comparisons = real(self, number, tensors)
        chained = {c.tensor: c for c in comparisons if c.mode == "chained"}
        return [replace(chained[c.tensor], mode="local") if c.order and c.mode == "local" else c for c in comparisons]

    monkeypatch.setattr(compare.Walk, "step", chained_only)
    kill_matrix = KillMatrix(trace)
    assert any(kill_matrix.run(fault).survived for fault in kill_matrix.catalogue())
