"""The printed numbers: all of the essay's are there, and the verdicts follow the digits."""

import itertools
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.network import ESSAY
from reference.optimizers.sgd import SGD
from reference.rules import rules
from reference.variants import AdamForm
from verify.errors import Unusable
from verify.printed import (
    consistency as trial,
)
from verify.printed import (
    figures,
)
from verify.printed import (
    hitting_sets as conflicts,
)
from verify.printed import (
    layout as laid_out,
)
from verify.printed import (
    recorded_verdicts as expected,
)
from verify.printed.constraint_model import glorot
from verify.printed.constraints import LinearEquation
from verify.printed.figures import Printed
from verify.printed.inferences import initialisers
from verify.printed.propagation import Contradiction, State
from verify.printed.result import inferences

TEXT = Path(__file__).parents[4] / "shared" / "essay" / "essay.txt"
PRINTED = figures.read()
DECIMAL = r"-?\d\.\d+(?:e-?\d+)?"


@pytest.fixture(scope="module")
def found():
    return trial.judge(PRINTED)


def test_the_page_lays_out_every_number_once_with_its_verdict_and_reason(found):
    made = list(laid_out.tables(found.verdicts))
    cells = [cell for table in made for row in table.rows for cell in row if cell.mark]
    assert Counter(cell.text for cell in cells) == Counter(p.text for p in PRINTED)
    marks = Counter(laid_out.MARKS[v.verdict] for v in found.verdicts)
    assert Counter(cell.mark for cell in cells) == marks and marks["bad"] > 0
    assert all(cell.strong == (cell.mark == "bad") for cell in cells)
    assert {laid_out.reason(v) for v in found.verdicts} == {cell.hint for cell in cells}
    (four,) = (table for table in made if table.title.startswith("Table 4:"))
    row = next(row for row in four.rows if (row[0].text, row[1].text) == ("dW3", "2"))
    assert row[2].mark == "bad" and "copied cell" in row[2].hint
    assert {len(row) for table in made for row in table.rows if table is four} == {len(four.header)}


def changed(*changes):
    """The figures with other digits: (place, name, digits); "*" changes every number with those digits."""
    made = []
    for p in PRINTED:
        for place, name, text in changes:
            if p.place == place and p.name == name:
                low, high = figures.interval("a test", text, exact=p.low == p.high)
                p = replace(p, text=text, low=low, high=high)
        made.append(p)
    return trial.judge(made)


def verdict(of, place, name):
    return next(v for v in of.verdicts if v.printed.place == place and v.printed.name == name)


@pytest.mark.skipif(not TEXT.exists(), reason=f"the essay is not at {TEXT}")
@pytest.mark.parametrize(
    ("places", "start", "stop", "pattern"),
    [
        (("Table 2",), "z scores", "Table 2.", r"\d\.\d(?!\d)"),
        (("2.1.3",), "After the activation $Z^{(3)}", "2.2 Cost", r"\d\.\d{2,3}|\d+%"),
        (("2.2.1",), "For each training data example", "When designing", r"\d\.\d{3}"),
        (
            ("Illustration I->H1", "Illustration H2->O"),
            "By-hand run illustration of I",
            "Final prediction",
            DECIMAL,
        ),
        (("Table 3, by hand", "Table 3, by Tensorflow"), "digit\tby-hand", "Table 3.", r"\d\.\d+(?:e-\d\d)?"),
        (("Table 4",), "$B^{(3)}[1,10]$\nOriginal", "Table 4.", DECIMAL),
        (("Table 5",), "W1\t778", "Table 5.", r"-?\d\.\d{18}e-\d\d"),
        (("Table 6",), "Output\n[", "Table 6.", r"\d\.\d{8}e-\d\d|\d+\.\d+%"),
        (("Table A-1",), "$W^{(2)}[128,64]$", "Table A-1.", DECIMAL),
        (("Table A-2",), "$W^{(1)}[784,128]$\t", None, r"-?\d\.\d{3}e-\d|-?0\.0(?=-)|-?\d\.\d{3}"),
    ],
)
def test_no_printed_number_is_missing(places, start, stop, pattern):
    text = TEXT.read_text().replace("−", "-")
    begin = text.index(start)
    part = text[begin : text.index(stop, begin) if stop else None]
    there = Counter(re.findall(pattern, part))
    here = Counter(p.text for p in PRINTED if p.place in places)
    assert there == here, (there - here, here - there)


def test_every_printed_number_has_a_verdict(found):
    assert [v.printed for v in found.verdicts] == list(PRINTED)
    assert {v.verdict for v in found.verdicts} == set(trial.VERDICTS)
    for v in found.verdicts:
        assert v.remark and (v.by_equation or v.verdict == "untestable"), v


def test_what_is_left_is_consistent_and_no_smaller_removal_would_do(found):
    """Each removed number contradicts the rest: putting any one back (with its rivals out) is a contradiction."""
    step = found.adam[0].step
    numbers = dict(enumerate(PRINTED))
    base = State(trial.constraints(PRINTED, step, shared_draw=True)).narrow()
    removed = {bit for bit, v in enumerate(found.verdicts) if v.verdict == "refuted"}
    rest = {bit: p for bit, p in numbers.items() if bit not in removed}
    conflicts.settle(base, rest)
    either = {bit for bit in removed if "either this" in found.verdicts[bit].remark}
    for bit in removed - either:
        with pytest.raises(Contradiction):
            conflicts.settle(base, rest | {bit: numbers[bit]})
    with pytest.raises(Contradiction):
        conflicts.settle(base, rest | {bit: numbers[bit] for bit in either})


@pytest.mark.parametrize(
    ("place", "name", "text"),
    [
        ("Table 2", "a[1]", "0.8"),
        ("2.2.2", "weights", "109,185"),
        ("2.1.3", "a[1]", "0.101"),
        ("2.2.1", "y[4]", "1.000"),
        ("Illustration I->H1", "Z1[2]", "0.285"),
        ("Illustration I->H1", "X[3]", "0.300"),
        ("Illustration H2->O", "Z3[10]", "-0.320"),
        ("Illustration H2->O", "W3[2,1]", "0.141"),
        ("Illustration I->H1", "W1[1,1]", "-0.143"),
        ("Table 3, by hand", "A3[5]", "0.128"),
        ("Table 3, by Tensorflow", "A3[5]", "1.180373430252075194e-01"),
        ("After Table 3", "digit", "2"),
        ("Table 4", "dW3[1,3]", "0.069"),
        ("Table 4", "update_W3[3,4]", "7.451e-4"),
        ("Table 4", "W3_new[4,4]", "-0.225"),
        ("Table 5", "W1_golden[778,1]", "-1.042288914322853089e-01"),
        ("Table 6", "A3_golden[4]", "7.83632743e-03"),
        ("Table A-1", "dB2[3]", "-0.093"),
        ("Table A-2", "dB1[3]", "0.010"),
        ("Table A-2", "B1[4]", "0.100"),
        ("Appendix A", "beta_1", "0.8"),
        ("Appendix A", "epsilon", "1e-3"),
    ],
)
def test_another_digit_is_refuted(place, name, text):
    assert verdict(changed((place, name, text)), place, name).verdict == "refuted"


def test_the_right_digits_are_consistent(found):
    """What the other numbers demand in place of a refuted number makes it stand."""
    assert verdict(found, "Table 4", "dB3[4]").verdict == "refuted"
    mended = changed(("Table 4", "dB3[4]", "0.171"), ("Table A-1", "dW2[3,64]", "0.000"))
    assert verdict(mended, "Table 4", "dB3[4]").verdict == "consistent"
    assert verdict(mended, "Table A-1", "dW2[3,64]").verdict == "consistent"


def test_what_a_refuted_number_looks_like(found):
    assert "A3[7]" in verdict(found, "Table 4", "dB3[4]").remark
    assert "a copied cell" in verdict(found, "Table 4", "dW3[2,1]").remark
    assert "the row repeats A1" in verdict(found, "Illustration H2->O", "A2[1]").remark
    assert "either this or B1_new[128]" in verdict(found, "Table A-2", "update_B1[128]").remark


def test_the_adam_that_printed_its_updates(found):
    best = found.adam[0]
    assert best.fits and best.name == "bias correction one step ahead (t + 1)"
    as_printed = [form for form in found.adam if form.departures == 0]
    assert [(form.agree, f"{form.size:.3e}") for form in as_printed] == [(0, "1.000e-03")]
    every = [(p.place, p.name, p.text.replace("7.441e-4", "1.000e-3")) for p in PRINTED if "7.441" in p.text]
    assert changed(*every).adam[0].name == ""  # with Appendix A's own value, Appendix A it is
    odd = [(p.place, p.name, p.text.replace("7.441e-4", "6.123e-4")) for p in PRINTED if "7.441" in p.text]
    nobody = changed(*odd)
    assert not nobody.adam[0].fits
    assert not any("η∇C" in claim for claim, _ in inferences(nobody))
    assert verdict(nobody, "Table 4", "update_W3[1,1]").verdict == "consistent"  # with each other, still one η∇C


def test_one_draw_for_all_layers(found):
    assert found.draw.supported and found.draw.agree == found.draw.pairs >= 10
    fitting = [i.name for i in initialisers([v.printed for v in found.verdicts if v.verdict != "refuted"]) if i.fits]
    assert len(fitting) == 1 and fitting[0].startswith("Glorot")
    other = [(p.place, p.name, f"{0.9 * float(p.text):.3f}") for p in PRINTED if p.symbol == "W3"]
    assert not changed(*other).draw.supported


def test_which_matrix_a_block_really_is(found):
    really = {(block.place, block.symbol): (block.really, block.agree_there) for block in found.blocks}
    assert really == {
        ("Illustration H2->O", "A2"): ("A1", 5),
        ("Table A-1", "W2"): ("W1", 25),
        ("Table A-1", "W2_new"): ("W2", 10),
    }


def true_run(seed, epsilon_at, epsilon, ahead, shared):
    """A whole step of the essay's network that really was computed, printed as the essay prints."""
    rng = np.random.default_rng(seed)
    n = ESSAY.sizes
    draw = rng.uniform(-1, 1, n[0] * n[1])
    q = {}
    for layer in (1, 2, 3):
        own = draw if shared else rng.uniform(-1, 1, n[0] * n[1])
        q[f"W{layer}"] = own[: n[layer - 1] * n[layer]].reshape(n[layer - 1], n[layer]) * glorot(ESSAY, layer)
        q[f"B{layer}"] = np.zeros((1, n[layer]))
    digit = int(rng.integers(10))
    X = np.zeros((1, n[0]))
    X[0, rng.choice(np.arange(100, 700), 120, replace=False)] = rng.random(120)
    q |= {"X": X, "y": np.eye(10)[[digit]]}
    for rule in rules(ESSAY, "categorical_crossentropy", SGD()):
        if rule.phase != "update":
            q[rule.tensor] = rule(q)
    form = AdamForm(epsilon_at, ahead, ahead)
    for P in ESSAY.parameters():
        g = q[f"d{P}"]
        q[f"update_{P}"] = form(0.1 * g, 0.001 * g**2, 1, 0.001, 0.9, 0.999, epsilon)
        q[f"{P}_new"] = q[P] - q[f"update_{P}"]
    made = []
    for p in PRINTED:
        if p.scope == figures.RUN and p.symbol in q:
            array = q[p.symbol]
            at = tuple(i - 1 for i in p.index)
            value = float(array[at] if len(at) == 2 else array[0, at[0]])
            small = p.symbol.startswith("update") or (p.symbol[0] == "B" and p.symbol.endswith("_new"))
            text = f"{np.float32(value):.18e}" if p.decimals == 18 else f"{value:.3f}"
            if small:
                text = f"{value:.3e}" if abs(value) > 5e-8 else "0.000"
        elif p.symbol == "digit":
            text = str(digit)
        else:
            made.append(p)
            continue
        low, high = figures.interval("a test", text)
        made.append(replace(p, text=text, low=low, high=high))
    return [p for p in made if p.place != "After Table 3" or p.symbol == "digit"]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("epsilon_at", "epsilon", "ahead", "name"),
    [
        ("root", 1e-8, 1, "bias correction one step ahead (t + 1)"),
        ("root", 1e-8, 0, ""),
        ("hat", 1e-7, 0, "Keras's ε̂ = 1e-7 beside the uncorrected √v"),
    ],
)
def test_nothing_of_a_true_run_is_refuted(epsilon_at, epsilon, ahead, name, shared):
    """The constraints are sound: what was really computed stands. Only the print's own ε may fall, and rightly."""
    of = trial.judge(true_run(1, epsilon_at, epsilon, ahead, shared))
    refuted = {v.printed.name for v in of.verdicts if v.verdict == "refuted"}
    assert refuted == ({"epsilon"} if epsilon_at == "hat" else set())
    assert of.adam[0].fits and of.adam[0].name == name
    assert of.draw.supported == shared and not of.blocks


def number(name, low, high):
    return Printed("a test", name, (), f"{low}", low, high, 0)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.data())
def test_the_removal_is_a_smallest_one(data):
    """Against all subsets, on random sums of a few numbers, some of them wrong."""
    names = [f"q{i}" for i in range(6)]
    truth = [data.draw(st.integers(-3, 3)) for _ in names]
    shown = [t + data.draw(st.sampled_from([0, 0, 0, 5])) for t in truth]
    printed = {i: number(name, s - 0.4, s + 0.4) for i, (name, s) in enumerate(zip(names, shown, strict=True))}
    sums = data.draw(st.lists(st.sets(st.integers(0, 5), min_size=2, max_size=3), min_size=1, max_size=4))
    totals = [sum(truth[i] for i in s) for s in sums]
    terms = [tuple((1.0, printed[i].quantity) for i in sorted(s)) for s in sums]
    ties = [LinearEquation("a sum", t, total, total) for t, total in zip(terms, totals, strict=True)]
    base = State(ties).narrow()

    def consistent(left_out):
        try:
            conflicts.settle(base, {i: p for i, p in printed.items() if i not in left_out})
        except Contradiction:
            return False
        return True

    choices, _ = conflicts.resolve(base, printed, frozenset())
    assert consistent({choice.options[0] for choice in choices})
    smallest = next(k for k in range(7) if any(consistent(set(c)) for c in itertools.combinations(range(6), k)))
    assert len(choices) == smallest
    for choice in choices:
        for other in choice.options[1:]:
            assert consistent({c.options[0] for c in choices} - {choice.options[0]} | {other})


BAD = {
    "no number": ("[Table 2]\nz[1] abc\n", "line 2"),
    "two points": ("[Table 2]\nz[1] 1.2.3\n", "line 2"),
    "nan": ("[Table 2]\nz[1] nan\n", "line 2"),
    "too few indices": ("[Table 2]\nz[1] 1.0 2.0\n", "line 2"),
    "no place": ("z[1] 1.0\n", "line 1"),
    "no symbol": ("[Table 2]\n\n1.0\n", "line 3"),
    "a huge index": ("[Table 2]\nz[99999999999999999999] 1.0\n", "line 2"),
    "two rows": ("[Table 2]\nz[1 2; 3] 1.0\n", "line 2"),
    "empty": ("", "no printed number"),
    "an unknown layer": ("[Table 4]\nW9[1; 1] 1.0\n", "line 2"),
    "an unknown symbol": ("[Table 4]\nstep 1.0\n", "line 2"),
    "a matrix as a vector": ("[Table 4]\nW2_new[6] 1.0\n", "line 2"),
    "an index outside": ("[Table 4]\nW3[65; 1] 1.0\n", "line 2"),
    "index 0": ("[Table 4]\nB3[0] 1.0\n", "line 2"),
    "a huge exponent": ("[Table 2]\nz[1] 1e-9999\n", "line 2"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_figures_file_is_refused_by_file_and_line(tmp_path, name):
    text, word = BAD[name]
    path = tmp_path / "f.txt"
    path.write_text(text)
    with pytest.raises(Unusable) as refused:
        figures.read(path)
    assert str(path) in str(refused.value) and word in str(refused.value)


def test_a_figures_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "f.txt"
    path.write_bytes(b"[Table 2]\nz[1] \xff\n")
    with pytest.raises(Unusable, match="line 2: not UTF-8"):
        figures.read(path)
    path.write_bytes(b" " * 2_000_000)
    with pytest.raises(Unusable, match="longer than"):
        figures.read(path)
    with pytest.raises(Unusable, match="cannot be read"):
        figures.read(tmp_path / "none.txt")


KEYS = {("22c", "2.3", "index", "dW2")}
RECORDS = {
    "an unknown equation": ("23 | 2.3 | index | dW2 | confirmed\n", "line 1: unknown equation"),
    "an unknown number": ("\nTable 9 | dB3[4] | refuted\n", "line 2: unknown printed number"),
    "an unknown verdict": ("22c | 2.3 | index | dW2 | fine\n", "line 1: verdict 'fine'"),
    "a verdict of the other kind": ("Table 4 | dB3[4] | confirmed\n", "line 1: verdict"),
    "too few fields": ("22c | confirmed\n", "line 1"),
    "twice": ("22c | 2.3 | index | dW2 | confirmed\n22c | 2.3 | index | dW2 | misprint\n", "line 2"),
    "incomplete": ("Table 4 | dB3[4] | refuted\n", "no verdict for 22c"),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_bad_expectation_file_is_refused_by_file_and_line(tmp_path, name):
    text, word = RECORDS[name]
    path = tmp_path / "e.txt"
    path.write_text(text)
    with pytest.raises(Unusable) as refused:
        expected.read(path, KEYS, PRINTED)
    assert str(path) in str(refused.value) and word in str(refused.value)
