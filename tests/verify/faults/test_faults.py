"""The kill matrix on a small trace; and a comparison with any check taken out must be found out by it."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from tests.support.simulate import altered, simulate
from verify.bounds import Ball
from verify.cli.exit_status import guarded
from verify.compare import tensor as ladder
from verify.compare import walk as compare
from verify.compare.diagnosis import diagnose
from verify.compare.effect_size import distance, smallest
from verify.compare.power import power
from verify.compare.tensor import Tolerance
from verify.faults import __main__ as faults
from verify.faults.fixed_tolerances import POLICIES, flagged
from verify.faults.kill_matrix import KillMatrix, matrix, score
from verify.records import trace_file
from verify.records.precision import FLOAT32


@pytest.fixture(scope="module")
def held():
    return simulate(steps=3, batch=5)


@pytest.fixture(scope="module")
def kills(held):
    return matrix(KillMatrix(held))


def test_the_catalogue_is_large_and_has_every_group(kills):
    names = {k.fault.name for k in kills}
    assert len(names) > 200
    assert {k.fault.group for k in kills} == {"forward", "loss", "backward", "Adam", "storage"}
    steps = {k.fault.name for k in kills if k.fault.scope == "step"}
    assert len(steps) >= 60
    for name in (
        "bias dropped", "stale weights", "label smoothing 1e-05", "(22c) as printed, one output", "mask missing",
        "(22e) as printed, one output", "(20a) as printed, softmax elementwise", "AMSGrad", "Nesterov",
        "β1 × (1 - 1e-05)", "α × 1.00001", "the moments begin anew", "products in bfloat16",
        "Algorithm 1's ε = 1e-8 beside √v̂",
    ):  # fmt: skip
        assert name in steps, name


def test_nothing_that_can_be_told_from_rounding_survives(kills):
    assert [(k.fault.name, k.size) for k in kills if k.survived] == []
    caught, real = score(kills)
    assert caught == real > 250
    for k in kills:
        assert k.caught or k.size <= 1


def test_the_cause_is_named_first_for_95_percent(kills):
    judged = [k for k in kills if k.right is not None]
    assert len(judged) > 150
    wrong = [(k.fault.name, k.diagnosis) for k in judged if not k.right]
    assert len(wrong) <= 0.05 * len(judged), wrong


def test_one_fault_has_one_origin(held, kills):
    """A fault of one tensor is found at that tensor; where it is smaller than rounding there, at what reads it."""
    reads = {rule.tensor: rule.inputs for rule in KillMatrix(held).plan}
    elsewhere = 0
    for k in kills:
        if k.caught and k.fault.scope == "tensor" and ", in " in k.fault.name:
            tensor = k.fault.name.rpartition(", in ")[2]
            assert k.first.tensor == tensor or tensor in reads[k.first.tensor], k.fault.name
            elsewhere += k.first.tensor != tensor
    assert elsewhere < 0.2 * len(kills)


def test_fixed_tolerances_notice_less(kills):
    real = [k for k in kills if not k.equivalent]
    for name in POLICIES:
        assert sum(k.by_policy[name] for k in real) < len(real)
    assert sum(k.by_policy["1e-3"] for k in real) < 0.7 * len(real)


# Each takes one check out of the comparison. Then something must survive, or be reported wrongly.
def _accept(**given):
    real = ladder.values

    def values(*args):
        found = real(*args)
        return found | {"verdict": "within"} if found["verdict"] in given["verdicts"] else found

    return values


def _wider(factor):
    real = ladder.values
    return lambda by_hand, allowed, held, precision, same=False: real(by_hand, allowed * factor, held, precision, same)


def _one_element(*args):
    """Judges the first element only."""
    real = MUTANT_FREE
    by_hand, allowed, held, precision, *same = args
    first = np.ones(np.shape(by_hand), bool)
    first[(0,) * first.ndim] = False
    return real(np.where(first, held, by_hand), allowed, held, precision, *same)


MUTANT_FREE = ladder.values
MUTANTS = {
    "outside is accepted": lambda: _accept(verdicts=("outside",)),
    "not finite is accepted": lambda: _accept(verdicts=("not_finite",)),
    "twice the bound": lambda: _wider(2.0),
    "a bound of nothing": lambda: _wider(0.0),
    "one element is judged": lambda: _one_element,
    "relative error alone": lambda: lambda b, a, h, p, *s: MUTANT_FREE(b, np.abs(b) * 1e-3, h, p, *s),
    "absolute error alone": lambda: lambda b, a, h, p, *s: MUTANT_FREE(b, np.full(np.shape(b), 1e-3), h, p, *s),
    "magnitudes alone": lambda: lambda b, a, h, p, *s: MUTANT_FREE(np.abs(b), a, np.abs(h), p, *s),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_comparison_without_one_check_is_found_out(held, monkeypatch, name):
    monkeypatch.setattr(ladder, "values", MUTANTS[name]())
    bench = KillMatrix(held)
    alarms = [c for c in bench.unaltered if not c.passed]
    assert alarms or any(bench.run(fault).survived for fault in bench.catalogue())


@pytest.mark.parametrize("phase", ["start", "forward", "backward", "update"])
def test_a_comparison_without_some_rules_is_found_out(held, monkeypatch, phase):
    """Their tensors are then called extra, or their faults are no longer in the catalogue."""
    real = compare.planned

    def fewer(*args):
        plan, rest = real(*args)
        return tuple(rule for rule in plan if rule.phase != phase), rest

    full = {fault.name for fault in KillMatrix(held).catalogue()}
    monkeypatch.setattr(compare, "planned", fewer)
    monkeypatch.setattr("verify.faults.kill_matrix.planned", fewer)
    bench = KillMatrix(held)
    assert [c for c in bench.unaltered if not c.passed] or {f.name for f in bench.catalogue()} < full


def test_a_comparison_on_the_wrong_inputs_is_found_out(held, monkeypatch):
    """Judging by the chained run in place of TensorFlow's own inputs moves the origin, or widens the bound."""
    real = compare.Walk.step

    def chained_only(self, number, tensors):
        found = real(self, number, tensors)
        chained = {c.tensor: c for c in found if c.mode == "chained"}
        return [replace(chained[c.tensor], mode="local") if c.order and c.mode == "local" else c for c in found]

    monkeypatch.setattr(compare.Walk, "step", chained_only)
    bench = KillMatrix(held)
    assert any(bench.run(fault).survived for fault in bench.catalogue())


@pytest.mark.parametrize(
    ("tensor", "most"),
    [("A1", 2**-22), ("W3_new", 2**-22), ("B1_new", 2**-22), ("m_W2", 2**-21), ("v_W2", 2**-20), ("Z3", 2**-18),
     ("A3", 2**-19), ("C", 2**-17), ("dZ3", 2**-18), ("dW3", 2**-20), ("dA1", 2**-18), ("update_W3", 1e-4)],
)  # fmt: skip
def test_bounds_are_not_idle(held, tensor, most):
    """A wider bound (four times the rounding assumed, say) would let a larger change of the tensor through."""
    bench = KillMatrix(held)
    ball = bench.balls[tensor]
    assert smallest(ball.value, ball.spread(), bench.captured[tensor]) < most


def test_apart_and_smallest():
    one, other = Ball(np.array([1.0]), 0.1, FLOAT32), Ball(np.array([1.3]), 0.1, FLOAT32)
    assert distance(one, other, np.array([0.0])) == pytest.approx(1.5)
    assert distance(one, None, np.array([1.2], "f4")) == pytest.approx(2.0)
    assert distance(one, None, np.array([np.nan], "f4")) == np.inf
    assert smallest(np.array([1.0]), np.array([0.5]), np.array([1.0], "f4")) == pytest.approx(0.5, rel=0.1)
    assert smallest(np.array([1.0]), np.array([5.0]), np.array([1.0], "f4")) == np.inf


def test_policies_are_those_of_their_libraries():
    rng = np.random.default_rng(0)
    for _ in range(300):
        b = rng.normal(size=4) * 10.0 ** rng.integers(-9, 2)
        a = (b * (1 + rng.normal(size=4) * 10.0 ** rng.integers(-8, -2))).astype("f4")
        assert flagged("numpy allclose", a, b) == (not np.allclose(a.astype(float), b))
        either = (np.abs(a - b) <= 1e-5) | (np.abs(a - b) <= 1e-5 * np.abs(b))
        assert flagged("Polygraphy 1e-5", a, b) == (not either.all())
    assert flagged("1e-3", np.array([np.nan]), np.array([0.0]))


def explained(held, name, array):
    result = compare.compare(altered(held, f"step3/{name}", array), "backprop")
    failed = [c for c in result.comparisons if not c.passed and c.mode == "local"]
    return failed[0].explanation if failed else None


def test_what_a_diagnosis_says(held):
    step = held.step(3)
    assert explained(held, "dW2", step["dW2"] * np.float32(1.5)) == "every element is 1.5 times what the equation gives"
    assert explained(held, "Z2", step["Z2"][::-1]).startswith("rows are in another order")
    assert explained(held, "m_W2", step["m_W2"][:, ::-1]).startswith("columns are in another order")
    column = step["Z3"].copy()
    column[:, 2] = 0
    assert explained(held, "Z3", column) == "column 3 is 0"
    sign = step["dW3"].copy()
    sign[1, 2] *= -1
    assert explained(held, "dW3", sign) == "the sign is the other one at (2, 3)"
    assert explained(held, "v_W2", step["m_W2"]) == "it holds the numbers of m_W2"
    assert explained(held, "m_W1", held.step(2)["m_W1"]) == "agrees with: m not brought up to date"
    mask = step["dZ1"].copy()
    at = tuple(np.argwhere((step["Z1"] <= 0) & (step["dA1"] != 0))[0])
    mask[at] = step["dA1"][at]
    assert explained(held, "dZ1", mask).startswith(f"the mask is the other one at ({at[0] + 1}, {at[1] + 1})")


def test_a_diagnosis_says_nothing_rather_than_guess(held):
    noise = np.random.default_rng(0).normal(size=held.step(3)["dW2"].shape).astype("f4")
    assert explained(held, "dW2", noise) == ""
    almost = held.step(3)["dW2"] * np.float32(1.5)
    almost[0, 0] += 1
    assert explained(held, "dW2", almost) == ""
    assert diagnose(None, np.array([np.nan]), None, {}, None) == ""


def test_power_of_a_pass_and_of_a_fixed_tolerance(held):
    walk = compare.compare(held, "backprop").walk
    found = power(walk, None)
    assert found.tried == found.caught + found.equal > 100
    loose = power(walk, Tolerance(1e-3, 1e-3))
    assert loose.caught < 0.7 * loose.tried and "went unnoticed" in str(loose)
    assert set(found.change) == {"forward", "backward", "update"}
    assert all(low <= high < 0.1 for low, high in found.change.values())
    assert loose.change["update"][1] > 1000 * found.change["update"][1]


@pytest.fixture
def saved(held, tmp_path):
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(held))
    return path


def call(*words):
    return guarded(faults.main, [str(word) for word in words])


def test_the_command_writes_its_files(saved, kills, tmp_path, capsys):
    out = tmp_path / "o"
    assert call("--trace", saved, "--out", out) == 0
    said = capsys.readouterr()
    assert said.out.startswith("PASS all ") and not said.err
    names = {"kill_matrix.csv", "smallest.csv", "result.json", "report.md", "report.html"}
    assert {p.name for p in out.iterdir()} == names
    with open(out / "kill_matrix.csv") as file:
        rows = list(csv.DictReader(file))
    header = [
        "fault",
        "group",
        "scope",
        "equivalent",
        "caught",
        "first_tensor",
        "mode",
        "utilisation",
        "diagnosis",
        "diagnosis_right",
    ]
    assert list(rows[0]) == [*header, *POLICIES] and len(rows) == len(kills)
    assert json.loads((out / "result.json").read_text())["counts"]["survived"] == 0


def test_a_survivor_fails(saved, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ladder, "values", _wider(2.0))
    assert call("--trace", saved, "--out", tmp_path / "o") == 1
    assert "go unnoticed" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "array"), [("step2/Z1", "off"), ("step3/dW1", None), ("other", np.zeros(2, "f4"))])
def test_a_trace_that_fails_is_refused_with_its_headline(held, tmp_path, capsys, name, array):
    if isinstance(array, str):
        array = held.tensors[name] + np.float32(1)
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(altered(held, name, array)))
    assert call("--trace", path, "--out", tmp_path / "o") == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: --trace") and name.partition("/")[2] in said.err and not said.out
    assert not (tmp_path / "o").exists()


def test_a_forward_pass_is_refused(tmp_path, capsys):
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(simulate(command="feedforward", steps=1)))
    assert call("--trace", path, "--out", tmp_path / "o") == 2
    assert "--trace" in capsys.readouterr().err


OTHER = [{"batch": 1}, {"optimizer": "sgd"}, {"loss": "mean_squared_error"}, {"steps": 1}, {"dtype": "float64"}]


@pytest.mark.parametrize("chosen", OTHER)
def test_other_runs_have_a_matrix_too(chosen):
    found = matrix(KillMatrix(simulate(**{"steps": 2, **chosen})))
    assert found and not [k.fault.name for k in found if k.survived]
