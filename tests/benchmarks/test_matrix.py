"""The environment matrix without installing anything: what is captured is made up, from simulated traces."""

import ast
import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import matrix
from benchmarks.matrix_table import judged, write
from tests.support.simulate import simulate
from verify.cli.exit_status import guarded
from verify.records import trace_file

ROOT = Path(__file__).parents[2]


def made_up(environment, folder, flags, path, change=None):
    held = simulate(steps=1, dtype=flags.dtype, jit=flags.jit, change=change)
    held = replace(held, environment={"tensorflow": environment.name, "keras": "3.0", "numpy": "2.0"})
    path.write_bytes(trace_file.to_bytes(held))
    return ""


def entries(folder, releases=("2.20.0", "2.21.0"), capture=made_up, install=lambda release, environment: ""):
    return list(matrix.captured(list(releases), folder, False, install, capture))


def written(folder):
    return list(csv.DictReader(io.StringIO((folder / "o" / "matrix.csv").read_text())))


def test_a_row_a_release_and_set_of_flags(tmp_path, capsys):
    assert write(entries(tmp_path), tmp_path / "o") == 0
    text = capsys.readouterr().out
    assert text.startswith("PASS 10 of 10 captures under 2 TensorFlow releases are within rounding")
    assert text.count("PASS .999 100%") == 10 and "2.20.0, 3.0" in text
    rows = written(tmp_path)
    assert [(r["release"], r["flags"]) for r in rows] == [
        (r, f.name) for r in ("2.20.0", "2.21.0") for f in matrix.FLAGS
    ]
    assert all(r["verdict"] == "PASS" and 0 <= float(r["utilisation"]) <= 1 and r["keras"] == "3.0" for r in rows)
    assert all(r["same_bits"] == r["numbers"] for r in rows)
    assert {p.name for p in (tmp_path / "o").iterdir()} == {"matrix.csv", "report.md", "report.html"}


def test_bits_are_compared_with_the_first_of_the_same_precision(tmp_path):
    def worse(environment, folder, flags, path):
        other = (lambda step, name, a: a + 2 * np.spacing(np.abs(a)) if name == "Z1" else a) if flags.jit else None
        return made_up(environment, folder, flags, path, other)

    rows = {(row.entry.release, row.entry.flags): row for row in judged(entries(tmp_path, capture=worse))}
    assert rows["2.20.0", "graph"].first is rows["2.20.0", "graph"].entry
    assert rows["2.21.0", "float64"].first is rows["2.20.0", "float64"].entry
    xla, same = rows["2.21.0", "XLA"].values(), rows["2.21.0", "one thread"].values()
    assert xla["same_bits"] < xla["numbers"] == same["same_bits"] and xla["verdict"] == "PASS"
    assert xla["nearer_first"] > 0 == same["nearer_first"]


def test_one_that_is_not_within_rounding_fails_and_is_named(tmp_path, capsys):
    def wrong(environment, folder, flags, path):
        spoil = (lambda step, name, a: a + 0.25 if name == "dW2" else a) if flags.jit else None
        return made_up(environment, folder, flags, path, spoil)

    assert write(entries(tmp_path, ("2.20.0",), wrong), tmp_path / "o") == 1
    text = capsys.readouterr().out
    assert text.startswith("FAIL 4 of 5 captures")
    (row,) = (r for r in written(tmp_path) if r["verdict"] == "FAIL")
    assert (row["flags"], row["tensor"]) == ("XLA", "dW2")
    assert row["remark"].startswith("step 1, dW2 by equation (22c)")


def test_what_cannot_be_installed_or_captured_says_why_and_fails(tmp_path, capsys):
    def install(release, environment):
        return "could not be installed: no matching distribution" if release == "2.20.0" else ""

    def capture(environment, folder, flags, path):
        return "could not be captured: other bits" if flags.jit else made_up(environment, folder, flags, path)

    assert write(entries(tmp_path, capture=capture, install=install), tmp_path / "o") == 1
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("FAIL 4 of 10 captures")
    remarks = [r["remark"] for r in written(tmp_path)]
    assert sum("no matching distribution" in r for r in remarks) == 5 and sum("other bits" in r for r in remarks) == 1
    assert write([], tmp_path / "none") == 1


def test_other_inputs_are_said(tmp_path):
    def other(environment, folder, flags, path):
        path.write_bytes(trace_file.to_bytes(simulate(steps=1, dtype=flags.dtype, seed=int(flags.jit))))
        return ""

    rows = {row.entry.flags: row for row in judged(entries(tmp_path, ("2.20.0",), other))}
    assert rows["XLA"].remark == "given other step1/X, step1/y, step1/W1" and rows["one thread"].remark == ""


def test_an_environment_is_made_once_and_removed(tmp_path, monkeypatch):
    commands = []

    def started(command, **how):
        commands.append(command)
        (tmp_path / "tensorflow-2.20.0").mkdir(exist_ok=True)
        return type("Done", (), {"returncode": 0, "stderr": ""})

    monkeypatch.setattr(matrix.subprocess, "run", started)
    environment = tmp_path / "tensorflow-2.20.0"
    assert matrix.installed("2.20.0", environment) == "" == matrix.installed("2.20.0", environment)
    assert len(commands) == 2 and commands[1][-2:] == ["tensorflow==2.20.0", "keras==3.11.*"]
    list(matrix.captured(["2.20.0"], tmp_path, True, None, made_up))
    assert environment.exists()
    list(matrix.captured(["2.20.0"], tmp_path, False, None, made_up))
    assert not environment.exists() and len(commands) == 2


def test_a_failed_installation_gives_its_last_line(tmp_path, monkeypatch):
    def failed(command, **how):
        return type("Done", (), {"returncode": 1, "stderr": "WARNING: x\nERROR: No matching distribution\n\n"})

    monkeypatch.setattr(matrix.subprocess, "run", failed)
    said = matrix.installed("2.20.0", tmp_path / "e")
    assert said == "could not be installed: ERROR: No matching distribution" and not (tmp_path / "e" / "ready").exists()


def test_flags_reach_the_capture_and_nothing_else_does(tmp_path, monkeypatch):
    """A stand-in for the environment's Python writes down how it was called."""
    python = tmp_path / "e" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\n(env; echo "ARGS $*"; cat "$4") > "$5"\n')
    python.chmod(0o755)
    monkeypatch.setenv("TF_XLA_FLAGS", "of mine")
    for flags in matrix.FLAGS:
        path = tmp_path / "called"
        assert matrix.capture_in(tmp_path / "e", tmp_path, flags, path) == ""
        text = path.read_text()
        assert "of mine" not in text and f"PYTHONPATH={ROOT}\n" in text
        assert ("TF_ENABLE_ONEDNN_OPTS=0" in text) == (flags.name == "oneDNN off")
        assert f"{path} {1 if flags.name == 'one thread' else 0}\n" in text
        settings = json.loads(text[text.index("{") :])
        assert settings["dtype"] == flags.dtype and settings["jit"] == flags.jit and settings["steps"] == 3
    python.write_text('#!/bin/sh\necho "error: could not verify: other bits" >&2; exit 3\n')
    assert matrix.capture_in(tmp_path / "e", tmp_path, matrix.FLAGS[0], path) == "could not be captured: other bits"


@pytest.mark.parametrize("releases", ["1.15.0", "2.20", "2.20.x", "", "2.20.0,", "2.20.0; rm -r /"])
def test_unknown_releases_are_refused(tmp_path, capsys, releases):
    assert guarded(matrix.main, ["--releases", releases, "--out", str(tmp_path / "o")]) == 2
    assert capsys.readouterr().err.startswith("error: --releases") and not (tmp_path / "o").exists()


def needed(module, seen):
    """Return what a module of this project imports from outside, directly and through other modules of it."""
    path = ROOT / (module.replace(".", "/") + ".py")
    path = path if path.exists() else ROOT / module.replace(".", "/") / "__init__.py"
    if module in seen or not path.exists():
        return set()
    seen.add(module)
    found = set()
    lazy = {n for f in ast.walk(ast.parse(path.read_text())) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)
            if module != "benchmarks.matrix_capture"}  # fmt: skip
    typing = {n for f in ast.walk(ast.parse(path.read_text())) if isinstance(f, ast.If) for n in ast.walk(f)}
    skipped = {(n.lineno) for n in lazy | typing if isinstance(n, ast.Import | ast.ImportFrom)}
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Import | ast.ImportFrom) or node.lineno in skipped:
            continue
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{name}" for name in names)]
        for name in names:
            top = name.partition(".")[0]
            found |= needed(name, seen) if top in ("verify", "reference", "reports", "benchmarks") else {top}
    return found


def test_a_capture_needs_tensorflow_alone():
    """With what comes with it, NumPy and Keras: our other requirements are too new for an older release."""
    import sys

    seen = set()
    outside = needed("benchmarks.matrix_capture", seen) - set(sys.stdlib_module_names)
    assert outside == {"tensorflow", "keras", "numpy"}, outside
    assert {"verify.capture.step", "reference.rules", "verify.records.trace"} <= seen
