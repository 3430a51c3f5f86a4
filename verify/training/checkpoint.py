"""The progress of a training, its checkpoint and its journal; a checkpoint file is complete or not there at all."""

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
    """What has been found up to a step.

    `largest` has the largest error over bound of each tensor, and the step in which it occurred. `epochs` has a row of
    EPOCH_COLUMNS for each epoch. `first` has the failing comparisons of the first step that disagrees.
    """

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
        """Add the results of one step; steps are added in order."""
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
        """Return the progress as it stands in the checkpoint."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Progress:
        """Return the progress that `to_dict` wrote.  Raises KeyError, TypeError or ValueError if `found` is not one."""
        progress = cls(**found)
        progress.largest = {name: (float(used), int(step)) for name, (used, step) in progress.largest.items()}
        progress.epochs = [tuple(row) for row in progress.epochs]
        tuples = ("shape", "worst_index")
        progress.first = tuple(Comparison(**{**c, **{n: tuple(c[n]) for n in tuples}}) for c in found["first"])
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
            "schema": SCHEMA, "course": self.configuration.to_dict(), "origin": dict(self.origin),
            "progress": self.progress.to_dict(), "journal": self.journal,
            "sha256": {name: digest(array) for name, array in arrays.items()},
        }  # fmt: skip
        buffer = io.BytesIO()
        content: dict[str, Any] = {"manifest": np.array(json.dumps(manifest)), **arrays}
        np.savez(buffer, **content)
        return buffer.getvalue()


def load(folder: Path) -> Checkpoint:
    """Return the checkpoint of a folder.  Raises Unusable, naming --resume, if there is no complete one."""
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
        configuration = TrainingConfiguration(**manifest["course"])
        progress = Progress.from_dict(manifest["progress"])
        kinds = {f.name: type(f.default) for f in fields(TrainingConfiguration)}
        if any(type(value) is not kinds[name] for name, value in configuration.to_dict().items()):
            raise damaged
        return Checkpoint(configuration, dict(manifest["origin"]), progress, learner, by_hand, int(manifest["journal"]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise damaged from error


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
        self.rows.append(",".join(map(_text, values)) + "\n")

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


def _text(value: Any) -> str:
    """Return a value as CSV text; a float with all its digits."""
    return repr(value) if isinstance(value, float) else str(value)


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint.  Raises OSError; the last checkpoint then remains."""
    files.write(folder, {STATE: checkpoint.to_bytes()})


def remove(folder: Path) -> None:
    """Remove checkpoint and journal, when the training is finished and its files are written."""
    for name in (STATE, JOURNAL):
        (folder / name).unlink(missing_ok=True)
