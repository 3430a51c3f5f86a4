"""A sweep's plan, its folder and its summary, without TensorFlow and without workers."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.support.sweep_stand_in import finding, plan
from verify.cli.exit_status import guarded
from verify.errors import Unusable
from verify.sweep import __main__ as sweep
from verify.sweep import case_result as findings
from verify.sweep import parquet_store as store
from verify.sweep import provenance as origin
from verify.sweep import report
from verify.sweep.aggregation import general, summarise
from verify.sweep.case_result import AGREES, CRASHED, DISAGREES, UNVERIFIED
from verify.sweep.plan import Plan
from verify.sweep.summary import quantiles

ROOT = Path(__file__).parents[3]
WIDE = {"dtypes": ("float32", "float64"), "jits": (False, True), "batches": (1, 32)}


def filled(folder, the_plan, found, at_once=4):
    sweep_ = store.StoredPlan(the_plan, {"images": "none"})
    kept = store.Store(folder, sweep_)
    for number, f in enumerate(found, 1):
        kept.add(f)
        if number % at_once == 0:
            kept.flush()
    kept.flush()
    kept.close()
    return sweep_


def summary_of(folder, the_plan, found, at_once=4):
    return summarise(folder, filled(folder, the_plan, found, at_once))


# The plan


def test_every_case_once_and_kinds_together():
    the_plan = Plan(first_seed=3, end_seed=6, digits=("1", "7"), places=(10, 20), **WIDE)
    cases = list(the_plan.cases())
    assert len(cases) == len(the_plan) == 48 and [c.number for c in cases] == list(range(48))
    assert len({(c.settings, c.digit) for c in cases}) == 48
    kinds = [the_plan.kind(number) for number in range(48)]
    assert [k for i, k in enumerate(kinds) if i == 0 or k != kinds[i - 1]] == list(the_plan.kinds)
    assert {c.settings.seed for c in cases} == {3, 4, 5}
    assert {(c.digit, c.settings.index) for c in cases} == {("1", 10), ("7", 20)}
    for case, kind in zip(cases, kinds, strict=True):
        assert (case.settings.dtype, case.settings.jit, case.settings.batch) == (kind.dtype, kind.jit, kind.batch)


def test_the_command_names_what_is_not_the_default():
    case = plan(2, data="my data", loss="mean_squared_error", **WIDE).case(15)
    assert case.command == (
        "TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 python -m verify.backprop --seed 1 --digit 0 --batch 32 "
        "--dtype float64 --steps 1 --jit --data 'my data' --loss mean_squared_error"
    )


def test_a_plan_survives_json():
    the_plan = plan(5, **WIDE)
    assert Plan.from_dict(json.loads(json.dumps(the_plan.to_dict()))) == the_plan


BAD = {
    "--seeds 5:2": "0 <= A < B", "--seeds 5:5": "0 <= A < B", "--seeds a:b": "not a range", "--seeds 1:": "not a range",
    "--seeds -3:2": "",
    "--seeds 0:9999999999": "2^32", "--seeds": "expected one argument", "--digits 10": "--digits 10: no",
    "--digits 3,3": "twice", "--digits ,": "--digits", "--digits some": "--digits some: no sample",
    "--batch 0": "1 to", "--batch 1,x": "not a whole number", "--dtype float16": "not one of",
    "--dtype float32,float32": "twice", "--jit maybe": "invalid choice", "--steps 0": "1 to 200",
    "--workers 0": "1 to", "--data nowhere": "--data nowhere", "--batch 5000": "--batch 5000",
    "--scheduler localhost": "an address like", "--scheduler tcp://x": "an address like",
    "--scheduler tcp://127.0.0.1:1 --workers 2": "--workers", "--resume": "no sweep in",
}  # fmt: skip


@pytest.mark.parametrize("words", BAD)
def test_bad_options_are_one_sentence_and_leave_nothing(words, tmp_path, capsys):
    out = tmp_path / "out"
    assert guarded(sweep.main, [*words.split(), "--out", str(out)]) == 2
    text = capsys.readouterr().err
    assert text.startswith("error: ") and text.count("\n") == 1 and BAD[words] in text
    assert not out.exists()


def test_without_the_extra_the_command_says_how_to_get_it(tmp_path):
    script = (
        "import sys; sys.modules['distributed'] = sys.modules['pyarrow'] = None\n"
        "import importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name in ('distributed', 'pyarrow') else real(name, *a)\n"
        "from verify.cli.exit_status import guarded; from verify.sweep import __main__ as s\n"
        "sys.exit(guarded(s.main, ['--seeds', '0:1']))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    text = "error: verify.sweep: distributed is not installed; install it with: pip install 'byhand[sweep]'\n"
    assert done.stderr == text


# The folder


def test_rows_come_back_as_they_were(tmp_path):
    the_plan = plan(6, **WIDE)
    filled(tmp_path, the_plan, [finding(number) for number in range(len(the_plan))])
    tables = [store.read(tmp_path, path, the_plan) for path in store.parts(tmp_path / "cases")]
    rows = pa.concat_tables(tables).to_pylist()
    assert sorted(row["case"] for row in rows) == list(range(48))
    for row in rows:
        whole = finding(row["case"])
        assert row["utilisation"] == whole.rows["utilisation"][0] and row["max_ulp"] == whole.rows["max_ulp"][0]
        assert row["seed"] == the_plan.case(row["case"]).settings.seed and row["tensor"] == "Z1"


def test_anyone_can_read_the_data_set(tmp_path):
    import pandas

    filled(tmp_path, plan(6, **WIDE), [finding(number) for number in range(48)])
    frame = pandas.read_parquet(tmp_path / "cases")
    assert len(frame) == 48 and set(frame["dtype"]) == {"float32", "float64"} and set(frame["batch"]) == {1, 32}


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    kept = store.Store(tmp_path, store.StoredPlan(plan(3), {}))

    def fails(handle):
        raise OSError(28, "No space left on device")

    kept.add(finding(0))
    monkeypatch.setattr(store.os, "fsync", fails)
    with pytest.raises(Unusable, match=r"cannot be written \(No space left on device\)"):
        kept.flush()
    assert not [p for p in (tmp_path / "cases").rglob("*") if p.is_file()]


def test_what_a_killed_writer_left_is_not_counted(tmp_path):
    the_plan = plan(3)
    filled(tmp_path, the_plan, [finding(0)])
    (part,) = store.parts(tmp_path / "cases")
    (part.parent / f".{part.name}").write_bytes(b"PAR1 half of it")
    kept = store.Store(tmp_path, store.StoredPlan(the_plan, {}))
    assert kept.done == {0} and not list(part.parent.glob(".part*"))
    kept.add(finding(1))
    kept.flush()
    assert len(store.parts(tmp_path / "cases")) == 2
    with pytest.raises(ValueError, match="already"):
        kept.add(finding(1))


def test_two_sweeps_cannot_write_into_one_folder(tmp_path):
    first = store.Store(tmp_path, store.StoredPlan(plan(3), {}))
    first.add(finding(0))
    with pytest.raises(Unusable, match="another sweep is writing"):
        store.Store(tmp_path, store.StoredPlan(plan(3), {}))
    first.flush()
    first.close()
    second = store.Store(tmp_path, store.StoredPlan(plan(3), {}))
    second.close()
    assert second.done == {0} and store.begun(tmp_path)


def test_nothing_is_left_of_a_sweep_that_never_began(tmp_path):
    store.Store(tmp_path / "a", store.StoredPlan(plan(3), {})).close()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine.txt").write_text("")
    store.Store(tmp_path / "b", store.StoredPlan(plan(3), {})).close()
    assert [p.relative_to(tmp_path).as_posix() for p in sorted(tmp_path.rglob("*"))] == ["b", "b/mine.txt"]


def truncated(part):
    part.write_bytes(part.read_bytes()[:-9])


def altered(part):
    """A bit in the middle of the figures."""
    content = bytearray(part.read_bytes())
    content[len(content) // 4] ^= 4
    part.write_bytes(content)


def rewritten(part, table):
    """By someone who knows how files are named."""
    parquet.write_table(table, part)
    part.rename(part.parent / store.named(0, part.read_bytes()))


def foreign(part):
    rewritten(part, pa.table({"a": [1]}))


def no_parquet(part):
    part.unlink()
    (part.parent / store.named(0, b"nothing")).write_bytes(b"nothing")


def doubled(part):
    (part.parent / store.named(99, part.read_bytes())).write_bytes(part.read_bytes())


def moved(part):
    target = Path(str(part).replace("float32", "float64"))
    target.parent.mkdir(parents=True)
    part.rename(target)


def renumbered(part):
    table = parquet.read_table(part, partitioning=None)
    rewritten(part, table.set_column(0, "case", pa.array([77] * len(table))))


def of_another_status(part):
    table = parquet.read_table(part, partitioning=None)
    rewritten(part, table.set_column(3, "status", pa.array(["fine"] * len(table))))


DAMAGE = {
    truncated: "damaged", altered: "damaged", no_parquet: "damaged", of_another_status: "status that no",
    foreign: "other columns", doubled: "a second time", moved: "another kind", renumbered: "not of this sweep",
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_data_set_is_named_and_refused(damage, tmp_path):
    the_plan = plan(8, dtypes=("float32", "float64"))
    filled(tmp_path, the_plan, [finding(n) for n in range(8)], at_once=100)
    (part,) = store.parts(tmp_path / "cases")
    damage(part)
    with pytest.raises(Unusable, match=DAMAGE[damage]) as refused:
        store.Store(tmp_path, store.StoredPlan(the_plan, {}))
    assert "part-" in str(refused.value) and str(tmp_path) in str(refused.value)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "byhand-sweep/1"}', '{"schema": "other/3"}', "\x00",
                                  '{"schema": "byhand-sweep/1", "plan": {"seeds": 3}, "origin": {}}'])  # fmt: skip
def test_a_damaged_manifest_is_named_and_refused(text, tmp_path):
    (tmp_path / store.MANIFEST).write_text(text)
    with pytest.raises(Unusable, match=r"sweep.json (is damaged|was written by another version)"):
        store.begun(tmp_path)


def test_a_plan_of_wrong_types_is_refused(tmp_path):
    for name, value in (("steps", "3"), ("jits", [1]), ("batches", ["1"]), ("data", 5), ("first_seed", 1.5)):
        content = {"schema": store.SCHEMA, "plan": {**plan(3).to_dict(), name: value}, "origin": {}}
        (tmp_path / store.MANIFEST).write_text(json.dumps(content))
        with pytest.raises(Unusable, match="damaged"):
            store.begun(tmp_path)


def begin(out, *words):
    """The folder of a sweep of these options whose cases are all done."""
    begun = sweep._sweep(sweep._read([*words, "--out", str(out)]), None)
    filled(out, begun.plan, [finding(n) for n in range(len(begun.plan))])
    (out / store.MANIFEST).write_bytes(begun.to_json())


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
    found = json.loads((tmp_path / store.MANIFEST).read_text())
    found["origin"][name] = "0.1"
    (tmp_path / store.MANIFEST).write_text(json.dumps(found))
    assert guarded(sweep.main, ["--resume", "--out", str(tmp_path)]) == 2
    text = capsys.readouterr().err
    assert "other conditions" in text and f"{name} " in text and text.endswith(", not 0.1\n")


def test_the_origin_is_what_is_installed():
    import numpy

    here = origin.here()
    assert here["numpy"] == numpy.__version__ and len(here["By Hand's source"]) == 12
    assert origin.difference(here, here) == ""
    assert origin.difference(here, {**here, "keras": "9"}) == f"keras 9, not {here['keras']}"
    assert "tensorflow none" in origin.difference(here, {n: v for n, v in here.items() if n != "tensorflow"})


# The summary


def test_the_summary_does_not_depend_on_order_or_files(tmp_path):
    the_plan = plan(12, **WIDE)
    found = [finding(number) for number in range(len(the_plan))]
    made = []
    for name, order, at_once in (("a", 1, 4), ("b", -1, 7), ("c", 5, 1), ("d", 1, 1000)):
        mixed = [found[i * order % 97 % 96] for i in range(96)] if order == 5 else found[::order]
        mixed = list({f.number: f for f in [*mixed, *found]}.values())
        made.append(report.files(summary_of(tmp_path / name, the_plan, mixed, at_once)).contents())
    assert made[0] == made[1] == made[2] == made[3]
    assert set(made[0]) == {"summary.csv", "result.json", "report.md", "report.html"}


def test_its_figures_are_right(tmp_path):
    the_plan = plan(50, dtypes=("float32", "float64"))
    found = [finding(number) for number in range(100)]
    summary = summary_of(tmp_path, the_plan, found)
    assert summary.passed and summary.status == 0 and summary.cases == 100 and summary.elements == 12800
    (spread,) = summary.spreads.values()
    used = sorted(f.rows["utilisation"][0] for f in found)
    assert spread.used == [used[49], used[89], used[98], used[99], used[99]]
    assert spread.ulps[0] == sorted(number % 7 for number in range(100))[49]
    by_hand = sorted(found, key=lambda f: (-f.rows["utilisation"][0], f.number))[:10]
    assert [w.case.number for w in summary.worst] == [f.number for f in by_hand]
    assert len(report.to_columns(summary)) == 2


def test_quantiles_are_values_that_were_there():
    assert quantiles([np.array([3.0, np.nan, 1.0]), np.array([2.0])]) == [2.0, 3.0, 3.0, 3.0, 3.0]
    assert all(math.isnan(q) for q in quantiles([])) and all(math.isnan(q) for q in quantiles([np.array([np.nan])]))
    assert quantiles([np.array([1.0, np.inf])]) == [1.0, *[np.inf] * 4]


def mixed():
    found = [finding(number) for number in range(12)]
    wrong = {
        "verdict": "outside",
        "outside": 3,
        "status": DISAGREES,
        "failure": "step 1, Z1 by equation (6) at (1, 2): …",
    }
    for number in (2, 5, 7):
        found[number] = finding(number, **wrong, utilisation=5.0 + number,
                                explanation=f"every element is 1.00{number} times what the equation gives")  # fmt: skip
    found[3] = finding(3, **wrong, utilisation=2.0)
    found[8] = findings.CaseResult(8, UNVERIFIED, "the capture is not reproducible: a second run gives dW1 other bits")
    found[9] = findings.CaseResult(9, CRASHED, "its worker process died 3 times")
    return found


def test_disagreements_are_grouped_by_diagnosis(tmp_path):
    summary = summary_of(tmp_path, plan(12), mixed())
    assert not summary.passed and summary.status == 1 and summary.outside == 12
    assert [(c.status, c.count, c.first.number) for c in summary.causes] == [
        (DISAGREES, 3, 2), (DISAGREES, 1, 3), (UNVERIFIED, 1, 8), (CRASHED, 1, 9)
    ]  # fmt: skip
    assert summary.causes[0].text == "Z1 (6): every element is … times what the equation gives"
    assert [w.case.number for w in summary.worst[:4]] == [7, 5, 2, 3]
    assert len(summary.worst) == 10 and all(w.status == AGREES for w in summary.worst[4:])
    assert summary.headline == (
        "FAIL 4 of 12 cases disagree, the worst: step 1, Z1 by equation (6) at (1, 2): … (1 not verified, 1 crashed, "
        "6 agree)"
    )
    text = report.files(summary).contents()["report.md"].decode()
    assert "--seed 7 --digit 0" in text.split("ten worst")[1] and "--seed 9" in text.split("diagnosis")[1]


def test_cases_that_could_not_be_verified_are_no_pass(tmp_path):
    found = [finding(0), findings.CaseResult(1, CRASHED, "its worker process died 3 times")]
    summary = summary_of(tmp_path, plan(2), found)
    assert not summary.passed and summary.status == 3
    assert summary.headline == "FAIL 1 of 2 cases could not be verified (1 crashed, 1 agree)"
    nothing = [findings.CaseResult(n, UNVERIFIED, "nothing was compared") for n in range(2)]
    assert summary_of(tmp_path / "none", plan(2), nothing).status == 3


def test_a_missing_case_is_no_summary(tmp_path):
    begun = filled(tmp_path, plan(4), [finding(0), finding(2)])
    with pytest.raises(Unusable, match="2 of 4 cases; go on with --resume"):
        summarise(tmp_path, begun)


def test_no_number_of_a_report_is_lost(tmp_path):
    """NaN, infinity and huge figures come through."""
    found = [finding(0, utilisation=math.inf, max_ulp=1e300, status=DISAGREES, verdict="outside", failure="F"),
             finding(1, utilisation=math.nan, max_ulp=math.nan)]  # fmt: skip
    made = report.files(summary_of(tmp_path, plan(2), found)).contents()
    assert json.loads(made["result.json"])["worst"][0]["utilisation"] == "inf"
    assert b"inf" in made["summary.csv"]


def test_general_leaves_out_what_differs_from_case_to_case():
    assert general("row 3 is 0 at (1, 22), factor 1.0e-07") == "row 3 is 0 at …, factor …"
    assert general("agrees with: bias correction one step ahead (t + 1)") == (
        "agrees with: bias correction one step ahead (t + 1)"
    )


def test_progress_says_rate_and_time_left(capsys):
    from reports import terminal

    with terminal.paced("Sweeping", "cases", every=0.0) as advance:
        advance(10, 40)
        advance(20, 40, "waiting")
    first, second = capsys.readouterr().err.splitlines()
    assert first == "Sweeping: 10 of 40"
    assert second.startswith("Sweeping: 20 of 40, ") and "cases a second, " in second
    assert second.endswith(" s left; waiting")
