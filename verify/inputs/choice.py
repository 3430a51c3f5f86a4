"""The sample that the options ask for: one of `--data`, or the picture of `--image`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reports.table import Picture
from verify.errors import Unusable
from verify.inputs import images as image
from verify.inputs import samples
from verify.inputs.images.centering import SIDE
from verify.inputs.samples import Samples

PICTURE = "image"  # settings.data of a picture from a file


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which sample: the picture in the file `image`, which shows `label`; or of `data` the one at `index`, or the first
    that is labelled `digit`.
    """

    data: str = "digits"
    split: str = "train"
    digit: str | None = None
    index: int | None = None
    image: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Pick:
    """`samples` with the place of the first; `data` for the settings; `label`, a place in the classes, if known."""

    samples: Samples
    index: int
    data: str
    label: int | None


def pick(choice: Choice, usual: int = 5, batch: int = 1, *, needs_label: bool = True) -> Pick:
    """Of --image, or of --data with --digit or --index.  Raises Unusable, naming the option or file."""
    path, label = choice.image, choice.label
    if label is not None and not path:
        raise Unusable("--label: it says what --image shows; other samples have their own labels")
    if path and label is None and needs_label:
        raise Unusable(f"--image {path}: say with --label D what it shows, for the cost and the gradients")
    if path and batch > 1:
        raise Unusable(f"--batch {batch}: --image is one sample")
    drawn = samples.load(choice.data, choice.split)
    if not path:
        index = samples.choose(drawn, choice.digit, choice.index, batch, usual)
        return Pick(drawn, index, choice.data, int(drawn.labels[index]))
    return _picture(path, label, drawn, choice.data)


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


def pictures(choice: Choice) -> tuple[Picture, ...]:
    """The picture of --image as it was given and as the network sees it; none without."""
    if not choice.image:
        return ()
    look = image.look(choice.image)
    size = f"{SIDE} by {SIDE}"
    seen = "The digit cut out, scaled and centred as in MNIST, light on dark"
    return (
        Picture("given.png", "The picture in the file", look.given, "The picture"),
        Picture("seen.png", f"{seen}, {size} pixels", look.seen, f"What the network sees of it, {size} pixels"),
    )
