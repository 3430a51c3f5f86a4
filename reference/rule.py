"""The rule: one tensor of a training step with the equation that gives it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    """One tensor: the equation that gives it, what that equation reads, and the function that states it.

    `layer` is the number of the tensor's layer (0: the input, or the whole network). `phase` is the part of the step
    that computes the tensor: start, forward, backward or update. `kind` names the layer, loss or optimizer that the
    equation belongs to. An input "W1@" is W1_new of the step before.

    What a rule says about its arithmetic:
    `elementwise`: each number depends only on the element of the inputs at the same index, and on single numbers.
    `summed`: the rule is a matrix product; the two axes are those summed over. A third input is a row that is added.
    `one_term`: the rule is a matrix product with one term in each sum, so that a compiler may make it a multiplication.
    `fusable` names inputs that are products: a compiler may add them without rounding first (fused multiply-add).
    `scales`: a tensor is multiplied by a constant. Where two such rules follow each other, a compiler may multiply the
    constants first; `folded` names the inputs for which it may.
    `otherwise` are functions that are right as well, where an equation leaves a choice: XLA may make it in another way.
    `single`: Keras computes the tensor in float32, also in a float64 network.
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
    one_term: bool = False
    otherwise: tuple[Callable[..., Any], ...] = ()
    scales: bool = False
    kind: str = ""

    def __call__(self, known: Mapping[str, Any]) -> Any:
        """Return the tensor, computed from the named inputs: arrays or balls."""
        return self.compute(*(known[name] for name in self.inputs))
