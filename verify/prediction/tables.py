"""Table 6 (the probabilities of one image) and Table 5 (a part of the weights)."""

from collections.abc import Mapping

import numpy as np

from reference.tensor_names import read
from reports.table import Cell, Columns, Table
from verify.bounds import Ball
from verify.essay.tables import class_word, names
from verify.records.trace import Array, Trace

SNAPSHOT = {"W1": (7, 3), "B2": (5, 1), "W3": (6, 3)}  # the number of last rows and of first columns shown


def table_6(trace: Trace, by_hand: Mapping[str, Ball], label: int | None) -> tuple[Table, Columns]:
    """Return the probabilities of one image as Table 6 and as the columns of its file.

    The values by hand are computed from X, W and B alone. `label` is the number of the true class, if it is known.
    """
    name = trace.network.output[1].gives
    ball = by_hand[name]
    hand, bound = ball.value[0], ball.spread()[0]
    tensorflow = trace.step(1)[name][0].astype(np.float64)
    predicted = {int(np.argmax(hand)), int(np.argmax(tensorflow))}
    rows = []
    for number, (h, t, b) in enumerate(zip(hand, tensorflow, bound, strict=True)):
        texts = (trace.label(number), f"{h:.8e}", f"{t:.8e}", f"{t - h:.1e}", f"{b:.1e}")
        rows.append(tuple(Cell(text, strong=number in predicted) for text in texts))
    note = (
        f"The predicted {class_word(trace)} is marked. By hand from X, W and B alone, so the bound has grown over "
        f"{trace.network.depth} layers."
    )
    if label is not None:
        note += f" The label is {trace.label(label)}."
    header = (class_word(trace), "by hand", "by TensorFlow", "difference", "bound")
    title = "Table 6. The probabilities by hand and by TensorFlow"
    columns = {"digit": list(range(len(hand))), "by_hand": hand.tolist(), "tensorflow": tensorflow.tolist()}
    columns |= {"difference": (tensorflow - hand).tolist(), "allowed": bound.tolist(), **names(trace)}
    return Table(title, header, tuple(rows), frozenset(range(1, 5)), note), Columns("table6", columns)


def table_5(weights: Mapping[str, Array]) -> Table:
    """Return Table 5: the part of the weights that the essay shows, with 18 digits; the row i counts from 1."""
    rows = []
    for P, (last, first) in SNAPSHOT.items():
        matrix = weights[P].T if read(P).quantity == "B" else weights[P]
        for i in range(max(0, len(matrix) - last), len(matrix)):
            texts = [f"{x:.18e}" for x in matrix[i, :first]]
            rows.append(tuple(map(Cell, (P, str(i + 1), *texts, *[""] * (3 - len(texts))))))
    header = ("tensor", "i", "j = 1", "j = 2", "j = 3")
    note = "The rows and columns of the weights that the essay prints in its Table 5."
    return Table("Table 5. A part of the weights", header, tuple(rows), frozenset({1, 2, 3, 4}), note)
