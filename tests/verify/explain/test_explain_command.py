"""python -m verify.explain from a saved trace: files, texts, errors in a request, and what it imports."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reference.network import ESSAY
from tests.support.simulate import altered, simulate
from verify.cli import run
from verify.cli.exit_status import guarded
from verify.explain import __main__ as command
from verify.records import trace_file

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("traces")
    one, several = simulate(batch=1, steps=1), simulate(batch=5, steps=2)
    forward = simulate(batch=1, steps=1, command="feedforward")
    nan = one.tensors["step1/Z1"].copy()
    nan[0, 2] = np.nan
    traces = {
        "one": one, "several": several, "forward": forward, "nan": altered(one, "step1/Z1", nan),
        "lacks": altered(one, "step1/dW2", None), "shape": altered(one, "step1/A1", np.zeros((2, 2), np.float32)),
    }  # fmt: skip
    for name, value in traces.items():
        (folder / name).write_bytes(trace_file.to_bytes(value))
    return folder


def call(saved, name, *words, out="out"):
    words = [str(word) for word in words]
    return guarded(command.main, [*words, "--trace", str(saved / name), "--out", str(saved / out)])


def test_the_files_say_what_the_terminal_says(saved, capsys):
    assert call(saved, "one", "dW1[2,3]", "--depth", "all", out="files") == 0
    output = capsys.readouterr()
    assert output.err == "" and "\x1b" not in output.out
    assert output.out.startswith("PASS dW1[2,3]: by hand ")
    assert all(len(line) <= 100 for line in output.out.splitlines() if not line.startswith("Reports:"))
    assert {p.name for p in (saved / "files").iterdir()} == {"report.md", "report.html", "result.json"}
    result = json.loads((saved / "files" / "result.json").read_text())
    markdown = (saved / "files" / "report.md").read_text()
    page = (saved / "files" / "report.html").read_text()
    assert result["passed"] and result["steps"][0]["equation"] == "22e"
    for step in result["steps"]:
        assert step["outcome"]["by_hand"] in output.out and step["outcome"]["tensorflow"] in output.out
        for line in step["lines"]:
            assert line["right"]["latex"] in markdown and line["right"]["html"] in page
    assert (
        markdown.count("```math") == len(result["steps"]) and r"\frac{\partial C}{\partial w^{(1)}_{2,3}}" in markdown
    )
    assert "<script" not in page and "http" not in page


def test_two_runs_give_the_same_bytes(saved):
    for out in ("first", "second"):
        assert call(saved, "several", "update_W2[1,1]", "--step", 2, "--depth", 3, out=out) == 0
    for name in ("report.md", "report.html", "result.json"):
        assert (saved / "first" / name).read_bytes() == (saved / "second" / name).read_bytes()


def test_a_number_outside_ends_with_1(saved, capsys, tmp_path):
    one = simulate(batch=1, steps=1)
    wrong = one.tensors["step1/dW2"] + np.float32(0.5)
    (tmp_path / "wrong").write_bytes(trace_file.to_bytes(altered(one, "step1/dW2", wrong)))
    assert call(tmp_path, "wrong", "dW2[1,1]") == 1
    assert capsys.readouterr().out.startswith("FAIL dW2[1,1]: by hand ")


def test_a_forward_pass_and_every_step_can_be_explained(saved, capsys):
    assert call(saved, "forward", "A3[6]", "--quiet") == 0
    assert capsys.readouterr().out.count("\n") <= 2
    assert call(saved, "several", "W1[1,1]", "--step", 2) == 0
    assert "of the step before" in capsys.readouterr().out
    assert call(saved, "one", "X[1]") == 0
    assert "X[1] is given: a pixel" in capsys.readouterr().out
    assert call(saved, "one", "C") == 0


BAD = {  # trace, words: what the sentence says
    ("one", "dw1[2,3]"): "dw1: the trace has no such tensor; did you mean dW1?",
    ("one", "W3_neu[1,1]"): "W3_neu: the trace has no such tensor; did you mean W3_new?",
    ("one", "Z9[1]"): "Z9: the trace has no such tensor; did you mean Z",
    ("one", "Z1[0]"): "Z1[0]: the essay counts from 1, so there is no index 0; Z1 has one index, from 1 to 8",
    ("one", "dW1[0,3]"): "dW1[0,3]: the essay counts from 1",
    ("one", "Z1[9]"): "Z1[9]: 9 is not from 1 to 8",
    ("one", "Z1[-1]"): "Z1[-1]: -1 is not from 1 to 8",
    ("one", "dW1[10,1]"): "dW1[10,1]: 10 is not from 1 to 9; dW1 has 2 indices, from 1 to 9 and 1 to 8",
    ("one", "dW1[2]"): "dW1[2]: dW1 has 2 indices",
    ("one", "dW1"): "dW1: dW1 has 2 indices",
    ("one", "B1[1,2,3]"): "B1[1,2,3]: B1 has one index, from 1 to 8",
    ("one", "C[1]"): "C[1]: C is a single number, without indices",
    ("several", "Z1[3]"): "Z1[3]: Z1 has 2 indices, from 1 to 5 and 1 to 8, as in Z1[5,8]",
    ("one", "dW1[a,b]"): "its indices must be whole numbers",
    ("one", "dW1[2,3"): "a tensor and its indices are needed",
    ("one", "dW1[2.5,3]"): "its indices must be whole numbers",
    ("one", "dW1[2,3]; rm"): "a tensor and its indices are needed",
    ("one", ""): "a tensor and its indices are needed",
    ("one", "\x1b[31mZ1[1]"): "a tensor and its indices are needed",
    ("one", "Z1[" + "9" * 70 + "]"): "is not from 1 to 8",
    ("one", "Z1[" + "9" * 100 + "]"): "a tensor and its indices are needed",
    ("one", "Z1[3]", "--step", "2"): "--step 2: the trace holds step 1 only",
    ("several", "Z1[1,3]", "--step", "3"): "--step 3: the trace holds steps 1 to 2",
    ("one", "Z1[3]", "--step", "0"): "--step",
    ("one", "Z1[3]", "--depth", "0"): "--depth: '0' is neither a whole number from 1",
    ("one", "Z1[3]", "--depth", "deep"): "--depth: 'deep' is neither",
    ("one", "Z1[3]", "--seed", "1"): "--seed cannot be used with --trace",
    ("forward", "dW1[2,3]"): "dW1: the trace has no such tensor",
    ("nan", "Z1[3]"): "Z1: the trace holds NaN or infinity there",
    ("nan", "A1[3]"): "Z1: the trace holds NaN or infinity there",
    ("lacks", "dW2[1,1]"): "dW2: the trace does not hold it in step 1",
    ("lacks", "m_W2[1,1]"): "dW2: the trace does not hold it in step 1",
    ("shape", "A1[3]"): "A1: the trace holds float32 of shape [2, 2], not float32 of shape [1, 8]",
    ("shape", "Z2[3]"): "A1: the trace holds float32 of shape [2, 2]",
    ("no such file", "Z1[3]"): "no such file",
}  # fmt: skip


@pytest.mark.parametrize("wrong", BAD, ids=lambda w: " ".join(w)[:40].encode("ascii", "replace").decode())
def test_a_bad_request_is_one_sentence_and_no_files(wrong, saved, capsys, tmp_path):
    name, *words = wrong
    assert guarded(command.main, [*words, "--trace", str(saved / name), "--out", str(tmp_path / "out")]) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("error: ") and BAD[wrong] in output.err, output.err
    assert output.err.count("\n") == 1 and "\x1b" not in output.err
    assert not (tmp_path / "out").exists()


def test_a_wrong_name_is_reported_before_tensorflow_starts(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "capture_for", lambda *_: pytest.fail("it started"))
    for words, message in (
        (["dW4[1,1]"], "no such tensor"),
        (["dW1[785,1]"], "785 is not from 1 to 784"),
        (["Z1[3]", "--batch", "2"], "Z1 has 2 indices"),
    ):
        assert guarded(command.main, [*words, "--out", str(tmp_path)]) == 2
        assert message in capsys.readouterr().err


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A step of the essay's own network."""
    path = tmp_path_factory.mktemp("full") / "t.npz"
    path.write_bytes(trace_file.to_bytes(simulate(ESSAY, batch=1, steps=1)))
    return path


def test_nothing_heavy_is_imported_for_it(full):
    words = ["W1_new[1,1]", "--depth", "all", "--trace", str(full), "--out", str(full.parent / "out")]
    command = [sys.executable, "-X", "importtime", "-m", "verify.explain", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-300:]
    loaded = set(re.findall(r"\|\s+([a-z]\w*)(?:\.|$)", done.stderr, re.MULTILINE))
    assert "numpy" in loaded  # the probe sees what is there
    assert not loaded & {"tensorflow", "keras", "pandas", "matplotlib", "scipy", "sklearn", "numba", "h5py"}
