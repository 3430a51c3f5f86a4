"""In place of the cross-entropy of whole-number labels and of its slope."""

from __future__ import annotations

from reference.rule import Rule
from verify.compare.variants.loss import of_any, of_crossentropy, of_reduction
from verify.compare.variants.shared import Found


def variants(rule: Rule) -> Found:
    yield from of_any(rule)
    yield from of_reduction(rule)
    yield from of_crossentropy(rule)
