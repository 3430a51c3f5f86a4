"""Measure how long the page of verify.backprop takes to be written and to be opened, and how large it is.

    python -m benchmarks.page

Needs the extra `test` and Chromium for the second figure.
"""

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.record import Cell, Column, Measurement, finish, parser
from reports import as_html
from verify import backprop
from verify.cli.exit_status import guarded
from verify.records import trace_file
from verify.results import page as view
from verify.results.judging import judge

ROUNDS = 5
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
PAGE = Measurement(
    "page",
    "The page of `verify.backprop`",
    f"Time from the compared trace to the written report.html with default settings, its size, and the time until "
    f"Chromium has loaded it; medians of {ROUNDS}.",
    (Column("what"), Column("measured"), Column("unit"), Column("goal")),
)


def main() -> None:
    """Measure the page and print the table."""
    given = parser(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        saved, path = Path(folder) / "five.npz", Path(folder) / "report.html"
        guarded(backprop.main, ["--save-trace", str(saved), "--out", folder, "--quiet"])
        seconds = [_make(saved, path) for _ in range(ROUNDS)]
        wall, processor = (round(statistics.median(pair[i] for pair in seconds), 2) for i in (0, 1))
        size, opened = path.stat().st_size, round(statistics.median(_open(path)), 2)
    rows: list[list[Cell]] = [
        ["written, processor time", processor, "s", 3],
        ["written, wall time", wall, "s", 3],
        ["size", size, "bytes", 2_000_000],
        ["opened in Chromium, wall time", opened, "s", 1],
    ]
    finish(PAGE, rows, given.record)


def _make(saved: Path, path: Path) -> tuple[float, float]:
    """Return wall and processor seconds from the compared trace to the page; the trace is read again each time."""
    result = judge("backprop", trace_file.load(str(saved)), None)
    wall, processor = time.perf_counter(), time.process_time()
    path.write_text(as_html.render(result.to_report(), view.detail(result)), encoding="utf-8")
    return time.perf_counter() - wall, time.process_time() - processor


def _open(path: Path) -> list[float]:
    """Return the seconds until Chromium has loaded the page, for each round."""
    from playwright.sync_api import sync_playwright

    seconds = []
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        for _ in range(ROUNDS):
            page = browser.new_page()
            page.goto(path.as_uri())
            seconds.append(page.evaluate(LOADED) / 1000)
            page.close()
        browser.close()
    return seconds


if __name__ == "__main__":
    main()
