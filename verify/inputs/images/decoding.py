"""Decode a PNG, JPEG or BMP file."""

import io
import os
import struct
import warnings
from contextlib import suppress

from PIL import Image, ImageOps

from verify.errors import Unusable

MOST_PIXELS = 25_000_000
MOST_BYTES = 250_000_000
TOO_LARGE = f"more than {MOST_PIXELS // 1_000_000} million pixels; save the picture smaller"
FORMATS = ("PNG", "JPEG", "BMP")

SIGNATURES = {  # offset and first bytes of the formats that are read, and of others that users may have
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


def decode(path: str) -> tuple[Image.Image, str]:
    """Return the picture, turned upright, and the name of its format.

    Raises Unusable with the reason; the caller adds the name of the file. Warnings of Pillow are ignored.
    """
    content = _content(path)
    name = _format_name(content)
    if not name:
        raise Unusable("not an image; a PNG, JPEG or BMP picture is needed")
    if name not in FORMATS:
        raise Unusable(f"{name} is not read; save the picture as PNG, JPEG or BMP")
    if 0 in _header_size(content, name):
        raise Unusable("its width or height is zero; save the picture anew")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _load(content), name
        except Unusable:
            raise
        except Image.DecompressionBombError as error:
            raise Unusable(TOO_LARGE) from error
        except Exception as error:  # Pillow can raise nearly any exception on a damaged file
            raise Unusable(f"a truncated or damaged {name} file; save the picture anew") from error


def _content(path: str) -> bytes:
    """Return the bytes of a file.  Raises Unusable if it cannot be read, is empty or is too large."""
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


def _format_name(content: bytes) -> str:
    """Return the format's name, or an empty text; the first bytes decide, because the file's name can be wrong."""
    for name, (start, signatures) in SIGNATURES.items():
        if content.startswith(signatures, start):
            return name
    return "SVG" if b"<svg" in content[:1000].lower() else ""


def _header_size(content: bytes, name: str) -> tuple[int, ...]:
    """Return width and height from the header, or () if the header is too short.

    A size of zero is found here, because Pillow would report such a file as "not identified".
    """
    old_bitmap = name == "BMP" and content[14:18] == b"\x0c\0\0\0"
    layout, start = {"PNG": (">II", 16), "BMP": ("<HH" if old_bitmap else "<ii", 18), "JPEG": ("", 0)}[name]
    size = content[start : start + struct.calcsize(layout)]
    return struct.unpack(layout, size) if len(size) == struct.calcsize(layout) else ()


def _load(content: bytes) -> Image.Image:
    """Return the decoded picture, turned upright.  Raises Unusable, or any exception of Pillow."""
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    if image.width * image.height > MOST_PIXELS:
        raise Unusable(TOO_LARGE)
    if image.format == "PNG" and getattr(image, "is_animated", False):
        raise Unusable("an animated PNG; save one picture of it")
    Image.open(io.BytesIO(content), formats=FORMATS).verify()  # load() alone does not verify the checksums of a PNG
    image.load()
    with suppress(Exception):  # damaged EXIF data do not make the picture unreadable
        ImageOps.exif_transpose(image, in_place=True)
    return image
