"""Files that are no picture of a digit: each is refused with one sentence that names the file and the reason."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.support.drawn_digits import draw
from tests.verify.inputs.picture_files import photographed
from verify.errors import Unusable
from verify.inputs import images

pytestmark = pytest.mark.filterwarnings("error")


def refused(path, *words):
    with pytest.raises(Unusable) as caught:
        images.read(str(path))
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
    """Return a small picture whose header declares another size."""
    whole = bytearray(content(draw(1, size=(40, 40), height=30), kind))
    if kind == "BMP":
        whole[18:26] = struct.pack("<ii", width, height)
    else:
        start = whole.index(b"\xff\xc0") + 5
        whole[start : start + 4] = struct.pack(">HH", height, width)
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
            images.read(name)
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
