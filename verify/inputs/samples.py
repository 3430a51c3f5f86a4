"""Load the samples of `--data` and `--split`, and find the sample that the options choose."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from verify.errors import Unusable
from verify.inputs.datasets import arrays, csv_tables, idx, image_folders
from verify.records.samples import Samples as Samples
from verify.records.samples import network_for as network_for

NAMED: dict[str, Callable[[str], Samples]] = {"digits": arrays.digits, "mnist": arrays.mnist}
FOLDERS: tuple[tuple[Callable[[Path], bool], Callable[[Path, str], Samples]], ...] = (
    (idx.recognises, idx.read),
    (csv_tables.recognises, csv_tables.read_folder),
    (image_folders.recognises, image_folders.read),
)


def load(data: str, split: str) -> Samples:
    """Return the samples of one split of `--data`.  Raises Unusable, naming the option or the file."""
    if data in NAMED:
        return NAMED[data](split)
    if not data.isprintable():
        raise Unusable(f"--data {data!a}: a path of plain text is needed; rename it")
    path = Path(data)
    try:
        if path.is_dir():
            return _folder(path, split)
        if path.is_file():
            read = csv_tables.read if data.lower().endswith(csv_tables.ENDINGS) else arrays.read
            return read(path, split)
    except OSError as error:
        raise Unusable(f"--data {data}: cannot be read ({error.strerror or error})") from error
    raise Unusable(f"--data {data}: no such folder, .npz or .csv file (or say digits or mnist)")


def _folder(path: Path, split: str) -> Samples:
    """Return the samples of a folder in the first format that fits it.  Raises Unusable, naming the option."""
    for recognises, read in FOLDERS:
        if recognises(path):
            return read(path, split)
    usual = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte"
    raise Unusable(
        f"--data {path}: a folder of IDX files ({usual}), of train.csv and test.csv, or of folders of "
        "pictures, one for each label, is needed"
    )


def check_same_kind(train: Samples, test: Samples, data: str) -> None:
    """Raise Unusable unless both splits have the same image size and the same classes."""
    if train.pixels.shape[1] != test.pixels.shape[1]:
        train_size, test_size = ("x".join(map(str, part.shape)) for part in (train, test))
        raise Unusable(f"--data {data}: its training images are {train_size}, its test images {test_size}")
    if train.classes != test.classes:
        raise Unusable(f"--data {data}: its training and its test images have different classes")


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
    name = str(usual if label is None else label)
    number = samples.classes.index(name) if name in samples.classes else -1
    indices = np.flatnonzero(samples.labels == number)
    if not indices.size and label is not None:
        raise Unusable(f"--digit {label}: no sample in the data has this label; {list_classes(samples.classes)}")
    return int(indices[0]) if indices.size else 0


def list_classes(classes: tuple[str, ...]) -> str:
    """Return the names of the first classes as a text for an error message."""
    names = ", ".join(name[:20] for name in classes[:10])
    return f"the classes are {names}" + (f", … ({len(classes)} in all)" if len(classes) > 10 else "")


def with_empty_sheet(samples: Samples, index: int) -> Samples:
    """Return two samples: the one at `index`, and an empty image with its label.

    Samples wrap around at the end, so a batch of two that begins at `index` begins with that sample.
    """
    images = np.stack([samples.pixels[index], np.zeros_like(samples.pixels[index])])
    return replace(samples, pixels=np.roll(images, index % 2, axis=0), labels=samples.labels[[index, index]])
