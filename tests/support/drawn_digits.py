"""Digits drawn with Pillow as a mouse draws them: deterministic in (digit, seed), no font and no data needed."""

import math

import numpy as np
from PIL import Image, ImageDraw

# The points x,y that a hand passes through, to the right and down in a box of 100 by 100; a curve is laid through them.
# "/" is a corner (the curve stops and starts anew), "|" lifts the pen. Two ways of writing each digit.
HANDS = {
    0: [
        "50,0 15,20 5,50 17,82 50,100 83,82 95,50 85,20 48,0",
        "62,3 15,20 5,50 17,82 50,100 83,82 95,50 85,20 48,0 40,4",
    ],
    1: [
        "50,0 50,50 50,100",
        "30,20 / 55,0 / 53,50 52,100",
    ],
    2: [
        "10,22 45,0 85,25 60,60 10,100 / 50,98 95,100",
        "12,20 50,0 86,27 55,70 20,95 10,80 35,80 60,95 100,95",
    ],
    3: [
        "12,10 50,0 82,20 42,46 / 90,72 50,100 8,88",
        "15,15 50,0 80,22 60,43 40,48 / 75,55 85,80 45,100 10,90",
    ],
    4: [
        "20,0 12,30 8,55 / 50,56 92,50 | 75,0 73,50 70,100",
        "70,0 40,32 5,65 / 50,66 95,63 | 70,2 69,50 68,100",
    ],
    5: [
        "85,2 50,2 20,4 / 15,45 / 60,42 88,70 50,100 10,90",
        "22,2 17,42 / 60,42 86,70 50,100 8,92 | 22,3 90,0",
    ],
    6: [
        "70,0 35,25 12,65 30,97 65,95 82,72 50,55 15,72",
        "60,0 20,40 12,75 45,100 85,80 70,58 40,60 17,80",
    ],
    7: [
        "8,5 50,4 90,3 / 60,50 42,100",
        "10,12 / 12,2 50,3 88,0 / 70,45 55,100",
    ],
    8: [
        "78,12 45,0 20,20 50,47 83,78 50,100 17,78 50,47 80,20 70,8",
        "50,0 20,20 50,46 80,20 50,0 | 50,46 15,75 50,100 85,75 50,46",
    ],
    9: [
        "82,18 50,0 18,22 40,46 80,25 / 78,60 70,100",
        "80,15 45,0 17,25 45,48 82,20 / 82,60 60,95 25,95",
    ],
}


def draw(digit, seed=0, *, size=(280, 280), height=180, width=16, centre=None, slant=None, ink=0, paper=255, mode="L"):
    """A picture of `digit`: a pen `width` pixels wide, the digit `height` pixels tall, its box about `centre`.

    `seed` jitters the points, the proportions and, unless given, the slant (within 10 degrees). Edges are smooth.
    """
    fine = 3  # drawn this many times larger and then averaged: Pillow's own lines are jagged
    image = Image.new(mode, (size[0] * fine, size[1] * fine), paper)
    pen = ImageDraw.Draw(image)
    x, y = centre or (size[0] / 2, size[1] / 2)
    for line in strokes(digit, seed, slant):
        points = [((x + height * a) * fine, (y + height * b) * fine) for a, b in line]
        pen.line(points, fill=ink, width=round(width * fine), joint="curve")
        r = width * fine / 2
        for a, b in points:
            pen.ellipse((a - r, b - r, a + r, b + r), fill=ink)
    return image.reduce(fine)


def strokes(digit, seed=0, slant=None):
    """The lines [points, 2] of `digit`, 1 tall about (0, 0)."""
    rng = np.random.default_rng([digit, seed])
    hand = HANDS[digit][rng.integers(len(HANDS[digit]))]
    aspect = rng.uniform(0.5, 0.8)
    lean = math.tan(math.radians(rng.uniform(-10, 10) if slant is None else slant))
    lines, corner = [[]], []
    for word in [*hand.split(), "|"]:
        if word in "/|":
            lines[-1] += _curve(corner)
            corner = corner[-1:] if word == "/" else []
            lines += [[]] if word == "|" else []
        else:
            corner.append(np.array([int(number) / 100 for number in word.split(",")]) + rng.normal(0, 0.025, 2))
    placed = [np.array(line) - 0.5 for line in lines if line]
    return [np.stack([aspect * line[:, 0] - lean * line[:, 1], line[:, 1]], axis=1) for line in placed]


def _curve(points, steps=12):
    """A Catmull-Rom spline through the points, as a list of points."""
    if len(points) == 1:
        return points
    p = [2 * points[0] - points[1], *points, 2 * points[-1] - points[-2]]
    t = np.linspace(0, 1, steps)[:, None]
    parts = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]
    return list(np.concatenate(parts))
