"""A report as one HTML page: its script, its style and its pictures inside, and nothing fetched from anywhere.

The page says so itself: its content security policy allows this very script, pictures inside the page, no more.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path, PurePath
from typing import Any

import jinja2

from reports import drawing
from reports.detail import Detail
from reports.plain import plain
from reports.table import Picture, Report

MIME = {".svg": "image/svg+xml", ".png": "image/png"}
TEMPLATES = Path(__file__).with_name("templates")


def render(report: Report, detail: Detail | None = None) -> str:
    """The page; every text is plain and escaped.  Raises ValueError for a picture that is neither .svg nor .png."""
    headline = report.headline.removeprefix("PASS").removeprefix("FAIL").strip()
    return _template().render(report=report, headline=headline, detail=detail or Detail())


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, keep_trailing_newline=True, trim_blocks=True,
        lstrip_blocks=True, finalize=_finalized, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    script = _own("page.js")
    environment.globals |= {
        "address": _address,
        "png": lambda content: _data(content, ".png"),
        "drawing": drawing,
        "style": _own("page.css"),
        "script": script,
        "script_hash": b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    return environment.get_template("page.html")


def _own(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _finalized(value: Any) -> Any:
    """Markup is what the templates themselves made, of texts that came through here."""
    return plain(value) if type(value) is str else value


def _address(picture: Picture) -> str:
    """The picture itself as an address, so that the page remains one file."""
    suffix = PurePath(picture.name).suffix
    if suffix not in MIME:
        raise ValueError(f"a picture is .svg or .png, not {picture.name!r}")
    return _data(picture.content, suffix)


def _data(content: bytes, suffix: str) -> str:
    return f"data:{MIME[suffix]};base64,{b64encode(content).decode()}"
