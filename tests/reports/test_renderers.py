"""The renderers: hostile text stays text, numbers come back, files are whole or absent."""

import base64
import csv
import hashlib
import io

import pytest

from reports import as_csv, as_html, as_markdown, files, terminal
from reports.table import Cell, Columns, Picture, Report, Table

HOSTILE = "<script>alert(1)</script> | *x* `y` [z](w)\nnext"


@pytest.fixture
def report():
    table = Table(HOSTILE, ("name", HOSTILE), ((Cell(HOSTILE), Cell("1.0", strong=True)),), frozenset({1}), HOSTILE)
    return Report(f"FAIL {HOSTILE}", False, (HOSTILE,), (table,))


def test_html_escapes(report):
    page = as_html.render(report)
    assert page.count("<script") == 1 and "<script>alert" not in page and "&lt;script&gt;" in page
    assert "<strong>1.0</strong>" in page and "✗ FAIL</span>" in page


def test_html_allows_its_own_script_alone(report):
    page = as_html.render(report)
    script = page.split("<script>")[1].split("</script>")[0]
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in page
    assert "default-src 'none'" in page and "script-src 'sha256-" in page


def test_markdown_escapes_and_keeps_one_line_a_row(report):
    text = as_markdown.render(report)
    assert "<script" not in text.replace("\\<script", "")
    row = next(line for line in text.splitlines() if "**1.0**" in line)
    assert row.replace("\\|", "").count("|") == 3


def with_picture(*about):
    return Report("PASS x", True, ("a line",), (Table("a table", ("h",), ()),), (Picture(*about),))


def test_html_holds_its_pictures():
    page = as_html.render(with_picture("a.svg", '"><script>', b"<svg/>", "<b>"))
    assert (
        f'alt="&#34;&gt;&lt;script&gt;" src="data:image/svg+xml;base64,{base64.b64encode(b"<svg/>").decode()}"' in page
    )
    assert "<h2>&lt;b&gt;</h2>" in page and page.count("<script") == 1
    assert page.index("a line") < page.index("<figure>") < page.index("a table")
    assert 'src="data:image/png;base64,' in as_html.render(with_picture("a.png", "", b"\x89PNG"))


@pytest.mark.parametrize("name", ["a.html", "a", "a.svg.js", ".svg", ""])
def test_html_refuses_other_files(name):
    with pytest.raises(ValueError, match=r"svg or .png"):
        as_html.render(with_picture(name, "", b""))


def test_markdown_points_at_its_pictures():
    text = as_markdown.render(with_picture("a.svg", "x](javascript:x) ![y]\n<b>", b"", "# title"))
    assert "\n\n## \\# title\n\n![x\\](javascript:x) !\\[y\\] \\<b\\>](a.svg)\n\n## a table" in text
    assert text.index("a line") < text.index("![")
    assert "](javascript%3Ax%29%20%28.svg)" in as_markdown.render(with_picture("javascript:x) (.svg", "", b""))
    assert "##" not in as_markdown.render(with_picture("a.svg", "alt", b"")).split("![")[0]


def test_terminal_shows_plain_text_where_it_is_no_terminal(report):
    buffer = io.StringIO()
    to = terminal.console(buffer)
    terminal.headline(to, "PASS all [red]well[/red]", True)
    terminal.table(to, report.tables[0])
    assert "\x1b" not in buffer.getvalue() and "[red]" in buffer.getvalue()
    assert all(len(line) <= terminal.WIDEST for line in buffer.getvalue().splitlines())


def test_csv_numbers_survive():
    values = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, float("inf")]
    text = as_csv.render(Columns("t", {"x": values, "name": ["a,b", '"', "", "d", "e", "f"]})).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [float(row["x"]) for row in rows] == values
    assert rows[0]["name"] == "a,b" and "\r" not in text


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError):
        as_csv.render(Columns("t", {"a": [1], "b": [1, 2]}))


def test_files_replace_whole(tmp_path):
    files.write(tmp_path / "deep" / "er", {"a": b"1"})
    files.write(tmp_path / "deep" / "er", {"a": b"2", "b": b"3"})
    found = {path.name: path.read_bytes() for path in (tmp_path / "deep" / "er").iterdir()}
    assert found == {"a": b"2", "b": b"3"}


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(OSError):
        files.write(tmp_path, {"a": b"1", "no/such/folder": b"2"})
    assert [path.name for path in tmp_path.iterdir() if path.name != "a"] == []


def test_columns_move_together_before_a_cell_is_folded():
    cells = tuple(Cell("1.00e-05") for _ in range(8))
    wide = Table("t", tuple(f"column {i}" for i in range(8)), (cells,), frozenset(range(8)))  # 64 letters and the gaps
    for width, lines in ((78, 3), (72, 3), (60, 5)):
        to = terminal.console(io.StringIO())
        to.width = width
        terminal.table(to, wide)
        text = to.file.getvalue()
        assert len(text.splitlines()) == lines and max(map(len, text.splitlines())) <= width
        assert ("1.00e-05  1.00e-05" in text) == (width == 78)
