"""Measure how many drawn digits are classified correctly: mouse-like strokes, in several hands, pens, sizes and papers.

    python -m benchmarks.drawn --mnist ../shared/mnist

trains the network by hand, on MNIST and on the embedded digits (no TensorFlow), and lets it classify 1,440 pictures
that no training saw. Pillow draws each; it is saved as PNG or JPEG and read from the file as `--image` reads it.
"""

import io
import tempfile
from collections import Counter
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from benchmarks.record import Cell, Column, Measurement, finish, parser
from reference.network import Network
from tests.support.drawn_digits import draw
from verify.errors import Unusable
from verify.inputs import images as image
from verify.inputs import samples
from verify.records.trace import Array
from verify.runtime.malloc import keep_freed
from verify.training.configuration import TrainingConfiguration
from verify.training.numpy_network import NumpyNetwork, first_weights

PENS = {"thin pen": 0.05, "middle pen": 0.09, "thick pen": 0.14}  # of the digit's height
HEIGHTS = {"40 pixels": 40, "180 pixels": 180, "600 pixels": 600}
PAPERS = ("black on white", "white on black", "blue on cream", "photograph")
COLOURS: dict[str, dict[str, Any]] = {
    "white on black": {"ink": 255, "paper": 0},
    "blue on cream": {"mode": "RGB", "ink": (20, 40, 160), "paper": (250, 240, 220)},
}
PLACES = {"in the middle": 0.0, "off-centre": 0.22}  # of the picture's side, at most, both ways
TIMES = 2
EPOCHS = {"mnist": 5, "digits": 20}
DRAWN = Measurement(
    "drawn_digits",
    "Drawn digits",
    "The share of drawn pictures that the essay's network classifies correctly, trained by hand from seed 0 on MNIST "
    "for 5 epochs, or on the embedded digits for 20. No picture is part of a training.",
    (
        Column("pictures"),
        Column("of", format="d"),
        Column("after MNIST", format=".2%"),
        Column("after the embedded digits", format=".2%"),
    ),
    ("numpy", "pillow"),
)


@dataclass(frozen=True)
class Drawing:
    """One picture to be read. Its own `seed` decides hand, proportions, slant and jitter."""

    digit: int
    pen: str
    height: str
    paper: str
    place: str
    seed: int

    def content(self) -> bytes:
        """Return the bytes of the file: JPEG for a photograph, else PNG."""
        tall, rng = HEIGHTS[self.height], np.random.default_rng([self.seed, 7])
        side, apart = round(tall * rng.uniform(2.2, 2.8)), PLACES[self.place]
        place = tuple(side * (0.5 + rng.uniform(-apart, apart, 2)))
        colours = COLOURS.get(self.paper, {})
        pen = max(2, round(tall * PENS[self.pen]))
        drawn = draw(self.digit, self.seed, size=(side, side), height=tall, width=pen, centre=place, **colours)
        file = io.BytesIO()
        if self.paper == "photograph":
            photographed(drawn, rng).save(file, "JPEG", quality=80)
        else:
            drawn.save(file, "PNG")
        return file.getvalue()


def photographed(drawn: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture with light from one side, darker corners and noise."""
    shade = 40 + 0.75 * np.asarray(drawn, dtype=np.float64)
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shade.shape), indexing="ij")
    light = 0.8 - 0.2 * (x + y) - 0.1 * (x * x + y * y)
    return Image.fromarray((shade * light + rng.normal(0, 5, shade.shape)).clip(0, 255).astype(np.uint8))


def drawings() -> list[Drawing]:
    """Return every combination, TIMES times; no two have the same shape."""
    ways = product(range(10), PENS, HEIGHTS, PAPERS, PLACES, range(TIMES))
    return [Drawing(*way[:-1], seed=1000 + number) for number, way in enumerate(ways)]


def trained(data: str, epochs: int) -> tuple[NumpyNetwork, float]:
    """Return a network that was trained by hand, and its accuracy on the test images."""
    configuration = TrainingConfiguration(data=data, epochs=epochs)
    train, test = (samples.load(data, split) for split in ("train", "test"))
    network: Network = samples.network_for(train)
    by_hand, number = NumpyNetwork(configuration, network, first_weights(configuration, network)), 0
    for epoch in range(1, epochs + 1):
        for X, y in configuration.batches(train, epoch):
            number += 1
            by_hand.step(number, X, y)
    X, _ = test.rows(np.arange(len(test)), configuration.dtype)
    return by_hand, float(np.mean(by_hand.predict(X) == test.labels))


def read(folder: Path, wanted: list[Drawing]) -> list[Array | None]:
    """Return the pixels that the network gets of each picture, or None if no digit is found in it."""
    pixels: list[Array | None] = []
    for drawing in wanted:
        path = folder / "drawn"
        path.write_bytes(drawing.content())
        try:
            pixels.append(image.read(str(path)).pixels.astype(np.float32))
        except Unusable as error:
            print(f"{drawing}: {error}")
            pixels.append(None)
    return pixels


def main() -> None:
    """Train both networks, let them classify all pictures, and print the table."""
    options = parser(__doc__)
    options.add_argument("--mnist", default="mnist", help="folder of MNIST's files; without it, Keras loads them")
    given = options.parse_args()
    keep_freed()
    wanted = drawings()
    with threadpool_limits(1):
        with tempfile.TemporaryDirectory() as folder:
            pixels = read(Path(folder), wanted)
        data = {given.mnist: EPOCHS["mnist"], "digits": EPOCHS["digits"]}
        correct, lines = [], []
        for name, epochs in data.items():
            network, accuracy = trained(name, epochs)
            right, confused = classified(network, wanted, pixels)
            correct.append(right)
            lines.append(
                f"Network trained on {name}: {accuracy:.2%} of its test images; most frequent errors: {confused}."
            )
    finish(DRAWN, table(wanted, correct), given.record, "\n".join(lines))


def classified(network: NumpyNetwork, wanted: list[Drawing], pixels: list[Array | None]) -> tuple[list[bool], str]:
    """Return for each picture whether it is classified correctly, and the most frequent errors in words."""
    blank = np.zeros(784, dtype=np.float32)
    chosen = network.predict(np.stack([blank if image is None else image for image in pixels]))
    right = [p is not None and int(c) == d.digit for p, c, d in zip(pixels, chosen, wanted, strict=True)]
    errors = Counter((d.digit, int(c)) for d, c, r in zip(wanted, chosen, right, strict=True) if not r)
    return right, ", ".join(f"{a} as {b} {n} times" for (a, b), n in errors.most_common(6)) or "none"


def table(wanted: list[Drawing], correct: list[list[bool]]) -> list[list[Cell]]:
    """Return a row for all pictures and one for each way of drawing, with the share of each network."""
    groups = {"all drawings": [True] * len(wanted)}
    for name in ("paper", "pen", "height", "place", "digit"):
        for value in dict.fromkeys(getattr(d, name) for d in wanted):
            label = f"digit {value}" if name == "digit" else value
            groups[label] = [getattr(d, name) == value for d in wanted]
    return [
        [label, sum(part), *(float(np.mean([r for r, p in zip(right, part, strict=True) if p])) for right in correct)]
        for label, part in groups.items()
    ]


if __name__ == "__main__":
    main()
