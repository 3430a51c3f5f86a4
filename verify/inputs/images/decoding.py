"""From a PNG, JPEG or BMP file to its pixels."""

from __future__ import annotations

import io
import os
import struct
import warnings

from PIL import Image

from verify.errors import Unusable

MOST_PIXELS = 25_000_000
MOST_BYTES = 250_000_000
TOO_LARGE = f"more than {MOST_PIXELS // 1_000_000} million pixels; save the picture smaller"
FORMATS = ("PNG", "JPEG", "BMP")

SIGNATURES = {  # of what is read, and of what people are likely to have instead
    "PNG": (0, (b"\x89PNG\r\n\x1a\n",)),
    "JPEG": (0, (b"\xff\xd8\xff",)),
    "BMP": (0, (b"BM",)),
    "GIF": (0, (b"GIF8",)),
    "TIFF": (0, (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    "WebP": (8, (b"WEBP",)),
    "AVIF": (4, (b"ftypavif", b"ftypavis")),
    "HEIC": (4, (b"ftyphei", b"ftyphev", b"ftypmif1", b"ftypmsf1")),
    "JPEG 2000": (0, (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")),
    "JPEG XL": (0, (b"\0\0\0\x0cJXL ", b"\xff\x0a")),
    "PDF": (0, (b"%PDF",)),
    "Photoshop": (0, (b"8BPS",)),
    "icon": (0, (b"\0\0\1\0",)),
    "NetPBM": (0, (b"P1\n", b"P2\n", b"P3\n", b"P4\n", b"P5\n", b"P6\n")),
}
UPRIGHT = {  # EXIF tag 0x0112 to what undoes it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decoded(path: str) -> tuple[Image.Image, str]:
    """The picture, upright, and its format's name. Pillow's warnings and errors stay inside.

    Raises Unusable with what is wrong; whoever calls says of which file.
    """
    content = _content(path)
    name = _format(content)
    if not name:
        raise Unusable("not an image; a PNG, JPEG or BMP picture is needed")
    if name not in FORMATS:
        raise Unusable(f"{name} is not read; save the picture as PNG, JPEG or BMP")
    if 0 in _header_size(content, name):
        raise Unusable("its width or height is zero; save the picture anew")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _loaded(content), name
        except Unusable:
            raise
        except Image.DecompressionBombError as error:
            raise Unusable(TOO_LARGE) from error
        except Exception as error:  # a damaged file brings Pillow to raise nearly anything
            raise Unusable(f"a truncated or damaged {name} file; save the picture anew") from error


def _content(path: str) -> bytes:
    if os.path.isdir(path):
        raise Unusable("a folder, where a picture is needed; name one file")
    if not os.path.exists(path):
        raise Unusable("no such file; give the path of a PNG, JPEG or BMP picture")
    if not os.path.isfile(path):
        raise Unusable("not a regular file; give the path of a PNG, JPEG or BMP picture")
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unusable("it cannot be read; look at its permissions") from error
    if not content:
        raise Unusable("an empty file; save the picture anew")
    if len(content) > MOST_BYTES:
        raise Unusable(f"more than {MOST_BYTES // 1_000_000} MB; save the picture smaller")
    return content


def _format(content: bytes) -> str:
    """The format's name, by its first bytes; the name of the file says nothing about what is in it."""
    for name, (start, signatures) in SIGNATURES.items():
        if content.startswith(signatures, start):
            return name
    return "SVG" if b"<svg" in content[:1000].lower() else ""


def _header_size(content: bytes, name: str) -> tuple[int, ...]:
    """Width and height as the header has them, () where it is too short.  Pillow calls zero "not identified"."""
    old_bitmap = name == "BMP" and content[14:18] == b"\x0c\0\0\0"
    form, start = {"PNG": (">II", 16), "BMP": ("<HH" if old_bitmap else "<ii", 18), "JPEG": ("", 0)}[name]
    part = content[start : start + struct.calcsize(form)]
    return struct.unpack(form, part) if len(part) == struct.calcsize(form) else ()


def _loaded(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    if image.width * image.height > MOST_PIXELS:
        raise Unusable(TOO_LARGE)
    if image.format == "PNG" and getattr(image, "is_animated", False):
        raise Unusable("an animated PNG; save one picture of it")
    Image.open(io.BytesIO(content), formats=FORMATS).verify()  # a PNG's checksums: load() alone does not look
    image.load()
    turn = _orientation(image)
    return image.transpose(UPRIGHT[turn]) if turn in UPRIGHT else image


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # a damaged description does not make the picture unreadable
        return 1
