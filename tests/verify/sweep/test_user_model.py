"""Cases of a sweep over a model of the user's own."""

import pytest

from tests.support.small_models import single_precision as single_precision
from verify.errors import Unsupported, Unusable
from verify.sweep.plan import ANY, Plan
from verify.sweep.user_model import capture_case
from verify.sweep.worker import judge


def plan(model, **other):
    chosen = {"end_seed": 2, "digits": (ANY,), "places": (0,), "batches": (4,), "jits": (False, True), **other}
    return Plan(model=f"tests.support.own_networks:{model}", **chosen)


@pytest.mark.parametrize("model", ["dense", "convolution", "words_with_data"])
def test_each_case_is_captured_anew(model):
    cases = list(plan(model, dtypes=("float32", "float64")).cases())
    results = [judge(case, capture_case(case)) for case in cases]
    assert [result.status for result in results] == [results[0].status] * len(cases) and results[0].rows
    assert len({result.bits for result in results}) >= len(cases) // 2  # seeds and precisions differ, XLA may not
    again = judge(cases[0], capture_case(cases[0]))
    assert again.bits == results[0].bits and again.images == 4
    assert capture_case(cases[-1]).settings.dtype == "float64" and capture_case(cases[-1]).settings.jit


def test_the_command_of_a_case_repeats_it():
    case = plan("dense", digits=("7",), places=(3,)).case(3)
    assert case.command == (
        "python -m verify.sweep --model tests.support.own_networks:dense --seeds 1 --batch 4 --dtype float32 --jit on "
        "--steps 1 --digits 7 --out out/case"
    )
    assert "--digits" not in plan("dense").case(0).command


def test_what_does_not_fit_is_named():
    with pytest.raises(Unusable, match="leave --digits"):
        capture_case(plan("with_data", digits=("3",)).case(0))
    with pytest.raises(Unsupported, match="float64 behind a model in float32"):
        capture_case(plan("fixed", dtypes=("float64",)).case(0))
    assert capture_case(plan("with_data").case(0)).settings.batch == 4
