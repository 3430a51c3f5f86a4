"""Pictures for the tests of verify.inputs.images."""

import numpy as np
from PIL import Image

from verify.inputs import images


def through(folder, drawing, kind="png", **options):
    """Save a drawing, convert the file, and return what the network sees: 784 pixels."""
    path = folder / f"digit.{kind}"
    drawing.save(path, **options)
    return images.read(str(path)).pixels


def photographed(drawing, seed):
    """Return a drawing as if it were photographed: light from one side, darker corners, noise."""
    rng = np.random.default_rng(seed)
    shade = 40 + 0.75 * np.asarray(drawing, dtype=np.float64)
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shade.shape), indexing="ij")
    light = 0.8 - 0.2 * (x + y) - 0.1 * (x * x + y * y)
    noisy = shade * light + rng.normal(0, 6, shade.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
