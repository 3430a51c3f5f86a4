"""Sums over the places of a table's rows.

The gradient of an embedding's table comes as rows: dZ [N, ..., n] with their numbers X [N, ...]. Keras computes a term
for each of these rows, of the gradient and of what an optimizer keeps of the row with this number, and then adds up the
terms of a row. A row that is used several times has several terms.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from reference.clipping import Clip, kept
from reference.operations import added_rows, chosen_rows

Term = Callable[..., Any]


def summed(X: Any, dZ: Any, *read: Any, term: Term, rows: int, clip: Clip = kept) -> Any:
    """Σ of the term over the places of each row.  X, dZ, what the term reads -> [V, n], V = `rows`.  Keras"""
    return added_rows(0, _terms(X, dZ, *read, term=term, clip=clip), X, np.arange(rows))


def subtracted(P: Any, X: Any, dZ: Any, *read: Any, term: Term, rows: int, clip: Clip = kept) -> Any:
    """P less the term at each place of a row, in any order.  P [V, n], X, dZ, what the term reads -> [V, n].  Keras"""
    return added_rows(P, -_terms(X, dZ, *read, term=term, clip=clip), X, np.arange(rows))


def moment(before: Any, X: Any, dZ: Any, *read: Any, keep: float, term: Term, rows: int, clip: Clip = kept) -> Any:
    """`keep` times what was before, plus Σ of the term.  before [V, n], X, dZ -> [V, n], V = `rows`.  Keras"""
    return before * keep + summed(X, dZ, *read, term=term, rows=rows, clip=clip)


def moment_from_before(
    before: Any, X: Any, dZ: Any, *read: Any, keep: float, term: Term, rows: int, clip: Clip = kept
) -> Any:
    """Moment of single rows, each sum begun at `keep` times what was before, as XLA adds up.  -> [V, n].  Keras"""
    return added_rows(before * keep, _terms(X, dZ, *read, term=term, clip=clip), X, np.arange(rows))


def _terms(X: Any, dZ: Any, *read: Any, term: Term, clip: Clip) -> Any:
    """Return the term at each place: of a table it reads the row of the place, a single number as it is."""
    return term(clip(dZ), *(chosen_rows(T, X) if np.ndim(T) else T for T in read))
