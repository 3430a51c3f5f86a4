"""Small networks with branches, as a list of nodes."""

from reference.layers import layer_named
from reference.network import Network, Node


def graph(*nodes, ends=()):
    """A network from texts: "layer: reads" or "layer: reads = shares", positions separated by commas.

    `ends` are the positions of the layers that give the outputs, if there are several.
    """
    made = []
    for k, text in enumerate(nodes):
        layer, _, rest = text.partition(": ")
        reads, _, shares = rest.partition(" = ")
        inner = k and not layer.startswith("input")
        positions = tuple(int(p) for p in reads.split(",")) if reads else (k - 1,) if inner else ()
        made.append(Node(layer_named(layer), positions, int(shares) if shares else None))
    return Network(tuple(made), ends)


START = ("input(nodes=5)", "dense(nodes=4)", "relu", "dense(nodes=4)", "tanh")
GRID = ("input(nodes=6)", "reshape(target=(3, 2))")
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
    "alpha dropout": graph(*START, "alpha_dropout(rate=0.25)", *END),
    "dropouts": graph(*START, "dropout(rate=0.25)", "dropout(rate=0.5)", *END),
    "noise": graph(*START, "gaussian_noise", "gaussian_dropout(rate=0.2)", *END),
    "a spatial dropout": graph(
        "input(nodes=(3, 5))", "dense(nodes=4)", "dropout(rate=0.4, shared=(-2,))", "flatten", *END
    ),
    "rows": graph("input(nodes=(3, 5))", "dense(nodes=4)", "relu", "flatten", *END),
    "an image": graph("input(nodes=(4, 3, 2))", "tanh", "flatten(channels_first=True)", *END),
    "words": graph("input(nodes=6)", "embedding(rows=5, nodes=4)", "global_average_pooling", *END),
    "words in a grid": graph(*GRID, "embedding(rows=9, nodes=2)", "tanh", "flatten", *END),
    "gated": graph("input(nodes=5)", "dense(nodes=8)", "glu", "dense(nodes=4)", "glu", *END),
    "learned slopes": graph("input(nodes=5)", "dense(nodes=4)", "prelu", "dense(nodes=4)", "prelu(shared=(-1,))", *END),
    "behind a branch": graph(*START, "add: 2,4", "dense(nodes=4)", "add: 5,6", "relu", *END),
}
# with several inputs or outputs, each with the text of its losses
SEVERAL = {
    "two inputs": (
        graph("input(nodes=5)", "input(nodes=(2, 2))", "flatten", "concatenate: 0,2", "dense(nodes=4)", "tanh", *END),
        "categorical_crossentropy",
    ),
    "two outputs": (
        graph(*START, *END, "dense(nodes=2): 4", ends=(6, 7)),
        "categorical_crossentropy(weight=0.25); mean_squared_error(weight=2.0)",
    ),
    "an output that is read": (
        graph(*START, *END, "dense(nodes=2): 6", "sigmoid", ends=(6, 8)),
        "categorical_crossentropy; mean_squared_error",
    ),
    "an output twice": (
        graph(*START, *END, "dense(nodes=2): 6", ends=(6, 7, 6)),
        "mean_squared_error; mean_squared_error; categorical_crossentropy(label_smoothing=0.1)",
    ),
}
