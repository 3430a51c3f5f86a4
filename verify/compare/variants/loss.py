"""Variants that several losses share."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference.loss import crossentropies_of_logits
from reference.losses.categorical_crossentropy import (
    of_logits,
    of_logits_backward,
    of_probabilities,
    of_probabilities_backward,
)
from reference.losses.elementwise import mean_of, mean_of_backward
from reference.losses.loss import back_of_batch, of_batch
from reference.losses.sparse_categorical_crossentropy import of_labels, of_labels_backward
from reference.operations import product
from reference.rule import Rule
from reference.tensor_names import is_of
from verify.compare.variants.shared import SIZES, VariantParts, options

Function = Callable[..., Any]
LOGITS = "probabilities taken for logits"
LABELS = "logarithms of cut-off numbers taken for logits"
SHARES = "rows brought to a sum of 1"
# for each function, the functions that start from another quantity, and the names of these variants
STARTS: dict[Function, tuple[tuple[Function, str], ...]] = {
    of_logits: ((of_labels, LABELS),),
    crossentropies_of_logits: ((of_labels, LABELS),),
    of_logits_backward: ((of_labels_backward, LABELS),),
    of_probabilities: ((of_logits, LOGITS), (of_labels, LABELS)),
    of_probabilities_backward: ((of_logits_backward, LOGITS), (of_labels_backward, LABELS)),
    of_labels: ((of_logits, LOGITS), (of_probabilities, SHARES)),
    of_labels_backward: ((of_logits_backward, LOGITS), (of_probabilities_backward, SHARES)),
}


def example(rule: Rule) -> Function:
    """Return the function that states the cost, or the slope, of one example, without the options bound to it."""
    function = of_each(rule)
    return function.func if isinstance(function, partial) else function


def of_each(rule: Rule) -> Function:
    """Return the cost, or the slope, of one example."""
    function: Function = options(rule.compute)[_word(rule)]
    return function


def instead(rule: Rule, function: Function) -> Function:
    """Return the cost of the batch, or its slope, with another cost, or slope, of one example."""
    whole = of_batch if rule.phase == "forward" else back_of_batch  # of the essay's equations, which have no options
    if isinstance(rule.compute, partial):
        whole = rule.compute.func
    return partial(whole, **options(rule.compute) | {_word(rule): function})


def of_output(rule: Rule) -> Function:
    """Return the cost, or the way back, of one output: of an `ElementwiseLoss`."""
    function: Function = options(of_each(rule))[_word(rule)]
    return function


def instead_of_output(rule: Rule, function: Function) -> Function:
    """Return the cost of the batch, or its slope, with another cost, or way back, of one output."""
    mean = mean_of if rule.phase == "forward" else mean_of_backward
    return instead(rule, partial(mean, **{_word(rule): function}))


def _word(rule: Rule) -> str:
    """Return the word of the option that holds what the batch is computed from."""
    return "cost" if rule.phase == "forward" else "slope"


def elementwise(rule: Rule, *others: tuple[str, Function | None, Function | None]) -> VariantParts:
    """Yield the variants of a loss that is a mean over the outputs.

    Each of the others is a name, and the cost and the way back of one output that are wrong: None if there is none.
    """
    yield from of_any(rule)
    yield from of_reduction(rule)
    yield "half of it", lambda Q, *rest: rule.compute(Q, *rest) * 0.5
    yield "twice as much", lambda Q, *rest: rule.compute(Q, *rest) * 2.0
    yield "sum over the outputs", lambda Q, *rest: rule.compute(Q, *rest) * float(Q.shape[-1])
    yield from chosen(rule, instead_of_output, others)


def of_example(rule: Rule, *others: tuple[str, Function | None, Function | None]) -> VariantParts:
    """Yield the variants of a loss of all outputs together; the others are costs and ways back of one example."""
    yield from of_any(rule)
    yield from of_reduction(rule)
    yield "half of it", lambda Q, *rest: rule.compute(Q, *rest) * 0.5
    yield "mean over the outputs", lambda Q, *rest: rule.compute(Q, *rest) * (1 / Q.shape[-1])
    yield from chosen(rule, instead, others)


def chosen(
    rule: Rule,
    put: Callable[[Rule, Function], Function],
    others: tuple[tuple[str, Function | None, Function | None], ...],
) -> VariantParts:
    """Yield the variants that have another cost in a rule of the cost, or another way back in one of the slope."""
    for name, cost, slope in others:
        function = cost if rule.phase == "forward" else slope
        if function is not None:
            yield name, put(rule, function)


def times(slope: Function) -> Function:
    """Return the way back that a slope of one example, a function of T and y, gives."""
    return lambda g, T, y: product(slope(T, y), g)


def of_any(rule: Rule) -> VariantParts:
    """Yield the variants of the cost, or of the slope, of any loss."""
    compute = rule.compute

    def over_one_less(Z: Any, *rest: Any) -> Any:
        n = math.prod(Z.shape[:-1])
        return compute(Z, *rest) * (n / (n - 1) if n > 1 else float("inf"))

    yield "sum for mean", lambda Z, *rest: compute(Z, *rest) * float(math.prod(Z.shape[:-1]))
    yield "sum over the rows of an example", partial(_over_rows, compute)
    yield "mean over N - 1", over_one_less
    for size in SIZES:
        yield f"label smoothing {size:g}", partial(_smoothed, compute, size=size)
    yield "the next digit's label", lambda Z, y, *s: compute(Z, y[..., np.roll(np.arange(y.shape[-1]), 1)], *s)
    if rule.phase == "forward":
        yield "logarithm to base 2", lambda *T: compute(*T) * (1 / np.log(2.0))
        yield "one example of the batch lost", lambda *T: compute(*(x[:-1] for x in T))
    else:
        yield "sign of the gradient", lambda *T: -compute(*T)
    if len(rule.inputs) > 2:
        yield from _of_weights(rule)


def _over_rows(compute: Function, Z: Any, *rest: Any) -> Any:
    """Return the loss with the costs of the rows of an example added up.  Raises ValueError for one row an example."""
    if Z.ndim < 3:
        raise ValueError("an example has one row")
    return compute(Z, *rest) * float(math.prod(Z.shape[1:-1]))


def _of_weights(rule: Rule) -> VariantParts:
    """Yield the variants of a loss whose examples have weights."""
    compute, of_weights = rule.compute, options(rule.compute).get("of_weights", False)
    yield "weights of the examples left out", compute, rule.inputs[:2]
    yield "weights of the examples counted twice", lambda T, y, s: compute(T, y, s * s)
    yield "weight of the next example", lambda T, y, s: compute(T, y, s[[*range(1, s.shape[0]), 0]])
    if options(compute).get("mean", True):
        name = "divided by N, not by the sum of the weights" if of_weights else "divided by the sum of the weights"
        yield name, partial(compute, mean=True, of_weights=not of_weights)


def of_reduction(rule: Rule) -> VariantParts:
    """Yield the variant of a loss that sums over its examples."""
    if not options(rule.compute).get("mean", True):
        yield "mean for sum", lambda Q, *rest: rule.compute(Q, *rest) * (1 / math.prod(Q.shape[:-1]))


def of_crossentropy(rule: Rule) -> VariantParts:
    """Yield the variants of a cross-entropy other than the essay's: of its smoothing, and of what it starts from."""
    if not options(rule.compute):
        return
    smoothing = options(of_each(rule)).get("smoothing", 0.0)
    if smoothing:
        plain = instead(rule, partial(of_each(rule), smoothing=0.0))
        yield "label smoothing left out", plain
        yield "smoothing over n - 1", partial(_smoothed_over_others, plain, smoothing)
        yield "smoothing not taken from the label", lambda Q, y, *s: plain(Q, y + smoothing / y.shape[-1], *s)
    for other, name in STARTS.get(example(rule), ()):
        yield name, instead(rule, other)


def of_logits_that_are_probabilities(rule: Rule) -> VariantParts:
    """Yield the variant of a loss with from_logits=True that takes what it reads for probabilities."""
    other: Function = of_probabilities if rule.phase == "forward" else of_probabilities_backward
    if options(rule.compute) and is_of(rule.inputs[0], "A") and example(rule) in (of_logits, of_logits_backward):
        yield "logits taken for probabilities", instead(rule, other)


def _smoothed(compute: Function, Z: Any, y: Any, *s: Any, size: float) -> Any:
    """Return the loss with label smoothing."""
    return compute(Z, y * (1 - size) + size / y.shape[-1], *s)


def _smoothed_over_others(compute: Function, smoothing: float, Q: Any, y: Any, *s: Any) -> Any:
    """Return the loss with the smoothing spread over the other n - 1 labels."""
    return compute(Q, y * (1 - smoothing) + (1 - y) * (smoothing / max(y.shape[-1] - 1, 1)), *s)
