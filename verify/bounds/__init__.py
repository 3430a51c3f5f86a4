"""Balls: a value, and a radius within which any evaluation in the judged precision must lie.

`ball` defines the class. The other modules define what each of NumPy's operations does to balls.
"""

from verify.bounds import arithmetic, elementary, selection, sums  # importing them registers their operations
from verify.bounds.ball import Ball

__all__ = ["Ball", "arithmetic", "elementary", "selection", "sums"]
