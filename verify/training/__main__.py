"""python -m verify.training: a whole training, every tensor of every step verified, a by-hand training beside it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from reference.network import Network
from reports import as_csv, as_html, as_markdown, terminal
from verify import options, run, samples, weights
from verify.errors import Unusable, Unverifiable
from verify.hush import hushed
from verify.memory import keep_freed
from verify.samples import Samples
from verify.training import progress
from verify.training.course import Course
from verify.training.lesson import Lesson
from verify.training.progress import Checkpoint
from verify.training.result import TrainingResult

if TYPE_CHECKING:
    from verify.capture.learning import Learner

ABOUT = (
    "Train the network in TensorFlow and verify every tensor of every step while it goes; beside it a by-hand\n"
    "training from the same weights and images. Writes steps.csv, epochs.csv, golden.npz and W1.txt ... B3.txt."
)
OUT = "out/training"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 every step agrees, 1 one does not; raises Unusable (2) or Unverifiable (3)."""
    given = options.training_parser(ABOUT, OUT).parse_args(argv)
    result = one(given)
    where = "" if given.quiet else f"Reports: {_out(given) / 'report.html'}, report.md, steps.csv, golden.npz"
    run.say_all(result.headline, result.passed, () if given.quiet else (result.epochs(),), where)
    return 0 if result.passed else 1


def one(given: argparse.Namespace) -> TrainingResult:
    """Train, verify and write the files.  Raises Unusable or Unverifiable, or Stopped after Ctrl-C."""
    out = _out(given)
    run.check_writable(out, "--out")
    checkpoint = progress.load(Path(given.resume)) if given.resume else None
    if not checkpoint and (out / progress.STATE).exists():
        raise Unusable(
            f"--out {out}: it holds an unfinished training; go on with --resume {out}, or name another --out"
        )
    course = _course(given, checkpoint)
    train, test = (samples.load(given.data or course.data, split) for split in ("train", "test"))
    if course.batch > len(train):
        raise Unusable(f"--batch-size {course.batch}: the data hold only {len(train)} images for training")
    samples.of_one_kind(train, test, given.data or course.data)
    keep_freed()
    with threadpool_limits(1):  # NumPy's; for TensorFlow's see `_learner`
        lesson = _lesson(course, train, test, checkpoint, out, given.verbose)
        with terminal.progress("Training and verifying") as advance:
            journal = lesson.run(advance)
    images = len(train), len(test)
    result = TrainingResult(course, lesson.learner.environment, lesson.progress, journal.content(), images,
                            lesson.learner.network)  # fmt: skip
    _write(result, lesson, out)
    return result


def _out(given: argparse.Namespace) -> Path:
    """--resume continues where it was; another --out beside it would be a second place."""
    if given.resume and given.out and Path(given.out) != Path(given.resume):
        raise Unusable(f"--out {given.out}: a resumed training writes into its own folder, {given.resume}")
    return Path(given.resume or given.out or OUT)


def _course(given: argparse.Namespace, checkpoint: Checkpoint | None) -> Course:
    """What the options ask for; beside --resume they may repeat what the training was begun with, nothing else."""
    asked = {f.name: getattr(given, f.name) for f in fields(Course)}
    chosen = {name: value for name, value in asked.items() if value not in (None, False)}
    if checkpoint is None:
        return Course(**chosen)
    for name, value in chosen.items():
        was = getattr(checkpoint.course, name)
        if value != was and name != "data":  # the images themselves are compared
            option = "--batch-size" if name == "batch" else f"--{name}"
            raise Unusable(f"{option} {value}: the training in {given.resume} was begun with {name} {was}")
    return checkpoint.course


def _lesson(
    course: Course, train: Samples, test: Samples, checkpoint: Checkpoint | None, out: Path, verbose: bool
) -> Lesson:
    with run.waiting("Starting TensorFlow"), hushed(verbose):
        learner = _learner(course, samples.network_for(train))
        origin = {"training images": train.digest(), "test images": test.digest(), **learner.environment}
        lesson = Lesson(course, train, test, learner, out, origin)
        if checkpoint:
            for name in {**checkpoint.origin, **origin}:
                was, now = checkpoint.origin.get(name, "none"), origin.get(name, "none")
                if was != now:
                    what = (
                        "was begun with other " + name
                        if "images" in name
                        else f"was begun with {name} {was}, not {now}"
                    )
                    raise Unusable(f"--resume {out}: the training {what}")
            lesson.resume(checkpoint)
        lesson.check_capture()
    return lesson


def _learner(course: Course, network: Network) -> Learner:
    try:
        from verify.capture.learning import Learner
        from verify.capture.threads import one_where_equal
    except ImportError as error:
        raise Unverifiable(f"TensorFlow cannot be imported ({error})") from error
    one_where_equal(course.settings, network)
    return Learner(course.settings, network)


def _write(result: TrainingResult, lesson: Lesson, out: Path) -> None:
    report, golden = result.to_report(), lesson.learner.weights()
    contents = {"result.json": result.to_json(), "report.md": as_markdown.render(report).encode()}
    contents["report.html"] = as_html.render(report, result.to_detail()).encode()
    contents |= {picture.name: picture.content for picture in report.pictures}
    contents |= {"steps.csv": result.steps, "epochs.csv": as_csv.render(result.to_columns())}
    contents |= {"golden.npz": weights.to_npz(golden), **weights.to_texts(golden)}
    run.write_all(out, contents, "--out")
    progress.remove(out)


if __name__ == "__main__":
    sys.exit(run.guarded(main))
