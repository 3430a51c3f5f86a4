"""The transposed convolution of Keras: the way back through a convolution, used as a layer of its own."""

from dataclasses import dataclass
from math import prod
from typing import Any

from reference.layers.layer import Place, Shape
from reference.layers.sliding import Function, SlidingLayer
from reference.sliding import Sizes, Sliding, extent, kernel_gradient, met_sums, met_sums_back, same_padding

SOURCE = "Dumoulin & Visin 2016, ch. 4"


def transposed(X: Any, W: Any, B: Any = None, *, sliding: Sliding) -> Any:
    """Z[i] = Σ X[o] W[k] over all o and k with o·stride + k·dilation - before = i, plus B.

    `sliding` is that of the convolution that reads Z and gives X. X [N, *positions, C], W [*kernel, F, C], B [1, F] ->
    [N, *outputs, F].  Dumoulin & Visin 2016, ch. 4; Goodfellow et al. 2016, (9.13)
    """
    return met_sums_back(X, W, B, sliding=sliding)


def transposed_weight_gradient(X: Any, dZ: Any, *, sliding: Sliding) -> Any:
    """dW = the sum of the numbers of dZ that each offset meets, times X, over positions and examples.

    X [N, *positions, C], dZ [N, *outputs, F] -> [*kernel, F, C].  Goodfellow et al. 2016, (9.11)
    """
    return kernel_gradient(dZ, X, sliding=sliding)


def transposed_input_gradient(dZ: Any, W: Any, *, sliding: Sliding) -> Any:
    """dX = the convolution of dZ with W.

    dZ [N, *outputs, F], W [*kernel, F, C] -> [N, *positions, C].  Goodfellow et al. 2016, (9.8)
    """
    return met_sums(dZ, W, sliding=sliding)


@dataclass(frozen=True)
class TransposedConvolution(SlidingLayer):
    """Z(l): each number that the layer reads spreads over a window of the output, with `filters` F channels.

    `more` are the numbers that are added to the length along each axis ("output_padding"); () leaves the length to
    the padding: s·i for "same", and as long as the windows and the stride reach for "valid".
    """

    kind = "transposed_convolution"
    sources = (SOURCE, "Goodfellow et al. 2016, (9.11)", SOURCE, "Goodfellow et al. 2016, (9.8)")
    filters: int = 1
    more: Sizes = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check("filters", self.filters)
        if not isinstance(self.more, tuple) or len(self.more) not in (0, len(self.kernel)):
            raise ValueError(f"more must have a number for each axis, or none, not {self.more!r}")
        if any(type(n) is not int or not 0 <= n < s for n, s in zip(self.more, self.steps, strict=False)):
            raise ValueError(f"more must have whole numbers from 0 to below the stride, not {self.more!r}")

    def sliding(self, inputs: Shape) -> Sliding:
        """Return how the kernel of the convolution slides that leads from Z(l) to one example of what the layer reads.

        The lengths are those of Keras (`compute_conv_transpose_output_shape`).  Raises ValueError if it does not fit.
        """
        sizes, kernel, strides, dilation = self.spatial(inputs), self.kernel, self.steps, self.spacing
        lengths = tuple(map(extent, kernel, dilation))
        same = self.padding == "same"
        more = self.more or (None,) * len(kernel)
        outputs = tuple(map(_same_length if same else _valid_length, sizes, lengths, strides, more))
        before = tuple(map(same_padding, outputs, sizes, lengths, strides)) if same else (0,) * len(kernel)
        reached = zip(outputs, lengths, strides, sizes, strict=True)
        if any((-(-o // s) if same else (o - n) // s + 1) != i for o, n, s, i in reached):
            raise ValueError(f"no convolution leads from {list(outputs)} numbers to {list(sizes)}")
        return Sliding(outputs, sizes, kernel, strides, dilation, before)

    def shape(self, *inputs: Shape) -> Shape:
        """Return (*outputs, F).  Raises ValueError if the kernel does not fit."""
        return (*self.sliding(inputs[0]).inputs, self.filters)

    def weights(self, inputs: Shape) -> Shape:
        """Return the shape of W(l), [*kernel, F, C]."""
        return (*self.kernel, self.filters, inputs[-1])

    def channels(self, inputs: Shape) -> int:
        """Return F."""
        return self.filters

    def terms(self, inputs: Shape) -> tuple[int, int]:
        """Return how many products each number of Z(l), and of the gradient of what the layer reads, is the sum of."""
        return prod(self.kernel) * inputs[-1], prod(self.kernel) * self.filters

    def table(self, place: Place) -> int:
        """Return how many places the tables of what the kernel meets have."""
        sliding = self.sliding(place.inputs)
        met = prod(sliding.outputs) * place.outputs[-1] + prod(sliding.inputs) * place.inputs[-1]
        return met * prod(sliding.kernel)

    def functions(self, inputs: Shape) -> tuple[Function, Function, Function]:
        """Return the functions that give Z(l), dW(l) and the gradient of what the layer reads."""
        return transposed, transposed_weight_gradient, transposed_input_gradient


def _same_length(size: int, length: int, stride: int, more: int | None) -> int:
    """How many numbers padding "same" gives along an axis.  Keras: _get_output_shape_given_tf_padding"""
    return size * stride if more is None else (size - 1) * stride + length % 2 + more


def _valid_length(size: int, length: int, stride: int, more: int | None) -> int:
    """How many numbers padding "valid" gives along an axis.  Keras: _get_output_shape_given_tf_padding"""
    return (size - 1) * stride + length + (max(stride - length, 0) if more is None else more)
