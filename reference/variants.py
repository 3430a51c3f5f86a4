"""Other computes for the same tensor: equations that are not the essay's, yet are met in its place.

Each differs from an equation in one respect and is named for it. Tried when a number disagrees, they can
say which equation was used instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.operations import quotient


@dataclass(frozen=True)
class AdamForm:
    """Adam's update, with everything that implementations are known to differ in.  Appendix A

    `ahead_m`, `ahead_v`: bias corrections of step t + so many; `correct_m`, `correct_v`: whether there are any;
    `swapped`: β1 and β2 exchanged in them; `epsilon_at`: "root" (Algorithm 1: beside the corrected √v̂),
    "hat" (beside the uncorrected √v), or "inside" (under the root of v̂).
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
    """β^(t + ahead), with t left as it is: it may be a ball, whose sums are rounded."""
    return beta**t * beta**ahead if ahead else beta**t


def adam_changes() -> Mapping[str, Mapping[str, Any]]:
    """What Adam's update is known to do otherwise, by name; "" is the equation itself.  Appendix A"""
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
    """Adam's update by what it does otherwise; the first is the equation itself.  Appendix A"""
    own = {"epsilon_at": epsilon_at}
    return {name: AdamForm(**{**own, **change}) for name, change in adam_changes().items()}
