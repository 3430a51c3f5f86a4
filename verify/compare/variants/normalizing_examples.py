"""Variants of layer and group normalization: other numbers for the statistics, another ε, gradients that forget."""

import math
from dataclasses import replace
from functools import partial
from typing import Any

from reference.layers.normalizing import Form, example_input_gradient, example_normalized
from reference.normalizing import GAMMA, mean_of, normalized, scaling, summed_to, variance_of
from reference.operations import product
from reference.rule import Rule
from reference.tensor_names import previous, read
from verify.compare.variants import normalizing as other
from verify.compare.variants.shared import VariantParts, options, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of layer or group normalization, the simplest first."""
    if rule.phase == "forward":
        yield from _outputs(rule)
    elif len(rule.inputs) == 1:
        yield from other.of_gradient(rule.compute)
        yield "one example of the batch lost", lambda dN: rule.compute(other.without_last(dN))
        yield "gradient of the step before", unchanged, (previous(rule.tensor),)
    elif read(rule.tensor).quantity == GAMMA:
        yield from _gamma_gradients(rule)
    else:
        yield from _input_gradients(rule)


def _outputs(rule: Rule) -> VariantParts:
    """Yield the variants of N."""
    compute, words = rule.compute, options(rule.compute)
    epsilon, form = words["epsilon"], words["form"]
    yield from other.other_epsilons(rule)
    yield "ε outside the root", lambda X, *P: _with(X, P, words, lambda v, n: other.outside_root(v, epsilon))
    yield "root left out", lambda X, *P: _with(X, P, words, lambda v, n: other.squared(v, epsilon))
    yield "variance divided by n - 1", lambda X, *P: _with(X, P, words, other.unbiased)
    yield "mean not subtracted", lambda X, *P: _with(X, P, words, lambda v, n: v, 0.0)
    yield "statistics over the batch", partial(example_normalized, **{**words, "form": _over_batch(form)})
    if math.prod(form.shape[axis] for axis in form.axes) < math.prod(form.shape):
        everything = replace(form, axes=tuple(range(-len(form.shape), 0)))
        yield "statistics over the whole example", partial(example_normalized, **{**words, "form": everything})
    if len(form.axes) > 1 and form.shape[form.axes[0]] > 1:
        yield (
            "statistics over one axis too few",
            partial(example_normalized, **{**words, "form": replace(form, axes=form.axes[1:])}),
        )
    if words["scale"]:
        yield "γ left out", lambda X, g, *P: compute(X, g * 0.0 + 1.0, *P)
        yield "γ of the step before", compute, (rule.inputs[0], previous(rule.inputs[1]), *rule.inputs[2:])
    if words["center"]:
        yield "β left out", lambda X, *P: compute(X, *P[:-1], P[-1] * 0.0)
    if words["scale"] and words["center"]:
        yield "γ and β exchanged", lambda X, g, b: compute(X, b, g)


def _over_batch(form: Form) -> Form:
    """Return the form whose statistics are taken over the examples, for each number."""
    return replace(form, axes=(-len(form.shape) - 1,))


def _with(X: Any, learned: tuple[Any, ...], words: dict[str, Any], change: Any, share: float = 1.0) -> Any:
    """Return N with another variance, and with a share of the mean subtracted."""
    form = words["form"]
    T = form.arranged(X)
    mean = mean_of(T, form.axes)
    variance = change(variance_of(T, mean, form.axes), math.prod(T.shape[axis] for axis in form.axes))
    gamma, beta = learned[0] if words["scale"] else None, learned[-1] if words["center"] else None
    return normalized(T, mean * share, variance, form.row(gamma), form.row(beta), words["epsilon"]).reshape(*X.shape)


def _gamma_gradients(rule: Rule) -> VariantParts:
    """Yield the variants of dγ."""
    compute = rule.compute
    yield from other.other_epsilons(rule)
    yield from other.of_gradient(compute)
    yield "one example of the batch lost", lambda dN, X: compute(other.without_last(dN), X)
    words = {name: value for name, value in options(compute).items() if name != "epsilon"}
    form, stored = words["form"], words["stored"]
    yield (
        "statistics left out",
        lambda dN, X: summed_to(form.arranged(dN) * form.arranged(X), (1, *form.learned)).reshape(*stored),
    )
    yield (
        "gradient of β in place of γ's",
        lambda dN, X: summed_to(form.arranged(dN), (1, *form.learned)).reshape(*stored),
    )


def _input_gradients(rule: Rule) -> VariantParts:
    """Yield the variants of dX: what it forgets, and with another ε or other statistics."""
    compute, words = rule.compute, options(rule.compute)
    yield from other.other_epsilons(rule)
    yield from other.of_gradient(compute)
    yield "statistics as constants", lambda dN, X, *g: _parts(dN, X, g, words)[0]
    yield "the way through the mean forgotten", lambda dN, X, *g: compute(dN, X, *g) + _parts(dN, X, g, words)[1]
    yield (
        "the way through the variance forgotten",
        lambda dN, X, *g: _parts(dN, X, g, words)[0] - _parts(dN, X, g, words)[1],
    )
    if len(rule.inputs) > 2:
        yield "γ left out", lambda dN, X, g: compute(dN, X)
        yield "γ of the step before", compute, (*rule.inputs[:2], previous(rule.inputs[2]))
    over = partial(example_input_gradient, **{**words, "form": _over_batch(words["form"])})
    yield "statistics over the batch", over


def _parts(dN: Any, X: Any, gamma: tuple[Any, ...], words: dict[str, Any]) -> tuple[Any, Any]:
    """Return dX with statistics that are constants, and what the way through the mean subtracts from it."""
    form = words["form"]
    T, d = form.arranged(X), form.arranged(dN)
    mean = mean_of(T, form.axes)
    variance = variance_of(T, mean, form.axes)
    direct = d * scaling(variance, form.row(gamma[0]) if gamma else None, words["epsilon"])
    n = math.prod(T.shape[axis] for axis in form.axes)
    through_mean = product(summed_to(direct, variance.shape), 1 / n) + d * 0.0
    return direct.reshape(*X.shape), through_mean.reshape(*X.shape)
