"""The compiled loops give the bits of the ordinary comparison, and are nowhere weaker than it."""

import numpy as np
import pytest

from reference.rules import rules
from tests.simulate import SMALL, altered, simulate
from verify import loops, recording, together
from verify.ball import Ball
from verify.compare import compare
from verify.faults.matrix import Bench
from verify.lockstep import Lockstep, _Step
from verify.loops import Input, has_subnormal, loop_for, loop_of
from verify.precision import FLOAT32, FLOAT64, binade
from verify.settings import OPTIMIZERS
from verify.training.checker import Slots

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


def judged(trace, compiled=True):
    lockstep = Lockstep(trace.settings, trace.network, compiled)
    return [lockstep.judge(number, trace.step(number)) for number in range(1, trace.settings.steps + 1)]


class InSlots:
    """As a training is judged: from a few slots of memory in turn, the tensors of all parameters in one line."""

    def __init__(self, trace, patience=100):
        self.lockstep = Lockstep(trace.settings, trace.network)
        self.lockstep.patience = patience
        size = Slots(None, trace.settings, trace.network).size
        self.slots = Slots(bytearray(3 * size), trace.settings, trace.network)

    def judge(self, number, held):
        if not self.slots.fits(held):
            return self.lockstep.judge(number, held)
        views = self.slots.views(number % 3, len(held["X"]))
        for name, view in views.items():
            np.copyto(view, held[name])
        return self.lockstep.judge(number, views, None, self.slots.lines(number % 3))


def judged_in_slots(trace, slots=None):
    slots = slots or InSlots(trace)
    return [slots.judge(number, trace.step(number)) for number in range(1, trace.settings.steps + 1)]


def local(trace):
    return {(c.step, c.tensor): c for c in compare(trace, "backprop").comparisons if c.mode == "local"}


def faint(step, name, array):
    """Numbers so small that arithmetic may take them for 0."""
    if name.startswith("m_") and not name.endswith("_before"):
        array = array.copy()
        array.flat[0] = np.finfo(array.dtype).tiny / 8
    return array


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_utilisations_to_the_last_bit(kind, compiled):
    trace = simulate(steps=3, **KINDS[kind])
    ordinary = local(trace)
    found = judged(trace, compiled)
    assert all(not j.failed for j in found)
    mine = {(j.step, name): used for j in found for name, used in j.utilisation.items()}
    assert mine == {key: c.utilisation for key, c in ordinary.items() if c.order}
    assert sum(j.elements for j in found) == sum(c.elements for c in ordinary.values())


def test_the_first_step_has_loops_of_its_own(monkeypatch):
    """Before it m, v and the biases are all 0: adding them rounds nothing, and its loops are compiled for that."""
    asked, own = [], _Step._ordinary
    monkeypatch.setattr(_Step, "_ordinary", lambda s, rule, at: asked.append(rule.tensor) or own(s, rule, at))
    trace = simulate(steps=2)
    first = judged(trace, True)[0]
    assert not [name for name in asked if name[0] in "mvZ" and not name.endswith("_before")] and not first.failed
    moved = altered(trace, "step1/m_W1_before", np.full(SMALL.shape("W1"), 0.5, "float32"))
    assert "m_W1_before" in {c.tensor for c in judged(moved, True)[0].failed}


@pytest.mark.parametrize(("kind", "patience"), [*((kind, 100) for kind in KINDS), ("XLA", -1)])
def test_the_same_in_slots(kind, patience):
    trace = simulate(steps=3, **KINDS[kind])
    ordinary = local(trace)
    slots = InSlots(trace, patience)
    found = judged_in_slots(trace, slots)
    assert bool(slots.lockstep.programs) == (not trace.settings.jit)
    assert all(not j.failed for j in found)
    for j in found:
        assert j.utilisation == {name: ordinary[(j.step, name)].utilisation for name in j.utilisation}
    assert sum(j.elements for j in found) == sum(c.elements for c in ordinary.values())


def test_the_norm_of_one_gradient_is_not_that_of_all():
    """Each gradient cut by its own norm would pass, were the line of all gradients taken for one of them."""
    options = {"steps": 2, "optimizer": "adam(clipnorm=0.01)"}
    right, wrong = simulate(**options), simulate(**{**options, "optimizer": "adam(global_clipnorm=0.01)"})
    moved = right
    for P in SMALL.parameters():
        moved = altered(moved, f"step2/clipped_{P}", wrong.tensors[f"step2/clipped_{P}"])
    assert {f"clipped_{P}" for P in SMALL.parameters()} <= {c.tensor for c in judged_in_slots(moved)[1].failed}


def just_outside(trace, row):
    """The tensor with its worst element moved to little more than what is allowed."""
    array = trace.step(2)[row.tensor].copy()
    for share in (1.3, 2.0, 3.0):
        array[row.worst_index] = (
            row.by_hand + share * row.allowed if row.allowed else np.nextafter(np.float32(row.by_hand), np.float32(9))
        )
        if abs(float(array[row.worst_index]) - row.by_hand) > row.allowed:
            return altered(trace, f"step2/{row.tensor}", array)
    raise AssertionError(row)


def judge_of_second(trace, in_slots):
    """A function that judges, again and again, a second step after the first of the trace."""
    judging = InSlots(trace) if in_slots else Lockstep(trace.settings, trace.network)
    lockstep = judging.lockstep if in_slots else judging
    lockstep.explained = True
    judging.judge(1, trace.step(1))
    before, lines = dict(lockstep.before), dict(lockstep.lines_before)

    def judge(held):
        lockstep.before, lockstep.lines_before = before, lines
        return judging.judge(2, held)

    return judge


@pytest.mark.parametrize("in_slots", [False, True])
def test_every_tensor_can_fail_and_by_little(in_slots):
    trace = simulate(steps=2)
    judge = judge_of_second(trace, in_slots)
    for (step, tensor), row in local(trace).items():
        if step == 2 and row.order:
            failed = {c.tensor for c in judge(just_outside(trace, row).step(2)).failed}
            assert tensor in failed, tensor


def test_every_rule_but_ill_conditioned_ones_has_a_loop():
    trace = simulate(steps=2)
    lockstep = Lockstep(trace.settings, trace.network)
    for number in (1, 2):
        lockstep.judge(number, trace.step(number))
    without = {key[0] for key, loop in lockstep.loops.items() if loop is None}
    assert not without - {f"{m}_{P}_before" for m in "mv" for P in SMALL.parameters()}  # the zeros of step 1


@pytest.mark.parametrize("in_slots", [False, True])
def test_no_fault_is_noticed_by_the_comparison_and_not_here(in_slots):
    """The catalogue of verify.faults: the same tensors fail, with the same counts."""
    trace = simulate(steps=2, batch=5)
    bench = Bench(trace)
    tried = noticed = 0
    judge = judge_of_second(trace, in_slots)
    for fault in list(bench.catalogue())[in_slots::3]:
        held = {**bench.held, **fault.alter(bench.held)}
        walk = bench.before.copy()
        walk.explains, walk.memo = False, dict(bench.memo)
        expected = [(c.tensor, c.verdict, c.outside) for c in walk.step(2, held) if c.mode == "local" and not c.passed]
        found = [(c.tensor, c.verdict, c.outside) for c in judge(held).failed]
        assert found == expected, fault.name
        tried, noticed = tried + 1, noticed + bool(found)
    assert tried > 100 and noticed > 0.9 * tried


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
    assert {c.tensor for c in judged_in_slots(bad)[1].failed} == expected


def test_an_unknown_tensor_is_not_overlooked():
    trace = simulate(steps=2)
    found = judged(altered(trace, "step2/Q", np.zeros(3, "float32")))
    assert [(c.tensor, c.verdict) for c in found[1].failed] == [("Q", "extra")]


def test_numbers_near_underflow():
    trace = simulate(steps=3, change=faint)
    assert any(has_subnormal(a, FLOAT32) for a in trace.tensors.values())
    ordinary = local(trace)
    for j in (*judged(trace), *judged_in_slots(trace)):
        for name, used in j.utilisation.items():
            assert used == ordinary[(j.step, name)].utilisation, name
        assert {c.tensor for c in j.failed} == {
            n for (s, n), c in ordinary.items() if s == j.step and not c.passed
        }  # the same even where the faint number, put there by force, is wrong


def test_a_question_that_is_not_true_goes_the_ordinary_way():
    """All of m is 0: adding 0 rounds nothing, and the ball is narrower than the recording has it."""
    rng = np.random.default_rng(0)
    rule = next(r for r in rules(SMALL, "categorical_crossentropy", OPTIMIZERS["adam"]) if r.tensor == "W1_new")
    P, zero = rng.normal(size=(9, 8)).astype("float32"), np.zeros((9, 8), "float32")
    read = (Input(P), Input(zero))
    loop = loop_for(rule.compute, read, P, FLOAT32)
    assert loop.passes(read, P, {}) is None
    some = (Input(P), Input(P))
    assert loop.passes(some, (P - P).astype("float32"), {}) == 0.0


def test_no_loop_lets_nan_or_infinity_pass():
    rule = next(r for r in rules(SMALL, "categorical_crossentropy", OPTIMIZERS["adam"]) if r.tensor == "W1_new")
    P = np.random.default_rng(0).normal(size=(9, 8)).astype("float32")
    for value in (np.nan, np.inf, -np.inf):
        bad, zero = P.copy(), P - P
        bad[3, 4] = value
        for read, found in (((P, P), bad - P), ((bad, P), zero), ((P, bad), zero), ((bad, P), bad - P)):
            inputs = tuple(map(Input, read))
            assert loop_for(rule.compute, inputs, found, FLOAT32).passes(inputs, found, {}) is None


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


MUTANTS = {
    "twice what is allowed": ("error <= allowed", "error <= 2 * allowed"),
    "outside is not counted": ("outside += not", "outside += 0 * "),
    "a NaN passes": ("not (error <= allowed and", "(error > allowed and"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_loop_that_is_weaker_is_found_out(name, monkeypatch):
    old, new = MUTANTS[name]
    assert old in loops.LOOP
    monkeypatch.setattr(loops, "LOOP", loops.LOOP.replace(old, new))
    loops._loop.cache_clear()
    try:
        with pytest.raises(AssertionError):
            test_every_tensor_can_fail_and_by_little(False)
            test_no_loop_lets_nan_or_infinity_pass()
    finally:
        loops._loop.cache_clear()


WEAKER_PASSES = {
    "twice what is allowed": ("OUTSIDE", "e{k} <= a{k}", "e{k} <= 2 * a{k}"),
    "outside is not counted": ("OUTSIDE", "bad += not", "bad += 0 * "),
    "what changed between steps": ("CHANGED", "bad += not", "bad += 0 * "),
    "subnormal numbers are not looked for": ("SUBNORMAL", "bad += np", "bad += 0 * np"),
    "the largest ratio is missed": ("BEYOND", "> limit{k}", "> 4 * limit{k}"),
}


@pytest.mark.parametrize("name", WEAKER_PASSES)
def test_a_pass_over_all_parameters_that_is_weaker_is_found_out(name, monkeypatch):
    which, old, new = WEAKER_PASSES[name]
    assert old in vars(together)[which]
    monkeypatch.setattr(together, which, vars(together)[which].replace(old, new))
    with pytest.raises(AssertionError):
        test_every_tensor_can_fail_and_by_little(True)
        test_the_pass_sees_each_number(0)
        test_the_pass_finds_the_largest_ratio(2999)


def pass_over(P, update, new):
    """The pass of one rule over two tensors in a line, its arrays changed by name: the two ratios, or None."""
    rule = next(r for r in rules(SMALL, "categorical_crossentropy", OPTIMIZERS["adam"]) if r.tensor == "W1_new")
    loop = loop_of(rule.compute, (recording.Kind(P.shape, True),) * 2, P.shape, FLOAT32)
    part = together.Part("P_new", ("P", "update_P"), loop.body)
    run, floats = together.one_pass([part], [("P@", "P")], ["P", "update_P", "P_new"], [], FLOAT32)

    def found(**changed):
        lines = {"P@": P, "P": P, "update_P": update, "P_new": new} | changed
        arrays = [lines[name] for name in floats] + [lines[n].view("u4") for n in ("P", "update_P", "P_new")]
        largest = np.empty((1, 2))
        bad = run(np.array([0, 1500, 3000]), largest, *together.constants(FLOAT32), *arrays)
        return None if bad else largest[0].tolist()

    halves = [(a[:, :1500], a[:, 1500:]) for a in (P, update, new)]
    expected = [loop.passes((Input(p), Input(u)), n, {}) for p, u, n in zip(*halves, strict=True)]
    return found, expected


@pytest.mark.parametrize("place", [0, 1023, 1024, 2500, 2999])
def test_the_pass_sees_each_number(place):
    """A line of several blocks: what is wrong in one number, wherever it is."""
    P, update = np.random.default_rng(place).normal(size=(2, 1, 3000)).astype("float32")
    new = P - update
    found, expected = pass_over(P, update, new)
    assert found() == expected

    def moved(array, value):
        return np.where(np.arange(3000) == place, np.float32(value), array)

    for name, array, value in (
        ("P_new", new, np.nan), ("P_new", new, np.inf), ("P@", P, 3), ("P@", P, np.nan), ("update_P", update, -np.inf),
        ("P_new", new, np.nextafter(np.nextafter(new[0, place], np.float32(9)), np.float32(9))),
    ):  # fmt: skip
        assert found(**{name: moved(array, value)}) is None, (name, value)
    tiny = np.float32(1e-39)
    assert found(**{"P@": moved(P, tiny), "P": moved(P, tiny), "P_new": moved(new, -update[0, place])}) is None


@pytest.mark.parametrize("place", [0, 1023, 1024, 2500, 2999])
def test_the_pass_finds_the_largest_ratio(place):
    """1.5 less a quarter of half an ulp, and in one place less three quarters."""
    P, update = np.full((1, 3000), np.float32(1.5)), np.full((1, 3000), np.float32(2**-26))
    update[0, place] *= 3
    found, expected = pass_over(P, update, P - update)
    assert found() == expected and expected[place // 1500] > 2.9 * expected[1 - place // 1500] > 0


def test_a_recording_of_other_arithmetic_is_found_out(monkeypatch):
    monkeypatch.setitem(loops.CODE, "subtract", "{0} - {1} * (1 + 2e-16)")
    loops._loop.cache_clear()
    try:
        with pytest.raises(AssertionError):
            test_the_same_utilisations_to_the_last_bit("the default", True)
    finally:
        loops._loop.cache_clear()


def test_what_cannot_be_recorded_is_left_to_the_ordinary_way():
    def decides(Z):
        return Z if (Z.value > 0).all() else -Z

    def picks(Z):
        return Z[0]

    for compute in (decides, picks, lambda Z: np.cumsum(Z), lambda Z: Z * np.ones((2, 2)), lambda Z: 1.0):
        assert recording.record(compute, (recording.Kind((2, 2), True),), FLOAT32) is None


@pytest.mark.parametrize("precision", [FLOAT32, FLOAT64])
def test_binade_and_half_ulp_are_those_of_frexp(precision):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.random(1000) * 10.0 ** rng.integers(-300, 300, 1000), 2.0 ** np.arange(-1022, 1024)])
    exponent = np.frexp(x)[1]
    assert np.array_equal(binade(x), np.ldexp(1.0, exponent - 1))
    size = np.maximum(x, precision.tiny)
    expected = np.ldexp(2 * precision.joint_unit, np.frexp(size)[1] - 2) + precision.tiny
    assert np.array_equal(precision.half_ulp(x), expected)
    assert np.isinf(binade(np.array([np.inf, np.nan]))).all()


def test_subnormals_are_seen():
    for dtype, precision in (("float32", FLOAT32), ("float64", FLOAT64)):
        tiny = np.finfo(dtype).tiny
        assert has_subnormal(np.array([[1, -tiny / 2]], dtype), precision)
        assert not has_subnormal(np.array([[1, 0, -0.0, tiny, -tiny, np.inf]], dtype), precision)
        assert Ball.exact(np.array([tiny / 2], dtype), precision).radius[0] > 0
