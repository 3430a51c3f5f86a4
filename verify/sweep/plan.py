"""What a sweep runs: its cases as values, numbered in one order that nothing else depends on.

Cases of one kind (precision, XLA, batch size) stand together, so that a worker compiles each kind once.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

from verify.records.settings import Settings

ONE_THREAD = "TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1"  # other numbers of threads may add up in other orders


@dataclass(frozen=True)
class Kind:
    """What is compiled once: precision, XLA, batch size."""

    dtype: str
    jit: bool
    batch: int


@dataclass(frozen=True)
class Case:
    """One run of `verify.backprop`. `digit`: the label whose first sample it begins with."""

    number: int
    settings: Settings
    digit: str

    @property
    def command(self) -> str:
        """What repeats it, bit for bit, on the same machine."""
        s = self.settings
        words = [
            "python -m verify.backprop",
            f"--seed {s.seed}",
            f"--digit {shlex.quote(self.digit)}",
            f"--batch {s.batch}",
        ]
        words += [f"--dtype {s.dtype}", f"--steps {s.steps}", *(["--jit"] if s.jit else [])]
        for name in ("data", "split", "optimizer", "loss"):
            if getattr(s, name) != getattr(Settings, name):
                words.append(f"--{name} {shlex.quote(getattr(s, name))}")
        return f"{ONE_THREAD} {' '.join(words)}"


@dataclass(frozen=True)
class Plan:
    """Seeds `first_seed` to `end_seed` - 1, times digits, batch sizes, precisions, with and without XLA."""

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
    places: tuple[int, ...] = ()  # of each digit's first sample

    def __len__(self) -> int:
        return len(self.kinds) * len(self.digits) * (self.end_seed - self.first_seed)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(Kind(d, j, b) for d in self.dtypes for j in self.jits for b in self.batches)

    def kind(self, number: int) -> Kind:
        return self.kinds[number // (len(self.digits) * (self.end_seed - self.first_seed))]

    def case(self, number: int) -> Case:
        """From 0; seeds vary fastest, kinds slowest."""
        rest, seed = divmod(number, self.end_seed - self.first_seed)
        which, digit = divmod(rest, len(self.digits))
        kind = self.kinds[which]
        settings = Settings(
            seed=self.first_seed + seed, dtype=kind.dtype, data=self.data, split=self.split, index=self.places[digit],
            batch=kind.batch, steps=self.steps, optimizer=self.optimizer, loss=self.loss, jit=kind.jit,
        )  # fmt: skip
        return Case(number, settings, self.digits[digit])

    def cases(self) -> Iterator[Case]:
        return (self.case(number) for number in range(len(self)))

    def to_dict(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Plan:
        """Raises TypeError or ValueError for what `to_dict` does not write."""
        if set(found) != {f.name for f in fields(cls)}:
            raise ValueError("its plan has other fields")
        values: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in found.items()}
        made = cls(**values)
        for name, value in asdict(cls()).items():
            mine = getattr(made, name)
            inner = {type(x) for x in mine} if isinstance(value, tuple) else set()
            kind = {"dtypes": str, "digits": str, "jits": bool}.get(name, int)
            if type(mine) is not type(value) or inner - {kind}:
                raise TypeError(f"{name} is not what a plan holds")
        return made
