"""Trained weights from every kind of file; every bad one refused by one sentence, and no stranger's code run."""

import copy
import io
import json
import os
import struct
import tempfile
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.network import ESSAY, chain
from verify.errors import Unusable
from verify.inputs import weights
from verify.runtime.stderr import hushed

SMALL = chain((6, 5, 4, 3))


def drawn(network=SMALL, dtype="float32"):
    rng = np.random.default_rng(3)
    return {name: rng.normal(size=network.shape(name)).astype(dtype) for name in network.parameters()}


def same(found, expected, dtype="float32"):
    assert list(found) == list(expected)
    for name, matrix in found.items():
        assert matrix.dtype == dtype and matrix.shape == expected[name].shape
        assert matrix.tobytes() == np.asarray(expected[name], dtype).tobytes(), name


def refused(path, *words, network=SMALL, dtype="float32", shown=None):
    with pytest.raises(Unusable) as caught:
        weights.read(str(path), network, dtype)
    text = str(caught.value)
    assert text.startswith(f"--weights {shown or path}: ") and text.isprintable() and len(text) < 500, text
    assert not text.endswith(".") and (not str(path) or text.count(str(path)) <= 1), text
    assert all(word in text for word in words), text


# golden.npz


def npz(path, **changed):
    arrays = drawn() | changed
    np.savez(path, **{name: a for name, a in arrays.items() if a is not None})
    return path


def test_npz_round_trip(tmp_path):
    for network in (SMALL, ESSAY):
        for dtype in ("float32", "float64"):
            path = tmp_path / "golden.npz"
            path.write_bytes(weights.to_npz(drawn(network, dtype)))
            same(weights.read(str(path), network, dtype), drawn(network, dtype), dtype)


def test_npz_bytes_repeat_and_know_no_layout():
    fortran = {name: np.asfortranarray(a) for name, a in drawn().items()}
    assert weights.to_npz(drawn()) == weights.to_npz(drawn()) == weights.to_npz(fortran)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4", ">f8", "longdouble"])
def test_every_floating_type_is_rounded_once(tmp_path, dtype):
    path = npz(tmp_path / "w.npz", **drawn(dtype=dtype))
    same(weights.read(str(path), SMALL, "float32"), drawn(dtype=dtype))
    same(weights.read(str(path), SMALL, "float64"), drawn(dtype=dtype), "float64")


def test_a_bias_of_one_dimension(tmp_path):
    flat = {name: a[0] for name, a in drawn().items() if name[0] == "B"}
    same(weights.read(str(npz(tmp_path / "w.npz", **flat)), SMALL, "float32"), drawn())


def test_what_is_read_can_be_written_to(tmp_path):
    found = weights.read(str(npz(tmp_path / "w.npz")), SMALL, "float32")
    assert all(a.flags.writeable and a.flags.c_contiguous and a.flags.owndata for a in found.values())


NPZ = {
    "lacks": ({"B3": None}, "B3", "needed"),
    "holds more": ({"W4": np.zeros((3, 3))}, "W4"),
    "another name": ({"W2": None, "w2": np.zeros((5, 4))}, "w2"),
    "a trace": ({n: None for n in SMALL.parameters()} | {"manifest": np.array("{}"), "step1/Z1": np.zeros(1)}, "step1"),
    "an escape": ({"a\x1b[31m\n": np.zeros(2)}, "x1b"),
    "shape": ({"W2": np.zeros((5, 3))}, "W2 is [5, 3], where [5, 4] is needed"),
    "transposed": ({"W2": np.zeros((4, 5))}, "W2 is [4, 5], where [5, 4] is needed: it is transposed"),
    "flat": ({"W2": np.zeros(20)}, "W2 is [20]"),
    "a column": ({"B2": np.zeros((4, 1))}, "B2 is [4, 1], where [1, 4] is needed: it is transposed"),
    "a scalar": ({"B2": np.zeros(())}, "B2 is []"),
    "none": ({"B2": np.zeros((0, 4))}, "B2 is [0, 4]"),
    "whole numbers": ({"W1": np.ones((6, 5), int)}, "W1 is of type int64"),
    "truth values": ({"W1": np.ones((6, 5), bool)}, "W1 is of type bool"),
    "complex": ({"W1": np.ones((6, 5), complex)}, "W1 is of type complex128"),
    "text": ({"W1": np.full((6, 5), "1")}, "W1 is of type str"),
    "bytes": ({"W1": np.full((6, 5), b"1")}, "W1 is of type bytes"),
    "objects": ({"W1": np.full((6, 5), None)}, "W1 is of type object"),
    "fields": ({"W1": np.zeros((6, 5), [("a\x1b", "f4")])}, "W1 is of type void"),
    "dates": ({"W1": np.zeros((6, 5), "M8[s]")}, "W1 is of type datetime64"),
    "NaN": ({"W3": np.full((4, 3), np.nan)}, "W3 holds NaN or infinity"),
    "infinity": ({"B3": np.full((1, 3), -np.inf)}, "B3 holds NaN or infinity"),
    "too large": ({"B3": np.full((1, 3), 1e39)}, "B3 holds 1e+39, too large for float32", "--dtype float64"),
}


@pytest.mark.parametrize("name", NPZ)
def test_damaged_npz(tmp_path, name):
    changed, *words = NPZ[name]
    refused(npz(tmp_path / "w.npz", **changed), *words)


def test_what_overflows_float32_fits_float64(tmp_path):
    path = npz(tmp_path / "w.npz", B3=np.full((1, 3), 1e39))
    assert weights.read(str(path), SMALL, "float64")["B3"].tolist() == [[1e39] * 3]


def test_another_network(tmp_path):
    refused(npz(tmp_path / "w.npz"), "W1 is [6, 5], where [784, 128] is needed", network=ESSAY)
    refused(npz(tmp_path / "w.npz"), "W3 B3", network=chain((6, 5, 4), ("relu", "softmax")))
    refused(npz(tmp_path / "w.npz"), "W4 B4", network=chain((6, 5, 4, 3, 2), ("relu",) * 3 + ("softmax",)))


def with_header(shape, data=b"", magic=b"\x93NUMPY"):
    """A golden.npz whose W1 promises `shape`."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": shape})
    found = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(weights.to_npz(drawn()))) as source, zipfile.ZipFile(found, "w", 8) as target:
        for name in source.namelist():
            target.writestr(name, magic + buffer.getvalue()[6:] + data if name == "W1.npy" else source.read(name))
    return found.getvalue()


def test_promises_in_a_header(tmp_path):
    path = tmp_path / "w.npz"
    path.write_bytes(with_header((10**6, 10**6)))
    refused(path, "W1 is [1000000, 1000000], where [6, 5] is needed")
    path.write_bytes(with_header((6, 5)))
    refused(path, "cannot be read")
    path.write_bytes(with_header((6, 5), bytes(240 + 10**8)))
    assert weights.read(str(path), SMALL, "float32")["W1"].tolist() == [[0] * 5] * 6  # the bomb behind is not unpacked
    path.write_bytes(with_header((6, 5), bytes(240), b"\x93MUMPY"))
    refused(path, "damaged")


def test_a_member_twice(tmp_path):
    path = npz(tmp_path / "w.npz")
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("W1.npy", b"")
    refused(path, "W1", "each once")


# W1.txt … B3.txt


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "trained"
    path.mkdir()
    for name, content in weights.to_texts(drawn()).items():
        (path / name).write_bytes(content)
    return path


@given(st.lists(st.integers(0, 2**32 - 1), min_size=6, max_size=6))
def test_a_float32_comes_back_from_text_bit_for_bit(bits):
    returned(np.array(bits, np.uint32).view(np.float32).reshape(3, 2))


@given(st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=6))
def test_a_float64_comes_back_from_text_bit_for_bit(bits):
    returned(np.array(bits, np.uint64).view(np.float64).reshape(3, 2))


def test_the_ends_of_float32_come_back():
    info = np.finfo(np.float32)
    ends = [info.max, -info.max, info.tiny, info.smallest_subnormal, -info.smallest_subnormal, -0.0]
    returned(np.array(ends, np.float32).reshape(3, 2))


def returned(matrix):
    network = chain((3, 2), ("softmax",))
    matrix = np.where(np.isfinite(matrix), matrix, matrix.dtype.type(-0.0))
    given = {"W1": matrix, "B1": matrix[:1]}
    with tempfile.TemporaryDirectory() as path:
        for name, content in weights.to_texts(given).items():
            with open(os.path.join(path, name), "wb") as file:
                file.write(content)
        same(weights.read(path, network, matrix.dtype.name), given, matrix.dtype.name)


def test_the_text_is_that_of_table_5():
    texts = weights.to_texts({"B1": np.array([[0.1, -2]], np.float32), "W1": np.array([[1.0], [2.0]])})
    assert texts["B1.txt"] == b"1.000000014901161194e-01 -2.000000000000000000e+00\n"
    assert texts["W1.txt"] == b"1.000000000000000000e+00\n2.000000000000000000e+00\n"


def test_the_essays_texts(tmp_path):
    for name, content in weights.to_texts(drawn(ESSAY)).items():
        (tmp_path / name).write_bytes(content)
    same(weights.read(str(tmp_path), ESSAY, "float32"), drawn(ESSAY))


def test_a_bias_as_a_column_and_files_beside(folder):
    np.savetxt(folder / "B2.txt", drawn()["B2"][0], newline="\r\n")
    for name in ("golden.npz", "steps.csv", "notes.txt", "W.txt"):
        (folder / name).write_text("beside")
    same(weights.read(str(folder), SMALL, "float32"), drawn())


TEXTS = {
    "empty": (b"", "W2.txt is empty"),
    "blank": (b" \n\n", "W2.txt is empty"),
    "ragged": (b"1 2 3 4\n1 2 3\n", "W2.txt is not a table of numbers", "columns changed"),
    "words": (b"1 2 three 4\n", "W2.txt is not a table", "three"),
    "an escape": (b"1 2 \x1b[31m 4\n", "W2.txt is not a table"),
    "a comment": (b"# W2\n1 2 3 4\n", "W2.txt is not a table"),
    "commas": (b"1,2,3,4\n" * 5, "W2.txt is not a table"),
    "complex": (b"1+2j 2 3 4\n" * 5, "W2.txt is not a table"),
    "underscores": (b"1_0 2 3 4\n" * 5, "W2.txt is not a table"),
    "not text": (b"\xff\xfe1\x00", "W2.txt is not a table"),
    "zeros": (bytes(20), "W2.txt is not a table"),
    "other digits": ("\u0661 2 3 4\n".encode(), "W2.txt is not a table"),
    "few rows": (b"1 2 3 4\n" * 4, "W2 is [4, 4], where [5, 4] is needed"),
    "transposed": (b"1 2 3 4 5\n" * 4, "W2 is [4, 5]", "transposed"),
    "a column": (b"1\n" * 20, "W2 is [20, 1]"),
    "NaN": (b"1 2 nan 4\n" * 5, "W2 holds NaN"),
    "infinity": (b"1 2 1e400 4\n" * 5, "W2 holds NaN or infinity"),
    "too large": (b"1 2 -1e39 4\n" * 5, "W2 holds 1e+39, too large for float32"),
    "long": (b"1 2 3 4\n" * 10**4, "W2.txt is longer than"),
    "one long word": (b"1" * 2000, "W2 is [1, 1]"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_damaged_text(folder, name):
    content, *words = TEXTS[name]
    (folder / "W2.txt").write_bytes(content)
    refused(folder, *words)


def test_files_missing_or_too_many(folder):
    (folder / "W4.txt").write_text("1\n")
    refused(folder, "W4.txt too")
    (folder / "B2.txt").unlink()
    refused(folder, "no file B2.txt")
    (folder / "B2.txt").mkdir()
    refused(folder, "no file B2.txt")


def test_a_pipe_is_not_waited_for(folder):
    (folder / "B2.txt").unlink()
    os.mkfifo(folder / "B2.txt")
    refused(folder, "no file B2.txt")
    os.mkfifo(folder / "w.npz")
    refused(folder / "w.npz", "no such file")


# Whatever kind of file


def test_no_such_path(tmp_path, folder):
    refused(tmp_path / "none.npz", "no such file or folder")
    refused(tmp_path / "none", "no such file or folder")
    refused(tmp_path, "no file W1.txt")
    refused(folder / "W1.txt", ".npz, .keras or .h5")
    refused("", "plain text", shown="''")
    for path in ("a\nb", "a\x1b[31m.npz", "a\0b", "\udcff"):
        refused(path, "plain text", shown=ascii(path))


KINDS = ["w.npz", "w.keras", "w.h5"]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("content", [b"", b"PK", b"hello, world\n" * 99, bytes(2000), b"PK\5\6" + bytes(18)])
def test_not_such_a_file(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name)


@pytest.mark.parametrize("name", KINDS)
def test_a_large_file_is_not_opened(tmp_path, name):
    with open(tmp_path / name, "wb") as file:
        file.truncate(2**40)
    refused(tmp_path / name, "1099511627776 bytes")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_without_permission(tmp_path):
    path = npz(tmp_path / "w.npz")
    path.chmod(0)
    refused(path, "permissions")


# Files like Keras's, made without it; that they are like them, the real ones at the end show.


def layer(kind, name, **config):
    return {"module": "keras.layers", "class_name": kind, "config": {"name": name, **config}, "registered_name": None}


def sequential(*layers):
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}}


def dense(k, **changed):
    config = {"units": SMALL.sizes[k], "activation": SMALL.activations[k - 1], "use_bias": True} | changed
    return layer("Dense", f"d{k}", **config)


INPUT = layer("InputLayer", "i", batch_shape=[None, 6])
PLAIN = sequential(INPUT, dense(1), dense(2), dense(3))


def in_line(*layers):
    """A Functional model of these layers."""
    layers = copy.deepcopy(list(layers))
    for before, one in zip([None, *layers], layers, strict=False):
        tensor = {"config": {"keras_history": [before["config"]["name"], 0, 0]}} if before else None
        one["inbound_nodes"] = [{"args": [tensor], "kwargs": {}}] if before else []
    ends = {"input_layers": [layers[0]["config"]["name"], 0, 0], "output_layers": [layers[-1]["config"]["name"], 0, 0]}
    return {"module": "keras.src.models.functional", "class_name": "Functional", "config": {"layers": layers, **ends}}


def archive(path, config=PLAIN, edit=lambda file: None, others=(), **changed):
    """A .keras file; `edit` is let at the numbers."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for k in (1, 2, 3):
            group = file.create_group(f"layers/dense{f'_{k - 1}' if k > 1 else ''}/vars")
            group["0"], group["1"] = drawn()[f"W{k}"], drawn()[f"B{k}"][0]
        edit(file)
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    members = {"config.json": text, "model.weights.h5": buffer.getvalue(), **changed}
    with zipfile.ZipFile(path, "w", 8) as target:
        for name, content in [*members.items(), *others]:
            if content is not None:
                target.writestr(name, content)
    return path


def whole(path, config=PLAIN, edit=lambda file: None):
    """An .h5 file; `edit` is let at it."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = config if isinstance(config, (bytes, str)) else json.dumps(config)
        model = file.create_group("model_weights")
        model.attrs["layer_names"] = ["i", "d1", "d2", "d3"]
        for k in (1, 2, 3):
            group = model.create_group(f"d{k}")
            group.attrs["weight_names"] = [f"s/d{k}/kernel", f"s/d{k}/bias"]
            group[f"s/d{k}/kernel"], group[f"s/d{k}/bias"] = drawn()[f"W{k}"], drawn()[f"B{k}"][0]
        edit(file)
    return path


BOTH = pytest.mark.parametrize("write", [lambda p, *a: archive(p / "w.keras", *a), lambda p, *a: whole(p / "w.h5", *a)])

FLATTEN = layer("Flatten", "f", data_format="channels_last")
DROPOUT = layer("Dropout", "o", rate=0.2)
LIKE = {
    "plain": PLAIN,
    "in a line": in_line(INPUT, dense(1), dense(2), dense(3)),
    "no input layer": sequential(dense(1), dense(2), dense(3)),
    "an image": sequential(
        layer("InputLayer", "i", batch_shape=[None, 2, 3, 1]), FLATTEN, dense(1), dense(2), dense(3)
    ),
    "dropout": in_line(INPUT, dense(1), DROPOUT, dense(2), dense(3)),
    "rescaling by one": sequential(INPUT, layer("Rescaling", "r", scale=1.0, offset=0), dense(1), dense(2), dense(3)),
    "activations apart": in_line(
        INPUT,
        *(dense(1, activation="linear"), DROPOUT, layer("Activation", "a", activation="relu"), dense(2)),
        *(dense(3, activation="linear"), layer("Activation", "b", activation="softmax")),
    ),
}


@BOTH
@pytest.mark.parametrize("name", LIKE)
def test_models_that_are_this_network(tmp_path, write, name):
    same(weights.read(str(write(tmp_path, LIKE[name])), SMALL, "float32"), drawn())


def without(key, *layers):
    return sequential(*({k: v for k, v in one.items() if k != key} for one in layers))


def called(*layers, **kwargs):
    """In a line, with the dropout called so."""
    found = in_line(*layers)
    for one in found["config"]["layers"]:
        if one["class_name"] == "Dropout":
            one["inbound_nodes"][0]["kwargs"] = kwargs
    return found


def branched(edit):
    found = in_line(INPUT, dense(1), dense(2), dense(3))
    edit(found["config"])
    return found


def stranger(**changed):
    return sequential(INPUT, {**dense(1), **changed}, dense(2), dense(3))


UNLIKE = {
    "order": (
        sequential(INPUT, dense(2), dense(1), dense(3)),
        "4 relu, 5 relu, 3 softmax",
        "5 relu, 4 relu, 3 softmax",
    ),
    "fewer": (sequential(INPUT, dense(1), dense(3)), "are '5 relu, 3 softmax', where"),
    "more": (
        sequential(INPUT, dense(1), dense(2), {**dense(2), "config": dense(2)["config"] | {"name": "x"}}, dense(3)),
    ),
    "no Dense": (sequential(INPUT), "are 'none'"),
    "empty": (sequential(), "are 'none'"),
    "sizes": (sequential(INPUT, dense(1, units=7), dense(2), dense(3)), "7 relu"),
    "activation": (sequential(INPUT, dense(1, activation="tanh"), dense(2), dense(3)), "5 tanh"),
    "no activation": (sequential(INPUT, dense(1), dense(2), dense(3, activation="linear")), "3 linear"),
    "an object": (sequential(INPUT, dense(1, activation={"class_name": "\x1b"}), dense(2), dense(3)), "class_name"),
    "activation twice": (sequential(INPUT, dense(1), layer("Activation", "a", activation="relu"), dense(2)), "'a' of"),
    "activation first": (sequential(INPUT, layer("Activation", "a", activation="relu"), dense(1)), "no place"),
    "no bias": (sequential(INPUT, dense(1), dense(2, use_bias=False), dense(3)), "'d2'", "no bias"),
    "Lambda": (sequential(INPUT, layer("Lambda", "l"), dense(1)), "'l' of class 'Lambda' has no place"),
    "Conv2D": (sequential(INPUT, layer("Conv2D", "c"), dense(1)), "'c' of class 'Conv2D' has no place"),
    "an escape": (sequential(INPUT, layer("A\x1b[31m\n", "\x07" * 999), dense(1)), "x1b", "x07"),
    "rescaling": (sequential(INPUT, layer("Rescaling", "r", scale=1 / 255, offset=0.0), dense(1)), "scaled to 0-1"),
    "shifting": (sequential(INPUT, layer("Rescaling", "r", scale=1, offset=[0.5]), dense(1)), "scaled to 0-1"),
    "channels first": (sequential(INPUT, layer("Flatten", "f", data_format="channels_first")), "channels_last"),
    "input": (sequential(layer("InputLayer", "i", batch_shape=[None, 2, 6]), dense(1)), "[2, 6]", "6 numbers"),
    "any input": (sequential(layer("InputLayer", "i", batch_shape=[None, None]), dense(1)), "6 numbers"),
    "huge input": (sequential(layer("InputLayer", "i", batch_shape=[None, "a", 10**12])), "6 numbers"),
    "dropout always": (called(INPUT, dense(1), DROPOUT, dense(2), training=True), "training=True"),
    "one name": (sequential(INPUT, dense(1), dense(1), dense(3)), "one name"),
    "own class": (stranger(module=None, registered_name="Dense"), "Keras's own"),
    "own module": (stranger(module="mine.layers", registered_name="mine>Dense"), "Keras's own"),
    "own name": (stranger(registered_name="mine>Dense"), "Keras's own"),
    "own model": ({**PLAIN, "class_name": "MyModel"}, "class 'MyModel'"),
    "two inputs": (branched(lambda c: c["layers"][2]["inbound_nodes"][0]["args"].append(in_line(INPUT, INPUT))), ""),
    "skips a layer": (branched(lambda c: c["layers"][3].update(inbound_nodes=c["layers"][2]["inbound_nodes"])), "line"),
    "called twice": (
        branched(lambda c: c["layers"][2].update(inbound_nodes=c["layers"][2]["inbound_nodes"] * 2)),
        "line",
    ),
    "another order listed": (branched(lambda c: c["layers"].reverse()), "line"),
    "an earlier output": (branched(lambda c: c.update(output_layers=["d2", 0, 0])), "line"),
    "two outputs": (branched(lambda c: c.update(output_layers=[["d2", 0, 0], ["d3", 0, 0]])), "line"),
    "no class": (without("class_name", INPUT, dense(1)), "description"),
    "no config": (without("config", INPUT, dense(1)), "description"),
    "a list": ([], "description"),
    "a number": (3, "description"),
    "nothing in it": ({}, "description"),
    "layers no list": ({**PLAIN, "config": {"layers": 3}}, "description"),
    "a layer no object": (sequential(INPUT, "Dense"), "description"),
    "a name no text": (sequential(layer("Dense", ["x"])), "description"),
    "a class no text": (stranger(class_name=["Dense"]), "description"),
    "not JSON": (b"{", "not JSON"),
    "not UTF-8": (b'{"a": "\xff"}',),
    "deep": (b"[" * 100_000, "JSON"),
    "deep within": (b'{"class_name": "Sequential", "config": ' + b'{"layers":[' * 400 + b"]}" * 400 + b"}", ""),
    "large numbers": (b'{"a": ' + b"9" * 5000 + b"}", "JSON"),
    "long": (json.dumps({**PLAIN, "x": " " * 2**21}).encode(), "bytes"),
}


@BOTH
@pytest.mark.parametrize("name", UNLIKE)
def test_models_that_are_not(tmp_path, write, name):
    config, *words = UNLIKE[name]
    refused(write(tmp_path, config), *words)


def test_the_files_of_keras_2(tmp_path):
    """Its `.h5` has :0 on the names of the weights, texts as bytes, and another way to write a line of layers."""
    model = in_line(INPUT, dense(1), DROPOUT, dense(2), dense(3))
    model.pop("module")
    model["config"].update(input_layers=[["i", 0, 0]], output_layers=[["d3", 0, 0]])
    for before, one in zip([None, *model["config"]["layers"]], model["config"]["layers"], strict=False):
        one.pop("module")
        one.pop("registered_name")
        one["inbound_nodes"] = [[[before["config"]["name"], 0, 0, {}]]] if before else []
    model["config"]["layers"][0]["config"]["batch_input_shape"] = model["config"]["layers"][0]["config"].pop(
        "batch_shape"
    )

    def edit(file):
        file["model_weights"].attrs["layer_names"] = np.array([b"i", b"d1", b"o", b"d2", b"d3"])
        group = file["model_weights/d1"]
        group.move("s/d1/kernel", "d1/kernel:0")
        group.move("s/d1/bias", "d1/bias:0")
        group.attrs["weight_names"] = np.array([b"d1/kernel:0", b"d1/bias:0"])

    path = whole(tmp_path / "w.h5", json.dumps(model).encode(), edit)
    same(weights.read(str(path), SMALL, "float32"), drawn())
    model["config"]["layers"][2]["inbound_nodes"][0][0][3] = {"training": True}
    refused(whole(tmp_path / "w.h5", model, edit), "training=True")


def swap(file, make):
    """Put another thing in the place of W2, in either kind of file."""
    place = "layers/dense_1/vars/0" if "layers" in file else "model_weights/d2/s/d2/kernel"
    del file[place]
    make(file, place)


def dataset(**kwargs):
    return lambda file, place: file.create_dataset(place, **kwargs)


def link(target):
    return lambda file, place: file.__setitem__(place, target)


def virtual(file, place):
    layout = h5py.VirtualLayout((5, 4), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (5, 4))
    file.create_virtual_dataset(place, layout)


def null(file, place):
    file[place] = h5py.Empty("f4")


W2 = np.ones((5, 4), "f4")
NUMBERS = {
    "missing": (lambda file, place: None, "it has no"),
    "shape": (dataset(data=np.ones((5, 3), "f4")), "W2 is [5, 3], where [5, 4] is needed"),
    "transposed": (dataset(data=W2.T), "W2 is [4, 5], where [5, 4] is needed: it is transposed"),
    "whole numbers": (dataset(data=W2.astype("i8")), "W2 is of type int64"),
    "complex": (dataset(data=W2.astype("c16")), "W2 is of type complex128"),
    "bytes": (dataset(data=W2.astype("S3")), "W2 is of type bytes"),
    "objects": (dataset(data=np.full((5, 4), "evil", object), dtype=h5py.string_dtype()), "W2 is of type object"),
    "references": (dataset(shape=(5, 4), dtype=h5py.ref_dtype), "W2 is of type object"),
    "an enumeration": (dataset(shape=(5, 4), dtype=h5py.enum_dtype({"A": 1})), "W2 is of type uint8"),
    "fields": (dataset(shape=(5, 4), dtype=[("a", "f4")]), "W2 is of type void"),
    "no shape": (null, "W2 is []"),
    "NaN": (dataset(data=W2 * np.nan), "W2 holds NaN"),
    "too large": (dataset(data=W2.astype("f8") * 1e39), "W2 holds 1e+39"),
    "huge": (dataset(shape=(10**9, 10**9), dtype="f4", fillvalue=1), "W2 is [1000000000, 1000000000]"),
    "a fill value only": (dataset(shape=(5, 4), dtype="f4", fillvalue=1), "no numbers"),
    "chunks": (dataset(data=W2, chunks=(5, 4)), "in pieces"),
    "huge chunks": (dataset(shape=(5, 4), maxshape=(None, None), chunks=(2**14, 2**14), dtype="f4"), "in pieces"),
    "compressed": (dataset(data=W2, compression="gzip"), "in pieces"),
    "external": (dataset(shape=(5, 4), dtype="f4", external=[("/etc/passwd", 0, 80)]), "outside the file"),
    "virtual": (virtual, "outside the file"),
    "a group": (lambda file, place: file.create_group(place), "W2 in it is not an array"),
    "a type": (lambda file, place: file.__setitem__(place, np.dtype("f4")), "W2 in it is not an array"),
    "an external link": (link(h5py.ExternalLink("/etc/passwd", "/x")), "a link"),
    "a soft link": (link(h5py.SoftLink("/somewhere")), "a link"),
    "a link in a circle": (lambda file, place: file.__setitem__(place, h5py.SoftLink("/" + place)), "a link"),
}


@BOTH
@pytest.mark.parametrize("name", NUMBERS)
def test_damaged_numbers(tmp_path, write, name):
    make, *words = NUMBERS[name]
    refused(write(tmp_path, PLAIN, lambda file: swap(file, make)), *words)


@BOTH
def test_a_linked_group_is_not_followed(tmp_path, write):
    def edit(file):
        place = "layers/dense_1" if "layers" in file else "model_weights/d2"
        file.move(place, "elsewhere")
        file[place] = h5py.SoftLink("/elsewhere")

    refused(write(tmp_path, PLAIN, edit), "a link")


@BOTH
def test_a_bias_of_two_dimensions_and_float16(tmp_path, write):
    def edit(file):
        for place in ("layers/dense_2/vars/1", "model_weights/d3/s/d3/bias"):
            if place in file:
                del file[place]
                file[place] = drawn(dtype="float16")["B3"]

    same(
        weights.read(str(write(tmp_path, PLAIN, edit)), SMALL, "float32"),
        drawn() | {"B3": drawn(dtype="float16")["B3"]},
    )


def test_three_arrays_in_a_layer(tmp_path):
    path = archive(tmp_path / "w.keras", PLAIN, lambda file: file.__setitem__("layers/dense/vars/2", np.ones(3)))
    refused(path, "Dense layer 1 holds 3 arrays")


def test_a_dataset_for_a_group_is_not_walked_through(tmp_path):
    def edit(file):
        del file["layers/dense/vars"]
        file.create_dataset("layers/dense/vars", shape=(10**15,), dtype="f4")

    refused(archive(tmp_path / "w.keras", PLAIN, edit), "damaged")


ATTRIBUTES = {
    "no description": (lambda file: file.attrs.pop("model_config"), "no model_config"),
    "a number": (lambda file: file.attrs.__setitem__("model_config", 3), "description"),
    "an array": (lambda file: file.attrs.__setitem__("model_config", np.zeros(9)), "JSON"),
    "nothing": (lambda file: file.attrs.__setitem__("model_config", h5py.Empty("S9")), "damaged"),
    "no weights": (lambda file: file.__delitem__("model_weights"), "no 'model_weights'"),
    "no layer": (lambda file: file.__delitem__("model_weights/d2"), "no 'd2'"),
    "another order": (
        lambda file: file["model_weights"].attrs.__setitem__("layer_names", ["i", "d2", "d1", "d3"]),
        "layer_names",
    ),
    "no names": (lambda file: file["model_weights/d2"].attrs.pop("weight_names"), "damaged"),
    "one name": (lambda file: file["model_weights/d2"].attrs.__setitem__("weight_names", ["x"]), "holds 1 arrays"),
    "names of elsewhere": (
        lambda file: file["model_weights/d2"].attrs.__setitem__("weight_names", ["/../\x1b", "."]),
        "it has no",
    ),
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_damaged_attributes(tmp_path, name):
    edit, *words = ATTRIBUTES[name]
    refused(whole(tmp_path / "w.h5", PLAIN, edit), *words)


@BOTH
def test_a_name_is_no_way_out(tmp_path, write):
    """An absolute name is not one of HDF5's roots here, nor a dot the group itself."""

    def edit(file):
        if "layers" not in file:
            file["model_weights/d2"].attrs["weight_names"] = ["/model_weights/d2/s/d2/kernel", "s/./d2/bias"]

    path = write(tmp_path, PLAIN, edit)
    if path.suffix == ".h5":
        refused(path, "it has no")


MEMBERS = {
    "no description": ({"config.json": None}, "0 members config.json"),
    "no numbers": ({"model.weights.h5": None}, "0 members model.weights.h5"),
    "a bomb of text": ({"config.json": b" " * 2**24}, "config.json would unpack to 16777216 bytes"),
    "a bomb of numbers": ({"model.weights.h5": bytes(2**25)}, "model.weights.h5 would unpack to 33554432 bytes"),
    "no HDF5": ({"model.weights.h5": b"hello"}, "damaged"),
    "empty": ({"model.weights.h5": b""}, "damaged"),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_damaged_members(tmp_path, name):
    changed, *words = MEMBERS[name]
    refused(archive(tmp_path / "w.keras", **changed), *words)


def test_a_size_that_lies(tmp_path):
    """A member that unpacks to more than its header says is cut there, and its checksum is wrong."""
    path = archive(tmp_path / "w.keras", **{"config.json": json.dumps(PLAIN).encode() + b" " * 2**24})
    content = path.read_bytes()
    old, new = (struct.pack("<I", len(json.dumps(PLAIN)) + n) for n in (2**24, 0))
    assert content.count(old) == 2
    path.write_bytes(content.replace(old, new))
    refused(path, "damaged")


def test_a_description_twice(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        path = archive(tmp_path / "w.keras", others=[("config.json", b"{}")])
    refused(path, "2 members config.json")


def test_nothing_is_unpacked(tmp_path, monkeypatch):
    """Names that lead out of the folder are never written to."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    path = archive(tmp_path / "w.keras", others=[("../evil", b"x"), ("/tmp/byhand-evil", b"x"), ("assets/x", b"x")])
    same(weights.read(str(path), SMALL, "float32"), drawn())
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b", "w.keras"]
    assert not os.path.exists("/tmp/byhand-evil")


@BOTH
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.99])
def test_truncated(tmp_path, write, share):
    path = write(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    refused(path, "damaged or truncated")


@BOTH
def test_a_flipped_byte_never_ends_in_a_traceback(tmp_path, write):
    path = write(tmp_path)
    content = path.read_bytes()
    for at in range(0, len(content), 97):
        damaged = bytearray(content)
        damaged[at] ^= 0x41
        path.write_bytes(damaged)
        try:
            weights.read(str(path), SMALL, "float32")
        except Unusable as error:
            assert str(error).isprintable()


# Files that Keras wrote


@pytest.fixture(scope="module")
def keras():
    with hushed():
        return pytest.importorskip("keras")


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sequential_model_of_keras(keras, tmp_path, ending, dtype):
    with hushed():
        layers = keras.layers
        sizes = ((128, "relu"), (64, "relu"), (10, "softmax"))
        stages = [layers.Dense(n, activation, dtype=dtype, bias_initializer="normal") for n, activation in sizes]
        model = keras.Sequential([layers.Input((784,), dtype=dtype), *stages])
        model.compile("adam", "categorical_crossentropy")
        model.fit(np.ones((2, 784)), np.eye(10)[:2], verbose=0)
        model.save(tmp_path / f"m.{ending}")
    written(model, tmp_path / f"m.{ending}", dtype)


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_functional_model_of_keras(keras, tmp_path, ending):
    """Named against the order of the alphabet, of computing and of Keras's own counting."""
    with hushed():
        layers = keras.layers
        image = layers.Input((28, 28))
        found = layers.Flatten()(image)
        found = layers.Dense(128, name="z")(found)
        found = layers.Activation("relu")(found)
        found = layers.Dropout(0.2)(found)
        found = layers.Dense(64, keras.activations.relu, bias_initializer="normal", name="dense_2")(found)
        model = keras.Model(image, layers.Dense(10, "softmax", name="dense")(found))
        model.save(tmp_path / f"m.{ending}")
    written(model, tmp_path / f"m.{ending}")


def written(model, path, dtype="float32"):
    numbers = [np.atleast_2d(a) for a in model.get_weights()]
    same(weights.read(str(path), ESSAY, dtype), dict(zip(ESSAY.parameters(), numbers, strict=True)), dtype)
    refused(path, "Dense layers are", network=chain((784, 64, 128, 10)))


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_other_models_of_keras(keras, tmp_path, ending):
    class Dense(keras.layers.Dense):
        """A stranger's."""

    def saved(*stages):
        with hushed():
            keras.Sequential([keras.layers.Input((6,)), *stages]).save(tmp_path / f"m.{ending}")
        return tmp_path / f"m.{ending}"

    layers = keras.layers
    refused(saved(layers.Lambda(lambda x: x), layers.Dense(5)), "'Lambda' has no place")
    refused(saved(layers.BatchNormalization(), layers.Dense(5)), "'BatchNormalization' has no place")
    refused(saved(layers.Rescaling(1 / 255), layers.Dense(5)), "scaled to 0-1")
    refused(saved(layers.Dense(5, use_bias=False)), "no bias")
    with pytest.warns(UserWarning, match="lambda"):
        path = saved(layers.Dense(5, lambda x: x))
    refused(path, "Dense layers are")
    if ending == "keras":
        refused(saved(Dense(5)), "not one of Keras's own")


def test_weights_alone_of_keras(keras, tmp_path):
    with hushed():
        model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(5)])
        model.save_weights(tmp_path / "m.weights.h5")
    refused(tmp_path / "m.weights.h5", "save the whole model with model.save")
