"""Numbers whose bits NumPy reproduces: which they are, and that each lies in the ball of its rule."""

from functools import partial

import numpy as np
import pytest

from reference.network import chain
from reference.rules import rules
from tests.support.simulate import SMALL, simulate
from tests.verify.lockstep.test_verifier import nudged
from verify.compare.faults import other_operands
from verify.compare.recompute import impossible_raises, recompute, reproduced, share
from verify.compare.walk import Walk
from verify.records.precision import FLOAT32, FLOAT64, PRECISIONS, binade
from verify.records.settings import OPTIMIZERS


@pytest.mark.parametrize("precision", [FLOAT32, FLOAT64])
def test_binade_and_half_ulp_are_those_of_frexp(precision):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.random(1000) * 10.0 ** rng.integers(-300, 300, 1000), 2.0 ** np.arange(-1022, 1024)])
    exponent = np.frexp(x)[1]
    assert np.array_equal(binade(x), np.ldexp(1.0, exponent - 1))
    size = np.maximum(x, precision.tiny)
    expected = np.ldexp(2 * precision.joint_unit, np.frexp(size)[1] - 2) + precision.tiny
    assert np.array_equal(precision.half_ulp(x), expected)
    assert np.isinf(binade(np.array([np.inf, np.nan]))).all()


def other(last):
    return chain((9, 8, 7, 6), ("leaky_relu(negative_slope=0.3)", "tanh", last), dropout=(0.0, 0.0, 0.4, 0.0))


EVERY = [
    (SMALL, loss, optimizer, dtype)
    for dtype in PRECISIONS
    for loss, optimizer in (
        ("categorical_crossentropy", "adam"), ("mean_squared_error", "sgd"),
        ("categorical_crossentropy", "adam(amsgrad=True, weight_decay=0.01)"),
        ("categorical_crossentropy", "sgd(momentum=0.9, nesterov=True)"),
        ("categorical_crossentropy", "adam(clipnorm=0.01)"), ("categorical_crossentropy", "sgd(global_clipnorm=0.01)"),
        ("categorical_crossentropy", "adam(clipvalue=0.001)"),
    )
] + [
    (other(last), loss, "adam", "float32")
    for last, loss in (
        ("softmax", "categorical_crossentropy(label_smoothing=0.1)"), ("sigmoid", "categorical_crossentropy"),
        ("linear", "mean_squared_error"), ("sigmoid", "mean_squared_error"),
    )
]  # fmt: skip


@pytest.mark.parametrize(("network", "loss", "optimizer", "dtype"), EVERY)
def test_a_reproduced_number_lies_in_its_ball(network, loss, optimizer, dtype):
    """Every rule is tried on numbers of very different sizes."""
    for seed in range(3):
        scaled = partial(_of_other_size, seed)
        trace = simulate(network, scaled, seed, steps=2, loss=loss, optimizer=optimizer, dtype=dtype)
        walk = Walk(trace, "backprop", modes=("local",))
        walk.explains = False
        for step in (1, 2):
            for c in walk.step(step, trace.step(step)):
                rule = next((r for r in rules(network, loss, OPTIMIZERS[optimizer]) if r.tensor == c.tensor), None)
                if rule is None:
                    continue
                arrays = _arrays(trace, step)
                with impossible_raises():
                    again = recompute(rule, arrays, dtype)
                if again is None:  # something overflowed: it reproduces nothing
                    continue
                ball = walk.balls[rule.tensor]
                finite = np.isfinite(again) & np.isfinite(ball.spread())
                assert finite.any()
                assert (np.abs(again - ball.value) <= ball.spread())[finite].all(), (rule.tensor, seed)


def _of_other_size(seed, step, name, array):
    return nudged(step, name, array, seed) * array.dtype.type(10.0 ** (seed - 1))


def _arrays(trace, step):
    return {**trace.step(step), **other_operands(trace, step)}


def test_what_is_reproduced():
    one = np.array([1, 0, np.nan, np.inf, 3], "float32")
    assert reproduced(one, np.array([1, -0.0, np.nan, np.inf, 4], "float32")).tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]
    huge = np.full(3, 3e38, "float32")
    assert reproduced(huge, huge).all()
    for other in (None, one[:4], one.astype("float64")):
        assert not reproduced(other, one).any()
    assert [share(n, 1000) for n in (0, 5, 999, 1000)] == ["0%", "0.5%", "99.9%", "100%"]
    assert share(99999, 100000) == "99.9%" and share(0, 0) == "0%"


def test_nothing_is_reproduced_through_an_overflow_or_a_division_by_0():
    """The norm of 1e21 overflows in float32, and the gradient is cut to 0: the same bits, and not the equation."""
    plan = rules(SMALL, "mean_squared_error", OPTIMIZERS["sgd(clipnorm=1.0)"])
    clip = next(rule for rule in plan if rule.tensor == "clipped_W1")
    g = np.full((9, 8), 1e21, "float32")
    with np.errstate(all="ignore"):
        assert not clip({"dW1": g}).any()
    cost = next(rule for rule in rules(chain((4, 2), ("linear",)), "categorical_crossentropy", OPTIMIZERS["sgd"])
                if rule.tensor == "C")  # fmt: skip
    A, y = np.array([[1, -1]], "float32"), np.array([[1, 0]], "float32")
    with impossible_raises():
        assert recompute(clip, {"dW1": g}, "float32") is None
        assert recompute(clip, {"dW1": g * np.float32(1e-10)}, "float32") is not None
        assert recompute(cost, {"A1": A, "y": y}, "float32") is None
        assert recompute(cost, {"A1": np.array([[3e38, 2e38]], "float32"), "y": y}, "float32") is None
        assert recompute(cost, {"A1": np.abs(A), "y": y}, "float32") is not None
