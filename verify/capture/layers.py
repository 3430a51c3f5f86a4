"""What a Keras model is made of, in the essay's terms: one `Stage` a layer, and the network they make.

What is not known is never skipped: every such thing is named, and the model refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from reference.network import Network
from verify.errors import Unsupported

FUNCTIONS = {  # as they stand in a layer: these functions themselves, no others of the same name
    keras.activations.linear: "linear", keras.activations.relu: "relu", keras.activations.leaky_relu: "leaky_relu",
    keras.activations.sigmoid: "sigmoid", keras.activations.tanh: "tanh", keras.activations.softmax: "softmax",
}  # fmt: skip
VARIABLE = next(kind for kind in reversed(keras.Variable.__mro__) if kind.__module__.startswith("keras."))  # of all
DEFAULT_SLOPE = 0.2  # of keras.activations.leaky_relu
KNOWN = "Input, Flatten, Rescaling, Dense, Activation, ReLU, LeakyReLU and Dropout"


@dataclass(frozen=True)
class Stage:
    """A Keras layer, what it does, and the number of the essay's layer that it belongs to (0: the input)."""

    layer: Any
    kind: str  # shape, rescaling, dense, activation, dropout
    number: int
    activation: str = "linear"


@dataclass(frozen=True)
class Understood:
    """A model in the essay's terms."""

    stages: tuple[Stage, ...]
    network: Network
    dtype: str  # that its layers compute in

    def dense(self) -> Iterator[Stage]:
        return (stage for stage in self.stages if stage.kind == "dense")


def held(constant: Any, dtype: str) -> float:
    """A constant of Python's on its way into a tensor: Keras rounds it to float32 first, in float64 as well."""
    return float(np.float32(constant)) if dtype == "float64" else float(constant)


def understand(model: Any) -> Understood:
    """A built Sequential or linear Functional model.  Raises Unsupported, naming everything that is not known."""
    reader = _Reader()
    for layer in _chain(model):
        reader.read(layer)
    return reader.understood(model)


def _chain(model: Any) -> list[Any]:
    """Its layers in order.  Raises Unsupported unless each takes what the one before it gives, and nothing else."""
    if not isinstance(model, keras.Sequential | keras.Model) or not hasattr(model, "layers"):
        raise Unsupported([(type(model).__name__, "not a Keras model")])
    if type(model) is not keras.Sequential and type(model).__name__ != "Functional":
        raise Unsupported([(f"model {model.name} ({type(model).__name__})", "neither Sequential nor Functional")])
    if not model.built:
        raise Unsupported([(f"model {model.name}", "it is not built: give it an Input, or call it once")])
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        text = f"it has {len(model.inputs)} inputs and {len(model.outputs)} outputs; one of each is verified"
        raise Unsupported([(f"model {model.name}", text)])
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    if not layers:
        raise Unsupported([(f"model {model.name}", "it has no layers")])
    before = model.inputs[0]
    for layer in layers if type(model).__name__ == "Functional" else ():
        if len(layer._inbound_nodes) != 1 or layer.input is not before:
            text = f"it does not take what the layer before it gives: {KNOWN} in one line are verified"
            raise Unsupported([(_name(layer), text)])
        before = layer.output
    return layers


def _name(layer: Any) -> str:
    return f"layer {layer.name} ({type(layer).__name__})"


class _Reader:
    """Reads the layers in order; collects what is not known."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.problems: list[tuple[str, str]] = []
        self.number = 0
        self.rescaling: list[tuple[float, float]] = []
        self.activations: list[str] = []
        self.rates: dict[int, float] = {}
        self.dtypes: set[str] = set()

    def read(self, layer: Any) -> None:
        kinds = {
            keras.layers.Flatten: self._shape, keras.layers.Rescaling: self._rescaling, keras.layers.Dense: self._dense,
            keras.layers.Activation: self._activation, keras.layers.ReLU: self._relu,
            keras.layers.LeakyReLU: self._leaky, keras.layers.Dropout: self._dropout,
        }  # fmt: skip
        reader = kinds.get(type(layer))
        if reader is None:
            self._problem(layer, f"By Hand knows {KNOWN}")
            return
        if layer.dtype_policy.compute_dtype != layer.dtype_policy.variable_dtype:
            self._problem(layer, f"its policy {layer.dtype_policy.name} mixes two precisions")
        self.dtypes.add(layer.dtype_policy.compute_dtype)
        reader(layer)

    def _problem(self, layer: Any, why: str) -> None:
        self.problems.append((_name(layer), why))

    def _shape(self, layer: Any) -> None:
        self.stages.append(Stage(layer, "shape", self.number))

    def _rescaling(self, layer: Any) -> None:
        if self.number or self.rates:
            self._problem(layer, "it stands behind a layer that computes; before the first it is verified")
            return
        try:
            self.rescaling.append((self._held(layer, layer.scale), self._held(layer, layer.offset)))
        except (TypeError, ValueError):
            self._problem(layer, "its scale and offset are not single numbers")
        self.stages.append(Stage(layer, "rescaling", len(self.rescaling)))

    def _dense(self, layer: Any) -> None:
        for what in ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint"):
            if getattr(layer, what, None) is not None:
                self._problem(layer, f"{what} is not verified")
        if getattr(layer, "bias_constraint", None) is not None:
            self._problem(layer, "bias_constraint is not verified")
        if getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
            self._problem(layer, "LoRA and quantised weights are not verified")
        if not layer.trainable:
            self._problem(layer, "it is frozen (trainable=False): its gradient is not there to be verified")
        if len(layer.kernel.shape) != 2 or len(layer.input.shape) != 2:
            self._problem(layer, "it is given more than one row an example; put a Flatten before it")
        self.number += 1
        self.stages.append(Stage(layer, "dense", self.number, self._named(layer, layer.activation)))
        self.activations.append(self.stages[-1].activation)

    def _named(self, layer: Any, function: Any) -> str:
        if type(function) is keras.layers.LeakyReLU:
            return self._leaky_name(layer, function.negative_slope)
        try:
            known = FUNCTIONS[function]
            return self._leaky_name(layer, DEFAULT_SLOPE) if known == "leaky_relu" else known
        except (KeyError, TypeError):
            name = getattr(function, "__name__", type(function).__name__)
            self._problem(layer, f"activation {name} is not one of {', '.join(FUNCTIONS.values())}")
            return "linear"

    def _after(self, layer: Any, activation: str) -> None:
        """An activation in a layer of its own: that of the Dense before it, if that has none."""
        last = next((stage for stage in reversed(self.stages) if stage.kind != "shape"), None)
        if last is None or last.kind != "dense" or last.activation != "linear":
            self._problem(layer, "an activation is verified right behind a Dense without one")
            return
        self.activations[-1] = activation
        self.stages.append(Stage(layer, "activation", self.number, activation))

    def _activation(self, layer: Any) -> None:
        self._after(layer, self._named(layer, layer.activation))

    def _relu(self, layer: Any) -> None:
        if layer.max_value is not None or layer.negative_slope or layer.threshold:
            self._problem(layer, "only the plain ReLU is verified: no max_value, negative_slope or threshold")
        self._after(layer, "relu")

    def _leaky(self, layer: Any) -> None:
        self._after(layer, self._leaky_name(layer, layer.negative_slope))

    def _leaky_name(self, layer: Any, slope: Any) -> str:
        held = self._held(layer, slope)
        return "leaky_relu" if held == DEFAULT_SLOPE else f"leaky_relu(negative_slope={held!r})"

    def _held(self, layer: Any, constant: Any) -> float:
        """As Keras holds it: a constant of Python's becomes a float32 on its way into a float64 layer."""
        return held(constant, str(layer.compute_dtype))

    def _dropout(self, layer: Any) -> None:
        if not layer.rate:
            self.stages.append(Stage(layer, "shape", self.number))
            return
        if layer.noise_shape is not None:
            self._problem(layer, "its noise_shape is not verified")
        if self.number in self.rates:
            self._problem(layer, "two dropouts in a row are not verified")
        self.rates[self.number] = float(layer.rate)
        self.stages.append(Stage(layer, "dropout", self.number))

    def understood(self, model: Any) -> Understood:
        if len(self.dtypes) > 1 or not self.dtypes <= {"float32", "float64"}:
            kinds = ", ".join(sorted(self.dtypes))
            self.problems.append((f"model {model.name}", f"it computes in {kinds}; float32 or float64 is verified"))
        if not self.number:
            self.problems.append((f"model {model.name}", "it has no Dense layer"))
        if model.losses:
            self.problems.append((f"model {model.name}", "it adds losses of its own (add_loss, regularizers)"))
        if self.problems:
            raise Unsupported(self.problems)
        dense = [stage.layer for stage in self.stages if stage.kind == "dense"]
        sizes = (dense[0].kernel.shape[0], *(layer.kernel.shape[1] for layer in dense))
        biases = tuple(layer.use_bias for layer in dense)
        rates = tuple(self.rates.get(n, 0.0) for n in range(len(sizes)))
        try:
            network = Network(
                tuple(map(int, sizes)), tuple(self.activations), () if all(biases) else biases,
                rates if any(rates) else (), tuple(self.rescaling),
            )  # fmt: skip
        except ValueError as error:
            raise Unsupported([(f"model {model.name}", str(error))]) from error
        return Understood(tuple(self.stages), network, *self.dtypes)
