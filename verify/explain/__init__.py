"""Derive one number by hand: the command, and its Python function `explanation`.  `verify.derive` does the work."""

from verify.derive.derivation import explanation

__all__ = ["explanation"]
