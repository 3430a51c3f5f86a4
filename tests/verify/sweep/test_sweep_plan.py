"""A sweep's plan and its options, without TensorFlow and without workers."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.support.sweep_stand_in import plan
from verify.cli.exit_status import guarded
from verify.sweep import __main__ as sweep
from verify.sweep.plan import Plan

ROOT = Path(__file__).parents[3]
WIDE = {"dtypes": ("float32", "float64"), "jits": (False, True), "batches": (1, 32)}


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
    assert Plan.from_dict(json.loads(json.dumps(asdict(the_plan)))) == the_plan


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
