"""Run every command of the README and of the READMEs of the folders; the output must be the one shown there."""

import re
import subprocess

import pytest

from tests.support.pages import FRONT, PAGES, README, ROOT, blocks, commands, outputs_of_commands


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """The output of each command of the pages, by its words; run in an empty folder."""
    return outputs_of_commands(tmp_path_factory.mktemp("readme"))


def test_every_command_ends_as_it_should(outputs):
    assert len(outputs) == len({c for block in blocks("run this") for c in commands(block)}) + 1
    assert "PASS" in outputs["-m verify.backprop --model tests.support.own_models:mazur"][1]
    for words, (status, text) in outputs.items():
        assert status == ("wrong.npz" in words and "-m" in words), (words, text)


def without_shares(text):
    """How many numbers are reproduced bit for bit depends on the processor, and on the order in which it adds."""
    return re.sub(r"\d+(\.\d)?%(?=\s+of\s+[\d,]+\s+numbers)", "#%", text)


def test_table_3_is_as_shown(outputs):
    """The table agrees but for the last bits, which depend on the processor: digit, three decimals, seven digits."""
    _status, text = outputs["-m verify.feedforward"]
    (shown,) = blocks("output of: python -m verify.feedforward")
    pattern = re.compile(r"^(\d)\s+(\d\.\d{3})\s+(\d\.\d{5})\d+(e-\d\d)", re.MULTILINE)
    assert len(pattern.findall(shown)) == 10
    assert pattern.findall(shown) == pattern.findall(text)
    assert without_shares(shown).splitlines()[:2] == [line.rstrip() for line in without_shares(text).splitlines()[:2]]


def test_the_essays_verdicts_are_as_shown(outputs):
    (shown,) = blocks("output of: python -m verify.printed --quiet")
    _, text = outputs["-m verify.printed --save-trace out/essay.npz --quiet"]
    assert shown.split() == text.split()
    finding = " ".join(README.split("## Checking the essay")[1].split())
    _, report = outputs["-m verify.printed --trace out/essay.npz"]
    for words in ("0.104", "25", "7.441e-4", "27 of 27"):
        assert words in finding
    assert "25 of 25 refuted" in report and "0.104 refuted" in report


def test_the_kill_matrix_is_as_shown(outputs):
    """The number of faults is exact; other counts may differ a little, since they depend on the processor's last bits.

    A fault is one element changed by a power of two. Which power is the first to be noticed depends on how a kernel
    rounds, for the comparison and for each fixed tolerance.
    """
    (shown,) = blocks("output of: python -m verify.faults")
    _, text = outputs["-m verify.faults"]
    told = text.split("equal: no comparison")[0]
    assert re.sub(r"\d+", "#", " ".join(shown.split())) == re.sub(r"\d+", "#", " ".join(told.split()))
    row = re.compile(r"^(\w+) +(\d+) +(\d+) +(\d+) of (\d+) +(\d+) of (\d+)((?: +\d+){5})", re.MULTILINE)
    assert len(row.findall(shown)) == 6
    assert f"{row.findall(shown)[-1][1]} faults" in FRONT
    for ours, theirs in zip(row.findall(shown), row.findall(told), strict=True):
        assert ours[:2] == theirs[:2], told
        tried, equal, noticed, real, named, judged = map(int, theirs[1:7])
        assert noticed == real == tried - equal and abs(equal - int(ours[2])) <= 3, told
        assert named >= 0.94 * judged and abs(named - int(ours[5])) <= 3 + 0.02 * judged, told
        for a, b in zip(map(int, ours[7].split()), map(int, theirs[7].split()), strict=True):
            assert abs(a - b) <= 3 + 0.05 * tried, told


def test_the_training_is_as_shown(outputs):
    """Steps and numbers exactly; accuracies to a point, since they depend on the processor's last bits."""
    (shown,) = blocks("output of: python -m verify.training --epochs 3")
    _, text = outputs["-m verify.training --epochs 3"]
    told = text.split("accuracy on all")[0]
    words = [without_shares(text).split() for text in (shown, told)]
    assert words[0][: words[0].index("accuracy")] == words[1][: words[1].index("accuracy")]
    pairs = list(zip(re.findall(r"(\d+\.\d+)%", shown), re.findall(r"(\d+\.\d+)%", told), strict=True))[1:]
    assert len(pairs) == 17 and all(abs(float(a) - float(b)) <= 1 for a, b in pairs)
    assert "both predict 7" in outputs["-m verify.prediction --weights out/training/golden.npz --digit 7"][1]
    assert "of 360 images" in " ".join(outputs["-m verify.prediction --weights out/training --all"][1].split())


def test_the_sweep_is_as_shown(outputs):
    (shown,) = blocks("output of: python -m verify.sweep")
    _, text = outputs["-m verify.sweep --seeds 0:5 --digits 5,7 --dtype float32,float64 --workers 2"]
    assert " ".join(without_shares(text).split()).startswith(" ".join(without_shares(shown).split()))


def test_the_figures_of_the_long_sweep_are_those_on_record():
    text = " ".join(README.split("### Scale")[1].split("\n## ")[0].split())
    record = " ".join((ROOT / "benchmarks" / "RESULTS.md").read_text().split("## Sweeps")[1].split())
    for figure in ("27.8", "49.9", "1.77", "815", "0.99", "4,050,124,000", "5,200", "2026-11-25"):
        assert figure in text and figure in record, figure
    rows = [row.split(" | ") for row in re.findall(r"^\| float.*$", README, re.MULTILINE)]
    assert len(rows) == 8 and sum(int(row[3]) for row in rows) == 5200
    assert sum(int(row[5].replace(",", "")) for row in rows) == 4_050_124_000


def test_the_figures_of_the_long_training_are_those_on_record():
    """A training of minutes is not repeated here: README and benchmarks/RESULTS.md must say the same of it."""
    text = " ".join(README.split("The essay's own training")[1].split("`verify.prediction`")[0].split())
    record = (ROOT / "benchmarks" / "RESULTS.md").read_text()
    for figure in ("33,773,328,114", "37,500", "99.75", "99.76", "1.78", "2026-11-24"):
        assert figure in text and figure in record, figure
    assert "| 5000–5999 | 1,000 | 0 | 2 | 224,735,950 | 0 |" in record
    assert "**1.48** (0.82–1.52)" in record
    assert "**1.74** (1.16–3.29)" in record
    assert "1.5 to 2 times as long as `model.fit` alone" in " ".join(README.split())
    assert "7.5e-02" in record and "5.5e-01" in record and "7.5 %" in text and "55 %" in text


def test_the_figures_of_the_drawn_digits_are_those_on_record():
    text, record = README.split("## Your own data and pictures")[1], (ROOT / "benchmarks" / "RESULTS.md").read_text()
    assert "| all drawings | 1440 | 99.58% | 64.79% |" in record
    assert "99.58 %" in text and "64.79 %" in text and "1,440" in text


def test_the_failure_is_as_shown(outputs):
    (shown,) = blocks("output of: the failure")
    _, text = outputs["-m verify.backprop --trace out/wrong.npz"]
    words = " ".join(text.split("Each tensor")[0].split())

    def stable(line):
        return re.sub(r"(-?\d\.\d{5})\d+", r"\1", " ".join(line.split()))

    assert stable(shown) == stable(words)


def test_two_traces_are_compared_as_shown(outputs):
    """The text agrees but for its numbers, which depend on the processor and on XLA."""
    (shown,) = blocks("output of: python -m verify.trace out/five.npz --against out/five_jit.npz")
    _, text = outputs["-m verify.trace out/five.npz --against out/five_jit.npz"]
    told = text.split("Tensor by tensor")[0]
    assert re.sub(r"[\d,.]+", "#", " ".join(shown.split())) == re.sub(r"[\d,.]+", "#", " ".join(told.split()))
    assert "PASS five.npz holds 63 tensors" in outputs["-m verify.trace out/five.npz"][1]


def test_the_three_derivations_are_as_shown(outputs):
    """The derivations agree but for the last bits, which depend on the processor, and the lines about them."""

    def stable(text):
        kept = [
            line for line in text.splitlines() if not re.match(r"(PASS|  difference|  bound|  sources|    +\d+%)", line)
        ]
        text = re.sub(r"(-?\d\.\d{5})\d+…?", r"\1", " ".join(" ".join(kept).split()))
        return re.sub(r"[\d,]+ times the bound", "# times the bound", text)

    for tensor in ("dW3[3,2]", "dW2[4,3]", "dW1[2,3]"):
        (shown,) = blocks(f"output of: python -m verify.explain {tensor}")
        (told,) = [text for words, (_, text) in outputs.items() if words.startswith(f"-m verify.explain {tensor} ")]
        assert stable(shown) == stable(told.split("\nEach line puts in")[0])
        assert shown.startswith(f"PASS {tensor}: by hand ") and told.startswith(f"PASS {tensor}: by hand ")


def test_the_matrix_is_the_one_on_record():
    """Environments are not made here: README and benchmarks/RESULTS.md must say the same, and of each row likewise."""
    record = (ROOT / "benchmarks" / "RESULTS.md").read_text()
    (shown,) = blocks("the matrix")
    assert shown in record and "2026-11-25" in README.split("<!-- the matrix -->")[0].split("benchmarks.matrix")[1]
    cells = re.findall(r"PASS (\.\d{3}) (\d+)%", shown)
    rows = re.findall(r"\| PASS \| 0(\.\d{3}) \| \w+ \| (?:(\d+)\.\d%|the first) \|", record)
    assert cells == [(used, share or "100") for used, share in rows] and len(cells) == 30
    assert shown.startswith("PASS 30 of 30 captures under 6") and "All 30 captures" in README


def test_the_two_commands_are_what_ci_runs():
    (block,) = blocks("the two commands")
    first, second = block.strip().splitlines()
    assert "-m venv .venv" in first and first.endswith("-m verify")
    assert second == ".venv/bin/python -m pytest"
    script = (ROOT / ".ci" / "run").read_text()
    for line, variable in ((first, "install"), (second, "tests")):
        (look,) = re.findall(rf"^{variable}=\$\((grep .*)\)$", script, re.MULTILINE)
        found = subprocess.run(["bash", "-c", look], cwd=ROOT, capture_output=True, text=True)
        assert found.stdout.strip() == line and f'bash -ec "${variable}"' in script


def test_the_front_door_is_short():
    assert len(FRONT.splitlines()) <= 200


def test_every_page_is_linked_from_the_front_or_from_the_room_above():
    for page in PAGES[1:]:
        folder, _, _name = page.rpartition("/")
        above = (ROOT / "README.md").read_text() + (ROOT / "verify" / "README.md").read_text()
        assert f"({page})" in above or f"`{folder.removeprefix('verify/')}/`" in above, page


def test_every_link_between_pages_leads_to_a_file():
    for page in PAGES:
        for address in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text()):
            assert address.startswith("http") or (ROOT / page).parent.joinpath(address).exists(), (page, address)


def test_every_shell_block_is_marked():
    marked = blocks("run this") + blocks("the two commands")
    assert len(re.findall(r"```sh\n", README)) == len(marked)


def test_the_gallery_is_there_and_small():
    shown = [ROOT / name for name in re.findall(r"!\[[^]]+\]\((\.github/gallery/[\w.]+)\)", README)]
    assert {path.suffix for path in shown} == {".png", ".svg"} and all(path.is_file() for path in shown)
    assert sum(path.stat().st_size for path in (ROOT / ".github" / "gallery").iterdir()) < 150_000
    assert "http" not in (ROOT / ".github" / "gallery" / "terminal.svg").read_text().replace("http://www.w3.org", "")


def test_every_file_it_names_exists():
    for name in re.findall(r"`((?:reference|verify|benchmarks|reports|tests)/[\w./]+)`", README):
        assert "NAME" in name or (ROOT / name).exists(), name
