"""How one number of a training step comes about, derived by hand: `explanation(trace, step, tensor, index, depth)`."""

from __future__ import annotations

from verify.explain.building import explain as explain
from verify.explain.building import explanation as explanation
from verify.explain.case import Case as Case

__all__ = ["Case", "explain", "explanation"]
