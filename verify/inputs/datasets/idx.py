"""Read a folder of IDX files, the format of MNIST: unsigned bytes, plain or .gz.

A file holds a magic number (0x800 + the number of dimensions), then the dimensions, then the bytes. The magic number
and each dimension take four bytes, the most significant byte first.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from verify.errors import Unusable
from verify.inputs.datasets import common
from verify.records.samples import Samples

NAMES = {"train": "train", "test": "t10k|test"}
CHUNK = 1 << 24  # bytes read at a time


def recognises(folder: Path) -> bool:
    """Return whether a folder holds IDX files of a split."""
    return any(_files(folder, split, content) for split in NAMES for content in ("images", "labels"))


def read(folder: Path, split: str) -> Samples:
    """Return the samples of a split.  Raises Unusable, naming the option or the file."""
    source = f"--data {folder}"
    images, labels_path = _array(_file(folder, split, "images")), _file(folder, split, "labels")
    labels = common.whole_numbers(_array(labels_path), str(labels_path))
    others = [path for other in NAMES if other != split for path in _files(folder, other, "labels")[:1]]
    all_labels = np.concatenate([labels, *(common.whole_numbers(_array(path), source) for path in others)])
    classes = common.class_names([str(label) for label in np.unique(all_labels)], source)
    return common.to_samples(images, labels, classes, source)


def _files(folder: Path, split: str, content: str) -> list[Path]:
    """Return the files of a split with this content; where both NAME and NAME.gz exist, only NAME."""
    paths = common.matching(folder, rf"({NAMES[split]})[-_.]{content}[-_.]idx\d-ubyte")
    return [path for path in paths if path.suffix != ".gz" or path.with_suffix("") not in paths]


def _file(folder: Path, split: str, content: str) -> Path:
    """Return the only file of a split with this content.  Raises Unusable if there is none or more than one."""
    usual = f"{NAMES[split].split('|')[0]}-{content}-idx{3 if content == 'images' else 1}-ubyte"
    return common.only_one(_files(folder, split, content), folder, usual)


def _array(path: Path) -> NDArray[np.uint8]:
    """Return the array of one file.  Raises Unusable, naming the file, if the header or the length is wrong."""
    with common.opened(path) as file:
        shape = _shape(file, path)
        count = int(np.prod(shape, dtype=object))
        if not 0 < count <= common.MOST_BYTES:
            most = f"1 to {common.MOST_BYTES:,} bytes"
            raise Unusable(f"{path}: its header promises an array {shape}, and By Hand takes {most}")
        body = bytearray()
        while len(body) <= count and (chunk := file.read(min(CHUNK, count + 1 - len(body)))):
            body += chunk
    if len(body) != count:
        present = "more" if len(body) > count else f"only {len(body)}"
        raise Unusable(f"{path}: its header promises {count} bytes and there are {present}")
    return np.frombuffer(bytes(body), dtype=np.uint8).reshape(shape)


def _shape(file: common.OpenFile, path: Path) -> list[int]:
    """Return the shape that the header declares.  Raises Unusable, naming the file, if the header is wrong."""
    images = "images" in path.name
    magic = file.read(4)
    dimensions = magic[3] if len(magic) == 4 else 0
    header = file.read(4 * dimensions)
    if len(magic) < 4 or len(header) < 4 * dimensions:
        raise Unusable(f"{path}: too short for an IDX header")
    if magic[:3] != b"\0\0\x08" or dimensions not in ((2, 3, 4) if images else (1,)):
        needed = "0x00000803" if images else "0x00000801"
        raise Unusable(f"{path}: magic number 0x{magic.hex()}, where {needed} is needed")
    shape: list[int] = np.frombuffer(header, dtype=">u4").tolist()
    return shape
