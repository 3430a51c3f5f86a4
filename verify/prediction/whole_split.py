"""The prediction of every image of a split: who is right how often, and where the two choose differently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reference.tensor_names import of_layer
from reports.table import Cell, Columns, Table
from verify.bounds import Ball
from verify.compare.tensor import Comparison, Tolerance
from verify.compare.walk import compare
from verify.records.trace import Trace

COLUMNS = (
    "index", "label", "by_hand", "tensorflow", "probability_by_hand", "probability_tensorflow", "explained",
)  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """What was chosen for one image, each with its probability. `explained`: rounding can make either the largest."""

    index: int
    label: int
    by_hand: int
    tensorflow: int
    probability_by_hand: float
    probability_tensorflow: float
    explained: bool

    @property
    def differs(self) -> bool:
        return self.by_hand != self.tensorflow


def judge(trace: Trace, tolerance: Tolerance | None) -> tuple[tuple[Comparison, ...], list[Chosen]]:
    """One batch of images: every comparison, and every choice."""
    compared = compare(trace, "prediction", tolerance)
    held, name = trace.step(1), of_layer("A", trace.network.depth)
    if name not in compared.by_hand[0] or any(c.verdict in ("missing", "shape", "dtype") for c in compared.comparisons):
        return compared.comparisons, []
    agrees = all(c.passed for c in compared.comparisons if c.mode == "local")
    return compared.comparisons, list(_choices(trace, compared.by_hand[0][name], held[name], held["y"], agrees))


def _choices(trace: Trace, ball: Ball, held: np.ndarray, y: np.ndarray, agrees: bool) -> Sequence[Chosen]:
    hand, theirs = np.argmax(ball.value, axis=1), np.argmax(held, axis=1)
    radius, found = ball.spread(), []
    for row, (mine, other) in enumerate(zip(hand.tolist(), theirs.tolist(), strict=True)):
        gap = ball.value[row, mine] - ball.value[row, other]
        explained = agrees and bool(gap <= radius[row, mine] + radius[row, other])
        found.append(
            Chosen(
                trace.settings.index + row,
                int(np.argmax(y[row])),
                mine,
                other,
                float(ball.value[row, mine]),
                float(held[row, other]),
                explained,
            )  # fmt: skip
        )
    return found


def merged(parts: Sequence[tuple[Comparison, ...]]) -> tuple[Comparison, ...]:
    """One comparison a tensor and mode: its worst batch, and the counts of all."""
    worst: dict[tuple[str, str], Comparison] = {}
    for c in (c for part in parts for c in part):
        key = (c.tensor, c.mode)
        before = worst.get(key)
        if before is None:
            worst[key] = c
            continue
        first, other = (c, before) if _badness(c) > _badness(before) else (before, c)
        both = replace(
            first, elements=c.elements + before.elements, reproduced=c.reproduced + before.reproduced,
            outside=c.outside + before.outside, equal_share=_mean(c, before),
        )  # fmt: skip
        worst[key] = replace(both, verdict=_verdict(both, {c.verdict, before.verdict}))
    return tuple(worst.values())


def _verdict(both: Comparison, verdicts: set[str]) -> str:
    """Return the verdict of two batches in one: where both pass, what holds for both."""
    if not both.passed or len(verdicts) == 1:
        return both.verdict
    return "equal" if both.equal_share == 1 else "within"


def _badness(c: Comparison) -> tuple[bool, float]:
    return (not c.passed, np.nan_to_num(c.utilisation, nan=-1.0))


def _mean(a: Comparison, b: Comparison) -> float:
    total = a.elements + b.elements
    return (a.equal_share * a.elements + b.equal_share * b.elements) / total if total else float("nan")


def accuracy(choices: Sequence[Chosen], side: Callable[[Chosen], int]) -> float:
    return sum(side(c) == c.label for c in choices) / len(choices)


def table(choices: Sequence[Chosen], name: Callable[[int], str] = str) -> Table:
    """The images for which the two choose differently; `name` gives a class's by its number."""
    rows = tuple(
        tuple(
            Cell(text, strong=not c.explained)
            for text in (
                str(c.index), name(c.label), name(c.by_hand), f"{c.probability_by_hand:.9f}", name(c.tensorflow),
                f"{c.probability_tensorflow:.9f}", "yes" if c.explained else "no",
            )
        )
        for c in choices
        if c.differs
    )  # fmt: skip
    header = ("image", "label", "by hand", "its probability", "TensorFlow", "its probability", "rounding explains it")
    note = (
        f"{len(rows)} of {len(choices):,} images; rounding explains a difference where it can make either the likelier"
    )
    return Table("Images for which the two choose differently", header, rows, frozenset({0, 1, 2, 3, 4, 5}), note)


def columns(choices: Sequence[Chosen]) -> Columns:
    """predictions.csv: a row an image."""
    return Columns("predictions", {name: [getattr(c, name) for c in choices] for name in COLUMNS})
