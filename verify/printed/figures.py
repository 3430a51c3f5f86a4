"""The numbers printed in the essay, read from figures.txt: each is an interval of half a unit of its last digit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from reference.network import ESSAY
from reference.tensor_names import parts_of
from verify.errors import Unusable

FIGURES = Path(__file__).with_name("figures.txt")
LARGEST = 1_000_000  # bytes: a file of printed numbers is small
HEADING = re.compile(r"\[(.+)\]$")
LINE = re.compile(r"(exact +)?([A-Za-z]\w*)(?:\[([\d ;]+)\])? +(.+)$")
NUMBER = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:e[-+]?\d{1,3})?%?$")
RUN = "the run"  # one and the same run of the network, printed in several places
PLACES_OF_RUN = ("Illustration", "Table 3", "After Table 3", "Table 4", "Table A-", "Appendix A")


@dataclass(frozen=True)
class Printed:
    """One printed number. `index` counts from 1; `low` and `high` bound what would be printed so."""

    place: str
    symbol: str
    index: tuple[int, ...]
    text: str
    low: float
    high: float
    line: int

    @cached_property
    def scope(self) -> str:
        """Where a symbol means one and the same quantity."""
        if self.place.startswith(PLACES_OF_RUN):
            return RUN
        return "counts" if self.symbol in COUNTS else self.place

    @cached_property
    def quantity(self) -> Quantity:
        return (self.scope, self.symbol, self.index)

    @property
    def name(self) -> str:
        """As a person writes it: dW3[2,1]."""
        return self.symbol + (f"[{','.join(map(str, self.index))}]" if self.index else "")

    @property
    def digits(self) -> str:
        """The significant digits, without sign, point and exponent: "" for 0.000."""
        return re.sub(r"e.*|\D", "", self.text).lstrip("0")

    @property
    def decimals(self) -> int:
        return len(re.sub(r"e.*|%", "", self.text).partition(".")[2])

    def __str__(self) -> str:
        return f"{self.name} = {self.text} ({self.place})"


Quantity = tuple[str, str, tuple[int, ...]]
SCALARS = ("digit", "alpha", "beta_1", "beta_2", "epsilon")
COUNTS = ("sizes", "side", "weights", "biases", "variables", "samples", "epochs")


def read(path: Path = FIGURES) -> tuple[Printed, ...]:
    """All printed numbers, in the order of the file.  Raises Unusable naming file and line."""
    found: list[Printed] = []
    place = ""
    for number, text in enumerate(lines(path), 1):
        heading = HEADING.match(text)
        if heading:
            place = heading[1]
        elif text:
            if not place:
                raise Unusable(f"{path}, line {number}: a number before the first [place]")
            found += _line(path, number, place, text)
    if not found:
        raise Unusable(f"{path}: it holds no printed number")
    return tuple(found)


def lines(path: Path) -> list[str]:
    """The lines of a small text file, without comments and margins.  Raises Unusable naming the file."""
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
    return [line.partition("#")[0].strip() for line in text.split("\n")]


def _line(path: Path, number: int, place: str, text: str) -> list[Printed]:
    where = f"{path}, line {number}"
    parts = LINE.match(text)
    if not parts:
        raise Unusable(f"{where}: {text[:60]!r} is not a symbol[indices] and numbers")
    exact, symbol, indices, numbers = parts.groups()
    words = numbers.split()
    at = _indices(where, indices or "", len(words))
    if place.startswith(PLACES_OF_RUN):
        _check_shape(where, symbol, at)
    return [
        Printed(place, symbol, index, word, *interval(where, word, bool(exact)), number)
        for index, word in zip(at, words, strict=True)
    ]


def _check_shape(where: str, symbol: str, at: list[tuple[int, ...]]) -> None:
    """A tensor of the run must be one of the network's, and its indices within it."""
    shape = () if symbol in SCALARS else shape_of(symbol)
    if shape is None:
        raise Unusable(f"{where}: unknown symbol {symbol!r}: the network has no such tensor")
    for index in at:
        if len(index) != len(shape) or not all(1 <= i <= n for i, n in zip(index, shape, strict=True)):
            raise Unusable(f"{where}: {symbol} is {list(shape)}, and has no entry {list(index)}")


def shape_of(symbol: str) -> tuple[int, ...] | None:
    """Of a tensor of one example's run, by its name: a vector or a matrix; None for any other name."""
    name = parts_of(symbol)
    if name is None:
        return None
    if name.base in ("X", "y"):
        return (ESSAY.sizes[0 if name.base == "X" else -1],)
    layer = name.layer or 0
    if name.quantity not in ("W", "B", "Z", "A") or name.is_kept or not 1 <= layer <= ESSAY.depth:
        return None
    return ESSAY.sizes[layer - 1 : layer + 1] if name.quantity == "W" else ESSAY.sizes[layer : layer + 1]


def _indices(where: str, text: str, count: int) -> list[tuple[int, ...]]:
    """ "2; 1 4" of a matrix, "1 4" of a vector, "" of a scalar, one for each number."""
    if not text:
        found: list[tuple[int, ...]] = [()] * count
    else:
        row, semicolon, columns = text.rpartition(";")
        try:
            prefix = (int(row),) if semicolon else ()
        except ValueError:
            raise Unusable(f"{where}: the indices [{text}] are not one row; columns") from None
        if any(len(j) > 9 for j in (row, *columns.split())):
            raise Unusable(f"{where}: an index of [{text}] is too large")
        found = [(*prefix, int(j)) for j in columns.replace(";", " ").split()]
    if len(found) != count:
        raise Unusable(f"{where}: {len(found)} indices for {count} numbers")
    return found


def interval(where: str, text: str, exact: bool = False) -> tuple[float, float]:
    """What would be printed so: half a unit of the last digit either way.  A whole number is exact.

    Raises Unusable, with `where` in front, for what is not a number.
    """
    if not NUMBER.match(text):
        raise Unusable(f"{where}: {text[:40]!r} is not a number")
    scale = Decimal(100 if text.endswith("%") else 1)
    plain = text.rstrip("%").replace(",", "")
    value = Decimal(plain)
    whole = exact or ("." not in plain and "e" not in plain)
    half = Decimal(0) if whole else Decimal(1).scaleb(int(value.as_tuple().exponent)) / 2
    return float((value - half) / scale), float((value + half) / scale)
