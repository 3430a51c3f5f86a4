"""Read activity regularizers, and compute their penalties as Keras does."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras

from reference.activity import Activity
from reference.layers.layer import Place
from reference.places import Node, inputs_of
from verify.capture.parameters import name_of
from verify.capture.reader import number, rounded
from verify.errors import Unsupported

R = keras.regularizers
ACTIVITIES = (R.L1, R.L2, R.L1L2)  # Keras's classes that are verified
SKIPPED = "its activity_regularizer is of what only a training computes, or of the model's input, which is not verified"
SECOND = "its activity_regularizer is the second one of the same numbers, which is not verified"


def refused_activity(layer: Any) -> str:
    """Return why the activity regularizer of a layer is not verified; "" if it is, or if there is none."""
    own = getattr(layer, "activity_regularizer", None)
    if own is None:
        return ""
    if type(own) not in ACTIVITIES:
        return f"activity_regularizer {name_of(own)} is not verified; L1, L2 and L1L2 are"
    if type(layer) is keras.layers.Embedding:
        return "activity_regularizer of an Embedding is not verified"
    try:
        factors = _factors(own, "float32")
        Activity(*factors) if any(factors) else None
    except ValueError as error:
        return f"activity_regularizer {name_of(own)}; {error}"
    return ""


def _factors(own: Any, dtype: str) -> list[float]:
    """Return l1 and l2 of an activity regularizer; 0 if there is none.  Raises ValueError for what is no number."""
    return [rounded(number(name, getattr(own, name, 0.0)), dtype) for name in ("l1", "l2")]


def activities(
    calls: Iterable[tuple[Any, int]], nodes: Sequence[Node], places: Sequence[Place], dtype: str
) -> dict[str, Activity]:
    """Return the activity regularizers by the tensor that they are of.  Raises Unsupported, naming the others.

    `calls` has each Keras layer, and the position of the node that gives its output.
    """
    skipped = {place.gives for node, place in zip(nodes, places, strict=True) if node.layer.only_in_training}
    skipped |= {place.gives for place in places[: inputs_of(tuple(nodes))]}
    found: dict[str, Activity] = {}
    problems = []
    for layer, position in calls:
        own, name = getattr(layer, "activity_regularizer", None), places[position].gives
        factors = _factors(own, dtype)
        if own is None or not any(factors):
            continue
        if name in skipped or name in found:
            why = SKIPPED if name in skipped else SECOND
            problems.append((f"layer {layer.name} ({type(layer).__name__})", why))
        found[name] = Activity(*factors)
    if problems:
        raise Unsupported(problems)
    return found


@contextmanager
def activity_apart(layer: Any) -> Iterator[Callable[[Any], Any]]:
    """Take the activity regularizer from a layer for the duration of a `with` block.

    Yields a function of the layer's output that returns the penalty as Keras computes it.
    """
    own: Any = getattr(layer, "activity_regularizer", None)

    def penalty(output: Any) -> Any:
        total = own(output)
        return keras.ops.divide_no_nan(total, keras.ops.cast(keras.ops.shape(output)[0], dtype=total.dtype))

    if own is not None:
        layer.activity_regularizer = None
    try:
        yield penalty
    finally:
        if own is not None:
            layer.activity_regularizer = own
