"""A model as it was read: its Keras layers in order, and what each computes in the essay's terms."""

from dataclasses import dataclass, replace
from typing import Any

from reference.network import Network
from verify.capture.model_graph import Graph
from verify.capture.reader import Reader


@dataclass(frozen=True)
class Stage:
    """A call of a Keras layer, its reader, and the names of the tensors that its parts compute.

    `reads` and `output` are the ids of Keras's symbolic tensors. `penalty` is the name of what its activity regularizer
    adds to the cost; "" if it adds nothing.
    """

    layer: Any
    reader: Reader
    gives: tuple[str, ...]
    reads: tuple[int, ...]
    output: int
    penalty: str = ""


@dataclass(frozen=True)
class Understood:
    """A model in the essay's terms: its graph, its Keras layers in order, its network, its dtype and its variables.

    `parameters` has W1, B1, …, and `kept` what layers keep from step to step, by name. `channels_first`: a Flatten at
    the input moves the first axis of an example behind the others.
    """

    graph: Graph
    stages: tuple[Stage, ...]
    network: Network
    dtype: str  # in which its layers compute
    parameters: dict[str, Any]
    kept: dict[str, Any]
    channels_first: bool = False

    def with_weights(self) -> "Understood":
        """Return the model for batches whose examples have weights."""
        return self if self.network.weighted else replace(self, network=replace(self.network, weighted=True))

    def takes(self, symbolic: Any) -> str:
        """Return the type to which Keras casts what it is given for a symbolic input."""
        return self.dtype if "float" in symbolic.dtype else str(symbolic.dtype)
