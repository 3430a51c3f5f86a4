"""Real TensorFlow in a sweep: the bits of the same command alone, and every way a case can end."""

import os
import random
import shlex
import signal
import subprocess
import sys
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from reference.network import ESSAY
from tests.support.simulate import altered
from verify.cli.exit_status import guarded
from verify.compare.walk import compare
from verify.errors import Unusable, Unverifiable
from verify.inputs import samples
from verify.records import trace_file
from verify.records.arrays import same_bits
from verify.records.settings import Settings
from verify.runtime.stderr import hushed
from verify.sweep import __main__ as sweep
from verify.sweep import cluster, provenance, report, scheduling
from verify.sweep import parquet_store as store
from verify.sweep import worker as work
from verify.sweep.aggregation import summarise
from verify.sweep.case_result import AGREES, DISAGREES, ROWS, UNVERIFIED
from verify.sweep.plan import Plan, stored_plan

with hushed():
    import keras

    from verify.capture import capture, threads
    from verify.capture import model_cache as reused
    from verify.capture.essay_model import dense_layers

ROOT = Path(__file__).parents[3]
DIGITS = samples.load("digits", "train")
PLAN = Plan(
    first_seed=4, end_seed=7, digits=("5",), jits=(False, True), steps=2,
    places=(samples.choose(DIGITS, 5, None, 1),),
)  # fmt: skip


def test_reused_models_have_the_bits_of_new_ones():
    """Kinds of run in turn, and each seed after another: nothing of a case before is left."""
    model_cache = reused.ModelCache()
    kinds = [
        {"batch": 1, "steps": 2}, {"batch": 7}, {"dtype": "float64", "batch": 3}, {"jit": True, "batch": 2},
        {"optimizer": "sgd"},
    ]  # fmt: skip
    with hushed():
        for seed, kind in product((1, 0), kinds):
            settings = Settings(seed=seed, index=11 * seed, **kind)
            again = model_cache.capture(settings, DIGITS)
            alone = capture.capture(settings, DIGITS)
            assert list(again.tensors) == list(alone.tensors)
            assert all(same_bits(again.tensors[name], alone.tensors[name]) for name in alone.tensors)


def test_weights_do_not_depend_on_what_other_threads_draw(monkeypatch):
    """Keras's own weights of a seed, though Python's generator is not asked."""
    keras.utils.set_random_seed(5)
    plain = [keras.layers.Dense(n).kernel_initializer((3, n)).numpy() for n in ESSAY.sizes[1:]]

    def drawn(*_):
        raise AssertionError("drawn from the generator that every thread has")

    monkeypatch.setattr(random, "randint", drawn)
    for again, layer in zip(plain, dense_layers(ESSAY, 5), strict=True):
        assert np.array_equal(again, layer.kernel_initializer((3, layer.units)).numpy())
    model_cache = reused.ModelCache()
    with hushed():
        for settings in (Settings(seed=1), Settings(seed=2)):
            model_cache.capture(settings, DIGITS)
            capture.capture(settings, DIGITS)


def test_models_of_few_kinds_are_kept(monkeypatch):
    monkeypatch.setattr(reused, "KEPT", 2)
    model_cache = reused.ModelCache()
    with hushed():
        for batch in (1, 2, 3, 2):
            model_cache.capture(Settings(batch=batch), DIGITS)
    assert [key[2] for key in model_cache.kept] == [3, 2]


@pytest.fixture
def model_cache(monkeypatch):
    """As a worker has it, in this process whose TensorFlow may have begun in several threads."""
    made = reused.ModelCache()
    monkeypatch.setattr(work, "_model_cache", lambda: made)
    return made


def worker():
    return work.Work(provenance.versions(), DIGITS.digest())


def test_a_case_result_says_what_the_comparison_says(model_cache):
    case = PLAN.case(1)
    with hushed():
        result = worker()(case)
        captured = capture.capture(case.settings, DIGITS)
    rows = [c for c in compare(captured, "backprop").comparisons if c.mode == "local"]
    assert result.status == AGREES and len(result.rows["step"]) == len(rows)
    for name in ROWS:
        if name != "failure":
            assert result.rows[name] == [getattr(c, name) for c in rows], name
    assert result.images == 2 and result.differ == 0 and result.right_by_hand == result.right_tensorflow


def test_a_wrong_tensor_is_a_disagreement_with_its_diagnosis():
    case = PLAN.case(0)
    with hushed():
        captured = capture.capture(case.settings, DIGITS)
    wrong = altered(captured, "step2/dW2", captured.tensors["step2/dW2"] * np.float32(1.01))
    result = work.judge(case, wrong)
    assert result.status == DISAGREES and sum(result.rows["outside"])
    row = result.rows["failure"].index(next(filter(None, result.rows["failure"])))
    assert result.rows["tensor"][row] == "dW2" and result.rows["step"][row] == 2
    assert "times what the equation gives" in result.rows["explanation"][row]
    assert work.bits(wrong) == work.bits(captured)  # they are of costs and weights
    assert work.bits(altered(captured, "step2/C", captured.tensors["step2/C"] * 2)) != work.bits(captured)


def test_a_misread_image_is_counted(model_cache):
    case = PLAN.case(0)
    with hushed():
        captured = capture.capture(case.settings, DIGITS)
    A3 = captured.tensors["step1/A3"]
    other = np.roll(A3, 1, axis=1)
    assert work.predictions(altered(captured, "step1/A3", other))[3] == 1
    images, by_hand, tensorflow, _ = work.predictions(captured)
    assert images == 2 and by_hand == tensorflow


def test_a_capture_that_disturbs_is_not_verified(model_cache, monkeypatch):
    case = PLAN.case(0)
    with hushed():
        worker()(case)
    made = next(iter(model_cache.kept.values()))
    own = made.step

    def disturbing(X, y, s):
        tensors = own(X, y, s)
        return {**tensors, "W2_new": np.float32(1) + tensors["W2_new"]}

    made.step = disturbing
    with hushed():
        result = worker()(case)
    assert result.status == UNVERIFIED and "gives W2_new other bits" in result.remark


def test_an_error_of_tensorflow_is_not_verified(model_cache, monkeypatch):
    monkeypatch.setattr(reused, "training", lambda model, understood: lambda X, y, s: 1 / 0)
    result = worker()(PLAN.case(0))
    assert result.status == UNVERIFIED and "ZeroDivisionError" in result.remark


def test_nothing_compared_is_not_verified(monkeypatch):
    case = PLAN.case(0)
    empty = trace_file.Trace(case.settings, ESSAY, {}, {})
    assert work.judge(case, empty).status == UNVERIFIED


def test_a_worker_with_other_images_or_versions_may_not_take_part(model_cache):
    with pytest.raises(Unusable, match="other images in --data digits"):
        work.Work(provenance.versions(), "0" * 64)(PLAN.case(0))
    with pytest.raises(Unusable, match=r"keras .*, not 1\.0"):
        work.Work({**provenance.versions(), "keras": "1.0"}, DIGITS.digest())(PLAN.case(0))


@pytest.mark.parametrize("has", [1, 2])
def test_tensorflow_with_more_threads_is_refused(has, monkeypatch):
    """Once it has begun, with what it began with."""

    def begun(_):
        raise RuntimeError("as TensorFlow says it")

    for name in ("intra_op", "inter_op"):
        monkeypatch.setenv(f"TF_NUM_{name.replace('_', '').upper()}_THREADS", "")
        monkeypatch.setattr(capture.tf.config.threading, f"set_{name}_parallelism_threads", begun)
        monkeypatch.setattr(capture.tf.config.threading, f"get_{name}_parallelism_threads", lambda: has)
    if has == 1:
        threads.one_thread()
    else:
        with pytest.raises(Unverifiable, match="more threads than one"):
            threads.one_thread()


def killing(monkeypatch):
    """Kill one worker as soon as a case is done; return the list of those killed."""
    local, add, pids, killed = cluster.local, store.Store.add, [], []

    @contextmanager
    def connected(*options):
        with local(*options) as client:
            pids.extend(client.run(os.getpid).values())
            yield client

    def added(self, result):
        add(self, result)
        if pids and not killed:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    monkeypatch.setattr(scheduling, "TOGETHER", 1)
    monkeypatch.setattr(cluster, "local", connected)
    monkeypatch.setattr(store.Store, "add", added)
    return killed


def test_a_sweep_has_the_bits_of_its_commands(tmp_path, model_cache, monkeypatch):
    """Two worker processes, one of which is killed; the same cases here, in the other order; one as its command."""
    killed = killing(monkeypatch)
    words = shlex.split("--seeds 4:7 --digits 5 --jit both --steps 2 --workers 2 --quiet")
    out = tmp_path / "out"
    assert guarded(sweep.main, [*words, "--out", str(out)]) == 0
    assert killed
    bits = bits_of(out)
    case = PLAN.case(3)
    repeated(case.command, tmp_path)
    assert work.bits(trace_file.load(str(tmp_path / "t.npz"))) == bits[3]
    kept = store.Store(tmp_path / "here", stored_plan(out))
    with hushed():
        for number in reversed(range(len(PLAN))):
            kept.add(worker()(PLAN.case(number)))
    kept.flush()
    kept.close()
    assert bits_of(tmp_path / "here") == bits
    here = report.files(summarise(tmp_path / "here", stored_plan(out))).contents()
    assert {name: (out / name).read_bytes() for name in here} == here


def bits_of(folder):
    rows = [r for path in store.parts(folder / "cases") for r in store.read(folder, path, PLAN).to_pylist()]
    return {row["case"]: row["bits"] for row in rows}


def repeated(command, folder):
    """A command of a report, run by a shell."""
    words = command.replace("python -m", f"{shlex.quote(sys.executable)} -m")
    words += f" --save-trace {folder / 't.npz'} --out {folder / 'one'} --quiet"
    subprocess.run(words, shell=True, cwd=ROOT, check=True, env=os.environ, stdout=subprocess.DEVNULL)
