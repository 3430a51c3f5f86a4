"""The commands without TensorFlow: files, words, exit statuses; each wrong use is one sentence and no files."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.simulate import altered, simulate
from verify import __main__ as everything
from verify import backprop, feedforward
from verify.cli.exit_status import guarded
from verify.records import trace_file

ROOT = Path(__file__).parents[3]


def call(command, *words):
    return guarded(command.main, [str(word) for word in words])


def test_a_passing_trace(saved, tmp_path, capsys):
    out = tmp_path / "out"
    assert call(backprop, "--trace", saved, "--out", out) == 0
    said = capsys.readouterr()
    assert said.out.startswith("PASS ") and said.err == ""
    assert all(len(line) <= 100 for line in said.out.splitlines() if not line.startswith("Reports:"))
    assert "\x1b" not in said.out
    names = {"result.json", "comparisons.csv", "report.md", "report.html", "table4.csv", "table_a1.csv", "table_a2.csv"}
    assert {path.name for path in out.iterdir()} == names
    result = json.loads((out / "result.json").read_text())
    assert result["passed"] and result["first_divergence"] is None and result["schema"] == "byhand-result/1"
    assert str(tmp_path) not in (out / "report.md").read_text()


def test_a_failing_trace(saved, tmp_path, capsys):
    held = simulate()
    wrong = held.tensors["step1/dW2"].copy()
    wrong[3, 2] += 0.25
    saved.write_bytes(trace_file.to_bytes(altered(held, "step1/dW2", wrong)))
    assert call(backprop, "--trace", saved, "--out", tmp_path / "o") == 1
    assert capsys.readouterr().out.startswith("FAIL step 1, dW2 by equation (22c) at (4, 3)")
    first = json.loads((tmp_path / "o" / "result.json").read_text())["first_divergence"]
    assert (first["step"], first["tensor"], first["equation"], first["index"]) == (1, "dW2", "22c", [4, 3])


def test_a_nan_fails_and_is_written_down(saved, tmp_path, capsys):
    held = simulate()
    wrong = held.tensors["step2/Z2"].copy()
    wrong[0, 0] = np.nan
    saved.write_bytes(trace_file.to_bytes(altered(held, "step2/Z2", wrong)))
    assert call(backprop, "--trace", saved, "--out", tmp_path / "o") == 1
    assert "NaN or infinity" in capsys.readouterr().out
    assert "not_finite" in (tmp_path / "o" / "comparisons.csv").read_text()


@pytest.mark.parametrize("wrong", ["missing", "extra", "shape"])
def test_a_trace_of_the_wrong_structure_fails_without_tables(saved, tmp_path, wrong):
    held = simulate()
    name, array = {
        "missing": ("step1/Z2", None),
        "extra": ("step1/other", np.zeros(2, np.float32)),
        "shape": ("step1/Z2", held.tensors["step1/Z2"][:, :1]),
    }[wrong]
    saved.write_bytes(trace_file.to_bytes(altered(held, name, array)))
    assert call(backprop, "--trace", saved, "--out", tmp_path / "o") == 1
    assert not (tmp_path / "o" / "table4.csv").exists()


def test_feedforward_writes_table_3(saved, tmp_path, capsys):
    assert call(feedforward, "--trace", saved, "--out", tmp_path / "o") == 0
    assert "Table 3" in capsys.readouterr().out
    with open(tmp_path / "o" / "table3.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["digit", "by_hand", "tensorflow", "difference", "allowed"]
    held = trace_file.load(str(saved)).step(1)["A3"][0]
    for row, value in zip(rows, held, strict=True):
        assert float(row["tensorflow"]) == float(value)
        assert float(row["difference"]) == float(row["tensorflow"]) - float(row["by_hand"])
        assert abs(float(row["difference"])) <= float(row["allowed"])


def test_the_update_tables_hold_every_element_and_count_from_one(saved, tmp_path):
    assert call(backprop, "--trace", saved, "--out", tmp_path / "o") == 0
    held = trace_file.load(str(saved)).step(2)
    with open(tmp_path / "o" / "table_a2.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * (9 * 8 + 8)
    for row in rows:
        at = int(row["i"]) - 1, int(row["j"]) - 1
        assert float(row["tensorflow"]) == float(held[row["tensor"]][at])
    assert {(r["row"], r["tensor"]) for r in rows if r["tensor"].endswith("W1")} == {
        ("original", "W1"), ("gradient", "dW1"), ("update", "update_W1"),
    }  # fmt: skip


def test_a_large_matrix_is_written_in_part_unless_full(saved, tmp_path, monkeypatch):
    monkeypatch.setattr("verify.essay.tables.FULL_LIMIT", 50)
    monkeypatch.setattr("verify.essay.tables.WORST", 10)
    counts = []
    for extra in ((), ("--full",)):
        assert call(backprop, "--trace", saved, "--out", tmp_path / "o", *extra) == 0
        counts.append(len((tmp_path / "o" / "table_a2.csv").read_text().splitlines()) - 1)
    assert counts[0] < counts[1] == 4 * (72 + 8)
    assert counts[0] >= 4 * (25 + 8)


def test_all_at_once_writes_an_index(saved, tmp_path, capsys):
    assert call(everything, "--trace", saved, "--out", tmp_path / "o") == 0
    said = capsys.readouterr().out
    assert said.count("PASS") == 3 and said.endswith(f"PASS 2 of 2 · open {tmp_path / 'o' / 'index.html'}\n")
    assert "backprop/report.html" in (tmp_path / "o" / "index.html").read_text()
    assert (tmp_path / "o" / "feedforward" / "table3.csv").exists()


def test_two_runs_give_identical_bytes(saved, tmp_path):
    for name in "ab":
        assert call(backprop, "--trace", saved, "--out", tmp_path / name) == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_quiet_prints_the_headline_only(saved, tmp_path, capsys):
    call(backprop, "--trace", saved, "--out", tmp_path / "o", "--quiet")
    assert "tensor " not in capsys.readouterr().out


def test_fixed_tolerances_are_said(saved, tmp_path, capsys):
    assert call(backprop, "--trace", saved, "--out", tmp_path / "o", "--rtol", "1e-3", "--atol", "1e-3") == 0
    assert "rtol 0.001 and atol 0.001" in capsys.readouterr().out
    assert call(backprop, "--trace", saved, "--out", tmp_path / "o", "--rtol", "0", "--atol", "0") == 1


def in_a_new_process(before, *words):
    """backprop in a fresh interpreter, after some lines of Python."""
    lines = [
        before,
        "import sys; from verify import backprop",
        "from verify.cli.exit_status import guarded",
        f"sys.exit(guarded(backprop.main, {words!r}))",
    ]
    return [sys.executable, "-c", "\n".join(lines)]


def test_an_interrupt_is_one_line(capsys):
    def main(argv):
        raise KeyboardInterrupt

    assert guarded(main) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_every_command_has_help_with_an_example():
    for command in (backprop, feedforward, everything):
        with pytest.raises(SystemExit) as left:
            command.main(["--help"])
        assert left.value.code == 0


def test_without_tensorflow_status_3(tmp_path):
    before = "import sys; sys.modules['tensorflow'] = None; sys.modules['keras'] = None"
    command = in_a_new_process(before, "--out", str(tmp_path / "o"))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 3
    assert done.stderr.startswith("error: could not verify: TensorFlow cannot be imported")
    assert not (tmp_path / "o" / "result.json").exists()


def test_a_trace_is_verified_without_tensorflow(saved, tmp_path):
    """Both are made impossible to import; the same trace without that obstacle must pass as well."""
    before = "import sys; sys.modules['tensorflow'] = None; sys.modules['keras'] = None"
    command = in_a_new_process(before, "--trace", str(saved), "--out", str(tmp_path / "o"))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_output_that_cannot_be_written_does_not_change_the_verdict(saved, tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    words = ("--trace", str(saved), "--out", str(tmp_path / "o"))
    with open("/dev/full", "w") as full:
        done = subprocess.run(in_a_new_process("", *words), cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(in_a_new_process("", *words), cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0 and done.stdout.startswith("PASS"), done.stderr


def test_tables_of_an_earlier_run_do_not_outlive_it(saved, tmp_path):
    assert call(backprop, "--trace", saved, "--out", tmp_path / "o") == 0
    saved.write_bytes(trace_file.to_bytes(altered(simulate(), "step1/Z1", None)))
    assert call(backprop, "--trace", saved, "--out", tmp_path / "o") == 1
    assert not list((tmp_path / "o").glob("table*"))


def test_a_tolerance_that_overflows_cannot_be_judged(saved, tmp_path):
    assert call(backprop, "--trace", saved, "--out", tmp_path / "o", "--rtol", "1e308", "--atol", "1e308") == 1
