"""Read a folder of IDX files, the format of MNIST: unsigned bytes, plain or .gz.

A file holds a magic number (0x800 + the number of dimensions), then the dimensions, then the bytes. The magic number
and each dimension take four bytes, the most significant byte first.
"""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from verify.errors import Unusable
from verify.inputs.datasets.labels import MOST_BYTES, checked, numbered, whole_numbers
from verify.records.samples import Samples

NAMES = {"train": "train", "test": "t10k|test"}
CHUNK = 1 << 24  # bytes read at a time


def files(folder: Path, split: str, what: str) -> list[Path]:
    """Return the files of a split; `what` is "images" or "labels".

    Where both NAME and NAME.gz exist, only NAME is returned.
    """
    pattern = re.compile(rf"(.*[-_.])?({NAMES[split]})[-_.]{what}[-_.]idx\d-ubyte(\.gz)?")
    paths = sorted(path for path in folder.iterdir() if pattern.fullmatch(path.name) and path.is_file())
    return [path for path in paths if path.suffix != ".gz" or path.with_suffix("") not in paths]


def here(folder: Path) -> bool:
    """Return whether a folder holds IDX files of a split."""
    return any(files(folder, split, what) for split in NAMES for what in ("images", "labels"))


def read(folder: Path, split: str) -> Samples:
    """Return the samples of a split.  Raises Unusable, naming the option or the file."""
    source = f"--data {folder}"
    images = array(_one(folder, split, "images"))
    path = _one(folder, split, "labels")
    labels = whole_numbers(array(path), str(path))
    others = [array(path) for other in NAMES if other != split for path in files(folder, other, "labels")[:1]]
    all_labels = np.concatenate([labels, *(whole_numbers(other, source) for other in others)])
    classes = numbered([str(label) for label in np.unique(all_labels)], source)
    return checked(images, labels, classes, source)


def _one(folder: Path, split: str, what: str) -> Path:
    """Return the only file of a split's images or labels.  Raises Unusable if there is none or more than one."""
    paths = files(folder, split, what)
    if len(paths) != 1:
        usual = f"{NAMES[split].split('|')[0]}-{what}-idx{3 if what == 'images' else 1}-ubyte"
        several = "several files like" if paths else "no file"
        raise Unusable(f"--data {folder}: it has {several} {usual} (or {usual}.gz); one is needed")
    return paths[0]


def array(path: Path) -> NDArray[np.uint8]:
    """Return the array of one file.  Raises Unusable, naming the file.

    At most one byte more than the header declares is read.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
            return _body(file, path)
    except (OSError, EOFError, zlib.error) as error:
        raise Unusable(f"{path}: truncated or damaged; it cannot be read to its end") from error


def _body(file: BinaryIO | gzip.GzipFile, path: Path) -> NDArray[np.uint8]:
    """Return the array of an open file.  Raises Unusable if the header is wrong or the file has another length."""
    images = "images" in path.name
    magic = file.read(4)
    dimensions = magic[3] if len(magic) == 4 else 0
    header = file.read(4 * dimensions)
    if len(magic) < 4 or len(header) < 4 * dimensions:
        raise Unusable(f"{path}: too short for an IDX header")
    if magic[:3] != b"\0\0\x08" or dimensions not in ((2, 3, 4) if images else (1,)):
        needed = "0x00000803" if images else "0x00000801"
        raise Unusable(f"{path}: magic number 0x{magic.hex()}, where {needed} is needed")
    shape = np.frombuffer(header, dtype=">u4").tolist()
    count = int(np.prod(shape, dtype=object))
    if not 0 < count <= MOST_BYTES:
        most = f"1 to {MOST_BYTES:,} bytes"
        raise Unusable(f"{path}: its header promises an array {shape}, and By Hand takes {most}")
    body = bytearray()
    while len(body) <= count and (more := file.read(min(CHUNK, count + 1 - len(body)))):
        body += more
    if len(body) != count:
        there = "more" if len(body) > count else f"only {len(body)}"
        raise Unusable(f"{path}: its header promises {count} bytes and there are {there}")
    return np.frombuffer(bytes(body), dtype=np.uint8).reshape(shape)
