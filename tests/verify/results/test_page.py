"""The page in a real browser: sorting, filtering, the switch, opening, the keyboard, no script, no network, axe."""

import numpy as np
import pytest

from reports import as_html
from reports.table import Report
from tests.support.browser import Visit, axe, chromium
from tests.support.simulate import altered, simulate
from verify import backprop
from verify.cli.exit_status import guarded
from verify.printed import consistency, figures, layout
from verify.records import trace_file

HOSTILE = "<img src=x onerror=alert(1)>"


def report(folder, trace, *words):
    """Return the path of the page that verify.backprop writes about this trace."""
    (folder / "t.npz").write_bytes(trace_file.to_bytes(trace))
    guarded(backprop.main, ["--trace", str(folder / "t.npz"), "--out", str(folder / "out"), "--quiet", *words])
    return folder / "out" / "report.html"


def wrong():
    trace = simulate()
    array = trace.tensors["step1/dW2"].copy()
    array[3, 2] += 0.25
    return altered(trace, "step1/dW2", array)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return {
        "passing": report(tmp_path_factory.mktemp("passing"), simulate(steps=1)),
        "failing": report(tmp_path_factory.mktemp("failing"), wrong()),
        "essay": essay(tmp_path_factory.mktemp("essay")),
        "hostile": report(tmp_path_factory.mktemp("hostile"), altered(wrong(), f"step1/{HOSTILE}", np.ones(3))),
    }


def essay(folder):
    """Return the path of a page with the printed numbers only."""
    verdicts = consistency.judge(figures.read()).verdicts
    text = as_html.render(Report("PASS the essay", True, (), tuple(layout.tables(verdicts))))
    (folder / "report.html").write_text(text)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture
def visit(browser, paths):
    opened = []

    def visiting(which, **how):
        opened.append(Visit(browser, paths[which], **how))
        return opened[-1]

    yield visiting
    for one in opened:
        assert one.said == [] and one.left() == []
        one.close()


def column(page, index):
    cells = page.locator(f"[data-mode=local] tbody tr td:nth-child({index})")
    return [text for text in cells.all_inner_texts()]


def test_a_click_sorts_and_another_reverses_the_order(visit):
    page = visit("passing").page
    before = column(page, 1)
    head = page.locator("[data-mode=local] th button", has_text="÷")
    head.click()
    ratios = [float(text) for text in column(page, 7)]
    assert ratios == sorted(ratios) and ratios[0] < ratios[-1]
    assert head.locator("..").get_attribute("aria-sort") == "ascending"
    head.press("Enter")
    assert [float(text) for text in column(page, 7)] == sorted(ratios, reverse=True)
    page.locator("[data-mode=local] th button", has_text="tensor").click()
    assert column(page, 1) == sorted(before, key=str.lower) or sorted(column(page, 1)) == sorted(before)
    assert column(page, 1) != before and head.locator("..").get_attribute("aria-sort") is None


def test_the_filter_leaves_the_failures_and_says_how_many(visit):
    page = visit("failing").page
    rows = page.locator("[data-mode=local] tbody tr")
    all_of_them = rows.count()
    page.get_by_label("failures only").check()
    names = [row for row in rows.locator("visible=true").locator("td:first-child").all_inner_texts()]
    assert "dW2" in names[0] or any("dW2" in name for name in names)
    assert 0 < len(names) < all_of_them
    assert page.locator("#tensors .count").inner_text() == f"{len(names)} of {all_of_them} rows"
    page.get_by_label("failures only").uncheck()
    assert rows.locator("visible=true").count() == all_of_them


def test_the_switch_shows_one_mode(visit):
    page = visit("passing").page
    local, chained = page.locator("[data-mode=local]"), page.locator("[data-mode=chained]")
    assert local.is_visible() and not chained.is_visible()
    page.get_by_label("chained").check()
    assert chained.is_visible() and not local.is_visible()
    assert "by hand from X, y" in chained.locator("h3").inner_text()


def test_a_row_opens_its_tensor_and_a_number_its_element(visit):
    page = visit("passing").page
    details = page.locator("#tensor-dW2")
    assert not details.locator(".body").is_visible()
    page.locator("[data-mode=local]").get_by_role("link", name="dW2", exact=True).click()
    details.locator(".body").wait_for()
    assert details.locator("svg.chart").count() == 2 and details.locator(".heat").is_visible()
    element = page.locator("#number-dW2-2-1")
    assert not element.locator("p").first.is_visible()
    details.locator("a[href='#number-dW2-2-1']").first.click()
    element.locator("p").first.wait_for()
    assert "bound" in element.inner_text()
    assert page.evaluate("document.activeElement.closest('details').id") == "number-dW2-2-1"


def test_a_layer_of_the_drawing_is_a_link(visit):
    page = visit("failing").page
    layer = page.locator("svg.network a[href='#layer-2']")
    assert "FAILED" in layer.get_attribute("aria-label") and layer.locator("rect.badge.bad").count() == 1
    assert "✗" in layer.text_content()
    layer.press("Enter")
    assert page.evaluate("location.hash") == "#layer-2"


def test_the_failing_number_is_named_marked_and_crossed(visit):
    page = visit("failing").page
    assert page.locator("h1").inner_text().startswith("✗ FAIL step 1, dW2")
    page.evaluate("location.hash = 'number-dW2-4-3'")
    element = page.locator("#number-dW2-4-3")
    element.locator("p").first.wait_for()
    assert "outside" in element.locator("summary").inner_text()
    assert page.locator("#tensor-dW2 svg path.cross").count() == 2


def test_hostile_names_stay_text(visit):
    page = visit("hostile").page
    assert HOSTILE in page.locator("body").inner_text()
    assert page.locator("img[src=x]").count() == 0


def test_a_printed_number_shows_its_reason_and_the_arrow_keys_move_on(visit):
    page = visit("essay").page
    table = page.locator("section", has=page.locator("h2", has_text="Table 4:"))
    bad = table.locator(".mark.bad").first
    assert bad.inner_text().startswith("0.041 ✗")
    hidden = "(mark) => getComputedStyle(mark.querySelector('.hint')).clipPath"
    assert bad.evaluate(hidden) == "inset(100%)"
    bad.focus()
    assert bad.evaluate(hidden) == "none" and "copied cell" in bad.locator(".hint").inner_text()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.firstChild.textContent") == "0.000"
    assert bad.evaluate(hidden) == "inset(100%)"
    assert table.locator(".mark[tabindex='0']").count() == 1


def test_without_script_everything_is_there(browser, paths):
    visiting = Visit(browser, paths["passing"], script=False)
    page = visiting.page
    assert page.locator("[data-mode=chained]").is_visible() and page.locator("[data-mode=local]").is_visible()
    assert page.locator("#tensor-dW2 .heat").is_visible() and page.locator("#number-dW2-2-1 p").first.is_visible()
    assert page.locator(".tools").first.is_hidden() and page.locator("th button").count() == 0
    visiting.close()


def test_the_keyboard_reaches_content_first(visit):
    page = visit("passing").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_the_page_is_never_wider_than_the_window(visit, width):
    page = visit("failing", width=width).page
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_essay(visit, scheme):
    assert axe(visit("essay", scheme=scheme)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, scheme):
    visiting = visit("failing", scheme=scheme)
    for place in ("tensor-dW2", "number-dW2-2-1", "tensor-Z1"):
        visiting.page.evaluate(f"location.hash = '{place}'")
    visiting.page.wait_for_timeout(100)
    assert axe(visiting) == []


def test_axe_can_find_something(browser, tmp_path):
    page, bad = as_html.render(Report("PASS a", True, (), ())), "<p style='color: #ddd'>pale</p><img src='data:,'>"
    (tmp_path / "p.html").write_text(page.replace("</main>", bad + "</main>"))
    visiting = Visit(browser, tmp_path / "p.html")
    assert {rule for rule, _ in axe(visiting)} == {"color-contrast", "image-alt"}
    visiting.close()
