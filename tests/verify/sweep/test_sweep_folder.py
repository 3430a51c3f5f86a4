"""The files of a sweep's folder: they are whole, and damage is named."""

from pathlib import Path

import pandas
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.support.sweep_stand_in import finding, plan
from tests.verify.sweep.filled_folder import filled
from verify.errors import Unusable
from verify.sweep import parquet_store as store
from verify.sweep.plan import StoredPlan, stored_plan

WIDE = {"dtypes": ("float32", "float64"), "jits": (False, True), "batches": (1, 32)}


def test_rows_come_back_as_they_were(tmp_path):
    the_plan = plan(6, **WIDE)
    filled(tmp_path, the_plan, [finding(number) for number in range(len(the_plan))])
    tables = [store.read(tmp_path, path, the_plan) for path in store.parts(tmp_path / "cases")]
    rows = pa.concat_tables(tables).to_pylist()
    assert sorted(row["case"] for row in rows) == list(range(48))
    for row in rows:
        whole = finding(row["case"])
        assert row["utilisation"] == whole.rows["utilisation"][0] and row["max_ulp"] == whole.rows["max_ulp"][0]
        assert row["seed"] == the_plan.case(row["case"]).settings.seed and row["tensor"] == "Z1"


def test_anyone_can_read_the_data_set(tmp_path):
    filled(tmp_path, plan(6, **WIDE), [finding(number) for number in range(48)])
    frame = pandas.read_parquet(tmp_path / "cases")
    assert len(frame) == 48 and set(frame["dtype"]) == {"float32", "float64"} and set(frame["batch"]) == {1, 32}


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    writer = store.Store(tmp_path, StoredPlan(plan(3), {}))

    def fails(handle):
        raise OSError(28, "No space left on device")

    writer.add(finding(0))
    monkeypatch.setattr(store.os, "fsync", fails)
    with pytest.raises(Unusable, match=r"cannot be written \(No space left on device\)"):
        writer.flush()
    assert not [p for p in (tmp_path / "cases").rglob("*") if p.is_file()]


def test_what_a_killed_writer_left_is_not_counted(tmp_path):
    the_plan = plan(3)
    filled(tmp_path, the_plan, [finding(0)])
    (part,) = store.parts(tmp_path / "cases")
    (part.parent / f".{part.name}").write_bytes(b"PAR1 half of it")
    writer = store.Store(tmp_path, StoredPlan(the_plan, {}))
    assert writer.done == {0} and not list(part.parent.glob(".part*"))
    writer.add(finding(1))
    writer.flush()
    assert len(store.parts(tmp_path / "cases")) == 2
    with pytest.raises(ValueError, match="already"):
        writer.add(finding(1))


def test_two_sweeps_cannot_write_into_one_folder(tmp_path):
    first = store.Store(tmp_path, StoredPlan(plan(3), {}))
    first.add(finding(0))
    with pytest.raises(Unusable, match="another sweep is writing"):
        store.Store(tmp_path, StoredPlan(plan(3), {}))
    first.flush()
    first.close()
    second = store.Store(tmp_path, StoredPlan(plan(3), {}))
    second.close()
    assert second.done == {0} and stored_plan(tmp_path)


def test_nothing_is_left_of_a_sweep_that_never_began(tmp_path):
    store.Store(tmp_path / "a", StoredPlan(plan(3), {})).close()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine.txt").write_text("")
    store.Store(tmp_path / "b", StoredPlan(plan(3), {})).close()
    assert [p.relative_to(tmp_path).as_posix() for p in sorted(tmp_path.rglob("*"))] == ["b", "b/mine.txt"]


def truncated(part):
    part.write_bytes(part.read_bytes()[:-9])


def altered(part):
    """A bit in the middle of the figures."""
    content = bytearray(part.read_bytes())
    content[len(content) // 4] ^= 4
    part.write_bytes(content)


def rewritten(part, table):
    """Replace the table of a part and give the part the file name that belongs to its new content."""
    parquet.write_table(table, part)
    part.rename(part.parent / store.file_name(0, part.read_bytes()))


def foreign(part):
    rewritten(part, pa.table({"a": [1]}))


def no_parquet(part):
    part.unlink()
    (part.parent / store.file_name(0, b"nothing")).write_bytes(b"nothing")


def doubled(part):
    (part.parent / store.file_name(99, part.read_bytes())).write_bytes(part.read_bytes())


def moved(part):
    target = Path(str(part).replace("float32", "float64"))
    target.parent.mkdir(parents=True)
    part.rename(target)


def renumbered(part):
    table = parquet.read_table(part, partitioning=None)
    rewritten(part, table.set_column(0, "case", pa.array([77] * len(table))))


def of_another_status(part):
    table = parquet.read_table(part, partitioning=None)
    rewritten(part, table.set_column(3, "status", pa.array(["fine"] * len(table))))


DAMAGE = {
    truncated: "damaged", altered: "damaged", no_parquet: "damaged", of_another_status: "status that no",
    foreign: "other columns", doubled: "a second time", moved: "another kind", renumbered: "not of this sweep",
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_data_set_is_named_and_refused(damage, tmp_path):
    the_plan = plan(8, dtypes=("float32", "float64"))
    filled(tmp_path, the_plan, [finding(n) for n in range(8)], at_once=100)
    (part,) = store.parts(tmp_path / "cases")
    damage(part)
    with pytest.raises(Unusable, match=DAMAGE[damage]) as refused:
        store.Store(tmp_path, StoredPlan(the_plan, {}))
    assert "part-" in str(refused.value) and str(tmp_path) in str(refused.value)
