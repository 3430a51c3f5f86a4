"""Readers of the layers that pool."""

from typing import Any

from reference.layers.global_pooling import GlobalPooling
from reference.layers.pooling import Pooling
from verify.capture.reader import Reader, Reading


class PoolingReader(Reader):
    """Reads a layer that pools windows."""

    def __init__(self, pooling: type[Pooling], *types: type) -> None:
        self.pooling, self.types = pooling, types

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note channels that come first, which are not supported."""
        _check(layer, reading)
        size, strides = tuple(map(int, layer.pool_size)), tuple(map(int, layer.strides))
        reading.add(layer, self.pooling(size, () if strides == size else strides, layer.padding))


class GlobalPoolingReader(Reader):
    """Reads a layer that pools whole examples."""

    def __init__(self, pooling: type[GlobalPooling], *types: type) -> None:
        self.pooling, self.types = pooling, types

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note channels that come first, which are not supported."""
        _check(layer, reading)
        reading.add(layer, self.pooling(bool(layer.keepdims)))


def _check(layer: Any, reading: Reading) -> None:
    if layer.data_format != "channels_last":
        reading.problem(layer, "data_format channels_first is not verified; use channels_last")
