"""Names that come from files, in every renderer: no terminal obeys them, no page and no spreadsheet runs them."""

import csv
import io
import json

import pytest

from reports import as_csv, as_html, as_json, as_markdown, terminal
from reports.plain import no_formula, plain
from reports.table import Cell, Columns, Report, Table

NAMES = {
    "colour": "\x1b[31mred",
    "title of the window": "\x1b]0;title\x07",
    "C1": "\x9b31m",
    "backspace": "wrong\b\b\b\b\bright",
    "return": "all wrong\rPASS",
    "newline": "cat\n# PASS | all |",
    "paragraph": "cat\u2029dog",
    "right to left": "cat\u202egod",
    "no width": "c\u200bat",
    "half a pair": "cat\udcff",
    "tag": "</td><script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "markdown": "a|b`c`*d*_e_[f](g)~h~$i$#j\\",
    "entity": "&lt;b&gt;",
    "formula": '=HYPERLINK("http://example.org","x")',
    "plus": "+cmd|' /C calc'!A0",
    "minus": "-2+3",
    "at": "@SUM(1)",
    "fullwidth": "\uff1d1+1",
    "behind a tab": "\t=1+1",
}


@pytest.fixture(params=NAMES.values(), ids=NAMES)
def name(request):
    return request.param


def report(name):
    table = Table(name, ("label", name), ((Cell(name), Cell(name, strong=True)),), frozenset(), name)
    return Report(f"PASS both choose {name}", True, (name,), (table,))


def test_plain_is_one_line_of_visible_characters(name):
    shown = plain(name)
    assert shown.isprintable() and shown.encode()
    assert plain(shown) == shown


@pytest.mark.parametrize("text", ["", "cat", "größer", "数字", "∂C/∂W(1)", "a  b"])
def test_ordinary_text_stays_as_it_is(text):
    assert plain(text) == text and no_formula(text) == text


def test_terminal(name):
    buffer = io.StringIO()
    to = terminal.console(buffer)
    terminal.headline(to, f"PASS both choose {name}", True)
    terminal.table(to, report(name).tables[0])
    assert all(c.isprintable() or c == "\n" for c in buffer.getvalue())
    assert not any(line.startswith("#") for line in buffer.getvalue().splitlines())


def test_html(name):
    page = as_html.render(report(name))
    own = page.index("<script>")  # the page's own, the last thing in it
    assert page.encode() and "<script" not in page[:own] + page[own + 8 :] and "<img" not in page
    assert page[own:].endswith("})();\n</script>\n</body></html>\n")
    assert all(c.isprintable() or c == "\n" for c in page)


def test_markdown(name):
    text = as_markdown.render(report(name))
    assert text.encode() and all(c.isprintable() or c == "\n" for c in text)
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert len(heads) == 2 and "<" not in text.replace("\\<", "")
    row = next(line for line in text.splitlines() if "**" in line)
    assert row.replace("\\\\", "").replace("\\|", "").count("|") == 3
    assert row.replace("\\\\", "").replace("\\`", "").count("`") == 0


def test_csv(name):
    text = as_csv.render(Columns("t", {"label": [name, "x"], name: ["1", 2.5]})).decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert [len(row) for row in rows] == [2, 2, 2] and len(text.splitlines()) == 3
    for cell in (rows[0][1], rows[1][0]):
        assert cell.isprintable() and not cell.startswith(("=", "+", "-", "@", "\uff1d"))
    assert rows[2] == ["x", "2.5"]


def test_csv_never_touches_numbers():
    values = [-1.5, -0.0, float("-inf"), -3, True, None]
    texts = ["-1.5", "+2", "-1e-07", "-inf", "(1, 2)", "1 - 2"]
    rows = list(csv.reader(io.StringIO(as_csv.render(Columns("t", {"n": values, "s": texts})).decode())))
    assert [row[1] for row in rows[1:]] == texts
    assert [row[0] for row in rows[1:]] == ["-1.5", "-0.0", "-inf", "-3", "True", ""]


def test_json_loses_nothing(name):
    content = as_json.render({"name": name, name: ["∂", 1.5]})
    assert json.loads(content) == {"name": name, name: ["∂", 1.5]}
    assert all(c.isprintable() or c == "\n" for c in content.decode()) and "∂" in content.decode()


def test_json_has_neither_nan_nor_infinity():
    content = as_json.render({"x": float("nan"), "y": (float("inf"), [-float("inf")])})
    assert json.loads(content, parse_constant=pytest.fail) == {"x": None, "y": ["inf", ["-inf"]]}
