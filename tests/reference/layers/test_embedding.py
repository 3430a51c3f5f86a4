"""Witnesses of the Embedding: one-hot rows, loops over places, the complex step, numbers that TensorFlow prints."""

from contextlib import suppress
from functools import partial

import numpy as np
import pytest

from reference import adam, clipping, descent, rows
from reference.layers import layer_named
from reference.layers.embedding import Embedding, row_gradient, rows_of
from reference.layers.layer import Place, Source
from reference.optimizers.adam import Adam
from reference.optimizers.sgd import SGD
from reference.row_numbers import misfit
from reference.rules import rules
from tests.support.graphs import graph
from tests.support.layer_witness import apart
from tests.support.witness import complex_step, differences, dyadic
from verify.compare.variants import IMPOSSIBLE
from verify.compare.variants import variants as every_variant
from verify.compare.variants.layers.embedding import variants

V, n = 6, 3
CASES = {
    "words": np.array([[1.0, 1, 4, 1], [2, 4, 0, 1]]),
    "one word each": np.array([[3.0], [3], [5]]),
    "a grid": np.array([[[0.0, 5], [5, 5]], [[2, 1], [1, 0]]]),
    "all different": np.array([[0.0, 4], [2, 5]]),
}
LAYER = Embedding(V, n)


def rules_of(X):
    """The rules of Z and of dW."""
    place = Place(1, 2, (Source("X", 0, X.shape[1:], False),), "Z1", LAYER.shape(X.shape[1:]), owner=1)
    forward, back = *LAYER.forward(place), *LAYER.backward(place)
    assert (forward.tensor, back.tensor) == ("Z1", "dW1")
    return forward, back


def one_hot(X):
    return np.eye(V)[X.astype(int)]


def altered(rule, known):
    """Yield the name and the result of each variant that does not only round."""
    for name, compute, *inputs in variants(rule, 2):
        if set(inputs[0] if inputs else rule.inputs) <= set(known) and " in " not in name.replace(" in the ", ""):
            with suppress(IMPOSSIBLE):
                yield name, compute(*(known[read] for read in rule.inputs))


@pytest.mark.parametrize("name", CASES)
def test_it_is_the_product_with_one_hot_rows(name):
    X, W = CASES[name], dyadic(V, n) + np.arange(V * n).reshape(V, n)
    forward, _ = rules_of(X)
    expected = one_hot(X) @ W
    assert np.array_equal(forward.compute(X, W), expected)
    wrong = dict(altered(forward, {"X": X, "W1": W}))
    assert {"rows counted from 1", "the first row for all numbers"} <= set(wrong) and len(wrong) > 5
    for other, Z in wrong.items():
        no_zero = other == "a row of zeros for the number 0 (mask_zero)" and 0 not in X
        assert no_zero or not np.array_equal(Z, expected), other


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_the_slope(name):
    X, W = CASES[name], dyadic(V, n)
    forward, back = rules_of(X)
    G = dyadic(*X.shape, n) + 1 / 64
    slopes = differences(complex_step, lambda W: np.sum(G * forward.compute(X, W)), W)
    found = back.compute(X, G)
    assert apart(found, slopes) < 1e-14
    assert np.array_equal(found, one_hot(X).reshape(-1, V).T @ G.reshape(-1, n))  # sums of 64ths are exact
    repeated = {other for other, _ in altered(back, {"X": X, "dZ1": G}) if "several times" in other}
    assert len(repeated) == 4 * (name != "all different")
    for other, dW in altered(back, {"X": X, "dZ1": G}):
        assert apart(dW, slopes) > 1e-3 or (other.endswith("(mask_zero)") and 0 not in X), other


def test_a_row_that_no_place_uses_has_the_gradient_0():
    X, G = CASES["words"], dyadic(2, 4, n) + 1 / 64
    dW = row_gradient(X, G, V)
    assert not dW[[3, 5]].any() and dW[[0, 1, 2, 4]].all()
    assert np.array_equal(dW.sum(axis=0), G.sum(axis=(0, 1)))  # nothing is lost


def test_tensorflow_prints_these_numbers():
    """The documentation of tf.gather, and of tf.math.unsorted_segment_sum, which adds up the rows of a gradient."""
    table = np.array([[0, 1.0, 2.0], [10.0, 11.0, 12.0], [20.0, 21.0, 22.0], [30.0, 31.0, 32.0]])
    assert rows_of(np.array([[3, 1]]), table).tolist() == [[[30, 31, 32], [10, 11, 12]]]
    c = np.array([[1.0, 2, 3, 4], [5, 6, 7, 8], [4, 3, 2, 1]])
    assert row_gradient(np.array([0, 1, 0]), c, 2).tolist() == [[5, 5, 5, 5], [5, 6, 7, 8]]


def loop(X, dZ, start, each):
    """The sums row by row and place by place, of what `each` makes of a gradient."""
    total = start.copy()
    for at in np.ndindex(X.shape):
        total[int(X[at])] += each(dZ[at])
    return total


@pytest.mark.parametrize("name", CASES)
def test_optimizers_add_up_what_each_place_gives(name):
    X, dZ, P, zero = CASES[name], dyadic(*CASES[name].shape, n) + 1 / 64, dyadic(V, n), np.zeros((V, n))
    squares = loop(X, dZ, zero, lambda g: g * g)
    v = adam.second_moment_of_rows(P, X, dZ, 0.75, V)
    assert np.array_equal(v, 0.75 * P + 0.25 * squares)
    of_gradient = adam.second_moment(P, row_gradient(X, dZ, V), 0.75)
    assert np.array_equal(v, of_gradient) == (name == "all different")
    step = loop(X, dZ, zero, lambda g: 0.5 * g)
    assert np.array_equal(descent.step_of_rows(X, dZ, 0.5, V), step)
    assert np.array_equal(rows.subtracted(P, X, dZ, 0.5, term=descent.step, rows=V), P - step)
    of_rows = rows.summed(X, dZ, P, term=lambda g, of_row: g * of_row, rows=V)
    assert np.array_equal(of_rows, P * loop(X, dZ, zero, lambda g: g))
    assert np.array_equal(rows.moment(P, X, dZ, keep=0.5, term=lambda g: g * g, rows=V), 0.5 * P + squares)
    assert np.array_equal(descent.velocity_of_rows(P, X, dZ, 0.5, 0.25, V), 0.25 * P - step)
    assert np.array_equal(descent.nesterov_of_rows(P, X, dZ, 0.5, 0.25, V), step - 0.25 * P)


NETWORK = graph("input(nodes=4)", "embedding(rows=6, nodes=3)", "flatten", "dense(nodes=3)", "softmax")


@pytest.mark.parametrize(
    ("optimizer", "changed"),
    [
        (Adam(), {"v_W1"}),
        (Adam(amsgrad=True, weight_decay=0.1), {"v_W1"}),
        (SGD(), {"update_W1", "W1_new"}),
        (SGD(momentum=0.9), {"m_W1"}),
        (SGD(momentum=0.9, nesterov=True), {"m_W1", "update_W1"}),
        (Adam(clipnorm=1.0), {"clipped_W1", "v_W1"}),
        (SGD(clipvalue=1.0), {"clipped_W1", "update_W1", "W1_new"}),
    ],
)
def test_the_rules_that_read_single_rows(optimizer, changed):
    plan = rules(NETWORK, "mean_squared_error", optimizer)
    of_rows = {rule.tensor: rule for rule in plan if rule.phase == "update" and rule.kind == "embedding"}
    assert set(of_rows) == changed
    for rule in of_rows.values():
        assert {"X", "dZ1"} <= set(rule.inputs) and len(list(every_variant(rule, NETWORK, optimizer))) > 5


@pytest.mark.parametrize("name", CASES)
def test_rows_are_clipped_before_they_are_added_up(name):
    X, dZ, zero = CASES[name], dyadic(*CASES[name].shape, n) + 1 / 64, np.zeros((V, n))
    length = np.sqrt(sum(float(g) ** 2 for g in dZ.ravel()))
    by_norm = partial(clipping.by_norm, most=0.5)
    found = clipping.rows_clipped(X, dZ, V, by_norm)
    by_hand = loop(X, dZ, zero, lambda g: g * (0.5 / length))
    assert np.allclose(found, by_hand, rtol=1e-13, atol=1e-15)  # sums of a few float64 numbers in two orders
    later = clipping.by_norm(row_gradient(X, dZ, V), 0.5)
    alike = np.allclose(found, later, rtol=1e-3)  # far more than rounding: the two orders differ by a tenth and more
    assert alike == (name == "all different")
    by_value = partial(clipping.by_value, most=0.5)
    each = loop(X, dZ, zero, lambda g: [min(max(x, -0.5), 0.5) for x in g])
    assert np.array_equal(clipping.rows_clipped(X, dZ, V, by_value), each)
    v = adam.second_moment_of_rows(zero, X, dZ, 0.75, V, by_value)
    assert np.array_equal(v, 0.25 * loop(X, dZ, zero, lambda g: [min(max(x, -0.5), 0.5) ** 2 for x in g]))


def test_the_norm_of_all_gradients_takes_single_rows():
    plan = {rule.tensor: rule for rule in rules(NETWORK, "mean_squared_error", Adam(global_clipnorm=1.0))}
    assert plan["clipped_W2"].inputs == ("dW2", "dZ1", "dW2", "dB2")
    assert plan["v_W1"].inputs == ("v_W1_before", "clipped_W1") and plan["v_W1"].kind == "adam"


def test_numbers_of_no_row_are_named():
    deep = graph("input(nodes=4)", "reshape(target=(2, 2))", "embedding(rows=6, nodes=3)", "flatten", "dense(nodes=3)")
    for places in (NETWORK.places, deep.places):
        assert misfit(places, {"X": np.array([[0, 5, 1, 2]])}) == ""
        assert "from 0 to 5, not 6" in misfit(places, {"X": np.array([[0, 6, 1, 2]])})
        assert "not -1" in misfit(places, {"X": np.array([[0, -1.0, 1, 2]])})
        assert "fractions" in misfit(places, {"X": np.array([[0, 0.5, 1, 2]])})
    with pytest.raises(IndexError):
        rows_of(np.array([[-1.0]]), np.ones((2, 2)))
    with pytest.raises(IndexError):
        rows_of(np.array([[2.0]]), np.ones((2, 2)))


def test_numbers_that_are_cut_off_need_not_fit():
    network = graph("input(nodes=(3, 1))", "cropping(cropping=((0, 1),))", "embedding(rows=6, nodes=3)", "flatten",
                    "dense(nodes=3)")  # fmt: skip
    assert misfit(network.places, {"X": np.array([[[0], [5], [99.5]]])}) == ""


@pytest.mark.parametrize("words", ["rows=0", "rows=2.0", "rows=True", "nodes=0", "nodes='a'", "frozen=1", "size=3"])
def test_fields_that_make_no_layer_are_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"embedding({words})")


def test_its_text_gives_it_back():
    for layer in (Embedding(), Embedding(7, 2), Embedding(7, 2, True)):
        assert layer_named(str(layer)) == layer
