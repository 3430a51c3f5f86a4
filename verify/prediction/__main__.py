"""python -m verify.prediction: predict with trained weights, by hand and with TensorFlow, and write Table 6."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, count, islice
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
from verify.inputs.choice import choose_sample, pictures
from verify.inputs.samples import Samples
from verify.prediction import whole_split
from verify.prediction.tables import table_5, table_6
from verify.records import trace_file
from verify.records.settings import Settings
from verify.records.trace import Array
from verify.results import files
from verify.results.judging import STRUCTURE
from verify.results.result import Result
from verify.runtime.malloc import keep_freed
from verify.training.configuration import TrainingConfiguration
from verify.training.numpy_network import NumpyNetwork, first_weights

ABOUT = (
    "Let trained weights classify a digit, by hand and by TensorFlow, and verify every Z and A on the way.\n"
    "Writes Table 6; with --all, predictions.csv of every image of the split."
)
BRIEF = 900  # training steps where no weights are given: 20 epochs of the embedded digits
AT_ONCE = 2500  # images captured at a time


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.  Return 0 if both sides agree, otherwise 1; raise Unusable (2) or Unverifiable (3)."""
    options = read(prediction_parser(ABOUT), argv, Options)
    return say(one(options), options)


def one(options: Options) -> Result:
    """Verify the prediction that the options ask for and write the files.  Raises Unusable or Unverifiable."""
    files.check_writable(options.out, "--out")
    result = _every(options) if options.all else _single(options)
    if not result.elements and result.first_divergence is None:
        raise Unverifiable("nothing was compared")
    files.write(options.out, files.of_result(result), "prediction")
    return result


def say(result: Result, options: Options) -> int:
    """Print the headline, the first table and the paths of the files; return the exit status."""
    tables = tuple(t for t in result.tables[:1] if t.rows)
    name = (result.data() or (result.to_columns(),))[-1].name
    return tell(result.headline, result.passed, options, tables, ("report.md", f"{name}.csv"))


def _single(options: Options) -> Result:
    """Verify the prediction of one image; return the result with Table 6 and with Table 5 of the weights."""
    label: int | None = None
    if options.trace:
        trace = trace_file.load(options.trace)
        if trace.settings.command != "prediction":
            needed = "save one with verify.prediction --save-trace"
            raise Unusable(f"--trace {options.trace}: it holds no prediction; {needed}")
    else:
        choice = choose_sample(options, usual=7, needs_label=False)
        label = choice.label
        settings = replace(_settings(options, choice.index), data=choice.data)
        trace = captured(settings, choice.samples, options.verbose, _weights(options, choice.samples))
        if options.save_trace:
            files.save(Path(options.save_trace), trace)
    compared = compare(trace, "prediction", options.tolerance)
    result = Result(
        "prediction",
        trace.settings,
        trace.environment,
        compared.comparisons,
        options.tolerance,
        pictures=pictures(options),
        compared=compared,
    )
    if any(c.verdict in STRUCTURE for c in compared.comparisons):
        return result
    table, columns = table_6(trace, compared.by_hand[0], label)
    by_hand, tensorflow = (int(np.argmax(columns.columns[side])) for side in ("by_hand", "tensorflow"))
    remark = f"the prediction by hand is {trace.label(by_hand)}, by TensorFlow {trace.label(tensorflow)}"
    if by_hand == tensorflow:
        remark = f"both predict {trace.label(tensorflow)} ({columns.columns['tensorflow'][tensorflow]:.2%})"
    result = replace(result, tables=(table, table_5(trace.step(1))), data=lambda: (columns,), remark=remark)
    return replace(result, power=power(compared.walk, options.tolerance)) if result.passed else result


def _every(options: Options) -> Result:
    """Verify the predictions of all images of the split, AT_ONCE images at a time; return one result."""
    if options.save_trace:
        raise Unusable("--save-trace: a trace holds one prediction; leave --all away, or choose an image")
    dataset = samples.load(options.data, options.split)
    trained = _weights(options, dataset)
    parts, predictions = [], []
    with terminal.progress("Predicting") as advance:
        for first in range(0, len(dataset), AT_ONCE):
            batch = min(AT_ONCE, len(dataset) - first)
            trace = captured(replace(_settings(options, first), batch=batch), dataset, options.verbose, trained)
            comparisons, of_batch = whole_split.judge(trace, options.tolerance)
            parts.append(comparisons)
            predictions += of_batch
            advance(first + batch, len(dataset))
    settings = replace(trace.settings, index=0, batch=len(dataset))
    result = Result("prediction", settings, trace.environment, whole_split.merged(parts), options.tolerance)
    if len(predictions) < len(dataset):
        return result
    return replace(
        result,
        tables=(whole_split.table(predictions, trace.label), table_5(trace.step(1))),
        data=lambda: (whole_split.columns(predictions),),
        remark=whole_split.summary(predictions),
    )


def _settings(options: Options, index: int) -> Settings:
    """Return the settings of a prediction that begins with the sample at `index`."""
    fields = {name: getattr(options, name) for name in ("seed", "dtype", "data", "split", "jit")}
    return Settings(command="prediction", index=index, **fields)


def _weights(options: Options, dataset: Samples) -> dict[str, Array]:
    """Return the weights of --weights, or those of BRIEF training steps by hand on the training images of --data.

    Raises Unusable, naming the option and the file.
    """
    network = samples.network_for(dataset)
    if options.weights:
        return weights.read(options.weights, network, options.dtype)
    train = samples.load(options.data, "train")
    samples.check_same_kind(train, dataset, options.data)
    configuration = TrainingConfiguration(seed=options.seed, dtype=options.dtype, batch=min(32, len(train)))
    by_hand = NumpyNetwork(configuration, network, first_weights(configuration, network))
    keep_freed()
    with waiting("Training by hand"), threadpool_limits(1):
        batches = chain.from_iterable(configuration.batches(train, epoch) for epoch in count(1))
        for number, (X, y) in enumerate(islice(batches, BRIEF), start=1):
            by_hand.step(number, X, y)
    return {P: by_hand.state[P] for P in network.parameters()}


if __name__ == "__main__":
    sys.exit(guarded(main))
