"""Comparisons in words: which equation, where, both values, the bound; and what PASS means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.rules import CARRIED
from verify.compare.tensor import Comparison

if TYPE_CHECKING:
    pass


def explain_pass(policy: str) -> str:
    if policy == DERIVED:
        return (
            "PASS means: NumPy computes each number to the same bits from TensorFlow's own inputs (it is reproduced; 0 "
            "and -0 are one number), or the number lies so near the equation that rounding in some order of summation "
            "can explain the difference. FAIL means: no rounding can."
        )
    return f"PASS means here: each number lies within the tolerance that was asked for, {policy}."


DERIVED = "what rounding allows"


def index_text(index: tuple[int, ...]) -> str:
    """An array index as the essay writes it, from 1."""
    return f"({', '.join(str(i + 1) for i in index)})" if index else ""


def describe(c: Comparison) -> str:
    """One line a reader of the essay understands: which equation, where, both values, what was allowed."""
    where = f"step {c.step}, {c.tensor}" if c.step else c.tensor
    if c.order:
        where += f" by equation ({c.equation})" if c.equation != CARRIED else f" ({CARRIED} from the step before)"
    if c.explanation and c.verdict != "outside":
        return f"{where}: {c.verdict}; {c.explanation}"
    if c.verdict == "outside":
        chained = ", computed by hand from the start" if c.mode == "chained" else ""
        at = f" at {index_text(c.worst_index)}" if c.worst_index else ""
        return (
            f"{where}{at}{chained}: by hand {c.by_hand:.9g}, TensorFlow {c.tensorflow:.9g}, "
            f"apart {abs(c.by_hand - c.tensorflow):.3g}, allowed {c.allowed:.3g}; "
            f"{c.outside:,} of {c.elements:,} outside" + (f"; {c.explanation}" if c.explanation else "")
        )
    if c.verdict == "not_finite":
        at = f" at {index_text(c.worst_index)}" if c.worst_index else ""
        return f"{where}{at}: NaN or infinity (by hand {c.by_hand:g}, TensorFlow {c.tensorflow:g})"
    return f"{where}: {c.verdict}; the trace has it and no rule computes it"
