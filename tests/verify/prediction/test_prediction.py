"""Predictions with trained weights: Table 6, whole splits, and what is refused."""

import csv
import json

import numpy as np
import pytest

from reference.network import ESSAY
from tests.support.drawn_digits import draw
from tests.support.simulate import SMALL, altered, simulate
from verify.cli.exit_status import guarded
from verify.compare.tensor import Comparison
from verify.inputs import weights
from verify.prediction import __main__ as prediction
from verify.prediction import whole_split
from verify.records import trace_file
from verify.runtime import malloc
from verify.runtime.malloc import keep_freed
from verify.runtime.stderr import hushed
from verify.training.configuration import TrainingConfiguration
from verify.training.numpy_network import first_weights

COLUMNS = ("index", "label", "by_hand", "tensorflow", "probability_by_hand", "probability_tensorflow", "explained")
GOLDEN = first_weights(TrainingConfiguration(seed=3), ESSAY)


def predict(*argv, expect=0):
    assert guarded(prediction.main, [*map(str, argv)]) == expect


@pytest.fixture(scope="module")
def golden(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "golden.npz"
    path.write_bytes(weights.to_npz(GOLDEN))
    return path


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_without_weights_it_trains_briefly_and_predicts_a_seven(tmp_path, capsys):
    predict("--out", tmp_path / "p")
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("PASS") and "both predict 7" in said
    table = rows(tmp_path / "p" / "table6.csv")
    assert list(table[0]) == ["digit", "by_hand", "tensorflow", "difference", "allowed"]
    assert abs(sum(float(r["tensorflow"]) for r in table) - 1) < 1e-6 and float(table[7]["by_hand"]) > 0.9
    report = (tmp_path / "p" / "report.md").read_text()
    assert "Table 6" in report and "Table 5" in report and "| W3 | 64 |" in report
    assert {p.name for p in (tmp_path / "p").iterdir()} == {
        "result.json", "comparisons.csv", "report.md", "report.html", "table6.csv",
    }  # fmt: skip


def test_four_forms_of_the_same_weights_give_the_same_table(golden, tmp_path):
    with hushed():
        import keras

        from verify.capture.essay_model import build
        from verify.capture.model_reader import understand
        from verify.records.settings import Settings
    model = build(Settings(), ESSAY)
    for P, variable in understand(model).parameters.items():
        variable.assign(GOLDEN[P].reshape(variable.shape))
    assert keras.backend.backend() == "tensorflow"
    with hushed():
        model.save(tmp_path / "model.keras")
        model.save(tmp_path / "model.h5")
    (tmp_path / "texts").mkdir()
    for name, content in weights.to_texts(GOLDEN).items():
        (tmp_path / "texts" / name).write_bytes(content)
    tables = []
    for form in (golden, tmp_path / "model.keras", tmp_path / "model.h5", tmp_path / "texts"):
        predict("--weights", form, "--index", 11, "--quiet", "--out", tmp_path / "p")
        tables.append((tmp_path / "p" / "table6.csv").read_bytes())
    assert len(set(tables)) == 1


@pytest.mark.parametrize("more", [[], ["--dtype", "float64"], ["--jit"]])
def test_all_of_a_split(golden, tmp_path, more, monkeypatch):
    monkeypatch.setattr(prediction, "AT_ONCE", 150)
    predict("--weights", golden, "--all", "--quiet", "--out", tmp_path / "p", *more)
    table = rows(tmp_path / "p" / "predictions.csv")
    assert [int(r["index"]) for r in table] == list(range(360)) and tuple(table[0]) == COLUMNS
    right = sum(r["label"] == r["tensorflow"] for r in table) / 360
    result = json.loads((tmp_path / "p" / "result.json").read_text())
    assert result["passed"] and f"{right:.2%} by TensorFlow" in result["headline"]
    z1 = [c for c in result["comparisons"] if c["tensor"] == "Z1" and c["mode"] == "local"]
    assert len(z1) == 1 and result["counts"]["elements"] == 360 * 2 * (128 + 64 + 10)


def test_a_saved_prediction_is_verified_without_tensorflow(golden, tmp_path):
    saved = tmp_path / "seven.npz"
    predict("--weights", golden, "--save-trace", saved, "--quiet", "--out", tmp_path / "p")
    predict("--trace", saved, "--quiet", "--out", tmp_path / "q")
    assert (tmp_path / "p" / "table6.csv").read_bytes() == (tmp_path / "q" / "table6.csv").read_bytes()
    trace = trace_file.load(str(saved))
    wrong = trace.tensors["step1/Z2"].copy()
    wrong[0, 5] += 0.01
    saved.write_bytes(trace_file.to_bytes(altered(trace, "step1/Z2", wrong)))
    predict("--trace", saved, "--quiet", "--out", tmp_path / "q", expect=1)
    assert "Z2 by equation (8)" in json.loads((tmp_path / "q" / "result.json").read_text())["headline"]
    for name in ("step1/Z2", "step1/X", "step1/W3"):
        saved.write_bytes(trace_file.to_bytes(altered(trace, name, None)))
        predict("--trace", saved, "--quiet", "--out", tmp_path / "q", expect=1)
        assert not (tmp_path / "q" / "table6.csv").exists()


def test_a_picture_is_shown_as_the_network_sees_it(golden, tmp_path):
    drawn = tmp_path / "seven.png"
    draw(7, 1).save(drawn)
    out = tmp_path / "p"
    predict("--weights", golden, "--image", drawn, "--label", 7, "--quiet", "--out", out)
    report = (out / "report.md").read_text()
    assert (out / "seen.png").read_bytes().startswith(b"\x89PNG") and "seen.png" in report
    assert "The label is 7" in report and "data image" in report
    predict("--weights", golden, "--image", drawn, "--quiet", "--out", out)
    assert "The label is" not in (out / "report.md").read_text()
    predict("--weights", golden, "--quiet", "--out", out)
    assert not (out / "seen.png").exists()  # nothing of an earlier run outlives it


def test_memory_is_kept_or_nothing_happens(monkeypatch):
    assert keep_freed() in (True, False)
    monkeypatch.setattr(malloc.ctypes, "CDLL", lambda name: object())
    assert keep_freed() is False


def test_different_predictions_are_listed_and_judged():
    """Rounding explains a difference between two equal probabilities, and none between two that differ."""
    trace = simulate(SMALL, command="prediction", batch=4, steps=1)
    tensors = trace.step(1)
    assert [c.tensor for c in whole_split.judge(trace, None)[0] if not c.passed] == []
    A3 = tensors["A3"].copy()
    A3[1] = np.roll(A3[1], 1)  # another class that no rounding explains
    _, predictions = whole_split.judge(altered(trace, "step1/A3", A3), None)
    assert [c.differs for c in predictions] == [False, True, False, False]
    assert not predictions[1].explained and "no" in {cell.text for cell in whole_split.table(predictions).rows[0]}
    W3, B3 = tensors["W3"].copy(), tensors["B3"].copy()
    W3[:, 1], B3[:, 1] = W3[:, 0], B3[:, 0]  # digits 0 and 1 alike
    W3[:, 2:], B3[:, 2:] = 0, -50
    Z3 = (tensors["A2"].astype(float) @ W3 + B3).astype("float32")
    E = np.exp(Z3 - Z3.max(axis=1, keepdims=True))
    A3 = (E / E.sum(axis=1, keepdims=True)).astype("float32")
    A3[0, 1] = np.nextafter(A3[0, 1], np.float32(1))
    equal_pair = trace
    for name, array in {"W3": W3, "B3": B3, "Z3": Z3, "A3": A3}.items():
        equal_pair = altered(equal_pair, f"step1/{name}", array)
    comparisons, predictions = whole_split.judge(equal_pair, None)
    assert [c.tensor for c in comparisons if not c.passed] == []
    assert predictions[0].differs and predictions[0].explained


def test_batches_are_merged_worst_first():
    good = Comparison(1, 1, "Z1", "6", 1, (2, 2), "local", "within", utilisation=0.5, elements=4, equal_share=1.0)
    worse = Comparison(1, 1, "Z1", "6", 1, (2, 2), "local", "within", utilisation=0.7, elements=4, equal_share=0.5)
    bad = Comparison(1, 1, "Z1", "6", 1, (1, 2), "local", "outside", utilisation=3.0, elements=2, outside=1,
                     equal_share=0.0)  # fmt: skip
    (one,) = whole_split.merged([(good,), (bad,), (worse,)])
    assert (one.verdict, one.utilisation, one.elements, one.outside, one.equal_share) == ("outside", 3.0, 10, 1, 0.6)
    assert whole_split.merged([(good,), (worse,)])[0].utilisation == 0.7


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--weights", "none.npz"], "--weights none.npz"),
        (["--index", "360"], "--index 360"),
        (["--label", "7"], "--label"),
        (["--index", "1", "--digit", "2"], "not allowed with"),
        (["--all", "--image", "x.png"], "not allowed with"),
        (["--image", "none.png"], "--image none.png"),
        (["--all", "--save-trace", "t.npz"], "--save-trace"),
        (["--trace", "t.npz", "--weights", "g.npz"], "--weights cannot be used with --trace"),
        (["--trace", "t.npz", "--all"], "--all cannot be used with --trace"),
        (["--rtol", "1e-3"], "--rtol was given without --atol"),
        (["--digit", "12"], "--digit"),
        (["--out", "/proc/none"], "--out /proc/none"),
    ],
)
def test_what_cannot_be_used(argv, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    predict(*argv, expect=2)
    said = capsys.readouterr().err
    assert sentence in said and said.startswith("error: ") and said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_trace_of_something_else_is_refused(tmp_path, capsys):
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(simulate(ESSAY, batch=1, steps=1)))
    predict("--trace", path, "--out", tmp_path / "p", expect=2)
    assert "it holds no prediction" in capsys.readouterr().err and not (tmp_path / "p").exists()
