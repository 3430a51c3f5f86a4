"""Read pictures from folders named by label: DIR/LABEL/*.png, or DIR/train/LABEL/*.png and DIR/test/LABEL/*.png.

Colours are read as brightness, and transparent pixels as white. Without the folders train and test, every fifth
picture of a label, in the order of the names, belongs to the test split.
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
NOT_MEANT = ("Thumbs.db", "desktop.ini")  # files that file managers create; names that begin with a dot are ignored too


def here(folder: Path) -> bool:
    """Return whether a folder holds other folders."""
    return bool(_folders(folder))


def read(folder: Path, split: str) -> Samples:
    """Return the samples of a split.  Raises Unusable, naming the option or the picture."""
    source = f"--data {folder}"
    parts = {name: _split_folder(folder, name) for name in SPLITS}
    if parts["train"] or parts["test"]:
        part = parts[split]
        if part is None:
            raise Unusable(f"{source}: it has no folder {split}")
        paths = _pictures(part)
        names = [path.name for part in parts.values() if part for path in _folders(part)]
    else:
        pictures = _pictures(folder)
        names = [path.parent.name for path in pictures]
        paths = list(_part(pictures, split))
    classes = numbered(names, source)
    if not paths:
        raise Unusable(f"{source}: of so few pictures none is for the test (every fifth of a label is)")
    labels = places([path.parent.name for path in paths], classes)
    return checked(_stacked(paths), labels, classes, source)


def _split_folder(folder: Path, split: str) -> Path | None:
    """Return the folder of a split, or None if it does not exist."""
    return next((folder / name for name in SPLITS[split] if (folder / name).is_dir()), None)


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder, sorted, without hidden ones."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _pictures(folder: Path) -> list[Path]:
    """Return all pictures, label by label.  Raises Unusable if there are none, or none for one label."""
    pictures: list[Path] = []
    for label in _folders(folder):
        inside = [path for path in label.iterdir() if not path.name.startswith(".") and path.name not in NOT_MEANT]
        if not inside:
            raise Unusable(f"--data {folder}: folder {ascii(label.name)[1:-1]} has no pictures in it")
        pictures += sorted(inside)
    if not pictures:
        raise Unusable(f"--data {folder}: it has no folders of pictures in it, one for each label")
    return pictures


def _part(paths: list[Path], split: str) -> Iterator[Path]:
    """Yield the pictures of one split: for each label, every fifth picture or the others."""
    for _, group in groupby(paths, key=lambda path: path.parent):
        pictures = list(group)
        yield from (pictures[i] for i in part_of(len(pictures), split))


def _stacked(paths: list[Path]) -> NDArray[np.uint8]:
    """Return pictures of one size as [n, height, width].  Raises Unusable, naming the first unusable picture."""
    first = _brightness(paths[0])
    if first.nbytes * len(paths) > MOST_BYTES:
        raise Unusable(f"--data {paths[0].parent.parent}: more than {MOST_BYTES:,} pixels in all")
    stack = np.empty((len(paths), *first.shape), dtype=np.uint8)
    for place, path in enumerate(paths):
        values = first if place == 0 else _brightness(path)
        if values.shape != first.shape:
            sizes = [f"{width} x {height}" for height, width in (values.shape, first.shape)]
            raise Unusable(
                f"{_named(path)} is {sizes[0]} pixels, and {_short(paths[0])} {sizes[1]}; pictures of one "
                "size are needed"
            )
        stack[place] = values
    return stack


def _brightness(path: Path) -> NDArray[np.uint8]:
    """Return the brightness of one picture as [height, width].  Raises Unusable, naming the picture."""
    try:
        image, _ = decoded(str(path))
    except Unusable as error:
        raise Unusable(f"{_named(path)}: {error}") from error
    if image.mode[0] == "I":
        return (np.asarray(image, dtype=np.float64).clip(0, 65535) / 257).round().astype(np.uint8)
    if image.has_transparency_data:
        transparent = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", transparent.size, "white"), transparent)
    return np.asarray(image.convert("L"))


def _named(path: Path) -> str:
    """Return the beginning of an error message about one picture."""
    return f"--data {path.parent.parent}: picture {_short(path)}"


def _short(path: Path) -> str:
    """Return LABEL/FILE of a picture."""
    return f"{path.parent.name}/{path.name}"
