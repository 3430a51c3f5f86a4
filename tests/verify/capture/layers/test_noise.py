"""Keras's SpatialDropout, a Dropout with a noise_shape, GaussianNoise and GaussianDropout."""

import keras
import numpy as np
import pytest

import verify
from verify.cli.capturing import capture_user_model
from verify.compare.walk import compare
from verify.errors import Unsupported

L = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 4, 5, 3)).astype("float32")
Y = np.eye(3, dtype="float32")[RNG.integers(3, size=5)]


def image(*layers, **how):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4, 5, 3)), L.Conv2D(4, 2, activation="relu"), *layers, L.Flatten(),
                              L.Dense(3, "softmax")])  # fmt: skip
    model.compile("sgd", "categorical_crossentropy", **how)
    return model


MODELS = {
    "spatial": lambda: [L.SpatialDropout2D(0.4)],
    "spatial, channels first": lambda: [L.SpatialDropout2D(0.4, data_format="channels_first")],
    "one number for a row": lambda: [L.Dropout(0.4, noise_shape=(None, None, 1, 1))],
    "noise": lambda: [L.GaussianNoise(0.3), L.Conv2D(2, 2), L.GaussianNoise(0.1, seed=4)],
    "Gaussian dropout": lambda: [L.GaussianDropout(0.3), L.Dense(3), L.GaussianDropout(0.6, seed=4)],
    "alpha": lambda: [L.AlphaDropout(0.4), L.AlphaDropout(0.3, noise_shape=(None, 1, 1, None), seed=4)],
    "nothing": lambda: [L.GaussianNoise(0.0), L.GaussianDropout(0.0), L.SpatialDropout2D(0.0)],
}


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
@pytest.mark.parametrize("name", MODELS)
def test_it_passes_and_leaves_the_seed(name, jit):
    model = image(*MODELS[name](), jit_compile=jit)
    before = [keras.ops.convert_to_numpy(v) for v in model.variables]
    result = verify.check(model, X, Y, steps=2)
    assert result.passed, result.headline
    after = [keras.ops.convert_to_numpy(v) for v in model.variables]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    drawn = [n for n in result.trace.step(1) if n[0] in "ME" and n[1:].isdigit()]
    assert bool(drawn) == (name != "nothing")
    for n in drawn:
        assert not np.array_equal(result.trace.step(1)[n], result.trace.step(2)[n])


def chained_and_local(jit, *layers):
    """The failures of two steps of a model that begins with these layers, in both modes."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4, 5, 3)), *layers, L.Flatten(), L.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy", jit_compile=jit)
    trace = capture_user_model(model, [(X, Y), (X, Y)])
    return [(c.tensor, c.mode) for c in compare(trace, "backprop").comparisons if not c.passed]


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
def test_noise_behind_the_offset_of_a_rescaling(jit):
    """Grappler adds the offset last; XLA adds noise without rounding it, in chained mode too."""
    assert chained_and_local(jit, L.Rescaling(0.3, 0.1), L.GaussianNoise(0.5)) == []
    assert chained_and_local(jit, L.GaussianNoise(0.5)) == []


def test_a_series_and_a_volume():
    series = keras.Sequential([keras.Input((6, 3)), L.SpatialDropout1D(0.3), L.Flatten(), L.Dense(3, "softmax")])
    volume = keras.Sequential([keras.Input((2, 3, 2, 3)), L.SpatialDropout3D(0.3), L.Flatten(), L.Dense(3, "softmax")])
    for model, shape in ((series, (6, 3)), (volume, (2, 3, 2, 3))):
        model.compile("sgd", "categorical_crossentropy")
        result = verify.check(model, RNG.normal(size=(5, *shape)).astype("float32"), Y)
        assert result.passed and result.trace.step(1)["M0"].shape == (5, *shape), result.headline


def test_a_fit_and_a_prediction_pass():
    model, by_hand = image(L.GaussianNoise(0.3), L.SpatialDropout2D(0.3), L.GaussianDropout(0.2)), verify.ByHand()
    model.fit(X, Y, batch_size=2, epochs=2, verbose=0, callbacks=[by_hand])
    assert by_hand.passed and by_hand.verified == 6, by_hand.headline
    trace = capture_user_model(model, [(X, Y)], command="feedforward")
    assert "G1" not in trace.step(1) and all(c.passed for c in compare(trace, "feedforward").comparisons)


def test_noise_of_another_size_is_noticed(monkeypatch):
    model = image(L.GaussianNoise(0.3))
    own = keras.src.backend.random.normal
    monkeypatch.setattr(keras.src.backend.random, "normal", lambda *a, **k: own(*a, **k) * 3)
    result = verify.check(model, X, Y)
    assert not result.passed and "standard deviation" in str(result.result.first_divergence.explanation)


@pytest.mark.parametrize(
    ("layer", "word"),
    [
        (lambda: L.Dropout(0.4, noise_shape=(1, 3, 4, 4)), "must have None for the examples"),
        (lambda: L.Dropout(0.4, noise_shape=(None, 1, 1, 2)), "does not fit the shape"),
        (lambda: L.AlphaDropout(1.0), "a dropout rate must be"),
        (lambda: L.AlphaDropout(0.4, noise_shape=(None, 1, 1, 2)), "does not fit the shape"),
        (lambda: L.GaussianNoise(1e-45), "a standard deviation"),
    ],
)
def test_what_is_not_verified_is_named(layer, word):
    with pytest.raises(Unsupported, match=word):
        verify.check(image(layer()), X, Y)


@pytest.mark.parametrize("name", ["behind weights", "before a sum"])
def test_the_offset_of_a_rescaling(name):
    """What a Rescaling gives is read where it stands: it has a gradient, and a sum behind it is that of its numbers."""
    image = keras.Input((6,))
    scaled = L.Rescaling(0.3, 0.1)(L.Dense(6)(image) if name == "behind weights" else image)
    rows = scaled if name == "behind weights" else L.Add()([scaled, L.Dense(6, "tanh", use_bias=False)(image)])
    model = keras.Model(image, L.Dense(3, "softmax")(rows))
    model.compile("sgd", "categorical_crossentropy", jit_compile=False)
    result = verify.check(model, X[:, :, 0, 0] @ np.ones((4, 6), "float32") + X[:, :1, 1, :1].reshape(5, 1), Y)
    assert result.passed, result.headline
