"""Public reports in several releases of Keras, without installing any: what a release computes is made up."""

import subprocess
from pathlib import Path

import pytest

from benchmarks import releases


def test_a_number_that_is_not_right_names_its_release():
    right = {name: value for name, (_, _, value) in releases.right_values().items()}
    rounded = {name: value * (1 + 2e-6) for name, value in right.items()}
    table = releases.rows({"1": rounded, "2": rounded | {"sgd": right["sgd"] * 1.0001}, "3": {"problem": "no disk"}})
    assert [row[-1] for row in table] == ["2", *["none"] * (len(table) - 1)]
    assert {row[-2] for row in table} == {"no disk"}


def test_the_right_values_are_those_of_the_reports():
    values = {name: value for name, (_, _, value) in releases.right_values().items()}
    assert values == pytest.approx(
        {
            "sgd": 0.7,
            "decay": 0.69,
            "clip": 0.85,
            "adam": 0.9,
            "adam twice": 0.81289,
            "average": 9.96875,
            "reported": 9,
        },
        rel=1e-5,  # Adam's ε moves the fifth decimal
    )


def test_a_release_that_cannot_be_installed_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr(releases, "installed", lambda *_: "could not be installed: no such release")
    assert releases.computed("3.4.1", tmp_path) == {"problem": "could not be installed: no such release"}


def test_a_release_that_fails_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr(releases, "installed", lambda *_: "")
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nImportError: no module keras\n")
    monkeypatch.setattr(releases.subprocess, "run", lambda *_, **__: failed)
    assert releases.computed("3.4.1", Path(tmp_path)) == {"problem": "ImportError: no module keras"}
