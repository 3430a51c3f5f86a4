"""Run short trainings for the tests of verify.training, read their files, and interrupt trainings."""

import csv
import errno

import pytest

from verify.cli.exit_status import guarded
from verify.training import __main__ as training
from verify.training import checkpoint, loop

SHORT = ["--epochs", "2", "--batch-size", "200"]  # 8 steps an epoch, the last of 37 images


def train(out, *more, expect=0):
    """Train briefly, check the exit status, and return the folder."""
    assert guarded(training.main, [*SHORT, "--quiet", "--out", str(out), *more]) == expect
    return out


def contents(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def interrupted(tmp_path):
    """A training whose disc is full at its third checkpoint."""
    save_checkpoint, calls = checkpoint.save, []

    def save(folder, state):
        calls.append(1)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        save_checkpoint(folder, state)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "SAVED_EVERY", 3)
        patch.setattr(loop, "save_checkpoint", save)
        return train(tmp_path / "t", expect=2)
