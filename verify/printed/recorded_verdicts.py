"""The recorded verdicts.  If a verdict differs, then TensorFlow, the figures or this project has changed.

expected.txt has a line for each form of each equation, "equation | section | form | tensor | verdict", and one
for each printed number that is not consistent, "place | symbol[index] | verdict".
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from verify.errors import Unusable
from verify.printed import consistency, equation_verdicts
from verify.printed.consistency import FigureVerdict
from verify.printed.equation_verdicts import EquationVerdict
from verify.printed.figures import Printed, lines

EXPECTED = Path(__file__).with_name("expected.txt")
Recorded = dict[tuple[str, ...], str]


def read(path: Path, equation_keys: Iterable[tuple[str, ...]], printed: Iterable[Printed]) -> Recorded:
    """Return the recorded verdicts.

    Raises Unusable, naming the file and the line, if an entry is malformed, unknown, repeated or missing.
    """
    equations: set[tuple[str, ...]] = set(equation_keys)
    numbers: set[tuple[str, ...]] = {figure_key(p) for p in printed}
    recorded: Recorded = {}
    for where, text in lines(path):
        *fields, verdict = (part.strip() for part in text.split("|"))
        key = tuple(fields)
        if len(key) == 4:
            kind, keys, verdicts = "equation", equations, equation_verdicts.VERDICTS
        elif len(key) == 2:
            kind, keys, verdicts = "printed number", numbers, consistency.VERDICTS
        else:
            raise Unusable(f"{where}: {text[:60]!r} has {len(key) + 1} fields, where 5 (an equation) or 3 are needed")
        if key not in keys:
            raise Unusable(f"{where}: unknown {kind} {' | '.join(key)[:80]!r}")
        if verdict not in verdicts:
            raise Unusable(f"{where}: verdict {verdict[:40]!r} is not one of {', '.join(verdicts)}")
        if key in recorded:
            raise Unusable(f"{where}: {' | '.join(key)} appears twice")
        recorded[key] = verdict
    if missing := sorted(equations - set(recorded)):
        raise Unusable(f"{path}: no verdict for {' | '.join(missing[0])} ({len(missing)} missing)")
    return recorded


def figure_key(p: Printed) -> tuple[str, str]:
    """Return the place and name of a printed number, under which its verdict is recorded."""
    return (p.place, p.name)


def differences(
    recorded: Recorded, equations: Sequence[EquationVerdict], figures: Sequence[FigureVerdict]
) -> tuple[str, ...]:
    """Return a sentence for each verdict that differs from the recorded one."""
    verdicts = [("({}) of {}, {}, {}".format(*v.claim.key), v.verdict, recorded[v.claim.key]) for v in equations]
    verdicts += [(str(v.printed), v.verdict, recorded.get(figure_key(v.printed), "consistent")) for v in figures]
    return tuple(f"{name}: {now}, recorded as {before}" for name, now, before in verdicts if now != before)
