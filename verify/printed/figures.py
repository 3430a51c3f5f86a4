"""The numbers printed in the essay, read from figures.txt.

Each number stands for an interval: half a unit of its last digit to either side.
"""

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from reference.network import ESSAY
from reference.tensor_names import parts_of
from verify.errors import Unusable

FIGURES = Path(__file__).with_name("figures.txt")
LARGEST = 1_000_000  # bytes; a file of printed numbers is smaller
HEADING = re.compile(r"\[(.+)\]$")
LINE = re.compile(r"(exact +)?([A-Za-z]\w*)(?:\[([\d ;]+)\])? +(.+)$")
NUMBER = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:e[-+]?\d{1,3})?%?$")
RUN = "the run"  # the scope of all places that print numbers of one run of the network
COUNTED = "counts"  # the scope of the numbers of nodes, weights and samples, wherever they are printed
Index = tuple[int, ...]
Quantity = tuple[str, str, Index]  # scope, symbol and index
PLACES_OF_RUN = ("Illustration", "Table 3", "After Table 3", "Table 4", "Table A-", "Appendix A")
SCALARS = ("digit", "alpha", "beta_1", "beta_2", "epsilon")
COUNTS = ("sizes", "side", "weights", "biases", "variables", "samples", "epochs")


@dataclass(frozen=True)
class Printed:
    """One printed number.  `index` counts from 1.  Every number from `low` to `high` would be printed like this.

    `line` names the file and the line that it was read from.
    """

    place: str
    symbol: str
    index: Index
    text: str
    low: float
    high: float
    line: str

    @cached_property
    def scope(self) -> str:
        """The part of the essay in which a symbol always means one quantity."""
        if self.place.startswith(PLACES_OF_RUN):
            return RUN
        return COUNTED if self.symbol in COUNTS else self.place

    @cached_property
    def quantity(self) -> Quantity:
        """The quantity that the number is a value of: scope, symbol and index."""
        return (self.scope, self.symbol, self.index)

    @property
    def name(self) -> str:
        """The symbol with its index, for example dW3[2,1]."""
        return self.symbol + (f"[{','.join(map(str, self.index))}]" if self.index else "")

    @property
    def digits(self) -> str:
        """The significant digits, without sign, point and exponent; "" for 0.000."""
        return re.sub(r"e.*|\D", "", self.text).lstrip("0")

    @property
    def decimals(self) -> int:
        """The number of digits after the point."""
        return len(re.sub(r"e.*|%", "", self.text).partition(".")[2])

    def __str__(self) -> str:
        return f"{self.name} = {self.text} ({self.place})"


def read(path: Path = FIGURES) -> tuple[Printed, ...]:
    """Return all printed numbers, in the order of the file.  Raises Unusable, naming file and line."""
    printed: list[Printed] = []
    place = ""
    for where, text in lines(path):
        if heading := HEADING.match(text):
            place = heading[1]
        elif place:
            printed += _row(where, place, text)
        else:
            raise Unusable(f"{where}: a number before the first [place]")
    if not printed:
        raise Unusable(f"{path}: it holds no printed number")
    return tuple(printed)


def lines(path: Path) -> list[tuple[str, str]]:
    """Return the lines of a small text file that are not empty, each after its file and number.

    Comments and outer spaces are removed. Raises Unusable, naming the file.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise Unusable(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(content) > LARGEST:
        raise Unusable(f"{path}: longer than {LARGEST:,} bytes; it is not a list of printed numbers")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unusable(f"{path}, line {line}: not UTF-8 text") from error
    stripped = (line.partition("#")[0].strip() for line in text.split("\n"))
    return [(f"{path}, line {number}", line) for number, line in enumerate(stripped, 1) if line]


def _row(where: str, place: str, text: str) -> list[Printed]:
    """Return the printed numbers of one line.  Raises Unusable, beginning with `where`: the file and the line."""
    parts = LINE.match(text)
    if not parts:
        raise Unusable(f"{where}: {text[:60]!r} is not a symbol[indices] and numbers")
    exact, symbol, columns, numbers = parts.groups()
    words = numbers.split()
    indices = _indices(where, columns or "", len(words))
    if place.startswith(PLACES_OF_RUN):
        _check_shape(where, symbol, indices)
    return [
        Printed(place, symbol, index, word, *interval(where, word, bool(exact)), where)
        for index, word in zip(indices, words, strict=True)
    ]


def _check_shape(where: str, symbol: str, indices: list[Index]) -> None:
    """Check that the network has this tensor and that the indices are in range.  Raises Unusable."""
    shape = () if symbol in SCALARS else shape_of(symbol)
    if shape is None:
        raise Unusable(f"{where}: unknown symbol {symbol!r}: the network has no such tensor")
    for index in indices:
        if len(index) != len(shape) or not all(1 <= i <= n for i, n in zip(index, shape, strict=True)):
            raise Unusable(f"{where}: {symbol} is {list(shape)}, and has no entry {list(index)}")


def shape_of(symbol: str) -> tuple[int, ...] | None:
    """Return the shape of a tensor of the essay's network for one example, or None if there is no such tensor."""
    name = parts_of(symbol)
    shape = ESSAY.tensor_shape(symbol, batch=1) if name and not name.is_kept else ()
    return (shape if name and name.quantity == "W" else shape[1:]) or None


def _indices(where: str, text: str, count: int) -> list[Index]:
    """Return an index for each number of a line.  Raises Unusable.

    The text is "2; 1 4" for row 2 and columns 1 and 4 of a matrix, "1 4" for a vector, and "" for a scalar.
    """
    row, semicolon, columns = text.rpartition(";")
    try:
        prefix = (int(row),) if semicolon else ()
    except ValueError:
        raise Unusable(f"{where}: the indices [{text}] are not one row; columns") from None
    if any(len(j) > 9 for j in (row, *columns.split())):
        raise Unusable(f"{where}: an index of [{text}] is too large")
    indices: list[Index] = [(*prefix, int(j)) for j in columns.split()] if text else [()] * count
    if len(indices) != count:
        raise Unusable(f"{where}: {len(indices)} indices for {count} numbers")
    return indices


def interval(where: str, text: str, exact: bool = False) -> tuple[float, float]:
    """Return the interval of values that would be printed as `text`: half a unit of the last digit to either side.

    A whole number is exact. Raises Unusable, beginning with `where`, if the text is not a number.
    """
    if not NUMBER.match(text):
        raise Unusable(f"{where}: {text[:40]!r} is not a number")
    scale = Decimal(100 if text.endswith("%") else 1)
    plain = text.rstrip("%").replace(",", "")
    value = Decimal(plain)
    whole = exact or ("." not in plain and "e" not in plain)
    half = Decimal(0) if whole else Decimal(1).scaleb(int(value.as_tuple().exponent)) / 2
    return float((value - half) / scale), float((value + half) / scale)


T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Return the items by their key, keys and items in the order of their first appearance."""
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
