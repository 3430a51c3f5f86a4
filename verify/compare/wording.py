"""Write comparisons as sentences: which equation, where, both values, the bound; and what PASS means."""

from __future__ import annotations

from reference.rules import CARRIED
from verify.compare.tensor import Comparison

DERIVED = "what rounding allows"


def explain_pass(policy: str) -> str:
    """Return what PASS means under a policy: DERIVED, or the text of a fixed tolerance."""
    if policy == DERIVED:
        return (
            "PASS means: NumPy computes each number to the same bits from TensorFlow's own inputs (it is reproduced; 0 "
            "and -0 are one number), or the number lies so near the equation that rounding in some order of summation "
            "can explain the difference. FAIL means: no rounding can."
        )
    return f"PASS means here: each number lies within the tolerance that was asked for, {policy}."


def index_text(index: tuple[int, ...]) -> str:
    """Return an array index as the essay writes it, counted from 1: (0, 2) is "(1, 3)"; "" for an empty index."""
    return f"({', '.join(str(i + 1) for i in index)})" if index else ""


def describe(c: Comparison) -> str:
    """Return one line about a tensor that disagrees: which equation, where, both values and the bound."""
    where = f"step {c.step}, {c.tensor}" if c.step else c.tensor
    if c.order:
        where += f" by equation ({c.equation})" if c.equation != CARRIED else f" ({CARRIED} from the step before)"
    if c.explanation and c.verdict != "outside":
        return f"{where}: {c.verdict}; {c.explanation}"
    place = f" at {index_text(c.worst_index)}" if c.worst_index else ""
    if c.verdict == "outside":
        chained = ", computed by hand from the start" if c.mode == "chained" else ""
        return (
            f"{where}{place}{chained}: by hand {c.by_hand:.9g}, TensorFlow {c.tensorflow:.9g}, "
            f"apart {abs(c.by_hand - c.tensorflow):.3g}, allowed {c.allowed:.3g}; "
            f"{c.outside:,} of {c.elements:,} outside" + (f"; {c.explanation}" if c.explanation else "")
        )
    if c.verdict == "not_finite":
        return f"{where}{place}: NaN or infinity (by hand {c.by_hand:g}, TensorFlow {c.tensorflow:g})"
    return f"{where}: {c.verdict}; the trace has it and no rule computes it"
