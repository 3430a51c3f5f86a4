"""One picture becomes an image like those of MNIST: however the digit is drawn, the same digit comes out."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.support.drawn_digits import draw
from tests.verify.inputs.picture_files import photographed, through
from verify.inputs import images

pytestmark = pytest.mark.filterwarnings("error")

SIDEWAYS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # EXIF orientation: Pillow's transposition that needs it


def wide(drawing, factor):
    return Image.fromarray(np.asarray(drawing).astype(np.uint16) * factor)


def specked(drawing):
    for place in ((10, 12), (262, 20), (20, 260), (250, 250)):
        drawing.paste(0, (*place, place[0] + 3, place[1] + 3))
    return drawing


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
        difference = np.abs(through(tmp_path, drawing(digit), kind) - through(tmp_path, draw(digit)))
        assert difference.max() <= most and difference.mean() <= mean, (digit, difference.max(), difference.mean())


@pytest.mark.parametrize("turn", SIDEWAYS)
@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_the_orientation_of_the_camera(tmp_path, turn, kind):
    upright = draw(7, size=(300, 240))
    exif = Image.Exif()
    exif[0x0112] = turn
    turned = through(tmp_path, upright.transpose(Image.Transpose(SIDEWAYS[turn])), kind, exif=exif)
    assert np.abs(turned - through(tmp_path, upright)).max() <= 0.1


def test_damaged_exif_is_ignored(tmp_path):
    plain = through(tmp_path, draw(3), "jpg")
    assert np.array_equal(through(tmp_path, draw(3), "jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage"), plain)


def test_a_picture_is_turned_even_if_its_exif_cannot_be_written_again(tmp_path, monkeypatch):
    upright, exif = draw(7, size=(300, 240)), Image.Exif()
    exif[0x0112] = 3
    upright.transpose(Image.Transpose.ROTATE_180).save(tmp_path / "turned.png", exif=exif)
    monkeypatch.setattr(Image.Exif, "tobytes", lambda *_: 1 / 0)
    pixels = images.read(str(tmp_path / "turned.png")).pixels
    assert np.array_equal(pixels, through(tmp_path, upright))


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


def test_the_picture_of_what_the_network_sees(tmp_path):
    pixels = through(tmp_path, draw(2))
    content = images.read(str(tmp_path / "digit.png")).seen
    assert len(content) < 5000
    shown = np.asarray(Image.open(io.BytesIO(content)))
    assert shown.shape == (224, 224) and shown.dtype == np.uint8
    assert np.array_equal(shown[4::8, 3::8].reshape(-1) / 255, pixels)
    assert np.array_equal(shown, shown[::8, ::8].repeat(8, axis=0).repeat(8, axis=1))
