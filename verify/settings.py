"""What is to be run, as a value: it goes into traces and reports and decides nothing by itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from reference.adam import KERAS
from reference.descent import SGD
from reference.network import ESSAY, Network
from reference.rules import LOSSES, Optimizer
from verify.errors import Unusable
from verify.precision import PRECISIONS

OPTIMIZERS: dict[str, Optimizer] = {"adam": KERAS, "sgd": SGD()}
COMMANDS = ("feedforward", "backprop", "printed", "prediction", "training")  # those that capture


@dataclass(frozen=True)
class Settings:
    """One run: which pass, which samples, which arithmetic. Counts are whole examples and steps."""

    command: str = "backprop"
    seed: int = 0
    dtype: str = "float32"
    data: str = "digits"
    split: str = "train"
    index: int = 0
    batch: int = 1
    steps: int = 1
    optimizer: str = "adam"
    loss: str = "categorical_crossentropy"
    jit: bool = False

    @property
    def training(self) -> bool:
        return self.command not in ("feedforward", "prediction")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Any, source: str) -> Settings:
        """Read back from a trace.  Raises Unusable naming the source and the field."""
        if not isinstance(found, dict):
            raise Unusable(f"{source}: its settings are not a table of names and values")
        names = {f.name: f.type for f in fields(cls)}
        if set(found) != set(names):
            raise Unusable(f"{source}: settings {sorted(set(found) ^ set(names))} are missing or unknown")
        kinds = {"str": str, "int": int, "bool": bool}
        for name, kind in names.items():
            if type(found[name]) is not kinds[str(kind)]:
                raise Unusable(f"{source}: setting {name!r} is {found[name]!r}, not a value of type {kind}")
            if isinstance(found[name], str) and not found[name].isprintable():
                raise Unusable(f"{source}: setting {name!r} is not plain text")
        settings = cls(**found)
        allowed = {"command": COMMANDS, "dtype": PRECISIONS, "optimizer": OPTIMIZERS, "loss": LOSSES}
        for name, choices in allowed.items():
            if found[name] not in choices:
                raise Unusable(f"{source}: setting {name!r} is {found[name]!r}, not one of {', '.join(choices)}")
        if settings.steps < 1 or settings.batch < 1:
            raise Unusable(f"{source}: steps and batch must be 1 or more")
        return settings


NETWORK: Network = ESSAY
