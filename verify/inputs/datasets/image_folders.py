"""Pictures in folders, the name of the folder their label: DIR/LABEL/*.png, or DIR/train/LABEL and DIR/test/LABEL.

Colours are read as brightness, what is transparent as white. Without train and test, every fifth picture of a
label, in the order of the names, is for the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verify.errors import Unusable
from verify.inputs.datasets.labels import MOST_BYTES, checked, numbered, part_of, places
from verify.inputs.images.decoding import decoded
from verify.records.samples import Samples

SPLITS = {"train": ("train", "training"), "test": ("test", "testing")}
NOT_MEANT = ("Thumbs.db", "desktop.ini")  # that file managers leave, beside those whose name begins with a dot


def here(folder: Path) -> bool:
    """Whether it has folders in it."""
    return bool(_folders(folder))


def read(folder: Path, split: str) -> Samples:
    """The samples of a split.  Raises Unusable, naming the option or the picture."""
    source = f"--data {folder}"
    parts = {name: _split_folder(folder, name) for name in SPLITS}
    if parts["train"] or parts["test"]:
        own = parts[split]
        if own is None:
            raise Unusable(f"{source}: it has no folder {split}")
        paths = _pictures(own)
        labels = [path.parent.name for path in paths]
        names = [found.name for part in parts.values() if part for found in _folders(part)]
    else:
        whole = _pictures(folder)
        names = [path.parent.name for path in whole]
        paths = list(_part(whole, split))
        labels = [path.parent.name for path in paths]
    classes = numbered(names, source)
    if not paths:
        raise Unusable(f"{source}: of so few pictures none is for the test (every fifth of a label is)")
    return checked(_stacked(paths), places(labels, classes), classes, source)


def _split_folder(folder: Path, split: str) -> Path | None:
    return next((folder / name for name in SPLITS[split] if (folder / name).is_dir()), None)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _pictures(folder: Path) -> list[Path]:
    """All of them, label by label.  Raises Unusable for a label without any, and for what is no file."""
    found = []
    for label in _folders(folder):
        inside = [path for path in label.iterdir() if not path.name.startswith(".") and path.name not in NOT_MEANT]
        if not inside:
            raise Unusable(f"--data {folder}: folder {ascii(label.name)[1:-1]} has no pictures in it")
        found += sorted(inside)
    if not found:
        raise Unusable(f"--data {folder}: it has no folders of pictures in it, one for each label")
    return found


def _part(paths: list[Path], split: str) -> Iterator[Path]:
    """Of each label's pictures those of one split."""
    for _, group in groupby(paths, key=lambda path: path.parent):
        own = list(group)
        yield from (own[i] for i in part_of(len(own), split))


def _stacked(paths: list[Path]) -> NDArray[np.uint8]:
    """Pictures of one size as [n, height, width].  Raises Unusable, naming the first that cannot be used."""
    first = _brightness(paths[0])
    if first.nbytes * len(paths) > MOST_BYTES:
        raise Unusable(f"--data {paths[0].parent.parent}: more than {MOST_BYTES:,} pixels in all")
    stack = np.empty((len(paths), *first.shape), dtype=np.uint8)
    for place, path in enumerate(paths):
        values = first if place == 0 else _brightness(path)
        if values.shape != first.shape:
            sizes = [f"{width} x {height}" for height, width in (values.shape, first.shape)]
            raise Unusable(f"{_named(path)} is {sizes[0]} pixels, and {_short(paths[0])} {sizes[1]}; pictures of one "
                           "size are needed")  # fmt: skip
        stack[place] = values
    return stack


def _brightness(path: Path) -> NDArray[np.uint8]:
    try:
        image, _ = decoded(str(path))
    except Unusable as error:
        raise Unusable(f"{_named(path)}: {error}") from error
    if image.mode[0] == "I":
        return (np.asarray(image, dtype=np.float64).clip(0, 65535) / 257).round().astype(np.uint8)
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return np.asarray(image.convert("L"))


def _named(path: Path) -> str:
    return f"--data {path.parent.parent}: picture {_short(path)}"


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
