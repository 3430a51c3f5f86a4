"""A saved trace for the tests of the commands."""

import pytest

from tests.support.simulate import simulate
from verify.records import trace_file


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(simulate()))
    return path
