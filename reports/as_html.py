"""A report as one HTML page: no script, nothing fetched, its pictures inside."""

from __future__ import annotations

from base64 import b64encode
from pathlib import PurePath
from typing import Any

import jinja2

from reports.plain import plain
from reports.table import Picture, Report

MIME = {".svg": "image/svg+xml", ".png": "image/png"}

TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ report.headline }}</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 110rem; margin: 2rem auto; padding: 0 1rem; } h1, p { max-width: 72rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
h1 span { padding: .1em .5em; border: 2px solid currentColor; border-radius: .3em; }
figure { margin: 1rem 0; } img { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .85rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #8886; text-align: left; white-space: nowrap; }
.number { text-align: right; } .text { white-space: normal; min-width: 22rem; max-width: 44rem; }
</style></head><body><main>
<h1><span>{{ "PASS" if report.passed else "FAIL" }}</span> {{ headline }}</h1>
{% for line in report.lines %}<p>{{ line }}</p>
{% endfor %}
{% for picture in report.pictures %}<section>{% if picture.title %}<h2>{{ picture.title }}</h2>{% endif %}
<figure><img alt="{{ picture.alt }}" src="{{ address(picture) }}"></figure></section>
{% endfor %}
{%- for table in report.tables %}<section><h2>{{ table.title }}</h2>
<div class="wide" tabindex="0" role="region" aria-label="{{ table.title }}"><table>
<thead><tr>{% for name in table.header %}
<th scope="col"{% if loop.index0 in table.numeric %} class="number"{% endif %}>{{ name }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in table.rows %}
<tr>{% for cell in row %}<td{% if loop.index0 in table.numeric %} class="number"
{%- elif cell.text|length > 60 %} class="text"{% endif %}>
{%- if cell.strong %}<strong>{{ cell.text }}</strong>{% else %}{{ cell.text }}{% endif %}</td>{% endfor %}</tr>
{%- endfor %}</tbody></table></div>
{% if table.note %}<p>{{ table.note }}</p>{% endif %}</section>
{% endfor %}</main></body></html>
"""


def render(report: Report) -> str:
    """The page; every text is plain and escaped.  Raises ValueError for a picture that is neither .svg nor .png."""
    template = jinja2.Environment(autoescape=True, keep_trailing_newline=True, finalize=_finalized).from_string(
        TEMPLATE
    )
    headline = report.headline.removeprefix("PASS").removeprefix("FAIL").strip()
    return template.render(report=report, headline=headline, address=_address)


def _finalized(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value


def _address(picture: Picture) -> str:
    """The picture itself as an address, so that the page remains one file."""
    suffix = PurePath(picture.name).suffix
    if suffix not in MIME:
        raise ValueError(f"a picture is .svg or .png, not {picture.name!r}")
    return f"data:{MIME[suffix]};base64,{b64encode(picture.content).decode()}"
