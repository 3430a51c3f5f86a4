"""Balls: a value, and a radius within which any evaluation in the judged precision must lie.

`ball` defines the class. The other modules define what each of NumPy's operations does to balls.
"""

# importing them registers their operations
from verify.bounds import arithmetic, elementary, iterations, selection, sums
from verify.bounds.ball import Ball

__all__ = ["Ball", "arithmetic", "elementary", "iterations", "selection", "sums"]
