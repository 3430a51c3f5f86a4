"""Converted pictures against real MNIST: its images do not change, and a network trained on it classifies drawings."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reference import adam, backprop, feedforward, loss
from reference.layers.relu import relu, relu_slope
from reference.optimizers.adam import KERAS
from tests.support.drawn_digits import draw
from tests.verify.inputs.picture_files import photographed, through
from verify.inputs import samples

MNIST = Path(__file__).parents[4] / "shared" / "mnist"
pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.skipif(not MNIST.is_dir(), reason=f"real MNIST is not at {MNIST}"),
]


@pytest.mark.parametrize("paper", ["black", "white"])
def test_an_image_of_mnist_does_not_change(tmp_path, paper):
    """Except those that the field of 28x28 cuts off, or whose longer side is not 20 (3 of 10,000)."""
    differences = []
    for pixels in samples.load(str(MNIST), "test").images[::20]:
        shades = np.rint(pixels * 255).astype(np.uint8).reshape(28, 28)
        drawing = Image.fromarray(shades if paper == "black" else 255 - shades)
        differences.append(np.abs(through(tmp_path, drawing) - pixels).max())
    assert np.mean(np.array(differences) <= 1.5 / 255) >= 0.99
    assert max(differences) < 0.6


def test_the_network_classifies_drawn_digits(tmp_path):
    W1, B1, W2, B2, W3, B3 = trained()
    pages = [(d, k) for d in range(10) for k in range(21)]
    X = np.stack([through(tmp_path, *page(digit, seed)) for digit, seed in pages])
    A1 = relu(feedforward.weighted_sum(X, W1, B1))
    A2 = relu(feedforward.weighted_sum(A1, W2, B2))
    predicted = feedforward.weighted_sum(A2, W3, B3).argmax(axis=1)
    wrong = [(*p, int(r)) for p, r in zip(pages, predicted, strict=True) if p[0] != r]
    assert len(wrong) <= 0.05 * len(pages), wrong


def page(digit, seed):
    """Return a drawing whose pen, size, place and colours depend on the seed; every third one is photographed."""
    rng = np.random.default_rng([digit, seed, 1])
    width, height = (int(side) for side in rng.integers(200, 600, size=2))
    tall = int(min(width, height) * rng.uniform(0.35, 0.65))
    pen = max(3, int(tall * rng.uniform(0.05, 0.16)))
    centre = (width * rng.uniform(0.4, 0.6), height * rng.uniform(0.4, 0.6))
    colours = [{}, {"ink": 255, "paper": 0}, {"ink": 60, "paper": 220}][seed % 3]
    drawing = draw(digit, seed, size=(width, height), height=tall, width=pen, centre=centre, **colours)
    return (photographed(drawing, seed), "jpg") if seed % 3 == 2 else (drawing, "png")


def trained(passes=2, batch=128):
    """Return W1, B1 ... B3 of the essay's network after some passes over MNIST in float32: about 96 % correct."""
    data = samples.load(str(MNIST), "train")
    images, targets = data.images.astype(np.float32), np.eye(10, dtype=np.float32)[data.labels]
    rng = np.random.default_rng(0)
    P = []
    for before, nodes in ((784, 128), (128, 64), (64, 10)):
        limit = np.sqrt(6 / (before + nodes))
        P += [rng.uniform(-limit, limit, (before, nodes)), np.zeros((1, nodes))]
    P = [p.astype(np.float32) for p in P]
    m, v, k = [0 * p for p in P], [0 * p for p in P], KERAS
    for t in range(1, passes * len(images) // batch + 1):
        chosen = rng.integers(len(images), size=batch)
        for i, g in enumerate(gradients(P, images[chosen], targets[chosen])):
            m[i] = adam.first_moment(m[i], g, k.beta_1)
            v[i] = adam.second_moment(v[i], g, k.beta_2)
            P[i] -= adam.update_epsilon_hat(m[i], v[i], t, k.learning_rate, k.beta_1, k.beta_2, k.epsilon)
    return P


def gradients(P, X, y):
    W1, B1, W2, B2, W3, B3 = P
    Z1 = feedforward.weighted_sum(X, W1, B1)
    A1 = relu(Z1)
    Z2 = feedforward.weighted_sum(A1, W2, B2)
    A2 = relu(Z2)
    dZ3 = loss.crossentropy_backward(feedforward.weighted_sum(A2, W3, B3), y)
    dZ2 = backprop.sum_gradient(backprop.activation_gradient(dZ3, W3), Z2, relu_slope)
    dZ1 = backprop.sum_gradient(backprop.activation_gradient(dZ2, W2), Z1, relu_slope)
    layers = ((X, dZ1), (A1, dZ2), (A2, dZ3))
    return [f for A, dZ in layers for f in (backprop.weight_gradient(A, dZ), backprop.bias_gradient(dZ))]
