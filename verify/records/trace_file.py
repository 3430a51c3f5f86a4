"""Read and write trace files: .npz archives with a manifest that holds the checksum of every tensor."""

import json
import math
from collections.abc import Mapping
from typing import Any

from reference.constraints import constraint_named
from reference.layers import layer_named
from reference.network import Network, Node, chain
from reference.regularizers import regularizer_named
from reference.rules import rules
from verify.errors import Unusable
from verify.records.npz import first_line, npz_bytes, read_npz
from verify.records.settings import OPTIMIZERS, Settings
from verify.records.trace import Array, Trace, digest

SCHEMA = "byhand-trace/2"
OLDER = "byhand-trace/1"  # describes chains of Dense layers; files of this schema can still be read
LONGEST = 100  # the most characters of a class's name
FREE = 2**24  # numbers that kernels and windows may meet in any file
OFTEN = 100  # how often they may meet each number of a larger file
ALTERED = "does not match its checksum; the file has been altered"
LACKING = "is in the manifest but not in the file"
UNKNOWN = "is in the file but not in the manifest"


def to_bytes(trace: Trace) -> bytes:
    """Return the bytes of a trace file: the arrays and the manifest. Equal traces give equal bytes."""
    manifest = {
        "schema": SCHEMA,
        "settings": trace.settings.to_dict(),
        "environment": dict(trace.environment),
        "network": _manifest_network(trace.network),
        "optimizer": trace.settings.optimizer,
        "sha256": {name: digest(array) for name, array in trace.tensors.items()},
    }
    if trace.classes:
        manifest["classes"] = list(trace.classes)
    return npz_bytes(manifest, trace.tensors)


OPTIONAL = {"outputs", "weighted", "regularizers", "constraints"}  # of a network in a manifest


def described(network: Network) -> dict[str, Any]:
    """Return sizes, activations, and the layers in order, as JSON values.

    Each layer is a text, with the indices of the layers that it reads and of the one whose parameters it shares.
    """
    layers: list[dict[str, Any]] = [{"layer": str(node.layer), "reads": list(node.reads)} for node in network.nodes]
    for described_node, node in zip(layers, network.nodes, strict=True):
        described_node |= {} if node.shares is None else {"shares": node.shares}
    return {"sizes": list(network.sizes), "activations": list(network.activations), "layers": layers}


def _manifest_network(network: Network) -> dict[str, Any]:
    """Return the layers, the indices of those that give several outputs, and whether the examples have weights."""
    more: dict[str, Any] = {"outputs": list(network.ends)} if network.ends else {}
    more |= {"weighted": True} if network.weighted else {}
    for name, belonging in (("regularizers", network.regularizers), ("constraints", network.constraints)):
        more |= {name: {P: str(one) for P, one in belonging}} if belonging else {}
    return {"layers": described(network)["layers"]} | more


def load(path: str) -> Trace:
    """Read a trace file and return the trace.  Raises Unusable, naming the file, if it is damaged or incomplete."""
    trace, problems = examine(path)
    for name, problem in problems.items():
        raise Unusable(f"{path}: tensor {ascii(name) if problem == LACKING else name} {problem}")
    return trace


def examine(path: str) -> tuple[Trace, dict[str, str]]:
    """Read a trace file; return the trace and, by name, the problem of each tensor that contradicts the manifest.

    Raises Unusable, naming the file, if settings, network, environment or classes cannot be read.
    """
    arrays = read_npz(path)
    manifest = _manifest(path, arrays.pop("manifest", None))
    settings = Settings.from_dict(manifest.get("settings"), path)
    if manifest.get("optimizer") != settings.optimizer:
        raise Unusable(f"{path}: the manifest names another optimizer than its settings")
    checksums = manifest.get("sha256")
    if not isinstance(checksums, dict):
        raise Unusable(f"{path}: the manifest has no checksums")
    problems = {name: LACKING for name in checksums if name not in arrays}
    for name, array in arrays.items():
        if not name or not name.isprintable():
            raise Unusable(f"{path}: a tensor's name, {name!a}, is not plain text")
        if name not in checksums:
            problems[name] = UNKNOWN
        elif digest(array) != checksums[name]:
            problems[name] = ALTERED
    environment = _environment(path, manifest.get("environment"))
    if settings.steps > len(arrays):
        raise Unusable(f"{path}: it promises {settings.steps} steps and holds {len(arrays)} tensors")
    network = _network(path, manifest, settings, arrays)
    classes = _classes(path, manifest.get("classes", []), network)
    return Trace(settings, network, environment, arrays, classes), problems


def _classes(path: str, names: Any, network: Network) -> tuple[str, ...]:
    """Return the names of the classes, which may hold any characters: the renderers escape them.

    Raises Unusable unless there is one for each output, or none.
    """
    texts = isinstance(names, list) and all(isinstance(name, str) and len(name) <= LONGEST for name in names)
    if not texts or len(names) not in (0, network.output[1].outputs[-1]):
        raise Unusable(f"{path}: the manifest's classes are not a name for each output")
    return tuple(names)


def _environment(path: str, environment: Any) -> dict[str, str]:
    """Return the environment as texts.  Raises Unusable unless they are plain."""
    if not isinstance(environment, dict):
        raise Unusable(f"{path}: the manifest has no environment")
    texts = {str(k): str(v) for k, v in environment.items()}
    if not all(text.isprintable() for pair in texts.items() for text in pair):
        raise Unusable(f"{path}: the environment in its manifest is not plain text")
    return texts


def _manifest(path: str, text: Array | None) -> dict[str, Any]:
    """Return the manifest, which the archive holds as an array of one text.  Raises Unusable, naming the file."""
    if text is None or text.dtype.kind != "U" or text.ndim:
        raise Unusable(f"{path}: no manifest; not a trace written by --save-trace")
    try:
        manifest = json.loads(str(text))
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{path}: the manifest is not JSON") from error
    if not isinstance(manifest, dict) or manifest.get("schema") not in (SCHEMA, OLDER):
        raise Unusable(f"{path}: the manifest is not of schema {SCHEMA} or {OLDER}")
    return manifest


def _network(path: str, manifest: Mapping[str, Any], settings: Settings, arrays: Mapping[str, Array]) -> Network:
    """Return the network of a manifest, in a file of these tensors.  Raises Unusable, naming the file."""
    read = _layers if manifest["schema"] == SCHEMA else _chain
    try:
        network = read(manifest.get("network"), len(arrays))
        _check_sizes(network, settings.batch, sum(array.size for array in arrays.values()))
        rules(network, settings.loss, OPTIMIZERS[settings.optimizer])
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise Unusable(f"{path}: the manifest describes no usable network ({first_line(error)})") from error
    return network


def _check_sizes(network: Network, batch: int, numbers: int) -> None:
    """Check that no rule computes far more numbers than the file holds.  Raises ValueError."""
    shapes = [network.shape(P) for P in network.parameters()]
    shapes += [(batch, *place.outputs) for _, place in network.places]
    if any(math.prod(shape) > numbers for shape in shapes):
        raise ValueError(f"a tensor with more than the {numbers:,} numbers of the file")
    met = batch * sum(layer.table(place) for layer, place in network.places)
    if met > max(FREE, OFTEN * numbers):
        raise ValueError(f"kernels or windows that meet {met:.1e} numbers, and the file holds {numbers:,}")


def _layers(description: Any, tensors: int) -> Network:
    """Return the network of a manifest of this schema.  Raises ValueError, KeyError or TypeError."""
    if set(description) - OPTIONAL != {"layers"} or not isinstance(description["layers"], list):
        raise ValueError("it has no list of layers")
    outputs = description.get("outputs", [])
    if not isinstance(outputs, list) or any(type(index) is not int for index in outputs) or len(outputs) > tensors:
        raise ValueError("the layers that give its outputs are not whole numbers")
    weighted = description.get("weighted", False)
    if type(weighted) is not bool:
        raise ValueError("whether its examples have weights is neither true nor false")
    layers = description["layers"]
    if len(layers) > 4 * (tensors + 1):
        raise ValueError(f"{len(layers)} layers, and the file holds {tensors} tensors")
    nodes = []
    for layer in layers:
        if set(layer) - {"shares"} != {"layer", "reads"} or not isinstance(layer["layer"], str):
            raise ValueError(f"{ascii(layer)[:80]} is not a layer and what it reads")
        shares = layer.get("shares")
        if any(type(index) is not int for index in (*layer["reads"], 0 if shares is None else shares)):
            raise ValueError("the layers that a layer reads or shares are not whole numbers")
        nodes.append(Node(layer_named(layer["layer"]), tuple(layer["reads"]), shares))
    regularizers = tuple((P, regularizer_named(text)) for P, text in description.get("regularizers", {}).items())
    constraints = tuple((P, constraint_named(text)) for P, text in description.get("constraints", {}).items())
    return Network(tuple(nodes), tuple(outputs), False, weighted, regularizers, constraints)


def _chain(description: Any, tensors: int) -> Network:
    """Return the network of a manifest of the older schema.  Raises ValueError, KeyError or TypeError."""
    sizes = tuple(description["sizes"])
    if any(type(n) is not int for n in sizes):
        raise ValueError("its sizes are not whole numbers")
    if len(sizes) > tensors + 1:
        raise ValueError(f"{len(sizes)} layers, and the file holds {tensors} tensors")
    unknown = set(description) - {"sizes", "activations", "biases", "dropout", "rescaling"}
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]!a} is no part of one")
    rest = [tuple(description.get(name, ())) for name in ("biases", "dropout", "rescaling")]
    rest[2] = tuple((float(scale), float(offset)) for scale, offset in rest[2])
    return chain(sizes, tuple(str(name) for name in description["activations"]), *rest)
