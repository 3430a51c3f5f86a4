"""A whole training step in rational numbers, by the essay's index forms, in a network in which float64 rounds nothing.

Rounding enters by the softmax alone, and four equal scores give 1/4 each: W3's columns differ
by multiples of a vector that is orthogonal to both examples' A2, so the scores are equal and the gradients not.
"""

import math
from fractions import Fraction

import numpy as np

from reference.network import chain
from reference.optimizers.sgd import SGD
from tests.support.scalar_forms import rational
from tests.support.witness import evaluate

NETWORK, ETA = chain((3, 4, 3, 4), ("relu", "relu", "softmax")), 0.125


def balanced():
    """Return inputs and parameters, N = 2, with which the four scores of each example are equal."""
    rng = np.random.default_rng(18)
    known = {P: rng.integers(-4, 5, size=NETWORK.shape(P)) / 4 for P in NETWORK.parameters()}
    known |= {"X": rng.integers(0, 5, size=(2, 3)) / 4, "y": np.eye(4)[[1, 3]], "B3": np.full((1, 4), 0.5)}
    A2 = evaluate(NETWORK, "mean_squared_error", known, phases=("forward",))["A2"]
    known["W3"] = rng.integers(-4, 5, size=(3, 1)) / 4 + np.outer(np.cross(A2[0], A2[1]), [1.0, -2.0, 0.0, 3.0])
    return known


def output_gradient(cost, a, y, k):
    """dC/dz_k of one example of the two, from (21), or from (12) and (19)."""
    if cost == "categorical_crossentropy":
        return (a[k] - y[k]) / 2
    return sum(2 * (a[i] - y[i]) / (4 * 2) * a[i] * ((i == k) - a[k]) for i in range(4))


def by_index(cost, q):
    """The essay's index forms (6)-(9) and (22a)-(22f), with the sums over outputs and examples that belong there."""
    W1, W2, W3, both, tensors = q["W1"], q["W2"], q["W3"], range(2), {}
    z1 = [[sum(q["X"][e, i] * W1[i, j] for i in range(3)) + q["B1"][0, j] for j in range(4)] for e in both]
    a1 = [[max(z, 0) for z in row] for row in z1]
    z2 = [[sum(a1[e][i] * W2[i, j] for i in range(4)) + q["B2"][0, j] for j in range(3)] for e in both]
    a2 = [[max(z, 0) for z in row] for row in z2]
    z3 = [[sum(a2[e][i] * W3[i, j] for i in range(3)) + q["B3"][0, j] for j in range(4)] for e in both]
    assert all(z == row[0] for row in z3 for z in row)
    a3 = [[Fraction(1, 4)] * 4 for e in both]
    d3 = [[output_gradient(cost, a3[e], q["y"][e], k) for k in range(4)] for e in both]
    d2 = [[(z2[e][j] > 0) * sum(W3[j, k] * d3[e][k] for k in range(4)) for j in range(3)] for e in both]
    d1 = [[(z1[e][j] > 0) * sum(W2[j, k] * d2[e][k] for k in range(3)) for j in range(4)] for e in both]
    for layer, (before, z, a, d) in enumerate([(q["X"], z1, a1, d1), (a1, z2, a2, d2), (a2, z3, a3, d3)], start=1):
        dW = [[sum(before[e][i] * d[e][j] for e in both) for j in range(len(d[0]))] for i in range(len(before[0]))]
        dB = [[sum(d[e][j] for e in both) for j in range(len(d[0]))]]
        tensors |= {f"Z{layer}": z, f"A{layer}": a, f"dZ{layer}": d, f"dW{layer}": dW, f"dB{layer}": dB}
        for P, gradient in ((f"W{layer}", dW), (f"B{layer}", dB)):
            tensors[f"{P}_new"] = q[P] - Fraction(ETA) * np.array(gradient, dtype=object)
    return {name: np.array(tensor, dtype=object) for name, tensor in tensors.items()}


def inexact(cost, wrong=None):
    """The tensors of the step that are not exactly those of the index forms."""
    known = balanced()
    found = evaluate(NETWORK, cost, known, phases=("forward", "backward", "update"), optimizer=SGD(ETA), wrong=wrong)
    truth = by_index(cost, {name: rational(array) for name, array in known.items()})
    assert all(np.any(truth[f"d{P}"] != 0) for P in NETWORK.parameters())
    assert all(0 < np.sum(found[f"Z{layer}"] > 0) < found[f"Z{layer}"].size for layer in (1, 2))
    return [name for name in truth if not np.array_equal(rational(found[name]), truth[name])], found["C"]


def test_a_training_step_is_exact_end_to_end():
    different, C = inexact("mean_squared_error")
    assert not different
    assert C == (1 / 4 - 1) ** 2 / 4 + 3 * (1 / 4) ** 2 / 4
    different, C = inexact("categorical_crossentropy")
    assert not different
    assert abs(C - math.log(4)) <= math.ulp(C)


def test_a_wrong_rule_in_the_step_is_not():
    different, _ = inexact("mean_squared_error", {"dA1": lambda dZ, W: dZ @ W.T * (1 + 2**-50)})
    assert different == ["dZ1", "dW1", "dB1", "W1_new", "B1_new"]
