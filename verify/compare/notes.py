"""Notes on a step that passes: what was computed rightly and is probably not meant. A note never changes a verdict."""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from reference.ends import End, ends
from reference.layers.softmax import Softmax
from reference.losses import losses_named
from reference.losses.categorical_crossentropy import CategoricalCrossentropy
from reference.losses.loss import Loss
from reference.losses.sparse_categorical_crossentropy import SparseCategoricalCrossentropy
from reference.network import Network
from reference.schedules import OwnRate
from reference.tensor_names import gradient
from verify.records.precision import PRECISIONS
from verify.records.settings import OPTIMIZERS, Settings
from verify.records.trace import Array

CROSSENTROPIES = CategoricalCrossentropy | SparseCategoricalCrossentropy


def of_step(step: Mapping[str, Array], network: Network, settings: Settings, first: bool) -> tuple[str, ...]:
    """Return all notes on a step. `first`: also that on the weights of its examples."""
    weights = of_weights(step, network, settings) if first else ()
    return (*of_own_rate(settings), *weights, *of_cost(step, network, settings), *of_gradients(step, network))


def of_own_rate(settings: Settings) -> tuple[str, ...]:
    """Return a note if code of the person's own gives the learning rate."""
    rate = OPTIMIZERS[settings.optimizer].learning_rate
    if not isinstance(rate, OwnRate):
        return ()
    return (f"alpha: the learning rate is what {rate.of} gives; each step takes it as it is, no equation computes it",)


def of_gradients(step: Mapping[str, Array], network: Network) -> tuple[str, ...]:
    """Return a note if every gradient of a step is 0: then its backward pass shows nothing."""
    gradients = [step[name] for P in network.learned() if (name := gradient(P)) in step]
    if not gradients or any(g.any() for g in gradients):
        return ()
    return ("every gradient is 0 in a step, so its backward pass shows nothing",)


def of_weights(step: Mapping[str, Array], network: Network, settings: Settings) -> tuple[str, ...]:
    """Return for each output a note on the weights of its examples: their sum, and what the cost is divided by."""
    notes = []
    for end, loss in zip(ends(network, settings.loss), losses_named(settings.loss), strict=True):
        s = step.get(end.weights[0]) if end.weights else None
        if s is None:
            continue
        N, total = s.size, f"{float(s.sum(dtype=float)):.9g}"
        by = {"mean": f"divided by N = {N:,}", "weighted_mean": f"divided by Σs = {total}", "sum": "not divided"}
        what = "examples" if s.ndim == 2 else "rows"
        notes.append(
            f"{end.weights[0]}: in the first step the weights of {N:,} {what} add up to Σs = {total}; the cost is "
            f"{by[loss.reduction]}"
        )
    return tuple(notes)


def of_cost(step: Mapping[str, Array], network: Network, settings: Settings) -> Iterator[str]:
    """Yield notes on the cross-entropies of a step.

    They are about numbers that are no probabilities, labels that do not add up to 1, and a softmax taken twice.
    """
    found, losses = ends(network, settings.loss), losses_named(settings.loss)
    for end, loss, (layer, _) in zip(found, losses, network.outputs, strict=True):
        y = step.get(end.label)
        yield from _no_probabilities(end, loss, step)
        if isinstance(layer, Softmax) and end.place.outputs[layer.axis] == 1:
            yield f"{end.place.gives}: the softmax of a single number is always 1; for one output use a sigmoid"
        if y is None or not isinstance(loss, CROSSENTROPIES):
            continue
        uneven = _uneven_labels(end, y, settings.dtype)
        if uneven:
            yield uneven
        read = step.get(end.reads[0])
        if loss.from_logits and end.joint:
            logits = end.reads[0]
            yield f"{end.cost}: from_logits=True, but Keras computes this cost from {logits}, so softmax is taken once"
        elif loss.from_logits and read is not None and _are_shares(read, settings.dtype):
            whole = not (uneven or network.weighted or (y < 0).any())
            yield _softmax_twice(end, loss, read.shape[-1], whole)


def _no_probabilities(end: End, loss: Loss, step: Mapping[str, Array]) -> Iterator[str]:
    """Yield notes on predictions or labels outside 0 to 1 of a loss that takes probabilities."""
    A, y = step.get(end.place.gives), step.get(end.label)
    if getattr(loss, "from_logits", None) is False and A is not None and (outside := _outside(A)):
        yield (
            f"{end.cost}: this loss takes probabilities, and {outside} numbers of {end.place.gives} are not from 0 to "
            "1; if they are logits, compile with from_logits=True"
        )
    if loss.kind.startswith("binary") and y is not None and (outside := _outside(y)):
        yield f"{end.label}: this loss takes labels from 0 to 1, and {outside} of them are not"


def _outside(numbers: Array) -> str:
    """Return how many of the numbers are below 0 or above 1, such as "3 of 24"; "" if none is."""
    count = int(((numbers < 0) | (numbers > 1)).sum())
    return f"{count:,} of {numbers.size:,}" if count else ""


def _sums_to_1(rows: Array, dtype: str) -> Array:
    """Return True for each row that adds up to 1; each share of it was rounded, and so was their sum."""
    rounding = 4 * PRECISIONS[dtype].unit * rows.shape[-1]
    even: Array = np.abs(rows.sum(axis=-1, dtype=float) - 1) <= rounding
    return even


def _uneven_labels(end: End, y: Array, dtype: str) -> str:
    """Return a note on labels that do not add up to 1 behind the softmax's cross-entropy, or "".

    With them (21), which TensorFlow computes too, is not the slope of (13).
    """
    if end.equations.slope_equation != "21" or end.takes_classes:
        return ""
    uneven = ~_sums_to_1(y, dtype)
    if not uneven.any():
        return ""
    sums = np.unique(np.round(y.sum(axis=-1, dtype=float)[uneven], 6))
    total = f"{sums[0]:g}" if len(sums) == 1 else "Σy"
    what = "examples" if y.ndim == 2 else "rows"
    logits = end.reads[0]
    return (
        f"{end.label}: the labels of {int(uneven.sum()):,} of {math.prod(y.shape[:-1]):,} {what} do not add up to 1; "
        f"a PASS of {gradient(logits)} means that it agrees with softmax({logits}) - {end.label} by (21); "
        f"for labels that add up to {total} the slope of this cost is {total}·softmax({logits}) - {end.label}"
    )


def _are_shares(rows: Array, dtype: str) -> bool:
    """Return whether each row of several numbers has no negative number and adds up to 1, as what a softmax gives."""
    return rows.shape[-1] > 1 and bool((rows >= 0).all() and _sums_to_1(rows, dtype).all())


def _softmax_twice(end: End, loss: CROSSENTROPIES, K: int, whole: bool) -> str:
    """Return the note that a softmax is taken of probabilities.

    Probabilities lie from 0 to 1, so the cost of an example is smallest if the one at its label is 1. `whole`: the
    labels are shares of 1, and examples have no weights. Then the mean over a batch has the bound of one example.
    """
    least = f"ln(e + K - 1) - 1 = {math.log(math.e + K - 1) - 1:.6g} (K = {K})"
    bounded = whole and loss.reduction == "mean" and loss.weight == 1
    return (
        f"{end.cost}: softmax taken twice: {f'this cost cannot fall below {least}; ' if bounded else ''}"
        f"{end.reads[0]} holds probabilities, and from_logits=True takes them for logits"
    )
