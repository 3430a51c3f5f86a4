"""Faults put into a running TensorFlow: on a class, on an object, in a gradient, in the loss, in the optimizer.

Each is a function of a model and pytest's monkeypatch. What must come of it, as "tensors | words": a FAIL whose first
tensor's name begins with one of `tensors`, or a refusal whose text has one of `words`.
"""

import keras
import numpy as np
import tensorflow as tf

from tests.verify.capture.fault_makers import (
    OwnAdam,
    OwnDense,
    adam_like,
    attribute,
    backwards,
    dense,
    fewer,
    moment_not_zero,
    on_call,
    on_class,
    on_dropout,
    on_loss,
    on_loss_class,
    on_train_step,
    on_update,
    one_row,
    random,
    rate,
    rounded,
    shared,
    variable_after,
    weight_gradient,
    wrong_call,
    wrong_iterations,
    wrong_train_function,
)

K, L, optimizers = keras.ops, keras.layers, keras.optimizers


def model(optimizer="adam", loss=None, dropout=0.0, kind=L.Dense, **how):
    """Return a 16-16-16-4 network; it runs eagerly, which saves the time of compiling."""
    keras.utils.set_random_seed(3)
    between = [L.Dropout(dropout, seed=1)] if dropout else []
    layers = [L.Dense(16, "relu"), *between, kind(16, "tanh"), L.Dense(4, "softmax")]
    net = keras.Sequential([keras.Input((16,)), *layers])
    net.compile(
        optimizer, loss or keras.losses.CategoricalCrossentropy(), **{"run_eagerly": True, "jit_compile": False, **how}
    )
    return net


def wrong_average(net, patch):
    """Exchange the momentum of the average with 1 - momentum."""

    def average(variables):
        for variable, a in zip(variables, net.optimizer._model_variables_moving_average, strict=True):
            a.assign(a * 0.01 + variable * 0.99)

    patch.setattr(net.optimizer, "_update_model_variables_moving_average", average)


DROP = {"dropout": 0.5}
# name: (how the model is built, the fault, what must come of it)
FAULTS = {
    # the forward pass
    "call adds 1e-3": ({}, on_call(lambda layer, x, z: z + 1e-3), "Z1 | replaced"),
    "call times 1.001": ({}, on_call(lambda layer, x, z: z * 1.001), "Z1 | replaced"),
    "call without bias, class": (
        {},
        on_class(lambda layer, x, z: K.matmul(x, layer.kernel * 1.0001)),
        "Z1 | no gradient dB1",
    ),
    "call with bfloat16 inputs": (
        {},
        on_call(lambda layer, x, z: K.matmul(rounded(x), layer.kernel)),
        "Z1 | no gradient dB1",
    ),
    "call with bfloat16 weights": (
        {},
        on_call(lambda layer, x, z: K.matmul(x, rounded(layer.kernel * 1.0))),
        "Z1 | no gradient dB1",
    ),
    "call clips at 0.1": ({}, on_call(lambda layer, x, z: K.minimum(z, 0.1)), "Z1 | replaced"),
    "call reverses the nodes": ({}, on_call(lambda layer, x, z: z[:, ::-1]), "Z1 | replaced"),
    "call reverses the examples": ({}, on_call(lambda layer, x, z: z[::-1]), "Z1 | replaced"),
    "call of the class adds 1e-4": ({}, on_class(lambda layer, x, z: z + 1e-4), "Z1 | replaced"),
    "activation of one's own": ({}, attribute("layer", "activation", lambda z: K.tanh(z) * 1.001), " | activation"),
    "model.call times 1.001": ({}, wrong_call, " | model.call is replaced on the object"),
    # the backward pass
    "dA1 times 1.001": ({}, backwards(lambda g: g * 1.001), "dA1 | replaced"),
    "dA1 is 0": ({}, backwards(lambda g: g * 0), "dA1 | replaced"),
    "dA1 plus 1e-4": ({}, backwards(lambda g: g + 1e-4), "dA1 | replaced"),
    "dA1 reversed": ({}, backwards(lambda g: g[:, ::-1]), "dA1 | replaced"),
    "dA1 in bfloat16": ({}, backwards(rounded), "dA1 | replaced"),
    "dA1 with the other sign": ({}, backwards(lambda g: -g), "dA1 | replaced"),
    "dW2 halved": ({}, weight_gradient("kernel", lambda g: g / 2), "dW2 | replaced"),
    "dW2 transposed": ({}, weight_gradient("kernel", K.transpose), "dW2 | replaced"),
    "dW2 cut off": ({}, weight_gradient("kernel", lambda g: K.clip(g, -1e-3, 1e-3)), "dW2 | replaced"),
    "dB2 is a mean": ({}, weight_gradient("bias", lambda g: g / 8), "dB2 | replaced"),
    "dB2 is 0": ({}, weight_gradient("bias", lambda g: g * 0), "dB2 | replaced"),
    "no gradient below": ({}, on_call(lambda layer, x, z: K.stop_gradient(z)), " | no gradient d"),
    # dropout
    "dropout keeps everything": (DROP, on_dropout(lambda x: tf.ones_like(x)), "M1 | replaced"),
    "dropout drops 10 %": (DROP, on_dropout(lambda x: tf.random.uniform(tf.shape(x), seed=5) < 0.9), "M1 | replaced"),
    "dropout drops 90 %": (DROP, on_dropout(lambda x: tf.random.uniform(tf.shape(x), seed=5) < 0.1), "M1 | replaced"),
    "dropout has one mask for all examples": (DROP, on_dropout(one_row), "M1 | replaced"),
    "dropout has one mask for all steps": (DROP, on_dropout(random(0.5)), "M1 | replaced"),
    "dropout without its factor": (
        DROP,
        on_dropout(lambda x: tf.cast(random(0.5)(x), x.dtype) * 0.5),
        "D1 M1 | replaced",
    ),
    # the loss
    "compute_loss doubled": ({}, on_loss(lambda c: c * 2), "C | replaced"),
    "compute_loss plus 0.1": ({}, on_loss(lambda c: c + 0.1), "C | replaced"),
    "compute_loss times 1.0001": ({}, on_loss(lambda c: c * 1.0001), "C | replaced"),
    "compute_loss squared": ({}, on_loss(lambda c: c * c), "C | replaced"),
    "loss leaves an example out": ({}, on_loss_class(fewer), "C | replaced"),
    "loss smooths the labels": ({}, on_loss_class(lambda own, o, y, p: own(o, y * 0.9 + 0.025, p)), "C | replaced"),
    "loss of the wrong class": ({}, on_loss_class(lambda own, o, y, p: own(o, y[:, ::-1], p)), "C | replaced"),
    "loss times 1.01": ({}, on_loss_class(lambda own, o, y, p: own(o, y, p) * 1.01), "C | replaced"),
    # the training step
    "train_step updates twice": ({}, on_train_step(times=2), " | model.train_step is replaced on the object"),
    "train_step does nothing": ({}, on_train_step(times=0, after=None), " | train_step"),
    "train_step rounds W2": ({}, on_train_step(after=variable_after("kernel")), " | model.train_step is replaced"),
    "train_step changes B2 before": (
        {},
        on_train_step(before=lambda n: dense(n, 2).bias.assign_add(np.ones(16))),
        " | train_step",
    ),
    "train_function changes B1": ({}, wrong_train_function, " | B1_new"),
    # the optimizer
    "update times 1.01, class": ({}, on_update(lambda own, o, g, v, lr: own(g, v, lr * 1.01)), "update | replaced"),
    "update times 1.01, object": (
        {},
        on_update(lambda own, o, g, v, lr: own(g, v, lr * 1.01), on="o"),
        "update | replaced",
    ),
    "update upwards": ({}, on_update(lambda own, o, g, v, lr: own(g, v, -lr)), "update | replaced"),
    "update of a negative gradient": ({}, on_update(lambda own, o, g, v, lr: own(-g, v, lr)), "m_ | replaced"),
    "update of half a gradient": ({}, on_update(lambda own, o, g, v, lr: own(g / 2, v, lr)), "m_ | replaced"),
    "update skips biases": (
        {},
        on_update(lambda own, o, g, v, lr: own(g, v, lr) if len(v.shape) > 1 else None),
        "update_B m_B | update_B",
    ),
    "β1 is 0.8": ({}, on_update(adam_like(m=lambda m, g, o: m * 0.8 + g * 0.2)), "m_ | replaced"),
    "m keeps nothing new": ({}, on_update(adam_like(m=lambda m, g, o: m * 0.9)), "m_ | replaced"),
    "v of |g|": ({}, on_update(adam_like(v=lambda v, g, o: v * o.beta_2 + K.abs(g) * (1 - o.beta_2))), "v_ | replaced"),
    "ε under the root": (
        {},
        on_update(adam_like(step=lambda m, v, a, lr, o: m * a / K.sqrt(v + o.epsilon))),
        "update | replaced",
    ),
    "no bias correction": (
        {},
        on_update(adam_like(step=lambda m, v, a, lr, o: m * lr / (K.sqrt(v) + o.epsilon))),
        "update | replaced",
    ),
    "step without the root": (
        {},
        on_update(adam_like(step=lambda m, v, a, lr, o: m * a / (v + o.epsilon))),
        "update | replaced",
    ),
    "step of the sign": ({}, on_update(adam_like(step=lambda m, v, a, lr, o: K.sign(m) * lr)), "update | replaced"),
    "learning rate times 1.5": ({}, rate, "update | replaced"),
    "clipping left out": (
        {"optimizer": lambda: optimizers.Adam(clipnorm=1e-3)},
        attribute("optimizer", "_clip_gradients", lambda grads: grads),
        "clipped | replaced",
    ),
    "clipping twice as far": (
        {"optimizer": lambda: optimizers.SGD(0.1, global_clipnorm=1e-3)},
        attribute("optimizer", "_clip_gradients", lambda gs: [K.clip(g, -2e-3, 2e-3) for g in gs]),
        "clipped | replaced",
    ),
    "decay left out": (
        {"optimizer": lambda: optimizers.AdamW(weight_decay=0.1)},
        attribute("optimizer", "_apply_weight_decay", lambda variables: None),
        "W1_decayed W3_decayed | replaced",
    ),
    "momentum forgotten": (
        {"optimizer": lambda: optimizers.SGD(0.1, momentum=0.9)},
        on_update(
            lambda own, o, g, v, lr: own(g, v, lr) or o.momentums[0].assign(K.zeros_like(o.momentums[0])),
            optimizers.SGD,
        ),
        "m_W1 update_W1 | replaced",
    ),
    "iterations stand still": (
        {"optimizer": "sgd"},
        wrong_iterations(lambda o: o.iterations.assign(0)),
        " | iterations",
    ),
    "iterations rise by two": (
        {"optimizer": "sgd"},
        wrong_iterations(lambda o: o.iterations.assign_add(1)),
        " | iterations",
    ),
    "moments are not 0 at the start": ({}, moment_not_zero, "m_W1_before | replaced"),
    "average with 1 - momentum": (
        {"optimizer": lambda: optimizers.Adam(use_ema=True)},
        wrong_average,
        "average_ | replaced",
    ),
    "loss not scaled": (
        {"optimizer": lambda: optimizers.Adam(loss_scale_factor=2.0)},
        attribute("optimizer", "scale_loss", lambda loss: loss),
        "dZ3 dA | replaced",
    ),
    "gradients added up twice": (
        {"optimizer": lambda: optimizers.Adam(gradient_accumulation_steps=2)},
        attribute("optimizer", "_clip_gradients", lambda gradients: [g * 2 for g in gradients]),
        "m_ | replaced",
    ),
    # what is not modelled
    "one kernel for two layers": ({}, shared, " | one variable"),
    "a frozen bias": ({}, lambda net, patch: setattr(dense(net, 2).bias, "trainable", False), " | frozen"),
    "a layer of one's own": ({"kind": lambda: OwnDense}, None, " | OwnDense"),
    "an optimizer of one's own": ({"optimizer": OwnAdam}, None, " | optimizer OwnAdam"),
}
