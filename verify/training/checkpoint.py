"""The progress of a training, its checkpoint and its journal; a checkpoint file is complete or not there at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reports import files
from verify.compare.tensor import Comparison
from verify.errors import Unusable
from verify.lockstep.verifier import Judged
from verify.records.npz import npz_bytes, read_npz
from verify.records.trace import Array, digest
from verify.training.configuration import TrainingConfiguration

SCHEMA = "byhand-training/2"
STATE, JOURNAL = "checkpoint.npz", "steps.part"
STEP_COLUMNS = ("step", "epoch", "loss_by_hand", "loss_tensorflow", "worst_tensor", "utilisation", "outside")
EPOCH_COLUMNS = (
    "epoch", "train_accuracy_by_hand", "train_accuracy_tensorflow", "test_accuracy_by_hand",
    "test_accuracy_tensorflow", "drift_max", "drift_relative", "predictions_differ",
)  # fmt: skip


@dataclass
class Progress:
    """The results of all verified steps up to a step.

    `largest` has the largest error/bound of each tensor, and the step in which it occurred. `epochs` has a row of
    EPOCH_COLUMNS for each epoch. `first` has the failing comparisons of the first step that disagrees; if none does, of
    the first step that could not be judged.
    """

    step: int = 0
    verified: int = 0
    elements: int = 0
    reproduced: int = 0
    outside: int = 0
    failed_steps: int = 0
    unjudged_steps: int = 0
    largest: dict[str, tuple[float, int]] = field(default_factory=dict)
    epochs: list[tuple[float, ...]] = field(default_factory=list)
    first: tuple[Comparison, ...] = ()

    def add(self, judged: Judged) -> None:
        """Add the results of one step; steps are added in order."""
        self.verified += 1
        self.elements += judged.elements
        self.reproduced += judged.reproduced
        self.outside += judged.outside
        disagrees = any(c.verdict != "unjudged" for c in judged.failed)
        if judged.failed and (not self.first or (disagrees and not self.failed_steps)):
            self.first = tuple(sorted(judged.failed, key=lambda c: c.verdict == "unjudged"))
        self.failed_steps += disagrees
        self.unjudged_steps += bool(judged.failed) and not disagrees
        for name, utilisation in (*judged.utilisation.items(), *((c.tensor, c.utilisation) for c in judged.failed)):
            if name not in self.largest or utilisation > self.largest[name][0]:
                self.largest[name] = (utilisation, judged.step)

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> Progress:
        """Return the progress from its JSON values.  Raises KeyError, TypeError or ValueError if they are wrong."""
        progress = cls(**saved)
        progress.largest = {name: (float(ratio), int(step)) for name, (ratio, step) in progress.largest.items()}
        progress.epochs = [tuple(row) for row in progress.epochs]
        tuples = ("shape", "worst_index")
        progress.first = tuple(Comparison(**{**c, **{n: tuple(c[n]) for n in tuples}}) for c in saved["first"])
        return progress


@dataclass(frozen=True)
class Checkpoint:
    """Everything that a training needs to continue.

    `origin` has the data and versions with which it was begun, `learner` TensorFlow's variables, `by_hand` the by-hand
    state. `journal` counts the bytes of the journal up to this checkpoint.
    """

    configuration: TrainingConfiguration
    origin: Mapping[str, str]
    progress: Progress
    learner: list[Array]
    by_hand: Mapping[str, Array]
    journal: int

    def to_bytes(self) -> bytes:
        """Return the content of the checkpoint file: an npz archive with a manifest in JSON."""
        arrays = {f"tensorflow/{i}": array for i, array in enumerate(self.learner)}
        arrays |= {f"by_hand/{name}": array for name, array in self.by_hand.items()}
        manifest = {
            "schema": SCHEMA,
            "course": self.configuration.to_dict(),
            "origin": dict(self.origin),
            "progress": asdict(self.progress),
            "journal": self.journal,
            "sha256": {name: digest(array) for name, array in arrays.items()},
        }
        return npz_bytes(manifest, arrays)


def load(folder: Path) -> Checkpoint:
    """Return the checkpoint of a folder.  Raises Unusable, naming --resume, if there is no complete one."""
    path, option = folder / STATE, f"--resume {folder}"
    if not folder.is_dir():
        raise Unusable(f"{option}: no such folder")
    if not path.is_file():
        finished = (folder / "golden.npz").is_file()
        raise Unusable(f"{option}: " + ("its training is finished" if finished else "it holds no unfinished training"))
    arrays = read_npz(str(path))
    try:
        manifest = json.loads(str(arrays.pop("manifest")))
        if manifest["schema"] != SCHEMA:
            raise Unusable(f"{option}: {STATE} was written by another version of this project ({manifest['schema']!a})")
        if {name: digest(array) for name, array in arrays.items()} != manifest["sha256"]:
            raise ValueError("a checksum does not match")
        defaults = TrainingConfiguration().to_dict()
        if any(type(value) is not type(defaults[name]) for name, value in manifest["course"].items()):
            raise TypeError("an option has a value of another type")
        return Checkpoint(
            configuration=TrainingConfiguration(**manifest["course"]),
            origin=dict(manifest["origin"]),
            progress=Progress.from_dict(manifest["progress"]),
            learner=[arrays[name] for name in manifest["sha256"] if name.startswith("tensorflow/")],
            by_hand={
                name.removeprefix("by_hand/"): array for name, array in arrays.items() if name.startswith("by_hand/")
            },
            journal=int(manifest["journal"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Unusable(f"{option}: {STATE} is damaged; start again without --resume") from error


class Journal:
    """The rows of steps.csv in a file that grows during the training.

    A resumed training cuts the file back to the `length` in bytes that its checkpoint names.  Raises Unusable if the
    file is shorter.
    """

    def __init__(self, folder: Path, length: int) -> None:
        self.path = folder / JOURNAL
        self.rows: list[str] = []
        size = self.path.stat().st_size if self.path.is_file() else 0
        if size < length:
            raise Unusable(f"--resume {folder}: {JOURNAL} lacks rows that {STATE} counts; start again without --resume")
        if size != length:
            with open(self.path, "ab") as file:
                file.truncate(length)
        self.length = length

    def add(self, *values: Any) -> None:
        """Add a row, to be written by the next `flush`."""
        self.rows.append(",".join(map(str, values)) + "\n")

    def flush(self) -> int:
        """Write the added rows and return the new length.  Raises OSError; then none of them counts as written."""
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
        """Return all written rows under their header: the content of steps.csv."""
        return (",".join(STEP_COLUMNS) + "\n").encode() + self.path.read_bytes()[: self.length]


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint.  Raises OSError; the last checkpoint then remains."""
    files.write(folder, {STATE: checkpoint.to_bytes()})


def remove(folder: Path) -> None:
    """Remove checkpoint and journal, when the training is finished and its files are written."""
    for name in (STATE, JOURNAL):
        (folder / name).unlink(missing_ok=True)
