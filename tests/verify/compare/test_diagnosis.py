"""The causes that a disagreement is given."""

from dataclasses import replace

import numpy as np
import pytest

from reference.constraints import Constraint
from reference.network import chain
from reference.optimizers import kinds
from tests.support.simulate import altered, simulate
from verify.compare.walk import compare


def test_a_single_number_with_the_wrong_sign_has_no_place():
    trace = simulate(steps=1)
    comparisons = compare(altered(trace, "step1/C", -trace.tensors["step1/C"]), "backprop").comparisons
    assert [c.explanation for c in comparisons if c.tensor == "C" and c.mode == "local"] == ["the sign is wrong"]


SMOOTH = chain((9, 8, 7, 6), ("tanh", "tanh", "softmax"))  # no unit is off: Adafactor makes NaN of such a gradient


@pytest.mark.parametrize("kind", kinds())
def test_a_constraint_hides_no_slip_of_the_optimizer(kind):
    """The optimizer then gives W1_updated, and the constraint W1_new."""
    network = replace(SMOOTH, constraints=(("W1", Constraint("unit_norm", axes=(-2,))),))
    trace = simulate(network, optimizer=kind, steps=2)
    assert not any(c.failed for c in compare(trace, "backprop").comparisons)
    before = trace.tensors["step2/W1"]
    rows = compare(altered(trace, "step2/W1_updated", before), "backprop").comparisons
    found = [c for c in rows if (c.step, c.tensor, c.mode) == (2, "W1_updated", "local")]
    assert [c.failed for c in found] == [True]
    assert "skipped" in found[0].explanation or found[0].explanation == "it holds the numbers of W1"


def local(trace, tensor):
    """Return the explanation of a tensor that is wrong in step 2 of a trace."""
    every = compare(trace, "backprop").comparisons
    return next(c.explanation for c in every if (c.step, c.tensor, c.mode) == (2, tensor, "local") and c.failed)


def test_a_tensor_that_is_handed_on_is_no_cause():
    """The reported cost is C, and the update of RMSprop with momentum is m: both hold the wrong numbers."""
    trace, rng = simulate(optimizer="rmsprop(momentum=0.9)"), np.random.default_rng(1)
    wrong = trace.tensors["step2/C"] * np.float32(1.0137)
    assert local(altered(altered(trace, "step2/C", wrong), "step2/C_reported", wrong), "C") == ""
    wrong = rng.normal(size=trace.tensors["step2/m_W1"].shape).astype("float32")
    assert np.array_equal(trace.tensors["step2/m_W1"], trace.tensors["step2/update_W1"])
    for tensor in ("m_W1", "update_W1"):
        trace = altered(trace, f"step2/{tensor}", wrong)
    assert local(trace, "m_W1") == ""
    elsewhere = altered(trace, "step2/m_W1", trace.tensors["step2/v_W1"])
    assert local(elsewhere, "m_W1") == "it holds the numbers of v_W1"


@pytest.mark.parametrize(
    ("n", "size", "cause"), [(1, 0.0, "labels 0 not turned into -1"), (6, 0.1, "label smoothing 0.1")]
)
def test_a_variant_that_holds_nearly_anything_is_no_cause(n, size, cause):
    """Rounding decides whether 0.9 y + 0.1 is 1, and so whether a hinge turns such labels into -1 and 1."""
    network, labels = chain((9, n), ("tanh",)), np.random.default_rng(2).integers(0, 2, (5, n))
    trace = simulate(network, given={network.labels[0]: labels}, loss="hinge")
    y = labels * (1 - size) + size / n
    C = np.maximum(1 - y * trace.step(2)[network.outputs[0][1].gives].astype("float64"), 0).mean()
    assert local(altered(trace, "step2/C", C.astype("float32")), "C") == f"agrees with: {cause}"
