"""RESULTS.md is what the JSON files give, and a benchmark can write each of them."""

import importlib
import json
import sys
from dataclasses import asdict

import pytest

from benchmarks import record, results
from benchmarks.record import SCHEMA, Column, Measurement

FILES = sorted(results.FOLDER.glob("*.json"))
TABLE = Measurement(
    "speed", "Speed", "What is measured.", (Column("what"), Column("time", "ms", ".2f"), Column("runs")), ("numpy",)
)
ROWS = [["a step", [1.5, 1.0, 2.25], 12000], ["nothing", None, 0]]


def measurements():
    """Return by name every Measurement of every benchmark, and the module that has it."""
    modules = [
        path.stem for path in results.PAGE.parent.glob("*.py") if path.stem not in ("__init__", "bare", "record")
    ]
    found = {}
    for name in modules:
        for value in vars(importlib.import_module(f"benchmarks.{name}")).values():
            if isinstance(value, Measurement):
                assert value.name not in found, f"two measurements would write {value.name}.json"
                found[value.name] = value, name
    return found


def test_the_page_is_what_the_files_give():
    said = "RESULTS.md differs from results/*.json: run python -m benchmarks.results"
    assert results.PAGE.read_text(encoding="utf-8") == results.page(), said


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_benchmark_can_write_the_file(path):
    result = json.loads(path.read_text(encoding="utf-8"))
    measurement, module = measurements()[path.stem]
    command = f"python -m benchmarks.{module.removesuffix('_table')}"  # matrix_table.py is a part of matrix.py
    assert result["schema"] == SCHEMA and command in result["command"]
    assert (result["title"], result["measures"]) == (measurement.title, measurement.measures)
    assert result["columns"] == [asdict(column) for column in measurement.columns]
    assert all(len(row) == len(measurement.columns) for row in result["rows"]) and result["rows"]
    assert result["date"] and result["machine"] and result["versions"]
    assert path.read_text(encoding="utf-8") == record.to_json(result)


def test_every_measurement_is_recorded():
    assert set(measurements()) == {path.stem for path in FILES}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["benchmarks/speed.py", "--data", "my digits", "--record"])
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    return tmp_path


def test_a_result_is_printed_and_written_only_if_recorded(folder, capsys):
    record.finish(TABLE, ROWS, record=False)
    assert not list(folder.iterdir())
    record.finish(TABLE, ROWS, record=True, note="A note.")
    result = json.loads((folder / "speed.json").read_text())
    assert result["command"] == "TF_ENABLE_ONEDNN_OPTS=0 python -m benchmarks.speed --data 'my digits'"
    assert result["rows"] == ROWS and set(result["versions"]) == {"python", "numpy"}
    assert results.section(result) in capsys.readouterr().out


def test_a_section_has_sentence_command_machine_table_and_note():
    result = {
        "title": "Speed", "measures": "What is measured.", "command": "python -m benchmarks.speed",
        "date": "2026-11-27",
        "machine": "a machine", "versions": {"numpy": "2.4"}, "columns": [asdict(c) for c in TABLE.columns],
        "rows": ROWS, "note": "A note.",
    }  # fmt: skip
    assert results.section(result) == (
        "## Speed\n\nWhat is measured.\n\n`python -m benchmarks.speed`\n\n2026-11-27; a machine; numpy 2.4.\n\n"
        "| what | time [ms] | runs |\n| --- | ---: | ---: |\n"
        "| a step | **1.50** (1.00–2.25) | 12,000 |\n| nothing |  | 0 |\n\nA note.\n"
    )


def test_a_child_that_prints_no_json_ends_the_benchmark(tmp_path):
    with pytest.raises(SystemExit, match="No module named"):
        record.child("benchmarks.nothing", [])
