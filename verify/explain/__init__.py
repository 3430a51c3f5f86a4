"""Derive one number by hand: the command and `explanation`. The engine is in `verify.derive`."""

from verify.derive.derivation import explanation

__all__ = ["explanation"]
