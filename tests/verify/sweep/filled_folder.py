"""Folders of sweeps whose cases are done, for the tests of this room."""

from verify.sweep import parquet_store as store
from verify.sweep.aggregation import summarise
from verify.sweep.plan import StoredPlan


def filled(folder, plan, results, at_once=4):
    """Write these case results into a folder, some in each file; return its sweep."""
    stored = StoredPlan(plan, {"images": "none"})
    writer = store.Store(folder, stored)
    for number, result in enumerate(results, 1):
        writer.add(result)
        if number % at_once == 0:
            writer.flush()
    writer.flush()
    writer.close()
    return stored


def summary_of(folder, plan, results, at_once=4):
    return summarise(folder, filled(folder, plan, results, at_once))
