"""Variants of batch normalization: other statistics, another ε, gradients that forget a part."""

import math
from typing import Any

import numpy as np

from reference.layers import batch_normalization as bn
from reference.layers.batch_normalization import across, along, frozen_gradient, moved
from reference.normalizing import GAMMA, MEAN, VARIANCE, mean_of, normalized, scaling, variance_of
from reference.operations import product
from reference.rule import Rule
from reference.tensor_names import before, kept, of_layer, previous, read
from verify.compare.variants import normalizing as other
from verify.compare.variants.shared import VariantParts, options, unchanged

UNBIASED = "variance divided by n - 1"


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of batch normalization, the simplest first."""
    name = read(rule.tensor)
    if name.is_kept:
        yield from _moving(rule)
    elif name.role == "d" and name.quantity == GAMMA:
        yield from _gamma_gradients(rule)
    elif rule.phase == "backward" and len(rule.inputs) == 1:
        yield from other.of_gradient(rule.compute)
        yield "one example of the batch lost", lambda dN: rule.compute(other.without_last(dN))
        yield "gradient of the step before", unchanged, (previous(rule.tensor),)
    elif rule.phase == "backward":
        yield from _input_gradients(rule)
    elif name.quantity == MEAN:
        yield from _means(rule)
    elif name.quantity == VARIANCE:
        yield from _variances(rule)
    else:
        yield from _outputs(rule)


def _count(X: Any, axis: int) -> int:
    """Return how many numbers of X each statistic is taken over."""
    return math.prod(X.shape[k] for k in across(X, axis))


def _means(rule: Rule) -> VariantParts:
    """Yield the variants of μ."""
    compute, axis = rule.compute, options(rule.compute)["axis"]
    yield "sum for the mean", lambda X: compute(X) * _count(X, axis)
    yield "mean divided by n - 1", lambda X: other.unbiased(compute(X), _count(X, axis))
    yield "one example of the batch lost", lambda X: compute(X[:-1])
    yield "mean over all nodes", lambda X: compute(X) * 0.0 + np.sum(compute(X)) * (1 / X.shape[axis])
    yield "moving mean in place of the batch's", unchanged, (before(kept(bn.MOVING, rule.tensor)),)
    yield "mean of the step before", unchanged, (previous(rule.tensor),)


def _variances(rule: Rule) -> VariantParts:
    """Yield the variants of σ²."""
    compute, axis = rule.compute, options(rule.compute)["axis"]
    yield UNBIASED, lambda X, mean: other.unbiased(compute(X, mean), _count(X, axis))
    yield "mean not subtracted in the variance", lambda X, mean: compute(X, mean * 0.0)
    yield "standard deviation for the variance", lambda X, mean: np.sqrt(compute(X, mean))
    yield "variance of one example less", lambda X, mean: compute(X[:-1], mean)
    yield (
        "moving variance in place of the batch's",
        lambda X, mean, kept: kept * 1.0,
        (
            *rule.inputs,
            before(kept(bn.MOVING, rule.tensor)),
        ),
    )
    yield "variance of the step before", unchanged, (previous(rule.tensor),)


def _outputs(rule: Rule) -> VariantParts:
    """Yield the variants of N."""
    compute, words = rule.compute, options(rule.compute)
    axis, epsilon = words["axis"], words["epsilon"]
    X, mean, variance, *learned = rule.inputs
    yield from other.other_epsilons(rule)
    yield "ε outside the root", lambda X, m, v, *P: compute(X, m, other.outside_root(v, epsilon), *P)
    yield "root left out", lambda X, m, v, *P: compute(X, m, other.squared(v, epsilon), *P)
    yield UNBIASED, lambda X, m, v, *P: compute(X, m, other.unbiased(v, _count(X, axis)), *P)
    yield "mean not subtracted", lambda X, m, v, *P: compute(X, m * 0.0, v, *P)
    if words["scale"]:
        yield "γ left out", lambda X, m, v, g, *P: compute(X, m, v, g * 0.0 + 1.0, *P)
        yield "γ of the step before", compute, (X, mean, variance, previous(learned[0]), *learned[1:])
    if words["center"]:
        yield "β left out", lambda X, m, v, *P: compute(X, m, v, *P[:-1], P[-1] * 0.0)
        yield "β subtracted", lambda X, m, v, *P: compute(X, m, v, *P[:-1], -P[-1])
    if words["scale"] and words["center"]:
        yield "γ and β exchanged", lambda X, m, v, g, b: compute(X, m, v, b, g)
    yield "statistics of each example", lambda X, m, v, *P: _of_examples(X, P, words)
    if read(mean).is_kept:
        yield "the batch's statistics in place of the moving ones", lambda X, m, v, *P: _of_batch(X, P, compute, axis)
    else:
        moving = tuple(before(kept(bn.MOVING, name)) for name in (mean, variance))
        yield "moving statistics in place of the batch's", compute, (X, *moving, *learned)


def _of_examples(X: Any, learned: tuple[Any, ...], words: dict[str, Any]) -> Any:
    """Return N with the statistics of each example, as layer normalization has it."""
    axes = tuple(range(1, X.ndim))
    mean, axis = mean_of(X, axes), words["axis"]
    gamma, beta = learned[0] if words["scale"] else None, learned[-1] if words["center"] else None
    rows = along(gamma, X, axis), along(beta, X, axis)
    return normalized(X, mean, variance_of(X, mean, axes), *rows, words["epsilon"])


def _of_batch(X: Any, learned: tuple[Any, ...], compute: Any, axis: int) -> Any:
    """Return N with the statistics of the batch."""
    mean = bn.batch_mean(X, axis)
    return compute(X, mean, bn.batch_variance(X, mean, axis), *learned)


def _moving(rule: Rule) -> VariantParts:
    """Yield the variants of a moving statistic."""
    if rule.equation == bn.UNCHANGED:
        yield "a frozen statistic is moved towards 0", lambda kept: kept * 0.99
        yield "a frozen statistic begins anew", lambda kept: kept * 0.0
        return
    momentum, statistic = options(rule.compute)["momentum"], rule.inputs[1]
    yield "momentum and 1 - momentum exchanged", lambda a, b: moved(a, b, 1.0 - momentum)
    yield "moving statistic not moved", lambda a, b: a * 1.0
    yield "the batch's statistic in place of the moving one", lambda a, b: b * 1.0
    yield "1 - momentum left out", lambda a, b: a * momentum + b
    yield "momentum 0.9 in place of its own", lambda a, b: moved(a, b, 0.9 if momentum != 0.9 else 0.99)
    yield "moving statistic of the step before", rule.compute, (rule.inputs[0], previous(statistic))
    if read(statistic).quantity == VARIANCE:
        normalized = of_layer("N", read(statistic).layer or 0)  # it has the shape of what the layer reads
        yield (
            UNBIASED,
            lambda a, b, N: moved(a, other.unbiased(b, math.prod(N.shape) // math.prod(b.shape)), momentum),
            (*rule.inputs, normalized),
        )


def _gamma_gradients(rule: Rule) -> VariantParts:
    """Yield the variants of dγ."""
    compute, words = rule.compute, options(rule.compute)
    axis, epsilon = words["axis"], words["epsilon"]
    yield from other.other_epsilons(rule)
    yield "mean not subtracted", lambda dN, X, m, v: compute(dN, X, m * 0.0, v)
    yield "root left out", lambda dN, X, m, v: compute(dN, X, m, other.squared(v, epsilon))
    yield UNBIASED, lambda dN, X, m, v: compute(dN, X, m, other.unbiased(v, _count(X, axis)))
    yield "one example of the batch lost", lambda dN, X, m, v: compute(other.without_last(dN), X, m, v)
    yield "gradient of β in place of γ's", lambda dN, *T: bn.batch_beta_gradient(dN, axis=axis)
    yield from other.of_gradient(compute)


def _input_gradients(rule: Rule) -> VariantParts:
    """Yield the variants of dX: what it forgets, and with another ε or n."""
    compute, words = rule.compute, options(rule.compute)
    yield from other.other_epsilons(rule)
    yield from other.of_gradient(compute)
    if compute.func is frozen_gradient:  # type: ignore[attr-defined]
        yield "γ left out", lambda dN, v, *g: compute(dN, v)
        yield "root left out", lambda dN, v, *g: compute(dN, other.squared(v, words["epsilon"]), *g)
        return
    axis = words["axis"]
    yield "statistics as constants", lambda dN, X, m, v, *g: frozen_gradient(dN, v, *g, **words)
    yield (
        "the way through the mean forgotten",
        lambda dN, X, m, v, *g: compute(dN, X, m, v, *g) + _mean_part(dN, v, g, words),
    )
    yield (
        "the way through the variance forgotten",
        lambda dN, X, m, v, *g: frozen_gradient(dN, v, *g, **words) - _mean_part(dN, v, g, words),
    )
    if len(rule.inputs) > 4:
        yield "γ left out", lambda dN, X, m, v, g: compute(dN, X, m, v)
        yield "γ of the step before", compute, (*rule.inputs[:4], previous(rule.inputs[4]))
    yield UNBIASED, lambda dN, X, m, v, *g: compute(dN, X, m, other.unbiased(v, _count(X, axis)), *g)
    yield "mean not subtracted", lambda dN, X, m, v, *g: compute(dN, X, m * 0.0, v, *g)
    moving = tuple(before(kept(bn.MOVING, name)) for name in rule.inputs[2:4])
    yield "moving statistics in place of the batch's", compute, (*rule.inputs[:2], *moving, *rule.inputs[4:])


def _mean_part(dN: Any, variance: Any, gamma: tuple[Any, ...], words: dict[str, Any]) -> Any:
    """Return what the way through the mean subtracts from dX."""
    axis = words["axis"]
    s = scaling(along(variance, dN, axis), along(gamma[0], dN, axis) if gamma else None, words["epsilon"])
    total = np.sum(dN, axis=across(dN, axis), keepdims=True)
    return product(total, s, 1 / _count(dN, axis)) + dN * 0.0
