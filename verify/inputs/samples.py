"""Load the samples of `--data` and `--split`, and find the sample that the options choose."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from verify.errors import Unusable
from verify.inputs.datasets import builtin, csv_tables, idx, image_folders, npz
from verify.records.samples import Samples as Samples
from verify.records.samples import network_for as network_for

NAMED: dict[str, Callable[[str], Samples]] = {"digits": builtin.digits, "mnist": builtin.mnist}
FOLDERS: tuple[tuple[Callable[[Path], bool], Callable[[Path, str], Samples]], ...] = (
    (idx.here, idx.read),
    (csv_tables.here, csv_tables.read_folder),
    (image_folders.here, image_folders.read),
)


def load(data: str, split: str) -> Samples:
    """Return the samples of one split of `--data`.  Raises Unusable, naming the option or the file."""
    if data in NAMED:
        return NAMED[data](split)
    if not data.isprintable():
        raise Unusable(f"--data {data!a}: a path of plain text is needed; rename it")
    path = Path(data)
    try:
        if os.path.isdir(data):
            return _folder(path, split)
        if os.path.isfile(data):
            is_table = data.lower().endswith(csv_tables.ENDINGS)
            return csv_tables.read(path, split) if is_table else npz.read(path, split)
    except OSError as error:
        raise Unusable(f"--data {data}: cannot be read ({error.strerror or error})") from error
    raise Unusable(f"--data {data}: no such folder, .npz or .csv file (or say digits or mnist)")


def _folder(path: Path, split: str) -> Samples:
    """Return the samples of a folder in the first format that fits it.  Raises Unusable, naming the option."""
    for here, read in FOLDERS:
        if here(path):
            return read(path, split)
    usual = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte"
    raise Unusable(
        f"--data {path}: a folder of IDX files ({usual}), of train.csv and test.csv, or of folders of "
        "pictures, one for each label, is needed"
    )


def of_one_kind(train: Samples, test: Samples, data: str) -> None:
    """Raise Unusable unless both splits have the same image size and the same classes."""
    if train.pixels.shape[1] != test.pixels.shape[1]:
        sizes = ["x".join(map(str, part.shape)) for part in (train, test)]
        raise Unusable(f"--data {data}: its training images are {sizes[0]}, its test images {sizes[1]}")
    if train.classes != test.classes:
        raise Unusable(f"--data {data}: its training and its test images have other classes")


def choose(samples: Samples, label: str | int | None, index: int | None, batch: int, usual: int = 5) -> int:
    """Return the index of the first sample of the batch.

    It is `index` (--index), or the first sample with `label` (--digit). Without both it is the first sample of the
    digit `usual`, or sample 0 if the data have no such digit.  Raises Unusable, naming the option.
    """
    count = len(samples)
    if batch > count:
        raise Unusable(f"--batch {batch}: the data hold only {count} samples")
    if index is not None:
        if not 0 <= index < count:
            raise Unusable(f"--index {index}: the data hold samples 0 to {count - 1}")
        return index
    wanted = label_of(samples.classes, str(usual if label is None else label))
    indices = np.flatnonzero(samples.labels == wanted)
    if indices.size:
        return int(indices[0])
    if label is None:
        return 0
    raise Unusable(f"--digit {label}: no sample in the data has this label; {known(samples.classes)}")


def label_of(classes: tuple[str, ...], name: str) -> int | None:
    """Return the index of the class with this name, or None if there is no such class."""
    return classes.index(name) if name in classes else None


def known(classes: tuple[str, ...]) -> str:
    """Return the names of the first classes as a text for an error message."""
    shown = ", ".join(name[:20] for name in classes[:10])
    return f"the classes are {shown}" + (f", … ({len(classes)} in all)" if len(classes) > 10 else "")


def with_empty_sheet(samples: Samples, index: int) -> Samples:
    """Return two samples: the one at `index`, and an empty image with its label.

    Samples wrap around at the end, so a batch of two that begins at `index` begins with that sample.
    """
    images = np.stack([samples.pixels[index], np.zeros_like(samples.pixels[index])])
    return replace(samples, pixels=np.roll(images, index % 2, axis=0), labels=samples.labels[[index, index]])
