"""Under XLA: a wrong step must not pass however wide the bounds are, and a right one must not fail."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import verify
from verify.errors import Unverifiable

L, SGD = keras.layers, keras.optimizers.SGD
RNG = np.random.default_rng(7)


def deep(kind="tanh", width=12, depth=9, optimizer=None, inputs=16, outputs=4):
    """Return a deep network that XLA compiles; with one example, all its products may be computed together."""
    keras.utils.set_random_seed(2)
    hidden = [L.Dense(width, kind) for _ in range(depth)]
    net = keras.Sequential([keras.Input((inputs,)), *hidden, L.Dense(outputs, "softmax")])
    net.compile(optimizer or SGD(0.1), "categorical_crossentropy", jit_compile=True)
    return net


def batch(examples, inputs=16, outputs=4):
    x = RNG.normal(size=(examples, inputs)).astype("float32")
    return x, np.eye(outputs, dtype="float32")[RNG.integers(outputs, size=examples)]


@tf.custom_gradient
def without_gradient(W):
    return tf.identity(W), lambda g: g * 0


@tf.custom_gradient
def with_half_a_gradient(W):
    return tf.identity(W), lambda g: g / 2


@pytest.mark.parametrize("change", [without_gradient, with_half_a_gradient])
@pytest.mark.parametrize("examples", [1, 8])
def test_a_wrong_gradient_of_the_first_layer_does_not_pass(change, examples):
    net = deep()
    first = net.layers[0]
    first.call = lambda x, training=None: first.activation(
        keras.ops.matmul(x, change(tf.identity(first.kernel.value))) + first.bias
    )
    checked = verify.check(net, *batch(examples))
    assert not checked.passed
    assert any(c.tensor == "dW1" and not c.passed for c in checked.result.local), checked.headline


def test_without_a_fault_a_deep_network_passes():
    for examples in (1, 8):
        checked = verify.check(deep(depth=3), *batch(examples), steps=2)
        assert checked.result.status in (0, 3) and not checked.headline.startswith("FAIL"), checked.headline
    assert checked.passed, checked.headline


def halves_updates(net):
    own = net.optimizer.apply
    net.optimizer.apply_gradients = lambda pairs: own([g / 2 for g, _ in pairs], [v for _, v in pairs])


def wrong_functional_call(net):
    own = net._functional.call
    net._functional.call = lambda *a, **k: own(*a, **k) * 1.0001


class Doubling:
    def __init__(self, own):
        self.own = own

    def __call__(self, *a, **k):
        return self.own(*a, **k) * 2


def wrong_compiled_loss(net):
    net.compute_loss  # noqa: B018 - the model has it, and builds its loss at the first step
    net.compute_loss = Doubling(net.compute_loss)


def wrong_train_step(net):
    own = net.train_step

    def step(data):
        logs = own(data)
        net.layers[0].kernel.assign_add(tf.fill(net.layers[0].kernel.shape, 1e-6))
        return logs

    net.train_step = step


FAULTS = (halves_updates, wrong_functional_call, wrong_compiled_loss, wrong_train_step)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_method_that_only_kerass_own_step_calls(fault):
    """The bound of the whole step is wide; the eager step notices all of them."""
    net = deep()
    fault(net)
    try:
        checked = verify.check(net, *batch(8))
    except Unverifiable:
        pass
    else:
        assert not checked.passed and checked.result.status == 1, checked.headline
    watch, net = verify.ByHand(), deep()
    fault(net)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(*batch(8), verbose=0, callbacks=[watch])
    assert not watch.passed, watch.headline


LATE = {"from the second step on": lambda net, data: net.optimizer.iterations.value > 1,
        "in the small last batch": lambda net, data: tf.shape(data[0])[0] < 8}  # fmt: skip


@pytest.mark.parametrize("when", LATE)
def test_a_later_fault_in_a_fit(when):
    """Each step whose results may have other bits is taken eagerly, too."""
    net, watch = deep(kind="relu", width=32, depth=8), verify.ByHand()
    own, W = net.train_step, net.layers[0].kernel

    def step(data):
        before = tf.identity(W.value)
        logs = own(data)
        wrong = tf.cast(LATE[when](net, data), tf.float32)
        W.assign(W.value + (W.value - before) * 9e-4 * wrong)
        return logs

    net.train_step = step
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(*batch(12), batch_size=8, shuffle=False, epochs=2, verbose=0, callbacks=[watch])
    assert not watch.passed and "train_step is replaced" in watch.headline, watch.headline


@pytest.mark.parametrize("jit", [False, True])
def test_a_train_function_of_ones_own_is_refused(jit):
    """An eager step would not call it, so it must not be judged by a wide bound."""
    net = deep(depth=2)
    net.jit_compile = jit
    net.make_train_function()
    own, W = net.train_function, net.layers[0].kernel

    def train_function(iterator):
        before = W.numpy()
        logs = own(iterator)
        W.assign(W.value + (W.value - before) * 5e-4)
        return logs

    net.train_function = train_function
    with pytest.raises(Unverifiable, match=r"model\.train_function is replaced on the object"):
        verify.check(net, *batch(8))
    watch = verify.ByHand()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(*batch(8), verbose=0, callbacks=[watch])
    assert not watch.passed, watch.headline


def test_a_wrong_loss_is_noticed_under_xla_too():
    net, watch = deep(depth=1), verify.ByHand()
    own = net.train_step
    net.train_step = lambda data: {name: 10 * value for name, value in own(data).items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(*batch(8), verbose=0, callbacks=[watch])
    assert "reports the loss" in watch.headline, watch.headline


def test_the_model_is_left_as_it_was():
    net = deep(depth=2)
    net.fit(*batch(8), verbose=0)
    before, function = [w.copy() for w in net.get_weights()], net.train_function
    assert not verify.check(net, *batch(8)).headline.startswith("FAIL")
    assert net.jit_compile and net.train_function is function
    assert all(np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True))
