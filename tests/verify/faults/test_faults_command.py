"""python -m verify.faults on saved traces: files, exit statuses, refusals."""

import csv
import json

import numpy as np
import pytest

from tests.support.simulate import altered, simulate
from verify.cli.exit_status import guarded
from verify.compare import rule as one_tensor
from verify.faults import __main__ as faults
from verify.faults.fixed_tolerances import POLICIES
from verify.faults.kill_matrix import KillMatrix
from verify.records import trace_file


@pytest.fixture(scope="module")
def trace():
    """A trace that passes."""
    return simulate(steps=3, batch=5)


@pytest.fixture
def saved(trace, tmp_path):
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(trace))
    return path


def call(*words):
    return guarded(faults.main, [str(word) for word in words])


def test_the_command_writes_its_files(saved, trace, tmp_path, capsys):
    out = tmp_path / "o"
    assert call("--trace", saved, "--out", out) == 0
    output = capsys.readouterr()
    assert output.out.startswith("PASS all ") and not output.err
    names = {"kill_matrix.csv", "smallest.csv", "result.json", "report.md", "report.html"}
    assert {p.name for p in out.iterdir()} == names
    with open(out / "kill_matrix.csv") as file:
        rows = list(csv.DictReader(file))
    header = "fault group scope equivalent caught first_tensor mode utilisation diagnosis diagnosis_right"
    assert list(rows[0]) == [*header.split(), *POLICIES] and len(rows) == len(list(KillMatrix(trace).catalogue()))
    assert json.loads((out / "result.json").read_text())["counts"]["survived"] == 0


def test_a_survivor_fails(saved, tmp_path, capsys, monkeypatch):
    values = one_tensor.values
    monkeypatch.setattr(one_tensor, "values", lambda by_hand, bound, *rest: values(by_hand, bound * 2.0, *rest))
    assert call("--trace", saved, "--out", tmp_path / "o") == 1
    assert "go unnoticed" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "array"), [("step2/Z1", "off"), ("step3/dW1", None), ("other", np.zeros(2, "f4"))])
def test_a_trace_that_fails_is_refused_with_its_headline(trace, tmp_path, capsys, name, array):
    if isinstance(array, str):
        array = trace.tensors[name] + np.float32(1)
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(altered(trace, name, array)))
    assert call("--trace", path, "--out", tmp_path / "o") == 2
    output = capsys.readouterr()
    assert output.err.startswith("error: --trace") and name.partition("/")[2] in output.err and not output.out
    assert not (tmp_path / "o").exists()


def test_a_forward_pass_is_refused(tmp_path, capsys):
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(simulate(command="feedforward", steps=1)))
    assert call("--trace", path, "--out", tmp_path / "o") == 2
    assert "--trace" in capsys.readouterr().err
