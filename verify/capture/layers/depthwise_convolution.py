"""Keras's DepthwiseConv1D and 2D, and SeparableConv1D and 2D: a depthwise convolution, then one with kernels of 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras.src import ops

from reference.layers.convolution import Convolution
from reference.layers.depthwise_convolution import DepthwiseConvolution
from reference.layers.linear import Linear
from verify.capture.reader import Reading, Tensors
from verify.capture.sliding import SlidingReader

SEPARABLE = (keras.layers.SeparableConv1D, keras.layers.SeparableConv2D)


class DepthwiseConvolutionReader(SlidingReader):
    """Reads a depthwise or separable convolution and its activation."""

    types = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D, *SEPARABLE)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer: one part, or two if it is separable, and its activation; note what is not supported."""
        options, multiplier = self.options(layer, reading), int(layer.depth_multiplier)
        if not isinstance(layer, SEPARABLE):
            reading.add_weights(layer, DepthwiseConvolution(multiplier=multiplier, **options))
            return
        bias, frozen = options.pop("bias"), options["frozen"]
        kernel = (1,) * len(options["kernel"])
        inner = DepthwiseConvolution(multiplier=multiplier, bias=False, **options)
        outer = Convolution(kernel=kernel, filters=int(layer.filters), bias=bias, frozen=frozen)
        activation = reading.activation(layer, layer.activation)
        reading.add(layer, inner, outer, *([] if activation == Linear() else [activation]))

    def variables(self, layer: Any) -> list[Any]:
        """Return the kernel or, of a separable layer, both kernels; and the bias, if there is one."""
        if not isinstance(layer, SEPARABLE):
            return super().variables(layer)
        return [layer.depthwise_kernel, layer.pointwise_kernel, *([layer.bias] if layer.use_bias else [])]

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer, store the tensors of its parts, and return its output."""
        if not isinstance(layer, SEPARABLE):
            return super().run(layer, gives, A, found, training)
        with _in_two_steps(found, gives[0]):
            return super().run(layer, gives[1:], A, found, training)


@contextmanager
def _in_two_steps(found: Tensors, name: str) -> Iterator[None]:
    """Let Keras's separable convolution be two operations, and store what the first one gives, for a `with` block.

    TensorFlow's `separable_conv2d` calls the same two kernels. If it did anything else, the model's own step would have
    other bits than the captured step.
    """
    own = ops.separable_conv

    def listen(inputs: Any, depthwise_kernel: Any, pointwise_kernel: Any, **options: Any) -> Any:
        inner = ops.depthwise_conv(inputs, depthwise_kernel, **options)
        found.setdefault(name, inner)  # the layer is called twice: its output is that of the first call
        return ops.conv(inner, pointwise_kernel, data_format=options["data_format"])

    ops.separable_conv = listen
    try:
        yield
    finally:
        ops.separable_conv = own


READER = DepthwiseConvolutionReader()
