"""Read an .npz archive with x_train, y_train, x_test and y_test, without unpickling."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import Unusable
from verify.inputs.datasets.labels import MOST_BYTES, checked, numbered, places, whole_numbers
from verify.records.npz import read_npz
from verify.records.samples import Samples

SPLITS = ("train", "test")


def read(path: Path, split: str) -> Samples:
    """Return the samples of a split.  Raises Unusable, naming the file."""
    source = f"--data {path}"
    _check_size(path)
    arrays = read_npz(str(path))
    for name in (f"x_{split}", f"y_{split}"):
        if name not in arrays:
            raise Unusable(f"{source}: it has no array {name}; x_train, y_train, x_test, y_test are needed")
    return of_arrays(arrays, split, source)


def of_arrays(arrays: dict[str, NDArray[Any]], split: str, source: str) -> Samples:
    """Return the samples of a split, given x and y of this split or of both.

    Raises Unusable, naming the source.
    """
    texts = {other: _texts(arrays[f"y_{other}"], source) for other in SPLITS if f"y_{other}" in arrays}
    classes = numbered([text for labels in texts.values() for text in np.unique(labels).tolist()], source)
    return checked(arrays[f"x_{split}"], places(texts[split], classes), classes, source)


def _texts(labels: NDArray[Any], source: str) -> list[str]:
    """Return labels, which are names or whole numbers, as text.  Raises Unusable, naming the source."""
    if labels.dtype.kind == "U" and labels.ndim == 1:
        return [str(label) for label in labels]
    return [str(label) for label in whole_numbers(labels, source).tolist()]


def _check_size(path: Path) -> None:
    """Raise Unusable if an archive would unpack to more than MOST_BYTES.

    A damaged archive passes here; `read_npz` reports it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return
    if size > MOST_BYTES:
        raise Unusable(f"--data {path}: unpacked it has {size:,} bytes, and By Hand takes {MOST_BYTES:,}")
