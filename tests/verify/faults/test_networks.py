"""The kill matrix of networks (convolutional, regularized, …): every fault is noticed, and its cause named."""

from dataclasses import replace

import pytest

from reference.activity import Activity
from reference.network import chain
from reference.orthogonal import Orthogonal
from reference.regularizers import Regularizer
from tests.support.graphs import SEVERAL, graph
from tests.support.simulate import simulate
from verify.faults.kill_matrix import KillMatrix, counts, matrix

PLAIN = chain((6, 5, 3), ("tanh", "softmax"))
NETWORKS = {
    "convolutional": graph(
        "input(nodes=(8, 8, 1))", "convolution(filters=3, kernel=(3, 3))", "relu", "max_pooling",
        "convolution(filters=4, kernel=(2, 2), strides=(2, 2), padding='same')", "relu", "flatten",
        "dropout(rate=0.4)", "dense(nodes=3)", "softmax",
    ),
    "residual": graph(
        "input(nodes=(5, 5, 2))", "convolution(filters=3, kernel=(3, 3), padding='same')", "batch_normalization",
        "relu", "convolution(filters=3, kernel=(3, 3), padding='same', bias=False)", "batch_normalization", "add: 3,5",
        "relu", "global_average_pooling", "dense(nodes=3)", "softmax",
    ),
    "two outputs": SEVERAL["two outputs"][0],
    "words": graph(
        "input(nodes=7)", "embedding(rows=60, nodes=4)", "global_average_pooling", "dense(nodes=6)", "relu",
        "dense(nodes=5)", "tanh", "dense(nodes=3)", "softmax",
    ),
    "orthogonal": replace(PLAIN, regularizers=(("W1", Orthogonal(0.3)), ("W2", Orthogonal(0.2, "columns")))),
    "regularizers": replace(PLAIN, regularizers=(("W1", Regularizer(l1=0.1, l2=0.2)), ("W2", Regularizer(l2=0.1)))),
    "activity regularizers": replace(PLAIN, regularizers=(("A1", Activity(0.3, 0.2)), ("A2", Activity(l2=0.3)))),
}  # fmt: skip
LOSSES = {"two outputs": SEVERAL["two outputs"][1]}
NAMED = {  # of the issue: each must be among the faults
    "convolutional": {
        "kernel flipped", "stride ignored", "gradient to the smallest of the window",
        "gradient divided by the size of the window", "padding on the other side",
    },
    "two outputs": {"cost of output 1 of 2 lost", "gradient of branch 2 of 2 lost", "loss weight left out"},
    "residual": {"gradient of branch 1 of 2 lost", "gradient of branch 2 of 2 lost", "gradient not divided"},
    "words": {
        "rows counted from 1", "of a row used several times, the last gradient alone",
        "of a row used several times, the first gradient alone",
        "of a row used several times, the mean of the gradients",
        "the sum of all gradients in the rows that are not used", "the square of the summed gradient",
        "v kept where a row is not used",
    },
    "orthogonal": {
        "squares of the cosines", "rows for columns, or columns for rows", "diagonal not removed",
        "penalty counted twice", "vectors not brought to the length 1", "slope without that of the lengths",
    },
    "regularizers": {
        "penalty counted twice", "λ1 exchanged with λ2", "L1 in place of L2, or L2 in place of L1", "half the penalty",
    },
    "activity regularizers": {
        "penalty not divided by the batch", "penalty divided by all numbers", "half the penalty",
        "λ1 exchanged with λ2", "sign of the penalty", "penalty of A1 lost", "gradient of branch 1 of 2 lost",
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=NETWORKS)
def kills(request):
    loss = LOSSES.get(request.param, "categorical_crossentropy")
    return request.param, matrix(KillMatrix(simulate(NETWORKS[request.param], steps=2, batch=6, loss=loss)))


def test_every_fault_is_noticed(kills):
    name, of_network = kills
    assert [(k.fault.name, k.size) for k in of_network if k.survived] == []
    assert counts(of_network)["caught"] > 300
    assert {k.fault.name for k in of_network if k.caught} >= NAMED[name]


def test_the_cause_is_named_for_95_percent(kills):
    with_cause = [k for k in kills[1] if k.named_correctly is not None]
    wrong = [(k.fault.name, k.diagnosis) for k in with_cause if not k.named_correctly]
    assert len(wrong) <= 0.05 * len(with_cause), wrong
