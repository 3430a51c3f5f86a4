"""Predict every image of a split: the accuracy of both sides, and the images that they predict differently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from reference.tensor_names import of_layer
from reports.table import Cell, Columns, Table
from verify.bounds import Ball
from verify.compare.tensor import Comparison, Tolerance
from verify.compare.walk import compare
from verify.records.trace import Trace

COLUMNS = ("index", "label", "by_hand", "tensorflow", "probability_by_hand", "probability_tensorflow", "explained")


@dataclass(frozen=True)
class SplitPredictions:
    """The classes that both sides predict for one image, with their probabilities.

    `explained` says whether, within rounding, either class can be the one with the largest probability.
    """

    index: int
    label: int
    by_hand: int
    tensorflow: int
    probability_by_hand: float
    probability_tensorflow: float
    explained: bool

    @property
    def differs(self) -> bool:
        """True if the two sides predict different classes."""
        return self.by_hand != self.tensorflow


def judge(trace: Trace, tolerance: Tolerance | None) -> tuple[tuple[Comparison, ...], list[SplitPredictions]]:
    """Return the comparisons of one batch of images, and the prediction for each image.

    There are no predictions where a tensor is missing or has another shape or type than its equation says.
    """
    compared = compare(trace, "prediction", tolerance)
    tensors, name = trace.step(1), of_layer("A", trace.network.depth)
    if name not in compared.by_hand[0] or any(c.verdict in ("missing", "shape", "dtype") for c in compared.comparisons):
        return compared.comparisons, []
    agrees = all(c.passed for c in compared.comparisons if c.mode == "local")
    return compared.comparisons, _choices(trace, compared.by_hand[0][name], tensors[name], tensors["y"], agrees)


def _choices(trace: Trace, ball: Ball, A: np.ndarray, y: np.ndarray, agrees: bool) -> list[SplitPredictions]:
    """Return the prediction for each image: `ball` has the probabilities by hand, `A` those of TensorFlow."""
    radius, choices = ball.spread(), []
    predicted = zip(np.argmax(ball.value, axis=1).tolist(), np.argmax(A, axis=1).tolist(), strict=True)
    for row, (hand, other) in enumerate(predicted):
        gap = ball.value[row, hand] - ball.value[row, other]
        explained = agrees and bool(gap <= radius[row, hand] + radius[row, other])
        index, label = trace.settings.index + row, int(np.argmax(y[row]))
        choices.append(
            SplitPredictions(index, label, hand, other, float(ball.value[row, hand]), float(A[row, other]), explained)
        )
    return choices


def merged(parts: Sequence[tuple[Comparison, ...]]) -> tuple[Comparison, ...]:
    """Return one comparison for each tensor and mode: that of the worst batch, with the counts of all batches."""
    joined: dict[tuple[str, str], Comparison] = {}
    for c in chain.from_iterable(parts):
        key = (c.tensor, c.mode)
        joined[key] = _joined(joined[key], c) if key in joined else c
    return tuple(joined.values())


def _joined(a: Comparison, b: Comparison) -> Comparison:
    """Return the worse of two comparisons of one tensor, with the counts of both."""
    both = replace(
        b if _badness(b) > _badness(a) else a,
        elements=a.elements + b.elements,
        reproduced=a.reproduced + b.reproduced,
        outside=a.outside + b.outside,
        equal_share=_mean(a, b),
    )
    return replace(both, verdict=_verdict(both, {a.verdict, b.verdict}))


def _verdict(both: Comparison, verdicts: set[str]) -> str:
    """Return the verdict of two batches together.

    If both pass with different verdicts, it is "equal" where all elements are equal, otherwise "within".
    """
    if not both.passed or len(verdicts) == 1:
        return both.verdict
    return "equal" if both.equal_share == 1 else "within"


def _badness(c: Comparison) -> tuple[bool, float]:
    """Return a sorting key: a failure is worse than a pass, then the larger error/bound is worse."""
    return (not c.passed, np.nan_to_num(c.utilisation, nan=-1.0))


def _mean(a: Comparison, b: Comparison) -> float:
    """Return the share of equal elements in both comparisons; NaN if they have no elements."""
    total = a.elements + b.elements
    return (a.equal_share * a.elements + b.equal_share * b.elements) / total if total else float("nan")


def accuracy(choices: Sequence[SplitPredictions], side: Callable[[SplitPredictions], int]) -> float:
    """Return the share of images that one side classifies correctly; `side` picks that side's class."""
    return sum(side(c) == c.label for c in choices) / len(choices)


def table(choices: Sequence[SplitPredictions], name: Callable[[int], str] = str) -> Table:
    """Return the table of the images that the two sides predict differently.

    `name` returns the name of a class, given its number.
    """
    rows = tuple(
        tuple(
            Cell(text, strong=not c.explained)
            for text in (
                str(c.index),
                name(c.label),
                name(c.by_hand),
                f"{c.probability_by_hand:.9f}",
                name(c.tensorflow),
                f"{c.probability_tensorflow:.9f}",
                "yes" if c.explained else "no",
            )
        )
        for c in choices
        if c.differs
    )
    header = ("image", "label", "by hand", "its probability", "TensorFlow", "its probability", "rounding explains it")
    note = (
        f"{len(rows)} of {len(choices):,} images; rounding explains a difference where it can make either the likelier"
    )
    return Table("Images for which the two choose differently", header, rows, frozenset({0, 1, 2, 3, 4, 5}), note)


def columns(choices: Sequence[SplitPredictions]) -> Columns:
    """Return the columns of predictions.csv, which has one row for each image."""
    return Columns("predictions", {name: [getattr(c, name) for c in choices] for name in COLUMNS})
