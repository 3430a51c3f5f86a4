"""Witnesses of group normalization: loops from the definition, the complex step, and its limits."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.group_normalization import GroupNormalization
from reference.layers.layer_normalization import LayerNormalization
from reference.layers.normalizing import (
    example_beta_gradient,
    example_gamma_gradient,
    example_input_gradient,
    example_normalized,
)
from tests.support.normalizing_witness import drawn, slopes_are, unnoticed

EPSILON = 1e-3
CASES = {"rows": ((4, 6), 2), "images": ((2, 3, 2, 6), 3), "each channel": ((2, 4, 3), 3), "one group": ((2, 3, 4), 1)}


def of(name):
    """X, dN, γ and β of a case, and the options of its functions."""
    shape, groups = CASES[name]
    words = {"form": GroupNormalization(groups=groups).form(shape[1:]), "epsilon": EPSILON}
    return drawn(*shape), drawn(*shape) - 1.5, drawn(1, shape[-1]), drawn(1, shape[-1]) - 1.5, words


def by_loops(X, gamma, beta, groups, interleaved=False):
    """N as Wu & He 2018, (1), (2), (6), (7) have it: number by number, S_i the numbers with ⌊k C/G⌋ equal."""
    channels = X.shape[-1]
    group = [k % groups if interleaved else k // (channels // groups) for k in range(channels)]
    N = np.empty(X.shape)
    for at in np.ndindex(X.shape):
        S = [
            float(X[other]) for other in np.ndindex(X.shape) if other[0] == at[0] and group[other[-1]] == group[at[-1]]
        ]
        mean = sum(S) / len(S)
        sigma = (sum((x - mean) ** 2 for x in S) / len(S) + EPSILON) ** 0.5
        N[at] = gamma[0, at[-1]] * (X[at] - mean) / sigma + beta[0, at[-1]]
    return N


@pytest.mark.parametrize("name", CASES)
def test_loops_from_the_definition(name):
    X, _, gamma, beta, words = of(name)
    N, groups = example_normalized(X, gamma, beta, **words, scale=True, center=True), CASES[name][1]
    np.testing.assert_allclose(N, by_loops(X, gamma, beta, groups), rtol=1e-12, atol=1e-12)
    if 1 < groups < X.shape[-1]:
        assert not np.allclose(N, by_loops(X, gamma, beta, groups, interleaved=True), rtol=1e-3)


@pytest.mark.parametrize("name", CASES)
def test_the_gradients_are_the_slopes(name):
    X, dN, gamma, beta, words = of(name)
    stored = {"stored": gamma.shape}

    def cost(X, gamma, beta):
        return np.sum(dN * example_normalized(X, gamma, beta, **words, scale=True, center=True))

    found = example_input_gradient(dN, X, gamma, **words)
    wrong = example_input_gradient(dN, X, gamma, **{**words, "epsilon": 0.0})
    slopes_are(found, lambda X: cost(X, gamma, beta), X, example_input_gradient(dN, X, **words), wrong)
    found = example_gamma_gradient(dN, X, **words, **stored)
    slopes_are(found, lambda gamma: cost(X, gamma, beta), gamma, found / len(X), found[:, ::-1])
    found = example_beta_gradient(dN, form=words["form"], **stored)
    slopes_are(found, lambda beta: cost(X, gamma, beta), beta, found / len(X))


def test_one_group_of_a_row_is_layer_normalization():
    """Wu & He 2018, section 3.2: with one group it becomes layer normalization."""
    X, _, gamma, beta, _ = of("rows")
    N = [
        example_normalized(X, gamma, beta, form=layer.form((6,)), epsilon=EPSILON, scale=True, center=True)
        for layer in (GroupNormalization(groups=1), LayerNormalization(), GroupNormalization(groups=2))
    ]
    np.testing.assert_allclose(N[0], N[1], rtol=1e-14)
    assert not np.allclose(N[2], N[1], rtol=1e-3)


FORMS = [GroupNormalization(groups=2), GroupNormalization(groups=2, scale=False), GroupNormalization(center=False)]


@pytest.mark.parametrize("layer", FORMS, ids=str)
@pytest.mark.parametrize(("example", "batch"), [((8,), 8), ((4, 6), 8), ((4, 4, 8), 16)])
def test_every_fault_is_noticed(layer, example, batch):
    assert not unnoticed(layer, example, batch)


@pytest.mark.parametrize("fields", ["groups=0", "groups=2.0", "groups=True", "epsilon=-1.0", "center=1", "frozen=0"])
def test_fields_that_are_none_are_refused(fields):
    with pytest.raises(ValueError):
        layer_named(f"group_normalization({fields})")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="cannot be divided into 4 groups"):
        GroupNormalization(groups=4).shape((4, 6))
