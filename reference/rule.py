"""The rule: one tensor of a training step with the equation that gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    """One tensor: the equation that gives it, what that equation reads, and the function that states it.

    `layer` is the number of the layer that the tensor belongs to (0: the input, or the whole network), `phase` the
    part of the step in which it is computed: start, forward, backward, update. `kind` names the layer, loss or
    optimizer whose equation it is. An input "W1@" is W1_new of the step before.

    What a rule declares of its arithmetic:
    `elementwise`: each number depends on the same element of the inputs and on single numbers alone.
    `summed`: a product of two matrices, by the axis of each that is summed over; a third input is a row that is added.
    `fusable` names inputs that are a product: a compiler may add it without rounding it first (fused multiply-add).
    `scales`: a tensor is multiplied by a constant. Where two such rules follow each other a compiler may multiply the
    constants first; `folded` names the inputs of which that is so.
    `single`: Keras computes it in float32, also in a float64 network.
    """

    tensor: str
    equation: str
    inputs: tuple[str, ...]
    compute: Callable[..., Any]
    layer: int
    phase: str
    fusable: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    single: bool = False
    elementwise: bool = False
    summed: tuple[int, int] | None = None
    scales: bool = False
    kind: str = ""

    def __call__(self, known: Mapping[str, Any]) -> Any:
        """Evaluate on the named inputs, arrays or balls."""
        return self.compute(*(known[name] for name in self.inputs))
