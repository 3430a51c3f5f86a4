"""An .npz archive with x_train, y_train, x_test, y_test: never unpickled."""

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
    """The samples of a split.  Raises Unusable, naming the file."""
    source = f"--data {path}"
    _check_size(path)
    arrays = read_npz(str(path))
    for name in (f"x_{split}", f"y_{split}"):
        if name not in arrays:
            raise Unusable(f"{source}: it has no array {name}; x_train, y_train, x_test, y_test are needed")
    return of_arrays(arrays, split, source)


def of_arrays(arrays: dict[str, NDArray[Any]], split: str, source: str) -> Samples:
    """Those of a split, where x and y of both splits, or of one, are at hand."""
    texts = {other: _texts(arrays[f"y_{other}"], source) for other in SPLITS if f"y_{other}" in arrays}
    classes = numbered([text for found in texts.values() for text in np.unique(found).tolist()], source)
    return checked(arrays[f"x_{split}"], places(texts[split], classes), classes, source)


def _texts(labels: NDArray[Any], source: str) -> list[str]:
    """Labels as text, of names or of whole numbers."""
    if labels.dtype.kind == "U" and labels.ndim == 1:
        return [str(label) for label in labels]
    return [str(label) for label in whole_numbers(labels, source).tolist()]


def _check_size(path: Path) -> None:
    """A small archive can hold more than memory does; whatever else is wrong with it, `read_npz` says."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return
    if size > MOST_BYTES:
        raise Unusable(f"--data {path}: unpacked it has {size:,} bytes, and By Hand takes {MOST_BYTES:,}")
