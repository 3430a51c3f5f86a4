"""NaN in one example does not keep the comparison from judging another example."""

import numpy as np
import pytest

from reference.rules import rules
from tests.support.graphs import graph
from tests.support.simulate import altered, simulate
from verify.compare.evaluation import exact_balls
from verify.compare.overflow import overflows_inside
from verify.compare.walk import compare
from verify.records.precision import FLOAT32
from verify.records.settings import OPTIMIZERS


def of(trace, tensor):
    """Return the local comparison of one tensor."""
    return next(c for c in compare(trace, "backprop", modes=("local",)).comparisons if c.tensor == tensor)


IMAGE = ("input(nodes=(4, 3, 2))", "convolution(kernel=(2, 2), filters=3)")
END = ("flatten", "dense(nodes=3)")
NETWORKS = {"Z1": graph(*IMAGE, "relu", *END), "N1": graph(*IMAGE, "layer_normalization()", *END)}
BATCHES = graph("input(nodes=(4, 2))", "dense(nodes=2)", "batch_normalization()", *END)


def overflowing(network, tensor, number):
    """A right trace in which the first example of a tensor is a number, from which an overflow follows."""

    def change(step, name, array):
        if name == tensor:
            array = array.copy()
            array[0] = number
        return array

    rng = np.random.default_rng(0)
    X, W1 = rng.random((4, *network.places[0][1].outputs)), rng.choice([-2, 2], network.shape("W1"))
    X[0] = number if tensor == "X" else X[0]
    chosen = {"batch": 4, "steps": 1, "optimizer": "sgd", "loss": "mean_squared_error", "data": "given"}
    with np.errstate(all="ignore"):
        return simulate(network, change, given={"X": X, "W1": W1}, **chosen)


@pytest.mark.parametrize("tensor", NETWORKS)
def test_an_overflow_in_one_image_does_not_excuse_another(tensor):
    """Sums of the first image overflow; a wrong number in the third is outside all the same."""
    trace = overflowing(NETWORKS[tensor], "X" if tensor == "Z1" else "Z1", 3e38)
    for example, verdict in ((0, "unjudged"), (2, "outside")):
        wrong = trace.tensors[f"step1/{tensor}"].copy()
        wrong[example] = 1.0
        judged = of(altered(trace, f"step1/{tensor}", wrong), tensor)
        assert judged.verdict == verdict and (verdict == "unjudged" or judged.worst_index[0] == 2), judged


def test_a_gradient_through_the_statistics_of_a_batch_depends_on_every_example():
    trace = overflowing(BATCHES, "dN1", np.float32(3e38))
    rule, arrays = _rule(trace, "dZ1"), trace.step(1)
    balls = exact_balls(arrays, trace, arrays, FLOAT32)
    with np.errstate(all="ignore"):
        ball = rule({name: balls[name] for name in rule.inputs})
        number = np.ones_like(arrays["dZ1"])
    assert overflows_inside(rule, arrays, ball, number, None, trace.network)


def _rule(trace, tensor):
    plan = rules(trace.network, trace.settings.loss, OPTIMIZERS[trace.settings.optimizer])
    return next(rule for rule in plan if rule.tensor == tensor)
