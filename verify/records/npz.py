"""Read and write .npz archives of plain arrays, never unpickling."""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from verify.errors import Unusable
from verify.records.trace import Array


def npz_bytes(manifest: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """Return the bytes of an archive of these arrays and of the manifest, as JSON.  Equal values give equal bytes."""
    content: dict[str, Any] = {"manifest": np.array(json.dumps(manifest)), **arrays}
    buffer = io.BytesIO()
    np.savez(buffer, **content)
    return buffer.getvalue()


def read_npz(path: str) -> dict[str, Array]:
    """Return all arrays of an .npz archive, without unpickling.  Raises Unusable, naming the file."""
    if not os.path.isfile(path):
        raise Unusable(f"{path}: no such file")
    try:
        if not zipfile.is_zipfile(path):
            raise Unusable(f"{path}: not an .npz archive, or a truncated one")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
            if len(arrays) != len(archive.files) or not all(isinstance(array, np.ndarray) for array in arrays.values()):
                raise ValueError("a member is stored twice or is no array")
    except Unusable:
        raise
    except Exception as error:  # the file may hold any bytes, so the parser may raise anything
        raise Unusable(f"{path}: cannot be read as an .npz archive of plain arrays ({first_line(error)})") from error
    return arrays


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, at most 120 characters, or the name of its class if it has none."""
    text = str(error) or type(error).__name__
    return text.splitlines()[0].rstrip(".")[:120]
