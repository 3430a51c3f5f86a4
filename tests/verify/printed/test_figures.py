"""The files of verify.printed: all numbers of the essay are in figures.txt, and a bad file is refused by its line."""

import re
from collections import Counter
from pathlib import Path

import pytest

from verify.errors import Unusable
from verify.printed import figures, recorded_verdicts

TEXT = Path(__file__).parents[4] / "shared" / "essay" / "essay.txt"
PRINTED = figures.read()
DECIMAL = r"-?\d\.\d+(?:e-?\d+)?"


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
    in_essay = Counter(re.findall(pattern, part))
    in_file = Counter(p.text for p in PRINTED if p.place in places)
    assert in_essay == in_file, (in_essay - in_file, in_file - in_essay)


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


EQUATION_KEYS = {("22c", "2.3", "index", "dW2")}
RECORDS = {
    "an unknown equation": ("23 | 2.3 | index | dW2 | confirmed\n", "line 1: unknown equation"),
    "an unknown number": ("\nTable 9 | dB3[4] | refuted\n", "line 2: unknown printed number"),
    "an unknown verdict": ("22c | 2.3 | index | dW2 | fine\n", "line 1: verdict 'fine'"),
    "a verdict of the other kind": ("Table 4 | dB3[4] | confirmed\n", "line 1: verdict"),
    "too few fields": ("22c | confirmed\n", "line 1"),
    "twice": ("22c | 2.3 | index | dW2 | confirmed\n22c | 2.3 | index | dW2 | misprint\n", "line 2"),
    "incomplete": ("Table 4 | dB3[4] | refuted\n", "no verdict for 22c"),
}


READERS = {"figures": figures.read, "expected": lambda path: recorded_verdicts.read(path, EQUATION_KEYS, PRINTED)}
CASES = [("figures", name, *BAD[name]) for name in BAD] + [("expected", name, *RECORDS[name]) for name in RECORDS]


@pytest.mark.parametrize(("file", "name", "text", "message"), CASES)
def test_a_bad_file_is_refused_by_file_and_line(tmp_path, file, name, text, message):
    path = tmp_path / "file.txt"
    path.write_text(text)
    with pytest.raises(Unusable) as refused:
        READERS[file](path)
    assert str(path) in str(refused.value) and message in str(refused.value)


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
