"""What the readers of convolutions share: the options of a Keras layer whose kernel slides over an array."""

from typing import Any

from verify.capture.reader import Reading, WeightsReader


class SlidingReader(WeightsReader):
    """Reads a layer whose kernel slides over an array, and its activation."""

    def options(self, layer: Any, reading: Reading) -> dict[str, Any]:
        """Return the options that all such layers have, by the names of `reference`; note what is not supported."""
        self.check(layer, reading)
        if layer.data_format != "channels_last":
            reading.problem(layer, f"data_format {layer.data_format} is not verified; channels_last is")
        if None in reading.shapes[0]:
            reading.problem(layer, f"it reads the shape {list(reading.shapes[0])}; fixed sizes are needed")
        return {
            "kernel": tuple(map(int, layer.kernel_size)),
            "strides": one_as_none(layer.strides),
            "dilation": one_as_none(layer.dilation_rate),
            "padding": layer.padding,
            "bias": bool(layer.use_bias),
            "frozen": not layer.trainable,
        }


def one_as_none(sizes: Any) -> tuple[int, ...]:
    """Return the numbers along the axes, or () if all are 1."""
    return () if all(int(n) == 1 for n in sizes) else tuple(map(int, sizes))
