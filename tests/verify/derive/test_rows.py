"""Explanations of numbers that are chosen or added up by the numbers of rows."""

import functools

import numpy as np
import pytest

from tests.support.graphs import GRAPHS, graph
from tests.support.simulate import simulate
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain

OPTIMIZERS = (
    "adam", "adam(amsgrad=True, weight_decay=0.01)", "adam(clipnorm=0.01)", "adam(global_clipnorm=0.01)", "sgd",
    "rmsprop(weight_decay=0.01, clipvalue=0.001)", "rmsprop(centered=True, rho=0.99, momentum=0.9)",
    "adagrad(weight_decay=0.01)", "adadelta(clipnorm=0.01)", "adamax(clipvalue=0.001)", "lion(weight_decay=0.01)",
    "nadam(clipnorm=0.01)", "ftrl(l2_shrinkage_regularization_strength=0.02)", "lamb(weight_decay=0.01)",
    "adafactor(epsilon_1=1e-10, weight_decay=0.1)",
    "muon(ns_steps=2.0, adam_lr_ratio=0.5)", "muon(ns_steps=1.0, by_adam=('W1',))",
    "sgd(weight_decay=0.01, clipvalue=0.001)", "sgd(momentum=0.9)", "sgd(momentum=0.9, nesterov=True, clipnorm=0.01)",
)  # fmt: skip


@functools.cache
def case_of(optimizer, name="words", batch=3):
    return DerivedStep(simulate(GRAPHS[name], batch=batch, steps=2, optimizer=optimizer), 2)


def lines(case, tensor, index):
    return [f"{line.left.text} = {line.right.text}" for line in explain(case, tensor, index).steps[0].lines]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("depth", [1, 3])
def test_every_number_of_the_table_is_the_one_that_numpy_computes(optimizer, depth):
    case = case_of(optimizer)
    for tensor, rule in case.rules.items():
        inputs = {x: ball.value for x, ball in case.inputs(rule).items()}
        array = np.broadcast_to(rule(inputs), case.shape(tensor))
        if "1" in tensor and array.ndim == 2:
            for index in ((1, 1), (min(3, len(array)), 2)):
                outcome = explain(case, tensor, index, depth).steps[0].outcome
                expected = float(array[tuple(i - 1 for i in index)])
                assert float(outcome.by_hand) == pytest.approx(expected, rel=1e-11, abs=1e-15), (tensor, index)
                assert outcome.verdict in ("equal", "within"), (tensor, index)
                assert outcome.difference == 0 or sum(s.part for s in outcome.why) == pytest.approx(1, abs=0.03)


def test_rows_are_products_with_one_hot_rows():
    case = case_of("sgd", "words in a grid", 2)
    first, second, *_ = lines(case, "Z1", (1, 2, 2, 1))
    assert first == "Z(1) = [arranged(F(1)) = c] · W(1)"
    assert second == "z(1)_{1,2,2,1} = Σ_{k=1..9} [f(1)_{1,2,2} = c_k] · w(1)_{k,1}"
    assert lines(case, "dW1", (4, 2))[1].endswith("Σ_{p=1..2} [f(1)_{k,m,p} = 3] · ∂C/∂z(1)_{k,m,p,2}")


def test_the_squares_of_single_rows_are_added_up():
    text = lines(case_of("adam"), "v_W1", (2, 1))[1]
    assert "Σ_{k=1..3} Σ_{m=1..6} [x_{k,m} = 1] · ∂C/∂z(1)_{k,m,1} · ∂C/∂z(1)_{k,m,1}" in text


def test_a_large_table_is_derived_as_well():
    network = graph("input(nodes=4)", "embedding(rows=20000, nodes=2)", "flatten", "dense(nodes=3)", "softmax")
    case = DerivedStep(simulate(network, batch=2, steps=1, optimizer="adam"), 1)
    for tensor, index in (("Z1", (1, 2, 1)), ("dW1", (int(case.array("X")[0, 0]) + 1, 2)), ("v_W1", (1, 1))):
        assert explain(case, tensor, index).steps[0].outcome.verdict in ("equal", "within")


def test_muons_matrices_and_adafactors_means_have_letters_of_their_own():
    first = lines(case_of("muon(ns_steps=2.0)", "words"), "iterate1_W2", (1, 1))[0]
    assert first.startswith("X_1(W(2)) =") and "X_0(W(2))" in first
    product = lines(case_of("adafactor"), "v_W2", (1, 1))[0]
    assert product.startswith("v_t(W(2)) = arranged(r_t(W(2)))") and product.endswith("⊙ c_t(W(2))")
