"""Make RESULTS.md of the JSON files in benchmarks/results: one section for each measurement.

python -m benchmarks.results
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
PAGE = Path(__file__).parent / "RESULTS.md"
TOP = """# What was measured

`python -m benchmarks.results` makes this page of the files in `results/`. Each section has one measurement: what is
measured, the command that repeats it, the date, the machine and the versions. A value with a range is the median, with
the lowest and the highest value in brackets.
"""


def main() -> None:
    """Write RESULTS.md."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the content of RESULTS.md: the files in the order of their names."""
    files = sorted(FOLDER.glob("*.json"), key=lambda path: path.stem)
    return "\n".join([TOP, *(section(json.loads(path.read_text(encoding="utf-8"))) for path in files)])


def section(result: Mapping[str, Any]) -> str:
    """Return the section of one measurement as Markdown."""
    columns = result["columns"]
    names = [c["name"] + (f" [{c['unit']}]" if c["unit"] else "") for c in columns]
    numeric = [any(not isinstance(row[i], str | None) for row in result["rows"]) for i in range(len(columns))]
    rows = [[cell(value, c["format"]) for value, c in zip(row, columns, strict=True)] for row in result["rows"]]
    lines = [names, ["---:" if right else "---" for right in numeric], *rows]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    parts = [
        f"## {result['title']}",
        result["measures"],
        f"`{result['command']}`",
        f"{result['date']}; {result['machine']}; {versions}.",
        "\n".join(f"| {' | '.join(line)} |" for line in lines),
        result["note"],
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def cell(value: Any, form: str) -> str:
    """Return the text of a cell: a number in this format, or with commas if there is none; a list as a range."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        middle, lowest, highest = (cell(number, form) for number in value)
        return f"**{middle}** ({lowest}–{highest})"
    return format(value, form or ",")


if __name__ == "__main__":
    main()
