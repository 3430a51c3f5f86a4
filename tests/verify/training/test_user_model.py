"""verify.training --model: a model of the user's own, trained by model.fit."""

import csv
import json

import numpy as np
import pytest

from tests.support.small_models import single_precision as single_precision
from verify.cli.exit_status import guarded
from verify.training.__main__ import main

MODELS = "tests.support.own_networks"


def train(out, model, *options):
    return guarded(lambda argv=None: main([*map(str, ("--model", f"{MODELS}:{model}", "--out", out, *options))]))


def test_a_model_that_reads_images(tmp_path, capsys):
    assert train(tmp_path / "t", "convolution", "--epochs", 2, "--every", 4, "--batch", 64) == 0
    out = capsys.readouterr().out
    assert out.startswith("PASS") and "accuracy" in out and "epoch" in out
    result = json.loads((tmp_path / "t" / "result.json").read_text())
    assert result["passed"] and len(result["epochs"]) == 2 and result["options"]["model"].endswith(":convolution")
    steps = list(csv.DictReader((tmp_path / "t" / "steps.csv").open()))
    assert [int(row["epoch"]) for row in steps] == sorted(int(row["epoch"]) for row in steps)
    assert sum(int(row["elements"]) for row in steps) == result["counts"]["elements"] > 0
    assert result["counts"]["verified"] == len(steps) == result["counts"]["steps"] // 4
    assert "dW2" in (tmp_path / "t" / "report.html").read_text()


def test_a_model_with_its_own_examples_and_one_that_is_not_compiled(tmp_path, capsys):
    assert (
        train(tmp_path / "a", "with_data", "--epochs", 1, "--batch", 5, "--optimizer", "sgd", "--dtype", "float64") == 0
    )
    result = json.loads((tmp_path / "a" / "result.json").read_text())
    assert result["settings"]["dtype"] == "float64" and result["settings"]["optimizer"].startswith("sgd")
    assert result["counts"]["steps"] == 3


def test_a_model_that_reads_words(tmp_path, capsys):
    assert train(tmp_path / "w", "words_with_data", "--epochs", 2, "--batch", 4, "--every", 2) == 0
    assert json.loads((tmp_path / "w" / "result.json").read_text())["counts"]["verified"] == 3
    rows = [f"{k % 2}," + ",".join(str((k * k + j) % 20) for j in range(5)) for k in range(20)]
    (tmp_path / "table.csv").write_text("\n".join(["label,a,b,c,d,e", *rows]))
    assert train(tmp_path / "t", "words", "--data", tmp_path / "table.csv", "--epochs", 1, "--batch", 4) == 0
    (tmp_path / "table.csv").write_text("\n".join(["label,a,b,c,d,e", *rows, "0,1,2,3,4,20"]))
    assert train(tmp_path / "u", "words", "--data", tmp_path / "table.csv", "--epochs", 1, "--batch", 4) == 2
    assert "x: an Embedding of 20 rows reads whole numbers from 0 to 19, not 20" in capsys.readouterr().err


def test_a_step_that_disagrees(tmp_path, capsys, monkeypatch):
    import keras

    own = keras.layers.Dense.call
    monkeypatch.setattr(keras.layers.Dense, "call", lambda self, x, training=None: own(self, x) * 1.001)
    assert train(tmp_path / "t", "convolution", "--epochs", 1) in (1, 3)
    assert capsys.readouterr().out.startswith(("FAIL", "NOT VERIFIED")) and (tmp_path / "t" / "report.html").exists()


REFUSED = {
    "function": (("nothing",), "own_networks:nothing: AttributeError"),
    "--resume": (("dense", "--resume", "x"), "--resume: a training of --model cannot be continued"),
    "--batch-size 99": (("with_data", "--batch", 99), "--batch-size 99: the data hold only 12"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_named(name, tmp_path, capsys):
    arguments, text = REFUSED[name]
    folder = tmp_path / "t"
    out = "x" if "--resume" in arguments else folder
    assert train(out, *arguments) == 2
    assert text in capsys.readouterr().err and not folder.exists()


def test_an_unfinished_training_is_not_overwritten(tmp_path, capsys):
    from verify.training.checkpoint import STATE

    (tmp_path / STATE).write_bytes(b"")
    assert train(tmp_path, "dense") == 2
    assert "unfinished training" in capsys.readouterr().err
    assert np.size(list(tmp_path.iterdir())) == 1
