"""A training of a model of the user's own: `model.fit`, in which every step is verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference.rules import rules
from reports import terminal
from reports.detail import Detail
from reports.files import ReportFiles
from reports.table import Cell, Columns, Report, Table
from verify.cli.capturing import guarded_tensorflow, samples_for
from verify.compare.recompute import share
from verify.compare.wording import DERIVED, explain_pass
from verify.errors import Unusable, Unverifiable
from verify.inputs import model_files
from verify.records.arrays import examples
from verify.records.settings import OPTIMIZERS, Settings
from verify.results import page
from verify.results.result import as_row
from verify.training.configuration import TrainingConfiguration

if TYPE_CHECKING:
    from verify.capture.fit import Recorder

SCHEMA = "byhand-own-training/1"


@dataclass(frozen=True)
class OwnTraining:
    """The result: the record of the training, the settings of its steps, the network, the versions, and its options."""

    record: Recorder
    settings: Settings
    environment: Mapping[str, str]
    network: Any
    options: Mapping[str, Any]

    @property
    def headline(self) -> str:
        """The result in one sentence, which begins with PASS, FAIL or NOT VERIFIED."""
        return self.record.headline

    @property
    def status(self) -> int:
        """The exit status: 0 for a pass, 1 if a step disagrees, 3 if a step could not be verified."""
        if self.record.passed:
            return 0
        return 1 if self.headline.startswith("FAIL") else 3

    def epochs(self) -> Table:
        """Return the table of epochs: what Keras reports, and what was verified."""
        reported = list(dict.fromkeys(name for logs in self.record.logs for name in logs))
        header = ("epoch", *reported, "steps verified", "numbers", "reproduced", "error ÷ bound", "tensor")
        rows = []
        for number in range(1, max((epoch for epoch, _ in self.record.judged), default=0) + 1):
            steps = [judged for epoch, judged in self.record.judged if epoch == number]
            logs = self.record.logs[number - 1] if number <= len(self.record.logs) else {}
            elements, same = (sum(getattr(s, name) for s in steps) for name in ("elements", "reproduced"))
            tensor, ratio = max((s.worst for s in steps), key=lambda pair: pair[1], default=("", 0.0))
            texts = [f"{logs[name]:.4g}" if name in logs else "" for name in reported]
            figures = (f"{len(steps):,}", f"{elements:,}", share(same, elements), f"{ratio:.3f}", tensor)
            rows.append(tuple(map(Cell, (str(number), *texts, *figures))))
        note = "error ÷ bound: the largest of any number that needed a bound; above 1 rounding cannot explain it"
        return Table("The training, epoch by epoch", header, tuple(rows), frozenset(range(len(header) - 1)), note)

    def tensors(self) -> Table:
        """Return the table of tensors: the largest error/bound of each in any step."""
        plan = rules(self.network, self.settings.loss, OPTIMIZERS[self.settings.optimizer])
        rows = []
        for rule in plan:
            ratios = [judged.utilisation.get(rule.tensor, 0.0) for _, judged in self.record.judged]
            text = f"{max(ratios, default=0.0):.3f}"
            rows.append((Cell(rule.tensor), Cell(rule.equation), Cell(text)))
        header = ("tensor", "equation", "error ÷ bound")
        return Table("Each tensor over all verified steps", header, tuple(rows), frozenset({2}), sortable=True)

    def to_columns(self) -> Columns:
        """Return the columns of steps.csv."""
        names = ("epoch", "step", "elements", "reproduced", "outside", "tensor", "utilisation")
        rows = [(epoch, s.step, s.elements, s.reproduced, s.outside, *s.worst) for epoch, s in self.record.judged]
        return Columns("steps", {name: [row[k] for row in rows] for k, name in enumerate(names)})

    def to_files(self) -> ReportFiles:
        """Return everything that is written."""
        chosen = ", ".join(f"{name} {value}" for name, value in self.options.items())
        versions = ", ".join(f"{name} {version}" for name, version in self.environment.items())
        lines = (explain_pass(DERIVED), *self.record.notes, f"Trained with {chosen}. {versions}.")
        report = Report(self.headline, self.status == 0, lines, (self.epochs(), self.tensors()))
        first = self.record.first
        content = {
            "schema": SCHEMA, "command": "training", "passed": self.status == 0, "headline": self.headline,
            "options": dict(self.options), "settings": self.settings.to_dict(), "environment": dict(self.environment),
            "counts": {"steps": self.record.steps, "verified": self.record.verified,
                       "elements": self.record.elements, "reproduced": self.record.reproduced},
            "first_divergence": None if first is None else as_row(first),
            "epochs": self.record.logs,
        }  # fmt: skip
        return ReportFiles(report, content, (self.to_columns(),), detail=Detail(page.layers(self.network, {})))


def train(model: str, configuration: TrainingConfiguration, verbose: bool) -> OwnTraining:
    """Make the model from the seed, train it on the data, and return the result.  Raises Unusable or Unverifiable."""
    c = configuration
    with guarded_tensorflow(verbose, (Unusable, Unverifiable)):
        from verify.capture.environment import environment
        from verify.capture.essay_model import begin_anew
        from verify.capture.fit import fit

        begin_anew(c.dtype, c.seed)
        user_model = model_files.load(model, trust=False, verbose=verbose)
        made = user_model.model
        if not getattr(made, "compiled", False):
            made.compile(c.optimizer, c.loss, jit_compile=c.jit)
        elif c.jit:
            made.jit_compile = True
        x, y = user_model.x, user_model.y
        if x is None or y is None:
            x, y = samples_for(made, model, c.data, c.loss)
        if c.batch > examples(x):
            raise Unusable(f"--batch-size {c.batch}: the data hold only {examples(x)} examples for training")
    with terminal.progress("Training and verifying") as advance, guarded_tensorflow(verbose, (Unusable, Unverifiable)):
        record = fit(made, x, y, c.batch, c.epochs, c.every, advance)
        options = {"model": model, **c.to_dict(), "loss": record.settings.loss, "optimizer": record.settings.optimizer}
        options["dtype"] = record.settings.dtype
        return OwnTraining(record, record.settings, environment(), record.network, options)


def out_is_free(out: Path, state: str) -> None:
    """Raise Unusable if a folder holds an unfinished training of the essay's network."""
    if (out / state).exists():
        raise Unusable(f"--out {out}: it holds an unfinished training; name another --out")
