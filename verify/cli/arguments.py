"""Parts of the command lines: a parser whose errors are one sentence, types of values, and groups of options."""

import argparse
import math
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from verify.errors import Unusable
from verify.inputs.datasets.common import WHOLE
from verify.records.precision import PRECISIONS

DATA = (
    "embedded digits; Keras's MNIST; or a folder of IDX files, an .npz, a .csv (label first), a folder of pictures by "
    "label (digits)"
)

T = TypeVar("T")
Number = TypeVar("Number", int, float)


class Parser(argparse.ArgumentParser):
    """A parser that raises Unusable, with one sentence, for wrong arguments."""

    def __init__(self, program: str, about: str, example: str) -> None:
        super().__init__(
            prog=program,
            description=about,
            epilog=f"example: {program} {example}",
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """Raise Unusable with this message."""
        raise Unusable(f"{message} (see --help)")


def seeds(text: str) -> tuple[int, int]:
    """Return a range A:B, or one number, as (A, B).  Raises ArgumentTypeError."""
    first, colon, end = text.partition(":")
    try:
        begin, stop = int(first), int(end) if colon else int(first) + 1
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range A:B of whole numbers") from None
    if not 0 <= begin < stop <= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range A:B with 0 <= A < B <= 2^32")
    return begin, stop


def digits(text: str) -> tuple[str, ...]:
    """Return labels that are separated by commas; () for "all".  Raises ArgumentTypeError."""
    return () if text == "all" else several(class_name)(text)


def several(parse: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """Return a type of values that are separated by commas and all different; `parse` is the type of one value."""

    def parse_all(text: str) -> tuple[T, ...]:
        values = tuple(parse(part.strip()) for part in text.split(","))
        for value in values:
            if values.count(value) > 1:
                raise argparse.ArgumentTypeError(f"{value} is given twice")
        return values

    return parse_all


def one_of(*words: str) -> Callable[[str], str]:
    """Return a type that accepts these words only."""

    def parse(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(words)}")
        return text

    return parse


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a type that accepts whole numbers from `least` to `most`."""

    def parse(text: str) -> int:
        number = _number(int, text, "a whole number")
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not from {least} to {most}")
        return number

    return parse


def not_negative(text: str) -> float:
    """Return a finite number of 0 or more.  Raises ArgumentTypeError."""
    number = _number(float, text, "a number")
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number of 0 or more")
    return number


def _number(kind: Callable[[str], Number], text: str, description: str) -> Number:
    """Return the number that a text writes.  Raises ArgumentTypeError."""
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not {description}") from None


def class_name(text: str) -> str:
    """Return the name of a class.  A whole number loses its leading zeros, as in labels: 07 is class 7."""
    return str(int(text)) if WHOLE.fullmatch(text) else text


def add_arithmetic(group: Any, what: str) -> None:
    """Add --seed, the seed of `what`, --dtype and --jit."""
    group.add_argument("--seed", type=whole(0, 2**32 - 1), default=0, metavar="N", help=f"random seed of {what} (0)")
    group.add_argument("--dtype", choices=tuple(PRECISIONS), default="float32", help="TensorFlow's precision (float32)")
    group.add_argument("--jit", action="store_true", help="compile with XLA")


def add_messages(group: Any, program: str = "TensorFlow") -> None:
    """Add --quiet and --verbose."""
    group.add_argument("--quiet", action="store_true", help="print the headline only")
    group.add_argument("--verbose", action="store_true", help=f"show {program}'s own messages too")
