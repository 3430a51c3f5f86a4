"""The tables of the updates: a layer that the computation by hand does not reach has none."""

from tests.support.simulate import simulate
from verify.compare.walk import compare
from verify.essay.tables import update_columns, update_tables


def test_a_chain_that_ends_early_leaves_a_table_out():
    trace = simulate(steps=1)
    compared = compare(trace, "backprop")
    by_hand = dict(compared.by_hand[-1])
    assert len(list(update_tables(trace, by_hand, compared.comparisons))) == 3
    del by_hand["dW2"]
    titles = [table.title for table in update_tables(trace, by_hand, compared.comparisons)]
    assert len(titles) == 2 and not any("W(2)" in title for title in titles)
    assert len(list(update_columns(trace, by_hand, full=False))) == 2
