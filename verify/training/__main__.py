"""python -m verify.training: verify every step of a whole training, with a by-hand training beside it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from reference.network import Network
from reports import terminal
from reports.files import ReportFiles
from verify.cli.console import Output, tell, waiting
from verify.cli.exit_status import guarded
from verify.cli.long_runs import training_parser
from verify.errors import Unusable, Unverifiable
from verify.inputs import samples, weights
from verify.inputs.samples import Samples
from verify.results.files import check_writable, write
from verify.runtime.malloc import keep_freed
from verify.runtime.stderr import hushed
from verify.training import user_model as own
from verify.training.checkpoint import STATE, Checkpoint, load, remove
from verify.training.configuration import OPTIONS, TrainingConfiguration
from verify.training.loop import TrainingLoop
from verify.training.result import TrainingResult

if TYPE_CHECKING:
    from verify.capture.trainer import Learner

ABOUT = (
    "Train the network in TensorFlow and verify every tensor of every step while it goes; beside it a by-hand\n"
    "training from the same weights and images. Writes steps.csv, epochs.csv, golden.npz and W1.txt ... B3.txt."
)
OUT = "out/training"


@dataclass(frozen=True)
class TrainingOptions:
    """The options of the command.

    `chosen` has the values of the OPTIONS that the user named; with --resume the others come from the checkpoint.
    `model` is a model of the user's own.
    """

    chosen: Mapping[str, Any]
    model: str | None
    resume: str | None
    folder: str | None
    quiet: bool
    verbose: bool

    @property
    def out(self) -> Path:
        """The folder of the files, with --resume the resumed one.  Raises Unusable if --out names another one."""
        if self.resume and self.folder and Path(self.folder) != Path(self.resume):
            raise Unusable(f"--out {self.folder}: a resumed training writes into its own folder, {self.resume}")
        return Path(self.resume or self.folder or OUT)


def _read(argv: Sequence[str] | None) -> TrainingOptions:
    """Return the options that these arguments name."""
    parsed = training_parser(ABOUT, OUT).parse_args(argv)
    values = {name: getattr(parsed, name) for name in OPTIONS}
    chosen = {name: value for name, value in values.items() if value is not None and value is not False}
    return TrainingOptions(chosen, parsed.model, parsed.resume, parsed.out, parsed.quiet, parsed.verbose)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 every step agrees, 1 a step disagrees, 3 if one cannot be judged.

    Raises Unusable (status 2) or Unverifiable (status 3).
    """
    options = _read(argv)
    if options.model:
        return _train_own(options, options.model)
    result = run(options)
    output = Output(options.out, options.quiet)
    names = ("report.md", "steps.csv", "golden.npz")
    tell(result.headline, result.passed, output, (result.epochs(),), names)
    return result.status


def _train_own(options: TrainingOptions, model: str) -> int:
    """Train a model of the user's own, write the files, and return the exit status."""
    if options.resume:
        raise Unusable("--resume: a training of --model cannot be continued; leave it away")
    check_writable(options.out, "--out")
    own.out_is_free(options.out, STATE)
    result = own.train(model, TrainingConfiguration(**options.chosen), options.verbose)
    write(options.out, result.to_files())
    output = Output(options.out, options.quiet)
    tell(result.headline, result.status == 0, output, (result.epochs(),), ("report.md", "steps.csv"))
    return result.status


def run(options: TrainingOptions) -> TrainingResult:
    """Train, verify, write the files, and return the result.

    Raises Unusable or Unverifiable, or TrainingStopped after Ctrl-C.
    """
    out = options.out
    check_writable(out, "--out")
    checkpoint = load(Path(options.resume)) if options.resume else None
    if not checkpoint and (out / STATE).exists():
        raise Unusable(
            f"--out {out}: it holds an unfinished training; go on with --resume {out}, or name another --out"
        )
    configuration = _configuration(options, checkpoint)
    data = options.chosen.get("data", configuration.data)
    train, test = (samples.load(data, split) for split in ("train", "test"))
    if configuration.batch > len(train):
        raise Unusable(f"--batch-size {configuration.batch}: the data hold only {len(train)} images for training")
    samples.check_same_kind(train, test, data)
    keep_freed()
    with threadpool_limits(1):  # NumPy's threads; `_learner` sets those of TensorFlow
        loop = _start(configuration, train, test, checkpoint, out, options.verbose)
        with terminal.progress("Training and verifying") as advance:
            steps = loop.run(advance).content()
    learner, images = loop.learner, (len(train), len(test))
    result = TrainingResult(configuration, learner.environment, loop.progress, steps, images, learner.network)
    golden = learner.weights()
    others = {"steps.csv": steps, "golden.npz": weights.to_npz(golden), **weights.to_texts(golden)}
    report, columns = result.to_report(), (result.to_columns(),)
    write(out, ReportFiles(report, result.to_dict(), columns, detail=result.to_detail(), others=others))
    remove(out)
    return result


def _configuration(options: TrainingOptions, checkpoint: Checkpoint | None) -> TrainingConfiguration:
    """Return the configuration that the options ask for.  Raises Unusable if they contradict the resumed training."""
    if checkpoint is None:
        return TrainingConfiguration(**options.chosen)
    for name, value in options.chosen.items():
        begun_with = getattr(checkpoint.configuration, name)
        if value != begun_with and name != "data":  # `_start` compares the images
            option = "--batch-size" if name == "batch" else f"--{name}"
            raise Unusable(f"{option} {value}: the training in {options.resume} was begun with {name} {begun_with}")
    return checkpoint.configuration


def _start(
    configuration: TrainingConfiguration,
    train: Samples,
    test: Samples,
    checkpoint: Checkpoint | None,
    out: Path,
    verbose: bool,
) -> TrainingLoop:
    """Start TensorFlow and return the training loop, continued from the checkpoint if there is one.

    Raises Unusable if data or versions differ from those of the checkpoint, and Unverifiable if capturing fails.
    """
    with waiting("Starting TensorFlow"), hushed(verbose):
        learner = _learner(configuration, samples.network_for(train))
        origin = {"training images": train.digest(), "test images": test.digest(), **learner.environment}
        loop = TrainingLoop(configuration, train, test, learner, out, origin)
        if checkpoint:
            for name in {**checkpoint.origin, **origin}:
                before, now = checkpoint.origin.get(name, "none"), origin.get(name, "none")
                if before != now:
                    other = f"other {name}" if "images" in name else f"{name} {before}, not {now}"
                    raise Unusable(f"--resume {out}: the training was begun with {other}")
            loop.resume(checkpoint)
        loop.check_capture()
    return loop


def _learner(configuration: TrainingConfiguration, network: Network) -> Learner:
    """Import TensorFlow and return its side of the training.  Raises Unverifiable if it cannot be imported."""
    try:
        from verify.capture.threads import one_where_equal
        from verify.capture.trainer import Learner
    except ImportError as error:
        raise Unverifiable(f"TensorFlow cannot be imported ({error})") from error
    one_where_equal(configuration.settings, network)
    return Learner(configuration.settings, network)


if __name__ == "__main__":
    sys.exit(guarded(main))
