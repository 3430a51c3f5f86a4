"""Write an explanation as text for a terminal, as Markdown with LaTeX that GitHub renders, and as HTML."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import escape

from reports import as_markdown
from reports.explanation import Explanation, Line, Outcome, Step

WIDEST = 24  # a left side of at most so many characters is set in its own column
LEGEND = (
    "Each line puts in the numbers of the lines above with all their digits, not only those shown. by hand: exact, or "
    "correct in every digit shown. ulp: units in the last place. allowed: what rounding can explain, and how much of "
    "it each operation contributes."
)


def text(value: Explanation, width: int = 100) -> str:
    """Return the explanation as plain text without its headline; no line is longer than `width`."""
    parts = [part for step in value.steps for part in _step(step, width)]
    if value.whole is not None:
        words = textwrap.fill(f"All steps in one, {value.whole_words}", width, break_long_words=False)
        parts += [words, "\n".join(_outcome(value.whole, width))]
    return "\n\n".join([*parts, textwrap.fill(LEGEND, width)]) + "\n"


def _step(step: Step, width: int) -> Iterator[str]:
    title = f"{_address(step)}  {_equation(step)}"
    about = "; ".join(w for w in (step.words, step.remark) if w)
    yield f"{title}\n" + textwrap.fill(about, width)
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
    indent = " " * (2 + column)
    rows = textwrap.wrap(
        line.right.text,
        width,
        initial_indent="  " + left.ljust(column) + " = ",
        subsequent_indent=indent + "   ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    if line.remark and len(rows[-1]) + 3 + len(line.remark) <= width:
        rows[-1] += "   " + line.remark
        yield from rows
    else:
        yield from rows
        if line.remark:
            yield from textwrap.wrap(
                line.remark, width, initial_indent=indent + "   ", subsequent_indent=indent + "   "
            )


def _outcome(outcome: Outcome, width: int) -> Iterator[str]:
    for name, entry in _entries(outcome):
        yield from textwrap.wrap(
            entry, width, initial_indent=f"  {name:<12}", subsequent_indent=" " * 14, break_long_words=False
        )


def _entries(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield a label and a text for each row: the two numbers, their difference, the bound and its sources."""
    yield "by hand", outcome.by_hand + (", exactly" if outcome.exact else "…")
    yield "TensorFlow", outcome.tensorflow
    yield "apart", f"{_short(outcome.difference)}, {ulps(outcome.ulp)}: {VERDICTS[outcome.verdict]}"
    yield "allowed", _short(outcome.allowed) if outcome.allowed else "0: nothing is rounded"
    for k, share in enumerate(outcome.why):
        yield "" if k else "of that", f"{share.part:4.0%}  {share.operation}"


VERDICTS = {
    "equal": "TensorFlow's is the nearest number there is",
    "within": "rounding explains it",
    "outside": "rounding does not explain it",
    "unbounded": "no bound can be derived",
}


def ulps(number: float) -> str:
    """Return a number of units in the last place as text, with two digits below 100."""
    return f"{number:,.0f} ulp" if number >= 100 else f"{number:.2g} ulp"


def _short(number: float) -> str:
    return "0" if not number else f"{number:.2e}"


def _address(step: Step) -> str:
    return f"{step.tensor}[{','.join(map(str, step.index))}]" if step.index else step.tensor


def _equation(step: Step) -> str:
    return "given" if step.outcome is None else f"by equation ({step.equation})"


def markdown(value: Explanation) -> str:
    """Return the whole report as Markdown, its formulas in LaTeX; it ends with a line feed."""
    parts = [f"# {as_markdown.escape(value.headline)}"]
    for step in value.steps:
        about = "; ".join(w for w in (step.words, step.remark) if w)
        parts += [f"## {as_markdown.escape(_address(step))} {as_markdown.escape(_equation(step))}"]
        parts += [as_markdown.escape(about), _aligned(step.lines)]
        parts += [_rows(step.outcome)] if step.outcome is not None else []
        parts += [as_markdown.escape(note) for note in step.notes]
    if value.whole is not None:
        parts += ["## All steps in one", as_markdown.escape(value.whole_words.capitalize()), _rows(value.whole)]
    return "\n\n".join([*parts, as_markdown.escape(LEGEND)]) + "\n"


def _aligned(lines: tuple[Line, ...]) -> str:
    rows = [
        rf"{line.left.latex} &= {line.right.latex}" + (rf" && \text{{{_latex(line.remark)}}}" if line.remark else "")
        for line in lines
    ]
    return "```math\n\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}\n```"


def _latex(words: str) -> str:
    r"""Return words for LaTeX's \text: special characters are escaped or replaced by a space."""
    return "".join(f"\\{c}" if c in "_#%&$" else " " if c in "\\{}~^" else c for c in words)


def _rows(outcome: Outcome) -> str:
    rows = [f"| {as_markdown.escape(name)} | {as_markdown.escape(entry)} |" for name, entry in _entries(outcome)]
    return "\n".join(["| | |", "| --- | --- |", *rows])


STYLE = """
.explanation .formulas { border-collapse: collapse; margin: .5rem 0; font-family: Cambria, "STIX Two Text", serif; }
.explanation .formulas td { padding: .15rem .3rem; vertical-align: top; }
.explanation .formulas td:first-child { text-align: right; }
.explanation .remark { opacity: .8; font-size: .85em; }
.explanation dl { display: grid; grid-template-columns: max-content auto; gap: .1rem 1rem; }
.explanation dd { margin: 0; grid-column: 2; font-variant-numeric: tabular-nums; }
.explanation sup, .explanation sub { line-height: 0; }
"""


def fragment(value: Explanation, level: int = 2) -> str:
    """Return a <section> for a page that has STYLE; its headings begin at `level`. Every text is escaped."""
    parts = [f'<section class="explanation"><h{level}>{escape(value.headline)}</h{level}>']
    for step in value.steps:
        about = "; ".join(w for w in (step.words, step.remark) if w)
        parts.append(f"<h{level + 1}>{escape(_address(step))} {escape(_equation(step))}</h{level + 1}>")
        parts.append(f"<p>{escape(about)}</p>{_formulas(step.lines)}")
        parts.append(_list(step.outcome) if step.outcome is not None else "")
        parts += [f"<p>{escape(note)}</p>" for note in step.notes]
    if value.whole is not None:
        parts.append(f"<h{level + 1}>All steps in one</h{level + 1}><p>{escape(value.whole_words.capitalize())}</p>")
        parts.append(_list(value.whole))
    return "\n".join([*parts, f"<p>{escape(LEGEND)}</p></section>"])


def _formulas(lines: tuple[Line, ...]) -> str:
    """Return the formulas as a table: left side, equals sign, right side with its remark."""
    rows = "\n".join(
        f"<tr><td>{line.left.html}</td><td>=</td><td>{line.right.html}"
        + (f' <span class="remark">{escape(line.remark)}</span>' if line.remark else "")
        + "</td></tr>"
        for line in lines
    )
    return f'<table class="formulas" role="presentation"><tbody>{rows}</tbody></table>'


def _list(outcome: Outcome) -> str:
    rows = ((f"<dt>{escape(name)}</dt>" if name else "", entry) for name, entry in _entries(outcome))
    return "<dl>" + "".join(f"{term}<dd>{escape(entry)}</dd>" for term, entry in rows) + "</dl>"


def page(value: Explanation) -> str:
    """Return the explanation as one HTML page, which has no script and fetches nothing."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(value.headline)}</title>\n<style>\n"
        ":root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }\n"
        "body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }\n"
        f"h1 {{ font-size: 1.4rem; }} h2 {{ font-size: 1.1rem; }}{STYLE}</style></head><body><main>\n"
        f"{fragment(value, 1)}\n</main></body></html>\n"
    )
