"""The comparison of a trace: every check must be able to fail, for every tensor, and must name the right place."""

import re

import numpy as np
import pytest

from reference.rules import given_names, rules, start
from tests.support.simulate import SMALL, altered, simulate
from verify.bounds import Ball
from verify.compare.tensor import Tolerance, values
from verify.compare.walk import compare
from verify.compare.wording import describe
from verify.records.precision import FLOAT32
from verify.records.settings import OPTIMIZERS, Settings
from verify.results.result import Result

PLAN = rules(SMALL, "categorical_crossentropy", OPTIMIZERS["adam"])


def result_of(trace, command="backprop", tolerance=None):
    comparisons = compare(trace, command, tolerance).comparisons
    return Result(command, trace.settings, trace.environment, comparisons)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mean_squared_error"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_faithful_trace_passes(dtype, optimizer, loss):
    result = result_of(simulate(dtype=dtype, optimizer=optimizer, loss=loss, steps=3))
    assert result.passed, result.headline
    assert result.headline.startswith("PASS")
    names = {c.tensor for c in result.local}
    assert names >= {r.tensor for r in rules(SMALL, loss, OPTIMIZERS[optimizer])}
    assert {c.mode for c in result.comparisons} == {"local", "chained"}


@pytest.mark.parametrize("tensor", [rule.tensor for rule in PLAN])
def test_an_altered_tensor_is_the_first_divergence(tensor):
    """One element is far outside, and later tensors are computed from it: only the altered tensor is outside."""

    def change(step, name, array):
        if step == 2 and name == tensor:
            array = array.copy()
            array.flat[-1] += 0.5
        return array

    result = result_of(simulate(change=change))
    first = result.first_divergence
    assert not result.passed
    assert (first.step, first.tensor, first.mode, first.verdict) == (2, tensor, "local", "outside")
    assert first.outside == 1
    assert first.utilisation > 1
    assert [c.tensor for c in result.local if not c.passed] == [tensor]


@pytest.mark.parametrize("tensor", ["W2", "m_B1_before", "v_W3_before"])
def test_a_step_must_begin_where_the_last_one_ended(tensor):
    trace = simulate()
    result = result_of(altered(trace, f"step2/{tensor}", trace.tensors[f"step2/{tensor}"] + np.float32(0.5)))
    first = result.first_divergence
    assert (first.step, first.tensor, first.equation) == (2, tensor, "carried over")


def test_moments_must_begin_at_zero():
    trace = simulate()
    array = trace.tensors["step1/m_W1_before"].copy()
    array[0, 0] = 1e-30
    first = result_of(altered(trace, "step1/m_W1_before", array)).first_divergence
    assert (first.tensor, first.equation, first.worst_index) == ("m_W1_before", "App. A: start", (0, 0))


@pytest.mark.parametrize("tensor", [*given_names(SMALL), *(rule.tensor for rule in PLAN)])
@pytest.mark.parametrize("wrong", ["missing", "not_finite", "dtype", "shape"])
def test_each_check_fails_for_each_tensor(tensor, wrong):
    trace = simulate(steps=1)
    array = trace.tensors[f"step1/{tensor}"].copy()
    if wrong == "not_finite":
        array.flat[0] = np.nan
    wrong_tensors = {"missing": None, "not_finite": array, "dtype": array.astype(np.float64), "shape": array[None]}
    result = result_of(altered(trace, f"step1/{tensor}", wrong_tensors[wrong]))
    assert not result.passed
    verdicts = {c.verdict for c in result.local if c.tensor == tensor}
    assert wrong in verdicts, (tensor, verdicts)


def test_infinity_is_not_finite_even_on_both_sides():
    infinity = np.array([np.inf])
    assert values(infinity, infinity, infinity.astype("f4"), FLOAT32)["verdict"] == "not_finite"


def test_broadcastable_shapes_are_not_compared():
    trace = simulate(steps=1, batch=4)
    column = trace.tensors["step1/Z3"][:, :1]
    rows = [c for c in result_of(altered(trace, "step1/Z3", column)).local if c.tensor == "Z3"]
    assert [c.verdict for c in rows] == ["shape"]
    assert "[4, 6]" in rows[0].explanation


@pytest.mark.parametrize("name", ["step1/dW9", "step3/Z1", "step01/Z1", "Z1"])
def test_an_unknown_tensor_is_extra(name):
    trace = simulate()
    result = result_of(altered(trace, name, np.zeros(3, dtype=np.float32)))
    assert [c.verdict for c in result.comparisons if not c.passed] == ["extra"]
    assert not result.passed


def test_a_trace_without_tensors_fails():
    trace = simulate()
    empty = type(trace)(trace.settings, trace.network, trace.environment, {})
    result = result_of(empty)
    assert not result.passed and result.elements == 0
    assert not Result("backprop", Settings(), {}, ()).passed


def test_a_fixed_tolerance_replaces_the_bound():
    def change(step, name, array):
        return array * np.float32(1.01) if name == "dW2" else array

    trace = simulate(change=change)
    assert not result_of(trace).passed
    assert result_of(trace, tolerance=Tolerance(0.0, 10.0)).passed
    assert not result_of(trace, tolerance=Tolerance(0.0, 0.0)).passed


def test_no_update_at_all_is_noticed():
    """A comparison of the new weights with an absolute tolerance of 1e-3 would accept this fault."""

    def change(step, name, array):
        return array * 0 if name.startswith("update_") else array

    first = result_of(simulate(change=change)).first_divergence
    assert first.tensor == "update_W3"


def test_relu_slope_of_one_at_zero_is_noticed():
    trace = simulate(change=lambda s, name, a: a * 0 if name == "Z1" else a, steps=1)
    dA1 = trace.tensors["step1/dA1"]
    assert np.any(dA1)
    first = next(c for c in result_of(altered(trace, "step1/dZ1", dA1)).local if not c.passed and c.tensor != "Z1")
    assert (first.tensor, first.equation) == ("dZ1", "18b")


def test_equation_22c_as_printed_is_noticed():
    trace = simulate(steps=1)
    tensors = trace.step(1)
    diagonal = np.diag(tensors["W3"][: tensors["Z2"].shape[1], :])
    n = min(len(diagonal), tensors["dZ3"].shape[1])
    printed = np.zeros_like(tensors["dA2"])
    printed[:, :n] = diagonal[:n] * tensors["dZ3"][:, :n]
    result = result_of(altered(trace, "step1/dA2", printed))
    assert result.first_divergence.tensor == "dA2"


def test_feedforward_judges_the_forward_rules_of_both_kinds_of_traces():
    for command in ("feedforward", "backprop"):
        result = result_of(simulate(command=command, steps=1), "feedforward")
        assert result.passed, result.headline
        assert {c.tensor for c in result.local} == {"Z1", "A1", "Z2", "A2", "Z3", "A3", "C"}


def test_a_description_says_where_both_values_and_the_bound():
    def change(step, name, array):
        if name == "dW2":
            array = array.copy()
            array[3, 2] += 0.25
        return array

    number = r"-?[\d.]+(e-\d\d)?"
    assert re.fullmatch(
        rf"step 1, dW2 by equation \(22c\) at \(4, 3\): by hand {number}, TensorFlow {number}, "
        rf"difference 0\.25, bound {number}; 1 of 56 outside",
        describe(result_of(simulate(change=change, steps=1)).first_divergence),
    )


def test_a_one_ulp_fault_in_a_new_weight_is_noticed():
    trace = simulate(steps=1)
    array = trace.tensors["step1/W1_new"].copy()
    array[2, 2] = np.nextafter(array[2, 2], np.float32(9))
    assert result_of(altered(trace, "step1/W1_new", array)).first_divergence.tensor == "W1_new"


def test_start_rules_differ_by_step():
    assert {r.equation for r in start(SMALL, OPTIMIZERS["adam"], True)} == {"App. A: start"}
    assert {r.equation for r in start(SMALL, OPTIMIZERS["adam"], False)} == {"carried over"}


def test_the_dataframe_has_the_columns_of_the_csv():
    frame = result_of(simulate(steps=1)).to_frame()
    columns = "step,order,tensor,equation,layer,shape,mode,verdict,max_error,allowed,utilisation,max_ulp,equal_share,"
    assert ",".join(frame.columns) == columns + "worst_index,by_hand,tensorflow,explanation,reproduced_share"


def test_a_saturated_softmax_keeps_a_finite_bound():
    """One logit is 1e12 below the others, so its probability is 0; any other probability is outside."""

    def lower_one_logit(step, name, array):
        if name == "Z3":
            array = array.copy()
            array[:, 0] = -1e12
        return array

    trace = simulate(steps=1, change=lower_one_logit)
    rows = {c.tensor: c for c in result_of(trace).local}
    assert all(rows[name].passed and np.isfinite(rows[name].allowed) for name in ("A3", "dZ3"))
    wrong = altered(trace, "step1/A3", np.full_like(trace.tensors["step1/A3"], 0.5))
    assert {c.tensor: c for c in result_of(wrong).local}["A3"].verdict == "outside"


def test_numbers_with_an_infinite_bound_are_not_judged(monkeypatch):
    monkeypatch.setattr(Ball, "spread", lambda self: np.full(self.value.shape, np.inf))
    result = result_of(simulate(steps=1, change=larger_sums))
    assert not result.passed and result.status == 3
    assert result.headline.startswith("NOT VERIFIED step 1, Z1")
    assert {c.verdict for c in result.local if c.tensor in ("Z1", "Z2", "Z3")} == {"unjudged"}
    assert {c.verdict for c in result.local if c.tensor[0] == "A"} == {"reproduced"}  # reproduced numbers need no bound


def larger_sums(step, name, array):
    return np.nextafter(array, np.float32(np.inf)) if name[0] == "Z" else array


@pytest.mark.parametrize(
    ("tensor", "value", "words"), [("y", 0.0, "single 1"), ("y", 0.5, "single 1"), ("X", 2.0, "0 to 1")]
)
def test_inputs_of_a_step_are_checked(tensor, value, words):
    trace = simulate(steps=1)
    wrong = np.full_like(trace.tensors[f"step1/{tensor}"], value)
    row = result_of(altered(trace, f"step1/{tensor}", wrong)).first_divergence
    assert (row.tensor, row.verdict) == (tensor, "outside") and words in describe(row)


@pytest.mark.parametrize("tensor", ["Z3", "y", "X", "W1", "C", "dZ3"])
@pytest.mark.parametrize("shape", [(0,), (0, 6), (), (200_000, 1), (1, 200_000)])
@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mean_squared_error"])
def test_empty_and_huge_shapes_are_judged_by_shape_alone(tensor, shape, loss):
    if tensor == "C" and shape == ():
        return
    wrong = altered(simulate(steps=1, loss=loss), f"step1/{tensor}", np.zeros(shape, np.float32))
    assert "shape" in {c.verdict for c in result_of(wrong).local if c.tensor == tensor}


@pytest.mark.parametrize("shapes", [{"X": (200_000, 1), "W1": (1, 200_000)}, {"Z3": (0, 6), "y": (0, 6)}])
def test_shapes_that_fit_each_other_and_not_the_network_are_judged_by_shape_alone(shapes):
    wrong = simulate(steps=1)
    for tensor, shape in shapes.items():
        wrong = altered(wrong, f"step1/{tensor}", np.zeros(shape, np.float32))
    assert {c.tensor for c in result_of(wrong).local if c.verdict == "shape"} == set(shapes)
