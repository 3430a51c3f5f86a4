"""Networks with branches: names, shapes, and gradients that come from several places."""

import numpy as np
import pytest

from reference.branches import KIND
from reference.network import chain
from reference.rules import rules
from reference.tensor_names import gradient
from tests.support.graphs import GRAPHS, SEVERAL, graph
from tests.support.simulate import simulate
from tests.support.witness import complex_step, differences
from verify.compare.walk import compare
from verify.compare.wording import describe
from verify.records.settings import OPTIMIZERS


def cost_of(network, known, loss="categorical_crossentropy"):
    """The cost, with these parameters and inputs."""
    known = dict(known)
    for rule in rules(network, loss, OPTIMIZERS["sgd"]):
        if rule.phase == "forward":
            known[rule.tensor] = rule(known)
    return known["C"]


def step_of(network, **chosen):
    return simulate(network, dtype="float64", optimizer="sgd", steps=1, **chosen).step(1)


def largest_error(network, tensors, P, *loss):
    """The largest difference between the gradient of P and the slopes of the cost, over the largest slope."""
    slopes = differences(complex_step, lambda value: cost_of(network, {**tensors, P: value}, *loss), tensors[P])
    return np.max(np.abs(tensors[gradient(P)] - slopes)) / np.max(np.abs(slopes))


@pytest.mark.parametrize("name", sorted(GRAPHS.keys() - {"largest", "smallest", "residual", "side by side"}))
def test_every_gradient_is_the_slope_of_the_cost(name):
    """The complex step has no rounding of differences: what is left is that of the sums, below 1e-12."""
    network = GRAPHS[name]
    tensors = step_of(network)
    for P in network.parameters():
        assert largest_error(network, tensors, P) < 1e-12, P


def test_a_lost_branch_is_no_slope():
    network = GRAPHS["three branches"]
    tensors = step_of(network, change=lambda step, name, array: array / 2 if name == "dA1" else array)
    assert largest_error(network, tensors, "W1") > 0.1
    assert largest_error(network, tensors, "W3") < 1e-12


@pytest.mark.parametrize("name", SEVERAL)
def test_every_gradient_is_the_slope_of_all_costs(name):
    network, loss = SEVERAL[name]
    tensors = step_of(network, loss=loss)
    for P in network.parameters():
        assert largest_error(network, tensors, P, loss) < 1e-12, P
    lost = step_of(network, loss=loss, change=lambda step, name, array: array / 2 if name == "dA1" else array)
    assert largest_error(network, lost, "W1", loss) > 0.1


EVERY = {name: (network, "categorical_crossentropy") for name, network in GRAPHS.items()} | SEVERAL


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("jit", [False, True])
def test_a_simulated_step_passes_and_a_changed_number_fails(name, jit):
    network, loss = EVERY[name]
    trace = simulate(network, jit=jit, loss=loss)
    comparisons = compare(trace, "backprop").comparisons
    assert comparisons and all(c.passed for c in comparisons), [c.tensor for c in comparisons if not c.passed]
    names = [rule.tensor for rule in rules(network, trace.settings.loss, OPTIMIZERS["adam"])]
    for changed in [n for n in names if n.startswith(("d", "C"))]:
        change = lambda step, n, a, changed=changed: a * 1.01 if n == changed else a  # noqa: E731
        wrong = simulate(network, jit=jit, loss=loss, change=change)
        failed = {c.tensor for c in compare(wrong, "backprop").comparisons if c.mode == "local" and not c.passed}
        assert failed == {changed}


def test_the_names_of_the_essay_and_the_counted_ones():
    def names(network):
        return [place.gives for _, place in network.places]

    assert names(GRAPHS["dropouts"]) == ["X", "Z1", "A1", "Z2", "A2", "D2", "Q1", "Z3", "A3"]
    assert names(GRAPHS["two activations"]) == ["X", "Z1", "A1", "Z2", "A2", "H1", "Z3", "A3"]
    assert names(GRAPHS["an activation first"])[:4] == ["X", "H1", "Z1", "A1"]
    assert names(GRAPHS["behind a branch"])[5:9] == ["J1", "Z3", "J2", "H1"]
    assert GRAPHS["dropouts"].masks() == ("M2", "K1")
    assert names(GRAPHS["dropouts"].in_prediction) == ["X", "Z1", "A1", "Z2", "A2", "Z3", "A3"]
    assert names(GRAPHS["a layer twice"]) == ["X", "Z1", "A1", "Z2", "A2", "Z3", "A3"]
    assert GRAPHS["a layer twice"].parameters() == ("W1", "B1", "W3", "B3")


def test_a_prediction_keeps_the_names_behind_a_dropout():
    network = graph("input(nodes=4)", "dense(nodes=3)", "dropout", "relu", "sigmoid")
    assert [place.gives for _, place in network.places][3:] == ["H1", "H2"]
    assert [place.gives for _, place in network.in_prediction.places][2:] == ["H1", "H2"]
    assert network.in_prediction.places[2][1].reads == "Z1"


def test_a_gradient_of_several_readers_has_one_rule():
    plan = rules(GRAPHS["three branches"], "categorical_crossentropy", OPTIMIZERS["sgd"])
    joined = [rule for rule in plan if rule.kind == KIND]
    assert [rule.tensor for rule in joined] == ["dA1"] and len(joined[0].inputs) == 5
    assert len({rule.tensor for rule in plan}) == len(plan)
    written = [rule for rule in rules(chain(), "categorical_crossentropy", OPTIMIZERS["adam"]) if rule.kind == KIND]
    assert written == []


WRONG = {
    "a layer nobody reads": (
        ("input(nodes=3)", "dense(nodes=2)", "relu: 0", "dense(nodes=2)"),
        "no layer reads layer 1",
    ),
    "a later layer": (("input(nodes=3)", "dense(nodes=2): 2", "relu: 1"), "must read layers before it"),
    "two inputs of a Dense": (("input(nodes=3)", "dense(nodes=3)", "dense(nodes=2): 0,1"), "reads one layer, not 2"),
    "one branch": (("input(nodes=3)", "dense(nodes=3)", "add: 1"), "at least 2 tensors"),
    "three of a difference": (("input(nodes=3)", "dense(nodes=3)", "subtract: 0,1,1"), "two tensors, not 3"),
    "other shapes": (("input(nodes=3)", "dense(nodes=2)", "add: 0,1"), "of one shape"),
    "no such axis": (("input(nodes=3)", "dense(nodes=2)", "concatenate(axis=-2): 0,1"), "no axis -2"),
    "not side by side": (("input(nodes=(2, 3))", "dense(nodes=2)", "concatenate(axis=-2): 0,1"), "do not fit"),
    "shares another kind": (("input(nodes=3)", "dense(nodes=3)", "dense(nodes=2): 1 = 1"), "equal layer before it"),
    "shares a later one": (("input(nodes=3)", "dense(nodes=3)", "dense(nodes=3): 1 = 2"), "equal layer before it"),
    "an output that is an input": (("input(nodes=3)", "identity", "dense(nodes=2): 0"), "no layer reads layer 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_network_is_refused(name):
    nodes, word = WRONG[name]
    with pytest.raises(ValueError, match=word):
        rules(graph(*nodes), "mean_squared_error", OPTIMIZERS["sgd"])


ENDS = {
    "an input": ((1, 2), "given by a layer, not by an input"),
    "no such layer": ((2, 3), "given by a layer of the network"),
    "too few losses": ((1, 2), "2 outputs need as many losses, not 1"),
}


@pytest.mark.parametrize("name", ENDS)
def test_outputs_that_do_not_fit_are_refused(name):
    ends, word = ENDS[name]
    second = "identity: 0" if name == "an input" else "dense(nodes=2): 0"
    with pytest.raises(ValueError, match=word):
        rules(graph("input(nodes=3)", second, "dense(nodes=2): 0", ends=ends), "mean_squared_error", OPTIMIZERS["sgd"])


def test_a_lost_cost_is_named():
    network, loss = SEVERAL["two outputs"]
    trace = simulate(network, loss=loss, change=lambda step, name, a: a * 2 if name == "C" else a)
    failed = next(c for c in compare(trace, "backprop").comparisons if c.tensor == "C")
    assert not failed.passed
    known = trace.step(1)
    wrong = simulate(network, loss=loss, change=lambda step, name, a: known["C2"] if (step, name) == (1, "C") else a)
    first = next(c for c in compare(wrong, "backprop").comparisons if not c.passed)
    assert first.tensor == "C" and "cost of output 1 of 2 lost" in describe(first)
