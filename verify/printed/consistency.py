"""The verdict on every printed number: consistent with which others, refuted by which, or untestable."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from verify.printed import hitting_sets as conflicts
from verify.printed.adam_hypotheses import Form, search
from verify.printed.constraint_model import Step, constraints
from verify.printed.figures import Printed
from verify.printed.hitting_sets import Choice, bits
from verify.printed.inferences import SharedDraw, repeated_rows, resemblance, shared_draw
from verify.printed.propagation import Bound, Box, Contradiction, State
from verify.printed.relabelling import Block, relabelled

VERDICTS = ("consistent", "refuted", "untestable")
LABELS = ("digit",)
FLOAT32_DIGITS = 17  # more than a float32 has: such digits must be a float32 written out


@dataclass(frozen=True)
class Verdict:
    """What the equations say of one printed number, and the printed numbers they say it with."""

    printed: Printed
    verdict: str
    by_equation: str
    support: tuple[Printed, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class Trial:
    """All verdicts, in the order of the essay, and what the numbers say beyond them."""

    verdicts: tuple[Verdict, ...]
    adam: tuple[Form, ...]
    draw: SharedDraw
    blocks: tuple[Block, ...]

    def count(self, verdict: str) -> int:
        return sum(v.verdict == verdict for v in self.verdicts)


def judge(printed: Sequence[Printed]) -> Trial:
    """Let the equations decide on every number."""
    forms = search(printed)
    step = forms[0].step if forms and forms[0].fits else Step()
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
        except Contradiction as contradiction:  # seen only when the equations are taken in another order
            cores.append(conflicts.reduced(base, rest, contradiction))
            choices, cores = conflicts.resolve(base, rest, suspects, cores)
        else:
            return Trial(tuple(verdicts), forms, draw, blocks)


def float32_or_short(p: Printed) -> bool:
    """A number of 17 digits or more was written out from a float32: are its digits those of one?"""
    if p.decimals < FLOAT32_DIGITS or "e" not in p.text:
        return True
    with np.errstate(all="ignore"):
        return f"{np.float32(p.text):.{p.decimals}e}" == p.text


def _verdicts(
    base: State, numbers: Mapping[int, Printed], kept: Mapping[int, Printed], removed: Mapping[int, Choice],
    blocks: Sequence[Block],
) -> list[Verdict]:  # fmt: skip
    state = conflicts.settle(base, kept)
    found = []
    for bit, p in numbers.items():
        if bit in kept:
            found.append(_standing(p, bit, state, base, numbers, kept))
        elif bit in removed:
            found.append(_refuted(p, bit, state, removed[bit], numbers, blocks))
        else:
            found.append(Verdict(p, "refuted", "float32", (), "these digits are those of no float32 number"))
    return found


def _standing(
    p: Printed, bit: int, state: State, base: State, numbers: Mapping[int, Printed], kept: Mapping[int, Printed]
) -> Verdict:
    """Consistent if something other than itself bounds it."""
    alone = state.without(bit, base, kept)
    box = alone[p.quantity]
    known = [end for end in (box.low, box.high) if end.equation]
    if known:
        return Verdict(p, "consistent", _equations(known), _support(box, numbers, bit), _allowed(box))
    if p.decimals >= FLOAT32_DIGITS:
        return Verdict(p, "consistent", "float32", (), "these digits are those of a float32 number")
    if p.symbol in LABELS:
        return _label(p, bit, alone, numbers)
    return Verdict(p, "untestable", "", (), "no equation that stands ties it to another printed number")


def _label(p: Printed, bit: int, alone: State, numbers: Mapping[int, Printed]) -> Verdict:
    """A label is tested by trying every other: those that the numbers rule out."""
    excluded, support = [], 0
    for other in range(10):
        trial = alone.copy()
        try:
            trial.narrow(trial.print_in({bit: replace(p, low=float(other), high=float(other))}))
        except Contradiction as contradiction:
            excluded.append(str(other))
            support |= contradiction.support
    if not excluded:
        return Verdict(p, "untestable", "", (), "the other numbers would allow every label")
    with_ = tuple(numbers[b] for b in sorted(bits(support)) if b != bit)
    return Verdict(p, "consistent", "13, 22b", with_, f"the others rule out {', '.join(excluded)}")


def _refuted(
    p: Printed, bit: int, state: State, choice: Choice, numbers: Mapping[int, Printed], blocks: Sequence[Block]
) -> Verdict:
    box = state[p.quantity]
    others = sorted(set(choice.options) - {bit})
    sure = not others
    remarks = [] if sure else [f"either this or {', '.join(str(numbers[b]) for b in others[:3])} is wrong"]
    if sure and math.isfinite(box.low.at) and math.isfinite(box.high.at):
        remarks.append(f"the others put it {_allowed(box)}")
    like = resemblance(p, numbers.values())
    remarks += [like] if like else []
    for block in blocks:
        if (block.place, block.symbol) == (p.place, p.symbol):
            remarks.append(
                f"its block agrees with {block.really} in {block.agree_there} of {block.tested_there} numbers"
            )
    known = [end for end in (box.low, box.high) if end.equation]
    remarks = remarks or ["the numbers it stands with cannot all be right, and to remove it takes fewest"]
    support = _support(box, numbers, bit) if sure else tuple(numbers[b] for b in others)
    return Verdict(p, "refuted", _equations(known), support, "; ".join(remarks))


def _equations(ends: Iterable[Bound]) -> str:
    return ", ".join(dict.fromkeys(end.equation for end in ends))


def _support(box: Box, numbers: Mapping[int, Printed], bit: int) -> tuple[Printed, ...]:
    return tuple(numbers[b] for b in sorted(bits(box.support)) if b != bit)


def _allowed(box: Box) -> str:
    """Where the others put a number, with as many digits as tell the two ends apart, and one more."""
    low, high = box.low.at, box.high.at
    if math.isinf(low) or math.isinf(high):
        return f"at least {low:.4g}" if math.isinf(high) else f"at most {high:.4g}"
    size, gap = max(abs(low), abs(high)), high - low
    if gap <= 1e-9 * size:
        return f"at {low:.9g}"
    digits = min(2 + math.floor(math.log10(size)) - math.floor(math.log10(gap)), 12)
    return f"from {low:.{digits}g} to {high:.{digits}g}"
