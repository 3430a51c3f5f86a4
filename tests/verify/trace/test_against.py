"""Compare two traces without TensorFlow. The tests know which is nearer, because they change one of them."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from reference.network import chain
from reports import as_json
from tests.support.simulate import SMALL, altered, simulate
from verify.cli.exit_status import guarded
from verify.errors import Unusable
from verify.records import trace_file
from verify.trace import __main__ as command
from verify.trace.against import against
from verify.trace.against_result import AgainstResult, share


def worse(step, name, array):
    """Z1 two units in the last place too large: still within rounding, and further from the equation."""
    return array + 2 * np.spacing(np.abs(array)) if name == "Z1" else array


def compared(a, b):
    return AgainstResult(("a.npz", "b.npz"), (a, b), against(a, b))


def pair(result, tensor, step=1):
    (match,) = (p for p in result.against.pairs if (p.tensor, p.step) == (tensor, step))
    return match


def test_a_trace_against_itself_is_the_same_in_every_bit():
    result = compared(simulate(), simulate())
    assert result.passed and "the same bits in all" in result.headline and result.headline.startswith("PASS ")
    assert all(p.same == p.elements > 0 and p.nearer == "equal" for p in result.against.pairs)
    assert "same X, y and first weights" in result.to_report().lines[0]


@pytest.mark.parametrize("letter", "AB")
def test_the_one_that_was_made_worse_is_further_from_the_mathematics(letter):
    good, bad = simulate(), simulate(change=worse)
    result = compared(good, bad) if letter == "A" else compared(bad, good)
    assert result.passed and result.headline.startswith("PASS the two agree within rounding: ")
    z = pair(result, "Z1")
    assert z.nearer == letter and (z.error_a < z.error_b) == (letter == "A")
    nearer = [p.nearer for p in result.counted]
    assert f"A is nearer to the mathematics in {nearer.count('A')} tensors, B in {nearer.count('B')}" in result.headline
    assert pair(result, "A1").nearer == "equal"  # each on its own inputs: what Z1 lost does not count again
    assert pair(result, "W1_new").equal_bits > 0 and pair(result, "m_W1_before").start


def test_the_figures_are_those_of_the_arrays():
    a, b = simulate(), simulate(change=worse)
    for p in compared(a, b).against.pairs:
        x, y = (t.step(p.step)[p.tensor] for t in (a, b))
        assert p.elements == x.size and p.same == np.sum(x.view(np.uint32) == y.view(np.uint32))
        assert p.max_difference == np.abs(x.astype(float) - y).max()
        assert (p.a, p.b) == (x[p.worst_index], y[p.worst_index])
        if p.max_ulp:
            assert p.max_ulp == abs(p.a - p.b) / np.spacing(max(abs(x[p.worst_index]), abs(y[p.worst_index])))


def test_zeros_of_two_signs_have_other_bits():
    def negative(step, name, array):
        return np.where(array == 0, -array, array) if name == "dZ1" else array

    dz = pair(compared(simulate(), simulate(change=negative)), "dZ1")
    assert dz.same < dz.elements and dz.max_difference == 0 and dz.verdict_b == "reproduced"


def test_in_float64_nearer_cannot_be_decided():
    result = compared(simulate(dtype="float64"), simulate(dtype="float64", change=worse))
    assert result.passed and "cannot be decided, because the by-hand side rounds as much" in result.headline
    assert {p.nearer for p in result.against.pairs} == {"equal", "untold"}


def test_different_inputs_are_named():
    result = compared(simulate(seed=0), simulate(seed=1))
    assert result.passed and "have different inputs (X, y, W1, B1, W2, B2 and " in result.headline
    assert "more than rounding" in result.to_report().lines[0]
    other = compared(simulate(), simulate(change=lambda step, name, a: a))
    assert not other.against.other_inputs and set(other.against.inputs) >= {"step1/W1", "step2/X"}
    assert "step2/W1" not in other.against.inputs


def wrong(step, name, array):
    if (step, name) != (1, "dW2"):
        return array
    array = array.copy()
    array[3, 2] += 0.25
    return array


def test_one_that_is_not_within_rounding_fails():
    result = compared(simulate(), simulate(change=wrong))
    assert not result.passed
    assert result.headline.startswith(
        "FAIL A is within rounding of its equations; B is not within rounding of its equations: step 1, dW2"
    )
    assert "(22c) at (4, 3)" in result.headline and pair(result, "dW2").nearer == "A"
    both = compared(simulate(change=wrong), simulate(change=wrong))
    assert not both.passed and all(f"{x} is not within rounding of its equations: " in both.headline for x in "AB")


ODD = {
    "missing": ("step1/Z2", None), "extra": ("step1/other", np.zeros(2, np.float32)), "stray": ("more", np.ones(1)),
    "shape": ("step1/Z2", np.zeros((5, 1), np.float32)), "text": ("step1/Z2", np.full((5, 7), "a")),
    "dtype": ("step1/Z2", np.zeros((5, 7))), "nan": ("step1/Z2", np.full((5, 7), np.nan, np.float32)),
    "empty": ("step1/Z2", np.zeros((0, 7), np.float32)), "no input": ("step1/X", None),
    "infinite": ("step2/W3_new", np.full((7, 6), np.inf, np.float32)), "no bytes": ("step1/other", np.array(["", ""])),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("first", [False, True])
def test_what_one_lacks_or_has_otherwise_fails(name, first, tmp_path):
    bad = altered(simulate(), *ODD[name])
    result = compared(bad, simulate()) if first else compared(simulate(), bad)
    assert not result.passed and f"{'A' if first else 'B'} is not within" in result.headline
    json.loads(as_json.render(result.to_dict()), parse_constant=pytest.fail)
    assert result.to_report().tables[1].rows


OTHER = {
    "network": (dict(network=chain((9, 8, 6, 6), SMALL.activations)), "network"),
    "activation": (dict(network=chain(SMALL.sizes, ("relu", "tanh", "softmax"))), "tanh"),
    "dropout": (dict(network=chain(SMALL.sizes, SMALL.activations, dropout=(0.0, 0.2, 0.0, 0.0))), "dropout"),
    "loss": (dict(loss="mean_squared_error"), "loss mean_squared_error, not categorical_crossentropy"),
    "optimizer": (dict(optimizer="sgd"), "optimizer sgd, not adam"),
    "dtype": (dict(dtype="float64"), "dtype float64, not float32"),
    "batch": (dict(batch=6), "batch 6, not 5"),
    "steps": (dict(steps=3), "steps 3, not 2"),
    "pass": (dict(command="feedforward"), "pass forward pass, not training step"),
}


@pytest.mark.parametrize("name", OTHER)
def test_another_computation_is_refused(name):
    words, output = OTHER[name]
    with pytest.raises(Unusable) as caught:
        against(simulate(), simulate(**words))
    assert output in str(caught.value) and "\n" not in str(caught.value)


def test_an_optimizer_in_other_words_is_the_same():
    spelled = "adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07)"
    from verify.records.settings import OPTIMIZERS

    assert OPTIMIZERS[spelled] == OPTIMIZERS["adam"]
    assert compared(simulate(), simulate(optimizer=spelled)).passed


@pytest.mark.parametrize("kinds", [("feedforward", "feedforward"), ("feedforward", "prediction")])
def test_forward_passes(kinds):
    a, b = (simulate(command=kind, steps=1) for kind in kinds)
    result = compared(a, b)
    assert result.passed and ("C" in {p.tensor for p in result.against.pairs}) == ("prediction" not in kinds)
    assert ("step1/y" in result.against.inputs) == ("prediction" not in kinds)


@pytest.mark.parametrize(
    ("same", "numbers", "output"), [(0, 7, "0.0%"), (7, 7, "100.0%"), (0, 0, "0.0%"), (1, 10**5, "under 0.1%"),
                            (10**5 - 1, 10**5, "over 99.9%"),
                            (3, 4, "75.0%")],
)  # fmt: skip
def test_a_share_is_all_or_none_only_of_all_or_none(same, numbers, output):
    assert share({"same_bits": same, "numbers": numbers}) == f"{output} of {numbers:,} numbers"


@pytest.fixture
def files(tmp_path):
    changes = {"a": {}, "b": {"change": worse}, "bad": {"change": wrong}, "sgd": {"optimizer": "sgd"}}
    for name, change in changes.items():
        (tmp_path / f"{name}.npz").write_bytes(trace_file.to_bytes(simulate(**change)))
    return tmp_path


def call(*words):
    return guarded(command.main, [str(word) for word in words])


def test_the_command(files, capsys):
    (files / "o").mkdir()
    (files / "o" / "tensors.csv").write_text("of before")
    assert call(files / "a.npz", "--against", files / "b.npz", "--out", files / "o") == 0
    output = capsys.readouterr()
    assert (
        output.out.startswith("PASS the two agree")
        and output.err == ""
        and "step with the largest difference" in output.out
    )
    assert all(len(line) <= 100 for line in output.out.splitlines() if not line.startswith("Reports:"))
    assert {p.name for p in (files / "o").iterdir()} == {"result.json", "comparisons.csv", "report.md", "report.html"}
    rows = list(csv.DictReader(io.StringIO((files / "o" / "comparisons.csv").read_text())))
    (z,) = (row for row in rows if (row["step"], row["tensor"]) == ("1", "Z1"))
    assert (z["equation"], z["verdict_a"], z["nearer"]) == ("6", "reproduced", "A") and z["worst_index"].startswith("(")
    result = json.loads((files / "o" / "result.json").read_text())
    assert result["passed"] and result["counts"]["tensors"] > 40 and result["other_inputs"] == []
    assert call(files / "a.npz", "--against", files / "b.npz", "--out", files / "p", "--quiet") == 0
    for path in (files / "o").iterdir():
        assert path.read_bytes() == (files / "p" / path.name).read_bytes()


def test_the_command_fails_with_status_1(files, capsys):
    assert call(files / "a.npz", "--against", files / "bad.npz", "--out", files / "o") == 1
    assert capsys.readouterr().out.startswith("FAIL A is within rounding of its equations; B is not")
    assert not json.loads((files / "o" / "result.json").read_text())["b"]["passed"]


@pytest.mark.parametrize(("name", "output"), [("sgd.npz", "optimizer sgd, not adam"), ("none.npz", "no such file"),
                                        ("cut.npz", "truncated"), ("", "no such file")])  # fmt: skip
def test_the_command_refuses_in_one_sentence(files, capsys, name, output):
    (files / "cut.npz").write_bytes((files / "a.npz").read_bytes()[:900])
    assert call(files / "a.npz", "--against", files / name if name else "", "--out", files / "o") == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.startswith("error: --against ") and output in shown.err
    assert shown.err.count("\n") == 1 and not (files / "o").exists()


def test_hostile_names_are_plain_text_wherever_they_are_printed(files, capsys):
    """Names of files, settings and environment may hold any text."""
    trace = simulate(data="=1+1|<script>evil`#", optimizer="adam")
    trace = replace(trace, environment={"<b>|": "=cmd()|[x](javascript:y)"})
    odd = files / "\x1b[31m<i>|&.npz"
    odd.write_bytes(trace_file.to_bytes(trace))
    for words in ((odd,), (odd, "--against", files / "a.npz"), (files / "a.npz", "--against", odd)):
        assert call(*words, "--out", files / "o") == 0
        output = capsys.readouterr()
        html, markdown = ((files / "o" / f"report.{kind}").read_text() for kind in ("html", "md"))
        assert "\x1b" not in output.out + output.err + html + markdown
        assert "<script>evil" not in html and "<i>" not in html and "<script>" not in markdown.replace("\\<", "")
        (table,) = (path.read_text() for path in (files / "o").glob("*.csv"))
        assert not any(cell.startswith(("=", "@")) for row in csv.reader(io.StringIO(table)) for cell in row)
