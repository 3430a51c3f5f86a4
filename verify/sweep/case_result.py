"""What became of one case, as the rows that are kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verify.compare.tensor import Comparison
from verify.compare.wording import describe
from verify.sweep.plan import Case

AGREES, DISAGREES, UNVERIFIED, CRASHED = "agrees", "disagrees", "not verified", "crashed"
STATUSES = (AGREES, DISAGREES, UNVERIFIED, CRASHED)
ROWS: dict[str, Any] = {  # of a tensor of a step; a case without any has one row of these
    "step": 0, "order": 0, "tensor": "", "equation": "", "verdict": "", "elements": 0, "reproduced": 0,
    "outside": 0, "utilisation": float("nan"), "max_ulp": float("nan"), "explanation": "", "failure": "",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """A case's status, a sentence where it has no rows, its predictions, and a column of values for each of ROWS.

    `images`: predictions made; of these right by hand, right by TensorFlow, and not the same. `bits`: SHA-256 of
    each step's cost and new weights.
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

    @property
    def length(self) -> int:
        return len(self.rows["step"])


def failed(case: Case, status: str, remark: str) -> Finding:
    """One that has no numbers, and why."""
    return Finding(case.number, status, " ".join(remark.split())[:300])


def columns(comparisons: tuple[Comparison, ...]) -> dict[str, list[Any]]:
    """A row a comparison; of those that fail also the sentence that says how."""
    plain = [name for name in ROWS if name != "failure"]
    found: dict[str, list[Any]] = {name: [getattr(c, name) for c in comparisons] for name in plain}
    found["failure"] = ["" if c.passed else describe(c) for c in comparisons]
    return found
