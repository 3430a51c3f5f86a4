"""Cross-entropy for labels that Keras reads as whole numbers; y is one-hot here, too."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.loss import crossentropies_of_logits
from reference.losses.categorical_crossentropy import of_logits_backward
from reference.losses.loss import EPSILON, Loss, LossEquations, check_truth, cut_off, through
from reference.operations import choose


def of_labels(A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """The softmax of the logarithms of cut-off probabilities, in (13).  A, y [N, n] -> [N].  (13)"""
    return crossentropies_of_logits(np.log(cut_off(A, epsilon)), y)


def of_labels_backward(g: Any, A: Any, y: Any, epsilon: float = EPSILON) -> Any:
    """g times (21) of those logarithms, and d log P = 1/P.  g scalar, A, y [N, n] -> [N, n].  (20b), (21)"""
    P = cut_off(A, epsilon)
    return choose(through(A, epsilon), of_logits_backward(g, np.log(P), y) * np.reciprocal(P), 0.0)


@dataclass(frozen=True)
class SparseCategoricalCrossentropy(Loss):
    """(13), its mean over the batch by (14); y one-hot."""

    kind = "sparse_categorical_crossentropy"
    takes_classes = True
    from_logits: bool = False
    reduction: str = "mean"
    weight: float = 1.0
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        super().__post_init__()
        check_truth("from_logits", self.from_logits)

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations: from Z behind a softmax or sigmoid, else from A, as logits or as probabilities."""
        behind = activation in ("softmax", "sigmoid")
        if behind or self.from_logits:
            return LossEquations("Z" if behind else "A", crossentropies_of_logits, "14", of_logits_backward, "21")
        cost, slope = (partial(f, epsilon=self.epsilon) for f in (of_labels, of_labels_backward))
        return LossEquations("A", cost, "13, 14", slope, "20b, 21")
