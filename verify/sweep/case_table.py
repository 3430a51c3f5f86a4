"""The rows of cases as an Arrow table: its columns, and how case results become one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from verify.sweep.case_result import CaseResult
from verify.sweep.plan import Plan

WORDS = pa.dictionary(pa.int32(), pa.string())
COLUMNS = pa.schema({
    "case": pa.int64(), "seed": pa.int64(), "digit": WORDS, "status": WORDS, "remark": WORDS, "images": pa.int32(),
    "right_by_hand": pa.int32(), "right_tensorflow": pa.int32(), "differ": pa.int32(), "bits": WORDS,
    "step": pa.int16(), "order": pa.int16(), "tensor": WORDS, "equation": WORDS, "verdict": WORDS,
    "elements": pa.int64(), "reproduced": pa.int64(), "outside": pa.int64(),
    "utilisation": pa.float64(), "max_ulp": pa.float64(), "explanation": WORDS, "failure": WORDS,
})  # fmt: skip
OF_CASE = ("status", "remark", "images", "right_by_hand", "right_tensorflow", "differ", "bits")  # fields of a Finding


def to_table(plan: Plan, findings: list[CaseResult]) -> Any:
    """Return the rows of these cases as a table, in the order of their numbers."""
    findings = sorted(findings, key=lambda finding: finding.number)
    cases = [plan.case(finding.number) for finding in findings]
    of_case: dict[str, list[Any]] = {name: [getattr(f, name) for f in findings] for name in OF_CASE}
    of_case |= {"case": [c.number for c in cases], "seed": [c.settings.seed for c in cases]}
    of_case |= {"digit": [c.digit for c in cases]}
    repeated = pa.array(np.repeat(np.arange(len(findings)), [finding.length for finding in findings]))
    arrays = []
    for field in COLUMNS:
        if field.name in of_case:
            array = pa.array(of_case[field.name], plain(field.type)).take(repeated)
        else:
            values = [value for finding in findings for value in finding.rows[field.name]]
            array = pa.array(values, plain(field.type))
        arrays.append(array.dictionary_encode() if field.type == WORDS else array)
    return pa.table(arrays, schema=COLUMNS)


def has_columns(table: Any) -> bool:
    """True if the table has the names and types of COLUMNS; its texts may be dictionary-encoded or not."""
    return {f.name: plain(f.type) for f in table.schema} == {f.name: plain(f.type) for f in COLUMNS}


def plain(kind: Any) -> Any:
    """Return a column's type without dictionary encoding."""
    return pa.string() if pa.types.is_dictionary(kind) else kind
