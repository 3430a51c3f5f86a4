"""A trace: every tensor of a captured run, with the settings of the run."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.network import Network
from reference.tensor_names import in_step
from verify.records.settings import Settings

Array = NDArray[Any]


@dataclass(frozen=True)
class Trace:
    """The tensors of a run by name (`step1/Z1`), in the order captured, and the settings of the run.

    The tensors become read-only. `classes` holds a name for each output, or nothing if the classes are numbers.
    """

    settings: Settings
    network: Network
    environment: Mapping[str, str]
    tensors: Mapping[str, Array]
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for array in self.tensors.values():
            array.setflags(write=False)
        object.__setattr__(self, "tensors", MappingProxyType(dict(self.tensors)))

    def label(self, output: int) -> str:
        """Return the name of the class of an output (the first output is 0)."""
        return self.classes[output] if self.classes else str(output)

    def step(self, number: int) -> dict[str, Array]:
        """Return the tensors of one step (the first is 1), by their names without the prefix."""
        prefix = in_step(number, "")
        return {name.removeprefix(prefix): a for name, a in self.tensors.items() if name.startswith(prefix)}


def digest(array: Array) -> str:
    """Return the hexadecimal SHA-256 of the array's bytes in C order."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
