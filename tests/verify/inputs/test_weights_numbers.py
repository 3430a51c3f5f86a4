"""Damaged numbers, attributes and members of .keras and .h5 files: each is refused with one sentence."""

import json
import os
import struct

import h5py
import numpy as np
import pytest

from tests.verify.inputs.weight_files import (
    BOTH,
    PLAIN,
    SMALL,
    archive,
    random_weights,
    refused,
    same,
    whole,
)
from verify.errors import Unusable
from verify.inputs import weights


def swap(file, make):
    """Replace W2 in either kind of file."""
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
                file[place] = random_weights(dtype="float16")["B3"]

    same(
        weights.read(str(write(tmp_path, PLAIN, edit)), SMALL, "float32"),
        random_weights() | {"B3": random_weights(dtype="float16")["B3"]},
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
    same(weights.read(str(path), SMALL, "float32"), random_weights())
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
    for position in range(0, len(content), 97):
        damaged = bytearray(content)
        damaged[position] ^= 0x41
        path.write_bytes(damaged)
        try:
            weights.read(str(path), SMALL, "float32")
        except Unusable as error:
            assert str(error).isprintable()
