"""Products of matrices without the zeros: the same sums in another order, and never blind to NaN."""

import numpy as np
import pytest

from reference.network import Network
from tests.simulate import altered, simulate
from tests.verify.test_lockstep import judged_in_slots, local
from verify import products as module
from verify.products import products
from verify.trace import Trace


def matrices(zeros=0.8, rows=70, inner=66, columns=37, dtype="float32"):
    rng = np.random.default_rng(0)
    a = rng.normal(size=(rows, inner)) * (rng.random((rows, inner)) >= zeros)
    return a.astype(dtype), rng.normal(size=(inner, columns)).astype(dtype)


def plain(a, b):
    a, b = a.astype("float64"), b.astype("float64")
    return a @ b, abs(a) @ abs(b), np.count_nonzero(a, axis=1), np.count_nonzero(b, axis=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("zeros", [0, 0.3, 0.6, 0.8, 0.99, 1])
def test_the_same_sums(zeros, dtype, monkeypatch):
    a, b = matrices(zeros, dtype=dtype)
    b[:, 3] = 0
    for left in (a, a.T.copy().T):
        found, expected = products(left, b), plain(left, b)
        bound = 2 * a.shape[1] * 2.0**-53 * expected[1]
        assert np.all(abs(found[0] - expected[0]) <= bound) and np.all(abs(found[1] - expected[1]) <= bound)
        assert np.array_equal(found[2], expected[2]) and np.array_equal(found[3], expected[3])


def test_zeros_are_skipped_only_where_most_are():
    assert module._skipping(*matrices(0.8)) is not None
    assert module._skipping(*matrices(0.2)) is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_zero_does_not_undo(value):
    """0 times infinity is NaN: no zero may be skipped before it."""
    a, b = matrices()
    a[:, 5] = 0
    b[5, 2] = value
    with np.errstate(invalid="ignore"):
        found = products(a, b)
    assert np.isnan(found[0][:, 2]).all() and np.isnan(found[1][:, 2]).all()
    a, b = matrices()
    a[4, 7] = value
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(products(a, b)[0][4]).any()


def test_empty_and_small_ones():
    for rows, inner, columns in ((0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (5000, 1, 1), (1, 5000, 2)):
        a, b = matrices(0.8, rows, inner, columns)
        for found, expected in zip(products(a, b), plain(a, b), strict=True):
            assert np.allclose(found, expected, atol=1e-12)


def sparse_trace():
    """Images as they are, most of them 0, large enough for zeros to be skipped."""
    network = Network((80, 8, 7, 6), ("relu", "relu", "softmax"))
    trace = simulate(network, batch=64, steps=2, change=None)
    assert trace.step(1)["X"].size >= module.SMALL
    return trace


def test_verdicts_are_those_of_the_comparison(monkeypatch):
    monkeypatch.setattr(module, "SHARE", 2.0)  # skip whatever there is
    used = []
    skipping = module._skipping
    monkeypatch.setattr(module, "_skipping", lambda a, b: used.append(a.shape) or skipping(a, b))
    trace = sparse_trace()
    rows = local(trace)
    found = judged_in_slots(trace)
    assert (64, 80) in used and (80, 64) in used and not any(j.failed for j in found)
    for name, share in found[1].utilisation.items():
        assert share == pytest.approx(rows[(2, name)].utilisation, rel=1e-6), name
    for name in ("Z1", "dW1"):
        row, array = rows[(2, name)], trace.step(2)[name].copy()
        array[row.worst_index] = row.by_hand + 1.01 * row.allowed
        bad: Trace = altered(trace, f"step2/{name}", array)
        assert name in {c.tensor for c in judged_in_slots(bad)[1].failed}
