"""The summary of a sweep as files: report.md, report.html, summary.csv, result.json.

They contain no times, so that two equal sweeps write equal bytes.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from reports.files import ReportFiles
from reports.table import Cell, Columns, Report, Table
from verify.compare.wording import DERIVED, explain_pass
from verify.sweep.case_result import AGREES, CRASHED, DISAGREES, STATUSES, UNVERIFIED
from verify.sweep.plan import ANY, XLA, Kind
from verify.sweep.summary import NEAR, SHARES, Group, Name, Spread, Summary, quantiles

SCHEMA = "byhand-sweep-result/1"
COUNTS = ("comparisons", "elements", "outside")
NAMES = ("50", "90", "99", "99.9", "100")  # SHARES in per cent


def files(summary: Summary) -> ReportFiles:
    """Return all files of the summary."""
    return ReportFiles(report(summary), to_dict(summary), (to_columns(summary),))


def report(summary: Summary) -> Report:
    """Return the report: headline, conditions, and all tables."""
    plan = summary.plan
    begins = "from the first sample" if plan.digits == (ANY,) else f"digits {', '.join(plan.digits)}"
    model = f"Model {plan.model}. " if plan.model else ""
    swept = (
        f"{model}Seeds {plan.first_seed} to {plan.end_seed - 1}, {begins}, {plan.steps} "
        f"step{'s' if plan.steps > 1 else ''} each, {plan.optimizer}, {plan.loss}, data {plan.data} ({plan.split}). "
    )
    names = ", ".join(f"{name} {value[:16]}" for name, value in summary.origin.items())
    tables = (kinds(summary), worst(summary), *([causes(summary)] if summary.causes else []), tensors(summary))
    return Report(summary.headline, summary.passed, (explain_pass(DERIVED), f"{swept}{names}."), tables)


def kinds(summary: Summary) -> Table:
    """Return the table of kinds: a row for each precision, with and without XLA, and batch size."""
    right = ("right by hand", "right TensorFlow", "differ")
    header = ("precision", "XLA", "batch", "cases", "agree", "numbers", "outside", "error ÷ bound", *right)
    rows = []
    for kind, group in summary.groups.items():
        counts, images = group.counts, group.counts["images"]
        texts = [kind.dtype, XLA[kind.jit], f"{kind.batch}", f"{group.cases:,}", f"{counts[AGREES]:,}"]
        texts += [f"{counts['elements']:,}", f"{counts['outside']:,}", _figure(group.largest, ".4f")]
        texts += [_share(counts["right_by_hand"], images), _share(counts["right_tensorflow"], images)]
        rows.append(_row([*texts, f"{counts['differ']:,}"], strong=counts[AGREES] < group.cases))
    note = (
        "error ÷ bound: the largest; above 1 rounding cannot explain it. right: images classified correctly before "
        "each step's update, by hand in float64. differ: images for which the two sides predict different classes"
    )
    return Table("Cases by precision, XLA and batch size", header, tuple(rows), frozenset(range(2, 11)), note)


def worst(summary: Summary) -> Table:
    """Return the table of the ten cases with the largest error over bound."""
    header = ("case", "verdict", "step", "tensor", "error ÷ bound", "ulp", f"{NEAR} or more", "command")
    rows = []
    for w in summary.worst:
        texts = [f"{w.case.number}", w.status, f"{w.step}", w.tensor, _figure(w.utilisation, ".6g")]
        texts += [_figure(w.ulp, ".3g"), f"{w.near}", w.case.command]
        rows.append(_row(texts, strong=w.status == DISAGREES))
    note = (
        "The command repeats the case in one thread of TensorFlow, as in the sweep; with more threads it may add in "
        "another order and give other bits. Equations that round once reach their bound. "
        f"{NEAR} or more: how many tensors of the case have this error ÷ bound"
    )
    return Table("The ten worst cases", header, tuple(rows), frozenset((0, 2, 4, 5, 6)), note)


def causes(summary: Summary) -> Table:
    """Return the table of the cases that do not agree, grouped by diagnosis."""
    header = ("verdict", "cause", "cases", "first case", "command of the first case")
    rows = [
        _row([c.status, c.text, f"{c.count:,}", f"{c.first.number}", c.first.command], strong=True)
        for c in summary.causes
    ]
    note = (
        "The cause of a case that disagrees: its first tensor that disagrees, the equation, and what explains every "
        "element, if that is known"
    )
    return Table("Cases that do not agree, by diagnosis", header, tuple(rows), frozenset((2, 3)), note)


def tensors(summary: Summary) -> Table:
    """Return the table of tensors: each over all cases and steps."""
    figures = [f"{figure} {name}%" for figure in ("error ÷ bound", "ulp") for name in NAMES]
    header = ("tensor", "equation", "numbers", "outside", *figures)
    rows = []
    for (_, tensor, equation), spread in sorted(summary.total.spreads.items()):
        texts = [tensor, equation, f"{spread.counts['elements']:,}", f"{spread.counts['outside']:,}"]
        texts += [_figure(value, ".4f") for value in quantiles(spread.utilisation)]
        texts += [_figure(value, ".4g") for value in quantiles(spread.ulp)]
        rows.append(_row(texts, strong=spread.counts["outside"] > 0))
    note = (
        "Of each case and step the largest error of the tensor counts. This per cent of them are no larger than the "
        "number in the column, as error ÷ bound and in units in the last place (ulp) of the larger number"
    )
    return Table("Each tensor over all cases and steps", header, tuple(rows), frozenset(range(2, len(header))), note)


def to_columns(summary: Summary) -> Columns:
    """Return the columns of summary.csv: a row for each kind, tensor and equation."""
    rows = []
    for kind, group in summary.groups.items():
        for (_, tensor, equation), spread in sorted(group.spreads.items()):
            counts = (spread.counts[name] for name in COUNTS)
            figures = (*quantiles(spread.utilisation), *quantiles(spread.ulp))
            rows.append((kind.dtype, XLA[kind.jit], kind.batch, tensor, equation, *counts, *figures))
    fields = ["dtype", "jit", "batch", "tensor", "equation", *COUNTS]
    fields += [f"utilisation_{name}" for name in NAMES] + [f"ulp_{name}" for name in NAMES]
    return Columns("summary", {name: [row[i] for row in rows] for i, name in enumerate(fields)})


def to_dict(summary: Summary) -> dict[str, Any]:
    """Return the content of result.json: everything except the rows, which are in cases/."""
    counts = summary.total.counts
    return {
        "schema": SCHEMA, "command": "sweep", "passed": summary.passed, "headline": summary.headline, "policy": DERIVED,
        "plan": asdict(summary.plan), "environment": summary.origin,
        "counts": {
            "cases": summary.total.cases, "elements": counts["elements"], "reproduced": counts["reproduced"],
            "outside": counts["outside"], "agree": counts[AGREES], "disagree": counts[DISAGREES],
            "not_verified": counts[UNVERIFIED], "crashed": counts[CRASHED],
        },
        "kinds": [_kind(kind, group) for kind, group in summary.groups.items()],
        "tensors": [_tensor(name, spread) for name, spread in sorted(summary.total.spreads.items())],
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


def _kind(kind: Kind, group: Group) -> dict[str, Any]:
    """Return the entry of one kind in result.json."""
    counts = group.counts
    return {
        "dtype": kind.dtype, "jit": kind.jit, "batch": kind.batch, "cases": group.cases,
        **{status.replace(" ", "_"): counts[status] for status in STATUSES},
        "elements": counts["elements"], "reproduced": counts["reproduced"], "outside": counts["outside"],
        "largest_utilisation": group.largest,
        "predictions": counts["images"], "right_by_hand": counts["right_by_hand"],
        "right_tensorflow": counts["right_tensorflow"], "differ": counts["differ"],
    }  # fmt: skip


def _tensor(name: Name, spread: Spread) -> dict[str, Any]:
    """Return the entry of one tensor in result.json."""
    entry = {"tensor": name[1], "equation": name[2], **{count: spread.counts[count] for count in COUNTS}}
    return entry | {"shares": SHARES, "utilisation": quantiles(spread.utilisation), "ulp": quantiles(spread.ulp)}


def _row(texts: Iterable[str], strong: bool) -> tuple[Cell, ...]:
    """Return a row of cells, all or none of them strong."""
    return tuple(Cell(text, strong) for text in texts)


def _figure(value: float, form: str) -> str:
    """Return the number as text, or "" for NaN."""
    return "" if math.isnan(value) else "0" if value == 0 else format(value, form)


def _share(part: int, total: int) -> str:
    """Return a part of a total in per cent, or "" if the total is 0."""
    return f"{part / total:.2%}" if total else ""
