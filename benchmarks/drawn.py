"""How many drawn digits are read rightly: mouse-like strokes, in several hands, pens, sizes, places and papers.

    python -m benchmarks.drawn --data /path/to/mnist --epochs 5

trains the network by hand on the data (no TensorFlow) and lets it read 1,440 pictures that no training saw, each
drawn by Pillow, saved as PNG or JPEG and read from the file as `--image` reads it.
"""

from __future__ import annotations

import argparse
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


@dataclass(frozen=True)
class Drawing:
    """One picture to be read. `seed`, of which each has its own, decides hand, proportions, slant and jitter."""

    digit: int
    pen: str
    height: str
    paper: str
    place: str
    seed: int

    def content(self) -> bytes:
        """The file: PNG, or of a photograph JPEG."""
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
    """Light from one side, darker corners, noise."""
    shade = 40 + 0.75 * np.asarray(drawn, dtype=np.float64)
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shade.shape), indexing="ij")
    light = 0.8 - 0.2 * (x + y) - 0.1 * (x * x + y * y)
    return Image.fromarray((shade * light + rng.normal(0, 5, shade.shape)).clip(0, 255).astype(np.uint8))


def drawings() -> list[Drawing]:
    """Every combination, TIMES times; no two have the same shape."""
    ways = product(range(10), PENS, HEIGHTS, PAPERS, PLACES, range(TIMES))
    return [Drawing(*way[:-1], seed=1000 + number) for number, way in enumerate(ways)]


def trained(data: str, epochs: int) -> tuple[NumpyNetwork, float]:
    """A network that learned by hand, and its accuracy on the test images."""
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
    """What the network sees of each, None where no digit is seen."""
    found: list[Array | None] = []
    for drawing in wanted:
        path = folder / "drawn"
        path.write_bytes(drawing.content())
        try:
            found.append(image.read(str(path)).astype(np.float32))
        except Unusable as error:
            print(f"{drawing}: {error}")
            found.append(None)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--epochs", type=int, default=20)
    given = parser.parse_args()
    keep_freed()
    with threadpool_limits(1):
        by_hand, accuracy = trained(given.data, given.epochs)
        wanted = drawings()
        with tempfile.TemporaryDirectory() as folder:
            seen = read(Path(folder), wanted)
        blank = np.zeros(784, dtype=np.float32)
        chosen = by_hand.predict(np.stack([blank if pixels is None else pixels for pixels in seen]))
    right = [p is not None and int(c) == d.digit for p, c, d in zip(seen, chosen, wanted, strict=True)]
    show(given, accuracy, wanted, right, chosen)


def show(given: argparse.Namespace, accuracy: float, wanted: list[Drawing], right: list[bool], chosen: Array) -> None:
    """A line for all, and for each way of drawing."""
    print(f"--data {given.data}, {given.epochs} passes: {accuracy:.2%} of its test images")
    print(f"{'all drawings':16} {sum(right):5} of {len(right):5}  {np.mean(right):7.2%}")
    for field in ("paper", "pen", "height", "place", "digit"):
        for value in dict.fromkeys(getattr(d, field) for d in wanted):
            part = [r for r, d in zip(right, wanted, strict=True) if getattr(d, field) == value]
            print(f"{value!s:16} {sum(part):5} of {len(part):5}  {np.mean(part):7.2%}")
    taken = Counter((d.digit, int(c)) for d, c, r in zip(wanted, chosen, right, strict=True) if not r)
    print("read wrongly:", ", ".join(f"{a} as {b} {n} times" for (a, b), n in taken.most_common(6)) or "none")


if __name__ == "__main__":
    main()
