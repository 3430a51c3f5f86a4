"""Numbers that are not finite: the right ones agree and are noted, the wrong ones fail, the unknown are not judged."""

import numpy as np
import pytest

from reference.adam import largest_moment
from reference.backprop import sum_gradient
from reference.layers.relu import relu_slope
from reference.rule import Rule
from verify.bounds import Ball
from verify.compare.recompute import plainly
from verify.compare.rule import compare_tensor
from verify.records.precision import PRECISIONS

FLOAT32 = PRECISIONS["float32"]
BIG, NAN, INF = np.float32(3e38), np.float32("nan"), np.float32("inf")


def compared(compute, tensorflow, mode="local", elementwise=True, **inputs):
    """Return the comparison of a rule of float32 inputs with TensorFlow's numbers."""
    arrays = {name: np.asarray(x, dtype=np.float32) for name, x in inputs.items()}
    rule = Rule("T", "1", tuple(arrays), compute, 1, "forward", elementwise=elementwise)
    with np.errstate(all="ignore"):
        ball = rule({name: Ball.exact(x, FLOAT32) for name, x in arrays.items()})
        if np.isnan(ball.radius).any():
            ball = Ball(ball.value, np.where(np.isnan(ball.radius), np.inf, ball.radius), FLOAT32)
    captured = np.asarray(tensorflow, dtype=np.float32)
    return compare_tensor(
        rule, 1, 1, mode, ball, captured, None, "float32", plain=lambda: plainly(rule, arrays, "float32")
    )


def sum_gradient_of_relu(dA, Z):
    return sum_gradient(dA, Z, relu_slope)


def test_an_overflow_is_the_right_rounding():
    c = compared(lambda x: x * x, [INF, 4.0], x=[1e30, 2.0])
    assert c.passed and c.explanation == "1 number overflows float32"
    assert compared(lambda x: -(x * x), [-INF, -4.0], x=[1e30, 2.0]).passed


@pytest.mark.parametrize("wrong", [[INF, 4.0], [-INF, 1.0], [NAN, 1.0], [1.0, INF]])
def test_an_infinity_that_the_equation_does_not_give_fails(wrong):
    assert not compared(lambda x: x * x, wrong, x=[2.0, 1.0]).passed
    assert compared(lambda x: x * x, wrong, x=[2.0, 1.0]).verdict == "not_finite"


def test_the_wrong_infinity_fails():
    assert compared(lambda x: x * x, [-INF], x=[1e30]).verdict == "not_finite"
    assert compared(lambda x: x * x, [NAN], x=[1e30]).verdict == "not_finite"
    assert compared(lambda x: x * x, [BIG], x=[1e30]).verdict == "outside"


def test_a_number_at_the_edge_may_round_to_infinity():
    largest = np.finfo(np.float32).max
    assert compared(lambda x, y: x + y, [INF], x=[largest], y=[largest / 2**24]).passed
    assert compared(lambda x, y: x + y, [largest], x=[largest], y=[largest / 2**25]).passed
    assert not compared(lambda x, y: x + y, [INF], x=[largest], y=[-largest / 2]).passed


def test_nan_by_the_equation_is_a_note():
    c = compared(lambda x, y: x / y, [NAN, 2.0], x=[0.0, 4.0], y=[0.0, 2.0])
    assert c.passed and c.explanation == "1 number is NaN by the equation too"
    assert compared(lambda x, y: x - y, [NAN], x=[INF], y=[INF]).passed


def test_a_mask_may_be_chosen_or_multiplied():
    def masked(x, mask):
        return x * mask

    assert compared(masked, [0.0, 2.0], x=[NAN, 2.0], mask=[0.0, 1.0]).passed
    assert compared(masked, [NAN, 2.0], x=[NAN, 2.0], mask=[0.0, 1.0]).passed
    assert not compared(masked, [3.0, 2.0], x=[NAN, 2.0], mask=[0.0, 1.0]).passed
    assert compared(masked, [0.0, 2.0], x=[NAN, 2.0], mask=[1.0, 1.0]).verdict == "unjudged"


def test_a_slope_of_nan_may_be_0():
    """ReLU: NaN > 0 is false, and XLA chooses 0 then, whatever the gradient is."""
    assert compared(sum_gradient_of_relu, [0.0], dA=[NAN], Z=[NAN]).passed
    assert compared(sum_gradient_of_relu, [0.0], dA=[INF], Z=[NAN]).passed
    assert not compared(sum_gradient_of_relu, [1.0], dA=[NAN], Z=[NAN]).passed
    assert not compared(sum_gradient_of_relu, [0.0], dA=[NAN], Z=[2.0]).passed


def test_a_finite_number_with_an_infinite_bound_is_not_judged():
    c = compared(lambda x, y: x / y, [7.0, 2.0], x=[0.0, 4.0], y=[0.0, 2.0])
    assert c.verdict == "unjudged" and not c.passed
    assert c.explanation == "1 of 2 numbers cannot be judged, because their bound is infinite"


def test_a_wrong_number_beside_them_fails():
    c = compared(lambda x: x * x, [INF, 4.1], x=[1e30, 2.0])
    assert c.verdict == "outside" and c.worst_index == (1,) and c.outside == 1


def test_a_maximum_of_nan_may_be_either():
    """AMSGrad: TensorFlow's kernels keep v̂ where v is NaN, or take the NaN."""
    for tensorflow in (NAN, 2.0):
        assert compared(largest_moment, [tensorflow], v_max=[2.0], v=[NAN]).passed
    assert not compared(largest_moment, [3.0], v_max=[2.0], v=[NAN]).passed
    assert compared(lambda x: x * x, [NAN], x=[2.0]).verdict == "not_finite"


def test_chained_numbers_without_a_finite_bound_are_not_called_equal():
    """Where no number has a finite bound nothing is judged; else the numbers that have one decide."""

    def quotient(x, y):
        return x / y

    every = compared(quotient, [7.0, 8.0], mode="chained", x=[1.0, 4.0], y=[0.0, 0.0])
    assert every.verdict == "unjudged" and not every.passed and not every.failed
    assert every.explanation == "2 of 2 numbers cannot be judged, because their bound is infinite"
    some = compared(quotient, [7.0, 2.0, 0.75], mode="chained", x=[1.0, 4.0, 3.0], y=[0.0, 2.0, 4.0])
    assert some.verdict == "within" and some.equal_share == 1.0 and some.explanation.startswith("1 of 3 numbers")
    wrong = compared(quotient, [7.0, 2.1], mode="chained", x=[1.0, 4.0], y=[0.0, 2.0])
    assert wrong.verdict == "outside" and wrong.worst_index == (1,) and wrong.failed
