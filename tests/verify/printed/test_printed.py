"""verify.printed without TensorFlow: every equation has its verdict, and a wrong form is recognised as wrong."""

import csv
import json

import numpy as np
import pytest
from rich.cells import cell_len

from reference import index_forms
from reference.network import ESSAY
from tests.support.simulate import altered, simulate
from verify import __main__ as all_commands
from verify.cli.exit_status import guarded
from verify.printed import __main__ as printed
from verify.printed import equation_verdicts as equations
from verify.printed import figures, recorded_verdicts
from verify.records import trace_file


@pytest.fixture(scope="module")
def trace():
    return simulate(ESSAY, command="printed", batch=2, steps=2)


@pytest.fixture(scope="module")
def verdicts(trace):
    return equations.judge(trace)


@pytest.fixture(scope="module")
def saved(trace, tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "printed.npz"
    path.write_bytes(trace_file.to_bytes(trace))
    return path


def call(*words, command=printed):
    return guarded(command.main, [str(word) for word in words])


def test_verdicts_match_the_recorded_ones(verdicts):
    keys = {v.claim.key for v in verdicts}
    recorded = recorded_verdicts.read(recorded_verdicts.EXPECTED, keys, figures.read())
    assert not recorded_verdicts.differences(recorded, verdicts, ())


def test_every_misprint_has_its_correct_form_beside_it(verdicts):
    wrong = {v.claim.equation for v in verdicts if v.verdict == "misprint"}
    assert wrong == {"14", "18a", "18b", "20a", "22c", "22d", "22e", "22f", "App. A: θ"}
    confirmed = {v.claim.equation for v in verdicts if v.verdict == "confirmed"}
    assert wrong - {"App. A: θ"} <= confirmed and "App. A: ε̂" in confirmed
    for v in verdicts:
        assert (v.verdict == "misprint") == (v.share_outside > 0 and v.largest_ratio > 1)
        assert v.remark or v.verdict != "misprint"


@pytest.mark.parametrize("name", ["dc_dw3", "dc_dw2", "dc_db2", "dc_dw1", "dc_dz3", "a3", "z1", "da3_dz3", "dc_da1"])
def test_a_wrong_index_form_is_noticed(trace, monkeypatch, name):
    """Each form is wrong by 0.1 %."""
    real = getattr(index_forms, name)
    monkeypatch.setattr(index_forms, name, lambda *args, **words: real(*args, **words) * 1.001)
    for cached in ("dc_da2", "dc_da1"):
        if hasattr(getattr(index_forms, cached), "cache_clear"):
            getattr(index_forms, cached).cache_clear()
    assert any(v.verdict == "misprint" and v.claim.form != "printed" for v in equations.judge(trace))


def test_index_forms_are_the_vectorised_rules(trace):
    """Both in float64 on the same numbers: the difference is a few parts in 10^13, far below the bound of float32."""
    evidence = equations.evidence(trace, 1)
    by_tensor = {}
    for claim in equations.claims():
        if claim.form != "printed" and claim.tensor and not claim.equation.startswith("App. A"):
            values = np.asarray(claim.formulas[0](evidence.case), dtype=float)
            other = by_tensor.setdefault(claim.tensor, values)
            scale = np.abs(other).max()
            if claim.equation != "18a":  # (18a) reads TensorFlow's dZ, not its Z
                np.testing.assert_allclose(values, other, rtol=0, atol=1e-13 * scale)
    assert {"dW1", "dW2", "dW3", "dB1", "Z1", "A3", "C"} <= set(by_tensor)


def test_entries_count_from_one():
    w = index_forms.IndexedEntries([[1.0, 2.0], [3.0, 4.0]])
    assert w[2, 1] == 3 and w.n == 2
    for index in ((0, 1), (3, 1), (1, 3)):
        with pytest.raises(IndexError):
            w[index]
    with pytest.raises(IndexError):
        w[np.array([1, 3]), 1]


def test_the_command_writes_its_files(saved, tmp_path, capsys):
    out = tmp_path / "o"
    assert call("--trace", saved, "--out", out) == 0
    output = capsys.readouterr()
    assert output.out.startswith("PASS findings about the essay match the recorded ones") and not output.err
    assert all(cell_len(line) <= 100 for line in output.out.splitlines() if not line.startswith("Reports:"))
    names = {"result.json", "report.md", "report.html", "equations.csv", "figures.csv"}
    assert {path.name for path in out.iterdir()} == names
    with open(out / "equations.csv") as file:
        rows = list(csv.DictReader(file))
    header = ["equation", "section", "form", "tensor", "verdict", "share_outside", "largest_ratio", "remark"]
    assert list(rows[0]) == header and {row["verdict"] for row in rows} == set(equations.VERDICTS)
    with open(out / "figures.csv") as file:
        numbers = list(csv.DictReader(file))
    assert list(numbers[0]) == ["place", "symbol", "index", "printed", "verdict", "by_equation", "with", "remark"]
    assert [row["printed"] for row in numbers] == [p.text for p in figures.read()]
    result = json.loads((out / "result.json").read_text())
    assert result["passed"] and len(result["figures"]) == len(numbers) and len(result["equations"]) == len(rows)
    assert call("--trace", saved, "--out", tmp_path / "p", "--quiet") == 0
    for name in names:
        assert (out / name).read_bytes() == (tmp_path / "p" / name).read_bytes()


def test_a_verdict_that_differs_from_the_recorded_one_fails(saved, tmp_path, capsys):
    text = recorded_verdicts.EXPECTED.read_text().replace(
        "22c | 2.3 | printed | dW2 | misprint", "22c | 2.3 | printed | dW2 | confirmed"
    )
    other = tmp_path / "e.txt"
    other.write_text(text.replace("Table 4 | dB3[4] | refuted\n", ""))
    assert call("--trace", saved, "--out", tmp_path / "o", "--expected", other) == 1
    output = capsys.readouterr().out
    assert output.startswith("FAIL findings about the essay differ from the recorded ones: (22c) of 2.3")
    report = (tmp_path / "o" / "report.md").read_text().replace("\\", "")
    assert "dB3[4] = 0.104 (Table 4): refuted, recorded as consistent" in report


def test_a_changed_figure_fails(saved, tmp_path, capsys):
    other = tmp_path / "f.txt"
    other.write_text(figures.FIGURES.read_text().replace("Z1[1 2 3 4 128] 0.065 0.275", "Z1[1 2 3 4 128] 0.065 0.285"))
    assert call("--trace", saved, "--out", tmp_path / "o", "--figures", other) == 1
    assert "Z1[2] = 0.285" in " ".join(capsys.readouterr().out.split())


def test_a_framework_that_changes_fails(trace, tmp_path, capsys):
    wrong = trace.tensors["step1/dW2"] * np.float32(1.01)
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(altered(trace, "step1/dW2", wrong)))
    assert call("--trace", path, "--out", tmp_path / "o") == 1
    assert "(22c)" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--figures", "--expected"])
@pytest.mark.parametrize("content", [None, "nonsense\n"])
def test_a_bad_file_is_one_sentence_and_nothing_is_written(saved, tmp_path, capsys, option, content):
    path = tmp_path / "bad.txt"
    if content is not None:
        path.write_text(content)
    assert call("--trace", saved, "--out", tmp_path / "o", option, path) == 2
    output = capsys.readouterr()
    assert output.err.startswith("error: ") and str(path) in output.err and len(output.err.splitlines()) == 1
    assert not output.out and not (tmp_path / "o").exists()


def test_a_trace_of_another_command_is_refused(tmp_path, capsys):
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(simulate()))
    assert call("--trace", path, "--out", tmp_path / "o") == 2
    assert "--trace" in capsys.readouterr().err and not (tmp_path / "o").exists()


@pytest.mark.parametrize("array", [None, np.zeros((3, 3), np.float32), "nan"])
def test_a_damaged_trace_is_refused(trace, tmp_path, capsys, array):
    if isinstance(array, str):
        array = np.full_like(trace.tensors["step1/Z2"], np.nan)
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(altered(trace, "step1/Z2", array)))
    assert call("--trace", path, "--out", tmp_path / "o") == 2
    assert "Z2" in capsys.readouterr().err and not (tmp_path / "o").exists()


def test_the_equation_index_is_printed(capsys):
    assert call("--index") == 0
    output = capsys.readouterr().out
    assert "22c" in output and "App. C" in output and "weight_gradient" in output.replace("\n", "").replace(" ", "")


def test_all_commands_include_printed(saved, tmp_path, capsys):
    assert call("--trace", saved, "--out", tmp_path / "o", command=all_commands) == 0
    index = (tmp_path / "o" / "index.md").read_text()
    assert "printed" in index and "9 of 41" in index and (tmp_path / "o" / "printed" / "report.html").exists()


def test_all_commands_name_one_that_the_trace_does_not_fit(tmp_path, capsys):
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(simulate()))
    assert call("--trace", path, "--out", tmp_path / "o", command=all_commands) == 0
    assert "not run" in (tmp_path / "o" / "index.md").read_text()
