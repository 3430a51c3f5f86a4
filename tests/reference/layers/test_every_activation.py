"""Every activation: models of Keras with it pass, and each of its numbers can be explained without TensorFlow."""

import numpy as np
import pytest

from reference.layers import kinds
from reference.layers.activation import Activation
from reference.network import chain
from tests.support.layer_witness import keras_model_passes
from tests.support.simulate import simulate
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain

ACTIVATIONS = sorted(kind for kind, layer in kinds().items() if issubclass(layer, Activation))
X = 3 * np.random.default_rng(0).normal(size=(8, 5))


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_a_model_with_it_passes(kind, dtype, jit):
    keras_model_passes(kind, dtype, jit, X / 3 if kind == "exponential" else X)  # e^(e^x) of larger x overflows v


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_every_number_is_explained(kind):
    case = DerivedStep(simulate(chain((5, 4, 3), (kind, "linear")), loss="mean_squared_error"), 1)
    for i, j in np.ndindex(5, 4):
        assert all(explain(case, name, (i + 1, j + 1)).passed for name in ("A1", "dZ1")), (i, j)
