"""Trainings that several test files read: a finished one and an unfinished one."""

import pytest

from tests.verify.training.short_trainings import interrupted, train


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """An uninterrupted training."""
    return train(tmp_path_factory.mktemp("whole") / "t")


@pytest.fixture(scope="session")
def unfinished(tmp_path_factory):
    """A training that stopped with a checkpoint."""
    return interrupted(tmp_path_factory.mktemp("unfinished"))
