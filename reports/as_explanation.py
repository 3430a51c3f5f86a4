"""Write an explanation as text for a terminal, as Markdown with LaTeX that GitHub renders, and as HTML."""

import textwrap
from collections.abc import Iterator

from reports import as_html
from reports.as_markdown import escape
from reports.explanation import Explanation, Line, Outcome, Step

WIDEST = 24  # a left side of at most this length stands in its own column
LEGEND = (
    "Each line puts in the numbers of the lines above with all their digits, not only those shown. by hand: exact, or "
    "correct in every digit shown. ulp: units in the last place. bound: the largest difference that rounding can "
    "explain. sources: how much of the bound each rounding contributes."
)


def text(value: Explanation, width: int = 100) -> str:
    """Return the explanation as plain text without its headline; no line is longer than `width`."""
    parts = [part for step in value.steps for part in _step(step, width)]
    if value.whole is not None:
        words = textwrap.fill(f"All steps in one, {value.whole_words}", width, break_long_words=False)
        parts += [words, "\n".join(_outcome(value.whole, width))]
    return "\n\n".join([*parts, textwrap.fill(LEGEND, width)]) + "\n"


def _step(step: Step, width: int) -> Iterator[str]:
    yield f"{_title(step, '  ')}\n" + textwrap.fill(_about(step), width)
    lefts = [len(line.left.text) for line in step.lines]
    column = max((n for n in lefts if n <= WIDEST), default=0)
    yield "\n".join(part for line in step.lines for part in _line(line, column, width))
    if step.outcome is not None:
        yield "\n".join(_outcome(step.outcome, width))
    if step.notes:
        yield "\n".join(textwrap.fill(note, width, break_long_words=False) for note in step.notes)


def _line(line: Line, column: int, width: int) -> Iterator[str]:
    """Yield "left = right", folded at spaces after the equals sign; the remark follows on the last line or below."""
    left = line.left.text
    if len(left) > column:
        yield from textwrap.wrap(left, width, initial_indent="  ", subsequent_indent="    ", break_long_words=False)
        left = ""
    indent = " " * (5 + column)
    wrapper = textwrap.TextWrapper(width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    wrapper.initial_indent = "  " + left.ljust(column) + " = "
    rows = wrapper.wrap(line.right.text)
    if line.remark and len(rows[-1]) + 3 + len(line.remark) <= width:
        rows[-1] += "   " + line.remark
    elif line.remark:
        rows += textwrap.wrap(line.remark, width, initial_indent=indent, subsequent_indent=indent)
    yield from rows


def _outcome(outcome: Outcome, width: int) -> Iterator[str]:
    for name, content in _rows(outcome):
        yield from textwrap.wrap(
            content, width, initial_indent=f"  {name:<12}", subsequent_indent=" " * 14, break_long_words=False
        )


def _rows(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield a label and a text for each row: the two numbers, their difference, the bound and its sources."""
    yield "by hand", outcome.by_hand + (", exactly" if outcome.exact else "…")
    yield "TensorFlow", outcome.tensorflow
    yield "difference", f"{_short(outcome.difference)}, {ulps(outcome.ulp)}: {VERDICTS[outcome.verdict]}"
    yield "bound", _short(outcome.allowed) if outcome.allowed else "0: nothing is rounded"
    for k, source in enumerate(outcome.why):
        yield "" if k else "sources", f"{source.part:4.0%}  {source.operation}"


VERDICTS = {
    "equal": "TensorFlow's number is correctly rounded",
    "within": "rounding explains it",
    "outside": "rounding does not explain it",
    "unbounded": "no bound can be derived",
}


def ulps(number: float) -> str:
    """Return a number of units in the last place as text, with two digits below 100."""
    return f"{number:,.0f} ulp" if number >= 100 else f"{number:.2g} ulp"


def _short(number: float) -> str:
    return "0" if not number else f"{number:.2e}"


def _title(step: Step, gap: str = " ") -> str:
    """Return the element that a step explains and its equation: "dW1[2,3] by equation (22e)"."""
    element = f"{step.tensor}[{','.join(map(str, step.index))}]" if step.index else step.tensor
    return element + gap + ("given" if step.outcome is None else f"by equation ({step.equation})")


def _about(step: Step) -> str:
    return "; ".join(words for words in (step.words, step.remark) if words)


def markdown(value: Explanation) -> str:
    """Return the whole report as Markdown, its formulas in LaTeX; it ends with a line feed."""
    parts = [f"# {escape(value.headline)}"]
    for step in value.steps:
        parts += [f"## {escape(_title(step))}", escape(_about(step)), _aligned(step.lines)]
        parts += [_table(step.outcome)] if step.outcome is not None else []
        parts += [escape(note) for note in step.notes]
    if value.whole is not None:
        parts += ["## All steps in one", escape(value.whole_words.capitalize()), _table(value.whole)]
    return "\n\n".join([*parts, escape(LEGEND)]) + "\n"


def _aligned(lines: tuple[Line, ...]) -> str:
    rows = [
        rf"{line.left.latex} &= {line.right.latex}" + (rf" && \text{{{_latex(line.remark)}}}" if line.remark else "")
        for line in lines
    ]
    return "```math\n\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}\n```"


def _latex(words: str) -> str:
    r"""Return words for LaTeX's \text: special characters are escaped or replaced by a space."""
    return "".join(f"\\{c}" if c in "_#%&$" else " " if c in "\\{}~^" else c for c in words)


def _table(outcome: Outcome) -> str:
    rows = [f"| {escape(name)} | {escape(content)} |" for name, content in _rows(outcome)]
    return "\n".join(["| | |", "| --- | --- |", *rows])


def page(value: Explanation) -> str:
    """Return the explanation as one HTML page, which has no script and fetches nothing. Every text is escaped."""
    template = as_html.template("explanation.html")
    return template.render(explanation=value, title=_title, about=_about, rows=_rows, legend=LEGEND)
