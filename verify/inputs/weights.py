"""Read trained weights for `--weights`: golden.npz, a folder of W1.txt … B3.txt (Table 5), or a model saved by Keras.

Text is read as float64 and then rounded once to the dtype of the run. With 18 digits after the point, every float32
and float64 number is restored bit for bit.
"""

import io
import os
import re
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from reference.network import Network
from reference.tensor_names import read as read_name
from verify.errors import Unusable
from verify.records.npz import read_npz
from verify.records.trace import Array

READ_HEADER = {  # by the version of the .npy format; only arrays with named fields need version 3.0
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read(path: str, network: Network, dtype: str) -> dict[str, Array]:
    """Return W [n(l-1), n(l)] and B [1, n(l)] of every layer as `dtype`, in the order W1, B1, W2, ….

    Raises Unusable, naming the option and the file, unless the file holds exactly the weights of this network.
    """
    if not path or not path.isprintable():
        raise Unusable(f"--weights {path!a}: a path of plain text is needed; rename it")
    try:
        arrays = _read_arrays(path, network)
        return {name: _rounded(name, arrays[name], network, dtype) for name in network.parameters()}
    except Unusable as error:
        raise Unusable(f"--weights {path}: {str(error).removeprefix(f'{path}: ')}") from error
    except PermissionError as error:
        raise Unusable(f"--weights {path}: it may not be read; change its permissions") from error
    except Exception as error:  # a parser can raise any exception on a damaged file
        reason = "it is damaged or truncated, or not what its ending says"
        raise Unusable(f"--weights {path}: {reason}; save it again") from error


def to_texts(weights: Mapping[str, Array]) -> dict[str, bytes]:
    """Return a text file for each matrix, as in Table 5: one row per line, 18 digits after the point."""
    texts = {}
    for name, matrix in weights.items():
        buffer = io.BytesIO()
        np.savetxt(buffer, matrix, fmt="%.18e")
        texts[f"{name}.txt"] = buffer.getvalue()
    return texts


def to_npz(weights: Mapping[str, Array]) -> bytes:
    """Return the bytes of golden.npz.  Equal weights give equal bytes."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {name: np.ascontiguousarray(matrix) for name, matrix in weights.items()}
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _read_arrays(path: str, network: Network) -> dict[str, Array]:
    """Return the arrays of a file or folder, by the format that its ending names.  Raises Unusable."""
    if os.path.isdir(path):
        return _read_folder(Path(path), network)
    if not os.path.isfile(path):
        raise Unusable("no such file or folder")
    kind = Path(path).suffix.lower()
    if kind not in (".npz", ".keras", ".h5", ".hdf5"):
        raise Unusable("a file .npz, .keras or .h5 is needed, or a folder of W1.txt, B1.txt, …")
    most = 2**24 + 64 * (network.count("W") + network.count("B"))  # bytes: float64, Adam's moments, and a reserve
    size = os.path.getsize(path)
    if not size:
        raise Unusable("it is empty; save it again")
    if size > most:
        raise Unusable(f"it has {size} bytes, and the weights of this network fit into {most}")
    if kind == ".npz":
        return _read_npz(path, network)
    from verify.inputs import keras_archive  # h5py takes a tenth of a second to import

    check = partial(_check, network=network)
    if kind == ".keras":
        return keras_archive.read_archive(path, network, check, most)
    return keras_archive.read_h5(Path(path).read_bytes(), network, check)


def _read_npz(path: str, network: Network) -> dict[str, Array]:
    """Return the arrays of an .npz file.  They are loaded only if their headers have the right names and shapes."""
    needed = list(network.parameters())
    with zipfile.ZipFile(path) as archive:
        names = [info.filename.removesuffix(".npy") for info in archive.infolist()]
        if sorted(names) != sorted(needed):
            raise Unusable(f"it holds {_listed(names)}, where {' '.join(needed)} are needed, each once and no others")
        for name, info in zip(names, archive.infolist(), strict=True):
            with archive.open(info) as member:
                shape, _, dtype = READ_HEADER[np.lib.format.read_magic(member)](member)
                _check(name, shape, dtype, network)
    return read_npz(path)


def _listed(names: list[str]) -> str:
    """Return the first names as one text; a name with characters that are not usual in names is escaped."""
    texts = [name if re.fullmatch("[A-Za-z0-9_.]{1,20}", name) else ascii(name)[:40] for name in names[:12]]
    return (" ".join(texts) or "nothing") + (" …" if len(names) > 12 else "")


def _read_folder(folder: Path, network: Network) -> dict[str, Array]:
    """Return the matrices of a folder of text files.  Raises Unusable if one is missing or one is too many."""
    needed = [f"{name}.txt" for name in network.parameters()]
    present = {name for name in os.listdir(folder) if re.fullmatch(r"[WB][0-9]+\.txt", name)}
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise Unusable(f"it has no file {_listed(missing)}; {_listed(needed)} are needed")
    if extra := present - set(needed):
        raise Unusable(f"it has {_listed(sorted(extra))} too, and this network has {_listed(needed)} only")
    return {name: _read_text(folder / f"{name}.txt", network) for name in network.parameters()}


def _read_text(path: Path, network: Network) -> Array:
    """Return the matrix of a text file; a bias may be a row or a column.  Raises Unusable, naming the file."""
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
    """Raise Unusable unless the tensor `name` can have this shape and type; a bias [1, n] may also have shape [n]."""
    needed = network.shape(name)
    if dtype.kind != "f":
        raise Unusable(f"{name} is of type {dtype.name}, where floating-point numbers are needed")
    if tuple(shape) not in ((needed, needed[1:]) if read_name(name).quantity == "B" else (needed,)):
        hint = ": it is transposed; save its transpose" if tuple(shape) == needed[::-1] else ""
        raise Unusable(f"{name} is {list(shape)}, where {list(needed)} is needed{hint}")


def _rounded(name: str, array: Array, network: Network, dtype: str) -> Array:
    """Return a tensor in its shape, rounded to `dtype`.  Raises Unusable if a number is or becomes infinite or NaN."""
    _check(name, array.shape, array.dtype, network)
    if not np.isfinite(array).all():
        raise Unusable(f"{name} holds NaN or infinity; a prediction needs finite weights")
    with np.errstate(over="ignore", under="ignore"):
        rounded = array.reshape(network.shape(name)).astype(dtype, order="C")
    if not np.isfinite(rounded).all():
        raise Unusable(f"{name} holds {np.abs(array).max():.3g}, too large for {dtype}; ask for --dtype float64")
    return rounded
