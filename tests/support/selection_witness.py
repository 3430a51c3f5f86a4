"""Helpers of the witnesses of layers that only move numbers: a loop over single numbers, and the complex step."""

from contextlib import suppress

import numpy as np

from reference.layers import layer_named
from reference.layers.layer import Place, Source
from reference.registry import modules_of
from tests.support.layer_witness import apart
from tests.support.witness import complex_step, differences
from verify.compare.variants import IMPOSSIBLE
from verify.compare.variants import LAYERS as VARIANTS

N = 3  # examples


def rules_of(layer, shape):
    """The rules of a layer that reads examples of this shape: of what it gives, and of the gradient of what it read."""
    place = Place(1, 2, (Source("A1", 1, shape),), "F1", layer.shape(shape))
    found = [*layer.forward(place), *layer.backward(place)]
    assert [rule.tensor for rule in found] == ["F1", "dA1"]
    return found


def given(layer, X):
    """What a layer gives for these examples."""
    X = np.asarray(X)
    return rules_of(layer, X.shape[1:])[0].compute(X)


def examples(shape):
    """Numbers of which no two are equal, and none is 0; their sums are exact."""
    return np.random.default_rng(5).permutation(np.arange(1.0, N * np.prod(shape) + 1)).reshape(N, *shape)


def altered(rule, known):
    """Yield the name and the result of each variant that reads what the rule reads."""
    for name, compute, *inputs in modules_of(VARIANTS)[rule.kind].variants(rule, 2):
        if set(inputs[0] if inputs else rule.inputs) <= set(known):
            with suppress(IMPOSSIBLE):
                yield name, compute(*(known[read] for read in rule.inputs))


def loop(layer, X, where):
    """What the layer gives by its definition, number by number: `where` is the index that an index of it shows."""
    Y = np.zeros((len(X), *layer.shape(X.shape[1:])))
    for n in range(len(X)):
        for o in np.ndindex(Y.shape[1:]):
            at = where(o, X.shape[1:])
            Y[(n, *o)] = 0 if at is None else X[(n, *at)]
    return Y


def is_the_loop(layer, shape, where, least=6):
    """Check that the rule gives the loop's bits, and that `least` variants or more give others."""
    X, rule = examples(shape), rules_of(layer, shape)[0]
    expected = loop(layer, X, where)
    assert np.array_equal(rule.compute(X), expected)
    wrong = dict(altered(rule, {"A1": X}))
    assert len(wrong) >= least
    for name, other in wrong.items():
        assert other.shape == expected.shape and not np.array_equal(other, expected), name
    return set(wrong)


def way_back_is_the_slope(layer, shape, least=6):
    """Check the gradient against the complex step, and the product with it against that with what the layer gives."""
    X, (forward, back) = examples(shape), rules_of(layer, shape)
    G = examples(layer.shape(shape))
    slopes = differences(complex_step, lambda x: np.sum(G * forward.compute(x)), X)
    found = back.compute(G)
    # the complex step of a linear function has the roundings of h·g and of its division by h only: 2 · 2^-53 each
    assert found.shape == X.shape and apart(found, slopes) < 1e-14
    assert np.sum(G * forward.compute(X)) == np.sum(found * X)  # whole numbers: exact
    wrong = dict(altered(back, {"dF1": G}))
    assert len(wrong) >= least
    for name, other in wrong.items():
        assert other.shape == slopes.shape and apart(other, slopes) > 1e-3, name
    return set(wrong)


def text_gives_it_back(layer):
    """Check that the text of a layer can be read."""
    assert layer_named(str(layer)) == layer and str(layer).startswith(layer.kind)
