"""The summary of a sweep as files: report.md, report.html, summary.csv, result.json.

They contain no times, so that two equal sweeps write equal bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from reports.files import ReportFiles
from reports.table import Cell, Columns, Report, Table
from verify.compare.wording import DERIVED, explain_pass
from verify.sweep.case_result import AGREES, CRASHED, DISAGREES, UNVERIFIED
from verify.sweep.summary import NEAR, SHARES, Group, Name, Spread, Summary

SCHEMA = "byhand-sweep-result/1"
NAMES = ("50", "90", "99", "99.9", "100")  # SHARES in per cent


def files(summary: Summary) -> ReportFiles:
    """Return all files of the summary."""
    return ReportFiles(report(summary), to_dict(summary), (to_columns(summary),))


def report(summary: Summary) -> Report:
    """Return the report: headline, conditions, and all tables."""
    plan = summary.plan
    swept = (
        f"Seeds {plan.first_seed} to {plan.end_seed - 1}, digits {', '.join(plan.digits)}, {plan.steps} "
        f"step{'s' if plan.steps > 1 else ''} each, {plan.optimizer}, {plan.loss}, data {plan.data} ({plan.split}). "
    )
    names = ", ".join(f"{name} {value[:16]}" for name, value in summary.origin.items())
    lines = (explain_pass(DERIVED), swept + names + ".")
    tables = [kinds(summary), worst(summary)]
    tables += [causes(summary)] if summary.causes else []
    return Report(summary.headline, summary.passed, lines, (*tables, tensors(summary)))


def kinds(summary: Summary) -> Table:
    """Return the table of kinds: a row for each precision, with and without XLA, and batch size."""
    right = ("right by hand", "right TensorFlow", "differ")
    header = ("precision", "XLA", "batch", "cases", "agree", "numbers", "outside", "used", *right)
    rows = []
    for group in summary.groups:
        agree = group.statuses[AGREES]
        images, by_hand, tensorflow, differ = group.images.tolist()
        texts = [group.kind.dtype, "on" if group.kind.jit else "off", str(group.kind.batch), f"{group.cases:,}"]
        texts += [f"{agree:,}", f"{group.elements:,}", f"{group.outside:,}", _figure(group.largest, ".4f")]
        texts += [_share(by_hand, images), _share(tensorflow, images), f"{differ:,}"]
        rows.append(tuple(Cell(text, strong=agree < group.cases) for text in texts))
    note = (
        "used: the largest error over what rounding allows, above 1 rounding cannot explain it. right: predictions "
        "before each step's update, by hand in float64; differ: so many images are read differently"
    )
    return Table("Cases by what TensorFlow was asked to do", header, tuple(rows), frozenset(range(2, 11)), note)


def worst(summary: Summary) -> Table:
    """Return the table of the ten cases with the largest error over bound."""
    header = ("case", "verdict", "step", "tensor", "used", "ulp", f"at {NEAR}", "what repeats it")
    rows = []
    for w in summary.worst:
        texts = [f"{w.case.number}", w.status, f"{w.step}", w.tensor, _figure(w.utilisation, ".6g")]
        texts += [_figure(w.ulp, ".3g"), f"{w.near}", w.case.command]
        rows.append(tuple(Cell(text, strong=w.status == DISAGREES) for text in texts))
    note = (
        "one thread of TensorFlow, as in the sweep: with more it may add in another order, and other bits come out. "
        f"Equations that round once use all they are allowed; at {NEAR}: so many tensors of the case used that or more"
    )
    return Table("The ten worst cases", header, tuple(rows), frozenset((0, 2, 4, 5, 6)), note)


def causes(summary: Summary) -> Table:
    """Return the table of the cases that do not agree, grouped by diagnosis."""
    header = ("what became of it", "why", "cases", "the first", "what repeats it")
    rows = []
    for c in summary.causes:
        texts = (c.status, c.text, f"{c.count:,}", f"{c.first.number}", c.first.command)
        rows.append(tuple(Cell(text, strong=True) for text in texts))
    note = (
        "disagrees: by the first tensor that disagrees, its equation, and what explains every element of it, if known"
    )
    return Table("Cases that do not agree, by diagnosis", header, tuple(rows), frozenset((2, 3)), note)


def tensors(summary: Summary) -> Table:
    """Return the table of tensors: each over all cases and steps."""
    header = ("tensor", "equation", "numbers", "outside", *(f"used {n}%" for n in NAMES), *(f"ulp {n}%" for n in NAMES))
    rows = []
    for (_, tensor, equation), spread in summary.spreads.items():
        texts = [tensor, equation, f"{spread.elements:,}", f"{spread.outside:,}"]
        texts += [_figure(value, ".4f") for value in spread.used] + [_figure(value, ".4g") for value in spread.ulps]
        rows.append(tuple(Cell(text, strong=spread.outside > 0) for text in texts))
    note = (
        "used, ulp: of each case's largest error over all numbers of the tensor, so many per cent are no larger; over "
        "what rounding allows, and in units in the last place of the larger number"
    )
    return Table("Each tensor over all cases and steps", header, tuple(rows), frozenset(range(2, len(header))), note)


def to_columns(summary: Summary) -> Columns:
    """Return the columns of summary.csv: a row for each kind of run, tensor and equation."""
    rows = [row for group in summary.groups for row in _rows(group)]
    fields = ["dtype", "jit", "batch", "tensor", "equation", "comparisons", "elements", "outside"]
    fields += [f"utilisation_{n}" for n in NAMES] + [f"ulp_{n}" for n in NAMES]
    return Columns("summary", {name: [row[i] for row in rows] for i, name in enumerate(fields)})


def _rows(group: Group) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of summary.csv for one kind."""
    kind = group.kind
    for (_, tensor, equation), spread in sorted(group.spreads.items()):
        counts = (spread.rows, spread.elements, spread.outside)
        jit = "on" if kind.jit else "off"
        yield (kind.dtype, jit, kind.batch, tensor, equation, *counts, *spread.used, *spread.ulps)


def to_dict(summary: Summary) -> dict[str, Any]:
    """Return the content of result.json: everything except the rows, which are in cases/."""
    return {
        "schema": SCHEMA, "command": "sweep", "passed": summary.passed, "headline": summary.headline, "policy": DERIVED,
        "plan": summary.plan.to_dict(), "environment": summary.origin,
        "counts": {
            "cases": summary.cases, "elements": summary.elements, "reproduced": summary.reproduced,
            "outside": summary.outside,
            "agree": summary.count(AGREES), "disagree": summary.count(DISAGREES),
            "not_verified": summary.count(UNVERIFIED), "crashed": summary.count(CRASHED),
        },
        "kinds": [_kind(group) for group in summary.groups],
        "tensors": [_tensor(name, spread) for name, spread in summary.spreads.items()],
        "worst": [
            {"case": w.case.number, "status": w.status, "step": w.step, "tensor": w.tensor,
             "utilisation": w.utilisation, "ulp": w.ulp, "near": w.near, "failure": w.failure,
             "command": w.case.command}
            for w in summary.worst
        ],
        "causes": [
            {"status": c.status, "cause": c.text, "cases": c.count, "first": c.first.number, "command": c.first.command}
            for c in summary.causes
        ],
    }  # fmt: skip


def _kind(group: Group) -> dict[str, Any]:
    """Return the entry of one kind in result.json."""
    images, by_hand, tensorflow, differ = group.images.tolist()
    return {
        "dtype": group.kind.dtype, "jit": group.kind.jit, "batch": group.kind.batch, "cases": group.cases,
        **{status.replace(" ", "_"): count for status, count in group.statuses.items()},
        "elements": group.elements, "reproduced": group.reproduced, "outside": group.outside,
        "largest_utilisation": group.largest,
        "predictions": images, "right_by_hand": by_hand, "right_tensorflow": tensorflow, "differ": differ,
    }  # fmt: skip


def _tensor(name: Name, spread: Spread) -> dict[str, Any]:
    """Return the entry of one tensor in result.json."""
    figures = {"shares": SHARES, "utilisation": spread.used, "ulp": spread.ulps}
    counts = {"comparisons": spread.rows, "elements": spread.elements, "outside": spread.outside}
    return {"tensor": name[1], "equation": name[2], **counts, **figures}


def _figure(value: float, form: str) -> str:
    """Return the number as text, or "" for NaN."""
    return "" if math.isnan(value) else "0" if value == 0 else format(value, form)


def _share(part: int, total: int) -> str:
    """Return a part of a total in per cent, or "" if the total is 0."""
    return f"{part / total:.2%}" if total else ""
