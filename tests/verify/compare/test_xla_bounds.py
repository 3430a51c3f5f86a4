"""Check what a comparison allows where XLA computes several rules together, and where it refuses to judge."""

from dataclasses import replace

import numpy as np
import pytest

from reference.layers import layer_named
from reference.network import chain, line
from reference.rules import rules
from tests.support.simulate import altered, simulate
from verify.compare.evaluation import exact_balls, inner_balls
from verify.compare.overflow import overflows_inside
from verify.compare.walk import TOGETHER, TOO_WIDE, compare
from verify.records.precision import FLOAT32
from verify.records.settings import OPTIMIZERS

NETWORK = chain((6, 5, 1, 4), ("sigmoid", "tanh", "softmax"))  # the third layer's sums have one term


def traced(**chosen):
    return simulate(NETWORK, **{"batch": 3, "steps": 1, "optimizer": "sgd", "jit": True, **chosen})


def of(trace, tensor, mode="local"):
    """Return the comparison of one tensor."""
    return next(c for c in compare(trace, "backprop").comparisons if c.tensor == tensor and c.mode == mode)


def nudged(trace, tensor, index, ulps):
    """Return the trace with one number moved by some units in the last place."""
    array = trace.tensors[f"step1/{tensor}"].copy()
    array[index] += ulps * np.spacing(array[index])
    return altered(trace, f"step1/{tensor}", array)


def plan_of(trace):
    plan = rules(trace.network, trace.settings.loss, OPTIMIZERS[trace.settings.optimizer])
    return {rule.tensor: rule for rule in plan}


def test_only_cheap_rules_are_computed_once_more():
    trace = traced()
    plan, captured = plan_of(trace), trace.step(1)
    balls = exact_balls(captured, trace, captured, FLOAT32)
    for tensor, inner in (("A1", ()), ("Z2", ("A1",)), ("A2", ()), ("Z3", ("A2",)), ("A3", ("Z3", "A2"))):
        assert set(inner_balls(plan[tensor], plan, balls, FLOAT32)[0]) == set(inner), tensor


def test_one_example_makes_gradients_cheap_and_nothing_else():
    """The sums of dW2 = A1ᵀ dZ2 have one term each with one example; those of Z2 = A1 W2 still have five."""
    trace = traced(batch=1)
    plan, captured = plan_of(trace), trace.step(1)
    balls = exact_balls(captured, trace, captured, FLOAT32)
    assert "dW2" in inner_balls(plan["update_W2"], plan, balls, FLOAT32)[0]
    assert {"dB1", "dZ1"} <= set(inner_balls(plan["update_B1"], plan, balls, FLOAT32)[0])
    assert inner_balls(plan["A1"], plan, balls, FLOAT32)[0] == ()


@pytest.mark.parametrize("optimizer", ["adamax", "lion", "nadam", "lamb"])
def test_a_gradient_that_is_clipped_by_a_norm_is_a_product_that_xla_may_not_round(optimizer):
    for clip, products in (("clipnorm", ("clipped_W3",)), ("global_clipnorm", ("clipped_W3",)), ("clipvalue", ())):
        assert plan_of(traced(optimizer=f"{optimizer}({clip}=0.01)"))["m_W3"].fusable == products


def test_what_xla_rounds_otherwise_is_judged_over_both_rules():
    """Z3 has one term a sum: XLA may compute tanh(Z2) once more in it, with another rounding."""
    trace = traced()
    A2, W3, B3 = (trace.tensors[f"step1/{name}"].astype(np.float64) for name in ("A2", "W3", "B3"))
    ulps = 4 * np.spacing(A2.astype(np.float32)).astype(np.float64)  # what a tanh may be wrong by
    moved = altered(trace, "step1/Z3", ((A2 + ulps) * W3 + B3).astype(np.float32))
    assert TOGETHER in of(moved, "Z3").explanation and of(moved, "Z3").passed
    without = replace(moved, settings=replace(trace.settings, jit=False))
    assert of(without, "Z3").verdict == "outside"


@pytest.mark.parametrize("share", [0.5, 0.0, -1.0])
def test_a_wrong_number_is_outside_all_the_same(share):
    trace = traced(batch=1)
    for tensor in ("dW1", "dW3", "update_W2"):
        array = trace.tensors[f"step1/{tensor}"]
        judged = of(altered(trace, f"step1/{tensor}", array * np.float32(share)), tensor)
        assert not judged.passed, (tensor, judged)


def test_a_bound_that_would_notice_nothing_does_not_judge():
    """Where tanh is nearly 1 its slope 1 - A² is nearly 0; if A is computed once more, any slope would be right."""
    given = {"W1": np.full((2, 2), 4), "B1": np.zeros((1, 2)), "X": np.ones((1, 2))}
    trace = simulate(chain((2, 2, 3), ("tanh", "softmax")), given=given, batch=1, steps=1, optimizer="sgd", jit=True)
    dZ1 = trace.tensors["step1/dZ1"]
    judged = of(altered(trace, "step1/dZ1", dZ1 * np.float32(1.3)), "dZ1")
    assert judged.verdict == "unjudged" and TOO_WIDE in judged.explanation, judged
    assert of(altered(trace, "step1/dZ1", dZ1 * np.float32(100)), "dZ1").verdict == "outside"


@pytest.mark.parametrize(("ulps", "verdict"), [(1, "within"), (10**6, "outside")])
def test_own_results_are_judged_by_the_whole_step(ulps, verdict):
    trace = traced(batch=8, optimizer="adam")
    m = trace.tensors["step1/m_W3"].copy()
    m[0, 1] += ulps * np.spacing(m[0, 1])
    judged = of(altered(trace, "step1/m_W3_own", m), "m_W3_own")
    assert judged.verdict == verdict, judged


def test_own_results_with_a_wide_bound_are_not_judged():
    """Three gradients that cancel: nobody knows their sign, and Adam divides them by their own size."""
    given = {"W1": np.zeros((2, 3)), "B1": np.zeros((1, 3)), "y": np.eye(3), "X": [[1, 2], [1, 3], [1, 5]]}
    trace = simulate(chain((2, 3), ("softmax",)), given=given, batch=3, steps=1, optimizer="adam", jit=True)
    W = trace.tensors["step1/W1_new"].copy()
    W[0, 0] = -W[0, 0] + np.float32(1e-6)
    W[1] *= np.float32(1.01)  # these are known well
    wrong = of(altered(trace, "step1/W1_own", W), "W1_own")
    assert wrong.verdict == "outside"
    W = np.concatenate([W[:1], trace.tensors["step1/W1_new"][1:]])
    judged = of(altered(trace, "step1/W1_own", W), "W1_own")
    assert judged.verdict == "within" and "1 of 6 numbers have a gradient that is 0" in judged.explanation, judged


def test_own_results_with_a_wide_bound_in_many_numbers_are_not_judged():
    """In a deep network the bound of the whole step is wide: a change halved is not told from rounding."""
    network = chain((3, *(8,) * 30, 3), ("linear",) * 30 + ("softmax",))
    trace = simulate(network, batch=3, steps=1, optimizer="sgd(learning_rate=10.0)", jit=True)
    W, new = trace.tensors["step1/W1"], trace.tensors["step1/W1_new"]
    judged = of(altered(trace, "step1/W1_own", W + (new - W) / 2), "W1_own")
    assert judged.verdict == "unjudged" and "of 24 numbers" in judged.explanation, judged
    near = of(altered(trace, "step1/W1_own", W + (new - W) * np.float32(1 - 2**-11)), "W1_own")
    assert near.passed and near.explanation == "", near


def test_a_wrong_number_beside_an_overflow_is_outside():
    """Each wrong number needs an overflow of its own."""
    X = np.ones((3, 6))
    X[0] = 3e38  # the sums of the first example may overflow
    trace = traced(jit=False, given={"X": X, "W1": np.full((6, 5), [[1], [-1]] * 3)})
    rule, arrays = plan_of(trace)["Z1"], trace.step(1)
    balls = exact_balls(arrays, trace, arrays, FLOAT32)
    ball, right = rule({name: balls[name] for name in rule.inputs}), np.ones((3, 5), np.float32)
    for wrong, expected in ((0, True), (1, False), (slice(0, 2), False)):
        number = np.broadcast_to(ball.value, (3, 5)).astype(np.float32)
        number[wrong] += np.float32(1e36)
        assert overflows_inside(rule, arrays, ball, number, right, trace.network) is expected


def test_an_overflow_in_one_row_does_not_excuse_another():
    """The softmax of the first example overflows; a wrong number in the third is outside all the same."""
    X = np.ones((4, 2))
    X[0] = 3e38
    given = {"X": X, "W1": np.full((2, 3), [[1, 2, 3]]), "B1": np.zeros((1, 3)), "y": np.eye(4, 3)}
    with np.errstate(all="ignore"):
        trace = simulate(chain((2, 3), ("softmax",)), given=given, batch=4, steps=1, data="given", optimizer="sgd")
    A1 = trace.tensors["step1/A1"].copy()
    A1[2, 1] += 0.1
    assert of(altered(trace, "step1/A1", A1), "A1").verdict == "outside"


@pytest.mark.parametrize("jit", [False, True])
def test_xla_may_move_the_constant_of_a_mean_from_the_slope_of_a_loss(jit):
    """Behind a PReLU, XLA computes d (s c) in place of (d c) s, where c is 1 over the number of examples."""
    network, found = line(map(layer_named, ("input(nodes=5)", "dense(nodes=4)", "prelu"))), {}

    def moved(step, name, array):
        found[name] = array
        if name != "dZ1":
            return array
        d, c = (found["H1"] - found["y"]).astype(np.float32), np.float32(1 / 60) * np.float32(2 / 4)
        return np.where(found["Z1"] > 0, found["dH1"], d * (found["slope_1"] * c))

    given = {"slope_1": np.array([[0.3, 0.7, 0.11, 0.9]]), "y": np.random.default_rng(0).normal(size=(60, 4))}
    found |= {name: array.astype(np.float32) for name, array in given.items()}
    trace = simulate(network, moved, given=given, batch=60, steps=1, jit=jit, loss="mean_squared_error")
    (dZ,) = [c for c in compare(trace, "backprop", modes=("local",)).comparisons if c.tensor == "dZ1"]
    assert dZ.passed == jit
    assert "dH1" in dZ.explanation or not jit
