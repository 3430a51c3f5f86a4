"""Notes on cross-entropies: labels that do not add up to 1, and a softmax of probabilities."""

import numpy as np
import pytest

from reference.network import chain
from tests.support.simulate import simulate
from verify.compare.notes import of_cost
from verify.records.settings import GIVEN

LOGITS = "categorical_crossentropy(from_logits=True)"
SHARES = np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]])


def notes(loss=LOGITS, activation="linear", read=SHARES, y=None, **given):
    """The notes on one step whose loss reads these numbers."""
    trace = simulate(
        chain((4, 3), (activation,)), loss=loss, batch=2, steps=1, optimizer="sgd", data=GIVEN, given=given
    )
    step = trace.step(1) | {"A1": read.astype("float32")} | ({} if y is None else {"y": np.float32(y)})
    return tuple(of_cost(step, trace.network, trace.settings))


def test_a_softmax_of_probabilities_is_noted_with_the_least_cost():
    (note,) = notes()
    assert note.startswith("C: softmax taken twice: this cost cannot fall below ln(e + K - 1) - 1 = 0.551445 (K = 3)")
    assert "softmax taken twice" in notes("sparse_categorical_crossentropy(from_logits=True)")[0]


def test_the_least_cost_is_the_smallest_that_probabilities_give():
    rows = np.random.default_rng(0).dirichlet([0.1, 0.1, 0.1], 2000)
    costs = np.log(np.exp(rows).sum(axis=1)) - rows[:, 0]
    assert 0.551444 < costs.min() < 0.56


@pytest.mark.parametrize("loss", [f"{LOGITS[:-1]}, weight=2.0)", f"{LOGITS[:-1]}, reduction='sum')"])
def test_the_least_cost_is_left_out_where_it_is_another(loss):
    (note,) = notes(loss)
    assert "softmax taken twice: A1 holds probabilities" in note and "cannot fall" not in note
    (note,) = notes(y=[[2, -1, 0], [1, 0, 0]])
    assert "cannot fall" not in note


@pytest.mark.parametrize("read", [SHARES + 0.001, SHARES * [1, 1, -1], SHARES - [0.5, -0.5, 0]])
def test_other_numbers_may_be_logits(read):
    assert not notes(read=read)


def test_probabilities_that_are_taken_for_such_are_not_noted():
    assert not notes("categorical_crossentropy") and not notes("mean_squared_error")


def test_behind_a_softmax_it_is_taken_once():
    (note,) = notes(activation="softmax")
    assert note == "C: from_logits=True, but Keras computes this cost from Z1, so softmax is taken once"


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "binary_crossentropy", "categorical_focal_crossentropy"])
def test_numbers_that_are_no_probabilities_are_noted(loss):
    (note,) = notes(loss, read=SHARES * [1, -1, 3])
    assert note == (
        "C: this loss takes probabilities, and 3 of 6 numbers of A1 are not from 0 to 1; if they are logits, compile "
        "with from_logits=True"
    )
    assert not notes(loss) and not notes(f"{loss}(from_logits=True)", read=SHARES * [1, -1, 3])


def test_labels_of_a_binary_loss_and_the_softmax_of_one_number_are_noted():
    (note,) = notes("binary_crossentropy", y=[[1, 2, 0], [0, 1, 0]])
    assert note == "y: this loss takes labels from 0 to 1, and 1 of 6 of them are not"
    trace = simulate(chain((4, 1), ("softmax",)), loss="binary_crossentropy", batch=2, steps=1, data=GIVEN)
    (note,) = of_cost(trace.step(1), trace.network, trace.settings)
    assert note == "A1: the softmax of a single number is always 1; for one output use a sigmoid"


def test_labels_that_do_not_add_up_to_1():
    same, several = (notes(activation="softmax", loss="categorical_crossentropy", y=y)
                     for y in ([[1, 1, 0], [0, 1, 0]], [[1, 1, 0], [0, 1, 0.5]]))  # fmt: skip
    assert same == (
        "y: the labels of 1 of 2 examples do not add up to 1; a PASS of dZ1 means that it agrees with softmax(Z1) - y "
        "by (21); for labels that add up to 2 the slope of this cost is 2·softmax(Z1) - y",
    )
    assert "for labels that add up to Σy the slope of this cost is Σy·softmax(Z1) - y" in several[0]
