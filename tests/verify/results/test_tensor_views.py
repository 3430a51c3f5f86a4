"""Details of tensors: the worst numbers are always drawn, a trace always gives the same page, odd tensors have one."""

import math

import numpy as np
import pytest

from reference.network import ESSAY, chain
from reports import as_html, drawing
from reports.detail import NOT_FINITE, OUTSIDE
from tests.support.simulate import altered, simulate
from verify.compare.tensor import Errors, Tolerance
from verify.records.precision import FLOAT32
from verify.results import page as view
from verify.results.judging import judge
from verify.results.tensor_views import MOST, heat, histogram, scatter


def errors(size=(300, 200), worst=None, seed=0):
    rng = np.random.default_rng(seed)
    by_hand = rng.normal(size=size) * 10.0 ** rng.integers(-6, 3, size=size)
    tensorflow = by_hand.astype(np.float32)
    if worst:
        tensorflow[worst] *= np.float32(1 + 1e-5)
    return Errors.of(by_hand, np.abs(by_hand) * 2.0**-23, tensorflow, FLOAT32)


def test_one_number_of_many_stays_visible():
    heat_map = heat(errors(worst=(211, 77)))
    assert max(heat_map.rows, heat_map.columns) <= MOST and len(heat_map.levels) == heat_map.rows * heat_map.columns
    places = [i for i, level in enumerate(heat_map.levels) if level == OUTSIDE]
    rows, columns = -(-300 // heat_map.rows), -(-200 // heat_map.columns)
    assert places == [211 // rows * heat_map.columns + 77 // columns]
    assert len(drawing.crosses(heat_map)) == 1 and "1 of 60,000 lie outside" in heat_map.alt
    assert heat(errors()).levels.count(OUTSIDE) == 0


def test_the_scatter_keeps_every_kind_of_worst():
    whole = errors(worst=(211, 77))
    plot = scatter(whole)
    assert len(plot.within) < 1000 and len(plot.outside) == 1
    assert plot.outside[0][0] == pytest.approx(math.log10(abs(whole.by_hand[211, 77])))
    heights = [y for _, y in (*plot.within, *plot.outside)]
    assert max(heights) == pytest.approx(math.log10(whole.error.max()))
    for x, low, high in plot.bound:
        assert low <= high and low == pytest.approx(x + math.log10(2.0**-23), abs=0.4)


def test_more_outside_than_are_drawn_are_still_counted():
    hand = np.ones((50, 50))
    plot = scatter(Errors.of(hand, np.full((50, 50), 1e-9), (hand + 1).astype(np.float32), FLOAT32))
    assert "2,500 of 2,500 errors are above their bound" in plot.alt and 0 < len(plot.outside) < 100


def test_the_histogram_counts_everything():
    bars = histogram(np.array([0, 0.5, 0.6, 1, 3, 70, np.inf, np.nan]))
    assert dict(bars.bars) == {"0": 1, "≤½": 1, "≤1": 2, "≤2": 0, "≤4": 1, "≤8": 0, "≤16": 0, "≤32": 0, "≤64": 0,
                                ">64": 3}  # fmt: skip
    assert [bar.height > 0 for bar in drawing.bars(bars)] == [count > 0 for _, count in bars.bars]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_shown(value):
    tensorflow = np.ones((3, 4), dtype=np.float32)
    tensorflow[1, 2] = value
    values = Errors.of(np.ones((3, 4)), np.full((3, 4), 1e-6), tensorflow, FLOAT32)
    assert heat(values).levels[6] in (NOT_FINITE, OUTSIDE) and "nan" not in heat(values).alt
    assert sum(count for _, count in histogram(values.ulps).bars) == 12
    assert "finite" in scatter(Errors.of(tensorflow * np.nan, values.bound, tensorflow, FLOAT32)).alt


@pytest.mark.parametrize("shape", [(), (1,), (7,), (1, 1), (1, 900), (900, 1), (2, 3, 4)])
def test_any_shape_can_be_drawn(shape):
    hand = np.zeros(shape)
    one = Errors.of(hand, np.full(shape, 1e-9), hand.astype(np.float32), FLOAT32)
    plot = drawing.scatter(scatter(one))
    assert plot.dots and not plot.crosses and plot.x and plot.y
    if shape:
        assert drawing.heat(heat(one)).startswith(b"\x89PNG")


def page(trace, tolerance=None):
    result = judge("backprop", trace, tolerance)
    return as_html.render(result.to_report(), view.detail(result))


def test_the_page_of_the_essays_network_is_small_and_always_the_same():
    trace = simulate(ESSAY, batch=1, steps=1)
    text = page(trace)
    assert len(text.encode()) < 2_000_000
    assert text == page(trace)


def test_the_first_step_that_disagrees_is_the_one_shown_in_detail():
    trace = simulate(steps=3)
    wrong = trace.tensors["step2/dW2"].copy()
    wrong[3, 2] += 0.25
    result = judge("backprop", altered(trace, "step2/dW2", wrong), None)
    shown = view.detail(result)
    assert shown.about.startswith("Step 2,")
    assert next(c.tensor for c in shown.views if not c.passed) == "dW2"
    assert {layer.number: layer.passed for layer in shown.layers} == {0: True, 1: True, 2: False, 3: True}


@pytest.mark.parametrize("array", [None, np.ones((2, 2), np.float32), np.full((5, 7), np.nan, np.float32)])
def test_a_tensor_that_cannot_be_compared_has_its_sentence(array):
    result = judge("backprop", altered(simulate(), "step1/Z2", array), None)
    (tensor_view,) = (c for c in view.detail(result).views if c.tensor == "Z2")
    assert not tensor_view.passed and tensor_view.sentence
    assert "Z2" in as_html.render(result.to_report(), view.detail(result))


def test_the_worst_and_the_corner_of_every_tensor_are_derived():
    trace = simulate(steps=2)
    result = judge("backprop", trace, None)
    for c in view.detail(result).views:
        assert 1 <= len(c.elements) <= 26
        with_sources = [e for e in c.elements if e.step.outcome.why]
        assert len(with_sources) == 1 or all(e.step.outcome.allowed == 0 for e in c.elements), c.tensor
        for e in c.elements:
            assert e.step.tensor == c.tensor
            assert e.passed and e.by_hand.rstrip("…") == e.step.outcome.by_hand
            assert "-".join(["number", c.tensor, *map(str, e.step.index)]) == e.anchor


def test_with_a_fixed_tolerance_no_sources_of_rounding_are_listed():
    result = judge("backprop", simulate(steps=1), Tolerance(1e-3, 1e-6))
    steps = [e.step for c in view.detail(result).views for e in c.elements]
    assert all(step is not None and step.outcome is not None and not step.outcome.why for step in steps)


@pytest.mark.parametrize("name", ["X", "y", "W2", "B1", "Z2", "dZ3", "m_W1_before", "v_B2"])
@pytest.mark.parametrize("array", [None, np.full((2, 2), 1, np.float32), np.nan])
def test_whatever_is_missing_the_page_is_made(name, array):
    trace = simulate()
    if array is np.nan:
        array = np.full_like(trace.tensors[f"step1/{name}"], np.nan)
    result = judge("backprop", altered(trace, f"step1/{name}", array), None)
    assert not result.passed and as_html.render(result.to_report(), view.detail(result)).startswith("<!doctype html>")


@pytest.mark.parametrize(
    "chosen",
    [
        {"command": "feedforward", "steps": 1},
        {"optimizer": "sgd", "loss": "mean_squared_error", "dtype": "float64"},
        {"optimizer": "sgd(learning_rate=0.1, momentum=0.9, nesterov=True)"},
        {"jit": True, "batch": 1, "steps": 1},
    ],
    ids=str,
)
def test_other_runs_have_a_page_too(chosen):
    trace = simulate(**chosen)
    result = judge(chosen.get("command", "backprop"), trace, None)
    shown = view.detail(result)
    assert all(e.step is not None for c in shown.views for e in c.elements)
    assert result.headline[5:30] in as_html.render(result.to_report(), shown)


def test_the_samples_are_drawn_only_where_they_are_pictures():
    assert len(view.detail(judge("backprop", simulate(), None)).samples) == 0  # 9 numbers are 3 by 3
    shown = view.detail(judge("backprop", simulate(ESSAY, batch=8, steps=1), None)).samples
    assert len(shown) == view.SAMPLES and shown[0].title.startswith("Example 1 of 8, labelled ")


def test_of_very_many_tensors_only_the_worst_numbers_are_derived():
    deep = chain((9, *(7,) * 8, 6), ("relu",) * 8 + ("softmax",))
    shown = view.detail(judge("backprop", simulate(deep, steps=1), None)).views
    assert len(shown) > view.FEW
    derived = [sum(e.step is not None for e in c.elements) for c in shown]
    assert set(derived) == {1} and max(len(c.elements) for c in shown) > 20
