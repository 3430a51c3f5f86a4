"""Check a batch of a user's model: are x and y what the model and its loss can take, and what is verified?"""

from typing import Any

import numpy as np

from verify.capture.compile_arguments import loss_text
from verify.compare.plan import wrong_labels
from verify.errors import Unusable
from verify.records.settings import GIVEN, Settings
from verify.records.trace import Array


def fitting(model: Any, x: Array, y: Array, dtype: str) -> tuple[Array, Array]:
    """Return x and y as Keras needs them; `dtype` is that of the model.  Raises Unusable, naming x or y.

    y of shape [N] is a column where the model has one output, as Keras takes it.
    """
    shape, outputs = tuple(model.input_shape[1:]), int(model.output_shape[-1])
    if x.shape[1:] != shape:
        raise Unusable(f"x: examples of shape {list(x.shape[1:])}, where the model takes {list(shape)}")
    with np.errstate(over="ignore"):
        if not np.isfinite(x.astype(dtype)).all():
            raise Unusable(f"x: it holds NaN, infinity, or numbers too large for {dtype}")
    loss = loss_text(model, dtype)
    if loss.startswith("sparse"):
        labels = y.reshape(-1) if y.shape[1:] in ((), (1,)) else y
        if labels.ndim != 1 or np.any(labels != np.floor(labels)) or labels.min() < 0 or labels.max() >= outputs:
            raise Unusable(f"y: whole-number labels from 0 to {outputs - 1} are needed for a sparse loss")
        return x, labels.astype(np.int64)
    if y.shape == (len(x),) and outputs == 1:
        y = y.reshape(-1, 1)
    if y.shape != (len(x), outputs):
        text = f"y: rows of {outputs} numbers are needed, not {list(y.shape)}"
        more = "; for whole-number labels use sparse_categorical_crossentropy" if y.ndim == 1 and outputs > 1 else ""
        raise Unusable(text + more)
    if not np.isfinite(y.astype(dtype)).all():
        raise Unusable(f"y: it holds NaN, infinity, or numbers too large for {dtype}")
    problem = wrong_labels(y.astype(dtype), Settings(dtype=dtype, data=GIVEN, loss=loss))
    if problem:
        raise Unusable(f"y: with a cross-entropy, {problem}")
    return x, y
