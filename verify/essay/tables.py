"""The essay's tables 3, 4, A-1 and A-2, each with the numbers computed by hand and by TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

import numpy as np

from reference.tensor_names import gradient, new, of_layer, update
from reports.table import Cell, Columns, Table
from verify.bounds import Ball
from verify.compare.tensor import Comparison
from verify.records.precision import Floats
from verify.records.trace import Array, Trace

TABLES = {3: ("table4", "Table 4"), 2: ("table_a1", "Table A-1"), 1: ("table_a2", "Table A-2")}
FULL_LIMIT = 10_000  # of a larger matrix, unless --full, only the printed corner and the largest errors are written
WORST = 100  # how many of the largest errors
CORNER = 4  # the essay prints the first four and the last of each axis
ROWS: dict[str, Callable[[str], str]] = {"original": str, "gradient": gradient, "update": update, "new": new}
LABELS = {"original": "Original", "gradient": "∇C", "update": "η∇C", "new": "New"}
Tensors = Mapping[str, Array]
Chain = Mapping[str, Ball]


def table_3(trace: Trace, by_hand: Chain) -> tuple[Table, Columns]:
    """Return table 3, the prediction for each digit by hand and by TensorFlow, and its CSV file."""
    name = of_layer("A", trace.network.depth)
    hand, tensorflow = by_hand[name].value[0], trace.step(1)[name][0].astype(np.float64)
    bound = by_hand[name].spread()[0]
    rows = tuple(
        tuple(map(Cell, (trace.label(d), f"{h:.3f}", f"{t:.18e}", f"{t - h:.1e}", f"{b:.1e}")))
        for d, (h, t, b) in enumerate(zip(hand, tensorflow, bound, strict=True))
    )
    header = (class_word(trace), "by hand", "by TensorFlow", "difference", "allowed")
    note = (
        f"By hand from X, W and B alone, so what rounding allows has added up over {trace.network.depth} layers. "
        f"The label is {trace.label(int(np.argmax(trace.step(1)['y'][0])))}; the network has not learned yet."
    )
    if trace.settings.batch > 1:
        note += " The first example of the batch."
    table = Table("Table 3. The prediction by hand and by TensorFlow", header, rows, frozenset(range(1, 5)), note)
    columns = {"digit": list(range(len(hand))), "by_hand": hand.tolist(), "tensorflow": tensorflow.tolist()}
    columns |= {"difference": (tensorflow - hand).tolist(), "allowed": bound.tolist(), **names(trace)}
    return table, Columns("table3", columns)


def class_word(trace: Trace) -> str:
    """Return the word for what an output of the network stands for: class or digit."""
    return "class" if trace.classes else "digit"


def names(trace: Trace) -> dict[str, list[Any]]:
    """Return a CSV column with the names of the classes, or no column if the classes have no names."""
    return {"name": list(trace.classes)} if trace.classes else {}


def update_tables(
    trace: Trace, by_hand: Chain, comparisons: Iterable[Comparison], full: bool
) -> Iterator[tuple[Table, Columns]]:
    """Yield a table and its CSV file for each layer, from the last to the first: tables 4, A-1 and A-2 of the essay.

    Each table has the original, ∇C, η∇C and the new values of W and B in the last step.
    """
    step = trace.settings.steps
    tensors = trace.step(step)
    verdicts = {c.tensor: c.verdict for c in comparisons if c.step == step and c.mode == "local"}
    for layer in range(trace.network.depth, 0, -1):
        name, title = TABLES.get(layer, (f"table_layer{layer}", f"Layer {layer}"))
        yield _layout(title, layer, tensors, by_hand, verdicts, step), _long(name, layer, tensors, by_hand, full)


def _layout(title: str, layer: int, tensors: Tensors, by_hand: Chain, verdicts: Mapping[str, str], step: int) -> Table:
    """Return the table of one layer in the layout of the essay."""
    W, B = of_layer("W", layer), of_layer("B", layer)
    m, n = tensors[W].shape
    columns, has_bias = ends(n), B in by_hand
    heads = ["j = " + str(j + 1) if j >= 0 else "…" for j in columns] + [f"b({layer})"] * has_bias
    header = ("", "i", *(f"by hand {h}" for h in heads), *(f"TensorFlow {h}" for h in heads))
    rows: list[tuple[Cell, ...]] = []
    gaps = []
    for row, tensor_name in ROWS.items():
        P, b = tensor_name(W), tensor_name(B)
        for i, k in zip_longest(ends(m), ends(n) if has_bias else ()):
            sides: list[Cell] = []
            for side in ({x: by_hand[x].value for x in (P, b, W, B) if x in by_hand}, tensors):
                sides += [_cell(side, P, W, i, j, row) for j in columns]
                sides += [_cell(side, b, B, -1 if k == -1 else 0, k, row)] * has_bias
            label = f"{LABELS[row]} W({layer})" + f", B({layer})" * has_bias if i == 0 else ""
            number = "" if i is None else "⋮" if i < 0 else str(i + 1)
            rows.append((Cell(label), Cell(number), *sides))
        for x in (P, b) if has_bias else (P,):
            gap = float(np.max(np.abs(by_hand[x].value - tensors[x].astype(np.float64))))
            gaps.append(f"{x}: largest difference {gap:.1e}, {verdicts.get(x, 'given')}")
    bias = f" and B({layer}) [1, {n}]" * has_bias
    full_title = f"{title}. ∇C, η∇C and the new W({layer}) [{m}, {n}]{bias}, step {step}"
    note = "Updated values are bold. " + "; ".join(gaps) + "."
    return Table(full_title, header, tuple(rows), frozenset(range(2, len(header))), note)


def ends(n: int) -> list[int]:
    """Return the indices that the essay prints of an axis of length n: the first four, -1 for the gap, and the last."""
    return [*range(CORNER), -1, n - 1] if n > CORNER + 1 else list(range(n))


def _cell(side: Mapping[str, Any], name: str, original: str, i: int | None, j: int | None, row: str) -> Cell:
    """Return the cell of one element, empty if it has no index, with dots for the gap.  A changed value is bold."""
    if i is None or j is None:
        return Cell("")
    if i < 0 or j < 0:
        return Cell("⋮" if i < 0 else "…")
    value = float(side[name][i, j])
    return Cell(printed(value), strong=row == "new" and value != float(side[original][i, j]))


def printed(x: float) -> str:
    """Return a number as the essay prints it: with three decimals, or with an exponent if it is smaller than 0.001."""
    return f"{x:.3f}" if x == 0 or abs(x) >= 1e-3 else f"{x:.3e}"


def _long(name: str, layer: int, tensors: Tensors, by_hand: Chain, full: bool) -> Columns:
    """Return the CSV file of one layer, with a row for each chosen element of W and B."""
    parts: dict[str, list[Any]] = {"row": [], "tensor": [], "i": [], "j": []}
    numbers: dict[str, list[Floats]] = {"by_hand": [], "tensorflow": [], "difference": [], "allowed": []}
    for row, tensor_name in ROWS.items():
        for P in [P for P in (of_layer("W", layer), of_layer("B", layer)) if P in by_hand]:
            tensor = tensor_name(P)
            ball, values = by_hand[tensor], tensors[tensor].astype(np.float64)
            chosen = _chosen(ball, values, full)
            i, j = np.unravel_index(chosen, values.shape)
            parts["row"] += [row] * len(chosen)
            parts["tensor"] += [tensor] * len(chosen)
            parts["i"] += (i + 1).tolist()
            parts["j"] += (j + 1).tolist()
            hand, tensorflow = ball.value.ravel()[chosen], values.ravel()[chosen]
            numbers["by_hand"].append(hand)
            numbers["tensorflow"].append(tensorflow)
            numbers["difference"].append(tensorflow - hand)
            numbers["allowed"].append(ball.spread().ravel()[chosen])
    return Columns(name, parts | {key: np.concatenate(arrays).tolist() for key, arrays in numbers.items()})


def _chosen(ball: Ball, values: Floats, full: bool) -> Any:
    """Return the positions of the elements that go into the CSV file, in increasing order.

    A large matrix contributes only its corner, as the essay prints it, and the largest errors.
    """
    if full or values.size <= FULL_LIMIT:
        return np.arange(values.size)
    m, n = values.shape
    rows, columns = ([k for k in ends(size) if k >= 0] for size in (m, n))
    corner = (np.array(rows)[:, None] * n + np.array(columns)).ravel()
    error = np.abs(values - ball.value).ravel()
    worst = np.argsort(-error, kind="stable")[:WORST]
    return np.union1d(corner, worst)
