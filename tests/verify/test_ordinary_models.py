"""Models that people write in their first month, from their descriptions: what is verified, and what is refused."""

import numpy as np
import pytest

import verify
from verify.errors import Unusable

keras = pytest.importorskip("keras")
L = keras.layers
RNG = np.random.default_rng(4)
IMAGES = RNG.random((16, 28, 28)).astype("float32")
COLOURED = IMAGES[:, :12, :12, None].repeat(3, axis=-1)
ROWS = RNG.normal(size=(16, 4)).astype("float32")
DIGITS, THREE = RNG.integers(0, 10, 16), np.eye(3, dtype="float32")[RNG.integers(0, 3, 16)]
NUMBERS = ROWS @ np.array([[1.0], [-2.0], [0.5], [3.0]], dtype="float32")
SPARSE = keras.losses.SparseCategoricalCrossentropy


def compiled(model, optimizer="adam", loss="categorical_crossentropy"):
    model.compile(optimizer, loss)
    return model


def sequential(shape, *layers):
    return keras.Sequential([keras.Input(shape), *layers])


def quickstart():
    layers = L.Flatten(), L.Dense(128, "relu"), L.Dropout(0.2), L.Dense(10)
    return compiled(sequential((28, 28), *layers), loss=SPARSE(from_logits=True)), IMAGES, DIGITS


def iris():
    return compiled(sequential((4,), L.Dense(10, "relu"), L.Dense(10, "relu"), L.Dense(3, "softmax"))), ROWS, THREE


def line():
    return compiled(sequential((4,), L.Dense(1)), "sgd", "mean_squared_error"), ROWS, NUMBERS


def convolutional():
    layers = (L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D(), L.Conv2D(16, 3, activation="relu"), L.MaxPooling2D(),
              L.Flatten(), L.Dropout(0.5), L.Dense(10, "softmax"))  # fmt: skip
    return compiled(sequential((28, 28, 1), *layers), loss=SPARSE()), IMAGES[..., None], DIGITS


def global_pooling():
    layers = L.Conv2D(8, 3, padding="same", activation="relu"), L.GlobalAveragePooling2D(), L.Dense(3, "softmax")
    return compiled(sequential((12, 12, 3), *layers)), COLOURED, THREE


def batch_normalised():
    layers = L.Dense(8, use_bias=False), L.BatchNormalization(), L.Activation("relu"), L.Dense(3, "softmax")
    return compiled(sequential((4,), *layers)), ROWS, THREE


def layer_normalised():
    return compiled(sequential((4,), L.Dense(8, "gelu"), L.LayerNormalization(), L.Dense(3, "softmax"))), ROWS, THREE


def normalised_inputs():
    normalization = L.Normalization()
    normalization.adapt(ROWS)
    return compiled(sequential((4,), normalization, L.Dense(8, "relu"), L.Dense(1)), "adam", "mse"), ROWS, NUMBERS


def wide_and_deep():
    i = keras.Input((4,))
    deep = L.Dense(8, "relu")(L.Dense(8, "relu")(i))
    return compiled(keras.Model(i, L.Dense(1)(L.Concatenate()([i, deep]))), "sgd", "mse"), ROWS, NUMBERS


def residual():
    i = keras.Input((12, 12, 3))
    a = L.Conv2D(4, 3, padding="same", activation="relu")(i)
    b = L.BatchNormalization()(L.Conv2D(4, 3, padding="same")(a))
    c = L.GlobalAveragePooling2D()(L.ReLU()(L.Add()([a, b])))
    return compiled(keras.Model(i, L.Dense(3, "softmax")(c))), COLOURED, THREE


def other_activations():
    layers = [L.Dense(8, name) for name in ("elu", "selu", "gelu", "silu", "softplus")]
    return compiled(sequential((4,), *layers, L.Dense(3), L.Softmax())), ROWS, THREE


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten, self.hidden, self.out = L.Flatten(), L.Dense(16, "relu"), L.Dense(10)

    def call(self, x):
        return self.out(self.hidden(self.flatten(x)))


def subclassed():
    model = Own()
    model(IMAGES[:1])
    return compiled(model, loss=SPARSE(from_logits=True)), IMAGES, DIGITS


def frozen():
    base = L.Dense(8, "relu", trainable=False)
    return compiled(sequential((4,), base, L.Dense(3, "softmax"))), ROWS, THREE


def reshaped():
    layers = L.Reshape((7, 4, 28)), L.Permute((2, 1, 3)), L.Flatten(), L.Dense(10, "softmax")
    return compiled(sequential((28, 28), *layers), loss=SPARSE()), IMAGES, DIGITS


def sentiment():
    layers = L.Embedding(50, 8), L.GlobalAveragePooling1D(), L.Dense(16, "relu"), L.Dense(3, "softmax")
    return compiled(sequential((12,), *layers)), RNG.integers(0, 50, (16, 12)), THREE


def flattened_words():
    layers = L.Embedding(50, 4), L.Flatten(), L.Dense(3, "softmax")
    return compiled(sequential((6,), *layers), "sgd"), RNG.integers(0, 9, (16, 6)).astype("float32"), THREE


YES = RNG.integers(0, 2, 16).astype("float32")
S = keras.optimizers.schedules


def xor():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
    layers = L.Dense(4, "tanh"), L.Dense(1, "sigmoid")
    return compiled(sequential((2,), *layers), "adam", "binary_crossentropy"), x, np.array([0.0, 1.0, 1.0, 0.0])


def yes_or_no_of_words():
    layers = L.Embedding(50, 8), L.GlobalAveragePooling1D(), L.Dense(16, "relu"), L.Dense(1, "sigmoid")
    return compiled(sequential((12,), *layers), "rmsprop", "binary_crossentropy"), RNG.integers(0, 50, (16, 12)), YES


def logistic_regression():
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return compiled(sequential((4,), L.Dense(1)), "sgd", loss), ROWS, YES


def house_prices():
    layers = L.Dense(64, "relu"), L.Dense(64, "relu"), L.Dense(1)
    return compiled(sequential((4,), *layers), keras.optimizers.RMSprop(0.001), "mae"), ROWS, NUMBERS


def robust_regression():
    return compiled(sequential((4,), L.Dense(8, "relu"), L.Dense(1)), "nadam", keras.losses.Huber()), ROWS, NUMBERS


def sparse_features():
    return compiled(sequential((4,), L.Dense(8, "relu"), L.Dense(3, "softmax")), "adagrad"), ROWS, THREE


def regularised():
    layers = (
        L.Dense(16, "relu", kernel_regularizer="l2"),
        L.Dropout(0.5),
        L.Dense(3, "softmax", kernel_regularizer="l2"),
    )
    return compiled(sequential((4,), *layers)), ROWS, THREE


def with_a_cosine_schedule():
    optimizer = keras.optimizers.SGD(S.CosineDecay(0.1, 100), momentum=0.9, nesterov=True)
    return compiled(sequential((4,), L.Dense(8, "relu"), L.Dense(3, "softmax")), optimizer), ROWS, THREE


def with_averages():
    optimizer = keras.optimizers.AdamW(0.001, use_ema=True)
    return compiled(sequential((4,), L.Dense(8, "relu"), L.Dense(3, "softmax")), optimizer), ROWS, THREE


def with_accumulated_gradients():
    optimizer = keras.optimizers.Adam(0.001, gradient_accumulation_steps=2)
    return compiled(sequential((4,), L.Dense(8, "relu"), L.Dense(3, "softmax")), optimizer), ROWS, THREE


def with_a_learning_rate_of_ones_own():
    optimizer = keras.optimizers.SGD(lambda: 0.05)
    return compiled(sequential((4,), L.Dense(3, "softmax")), optimizer), ROWS, THREE


VERIFIED = [quickstart, iris, line, convolutional, global_pooling, batch_normalised, layer_normalised,
            normalised_inputs, wide_and_deep, residual, other_activations, subclassed, frozen, reshaped,
            sentiment, flattened_words, xor, yes_or_no_of_words, logistic_regression, house_prices, robust_regression,
            sparse_features, regularised, with_a_cosine_schedule, with_averages, with_accumulated_gradients,
            with_a_learning_rate_of_ones_own]  # fmt: skip


@pytest.mark.parametrize("make", VERIFIED)
def test_it_is_verified(make):
    keras.utils.set_random_seed(3)
    model, x, y = make()
    result = verify.check(model, x, y, steps=2)
    assert result.passed, result.headline


def words():
    layers = L.Embedding(50, 8), L.LSTM(8), L.Dense(3, "softmax")
    return compiled(sequential((12,), *layers)), RNG.integers(0, 50, (16, 12)), THREE


def mixed():
    policy = keras.DTypePolicy("mixed_float16")
    return compiled(sequential((4,), L.Dense(8, dtype=policy), L.Dense(3, "softmax"))), ROWS, THREE


def not_compiled():
    return sequential((4,), L.Dense(3, "softmax")), ROWS, THREE


REFUSED = [(words, "LSTM"), (mixed, "mixes two precisions"), (not_compiled, "not compiled")]


@pytest.mark.parametrize(("make", "text"), REFUSED)
def test_the_others_are_refused_by_name(make, text):
    with pytest.raises(Unusable, match=text):
        verify.check(*make())
