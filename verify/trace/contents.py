"""What a trace file holds: how it was made, its network, and its tensors. Only the checksums are checked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any

import numpy as np

from reference.layers.dense import Dense
from reference.layers.dropout import Dropout
from reference.layers.rescaling import Rescaling
from reference.network import Network
from reference.tensor_names import split_step
from reports.table import Cell, Columns, Report, Table
from verify.records.trace import Array, Trace, digest
from verify.records.trace_file import LACKING, described, examine

SCHEMA = "byhand-contents/1"
BAR = 32  # characters of the bar of the widest layer
FIELDS = ("tensor", "shape", "dtype", "smallest", "largest", "zeros", "not_finite", "sha256", "hash")


@dataclass(frozen=True)
class Row:
    """One tensor. `smallest` and `largest` are magnitudes of its finite numbers, `smallest` without 0; NaN if none."""

    tensor: str
    shape: str
    dtype: str
    smallest: float
    largest: float
    zeros: int
    not_finite: int
    sha256: str
    hash: str  # "ok", or what is wrong with it


@dataclass(frozen=True)
class TraceContents:
    """One trace file. `name` has no folder; `wrong` says by tensor what `examine` found wrong."""

    name: str
    trace: Trace
    wrong: dict[str, str]

    @property
    def passed(self) -> bool:
        """True if every tensor is as it was saved."""
        return not self.wrong

    @property
    def headline(self) -> str:
        """One sentence that begins with PASS or FAIL."""
        count, settings = len(self.trace.tensors), self.trace.settings
        if self.wrong:
            name, problem = next(iter(self.wrong.items()))
            wrong = f"{len(self.wrong)} of {count} tensors are not what was saved"
            return f"FAIL {self.name}: {wrong}: {_plain(name)} {problem}"
        numbers = sum(array.size for array in self.trace.tensors.values())
        one, several = ("training step", "training steps") if settings.training else ("forward pass", "forward passes")
        steps = f"{settings.steps} {several if settings.steps > 1 else one}"
        return f"PASS {self.name} holds {count} tensors, {numbers:,} numbers, of {steps}; every checksum fits"

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every tensor in the order of capture, then those that the manifest names and the file lacks."""
        nan = float("nan")
        present = [_row(name, array, self.wrong.get(name, "ok")) for name, array in self.trace.tensors.items()]
        lacking = [name for name, problem in self.wrong.items() if problem == LACKING]
        return (*present, *(Row(_plain(name), "", "", nan, nan, 0, 0, "", LACKING) for name in lacking))

    def made(self) -> Table:
        """Return a table of the settings and the environment."""
        values = {**self.trace.settings.to_dict(), **self.trace.environment}
        rows = tuple((Cell(name), Cell(str(value))) for name, value in values.items())
        return Table("How it was made", ("what", "value"), rows)

    def network(self) -> Table:
        """Return a table with one row per layer, with a bar for its number of nodes."""
        network = self.trace.network
        rows = tuple(tuple(map(Cell, _layer(network, number))) for number in range(network.depth + 1))
        header = ("layer", "nodes", "", "activation", "weights", "more")
        before = [layer for layer in network.layers(0) if isinstance(layer, Rescaling)]
        scaled = ", ".join(f"{layer.scale:g}·X {layer.offset:+g}" for layer in before)
        return Table(
            "The network", header, rows, frozenset({1, 4}), f"The input is rescaled: {scaled}" if scaled else ""
        )

    def tensors(self, short: bool = False) -> Table:
        """Return a table with one row per tensor; `short`: only the first step, and tensors that are wrong."""
        several = self.trace.settings.steps > 1
        shown = [row for row in self.rows if not short or split_step(row.tensor)[0] == 1 or row.hash != "ok"]
        rows = tuple(tuple(Cell(text, strong=row.hash != "ok") for text in _texts(row)) for row in shown)
        note = "smallest and largest: magnitudes of the finite numbers, the smallest but 0; hash: SHA-256 of the bytes"
        if short and several:
            note += f"; the other {self.trace.settings.steps - 1} steps are in the report"
        header = ("tensor", "shape", "dtype", "smallest", "largest", "zeros", "NaN, inf", "hash")
        return Table("Its tensors", header, rows, frozenset({3, 4, 5, 6}), note)

    def to_columns(self) -> Columns:
        """Return the content of tensors.csv."""
        return Columns("tensors", {name: [getattr(row, name) for row in self.rows] for name in FIELDS})

    def to_report(self) -> Report:
        """Return the content of report.md."""
        line = "A checksum says that the file is as it was saved; whether its numbers are right, verify.backprop says."
        return Report(self.headline, self.passed, (line,), (self.made(), self.network(), self.tensors()))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        network = described(self.trace.network)
        return {
            "schema": SCHEMA,
            "command": "trace",
            "file": self.name,
            "passed": self.passed,
            "headline": self.headline,
            "settings": self.trace.settings.to_dict(),
            "environment": dict(self.trace.environment),
            "network": network,
            "tensors": [{name: getattr(row, name) for name in FIELDS} for row in self.rows],
        }


def read(path: str) -> TraceContents:
    """Read a trace file and return its contents.  Raises Unusable, naming the file."""
    return TraceContents(PurePath(path).name, *examine(path))


def drawn(network: Network) -> str:
    """Return the network as text: 784 → relu 128 → relu 64 → softmax 10."""
    layers = [f"{name} {size}" for name, size in zip(network.activations, network.sizes[1:], strict=True)]
    shown = layers if len(layers) <= 12 else [*layers[:6], "…", *layers[-5:]]
    return " → ".join((str(network.sizes[0]), *shown))


def _row(name: str, array: Array, state: str) -> Row:
    shape = "x".join(map(str, array.shape))
    if array.dtype.kind not in "fiub":
        return Row(name, shape, str(array.dtype), float("nan"), float("nan"), 0, 0, digest(array), state)
    sizes = np.abs(array.astype(np.float64))
    finite = sizes[np.isfinite(sizes)]
    nonzero = finite[finite > 0]
    smallest = float(nonzero.min()) if nonzero.size else float("nan")
    largest = float(finite.max()) if finite.size else float("nan")
    zeros = finite.size - nonzero.size
    return Row(name, shape, str(array.dtype), smallest, largest, zeros, sizes.size - finite.size, digest(array), state)


def _layer(network: Network, number: int) -> tuple[str, ...]:
    nodes, widest = network.sizes[number], max(network.sizes)
    bar = "█" * max(1, round(BAR * nodes / widest))
    layers = network.layers(number)
    more = ["no bias" for layer in layers if isinstance(layer, Dense) and not layer.bias]
    more += [f"dropout {layer.rate:g}" for layer in layers if isinstance(layer, Dropout)]
    if not number:
        return ("input", f"{nodes:,}", bar, "", "", ", ".join(more))
    weights = f"{network.sizes[number - 1]}x{nodes}"
    return (str(number), f"{nodes:,}", bar, network.activations[number - 1], weights, ", ".join(more))


def _texts(row: Row) -> tuple[str, ...]:
    lacks = row.hash == LACKING
    sizes = ("" if np.isnan(size) else f"{size:.3g}" for size in (row.smallest, row.largest))
    counts = ("" if lacks else f"{count:,}" if count else "0" for count in (row.zeros, row.not_finite))
    return (row.tensor, "" if lacks else row.shape or "scalar", row.dtype, *sizes, *counts, row.hash)


def _plain(name: str) -> str:
    """Return a printable name: one that stands only in the manifest may hold any characters."""
    return name if name.isprintable() else ascii(name)
