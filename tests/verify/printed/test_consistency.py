"""The verdicts on the printed numbers follow from the digits, and computed numbers are consistent."""

from collections import Counter
from dataclasses import replace

import pytest

from verify.printed import figures, layout
from verify.printed.consistency import VERDICTS, judge
from verify.printed.constraint_model import constraints
from verify.printed.inferences import initialisers
from verify.printed.propagation import Contradiction, State
from verify.printed.result import inferences

PRINTED = figures.read()


@pytest.fixture(scope="module")
def essay():
    return judge(PRINTED)


def test_the_page_lays_out_every_number_once_with_its_verdict_and_reason(essay):
    tables = list(layout.tables(essay.verdicts))
    cells = [cell for table in tables for row in table.rows for cell in row if cell.mark]
    assert Counter(cell.text for cell in cells) == Counter(p.text for p in PRINTED)
    marks = Counter(layout.MARKS[v.verdict] for v in essay.verdicts)
    assert Counter(cell.mark for cell in cells) == marks and marks["bad"] > 0
    assert all(cell.strong == (cell.mark == "bad") for cell in cells)
    assert {layout.reason(v) for v in essay.verdicts} == {cell.hint for cell in cells}
    (four,) = (table for table in tables if table.title.startswith("Table 4:"))
    row = next(row for row in four.rows if (row[0].text, row[1].text) == ("dW3", "2"))
    assert row[2].mark == "bad" and "copied cell" in row[2].hint
    assert {len(row) for table in tables for row in table.rows if table is four} == {len(four.header)}


def changed(*changes):
    """Judge the figures with other digits: (place, name, digits)."""
    printed = []
    for p in PRINTED:
        for place, name, text in changes:
            if p.place == place and p.name == name:
                low, high = figures.interval("a test", text, exact=p.low == p.high)
                p = replace(p, text=text, low=low, high=high)
        printed.append(p)
    return judge(printed)


def verdict(essay, place, name):
    return next(v for v in essay.verdicts if v.printed.place == place and v.printed.name == name)


def test_every_printed_number_has_a_verdict(essay):
    assert [v.printed for v in essay.verdicts] == list(PRINTED)
    assert {v.verdict for v in essay.verdicts} == set(VERDICTS)
    for v in essay.verdicts:
        assert v.remark and (v.by_equation or v.verdict == "untestable"), v


def test_what_is_left_is_consistent_and_no_smaller_removal_would_do(essay):
    """Each removed number contradicts the rest: putting any one back (with its rivals out) is a contradiction."""
    step = essay.adam[0].step
    numbers = dict(enumerate(PRINTED))
    base = State(constraints(PRINTED, step, shared_draw=True)).narrow()
    removed = {bit for bit, v in enumerate(essay.verdicts) if v.verdict == "refuted"}
    rest = {bit: p for bit, p in numbers.items() if bit not in removed}
    base.with_numbers(rest)
    either = {bit for bit in removed if "either this" in essay.verdicts[bit].remark}
    for bit in removed - either:
        with pytest.raises(Contradiction):
            base.with_numbers(rest | {bit: numbers[bit]})
    with pytest.raises(Contradiction):
        base.with_numbers(rest | {bit: numbers[bit] for bit in either})


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


def test_the_right_digits_are_consistent(essay):
    """Replace a refuted number by the value that the other numbers imply: the number is then consistent."""
    assert verdict(essay, "Table 4", "dB3[4]").verdict == "refuted"
    mended = changed(("Table 4", "dB3[4]", "0.171"), ("Table A-1", "dW2[3,64]", "0.000"))
    assert verdict(mended, "Table 4", "dB3[4]").verdict == "consistent"
    assert verdict(mended, "Table A-1", "dW2[3,64]").verdict == "consistent"


def test_what_a_refuted_number_looks_like(essay):
    assert "A3[7]" in verdict(essay, "Table 4", "dB3[4]").remark
    assert "a copied cell" in verdict(essay, "Table 4", "dW3[2,1]").remark
    assert "the row repeats A1" in verdict(essay, "Illustration H2->O", "A2[1]").remark
    assert "either this or B1_new[128]" in verdict(essay, "Table A-2", "update_B1[128]").remark


def test_the_adam_that_printed_its_updates(essay):
    best = essay.adam[0]
    assert best.fits and best.name == "bias correction one step ahead (t + 1)"
    as_printed = [form for form in essay.adam if form.departures == 0]
    assert [(form.agree, f"{form.size:.3e}") for form in as_printed] == [(0, "1.000e-03")]
    every = [(p.place, p.name, p.text.replace("7.441e-4", "1.000e-3")) for p in PRINTED if "7.441" in p.text]
    assert changed(*every).adam[0].name == ""  # with Appendix A's own value, Appendix A it is
    odd = [(p.place, p.name, p.text.replace("7.441e-4", "6.123e-4")) for p in PRINTED if "7.441" in p.text]
    unknown = changed(*odd)
    assert not unknown.adam[0].fits
    assert not any("η∇C" in claim for claim, _ in inferences(unknown))
    assert verdict(unknown, "Table 4", "update_W3[1,1]").verdict == "consistent"  # with each other, still one η∇C


def test_one_draw_for_all_layers(essay):
    assert essay.draw.supported and essay.draw.agree == essay.draw.pairs >= 10
    fitting = [i.name for i in initialisers([v.printed for v in essay.verdicts if v.verdict != "refuted"]) if i.fits]
    assert len(fitting) == 1 and fitting[0].startswith("Glorot")
    other = [(p.place, p.name, f"{0.9 * float(p.text):.3f}") for p in PRINTED if p.symbol == "W3"]
    assert not changed(*other).draw.supported


def test_which_matrix_a_block_really_is(essay):
    really = {(block.place, block.symbol): (block.really, block.agree_there) for block in essay.blocks}
    assert really == {
        ("Illustration H2->O", "A2"): ("A1", 5),
        ("Table A-1", "W2"): ("W1", 25),
        ("Table A-1", "W2_new"): ("W2", 10),
    }
