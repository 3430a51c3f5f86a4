"""The kinds of layers. Each kind is one module of this package; to add a kind, add a module.

A kind states its equations forward and backward, its parameters and its shapes (`layer.Layer`). Each kind also has a
reader of Keras's layer (`verify/capture/layers/`), its variants (`verify/compare/variants/layers/`) and its witnesses
(`tests/reference/layers/`), each in a module of the same name; `tests/test_kinds.py` fails if one is missing.
"""

from functools import lru_cache

from reference.layers.activation import Activation
from reference.layers.layer import Layer
from reference.notation import parse
from reference.registry import classes_of


@lru_cache(maxsize=1)
def kinds() -> dict[str, type[Layer]]:
    """Return every kind of layer by its name: dense, relu, leaky_relu, …."""
    return {x.kind: x for x in classes_of(__name__, Layer) if x.kind}


@lru_cache(maxsize=1024)
def layer_named(text: str) -> Layer:
    """Return the layer that a text describes: "dense(nodes=128)", "relu".  Raises ValueError for any other text."""
    layer: object = parse(text, kinds())
    if not isinstance(layer, Layer):
        raise ValueError(f"{text!r} is not a layer")
    return layer


@lru_cache(maxsize=256)
def activation_named(text: str) -> Activation:
    """Return the activation that a text describes: "relu", "leaky_relu(negative_slope=0.1)".

    Raises ValueError for any other text.
    """
    activations = {kind: x for kind, x in kinds().items() if issubclass(x, Activation)}
    try:
        layer: object = parse(text, activations)
    except ValueError as error:
        raise ValueError(f"activation {error}") from None
    if not isinstance(layer, Activation):
        raise ValueError(f"activation {text!r} is not one of {', '.join(activations)}")
    return layer
