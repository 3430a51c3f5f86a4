"""Every gradient element against the cost alone: central differences, and the complex step."""

from itertools import product

import numpy as np
import pytest

from reference.network import chain
from reference.rules import LOSSES
from tests.support.witness import (
    SMALL,
    WRONG,
    central,
    complex_step,
    cost_of,
    differences,
    drawn,
    evaluate,
    wrong_gradient,
)

HIDDEN = ("relu", "linear", "sigmoid")
NETWORKS = [
    *(chain((5, 3), (*hidden, "softmax")) for hidden in product(HIDDEN, repeat=0)),
    *(chain((5, 4, 3), (*hidden, "softmax")) for hidden in product(HIDDEN, repeat=1)),
    *(chain((5, 4, 6, 3), (*hidden, "softmax")) for hidden in product(HIDDEN, repeat=2)),
]
WITNESSES = {central: 1e-8, complex_step: 1e-14}  # and how far each may be off, in units of a tensor's largest element


def disagreement(network, cost, known, witness, wrong=None):
    """The largest over all parameters, in units of each tensor's largest element."""
    by_hand, found = evaluate(network, cost, known, wrong=wrong), []
    for P in network.parameters():
        slopes = differences(witness, lambda moved, P=P: cost_of(network, cost, known | {P: moved}), known[P])
        found.append(np.max(np.abs(by_hand[f"d{P}"] - slopes)) / np.max(np.abs(slopes)))
    return max(found)


@pytest.mark.parametrize("cost", LOSSES)
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: "-".join(network.activations))
@pytest.mark.parametrize("witness", WITNESSES)
def test_every_gradient_element_is_the_slope_of_the_cost(witness, network, cost):
    known = drawn(network, batch=6, seed=1)
    forward = evaluate(network, cost, known)
    for layer, name in enumerate(network.activations, start=1):
        Z = forward[f"Z{layer}"]
        assert name != "relu" or (np.min(Z) < 0 < np.max(Z) and np.min(np.abs(Z)) > 1e-3)  # both sides, no kink
    assert disagreement(network, cost, known, witness) < WITNESSES[witness]


@pytest.mark.parametrize("cost", LOSSES)
@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("witness", WITNESSES)
def test_a_wrong_gradient_is_not(witness, name, cost):
    wrong = wrong_gradient(name, SMALL, cost, 1 + 2 * WITNESSES[witness])
    assert disagreement(SMALL, cost, drawn(SMALL, batch=6, seed=1), witness, wrong) > WITNESSES[witness]
