"""The settings of a run, as one immutable value, which traces and reports contain."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from reference.losses import losses_named
from reference.network import ESSAY, Network
from reference.optimizers import optimizer_named
from reference.optimizers.adam import KERAS
from reference.optimizers.optimizer import Optimizer
from reference.optimizers.sgd import SGD
from verify.errors import Unusable
from verify.records.precision import PRECISIONS

GIVEN = "given"  # `Settings.data` where the user passed arrays


class _Named(dict[str, Optimizer]):
    """Optimizers by name. Any other text is read as the description of an optimizer, such as "sgd(momentum=0.9)"."""

    def __missing__(self, text: str) -> Optimizer:
        return optimizer_named(text)  # not stored, because the keys are the choices that a user is offered


OPTIMIZERS = _Named({"adam": KERAS, "sgd": SGD()})
COMMANDS = ("feedforward", "backprop", "printed", "prediction", "training")  # the commands that capture a trace


@dataclass(frozen=True)
class Settings:
    """One run: the command, the samples, the arithmetic, the optimizer and the loss.

    `index` is the first sample, `batch` the number of examples in a step, `steps` the number of steps.
    """

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
    done: int = 0  # steps that the optimizer had taken before this run

    @property
    def training(self) -> bool:
        """True if the command takes training steps, not only forward passes."""
        return self.command not in ("feedforward", "prediction")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a dictionary, which `from_dict` reads."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: Any, source: str) -> Settings:
        """Return the settings that a trace holds as `saved`.  Raises Unusable, naming the source and the field."""
        if not isinstance(saved, dict):
            raise Unusable(f"{source}: its settings are not a table of names and values")
        values = {"done": 0, **saved}  # traces of older versions begin with a new optimizer
        types = {f.name: f.type for f in fields(cls)}
        if set(values) != set(types):
            raise Unusable(f"{source}: settings {sorted(set(values) ^ set(types))} are missing or unknown")
        for name, kind in types.items():
            value = values[name]
            if type(value).__name__ != kind:
                raise Unusable(f"{source}: setting {name!r} is {value!r}, not a value of type {kind}")
            if isinstance(value, str) and not value.isprintable():
                raise Unusable(f"{source}: setting {name!r} is not plain text")
        for name, choices in {"command": COMMANDS, "dtype": PRECISIONS}.items():
            if values[name] not in choices:
                raise Unusable(f"{source}: setting {name!r} is {values[name]!r}, not one of {', '.join(choices)}")
        for name, look_up in (("optimizer", OPTIMIZERS.__getitem__), ("loss", losses_named)):
            try:
                look_up(values[name])
            except ValueError as error:
                raise Unusable(f"{source}: setting {name!r}: {error}") from error
        if values["steps"] < 1 or values["batch"] < 1 or values["done"] < 0:
            raise Unusable(f"{source}: steps and batch must be 1 or more, done 0 or more")
        return cls(**values)


NETWORK: Network = ESSAY
