"""What a trace file holds: how it was made, its network, and its tensors. Only the checksums are checked."""

import math
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import PurePath
from typing import Any

import numpy as np

from reference.layers.dense import Dense
from reference.layers.dropout import Dropout
from reference.layers.rescaling import Rescaling
from reference.network import Network
from reference.tensor_names import of_layer, split_step
from reports.table import Cell, Columns, Report, Table
from verify.records.trace import Array, Trace, digest
from verify.records.trace_file import LACKING, described, examine

SCHEMA = "byhand-contents/1"
BAR = 32  # characters of the bar of the widest layer


@dataclass(frozen=True)
class Row:
    """One tensor. `smallest` and `largest` are magnitudes of its finite numbers, `smallest` without 0; NaN if none.

    `hash` is "ok", or says what is wrong with the tensor.
    """

    tensor: str
    shape: str = ""
    dtype: str = ""
    smallest: float = math.nan
    largest: float = math.nan
    zeros: int = 0
    not_finite: int = 0
    sha256: str = ""
    hash: str = LACKING


FIELDS = tuple(f.name for f in fields(Row))


@dataclass(frozen=True)
class TraceContents:
    """One trace file. `name` is its name without a folder; `problems` says by tensor what is wrong with it."""

    name: str
    trace: Trace
    problems: dict[str, str]

    @property
    def passed(self) -> bool:
        """True if every tensor is as it was saved."""
        return not self.problems

    @property
    def headline(self) -> str:
        """One sentence that begins with PASS or FAIL."""
        count, settings = len(self.trace.tensors), self.trace.settings
        for name, problem in self.problems.items():
            differing = f"{len(self.problems)} of {count} tensors are not as they were saved"
            return f"FAIL {self.name}: {differing}: {_plain(name)} {problem}"
        numbers = sum(array.size for array in self.trace.tensors.values())
        one, several = ("training step", "training steps") if settings.training else ("forward pass", "forward passes")
        steps = f"{settings.steps} {several if settings.steps > 1 else one}"
        return f"PASS {self.name} holds {count} tensors, {numbers:,} numbers, of {steps}; every checksum matches"

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every tensor in the order of capture, then those that the manifest names and the file lacks."""
        present = (_row(name, array, self.problems.get(name, "ok")) for name, array in self.trace.tensors.items())
        lacking = (Row(_plain(name)) for name, problem in self.problems.items() if problem == LACKING)
        return (*present, *lacking)

    def tables(self, short: bool = False) -> tuple[Table, ...]:
        """Return the tables; `short`: of the tensors only those of the first step, and those that are wrong."""
        return self.origin(), self.network(), self.tensors(short)

    def origin(self) -> Table:
        """Return a table of the settings and the environment."""
        values = {**self.trace.settings.to_dict(), **self.trace.environment}
        rows = tuple((Cell(name), Cell(str(value))) for name, value in values.items())
        return Table("Settings and versions", ("name", "value"), rows)

    def network(self) -> Table:
        """Return a table with one row per layer, with a bar for its number of nodes."""
        network = self.trace.network
        rows = tuple(tuple(map(Cell, _layer(network, number))) for number in range(network.depth + 1))
        header = ("layer", "nodes", "", "activation", "weights", "remarks")
        rescalings = [layer for layer in network.layers(0) if isinstance(layer, Rescaling)]
        note = ", ".join(f"{layer.scale:g}·X {layer.offset:+g}" for layer in rescalings)
        return Table("The network", header, rows, frozenset({1, 4}), note and f"The input is rescaled: {note}")

    def tensors(self, short: bool = False) -> Table:
        """Return a table with one row per tensor; `short`: only the first step, and tensors that are wrong."""
        rows = [row for row in self.rows if not short or split_step(row.tensor)[0] == 1 or row.hash != "ok"]
        cells = tuple(tuple(Cell(text, strong=row.hash != "ok") for text in _texts(row)) for row in rows)
        note = "smallest, largest: magnitudes of the finite numbers; smallest omits 0; hash: SHA-256 of the bytes"
        if short and self.trace.settings.steps > 1:
            note += f"; the other {self.trace.settings.steps - 1} steps are in the report"
        header = ("tensor", "shape", "dtype", "smallest", "largest", "zeros", "NaN, inf", "hash")
        return Table("The tensors", header, cells, frozenset({3, 4, 5, 6}), note)

    def to_columns(self) -> Columns:
        """Return the content of tensors.csv."""
        return Columns("tensors", {name: [getattr(row, name) for row in self.rows] for name in FIELDS})

    def to_report(self) -> Report:
        """Return the content of report.md."""
        line = "A checksum shows that the file is as it was saved. To judge its numbers, use verify.backprop --trace."
        return Report(self.headline, self.passed, (line,), self.tables())

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        return {
            "schema": SCHEMA,
            "command": "trace",
            "file": self.name,
            "passed": self.passed,
            "headline": self.headline,
            "settings": self.trace.settings.to_dict(),
            "environment": dict(self.trace.environment),
            "network": described(self.trace.network),
            "tensors": [asdict(row) for row in self.rows],
        }


def read(path: str) -> TraceContents:
    """Read a trace file and return its contents.  Raises Unusable, naming the file."""
    return TraceContents(PurePath(path).name, *examine(path))


def network_text(network: Network) -> str:
    """Return the network as text: 784 → relu 128 → relu 64 → softmax 10."""
    layers = [f"{name} {size}" for name, size in zip(network.activations, network.sizes[1:], strict=True)]
    if len(layers) > 12:
        layers[6:-5] = ["…"]
    return " → ".join((str(network.sizes[0]), *layers))


def _row(name: str, array: Array, hash_state: str) -> Row:
    """Return the row of a tensor; only numbers have magnitudes."""
    magnitudes = np.abs(array.astype(np.float64)) if array.dtype.kind in "fiub" else np.zeros(0)
    finite = magnitudes[np.isfinite(magnitudes)]
    nonzero = finite[finite > 0]
    smallest = float(nonzero.min()) if nonzero.size else math.nan
    largest = float(finite.max()) if finite.size else math.nan
    zeros, not_finite = finite.size - nonzero.size, magnitudes.size - finite.size
    shape = "x".join(map(str, array.shape))
    return Row(name, shape, str(array.dtype), smallest, largest, zeros, not_finite, digest(array), hash_state)


def _layer(network: Network, number: int) -> tuple[str, ...]:
    """Return the texts of a layer's row; layer 0 is the input."""
    nodes, widest = network.sizes[number], max(network.sizes)
    bar = "█" * max(1, round(BAR * nodes / widest))
    layers = network.layers(number)
    remarks = ["no bias" for layer in layers if isinstance(layer, Dense) and not layer.bias]
    remarks += [f"{layer.kind.replace('_', ' ')} {layer.rate:g}" for layer in layers if isinstance(layer, Dropout)]
    name, activation, weights = "input", "", ""
    if number:
        name, activation = str(number), network.activations[number - 1]
        W = of_layer("W", number)
        weights = "x".join(map(str, network.shape(W))) if W in network.parameters() else "shared"
    return (name, f"{nodes:,}", bar, activation, weights, ", ".join(remarks))


def _texts(row: Row) -> tuple[str, ...]:
    """Return the texts of a tensor's row."""
    if row.hash == LACKING:
        return (row.tensor, *[""] * 6, LACKING)
    magnitudes = ["" if math.isnan(size) else f"{size:.3g}" for size in (row.smallest, row.largest)]
    figures = (*magnitudes, f"{row.zeros:,}", f"{row.not_finite:,}")
    return (row.tensor, row.shape or "scalar", row.dtype, *figures, row.hash)


def _plain(name: str) -> str:
    """Return a printable name: one that stands only in the manifest may hold any characters."""
    return name if name.isprintable() else ascii(name)
