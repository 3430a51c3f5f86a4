"""The options that several commands share. They are checked before anything runs, and returned as frozen `Options`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from reference.rules import LOSSES
from verify.cli.arguments import DATA, Parser, add_arithmetic, add_messages, class_name, not_negative, whole
from verify.cli.console import Output
from verify.compare.tensor import Tolerance
from verify.errors import Unusable
from verify.inputs.choice import SampleOptions
from verify.records.settings import OPTIMIZERS


@dataclass(frozen=True)
class Options(SampleOptions, Output):
    """The options of a command. Options that a command does not have keep their defaults."""

    batch: int = 1
    seed: int = 0
    dtype: str = "float32"
    jit: bool = False
    steps: int = 1
    optimizer: str = "adam"
    loss: str = "categorical_crossentropy"
    trace: str = ""
    save_trace: str = ""
    tolerance: Tolerance | None = None
    full: bool = False
    model: str = ""
    trust: bool = False
    weights: str = ""
    all: bool = False


T = TypeVar("T", bound="Options")
EQUATIONS = -1  # the value of --index without a number, which asks for the equation index
NOT_IN_A_TRACE = {"trace", "tolerance", "full", "out", "quiet", "verbose"}
DECIDED = {  # options that a saved trace or a model of the user decides, and why
    "trace": ({f.name for f in fields(Options)} - NOT_IN_A_TRACE, "a saved trace has its own settings and samples"),
    "model": ({"seed", "dtype", "jit"}, "a model has its own weights, precision and shape"),
}


def parser(
    name: str, about: str, example: str, *, training: bool, judged: bool = True, tolerance: bool = True
) -> Parser:
    """Return the parser of one command; `training` adds the options of a training step.

    `judged` is False for a command that takes one sample and has no --rtol and --atol, `tolerance` for one that takes
    several and has none.
    """
    command = Parser("python -m verify" + (f".{name}" if name else ""), about, example)
    _add_samples(command, batch=judged)
    group = command.add_argument_group("the run")
    add_arithmetic(group, "the initial weights")
    if training:
        group.add_argument("--steps", type=whole(1, 200), default=1, metavar="N", help="training steps (1)")
        group.add_argument("--optimizer", choices=tuple(OPTIMIZERS), default="adam", help="(adam)")
        group.add_argument("--loss", choices=LOSSES, default="categorical_crossentropy", help="(cross-entropy)")
    _add_files(command, name, tolerance=judged and tolerance)
    if name in ("feedforward", "backprop", "explain"):
        group = command.add_argument_group("a model of your own")
        model = "a .keras or .h5 file, loaded in safe mode; or a function that returns a model, or a model, x and y"
        group.add_argument("--model", metavar="FILE|MODULE:FUNCTION", help=model)
        group.add_argument("--trust", action="store_true", help="allow a model file to run the code that it contains")
    if training and tolerance:
        command.add_argument("--full", action="store_true", help="write every element of W1 into table_a2.csv too")
    return command


def prediction_parser(about: str) -> Parser:
    """Return the parser of a prediction: one image, or all of a split, with weights from a file."""
    command = Parser("python -m verify.prediction", about, "--weights out/training/golden.npz --digit 7")
    choice = _add_samples(command, batch=False, split="test", digit=7)
    choice.add_argument("--all", action="store_true", help="every image of the split")
    group = command.add_argument_group("the run")
    weights = "golden.npz, a folder with W1.txt ... B3.txt, a model.keras or .h5 (without: a brief by-hand training)"
    group.add_argument("--weights", metavar="FILE|DIR", help=weights)
    add_arithmetic(group, "the brief training")
    _add_files(command, "prediction", tolerance=True)
    return command


def _add_samples(command: Parser, *, batch: bool, split: str = "train", digit: int = 5) -> Any:
    """Add the options that choose samples; return the group of those that exclude one another."""
    group = command.add_argument_group("the samples")
    group.add_argument("--data", default="digits", metavar="digits|mnist|PATH", help=DATA)
    group.add_argument("--split", choices=("train", "test"), default=split, help=f"({split})")
    choice = group.add_mutually_exclusive_group()
    choice.add_argument("--digit", type=class_name, metavar="D", help=f"the first sample with this label ({digit})")
    index: dict[str, Any] = {"type": whole(0, 2**31), "metavar": "N", "help": "the sample at this place, from 0"}
    if not batch and split != "test":
        index |= {"nargs": "?", "const": EQUATIONS}
        index["help"] = f"without N: print the equation index; with N: {index['help']}"
    choice.add_argument("--index", **index)
    choice.add_argument("--image", metavar="FILE", help="a PNG, JPEG or BMP of one digit, drawn or photographed")
    group.add_argument("--label", type=class_name, metavar="D", help="the digit that --image shows")
    if batch:
        size = "samples of a step, beginning with the chosen one; the next step takes the next N (1)"
        group.add_argument("--batch", type=whole(1, 100_000), default=1, metavar="N", help=size)
    return choice


def _add_files(command: Parser, name: str, *, tolerance: bool) -> None:
    group = command.add_argument_group("what is judged, and where it is written")
    group.add_argument("--trace", metavar="FILE", help="verify a saved trace; TensorFlow is not imported")
    group.add_argument("--save-trace", metavar="FILE", help="save everything captured, as .npz")
    out = f"out/{name}" if name else "out"
    group.add_argument("--out", default=out, metavar="DIR", help="folder of the reports (%(default)s)")
    if tolerance:
        for option, meaning, other in (("--rtol", "relative", "--atol"), ("--atol", "absolute", "--rtol")):
            text = f"{meaning} tolerance, with {other}, in place of the derived bound"
            group.add_argument(option, type=not_negative, metavar=option[2].upper(), help=text)
    add_messages(group)


def read(parser: Parser, argv: Sequence[str] | None, kind: type[T]) -> T:
    """Return the options that these arguments name.  Raises Unusable for options that exclude one another."""
    return frozen(parser, parser.parse_args(argv), kind)


def frozen(parser: Parser, parsed: argparse.Namespace, kind: type[T]) -> T:
    """Return parsed arguments as a frozen value.  Raises Unusable for options that exclude one another."""
    _check_combination(parser, parsed)
    values = {name: value for name, value in vars(parsed).items() if value is not None}
    values |= {"out": Path(parsed.out), "tolerance": _tolerance(values.get("rtol"), values.get("atol"))}
    return kind(**{field.name: values[field.name] for field in fields(kind) if field.name in values})


def _check_combination(parser: Parser, parsed: argparse.Namespace) -> None:
    """Raise Unusable where an option would silently have no effect, because a trace or a model decides it."""
    for source, (names, why) in DECIDED.items():
        for name in vars(parsed) if getattr(parsed, source, None) else ():
            if name in names and getattr(parsed, name) != parser.get_default(name):
                raise Unusable(f"--{name.replace('_', '-')} cannot be used with --{source}: {why}")
    if getattr(parsed, "trust", False) and not parsed.model:
        raise Unusable("--trust: it says how --model is loaded; name a model")


def _tolerance(rtol: float | None, atol: float | None) -> Tolerance | None:
    """Return the fixed tolerance, or None for the derived bound.  Raises Unusable if only one half is given."""
    if rtol is not None and atol is not None:
        return Tolerance(rtol, atol)
    if rtol is not None or atol is not None:
        one, lacking = ("--rtol", "--atol") if atol is None else ("--atol", "--rtol")
        raise Unusable(f"{one} was given without {lacking}: give both, or neither for the derived bound")
    return None
