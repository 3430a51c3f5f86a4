"""Balls: a value, and a radius within which any evaluation in the judged precision must lie.

`ball` defines the class. The other modules define what each of NumPy's operations does to balls.
"""

from verify.bounds import arithmetic, selection, sums  # importing them registers their operations
from verify.bounds import elementary as functions
from verify.bounds.ball import Ball

__all__ = ["Ball", "arithmetic", "functions", "selection", "sums"]
