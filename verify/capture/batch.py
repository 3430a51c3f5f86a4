"""Check a batch of a user's model: are x and y what the model and its loss can take, and what is verified?"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from verify.capture.compile_arguments import loss_text
from verify.capture.model_graph import called_shape, graph_of
from verify.errors import Unsupported, Unusable
from verify.records.trace import Array


def taken_and_given(model: Any) -> tuple[tuple[int, ...], int]:
    """Return the shape of one example that a model takes, and how many numbers it gives.  Raises Unsupported."""
    graph = graph_of(model)
    shape = next(called_shape(call) for call in reversed(graph.calls) if call.gives is graph.output)
    return tuple(graph.input.shape[1:]), int(shape[-1])


def fitting(model: Any, x: Array, y: Array, dtype: str) -> tuple[Array, Array]:
    """Return x and y as Keras needs them; `dtype` is that of the model.  Raises Unusable, naming x or y.

    y of shape [N] is a column where the model has one output, as Keras takes it.
    """
    shape, outputs = taken_and_given(model)
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
    return x, y


def unpacked(model: Any, data: Any, dtype: str) -> tuple[Any, Any]:
    """Return the tensors x and y of a batch of `fit`.  Raises Unsupported or Unusable, naming what is not verified."""
    x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
    if weight is not None or y is None:
        raise Unsupported([("sample_weight", "a loss without sample or class weights is verified, with labels")])
    parts = tf.nest.flatten((x, y))
    if len(parts) != 2:
        raise Unsupported([("the data", "one x and one y are verified, not several")])
    x, y = parts
    fitting(model, np.asarray(x), np.asarray(y), dtype)
    return x, y


def once_more(data: Any, iterator: Any) -> Any:
    """Return an iterator that yields this batch again.

    If TensorFlow knew the number of examples before, it still knows it; otherwise it still does not. A division by a
    known number may become a multiplication, which gives other bits.
    """
    spec = getattr(iterator, "element_spec", None)
    if spec is None or all(part.shape[0] is not None for part in tf.nest.flatten(spec)):
        return iter(tf.data.Dataset.from_tensors(data))
    return iter(tf.data.Dataset.from_tensor_slices(data).batch(len(tf.nest.flatten(data)[0])))
