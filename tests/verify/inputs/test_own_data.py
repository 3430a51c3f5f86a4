"""Every command with data of another size and with hostile names of classes, and with a picture from a file."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from tests.support.drawn_digits import draw
from verify import __main__ as everything
from verify import backprop, feedforward
from verify.cli.exit_status import guarded
from verify.errors import Unusable
from verify.prediction import __main__ as prediction
from verify.printed import __main__ as printed
from verify.records import trace_file
from verify.runtime.stderr import hushed
from verify.training import __main__ as training

NAMES = ["=HYPERLINK(1)", "a|b`<blink>", "\x1b[31mred\nPASS"]


def call(command, *words, expect=0):
    assert guarded(command.main, [str(word) for word in words]) == expect


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """45 pictures of 5 by 6 pixels in three classes, each with a bright column of its own."""
    folder, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for place, name in enumerate(NAMES):
        (folder / name).mkdir()
        for number in range(15):
            shades = rng.integers(0, 60, (6, 5))
            shades[:, place] += 150
            Image.fromarray(shades.astype(np.uint8)).save(folder / name / f"{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def trained(pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    call(training, "--data", pictures, "--epochs", 3, "--batch-size", 12, "--quiet", "--out", out)
    return out


@pytest.fixture
def seven(tmp_path):
    path = tmp_path / "seven.png"
    draw(7, 1).save(path)
    return path


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def printable(*paths):
    return all(c.isprintable() or c == "\n" for path in paths for c in path.read_text())


def test_a_training_learns_them(trained):
    result = json.loads((trained / "result.json").read_text())
    parameters = 30 * 128 + 128 * 64 + 64 * 3 + 128 + 64 + 3
    assert result["passed"] and result["counts"]["elements"] > 9 * 4 * parameters
    assert np.load(trained / "golden.npz")["W3"].shape == (64, 3)
    assert float(rows(trained / "epochs.csv")[-1]["test_accuracy_by_hand"]) == 1


def test_predictions_name_the_classes(pictures, trained, tmp_path, capsys):
    call(prediction, "--data", pictures, "--weights", trained, "--digit", NAMES[1], "--out", tmp_path / "p",
         "--save-trace", tmp_path / "t.npz")  # fmt: skip
    said = capsys.readouterr().out
    assert "both predict a|b`<blink>" in " ".join(said.split()) and "\x1b" not in said
    table = rows(tmp_path / "p" / "table6.csv")
    assert [row["name"] for row in table] == ["\\x1b[31mred PASS", "'=HYPERLINK(1)", "a|b`<blink>"]
    assert [row["digit"] for row in table] == ["0", "1", "2"]
    assert "| **a\\|b\\`\\<blink\\>** |" in (tmp_path / "p" / "report.md").read_text()
    assert "<blink>" not in (tmp_path / "p" / "report.html").read_text()
    assert printable(*(tmp_path / "p" / name for name in ("report.md", "report.html", "result.json", "table6.csv")))
    call(prediction, "--trace", tmp_path / "t.npz", "--out", tmp_path / "q", "--quiet")
    assert (tmp_path / "p" / "table6.csv").read_bytes() == (tmp_path / "q" / "table6.csv").read_bytes()


def test_all_of_a_split(pictures, trained, tmp_path):
    call(prediction, "--data", pictures, "--weights", trained, "--all", "--quiet", "--out", tmp_path / "p")
    assert len(rows(tmp_path / "p" / "predictions.csv")) == 9


def test_all_commands_but_the_essays(pictures, tmp_path, capsys):
    call(everything, "--data", pictures, "--batch", 2, "--steps", 2, "--out", tmp_path / "o", "--quiet")
    assert capsys.readouterr().out.startswith("Not run: verify.printed (--data")
    index = (tmp_path / "o" / "index.md").read_text()
    assert index.count("| PASS ") == 3 and "not run: --data" in index
    assert rows(tmp_path / "o" / "feedforward" / "table3.csv")[2]["name"] == "a|b`<blink>"
    layers = rows(tmp_path / "o" / "backprop" / "table_a2.csv")
    assert len(layers) == 4 * (30 * 128 + 128)
    assert (tmp_path / "o" / "prediction" / "table6.csv").exists() and not (tmp_path / "o" / "printed").exists()


def test_what_needs_the_essays_size_says_so(pictures, seven, tmp_path, capsys):
    for words, sentence in (
        ((printed, "--data", pictures), "30 pixels and 3 classes, and the essay's printed numbers are of 784"),
        ((backprop, "--data", pictures, "--image", seven, "--label", "a|b`<blink>"), "the images of --data"),
        ((backprop, "--data", pictures, "--digit", "5"), "--digit 5: no sample"),
        ((prediction, "--weights", "none.npz", "--data", pictures, "--index", "9"), "--index 9"),
    ):
        call(*words, "--out", tmp_path / "o", expect=2)
        said = capsys.readouterr().err
        assert said.startswith("error: ") and sentence in said and said.count("\n") == 1 and "\x1b" not in said
    assert not (tmp_path / "o").exists()


def test_weights_of_another_size_are_refused(trained, tmp_path, capsys):
    call(prediction, "--weights", trained / "golden.npz", "--out", tmp_path / "p", expect=2)
    assert "W1 is [30, 128], where [784, 128] is needed" in capsys.readouterr().err


@pytest.mark.parametrize("command", [feedforward, backprop, prediction])
def test_a_picture_from_a_file(command, seven, tmp_path):
    out = tmp_path / "o"
    call(command, "--image", seven, "--label", 7, "--quiet", "--out", out)
    report, page = (out / "report.md").read_text(), (out / "report.html").read_text()
    for name in ("given.png", "seen.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG") and f"]({name})" in report
    assert 'alt="The picture in the file"' in page and "data image" in report
    call(command, "--index", 0, "--quiet", "--out", out)
    assert not (out / "given.png").exists() and not (out / "seen.png").exists()  # nothing outlives its run


def test_the_essay_on_a_picture(seven, tmp_path):
    call(printed, "--image", seven, "--label", 7, "--quiet", "--out", tmp_path / "o")
    assert "](seen.png)" in (tmp_path / "o" / "report.md").read_text()


def test_a_wrong_picture_is_one_sentence(seven, tmp_path, capsys):
    Image.new("L", (50, 50), 90).save(tmp_path / "grey.png")
    for words, sentence in (
        (("--image", seven), "--label D"),
        (("--image", seven, "--label", "11"), "--label 11: the data have no such class"),
        (("--image", seven, "--label", "7", "--batch", "2"), "--batch 2: --image is one sample"),
        (("--label", "7"), "--label: it says what --image shows"),
        (("--image", seven, "--index", "3", "--label", "7"), "not allowed with"),
        (("--image", tmp_path / "grey.png", "--label", "7"), "no digit can be seen"),
        (("--image", tmp_path, "--label", "7"), "a folder, where a picture"),
        (("--image", tmp_path / "none.png", "--label", "7"), "no such file"),
    ):
        call(backprop, *words, "--out", tmp_path / "o", expect=2)
        said = capsys.readouterr().err
        assert said.startswith("error: ") and sentence in said and said.count("\n") == 1
    assert not (tmp_path / "o").exists()


def test_a_trace_with_unfit_names_is_refused(tmp_path):
    from dataclasses import replace

    from tests.support.simulate import simulate

    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(replace(simulate(), classes=tuple("abcdef"))))
    assert trace_file.load(str(path)).classes == tuple("abcdef") and trace_file.load(str(path)).label(2) == "c"
    for names in (("a", "b"), (*"abcde", "x" * 101), (*"abcde", 5)):
        path.write_bytes(trace_file.to_bytes(replace(simulate(), classes=names)))
        with pytest.raises(Unusable, match="classes are not a name for each output"):
            trace_file.load(str(path))


def test_a_model_of_ones_own_on_data_of_ones_own(pictures, tmp_path, capsys):
    with hushed():
        import keras

        for outputs in (3, 2):
            layers = [keras.Input((6, 5, 1)), keras.layers.Flatten(), keras.layers.Dense(outputs, "softmax")]
            model = keras.Sequential(layers)
            model.compile("sgd", "sparse_categorical_crossentropy")
            model.save(tmp_path / f"{outputs}.keras")
    call(backprop, "--model", tmp_path / "3.keras", "--data", pictures, "--batch", 4, "--out", tmp_path / "o")
    assert capsys.readouterr().out.startswith("PASS")
    call(backprop, "--model", tmp_path / "2.keras", "--data", pictures, "--out", tmp_path / "p", expect=2)
    assert "it has 2 outputs, and --data" in capsys.readouterr().err
    call(backprop, "--model", tmp_path / "3.keras", "--out", tmp_path / "p", expect=2)
    assert "it takes [6, 5, 1], and the images of --data digits have 784 pixels" in capsys.readouterr().err
