"""Read pictures from folders named by label: DIR/LABEL/*.png, or DIR/train/LABEL/*.png and DIR/test/LABEL/*.png.

Colours are read as brightness, and transparent pixels as white. Without the folders train and test, every fifth
picture of a label, in the order of the names, belongs to the test split.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verify.errors import Unusable
from verify.inputs.datasets import common
from verify.inputs.images.decoding import decode
from verify.records.samples import Samples

SPLITS = {"train": ("train", "training"), "test": ("test", "testing")}
IGNORED = ("Thumbs.db", "desktop.ini")  # files that file managers create; names that begin with a dot are ignored too


def recognises(folder: Path) -> bool:
    """Return whether a folder holds other folders."""
    return bool(_folders(folder))


def read(folder: Path, split: str) -> Samples:
    """Return the samples of a split.  Raises Unusable, naming the option or the picture."""
    source = f"--data {folder}"
    splits = {name: path for name in SPLITS if (path := _split_folder(folder, name))}
    if splits and split not in splits:
        raise Unusable(f"{source}: it has no folder {split}")
    pictures = _pictures(splits.get(split, folder))
    if splits:
        names = [label.name for path in splits.values() for label in _folders(path)]
        paths = [path for of_label in pictures for path in of_label]
    else:
        names = [of_label[0].parent.name for of_label in pictures]
        paths = [of_label[i] for of_label in pictures for i in common.indices_of_split(len(of_label), split)]
    classes = common.class_names(names, source)
    if not paths:
        raise Unusable(f"{source}: of so few pictures none is for the test (every fifth of a label is)")
    labels = common.class_indices([path.parent.name for path in paths], classes)
    return common.to_samples(_stack(paths), labels, classes, source)


def _split_folder(folder: Path, split: str) -> Path | None:
    """Return the folder of a split, or None if it does not exist."""
    return next((folder / name for name in SPLITS[split] if (folder / name).is_dir()), None)


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder, sorted, without hidden ones."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _pictures(folder: Path) -> list[list[Path]]:
    """Return the pictures of each label.  Raises Unusable if there are none, or none for one label."""
    pictures = []
    for label in _folders(folder):
        paths = [path for path in label.iterdir() if not path.name.startswith(".") and path.name not in IGNORED]
        if not paths:
            raise Unusable(f"--data {folder}: folder {ascii(label.name)[1:-1]} has no pictures in it")
        pictures.append(sorted(paths))
    if not pictures:
        raise Unusable(f"--data {folder}: it has no folders of pictures in it, one for each label")
    return pictures


def _stack(paths: list[Path]) -> NDArray[np.uint8]:
    """Return pictures of one size as [n, height, width].  Raises Unusable, naming the first unusable picture."""
    first = _brightness(paths[0])
    if first.nbytes * len(paths) > common.MOST_BYTES:
        raise Unusable(f"--data {paths[0].parent.parent}: more than {common.MOST_BYTES:,} pixels in all")
    stack = np.empty((len(paths), *first.shape), dtype=np.uint8)
    for i, path in enumerate(paths):
        values = _brightness(path)
        if values.shape != first.shape:
            size, first_size = (f"{width} x {height}" for height, width in (values.shape, first.shape))
            other = "/".join(paths[0].parts[-2:])
            raise Unusable(
                f"{_named(path)} is {size} pixels, and {other} {first_size}; pictures of one size are needed"
            )
        stack[i] = values
    return stack


def _brightness(path: Path) -> NDArray[np.uint8]:
    """Return the brightness of one picture as [height, width].  Raises Unusable, naming the picture."""
    try:
        image, _ = decode(str(path))
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
    return f"--data {path.parent.parent}: picture {path.parent.name}/{path.name}"
