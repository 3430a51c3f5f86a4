"""A finished training as a result: headline, tables, curves, files."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reference.network import Network
from reference.rules import Rule, rules, start
from reports.curves import Line, Panel, draw
from reports.detail import Detail
from reports.table import Cell, Columns, Picture, Report, Table
from verify.compare.recompute import reproduced_text
from verify.compare.tensor import Comparison
from verify.compare.wording import DERIVED, describe, explain_pass
from verify.records.settings import OPTIMIZERS
from verify.results import page as view
from verify.results.result import as_row
from verify.training.checkpoint import EPOCH_COLUMNS, Progress
from verify.training.configuration import Course

SCHEMA = "byhand-training-result/1"
POINTS = 150  # of the curve of the loss: single batches scatter too much to be read
ESSAYS_ACCURACY = 0.9979  # section 1 of the essay: "with 99.79% accuracy", on MNIST's training images


@dataclass(frozen=True)
class TrainingResult:
    """`steps` is the content of steps.csv; `images` how many there were for training and for the test."""

    course: Course
    environment: Mapping[str, str]
    progress: Progress
    steps: bytes
    images: tuple[int, int]
    network: Network
    command: str = "training"

    @property
    def passed(self) -> bool:
        return self.progress.elements > 0 and not self.progress.failed_steps

    @property
    def first_divergence(self) -> Comparison | None:
        return self.progress.first[0] if self.progress.first else None

    @property
    def headline(self) -> str:
        p, first = self.progress, self.first_divergence
        if first is not None:
            return f"FAIL {describe(first)}; {p.failed_steps:,} of {p.verified:,} steps disagree"
        if not p.elements:
            return "FAIL nothing was compared"
        which = "each of" if self.course.every == 1 else f"{p.verified:,} of"
        _, by_hand, tensorflow, *_ = p.epochs[-1]
        counted = reproduced_text(p.reproduced, p.elements, "", DERIVED)
        return (
            f"PASS TensorFlow computed what the equations say in {which} {p.step:,} training steps: {counted}; "
            f"training accuracy {by_hand:.2%} by hand, {tensorflow:.2%} by TensorFlow"
        )

    def epochs(self) -> Table:
        """A row an epoch: accuracies on both sides, and how far the two have drifted apart."""
        header = ("epoch", "train: hand", "TensorFlow", "test: hand", "TensorFlow", "drift", "relative", "differ")
        rows = []
        for epoch, *accuracies, largest, relative, differ in self.progress.epochs:
            texts = [f"{epoch:.0f}", *(f"{a:.2%}" for a in accuracies), f"{largest:.1e}", f"{relative:.1e}"]
            rows.append(tuple(Cell(text) for text in (*texts, f"{differ:.2%}")))
        essay = f"; the essay reports {ESSAYS_ACCURACY:.2%} on MNIST's training images" if self.is_mnist else ""
        note = (
            f"accuracy on all {self.images[0]:,} training and {self.images[1]:,} test images after the epoch{essay}; "
            "drift: largest difference between a weight by hand and TensorFlow's; relative: the norm of all "
            "differences over the norm of the weights; differ: share of test images for which the two choose "
            "another digit"
        )
        title = "Two trainings from the same weights and images, by hand and by TensorFlow"
        return Table(title, header, tuple(rows), frozenset(range(8)), note)

    @property
    def is_mnist(self) -> bool:
        """By its size: 60,000 images are MNIST or made like it."""
        return self.images[0] == 60_000

    def tensors(self) -> Table:
        """A row a tensor: the most it used of what it was allowed, in any step."""
        equations = self._equations()
        rows = []
        for name, (used, step) in self.progress.largest.items():
            strong = not used <= 1
            texts = (name, equations.get(name, ""), f"{used:.3f}" if used < 1000 else f"{used:.1e}", f"{step:,}")
            rows.append(tuple(Cell(text, strong=strong) for text in texts))
        note = (
            "used: error over bound, the largest of any number of the tensor that needed a bound in any step; 0 where "
            "every number was reproduced bit for bit; where a number is one rounding, as in W_new, all of it is soon "
            "used"
        )
        return Table("Each tensor over all verified steps", ("tensor", "equation", "used", "in step"), tuple(rows),
                     frozenset({2, 3}), note, sortable=True)  # fmt: skip

    def _equations(self) -> dict[str, str]:
        return {rule.tensor: rule.equation for rule in self._plan()}

    def _plan(self) -> tuple[Rule, ...]:
        optimizer = OPTIMIZERS[self.course.optimizer]
        return start(self.network, optimizer, False) + rules(self.network, self.course.loss, optimizer)

    def to_report(self) -> Report:
        chosen = ", ".join(f"{name} {value}" for name, value in self.course.to_dict().items())
        names = ", ".join(f"{name} {version}" for name, version in self.environment.items())
        lines = (
            explain_pass(DERIVED),
            "Beside it a by-hand network learned from the same first weights and the same images, and never looked at "
            "TensorFlow again. What separates the two is rounding, carried from step to step.",
            *(describe(c) for c in self.progress.first),
            f"Trained with {chosen}. {names}.",
        )
        tables = (self.epochs(), self.tensors())
        return Report(self.headline, self.passed, lines, tables, (self.curves(),))

    def to_detail(self) -> Detail:
        """The network, each layer with the most that its tensors used in any step."""
        shares: dict[int, tuple[float, str, bool]] = {}
        for rule in self._plan():
            used, _ = self.progress.largest.get(rule.tensor, (-1.0, 0))
            before = shares.get(rule.layer, (-1.0, "", True))
            if used > before[0]:
                shares[rule.layer] = (used, rule.tensor, used <= 1)
        for c in self.progress.first:
            shares[c.layer] = (*shares.get(c.layer, (math.inf, c.tensor))[:2], False)
        return Detail(view.layers(self.network, shares, near=False))

    def curves(self) -> Picture:
        """Accuracy, loss, drift and the share used over the training."""
        epoch, *accuracies, largest, relative, _ = (list(x) for x in zip(*self.progress.epochs, strict=True))
        labels = ("training, by hand", "training, TensorFlow", "test, by hand", "test, TensorFlow")
        styles: Any = ("broad blue", "dashed blue", "broad orange", "dashed orange")
        rows = list(csv.DictReader(io.StringIO(self.steps.decode())))
        block = max(1, len(rows) // POINTS)
        step = _means([float(row["step"]) for row in rows], block)
        loss = [_means([float(row[f"loss_{side}"]) for row in rows], block) for side in ("by_hand", "tensorflow")]
        of = f", mean of {block} steps" if block > 1 else ""
        drift = (Line("largest", epoch, largest, "solid green"), Line("relative", epoch, relative, "dotted purple"))
        panels = (
            Panel("Accuracy after each epoch", "epoch", "share right",
                  tuple(Line(*x) for x in zip(labels, [epoch] * 4, accuracies, styles, strict=True))),
            Panel(f"Loss C of each step's batch{of}", "step", "C",
                  (Line("by hand", step, loss[0], "broad blue"), Line("TensorFlow", step, loss[1], "dashed blue")),
                  log_y=True),
            Panel("Drift between the two sets of weights", "epoch", "difference", drift, log_y=True),
            self._used(rows, block),
        )  # fmt: skip
        alt = (
            f"Over {len(self.progress.epochs)} epochs the training accuracy reaches {accuracies[0][-1]:.2%} by hand "
            f"and {accuracies[1][-1]:.2%} by TensorFlow; the weights drift apart by {relative[-1]:.1e} of their norm"
        )
        return draw(panels, "training.svg", alt, "The training, by hand and by TensorFlow")

    def _used(self, rows: list[dict[str, str]], block: int) -> Panel:
        """The share of what rounding allows that the worst number of a verified step used."""
        seen = [(float(row["step"]), float(row["utilisation"])) for row in rows if row["utilisation"]]
        step, used = (_largest([pair[i] for pair in seen], block) for i in (0, 1))
        of = f", largest of {block} steps" if block > 1 else ""
        limit = Line("allowed", step[:1] + step[-1:], [1.0, 1.0][: 2 * len(step)], "limit")
        return Panel(f"Share of what rounding allows that was used{of}", "step", "error over allowed",
                     (Line("worst number of any tensor", step, used, "solid green"), limit))  # fmt: skip

    def to_columns(self) -> Columns:
        """epochs.csv."""
        columns = zip(*self.progress.epochs, strict=True)
        return Columns("epochs", dict(zip(EPOCH_COLUMNS, columns, strict=True)))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        p, first = self.progress, self.first_divergence
        return {
            "schema": SCHEMA, "command": self.command, "passed": self.passed, "headline": self.headline,
            "settings": self.course.to_dict(), "environment": dict(self.environment),
            "counts": {"steps": p.step, "verified": p.verified, "elements": p.elements, "outside": p.outside,
                       "reproduced": p.reproduced,
                       "failed_steps": p.failed_steps},
            "first_divergence": None if first is None else as_row(first),
            "comparisons": [as_row(c) for c in p.first],
            "epochs": [dict(zip(EPOCH_COLUMNS, row, strict=True)) for row in p.epochs],
            "tensors": {name: {"utilisation": used, "step": step} for name, (used, step) in p.largest.items()},
        }  # fmt: skip


def _means(values: list[float], block: int) -> list[float]:
    """Of each so many values in turn; what is left over at the end counts with the last block."""
    cuts = range(0, max(1, len(values) - block + 1), block)
    return [
        sum(part) / len(part) for i in cuts if (part := values[i : i + block if i + 2 * block <= len(values) else None])
    ]


def _largest(values: list[float], block: int) -> list[float]:
    """Of each so many values in turn, of the last those that are left."""
    return [max(values[i : i + block]) for i in range(0, len(values), block)]
