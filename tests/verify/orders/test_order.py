"""Orders of summation, against sums written out one number at a time."""

from itertools import permutations

import numpy as np
import pytest

from verify.orders.fused import multiply_add
from verify.orders.order import APART, HALF, Order

RNG = np.random.default_rng(3)


def terms(count):
    return RNG.normal(size=count).astype(np.float32)


def in_turn(numbers):
    total = np.float32(0)
    for x in numbers:
        total = total + x
    return total


def test_one_after_the_other_and_blocks():
    t = terms(100)
    assert Order().total(t) == in_turn(t)
    assert Order(blocks=(60, 40)).total(t) == in_turn(t[:60]) + in_turn(t[60:])
    assert Order(blocks=(60, 40)).total(t) != Order().total(t)
    halves = Order(blocks=((30, 20), (40, 10))).total(t)
    assert halves == (in_turn(t[:30]) + in_turn(t[30:50])) + (in_turn(t[50:90]) + in_turn(t[90:]))
    with pytest.raises(ValueError, match="are not 99 terms"):
        Order(blocks=(60, 40)).total(t[:99])


def test_lanes_are_added_in_pairs():
    t = terms(16)
    L = [t[j] + t[j + 8] for j in range(8)]
    assert Order(strides=(1, 4, 2)).total(t) == ((L[0] + L[1]) + (L[4] + L[5])) + ((L[2] + L[3]) + (L[6] + L[7]))
    assert Order(strides=(4, 2, 1)).total(t) == ((L[0] + L[4]) + (L[2] + L[6])) + ((L[1] + L[5]) + (L[3] + L[7]))
    results = {float(Order(strides=strides).total(terms(800))) for strides in permutations((4, 2, 1))}
    assert len(results) > 1  # the order matters


def test_the_rest_of_a_round():
    t = terms(10)
    L = [*t[:8]]
    eight = ((L[0] + L[4]) + (L[2] + L[6])) + ((L[1] + L[5]) + (L[3] + L[7]))
    padded = ((t[0] + t[8]) + L[4] + (L[2] + L[6])) + (((t[1] + t[9]) + L[5]) + (L[3] + L[7]))
    assert Order(strides=(4, 2, 1)).total(t) == padded
    assert Order(strides=(4, 2, 1), rest=APART).total(t) == (t[8] + t[9]) + eight
    assert Order(strides=(8, 4, 2, 1), rest=HALF).total(t) == (t[8] + t[9]) + eight


def test_a_product_is_the_sum_of_its_products():
    a, b = RNG.normal(size=(3, 20)).astype(np.float32), RNG.normal(size=(20, 5)).astype(np.float32)
    for order in (Order(False), Order(False, strides=(1, 4, 2), rest=APART), Order(False, blocks=(15, 5))):
        whole = order.product(a, b)
        for i, j in np.ndindex(whole.shape):
            assert whole[i, j] == order.total(a[i] * b[:, j])
    one = np.float32(0)
    for k in range(20):
        one = multiply_add(a[1, k], b[k, 2], one)
    assert Order().product(a, b)[1, 2] == one and Order().product(a, b).dtype == np.float32


@pytest.mark.parametrize(
    ("order", "text"),
    [
        (Order(), "784 terms, fused, one after the other"),
        (Order(False), "784 terms, one after the other"),
        (Order(blocks=(384, 200, 200)), "784 terms, fused, in blocks of 384, 200, 200"),
        (Order(strides=(1, 4, 2)), "784 terms, fused, in 8 lanes, added ((0+1)+(4+5))+((2+3)+(6+7))"),
        (Order(False, blocks=((200, 192), 392)), "784 terms, in blocks of 200 + 192, 392"),
        (Order(strides=(2, 1)), "784 terms, fused, in 4 lanes, whose halves are added until one is left"),
    ],
)
def test_it_is_said_in_words(order, text):
    assert order.text(784) == text
