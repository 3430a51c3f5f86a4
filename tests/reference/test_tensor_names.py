"""Every name of a training step can be taken apart and made again; nothing else is taken for one."""

import re
from pathlib import Path

import numpy as np
import pytest

from reference import tensor_names
from reference import tensor_names as names
from reference.rules import given_names, rules, start
from reference.tensor_names import TensorName, carried, left_by, read, split_step
from tests.support.simulate import SMALL, altered, simulate
from verify.compare.walk import compare
from verify.records.settings import OPTIMIZERS

PARTS = {
    "X": TensorName("X"), "y": TensorName("y"), "C": TensorName("C"), "t": TensorName("t"),
    "alpha": TensorName("alpha"), "W1": TensorName("W", 1), "D0": TensorName("D", 0), "B12": TensorName("B", 12),
    "gamma_3": TensorName("gamma", 3), "dW1": TensorName("W", 1, "d"), "dD0": TensorName("D", 0, "d"),
    "dmean_2": TensorName("mean", 2, "d"), "m_W1": TensorName("W", 1, "m"), "m_gamma_3": TensorName("gamma", 3, "m"),
    "v_B2_before": TensorName("B", 2, "v", "before"), "clipped_W1": TensorName("W", 1, "clipped"),
    "update_B3": TensorName("B", 3, "update"), "W1_decayed": TensorName("W", 1, "", "decayed"),
    "W1_new": TensorName("W", 1, "", "new"), "W1@": TensorName("W", 1, "", "", "@"),
    "iterate0_W1": TensorName("W", 1, "iterate0"), "iterate12_W3": TensorName("W", 3, "iterate12"),
    "r_W1_before": TensorName("W", 1, "r", "before"), "c_W2@": TensorName("W", 2, "c", "", "@"),
    "vmax_W1@": TensorName("W", 1, "vmax", "", "@"), "Z2~": TensorName("Z", 2, "", "", "~"),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_a_name_is_taken_apart(name):
    assert read(name) == PARTS[name]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "1",
        "W1 ",
        "W1_",
        "W1_old",
        "_W1",
        "W-1",
        "step1/W1",
        "W1@@",
        "é1",
        "W01",
        "W_1",
        "gamma1x",
        "W1\n",
        "W" + "1" * 5000,
        "Z\u0661",
    ],
)
def test_other_texts_are_refused(name):
    with pytest.raises(ValueError, match="is not the name of a tensor"):
        read(name)
    assert carried(name) is None


@pytest.mark.parametrize("optimizer", ["adam(amsgrad=True, weight_decay=0.1, clipnorm=1.0)", "sgd(momentum=0.9)"])
def test_every_name_of_a_step_is_read_and_made_again(optimizer):
    plan = start(SMALL, OPTIMIZERS[optimizer], False) + rules(SMALL, "mean_squared_error", OPTIMIZERS[optimizer])
    makers = {"d": tensor_names.gradient, "clipped": tensor_names.clipped, "update": tensor_names.update}
    endings = {"before": tensor_names.before, "decayed": tensor_names.decayed, "new": tensor_names.new}
    for name in {*given_names(SMALL), *(n for rule in plan for n in (rule.tensor, *rule.inputs))}:
        parts = read(name)
        made = parts.base
        if parts.role:
            made = makers[parts.role](made) if parts.role in makers else tensor_names.kept(parts.role, made)
        made = endings[parts.state](made) if parts.state else made
        assert made + parts.when == name


def test_what_a_step_leaves_is_found_again():
    for tensor, name in {"W1_new": "W1@", "m_B2": "m_B2@", "vmax_W3": "vmax_W3@", "gamma_1_new": "gamma_1@"}.items():
        assert carried(tensor) == name and left_by(name) == tensor
    for tensor in ("W1", "dW1", "update_W1", "clipped_W1", "m_W1_before", "W1_decayed", "W1@", "m_W1~", "alpha",
                   "dW1_new", "m_W1_new", "W01_new", "W_1_new", "update_W1_new"):  # fmt: skip
        assert carried(tensor) is None


def test_the_step_of_a_name():
    assert split_step(tensor_names.in_step(12, "dW1")) == (12, "dW1")
    for name in (
        "W1",
        "step/W1",
        "step0/W1",
        "step01/W1",
        "step-1/W1",
        "Step1/W1",
        "step1",
        "step\u0661/W1",
        f"step{'1' * 5000}/W1",
    ):
        assert split_step(name) == (0, name)


@pytest.mark.parametrize("name", ["W01_new", "W_1_new", "dW1_new", "W1@"])
def test_a_stray_tensor_does_not_take_the_place_of_another(name):
    """The second step begins with what W1_new holds, whatever else the first step holds."""
    trace = altered(simulate(), f"step1/{name}", np.zeros(SMALL.shape("W1"), "float32"))
    assert {(c.step, c.tensor, c.verdict) for c in compare(trace, "backprop").comparisons if not c.passed} == {
        (1, name, "extra")
    }


def test_questions_of_any_text():
    assert names.is_state("m_W1_before", "before") and names.is_state("W1_new", "new")
    assert names.has_role("dW1", "d") and names.has_role("update_B2", names.UPDATE) and not names.has_role("W1", "d")
    assert names.is_of("m_W1", "W") and not names.is_of("B1", "W")
    assert [names.base_of(text) for text in ("W1_new", "dW1", "m_W1@", "no name!")] == ["W1", "W1", "W1", "no name!"]
    for ask in (names.is_state, names.has_role, names.is_of):
        assert not ask("no name!", "new")


TAKEN_APART = re.compile(
    r"""["'](_new|_before|_decayed|update_|clipped_|m_|v_|vmax_)["']|f["'](step\{\w+\}/|(update_|clipped_|[mv]_)\{)"""
    r"""|\{\w+\}(_new|_before|_decayed|[@~])["']"""
)


def strays(source):
    """Places in a text that make a name or take one apart by themselves."""
    return [line for line in source.splitlines() if TAKEN_APART.search(line)]


def test_names_are_made_and_read_in_one_module():
    root = Path(__file__).parents[2]
    for folder in ("reference", "verify"):
        for path in (root / folder).rglob("*.py"):
            if path.name != "tensor_names.py":
                assert not strays(path.read_text()), path


def test_the_probe_for_names_can_fail():
    for line in ('x = f"{P}_new"', 'x.endswith("_before")', 'f"m_{P}"', 'f"step{n}/{name}"', 'f"{name}@"'):
        assert strays(line), line
    assert not strays("x = names.new(P)  # W1_new")


def test_the_way_to_an_update_is_not_kept_from_step_to_step():
    assert not read("iterate3_W1").is_kept and carried("iterate3_W1") is None and read("r_W1").is_kept


@pytest.mark.parametrize(("name", "shape", "expected"), [
    ("r_W1", (3, 4), (1, 3)), ("c_W1", (3, 4), (1, 4)), ("c_W1_before", (2, 3, 4), (2, 4)), ("r_W1", (2, 3, 4), (2, 3)),
    ("v_W1", (3, 4), (3, 4)), ("penalty_W1", (3, 4), ()), ("iterate2_W1", (3, 4), (3, 4)),
])  # fmt: skip
def test_the_shape_of_what_belongs_to_a_matrix(name, shape, expected):
    assert names.shape_in_role(name, shape) == expected
