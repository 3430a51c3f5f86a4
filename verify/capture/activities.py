"""Read activity regularizers, and compute their penalties as Keras does."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras

from reference.activity import Activity
from reference.layers.layer import Place
from reference.places import Node, inputs_of
from verify.capture.parameters import name_of
from verify.capture.reader import rounded
from verify.errors import Unsupported

R = keras.regularizers
ACTIVITIES = (R.L1, R.L2, R.L1L2)  # Keras's classes that are verified
WHERE = "its activity_regularizer is of the input, of what a prediction skips, or of a tensor that has one already"


def refused_activity(layer: Any) -> str:
    """Return why the activity regularizer of a layer is not verified; "" if it is, or if there is none."""
    own = getattr(layer, "activity_regularizer", None)
    if own is None or (type(own) in ACTIVITIES and type(layer) is not keras.layers.Embedding):
        return ""
    if type(own) in ACTIVITIES:
        return "activity_regularizer of an Embedding is not verified"
    return f"activity_regularizer {name_of(own)} is not verified; L1, L2 and L1L2 are"


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
        factors = [rounded(getattr(own, factor, 0.0), dtype) for factor in ("l1", "l2")]
        if own is None or not any(factors):
            continue
        if name in skipped or name in found:
            problems.append((f"layer {layer.name} ({type(layer).__name__})", f"{WHERE}, which is not verified"))
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
