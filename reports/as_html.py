"""Write a report as one HTML page, which holds its script, style and pictures and fetches nothing.

The page's content security policy enforces this: it allows only this script and pictures inside the page.
"""

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path, PurePath
from typing import Any

import jinja2

from reports import drawing
from reports.detail import Detail
from reports.plain import plain
from reports.table import Picture, Report, Table

MIME = {".svg": "image/svg+xml", ".png": "image/png"}
TEMPLATES = Path(__file__).with_name("templates")


def render(report: Report, detail: Detail | None = None) -> str:
    """Return the page; every text is plain and escaped.  Raises ValueError for a picture that is not .svg or .png."""
    headline = report.headline.removeprefix("PASS").removeprefix("FAIL").strip()
    return template("page.html").render(report=report, headline=headline, detail=detail or Detail())


def table(value: Table) -> str:
    """Return a table with its title and its note, without style or script, for a page such as a notebook."""
    return template("table.html").render(table=value)


@cache
def template(name: str) -> jinja2.Template:
    """Return a template of the folder `templates`; every text that is put into it is made plain and escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_plain,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    environment.globals |= {
        "address": _address,
        "png": lambda content: _data(content, ".png"),
        "drawing": drawing,
        "style": (TEMPLATES / "page.css").read_text(encoding="utf-8"),
        "script": script,
        "script_hash": b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    return environment.get_template(name)


def _plain(value: Any) -> Any:
    """Return a text as plain text. Markup stays: templates made it, and its texts have passed through here before."""
    return plain(value) if type(value) is str else value


def _address(picture: Picture) -> str:
    """Return the picture as a data address, so that the page stays one file.  Raises ValueError if not .svg or .png."""
    suffix = PurePath(picture.name).suffix
    if suffix not in MIME:
        raise ValueError(f"a picture is .svg or .png, not {picture.name!r}")
    return _data(picture.content, suffix)


def _data(content: bytes, suffix: str) -> str:
    return f"data:{MIME[suffix]};base64,{b64encode(content).decode()}"
