"""The digits and where they come from; every damaged source refused by one sentence."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from verify.errors import Unusable
from verify.inputs import samples
from verify.records.settings import Settings

MNIST = Path(__file__).parents[4] / "shared" / "mnist"


def test_the_embedded_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    bunch = load_digits()
    train, test = samples.load("digits", "train"), samples.load("digits", "test")
    assert np.array_equal(np.concatenate([train.labels, test.labels]), bunch.target)
    small = np.concatenate([train.images, test.images]).reshape(-1, 28, 28)[:, 3:26:3, 3:26:3]
    assert np.array_equal(small * 16, bunch.images)
    assert train.images.shape == (1437, 784) and train.images.max() == 1 and train.images.min() == 0


def test_a_batch_wraps_around():
    loaded = samples.load("digits", "test")
    X, y = loaded.batch(Settings(index=358, batch=2), 2)
    assert X.dtype == np.float32 and X.shape == (2, 784)
    assert y.argmax(axis=1).tolist() == loaded.labels[:2].tolist()


def test_choose():
    loaded = samples.load("digits", "train")
    assert samples.choose(loaded, 5, None, 1) == 5
    assert samples.choose(loaded, 5, 0, 1) == 0
    for digit, index, batch, word in (
        (11, None, 1, "--digit 11"),
        (5, 1437, 1, "--index 1437"),
        (5, 0, 1438, "--batch"),
    ):
        with pytest.raises(Unusable, match=word):
            samples.choose(loaded, digit, index, batch)


def idx(shape, magic=None, body=None):
    header = struct.pack(f">{1 + len(shape)}I", 0x800 + len(shape) if magic is None else magic, *shape)
    return header + (bytes(int(np.prod(shape))) if body is None else body)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx((3, 28, 28)))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx((3,), body=b"\x00\x01\x02")))
    return tmp_path


def refused(data, *words, split="train"):
    with pytest.raises(Unusable) as caught:
        samples.load(str(data), split)
    text = str(caught.value)
    assert "\n" not in text and all(word in text for word in words), text


def test_an_idx_folder_plain_and_gz(folder):
    loaded = samples.load(str(folder), "train")
    assert loaded.images.shape == (3, 784) and loaded.labels.tolist() == [0, 1, 2]


def test_the_other_split_is_missing(folder):
    refused(folder, "t10k-images-idx3-ubyte", split="test")


def test_no_such_path(tmp_path):
    refused(tmp_path / "none", "none", "no such")


BAD = {
    "empty": (b"", "too short"),
    "header only": (idx((3, 28, 28), body=b""), "only 0"),
    "magic": (idx((3, 28, 28), magic=0x801), "magic"),
    "count": (idx((4, 28, 28), body=bytes(3 * 784)), "only"),
    "more": (idx((2, 28, 28), body=bytes(3 * 784)), "more"),
    "huge": (idx((2**31, 28, 28), body=b""), "promises"),
    "no size": (idx((3, 0, 8)), "promises"),
    "vectors of labels": (idx((3,)), "magic"),
    "labels differ": (idx((2, 28, 28)), "labels"),
    "none": (idx((0, 28, 28)), "promises"),
}


@pytest.mark.parametrize("name", BAD)
def test_damaged_idx(folder, name):
    content, word = BAD[name]
    (folder / "train-images-idx3-ubyte").write_bytes(content)
    refused(folder, str(folder), word)


@pytest.mark.parametrize("cut", [5, 20, -4])
def test_damaged_gz(folder, cut):
    path = folder / "train-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:cut])
    refused(folder, str(path), "truncated or damaged")
    path.write_bytes(b"not gzip at all")
    refused(folder, str(path), "truncated or damaged")


def test_other_sizes_and_labels(folder):
    (folder / "train-images-idx3-ubyte").write_bytes(idx((3, 8, 6)))
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx((3,), body=b"\x00\x0b\x01")))
    loaded = samples.load(str(folder), "train")
    assert loaded.shape == (8, 6) and loaded.classes == tuple(map(str, range(12))) and not loaded.named
    assert samples.network_for(loaded).sizes == (48, 128, 64, 12)
    X, y = loaded.rows(np.array([1]), "float32")
    assert X.shape == (1, 48) and y.shape == (1, 12) and y[0, 11] == 1


def test_the_other_split_counts_for_the_number_of_classes(folder):
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx((2,), body=b"\x00\x06"))
    assert len(samples.load(str(folder), "train").classes) == 7


def test_names_of_idx_files(folder):
    for path in list(folder.iterdir()):
        path.rename(folder / f"emnist-letters-{path.name}")
    assert len(samples.load(str(folder), "train")) == 3
    (folder / "other-train-images-idx3-ubyte").write_bytes(idx((3, 28, 28)))
    refused(folder, "several")


def npz(path, **changed):
    arrays = {"x_train": np.zeros((2, 28, 28), np.uint8), "y_train": np.array([1, 2])} | changed
    np.savez(path, **{n: a for n, a in arrays.items() if a is not None})
    return path


def test_npz(tmp_path):
    loaded = samples.load(str(npz(tmp_path / "d.npz", x_train=np.full((2, 784), 255, np.uint8))), "train")
    assert loaded.images.max() == 1 and loaded.labels.tolist() == [1, 2]
    loaded = samples.load(str(npz(tmp_path / "d.npz", x_train=np.full((2, 784), 0.5))), "train")
    assert loaded.images.max() == 0.5


NPZ = {
    "lacks": ({"y_train": None}, "y_train"),
    "no images": ({"x_train": np.zeros(2)}, "images of shape [2]"),
    "text": ({"x_train": np.full((2, 784), "a")}, "numbers"),
    "nan": ({"x_train": np.full((2, 784), np.nan)}, "0-255"),
    "range": ({"x_train": np.full((2, 784), 2.0)}, "0-255"),
    "counts": ({"y_train": np.array([1, 2, 3])}, "2 images and 3 labels"),
    "float labels": ({"y_train": np.array([1.0, 2.0])}, "labels"),
    "empty": ({"x_train": np.zeros((0, 28, 28)), "y_train": np.zeros(0, int)}, "no labels"),
    "no images left": ({"x_train": np.zeros((0, 28, 28))}, "images of shape [0"),
    "one class": ({"y_train": np.array([3, 3])}, "every label is '3'"),
    "negative": ({"y_train": np.array([-1, 3])}, "from -1 to 3"),
    "beyond": ({"y_train": np.array([0, 1000])}, "from 0 to 1000"),
    "one-hot": ({"y_train": np.eye(2, dtype=int)}, "whole number for each"),
    "endless name": ({"y_train": np.array(["a", "b" * 101])}, "longer than 100"),
    "no name": ({"y_train": np.array(["a", " "])}, "empty"),
    "pickle": ({"x_train": np.array([None, None])}, "cannot be read"),
}


@pytest.mark.parametrize("name", NPZ)
def test_damaged_npz(tmp_path, name):
    changed, word = NPZ[name]
    refused(npz(tmp_path / "d.npz", **changed), "d.npz", word)


@pytest.mark.skipif(not MNIST.is_dir(), reason=f"real MNIST is not at {MNIST}")
def test_real_mnist():
    train, test = samples.load(str(MNIST), "train"), samples.load(str(MNIST), "test")
    assert np.bincount(train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert round(float(train.images.mean()) * 255, 6) == 33.318421
    assert (train.labels[0], test.labels[0], len(test.labels)) == (5, 7, 10_000)
