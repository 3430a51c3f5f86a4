"""Read a Keras model: find its network in the essay's terms, and which Keras layer computes which part.

Nothing unknown is skipped. If a model has parts that By Hand does not support, it is refused and every part is named.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import keras

from reference.layers.activation import Activation
from reference.layers.dense import Dense
from reference.layers.input import Input
from reference.layers.layer import Layer
from reference.layers.linear import Linear
from reference.network import Network, line
from verify.capture.layers import by_function, by_layer
from verify.capture.reader import ActivationReader, Reader, rounded
from verify.errors import Unsupported


def known() -> str:
    """Return the names of the Keras layers that are verified, as text for a message."""
    names = {kind.__name__ for kind in by_layer()} - {"InputLayer"} | {"Input", "Activation"}
    *most, last = sorted(names)
    return f"{', '.join(most)} and {last}"


@dataclass(frozen=True)
class Stage:
    """A Keras layer, its reader, and the names of the tensors that its parts compute."""

    layer: Any
    reader: Reader
    gives: tuple[str, ...]


@dataclass(frozen=True)
class Understood:
    """A model in the essay's terms: its Keras layers in order, its network, and its dtype."""

    stages: tuple[Stage, ...]
    network: Network
    dtype: str  # in which its layers compute
    channels_first: bool = False  # its Flatten moves the first axis of an example behind the others


def understand(model: Any) -> Understood:
    """Read a built Sequential or linear Functional model.  Raises Unsupported, naming everything not supported."""
    reading = ModelReading()
    for layer in _chain(model):
        reading.read(layer)
    return reading.understood(model)


def _chain(model: Any) -> list[Any]:
    """Return the layers of a model in order.  Raises Unsupported unless each layer reads only the one before it."""
    if not isinstance(model, keras.Sequential | keras.Model) or not hasattr(model, "layers"):
        raise Unsupported([(type(model).__name__, "not a Keras model")])
    if type(model) is not keras.Sequential and type(model).__name__ != "Functional":
        raise Unsupported([(f"model {model.name} ({type(model).__name__})", "neither Sequential nor Functional")])
    if not model.built:
        raise Unsupported([(f"model {model.name}", "it is not built: give it an Input, or call it once")])
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        text = f"it has {len(model.inputs)} inputs and {len(model.outputs)} outputs; one of each is verified"
        raise Unsupported([(f"model {model.name}", text)])
    if getattr(model.inputs[0], "sparse", False) or getattr(model.inputs[0], "ragged", False):
        raise Unsupported([(f"model {model.name}", "its input is sparse or ragged; dense inputs are verified")])
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    if not layers:
        raise Unsupported([(f"model {model.name}", "it has no layers")])
    before = model.inputs[0]
    for layer in layers if type(model).__name__ == "Functional" else ():
        if len(layer._inbound_nodes) != 1 or layer.input is not before:
            text = f"it does not take what the layer before it gives: {known()} in one line are verified"
            raise Unsupported([(_name(layer), text)])
        before = layer.output
    return layers


def _name(layer: Any) -> str:
    """Return the name and the type of a layer, as text for a message."""
    return f"layer {layer.name} ({type(layer).__name__})"


def _of_function(function: Any) -> ActivationReader | None:
    """Return the reader of an activation, given as one of Keras's functions or layers; None if there is no reader."""
    reader = by_layer().get(type(function))
    if reader is None and isinstance(function, Hashable):
        reader = by_function().get(function)
    return reader if isinstance(reader, ActivationReader) else None


class ModelReading:
    """A model that is being read, layer by layer: the parts read so far, and the problems found."""

    def __init__(self) -> None:
        self.inputs = 0
        self.channels_first = False
        self.parts: list[tuple[Any, Reader, list[Layer]]] = []
        self.problems: list[tuple[str, str]] = []
        self.dtypes: set[str] = set()

    def read(self, layer: Any) -> None:
        """Read the next layer."""
        try:
            self._read(layer)
        except ValueError as error:  # a layer without an equation, such as a dropout with rate 1
            self.problem(layer, str(error))

    def _read(self, layer: Any) -> None:
        """Read the next layer.  Raises ValueError for a layer that `reference` refuses."""
        reader = by_layer().get(type(layer))
        if type(layer) is keras.layers.Activation:
            self._compute(layer)
            self.add_activation(layer, self.activation(layer, layer.activation))
        elif reader is None:
            self.problem(layer, f"By Hand knows {known()}")
        else:
            self._compute(layer)
            reader.read(layer, self)

    def _compute(self, layer: Any) -> None:
        """Note the dtype in which a layer computes."""
        if layer.dtype_policy.compute_dtype != layer.dtype_policy.variable_dtype:
            self.problem(layer, f"its policy {layer.dtype_policy.name} mixes two precisions")
        if getattr(layer, "activity_regularizer", None) is not None and not isinstance(layer, keras.layers.Dense):
            self.problem(layer, "activity_regularizer is not verified")
        self.dtypes.add(layer.dtype_policy.compute_dtype)

    def problem(self, layer: Any, why: str) -> None:
        """Note why a layer is not supported."""
        self.problems.append((_name(layer), why))

    def rounded(self, layer: Any, constant: Any) -> float:
        """Return a constant as Keras holds it: in a float64 layer it is rounded to float32 first."""
        return rounded(constant, str(layer.compute_dtype))

    @property
    def layers(self) -> list[Layer]:
        """The parts read so far, in order."""
        return [part for _, _, parts in self.parts for part in parts]

    @property
    def last(self) -> Layer | None:
        """The last part read that computes a tensor, or None."""
        return next((part for part in reversed(self.layers) if part.letter), None)

    @property
    def at_input(self) -> bool:
        """True if only rescaling and flattening come before the next layer."""
        return not any(part.letter and not part.counted for part in self.layers)

    def add(self, layer: Any, *parts: Layer) -> None:
        """Add a Keras layer that computes these parts, or no part if it does nothing."""
        self.parts.append((layer, by_layer()[type(layer)], list(parts)))

    def add_dense(self, layer: Any, inputs: int, dense: Dense, function: Any) -> None:
        """Add a Keras Dense layer with this many inputs and this activation function."""
        self.inputs = self.inputs or inputs
        self.add(layer, dense, self.activation(layer, function))

    def activation(self, layer: Any, function: Any) -> Activation:
        """Return the activation that Keras computes with this function or layer; note a problem if it is unknown."""
        reader = _of_function(function)
        if reader is not None:
            return reader.named(layer, function, self)
        name, names = getattr(function, "__name__", type(function).__name__), [f.__name__ for f in by_function()]
        self.problem(layer, f"activation {name} is not one of {', '.join(names)}")
        return Linear()

    def add_activation(self, layer: Any, activation: Activation) -> None:
        """Add an activation that is a separate layer. It becomes the activation of the Dense before it.

        The Dense before it must have no activation; otherwise this notes a problem.
        """
        dense = next(((x, parts) for x, _, parts in reversed(self.parts) if any(p.letter for p in parts)), None)
        if dense is None or not dense[1][0].begins or dense[1][1:] != [Linear()]:
            self.problem(layer, "an activation is verified right behind a Dense without one")
            return
        dense[1].pop()
        reader = by_layer().get(type(layer)) or _of_function(layer.activation)
        if reader is not None:
            self.parts.append((layer, reader, [activation]))

    def understood(self, model: Any) -> Understood:
        """Return the model in the essay's terms.  Raises Unsupported, naming all problems found."""
        if len(self.dtypes) > 1 or not self.dtypes <= {"float32", "float64"}:
            kinds = ", ".join(sorted(self.dtypes))
            self.problems.append((f"model {model.name}", f"it computes in {kinds}; float32 or float64 is verified"))
        if not self.inputs:
            self.problems.append((f"model {model.name}", "it has no Dense layer"))
        if model.losses:
            self.problems.append((f"model {model.name}", "it adds losses of its own (add_loss, regularizers)"))
        kernels = [(layer, layer.kernel) for layer, _, _ in self.parts if isinstance(layer, keras.layers.Dense)]
        for i, (layer, kernel) in enumerate(kernels):
            if any(kernel is other for _, other in kernels[:i]):
                self.problem(layer, "its kernel is also that of a layer before it (one variable in two layers)")
        if self.problems:
            raise Unsupported(self.problems)
        try:
            network = line([Input(self.inputs), *self.layers])
        except ValueError as error:
            raise Unsupported([(f"model {model.name}", str(error))]) from error
        places = iter(network.places[1:])
        stages = []
        for layer, reader, parts in self.parts:
            gives = tuple(place.gives for part, place in [next(places) for _ in parts] if part.letter)
            stages.append(Stage(layer, reader, gives))
        return Understood(tuple(stages), network, self.dtypes.pop(), self.channels_first)
