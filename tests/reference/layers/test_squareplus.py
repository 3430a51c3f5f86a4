"""Witnesses of squareplus: the complex step, published identities, its limits, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.squareplus import squareplus, squareplus_slope
from reference.network import chain
from tests.support.layer_witness import Z, keras_model_passes, way_back_is_the_slope
from tests.support.simulate import simulate
from tests.support.witness import dyadic
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("squareplus", "relu", "linear", "softplus", "sigmoid")


def test_its_published_values():
    """Barron 2021: it is √b / 2 at 0, its slope there is 1/2, and it comes near to ReLU on both sides."""
    assert squareplus(np.array([-1.5, 0.0, 1.5, 1e9])).tolist() == [0.5, 1.0, 2.0, 1e9]
    assert squareplus_slope(np.array([-1e9, -1.5, 0.0, 1.5, 1e9])).tolist() == [0.0, pytest.approx(0.2), 0.5, 0.8, 1.0]


def test_it_is_the_reciprocal_at_minus_z():
    np.testing.assert_allclose(squareplus(Z) * squareplus(-Z), np.ones(Z.shape), rtol=1e-14)
    np.testing.assert_allclose(squareplus(Z) - squareplus(-Z), Z, rtol=1e-13)


def test_every_number_is_explained():
    trace = simulate(
        chain((5, 4, 3), ("squareplus", "linear")), loss="mean_squared_error", given={"X": 3 * dyadic(5, 5)}
    )
    case = DerivedStep(trace, 1)
    for i, j in np.ndindex(5, 4):
        assert all(explain(case, name, (i + 1, j + 1)).passed for name in ("A1", "dZ1")), (i, j)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_with_it_passes(dtype, jit):
    keras_model_passes("squareplus", dtype, jit)
