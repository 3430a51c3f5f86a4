"""Helpers of the witnesses of layers that pool: loops over single numbers, written from the definitions."""

from itertools import product

import numpy as np

from reference.layers.layer import Place, Source

SETTINGS = [  # size, strides, padding, shape of an example
    ((2, 2), (), "valid", (4, 6, 2)),
    ((2, 2), (), "valid", (5, 5, 1)),
    ((3, 3), (2, 2), "same", (7, 6, 2)),
    ((3, 2), (1, 1), "same", (4, 5, 1)),
    ((2, 3), (3, 1), "valid", (6, 5, 2)),
    ((2,), (), "same", (5, 3)),
    ((3,), (1,), "valid", (6, 2)),
]


def rules_of(layer, shape):
    """The rule of what the layer gives, and that of the gradient of what it reads."""
    place = Place(1, 2, (Source("A", 1, shape),), "P1", layer.shape(shape))
    return next(iter(layer.forward(place))), next(iter(layer.backward(place)))


def windows_of(layer, shape):
    """Yield each output position with the cells of its window, row by row, without those of the padding."""
    strides, axes = layer.strides or layer.size, []
    for size, step, n in zip(layer.size, strides, shape[:-1], strict=True):
        outputs = int(np.ceil(n / step)) if layer.padding == "same" else (n - size) // step + 1
        before = max((outputs - 1) * step + size - n, 0) // 2 if layer.padding == "same" else 0
        ranges = [[i for i in range(o * step - before, o * step - before + size) if 0 <= i < n] for o in range(outputs)]
        axes.append(ranges)
    for position in product(*(range(len(ranges)) for ranges in axes)):
        yield position, list(product(*(ranges[o] for ranges, o in zip(axes, position, strict=True))))


def numbers_of(layer, shape, ties=False):
    """Random X and dP for three examples, 64ths that no two numbers share; `ties`: small whole numbers."""
    rng = np.random.default_rng(5)
    count = 3 * int(np.prod(shape))
    X = rng.integers(0, 3, count) * 1.0 if ties else rng.permutation(count) / 64
    dP = rng.integers(-64, 65, size=(3, *layer.shape(shape))) / 64
    return X.reshape(3, *shape), dP


def by_hand(layer, X, dP, choose):
    """P and dX, window by window: `choose(numbers)` gives the number, and the share of the gradient of each cell."""
    P, dX = np.zeros(dP.shape), np.zeros(X.shape)
    for n, channel in product(range(len(X)), range(X.shape[-1])):
        for position, cells in windows_of(layer, X.shape[1:]):
            number, shares = choose([X[(n, *cell, channel)] for cell in cells])
            P[(n, *position, channel)] = number
            for cell, share in zip(cells, shares, strict=True):
                dX[(n, *cell, channel)] += share * dP[(n, *position, channel)]
    return P, dX


def first_of_the_largest(numbers):
    best = max(range(len(numbers)), key=lambda k: (numbers[k], -k))
    return numbers[best], [float(k == best) for k in range(len(numbers))]


def last_of_the_largest(numbers):
    best = max(range(len(numbers)), key=lambda k: (numbers[k], k))
    return numbers[best], [float(k == best) for k in range(len(numbers))]


def mean_of_all(numbers):
    return sum(numbers) / len(numbers), [1 / len(numbers)] * len(numbers)
