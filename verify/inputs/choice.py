"""Choose the sample that the options ask for: one of `--data`, or the picture of `--image`."""

from dataclasses import dataclass, replace

import numpy as np

from reports.table import Picture
from verify.errors import Unusable
from verify.inputs import images, samples
from verify.inputs.images.strokes import SIDE
from verify.inputs.samples import Samples

PICTURE = "image"  # the value of settings.data for a picture from a file


@dataclass(frozen=True, kw_only=True)
class SampleOptions:
    """The options that choose a sample.

    It is the picture in the file `image`, which shows `label`. Without `image` it is the sample of `data` at
    `index`, or the first sample with the label `digit`.
    """

    data: str = "digits"
    split: str = "train"
    digit: str | None = None
    index: int | None = None
    image: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class ChosenSample:
    """The chosen sample: `samples` with the index of the first one to use.

    `data` is the value for the settings. `label` is an index into the classes, or None if it is not known.
    """

    samples: Samples
    index: int
    data: str
    label: int | None


def choose_sample(options: SampleOptions, usual: int = 5, batch: int = 1, *, needs_label: bool = True) -> ChosenSample:
    """Return the picture of --image, or the sample of --data that --digit or --index chooses.

    `usual` is the digit that is taken where no option chooses one.  Raises Unusable, naming the option or the file.
    """
    path, label = options.image, options.label
    if label is not None and not path:
        raise Unusable("--label: it says what --image shows; other samples have their own labels")
    if path and label is None and needs_label:
        raise Unusable(f"--image {path}: say with --label D what it shows, for the cost and the gradients")
    if path and batch > 1:
        raise Unusable(f"--batch {batch}: --image is one sample")
    dataset = samples.load(options.data, options.split)
    if path:
        return _picture(path, label, dataset, options.data)
    index = samples.choose(dataset, options.digit, options.index, batch, usual)
    return ChosenSample(dataset, index, options.data, int(dataset.labels[index]))


def _picture(path: str, label: str | None, dataset: Samples, data: str) -> ChosenSample:
    """Return the picture of --image as a sample, with the classes of `dataset`.

    Raises Unusable if the images of `dataset` have another size, or if `label` is none of its classes.
    """
    if dataset.pixels.shape[1] != SIDE * SIDE:
        size = "x".join(map(str, dataset.shape))
        raise Unusable(f"--image {path}: it becomes {SIDE}x{SIDE} pixels, and the images of --data {data} are {size}")
    if label is not None and label not in dataset.classes:
        raise Unusable(f"--label {label}: the data have no such class; {samples.list_classes(dataset.classes)}")
    number = None if label is None else dataset.classes.index(label)
    pixels = images.read(path).pixels
    sample = replace(dataset, pixels=pixels[None, :], labels=np.array([number or 0]), shape=(SIDE, SIDE))
    return ChosenSample(sample, 0, PICTURE, number)


def pictures(options: SampleOptions) -> tuple[Picture, ...]:
    """Return the picture of --image, as in the file and as the network sees it; an empty tuple without --image."""
    if not options.image:
        return ()
    converted = images.read(options.image)
    size = f"{SIDE} by {SIDE} pixels"
    alt = f"The digit cut out, scaled and centred as in MNIST, light on dark, {size}"
    return (
        Picture("given.png", "The picture in the file", converted.original, "The picture"),
        Picture("seen.png", alt, converted.seen, f"What the network sees of it, {size}"),
    )
