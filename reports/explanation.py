"""How one number is computed, as a value: each step is an equation with its numbers, and the results of both sides."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FormulaLine:
    """One formula in three forms: plain text, LaTeX (without dollar signs), and HTML (escaped)."""

    text: str
    latex: str
    html: str


@dataclass(frozen=True)
class Line:
    """The line "left = right", and a remark beside it. An empty `left` continues the line above."""

    left: FormulaLine
    right: FormulaLine
    remark: str = ""


@dataclass(frozen=True)
class Share:
    """How much one operation contributes to the bound: `part` is from 0 to 1."""

    operation: str
    part: float


@dataclass(frozen=True)
class Outcome:
    """Both numbers, and whether rounding explains their difference.

    `by_hand` has enough digits to tell it from its neighbours; `exact`: no further digits follow. `ulp` is the
    difference in units in the last place of the precision that is judged, `allowed` the bound. `verdict` is equal,
    within, outside, or unbounded. `why` lists the sources of rounding.
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
        """True if rounding explains the difference."""
        return self.verdict in ("equal", "within")


@dataclass(frozen=True)
class Step:
    """One element of one tensor, computed by its rule. `index` counts from 1.

    `words` say what the equation is, `remark` says why the element is shown, and `notes` say more about it. `outcome`
    is None for an element that is given, not computed.
    """

    tensor: str
    index: tuple[int, ...]
    element: FormulaLine
    equation: str
    words: str
    lines: tuple[Line, ...]
    outcome: Outcome | None = None
    remark: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """The steps: first the number asked for, then the numbers that it was computed from.

    `whole`: the outcome of all steps in one, without rounding between them; None if there is only one step.
    """

    title: str
    headline: str
    passed: bool
    steps: tuple[Step, ...]
    whole: Outcome | None = None
    whole_words: str = ""
