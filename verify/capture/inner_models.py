"""Open the models inside a model, so that its graph has their layers."""

from collections.abc import Callable
from typing import Any

import keras

from verify.errors import Unsupported

ALWAYS = "it is called with training=False, which is not verified; leave that out, or freeze the layer"


def holds_graph(model: Any) -> bool:
    """Return whether a model computes what its graph says, not what a `call` of its own does."""
    return type(model).call.__module__.startswith("keras.") and hasattr(model, "_outputs_struct")


def opened(functional: Any, title: str, sequential: bool = False) -> Any:
    """Return a functional model that calls the layers of the models inside it directly.  Raises Unsupported."""
    if not any(isinstance(operation, keras.Model) for operation in functional._operations):
        return functional
    try:
        calls = _of_sequential if sequential else _layers_of
        outputs = functional._run_through_graph(functional._inputs_struct, operation_fn=calls)
        return opened(keras.Model(functional._inputs_struct, outputs), title)  # a `call` may call further models
    except Unsupported:
        raise
    except Exception as error:  # the `call` of an inner model may raise anything
        if "add_loss" in str(error):
            text = "a model inside it adds losses of its own (add_loss), which is not verified"
            raise Unsupported([(title, text)]) from error
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise Unsupported([(title, f"a model inside it cannot be read: {reason}; use its layers directly")]) from error


def _layers_of(operation: Any) -> Callable[..., Any]:
    """Return what a graph calls: a layer or operation itself, or a function that calls the layers of a model."""
    if not isinstance(operation, keras.Model):
        layer: Callable[..., Any] = operation
        return layer

    def call(*inputs: Any, training: Any = None, **options: Any) -> Any:
        if training is False and _differs_in_training(operation):
            raise Unsupported([(f"model {operation.name}", ALWAYS)])
        if type(operation) is keras.Sequential and operation._functional is not None:
            return operation._functional._run_through_graph(inputs, operation_fn=_of_sequential)
        if holds_graph(operation):
            return operation._run_through_graph(inputs, operation_fn=_layers_of)
        return operation.call(*inputs, **options)

    return call


def _of_sequential(operation: Any) -> Callable[..., Any]:
    """Return what the graph of a Sequential calls. Keras writes training=False there, and means nothing by it."""
    layer = _layers_of(operation)
    return lambda *inputs, training=None, **options: layer(*inputs, **options)


def _differs_in_training(model: Any) -> bool:
    """Return whether a layer inside a model computes something else in training than in prediction."""
    inner = list(model._flatten_layers())
    drawn = any(getattr(x, "rate", 0) or getattr(x, "stddev", 0) for x in inner)
    return drawn or any(x.trainable for x in inner if isinstance(x, keras.layers.BatchNormalization))
