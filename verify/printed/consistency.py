"""The verdict on every printed number: consistent with other printed numbers, refuted by them, or untestable."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from verify.printed import hitting_sets
from verify.printed.adam_hypotheses import Form, search
from verify.printed.constraint_model import PrintedStep, constraints
from verify.printed.figures import Printed
from verify.printed.hitting_sets import Numbers, Removal, bits, leave_out
from verify.printed.inferences import Block, SharedDraw, relabelled, repeated_rows, resemblance, shared_draw
from verify.printed.propagation import Box, Contradiction, State

VERDICTS = ("consistent", "refuted", "untestable")
LABELS = ("digit",)
FLOAT32_DIGITS = 17  # a number with so many decimals must be a float32, written with all its digits


@dataclass(frozen=True)
class FigureVerdict:
    """The verdict on one printed number, with the equation and the other printed numbers behind it."""

    printed: Printed
    verdict: str
    by_equation: str = ""
    support: tuple[Printed, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class Consistency:
    """The verdicts, in the order of the essay, and the facts about the essay's run that follow from the numbers."""

    verdicts: tuple[FigureVerdict, ...]
    adam: tuple[Form, ...]
    draw: SharedDraw
    blocks: tuple[Block, ...]


def judge(printed: Sequence[Printed]) -> Consistency:
    """Return a verdict on every printed number."""
    forms = search(printed)
    step = forms[0].step if forms[0].fits else PrintedStep()
    suspects = repeated_rows(printed)
    numbers = {bit: p for bit, p in enumerate(printed) if float32_or_short(p)}
    base = State(constraints(printed, step)).narrow()
    removals, cores = hitting_sets.resolve(base, numbers, suspects)
    draw = shared_draw(list(leave_out(numbers, {bit for removal in removals for bit in removal}).values()))
    if draw.supported:
        base = State(constraints(printed, step, shared_draw=True)).narrow()
        removals, cores = hitting_sets.resolve(base, numbers, suspects, cores)
    while True:
        removed = {bit: removal for removal in removals for bit in removal}
        kept = leave_out(numbers, removed)
        try:
            blocks = tuple(relabelled(base, kept, printed))
            verdicts = _Judge(printed, base, kept, removed, blocks).verdicts()
        except Contradiction as contradiction:  # it appears only if the equations are applied in another order
            cores.append(hitting_sets.reduced(base, numbers, contradiction))
            removals, cores = hitting_sets.resolve(base, numbers, suspects, cores)
        else:
            return Consistency(verdicts, forms, draw, blocks)


def float32_or_short(p: Printed) -> bool:
    """Return False if a number has 17 decimals or more, but is not a float32 written with so many digits."""
    if p.decimals < FLOAT32_DIGITS or "e" not in p.text:
        return True
    with np.errstate(all="ignore"):
        return f"{np.float32(p.text):.{p.decimals}e}" == p.text


@dataclass(frozen=True)
class _Judge:
    """Gives the verdicts once it is known which numbers are removed.  Each number is known by its bit."""

    printed: Sequence[Printed]
    base: State
    kept: Numbers
    removed: Mapping[int, Removal]
    blocks: Sequence[Block]

    def verdicts(self) -> tuple[FigureVerdict, ...]:
        """Return the verdicts in the order of the numbers.  Raises Contradiction if the kept ones are inconsistent."""
        state = self.base.with_numbers(self.kept)
        return tuple(self._verdict(bit, p, state) for bit, p in enumerate(self.printed))

    def _verdict(self, bit: int, p: Printed, state: State) -> FigureVerdict:
        if bit in self.kept:
            return self._on_kept(bit, p, state.without(bit, self.base, self.kept))
        if bit in self.removed:
            return self._on_removed(bit, p, state[p.quantity])
        return FigureVerdict(p, "refuted", "float32", (), "these digits are those of no float32 number")

    def _on_kept(self, bit: int, p: Printed, others: State) -> FigureVerdict:
        """Return the verdict on a kept number: consistent if the state of the others or an equation bounds it."""
        box = others[p.quantity]
        if equations := _equations(box):
            return FigureVerdict(p, "consistent", equations, self._behind(box.support, bit), _range(box))
        if p.decimals >= FLOAT32_DIGITS:
            return FigureVerdict(p, "consistent", "float32", (), "these digits are those of a float32 number")
        if p.symbol in LABELS:
            return self._on_label(bit, p, others)
        return FigureVerdict(p, "untestable", remark="no correct equation connects it to another printed number")

    def _on_label(self, bit: int, p: Printed, others: State) -> FigureVerdict:
        """Return the verdict on a label: consistent if the other numbers exclude at least one digit as the label."""
        excluded, support = [], 0
        for digit in range(10):
            try:
                others.with_numbers({bit: replace(p, low=float(digit), high=float(digit))})
            except Contradiction as contradiction:
                excluded.append(str(digit))
                support |= contradiction.support
        if not excluded:
            return FigureVerdict(p, "untestable", remark="the other numbers allow every label")
        remark = f"the others rule out {', '.join(excluded)}"
        return FigureVerdict(p, "consistent", "13, 22b", self._behind(support, bit), remark)

    def _on_removed(self, bit: int, p: Printed, box: Box) -> FigureVerdict:
        """Return the verdict on a removed number, with remarks on its probable cause."""
        rivals = tuple(self.printed[b] for b in sorted(set(self.removed[bit]) - {bit}))
        remarks = [f"either this or {', '.join(map(str, rivals[:3]))} is wrong"] if rivals else []
        if not rivals and box.finite:
            remarks.append(f"the other values imply a value {_range(box)}")
        if cause := resemblance(p, self.printed):
            remarks.append(cause)
        for block in self.blocks:
            if (block.place, block.symbol) == (p.place, p.symbol):
                share = f"{block.agree_there} of {block.tested_there} numbers"
                remarks.append(f"its block duplicates {block.really} in {share}")
        remark = "; ".join(remarks) or "it is in a smallest set whose removal makes the other numbers consistent"
        return FigureVerdict(p, "refuted", _equations(box), rivals or self._behind(box.support, bit), remark)

    def _behind(self, support: int, bit: int) -> tuple[Printed, ...]:
        """Return the printed numbers of a support other than the number with this bit."""
        return tuple(self.printed[b] for b in sorted(bits(support)) if b != bit)


def _equations(box: Box) -> str:
    """Return the equations that gave the bounds of a box, each once."""
    return ", ".join(dict.fromkeys(end.equation for end in (box.low, box.high) if end.equation))


def _range(box: Box) -> str:
    """Return a box as text, with one digit more than is needed to distinguish the two bounds."""
    low, high = box.ends
    if not box.finite:
        return f"at least {low:.4g}" if math.isinf(high) else f"at most {high:.4g}"
    size, width = max(abs(low), abs(high)), high - low
    if width <= 1e-9 * size:
        return f"at {low:.9g}"
    digits = min(2 + math.floor(math.log10(size)) - math.floor(math.log10(width)), 12)
    return f"from {low:.{digits}g} to {high:.{digits}g}"
