"""A whole training: verified, equal to model.fit, and its files."""

import json
from dataclasses import replace

import numpy as np
import pytest

from reference.network import ESSAY
from tests.verify.training.short_trainings import contents, rows, train
from verify.inputs import samples, weights
from verify.runtime.stderr import hushed
from verify.training import __main__ as training
from verify.training.checkpoint import EPOCH_COLUMNS, STEP_COLUMNS
from verify.training.configuration import TrainingConfiguration
from verify.training.numpy_network import NumpyNetwork

TRAIN = samples.load("digits", "train")
FILES = {
    "result.json", "report.md", "report.html", "training.svg", "steps.csv", "epochs.csv", "golden.npz",
    *(f"{P}.txt" for P in ESSAY.parameters()),
}  # fmt: skip


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


@pytest.fixture
def change_tensors(monkeypatch):
    """Return a function that makes TensorFlow's side hand out the tensors that `change(number, tensors)` returns."""
    with hushed():
        from verify.capture.trainer import Learner

    def install(change):
        class Wrong(Learner):
            number = 0

            def step(self, X, y):
                self.number += 1
                return change(self.number, super().step(X, y))

        monkeypatch.setattr(training, "_learner", lambda configuration, network: Wrong(configuration.settings, network))

    return install


def test_a_wrong_gradient_in_step_5_is_found_there(tmp_path, change_tensors):
    def change(number, tensors):
        return tensors | {"dW2": tensors["dW2"] * np.float32(1.0001)} if number == 5 else tensors

    change_tensors(change)
    out = train(tmp_path / "t", expect=1)
    result = json.loads((out / "result.json").read_text())
    assert result["headline"].startswith("FAIL step 5, dW2 by equation (22c)") and "1 of 16 steps" in result["headline"]
    assert result["first_divergence"]["tensor"] == "dW2" and "1.0001" in result["first_divergence"]["explanation"]
    assert [r["step"] for r in rows(out / "steps.csv") if r["outside"] != "0"] == ["5"]


def test_a_missing_and_an_unknown_tensor_fail(tmp_path, change_tensors):
    def change(number, tensors):
        return {"Q" if name == "Z2" and number == 3 else name: array for name, array in tensors.items()}

    change_tensors(change)
    out = train(tmp_path / "t", expect=1)
    assert json.loads((out / "result.json").read_text())["counts"]["failed_steps"] == 1
