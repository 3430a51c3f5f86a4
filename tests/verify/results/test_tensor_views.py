"""Tensors from near: nothing that matters is thinned away, the same trace gives the same page, odd tensors have one."""

import math

import numpy as np
import pytest

from reference.network import ESSAY, chain
from reports import as_html, drawing
from reports.detail import NOTHING, OUTSIDE
from tests.support.simulate import altered, simulate
from verify.compare.tensor import Errors, Tolerance
from verify.records.precision import FLOAT32
from verify.results import page as view
from verify.results.judging import judge
from verify.results.tensor_views import MOST, heat, histogram, scatter


def near(size=(300, 200), worst=None, seed=0):
    rng = np.random.default_rng(seed)
    hand = rng.normal(size=size) * 10.0 ** rng.integers(-6, 3, size=size)
    held = hand.astype(np.float32)
    if worst:
        held[worst] *= np.float32(1 + 1e-5)
    return Errors.of(hand, np.abs(hand) * 2.0**-23, held, FLOAT32)


def test_one_number_of_many_stays_visible():
    found = heat(near(worst=(211, 77)))
    assert max(found.rows, found.columns) <= MOST and len(found.levels) == found.rows * found.columns
    places = [i for i, level in enumerate(found.levels) if level == OUTSIDE]
    rows, columns = -(-300 // found.rows), -(-200 // found.columns)
    assert places == [211 // rows * found.columns + 77 // columns]
    assert len(drawing.crosses(found)) == 1 and "1 of 60,000 lie outside" in found.alt
    assert heat(near()).levels.count(OUTSIDE) == 0


def test_the_scatter_keeps_every_kind_of_worst():
    whole = near(worst=(211, 77))
    found = scatter(whole)
    assert len(found.within) < 1000 and len(found.outside) == 1
    assert found.outside[0][0] == pytest.approx(math.log10(abs(whole.by_hand[211, 77])))
    heights = [y for _, y in (*found.within, *found.outside)]
    assert max(heights) == pytest.approx(math.log10(whole.error.max()))
    for x, low, high in found.bound:
        assert low <= high and low == pytest.approx(x + math.log10(2.0**-23), abs=0.4)


def test_more_outside_than_are_drawn_are_still_counted():
    hand = np.ones((50, 50))
    found = scatter(Errors.of(hand, np.full((50, 50), 1e-9), (hand + 1).astype(np.float32), FLOAT32))
    assert "2,500 of 2,500 above theirs" in found.alt and 0 < len(found.outside) < 100


def test_the_histogram_counts_everything():
    found = histogram(np.array([0, 0.5, 0.6, 1, 3, 70, np.inf, np.nan]))
    assert dict(found.bars) == {"0": 1, "≤½": 1, "≤1": 2, "≤2": 0, "≤4": 1, "≤8": 0, "≤16": 0, "≤32": 0, "≤64": 0,
                                ">64": 3}  # fmt: skip
    assert [bar.height > 0 for bar in drawing.bars(found)] == [count > 0 for _, count in found.bars]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_shown_as_such(value):
    held = np.ones((3, 4), dtype=np.float32)
    held[1, 2] = value
    found = Errors.of(np.ones((3, 4)), np.full((3, 4), 1e-6), held, FLOAT32)
    assert heat(found).levels[6] in (NOTHING, OUTSIDE) and "nan" not in heat(found).alt
    assert sum(count for _, count in histogram(found.ulps).bars) == 12
    assert "finite" in scatter(Errors.of(held * np.nan, found.allowed, held, FLOAT32)).alt


@pytest.mark.parametrize("shape", [(), (1,), (7,), (1, 1), (1, 900), (900, 1), (2, 3, 4)])
def test_any_shape_can_be_drawn(shape):
    hand = np.zeros(shape)
    one = Errors.of(hand, np.full(shape, 1e-9), hand.astype(np.float32), FLOAT32)
    plot = drawing.scatter(scatter(one))
    assert plot.dots and not plot.crosses and plot.x and plot.y
    if shape:
        assert drawing.heat(heat(one)).startswith(b"\x89PNG")


def page(held, tolerance=None):
    result = judge("backprop", held, tolerance)
    return as_html.render(result.to_report(), view.detail(result))


def test_the_page_of_the_essays_network_is_small_and_always_the_same():
    held = simulate(ESSAY, batch=1, steps=1)
    text = page(held)
    assert len(text.encode()) < 2_000_000
    assert text == page(held)


def test_the_first_step_that_disagrees_is_the_one_from_near():
    held = simulate(steps=3)
    wrong = held.tensors["step2/dW2"].copy()
    wrong[3, 2] += 0.25
    result = judge("backprop", altered(held, "step2/dW2", wrong), None)
    shown = view.detail(result)
    assert shown.about.startswith("Step 2,")
    assert next(c.tensor for c in shown.closeups if not c.passed) == "dW2"
    assert {layer.number: layer.passed for layer in shown.layers} == {0: True, 1: True, 2: False, 3: True}


@pytest.mark.parametrize("array", [None, np.ones((2, 2), np.float32), np.full((5, 7), np.nan, np.float32)])
def test_a_tensor_that_cannot_be_compared_has_its_sentence(array):
    result = judge("backprop", altered(simulate(), "step1/Z2", array), None)
    (found,) = (c for c in view.detail(result).closeups if c.tensor == "Z2")
    assert not found.passed and found.sentence
    assert "Z2" in as_html.render(result.to_report(), view.detail(result))


def test_the_worst_and_the_corner_of_every_tensor_are_derived():
    held = simulate(steps=2)
    result = judge("backprop", held, None)
    for c in view.detail(result).closeups:
        assert 1 <= len(c.elements) <= 26
        taken_apart = [e for e in c.elements if e.step.outcome.why]
        assert len(taken_apart) == 1 or all(e.step.outcome.allowed == 0 for e in c.elements), c.tensor
        for e in c.elements:
            assert e.step.tensor == c.tensor
            assert e.passed and e.by_hand.rstrip("…") == e.step.outcome.by_hand
            assert "-".join(["number", c.tensor, *map(str, e.step.index)]) == e.anchor


def test_with_a_tolerance_of_ones_own_the_bound_is_not_taken_apart():
    result = judge("backprop", simulate(steps=1), Tolerance(1e-3, 1e-6))
    steps = [e.step for c in view.detail(result).closeups for e in c.elements]
    assert all(step is not None and step.outcome is not None and not step.outcome.why for step in steps)


@pytest.mark.parametrize("name", ["X", "y", "W2", "B1", "Z2", "dZ3", "m_W1_before", "v_B2"])
@pytest.mark.parametrize("array", [None, np.full((2, 2), 1, np.float32), np.nan])
def test_whatever_is_missing_the_page_is_made(name, array):
    held = simulate()
    if array is np.nan:
        array = np.full_like(held.tensors[f"step1/{name}"], np.nan)
    result = judge("backprop", altered(held, f"step1/{name}", array), None)
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
    held = simulate(**chosen)
    result = judge(chosen.get("command", "backprop"), held, None)
    shown = view.detail(result)
    assert all(e.step is not None for c in shown.closeups for e in c.elements)
    assert result.headline[5:30] in as_html.render(result.to_report(), shown)


def test_the_samples_are_drawn_only_where_they_are_pictures():
    assert len(view.detail(judge("backprop", simulate(), None)).samples) == 0  # 9 numbers are 3 by 3
    shown = view.detail(judge("backprop", simulate(ESSAY, batch=8, steps=1), None)).samples
    assert len(shown) == view.SAMPLES and shown[0].title.startswith("Example 1 of 8, labelled ")


def test_of_very_many_tensors_only_the_worst_numbers_are_derived():
    deep = chain((9, *(7,) * 8, 6), ("relu",) * 8 + ("softmax",))
    shown = view.detail(judge("backprop", simulate(deep, steps=1), None)).closeups
    assert len(shown) > view.FEW
    derived = [sum(e.step is not None for e in c.elements) for c in shown]
    assert set(derived) == {1} and max(len(c.elements) for c in shown) > 20
