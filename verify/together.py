"""What is elementwise over all parameters, in one pass: each number is read once, for all rules that read it.

The tensors of all parameters lie in one line of memory, dW1, dB1, dW2 … (`lockstep.Lines`), and a rule is the same
for each: m, v, update, P_new, and that P, m and v are what the step before left. The pass is only for numbers none
of which is subnormal, and says so if one is.

An element passes or not as in its rule's own loop. The division error/allowed is done only in blocks where some
error exceeds the largest ratio so far times what is allowed: in others no ratio can be larger.

A block is cut out of each line and counted from 0. A place counted from elsewhere could be negative for all that the
compiler knows, and it would then gather every number by itself instead of reading eight at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.network import Network
from reference.rules import Rule
from verify.loops import Body, compiled
from verify.precision import Precision

BLOCK = 1024  # numbers of a line at a time: those of a dozen lines stay in the nearest cache
SHY = 1 - 2.0**-50  # more than the two roundings in (largest · allowed) can undo
PARAMETER = re.compile(r"[WB]\d+")

RATIO = """def compiled(most, found, {names}):
    largest = np.float64(most).view(np.int64)
    if True:
        for j in range(found.size):
{body}            value, allowed, tensorflow = {value}, {radius}, np.float64(found[j])
            error = abs(tensorflow - value)
            ratio = 0.0 if error == 0 else error / allowed
            largest = max(largest, np.float64(ratio).view(np.int64))
    bits = np.int64(largest)
    return bits.view(np.float64)
"""
PASS = """def compiled(starts, largest, magnitude, one, normal, {arguments}):
    bad = 0
{scalars}
    for s in range(starts.size - 1):
{begin}
        for first in range(starts[s], starts[s + 1], {block}):
            last = min(first + {block}, starts[s + 1])
{parts}
{subnormal}
{limits}
            for j in range(last - first):
{inside}
{ratios}
{end}
    return bad
"""
OUTSIDE = "bad += not (e{k} <= a{k} and a{k} < np.inf)"
BEYOND = "beyond{k} += e{k} > limit{k} * a{k}"
CHANGED = "bad += not ({now} == {before})"
SUBNORMAL = """least = magnitude
for j in range(last - first):
    least = min(least, np.{kind}(({bits}[j] & magnitude) - one))
bad += np.int64(least < normal - one)"""


def family(name: str) -> str:
    """dP for dW1, dB1, …; other names stay as they are."""
    return PARAMETER.sub("P", name)


def families(plan: tuple[Rule, ...], network: Network, jit: bool) -> list[list[Rule]]:
    """Rules that are one rule for every parameter of the network. Those that XLA may fuse stand alone."""
    members: dict[tuple[Any, ...], list[Rule]] = {}
    for rule in plan:
        if PARAMETER.search(rule.tensor) and not (jit and rule.fusable):
            words = tuple(sorted(getattr(rule.compute, "keywords", {}).items()))
            function = getattr(rule.compute, "func", rule.compute)
            key = (family(rule.tensor), tuple(map(family, rule.inputs)), function, words)
            members.setdefault(key, []).append(rule)
    everything = set(network.parameters())
    return [rules for rules in members.values() if {PARAMETER.findall(r.tensor)[0] for r in rules} == everything]


@dataclass(frozen=True)
class Part:
    """A rule of the pass: the line that it judges, and for each number that it reads the line or scalar it is of."""

    found: str
    reads: tuple[str, ...]
    body: Body


def one_pass(
    parts: list[Part], carried: list[tuple[str, str]], checked: Iterable[str], scalars: Iterable[str],
    precision: Precision,
) -> tuple[Callable[..., int], tuple[str, ...]]:  # fmt: skip
    """The compiled pass, and the lines whose floats it takes before the bits of those `checked` for subnormals.

    `carried`: pairs of lines that must be equal. `run(starts, largest [rules, parameters], …)` is 0 where all pass.
    """
    lines = tuple(dict.fromkeys(n for p in parts for n in (p.found, *p.reads) if n not in set(scalars)))
    lines += tuple(dict.fromkeys(n for pair in carried for n in pair if n not in lines))
    at = {name: f"x{i}" for i, name in enumerate(lines)} | {name: f"y{i}" for i, name in enumerate(scalars)}
    part = {name: f"x{i}p" for i, name in enumerate(lines)} | {name: f"y{i}" for i, name in enumerate(scalars)}
    bits = {name: f"b{i}" for i, name in enumerate(checked)}
    scalar = {name: f"s{i}" for i, name in enumerate(scalars)}
    inside = [f"c{i} = np.float64(x{i}p[j])" for i in range(len(lines))]
    value = {name: f"c{i}" for i, name in enumerate(lines)} | scalar
    inside += [CHANGED.format(now=value[now], before=value[before]) for before, now in carried]
    for k, p in enumerate(parts):
        inside += _judged(k, p, value)
    each = range(len(parts))
    source = PASS.format(
        arguments=", ".join((*(at[n] for n in lines), *bits.values(), *(at[n] for n in scalars))), block=BLOCK,
        scalars=_lines(4, [f"{scalar[n]} = np.float64({at[n]}[0, 0])" for n in scalar] or ["pass"]),
        begin=_lines(8, [f"most{k}, asked{k} = 0.0, np.int64(0)" for k in each] or ["pass"]),
        parts=_lines(12, [f"{x}p = {x}[0, first:last]" for x in (*(at[n] for n in lines), *bits.values())] or ["pass"]),
        subnormal=_lines(12, [SUBNORMAL.format(kind=_bits(precision).__name__, bits=f"{b}p") for b in bits.values()]),
        limits=_lines(12, [f"limit{k}, beyond{k} = most{k} * {SHY!r}, 0" for k in each] or ["pass"]),
        inside=_lines(16, inside),
        ratios=_lines(12, [_ratio(k, p, part) for k, p in enumerate(parts)] or ["pass"]),
        end=_lines(8, [f"largest[{k}, s] = most{k}\nbad += asked{k} != {p.body.questions}" for k, p in enumerate(parts)]
                   or ["pass"]),
    )  # fmt: skip
    places = [tuple("j" if name in lines else "0, 0" for name in p.reads) for p in parts]
    ratios = tuple((f"ratio{k}", compiled(p.body.source(RATIO, places[k]))) for k, p in enumerate(parts))
    return compiled(source, ratios), lines


def constants(precision: Precision) -> tuple[Any, Any, Any]:
    """As whole numbers: all bits but the sign, one, and the smallest normal number."""
    kind = _bits(precision)
    normal = np.asarray(precision.tiny, precision.name).view(kind)
    return kind(np.iinfo(kind).max >> 1), kind(1), kind(normal)


def _bits(precision: Precision) -> Any:
    return np.dtype(f"u{np.dtype(precision.name).itemsize}").type


def _judged(k: int, part: Part, value: dict[str, str]) -> list[str]:
    def mine(text: str) -> str:
        return re.sub(r"\bv(\d+)\b", rf"p{k}v\1", text)

    lines = [f"p{k}v{i} = {value[name]}" for i, name in enumerate(part.reads)]
    lines += [mine(line) for line in part.body.lines]
    lines += [f"e{k}, a{k} = abs({value[part.found]} - {mine(part.body.value)}), {mine(part.body.radius)}"]
    lines += [OUTSIDE.format(k=k), BEYOND.format(k=k)]
    return lines + [f"asked{k} |= np.int64({mine(name)} != 0) << {bit}" for bit, name in enumerate(part.body.asked)]


def _ratio(k: int, part: Part, at: dict[str, str]) -> str:
    arguments = ", ".join(at[name] for name in (part.found, *part.reads))
    return f"if beyond{k}:\n    most{k} = ratio{k}(most{k}, {arguments})"


def _lines(indent: int, texts: list[str]) -> str:
    return "\n".join(" " * indent + line for text in texts for line in text.split("\n"))
