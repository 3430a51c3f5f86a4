"""Keras's ReLU, the plain one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from reference.layers.activation import Activation
from reference.layers.relu import ReLU
from verify.capture.reader import ActivationReader

if TYPE_CHECKING:
    from verify.capture.model_reader import Reading


class ReLUReader(ActivationReader):
    types = (keras.layers.ReLU,)

    def named(self, layer: Any, function: Any, reading: Reading) -> Activation:
        more = [getattr(function, what, None) for what in ("max_value", "negative_slope", "threshold")]
        if more[0] is not None or more[1] or more[2]:
            reading.problem(layer, "only the plain ReLU is verified: no max_value, negative_slope or threshold")
        return ReLU()


READER = ReLUReader(keras.activations.relu, ReLU)
