"""How many threads TensorFlow computes in: set before its first operation, or not at all."""

from __future__ import annotations

import os

import tensorflow as tf

from reference.network import ESSAY, Network
from verify.errors import Unverifiable
from verify.records.settings import Settings

SET = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
MEASURED = 256  # the largest batch with the same bits under every ONEDNN_MAX_CPU_ISA; 512 has others under AVX2


def one_thread() -> None:
    """TensorFlow computes in one thread from now on.  Raises Unverifiable if it has already begun in more."""
    os.environ.update(dict.fromkeys(SET, "1"))
    if not _set_one():
        threading = tf.config.threading
        if (threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()) != (1, 1):
            raise Unverifiable("TensorFlow has begun in this process with more threads than one")


def one_where_equal(settings: Settings, network: Network) -> bool:
    """One thread if no bit hangs on it and nobody has set their number: the other core is left for the checker."""
    asked = any(os.environ.get(name) for name in SET)
    return not asked and bits_are_equal(settings, network) and _set_one()


def bits_are_equal(settings: Settings, network: Network) -> bool:
    """For any number of threads, as `python -m benchmarks.threads` measures: float32 without XLA, in oneDNN's kernels.

    Eigen's add up in another order for another number of threads.
    """
    rules = (settings.loss, settings.optimizer) == (Settings().loss, Settings().optimizer)
    known = network.sizes == ESSAY.sizes and settings.batch <= MEASURED and rules
    return known and settings.dtype == "float32" and not settings.jit and _onednn()


def _set_one() -> bool:
    """Whether it could be: not once TensorFlow has begun."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        return False
    return True


def _onednn() -> bool:
    """Whether TensorFlow's matrix products are oneDNN's; no, where TensorFlow does not say."""
    try:
        from tensorflow.python.util import _pywrap_util_port  # public nowhere

        return bool(_pywrap_util_port.IsMklEnabled())
    except (ImportError, AttributeError):
        return False
