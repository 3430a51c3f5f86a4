"""Check that verify.training refuses options, data and versions other than the checkpoint's, and damaged files."""

import json
import shutil

import numpy as np
import pytest

from tests.verify.training.short_trainings import SHORT, contents
from verify.cli.exit_status import guarded
from verify.records.npz import read_npz
from verify.training import __main__ as training
from verify.training.checkpoint import STATE

REFUSED = {
    "another seed": (["--seed", "1"], "--seed 1: the training in"),
    "another batch size": (["--batch-size", "32"], "--batch-size 32: the training in"),
    "more epochs": (["--epochs", "3"], "begun with epochs 2"),
    "another type": (["--dtype", "float64"], "begun with dtype float32"),
    "XLA": (["--jit"], "begun with jit False"),
    "another place": (["--out", "elsewhere"], "a resumed training writes into its own folder"),
}


def refused(argv, capsys):
    """Return the message of a refusal: one sentence, status 2, no traceback."""
    capsys.readouterr()
    assert guarded(training.main, argv) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ") and message.count("\n") == 1
    return message


def test_seed_0_is_a_seed():
    assert training._read(["--seed", "0"]).chosen == {"seed": 0}


@pytest.mark.parametrize("name", REFUSED)
def test_a_resumed_training_is_the_one_that_was_begun(name, unfinished, capsys):
    before = contents(unfinished)
    more, message = REFUSED[name]
    assert message in refused(["--resume", str(unfinished), *more], capsys)
    assert contents(unfinished) == before


def rewritten(unfinished, tmp_path, change):
    """Return a copy of the unfinished training, with another manifest or other arrays in its checkpoint."""
    out = tmp_path / "t"
    shutil.copytree(unfinished, out)
    arrays = read_npz(str(out / STATE))
    manifest = json.loads(str(arrays.pop("manifest")))
    change(manifest, arrays)
    np.savez(out / STATE, manifest=np.array(json.dumps(manifest)), **arrays)
    return out


ORIGINS = {
    "tensorflow": lambda m, a: m["origin"].update(tensorflow="2.20.0"),
    "training images": lambda m, a: m["origin"].update({"training images": "0" * 64}),
    "test images": lambda m, a: m["origin"].update({"test images": "0" * 64}),
    "machine": lambda m, a: m["origin"].update(machine="vax"),
}


@pytest.mark.parametrize("name", ORIGINS)
def test_other_data_and_versions_are_named(name, unfinished, tmp_path, capsys):
    out = rewritten(unfinished, tmp_path, ORIGINS[name])
    assert name in refused(["--resume", str(out)], capsys)


DAMAGE = {
    "schema": lambda m, a: m.update(schema="byhand-training/0"),
    "no course": lambda m, a: m.pop("course"),
    "a course of words": lambda m, a: m["course"].update(epochs="many"),
    "an unknown setting": lambda m, a: m["course"].update(speed=1),
    "a weight altered": lambda m, a: a.update({"by_hand/W1": a["by_hand/W1"] * 2}),
    "a weight missing": lambda m, a: a.pop("tensorflow/0"),
    "no progress": lambda m, a: m.update(progress=[]),
    "rows missing": lambda m, a: m.update(journal=10**6),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_checkpoint(name, unfinished, tmp_path, capsys):
    out = rewritten(unfinished, tmp_path, DAMAGE[name])
    assert "--resume" in refused(["--resume", str(out)], capsys)


def test_a_truncated_checkpoint_and_none(unfinished, whole, tmp_path, capsys):
    out = tmp_path / "t"
    shutil.copytree(unfinished, out)
    content = (out / STATE).read_bytes()
    for part in (b"", content[: len(content) // 2], b"not a zip"):
        (out / STATE).write_bytes(part)
        refused(["--resume", str(out)], capsys)
    assert "no such folder" in refused(["--resume", str(tmp_path / "none")], capsys)
    (tmp_path / "empty").mkdir()
    assert "no unfinished training" in refused(["--resume", str(tmp_path / "empty")], capsys)
    assert "is finished" in refused(["--resume", str(whole)], capsys)


def test_an_unfinished_training_is_not_overwritten(unfinished, capsys):
    before = contents(unfinished)
    assert f"--resume {unfinished}" in refused([*SHORT, "--out", str(unfinished)], capsys)
    assert contents(unfinished) == before


@pytest.mark.parametrize(
    "argv",
    [
        ["--epochs", "0"], ["--epochs", "-1"], ["--epochs", "1.5"], ["--batch-size", "0"], ["--batch-size", "1438"],
        ["--every", "0"], ["--data", "nowhere"], ["--seed", "x"], ["--speed", "1"], ["--out", "/proc/none"],
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_before_anything_runs(argv, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    refused(argv, capsys)
    assert list(tmp_path.iterdir()) == []
