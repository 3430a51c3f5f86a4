"""The depthwise convolution of Keras: each channel has kernels of its own, and no sum goes over the channels."""

from dataclasses import dataclass
from math import prod
from typing import Any

from reference.layers.convolution import slid
from reference.layers.layer import Shape
from reference.layers.sliding import Function, SlidingLayer
from reference.sliding import Sliding, kernel_gradient, met_sums, met_sums_back

SOURCE = "Chollet 2017"


def one_by_one(W: Any) -> Any:
    """The kernels as those of a convolution with a group a channel.  [*kernel, C, m] -> [*kernel, 1, C·m].  Keras"""
    return W.reshape(*W.shape[:-2], 1, W.shape[-2] * W.shape[-1])


def depthwise(X: Any, W: Any, B: Any = None, *, sliding: Sliding) -> Any:
    """Z[o, c·m + j] = Σ_k X[o·stride + k·dilation - before, c] W[k, c, j] + B, a cross-correlation of each channel.

    X [N, *inputs, C], W [*kernel, C, m], B [1, C·m] -> [N, *outputs, C·m].  Chollet 2017; Goodfellow et al. 2016, (9.8)
    """
    return met_sums(X, one_by_one(W), B, sliding=sliding, groups=X.shape[-1])


def depthwise_weight_gradient(X: Any, dZ: Any, *, sliding: Sliding) -> Any:
    """dW[k, c, j] = the sum of what offset k met in channel c, times dZ, over positions and examples.

    X [N, *inputs, C], dZ [N, *outputs, C·m] -> [*kernel, C, m].  Goodfellow et al. 2016, (9.11)
    """
    channels = X.shape[-1]
    dW = kernel_gradient(X, dZ, sliding=sliding, groups=channels)
    return dW.reshape(*sliding.kernel, channels, dZ.shape[-1] // channels)


def depthwise_input_gradient(dZ: Any, W: Any, *, sliding: Sliding) -> Any:
    """dX[i, c] = the sum over all positions and offsets that met it, and over j, of dZ times W.

    dZ [N, *outputs, C·m], W [*kernel, C, m] -> [N, *inputs, C].  Goodfellow et al. 2016, (9.13)
    """
    return met_sums_back(dZ, one_by_one(W), sliding=sliding, groups=W.shape[-2])


@dataclass(frozen=True)
class DepthwiseConvolution(SlidingLayer):
    """Z(l): for each channel `multiplier` m numbers at each position, each a sum over the window of this channel."""

    kind = "depthwise_convolution"
    sources = (SOURCE, "Goodfellow et al. 2016, (9.11)", SOURCE, "Goodfellow et al. 2016, (9.13)")
    multiplier: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check("multiplier", self.multiplier)

    def sliding(self, inputs: Shape) -> Sliding:
        """Return how the kernel slides over one example.  Raises ValueError if it does not fit."""
        return slid(self.spatial(inputs), self.kernel, self.steps, self.spacing, self.padding)

    def shape(self, *inputs: Shape) -> Shape:
        """Return (*outputs, C·m).  Raises ValueError if the kernel does not fit."""
        return (*self.sliding(inputs[0]).outputs, self.channels(inputs[0]))

    def weights(self, inputs: Shape) -> Shape:
        """Return the shape of W(l), [*kernel, C, m]."""
        return (*self.kernel, inputs[-1], self.multiplier)

    def channels(self, inputs: Shape) -> int:
        """Return C·m."""
        return inputs[-1] * self.multiplier

    def terms(self, inputs: Shape) -> tuple[int, int]:
        """Return how many products each number of Z(l), and of the gradient of what the layer reads, is the sum of."""
        return prod(self.kernel), prod(self.kernel) * self.multiplier

    def functions(self, inputs: Shape) -> tuple[Function, Function, Function]:
        """Return the functions that give Z(l), dW(l) and the gradient of what the layer reads."""
        return depthwise, depthwise_weight_gradient, depthwise_input_gradient
