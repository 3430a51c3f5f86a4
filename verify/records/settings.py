"""What is to be run, as a value: it goes into traces and reports and decides nothing by itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from reference.losses import loss_named
from reference.network import ESSAY, Network
from reference.optimizers import optimizer_named
from reference.optimizers.adam import KERAS
from reference.optimizers.optimizer import Optimizer
from reference.optimizers.sgd import SGD
from verify.errors import Unusable
from verify.records.precision import PRECISIONS

GIVEN = "given"  # settings.data of arrays that a user handed over


class _Named(dict[str, Optimizer]):
    """Those that have a short name; of any other text the optimizer that it describes."""

    def __missing__(self, text: str) -> Optimizer:
        return optimizer_named(text)  # not kept here: what is here are the choices


OPTIMIZERS = _Named({"adam": KERAS, "sgd": SGD()})
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
    done: int = 0  # steps the optimizer had taken before the first of these

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
        found = {"done": 0, **found}  # traces of older versions begin with a new optimizer
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
        allowed = {"command": COMMANDS, "dtype": PRECISIONS}
        for name, choices in allowed.items():
            if found[name] not in choices:
                raise Unusable(f"{source}: setting {name!r} is {found[name]!r}, not one of {', '.join(choices)}")
        for name, named in (("optimizer", OPTIMIZERS.__getitem__), ("loss", loss_named)):
            try:
                named(found[name])
            except ValueError as error:
                raise Unusable(f"{source}: setting {name!r}: {error}") from error
        if settings.steps < 1 or settings.batch < 1 or settings.done < 0:
            raise Unusable(f"{source}: steps and batch must be 1 or more, done 0 or more")
        return settings


NETWORK: Network = ESSAY
