"""The cause that a diagnosis names for a wrong tensor, and how many faults a PASS would have noticed."""

import numpy as np
import pytest

from tests.support.simulate import altered, simulate
from verify.compare import walk as compare
from verify.compare.diagnosis import Context, diagnose
from verify.compare.power import power
from verify.compare.tensor import Tolerance
from verify.faults.kill_matrix import KillMatrix


@pytest.fixture(scope="module")
def trace():
    """A trace that passes."""
    return simulate(steps=3, batch=5)


def explained(trace, name, array):
    result = compare.compare(altered(trace, f"step3/{name}", array), "backprop")
    failed = [c for c in result.comparisons if not c.passed and c.mode == "local"]
    return failed[0].explanation if failed else None


def test_what_a_diagnosis_says(trace):
    step = trace.step(3)
    assert (
        explained(trace, "dW2", step["dW2"] * np.float32(1.5)) == "every element is 1.5 times what the equation gives"
    )
    assert explained(trace, "Z2", step["Z2"][::-1]).startswith("rows are in another order")
    assert explained(trace, "m_W2", step["m_W2"][:, ::-1]).startswith("columns are in another order")
    column = step["Z3"].copy()
    column[:, 2] = 0
    assert explained(trace, "Z3", column) == "column 3 is 0"
    sign = step["dW3"].copy()
    sign[1, 2] *= -1
    assert explained(trace, "dW3", sign) == "the sign is wrong at (2, 3)"
    assert explained(trace, "v_W2", step["m_W2"]) == "it holds the numbers of m_W2"
    assert explained(trace, "m_W1", trace.step(2)["m_W1"]) == "agrees with: m not brought up to date"
    mask = step["dZ1"].copy()
    position = tuple(np.argwhere((step["Z1"] <= 0) & (step["dA1"] != 0))[0])
    mask[position] = step["dA1"][position]
    assert explained(trace, "dZ1", mask).startswith(f"the mask is inverted at ({position[0] + 1}, {position[1] + 1})")


def test_a_diagnosis_says_nothing_rather_than_guess(trace):
    noise = np.random.default_rng(0).normal(size=trace.step(3)["dW2"].shape).astype("f4")
    assert explained(trace, "dW2", noise) == ""
    almost = trace.step(3)["dW2"] * np.float32(1.5)
    almost[0, 0] += 1
    assert explained(trace, "dW2", almost) == ""
    rule = KillMatrix(trace).plan[0]
    nan = {rule.tensor: np.array([np.nan])}
    assert diagnose(rule, Context(trace.network, None, None, nan, {rule.tensor: None}, {})) == ""


def test_power_of_a_pass_and_of_a_fixed_tolerance(trace):
    walk = compare.compare(trace, "backprop").walk
    strict = power(walk, None)
    assert strict.tried == strict.caught + strict.equal > 100
    loose = power(walk, Tolerance(1e-3, 1e-3))
    assert loose.caught < 0.7 * loose.tried and "went unnoticed" in str(loose)
    assert set(strict.change) == {"forward", "backward", "update"}
    assert all(low <= high < 0.1 for low, high in strict.change.values())
    assert loose.change["update"][1] > 1000 * strict.change["update"][1]
