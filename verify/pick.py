"""The sample that the options ask for: one of `--data`, or the picture of `--image`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

import numpy as np

from reports.table import Picture
from verify import image, samples
from verify.errors import Unusable
from verify.image.field import SIDE
from verify.samples import Samples

PICTURE = "image"  # settings.data of a picture from a file


@dataclass(frozen=True)
class Pick:
    """`samples` with the place of the first; `data` for the settings; `label`, a place in the classes, if known."""

    samples: Samples
    index: int
    data: str
    label: int | None


def pick(given: argparse.Namespace, usual: int = 5, batch: int = 1, *, needs_label: bool = True) -> Pick:
    """Of --image, or of --data with --digit or --index.  Raises Unusable, naming the option or file."""
    path, label = getattr(given, "image", None), getattr(given, "label", None)
    if label is not None and not path:
        raise Unusable("--label: it says what --image shows; other samples have their own labels")
    if path and label is None and needs_label:
        raise Unusable(f"--image {path}: say with --label D what it shows, for the cost and the gradients")
    if path and batch > 1:
        raise Unusable(f"--batch {batch}: --image is one sample")
    drawn = samples.load(given.data, given.split)
    if not path:
        index = samples.choose(drawn, given.digit, given.index, batch, usual)
        return Pick(drawn, index, given.data, int(drawn.labels[index]))
    return _picture(path, label, drawn, given.data)


def _picture(path: str, label: str | None, like: Samples, data: str) -> Pick:
    """A picture, for a network that learns or learned from such samples."""
    if like.pixels.shape[1] != SIDE * SIDE:
        size = "x".join(map(str, like.shape))
        raise Unusable(f"--image {path}: it becomes {SIDE}x{SIDE} pixels, and the images of --data {data} are {size}")
    known = None if label is None else samples.label_of(like.classes, label)
    if label is not None and known is None:
        raise Unusable(f"--label {label}: the data have no such class; {samples.known(like.classes)}")
    pixels = image.read(path)
    one = replace(like, pixels=pixels[None, :], labels=np.array([known or 0]), shape=(SIDE, SIDE))
    return Pick(one, 0, PICTURE, known)


def pictures(given: argparse.Namespace) -> tuple[Picture, ...]:
    """The picture of --image as it was given and as the network sees it; none without."""
    path = getattr(given, "image", None)
    if not path:
        return ()
    look = image.look(path)
    size = f"{SIDE} by {SIDE}"
    seen = "The digit cut out, scaled and centred as in MNIST, light on dark"
    return (
        Picture("given.png", "The picture in the file", look.given, "The picture"),
        Picture("seen.png", f"{seen}, {size} pixels", look.seen, f"What the network sees of it, {size} pixels"),
    )
