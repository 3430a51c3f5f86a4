"""The recorded verdicts.  If a verdict differs, then TensorFlow, the figures or this project has changed.

expected.txt has a line for each form of each equation, "equation | section | form | tensor | verdict", and one
for each printed number that is not consistent, "place | symbol[index] | verdict".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from verify.errors import Unusable
from verify.printed import consistency, equation_verdicts
from verify.printed.consistency import FigureVerdict
from verify.printed.equation_verdicts import EquationVerdict
from verify.printed.figures import Printed, lines

EXPECTED = Path(__file__).with_name("expected.txt")
Recorded = dict[tuple[str, ...], str]


def read(path: Path, equation_keys: Iterable[tuple[str, ...]], printed: Sequence[Printed]) -> Recorded:
    """Return the recorded verdicts.

    Raises Unusable, naming the file and the line, if an entry is malformed, unknown, repeated or missing.
    """
    keys: dict[int, set[tuple[str, ...]]] = {4: set(equation_keys), 2: {figure_key(p) for p in printed}}
    names: dict[int, tuple[str, tuple[str, ...]]] = {
        4: ("equation", equation_verdicts.VERDICTS),
        2: ("printed number", consistency.VERDICTS),
    }
    recorded: Recorded = {}
    for number, text in enumerate(lines(path), 1):
        if not text:
            continue
        *key, verdict = (part.strip() for part in text.split("|"))
        where = f"{path}, line {number}"
        if len(key) not in keys:
            raise Unusable(f"{where}: {text[:60]!r} has {len(key) + 1} fields, where 5 (an equation) or 3 are needed")
        kind, verdicts = names[len(key)]
        if tuple(key) not in keys[len(key)]:
            raise Unusable(f"{where}: unknown {kind} {' | '.join(key)[:80]!r}")
        if verdict not in verdicts:
            raise Unusable(f"{where}: verdict {verdict[:40]!r} is not one of {', '.join(verdicts)}")
        if tuple(key) in recorded:
            raise Unusable(f"{where}: {' | '.join(key)} is there twice")
        recorded[tuple(key)] = verdict
    missing = sorted(keys[4] - set(recorded))
    if missing:
        raise Unusable(f"{path}: it has no verdict for {' | '.join(missing[0])} ({len(missing)} in all)")
    return recorded


def figure_key(p: Printed) -> tuple[str, str]:
    """Return the place and name of a printed number, under which its verdict is recorded."""
    return (p.place, p.name)


def differences(
    recorded: Recorded, found: Sequence[EquationVerdict], figures: Sequence[FigureVerdict]
) -> tuple[str, ...]:
    """Return a sentence for each verdict that differs from the recorded one."""
    texts = []
    for v in found:
        if v.verdict != recorded[v.key]:
            name = f"({v.claim.equation}) of {v.claim.section}, {v.claim.form}, {v.claim.tensor}"
            texts.append(f"{name}: {v.verdict}, on record {recorded[v.key]}")
    for f in figures:
        on_record = recorded.get(figure_key(f.printed), "consistent")
        if f.verdict != on_record:
            texts.append(f"{f.printed}: {f.verdict}, on record {on_record}")
    return tuple(texts)
