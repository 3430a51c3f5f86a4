"""The convolution layers of Keras, which compute a cross-correlation: Conv1D, Conv2D and Conv3D."""

from dataclasses import dataclass
from math import prod
from typing import Any

from reference.layers.layer import Shape
from reference.layers.sliding import Function, SlidingLayer
from reference.sliding import Sizes, Sliding, extent, kernel_gradient, met_sums, met_sums_back, same_padding

SOURCE = "Goodfellow et al. 2016"


def slid(inputs: Sizes, kernel: Sizes, strides: Sizes, dilation: Sizes, padding: str) -> Sliding:
    """Return how a kernel slides over an array: "valid" adds no zeros, "causal" adds them before the start only.

    "same" gives ceil(i/s) numbers along an axis: TensorFlow's documentation of tf.nn, "Notes on padding".
    Raises ValueError if the kernel is longer than an array that gets no zeros.
    """
    lengths = tuple(map(extent, kernel, dilation))
    if padding == "valid":
        before = (0,) * len(kernel)
        outputs = tuple((i - n) // s + 1 for i, n, s in zip(inputs, lengths, strides, strict=True))
    else:
        outputs = tuple(-(-i // s) for i, s in zip(inputs, strides, strict=True))
        before = tuple(map(same_padding, inputs, outputs, lengths, strides))
        if padding == "causal":
            before = tuple(n - 1 for n in lengths)
    if any(o < 1 for o in outputs):
        raise ValueError(f"a kernel of length {list(lengths)} is too long for {list(inputs)} numbers without padding")
    return Sliding(inputs, outputs, kernel, strides, dilation, before)


def convolved(X: Any, W: Any, B: Any = None, *, sliding: Sliding, groups: int = 1) -> Any:
    """Z = the cross-correlation of X with W, plus B: what Keras calls a convolution, with the kernel not flipped.

    X [N, *inputs, C], W [*kernel, C/groups, F], B [1, F] -> [N, *outputs, F].  Goodfellow et al. 2016, (9.6), (9.8)
    """
    return met_sums(X, W, B, sliding=sliding, groups=groups)


def convolved_weight_gradient(X: Any, dZ: Any, *, sliding: Sliding, groups: int = 1) -> Any:
    """dW = the sum of what each offset met, times dZ, over positions and examples.

    X [N, *inputs, C], dZ [N, *outputs, F] -> [*kernel, C/groups, F].  Goodfellow et al. 2016, (9.11)
    """
    return kernel_gradient(X, dZ, sliding=sliding, groups=groups)


def convolved_input_gradient(dZ: Any, W: Any, *, sliding: Sliding, groups: int = 1) -> Any:
    """dX = for each number of X, the sum over all positions and offsets that met it, of dZ times W.

    dZ [N, *outputs, F], W [*kernel, C/groups, F] -> [N, *inputs, C].  Goodfellow et al. 2016, (9.13)
    """
    return met_sums_back(dZ, W, sliding=sliding, groups=groups)


@dataclass(frozen=True)
class Convolution(SlidingLayer):
    """Z(l): `filters` F numbers at each position, each a sum over the kernel's window and the channels of its group.

    It is a cross-correlation. Goodfellow et al. 2016, section 9.5; with a dilation Dumoulin & Visin 2016, section 5.1
    """

    kind = "convolution"
    forms = ("valid", "same", "causal")
    sources = (f"{SOURCE}, (9.8)", f"{SOURCE}, (9.11)", f"{SOURCE}, section 9.5", f"{SOURCE}, (9.13)")
    filters: int = 1
    groups: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check("filters", self.filters)
        self.check("groups", self.groups)
        if self.filters % self.groups:
            raise ValueError(f"{self.filters} filters cannot be divided into {self.groups} groups")

    def sliding(self, inputs: Shape) -> Sliding:
        """Return how the kernel slides over one example.  Raises ValueError if it does not fit."""
        return slid(self.spatial(inputs), self.kernel, self.steps, self.spacing, self.padding)

    def shape(self, *inputs: Shape) -> Shape:
        """Return (*outputs, F).  Raises ValueError if the kernel or the groups do not fit."""
        outputs = self.sliding(inputs[0]).outputs
        if inputs[0][-1] % self.groups:
            raise ValueError(f"{inputs[0][-1]} channels cannot be divided into {self.groups} groups")
        return (*outputs, self.filters)

    def weights(self, inputs: Shape) -> Shape:
        """Return the shape of W(l), [*kernel, C/groups, F]."""
        return (*self.kernel, inputs[-1] // self.groups, self.filters)

    def channels(self, inputs: Shape) -> int:
        """Return F."""
        return self.filters

    def options(self, inputs: Shape) -> dict[str, Any]:
        """Return the options of the functions: how the kernel slides, and the groups."""
        return {"sliding": self.sliding(inputs), "groups": self.groups}

    def terms(self, inputs: Shape) -> tuple[int, int]:
        """Return how many products each number of Z(l), and of the gradient of what the layer reads, is the sum of."""
        return prod(self.kernel) * inputs[-1] // self.groups, prod(self.kernel) * self.filters // self.groups

    def functions(self, inputs: Shape) -> tuple[Function, Function, Function]:
        """Return the functions that give Z(l), dW(l) and the gradient of what the layer reads."""
        return convolved, convolved_weight_gradient, convolved_input_gradient
