"""Witnesses of sparsemax: the projection on the simplex, published values, and what Keras computes in its place."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from reference.layers.sparsemax import simplex_threshold, sparsemax, sparsemax_backward, sparsemax_jacobian
from tests.support.layer_witness import G, Z, apart
from verify.bounds import Ball
from verify.compare.variants.layers.sparsemax import by_partial_sums
from verify.records.precision import FLOAT32


def by_trial(row):
    """The sparsemax of one row in exact arithmetic: of all sets of numbers, that whose threshold separates it."""
    numbers = [Fraction(float(z)) for z in row]
    for k in range(1, len(numbers) + 1):
        for chosen in combinations(range(len(numbers)), k):
            threshold = (sum(numbers[i] for i in chosen) - 1) / k
            if all((numbers[i] > threshold) == (i in chosen) for i in range(len(numbers))):
                return [max(z - threshold, Fraction(0)) for z in numbers]
    raise AssertionError


def test_it_is_the_only_threshold_that_fits():
    for row in (*Z, *(Z / 4), [1.0, 1.0, 1.0], [0.5, 0.5, 0.0]):
        exact = [float(x) for x in by_trial(row)]
        np.testing.assert_allclose(sparsemax(np.array([row]))[0], exact, atol=1e-15)
        assert sum(by_trial(row)) == 1


def test_the_way_back_is_the_slope():
    A = sparsemax(Z / 4)
    assert 1 < np.count_nonzero(A) < A.size
    slopes = differences_of(Z / 4)
    assert apart(sparsemax_backward(G, A), slopes) < 1e-8
    assert apart(np.einsum("ni,nij->nj", G, sparsemax_jacobian(A)), slopes) < 1e-8
    assert apart(G * (A > 0), slopes) > 1e-3


def differences_of(at, h=2.0**-20):
    """Central differences: exact but for rounding, because a sparsemax consists of straight lines."""
    slopes = np.empty(at.shape)
    for where in np.ndindex(at.shape):
        moved = np.zeros(at.shape)
        moved[where] = h
        slopes[where] = np.sum(G * (sparsemax(at + moved) - sparsemax(at - moved))) / (2 * h)
    return slopes


def test_published_values():
    """Martins & Astudillo 2016, section 2.3: of (t, 0) it is (1, 0) from t = 1 on and ((t + 1) / 2, (1 - t) / 2) to 1.

    Keras's issue 23425: of (0, 0.5, 1) it is (0, 0.25, 0.75).
    """
    for t in (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0):
        first = min(max((t + 1) / 2, 0), 1)
        assert sparsemax(np.array([[t, 0.0]])).tolist() == [[first, 1 - first]]
    assert sparsemax(np.array([[0.0, 0.5, 1.0]])).tolist() == [[0, 0.25, 0.75]]


def test_a_shift_changes_nothing():
    np.testing.assert_allclose(sparsemax(Z + 64), sparsemax(Z), atol=1e-13)


@pytest.mark.parametrize("axis", [-1, -2, -3])
def test_another_axis(axis):
    X, dA = np.random.default_rng(0).normal(size=(2, 2, 3, 4, 5))
    shape = np.moveaxis(X, axis, -1).shape
    rows = [np.moveaxis(T, axis, -1).reshape(-1, X.shape[axis]) for T in (X, dA)]
    A = sparsemax(X, axis)
    np.testing.assert_allclose(A, np.moveaxis(sparsemax(rows[0]).reshape(shape), -1, axis), atol=1e-15)
    back = sparsemax_backward(rows[1], sparsemax(rows[0])).reshape(shape)
    np.testing.assert_allclose(sparsemax_backward(dA, A, axis), np.moveaxis(back, -1, axis), atol=1e-15)


def by_sorting(Z, k_less=0):
    """Keras's algorithm with its mistake mended (pull request 23469), in the precision of Z; `k_less`: another k."""
    descending = -np.sort(-Z, axis=-1)
    sums = np.cumsum(descending, axis=-1, dtype=Z.dtype)
    ranks = np.arange(1, Z.shape[-1] + 1, dtype=Z.dtype)
    k = np.maximum(np.sum(descending - (sums - 1) / ranks > 0, axis=-1, keepdims=True) - k_less, 1)
    return np.maximum(Z - (np.take_along_axis(sums, k - 1, axis=-1) - 1) / k.astype(Z.dtype), 0)


@pytest.mark.parametrize("n", [2, 3, 10, 100])
def test_a_ball_holds_what_sorting_gives_and_not_much_more(n):
    """Some numbers lie within a rounding of the threshold, so that an algorithm may take them for above or below it."""
    rng = np.random.default_rng(n)
    Z = (rng.normal(size=(200, n)) * rng.choice([0.1, 1, 30], size=(200, 1))).astype(np.float32)
    Z[::2, 0] = simplex_threshold(Z[::2, 1:].astype(float))[:, 0]
    ball = sparsemax(Ball.exact(Z, FLOAT32))
    assert np.all(np.abs(by_sorting(Z) - ball.value) <= ball.spread())
    assert np.all(np.abs(sparsemax(Z) - ball.value) <= ball.spread())
    assert not np.all(np.abs(by_sorting(Z, k_less=1) - ball.value) <= ball.spread())
    assert not np.all(np.abs(by_partial_sums(Z, -1) - ball.value) <= ball.spread())


def test_a_ball_with_a_radius_holds_the_sparsemax_of_all_its_numbers():
    rng = np.random.default_rng(3)
    middle = rng.normal(size=(50, 4))
    radius = np.abs(rng.normal(size=middle.shape)) * 0.1
    ball = sparsemax(Ball(middle, radius, FLOAT32))
    gradients = rng.normal(size=middle.shape)
    back = sparsemax_backward(Ball.exact(gradients, FLOAT32), ball)
    for _ in range(100):
        A = sparsemax(middle + radius * rng.uniform(-1, 1, size=middle.shape))
        assert np.all(np.abs(A - ball.value) <= ball.spread())
        assert np.all(np.abs(sparsemax_backward(gradients, A) - back.value) <= back.spread())
    narrow = sparsemax(Ball(middle, radius / 100, FLOAT32))
    assert not np.all(np.abs(A - narrow.value) <= narrow.spread())


def test_the_mistake_of_keras_is_named():
    """Keras 3.15 gives wrong numbers where two are above 0; with the largest far above the others, it is right."""
    keras = pytest.importorskip("keras")
    import verify
    from verify.compare.walk import compare

    right = abs(float(keras.ops.sparsemax(np.array([[0.5, 0.5]], "float32"))[0, 0]) - 0.5) < 1e-6
    if right:
        pytest.skip("this Keras has the right sparsemax")
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, "sparsemax"), keras.layers.Dense(3)])
    model.compile("adam", "mean_squared_error", jit_compile=False)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 5)).astype("float32"), rng.normal(size=(8, 3)).astype("float32")
    checked = verify.check(model, x, y, steps=2)
    assert not checked.passed and "A1" in checked.headline
    failed = [c for c in compare(checked.trace, "backprop", modes=("local",)).comparisons if not c.passed]
    assert {c.tensor for c in failed} == {"A1", "dZ1"}
    assert all("issue 23425" in c.explanation for c in failed)
    kernel, bias = model.layers[0].get_weights()
    model.layers[0].set_weights([kernel * 0, bias + np.array([9, 0, 1, 2], "float32")])
    assert verify.check(model, x, y, steps=1).passed
