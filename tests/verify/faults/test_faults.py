"""The kill matrix on a small trace: every fault that can be told from rounding is noticed."""

import numpy as np
import pytest

from tests.support.simulate import simulate
from verify.bounds import Ball
from verify.compare.power import distance, smallest
from verify.faults.fixed_tolerances import POLICIES, flagged
from verify.faults.kill_matrix import KillMatrix, counts, matrix
from verify.records.precision import FLOAT32


@pytest.fixture(scope="module")
def trace():
    """A trace that passes."""
    return simulate(steps=3, batch=5)


@pytest.fixture(scope="module")
def kills(trace):
    return matrix(KillMatrix(trace))


def test_the_catalogue_is_large_and_has_every_group(kills):
    names = {k.fault.name for k in kills}
    assert len(names) > 200
    assert {k.fault.group for k in kills} == {"forward", "loss", "backward", "Adam", "storage"}
    steps = {k.fault.name for k in kills if k.fault.scope == "step"}
    assert len(steps) >= 60
    for name in (
        "bias dropped", "stale weights", "label smoothing 1e-05", "(22c) as printed, one output", "mask missing",
        "(22e) as printed, one output", "(20a) as printed, softmax elementwise", "AMSGrad", "Nesterov",
        "β1 × (1 - 1e-05)", "α × 1.00001", "the moments begin anew", "products in bfloat16",
        "Algorithm 1's ε = 1e-8 beside √v̂",
    ):  # fmt: skip
        assert name in steps, name


def test_nothing_that_can_be_told_from_rounding_survives(kills):
    assert [(k.fault.name, k.size) for k in kills if k.survived] == []
    count = counts(kills)
    assert count["caught"] == count["tried"] - count["equal"] > 250
    for k in kills:
        assert k.caught or k.size <= 1


def test_the_cause_is_named_first_for_95_percent(kills):
    with_cause = [k for k in kills if k.named_correctly is not None]
    assert len(with_cause) > 150
    wrong = [(k.fault.name, k.diagnosis) for k in with_cause if not k.named_correctly]
    assert len(wrong) <= 0.05 * len(with_cause), wrong


def test_one_fault_has_one_origin(trace, kills):
    """A fault of one tensor is noticed there or, if it is smaller than rounding there, at a tensor computed from it."""
    operands = {rule.tensor: rule.inputs for rule in KillMatrix(trace).plan}
    elsewhere = 0
    for k in kills:
        if k.caught and k.fault.scope == "tensor" and ", in " in k.fault.name:
            tensor = k.fault.name.rpartition(", in ")[2]
            assert k.first.tensor == tensor or tensor in operands[k.first.tensor], k.fault.name
            elsewhere += k.first.tensor != tensor
    assert elsewhere < 0.2 * len(kills)


def test_fixed_tolerances_notice_less(kills):
    real = [k for k in kills if not k.equivalent]
    for name in POLICIES:
        assert sum(k.by_policy[name] for k in real) < len(real)
    assert sum(k.by_policy["1e-3"] for k in real) < 0.7 * len(real)


@pytest.mark.parametrize(
    ("tensor", "most"),
    [("A1", 2**-22), ("W3_new", 2**-22), ("B1_new", 2**-22), ("m_W2", 2**-21), ("v_W2", 2**-20), ("Z3", 2**-18),
     ("A3", 2**-19), ("C", 2**-17), ("dZ3", 2**-18), ("dW3", 2**-20), ("dA1", 2**-18), ("update_W3", 1e-4)],
)  # fmt: skip
def test_bounds_are_not_idle(trace, tensor, most):
    """A wider bound (four times the rounding assumed, say) would let a larger change of the tensor through."""
    kill_matrix = KillMatrix(trace)
    ball = kill_matrix.balls[tensor]
    assert smallest(ball.value, ball.spread(), kill_matrix.captured[tensor]) < most


def test_distance_and_smallest_change():
    one, other = Ball(np.array([1.0]), 0.1, FLOAT32), Ball(np.array([1.3]), 0.1, FLOAT32)
    assert distance(one, other, np.array([0.0])) == pytest.approx(1.5)
    assert distance(one, None, np.array([1.2], "f4")) == pytest.approx(2.0)
    assert distance(one, None, np.array([np.nan], "f4")) == np.inf
    assert smallest(np.array([1.0]), np.array([0.5]), np.array([1.0], "f4")) == pytest.approx(0.5, rel=0.1)
    assert smallest(np.array([1.0]), np.array([5.0]), np.array([1.0], "f4")) == np.inf


def test_policies_are_those_of_their_libraries():
    rng = np.random.default_rng(0)
    for _ in range(300):
        b = rng.normal(size=4) * 10.0 ** rng.integers(-9, 2)
        a = (b * (1 + rng.normal(size=4) * 10.0 ** rng.integers(-8, -2))).astype("f4")
        assert flagged("numpy allclose", a, b) == (not np.allclose(a.astype(float), b))
        either = (np.abs(a - b) <= 1e-5) | (np.abs(a - b) <= 1e-5 * np.abs(b))
        assert flagged("Polygraphy 1e-5", a, b) == (not either.all())
    assert flagged("1e-3", np.array([np.nan]), np.array([0.0]))


OTHER = [{"batch": 1}, {"optimizer": "sgd"}, {"loss": "mean_squared_error"}, {"steps": 1}, {"dtype": "float64"}]


@pytest.mark.parametrize("chosen", OTHER)
def test_other_runs_have_a_matrix_too(chosen):
    kills = matrix(KillMatrix(simulate(**{"steps": 2, **chosen})))
    assert kills and not [k.fault.name for k in kills if k.survived]
