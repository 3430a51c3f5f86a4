"""The result of one case: its status, and one row for each tensor of each step."""

from dataclasses import dataclass, field
from typing import Any

from verify.compare.tensor import Comparison
from verify.compare.wording import describe
from verify.sweep.plan import Case

AGREES, DISAGREES, UNVERIFIED, CRASHED = "agrees", "disagrees", "not verified", "crashed"
STATUSES = (AGREES, DISAGREES, UNVERIFIED, CRASHED)
ROWS: dict[str, Any] = {  # columns and their empty values; a case without tensors has one row of these
    "step": 0, "order": 0, "tensor": "", "equation": "", "verdict": "", "elements": 0, "reproduced": 0,
    "outside": 0, "utilisation": float("nan"), "max_ulp": float("nan"), "explanation": "", "failure": "",
}  # fmt: skip


@dataclass(frozen=True)
class CaseResult:
    """The result of one case.

    `remark` says in a sentence why there are no numbers. `images` counts the predictions of the case; `right_by_hand`,
    `right_tensorflow` and `differ` count the correct ones on each side, and those that differ. `bits` is the SHA-256 of
    every step's cost and new weights. `rows` has a column of values for each of ROWS.
    """

    number: int
    status: str
    remark: str = ""
    images: int = 0
    right_by_hand: int = 0
    right_tensorflow: int = 0
    differ: int = 0
    bits: str = ""
    rows: dict[str, list[Any]] = field(default_factory=lambda: {name: [value] for name, value in ROWS.items()})


def failed_case(case: Case, status: str, remark: str) -> CaseResult:
    """Return the result of a case that has no numbers; `remark` says why."""
    return CaseResult(case.number, status, " ".join(remark.split())[:300])


def columns(comparisons: tuple[Comparison, ...]) -> dict[str, list[Any]]:
    """Return the columns of rows, one row for each comparison; a failing one gets a sentence that says how."""
    values = {name: [getattr(c, name) for c in comparisons] for name in ROWS if name != "failure"}
    return values | {"failure": ["" if c.passed else describe(c) for c in comparisons]}
