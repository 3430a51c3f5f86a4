"""Random losses that suit an output, and random labels that suit a loss."""

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.records.trace import Array

ANYWHERE = (
    "MeanSquaredError",
    "MeanSquaredError",
    "CategoricalCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "MeanAbsoluteError",
    "Huber",
    "LogCosh",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "KLDivergence",
    "Hinge",
    "SquaredHinge",
    "CategoricalHinge",
    "BinaryCrossentropy",
    "BinaryCrossentropy",
)
OVERLAPS = ("Dice", "Tversky")  # fmt: skip
NOT_NEGATIVE = ("Poisson",)
SHARES = ("BinaryFocalCrossentropy", "BinaryFocalCrossentropy", "CategoricalFocalCrossentropy",
          "CategoricalGeneralizedCrossEntropy")  # fmt: skip
NEVER_ZERO = ("CosineSimilarity",)  # a row of zeros has no direction: XLA's slope is then NaN
PROBABILITIES = ("softmax", "sigmoid")
OF_LOGITS = ("BinaryFocalCrossentropy", "CategoricalFocalCrossentropy")
LABELS = {
    "real": ("MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "MeanAbsolutePercentageError",
             "CosineSimilarity"),
    "counts": ("Poisson", "MeanSquaredLogarithmicError"),
    "shares": ("KLDivergence",),
    "yes or no": ("Dice", "Tversky", "Hinge", "SquaredHinge", "BinaryCrossentropy", "BinaryFocalCrossentropy"),
    "classes": ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"),
}  # fmt: skip


def loss_for(keras: Any, rng: Any, output: str, dropped: bool) -> Any:
    """Return a loss that suits the output's activation. `dropped`: a dropout follows, which gives 0 and more than 1."""
    plain = output in PROBABILITIES and not dropped
    names = [*ANYWHERE, *((*SHARES, *OVERLAPS) if plain else OF_LOGITS)]
    names += NOT_NEGATIVE if output in (*PROBABILITIES, "relu") else ()
    names += NEVER_ZERO if plain else ()
    name = str(rng.choice(names))
    logits = output not in PROBABILITIES and bool(output == "linear" or rng.random() < 0.7)
    if name in OF_LOGITS:
        logits = not plain or bool(rng.random() < 0.3)
    options: dict[str, Any] = {"reduction": str(rng.choice(["sum_over_batch_size", "sum"]))}
    options |= _options(rng, name, logits)
    return getattr(keras.losses, name)(**options)


def _options(rng: Any, name: str, logits: bool) -> dict[str, Any]:
    """Return random options of a loss."""
    smoothing = float(rng.choice([0.0, 0.1, 0.3]))
    focus = {"gamma": float(rng.choice([2.0, 2.0, 1.5, 3.0, 1.0])), "alpha": float(rng.choice([0.25, 0.7]))}
    of: dict[str, dict[str, Any]] = {
        "CategoricalCrossentropy": {"from_logits": logits, "label_smoothing": smoothing},
        "SparseCategoricalCrossentropy": {"from_logits": logits},
        "BinaryCrossentropy": {"from_logits": logits, "label_smoothing": smoothing},
        "BinaryFocalCrossentropy": {
            **focus, "from_logits": logits, "label_smoothing": smoothing,
            "apply_class_balancing": bool(rng.random() < 0.5),
        },
        "CategoricalFocalCrossentropy": {**focus, "from_logits": logits, "label_smoothing": smoothing},
        "CategoricalGeneralizedCrossEntropy": {"q": float(rng.choice([0.5, 0.7, 0.01]))},
        "Dice": {"axis": [None, -1][rng.integers(2)]},
        "Tversky": {"axis": [None, -1][rng.integers(2)], "alpha": float(rng.choice([0.5, 0.3, 1.0]))},
        "Huber": {"delta": float(rng.choice([1.0, 0.1, 3.0]))},
    }  # fmt: skip
    return of.get(name, {})


def labels_for(rng: Any, loss: Any, output: str, shape: tuple[int, int], dtype: str) -> Array:
    """Return random labels [batch, outputs] for a loss; whole numbers [batch] for one that takes classes."""
    name, (batch, outputs) = type(loss).__name__, shape
    kind = next((kind for kind, names in LABELS.items() if name in names), "one-hot")
    if name == "MeanSquaredError" and output in PROBABILITIES:
        kind = "one-hot"
    draw: dict[str, Callable[[], Array]] = {
        "real": lambda: rng.normal(size=shape),
        "counts": lambda: rng.integers(0, 5, size=shape),
        "shares": lambda: rng.dirichlet(np.ones(outputs), size=batch),
        "yes or no": lambda: rng.choice([[-1, 1], [0, 1]][rng.integers(2) if "Hinge" in name else 1], size=shape),
        "one-hot": lambda: np.eye(outputs)[rng.integers(outputs, size=batch)],
    }
    return rng.integers(outputs, size=batch) if kind == "classes" else draw[kind]().astype(dtype)
