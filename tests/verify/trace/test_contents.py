"""`python -m verify.trace FILE`: what it shows, without TensorFlow, and what it says about an altered file."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reference.network import chain
from tests.support.simulate import altered, simulate
from verify.cli.exit_status import guarded
from verify.records import trace_file
from verify.trace import __main__ as command
from verify.trace import contents

ROOT = Path(__file__).parents[3]


def call(*words):
    return guarded(command.main, [str(word) for word in words])


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(simulate()))
    return path


def spoiled(path, edit):
    """The same file with other arrays or another manifest."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    manifest = json.loads(str(arrays.pop("manifest")))
    edit(arrays, manifest)
    np.savez(path, manifest=np.array(json.dumps(manifest)), **arrays)


def rows(out):
    return list(csv.DictReader(io.StringIO((out / "tensors.csv").read_text())))


def test_a_row_a_tensor_with_its_shape_type_magnitudes_and_checksum(saved, tmp_path, capsys):
    assert call(saved, "--out", tmp_path / "o") == 0
    trace = simulate()
    text = capsys.readouterr().out
    assert text.startswith(f"PASS t.npz holds {len(trace.tensors)} tensors, ")
    assert all(len(line) <= 100 for line in text.splitlines() if not line.startswith("Reports:"))
    by_tensor = {row["tensor"]: row for row in rows(tmp_path / "o")}
    assert list(by_tensor) == list(trace.tensors)
    for name, array in trace.tensors.items():
        row, sizes = by_tensor[name], np.abs(array.astype(float))
        assert row["shape"] == "x".join(map(str, array.shape)) and row["dtype"] == "float32" and row["hash"] == "ok"
        assert float(row["largest"]) == sizes.max() and int(row["zeros"]) == np.sum(sizes == 0)
        assert not np.any((sizes > 0) & (sizes < float(row["smallest"])))
        assert np.any(sizes == float(row["smallest"])) or not sizes.any()
        assert row["sha256"] == trace_file.digest(array) and row["not_finite"] == "0"


def test_settings_environment_and_network_are_shown(saved, tmp_path, capsys):
    call(saved, "--out", tmp_path / "o")
    words = capsys.readouterr().out.split()
    for word in ("seed", "categorical_crossentropy", "none:", "simulated", "9x8", "8x7", "7x6", "softmax"):
        assert word in words
    result = json.loads((tmp_path / "o" / "result.json").read_text())
    assert result["settings"]["batch"] == 5 and result["network"]["sizes"] == [9, 8, 7, 6] and result["passed"]
    assert result["schema"] == contents.SCHEMA and {r["tensor"] for r in result["tensors"]} == set(simulate().tensors)
    assert (tmp_path / "o" / "report.html").exists() and (tmp_path / "o" / "report.md").exists()


def test_bars_are_as_long_as_layers_are_wide():
    network = chain((64, 32, 2), ("tanh", "softmax"), (False, True), (0.0, 0.25, 0.0), ((0.5, -1.0),))
    table = contents.TraceContents("t.npz", simulate(network), {}).network()
    assert [row[2].text.count("█") for row in table.rows] == [32, 16, 1]
    assert table.rows[1][-1].text == "no bias, dropout 0.25" and "0.5·X -1" in table.note
    assert contents.network_text(network) == "64 → tanh 32 → softmax 2"
    assert "…" in contents.network_text(chain((3,) * 40, ("relu",) * 39))


def test_of_several_steps_the_first_is_printed_and_all_are_written(saved, tmp_path, capsys):
    call(saved, "--out", tmp_path / "o")
    text = capsys.readouterr().out
    assert "step1/Z1" in text and "step2/Z1" not in text and "other 1 steps" in text
    assert "step2/Z1" in (tmp_path / "o" / "report.md").read_text()


WRONG = {
    "altered": (lambda a, m: a.update({"step2/Z1": a["step2/Z1"] + 1}), "step2/Z1", "does not match its checksum"),
    "lacking": (lambda a, m: a.pop("step2/Z1"), "step2/Z1", "in the manifest but not in the file"),
    "unknown": (lambda a, m: a.update(more=np.zeros(2)), "more", "in the file but not in the manifest"),
    "a checksum that is none": (lambda a, m: m["sha256"].update({"step2/Z1": 7}), "step2/Z1", "checksum"),
    "a hostile name": (lambda a, m: m["sha256"].update({"\x1b[31m\n": "0"}), "x1b", "not in the file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_tensor_that_is_not_what_was_saved_fails_and_is_shown(saved, tmp_path, capsys, name):
    edit, tensor, what = WRONG[name]
    spoiled(saved, edit)
    assert call(saved, "--out", tmp_path / "o") == 1
    text = capsys.readouterr().out
    assert text.startswith("FAIL t.npz: 1 of ") and tensor in text and "\x1b" not in text
    assert what in " ".join(text.split("Settings and versions")[0].split())
    (bad,) = (row for row in rows(tmp_path / "o") if row["hash"] != "ok")
    assert tensor in bad["tensor"] and tensor in " ".join(text.split("The tensors")[1].split())
    assert not json.loads((tmp_path / "o" / "result.json").read_text())["passed"]


def test_odd_arrays_are_shown_and_not_judged(tmp_path, capsys):
    trace = simulate(steps=1)
    odd = {
        "nan": np.array([np.nan, np.inf, -2.0, 0.0], np.float32), "text": np.array(["a"]), "none": np.zeros((0, 3)),
        "complex": np.array([1j]), "small": np.array([-128], np.int8), "flag": np.array(True),
    }  # fmt: skip
    trace = replace(trace, tensors={**trace.tensors, **odd})
    path = tmp_path / "odd.npz"
    path.write_bytes(trace_file.to_bytes(trace))
    assert call(path, "--out", tmp_path / "o") == 0
    by_tensor = {row["tensor"]: row for row in rows(tmp_path / "o")}
    assert (by_tensor["nan"]["smallest"], by_tensor["nan"]["largest"]) == ("2.0", "2.0")
    assert (by_tensor["nan"]["zeros"], by_tensor["nan"]["not_finite"]) == ("1", "2")
    assert by_tensor["small"]["largest"] == "128.0" and by_tensor["flag"]["shape"] == ""
    assert by_tensor["text"]["dtype"] == "<U1" and by_tensor["none"]["shape"] == "0x3"
    json.loads((tmp_path / "o" / "result.json").read_text(), parse_constant=pytest.fail)


def test_the_same_bytes_each_time_and_nothing_left_of_before(saved, tmp_path, capsys):
    call(saved, "--out", tmp_path / "a")
    call(saved, "--out", tmp_path / "b", "--quiet")
    assert len(capsys.readouterr().out.split("PASS")[2].splitlines()) <= 2
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "FILE"), (("none.npz",), "none.npz: no such file"), (("{t}", "--speed"), "--speed"),
        (("{t}", "--out", "{t}"), "--out"), (("{t}", "{t}"), "unrecognized"),
    ],
)  # fmt: skip
def test_wrong_use_is_one_sentence_and_no_file(saved, tmp_path, capsys, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert call(*(word.format(t=saved) for word in words)) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.startswith("error: ") and said in shown.err and shown.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [saved]


def test_a_file_whose_settings_cannot_be_told_is_refused(saved, tmp_path, capsys):
    saved.write_bytes(saved.read_bytes()[:500])
    assert call(saved, "--out", tmp_path / "o") == 2
    assert "truncated" in capsys.readouterr().err and not (tmp_path / "o").exists()


def test_from_the_shell_and_without_tensorflow(saved, tmp_path):
    words = [sys.executable, "-X", "importtime", "-m", "verify.trace", str(saved), "--out", str(tmp_path / "o")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("PASS")
    assert "tensorflow" not in done.stderr and "keras" not in done.stderr.replace("keras_files", "")
    assert "verify.trace.contents" in done.stderr  # the probe sees what is there


def test_an_altered_number_is_no_altered_file(tmp_path, capsys):
    """Whoever saves a wrong number saves its checksum with it: only a comparison notices."""
    trace = simulate(steps=1)
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(altered(trace, "step1/Z1", trace.tensors["step1/Z1"] + 1)))
    assert call(path, "--out", tmp_path / "o") == 0
