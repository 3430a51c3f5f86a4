"""How long the page of verify.backprop takes to be made and to be opened, and how large it is.

    python -m benchmarks.page

Needs the extra `test` and Chromium for the second figure.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from reports import as_html
from verify import backprop
from verify.cli.exit_status import guarded
from verify.records import trace_file
from verify.results import page as view
from verify.results.judging import judge

ROUNDS = 5
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        saved, path = Path(folder) / "five.npz", Path(folder) / "report.html"
        guarded(backprop.main, ["--save-trace", str(saved), "--out", folder, "--quiet"])
        made = [_make(saved, path) for _ in range(ROUNDS)]
        wall, processor = (statistics.median(pair[i] for pair in made) for i in (0, 1))
        print(f"made in {wall:.2f} s (processor {processor:.2f} s), median of {ROUNDS}")
        print(f"{path.stat().st_size:,} bytes")
        print(f"opened in {statistics.median(_open(path)):.2f} s, median of {ROUNDS}")


def _make(saved: Path, path: Path) -> tuple[float, float]:
    """Wall and processor seconds from the compared trace to the page; a new trace each time, nothing is remembered."""
    result = judge("backprop", trace_file.load(str(saved)), None)
    wall, processor = time.perf_counter(), time.process_time()
    path.write_text(as_html.render(result.to_report(), view.detail(result)), encoding="utf-8")
    return time.perf_counter() - wall, time.process_time() - processor


def _open(path: Path) -> list[float]:
    """Seconds until Chromium has loaded it."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        for _ in range(ROUNDS):
            page = browser.new_page()
            page.goto(path.as_uri())
            found.append(page.evaluate(LOADED) / 1000)
            page.close()
        browser.close()
    return found


if __name__ == "__main__":
    main()
