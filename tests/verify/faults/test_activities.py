"""The kill matrix of a network with activity regularizers: every fault is noticed, and its cause named."""

from dataclasses import replace

import pytest

from reference.activity import Activity
from reference.network import chain
from tests.support.simulate import simulate
from verify.faults.kill_matrix import KillMatrix, counts, matrix

PLAIN = chain((6, 5, 3), ("tanh", "softmax"))
NAMED = {
    "penalty not divided by the batch", "penalty divided by all numbers", "half the penalty", "λ1 exchanged with λ2",
    "sign of the penalty", "penalty of A1 lost", "gradient of branch 1 of 2 lost",
}  # fmt: skip


@pytest.fixture(scope="module")
def kills():
    network = replace(PLAIN, regularizers=(("A1", Activity(0.3, 0.2)), ("A2", Activity(l2=0.3))))
    return matrix(KillMatrix(simulate(network, steps=2, batch=6)))


def test_every_fault_is_noticed(kills):
    assert [(k.fault.name, k.size) for k in kills if k.survived] == []
    assert counts(kills)["caught"] > 300
    assert {k.fault.name for k in kills if k.caught} >= NAMED


def test_the_cause_is_named_for_95_percent(kills):
    with_cause = [k for k in kills if k.named_correctly is not None]
    wrong = [(k.fault.name, k.diagnosis) for k in with_cause if not k.named_correctly]
    assert len(wrong) <= 0.05 * len(with_cause), wrong
