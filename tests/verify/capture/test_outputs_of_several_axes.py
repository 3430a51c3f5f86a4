"""Outputs of several axes: images, sequences, a class for each pixel; each row of the last axis has its own cost."""

import numpy as np
import pytest

import verify
from tests.support.simulate import altered
from verify.compare.walk import compare
from verify.errors import Unsupported, Unusable

keras = pytest.importorskip("keras")
L = keras.layers
RNG = np.random.default_rng(3)
IMAGES = RNG.random((4, 6, 6, 1)).astype("float32")
WORDS = RNG.integers(0, 9, (4, 5))
SHARES = RNG.random((4, 5)).astype("float32")


def autoencoder(jit=False):
    layers = [L.Conv2D(3, 3, padding="same", activation="relu"), L.MaxPooling2D(), L.UpSampling2D(),
              L.Conv2D(1, 3, padding="same", activation="sigmoid")]  # fmt: skip
    return compiled(keras.Sequential([keras.Input((6, 6, 1)), *layers]), "mse", jit), IMAGES, IMAGES


def pixels(jit=False):
    net = keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(4, 3, padding="same", activation="softmax")])
    return compiled(net, "categorical_crossentropy", jit), IMAGES, np.eye(4)[RNG.integers(0, 4, (4, 6, 6))]


def tags(jit=False):
    net = keras.Sequential([keras.Input((5,)), L.Embedding(9, 4), L.Dense(7, "softmax")])
    return compiled(net, "sparse_categorical_crossentropy", jit), WORDS, RNG.integers(0, 7, (4, 5))


def squares(jit=False):
    net = keras.Sequential([keras.Input((6, 6)), L.Dense(3, "softmax")])
    return compiled(net, "mse", jit), IMAGES[..., 0], RNG.random((4, 6, 3))


def compiled(net, loss, jit):
    net.compile("adam", loss, jit_compile=jit)
    return net


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("make", [autoencoder, pixels, tags, squares])
def test_they_pass(make, jit):
    keras.utils.set_random_seed(2)
    checked = verify.check(*make(jit), steps=2)
    assert checked.passed, checked.headline


def test_a_training_and_weights_of_rows_pass():
    net, x, y = tags()
    callback = verify.ByHand()
    net.fit(x, y[..., None], sample_weight=SHARES, batch_size=2, verbose=0, callbacks=[callback])
    assert callback.passed, callback.headline
    assert verify.check(*tags(), sample_weight=SHARES[..., None]).passed


def test_a_sum_over_the_rows_is_noticed():
    trace = verify.check(*tags()).trace
    wrong = altered(trace, "step1/dZ1", trace.step(1)["dZ1"] * np.float32(5))
    failed = [c for c in compare(wrong, "backprop").comparisons if c.failed]
    assert any(c.tensor == "dZ1" and "every element is 5 times" in c.explanation for c in failed)


def test_labels_and_weights_that_do_not_fit_are_named():
    net, x, y = tags()
    with pytest.raises(
        Unusable, match=r"from 0 to 6 are needed for sparse_categorical_crossentropy, of shape \[4, 5\]"
    ):
        verify.check(net, x, y[:, :2])
    with pytest.raises(Unusable, match=r"a weight for each of the rows \[4, 5\] of the output is needed, not \[4\]"):
        verify.check(net, x, y, sample_weight=SHARES[:, 0])
    with pytest.raises(Unusable, match="class_weight: labels"):
        verify.check(net, x, np.eye(7)[y], class_weight={0: 2.0})
    text = r"class_weight: labels .* of an output \[N, n\] are needed, not \[4, 5\] of \[N, 5, 7\]; give sample_weight"
    with pytest.raises(Unusable, match=text):
        verify.check(net, x, y, class_weight={0: 2.0})
    net, x, y = pixels()
    with pytest.raises(Unusable, match=r"examples of shape \[6, 6, 4\], rows of 4 numbers are needed"):
        verify.check(net, x, y[..., :3])


def test_digits_do_not_fit_such_an_output():
    from verify.capture.batch import taken_and_given

    with pytest.raises(Unsupported, match="let the function return the model, x and y"):
        taken_and_given(autoencoder()[0])
