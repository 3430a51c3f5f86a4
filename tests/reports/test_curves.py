"""Line plots: the same bytes always, hostile text is text, and nothing that is there remains unseen."""

import hashlib
import math
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports import curves
from reports.curves import Curve, Panel, draw

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "</text><script>alert(1)</script>",
    "](javascript:x)",
    "$\\frac{",
    "a & b \"c\" 'd'",
    "-->",
    "]]>",
    "_hidden",
]


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def training():
    """Return the curves of a small training."""
    epochs = [1, 2, 3]
    rates = [0.5, 0.8, 0.9]
    both = (Curve("by hand", epochs, rates, "broad blue"), Curve("TensorFlow", epochs, rates, "dashed blue"))
    limit = (Curve("used", epochs, rates, "solid green"), Curve("limit", [1, 3], [1, 1], "limit"))
    drift = (Curve("drift", [0, 1, 2, 3], [0, 1e-7, 3e-7, 1e-6], "dotted purple"),)
    return (
        Panel("Accuracy", "epoch", "share", both),
        Panel("Drift", "epoch", "largest difference", drift, log_y=True),
        Panel("Used", "step", "difference / allowed", limit),
    )


def one(*lines, log_y=False):
    return ElementTree.fromstring(draw([Panel("t", "x", "y", lines, log_y)], "a.svg", "alt").content)


def texts(root):
    return [element.text for element in root.iter(f"{SVG}text")]


def group(root, index):
    """The lines inside the axes, in the order drawn, or one of them: path data, style, number of markers."""
    axes = next(g for g in root.iter(f"{SVG}g") if g.get("id") == "axes_1")
    found = [g for g in axes if re.fullmatch(r"line2d_\d+", g.get("id", ""))]
    return [_line(g) for g in found] if index is None else _line(found[index])


def _line(g):
    path = g.find(f"{SVG}path")
    markers = list(g.iter(f"{SVG}use"))
    return (path.get("d") if path is not None else "", path.get("style") if path is not None else "", len(markers))


def run(script, **environment):
    command = [sys.executable, "-W", "error", "-c", script]
    given = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=True).stdout.split()


SCRIPT = """
import hashlib, importlib.util, sys
spec = importlib.util.spec_from_file_location("t", "tests/reports/test_curves.py")
t = importlib.util.module_from_spec(spec)
spec.loader.exec_module(t)
{before}
print(hashlib.sha256(t.draw(t.training(), "a.svg", "alt").content).hexdigest())
print(sum(n in sys.modules for n in ("matplotlib.pyplot", "tkinter")), "matplotlib" in sys.modules)
"""


def digest():
    return hashlib.sha256(draw(training(), "a.svg", "alt").content).hexdigest()


def test_the_same_panels_give_the_same_bytes():
    first, second = draw(training(), "a.svg", "alt"), draw(training(), "a.svg", "alt")
    assert first == second
    assert not re.search(rb"20\d\d-\d\d|Matplotlib v|matplotlib\.org", first.content)


def test_a_second_process_gives_the_same_bytes_without_pyplot():
    assert run(SCRIPT.format(before=""), PYTHONHASHSEED="7") == [digest(), "0", "True"]


def test_no_other_font_and_no_setting_of_the_user_is_looked_at(tmp_path):
    (tmp_path / "matplotlibrc").write_text("font.family: monospace\naxes.facecolor: red\nlines.linewidth: 9\n")
    bare = """
from matplotlib import font_manager as f
bundled = [e for e in f.fontManager.ttflist if "mpl-data" in e.fname]
f.fontManager.ttflist = bundled
f.fontManager.afmlist = []
import matplotlib
matplotlib.rcParams["font.size"] = 30
"""
    assert run(SCRIPT.format(before=bare), MATPLOTLIBRC=str(tmp_path / "matplotlibrc"))[0] == digest()


def test_settings_of_the_caller_stay():
    import matplotlib

    before = dict(matplotlib.rcParams)
    draw(training(), "a.svg", "alt")
    assert dict(matplotlib.rcParams) == before


def test_importing_the_module_does_not_import_matplotlib():
    assert run("import sys, reports.curves; print('matplotlib' in sys.modules)") == ["False"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text):
    panel = Panel(text, text, text, (Curve(text, [1, 2], [1, 2]),))
    root = ElementTree.fromstring(draw([panel], "a.svg", text).content)
    assert texts(root).count(text) == 4
    assert root.find(f"{SVG}title").text == text
    assert not {element.tag.split("}")[-1] for element in root.iter()} & {"script", "a", "image", "foreignObject"}


def test_what_neither_xml_nor_the_font_can_hold_does_no_harm():
    odd = "a\x00b\ud800c \u65e5\u672c \U0001f642\nd"
    assert texts(one(Curve(odd, [1], [1]))).count("a\ufffdb\ufffdc \u65e5\u672c \U0001f642 d") == 1


def test_long_texts_are_folded_and_cut():
    long = "word " * 200
    root = ElementTree.fromstring(draw([Panel(long, long, long, (Curve(long, [1], [1]),))], "a.svg", long).content)
    assert max(map(len, texts(root))) <= 72 and any(text.endswith("…") for text in texts(root))


def test_every_text_is_anchored_and_the_ground_is_white():
    content = draw(training(), "a.svg", "alt").content.decode()
    assert all("sans-serif" in style for style in re.findall(r'<text style="([^"]*)', content))
    first = next(g for g in ElementTree.fromstring(content).iter(f"{SVG}path"))
    assert "fill: #ffffff" in first.get("style")


def test_lines_that_coincide_are_both_seen():
    same = ([1, 2, 3], [0.5, 0.8, 0.9])
    # given in the wrong order, the broad one still lies below
    below, above = group(one(Curve("b", *same, "dashed blue"), Curve("a", *same, "broad blue")), None)
    assert below[0] == above[0] and below[2] == above[2] == 3
    assert "stroke-width: 4.5" in below[1] and "dasharray" not in below[1]
    assert "stroke-width: 1.3" in above[1] and "dasharray" in above[1]


def test_no_two_styles_differ_by_colour_alone():
    pens = list(curves.PENS.values())
    assert len({pen.marker for pen in pens}) == len({pen.colour for pen in pens}) == len(pens)
    assert len({(pen.width, str(pen.dashes)) for pen in pens}) >= len(pens) - 1  # the two broad ones, by marker


@pytest.mark.parametrize("log_y", [False, True])
@pytest.mark.parametrize("y", [[], [math.nan, math.inf, -math.inf]])
def test_nothing_to_draw_is_said(y, log_y):
    root = one(Curve("none", range(len(y)), y), log_y=log_y)
    assert "none (no points)" in texts(root)


def test_a_panel_without_lines_is_drawn():
    assert texts(one()) == ["t", "y", "x"]


@pytest.mark.parametrize("style", curves.PENS)
@pytest.mark.parametrize("log_y", [False, True])
@pytest.mark.parametrize("y", [0.0, 0.25, 1e-300, 1e300])
def test_a_single_point_has_a_marker(style, log_y, y):
    assert group(one(Curve("one", [1], [y], style), log_y=log_y), 0)[2] == 1


def test_a_gap_breaks_the_line_and_a_lonely_point_has_a_marker():
    y = [1.0] * 100
    y[40] = y[42] = math.nan
    path, _, markers = group(one(Curve("limit", range(100), y, "limit")), 0)
    assert path.count("M") >= 2 and markers == 1


def test_zeros_lie_at_a_mark_of_their_own_and_negatives_nowhere():
    root = one(Curve("drift", [0, 1, 2, 3], [0, 1e-7, -1, 1e-6]), log_y=True)
    assert "0" in texts(root) and "1e-07" in texts(root) and "1e-08" not in texts(root)
    assert group(root, 0)[2] == 3


@pytest.mark.parametrize("y", [[0, 0], [5e-324, 1e300], [-1, -2], [1, 1]])
def test_any_numbers_fit_a_logarithmic_axis(y):
    assert one(Curve("drift", [0, 1], y), log_y=True) is not None


@pytest.mark.parametrize("y", [[0, 0], [5e-324, 1e300], [-1e300, 1e300], [1, 1 + 2**-52], [-3, -3], [1e308, 1]])
def test_any_numbers_fit_a_linear_axis(y):
    assert one(Curve("cost", [0, 1], y)) is not None


def test_many_points_make_a_small_picture_that_shows_the_extreme():
    y = [math.sin(i * i) for i in range(60_000)]
    calm = draw([Panel("t", "x", "y", (Curve("a", range(60_000), y),) * 8)], "a.svg", "alt").content
    assert len(calm) < 300_000
    y[31_234] = 50.0
    assert "40" in texts(one(Curve("a", range(60_000), y)))
    path = group(one(Curve("a", range(60_000), y)), 0)[0]
    heights = sorted(float(pair.split()[1]) for pair in re.findall(r"[ML] (\S+ \S+)", path))
    assert heights[1] - heights[0] > 100  # y grows downward: one point far above the rest


def test_many_lonely_points_do_not_make_a_large_picture():
    y = [math.nan if i % 2 else 1.0 + i for i in range(60_000)]
    assert len(draw([Panel("t", "x", "y", (Curve("a", range(60_000), y),))], "a.svg", "alt").content) < 300_000


def test_numpy_numbers_will_do():
    import numpy as np

    assert one(Curve("a", np.arange(3), np.float32([0.1, np.nan, 0.3]))) is not None


@pytest.mark.parametrize(("panels", "name"), [((), "a.svg"), (training(), "a.png")])
def test_what_cannot_be_a_picture_is_refused(panels, name):
    with pytest.raises(ValueError, match=r"ends in .svg"):
        draw(panels, name, "alt")


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError):
        one(Curve("a", [1, 2], [1]))
