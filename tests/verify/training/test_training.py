"""A whole training: verified, equal to model.fit, and not to be lost by any interruption."""

import csv
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reference.network import ESSAY
from verify.cli.exit_status import guarded
from verify.inputs import samples, weights
from verify.lockstep.process import Checker
from verify.records.npz import read_npz
from verify.runtime.stderr import hushed
from verify.training import __main__ as training
from verify.training import checkpoint as progress
from verify.training import loop as lesson
from verify.training.checkpoint import EPOCH_COLUMNS, STEP_COLUMNS, Journal
from verify.training.configuration import TrainingConfiguration
from verify.training.loop import TrainingLoop
from verify.training.numpy_network import NumpyNetwork

ROOT = Path(__file__).parents[3]
TRAIN, TEST = samples.load("digits", "train"), samples.load("digits", "test")
SHORT = ["--epochs", "2", "--batch-size", "200"]  # 8 steps an epoch, the last of 37 images
FILES = {
    "result.json", "report.md", "report.html", "training.svg", "steps.csv", "epochs.csv", "golden.npz",
    *(f"{P}.txt" for P in ESSAY.parameters()),
}  # fmt: skip


def train(out, *more, expect=0):
    assert guarded(training.main, [*SHORT, "--quiet", "--out", str(out), *more]) == expect
    return out


def contents(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted training."""
    return train(tmp_path_factory.mktemp("whole") / "t")


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_are_those_of_the_contract(whole):
    assert {p.name for p in whole.iterdir()} == FILES
    steps, epochs = rows(whole / "steps.csv"), rows(whole / "epochs.csv")
    assert tuple(steps[0]) == STEP_COLUMNS and tuple(epochs[0]) == EPOCH_COLUMNS
    assert [int(r["step"]) for r in steps] == list(range(1, 17))
    assert [int(r["epoch"]) for r in steps] == [1] * 8 + [2] * 8
    assert all(0 < float(r["utilisation"]) <= 1 and r["outside"] == "0" and r["worst_tensor"] for r in steps)
    assert float(steps[-1]["loss_tensorflow"]) < float(steps[0]["loss_tensorflow"])
    result = json.loads((whole / "result.json").read_text())
    assert result["passed"] and result["counts"]["verified"] == 16 and result["counts"]["outside"] == 0
    assert "![" in (whole / "report.md").read_text() and "data:image/svg+xml" in (whole / "report.html").read_text()


def test_golden_weights_in_both_forms_are_the_same_bits(whole):
    binary = weights.read(str(whole / "golden.npz"), ESSAY, "float32")
    text = weights.read(str(whole), ESSAY, "float32")
    assert all(binary[P].tobytes() == text[P].tobytes() for P in ESSAY.parameters())


def test_the_weights_are_those_of_model_fit_to_the_last_bit(whole):
    """The same batches in the same order, by Keras's own loop; the smaller last batch of each epoch included."""
    with hushed():
        import keras

        from verify.capture.essay_model import build
    configuration = TrainingConfiguration(epochs=2, batch=200)
    model = build(configuration.settings, ESSAY)
    for epoch in (1, 2):
        X, y = TRAIN.rows(configuration.order(epoch, len(TRAIN)), "float32")
        model.fit(X, y, batch_size=200, epochs=1, shuffle=False, verbose=0)
    golden = weights.read(str(whole / "golden.npz"), ESSAY, "float32")
    fitted = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    for P, array in zip(ESSAY.parameters(), fitted, strict=True):
        assert golden[P].reshape(array.shape).tobytes() == array.tobytes(), P


def test_a_second_training_gives_the_same_bytes(whole, tmp_path):
    assert contents(train(tmp_path / "again")) == contents(whole)


def test_every_k_verifies_each_kth_step(whole, tmp_path):
    out = train(tmp_path / "every", "--every", "3")
    steps = rows(out / "steps.csv")
    assert [int(r["step"]) for r in steps if r["outside"] == "0"] == [3, 6, 9, 12, 15]
    mine = {r["step"]: r for r in rows(whole / "steps.csv")}
    assert all(r["loss_tensorflow"] == mine[r["step"]]["loss_tensorflow"] for r in steps)
    assert (out / "golden.npz").read_bytes() == (whole / "golden.npz").read_bytes()
    assert json.loads((out / "result.json").read_text())["counts"]["verified"] == 5


@pytest.mark.parametrize(
    "more", [["--jit"], ["--dtype", "float64"], ["--optimizer", "sgd"], ["--loss", "mean_squared_error"]]
)
def test_other_trainings_pass_too(more, tmp_path):
    train(tmp_path / "t", *more)


def test_the_by_hand_training_learns_without_tensorflow():
    """Its accuracy, and that its batches are a permutation of all images in every epoch."""
    configuration = TrainingConfiguration(epochs=3)
    rng = np.random.default_rng(0)
    first = {P: (rng.normal(size=ESSAY.shape(P)) * (0.05 if P[0] == "W" else 0)).astype("float32")
             for P in ESSAY.parameters()}  # fmt: skip
    by_hand, number = NumpyNetwork(configuration, ESSAY, first), 0
    for epoch in range(1, 4):
        assert sorted(configuration.order(epoch, len(TRAIN))) == list(range(len(TRAIN)))
        for X, y in configuration.batches(TRAIN, epoch):
            number += 1
            cost = by_hand.step(number, X, y)
    assert {a.dtype.name for a in by_hand.state.values()} == {"float32"} and cost < 0.5
    X, _ = TRAIN.rows(np.arange(len(TRAIN)), "float32")
    assert np.mean(by_hand.predict(X) == TRAIN.labels) > 0.95
    assert not np.array_equal(configuration.order(1, 1437), configuration.order(2, 1437))
    assert not np.array_equal(configuration.order(1, 1437), replace(configuration, seed=1).order(1, 1437))


def learner_with(change):
    """TensorFlow's side with something wrong in it, from the outside."""
    with hushed():
        from verify.capture.trainer import Learner

    class Wrong(Learner):
        number = 0

        def step(self, X, y):
            held = super().step(X, y)
            self.number += 1
            return change(self.number, held)

    return Wrong


def test_a_wrong_gradient_in_step_5_is_found_there(tmp_path, monkeypatch):
    def change(number, held):
        if number == 5:
            held = {**held, "dW2": held["dW2"] * np.float32(1.0001)}
        return held

    wrong = learner_with(change)
    monkeypatch.setattr(training, "_learner", lambda configuration, network: wrong(configuration.settings, network))
    out = train(tmp_path / "t", expect=1)
    result = json.loads((out / "result.json").read_text())
    assert result["headline"].startswith("FAIL step 5, dW2 by equation (22c)") and "1 of 16 steps" in result["headline"]
    assert result["first_divergence"]["tensor"] == "dW2" and "1.0001" in result["first_divergence"]["explanation"]
    assert [r["step"] for r in rows(out / "steps.csv") if r["outside"] != "0"] == ["5"]


def test_a_missing_and_an_unknown_tensor_fail(tmp_path, monkeypatch):
    def change(number, held):
        return {**{n: a for n, a in held.items() if n != "Z2"}, "Q": held["Z2"]} if number == 3 else held

    wrong = learner_with(change)
    monkeypatch.setattr(training, "_learner", lambda configuration, network: wrong(configuration.settings, network))
    out = train(tmp_path / "t", expect=1)
    assert json.loads((out / "result.json").read_text())["counts"]["failed_steps"] == 1


# --- nothing is lost


def begin(out, *more):
    """A training in a process of its own, with a checkpoint after every other step."""
    script = (
        "import sys; from verify.cli.exit_status import guarded; from verify.training import loop, __main__ as t; "
        f"loop.SAVED_EVERY = 2; sys.exit(guarded(t.main, {[*SHORT, '--out', str(out), *more]!r}))"
    )
    words = [sys.executable, "-c", script]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(path, process):
    for _ in range(1200):
        if path.exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    assert path.exists(), process.communicate()


def test_ctrl_c_then_kill_then_resume_gives_the_same_bytes(whole, tmp_path):
    out = tmp_path / "t"
    process = begin(out)
    wait_for(out / progress.STATE, process)
    process.send_signal(signal.SIGINT)
    _shown, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "stopped after step" in said and f"--resume {out}" in said and "Traceback" not in said
    assert {p.name for p in out.iterdir()} == {progress.STATE, progress.JOURNAL}
    before = (out / progress.STATE).read_bytes()

    process = begin(out, "--resume", str(out))
    for _ in range(1200):
        if not (out / progress.STATE).exists() or (out / progress.STATE).read_bytes() != before:
            break
        time.sleep(0.02)
    process.kill()
    process.communicate()
    if (out / progress.STATE).exists():  # else it was finished before it could be killed
        train(out, "--resume", str(out))
    assert contents(out) == contents(whole)


class Full(OSError):
    pass


def interrupted(tmp_path, monkeypatch, after=2):
    """A training whose disc is full at its third checkpoint."""
    real, calls = progress.save, []

    def save(folder, checkpoint):
        calls.append(1)
        if len(calls) > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(folder, checkpoint)

    monkeypatch.setattr(lesson, "SAVED_EVERY", 3)
    monkeypatch.setattr(progress, "save", save)
    out = train(tmp_path / "t", expect=2)
    monkeypatch.setattr(progress, "save", real)
    return out


def test_a_full_disc_loses_nothing(whole, tmp_path, monkeypatch, capsys):
    out = interrupted(tmp_path, monkeypatch)
    said = capsys.readouterr().err
    assert "No space left on device" in said and f"--resume {out}" in said and said.count("\n") == 1
    kept = progress.load(out)
    assert kept.progress.step == 6 and set(contents(out)) == {progress.STATE, progress.JOURNAL}
    train(out, "--resume", str(out))
    assert contents(out) == contents(whole)


def test_the_verifying_process_killed(whole, tmp_path, monkeypatch, capsys):
    real, killed = Checker.give, []

    def give(self, number, *rest):
        if number == 9 and not killed:
            killed.append(self.process.pid)
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.join()
        return real(self, number, *rest)

    monkeypatch.setattr(Checker, "give", give)
    out = train(tmp_path / "t", expect=3)
    assert "the process that verifies has ended" in capsys.readouterr().err
    train(out, "--resume", str(out))
    assert contents(out) == contents(whole)


def test_sigterm_stops_like_ctrl_c(tmp_path, monkeypatch, capsys):
    real = TrainingLoop._step

    def step(self, number, X, y):
        if number == 4:
            os.kill(os.getpid(), signal.SIGTERM)
        real(self, number, X, y)

    monkeypatch.setattr(TrainingLoop, "_step", step)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background may ignore it
    out = train(tmp_path / "t", expect=130)
    assert "stopped after step 4 of 16" in capsys.readouterr().err
    assert progress.load(out).progress.step == 4
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


# --- what is refused


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        return interrupted(tmp_path_factory.mktemp("unfinished"), patch)


REFUSED = {
    "another seed": (["--seed", "1"], "--seed 1: the training in"),
    "another batch size": (["--batch-size", "32"], "--batch-size 32: the training in"),
    "more epochs": (["--epochs", "3"], "begun with epochs 2"),
    "another type": (["--dtype", "float64"], "begun with dtype float32"),
    "XLA": (["--jit"], "begun with jit False"),
    "another place": (["--out", "elsewhere"], "a resumed training writes into its own folder"),
}


def refused(argv, capsys):
    """One sentence, status 2, no traceback."""
    capsys.readouterr()
    assert guarded(training.main, argv) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1
    return said


def test_seed_0_is_a_seed():
    assert training._read(["--seed", "0"]).chosen == {"seed": 0}


@pytest.mark.parametrize("name", REFUSED)
def test_a_resumed_training_is_the_one_that_was_begun(name, unfinished, capsys):
    before = contents(unfinished)
    more, sentence = REFUSED[name]
    assert sentence in refused(["--resume", str(unfinished), *more], capsys)
    assert contents(unfinished) == before


def rewritten(unfinished, tmp_path, change):
    """The checkpoint with another manifest."""
    out = tmp_path / "t"
    shutil.copytree(unfinished, out)
    arrays = read_npz(str(out / progress.STATE))
    manifest = json.loads(str(arrays.pop("manifest")))
    change(manifest, arrays)
    np.savez(out / progress.STATE, manifest=np.array(json.dumps(manifest)), **arrays)
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
    content = (out / progress.STATE).read_bytes()
    for part in (b"", content[: len(content) // 2], b"not a zip"):
        (out / progress.STATE).write_bytes(part)
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


def test_a_journal_is_cut_back_to_what_is_known(tmp_path):
    journal = Journal(tmp_path, 0)
    journal.add(1, 2.5, "W1")
    length = journal.flush()
    journal.add(2, 0.1, "")
    journal.flush()
    again = Journal(tmp_path, length)
    assert again.content().decode().splitlines()[1:] == ["1,2.5,W1"]
    again.add(2, 0.1, "")
    again.flush()
    assert again.content().decode().splitlines()[1:] == ["1,2.5,W1", "2,0.1,"]
