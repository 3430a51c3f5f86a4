"""The command line: the options that several commands share, checked before anything runs.

What was asked for leaves this module as a frozen value, `Options`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from reference.rules import LOSSES
from verify.cli.output import Output
from verify.compare.tensor import Tolerance
from verify.compare.wording import DERIVED
from verify.errors import Unusable
from verify.inputs.choice import Choice
from verify.inputs.datasets.labels import WHOLE
from verify.records.precision import PRECISIONS
from verify.records.settings import OPTIMIZERS


@dataclass(frozen=True)
class Options(Choice, Output):
    """What a command was asked to do. Options that a command does not have keep their defaults."""

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
        """What numbers are judged by, in words."""
        t = self.tolerance
        return DERIVED if t is None else f"rtol {t.rtol:g} and atol {t.atol:g}"


T = TypeVar("T", bound="Options")
DATA = (
    "embedded digits; Keras's MNIST; or a folder of IDX files, an .npz, a .csv (label first), a folder of pictures by "
    "label (digits)"
)
EQUATIONS = -1  # --index without a number, where that asks for the equation index


class Parser(argparse.ArgumentParser):
    """Say what is wrong as one sentence, by raising."""

    def __init__(self, program: str, about: str, example: str) -> None:
        super().__init__(
            prog=program, description=about, epilog=f"example: {program} {example}", allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip

    def error(self, message: str) -> NoReturn:
        raise Unusable(f"{message} (see --help)")


def parser(
    name: str, about: str, example: str, *, training: bool, judged: bool = True, tolerance: bool = True
) -> Parser:
    """The options of one command; `training` adds those of a training step.

    `judged` is False for a command that takes one sample and has no tolerance to set, `tolerance` for one
    that takes several and has none.
    """
    program = "python -m verify" + (f".{name}" if name else "")
    made = Parser(program, about, example)
    _samples(made, batch=judged)
    run = made.add_argument_group("the run")
    run.add_argument("--seed", type=_whole(0, 2**32 - 1), default=0, metavar="N", help="of the initial weights (0)")
    run.add_argument(
        "--dtype", choices=tuple(PRECISIONS), default="float32", help="what TensorFlow computes in (float32)"
    )
    run.add_argument("--jit", action="store_true", help="compile with XLA")
    if training:
        run.add_argument("--steps", type=_whole(1, 200), default=1, metavar="N", help="training steps (1)")
        run.add_argument("--optimizer", choices=tuple(OPTIMIZERS), default="adam", help="(adam)")
        run.add_argument("--loss", choices=tuple(LOSSES), default="categorical_crossentropy", help="(cross-entropy)")
    _files(made, name or "", tolerance=judged and tolerance)
    if name in ("feedforward", "backprop", "explain"):
        own = made.add_argument_group("a model of your own")
        own.add_argument("--model", metavar="FILE|MODULE:FUNCTION",
                         help="a .keras or .h5 file, loaded in safe mode; or a function, which is run and gives a "
                              "model, or a model, x and y")  # fmt: skip
        own.add_argument("--trust", action="store_true", help="let a model file run code that it holds")
    if training and tolerance:
        made.add_argument("--full", action="store_true", help="write every element of W1 into table_a2.csv too")
    return made


def prediction_parser(about: str) -> Parser:
    """The options of a prediction: one image, or all of a split, with weights from a file."""
    program = "python -m verify.prediction"
    made = Parser(program, about, "--weights out/training/golden.npz --digit 7")
    which = _samples(made, batch=False, split="test", digit=7)
    which.add_argument("--all", action="store_true", help="every image of the split")
    run = made.add_argument_group("the run")
    run.add_argument("--weights", metavar="FILE|DIR", help="golden.npz, a folder with W1.txt ... B3.txt, a model.keras "
                     "or .h5 (without: a brief by-hand training on the data)")  # fmt: skip
    run.add_argument("--seed", type=_whole(0, 2**32 - 1), default=0, metavar="N", help="of the brief training (0)")
    run.add_argument(
        "--dtype", choices=tuple(PRECISIONS), default="float32", help="what TensorFlow computes in (float32)"
    )
    run.add_argument("--jit", action="store_true", help="compile with XLA")
    _files(made, "prediction", tolerance=True)
    return made


def training_parser(about: str, out: str) -> Parser:
    """The options of a whole training. Those that say what is trained have no default here: --resume has them."""
    program = "python -m verify.training"
    made = Parser(program, about, "--epochs 5 --seed 1")
    group = made.add_argument_group("the training")
    group.add_argument("--data", metavar="digits|mnist|PATH",
                       help=DATA)  # fmt: skip
    group.add_argument("--epochs", type=_whole(1, 100_000), metavar="N", help="passes over all training images (20)")
    group.add_argument("--batch-size", "--batch", type=_whole(1, 100_000), dest="batch", metavar="N",
                       help="images a step (32)")  # fmt: skip
    group.add_argument("--seed", type=_whole(0, 2**32 - 1), metavar="N", help="of the first weights and the order (0)")
    group.add_argument("--dtype", choices=tuple(PRECISIONS), help="what both sides compute in (float32)")
    group.add_argument("--optimizer", choices=tuple(OPTIMIZERS), help="(adam)")
    group.add_argument("--loss", choices=tuple(LOSSES), help="(cross-entropy)")
    group.add_argument("--jit", action="store_true", help="compile TensorFlow's side with XLA")
    group.add_argument("--every", type=_whole(1, 2**31), metavar="K", help="verify each K-th step only (1)")
    group.add_argument("--resume", metavar="DIR", help="go on with the training that was stopped in this folder")
    where = made.add_argument_group("where it is written")
    where.add_argument("--out", metavar="DIR", help=f"for the reports and the weights ({out})")
    where.add_argument("--quiet", action="store_true", help="print the headline only")
    where.add_argument("--verbose", action="store_true", help="let TensorFlow's own messages through")
    return made


def sweep_parser(about: str, out: str) -> Parser:
    """The options of a sweep. Those that say what is swept have no default here: --resume has them."""
    program = "python -m verify.sweep"
    example = "--seeds 0:200 --digits all --batch 1,32 --dtype float32,float64 --jit both --steps 3"
    made = Parser(program, about, example)
    group = made.add_argument_group("the cases: each of these with each of the others")
    group.add_argument("--seeds", type=_seeds, metavar="A:B", help="of the initial weights, A to B - 1; or one (0:10)")
    group.add_argument("--digits", type=_digits, metavar="all|D,D", help="first samples with these labels (all)")
    group.add_argument("--batch", type=_several(_whole(1, 100_000)), metavar="N,N", help="samples a step (1)")
    group.add_argument("--dtype", type=_several(_one_of(*PRECISIONS)), metavar="T,T",
                       help=f"{', '.join(PRECISIONS)} (float32)")  # fmt: skip
    group.add_argument("--jit", choices=("off", "on", "both"), help="without XLA, with it, or both (off)")
    group.add_argument("--steps", type=_whole(1, 200), metavar="N", help="training steps of each case (1)")
    group.add_argument("--data", metavar="digits|mnist|PATH", help="as verify.backprop takes it (digits)")
    group.add_argument("--split", choices=("train", "test"), help="(train)")
    group.add_argument("--optimizer", choices=tuple(OPTIMIZERS), help="(adam)")
    group.add_argument("--loss", choices=tuple(LOSSES), help="(cross-entropy)")
    run = made.add_argument_group("where it runs, and where it is written")
    run.add_argument("--workers", type=_whole(1, 1024), metavar="N", help="processes on this machine (one a core)")
    run.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="of a Dask cluster that is there, in their place")
    run.add_argument("--out", default=out, metavar="DIR", help="for the rows and the summary (%(default)s)")
    run.add_argument("--resume", action="store_true", help="go on with the sweep in --out")
    run.add_argument("--quiet", action="store_true", help="print the headline only")
    run.add_argument("--verbose", action="store_true", help="let Dask's own messages through")
    return made


def _seeds(text: str) -> tuple[int, int]:
    first, colon, end = text.partition(":")
    try:
        found = (int(first), int(end) if colon else int(first) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range A:B of whole numbers") from None
    if not 0 <= found[0] < found[1] <= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range A:B with 0 <= A < B <= 2^32")
    return found


def _digits(text: str) -> tuple[str, ...]:
    """Labels; () for all that the data have."""
    found: tuple[str, ...] = () if text == "all" else _several(_name)(text)
    return found


def _several(one: Any) -> Any:
    """Values with commas between them, none of them twice."""

    def read(text: str) -> tuple[Any, ...]:
        found = tuple(one(part.strip()) for part in text.split(","))
        twice = [value for value in found if found.count(value) > 1]
        if twice:
            raise argparse.ArgumentTypeError(f"{twice[0]} stands there twice")
        return found

    return read


def _one_of(*words: str) -> Any:
    def read(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(words)}")
        return text

    return read


def _samples(made: Parser, *, batch: bool, split: str = "train", digit: int = 5) -> Any:
    """The group of options of which only one can choose the sample is handed back."""
    group = made.add_argument_group("the samples")
    group.add_argument("--data", default="digits", metavar="digits|mnist|PATH",
                       help=DATA)  # fmt: skip
    group.add_argument("--split", choices=("train", "test"), default=split, help=f"({split})")
    which = group.add_mutually_exclusive_group()
    which.add_argument("--digit", type=_name, metavar="D", help=f"the first sample with this label ({digit})")
    if batch or split == "test":
        which.add_argument("--index", type=_whole(0, 2**31), metavar="N", help="the sample at this place, from 0")
    else:
        which.add_argument("--index", type=_whole(0, 2**31), nargs="?", const=EQUATIONS, metavar="N",
                           help="alone: print the equation index; N: the sample at this place, from 0")  # fmt: skip
    which.add_argument("--image", metavar="FILE", help="a PNG, JPEG or BMP of one digit, drawn or photographed")
    group.add_argument("--label", type=_name, metavar="D", help="what --image shows")
    if batch:
        group.add_argument("--batch", type=_whole(1, 100_000), default=1, metavar="N",
                           help="samples a step, from that one on; the next step takes the next N (1)")  # fmt: skip
    return which


def _files(made: Parser, name: str, *, tolerance: bool) -> None:
    group = made.add_argument_group("what is judged, and where it is written")
    group.add_argument("--trace", metavar="FILE", help="verify a saved trace; TensorFlow is not imported")
    group.add_argument("--save-trace", metavar="FILE", help="keep everything captured, as .npz")
    group.add_argument(
        "--out", default=f"out/{name}" if name else "out", metavar="DIR", help="for the reports (%(default)s)"
    )
    if tolerance:
        _tolerances(group)
    group.add_argument("--quiet", action="store_true", help="print the headline only")
    group.add_argument("--verbose", action="store_true", help="let TensorFlow's own messages through")


def _tolerances(group: Any) -> None:
    group.add_argument(
        "--rtol", type=_tolerance, metavar="R", help="a fixed tolerance, with --atol, in place of the derived bound"
    )
    group.add_argument("--atol", type=_tolerance, metavar="A", help="likewise, with --rtol")


def _whole(least: int, most: int) -> Any:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not from {least} to {most}")
        return number

    return read


def _name(text: str) -> str:
    """Of a class. 07 is class 7, as everywhere where labels are whole numbers."""
    return str(int(text)) if WHOLE.fullmatch(text) else text


def _tolerance(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number of 0 or more")
    return number


TRACED = (
    "seed",
    "dtype",
    "jit",
    "steps",
    "optimizer",
    "loss",
    "data",
    "split",
    "digit",
    "index",
    "batch",
    "save_trace",
    "weights",
    "all",
    "image",
    "label",
    "model",
    "trust",
)
OF_A_MODEL = ("seed", "dtype", "jit")  # which a model brings with it, or does not take


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
    for name in TRACED if parsed.trace else ():
        if getattr(parsed, name, None) != parser.get_default(name):
            option = "--" + name.replace("_", "-")
            raise Unusable(f"{option} cannot be used with --trace: a saved trace has its own settings and samples")
    for name in OF_A_MODEL if getattr(parsed, "model", None) else ():
        if getattr(parsed, name, None) != parser.get_default(name):
            option = "--" + name.replace("_", "-")
            raise Unusable(f"{option} cannot be used with --model: a model has its own weights, precision and shape")
    if getattr(parsed, "trust", False) and not parsed.model:
        raise Unusable("--trust: it says how --model is loaded; name a model")


def _both_or_neither(parsed: argparse.Namespace) -> Tolerance | None:
    """Return the fixed tolerance, or None for the derived bound.  Raises Unusable if only half is given."""
    rtol, atol = getattr(parsed, "rtol", None), getattr(parsed, "atol", None)
    if (rtol is None) != (atol is None):
        one, lacking = ("--rtol", "--atol") if atol is None else ("--atol", "--rtol")
        raise Unusable(f"{one} was given without {lacking}: give both, or neither for the derived bound")
    return None if rtol is None or atol is None else Tolerance(rtol, atol)
