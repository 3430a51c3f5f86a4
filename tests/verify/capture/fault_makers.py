"""Functions that make the faults of `live_faults.py`. A fault is a function of a model and pytest's monkeypatch."""

import keras
import numpy as np
import tensorflow as tf

K, L, optimizers = keras.ops, keras.layers, keras.optimizers


def dense(net, number):
    return [layer for layer in net.layers if isinstance(layer, L.Dense)][number - 1]


def on_call(change):
    """Return a fault of the first layer's `call`: what it gives is changed."""

    def put(net, patch):
        layer = dense(net, 1)
        own = layer.call
        patch.setattr(layer, "call", lambda x, training=None: change(layer, x, own(x)))

    return put


def on_class(change):
    """Return the same fault of the class Dense."""

    def put(net, patch):
        own = L.Dense.call
        patch.setattr(L.Dense, "call", lambda layer, x, training=None: change(layer, x, own(layer, x)))

    return put


def backwards(change):
    """Return a fault of the second layer's gradient with respect to its input; the forward pass is right."""

    @tf.custom_gradient
    def through(x):
        return tf.identity(x), change

    def put(net, patch):
        layer = dense(net, 2)
        own = layer.call
        patch.setattr(layer, "call", lambda x, training=None: own(through(x)))

    return put


def weight_gradient(name, change):
    """Return a fault of the gradient of a kernel or bias of the second layer."""

    @tf.custom_gradient
    def through(w):
        return tf.identity(w), change

    def call(layer, x):
        kernel = through(tf.identity(layer.kernel.value)) if name == "kernel" else K.convert_to_tensor(layer.kernel)
        bias = through(tf.identity(layer.bias.value)) if name == "bias" else K.convert_to_tensor(layer.bias)
        return layer.activation(K.add(K.matmul(x, kernel), bias))

    def put(net, patch):
        layer = dense(net, 2)
        patch.setattr(layer, "call", lambda x, training=None: call(layer, x))

    return put


def on_dropout(keep):
    """Return a fault of the dropout: `keep` gives its mask, the factor 1/(1 - rate) is right."""

    def put(net, patch):
        layer = next(x for x in net.layers if isinstance(x, L.Dropout))

        def call(x, training=False):
            return x * tf.cast(keep(x), x.dtype) / (1 - layer.rate) if training else x

        patch.setattr(layer, "call", call)

    return put


def on_loss(change):
    """Return a fault of the model's `compute_loss`."""

    def put(net, patch):
        own = net.compute_loss
        patch.setattr(net, "compute_loss", lambda *a, **k: change(own(*a, **k)))

    return put


def on_loss_class(change):
    """Return a fault of the class of the loss: `change` gets labels and predictions."""

    def put(net, patch):
        own = keras.losses.CategoricalCrossentropy.call
        patch.setattr(keras.losses.CategoricalCrossentropy, "call", lambda loss, y, p: change(own, loss, y, p))

    return put


def on_update(change, kind=optimizers.Adam, on="class"):
    """Return a fault of the optimizer's `update_step`."""

    def put(net, patch):
        if on == "class":
            own = kind.update_step
            patch.setattr(kind, "update_step", lambda o, g, v, lr: change(lambda *a: own(o, *a), o, g, v, lr))
        else:
            optimizer = net.optimizer
            own = optimizer.update_step
            patch.setattr(optimizer, "update_step", lambda g, v, lr: change(own, optimizer, g, v, lr))

    return put


def on_train_step(before=None, after=None, times=1):
    """Return a fault of the model's `train_step`, on the object."""

    def put(net, patch):
        own = net.train_step

        def train_step(data):
            if before:
                before(net)
            logs = {"loss": 0.0}
            for _ in range(times):
                logs = own(data)
            if after:
                after(net)
            return logs

        patch.setattr(net, "train_step", train_step)

    return put


def attribute(of, name, value):
    """Return a fault that sets an attribute of the optimizer ("optimizer") or of the second Dense ("layer")."""

    def put(net, patch):
        patch.setattr(net.optimizer if of == "optimizer" else dense(net, 2), name, value)

    return put


def variable_after(name):
    """Return a function that rounds a weight of the second layer to bfloat16."""

    def change(net):
        v = getattr(dense(net, 2), name)
        v.assign(tf.cast(tf.cast(v.value, tf.bfloat16), v.dtype))

    return change


def adam_like(m=None, v=None, step=None):
    """Return an Adam whose moments or step are computed otherwise."""

    def change(own, o, g, w, lr):
        i = o._get_variable_index(w)
        M, V = o._momentums[i], o._velocities[i]
        lr, g, t = K.cast(lr, w.dtype), K.cast(g, w.dtype), K.cast(o.iterations + 1, w.dtype)
        o.assign(M, m(M, g, o) if m else M * o.beta_1 + g * (1 - o.beta_1))
        o.assign(V, v(V, g, o) if v else V * o.beta_2 + g * g * (1 - o.beta_2))
        one, two = 1 - K.power(o.beta_1, t), 1 - K.power(o.beta_2, t)
        alpha = lr * K.sqrt(two) / one
        o.assign_sub(w, step(M, V, alpha, lr, o) if step else M * alpha / (K.sqrt(V) + o.epsilon))

    return change


class OwnDense(L.Dense):
    """A subclass of a known layer."""


class OwnAdam(optimizers.Adam):
    """A subclass of a known optimizer."""


def shared(net, patch):
    vars(dense(net, 2))["_kernel"] = dense(net, 1)._kernel


def moment_not_zero(net, patch):
    net.optimizer.build(net.trainable_variables)
    net.optimizer._momentums[0].assign(K.ones_like(net.optimizer._momentums[0]))


def wrong_train_function(net, patch):
    net.make_train_function()
    own = net.train_function

    def train_function(iterator):
        logs = own(iterator)
        dense(net, 1).bias.assign_add(np.full(16, 1e-3, "float32"))
        return logs

    net.train_function = train_function


def wrong_call(net, patch):
    own = net.call
    patch.setattr(net, "call", lambda x, *a, **k: own(x * 1.001, *a, **k))


def wrong_iterations(change):
    def put(net, patch):
        own = net.optimizer.apply

        def apply(grads, variables=None):
            own(grads, variables)
            change(net.optimizer)

        patch.setattr(net.optimizer, "apply", apply)

    return put


def rate(net, patch):
    own = optimizers.Adam._get_current_learning_rate
    patch.setattr(optimizers.Adam, "_get_current_learning_rate", lambda o: own(o) * 1.5)


def fewer(own, loss, y, p):
    costs = own(loss, y, p)
    return K.concatenate([costs[:1] * 0, costs[1:]], axis=0)


def rounded(x):
    return tf.cast(tf.cast(x, tf.bfloat16), x.dtype)


def random(share):
    return lambda x: tf.random.stateless_uniform(tf.shape(x), [1, 2]) < share


def one_row(x):
    return tf.repeat(tf.random.uniform((1, x.shape[1]), seed=5) < 0.5, tf.shape(x)[0], axis=0)
