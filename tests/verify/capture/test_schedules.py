"""Keras's schedules: what they give lies in the bounds of By Hand's equations, and a model that uses them passes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import verify
from reference.optimizers import optimizer_named
from tests.support.small_models import S, X, Y, single_precision, small  # noqa: F401
from verify.bounds import Ball
from verify.capture.compile_arguments import optimizer_text
from verify.compare.variants.schedule import EARLY, RESTARTS
from verify.errors import Unsupported
from verify.records.precision import FLOAT32

SCHEDULES = {
    "cosine": (lambda: S.CosineDecay(0.1, 40, 0.1), range(60)),
    "cosine, α 0": (lambda: S.CosineDecay(0.3, 7), range(10)),
    "warm-up": (lambda: S.CosineDecay(0.01, 30, 0.1, warmup_target=0.3, warmup_steps=11), range(60)),
    "warm-up in no steps": (lambda: S.CosineDecay(0.01, 30, 0.1, warmup_target=0.3), range(40)),
    "steps without a target": (lambda: S.CosineDecay(0.01, 30, 0.1, warmup_steps=7), range(40)),
    "restarts": (lambda: S.CosineDecayRestarts(0.1, 7, 2.0, 0.9, 0.1), range(120)),
    "restarts, alike": (lambda: S.CosineDecayRestarts(0.1, 7, 1.0, 0.9), range(40)),
    "restarts, 1.1": (lambda: S.CosineDecayRestarts(0.1, 10, 1.1), range(60)),
    "polynomial": (lambda: S.PolynomialDecay(0.1, 7, 0.01), range(10)),
    "cycle": (lambda: S.PolynomialDecay(0.1, 10, 0.01, 2.0, cycle=True), range(40)),
    "cycle, linear": (lambda: S.PolynomialDecay(0.1, 8, 0.01, cycle=True), range(40)),
}


def rates(schedule, steps, jit):
    """Return what TensorFlow gives after so many steps."""
    done = tf.Variable(0, dtype=tf.int64)
    rate = tf.function(lambda: schedule(done), jit_compile=jit)
    return [(done.assign(k), float(rate()))[1] for k in steps]


def by_hand(schedule):
    return optimizer_named(optimizer_text(keras.optimizers.SGD(schedule), "float32", {})).learning_rate


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_keras_rates_lie_in_the_bounds(name, jit):
    made, steps = SCHEDULES[name]
    equation = by_hand(made())
    for k, rate in zip(steps, rates(made(), steps, jit), strict=True):
        ball = equation(Ball(np.float64(k + 1), 0.0, FLOAT32))
        assert abs(rate - ball.value) <= ball.spread(), k


@pytest.mark.parametrize(("dtype", "jit"), [("float32", False), ("float32", True), ("float64", False)])
@pytest.mark.parametrize("name", ["warm-up", "restarts", "cycle"])
def test_a_model_with_such_a_schedule_passes(name, dtype, jit):
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    checked = verify.check(small(optimizer=keras.optimizers.Adam(SCHEDULES[name][0]()), jit_compile=jit), X, Y, steps=3)
    assert checked.passed, checked.headline
    assert "alpha" in set(checked.comparisons.tensor)


def after(schedule, done):
    """Check a step of a model whose optimizer has done so many."""
    net = small(optimizer=keras.optimizers.SGD(schedule))
    net.optimizer.build(net.trainable_variables)
    net.optimizer.iterations.assign(done)
    return verify.check(net, X, Y)


@pytest.mark.parametrize(
    ("schedule", "done", "named"),
    [
        (lambda: S.CosineDecayRestarts(0.1, 1), 8191, next(iter(RESTARTS))),
        (lambda: S.CosineDecayRestarts(0.1, 41, 1.0), 41, next(iter(RESTARTS))),
        (lambda: S.PolynomialDecay(0.1, 7, 0.01, cycle=True), 21, EARLY),
    ],
)
def test_a_whole_number_that_keras_misses_is_named(schedule, done, named):
    """Keras computes floor(ln(1 - f (1 - q)) / ln q), and TensorFlow's graph t (1/T), in float32."""
    checked = after(schedule(), done)
    assert not checked.passed and "alpha" in checked.headline and named in checked.headline, checked.headline
    assert after(schedule(), done + 1).passed


def test_periods_that_shrink_are_refused_by_name():
    with pytest.raises(Unsupported, match="learning rate CosineDecayRestarts"):
        optimizer_text(keras.optimizers.SGD(S.CosineDecayRestarts(0.1, 10, 0.5)), "float32", {})


def test_an_option_of_a_schedule_that_is_no_number_is_named():
    with pytest.raises(Unsupported, match="InverseTimeDecay: initial_learning_rate must be a number, not 'a'"):
        verify.check(small(optimizer=keras.optimizers.SGD(S.InverseTimeDecay("a", 3, 0.5))), X, Y)
