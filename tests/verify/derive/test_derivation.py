"""verify.explain without TensorFlow: every tensor of every rule, bounds, notes, and errors for bad input."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from reference.network import chain
from reports import as_explanation
from tests.support.simulate import SMALL, altered, simulate
from verify.derive import derivation as building
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain, explanation
from verify.derive.error_budget import chained
from verify.derive.region import element_region
from verify.errors import Unusable
from verify.explain import __main__ as command

NETWORKS = {
    "essay": (SMALL, {}),
    "essay, one example": (SMALL, {"batch": 1, "steps": 1}),
    "float64, Mazur": (chain((4, 3, 2), ("sigmoid", "sigmoid")), {"dtype": "float64", "optimizer": "sgd",
                       "loss": "mean_squared_error"}),
    "tanh, momentum, logits, smoothing": (
        chain((6, 5, 4), ("tanh", "linear")),
        {"optimizer": "sgd(momentum=0.9, clipvalue=0.01)",
         "loss": "categorical_crossentropy(from_logits=True, label_smoothing=0.1)"}),
    "leaky, nesterov, sum, decaying rate": (
        chain((6, 5, 4), ("leaky_relu", "linear")),
        {"optimizer": "sgd(momentum=0.9, nesterov=True, learning_rate=exponential_decay(initial_learning_rate=0.1, "
                      "decay_steps=3, decay_rate=0.9))",
         "loss": "sparse_categorical_crossentropy(from_logits=True, reduction='sum')"}),
    "AMSGrad, dropped probabilities": (
        chain((6, 5, 4), ("sigmoid", "softmax"), dropout=(0.0, 0.0, 0.3)),
        {"optimizer": "adam(amsgrad=True, learning_rate=inverse_time_decay(initial_learning_rate=0.1, decay_steps=3, "
                      "decay_rate=0.5))"}),
    "AdamW, probabilities of labels": (
        chain((6, 5, 4), ("sigmoid", "softmax"), biases=(False, True), dropout=(0.0, 0.0, 0.3)),
        {"optimizer": "adam(weight_decay=0.004)", "loss": "sparse_categorical_crossentropy"}),
    "rescaled, dropped, clipped, squared": (
        chain((6, 5, 4), ("leaky_relu(negative_slope=0.1)", "linear"), dropout=(0.2, 0.5, 0.0),
                rescaling=((1 / 3, 0.1),)),
        {"optimizer": "adam(clipnorm=0.01, learning_rate=piecewise_constant_decay(boundaries=(0.0, 1.0), "
                      "values=(0.1, 0.2, 0.3)))", "loss": "mean_squared_error"}),
    "global norm, a sigmoid's cross-entropy": (
        chain((6, 5, 4), ("relu", "sigmoid")),
        {"optimizer": "sgd(global_clipnorm=0.05, learning_rate=polynomial_decay(initial_learning_rate=0.1, "
                      "decay_steps=3, power=2.0))"}),
}  # fmt: skip


def inside(value, ball, position):
    return abs(value - Fraction(float(ball.value[position]))) <= Fraction(float(ball.spread()[position]))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_exact_value_lies_inside_the_ball_of_its_rule(name):
    network, chosen = NETWORKS[name]
    trace = simulate(network, **chosen)
    rng = np.random.default_rng(1)
    for step in range(1, trace.settings.steps + 1):
        case = DerivedStep(trace, step)
        for tensor, rule in case.rules.items():
            for _ in range(4):
                position = tuple(int(rng.integers(n)) for n in case.shape(tensor))
                ball, value = case.ball(rule), case.exact(case.node(tensor), element_region(position)).item()
                assert inside(value, ball, position), (step, tensor, position)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_tensor_is_explained(name):
    network, chosen = NETWORKS[name]
    trace = simulate(network, **chosen)
    case = DerivedStep(trace, trace.settings.steps)
    for tensor in case.names:
        result = explain(case, tensor, case.shape(tensor))
        assert result.passed and result.steps[0].tensor == tensor, result.headline


def test_the_way_back_reaches_pixels_and_weights():
    result = explanation(simulate(batch=1), 1, "dW1", (2, 3), None)
    assert [s.tensor for s in result.steps][:3] == ["dW1", "dZ1", "dA1"]
    assert {"Z1", "Z2", "Z3", "dZ3"} <= {s.tensor for s in result.steps}
    assert result.whole_words.startswith("from B1, B2, B3, W1, W2, W3, X, y")
    assert result.whole.passed and 0 < result.whole.difference < result.whole.allowed


def test_a_number_that_is_not_the_equations_is_outside():
    trace = simulate(batch=1, steps=1)
    wrong = trace.tensors["step1/dW2"].copy()
    wrong[3, 2] += 1e-3
    result = explanation(altered(trace, "step1/dW2", wrong), 1, "dW2", (4, 3))
    assert not result.passed and result.headline.startswith("FAIL dW2[4,3]: by hand ")
    assert result.headline.endswith(" ulp: rounding does not explain it")
    later = explanation(altered(trace, "step1/dW2", wrong), 1, "update_W2", (4, 3), 3).headline
    assert later.startswith("FAIL update_W2[4,3]: ") and "dW2[4,3]" in later
    assert result.steps[0].outcome.verdict == "outside"
    assert explanation(altered(trace, "step1/dW2", wrong), 1, "dW2", (4, 4)).passed


def test_numbers_are_the_traces_own():
    """Z1 by hand from the trace's X, W and B, in whole numbers; its digits are those of the exact sum."""
    trace = simulate(batch=1)
    X, W, B = (trace.tensors[f"step1/{name}"] for name in ("X", "W1", "B1"))
    exact = sum(Fraction(float(x)) * Fraction(float(w)) for x, w in zip(X[0], W[:, 2], strict=True))
    exact += Fraction(float(B[0, 2]))
    outcome = explanation(trace, 1, "Z1", (3,)).steps[0].outcome
    assert abs(Fraction(outcome.by_hand) - exact) <= Fraction(1, 2 * 10**11)
    assert outcome.tensorflow.startswith(f"{float(trace.tensors['step1/Z1'][0, 2]):.9f}"[:8])


def test_the_shares_add_up_and_name_what_rounds():
    result = explanation(simulate(), 2, "update_W1", (2, 3)).steps[0].outcome
    assert sum(share.part for share in result.why) == pytest.approx(1, abs=0.02)
    assert result.why[0].operation.startswith("power") and any("β2, rounded" in s.operation for s in result.why)
    softmax = explanation(simulate(), 1, "A3", (1, 4)).steps[0].outcome.why
    assert {"e^x", "1/x"} <= {s.operation.split(":")[0] for s in softmax}
    gelu = simulate(chain((4, 3, 2), ("gelu", "softmax")))
    assert explanation(gelu, 1, "A1", (1, 2)).steps[0].outcome.why[0].operation.startswith("erfc: up to 16 ulp")
    network, chosen = NETWORKS["AMSGrad, dropped probabilities"]
    (sigmoid,) = explanation(simulate(network, **chosen), 1, "A1", (1, 2)).steps[0].outcome.why
    assert sigmoid.operation.startswith("1 / (1 + e^-x), computed by one kernel") and sigmoid.part == 1


@pytest.mark.parametrize("name", ["essay", "AMSGrad, dropped probabilities"])
def test_the_radius_of_one_element_is_that_of_the_whole_tensor(name):
    """Shares are of the bound of one element; adding an exact 0 to it rounds nothing."""
    network, chosen = NETWORKS[name]
    case = DerivedStep(simulate(network, **chosen), 2)
    for tensor, rule in case.rules.items():
        position = tuple(n - 1 for n in case.shape(tensor))
        alone, whole = (
            float(np.max(chained(case, tensor, position, frozenset()).radius)),
            float(case.ball(rule).spread()[position]),
        )
        assert 0.9 * whole <= alone <= whole * (1 + 1e-9), tensor


def test_the_essays_form_and_its_misprint_stand_beside_it():
    trace = simulate(batch=1, seed=3)
    position = np.unravel_index(np.argmax(np.abs(trace.tensors["step1/dW2"])), (8, 7))
    i, j = (int(k) + 1 for k in position)
    step = explanation(trace, 1, "dW2", (i, min(j, 6))).steps[0]
    assert "Σ_k w(3)_{j,k} (a_k - y_k): " in step.notes[0] and "As printed, (22c) is wrong" in step.notes[1]
    value = float(step.notes[0].split(": ")[-1].split()[0])
    assert value == pytest.approx(float(step.outcome.by_hand), rel=1e-5)
    assert explanation(simulate(), 1, "dW2", (1, 1)).steps[0].notes == ()  # a batch: the essay's forms are of one


@pytest.mark.parametrize("width", [80, 100, 120])
def test_text_keeps_within_its_width(width):
    network, chosen = NETWORKS["AMSGrad, dropped probabilities"]
    for tensor in ("dD2", "C", "Z1", "update_W1"):
        result = explanation(
            simulate(network, **chosen), 2, tensor, DerivedStep(simulate(network, **chosen), 2).shape(tensor)
        )
        assert max(len(line) for line in as_explanation.text(result, width).splitlines()) <= width


@pytest.mark.parametrize("name", NETWORKS)
def test_all_steps_in_one_lie_inside_the_bound_carried_along(name):
    """From pixels and weights alone, exactly: inside the ball of the same way, step for step."""
    network, chosen = NETWORKS[name]
    case, rng = DerivedStep(simulate(network, **chosen), 1), np.random.default_rng(2)
    every = frozenset(t for t, rule in case.rules.items() if rule.phase != "start")
    for tensor in every:
        position = tuple(int(rng.integers(n)) for n in case.shape(tensor))
        ball = chained(case, tensor, position, every)
        value = case.correct(case.node(tensor), position, case.digits, every).item()
        difference = abs(value - Fraction(float(ball.value.item())))
        assert not np.isfinite(ball.radius).all() or difference <= Fraction(float(np.max(ball.radius))), (
            tensor,
            position,
        )


EXTREME = [3e38, -3e38, 50.0, -50.0, 1e-30, 1e-45, 0.0]


@pytest.mark.parametrize("z", EXTREME)
def test_extreme_numbers_end_soon(z):
    """Whatever a trace holds: a derivation, or one sentence; never numbers without end."""
    network = chain((4, 3, 2), ("sigmoid", "tanh"))
    for trace, tensor in (
        (simulate(network, batch=1, steps=1, loss="mean_squared_error", optimizer="sgd"), "A1"),
        (simulate(network, batch=1, steps=1, loss="mean_squared_error", optimizer="sgd"), "A2"),
        (simulate(batch=1, steps=1), "A3"),
        (simulate(batch=1, steps=1), "C"),
    ):
        logits = f"step1/Z{3 if tensor == 'C' else tensor[1]}"
        Z = trace.tensors[logits].copy()
        Z[0, 0] = z
        try:
            result = explanation(altered(trace, logits, Z), 1, tensor, () if tensor == "C" else (1,))
            assert result.steps[0].outcome is not None
            assert len(repr(result)) < 50_000
        except Unusable as error:
            assert "the equation has no value there" in str(error) and z == -3e38


def test_a_tensor_that_no_rule_computes_is_called_given():
    trace = altered(simulate(batch=1, steps=1), "step1/odd", np.zeros((2, 2, 2), np.float32))
    assert explanation(trace, 1, "odd", (1, 2, 2)).headline == "odd[1,2,2] is given: no rule computes it"
    trace = altered(simulate(), "step1/odd", np.array([True, False]))
    assert [explanation(trace, 1, "odd", (i,)).steps[0].lines[0].right.html for i in (1, 2)] == ["True", "False"]


def test_roundings_of_zero_are_zero():
    """One output alone gets through the dropout: its share is 1 whatever it is, and every gradient is 0."""
    network, chosen = NETWORKS["AMSGrad, dropped probabilities"]
    trace = simulate(network, **{**chosen, "batch": 1, "steps": 1})
    only = np.array([[0, 1, 0, 0]], np.float32)
    trace = altered(altered(trace, "step1/M2", only), "step1/y", only)
    case = DerivedStep(trace, 1)
    every = frozenset(t for t, rule in case.rules.items() if rule.phase != "start")
    result = case.correct(case.node("dW2"), (0, 1), case.digits, every)
    assert result.item() == 0
    assert case.correct(case.node("D2"), (0, 1), case.digits, every).item() > 0


def test_without_a_bound_nothing_passes():
    infinite = building._verdict(1.0, 1.0, np.inf, 1.0)
    assert infinite == "unbounded" == building._verdict(1.0, np.inf, 1.0, 1.0)
    result = explanation(simulate(batch=1, steps=1), 1, "Z1", (3,))
    outcome = replace(result.steps[0].outcome, verdict="unbounded", allowed=np.inf)
    assert not outcome.passed and "no bound can be derived" in as_explanation.text(
        replace(result, steps=(replace(result.steps[0], outcome=outcome),))
    )
    shown = command.files(replace(result, whole=outcome))["result.json"]
    assert json.loads(shown)["whole"]["allowed"] == "inf"


def test_what_overflows_is_one_sentence():
    trace = simulate(chain((4, 3, 2), ("relu", "linear")), batch=1, steps=1, dtype="float64",
                     loss="mean_squared_error", optimizer="sgd")  # fmt: skip
    A, W = np.full((1, 3), 1e300), np.full((3, 2), 1e300)
    with pytest.raises(Unusable, match="by hand the number there is too large for float64"):
        explanation(altered(altered(trace, "step1/A1", A), "step1/W2", W), 1, "Z2", (1,))
