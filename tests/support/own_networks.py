"""Functions that `--model tests.support.own_networks:NAME` names. Keras is imported when they are called."""


def dense():
    """A network of the user's own for the digits, not compiled."""
    import keras

    layers = keras.layers.Dense(8, "relu"), keras.layers.Dropout(0.2), keras.layers.Dense(10, "softmax")
    return keras.Sequential([keras.Input((784,)), *layers])


def convolution():
    """A compiled network of the user's own, which reads images."""
    import keras

    L = keras.layers
    layers = L.Conv2D(2, 5, strides=4, activation="relu"), L.Flatten(), L.Dense(10, "softmax")
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def with_data():
    """A network with its own examples."""
    import keras
    import numpy as np

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    x = np.random.default_rng(0).normal(size=(12, 3))
    return model, x, np.eye(2)[(x[:, 0] > 0).astype(int)]


def words():
    """A network that reads the numbers of five words."""
    import keras

    layers = keras.layers.Embedding(20, 3), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(2, "softmax")
    return keras.Sequential([keras.Input((5,)), *layers])


def words_with_data():
    """This network with its own examples."""
    import numpy as np

    x = np.random.default_rng(0).integers(20, size=(12, 5))
    return words(), x, np.eye(2)[(x[:, 0] > 9).astype(int)]


def fixed():
    """A network that computes in float32, whatever Keras's policy says."""
    import keras

    model = keras.Sequential([keras.Input((784,), dtype="float32"), keras.layers.Dense(10, "softmax", dtype="float32")])
    model.compile("sgd", keras.losses.CategoricalCrossentropy(dtype="float32"))
    return model
