"""Keras's Embedding."""

from typing import Any

import keras

from reference.layers.embedding import Embedding
from verify.capture.reader import Reader, Reading

REFUSED = ("embeddings_regularizer", "embeddings_constraint", "quantization_mode", "lora_rank")


class EmbeddingReader(Reader):
    """Reads an Embedding, whose rows are chosen by the input or by numbers of it that were only moved."""

    types = (keras.layers.Embedding,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note what is not supported."""
        for what in REFUSED:
            if getattr(layer, what, None) is not None:
                reading.problem(layer, f"{what} is not verified")
        if layer.mask_zero:
            reading.problem(layer, "mask_zero is not verified")
        if why := reading.no_row_numbers(layer):
            reading.problem(layer, why)
        reading.add(layer, Embedding(int(layer.input_dim), int(layer.output_dim), not layer.trainable))

    def variables(self, layer: Any) -> list[Any]:
        """Return the table."""
        return [layer.embeddings]


READER = EmbeddingReader()
