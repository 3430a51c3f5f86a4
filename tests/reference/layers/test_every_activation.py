"""Every activation: models of Keras with it pass, and each of its numbers can be explained without TensorFlow."""

import numpy as np
import pytest

from reference.layers import kinds
from reference.layers.activation import Activation
from reference.network import chain
from tests.support.graphs import GRAPHS, graph
from tests.support.layer_witness import keras_model_passes
from tests.support.simulate import simulate
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain

ACTIVATIONS = sorted(kind for kind, layer in kinds().items() if issubclass(layer, Activation))
X = 3 * np.random.default_rng(0).normal(size=(8, 5))


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", sorted(set(ACTIVATIONS) - {"sparsemax"}))  # wrong in Keras: see test_sparsemax.py
def test_a_model_with_it_passes(kind, dtype, jit):
    keras_model_passes(kind, dtype, jit, X / 3 if kind == "exponential" else X)  # e^(e^x) of larger x overflows v


WITH_OPTIONS = ["relu(max_value=0.25, negative_slope=0.1, threshold=0.1)", "gelu(approximate=True)",
                "threshold(threshold=0.1, default_value=-1.0)", "soft_shrink(threshold=0.1)",
                "hard_shrink(threshold=0.1)"]  # fmt: skip


@pytest.mark.parametrize("kind", [*ACTIVATIONS, *WITH_OPTIONS])
def test_every_number_is_explained(kind):
    case = DerivedStep(simulate(chain((5, 4, 3), (kind, "linear")), loss="mean_squared_error"), 1)
    for i, j in np.ndindex(5, 4):
        assert all(explain(case, name, (i + 1, j + 1)).passed for name in ("A1", "dZ1")), (i, j)


@pytest.mark.parametrize(("name", "tensors"), [("gated", ("H1", "dZ1")), ("learned slopes", ("H1", "dZ1"))])
def test_every_number_of_a_layer_like_an_activation_is_explained(name, tensors):
    case = DerivedStep(simulate(GRAPHS[name]), 1)
    for tensor in tensors:
        for index in np.ndindex(case.shape(tensor)):
            assert explain(case, tensor, tuple(i + 1 for i in index)).passed, (tensor, index)
    for slope in [P for P in case.given if P.startswith("slope")]:
        assert all(explain(case, f"d{slope}", (j + 1,)).passed for j in range(case.shape(slope)[1]))


@pytest.mark.parametrize("kind", ["softmax", "log_softmax", "sparsemax"])
def test_every_number_along_another_axis_is_explained(kind):
    network = graph("input(nodes=(3, 5))", "dense(nodes=4)", f"{kind}(axis=-2)", "flatten", "dense(nodes=3)", "softmax")
    case = DerivedStep(simulate(network), 1)
    for index in np.ndindex(2, 3, 4):
        assert all(explain(case, name, tuple(i + 1 for i in index)).passed for name in ("A1", "dZ1")), index
