"""Small networks with branches, as a list of nodes."""

from reference.layers import layer_named
from reference.network import Network, Node


def graph(*nodes):
    """A network from texts: "layer: reads" or "layer: reads = shares", positions separated by commas."""
    made = []
    for k, text in enumerate(nodes):
        layer, _, rest = text.partition(": ")
        reads, _, shares = rest.partition(" = ")
        positions = tuple(int(p) for p in reads.split(",")) if reads else (k - 1,) if k else ()
        made.append(Node(layer_named(layer), positions, int(shares) if shares else None))
    return Network(tuple(made))


START = ("input(nodes=5)", "dense(nodes=4)", "relu", "dense(nodes=4)", "tanh")
END = ("dense(nodes=3)", "softmax")
GRAPHS = {
    "residual": graph(*START, "add: 2,4", *END),
    "three branches": graph(*START, "dense(nodes=4): 2", "add: 2,4,5", *END),
    "difference": graph(*START, "subtract: 2,4", *END),
    "gate": graph(*START, "sigmoid: 3", "multiply: 4,5,2", *END),
    "mean": graph(*START, "average: 2,4,3", *END),
    "largest": graph(*START, "maximum: 2,4", *END),
    "smallest": graph(*START, "minimum: 2,4", *END),
    "side by side": graph(*START, "concatenate: 0,2,4", *END),
    "the same tensor twice": graph(*START, "add: 4,4", *END),
    "a layer twice": graph("input(nodes=4)", "dense(nodes=4)", "tanh", "dense(nodes=4): 2 = 1", "tanh", *END),
    "two activations": graph(*START, "sigmoid", *END),
    "an activation first": graph("input(nodes=5)", "tanh", *START[1:], *END),
    "no activation": graph("input(nodes=5)", "dense(nodes=4)", *END),
    "dropouts": graph(*START, "dropout(rate=0.25)", "dropout(rate=0.5)", *END),
    "rows": graph("input(nodes=(3, 5))", "dense(nodes=4)", "relu", "flatten", *END),
    "an image": graph("input(nodes=(4, 3, 2))", "tanh", "flatten(channels_first=True)", *END),
    "gated": graph("input(nodes=5)", "dense(nodes=8)", "glu", "dense(nodes=4)", "glu", *END),
    "learned slopes": graph("input(nodes=5)", "dense(nodes=4)", "prelu", "dense(nodes=4)", "prelu(shared=(-1,))", *END),
    "behind a branch": graph(*START, "add: 2,4", "dense(nodes=4)", "add: 5,6", "relu", *END),
}
