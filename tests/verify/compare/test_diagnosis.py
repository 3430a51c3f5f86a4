"""The causes that a disagreement is given."""

from tests.support.simulate import altered, simulate
from verify.compare.walk import compare


def test_a_single_number_with_the_wrong_sign_has_no_place():
    trace = simulate(steps=1)
    comparisons = compare(altered(trace, "step1/C", -trace.tensors["step1/C"]), "backprop").comparisons
    assert [c.explanation for c in comparisons if c.tensor == "C" and c.mode == "local"] == ["the sign is wrong"]
