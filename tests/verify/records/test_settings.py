"""Optimizers by name and by description."""

import pytest

from reference.optimizers.adam import Adam
from reference.optimizers.sgd import SGD
from verify.records.settings import OPTIMIZERS


def test_a_described_optimizer_is_no_new_choice():
    before = list(OPTIMIZERS)
    optimizer = OPTIMIZERS["sgd(momentum=0.9, nesterov=True)"]
    assert optimizer == SGD(momentum=0.9, nesterov=True) and OPTIMIZERS["sgd(momentum=0.9, nesterov=True)"] is optimizer
    assert isinstance(OPTIMIZERS["adam(amsgrad=True)"], Adam)
    assert list(OPTIMIZERS) == before == ["adam", "sgd"]


@pytest.mark.parametrize("text", ["exponential_decay(initial_learning_rate=0.1, decay_steps=3.0, decay_rate=0.9)", "1"])
def test_what_is_no_optimizer_is_named_beside_the_choices(text):
    with pytest.raises(ValueError, match="is not one of adadelta, adafactor, adagrad, adam"):
        OPTIMIZERS[text]
