"""The option --model: functions and files, and files that are refused."""

import json
import zipfile

import numpy as np
import pytest

from tests.support.small_models import MODULE, command, small
from tests.support.small_models import single_precision as single_precision
from verify import backprop, feedforward
from verify.records import trace_file


def test_mazurs_network_by_a_function(tmp_path):
    """https://mattmazur.com: the weights after one step, to every digit printed, as both sides have them."""
    assert command(backprop.main, "--model", f"{MODULE}:mazur", "--out", tmp_path, "--save-trace", tmp_path / "t") == 0
    held = trace_file.load(str(tmp_path / "t")).step(1)
    printed = {
        "W1": ["0.149780716", "0.24975114", "0.19956143", "0.29950229"],
        "W2": ["0.35891648", "0.511301270", "0.408666186", "0.561370121"],
    }
    for P, digits in printed.items():
        for found, text in zip(np.ravel(held[f"{P}_new"]), digits, strict=True):
            assert abs(found - float(text)) <= 0.5 * 10.0 ** -len(text.partition(".")[2]), (P, text)
    rows = np.loadtxt(tmp_path / "table_a1.csv", delimiter=",", skiprows=1, usecols=4, dtype=float)
    assert [float(f"{by_hand:.8f}") for by_hand in rows[18:22]] == [round(float(t), 8) for t in printed["W2"]]


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_model_from_a_file(suffix, tmp_path):
    from tests.support.own_models import of_images

    path = tmp_path / f"model.{suffix}"
    of_images().save(path)
    assert command(backprop.main, "--model", path, "--steps", 2, "--batch", 3, "--out", tmp_path / "out") == 0
    assert command(feedforward.main, "--model", path, "--out", tmp_path / "out") == 0


def test_unknown_layers_are_rows_and_status_2(tmp_path, capsys):
    assert command(backprop.main, "--model", f"{MODULE}:convolution", "--out", tmp_path / "out") == 2
    said = capsys.readouterr()
    assert said.out.count("UNSUPPORTED") == 2 and "RandomFlip" in said.out and "activation sin" in said.out
    assert said.err.startswith("error: UNSUPPORTED layer") and "1 more" in said.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "nowhere.keras"], "no such file"),
        (["--model", f"{MODULE}:nothing"], "no attribute"),
        (["--model", "no.such.module:f"], "ModuleNotFoundError"),
        (["--model", f"{MODULE}:two_things"], "not 2 things"),
        (["--model", f"{MODULE}:broken"], "RuntimeError"),
        (["--model", f"{MODULE}:mazur", "--digit", "3"], "brings its own x and y"),
        (["--model", f"{MODULE}:mazur", "--seed", "3"], "--seed cannot be used with --model"),
        (["--model", f"{MODULE}:mazur", "--batch", "3"], "do not fit"),
        (["--trust"], "name a model"),
        (["--model", __file__], ".keras or .h5"),
    ],
)
def test_a_model_that_cannot_be_had(words, said, tmp_path, capsys):
    assert command(backprop.main, *words, "--out", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error and error.count("\n") == 1
    assert "\x1b" not in error and not (tmp_path / "out").exists()


def hostile(path, edit):
    """A saved model whose members are changed by `edit`."""
    model = path.with_name("good.keras")
    small().save(model)
    with zipfile.ZipFile(model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    edit(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def with_layer(members, **changes):
    config = json.loads(members["config.json"])
    config["config"]["layers"][1] |= changes
    members["config.json"] = json.dumps(config).encode()


HOSTILE = {
    "which no model has": lambda m: m.update({"../../evil.py": b"x"}),
    "which no model has\x00": lambda m: m.update({"assets/../../evil.py": b"x"}),
    "its members must be": lambda m: m.pop("metadata.json"),
    "description": lambda m: m.update({"config.json": b"[" * 10**5}),
    "config.json would unpack to": lambda m: m.update({"config.json": b" " * (2**20 + 1)}),
    "Lambda": lambda m: with_layer(m, class_name="Lambda"),
    "class Dense of os": lambda m: with_layer(m, module="os"),
    "Keras cannot load it": lambda m: m.update({"model.weights.h5": b"no weights"}),
}


@pytest.mark.parametrize("said", HOSTILE)
def test_a_hostile_archive_is_refused_before_anything_is_built(said, tmp_path, capsys):
    path = tmp_path / "bad.keras"
    hostile(path, HOSTILE[said])
    assert command(backprop.main, "--model", path, "--out", tmp_path / "out") == 2
    assert said.rstrip("\x00") in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.keras", "good.keras"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n" + b"\x00" * 50])
@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_damaged_file_is_refused(content, suffix, tmp_path, capsys):
    path = tmp_path / f"bad.{suffix}"
    path.write_bytes(content)
    assert command(backprop.main, "--model", path, "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err.count("\n") == 1
