"""The judgement of a training's steps: the verdicts of the ordinary comparison, and nowhere weaker than it."""

import numpy as np
import pytest

from reference.network import chain
from reference.rules import Rule
from tests.support.simulate import SMALL, altered, simulate
from verify.compare.evaluation import evaluate, fused
from verify.compare.walk import compare
from verify.lockstep import verifier as judging
from verify.lockstep.verifier import Lockstep
from verify.records.precision import FLOAT32, REFERENCE_UNIT

KINDS = {
    "the default": {},
    "batch 1": {"batch": 1},
    "XLA": {"jit": True},
    "float64": {"dtype": "float64"},
    "descent": {"optimizer": "sgd"},
    "descent, XLA": {"optimizer": "sgd", "jit": True},
    "squared error": {"loss": "mean_squared_error"},
    "the largest v": {"optimizer": "adam(amsgrad=True)"},
    "cut by the norm": {"optimizer": "adam(clipnorm=0.01)"},
    "cut by the norm of all": {"optimizer": "adam(global_clipnorm=0.01)"},
    "momentum, decay": {"optimizer": "sgd(momentum=0.9, weight_decay=0.01)"},
}


def judged(trace):
    lockstep = Lockstep(trace.settings, trace.network)
    return [lockstep.judge(number, trace.step(number)) for number in range(1, trace.settings.steps + 1)]


def local(trace):
    return {(c.step, c.tensor): c for c in compare(trace, "backprop").comparisons if c.mode == "local"}


def nudged(step, name, array, seed=0):
    """A third of the numbers of what sums products, one unit in the last place larger in size."""
    if name[0] == "Z" or name.startswith("dA"):
        rng = np.random.default_rng([seed, step, *name.encode()])
        larger = np.nextafter(array, np.copysign(np.inf, array).astype(array.dtype))
        array = np.where((rng.random(array.shape) < 0.3) & (array != 0), larger, array)
    return array


def faint(step, name, array):
    """Numbers so small that arithmetic may take them for 0."""
    if name.startswith("m_") and not name.endswith("_before"):
        array = array.copy()
        array.flat[0] = np.finfo(array.dtype).tiny / 8
    return array


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdicts_of_the_comparison(kind):
    trace = simulate(steps=3, change=nudged, **KINDS[kind])
    ordinary = local(trace)
    found = judged(trace)
    for j in found:
        here = {name: c for (step, name), c in ordinary.items() if step == j.step}
        assert [c.tensor for c in j.failed] == [name for name, c in here.items() if not c.passed]
        assert j.elements == sum(c.elements for c in here.values())
        assert j.reproduced == sum(c.reproduced for c in here.values()) < j.elements
        assert j.outside == sum(c.outside for c in here.values())
    assert any(not j.failed for j in found) or "cut" in kind  # this one compares the bounds, not the falling back


@pytest.mark.parametrize("kind", KINDS)
def test_a_bound_of_one_number_is_that_of_the_whole_tensor(kind, monkeypatch):
    """Never wider; narrower only where fewer numbers let it be seen that a term is 0.

    Of a sum of n terms the two may have added up the value in another order: 2 n·u' of the magnitudes, u' that of
    float64, where the bound is n·(u + u').
    """
    asked, one, several = [], judging._Bounds.utilisation, judging._Bounds.of_elements

    def ask(bounds, rule, found, where, used):
        ball = evaluate(rule, fused(rule, {n: bounds._whole(n) for n in rule.inputs}, bounds.jit), bounds.precision)
        error, bound = np.abs(found - ball.value).ravel()[where], ball.spread().ravel()[where]
        order = 2 * REFERENCE_UNIT / bounds.precision.joint_unit if rule.summed else 0.0
        asked.append((rule.tensor, used, float(np.max(error / bound)) - order))

    def utilisation(bounds, rule, found, right):
        used = one(bounds, rule, found, right)
        ask(bounds, rule, found, np.flatnonzero(~right), used)
        return used

    def of_elements(bounds, parts):
        used = several(bounds, parts)
        for part in parts:
            ask(bounds, part.rule, part.tensorflow, part.places, used[part.rule.tensor])
        return used

    monkeypatch.setattr(judging._Bounds, "utilisation", utilisation)
    monkeypatch.setattr(judging._Bounds, "of_elements", of_elements)
    judged(simulate(steps=2, change=nudged, **KINDS[kind]))
    assert len(asked) > 4
    for tensor, used, whole in asked:
        assert used is None or used >= whole * (1 - 1e-6), tensor
        assert used is not None or whole > 1, tensor


def test_lockstep_fails_what_the_comparison_fails_of_layers_that_come_alive():
    """Compare a dead ReLU, whose m is 0 so that adding to it rounds nothing, with layers whose m is not 0."""
    network = chain((3, 1, 2), ("relu", "softmax"))
    noticed = 0
    for seed in range(60):
        trace = simulate(network, seed=seed, steps=2, batch=1)
        if trace.step(1)["dB1"].any() or not trace.step(2)["dB1"].any():
            continue
        for name in ("m_B1", "m_B2"):
            array = trace.step(2)[name].copy()
            largest = int(np.argmax(np.abs(array)))
            array.flat[largest] = np.nextafter(array.flat[largest], np.float32(np.copysign(9, array.flat[largest])))
            trace = altered(trace, f"step2/{name}", array)
        rows = [c for c in compare(trace, "backprop").comparisons if c.mode == "local" and not c.passed]
        failed = [(j.step, c.tensor) for j in judged(trace) for c in j.failed]
        assert failed == [(c.step, c.tensor) for c in rows]
        noticed += "m_B1" in [c.tensor for c in rows]
    assert noticed > 1


@pytest.mark.parametrize(
    "change",
    [
        lambda a: None,
        lambda a: np.full_like(a, np.nan),
        lambda a: np.where(np.arange(a.size).reshape(a.shape) == 0, np.inf, a).astype(a.dtype),
        lambda a: a.T.copy() if a.ndim == 2 else a[None],
        lambda a: a.astype(np.float64),
        lambda a: a.astype(np.float16),
        lambda a: a[:0] if a.ndim else a[None][:0],
        lambda a: np.full_like(a, 3e38),
    ],
)
@pytest.mark.parametrize("tensor", ["X", "y", "W1", "Z2", "C", "dB3", "m_W2_before", "v_W1", "update_B2", "W3_new"])
def test_whatever_fails_there_fails_here(tensor, change):
    trace = simulate(steps=2)
    bad = altered(trace, f"step2/{tensor}", change(trace.tensors[f"step2/{tensor}"]))
    if bad.step(2).get("X", np.zeros((5, 1))).shape[:1] != (5,):
        pytest.skip("the number of examples is read from X")
    expected = {c.tensor for c in local(bad).values() if c.step == 2 and not c.passed}
    assert {c.tensor for c in judged(bad)[1].failed} == expected


def test_an_unknown_tensor_is_not_overlooked():
    trace = simulate(steps=2)
    found = judged(altered(trace, "step2/Q", np.zeros(3, "float32")))
    assert [(c.tensor, c.verdict) for c in found[1].failed] == [("Q", "extra")]


def test_numbers_near_underflow():
    """The faint number, put there by force, is wrong or allowed: here as in the comparison."""
    trace = simulate(steps=3, change=faint)
    assert any((np.abs(a[a != 0]) < FLOAT32.tiny).any() for a in trace.tensors.values())
    ordinary = local(trace)
    for j in judged(trace):
        assert {c.tensor for c in j.failed} == {
            name for (step, name), c in ordinary.items() if step == j.step and not c.passed
        }


def test_a_state_can_be_given_in_place_of_the_step_before():
    trace = simulate(steps=3)
    whole = judged(trace)
    lockstep = Lockstep(trace.settings, trace.network)
    two = trace.step(2)
    names = [*SMALL.parameters(), *(f"{m}_{P}" for P in SMALL.parameters() for m in "mv")]
    state = {n: two[f"{n}_new" if n[0] in "WB" else n] for n in names}
    assert lockstep.judge(3, trace.step(3), state).utilisation == whole[2].utilisation
    state["W2"] = state["W2"] * np.float32(1.5)
    assert [c.tensor for c in lockstep.judge(3, trace.step(3), state).failed] == ["W2"]


@pytest.mark.parametrize("moment", ["m", "v", "vmax"])
def test_what_the_optimizer_remembers_must_be_what_was_left(moment):
    trace = simulate(steps=3, optimizer="adam(amsgrad=True)")
    three = trace.step(3)
    names = [f"{m}_{P}" for P in SMALL.parameters() for m in ("m", "v", "vmax")]
    state = {**{P: three[P] for P in SMALL.parameters()}, **{name: three[f"{name}_before"] for name in names}}
    lockstep = Lockstep(trace.settings, trace.network)
    assert not lockstep.judge(3, three, state).failed
    state[f"{moment}_W2"] = state[f"{moment}_W2"] * np.float32(1.5)
    assert [c.tensor for c in lockstep.judge(3, three, state).failed] == [f"{moment}_W2_before"]
    lost = {name: array for name, array in state.items() if name != f"{moment}_W2"}
    assert [c.verdict for c in lockstep.judge(3, three, lost).failed] == ["missing"]


def test_a_training_step_that_overflows_does_not_pass():
    def huge(step, name, array):
        return np.full_like(array, 1e21) if name == "dZ1" else array

    chosen = {"steps": 1, "loss": "mean_squared_error", "optimizer": "sgd(clipnorm=1.0)"}
    trace = simulate(chain((2, 2), ("linear",)), huge, **chosen)
    (found,) = judged(trace)
    assert "clipped_W1" in {c.tensor for c in found.failed}


def test_only_rules_on_the_same_single_numbers_are_judged_together():
    rate = {"alpha": np.float32(0.1), "beta": np.float32(0.1), "g": np.ones(2), "h": np.ones(2)}
    first, second, other = (
        Rule(name, "15", inputs, np.multiply, 1, "update", elementwise=True)
        for name, inputs in (("a", ("g", "alpha")), ("b", ("h", "alpha")), ("c", ("h", "beta")))
    )
    assert judging._arithmetic(first, rate) == judging._arithmetic(second, rate) != judging._arithmetic(other, rate)
