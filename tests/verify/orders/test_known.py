"""The search finds the order of a product and the kernel of a function by the bits alone. The numbers are simulated."""

from functools import partial

import numpy as np
import pytest

from reference.backprop import activation_gradient, weight_gradient
from reference.feedforward import weighted_sum
from reference.layers.softmax import softmax
from reference.loss import crossentropy_backward, crossentropy_of_logits
from reference.rule import Rule
from verify.orders import find
from verify.orders.known import equal_blocks, in_blocks, orders, terms_of
from verify.orders.ordered import EIGEN, EIGEN_64, ONEDNN, Ordered, computed

RNG = np.random.default_rng(4)


def numbers(*shape, dtype="float32"):
    return RNG.normal(size=shape).astype(dtype)


PRODUCTS = {
    "Z": (weighted_sum, (numbers(6, 784), numbers(784, 9), numbers(1, 9)), (1, 0), lambda x, w, b: (x, w, b)),
    "dA": (activation_gradient, (numbers(6, 40), numbers(9, 40)), (1, 1), lambda d, w: (d, w.T, None)),
    "dW": (weight_gradient, (numbers(600, 9), numbers(600, 5)), (0, 0), lambda a, d: (a.T, d, None)),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_order_of_a_product_is_found(name):
    compute, operands, summed, parts = PRODUCTS[name]
    rule = Rule(name, "6", (), compute, 1, "forward", summed=summed)
    a, b, row = parts(*operands)
    terms = a.shape[1]
    assert terms_of(rule, operands) == terms
    for order in orders(terms):
        tensorflow = order.product(a, b) + (0 if row is None else row)
        found = find(rule, operands, tensorflow)
        assert found.same == tensorflow.size and found.kernel.products == order
        assert found.text(terms) == order.text(terms)
        changed = tensorflow.copy()
        for place in ((-1, -1), (0, 0)):
            changed[place] = np.nextafter(changed[place], np.float32(9))
        assert find(rule, operands, changed).same == tensorflow.size - 2


def test_blocks():
    assert in_blocks(784, 384) == (384, 200, 200) and in_blocks(392, 384) == (200, 192)
    assert in_blocks(784, 256) == (256, 256, 136, 136) and in_blocks(384, 384) == (384,)
    assert equal_blocks(784, 512) == (512, 272) and equal_blocks(640, 320) == (320, 320)


def test_an_order_that_is_not_known_is_not_found():
    compute, operands, summed, _ = PRODUCTS["Z"]
    a, b, row = operands
    backwards = weighted_sum(a[:, ::-1], b[::-1], row) * np.float32(1 + 2e-7)
    assert find(Rule("Z", "6", (), compute, 1, "forward", summed=summed), operands, backwards) is None


@pytest.mark.parametrize(("kernel", "dtype"), [(EIGEN, "float32"), (ONEDNN, "float32"), (EIGEN_64, "float64")])
@pytest.mark.parametrize("classes", [3, 10, 32])
def test_the_kernel_of_a_softmax_is_found(kernel, dtype, classes):
    Z = numbers(7, classes, dtype=dtype)
    y = np.eye(classes, dtype=dtype)[np.arange(7) % classes]
    found = find(Rule("A", "11", (), softmax, 1, "forward"), (Z,), computed(softmax, (Z,), kernel))
    assert found.same == Z.size and found.text(0) == f"as {kernel.name} computes it"
    if kernel is not ONEDNN:
        for compute in (crossentropy_backward, crossentropy_of_logits):
            tensorflow = computed(compute, (Z, y), kernel)
            assert find(Rule("C", "14", (), compute, 1, "forward"), (Z, y), tensorflow).kernel == kernel


def test_what_no_kernel_knows_is_not_computed():
    x = numbers(3, 4)
    assert (
        computed(np.tanh, (x,), EIGEN) is None and computed(partial(np.sum, dtype="float64"), (x,), EIGEN) is not None
    )
    assert computed(np.exp, (numbers(2, 3, dtype="float64"),), ONEDNN) is None
    assert computed(np.log, (-abs(x),), EIGEN) is None  # NaN


def test_what_is_left_over_is_computed_one_by_one():
    x = -abs(numbers(5000, 3))
    several, alone = Ordered(x, EIGEN), x.ravel()
    found, whole = np.exp(several).mixed(x.size), EIGEN.exp(alone)
    by_row = np.exp(several).mixed(3)
    assert np.array_equal(found.ravel()[:14992], whole[:14992]) and not np.array_equal(by_row, found)
    assert np.array_equal(found.ravel(), whole) == np.array_equal(found.ravel()[14992:], whole[14992:])
