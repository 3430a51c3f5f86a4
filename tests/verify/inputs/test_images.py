"""One picture as MNIST would have it: whatever the file, the same digit comes out; what is none is refused."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reference import adam, backprop, feedforward, loss
from reference.layers.relu import relu, relu_slope
from reference.optimizers.adam import KERAS
from tests.support.drawn_digits import draw
from verify.errors import Unusable
from verify.inputs import images as image
from verify.inputs import samples

MNIST = Path(__file__).parents[4] / "shared" / "mnist"
mnist_needed = pytest.mark.skipif(not MNIST.is_dir(), reason=f"real MNIST is not at {MNIST}")
pytestmark = pytest.mark.filterwarnings("error")

SIDEWAYS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # EXIF orientation: Pillow's transposition that needs it


def through(folder, drawing, kind="png", **options):
    path = folder / f"digit.{kind}"
    drawing.save(path, **options)
    return image.read(str(path))


def wide(drawing, factor):
    return Image.fromarray(np.asarray(drawing).astype(np.uint16) * factor)


def specked(drawing):
    for place in ((10, 12), (262, 20), (20, 260), (250, 250)):
        drawing.paste(0, (*place, place[0] + 3, place[1] + 3))
    return drawing


def photographed(drawing, seed, jpeg=80):
    """A photograph of it: light from one side, darker corners, noise."""
    rng = np.random.default_rng(seed)
    shade = 40 + 0.75 * np.asarray(drawing, dtype=np.float64)
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shade.shape), indexing="ij")
    light = 0.8 - 0.2 * (x + y) - 0.1 * (x * x + y * y)
    noisy = shade * light + rng.normal(0, 6, shade.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


CLEAR = (0, 0, 0, 0)
VARIANTS = {  # the drawing, the file's format, the largest and the mean difference allowed from black on white
    "light on dark": (lambda d: draw(d, ink=255, paper=0), "png", 0.01, 0.001),
    "faint": (lambda d: draw(d, ink=100, paper=130), "png", 0.01, 0.001),
    "off-centre": (lambda d: draw(d, size=(400, 300), centre=(117, 160)), "png", 0.01, 0.001),
    "between pixels": (lambda d: draw(d, centre=(137.5, 141.25)), "png", 0.2, 0.01),
    "three times": (lambda d: draw(d, size=(840, 840), height=540, width=48), "png", 0.2, 0.01),
    "beyond the working size": (lambda d: draw(d, size=(1400, 1400), height=900, width=80), "png", 0.2, 0.01),
    "a quarter": (lambda d: draw(d, size=(70, 70), height=45, width=4), "png", 0.5, 0.03),
    "JPEG": (draw, "jpg", 0.1, 0.01),
    "BMP": (draw, "bmp", 0.01, 0.001),
    "1 bit": (lambda d: draw(d).convert("1", dither=0), "png", 0.05, 0.005),
    "16 bits": (lambda d: wide(draw(d), 257), "png", 0.01, 0.001),
    "10 bits of 16": (lambda d: wide(draw(d), 4), "png", 0.01, 0.001),
    "CMYK": (lambda d: draw(d).convert("CMYK"), "jpg", 0.1, 0.01),
    "palette": (lambda d: draw(d).convert("P"), "png", 0.01, 0.001),
    "grey and alpha": (lambda d: draw(d, mode="LA", ink=(0, 255), paper=(255, 0)), "png", 0.01, 0.001),
    "blue on cream": (lambda d: draw(d, mode="RGB", ink=(0, 0, 160), paper=(250, 240, 220)), "png", 0.01, 0.001),
    "red on equal green": (lambda d: draw(d, mode="RGB", ink=(255, 0, 0), paper=(0, 130, 0)), "png", 0.01, 0.001),
    "black on nothing": (lambda d: draw(d, mode="RGBA", ink=(0, 0, 0, 255), paper=CLEAR), "png", 0.01, 0.001),
    "white on nothing": (lambda d: draw(d, mode="RGBA", ink=(255, 255, 255, 255), paper=CLEAR), "png", 0.01, 0.001),
    "specks": (lambda d: specked(draw(d)), "png", 0.01, 0.001),
    "photograph": (lambda d: photographed(draw(d), d), "jpg", 0.15, 0.01),
    "chalk, photographed": (lambda d: photographed(draw(d, ink=255, paper=0), d), "jpg", 0.15, 0.01),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_digit_however_it_is_drawn(tmp_path, name):
    drawing, kind, most, mean = VARIANTS[name]
    for digit in range(10):
        apart = np.abs(through(tmp_path, drawing(digit), kind) - through(tmp_path, draw(digit)))
        assert apart.max() <= most and apart.mean() <= mean, (digit, apart.max(), apart.mean())


@pytest.mark.parametrize("turn", SIDEWAYS)
@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_the_orientation_of_the_camera(tmp_path, turn, kind):
    upright = draw(7, size=(300, 240))
    exif = Image.Exif()
    exif[0x0112] = turn
    turned = through(tmp_path, upright.transpose(Image.Transpose(SIDEWAYS[turn])), kind, exif=exif)
    assert np.abs(turned - through(tmp_path, upright)).max() <= 0.1


def test_damaged_exif_is_no_obstacle(tmp_path):
    plain = through(tmp_path, draw(3), "jpg")
    assert np.array_equal(through(tmp_path, draw(3), "jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage"), plain)


def test_the_form_of_mnist(tmp_path):
    for digit in range(10):
        pixels = through(tmp_path, draw(digit))
        assert pixels.shape == (784,) and pixels.dtype == np.float64
        assert pixels.min() == 0 and pixels.max() == 1
        field = np.rint(pixels * 255).reshape(28, 28)
        assert np.array_equal(field / 255, pixels.reshape(28, 28))
        rows, columns = (np.flatnonzero(field.sum(axis=axis)) for axis in (1, 0))
        assert 20 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 22  # the box, and a pixel of soft edge
        middle = [line @ (np.arange(28) + 0.5) / field.sum() for line in (field.sum(axis=1), field.sum(axis=0))]
        assert np.abs(np.array(middle) - 14.5).max() < 0.05


def test_a_tight_crop(tmp_path):
    whole = draw(5, width=30)
    rows, columns = (np.flatnonzero((np.asarray(whole) < 128).any(axis=axis)) for axis in (1, 0))
    cropped = whole.crop((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    assert np.abs(through(tmp_path, cropped) - through(tmp_path, whole)).max() < 0.2


def test_a_card_with_clear_corners(tmp_path):
    card = draw(4, mode="RGBA", ink=(0, 0, 0, 255), paper=(255, 255, 255, 255))
    for corner in ((0, 0), (240, 0), (0, 240), (240, 240)):
        card.paste(CLEAR, (*corner, corner[0] + 40, corner[1] + 40))
    assert np.abs(through(tmp_path, card) - through(tmp_path, draw(4))).max() <= 0.01


def test_the_rim_of_the_sheet(tmp_path):
    drawing = draw(3, size=(400, 300))
    drawing.paste(60, (0, 0, 25, 300))
    assert np.abs(through(tmp_path, drawing) - through(tmp_path, draw(3))).max() <= 0.01


@mnist_needed
@pytest.mark.parametrize("paper", ["black", "white"])
def test_an_image_of_mnist_stays_as_it_is(tmp_path, paper):
    """But for those that the field of 28x28 cuts off, or of which the longer side is not 20 (3 of 10,000)."""
    apart = []
    for pixels in samples.load(str(MNIST), "test").images[::20]:
        shades = np.rint(pixels * 255).astype(np.uint8).reshape(28, 28)
        drawing = Image.fromarray(shades if paper == "black" else 255 - shades)
        apart.append(np.abs(through(tmp_path, drawing) - pixels).max())
    assert np.mean(np.array(apart) <= 1.5 / 255) >= 0.99
    assert max(apart) < 0.6


@mnist_needed
def test_the_network_reads_what_was_drawn(tmp_path):
    W1, B1, W2, B2, W3, B3 = trained()
    pages = [(d, k) for d in range(10) for k in range(21)]
    X = np.stack([through(tmp_path, *page(digit, seed)) for digit, seed in pages])
    A1 = relu(feedforward.weighted_sum(X, W1, B1))
    A2 = relu(feedforward.weighted_sum(A1, W2, B2))
    read = feedforward.weighted_sum(A2, W3, B3).argmax(axis=1)
    wrong = [(*p, int(r)) for p, r in zip(pages, read, strict=True) if p[0] != r]
    assert len(wrong) <= 0.05 * len(pages), wrong


def page(digit, seed):
    """A drawing of its own for every seed: pen, size, place, colours, and every third one photographed."""
    rng = np.random.default_rng([digit, seed, 1])
    width, height = (int(side) for side in rng.integers(200, 600, size=2))
    tall = int(min(width, height) * rng.uniform(0.35, 0.65))
    pen = max(3, int(tall * rng.uniform(0.05, 0.16)))
    centre = (width * rng.uniform(0.4, 0.6), height * rng.uniform(0.4, 0.6))
    colours = [{}, {"ink": 255, "paper": 0}, {"ink": 60, "paper": 220}][seed % 3]
    drawing = draw(digit, seed, size=(width, height), height=tall, width=pen, centre=centre, **colours)
    return (photographed(drawing, seed), "jpg") if seed % 3 == 2 else (drawing, "png")


def trained(passes=2, batch=128):
    """The essay's network, W1, B1 ... B3, after some passes over MNIST in float32: about 96 % right."""
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


def test_the_picture_of_what_the_network_sees(tmp_path):
    pixels = through(tmp_path, draw(2))
    content = image.picture(pixels)
    assert content == image.picture(pixels.reshape(28, 28)) and len(content) < 5000
    shown = np.asarray(Image.open(io.BytesIO(content)))
    assert shown.shape == (224, 224) and shown.dtype == np.uint8
    assert np.array_equal(shown[4::8, 3::8].reshape(-1) / 255, pixels)
    assert np.array_equal(shown, shown[::8, ::8].repeat(8, axis=0).repeat(8, axis=1))


# --- what cannot be used ---------------------------------------------------------------------------------------


def refused(path, *words):
    with pytest.raises(Unusable) as caught:
        image.read(str(path))
    text = str(caught.value)
    assert text.startswith(f"--image {path}: "), text
    assert text.isprintable() and all(word in text for word in words), text
    return text


def content(drawing, kind, **options):
    file = io.BytesIO()
    drawing.save(file, kind, **options)
    return file.getvalue()


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height, *more):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def resized(kind, width, height):
    """A small picture whose header promises another size."""
    whole = bytearray(content(draw(1, size=(40, 40), height=30), kind))
    if kind == "BMP":
        whole[18:26] = struct.pack("<ii", width, height)
    else:
        at = whole.index(b"\xff\xc0") + 5
        whole[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(whole)


NAMED = {
    "GIF": content(draw(1), "GIF"),
    "TIFF": content(draw(1), "TIFF"),
    "WebP": b"RIFF\x24\0\0\0WEBPVP8 " + bytes(30),
    "SVG": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "AVIF": b"\0\0\0\x20ftypavif" + bytes(30),
    "HEIC": b"\0\0\0\x18ftypheic" + bytes(30),
    "PDF": b"%PDF-1.7\n",
}


@pytest.mark.parametrize("name", NAMED)
def test_other_formats_are_refused_by_name(tmp_path, name):
    path = tmp_path / "digit.png"  # whatever it calls itself
    path.write_bytes(NAMED[name])
    refused(path, name, "save")


BAD = {
    "empty": (b"", "empty"),
    "text": (b"seven", "not an image"),
    "zeros": (bytes(1000), "not an image"),
    "no width": (png(0, 5), "zero"),
    "no height": (png(5, 0), "zero"),
    "no height in BMP": (resized("BMP", 5, 0), "zero"),
    "no height in JPEG": (resized("JPEG", 5, 0), "damaged JPEG"),
    "26 megapixels": (png(5200, 5000), "25 million"),
    "100 megapixels": (png(10_000, 10_000), "25 million"),
    "a bomb": (png(60_000, 60_000), "25 million"),
    "a bomb in BMP": (resized("BMP", 60_000, 60_000), "25 million"),
    "a bomb in JPEG": (resized("JPEG", 60_000, 60_000), "25 million"),
    "a text bomb": (png(28, 28, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(5_000_000)))), "damaged PNG"),
    "no pixels": (png(28, 28), "damaged PNG"),
    "signature only": (b"\x89PNG\r\n\x1a\n", "damaged PNG"),
    "BM and a text": (b"BMW is a car, not a picture", "damaged BMP"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(tmp_path, name, capfd):
    path = tmp_path / "digit.png"
    path.write_bytes(BAD[name][0])
    refused(path, BAD[name][1])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_truncated_files(tmp_path, kind):
    path = tmp_path / "digit"
    whole = content(photographed(draw(6), 0), kind)
    for part in (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9995):
        path.write_bytes(whole[: int(len(whole) * part) + 3])
        refused(path, f"truncated or damaged {kind}")


def test_a_damaged_byte_in_a_png(tmp_path):
    path = tmp_path / "digit.png"
    whole = bytearray(content(photographed(draw(6), 0), "PNG"))
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    refused(path, "damaged PNG")


def test_paths(tmp_path):
    refused(tmp_path / "none.png", "no such file")
    refused(tmp_path, "folder")
    refused("/dev/null", "not a regular file")
    for name in ("a\nb.png", "a\x1b[31m.png", "\udcff.png", "a\0.png"):
        with pytest.raises(Unusable) as caught:
            image.read(name)
        assert str(caught.value) == f"--image {name!a}: a path of plain text is needed; rename it"


def test_an_animated_png(tmp_path):
    path = tmp_path / "digit.png"
    draw(1).save(path, save_all=True, append_images=[draw(2)])
    refused(path, "animated")


def grain(kind, side=120):
    rng = np.random.default_rng(0)
    return {
        "grey": lambda: rng.integers(0, 256, (side, side)),
        "coloured": lambda: rng.integers(0, 256, (side, side, 3)),
        "slight": lambda: 250 + rng.normal(0, 2, (side, side)),
        "shaded": lambda: np.linspace(80, 200, side)[None] + rng.normal(0, 5, (side, side)),
        "specks": lambda: 255 * (rng.random((side, side)) > 0.02),
        "a speck": lambda: 255 * (np.add.outer(np.arange(side) // 3, np.arange(side) // 3) > 0),
    }[kind]()


EMPTY = {
    "one pixel": (Image.new("L", (1, 1)), "one colour"),
    "white": (Image.new("RGB", (90, 50), "white"), "one colour"),
    "transparent": (Image.new("RGBA", (90, 50)), "one colour"),
    "one grey of 16 bits": (Image.fromarray(np.full((40, 40), 700, np.uint16)), "one colour"),
    "grey": (grain("grey"), "no stroke"),
    "coloured": (grain("coloured"), "no stroke"),
    "slight": (grain("slight"), "no stroke"),
    "shaded": (grain("shaded"), "no stroke"),
    "specks": (grain("specks"), "only specks"),
    "a speck": (grain("a speck"), "3 x 3"),
}


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_see(tmp_path, name):
    drawing, words = EMPTY[name]
    if not isinstance(drawing, Image.Image):
        drawing = Image.fromarray(drawing.clip(0, 255).astype(np.uint8))
    drawing.save(tmp_path / "digit.png")
    refused(tmp_path / "digit.png", words)
