"""Check what `sweep.json` records of a sweep, and when `--resume` continues the sweep or refuses."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from tests.support.sweep_stand_in import finding, plan
from tests.verify.sweep.filled_folder import filled
from verify.cli.exit_status import guarded
from verify.errors import Unusable
from verify.sweep import __main__ as sweep
from verify.sweep import provenance
from verify.sweep.plan import MANIFEST, SCHEMA, stored_plan


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "byhand-sweep/1"}', '{"schema": "other/3"}', "\x00",
                                  '{"schema": "byhand-sweep/1", "plan": {"seeds": 3}, "origin": {}}'])  # fmt: skip
def test_a_damaged_manifest_is_named_and_refused(text, tmp_path):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(Unusable, match=r"sweep.json (is damaged|was written by another version)"):
        stored_plan(tmp_path)


def test_a_plan_of_wrong_types_is_refused(tmp_path):
    for name, value in (("steps", "3"), ("jits", [1]), ("batches", ["1"]), ("data", 5), ("first_seed", 1.5)):
        content = {"schema": SCHEMA, "plan": {**asdict(plan(3)), name: value}, "origin": {}}
        (tmp_path / MANIFEST).write_text(json.dumps(content))
        with pytest.raises(Unusable, match="damaged"):
            stored_plan(tmp_path)


def begin(out, *words):
    """Write the folder of a sweep with these options whose cases are all done."""
    stored = sweep._sweep(sweep._read([*words, "--out", str(out)]), None)
    filled(out, stored.plan, [finding(n) for n in range(len(stored.plan))])
    (out / MANIFEST).write_bytes(stored.to_json())


def test_a_folder_of_another_sweep_is_refused(tmp_path, capsys):
    begin(tmp_path, "--seeds", "0:3", "--digits", "5")
    before = sorted(p.name for p in tmp_path.iterdir())
    for words, text in {
        "": "holds a sweep already",
        "--seeds 0:3 --digits 5": "holds a sweep already",
        "--resume --seeds 0:4": "--seeds: the sweep",
        "--resume --batch 32": "--batch: the sweep",
        "--resume --jit both": "--jit: the sweep",
        "--resume --split test": "--split: the sweep",
    }.items():
        assert guarded(sweep.main, [*words.split(), "--out", str(tmp_path)]) == 2
        assert text in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_finished_sweep_is_summarised_again(tmp_path, capsys):
    begin(tmp_path, "--seeds", "0:3", "--digits", "5")
    assert guarded(sweep.main, ["--resume", "--seeds", "0:3", "--out", str(tmp_path)]) == 0
    first = (tmp_path / "summary.csv").read_bytes()
    assert "3 cases" in capsys.readouterr().out
    assert guarded(sweep.main, ["--resume", "--out", str(tmp_path), "--quiet"]) == 0
    assert (tmp_path / "summary.csv").read_bytes() == first


@pytest.mark.parametrize("name", ["By Hand's source", "Python", "tensorflow", "images"])
def test_a_sweep_begun_under_other_conditions_is_not_resumed(name, tmp_path, capsys):
    begin(tmp_path, "--seeds", "0:3", "--digits", "5")
    content = json.loads((tmp_path / MANIFEST).read_text())
    content["origin"][name] = "0.1"
    (tmp_path / MANIFEST).write_text(json.dumps(content))
    assert guarded(sweep.main, ["--resume", "--out", str(tmp_path)]) == 2
    text = capsys.readouterr().err
    assert "other conditions" in text and f"{name} " in text and text.endswith(", not 0.1\n")


def test_the_origin_is_what_is_installed():
    here = provenance.versions()
    assert here["numpy"] == np.__version__ and len(here["By Hand's source"]) == 12
    assert provenance.first_difference(here, here) == ""
    assert provenance.first_difference(here, {**here, "keras": "9"}) == f"keras 9, not {here['keras']}"
    assert "tensorflow none" in provenance.first_difference(here, {n: v for n, v in here.items() if n != "tensorflow"})
