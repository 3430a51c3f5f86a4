"""python -m verify.prediction: trained weights predict a digit, by hand and by TensorFlow; the essay's Table 6."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from reports import terminal
from verify.cli.capturing import captured
from verify.cli.console import tell, waiting
from verify.cli.exit_status import guarded
from verify.cli.options import Options, prediction_parser, read
from verify.compare.power import power
from verify.compare.walk import compare
from verify.errors import Unusable, Unverifiable
from verify.inputs import samples, weights
from verify.inputs.choice import pick, pictures
from verify.inputs.samples import Samples
from verify.prediction import whole_split as every
from verify.prediction.tables import table_5, table_6
from verify.records import trace_file
from verify.records.settings import Settings
from verify.records.trace import Array, Trace
from verify.results import files
from verify.results.judging import STRUCTURE
from verify.results.result import Result
from verify.runtime.malloc import keep_freed
from verify.training.configuration import Course
from verify.training.numpy_network import ByHand, first_weights

ABOUT = (
    "Let trained weights read a digit, by hand and by TensorFlow, and verify every Z and A on the way.\n"
    "Writes Table 6; with --all, predictions.csv of every image of the split."
)
BRIEF = 900  # steps of the training where no weights are given: 20 passes over the embedded digits
AT_ONCE = 2500  # images captured at a time


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 agrees, 1 does not; raises Unusable (2) or Unverifiable (3)."""
    options = read(prediction_parser(ABOUT), argv, Options)
    return say(one(options), options)


def one(options: Options) -> Result:
    """Carry it out and write the files.  Raises Unusable or Unverifiable."""
    files.check_writable(options.out, "--out")
    result = _every(options) if options.all else _single(options)
    if not result.elements and result.first_divergence is None:
        raise Unverifiable("nothing was compared")
    files.write(options.out, files.of_result(result), "prediction")
    return result


def say(result: Result, options: Options) -> int:
    """Print the headline, one table, and where the files are.  Returns the exit status."""
    tables = tuple(t for t in result.tables[:1] if t.rows)
    name = (result.data or (result.to_columns(),))[-1].name
    return tell(result.headline, result.passed, options, tables, ("report.md", f"{name}.csv"))


def _single(options: Options) -> Result:
    """One image: Table 6, and Table 5 of the weights."""
    label: int | None = None
    if options.trace:
        held = from_file(options)
    else:
        picked = pick(options, usual=7, needs_label=False)
        label = picked.label
        weighed = _weights(options, picked.samples)
        settings = replace(_settings(options, picked.index), data=picked.data)
        held = captured(settings, picked.samples, options.verbose, weighed)
        if options.save_trace:
            files.save(Path(options.save_trace), held)
    compared = compare(held, "prediction", options.tolerance)
    result = Result(
        "prediction", held.settings, held.environment, compared.comparisons, options.policy, pictures=pictures(options),
        compared=compared, tolerance=options.tolerance,
    )  # fmt: skip
    if any(c.verdict in STRUCTURE for c in compared.comparisons):
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
    return replace(result, power=power(compared.walk, options.tolerance)) if result.passed else result


def _every(options: Options) -> Result:
    """All images of the split, some hundred at a time."""
    if options.save_trace:
        raise Unusable("--save-trace: a trace holds one prediction; leave --all away, or choose an image")
    tolerance, drawn = options.tolerance, samples.load(options.data, options.split)
    weighed = _weights(options, drawn)
    parts, choices = [], []
    held: Trace | None = None
    with terminal.progress("Predicting") as advance:
        for first in range(0, len(drawn), AT_ONCE):
            batch = min(AT_ONCE, len(drawn) - first)
            held = captured(replace(_settings(options, first), batch=batch), drawn, options.verbose, weighed)
            found, chosen = every.judge(held, tolerance)
            parts.append(found)
            choices += chosen
            advance(first + batch, len(drawn))
    assert held is not None  # a split is never empty
    settings = replace(held.settings, index=0, batch=len(drawn))
    result = Result("prediction", settings, held.environment, every.merged(parts), options.policy)
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


def _settings(options: Options, index: int) -> Settings:
    chosen = {name: getattr(options, name) for name in ("seed", "dtype", "data", "split", "jit")}
    return Settings(command="prediction", index=index, **chosen)


def _weights(options: Options, drawn: Samples) -> dict[str, Array]:
    """Those of --weights; without, those of a brief by-hand training on the data's training images."""
    network = samples.network_for(drawn)
    if options.weights:
        return weights.read(options.weights, network, options.dtype)
    train = samples.load(options.data, "train")
    samples.of_one_kind(train, drawn, options.data)
    course = Course(seed=options.seed, dtype=options.dtype, batch=min(32, len(train)))
    by_hand, number = ByHand(course, network, first_weights(course, network)), 0
    keep_freed()
    with waiting("Training by hand"), threadpool_limits(1):
        for epoch in range(1, BRIEF + 1):
            for X, y in course.batches(train, epoch):
                number += 1
                by_hand.step(number, X, y)
                if number == BRIEF:
                    return {P: by_hand.state[P] for P in network.parameters()}
    raise AssertionError("an epoch has at least one step")


def from_file(options: Options) -> Trace:
    """The trace of --trace.  Raises Unusable if no verify.prediction made it."""
    held = trace_file.load(options.trace)
    if held.settings.command != "prediction":
        raise Unusable(f"--trace {options.trace}: it holds no prediction; save one with verify.prediction --save-trace")
    return held


if __name__ == "__main__":
    sys.exit(guarded(main))
