"""The readers of Keras's layers: one module for each kind of `reference.layers`. They are found automatically."""

from functools import lru_cache
from typing import Any

from reference.registry import modules_of
from verify.capture.reader import ActivationReader, Reader


@lru_cache(maxsize=1)
def readers() -> dict[str, Reader]:
    """Return the reader of every kind, by the kind's name."""
    return {name: module.READER for name, module in modules_of(__name__).items()}


@lru_cache(maxsize=1)
def by_layer() -> dict[type, Reader]:
    """Return the reader of each type of Keras layer."""
    return {kind: reader for reader in readers().values() for kind in reader.types}


@lru_cache(maxsize=1)
def by_function() -> dict[Any, ActivationReader]:
    """Return the reader of each of Keras's activation functions."""
    return {reader.function: reader for reader in readers().values() if isinstance(reader, ActivationReader)}


@lru_cache(maxsize=1)
def by_operation() -> dict[str, Reader]:
    """Return the reader of each class of `keras.ops`, by module and name."""
    return {name: reader for reader in readers().values() for name in reader.operations}


@lru_cache(maxsize=1)
def fused() -> frozenset[str]:
    """Return the kinds of activations that TensorFlow may fuse with the product before them."""
    return frozenset(k for k, reader in readers().items() if isinstance(reader, ActivationReader) and reader.fused)
