"""python -m verify.prediction: trained weights predict a digit, by hand and by TensorFlow; the essay's Table 6."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from reports import terminal
from verify import options, run, samples, trace, weights
from verify.compare import compare
from verify.errors import Unusable, Unverifiable
from verify.memory import keep_freed
from verify.pick import pick, pictures
from verify.power import power
from verify.prediction import every
from verify.prediction.tables import table_5, table_6
from verify.result import DERIVED, Result
from verify.samples import Samples
from verify.settings import Settings
from verify.trace import Array, Trace
from verify.training.by_hand import ByHand, first_weights
from verify.training.course import Course

ABOUT = (
    "Let trained weights read a digit, by hand and by TensorFlow, and verify every Z and A on the way.\n"
    "Writes Table 6; with --all, predictions.csv of every image of the split."
)
BRIEF = 900  # steps of the training where no weights are given: 20 passes over the embedded digits
AT_ONCE = 2500  # images captured at a time


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 agrees, 1 does not; raises Unusable (2) or Unverifiable (3)."""
    parser = options.prediction_parser(ABOUT)
    given = options.check_trace(parser, parser.parse_args(argv))
    result = one(given)
    say(result, given)
    return 0 if result.passed else 1


def one(given: argparse.Namespace) -> Result:
    """Carry it out and write the files.  Raises Unusable or Unverifiable."""
    out = Path(given.out)
    run.check_writable(out, "--out")
    result = _every(given) if getattr(given, "all", False) else _single(given)
    if not result.elements and result.first_divergence is None:
        raise Unverifiable("nothing was compared")
    run.write(result, out)
    return result


def say(result: Result, given: argparse.Namespace) -> None:
    """The headline, one table, where the files are."""
    tables = () if given.quiet else tuple(t for t in result.tables[:1] if t.rows)
    where = "" if given.quiet else f"Reports: {Path(given.out) / 'report.html'}, report.md, {result.data[-1].name}.csv"
    run.say_all(result.headline, result.passed, tables, where)


def _single(given: argparse.Namespace) -> Result:
    """One image: Table 6, and Table 5 of the weights."""
    tolerance = options.tolerance(given)
    label: int | None = None
    if given.trace:
        held = from_file(given)
    else:
        picked = pick(given, usual=7, needs_label=False)
        label = picked.label
        weighed = _weights(given, picked.samples)
        settings = replace(_settings(given, picked.index), data=picked.data)
        held = run.captured(settings, picked.samples, given.verbose, weighed)
        if given.save_trace:
            run.save(Path(given.save_trace), held)
    compared = compare(held, "prediction", tolerance)
    result = Result(
        "prediction", held.settings, held.environment, compared.comparisons, _policy(given), pictures=pictures(given),
        compared=compared, tolerance=tolerance,
    )  # fmt: skip
    if any(c.verdict in run.STRUCTURE for c in compared.comparisons):
        return result
    table, columns = table_6(held, compared.by_hand[0], label)
    hand, theirs = (int(np.argmax(columns.columns[side])) for side in ("by_hand", "tensorflow"))
    chance = columns.columns["tensorflow"][theirs]
    remark = (
        f"both choose {held.label(hand)} ({chance:.2%})"
        if hand == theirs
        else f"by hand it is {held.label(hand)}, by TensorFlow {held.label(theirs)}"
    )
    result = replace(result, tables=(table, table_5(held.step(1))), data=(columns,), remark=remark)
    return replace(result, power=power(compared.walk, tolerance)) if result.passed else result


def _every(given: argparse.Namespace) -> Result:
    """All images of the split, some hundred at a time."""
    if given.save_trace:
        raise Unusable("--save-trace: a trace holds one prediction; leave --all away, or choose an image")
    tolerance, drawn = options.tolerance(given), samples.load(given.data, given.split)
    weighed = _weights(given, drawn)
    parts, choices = [], []
    held: Trace | None = None
    with terminal.progress("Predicting") as advance:
        for first in range(0, len(drawn), AT_ONCE):
            batch = min(AT_ONCE, len(drawn) - first)
            held = run.captured(replace(_settings(given, first), batch=batch), drawn, given.verbose, weighed)
            found, chosen = every.judge(held, tolerance)
            parts.append(found)
            choices += chosen
            advance(first + batch, len(drawn))
    assert held is not None  # a split is never empty
    settings = replace(held.settings, index=0, batch=len(drawn))
    result = Result("prediction", settings, held.environment, every.merged(parts), _policy(given))
    if len(choices) < len(drawn):
        return result
    differ = sum(c.differs for c in choices)
    mine, theirs = (every.accuracy(choices, side) for side in (lambda c: c.by_hand, lambda c: c.tensorflow))
    remark = (
        f"of {len(drawn):,} images {mine:.2%} are read rightly by hand, {theirs:.2%} by TensorFlow; "
        f"{differ or 'none'} of them differently"
    )
    tables = (every.table(choices, held.label), table_5(held.step(1)))
    return replace(result, tables=tables, data=(every.columns(choices),), remark=remark)


def _policy(given: argparse.Namespace) -> str:
    return DERIVED if given.rtol is None else f"rtol {given.rtol:g} and atol {given.atol:g}"


def _settings(given: argparse.Namespace, index: int) -> Settings:
    chosen = {name: getattr(given, name) for name in ("seed", "dtype", "data", "split", "jit")}
    return Settings(command="prediction", index=index, **chosen)


def _weights(given: argparse.Namespace, drawn: Samples) -> dict[str, Array]:
    """Those of --weights; without, those of a brief by-hand training on the data's training images."""
    network = samples.network_for(drawn)
    if getattr(given, "weights", None):
        return weights.read(given.weights, network, given.dtype)
    train = samples.load(given.data, "train")
    samples.of_one_kind(train, drawn, given.data)
    course = Course(seed=given.seed, dtype=given.dtype, batch=min(32, len(train)))
    by_hand, number = ByHand(course, network, first_weights(course, network)), 0
    keep_freed()
    with run.waiting("Training by hand"), threadpool_limits(1):
        for epoch in range(1, BRIEF + 1):
            for X, y in course.batches(train, epoch):
                number += 1
                by_hand.step(number, X, y)
                if number == BRIEF:
                    return {P: by_hand.state[P] for P in network.parameters()}
    raise AssertionError("an epoch has at least one step")


def from_file(given: argparse.Namespace) -> Trace:
    """The trace of --trace.  Raises Unusable if no verify.prediction made it."""
    held = trace.load(given.trace)
    if held.settings.command != "prediction":
        raise Unusable(f"--trace {given.trace}: it holds no prediction; save one with verify.prediction --save-trace")
    return held


if __name__ == "__main__":
    sys.exit(run.guarded(main))
