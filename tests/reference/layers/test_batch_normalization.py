"""Witnesses of batch normalization: loops from the definition, the complex step, and a published step."""

import numpy as np
import pytest

from reference.layers import batch_normalization as bn
from reference.layers import layer_named
from reference.layers.batch_normalization import BatchNormalization
from reference.layers.dense import Dense
from reference.layers.input import Input
from reference.network import Network, Node
from tests.support.normalizing_witness import drawn, slopes_are, unnoticed

EPSILON = 1e-3
SHAPES = {"rows": ((6, 4), -1), "images": ((3, 2, 3, 4), -1), "another axis": ((3, 2, 4, 3), -2)}


def of(shape, axis):
    """X, dN, γ and β for a layer that normalises along an axis."""
    n = shape[axis]
    return drawn(*shape), drawn(*shape) - 1.5, drawn(1, n), drawn(1, n) - 1.5


def whole(X, gamma, beta, axis, epsilon=EPSILON, variance=None):
    """N with the statistics of the batch."""
    mean = bn.batch_mean(X, axis)
    variance = bn.batch_variance(X, mean, axis) if variance is None else variance
    return bn.batch_normalized(X, mean, variance, gamma, beta, axis=axis, epsilon=epsilon, scale=True, center=True)


def by_loops(X, gamma, beta, axis, divisor=0):
    """N, μ and σ² as Ioffe & Szegedy 2015, algorithm 1 has them, node by node."""
    rows = np.moveaxis(X, axis, -1).reshape(-1, X.shape[axis])
    N, mean, variance = np.empty(rows.shape), [], []
    for j in range(rows.shape[1]):
        x = [float(number) for number in rows[:, j]]
        mean.append(sum(x) / len(x))
        variance.append(sum((number - mean[j]) ** 2 for number in x) / (len(x) - divisor))
        for i, number in enumerate(x):
            N[i, j] = gamma[0, j] * (number - mean[j]) / (variance[j] + EPSILON) ** 0.5 + beta[0, j]
    moved = np.moveaxis(X, axis, -1).shape
    return np.moveaxis(N.reshape(moved), -1, axis), np.array([mean]), np.array([variance])


@pytest.mark.parametrize("name", SHAPES)
def test_loops_from_the_definition(name):
    shape, axis = SHAPES[name]
    X, _, gamma, beta = of(shape, axis)
    N, mean, variance = by_loops(X, gamma, beta, axis)
    np.testing.assert_allclose(bn.batch_mean(X, axis), mean, rtol=1e-13)
    np.testing.assert_allclose(bn.batch_variance(X, mean, axis), variance, rtol=1e-13)
    np.testing.assert_allclose(whole(X, gamma, beta, axis), N, rtol=1e-12, atol=1e-12)
    assert not np.allclose(by_loops(X, gamma, beta, axis, divisor=1)[0], N, rtol=1e-3)
    assert not np.allclose(whole(X, gamma, beta, axis, epsilon=0.0), N, rtol=1e-5)


@pytest.mark.parametrize("name", SHAPES)
def test_each_node_has_mean_0_and_variance_1(name):
    shape, axis = SHAPES[name]
    X, _, gamma, _ = of(shape, axis)
    N = whole(X, gamma * 0 + 1, gamma * 0, axis, epsilon=0.0)
    over = bn.across(X, axis)
    np.testing.assert_allclose(N.mean(axis=over), 0, atol=1e-14)
    np.testing.assert_allclose(N.var(axis=over), 1, rtol=1e-13)
    assert not np.allclose(N.var(axis=over, ddof=1), 1, rtol=1e-3)


@pytest.mark.parametrize("name", SHAPES)
def test_the_gradients_are_the_slopes(name):
    shape, axis = SHAPES[name]
    X, dN, gamma, beta = of(shape, axis)
    mean, words = bn.batch_mean(X, axis), {"axis": axis, "epsilon": EPSILON}
    variance = bn.batch_variance(X, mean, axis)
    constant = bn.frozen_gradient(dN, variance, gamma, **words)
    found = bn.batch_input_gradient(dN, X, mean, variance, gamma, **words)
    without_mean = found + constant.mean(axis=bn.across(X, axis), keepdims=True)
    of_mean = constant - constant.mean(axis=bn.across(X, axis), keepdims=True)
    unscaled = bn.batch_input_gradient(dN, X, mean, variance, **words)
    slopes_are(found, lambda X: np.sum(dN * whole(X, gamma, beta, axis)), X, constant, without_mean, of_mean, unscaled)
    found = bn.batch_gamma_gradient(dN, X, mean, variance, **words)
    wrong = bn.batch_gamma_gradient(dN, X, mean * 0, variance, **words)
    slopes_are(found, lambda gamma: np.sum(dN * whole(X, gamma, beta, axis)), gamma, wrong)
    found = bn.batch_beta_gradient(dN, axis=axis)
    slopes_are(found, lambda beta: np.sum(dN * whole(X, gamma, beta, axis)), beta, found / len(X))


@pytest.mark.parametrize("name", SHAPES)
def test_a_frozen_layer_has_constant_statistics(name):
    shape, axis = SHAPES[name]
    X, dN, gamma, beta = of(shape, axis)
    mean, variance, words = drawn(*gamma.shape), np.abs(drawn(*gamma.shape)), {"axis": axis, "epsilon": EPSILON}
    found = bn.frozen_gradient(dN, variance, gamma, **words)
    wrong = bn.batch_input_gradient(dN, X, mean, variance, gamma, **words)
    options = {**words, "scale": True, "center": True}
    slopes_are(found, lambda X: np.sum(dN * bn.batch_normalized(X, mean, variance, gamma, beta, **options)), X, wrong)


def test_a_published_step():
    """keras#10443: X = 1, 2, 3, 4, y = 2X, momentum 0, gradient descent with 0.01 and the mean squared error.

    The moving variance is 1.25, divided by n; Keras 2's fused kernel gave 1.6667, divided by n - 1.
    """
    X, gamma, beta = np.array([[1.0], [2.0], [3.0], [4.0]]), np.ones((1, 1)), np.zeros((1, 1))
    mean = bn.batch_mean(X, -1)
    variance = bn.batch_variance(X, mean, -1)
    dN = 2 * (whole(X, gamma, beta, -1) - 2 * X) / 4
    d_gamma = bn.batch_gamma_gradient(dN, X, mean, variance, axis=-1, epsilon=EPSILON)
    assert abs((gamma - 0.01 * d_gamma).item() - 1.0247195) < 5e-8  # as printed
    assert abs((beta - 0.01 * bn.batch_beta_gradient(dN, axis=-1)).item() - 0.1) < 5e-8
    moved = [bn.moved(np.array([[start]]), x, 0.0).item() for start, x in ((0.0, mean), (1.0, variance))]
    assert moved == [2.5, 1.25] and abs(4 / 3 * moved[1] - 1.6667) < 5e-5
    without = bn.batch_gamma_gradient(dN, X, mean, variance, axis=-1, epsilon=0.0)
    assert abs((gamma - 0.01 * without).item() - 1.0247195) > 5e-6


def test_a_moving_statistic_goes_to_the_batchs():
    """After k steps the part momentum^k of the start is left."""
    kept, statistic = np.array([[8.0]]), np.array([[2.0]])
    for _ in range(5):
        kept = bn.moved(kept, statistic, 0.75)
    assert kept.item() == pytest.approx(2 + 6 * 0.75**5, rel=1e-15)
    assert kept.item() != pytest.approx(2 + 6 * 0.25**5, rel=1e-3)


FORMS = [BatchNormalization(), BatchNormalization(epsilon=0.01, momentum=0.7, scale=False),
         BatchNormalization(center=False), BatchNormalization(frozen=True)]  # fmt: skip


@pytest.mark.parametrize("layer", FORMS, ids=str)
@pytest.mark.parametrize(("example", "batch"), [((5,), 8), ((5,), 64), ((4, 3, 4), 8)])
def test_every_fault_is_noticed(layer, example, batch):
    assert not unnoticed(layer, example, batch)


@pytest.mark.parametrize("fields", ["axis=0", "axis=1.0", "epsilon=-1.0", "epsilon=1", "momentum=1e999", "center=1",
                                    "scale=None", "frozen=0"])  # fmt: skip
def test_fields_that_are_none_are_refused(fields):
    with pytest.raises(ValueError):
        layer_named(f"batch_normalization({fields})")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="no axis -3"):
        BatchNormalization(axis=-3).shape((4, 5))
    nodes = [Node(Input(4)), Node(Dense(4), (0,)), Node(BatchNormalization(), (1,))]
    with pytest.raises(ValueError, match="used twice"):
        Network((*nodes, Node(Dense(4), (2,)), Node(BatchNormalization(), (3,), 2)))
    frozen = BatchNormalization(frozen=True)
    twice = Network((*nodes[:2], Node(frozen, (1,)), Node(Dense(4), (2,)), Node(frozen, (3,), 2)))
    assert twice.kept == ("moving_mean_1", "moving_variance_1")
