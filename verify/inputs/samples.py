"""The samples of `--data` and `--split`, and which of them the options choose."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from verify.errors import Unusable
from verify.inputs.datasets import builtin as embedded
from verify.inputs.datasets import csv_tables as table
from verify.inputs.datasets import idx, npz
from verify.inputs.datasets import image_folders as folders
from verify.records.samples import Samples as Samples
from verify.records.samples import network_for as network_for

NAMED: dict[str, Callable[[str], Samples]] = {"digits": embedded.digits, "mnist": embedded.mnist}
FOLDERS: tuple[tuple[Callable[[Path], bool], Callable[[Path, str], Samples]], ...] = (
    (idx.here, idx.read), (table.here, table.read_folder), (folders.here, folders.read),
)  # fmt: skip


def load(data: str, split: str) -> Samples:
    """The samples of `--data`.  Raises Unusable, naming the option or the file, if they cannot be had."""
    if data in NAMED:
        return NAMED[data](split)
    if not data.isprintable():
        raise Unusable(f"--data {ascii(data)}: a path of plain text is needed; rename it")
    path = Path(data)
    try:
        if os.path.isdir(data):
            return _folder(path, split)
        if os.path.isfile(data):
            return table.read(path, split) if data.lower().endswith(table.ENDINGS) else npz.read(path, split)
    except OSError as error:
        raise Unusable(f"--data {data}: cannot be read ({error.strerror or error})") from error
    raise Unusable(f"--data {data}: no such folder, .npz or .csv file (or say digits or mnist)")


def _folder(path: Path, split: str) -> Samples:
    for here, read in FOLDERS:
        if here(path):
            return read(path, split)
    usual = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte"
    raise Unusable(f"--data {path}: a folder of IDX files ({usual}), of train.csv and test.csv, or of folders of "
                   "pictures, one for each label, is needed")  # fmt: skip


def of_one_kind(train: Samples, test: Samples, data: str) -> None:
    """Raise Unusable unless a network that learned the one can be tested on the other."""
    if train.pixels.shape[1] != test.pixels.shape[1]:
        sizes = ["x".join(map(str, part.shape)) for part in (train, test)]
        raise Unusable(f"--data {data}: its training images are {sizes[0]}, its test images {sizes[1]}")
    if train.classes != test.classes:
        raise Unusable(f"--data {data}: its training and its test images have other classes")


def choose(samples: Samples, label: str | int | None, index: int | None, batch: int, usual: int = 5) -> int:
    """The place of the first sample: --index, or the first with --digit's label; else the first of the usual digit.

    Data that do not have the usual digit begin with their first sample.  Raises Unusable.
    """
    count = len(samples)
    if batch > count:
        raise Unusable(f"--batch {batch}: the data hold only {count} samples")
    if index is not None:
        if not 0 <= index < count:
            raise Unusable(f"--index {index}: the data hold samples 0 to {count - 1}")
        return index
    wanted = label_of(samples.classes, str(usual if label is None else label))
    found = np.flatnonzero(samples.labels == wanted)
    if found.size:
        return int(found[0])
    if label is None:
        return 0
    raise Unusable(f"--digit {label}: no sample in the data has this label; {known(samples.classes)}")


def label_of(classes: tuple[str, ...], name: str) -> int | None:
    """The place of a class by its name; None if there is no such class."""
    return classes.index(name) if name in classes else None


def known(classes: tuple[str, ...]) -> str:
    """Some of the names, for an error message."""
    shown = ", ".join(name[:20] for name in classes[:10])
    return f"the classes are {shown}" + (f", … ({len(classes)} in all)" if len(classes) > 10 else "")


def with_empty_sheet(samples: Samples, index: int) -> Samples:
    """Two samples for every batch of two from `index` on: that one, and a sheet nobody wrote on, labelled like it."""
    images = np.stack([samples.pixels[index], np.zeros_like(samples.pixels[index])])
    return replace(samples, pixels=np.roll(images, index % 2, axis=0), labels=samples.labels[[index, index]])
