"""Trained weights from golden.npz; every damaged archive is refused with one sentence."""

import io
import os
import zipfile

import numpy as np
import pytest

from reference.network import ESSAY, chain
from tests.verify.inputs.weight_files import SMALL, random_weights, refused, same
from verify.inputs import weights


def npz(path, **changed):
    arrays = random_weights() | changed
    np.savez(path, **{name: a for name, a in arrays.items() if a is not None})
    return path


def test_npz_round_trip(tmp_path):
    for network in (SMALL, ESSAY):
        for dtype in ("float32", "float64"):
            path = tmp_path / "golden.npz"
            path.write_bytes(weights.to_npz(random_weights(network, dtype)))
            same(weights.read(str(path), network, dtype), random_weights(network, dtype), dtype)


def test_npz_bytes_repeat_and_do_not_depend_on_the_layout():
    fortran = {name: np.asfortranarray(a) for name, a in random_weights().items()}
    assert weights.to_npz(random_weights()) == weights.to_npz(random_weights()) == weights.to_npz(fortran)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4", ">f8", "longdouble"])
def test_every_floating_type_is_rounded_once(tmp_path, dtype):
    path = npz(tmp_path / "w.npz", **random_weights(dtype=dtype))
    same(weights.read(str(path), SMALL, "float32"), random_weights(dtype=dtype))
    same(weights.read(str(path), SMALL, "float64"), random_weights(dtype=dtype), "float64")


def test_a_bias_of_one_dimension(tmp_path):
    flat = {name: a[0] for name, a in random_weights().items() if name[0] == "B"}
    same(weights.read(str(npz(tmp_path / "w.npz", **flat)), SMALL, "float32"), random_weights())


def test_what_is_read_can_be_written_to(tmp_path):
    arrays = weights.read(str(npz(tmp_path / "w.npz")), SMALL, "float32")
    assert all(a.flags.writeable and a.flags.c_contiguous and a.flags.owndata for a in arrays.values())


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
    """Return a golden.npz in which the header of W1 declares `shape`."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": shape})
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(weights.to_npz(random_weights()))) as source,
        zipfile.ZipFile(content, "w", 8) as target,
    ):
        for name in source.namelist():
            target.writestr(name, magic + buffer.getvalue()[6:] + data if name == "W1.npy" else source.read(name))
    return content.getvalue()


def test_a_header_that_declares_another_shape(tmp_path):
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


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_without_permission(tmp_path):
    path = npz(tmp_path / "w.npz")
    path.chmod(0)
    refused(path, "permissions")
