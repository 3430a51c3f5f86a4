"""Trained weights from files that Keras wrote."""

import numpy as np
import pytest

from reference.network import ESSAY, chain
from tests.verify.inputs.weight_files import refused, same
from verify.inputs import weights
from verify.runtime.stderr import hushed


@pytest.fixture(scope="module")
def keras():
    with hushed():
        return pytest.importorskip("keras")


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sequential_model_of_keras(keras, tmp_path, ending, dtype):
    with hushed():
        layers = keras.layers
        sizes = ((128, "relu"), (64, "relu"), (10, "softmax"))
        stages = [layers.Dense(n, activation, dtype=dtype, bias_initializer="normal") for n, activation in sizes]
        model = keras.Sequential([layers.Input((784,), dtype=dtype), *stages])
        model.compile("adam", "categorical_crossentropy")
        model.fit(np.ones((2, 784)), np.eye(10)[:2], verbose=0)
        model.save(tmp_path / f"m.{ending}")
    check_file(model, tmp_path / f"m.{ending}", dtype)


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_functional_model_of_keras(keras, tmp_path, ending):
    """The names of the layers follow neither the alphabet nor the order of computing nor Keras's counting."""
    with hushed():
        layers = keras.layers
        image = layers.Input((28, 28))
        hidden = layers.Flatten()(image)
        hidden = layers.Dense(128, name="z")(hidden)
        hidden = layers.Activation("relu")(hidden)
        hidden = layers.Dropout(0.2)(hidden)
        hidden = layers.Dense(64, keras.activations.relu, bias_initializer="normal", name="dense_2")(hidden)
        model = keras.Model(image, layers.Dense(10, "softmax", name="dense")(hidden))
        model.save(tmp_path / f"m.{ending}")
    check_file(model, tmp_path / f"m.{ending}")


def check_file(model, path, dtype="float32"):
    numbers = [np.atleast_2d(a) for a in model.get_weights()]
    same(weights.read(str(path), ESSAY, dtype), dict(zip(ESSAY.parameters(), numbers, strict=True)), dtype)
    refused(path, "Dense layers are", network=chain((784, 64, 128, 10)))


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_other_models_of_keras(keras, tmp_path, ending):
    class Dense(keras.layers.Dense):
        """A layer that is not Keras's."""

    def saved(*stages):
        with hushed():
            keras.Sequential([keras.layers.Input((6,)), *stages]).save(tmp_path / f"m.{ending}")
        return tmp_path / f"m.{ending}"

    layers = keras.layers
    refused(saved(layers.Lambda(lambda x: x), layers.Dense(5)), "'Lambda' has no place")
    refused(saved(layers.BatchNormalization(), layers.Dense(5)), "'BatchNormalization' has no place")
    refused(saved(layers.Rescaling(1 / 255), layers.Dense(5)), "scaled to 0-1")
    refused(saved(layers.Dense(5, use_bias=False)), "no bias")
    with pytest.warns(UserWarning, match="lambda"):
        path = saved(layers.Dense(5, lambda x: x))
    refused(path, "Dense layers are")
    if ending == "keras":
        refused(saved(Dense(5)), "not one of Keras's own")


def test_weights_alone_of_keras(keras, tmp_path):
    with hushed():
        model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(5)])
        model.save_weights(tmp_path / "m.weights.h5")
    refused(tmp_path / "m.weights.h5", "save the whole model with model.save")
