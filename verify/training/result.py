"""The result of a finished training: headline, tables, curves, files."""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from reference.network import Network
from reference.rules import Rule, rules, start
from reports.curves import Curve, Panel, Style, draw
from reports.detail import Detail
from reports.table import Cell, Columns, Picture, Report, Table
from verify.compare.recompute import reproduced_text
from verify.compare.tensor import Comparison
from verify.compare.wording import DERIVED, describe, explain_pass
from verify.records.settings import OPTIMIZERS
from verify.results import page
from verify.results.result import as_row
from verify.training.checkpoint import EPOCH_COLUMNS, Progress
from verify.training.configuration import TrainingConfiguration

SCHEMA = "byhand-training-result/1"
POINTS = 150  # of the loss curve: block means, because the losses of single batches scatter too much
ESSAYS_ACCURACY = 0.9979  # section 1 of the essay: "with 99.79% accuracy", on MNIST's training images
MNIST = 60_000  # training images


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

    @property
    def passed(self) -> bool:
        """Whether something was compared and every verified step agrees."""
        return self.status == 0

    @property
    def status(self) -> int:
        """The exit status: 0 for a pass, 1 if a step disagrees, 3 if none does and one could not be judged."""
        if self.progress.failed_steps or not self.progress.elements:
            return 1
        return 3 if self.progress.unjudged_steps else 0

    @property
    def first_divergence(self) -> Comparison | None:
        """The first comparison that failed, or None."""
        return self.progress.first[0] if self.progress.first else None

    @property
    def headline(self) -> str:
        """The result in one sentence, which begins with PASS, FAIL or NOT VERIFIED."""
        p, first = self.progress, self.first_divergence
        if first is not None and not p.failed_steps:
            return f"NOT VERIFIED {describe(first)}; {p.unjudged_steps:,} of {p.verified:,} steps could not be judged"
        if first is not None:
            return f"FAIL {describe(first)}; {p.failed_steps:,} of {p.verified:,} steps disagree"
        if not p.elements:
            return "FAIL nothing was compared"
        which = "each of" if self.configuration.every == 1 else f"{p.verified:,} of"
        _, by_hand, tensorflow, *_ = p.epochs[-1]
        numbers = reproduced_text(p.reproduced, p.elements, "", DERIVED)
        return (
            f"PASS TensorFlow computed what the equations say in {which} {p.step:,} training steps: {numbers}; "
            f"training accuracy {by_hand:.2%} by hand, {tensorflow:.2%} by TensorFlow"
        )

    def epochs(self) -> Table:
        """Return the table of epochs: accuracies on both sides, and the difference between the two sets of weights."""
        header = ("epoch", "train: hand", "TensorFlow", "test: hand", "TensorFlow", "drift", "relative", "differ")
        forms = (".0f", ".2%", ".2%", ".2%", ".2%", ".1e", ".1e", ".2%")
        rows = tuple(
            tuple(Cell(f"{x:{form}}") for x, form in zip(row, forms, strict=True)) for row in self.progress.epochs
        )
        train, test = self.images
        essay = f"; the essay reports {ESSAYS_ACCURACY:.2%} on MNIST's training images" if train == MNIST else ""
        note = (
            f"accuracy on all {train:,} training and {test:,} test images after the epoch{essay}; "
            "drift: largest difference between a weight by hand and TensorFlow's; relative: the norm of all "
            "differences over the norm of the weights; differ: share of test images for which the two predict "
            "different digits"
        )
        title = "Two trainings from the same weights and images, by hand and by TensorFlow"
        return Table(title, header, rows, frozenset(range(8)), note)

    def tensors(self) -> Table:
        """Return the table of tensors: the largest error/bound of each in any step."""
        equations = {rule.tensor: rule.equation for rule in self._rules()}
        rows = []
        for name, (ratio, step) in self.progress.largest.items():
            texts = (name, equations.get(name, ""), f"{ratio:.3f}" if ratio < 1000 else f"{ratio:.1e}", f"{step:,}")
            rows.append(tuple(Cell(text, strong=not ratio <= 1) for text in texts))
        note = (
            "error ÷ bound: the largest ratio of any number that needed a bound, in any step; 0 if every number was "
            "reproduced bit for bit. If a tensor has a single rounding, as W_new has, the ratio soon comes close to 1."
        )
        title, header = "Each tensor over all verified steps", ("tensor", "equation", "error ÷ bound", "in step")
        return Table(title, header, tuple(rows), frozenset({2, 3}), note, sortable=True)

    def _rules(self) -> tuple[Rule, ...]:
        """Return the rules of a training step, after those of the tensors that it starts from."""
        optimizer = OPTIMIZERS[self.configuration.optimizer]
        return start(self.network, optimizer, False) + rules(self.network, self.configuration.loss, optimizer)

    def to_report(self) -> Report:
        """Return the report: headline, conditions, tables and curves."""
        chosen = ", ".join(f"{name} {value}" for name, value in self.configuration.to_dict().items())
        names = ", ".join(f"{name} {version}" for name, version in self.environment.items())
        lines = (
            explain_pass(DERIVED),
            "A second network was trained by hand from the same first weights and images, without TensorFlow's later "
            "values. The two differ by rounding, carried from step to step.",
            *(describe(c) for c in self.progress.first),
            f"Trained with {chosen}. {names}.",
        )
        tables = (self.epochs(), self.tensors())
        return Report(self.headline, self.passed, lines, tables, (self.curves(),))

    def to_detail(self) -> Detail:
        """Return the picture of the network, each layer with its tensor of the largest error/bound in any step."""
        ratios: dict[int, tuple[float, str, bool]] = {}
        for rule in self._rules():
            ratio, _ = self.progress.largest.get(rule.tensor, (-1.0, 0))
            if ratio > ratios.get(rule.layer, (-1.0,))[0]:
                ratios[rule.layer] = (ratio, rule.tensor, ratio <= 1)
        for c in self.progress.first:
            ratios[c.layer] = (*ratios.get(c.layer, (math.inf, c.tensor))[:2], False)
        return Detail(page.layers(self.network, ratios, linked=False))

    def curves(self) -> Picture:
        """Return the picture of the curves: accuracy, loss, drift, and error/bound during the training."""
        epoch, *accuracies, largest, relative, _ = (list(column) for column in zip(*self.progress.epochs, strict=True))
        labels = ("training, by hand", "training, TensorFlow", "test, by hand", "test, TensorFlow")
        styles: tuple[Style, ...] = ("broad blue", "dashed blue", "broad orange", "dashed orange")
        accuracy = tuple(Curve(*line) for line in zip(labels, [epoch] * 4, accuracies, styles, strict=True))
        drift = (Curve("largest", epoch, largest, "solid green"), Curve("relative", epoch, relative, "dotted purple"))
        loss, ratio = self._step_panels()
        panels = (
            Panel("Accuracy after each epoch", "epoch", "share correct", accuracy),
            loss,
            Panel("Drift between the two sets of weights", "epoch", "difference", drift, log_y=True),
            ratio,
        )
        alt = (
            f"Over {len(self.progress.epochs)} epochs the training accuracy reaches {accuracies[0][-1]:.2%} by hand "
            f"and {accuracies[1][-1]:.2%} by TensorFlow; the weights drift apart by {relative[-1]:.1e} of their norm"
        )
        return draw(panels, "training.svg", alt, "The training, by hand and by TensorFlow")

    def _step_panels(self) -> tuple[Panel, Panel]:
        """Return the panel of the losses of all steps, and that of the largest error/bound of each verified step."""
        rows = list(csv.DictReader(io.StringIO(self.steps.decode())))
        block = max(1, len(rows) // POINTS)
        mean, most = (f", {word} of {block} steps" if block > 1 else "" for word in ("mean", "largest"))
        step = _means([float(row["step"]) for row in rows], block)
        by_hand, tensorflow = (
            _means([float(row[f"loss_{side}"]) for row in rows], block) for side in ("by_hand", "tensorflow")
        )
        losses = (Curve("by hand", step, by_hand, "broad blue"), Curve("TensorFlow", step, tensorflow, "dashed blue"))
        verified = [row for row in rows if row["utilisation"]]
        steps, ratios = (_largest([float(row[name]) for row in verified], block) for name in ("step", "utilisation"))
        lines = (
            Curve("worst number of any tensor", steps, ratios, "solid green"),
            Curve("bound", steps[:1] + steps[-1:], [1.0, 1.0][: 2 * len(steps)], "limit"),
        )
        return (
            Panel(f"Loss C of each step's batch{mean}", "step", "C", losses, log_y=True),
            Panel(f"Largest error ÷ bound in a step{most}", "step", "error ÷ bound", lines),
        )

    def to_columns(self) -> Columns:
        """Return the columns of epochs.csv."""
        columns = zip(*self.progress.epochs, strict=True)
        return Columns("epochs", dict(zip(EPOCH_COLUMNS, columns, strict=True)))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        p, first = self.progress, self.first_divergence
        counted = ("verified", "elements", "outside", "reproduced", "failed_steps", "unjudged_steps")
        return {
            "schema": SCHEMA,
            "command": "training",
            "passed": self.passed,
            "headline": self.headline,
            "settings": self.configuration.to_dict(),
            "environment": dict(self.environment),
            "counts": {"steps": p.step, **{name: getattr(p, name) for name in counted}},
            "first_divergence": None if first is None else as_row(first),
            "comparisons": [as_row(c) for c in p.first],
            "epochs": [dict(zip(EPOCH_COLUMNS, row, strict=True)) for row in p.epochs],
            "tensors": {name: {"utilisation": ratio, "step": step} for name, (ratio, step) in p.largest.items()},
        }


def _means(values: list[float], block: int) -> list[float]:
    """Return the means of successive blocks of values; the last block also takes the values left over."""
    starts = range(0, max(1, len(values) // block) * block, block)
    return [sum(values[a:b]) / (b - a) for a, b in pairwise((*starts, len(values))) if a < b]


def _largest(values: list[float], block: int) -> list[float]:
    """Return the largest value of each successive block; the last block has the values left over."""
    return [max(values[i : i + block]) for i in range(0, len(values), block)]
