"""How one number comes about, as a value: steps, each an equation with numbers put in and what two sides made of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Formula:
    """One formula in three writings: plain text, LaTeX (without dollar signs), HTML (escaped)."""

    text: str
    latex: str
    html: str


@dataclass(frozen=True)
class Line:
    """left = right, and a remark beside it. An empty left goes on from the line above."""

    left: Formula
    right: Formula
    remark: str = ""


@dataclass(frozen=True)
class Share:
    """What one operation contributes to what is allowed; `part` of 1."""

    operation: str
    part: float


@dataclass(frozen=True)
class Outcome:
    """Both numbers, and whether rounding explains what separates them.

    `by_hand` has as many digits as tell it from its neighbours, `exact` if nothing follows them; `ulp` counts in units
    in the last place of the precision that is judged; `verdict` is equal, within, outside, or unbounded.
    """

    by_hand: str
    exact: bool
    tensorflow: str
    difference: float
    ulp: float
    allowed: float
    verdict: str
    why: tuple[Share, ...] = ()

    @property
    def passed(self) -> bool:
        return self.verdict in ("equal", "within")


@dataclass(frozen=True)
class Step:
    """One element of one tensor by its rule. `index` counts from 1; `outcome` is None for what is given, not computed.

    `words` say what the equation is, `remark` why this element stands here, `notes` what else is known of it.
    """

    tensor: str
    index: tuple[int, ...]
    element: Formula
    equation: str
    words: str
    lines: tuple[Line, ...]
    outcome: Outcome | None = None
    remark: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """The steps, the number asked for first and what it was computed from after it.

    `whole`: all steps in one, no rounding anywhere between the given numbers and this one; None for one step.
    """

    title: str
    headline: str
    passed: bool
    steps: tuple[Step, ...]
    whole: Outcome | None = None
    whole_words: str = ""
