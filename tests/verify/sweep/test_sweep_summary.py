"""A sweep's summary, without TensorFlow and without workers."""

import json
import math

import numpy as np
import pytest

from reports import terminal
from tests.support.sweep_stand_in import finding, plan
from tests.verify.sweep.filled_folder import filled, summary_of
from verify.errors import Unusable
from verify.sweep import parquet_store as store
from verify.sweep import report
from verify.sweep.aggregation import generalise, summarise
from verify.sweep.case_result import AGREES, CRASHED, DISAGREES, UNVERIFIED, CaseResult
from verify.sweep.summary import quantiles

WIDE = {"dtypes": ("float32", "float64"), "jits": (False, True), "batches": (1, 32)}


def test_the_summary_does_not_depend_on_order_or_files(tmp_path):
    the_plan = plan(12, **WIDE)
    results = [finding(number) for number in range(len(the_plan))]
    contents = []
    for name, order, at_once in (("a", 1, 4), ("b", -1, 7), ("c", 5, 1), ("d", 1, 1000)):
        mixed = [results[i * order % 97 % 96] for i in range(96)] if order == 5 else results[::order]
        mixed = list({f.number: f for f in [*mixed, *results]}.values())
        contents.append(report.files(summary_of(tmp_path / name, the_plan, mixed, at_once)).contents())
    assert contents[0] == contents[1] == contents[2] == contents[3]
    assert set(contents[0]) == {"summary.csv", "result.json", "report.md", "report.html"}


def test_its_figures_are_right(tmp_path):
    the_plan = plan(50, dtypes=("float32", "float64"))
    results = [finding(number) for number in range(100)]
    summary = summary_of(tmp_path, the_plan, results)
    assert summary.passed and summary.status == 0
    assert summary.total.cases == 100 and summary.total.counts["elements"] == 12800
    (spread,) = summary.total.spreads.values()
    shares = sorted(f.rows["utilisation"][0] for f in results)
    assert quantiles(spread.utilisation) == [shares[49], shares[89], shares[98], shares[99], shares[99]]
    assert quantiles(spread.ulp)[0] == sorted(number % 7 for number in range(100))[49]
    expected = sorted(results, key=lambda f: (-f.rows["utilisation"][0], f.number))[:10]
    assert [w.case.number for w in summary.worst] == [f.number for f in expected]
    assert len(report.to_columns(summary)) == 2


def test_quantiles_are_values_that_were_there():
    assert quantiles([np.array([3.0, np.nan, 1.0]), np.array([2.0])]) == [2.0, 3.0, 3.0, 3.0, 3.0]
    assert all(math.isnan(q) for q in quantiles([])) and all(math.isnan(q) for q in quantiles([np.array([np.nan])]))
    assert quantiles([np.array([1.0, np.inf])]) == [1.0, *[np.inf] * 4]


def mixed():
    results = [finding(number) for number in range(12)]
    wrong = {
        "verdict": "outside",
        "outside": 3,
        "status": DISAGREES,
        "failure": "step 1, Z1 by equation (6) at (1, 2): …",
    }
    for number in (2, 5, 7):
        results[number] = finding(number, **wrong, utilisation=5.0 + number,
                                explanation=f"every element is 1.00{number} times what the equation gives")  # fmt: skip
    results[3] = finding(3, **wrong, utilisation=2.0)
    results[8] = CaseResult(8, UNVERIFIED, "the capture is not reproducible: a second run gives dW1 other bits")
    results[9] = CaseResult(9, CRASHED, "its worker process died 3 times")
    return results


def test_disagreements_are_grouped_by_diagnosis(tmp_path):
    summary = summary_of(tmp_path, plan(12), mixed())
    assert not summary.passed and summary.status == 1 and summary.total.counts["outside"] == 12
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
    results = [finding(0), CaseResult(1, CRASHED, "its worker process died 3 times")]
    summary = summary_of(tmp_path, plan(2), results)
    assert not summary.passed and summary.status == 3
    assert summary.headline == "NOT VERIFIED 1 of 2 cases could not be verified (1 crashed, 1 agree)"
    nothing = [CaseResult(n, UNVERIFIED, "nothing was compared") for n in range(2)]
    assert summary_of(tmp_path / "none", plan(2), nothing).status == 3


def test_a_missing_case_is_no_summary(tmp_path):
    stored = filled(tmp_path, plan(4), [finding(0), finding(2)])
    with pytest.raises(Unusable, match="2 of 4 cases; go on with --resume"):
        summarise(tmp_path, stored)


def test_a_case_in_two_files_is_no_summary(tmp_path):
    stored = filled(tmp_path, plan(2), [finding(0), finding(1)])
    (part,) = store.parts(tmp_path / "cases")
    (part.parent / store.file_name(99, part.read_bytes())).write_bytes(part.read_bytes())
    with pytest.raises(Unusable, match="holds a case twice"):
        summarise(tmp_path, stored)


def test_no_number_of_a_report_is_lost(tmp_path):
    """NaN, infinity and huge figures come through."""
    results = [finding(0, utilisation=math.inf, max_ulp=1e300, status=DISAGREES, verdict="outside", failure="F"),
             finding(1, utilisation=math.nan, max_ulp=math.nan)]  # fmt: skip
    contents = report.files(summary_of(tmp_path, plan(2), results)).contents()
    assert json.loads(contents["result.json"])["worst"][0]["utilisation"] == "inf"
    assert b"inf" in contents["summary.csv"]


def test_generalise_leaves_out_what_differs_from_case_to_case():
    assert generalise("row 3 is 0 at (1, 22), factor 1.0e-07") == "row 3 is 0 at …, factor …"
    assert generalise("agrees with: bias correction one step ahead (t + 1)") == (
        "agrees with: bias correction one step ahead (t + 1)"
    )


def test_progress_says_rate_and_time_left(capsys):
    with terminal.paced("Sweeping", "cases", every=0.0) as advance:
        advance(10, 40)
        advance(20, 40, "waiting")
    first, second = capsys.readouterr().err.splitlines()
    assert first == "Sweeping: 10 of 40"
    assert second.startswith("Sweeping: 20 of 40, ") and "cases a second, " in second
    assert second.endswith(" s left; waiting")
