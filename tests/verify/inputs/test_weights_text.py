"""Trained weights from a folder of texts, and paths of any kind; every bad one is refused with one sentence."""

import os
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.network import ESSAY, chain
from tests.verify.inputs.weight_files import SMALL, random_weights, refused, same
from verify.inputs import weights


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "trained"
    path.mkdir()
    for name, content in weights.to_texts(random_weights()).items():
        (path / name).write_bytes(content)
    return path


@given(st.lists(st.integers(0, 2**32 - 1), min_size=6, max_size=6))
def test_a_float32_comes_back_from_text_bit_for_bit(bits):
    check_round_trip(np.array(bits, np.uint32).view(np.float32).reshape(3, 2))


@given(st.lists(st.integers(0, 2**64 - 1), min_size=6, max_size=6))
def test_a_float64_comes_back_from_text_bit_for_bit(bits):
    check_round_trip(np.array(bits, np.uint64).view(np.float64).reshape(3, 2))


def test_the_ends_of_float32_come_back():
    info = np.finfo(np.float32)
    ends = [info.max, -info.max, info.tiny, info.smallest_subnormal, -info.smallest_subnormal, -0.0]
    check_round_trip(np.array(ends, np.float32).reshape(3, 2))


def check_round_trip(matrix):
    network = chain((3, 2), ("softmax",))
    matrix = np.where(np.isfinite(matrix), matrix, matrix.dtype.type(-0.0))
    expected = {"W1": matrix, "B1": matrix[:1]}
    with tempfile.TemporaryDirectory() as path:
        for name, content in weights.to_texts(expected).items():
            with open(os.path.join(path, name), "wb") as file:
                file.write(content)
        same(weights.read(path, network, matrix.dtype.name), expected, matrix.dtype.name)


def test_the_text_is_that_of_table_5():
    texts = weights.to_texts({"B1": np.array([[0.1, -2]], np.float32), "W1": np.array([[1.0], [2.0]])})
    assert texts["B1.txt"] == b"1.000000014901161194e-01 -2.000000000000000000e+00\n"
    assert texts["W1.txt"] == b"1.000000000000000000e+00\n2.000000000000000000e+00\n"


def test_the_essays_texts(tmp_path):
    for name, content in weights.to_texts(random_weights(ESSAY)).items():
        (tmp_path / name).write_bytes(content)
    same(weights.read(str(tmp_path), ESSAY, "float32"), random_weights(ESSAY))


def test_a_bias_as_a_column_and_other_files(folder):
    np.savetxt(folder / "B2.txt", random_weights()["B2"][0], newline="\r\n")
    for name in ("golden.npz", "steps.csv", "notes.txt", "W.txt"):
        (folder / name).write_text("ignored")
    same(weights.read(str(folder), SMALL, "float32"), random_weights())


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
