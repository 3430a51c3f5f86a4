"""The sentences of a derivation about conventions, and about the order of a long sum. The numbers are simulated."""

import numpy as np
import pytest

from reference.layers.batch_normalization import BatchNormalization
from reference.layers.convolution import Convolution
from reference.layers.dense import Dense
from reference.layers.flatten import Flatten
from reference.layers.input import Input
from reference.layers.unit_normalization import UnitNormalization
from reference.network import chain, line
from reference.sliding import Sliding
from tests.support.simulate import altered, simulate
from verify.derive.case import DerivedStep
from verify.derive.conventions import conventions
from verify.derive.derivation import explain
from verify.derive.summation import BLOCK, blocks


def said(trace, tensor, *index, step=1):
    case = DerivedStep(trace, step)
    return " ".join(explain(case, tensor, index).steps[0].notes)


def test_the_padding_of_each_axis_is_named_and_only_where_there_is_one():
    def of(padding, kernel=(2, 3)):
        layers = Input((4, 5, 2)), Convolution(kernel, (2, 2), padding=padding), Flatten(), Dense(3)
        return said(simulate(line(layers), steps=1, optimizer="sgd", loss="mean_squared_error"), "Z1", 1, 1, 1, 1)

    assert of("same").startswith("Zeros are padded: rows 0 before and 0 behind, columns 1 before and 1 behind")
    assert of("same", (3, 2)).startswith("Zeros are padded: rows 0 before and 1 behind, columns 0 before and 1 behind")
    assert of("valid") == ""


def test_the_zeros_behind_complete_the_last_window():
    sliding = Sliding((5,), (3,), (4,), (2,), (2,), (1,))  # the last window begins at 4 and is 7 long
    assert sliding.behind == (5,)
    assert Sliding((5,), (2,), (2,), (2,), (1,), (0,)).behind == (0,)


def test_the_divisor_of_a_moving_variance_is_that_of_its_own_layer():
    layers = Input(4), Dense(3), UnitNormalization(), Dense(5), BatchNormalization(momentum=0.0), Dense(2)
    trace = simulate(line(layers), batch=7, steps=1, optimizer="sgd", loss="mean_squared_error")
    variance = next(name for name in trace.step(1) if name.startswith("moving_variance") and "before" not in name)
    right = trace.step(1)[variance][0, 1]
    words = said(trace, variance, 1, 2)
    assert words.startswith("The variance is divided by n; by other conventions the number would be ")
    assert float(words.split(" would be ")[1].split()[0]) == pytest.approx(right * 7 / 6, rel=1e-5)  # six digits


def test_an_update_shows_what_the_whole_step_would_give():
    trace = simulate(optimizer="adam(learning_rate=0.1, weight_decay=0.1)")
    words = said(trace, "W2_new", 3, 2, step=2)
    step = trace.step(2)
    after = (step["W2"] - step["update_W2"])[2, 1] * 0.99
    assert float(words.split(" (decay after the update)")[0].split()[-1]) == pytest.approx(after, rel=1e-6)  # float32
    assert "(decay in the gradient (L2), not decoupled)" in words
    assert "decay" not in said(trace, "dW2", 3, 2) and "decay" not in said(simulate(), "W2_new", 3, 2)


def test_a_trace_that_lacks_an_update_shows_no_convention_of_it():
    trace = altered(simulate(optimizer="adam(learning_rate=0.1, weight_decay=0.1)"), "step2/m_W2", None)
    assert said(trace, "W2_new", 3, 2, step=2) == "" != said(trace, "W3_new", 3, 2, step=2)


def test_nothing_is_said_where_conventions_give_the_same_number():
    trace = simulate(chain((4, 3), ("leaky_relu",)), loss="mean_squared_error", optimizer="sgd", steps=1)
    case = DerivedStep(trace, 1)
    assert not list(conventions(case, case.rules["dZ1"], (0, 0)))


def test_the_blocks_of_a_sum():
    assert blocks(784) == [384, 200, 200] and blocks(384) == [384] and blocks(385) == [193, 192]
    assert blocks(16384) == [384] * 41 + [320, 320] and blocks(0) == []


def in_order(x, w, sizes):
    total, first = np.float32(0), 0
    for size in sizes:
        part = np.float32(0)
        for a, b in zip(x[first : first + size], w[first : first + size], strict=True):
            part = np.float32(np.longdouble(a) * np.longdouble(b) + part)
        total, first = np.float32(total + part), first + size
    return total


ORDERS = {"one term after the other": [784], "in blocks of at most 384 terms": [384, 200, 200]}


@pytest.mark.parametrize("words", ORDERS)
def test_the_order_of_a_long_sum_is_named(words):
    """keras#16615: other bits in another batch. oneDNN takes blocks of 384, 200 and 200 of the essay's 784 pixels."""
    trace = simulate(chain((784, 8), ("softmax",)), batch=1, steps=1, optimizer="sgd")
    step = trace.step(1)
    x, W, B = step["X"][0], step["W1"], step["B1"][0]
    sums = {order: [in_order(x, W[:, k], sizes) + B[k] for k in range(8)] for order, sizes in ORDERS.items()}
    different = [k for k in range(8) if len({sums[order][k] for order in ORDERS}) == 2]
    assert len(different) > 2
    changed = altered(trace, "step1/Z1", np.array([sums[words]]))
    for k in range(8):
        is_named = f"TensorFlow's bits are those of 784 fused multiply-adds {words}" in said(changed, "Z1", k + 1)
        assert is_named == (k in different)


def test_no_order_is_named_where_none_or_both_give_the_bits():
    short = simulate(chain((BLOCK, 3), ("softmax",)), batch=1, steps=1, optimizer="sgd")
    assert "fused" not in said(short, "Z1", 1)
    long = simulate(chain((784, 3), ("softmax",)), batch=1, steps=1, optimizer="sgd")
    wrong = long.step(1)["Z1"] * np.float32(1.5)
    assert "fused" not in said(altered(long, "step1/Z1", wrong), "Z1", 1)
    wide = simulate(chain((784, 3), ("softmax",)), batch=1, steps=1, optimizer="sgd", dtype="float64")
    assert "fused" not in said(wide, "Z1", 1)
