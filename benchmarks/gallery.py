"""Draw the pictures in the README: the page in a real browser, and a failure on a terminal.

    python -m benchmarks.gallery        writes .github/gallery/page.png and terminal.svg

Needs Chromium and the extra `test`. Both pictures show the run of the README: its digit 5, and its altered gradient.
"""

import argparse
import io
import os
import re
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PIL import Image
from rich.console import Console

from reports import terminal
from verify import backprop
from verify.cli import run
from verify.cli.exit_status import guarded
from verify.records import trace_file
from verify.records.trace import Trace
from verify.results.files import write_all
from verify.results.judging import judge

GALLERY = Path(__file__).parents[1] / ".github" / "gallery"
SHOWN = ("header", "#network", "#tensor-dW2")  # parts of the page, one below the other
OPENED = ("number-dW2-2-4", "tensor-dW2")
WIDTH, HEIGHT, MARGIN, COLOURS, LARGEST = 1000, 1850, 16, 96, 150_000
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {terminal_width} {terminal_height}">
<style>.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}</style>
<rect width="{terminal_width}" height="{terminal_height}" rx="8" fill="#1b1d22"/>
<g transform="translate(9, 9)">{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def main() -> int:
    """Write both pictures and return the exit status.  Raises AssertionError if they are too large."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "five.npz"
        words = ["--save-trace", str(saved), "--out", str(Path(folder) / "out"), "--quiet"]
        if guarded(backprop.main, words):
            return 1
        pictures = {"page.png": page(Path(folder) / "out" / "report.html"), "terminal.svg": failure(saved)}
    assert sum(map(len, pictures.values())) < LARGEST, {name: len(content) for name, content in pictures.items()}
    write_all(GALLERY, pictures, "gallery")
    print(*(f"{name} {len(content):,} bytes" for name, content in pictures.items()), sep="\n")
    return 0


def page(path: Path) -> bytes:
    """Return a PNG of parts of report.html as Chromium draws it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        opened = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        opened.goto(path.as_uri())
        for place in OPENED:
            opened.evaluate(f"location.hash = '{place}'")
            opened.wait_for_timeout(200)
        opened.evaluate("document.activeElement.blur()")
        parts = [Image.open(io.BytesIO(opened.locator(place).screenshot())) for place in SHOWN]
        browser.close()
    width = max(p.width for p in parts) + 2 * MARGIN
    whole = Image.new("RGB", (width, min(HEIGHT, sum(p.height + MARGIN for p in parts))), "white")
    for i, part in enumerate(parts):
        whole.paste(part, (MARGIN, sum(p.height + MARGIN for p in parts[:i])))
    file = io.BytesIO()
    palette = whole.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette.save(file, "PNG", optimize=True)
    return file.getvalue()


def failure(saved: Path) -> bytes:
    """Return an SVG of what a terminal shows for the README's altered gradient."""
    five = trace_file.load(str(saved))
    dW2 = five.tensors["step1/dW2"].copy()
    dW2[4, 3] += 1e-6
    wrong: Trace = replace(five, tensors={**five.tensors, "step1/dW2": dW2})
    result = judge("backprop", wrong, None)
    to = Console(
        record=True, width=96, file=io.StringIO(), force_terminal=True, highlight=False, color_system="truecolor"
    )
    to.print("$ python -m verify.backprop --trace out/wrong.npz", style="dim")
    terminal.headline(to, result.headline, result.passed)
    terminal.table(to, run.short(result))
    drawn = to.export_svg(title="", code_format=SVG, unique_id="t")
    return re.sub(r' (textLength|clip-path)="[^"]*"', "", drawn).encode()  # a hat over a letter takes no room


if __name__ == "__main__":
    sys.exit(main())
