"""Arguments of the command line: a parser that answers with one sentence, kinds of values, groups of options."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any, NoReturn

from verify.errors import Unusable
from verify.inputs.datasets.labels import WHOLE
from verify.records.precision import PRECISIONS

DATA = (
    "embedded digits; Keras's MNIST; or a folder of IDX files, an .npz, a .csv (label first), a folder of pictures by "
    "label (digits)"
)


class Parser(argparse.ArgumentParser):
    """A parser that says in one sentence what is wrong."""

    def __init__(self, program: str, about: str, example: str) -> None:
        super().__init__(
            prog=program, description=about, epilog=f"example: {program} {example}", allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip

    def error(self, message: str) -> NoReturn:
        """Raise Unusable with the sentence."""
        raise Unusable(f"{message} (see --help)")


def seeds(text: str) -> tuple[int, int]:
    """Read a range A:B, or one number, as (A, B).  Raises ArgumentTypeError."""
    first, colon, end = text.partition(":")
    try:
        seeds = (int(first), int(end) if colon else int(first) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range A:B of whole numbers") from None
    if not 0 <= seeds[0] < seeds[1] <= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range A:B with 0 <= A < B <= 2^32")
    return seeds


def digits(text: str) -> tuple[str, ...]:
    """Read labels with commas between them; "all" gives ().  Raises ArgumentTypeError."""
    return () if text == "all" else several(class_name)(text)


def several(one: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Return a reader of values with commas between them, each read by `one`; none may stand there twice."""

    def read(text: str) -> tuple[Any, ...]:
        values = tuple(one(part.strip()) for part in text.split(","))
        for value in values:
            if values.count(value) > 1:
                raise argparse.ArgumentTypeError(f"{value} stands there twice")
        return values

    return read


def one_of(*words: str) -> Callable[[str], str]:
    """Return a reader of one of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(words)}")
        return text

    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of a whole number from `least` to `most`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not from {least} to {most}")
        return number

    return read


def class_name(text: str) -> str:
    """Read the name of a class. 07 is class 7, as everywhere where labels are whole numbers."""
    return str(int(text)) if WHOLE.fullmatch(text) else text


def not_negative(text: str) -> float:
    """Read a finite number of 0 or more.  Raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number of 0 or more")
    return number


def add_arithmetic(group: Any, seed: str) -> None:
    """Add --seed, which is that of `seed`, --dtype and --jit."""
    group.add_argument("--seed", type=whole(0, 2**32 - 1), default=0, metavar="N", help=f"of {seed} (0)")
    group.add_argument("--dtype", choices=(*PRECISIONS,), default="float32", help="TensorFlow's precision (float32)")
    group.add_argument("--jit", action="store_true", help="compile with XLA")


def add_messages(group: Any, whose: str = "TensorFlow") -> None:
    """Add --quiet and --verbose."""
    group.add_argument("--quiet", action="store_true", help="print the headline only")
    group.add_argument("--verbose", action="store_true", help=f"let {whose}'s own messages through")
