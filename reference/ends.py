"""The ends of a network: each output with its labels and its loss, and the cost of all together."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reference import tensor_names as names
from reference.layers.activation import Activation
from reference.layers.identity import Identity
from reference.layers.layer import Place
from reference.layers.linear import Linear
from reference.losses import losses_named
from reference.losses.loss import LossEquations
from reference.network import Network
from reference.operations import added
from reference.regularizers import KIND
from reference.rule import Rule

COSTS = "costs"  # the kind of the rule that adds up the costs of several outputs


@dataclass(frozen=True)
class End:
    """An output with its loss. `label` and `cost` are the names of its labels and of its cost: y and C, or y1 and C1.

    `kind` is the kind of the loss. `weights` names the weights of the examples, if they have some. `takes_classes`:
    Keras takes the labels as whole numbers.
    """

    equations: LossEquations
    place: Place
    kind: str
    label: str
    cost: str
    weights: tuple[str, ...] = ()
    takes_classes: bool = False

    @property
    def joint(self) -> bool:
        """True if the slope of the loss is dZ: it includes the activation's."""
        return self.equations.joint or self.equations.reads == "Z"

    @property
    def reads(self) -> tuple[str, ...]:
        """The tensors that the cost and its slope are computed from."""
        return (self.place.reads if self.equations.reads == "Z" else self.place.gives), self.label, *self.weights

    def forward(self, depth: int) -> Rule:
        """Return the rule of the cost of this output."""
        equations = self.equations
        return Rule(self.cost, equations.cost_equation, self.reads, equations.cost, depth, "forward", kind=self.kind)

    def backward(self, depth: int) -> Rule:
        """Return the rule of the slope of that cost. A compiler may multiply the factors in any order."""
        written, slope = self.equations, names.gradient(self.place.reads if self.joint else self.place.gives)
        options: dict[str, Any] = {"folded": self.weights, "kind": self.kind}
        return Rule(slope, written.slope_equation, self.reads, written.slope, depth, "backward", **options)


def ends(network: Network, cost: str) -> tuple[End, ...]:
    """Return each output with the loss that `cost` names for it.

    Raises ValueError if a loss is unknown, if there is not one for each output, or if an output has no axis beside the
    examples.
    """
    losses = losses_named(cost)
    if len(losses) != len(network.outputs):
        raise ValueError(f"{len(network.outputs)} outputs need as many losses, not {len(losses)}")
    found = []
    for number, (loss, (layer, place)) in enumerate(zip(losses, network.outputs, strict=True)):
        if not place.outputs:
            raise ValueError("an output must have at least one number an example, on an axis of its own")
        kind = layer.kind if isinstance(layer, Activation) else Linear.kind
        equations = loss.written(kind, network.weighted)
        if equations.joint and equations.reads == "A" and _is_read_elsewhere(network, place):
            equations = loss.written(
                Linear.kind, network.weighted
            )  # dA has other parts, so the activation's way back follows
        cost = names.of_layer("C", number + 1) if len(losses) > 1 or network.regularizers else "C"
        weights, label = network.weights[number : number + 1], network.labels[number]
        found.append(End(equations, place, loss.kind, label, cost, weights, loss.takes_classes))
    return tuple(found)


def _is_read_elsewhere(network: Network, place: Place) -> bool:
    """Return whether an output is read by a layer, by a penalty, or by the loss of another output."""
    regularized = [name for name, _ in network.regularizers]
    read = regularized + [
        source.tensor for x, reader in network.places if not isinstance(x, Identity) for source in reader.sources
    ]
    return place.gives in read or sum(place.gives == other.gives for _, other in network.outputs) > 1


def costs(network: Network, found: tuple[End, ...]) -> Iterator[Rule]:
    """Yield the rules of each output's cost, of each penalty and, if there are several of these, of their sum."""
    every = (*(end.cost for end in found), *(names.penalty(P) for P, _ in network.regularizers))
    yield from (end.forward(network.depth) for end in found)
    for P, own in network.regularizers:
        yield Rule(names.penalty(P), own.source, (P,), own.cost, names.read(P).layer or 0, "forward", kind=KIND)
    if len(every) > 1:
        yield Rule("C", "Keras: a sum", every, sum_of_costs, network.depth, "forward", fusable=every, kind=COSTS)


def sum_of_costs(*C: Any) -> Any:
    """The costs of all outputs, each multiplied by its weight already, and all penalties.  Scalars -> scalar.  Keras"""
    return added(*C)
