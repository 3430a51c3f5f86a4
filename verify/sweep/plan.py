"""The cases of a sweep as values, numbered from 0 in a fixed order.

Cases of one kind (precision, XLA, batch size) have consecutive numbers, so that a worker compiles each kind once.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

from verify.records.settings import Settings

# With more threads TensorFlow may add in another order.
ONE_THREAD = "TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1"


@dataclass(frozen=True)
class Kind:
    """What a compiled model depends on: precision, XLA, batch size."""

    dtype: str
    jit: bool
    batch: int


@dataclass(frozen=True)
class Case:
    """One run of `verify.backprop`. It begins with the first sample whose label is `digit`."""

    number: int
    settings: Settings
    digit: str

    @property
    def command(self) -> str:
        """Command that repeats the case, bit for bit, on the same machine."""
        s = self.settings
        words = [ONE_THREAD, "python -m verify.backprop"]
        words += [f"--seed {s.seed}", f"--digit {shlex.quote(self.digit)}", f"--batch {s.batch}"]
        words += [f"--dtype {s.dtype}", f"--steps {s.steps}", *(["--jit"] if s.jit else [])]
        for name in ("data", "split", "optimizer", "loss"):
            if getattr(s, name) != getattr(Settings, name):
                words.append(f"--{name} {shlex.quote(getattr(s, name))}")
        return " ".join(words)


@dataclass(frozen=True)
class Plan:
    """The cases: seeds x digits x batch sizes x precisions, with and without XLA.

    Seeds go from `first_seed` to `end_seed` - 1. `places` has the index of each digit's first sample.
    """

    first_seed: int = 0
    end_seed: int = 10
    digits: tuple[str, ...] = tuple("0123456789")
    batches: tuple[int, ...] = (1,)
    dtypes: tuple[str, ...] = ("float32",)
    jits: tuple[bool, ...] = (False,)
    steps: int = 1
    data: str = "digits"
    split: str = "train"
    optimizer: str = "adam"
    loss: str = "categorical_crossentropy"
    places: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.kinds) * len(self.digits) * (self.end_seed - self.first_seed)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds in the order of their cases."""
        return tuple(Kind(d, j, b) for d in self.dtypes for j in self.jits for b in self.batches)

    def kind(self, number: int) -> Kind:
        """Return the kind of a case."""
        return self.kinds[number // (len(self.digits) * (self.end_seed - self.first_seed))]

    def case(self, number: int) -> Case:
        """Return a case by its number; seeds vary fastest, kinds slowest."""
        rest, seed = divmod(number, self.end_seed - self.first_seed)
        kind_index, digit = divmod(rest, len(self.digits))
        kind = self.kinds[kind_index]
        settings = Settings(
            seed=self.first_seed + seed,
            dtype=kind.dtype,
            data=self.data,
            split=self.split,
            index=self.places[digit],
            batch=kind.batch,
            steps=self.steps,
            optimizer=self.optimizer,
            loss=self.loss,
            jit=kind.jit,
        )
        return Case(number, settings, self.digits[digit])

    def cases(self) -> Iterator[Case]:
        """Return all cases in the order of their numbers."""
        return map(self.case, range(len(self)))

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as it stands in JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Plan:
        """Return the plan that `to_dict` wrote.  Raises TypeError or ValueError if `found` is anything else."""
        if set(found) != {f.name for f in fields(cls)}:
            raise ValueError("its plan has other fields")
        values: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in found.items()}
        plan = cls(**values)
        for name, default in asdict(cls()).items():
            value = getattr(plan, name)
            inner = {type(x) for x in value} if isinstance(default, tuple) else set()
            kind = {"dtypes": str, "digits": str, "jits": bool}.get(name, int)
            if type(value) is not type(default) or inner - {kind}:
                raise TypeError(f"{name} is not what a plan holds")
        return plan
