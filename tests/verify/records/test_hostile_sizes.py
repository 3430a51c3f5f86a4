"""A trace file whose network has absurd sizes is refused by one sentence, before a table of that size is made."""

import json
import re
import time
import tracemalloc

import numpy as np
import pytest

from reference.layers import kinds, layer_named
from reference.layers.max_pooling import MaxPooling
from reference.layers.pooling import cells
from reference.sliding import meeting, windows
from tests.support.graphs import graph
from tests.support.simulate import simulate
from verify.cli.exit_status import guarded
from verify.compare.walk import compare
from verify.errors import Unusable
from verify.records import trace_file
from verify.trace import __main__ as command

START, END = ("input(nodes=(4, 5, 2))", "dense(nodes=2)"), ("tanh", "flatten", "dense(nodes=3)", "softmax")
LAYERS = (
    "convolution(kernel=(2, 2), filters=3, strides=(2, 1), dilation=(1, 1), groups=1)",
    "depthwise_convolution(kernel=(2, 2), multiplier=2, padding='same', strides=(3, 3), dilation=(1, 1))",
    "transposed_convolution(kernel=(2, 2), filters=3, strides=(2, 2), more=(1, 1))",
    "max_pooling(size=(2, 2), strides=(2, 2))",
    "max_pooling(size=(2, 2), strides=(2, 2), padding='same')",
    "average_pooling(size=(3, 3), strides=(1, 2), padding='same')",
    "zero_padding(padding=((1, 2), (0, 1)))",
    "cropping(cropping=((1, 2), (0, 1)))",
    "up_sampling(size=(2, 1))",
    "batch_normalization(axis=-2)",
    "group_normalization(groups=2)",
    "permute(dims=(2, 1, 3))",
    "reshape(target=(20, 2))",
)
HUGE = (10**9, 10**30, -(10**30), 10**1900, 2**31 - 1)


def network(layer):
    return graph(*START, layer, *END)


def changes(layer):
    """Yield the layer with each of its numbers replaced by each huge number."""
    for number in re.finditer(r"\d+", layer):
        for huge in HUGE:
            yield layer[: number.start()] + str(huge) + layer[number.end() :]


def saved(path, base, text):
    """Write a trace of a network, with the text of its third layer replaced."""
    path.write_bytes(trace_file.to_bytes(simulate(base, batch=2, steps=1)))
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    manifest = json.loads(str(arrays.pop("manifest")))
    manifest["network"]["layers"][2]["layer"] = text
    np.savez(path, manifest=np.array(json.dumps(manifest)), **arrays)
    return str(path)


def ends_well(path):
    """Load and compare: a sentence, or a comparison; quickly, and without much memory."""
    tracemalloc.start()
    start = time.perf_counter()
    try:
        compare(trace_file.load(path), "backprop")
    except Unusable as error:
        text = str(error)
        assert path in text and "\n" not in text and len(text) < len(path) + 300
        return text
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**28 and time.perf_counter() - start < 20, (peak, path)
    return ""


@pytest.mark.parametrize("layer", LAYERS)
def test_every_number_of_a_layer_may_be_absurd(layer, tmp_path):
    base = network(layer)
    for text in changes(layer):
        ends_well(saved(tmp_path / "t.npz", base, text))


REFUSED = {
    "max_pooling(size=(1000000000, 2), padding='same')": "windows that meet",
    "average_pooling(size=(30000, 30000), padding='same', strides=(1, 1))": "windows that meet",
    f"max_pooling(strides=({10**30}, 1))": "strides must be whole numbers of at most 2,147,483,647",
    f"convolution(dilation=({10**30}, 1), padding='same')": "dilation must have whole numbers of at most",
    f"convolution(strides=({10**30}, 1))": "strides must have whole numbers of at most",
    "convolution(kernel=(1000000, 1000000), padding='same')": "more than the",
    f"up_sampling(size=({10**30}, 1))": "more than 2,147,483,647 numbers",
    "up_sampling(size=(100000, 1))": "more than the",
    f"zero_padding(padding=((0, {10**30}), (0, 0)))": "more than 2,147,483,647 numbers",
    f"cropping(cropping=((0, {10**30}), (0, 0)))": "leaves nothing",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_is_named(text, tmp_path):
    said = ends_well(saved(tmp_path / "t.npz", network("tanh"), text))
    assert REFUSED[text] in said


def test_the_command_ends_with_status_2(tmp_path, capsys):
    path = saved(tmp_path / "t.npz", network("tanh"), "max_pooling(size=(1000000000, 2), padding='same')")
    assert guarded(command.main, [path]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_many_layers_with_large_sizes_end_early(tmp_path):
    """Sizes that are multiplied layer by layer stop at the first that is too large."""
    layers = [*START, *(f"up_sampling(size=({2**31 - 1}, 1))" for _ in range(300)), *END]
    with pytest.raises(ValueError, match="gives more than"):
        graph(*layers)


def test_every_kind_with_a_size_is_tried():
    tried = {layer_named(layer).kind for layer in LAYERS}
    assert tried >= {name for name, kind in kinds().items() if kind.table is not kinds()["tanh"].table}


SLIDING = [layer for layer in LAYERS if layer_named(layer).kind in ("convolution", "transposed_convolution")]
WINDOWS = [
    *(layer for layer in LAYERS if "pooling" in layer),
    "max_pooling(size=(5, 5), strides=(1, 1), padding='same')",
    "max_pooling(size=(9, 2), strides=(2, 1), padding='same')",
]


@pytest.mark.parametrize("layer", [*SLIDING, *WINDOWS])
def test_no_table_is_larger_than_said(layer):
    """The tables of a convolution are as large as said; those of a max pooling may be smaller."""
    made, place = network(layer).places[2]
    sliding, read, gives = made.sliding(place.inputs), place.inputs[-1], place.outputs[-1]
    if layer in WINDOWS and isinstance(made, MaxPooling):
        sizes = sum(table.size for table in cells(sliding, read))
        assert sizes <= made.table(place) <= 8 * sizes
    else:
        forward, back = (gives, read) if "transposed" in layer else (read, gives)
        assert windows(sliding, forward).size + meeting(sliding, back).size == made.table(place)
