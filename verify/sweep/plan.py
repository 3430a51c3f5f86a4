"""The cases of a sweep as values, numbered from 0 in a fixed order.

Cases of one kind (precision, XLA, batch size) have consecutive numbers, so that a worker compiles each kind once.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from verify.errors import Unusable
from verify.records.settings import Settings

ONE_THREAD = "TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1"  # with more, TensorFlow may add in another order
OF_ALL = ("data", "split", "optimizer", "loss")  # settings that all cases share and that have options of these names
SCHEMA, MANIFEST = "byhand-sweep/3", "sweep.json"
ANY = "-"  # in place of a digit: with a model of the user, a case begins with the first sample
XLA = {False: "off", True: "on"}  # `Kind.jit` in words
TYPES = {"dtypes": str, "digits": str, "jits": bool}  # of what the tuples of a plan hold; the others hold int


@dataclass(frozen=True)
class Kind:
    """What a compiled model depends on: precision, XLA, batch size."""

    dtype: str
    jit: bool
    batch: int


@dataclass(frozen=True)
class Case:
    """One run of `verify.backprop`. It begins with the first sample whose label is `digit`.

    `model` names a model of the user, as FILE or module:function; "" is the essay's.
    """

    number: int
    settings: Settings
    digit: str
    model: str = ""

    @property
    def command(self) -> str:
        """Command that repeats the case, bit for bit, on the same machine."""
        s, digit = self.settings, shlex.quote(self.digit)
        if self.model:
            return self._sweep_of_one
        words = [f"{ONE_THREAD} python -m verify.backprop --seed {s.seed} --digit {digit} --batch {s.batch}"]
        words += [f"--dtype {s.dtype} --steps {s.steps}", *(["--jit"] if s.jit else [])]
        chosen = {name: getattr(s, name) for name in OF_ALL if getattr(s, name) != getattr(Settings, name)}
        return " ".join([*words, *(f"--{name} {shlex.quote(value)}" for name, value in chosen.items())])

    @property
    def _sweep_of_one(self) -> str:
        """Command of a sweep that has this case only."""
        s, jit = self.settings, XLA[self.settings.jit]
        chosen = {name: getattr(s, name) for name in OF_ALL if getattr(s, name) != getattr(Settings, name)}
        chosen |= {} if self.digit == ANY else {"digits": self.digit}
        others = " ".join(f"--{name} {shlex.quote(value)}" for name, value in chosen.items())
        words = f"python -m verify.sweep --model {shlex.quote(self.model)} --seeds {s.seed} --batch {s.batch}"
        return f"{words} --dtype {s.dtype} --jit {jit} --steps {s.steps} {others}".rstrip() + " --out out/case"


@dataclass(frozen=True)
class Plan:
    """The cases: seeds x digits x batch sizes x precisions, with and without XLA.

    Seeds go from `first_seed` to `end_seed` - 1. `places` has the index of each digit's first sample. `model` is that
    of the cases.
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
    model: str = ""

    def __len__(self) -> int:
        return len(self.kinds) * len(self.digits) * (self.end_seed - self.first_seed)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds in the order of their cases."""
        return tuple(Kind(d, j, b) for d in self.dtypes for j in self.jits for b in self.batches)

    def kind(self, number: int) -> Kind:
        """Return the kind of a case; each kind has the same number of cases."""
        return self.kinds[number * len(self.kinds) // len(self)]

    def case(self, number: int) -> Case:
        """Return a case by its number; seeds vary fastest, kinds slowest."""
        index, seed = divmod(number, self.end_seed - self.first_seed)
        digit = index % len(self.digits)
        shared = {name: getattr(self, name) for name in (*OF_ALL, "steps")}
        kind = vars(self.kind(number))
        settings = Settings(seed=self.first_seed + seed, index=self.places[digit], **kind, **shared)
        return Case(number, settings, self.digits[digit], self.model)

    def cases(self) -> Iterator[Case]:
        """Return all cases in the order of their numbers."""
        return map(self.case, range(len(self)))

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Plan:
        """Return the plan that JSON has under "plan".  Raises TypeError or ValueError if `content` is anything else."""
        if set(content) != {f.name for f in fields(cls)}:
            raise ValueError("its plan has other fields")
        values: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in content.items()}
        plan = cls(**values)
        for name, default in asdict(cls()).items():
            value = getattr(plan, name)
            types = {type(x) for x in value} if isinstance(default, tuple) else set()
            if type(value) is not type(default) or types - {TYPES.get(name, int)}:
                raise TypeError(f"{name} has another type in a plan")
        return plan


@dataclass(frozen=True)
class StoredPlan:
    """The content of `sweep.json`: the plan, and the versions and images with which the sweep was begun."""

    plan: Plan
    origin: dict[str, str]

    def to_json(self) -> bytes:
        """Return the content of `sweep.json`."""
        return (json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1) + "\n").encode()


def stored_plan(folder: Path) -> StoredPlan | None:
    """Return the content of `sweep.json`, or None if the folder has none.  Raises Unusable if it cannot be used."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_bytes())
        if content["schema"] != SCHEMA:
            raise Unusable(f"--out {folder}: {MANIFEST} was written by another version of this project")
        origin = {str(name): str(value) for name, value in content["origin"].items()}
        return StoredPlan(Plan.from_dict(content["plan"]), origin)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise Unusable(f"--out {folder}: {MANIFEST} is damaged; name another --out") from error
