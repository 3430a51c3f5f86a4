"""A tensor with many readers that have a choice: max poolings, of which XLA takes another of equal numbers."""

import time

import numpy as np
import pytest

from reference.branches import KIND, together
from reference.rule import Rule
from reference.rules import rules
from tests.support.graphs import graph
from tests.support.simulate import altered, simulate
from verify.compare.walk import compare
from verify.records.settings import OPTIMIZERS

POOL = "max_pooling(size=(2, 2), strides=(1, 1), padding='same')"
IMAGE = "input(nodes=(2, 2, 2))", "convolution(kernel=(1, 1), filters=1)"


def many(count):
    """A network in which `count` max poolings read one tensor, and each may choose in two ways."""
    reads = ",".join(str(2 + k) for k in range(count))
    pools = [f"{POOL}: 1" for _ in range(count)]
    return graph(*IMAGE, *pools, f"add: {reads}", "flatten", "dense(nodes=2)")


def branches(network):
    plan = rules(network, "mean_squared_error", OPTIMIZERS["sgd"])
    return next(rule for rule in plan if rule.kind == KIND)


def right(network, ways):
    """A right trace with XLA in which the k-th reader sends its gradient back in way `ways[k]`."""
    rule, pools = branches(network), network.places[2 : 2 + len(ways)]
    functions = [(pool.functions(place)[1], *pool.otherwise(place)) for pool, place in reversed(pools)]
    two_largest = np.array([[0.0, 1.0], [1.0, 0.0]])  # of which the ways take another one first
    X = np.broadcast_to(two_largest[None, :, :, None], (2, 2, 2, 2))
    given = {"X": X, "W1": np.ones((1, 1, 2, 1))}
    chosen = {"given": given, "batch": 2, "steps": 1, "jit": True, "data": "given", "loss": "mean_squared_error"}
    trace = simulate(network, **chosen)
    step = trace.step(1)
    tensors = [step[name] for name in rule.inputs]
    total = sum(functions[k][way](*tensors[2 * k : 2 * k + 2]) for k, way in enumerate(ways))
    return altered(trace, f"step1/{rule.tensor}", total.astype(np.float32)), rule.tensor


def verdict(trace, tensor):
    comparisons = compare(trace, "backprop", modes=("local",)).comparisons
    return next(c for c in comparisons if c.tensor == tensor).verdict


@pytest.mark.parametrize("count", [2, 5, 9])
def test_all_readers_choose_alike_and_nothing_else_passes(count):
    network = many(count)
    for way in (0, 1):
        trace, tensor = right(network, [way] * count)
        assert verdict(trace, tensor) in ("reproduced", "equal", "within")
        wrong = trace.tensors[f"step1/{tensor}"] * np.float32(1.01) + np.float32(0.01)
        assert verdict(altered(trace, f"step1/{tensor}", wrong), tensor) == "outside"
    trace, tensor = right(network, [1] + [0] * (count - 1))
    assert verdict(trace, tensor) == "outside"


def test_the_ways_do_not_double_with_each_reader():
    start = time.perf_counter()
    assert len(branches(many(60)).otherwise) == 1
    assert time.perf_counter() - start < 10


def test_readers_without_a_choice_are_added_up_once():
    one = Rule("dA1", "1", ("x",), np.negative, 1, "backward")
    assert together([one, one]).otherwise == ()
    other = Rule("dA1", "1", ("x",), np.negative, 1, "backward", otherwise=(np.abs,))
    rule = together([other] * 8 + [one])
    assert rule.compute(*np.ones((9, 3))).tolist() == [-9.0] * 3
    assert rule.otherwise[0](*np.ones((9, 3))).tolist() == [7.0] * 3
