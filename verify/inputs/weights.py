"""Trained weights for `--weights`: golden.npz, a folder of W1.txt … B3.txt (Table 5), or a model saved by Keras.

Text is read as float64 and rounded once to the dtype asked for; 18 digits after the point give every float32 and
float64 back bit for bit.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.network import Network
from reference.tensor_names import read as read_name
from verify.errors import Unusable
from verify.records.npz import read_npz

Array = NDArray[Any]


def read(path: str, network: Network, dtype: str) -> dict[str, Array]:
    """W [n(l-1), n(l)] and B [1, n(l)] of every layer, W1 B1 W2 …, as `dtype`.

    Raises Unusable, naming the option and the file, for anything that is not one whole set of this network's weights.
    """
    if not path or not path.isprintable():
        raise Unusable(f"--weights {ascii(path)}: a path of plain text is needed; rename it")
    try:
        found = _read(path, network)
        return {name: _matrix(name, found[name], network, dtype) for name in network.parameters()}
    except Unusable as error:
        raise Unusable(f"--weights {path}: {str(error).removeprefix(f'{path}: ')}") from error
    except PermissionError as error:
        raise Unusable(f"--weights {path}: it may not be read; change its permissions") from error
    except Exception as error:  # parsers of a stranger's bytes: whatever they stumble over, the file is no good
        text = "it is damaged or truncated, or not what its ending says; save it again"
        raise Unusable(f"--weights {path}: {text}") from error


def to_texts(weights: Mapping[str, Array]) -> dict[str, bytes]:
    """A text file for each matrix, a row a line, 18 digits after the point: Table 5."""
    texts = {}
    for name, matrix in weights.items():
        buffer = io.BytesIO()
        np.savetxt(buffer, matrix, fmt="%.18e")
        texts[f"{name}.txt"] = buffer.getvalue()
    return texts


def to_npz(weights: Mapping[str, Array]) -> bytes:
    """golden.npz.  The same weights give the same bytes."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {name: np.ascontiguousarray(matrix) for name, matrix in weights.items()}
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _read(path: str, network: Network) -> dict[str, Array]:
    if os.path.isdir(path):
        return _folder(Path(path), network)
    if not os.path.isfile(path):
        raise Unusable("no such file or folder")
    kind = Path(path).suffix.lower()
    if kind not in (".npz", ".keras", ".h5", ".hdf5"):
        raise Unusable("a file .npz, .keras or .h5 is needed, or a folder of W1.txt, B1.txt, …")
    most = 2**24 + 64 * (network.count("W") + network.count("B"))  # float64 and Adam's moments, and room for the rest
    size = os.path.getsize(path)
    if not size:
        raise Unusable("it is empty; save it again")
    if size > most:
        raise Unusable(f"it has {size} bytes, and the weights of this network fit into {most}")
    if kind == ".npz":
        return _npz(path, network)
    return _keras(path, kind, network, most)


def _keras(path: str, kind: str, network: Network, most: int) -> dict[str, Array]:
    from verify.inputs import keras_archive as keras_files  # h5py takes a tenth of a second to import

    def fits(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        _check(name, shape, dtype, network)

    if kind == ".keras":
        return keras_files.read_archive(path, network, fits, most)
    return keras_files.read_h5(Path(path).read_bytes(), network, fits)


def _npz(path: str, network: Network) -> dict[str, Array]:
    """Its arrays, loaded only after their headers promise the right names, types and shapes."""
    needed = list(network.parameters())
    with zipfile.ZipFile(path) as archive:
        names = [info.filename.removesuffix(".npy") for info in archive.infolist()]
        if sorted(names) != sorted(needed):
            raise Unusable(f"it holds {_listed(names)}, where {' '.join(needed)} are needed, each once and no others")
        for name, info in zip(names, archive.infolist(), strict=True):
            with archive.open(info) as member:
                _check(name, *_header(member), network)
    return read_npz(path)


def _header(member: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type; version 3 of the format is for names of fields, and numbers have none."""
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, _, dtype = readers[np.lib.format.read_magic(member)](member)
    return shape, dtype


def _listed(names: list[str]) -> str:
    shown = " ".join(name if re.fullmatch("[A-Za-z0-9_]{1,20}", name) else ascii(name)[:40] for name in names[:12])
    return (shown or "nothing") + (" …" if len(names) > 12 else "")


def _folder(folder: Path, network: Network) -> dict[str, Array]:
    """Other files may lie beside the matrices, as in the folder that verify.training writes."""
    needed = [f"{name}.txt" for name in network.parameters()]
    there = {name for name in os.listdir(folder) if re.fullmatch(r"[WB][0-9]+\.txt", name)}
    lacking = [name for name in needed if not (folder / name).is_file()]
    if lacking:
        raise Unusable(f"it has no file {_files(lacking)}; {_files(needed)} are needed")
    if there - set(needed):
        raise Unusable(f"it has {_files(sorted(there - set(needed)))} too, and this network has {_files(needed)} only")
    return {name: _text(folder / f"{name}.txt", network) for name in network.parameters()}


def _files(names: list[str]) -> str:
    return " ".join(name[:20] for name in names[:12]) + (" …" if len(names) > 12 else "")


def _text(path: Path, network: Network) -> Array:
    """One matrix, a row a line.  A bias may be a row, or the column that np.savetxt makes of [n]."""
    most = 1024 + 64 * int(np.prod(network.shape(path.stem)))
    with open(path, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Unusable(f"{path.name} is longer than the {most} bytes that {path.stem} can take")
    if not content.strip():
        raise Unusable(f"{path.name} is empty; save it again")
    try:
        if not content.isascii():
            raise ValueError("it is not plain text")
        matrix = np.loadtxt(io.StringIO(content.decode("ascii")), dtype=np.float64, comments=None, ndmin=2)
    except ValueError as error:
        reason = str(error).partition(";")[0].rstrip(".") if str(error).isprintable() else "it is not plain text"
        raise Unusable(f"{path.name} is not a table of numbers, a matrix row a line ({reason[:120]})") from error
    return matrix[:, 0] if path.stem[0] == "B" and matrix.shape[1] == 1 else matrix


def _check(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], network: Network) -> None:
    """Raise Unusable unless an array of this shape and type can be the tensor; a bias may be [n] for [1, n]."""
    needed = network.shape(name)
    if dtype.kind != "f":
        raise Unusable(f"{name} is of type {dtype.name}, where floating-point numbers are needed")
    if tuple(shape) not in ((needed, needed[1:]) if read_name(name).quantity == "B" else (needed,)):
        hint = ": it is transposed; save its transpose" if tuple(shape) == needed[::-1] else ""
        raise Unusable(f"{name} is {list(shape)}, where {list(needed)} is needed{hint}")


def _matrix(name: str, array: Array, network: Network, dtype: str) -> Array:
    _check(name, array.shape, array.dtype, network)
    if not np.isfinite(array).all():
        raise Unusable(f"{name} holds NaN or infinity; a prediction needs finite weights")
    with np.errstate(over="ignore", under="ignore"):
        rounded = np.ascontiguousarray(array.reshape(network.shape(name)), dtype=dtype)
    if not np.isfinite(rounded).all():
        raise Unusable(f"{name} holds {np.abs(array).max():.3g}, too large for {dtype}; ask for --dtype float64")
    return rounded.copy()
