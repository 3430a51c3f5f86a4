"""How far a training has come, as it is kept in a checkpoint: whole, or not there at all."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from reports import files
from verify.compare.tensor import Comparison
from verify.errors import Unusable
from verify.lockstep.verifier import Judged
from verify.records.npz import read_npz
from verify.records.trace import Array, digest
from verify.training.configuration import Course

SCHEMA = "byhand-training/2"
STATE, JOURNAL = "checkpoint.npz", "steps.part"
STEP_COLUMNS = ("step", "epoch", "loss_by_hand", "loss_tensorflow", "worst_tensor", "utilisation", "outside")
EPOCH_COLUMNS = (
    "epoch", "train_accuracy_by_hand", "train_accuracy_tensorflow", "test_accuracy_by_hand",
    "test_accuracy_tensorflow", "drift_max", "drift_relative", "predictions_differ",
)  # fmt: skip


@dataclass
class Progress:
    """What has been found up to a step. `largest`: utilisation of each tensor and the step it was reached in."""

    step: int = 0
    verified: int = 0
    elements: int = 0
    reproduced: int = 0
    outside: int = 0
    failed_steps: int = 0
    largest: dict[str, tuple[float, int]] = field(default_factory=dict)
    epochs: list[tuple[float, ...]] = field(default_factory=list)
    first: tuple[Comparison, ...] = ()

    def add(self, judged: Judged) -> None:
        """One step's findings, in order."""
        self.verified += 1
        self.elements += judged.elements
        self.reproduced += judged.reproduced
        self.outside += judged.outside
        self.failed_steps += bool(judged.failed)
        if judged.failed and not self.first:
            self.first = judged.failed
        for name, used in [*judged.utilisation.items(), *((c.tensor, c.utilisation) for c in judged.failed)]:
            if name not in self.largest or used > self.largest[name][0]:
                self.largest[name] = (used, judged.step)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Progress:
        made = cls(**found)
        made.largest = {name: (float(used), int(step)) for name, (used, step) in made.largest.items()}
        made.epochs = [tuple(row) for row in made.epochs]
        tuples = ("shape", "worst_index")
        made.first = tuple(Comparison(**{**c, **{n: tuple(c[n]) for n in tuples}}) for c in found["first"])
        return made


@dataclass(frozen=True)
class Checkpoint:
    """Everything a training goes on from. `origin` says under what it was made: data and versions."""

    course: Course
    origin: Mapping[str, str]
    progress: Progress
    learner: list[Array]
    by_hand: Mapping[str, Array]
    journal: int  # bytes of the journal that belong to it

    def to_bytes(self) -> bytes:
        arrays = {f"tensorflow/{i}": array for i, array in enumerate(self.learner)}
        arrays |= {f"by_hand/{name}": array for name, array in self.by_hand.items()}
        manifest = {
            "schema": SCHEMA, "course": self.course.to_dict(), "origin": dict(self.origin),
            "progress": self.progress.to_dict(), "journal": self.journal,
            "sha256": {name: digest(array) for name, array in arrays.items()},
        }  # fmt: skip
        buffer = io.BytesIO()
        text: Any = np.array(json.dumps(manifest))
        written: dict[str, Any] = dict(arrays)
        np.savez(buffer, manifest=text, **written)
        return buffer.getvalue()


def load(folder: Path) -> Checkpoint:
    """The checkpoint of a folder.  Raises Unusable, naming --resume, for anything that is not a whole one."""
    path = folder / STATE
    option = f"--resume {folder}"
    if not folder.is_dir():
        raise Unusable(f"{option}: no such folder")
    if not path.is_file():
        finished = (folder / "golden.npz").is_file()
        raise Unusable(f"{option}: " + ("its training is finished" if finished else "it holds no unfinished training"))
    arrays = read_npz(str(path))
    damaged = Unusable(f"{option}: {STATE} is damaged; start again without --resume")
    try:
        manifest = json.loads(str(arrays.pop("manifest")))
        if manifest["schema"] != SCHEMA:
            raise Unusable(f"{option}: {STATE} was written by another version of this project ({manifest['schema']!a})")
        if {name: digest(array) for name, array in arrays.items()} != manifest["sha256"]:
            raise damaged
        learner = [arrays[f"tensorflow/{i}"] for i in range(sum(name.startswith("tensorflow/") for name in arrays))]
        by_hand = {name[8:]: array for name, array in arrays.items() if name.startswith("by_hand/")}
        course = Course(**manifest["course"])
        progress = Progress.from_dict(manifest["progress"])
        kinds = {f.name: type(f.default) for f in fields(Course)}
        if any(type(value) is not kinds[name] for name, value in course.to_dict().items()):
            raise damaged
        return Checkpoint(course, dict(manifest["origin"]), progress, learner, by_hand, int(manifest["journal"]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise damaged from error


class Journal:
    """The rows of steps.csv as they come: appended, and cut back to what a checkpoint knows of."""

    def __init__(self, folder: Path, length: int) -> None:
        self.path = folder / JOURNAL
        self.rows: list[str] = []
        held = self.path.stat().st_size if self.path.is_file() else 0
        if held < length:
            raise Unusable(f"--resume {folder}: {JOURNAL} lacks rows that {STATE} counts; start again without --resume")
        if held != length:
            with open(self.path, "ab") as file:
                file.truncate(length)
        self.length = length

    def add(self, *values: Any) -> None:
        self.rows.append(",".join(map(_text, values)) + "\n")

    def flush(self) -> int:
        """Write what was added; its length after that.  Raises OSError; then no row counts as written."""
        content = "".join(self.rows).encode()
        with open(self.path, "ab") as file:
            file.truncate(self.length)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self.length += len(content)
        self.rows.clear()
        return self.length

    def content(self) -> bytes:
        """All rows under their header, as steps.csv."""
        return (",".join(STEP_COLUMNS) + "\n").encode() + self.path.read_bytes()[: self.length]


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Raises OSError; the checkpoint before it is then untouched."""
    files.write(folder, {STATE: checkpoint.to_bytes()})


def remove(folder: Path) -> None:
    """When the training is finished and its files are written."""
    for name in (STATE, JOURNAL):
        (folder / name).unlink(missing_ok=True)
