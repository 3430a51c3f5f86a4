"""Check a batch of a user's model: are x and y what the model and its losses can take, and what is verified?"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters import data_adapter_utils

from reference.losses import losses_named
from reference.losses.loss import Loss
from reference.row_numbers import misfit, row_numbers
from verify.capture.compile_arguments import loss_text
from verify.capture.memory import unchanged
from verify.capture.model_graph import called_shape, graph_of
from verify.capture.understood import Understood
from verify.errors import Unsupported, Unusable, Unverifiable
from verify.records.trace import Array

NO_COLUMN = ("categorical_generalized_cross_entropy",)  # Keras compares each example with each label of a column
MOST_WHOLE = 2**24  # float32 has every whole number below


class Batch(NamedTuple):
    """A batch: an array for each input of a model, the labels of each output, and the weights of its examples."""

    x: tuple[Array, ...]
    y: tuple[Array, ...]
    s: tuple[Array, ...] = ()

    @property
    def examples(self) -> int:
        """The number of examples."""
        return len(self.x[0])


def taken_and_given(model: Any) -> tuple[tuple[int, ...], int]:
    """Return the shape of one example that a model takes, and how many numbers it gives.

    Raises Unsupported, also for a model of several inputs or outputs.
    """
    graph = graph_of(model)
    if len(graph.inputs) > 1 or len(graph.outputs) > 1:
        text = f"it has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; --data has one of each"
        raise Unsupported([(f"model {model.name}", f"{text}; let the function return the model, x and y")])
    shape = next(called_shape(call) for call in reversed(graph.calls) if call.gives is graph.outputs[0])
    if len(shape) > 1:
        text = f"it gives the shape {list(shape)}, and --data has one label an example"
        raise Unsupported([(f"model {model.name}", f"{text}; let the function return the model, x and y")])
    return tuple(graph.inputs[0].shape[1:]), int(shape[-1])


def reads_row_numbers(model: Any) -> bool:
    """Return whether an Embedding chooses its rows by the numbers that a model takes.  Raises Unsupported."""
    return any(isinstance(call.layer, keras.layers.Embedding) for call in graph_of(model).calls)


def parts(value: Any, names: tuple[str, ...], what: str) -> tuple[Any, ...]:
    """Return x or y as one part for each input or output, whose `names` Keras has.  Raises Unusable, naming `what`.

    As in Keras, a list of one array is that array.
    """
    if isinstance(value, dict):
        if set(value) != set(names):
            raise Unusable(
                f"{what}: a part for each of {', '.join(names)} is needed, not for {', '.join(map(str, value))}"
            )
        return tuple(value[name] for name in names)
    if len(names) == 1:
        wrapped = isinstance(value, list | tuple) and len(value) == 1 and getattr(value[0], "shape", ()) != ()
        return (value[0] if wrapped else value,)
    if not isinstance(value, list | tuple) or len(value) != len(names):
        count = len(value) if isinstance(value, list | tuple) else 1
        raise Unusable(f"{what}: {len(names)} parts are needed ({', '.join(names)}), not {count}")
    return tuple(value)


def fitting(model: Any, understood: Understood, x: Any, y: Any, weight: Any = None) -> Batch:
    """Return x, y and the weights of the examples as Keras needs them.  Raises Unusable, naming one of them.

    y of shape [N] is a column where the output is one number, as Keras takes it.
    """
    graph, dtype = understood.graph, understood.dtype
    taken = [_array(value, name) for value, name in _named(x, graph.input_names, "x")]
    labels = [_array(value, name) for value, name in _named(y, graph.output_names, "y")]
    if len({len(array) for array in (*taken, *labels)}) > 1:
        counts = ", ".join(str(len(array)) for array in labels)
        raise Unusable(f"x and y: {', '.join(str(len(array)) for array in taken)} examples and {counts} labels")
    for array, tensor, (_, name) in zip(taken, graph.inputs, _named(x, graph.input_names, "x"), strict=True):
        _check_input(array, tuple(tensor.shape[1:]), dtype, name)
        _check_type(array, str(tensor.dtype), name)
    _check_row_numbers(understood, taken, [name for _, name in _named(x, graph.input_names, "x")])
    losses = losses_named(loss_text(model, graph.output_names, dtype))
    every = zip(labels, understood.network.outputs, losses, _named(y, graph.output_names, "y"), strict=True)
    fit = (_labels(array, place.outputs, loss, dtype, name) for array, (_, place), loss, (_, name) in every)
    batch = Batch(tuple(taken), tuple(fit))
    return batch if weight is None else batch._replace(s=tuple(_every_weight(weight, understood, batch, losses)))


def _every_weight(value: Any, understood: Understood, batch: Batch, losses: Sequence[Loss]) -> Iterator[Array]:
    """Yield the weights of the examples for each output.  Raises Unusable, naming them."""
    names, dtype = understood.graph.output_names, understood.dtype
    told = (name for _, name in _named(names, names, "sample_weight"))
    for part, (_, place), loss, name in zip(
        as_weights(value, names), understood.network.outputs, losses, told, strict=True
    ):
        yield _weights(part, (batch.examples, *place.outputs[:-1]), dtype, loss, name)


def _weights(value: Any, rows: tuple[int, ...], dtype: str, loss: Loss, name: str) -> Array:
    """Return the weights of an output's examples, or of the rows of its examples.  Raises Unusable, naming them."""
    if value is None:
        raise Unsupported([(name, "None beside weights of another output is not verified; give a 1 for each example")])
    weights = _array(value, name)
    if not getattr(loss, "per_example", True):
        raise Unusable(f"{name}: {loss.kind} of the whole batch takes no weights of examples; use axis=-1")
    if weights.shape not in (rows, (*rows, 1)):
        what = f"{rows[0]} examples" if len(rows) == 1 else f"the rows {list(rows)} of the output"
        raise Unusable(f"{name}: a weight for each of {what} is needed, not {list(weights.shape)}")
    with np.errstate(over="ignore"):
        weights = weights.astype(dtype)
    if (weights < 0).any() or not np.isfinite(weights).all():
        wrong = weights[~((weights >= 0) & np.isfinite(weights))][0]
        raise Unusable(f"{name}: finite weights of 0 or more are needed, not {wrong:g} (in {dtype})")
    if not weights.any() and loss.reduction == "weighted_mean":
        raise Unusable(f"{name}: all weights are 0, and the cost is divided by their sum")
    return weights


def as_weights(value: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the weights of the examples for each output; one array is for all of them.  Raises Unusable."""
    every = value if isinstance(value, dict | list | tuple) else [value] * len(names)
    return parts(every, names, "sample_weight")


def of_classes(class_weight: Any, y: Any, model: Any) -> Array:
    """Return the weight of each example by the class that its labels y name.

    Raises Unusable for weights that fit no class, and Unverifiable if Keras makes other weights of them.
    """
    if not isinstance(class_weight, dict):
        raise Unusable("class_weight: a dictionary from classes to weights is needed")
    with unchanged(model):
        graph = graph_of(model)
    if len(graph.outputs) > 1:
        raise Unusable(f"class_weight: it is for a model with one output, and this one has {len(graph.outputs)}")
    labels, output = _array(parts(y, graph.output_names, "y")[0], "y"), tuple(graph.outputs[0].shape[1:])
    if labels.ndim > 2 or len(output) > 1:
        text = f"labels [N] or [N, n] of an output [N, n] are needed, not {list(labels.shape)} of {['N', *output]}"
        raise Unusable(f"class_weight: {text}; give sample_weight".replace("'", ""))
    classes = np.round(labels.reshape(-1) if labels[0].size == 1 else labels.argmax(axis=-1))
    count = max(2, output[-1], int(classes.max()) + 1) if labels[0].size == 1 else labels.shape[-1]
    if wrong := [key for key in class_weight if key not in {*range(count), *classes.tolist()}]:
        raise Unusable(f"class_weight: {wrong[0]!r} is no class; the classes are 0 to {count - 1}")
    for key, weight in class_weight.items():
        if not isinstance(weight, int | float | np.number) or not 0 <= weight < np.inf:
            raise Unusable(f"class_weight: the weight of class {key} is {weight!r}; a number of 0 or more is needed")
    weights = np.array([class_weight.get(int(k), 1.0) for k in classes], dtype=keras.config.floatx())
    if not np.array_equal(weights, data_adapter_utils.class_weight_to_sample_weights(labels, class_weight)):
        raise Unverifiable("Keras makes other weights of the examples of this class_weight")
    return weights


def _named(value: Any, names: tuple[str, ...], what: str) -> Iterator[tuple[Any, str]]:
    """Yield each part of x or y, and what messages call it: x, or x 'wide' if there are several."""
    for part, name in zip(parts(value, names, what), names, strict=True):
        yield part, what if len(names) == 1 else f"{what} {name!r}"


def _array(value: Any, name: str) -> Array:
    """Return x or y as an array of finite numbers.  Raises Unusable, naming it."""
    try:
        array = np.asarray(value)
    except Exception as error:  # the object's own code may raise anything
        raise Unusable(f"{name}: it is not an array ({type(error).__name__})") from error
    if array.dtype.kind not in "fiub" or not array.ndim or not array.size:
        raise Unusable(f"{name}: numbers are needed, a row for each example; it is {array.dtype} {list(array.shape)}")
    if not np.isfinite(array).all():
        raise Unusable(f"{name}: it holds NaN or infinity")
    return array


def _check_input(x: Array, shape: tuple[int, ...], dtype: str, name: str) -> None:
    """Raise Unusable, naming it, if an input has another shape, or numbers that the dtype does not have."""
    if x.shape[1:] != shape:
        raise Unusable(f"{name}: examples of shape {list(x.shape[1:])}, where the model takes {list(shape)}")
    with np.errstate(over="ignore"):
        if not np.isfinite(x.astype(dtype)).all():
            raise Unusable(f"{name}: it holds NaN, infinity, or numbers too large for {dtype}")


def _labels(y: Array, outputs: tuple[int, ...], loss: Loss, dtype: str, name: str) -> Array:
    """Return the labels of an output of this shape as its loss takes them.  Raises Unusable, naming them."""
    *rows, classes = outputs
    one_short, whole = y.shape[1:] == tuple(rows), not np.any(y != np.floor(y))
    if loss.takes_classes:
        if loss.kind in NO_COLUMN and classes == 1:
            raise Unsupported([(f"loss {loss.kind}", "of one class Keras compares each label with all examples")])
        if loss.kind in NO_COLUMN and y.shape[1:] != tuple(rows):
            text = f"{name}: labels of shape {['N', *rows]} are needed for {loss.kind}".replace("'", "")
            raise Unusable(f"{text}; of a column Keras compares each label with all examples")
        labels = y.reshape(y.shape[:-1]) if y.shape[1:] == (*rows, 1) else y
        if labels.shape[1:] != tuple(rows) or not whole or labels.min() < 0 or labels.max() >= classes:
            where = f", of shape {[len(y), *rows]}" if rows else ""
            text = f"{name}: whole-number labels from 0 to {classes - 1} are needed for {loss.kind}{where}"
            several = f"; these have {classes} numbers each, as categorical_crossentropy takes them"
            raise Unusable(text + (several if y.shape[1:] == outputs else f", not from {y.min():g} to {y.max():g}"))
        return labels.astype(np.int64)
    if one_short and classes == 1:
        y = y[..., None]
    if y.shape[1:] != outputs:
        what = "rows" if len(outputs) == 1 else f"examples of shape {list(outputs)}, rows"
        text = f"{name}: {what} of {classes} numbers are needed, not {list(y.shape)}"
        raise Unusable(
            text + ("; for whole-number labels use sparse_categorical_crossentropy" if one_short and whole else "")
        )
    with np.errstate(over="ignore"):
        if not np.isfinite(y.astype(dtype)).all():
            raise Unusable(f"{name}: it holds NaN, infinity, or numbers too large for {dtype}")
    return y


def _check_type(x: Array, taken: str, name: str) -> None:
    """Raise Unusable, naming it, if an input has numbers that the type of the model's Input does not have."""
    if taken not in ("float32", "float64") and not np.array_equal(tf.cast(tf.cast(x, taken), "float64"), x):
        raise Unusable(f"{name}: the model's Input has the type {taken}, which cannot hold these numbers")


def _check_row_numbers(understood: Understood, taken: list[Array], names: list[str]) -> None:
    """Raise Unusable, naming the input, if an Embedding would read other numbers than those of its rows."""
    network, dtype = understood.network, understood.dtype
    for tensor, (_, place), x, name in zip(network.inputs, network.places, taken, names, strict=False):
        if tensor not in row_numbers(network.places):
            continue
        text = misfit(network.places, {tensor: x.reshape(len(x), *place.outputs)})
        if not text and dtype == "float32" and x.max() >= MOST_WHOLE:
            text = f"it holds whole numbers from {MOST_WHOLE:,} on, which float32 cannot tell apart"
        if text:
            raise Unusable(f"{name}: {text}")


def unpacked(model: Any, understood: Understood, data: Any) -> tuple[Batch, tuple[tuple[Any, ...], ...]]:
    """Return a batch of `fit`, and its x, y and weights as the tensors that they are.  Raises Unsupported, Unusable."""
    x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
    if y is None:
        raise Unsupported([("y", "a training with labels is verified")])
    batch, graph = fitting(model, understood, x, y, weight), understood.graph
    s = () if weight is None else as_weights(weight, graph.output_names)
    return batch, (parts(x, graph.input_names, "x"), parts(y, graph.output_names, "y"), s)
