"""The essay's own tables 3, 4, A-1 and A-2, with a by-hand and a TensorFlow column."""

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
FULL_LIMIT = 10_000  # a larger matrix is written in part unless --full: the printed corner and the worst
WORST = 100
CORNER = 4  # the essay prints the first four and the last of each axis
ROWS: dict[str, Callable[[str], str]] = {"original": str, "gradient": gradient, "update": update, "new": new}
LABELS = {"original": "Original", "gradient": "∇C", "update": "η∇C", "new": "New"}
Held = Mapping[str, Array]
Chain = Mapping[str, Ball]


def table_3(trace: Trace, by_hand: Chain) -> tuple[Table, Columns]:
    """The prediction, digit by digit, computed by hand from X, W and B, and by TensorFlow."""
    name = of_layer("A", trace.network.depth)
    hand, held = by_hand[name].value[0], trace.step(1)[name][0].astype(np.float64)
    allowed = by_hand[name].spread()[0]
    rows = tuple(
        tuple(map(Cell, (trace.label(d), f"{h:.3f}", f"{t:.18e}", f"{t - h:.1e}", f"{r:.1e}")))
        for d, (h, t, r) in enumerate(zip(hand, held, allowed, strict=True))
    )
    header = (class_word(trace), "by hand", "by TensorFlow", "difference", "allowed")
    note = (
        f"By hand from X, W and B alone, so what rounding allows has added up over {trace.network.depth} layers. "
        f"The label is {trace.label(int(np.argmax(trace.step(1)['y'][0])))}; the network has not learned yet."
    )
    if trace.settings.batch > 1:
        note += " The first example of the batch."
    table = Table("Table 3. The prediction by hand and by TensorFlow", header, rows, frozenset(range(1, 5)), note)
    columns = {"digit": list(range(len(hand))), "by_hand": hand.tolist(), "tensorflow": held.tolist()}
    columns |= {"difference": (held - hand).tolist(), "allowed": allowed.tolist(), **names(trace)}
    return table, Columns("table3", columns)


def class_word(trace: Trace) -> str:
    """What the outputs stand for."""
    return "class" if trace.classes else "digit"


def names(trace: Trace) -> dict[str, list[Any]]:
    """A further column of a table of outputs, where the classes have names other than their numbers."""
    return {"name": list(trace.classes)} if trace.classes else {}


def update_tables(
    trace: Trace, by_hand: Chain, comparisons: Iterable[Comparison], full: bool
) -> Iterator[tuple[Table, Columns]]:
    """Tables 4, A-1, A-2: original, ∇C, η∇C and new of W and B, the last step's, layer by layer."""
    step = trace.settings.steps
    held = trace.step(step)
    verdicts = {c.tensor: c.verdict for c in comparisons if c.step == step and c.mode == "local"}
    for layer in range(trace.network.depth, 0, -1):
        name, title = TABLES.get(layer, (f"table_layer{layer}", f"Layer {layer}"))
        yield _layout(title, layer, held, by_hand, verdicts, step), _long(name, layer, held, by_hand, full)


def _layout(title: str, layer: int, held: Held, by_hand: Chain, verdicts: Mapping[str, str], step: int) -> Table:
    W, B = of_layer("W", layer), of_layer("B", layer)
    m, n = held[W].shape
    columns, has_bias = ends(n), B in by_hand
    heads = ["j = " + str(j + 1) if j >= 0 else "…" for j in columns] + [f"b({layer})"] * has_bias
    header = ("", "i", *(f"by hand {h}" for h in heads), *(f"TensorFlow {h}" for h in heads))
    rows: list[tuple[Cell, ...]] = []
    gaps = []
    for row, made in ROWS.items():
        P, b = made(W), made(B)
        for i, k in zip_longest(ends(m), ends(n) if has_bias else ()):
            sides: list[Cell] = []
            for side in ({x: by_hand[x].value for x in (P, b, W, B) if x in by_hand}, held):
                sides += [_cell(side, P, W, i, j, row) for j in columns]
                sides += [_cell(side, b, B, -1 if k == -1 else 0, k, row)] * has_bias
            label = f"{LABELS[row]} W({layer})" + f", B({layer})" * has_bias if i == 0 else ""
            number = "" if i is None else "⋮" if i < 0 else str(i + 1)
            rows.append((Cell(label), Cell(number), *sides))
        for x in (P, b) if has_bias else (P,):
            gap = float(np.max(np.abs(by_hand[x].value - held[x].astype(np.float64))))
            gaps.append(f"{x}: largest difference {gap:.1e}, {verdicts.get(x, 'given')}")
    bias = f" and B({layer}) [1, {n}]" * has_bias
    what = f"{title}. ∇C, η∇C and the new W({layer}) [{m}, {n}]{bias}, step {step}"
    note = "Updated values are bold. " + "; ".join(gaps) + "."
    return Table(what, header, tuple(rows), frozenset(range(2, len(header))), note)


def ends(n: int) -> list[int]:
    """The essay's choice of an axis: the first four, a gap (-1), the last."""
    return [*range(CORNER), -1, n - 1] if n > CORNER + 1 else list(range(n))


def _cell(side: Mapping[str, Any], name: str, original: str, i: int | None, j: int | None, row: str) -> Cell:
    if i is None or j is None:
        return Cell("")
    if i < 0 or j < 0:
        return Cell("⋮" if i < 0 else "…")
    value = float(side[name][i, j])
    return Cell(printed(value), strong=row == "new" and value != float(side[original][i, j]))


def printed(x: float) -> str:
    """As the essay prints: three decimals, or four digits with an exponent where that would show nothing."""
    return f"{x:.3f}" if x == 0 or abs(x) >= 1e-3 else f"{x:.3e}"


def _long(name: str, layer: int, held: Held, by_hand: Chain, full: bool) -> Columns:
    parts: dict[str, list[Any]] = {"row": [], "tensor": [], "i": [], "j": []}
    numbers: dict[str, list[Floats]] = {"by_hand": [], "tensorflow": [], "difference": [], "allowed": []}
    for row, made in ROWS.items():
        for P in [P for P in (of_layer("W", layer), of_layer("B", layer)) if P in by_hand]:
            tensor = made(P)
            ball, found = by_hand[tensor], held[tensor].astype(np.float64)
            picked = _picked(ball, found, full)
            i, j = np.unravel_index(picked, found.shape)
            parts["row"] += [row] * len(picked)
            parts["tensor"] += [tensor] * len(picked)
            parts["i"] += (i + 1).tolist()
            parts["j"] += (j + 1).tolist()
            hand, there = ball.value.ravel()[picked], found.ravel()[picked]
            for key, values in (
                ("by_hand", hand), ("tensorflow", there), ("difference", there - hand),
                ("allowed", ball.spread().ravel()[picked]),
            ):  # fmt: skip
                numbers[key].append(values)
    return Columns(name, parts | {key: np.concatenate(arrays).tolist() for key, arrays in numbers.items()})


def _picked(ball: Ball, found: Floats, full: bool) -> Any:
    """Which elements go into the CSV, in order: all, or of a very large matrix the corner and the worst."""
    if full or found.size <= FULL_LIMIT:
        return np.arange(found.size)
    m, n = found.shape
    rows, columns = ([k for k in ends(size) if k >= 0] for size in (m, n))
    corner = (np.array(rows)[:, None] * n + np.array(columns)).ravel()
    error = np.abs(found - ball.value).ravel()
    worst = np.argsort(-error, kind="stable")[:WORST]
    return np.union1d(corner, worst)
