"""Table 6 (the probabilities of one image) and Table 5 (a part of the weights)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reference.tensor_names import of_layer, read
from reports.table import Cell, Columns, Table
from verify.bounds import Ball
from verify.essay.tables import class_word, names
from verify.records.trace import Array, Trace

SNAPSHOT = {"W1": (7, 3), "B2": (5, 1), "W3": (6, 3)}  # the number of last rows and of first columns shown


def table_6(trace: Trace, by_hand: Mapping[str, Ball], label: int | None) -> tuple[Table, Columns]:
    """Return the probabilities of one image as Table 6 and as the columns of its file.

    The values by hand are computed from X, W and B alone. `label` is the number of the true class, if it is known.
    """
    name = of_layer("A", trace.network.depth)
    ball = by_hand[name]
    hand, bound = ball.value[0], ball.spread()[0]
    tensorflow = trace.step(1)[name][0].astype(np.float64)
    chosen = {int(np.argmax(hand)), int(np.argmax(tensorflow))}
    rows = tuple(
        tuple(
            Cell(text, strong=d in chosen)
            for text in (trace.label(d), f"{h:.8e}", f"{t:.8e}", f"{t - h:.1e}", f"{r:.1e}")
        )
        for d, (h, t, r) in enumerate(zip(hand, tensorflow, bound, strict=True))
    )
    label_note = "" if label is None else f" The label is {trace.label(label)}."
    note = (
        f"The {class_word(trace)} chosen is marked. By hand from X, W and B alone, so what rounding allows has "
        f"added up over {trace.network.depth} layers.{label_note}"
    )
    header = (class_word(trace), "by hand", "by TensorFlow", "difference", "allowed")
    table = Table("Table 6. The probabilities by hand and by TensorFlow", header, rows, frozenset(range(1, 5)), note)
    columns = {"digit": list(range(len(hand))), "by_hand": hand.tolist(), "tensorflow": tensorflow.tolist()}
    columns |= {"difference": (tensorflow - hand).tolist(), "allowed": bound.tolist(), **names(trace)}
    return table, Columns("table6", columns)


def table_5(weights: Mapping[str, Array]) -> Table:
    """Return Table 5: the part of the weights that the essay shows, with 18 digits.

    The row number i counts from 1, as in the essay.
    """
    rows = []
    for P, (last, most) in SNAPSHOT.items():
        matrix = weights[P].T if read(P).quantity == "B" else weights[P]
        columns = min(most, matrix.shape[1])
        for i in range(max(0, len(matrix) - last), len(matrix)):
            texts = [f"{x:.18e}" for x in matrix[i, :columns]]
            rows.append(tuple(map(Cell, (P, str(i + 1), *texts, *[""] * (3 - columns)))))
    header = ("tensor", "i", "j = 1", "j = 2", "j = 3")
    note = "the rows and columns that the essay shows of its own"
    return Table("Table 5. A part of the weights", header, tuple(rows), frozenset({1, 2, 3, 4}), note)
