"""The causes that a disagreement is given."""

from dataclasses import replace

import pytest

from reference.constraints import Constraint
from reference.optimizers import kinds
from tests.support.simulate import SMALL, altered, simulate
from verify.compare.walk import compare


def test_a_single_number_with_the_wrong_sign_has_no_place():
    trace = simulate(steps=1)
    comparisons = compare(altered(trace, "step1/C", -trace.tensors["step1/C"]), "backprop").comparisons
    assert [c.explanation for c in comparisons if c.tensor == "C" and c.mode == "local"] == ["the sign is wrong"]


@pytest.mark.parametrize("kind", kinds())
def test_a_constraint_hides_no_slip_of_the_optimizer(kind):
    """The optimizer then gives W1_updated, and the constraint W1_new."""
    network = replace(SMALL, constraints=(("W1", Constraint("unit_norm", axes=(-2,))),))
    trace = simulate(network, optimizer=kind, steps=2)
    assert not any(c.failed for c in compare(trace, "backprop").comparisons)
    before = trace.tensors["step2/W1"]
    rows = compare(altered(trace, "step2/W1_updated", before), "backprop").comparisons
    found = [c for c in rows if (c.step, c.tensor, c.mode) == (2, "W1_updated", "local")]
    assert [c.failed for c in found] == [True]
    assert "skipped" in found[0].explanation
