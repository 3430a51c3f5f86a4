"""python -m verify.explain: derive one number by hand and compare it with TensorFlow's."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from reports import as_explanation, as_json, terminal
from reports.explanation import Explanation
from verify.cli.capturing import capture_for
from verify.cli.console import tell
from verify.cli.exit_status import guarded
from verify.cli.options import Options, parser, read
from verify.derive.address import find_position, parse_address
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.inputs.choice import choose_sample
from verify.inputs.samples import network_for
from verify.records import trace_file
from verify.records.settings import Settings
from verify.records.trace import Trace
from verify.results.files import check_writable, save, write_all

ABOUT = (
    "Derive one number of a training step by hand: its equation, the numbers put in, every intermediate, TensorFlow's\n"
    "number beside it, and the bound on their difference. TENSOR[i,j] counts from 1, as the essay does."
)
ALL = "all"


@dataclass(frozen=True)
class ExplainOptions(Options):
    """The options of the command.

    `tensor` is a tensor with its indices, as typed; `step` the training step; `depth` how many rules back (0: all).
    """

    tensor: str = ""
    step: int = 1
    depth: int = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Derive the number, print and write the report, and return the exit status.

    It is 0 if rounding explains the difference, and 1 if it does not.
    Raises Unusable (exit status 2) or Unverifiable (exit status 3).
    """
    arguments = parser("explain", ABOUT, "dW1[2,3] --depth all", training=True, tolerance=False)
    tensor_help = "dW1[2,3], Z1[3] (without the row of a batch of one), C"
    arguments.add_argument("tensor", metavar="TENSOR[i,j]", help=tensor_help)
    arguments.add_argument("--step", type=int, default=1, metavar="K", help="the training step (1)")
    depth_help = "how many rules back, or all the way to pixels and weights (1)"
    arguments.add_argument("--depth", type=_depth, default=1, metavar="N|all", help=depth_help)
    options = read(arguments, argv, ExplainOptions)
    tensor, index = parse_address(options.tensor)
    check_writable(options.out, "--out")
    trace = trace_file.load(options.trace) if options.trace else _captured(options, tensor, index)
    if options.save_trace:
        save(Path(options.save_trace), trace)
    explanation = explain(DerivedStep(trace, options.step), tensor, index, options.depth or None)
    write_all(options.out, files(explanation), "--out")
    text = "\n" + as_explanation.text(explanation, terminal.console().width) + "\n"
    return tell(explanation.headline, explanation.passed, options, (), ("report.md",), text)


def _depth(text: str) -> int:
    """Return the number of rules, or 0 for "all".  Raises ArgumentTypeError for any other text."""
    if text == ALL:
        return 0
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number from 1 to 1000 nor {ALL!r}")
    return int(text)


def _captured(options: ExplainOptions, tensor: str, index: tuple[int, ...]) -> Trace:
    """Return a trace with as many steps as the request needs.

    The request is checked first, so that an error in it is reported before TensorFlow starts.
    """
    options = replace(options, steps=max(options.steps, options.step))
    if not options.model:
        chosen = {name: getattr(options, name) for name in ("dtype", "batch", "steps", "optimizer", "loss")}
        network = network_for(choose_sample(options, batch=options.batch).samples)
        find_position(DerivedStep(Trace(Settings(**chosen), network, {}, {}), options.step), tensor, index)
    return capture_for("backprop", options)


def files(explanation: Explanation) -> dict[str, bytes]:
    """Return the content of each file of the report, by the file's name."""
    content = {"schema": "byhand-explanation/1", "command": "explain", **asdict(explanation)}
    return {
        "result.json": as_json.render(content),
        "report.md": as_explanation.markdown(explanation).encode(),
        "report.html": as_explanation.page(explanation).encode(),
    }


if __name__ == "__main__":
    sys.exit(guarded(main))
