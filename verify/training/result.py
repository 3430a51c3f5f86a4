"""The result of a finished training: headline, tables, curves, files."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reference.network import Network
from reference.rules import Rule, rules, start
from reports.curves import Curve, Panel, draw
from reports.detail import Detail
from reports.table import Cell, Columns, Picture, Report, Table
from verify.compare.recompute import reproduced_text
from verify.compare.tensor import Comparison
from verify.compare.wording import DERIVED, describe, explain_pass
from verify.records.settings import OPTIMIZERS
from verify.results import page as view
from verify.results.result import as_row
from verify.training.checkpoint import EPOCH_COLUMNS, Progress
from verify.training.configuration import TrainingConfiguration

SCHEMA = "byhand-training-result/1"
POINTS = 150  # of the loss curve: block means, since the losses of single batches scatter too much
ESSAYS_ACCURACY = 0.9979  # section 1 of the essay: "with 99.79% accuracy", on MNIST's training images


@dataclass(frozen=True)
class TrainingResult:
    """The result of a finished training.

    `steps` is the content of steps.csv; `images` has the number of training images and of test images.
    """

    configuration: TrainingConfiguration
    environment: Mapping[str, str]
    progress: Progress
    steps: bytes
    images: tuple[int, int]
    network: Network
    command: str = "training"

    @property
    def passed(self) -> bool:
        """Whether something was compared and every verified step agrees."""
        return self.progress.elements > 0 and not self.progress.failed_steps

    @property
    def first_divergence(self) -> Comparison | None:
        """The first comparison that failed, or None."""
        return self.progress.first[0] if self.progress.first else None

    @property
    def headline(self) -> str:
        """The result in one sentence, which begins with PASS or FAIL."""
        p, first = self.progress, self.first_divergence
        if first is not None:
            return f"FAIL {describe(first)}; {p.failed_steps:,} of {p.verified:,} steps disagree"
        if not p.elements:
            return "FAIL nothing was compared"
        which = "each of" if self.configuration.every == 1 else f"{p.verified:,} of"
        _, by_hand, tensorflow, *_ = p.epochs[-1]
        counted = reproduced_text(p.reproduced, p.elements, "", DERIVED)
        return (
            f"PASS TensorFlow computed what the equations say in {which} {p.step:,} training steps: {counted}; "
            f"training accuracy {by_hand:.2%} by hand, {tensorflow:.2%} by TensorFlow"
        )

    def epochs(self) -> Table:
        """Return the table of epochs: accuracies on both sides, and the difference between the two sets of weights."""
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
        """True if the number of training images, 60,000, is that of MNIST."""
        return self.images[0] == 60_000

    def tensors(self) -> Table:
        """Return the table of tensors: the largest error over bound of each in any step."""
        equations = {rule.tensor: rule.equation for rule in self._plan()}
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
        title, header = "Each tensor over all verified steps", ("tensor", "equation", "used", "in step")
        return Table(title, header, tuple(rows), frozenset({2, 3}), note, sortable=True)

    def _plan(self) -> tuple[Rule, ...]:
        """Return the rules of a training step, preceded by those of what it starts from."""
        optimizer = OPTIMIZERS[self.configuration.optimizer]
        return start(self.network, optimizer, False) + rules(self.network, self.configuration.loss, optimizer)

    def to_report(self) -> Report:
        """Return the report: headline, conditions, tables and curves."""
        chosen = ", ".join(f"{name} {value}" for name, value in self.configuration.to_dict().items())
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
        """Return the picture of the network, each layer with its tensor of the largest error over bound in any step."""
        shares: dict[int, tuple[float, str, bool]] = {}
        for rule in self._plan():
            used, _ = self.progress.largest.get(rule.tensor, (-1.0, 0))
            if used > shares.get(rule.layer, (-1.0,))[0]:
                shares[rule.layer] = (used, rule.tensor, used <= 1)
        for c in self.progress.first:
            shares[c.layer] = (*shares.get(c.layer, (math.inf, c.tensor))[:2], False)
        return Detail(view.layers(self.network, shares, near=False))

    def curves(self) -> Picture:
        """Return the picture of the curves: accuracy, loss, drift, and error over bound during the training."""
        epoch, *accuracies, largest, relative, _ = (list(x) for x in zip(*self.progress.epochs, strict=True))
        labels = ("training, by hand", "training, TensorFlow", "test, by hand", "test, TensorFlow")
        styles: Any = ("broad blue", "dashed blue", "broad orange", "dashed orange")
        rows = list(csv.DictReader(io.StringIO(self.steps.decode())))
        block = max(1, len(rows) // POINTS)
        step = _means([float(row["step"]) for row in rows], block)
        loss = [_means([float(row[f"loss_{side}"]) for row in rows], block) for side in ("by_hand", "tensorflow")]
        of = f", mean of {block} steps" if block > 1 else ""
        drift = (Curve("largest", epoch, largest, "solid green"), Curve("relative", epoch, relative, "dotted purple"))
        share = tuple(Curve(*x) for x in zip(labels, [epoch] * 4, accuracies, styles, strict=True))
        losses = (Curve("by hand", step, loss[0], "broad blue"), Curve("TensorFlow", step, loss[1], "dashed blue"))
        panels = (
            Panel("Accuracy after each epoch", "epoch", "share right", share),
            Panel(f"Loss C of each step's batch{of}", "step", "C", losses, log_y=True),
            Panel("Drift between the two sets of weights", "epoch", "difference", drift, log_y=True),
            self._used(rows, block),
        )
        alt = (
            f"Over {len(self.progress.epochs)} epochs the training accuracy reaches {accuracies[0][-1]:.2%} by hand "
            f"and {accuracies[1][-1]:.2%} by TensorFlow; the weights drift apart by {relative[-1]:.1e} of their norm"
        )
        return draw(panels, "training.svg", alt, "The training, by hand and by TensorFlow")

    def _used(self, rows: list[dict[str, str]], block: int) -> Panel:
        """Return the panel with the largest error over bound of each verified step."""
        points = [(float(row["step"]), float(row["utilisation"])) for row in rows if row["utilisation"]]
        step, used = (_largest([pair[i] for pair in points], block) for i in (0, 1))
        of = f", largest of {block} steps" if block > 1 else ""
        limit = Curve("allowed", step[:1] + step[-1:], [1.0, 1.0][: 2 * len(step)], "limit")
        title = f"Share of what rounding allows that was used{of}"
        lines = (Curve("worst number of any tensor", step, used, "solid green"), limit)
        return Panel(title, "step", "error over allowed", lines)

    def to_columns(self) -> Columns:
        """Return the columns of epochs.csv."""
        columns = zip(*self.progress.epochs, strict=True)
        return Columns("epochs", dict(zip(EPOCH_COLUMNS, columns, strict=True)))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        p, first = self.progress, self.first_divergence
        return {
            "schema": SCHEMA, "command": self.command, "passed": self.passed, "headline": self.headline,
            "settings": self.configuration.to_dict(), "environment": dict(self.environment),
            "counts": {"steps": p.step, "verified": p.verified, "elements": p.elements, "outside": p.outside,
                       "reproduced": p.reproduced,
                       "failed_steps": p.failed_steps},
            "first_divergence": None if first is None else as_row(first),
            "comparisons": [as_row(c) for c in p.first],
            "epochs": [dict(zip(EPOCH_COLUMNS, row, strict=True)) for row in p.epochs],
            "tensors": {name: {"utilisation": used, "step": step} for name, (used, step) in p.largest.items()},
        }  # fmt: skip


def _means(values: list[float], block: int) -> list[float]:
    """Return the means of successive blocks of values; the last block also takes the values left over."""
    count = max(1, len(values) // block)
    ends = [*(i * block for i in range(1, count)), len(values)]
    blocks = (values[i * block : end] for i, end in enumerate(ends))
    return [sum(part) / len(part) for part in blocks if part]


def _largest(values: list[float], block: int) -> list[float]:
    """Return the largest value of each successive block; the last block has the values left over."""
    return [max(values[i : i + block]) for i in range(0, len(values), block)]
