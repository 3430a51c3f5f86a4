"""Variants of an equation: not the essay's, but found in implementations.

Each differs from the equation in one respect, which names it. When a number disagrees, trying the variants can
show which equation was used instead.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.operations import quotient


@dataclass(frozen=True)
class AdamForm:
    """Adam's update, with everything that implementations are known to differ in.  Appendix A

    `ahead_m`, `ahead_v`: how many steps ahead of t the bias corrections are. `correct_m`, `correct_v`: whether m and v
    are corrected. `swapped`: whether β1 and β2 are exchanged in the corrections. `epsilon_at`: where ε is added, "root"
    (Algorithm 1: to the corrected √v̂), "hat" (to the uncorrected √v), or "inside" (to v̂, under the root).
    """

    epsilon_at: str = "root"
    ahead_m: int = 0
    ahead_v: int = 0
    correct_m: bool = True
    correct_v: bool = True
    swapped: bool = False

    def __call__(self, m: Any, v: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, epsilon: Any) -> Any:
        """η∇C from the moments after the step.  m, v -> their shape.  Appendix A"""
        if self.swapped:
            beta_1, beta_2 = beta_2, beta_1
        c_m = 1 - _power(beta_1, t, self.ahead_m) if self.correct_m else 1
        c_v = 1 - _power(beta_2, t, self.ahead_v) if self.correct_v else 1
        if self.epsilon_at == "hat":
            return quotient(m * (alpha * np.sqrt(c_v) / c_m), np.sqrt(v) + epsilon, epsilon)
        v_hat = v / c_v
        if self.epsilon_at == "inside":
            return alpha * (m / c_m) / np.sqrt(v_hat + epsilon)
        return quotient(alpha * (m / c_m), np.sqrt(v_hat) + epsilon, epsilon)


def _power(beta: Any, t: Any, ahead: int) -> Any:
    """β^(t + ahead), without adding to t: t may be a ball, and sums of balls are rounded."""
    return beta**t * beta**ahead if ahead else beta**t


def adam_changes() -> Mapping[str, Mapping[str, Any]]:
    """Return the known deviations from Adam's update by name; "" is the equation itself.  Appendix A"""
    return {
        "": {},
        "bias correction one step ahead (t + 1)": {"ahead_m": 1, "ahead_v": 1},
        "bias correction two steps ahead (t + 2)": {"ahead_m": 2, "ahead_v": 2},
        "bias correction of m one step ahead": {"ahead_m": 1},
        "bias correction of v one step ahead": {"ahead_v": 1},
        "no bias correction of m": {"correct_m": False},
        "no bias correction of v": {"correct_v": False},
        "no bias correction": {"correct_m": False, "correct_v": False},
        "β1 and β2 exchanged in the bias correction": {"swapped": True},
        "ε inside the root": {"epsilon_at": "inside"},
    }


def adam_forms(epsilon_at: str = "root") -> Mapping[str, Callable[..., Any]]:
    """Return Adam's update with each deviation by name; the first is the equation itself.  Appendix A"""
    return {name: AdamForm(**{"epsilon_at": epsilon_at, **change}) for name, change in adam_changes().items()}
