"""The essay's tables 3, 4, A-1 and A-2, each with the numbers computed by hand and by TensorFlow."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import repeat, zip_longest
from typing import Any

import numpy as np

from reference.tensor_names import gradient, new, of_layer, update
from reports.table import Cell, Columns, Table
from verify.bounds import Ball
from verify.compare.tensor import Comparison
from verify.records.precision import Floats
from verify.records.settings import GIVEN
from verify.records.trace import Array, Trace

TABLES = {3: ("table4", "Table 4"), 2: ("table_a1", "Table A-1"), 1: ("table_a2", "Table A-2")}
FULL_LIMIT = 10_000  # of a larger matrix, unless --full, only the printed corner and the largest errors are written
WORST = 100  # how many of the largest errors
CORNER = 4  # the essay prints the first four and the last of each axis
ROWS: dict[str, tuple[Callable[[str], str], str]] = {  # the tensor of a parameter, and the label of its row
    "original": (str, "Original"),
    "gradient": (gradient, "∇C"),
    "update": (update, "η∇C"),
    "new": (new, "New"),
}
LONG = ("row", "tensor", "i", "j", "by_hand", "tensorflow", "difference", "allowed")  # the columns of a layer's CSV
Tensors = Mapping[str, Array]
Chain = Mapping[str, Ball]


def table_3(trace: Trace, by_hand: Chain) -> tuple[Table, Columns]:
    """Return table 3, the prediction for each digit by hand and by TensorFlow, and its CSV file."""
    name = trace.network.output[1].gives
    hand, tensorflow = by_hand[name].value[0], trace.step(1)[name][0].astype(np.float64)
    difference, bound = tensorflow - hand, by_hand[name].spread()[0]
    rows = tuple(
        tuple(map(Cell, (trace.label(digit), f"{h:.3f}", f"{t:.18e}", f"{d:.1e}", f"{b:.1e}")))
        for digit, (h, t, d, b) in enumerate(zip(hand, tensorflow, difference, bound, strict=True))
    )
    header = (class_word(trace), "by hand", "by TensorFlow", "difference", "bound")
    note = (
        f"By hand from X, W and B alone, so the bound has grown over {trace.network.depth} layers. "
        f"The label is {trace.label(int(np.argmax(trace.step(1)[trace.network.labels[0]][0])))}"
    )
    note += "." if trace.settings.data == GIVEN else "; the network has not learned yet."
    if trace.settings.batch > 1:
        note += " The first example of the batch."
    table = Table("Table 3. The prediction by hand and by TensorFlow", header, rows, frozenset(range(1, 5)), note)
    arrays = {"by_hand": hand, "tensorflow": tensorflow, "difference": difference, "allowed": bound}
    columns = {"digit": list(range(len(hand)))} | {key: array.tolist() for key, array in arrays.items()}
    return table, Columns("table3", columns | names(trace))


def class_word(trace: Trace) -> str:
    """Return the word for what an output of the network stands for: class or digit."""
    return "class" if trace.classes else "digit"


def names(trace: Trace) -> dict[str, list[Any]]:
    """Return a CSV column with the names of the classes, or no column if the classes have no names."""
    return {"name": list(trace.classes)} if trace.classes else {}


def update_tables(trace: Trace, by_hand: Chain, comparisons: Iterable[Comparison]) -> Iterator[Table]:
    """Yield a table for each layer, from the last to the first: tables 4, A-1 and A-2 of the essay.

    Each table has the original, ∇C, η∇C and the new values of W and B in the last step. A frozen layer has none.
    """
    step = trace.settings.steps
    verdicts = {c.tensor: c.verdict for c in comparisons if c.step == step and c.mode == "local"}
    for layer, _, title in _updated(trace, by_hand):
        yield _layout(title, layer, trace.step(step), by_hand, verdicts, step)


def update_columns(trace: Trace, by_hand: Chain, full: bool) -> Iterator[Columns]:
    """Yield the CSV file of each of these tables."""
    for layer, name, _ in _updated(trace, by_hand):
        yield _long(name, layer, trace.step(trace.settings.steps), by_hand, full)


def _updated(trace: Trace, by_hand: Chain) -> Iterator[tuple[int, str, str]]:
    """Yield the number of each layer that learns, from the last to the first, with the name and title of its table.

    A layer is left out if the computation by hand ended before its update, at a tensor that cannot be judged.
    """
    learned = trace.network.learned()
    for layer in range(trace.network.depth, 0, -1):
        W = of_layer("W", layer)
        if W in learned and all(tensor_name(W) in by_hand for tensor_name, _ in ROWS.values()):
            yield layer, *TABLES.get(layer, (f"table_layer{layer}", f"Layer {layer}"))


def _layout(title: str, layer: int, tensors: Tensors, by_hand: Chain, verdicts: Mapping[str, str], step: int) -> Table:
    """Return the table of one layer in the layout of the essay."""
    W, B = of_layer("W", layer), of_layer("B", layer)
    shape = tensors[W].shape
    m, n = math.prod(shape[:-1]), shape[-1]
    columns, has_bias = ends(n), B in by_hand
    biases = tensors[B].shape[-1] if has_bias else 0  # of a transposed convolution, not the kernel's last axis
    heads = ["j = " + str(j + 1) if j >= 0 else "…" for j in columns] + [f"b({layer})"] * has_bias
    header = ("", "i", *(f"by hand {h}" for h in heads), *(f"TensorFlow {h}" for h in heads))
    sides: tuple[Tensors, Tensors] = ({name: ball.value for name, ball in by_hand.items()}, tensors)
    rows: list[tuple[Cell, ...]] = []
    largest = []
    for row, (tensor_name, row_title) in ROWS.items():
        P, b = tensor_name(W), tensor_name(B)
        for i, k in zip_longest(ends(m), ends(biases)):
            cells: list[Cell] = []
            for side in sides:
                cells += [_cell(side, P, W, i, j, row) for j in columns]
                cells += [_cell(side, b, B, -1 if k == -1 else 0, k, row)] * has_bias
            label = f"{row_title} W({layer})" + f", B({layer})" * has_bias if i == 0 else ""
            number = "" if i is None else "⋮" if i < 0 else str(i + 1)
            rows.append((Cell(label), Cell(number), *cells))
        for x in (P, b)[: 1 + has_bias]:
            difference = float(np.max(np.abs(by_hand[x].value - tensors[x].astype(np.float64))))
            largest.append(f"{x}: largest difference {difference:.1e}, {verdicts.get(x, 'given')}")
    bias = f" and B({layer}) [1, {biases}]" * has_bias
    full_title = f"{title}. ∇C, η∇C and the new W({layer}) {list(shape)}{bias}, step {step}"
    note = f"Updated values are bold. {'; '.join(largest)}."
    return Table(full_title, header, tuple(rows), frozenset(range(2, len(header))), note)


def ends(n: int) -> list[int]:
    """Return the indices that the essay prints of an axis of length n: the first four, -1 for the gap, and the last."""
    return [*range(CORNER), -1, n - 1] if n > CORNER + 1 else list(range(n))


def _cell(side: Tensors, name: str, original: str, i: int | None, j: int | None, row: str) -> Cell:
    """Return the cell of one element, empty if it has no index, with dots for the gap.  A changed value is bold."""
    if i is None or j is None:
        return Cell("")
    if i < 0 or j < 0:
        return Cell("⋮" if i < 0 else "…")
    value = float(_matrix(side[name])[i, j])
    return Cell(printed(value), strong=row == "new" and value != float(_matrix(side[original])[i, j]))


def _matrix(array: Array) -> Array:
    """Return an array as a matrix: the kernel of a convolution has a row for each number of its window."""
    return array.reshape(-1, array.shape[-1])


def printed(x: float) -> str:
    """Return a number as the essay prints it: with three decimals, or with an exponent if it is smaller than 0.001."""
    return f"{x:.3f}" if x == 0 or abs(x) >= 1e-3 else f"{x:.3e}"


def _long(name: str, layer: int, tensors: Tensors, by_hand: Chain, full: bool) -> Columns:
    """Return the CSV file of one layer, with a row for each chosen element of W and B."""
    rows: list[tuple[Any, ...]] = []
    parameters = [P for P in (of_layer("W", layer), of_layer("B", layer)) if P in by_hand]
    for row, (tensor_name, _) in ROWS.items():
        for tensor in map(tensor_name, parameters):
            ball, values = by_hand[tensor], tensors[tensor].astype(np.float64)
            chosen = _chosen(ball, values, full)
            i, j = np.unravel_index(chosen, _matrix(values).shape)
            hand, tensorflow, bound = (array.ravel()[chosen] for array in (ball.value, values, ball.spread()))
            numbers = (i + 1, j + 1, hand, tensorflow, tensorflow - hand, bound)
            rows += zip(repeat(row), repeat(tensor), *(array.tolist() for array in numbers))
    return Columns(name, dict(zip(LONG, map(list, zip(*rows, strict=True)), strict=True)))


def _chosen(ball: Ball, values: Floats, full: bool) -> Any:
    """Return the positions of the elements that go into the CSV file, in increasing order.

    A large matrix contributes only its corner, as the essay prints it, and the largest errors.
    """
    if full or values.size <= FULL_LIMIT:
        return np.arange(values.size)
    m, n = _matrix(values).shape
    corner = [i * n + j for i in ends(m) if i >= 0 for j in ends(n) if j >= 0]
    error = np.abs(values - ball.value).ravel()
    large = np.flatnonzero(error >= np.partition(error, -WORST)[-WORST])  # equal errors: the first ones
    return np.union1d(corner, large[np.argsort(-error[large], kind="stable")[:WORST]])
