"""A model as it was read: its Keras layers in order, and what each computes in the essay's terms."""

from dataclasses import dataclass
from typing import Any

from reference.network import Network
from verify.capture.reader import Reader


@dataclass(frozen=True)
class Stage:
    """A call of a Keras layer, its reader, and the names of the tensors that its parts compute.

    `reads` and `output` are the ids of Keras's symbolic tensors.
    """

    layer: Any
    reader: Reader
    gives: tuple[str, ...]
    reads: tuple[int, ...]
    output: int


@dataclass(frozen=True)
class Understood:
    """A model in the essay's terms: its Keras layers in order, its network, its dtype and its variables by name.

    `parameters` are W1, B1, …, and `kept` what layers keep from step to step. `input` and `output` are the ids of
    Keras's symbolic tensors. `channels_first`: a Flatten at the input moves the first axis of an example behind the
    others. `takes` is the type to which Keras casts what the model is given.
    """

    stages: tuple[Stage, ...]
    network: Network
    dtype: str  # in which its layers compute
    parameters: dict[str, Any]
    kept: dict[str, Any]
    input: int
    output: int
    channels_first: bool = False
    takes: str = "float32"
