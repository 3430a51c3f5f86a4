"""The kill matrix of regularized networks: every fault is noticed, and its cause named."""

from dataclasses import replace

import pytest

from reference.network import chain
from reference.orthogonal import Orthogonal
from reference.regularizers import Regularizer
from tests.support.simulate import simulate
from verify.faults.kill_matrix import KillMatrix, counts, matrix

PLAIN = chain((6, 5, 3), ("tanh", "softmax"))
REGULARIZERS = {
    "orthogonal": (("W1", Orthogonal(0.3)), ("W2", Orthogonal(0.2, "columns"))),
    "sizes": (("W1", Regularizer(l1=0.1, l2=0.2)), ("W2", Regularizer(l2=0.1))),
}
NAMED = {
    "orthogonal": {
        "squares of the cosines", "rows for columns, or columns for rows", "diagonal not removed",
        "penalty counted twice", "vectors not brought to the length 1", "slope without that of the lengths",
    },
    "sizes": {
        "penalty counted twice", "λ1 exchanged with λ2", "L1 in place of L2, or L2 in place of L1", "half the penalty",
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=REGULARIZERS)
def kills(request):
    network = replace(PLAIN, regularizers=REGULARIZERS[request.param])
    return request.param, matrix(KillMatrix(simulate(network, steps=2, batch=6)))


def test_every_fault_is_noticed(kills):
    name, of_network = kills
    assert [(k.fault.name, k.size) for k in of_network if k.survived] == []
    assert counts(of_network)["caught"] > 300
    assert {k.fault.name for k in of_network if k.caught} >= NAMED[name]


def test_the_cause_is_named_for_95_percent(kills):
    with_cause = [k for k in kills[1] if k.named_correctly is not None]
    wrong = [(k.fault.name, k.diagnosis) for k in with_cause if not k.named_correctly]
    assert len(wrong) <= 0.05 * len(with_cause), wrong
