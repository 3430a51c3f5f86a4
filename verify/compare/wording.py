"""Write comparisons as sentences: which equation, where, both values, the bound; and what PASS means."""

from collections.abc import Sequence

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


def index_text(index: Sequence[int]) -> str:
    """Return an array index as the essay writes it, counted from 1: (0, 2) is "(1, 3)"; "" for an empty index."""
    return f"({', '.join(str(i + 1) for i in index)})" if index else ""


def describe(c: Comparison) -> str:
    """Return one line about a tensor that disagrees: which equation, where, both values, the difference, the bound."""
    tensor = f"step {c.step}, {c.tensor}" if c.step else c.tensor
    if c.order:
        tensor += f" by equation ({c.equation})" if c.equation != CARRIED else f" ({CARRIED} from the step before)"
    if c.explanation and (c.verdict != "outside" or not c.order):
        return f"{tensor}: {'' if c.verdict == 'outside' else f'{c.verdict}; '}{c.explanation}"
    place = f" at {index_text(c.worst_index)}" if c.worst_index else ""
    if c.verdict == "outside":
        chained = ", computed by hand from the start" if c.mode == "chained" else ""
        cause = f"; {c.explanation}" if c.explanation else ""
        return (
            f"{tensor}{place}{chained}: by hand {c.by_hand:.9g}, TensorFlow {c.tensorflow:.9g}, "
            f"difference {abs(c.by_hand - c.tensorflow):.3g}, bound {c.allowed:.3g}; "
            f"{c.outside:,} of {c.elements:,} outside{cause}"
        )
    if c.verdict == "not_finite":
        return f"{tensor}{place}: NaN or infinity (by hand {c.by_hand:g}, TensorFlow {c.tensorflow:g})"
    return f"{tensor}: {c.verdict}; the trace has it and no rule computes it"
