"""The command line: the options that several commands share, checked before anything runs.

What was asked for leaves this module as a frozen value, `Options`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from reference.rules import LOSSES
from verify.cli.arguments import DATA, Parser, add_arithmetic, add_messages, class_name, not_negative, whole
from verify.cli.output import Output
from verify.compare.tensor import Tolerance
from verify.compare.wording import DERIVED
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

    @property
    def policy(self) -> str:
        """The bound that numbers are judged by, in words."""
        t = self.tolerance
        return DERIVED if t is None else f"rtol {t.rtol:g} and atol {t.atol:g}"


T = TypeVar("T", bound="Options")
EQUATIONS = -1  # --index without a number, where that asks for the equation index
OF_A_TRACE = frozenset((  # options that a saved trace has decided
    "seed", "dtype", "jit", "steps", "optimizer", "loss", "data", "split", "digit", "index", "batch", "save_trace",
    "weights", "all", "image", "label", "model", "trust",
))  # fmt: skip
OF_A_MODEL = frozenset({"seed", "dtype", "jit"})  # options that a model brings with it, or does not take


def parser(
    name: str, about: str, example: str, *, training: bool, judged: bool = True, tolerance: bool = True
) -> Parser:
    """Return the parser of one command; `training` adds the options of a training step.

    `judged` is False for a command that takes one sample and has no tolerance to set, `tolerance` for one
    that takes several and has none.
    """
    made = Parser("python -m verify" + (f".{name}" if name else ""), about, example)
    _add_samples(made, batch=judged)
    run = made.add_argument_group("the run")
    add_arithmetic(run, "the initial weights")
    if training:
        run.add_argument("--steps", type=whole(1, 200), default=1, metavar="N", help="training steps (1)")
        run.add_argument("--optimizer", choices=tuple(OPTIMIZERS), default="adam", help="(adam)")
        run.add_argument("--loss", choices=LOSSES, default="categorical_crossentropy", help="(cross-entropy)")
    _add_files(made, name, tolerance=judged and tolerance)
    if name in ("feedforward", "backprop", "explain"):
        own = made.add_argument_group("a model of your own")
        about_model = "a .keras or .h5 file, loaded in safe mode; or a function, which is run and gives a model, or a "
        own.add_argument("--model", metavar="FILE|MODULE:FUNCTION", help=about_model + "model, x and y")
        own.add_argument("--trust", action="store_true", help="let a model file run code that it holds")
    if training and tolerance:
        made.add_argument("--full", action="store_true", help="write every element of W1 into table_a2.csv too")
    return made


def prediction_parser(about: str) -> Parser:
    """Return the parser of a prediction: one image, or all of a split, with weights from a file."""
    made = Parser("python -m verify.prediction", about, "--weights out/training/golden.npz --digit 7")
    which = _add_samples(made, batch=False, split="test", digit=7)
    which.add_argument("--all", action="store_true", help="every image of the split")
    run = made.add_argument_group("the run")
    weights = "golden.npz, a folder with W1.txt ... B3.txt, a model.keras or .h5 (without: a brief by-hand training)"
    run.add_argument("--weights", metavar="FILE|DIR", help=weights)
    add_arithmetic(run, "the brief training")
    _add_files(made, "prediction", tolerance=True)
    return made


def _add_samples(made: Parser, *, batch: bool, split: str = "train", digit: int = 5) -> Any:
    """Add the options that choose samples; return the group of those of which only one can be given."""
    group = made.add_argument_group("the samples")
    group.add_argument("--data", default="digits", metavar="digits|mnist|PATH", help=DATA)
    group.add_argument("--split", choices=("train", "test"), default=split, help=f"({split})")
    which = group.add_mutually_exclusive_group()
    which.add_argument("--digit", type=class_name, metavar="D", help=f"the first sample with this label ({digit})")
    place: dict[str, Any] = {"type": whole(0, 2**31), "metavar": "N", "help": "the sample at this place, from 0"}
    if not batch and split != "test":
        alone = "alone: print the equation index; N: the sample at this place, from 0"
        place |= {"nargs": "?", "const": EQUATIONS, "help": alone}
    which.add_argument("--index", **place)
    which.add_argument("--image", metavar="FILE", help="a PNG, JPEG or BMP of one digit, drawn or photographed")
    group.add_argument("--label", type=class_name, metavar="D", help="what --image shows")
    if batch:
        several = "samples a step, from that one on; the next step takes the next N (1)"
        group.add_argument("--batch", type=whole(1, 100_000), default=1, metavar="N", help=several)
    return which


def _add_files(made: Parser, name: str, *, tolerance: bool) -> None:
    group = made.add_argument_group("what is judged, and where it is written")
    group.add_argument("--trace", metavar="FILE", help="verify a saved trace; TensorFlow is not imported")
    group.add_argument("--save-trace", metavar="FILE", help="keep everything captured, as .npz")
    out = f"out/{name}" if name else "out"
    group.add_argument("--out", default=out, metavar="DIR", help="for the reports (%(default)s)")
    if tolerance:
        fixed = "a fixed tolerance, with --atol, in place of the derived bound"
        group.add_argument("--rtol", type=not_negative, metavar="R", help=fixed)
        group.add_argument("--atol", type=not_negative, metavar="A", help="likewise, with --rtol")
    add_messages(group)


def read(parser: Parser, argv: Sequence[str] | None, kind: type[T]) -> T:
    """Return what the arguments ask for.  Raises Unusable for what does not go together."""
    return frozen(parser, parser.parse_args(argv), kind)


def frozen(parser: Parser, parsed: argparse.Namespace, kind: type[T]) -> T:
    """Return parsed arguments as a frozen value.  Raises Unusable for what does not go together."""
    _check_together(parser, parsed)
    values = {name: value for name, value in vars(parsed).items() if value is not None}
    values |= {"out": Path(parsed.out), "tolerance": _both_or_neither(parsed)}
    return kind(**{field.name: values[field.name] for field in fields(kind) if field.name in values})


def _check_together(parser: Parser, parsed: argparse.Namespace) -> None:
    """Raise Unusable where an option would silently not apply: a trace or a model brings its own."""
    brought = {
        "trace": (OF_A_TRACE, "a saved trace has its own settings and samples"),
        "model": (OF_A_MODEL, "a model has its own weights, precision and shape"),
    }
    for source, (names, why) in brought.items():
        for name in vars(parsed) if getattr(parsed, source, None) else ():
            if name in names and getattr(parsed, name) != parser.get_default(name):
                raise Unusable(f"--{name.replace('_', '-')} cannot be used with --{source}: {why}")
    if getattr(parsed, "trust", False) and not parsed.model:
        raise Unusable("--trust: it says how --model is loaded; name a model")


def _both_or_neither(parsed: argparse.Namespace) -> Tolerance | None:
    """Return the fixed tolerance, or None for the derived bound.  Raises Unusable if only half is given."""
    rtol, atol = getattr(parsed, "rtol", None), getattr(parsed, "atol", None)
    if (rtol is None) != (atol is None):
        one, lacking = ("--rtol", "--atol") if atol is None else ("--atol", "--rtol")
        raise Unusable(f"{one} was given without {lacking}: give both, or neither for the derived bound")
    return None if rtol is None or atol is None else Tolerance(rtol, atol)
