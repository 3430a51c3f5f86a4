"""Balls: a value, and a radius within which any evaluation in the judged precision must lie.

`ball` has the class; the others what each of NumPy's operations does to it.
"""

from verify.bounds import arithmetic, selection, sums  # they make themselves known to the class
from verify.bounds import elementary as functions
from verify.bounds.ball import Ball

__all__ = ["Ball", "arithmetic", "functions", "selection", "sums"]
