"""CSV and folders of pictures: every form that is read, and every damaged one refused by one sentence."""

import csv
import gzip
import os

import numpy as np
import pytest
from PIL import Image

from verify.errors import Unusable
from verify.inputs import samples

HOSTILE = ["=HYPERLINK(1)", "<img src=x onerror=alert(1)>", "a|b`c", "\x1b[31mred", "wrong\rPASS", "a\u202eb"]


def refused(data, *words, split="train"):
    with pytest.raises(Unusable) as caught:
        samples.load(str(data), split)
    text = str(caught.value)
    assert text.isprintable() and all(word in text for word in words), text
    return text


def table(path, rows, header=None):
    with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else open(path, "w", newline="") as file:
        csv.writer(file).writerows([*([header] if header else []), *rows])
    return path


def rows(count=10, side=3, labels=2):
    rng = np.random.default_rng(0)
    return [[i % labels, *rng.integers(0, 256, side * side).tolist()] for i in range(count)]


# --- CSV -------------------------------------------------------------------------------------------------------

HEADERS = {
    "none": None,
    "names": ["label", *(f"pixel{i}" for i in range(9))],
    "row x column": ["label", *(f"{i}x{j}" for i in range(1, 4) for j in range(1, 4))],
    "pandas": ["label", *map(str, range(9))],
}


@pytest.mark.parametrize("ending", [".csv", ".CSV", ".csv.gz"])
@pytest.mark.parametrize("name", HEADERS)
def test_csv_with_and_without_a_header(tmp_path, name, ending):
    path = table(tmp_path / f"d{ending}", rows(), HEADERS[name])
    train, test = samples.load(str(path), "train"), samples.load(str(path), "test")
    whole = np.array(rows())
    assert np.array_equal(train.pixels, np.delete(whole, [4, 9], axis=0)[:, 1:]) and train.pixels.dtype == np.uint8
    assert np.array_equal(test.pixels, whole[[4, 9], 1:]) and test.labels.tolist() == whole[[4, 9], 0].tolist()
    assert train.shape == (3, 3) and train.classes == ("0", "1") and not train.named
    assert samples.network_for(train).sizes == (9, 128, 64, 2)


def test_csv_of_names_and_fractions(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text('\ufeff"cat, black",0.0,1.0\n\ndog,0.25,0.5\n"cat, black",1,0\n', encoding="utf-8")
    loaded = samples.load(str(path), "train")
    assert loaded.classes == ("cat, black", "dog") and loaded.named and loaded.labels.tolist() == [0, 1, 0]
    assert loaded.images.tolist() == [[0, 1], [0.25, 0.5], [1, 0]] and loaded.shape == (2,)


def test_whole_numbers_are_of_255_however_they_are_written(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("0,255.0,51\n1,1e2,0\n")
    assert samples.load(str(path), "train").images[0].tolist() == [1, 0.2]


def test_a_folder_of_two_tables(tmp_path):
    table(tmp_path / "things_train.csv", rows(4))
    table(tmp_path / "things_test.csv", [[6, *range(9)]])
    train, test = samples.load(str(tmp_path), "train"), samples.load(str(tmp_path), "test")
    assert len(train) == 4 and len(test) == 1 and len(train.classes) == len(test.classes) == 7
    table(tmp_path / "train.csv", rows(4))
    refused(tmp_path, "several files like train.csv")
    (tmp_path / "things_test.csv").unlink()
    refused(tmp_path, "no file test.csv", split="test")


BAD = {
    "empty": ("", "no rows"),
    "blank lines": ("\n\n", "no rows"),
    "header only": ("label,a,b\n", "no rows"),
    "labels only": ("1\n2\n", "line 1 has 1 cells"),
    "ragged, short": ("1,2,3\n0,4\n", "line 2 has 2 cells, and the first row 3"),
    "ragged, long": ("1,2,3\n0,4,5,6\n", "line 2 has 4 cells"),
    "a word": ("1,2,3\n0,4,x\n", "line 2, column 3: 'x' is not"),
    "a word in the first row": ("1,2,x\n0,4,5\n", "line 1, column 3"),
    "an empty cell": ("1,2,3\n0,,3\n", "line 2, column 2: ''"),
    "NaN": ("1,2,3\n0,nan,3\n", "line 2, column 2: 'nan' is not a finite"),
    "infinity": ("1,2,3\n0,inf,3\n", "not a finite"),
    "hostile cell": ("1,2,3\n0,\x1b[31m,3\n", r"'\x1b[31m'"),
    "negative": ("1,2,3\n0,-4,3\n", "0-255"),
    "too large": ("1,2,3\n0,256,3\n", "0-255"),
    "neither whole nor fraction": ("1,2,3\n0,4.5,3\n", "0-255"),
    "one class": ("1,2,3\n1,4,3\n", "every label is '1'"),
    "no label": ("1,2,3\n,4,3\n", "a label is empty"),
    "endless label": (f"1,2,3\n{'x' * 101},4,3\n", "longer than 100"),
    "a label of a thousand": ("0,2,3\n1000,4,3\n", "at most 1000 classes"),
    "an open quote": ('1,2,3\n"0,4,3\n', "not a table"),
}


@pytest.mark.parametrize("name", BAD)
def test_damaged_csv(tmp_path, name):
    text, words = BAD[name]
    (tmp_path / "d.csv").write_text(text)
    refused(tmp_path / "d.csv", "d.csv", words)


def test_csv_that_is_no_text(tmp_path):
    path = tmp_path / "d.csv"
    path.write_bytes(b"1,2,3\n0,\xff\xfe,3\n")
    refused(path, "UTF-8")
    packed = gzip.compress(b"1,2,3\n0,4,5\n" * 1000)
    for content in (b"not gzip", packed[: len(packed) // 2]):
        (tmp_path / "d.csv.gz").write_bytes(content)
        refused(tmp_path / "d.csv.gz", "truncated or damaged")


def test_too_few_rows_for_a_test(tmp_path):
    refused(table(tmp_path / "d.csv", rows(4)), "none is for the test", split="test")


# --- folders of pictures ---------------------------------------------------------------------------------------


def pictures(folder, labels, count=5, size=(4, 3), mode="L", ending="png"):
    for number, label in enumerate(labels):
        (folder / label).mkdir(parents=True)
        for i in range(count):
            Image.new(mode, size, 40 * number + i).save(folder / label / f"{i}.{ending}")
    return folder


def test_folders_by_label(tmp_path):
    pictures(tmp_path, ["dog", "cat"])
    (tmp_path / ".cache").mkdir()
    (tmp_path / "dog" / ".DS_Store").write_text("x")
    (tmp_path / "dog" / "Thumbs.db").write_text("x")
    train, test = samples.load(str(tmp_path), "train"), samples.load(str(tmp_path), "test")
    assert train.classes == ("cat", "dog") and train.shape == (3, 4) and train.named
    assert train.labels.tolist() == [0] * 4 + [1] * 4
    assert train.pixels[:, 0].tolist() == [40, 41, 42, 43, 0, 1, 2, 3] and test.pixels[:, 0].tolist() == [44, 4]


def test_folders_by_split_and_label(tmp_path):
    pictures(tmp_path / "training", ["0", "10", "2"], 2)
    pictures(tmp_path / "testing", ["3"], 1)
    train, test = samples.load(str(tmp_path), "train"), samples.load(str(tmp_path), "test")
    assert train.labels.tolist() == [0, 0, 10, 10, 2, 2] and test.labels.tolist() == [3]
    assert len(train.classes) == len(test.classes) == 11 and not train.named


def test_modes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    Image.new("RGB", (2, 2), (255, 255, 255)).save(tmp_path / "a" / "1.png")
    Image.new("RGB", (2, 2), (0, 0, 0)).save(tmp_path / "a" / "2.bmp")
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(tmp_path / "a" / "3.png")
    Image.fromarray(np.full((2, 2), 51 * 257, np.uint16)).save(tmp_path / "b" / "4.png")
    Image.new("1", (2, 2), 1).save(tmp_path / "b" / "5.png")
    Image.new("P", (2, 2), 0).save(tmp_path / "b" / "6.png")
    Image.new("L", (2, 2), 128).save(tmp_path / "b" / "7.jpg", quality=95)
    assert samples.load(str(tmp_path), "train").pixels[:, 0].tolist() == [255, 0, 255, 51, 255, 0, 128]


def test_hostile_names_of_labels(tmp_path):
    pictures(tmp_path, [*HOSTILE, "newline\nhere"], 1)
    os.mkdir(os.fsencode(tmp_path) + b"/half\xff")
    Image.new("L", (4, 3)).save(tmp_path / "half\udcff" / "1.png")
    loaded = samples.load(str(tmp_path), "train")
    assert loaded.named and len(loaded.classes) == len(HOSTILE) + 2
    (tmp_path / HOSTILE[3] / "2.png").write_text("no picture")
    from reports.plain import plain

    with pytest.raises(Unusable) as caught:
        samples.load(str(tmp_path), "train")
    assert "x1b[31mred/2.png: not an image" in plain(str(caught.value))


BROKEN = {
    "no picture": lambda f: (f / "cat" / "notes.txt").write_text("x"),
    "an empty file": lambda f: (f / "cat" / "9.png").write_bytes(b""),
    "a truncated": lambda f: (f / "cat" / "0.png").write_bytes((f / "cat" / "0.png").read_bytes()[:60]),
    "a folder, where": lambda f: (f / "cat" / "more").mkdir(),
    "has no pictures": lambda f: (f / "cow").mkdir(),
    "and cat/0.png 4 x 3": lambda f: Image.new("L", (3, 4)).save(f / "dog" / "0.png"),
    "GIF is not read": lambda f: Image.new("L", (4, 3)).save(f / "cat" / "9.gif"),
}


@pytest.mark.parametrize("words", BROKEN)
def test_damaged_folders(tmp_path, words):
    BROKEN[words](pictures(tmp_path, ["dog", "cat"]))
    refused(tmp_path, f"--data {tmp_path}", "not an image" if words == "no picture" else words)


def test_too_little_in_a_folder(tmp_path):
    refused(tmp_path, "is needed")
    pictures(tmp_path, ["cat"])
    refused(tmp_path, "every label is 'cat'")
    (tmp_path / "train").mkdir()
    refused(tmp_path, "no folders of pictures")
    refused(tmp_path, "no folder test", split="test")


def test_too_few_pictures_for_a_test(tmp_path):
    refused(pictures(tmp_path, ["cat", "dog"], 4), "none is for the test", split="test")


# --- what they have in common ----------------------------------------------------------------------------------


def test_names_in_an_npz(tmp_path):
    path = tmp_path / "d.npz"
    np.savez(path, x_train=np.zeros((3, 2, 2, 3), np.uint8), y_train=np.array(["b", "a", "b"]))
    loaded = samples.load(str(path), "train")
    assert loaded.shape == (2, 2, 3) and loaded.classes == ("a", "b") and loaded.labels.tolist() == [1, 0, 1]
    np.savez(path, x_train=np.ones((2, 3), bool), y_train=np.array([[1], [0]]))
    loaded = samples.load(str(path), "train")
    assert loaded.images.max() == 1 and loaded.labels.tolist() == [1, 0]


def test_choose_by_name(tmp_path):
    loaded = samples.load(str(pictures(tmp_path, ["dog", "cat"])), "train")
    assert samples.choose(loaded, "dog", None, 1) == 4
    assert samples.choose(loaded, None, None, 1) == 0  # such data have no usual digit
    with pytest.raises(Unusable, match=r"--digit cow: .* classes are cat, dog"):
        samples.choose(loaded, "cow", None, 1)


def test_splits_of_two_kinds(tmp_path):
    path = tmp_path / "d.npz"
    arrays = {"x_train": np.zeros((2, 2, 2)), "y_train": np.array([0, 1]), "y_test": np.array([0])}
    np.savez(path, x_test=np.zeros((1, 3, 3)), **arrays)
    with pytest.raises(Unusable, match="training images are 2x2, its test images 3x3"):
        samples.check_same_kind(*(samples.load(str(path), split) for split in ("train", "test")), "d.npz")


def test_more_than_memory_holds(tmp_path, monkeypatch):
    monkeypatch.setattr("verify.inputs.datasets.common.MOST_BYTES", 40)
    refused(table(tmp_path / "d.csv", rows()), "more than 40 bytes")
    np.savez(tmp_path / "d.npz", x_train=np.zeros((9, 4)), y_train=np.arange(9))
    refused(tmp_path / "d.npz", "unpacked it has")
    refused(pictures(tmp_path / "p", ["cat", "dog"]), "more than 40 pixels")
