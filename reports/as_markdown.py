"""Write a report as Markdown that GitHub renders. The caller writes its pictures as files beside it."""

from urllib.parse import quote

from reports.plain import plain
from reports.table import Cell, Picture, Report, Table


def escape(text: str) -> str:
    """Return the text on one line, escaped so that neither Markdown nor HTML in it is interpreted."""
    text = plain(text)
    for character in "\\`*_[]<>|#~$":
        text = text.replace(character, "\\" + character)
    return " ".join(text.split()).replace("&", "&amp;")


def render(report: Report) -> str:
    """Return the whole report; it ends with a line feed."""
    parts = [f"# {escape(report.headline)}", *(escape(line) for line in report.lines)]
    parts += [_picture(picture) for picture in report.pictures]
    parts += [_table(table) for table in report.tables]
    return "\n\n".join(parts) + "\n"


def _picture(picture: Picture) -> str:
    image = f"![{escape(picture.alt)}]({quote(picture.name, safe='')})"
    return f"## {escape(picture.title)}\n\n{image}" if picture.title else image


def _table(table: Table) -> str:
    rule = ["---:" if i in table.numeric else "---" for i in range(len(table.header))]
    lines = [_line([escape(name) for name in table.header]), _line(rule)]
    lines += [_line([_cell(cell) for cell in row]) for row in table.rows]
    body = f"## {escape(table.title)}\n\n" + "\n".join(lines)
    return f"{body}\n\n{escape(table.note)}" if table.note else body


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    return f"**{text}**" if cell.strong and text else text


def _line(texts: list[str]) -> str:
    return "| " + " | ".join(texts) + " |"
