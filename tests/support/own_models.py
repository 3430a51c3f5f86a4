"""Models that tests hand to `--model module:function`."""


def mazur():
    """The 2-2-2 sigmoid network of Mazur's step-by-step example, with its weights and its one example."""
    import keras
    import numpy as np

    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, "sigmoid"), keras.layers.Dense(2, "sigmoid")])
    W1, W2 = np.array([[0.15, 0.25], [0.20, 0.30]]), np.array([[0.40, 0.50], [0.45, 0.55]])
    model.set_weights([W1, np.full(2, 0.35), W2, np.full(2, 0.60)])
    model.compile(keras.optimizers.SGD(0.5), "mean_squared_error", jit_compile=False)
    return model, np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])


def convolution():
    """Nothing that By Hand knows but its input."""
    import keras

    layers = [keras.layers.RandomFlip(), keras.layers.Flatten(), keras.layers.Dense(10, keras.ops.sin)]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers])
    model.compile("rmsprop", "hinge")
    return model


def of_images():
    """Takes images as they are, labels as whole numbers; one layer has no bias."""
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.layers.Flatten(), keras.layers.Dense(9, "tanh", use_bias=False), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((28, 28)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    return model


def two_things():
    return 1, 2


def broken():
    raise RuntimeError("no \x1b[31mweights\nhere")
