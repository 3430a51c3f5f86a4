"""Read .npz archives of plain arrays, never unpickling."""

from __future__ import annotations

import os
import zipfile

import numpy as np

from verify.errors import Unusable
from verify.records.trace import Array


def read_npz(path: str) -> dict[str, Array]:
    """Return all arrays of an .npz archive, without unpickling.  Raises Unusable, naming the file."""
    if not os.path.isfile(path):
        raise Unusable(f"{path}: no such file")
    try:
        if not zipfile.is_zipfile(path):
            raise Unusable(f"{path}: not an .npz archive, or a truncated one")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
            repeated = len(arrays) != len(archive.files)
    except Unusable:
        raise
    except Exception as error:  # the file may hold any bytes, so the parser may raise anything
        raise Unusable(f"{path}: cannot be read as an .npz archive of plain arrays ({first_line(error)})") from error
    if repeated or not all(isinstance(array, np.ndarray) for array in arrays.values()):
        raise Unusable(f"{path}: cannot be read as an .npz archive of plain arrays (a member is double or no array)")
    return arrays


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, at most 120 characters, or the name of its class if it has none."""
    text = str(error) or type(error).__name__
    return text.splitlines()[0].rstrip(".")[:120]
