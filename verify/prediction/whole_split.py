"""Predict every image of a split: the accuracy of both sides, and the images that they predict differently."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain

import numpy as np

from reports.table import Cell, Columns, Table
from verify.bounds import Ball
from verify.compare.tensor import Comparison, Tolerance
from verify.compare.walk import compare
from verify.records.trace import Array, Trace


@dataclass(frozen=True)
class ImagePrediction:
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


def judge(trace: Trace, tolerance: Tolerance | None) -> tuple[tuple[Comparison, ...], list[ImagePrediction]]:
    """Return the comparisons of one batch of images, and the prediction for each image.

    There are no predictions where a tensor is missing or has another shape or type than its equation says.
    """
    compared = compare(trace, "prediction", tolerance)
    tensors, name = trace.step(1), trace.network.output[1].gives
    if name not in compared.by_hand[0] or any(c.verdict in ("missing", "shape", "dtype") for c in compared.comparisons):
        return compared.comparisons, []
    agrees = all(c.passed for c in compared.comparisons if c.mode == "local")
    ball, first = compared.by_hand[0][name], trace.settings.index
    return compared.comparisons, _predictions(ball, tensors[name], tensors["y"], first, agrees)


def _predictions(ball: Ball, A: Array, y: Array, first: int, agrees: bool) -> list[ImagePrediction]:
    """Return the prediction for each image: `ball` has the probabilities by hand, `A` those of TensorFlow."""
    rows, radius = np.arange(len(A)), ball.spread()
    hand, other = np.argmax(ball.value, axis=1), np.argmax(A, axis=1)
    gap = ball.value[rows, hand] - ball.value[rows, other]
    explained = agrees & (gap <= radius[rows, hand] + radius[rows, other])
    columns = (first + rows, y.argmax(axis=1), hand, other, ball.value[rows, hand], A[rows, other], explained)
    return [ImagePrediction(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def merged(parts: Sequence[tuple[Comparison, ...]]) -> tuple[Comparison, ...]:
    """Return one comparison for each tensor and mode: that of the worst batch, with the counts of all batches."""
    comparisons: dict[tuple[str, str], Comparison] = {}
    for c in chain.from_iterable(parts):
        key = (c.tensor, c.mode)
        comparisons[key] = _worse(comparisons[key], c) if key in comparisons else c
    return tuple(comparisons.values())


def _worse(a: Comparison, b: Comparison) -> Comparison:
    """Return the worse of two comparisons of one tensor, with the counts of both; failures are worse than passes.

    If both pass with different verdicts, the verdict is "equal" where all elements are equal, otherwise "within".
    """
    worse = max(a, b, key=lambda c: (not c.passed, np.nan_to_num(c.utilisation, nan=-1.0)))
    elements = a.elements + b.elements
    equal = a.equal_share * a.elements + b.equal_share * b.elements
    equal_share = equal / elements if elements else float("nan")
    verdict = worse.verdict
    if worse.passed and a.verdict != b.verdict:
        verdict = "equal" if equal_share == 1 else "within"
    return replace(
        worse,
        verdict=verdict,
        elements=elements,
        reproduced=a.reproduced + b.reproduced,
        outside=a.outside + b.outside,
        equal_share=equal_share,
    )


def summary(predictions: Sequence[ImagePrediction]) -> str:
    """Return the accuracy of both sides, and how many images they predict differently, in words."""
    total = len(predictions)
    by_hand = sum(p.by_hand == p.label for p in predictions) / total
    tensorflow = sum(p.tensorflow == p.label for p in predictions) / total
    differ = sum(p.differs for p in predictions) or "none"
    return (
        f"of {total:,} images {by_hand:.2%} are classified correctly by hand and {tensorflow:.2%} by TensorFlow; "
        f"{differ} of them are predicted differently"
    )


def table(predictions: Sequence[ImagePrediction], name: Callable[[int], str] = str) -> Table:
    """Return the table of the images that both sides predict differently; `name` returns the name of a class."""
    rows = []
    for p in predictions:
        if p.differs:
            by_hand = (name(p.by_hand), f"{p.probability_by_hand:.9f}")
            tensorflow = (name(p.tensorflow), f"{p.probability_tensorflow:.9f}")
            texts = (str(p.index), name(p.label), *by_hand, *tensorflow, "yes" if p.explained else "no")
            rows.append(tuple(Cell(text, strong=not p.explained) for text in texts))
    header = ("image", "label", "by hand", "its probability", "TensorFlow", "its probability", "rounding explains it")
    note = (
        f"{len(rows)} of {len(predictions):,} images. Rounding explains a difference if it can make either class the "
        "more probable one."
    )
    return Table("Images that both sides predict differently", header, tuple(rows), frozenset(range(6)), note)


def columns(predictions: Sequence[ImagePrediction]) -> Columns:
    """Return the columns of predictions.csv, which has one row for each image."""
    names = [field.name for field in fields(ImagePrediction)]
    return Columns("predictions", {name: [getattr(p, name) for p in predictions] for name in names})
