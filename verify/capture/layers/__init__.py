"""The readers of Keras's layers: a module for each kind of `reference.layers`, found by themselves."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module
from typing import Any

from verify.capture.reader import ActivationReader, Reader


@lru_cache(maxsize=1)
def readers() -> dict[str, Reader]:
    """Return the reader of every kind, by the kind's name."""
    names = [info.name for info in pkgutil.iter_modules(__path__)]
    return {name: import_module(f"{__name__}.{name}").READER for name in names}


@lru_cache(maxsize=1)
def by_layer() -> dict[type, Reader]:
    """Return the reader of each type of Keras layer."""
    return {kind: reader for reader in readers().values() for kind in reader.types}


@lru_cache(maxsize=1)
def by_function() -> dict[Any, ActivationReader]:
    """Return the reader of each of Keras's activation functions."""
    return {reader.function: reader for reader in readers().values() if isinstance(reader, ActivationReader)}


@lru_cache(maxsize=1)
def fused() -> frozenset[str]:
    """Return the kinds of activations that TensorFlow computes together with the product before them."""
    return frozenset(k for k, reader in readers().items() if isinstance(reader, ActivationReader) and reader.fused)
