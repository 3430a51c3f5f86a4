"""What layer and group normalization have in common: each example is normalised by statistics of its own numbers."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from reference.layers.layer import Layer, Place, Shape
from reference.normalizing import (
    BETA,
    GAMMA,
    gamma_gradient,
    input_gradient,
    mean_of,
    normalized,
    summed_to,
    variance_of,
)
from reference.rule import Rule
from reference.tensor_names import gradient, of_layer


@dataclass(frozen=True)
class Form:
    """How the numbers of an example are arranged: as an array of this `shape`, with statistics over these `axes`.

    The axes count from the end. `learned` is the shape in which γ and β are multiplied and added.
    """

    shape: Shape
    axes: tuple[int, ...]
    learned: Shape

    def arranged(self, X: Any) -> Any:
        """Examples in this arrangement.  X [N, …] -> [N, *shape]"""
        return X if tuple(X.shape[1:]) == self.shape else X.reshape(X.shape[0], *self.shape)

    def row(self, P: Any) -> Any:
        """γ or β as it is multiplied or added; None stays None.  -> [1, *learned]"""
        return None if P is None else P.reshape(1, *self.learned)


def example_normalized(X: Any, *learned: Any, form: Form, epsilon: float, scale: bool, center: bool) -> Any:
    """N = γ (X - μ) / √(σ² + ε) + β, with μ and σ² of each example.  X [N, …] -> [N, …].  Ba et al. 2016, (4)"""
    T = form.arranged(X)
    mean = mean_of(T, form.axes)
    gamma, beta = form.row(learned[0] if scale else None), form.row(learned[-1] if center else None)
    return normalized(T, mean, variance_of(T, mean, form.axes), gamma, beta, epsilon).reshape(*X.shape)


def example_gamma_gradient(dN: Any, X: Any, *, form: Form, epsilon: float, stored: Shape) -> Any:
    """dγ = Σ dn (x - μ) / √(σ² + ε), over the examples.  dN, X [N, …] -> the shape of γ.  Ba et al. 2016"""
    T = form.arranged(X)
    mean = mean_of(T, form.axes)
    shape, variance = (1, *form.learned), variance_of(T, mean, form.axes)
    return gamma_gradient(form.arranged(dN), T, mean, variance, shape, epsilon).reshape(*stored)


def example_beta_gradient(dN: Any, *, form: Form, stored: Shape) -> Any:
    """dβ = Σ dn, over the examples.  dN [N, …] -> the shape of β.  Ba et al. 2016"""
    return summed_to(form.arranged(dN), (1, *form.learned)).reshape(*stored)


def example_input_gradient(dN: Any, X: Any, gamma: Any = None, *, form: Form, epsilon: float) -> Any:
    """dX, through x itself, through μ and through σ².  dN, X [N, …] -> [N, …].  Ba et al. 2016"""
    T = form.arranged(X)
    mean = mean_of(T, form.axes)
    variance, row = variance_of(T, mean, form.axes), form.row(gamma)
    return input_gradient(form.arranged(dN), T, mean, variance, row, epsilon, form.axes).reshape(*X.shape)


def check_options(layer: Layer, numbers: tuple[str, ...], flags: tuple[str, ...]) -> None:
    """Check fields of a layer: numbers of 0 or more, and True or False.  Raises ValueError, naming the field."""
    for name in numbers:
        number = getattr(layer, name)
        if type(number) is not float or not math.isfinite(number) or number < 0:
            raise ValueError(f"{name} of {layer.kind} must be a number of 0 or more, not {number!r}")
    for name in flags:
        if type(getattr(layer, name)) is not bool:
            raise ValueError(f"{name} must be True or False, not {getattr(layer, name)!r}")


def check_axes(axes: Any, kind: str, *, least: int = 1) -> None:
    """Check axes that count from the end: different, in order, and all -1 or less.  Raises ValueError."""
    fits = type(axes) is tuple and all(type(axis) is int and axis < 0 for axis in axes)
    if not fits or len(axes) < least or list(axes) != sorted(set(axes)):
        raise ValueError(f"the axes of {kind} count from the end, in order, as (-2, -1), not {axes!r}")


def check_reach(axes: tuple[int, ...], shape: Shape) -> None:
    """Check that an example has these axes.  Raises ValueError."""
    if any(-axis > len(shape) for axis in axes):
        raise ValueError(f"an example of shape {list(shape)} has no axis {min(axes)}")


@dataclass(frozen=True)
class ExampleNormalization(Layer):
    """N(k) = γ (X - μ) / √(σ² + ε) + β, with μ and σ² of some numbers of one example.  Ba et al. 2016, (4)

    `center`: with β. `scale`: with γ. Where `frozen`, a training does not change them.
    """

    letter = "N"
    counted = True
    source: ClassVar[str] = ""
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    frozen: bool = False

    def __post_init__(self) -> None:
        check_options(self, ("epsilon",), ("center", "scale", "frozen"))

    def form(self, inputs: Shape) -> Form:
        """Return how the numbers of an example of this shape are arranged.  Raises ValueError if they cannot be."""
        raise NotImplementedError

    def stored(self, inputs: Shape) -> Shape:
        """Return the shape of γ and β: [1, n], or Keras's own if they have several axes."""
        raise NotImplementedError

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape that it reads.  Raises ValueError if the layer cannot read it."""
        self.form(inputs[0])
        return inputs[0]

    def parameters(self, place: Place) -> dict[str, Shape]:
        """Return the shapes of γ(k) and β(k)."""
        names = ([GAMMA] if self.scale else []) + ([BETA] if self.center else [])
        return {of_layer(name, place.owner): self.stored(place.inputs) for name in names}

    def learned(self, place: Place) -> dict[str, Shape]:
        """Return the shapes of γ(k) and β(k), or none if they are frozen."""
        return {} if self.frozen else self.parameters(place)

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of N(k)."""
        options: dict[str, Any] = {"form": self.form(place.inputs), "epsilon": self.epsilon}
        compute = partial(example_normalized, **options, scale=self.scale, center=self.center)
        inputs = (place.reads, *self.parameters(place))
        yield Rule(place.gives, self.source, inputs, compute, place.number, "forward", kind=self.kind)

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rules of dγ(k), dβ(k) and, if it is needed, the gradient of what the layer reads."""
        dN, X, form, stored = place.gradient_in, place.reads, self.form(place.inputs), self.stored(place.inputs)
        gamma = (of_layer(GAMMA, place.owner),) if self.scale else ()
        compute: Any
        for P in self.learned(place):
            if P in gamma:
                compute = partial(example_gamma_gradient, form=form, epsilon=self.epsilon, stored=stored)
                yield self._back(gradient(P), (dN, X), compute, place.number)
            else:
                compute = partial(example_beta_gradient, form=form, stored=stored)
                yield self._back(gradient(P), (dN,), compute, place.number)
        if place.needs_gradient:
            compute = partial(example_input_gradient, form=form, epsilon=self.epsilon)
            yield self._back(place.gradient_out, (dN, X, *gamma), compute, place.below)

    def _back(self, tensor: str, inputs: tuple[str, ...], compute: Any, layer: int) -> Rule:
        return Rule(tensor, self.source, inputs, compute, layer, "backward", kind=self.kind)
