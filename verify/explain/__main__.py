"""python -m verify.explain: how one number comes about, derived by hand beside TensorFlow's."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reports import as_explanation, terminal
from reports.explanation import Explanation
from verify import options, run, trace
from verify.explain.address import parse, place
from verify.explain.building import explain
from verify.explain.case import Case
from verify.pick import pick
from verify.samples import network_for
from verify.settings import Settings
from verify.trace import Trace

ABOUT = (
    "Derive one number of a training step by hand: its equation, the numbers put in, every intermediate, TensorFlow's\n"
    "number beside it, and what rounding allows. TENSOR[i,j] counts from 1, as the essay does."
)
ALL = "all"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 rounding explains the difference, 1 it does not; raises Unusable (2) or Unverifiable (3)."""
    parser = options.parser("explain", ABOUT, "dW1[2,3] --depth all", training=True, tolerance=False)
    parser.add_argument("tensor", metavar="TENSOR[i,j]", help="dW1[2,3], Z1[3] (a batch of one: the row left out), C")
    parser.add_argument("--step", type=int, default=1, metavar="K", help="the training step (1)")
    parser.add_argument("--depth", type=_depth, default=1, metavar="N|all",
                        help="so many rules back, or all the way to pixels and weights (1)")  # fmt: skip
    given = options.check_trace(parser, parser.parse_args(argv))
    tensor, index = parse(given.tensor)
    out = Path(given.out)
    run.check_writable(out, "--out")
    held = trace.load(given.trace) if given.trace else _captured(given, tensor, index)
    if given.save_trace:
        run.save(Path(given.save_trace), held)
    found = explain(Case(held, given.step), tensor, index, given.depth)
    run.write_all(out, files(found), "--out")
    say(found, given)
    return 0 if found.passed else 1


def _depth(text: str) -> int | None:
    if text == ALL:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number from 1 to 1000 nor {ALL!r}")
    return int(text)


def _captured(given: argparse.Namespace, tensor: str, index: tuple[int, ...]) -> Trace:
    """Capture as many steps as are needed; whatever can be wrong with the request is said before TensorFlow starts."""
    if given.step > given.steps:
        given.steps = given.step
    if not given.model:
        chosen = {name: getattr(given, name) for name in ("dtype", "batch", "steps", "optimizer", "loss")}
        network = network_for(pick(given, batch=given.batch).samples)
        place(Case(Trace(Settings(**chosen), network, {}, {}), given.step), tensor, index)
    return run.capture_for("backprop", given)


def files(found: Explanation) -> dict[str, bytes]:
    """The explanation in three forms."""
    content = {"schema": "byhand-explanation/1", "command": "explain", **plain(asdict(found))}
    return {
        "result.json": (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode(),
        "report.md": as_explanation.markdown(found).encode(),
        "report.html": as_explanation.page(found).encode(),
    }


def plain(value: Any) -> Any:
    """JSON has no infinity: it becomes text."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def say(found: Explanation, given: argparse.Namespace) -> None:
    """The headline, the derivation, where the files are."""
    width = terminal.console().width
    text = "" if given.quiet else "\n" + as_explanation.text(found, width) + "\n"
    where = "" if given.quiet else f"Reports: {Path(given.out) / 'report.html'}, report.md"
    run.say_all(found.headline, found.passed, (), where, text)


if __name__ == "__main__":
    sys.exit(run.guarded(main))
