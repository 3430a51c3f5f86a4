"""The verdict on every printed number: consistent with other printed numbers, refuted by them, or untestable."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from verify.printed import hitting_sets as conflicts
from verify.printed.adam_hypotheses import Form, search
from verify.printed.constraint_model import PrintedStep, constraints
from verify.printed.figures import Printed
from verify.printed.hitting_sets import Removal, bits
from verify.printed.inferences import SharedDraw, repeated_rows, resemblance, shared_draw
from verify.printed.propagation import Box, Contradiction, State
from verify.printed.relabelling import Block, relabelled

VERDICTS = ("consistent", "refuted", "untestable")
LABELS = ("digit",)
FLOAT32_DIGITS = 17  # a number with so many decimals must be a float32, written with all its digits


@dataclass(frozen=True)
class FigureVerdict:
    """The verdict on one printed number, with the equation and the other printed numbers behind it."""

    printed: Printed
    verdict: str
    by_equation: str
    support: tuple[Printed, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class Consistency:
    """The verdicts, in the order of the essay, and the facts about the essay's run that follow from the numbers."""

    verdicts: tuple[FigureVerdict, ...]
    adam: tuple[Form, ...]
    draw: SharedDraw
    blocks: tuple[Block, ...]

    def count(self, verdict: str) -> int:
        """Return how many numbers have this verdict."""
        return sum(v.verdict == verdict for v in self.verdicts)


def judge(printed: Sequence[Printed]) -> Consistency:
    """Return a verdict on every printed number."""
    forms = search(printed)
    step = forms[0].step if forms and forms[0].fits else PrintedStep()
    numbers = dict(enumerate(printed))
    suspects = frozenset(repeated_rows(printed))
    misprinted = {bit for bit, p in numbers.items() if not float32_or_short(p)}
    rest = {bit: p for bit, p in numbers.items() if bit not in misprinted}
    base = State(constraints(printed, step)).narrow()
    choices, cores = conflicts.resolve(base, rest, suspects)
    doubtful = {bit for choice in choices for bit in choice.options}
    draw = shared_draw([p for bit, p in rest.items() if bit not in doubtful])
    if draw.supported:
        base = State(constraints(printed, step, shared_draw=True)).narrow()
        choices, cores = conflicts.resolve(base, rest, suspects, cores)
    while True:
        removed = {bit: choice for choice in choices for bit in choice.options}
        kept = {bit: p for bit, p in rest.items() if bit not in removed}
        try:
            blocks = tuple(relabelled(base, kept, printed))
            verdicts = _verdicts(base, numbers, kept, removed, blocks)
        except Contradiction as contradiction:  # found only if the equations are applied in another order
            cores.append(conflicts.reduced(base, rest, contradiction))
            choices, cores = conflicts.resolve(base, rest, suspects, cores)
        else:
            return Consistency(tuple(verdicts), forms, draw, blocks)


def float32_or_short(p: Printed) -> bool:
    """Return False if a number has 17 decimals or more, but is not a float32 written with so many digits."""
    if p.decimals < FLOAT32_DIGITS or "e" not in p.text:
        return True
    with np.errstate(all="ignore"):
        return f"{np.float32(p.text):.{p.decimals}e}" == p.text


def _verdicts(
    base: State,
    numbers: Mapping[int, Printed],
    kept: Mapping[int, Printed],
    removed: Mapping[int, Removal],
    blocks: Sequence[Block],
) -> list[FigureVerdict]:
    """Return the verdicts in the order of the numbers.  Raises Contradiction if the kept numbers are inconsistent."""
    state = conflicts.settle(base, kept)
    verdicts = []
    for bit, p in numbers.items():
        if bit in kept:
            verdicts.append(_standing(p, bit, state, base, numbers, kept))
        elif bit in removed:
            verdicts.append(_refuted(p, bit, state, removed[bit], numbers, blocks))
        else:
            verdicts.append(FigureVerdict(p, "refuted", "float32", (), "these digits are those of no float32 number"))
    return verdicts


def _standing(
    p: Printed, bit: int, state: State, base: State, numbers: Mapping[int, Printed], kept: Mapping[int, Printed]
) -> FigureVerdict:
    """Return the verdict on a kept number.  It is consistent if other numbers or equations bound it."""
    alone = state.without(bit, base, kept)
    box = alone[p.quantity]
    if equations := _equations(box):
        return FigureVerdict(p, "consistent", equations, _others(box.support, numbers, bit), _allowed(box))
    if p.decimals >= FLOAT32_DIGITS:
        return FigureVerdict(p, "consistent", "float32", (), "these digits are those of a float32 number")
    if p.symbol in LABELS:
        return _label(p, bit, alone, numbers)
    return FigureVerdict(p, "untestable", "", (), "no equation that stands ties it to another printed number")


def _label(p: Printed, bit: int, alone: State, numbers: Mapping[int, Printed]) -> FigureVerdict:
    """Return the verdict on a label.  It is consistent if the other numbers exclude at least one digit as the label."""
    excluded, support = [], 0
    for other in range(10):
        trial = alone.copy()
        try:
            trial.narrow(trial.print_in({bit: replace(p, low=float(other), high=float(other))}))
        except Contradiction as contradiction:
            excluded.append(str(other))
            support |= contradiction.support
    if not excluded:
        return FigureVerdict(p, "untestable", "", (), "the other numbers would allow every label")
    remark = f"the others rule out {', '.join(excluded)}"
    return FigureVerdict(p, "consistent", "13, 22b", _others(support, numbers, bit), remark)


def _refuted(
    p: Printed, bit: int, state: State, choice: Removal, numbers: Mapping[int, Printed], blocks: Sequence[Block]
) -> FigureVerdict:
    """Return the verdict on a removed number, with remarks on its probable cause."""
    box = state[p.quantity]
    rivals = tuple(numbers[b] for b in sorted(set(choice.options) - {bit}))
    remarks = [f"either this or {', '.join(map(str, rivals[:3]))} is wrong"] if rivals else []
    if not rivals and math.isfinite(box.low.at) and math.isfinite(box.high.at):
        remarks.append(f"the others put it {_allowed(box)}")
    like = resemblance(p, numbers.values())
    remarks += [like] if like else []
    for block in blocks:
        if (block.place, block.symbol) == (p.place, p.symbol):
            remarks.append(
                f"its block agrees with {block.really} in {block.agree_there} of {block.tested_there} numbers"
            )
    remarks = remarks or ["the numbers it stands with cannot all be right, and to remove it takes fewest"]
    return FigureVerdict(
        p, "refuted", _equations(box), rivals or _others(box.support, numbers, bit), "; ".join(remarks)
    )


def _equations(box: Box) -> str:
    """Return the equations that gave the bounds of a box, each once."""
    return ", ".join(dict.fromkeys(end.equation for end in (box.low, box.high) if end.equation))


def _others(support: int, numbers: Mapping[int, Printed], bit: int) -> tuple[Printed, ...]:
    """Return the printed numbers of a support other than the number with this bit."""
    return tuple(numbers[b] for b in sorted(bits(support)) if b != bit)


def _allowed(box: Box) -> str:
    """Return a box as text, with one digit more than is needed to distinguish the two bounds."""
    low, high = box.low.at, box.high.at
    if math.isinf(low) or math.isinf(high):
        return f"at least {low:.4g}" if math.isinf(high) else f"at most {high:.4g}"
    size, gap = max(abs(low), abs(high)), high - low
    if gap <= 1e-9 * size:
        return f"at {low:.9g}"
    digits = min(2 + math.floor(math.log10(size)) - math.floor(math.log10(gap)), 12)
    return f"from {low:.{digits}g} to {high:.{digits}g}"
